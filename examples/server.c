/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * server INTERFACE - returns every segment to whoever sent it.  Ends on SIGINT and SIGTERM.
 */
#include <signal.h>
#include <stdio.h>

#include <vmtp/host.h>

#include "echo.h"

static vmtp_host *host;

static void stop(int signal_number) {
    (void)signal_number;
    vmtp_host_interrupt(host);
}

int main(int argc, char **argv) {
    struct vmtp_host_config config;
    char error[256], name[VMTP_ENTITY_TEXT];
    if (argc != 2) {
        fprintf(stderr, "usage: server INTERFACE\n");
        return 2;
    }
    vmtp_host_config_init(&config);
    config.interface_name = argv[1];
    if (vmtp_host_open(&host, &config, error, sizeof error) < 0) {
        fprintf(stderr, "server: %s\n", error);
        return 1;
    }
    signal(SIGINT, stop);
    signal(SIGTERM, stop);

    vmtp_entity self;
    struct vmtp_entity_options options = {.id = ECHO_SERVER};
    int result = vmtp_host_entity(host, &self, &options);
    if (result == 0)
        result = vmtp_host_serve(host, self, 16, 16384);
    if (result == 0) {
        printf("serving as %s\n", vmtp_entity_format(name, self));
        fflush(stdout);
    }

    struct vmtp_incoming in;
    while (result == 0 && (result = vmtp_host_receive(host, self, &in, VMTP_NEVER)) == 0) {
        in.message.code = VMTP_OK;
        vmtp_host_reply(host, &in, &in.message, in.segment, in.segment_size, 0);
    }
    if (result != VMTP_E_CANCELLED)
        fprintf(stderr, "server: %s\n", vmtp_error_text(result));
    vmtp_host_close(host);
    return result != VMTP_E_CANCELLED;
}

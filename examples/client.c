/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * client INTERFACE [ENTITY [TEXT]] - sends TEXT to an echo server (server.c) and prints what comes back.
 */
#include <stdio.h>
#include <string.h>

#include <vmtp/host.h>

#include "echo.h"

/* Result of vmtp_host_call in words. */
static const char *reason(int result) {
    const char *name = result > 0 ? vmtp_response_code_name((uint32_t)result) : vmtp_error_text(result);
    return name ? name : "a code without a name";
}

int main(int argc, char **argv) {
    const char *text = argc > 3 ? argv[3] : "hello";
    struct vmtp_message message = {.server = ECHO_SERVER, .code = ECHO_TEXT};
    if (argc < 2 || (argc > 2 && vmtp_entity_parse(&message.server, argv[2]) < 0)) {
        fprintf(stderr, "usage: client INTERFACE [ENTITY [TEXT]]   (an ENTITY looks like 0000-0000-ec40-0100)\n");
        return 2;
    }

    vmtp_host *host;
    struct vmtp_host_config config;
    char error[256], answer[1024];
    vmtp_host_config_init(&config);
    config.interface_name = argv[1];
    if (vmtp_host_open(&host, &config, error, sizeof error) < 0) {
        fprintf(stderr, "client: %s\n", error);
        return 1;
    }

    uint32_t size = 0;
    vmtp_time deadline = vmtp_host_now(host) + 2 * VMTP_SECOND;
    int result = vmtp_host_call(host, &message, text, (uint32_t)strlen(text), answer, sizeof answer, &size, deadline);
    if (result == 0)
        printf("%.*s\n", (int)size, answer);
    else
        fprintf(stderr, "client: no answer: %s\n", reason(result));
    vmtp_host_close(host);
    return result != 0;
}

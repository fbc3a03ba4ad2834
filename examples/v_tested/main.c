/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * v_tested INTERFACE - a node with the primitives of V, for vconform to test.  Ends on SIGINT and SIGTERM.
 */
#include <signal.h>
#include <stdio.h>

#include "orders.h"

static vmtp_host *host;

static void stop(int signal_number) {
    (void)signal_number;
    vmtp_host_interrupt(host);
}

int main(int argc, char **argv) {
    struct vmtp_host_config config;
    v_kernel *kernel = NULL;
    char error[256];
    if (argc != 2) {
        fprintf(stderr, "usage: v_tested INTERFACE\n");
        return 2;
    }
    vmtp_host_config_init(&config);
    config.interface_name = argv[1];
    if (vmtp_host_open(&host, &config, error, sizeof error) < 0) {
        fprintf(stderr, "v_tested: %s\n", error);
        return 1;
    }
    int result = v_kernel_open(&kernel, host);
    if (result == 0) {
        signal(SIGINT, stop);
        signal(SIGTERM, stop);
        printf("ready\n");
        fflush(stdout);
        result = orders_serve(kernel);
    }
    if (result != VMTP_E_CANCELLED)
        fprintf(stderr, "v_tested: %s\n", vmtp_error_text(result));
    v_kernel_close(kernel);
    vmtp_host_close(host);
    return result != VMTP_E_CANCELLED;
}

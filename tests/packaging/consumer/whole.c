/* SPDX-License-Identifier: BSD-2-Clause */
/* A program that uses something of each library. */
#include <stdio.h>

#include <vmtp/host.h>

int main(void) {
    struct vmtp_host_config config;
    vmtp_host *host;
    char error[200] = "";
    vmtp_host_config_init(&config);
    config.interface_name = "no-such-if0";
    if (vmtp_host_open(&host, &config, error, sizeof error) == 0 || error[0] == 0) {
        fputs("an interface that does not exist was opened, or no reason given\n", stderr);
        return 1;
    }
    vmtp_sim *sim = vmtp_sim_create(1, 1500, 0);
    vmtp_port *port;
    if (sim == NULL || vmtp_sim_attach(sim, &port) != 0)
        return 1;
    vmtp_sim_destroy(sim);
    return vmtp_counter_name(VMTP_COUNT_NONE) == NULL || vmtp_entity_format(error, 1) != error;
}

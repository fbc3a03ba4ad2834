/* SPDX-License-Identifier: BSD-2-Clause */
/* A program in the style of V, on a network of its own. */
#include <stdio.h>

#include <vmtp/v.h>

int main(void) {
    struct vmtp_host_config config;
    vmtp_host *host;
    v_kernel *kernel;
    v_process *me;
    v_pid found = 0;
    char error[200] = "";
    vmtp_sim *sim = vmtp_sim_create(1, 1500, 0);
    vmtp_host_config_init(&config);
    config.engine.block = 0x100;
    if (sim == NULL || vmtp_sim_attach(sim, &config.port) != 0 ||
        vmtp_host_open(&host, &config, error, sizeof error) < 0) {
        fprintf(stderr, "no host: %s\n", error);
        return 1;
    }
    int good = v_kernel_open(&kernel, host) == 0 && v_process_create(&me, kernel, NULL) == 0 &&
               v_set_pid(kernel, 1, v_process_pid(me), V_LOCAL) == 0 && v_get_pid(kernel, 1, V_LOCAL, &found, 0) == 0 &&
               found == v_process_pid(me);
    v_kernel_close(kernel);
    vmtp_host_close(host);
    vmtp_sim_destroy(sim);
    return !good;
}

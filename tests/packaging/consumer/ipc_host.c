/* SPDX-License-Identifier: BSD-2-Clause */
/* A service and its client, on one node of a network of its own. */
#include <stdio.h>

#include <vipc/host.h>

static void serve(struct vipc_service *service, struct vipc_incoming *in) {
    const struct vmtp_message answer = {.code = VMTP_OK, .words = {in->message.words[0] + 1}};
    (void)service;
    vipc_reply(in, &answer, NULL, 0, 0);
}

int main(void) {
    struct vmtp_host_config config;
    vmtp_host *host;
    vipc *ipc;
    char error[200] = "";
    vmtp_sim *sim = vmtp_sim_create(1, 1500, 0);
    vmtp_host_config_init(&config);
    config.engine.block = 0x100;
    if (sim == NULL || vmtp_sim_attach(sim, &config.port) != 0 ||
        vmtp_host_open(&host, &config, error, sizeof error) < 0 || vipc_host_open(&ipc, host) < 0) {
        fprintf(stderr, "no node: %s\n", error);
        return 1;
    }
    struct vipc_service service = {.depth = 1, .request = serve};
    int r = vipc_serve(ipc, &service);
    struct vipc_call call = {.message = {.server = service.entity, .code = 1, .words = {41}},
                             .deadline = vipc_now(ipc) + 2 * VMTP_SECOND};
    if (r == 0)
        r = vipc_call_wait(ipc, &call);
    printf("%s: %u\n", vipc_result_name(r), (unsigned)call.answer.words[0]);
    vipc_close(ipc);
    vmtp_host_close(host);
    vmtp_sim_destroy(sim);
    return r != 0 || call.answer.words[0] != 42;
}

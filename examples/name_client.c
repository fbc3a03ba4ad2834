/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * name_client INTERFACE NAME... - asks whoever has these names (name_manager.c) and prints the answers.  Where they are is found by itself.
 */
#include <stdio.h>
#include <string.h>

#include <vipc/host.h>
#include <vnaming/client.h>

#include "greet.h"

/* 0: it was answered. */
static int greet(vname_resolver *resolver, const char *name) {
    char answer[1100];
    struct vname_operation op = {.name = name,
                                 .name_length = strlen(name),
                                 .code = GREET,
                                 .area = answer,
                                 .capacity = sizeof answer,
                                 .flags = VNAME_REPEATABLE,
                                 .deadline = vipc_now(vname_ipc(resolver)) + 5 * VMTP_SECOND};
    int result = vname_operate_wait(resolver, &op);
    if (result == 0 && op.outcome == VNAME_ANSWERED && (op.answer.code & VMTP_CODE_MASK) == VMTP_OK) {
        printf("%.*s\n", (int)op.received, answer);
        return 0;
    }
    fprintf(stderr, "name_client: %s: %s\n", name, result ? vipc_result_name(result) : vname_outcome_words(op.outcome));
    return 1;
}

int main(int argc, char **argv) {
    vmtp_host *host;
    vipc *ipc;
    vname_resolver *resolver;
    struct vmtp_host_config config;
    char error[256];
    int failed = 1;
    if (argc < 3) {
        fprintf(stderr, "usage: name_client INTERFACE NAME...\n");
        return 2;
    }
    vmtp_host_config_init(&config);
    config.interface_name = argv[1];
    if (vmtp_host_open(&host, &config, error, sizeof error) < 0) {
        fprintf(stderr, "name_client: %s\n", error);
        return 1;
    }
    if (vipc_host_open(&ipc, host) == 0) {
        if (vname_open(&resolver, ipc, NULL) == 0) {
            vname_inherit_environment(resolver);
            failed = 0;
            for (int i = 2; i < argc; i++)
                failed |= greet(resolver, argv[i]);
            vname_close(resolver);
        }
        vipc_close(ipc);
    }
    vmtp_host_close(host);
    return failed;
}

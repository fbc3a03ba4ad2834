/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * name_manager INTERFACE [PREFIX] - holds a prefix of the global name space and greets whoever is named below it: /greetings/Bob is "hello Bob".
 * Ends on SIGINT and SIGTERM.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vipc/host.h>
#include <vnaming/manager.h>

#include "greet.h"

static vipc *ipc;

static void stop(int signal_number) {
    (void)signal_number;
    vipc_interrupt(ipc);
}

/* An operation on a name of ours; what stands behind the prefix begins at index. */
static void on_operation(const struct vname_manager_operation *o) {
    const struct vmtp_message ok = {.code = VMTP_OK};
    char text[VNAME_NAME_OCTETS + 16];
    const char *who = o->name + o->index;
    int length = o->length - o->index;
    if (length < 2 || *who != '/' || o->code != (GREET & VMTP_CODE_MASK)) {
        vname_manager_refuse(o->in, length < 2 ? VNAME_NOT_FOUND : VMTP_ERROR);
        return;
    }
    length = snprintf(text, sizeof text, "hello %.*s", length - 1, who + 1);
    vipc_reply(o->in, &ok, text, (uint32_t)length, VIPC_REPLY_IDEMPOTENT);
}

static void on_event(vname_manager *manager, const struct vname_manager_event *event) {
    const char *word = event->type == VNAME_MANAGER_HELD      ? "holding"
                       : event->type == VNAME_MANAGER_REFUSED ? "somebody else has"
                                                              : "something happens to";
    (void)manager;
    printf("%s %.*s\n", word, (int)event->prefix_length, event->prefix);
    fflush(stdout);
}

/* Serves until it is interrupted: an error below 0. */
static int serve(const char *prefix) {
    vname_manager *manager = NULL;
    struct vname_manager_config config;
    const struct vname_manager_claim claim = {.prefix = prefix, .prefix_length = strlen(prefix), .again = 1};
    vname_manager_config_init(&config);
    config.operation = on_operation;
    config.event = on_event;
    void *memory = malloc(vname_manager_footprint(&config));
    int result = memory ? vname_manager_create(&manager, ipc, &config, memory) : VMTP_E_MEMORY;
    if (result == 0)
        result = vname_manager_claim(manager, &claim);
    while (result == 0)
        result = vipc_wait(ipc, VMTP_NEVER);
    vname_manager_destroy(manager);
    free(memory);
    return result;
}

int main(int argc, char **argv) {
    vmtp_host *host;
    struct vmtp_host_config config;
    char error[256];
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: name_manager INTERFACE [PREFIX]\n");
        return 2;
    }
    vmtp_host_config_init(&config);
    config.interface_name = argv[1];
    if (vmtp_host_open(&host, &config, error, sizeof error) < 0) {
        fprintf(stderr, "name_manager: %s\n", error);
        return 1;
    }
    int result = vipc_host_open(&ipc, host);
    if (result == 0) {
        signal(SIGINT, stop);
        signal(SIGTERM, stop);
        result = serve(argc > 2 ? argv[2] : "/greetings");
        vipc_close(ipc);
    }
    if (result != VMTP_E_CANCELLED)
        fprintf(stderr, "name_manager: %s\n", vmtp_error_text(result));
    vmtp_host_close(host);
    return result != VMTP_E_CANCELLED;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "up_names.h"
#include "vnet.h"

#include <stdlib.h>
#include <vipc/host.h>

/* What the test service has as a client and as a manager of names. */
#define TESTED_DEPTH 64u

uint32_t up_names_depth(const struct up_names_options *o) {
    return o->claims.prefixes.count + o->claims.aliases.count ? UP_MANAGERS_DEPTH + TESTED_DEPTH : 0;
}

static void on_event(uio_manager *manager, const struct vname_manager_event *event) {
    struct up_names *n = uio_manager_context(manager);
    claims_say(&n->options->claims, event);
    up_managers_note(&n->objects, "%s %.*s", claims_word(event), (int)event->prefix_length, event->prefix);
}

static int open_objects(struct up_names *n) {
    struct uio_manager_config config;
    uio_manager_config_init(&config);
    claims_configure(&config.names, &n->options->claims);
    config.names.depth = UP_MANAGERS_DEPTH;
    config.event = on_event;
    config.context = n;
    return up_managers_open(&n->objects, n->ipc, &n->options->objects, &config);
}

int up_names_open(struct up_names *n, struct node *node, const struct up_names_options *options) {
    *n = (struct up_names){.options = options};
    if (!up_names_depth(options))
        return VNET_OK;
    const int rc = vipc_host_open(&n->ipc, node->host);
    return rc == 0 ? VNET_OK : vnet_fail("cannot be a manager of names: %s", vmtp_error_text(rc));
}

int up_names_begin(struct up_names *n, vmtp_entity service) {
    const struct up_names_options *options = n->options;
    if (!n->ipc)
        return VNET_OK;
    const int rc = open_objects(n);
    if (rc != VNET_OK)
        return rc;
    up_managers_show(&n->objects, &n->objects.service, service, "test service");
    up_managers_note(&n->objects, "up");
    return claims_begin(&options->claims, uio_manager_names(n->objects.manager), n->objects.root);
}

void up_names_link_up(struct up_names *n) {
    if (n->objects.manager)
        vname_manager_link_up(uio_manager_names(n->objects.manager));
    up_managers_note(&n->objects, "link up");
}

void up_names_release(struct up_names *n) {
    if (!n->objects.manager)
        return;
    claims_release(&n->options->claims, uio_manager_names(n->objects.manager), n->ipc);
    up_managers_note(&n->objects, "down");
}

void up_names_close(struct up_names *n) {
    up_managers_close(&n->objects);
    vipc_close(n->ipc);
    free(n->objects.memory);
    *n = (struct up_names){0};
}

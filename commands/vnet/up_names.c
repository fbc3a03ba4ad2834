/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE /* O_PATH */
#include "up_names.h"
#include "beneath.h"
#include "vnet.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vipc/host.h>

#define DEPTH 16u

uint32_t up_names_depth(const struct up_names_options *o) {
    return o->claims.prefixes.count + o->claims.aliases.count ? DEPTH : 0;
}

static void on_event(vname_manager *manager, const struct vname_manager_event *event) {
    const struct up_names *n = vname_manager_context(manager);
    claims_say(&n->options->claims, event);
}

/* ---- what it answers ----------------------------------------------------------------------------------------------- */

enum thing { NOTHING, PREFIX, OBJECT };

static enum thing find(const struct up_names *n, const char *rest, size_t length) {
    char name[VNAME_NAME_OCTETS + 1];
    if (length && *rest == '/')
        rest++, length--;
    if (!length)
        return PREFIX;
    if (n->files < 0 || !beneath_name_ok(rest, length))
        return NOTHING;
    memcpy(name, rest, length);
    name[length] = 0;
    const int fd = beneath_open(n->files, name);
    if (fd >= 0)
        close(fd);
    return fd >= 0 || errno == ENXIO ? OBJECT : NOTHING; /* a directory, say */
}

static int on_context_name(vname_manager *manager, uint32_t context, char *name, size_t room) {
    const struct up_names *n = vname_manager_context(manager);
    if (!context || context > n->options->claims.prefixes.count)
        return -1;
    return snprintf(name, room, "%s", n->options->claims.prefixes.items[context - 1]);
}

static void on_operation(const struct vname_manager_operation *o) {
    const struct up_names *n = vname_manager_context(o->manager);
    const enum thing thing = find(n, o->name + o->index, (size_t)(o->length - o->index));
    const int maps = o->code == (VNAME_MAP_CONTEXT & VMTP_CODE_MASK);
    char name[VNAME_PREFIX_OCTETS + 1];
    if (thing == NOTHING)
        vname_manager_refuse(o->in, VNAME_NOT_FOUND);
    else if (maps && thing == PREFIX)
        vname_manager_reply_context(o, 0, o->context, name,
                                    (size_t)on_context_name(o->manager, o->context, name, sizeof name));
    else
        vname_manager_refuse(o->in, maps ? VNAME_NOT_CONTEXT : VMTP_ERROR);
}

static int takes_empty(vname_manager *manager, uint32_t code) {
    (void)manager;
    return code == (VNAME_MAP_CONTEXT & VMTP_CODE_MASK);
}

/* ---- beginning and end --------------------------------------------------------------------------------------------- */

static int create(struct up_names *n) {
    struct vname_manager_config config;
    vname_manager_config_init(&config);
    claims_configure(&config, &n->options->claims);
    config.depth = DEPTH;
    config.operation = on_operation;
    config.event = on_event;
    config.context_name = on_context_name;
    config.takes_empty = takes_empty;
    config.context = n;
    n->memory = malloc(vname_manager_footprint(&config));
    return n->memory ? vname_manager_create(&n->manager, n->ipc, &config, n->memory) : VMTP_E_MEMORY;
}

int up_names_open(struct up_names *n, struct node *node, const struct up_names_options *options) {
    *n = (struct up_names){.options = options, .node = node, .files = -1};
    if (!up_names_depth(options))
        return VNET_OK;
    if (options->files && (n->files = open(options->files, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
        return vnet_fail("--files %s: %s", options->files, strerror(errno));
    int rc = vipc_host_open(&n->ipc, node->host);
    if (rc == 0)
        rc = create(n);
    return rc == 0 ? claims_begin(&options->claims, n->manager, 0)
                   : vnet_fail("cannot be a manager of names: %s", vmtp_error_text(rc));
}

void up_names_link_up(struct up_names *n) {
    if (n->manager)
        vname_manager_link_up(n->manager);
}

void up_names_release(struct up_names *n) {
    if (n->manager)
        claims_release(&n->options->claims, n->manager, n->ipc);
}

void up_names_close(struct up_names *n) {
    vname_manager_destroy(n->manager);
    vipc_close(n->ipc);
    free(n->memory);
    if (n->options && n->files >= 0)
        close(n->files);
    *n = (struct up_names){0};
}

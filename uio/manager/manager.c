/* SPDX-License-Identifier: BSD-2-Clause */
/* Creation, roots, the end. */
#include "internal.h"

#include <stddef.h>
#include <string.h>

void uio_manager_config_init_sized(struct uio_manager_config *config, size_t size) {
    struct uio_manager_config defaults = {.size = size,
                                          .instances = 4096,
                                          .owner_instances = 1024,
                                          .locks = 4096,
                                          .owner_locks = 1024,
                                          .roots = 16,
                                          .contexts = 64,
                                          .probes = 8,
                                          .buffers = 16,
                                          .max_transfer = 65536};
    vname_manager_config_init(&defaults.names);
    defaults.names.depth = 32;
    memcpy(config, &defaults, size < sizeof defaults ? size : sizeof defaults);
}

/* ---- memory --------------------------------------------------------------------------------------------------- */

static int is_good(const struct uio_manager_config *c) {
    return c->size == sizeof *c && c->instances && c->instances <= 1048576u && c->owner_instances && c->owner_locks &&
           c->locks <= 1048576u && c->roots && c->roots <= 4096u && c->contexts <= 1048576u && c->probes &&
           c->probes <= 4096u && c->buffers && c->buffers <= 65536u && c->max_transfer &&
           c->max_transfer <= UIO_TRANSFER_OCTETS && c->names.depth && c->names.depth <= 65536u;
}

/* That of the naming manager, and room for a page of ours before and behind. */
static struct vname_manager_config names_of(const struct uio_manager_config *c) {
    struct vname_manager_config names = c->names;
    if (names.capacity < c->max_transfer)
        names.capacity = c->max_transfer;
    if (names.capacity < VMTP_GROUP_OCTETS)
        names.capacity = VMTP_GROUP_OCTETS;
    return names;
}

static uint32_t buckets_for(uint32_t instances) {
    uint32_t n = 16;
    while (n < instances)
        n *= 2;
    return n;
}

/* Takes octets from memory (NULL: only counts). */
struct carve {
    uint8_t *memory;
    size_t at;
};

static void *take(struct carve *c, size_t count, size_t octets) {
    void *p = c->memory ? c->memory + c->at : NULL;
    c->at += (count * octets + 63) & ~(size_t)63;
    return p;
}

static size_t page_of(const struct uio_manager_config *c) {
    return (c->max_transfer + VU_PAGE - 1) & ~(size_t)(VU_PAGE - 1);
}

/* Lays everything out behind the manager; returns where the buffers may begin, which is the end but for them. */
static size_t lay_out(uio_manager *m, uint8_t *memory, const struct uio_manager_config *c) {
    struct carve at = {memory, (sizeof *m + 63) & ~(size_t)63};
    const uint32_t buckets = buckets_for(c->instances);
    m->operations = take(&at, c->names.depth, sizeof *m->operations);
    m->buffers = take(&at, c->buffers, sizeof *m->buffers);
    m->instances = take(&at, c->instances, sizeof *m->instances);
    m->instance_buckets = take(&at, buckets, sizeof *m->instance_buckets);
    m->objects = take(&at, c->instances, sizeof *m->objects);
    m->object_buckets = take(&at, buckets, sizeof *m->object_buckets);
    m->owners = take(&at, c->instances, sizeof *m->owners);
    m->owner_buckets = take(&at, buckets, sizeof *m->owner_buckets);
    m->probes = take(&at, c->probes, sizeof *m->probes);
    m->locks = take(&at, c->locks, sizeof *m->locks);
    m->contexts = take(&at, c->roots + c->contexts, sizeof *m->contexts);
    m->mask = buckets - 1;
    return at.at;
}

size_t uio_manager_footprint(const struct uio_manager_config *config) {
    uio_manager counted;
    if (!is_good(config))
        return 0;
    const struct vname_manager_config names = names_of(config);
    const size_t below = vname_manager_footprint(&names);
    if (!below)
        return 0;
    return lay_out(&counted, NULL, config) + VU_PAGE + config->buffers * page_of(config) + ((below + 63) & ~(size_t)63);
}

/* ---- the naming manager's functions ----------------------------------------------------------------------------- */

static void on_event(vname_manager *names, const struct vname_manager_event *event) {
    uio_manager *m = vname_manager_context(names);
    if (m->config.event)
        m->config.event(m, event);
}

static int begin_names(uio_manager *m, void *memory) {
    struct vname_manager_config names = names_of(&m->config);
    names.operation = vu_on_name;
    names.request = vu_on_request;
    names.event = on_event;
    names.context_name = vu_naming_context_name;
    names.takes_empty = NULL;
    names.context = m;
    return vname_manager_create(&m->names, m->ipc, &names, memory);
}

/* ---- creation ------------------------------------------------------------------------------------------------- */

int uio_manager_create(uio_manager **out, vipc *ipc, const struct uio_manager_config *config, void *memory) {
    uio_manager *m = memory;
    *out = NULL;
    if (!is_good(config) || !memory)
        return VMTP_E_INVALID;
    memset(m, 0, sizeof *m);
    const size_t used = lay_out(m, memory, config);
    memset(m + 1, 0, used - sizeof *m);
    m->ipc = ipc;
    m->config = *config;
    if (!m->config.waiting)
        m->config.waiting = (config->names.depth + 1) / 2;
    m->context_count = config->roots + config->contexts;
    for (struct vu_operation *o = vu_operations_end(m); o-- > m->operations;) {
        o->free = m->operations_free;
        m->operations_free = o;
    }
    uint8_t *octets = (uint8_t *)memory + used;
    octets += (VU_PAGE - (uintptr_t)octets % VU_PAGE) % VU_PAGE;
    vu_buffers_init(m, octets);
    vu_instances_init(m);
    vu_owners_init(m);
    vu_locks_init(m);
    octets = (uint8_t *)memory + used + VU_PAGE + config->buffers * page_of(config);
    const int r = begin_names(m, octets);
    if (r == 0)
        *out = m;
    return r;
}

vname_manager *uio_manager_names(uio_manager *m) { return m->names; }

vipc *uio_manager_ipc(uio_manager *m) { return m->ipc; }

void *uio_manager_context(const uio_manager *m) { return m->config.context; }

/* ---- roots ---------------------------------------------------------------------------------------------------- */

uint32_t uio_manager_root(uio_manager *m, const struct uio_manager_type *type, void *root) {
    const struct vu_context *c = vu_context_add_root(m, type, root);
    return c ? c->number : 0;
}

/* Those by name in this root (NULL: in any), or that have to do with an instance of it. */
static void cancel_all(uio_manager *m, const struct uio_manager_type *type, const void *root) {
    for (struct vu_operation *o = m->operations; o < vu_operations_end(m); o++) {
        if (!o->in || (type && (o->op.type != type || o->op.root != root)))
            continue;
        struct vu_instance *unborn = o->op.instance && !o->op.instance->number ? vu_instance_of(o->op.instance) : NULL;
        vu_operation_cancel(o, type ? VNAME_STALE : UIO_STALE);
        if (unborn && unborn->object)
            vu_instance_end(unborn, NULL, 0);
        else if (unborn)
            vu_instance_free(unborn);
    }
}

static void end_instances(uio_manager *m, const struct uio_manager_type *type, const void *root) {
    for (uint32_t i = 0; i < m->config.instances; i++) {
        struct vu_instance *instance = &m->instances[i];
        if (instance->used && instance->i.number && (!type || (instance->i.type == type && instance->i.root == root)))
            vu_instance_end(instance, NULL, 0);
    }
}

static void drop_contexts(uio_manager *m, const struct uio_manager_type *type, const void *root) {
    for (struct vu_context *c = m->contexts; c < vu_contexts_end(m); c++)
        if (c->number && (!type || (c->type == type && c->root == root)))
            vu_context_drop(m, c);
}

void uio_manager_unroot(uio_manager *m, uint32_t context) {
    const struct vu_context *c = vu_context_find(m, context);
    if (!c || !c->is_root)
        return;
    const struct uio_manager_type *type = c->type;
    const void *root = c->root;
    cancel_all(m, type, root);
    end_instances(m, type, root);
    drop_contexts(m, type, root);
}

/* ---- the end -------------------------------------------------------------------------------------------------- */

void uio_manager_destroy(uio_manager *m) {
    if (!m)
        return;
    cancel_all(m, NULL, NULL);
    end_instances(m, NULL, NULL);
    drop_contexts(m, NULL, NULL);
    vu_owners_end(m);
    vname_manager_destroy(m->names);
}

int uio_manager_is_lent(const uio_manager *m) { return m->buffers_used != 0; }

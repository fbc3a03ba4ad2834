/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A manager with a file, a pipe and what clients create, and two clients who ask what the input says (asking.h), several things at a time.
 *
 * Beyond memory errors: locks of different instances do not exclude each other, tables stay within their bounds, and in the end nothing is left.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vuio/manager.h>

static const char *const names[8] = {"/s/f", "/s/p", "/s/a", "/s/b", "f", "/s", "/s/../f", "/other"};
#include "asking.h"

#define THINGS 4u
#define OCTETS 8192u
#define INSTANCES 6u
#define LOCKS 10u
#define FILE_LIKE                                                                                                      \
    (UIO_READABLE | UIO_WRITEABLE | UIO_STORAGE | UIO_RANDOM_ACCESS | UIO_OFFSET | UIO_MULTI_BLOCK | UIO_SIZED |       \
     UIO_LOCKS | UIO_TRANSACTION)

/* ---- the objects ------------------------------------------------------------------------------------------------ */

static struct thing {
    char name;
    uint32_t attributes, open;
    uint64_t size;
    uint8_t octets[OCTETS];
    struct uio_manager_operation *waiting;
} things[THINGS];
static unsigned instances_open;

static struct thing *find(const char *name, uint32_t length) {
    for (unsigned i = 0; length == 1 && i < THINGS; i++)
        if (things[i].name == name[0])
            return &things[i];
    return NULL;
}

static struct uio_object describe(const struct thing *t) {
    return (struct uio_object){.type = UIO_TYPE_FILE,
                               .attributes = t->attributes,
                               .number = 1 + (uint64_t)(t - things),
                               .size = t->size,
                               .block_size = 512,
                               .name = &t->name,
                               .name_length = 1};
}

static struct thing *make(const char *name, uint32_t length) {
    for (unsigned i = 0; length == 1 && i < THINGS; i++)
        if (!things[i].name && !things[i].open) {
            things[i] = (struct thing){.name = name[0], .attributes = FILE_LIKE};
            return &things[i];
        }
    return NULL;
}

static void on_open(struct uio_manager_operation *op) {
    struct thing *t = find(op->name, op->name_length);
    const int created = !t && (op->mode & UIO_MODE_CREATE);
    if (created)
        t = make(op->name, op->name_length);
    if (!t) {
        uio_manager_refuse(op, VNAME_NOT_FOUND);
        return;
    }
    const struct uio_manager_opened opened = {.state = t,
                                              .identity = {(uint64_t)(t - things), 0},
                                              .attributes = t->attributes,
                                              .block_size = 512,
                                              .created = created,
                                              .object = describe(t)};
    t->open++;
    instances_open++;
    uio_manager_finish_open(op, &opened);
}

static uint32_t on_release(struct uio_manager_instance *i, uint32_t flags) {
    struct thing *t = i->state;
    MUST(t->open && instances_open);
    t->open--;
    instances_open--;
    if (flags & UIO_MANAGER_UNDO)
        t->name = 0;
    return 0;
}

static void finish_object(struct uio_manager_operation *op, const struct thing *t) {
    const struct uio_object o = describe(t);
    uio_manager_finish_object(op, &o);
}

static void on_query_instance(struct uio_manager_operation *op) { finish_object(op, op->instance->state); }

static void on_query(struct uio_manager_operation *op) {
    const struct thing *t = find(op->name, op->name_length);
    MUST(!op->name_length || op->name[0] != '/');
    if (t)
        finish_object(op, t);
    else
        uio_manager_refuse(op, VNAME_NOT_FOUND);
}

static void on_remove(struct uio_manager_operation *op) {
    struct thing *t = find(op->name, op->name_length);
    if (t && t->name != 'f' && t->name != 'p') {
        t->name = 0;
        uio_manager_finish(op);
    } else {
        uio_manager_refuse(op, VNAME_NOT_FOUND);
    }
}

static void on_rename(struct uio_manager_operation *op) {
    MUST(vname_check(op->new_name, op->new_name_length) == 0 || !op->new_name_length);
    uio_manager_finish(op);
}

static void finish_read(struct uio_manager_operation *op) {
    struct thing *t = op->instance->state;
    const int in_place = (t->attributes & UIO_RANDOM_ACCESS) != 0;
    const uint64_t from = !in_place ? 0 : op->position < t->size ? op->position : t->size;
    const uint32_t n = t->size - from < op->count ? (uint32_t)(t->size - from) : op->count;
    MUST(op->count && op->count <= op->instance->max_transfer);
    memcpy(op->buffer, t->octets + from, n);
    if (!in_place)
        t->size = 0;
    uio_manager_finish_read(op, n, from + n == t->size, 0);
}

static void on_read(struct uio_manager_operation *op) {
    struct thing *t = op->instance->state;
    if ((t->attributes & UIO_RANDOM_ACCESS) || t->size) {
        finish_read(op);
    } else if (op->may_wait) {
        op->next = t->waiting;
        t->waiting = op;
    } else {
        uio_manager_refuse(op, UIO_WOULD_WAIT);
    }
}

static void on_cancel(struct uio_manager_operation *op) {
    struct thing *t = op->instance->state;
    struct uio_manager_operation **at = &t->waiting;
    while (*at != op) {
        MUST(*at);
        at = &(*at)->next;
    }
    *at = op->next;
}

static void on_write(struct uio_manager_operation *op) {
    struct thing *t = op->instance->state;
    const int in_place = (t->attributes & UIO_RANDOM_ACCESS) && !op->append;
    const uint64_t from = in_place ? op->position : t->size;
    MUST(op->count);
    if (from >= OCTETS) {
        uio_manager_refuse(op, UIO_NO_SPACE);
        return;
    }
    const uint32_t n = op->count < OCTETS - from ? op->count : (uint32_t)(OCTETS - from);
    memcpy(t->octets + from, op->data, n);
    t->size = from + n > t->size ? from + n : t->size;
    uio_manager_finish_write(op, n, from);
    struct uio_manager_operation *reader = t->waiting;
    if (reader) {
        t->waiting = reader->next;
        finish_read(reader);
    }
}

static void on_modify_instance(struct uio_manager_operation *op) {
    struct thing *t = op->instance->state;
    if ((op->mask & UIO_MASK_SIZE) && op->object.size > OCTETS) {
        uio_manager_refuse(op, UIO_NO_SPACE);
        return;
    }
    if (op->mask & UIO_MASK_SIZE)
        t->size = op->object.size;
    uio_manager_finish(op);
}

static void on_sync(struct uio_manager_operation *op) {
    if (op->instance->state == &things[0] && things[0].size == 77)
        uio_manager_refuse(op, UIO_FAILED);
    else
        uio_manager_finish(op);
}

static void on_commit(struct uio_manager_operation *op) {
    if (((struct thing *)op->instance->state)->size % 2)
        uio_manager_refuse(op, UIO_CONFLICT);
    else
        uio_manager_finish(op);
}

static void on_map(struct uio_manager_operation *op) {
    const struct thing *t = find(op->name, op->name_length);
    const uint64_t identity[2] = {t ? (uint64_t)(t - things) : 9, 1};
    uio_manager_finish_map(op, identity, things, NULL, 0);
}

static const struct uio_manager_type type = {.name = "thing",
                                             .open = on_open,
                                             .query = on_query,
                                             .modify = on_query,
                                             .remove = on_remove,
                                             .rename = on_rename,
                                             .create = on_query,
                                             .link = on_query,
                                             .map = on_map,
                                             .read = on_read,
                                             .write = on_write,
                                             .query_instance = on_query_instance,
                                             .modify_instance = on_modify_instance,
                                             .sync = on_sync,
                                             .commit = on_commit,
                                             .take_back = on_sync,
                                             .release = on_release,
                                             .cancel = on_cancel};

/* ---- what must hold --------------------------------------------------------------------------------------------- */

static void look(const uio_manager *manager) {
    struct uio_manager_use use;
    struct uio_manager_lock a, b;
    uio_manager_get_use(manager, &use);
    MUST(use.instances <= INSTANCES && use.instances >= instances_open && use.locks <= LOCKS &&
         use.owners <= use.instances);
    for (uint32_t i = 0; uio_manager_nth_lock(manager, i, &a); i++)
        for (uint32_t n = 0; n < i && uio_manager_nth_lock(manager, n, &b); n++) {
            const uint64_t end_a = a.range.count ? a.range.first + a.range.count : UINT64_MAX;
            const uint64_t end_b = b.range.count ? b.range.first + b.range.count : UINT64_MAX;
            const int same = a.instance->identity[0] == b.instance->identity[0] && !a.waiting && !b.waiting;
            const int overlap = a.range.first < end_b && b.range.first < end_a;
            MUST(!same || !overlap ||
                 (a.instance != b.instance && a.kind == UIO_LOCK_SHARED && b.kind == UIO_LOCK_SHARED));
        }
}

static uio_manager *begin(vipc *node, void **memory) {
    struct uio_manager_config config;
    uio_manager *manager;
    uio_manager_config_init(&config);
    config.instances = INSTANCES;
    config.owner_instances = 4;
    config.locks = LOCKS;
    config.owner_locks = 8;
    config.contexts = 1;
    config.probes = 1;
    config.buffers = 2;
    config.max_transfer = 20000;
    config.names.depth = 6;
    *memory = malloc(uio_manager_footprint(&config));
    MUST(*memory && uio_manager_create(&manager, node, &config, *memory) == 0);
    contexts[0] = contexts[1] = uio_manager_root(manager, &type, things);
    struct vname_record r = {.prefix = "/s", .prefix_length = 2, .generation = 3, .owner = 7, .context = contexts[0]};
    r.manager = vname_manager_entity(uio_manager_names(manager));
    MUST(vname_manager_adopt(uio_manager_names(manager), &r) == 0);
    return manager;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    vipc_fake *net = vipc_fake_create(1);
    vipc *here = vipc_fake_node(net);
    void *memory;
    memset(things, 0, sizeof things);
    things[0] = (struct thing){.name = 'f', .attributes = FILE_LIKE, .size = 1000};
    things[1] = (struct thing){.name = 'p', .attributes = UIO_READABLE | UIO_WRITEABLE | UIO_INTERACTIVE};
    instances_open = 0;
    uio_manager *manager = begin(here, &memory);
    asking_begin(net, vname_manager_entity(uio_manager_names(manager)));
    for (unsigned i = 0; i < 128 && size; i++) {
        const size_t used = asking_step(net, data, size);
        data += used;
        size -= used;
        look(manager);
    }
    uio_manager_destroy(manager);
    struct uio_manager_use use;
    uio_manager_get_use(manager, &use);
    MUST(!use.instances && !use.locks && !use.operations && !use.owners && !use.waiting && !use.contexts &&
         !instances_open);
    vipc_fake_destroy(net);
    MUST(!uio_manager_is_lent(manager));
    free(memory);
    return 0;
}

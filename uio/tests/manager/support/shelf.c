/* SPDX-License-Identifier: BSD-2-Clause */
/* The program with the objects. */
#include "support/shelf.h"

#include <stdio.h>
#include <stdlib.h>

#include <suite.h>

vipc_fake *shelf_net;

void shelf_open_net(void) {
    shelf_net = vipc_fake_create(1);
    ck_assert_ptr_nonnull(shelf_net);
}

void shelf_close_net(void) {
    vipc_fake_destroy(shelf_net);
    shelf_net = NULL;
}

void shelf_run(vmtp_time duration) { vipc_fake_run(shelf_net, duration); }

/* ---- things --------------------------------------------------------------------------------------------------- */

static struct shelf *shelf_of(const struct uio_manager_operation *op) { return op->root; }

struct thing *shelf_find(struct shelf *s, const char *name, size_t length) {
    for (unsigned i = 0; i < SHELF_THINGS; i++)
        if (s->things[i].exists && strlen(s->things[i].name) == length && !memcmp(s->things[i].name, name, length))
            return &s->things[i];
    return NULL;
}

struct thing *shelf_put(struct shelf *s, const char *name, uint32_t attributes, const char *text) {
    unsigned i = 0;
    while (s->things[i].exists || s->things[i].instances)
        ck_assert_uint_lt(++i, SHELF_THINGS);
    struct thing *t = &s->things[i];
    memset(t, 0, sizeof *t);
    snprintf(t->name, sizeof t->name, "%s", name);
    t->attributes = attributes;
    t->block_size = 512;
    t->size = strlen(text);
    memcpy(t->data, text, t->size);
    t->version = 1;
    t->exists = 1;
    return t;
}

static struct uio_object describe(const struct thing *t, uint64_t size) {
    struct uio_object o = {.type = t->attributes & UIO_CONTEXT ? UIO_TYPE_CONTEXT : UIO_TYPE_FILE,
                           .attributes = t->attributes,
                           .number = (uint64_t)(uintptr_t)t,
                           .size = size,
                           .version = t->version,
                           .block_size = t->block_size,
                           .name = t->name,
                           .name_length = (uint16_t)strlen(t->name)};
    return o;
}

static void note(const struct uio_manager_operation *op) {
    struct shelf *s = shelf_of(op);
    s->flags = op->flags;
    s->mode = op->mode;
    s->type_wanted = op->type_wanted;
    s->permissions = op->permissions;
    s->directory = op->directory;
    memcpy(s->name, op->name, op->name_length);
    s->name[op->name_length] = 0;
    if (op->new_name)
        memcpy(s->new_name, op->new_name, op->new_name_length);
    s->new_name[op->new_name_length] = 0;
    const uint32_t n = op->target_length < sizeof s->target ? op->target_length : 0;
    if (n)
        memcpy(s->target, op->target, n);
    s->target[n] = 0;
}

static void done(struct uio_manager_operation *op, uint32_t code) {
    if (code)
        uio_manager_refuse(op, code);
    else
        uio_manager_finish(op);
}

/* ---- by name -------------------------------------------------------------------------------------------------- */

static struct held *hold(struct shelf *s, struct thing *t) {
    for (unsigned i = 0; i < 64; i++)
        if (!s->held[i].used) {
            s->held[i].used = 1;
            s->held[i].own = 0;
            s->held[i].thing = t;
            s->held[i].began = t->version;
            return &s->held[i];
        }
    return NULL;
}

static void finish_open(struct uio_manager_operation *op) {
    struct shelf *s = shelf_of(op);
    struct thing *t = shelf_find(s, op->name, op->name_length);
    int created = 0;
    if (!t && (op->mode & UIO_MODE_CREATE)) {
        char name[32];
        snprintf(name, sizeof name, "%.*s", (int)op->name_length, op->name);
        t = shelf_put(s, name, SHELF_FILE, "");
        created = 1;
    } else if (t && (op->mode & UIO_MODE_EXCLUSIVE)) {
        uio_manager_refuse(op, UIO_EXISTS);
        return;
    }
    if (!t) {
        uio_manager_refuse(op, VNAME_NOT_FOUND);
        return;
    }
    struct uio_manager_opened opened = {.state = hold(s, t),
                                        .identity = {(uint64_t)(uintptr_t)t, 7},
                                        .attributes = t->attributes,
                                        .block_size = t->block_size,
                                        .created = created,
                                        .object = describe(t, t->size)};
    ck_assert_ptr_nonnull(opened.state);
    t->instances++;
    s->opened++;
    uio_manager_finish_open(op, &opened);
}

static int keep(struct uio_manager_operation *op) {
    struct shelf *s = shelf_of(op);
    if (!s->keep)
        return 0;
    s->kept[s->kept_count++] = op;
    return 1;
}

static void on_open(struct uio_manager_operation *op) {
    note(op);
    if (!keep(op))
        finish_open(op);
}

static void on_query(struct uio_manager_operation *op) {
    struct thing *t = shelf_find(shelf_of(op), op->name, op->name_length);
    note(op);
    if (!t) {
        uio_manager_refuse(op, VNAME_NOT_FOUND);
        return;
    }
    const struct uio_object o = describe(t, t->size);
    uio_manager_finish_object(op, &o);
}

static void on_modify(struct uio_manager_operation *op) { on_query(op); }

static void on_rename(struct uio_manager_operation *op) {
    note(op);
    uio_manager_finish(op);
}

static void on_remove(struct uio_manager_operation *op) {
    struct thing *t = shelf_find(shelf_of(op), op->name, op->name_length);
    note(op);
    if (t)
        t->exists = 0;
    done(op, t ? 0 : VNAME_NOT_FOUND);
}

static void on_create(struct uio_manager_operation *op) {
    static struct thing t = {.name = "new", .block_size = 512};
    const struct uio_object o = describe(&t, 0);
    note(op);
    uio_manager_finish_object(op, &o);
}

static void on_storage(struct uio_manager_operation *op) { uio_manager_finish_storage(op, 0x100000002u, 3, 4); }

static void on_map(struct uio_manager_operation *op) {
    struct thing *t = shelf_find(shelf_of(op), op->name, op->name_length);
    note(op);
    if (!t) {
        uio_manager_refuse(op, VNAME_NOT_FOUND);
    } else if (!strcmp(t->name, "alias")) {
        uio_manager_finish_alias(op, "/else/where", 11, 5);
    } else if (!(t->attributes & UIO_CONTEXT)) {
        uio_manager_refuse(op, VNAME_NOT_CONTEXT);
    } else {
        const uint64_t identity[2] = {(uint64_t)(uintptr_t)t, 9};
        uio_manager_finish_map(op, identity, t, NULL, 0);
    }
}

static void on_forget(uio_manager *m, void *root, void *directory) {
    (void)m;
    ck_assert_ptr_nonnull(directory);
    ((struct shelf *)root)->forgotten++;
}

/* ---- of an instance --------------------------------------------------------------------------------------------- */

static struct held *held_of(const struct uio_manager_operation *op) { return op->instance->state; }
static uint8_t *data_of(struct held *h) { return h->own ? h->copy : h->thing->data; }
static uint64_t *size_of(struct held *h) { return h->own ? &h->copy_size : &h->thing->size; }

static void lent_back(struct vipc_loan *loan) { ((struct shelf *)loan->context)->lent--; }

static void finish_read(struct uio_manager_operation *op) {
    struct held *h = held_of(op);
    struct shelf *s = shelf_of(op);
    const uint64_t size = *size_of(h), from = op->position < size ? op->position : size;
    const uint32_t n = size - from < op->count ? (uint32_t)(size - from) : op->count;
    if (s->lend) {
        s->loan.release = lent_back;
        s->loan.context = s;
        s->lent++;
        uio_manager_finish_read_lent(op, data_of(h) + from, n, from + n == size, 0, &s->loan);
        return;
    }
    memcpy(op->buffer, data_of(h) + from, n);
    uio_manager_finish_read(op, n, from + n == size, 0);
}

/* A pipe: a block is what is there, all of it. */
static void read_pipe(struct uio_manager_operation *op) {
    struct thing *t = held_of(op)->thing;
    const uint32_t n = t->size < op->count ? (uint32_t)t->size : op->count;
    memcpy(op->buffer, t->data, n);
    memmove(t->data, t->data + n, t->size - n);
    t->size -= n;
    uio_manager_finish_read(op, n, 0, ++t->version);
}

static void on_read(struct uio_manager_operation *op) {
    struct thing *t = held_of(op)->thing;
    struct shelf *s = shelf_of(op);
    s->reads++;
    s->position = op->position;
    s->may_wait = op->may_wait;
    if (keep(op))
        return;
    if (t->attributes & UIO_RANDOM_ACCESS) {
        const int log_end = (t->attributes & UIO_INTERACTIVE) && op->position >= t->size && op->may_wait;
        if (!log_end) {
            finish_read(op);
            return;
        }
    } else if (t->size) {
        read_pipe(op);
        return;
    } else if (!op->may_wait) {
        uio_manager_refuse(op, UIO_WOULD_WAIT);
        return;
    }
    struct uio_manager_operation **at = &t->waiting;
    while (*at)
        at = &(*at)->next;
    op->next = NULL;
    *at = op;
}

static void on_cancel(struct uio_manager_operation *op) {
    struct shelf *s = shelf_of(op);
    s->cancelled++;
    for (unsigned i = 0; i < s->kept_count; i++)
        if (s->kept[i] == op) {
            memmove(s->kept + i, s->kept + i + 1, (--s->kept_count - i) * sizeof *s->kept);
            return;
        }
    ck_assert_ptr_nonnull(op->instance->state);
    for (struct uio_manager_operation **at = &held_of(op)->thing->waiting; *at; at = &(*at)->next)
        if (*at == op) {
            *at = op->next;
            return;
        }
    ck_abort_msg("cancelled what was not waiting");
}

void shelf_let_go(struct shelf *s) {
    ck_assert_uint_gt(s->kept_count, 0);
    struct uio_manager_operation *op = s->kept[0];
    memmove(s->kept, s->kept + 1, --s->kept_count * sizeof *s->kept);
    if (op->code == (UIO_CREATE_INSTANCE & VMTP_CODE_MASK))
        finish_open(op);
    else
        finish_read(op);
}

static void on_write(struct uio_manager_operation *op) {
    struct shelf *s = shelf_of(op);
    struct held *h = held_of(op);
    struct thing *t = h->thing;
    s->position = op->position;
    s->append = op->append;
    s->stable = op->stable;
    if (!(t->attributes & UIO_RANDOM_ACCESS)) {
        memcpy(t->data + t->size, op->data, op->count);
        t->size += op->count;
        uio_manager_finish_write(op, op->count, ++t->version);
        struct uio_manager_operation *reader = t->waiting;
        if (reader) {
            t->waiting = reader->next;
            read_pipe(reader);
        }
        return;
    }
    if ((op->instance->attributes & UIO_TRANSACTION) && !h->own) {
        h->own = 1;
        memcpy(h->copy, t->data, sizeof h->copy);
        h->copy_size = t->size;
    }
    const uint64_t at = op->append ? *size_of(h) : op->position;
    if (at + op->count > SHELF_OCTETS) {
        uio_manager_refuse(op, UIO_NO_SPACE);
        return;
    }
    if (op->ends_inside && (at + op->count) / t->block_size < *size_of(h) / t->block_size &&
        (at + op->count) / t->block_size != (*size_of(h) - 1) / t->block_size) {
        uio_manager_refuse(op, UIO_BAD_COUNT);
        return;
    }
    memcpy(data_of(h) + at, op->data, op->count);
    if (op->ends_inside || at + op->count > *size_of(h))
        *size_of(h) = at + op->count;
    t->version += !h->own;
    uio_manager_finish_write(op, op->count, at);
    struct uio_manager_operation *reader = t->waiting;
    if (reader) {
        t->waiting = reader->next;
        finish_read(reader);
    }
}

static void on_query_instance(struct uio_manager_operation *op) {
    struct held *h = held_of(op);
    const struct uio_object o = describe(h->thing, *size_of(h));
    const uint32_t code = shelf_of(op)->refuse_query;
    if (code)
        uio_manager_refuse(op, code);
    else
        uio_manager_finish_object(op, &o);
}

static void on_modify_instance(struct uio_manager_operation *op) {
    struct held *h = held_of(op);
    const uint32_t code = shelf_of(op)->refuse_modify;
    if (!code && (op->mask & UIO_MASK_SIZE)) {
        ck_assert_uint_le(op->object.size, SHELF_OCTETS);
        if (op->object.size > *size_of(h))
            memset(data_of(h) + *size_of(h), 0, op->object.size - *size_of(h));
        *size_of(h) = op->object.size;
    }
    done(op, code);
}

static void on_sync(struct uio_manager_operation *op) { done(op, shelf_of(op)->refuse_sync); }

static void on_commit(struct uio_manager_operation *op) {
    struct held *h = held_of(op);
    if (h->own && h->thing->version != h->began) {
        uio_manager_refuse(op, UIO_CONFLICT);
        return;
    }
    if (h->own) {
        memcpy(h->thing->data, h->copy, sizeof h->copy);
        h->thing->size = h->copy_size;
        h->began = ++h->thing->version;
        h->own = 0;
    }
    uio_manager_finish(op);
}

static void on_take_back(struct uio_manager_operation *op) {
    struct held *h = held_of(op);
    h->own = 0;
    h->began = h->thing->version;
    uio_manager_finish(op);
}

static void on_control(struct uio_manager_operation *op) {
    if (op->function != 0x8001) {
        uio_manager_refuse(op, UIO_UNSUPPORTED);
        return;
    }
    op->words[2]++;
    uio_manager_finish_control(op, op->data, op->count);
}

static uint32_t on_release(struct uio_manager_instance *i, uint32_t flags) {
    struct shelf *s = i->root;
    struct held *h = i->state;
    ck_assert_int_eq(h->used, 1);
    ck_assert_int_gt(h->thing->instances--, 0);
    s->released++;
    if (flags & UIO_MANAGER_UNDO) {
        s->undone++;
        h->thing->exists = 0;
    }
    h->used = 0;
    return s->refuse_release;
}

const struct uio_manager_type shelf_type = {.name = "shelf",
                                            .open = on_open,
                                            .query = on_query,
                                            .modify = on_modify,
                                            .remove = on_remove,
                                            .rename = on_rename,
                                            .create = on_create,
                                            .link = on_create,
                                            .storage = on_storage,
                                            .map = on_map,
                                            .forget = on_forget,
                                            .read = on_read,
                                            .write = on_write,
                                            .query_instance = on_query_instance,
                                            .modify_instance = on_modify_instance,
                                            .sync = on_sync,
                                            .commit = on_commit,
                                            .take_back = on_take_back,
                                            .control = on_control,
                                            .release = on_release,
                                            .cancel = on_cancel};

/* As little as there can be. */
const struct uio_manager_type shelf_flat_type = {.name = "flat",
                                                 .lends = 1,
                                                 .open = on_open,
                                                 .query = on_query,
                                                 .read = on_read,
                                                 .write = on_write,
                                                 .query_instance = on_query_instance,
                                                 .release = on_release};

/* ---- the manager ------------------------------------------------------------------------------------------------ */

static void other_request(uio_manager *m, struct vipc_incoming *in) {
    ((struct shelf *)uio_manager_context(m))->other_requests++;
    vname_manager_refuse(in, VMTP_ERROR);
}

static void other_operation(uio_manager *m, const struct vname_manager_operation *o) {
    ((struct shelf *)uio_manager_context(m))->other_operations++;
    vname_manager_refuse(o->in, VMTP_ERROR);
}

struct shelf *shelf_new(void) {
    struct shelf *s = calloc(1, sizeof *s);
    ck_assert_ptr_nonnull(s);
    s->node = vipc_fake_node(shelf_net);
    uio_manager_config_init(&s->config);
    s->config.context = s;
    s->config.request = other_request;
    s->config.operation = other_operation;
    return s;
}

void shelf_start(struct shelf *s) {
    const size_t octets = uio_manager_footprint(&s->config);
    ck_assert_uint_gt(octets, 0);
    s->memory = malloc(octets);
    ck_assert_ptr_nonnull(s->memory);
    memset(s->memory, 0xa5, octets);
    ck_assert_int_eq(uio_manager_create(&s->manager, s->node, &s->config, s->memory), 0);
    s->entity = vname_manager_entity(uio_manager_names(s->manager));
    s->context = uio_manager_root(s->manager, &shelf_type, s);
    ck_assert_uint_ne(s->context, 0);
    const struct vname_manager_claim claim = {.prefix = "/shelf", .prefix_length = 6, .context = s->context};
    ck_assert_int_eq(vname_manager_claim(uio_manager_names(s->manager), &claim), 0);
    shelf_run(2 * SECONDS);
}

struct shelf *shelf_open(void) {
    struct shelf *s = shelf_new();
    shelf_start(s);
    return s;
}

void shelf_close(struct shelf *s) {
    uio_manager_destroy(s->manager);
    for (unsigned i = 0; i < SHELF_THINGS; i++)
        ck_assert_int_eq(s->things[i].instances, 0);
    ck_assert_uint_eq(s->opened, s->released);
    ck_assert_int_eq(USE(s).instances, 0);
    ck_assert_int_eq(USE(s).operations, 0);
    ck_assert_int_eq(USE(s).locks, 0);
    ck_assert_int_eq(USE(s).owners, 0);
    ck_assert_int_eq(USE(s).waiting, 0);
    shelf_run(SECONDS);
    ck_assert_int_eq(uio_manager_is_lent(s->manager), 0);
    ck_assert_int_eq(s->lent, 0);
    free(s->memory);
    free(s);
}

struct uio_manager_use shelf_use(const struct shelf *s) {
    struct uio_manager_use use;
    uio_manager_get_use(s->manager, &use);
    return use;
}

/* ---- the suite -------------------------------------------------------------------------------------------------- */

int shelf_main(TCase *tests, const char *name) {
    Suite *suite = suite_create(name);
    tcase_add_checked_fixture(tests, shelf_open_net, shelf_close_net);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}

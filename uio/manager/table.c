/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Roots that have a name in another root (section 9.6), and lists of objects.  In the list of a context what is attached comes behind what its type
 * has told: its blocks have the highest bit, which those of a type have not.
 */
#include "internal.h"

#include <string.h>

#define ATTACHED ((uint64_t)1 << 63) /* and the number of the context */

static int is_in(const struct vu_context *c, uint32_t table) { return c->number && c->is_root && c->parent == table; }

static const struct vu_context *attached(uio_manager *m, uint32_t table, const char *name, size_t length) {
    for (const struct vu_context *c = m->contexts; c < vu_contexts_end(m); c++)
        if (is_in(c, table) && c->length == length && !memcmp(c->name, name, length))
            return c;
    return NULL;
}

static struct vu_context *root_of_number(uio_manager *m, uint32_t number) {
    struct vu_context *c = vu_context_find(m, number);
    return c && c->is_root ? c : NULL;
}

/* ---- names ------------------------------------------------------------------------------------------------------ */

static void skip_slashes(const char **name, uint32_t *length) {
    while (*length && **name == '/') {
        ++*name;
        --*length;
    }
}

/* At the beginning of what is left of a name in a root: `.` is the root itself, with all that is attached to it (section 4). */
static void skip_dots(const struct vu_context *c, const char **name, uint32_t *length) {
    skip_slashes(name, length);
    while (c->is_root && !c->type->single && *length && **name == '.' && (*length == 1 || (*name)[1] == '/')) {
        ++*name;
        --*length;
        skip_slashes(name, length);
    }
}

const struct vu_context *vu_descend(uio_manager *m, const struct vu_context *c, const char **name, uint32_t *length) {
    skip_dots(c, name, length);
    while (c->is_root && *length) {
        const char *slash = memchr(*name, '/', *length);
        const uint32_t first = slash ? (uint32_t)(slash - *name) : *length;
        const struct vu_context *next = attached(m, c->number, *name, first);
        if (!next)
            break;
        c = next;
        *name += first;
        *length -= first;
        skip_dots(c, name, length);
    }
    return c;
}

static int is_component(const char *name, size_t length) {
    return length && length <= UIO_COMPONENT_OCTETS && !memchr(name, '/', length) && !vname_check(name, length) &&
           name[0] != '.';
}

/* Would the context be in itself? */
static int is_circle(uio_manager *m, const struct vu_context *into, const struct vu_context *c) {
    while (into && into != c)
        into = root_of_number(m, into->parent);
    return into != NULL;
}

int uio_manager_attach(uio_manager *m, uint32_t into, const char *name, size_t length, uint32_t context,
                       const struct uio_object *object) {
    const struct vu_context *table = root_of_number(m, into);
    struct vu_context *c = root_of_number(m, context);
    if (!table || !c || c->parent || !is_component(name, length) || is_circle(m, table, c))
        return VMTP_E_INVALID;
    if (attached(m, into, name, length))
        return VMTP_E_EXISTS;
    c->parent = into;
    memcpy(c->name, name, length);
    c->length = (uint16_t)length;
    c->object = (struct uio_object){.type = object->type, /* nothing that changes (UIO-5.3-06) */
                                    .attributes = object->attributes,
                                    .number = object->number,
                                    .permissions = object->permissions,
                                    .names = object->names,
                                    .block_size = object->block_size,
                                    .name = c->name,
                                    .name_length = c->length};
    return 0;
}

void uio_manager_detach(uio_manager *m, uint32_t context) {
    struct vu_context *c = root_of_number(m, context);
    if (c)
        c->parent = 0;
}

/* ---- lists ---------------------------------------------------------------------------------------------------- */

void uio_manager_finish_list(struct uio_manager_operation *op,
                             int (*next)(struct uio_manager_operation *op, uint64_t *block, struct uio_object *object)) {
    uint8_t *to = op->buffer;
    uint64_t block = op->block, behind = block;
    uint32_t octets = 0, n = 1;
    struct uio_object object = {0};
    while (n && next(op, &behind, &object)) {
        n = uio_object_encode(to + octets, op->count - octets, &object);
        octets += n;
        if (n)
            block = behind;
        memset(&object, 0, sizeof object);
    }
    if (!n && !octets)
        uio_manager_refuse(op, UIO_BAD_COUNT);
    else
        uio_manager_finish_read(op, octets, n != 0, block);
}

/* The first of what is attached with this number or a higher one. */
static const struct vu_context *at_or_behind(uio_manager *m, uint32_t table, uint64_t number) {
    const struct vu_context *first = NULL;
    for (const struct vu_context *c = m->contexts; c < vu_contexts_end(m); c++)
        if (is_in(c, table) && c->number >= number && (!first || c->number < first->number))
            first = c;
    return first;
}

/* Puts as many as there is room for behind what is in the buffer. */
static void append(struct vu_operation *o, uint64_t number, uint32_t *octets, int *at_end, uint64_t *next) {
    uio_manager *m = o->op.manager;
    const uint32_t table = vu_instance_of(o->op.instance)->table;
    const struct vu_context *c;
    while ((c = at_or_behind(m, table, number)) != NULL) {
        const uint32_t n = uio_object_encode((uint8_t *)o->op.buffer + *octets, o->op.count - *octets, &c->object);
        if (!n)
            break;
        *octets += n;
        number = (uint64_t)c->number + 1;
    }
    *at_end = !c;
    *next = ATTACHED + number;
}

/* Takes out of what the type has told what nobody sees. */
static uint32_t hide(struct vu_operation *o, uint32_t octets) {
    uint8_t *const first = o->op.buffer;
    struct uio_list list = uio_list_of(first, octets);
    struct uio_object object;
    uint32_t left = 0;
    const uint8_t *at = list.at;
    while (uio_list_next(&list, &object)) {
        const uint32_t n = (uint32_t)(list.at - at);
        if (!attached(o->op.manager, vu_instance_of(o->op.instance)->table, object.name, object.name_length)) {
            memmove(first + left, at, n);
            left += n;
        }
        at = list.at;
    }
    return left;
}

uint32_t vu_table_tell(struct vu_operation *o, uint32_t *octets, int *at_end, uint64_t *next) {
    if (!at_or_behind(o->op.manager, vu_instance_of(o->op.instance)->table, 0))
        return 0;
    *octets = hide(o, *octets);
    if (!*at_end)
        return 0;
    append(o, 0, octets, at_end, next);
    return *octets || *at_end ? 0 : UIO_BAD_COUNT;
}

int vu_table_has(const struct vu_operation *o) {
    return vu_instance_of(o->op.instance)->table && (o->op.block & ATTACHED);
}

void vu_table_read(struct vu_operation *o) {
    uint32_t octets = 0;
    uint64_t next = 0;
    int at_end = 0;
    append(o, o->op.block & ~ATTACHED, &octets, &at_end, &next);
    if (octets || at_end)
        uio_manager_finish_read(&o->op, octets, at_end, next);
    else
        vu_refuse(o, UIO_BAD_COUNT);
}

/* ---- a root in which there is nothing else ---------------------------------------------------------------------- */

static struct uio_object describe(const struct uio_manager_operation *op) {
    const struct vu_context *c = op->root;
    return (struct uio_object){.type = UIO_TYPE_CONTEXT,
                               .attributes = UIO_READABLE | UIO_CONTEXT | UIO_VARIABLE_BLOCK | UIO_MULTI_BLOCK,
                               .number = uio_manager_number(c->number, 0),
                               .permissions = 0555,
                               .names = 1,
                               .block_size = UIO_ENTRY_OCTETS};
}

static void on_open(struct uio_manager_operation *op) {
    const struct uio_object nothing = describe(op);
    const struct uio_manager_opened opened = {.state = op->root,
                                              .identity = {(uintptr_t)op->root, 0},
                                              .attributes = nothing.attributes,
                                              .block_size = nothing.block_size,
                                              .object = nothing};
    if (op->name_length)
        uio_manager_refuse(op, VNAME_NOT_FOUND);
    else
        uio_manager_finish_open(op, &opened);
}

static void on_query(struct uio_manager_operation *op) {
    const struct uio_object nothing = describe(op);
    if (op->name_length)
        uio_manager_refuse(op, VNAME_NOT_FOUND);
    else
        uio_manager_finish_object(op, &nothing);
}

static void on_query_instance(struct uio_manager_operation *op) {
    const struct uio_object nothing = describe(op);
    uio_manager_finish_object_blocks(op, &nothing, 0, 0);
}

static void on_read(struct uio_manager_operation *op) { uio_manager_finish_read(op, 0, 1, 0); }

static uint32_t on_release(struct uio_manager_instance *instance, uint32_t flags) {
    (void)instance;
    (void)flags;
    return 0;
}

static const struct uio_manager_type table_type = {.name = "table",
                                                   .open = on_open,
                                                   .query = on_query,
                                                   .read = on_read,
                                                   .query_instance = on_query_instance,
                                                   .release = on_release};

uint32_t uio_manager_table(uio_manager *m) {
    struct vu_context *c = vu_context_add_root(m, &table_type, NULL);
    if (!c)
        return 0;
    c->root = c; /* one of its own: roots are told apart by it */
    return c->number;
}

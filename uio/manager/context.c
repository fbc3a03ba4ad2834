/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers of contexts (spec/naming.md sections 3.2 and 6.2).  Roots are those of prefixes and stay; others come by MapContext, and the least
 * recently used goes when the table is full: its number is stale then, and the client maps it anew.  Numbers do not come back.
 */
#include "internal.h"

#include <string.h>

static int is_used(const struct vu_context *c) { return c->number != 0; }

struct vu_context *vu_context_find(uio_manager *m, uint32_t number) {
    for (struct vu_context *c = m->contexts; number && c < vu_contexts_end(m); c++)
        if (c->number == number) {
            c->used = ++m->context_uses;
            return c;
        }
    return NULL;
}

static uint32_t new_number(uio_manager *m) {
    if (++m->context_numbers == 0)
        m->context_numbers = 1;
    return m->context_numbers;
}

struct vu_context *vu_context_add_root(uio_manager *m, const struct uio_manager_type *type, void *root) {
    struct vu_context *free = NULL;
    uint32_t roots = 0;
    for (struct vu_context *c = m->contexts; c < vu_contexts_end(m); c++) {
        roots += is_used(c) && c->is_root;
        if (!is_used(c))
            free = c;
    }
    if (roots == m->config.roots || !free)
        return NULL;
    free->number = new_number(m);
    free->type = type;
    free->root = root;
    free->directory = NULL;
    free->is_root = 1;
    free->parent = 0;
    free->length = 0;
    return free;
}

void vu_context_drop(uio_manager *m, struct vu_context *c) {
    if (!c->is_root && c->type->forget)
        c->type->forget(m, c->root, c->directory);
    for (struct vu_context *child = m->contexts; c->is_root && child < vu_contexts_end(m); child++)
        if (is_used(child) && child->is_root && child->parent == c->number)
            child->parent = 0;
    c->number = 0;
}

/* A root is named by a prefix that leads to it. */
static size_t root_name(uio_manager *m, uint32_t number, char *name, size_t room) {
    struct vname_manager_prefix p;
    for (uint32_t i = 0; vname_manager_nth_prefix(m->names, i, &p); i++)
        if (p.record.context == number && !p.record.target_length && p.record.prefix_length <= room) {
            memcpy(name, p.record.prefix, p.record.prefix_length);
            return p.record.prefix_length;
        }
    return 0;
}

/* One that is attached: behind the name of where it is. */
static size_t attached_name(uio_manager *m, const struct vu_context *c, char *name, size_t room) {
    const struct vu_context *parent = vu_context_find(m, c->parent);
    const size_t length = parent ? vu_context_name(m, parent, name, room) : 0;
    if (!length || length + 1u + c->length > room)
        return 0;
    name[length] = '/';
    memcpy(name + length + 1, c->name, c->length);
    return length + 1 + c->length;
}

size_t vu_context_name(uio_manager *m, const struct vu_context *c, char *name, size_t room) {
    if (c->is_root)
        return c->parent ? attached_name(m, c, name, room) : root_name(m, c->number, name, room);
    if (c->length > room)
        return 0;
    memcpy(name, c->name, c->length);
    return c->length;
}

int vu_naming_context_name(vname_manager *names, uint32_t number, char *name, size_t room) {
    uio_manager *m = vname_manager_context(names);
    const struct vu_context *c = vu_context_find(m, number);
    return c ? (int)vu_context_name(m, c, name, room) : -1;
}

/* ---- MapContext ----------------------------------------------------------------------------------------------- */

static struct vu_context *find_mapped(uio_manager *m, const struct vu_operation *o, const uint64_t identity[2]) {
    for (struct vu_context *c = m->contexts; c < vu_contexts_end(m); c++)
        if (is_used(c) && !c->is_root && c->type == o->op.type && c->root == o->op.root && vu_same(c->identity, identity))
            return c;
    return NULL;
}

/* A context that an operation works in just now stays. */
static int in_use(const uio_manager *m, const struct vu_context *c) {
    for (uint32_t i = 0; i < m->config.names.depth; i++)
        if (m->operations[i].in && m->operations[i].context == c)
            return 1;
    return 0;
}

static struct vu_context *make_room(uio_manager *m) {
    struct vu_context *oldest = NULL;
    uint32_t mapped = 0;
    for (struct vu_context *c = m->contexts; c < vu_contexts_end(m); c++)
        mapped += is_used(c) && !c->is_root;
    for (struct vu_context *c = m->contexts; c < vu_contexts_end(m); c++) {
        if (!is_used(c) && mapped < m->config.contexts)
            return c;
        if (is_used(c) && !c->is_root && (!oldest || c->used < oldest->used) && !in_use(m, c))
            oldest = c;
    }
    if (oldest) {
        m->counters.contexts_dropped++;
        vu_context_drop(m, oldest);
    }
    return oldest;
}

/* Adds a component or more, simplified as far as that needs no knowledge of the objects. */
static size_t append(char *name, size_t length, size_t room, const char *path, size_t size) {
    size_t at = 0;
    while (at < size) {
        size_t end = at;
        while (end < size && path[end] != '/')
            end++;
        const size_t octets = end - at;
        if (octets && !(octets == 1 && path[at] == '.')) {
            if (length + octets + 1 > room)
                return 0;
            name[length++] = '/';
            memcpy(name + length, path + at, octets);
            length += octets;
        }
        at = end + 1;
    }
    return length;
}

static const struct vu_context *root_of(const struct vu_operation *o) {
    uio_manager *m = o->op.manager;
    for (const struct vu_context *c = m->contexts; c < vu_contexts_end(m); c++)
        if (is_used(c) && c->is_root && c->root == o->op.root && c->type == o->op.type)
            return c;
    return NULL;
}

/* The absolute name of what was named: behind where it was looked for, or, with a path, behind the prefix of all. */
static size_t absolute_name(struct vu_operation *o, char *name, const char *path, size_t size) {
    const struct vname_manager_operation *n = &o->naming;
    uio_manager *m = o->op.manager;
    const struct vu_context *from = path ? root_of(o) : o->context;
    size_t length = n->index;
    if (n->length && n->name[0] == '/' && !o->context->parent)
        memcpy(name, n->name, n->index);
    else
        length = from ? vu_context_name(m, from, name, VNAME_NAME_OCTETS) : 0;
    if (!length)
        return 0;
    if (path)
        return append(name, length, VNAME_NAME_OCTETS, path, size);
    return append(name, length, VNAME_NAME_OCTETS, o->op.name, o->op.name_length);
}

static void answer_map(struct vu_operation *o, const struct vu_context *c, const char *name, size_t length) {
    o->op.manager->counters.contexts_mapped++;
    const struct vname_manager_operation naming = o->naming;
    const uint32_t number = c->number;
    vu_operation_end(o);
    vname_manager_reply_context(&naming, 0, number, name, length);
}

static struct vu_context *enter(struct vu_operation *o, const uint64_t identity[2], void *directory) {
    struct vu_context *c = make_room(o->op.manager);
    if (!c)
        return NULL;
    c->number = new_number(o->op.manager);
    c->type = o->op.type;
    c->root = o->op.root;
    c->directory = directory;
    c->identity[0] = identity[0];
    c->identity[1] = identity[1];
    c->is_root = 0;
    c->parent = 0;
    return c;
}

void uio_manager_finish_map(struct uio_manager_operation *op, const uint64_t identity[2], void *directory,
                            const char *path, size_t size) {
    struct vu_operation *o = vu_of(op);
    uio_manager *m = op->manager;
    char name[VNAME_NAME_OCTETS];
    const size_t length = absolute_name(o, name, path, size);
    struct vu_context *known = find_mapped(m, o, identity);
    struct vu_context *c = known || !length ? known : enter(o, identity, directory);
    o->by_program = 0;
    if ((known || !c) && op->type->forget)
        op->type->forget(m, op->root, directory);
    if (!c || !length) {
        vu_refuse(o, length ? VNAME_NO_ROOM : VNAME_TOO_LONG);
        return;
    }
    c->used = ++m->context_uses;
    c->length = (uint16_t)length;
    memcpy(c->name, name, length);
    answer_map(o, c, name, length);
}

/* Not mapped: either it does not exist, or it is no context. */
static void is_no_context(struct vu_operation *o, uint32_t code) { vu_refuse(o, code ? code : VNAME_NOT_CONTEXT); }

static void not_mapped(struct vu_operation *o, uint32_t code) { vu_refuse(o, code); }

void vu_on_map(struct vu_operation *o) {
    char name[VNAME_NAME_OCTETS];
    if (!o->op.name_length && o->op.type->single) {
        vu_refuse(o, VNAME_NOT_CONTEXT);
    } else if (!o->op.name_length) {
        const size_t length = absolute_name(o, name, NULL, 0);
        if (length)
            answer_map(o, o->context, name, length);
        else
            vu_refuse(o, VNAME_STALE);
    } else if (o->op.type->map) {
        vu_ask(o, o->op.type->map, not_mapped);
    } else {
        vu_ask(o, o->op.type->query, is_no_context);
    }
}

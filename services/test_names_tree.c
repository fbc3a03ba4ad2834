/* SPDX-License-Identifier: BSD-2-Clause */
/* What lies below the prefixes of the service's manager of names: spec/testing.md section 4.18. */
#include "test_names.h"

/* ---- contexts --------------------------------------------------------------------------------------------------------- */

static struct vtest_names_context *find_number(struct vtest_names *n, uint32_t number) {
    for (unsigned i = 0; number && i < VTEST_CONTEXTS; i++)
        if (n->contexts[i].number == number)
            return &n->contexts[i];
    return NULL;
}

static int is_place(const struct vtest_names_context *c, const char *prefix, size_t prefix_length, const char *path,
                    size_t path_length) {
    return c->number && c->prefix_length == prefix_length && c->path_length == path_length &&
           memcmp(c->prefix, prefix, prefix_length) == 0 && memcmp(c->path, path, path_length) == 0;
}

uint32_t vtest_tree_context(struct vtest_names *n, const char *prefix, size_t prefix_length, const char *path,
                            size_t path_length) {
    struct vtest_names_context *place = NULL;
    for (unsigned i = 0; i < VTEST_CONTEXTS; i++) {
        if (is_place(&n->contexts[i], prefix, prefix_length, path, path_length))
            return n->contexts[i].number;
        if (!n->contexts[i].number && !place)
            place = &n->contexts[i];
    }
    if (!place)
        return 0;
    place->number = n->next_context++;
    place->prefix_length = prefix_length;
    place->path_length = path_length;
    memcpy(place->prefix, prefix, prefix_length);
    memcpy(place->path, path, path_length);
    return place->number;
}

/* Absolute, into room for prefix, path and a slash; its length. */
static size_t absolute(const struct vtest_names_context *c, char *name) {
    size_t length = c->prefix_length;
    memcpy(name, c->prefix, length);
    if (c->path_length) {
        name[length++] = '/';
        memcpy(name + length, c->path, c->path_length);
        length += c->path_length;
    }
    return length;
}

int vtest_tree_context_name(vname_manager *manager, uint32_t context, char *name, size_t room) {
    const struct vtest_names_context *c = find_number(vname_manager_context(manager), context);
    if (!c)
        return -1;
    return c->prefix_length + c->path_length < room ? (int)absolute(c, name) : 0;
}

int vtest_tree_takes_empty(vname_manager *manager, uint32_t code) {
    (void)manager;
    return code == (VNAME_MAP_CONTEXT & VMTP_CODE_MASK);
}

/* ---- interpreting a name ---------------------------------------------------------------------------------------------- */

struct walk {
    const struct vname_manager_operation *operation;
    struct vtest_names_context at;
    size_t next; /* of the name, not yet looked at */
    int object;  /* it has come to an object that is no context */
};

static void up(struct vtest_names_context *at) {
    while (at->path_length && at->path[at->path_length - 1] != '/')
        at->path_length--;
    if (at->path_length)
        at->path_length--;
}

/* 0, or the code that ends the operation. */
static uint32_t down(struct vtest_names_context *at, const char *component, size_t length) {
    const size_t slash = at->path_length != 0;
    if (at->path_length + slash + length > sizeof at->path)
        return VNAME_TOO_LONG;
    if (slash)
        at->path[at->path_length++] = '/';
    memcpy(at->path + at->path_length, component, length);
    at->path_length += length;
    return 0;
}

/* The place is another manager's: 1, and the operation went there.  Where the name itself says so it has gone before. */
static int leads_out(struct walk *w) {
    const struct vname_manager_operation *o = w->operation;
    char name[VNAME_PREFIX_OCTETS + 1 + 2 * VNAME_NAME_OCTETS];
    size_t length = absolute(&w->at, name);
    struct vname_manager_mount mount;
    for (uint32_t i = 0; vname_manager_nth_mount(o->manager, i, &mount); i++) {
        const struct vname_record *r = &mount.record;
        if (r->prefix_length != length || memcmp(r->prefix, name, length) != 0)
            continue;
        memcpy(name + length, o->name + w->next, o->length - w->next);
        vname_manager_forward(o, r, length, name, length + o->length - w->next);
        return 1;
    }
    return 0;
}

/* `/` and the rest of the component. */
static void alias(const struct vname_manager_operation *o, const char *component, size_t length, size_t end) {
    char target[VNAME_NAME_OCTETS];
    target[0] = '/';
    memcpy(target + 1, component + 1, length - 1);
    vname_manager_reply_alias(o, target, length, end);
}

/* One component: 0 to go on, 1: answered. */
static int step(struct walk *w, const char *component, size_t length) {
    const struct vname_manager_operation *o = w->operation;
    uint32_t code = 0;
    if (length == 1 && component[0] == '.')
        return 0;
    if (w->object) {
        code = VNAME_NOT_FOUND;
    } else if (length == 2 && memcmp(component, "..", 2) == 0) {
        up(&w->at);
    } else if (component[0] == 'l' && length > 1) {
        alias(o, component, length, w->next);
        return 1;
    } else if (component[0] == 'c' || component[0] == 'o') {
        w->object = component[0] == 'o';
        code = down(&w->at, component, length);
    } else if (code = down(&w->at, component, length), code == 0) { /* it may be a mount, and nothing else */
        if (leads_out(w))
            return 1;
        code = VNAME_NOT_FOUND;
    }
    if (code == 0)
        return leads_out(w);
    vname_manager_refuse(o->in, code);
    return 1;
}

static int walk_all(struct walk *w) {
    const struct vname_manager_operation *o = w->operation;
    while (w->next < o->length) {
        const size_t begin = w->next + (o->name[w->next] == '/');
        size_t end = begin;
        while (end < o->length && o->name[end] != '/')
            end++;
        w->next = end;
        if (end > begin && step(w, o->name + begin, end - begin))
            return 1;
    }
    return 0;
}

static void map(const struct walk *w) {
    const struct vname_manager_operation *o = w->operation;
    struct vtest_names *n = vname_manager_context(o->manager);
    char name[VNAME_PREFIX_OCTETS + 1 + VNAME_NAME_OCTETS];
    const size_t length = absolute(&w->at, name);
    const uint32_t number = length > VNAME_NAME_OCTETS
                                ? 0
                                : vtest_tree_context(n, w->at.prefix, w->at.prefix_length, w->at.path, w->at.path_length);
    if (number)
        vname_manager_reply_context(o, 0, number, name, length);
    else
        vname_manager_refuse(o->in, length > VNAME_NAME_OCTETS ? VNAME_TOO_LONG : VNAME_NO_ROOM);
}

void vtest_tree_operation(const struct vname_manager_operation *o) {
    struct vtest_names *n = vname_manager_context(o->manager);
    const struct vtest_names_context *from = find_number(n, o->context);
    struct walk w = {.operation = o, .next = o->index};
    if (!from) {
        vname_manager_refuse(o->in, VNAME_STALE);
        return;
    }
    w.at = *from;
    if (walk_all(&w))
        return;
    if (o->code != (VNAME_MAP_CONTEXT & VMTP_CODE_MASK))
        vname_manager_refuse(o->in, VMTP_ERROR);
    else if (w.object)
        vname_manager_refuse(o->in, VNAME_NOT_CONTEXT);
    else
        map(&w);
}

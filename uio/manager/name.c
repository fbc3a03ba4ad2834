/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations by name (section 5.2): their parameters, and what the program says. */
#include "internal.h"

#include <string.h>

/* ---- answers -------------------------------------------------------------------------------------------------- */

static uint32_t reply_flags(const struct vu_operation *o) {
    return o->op.code == (UIO_QUERY_OBJECT & VU_LOW24) ? VIPC_REPLY_IDEMPOTENT : 0;
}

void vu_answer_object(struct vu_operation *o) {
    uint8_t octets[UIO_OBJECT_OCTETS];
    const uint32_t size = uio_object_encode(octets, sizeof octets, o->object);
    if (size)
        vu_answer(o, NULL, octets, size, reply_flags(o));
    else
        vu_refuse(o, UIO_FAILED);
}

static void described(struct vu_operation *o, uint32_t code) {
    if (code)
        vu_refuse(o, code);
    else
        vu_answer_object(o);
}

static void done(struct vu_operation *o, uint32_t code) {
    if (code)
        vu_refuse(o, code);
    else
        vu_answer_ok(o);
}

void uio_manager_finish_storage(struct uio_manager_operation *op, uint64_t octets, uint64_t free_octets,
                                uint64_t free_objects) {
    struct vu_operation *o = vu_of(op);
    struct vmtp_message answer = {.code = VMTP_OK};
    vmtp_words_put64(answer.words, octets);
    vmtp_words_put64(answer.words + 2, free_octets);
    vmtp_words_put64(answer.words + 4, free_objects);
    const int r = vipc_reply(o->in, &answer, NULL, 0, VIPC_REPLY_IDEMPOTENT);
    if (r < 0 && r != VMTP_E_STALE) {
        op->manager->counters.send_failures++;
        vipc_discard(o->in);
    }
    o->by_program = 0;
    vu_operation_end(o);
}

void uio_manager_finish_alias(struct uio_manager_operation *op, const char *target, size_t length, uint32_t used) {
    struct vu_operation *o = vu_of(op);
    const struct vname_manager_operation naming = o->naming;
    const size_t end = (size_t)(op->name - naming.name) + used;
    o->by_program = 0;
    if (op->instance)
        vu_instance_free(vu_instance_of(op->instance));
    vu_operation_end(o);
    vname_manager_reply_alias(&naming, target, length, end);
}

/* ---- parameters ----------------------------------------------------------------------------------------------- */

/* The flags that an operation knows: 1, or it has been refused. */
static int flags_are_known(struct vu_operation *o, uint32_t known) {
    if (!(o->op.flags & ~known))
        return 1;
    vu_unsupported(o);
    return 0;
}

static void on_query(struct vu_operation *o) {
    o->op.flags = vu_word(o, 2);
    if (flags_are_known(o, UIO_NOFOLLOW))
        vu_ask(o, o->op.type->query, described);
}

static void on_modify(struct vu_operation *o) {
    o->op.mask = vu_word(o, 2);
    o->op.flags = vu_word(o, 3);
    if (!flags_are_known(o, UIO_NOFOLLOW))
        return;
    if (o->op.mask & ~VU_DESCRIPTOR_MASK)
        vu_unsupported(o);
    else if (!uio_object_decode(&o->op.object, o->naming.extra, o->naming.extra_size))
        vu_bad_request(o);
    else
        vu_ask(o, o->op.type->modify, described);
}

static void on_remove(struct vu_operation *o) {
    const uint32_t type = vu_word(o, 2);
    o->op.flags = type == UIO_TYPE_CONTEXT;
    if (type && type != UIO_TYPE_CONTEXT)
        vu_unsupported(o);
    else
        vu_ask(o, o->op.type->remove, done);
}

static void on_create(struct vu_operation *o) {
    o->op.type_wanted = vu_word(o, 2);
    o->op.permissions = vu_word(o, 3);
    o->op.target = o->naming.extra;
    o->op.target_length = o->naming.extra_size;
    const int is_link = o->op.type_wanted == UIO_TYPE_LINK;
    if (is_link && (!o->op.target_length || o->op.target_length > UIO_TARGET_OCTETS ||
                    memchr(o->op.target, 0, o->op.target_length)))
        vu_bad_request(o);
    else
        vu_ask(o, o->op.type->create, described);
}

static void on_storage(struct vu_operation *o) { vu_ask(o, o->op.type->storage, done); }

/* ---- new names (UIO-5.2-06) ------------------------------------------------------------------------------------- */

/* The longest of our prefixes, or of the mounts, that this name begins with. */
static uint32_t our_prefix(uio_manager *m, const struct uio_new_name *n, uint32_t *context) {
    struct vname_manager_prefix p;
    uint32_t longest = 0;
    for (uint32_t i = 0; vname_manager_nth_prefix(m->names, i, &p); i++)
        if (p.state == VNAME_PREFIX_HELD && !p.record.target_length && p.record.prefix_length > longest &&
            vname_matches(p.record.prefix, p.record.prefix_length, n->name, n->length)) {
            longest = p.record.prefix_length;
            *context = p.record.context;
        }
    return longest;
}

static uint32_t mounted_prefix(uio_manager *m, const char *name, size_t length) {
    struct vname_manager_mount mount;
    uint32_t longest = 0;
    for (uint32_t i = 0; vname_manager_nth_mount(m->names, i, &mount); i++)
        if (mount.record.prefix_length > longest &&
            vname_matches(mount.record.prefix, mount.record.prefix_length, name, length))
            longest = mount.record.prefix_length;
    return longest;
}

static int relative_leads_out(uio_manager *m, const struct vu_context *c, const struct uio_new_name *n) {
    char name[2 * VNAME_NAME_OCTETS + 1];
    const size_t base = vu_context_name(m, c, name, VNAME_NAME_OCTETS);
    if (!base)
        return 0;
    name[base] = '/';
    memcpy(name + base + 1, n->name, n->length);
    return mounted_prefix(m, name, base + 1 + n->length) > base;
}

static uint32_t cross(uio_manager *m) {
    m->counters.cross++;
    return UIO_CROSS;
}

/* Where the new name leads: 0, or the code. */
static uint32_t resolve(struct vu_operation *o) {
    uio_manager *m = o->op.manager;
    struct uio_new_name *n = &o->other;
    const int absolute = n->name[0] == '/';
    if (!absolute && n->index)
        return VNAME_STALE;
    const uint32_t ours = absolute ? our_prefix(m, n, &n->context) : 0;
    if (absolute && (!ours || ours < n->index || mounted_prefix(m, n->name, n->length) > ours))
        return cross(m);
    const struct vu_context *c = vu_context_find(m, n->context);
    if (!c)
        return VNAME_STALE;
    const int leads_out = !absolute && relative_leads_out(m, c, n);
    o->op.new_name = n->name + ours;
    o->op.new_name_length = n->length - ours;
    c = vu_descend(m, c, &o->op.new_name, &o->op.new_name_length);
    o->op.new_directory = c->directory;
    return leads_out || c->type != o->op.type || c->root != o->op.root ? cross(m) : 0;
}

/* 1, or it has been refused. */
static int take_new_name(struct vu_operation *o) {
    uint32_t code = uio_new_name_decode(&o->other, o->naming.extra, o->naming.extra_size);
    if (code == UIO_BAD_REQUEST) {
        vu_bad_request(o);
        return 0;
    }
    if (!code)
        code = resolve(o);
    if (code)
        vu_refuse(o, code);
    return !code;
}

static void on_rename(struct vu_operation *o) {
    const uint32_t both = UIO_RENAME_NO_REPLACE | UIO_RENAME_EXCHANGE;
    o->op.flags = vu_word(o, 2);
    if (!flags_are_known(o, both))
        return;
    if (o->op.flags == both)
        vu_bad_request(o);
    else if (take_new_name(o))
        vu_ask(o, o->op.type->rename, done);
}

static void on_link(struct vu_operation *o) {
    if (take_new_name(o))
        vu_ask(o, o->op.type->link, described);
}

/* ---- which it is ------------------------------------------------------------------------------------------------ */

static void (*handler_of(uint32_t code))(struct vu_operation *) {
    switch (code) {
    case UIO_CREATE_INSTANCE &VU_LOW24: return vu_on_create;
    case UIO_QUERY_OBJECT &VU_LOW24: return on_query;
    case UIO_MODIFY_OBJECT &VU_LOW24: return on_modify;
    case UIO_REMOVE_OBJECT &VU_LOW24: return on_remove;
    case UIO_RENAME_OBJECT &VU_LOW24: return on_rename;
    case UIO_CREATE_OBJECT &VU_LOW24: return on_create;
    case UIO_LINK_OBJECT &VU_LOW24: return on_link;
    case UIO_QUERY_STORAGE &VU_LOW24: return on_storage;
    case VNAME_MAP_CONTEXT &VU_LOW24: return vu_on_map;
    default: return NULL;
    }
}

static void begin(uio_manager *m, const struct vname_manager_operation *n, void (*handle)(struct vu_operation *)) {
    struct vu_operation *o = vu_operation_begin(m, n->in);
    struct vu_owner *client = vu_owner_find(m, n->in->client);
    const struct vu_context *c = vu_context_find(m, n->context);
    if (client)
        vu_owner_heard(m, client);
    if (!c) {
        m->counters.contexts_stale++;
        vu_refuse(o, VNAME_STALE);
        return;
    }
    o->naming = *n;
    o->op.name = n->name + n->index;
    o->op.name_length = (uint32_t)(n->length - n->index);
    c = vu_descend(m, c, &o->op.name, &o->op.name_length);
    o->context = c;
    o->op.type = c->type;
    o->op.root = c->root;
    o->op.directory = c->directory;
    if (c->type->single && o->op.name_length)
        vu_refuse(o, VNAME_NOT_CONTEXT);
    else
        handle(o);
}

void vu_on_name(const struct vname_manager_operation *n) {
    uio_manager *m = vname_manager_context(n->manager);
    void (*handle)(struct vu_operation *) = handler_of(n->code);
    if (handle && (n->in->group || n->in->datagram)) {
        m->counters.odd++;
        vipc_discard(n->in);
    } else if (handle) {
        begin(m, n, handle);
    } else if (m->config.operation && (n->code & 0xfeff00u) != VU_INTERFACE) {
        m->config.operation(m, n);
    } else {
        m->counters.unknown_codes += (n->code & 0xfeff00u) == VU_INTERFACE;
        vname_manager_refuse(n->in, VMTP_ERROR);
    }
}

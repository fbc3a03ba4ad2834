/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations by name (section 6): is the name ours, and if not, whose. */
#include "internal.h"

#include <string.h>

/* ---- to another manager (6.3) --------------------------------------------------------------------------------- */

static void loop(vname_manager *m, struct vipc_incoming *in) {
    m->counters.operations_loop++;
    vn_refuse(m, in, VNAME_LOOP);
}

static void too_long(vname_manager *m, struct vipc_incoming *in) {
    m->counters.operations_too_long++;
    vn_refuse(m, in, VNAME_TOO_LONG);
}

/* The segment with another name; its size, or 0 when it does not fit into one packet group. */
static uint32_t with_name(const struct vname_manager_operation *o, const char *name, size_t length) {
    vname_manager *m = o->manager;
    struct vmtp_message ignored = {0};
    struct vname_request request = {0};
    request.name = name;
    request.length = (uint16_t)length;
    request.extra = o->extra;
    request.extra_size = o->extra_size;
    return vname_request_build(&ignored, m->scratch, sizeof m->scratch, &request);
}

static void pass_on(const struct vname_manager_operation *o, const struct vname_record *to, size_t index, size_t length,
                    const void *segment, uint32_t size) {
    vname_manager *m = o->manager;
    struct vipc_incoming *in = o->in;
    struct vmtp_message message = in->message;
    message.server = to->manager;
    message.code &= VMTP_PIC | VN_LOW24;
    message.words[0] = to->context;
    message.words[1] = (uint32_t)index << 16 | (uint32_t)length;
    int r = vipc_forward(in, &message, segment, size, in->group ? VMTP_GROUP_OCTETS : 0);
    if (r == 0 || r == VMTP_E_STALE) {
        m->counters.operations_forwarded++;
    } else if (r == VMTP_E_NESTED) { /* passed on too often */
        loop(m, in);
    } else if (r == VMTP_E_TOO_LARGE) {
        too_long(m, in);
    } else {
        m->counters.send_failures++;
        vipc_discard(in);
    }
}

/* same_place: the prefix itself went to another manager, so that the name goes on where it was. */
static void forward(const struct vname_manager_operation *o, const struct vname_record *to, size_t index,
                    const char *name, size_t length, int same_place) {
    vname_manager *m = o->manager;
    const uint32_t came_with = o->in->message.words[1] >> 16;
    if (o->in->datagram) {
        m->counters.silenced++;
        vipc_discard(o->in);
    } else if (to->manager == m->service.entity || (index <= came_with && !same_place)) {
        loop(m, o->in);
    } else if (!name) {
        pass_on(o, to, index, o->length, o->in->segment, o->in->segment_size);
    } else {
        const uint32_t size = length <= VNAME_NAME_OCTETS ? with_name(o, name, length) : 0;
        if (size)
            pass_on(o, to, index, length, m->scratch, size);
        else
            too_long(m, o->in);
    }
}

void vname_manager_forward(const struct vname_manager_operation *o, const struct vname_record *record, size_t index,
                           const char *name, size_t length) {
    forward(o, record, index, name, length, 0);
}

/* ---- other answers -------------------------------------------------------------------------------------------- */

void vname_manager_reply_context(const struct vname_manager_operation *o, vmtp_entity manager, uint32_t context,
                                 const char *name, size_t length) {
    const vmtp_entity e = manager ? manager : o->manager->service.entity;
    uint32_t words[3] = {[2] = context};
    vmtp_words_put64(words, e);
    vn_answer(o->in, VMTP_OK, words, name, (uint32_t)length, VIPC_REPLY_IDEMPOTENT);
}

void vname_manager_reply_alias(const struct vname_manager_operation *o, const char *target, size_t target_length,
                               size_t end) {
    char name[VNAME_NAME_OCTETS];
    size_t length = o->length;
    memcpy(name, o->name, length);
    if (vname_substitute(name, &length, end, target, target_length))
        too_long(o->manager, o->in);
    else if (o->in->group || o->in->datagram)
        vn_refuse(o->manager, o->in, VNAME_ALIAS);
    else
        vn_answer(o->in, VNAME_ALIAS, NULL, name, (uint32_t)length, 0);
}

/* ---- whose is it ---------------------------------------------------------------------------------------------- */

static void stale(vname_manager *m, struct vipc_incoming *in) {
    m->counters.operations_stale++;
    vn_refuse(m, in, VNAME_STALE);
}

static void to_program(const struct vname_manager_operation *o) {
    vname_manager *m = o->manager;
    if (m->config.operation)
        m->config.operation(o);
    else
        vn_refuse(m, o->in, VNAME_NOT_FOUND);
}

/* It was ours, and is another's. */
static void moved(const struct vname_manager_operation *o, const struct vn_former *former) {
    vname_manager *m = o->manager;
    if (former->handed) {
        forward(o, &former->kept.record, former->kept.record.prefix_length, NULL, 0, 1);
        return;
    }
    m->counters.operations_moved++;
    if (o->in->group || o->in->datagram)
        vn_refuse(m, o->in, VNAME_MOVED);
    else
        vn_answer_record(o->in, VNAME_MOVED, 0, &former->kept.record, VNAME_SECOND_HAND, 0);
}

/* Ours, from the end of the prefix `own` on, unless somebody has a longer one. */
static void in_ours(struct vname_manager_operation *o, const struct vn_prefix *own) {
    vname_manager *m = o->manager;
    const struct vname_record *record = &own->kept.record;
    const struct vn_mount *mount = vn_mount_match(m, o->name, o->length);
    const struct vn_former *former = vn_former_match(m, o->name, o->length);
    const uint32_t ours = record->prefix_length, theirs = mount ? mount->kept.record.prefix_length : 0,
                   once = former ? former->kept.record.prefix_length : 0;
    if (theirs > ours && theirs >= once) {
        forward(o, &mount->kept.record, theirs, NULL, 0, 0);
    } else if (once > ours) {
        moved(o, former);
    } else if (record->target_length) {
        m->counters.operations_alias++;
        vname_manager_reply_alias(o, record->target, record->target_length, ours);
    } else {
        o->context = record->context;
        o->index = record->prefix_length;
        to_program(o);
    }
}

static void absolute(struct vname_manager_operation *o) {
    vname_manager *m = o->manager;
    const struct vn_prefix *own = vn_held_match(m, o->name, o->length);
    const struct vn_former *former;
    if (o->index) { /* the client says which prefix it means */
        const struct vn_prefix *meant = vn_prefix_find(m, o->name, o->index);
        const int fits = meant && vn_is_held(meant) && vname_matches(o->name, o->index, o->name, o->length);
        if (!fits)
            own = NULL;
        former = vn_former_find(m, o->name, o->index);
    } else {
        former = vn_former_match(m, o->name, o->length);
    }
    if (own)
        in_ours(o, own);
    else if (former)
        moved(o, former);
    else
        stale(m, o->in);
}

/* Where does a relative name lead?  1: to another manager, and it went there (or was refused); 0: nowhere else. */
static int leads_out(const struct vname_manager_operation *o) {
    vname_manager *m = o->manager;
    char name[2 * VNAME_NAME_OCTETS + 1];
    int n = m->config.context_name ? m->config.context_name(m, o->context, name, VNAME_NAME_OCTETS) : 0;
    if (n < 0) {
        stale(m, o->in);
        return 1;
    }
    if (n == 0 || n > (int)VNAME_NAME_OCTETS || !o->length)
        return 0;
    const size_t base = (size_t)n;
    size_t length = base;
    if (name[length - 1] != '/')
        name[length++] = '/';
    memcpy(name + length, o->name, o->length);
    length += o->length;
    const struct vn_mount *mount = vn_mount_match(m, name, length);
    if (!mount || mount->kept.record.prefix_length <= base)
        return 0;
    forward(o, &mount->kept.record, mount->kept.record.prefix_length, name, length, 0);
    return 1;
}

void vn_on_operation(vname_manager *m, struct vipc_incoming *in) {
    struct vname_manager_operation o = {0};
    struct vname_request request;
    o.manager = m;
    o.in = in;
    o.code = in->message.code & VN_LOW24;
    const int takes_empty = m->config.takes_empty && m->config.takes_empty(m, o.code);
    const uint32_t wrong = vname_request_parse(&request, &in->message, in->segment, in->segment_size, takes_empty);
    m->counters.operations++;
    if (wrong) {
        m->counters.operations_bad++;
        vn_refuse(m, in, wrong);
        return;
    }
    o.context = request.context;
    o.name = request.name;
    o.length = request.length;
    o.index = request.index;
    o.extra = request.extra;
    o.extra_size = request.extra_size;
    if (o.length && o.name[0] == '/')
        absolute(&o);
    else if (o.index)
        stale(m, in);
    else if (!leads_out(&o))
        to_program(&o);
}

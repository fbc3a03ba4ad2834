/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/net.h"

struct operation last;

static void trace(void *context, const struct vname_step *step) {
    struct net *net = context;
    ck_assert_uint_lt((unsigned)step->kind, (unsigned)VNAME_STEP_KINDS);
    net->steps[step->kind]++;
}

void net_open(struct net *net, const struct vname_config *given) {
    struct vname_config config = {.prefixes = 0};
    memset(net, 0, sizeof *net);
    if (given)
        config = *given;
    config.trace = trace;
    config.trace_context = net;
    net->fake = vipc_fake_create(1);
    net->node = vipc_fake_node(net->fake);
    ck_assert_int_eq(vname_open(&net->resolver, net->node, &config), 0);
}

void net_close(struct net *net) {
    vname_close(net->resolver);
    vipc_fake_destroy(net->fake);
}

/* ---- managers ---- */

void manager_answer(struct vipc_incoming *in, uint32_t code, uint32_t word0, const struct vname_record *record) {
    uint8_t segment[VNAME_RECORD_OCTETS];
    const struct vmtp_message message = {.code = code, .words = {word0}};
    const uint32_t size = record ? vname_record_encode(segment, sizeof segment, record) : 0;
    ck_assert_int_ge(vipc_reply(in, &message, segment, size, VIPC_REPLY_IDEMPOTENT), VMTP_E_STALE);
}

static int holds(const struct manager *m, const char *name, size_t length) {
    return m->record.prefix_length && vname_matches(m->record.prefix, m->record.prefix_length, name, length);
}

static void answer_late(struct vipc_timer *timer) {
    struct manager *m = timer->context;
    manager_answer(m->held, VMTP_OK, m->record.prefix_length, &m->record);
}

static void query(struct manager *m, struct vipc_incoming *in) {
    const int mine = holds(m, in->segment, in->segment_size);
    *(in->group ? &m->multicast_queries : &m->lone_queries) += 1;
    if (in->group && (!mine || m->silent)) {
        vipc_discard(in);
    } else if (in->group && m->late) {
        m->held = in;
        m->timer.fire = answer_late;
        m->timer.context = m;
        vipc_timer_set(m->node, &m->timer, vipc_now(m->node) + m->late);
    } else if (mine) {
        manager_answer(in, VMTP_OK, m->record.prefix_length, &m->record);
    } else {
        manager_answer(in, VNAME_STALE, 0, NULL);
    }
}

static void announce(struct manager *m, struct vipc_incoming *in) {
    struct vname_list list = vname_list_of(in->segment, in->segment_size);
    struct vname_record record;
    if (in->message.words[0] == VNAME_REASON_MEET && vname_list_next(&list, &record)) {
        m->meetings++;
        memcpy(m->met, record.prefix, record.prefix_length);
        m->met[record.prefix_length] = '\0';
        m->met_manager = record.manager;
        m->met_flags = record.flags;
    }
    vipc_discard(in);
}

static void map(struct manager *m, struct vipc_incoming *in, const struct vname_request *request) {
    struct vmtp_message message = {.code = VMTP_OK,
                                   .words = {(uint32_t)(m->record.manager >> 32), (uint32_t)m->record.manager}};
    message.words[2] = 1000 + request->length;
    vipc_reply(in, &message, request->name, request->length, VIPC_REPLY_IDEMPOTENT);
}

static void operate(struct manager *m, struct vipc_incoming *in) {
    struct vname_request request;
    const struct vmtp_message answer = {.code = VMTP_OK, .words = {7, 8}};
    m->operations++;
    m->last = in->message;
    ck_assert_uint_eq(vname_request_parse(&request, &in->message, in->segment, in->segment_size, 1), 0);
    if (request.length)
        memcpy(m->name, request.name, request.length);
    m->name[request.length] = '\0';
    m->extra_size = request.extra_size;
    memcpy(m->extra, request.extra_size ? request.extra : "", request.extra_size < 64 ? request.extra_size : 64);
    if (request.index && !(request.index == m->record.prefix_length && holds(m, request.name, request.length)))
        manager_answer(in, VNAME_STALE, 0, NULL);
    else if ((in->message.code & VMTP_CODE_MASK) == (VNAME_MAP_CONTEXT & VMTP_CODE_MASK))
        map(m, in, &request);
    else
        vipc_reply(in, &answer, "data", 4, VIPC_REPLY_IDEMPOTENT);
}

static void take(struct vipc_service *service, struct vipc_incoming *in) {
    struct manager *m = service->context;
    const uint32_t code = in->message.code & VMTP_CODE_MASK;
    if (m->hook && m->hook(m, in))
        return;
    if (code == (VNAME_QUERY & VMTP_CODE_MASK))
        query(m, in);
    else if (code == (VNAME_ANNOUNCE & VMTP_CODE_MASK))
        announce(m, in);
    else if (code & VNAME_BY_NAME)
        operate(m, in);
    else if (in->group)
        vipc_discard(in);
    else
        manager_answer(in, VMTP_ERROR, 0, NULL);
}

static void serve(struct manager *m) {
    memset(&m->service, 0, sizeof m->service);
    m->service.depth = 32;
    m->service.capacity = 16384;
    m->service.request = take;
    m->service.context = m;
    ck_assert_int_eq(vipc_serve(m->node, &m->service), 0);
    m->record.manager = m->service.entity;
    ck_assert_int_eq(vipc_join(&m->service, VNAME_HANDLERS), 0);
}

struct manager *net_manager(struct net *net, const char *prefix) {
    ck_assert_uint_lt(net->count, MANAGERS);
    struct manager *m = &net->managers[net->count++];
    m->net = net;
    m->node = vipc_fake_node(net->fake);
    m->record = (struct vname_record){.prefix = prefix,
                                      .prefix_length = (uint16_t)strlen(prefix),
                                      .generation = 1,
                                      .owner = 0x5000 + net->count,
                                      .context = 0x100 * net->count};
    serve(m);
    return m;
}

struct manager *net_alias(struct net *net, const char *prefix, const char *target) {
    struct manager *m = net_manager(net, prefix);
    m->record.flags = VNAME_ALIAS_RECORD;
    m->record.target = target;
    m->record.target_length = (uint16_t)strlen(target);
    return m;
}

void manager_exit(struct manager *m) { vipc_unserve(&m->service); }

void manager_crash(struct manager *m) { vipc_fake_crash(m->node); }

void manager_restart(struct manager *m) {
    vipc_unserve(&m->service);
    serve(m);
}

/* ---- a directory ---- */

struct shelf {
    const struct vname_record *records;
    unsigned count;
};

static int look_up(struct manager *m, struct vipc_incoming *in) {
    const struct shelf *shelf = m->context;
    const struct vname_record *found = NULL;
    if ((in->message.code & VMTP_CODE_MASK) != (VNAME_LOOKUP & VMTP_CODE_MASK))
        return 0;
    m->lookups++;
    for (unsigned i = 0; i < shelf->count; i++)
        if (vname_matches(shelf->records[i].prefix, shelf->records[i].prefix_length, in->segment, in->segment_size))
            found = &shelf->records[i];
    if (!found) {
        manager_answer(in, VNAME_NOT_FOUND, 0, NULL);
    } else {
        struct vname_record record = *found;
        record.flags |= VNAME_SECOND_HAND | VNAME_REGISTERED;
        manager_answer(in, VMTP_OK, record.prefix_length, &record);
    }
    return 1;
}

struct manager *net_directory(struct net *net, const struct vname_record *records, unsigned count) {
    static struct shelf shelf;
    struct manager *m = net_manager(net, "");
    shelf = (struct shelf){records, count};
    m->context = &shelf;
    m->hook = look_up;
    ck_assert_int_eq(vipc_leave(&m->service, VNAME_HANDLERS), 0);
    ck_assert_int_eq(vipc_join(&m->service, VNAME_DIRECTORY), 0);
    return m;
}

/* ---- operations ---- */

static void ended(struct vname_operation *op, enum vname_outcome outcome) {
    struct operation *operation = op->context;
    ck_assert_int_eq((int)outcome, (int)op->outcome);
    operation->ended++;
}

void operation_init(struct operation *o, const char *name) {
    memset(o, 0, sizeof *o);
    o->op.name = name;
    o->op.name_length = (uint32_t)strlen(name);
    o->op.code = OPERATION;
    o->op.area = o->area;
    o->op.capacity = sizeof o->area;
    o->op.deadline = VMTP_NEVER;
    o->op.done = ended;
    o->op.context = o;
}

enum vname_outcome operation_run(struct net *net, const char *name, vmtp_time patience) {
    operation_init(&last, name);
    if (patience)
        last.op.deadline = vipc_now(net->node) + patience;
    ck_assert_int_eq(vname_operate_wait(net->resolver, &last.op), 0);
    return last.op.outcome;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hosts with next to nothing: every number of the configuration at 0 and at its least, one by one and all together; tables that are
 * used up; interruptions whenever the host waits; and hosts that are closed with everything open.  Whatever a function returns, it
 * returns, and all memory comes back (net_end looks).
 */
#include <stddef.h>
#include <stdlib.h>

#include "support/host_net.h"
#include "wire_testing.h"

#define GROUP 0x6000000000abcd00u
#define LARGE 50000u

static struct net net;
static struct net_node *me, *peer;
static vmtp_group_call *open_call;
static uint8_t segment[LARGE], area[LARGE];

static vmtp_time in_time(vmtp_time duration) { return vmtp_sim_now(net.sim) + duration; }

static void serve_all(struct net_node *node) {
    struct vmtp_incoming in;
    while (node->entity && vmtp_host_receive(node->host, 0, &in, 0) == 0) {
        const struct vmtp_message ok = {.code = VMTP_OK};
        const uint32_t size = in.segment_size <= 16384 || in.large ? in.segment_size : 0;
        if (vmtp_host_reply(node->host, &in, &ok, in.segment, size, 0) < 0)
            vmtp_host_done(node->host, &in);
        node->served++;
    }
}

static void begin(void) {
    net_begin(&net, 4);
    peer = net_open(&net, 1);
    net_serve(peer, 4, LARGE);
    peer->serve = serve_all;
    ck_assert_int_eq(vmtp_group_join(vmtp_host_engine(peer->host), GROUP, peer->entity, VMTP_GRP_RESPONSES), 0);
    me = &net.nodes[0];
}

/* ---- all that a host can do, with results that may be errors but never surprises ---- */

static int sane(int result) { return result >= 0 ? 1 : result > -100; }

static void call_somebody(vmtp_entity server, uint32_t size) {
    struct vmtp_message m = {.server = server};
    ck_assert(sane(vmtp_host_call(me->host, &m, segment, size, area, LARGE, NULL, in_time(VMTP_SECOND))));
}

static void stream_some(void) {
    struct vmtp_event outcome;
    vmtp_stream *stream;
    const struct vmtp_message m = {.code = 5};
    if (vmtp_host_stream_open(me->host, &stream, peer->entity, 4, 100, 100) < 0)
        return;
    for (unsigned i = 0; i < 8; i++) {
        ck_assert(sane(vmtp_host_stream_send(me->host, stream, &m, segment, 100, i < 3)));
        if (i % 3 == 2)
            ck_assert(sane(vmtp_host_stream_next(me->host, stream, &outcome, in_time(VMTP_SECOND))));
    }
    vmtp_host_stream_end(me->host, stream);
}

static void call_group(vmtp_entity client) {
    struct vmtp_request r = {
        .client = client, .message = {.server = GROUP}, .response_size = 64, .deadline = in_time(300 * VMTP_MILLISECOND)};
    struct vmtp_event response;
    vmtp_group_call *call;
    for (unsigned i = 0; i < 2; i++) {
        r.flags = i ? VMTP_CALL_RELIABLE : 0;
        r.members = &peer->entity;
        r.member_count = 1;
        if (vmtp_host_group_call(me->host, &call, &r) < 0)
            continue;
        for (unsigned k = 0; k < 4; k++)
            ck_assert(sane(vmtp_host_group_next(me->host, call, &response, in_time(VMTP_SECOND))));
        vmtp_host_group_missing(call, NULL, 0);
        vmtp_host_group_end(me->host, call);
    }
}

static void do_nothing(vmtp_host *host, struct vmtp_incoming *in, void *context) {
    (void)context;
    vmtp_host_done(host, in);
}

/* Away and back. */
static void go_and_come(vmtp_entity id) {
    static uint8_t form[70000];
    vmtp_entity back;
    size_t used;
    if (vmtp_host_export(me->host, id, form, sizeof form, &used) == 0)
        ck_assert(sane(vmtp_host_import(me->host, form, used, &back)));
}

static void forward_to(vmtp_entity own) {
    struct vmtp_incoming in;
    struct vmtp_event response;
    const struct vmtp_message on = {.server = peer->entity};
    net_start(peer, own, "x", 1, 1);
    if (vmtp_host_receive(me->host, own, &in, in_time(VMTP_SECOND)) < 0)
        return;
    vmtp_host_overhear(me->host, &in, &response, 0);
    if (vmtp_host_forward(me->host, &in, &on, in.segment, in.segment_size, 100) < 0)
        vmtp_host_done(me->host, &in);
    net_run(&net, 100 * VMTP_MILLISECOND);
}

static void everything(void) {
    struct vmtp_incoming in;
    struct vmtp_event event;
    vmtp_entity id = 0, other = 0, list[4];
    uint32_t count;
    call_somebody(peer->entity, 10);
    call_somebody(peer->entity, LARGE);
    call_somebody(0x4711, 0);
    stream_some();
    call_group(0);
    vmtp_host_group_query(me->host, GROUP, list, 4, &count, in_time(100 * VMTP_MILLISECOND));
    if (vmtp_host_entity(me->host, &id, NULL) == 0) {
        vmtp_host_serve(me->host, id, 1, 100);
        vmtp_host_serve(me->host, id, 1, LARGE);
        vmtp_group_join(vmtp_host_engine(me->host), GROUP, id, VMTP_GRP_RESPONSES);
        call_group(id);
        call_somebody(id, 10);
        forward_to(id);
        go_and_come(id);
    }
    if (vmtp_host_entity(me->host, &other, NULL) == 0)
        vmtp_host_procedure(me->host, other, 1, 10, do_nothing, NULL);
    ck_assert(sane(vmtp_host_receive(me->host, 0, &in, in_time(VMTP_MILLISECOND))));
    while (vmtp_host_next_event(me->host, &event))
        continue;
    vmtp_host_unserve(me->host, other);
    net_run(&net, VMTP_SECOND);
    while (vmtp_host_next_event(me->host, &event))
        continue;
}

/* ---- configurations ---- */

#define FIELD(member, type)                                                                                            \
    { offsetof(struct vmtp_host_config, member), sizeof(type), #member }
static const struct {
    size_t offset, size;
    const char *name;
} fields[] = {FIELD(call_entities, uint32_t),
              FIELD(spin, vmtp_time),
              FIELD(engine.domain, uint16_t),
              FIELD(engine.mtu, uint32_t),
              FIELD(engine.link_mbps, uint32_t),
              FIELD(engine.max_entities, uint32_t),
              FIELD(engine.max_calls, uint32_t),
              FIELD(engine.max_responses, uint32_t),
              FIELD(engine.max_remote_clients, uint32_t),
              FIELD(engine.max_requests, uint32_t),
              FIELD(engine.max_accepts, uint32_t),
              FIELD(engine.max_hosts, uint32_t),
              FIELD(engine.max_control, uint32_t),
              FIELD(engine.max_memberships, uint32_t),
              FIELD(engine.max_migrated, uint32_t),
              FIELD(engine.max_runs, uint32_t),
              FIELD(engine.max_sequences, uint32_t),
              FIELD(engine.timers.tc1_constant, vmtp_time),
              FIELD(engine.timers.tc1_floor, vmtp_time),
              FIELD(engine.timers.tc2_floor, vmtp_time),
              FIELD(engine.timers.tc2_ceiling, vmtp_time),
              FIELD(engine.timers.tc3, vmtp_time),
              FIELD(engine.timers.ts1, vmtp_time),
              FIELD(engine.timers.ts2, vmtp_time),
              FIELD(engine.timers.ts4, vmtp_time),
              FIELD(engine.timers.ts5, vmtp_time),
              FIELD(engine.timers.probe_interval, vmtp_time),
              FIELD(engine.timers.request_retries, uint8_t),
              FIELD(engine.timers.response_retries, uint8_t),
              FIELD(engine.timers.ack_retries, uint8_t),
              FIELD(engine.timers.block_probes, uint8_t)};
#define FIELDS (sizeof fields / sizeof fields[0])
static const uint64_t values[] = {0, 1, 2, 4, UINT64_MAX};

static void set(struct vmtp_host_config *config, size_t field, uint64_t value) {
    uint8_t *at = (uint8_t *)config + fields[field].offset;
    for (size_t i = 0; i < fields[field].size; i++) /* little-endian or big: the low octets are what fits */
        at[__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? i : fields[field].size - 1 - i] = (uint8_t)(value >> 8 * i);
}

/* It is refused with a reason, or works.  Memory for what is far too much may be had or not. */
START_TEST(one_number_at_its_edge) {
    struct vmtp_host_config config;
    char error[256] = "";
    begin();
    net_config(&net, &config, 0);
    set(&config, (size_t)_i % FIELDS, values[(size_t)_i / FIELDS]);
    if (values[(size_t)_i / FIELDS] == UINT64_MAX && fields[(size_t)_i % FIELDS].size == 1)
        set(&config, (size_t)_i % FIELDS, 5); /* any number of retries is right, and takes its time */
    int r = net_open_with(&net, 0, &config, error, sizeof error);
    if (r < 0) {
        ck_assert_msg(r == VMTP_E_INVALID, "%s: %d", fields[(size_t)_i % FIELDS].name, r);
        ck_assert_str_ne(error, "");
    } else {
        everything();
    }
    net_end(&net);
}
END_TEST

static void smallest(struct vmtp_host_config *config, uint32_t least) {
    net_config(&net, config, 0);
    struct vmtp_config *c = &config->engine;
    c->max_entities = c->max_calls = c->max_remote_clients = c->max_requests = c->max_hosts = 1;
    c->max_accepts = c->max_responses = c->max_memberships = c->max_migrated = c->max_runs = c->max_sequences = least;
    c->max_control = 4;
    config->call_entities = 1;
}

START_TEST(all_tables_as_small_as_can_be) {
    struct vmtp_host_config config;
    begin();
    smallest(&config, (uint32_t)_i);
    ck_assert_int_eq(net_open_with(&net, 0, &config, NULL, 0), 0);
    everything();
    everything(); /* and again, with what the first time has left */
    struct vmtp_message m = {.server = peer->entity};
    net_run(&net, 10 * VMTP_SECOND);
    ck_assert_int_eq(vmtp_host_call(me->host, &m, "x", 1, area, 1, NULL, in_time(VMTP_SECOND)), 0);
    net_end(&net);
}
END_TEST

/* ---- used up ---- */

START_TEST(everything_until_it_is_full) {
    struct vmtp_host_config config;
    vmtp_entity ids[10], borrowed;
    vmtp_stream *stream = NULL;
    unsigned entities = 0, streams = 0, calls = 0;
    begin();
    net_config(&net, &config, 0);
    config.call_entities = 3;
    config.engine.max_entities = 5;
    config.engine.max_calls = 2;
    config.engine.max_accepts = 3;
    ck_assert_int_eq(net_open_with(&net, 0, &config, NULL, 0), 0);
    for (vmtp_stream *one; vmtp_host_stream_open(me->host, &one, peer->entity, 1, 0, 0) == 0; streams++)
        stream = one;
    ck_assert_uint_eq(streams, 3);
    call_somebody(peer->entity, 0); /* VMTP_E_FULL: no client entity */
    ck_assert_int_eq(vmtp_host_borrow_entity(me->host, &borrowed), VMTP_E_FULL);
    vmtp_host_stream_end(me->host, NULL);
    vmtp_host_stream_end(me->host, stream);
    while (vmtp_host_entity(me->host, &ids[entities], NULL) == 0 && entities < 9)
        entities++;
    ck_assert_uint_eq(entities, 5);
    ck_assert_int_eq(vmtp_host_serve(me->host, ids[0], 4, 10), VMTP_E_FULL);
    ck_assert_int_eq(vmtp_host_serve(me->host, ids[0], 3, 10), 0);
    ck_assert_int_eq(vmtp_host_serve(me->host, ids[1], 1, 10), VMTP_E_FULL);
    ck_assert_int_eq(vmtp_host_procedure(me->host, ids[1], 1, 10, do_nothing, NULL), VMTP_E_FULL);
    struct vmtp_request r = {.message = {.server = GROUP}, .deadline = VMTP_NEVER, .response_size = 8};
    vmtp_group_call *call;
    for (r.client = ids[0]; vmtp_host_group_call(me->host, &call, &r) == 0; r.client = ids[calls])
        calls++;
    ck_assert_uint_eq(calls, 2);
    ck_assert_int_eq(vmtp_host_group_call(me->host, &call, &r), VMTP_E_FULL);
    r.client = 0;
    ck_assert_int_eq(vmtp_host_group_call(me->host, &call, &r), VMTP_E_FULL);
    net_end(&net); /* closes all of that */
}
END_TEST

/* ---- interruptions ---- */

static unsigned idles, interrupt_at;

static void count_idle(struct net_node *node) {
    if (idles++ == interrupt_at)
        vmtp_host_interrupt(node->host);
}

static void open_plain(void) {
    begin();
    me = net_open(&net, 0);
}

/* Whenever it waits for the how-many-th time: what is under way ends, and the next call is as good as any. */
START_TEST(interrupted_at_any_moment) {
    open_plain();
    idles = 0;
    interrupt_at = (unsigned)_i;
    me->idle = count_idle;
    everything();
    me->idle = NULL;
    vmtp_host_interrupt(me->host);
    vmtp_host_interrupt(me->host);
    struct vmtp_message m = {.server = peer->entity};
    ck_assert_int_eq(vmtp_host_call(me->host, &m, NULL, 0, NULL, 0, NULL, VMTP_NEVER), VMTP_E_CANCELLED);
    m = (struct vmtp_message){.server = peer->entity};
    ck_assert_int_eq(vmtp_host_call(me->host, &m, NULL, 0, NULL, 0, NULL, in_time(VMTP_SECOND)), 0);
    struct vmtp_usage usage;
    vmtp_usage(vmtp_host_engine(me->host), &usage);
    ck_assert_uint_eq(usage.calls, 0);
    net_end(&net);
}
END_TEST

/* ---- closed with everything open ---- */

static void keep(vmtp_host *host, struct vmtp_incoming *in, void *context) {
    (void)host;
    *(struct vmtp_incoming *)context = *in;
}

START_TEST(closed_with_everything_open) {
    static struct vmtp_incoming held, kept;
    static uint8_t form[70000];
    struct vmtp_request r = {.message = {.server = GROUP}, .deadline = VMTP_NEVER, .response_size = 100};
    const struct vmtp_message m = {.code = 1}, ok = {.code = VMTP_OK};
    vmtp_stream *stream;
    vmtp_entity queue, procedure, traveller;
    size_t used;
    open_plain();
    vmtp_host *h = me->host;
    ck_assert_int_eq(vmtp_host_entity(h, &queue, NULL), 0);
    ck_assert_int_eq(vmtp_host_entity(h, &procedure, NULL), 0);
    ck_assert_int_eq(vmtp_host_entity(h, &traveller, NULL), 0);
    ck_assert_int_eq(vmtp_host_serve(h, queue, 4, LARGE), 0);
    ck_assert_int_eq(vmtp_host_serve(h, traveller, 4, 100), 0);
    ck_assert_int_eq(vmtp_host_procedure(h, procedure, 2, 100, keep, &kept), 0);
    ck_assert_int_eq(vmtp_group_join(vmtp_host_engine(h), GROUP, queue, VMTP_GRP_RESPONSES), 0);
    for (unsigned i = 0; i < 3; i++)
        net_start(peer, i == 0 ? queue : i == 1 ? procedure : traveller, "hello", 5, i);
    net_run(&net, VMTP_MILLISECOND);
    ck_assert_int_eq(vmtp_host_next_request(h, traveller, &held), 1);
    ck_assert_int_eq(vmtp_host_export(h, traveller, form, sizeof form, &used), 0);
    ck_assert_int_eq(vmtp_host_import(h, form, used, &traveller), 0);
    ck_assert_int_eq(vmtp_host_next_request(h, queue, &held), 1);
    ck_assert_int_eq(vmtp_host_reply(h, &held, &ok, segment, 5000, 0), 0); /* a copy waits to be acknowledged */
    net_start(peer, queue, segment, 100, 7);
    peer->serve = NULL;
    ck_assert_int_eq(vmtp_host_group_call(peer->host, &open_call, &r), 0); /* one for the others to hear and answer */
    net_run(&net, VMTP_MILLISECOND);
    ck_assert_int_eq(vmtp_host_group_call(h, &open_call, &r), 0);
    ck_assert_int_eq(vmtp_host_stream_open(h, &stream, peer->entity, 3, 100, LARGE), 0);
    ck_assert_int_eq(vmtp_host_stream_send(h, stream, &m, segment, 100, 1), 0);
    ck_assert_int_eq(vmtp_host_stream_send(h, stream, &m, segment, 100, 1), 0);
    net_start(me, peer->entity, segment, 16384, 9);
    if (_i) /* closed at once, or when packets have gone to and fro */
        net_run(&net, VMTP_MILLISECOND);
    vmtp_host_close(h);
    me->host = NULL;
    net_run(&net, VMTP_SECOND);
    net_end(&net);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("host limits");
    TCase *tc = tcase_create("limits");
    tcase_set_timeout(tc, 300);
    tcase_add_loop_test(tc, one_number_at_its_edge, 0, (int)(FIELDS * (sizeof values / sizeof values[0])));
    tcase_add_loop_test(tc, all_tables_as_small_as_can_be, 0, 2);
    tcase_add_test(tc, everything_until_it_is_full);
    tcase_add_loop_test(tc, interrupted_at_any_moment, 0, 60);
    tcase_add_loop_test(tc, closed_with_everything_open, 0, 2);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "pair.h"

#include <check.h>
#include <stdlib.h>

static void random_octets(void *context, void *out, size_t size) {
    struct pair *p = context;
    uint8_t *o = out;
    for (size_t i = 0; i < size; i++)
        o[i] = (uint8_t)vmtp_sim_random(p->sim);
}

static void open_end(struct pair *p, struct pair_end *end, vmtp_entity block, uint32_t max_accepts) {
    struct vmtp_config config;
    vmtp_config_init(&config);
    ck_assert_int_eq(vmtp_sim_attach(p->sim, &end->port), 0);
    memcpy(config.mac, end->port->info.mac, sizeof config.mac);
    config.block = block;
    config.max_accepts = max_accepts ? max_accepts : config.max_accepts;
    config.random = random_octets;
    config.random_context = p;
    ck_assert_ptr_null(vmtp_config_check(&config));
    size_t size = vmtp_engine_footprint(&config);
    end->memory = aligned_alloc(64, (size + 63) / 64 * 64);
    ck_assert_ptr_nonnull(end->memory);
    ck_assert_int_eq(vmtp_engine_create(&end->engine, &config, end->memory, size, vmtp_sim_now(p->sim)), 0);
}

void pair_begin_with(struct pair *p, const struct vtest_options *options, uint32_t max_accepts) {
    struct vtest_options defaults;
    memset(p, 0, sizeof *p);
    p->sim = vmtp_sim_create(1, 1500, 0);
    ck_assert_ptr_nonnull(p->sim);
    open_end(p, &p->tester, 0x1000, 0);
    open_end(p, &p->node, 0x2000, max_accepts);
    vtest_options_init(&defaults);
    if (max_accepts)
        defaults.accepts = max_accepts;
    ck_assert_int_eq(vtest_create(&p->service, p->node.engine, options ? options : &defaults, pair_now(p)), 0);
    for (unsigned i = 0; i < PAIR_CLIENTS; i++)
        ck_assert_int_eq(vmtp_entity_create(p->tester.engine, &p->calls[i].client, NULL, pair_now(p)), 0);
}

void pair_begin(struct pair *p, const struct vtest_options *options) { pair_begin_with(p, options, 0); }

void pair_end(struct pair *p) {
    vtest_destroy(p->service);
    free(p->tester.memory);
    free(p->node.memory);
    vmtp_sim_destroy(p->sim);
}

vmtp_time pair_now(const struct pair *p) { return vmtp_sim_now(p->sim); }

/* ---- the loop ------------------------------------------------------------------------------------------------------ */

static void count(struct pair_end *end, const struct vmtp_tx *tx) {
    uint32_t code = vmtp_get_code(tx->header) & VMTP_CODE_MASK;
    if (vmtp_get_function(tx->header) != VMTP_REQUEST) {
        memcpy(end->response, tx->header, sizeof end->response);
        return;
    }
    end->requests_out++;
    end->probes_out += code == (VMTP_PROBE_ENTITY & VMTP_CODE_MASK);
}

static void pump(struct pair *p, struct pair_end *end) {
    struct vmtp_rx rx[16];
    struct vmtp_tx tx;
    const struct vmtp_tx *one = &tx;
    vmtp_time now = pair_now(p);
    int n;
    while ((n = vmtp_port_recv(end->port, rx, 16)) > 0) {
        for (int i = 0; i < n; i++)
            vmtp_input(end->engine, &rx[i], now);
        vmtp_port_release(end->port);
    }
    vmtp_expire(end->engine, now);
    while (vmtp_output(end->engine, &tx, now) > 0) {
        count(end, &tx);
        int sent = vmtp_port_send(end->port, &one, 1);
        vmtp_tx_result(end->engine, &tx, sent == 1 ? VMTP_TX_SENT : VMTP_TX_LOST, now);
    }
}

static void on_complete(struct pair *p, const struct vmtp_event *event) {
    struct pair_call *call = &p->calls[event->cookie];
    ck_assert_uint_lt(event->cookie, PAIR_CLIENTS);
    ck_assert_uint_eq(call->handle, event->handle);
    call->done++;
    call->result = event->result;
    call->message = event->message;
    call->size = event->segment_size;
    call->end = pair_now(p);
}

/* The group addresses that an end wants to hear. */
static int listened(struct pair_end *end, const struct vmtp_event *event) {
    if (event->type != VMTP_EV_LISTEN)
        return 0;
    ck_assert_int_eq(vmtp_port_group(end->port, event->source, event->number != 0), 0);
    return 1;
}

/* Everything that is due now; 0 when nothing was. */
static int turn(struct pair *p) {
    struct vmtp_event event;
    int events = 0;
    pump(p, &p->tester);
    pump(p, &p->node);
    vtest_expire(p->service, pair_now(p));
    for (; vmtp_next_event(p->node.engine, &event); events++)
        if (!listened(&p->node, &event))
            vtest_event(p->service, &event, pair_now(p));
    for (; vmtp_next_event(p->tester.engine, &event); events++) {
        if (listened(&p->tester, &event))
            continue;
        if (p->on_tester_event && vtest_event(p->on_tester_event, &event, pair_now(p)))
            continue;
        if (event.type == VMTP_EV_COMPLETE)
            on_complete(p, &event);
    }
    if (p->on_tester_event)
        vtest_expire(p->on_tester_event, pair_now(p));
    pump(p, &p->tester);
    pump(p, &p->node);
    return events;
}

static vmtp_time least(vmtp_time a, vmtp_time b) { return a < b ? a : b; }

/* On to the next thing that happens, at most to until. */
static void step(struct pair *p, vmtp_time until) {
    while (turn(p))
        continue;
    vmtp_time next = least(vmtp_sim_next(p->sim), vtest_deadline(p->service));
    next = least(next, least(vmtp_deadline(p->tester.engine), vmtp_deadline(p->node.engine)));
    if (p->on_tester_event)
        next = least(next, vtest_deadline(p->on_tester_event));
    next = least(next, until);
    vmtp_sim_advance(p->sim, next > pair_now(p) ? next : pair_now(p) + 1);
}

void pair_wait(struct pair *p, struct pair_call *call) {
    vmtp_time limit = pair_now(p) + 300 * VMTP_SECOND;
    while (!call->done && pair_now(p) < limit)
        step(p, limit);
    ck_assert_msg(call->done, "the call did not end");
}

void pair_pass(struct pair *p, vmtp_time duration) {
    vmtp_time until = pair_now(p) + duration;
    while (pair_now(p) < until)
        step(p, until);
}

/* ---- calls --------------------------------------------------------------------------------------------------------- */

struct pair_call *pair_start(struct pair *p, unsigned number, vmtp_entity server, uint32_t code,
                             const uint32_t words[7], const void *segment, uint32_t size) {
    struct pair_call *call = &p->calls[number];
    struct vmtp_request request = {.client = call->client, .segment = segment, .segment_size = size, .cookie = number};
    request.message.server = server ? server : vtest_entity(p->service);
    request.message.code = code;
    if (words)
        memcpy(request.message.words, words, sizeof request.message.words);
    request.response_area = p->large ? p->large : call->area;
    request.response_size = p->large ? p->large_size : sizeof call->area;
    request.response_slots = 1;
    request.priority = p->priority;
    request.deadline = VMTP_NEVER;
    call->done = 0;
    call->start = pair_now(p);
    ck_assert_int_eq(vmtp_call(p->tester.engine, &call->handle, &request, pair_now(p)), 0);
    return call;
}

uint32_t pair_do(struct pair *p, uint32_t code, const uint32_t words[7], const void *segment, uint32_t size) {
    struct pair_call *call = pair_start(p, 0, 0, VMTP_PIC | code, words, segment, size);
    pair_wait(p, call);
    ck_assert_uint_eq(call->result, 0);
    return call->message.code & VMTP_CODE_MASK;
}

uint32_t pair_count(struct pair *p, uint32_t procedure) {
    uint32_t words[7] = {procedure & 0xffu};
    ck_assert_uint_eq(pair_do(p, VMTP_TEST_COUNT, words, NULL, 0), VMTP_OK);
    return pair_answer(p)->message.words[1];
}

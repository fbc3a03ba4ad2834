/* SPDX-License-Identifier: BSD-2-Clause */
/* test_forward_world.c - Requests that travel over several nodes of a network that loses packets (spec/vmtp.md section 13.5). */
#include <check.h>
#include <stdlib.h>

#include "support/world.h"
#include "wire_testing.h"

#define HOPS 3
#define CALLS 40

static struct world w;
static vmtp_entity servers[HOPS]; /* the first takes the Requests, the last answers */
static struct node *last;
static vmtp_entity client;
static uint8_t areas[HOPS][8][VMTP_GROUP_OCTETS], response[VMTP_GROUP_OCTETS], data[VMTP_GROUP_OCTETS];
static unsigned executed[CALLS + 1], answered, failed, released, wrong;

static unsigned hop_of(vmtp_entity entity) {
    unsigned i = 0;
    while (servers[i] != entity)
        i++;
    return i;
}

static uint32_t size_of(uint32_t number) { return number % 3 == 0 ? 0 : number % 3 == 1 ? 700 : 9000; }

static void on_request(struct node *n, const struct vmtp_event *ev) {
    unsigned hop = hop_of(ev->entity);
    uint32_t number = ev->message.words[2], size = size_of(number);
    wrong += ev->segment_size != size || memcmp(ev->segment, data, size) != 0;
    ck_assert_int_eq(vmtp_accept(n->engine, ev->entity, ev->segment, VMTP_GROUP_OCTETS, ev->cookie), 0);
    if (hop + 1 < HOPS) {
        struct vmtp_forward f;
        memset(&f, 0, sizeof f);
        f.message = ev->message;
        f.message.server = servers[hop + 1];
        f.segment = size ? data : NULL;
        f.segment_size = size;
        ck_assert_int_eq(vmtp_forward(n->engine, ev->handle, &f, world_now(&w)), 0);
        return;
    }
    struct vmtp_reply reply;
    memset(&reply, 0, sizeof reply);
    executed[number]++;
    reply.message.code = 5;
    reply.message.words[0] = number;
    reply.segment = size ? data : NULL;
    reply.segment_size = size;
    ck_assert_int_eq(vmtp_reply(n->engine, ev->handle, &reply, world_now(&w)), 0);
}

static void ask(struct node *n, uint32_t number) {
    struct vmtp_request r = {.client = client, .deadline = VMTP_NEVER, .cookie = number};
    vmtp_handle handle;
    r.message.server = servers[0];
    r.message.code = 3;
    r.message.words[2] = number;
    r.segment_size = size_of(number);
    r.segment = r.segment_size ? data : NULL;
    r.response_area = response;
    r.response_size = sizeof response;
    ck_assert_int_eq(vmtp_call(n->engine, &handle, &r, world_now(&w)), 0);
}

static void on_event(struct node *n, const struct vmtp_event *ev) {
    released += ev->type == VMTP_EV_RELEASED;
    if (ev->type == VMTP_EV_REQUEST)
        on_request(n, ev);
    if (ev->type != VMTP_EV_COMPLETE)
        return;
    answered += ev->result == 0;
    failed += ev->result != 0;
    if (ev->result == 0)
        wrong += ev->message.words[0] != ev->cookie || ev->message.server != servers[HOPS - 1] ||
                 ev->segment_size != size_of((uint32_t)ev->cookie) || memcmp(ev->segment, data, ev->segment_size) != 0;
    if (ev->cookie < CALLS)
        ask(n, (uint32_t)ev->cookie + 1);
}

/* where[i]: the node of server i; the client is on node 0. */
static void build(uint64_t seed, const unsigned where[HOPS], uint32_t loss) {
    world_init(&w, seed, 1500);
    answered = failed = released = wrong = 0;
    memset(executed, 0, sizeof executed);
    for (unsigned i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 31 + i / 256);
    for (unsigned i = 0; i < 4; i++)
        world_add(&w, NULL)->on_event = on_event;
    ck_assert_int_eq(vmtp_entity_create(w.nodes[0].engine, &client, NULL, world_now(&w)), 0);
    for (unsigned i = 0; i < HOPS; i++) {
        vmtp_engine *e = w.nodes[where[i]].engine;
        ck_assert_int_eq(vmtp_entity_create(e, &servers[i], NULL, world_now(&w)), 0);
        for (unsigned k = 0; k < 8; k++)
            ck_assert_int_eq(vmtp_accept(e, servers[i], areas[i][k], VMTP_GROUP_OCTETS, k), 0);
    }
    last = &w.nodes[where[HOPS - 1]];
    struct vmtp_sim_faults faults = {.loss = loss,
                                     .duplicate = loss / 2,
                                     .reorder = loss / 2,
                                     .delay = 20 * VMTP_MICROSECOND,
                                     .reorder_delay = VMTP_MILLISECOND};
    vmtp_sim_set_faults(w.sim, &faults);
}

static const unsigned places[][HOPS] = {
    {1, 2, 3}, /* everyone on a node of their own */
    {1, 2, 0}, /* the last one with the client */
    {1, 0, 2}, /* by way of the client's node */
    {0, 1, 2}, /* the first one with the client */
    {1, 1, 2}, {1, 2, 2}, {1, 2, 1}, {0, 0, 1}, {0, 0, 0}, {0, 1, 0}, {0, 1, 1},
};
#define PLACES ((int)(sizeof places / sizeof places[0]))

/* VMTP-13.5-01 VMTP-13.5-04 VMTP-13.5-08 VMTP-13.5-16 VMTP-13.5-17 */
START_TEST(every_call_is_answered_by_the_last_server) {
    build((uint64_t)_i + 1, places[_i], 0);
    ask(&w.nodes[0], 1);
    world_pass(&w, 60 * VMTP_SECOND);
    ck_assert_uint_eq(answered, CALLS);
    ck_assert_uint_eq(wrong, 0);
    for (unsigned i = 1; i <= CALLS; i++)
        ck_assert_uint_eq(executed[i], 1);
    for (unsigned i = 0; i < 4; i++) {
        struct vmtp_usage usage;
        vmtp_usage(w.nodes[i].engine, &usage);
        ck_assert_uint_eq(usage.remote_clients + usage.requests + usage.calls + usage.events, 0);
    }
    world_close(&w);
}
END_TEST

/* VMTP-8.1-01 VMTP-13.5-06 VMTP-13.5-12 VMTP-13.5-13: nothing is done twice, and what was lent comes back */
START_TEST(loss_costs_time_but_no_order) {
    unsigned place = (unsigned)_i % (unsigned)PLACES;
    build((uint64_t)_i + 100, places[place], _i < 2 * PLACES ? 30000 : 100000);
    ask(&w.nodes[0], 1);
    world_pass(&w, 600 * VMTP_SECOND);
    ck_assert_uint_eq(answered + failed, CALLS);
    ck_assert_uint_eq(wrong, 0);
    if (_i < 2 * PLACES)
        ck_assert_uint_eq(failed, 0);
    else
        ck_assert_uint_le(failed, CALLS / 10);
    unsigned with_segment = 0;
    for (unsigned i = 1; i <= CALLS; i++) {
        ck_assert_uint_le(executed[i], 1);
        with_segment += size_of(i) > 0 && executed[i];
    }
    ck_assert_uint_ge(released, with_segment);
    for (unsigned i = 0; i < 4; i++) {
        struct vmtp_usage usage;
        vmtp_usage(w.nodes[i].engine, &usage);
        ck_assert_uint_eq(usage.remote_clients + usage.requests + usage.calls + usage.events, 0);
    }
    world_close(&w);
}
END_TEST

int main(void) {
    Suite *s = suite_create("forward_world");
    TCase *t = tcase_create("forward_world");
    tcase_set_timeout(t, 300);
    tcase_add_loop_test(t, every_call_is_answered_by_the_last_server, 0, PLACES);
    tcase_add_loop_test(t, loss_costs_time_but_no_order, 0, 4 * PLACES);
    suite_add_tcase(s, t);
    return run_suite(s);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* test_migrate_world.c - entities that wander about a network that loses packets, while they call and serve (spec/vmtp.md section 13.11). */
#include <check.h>
#include <stdlib.h>

#include "support/world.h"
#include "wire_testing.h"

#define NODES 4
#define CALLS 60
#define THINKING (30 * VMTP_MILLISECOND)

static struct world w;
static vmtp_entity client, server;
static unsigned at[2]; /* the nodes of client and server */
static uint8_t areas[64][VMTP_GROUP_OCTETS], response[VMTP_GROUP_OCTETS], data[VMTP_GROUP_OCTETS];
static unsigned area, executed[CALLS + 1], answered, failed, wrong, moves, resumed;
static uint8_t forms[256][32768];
static uint32_t asked; /* the number of the call that is outstanding */
static struct {
    vmtp_handle handle;
    uint32_t number;
    vmtp_time due;
} work; /* the Request in hand: the server has one at a time */

static uint32_t size_of(uint32_t number) { return number % 3 == 0 ? 0 : number % 3 == 1 ? 700 : 9000; }

static vmtp_engine *engine_of(unsigned who) { return w.nodes[at[who]].engine; }

static void ready(void) {
    ck_assert_int_eq(vmtp_accept(engine_of(1), server, areas[area++ % 64], VMTP_GROUP_OCTETS, 0), 0);
}

static void ask(uint32_t number, uint32_t flags) {
    struct vmtp_request r = {.client = client, .deadline = VMTP_NEVER, .cookie = number, .flags = flags};
    vmtp_handle handle;
    r.message.server = server;
    r.message.code = 3;
    r.message.words[2] = number;
    r.segment_size = size_of(number);
    r.segment = r.segment_size ? data : NULL;
    r.response_area = response;
    r.response_size = sizeof response;
    asked = number;
    ck_assert_int_eq(vmtp_call(engine_of(0), &handle, &r, world_now(&w)), 0);
}

static void on_request(const struct vmtp_event *ev) {
    uint32_t number = ev->message.words[2];
    work.handle = ev->handle;
    if (ev->resumed) {
        resumed++;
        wrong += number != work.number || ev->segment_size != 0;
        return;
    }
    wrong += ev->segment_size != size_of(number) || memcmp(ev->segment, data, ev->segment_size) != 0;
    work.number = number;
    work.due = world_now(&w) + THINKING;
    executed[number]++;
}

static void reply(void) {
    uint32_t size = size_of(work.number);
    struct vmtp_reply r;
    memset(&r, 0, sizeof r);
    r.message.code = 5;
    r.message.words[0] = work.number;
    r.segment = size ? data : NULL;
    r.segment_size = size;
    vmtp_reply(engine_of(1), work.handle, &r, world_now(&w));
    work.handle = 0;
    ready();
}

static void on_event(struct node *n, const struct vmtp_event *ev) {
    if (ev->type == VMTP_EV_REQUEST)
        on_request(ev);
    if (ev->type == VMTP_EV_ABANDONED && n == &w.nodes[at[1]] && work.handle == ev->handle) {
        work.handle = 0;
        ready();
    }
    if (ev->type != VMTP_EV_COMPLETE || ev->result == VMTP_MIGRATED)
        return;
    answered += ev->result == 0;
    failed += ev->result != 0;
    if (ev->result == 0)
        wrong += ev->message.words[0] != ev->cookie || ev->segment_size != size_of((uint32_t)ev->cookie) ||
                 memcmp(ev->segment, data, ev->segment_size) != 0;
    asked = 0;
    if (ev->cookie < CALLS)
        ask((uint32_t)ev->cookie + 1, 0);
}

/* who goes to another node, and takes up what it was at. */
static void wander(unsigned who, unsigned to) {
    vmtp_entity id = who ? server : client, same;
    uint8_t *form = forms[moves++ % 256];
    uint32_t lent, number;
    size_t used;
    if (to == at[who])
        return;
    world_pass(&w, 0); /* what there is to be told is told */
    number = asked;
    ck_assert_int_eq(vmtp_entity_export(engine_of(who), id, form, sizeof forms[0], &used, world_now(&w)), 0);
    at[who] = to;
    ck_assert_int_eq(vmtp_entity_import(engine_of(who), form, used, &same, &lent, world_now(&w)), 0);
    ck_assert_uint_eq(same, id);
    if (who == 0 && number)
        ask(number, VMTP_CALL_RESUME);
    if (who == 1 && !work.handle)
        ready();
    work.handle = who == 1 ? 0 : work.handle; /* it is told again */
}

static void build(uint64_t seed, uint32_t loss) {
    world_init(&w, seed, 1500);
    answered = failed = wrong = moves = resumed = asked = 0;
    memset(executed, 0, sizeof executed);
    memset(&work, 0, sizeof work);
    for (unsigned i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 31 + i / 256);
    for (unsigned i = 0; i < NODES; i++) {
        struct vmtp_config config;
        world_config(&w, &config);
        config.max_migrated = 1024;
        world_add(&w, &config)->on_event = on_event;
    }
    at[0] = 0;
    at[1] = 1;
    ck_assert_int_eq(vmtp_entity_create(engine_of(0), &client, NULL, world_now(&w)), 0);
    ck_assert_int_eq(vmtp_entity_create(engine_of(1), &server, NULL, world_now(&w)), 0);
    ready();
    struct vmtp_sim_faults faults = {.loss = loss,
                                     .duplicate = loss / 2,
                                     .reorder = loss / 2,
                                     .delay = 20 * VMTP_MICROSECOND,
                                     .reorder_delay = VMTP_MILLISECOND};
    vmtp_sim_set_faults(w.sim, &faults);
}

static void live(uint64_t *seed, unsigned nodes, unsigned odds) {
    ask(1, 0);
    for (unsigned i = 0; i < 60000 && answered + failed < CALLS; i++) {
        world_pass(&w, VMTP_MILLISECOND);
        if (work.handle && world_now(&w) >= work.due)
            reply();
        if (random_below(seed, odds) == 0)
            wander(random_below(seed, 2), random_below(seed, nodes));
    }
    world_pass(&w, 60 * VMTP_SECOND);
}

static void nothing_is_left(void) {
    for (unsigned i = 0; i < NODES; i++) {
        struct vmtp_usage usage;
        vmtp_usage(w.nodes[i].engine, &usage);
        ck_assert_uint_eq(usage.remote_clients + usage.requests + usage.calls + usage.events, 0);
    }
}

/* VMTP-13.11-02 VMTP-13.11-03 VMTP-13.11-04 VMTP-13.11-05 VMTP-13.11-07 VMTP-13.11-10 */
START_TEST(everything_is_done_once_wherever_it_is) {
    uint64_t seed = (uint64_t)_i * 7919 + 1;
    build(seed, _i < 20 ? 0 : 20000);
    live(&seed, 2 + (unsigned)_i % 3, 40);
    ck_assert_uint_eq(answered + failed, CALLS);
    ck_assert_uint_eq(wrong, 0);
    for (unsigned i = 1; i <= CALLS; i++)
        ck_assert_uint_le(executed[i], 1);
    ck_assert_uint_le(failed, CALLS / 10);
    ck_assert_uint_gt(moves, 20);
    nothing_is_left();
    world_close(&w);
}
END_TEST

/* VMTP-13.11-10: each at every point of a call's way, onto the other's node and away from it */
START_TEST(they_meet_and_part) {
    unsigned who = (unsigned)_i % 2, when = (unsigned)_i / 2 % 12, apart = (unsigned)_i / 24;
    build(9, 0);
    if (apart) {
        at[1] = 1;
        wander(1, 0); /* they begin together */
    }
    ask(1, 0);
    for (unsigned i = 0; i < 400; i++) {
        if (i == when * 4)
            wander(who, apart ? 2 : at[1 - who]);
        world_pass(&w, VMTP_MILLISECOND);
        if (work.handle && world_now(&w) >= work.due)
            reply();
        if (answered + failed == 3)
            break;
    }
    ck_assert_uint_ge(answered, 3);
    ck_assert_uint_eq(failed + wrong, 0);
    for (unsigned i = 1; i <= 3; i++)
        ck_assert_uint_eq(executed[i], 1);
    world_close(&w);
}
END_TEST

int main(void) {
    Suite *s = suite_create("migrate_world");
    TCase *t = tcase_create("migrate_world");
    tcase_set_timeout(t, 300);
    tcase_add_loop_test(t, everything_is_done_once_wherever_it_is, 0, 40);
    tcase_add_loop_test(t, they_meet_and_part, 0, 48);
    suite_add_tcase(s, t);
    return run_suite(s);
}

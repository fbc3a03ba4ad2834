/* SPDX-License-Identifier: BSD-2-Clause */
/* test_pace_bottleneck.c - rate control finds what a bottleneck carries, and that it is gone (spec/vmtp.md section 12). */
#include <stdlib.h>

#include "support/world.h"
#include "wire_testing.h"

#define CLIENTS 4u
#define OCTETS VMTP_GROUP_OCTETS
#define FRAME 1538u

static struct world w;
static struct node *asking, *serving;
static vmtp_entity client[CLIENTS], server;
static uint8_t area[CLIENTS][OCTETS], accepted[2 * CLIENTS][OCTETS], segment[OCTETS];
static unsigned busy, done;
static int reading, idempotent;

static void begin(unsigned i) {
    struct vmtp_request r = {.client = client[i], .deadline = VMTP_NEVER, .cookie = i};
    vmtp_handle handle;
    r.message.server = server;
    r.response_area = area[i];
    r.response_size = OCTETS;
    r.segment = segment;
    r.segment_size = reading ? 0 : OCTETS;
    ck_assert_int_eq(vmtp_call(asking->engine, &handle, &r, world_now(&w)), 0);
}

static void on_event(struct node *n, const struct vmtp_event *event) {
    struct vmtp_reply reply = {.segment = segment, .segment_size = reading ? OCTETS : 0};
    reply.message.code = idempotent ? VMTP_DGM : 0;
    if (event->type == VMTP_EV_REQUEST) {
        ck_assert_int_eq(vmtp_accept(n->engine, server, event->segment, OCTETS, 0), 0);
        ck_assert_int_eq(vmtp_reply(n->engine, event->handle, &reply, world_now(&w)), 0);
    } else if (event->type == VMTP_EV_COMPLETE) {
        done += event->result == 0;
        begin((unsigned)event->cookie);
    }
}

static void start(unsigned clients, int read) {
    world_init(&w, 1045, 1500);
    vmtp_sim_set_faults(w.sim, &(struct vmtp_sim_faults){.delay = 5 * VMTP_MICROSECOND});
    asking = world_add(&w, NULL);
    serving = world_add(&w, NULL);
    asking->on_event = serving->on_event = on_event;
    reading = read;
    busy = clients;
    ck_assert_int_eq(vmtp_entity_create(serving->engine, &server, NULL, world_now(&w)), 0);
    for (unsigned i = 0; i < 2 * CLIENTS; i++)
        ck_assert_int_eq(vmtp_accept(serving->engine, server, accepted[i], OCTETS, 0), 0);
    for (unsigned i = 0; i < clients; i++) {
        ck_assert_int_eq(vmtp_entity_create(asking->engine, &client[i], NULL, world_now(&w)), 0);
        begin(i);
    }
}

/* What comes through in these seconds, in percent of what fits through: 1024 of 1130 octets are data. */
static unsigned percent(unsigned seconds, uint32_t mbps) {
    done = 0;
    world_pass(&w, seconds * VMTP_SECOND);
    return (unsigned)((uint64_t)done * OCTETS * 100u / (mbps * 125000ull * seconds * 1024u / 1130u));
}

static void segment_of(uint32_t mbps, uint32_t frames) { vmtp_sim_set_segment(w.sim, mbps, frames * FRAME); }

/*
 * From too fast and from too slow.  VMTP-12-03 VMTP-12-04 VMTP-12-05
 */
START_TEST(a_slow_segment_is_found_out) {
    start(_i & 2 ? CLIENTS : 1, _i & 1);
    segment_of(1000, 0);
    ck_assert_uint_ge(percent(1, 1000), 90);
    segment_of(100, 8);
    percent(2, 100);
    ck_assert_uint_ge(percent(6, 100), 90);
    segment_of(20, 8);
    percent(2, 20);
    ck_assert_uint_ge(percent(6, 20), 90);
    segment_of(100, 8);
    percent(4, 100);
    ck_assert_uint_ge(percent(6, 100), 90);
    segment_of(1000, 0);
    percent(4, 1000);
    ck_assert_uint_ge(percent(1, 1000), 90);
    world_close(&w);
}
END_TEST

/* VMTP-12-12 VMTP-12-16: nothing comes through at all until the gap is long enough. */
START_TEST(idempotent_responses_get_through) {
    static const unsigned some[] = {1, 2, CLIENTS};
    idempotent = 1;
    start(some[_i], 1);
    segment_of(1000, 0);
    ck_assert_uint_ge(percent(1, 1000), 90);
    segment_of(20, 8);
    percent(4, 20);
    ck_assert_uint_ge(percent(6, 20), 90);
    segment_of(1000, 0);
    percent(4, 1000);
    ck_assert_uint_ge(percent(1, 1000), 90);
    world_close(&w);
}
END_TEST

/* VMTP-12-03 VMTP-12-04 VMTP-12-05 */
START_TEST(a_slow_receiver_is_found_out) {
    start(CLIENTS, _i);
    segment_of(1000, 0);
    struct node *slow = reading ? asking : serving;
    vmtp_sim_set_inbox(w.sim, slow->port, 8, 1130 * 80); /* as much as 100 Mbit/s */
    percent(3, 100);
    ck_assert_uint_ge(percent(6, 100), 90);
    vmtp_sim_set_inbox(w.sim, slow->port, 0, 0);
    percent(4, 1000);
    ck_assert_uint_ge(percent(1, 1000), 90);
    world_close(&w);
}
END_TEST

static void losing(uint32_t in_a_million) {
    vmtp_sim_set_faults(w.sim, &(struct vmtp_sim_faults){.delay = 5 * VMTP_MICROSECOND, .loss = in_a_million});
}

/* What is lost by chance does not make it slow: it goes on, and as soon as nothing is lost all goes at once.  VMTP-12-07 VMTP-12-13 */
START_TEST(chance_is_not_taken_for_a_slow_segment) {
    start(CLIENTS, _i & 1);
    idempotent = _i >> 1;
    segment_of(1000, 0);
    losing(10000);
    ck_assert_uint_ge(percent(10, 1000), idempotent ? 45 : 70);
    losing(0);
    ck_assert_uint_ge(percent(1, 1000), 60);
    percent(2, 1000);
    ck_assert_uint_ge(percent(1, 1000), 95);
    world_close(&w);
}
END_TEST

/* One client waits for whatever is lost, but not for TS1 or TC3: that would leave 5.  VMTP-6.3-07 VMTP-6.3-08 */
START_TEST(loss_costs_a_single_client_little) {
    start(1, _i & 1);
    segment_of(1000, 0);
    losing(10000);
    ck_assert_uint_ge(percent(10, 1000), 20);
    world_close(&w);
}
END_TEST

int main(void) {
    Suite *s = suite_create("pace bottleneck");
    TCase *t = tcase_create("simulated");
    tcase_set_timeout(t, 300);
    tcase_add_loop_test(t, a_slow_segment_is_found_out, 0, 4);
    tcase_add_loop_test(t, idempotent_responses_get_through, 0, 3);
    tcase_add_loop_test(t, a_slow_receiver_is_found_out, 0, 2);
    tcase_add_loop_test(t, chance_is_not_taken_for_a_slow_segment, 0, 4);
    tcase_add_loop_test(t, loss_costs_a_single_client_little, 0, 2);
    suite_add_tcase(s, t);
    return run_suite(s);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* test_engine_groups.c - a Request to all managers, answered by many; and what a server does when its large accepts are in use. */
#include <check.h>
#include <suite.h>
#include <stdlib.h>

#include "support/world.h"

#define NODES 5

static struct world w;
static struct node *client;
static vmtp_entity client_id;
static uint8_t slots[8][64];

static void setup(void) {
    world_init(&w, 3, 1500);
    for (unsigned i = 0; i < NODES; i++)
        world_add(&w, NULL);
    client = &w.nodes[0];
    ck_assert_int_eq(vmtp_entity_create(client->engine, &client_id, NULL, world_now(&w)), 0);
    world_run(&w, world_now(&w));
    for (unsigned i = 0; i < NODES; i++)
        w.nodes[i].seen_count = 0;
}

static void teardown(void) { world_close(&w); }

static struct vmtp_request everybody(uint32_t response_slots) {
    struct vmtp_request r = {.client = client_id, .response_area = slots, .response_size = sizeof slots[0]};
    r.message.server = VMTP_MANAGER_GROUP;
    r.message.code = VMTP_QUERY_VMTP_NODE | VMTP_MRD;
    vmtp_message_set_coresident(&r.message, VMTP_MANAGER_GROUP);
    r.response_slots = response_slots;
    r.deadline = world_now(&w) + VMTP_SECOND;
    r.cookie = 9;
    return r;
}

static void ask_everybody(uint32_t response_slots) {
    struct vmtp_request r = everybody(response_slots);
    vmtp_handle h;
    ck_assert_int_eq(vmtp_call(client->engine, &h, &r, world_now(&w)), 0);
}

/* VMTP-10.5-01 */
START_TEST(every_manager_answers_once) {
    ask_everybody(8);
    world_pass(&w, 2 * VMTP_SECOND);
    ck_assert_uint_eq(world_event_count(client, VMTP_EV_RESPONSE), NODES); /* our own among them */
    for (unsigned i = 0; i < NODES; i++) {
        const struct vmtp_event *ev = world_event(client, VMTP_EV_RESPONSE, i);
        ck_assert_uint_eq(ev->result, 0);
        ck_assert_uint_eq(ev->cookie, 9);
        ck_assert_uint_eq(ev->message.words[0], 1500);
        ck_assert_uint_eq(ev->segment_size, 8);
        for (unsigned k = 0; k < i; k++) {
            ck_assert_ptr_ne(ev->segment, world_event(client, VMTP_EV_RESPONSE, k)->segment);
            ck_assert_uint_ne(ev->message.server, world_event(client, VMTP_EV_RESPONSE, k)->message.server);
        }
    }
    const struct vmtp_event *complete = world_event(client, VMTP_EV_COMPLETE, 0);
    ck_assert_ptr_nonnull(complete);
    ck_assert_uint_eq(complete->result, 0);
    ck_assert_uint_eq(complete->number, NODES);
}
END_TEST

START_TEST(more_answers_than_slots) {
    ask_everybody(2);
    world_pass(&w, 2 * VMTP_SECOND);
    ck_assert_uint_eq(world_event_count(client, VMTP_EV_RESPONSE), 2);
    ck_assert_uint_eq(world_event(client, VMTP_EV_COMPLETE, 0)->number, 2);
    ck_assert_uint_eq(vmtp_counter(client->engine, VMTP_COUNT_DROP_EXTRA_RESPONSE), NODES - 2);
}
END_TEST

static unsigned lost;
static int lose_the_first(void *context, const uint8_t *frame, size_t length, vmtp_time now) {
    (void)context, (void)frame, (void)length, (void)now;
    return lost++ == 0;
}

/* The answer of the own manager is no sign that anybody else heard the Request.      VMTP-13.1-05 */
START_TEST(group_request_is_sent_again_until_another_answers) {
    lost = 0;
    vmtp_sim_set_filter(w.sim, lose_the_first, NULL);
    ask_everybody(8);
    world_pass(&w, 2 * VMTP_SECOND);
    ck_assert_uint_eq(world_event_count(client, VMTP_EV_RESPONSE), NODES);
    ck_assert_uint_eq(vmtp_counter(client->engine, VMTP_COUNT_REQUEST_RETRANSMITS), 1);
}
END_TEST

START_TEST(nobody_else_is_there) {
    for (unsigned i = 1; i < NODES; i++)
        vmtp_sim_set_up(w.sim, w.nodes[i].port, 0);
    ask_everybody(8);
    world_pass(&w, 2 * VMTP_SECOND);
    ck_assert_uint_eq(world_event(client, VMTP_EV_COMPLETE, 0)->number, 1);
    ck_assert_uint_eq(vmtp_counter(client->engine, VMTP_COUNT_REQUEST_RETRANSMITS), 5);
}
END_TEST

/* VMTP-3.1-06 */
START_TEST(reserved_bits_are_not_sent) {
    struct vmtp_request r = everybody(8);
    vmtp_handle h;
    r.message.code |= VMTP_CODE_RESERVED;
    ck_assert_int_eq(vmtp_call(client->engine, &h, &r, world_now(&w)), VMTP_E_INVALID);
    r.message.code &= ~VMTP_CODE_RESERVED;
    r.control = VMTP_NER;
    ck_assert_int_eq(vmtp_call(client->engine, &h, &r, world_now(&w)), VMTP_E_INVALID);
}
END_TEST

/* A large Request waits while the large accept is in use; larger than any is an error.  VMTP-8.3-01 */
START_TEST(large_accepts_in_use) {
    static uint8_t small[512], large[4096], data[5000];
    vmtp_entity server;
    vmtp_engine *e = w.nodes[1].engine;
    struct vmtp_request r = {.client = client_id, .segment = data, .segment_size = 1000, .deadline = VMTP_NEVER};
    vmtp_handle h;
    ck_assert_int_eq(vmtp_entity_create(e, &server, NULL, world_now(&w)), 0);
    ck_assert_int_eq(vmtp_accept(e, server, small, sizeof small, 1), 0);
    ck_assert_int_eq(vmtp_accept(e, server, large, sizeof large, 2), 0);
    r.message.server = server;
    r.message.code = 1 | VMTP_DGM;
    ck_assert_int_eq(vmtp_call(client->engine, &h, &r, world_now(&w)), 0);
    world_pass(&w, 10 * VMTP_MILLISECOND);
    ck_assert_uint_eq(world_event(&w.nodes[1], VMTP_EV_REQUEST, 0)->cookie, 2);
    r.message.code = 1;
    ck_assert_int_eq(vmtp_call(client->engine, &h, &r, world_now(&w)), 0);
    world_pass(&w, VMTP_SECOND);
    ck_assert_uint_ge(vmtp_counter(e, VMTP_COUNT_BUSY_SENT), 2);
    ck_assert_int_eq(vmtp_accept(e, server, large, sizeof large, 3), 0);
    world_pass(&w, VMTP_SECOND);
    ck_assert_uint_eq(world_event(&w.nodes[1], VMTP_EV_REQUEST, 1)->cookie, 3);
    ck_assert_int_eq(vmtp_cancel(client->engine, h, world_now(&w)), 0);
    client->seen_count = 0;
    world_pass(&w, VMTP_MILLISECOND);
    r.segment_size = sizeof data;
    client->seen_count = 0;
    ck_assert_int_eq(vmtp_call(client->engine, &h, &r, world_now(&w)), 0);
    world_pass(&w, VMTP_SECOND);
    ck_assert_uint_eq(world_event(client, VMTP_EV_COMPLETE, 0)->result, VMTP_ERROR);
}
END_TEST

int main(void) {
    Suite *s = suite_create("engine groups");
    TCase *t = tcase_create("groups");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, every_manager_answers_once);
    tcase_add_test(t, more_answers_than_slots);
    tcase_add_test(t, group_request_is_sent_again_until_another_answers);
    tcase_add_test(t, nobody_else_is_there);
    tcase_add_test(t, reserved_bits_are_not_sent);
    tcase_add_test(t, large_accepts_in_use);
    suite_add_tcase(s, t);
    return run_suite(s);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* test_engine_call.c - message transactions between two hosts without trouble, counted packet by packet. */
#include <check.h>
#include <suite.h>
#include <stdlib.h>

#include "support/world.h"

static struct world w;
static struct node *client, *server;
static vmtp_entity client_id, server_id;
static uint8_t area[8][VMTP_GROUP_OCTETS], response[VMTP_GROUP_OCTETS], segment[VMTP_GROUP_OCTETS];

static void setup(void) {
    world_init(&w, 1, 1500);
    client = world_add(&w, NULL);
    server = world_add(&w, NULL);
    ck_assert_int_eq(vmtp_entity_create(client->engine, &client_id, NULL, world_now(&w)), 0);
    ck_assert_int_eq(vmtp_entity_create(server->engine, &server_id, NULL, world_now(&w)), 0);
    for (unsigned i = 0; i < 8; i++)
        ck_assert_int_eq(vmtp_accept(server->engine, server_id, area[i], VMTP_GROUP_OCTETS, i), 0);
    for (unsigned i = 0; i < sizeof segment; i++)
        segment[i] = (uint8_t)(i * 7 + i / 256);
    world_run(&w, world_now(&w));
    client->seen_count = server->seen_count = 0;
}

static void teardown(void) { world_close(&w); }

static vmtp_handle call(uint32_t code, uint32_t size, vmtp_time deadline) {
    struct vmtp_request r = {.client = client_id, .segment = segment, .segment_size = size};
    vmtp_handle h;
    r.message.server = server_id;
    r.message.code = code;
    r.message.words[2] = 0xabcdef01;
    r.response_area = response;
    r.response_size = sizeof response;
    r.deadline = deadline;
    r.cookie = 77;
    ck_assert_int_eq(vmtp_call(client->engine, &h, &r, world_now(&w)), 0);
    return h;
}

static void know_host(void) {
    ck_assert_int_eq(vmtp_host_learn(client->engine, server_id, server->port->info.mac, world_now(&w)), 0);
}

static int reply(const struct vmtp_event *request, uint32_t code, uint32_t size) {
    struct vmtp_reply r = {.segment = segment, .segment_size = size};
    r.message.code = code;
    r.message.words[4] = 0x11223344;
    return vmtp_reply(server->engine, request->handle, &r, world_now(&w));
}

START_TEST(null_transaction_is_two_packets) {
    know_host();
    call(0x123, 0, VMTP_NEVER);
    ck_assert_uint_eq(world_pass(&w, VMTP_MILLISECOND), 1);
    const struct vmtp_event *request = world_event(server, VMTP_EV_REQUEST, 0);
    ck_assert_ptr_nonnull(request);
    ck_assert_uint_eq(request->client, client_id);
    ck_assert_uint_eq(request->entity, server_id);
    ck_assert_uint_eq(request->message.words[2], 0xabcdef01);
    ck_assert_int_eq(reply(request, 5, 0), 0);
    ck_assert_uint_eq(world_pass(&w, VMTP_MILLISECOND), 1);
    const struct vmtp_event *complete = world_event(client, VMTP_EV_COMPLETE, 0);
    ck_assert_ptr_nonnull(complete);
    ck_assert_uint_eq(complete->result, 0);
    ck_assert_uint_eq(complete->cookie, 77);
    ck_assert_uint_eq(complete->message.code, 5);
    ck_assert_uint_eq(complete->message.words[4], 0x11223344);
    ck_assert_uint_eq(world_pass(&w, 60 * VMTP_SECOND), 0); /* and silence after */
}
END_TEST

START_TEST(sizes_arrive_in_the_fewest_packets) {
    static const uint32_t sizes[][2] = {{1, 1},    {7, 1},    {8, 1},    {512, 1},  {513, 1},   {1024, 1},
                                        {1025, 1}, {1432, 1}, {1433, 2}, {8192, 8}, {16384, 16}};
    know_host();
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint32_t size = sizes[i][0];
        client->seen_count = server->seen_count = 0;
        memset(response, 0, sizeof response);
        call(1, size, VMTP_NEVER);
        ck_assert_uint_eq(world_pass(&w, VMTP_MILLISECOND), sizes[i][1]);
        const struct vmtp_event *request = world_event(server, VMTP_EV_REQUEST, 0);
        ck_assert_ptr_nonnull(request);
        ck_assert_uint_eq(request->segment_size, size);
        ck_assert_mem_eq(request->segment, segment, size);
        ck_assert_int_eq(vmtp_accept(server->engine, server_id, request->segment, VMTP_GROUP_OCTETS, 0), 0);
        ck_assert_int_eq(reply(request, 0, size), 0);
        ck_assert_uint_eq(world_pass(&w, VMTP_MILLISECOND), sizes[i][1]);
        const struct vmtp_event *complete = world_event(client, VMTP_EV_COMPLETE, 0);
        ck_assert_ptr_nonnull(complete);
        ck_assert_uint_eq(complete->result, 0);
        ck_assert_uint_eq(complete->segment_size, size);
        ck_assert_mem_eq(response, segment, size);
    }
    ck_assert_uint_eq(world_pass(&w, 60 * VMTP_SECOND), 0);
    ck_assert_uint_eq(world_event_count(server, VMTP_EV_RELEASED), 2); /* the last two; the others before */
    struct vmtp_usage usage;
    vmtp_usage(server->engine, &usage);
    ck_assert_uint_eq(usage.requests, 0);
    ck_assert_uint_eq(usage.remote_clients, 0);
}
END_TEST

START_TEST(unknown_host_is_found_by_probe) {
    call(1, 0, VMTP_NEVER);
    world_pass(&w, VMTP_MILLISECOND);
    const struct vmtp_event *request = world_event(server, VMTP_EV_REQUEST, 0);
    ck_assert_ptr_nonnull(request);
    ck_assert_uint_eq(vmtp_counter(client->engine, VMTP_COUNT_PROBES), 1);
    ck_assert_uint_eq(vmtp_counter(server->engine, VMTP_COUNT_PROBES_ANSWERED), 1);
    uint8_t mac[6];
    ck_assert_int_eq(vmtp_host_lookup(client->engine, server_id, mac, NULL), 0);
    ck_assert_mem_eq(mac, server->port->info.mac, 6);
}
END_TEST

START_TEST(nobody_answers_a_probe) {
    server_id = 0x7777;
    call(1, 0, VMTP_NEVER);
    world_pass(&w, 5 * VMTP_SECOND);
    const struct vmtp_event *complete = world_event(client, VMTP_EV_COMPLETE, 0);
    ck_assert_ptr_nonnull(complete);
    ck_assert_uint_eq(complete->result, VMTP_RETRANS_TIMEOUT);
    struct vmtp_usage usage;
    vmtp_usage(client->engine, &usage);
    ck_assert_uint_eq(usage.calls, 0);
    ck_assert_uint_eq(usage.hosts, 0);
}
END_TEST

START_TEST(server_that_is_gone_is_told) {
    know_host();
    ck_assert_int_eq(vmtp_entity_delete(server->engine, server_id, world_now(&w)), 0);
    call(1, 0, VMTP_NEVER);
    world_pass(&w, 10 * VMTP_SECOND);
    const struct vmtp_event *complete = world_event(client, VMTP_EV_COMPLETE, 0);
    ck_assert_ptr_nonnull(complete);
    ck_assert_uint_eq(vmtp_counter(server->engine, VMTP_COUNT_DROP_NO_SERVER), 1);
    ck_assert_uint_ne(complete->result, 0);
}
END_TEST

/* VMTP-2.1-06 */
START_TEST(shared_address_keeps_silent) {
    know_host();
    ck_assert_int_eq(vmtp_entity_delete(server->engine, server_id, world_now(&w)), 0);
    vmtp_engine_share(server->engine, 1);
    call(1, 0, VMTP_NEVER);
    world_pass(&w, 10 * VMTP_SECOND);
    ck_assert_uint_eq(world_event(client, VMTP_EV_COMPLETE, 0)->result, VMTP_RETRANS_TIMEOUT);
    ck_assert_uint_gt(vmtp_counter(server->engine, VMTP_COUNT_DROP_NO_SERVER), 1);
    ck_assert_uint_eq(vmtp_counter(server->engine, VMTP_COUNT_NOTIFY_OUT), 0);
    vmtp_engine_share(server->engine, 0);
    know_host();
    call(1, 0, VMTP_NEVER);
    world_pass(&w, 10 * VMTP_SECOND);
    ck_assert_uint_eq(world_event(client, VMTP_EV_COMPLETE, 1)->result, VMTP_NONEXISTENT_ENTITY);
}
END_TEST

START_TEST(deadline_ends_a_call) {
    know_host();
    call(1, 0, world_now(&w) + 300 * VMTP_MILLISECOND);
    world_pass(&w, 299 * VMTP_MILLISECOND);
    ck_assert_uint_eq(world_event_count(client, VMTP_EV_COMPLETE), 0);
    world_pass(&w, 2 * VMTP_MILLISECOND);
    ck_assert_uint_eq(world_event(client, VMTP_EV_COMPLETE, 0)->result, VMTP_USER_TIMEOUT);
}
END_TEST

START_TEST(cancel_completes_once) {
    know_host();
    vmtp_handle h = call(1, 8192, VMTP_NEVER);
    ck_assert_int_eq(vmtp_cancel(client->engine, h, world_now(&w)), 0);
    ck_assert_int_eq(vmtp_cancel(client->engine, h, world_now(&w)), VMTP_E_STALE);
    world_pass(&w, 60 * VMTP_SECOND);
    ck_assert_uint_eq(world_event_count(client, VMTP_EV_COMPLETE), 1);
    ck_assert_uint_eq(client->seen[0].result, VMTP_CANCELLED);
    ck_assert_int_eq(vmtp_cancel(client->engine, h, world_now(&w)), VMTP_E_STALE);
}
END_TEST

START_TEST(slow_server_is_asked_and_says_ok) {
    know_host();
    call(1, 4096, VMTP_NEVER);
    world_pass(&w, 3 * VMTP_SECOND);
    ck_assert_uint_eq(world_event_count(client, VMTP_EV_COMPLETE), 0);
    ck_assert_uint_eq(world_event_count(server, VMTP_EV_REQUEST), 1);
    ck_assert_int_eq(reply(world_event(server, VMTP_EV_REQUEST, 0), 0, 0), 0);
    world_pass(&w, VMTP_MILLISECOND);
    ck_assert_uint_eq(world_event(client, VMTP_EV_COMPLETE, 0)->result, 0);
    ck_assert_uint_gt(vmtp_counter(client->engine, VMTP_COUNT_NOTIFY_IN), 5);
}
END_TEST

int main(void) {
    Suite *s = suite_create("engine call");
    TCase *t = tcase_create("call");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, null_transaction_is_two_packets);
    tcase_add_test(t, sizes_arrive_in_the_fewest_packets);
    tcase_add_test(t, unknown_host_is_found_by_probe);
    tcase_add_test(t, nobody_answers_a_probe);
    tcase_add_test(t, server_that_is_gone_is_told);
    tcase_add_test(t, shared_address_keeps_silent);
    tcase_add_test(t, deadline_ends_a_call);
    tcase_add_test(t, cancel_completes_once);
    tcase_add_test(t, slow_server_is_asked_and_says_ok);
    suite_add_tcase(s, t);
    return run_suite(s);
}

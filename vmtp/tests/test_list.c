/* SPDX-License-Identifier: BSD-2-Clause */
/* test_list.c - vmtp_transaction_next shows what the engine is doing. */
#include <check.h>
#include <stdlib.h>

#include "support/streaming.h"
#include "wire_testing.h"

static struct foreign f;
static vmtp_entity server;

static void setup(void) {
    foreign_open(&f, NULL);
    server = serve_entity(&f, NULL);
}
static void teardown(void) { foreign_close(&f); }

static unsigned list(struct vmtp_transaction out[8]) {
    uint64_t place = 0;
    unsigned count = 0;
    while (count < 8 && vmtp_transaction_next(f.engine, &place, &out[count]))
        count++;
    return count;
}

static void expect(unsigned role, vmtp_entity client, vmtp_entity to, uint32_t transaction, const char *state) {
    struct vmtp_transaction t[8];
    ck_assert_uint_eq(list(t), 1);
    ck_assert_uint_eq(t[0].role, role);
    ck_assert_uint_eq(t[0].client, client);
    ck_assert_uint_eq(t[0].server, to);
    ck_assert_uint_eq(t[0].transaction, transaction);
    ck_assert_str_eq(t[0].state, state);
}

static void expect_none(void) {
    struct vmtp_transaction t[8];
    ck_assert_uint_eq(list(t), 0);
}

START_TEST(an_idle_engine_has_none) { expect_none(); }
END_TEST

START_TEST(a_request_is_shown_until_it_is_forgotten) {
    serve_ask_blocks(&f, FOREIGN_CLIENT, server, 7, 1024, 1, 0);
    expect(VMTP_AS_SERVER, FOREIGN_CLIENT, server, 7, "receiving-request");
    serve_ask_blocks(&f, FOREIGN_CLIENT, server, 7, 1024, 2, 0);
    expect(VMTP_AS_SERVER, FOREIGN_CLIENT, server, 7, "processing");
    serve_reply(&f, serve_last(&f), VMTP_OK, 2000, 0);
    expect(VMTP_AS_SERVER, FOREIGN_CLIENT, server, 7, "responded");
    struct vmtp_header h = foreign_notify_server(server, FOREIGN_CLIENT, 7, UINT32_MAX, VMTP_OK);
    foreign_send(&f, &h, NULL, 0);
    expect(VMTP_AS_RECORD, FOREIGN_CLIENT, server, 7, "response-discarded");
    foreign_pass(&f, 60 * VMTP_SECOND);
    expect_none();
}
END_TEST

START_TEST(a_response_without_segment_is_a_record) {
    struct vmtp_transaction t[8];
    serve_ask(&f, FOREIGN_CLIENT, server, 8, 0);
    serve_reply(&f, serve_last(&f), VMTP_OK, 0, 0);
    expect(VMTP_AS_RECORD, FOREIGN_CLIENT, server, 8, "responded");
    ck_assert_uint_eq(list(t), 1);
    ck_assert_mem_eq(t[0].host, foreign_mac, 6);
}
END_TEST

START_TEST(a_call_is_shown_by_its_state) {
    vmtp_entity client;
    vmtp_handle handle;
    struct vmtp_request request = {.message.server = FOREIGN_SERVER, .deadline = VMTP_NEVER};
    struct vmtp_transaction t[8];
    ck_assert_int_eq(vmtp_entity_create(f.engine, &client, NULL, f.now), 0);
    request.client = client;
    ck_assert_int_eq(vmtp_call(f.engine, &handle, &request, f.now), 0);
    ck_assert_uint_eq(list(t), 2); /* and the Probe */
    ck_assert_uint_eq(t[0].role, VMTP_AS_CLIENT);
    ck_assert_uint_eq(t[0].server, FOREIGN_SERVER);
    ck_assert_str_eq(t[0].state, "probing");
    ck_assert_uint_eq(t[1].server, VMTP_MANAGER_GROUP);
    ck_assert_str_eq(t[1].state, "awaiting-response");
    ck_assert_int_eq(vmtp_cancel(f.engine, handle, f.now), 0);
    ck_assert_int_eq(vmtp_host_learn(f.engine, FOREIGN_SERVER, foreign_mac, f.now), 0);
    foreign_pass(&f, 60 * VMTP_SECOND);
    vmtp_host_learn(f.engine, FOREIGN_SERVER, foreign_mac, f.now);
    ck_assert_int_eq(vmtp_call(f.engine, &handle, &request, f.now), 0);
    foreign_collect(&f);
    ck_assert_uint_eq(list(t), 1);
    ck_assert_str_eq(t[0].state, "awaiting-response");
    ck_assert_uint_eq(t[0].client, client);
    ck_assert_mem_eq(t[0].host, foreign_mac, 6);
    ck_assert_uint_eq(t[0].retries, 0);
}
END_TEST

START_TEST(a_local_transaction_is_shown_from_both_sides) {
    vmtp_entity client;
    vmtp_handle handle;
    struct vmtp_request request = {.message.server = server, .deadline = VMTP_NEVER};
    struct vmtp_transaction t[8];
    ck_assert_int_eq(vmtp_entity_create(f.engine, &client, NULL, f.now), 0);
    request.client = client;
    ck_assert_int_eq(vmtp_call(f.engine, &handle, &request, f.now), 0);
    ck_assert_uint_eq(list(t), 2);
    ck_assert_str_eq(t[0].state, "local");
    ck_assert_str_eq(t[1].state, "waiting");
    ck_assert_uint_eq(t[0].transaction, t[1].transaction);
    ck_assert_mem_eq(t[1].host, foreign_engine_mac, 6);
    foreign_collect(&f);
    ck_assert_uint_eq(list(t), 2);
    ck_assert_str_eq(t[1].state, "processing");
}
END_TEST

static void expect_call(vmtp_entity client, uint32_t transaction, const char *state) {
    struct vmtp_transaction t[8];
    unsigned count = list(t), n = 0;
    while (n < count && (t[n].client != client || t[n].transaction != transaction))
        n++;
    ck_assert_uint_lt(n, count);
    ck_assert_str_eq(t[n].state, state);
}

START_TEST(calls_of_a_run_wait_for_each_other) {
    vmtp_entity client = call_entity(&f);
    ck_assert_int_eq(vmtp_host_forget(f.engine, FOREIGN_SERVER), 0);
    uint32_t first = stream_run(&f, client, 2);
    expect_call(client, first, "probing");
    expect_call(client, first + 1, "queued");
    foreign_pass(&f, 60 * VMTP_SECOND); /* nobody has it */
    call_forget_packets(&f);
    ck_assert_int_eq(vmtp_host_learn(f.engine, FOREIGN_SERVER, foreign_mac, f.now), 0);
    first = stream_run(&f, client, 2);
    ck_assert_int_eq(stream_answer(&f, client, first + 1, LAST, 0), 0);
    expect_call(client, first, "awaiting-response");
    expect_call(client, first + 1, "held");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("list of transactions");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, an_idle_engine_has_none);
    tcase_add_test(all, a_request_is_shown_until_it_is_forgotten);
    tcase_add_test(all, a_response_without_segment_is_a_record);
    tcase_add_test(all, a_call_is_shown_by_its_state);
    tcase_add_test(all, a_local_transaction_is_shown_from_both_sides);
    tcase_add_test(all, calls_of_a_run_wait_for_each_other);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* test_tables.c - what happens when a table is full (spec/vmtp.md section 11). */
#include "support/serving.h"
#include "wire_testing.h"

#define A FOREIGN_CLIENT

static struct foreign f;
static struct vmtp_config config;
static vmtp_entity server;

static void setup(void) {
    foreign_config(&config);
    config.max_accepts = 32;
}

static void begin(void) {
    foreign_open(&f, &config);
    server = serve_entity(&f, NULL);
    serve_accepts(&f, server, 8, 1024);
}

static void teardown(void) { foreign_close(&f); }

static struct vmtp_usage usage(void) {
    struct vmtp_usage u;
    vmtp_usage(f.engine, &u);
    return u;
}

static void drain(void) {
    while (foreign_take(&f)) {
    }
}

static uint64_t counted(enum vmtp_counter which) { return vmtp_counter(f.engine, which); }

/* Fills the records of Requests (0) or of clients (1): four clients are served. */
static void fill(int clients) {
    if (clients)
        config.max_remote_clients = 4;
    else
        config.max_requests = 4;
    begin();
    for (unsigned i = 0; i < 4; i++)
        ck_assert_int_eq(serve_ask(&f, A + i, server, 1, 0), 0);
    ck_assert_uint_eq(serve_count(&f), 4);
}

/* VMTP-11-01 VMTP-11-02 VMTP-8.7-02 */
START_TEST(full_tables_answer_busy) {
    fill(_i);
    struct vmtp_usage before = usage(), after;
    ck_assert_int_eq(serve_ask(&f, A + 9, server, 1, 0), VMTP_COUNT_DROP_NO_RECORD);
    expect_nvc(&f, A + 9, 1, VMTP_BUSY);
    ck_assert_int_eq(serve_ask_blocks(&f, A + 8, server, 1, 2048, 3, 0), VMTP_COUNT_DROP_NO_RECORD);
    expect_nvc(&f, A + 8, 1, VMTP_BUSY);
    ck_assert_uint_eq(counted(VMTP_COUNT_BUSY_SENT), 2);
    f.multicast = 1;
    serve_ask(&f, A + 7, server, 1, VMTP_APG);
    f.multicast = 0;
    expect_silence(&f);
    ck_assert_uint_eq(counted(VMTP_COUNT_DROP_NO_RECORD), 3);
    after = usage();
    ck_assert_mem_eq(&before, &after, sizeof before); /* nothing is kept */
    ck_assert_uint_eq(serve_count(&f), 4);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_ABANDONED), 0);
}
END_TEST

/* VMTP-11-04 */
START_TEST(room_for_a_request_is_used_at_once) {
    fill(0);
    for (unsigned i = 0; i < 40; i++) /* more than there are accepts: none is used up by a refusal */
        ck_assert_int_eq(serve_ask(&f, A + 9 + i, server, 1, 0), VMTP_COUNT_DROP_NO_RECORD);
    ck_assert_int_eq(serve_reply(&f, foreign_event(&f, VMTP_EV_REQUEST, 2), 1, 0, 0), 0);
    drain();
    ck_assert_int_eq(serve_ask_again(&f, A + 9, server, 1, 0), 0);
    ck_assert_uint_eq(serve_count(&f), 5);
    ck_assert_int_eq(serve_ask(&f, A + 8, server, 1, 0), VMTP_COUNT_DROP_NO_RECORD); /* full again */
}
END_TEST

/* VMTP-8.7-02 VMTP-8.7-01 VMTP-11-04 */
START_TEST(records_make_room_after_ts4_and_not_before) {
    fill(1);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_int_eq(serve_reply(&f, foreign_event(&f, VMTP_EV_REQUEST, i), 5, 0, 0), 0);
    drain();
    foreign_pass(&f, 4990 * VMTP_MILLISECOND);
    ck_assert_int_eq(serve_ask(&f, A + 9, server, 1, 0), VMTP_COUNT_DROP_NO_RECORD);
    expect_nvc(&f, A + 9, 1, VMTP_BUSY);
    for (unsigned i = 0; i < 2; i++) { /* two are still remembered, and remembered anew */
        ck_assert_int_eq(serve_ask_again(&f, A + i, server, 1, 0), VMTP_COUNT_DROP_DUPLICATE);
        expect_response(&f, 1, 5);
    }
    foreign_pass(&f, 12 * VMTP_MILLISECOND);
    ck_assert_int_eq(serve_ask_again(&f, A + 9, server, 1, 0), 0);
    ck_assert_int_eq(serve_ask(&f, A + 8, server, 1, 0), 0);
    ck_assert_int_eq(serve_ask(&f, A + 7, server, 1, 0), VMTP_COUNT_DROP_NO_RECORD);
    ck_assert_int_eq(serve_ask_again(&f, A, server, 1, 0), VMTP_COUNT_DROP_DUPLICATE);
    ck_assert_uint_eq(serve_count(&f), 6);
}
END_TEST

/* VMTP-11-02 */
START_TEST(management_packets_left_out_are_counted) {
    config.max_control = 4;
    begin();
    f.stuck = 1;
    for (unsigned i = 0; i < 10; i++)
        serve_ask(&f, A + i, 0x777, 1, 0); /* nobody */
    ck_assert_uint_eq(counted(VMTP_COUNT_DROP_CONTROL_FULL), 6);
    f.stuck = 0;
    foreign_collect(&f);
    for (unsigned i = 0; i < 4; i++)
        expect_nvc(&f, A + i, 1, VMTP_NONEXISTENT_ENTITY);
    expect_silence(&f);
    serve_ask(&f, A, 0x777, 2, 0);
    expect_nvc(&f, A, 2, VMTP_NONEXISTENT_ENTITY);
}
END_TEST

/* VMTP-11-02 */
START_TEST(requests_not_accepted_are_counted) {
    vmtp_entity lazy;
    begin();
    ck_assert_int_eq(vmtp_entity_create(f.engine, &lazy, NULL, f.now), 0);
    serve_ask(&f, A, lazy, 1, 0);
    ck_assert_uint_eq(counted(VMTP_COUNT_DROP_NO_ACCEPT), 1);
    ck_assert_uint_eq(counted(VMTP_COUNT_BUSY_SENT), 1);
    ck_assert_int_eq(vmtp_accept(f.engine, lazy, NULL, 0, 0), 0);
    serve_ask_blocks(&f, A, lazy, 2, 8, 1, 0);
    ck_assert_uint_eq(counted(VMTP_COUNT_DROP_TOO_LARGE), 1);
}
END_TEST

/* VMTP-11-02 */
START_TEST(programs_are_told_of_full_tables) {
    struct vmtp_request request = {.deadline = VMTP_NEVER};
    vmtp_entity more, id;
    vmtp_handle handle;
    config.max_entities = 3;
    config.max_calls = 1;
    config.max_accepts = 16;
    begin();
    ck_assert_int_eq(vmtp_entity_create(f.engine, &more, NULL, f.now), 0);
    ck_assert_int_eq(vmtp_entity_create(f.engine, &id, NULL, f.now), 0);
    ck_assert_int_eq(vmtp_entity_create(f.engine, &id, NULL, f.now), VMTP_E_FULL);
    ck_assert_int_eq(vmtp_accept(f.engine, server, NULL, 0, 0), VMTP_E_FULL);
    request.message.server = FOREIGN_SERVER;
    request.client = server;
    ck_assert_int_eq(vmtp_call(f.engine, &handle, &request, f.now), 0);
    request.client = more;
    ck_assert_int_eq(vmtp_call(f.engine, &handle, &request, f.now), VMTP_E_FULL);
}
END_TEST

static void start_call(vmtp_entity client, vmtp_entity whom) {
    struct vmtp_request request = {.client = client, .deadline = VMTP_NEVER};
    vmtp_handle handle;
    request.message.server = whom;
    ck_assert_int_eq(vmtp_call(f.engine, &handle, &request, f.now), 0);
    foreign_collect(&f);
}

/* What the hand-made node does for a call; returns whether there was a Probe first. */
static int finish_call(vmtp_entity whom) {
    const struct packet *p = expect_packet(&f);
    int probed = p->h.code == VMTP_PROBE_ENTITY;
    if (probed) {
        struct vmtp_header found = foreign_response(p, 0x00000000000def01, VMTP_OK);
        foreign_send(&f, &found, NULL, 0);
        p = expect_packet(&f);
    }
    ck_assert_uint_eq(p->h.server, whom);
    struct vmtp_header response = foreign_response(p, whom, VMTP_OK);
    foreign_send(&f, &response, NULL, 0);
    ck_assert_uint_le(usage().hosts, config.max_hosts);
    return probed;
}

/* VMTP-11-03 VMTP-11-02 */
START_TEST(full_cache_costs_probes_only) {
    config.max_hosts = (uint32_t)_i;
    begin();
    for (unsigned i = 0; i < 30; i++) {
        start_call(server, FOREIGN_SERVER + i % 10);
        ck_assert(finish_call(FOREIGN_SERVER + i % 10));
    }
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_COMPLETE), 30);
    for (unsigned i = 0; i < 30; i++)
        ck_assert_uint_eq(foreign_event(&f, VMTP_EV_COMPLETE, i)->result, 0);
    ck_assert_uint_gt(counted(VMTP_COUNT_HOST_EVICTED), 20);
    ck_assert_uint_eq(counted(VMTP_COUNT_PROBES), 30);
}
END_TEST

/* VMTP-4.6-03: who asks takes the place of who was spoken to least lately */
START_TEST(full_cache_learns_from_requests) {
    config.max_hosts = 4; /* three servers, and the manager that tells where they are */
    begin();
    for (unsigned i = 0; i < 3; i++) {
        start_call(server, FOREIGN_SERVER + i);
        ck_assert(finish_call(FOREIGN_SERVER + i));
    }
    serve_accepts(&f, server, 1, 64);
    serve_ask(&f, FOREIGN_CLIENT, server, 7, 0);
    ck_assert_uint_eq(counted(VMTP_COUNT_HOST_EVICTED), 1);
    start_call(server, FOREIGN_CLIENT);
    ck_assert(!finish_call(FOREIGN_CLIENT));
    start_call(server, FOREIGN_SERVER + 1);
    ck_assert(!finish_call(FOREIGN_SERVER + 1));
    start_call(server, FOREIGN_SERVER);
    ck_assert(finish_call(FOREIGN_SERVER));
}
END_TEST

/* VMTP-11-03 */
START_TEST(calls_wait_for_room_in_the_cache) {
    vmtp_entity second;
    config.max_hosts = 1;
    begin();
    ck_assert_int_eq(vmtp_entity_create(f.engine, &second, NULL, f.now), 0);
    start_call(server, FOREIGN_SERVER);
    start_call(second, FOREIGN_SERVER + 1); /* nowhere to put what is being found out */
    for (unsigned i = 0; i < 2; i++) {
        ck_assert(finish_call(FOREIGN_SERVER + i));
        ck_assert_uint_eq(foreign_event(&f, VMTP_EV_COMPLETE, i)->result, 0);
        foreign_pass(&f, 30 * VMTP_MILLISECOND);
    }
    expect_silence(&f);
}
END_TEST

int main(void) {
    Suite *s = suite_create("tables");
    TCase *t = tcase_create("tables");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, full_tables_answer_busy, 0, 2);
    tcase_add_test(t, room_for_a_request_is_used_at_once);
    tcase_add_test(t, records_make_room_after_ts4_and_not_before);
    tcase_add_test(t, management_packets_left_out_are_counted);
    tcase_add_test(t, requests_not_accepted_are_counted);
    tcase_add_test(t, programs_are_told_of_full_tables);
    tcase_add_loop_test(t, full_cache_costs_probes_only, 1, 4);
    tcase_add_test(t, full_cache_learns_from_requests);
    tcase_add_test(t, calls_wait_for_room_in_the_cache);
    suite_add_tcase(s, t);
    return run_suite(s);
}

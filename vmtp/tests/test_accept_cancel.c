/* SPDX-License-Identifier: BSD-2-Clause */
/* test_accept_cancel.c - accepts that are taken back, whatever has become of them, and what a call is called meanwhile. */
#include "support/serving.h"
#include "wire_testing.h"

#define A FOREIGN_CLIENT
#define MINE 77u

static struct foreign f;
static vmtp_entity server;
static uint8_t area[2048];

static void setup(void) {
    foreign_open(&f, NULL);
    ck_assert_int_eq(vmtp_entity_create(f.engine, &server, NULL, f.now), 0);
}

static void teardown(void) { foreign_close(&f); }

static void post(uint64_t cookie) { ck_assert_int_eq(vmtp_accept(f.engine, server, area, sizeof area, cookie), 0); }

static unsigned returned(void) {
    foreign_collect(&f);
    return foreign_event_count(&f, VMTP_EV_ACCEPT_RETURNED);
}

START_TEST(those_that_wait_come_back) {
    post(1), post(MINE), post(2), post(MINE);
    ck_assert_int_eq(vmtp_accept_cancel(f.engine, server, MINE), 0);
    ck_assert_uint_eq(returned(), 2);
    const struct vmtp_event *ev = foreign_event(&f, VMTP_EV_ACCEPT_RETURNED, 0);
    ck_assert_uint_eq(ev->cookie, MINE);
    ck_assert_uint_eq(ev->entity, server);
    ck_assert_ptr_eq(ev->segment, area);
    ck_assert_int_eq(vmtp_accept_cancel(f.engine, server, MINE), VMTP_E_STALE);
    for (unsigned i = 1; i <= 2; i++) { /* the others serve on, in their order */
        serve_ask(&f, A, server, i, 0);
        ck_assert_uint_eq(serve_last(&f)->cookie, i);
        serve_reply(&f, serve_last(&f), VMTP_OK, 0, 0);
    }
    post(MINE); /* the queue has a sound end */
    serve_ask(&f, A, server, 3, 0);
    ck_assert_uint_eq(serve_last(&f)->cookie, MINE);
}
END_TEST

/* VMTP-8.4-01 */
START_TEST(without_accepts_the_server_is_busy) {
    post(MINE);
    ck_assert_int_eq(vmtp_accept_cancel(f.engine, server, MINE), 0);
    foreign_collect(&f);
    serve_ask(&f, A, server, 1, 0);
    expect_nvc(&f, A, 1, VMTP_BUSY);
}
END_TEST

START_TEST(one_that_is_being_filled_comes_with_its_request) {
    post(MINE);
    serve_ask_blocks(&f, A, server, 1, 1024, 1, 0);
    ck_assert_int_eq(vmtp_accept_cancel(f.engine, server, MINE), 0);
    ck_assert_uint_eq(returned(), 0);
    serve_ask_blocks(&f, A, server, 1, 1024, 2, 0);
    ck_assert_uint_eq(serve_count(&f), 1);
    ck_assert_uint_eq(serve_last(&f)->cookie, MINE);
    ck_assert_uint_eq(returned(), 0);
    ck_assert_int_eq(vmtp_accept_cancel(f.engine, server, MINE), VMTP_E_STALE);
}
END_TEST

START_TEST(one_whose_request_stays_incomplete_comes_alone) {
    post(MINE);
    serve_ask_blocks(&f, A, server, 1, 1024, 1, 0);
    ck_assert_int_eq(vmtp_accept_cancel(f.engine, server, MINE), 0);
    foreign_pass(&f, 5 * VMTP_SECOND);
    ck_assert_uint_eq(serve_count(&f), 0);
    ck_assert_uint_eq(returned(), 1);
}
END_TEST

START_TEST(a_request_that_waits_is_not_touched) {
    struct vmtp_event ev;
    struct vmtp_request r = {.message.server = server};
    vmtp_handle h;
    post(MINE);
    ck_assert_int_eq(vmtp_entity_create(f.engine, &r.client, NULL, f.now), 0);
    ck_assert_int_eq(vmtp_call(f.engine, &h, &r, f.now), 0);
    ck_assert_int_eq(vmtp_accept_cancel(f.engine, server, MINE), 0);
    ck_assert_int_eq(vmtp_next_event(f.engine, &ev), 1);
    ck_assert_int_eq(ev.type, VMTP_EV_REQUEST);
    ck_assert_uint_eq(ev.cookie, MINE);
    ck_assert_int_eq(vmtp_next_event(f.engine, &ev), 0);
}
END_TEST

START_TEST(no_such_entity) {
    ck_assert_int_eq(vmtp_accept_cancel(f.engine, 0x4711, MINE), VMTP_E_NO_ENTITY);
    ck_assert_int_eq(vmtp_accept_cancel(f.engine, vmtp_engine_manager(f.engine), MINE), VMTP_E_NO_ENTITY);
    ck_assert_int_eq(vmtp_accept_cancel(f.engine, server, MINE), VMTP_E_STALE);
}
END_TEST

START_TEST(outstanding_names_the_transaction) {
    uint32_t transaction = 0;
    struct vmtp_request r = {.message.server = server};
    vmtp_handle h;
    post(MINE);
    ck_assert_int_eq(vmtp_outstanding(f.engine, 0x4711, &transaction), VMTP_E_NO_ENTITY);
    ck_assert_int_eq(vmtp_entity_create(f.engine, &r.client, NULL, f.now), 0);
    ck_assert_int_eq(vmtp_outstanding(f.engine, r.client, &transaction), VMTP_E_STALE);
    ck_assert_int_eq(vmtp_call(f.engine, &h, &r, f.now), 0);
    ck_assert_int_eq(vmtp_outstanding(f.engine, r.client, &transaction), 0);
    foreign_collect(&f);
    ck_assert_uint_eq(serve_last(&f)->transaction, transaction);
    ck_assert_int_eq(vmtp_cancel(f.engine, h, f.now), 0);
    ck_assert_int_eq(vmtp_outstanding(f.engine, r.client, &transaction), VMTP_E_STALE);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("accepts taken back");
    TCase *tc = tcase_create("cancel");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, those_that_wait_come_back);
    tcase_add_test(tc, without_accepts_the_server_is_busy);
    tcase_add_test(tc, one_that_is_being_filled_comes_with_its_request);
    tcase_add_test(tc, one_whose_request_stays_incomplete_comes_alone);
    tcase_add_test(tc, a_request_that_waits_is_not_touched);
    tcase_add_test(tc, no_such_entity);
    tcase_add_test(tc, outstanding_names_the_transaction);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* test_datagrams.c - Requests without Response, and ForwardCount at the server (spec/vmtp.md sections 13.4, 13.5). */
#include "support/serving.h"
#include "wire_testing.h"

#define A FOREIGN_CLIENT

static struct foreign f;
static vmtp_entity entity;

static void setup(void) {
    foreign_open(&f, NULL);
    entity = serve_entity(&f, NULL);
}

static void teardown(void) { foreign_close(&f); }

static int datagram(uint32_t transaction, uint32_t flags) {
    struct vmtp_header h = foreign_request(A, entity, transaction, 0x123 | VMTP_DGM);
    h.flags = flags;
    return foreign_send(&f, &h, NULL, 0);
}

/* VMTP-13.4-01 */
START_TEST(client_sends_a_datagram_once) {
    struct vmtp_request request = {.client = entity, .segment = serving_segment, .deadline = VMTP_NEVER, .cookie = 8};
    vmtp_handle handle;
    struct vmtp_tx tx;
    request.segment_size = _i ? 4096 : 0;
    request.message.server = FOREIGN_SERVER;
    request.message.code = 5 | VMTP_DGM;
    ck_assert_int_eq(vmtp_host_learn(f.engine, FOREIGN_SERVER, foreign_mac, f.now), 0);
    ck_assert_int_eq(vmtp_call(f.engine, &handle, &request, f.now), 0);
    for (unsigned packets = _i ? 4 : 1; packets > 0; packets--) {
        ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_COMPLETE), 0);
        ck_assert_int_eq(vmtp_output(f.engine, &tx, f.now), 1);
        ck_assert_uint_eq(vmtp_get_control(tx.header) & VMTP_APG, 0);
        f.stuck = 1;
        foreign_collect(&f);
        ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_COMPLETE), 0);
        vmtp_tx_result(f.engine, &tx, VMTP_TX_SENT, f.now);
        foreign_collect(&f);
    }
    const struct vmtp_event *complete = foreign_event(&f, VMTP_EV_COMPLETE, 0);
    ck_assert_ptr_nonnull(complete);
    ck_assert_uint_eq(complete->result, 0);
    ck_assert_uint_eq(complete->cookie, 8);
    f.stuck = 0;
    foreign_pass(&f, 60 * VMTP_SECOND);
    expect_silence(&f);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_COMPLETE), 1);
}
END_TEST

/* VMTP-13.4-02 */
START_TEST(server_does_not_answer_a_datagram) {
    struct vmtp_reply reply;
    memset(&reply, 0, sizeof reply);
    ck_assert_int_eq(datagram(1, 0), 0);
    ck_assert_uint_eq(serve_count(&f), 1);
    ck_assert_uint_eq(serve_last(&f)->handle, 0);
    ck_assert_int_eq(vmtp_reply(f.engine, serve_last(&f)->handle, &reply, f.now), VMTP_E_STALE);
    foreign_pass(&f, 10 * VMTP_SECOND);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.4-04 */
START_TEST(datagrams_are_filtered) {
    ck_assert_int_eq(datagram(5, 0), 0);
    ck_assert_int_eq(datagram(5, 0), VMTP_COUNT_DROP_DUPLICATE);
    ck_assert_int_eq(datagram(4, 0), VMTP_COUNT_DROP_OLD_TRANSACTION);
    ck_assert_int_eq(datagram(6, 0), 0);
    ck_assert_uint_eq(serve_count(&f), 2);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.4-04: also when the datagram asks to be acknowledged; after TS4 nobody knows it any more */
START_TEST(duplicate_of_a_datagram_is_not_answered) {
    ck_assert_int_eq(datagram(5, VMTP_APG), 0);
    expect_nvc(&f, A, 5, VMTP_OK);
    foreign_pass(&f, 5 * VMTP_SECOND - 2 * VMTP_MILLISECOND);
    ck_assert_int_eq(datagram(5, VMTP_APG), VMTP_COUNT_DROP_DUPLICATE);
    expect_silence(&f);
    foreign_pass(&f, 4 * VMTP_MILLISECOND);
    ck_assert_int_eq(datagram(5, VMTP_APG), 0);
    ck_assert_uint_eq(serve_count(&f), 2);
}
END_TEST

/* VMTP-13.4-04 */
START_TEST(datagram_has_a_transaction_of_its_own) {
    struct vmtp_request request = {.client = entity, .deadline = VMTP_NEVER};
    vmtp_handle handle;
    uint32_t before = 0;
    request.message.server = FOREIGN_SERVER;
    ck_assert_int_eq(vmtp_host_learn(f.engine, FOREIGN_SERVER, foreign_mac, f.now), 0);
    for (unsigned i = 0; i < 4; i++) {
        request.message.code = i == 3 ? 5 : 5 | VMTP_DGM;
        ck_assert_int_eq(vmtp_call(f.engine, &handle, &request, f.now), 0);
        foreign_collect(&f);
        uint32_t transaction = expect_packet(&f)->h.transaction;
        ck_assert(i == 0 || transaction == before + 1);
        before = transaction;
    }
}
END_TEST

/* The first two blocks of four, with code flags of the test's choice; the others never come. */
static int half_a_datagram(uint32_t transaction, uint32_t code, uint32_t flags) {
    struct vmtp_header h = foreign_segment_request(A, entity, transaction, 2048);
    h.code |= VMTP_DGM | code;
    h.words[5] = 0xf;
    h.delivery = 3;
    h.flags = flags;
    return foreign_send(&f, &h, serving_segment, 1024);
}

/* VMTP-13.4-05 */
START_TEST(incomplete_datagram_is_dropped) {
    ck_assert_int_eq(half_a_datagram(1, 0, 0), 0);
    foreign_pass(&f, 18 * VMTP_MILLISECOND);
    ck_assert_uint_eq(vmtp_counter(f.engine, VMTP_COUNT_DROP_INCOMPLETE), 0);
    foreign_pass(&f, 4 * VMTP_MILLISECOND);
    ck_assert_uint_eq(vmtp_counter(f.engine, VMTP_COUNT_DROP_INCOMPLETE), 1);
    foreign_pass(&f, 10 * VMTP_SECOND);
    expect_silence(&f);
    ck_assert_uint_eq(serve_count(&f), 0);
}
END_TEST

/* VMTP-13.4-05 */
START_TEST(incomplete_datagram_with_a_mask_is_delivered) {
    ck_assert_int_eq(half_a_datagram(1, VMTP_MDM, 0), 0);
    foreign_pass(&f, 18 * VMTP_MILLISECOND);
    ck_assert_uint_eq(serve_count(&f), 0);
    foreign_pass(&f, 4 * VMTP_MILLISECOND);
    ck_assert_uint_eq(serve_count(&f), 1);
    ck_assert_uint_eq(serve_last(&f)->delivered, 3);
    ck_assert_mem_eq(serve_last(&f)->segment, serving_segment, 1024);
    foreign_pass(&f, 10 * VMTP_SECOND);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.4-06: also at another entity of the node */
START_TEST(datagram_ends_what_its_client_began_before) {
    vmtp_entity other = serve_entity(&f, NULL);
    serve_ask(&f, A, _i ? other : entity, 1, 0);
    ck_assert_uint_eq(serve_count(&f), 1);
    ck_assert_int_eq(datagram(2, 0), 0);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_ABANDONED), 1);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.4-06: one of a run does not, and gaps in the run are nobody's business */
START_TEST(datagrams_of_a_run_follow_each_other) {
    const uint32_t of_run = VMTP_NSR | VMTP_NER;
    ck_assert_int_eq(datagram(1, VMTP_NER), 0);
    ck_assert_int_eq(half_a_datagram(2, 0, of_run), 0);
    ck_assert_int_eq(datagram(3, of_run), 0);
    ck_assert_int_eq(datagram(5, of_run), 0);
    ck_assert_int_eq(datagram(4, of_run), VMTP_COUNT_DROP_DUPLICATE);
    ck_assert_uint_eq(serve_count(&f), 1); /* 2 may still become whole */
    foreign_pass(&f, 30 * VMTP_MILLISECOND);
    ck_assert_uint_eq(serve_count(&f), 3);
    ck_assert_uint_eq(serve_last(&f)->transaction, 5);
    foreign_pass(&f, 10 * VMTP_SECOND);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-01 VMTP-13.4-04: a client's */
START_TEST(client_sends_a_run_of_datagrams) {
    static const uint32_t flags[] = {VMTP_NER, VMTP_NSR | VMTP_NER, VMTP_NSR, 0};
    struct vmtp_request request = {.client = entity, .deadline = VMTP_NEVER};
    vmtp_handle handle;
    request.message.server = FOREIGN_SERVER;
    request.message.code = 5 | VMTP_DGM;
    ck_assert_int_eq(vmtp_host_learn(f.engine, FOREIGN_SERVER, foreign_mac, f.now), 0);
    for (unsigned i = 0; i < 4; i++) {
        request.flags = i < 2 ? VMTP_CALL_MORE : 0;
        ck_assert_int_eq(vmtp_call(f.engine, &handle, &request, f.now), 0);
        foreign_collect(&f);
        ck_assert_uint_eq(expect_packet(&f)->h.flags, flags[i]);
    }
}
END_TEST

static int forwarded(uint32_t transaction, uint8_t forward, const uint8_t *from) {
    struct vmtp_header h = foreign_request(A, entity, transaction, 0x123);
    h.forward = forward;
    h.flags = forward ? VMTP_APG : 0; /* from the Client itself APG would ask what has become of it */
    f.src = from;
    return foreign_send(&f, &h, NULL, 0);
}

/* VMTP-13.5-03 */
START_TEST(forward_count_tells_new_from_old) {
    ck_assert_int_eq(vmtp_host_learn(f.engine, A, foreign_mac, f.now), 0); /* so that nobody need be probed */
    forwarded(7, 2, foreign_other_mac);
    ck_assert_uint_eq(serve_count(&f), 1);
    while (foreign_take(&f)) {
    }
    ck_assert_int_eq(forwarded(7, 1, foreign_other_mac), VMTP_COUNT_DROP_OLD_FORWARD);
    ck_assert_int_eq(forwarded(7, 0, foreign_mac), VMTP_COUNT_DROP_OLD_FORWARD);
    expect_silence(&f);
    ck_assert_uint_eq(serve_count(&f), 1);
    ck_assert_int_eq(forwarded(7, 3, foreign_other_mac), 0);
    ck_assert_uint_eq(serve_count(&f), 2);
    while (foreign_take(&f)) {
    }
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 1, 0, 0), 0);
    const struct packet *p = expect_response(&f, 7, 1);
    ck_assert_uint_eq(p->h.forward, 3);
    ck_assert_mem_eq(p->dst, foreign_mac, 6);
}
END_TEST

int main(void) {
    Suite *s = suite_create("datagrams");
    TCase *t = tcase_create("datagrams");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, client_sends_a_datagram_once, 0, 2);
    tcase_add_test(t, server_does_not_answer_a_datagram);
    tcase_add_test(t, datagrams_are_filtered);
    tcase_add_test(t, duplicate_of_a_datagram_is_not_answered);
    tcase_add_test(t, datagram_has_a_transaction_of_its_own);
    tcase_add_test(t, incomplete_datagram_is_dropped);
    tcase_add_test(t, incomplete_datagram_with_a_mask_is_delivered);
    tcase_add_loop_test(t, datagram_ends_what_its_client_began_before, 0, 2);
    tcase_add_test(t, datagrams_of_a_run_follow_each_other);
    tcase_add_test(t, client_sends_a_run_of_datagrams);
    tcase_add_test(t, forward_count_tells_new_from_old);
    suite_add_tcase(s, t);
    return run_suite(s);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* test_delivery.c - conditional delivery, no retransmission, delivery masks, data without a sum (spec/vmtp.md 13.6 to 13.8). */
#include "support/calling.h"
#include "support/serving.h"
#include "wire_testing.h"

#define A FOREIGN_CLIENT
#define MS VMTP_MILLISECOND
#define SIZE 4096u
#define ALL8 0xffu

static struct foreign f;
static vmtp_entity entity;

static void teardown(void) { foreign_close(&f); }

static void setup_client(void) {
    foreign_open(&f, NULL);
    entity = call_entity(&f);
}

static void setup_server(void) {
    foreign_open(&f, NULL);
    entity = serve_entity(&f, NULL);
}

/* ---- conditional delivery ---- */

/* VMTP-13.6-01: what the client has under way goes on */
START_TEST(conditional_request_changes_nothing) {
    vmtp_entity other;
    ck_assert_int_eq(vmtp_entity_create(f.engine, &other, NULL, f.now), 0);
    serve_ask(&f, A, entity, 7, 0);
    struct vmtp_header h = foreign_request(A, other, 8, 0x77 | VMTP_CMD);
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), VMTP_COUNT_DROP_CONDITIONAL);
    expect_nvc(&f, A, 8, VMTP_NOT_AWAITING_MSG);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_ABANDONED), 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 5, 0, 0), 0);
    expect_response(&f, 7, 5);
}
END_TEST

/* VMTP-13.6-02 */
START_TEST(conditional_response_finds_nobody_waiting) {
    struct vmtp_header asked = call_sent(&f, entity, 0), h = call_response(&asked, 0);
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), VMTP_COUNT_DROP_STALE_RESPONSE);
    expect_silence(&f);
    h.code |= VMTP_CMD;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), VMTP_COUNT_DROP_STALE_RESPONSE);
    expect_nvs(&f, FOREIGN_SERVER, asked.transaction, VMTP_RESPONSE_DISCARDED);
    f.multicast = 1;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), VMTP_COUNT_DROP_STALE_RESPONSE);
    expect_silence(&f);
}
END_TEST

/* ---- no retransmission ---- */

/* VMTP-13.7-01 VMTP-13.7-02: blocks 0 to 3 of 8 come */
START_TEST(nothing_is_asked_of_a_request_with_nrt) {
    struct vmtp_header h = foreign_segment_request(A, entity, 7, SIZE);
    h.flags = VMTP_NRT;
    h.code |= _i ? VMTP_MDM : 0;
    h.words[5] = ALL8;
    h.delivery = 0x0f;
    ck_assert_int_eq(foreign_send(&f, &h, serving_segment, 2048), 0);
    struct vmtp_header again = h; /* asked for what it has, it is silent as well */
    again.delivery = 0;
    again.flags |= VMTP_APG;
    foreign_send(&f, &again, NULL, 0);
    foreign_pass(&f, VMTP_SECOND);
    expect_silence(&f);
    ck_assert_uint_eq(serve_count(&f), _i ? 1 : 0);
    if (!_i)
        return;
    ck_assert_uint_eq(serve_last(&f)->delivered, 0x0f);
    ck_assert_uint_eq(serve_last(&f)->message.words[5], 0x0f);
    ck_assert_uint_eq(serve_last(&f)->segment_size, SIZE);
}
END_TEST

/* Nothing but the question whether it came has come.  VMTP-13.7-09 */
START_TEST(a_request_with_nrt_and_no_data_at_all) {
    struct vmtp_header h = foreign_segment_request(A, entity, 7, SIZE);
    h.flags = VMTP_NRT | VMTP_APG;
    h.code |= _i ? VMTP_MDM : 0;
    h.words[5] = ALL8;
    h.retransmit = 1;
    h.delivery = 0;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    foreign_pass(&f, VMTP_SECOND);
    expect_silence(&f);
    ck_assert_uint_eq(serve_count(&f), _i ? 1 : 0);
    if (_i) {
        ck_assert_uint_eq(serve_last(&f)->delivered, 0);
        ck_assert_uint_eq(serve_last(&f)->message.words[5], 0);
        return;
    }
    h.retransmit = 2; /* dropped as it was, it may come whole yet */
    h.delivery = ALL8;
    ck_assert_int_eq(foreign_send(&f, &h, serving_segment, SIZE), 0);
    ck_assert_uint_eq(serve_count(&f), 1);
}
END_TEST

/* VMTP-13.7-10 */
START_TEST(a_call_with_nrt_asks_and_ends) {
    struct vmtp_request r = call_request(entity, SIZE);
    r.control = VMTP_NRT;
    call_start(&f, &r);
    call_forget_packets(&f);
    unsigned asked = 0;
    foreign_pass(&f, 5 * VMTP_SECOND);
    for (const struct packet *p; (p = foreign_take(&f)) != NULL; asked++) {
        ck_assert_uint_eq(p->h.delivery, 0);
        ck_assert_uint_eq(p->h.flags, VMTP_NRT | VMTP_APG);
        ck_assert_uint_eq(p->h.retransmit, asked + 1);
    }
    ck_assert_uint_eq(asked, 5);
    call_result(&f, VMTP_RETRANS_TIMEOUT);
}
END_TEST

/* VMTP-13.7-01 VMTP-13.7-02 VMTP-13.7-06 */
START_TEST(nothing_is_asked_of_a_response_with_nrt) {
    struct vmtp_header asked = call_sent(&f, entity, 0), h = call_response(&asked, SIZE);
    h.code |= _i ? VMTP_MDM : 0;
    h.words[5] = ALL8;
    h.flags = VMTP_NRT;
    ck_assert_int_eq(call_give_blocks(&f, &h, calling_response, 0x33, 0), 0);
    foreign_pass(&f, VMTP_SECOND);
    expect_silence(&f);
    const struct vmtp_event *end = call_result(&f, _i ? 0 : VMTP_BAD_REPLY_SEGMENT);
    ck_assert_uint_eq(end->delivered, 0x33);
    ck_assert_uint_eq(end->segment_size, _i ? SIZE : 1024);
    if (_i)
        ck_assert_uint_eq(end->message.words[5], 0x33);
}
END_TEST

/* VMTP-13.7-01: the server's flag, also when the Response is sent again */
START_TEST(a_response_may_say_nrt) {
    serve_ask(&f, A, entity, 7, 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 1, 1024, VMTP_REPLY_ONCE), 0);
    ck_assert_uint_eq(expect_response(&f, 7, 1)->h.flags, VMTP_NRT);
    serve_ask_again(&f, A, entity, 7, 0);
    ck_assert_uint_eq(expect_response(&f, 7, 1)->h.flags, VMTP_NRT | VMTP_APG);
}
END_TEST

/* ---- masks ---- */

/* VMTP-13.7-02: what is told is what came, also of what MsgDelivery names beyond the segment */
START_TEST(a_whole_request_tells_its_blocks) {
    struct vmtp_header h = foreign_segment_request(A, entity, 7, SIZE);
    h.code |= VMTP_MDM;
    h.words[5] = 0xffff000f;
    h.delivery = 0x0f;
    ck_assert_int_eq(foreign_send(&f, &h, serving_segment, 2048), 0);
    ck_assert_uint_eq(serve_last(&f)->delivered, 0x0f);
    ck_assert_uint_eq(serve_last(&f)->message.words[5], 0x0f);
}
END_TEST

/* VMTP-13.7-05 */
START_TEST(the_last_retry_delivers_what_came) {
    struct vmtp_header h = foreign_segment_request(A, entity, 7, SIZE);
    h.code |= VMTP_MDM;
    h.words[5] = ALL8;
    h.delivery = 0x0f;
    ck_assert_int_eq(foreign_send(&f, &h, serving_segment, 2048), 0);
    foreign_pass(&f, 3 * VMTP_SECOND);
    for (unsigned i = 0; i < 5; i++)
        ck_assert_uint_eq(packet_32(expect_nvc(&f, A, 7, VMTP_RETRY), 56), 0x0f);
    expect_silence(&f);
    ck_assert_uint_eq(serve_count(&f), 1);
    ck_assert_uint_eq(serve_last(&f)->message.words[5], 0x0f);
}
END_TEST

/* VMTP-13.7-05 */
START_TEST(the_last_retry_completes_with_what_came) {
    struct vmtp_header asked = call_sent(&f, entity, 0), h = call_response(&asked, SIZE);
    h.code |= VMTP_MDM;
    h.words[5] = ALL8;
    ck_assert_int_eq(call_give_blocks(&f, &h, calling_response, 0x33, 0), 0);
    foreign_pass(&f, 5 * VMTP_SECOND);
    const struct vmtp_event *end = call_result(&f, 0);
    ck_assert_uint_eq(end->delivered, 0x33);
    ck_assert_uint_eq(end->message.words[5], 0x33);
}
END_TEST

/* VMTP-13.7-03: a Response's */
START_TEST(a_reply_sends_the_blocks_that_it_names) {
    struct vmtp_reply reply = {.segment = serving_segment, .segment_size = SIZE};
    serve_ask(&f, A, entity, 7, 0);
    reply.message.code = 1 | VMTP_MDM;
    reply.message.words[5] = 0x81;
    ck_assert_int_eq(vmtp_reply(f.engine, serve_last(&f)->handle, &reply, f.now), 0);
    foreign_collect(&f);
    const struct packet *p = expect_response(&f, 7, 1);
    ck_assert_uint_eq(p->h.delivery, 0x81);
    ck_assert_uint_eq(p->h.words[5], 0x81);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.7-04 VMTP-13.7-08 */
START_TEST(a_request_chooses_blocks_of_the_response) {
    struct vmtp_header h = foreign_request(A, entity, 7, 0x77 | VMTP_MDM);
    h.words[5] = 0xff21;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 1 | VMTP_DGM, SIZE, VMTP_REPLY_CHOSEN), 0);
    const struct packet *p = expect_response(&f, 7, 1);
    ck_assert_uint_eq(p->h.delivery, 0x21);
    ck_assert_uint_eq(p->h.words[5], 0x21);
    ck_assert_uint_eq(p->h.code, 1 | VMTP_DGM | VMTP_MDM | VMTP_SDA);
    h.retransmit = 1;
    h.words[5] = 0x40;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0); /* done again, for another block */
    ck_assert_uint_eq(serve_last(&f)->message.words[5], 0x40);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 1 | VMTP_DGM, SIZE, VMTP_REPLY_CHOSEN), 0);
    ck_assert_uint_eq(expect_response(&f, 7, 1)->h.delivery, 0x40);
}
END_TEST

static struct vmtp_header begin_partial(void) {
    struct vmtp_request r = call_request(entity, 0);
    r.flags = VMTP_CALL_PARTIAL;
    call_start(&f, &r);
    return expect_packet(&f)->h;
}

/* VMTP-13.7-07 */
START_TEST(what_is_missing_is_asked_for_and_the_rest_kept) {
    struct vmtp_header asked = begin_partial();
    ck_assert_uint_eq(asked.code, 0x77 | VMTP_MDM);
    ck_assert_uint_eq(asked.words[5], 0xffffffff);
    struct vmtp_header h = call_response(&asked, SIZE);
    h.code |= VMTP_DGM | VMTP_MDM;
    h.words[5] = ALL8;
    ck_assert_int_eq(call_give_blocks(&f, &h, calling_response, 0x33, 0), 0);
    for (unsigned i = 0; i < 2; i++) { /* the next two times one more comes */
        foreign_pass(&f, 25 * MS);
        const struct packet *p = expect_packet(&f);
        ck_assert_uint_eq(p->h.words[5], i ? 0xc8 : 0xcc);
        ck_assert_uint_eq(p->h.transaction, asked.transaction);
        h.words[5] = p->h.words[5];
        h.retransmit = p->h.retransmit;
        ck_assert_int_eq(call_give_blocks(&f, &h, calling_response, i ? 0xc8 : 0x04, 0), 0);
    }
    const struct vmtp_event *end = call_result(&f, 0);
    ck_assert_uint_eq(end->delivered, ALL8);
    ck_assert_uint_eq(end->segment_size, SIZE);
    ck_assert_uint_eq(end->message.code & VMTP_MDM, 0);
    ck_assert_mem_eq(calling_area, calling_response, SIZE);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.7-07: another Response than before begins anew, and so does one of a server that does not understand */
START_TEST(another_response_begins_anew) {
    struct vmtp_header asked = begin_partial(), h = call_response(&asked, SIZE);
    h.code |= VMTP_DGM | (_i ? 0 : VMTP_MDM);
    h.words[5] = ALL8;
    ck_assert_int_eq(call_give_blocks(&f, &h, calling_response, 0x33, 0), 0);
    foreign_pass(&f, 25 * MS);
    h.retransmit = expect_packet(&f)->h.retransmit;
    h.words[2] ^= _i ? 0 : 1;
    h.words[5] = _i ? ALL8 : 0xcc;
    ck_assert_int_eq(call_give_blocks(&f, &h, calling_response, 0xcc, 0), 0);
    call_goes_on(&f);
    foreign_pass(&f, 25 * MS);
    ck_assert_uint_eq(expect_packet(&f)->h.words[5], 0x33);
}
END_TEST

/* VMTP-13.7-07: it ends as other calls do */
START_TEST(what_never_comes_is_no_success) {
    struct vmtp_header asked = begin_partial(), h = call_response(&asked, SIZE);
    h.code |= VMTP_DGM | VMTP_MDM;
    h.words[5] = ALL8;
    ck_assert_int_eq(call_give_blocks(&f, &h, calling_response, 0x33, 0), 0);
    foreign_pass(&f, 5 * VMTP_SECOND);
    ck_assert_uint_eq(call_result(&f, VMTP_BAD_REPLY_SEGMENT)->segment_size, 1024);
}
END_TEST

/* VMTP-13.7-07 */
START_TEST(not_every_call_can_be_partial) {
    struct vmtp_request r = call_request(entity, 0);
    vmtp_handle handle;
    r.flags = VMTP_CALL_PARTIAL;
    switch (_i) {
    case 0: r.segment = calling_segment, r.segment_size = 1; break;
    case 1: r.message.code |= VMTP_MDM; break;
    case 2: r.message.code |= VMTP_DGM; break;
    case 3: r.response_size = 0; break;
    case 4: r.flags |= VMTP_CALL_MORE; break;
    default: r.message.server = VMTP_MANAGER_GROUP; break;
    }
    ck_assert_int_eq(vmtp_call(f.engine, &handle, &r, f.now), VMTP_E_INVALID);
}
END_TEST

/* ---- data without a sum ---- */

/* The sum at the end of p, and what it would be over so many octets. */
static void check_sum(const struct packet *p, uint32_t octets) {
    ck_assert_uint_eq(vmtp_load32(p->raw + p->octets - 4), vmtp_checksum(p->raw, octets));
    ck_assert_uint_eq(p->h.hco, octets == VMTP_HEADER_OCTETS);
}

/* VMTP-13.8-01 */
START_TEST(a_call_may_leave_its_data_unsummed) {
    struct vmtp_request r = call_request(entity, 1000);
    r.flags = _i ? VMTP_CALL_HEADER_SUM : 0;
    call_start(&f, &r);
    check_sum(expect_packet(&f), _i ? 64 : 1064);
}
END_TEST

/* VMTP-13.8-01: also when it is sent again */
START_TEST(a_reply_may_leave_its_data_unsummed) {
    serve_ask(&f, A, entity, 7, 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 1, 1000, _i ? VMTP_REPLY_HEADER_SUM : 0), 0);
    check_sum(expect_packet(&f), _i ? 64 : 1064);
    serve_ask_again(&f, A, entity, 7, 0);
    check_sum(expect_packet(&f), _i ? 64 : 1064);
}
END_TEST

int main(void) {
    Suite *s = suite_create("delivery");
    TCase *c = tcase_create("client"), *d = tcase_create("server");
    tcase_add_checked_fixture(c, setup_client, teardown);
    tcase_add_checked_fixture(d, setup_server, teardown);
    tcase_add_test(d, conditional_request_changes_nothing);
    tcase_add_test(c, conditional_response_finds_nobody_waiting);
    tcase_add_loop_test(d, nothing_is_asked_of_a_request_with_nrt, 0, 2);
    tcase_add_loop_test(c, nothing_is_asked_of_a_response_with_nrt, 0, 2);
    tcase_add_loop_test(d, a_request_with_nrt_and_no_data_at_all, 0, 2);
    tcase_add_test(c, a_call_with_nrt_asks_and_ends);
    tcase_add_test(d, a_response_may_say_nrt);
    tcase_add_test(d, a_whole_request_tells_its_blocks);
    tcase_add_test(d, the_last_retry_delivers_what_came);
    tcase_add_test(c, the_last_retry_completes_with_what_came);
    tcase_add_test(d, a_reply_sends_the_blocks_that_it_names);
    tcase_add_test(d, a_request_chooses_blocks_of_the_response);
    tcase_add_test(c, what_is_missing_is_asked_for_and_the_rest_kept);
    tcase_add_loop_test(c, another_response_begins_anew, 0, 2);
    tcase_add_test(c, what_never_comes_is_no_success);
    tcase_add_loop_test(c, not_every_call_can_be_partial, 0, 6);
    tcase_add_loop_test(c, a_call_may_leave_its_data_unsummed, 0, 2);
    tcase_add_loop_test(d, a_reply_may_leave_its_data_unsummed, 0, 2);
    suite_add_tcase(s, c);
    suite_add_tcase(s, d);
    return run_suite(s);
}

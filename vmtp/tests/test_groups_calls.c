/* SPDX-License-Identifier: BSD-2-Clause */
/* test_groups_calls.c - the client of a Request to a group (spec/vmtp.md section 13.1). */
#include "support/calling.h"
#include "support/serving.h"
#include "wire_testing.h"

#define GROUP 0x4000000000beef01ull
#define M1 0x0000000000def001ull
#define M2 0x0000000000def002ull
#define M3 0x0000000000def003ull

static struct foreign f;
static vmtp_entity client;
static uint8_t slots[8][2048];

static void setup(void) {
    foreign_open(&f, NULL);
    client = call_entity(&f);
}

static void teardown(void) { foreign_close(&f); }

/* count 1: one Response is enough; more: as many, until a second has passed */
static struct vmtp_request request(uint32_t size, unsigned count) {
    struct vmtp_request r = call_request(client, size);
    r.message.server = GROUP;
    if (count > 1) {
        r.message.code |= VMTP_MRD;
        r.response_area = slots;
        r.response_size = sizeof slots[0];
        r.response_slots = count;
        r.deadline = f.now + VMTP_SECOND;
    }
    return r;
}

static struct vmtp_header sent(uint32_t size, unsigned count) {
    struct vmtp_request r = request(size, count);
    call_start(&f, &r);
    return expect_packet(&f)->h;
}

/* A member's Response to a Request with this header. */
static int answer(const struct vmtp_header *h, vmtp_entity member, uint32_t flags) {
    struct vmtp_header response = call_response(h, 0);
    response.server = member;
    response.flags |= flags;
    return foreign_send(&f, &response, NULL, 0);
}

static int tell(const struct vmtp_header *h, uint32_t delivery, uint32_t code) {
    struct vmtp_header n = foreign_notify_client(client, h->transaction, delivery, code);
    return foreign_send(&f, &n, NULL, 0);
}

static void expect_to_group(const struct packet *p) {
    uint8_t mac[6];
    vmtp_group_mac(mac, GROUP);
    ck_assert_mem_eq(p->dst, mac, 6);
    ck_assert_uint_eq(p->h.mpg, 1);
    ck_assert_uint_eq(p->h.server, GROUP);
}

/* ---- sending ---- */

/* VMTP-13.1-01 VMTP-13.1-12 VMTP-2.3-01 */
START_TEST(request_goes_to_the_group) {
    struct vmtp_request r = request(3000, 1);
    call_start(&f, &r);
    ck_assert_uint_eq(foreign_waiting(&f), 3); /* no Probe, and each packet once */
    for (unsigned i = 0; i < 3; i++) {
        const struct packet *p = expect_packet(&f);
        expect_to_group(p);
        ck_assert_uint_eq(p->h.flags & (VMTP_MDG | VMTP_APG), 0);
    }
}
END_TEST

/* VMTP-13.1-12 */
START_TEST(member_says_that_it_is_one) {
    vmtp_entity other = call_entity(&f);
    ck_assert_int_eq(vmtp_group_join(f.engine, GROUP, _i ? client : other, 0), 0);
    ck_assert_int_eq((sent(0, 1).flags & VMTP_MDG) != 0, _i);
}
END_TEST

/* VMTP-13.1-05 */
START_TEST(retransmission_has_data_and_goes_to_all) {
    struct vmtp_request r = request(3000, 4);
    call_start(&f, &r);
    struct vmtp_header h = expect_packet(&f)->h;
    call_forget_packets(&f);
    for (unsigned i = 1; i <= 2; i++) {
        uint32_t blocks = 0;
        foreign_pass(&f, 225 * VMTP_MILLISECOND);
        for (const struct packet *p; (p = foreign_take(&f)) != NULL; blocks |= p->h.delivery) {
            expect_to_group(p);
            ck_assert_uint_ge(p->h.retransmit, 1);
            ck_assert_uint_eq(p->h.flags & VMTP_APG, VMTP_APG);
        }
        ck_assert_uint_eq(blocks, 0x3f);
    }
    ck_assert_int_eq(answer(&h, M1, 0), 0);
    foreign_pass(&f, 500 * VMTP_MILLISECOND); /* somebody has it: that is enough */
    expect_silence(&f);
}
END_TEST

/* VMTP-13.1-21 VMTP-13.4-01 */
START_TEST(datagram_is_sent_once) {
    vmtp_entity member = serve_entity(&f, NULL);
    struct vmtp_request r = request(0, 1);
    ck_assert_int_eq(vmtp_group_join(f.engine, GROUP, member, 0), 0);
    r.message.code |= VMTP_DGM;
    call_start(&f, &r);
    expect_to_group(expect_packet(&f));
    call_result(&f, 0);
    ck_assert_uint_eq(serve_count(&f), 1); /* the member here has it too */
    ck_assert_uint_eq(serve_last(&f)->handle, 0);
    foreign_pass(&f, 10 * VMTP_SECOND);
    expect_silence(&f);
}
END_TEST

/* ---- Responses ---- */

/* VMTP-13.1-04 */
START_TEST(first_response_completes) {
    struct vmtp_header h = sent(0, 1);
    ck_assert_int_eq(answer(&h, M1, 0), 0);
    ck_assert_uint_eq(call_result(&f, 0)->message.server, M1);
    ck_assert_int_eq(answer(&h, M2, 0), VMTP_COUNT_DROP_STALE_RESPONSE);
    expect_silence(&f);
    ck_assert_int_eq(answer(&h, M2, VMTP_APG), VMTP_COUNT_DROP_STALE_RESPONSE);
    expect_nvs(&f, M2, h.transaction, VMTP_RESPONSE_DISCARDED);
}
END_TEST

/* VMTP-13.1-03 */
START_TEST(all_that_come_before_the_deadline) {
    struct vmtp_header h = sent(0, 4);
    ck_assert_int_eq(answer(&h, M1, 0), 0);
    ck_assert_int_eq(answer(&h, M1, 0), VMTP_COUNT_DROP_STALE_RESPONSE);
    foreign_pass(&f, 900 * VMTP_MILLISECOND);
    ck_assert_int_eq(answer(&h, M2, 0), 0);
    call_goes_on(&f);
    foreign_pass(&f, 101 * VMTP_MILLISECOND);
    ck_assert_uint_eq(call_result(&f, 0)->number, 2);
    ck_assert_int_eq(answer(&h, M3, 0), VMTP_COUNT_DROP_STALE_RESPONSE);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RESPONSE), 2);
    ck_assert_uint_eq(foreign_event(&f, VMTP_EV_RESPONSE, 1)->message.server, M2);
}
END_TEST

/* VMTP-13.1-19: nobody answers for longer than retransmissions last, and then somebody does */
START_TEST(call_for_several_waits_until_its_deadline) {
    struct vmtp_request r = request(0, 4);
    r.deadline = f.now + 5 * VMTP_SECOND;
    call_start(&f, &r);
    struct vmtp_header h = expect_packet(&f)->h;
    foreign_pass(&f, 4 * VMTP_SECOND);
    ck_assert_uint_eq(foreign_waiting(&f), 5); /* VMTP-7.6-02 */
    call_goes_on(&f);
    if (_i)
        ck_assert_int_eq(answer(&h, M1, 0), 0);
    foreign_pass(&f, 1001 * VMTP_MILLISECOND);
    ck_assert_uint_eq(call_result(&f, _i ? 0 : VMTP_USER_TIMEOUT)->number, (unsigned)_i);
}
END_TEST

/* VMTP-13.1-19 VMTP-7.6-02: one that takes one Response fails as usual, and so does one without a deadline */
START_TEST(call_for_one_fails_when_nobody_answers) {
    struct vmtp_request r = request(0, _i ? 4 : 1);
    r.deadline = _i ? VMTP_NEVER : f.now + 10 * VMTP_SECOND;
    call_start(&f, &r);
    foreign_pass(&f, VMTP_SECOND);
    call_result(&f, VMTP_RETRANS_TIMEOUT);
}
END_TEST

/* VMTP-13.1-23 VMTP-7.4-10: it is done again for the client, by who did it, not by all */
START_TEST(idempotent_response_that_lacks_blocks) {
    struct vmtp_header h = sent(0, 4), response = call_response(&h, 2000);
    unsigned asked = 0;
    response.server = M1;
    response.code |= VMTP_DGM;
    f.src = foreign_other_mac;
    ck_assert_int_eq(call_give_blocks(&f, &response, calling_response, 3, 0), 0);
    for (unsigned i = 0; i < 30 && !foreign_event_count(&f, VMTP_EV_RESPONSE); i++) {
        foreign_pass(&f, 10 * VMTP_MILLISECOND);
        const struct packet *p = foreign_take(&f);
        if (!p || p->h.mpg) /* VMTP-13.1-05 */
            continue;
        asked++;
        ck_assert_mem_eq(p->dst, foreign_other_mac, 6);
        ck_assert_uint_eq(p->h.flags & VMTP_APG, VMTP_APG);
        response.retransmit = p->h.retransmit;
        ck_assert_int_eq(call_give_blocks(&f, &response, calling_response, 3, 0), 0);
        if (_i)
            ck_assert_int_eq(call_give_blocks(&f, &response, calling_response, 12, 0), 0);
    }
    foreign_pass(&f, 50 * VMTP_MILLISECOND);
    const struct vmtp_event *ev = foreign_event(&f, VMTP_EV_RESPONSE, 0);
    ck_assert_ptr_nonnull(ev);
    ck_assert_uint_eq(asked, _i ? 1 : 5);
    ck_assert_uint_eq(ev->result, _i ? 0 : VMTP_BAD_REPLY_SEGMENT);
    ck_assert_uint_eq(ev->segment_size, _i ? 2000 : 1024);
}
END_TEST

/* VMTP-13.1-33: the server of the only Response is gone, and what the others say does not bring the rest of it */
START_TEST(others_are_of_no_use) {
    struct vmtp_header h = sent(0, 1), response = call_response(&h, 2000);
    unsigned asked = 0;
    response.server = M1;
    response.code |= VMTP_DGM;
    f.src = foreign_other_mac;
    ck_assert_int_eq(call_give_blocks(&f, &response, calling_response, 3, 0), 0);
    f.src = foreign_mac;
    while (!foreign_event(&f, VMTP_EV_COMPLETE, 0)) {
        foreign_pass(&f, 10 * VMTP_MILLISECOND);
        for (; foreign_take(&f); asked++)
            tell(&h, 0, VMTP_OK);
        ck_assert_uint_le(asked, 5);
    }
    call_result(&f, VMTP_BAD_REPLY_SEGMENT);
    ck_assert_uint_eq(asked, 5);
}
END_TEST

/* ---- NotifyVmtpClient ---- */

/* VMTP-13.1-08: to that node alone, without MPG; and the next to all again */
START_TEST(retry_is_answered_to_who_asked) {
    struct vmtp_request r = request(2048, 4);
    call_start(&f, &r);
    struct vmtp_header h = expect_packet(&f)->h;
    call_forget_packets(&f);
    f.src = foreign_other_mac;
    ck_assert_int_eq(tell(&h, 0x0d, VMTP_RETRY), 0);
    const struct packet *p = expect_packet(&f);
    ck_assert_mem_eq(p->dst, foreign_other_mac, 6);
    ck_assert_uint_eq(p->h.mpg, 0);
    ck_assert_uint_eq(p->h.server, GROUP);
    ck_assert_uint_eq(p->h.delivery, 2);
    ck_assert_uint_eq(p->h.retransmit, 1);
    ck_assert_uint_eq(p->h.flags & VMTP_APG, 0);
    expect_silence(&f);
    foreign_pass(&f, 225 * VMTP_MILLISECOND);
    expect_to_group(expect_packet(&f));
    call_forget_packets(&f);
    ck_assert_int_eq(answer(&h, M1, 0), 0); /* others may still lack something */
    ck_assert_int_eq(tell(&h, 0, VMTP_RETRY_ALL), 0);
    ck_assert_mem_eq(expect_packet(&f)->dst, foreign_other_mac, 6);
    ck_assert_uint_eq(expect_packet(&f)->h.mpg, 0);
    foreign_pass(&f, 700 * VMTP_MILLISECOND);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.1-18: RETRY of many members is obeyed each time */
START_TEST(retry_of_many_members) {
    struct vmtp_request r = request(2048, 4);
    call_start(&f, &r);
    struct vmtp_header h = expect_packet(&f)->h;
    call_forget_packets(&f);
    for (unsigned i = 0; i < 12; i++) {
        ck_assert_int_eq(tell(&h, 0x0e, VMTP_RETRY), 0);
        ck_assert_uint_eq(expect_packet(&f)->h.delivery, 1);
        expect_silence(&f);
    }
    ck_assert_int_eq(tell(&h, 0x0f, VMTP_RETRY), 0);
    expect_silence(&f);
    call_goes_on(&f);
}
END_TEST

/* VMTP-13.1-18 */
START_TEST(no_node_speaks_for_the_group) {
    static const uint32_t codes[] = {
        VMTP_BUSY, VMTP_NONEXISTENT_ENTITY, VMTP_ENTITY_MIGRATED, VMTP_NO_PERMISSION, VMTP_ERROR, VMTP_TOO_MANY_RETRIES,
        VMTP_OK};
    struct vmtp_header h = sent(0, 1);
    tell(&h, 0, codes[_i]);
    call_goes_on(&f);
    foreign_pass(&f, 225 * VMTP_MILLISECOND); /* as it would have been without */
    ck_assert_uint_eq(expect_packet(&f)->h.retransmit, 1);
    ck_assert_int_eq(answer(&h, M1, 0), 0);
    call_result(&f, 0);
}
END_TEST

/* ---- times ---- */

/* VMTP-13.1-06 VMTP-7.3-02: the slowest of those that answered the last time */
START_TEST(times_of_a_group) {
    struct vmtp_header h = sent(0, 4);
    foreign_pass(&f, VMTP_MILLISECOND);
    ck_assert_int_eq(answer(&h, M1, 0), 0);
    foreign_pass(&f, 39 * VMTP_MILLISECOND);
    ck_assert_int_eq(answer(&h, M2, 0), 0);
    foreign_pass(&f, VMTP_SECOND);
    struct vmtp_request r = request(0, 1);
    r.control = _i ? VMTP_DRT : 0;
    call_start(&f, &r);
    expect_packet(&f);
    foreign_pass(&f, 100 * VMTP_MILLISECOND); /* 40 ms and four deviations of 20 ms */
    expect_silence(&f);
    foreign_pass(&f, 25 * VMTP_MILLISECOND);
    if (!_i) {
        expect_packet(&f);
        return;
    }
    expect_silence(&f); /* VMTP-13.1-22 */
    foreign_pass(&f, 100 * VMTP_MILLISECOND);
    expect_packet(&f);
}
END_TEST

/* ---- members here ---- */

static vmtp_entity here(void) {
    vmtp_entity member = serve_entity(&f, NULL);
    ck_assert_int_eq(vmtp_group_join(f.engine, GROUP, member, 0), 0);
    return member;
}

/* VMTP-13.1-01 VMTP-13.1-16 VMTP-4.6-08 */
START_TEST(members_here_get_it_without_a_frame) {
    vmtp_entity a = here(), b = here();
    ck_assert_int_eq(vmtp_group_join(f.engine, GROUP, client, 0), 0);
    serve_accepts(&f, client, 1, 2048);
    struct vmtp_request r = request(1000, 4);
    call_start(&f, &r);
    struct vmtp_header h = expect_packet(&f)->h;
    expect_silence(&f);
    ck_assert_uint_eq(serve_count(&f), 2);
    ck_assert_uint_eq(foreign_event(&f, VMTP_EV_REQUEST, 0)->entity, a);
    ck_assert_uint_eq(foreign_event(&f, VMTP_EV_REQUEST, 1)->entity, b);
    ck_assert_mem_eq(serve_last(&f)->segment, calling_segment, 1000);
    ck_assert_uint_eq(serve_last(&f)->message.server, GROUP);
    ck_assert_int_eq(serve_reply(&f, foreign_event(&f, VMTP_EV_REQUEST, 0), 5, 300, 0), 0);
    ck_assert_int_eq(serve_reply(&f, foreign_event(&f, VMTP_EV_REQUEST, 1), 6, 0, 0), 0);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RELEASED), 1);
    const struct vmtp_event *ev = foreign_event(&f, VMTP_EV_RESPONSE, 0);
    ck_assert_uint_eq(ev->message.server, a);
    ck_assert_uint_eq(ev->segment_size, 300);
    ck_assert_mem_eq(ev->segment, serving_segment, 300);
    ck_assert_uint_eq(foreign_event(&f, VMTP_EV_RESPONSE, 1)->message.server, b);
    foreign_pass(&f, 225 * VMTP_MILLISECOND); /* VMTP-13.1-05: nobody elsewhere has said that he has it */
    expect_to_group(expect_packet(&f));
    ck_assert_uint_eq(serve_count(&f), 2);
    ck_assert_int_eq(answer(&h, M1, 0), 0);
    foreign_pass(&f, VMTP_SECOND);
    ck_assert_uint_eq(call_result(&f, 0)->number, 3);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.1-04: whoever is first */
START_TEST(first_of_those_here_and_elsewhere) {
    vmtp_entity a = here();
    here();
    struct vmtp_header h = sent(0, 1);
    ck_assert_uint_eq(serve_count(&f), 2);
    if (_i)
        ck_assert_int_eq(answer(&h, M1, 0), 0);
    else
        ck_assert_int_eq(serve_reply(&f, foreign_event(&f, VMTP_EV_REQUEST, 0), 5, 0, 0), 0);
    ck_assert_uint_eq(call_result(&f, 0)->message.server, _i ? M1 : a);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_ABANDONED), _i ? 2 : 1);
    ck_assert_int_eq(serve_reply(&f, foreign_event(&f, VMTP_EV_REQUEST, 1), 5, 0, 0), VMTP_E_STALE);
}
END_TEST

/* One that is at work is waited for: it is no matter of the network. */
START_TEST(slow_member_here) {
    here();
    sent(0, 1);
    foreign_pass(&f, 10 * VMTP_SECOND);
    call_goes_on(&f);
    ck_assert_uint_eq(foreign_waiting(&f), 5);
    if (_i) {
        ck_assert_int_eq(vmtp_entity_delete(f.engine, serve_last(&f)->entity, f.now), 0);
        foreign_pass(&f, VMTP_SECOND);
        call_result(&f, VMTP_RETRANS_TIMEOUT);
        return;
    }
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 5, 0, 0), 0);
    call_result(&f, 0);
}
END_TEST

/* One that takes nothing now gets it with a retransmission; one that had it does not. */
START_TEST(member_here_without_an_accept) {
    vmtp_entity busy;
    here();
    ck_assert_int_eq(vmtp_entity_create(f.engine, &busy, NULL, f.now), 0);
    ck_assert_int_eq(vmtp_group_join(f.engine, GROUP, busy, 0), 0);
    sent(0, 4);
    ck_assert_uint_eq(serve_count(&f), 1);
    serve_accepts(&f, busy, 1, 64);
    foreign_pass(&f, 225 * VMTP_MILLISECOND);
    ck_assert_uint_eq(serve_count(&f), 2);
    ck_assert_uint_eq(serve_last(&f)->entity, busy);
    foreign_pass(&f, 225 * VMTP_MILLISECOND);
    ck_assert_uint_eq(serve_count(&f), 2);
}
END_TEST

/* VMTP-13.1-20 */
START_TEST(coresident_entity_of_this_node) {
    vmtp_entity a = here();
    struct vmtp_request r = request(0, _i ? 4 : 1);
    r.message.code |= VMTP_CRE;
    vmtp_message_set_coresident(&r.message, a);
    call_start(&f, &r);
    expect_silence(&f);
    ck_assert_uint_eq(serve_count(&f), 1);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 5, 0, 0), 0);
    foreign_pass(&f, VMTP_SECOND);
    ck_assert_uint_eq(call_result(&f, 0)->number, (unsigned)_i);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.1-20: nobody elsewhere can be meant */
START_TEST(coresident_entity_here_but_no_member) {
    struct vmtp_request r = request(0, 1);
    r.message.code |= VMTP_CRE;
    vmtp_message_set_coresident(&r.message, client);
    call_start(&f, &r);
    call_result(&f, VMTP_NONEXISTENT_ENTITY);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.1-13: an entity whose node is known gets it by unicast, a group by multicast */
START_TEST(coresident_entity_elsewhere) {
    here();
    struct vmtp_request r = request(0, 1);
    r.message.code |= VMTP_CRE;
    vmtp_message_set_coresident(&r.message, _i ? GROUP + 0x100 : FOREIGN_SERVER);
    call_start(&f, &r);
    const struct packet *p = expect_packet(&f);
    ck_assert_uint_eq(serve_count(&f), 0);
    ck_assert_uint_eq(p->h.server, GROUP);
    if (_i)
        expect_to_group(p);
    else
        ck_assert_mem_eq(p->dst, foreign_mac, 6);
    ck_assert_int_eq(p->h.mpg, _i);
}
END_TEST

/* Whatever becomes of a call, nothing of it stays. */
START_TEST(nothing_is_left) {
    struct vmtp_usage u;
    vmtp_entity a = here();
    struct vmtp_request r = request(0, 4);
    vmtp_handle h = call_start(&f, &r);
    if (_i == 0)
        ck_assert_int_eq(vmtp_cancel(f.engine, h, f.now), 0);
    if (_i == 1)
        ck_assert_int_eq(vmtp_entity_delete(f.engine, client, f.now), 0);
    if (_i == 2)
        ck_assert_int_eq(vmtp_entity_delete(f.engine, a, f.now), 0);
    if (_i == 3)
        ck_assert_int_eq(serve_reply(&f, serve_last(&f), VMTP_RESPONSE_DISCARDED, 0, 0), 0);
    foreign_pass(&f, 2 * VMTP_SECOND);
    foreign_collect(&f);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_COMPLETE), 1);
    vmtp_usage(f.engine, &u);
    ck_assert_uint_eq(u.calls, 0);
    ck_assert_uint_eq(u.requests, 0);
}
END_TEST

int main(void) {
    Suite *s = suite_create("groups: calls");
    TCase *t = tcase_create("groups");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, request_goes_to_the_group);
    tcase_add_loop_test(t, member_says_that_it_is_one, 0, 2);
    tcase_add_test(t, retransmission_has_data_and_goes_to_all);
    tcase_add_test(t, datagram_is_sent_once);
    tcase_add_test(t, first_response_completes);
    tcase_add_test(t, all_that_come_before_the_deadline);
    tcase_add_loop_test(t, call_for_several_waits_until_its_deadline, 0, 2);
    tcase_add_loop_test(t, call_for_one_fails_when_nobody_answers, 0, 2);
    tcase_add_loop_test(t, idempotent_response_that_lacks_blocks, 0, 2);
    tcase_add_test(t, others_are_of_no_use);
    tcase_add_test(t, retry_is_answered_to_who_asked);
    tcase_add_test(t, retry_of_many_members);
    tcase_add_loop_test(t, no_node_speaks_for_the_group, 0, 7);
    tcase_add_loop_test(t, times_of_a_group, 0, 2);
    tcase_add_test(t, members_here_get_it_without_a_frame);
    tcase_add_loop_test(t, first_of_those_here_and_elsewhere, 0, 2);
    tcase_add_loop_test(t, slow_member_here, 0, 2);
    tcase_add_test(t, member_here_without_an_accept);
    tcase_add_loop_test(t, coresident_entity_of_this_node, 0, 2);
    tcase_add_test(t, coresident_entity_here_but_no_member);
    tcase_add_loop_test(t, coresident_entity_elsewhere, 0, 2);
    tcase_add_loop_test(t, nothing_is_left, 0, 4);
    suite_add_tcase(s, t);
    return run_suite(s);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* test_groups_requests.c - Requests to groups at the members' node (spec/vmtp.md section 13.1). */
#include "support/calling.h"
#include "support/serving.h"
#include "wire_testing.h"

#define A FOREIGN_CLIENT
#define GROUP 0x4000000000beef01ull
#define OTHER_GROUP 0x4000000077beef01ull /* the same Ethernet address */
#define T 500u

static struct foreign f;
static vmtp_entity one, two;

static void setup(void) {
    foreign_open(&f, NULL);
    one = serve_entity(&f, NULL);
    two = serve_entity(&f, NULL);
    ck_assert_int_eq(vmtp_group_join(f.engine, GROUP, one, 0), 0);
    ck_assert_int_eq(vmtp_group_join(f.engine, GROUP, two, 0), 0);
    foreign_collect(&f);
    f.event_count = 0;
    f.multicast = 1;
}

static void teardown(void) { foreign_close(&f); }

static int ask(uint32_t transaction, uint32_t flags, unsigned retransmit) {
    struct vmtp_header h = foreign_request(A, GROUP, transaction, 0x123);
    h.flags = flags;
    h.retransmit = (uint8_t)retransmit;
    return foreign_send(&f, &h, NULL, 0);
}

static int give(uint32_t size, uint32_t blocks, uint32_t flags, unsigned retransmit) {
    struct vmtp_header h = foreign_segment_request(A, GROUP, T, size);
    h.retransmit = (uint8_t)retransmit;
    return call_give_blocks(&f, &h, serving_segment, blocks, flags);
}

static const struct vmtp_event *request_of(unsigned which) { return foreign_event(&f, VMTP_EV_REQUEST, which); }

static void leave(vmtp_entity who) { ck_assert_int_eq(vmtp_group_leave(f.engine, GROUP, who), 0); }

/* VMTP-13.1-02 VMTP-13.1-11 VMTP-3.2-04 */
START_TEST(each_member_gets_it_and_answers_for_itself) {
    ck_assert_int_eq(ask(T, 0, 0), 0);
    ck_assert_uint_eq(serve_count(&f), 2);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_uint_eq(request_of(i)->entity, i ? two : one);
        ck_assert_uint_eq(request_of(i)->message.server, GROUP);
        ck_assert_uint_eq(request_of(i)->client, A);
        ck_assert_int_eq(serve_reply(&f, request_of(i), 7 + i, 0, 0), 0);
        const struct packet *p = expect_response(&f, T, 7 + i);
        ck_assert_uint_eq(p->h.server, i ? two : one);
        ck_assert_mem_eq(p->dst, foreign_mac, 6); /* not to the group */
    }
    ck_assert_uint_eq(vmtp_counter(f.engine, VMTP_COUNT_REQUESTS), 2);
}
END_TEST

/* VMTP-13.1-11: also what has a segment, and each of them once */
START_TEST(each_member_gets_the_segment) {
    ck_assert_int_eq(give(3000, 0x03, 0, 0), 0);
    ck_assert_int_eq(give(3000, 0x30, 0, 0), 0);
    ck_assert_uint_eq(serve_count(&f), 0);
    ck_assert_int_eq(give(3000, 0x0c, 0, 0), 0);
    ck_assert_uint_eq(serve_count(&f), 2);
    ck_assert_ptr_ne(request_of(0)->segment, request_of(1)->segment);
    for (unsigned i = 0; i < 2; i++)
        ck_assert_mem_eq(request_of(i)->segment, serving_segment, 3000);
    ck_assert_int_eq(give(3000, 0x0c, VMTP_APG, 1), VMTP_COUNT_DROP_DUPLICATE);
    ck_assert_uint_eq(vmtp_counter(f.engine, VMTP_COUNT_DROP_DUPLICATE), 2);
    ck_assert_uint_eq(serve_count(&f), 2);
    expect_silence(&f);
}
END_TEST

/* VMTP-2.3-02 VMTP-5.2-03 */
START_TEST(another_group_at_the_same_address) {
    struct vmtp_header h = foreign_request(A, OTHER_GROUP, T, 0x123);
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), VMTP_COUNT_DROP_NO_SERVER);
    expect_silence(&f);
    f.multicast = 0;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), VMTP_COUNT_DROP_NO_SERVER);
    expect_nvc(&f, A, T, VMTP_NONEXISTENT_ENTITY);
    leave(one);
    leave(two);
    f.multicast = 1;
    ck_assert_int_eq(ask(T + 1, 0, 0), VMTP_COUNT_DROP_NO_SERVER);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.1-07: nobody complains in chorus */
START_TEST(multicast_that_cannot_be_taken) {
    struct vmtp_entity_options none = {0};
    vmtp_entity full;
    ck_assert_int_eq(vmtp_entity_create(f.engine, &full, &none, f.now), 0);
    ck_assert_int_eq(vmtp_group_join(f.engine, OTHER_GROUP, full, 0), 0);
    struct vmtp_header h = foreign_request(A, OTHER_GROUP, T, 0x123 | (_i ? VMTP_CMD : 0));
    h.flags = VMTP_APG;
    h.retransmit = 1;
    ck_assert_int_gt(foreign_send(&f, &h, NULL, 0), 0);
    expect_silence(&f);
    f.multicast = 0;
    ck_assert_int_gt(foreign_send(&f, &h, NULL, 0), 0);
    expect_nvc(&f, A, T, _i ? VMTP_NOT_AWAITING_MSG : VMTP_BUSY);
}
END_TEST

/* VMTP-13.1-07 VMTP-6.4-04: no RETRY for the first transmission, whatever is missing */
START_TEST(first_transmission_causes_no_retry) {
    leave(two);
    ck_assert_int_eq(give(2048, 1, VMTP_APG, 0), 0);
    ck_assert_int_eq(give(2048, 0, VMTP_APG, 0), 0);
    ck_assert_int_eq(give(2048, 1, 0, 3), 0);
    foreign_pass(&f, 30 * VMTP_SECOND);
    expect_silence(&f);
    ck_assert_uint_eq(vmtp_counter(f.engine, VMTP_COUNT_DROP_INCOMPLETE), 1);
}
END_TEST

/* VMTP-13.1-07: one that came again and asks is asked back, after TS1 */
START_TEST(retransmission_causes_retry) {
    leave(two);
    ck_assert_int_eq(give(2048, 1, 0, 0), 0);
    ck_assert_int_eq(give(2048, 4, VMTP_APG, 1), 0);
    expect_silence(&f);
    foreign_pass(&f, 25 * VMTP_MILLISECOND);
    const struct packet *p = expect_nvc(&f, A, T, VMTP_RETRY);
    ck_assert_uint_eq(packet_32(p, 56), 5);
    ck_assert_mem_eq(p->dst, foreign_mac, 6);
    f.multicast = 0; /* and gets it by unicast */
    ck_assert_int_eq(give(2048, 0x0a, 0, 2), 0);
    ck_assert_uint_eq(serve_count(&f), 1);
    ck_assert_mem_eq(serve_last(&f)->segment, serving_segment, 2048);
    expect_nvc(&f, A, T, VMTP_OK); /* some packet had APG, and the last came by unicast */
    expect_silence(&f);
}
END_TEST

/* VMTP-13.1-07: after RETRY in vain there is no error either */
START_TEST(retries_end_silently) {
    unsigned retries = 0;
    leave(two);
    ck_assert_int_eq(give(2048, 4, VMTP_APG, 1), 0);
    foreign_pass(&f, 30 * VMTP_SECOND);
    for (const struct packet *p; (p = foreign_take(&f)) != NULL; retries++)
        ck_assert_uint_eq(packet_32(p, 60), VMTP_RETRY);
    ck_assert_uint_eq(retries, 5);
}
END_TEST

/* VMTP-13.1-09: one record; the packet at hand decides what is told */
START_TEST(multicast_and_unicast_are_one_transaction) {
    ck_assert_int_eq(ask(T, 0, 0), 0);
    f.multicast = 0;
    ck_assert_int_eq(ask(T, VMTP_APG, 1), VMTP_COUNT_DROP_DUPLICATE);
    expect_nvc(&f, A, T, VMTP_OK);
    expect_silence(&f);
    f.multicast = 1;
    ck_assert_int_eq(ask(T, VMTP_APG, 2), VMTP_COUNT_DROP_DUPLICATE);
    expect_silence(&f);
    ck_assert_uint_eq(serve_count(&f), 2);
    f.multicast = 0;
    ck_assert_int_eq(ask(T + 1, 0, 0), 0); /* the other way round */
    f.multicast = 1;
    ck_assert_int_eq(ask(T + 1, 0, 1), VMTP_COUNT_DROP_DUPLICATE);
    ck_assert_uint_eq(serve_count(&f), 4);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.1-17 */
START_TEST(members_of_a_node_speak_with_one_voice) {
    f.multicast = 0;
    ck_assert_int_eq(give(2048, 1, 0, 0), 0);
    leave(two); /* only one gets this */
    ck_assert_int_eq(give(2048, 2, 0, 0), 0);
    ck_assert_int_eq(vmtp_group_join(f.engine, GROUP, two, 0), 0);
    ck_assert_int_eq(give(2048, 0, VMTP_APG, 1), 0);
    ck_assert_uint_eq(packet_32(expect_nvc(&f, A, T, VMTP_RETRY), 56), 1);
    expect_silence(&f);
    ck_assert_int_eq(give(2048, 14, VMTP_APG, 2), 0);
    expect_nvc(&f, A, T, VMTP_OK);
    expect_silence(&f);
    ck_assert_uint_eq(serve_count(&f), 2);
}
END_TEST

/* VMTP-13.1-17: one takes it, one cannot: nothing is wrong */
START_TEST(no_error_if_some_member_takes_it) {
    vmtp_entity full;
    ck_assert_int_eq(vmtp_entity_create(f.engine, &full, NULL, f.now), 0);
    ck_assert_int_eq(vmtp_group_join(f.engine, GROUP, full, 0), 0);
    f.multicast = 0;
    ck_assert_int_eq(ask(T, 0, 0), 0);
    expect_silence(&f);
    ck_assert_uint_eq(serve_count(&f), 2);
    serve_accepts(&f, full, 1, 64);
    ck_assert_int_eq(ask(T, 0, 1), 0); /* it gets it with the retransmission */
    ck_assert_uint_eq(serve_count(&f), 3);
}
END_TEST

/* VMTP-13.1-10 */
START_TEST(discarded_response_is_not_told) {
    leave(two);
    ck_assert_int_eq(ask(T, 0, 0), 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), VMTP_RESPONSE_DISCARDED, 0, 0), 0);
    f.multicast = _i;
    ck_assert_int_eq(ask(T, VMTP_APG, 1), VMTP_COUNT_DROP_DUPLICATE);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.1-13 */
START_TEST(coresident_entity_chooses_the_members) {
    static const struct {
        vmtp_entity near_one;
        int here;
    } cases[] = {{0x777777, 0}, {0, 0}, {FOREIGN_BLOCK + 1, 1}, {GROUP, 1}, {OTHER_GROUP, 0}, {VMTP_MANAGER_GROUP, 1}};
    struct vmtp_header h = foreign_request(A, GROUP, T, 0x123 | VMTP_CRE);
    header_set_64(&h, 36, cases[_i].near_one);
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0) == 0, cases[_i].here);
    ck_assert_uint_eq(serve_count(&f), cases[_i].here ? 2 : 0);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.1-13: by unicast, as a client sends it that knows the entity's node */
START_TEST(coresident_by_unicast) {
    struct vmtp_header h = foreign_request(A, GROUP, T, 0x123 | VMTP_CRE);
    f.multicast = 0;
    header_set_64(&h, 36, one);
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    ck_assert_uint_eq(serve_count(&f), 2);
    h.transaction++;
    header_set_64(&h, 36, 0x777777);
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), VMTP_COUNT_DROP_NOT_CORESIDENT);
    expect_nvc(&f, A, T + 1, VMTP_NONEXISTENT_ENTITY);
}
END_TEST

/* VMTP-13.1-21 VMTP-13.4-04 */
START_TEST(datagram_to_a_group) {
    struct vmtp_header h = foreign_request(A, GROUP, T, 0x123 | VMTP_DGM);
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    ck_assert_uint_eq(serve_count(&f), 2);
    ck_assert_uint_eq(serve_last(&f)->handle, 0);
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), VMTP_COUNT_DROP_DUPLICATE);
    ck_assert_uint_eq(serve_count(&f), 2);
    foreign_pass(&f, 10 * VMTP_SECOND);
    expect_silence(&f);
}
END_TEST

/* VMTP-8.1-04 VMTP-8.1-05: a newer one ends it at all members, and those are told */
START_TEST(newer_request_ends_the_earlier_one_everywhere) {
    ck_assert_int_eq(ask(T, 0, 0), 0);
    ck_assert_int_eq(ask(T + 1, 0, 0), 0);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_ABANDONED), 2);
    ck_assert_int_eq(serve_reply(&f, request_of(0), 1, 0, 0), VMTP_E_STALE);
    ck_assert_int_eq(serve_reply(&f, request_of(2), 1, 0, 0), 0);
    ck_assert_int_eq(ask(T, 0, 1), VMTP_COUNT_DROP_OLD_TRANSACTION);
    expect_response(&f, T + 1, 1);
    expect_silence(&f);
}
END_TEST

/* VMTP-8.3-03: each sends its own Response again */
START_TEST(answered_members_answer_again) {
    ck_assert_int_eq(ask(T, 0, 0), 0);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_int_eq(serve_reply(&f, request_of(i), 7, 0, 0), 0);
        expect_response(&f, T, 7);
    }
    ck_assert_int_eq(ask(T, VMTP_APG, 1), VMTP_COUNT_DROP_DUPLICATE);
    ck_assert_uint_eq(expect_response(&f, T, 7)->h.server, one);
    ck_assert_uint_eq(expect_response(&f, T, 7)->h.server, two);
    ck_assert_uint_eq(serve_count(&f), 2);
}
END_TEST

int main(void) {
    Suite *s = suite_create("groups: Requests");
    TCase *t = tcase_create("groups");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, each_member_gets_it_and_answers_for_itself);
    tcase_add_test(t, each_member_gets_the_segment);
    tcase_add_test(t, another_group_at_the_same_address);
    tcase_add_loop_test(t, multicast_that_cannot_be_taken, 0, 2);
    tcase_add_test(t, first_transmission_causes_no_retry);
    tcase_add_test(t, retransmission_causes_retry);
    tcase_add_test(t, retries_end_silently);
    tcase_add_test(t, multicast_and_unicast_are_one_transaction);
    tcase_add_test(t, members_of_a_node_speak_with_one_voice);
    tcase_add_test(t, no_error_if_some_member_takes_it);
    tcase_add_loop_test(t, discarded_response_is_not_told, 0, 2);
    tcase_add_loop_test(t, coresident_entity_chooses_the_members, 0, 6);
    tcase_add_test(t, coresident_by_unicast);
    tcase_add_test(t, datagram_to_a_group);
    tcase_add_test(t, newer_request_ends_the_earlier_one_everywhere);
    tcase_add_test(t, answered_members_answer_again);
    suite_add_tcase(s, t);
    return run_suite(s);
}

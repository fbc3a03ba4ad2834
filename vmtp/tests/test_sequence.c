/* SPDX-License-Identifier: BSD-2-Clause */
/* test_sequence.c - receive sequence numbers, for those who log and replay (spec/vmtp.md section 13.10). */
#include "support/calling.h"
#include "support/serving.h"
#include "wire_testing.h"

#define A FOREIGN_CLIENT
#define B FOREIGN_OTHER_CLIENT

static struct foreign f;
static vmtp_entity entity;

static void open_engine(void) {
    struct vmtp_config c;
    foreign_config(&c);
    c.max_sequences = 8;
    foreign_open(&f, &c);
}

static void setup_server(void) {
    open_engine();
    entity = serve_entity(&f, NULL);
    serve_accepts(&f, entity, 60, 512);
}

static void setup_client(void) {
    open_engine();
    entity = call_entity(&f);
}

static void teardown(void) { foreign_close(&f); }

/* ---- who receives ---- */

/* A Request of this client: its number; told: what NVC said, 0: nothing; nrs: of the Response. */
static uint32_t ask(vmtp_entity client, const uint8_t *mac, uint32_t transaction, uint32_t flags, uint32_t *told,
                    int *nrs) {
    f.src = mac;
    serve_ask(&f, client, entity, transaction, flags);
    uint32_t number = serve_last(&f)->rec_seq;
    foreign_collect(&f); /* what taking the event has brought about */
    *told = 0;
    if (foreign_waiting(&f)) {
        const struct packet *p = expect_nvc(&f, client, transaction, VMTP_OK);
        ck_assert_uint_eq(packet_32(p, 44) & VMTP_NRS, VMTP_NRS);
        *told = packet_32(p, 48);
    }
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 1, 0, 0), 0);
    *nrs = (expect_response(&f, transaction, 1)->h.flags & VMTP_NRS) != 0;
    expect_silence(&f);
    return number;
}

/* VMTP-13.10-01 VMTP-13.10-03 VMTP-13.10-04 */
START_TEST(requests_are_numbered) {
    static const struct {
        int other;
        uint32_t flags;
        int told;
    } steps[] = {{0, 0, 1}, {0, 0, 0},        {0, 0, 0}, {1, 0, 1}, {0, 0, 1},
                 {0, 0, 0}, {0, VMTP_APG, 1}, {0, 0, 0}, {1, 0, 1}, {1, 0, 0}};
    for (uint32_t i = 0; i < 10; i++) {
        uint32_t told;
        int nrs, other = steps[i].other;
        uint32_t number = ask(other ? B : A, other ? foreign_other_mac : foreign_mac, i + 1, steps[i].flags, &told, &nrs);
        ck_assert_uint_eq(number, i + 1);
        ck_assert_uint_eq(told, steps[i].told ? i + 1 : 0);
        ck_assert_int_eq(nrs, !steps[i].told || (steps[i].flags & VMTP_APG));
    }
}
END_TEST

/* VMTP-13.10-03 VMTP-13.10-04: a datagram has a number as well, of which nobody is told */
START_TEST(datagrams_have_numbers) {
    uint32_t told;
    int nrs;
    ask(A, foreign_mac, 1, 0, &told, &nrs);
    struct vmtp_header h = foreign_request(A, entity, 2, 0x77 | VMTP_DGM);
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    ck_assert_uint_eq(serve_last(&f)->rec_seq, 2);
    expect_silence(&f);
    ck_assert_uint_eq(ask(A, foreign_mac, 3, 0, &told, &nrs), 3);
    ck_assert_uint_eq(told, 3);
    ck_assert_int_eq(nrs, 0);
}
END_TEST

/* VMTP-13.10-04: who asks again is told again */
START_TEST(a_duplicate_is_told_the_number) {
    serve_ask(&f, A, entity, 1, 0);
    foreign_collect(&f);
    foreign_forget(&f);
    serve_ask_again(&f, A, entity, 1, VMTP_APG);
    ck_assert_uint_eq(packet_32(expect_nvc(&f, A, 1, VMTP_OK), 48), 1);
}
END_TEST

/* More nodes than are remembered: they are told.  VMTP-13.10-04 */
START_TEST(who_is_not_remembered_is_told) {
    uint8_t mac[6] = {2, 0, 0, 9, 0, 0};
    uint32_t told, number = 0;
    int nrs;
    for (uint8_t round = 0; round < 2; round++) {
        for (uint8_t i = 0; i < 30; i++) {
            mac[5] = i;
            ck_assert_uint_eq(ask(A + i, mac, round + 1u, 0, &told, &nrs), ++number);
            ck_assert_uint_eq(told, number);
            ck_assert_int_eq(nrs, 0);
        }
    }
}
END_TEST

/* ---- who sends ---- */

/* A call that is answered with NRS or without; told: by NVC before.  What COMPLETE says. */
static uint32_t call(int asks, uint32_t told, int nrs) {
    struct vmtp_request r = call_request(entity, 0);
    call_start(&f, &r);
    struct vmtp_header asked = expect_packet(&f)->h, h = call_response(&asked, 0);
    ck_assert_uint_eq(asked.flags, asks ? VMTP_APG : 0);
    if (told) {
        struct vmtp_header n = foreign_notify_client(entity, asked.transaction, 0, VMTP_OK);
        header_set_32(&n, 44, VMTP_NRS | VMTP_RESPONSE);
        header_set_32(&n, 48, told);
        ck_assert_int_eq(foreign_send(&f, &n, NULL, 0), 0);
    }
    h.flags = nrs ? VMTP_NRS : 0;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    uint32_t number = call_result(&f, 0)->rec_seq;
    foreign_forget(&f);
    return number;
}

/* VMTP-13.10-05 VMTP-13.10-06 VMTP-7.2-04 */
START_TEST(a_client_knows_the_numbers) {
    ck_assert_uint_eq(call(1, 0, 0), 0); /* nobody numbers there, or it was lost */
    ck_assert_uint_eq(call(1, 0, 1), 0); /* the next, but of what? */
    ck_assert_uint_eq(call(1, 17, 1), 17);
    ck_assert_uint_eq(call(0, 0, 1), 18); /* presumed, and so it was */
    ck_assert_uint_eq(call(0, 25, 0), 25);
    ck_assert_uint_eq(call(0, 0, 1), 26);
    ck_assert_uint_eq(call(0, 0, 0), 0); /* it was another, and the Notify is lost */
    ck_assert_uint_eq(call(1, 30, 0), 30);
}
END_TEST

/* VMTP-13.10-05 VMTP-13.10-06: which of two came first is not known */
START_TEST(two_at_once_presume_nothing) {
    vmtp_entity other;
    call(1, 17, 0);
    ck_assert_int_eq(vmtp_entity_create(f.engine, &other, NULL, f.now), 0);
    struct vmtp_request r = call_request(entity, 0);
    call_start(&f, &r);
    struct vmtp_header first = expect_packet(&f)->h;
    ck_assert_uint_eq(first.flags, 0);
    r.client = other;
    call_start(&f, &r);
    struct vmtp_header second = expect_packet(&f)->h;
    ck_assert_uint_eq(second.flags, VMTP_APG);
    struct vmtp_header n = foreign_notify_client(other, second.transaction, 0, VMTP_OK);
    header_set_32(&n, 44, VMTP_NRS | VMTP_RESPONSE);
    header_set_32(&n, 48, 18);
    ck_assert_int_eq(foreign_send(&f, &n, NULL, 0), 0);
    struct vmtp_header h = call_response(&first, 0);
    h.flags = VMTP_NRS;
    foreign_send(&f, &h, NULL, 0);
    h = call_response(&second, 0);
    h.flags = VMTP_NRS;
    foreign_send(&f, &h, NULL, 0);
    ck_assert_uint_eq(foreign_event(&f, VMTP_EV_COMPLETE, 0)->rec_seq, 0);
    ck_assert_uint_eq(foreign_event(&f, VMTP_EV_COMPLETE, 1)->rec_seq, 18);
}
END_TEST

/* VMTP-13.10-02 */
START_TEST(who_does_not_number_says_so) {
    foreign_close(&f);
    foreign_open(&f, NULL);
    entity = serve_entity(&f, NULL);
    serve_ask(&f, A, entity, 1, VMTP_APG | VMTP_NRS);
    foreign_collect(&f);
    const struct packet *p = expect_nvc(&f, A, 1, VMTP_OK);
    ck_assert_uint_eq(packet_32(p, 44) & VMTP_NRS, 0);
    ck_assert_uint_eq(packet_32(p, 48), 0);
    ck_assert_uint_eq(serve_last(&f)->rec_seq, 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 1, 0, 0), 0);
    ck_assert_uint_eq(expect_response(&f, 1, 1)->h.flags, 0);
}
END_TEST

int main(void) {
    Suite *s = suite_create("sequence");
    TCase *c = tcase_create("client"), *d = tcase_create("server");
    tcase_add_checked_fixture(c, setup_client, teardown);
    tcase_add_checked_fixture(d, setup_server, teardown);
    tcase_add_test(d, requests_are_numbered);
    tcase_add_test(d, datagrams_have_numbers);
    tcase_add_test(d, a_duplicate_is_told_the_number);
    tcase_add_test(d, who_is_not_remembered_is_told);
    tcase_add_test(c, a_client_knows_the_numbers);
    tcase_add_test(c, two_at_once_presume_nothing);
    tcase_add_test(d, who_does_not_number_says_so);
    suite_add_tcase(s, c);
    suite_add_tcase(s, d);
    return run_suite(s);
}

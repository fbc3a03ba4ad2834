/* SPDX-License-Identifier: BSD-2-Clause */
/* test_client_timeouts.c - when a client sends again and when it gives up (spec/vmtp.md sections 6.3, 7.6, 7.7 and 9). */
#include "support/calling.h"
#include "wire_testing.h"

#define MS VMTP_MILLISECOND
/* A deadline is noticed up to 2 ms late, and never early. */
#define SLACK (2 * MS)

static struct foreign f;
static vmtp_entity client;

static void setup(void) {
    foreign_open(&f, NULL);
    client = call_entity(&f);
}

static void teardown(void) { foreign_close(&f); }

static void check_time(vmtp_time at, vmtp_time due) {
    ck_assert_uint_ge(at, due);
    ck_assert_uint_le(at, due + SLACK);
}

/* About the transmission with this RetransmitCount. */
static int tell_of(unsigned retransmit, uint32_t transact, uint32_t delivery, uint32_t code) {
    struct vmtp_header h = foreign_notify_client(client, transact, delivery, code);
    header_set_32(&h, 44, vmtp_control(0, retransmit, 0, 0, 0, VMTP_RESPONSE));
    return foreign_send(&f, &h, NULL, 0);
}

static int tell(uint32_t transact, uint32_t delivery, uint32_t code) { return tell_of(0, transact, delivery, code); }

/* Lets the clock run until the call is over; when that was. */
static vmtp_time run_to_the_end(void) {
    while (!foreign_event_count(&f, VMTP_EV_COMPLETE))
        foreign_pass(&f, MS / 4);
    return f.now;
}

/* ---- silence ---- */

/* VMTP-7.6-01 VMTP-7.6-02 VMTP-7.2-04 VMTP-9.1-02 VMTP-9.1-03 VMTP-9.1-04 VMTP-3.2-01 VMTP-6.3-04 */
START_TEST(silent_server) {
    static const vmtp_time due[] = {0, 220, 240, 280, 360, 520, 840};
    uint32_t size = _i ? 1000 : 0; /* one packet, so the data go along each time */
    struct vmtp_request r = call_request(client, size);
    vmtp_time start = f.now;
    call_start(&f, &r);
    vmtp_time end = run_to_the_end();
    const struct packet *first = NULL;
    for (unsigned i = 0; i < 6; i++) {
        const struct packet *p = expect_packet(&f);
        first = first ? first : p;
        check_time(p->at - start, due[i] * MS);
        ck_assert_uint_eq(p->h.retransmit, i);
        ck_assert_uint_eq(p->h.flags, i ? VMTP_APG : 0);
        ck_assert_uint_eq(p->h.transaction, first->h.transaction);
        ck_assert_uint_eq(p->h.delivery, first->h.delivery);
        ck_assert_mem_eq(p->h.words, first->h.words, sizeof p->h.words);
        ck_assert_uint_eq(p->data_octets, size);
        ck_assert_mem_eq(p->data, calling_segment, size);
        ck_assert_mem_eq(p->dst, foreign_mac, 6);
    }
    check_time(end - start, due[6] * MS);
    call_result(&f, VMTP_RETRANS_TIMEOUT);
    foreign_pass(&f, 60 * VMTP_SECOND);
    expect_silence(&f);
    ck_assert_uint_eq(f.event_count, 1);
}
END_TEST

/* VMTP-6.3-02 VMTP-6.3-03 VMTP-6.3-06 */
START_TEST(group_of_several_packets_is_sent_again_without_data) {
    static const uint32_t sizes[] = {1433, 2048, 16384};
    struct vmtp_request r = call_request(client, sizes[_i]);
    r.message.words[2] = 0xabcd;
    call_start(&f, &r);
    struct vmtp_header first = expect_packet(&f)->h;
    call_forget_packets(&f);
    run_to_the_end();
    for (unsigned i = 1; i <= 5; i++) {
        const struct packet *p = expect_packet(&f);
        ck_assert_uint_eq(p->h.delivery, 0);
        ck_assert_uint_eq(p->h.length, 0);
        ck_assert_uint_eq(p->octets, VMTP_MIN_PACKET);
        ck_assert_uint_eq(p->h.flags, VMTP_APG);
        ck_assert_uint_eq(p->h.retransmit, i);
        ck_assert_uint_eq(p->h.code, first.code);
        ck_assert_uint_eq(p->h.server, first.server);
        ck_assert_uint_ne(p->h.code & VMTP_SDA, 0);
        ck_assert_mem_eq(p->h.words, first.words, sizeof first.words);
        ck_assert_uint_eq(p->h.words[6], sizes[_i]);
    }
    expect_silence(&f);
}
END_TEST

/* VMTP-3.2-01: RetransmitCount goes round */
START_TEST(retransmit_count_is_modulo_8) {
    struct vmtp_header asked = call_sent(&f, client, 0);
    for (unsigned i = 1; i <= 20; i++) {
        while (!foreign_waiting(&f))
            foreign_pass(&f, MS);
        ck_assert_uint_eq(expect_packet(&f)->h.retransmit, i & 7u);
        ck_assert_int_eq(tell_of(i & 7u, asked.transaction, 0, VMTP_OK), 0);
    }
}
END_TEST

/* ---- a server that says that it is at work ---- */

/* VMTP-9.2-01 VMTP-7.5-03 VMTP-9.1-04 */
START_TEST(acknowledged_request_goes_on_for_ever) {
    struct vmtp_header asked = call_sent(&f, client, 4096);
    for (unsigned i = 0; i < 300; i++) {
        vmtp_time start = f.now;
        while (!foreign_waiting(&f))
            foreign_pass(&f, MS / 4);
        const struct packet *p = expect_packet(&f);
        check_time(p->at - start, 220 * MS);
        ck_assert_uint_eq(p->h.flags, VMTP_APG);
        ck_assert_int_eq(tell_of(p->h.retransmit, asked.transaction, 0xff, VMTP_OK), 0);
        expect_silence(&f);
    }
    call_goes_on(&f);
}
END_TEST

/* ---- TC1 and TC2 follow the server ---- */

static vmtp_time first_retransmission(void) {
    vmtp_time start = f.now;
    struct vmtp_request r = call_request(client, 0);
    vmtp_handle h = call_start(&f, &r);
    expect_packet(&f);
    while (!foreign_waiting(&f))
        foreign_pass(&f, MS / 4);
    vmtp_time at = expect_packet(&f)->at - start;
    ck_assert_int_eq(vmtp_cancel(f.engine, h, f.now), 0);
    foreign_collect(&f);
    foreign_forget(&f);
    return at;
}

static void answer_after(vmtp_time delay) {
    struct vmtp_header asked = call_sent(&f, client, 0), h = call_response(&asked, 0);
    foreign_pass(&f, delay);
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_COMPLETE), 1);
    foreign_forget(&f);
}

/* VMTP-9.1-02 VMTP-7.3-02 VMTP-9.1-04 */
START_TEST(tc1_follows_the_responses) {
    check_time(first_retransmission(), 220 * MS); /* never heard */
    for (unsigned i = 0; i < 60; i++)
        answer_after(MS / 10);
    check_time(first_retransmission(), 20 * MS); /* not below */
    for (unsigned i = 0; i < 100; i++)
        answer_after(i < 3 ? 15 * MS : 60 * MS * (i > 20) + 15 * MS * (i <= 20));
    vmtp_time at = first_retransmission();
    ck_assert_uint_ge(at, 58 * MS);
    ck_assert_uint_le(at, 90 * MS);
}
END_TEST

/* VMTP-9.1-02 VMTP-7.3-02: a server that says it is at work shows how long it takes, whichever transmission its Response names */
START_TEST(tc1_follows_the_responses_to_retransmissions) {
    for (unsigned i = 0; i < 60; i++)
        answer_after(MS / 10);
    for (unsigned i = 0; i < 60; i++) {
        struct vmtp_header asked = call_sent(&f, client, 0), h = call_response(&asked, 0);
        vmtp_time start = f.now;
        while (f.now < start + 60 * MS) {
            foreign_pass(&f, MS);
            const struct packet *again = foreign_take(&f);
            if (!again)
                continue;
            h.retransmit = again->h.retransmit;
            tell_of(h.retransmit, asked.transaction, 0, VMTP_OK);
        }
        ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
        foreign_forget(&f);
    }
    vmtp_time at = first_retransmission(), rtt;
    ck_assert_uint_ge(at, 58 * MS);
    ck_assert_uint_le(at, 80 * MS);
    ck_assert_int_eq(vmtp_host_lookup(f.engine, FOREIGN_SERVER, NULL, &rtt), 0);
    ck_assert_uint_le(rtt, 2 * MS); /* VMTP-7.3-02: TC2 follows what NVC shows */
}
END_TEST

/* VMTP-9.1-04 VMTP-7.5-03: who has said that it is at work is left in peace, even if it is fast as a rule */
START_TEST(ok_from_a_fast_server) {
    for (unsigned i = 0; i < 60; i++)
        answer_after(MS / 10);
    struct vmtp_header asked = call_sent(&f, client, 0);
    while (!foreign_waiting(&f))
        foreign_pass(&f, MS / 4);
    vmtp_time start = f.now;
    ck_assert_int_eq(tell_of(expect_packet(&f)->h.retransmit, asked.transaction, 0, VMTP_OK), 0);
    while (!foreign_waiting(&f))
        foreign_pass(&f, MS / 4);
    check_time(f.now - start, 220 * MS);
}
END_TEST

/* VMTP-9.1-02: not above TC2 + 200 ms */
START_TEST(tc1_has_a_ceiling) {
    for (unsigned i = 0; i < 40; i++)
        answer_after(i % 2 ? 210 * MS : MS);
    vmtp_time at = first_retransmission();
    ck_assert_uint_le(at, 220 * MS + SLACK);
    ck_assert_uint_ge(at, 210 * MS);
}
END_TEST

/* VMTP-9.1-03: TC2 follows round trips, and is between 20 and 320 ms */
START_TEST(tc2_follows_the_acknowledgments) {
    static const struct { vmtp_time trip, least, most; } cases[] = {{1, 20, 20}, {50, 49, 80}, {400, 320, 320}};
    struct vmtp_header asked = call_sent(&f, client, 0);
    for (unsigned i = 0; i < 60; i++) { /* each retransmission with APG is acknowledged so much later */
        while (!foreign_waiting(&f))
            foreign_pass(&f, MS / 4);
        unsigned last = expect_packet(&f)->h.retransmit;
        foreign_pass(&f, cases[_i].trip * MS);
        while (foreign_waiting(&f))
            expect_packet(&f);
        ck_assert_int_eq(tell_of(last, asked.transaction, 0, VMTP_OK), 0);
    }
    while (!foreign_waiting(&f))
        foreign_pass(&f, MS / 4);
    vmtp_time first = expect_packet(&f)->at;
    while (!foreign_waiting(&f))
        foreign_pass(&f, MS / 4);
    vmtp_time tc2 = expect_packet(&f)->at - first;
    ck_assert_uint_ge(tc2, cases[_i].least * MS - SLACK);
    ck_assert_uint_le(tc2, cases[_i].most * MS + SLACK);
}
END_TEST

/* VMTP-7.3-01: the answer to a later transmission tells nothing about the first */
START_TEST(trip_of_an_unnamed_transmission_is_not_measured) {
    struct vmtp_header asked = call_sent(&f, client, 0), h = call_response(&asked, 0);
    foreign_pass(&f, 300 * MS);
    ck_assert_uint_eq(foreign_waiting(&f), 3);
    call_forget_packets(&f);
    h.retransmit = 7; /* was never sent */
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    vmtp_time rtt;
    ck_assert_int_eq(vmtp_host_lookup(f.engine, FOREIGN_SERVER, NULL, &rtt), 0);
    ck_assert_uint_eq(rtt, 0);
    foreign_forget(&f);
    check_time(first_retransmission(), 220 * MS);
}
END_TEST

/* VMTP-9.1-07 */
START_TEST(probe_takes_tc2) {
    static const vmtp_time due[] = {0, 20, 40, 80, 160, 320, 640};
    struct vmtp_request r = call_request(client, 0);
    vmtp_time start = f.now;
    r.message.server = FOREIGN_SERVER + 1;
    call_start(&f, &r);
    vmtp_time end = run_to_the_end();
    for (unsigned i = 0; i < 6; i++) {
        const struct packet *p = expect_packet(&f);
        ck_assert_uint_eq(p->h.code, VMTP_PROBE_ENTITY);
        check_time(p->at - start, due[i] * MS);
    }
    check_time(end - start, due[6] * MS);
    call_result(&f, VMTP_RETRANS_TIMEOUT);
}
END_TEST

/* ---- the program's own ends ---- */

enum { LOOKING, WAITING, ACKNOWLEDGED, TOLD_BUSY, RECEIVING, STATES };

static vmtp_handle bring_to(int state, vmtp_time deadline) {
    struct vmtp_request r = call_request(client, 4096);
    r.deadline = deadline;
    if (state == LOOKING)
        r.message.server = FOREIGN_SERVER + 1;
    vmtp_handle handle = call_start(&f, &r);
    struct vmtp_header asked = expect_packet(&f)->h, h = call_response(&asked, 2048);
    if (state == ACKNOWLEDGED)
        tell(asked.transaction, 0xff, VMTP_OK);
    if (state == TOLD_BUSY)
        tell(asked.transaction, 0, VMTP_BUSY);
    if (state == RECEIVING)
        call_give_blocks(&f, &h, calling_response, 1, 0);
    call_forget_packets(&f);
    return handle;
}

/* VMTP-7.6-05 VMTP-7.7-01 */
START_TEST(deadline) {
    vmtp_time start = f.now;
    bring_to(_i, start + 15 * MS);
    check_time(run_to_the_end() - start, 15 * MS);
    const struct vmtp_event *event = call_result(&f, VMTP_USER_TIMEOUT);
    ck_assert_uint_eq(event->segment_size, 0);
    call_forget_packets(&f);
    foreign_pass(&f, 10 * VMTP_SECOND);
    ck_assert_uint_eq(f.event_count, 1);
    while (foreign_waiting(&f)) /* the Probe may go on: others can use its answer */
        ck_assert_uint_eq(expect_packet(&f)->h.code, VMTP_PROBE_ENTITY);
}
END_TEST

/* VMTP-7.6-06 VMTP-7.7-01 VMTP-7.7-02 */
START_TEST(cancel) {
    vmtp_handle handle = bring_to(_i, VMTP_NEVER);
    uint32_t transaction;
    ck_assert_int_eq(vmtp_cancel(f.engine, handle, f.now), 0);
    foreign_collect(&f);
    transaction = call_result(&f, VMTP_CANCELLED)->transaction;
    expect_silence(&f); /* nobody is told */
    ck_assert_int_eq(vmtp_cancel(f.engine, handle, f.now), VMTP_E_STALE);
    memset(calling_area, 0x77, sizeof calling_area);
    struct vmtp_header late = foreign_request(client, FOREIGN_SERVER, transaction, 0x42 | VMTP_SDA);
    late.function = VMTP_RESPONSE;
    late.words[6] = 2048;
    ck_assert_int_eq(call_give_blocks(&f, &late, calling_response, 0xf, 0), VMTP_COUNT_DROP_STALE_RESPONSE);
    foreign_pass(&f, 10 * VMTP_SECOND);
    for (unsigned i = 0; i < sizeof calling_area; i++)
        ck_assert_uint_eq(calling_area[i], 0x77);
    ck_assert_uint_eq(f.event_count, 1);
    while (foreign_waiting(&f))
        ck_assert_uint_eq(expect_packet(&f)->h.code, VMTP_PROBE_ENTITY);
}
END_TEST

/* VMTP-7.7-01: whatever comes, in whatever order, there is one end */
START_TEST(one_end_whatever_comes) {
    uint64_t random = (uint64_t)_i + 1;
    struct vmtp_request r = call_request(client, random_below(&random, 4000));
    r.deadline = f.now + 3 * VMTP_SECOND;
    call_start(&f, &r);
    struct vmtp_header asked = expect_packet(&f)->h;
    for (unsigned i = 0; i < 60; i++) {
        struct vmtp_header h = call_response(&asked, random_below(&random, 3000) & ~(uint32_t)random_below(&random, 2));
        switch (random_below(&random, 5)) {
        case 0: tell(asked.transaction, random32(&random), random_below(&random, 20)); break;
        case 1: tell(asked.transaction, 0, random_below(&random, 4)); break;
        case 2:
            h.words[6] = 2048;
            h.code = 0x42 | VMTP_SDA;
            h.retransmit = (uint8_t)random_below(&random, 4);
            call_give_blocks(&f, &h, calling_response, random32(&random) & 0xf, random_below(&random, 2) ? VMTP_APG : 0);
            break;
        default: foreign_pass(&f, random_below(&random, 100) * MS); break;
        }
        ck_assert_uint_le(foreign_event_count(&f, VMTP_EV_COMPLETE), 1);
        call_forget_packets(&f);
    }
    foreign_pass(&f, 4 * VMTP_SECOND);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_COMPLETE), 1);
    ck_assert_uint_eq(f.event_count, 1);
    struct vmtp_usage usage;
    vmtp_usage(f.engine, &usage);
    ck_assert_uint_eq(usage.calls, 0);
}
END_TEST

/* ---- memory that is lent ---- */

/* VMTP-7.7-02: the end is told only when no packet of the call is out any more */
START_TEST(segment_comes_back_when_its_last_packet_has) {
    struct vmtp_request r = call_request(client, 4096);
    struct vmtp_tx tx;
    vmtp_handle handle;
    ck_assert_int_eq(vmtp_call(f.engine, &handle, &r, f.now), 0);
    ck_assert_int_eq(vmtp_output(f.engine, &tx, f.now), 1);
    struct vmtp_event event;
    if (_i) { /* answered before it has left */
        struct vmtp_header asked, h;
        vmtp_header_decode(&asked, tx.header);
        h = call_response(&asked, 0);
        f.stuck = 1;
        ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
        f.stuck = 0;
    } else {
        ck_assert_int_eq(vmtp_cancel(f.engine, handle, f.now), 0);
    }
    ck_assert_uint_eq(f.event_count, 0);
    ck_assert_int_eq(vmtp_next_event(f.engine, &event), 0);
    vmtp_tx_result(f.engine, &tx, VMTP_TX_SENT, f.now);
    ck_assert_int_eq(vmtp_next_event(f.engine, &event), 1);
    ck_assert_uint_eq(event.type, VMTP_EV_COMPLETE);
    ck_assert_uint_eq(event.result, _i ? 0 : VMTP_CANCELLED);
    ck_assert_int_eq(vmtp_output(f.engine, &tx, f.now), 0);
}
END_TEST

int main(void) {
    Suite *s = suite_create("client timeouts");
    TCase *t = tcase_create("timeouts");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, silent_server, 0, 2);
    tcase_add_loop_test(t, group_of_several_packets_is_sent_again_without_data, 0, 3);
    tcase_add_test(t, retransmit_count_is_modulo_8);
    tcase_add_test(t, acknowledged_request_goes_on_for_ever);
    tcase_add_test(t, tc1_follows_the_responses);
    tcase_add_test(t, tc1_follows_the_responses_to_retransmissions);
    tcase_add_test(t, ok_from_a_fast_server);
    tcase_add_test(t, tc1_has_a_ceiling);
    tcase_add_loop_test(t, tc2_follows_the_acknowledgments, 0, 3);
    tcase_add_test(t, trip_of_an_unnamed_transmission_is_not_measured);
    tcase_add_test(t, probe_takes_tc2);
    tcase_add_loop_test(t, deadline, 0, STATES);
    tcase_add_loop_test(t, cancel, 0, STATES);
    tcase_add_loop_test(t, one_end_whatever_comes, 0, 100);
    tcase_add_loop_test(t, segment_comes_back_when_its_last_packet_has, 0, 2);
    suite_add_tcase(s, t);
    return run_suite(s);
}

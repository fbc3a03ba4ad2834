/* SPDX-License-Identifier: BSD-2-Clause */
/* test_pace.c - gaps between packets: asked for, obeyed, learned from what gets lost (spec/vmtp.md section 12). */
#include "support/calling.h"
#include "support/serving.h"
#include "wire_testing.h"

#define PACKET 12000u /* nanoseconds for one of 1500 octets at 1000 Mbit/s */
#define DATA 8736u    /* for one of 1024 octets of data */
#define MS VMTP_MILLISECOND
#define SIZE VMTP_GROUP_OCTETS
#define ALL 0xffffffffu

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
    serve_accepts(&f, entity, 100, SIZE);
}

/* Takes what is sent within 100 ms; the shortest time between two packets of it, and how many there were. */
static vmtp_time spacing(unsigned *count) {
    vmtp_time least = VMTP_NEVER, last = 0;
    foreign_pass(&f, 14 * MS);
    *count = 0;
    for (const struct packet *p; (p = foreign_take(&f)) != NULL; last = p->at, ++*count)
        if (*count && p->at - last < least)
            least = p->at - last;
    return least;
}

/* ---- a client's Requests ------------------------------------------------------------------------------------------ */

/* A call of 16 packets: how far apart they are; has: what the server says it has first, ALL: it says nothing and answers. */
static vmtp_time call_with_loss(uint32_t has) {
    struct vmtp_request r = call_request(entity, SIZE);
    unsigned count;
    call_start(&f, &r);
    struct vmtp_header asked = f.sent[f.first].h;
    vmtp_time apart = spacing(&count);
    ck_assert_uint_eq(count, 16);
    if (has != ALL) {
        struct vmtp_header told = foreign_notify_client(entity, asked.transaction, has, VMTP_RETRY);
        ck_assert_int_eq(foreign_send(&f, &told, NULL, 0), 0);
        spacing(&count);
    }
    struct vmtp_header h = call_response(&asked, 0);
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    call_result(&f, 0);
    foreign_forget(&f);
    return apart;
}

/* The last five packets, too much at once for bad luck. */
#define TOO_MUCH 0x003fffffu

/* VMTP-12-03 VMTP-12-07 */
START_TEST(losing_a_quarter_makes_requests_slower) {
    static const uint32_t has[] = {TOO_MUCH, 0x0000ffff, 0x00f0ffff};
    ck_assert_uint_eq(call_with_loss(has[_i]), 0);
    ck_assert_uint_gt(call_with_loss(ALL), DATA + PACKET / 16);
}
END_TEST

/* VMTP-12-03 VMTP-12-14 */
START_TEST(losing_more_makes_them_slower_still) {
    vmtp_time last = call_with_loss(TOO_MUCH);
    for (unsigned i = 0; i < 8; i++) {
        vmtp_time apart = call_with_loss(TOO_MUCH);
        ck_assert_uint_gt(apart, last);
        last = apart;
    }
    ck_assert_uint_gt(last, 2 * PACKET);
}
END_TEST

/* VMTP-12-14: of 16 packets so many arrive, and the intervals become longer by the others, four times as long at most */
START_TEST(the_share_that_is_lost_says_how_much_slower) {
    static const struct {
        uint32_t has;
        vmtp_time interval; /* in 32nds of a packet time */
    } some[] = {{0x0000ffff, 64}, {0x000000ff, 128}, {0x0000000f, 128}, {0x00fffffc, 46}};
    call_with_loss(some[_i].has);
    ck_assert_uint_eq(call_with_loss(ALL), DATA + (some[_i].interval - 32u) * PACKET / 32u);
}
END_TEST

/* VMTP-12-07 VMTP-12-13: each group lost another packet, but not one after the other */
START_TEST(bad_luck_makes_no_gap) {
    for (uint32_t i = 0; i < 40; i++)
        ck_assert_uint_eq(call_with_loss(i % 3 ? ALL : ~(3u << i % 16 * 2)), 0);
}
END_TEST

/* VMTP-12-13: where packets came too fast before it makes what was chosen then a sixteenth longer at most */
START_TEST(bad_luck_at_a_gap) {
    static const vmtp_time intervals[] = {64, 66, 68, 68}; /* in 32nds of a packet time */
    call_with_loss(0x0000ffff);
    for (uint32_t i = 0; i < 4; i++)
        ck_assert_uint_eq(call_with_loss(~(3u << (4 + i * 8 % 24))), DATA + (intervals[i] - 32u) * PACKET / 32u);
}
END_TEST

/* VMTP-12-13: and not what there was then a quarter longer, since that was no gap */
START_TEST(bad_luck_behind_no_gap) {
    static const vmtp_time intervals[] = {34, 35, 36, 36, 36, 36, 36, 36};
    for (uint32_t i = 0; i < 10; i++)
        ck_assert_uint_eq(call_with_loss(~(3u << (4 + i * 8 % 24))), 0);
    for (uint32_t i = 0; i < 8; i++)
        ck_assert_uint_eq(call_with_loss(~(3u << (4 + i * 8 % 24))), DATA + (intervals[i] - 32u) * PACKET / 32u);
}
END_TEST

/* VMTP-12-07: one packet of 16 is half a packet too many, ten times five */
START_TEST(what_goes_on_is_no_luck) {
    for (uint32_t i = 0; i < 10; i++)
        ck_assert_uint_eq(call_with_loss(~(3u << (4 + i * 8 % 24))), 0);
    ck_assert_uint_ge(call_with_loss(ALL), DATA + PACKET / 16);
}
END_TEST

/* A group of which the other side has nothing was lost for another reason.  VMTP-12-03 */
START_TEST(nobody_there_is_no_overrun) {
    call_with_loss(0);
    ck_assert_uint_eq(call_with_loss(ALL), 0);
}
END_TEST

/* VMTP-12-04 */
START_TEST(whole_groups_make_it_faster_again) {
    call_with_loss(TOO_MUCH);
    call_with_loss(TOO_MUCH);
    vmtp_time slow = call_with_loss(ALL), now = slow;
    unsigned calls = 0, steps = 0;
    for (; now != 0 && calls < 1000; calls++) {
        vmtp_time next = call_with_loss(ALL);
        ck_assert_uint_le(next, now);
        steps += next != now;
        now = next;
    }
    ck_assert_uint_eq(now, 0);
    ck_assert_uint_gt(steps, 2);
}
END_TEST

/* The time until a gap shorter than `good` is seen; it fails then. */
static vmtp_time until_tried(vmtp_time good) {
    vmtp_time start = f.now;
    for (unsigned i = 0; i < 2000; i++)
        if (call_with_loss(ALL) < good) {
            vmtp_time waited = f.now - start;
            call_with_loss(TOO_MUCH);
            return waited;
        }
    ck_abort_msg("no shorter gap is tried");
    return 0;
}

/* VMTP-12-08 */
START_TEST(what_failed_is_tried_later_and_later) {
    vmtp_time good = 0, last = 0;
    for (unsigned i = 0; i < 6; i++)
        call_with_loss(TOO_MUCH);
    for (unsigned i = 0; i < 25; i++) /* it comes down to just above what was too short */
        good = call_with_loss(ALL);
    for (unsigned i = 0; i < 5; i++) {
        vmtp_time waited = until_tried(good);
        ck_assert_uint_ge(waited + 50 * MS, last);
        ck_assert_uint_le(waited, 2500 * MS);
        last = waited;
    }
    ck_assert_uint_ge(last, 1500 * MS);
}
END_TEST

/* VMTP-12-15 */
START_TEST(a_shorter_gap_has_to_show_that_it_is_good) {
    call_with_loss(TOO_MUCH);
    call_with_loss(TOO_MUCH);
    unsigned whole = 0;
    vmtp_time good = call_with_loss(ALL), shorter;
    while ((shorter = call_with_loss(ALL)) == good)
        ck_assert_uint_lt(++whole, 100);
    ck_assert_uint_ge(whole, 3);
    ck_assert_uint_lt(shorter, good);
    ck_assert_uint_eq(call_with_loss(~0x30u), shorter);
    ck_assert_uint_eq(call_with_loss(ALL), shorter);
    ck_assert_uint_eq(call_with_loss(0x00ffffff), shorter); /* four packets at once: no quarter, but three too many */
    ck_assert_uint_eq(call_with_loss(ALL), good);
}
END_TEST

/* VMTP-12-09 */
START_TEST(calls_to_one_node_share_the_gap) {
    vmtp_entity other;
    unsigned count;
    for (unsigned i = 0; i < 3; i++)
        call_with_loss(TOO_MUCH);
    vmtp_time apart = call_with_loss(ALL);
    ck_assert_int_eq(vmtp_entity_create(f.engine, &other, NULL, f.now), 0);
    struct vmtp_request a = call_request(entity, SIZE), b = call_request(other, SIZE);
    call_start(&f, &a);
    call_start(&f, &b);
    ck_assert_uint_eq(spacing(&count), apart);
    ck_assert_uint_eq(count, 32);
}
END_TEST

/* VMTP-12-09 */
START_TEST(management_does_not_wait) {
    for (unsigned i = 0; i < 3; i++)
        call_with_loss(TOO_MUCH);
    struct vmtp_request r = call_request(entity, SIZE);
    call_start(&f, &r);
    expect_packet(&f);
    expect_silence(&f);
    struct vmtp_header probe = foreign_management(1, VMTP_PROBE_ENTITY, entity);
    header_set_64(&probe, 44, entity);
    foreign_send(&f, &probe, NULL, 0);
    ck_assert_uint_eq(expect_response(&f, 1, VMTP_OK)->at, f.now);
    expect_silence(&f);
}
END_TEST

/* VMTP-12-10 */
START_TEST(who_comes_late_sends_four_at_most) {
    for (unsigned i = 0; i < 3; i++)
        call_with_loss(TOO_MUCH);
    vmtp_time apart = call_with_loss(ALL);
    struct vmtp_request r = call_request(entity, SIZE);
    call_start(&f, &r);
    expect_packet(&f);
    expect_silence(&f);
    f.now += 20 * apart;
    foreign_collect(&f);
    for (unsigned i = 0; i < 4; i++)
        expect_packet(&f);
    expect_silence(&f);
    f.now += apart;
    foreign_collect(&f);
    expect_packet(&f);
    expect_silence(&f);
}
END_TEST

/* VMTP-12-11 */
START_TEST(a_sender_may_be_slower_than_can_be_asked_for) {
    vmtp_time apart = 0;
    for (unsigned i = 0; i < 60; i++)
        apart = call_with_loss(0x000000ff);
    ck_assert_uint_gt(apart, 10 * PACKET);
    ck_assert_uint_le(apart, 65 * PACKET);
}
END_TEST

/* ---- what a client asks for --------------------------------------------------------------------------------------- */

/* A call whose Response of 16 packets comes with these blocks first and the others when they are asked for; the gap asked for. */
static unsigned call_missing(uint32_t first, uint32_t flags) {
    struct vmtp_request r = call_request(entity, 0);
    call_start(&f, &r);
    struct vmtp_header asked = expect_packet(&f)->h, h = call_response(&asked, SIZE);
    h.code |= flags;
    for (uint32_t i = 0; i < 32; i += 2)
        if (first >> i & 3u)
            call_give_blocks(&f, &h, calling_response, first & 3u << i, 0);
    if (first != ALL) {
        foreign_pass(&f, 25 * MS); /* TC3 */
        expect_packet(&f);
        h.retransmit = flags ? 1 : 0;
        call_give_blocks(&f, &h, calling_response, flags ? ALL : ~first, 0);
    }
    call_result(&f, 0);
    foreign_forget(&f);
    return asked.gap;
}

/* VMTP-12-05 VMTP-12-02 */
START_TEST(losses_of_responses_make_a_client_ask_for_a_gap) {
    uint32_t flags = _i ? VMTP_DGM : 0;
    ck_assert_uint_eq(call_missing(0x0000ffff, flags), 0);
    unsigned gap = call_missing(0x0000ffff, flags);
    ck_assert_uint_gt(gap, 0);
    ck_assert_uint_gt(call_missing(ALL, flags), gap);
    unsigned calls = 0;
    do /* what was too short is not tried again at once */
        foreign_pass(&f, 100 * MS);
    while (call_missing(ALL, flags) != 0 && ++calls < 400);
    ck_assert_uint_lt(calls, 400);
    ck_assert_uint_gt(calls, 4);
}
END_TEST

/* VMTP-12-05: what the caller asks for is the least */
START_TEST(the_caller_may_want_more) {
    call_missing(0x0000ffff, 0);
    unsigned gap = call_missing(ALL, 0);
    struct vmtp_request r = call_request(entity, 0);
    r.gap = (uint8_t)(_i ? gap + 1 : 1);
    call_start(&f, &r);
    ck_assert_uint_eq(expect_packet(&f)->h.gap, _i ? gap + 1 : gap);
}
END_TEST

/* VMTP-12-05 VMTP-12-11: as much as there is room for */
START_TEST(a_client_asks_for_255_at_most) {
    unsigned gap = 0;
    for (unsigned i = 0; i < 60; i++)
        gap = call_missing(0x000000ff, 0);
    ck_assert_uint_eq(gap, 255);
}
END_TEST

/* ---- a server's Responses ----------------------------------------------------------------------------------------- */

static uint32_t transaction;

static vmtp_time answer_with_loss(uint32_t has, uint8_t gap) {
    struct vmtp_header h = foreign_request(FOREIGN_CLIENT, entity, ++transaction, 0x77);
    unsigned count;
    h.gap = gap;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 1, SIZE, 0), 0);
    vmtp_time apart = spacing(&count);
    ck_assert_uint_eq(count, 16);
    if (has != ALL) {
        h = foreign_notify_server(entity, FOREIGN_CLIENT, transaction, has, VMTP_RETRY);
        ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
        spacing(&count);
    }
    foreign_forget(&f);
    return apart;
}

/* VMTP-12-01 */
START_TEST(a_gap_that_is_asked_for_is_left) {
    static const uint8_t gaps[] = {0, 1, 32, 255};
    vmtp_time apart = answer_with_loss(ALL, gaps[_i]);
    if (gaps[_i] == 0)
        ck_assert_uint_eq(apart, 0);
    else
        ck_assert_uint_eq(apart, DATA + gaps[_i] * PACKET / 32);
    ck_assert_uint_eq(answer_with_loss(ALL, 0), 0);
}
END_TEST

/* VMTP-12-01: also where many nodes ask at once, more than are remembered */
START_TEST(every_client_gets_the_gap_it_asks_for) {
    struct vmtp_config c;
    uint8_t mac[6] = {2, 0, 0, 1, 0, 0};
    vmtp_time last[64] = {0};
    foreign_close(&f);
    foreign_config(&c);
    c.max_hosts = 4;
    foreign_open(&f, &c);
    entity = serve_entity(&f, NULL);
    serve_accepts(&f, entity, 20, SIZE);
    f.src = mac;
    for (uint8_t i = 0; i < 16; i++) {
        struct vmtp_header h = foreign_request(FOREIGN_CLIENT + i, entity, 1, 0x77);
        h.gap = 64;
        mac[5] = i;
        foreign_send(&f, &h, NULL, 0);
        ck_assert_int_eq(serve_reply(&f, serve_last(&f), 1, 8192, 0), 0);
    }
    foreign_pass(&f, 50 * MS);
    unsigned count = 0;
    for (const struct packet *p; (p = foreign_take(&f)) != NULL; count++) {
        ck_assert_uint_ge(p->at - last[p->dst[5]], 2 * PACKET);
        last[p->dst[5]] = p->at;
    }
    ck_assert_uint_eq(count, 16 * 8);
}
END_TEST

/* VMTP-13.9-03: group by group, also when something more urgent comes between */
START_TEST(groups_go_on_where_gaps_are_left) {
    static const vmtp_entity order[] = {0, 2, 0, 1};
    for (unsigned i = 0; i < 3; i++) {
        struct vmtp_header h = foreign_request(FOREIGN_CLIENT + i, entity, 1, 0x77);
        h.gap = 255;
        h.priority = i == 2 ? 8 : 0;
        foreign_send(&f, &h, NULL, 0);
        ck_assert_int_eq(serve_reply(&f, serve_last(&f), 1, 4096, 0), 0);
    }
    foreign_pass(&f, 14 * MS);
    unsigned turns = 0, count = 0;
    for (const struct packet *p; (p = foreign_take(&f)) != NULL; count++) {
        vmtp_entity client = p->h.client - FOREIGN_CLIENT;
        if (count && client != order[turns])
            turns++;
        ck_assert_uint_lt(turns, 4);
        ck_assert_uint_eq(client, order[turns]);
    }
    ck_assert_uint_eq(count, 12);
    ck_assert_uint_eq(turns, 3);
}
END_TEST

/* VMTP-13.9-03: of so many that wait each would wait longer than 100 ms for its turn */
START_TEST(many_take_turns_packet_by_packet) {
    enum { MANY = 20 };
    struct vmtp_config c;
    foreign_close(&f);
    foreign_config(&c);
    c.link_mbps = 100;
    foreign_open(&f, &c);
    entity = serve_entity(&f, NULL);
    serve_accepts(&f, entity, MANY, SIZE);
    for (unsigned i = 0; i < MANY; i++) {
        struct vmtp_header h = foreign_request(FOREIGN_CLIENT + i, entity, 1, 0x77);
        h.gap = 255;
        foreign_send(&f, &h, NULL, 0);
        ck_assert_int_eq(serve_reply(&f, serve_last(&f), 1, 4096, 0), 0);
    }
    foreign_pass(&f, 60 * MS);
    vmtp_entity last = 0;
    unsigned count = 0, rows = 0;
    for (const struct packet *p; (p = foreign_take(&f)) != NULL; count++) {
        rows += p->h.client == last; /* the first was alone when it was sent */
        last = p->h.client;
    }
    ck_assert_uint_gt(count, MANY);
    ck_assert_uint_le(rows, 1);
}
END_TEST

/* VMTP-12-03 VMTP-12-04 */
START_TEST(losses_make_responses_slower_and_success_faster) {
    ck_assert_uint_eq(answer_with_loss(TOO_MUCH, 0), 0);
    vmtp_time slow = answer_with_loss(ALL, 0);
    ck_assert_uint_ge(slow, DATA + PACKET / 16);
    unsigned calls = 0;
    while (answer_with_loss(ALL, 0) != 0 && ++calls < 400) {
    }
    ck_assert_uint_lt(calls, 400);
    ck_assert_uint_gt(calls, 4);
}
END_TEST

/* VMTP-12-06 */
START_TEST(the_longer_gap_counts) {
    for (unsigned i = 0; i < 2; i++)
        answer_with_loss(0x0000ffff, 0);
    vmtp_time own = answer_with_loss(ALL, 1), asked = answer_with_loss(ALL, 255);
    ck_assert_uint_gt(own, 2 * PACKET);
    ck_assert_uint_gt(asked, own);
    ck_assert_uint_ge(asked, 255 * PACKET / 32);
}
END_TEST

int main(void) {
    Suite *s = suite_create("pace");
    TCase *c = tcase_create("client"), *d = tcase_create("server");
    tcase_add_checked_fixture(c, setup_client, teardown);
    tcase_add_checked_fixture(d, setup_server, teardown);
    tcase_add_loop_test(c, losing_a_quarter_makes_requests_slower, 0, 3);
    tcase_add_test(c, losing_more_makes_them_slower_still);
    tcase_add_loop_test(c, the_share_that_is_lost_says_how_much_slower, 0, 4);
    tcase_add_test(c, bad_luck_makes_no_gap);
    tcase_add_test(c, bad_luck_at_a_gap);
    tcase_add_test(c, bad_luck_behind_no_gap);
    tcase_add_test(c, what_goes_on_is_no_luck);
    tcase_add_test(c, nobody_there_is_no_overrun);
    tcase_add_test(c, whole_groups_make_it_faster_again);
    tcase_add_test(c, what_failed_is_tried_later_and_later);
    tcase_add_test(c, a_shorter_gap_has_to_show_that_it_is_good);
    tcase_add_test(c, calls_to_one_node_share_the_gap);
    tcase_add_test(c, management_does_not_wait);
    tcase_add_test(c, who_comes_late_sends_four_at_most);
    tcase_add_test(c, a_sender_may_be_slower_than_can_be_asked_for);
    tcase_add_loop_test(c, losses_of_responses_make_a_client_ask_for_a_gap, 0, 2);
    tcase_add_loop_test(c, the_caller_may_want_more, 0, 2);
    tcase_add_test(c, a_client_asks_for_255_at_most);
    tcase_add_loop_test(d, a_gap_that_is_asked_for_is_left, 0, 4);
    tcase_add_test(d, every_client_gets_the_gap_it_asks_for);
    tcase_add_test(d, groups_go_on_where_gaps_are_left);
    tcase_add_test(d, many_take_turns_packet_by_packet);
    tcase_add_test(d, losses_make_responses_slower_and_success_faster);
    tcase_add_test(d, the_longer_gap_counts);
    suite_add_tcase(s, c);
    suite_add_tcase(s, d);
    return run_suite(s);
}

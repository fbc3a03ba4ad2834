/* SPDX-License-Identifier: BSD-2-Clause */
/* test_messages_server.c - Requests of several packet groups at the server (spec/vmtp.md section 13.3). */
#include <check.h>
#include <suite.h>
#include <stdlib.h>

#include "support/streaming.h"

#define T 1000u

static struct foreign f;
static vmtp_entity server;
static struct vmtp_header request;

static void serve(void) {
    ck_assert_int_eq(vmtp_entity_create(f.engine, &server, NULL, f.now), 0);
    stream_accept(&f, server, VMTP_MESSAGE_OCTETS);
    request = stream_large_request(server, T, THREE);
}

static void setup(void) {
    stream_open(&f, NULL);
    serve();
}

static void teardown(void) { foreign_close(&f); }

static void gives(unsigned group, uint32_t blocks, uint32_t flags) {
    ck_assert_int_eq(stream_give(&f, &request, group, blocks, flags), 0);
}

static void says(unsigned group, uint32_t delivery, uint32_t code) {
    ck_assert_uint_eq(packet_32(expect_nvc(&f, FOREIGN_CLIENT, T + group, code), 56), delivery);
}

static void whole(uint32_t size) {
    ck_assert_uint_eq(serve_count(&f), 1);
    const struct vmtp_event *event = serve_last(&f);
    ck_assert_uint_eq(event->segment_size, size);
    ck_assert_ptr_eq(event->segment, stream_area);
    ck_assert_uint_eq(event->client, FOREIGN_CLIENT);
    ck_assert_mem_eq(stream_area, stream_segment, size);
    ck_assert_uint_eq(stream_area[size], 0);
}

/* VMTP-13.3-42: but the first packet is one of the first group, or nobody knows that there is a run */
START_TEST(in_any_order) {
    static const unsigned orders[2][3] = {{0, 1, 2}, {0, 2, 1}};
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_uint_eq(serve_count(&f), 0);
        gives(orders[_i][i], stream_blocks(THREE, orders[_i][i]), 0);
    }
    whole(THREE);
}
END_TEST

/* VMTP-13.3-42 */
START_TEST(block_by_block) {
    gives(0, 1, 0);
    for (unsigned i = 78; i > 0; i--) {
        ck_assert_uint_eq(serve_count(&f), 0);
        gives(i / 32, 1u << i % 32, 0);
    }
    whole(THREE);
    ck_assert_int_eq(stream_give(&f, &request, 1, 1, 0), VMTP_COUNT_DROP_DUPLICATE);
}
END_TEST

/* VMTP-13.3-15: of 256 groups */
START_TEST(the_largest) {
    request = stream_large_request(server, UINT32_MAX - 100, VMTP_MESSAGE_OCTETS);
    for (unsigned i = 0; i < 256; i++)
        gives(i, ALL_BLOCKS, 0);
    whole(VMTP_MESSAGE_OCTETS);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-06: its beginning was lost */
START_TEST(a_message_without_a_beginning) {
    ck_assert_int_eq(stream_give_group(&f, &request, 1, 0), VMTP_COUNT_DROP_OUT_OF_ORDER);
    expect_nvc(&f, FOREIGN_CLIENT, T + 1, VMTP_NO_RUN_RECORD);
    for (unsigned i = 0; i < 3; i++)
        gives(i, stream_blocks(THREE, i), 0);
    whole(THREE);
}
END_TEST

/* VMTP-13.3-42 */
START_TEST(what_contradicts_is_dropped) {
    struct vmtp_header h = request;
    gives(0, 1, 0);
    h.words[6] = THREE + 1; /* another size */
    ck_assert_int_eq(stream_give_group(&f, &h, 1, VMTP_APG), VMTP_COUNT_DROP_MISMATCH);
    h = request;
    h.words[0] ^= 1; /* another message */
    ck_assert_int_eq(stream_give_group(&f, &h, 1, VMTP_APG), VMTP_COUNT_DROP_MISMATCH);
    h = request;
    h.transaction = T + 2;
    h.flags = VMTP_NSR | VMTP_NER | VMTP_CMG;
    h.delivery = ALL_BLOCKS;
    ck_assert_int_eq(foreign_send(&f, &h, stream_segment, GROUP_OCTETS), VMTP_COUNT_DROP_MISMATCH);
    h.transaction = T + 1;
    h.flags = VMTP_NSR;
    h.delivery = LAST_OF_THREE;
    ck_assert_int_eq(foreign_send(&f, &h, stream_segment, THREE - 2 * GROUP_OCTETS), VMTP_COUNT_DROP_MISMATCH);
    expect_silence(&f);
    for (unsigned i = 0; i < 3; i++)
        gives(i, stream_blocks(THREE, i), 0);
    whole(THREE);
}
END_TEST

/* VMTP-13.3-42: the same in its first packet, of which nothing stays */
START_TEST(what_contradicts_does_not_begin) {
    struct vmtp_usage usage;
    struct vmtp_header h = request;
    if (_i == 0) { /* continued, but of one group */
        h.words[6] = 512;
        h.flags = VMTP_NER | VMTP_CMG;
        h.delivery = 1;
        ck_assert_int_eq(foreign_send(&f, &h, stream_segment, 512), VMTP_COUNT_DROP_MISMATCH);
    } else if (_i == 1) { /* not continued, but of three */
        h.flags = VMTP_NER;
        h.delivery = LAST_OF_THREE;
        int dropped = foreign_send(&f, &h, stream_segment, THREE - 2 * GROUP_OCTETS);
        ck_assert_int_eq(dropped, VMTP_COUNT_DROP_MISMATCH);
    } else { /* in the middle of a run */
        ck_assert_int_eq(stream_ask(&f, server, T - 1, VMTP_NER), 0);
        foreign_forget(&f);
        stream_accept(&f, server, VMTP_MESSAGE_OCTETS);
        h.flags = VMTP_NSR | VMTP_APG;
        h.delivery = LAST_OF_THREE;
        int dropped = foreign_send(&f, &h, stream_segment, THREE - 2 * GROUP_OCTETS);
        ck_assert_int_eq(dropped, VMTP_COUNT_DROP_MISMATCH);
        request.flags = VMTP_NSR;
    }
    expect_silence(&f);
    vmtp_usage(f.engine, &usage);
    ck_assert_uint_eq(usage.runs, 0);
    for (unsigned i = 0; i < 3; i++)
        gives(i, stream_blocks(THREE, i), 0);
    whole(THREE);
}
END_TEST

/* VMTP-13.3-44 VMTP-13.3-45 */
START_TEST(who_asks_is_told) {
    request = stream_large_request(server, T, 5 * GROUP_OCTETS);
    gives(0, ALL_BLOCKS, VMTP_APG);
    says(0, ALL_BLOCKS, VMTP_OK);
    gives(1, 0xff, VMTP_APG);
    says(1, 0xff, VMTP_RETRY);
    gives(2, ALL_BLOCKS, VMTP_APG);
    says(0, ALL_BLOCKS, VMTP_OK); /* what lacks is on its way */
    expect_silence(&f);
    gives(3, 0, VMTP_APG);
    says(1, 0xff, VMTP_RETRY); /* it waits, so nothing is */
    gives(3, ALL_BLOCKS, VMTP_APG);
    says(0, ALL_BLOCKS, VMTP_OK);
    gives(1, 0xffffff00, VMTP_APG);
    says(3, ALL_BLOCKS, VMTP_OK); /* a later one */
    gives(0, 0, VMTP_APG);
    says(3, ALL_BLOCKS, VMTP_OK);
    gives(4, 1, 0);
    expect_silence(&f);
    gives(4, ~1u, VMTP_APG);
    says(4, ALL_BLOCKS, VMTP_OK);
    expect_silence(&f);
    whole(5 * GROUP_OCTETS);
}
END_TEST

/* VMTP-13.3-44 VMTP-8.3-01: and when it is being worked on */
START_TEST(who_asks_later_is_told) {
    for (unsigned i = 0; i < 3; i++)
        gives(i, stream_blocks(THREE, i), 0);
    ck_assert_int_eq(stream_give(&f, &request, 1, 0, VMTP_APG), VMTP_COUNT_DROP_DUPLICATE);
    says(2, ALL_BLOCKS, VMTP_OK);
    ck_assert_int_eq(stream_give(&f, &request, 2, 0, VMTP_APG), VMTP_COUNT_DROP_DUPLICATE);
    says(2, ALL_BLOCKS, VMTP_OK);
    ck_assert_int_eq(stream_give(&f, &request, 0, 0, 0), VMTP_COUNT_DROP_DUPLICATE);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-46 */
START_TEST(a_gap_is_asked_for_once) {
    request = stream_large_request(server, T, 6 * GROUP_OCTETS);
    gives(0, 0x0ff0, 0);
    gives(2, ALL_BLOCKS, 0);
    says(0, 0x0ff0, VMTP_RETRY);
    says(1, 0, VMTP_RETRY);
    gives(3, 0x3, 0);
    gives(2, ALL_BLOCKS, 0);
    gives(1, 0x3, 0);
    expect_silence(&f);
    gives(4, 0x3, 0);
    says(3, 0x3, VMTP_RETRY);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-46: what is missing before one that is far ahead is asked for as packets come */
START_TEST(a_wide_gap) {
    request = stream_large_request(server, T, 40 * GROUP_OCTETS);
    gives(0, ALL_BLOCKS, 0);
    gives(31, 0x3, 0);
    for (unsigned next = 1; next < 31;) {
        for (unsigned i = 0; i < 4 && next < 31; i++)
            says(next++, 0, VMTP_RETRY);
        expect_silence(&f);
        gives(1, 0x3, 0); /* any will do */
    }
    gives(31, 0xc, 0);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.3-47: between its groups a client may take its time, but not for ever */
START_TEST(a_slow_client) {
    gives(0, stream_blocks(THREE, 0), 0);
    foreign_pass(&f, 4 * VMTP_SECOND);
    expect_silence(&f);
    if (_i) {
        foreign_pass(&f, 20 * VMTP_SECOND);
        ck_assert_uint_eq(vmtp_counter(f.engine, VMTP_COUNT_ORPHANS), 1);
        expect_silence(&f);
        return;
    }
    gives(1, stream_blocks(THREE, 1), 0);
    foreign_pass(&f, 4 * VMTP_SECOND);
    gives(2, stream_blocks(THREE, 2), 0);
    whole(THREE);
}
END_TEST

/* VMTP-13.3-47 VMTP-13.3-77 VMTP-8.3-10 VMTP-13.7-01: also with NRT */
START_TEST(silence_is_answered_by_asking) {
    struct vmtp_usage usage;
    uint32_t flags = _i ? VMTP_NRT : 0;
    gives(0, ALL_BLOCKS, flags);
    gives(1, 0xffff, flags);
    gives(2, 0x3, flags);
    call_forget_packets(&f);
    static const unsigned at[] = {4, 24, 64, 144, 304};
    vmtp_time from = f.now;
    foreign_pass(&f, 622 * VMTP_MILLISECOND);
    for (unsigned i = 0; i < 5; i++) {
        const struct packet *p = expect_nvc(&f, FOREIGN_CLIENT, T + 1, VMTP_RETRY);
        ck_assert_uint_eq(packet_32(p, 56), 0xffff);
        ck_assert_uint_eq((p->at - from) / VMTP_MILLISECOND, at[i]);
    }
    expect_silence(&f);
    foreign_pass(&f, 4 * VMTP_MILLISECOND);
    expect_nvc(&f, FOREIGN_CLIENT, T + 2, VMTP_TOO_MANY_RETRIES);
    expect_silence(&f);
    ck_assert_uint_eq(serve_count(&f), 0);
    vmtp_usage(f.engine, &usage);
    ck_assert_uint_eq(usage.runs, 0);
    gives(0, ALL_BLOCKS, 0); /* it can still come, and to the same area */
    gives(1, ALL_BLOCKS, 0);
    gives(2, LAST_OF_THREE, 0);
    whole(THREE);
}
END_TEST

/* VMTP-13.3-17 */
START_TEST(its_response) {
    for (unsigned i = 0; i < 3; i++)
        gives(i, stream_blocks(THREE, i), 0);
    ck_assert_int_eq(stream_reply(&f, T, _i ? 500 : 0, 0), 0);
    const struct packet *p = expect_flags(&f, T + 2, 0);
    ck_assert_uint_eq(p->h.function, VMTP_RESPONSE);
    ck_assert_uint_eq(p->h.gap, 2);
    expect_silence(&f);
    ck_assert_int_eq(stream_give(&f, &request, 2, 0, VMTP_APG), VMTP_COUNT_DROP_DUPLICATE);
    p = expect_flags(&f, T + 2, _i ? VMTP_APG : 0);
    ck_assert_uint_eq(p->h.gap, 2);
}
END_TEST

/* VMTP-5.1-01 VMTP-13.3-08: row 38 */
START_TEST(no_record_for_it) {
    struct vmtp_config config;
    struct vmtp_usage usage;
    stream_config(&config);
    config.max_runs = 1;
    teardown();
    stream_open(&f, &config);
    serve();
    gives(0, 1, 0);
    serve_accepts(&f, server, 4, GROUP_OCTETS);
    struct vmtp_header other = request;
    other.client = FOREIGN_OTHER_CLIENT;
    stream_accept(&f, server, VMTP_MESSAGE_OCTETS);
    ck_assert_int_eq(stream_give_group(&f, &other, 0, 0), VMTP_COUNT_DROP_NO_RUN);
    expect_nvc(&f, FOREIGN_OTHER_CLIENT, T, VMTP_BUSY);
    ck_assert_int_eq(serve_ask(&f, FOREIGN_OTHER_CLIENT, server, T, VMTP_NER), 0);
    other.flags = VMTP_NSR;
    other.transaction++;
    ck_assert_int_eq(stream_give_group(&f, &other, 0, 0), VMTP_COUNT_DROP_NO_RUN);
    expect_nvc(&f, FOREIGN_OTHER_CLIENT, T, VMTP_MSGTRANS_OVERFLOW);
    for (unsigned i = 0; i < 3; i++)
        gives(i, stream_blocks(THREE, i), 0);
    vmtp_usage(f.engine, &usage);
    ck_assert_uint_eq(usage.runs, 0);
    ck_assert_int_eq(stream_give_group(&f, &other, 0, 0), 0);
    expect_silence(&f);
}
END_TEST

/* VMTP-8.4-02 VMTP-8.4-01 */
START_TEST(an_area_that_is_too_small) {
    ck_assert_int_eq(vmtp_entity_create(f.engine, &server, NULL, f.now), 0);
    request.server = server;
    ck_assert_int_eq(stream_give_group(&f, &request, 0, 0), VMTP_COUNT_DROP_NO_ACCEPT);
    expect_nvc(&f, FOREIGN_CLIENT, T, VMTP_BUSY);
    stream_accept(&f, server, THREE - 1);
    ck_assert_int_eq(stream_give_group(&f, &request, 0, 0), VMTP_COUNT_DROP_TOO_LARGE);
    expect_nvc(&f, FOREIGN_CLIENT, T, VMTP_ERROR);
    stream_accept(&f, server, THREE);
    for (unsigned i = 0; i < 3; i++)
        gives(i, stream_blocks(THREE, i), 0);
    whole(THREE);
}
END_TEST

/* VMTP-13.3-04 VMTP-13.3-22: others of its run before and behind it */
START_TEST(in_a_run) {
    static const uint32_t order[] = {T - 1, T, T + 3};
    serve_accepts(&f, server, 2, 0);
    ck_assert_int_eq(stream_ask(&f, server, T - 1, VMTP_NER), 0);
    request.flags = VMTP_NSR | VMTP_NER;
    stream_accept(&f, server, VMTP_MESSAGE_OCTETS);
    for (unsigned i = 0; i < 3; i++)
        gives(i, i == 1 ? 0xffff : stream_blocks(THREE, i), 0);
    ck_assert_uint_eq(packet_32(expect_nvc(&f, FOREIGN_CLIENT, T + 1, VMTP_RETRY), 56), 0xffff);
    ck_assert_int_eq(stream_ask(&f, server, T + 3, VMTP_NSR), 0);
    ck_assert_uint_eq(serve_count(&f), 1);
    gives(1, 0xffff0000, 0);
    ck_assert_uint_eq(serve_count(&f), 3);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_uint_eq(stream_delivered(&f, i), order[i]);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.4-05: a datagram of several groups is all or nothing, and nobody is told */
START_TEST(a_large_datagram) {
    struct vmtp_usage usage;
    request.code |= VMTP_DGM;
    gives(0, ALL_BLOCKS, 0);
    gives(2, LAST_OF_THREE, 0);
    if (_i) {
        gives(1, ALL_BLOCKS, 0);
        whole(THREE);
    } else {
        foreign_pass(&f, VMTP_SECOND);
        ck_assert_uint_eq(serve_count(&f), 0);
    }
    expect_silence(&f);
    vmtp_usage(f.engine, &usage);
    ck_assert_uint_eq(usage.runs, 0);
    ck_assert_uint_eq(usage.requests, 0);
}
END_TEST

/* VMTP-8.1-04 VMTP-7.7-02: what its client gives up, and what its server is no more there for */
START_TEST(it_ends_early) {
    struct vmtp_usage usage;
    gives(0, ALL_BLOCKS, 0);
    if (_i == 0) {
        ck_assert_int_eq(serve_ask(&f, FOREIGN_CLIENT, server, T + 3, 0), 0);
        ck_assert_uint_eq(serve_last(&f)->transaction, T + 3); /* into the area that is free again */
    } else {
        ck_assert_int_eq(vmtp_entity_delete(f.engine, server, f.now), 0);
        foreign_collect(&f);
        ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_ACCEPT_RETURNED), 1);
        ck_assert_int_eq(stream_give_group(&f, &request, 1, 0), VMTP_COUNT_DROP_NO_SERVER);
        expect_nvc(&f, FOREIGN_CLIENT, T + 1, VMTP_NONEXISTENT_ENTITY);
    }
    vmtp_usage(f.engine, &usage);
    ck_assert_uint_eq(usage.runs, 0);
    expect_silence(&f);
}
END_TEST

int main(void) {
    Suite *s = suite_create("large Requests at the server");
    TCase *c = tcase_create("all");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_loop_test(c, in_any_order, 0, 2);
    tcase_add_loop_test(c, a_slow_client, 0, 2);
    tcase_add_test(c, block_by_block);
    tcase_add_test(c, the_largest);
    tcase_add_test(c, a_message_without_a_beginning);
    tcase_add_test(c, what_contradicts_is_dropped);
    tcase_add_loop_test(c, what_contradicts_does_not_begin, 0, 3);
    tcase_add_test(c, who_asks_is_told);
    tcase_add_test(c, who_asks_later_is_told);
    tcase_add_test(c, a_gap_is_asked_for_once);
    tcase_add_test(c, a_wide_gap);
    tcase_add_loop_test(c, silence_is_answered_by_asking, 0, 2);
    tcase_add_loop_test(c, its_response, 0, 2);
    tcase_add_test(c, no_record_for_it);
    tcase_add_test(c, an_area_that_is_too_small);
    tcase_add_test(c, in_a_run);
    tcase_add_loop_test(c, a_large_datagram, 0, 2);
    tcase_add_loop_test(c, it_ends_early, 0, 2);
    suite_add_tcase(s, c);
    return run_suite(s);
}

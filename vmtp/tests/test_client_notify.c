/* SPDX-License-Identifier: BSD-2-Clause */
/* test_client_notify.c - what NotifyVmtpClient does to a call (spec/vmtp.md section 7.5). */
#include "support/calling.h"
#include "wire_testing.h"

#define MS VMTP_MILLISECOND

static struct foreign f;
static vmtp_entity client;

static void setup(void) {
    foreign_open(&f, NULL);
    client = call_entity(&f);
}

static void teardown(void) { foreign_close(&f); }

static int tell(uint32_t transact, uint32_t delivery, uint32_t code) {
    struct vmtp_header h = foreign_notify_client(client, transact, delivery, code);
    return foreign_send(&f, &h, NULL, 0);
}

/* Passes until the engine sends something, which must be after from and not after to (ms from now). */
static const struct packet *expect_after(vmtp_time from, vmtp_time to) {
    foreign_pass(&f, from * MS);
    expect_silence(&f);
    foreign_pass(&f, (to - from) * MS);
    return expect_packet(&f);
}

/* All packets that wait: one transmission of the Request.  Returns the blocks in them, each of which was sent once. */
static uint32_t transmission(const struct vmtp_header *asked, unsigned retransmit, uint32_t flags, uint32_t size) {
    uint32_t blocks = 0;
    do {
        const struct packet *p = expect_packet(&f);
        uint32_t octets = 0;
        ck_assert_uint_eq(p->h.function, VMTP_REQUEST);
        ck_assert_uint_eq(p->h.transaction, asked->transaction);
        ck_assert_uint_eq(p->h.code, asked->code);
        ck_assert_uint_eq(p->h.words[6], size);
        ck_assert_uint_eq(p->h.retransmit, retransmit);
        ck_assert_uint_eq(p->h.flags, flags);
        ck_assert_uint_eq(p->h.delivery & blocks, 0);
        for (unsigned i = 0; i < VMTP_GROUP_BLOCKS; i++) {
            uint32_t bit = p->h.delivery & ((uint32_t)1 << i), n = vmtp_blocks_octets(bit, size);
            ck_assert_mem_eq(p->data + octets, calling_segment + 512u * i, n);
            octets += n;
        }
        blocks |= p->h.delivery;
        if (!foreign_waiting(&f)) /* after losses packets have gaps between them */
            foreign_pass(&f, MS / 4);
    } while (foreign_waiting(&f));
    return blocks;
}

/* ---- whose ---- */

/* VMTP-7.5-01 */
START_TEST(only_the_outstanding_transaction_is_meant) {
    struct vmtp_header asked = call_sent(&f, client, 0);
    struct vmtp_header h = foreign_notify_client(client + 1, asked.transaction, 0, VMTP_NO_PERMISSION);
    ck_assert_int_gt(foreign_send(&f, &h, NULL, 0), 0);
    ck_assert_int_eq(tell(asked.transaction - 1, 0, VMTP_NO_PERMISSION), VMTP_COUNT_DROP_BAD_NOTIFY);
    ck_assert_int_eq(tell(asked.transaction + 1, 0, VMTP_NO_PERMISSION), VMTP_COUNT_DROP_BAD_NOTIFY);
    ck_assert_int_eq(tell(0, 0, VMTP_SECURITY_NOT_SUPPORTED), VMTP_COUNT_DROP_BAD_NOTIFY); /* our call was not secure */
    expect_silence(&f);
    call_goes_on(&f);
    ck_assert_int_eq(tell(asked.transaction, 0, VMTP_NO_PERMISSION), 0);
    call_result(&f, VMTP_NO_PERMISSION);
    ck_assert_int_eq(tell(asked.transaction, 0, VMTP_NO_PERMISSION), VMTP_COUNT_DROP_BAD_NOTIFY);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_COMPLETE), 1);
    expect_silence(&f);
}
END_TEST

/* VMTP-7.5-01: a call that is still looking for its server's node has sent nothing that could be answered */
START_TEST(what_was_not_sent_yet_cannot_be_answered) {
    struct vmtp_header asked = call_sent(&f, client, 0);
    ck_assert_int_eq(tell(asked.transaction, 0, VMTP_NO_PERMISSION), 0);
    call_result(&f, VMTP_NO_PERMISSION);
    f.event_count = 0;
    struct vmtp_request r = call_request(client, 0);
    r.message.server = FOREIGN_SERVER + 1;
    call_start(&f, &r);
    call_forget_packets(&f);
    for (uint32_t code = 0; code < 25; code++)
        ck_assert_int_eq(tell(asked.transaction + 1, 0, code), VMTP_COUNT_DROP_BAD_NOTIFY);
    expect_silence(&f);
    call_goes_on(&f);
}
END_TEST

/* VMTP-7.5-02 */
START_TEST(ignored_while_the_response_arrives) {
    struct vmtp_header asked = call_sent(&f, client, 4096), h = call_response(&asked, 1024);
    ck_assert_int_eq(call_give_blocks(&f, &h, calling_response, 1, 0), 0);
    for (uint32_t code = 0; code < 32; code++)
        if (code != VMTP_RESPONSE_DISCARDED && code != VMTP_ENTITY_MIGRATED)
            ck_assert_int_eq(tell(asked.transaction, 0, code), VMTP_COUNT_DROP_BAD_NOTIFY);
    expect_silence(&f);
    call_goes_on(&f);
    if (_i) {
        ck_assert_int_eq(tell(asked.transaction, 0, VMTP_RESPONSE_DISCARDED), 0);
        call_result(&f, VMTP_RESPONSE_DISCARDED);
    } else {
        ck_assert_int_eq(call_give_blocks(&f, &h, calling_response, 2, 0), 0);
        call_result(&f, 0);
    }
}
END_TEST

/* ---- what it says ---- */

/* VMTP-7.5-03 VMTP-9.1-04 */
START_TEST(ok_clears_the_retries) {
    struct vmtp_header asked = call_sent(&f, client, 0);
    foreign_pass(&f, 370 * MS);
    ck_assert_uint_eq(foreign_waiting(&f), 4);
    call_forget_packets(&f);
    ck_assert_int_eq(tell(asked.transaction, 0, VMTP_OK), 0);
    expect_after(219, 222);
    foreign_pass(&f, 10 * VMTP_SECOND);
    ck_assert_uint_eq(foreign_waiting(&f), 4); /* five in all since */
    call_result(&f, VMTP_RETRANS_TIMEOUT);
}
END_TEST

/* VMTP-7.5-04 VMTP-6.3-01 VMTP-6.3-06 */
START_TEST(retry_brings_what_is_missing) {
    static const struct {
        uint32_t size, has;
    } cases[] = {{4096, 0xfc},   {4096, 0x0f},   {4096, 0},        {4096, 0x55},   {16384, 0x7fffffff},
                 {16384, 0xf00}, {5000, 0x1ff},  {16384, 0},       {8192, 0xfffe}, {3000, 0xffffff00},
                 {4096, 0x7f},   {16000, 0xfff}, {16384, 0xa5a5a5}};
    uint32_t size = cases[_i].size, all = vmtp_blocks_mask(size), has = cases[_i].has;
    struct vmtp_header asked = call_sent(&f, client, size);
    foreign_pass(&f, 5 * MS);
    ck_assert_int_eq(tell(asked.transaction, has, VMTP_RETRY), 0);
    ck_assert_uint_eq(transmission(&asked, 1, 0, size), all & ~has);
    ck_assert_int_eq(tell(asked.transaction, all, VMTP_OK), 0); /* and even when all had come once */
    foreign_pass(&f, 5 * MS);
    ck_assert_int_eq(tell(asked.transaction, 0, VMTP_RETRY), 0);
    ck_assert_uint_eq(transmission(&asked, 2, 0, size), all);
    expect_after(219, 222); /* TC1 */
}
END_TEST

/* VMTP-7.5-08 VMTP-9.1-04 */
START_TEST(retry_that_lacks_nothing_is_ok) {
    uint32_t size = _i ? 4096 : 0;
    struct vmtp_header asked = call_sent(&f, client, size);
    foreign_pass(&f, 370 * MS);
    ck_assert_uint_eq(foreign_waiting(&f), 4);
    call_forget_packets(&f);
    ck_assert_int_eq(tell(asked.transaction, _i == 1 ? 0xff : 0xffffffff, VMTP_RETRY), 0);
    expect_silence(&f);
    expect_after(219, 222);
    foreign_pass(&f, 10 * VMTP_SECOND);
    ck_assert_uint_eq(foreign_waiting(&f), 4);
    call_result(&f, VMTP_RETRANS_TIMEOUT);
}
END_TEST

/* VMTP-7.5-05 */
START_TEST(retry_all_brings_everything) {
    static const uint32_t sizes[] = {0, 8, 4096, 16384};
    uint32_t size = sizes[_i];
    struct vmtp_header asked = call_sent(&f, client, size);
    foreign_pass(&f, 5 * MS);
    ck_assert_int_eq(tell(asked.transaction, 0xffffffff, VMTP_RETRY_ALL), 0);
    ck_assert_uint_eq(transmission(&asked, 1, 0, size), vmtp_blocks_mask(size));
    const struct packet *p = expect_after(219, 222); /* TC1 */
    ck_assert_uint_eq(p->h.retransmit, 2);
}
END_TEST

static void told_five_times(uint32_t transact, uint32_t delivery) {
    for (unsigned i = 0; i < 5; i++) {
        ck_assert_int_eq(tell(transact, delivery, VMTP_RETRY), 0);
        foreign_pass(&f, 15 * MS); /* after losses packets have gaps between them */
        expect_packet(&f);
        call_forget_packets(&f);
    }
    call_goes_on(&f);
}

/* VMTP-7.5-09 */
START_TEST(retry_without_progress_has_an_end) {
    uint32_t has = _i ? 0x0f : 0;
    struct vmtp_header asked = call_sent(&f, client, 4096);
    for (unsigned i = 1; i <= 5; i++) {
        ck_assert_int_eq(tell(asked.transaction, has, VMTP_RETRY), 0);
        ck_assert_uint_eq(transmission(&asked, i, 0, 4096), 0xff & ~has);
    }
    call_goes_on(&f);
    tell(asked.transaction, has, VMTP_RETRY);
    call_result(&f, VMTP_RETRANS_TIMEOUT);
    foreign_pass(&f, VMTP_SECOND);
    expect_silence(&f);
}
END_TEST

/* VMTP-7.5-09: a block that was named before is no progress, whichever others are named with it */
START_TEST(each_new_block_has_retry_obeyed_five_times) {
    struct vmtp_header asked = call_sent(&f, client, 16384);
    for (uint32_t block = 0; block < 31; block += 5)
        told_five_times(asked.transaction, (uint32_t)1 << block);
    tell(asked.transaction, 1, VMTP_RETRY);
    call_result(&f, VMTP_RETRANS_TIMEOUT);
}
END_TEST

/* VMTP-7.5-09: the server has forgotten what it had when it does an idempotent operation again */
START_TEST(request_sent_again_for_its_response_counts_anew) {
    struct vmtp_header asked = call_sent(&f, client, 4096), h = call_response(&asked, 1024);
    h.code |= VMTP_DGM;
    told_five_times(asked.transaction, 0x0f);
    ck_assert_int_eq(call_give_blocks(&f, &h, calling_response, 1, 0), 0);
    foreign_pass(&f, 30 * MS); /* TC3 */
    ck_assert_uint_eq(expect_packet(&f)->h.retransmit, 6);
    call_forget_packets(&f);
    told_five_times(asked.transaction, 0x0f);
    tell(asked.transaction, 0x0f, VMTP_RETRY);
    call_result(&f, VMTP_RETRANS_TIMEOUT);
}
END_TEST

/* VMTP-7.5-10 */
START_TEST(every_sending_again_is_counted) {
    static const unsigned waits[] = {20, 40, 80, 160};
    struct vmtp_header asked = call_sent(&f, client, 4096);
    ck_assert_int_eq(tell(asked.transaction, 0xf0, VMTP_RETRY), 0);
    ck_assert_uint_eq(transmission(&asked, 1, 0, 4096), 0x0f);
    ck_assert_int_eq(tell(asked.transaction, 0, VMTP_RETRY_ALL), 0);
    ck_assert_uint_eq(transmission(&asked, 2, 0, 4096), 0xff);
    foreign_pass(&f, 218 * MS); /* TC1 */
    expect_silence(&f);
    foreign_pass(&f, 4 * MS);
    ck_assert_uint_eq(transmission(&asked, 3, VMTP_APG, 4096), 0);
    ck_assert_int_eq(tell(asked.transaction, 0, VMTP_BUSY), 0);
    while (!foreign_waiting(&f))
        foreign_pass(&f, MS);
    vmtp_time before = f.sent[f.first].at;
    ck_assert_uint_eq(transmission(&asked, 4, VMTP_APG, 4096), 0xff);
    foreign_pass(&f, VMTP_SECOND);
    for (unsigned i = 0; i < 4; i++) { /* the first of five was that after BUSY */
        const struct packet *p = expect_packet(&f);
        ck_assert_uint_ge(p->at - before, waits[i] * MS); /* TC2 */
        ck_assert_uint_le(p->at - before, (waits[i] + 2) * MS);
        before = p->at;
        ck_assert_uint_eq(p->h.retransmit, (5 + i) & 7u);
        ck_assert_uint_eq(p->h.flags, VMTP_APG);
        ck_assert_uint_eq(p->h.delivery, 0);
    }
    expect_silence(&f);
    call_result(&f, VMTP_RETRANS_TIMEOUT);
}
END_TEST

/* VMTP-7.5-06 */
START_TEST(busy_has_everything_sent_later) {
    static const uint32_t sizes[] = {0, 4096};
    uint32_t size = sizes[_i], all = vmtp_blocks_mask(size);
    struct vmtp_header asked = call_sent(&f, client, size);
    vmtp_time first = 0, last = 0;
    for (unsigned i = 1; i <= 12; i++) {
        ck_assert_int_eq(tell(asked.transaction, 0, VMTP_BUSY), 0);
        vmtp_time start = f.now;
        foreign_pass(&f, 9 * MS);
        expect_silence(&f);
        while (!foreign_waiting(&f)) {
            foreign_pass(&f, MS);
            ck_assert_uint_le(f.now - start, 322 * MS);
        }
        last = f.now - start;
        first = first ? first : last;
        ck_assert_uint_eq(transmission(&asked, i & 7u, VMTP_APG, size), all);
    }
    ck_assert_uint_le(first, 22 * MS);
    ck_assert_uint_ge(last, 160 * MS);
    foreign_pass(&f, 10 * VMTP_SECOND); /* each BUSY has cleared the count */
    ck_assert_uint_eq(foreign_waiting(&f), 4);
    call_result(&f, VMTP_RETRANS_TIMEOUT);
}
END_TEST

/* VMTP-7.5-06: the deadline ends it, and nothing else */
START_TEST(busy_until_the_deadline) {
    struct vmtp_request r = call_request(client, 0);
    r.deadline = f.now + 20 * VMTP_SECOND;
    call_start(&f, &r);
    uint32_t transaction = expect_packet(&f)->h.transaction;
    while (f.now < r.deadline - 400 * MS) {
        ck_assert_int_eq(tell(transaction, 0, VMTP_BUSY), 0);
        while (!foreign_waiting(&f))
            foreign_pass(&f, MS);
        call_goes_on(&f);
        expect_packet(&f);
    }
    tell(transaction, 0, VMTP_BUSY);
    foreign_pass(&f, 402 * MS);
    call_result(&f, VMTP_USER_TIMEOUT);
}
END_TEST

static int ends_a_call(uint32_t code) {
    return code != VMTP_OK && code != VMTP_RETRY && code != VMTP_RETRY_ALL && code != VMTP_BUSY &&
           code != VMTP_ENTITY_MIGRATED && code != VMTP_NONEXISTENT_ENTITY;
}

/* VMTP-7.5-07 VMTP-10.11-06 */
START_TEST(other_codes_end_the_call) {
    uint32_t code = _i < 40 ? (uint32_t)_i : _i == 40 ? 0x800000u : 0xffffffu;
    if (!ends_a_call(code))
        return;
    struct vmtp_header asked = call_sent(&f, client, 2048);
    ck_assert_int_eq(tell(asked.transaction, 3, code), 0);
    call_result(&f, code);
    foreign_pass(&f, 10 * VMTP_SECOND);
    expect_silence(&f);
}
END_TEST

/* VMTP-7.5-07: NONEXISTENT_ENTITY from a node that a Probe has just found */
START_TEST(entity_that_went_after_the_probe) {
    struct vmtp_request r = call_request(client, 0);
    r.message.server = FOREIGN_SERVER + 1;
    call_start(&f, &r);
    const struct packet *probe = expect_packet(&f);
    struct vmtp_header here = foreign_response(probe, FOREIGN_BLOCK * 7 + 1, VMTP_OK | VMTP_DGM);
    ck_assert_int_eq(foreign_send(&f, &here, NULL, 0), 0);
    uint32_t transaction = expect_packet(&f)->h.transaction;
    ck_assert_int_eq(tell(transaction, 0, VMTP_NONEXISTENT_ENTITY), 0);
    call_result(&f, VMTP_NONEXISTENT_ENTITY);
    expect_silence(&f);
}
END_TEST

/* VMTP-7.7-01: the server is looked for once more, but has not gone at all, and its Response is of several packets */
START_TEST(looked_for_again_and_answered_all_the_same) {
    struct vmtp_header asked = call_sent(&f, client, 0), h = call_response(&asked, 1024);
    ck_assert_int_eq(tell(asked.transaction, 0, _i ? VMTP_ENTITY_MIGRATED : VMTP_NONEXISTENT_ENTITY), 0);
    ck_assert_uint_eq(expect_packet(&f)->h.code, VMTP_PROBE_ENTITY);
    ck_assert_int_eq(call_give_blocks(&f, &h, calling_response, 1, 0), 0);
    ck_assert_int_eq(call_give_blocks(&f, &h, calling_response, 2, 0), 0);
    call_result(&f, 0);
    foreign_pass(&f, 10 * VMTP_SECOND);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_COMPLETE), 1);
}
END_TEST

int main(void) {
    Suite *s = suite_create("client notify");
    TCase *t = tcase_create("notify");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, only_the_outstanding_transaction_is_meant);
    tcase_add_test(t, what_was_not_sent_yet_cannot_be_answered);
    tcase_add_loop_test(t, ignored_while_the_response_arrives, 0, 2);
    tcase_add_test(t, ok_clears_the_retries);
    tcase_add_loop_test(t, retry_brings_what_is_missing, 0, 13);
    tcase_add_loop_test(t, retry_that_lacks_nothing_is_ok, 0, 3);
    tcase_add_loop_test(t, retry_all_brings_everything, 0, 4);
    tcase_add_loop_test(t, retry_without_progress_has_an_end, 0, 2);
    tcase_add_test(t, each_new_block_has_retry_obeyed_five_times);
    tcase_add_test(t, request_sent_again_for_its_response_counts_anew);
    tcase_add_test(t, every_sending_again_is_counted);
    tcase_add_loop_test(t, busy_has_everything_sent_later, 0, 2);
    tcase_add_test(t, busy_until_the_deadline);
    tcase_add_loop_test(t, other_codes_end_the_call, 0, 42);
    tcase_add_test(t, entity_that_went_after_the_probe);
    tcase_add_loop_test(t, looked_for_again_and_answered_all_the_same, 0, 2);
    suite_add_tcase(s, t);
    return run_suite(s);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_bad_input.c - sound packets that nobody here can use: rows 13 to 35 of the table in spec/vmtp.md section 5.2.  Each row is
 * tried by unicast and, in the three forms that a multicast packet has, by multicast.
 */
#include "support/calling.h"
#include "support/serving.h"
#include "wire_testing.h"

#define A FOREIGN_CLIENT
#define B FOREIGN_OTHER_CLIENT
#define NOT_HERE 0x00000000001001f7ull
#define GROUP 0x4000000000000507ull
#define T 0x01020304u

static struct foreign f;
static vmtp_entity server, client, busy_server, small_server;
static struct vmtp_header asked; /* of the client's outstanding call */

static void setup(void) {
    struct vmtp_config config;
    foreign_config(&config);
    config.no_streams = 1; /* what a node without streaming says; with it, see test_streams_server.c */
    config.max_requests = 2;
    foreign_open(&f, &config);
    server = serve_entity(&f, NULL);
    client = call_entity(&f);
    ck_assert_int_eq(vmtp_entity_create(f.engine, &busy_server, NULL, f.now), 0);
    ck_assert_int_eq(vmtp_entity_create(f.engine, &small_server, NULL, f.now), 0);
    serve_accepts(&f, small_server, 1, 511);
}

static void teardown(void) { foreign_close(&f); }

/* ---- Requests nobody can use ---- */

static struct vmtp_header to_nobody(void) { return foreign_request(A, NOT_HERE, T, 1); }
static struct vmtp_header to_a_group_not_here(void) { return foreign_request(A, GROUP, T, 1); }

static struct vmtp_header near_nobody(void) {
    struct vmtp_header h = foreign_request(A, server, T, 1 | VMTP_CRE);
    header_set_64(&h, 36, NOT_HERE);
    return h;
}

static struct vmtp_header from_our_client(void) { return foreign_request(client, server, T, 1); }

static struct vmtp_header with_flag(uint32_t flag) {
    struct vmtp_header h = foreign_request(A, server, T, 1);
    h.flags = flag;
    return h;
}
static struct vmtp_header with_nsr(void) { return with_flag(VMTP_NSR); }
static struct vmtp_header with_ner(void) { return with_flag(VMTP_NER); }
static struct vmtp_header with_cmg(void) { return with_flag(VMTP_CMG); }

static struct vmtp_header with_16385_octets(void) {
    struct vmtp_header h = foreign_segment_request(A, server, T, 16385);
    h.delivery = 0;
    h.flags = VMTP_NER | VMTP_CMG;
    return h;
}

static struct vmtp_header older(void) {
    serve_ask(&f, A, server, T + 1, 0);
    return foreign_request(A, server, T, 0x123);
}

static struct vmtp_header forwarded_less(void) {
    struct vmtp_header h = foreign_request(A, server, T, 0x123);
    ck_assert_int_eq(vmtp_host_learn(f.engine, A, foreign_mac, f.now), 0);
    h.forward = 2;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    h.forward = 1;
    h.flags = VMTP_APG;
    return h;
}

static struct vmtp_header again(void) {
    serve_ask(&f, A, server, T, 0);
    return foreign_request(A, server, T, 0x123);
}
static struct vmtp_header again_apg(void) {
    struct vmtp_header h = again();
    h.flags = VMTP_APG;
    return h;
}

static struct vmtp_header other_server_word(void) {
    struct vmtp_header h = foreign_segment_request(A, server, T, 4096);
    serve_ask_blocks(&f, A, server, T, 4096, 3, 0);
    h.flags = VMTP_APG;
    h.delivery = 0;
    h.words[3] = 1;
    return h;
}

static struct vmtp_header one_too_many(void) {
    serve_ask(&f, B, server, 5, 0);
    serve_ask(&f, B + 1, server, 5, 0);
    return foreign_request(A, server, T, 1);
}

static struct vmtp_header to_the_busy(void) { return foreign_request(A, busy_server, T, 1); }
static struct vmtp_header too_large(void) {
    struct vmtp_header h = foreign_segment_request(A, small_server, T, 512);
    h.delivery = 0;
    return h;
}
static struct vmtp_header conditional(void) { return foreign_request(A, busy_server, T, 1 | VMTP_CMD); }

/* ---- Responses nobody waits for ---- */

static struct vmtp_header response(vmtp_entity to, vmtp_entity from, uint32_t transaction, uint32_t flags) {
    struct vmtp_header h = foreign_request(to, from, transaction, 0x42);
    h.function = VMTP_RESPONSE;
    h.flags = flags;
    return h;
}

static struct vmtp_header response_to_nobody(void) { return response(NOT_HERE, FOREIGN_SERVER, T, 0); }
static struct vmtp_header response_to_a_server(void) { return response(FOREIGN_BLOCK + 255, FOREIGN_SERVER, T, 0); }

static struct vmtp_header streamed_response(uint32_t flags) {
    asked = call_sent(&f, client, 0);
    return response(client, FOREIGN_SERVER, asked.transaction, flags);
}
static struct vmtp_header response_nsr(void) { return streamed_response(VMTP_NSR); }
static struct vmtp_header response_ner(void) { return streamed_response(VMTP_NER); }
static struct vmtp_header response_cmg(void) { return streamed_response(VMTP_CMG); }
static struct vmtp_header response_of_16385_octets(void) {
    struct vmtp_header h = streamed_response(VMTP_NSR);
    h.code |= VMTP_SDA;
    h.words[6] = 16385;
    return h;
}

static struct vmtp_header response_ahead(uint32_t ahead, uint32_t flags) {
    asked = call_sent(&f, client, 0);
    return response(client, FOREIGN_SERVER, asked.transaction + ahead, flags);
}
static struct vmtp_header response_newer(void) { return response_ahead(1, 0); }
static struct vmtp_header response_much_newer(void) { return response_ahead(0x7fffffff, VMTP_APG); }
static struct vmtp_header response_older(void) { return response_ahead(UINT32_MAX, 0); }
static struct vmtp_header response_older_apg(void) { return response_ahead(UINT32_MAX, VMTP_APG); }
static struct vmtp_header response_half_way(void) { return response_ahead(0x80000000, VMTP_APG); }

static struct vmtp_header response_answered(uint32_t flags) {
    asked = call_sent(&f, client, 0);
    struct vmtp_header h = call_response(&asked, 0);
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    h.flags = flags;
    return h;
}
static struct vmtp_header response_twice(void) { return response_answered(0); }
static struct vmtp_header response_twice_apg(void) { return response_answered(VMTP_APG); }

static struct vmtp_header from_another(uint32_t flags) {
    asked = call_sent(&f, client, 0);
    return response(client, FOREIGN_SERVER + 1, asked.transaction, flags);
}
static struct vmtp_header response_from_another(void) { return from_another(0); }
static struct vmtp_header response_from_another_apg(void) { return from_another(VMTP_APG); }

/* A group was asked for one Response, and that of one member is arriving. */
static struct vmtp_header from_a_second_member(uint32_t flags) {
    struct vmtp_request r = call_request(client, 0);
    r.message.server = GROUP;
    call_start(&f, &r);
    asked = expect_packet(&f)->h;
    struct vmtp_header h = response(client, FOREIGN_SERVER, asked.transaction, 0);
    h.code |= VMTP_SDA;
    h.words[6] = 1024;
    ck_assert_int_eq(call_give_blocks(&f, &h, calling_response, 1, 0), 0);
    return response(client, FOREIGN_SERVER + 1, asked.transaction, flags);
}
static struct vmtp_header response_second(void) { return from_a_second_member(0); }
static struct vmtp_header response_second_apg(void) { return from_a_second_member(VMTP_APG); }

/* ---- management ---- */

static struct vmtp_header nvc_without_call(void) { return foreign_notify_client(client, T, 0, VMTP_BUSY); }
static struct vmtp_header nvc_of_another(void) {
    asked = call_sent(&f, client, 0);
    return foreign_notify_client(client, asked.transaction - 1, 0, VMTP_NONEXISTENT_ENTITY);
}
static struct vmtp_header nvs_without_record(void) { return foreign_notify_server(server, A, T, 0, VMTP_RETRY_ALL); }
static struct vmtp_header nvs_of_another(void) {
    serve_ask(&f, A, server, T, 0);
    serve_reply(&f, serve_last(&f), 1, 1024, 0);
    call_forget_packets(&f);
    return foreign_notify_server(server, A, T - 1, 0, VMTP_RETRY_ALL);
}

/* ---- the table ---- */

enum answer { SILENCE, NVC, NVS };

static const struct row {
    struct vmtp_header (*arrange)(void); /* what goes before, and the packet */
    enum vmtp_counter counter;
    enum answer answer; /* to the unicast packet */
    uint32_t code;
} rows[] = {
    {to_nobody, VMTP_COUNT_DROP_NO_SERVER, NVC, VMTP_NONEXISTENT_ENTITY},
    {to_a_group_not_here, VMTP_COUNT_DROP_NO_SERVER, NVC, VMTP_NONEXISTENT_ENTITY},
    {near_nobody, VMTP_COUNT_DROP_NOT_CORESIDENT, NVC, VMTP_NONEXISTENT_ENTITY},
    {from_our_client, VMTP_COUNT_DROP_OWN, SILENCE, 0},
    {with_nsr, VMTP_COUNT_DROP_STREAMING, NVC, VMTP_STREAMING_NOT_SUPPORTED},
    {with_ner, VMTP_COUNT_DROP_STREAMING, NVC, VMTP_STREAMING_NOT_SUPPORTED},
    {with_cmg, VMTP_COUNT_DROP_STREAMING, NVC, VMTP_STREAMING_NOT_SUPPORTED},
    {with_16385_octets, VMTP_COUNT_DROP_STREAMING, NVC, VMTP_STREAMING_NOT_SUPPORTED},
    {older, VMTP_COUNT_DROP_OLD_TRANSACTION, SILENCE, 0},
    {forwarded_less, VMTP_COUNT_DROP_OLD_FORWARD, SILENCE, 0},
    {again, VMTP_COUNT_DROP_DUPLICATE, SILENCE, 0},
    {again_apg, VMTP_COUNT_DROP_DUPLICATE, NVC, VMTP_OK},
    {other_server_word, VMTP_COUNT_DROP_MISMATCH, SILENCE, 0},
    {one_too_many, VMTP_COUNT_DROP_NO_RECORD, NVC, VMTP_BUSY},
    {to_the_busy, VMTP_COUNT_DROP_NO_ACCEPT, NVC, VMTP_BUSY},
    {too_large, VMTP_COUNT_DROP_TOO_LARGE, NVC, VMTP_ERROR},
    {conditional, VMTP_COUNT_DROP_CONDITIONAL, NVC, VMTP_NOT_AWAITING_MSG},
    {response_to_nobody, VMTP_COUNT_DROP_NO_CLIENT, NVS, VMTP_NONEXISTENT_ENTITY},
    {response_to_a_server, VMTP_COUNT_DROP_NO_CLIENT, NVS, VMTP_NONEXISTENT_ENTITY},
    {response_nsr, VMTP_COUNT_DROP_STREAMING, NVS, VMTP_STREAMING_NOT_SUPPORTED},
    {response_ner, VMTP_COUNT_DROP_STREAMING, NVS, VMTP_STREAMING_NOT_SUPPORTED},
    {response_cmg, VMTP_COUNT_DROP_STREAMING, NVS, VMTP_STREAMING_NOT_SUPPORTED},
    {response_of_16385_octets, VMTP_COUNT_DROP_STREAMING, NVS, VMTP_STREAMING_NOT_SUPPORTED},
    {response_newer, VMTP_COUNT_DROP_FUTURE_RESPONSE, NVS, VMTP_BAD_TRANSACTION_ID},
    {response_much_newer, VMTP_COUNT_DROP_FUTURE_RESPONSE, NVS, VMTP_BAD_TRANSACTION_ID},
    {response_older, VMTP_COUNT_DROP_STALE_RESPONSE, SILENCE, 0},
    {response_older_apg, VMTP_COUNT_DROP_STALE_RESPONSE, NVS, VMTP_RESPONSE_DISCARDED},
    {response_half_way, VMTP_COUNT_DROP_STALE_RESPONSE, NVS, VMTP_RESPONSE_DISCARDED},
    {response_twice, VMTP_COUNT_DROP_STALE_RESPONSE, SILENCE, 0},
    {response_twice_apg, VMTP_COUNT_DROP_STALE_RESPONSE, NVS, VMTP_RESPONSE_DISCARDED},
    {response_from_another, VMTP_COUNT_DROP_WRONG_SERVER, SILENCE, 0},
    {response_from_another_apg, VMTP_COUNT_DROP_WRONG_SERVER, NVS, VMTP_RESPONSE_DISCARDED},
    {response_second, VMTP_COUNT_DROP_EXTRA_RESPONSE, SILENCE, 0},
    {response_second_apg, VMTP_COUNT_DROP_EXTRA_RESPONSE, NVS, VMTP_RESPONSE_DISCARDED},
    {nvc_without_call, VMTP_COUNT_DROP_BAD_NOTIFY, SILENCE, 0},
    {nvc_of_another, VMTP_COUNT_DROP_BAD_NOTIFY, SILENCE, 0},
    {nvs_without_record, VMTP_COUNT_DROP_BAD_NOTIFY, SILENCE, 0},
    {nvs_of_another, VMTP_COUNT_DROP_BAD_NOTIFY, SILENCE, 0},
};
#define ROWS (int)(sizeof rows / sizeof rows[0])

static uint64_t drops(void) {
    uint64_t sum = 0;
    for (unsigned i = VMTP_COUNT_NONE + 1; i < VMTP_COUNT_PACKETS_IN; i++)
        sum += vmtp_counter(f.engine, (enum vmtp_counter)i);
    return sum;
}

/* The row's packet: dropped and counted once, under the row's name, and nothing is told to the programs. */
static struct vmtp_header give(const struct row *row) {
    struct vmtp_header h = row->arrange();
    expect_silence(&f);
    unsigned events = f.event_count;
    uint64_t all = drops(), this = vmtp_counter(f.engine, row->counter);
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), (int)row->counter);
    ck_assert_uint_eq(vmtp_counter(f.engine, row->counter), this + 1);
    ck_assert_uint_eq(drops(), all + 1);
    ck_assert_uint_eq(f.event_count, events);
    return h;
}

/* VMTP-5.1-02 VMTP-5.2-01 VMTP-5.2-02 VMTP-5.2-04 VMTP-5.2-06 VMTP-2.1-05 VMTP-2.3-02 VMTP-7.4-02 VMTP-7.4-03 VMTP-7.4-04
 * VMTP-7.4-05 VMTP-7.5-01 VMTP-11-01 */
START_TEST(unicast_packet) {
    const struct row *row = &rows[_i];
    struct vmtp_header h = give(row);
    if (row->answer == NVC) {
        ck_assert_mem_eq(expect_nvc(&f, h.client, h.transaction, row->code)->dst, foreign_mac, 6);
    } else if (row->answer == NVS) {
        const struct packet *p = expect_nvs(&f, h.server, h.transaction, row->code);
        ck_assert_uint_eq(packet_64(p, 44), h.client);
        ck_assert_mem_eq(p->dst, foreign_mac, 6);
    }
    expect_silence(&f);
}
END_TEST

/* VMTP-5.2-03 VMTP-2.3-05 VMTP-6.4-04 VMTP-10.11-05 VMTP-11-01 */
START_TEST(multicast_packet) {
    const struct row *row = &rows[_i];
    struct vmtp_header h = row->arrange(), next;
    unsigned events = f.event_count;
    uint64_t all = drops();
    expect_silence(&f);
    for (unsigned by = 1; by <= 3; by++) { /* by MPG, by its address, by both */
        struct vmtp_rx rx = {.length = VMTP_HEADER_OCTETS + VMTP_CHECKSUM_OCTETS};
        uint8_t raw[VMTP_HEADER_OCTETS + VMTP_CHECKSUM_OCTETS];
        next = h;
        next.mpg = by & 1;
        vmtp_header_encode(raw, &next);
        vmtp_store32(raw + VMTP_HEADER_OCTETS, plain_checksum(raw, VMTP_HEADER_OCTETS));
        rx.packet = raw;
        memcpy(rx.src, foreign_mac, 6);
        memcpy(rx.dst, foreign_engine_mac, 6);
        if (by & 2)
            vmtp_group_mac(rx.dst, VMTP_MANAGER_GROUP);
        ck_assert_int_eq(foreign_give(&f, &rx), (int)row->counter);
        expect_silence(&f);
        ck_assert_uint_eq(drops(), all + by);
    }
    ck_assert_uint_eq(f.event_count, events);
}
END_TEST

/* VMTP-13.4-03: the rows for Requests, as datagrams */
START_TEST(datagram) {
    const struct row *row = &rows[_i];
    struct vmtp_header h = row->arrange();
    if (row->answer != NVC || row->code == VMTP_OK)
        return;
    h.code |= VMTP_DGM;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), (int)row->counter);
    expect_silence(&f);
    h.flags |= VMTP_APG;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), (int)row->counter);
    expect_nvc(&f, h.client, h.transaction, row->code);
    expect_silence(&f);
}
END_TEST

/* What came before goes on as if the packet had not been: a call can still be answered, a Request be replied to.
 * VMTP-5.1-02 */
START_TEST(what_was_under_way_is_not_disturbed) {
    const struct row *row = &rows[_i];
    give(row);
    call_forget_packets(&f);
    if (vmtp_counter(f.engine, VMTP_COUNT_CALLS) == 1 && !foreign_event(&f, VMTP_EV_COMPLETE, 0)) {
        struct vmtp_header good = call_response(&asked, 0);
        if (row->arrange == response_second || row->arrange == response_second_apg) {
            good = response(client, FOREIGN_SERVER, asked.transaction, 0);
            good.code |= VMTP_SDA;
            good.words[6] = 1024;
            ck_assert_int_eq(call_give_blocks(&f, &good, calling_response, 2, 0), 0);
        } else {
            ck_assert_int_eq(foreign_send(&f, &good, NULL, 0), 0);
        }
        call_result(&f, 0);
    }
    if (serve_last(&f) && row->arrange != nvs_of_another)
        ck_assert_int_eq(serve_reply(&f, serve_last(&f), 1, 0, 0), 0);
}
END_TEST

/* VMTP-5.2-05 */
START_TEST(coresident_0_is_this_node_in_a_unicast_request) {
    struct vmtp_header h = foreign_request(A, server, T, 1 | VMTP_CRE);
    f.multicast = 1;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), VMTP_COUNT_DROP_NOT_CORESIDENT);
    expect_silence(&f);
    f.multicast = 0;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    ck_assert_uint_eq(serve_count(&f), 1);
    expect_silence(&f);
}
END_TEST

/* VMTP-5.2-04: an entity that is here, of whatever kind */
START_TEST(coresident_that_is_here) {
    const vmtp_entity here[] = {server, client, vmtp_engine_manager(f.engine)};
    for (unsigned i = 0; i < 3; i++) {
        struct vmtp_header h = foreign_request(A, server, T + i, 1 | VMTP_CRE);
        header_set_64(&h, 36, here[i]);
        ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
        ck_assert_uint_eq(serve_count(&f), i + 1);
        ck_assert_int_eq(serve_reply(&f, serve_last(&f), 1, 0, 0), 0);
        expect_response(&f, T + i, 1);
    }
    expect_silence(&f);
}
END_TEST

/* VMTP-5.2-02: a node without any client */
START_TEST(response_to_a_node_that_never_called) {
    foreign_close(&f);
    foreign_open(&f, NULL);
    struct vmtp_header h = response(NOT_HERE, FOREIGN_SERVER, T, 0);
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), VMTP_COUNT_DROP_NO_CLIENT);
    expect_nvs(&f, FOREIGN_SERVER, T, VMTP_NONEXISTENT_ENTITY);
    expect_silence(&f);
}
END_TEST

/* VMTP-6.2-02: row 20, whose packet is not dropped but not used either */
START_TEST(blocks_that_are_here_already) {
    serve_ask_blocks(&f, A, server, T, 4096, 0x3, 0);
    serve_ask_blocks(&f, A, server, T, 4096, 0x3, 0);
    ck_assert_uint_eq(vmtp_counter(f.engine, VMTP_COUNT_DROP_DUPLICATE_BLOCK), 1);
    expect_silence(&f);
}
END_TEST

int main(void) {
    Suite *s = suite_create("bad input");
    TCase *t = tcase_create("table");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, unicast_packet, 0, ROWS);
    tcase_add_loop_test(t, multicast_packet, 0, ROWS);
    tcase_add_loop_test(t, datagram, 0, ROWS);
    tcase_add_loop_test(t, what_was_under_way_is_not_disturbed, 0, ROWS);
    tcase_add_test(t, coresident_0_is_this_node_in_a_unicast_request);
    tcase_add_test(t, coresident_that_is_here);
    tcase_add_test(t, response_to_a_node_that_never_called);
    tcase_add_test(t, blocks_that_are_here_already);
    suite_add_tcase(s, t);
    return run_suite(s);
}

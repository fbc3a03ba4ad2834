/* SPDX-License-Identifier: BSD-2-Clause */
/* Packet groups as a server takes and sends them: section 6, 8.3 to 8.6 and 13.7. */
#include <string.h>

#include "../case.h"

#define SEGMENTS "test-service records segments"
#define MS VC_MILLISECOND

static uint8_t pattern[VC_SEGMENT_MAX], got[VC_SEGMENT_MAX];

static struct vc_packet sink(struct vc_test *t, uint32_t size) {
    vc_pattern(pattern, size, size);
    return vc_request(t, VMTP_TEST_SINK);
}

/* What SINK counted and summed is what was sent. */
static void sunk(struct vc_test *t, const char *id, const struct vc_packet *request, uint32_t size) {
    struct vc_packet *answer = vc_want_response(t, id, request, VMTP_OK);
    vc_equal(t, id, "octets that SINK took", size, answer->words[0]);
    vc_equal(t, id, "their CRC-32", vc_crc(pattern, size), answer->words[1]);
}

static struct vc_packet bare(const struct vc_packet *request, uint32_t size) {
    struct vc_packet p = *request;
    p.retransmit = (uint8_t)((p.retransmit + 1) & 7);
    p.control |= VMTP_APG;
    p.code |= VMTP_SDA;
    p.words[6] = size;
    return p;
}

/* ---- Requests -------------------------------------------------------------------------------------------------------- */

static void sizes(struct vc_test *t) {
    static const uint32_t list[] = {1433, 2048, 2049, 5000, 16383, 16384};
    for (unsigned i = 0; i < sizeof list / sizeof list[0]; i++) {
        struct vc_packet request = sink(t, list[i]);
        vc_send_blocks(t, &request, pattern, list[i], vc_all_blocks(list[i]), 0);
        sunk(t, "VMTP-6.2-01 VMTP-6.2-06", &request, list[i]);
    }
}

static void any_order(struct vc_test *t) {
    struct vc_packet request = sink(t, 5000);
    static const uint32_t order[] = {1u << 9, 1u << 3,           1u << 7 | 1u << 2, 1u << 0,
                                     1u << 8, 1u << 1 | 1u << 5, 1u << 4,           1u << 6};
    for (unsigned i = 0; i < sizeof order / sizeof order[0]; i++) {
        struct vc_packet part = request;
        vc_carry(&part, pattern, 5000, order[i]);
        vc_send(t, &part);
    }
    sunk(t, "VMTP-6.1-07", &request, 5000);
}

/* The second copy of a block has other octets, which are not taken. */
static void block_twice(struct vc_test *t) {
    uint8_t other[2000];
    struct vc_packet request = sink(t, 2000);
    memset(other, 0xee, sizeof other);
    vc_send_blocks(t, &request, pattern, 2000, 3, 0);
    vc_send_blocks(t, &request, other, 2000, 3, 0);
    vc_send_blocks(t, &request, pattern, 2000, 12, 0);
    sunk(t, "VMTP-6.2-02", &request, 2000);
}

static void mismatch(struct vc_test *t) {
    struct vc_packet request = sink(t, 2000), odd = request;
    vc_send_blocks(t, &request, pattern, 2000, 3, 0);
    odd.words[2] = 7;
    vc_send_blocks(t, &odd, pattern, 2000, 12, 0);
    odd = request;
    odd.code = VMTP_TEST_ECHO | VMTP_PIC;
    vc_send_blocks(t, &odd, pattern, 2000, 12, 0);
    struct vc_packet *answer = vc_await_response(t, &request, 5 * MS);
    vc_check(t, "VMTP-6.2-03", answer == NULL, "nothing while blocks are missing", "%s",
             answer ? "a Response" : "nothing");
    vc_send_blocks(t, &request, pattern, 2000, 12, 0);
    sunk(t, "VMTP-6.2-03", &request, 2000);
}

static void varied(struct vc_test *t) {
    struct vc_packet request = sink(t, 3000), part = request;
    vc_send_blocks(t, &part, pattern, 3000, 3, 0);
    part.retransmit = 2;
    part.gap = 1;
    vc_send_blocks(t, &part, pattern, 3000, 12, 0);
    part.retransmit = 3;
    part.flags |= VMTP_HCO;
    vc_send_blocks(t, &part, pattern, 3000, 48, 0);
    sunk(t, "VMTP-6.2-04", &request, 3000);
}

/* DELAY ignores its segment, so there is time to see what is acknowledged. */
static struct vc_packet slow(struct vc_test *t, uint32_t size) {
    struct vc_packet request = vc_request(t, VMTP_TEST_DELAY);
    vc_pattern(pattern, size, 1);
    request.words[0] = 1000 * vc_awhile(t);
    return request;
}

static void acknowledged(struct vc_test *t, uint32_t first_control, uint32_t last_control) {
    struct vc_packet request = slow(t, 2000), part = request;
    part.control = first_control;
    vc_send_blocks(t, &part, pattern, 2000, 3, 0);
    vc_send_blocks(t, &request, pattern, 2000, 12, last_control);
    struct vc_packet *ok = vc_want_nvc(t, "VMTP-6.4-01", &request, VMTP_OK);
    vc_equal(t, "VMTP-10.9-04", "delivery", 0xf, ok->words[5]);
    vc_settle(t);
    ok = vc_await_notify(t, VMTP_NOTIFY_VMTP_CLIENT, request.client, request.transaction, 0);
    vc_check(t, "VMTP-6.2-05", ok == NULL, "one acknowledgment", "%s", ok ? "two" : "one");
    vc_want_response(t, "VMTP-6.4-01", &request, VMTP_OK);
}

static void acknowledged_last(struct vc_test *t) { acknowledged(t, 0, VMTP_APG); }
static void acknowledged_first(struct vc_test *t) { acknowledged(t, VMTP_APG, 0); }
static void acknowledged_all(struct vc_test *t) { acknowledged(t, VMTP_APG, VMTP_APG); }

static void unasked(struct vc_test *t) {
    struct vc_packet request = slow(t, 2000);
    vc_send_blocks(t, &request, pattern, 2000, 15, 0);
    vc_want_silence(t, "VMTP-6.4-03", "acknowledgment that nobody asked for");
    vc_want_response(t, "VMTP-6.4-03", &request, VMTP_OK);
}

static void retry(struct vc_test *t) {
    struct vc_packet request = sink(t, 2500);
    vc_time sent = vc_now(t);
    vc_send_blocks(t, &request, pattern, 2500, 0x03, 0);
    struct vc_packet *asked = vc_want_nvc(t, "VMTP-8.3-09", &request, VMTP_RETRY);
    vc_equal(t, "VMTP-8.3-09 VMTP-10.9-04", "delivery", 0x03, asked->words[5]);
    vc_lasts(t, "VMTP-9.1-05", "TS1", VC_TS1, 1, asked->time - sent);
    request.retransmit = 1;
    vc_send_blocks(t, &request, pattern, 2500, 0x1c, 0);
    sunk(t, "VMTP-8.3-09", &request, 2500);
}

/* RETRY about the blocks sent since then comes, and long before TS1 would run out; the others are sent. */
static void asked_soon(struct vc_test *t, const char *id, struct vc_packet *request, uint32_t sent, vc_time since,
                       vc_time least) {
    struct vc_packet *asked = vc_want_nvc(t, id, request, VMTP_RETRY);
    vc_equal(t, id, "delivery", sent, asked->words[5]);
    vc_soon(t, id, "time until RETRY", least, 15 * MS, asked->time - since);
    request->retransmit = 1;
    vc_send_blocks(t, request, pattern, 2500, 0x1f & ~sent, 0);
    sunk(t, id, request, 2500);
}

static void lost_between(struct vc_test *t) {
    struct vc_packet request = sink(t, 2500);
    vc_send_blocks(t, &request, pattern, 2500, 0x03, 0);
    vc_time sent = vc_now(t);
    vc_send_blocks(t, &request, pattern, 2500, 0x10, 0);
    asked_soon(t, "VMTP-6.3-07", &request, 0x13, sent, 0);
}

/* The first packet may have overtaken others, which have a millisecond. */
static void lost_before(struct vc_test *t) {
    struct vc_packet request = sink(t, 2500);
    vc_time sent = vc_now(t);
    vc_send_blocks(t, &request, pattern, 2500, 0x18, 0);
    asked_soon(t, "VMTP-6.3-07", &request, 0x18, sent, MS);
}

static void lost_behind(struct vc_test *t) {
    struct vc_packet request = sink(t, 2500);
    vc_send_blocks(t, &request, pattern, 2500, 0x03, 0);
    vc_time sent = vc_now(t);
    vc_send_blocks(t, &request, pattern, 2500, 0x0c, 0);
    asked_soon(t, "VMTP-6.3-08", &request, 0x0f, sent, 3 * MS);
}

/* Each packet has TS1 begin anew. */
static void slow_packets(struct vc_test *t) {
    struct vc_packet request;
    vc_time longest, least = 9 * vc_least(VC_TS1, 1) / 10, pause = 6 * vc_timers[VC_TS1].least / 10;
    for (unsigned tries = 0; tries < 20; tries++) {
        request = sink(t, 5000);
        longest = 0;
        for (unsigned i = 0; i < 5; i++) {
            vc_time before = vc_now(t);
            vc_send_blocks(t, &request, pattern, 5000, 3u << 2 * i, 0);
            if (i < 4)
                vc_pass(t, pause);
            vc_time took = vc_now(t) - before;
            longest = took > longest ? took : longest;
        }
        if (longest < least) /* or the tester was late, and RETRY says nothing */
            break;
        vc_await_response(t, &request, VC_PATIENCE);
    }
    struct vc_packet *asked = vc_await_notify(t, VMTP_NOTIFY_VMTP_CLIENT, request.client, request.transaction, 0);
    vc_check(t, "VMTP-8.3-08", asked == NULL, "no RETRY while packets come sooner than TS1", "%s",
             asked ? "RETRY" : "none");
    sunk(t, "VMTP-8.3-08", &request, 5000);
}

static void given_up(struct vc_test *t) {
    struct vc_packet request = sink(t, 2500), *asked;
    vc_time last = 0;
    vc_send_blocks(t, &request, pattern, 2500, 1, 0);
    for (unsigned i = 0; i < 5; i++) {
        asked = vc_want_nvc(t, "VMTP-8.3-10", &request, VMTP_RETRY);
        if (i > 0)
            vc_check(t, "VMTP-8.3-10", asked->time - last >= vc_least(VC_TC2, 1), "TS3 between two RETRY", "%.3f ms",
                     (double)(asked->time - last) / 1e6);
        last = asked->time;
    }
    vc_want_nvc(t, "VMTP-8.3-10", &request, VMTP_TOO_MANY_RETRIES);
}

static void bare_packet(struct vc_test *t) {
    struct vc_packet request = sink(t, 2500), empty = bare(&request, 2500), *asked;
    vc_time sent = vc_now(t);
    vc_send(t, &empty);
    asked = vc_want_nvc(t, "VMTP-6.3-05", &empty, VMTP_RETRY);
    vc_equal(t, "VMTP-6.3-05", "delivery", 0, asked->words[5]);
    vc_soon(t, "VMTP-6.3-05", "time until RETRY", 0, 15 * MS, asked->time - sent);
    vc_send_blocks(t, &request, pattern, 2500, 6, 0);
    empty = bare(&empty, 2500);
    vc_send(t, &empty);
    asked = vc_want_nvc(t, "VMTP-6.3-05", &empty, VMTP_RETRY);
    vc_equal(t, "VMTP-6.3-05 VMTP-10.9-04", "delivery", 6, asked->words[5]);
    request.retransmit = 3;
    vc_send_blocks(t, &request, pattern, 2500, 0x19, 0);
    sunk(t, "VMTP-6.3-05", &request, 2500);
}

static void incomplete_multicast(struct vc_test *t) {
    struct vc_packet request = sink(t, 2500);
    request.flags |= VMTP_MPG;
    vc_send_blocks(t, &request, pattern, 2500, 0x13, VMTP_APG);
    vc_pass(t, 100 * MS);
    vc_want_silence(t, "VMTP-6.4-04 VMTP-13.1-07 VMTP-6.3-09", "RETRY because of a multicast packet");
}

static void no_retransmission(struct vc_test *t) {
    struct vc_packet request = sink(t, 2500);
    uint32_t before = vc_executed(t, VMTP_TEST_SINK);
    request.control = VMTP_NRT;
    vc_send_blocks(t, &request, pattern, 2500, 0x13, 0);
    vc_pass(t, 100 * MS);
    vc_want_silence(t, "VMTP-13.7-01 VMTP-6.3-09", "RETRY about a group with NRT");
    vc_equal(t, "VMTP-13.7-01", "executions", before, vc_executed(t, VMTP_TEST_SINK));
}

/* ---- delivery masks -------------------------------------------------------------------------------------------------- */

static struct vc_packet mirror(struct vc_test *t, uint32_t mask) {
    struct vc_packet request = vc_request(t, VMTP_TEST_MIRROR);
    vc_pattern(pattern, 2500, 3);
    request.code |= VMTP_MDM;
    request.words[5] = mask;
    return request;
}

/* What MIRROR tells: the mask of blocks, which MsgDelivery as delivered has to be as well. */
static uint32_t delivered(const struct vc_packet *answer) {
    uint32_t mask = vc_get32(answer->data + 72), words5 = vc_get32(answer->data + 48);
    return answer->data_octets >= 80 && mask == words5 ? mask : 0;
}

static void chosen_blocks(struct vc_test *t) {
    struct vc_packet request = mirror(t, 0x12);
    vc_send_blocks(t, &request, pattern, 2500, 0x12, 0);
    struct vc_packet *answer = vc_want_response(t, "VMTP-6.2-01", &request, VMTP_OK);
    vc_equal(t, "VMTP-6.2-01 TEST-4.4-01", "blocks delivered", 0x12, delivered(answer));
}

static void partial_nrt(struct vc_test *t) {
    struct vc_packet request = mirror(t, 0x1f);
    request.control = VMTP_NRT;
    vc_send_blocks(t, &request, pattern, 2500, 5, 0);
    struct vc_packet *answer = vc_want_response(t, "VMTP-13.7-01", &request, VMTP_OK);
    vc_equal(t, "VMTP-13.7-02", "blocks delivered", 5, delivered(answer));
    struct vc_packet *asked = vc_await_notify(t, VMTP_NOTIFY_VMTP_CLIENT, request.client, request.transaction, 0);
    vc_check(t, "VMTP-13.7-01", asked == NULL, "no RETRY about a group with NRT", "%s", asked ? "one" : "none");
}

static void partial_at_last(struct vc_test *t) {
    struct vc_packet request = mirror(t, 0x1f);
    vc_send_blocks(t, &request, pattern, 2500, 9, 0);
    for (unsigned i = 0; i < 5; i++)
        vc_want_nvc(t, "VMTP-13.7-05", &request, VMTP_RETRY);
    struct vc_packet *answer = vc_want_response(t, "VMTP-13.7-05", &request, VMTP_OK);
    vc_equal(t, "VMTP-13.7-02", "blocks delivered", 9, delivered(answer));
}

static void wanted_blocks(struct vc_test *t) {
    struct vc_packet request = vc_request(t, VMTP_TEST_SOURCE_IDEMPOTENT), *answer;
    uint32_t blocks = 0;
    request.words[0] = 2500;
    request.words[1] = 9;
    request.code |= VMTP_MDM;
    request.words[5] = 0x115;
    vc_send(t, &request);
    while (blocks != 0x15) {
        answer = vc_want_response(t, "VMTP-13.7-04 TEST-4.1-08", &request, VMTP_OK);
        vc_check(t, "VMTP-13.7-08", (answer->code & VMTP_MDM) && answer->words[5] == 0x15, "MDM, MsgDelivery 0x15",
                 "code flags %02x, word 5 %x", answer->code >> 24, answer->words[5]);
        blocks |= answer->delivery;
        if (answer->delivery & ~0x15u)
            break;
    }
    vc_equal(t, "VMTP-13.7-04", "blocks that came", 0x15, blocks);
}

/* ---- Responses ------------------------------------------------------------------------------------------------------- */

static struct vc_packet source(struct vc_test *t, uint32_t code, uint32_t size) {
    struct vc_packet request = vc_request(t, code);
    request.words[0] = size;
    request.words[1] = 77;
    return request;
}

/* SOURCE and all of its Response. */
static struct vc_packet *sourced(struct vc_test *t, const char *id, struct vc_packet *request) {
    uint32_t blocks;
    vc_send(t, request);
    struct vc_packet *answer = vc_collect(t, id, request, got, &blocks);
    vc_pattern(pattern, request->words[0], 77);
    vc_check(t, id, memcmp(pattern, got, request->words[0]) == 0, "the octets of the pattern", "%s",
             memcmp(pattern, got, request->words[0]) == 0 ? "they" : "others");
    return answer;
}

static void response_sizes(struct vc_test *t) {
    static const uint32_t list[] = {1, 511, 513, 1432, 1433, 2500, 16384};
    for (unsigned i = 0; i < sizeof list / sizeof list[0]; i++) {
        struct vc_packet request = source(t, VMTP_TEST_SOURCE, list[i]);
        sourced(t, "VMTP-6.1-01 VMTP-6.1-03", &request);
        vc_check(t, "VMTP-6.1-03", vc_tally(t, request.client, request.transaction, VMTP_RESPONSE) <= 32,
                 "at most 32 packets", "more");
    }
}

static void response_then_quiet(struct vc_test *t) {
    struct vc_packet request = source(t, VMTP_TEST_SOURCE, 5000);
    struct vc_packet *answer = sourced(t, "VMTP-8.5-01", &request);
    vc_equal(t, "VMTP-8.4-04", "APG", 0, answer->control & VMTP_APG);
    vc_want_quiet(t, "VMTP-8.5-01", &request, 800 * MS);
}

/* Blocks that come after NVS; most packets may come. */
static uint32_t blocks_now(struct vc_test *t, const char *id, const struct vc_packet *request, uint32_t want) {
    uint32_t blocks = 0;
    while (blocks != want) {
        struct vc_packet *part = vc_want_response(t, id, request, VMTP_OK);
        if (part->delivery & blocks)
            break;
        blocks |= part->delivery;
        vc_equal(t, "VMTP-8.3-04", "APG of blocks that were asked for", 0, part->control & VMTP_APG);
    }
    return blocks;
}

static void nvs_retry(struct vc_test *t) {
    struct vc_packet request = source(t, VMTP_TEST_SOURCE, 5000), *answer = sourced(t, "VMTP-8.6-03", &request);
    vc_tell_server(t, answer, VMTP_RETRY, 0x3f5);
    uint32_t blocks = blocks_now(t, "VMTP-8.6-03", &request, 0x00a);
    vc_equal(t, "VMTP-8.6-03 VMTP-6.3-01", "blocks sent again", 0x00a, blocks);
    vc_settle(t);
    struct vc_packet *more = vc_await_response(t, &request, 0);
    vc_check(t, "VMTP-6.3-01", more == NULL, "no other blocks", "%s", more ? "more" : "none");
}

static void nvs_retry_all(struct vc_test *t) {
    struct vc_packet request = source(t, VMTP_TEST_SOURCE, 5000), *answer = sourced(t, "VMTP-8.6-03", &request);
    vc_tell_server(t, answer, VMTP_RETRY_ALL, 0);
    uint32_t blocks = blocks_now(t, "VMTP-8.6-03", &request, 0x3ff);
    vc_equal(t, "VMTP-8.6-03", "blocks sent again", 0x3ff, blocks);
}

static void nvs_then_discarded(struct vc_test *t, uint32_t code) {
    struct vc_packet request = source(t, VMTP_TEST_SOURCE, 2500), *answer = sourced(t, "VMTP-8.6-02", &request);
    vc_tell_server(t, answer, code, 0x1f);
    vc_want_silence(t, "VMTP-8.6-02", "answer to NVS");
    vc_tell_server(t, answer, VMTP_RETRY, 1);
    vc_want_nvc(t, "VMTP-8.6-07 VMTP-8.6-02", &request, VMTP_RESPONSE_DISCARDED);
    request.retransmit = 1;
    request.control = VMTP_APG;
    vc_send(t, &request);
    vc_want_nvc(t, "VMTP-8.3-07", &request, VMTP_RESPONSE_DISCARDED);
}

static void nvs_ok(struct vc_test *t) { nvs_then_discarded(t, VMTP_OK); }
static void nvs_error(struct vc_test *t) { nvs_then_discarded(t, VMTP_NONEXISTENT_ENTITY); }
static void nvs_unknown(struct vc_test *t) { nvs_then_discarded(t, 0x123); }

static void nvs_small(struct vc_test *t) {
    struct vc_packet request = vc_request(t, VMTP_TEST_NULL);
    vc_send(t, &request);
    struct vc_packet *answer = vc_want_response(t, "VMTP-8.6-02", &request, VMTP_OK);
    vc_tell_server(t, answer, VMTP_OK, 0);
    vc_settle(t);
    request.retransmit = 1;
    vc_send(t, &request);
    vc_want_response(t, "VMTP-8.6-02", &request, VMTP_OK);
}

static void nvs_stranger(struct vc_test *t) {
    struct vc_packet request = source(t, VMTP_TEST_SOURCE, 2500), *answer = sourced(t, "VMTP-8.6-01", &request);
    struct vc_packet other = *answer;
    other.transaction += 5;
    vc_tell_server(t, &other, VMTP_RETRY, 0);
    other = *answer;
    other.server = vc_manager(t);
    vc_tell_server(t, &other, VMTP_RETRY, 0);
    other = *answer;
    other.client = vc_new_client(t);
    vc_tell_server(t, &other, VMTP_RETRY, 0);
    vc_want_silence(t, "VMTP-8.6-01 VMTP-10.11-04", "answer to NVS about a transaction that is not here");
}

static void nvs_five(struct vc_test *t) {
    struct vc_packet request = source(t, VMTP_TEST_SOURCE, 2500), *answer = sourced(t, "VMTP-8.6-05", &request), asks;
    for (unsigned i = 0; i < 5; i++) {
        asks = vc_nvs(t, answer, VMTP_RETRY, 0x0f);
        vc_send(t, &asks);
        uint32_t blocks = blocks_now(t, "VMTP-8.6-05", &request, 0x10);
        vc_equal(t, "VMTP-8.6-05", "blocks sent again", 0x10, blocks);
    }
    asks = vc_nvs(t, answer, VMTP_RETRY, 0x0f);
    vc_send(t, &asks);
    vc_want_silence(t, "VMTP-8.6-05", "answer to the sixth RETRY");
    vc_send(t, &asks);
    vc_want_nvc(t, "VMTP-8.6-05 VMTP-8.6-07", &request, VMTP_RESPONSE_DISCARDED);
}

static void nvs_busy(struct vc_test *t) {
    const uint32_t size = vc_several_packets(t, 2500);
    struct vc_packet request = source(t, VMTP_TEST_SOURCE, size), *answer = sourced(t, "VMTP-8.6-04", &request), told;
    told = vc_nvs(t, answer, VMTP_BUSY, 0);
    vc_time sent = vc_now(t);
    vc_send(t, &told);
    struct vc_packet *asks = vc_want_response(t, "VMTP-8.6-04", &request, VMTP_OK);
    vc_lasts(t, "VMTP-8.6-04", "TS5", VC_TS5, 1, asks->time - sent);
    vc_check(t, "VMTP-8.6-04 VMTP-8.5-04", asks->control & VMTP_APG && asks->delivery == 0 && asks->length == 0,
             "a packet without data, with APG", "control %08x, PacketDelivery %x", asks->control, asks->delivery);
    told = vc_nvs(t, answer, VMTP_OK, vc_all_blocks(size));
    vc_send(t, &told);
    vc_want_silence(t, "VMTP-8.5-04", "further question");
}

static void duplicate_large(struct vc_test *t) {
    const uint32_t size = vc_several_packets(t, 5000);
    struct vc_packet request = source(t, VMTP_TEST_SOURCE, size), *bare_answer;
    sourced(t, "VMTP-8.3-03", &request);
    request.retransmit = 1;
    request.control = VMTP_APG;
    vc_send(t, &request);
    bare_answer = vc_want_response(t, "VMTP-8.3-03", &request, VMTP_OK);
    vc_equal(t, "VMTP-6.3-02", "PacketDelivery", 0, bare_answer->delivery);
    vc_equal(t, "VMTP-6.3-03", "Length", 0, bare_answer->length);
    vc_equal(t, "VMTP-6.3-03", "SegmentSize", size, vc_segment_size(bare_answer));
    vc_check(t, "VMTP-6.3-03 VMTP-8.3-04", bare_answer->control & VMTP_APG, "APG", "none");
    vc_equal(t, "VMTP-3.2-02", "RetransmitCount", 1, bare_answer->retransmit);
    vc_tell_server(t, bare_answer, VMTP_OK, vc_all_blocks(size));
    vc_want_silence(t, "VMTP-6.3-02", "other packet");
}

static void duplicate_single(struct vc_test *t) {
    struct vc_packet request = source(t, VMTP_TEST_SOURCE, 1000), *answer;
    sourced(t, "VMTP-8.3-03", &request);
    request.retransmit = 1;
    request.control = VMTP_APG;
    vc_send(t, &request);
    answer = vc_want_response(t, "VMTP-8.3-03", &request, VMTP_OK);
    vc_equal(t, "VMTP-6.3-04", "PacketDelivery", 3, answer->delivery);
    vc_check(t, "VMTP-6.3-04 VMTP-8.3-04", answer->control & VMTP_APG, "APG", "none");
    vc_tell_server(t, answer, VMTP_OK, 3);
    vc_settle(t);
}

static void idempotent_retry(struct vc_test *t) {
    struct vc_packet request = source(t, VMTP_TEST_SOURCE_IDEMPOTENT, 2500),
                     *answer = sourced(t, "VMTP-8.6-06", &request);
    vc_tell_server(t, answer, VMTP_RETRY, 1);
    vc_settle(t);
    struct vc_packet *more = vc_await_response(t, &request, 0);
    vc_check(t, "VMTP-8.6-06", more == NULL, "no data again", "%s", more ? "data" : "none");
}

/* Silence acknowledges, and so does the next Request. */
static void acknowledged_by_next(struct vc_test *t) {
    struct vc_packet request = source(t, VMTP_TEST_SOURCE, 2500), *answer = sourced(t, "VMTP-8.4-06", &request), next,
                     asks;
    next = vc_next(&request, VMTP_TEST_NULL);
    vc_send(t, &next);
    vc_want_response(t, "VMTP-8.4-06", &next, VMTP_OK);
    asks = vc_nvs(t, answer, VMTP_RETRY, 1);
    vc_send(t, &asks);
    vc_want_silence(t, "VMTP-8.4-06", "blocks of a Response that the next Request has acknowledged");
}

/* 255/32 of the time that a packet takes at 10 Gbit/s: whatever the link, no less.  A sender whose timer comes late may make up for
 * three of fifteen gaps. */
static void gap(struct vc_test *t) {
    struct vc_packet request = source(t, VMTP_TEST_SOURCE, 16384), *part;
    vc_time first = 0, last = 0;
    uint32_t blocks = 0;
    request.gap = 255;
    vc_send(t, &request);
    while (blocks != 0xffffffffu) {
        part = vc_want_response(t, "VMTP-12-01", &request, VMTP_OK);
        first = first ? first : part->time;
        last = part->time;
        blocks |= part->delivery;
    }
    vc_check(t, "VMTP-12-01", last - first >= 12 * 9000, "12 times 9 us for 16 packets at least", "%.3f us",
             (double)(last - first) / 1e3);
}

const struct vc_case vc_packets_cases[] = {
    /* First, because a server that has heard of losses keeps a gap of its own accord. */
    VC_TIMED("packets/gap", "VMTP-12-01", SEGMENTS, "SOURCE with the largest gap", "packets that far apart", gap),
    VC_CASE("packets/sizes", "VMTP-6.2-01 VMTP-6.2-06", SEGMENTS, "SINK of 1433 to 16384 octets", "the same octets",
            sizes),
    VC_CASE("packets/any-order", "VMTP-6.1-07", SEGMENTS, "SINK, cut into odd pieces, in no order", "the same octets",
            any_order),
    VC_CASE("packets/block-twice", "VMTP-6.2-02", SEGMENTS,
            "SINK with two blocks twice, the second time with other octets", "those that came first", block_twice),
    VC_CASE("packets/mismatch", "VMTP-6.2-03", SEGMENTS, "SINK with packets between that differ in a word or the Code",
            "these are not taken", mismatch),
    VC_CASE("packets/varied", "VMTP-6.2-04", SEGMENTS, "SINK whose packets differ in RetransmitCount, gap and HCO",
            "the group is whole", varied),
    VC_CASE("packets/apg-last", "VMTP-6.4-01 VMTP-6.2-05 VMTP-10.9-04", SEGMENTS,
            "a Request in two packets, APG in the last", "one NVC(OK)", acknowledged_last),
    VC_CASE("packets/apg-first", "VMTP-6.4-01 VMTP-6.2-05 VMTP-10.9-04", SEGMENTS,
            "a Request in two packets, APG in the first", "one NVC(OK)", acknowledged_first),
    VC_CASE("packets/apg-all", "VMTP-6.4-01 VMTP-6.2-05 VMTP-10.9-04", SEGMENTS,
            "a Request in two packets, APG in both", "one NVC(OK)", acknowledged_all),
    VC_CASE("packets/no-apg", "VMTP-6.4-03", SEGMENTS, "a Request in two packets without APG", "no acknowledgment",
            unasked),
    VC_TIMED("packets/retry", "VMTP-8.3-09 VMTP-9.1-05 VMTP-10.9-04", SEGMENTS, "the first packet of three",
             "NVC(RETRY) with its blocks after TS1", retry),
    VC_TIMED("packets/lost-between", "VMTP-6.3-07", SEGMENTS, "the first packet of three and the last",
             "NVC(RETRY) with their blocks at once", lost_between),
    VC_TIMED("packets/lost-before", "VMTP-6.3-07", SEGMENTS, "the last two blocks of five, in one packet",
             "NVC(RETRY) with them after a millisecond", lost_before),
    VC_TIMED("packets/lost-behind", "VMTP-6.3-08", SEGMENTS, "two packets of three",
             "NVC(RETRY) with their blocks after 4 ms", lost_behind),
    VC_TIMED("packets/slow", "VMTP-8.3-08", SEGMENTS, "packets in less than TS1 each", "no RETRY", slow_packets),
    VC_CASE("packets/given-up", "VMTP-8.3-10", SEGMENTS, "one block of five, and nothing more",
            "five NVC(RETRY), then NVC(TOO_MANY_RETRIES)", given_up),
    VC_TIMED("packets/without-data", "VMTP-6.3-05 VMTP-10.9-04", SEGMENTS " near",
             "a packet without data, before any block and between", "NVC(RETRY) at once", bare_packet),
    VC_CASE("packets/incomplete-multicast", "VMTP-6.4-04 VMTP-13.1-07 VMTP-6.3-09", SEGMENTS,
            "three blocks of five, with MPG and APG", "silence", incomplete_multicast),
    VC_CASE("packets/nrt", "VMTP-13.7-01 VMTP-6.3-09", SEGMENTS, "three blocks of five, with NRT",
            "silence; not executed", no_retransmission),
    VC_CASE("packets/mdm", "VMTP-6.2-01 TEST-4.4-01", SEGMENTS, "two blocks of five, with MDM", "delivered with them",
            chosen_blocks),
    VC_CASE("packets/mdm-nrt", "VMTP-13.7-01 VMTP-13.7-02", SEGMENTS, "two of five blocks, with MDM and NRT",
            "delivered with them after TS1, no RETRY", partial_nrt),
    VC_CASE("packets/mdm-at-last", "VMTP-13.7-05 VMTP-13.7-02", SEGMENTS, "two of five blocks, with MDM, and nothing more",
            "five NVC(RETRY), then delivered with them", partial_at_last),
    VC_CASE("packets/wanted", "VMTP-13.7-04 VMTP-13.7-08 TEST-4.1-08", SEGMENTS,
            "idempotent SOURCE with MDM and three blocks wanted", "these, with MDM and MsgDelivery", wanted_blocks),
    VC_CASE("packets/response-sizes", "VMTP-6.1-01 VMTP-6.1-03", SEGMENTS, "SOURCE of 1 to 16384 octets", "the pattern",
            response_sizes),
    VC_CASE("packets/response-quiet", "VMTP-8.4-04 VMTP-8.5-01", SEGMENTS, "SOURCE of 5000 octets",
            "no APG, and nothing afterwards", response_then_quiet),
    VC_CASE("packets/nvs-retry", "VMTP-8.6-03 VMTP-6.3-01 VMTP-8.3-04", SEGMENTS, "NVS(RETRY) lacking two blocks",
            "these two, without APG", nvs_retry),
    VC_CASE("packets/nvs-retry-all", "VMTP-8.6-03 VMTP-8.3-04", SEGMENTS, "NVS(RETRY_ALL)", "all blocks", nvs_retry_all),
    VC_CASE("packets/nvs-ok", "VMTP-8.6-02 VMTP-8.6-07 VMTP-8.3-07", SEGMENTS,
            "NVS(OK), then NVS(RETRY) and a duplicate", "silence, then NVC(RESPONSE_DISCARDED) twice", nvs_ok),
    VC_CASE("packets/nvs-error", "VMTP-8.6-02 VMTP-8.6-07 VMTP-8.3-07", SEGMENTS,
            "NVS(NONEXISTENT_ENTITY), then NVS(RETRY) and a duplicate", "silence, then NVC(RESPONSE_DISCARDED) twice",
            nvs_error),
    VC_CASE("packets/nvs-unknown", "VMTP-8.6-02 VMTP-8.6-07 VMTP-8.3-07", SEGMENTS,
            "NVS with a code that nobody has, then NVS(RETRY) and a duplicate",
            "silence, then NVC(RESPONSE_DISCARDED) twice", nvs_unknown),
    VC_CASE("packets/nvs-small", "VMTP-8.6-02", "test-service records",
            "NVS(OK) about a Response without segment, then a duplicate", "the Response again", nvs_small),
    VC_CASE("packets/nvs-stranger", "VMTP-8.6-01 VMTP-10.11-04", SEGMENTS,
            "NVS(RETRY) with another Transaction, Server or Client", "silence", nvs_stranger),
    VC_CASE("packets/nvs-five", "VMTP-8.6-05 VMTP-8.6-07 VMTP-8.3-04", SEGMENTS, "the same NVS(RETRY) seven times",
            "obeyed five times, then silence, then NVC(RESPONSE_DISCARDED)", nvs_five),
    VC_TIMED("packets/nvs-busy", "VMTP-8.6-04 VMTP-8.5-04", SEGMENTS " near", "NVS(BUSY)",
             "a packet without data with APG after TS5", nvs_busy),
    VC_CASE("packets/duplicate-large", "VMTP-8.3-03 VMTP-6.3-02 VMTP-6.3-03 VMTP-8.3-04 VMTP-3.2-02", SEGMENTS,
            "SOURCE of 5000 octets twice", "the second time a packet without data, with APG", duplicate_large),
    VC_CASE("packets/duplicate-single", "VMTP-8.3-03 VMTP-6.3-04 VMTP-8.3-04", SEGMENTS, "SOURCE of 1000 octets twice",
            "the second time the packet whole, with APG", duplicate_single),
    VC_CASE("packets/idempotent-retry", "VMTP-8.6-06", SEGMENTS, "NVS(RETRY) about an idempotent Response", "no data",
            idempotent_retry),
    VC_CASE("packets/next-acknowledges", "VMTP-8.4-06", SEGMENTS,
            "the next Request, then NVS(RETRY) about the Response before", "silence", acknowledged_by_next),
    VC_LAST,
};

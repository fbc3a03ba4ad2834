/* SPDX-License-Identifier: BSD-2-Clause */
/* test_client_send.c - Requests as they leave: numbers, flags, addresses, packets (spec/vmtp.md sections 2, 3, 6.1 and 7.2). */
#include "support/calling.h"
#include "wire_testing.h"

#define GROUP 0x4000000000a1b2c3ull

static struct foreign f;
static vmtp_entity client;

static void setup(void) {
    foreign_open(&f, NULL);
    client = call_entity(&f);
}

static void teardown(void) { foreign_close(&f); }

static void open_again(const struct vmtp_config *config) {
    foreign_close(&f);
    foreign_open(&f, config);
    client = call_entity(&f);
}

static void answer(const struct vmtp_header *asked) {
    struct vmtp_header h = call_response(asked, 0);
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    foreign_forget(&f);
}

/* ---- Transaction numbers ---- */

/* VMTP-7.2-01 */
START_TEST(transaction_is_one_more) {
    struct vmtp_header last = call_sent(&f, client, 0);
    for (unsigned i = 0; i < 20; i++) {
        answer(&last);
        if (i == 7) { /* datagrams and calls that fail count like others */
            struct vmtp_request r = call_request(client, 0);
            r.message.code |= VMTP_DGM;
            call_start(&f, &r);
            ck_assert_uint_eq(expect_packet(&f)->h.transaction, ++last.transaction);
            foreign_forget(&f);
        }
        struct vmtp_header next = call_sent(&f, client, 0);
        ck_assert_uint_eq(next.transaction, last.transaction + 1);
        ck_assert_uint_eq(next.client, client);
        last = next;
    }
}
END_TEST

/* VMTP-7.2-01: after 2^32 - 1 comes 0, and what is older is still older */
START_TEST(transaction_goes_round) {
    f.all_ones = 1;
    client = call_entity(&f);
    struct vmtp_header asked = call_sent(&f, client, 0), before = asked;
    ck_assert_uint_eq(asked.transaction, 0);
    before.transaction = UINT32_MAX;
    struct vmtp_header old = call_response(&before, 0);
    ck_assert_int_eq(foreign_send(&f, &old, NULL, 0), VMTP_COUNT_DROP_STALE_RESPONSE);
    answer(&asked);
    ck_assert_uint_eq(call_sent(&f, client, 0).transaction, 1);
}
END_TEST

/* VMTP-7.2-02 */
START_TEST(first_transaction_is_random) {
    uint32_t seen[100], bits = 0, clear = 0;
    for (unsigned i = 0; i < 100; i++) {
        open_again(NULL);
        f.prng = i + 7;
        ck_assert_int_eq(vmtp_entity_create(f.engine, &client, NULL, f.now), 0);
        seen[i] = call_sent(&f, client, 0).transaction;
        bits |= seen[i];
        clear |= ~seen[i];
        for (unsigned j = 0; j < i; j++)
            ck_assert_uint_ne(seen[i], seen[j]);
    }
    ck_assert_uint_eq(bits, UINT32_MAX);
    ck_assert_uint_eq(clear, UINT32_MAX);
}
END_TEST

/* VMTP-7.2-03 */
START_TEST(one_call_at_a_time) {
    struct vmtp_request r = call_request(client, 0);
    vmtp_handle handle;
    call_start(&f, &r);
    struct vmtp_header asked = expect_packet(&f)->h;
    ck_assert_int_eq(vmtp_call(f.engine, &handle, &r, f.now), VMTP_E_IN_CALL);
    foreign_collect(&f);
    expect_silence(&f);
    answer(&asked); /* which was not disturbed */
    vmtp_entity other = call_entity(&f);
    call_sent(&f, client, 0);
    call_sent(&f, other, 0); /* another client may */
}
END_TEST

/* ---- header ---- */

/* VMTP-3.2-05 VMTP-7.2-04 VMTP-12-02 VMTP-13.12-03 VMTP-3.1-02 VMTP-2.3-04 VMTP-2.1-03 */
START_TEST(what_is_not_used_is_zero) {
    struct vmtp_request r = call_request(client, _i ? 4096 : 0);
    call_start(&f, &r);
    do {
        const struct packet *p = expect_packet(&f);
        ck_assert_uint_eq(packet_32(p, 8) & ~0x1fffu, 0x00030000); /* Version, Domain, HCO, EPG, MPG */
        ck_assert_uint_eq(packet_32(p, 12), 0);
        ck_assert_uint_eq(p->h.code, 0x77 | (_i ? VMTP_SDA : 0));
        ck_assert_mem_eq(p->dst, foreign_mac, 6);
    } while (foreign_waiting(&f));
}
END_TEST

/* VMTP-3.1-09 VMTP-3.2-05 */
START_TEST(what_is_given_is_sent) {
    struct vmtp_request r = call_request(client, _i ? 300 : 0);
    for (unsigned i = 0; i < 7; i++)
        r.message.words[i] = 0x80706050u + i;
    r.message.code = 0x812345 | VMTP_PIC | VMTP_CMD;
    r.priority = 13;
    r.gap = 200;
    r.control = VMTP_NRT | VMTP_DRT;
    call_start(&f, &r);
    const struct packet *p = expect_packet(&f);
    ck_assert_uint_eq(p->h.code, r.message.code | (_i ? VMTP_SDA : 0));
    ck_assert_mem_eq(p->h.words, r.message.words, 6 * sizeof p->h.words[0]);
    ck_assert_uint_eq(p->h.words[6], _i ? 300 : r.message.words[6]);
    ck_assert_uint_eq(packet_32(p, 12), VMTP_NRT | VMTP_DRT | 200u << 8 | 13u << 4);
    expect_silence(&f);
}
END_TEST

/* VMTP-3.2-05 VMTP-13.12-03: flags that belong to the protocol are not the program's */
START_TEST(flags_of_the_protocol_are_refused) {
    static const uint32_t flags[] = {VMTP_NRS, VMTP_APG, VMTP_NSR, VMTP_NER,   VMTP_MDG,
                                     VMTP_CMG, VMTP_STI, 1,        0x00100000, 0x00010000};
    struct vmtp_request r = call_request(client, 0);
    vmtp_handle handle;
    r.control = flags[_i];
    ck_assert_int_eq(vmtp_call(f.engine, &handle, &r, f.now), VMTP_E_INVALID);
    foreign_collect(&f);
    expect_silence(&f);
}
END_TEST

/* VMTP-2.3-01 VMTP-2.3-04 */
START_TEST(request_to_a_group_goes_to_its_address) {
    static const uint8_t mac[6] = {0x09, 0x00, 0x56, 0xa1, 0xb2, 0xc3};
    struct vmtp_request r = call_request(client, 2048);
    r.message.server = GROUP;
    call_start(&f, &r);
    do {
        const struct packet *p = expect_packet(&f);
        ck_assert_mem_eq(p->dst, mac, 6);
        ck_assert_uint_eq(p->h.mpg, 1);
        ck_assert_uint_eq(p->h.server, GROUP);
    } while (foreign_waiting(&f));
}
END_TEST

/* VMTP-2.3-01 VMTP-2.3-03 VMTP-2.3-04: a Probe goes to the managers' address */
START_TEST(probe_goes_to_all_managers) {
    static const uint8_t mac[6] = {0x09, 0x00, 0x56, 0x00, 0x01, 0x00};
    struct vmtp_request r = call_request(client, 0);
    r.message.server = FOREIGN_SERVER + 1;
    call_start(&f, &r);
    const struct packet *p = expect_packet(&f);
    ck_assert_uint_eq(p->h.server, VMTP_MANAGER_GROUP);
    ck_assert_mem_eq(p->dst, mac, 6);
    ck_assert_uint_eq(p->h.mpg, 1);
}
END_TEST

/* VMTP-3.5-02: numbers of management are big-endian, on hosts of either kind */
START_TEST(probe_is_big_endian) {
    static const uint8_t parameters[20] = {0, 0, 0, 0,    0,    0x0d, 0xef, 0x42, 0, 0,
                                           0, 0, 0, 0x0d, 0xef, 0x42, 0,    0,    0, 0};
    struct vmtp_config config;
    foreign_config(&config);
    config.little_endian = (uint8_t)_i;
    open_again(&config);
    struct vmtp_request r = call_request(client, 0);
    r.message.server = FOREIGN_SERVER + 1;
    call_start(&f, &r);
    ck_assert_mem_eq(expect_packet(&f)->raw + 36, parameters, sizeof parameters);
}
END_TEST

/* ---- checksum ---- */

/* VMTP-3.4-05 VMTP-13.8-01 */
START_TEST(checksum_as_the_operator_wants_it) {
    struct vmtp_config config;
    foreign_config(&config);
    if (_i < 4)
        config.checksum = (uint8_t)(_i / 2);
    else
        config.checksum = VMTP_CHECKSUM_NONE;
    if (_i >= 2)
        open_again(&config); /* before that: the default */
    struct vmtp_request r = call_request(client, _i % 2 ? 3001 : 0);
    call_start(&f, &r);
    do {
        const struct packet *p = expect_packet(&f);
        uint32_t full = plain_checksum(p->raw, p->octets - 4), header = plain_checksum(p->raw, VMTP_HEADER_OCTETS);
        ck_assert_uint_eq(packet_32(p, p->octets - 4), _i < 2 ? full : _i < 4 ? header : 0);
        ck_assert_uint_eq(p->h.hco, _i / 2 == 1);
    } while (foreign_waiting(&f));
}
END_TEST

/* ---- packets ---- */

/* VMTP-6.1-01 VMTP-6.1-02 VMTP-6.1-03 VMTP-6.1-04 VMTP-6.1-05 VMTP-2.2-02 VMTP-3.1-03 VMTP-3.1-04 VMTP-3.1-05 */
START_TEST(group_is_cut_into_packets) {
    static const uint32_t mtus[] = {580, 1500, 9000, 65535}, per_packet[] = {512, 1024, 8704, 16384};
    static const uint32_t sizes[] = {1, 8, 511, 512, 513, 1024, 1025, 1432, 1433, 5000, 8929, 8936, 16383, 16384};
    uint32_t mtu = mtus[_i], blocks = 0, packets = 0;
    struct vmtp_config config;
    uint8_t first[VMTP_HEADER_OCTETS], this[VMTP_HEADER_OCTETS];
    foreign_config(&config);
    config.mtu = mtu;
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++, blocks = packets = 0) {
        open_again(&config);
        struct vmtp_request r = call_request(client, sizes[i]);
        call_start(&f, &r);
        do {
            const struct packet *p = expect_packet(&f);
            struct vmtp_header h = p->h;
            uint32_t at = 512u * (uint32_t)__builtin_ctz(h.delivery), octets = vmtp_blocks_octets(h.delivery, sizes[i]);
            ck_assert_uint_le(p->octets, mtu);
            ck_assert_uint_eq(h.delivery & blocks, 0);
            ck_assert_uint_eq(p->data_octets, (octets + 7u) & ~7u);
            ck_assert_uint_eq(p->octets, 64u + 4u * h.length + 4u);
            ck_assert_mem_eq(p->data, calling_segment + at, octets);
            for (uint32_t pad = octets; pad < p->data_octets; pad++)
                ck_assert_uint_eq(p->data[pad], 0);
            blocks |= h.delivery;
            h.length = 0;
            h.delivery = 0;
            vmtp_header_encode(this, &h);
            if (packets++ == 0)
                memcpy(first, this, sizeof first);
            ck_assert_mem_eq(this, first, sizeof first);
        } while (foreign_waiting(&f));
        ck_assert_uint_eq(blocks, vmtp_blocks_mask(sizes[i]));
        ck_assert_uint_le(packets, (sizes[i] + per_packet[_i] - 1) / per_packet[_i]);
    }
}
END_TEST

/* VMTP-6.1-06 */
START_TEST(message_without_octets_is_one_packet) {
    struct vmtp_request r = call_request(client, 0);
    if (_i) { /* a segment of 0 octets */
        r.message.code |= VMTP_SDA;
        r.message.words[6] = 77;
    }
    call_start(&f, &r);
    const struct packet *p = expect_packet(&f);
    ck_assert_uint_eq(p->h.delivery, 0);
    ck_assert_uint_eq(p->h.length, 0);
    ck_assert_uint_eq(p->octets, VMTP_MIN_PACKET);
    ck_assert_uint_eq(p->h.code & VMTP_SDA, _i ? VMTP_SDA : 0);
    ck_assert_uint_eq(p->h.words[6], 0);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.7-03 VMTP-6.1-03 */
START_TEST(delivery_mask_says_what_is_sent) {
    struct vmtp_request r = call_request(client, 0x1d00); /* the example of section 6.1 */
    static const uint32_t masks[] = {0x3, 0xc, 0x30, 0xc0, 0x1400, 0x6000};
    r.message.code |= VMTP_MDM;
    r.message.words[5] = 0x74ff;
    call_start(&f, &r);
    for (unsigned i = 0; i < 6; i++) {
        const struct packet *p = expect_packet(&f);
        ck_assert_uint_eq(p->h.delivery, masks[i]);
        ck_assert_uint_eq(p->h.length, i < 5 ? 256 : 192);
        ck_assert_uint_eq(p->h.words[5], 0x74ff);
    }
    expect_silence(&f);
}
END_TEST

/* ---- datagrams ---- */

/* VMTP-13.4-01 VMTP-13.4-04 */
START_TEST(datagram_is_sent_once) {
    struct vmtp_request r = call_request(client, _i ? 4096 : 0);
    r.message.code |= VMTP_DGM;
    call_start(&f, &r);
    uint32_t transaction = call_result(&f, 0)->transaction;
    unsigned packets = _i ? 4 : 1;
    while (packets-- > 0)
        ck_assert_uint_eq(expect_packet(&f)->h.transaction, transaction);
    foreign_pass(&f, 60 * VMTP_SECOND);
    expect_silence(&f);
    ck_assert_uint_eq(f.event_count, 1);
    struct vmtp_header h = foreign_notify_client(client, transaction, 0, VMTP_RETRY_ALL);
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), VMTP_COUNT_DROP_BAD_NOTIFY);
    expect_silence(&f);
    ck_assert_uint_eq(call_sent(&f, client, 0).transaction, transaction + 1);
}
END_TEST

int main(void) {
    Suite *s = suite_create("client send");
    TCase *t = tcase_create("send");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, transaction_is_one_more);
    tcase_add_test(t, transaction_goes_round);
    tcase_add_test(t, first_transaction_is_random);
    tcase_add_test(t, one_call_at_a_time);
    tcase_add_loop_test(t, what_is_not_used_is_zero, 0, 2);
    tcase_add_loop_test(t, what_is_given_is_sent, 0, 2);
    tcase_add_loop_test(t, flags_of_the_protocol_are_refused, 0, 10);
    tcase_add_test(t, request_to_a_group_goes_to_its_address);
    tcase_add_test(t, probe_goes_to_all_managers);
    tcase_add_loop_test(t, probe_is_big_endian, 0, 2);
    tcase_add_loop_test(t, checksum_as_the_operator_wants_it, 0, 6);
    tcase_add_loop_test(t, group_is_cut_into_packets, 0, 4);
    tcase_add_loop_test(t, message_without_octets_is_one_packet, 0, 2);
    tcase_add_test(t, delivery_mask_says_what_is_sent);
    tcase_add_loop_test(t, datagram_is_sent_once, 0, 2);
    suite_add_tcase(s, t);
    return run_suite(s);
}

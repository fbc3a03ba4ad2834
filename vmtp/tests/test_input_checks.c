/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_input_checks.c - packets that are faulty by themselves: rows 1 to 12 of the table in spec/vmtp.md section 5.2, each alone
 * and each before every later one.
 */
#include "support/calling.h"
#include "support/serving.h"
#include "wire_testing.h"

#define T 0x11223344u
#define SIZE 1024u
#define DATA(raw) ((raw) + VMTP_HEADER_OCTETS)

/* A packet in the making.  The checksum comes last. */
struct draft {
    uint8_t raw[VMTP_MAX_PACKET + 64];
    uint8_t src[6], dst[6];
    uint32_t octets, flags;
    uint8_t no_sum, wrong_sum;
};

static struct foreign f;
static vmtp_entity server, client;
static struct draft d;

static void setup(void) {
    struct vmtp_config config;
    foreign_config(&config);
    config.require_checksum = 1;
    foreign_open(&f, &config);
    server = serve_entity(&f, NULL);
    client = call_entity(&f);
}

static void teardown(void) { foreign_close(&f); }

/* ---- a sound packet ---- */

enum shape { REQUEST_SHAPE, RESPONSE_SHAPE, SHAPES };

static void draft_begin(enum shape shape) {
    struct vmtp_header h = foreign_segment_request(FOREIGN_CLIENT, server, T, SIZE);
    if (shape == RESPONSE_SHAPE) {
        h.client = client;
        h.server = FOREIGN_SERVER;
        h.function = VMTP_RESPONSE;
    }
    memset(&d, 0, sizeof d);
    h.length = SIZE / 4;
    vmtp_header_encode(d.raw, &h);
    memcpy(DATA(d.raw), serving_segment, SIZE);
    d.octets = VMTP_HEADER_OCTETS + SIZE + VMTP_CHECKSUM_OCTETS;
    memcpy(d.src, foreign_mac, 6);
    memcpy(d.dst, foreign_engine_mac, 6);
}

static int draft_give(void) {
    struct vmtp_rx rx = {.packet = d.raw, .length = d.octets, .flags = d.flags};
    uint32_t covered = d.octets - VMTP_CHECKSUM_OCTETS, sum = 0;
    if (!d.no_sum)
        sum = plain_checksum(d.raw, vmtp_get_packet_flags(d.raw) & VMTP_HCO ? VMTP_HEADER_OCTETS : covered);
    vmtp_store32(d.raw + covered, d.wrong_sum ? sum ^ 0x00010001u : sum);
    memcpy(rx.src, d.src, 6);
    memcpy(rx.dst, d.dst, 6);
    return foreign_give(&f, &rx);
}

/* ---- faults ---- */

static void set_length(uint32_t words) {
    vmtp_put_length_word(d.raw, VMTP_DOMAIN, vmtp_get_packet_flags(d.raw), words);
}

static void short_packet(void) { d.octets = 66; }
static void empty_packet(void) { d.octets = VMTP_CHECKSUM_OCTETS; }
static void oversized(void) { d.octets = VMTP_MAX_PACKET + 2; }
static void truncated(void) { d.flags |= VMTP_RX_TRUNCATED; }
static void version(void) { d.raw[8] |= 0x20; }
static void version_7(void) { d.raw[8] |= 0xe0; }
static void domain(void) { d.raw[9] = 1; }
static void domain_high(void) { d.raw[8] |= 0x10; }
static void own(void) { memcpy(d.src, foreign_engine_mac, 6); }
static void encrypted(void) { d.raw[10] |= 0x40; }
static void no_checksum(void) { d.no_sum = 1; }
static void wrong_checksum(void) { d.wrong_sum = 1; }
static void length_odd(void) { set_length(SIZE / 4 + 1); }
static void length_above_4096(void) { set_length(4098); }
static void length_too_large(void) { set_length(SIZE / 4 + 2); }
static void length_too_small(void) { set_length(SIZE / 4 - 2); }
static void length_0(void) { set_length(0); }
static void octets_behind(void) { d.octets += 8; }
static void octets_missing(void) { d.octets -= 8; }
static void delivery_without_sda(void) { vmtp_put_code(d.raw, 1); }
static void size_above_4_mib(void) { vmtp_put_segment_size(d.raw, 0x400001); }
static void delivery_behind_the_end(void) { vmtp_put_delivery(d.raw, 5); }
static void delivery_too_few(void) { vmtp_put_delivery(d.raw, 1); }
static void delivery_too_many(void) {
    vmtp_put_segment_size(d.raw, 4096);
    vmtp_put_delivery(d.raw, 7);
}
static void delivery_not_named(void) {
    vmtp_put_code(d.raw, 1 | VMTP_SDA | VMTP_MDM);
    vmtp_put_msg_delivery(d.raw, 2);
}
static void client_0(void) { vmtp_put_client(d.raw, 0); }
static void client_group(void) { vmtp_put_client(d.raw, VMTP_MANAGER_GROUP); }

/* In the order of the table. */
static const struct fault {
    void (*spoil)(void);
    enum vmtp_counter counter;
    uint32_t code; /* 0: silence */
} faults[] = {
    {short_packet, VMTP_COUNT_DROP_SHORT, 0},
    {empty_packet, VMTP_COUNT_DROP_SHORT, 0},
    {oversized, VMTP_COUNT_DROP_OVERSIZED, 0},
    {truncated, VMTP_COUNT_DROP_TRUNCATED, 0},
    {version, VMTP_COUNT_DROP_VERSION, 0},
    {version_7, VMTP_COUNT_DROP_VERSION, 0},
    {domain, VMTP_COUNT_DROP_DOMAIN, 0},
    {domain_high, VMTP_COUNT_DROP_DOMAIN, 0},
    {own, VMTP_COUNT_DROP_OWN, 0},
    {encrypted, VMTP_COUNT_DROP_ENCRYPTED, VMTP_SECURITY_NOT_SUPPORTED},
    {no_checksum, VMTP_COUNT_DROP_NO_CHECKSUM, 0},
    {wrong_checksum, VMTP_COUNT_DROP_CHECKSUM, 0},
    {length_odd, VMTP_COUNT_DROP_LENGTH, VMTP_ERROR},
    {length_above_4096, VMTP_COUNT_DROP_LENGTH, VMTP_ERROR},
    {length_too_large, VMTP_COUNT_DROP_LENGTH, VMTP_ERROR},
    {length_too_small, VMTP_COUNT_DROP_LENGTH, VMTP_ERROR},
    {length_0, VMTP_COUNT_DROP_LENGTH, VMTP_ERROR},
    {octets_behind, VMTP_COUNT_DROP_LENGTH, VMTP_ERROR},
    {octets_missing, VMTP_COUNT_DROP_LENGTH, VMTP_ERROR},
    {delivery_without_sda, VMTP_COUNT_DROP_DELIVERY, VMTP_ERROR},
    {size_above_4_mib, VMTP_COUNT_DROP_DELIVERY, VMTP_ERROR},
    {delivery_behind_the_end, VMTP_COUNT_DROP_DELIVERY, VMTP_ERROR},
    {delivery_too_few, VMTP_COUNT_DROP_DELIVERY, VMTP_ERROR},
    {delivery_too_many, VMTP_COUNT_DROP_DELIVERY, VMTP_ERROR},
    {delivery_not_named, VMTP_COUNT_DROP_DELIVERY, VMTP_ERROR},
    {client_0, VMTP_COUNT_DROP_CLIENT_ID, 0},
    {client_group, VMTP_COUNT_DROP_CLIENT_ID, 0},
};
#define FAULTS (int)(sizeof faults / sizeof faults[0])

/* ---- what a fault does ---- */

struct state {
    uint64_t counters[VMTP_COUNTER_COUNT];
    struct vmtp_usage usage;
    vmtp_time deadline;
};

static struct state look(void) {
    struct state s;
    for (unsigned i = 0; i < VMTP_COUNTER_COUNT; i++)
        s.counters[i] = vmtp_counter(f.engine, (enum vmtp_counter)i);
    vmtp_usage(f.engine, &s.usage);
    s.deadline = vmtp_deadline(f.engine);
    return s;
}

/* One packet came in, one was dropped for this reason, at most one was sent because of it; and that is all. */
static void check_nothing_else(const struct state *before, enum vmtp_counter counter, unsigned told) {
    struct state after = look();
    for (unsigned i = 0; i < VMTP_COUNTER_COUNT; i++) {
        uint64_t more = i == (unsigned)counter || i == VMTP_COUNT_PACKETS_IN ? 1 : 0;
        if (i == VMTP_COUNT_NOTIFY_OUT || i == VMTP_COUNT_PACKETS_OUT)
            more = told;
        ck_assert_msg(after.counters[i] - before->counters[i] == more, "%s", vmtp_counter_name((enum vmtp_counter)i));
    }
    ck_assert_mem_eq(&after.usage, &before->usage, sizeof after.usage);
    ck_assert_uint_eq(after.deadline, before->deadline);
    ck_assert_uint_eq(f.event_count, 0);
}

static void check_told(const struct fault *fault, enum shape shape) {
    vmtp_entity whom = vmtp_get_client(d.raw);
    if (fault->counter == VMTP_COUNT_DROP_ENCRYPTED) { /* behind the Domain nothing can be read */
        const struct packet *p = expect_nvc(&f, whom, 0, VMTP_SECURITY_NOT_SUPPORTED);
        ck_assert_uint_eq(packet_32(p, 44), 1);
        ck_assert_uint_eq(packet_32(p, 48), 0);
        ck_assert_uint_eq(packet_32(p, 56), 0);
        ck_assert_mem_eq(p->dst, foreign_mac, 6);
    } else if (shape == REQUEST_SHAPE) {
        ck_assert_mem_eq(expect_nvc(&f, whom, T, fault->code)->dst, foreign_mac, 6);
    } else {
        const struct packet *p = expect_nvs(&f, FOREIGN_SERVER, T, fault->code);
        ck_assert_uint_eq(packet_64(p, 44), whom);
        ck_assert_mem_eq(p->dst, foreign_mac, 6);
    }
}

static void check_fault(const struct fault *fault, enum shape shape, int told) {
    struct state before = look();
    ck_assert_int_eq(draft_give(), (int)fault->counter);
    if (told)
        check_told(fault, shape);
    expect_silence(&f);
    check_nothing_else(&before, fault->counter, told ? 1 : 0);
}

/* ---- tests ---- */

/* The packet from which all faults are made is good. */
START_TEST(sound_request_is_delivered) {
    draft_begin(REQUEST_SHAPE);
    ck_assert_int_eq(draft_give(), 0);
    ck_assert_uint_eq(serve_count(&f), 1);
    ck_assert_uint_eq(serve_last(&f)->segment_size, SIZE);
    ck_assert_mem_eq(serve_last(&f)->segment, serving_segment, SIZE);
}
END_TEST

/* VMTP-5.1-02 VMTP-5.1-03 VMTP-5.1-04 VMTP-5.1-05 VMTP-5.1-06 VMTP-5.1-08 VMTP-5.1-09 VMTP-2.1-04 VMTP-3.4-06 VMTP-3.4-07
 * VMTP-4.1-03 VMTP-5.1-12 */
START_TEST(unicast_packet_is_dropped_for_its_fault_and_told_of_it) {
    for (enum shape shape = 0; shape < SHAPES; shape++) {
        draft_begin(shape);
        faults[_i].spoil();
        check_fault(&faults[_i], shape, faults[_i].code != 0);
    }
}
END_TEST

/* VMTP-5.1-10 VMTP-5.1-06 VMTP-2.3-05 */
START_TEST(multicast_packet_is_dropped_silently) {
    for (enum shape shape = 0; shape < SHAPES; shape++) {
        for (unsigned by = 1; by <= 3; by++) { /* by MPG, by its address, by both */
            draft_begin(shape);
            if (by & 1)
                d.raw[10] |= 0x20;
            if (by & 2)
                vmtp_group_mac(d.dst, VMTP_MANAGER_GROUP);
            faults[_i].spoil();
            check_fault(&faults[_i], shape, 0);
        }
    }
}
END_TEST

/* VMTP-5.1-11 VMTP-10.11-04 */
START_TEST(faulty_notify_is_dropped_silently) {
    static const uint32_t codes[] = {VMTP_NOTIFY_VMTP_CLIENT, VMTP_NOTIFY_VMTP_SERVER, VMTP_NOTIFY_REMOTE_VMTP_CLIENT};
    if (faults[_i].counter == VMTP_COUNT_DROP_ENCRYPTED)
        return; /* nobody can see that it is one */
    for (unsigned i = 0; i < 6; i++) {
        draft_begin(REQUEST_SHAPE);
        vmtp_put_server(d.raw, VMTP_MANAGER_GROUP);
        vmtp_put_code(d.raw, VMTP_SDA | (i < 3 ? codes[i] : codes[i - 3] & VMTP_CODE_MASK));
        faults[_i].spoil();
        if (faults[_i].spoil == delivery_without_sda)
            vmtp_put_code(d.raw, codes[i % 3]);
        if (faults[_i].spoil == delivery_not_named)
            vmtp_put_code(d.raw, codes[i % 3] | VMTP_SDA | VMTP_MDM);
        check_fault(&faults[_i], REQUEST_SHAPE, 0);
    }
}
END_TEST

static int exclude_each_other(int a, int b) {
    enum vmtp_counter first = faults[a].counter, second = faults[b].counter;
    return first == second || first == VMTP_COUNT_DROP_SHORT || second == VMTP_COUNT_DROP_OVERSIZED ||
           (first == VMTP_COUNT_DROP_NO_CHECKSUM && second == VMTP_COUNT_DROP_CHECKSUM);
}

/* VMTP-5.1-01 VMTP-5.1-02 VMTP-5.1-07 */
START_TEST(first_fault_of_the_table_decides) {
    for (int later = _i + 1; later < FAULTS; later++) {
        if (exclude_each_other(_i, later))
            continue;
        draft_begin(REQUEST_SHAPE);
        faults[later].spoil();
        faults[_i].spoil();
        check_fault(&faults[_i], REQUEST_SHAPE, faults[_i].code != 0);
    }
}
END_TEST

/* VMTP-3.4-03 VMTP-3.4-07 */
START_TEST(packet_without_checksum_is_taken_unless_one_is_demanded) {
    struct vmtp_config config;
    foreign_close(&f);
    foreign_config(&config);
    foreign_open(&f, &config);
    server = serve_entity(&f, NULL);
    draft_begin(REQUEST_SHAPE);
    d.no_sum = 1;
    ck_assert_int_eq(draft_give(), 0);
    ck_assert_uint_eq(serve_count(&f), 1);
}
END_TEST

/* VMTP-13.8-02 VMTP-3.4-04 */
START_TEST(data_of_a_header_only_packet_are_taken_as_they_are) {
    draft_begin(REQUEST_SHAPE);
    d.raw[10] |= 0x80;
    vmtp_store32(d.raw + d.octets - 4, plain_checksum(d.raw, VMTP_HEADER_OCTETS));
    DATA(d.raw)[700] ^= 0x5a;
    ck_assert_int_eq(draft_give(), 0);
    ck_assert_uint_eq(serve_count(&f), 1);
    ck_assert_mem_eq(serve_last(&f)->segment, DATA(d.raw), SIZE);
    ck_assert_mem_ne(serve_last(&f)->segment, serving_segment, SIZE);
}
END_TEST

/* VMTP-3.1-05 */
START_TEST(padding_may_be_anything) {
    draft_begin(REQUEST_SHAPE);
    vmtp_put_segment_size(d.raw, SIZE - 7);
    memset(DATA(d.raw) + SIZE - 7, 0xee, 7);
    ck_assert_int_eq(draft_give(), 0);
    ck_assert_uint_eq(serve_last(&f)->segment_size, SIZE - 7);
    ck_assert_mem_eq(serve_last(&f)->segment, serving_segment, SIZE - 7);
    ck_assert_uint_eq(((const uint8_t *)serve_last(&f)->segment)[SIZE - 7], 0);
}
END_TEST

/* VMTP-3.1-06 */
START_TEST(reserved_bits_are_ignored) {
    draft_begin(REQUEST_SHAPE);
    d.raw[15] |= 0x0e;
    d.raw[32] |= 0x08;
    ck_assert_int_eq(draft_give(), 0);
    ck_assert_uint_eq(serve_count(&f), 1);
}
END_TEST

int main(void) {
    Suite *s = suite_create("input checks");
    TCase *t = tcase_create("checks");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, sound_request_is_delivered);
    tcase_add_loop_test(t, unicast_packet_is_dropped_for_its_fault_and_told_of_it, 0, FAULTS);
    tcase_add_loop_test(t, multicast_packet_is_dropped_silently, 0, FAULTS);
    tcase_add_loop_test(t, faulty_notify_is_dropped_silently, 0, FAULTS);
    tcase_add_loop_test(t, first_fault_of_the_table_decides, 0, FAULTS);
    tcase_add_test(t, packet_without_checksum_is_taken_unless_one_is_demanded);
    tcase_add_test(t, data_of_a_header_only_packet_are_taken_as_they_are);
    tcase_add_test(t, padding_may_be_anything);
    tcase_add_test(t, reserved_bits_are_ignored);
    suite_add_tcase(s, t);
    return run_suite(s);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Received octets: sizes, Version, and every way in which the fields of a packet can contradict each other. */
#include "wire_testing.h"

static uint8_t packet[VMTP_MAX_PACKET + 64];

/* What a packet claims and what it has.  The checksum is always right here. */
struct claim {
    const char *what;
    uint32_t code;    /* flags */
    uint32_t control; /* flags */
    uint32_t delivery;
    uint32_t msg_delivery;
    uint32_t segment_size;
    uint32_t length; /* 32-bit words, as the header says */
    uint32_t octets; /* data really in the packet */
    enum vmtp_packet_fault fault;
};

static size_t build(const struct claim *c) {
    size_t body = VMTP_HEADER_OCTETS + c->octets;
    memset(packet, 0, sizeof packet);
    vmtp_put_client(packet, 0x0a11ce5eed004240u);
    vmtp_put_length_word(packet, VMTP_DOMAIN, 0, c->length);
    vmtp_put_control(packet, vmtp_control(c->control, 0, 0, 0, 0, VMTP_REQUEST));
    vmtp_put_delivery(packet, c->delivery);
    vmtp_put_code(packet, c->code | VMTP_PIC | 0x201);
    vmtp_put_msg_delivery(packet, c->msg_delivery);
    vmtp_put_segment_size(packet, c->segment_size);
    memset(packet + VMTP_HEADER_OCTETS, 0x77, c->octets);
    vmtp_store32(packet + body, plain_checksum(packet, body));
    return body + VMTP_CHECKSUM_OCTETS;
}

static enum vmtp_packet_fault judge(size_t length) {
    struct vmtp_view view;
    enum vmtp_packet_fault fault = vmtp_view_init(&view, packet, length);
    return fault == VMTP_PACKET_OK ? vmtp_view_verify(&view, NULL) : fault;
}

#define S VMTP_SDA
#define M (VMTP_SDA | VMTP_MDM)
#define OK VMTP_PACKET_OK
#define LEN VMTP_PACKET_LENGTH
#define DEL VMTP_PACKET_DELIVERY
#define MIB4 (4u * 1024 * 1024)

/* VMTP-3.1-03, VMTP-3.1-04, VMTP-3.1-08, VMTP-5.1-09 */
static const struct claim claims[] = {
    /* what, code, control, PacketDelivery, MsgDelivery, SegmentSize, Length, octets, fault */
    {"nothing", 0, 0, 0, 0, 0, 0, 0, OK},
    {"user data in the last words", 0, 0, 0, 0x12345678, 0xffffffff, 0, 0, OK},
    {"blocks without SDA", 0, 0, 1, 0, 512, 0, 0, DEL},
    {"data without SDA", 0, 0, 0, 0, 8, 2, 8, DEL},
    {"blocks and data without SDA", 0, 0, 1, 0, 512, 128, 512, DEL},
    {"MDM without SDA: wanted blocks", VMTP_MDM, 0, 0, 0xf0, 0, 0, 0, OK},
    {"MDM without SDA, but blocks", VMTP_MDM, 0, 0x10, 0xf0, 0, 0, 0, DEL},

    {"empty segment", S, 0, 0, 0, 0, 0, 0, OK},
    {"empty segment with a block", S, 0, 1, 0, 0, 0, 0, DEL},
    {"empty segment with data", S, 0, 0, 0, 0, 2, 8, DEL},
    {"empty segment with a block and data", S, 0, 1, 0, 0, 2, 8, DEL},
    {"without data", S, 0, 0, 0, 1, 0, 0, OK},
    {"without data, 16 KiB", S, VMTP_APG, 0, 0, 16384, 0, 0, OK},
    {"without data, 4 MiB", S, VMTP_NER | VMTP_CMG, 0, 0, MIB4, 0, 0, OK},
    {"a block but no data", S, 0, 1, 0, 1, 0, 0, DEL},
    {"data but no block", S, 0, 0, 0, 8, 2, 8, DEL},

    {"one octet", S, 0, 1, 0, 1, 2, 8, OK},
    {"eight octets", S, 0, 1, 0, 8, 2, 8, OK},
    {"nine octets", S, 0, 1, 0, 9, 4, 16, OK},
    {"nine octets, padding missing", S, 0, 1, 0, 9, 2, 8, DEL},
    {"eight octets, too much padding", S, 0, 1, 0, 8, 4, 16, DEL},
    {"a partial block sent whole", S, 0, 1, 0, 100, 128, 512, DEL},
    {"a whole block cut short", S, 0, 1, 0, 512, 26, 104, DEL},
    {"first block of several", S, 0, 1, 0, 1000, 128, 512, OK},
    {"first block of several as if it were the last", S, 0, 1, 0, 1000, 122, 488, DEL},
    {"last, partial block", S, 0, 2, 0, 1000, 122, 488, OK},
    {"last, partial block sent whole", S, 0, 2, 0, 1000, 128, 512, DEL},
    {"both", S, 0, 3, 0, 1000, 250, 1000, OK},
    {"both, padded to whole blocks", S, 0, 3, 0, 1000, 256, 1024, DEL},
    {"scattered blocks", S, 0, 0x80010001, 0, 16384, 384, 1536, OK},
    {"scattered blocks, last one partial", S, 0, 0x80010001, 0, 16380, 384, 1536, OK},
    {"a block behind the end", S, 0, 4, 0, 1024, 128, 512, DEL},
    {"the block right behind the end, and none of its data", S, 0, 7, 0, 1024, 256, 1024, DEL},
    {"the highest block of a short segment", S, 0, 0x80000000, 0, 1024, 128, 512, DEL},
    {"all", S, 0, 0xffffffff, 0, 16384, 4096, 16384, OK},
    {"all but an octet", S, 0, 0xffffffff, 0, 16383, 4096, 16384, OK},
    {"all but eight octets", S, 0, 0xffffffff, 0, 16376, 4094, 16376, OK},
    {"all but eight octets, padded", S, 0, 0xffffffff, 0, 16376, 4096, 16384, DEL},

    {"MDM covers", M, 0, 2, 2, 1024, 128, 512, OK},
    {"MDM covers more", M, 0, 2, 7, 1024, 128, 512, OK},
    {"MDM covers all there is", M, 0, 3, 0xffffffff, 1024, 256, 1024, OK},
    {"MDM lacks a block", M, 0, 3, 2, 1024, 256, 1024, DEL},
    {"MDM lacks the only block", M, 0, 1, 0, 512, 128, 512, DEL},
    {"MDM of nothing, no data", M, 0, 0, 0, 512, 0, 0, OK},
    {"not MDM: MsgDelivery is user data", S, 0, 3, 2, 1024, 256, 1024, OK},

    {"first group of a large message", S, VMTP_NER | VMTP_CMG, 0xffffffff, 0, 16385, 4096, 16384, OK},
    {"highest block of the first group", S, VMTP_NER | VMTP_CMG, 0x80000000, 0, 16385, 128, 512, OK},
    {"last group: one octet", S, VMTP_NSR, 1, 0, 16385, 2, 8, OK},
    {"last group: blocks behind the end", S, VMTP_NSR, 2, 0, 16385, 2, 8, DEL},
    {"continued, yet a partial block", S, VMTP_NER | VMTP_CMG, 1, 0, 16385, 2, 8, DEL},
    {"last group: 7232 octets", S, VMTP_NSR, 0x6000, 0, 40000, 144, 576, OK},
    {"large message: Length disagrees with blocks", S, VMTP_NSR, 0x6000, 0, 40000, 146, 584, DEL},
    {"large message: a block but no data", S, VMTP_NSR, 1, 0, 40000, 0, 0, DEL},
    {"4 MiB", S, VMTP_NSR, 0x80000000, 0, MIB4, 128, 512, OK},
    {"4 MiB and one octet", S, VMTP_NSR, 1, 0, MIB4 + 1, 128, 512, DEL},
    {"16385 octets outside a run", S, 0, 1, 0, 16385, 128, 512, DEL},
    {"16385 octets outside a run, no data", S, 0, 0, 0, 16385, 0, 0, DEL},
    {"STI alone is no run", S, VMTP_STI, 1, 0, 16385, 128, 512, DEL},
    {"as large as can be written", S, 0, 0, 0, 0xffffffff, 0, 0, DEL},

    {"Length odd", S, 0, 1, 0, 12, 3, 12, LEN},
    {"Length odd, padded nevertheless", S, 0, 1, 0, 12, 3, 16, LEN},
    {"Length one less", S, 0, 1, 0, 16, 2, 16, LEN},
    {"Length one more", S, 0, 1, 0, 16, 6, 16, LEN},
    {"Length 0 and data", S, 0, 1, 0, 16, 0, 16, LEN},
    {"Length and no data", 0, 0, 0, 0, 0, 2, 0, LEN},
    {"Length largest even value above 4096", S, 0, 1, 0, 512, 8190, 512, LEN},
    {"Length 4098", S, 0, 0xffffffff, 0, 16384, 4098, 16384, LEN},
    {"octets that are no multiple of four", S, 0, 1, 0, 14, 4, 14, LEN},
    {"an odd number of octets", S, 0, 1, 0, 15, 4, 15, LEN},
    {"one octet too many", S, 0, 1, 0, 16, 4, 17, LEN},
    {"Length and blocks wrong: Length first", 0, 0, 3, 0, 0, 2, 0, LEN},
};

#define CLAIMS (sizeof claims / sizeof *claims)

/* VMTP-5.1-01, VMTP-5.1-07: in this order. */
START_TEST(fields_that_agree_or_not) {
    const struct claim *c = &claims[_i];
    size_t length = build(c);
    enum vmtp_packet_fault fault = judge(length);
    ck_assert_msg(fault == c->fault, "%s: %s instead of %s", c->what, vmtp_packet_fault_name(fault),
                  vmtp_packet_fault_name(c->fault));
    packet[40] ^= 1; /* user data, but a wrong checksum comes before everything else */
    ck_assert_int_eq(judge(length), VMTP_PACKET_CHECKSUM);
    memset(packet + length - 4, 0, 4); /* and no checksum changes nothing of the rest */
    ck_assert_int_eq(judge(length), c->fault);
}
END_TEST

/* Whatever blocks of whatever segment a sender picks, its packet is in order, and with one block more or less it is not. */
START_TEST(random_good_packets) {
    uint64_t seed = 1;
    for (int round = 0; round < 3000; round++) {
        struct claim c = {"random", S, 0, 0, 0, 0, 0, 0, OK};
        c.segment_size = random_below(&seed, 16385);
        c.delivery = random32(&seed) & vmtp_blocks_mask(c.segment_size);
        c.octets = (vmtp_blocks_octets(c.delivery, c.segment_size) + 7u) & ~7u;
        c.length = c.octets / 4;
        ck_assert_int_eq(judge(build(&c)), VMTP_PACKET_OK);
        c.delivery ^= (uint32_t)1 << random_below(&seed, 32);
        ck_assert_int_eq(judge(build(&c)), VMTP_PACKET_DELIVERY);
    }
}
END_TEST

/* VMTP-5.1-03 */
START_TEST(sizes) {
    struct vmtp_view view;
    memset(packet, 0, sizeof packet);
    for (size_t length = 0; length <= sizeof packet; length++) {
        enum vmtp_packet_fault expected = length < 68      ? VMTP_PACKET_SHORT
                                          : length > 16452 ? VMTP_PACKET_OVERSIZED
                                                           : VMTP_PACKET_OK;
        ck_assert_int_eq(vmtp_view_init(&view, packet, length), expected);
    }
    ck_assert_int_eq(vmtp_view_init(&view, packet, SIZE_MAX), VMTP_PACKET_OVERSIZED);
}
END_TEST

/* VMTP-3.1-02, VMTP-5.1-04 */
START_TEST(short_comes_before_version) {
    struct vmtp_view view;
    memset(packet, 0xff, sizeof packet);
    ck_assert_int_eq(vmtp_view_init(&view, packet, 67), VMTP_PACKET_SHORT);
    ck_assert_int_eq(vmtp_view_init(&view, packet, 68), VMTP_PACKET_VERSION);
    for (unsigned version = 0; version < 8; version++) {
        packet[8] = (uint8_t)(version << 5);
        ck_assert_int_eq(vmtp_view_init(&view, packet, 68), version ? VMTP_PACKET_VERSION : VMTP_PACKET_OK);
    }
}
END_TEST

START_TEST(a_view_shows_header_data_and_checksum) {
    struct vmtp_view view;
    size_t length = build(&(struct claim){"", S, 0, 1, 0, 16, 4, 16, OK});
    ck_assert_int_eq(vmtp_view_init(&view, packet, length), VMTP_PACKET_OK);
    ck_assert_ptr_eq(view.header, packet);
    ck_assert_ptr_eq(view.data, packet + 64);
    ck_assert_uint_eq(view.data_octets, 16);
    ck_assert_uint_eq(view.checksum, plain_checksum(packet, 80));
}
END_TEST

/* VMTP-3.1-06: reserved bits are ignored on receipt, another domain is not the packet's fault. */
START_TEST(reserved_bits_and_domain_do_not_matter) {
    size_t length = build(&claims[0]);
    packet[15] |= 0x0e;
    packet[32] |= 0x08;
    packet[9] = 77;
    vmtp_store32(packet + 64, plain_checksum(packet, 64));
    ck_assert_int_eq(judge(length), VMTP_PACKET_OK);
}
END_TEST

START_TEST(names_of_faults) {
    for (int a = 0; a < VMTP_PACKET_FAULTS; a++) {
        ck_assert_str_ne(vmtp_packet_fault_name((enum vmtp_packet_fault)a), "unknown");
        for (int b = 0; b < a; b++)
            ck_assert_str_ne(vmtp_packet_fault_name((enum vmtp_packet_fault)a),
                             vmtp_packet_fault_name((enum vmtp_packet_fault)b));
    }
    ck_assert_str_eq(vmtp_packet_fault_name(VMTP_PACKET_FAULTS), "unknown");
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("wire view");
    TCase *t = tcase_create("view");
    tcase_add_loop_test(t, fields_that_agree_or_not, 0, (int)CLAIMS);
    tcase_add_test(t, random_good_packets);
    tcase_add_test(t, sizes);
    tcase_add_test(t, short_comes_before_version);
    tcase_add_test(t, a_view_shows_header_data_and_checksum);
    tcase_add_test(t, reserved_bits_and_domain_do_not_matter);
    tcase_add_test(t, names_of_faults);
    suite_add_tcase(s, t);
    return s;
}

int main(void) { return run_suite(suite()); }

/* SPDX-License-Identifier: BSD-2-Clause */
/* Fields of a header: where they are, in both directions and through both interfaces. */
#include "wire_testing.h"

/* Every field in use, put together by hand. */
static const uint8_t golden[VMTP_HEADER_OCTETS] = {
    0x0a, 0x11, 0xce, 0x5e, 0xed, 0x00, 0x42, 0x40, /* Client */
    0x00, 0x03, 0x20, 0x00,                         /* Version 0, Domain 3, MPG, Length 0 */
    0xaa, 0xd9, 0xa6, 0xc1,                         /* NRS NSR NRT CMG DRT, 5, 9, 0xA6, priority 12, Response */
    0x89, 0xab, 0xcd, 0xef,                         /* Transaction */
    0x80, 0x00, 0x00, 0x01,                         /* PacketDelivery */
    0x0b, 0x0b, 0x5e, 0x77, 0x1e, 0x57, 0x99, 0x40, /* Server */
    0xc6, 0xfe, 0xdc, 0xba,                         /* CMD DGM CRE MRD, code */
    0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, /* CoResidentEntity */
    0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x80, 0x90, 0xa0, 0xb0, 0xc0, /* user data */
    0xd0, 0xe0, 0xf0, 0x01,                                                 /* MsgDelivery */
    0x12, 0x34, 0x56, 0x78,                                                 /* SegmentSize */
};

static struct vmtp_header golden_fields(void) {
    struct vmtp_header f = {
        .client = 0x0a11ce5eed004240u,
        .version = 0,
        .domain = 3,
        .mpg = 1,
        .length = 0,
        .flags = VMTP_NRS | VMTP_NSR | VMTP_NRT | VMTP_CMG | VMTP_DRT,
        .retransmit = 5,
        .forward = 9,
        .gap = 0xa6,
        .priority = 12,
        .function = VMTP_RESPONSE,
        .transaction = 0x89abcdefu,
        .delivery = 0x80000001u,
        .server = 0x0b0b5e771e579940u,
        .code = VMTP_CMD | VMTP_DGM | VMTP_CRE | VMTP_MRD | 0xfedcbau,
        .words = {0x01234567u, 0x89abcdefu, 0x10203040u, 0x50607080u, 0x90a0b0c0u, 0xd0e0f001u, 0x12345678u},
    };
    return f;
}

/* VMTP-3.1-07, VMTP-3.3-02: the registry's bits are where the figures of RFC 1045 section 3.3 have them. */
START_TEST(bits_of_the_registry) {
    ck_assert_uint_eq(VMTP_HCO | VMTP_EPG | VMTP_MPG, 0xe000u);
    ck_assert_uint_eq(VMTP_NRS | VMTP_APG | VMTP_NSR | VMTP_NER | VMTP_NRT | VMTP_MDG | VMTP_CMG | VMTP_STI | VMTP_DRT,
                      0xff800000u);
    ck_assert_uint_eq(VMTP_CMD | VMTP_DGM | VMTP_MDM | VMTP_SDA | VMTP_CRE | VMTP_MRD | VMTP_PIC, 0xf7000000u);
    ck_assert_uint_eq(VMTP_SDA, 0x10000000u);
    ck_assert_uint_eq(VMTP_APG, 0x40000000u);
    ck_assert_uint_eq(VMTP_PIC, 0x01000000u);
}
END_TEST

/* VMTP-3.1-01 */
START_TEST(accessors_read_the_golden_header) {
    const uint8_t *h = golden;
    ck_assert_uint_eq(vmtp_get_client(h), 0x0a11ce5eed004240u);
    ck_assert_uint_eq(vmtp_get_version(h), 0);
    ck_assert_uint_eq(vmtp_get_domain(h), 3);
    ck_assert_uint_eq(vmtp_get_packet_flags(h), VMTP_MPG);
    ck_assert_uint_eq(vmtp_get_length(h), 0);
    ck_assert_uint_eq(vmtp_get_control(h) & 0xff800000u, VMTP_NRS | VMTP_NSR | VMTP_NRT | VMTP_CMG | VMTP_DRT);
    ck_assert_uint_eq(vmtp_get_retransmit_count(h), 5);
    ck_assert_uint_eq(vmtp_get_forward_count(h), 9);
    ck_assert_uint_eq(vmtp_get_gap(h), 0xa6);
    ck_assert_uint_eq(vmtp_get_pgcount(h), 0xa6);
    ck_assert_uint_eq(vmtp_get_priority(h), 12);
    ck_assert_uint_eq(vmtp_get_function(h), VMTP_RESPONSE);
    ck_assert_uint_eq(vmtp_get_transaction(h), 0x89abcdefu);
    ck_assert_uint_eq(vmtp_get_delivery(h), 0x80000001u);
    ck_assert_uint_eq(vmtp_get_server(h), 0x0b0b5e771e579940u);
    ck_assert_uint_eq(vmtp_get_code(h), 0xc6fedcbau);
    ck_assert_uint_eq(vmtp_get_coresident(h), 0x0123456789abcdefu);
    ck_assert_uint_eq(vmtp_get_msg_delivery(h), 0xd0e0f001u);
    ck_assert_uint_eq(vmtp_get_segment_size(h), 0x12345678u);
}
END_TEST

/* VMTP-3.1-01, VMTP-3.1-02 */
START_TEST(accessors_write_the_golden_header) {
    uint8_t h[VMTP_HEADER_OCTETS];
    memset(h, 0xee, sizeof h);
    memcpy(h + 44, golden + 44, 12); /* user data has no accessor */
    vmtp_put_client(h, 0x0a11ce5eed004240u);
    vmtp_put_length_word(h, 3, VMTP_MPG, 0);
    vmtp_put_control(h,
                     vmtp_control(VMTP_NRS | VMTP_NSR | VMTP_NRT | VMTP_CMG | VMTP_DRT, 5, 9, 0xa6, 12, VMTP_RESPONSE));
    vmtp_put_transaction(h, 0x89abcdefu);
    vmtp_put_delivery(h, 0x80000001u);
    vmtp_put_server(h, 0x0b0b5e771e579940u);
    vmtp_put_code(h, 0xc6fedcbau);
    vmtp_put_coresident(h, 0x0123456789abcdefu);
    vmtp_put_msg_delivery(h, 0xd0e0f001u);
    vmtp_put_segment_size(h, 0x12345678u);
    ck_assert_mem_eq(h, golden, sizeof golden);
}
END_TEST

/* Field by field: structures have padding. */
static void assert_same_fields(const struct vmtp_header *a, const struct vmtp_header *b) {
    ck_assert_uint_eq(a->client, b->client);
    ck_assert_uint_eq(a->version, b->version);
    ck_assert_uint_eq(a->domain, b->domain);
    ck_assert_uint_eq(a->hco, b->hco);
    ck_assert_uint_eq(a->epg, b->epg);
    ck_assert_uint_eq(a->mpg, b->mpg);
    ck_assert_uint_eq(a->length, b->length);
    ck_assert_uint_eq(a->flags, b->flags);
    ck_assert_uint_eq(a->retransmit, b->retransmit);
    ck_assert_uint_eq(a->forward, b->forward);
    ck_assert_uint_eq(a->gap, b->gap);
    ck_assert_uint_eq(a->priority, b->priority);
    ck_assert_uint_eq(a->reserved, b->reserved);
    ck_assert_uint_eq(a->function, b->function);
    ck_assert_uint_eq(a->transaction, b->transaction);
    ck_assert_uint_eq(a->delivery, b->delivery);
    ck_assert_uint_eq(a->server, b->server);
    ck_assert_uint_eq(a->code, b->code);
    for (unsigned i = 0; i < 7; i++)
        ck_assert_uint_eq(a->words[i], b->words[i]);
}

START_TEST(golden_header_as_fields) {
    struct vmtp_header expected = golden_fields(), decoded;
    uint8_t h[VMTP_HEADER_OCTETS];
    vmtp_header_decode(&decoded, golden);
    assert_same_fields(&decoded, &expected);
    vmtp_header_encode(h, &expected);
    ck_assert_mem_eq(h, golden, sizeof golden);
}
END_TEST

/* All 512 bits have a field and only one: any octets decode and encode to themselves. */
START_TEST(every_bit_survives) {
    uint8_t h[VMTP_HEADER_OCTETS], again[VMTP_HEADER_OCTETS];
    struct vmtp_header fields;
    for (unsigned bit = 0; bit < sizeof h * 8; bit++) {
        memset(h, 0, sizeof h);
        h[bit / 8] = (uint8_t)(0x80u >> (bit % 8));
        vmtp_header_decode(&fields, h);
        vmtp_header_encode(again, &fields);
        ck_assert_mem_eq(h, again, sizeof h);
    }
    uint64_t seed = 1;
    for (int round = 0; round < 20000; round++) {
        random_octets(&seed, h, sizeof h);
        vmtp_header_decode(&fields, h);
        vmtp_header_encode(again, &fields);
        ck_assert_mem_eq(h, again, sizeof h);
    }
}
END_TEST

static struct vmtp_header random_fields(uint64_t *seed) {
    struct vmtp_header f = {0};
    f.client = random64(seed);
    f.version = (uint8_t)random_below(seed, 8);
    f.domain = (uint16_t)random_below(seed, 8192);
    f.hco = (uint8_t)random_below(seed, 2);
    f.epg = (uint8_t)random_below(seed, 2);
    f.mpg = (uint8_t)random_below(seed, 2);
    f.length = (uint16_t)random_below(seed, 8192);
    f.flags = random32(seed) & 0xff800000u;
    f.retransmit = (uint8_t)random_below(seed, 8);
    f.forward = (uint8_t)random_below(seed, 16);
    f.gap = (uint8_t)random_below(seed, 256);
    f.priority = (uint8_t)random_below(seed, 16);
    f.reserved = (uint8_t)random_below(seed, 8);
    f.function = (uint8_t)random_below(seed, 2);
    f.transaction = random32(seed);
    f.delivery = random32(seed);
    f.server = random64(seed);
    f.code = random32(seed);
    for (unsigned i = 0; i < 7; i++)
        f.words[i] = random32(seed);
    return f;
}

START_TEST(random_fields_survive) {
    uint64_t seed = 2;
    for (int round = 0; round < 20000; round++) {
        struct vmtp_header f = random_fields(&seed), back;
        uint8_t h[VMTP_HEADER_OCTETS + 1];
        vmtp_header_encode(h + 1, &f); /* no alignment needed */
        vmtp_header_decode(&back, h + 1);
        assert_same_fields(&f, &back);
    }
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("wire header");
    TCase *t = tcase_create("header");
    tcase_add_test(t, bits_of_the_registry);
    tcase_add_test(t, accessors_read_the_golden_header);
    tcase_add_test(t, accessors_write_the_golden_header);
    tcase_add_test(t, golden_header_as_fields);
    tcase_add_test(t, every_bit_survives);
    tcase_add_test(t, random_fields_survive);
    suite_add_tcase(s, t);
    return s;
}

int main(void) { return run_suite(suite()); }

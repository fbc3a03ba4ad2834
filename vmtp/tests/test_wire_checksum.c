/* SPDX-License-Identifier: BSD-2-Clause */
/* The checksum: right, in pieces, while copying, and what it detects. */
#include "wire_testing.h"

#define LARGEST (VMTP_HEADER_OCTETS + VMTP_GROUP_OCTETS)

static uint8_t octets[LARGEST + 16];
static uint8_t copy[LARGEST + 16];

static uint32_t sum_in_pieces(const uint8_t *p, const size_t *pieces, size_t count) {
    struct vmtp_sum sum;
    vmtp_sum_init(&sum);
    for (size_t i = 0; i < count; i++) {
        vmtp_sum_add(&sum, p, pieces[i]);
        p += pieces[i];
    }
    return vmtp_sum_finish(&sum);
}

/* Any length, any alignment, also lengths that no packet has. */
START_TEST(agrees_with_the_plain_way) {
    uint64_t seed = 1;
    random_octets(&seed, octets, sizeof octets);
    for (size_t length = 0; length <= 700; length++)
        for (size_t offset = 0; offset < 8; offset++)
            ck_assert_uint_eq(vmtp_checksum(octets + offset, length), plain_checksum(octets + offset, length));
    for (size_t length = 700; length <= LARGEST; length += 331)
        ck_assert_uint_eq(vmtp_checksum(octets + 3, length), plain_checksum(octets + 3, length));
    ck_assert_uint_eq(vmtp_checksum(octets, LARGEST), plain_checksum(octets, LARGEST));
}
END_TEST

/* All octets FF: as many carries as there can be. */
START_TEST(carries_are_not_lost) {
    memset(octets, 0xff, sizeof octets);
    for (size_t length = 64; length <= LARGEST; length += 8)
        ck_assert_uint_eq(vmtp_checksum(octets, length), 0xffffffffu);
    octets[0] = 0x7f; /* one word 7FFF among FFFF: the sum is 7FFF */
    ck_assert_uint_eq(vmtp_checksum(octets, LARGEST), 0x7fffffffu);
    octets[32] = 0x00, octets[33] = 0x01;
    ck_assert_uint_eq(vmtp_checksum(octets, LARGEST), 0x7fff0001u);
}
END_TEST

/* VMTP-3.4-01, VMTP-3.4-04: first, third, ... cluster in the first sum, second, fourth, ... in the second; a short last one wherever it falls. */
START_TEST(clusters_alternate) {
    memset(octets, 0, sizeof octets);
    for (size_t cluster = 0; cluster < LARGEST / 32; cluster++) {
        octets[cluster * 32 + 31] = 0x12;
        uint32_t expected = cluster % 2 ? 0xffff0012u : 0x0012ffffu;
        ck_assert_uint_eq(vmtp_checksum(octets, LARGEST), expected);
        ck_assert_uint_eq(vmtp_checksum(octets, cluster * 32 + 32), expected);
        octets[cluster * 32 + 31] = 0;
        octets[cluster * 32] = 0x34;
        ck_assert_uint_eq(vmtp_checksum(octets, cluster * 32 + 2), cluster % 2 ? 0xffff3400u : 0x3400ffffu);
        octets[cluster * 32] = 0;
    }
}
END_TEST

/* VMTP-3.4-02: a half that is zero becomes FFFF; a half that is FFFF by itself stays so. */
START_TEST(a_zero_half_becomes_ffff) {
    memset(octets, 0, sizeof octets);
    ck_assert_uint_eq(vmtp_checksum(octets, 64), 0xffffffffu);
    ck_assert_uint_eq(vmtp_checksum(octets, LARGEST), 0xffffffffu);
    octets[1] = 5;
    ck_assert_uint_eq(vmtp_checksum(octets, 64), 0x0005ffffu);
    octets[1] = 0, octets[40] = 0xab;
    ck_assert_uint_eq(vmtp_checksum(octets, 64), 0xffffab00u);
    octets[40] = octets[41] = 0xff;
    ck_assert_uint_eq(vmtp_checksum(octets, 64), 0xffffffffu);
    octets[40] = 0xff, octets[41] = 0xfe, octets[51] = 1; /* FFFE + 1 */
    ck_assert_uint_eq(vmtp_checksum(octets, 64), 0xffffffffu);
    struct vmtp_sum nothing;
    vmtp_sum_init(&nothing);
    ck_assert_uint_eq(vmtp_sum_finish(&nothing), 0xffffffffu);
}
END_TEST

/* Every split into two and into three pieces that the contract allows. */
START_TEST(pieces_equal_the_whole) {
    uint64_t seed = 2;
    const size_t length = 64 + 512 + 136;
    random_octets(&seed, octets, length);
    uint32_t whole = plain_checksum(octets, length);
    for (size_t a = 0; a <= length; a += 32) {
        size_t two[] = {a, length - a};
        ck_assert_uint_eq(sum_in_pieces(octets, two, 2), whole);
        for (size_t b = 0; a + b <= length; b += 32) {
            size_t three[] = {a, b, length - a - b};
            ck_assert_uint_eq(sum_in_pieces(octets, three, 3), whole);
        }
    }
}
END_TEST

START_TEST(random_pieces_equal_the_whole) {
    uint64_t seed = 3;
    for (int round = 0; round < 300; round++) {
        size_t length = 64 + 2 * random_below(&seed, VMTP_GROUP_OCTETS / 2 + 1), count = 0, left = length;
        size_t pieces[600];
        random_octets(&seed, octets, length);
        while (left > 0) {
            size_t piece = 32 * (size_t)random_below(&seed, 65);
            if (piece > left || count == 599)
                piece = left;
            pieces[count++] = piece;
            left -= piece;
        }
        ck_assert_uint_eq(sum_in_pieces(octets, pieces, count), plain_checksum(octets, length));
    }
}
END_TEST

/* Copying and summing in one pass: same octets, same sum, nothing written behind the end, any alignment. */
START_TEST(copy_equals_add) {
    uint64_t seed = 4;
    for (int round = 0; round < 2000; round++) {
        size_t length = round < 1200 ? (size_t)round : random_below(&seed, LARGEST + 1);
        const uint8_t *from = octets + random_below(&seed, 16);
        uint8_t *to = copy + random_below(&seed, 15);
        struct vmtp_sum added, copied;
        vmtp_sum_init(&added);
        vmtp_sum_init(&copied);
        random_octets(&seed, octets, length + 16);
        size_t before = 32 * (size_t)random_below(&seed, 4); /* start in an even cluster or in an odd one */
        vmtp_sum_add(&added, octets, before);
        vmtp_sum_add(&copied, octets, before);
        memset(copy, 0x5a, sizeof copy);
        vmtp_sum_copy(&copied, to, from, length);
        vmtp_sum_add(&added, from, length);
        ck_assert_uint_eq(vmtp_sum_finish(&copied), vmtp_sum_finish(&added));
        ck_assert_uint_eq(copied.octets, added.octets);
        ck_assert(memcmp(to, from, length) == 0);
        ck_assert(to == copy || to[-1] == 0x5a);
        ck_assert(to[length] == 0x5a);
    }
}
END_TEST

/* Makes a good packet with data_octets of data; returns its length. */
static size_t good_packet(uint64_t *seed, uint8_t *p, uint32_t data_octets, uint32_t packet_flags) {
    size_t body = VMTP_HEADER_OCTETS + data_octets;
    random_octets(seed, p, body);
    vmtp_put_length_word(p, VMTP_DOMAIN, packet_flags, data_octets / 4);
    vmtp_put_code(p, data_octets ? VMTP_SDA : 0);
    vmtp_put_delivery(p, vmtp_blocks_mask(data_octets));
    vmtp_put_segment_size(p, data_octets);
    vmtp_store32(p + body, plain_checksum(p, packet_flags & VMTP_HCO ? VMTP_HEADER_OCTETS : body));
    return body + VMTP_CHECKSUM_OCTETS;
}

static enum vmtp_packet_fault judge(const uint8_t *p, size_t length) {
    struct vmtp_view view;
    enum vmtp_packet_fault fault = vmtp_view_init(&view, p, length);
    return fault == VMTP_PACKET_OK ? vmtp_view_verify(&view, NULL) : fault;
}

/*
 * One wrong bit anywhere, the checksum included, is noticed.  As an error of the checksum, except that a bit of
 * Version is noticed before.
 */
START_TEST(every_wrong_bit_is_detected) {
    uint64_t seed = 5;
    const uint32_t sizes[] = {0, 8, 512, 1432};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        size_t length = good_packet(&seed, octets, sizes[k], 0);
        ck_assert_int_eq(judge(octets, length), VMTP_PACKET_OK);
        for (size_t bit = 0; bit < length * 8; bit++) {
            octets[bit / 8] ^= (uint8_t)(0x80u >> (bit % 8));
            int version = bit / 8 == 8 && bit % 8 < 3;
            ck_assert_int_eq(judge(octets, length), version ? VMTP_PACKET_VERSION : VMTP_PACKET_CHECKSUM);
            octets[bit / 8] ^= (uint8_t)(0x80u >> (bit % 8));
        }
    }
}
END_TEST

/* VMTP-3.4-04: with HCO wrong bits in the data are not noticed, wrong bits in the header are. */
START_TEST(hco_covers_the_header_only) {
    uint64_t seed = 6;
    size_t length = good_packet(&seed, octets, 512, VMTP_HCO);
    ck_assert_int_eq(judge(octets, length), VMTP_PACKET_OK);
    octets[VMTP_HEADER_OCTETS + 100] ^= 1;
    ck_assert_int_eq(judge(octets, length), VMTP_PACKET_OK);
    octets[VMTP_HEADER_OCTETS - 1] ^= 1;
    ck_assert_int_eq(judge(octets, length), VMTP_PACKET_CHECKSUM);
}
END_TEST

/* VMTP-3.4-03: 32 zero bits: none was sent, whatever the octets are. */
START_TEST(no_checksum_is_accepted) {
    uint64_t seed = 7;
    size_t length = good_packet(&seed, octets, 512, 0);
    vmtp_store32(octets + length - 4, 0);
    octets[100] ^= 1;
    ck_assert_int_eq(judge(octets, length), VMTP_PACKET_OK);
}
END_TEST

/* Sums that the caller took while copying are used instead of reading the packet again, but not for HCO. */
START_TEST(sums_of_the_caller_are_used) {
    uint64_t seed = 8;
    struct vmtp_view view;
    struct vmtp_sum sum;
    size_t length = good_packet(&seed, octets, 512, 0);
    ck_assert_int_eq(vmtp_view_init(&view, octets, length), VMTP_PACKET_OK);
    vmtp_sum_init(&sum);
    vmtp_sum_add(&sum, view.header, VMTP_HEADER_OCTETS);
    vmtp_sum_copy(&sum, copy, view.data, view.data_octets);
    ck_assert_int_eq(vmtp_view_verify(&view, &sum), VMTP_PACKET_OK);
    sum.odd++;
    ck_assert_int_eq(vmtp_view_verify(&view, &sum), VMTP_PACKET_CHECKSUM);

    length = good_packet(&seed, octets, 512, VMTP_HCO);
    ck_assert_int_eq(vmtp_view_init(&view, octets, length), VMTP_PACKET_OK);
    vmtp_sum_init(&sum);
    vmtp_sum_add(&sum, view.header, VMTP_HEADER_OCTETS + view.data_octets);
    ck_assert_int_eq(vmtp_view_verify(&view, &sum), VMTP_PACKET_OK);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("wire checksum");
    TCase *t = tcase_create("checksum");
    tcase_set_timeout(t, 300);
    tcase_add_test(t, agrees_with_the_plain_way);
    tcase_add_test(t, carries_are_not_lost);
    tcase_add_test(t, clusters_alternate);
    tcase_add_test(t, a_zero_half_becomes_ffff);
    tcase_add_test(t, pieces_equal_the_whole);
    tcase_add_test(t, random_pieces_equal_the_whole);
    tcase_add_test(t, copy_equals_add);
    tcase_add_test(t, every_wrong_bit_is_detected);
    tcase_add_test(t, hco_covers_the_header_only);
    tcase_add_test(t, no_checksum_is_accepted);
    tcase_add_test(t, sums_of_the_caller_are_used);
    suite_add_tcase(s, t);
    return s;
}

int main(void) { return run_suite(suite()); }

/* SPDX-License-Identifier: BSD-2-Clause */
/* Blocks and delivery masks. */
#include "wire_testing.h"

/* Cuts pending into packets; returns their number. */
static unsigned cut(uint32_t pending, uint32_t size, uint32_t room, uint32_t packets[32]) {
    unsigned n = 0;
    while (pending) {
        ck_assert_uint_lt(n, 32);
        packets[n] = vmtp_blocks_next(pending, size, room);
        ck_assert_uint_ne(packets[n], 0);
        ck_assert_uint_eq(packets[n] & ~pending, 0);
        pending &= ~packets[n++];
    }
    return n;
}

/* VMTP-6.1-02, VMTP-6.1-04; RFC 1045 section 2.13: segment 0x1D00, MsgDelivery 0x74FF, Ethernet. */
START_TEST(the_example_of_rfc_1045) {
    const uint32_t expected[] = {0x3, 0xc, 0x30, 0xc0, 0x1400, 0x6000};
    uint32_t packets[32];
    ck_assert_uint_eq(vmtp_room(1500), 1432);
    ck_assert_uint_eq(cut(0x74ff, 0x1d00, vmtp_room(1500), packets), 6);
    for (unsigned i = 0; i < 6; i++)
        ck_assert_uint_eq(packets[i], expected[i]);
    ck_assert_uint_eq(vmtp_blocks_octets(packets[4], 0x1d00), 1024);
    ck_assert_uint_eq(vmtp_blocks_octets(packets[5], 0x1d00), 512 + 256);
}
END_TEST

START_TEST(room_by_mtu) {
    ck_assert_uint_eq(vmtp_room(0), 0);
    ck_assert_uint_eq(vmtp_room(68), 0);
    ck_assert_uint_eq(vmtp_room(75), 0);
    ck_assert_uint_eq(vmtp_room(76), 8);
    ck_assert_uint_eq(vmtp_room(580), 512); /* the least that a network must carry */
    ck_assert_uint_eq(vmtp_room(9000), 8928);
    ck_assert_uint_eq(vmtp_room(16451), 16376);
    ck_assert_uint_eq(vmtp_room(16452), 16384);
    ck_assert_uint_eq(vmtp_room(65535), 16384);
    ck_assert_uint_eq(vmtp_room(UINT32_MAX), 16384);
}
END_TEST

START_TEST(masks_of_whole_segments) {
    ck_assert_uint_eq(vmtp_blocks_mask(0), 0);
    ck_assert_uint_eq(vmtp_blocks_mask(1), 1);
    ck_assert_uint_eq(vmtp_blocks_mask(512), 1);
    ck_assert_uint_eq(vmtp_blocks_mask(513), 3);
    ck_assert_uint_eq(vmtp_blocks_mask(31 * 512), 0x7fffffff);
    ck_assert_uint_eq(vmtp_blocks_mask(31 * 512 + 1), 0xffffffff);
    ck_assert_uint_eq(vmtp_blocks_mask(16384), 0xffffffff);
    ck_assert_uint_eq(vmtp_blocks_mask(UINT32_MAX), 0xffffffff);
}
END_TEST

/* One block after the other, by definition. */
static uint32_t plain_octets(uint32_t mask, uint32_t size) {
    uint32_t octets = 0;
    if (size > VMTP_GROUP_OCTETS)
        size = VMTP_GROUP_OCTETS;
    for (uint32_t i = 0; i < 32; i++)
        if ((mask >> i & 1) && size > i * 512)
            octets += size - i * 512 < 512 ? size - i * 512 : 512;
    return octets;
}

/* VMTP-6.1-01 */
START_TEST(octets_of_blocks) {
    uint64_t seed = 1;
    for (uint32_t size = 0; size <= 16384 + 600; size++) {
        ck_assert_uint_eq(vmtp_blocks_octets(0xffffffff, size), plain_octets(0xffffffff, size));
        uint32_t mask = random32(&seed);
        ck_assert_uint_eq(vmtp_blocks_octets(mask, size), plain_octets(mask, size));
    }
    ck_assert_uint_eq(vmtp_blocks_octets(0xffffffff, UINT32_MAX), 16384);
}
END_TEST

/* As many blocks as fit, lowest first, by definition. */
static uint32_t plain_next(uint32_t pending, uint32_t size, uint32_t room) {
    uint32_t next = 0;
    for (uint32_t bit = 1; bit; bit <<= 1) {
        if (!(pending & bit))
            continue;
        if (next && ((plain_octets(next | bit, size) + 7) & ~7u) > room)
            break;
        next |= bit;
    }
    return next;
}

/* Room of every kind, pending within the segment: what next returns is the longest run from the lowest block that fits. */
START_TEST(next_takes_the_lowest_that_fit) {
    uint64_t seed = 2;
    for (int round = 0; round < 200000; round++) {
        uint32_t size = 1 + random_below(&seed, 16384);
        uint32_t pending = random32(&seed) & (round % 3 ? 0xffffffff : random32(&seed)) & vmtp_blocks_mask(size);
        uint32_t room = 512 + 8 * random_below(&seed, round % 2 ? 256 : 1985);
        ck_assert_uint_eq(vmtp_blocks_next(pending, size, room), plain_next(pending, size, room));
    }
}
END_TEST

/* VMTP-6.1-03: the packets of a group together are the pending blocks, each once, whatever is pending. */
START_TEST(packets_cover_pending_exactly) {
    uint64_t seed = 3;
    for (int round = 0; round < 20000; round++) {
        uint32_t size = random_below(&seed, 17000), pending = random32(&seed), packets[32], seen = 0;
        uint32_t room = 512 + 8 * random_below(&seed, 1985);
        unsigned n = cut(pending, size, room, packets);
        for (unsigned i = 0; i < n; i++) {
            ck_assert_uint_eq(seen & packets[i], 0);
            ck_assert_uint_le(vmtp_blocks_octets(packets[i], size), room);
            seen |= packets[i];
        }
        ck_assert_uint_eq(seen, pending);
    }
    ck_assert_uint_eq(vmtp_blocks_next(0, 1000, 1432), 0);
}
END_TEST

/* VMTP-6.1-04 */
START_TEST(a_third_block_if_it_is_small) {
    uint32_t room = vmtp_room(1500);
    ck_assert_uint_eq(vmtp_blocks_next(7, 1024 + 408, room), 7);
    ck_assert_uint_eq(vmtp_blocks_next(7, 1024 + 401, room), 7); /* 401 is padded to 408 */
    ck_assert_uint_eq(vmtp_blocks_next(7, 1024 + 409, room), 3);
    ck_assert_uint_eq(vmtp_blocks_next(0xffffffff, 16384, room), 3);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("wire blocks");
    TCase *t = tcase_create("blocks");
    tcase_set_timeout(t, 300);
    tcase_add_test(t, the_example_of_rfc_1045);
    tcase_add_test(t, room_by_mtu);
    tcase_add_test(t, masks_of_whole_segments);
    tcase_add_test(t, octets_of_blocks);
    tcase_add_test(t, next_takes_the_lowest_that_fit);
    tcase_add_test(t, packets_cover_pending_exactly);
    tcase_add_test(t, a_third_block_if_it_is_small);
    suite_add_tcase(s, t);
    return s;
}

int main(void) { return run_suite(suite()); }

/* SPDX-License-Identifier: BSD-2-Clause */
/* Which 512-octet blocks of a segment a packet carries, and how many octets they are. */
#include <vmtp/wire.h>

/* By halves, so that no helper of the compiler is called where the machine has no instruction for it. */
static uint32_t count_bits(uint32_t mask) {
    mask -= (mask >> 1) & 0x55555555u;
    mask = (mask & 0x33333333u) + ((mask >> 2) & 0x33333333u);
    mask = (mask + (mask >> 4)) & 0x0f0f0f0fu;
    return (mask * 0x01010101u) >> 24;
}

/* The bit of the segment's last block if that block is not a whole one, else 0. */
static uint32_t partial_block(uint32_t segment_size) {
    if (segment_size >= VMTP_GROUP_OCTETS || segment_size % VMTP_BLOCK_OCTETS == 0)
        return 0;
    return (uint32_t)1 << (segment_size / VMTP_BLOCK_OCTETS);
}

uint32_t vmtp_blocks_octets(uint32_t mask, uint32_t segment_size) {
    mask &= vmtp_blocks_mask(segment_size);
    uint32_t octets = count_bits(mask) * VMTP_BLOCK_OCTETS;
    if (mask & partial_block(segment_size))
        octets -= VMTP_BLOCK_OCTETS - segment_size % VMTP_BLOCK_OCTETS;
    return octets;
}

uint32_t vmtp_blocks_next(uint32_t pending, uint32_t segment_size, uint32_t room) {
    uint32_t octets = vmtp_padded(vmtp_blocks_octets(pending, segment_size));
    if (octets <= room)
        return pending;
    /*
     * Too much for one packet: as many whole blocks as fit, lowest first.  The partial block, if pending, is the
     * highest one within the segment and the only one whose octets need padding, so what remains is to see
     * whether it fits behind them.
     */
    uint32_t partial = pending & partial_block(segment_size);
    uint32_t whole = room / VMTP_BLOCK_OCTETS, used = 0, next = 0;
    if (whole == 0)
        whole = 1; /* against the contract; still never 0 blocks */
    for (uint32_t rest = pending; rest && used < whole; used++) {
        uint32_t lowest = rest & (~rest + 1u);
        next |= lowest;
        rest &= rest - 1u;
    }
    uint32_t rest = pending & ~next;
    uint32_t small = vmtp_padded(segment_size % VMTP_BLOCK_OCTETS);
    if (partial && (rest & (~rest + 1u)) == partial && used * VMTP_BLOCK_OCTETS + small <= room)
        next |= partial;
    return next;
}

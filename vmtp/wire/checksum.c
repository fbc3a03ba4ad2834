/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The VMTP checksum: two 16-bit ones-complement sums over alternate clusters of 32 octets.
 *
 * A ones-complement sum may be taken in the machine's own byte order, in lanes of any width, and be folded
 * and swapped at the very end: a swap of all octets in pairs only rotates the sum.  So the loops below add
 * 64-bit lanes, two clusters at a time.
 *
 * Adding 64-bit lanes loses the carries.  Instead of catching each one, a lane keeps two plain sums: of the words
 * themselves (all, modulo 2^64) and of their upper halves (high, exact).  The sum of the lower halves is then
 * all - (high << 32), exact as well because it is far below 2^64.  That is three operations for 8 octets (or
 * for 16 or 32 of them in a vector register) and nothing depends on the carry flag.
 */
#include <vmtp/wire.h>

#define CLUSTER 32u
#define STRIDE (2u * CLUSTER) /* one even cluster and one odd */

/*
 * Two lanes: 16 octets are a register on nearly every machine, and on others the compiler makes two words of
 * it.  Wider vectors turn into slow code where the machine does not have them.
 */
typedef uint64_t lanes __attribute__((vector_size(16)));

static inline lanes lanes_load(const uint8_t *p) {
    lanes v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* The sums of some words. */
struct spread {
    lanes all;
    lanes high;
};

static inline void spread_add(struct spread *s, lanes v) {
    s->all += v;
    s->high += v >> 32;
}

/* The sum of all 32-bit words: at most 2^32 octets were fed, so this stays far below 2^64. */
static inline uint64_t spread_total(const struct spread *s) {
    lanes total = (s->all - (s->high << 32)) + s->high;
    return total[0] + total[1];
}

/* The sum of at most one cluster as 32-bit words; octets that are missing in the last word count as zero. */
static uint64_t sum_short(const uint8_t *p, size_t length) {
    uint64_t total = 0;
    while (length > 0) {
        uint32_t v = 0;
        size_t n = length < sizeof v ? length : sizeof v;
        memcpy(&v, p, n);
        total += v;
        p += n;
        length -= n;
    }
    return total;
}

/* What is left after the last whole stride: rather less than 64 octets. */
static void sum_tail(uint64_t *first, uint64_t *second, const uint8_t *p, size_t length) {
    size_t n = length < CLUSTER ? length : CLUSTER;
    *first += sum_short(p, n);
    *second += sum_short(p + n, length - n);
}

/* One stride without a loop and without vectors: a header, the packet that most transactions consist of. */
static inline void sum_stride(uint64_t *first, uint64_t *second, const uint8_t *p) {
    uint64_t v[8];
    memcpy(v, p, STRIDE);
    for (unsigned i = 0; i < 4; i++) {
        *first += (v[i] & 0xffffffffu) + (v[i] >> 32);
        *second += (v[4 + i] & 0xffffffffu) + (v[4 + i] >> 32);
    }
}

static void sum_octets(uint64_t *first, uint64_t *second, const uint8_t *p, size_t length) {
    if (length >= STRIDE) {
        struct spread a = {{0}, {0}}, b = a, c = a, d = a;
        for (; length >= STRIDE; p += STRIDE, length -= STRIDE) {
            spread_add(&a, lanes_load(p));
            spread_add(&b, lanes_load(p + 16));
            spread_add(&c, lanes_load(p + 32));
            spread_add(&d, lanes_load(p + 48));
        }
        *first += spread_total(&a) + spread_total(&b);
        *second += spread_total(&c) + spread_total(&d);
    }
    if (length > 0)
        sum_tail(first, second, p, length);
}

static void sum_and_copy(uint64_t *first, uint64_t *second, uint8_t *restrict dst, const uint8_t *restrict src,
                         size_t length) {
    if (length >= STRIDE) {
        struct spread a = {{0}, {0}}, b = a, c = a, d = a;
        for (; length >= STRIDE; src += STRIDE, dst += STRIDE, length -= STRIDE) {
            lanes v[4] = {lanes_load(src), lanes_load(src + 16), lanes_load(src + 32), lanes_load(src + 48)};
            memcpy(dst, &v[0], 16);
            memcpy(dst + 16, &v[1], 16);
            memcpy(dst + 32, &v[2], 16);
            memcpy(dst + 48, &v[3], 16);
            spread_add(&a, v[0]);
            spread_add(&b, v[1]);
            spread_add(&c, v[2]);
            spread_add(&d, v[3]);
        }
        *first += spread_total(&a) + spread_total(&b);
        *second += spread_total(&c) + spread_total(&d);
    }
    if (length > 0) {
        memcpy(dst, src, length);
        sum_tail(first, second, src, length);
    }
}

/* Whether the next octets fed belong to an odd cluster. */
static inline int at_odd_cluster(const struct vmtp_sum *s) { return (s->octets / CLUSTER) & 1u; }

void vmtp_sum_add(struct vmtp_sum *s, const void *octets, size_t length) {
    int odd = at_odd_cluster(s);
    sum_octets(odd ? &s->odd : &s->even, odd ? &s->even : &s->odd, octets, length);
    s->octets += (uint32_t)length;
}

void vmtp_sum_copy(struct vmtp_sum *s, void *dst, const void *src, size_t length) {
    int odd = at_odd_cluster(s);
    sum_and_copy(odd ? &s->odd : &s->even, odd ? &s->even : &s->odd, dst, src, length);
    s->octets += (uint32_t)length;
}

/* Folds to 16 bits in network order.  A sum of zero is sent as 0xFFFF, the other zero of ones-complement. */
static inline uint32_t fold(uint64_t sum) {
    sum = (sum & 0xffffffffu) + (sum >> 32);
    sum = (sum & 0xffffffffu) + (sum >> 32);
    sum = (sum & 0xffffu) + (sum >> 16);
    sum = (sum & 0xffffu) + (sum >> 16);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    sum = ((sum & 0xffu) << 8) | (sum >> 8);
#endif
    return sum == 0 ? 0xffffu : (uint32_t)sum;
}

uint32_t vmtp_sum_finish(const struct vmtp_sum *s) { return (fold(s->even) << 16) | fold(s->odd); }

uint32_t vmtp_checksum(const void *octets, size_t length) {
    uint64_t even = 0, odd = 0;
    if (length == VMTP_HEADER_OCTETS)
        sum_stride(&even, &odd, octets);
    else
        sum_octets(&even, &odd, octets, length);
    return (fold(even) << 16) | fold(odd);
}

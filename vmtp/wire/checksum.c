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

#if defined(__GNUC__)
/* Four lanes; the compiler splits this into whatever registers the machine has. */
typedef uint64_t lanes __attribute__((vector_size(CLUSTER)));
#define LANE(v, i) ((v)[i])
#define LANES_ADD(a, b) ((a) += (b))
#define LANES_HIGH(a, b) ((a) += (b) >> 32)
#else
typedef struct {
    uint64_t at[4];
} lanes;
#define LANE(v, i) ((v).at[i])
#define LANES_ADD(a, b) ((a).at[0] += (b).at[0], (a).at[1] += (b).at[1], (a).at[2] += (b).at[2], (a).at[3] += (b).at[3])
#define LANES_HIGH(a, b) \
    ((a).at[0] += (b).at[0] >> 32, (a).at[1] += (b).at[1] >> 32, (a).at[2] += (b).at[2] >> 32, \
     (a).at[3] += (b).at[3] >> 32)
#endif

/* The sums of some clusters of one kind, spread over four lanes. */
struct spread {
    lanes all;
    lanes high;
};

static inline void spread_add(struct spread *s, const uint8_t *cluster) {
    lanes v;
    memcpy(&v, cluster, CLUSTER);
    LANES_ADD(s->all, v);
    LANES_HIGH(s->high, v);
}

static inline void spread_copy(struct spread *s, uint8_t *dst, const uint8_t *cluster) {
    lanes v;
    memcpy(&v, cluster, CLUSTER);
    memcpy(dst, &v, CLUSTER);
    LANES_ADD(s->all, v);
    LANES_HIGH(s->high, v);
}

/* The sum of all 32-bit halves of all lanes: at most 2^32 octets were fed, so this stays far below 2^64. */
static inline uint64_t spread_total(const struct spread *s) {
    uint64_t total = 0;
    for (unsigned i = 0; i < 4; i++) {
        uint64_t high = LANE(s->high, i);
        total += high + (LANE(s->all, i) - (high << 32));
    }
    return total;
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
    if (length >= STRIDE * 2) {
        struct spread a = {{0}, {0}}, b = {{0}, {0}};
        for (; length >= STRIDE; p += STRIDE, length -= STRIDE) {
            spread_add(&a, p);
            spread_add(&b, p + CLUSTER);
        }
        *first += spread_total(&a);
        *second += spread_total(&b);
    }
    if (length >= STRIDE) {
        sum_stride(first, second, p);
        p += STRIDE, length -= STRIDE;
    }
    if (length > 0)
        sum_tail(first, second, p, length);
}

static void sum_and_copy(uint64_t *first, uint64_t *second, uint8_t *restrict dst, const uint8_t *restrict src,
                         size_t length) {
    if (length >= STRIDE) {
        struct spread a = {{0}, {0}}, b = {{0}, {0}};
        for (; length >= STRIDE; src += STRIDE, dst += STRIDE, length -= STRIDE) {
            spread_copy(&a, dst, src);
            spread_copy(&b, dst + CLUSTER, src + CLUSTER);
        }
        *first += spread_total(&a);
        *second += spread_total(&b);
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

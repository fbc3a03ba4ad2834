/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The test service of spec/testing.md: what a minimal server can have of it, which is all but what takes a timer (DELAY) or a
 * memory of Responses (DISCARD).  All Responses are idempotent, so bit 0x80 of a procedure makes no difference but to its count.
 */
#include <string.h>

#include "minimal.h"

enum { NULL_, ECHO, SINK, SOURCE, COUNT = 5, RESET, MIRROR, CALL = 9, IDENTIFY, IDEMPOTENT = 0x80 };

#ifdef MINIMAL_CLIENT
static const uint8_t existing[32] = {0xf7, 0x60, [16] = 0xf5, 0x20};
#else
static const uint8_t existing[32] = {0xf7, 0x20, [16] = 0xf5, 0x20};
#endif
static const char name[] = "minimal node of examples/minimal";

static uint32_t counts[256];
static uint8_t out[SEGMENT_ROOM]; /* segment of the Response */

uint32_t service_crc(const uint8_t *octets, uint32_t size) {
    uint32_t value = 0xffffffff;
    for (uint32_t i = 0; i < size; i++) {
        value ^= octets[i];
        for (int bit = 0; bit < 8; bit++)
            value = value >> 1 ^ (value & 1 ? 0xedb88320 : 0);
    }
    return ~value;
}

static uint32_t mix(uint32_t x) {
    x = (x ^ x >> 16) * 0x85ebca6b;
    x = (x ^ x >> 13) * 0xc2b2ae35;
    return x ^ x >> 16;
}

void service_pattern(uint8_t *octets, uint32_t size, uint32_t seed) {
    for (uint32_t i = 0; i < size; i++)
        octets[i] = (uint8_t)(mix(seed + (i / 4 + 1) * 0x9e3779b9) >> (24 - i % 4 * 8));
}

/* ---- operations: each fills in r and out, and returns the octets of out ------------------------------------------------ */

static uint32_t bad(struct packet *r) {
    r->h[H_CODE] = TEST_BAD_ARGUMENT;
    return 0;
}

static uint32_t source(const struct packet *p, struct packet *r) {
    uint32_t size = p->h[H_WORDS], seed = p->h[H_WORDS + 1], form = p->h[H_WORDS + 2];
    int chosen = CODE(p->h[H_CODE]) & IDEMPOTENT && (p->h[H_CODE] & (MDM | SDA)) == MDM;
    if (size > largest_segment() || form > 7)
        return bad(r);
    service_pattern(out, size, seed);
    memcpy(r->h + H_WORDS, (const uint32_t[]){size, seed, service_crc(out, size)}, 12);
    r->h[H_CONTROL] = form & 1 ? NRT : 0;
    r->h[H_FLAGS] = form & 2 ? HCO : 0;
    if (size && (form & 4 || chosen)) {
        r->h[H_CODE] = MDM;
        r->h[H_MSG_DELIVERY] = blocks_of(size) & (chosen ? p->h[H_MSG_DELIVERY] : 0xffffffff);
    }
    return size;
}

static uint32_t count(const struct packet *p, struct packet *r) {
    if (p->h[H_WORDS] > 255)
        return bad(r);
    r->h[H_WORDS] = p->h[H_WORDS];
    r->h[H_WORDS + 1] = counts[p->h[H_WORDS]];
    return 0;
}

static uint32_t mirror(const struct packet *p, const uint8_t *in, uint32_t size) {
    uint32_t words[20] = {p->h[H_CLIENT], p->h[H_CLIENT + 1], p->h[H_TRANSACTION], p->h[H_CONTROL] >> 4 & 15};
    memcpy(words + 4, p->h + H_SERVER, 40);
    words[14] = size;
    words[15] = service_crc(in, size);
    words[18] = p->h[H_DELIVERY];
    for (unsigned i = 0; i < 20; i++)
        put32(out + 4 * i, words[i]);
    memcpy(out + 64, p->mac, 6);
    return 80;
}

static uint32_t identify(struct packet *r) {
    put_pair(r->h + H_WORDS, entity(SERVICE));
    put_pair(r->h + H_WORDS + 2, entity(MANAGER));
    r->h[H_WORDS + 4] = 3;
    r->h[H_WORDS + 5] = largest_segment() == SEGMENT_MAX ? 0 : largest_segment();
    memcpy(out, existing, sizeof existing);
    memcpy(out + sizeof existing, name, sizeof name - 1);
    return sizeof existing + sizeof name - 1;
}

/* ---- dispatch ----------------------------------------------------------------------------------------------------------- */

void service_request(const struct packet *p, uint64_t server, const uint8_t *in, uint32_t size) {
    if (service_calls_for(p))
        return;
    uint32_t code = CODE(p->h[H_CODE]), procedure = code & 0xff, octets = 0;
    struct packet r = {.data = out};
    if (code >> 8 == 2)
        counts[procedure]++;
    if (code >> 8 != 2 || !(existing[procedure / 8] & 0x80 >> procedure % 8) ||
        (server == TEST_SERVICE && (procedure & 0x7f) != IDENTIFY))
        r.h[H_CODE] = VMTP_ERROR;
    else
        switch (procedure & 0x7f) {
        case ECHO:
            memcpy(r.h + H_WORDS, p->h + H_WORDS, 28);
            memcpy(out, in, octets = size);
            break;
        case SINK: memcpy(r.h + H_WORDS, (const uint32_t[]){size, service_crc(in, size)}, 8); break;
        case SOURCE: octets = source(p, &r); break;
        case COUNT: octets = count(p, &r); break;
        case RESET: memset(counts, 0, sizeof counts); break;
        case MIRROR: octets = mirror(p, in, size); break;
        case IDENTIFY: octets = identify(&r); break;
        case CALL:
            if ((r.h[H_CODE] = service_call(p, server, in, size)) == 0)
                return; /* it answers when the call has ended */
            break;
        default: break; /* NULL */
        }
    respond(p, server, &r, octets);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* CALL of the test service (section 4.6 of spec/testing.md): one plain call at a time, of one packet. */
#include <string.h>

#include "minimal.h"

#define FIXED 56u /* octets of the segments of CALL and of its Response in front of the data */

static struct packet order; /* the CALL in hand */
static uint64_t ordered_of;
static uint8_t data[SEGMENT_ROOM];
static int64_t begun;
static int in_hand;

/* A duplicate of the Request being processed (section 8.3 of spec/vmtp.md). */
int service_calls_for(const struct packet *p) {
    if (!in_hand || memcmp(p->h, order.h, 8) != 0 || p->h[H_TRANSACTION] != order.h[H_TRANSACTION])
        return 0;
    order.h[H_CONTROL] = p->h[H_CONTROL];
    drop(19);
    if (p->h[H_CONTROL] & APG)
        notify(p, OK, p->h[H_DELIVERY]);
    return 1;
}

static void ended(const struct outcome *o) {
    struct packet r = {.data = data};
    uint32_t fits = largest_segment() - FIXED, octets = order.h[H_WORDS + 2] & 1 ? 0
                                                        : o->octets < fits       ? o->octets
                                                                                 : fits;
    memset(data, 0, FIXED);
    r.h[H_WORDS] = o->result;
    if (o->header) {
        r.h[H_WORDS + 1] = o->header[H_CODE];
        for (unsigned i = 0; i < 2; i++)
            put32(data + 4 * i, o->header[H_SERVER + i]);
        put32(data + 8, o->header[H_CODE]);
        for (unsigned i = 0; i < 7; i++)
            put32(data + 16 + 4 * i, o->header[H_WORDS + i]);
    }
    put32(data + 12, o->result);
    put32(data + 44, o->octets);
    put32(data + 48, service_crc(o->segment, o->octets));
    put32(data + 52, (uint32_t)(now() - begun));
    memcpy(data + FIXED, o->segment, octets);
    in_hand = 0;
    respond(&order, ordered_of, &r, FIXED + octets);
}

/* The Request that is ordered; 0, or what is wrong with the order. */
static uint32_t compose(struct packet *q, const uint32_t *words, const uint8_t *in, uint32_t size) {
    uint32_t generated = words[0], octets = generated ? generated : size - FIXED;
    uint64_t server = (uint64_t)get32(in) << 32 | get32(in + 4);
    if (octets > largest_segment() || server == 0 || server & GROUP_BIT || words[2] & ~5u || words[3] || words[4])
        return TEST_BAD_ARGUMENT;
    request_begin(q, CALLER, server, get32(in + 8) & ~SDA);
    q->h[H_CONTROL] = get32(in + 12) & (NRT | DRT | 0xf0);
    q->h[H_FLAGS] = words[2] & 4 ? HCO : 0;
    for (unsigned i = 0; i < 7; i++)
        q->h[H_WORDS + i] = get32(in + 16 + 4 * i);
    q->data = data;
    if (generated)
        service_pattern(data, octets, words[1]);
    else
        memcpy(data, in + FIXED, octets);
    if (octets) {
        q->h[H_CODE] |= SDA;
        q->h[H_SIZE] = octets;
    }
    return 0;
}

uint32_t service_call(const struct packet *p, uint64_t server, const uint8_t *in, uint32_t size) {
    struct packet request;
    uint32_t wrong;
    if (in_hand)
        return TEST_NO_ROOM;
    if (size < FIXED || get32(in + 44) > 60000 || get32(in + 48) > SEGMENT_MAX || get32(in + 52) & 0xfffeffff)
        return TEST_BAD_ARGUMENT;
    if ((wrong = compose(&request, p->h + H_WORDS, in, size)) != 0)
        return wrong;
    order = *p;
    ordered_of = server;
    begun = now();
    in_hand = 1;
    call_begin(&request, get32(in + 48), get32(in + 44), ended);
    return 0;
}

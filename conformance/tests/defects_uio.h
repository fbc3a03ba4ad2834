/* SPDX-License-Identifier: BSD-2-Clause */
/* defects_uio.h - what conditions and changes of defects_uio.inc are made of; part of defects.c. */
#ifndef VC_DEFECTS_UIO_H
#define VC_DEFECTS_UIO_H

#include "../objects.h"

#define ASKED 64u

/* Requests of UIO that have come, the newest last, and what is known of what they did. */
static struct {
    struct asked {
        uint64_t client;
        uint32_t transaction, code, words[7];
    } asked[ASKED];
    unsigned count;
    uint32_t transaction; /* the last instance with TRANSACTION */
    uint64_t creator;     /* the Client of the last CreateInstance */
    unsigned creates;     /* since a context was made */
    uint64_t owner;       /* of the last CreateInstance, as its parameters say */
    uint8_t pipe[200];    /* the descriptor of the last pipe that was opened */
    uint32_t pipe_size;
    unsigned times; /* of a defect that comes now and then */
} uio;

static const struct asked none_asked;

/* The Request that p answers. */
static const struct asked *uio_asked(const struct vc_packet *p) {
    unsigned most = uio.count < ASKED ? uio.count : ASKED;
    for (unsigned i = 0; i < most; i++)
        if (uio.asked[i].client == p->client && uio.asked[i].transaction == p->transaction)
            return &uio.asked[i];
    return &none_asked;
}

/* The code of the Request before the last one. */
static uint32_t before(void) { return uio.count < 2 ? 0 : uio.asked[(uio.count - 2) % ASKED].code & VMTP_CODE_MASK; }

static void note_asked(const uint8_t *frame, size_t size) {
    static struct vc_packet p;
    if (vc_decode(&p, frame, size, VMTP_ETHERTYPE) != VC_WELL || p.function != VMTP_REQUEST ||
        vc_uio(p.code) == VC_NO_UIO || uio_asked(&p) != &none_asked)
        return;
    struct asked *a = &uio.asked[uio.count++ % ASKED];
    *a = (struct asked){.client = p.client, .transaction = p.transaction, .code = p.code};
    memcpy(a->words, p.words, sizeof a->words);
    uint32_t code = vc_code(&p);
    if (code == (UIO_CREATE_INSTANCE & VMTP_CODE_MASK))
        uio.creator = p.client, uio.owner = vc_pair(p.words + 4);
    uio.creates = code == (UIO_CREATE_OBJECT & VMTP_CODE_MASK)     ? 0
                  : code == (UIO_CREATE_INSTANCE & VMTP_CODE_MASK) ? uio.creates + 1
                                                                   : uio.creates;
}

static void note_answered(const uint8_t *frame, size_t size) {
    static struct vc_packet p;
    if (vc_decode(&p, frame, size, VMTP_ETHERTYPE) != VC_WELL || p.function != VMTP_RESPONSE || vc_code(&p) != VMTP_OK)
        return;
    const struct asked *a = uio_asked(&p);
    uint32_t told = vc_segment_size(&p) - VC_INSTANCE_HEAD;
    if ((a->code & VMTP_CODE_MASK) == (UIO_CREATE_INSTANCE & VMTP_CODE_MASK) && told <= sizeof uio.pipe &&
        vc_get16(p.data + VC_INSTANCE_HEAD + 2) == UIO_TYPE_PIPE) {
        memcpy(uio.pipe, p.data + VC_INSTANCE_HEAD, told);
        uio.pipe_size = told;
    }
    if ((a->code & VMTP_CODE_MASK) == (UIO_CREATE_INSTANCE & VMTP_CODE_MASK) && a->words[2] & UIO_MODE_TRANSACTION)
        uio.transaction = p.words[0];
}

/* Octets of the name of an operation. */
static int named(const struct vc_packet *p, const char *part) {
    size_t size = p->words[1] & 0xffff, length = strlen(part);
    for (size_t at = 0; at + length <= size && at + length <= p->data_octets; at++)
        if (memcmp(p->data + at, part, length) == 0)
            return 1;
    return 0;
}

static int begins(const struct vc_packet *p, const char *text) {
    return p->data_octets >= strlen(text) && memcmp(p->data, text, strlen(text)) == 0;
}

/* In a list of descriptors: that with this name; NULL: this is no list, or it is not in it. */
static uint8_t *uio_told(struct vc_packet *p, const char *name) {
    struct vc_object o;
    uint32_t size = vc_segment_size(p) < p->data_octets ? vc_segment_size(p) : p->data_octets, at = 0, used;
    for (; at < size && (used = vc_get_object(&o, p->data + at, size - at)) != 0; at += used)
        if (o.name_octets == strlen(name) && memcmp(o.name, name, o.name_octets) == 0)
            return p->data + at;
    return NULL;
}

static uint8_t *uio_told_type(struct vc_packet *p, uint16_t type) {
    struct vc_object o;
    uint32_t size = vc_segment_size(p) < p->data_octets ? vc_segment_size(p) : p->data_octets;
    return vc_get_object(&o, p->data, size) && o.type == type ? p->data : NULL;
}

static void uio_say(struct vc_packet *p, uint32_t code) {
    p->code = (p->code & ~VMTP_CODE_MASK) | (code & VMTP_CODE_MASK);
    if (vc_code(p) == VMTP_OK)
        return;
    p->code &= ~VMTP_SDA;
    p->length = 0;
    p->data_octets = 0;
    p->delivery = 0;
    memset(p->words, 0, sizeof p->words);
}

/* A descriptor in which everything is wrong that is not its form. */
static void other_object(uint8_t *d) {
    static const uint8_t fields[] = {3, 23, 35, 39, 43, 47, 49, 57, 65};
    for (unsigned i = 0; i < sizeof fields; i++)
        d[fields[i]] ^= 1;
    if (vc_get16(d + 86))
        d[VC_OBJECT_HEAD + vc_get16(d + 84)] ^= 1;
}

static void other_instance(uint8_t *d) {
    d[15] ^= 1;
    d[23] ^= 1;
    d[39] ^= 1;
    d[47] ^= 1;
    other_object(d + VC_INSTANCE_HEAD);
}

/* Attributes in the answer to CreateInstance. */
static void less(struct vc_packet *p, uint32_t attributes) {
    p->words[1] &= ~attributes;
    vc_put32(p->data + 4, p->words[1]);
}

static void more(struct vc_packet *p, uint32_t attributes) {
    p->words[1] |= attributes;
    vc_put32(p->data + 4, p->words[1]);
}

#define TELLS(c) (RESPONSE && (uio_asked(p)->code & VMTP_CODE_MASK) == ((c)&VMTP_CODE_MASK) && uio_asked(p)->code)
#define SAYS(c) (vc_code(p) == ((c)&VMTP_CODE_MASK))
#define DONE(c) (TELLS(c) && SAYS(VMTP_OK))
#define DESCRIBED                                                                                                      \
    ((DONE(UIO_QUERY_OBJECT) || DONE(UIO_CREATE_OBJECT) || DONE(UIO_MODIFY_OBJECT) || DONE(UIO_LINK_OBJECT)) &&        \
     p->data_octets >= VC_OBJECT_HEAD)
#define TOLD_OF (DONE(UIO_QUERY_INSTANCE) || DONE(UIO_CREATE_INSTANCE) || DONE(UIO_MODIFY_INSTANCE))
#define WAITS (p->words[1] == 0xffffffff)
#define REFUSED(c, code) (TELLS(c) && SAYS(code))

#endif

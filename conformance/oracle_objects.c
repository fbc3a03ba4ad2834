/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules about messages of UIO, and about the instances that they tell of: spec/uio.md sections 1 to 6. */
#include <string.h>

#include "objects.h"
#include "oracle_internal.h"

#define BLOCK_MOST 4194304u
#define SMALL_TRANSFER 16384u

/* Which words of 0 to 5 a table has: by operation, of Requests and of Responses with OK. */
static const struct {
    unsigned operation;
    uint8_t request, response;
} tables[] = {{0x01, 0x3f, 0x07}, {0x02, 0x07, 0}, {0x03, 0x0f, 0},    {0x04, 0x07, 0},    {0x05, 0x07, 0},
              {0x06, 0x0f, 0},    {0x07, 0x03, 0}, {0x08, 0x03, 0x3f}, {0x10, 0x1f, 0x0f}, {0x11, 0x1f, 0x0f},
              {0x12, 0x01, 0},    {0x13, 0x0f, 0}, {0x14, 0x03, 0},    {0x15, 0x0f, 0x01}};

static int words_known(unsigned operation, int response) {
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        if (tables[i].operation == operation)
            return response ? tables[i].response : tables[i].request;
    return -1; /* ControlInstance: its function's own */
}

static void spare_words(vc_oracle *o, const struct vc_packet *p, unsigned operation) {
    int known = words_known(operation, p->function == VMTP_RESPONSE);
    uint32_t spoilt = 0;
    if (known < 0)
        return;
    for (unsigned i = 0; i < 7; i++)
        if (!(known >> i & 1) && !(i == 6 && p->code & VMTP_SDA) && !(i == 5 && p->code & VMTP_MDM))
            spoilt |= p->words[i];
    vc_oracle_rule(o, "UIO-1-01", spoilt == 0, "zero in words that the table does not mention", "bits", spoilt);
}

/* The whole segment is in this packet. */
static int whole(const struct vc_packet *p) {
    uint32_t size = vc_segment_size(p);
    return p->code & VMTP_SDA && !(p->code & VMTP_MDM) && size && size <= p->data_octets &&
           p->delivery == vc_all_blocks(size);
}

/* ---- instances ------------------------------------------------------------------------------------------------------ */

struct seen_instance *vc_oracle_instance(vc_oracle *o, uint64_t manager, uint32_t number) {
    unsigned most = o->instance_next < ORACLE_INSTANCES ? o->instance_next : ORACLE_INSTANCES;
    for (unsigned i = 0; i < most; i++)
        if (o->instances[i].manager == manager && o->instances[i].number == number)
            return &o->instances[i];
    return NULL;
}

static void remember(vc_oracle *o, const struct vc_packet *p, const struct vc_instance *i) {
    struct seen_instance *seen = vc_oracle_instance(o, p->server, i->number);
    int again = seen && (seen->client != p->client || seen->transaction != p->transaction);
    vc_oracle_rule(o, "UIO-2.3-02", i->number != 0 && !again, "a number that is not 0 and was not given before",
                   "number", i->number);
    if (!seen)
        seen = &o->instances[o->instance_next++ % ORACLE_INSTANCES];
    *seen = (struct seen_instance){.manager = p->server,
                                   .number = i->number,
                                   .attributes = i->attributes,
                                   .block_size = i->block_size,
                                   .max_transfer = i->max_transfer,
                                   .client = p->client,
                                   .transaction = p->transaction};
}

/* ---- descriptors ---------------------------------------------------------------------------------------------------- */

static void object(vc_oracle *o, const struct vc_object *d) {
    int slash = d->name_octets && memchr(d->name, '/', d->name_octets) != NULL;
    vc_oracle_rule(o, "UIO-1-02", d->clean, "zero octets behind name and target", "others: length", d->length);
    vc_oracle_rule(o, "UIO-3.1-04", !slash, "the last component only", "a name of octets", d->name_octets);
}

static void one_object(vc_oracle *o, const struct vc_packet *p) {
    struct vc_object d;
    uint32_t size = vc_segment_size(p), used = vc_get_object(&d, p->data, size);
    vc_oracle_rule(o, "UIO-3.1-03", used == size, "one descriptor that is well-formed", "segment of octets", size);
    if (used)
        object(o, &d);
}

static void sizes(vc_oracle *o, const struct vc_instance *i) {
    uint32_t variable = i->attributes & UIO_VARIABLE_BLOCK;
    int empty = i->last_block == 0 && i->last_octets == 0;
    int right = i->last_octets <= i->block_size && (variable || empty || i->last_octets >= 1);
    vc_oracle_rule(o, "UIO-2.1-02", i->block_size >= 1 && i->block_size <= BLOCK_MOST, "a BlockSize of 1 to 4194304",
                   "BlockSize", i->block_size);
    vc_oracle_rule(o, "UIO-2.1-03", right, "LastOctets of 1 to BlockSize, or both 0", "LastOctets", i->last_octets);
}

static void attributes(vc_oracle *o, uint32_t a) {
    int random = !(a & UIO_RANDOM_ACCESS) || a & UIO_STORAGE, offset = !(a & UIO_OFFSET) || a & UIO_RANDOM_ACCESS;
    vc_oracle_rule(o, "UIO-2.2-01", (a & (UIO_READABLE | UIO_WRITEABLE)) != 0, "READABLE or WRITEABLE", "attributes", a);
    vc_oracle_rule(o, "UIO-2.2-03", random && offset, "STORAGE with RANDOM_ACCESS, and that with OFFSET", "attributes",
                   a);
}

static int instance(vc_oracle *o, const struct vc_packet *p, struct vc_instance *i) {
    uint32_t size = vc_segment_size(p), used = vc_get_instance(i, p->data, size);
    vc_oracle_rule(o, "UIO-3.1-03", used == size, "a descriptor that is well-formed", "segment of octets", size);
    if (!used)
        return 0;
    object(o, &i->object);
    sizes(o, i);
    attributes(o, i->attributes);
    vc_oracle_rule(o, "UIO-3.2-01", i->max_transfer >= i->block_size && i->max_transfer <= BLOCK_MOST,
                   "a MaxTransfer of BlockSize to 4194304", "MaxTransfer", i->max_transfer);
    return 1;
}

static void created(vc_oracle *o, const struct vc_packet *p, const struct seen_message *request) {
    struct vc_instance i;
    if (!whole(p) || !instance(o, p, &i))
        return;
    remember(o, p, &i);
    if (!(request->controls & VMTP_STI))
        vc_oracle_rule(o, "UIO-3.2-01", i.max_transfer <= SMALL_TRANSFER,
                       "a MaxTransfer of 16384 at most for a client without STI", "MaxTransfer", i.max_transfer);
    vc_oracle_rule(o, "UIO-5.1-01", p->words[0] == i.number && p->words[1] == i.attributes && p->words[2] == i.block_size,
                   "words 0 to 2 as in the descriptor", "word 0", p->words[0]);
}

static void queried(vc_oracle *o, const struct vc_packet *p, const struct seen_message *request) {
    struct seen_instance *seen = vc_oracle_instance(o, p->server, request->words[0]);
    struct vc_instance i;
    if (!whole(p) || !instance(o, p, &i))
        return;
    vc_oracle_rule(o, "UIO-6.3-01", i.number == request->words[0], "the number of the instance asked about", "number",
                   i.number);
    if (seen)
        vc_oracle_rule(o, "UIO-2.1-02", i.block_size == seen->block_size, "the same BlockSize for all of its life",
                       "BlockSize", i.block_size);
}

/* ---- reads and writes ----------------------------------------------------------------------------------------------- */

static void list(vc_oracle *o, const struct vc_packet *p) {
    uint32_t size = vc_segment_size(p), at = 0, used;
    struct vc_object d;
    for (; at < size && (used = vc_get_object(&d, p->data + at, size - at)) != 0; at += used)
        object(o, &d);
    vc_oracle_rule(o, "UIO-5.3-01", at == size, "whole descriptors", "octets that are none:", size - at);
}

static void was_read(vc_oracle *o, const struct vc_packet *p, const struct seen_message *request) {
    struct seen_instance *seen = vc_oracle_instance(o, p->server, request->words[0]);
    uint32_t size = vc_segment_size(p);
    if (p->code & VMTP_MDM)
        return;
    vc_oracle_rule(o, "UIO-6.1-01", p->words[0] == size && size <= request->words[4],
                   "word 0 octets in the segment, at most those asked for", "word 0", p->words[0]);
    if (!seen)
        return;
    vc_oracle_rule(o, "UIO-4-04", !(p->code & VMTP_DGM) == !(seen->attributes & UIO_STORAGE),
                   "DGM in the answer to a read of STORAGE, and in no other", "DGM is", (p->code & VMTP_DGM) != 0);
    if (seen->attributes & UIO_CONTEXT && whole(p))
        list(o, p);
}

static void was_written(vc_oracle *o, const struct vc_packet *p, const struct seen_message *request) {
    uint32_t size = request->code & VMTP_SDA ? request->words[6] : 0;
    vc_oracle_rule(o, "UIO-6.2-07", p->words[0] <= size && (p->words[0] || !size), "1 to all octets taken", "word 0",
                   p->words[0]);
}

static void was_locked(vc_oracle *o, const struct vc_packet *p) {
    vc_oracle_rule(o, "UIO-6.5-06", vc_segment_size(p) == VC_RANGE_OCTETS && p->words[0] <= UIO_LOCK_EXCLUSIVE,
                   "a kind of 0 to 2 and a range", "word 0", p->words[0]);
}

/* ---- messages ------------------------------------------------------------------------------------------------------- */

static int may_have_segment(uint32_t code) {
    return code == (UIO_LOCKED & VMTP_CODE_MASK) || code == (VNAME_MOVED & VMTP_CODE_MASK) ||
           code == (VNAME_ALIAS & VMTP_CODE_MASK);
}

static void refused(vc_oracle *o, const struct vc_packet *p) {
    uint32_t words = 0;
    if (vc_code(p) == VMTP_RETRY || vc_code(p) == VMTP_BUSY || may_have_segment(vc_code(p)))
        return;
    for (unsigned i = 0; i < 7; i++)
        words |= p->words[i];
    vc_oracle_rule(o, "UIO-4-03", words == 0 && !(p->code & VMTP_SDA), "neither words nor a segment with an error",
                   "words", words);
}

static void idempotent(vc_oracle *o, const struct vc_packet *p, unsigned operation) {
    int asks = operation == 0x02 || operation == 0x08 || operation == 0x12;
    if (operation != 0x10)
        vc_oracle_rule(o, "UIO-4-04", !(p->code & VMTP_DGM) == !asks,
                       "DGM in answers to QueryObject, -Storage, -Instance", "DGM is", (p->code & VMTP_DGM) != 0);
}

void vc_oracle_objects_response(vc_oracle *o, const struct vc_packet *p, const struct seen_message *request) {
    unsigned operation = vc_uio(request->code);
    if ((!vc_uio_by_name(operation) && !vc_uio_of_instance(operation)) || request->server & VMTP_ID_GRP)
        return;
    if (vc_code(p) != VMTP_OK) {
        refused(o, p);
        return;
    }
    spare_words(o, p, operation);
    idempotent(o, p, operation);
    switch (operation) {
    case 0x01: created(o, p, request); break;
    case 0x12:
    case 0x13: queried(o, p, request); break;
    case 0x02:
    case 0x03:
    case 0x06:
    case 0x07:
        if (whole(p))
            one_object(o, p);
        break;
    case 0x10: was_read(o, p, request); break;
    case 0x11: was_written(o, p, request); break;
    case 0x15: was_locked(o, p); break;
    default: break;
    }
}

void vc_oracle_objects_request(vc_oracle *o, const struct vc_packet *p) {
    unsigned operation = vc_uio(p->code);
    if (!vc_uio_by_name(operation) && !vc_uio_of_instance(operation))
        return;
    spare_words(o, p, operation);
    uint32_t length = p->words[1] & 0xffff, room = vc_name_room(length);
    if (!vc_uio_by_name(operation) || !whole(p) || vc_segment_size(p) < room)
        return;
    uint32_t spoilt = 0;
    for (uint32_t at = length; at < room; at++)
        spoilt |= p->data[at];
    vc_oracle_rule(o, "UIO-1-02", spoilt == 0, "zero octets behind the name", "others", spoilt);
}

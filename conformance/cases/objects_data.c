/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading, writing, querying and releasing instances: spec/uio.md sections 6.1 to 6.4 and 6.7. */
#include <stdio.h>
#include <string.h>

#include "../case_objects.h"

#define OBJECTS "objects"
#define DIRECTORY (UIO_MODE_READ | UIO_MODE_CONTEXT)
#define MS VC_MILLISECOND

static uint8_t data[2 * VC_SEGMENT_MAX];

static const uint8_t *pattern(uint32_t size, uint32_t seed) {
    vc_pattern(data, size, seed);
    return data;
}

static struct vc_instance instance_of(struct vc_test *t, const char *ids, uint32_t number) {
    return vc_want_instance(t, ids, vc_query(t, number), "QueryInstance");
}

/* A pipe of this case's own: its name. */
static struct vc_name own_pipe(struct vc_test *t) {
    char text[40];
    snprintf(text, sizeof text, "pipe/vc-%08x", (unsigned)vc_random(t));
    return vc_of_node(t, text);
}

static uint64_t block_after(const struct vc_said *s) { return vc_pair(s->words + 1); }

/* ---- reading ---------------------------------------------------------------------------------------------------------- */

static void reading(struct vc_test *t) {
    vc_fill(t, "file", 1000, 1);
    pattern(1000, 1);
    uint32_t number = vc_open(t, "file", UIO_MODE_READ);
    vc_want_octets(t, "UIO-6.1-01", vc_read(t, number, 0, 0, 300), "300 octets from the first on", data, 300);
    vc_want_octets(t, "UIO-6.1-01", vc_read(t, number, 0, 700, 200), "200 octets from number 700 on", data + 700, 200);
    const struct vc_said *s = vc_read(t, number, 0, 700, 2000);
    vc_want_octets(t, "UIO-6.1-01", s, "2000 octets from number 700 on, of which there are 300", data + 700, 300);
    vc_equal(t, "UIO-6.1-01", "word 0", 300, s->words[0]);
    vc_equal(t, "UIO-6.1-04", "END where nothing is behind", UIO_END, s->words[3] & UIO_END);
    vc_equal(t, "UIO-6.1-05", "the block in which it ended:", 0, block_after(s));
    s = vc_read(t, number, 0, 0, 300);
    vc_equal(t, "UIO-6.1-04", "END where more is behind", 0, s->words[3] & UIO_END);
    s = vc_read(t, number, 0, 1000, 10);
    vc_want_code(t, "UIO-6.1-04", s, "a read behind the end", VMTP_OK);
    vc_check(t, "UIO-6.1-04", s->words[0] == 0 && s->octets == 0 && s->words[3] & UIO_END, "0 octets with END",
             "%u, %u", s->words[0], s->words[3]);
    s = vc_read(t, number, 1ull << 40, 0, 10);
    vc_check(t, "UIO-6.1-04", s->code == VMTP_OK && s->words[0] == 0 && s->words[3] & UIO_END,
             "0 octets with END far behind", "%s, %u octets", vc_response_name(s->code), s->words[0]);
}

static void whole_blocks(struct vc_test *t) {
    uint32_t number = vc_open(t, "file", VC_NEW);
    struct vc_instance i = instance_of(t, "UIO-6.1-05", number);
    if (i.block_size > VC_SEGMENT_MAX)
        vc_skip(t, "a file with blocks of 16384 octets at most");
    vc_did(t, vc_write(t, number, 0, 0, 0, pattern(i.block_size, 1), i.block_size), "WriteInstance");
    vc_did(t, vc_write(t, number, 1, 0, 0, "x", 1), "WriteInstance");
    const struct vc_said *s = vc_read(t, number, 0, 0, i.block_size);
    vc_want_octets(t, "UIO-6.1-05", s, "a whole block", data, i.block_size);
    vc_equal(t, "UIO-6.1-05", "the block behind it:", 1, block_after(s));
    s = vc_read(t, number, 1, 0, i.block_size);
    vc_equal(t, "UIO-6.1-05", "the block within which the last read ended:", 1, block_after(s));
}

static void counts(struct vc_test *t) {
    vc_fill(t, "file", 100, 1);
    struct vc_instance i = vc_want_instance(t, "UIO-6.1-03", vc_create(t, "file", VC_RW), "CreateInstance");
    vc_code_is(t, "UIO-6.1-03", vc_read(t, i.number, 0, 0, 0), "a read of 0 octets", UIO_BAD_COUNT);
    vc_code_is(t, "UIO-6.1-03", vc_read(t, i.number, 0, 0, i.max_transfer + 1), "a read of more than MaxTransfer",
               UIO_BAD_COUNT);
    vc_code_is(t, "UIO-6.1-03", vc_read(t, i.number, 0, i.block_size, 1), "an offset of BlockSize", UIO_BAD_BLOCK);
    vc_code_is(t, "UIO-6.1-03", vc_read(t, i.number, 0, 0, i.max_transfer), "a read of MaxTransfer", VMTP_OK);
    struct vc_name log = vc_of_node(t, "log");
    uint32_t number = vc_open_at(t, &log, UIO_MODE_READ);
    vc_code_is(t, "UIO-6.1-03", vc_read(t, number, 0, 1, 100), "an offset without OFFSET", UIO_BAD_BLOCK);
    vc_release(t, number, 0);
}

/* A log gives one record, whatever is asked for. */
static void one_block(struct vc_test *t) {
    struct vc_name log = vc_of_node(t, "log");
    uint32_t number = vc_open_at(t, &log, VC_RW);
    const struct vc_said *s = vc_write(t, number, 0, 0, 0, pattern(60, 1), 60);
    vc_did(t, s, "WriteInstance");
    uint64_t block = block_after(s);
    vc_did(t, vc_write(t, number, 0, 0, 0, "another", 7), "WriteInstance");
    s = vc_read(t, number, block, 0, VC_SEGMENT_MAX);
    vc_want_octets(t, "UIO-6.1-02", s, "one record, of a read of 16384 octets", pattern(60, 1), 60);
    vc_equal(t, "UIO-6.1-02", "the next block:", block + 1, block_after(s));
    vc_release(t, number, 0);
    vc_did(t, vc_make_link(t, "one", "x"), "CreateObject");
    vc_did(t, vc_make_link(t, "two", "x"), "CreateObject");
    uint32_t context = vc_open(t, "", DIRECTORY);
    s = vc_read(t, context, 0, 0, 2048);
    struct vc_object o;
    uint32_t first = vc_get_object(&o, s->segment, s->octets);
    vc_check(t, "UIO-6.1-02", first && s->octets > first, "several blocks of a context in one read", "%u octets",
             s->octets);
}

static void in_sequence(struct vc_test *t) {
    struct vc_name name = own_pipe(t);
    uint32_t number = vc_open_at(t, &name, VC_NEW);
    vc_want_code(t, "UIO-6.1-06", vc_read(t, number, 0, 0, 10), "a read of block 0 of a pipe", UIO_BAD_BLOCK);
    vc_did(t, vc_write(t, number, VC_NEXT, 0, 0, pattern(100, 1), 100), "WriteInstance");
    vc_want_octets(t, "UIO-6.1-06", vc_read(t, number, VC_NEXT, 0, 60), "the first 60 octets", data, 60);
    vc_want_octets(t, "UIO-6.1-06", vc_read(t, number, VC_NEXT, 0, 60), "the others, once", data + 60, 40);
    vc_want_code(t, "UIO-6.1-07", vc_read(t, number, VC_NEXT, 0, 60), "a read of nothing that may not wait",
                 UIO_WOULD_WAIT);
    struct vc_packet waits = vc_read_begun(t, number, 2000, 60);
    vc_settle(t);
    vc_did(t, vc_write(t, number, VC_NEXT, 0, 0, "later", 5), "WriteInstance");
    vc_want_octets(t, "UIO-6.1-06", vc_answer(t, &waits, 2 * VC_SECOND), "a read that has waited", "later", 5);
    vc_time begin = vc_now(t);
    waits = vc_read_begun(t, number, 400, 60);
    const struct vc_said *s = vc_answer(t, &waits, 3 * VC_SECOND);
    vc_want_code(t, "UIO-6.1-07", s, "a read that may wait 400 ms", UIO_WOULD_WAIT);
    vc_between(t, "UIO-6.1-06", "the time that it waited", 400 * MS, 2 * VC_SECOND, s->time - begin);
    uint32_t reader = vc_open_at(t, &name, UIO_MODE_READ);
    vc_did(t, vc_release(t, number, 0), "ReleaseInstance");
    s = vc_read(t, reader, VC_NEXT, 1000, 60);
    vc_check(t, "UIO-6.1-07", s->code == VMTP_OK && s->words[0] == 0 && s->words[3] & UIO_END,
             "0 octets with END when nobody can write any more", "%s, %u octets", vc_response_name(s->code), s->words[0]);
    vc_release(t, reader, 0);
}

static void behind_log(struct vc_test *t) {
    struct vc_name log = vc_of_node(t, "log");
    uint32_t number = vc_open_at(t, &log, VC_RW);
    const struct vc_said *s = vc_write(t, number, 0, 0, 0, "one", 3);
    vc_did(t, s, "WriteInstance");
    uint64_t block = block_after(s);
    s = vc_read(t, number, block, 0, VC_SEGMENT_MAX);
    vc_equal(t, "UIO-6.1-08", "END of a read of the last record", UIO_END, s->words[3] & UIO_END);
    vc_time begin = vc_now(t);
    s = vc_read(t, number, block + 1, 0, VC_SEGMENT_MAX);
    vc_check(t, "UIO-6.1-08", s->code == VMTP_OK && s->words[0] == 0 && s->words[3] & UIO_END,
             "0 octets with END of the block behind it", "%s, %u octets", vc_response_name(s->code), s->words[0]);
    vc_between(t, "UIO-6.1-08", "the time that it waited", 0, 1500 * MS, s->time - begin);
    struct vc_packet waits = vc_of_instance(t, UIO_READ_INSTANCE, number, (uint32_t)((block + 1) >> 32),
                                            (uint32_t)(block + 1), 0, VC_SEGMENT_MAX);
    vc_by_another(t, &waits);
    vc_begin(t, &waits, NULL, 0);
    vc_pass(t, 50 * MS);
    vc_did(t, vc_write(t, number, 0, 0, 0, "two", 3), "WriteInstance");
    s = vc_answer(t, &waits, 2 * VC_SECOND);
    int waited = s->octets == 3 && memcmp(s->segment, "two", 3) == 0, at_once = s->octets == 0 && s->words[3] & UIO_END;
    vc_check(t, "UIO-6.1-08", s->code == VMTP_OK && (waited || at_once),
             "the record that came meanwhile, or END at once", "%u octets", s->octets);
    vc_release(t, number, 0);
}

/* Blocks 1 and 3 of five, or all of them. */
static void chosen_blocks(struct vc_test *t) {
    uint8_t got[VC_SEGMENT_MAX] = {0};
    vc_fill(t, "file", 2560, 1);
    pattern(2560, 1);
    uint32_t number = vc_open(t, "file", UIO_MODE_READ);
    struct vc_packet p = vc_of_instance(t, UIO_READ_INSTANCE, number, 0, 0, 0, 2560);
    p.code |= VMTP_MDM;
    p.words[5] = 0x0a;
    vc_begin(t, &p, NULL, 0);
    struct vc_packet *first = vc_want_response(t, "UIO-6.1-09", &p, VMTP_OK), *more = first;
    uint32_t blocks = 0, mask = first->code & VMTP_MDM ? 0x0a : 0x1f;
    unsigned wrong = 0;
    while (more && blocks != mask) {
        for (unsigned i = 0, at = 0; i < 5; i++)
            if (more->delivery >> i & 1 && at + 512 <= more->data_octets) {
                memcpy(got + 512 * i, more->data + at, 512);
                at += 512;
            }
        blocks |= more->delivery;
        more = blocks == mask ? NULL : vc_await_response(t, &p, VC_SECOND);
    }
    for (unsigned i = 0; i < 5; i++)
        wrong += blocks >> i & 1 && memcmp(got + 512 * i, data + 512 * i, 512) != 0;
    vc_check(t, "UIO-6.1-09", blocks == mask && wrong == 0, "the blocks asked for, or all without MDM",
             "blocks 0x%x, %u wrong", blocks, wrong);
}

static void after_write(struct vc_test *t) {
    uint32_t writer = vc_open(t, "file", VC_NEW), reader = vc_open(t, "file", UIO_MODE_READ);
    for (uint32_t i = 0; i < 20; i++) {
        vc_did(t, vc_write(t, writer, 0, 0, 0, pattern(200, i), 200), "WriteInstance");
        if (!vc_want_octets(t, "UIO-6.1-10", vc_read(t, reader, 0, 0, 200), "what was written before", data, 200))
            return;
    }
}

/* ---- writing ---------------------------------------------------------------------------------------------------------- */

static void writing(struct vc_test *t) {
    uint8_t expected[2100];
    uint32_t number = vc_open(t, "file", VC_NEW);
    pattern(1000, 1);
    const struct vc_said *s = vc_write(t, number, 0, 0, 0, data, 1000);
    vc_want_code(t, "UIO-6.2-01", s, "a write of 1000 octets", VMTP_OK);
    vc_check(t, "UIO-6.2-07", s->words[0] == 1000 && block_after(s) == 0 && s->words[3] == 0,
             "all 1000 taken, from 0 on", "%u from %u", s->words[0], s->words[3]);
    memcpy(expected, data, 1000);
    memset(expected + 300, 0x55, 50);
    s = vc_write(t, number, 0, 300, 0, expected + 300, 50);
    vc_want_code(t, "UIO-6.2-01", s, "a write at offset 300", VMTP_OK);
    vc_check(t, "UIO-6.2-07", s->words[0] == 50 && s->words[3] == 300, "50 taken, from 300 on", "%u from %u",
             s->words[0], s->words[3]);
    vc_want_octets(t, "UIO-6.2-01", vc_read(t, number, 0, 0, 2000), "what is in it", expected, 1000);
    vc_did(t, vc_write(t, number, 0, 990, 0, "abcdefghijklmnopqrst", 20), "WriteInstance");
    memcpy(expected + 990, "abcdefghijklmnopqrst", 20);
    vc_want_octets(t, "UIO-6.2-01", vc_read(t, number, 0, 0, 2000), "what is in it, made longer", expected, 1010);
    vc_want_code(t, "UIO-6.2-02", vc_write(t, number, 0, 2000, 0, "behind", 6), "a write behind the end", VMTP_OK);
    memset(expected + 1010, 0, 990);
    memcpy(expected + 2000, "behind", 6);
    vc_want_octets(t, "UIO-6.2-02", vc_read(t, number, 0, 0, 3000), "zero octets in the gap", expected, 2006);
    vc_code_is(t, "UIO-6.2-06", vc_write(t, number, 0, 0, 0, NULL, 0), "a write of 0 octets", UIO_BAD_COUNT);
}

static void appending(struct vc_test *t) {
    vc_fill(t, "file", 100, 1);
    uint32_t flagged = vc_open(t, "file", VC_RW), always = vc_open(t, "file", VC_RW | UIO_MODE_APPEND);
    const struct vc_said *s = vc_write(t, flagged, 0, 5, UIO_WRITE_APPEND, "abc", 3);
    vc_want_code(t, "UIO-6.2-04", s, "a write with APPEND", VMTP_OK);
    vc_equal(t, "UIO-6.2-04", "offset", 100, s->words[3]);
    s = vc_write(t, always, 0, 0, 0, "def", 3);
    vc_want_code(t, "UIO-6.2-04", s, "a write with mode APPEND", VMTP_OK);
    vc_equal(t, "UIO-6.2-04", "offset", 103, s->words[3]);
    vc_want_octets(t, "UIO-6.2-04", vc_read(t, flagged, 0, 100, 50), "what is behind", "abcdef", 6);
    struct vc_name log = vc_of_node(t, "log");
    uint32_t number = vc_open_at(t, &log, VC_RW);
    s = vc_write(t, number, 0, 0, 0, "one", 3);
    uint64_t first = block_after(s);
    s = vc_write(t, number, 0, 0, 0, "two", 3);
    vc_code_is(t, "UIO-6.2-04", s, "a write of block 0 of what is APPEND_ONLY", VMTP_OK);
    vc_check(t, "UIO-6.2-04", block_after(s) > first, "a later block than that of the one before", "an earlier one");
    vc_want_octets(t, "UIO-6.2-04", vc_read(t, number, block_after(s), 0, 100), "the record there", "two", 3);
    vc_code_is(t, "UIO-6.2-06", vc_write(t, number, 0, 0, 0, NULL, 0), "a block of 0 octets with VARIABLE_BLOCK",
               VMTP_OK);
    vc_release(t, number, 0);
}

/* The pipe is full; then somebody reads. */
static void waiting_writes(struct vc_test *t) {
    struct vc_name name = own_pipe(t);
    uint32_t number = vc_open_at(t, &name, VC_NEW);
    const struct vc_said *s;
    unsigned taken = 0;
    pattern(4096, 1);
    do {
        s = vc_write(t, number, 7, 0, 0, data, 4096); /* block 7 means nothing */
        taken += s->code == VMTP_OK ? s->words[0] : 0;
    } while (s->code == VMTP_OK && taken < 2u << 20);
    vc_want_code(t, "UIO-6.2-05", s, "a write that finds no room and may not wait", UIO_WOULD_WAIT);
    vc_time begin = vc_now(t);
    struct vc_packet waits = vc_write_begun(t, number, 400, data, 4096);
    s = vc_answer(t, &waits, 3 * VC_SECOND);
    vc_want_code(t, "UIO-6.2-05", s, "a write that may wait 400 ms", UIO_WOULD_WAIT);
    vc_between(t, "UIO-6.2-05", "the time that it waited", 400 * MS, 2 * VC_SECOND, s->time - begin);
    waits = vc_write_begun(t, number, 3000, data, 4096);
    vc_settle(t);
    vc_did(t, vc_read(t, number, VC_NEXT, 0, 4096), "ReadInstance");
    s = vc_answer(t, &waits, 3 * VC_SECOND);
    vc_want_code(t, "UIO-6.2-05", s, "a write that waited for room", VMTP_OK);
    vc_equal(t, "UIO-6.2-05", "octets taken", 4096, s->words[0]);
    vc_release(t, number, 0);
}

/* Two writers of the same 16384 octets at the same time, packet by packet. */
static void mixed_writes(struct vc_test *t) {
    static uint8_t one[VC_SEGMENT_MAX], two[VC_SEGMENT_MAX];
    uint32_t number = vc_open(t, "file", VC_NEW);
    memset(one, 0x11, sizeof one);
    memset(two, 0x22, sizeof two);
    struct vc_packet p = vc_of_instance(t, UIO_WRITE_INSTANCE, number, 0, 0, 0, 0), q = p;
    vc_by_another(t, &p);
    vc_by_another(t, &q);
    for (unsigned i = 0; i < 16; i++) {
        vc_carry(&p, one, VC_SEGMENT_MAX, 3u << 2 * i);
        vc_send(t, &p);
        vc_carry(&q, two, VC_SEGMENT_MAX, 3u << 2 * i);
        vc_send(t, &q);
    }
    vc_did(t, vc_answer(t, &p, 2 * VC_SECOND), "WriteInstance");
    vc_did(t, vc_answer(t, &q, 2 * VC_SECOND), "WriteInstance");
    const struct vc_said *s = vc_read(t, number, 0, 0, VC_SEGMENT_MAX);
    vc_want_octets(t, "UIO-6.2-10", s, "the octets of one of two writes", s->segment[0] == 0x11 ? one : two,
                   VC_SEGMENT_MAX);
}

/* A Request of two packet groups. */
static const struct vc_said *write_large(struct vc_test *t, uint32_t number, uint32_t size) {
    struct vc_packet p = vc_of_instance(t, UIO_WRITE_INSTANCE, number, 0, 0, 0, 0);
    vc_by_another(t, &p);
    pattern(size, 1);
    for (uint32_t group = 0; group < 2; group++) {
        uint32_t length = group ? size - VC_SEGMENT_MAX : VC_SEGMENT_MAX;
        p.control = group ? VMTP_NSR : VMTP_NER | VMTP_CMG;
        for (uint32_t mask = vc_all_blocks(length), two; mask; mask &= ~two) {
            two = mask & (~mask + 1);
            two |= mask & two << 1;
            vc_carry(&p, data + group * VC_SEGMENT_MAX, length, two);
            p.words[6] = size;
            vc_send(t, &p);
        }
        p.transaction += group == 0;
    }
    return vc_answer(t, &p, 3 * VC_SECOND);
}

static void too_large(struct vc_test *t) {
    struct vc_instance i = vc_want_instance(t, "UIO-6.2-11", vc_create(t, "file", VC_NEW), "CreateInstance");
    vc_code_is(t, "UIO-6.2-11", write_large(t, i.number, i.max_transfer + 512), "a write of more than MaxTransfer",
               UIO_TOO_LARGE);
    i = instance_of(t, "UIO-6.2-11", i.number);
    vc_equal(t, "UIO-6.2-11", "octets in it", 0, i.object.size);
    struct vc_name log = vc_of_node(t, "log");
    i = vc_want_instance(t, "UIO-6.2-11", vc_create_at(t, &log, VC_RW), "CreateInstance");
    vc_code_is(t, "UIO-6.2-11", write_large(t, i.number, i.block_size + 512), "a block of more than BlockSize",
               UIO_TOO_LARGE);
    vc_release(t, i.number, 0);
}

/* ---- querying, modifying, releasing ---------------------------------------------------------------------------------------- */

static void querying(struct vc_test *t) {
    uint32_t number = vc_open(t, "file", VC_NEW), other = vc_open(t, "file", VC_RW);
    struct vc_instance i = instance_of(t, "UIO-6.3-01", number);
    vc_equal(t, "UIO-6.3-01", "octets before", 0, i.object.size);
    vc_did(t, vc_write(t, other, 0, 0, 0, pattern(321, 1), 321), "WriteInstance");
    i = instance_of(t, "UIO-6.3-01", number);
    vc_equal(t, "UIO-6.3-01", "octets after another's write", 321, i.object.size);
    vc_equal(t, "UIO-6.3-01", "LastOctets", 321, i.last_octets);
}

static void resizing(struct vc_test *t) {
    struct vc_object to = {.size = 10};
    uint8_t expected[40] = {0};
    vc_fill(t, "file", 100, 1);
    memcpy(expected, pattern(10, 1), 10);
    uint32_t number = vc_open(t, "file", VC_RW);
    struct vc_instance i = vc_want_instance(t, "UIO-6.3-02", vc_modify(t, number, UIO_MASK_SIZE, &to), "ModifyInstance");
    vc_equal(t, "UIO-6.3-02", "octets", 10, i.object.size);
    to.size = 40;
    i = vc_want_instance(t, "UIO-6.3-02", vc_modify(t, number, UIO_MASK_SIZE, &to), "ModifyInstance");
    vc_want_octets(t, "UIO-6.3-02", vc_read(t, number, 0, 0, 100), "10 octets and 30 zeros", expected, 40);
}

static void modifying(struct vc_test *t) {
    struct vc_object to = {.permissions = 0604};
    vc_fill(t, "file", 100, 1);
    uint32_t number = vc_open(t, "file", VC_RW);
    uint64_t owner = vc_new_client(t);
    struct vc_instance i = vc_want_instance(t, "UIO-6.3-03", vc_give(t, number, owner), "ModifyInstance with an owner");
    vc_equal(t, "UIO-6.3-03", "owner", owner, i.owner);
    vc_code_is(t, "UIO-6.3-03", vc_modify(t, number, UIO_MASK_STABLE, NULL), "bringing it to stable storage", VMTP_OK);
    i = vc_want_instance(t, "UIO-6.3-04", vc_modify(t, number, UIO_MASK_PERMISSIONS, &to),
                         "ModifyInstance with permissions");
    vc_equal(t, "UIO-6.3-04", "permissions", 0604, i.object.permissions);
    struct vc_object o = vc_want_object(t, "UIO-6.3-04", vc_on(t, UIO_QUERY_OBJECT, "file", 0, 0), "QueryObject");
    vc_equal(t, "UIO-6.3-04", "permissions of the object", 0604, o.permissions);
}

static void releasing(struct vc_test *t) {
    vc_fill(t, "file", 100, 1);
    uint32_t one = vc_open(t, "file", VC_RW), two = vc_open(t, "file", VC_RW);
    vc_did(t, vc_lock(t, one, UIO_LOCK_EXCLUSIVE, 0, 0, 0), "LockInstance");
    vc_want_code(t, "UIO-6.4-01", vc_release(t, one, 0), "ReleaseInstance", VMTP_OK);
    vc_code_is(t, "UIO-6.4-01", vc_query(t, one), "QueryInstance of what was released", UIO_STALE);
    vc_code_is(t, "UIO-6.4-01", vc_lock(t, two, UIO_LOCK_EXCLUSIVE, 0, 0, 0), "a lock where it had one", VMTP_OK);
}

static void controlling(struct vc_test *t) {
    vc_fill(t, "file", 100, 1);
    uint32_t number = vc_open(t, "file", VC_RW);
    vc_code_is(t, "UIO-6.7-01 UIO-6.7-02", vc_control(t, number, 0x7fff, 0, 0), "function 0x7FFF of a file",
               UIO_UNSUPPORTED);
    vc_code_is(t, "UIO-6.7-01", vc_control(t, number, UIO_CLOCK_READ, 0, 0), "a clock's function of a file",
               UIO_UNSUPPORTED);
    struct vc_name clock = vc_of_node(t, "time");
    number = vc_open_at(t, &clock, UIO_MODE_READ);
    vc_code_is(t, "UIO-6.7-02", vc_control(t, number, 0x1001, 0, 0), "function 0x1001 of a clock", UIO_UNSUPPORTED);
    vc_code_is(t, "UIO-6.7-01 UIO-6.7-02", vc_control(t, number, UIO_CLOCK_READ, 0, 0), "function 1 of a clock", VMTP_OK);
    vc_release(t, number, 0);
}

const struct vc_case vc_objects_data_cases[] = {
    VC_CASE("objects/reading", "UIO-6.1-01 UIO-6.1-04 UIO-6.1-05", OBJECTS,
            "reads from octets on, to the end, behind it", "these octets, END, the block", reading),
    VC_CASE("objects/whole-blocks", "UIO-6.1-05", OBJECTS, "a block is read to its end", "the next block in the answer",
            whole_blocks),
    VC_CASE("objects/counts", "UIO-6.1-03", OBJECTS, "reads of 0 octets, of too many, from offsets that there are not",
            "UIO_BAD_COUNT, UIO_BAD_BLOCK", counts),
    VC_CASE("objects/one-block", "UIO-6.1-02", OBJECTS, "large reads of a log and of a context",
            "one record, several descriptors", one_block),
    VC_TIMED("objects/in-sequence", "UIO-6.1-06 UIO-6.1-07", OBJECTS, "reads of a pipe, with and without time to wait",
             "each octet once, UIO_WOULD_WAIT, at last END", in_sequence),
    VC_TIMED("objects/behind-log", "UIO-6.1-08", OBJECTS, "a read behind the last record of a log",
             "END at once or after 500 ms, or a record that comes meanwhile", behind_log),
    VC_CASE("objects/chosen-blocks", "UIO-6.1-09", OBJECTS, "ReadInstance with MDM and blocks 1 and 3", "these, or all",
            chosen_blocks),
    VC_CASE("objects/after-write", "UIO-6.1-10", OBJECTS, "a read after each of 20 writes by others",
            "what was written", after_write),
    VC_CASE("objects/writing", "UIO-6.2-01 UIO-6.2-02 UIO-6.2-06 UIO-6.2-07", OBJECTS,
            "writes at offsets, across the end, behind it, of nothing", "octets where they belong, zeros in the gap",
            writing),
    VC_CASE("objects/appending", "UIO-6.2-04 UIO-6.2-06", OBJECTS, "writes with APPEND by flag, by mode, of a log",
            "behind what there is, and told where", appending),
    VC_TIMED("objects/waiting-writes", "UIO-6.2-05", OBJECTS, "a pipe is filled, and written on",
             "UIO_WOULD_WAIT in time, or OK", waiting_writes),
    VC_CASE("objects/mixed-writes", "UIO-6.2-10", OBJECTS, "two writes of the same octets, packet by packet",
            "the octets of one of them", mixed_writes),
    VC_CASE("objects/too-large", "UIO-6.2-11", OBJECTS " streams",
            "writes of more than MaxTransfer, of more than a block", "UIO_TOO_LARGE", too_large),
    VC_CASE("objects/querying", "UIO-6.3-01", OBJECTS, "QueryInstance before and after another's write",
            "the descriptor as it is now", querying),
    VC_CASE("objects/resizing", "UIO-6.3-02", OBJECTS, "ModifyInstance: shorter, then longer",
            "zeros in what came back", resizing),
    VC_CASE("objects/modifying", "UIO-6.3-03 UIO-6.3-04", OBJECTS, "ModifyInstance: owner, stable storage, permissions",
            "they are so, and the object's too", modifying),
    VC_CASE("objects/releasing", "UIO-6.4-01", OBJECTS, "ReleaseInstance of one with a lock",
            "neither is there any more", releasing),
    VC_CASE("objects/controlling", "UIO-6.7-01 UIO-6.7-02", OBJECTS, "ControlInstance of a file and of a clock",
            "UIO_UNSUPPORTED, but for the clock's own", controlling),
    VC_LAST};

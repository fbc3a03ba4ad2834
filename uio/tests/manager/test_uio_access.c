/* SPDX-License-Identifier: BSD-2-Clause */
/* Modes, attributes, reads and writes: every answer that does not depend on the object. */
#include "support/shelf.h"

#define NEXT UIO_MANAGER_NEXT
#define RW (UIO_MODE_READ | UIO_MODE_WRITE)
#define PLAIN_FILE (UIO_READABLE | UIO_WRITEABLE | UIO_STORAGE | UIO_RANDOM_ACCESS)

static struct shelf *shelf;
static struct asker a;

static void begin(void) {
    shelf = shelf_open();
    shelf_put(shelf, "file", SHELF_FILE, "hello, world");
    shelf_put(shelf, "pipe", SHELF_PIPE, "");
    asker_open(&a, shelf);
}

static void end(void) {
    asker_close(&a);
    shelf_close(shelf);
}

static const struct said *open_as(const char *name, uint32_t mode) { return try_create(&a, name, mode, a.entity); }

/* ---- CreateInstance ----------------------------------------------------------------------------------------------- */

/* UIO-5.1-02, UIO-1-03 */
START_TEST(modes_that_contradict_themselves) {
    begin();
    const uint32_t bad[] = {0,
                            UIO_MODE_CREATE,
                            UIO_MODE_READ | UIO_MODE_APPEND,
                            UIO_MODE_READ | UIO_MODE_TRUNCATE,
                            UIO_MODE_READ | UIO_MODE_TRANSACTION,
                            UIO_MODE_READ | UIO_MODE_EXCLUSIVE,
                            UIO_MODE_READ | UIO_MODE_LOCK_SHARED | UIO_MODE_LOCK_EXCLUSIVE};
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
        check_refused(open_as("/shelf/file", bad[i]), UIO_BAD_REQUEST);
    check_refused(open_as("/shelf/file", UIO_MODE_READ | 0x1000), UIO_UNSUPPORTED);
    check_refused(open_as("/shelf/file", 0x80000001u), UIO_UNSUPPORTED);
    check_refused(open_as("/shelf/none", UIO_MODE_READ), VNAME_NOT_FOUND);
    ck_assert_uint_eq(shelf->opened, 0);
    ck_assert_uint_eq(USE(shelf).instances, 0);
    end();
}
END_TEST

/* UIO-2.2-02, UIO-3.2-02: what the object does not have */
START_TEST(modes_that_the_object_does_not_have) {
    begin();
    shelf_put(shelf, "in", UIO_READABLE, "");
    shelf_put(shelf, "out", UIO_WRITEABLE, "");
    check_refused(open_as("/shelf/in", RW), UIO_NOT_WRITEABLE);
    check_refused(open_as("/shelf/out", RW), UIO_NOT_READABLE);
    check_refused(open_as("/shelf/pipe", RW | UIO_MODE_TRANSACTION), UIO_UNSUPPORTED);
    check_refused(open_as("/shelf/pipe", RW | UIO_MODE_TRUNCATE), UIO_UNSUPPORTED);
    check_refused(open_as("/shelf/pipe", RW | UIO_MODE_LOCK_SHARED), UIO_UNSUPPORTED);
    ck_assert_uint_eq(shelf->opened, 5);
    ck_assert_uint_eq(shelf->released, 5); /* UIO-5.1-06 */
    ck_assert_uint_eq(open_as("/shelf/in", UIO_MODE_READ)->words[1], UIO_READABLE);
    ck_assert_uint_eq(open_as("/shelf/file", RW | UIO_MODE_TRANSACTION)->words[1], SHELF_FILE);
    ck_assert_uint_eq(open_as("/shelf/file", RW)->words[1], SHELF_FILE & ~UIO_TRANSACTION);
    ck_assert_uint_eq(open_as("/shelf/file", UIO_MODE_WRITE)->words[1], SHELF_FILE & ~(UIO_TRANSACTION | UIO_READABLE));
    end();
}
END_TEST

/* UIO-5.1-04 */
START_TEST(contexts_and_names_that_are_taken) {
    begin();
    shelf_put(shelf, "dir", UIO_READABLE | UIO_CONTEXT | UIO_VARIABLE_BLOCK | UIO_MULTI_BLOCK, "entries");
    check_refused(open_as("/shelf/file", RW | UIO_MODE_CREATE | UIO_MODE_EXCLUSIVE), UIO_EXISTS);
    check_refused(open_as("/shelf/dir", UIO_MODE_READ | UIO_MODE_CONTEXT | UIO_MODE_CREATE | UIO_MODE_EXCLUSIVE),
                  UIO_EXISTS);
    check_refused(open_as("/shelf/file", UIO_MODE_READ | UIO_MODE_CONTEXT), VNAME_NOT_CONTEXT);
    check_refused(open_as("/shelf/dir", RW), UIO_IS_CONTEXT);
    check_refused(open_as("/shelf/new", UIO_MODE_READ | UIO_MODE_CONTEXT | UIO_MODE_CREATE), VNAME_NOT_FOUND);
    ck_assert_ptr_null(shelf_find(shelf, "new", 3));
    const struct said *s = open_as("/shelf/dir", UIO_MODE_READ | UIO_MODE_CONTEXT);
    ck_assert_uint_eq(s->code, VMTP_OK);
    ck_assert(s->words[1] & UIO_CONTEXT);
    end();
}
END_TEST

/* UIO-5.1-06: whatever fails after the object was made */
START_TEST(a_creation_that_fails_late_leaves_nothing) {
    begin();
    ck_assert_uint_eq(open_as("/shelf/made", RW | UIO_MODE_CREATE)->code, VMTP_OK);
    ck_assert_ptr_nonnull(shelf_find(shelf, "made", 4));
    ck_assert_uint_eq(shelf->permissions, 0644);
    /* No locks are left for it. */
    const uint32_t number = create(&a, "/shelf/file", RW);
    for (unsigned i = 0; i < 1024; i++)
        ck_assert_uint_eq(lock(&a, number, UIO_LOCK_EXCLUSIVE, 0, 1, 2 * i, 1)->code, VMTP_OK);
    check_refused(lock(&a, number, UIO_LOCK_EXCLUSIVE, 0, 1, 9999, 1), UIO_TOO_MANY);
    shelf->refuse_modify = UIO_FAILED;
    const uint64_t size = shelf_find(shelf, "file", 4)->size;
    check_refused(open_as("/shelf/file", RW | UIO_MODE_TRUNCATE), UIO_FAILED);
    shelf->refuse_modify = 0;
    ck_assert_uint_eq(shelf_find(shelf, "file", 4)->size, size);
    ck_assert_uint_eq(USE(shelf).instances, 2);
    ck_assert_uint_eq(COUNTER(shelf, create_refused), 1);
    end();
}
END_TEST

START_TEST(an_object_made_for_nothing_is_undone) {
    shelf = shelf_new();
    shelf->config.locks = 1;
    shelf_start(shelf);
    shelf_put(shelf, "file", SHELF_FILE, "hello");
    asker_open(&a, shelf);
    create(&a, "/shelf/file", RW | UIO_MODE_LOCK_SHARED);
    check_refused(open_as("/shelf/made", RW | UIO_MODE_CREATE | UIO_MODE_LOCK_EXCLUSIVE), UIO_TOO_MANY);
    ck_assert_ptr_null(shelf_find(shelf, "made", 4));
    ck_assert_uint_eq(shelf->undone, 1);
    end();
}
END_TEST

/* UIO-5.1-05: and nothing was thrown away */
START_TEST(truncation_comes_after_the_lock) {
    begin();
    const uint32_t number = create(&a, "/shelf/file", RW);
    ck_assert_uint_eq(lock(&a, number, UIO_LOCK_SHARED, 0, 1, 600, 100)->code, VMTP_OK);
    const struct said *s = open_as("/shelf/file", RW | UIO_MODE_TRUNCATE | UIO_MODE_LOCK_EXCLUSIVE);
    ck_assert_uint_eq(s->code, UIO_LOCKED); /* the only refusal with a segment, UIO-4-03 */
    ck_assert_uint_eq(s->range.first, 1);   /* in blocks */
    ck_assert_uint_eq(s->range.count, 1);
    ck_assert_uint_eq(s->range.owner, a.entity);
    CHECK_TEXT(read_at(&a, number, 0, 0, 100), "hello, world");
    ck_assert_uint_eq(USE(shelf).instances, 1);
    release(&a, number, 0);
    s = open_as("/shelf/file", RW | UIO_MODE_TRUNCATE | UIO_MODE_LOCK_EXCLUSIVE);
    ck_assert_uint_eq(s->code, VMTP_OK);
    ck_assert_uint_eq(s->instance.object.size, 0);
    ck_assert_uint_eq(s->instance.last_block, 0);
    ck_assert_uint_eq(s->instance.last_octets, 0);
    ck_assert_uint_eq(USE(shelf).locks, 1);
    end();
}
END_TEST

/* UIO-3.2-01, UIO-2.1-02 */
START_TEST(transfers_are_as_large_as_the_client_takes) {
    begin();
    const uint32_t words[4] = {UIO_MODE_READ, 0, 0, 0};
    const struct said *s = ask_name(&a, UIO_CREATE_INSTANCE, 0, "/shelf/file", words, NULL, 0, 0);
    ck_assert_uint_eq(s->instance.max_transfer, 16384);
    const uint32_t number = s->words[0];
    check_refused(read_at(&a, number, 0, 0, 16385), UIO_BAD_COUNT);
    shelf_find(shelf, "file", 4)->block_size = 20000;
    check_refused(ask_name(&a, UIO_CREATE_INSTANCE, 0, "/shelf/file", words, NULL, 0, 0), UIO_TOO_LARGE);
    s = ask_name(&a, UIO_CREATE_INSTANCE, 0, "/shelf/file", words, NULL, 0, LARGE);
    ck_assert_uint_eq(s->instance.max_transfer, 65536);
    ck_assert_uint_eq(s->instance.block_size, 20000);
    end();
}
END_TEST

/* ---- reading -------------------------------------------------------------------------------------------------------- */

static void fill(struct thing *t, uint64_t size) {
    t->size = size;
    for (uint64_t i = 0; i < size; i++)
        t->data[i] = (uint8_t)(i * 7 + i / 251);
}

/* UIO-6.1-01, UIO-6.1-04, UIO-6.1-05 */
START_TEST(reads_in_place) {
    begin();
    struct thing *t = shelf_find(shelf, "file", 4);
    fill(t, 1300);
    const uint32_t number = create(&a, "/shelf/file", UIO_MODE_READ);
    const struct said *s = read_at(&a, number, 1, 0, 512);
    ck_assert_uint_eq(s->words[0], 512);
    ck_assert_uint_eq(s->words[2], 2);
    ck_assert_uint_eq(s->words[3], 0);
    ck_assert_mem_eq(s->octets, t->data + 512, 512);
    s = read_at(&a, number, 1, 100, 300); /* ends within the block */
    ck_assert_uint_eq(s->words[2], 1);
    ck_assert_mem_eq(s->octets, t->data + 612, 300);
    s = read_at(&a, number, 0, 0, 1300);
    ck_assert_uint_eq(s->size, 1300);
    ck_assert_uint_eq(s->words[2], 2);
    ck_assert_uint_eq(s->words[3], UIO_END);
    ck_assert(s->call.answer.code & VMTP_DGM); /* UIO-4-04 */
    s = read_at(&a, number, 2, 0, 16384);
    ck_assert_uint_eq(s->words[0], 276);
    s = read_at(&a, number, 2, 276, 1); /* at the end */
    ck_assert_uint_eq(s->code, VMTP_OK);
    ck_assert_uint_eq(s->words[0], 0);
    ck_assert_uint_eq(s->words[3], UIO_END);
    end();
}
END_TEST

/* Bad input: block numbers past the end, up to where numbers end.  UIO-6.1-04 */
START_TEST(reads_behind_the_end) {
    begin();
    const uint32_t number = create(&a, "/shelf/file", UIO_MODE_READ);
    const uint64_t blocks[] = {
        1, 1000, 0xffffffffu, (uint64_t)1 << 54, ((uint64_t)1 << 54) - 1, (uint64_t)1 << 63, UINT64_MAX};
    for (unsigned i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        const struct said *s = read_at(&a, number, blocks[i], 511, 16384);
        ck_assert_uint_eq(s->code, VMTP_OK);
        ck_assert_uint_eq(s->words[0], 0);
        ck_assert_uint_eq((uint64_t)s->words[1] << 32 | s->words[2], blocks[i]);
        ck_assert_uint_eq(s->words[3], UIO_END);
    }
    end();
}
END_TEST

/* Bad input: zero and huge counts, offsets.  UIO-6.1-03 */
START_TEST(counts_and_offsets_out_of_range) {
    begin();
    shelf_put(shelf, "plain", PLAIN_FILE, "plain");
    const uint32_t number = create(&a, "/shelf/file", UIO_MODE_READ), plain = create(&a, "/shelf/plain", UIO_MODE_READ);
    check_refused(read_at(&a, number, 0, 0, 0), UIO_BAD_COUNT);
    check_refused(read_at(&a, number, 0, 0, 65537), UIO_BAD_COUNT);
    check_refused(read_at(&a, number, 0, 0, UINT32_MAX), UIO_BAD_COUNT);
    const uint32_t words[7] = {number, 0, 0, 0, 65536}; /* but this client takes no large message now */
    check_refused(ask(&a, UIO_READ_INSTANCE, words, NULL, 0, 0), UIO_BAD_COUNT);
    check_refused(read_at(&a, number, 0, 512, 1), UIO_BAD_BLOCK);
    check_refused(read_at(&a, number, 0, UINT32_MAX, 1), UIO_BAD_BLOCK);
    check_refused(read_at(&a, plain, 0, 1, 1), UIO_BAD_BLOCK);
    CHECK_TEXT(read_at(&a, plain, 0, 0, 512), "plain");
    ck_assert_uint_eq(shelf->reads, 1);
    end();
}
END_TEST

/* UIO-6.1-02, UIO-6.2-11: one block at most without MULTI_BLOCK */
START_TEST(one_block_without_multi_block) {
    begin();
    fill(shelf_put(shelf, "plain", PLAIN_FILE | UIO_OFFSET, ""), 2000);
    const uint32_t number = create(&a, "/shelf/plain", RW);
    ck_assert_uint_eq(read_at(&a, number, 0, 0, 2000)->words[0], 512);
    ck_assert_uint_eq(read_at(&a, number, 1, 500, 2000)->words[0], 12);
    uint8_t data[513] = {0};
    check_refused(write_at(&a, number, 0, 0, 0, data, 513), UIO_BAD_COUNT);
    check_refused(write_at(&a, number, 0, 500, 0, data, 13), UIO_BAD_COUNT);
    check_refused(write_at(&a, number, 0, 0, UIO_WRITE_APPEND, data, 513), UIO_BAD_COUNT);
    ck_assert_uint_eq(write_at(&a, number, 0, 500, UIO_WRITE_APPEND, data, 512)->words[0], 512);
    ck_assert_uint_eq(write_at(&a, number, 0, 500, 0, data, 12)->code, VMTP_OK);
    end();
}
END_TEST

START_TEST(large_reads) {
    begin();
    struct thing *t = shelf_find(shelf, "file", 4);
    fill(t, 200000);
    const uint32_t number = create(&a, "/shelf/file", UIO_MODE_READ);
    for (unsigned i = 0; i < 4; i++) {
        const struct said *s = read_at(&a, number, 128 * i, 0, 65536);
        const uint32_t expected = i < 3 ? 65536 : 200000 - 3 * 65536;
        ck_assert_uint_eq(s->size, expected);
        ck_assert_mem_eq(s->octets, t->data + 65536 * i, expected);
        ck_assert_uint_eq(s->words[3], i == 3 ? UIO_END : 0);
    }
    ck_assert_uint_eq(COUNTER(shelf, octets_read), 200000);
    end();
}
END_TEST

/* UIO-6.1-09 */
START_TEST(a_read_of_chosen_blocks) {
    begin();
    struct thing *t = shelf_find(shelf, "file", 4);
    fill(t, 4096);
    const uint32_t number = create(&a, "/shelf/file", UIO_MODE_READ);
    const uint32_t words[7] = {number, 0, 0, 0, 4096, 0x05};
    const struct said *s = ask(&a, UIO_READ_INSTANCE | VMTP_MDM, words, NULL, 0, 0);
    ck_assert_uint_eq(s->code, VMTP_OK);
    ck_assert_uint_eq(s->call.delivered, 5);
    ck_assert_mem_eq(s->octets, t->data, 512);
    ck_assert_mem_eq(s->octets + 1024, t->data + 1024, 512);
    ck_assert_uint_eq(COUNTER(shelf, reads_chosen), 1);
    end();
}
END_TEST

/* UIO-2.2-02: read of what can be written only, and the other way */
START_TEST(not_readable_not_writeable) {
    begin();
    const uint32_t in = create(&a, "/shelf/file", UIO_MODE_READ), out = create(&a, "/shelf/file", UIO_MODE_WRITE);
    check_refused(read_at(&a, out, 0, 0, 10), UIO_NOT_READABLE);
    check_refused(write_at(&a, in, 0, 0, 0, "x", 1), UIO_NOT_WRITEABLE);
    check_refused(modify(&a, in, UIO_MASK_SIZE, 1, 0), UIO_UNSUPPORTED);
    check_refused(modify(&a, out, UIO_MASK_COMMIT, 0, 0), UIO_UNSUPPORTED);
    check_refused(modify(&a, out, UIO_MASK_TAKE_BACK, 0, 0), UIO_UNSUPPORTED);
    check_refused(release(&a, out, 1), UIO_UNSUPPORTED);
    check_refused(release(&a, out, 2), UIO_UNSUPPORTED);
    end();
}
END_TEST

/* ---- writing -------------------------------------------------------------------------------------------------------- */

/* UIO-6.2-01, UIO-6.2-02, UIO-6.1-10 */
START_TEST(writes_in_place) {
    begin();
    const uint32_t number = create(&a, "/shelf/file", RW);
    const struct said *s = write_at(&a, number, 2, 10, 0, "xyz", 3);
    ck_assert_uint_eq(s->code, VMTP_OK);
    ck_assert_uint_eq(s->words[0], 3);
    ck_assert_uint_eq(s->words[2], 2);
    ck_assert_uint_eq(s->words[3], 10);
    s = read_at(&a, number, 0, 0, 4096);
    ck_assert_uint_eq(s->size, 2 * 512 + 13);
    ck_assert_mem_eq(s->octets, "hello, world", 12);
    for (unsigned i = 12; i < 2 * 512 + 10; i++)
        ck_assert_uint_eq(s->octets[i], 0);
    end();
}
END_TEST

/* UIO-6.2-04 */
START_TEST(writes_at_the_end) {
    begin();
    const uint32_t number = create(&a, "/shelf/file", RW | UIO_MODE_APPEND), other = create(&a, "/shelf/file", RW);
    const struct said *s = write_at(&a, number, 77, 600, 0, "!", 1);
    ck_assert_uint_eq(s->code, VMTP_OK);
    ck_assert_uint_eq(s->words[2], 0);
    ck_assert_uint_eq(s->words[3], 12);
    s = write_at(&a, other, UINT64_MAX, 9999, UIO_WRITE_APPEND, "?", 1);
    ck_assert_uint_eq(s->words[3], 13);
    CHECK_TEXT(read_at(&a, other, 0, 0, 100), "hello, world!?");
    end();
}
END_TEST

/* UIO-6.2-06, UIO-1-03, and places that cannot be */
START_TEST(writes_that_cannot_be) {
    static uint8_t data[65536];
    begin();
    shelf_put(shelf, "plain", PLAIN_FILE, "plain");
    const uint32_t number = create(&a, "/shelf/file", RW), plain = create(&a, "/shelf/plain", RW);
    check_refused(write_at(&a, number, 0, 0, 0, NULL, 0), UIO_BAD_COUNT);
    check_refused(write_at(&a, number, 0, 512, 0, "x", 1), UIO_BAD_BLOCK);
    check_refused(write_at(&a, plain, 0, 1, 0, "x", 1), UIO_BAD_BLOCK);
    check_refused(write_at(&a, number, 0, 0, 4, "x", 1), UIO_UNSUPPORTED);
    check_refused(write_at(&a, number, UINT64_MAX, 0, 0, "x", 1), UIO_TOO_LARGE);
    check_refused(write_at(&a, number, ((uint64_t)1 << 54) - 1, 511, 0, "xx", 2), UIO_TOO_LARGE);
    check_refused(modify(&a, number, UIO_MASK_SIZE, (uint64_t)1 << 63, 0), UIO_TOO_LARGE);
    check_refused(modify(&a, number, UIO_MASK_SIZE, UINT64_MAX, 0), UIO_TOO_LARGE);
    ck_assert_uint_eq(COUNTER(shelf, writes), 0);
    const uint32_t words[4] = {RW, 0, 0, 0};
    const uint32_t small = ask_name(&a, UIO_CREATE_INSTANCE, 0, "/shelf/file", words, NULL, 0, 0)->words[0];
    check_refused(write_at(&a, small, 0, 0, 0, data, 16385), UIO_TOO_LARGE); /* UIO-6.2-11 */
    ck_assert_uint_eq(write_at(&a, number, 0, 0, 0, data, 65536)->words[0], 65536);
    end();
}
END_TEST

/* UIO-6.3-02, UIO-6.3-04, UIO-4-02 */
START_TEST(sizes_and_masks) {
    begin();
    const uint32_t number = create(&a, "/shelf/file", RW);
    const struct said *s = modify(&a, number, UIO_MASK_SIZE, 5, 0);
    ck_assert_uint_eq(s->code, VMTP_OK);
    ck_assert_uint_eq(s->instance.last_octets, 5);
    s = modify(&a, number, UIO_MASK_SIZE | UIO_MASK_STABLE, 1024, 0);
    ck_assert_uint_eq(s->instance.last_block, 1);
    ck_assert_uint_eq(s->instance.last_octets, 512);
    s = read_at(&a, number, 0, 0, 2000);
    ck_assert_mem_eq(s->octets, "hello\0\0\0\0\0\0\0\0\0", 14);
    check_refused(modify(&a, number, 0x1000, 0, 0), UIO_UNSUPPORTED);
    const uint32_t words[7] = {number, UIO_MASK_SIZE};
    uint8_t half[UIO_OBJECT_HEAD - 8] = {0};
    check_refused(ask(&a, UIO_MODIFY_INSTANCE, words, NULL, 0, 0), UIO_BAD_REQUEST);
    check_refused(ask(&a, UIO_MODIFY_INSTANCE, words, half, sizeof half, 0), UIO_BAD_REQUEST);
    ck_assert_uint_eq(modify(&a, number, 0, 0, 0)->code, VMTP_OK);
    end();
}
END_TEST

/* UIO-6.7-01, UIO-6.7-02 */
START_TEST(control_is_for_the_object) {
    begin();
    const uint32_t number = create(&a, "/shelf/file", UIO_MODE_READ);
    uint32_t words[7] = {number, 0x8001, 41};
    const struct said *s = ask(&a, UIO_CONTROL_INSTANCE, words, "ping", 4, 0);
    CHECK_TEXT(s, "ping");
    ck_assert_uint_eq(s->words[2], 42);
    words[1] = 0x8002;
    check_refused(ask(&a, UIO_CONTROL_INSTANCE, words, NULL, 0, 0), UIO_UNSUPPORTED);
    end();
}
END_TEST

/* A type with next to nothing, and memory of its own */
/* UIO-6.2-03: the last block is as long as what is written to it, and others are written whole */
START_TEST(whole_blocks_without_offset) {
    begin();
    static char text[512 * 4];
    memset(text, 'x', sizeof text);
    struct thing *t = shelf_put(shelf, "blocks", PLAIN_FILE | UIO_MULTI_BLOCK, "");
    const uint32_t number = create(&a, "/shelf/blocks", RW);
    ck_assert_uint_eq(write_at(&a, number, 0, 0, 0, text, 1536)->code, VMTP_OK);
    ck_assert_uint_eq(write_at(&a, number, 3, 0, 0, text, 100)->code, VMTP_OK);
    ck_assert_uint_eq(t->size, 1636);
    ck_assert_uint_eq(write_at(&a, number, 3, 0, 0, "end", 3)->code, VMTP_OK); /* shorter */
    ck_assert_uint_eq(t->size, 1539);
    ck_assert_uint_eq(write_at(&a, number, 2, 0, 0, text, 512 + 7)->code, VMTP_OK); /* longer, and a whole one before it */
    ck_assert_uint_eq(t->size, 1543);
    ck_assert_uint_eq(write_at(&a, number, 1, 0, 0, text, 512)->code, VMTP_OK);
    ck_assert_uint_eq(t->size, 1543);
    check_refused(write_at(&a, number, 1, 0, 0, text, 511), UIO_BAD_COUNT);
    check_refused(write_at(&a, number, 0, 0, 0, text, 513), UIO_BAD_COUNT);
    check_refused(write_at(&a, number, 0, 1, 0, text, 511), UIO_BAD_BLOCK);
    ck_assert_uint_eq(t->size, 1543);
    ck_assert_uint_eq(write_at(&a, number, 4, 0, 0, "y", 1)->code, VMTP_OK);
    ck_assert_uint_eq(t->size, 2049);
    end();
}
END_TEST

START_TEST(what_a_type_does_not_have) {
    begin();
    const uint32_t context = uio_manager_root(shelf->manager, &shelf_flat_type, shelf);
    shelf->lend = 1;
    const uint32_t words[4] = {RW, 0, 0, 0};
    struct said const *s = ask_name(&a, UIO_CREATE_INSTANCE, context, "file", words, NULL, 0, LARGE);
    ck_assert_uint_eq(s->code, VMTP_OK);
    const uint32_t number = s->words[0];
    CHECK_TEXT(read_at(&a, number, 0, 0, 100), "hello, world");
    shelf_run(SECONDS);
    ck_assert_int_eq(shelf->lent, 0);
    check_refused(modify(&a, number, UIO_MASK_SIZE, 1, 0), UIO_UNSUPPORTED);
    check_refused(modify(&a, number, UIO_MASK_STABLE, 0, 0), UIO_UNSUPPORTED);
    check_refused(write_at(&a, number, 0, 0, UIO_WRITE_SYNC, "x", 1), UIO_UNSUPPORTED);
    const uint32_t control[7] = {number, 1};
    check_refused(ask(&a, UIO_CONTROL_INSTANCE, control, NULL, 0, 0), UIO_UNSUPPORTED);
    const uint32_t sync[4] = {RW | UIO_MODE_SYNC, 0, 0, 0};
    check_refused(ask_name(&a, UIO_CREATE_INSTANCE, context, "file", sync, NULL, 0, 0), UIO_UNSUPPORTED);
    check_refused(ask_name(&a, UIO_REMOVE_OBJECT, context, "file", NULL, NULL, 0, 0), UIO_UNSUPPORTED);
    check_refused(ask_name(&a, UIO_QUERY_STORAGE, context, "file", NULL, NULL, 0, 0), UIO_UNSUPPORTED);
    check_refused(ask_name(&a, VNAME_MAP_CONTEXT, context, "file", NULL, NULL, 0, 0), VNAME_NOT_CONTEXT);
    check_refused(ask_name(&a, VNAME_MAP_CONTEXT, context, "none", NULL, NULL, 0, 0), VNAME_NOT_FOUND);
    uio_manager_unroot(shelf->manager, context);
    check_refused(query(&a, number), UIO_STALE);
    check_refused(ask_name(&a, UIO_CREATE_INSTANCE, context, "file", words, NULL, 0, 0), VNAME_STALE);
    end();
}
END_TEST

/* A client that is silent keeps what was lent only so long, and others go on meanwhile. */
START_TEST(readers_that_find_no_buffer_wait_for_one) {
    static struct said many[8];
    shelf = shelf_new();
    shelf->config.buffers = 2;
    shelf_start(shelf);
    struct thing *t = shelf_put(shelf, "file", SHELF_FILE, "");
    fill(t, 8 * 512);
    asker_open(&a, shelf);
    const uint32_t number = create(&a, "/shelf/file", UIO_MODE_READ);
    for (uint32_t i = 0; i < 8; i++) {
        const uint32_t words[7] = {number, 0, i, 0, 512};
        ask_later(&many[i], &a, UIO_READ_INSTANCE, words, NULL, 0, 0);
    }
    for (uint32_t i = 0; i < 8; i++) {
        wait_for(&many[i]);
        ck_assert_uint_eq(many[i].size, 512);
        ck_assert_mem_eq(many[i].octets, t->data + i * 512, 512);
    }
    ck_assert_uint_gt(COUNTER(shelf, buffers_waited), 0);
    shelf_run(SECONDS);
    ck_assert_uint_eq(USE(shelf).buffers, 0);
    end();
}
END_TEST

int main(void) {
    const TTest *const tests[] = {modes_that_contradict_themselves,
                                  modes_that_the_object_does_not_have,
                                  contexts_and_names_that_are_taken,
                                  a_creation_that_fails_late_leaves_nothing,
                                  an_object_made_for_nothing_is_undone,
                                  truncation_comes_after_the_lock,
                                  transfers_are_as_large_as_the_client_takes,
                                  reads_in_place,
                                  reads_behind_the_end,
                                  counts_and_offsets_out_of_range,
                                  one_block_without_multi_block,
                                  large_reads,
                                  a_read_of_chosen_blocks,
                                  not_readable_not_writeable,
                                  writes_in_place,
                                  writes_at_the_end,
                                  writes_that_cannot_be,
                                  sizes_and_masks,
                                  control_is_for_the_object,
                                  whole_blocks_without_offset,
                                  what_a_type_does_not_have,
                                  readers_that_find_no_buffer_wait_for_one};
    TCase *tc = tcase_create("access");
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(tc, tests[i]);
    return shelf_main(tc, "uio_access");
}

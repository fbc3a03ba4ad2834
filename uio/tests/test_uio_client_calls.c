/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations on instances, as a client does them (sections 2, 5.3, 6 and 7). */
#include <stdio.h>

#include "support/store.h"

static struct net net;
static struct store *store;
static struct uio_handle handle;
static uint8_t area[1 << 20];

static void setup(void) {
    net_open(&net);
    store = net_store(&net, "/disk", 0);
    memset(&handle, 0, sizeof handle);
    memset(area, 0, sizeof area);
}

static void teardown(void) { net_close(&net); }

#define ASKED(code) (store->asked[(code)&0xff])

static struct thing *open_thing(uint32_t attributes, uint32_t block_size, const char *text, uint32_t mode) {
    struct thing *t = store_add(store, "thing", attributes, block_size, text);
    net_create(&net, &handle, "/disk/thing", mode);
    return t;
}

static int read_now(uint64_t block, uint32_t offset, uint32_t octets) {
    struct uio_call *call = a_call();
    return WAIT(call, uio_read(&handle, call, block, offset, area, octets));
}

static int write_now(uint64_t block, uint32_t offset, uint32_t flags, const char *text) {
    struct uio_call *call = a_call();
    return WAIT(call, uio_write(&handle, call, block, offset, flags, text, (uint32_t)strlen(text)));
}

/* ---- reading and writing ---- */

START_TEST(reads_blocks) {
    struct thing *t = open_thing(FILE_LIKE, 512, "", UIO_MODE_READ);
    struct uio_call *call = a_call();
    thing_fill(t, 5000);
    ck_assert_int_eq(WAIT(call, uio_read(&handle, call, 2, 10, area, 2000)), 0);
    ck_assert_uint_eq(call->octets, 2000);
    ck_assert_uint_eq(call->block, (1034 + 2000) / 512);
    ck_assert_uint_eq(call->flags, 0);
    ck_assert_mem_eq(area, t->data + 1034, 2000);
    ck_assert_int_eq(WAIT(call, uio_read(&handle, call, 9, 0, area, 2000)), 0);
    ck_assert_uint_eq(call->octets, 5000 - 9 * 512);
    ck_assert_uint_eq(call->flags, UIO_END);
    ck_assert_int_eq(WAIT(call, uio_read(&handle, call, 50, 0, area, 2000)), 0);
    ck_assert_uint_eq(call->octets, 0);
    ck_assert_uint_eq(call->flags, UIO_END);
}
END_TEST

/* UIO-5.1-07: up to MaxTransfer in one transaction. */
START_TEST(reads_and_writes_a_lot_at_once) {
    static uint8_t back[1 << 20];
    struct thing *t = open_thing(FILE_LIKE, 512, "", UIO_MODE_READ | UIO_MODE_WRITE);
    struct uio_call *call = a_call();
    for (size_t i = 0; i < sizeof area; i++)
        area[i] = thing_octet(i);
    ck_assert_int_eq(WAIT(call, uio_write(&handle, call, 0, 0, UIO_WRITE_SYNC, area, sizeof area)), 0);
    ck_assert_uint_eq(call->octets, sizeof area);
    ck_assert_uint_eq(store->last.words[4], UIO_WRITE_SYNC);
    ck_assert_uint_eq(t->size, sizeof area);
    ck_assert_int_eq(WAIT(call, uio_read(&handle, call, 0, 0, back, sizeof back)), 0);
    ck_assert_mem_eq(back, area, sizeof back);
    ck_assert_uint_eq(ASKED(UIO_READ_INSTANCE) + ASKED(UIO_WRITE_INSTANCE), 2);
    ck_assert_int_eq(uio_read(&handle, call, 0, 0, area, UIO_TRANSFER_OCTETS + 1), (int)UIO_BAD_COUNT);
}
END_TEST

/* UIO-6.1-09: of one packet group of what is stored only missing blocks are asked for again. */
START_TEST(asks_only_for_what_is_missing) {
    struct thing *t = open_thing(FILE_LIKE, 512, "", UIO_MODE_READ);
    struct uio_call *call = a_call();
    thing_fill(t, 100000);
    ck_assert_int_eq(read_now(0, 0, 16384), 0);
    ck_assert(store->chosen);
    ck_assert_mem_eq(area, t->data, 16384);
    ck_assert_int_eq(read_now(0, 0, 16385), 0);
    ck_assert(!store->chosen);
    /* An answer with gaps is none: it is read again. */
    memset(area, 0, 16384);
    store->give_gaps = 0x10;
    ck_assert_int_eq(WAIT(call, uio_read(&handle, call, 0, 0, area, 16384)), 0);
    ck_assert_uint_eq(call->repeats, 1);
    ck_assert_uint_eq(net.client.counters.incomplete, 1);
    ck_assert_mem_eq(area, t->data, 16384);
}
END_TEST

START_TEST(does_not_ask_for_parts_of_what_may_differ) {
    open_thing(LOG_LIKE, 16384, "one record of more than a block of 512 octets would do, but it is asked for whole",
               UIO_MODE_READ);
    ck_assert_int_eq(read_now(0, 0, 16384), 0);
    ck_assert(!store->chosen);
}
END_TEST

START_TEST(writes_say_what_was_taken) {
    struct thing *t = open_thing(FILE_LIKE, 512, "0123456789", UIO_MODE_READ | UIO_MODE_WRITE);
    struct uio_call *call = a_call();
    store->take_most = 3;
    ck_assert_int_eq(WAIT(call, uio_write(&handle, call, 0, 4, 0, "abcdef", 6)), 0);
    ck_assert_uint_eq(call->octets, 3);
    ck_assert_mem_eq(t->data, "0123abc789", 10);
    ck_assert_int_eq(WAIT(call, uio_write(&handle, call, 77, 5, UIO_WRITE_APPEND, "xyz", 3)), 0);
    ck_assert_uint_eq(call->block, 0);
    ck_assert_uint_eq(call->offset, 10);
    ck_assert_uint_eq(store->last.words[2], 0); /* no position where there is none to be looked at */
    t->room = 13;
    ck_assert_int_eq(write_now(1, 0, 0, "x"), (int)UIO_NO_SPACE);
}
END_TEST

/* UIO-6.1-06 */
START_TEST(reads_in_sequence) {
    struct thing *t = open_thing(UIO_READABLE, 8, "eight---nine", UIO_MODE_READ);
    struct uio_call *call = a_call();
    call->milliseconds = 700;
    ck_assert_int_eq(WAIT(call, uio_read(&handle, call, UIO_SEQUENTIAL, 0, area, 8)), 0);
    ck_assert_uint_eq(store->last.words[1], UIO_NEXT_BLOCK);
    ck_assert_uint_eq(store->last.words[2], UIO_NEXT_BLOCK);
    ck_assert_uint_eq(store->last.words[3], 700);
    ck_assert_mem_eq(area, "eight---", 8);
    ck_assert_int_eq(read_now(UIO_SEQUENTIAL, 0, 8), 0);
    ck_assert_mem_eq(area, "nine", 4);
    ck_assert_int_eq(read_now(UIO_SEQUENTIAL, 0, 8), (int)UIO_WOULD_WAIT);
    t->ended = 1;
    ck_assert_int_eq(WAIT(call, uio_read(&handle, call, UIO_SEQUENTIAL, 0, area, 8)), 0);
    ck_assert_uint_eq(call->octets, 0);
    ck_assert_uint_eq(call->flags, UIO_END);
}
END_TEST

/* ---- attributes ---- */

/* UIO-2.2-04: what the attributes do not promise is not even asked for. */
START_TEST(looks_at_the_attributes_first) {
    struct uio_call *call = a_call();
    const struct uio_range range = {0, 0, 0};
    const struct uio_object object = {.size = 1};
    open_thing(UIO_READABLE | UIO_WRITEABLE | UIO_RANDOM_ACCESS | UIO_STORAGE, 64, "text", UIO_MODE_READ);
    ck_assert_int_eq(write_now(0, 0, 0, "x"), (int)UIO_NOT_WRITEABLE);
    ck_assert_int_eq(read_now(0, 1, 10), (int)UIO_BAD_BLOCK);
    ck_assert_int_eq(read_now(UIO_SEQUENTIAL, 0, 10), (int)UIO_BAD_BLOCK);
    ck_assert_int_eq(read_now(0, 0, 0), (int)UIO_BAD_COUNT);
    ck_assert_int_eq(read_now(0, 0, 65), (int)UIO_BAD_COUNT);
    ck_assert_int_eq(uio_lock(&handle, call, UIO_LOCK_SHARED, 0, &range), (int)UIO_UNSUPPORTED);
    ck_assert_int_eq(uio_modify(&handle, call, UIO_MASK_SIZE, &object, 0, area), (int)UIO_NOT_WRITEABLE);
    ck_assert_int_eq(uio_modify(&handle, call, UIO_MASK_COMMIT, NULL, 0, area), (int)UIO_UNSUPPORTED);
    ck_assert_int_eq(uio_modify(&handle, call, 0x8000, NULL, 0, area), (int)UIO_UNSUPPORTED);
    ck_assert_int_eq(uio_modify(&handle, call, UIO_MASK_SIZE, NULL, 0, area), VMTP_E_INVALID);
    ck_assert_int_eq(uio_release(&handle, call, 1), (int)UIO_UNSUPPORTED);
    ck_assert_uint_eq(net.client.counters.refused, 10);
    ck_assert_uint_eq(net.client.counters.calls, 0);
    ck_assert_uint_eq(ASKED(UIO_READ_INSTANCE) + ASKED(UIO_WRITE_INSTANCE) + ASKED(UIO_LOCK_INSTANCE), 0);
}
END_TEST

/* UIO-2.2-04 */
START_TEST(looks_at_the_attributes_before_writing) {
    open_thing(UIO_WRITEABLE | UIO_RANDOM_ACCESS | UIO_STORAGE, 4, "", UIO_MODE_WRITE);
    ck_assert_int_eq(read_now(0, 0, 1), (int)UIO_NOT_READABLE);
    ck_assert_int_eq(write_now(0, 0, 0, ""), (int)UIO_BAD_COUNT);
    ck_assert_int_eq(write_now(0, 0, 0, "12345"), (int)UIO_TOO_LARGE);
    ck_assert_int_eq(write_now(0, 0, 4, "1"), (int)UIO_UNSUPPORTED);
    ck_assert_int_eq(write_now(UIO_SEQUENTIAL, 0, 0, "1"), (int)UIO_BAD_BLOCK);
    ck_assert_int_eq(write_now(0, 0, 0, "1234"), 0);
    ck_assert_uint_eq(ASKED(UIO_WRITE_INSTANCE), 1);
}
END_TEST

/* UIO-1-03: attributes of other versions are no hindrance. */
START_TEST(ignores_attributes_that_it_does_not_know) {
    open_thing(FILE_LIKE | 0x40000000u, 512, "text", UIO_MODE_READ);
    ck_assert_int_eq(read_now(0, 0, 4), 0);
    ck_assert_uint_eq(handle.instance.attributes & 0x40000000u, 0x40000000u);
}
END_TEST

/* ---- asking, changing, locks, control ---- */

START_TEST(asks_and_changes) {
    struct thing *t = open_thing(FILE_LIKE, 512, "text", UIO_MODE_READ | UIO_MODE_WRITE);
    struct uio_call *call = a_call();
    const struct uio_object object = {.size = 1000};
    thing_append(t, "more");
    ck_assert_int_eq(WAIT(call, uio_query(&handle, call, area)), 0);
    ck_assert_uint_eq(handle.instance.last_octets, 8);
    ck_assert_uint_eq(call->object.size, 8);
    ck_assert_mem_eq(call->object.name, "thing", 5);
    ck_assert_int_eq(WAIT(call, uio_modify(&handle, call, UIO_MASK_SIZE | UIO_MASK_OWNER, &object, 0x77, area)), 0);
    ck_assert_uint_eq(t->size, 1000);
    ck_assert_uint_eq(handle.instance.owner, 0x77);
    ck_assert_uint_eq(uio_instance_size(&handle.instance), 1000);
    ck_assert_ptr_null(handle.instance.object.name);
}
END_TEST

START_TEST(locks) {
    struct uio_call *call = a_call();
    struct uio_range range = {10, 20, 0};
    open_thing(FILE_LIKE, 512, "text", UIO_MODE_READ);
    call->milliseconds = 50;
    ck_assert_int_eq(WAIT(call, uio_lock(&handle, call, UIO_LOCK_SHARED, 1, &range)), 0);
    ck_assert_uint_eq(call->kind, UIO_LOCK_SHARED);
    ck_assert_uint_eq(call->range.count, 20);
    ck_assert_uint_eq(store->last.words[2], 50);
    ck_assert_uint_eq(store->last.words[3], 1);
    store->refuse = UIO_LOCK_INSTANCE & 0xff;
    store->refuse_code = UIO_LOCKED;
    store->in_the_way = (struct uio_range){15, 1, 0x99};
    ck_assert_int_eq(WAIT(call, uio_lock(&handle, call, UIO_LOCK_EXCLUSIVE, 1, &range)), (int)UIO_LOCKED);
    ck_assert_uint_eq(call->range.first, 15);
    ck_assert_uint_eq(call->range.owner, 0x99);
    ck_assert_int_eq(uio_lock(&handle, call, 5, 0, &range), (int)UIO_BAD_COUNT);
    ck_assert_int_eq(uio_lock(&handle, call, UIO_LOCK_NONE, 2, &range), (int)UIO_BAD_COUNT);
    range.first = UINT64_MAX;
    ck_assert_int_eq(uio_lock(&handle, call, UIO_LOCK_NONE, 0, &range), (int)UIO_BAD_COUNT);
}
END_TEST

START_TEST(controls) {
    const uint32_t words[4] = {22, 33, 44, 55};
    struct uio_call *call = a_call();
    open_thing(UIO_READABLE, 512, "text", UIO_MODE_READ);
    ck_assert_int_eq(WAIT(call, uio_control(&handle, call, 0x8001, words, "ping", 4, area, 100)), 0);
    ck_assert_uint_eq(call->words[1], 0x8001);
    ck_assert_uint_eq(call->words[5], 55);
    ck_assert_uint_eq(call->octets, 4);
    ck_assert_mem_eq(area, "ping", 4);
}
END_TEST

START_TEST(positions) {
    uint64_t block = 0;
    uint32_t offset = 0;
    open_thing(FILE_LIKE, 512, "text", UIO_MODE_READ);
    ck_assert_int_eq(uio_position(&handle, 1030, &block, &offset), 0);
    ck_assert_uint_eq(block, 2);
    ck_assert_uint_eq(offset, 6);
}
END_TEST

static uint32_t fits_of(uint32_t attributes, uint32_t offset, uint64_t octets) {
    const uint32_t most = attributes & UIO_MULTI_BLOCK ? UIO_TRANSFER_OCTETS : 512;
    const struct uio_handle one = {.instance = {.attributes = attributes, .block_size = 512, .max_transfer = most}};
    return uio_fits(&one, offset, octets);
}

/* UIO-6.1-11, UIO-3.2-01 */
START_TEST(what_fits_into_one_operation) {
    const uint32_t plain = FILE_LIKE & ~(uint32_t)UIO_MULTI_BLOCK;
    ck_assert_uint_eq(fits_of(plain, 0, 1000), 512);
    ck_assert_uint_eq(fits_of(plain, 500, 1000), 12);
    ck_assert_uint_eq(fits_of(plain, 500, 12), 12);
    ck_assert_uint_eq(fits_of(plain, 500, 7), 7);
    ck_assert_uint_eq(fits_of(plain, 512, 7), 0);
    ck_assert_uint_eq(fits_of(plain, 0, 0), 0);
    ck_assert_uint_eq(fits_of(FILE_LIKE, 500, 1000), 1000);
    ck_assert_uint_eq(fits_of(FILE_LIKE, 500, (uint64_t)1 << 40), UIO_TRANSFER_OCTETS);
    ck_assert_uint_eq(fits_of(LOG_LIKE | UIO_MULTI_BLOCK, 0, 1000), 512);
}
END_TEST

/* What does not fit is not asked for. */
START_TEST(writes_end_with_their_block) {
    open_thing(FILE_LIKE & ~(uint32_t)UIO_MULTI_BLOCK, 8, "0123456789", UIO_MODE_READ | UIO_MODE_WRITE);
    ck_assert_int_eq(write_now(0, 5, 0, "abcd"), (int)UIO_BAD_COUNT);
    ck_assert_uint_eq(ASKED(UIO_WRITE_INSTANCE), 0);
    ck_assert_int_eq(write_now(0, 5, 0, "abc"), 0);
    ck_assert_int_eq(write_now(0, 5, UIO_WRITE_APPEND, "abcdefgh"), 0);
    static char large[UIO_TRANSFER_OCTETS + 1];
    struct uio_call *call = a_call();
    ck_assert_int_eq(uio_write(&handle, call, 0, 0, 0, large, sizeof large), (int)UIO_TOO_LARGE); /* UIO-6.2-11 */
    ck_assert_int_eq(write_now(0, 0, UIO_WRITE_APPEND, "abcdefghi"), (int)UIO_TOO_LARGE);
}
END_TEST

/* ---- silence, and instances that are gone ---- */

/* UIO-7-01 */
START_TEST(repeats_what_may_be_done_twice) {
    struct uio_call *call = a_call();
    struct vipc_fake_faults faults = {.answers = 1000000, .delay = 100000, .patience = VMTP_SECOND};
    const struct uio_range range = {0, 0, 0};
    open_thing(FILE_LIKE, 512, "text", UIO_MODE_READ | UIO_MODE_WRITE);
    vipc_fake_set_faults(net.fake, &faults);
    ck_assert_int_eq(WAIT(call, uio_read(&handle, call, 0, 0, area, 4)), (int)VMTP_RETRANS_TIMEOUT);
    ck_assert_uint_eq(call->repeats, 2);
    ck_assert_uint_eq(ASKED(UIO_READ_INSTANCE), 3);
    ck_assert_int_eq(write_now(0, 0, 0, "x"), (int)VMTP_RETRANS_TIMEOUT);
    ck_assert_uint_eq(ASKED(UIO_WRITE_INSTANCE), 3);
    ck_assert_int_eq(write_now(0, 0, UIO_WRITE_APPEND, "x"), (int)VMTP_RETRANS_TIMEOUT);
    ck_assert_uint_eq(ASKED(UIO_WRITE_INSTANCE), 4);
    ck_assert_int_eq(WAIT(call, uio_query(&handle, call, area)), (int)VMTP_RETRANS_TIMEOUT);
    ck_assert_uint_eq(ASKED(UIO_QUERY_INSTANCE), 3);
    ck_assert_int_eq(WAIT(call, uio_modify(&handle, call, UIO_MASK_STABLE, NULL, 0, area)), (int)VMTP_RETRANS_TIMEOUT);
    ck_assert_uint_eq(ASKED(UIO_MODIFY_INSTANCE), 1);
    ck_assert_int_eq(WAIT(call, uio_lock(&handle, call, UIO_LOCK_SHARED, 0, &range)), (int)VMTP_RETRANS_TIMEOUT);
    ck_assert_uint_eq(ASKED(UIO_LOCK_INSTANCE), 1);
    ck_assert_int_eq(handle.gone, 0);
    /* A release that nobody hears closes the handle all the same. */
    ck_assert_int_eq(WAIT(call, uio_release(&handle, call, 0)), (int)VMTP_RETRANS_TIMEOUT);
    ck_assert_uint_eq(ASKED(UIO_RELEASE_INSTANCE), 1);
    ck_assert_ptr_null(handle.client);
}
END_TEST

/* UIO-7-01: each block is given to one read only, so that one is not repeated. */
START_TEST(does_not_repeat_in_sequence) {
    const struct vipc_fake_faults faults = {.answers = 1000000, .delay = 100000, .patience = VMTP_SECOND};
    open_thing(UIO_READABLE | UIO_WRITEABLE, 512, "text", UIO_MODE_READ | UIO_MODE_WRITE);
    vipc_fake_set_faults(net.fake, &faults);
    ck_assert_int_eq(read_now(UIO_SEQUENTIAL, 0, 4), (int)VMTP_RETRANS_TIMEOUT);
    ck_assert_int_eq(write_now(UIO_SEQUENTIAL, 0, 0, "x"), (int)VMTP_RETRANS_TIMEOUT);
    ck_assert_uint_eq(ASKED(UIO_READ_INSTANCE), 1);
    ck_assert_uint_eq(ASKED(UIO_WRITE_INSTANCE), 1);
}
END_TEST

/* UIO-7-02 */
START_TEST(an_instance_that_is_gone) {
    struct uio_call *call = a_call();
    open_thing(FILE_LIKE, 512, "text", UIO_MODE_READ);
    store->opened[0].number = 0;
    ck_assert_int_eq(read_now(0, 0, 4), (int)UIO_STALE);
    ck_assert_int_eq(handle.gone, (int)UIO_STALE);
    ck_assert_uint_eq(net.client.counters.gone, 1);
    ck_assert_int_eq(read_now(0, 0, 4), (int)UIO_STALE);
    ck_assert_uint_eq(ASKED(UIO_READ_INSTANCE), 1);
    ck_assert_int_eq(uio_release(&handle, call, 0), (int)UIO_STALE);
    ck_assert_ptr_null(handle.client);
}
END_TEST

/* UIO-7-02: it dies with its manager. */
START_TEST(a_manager_that_is_gone) {
    open_thing(FILE_LIKE, 512, "text", UIO_MODE_READ);
    store_exit(store);
    ck_assert_int_eq(read_now(0, 0, 4), (int)UIO_STALE);
    ck_assert_int_eq(handle.gone, (int)UIO_STALE);
}
END_TEST

START_TEST(a_commit_that_fails_leaves_it_open) {
    struct uio_call *call = a_call();
    open_thing(FILE_LIKE | UIO_TRANSACTION, 512, "text", UIO_MODE_READ | UIO_MODE_WRITE | UIO_MODE_TRANSACTION);
    store->refuse = UIO_RELEASE_INSTANCE & 0xff;
    store->refuse_code = UIO_CONFLICT;
    store->refuse_times = 1;
    ck_assert_int_eq(WAIT(call, uio_release(&handle, call, 1)), (int)UIO_CONFLICT);
    ck_assert_ptr_nonnull(handle.client);
    store->refuse_code = UIO_FAILED;
    store->refuse_times = 1;
    ck_assert_int_eq(WAIT(call, uio_release(&handle, call, 0)), (int)UIO_FAILED);
    ck_assert_ptr_null(handle.client);
}
END_TEST

/* ---- calls ---- */

static int ended, ended_with;

static void count_end(struct uio_call *call, int result) {
    (void)call;
    ended++;
    ended_with = result;
}

START_TEST(calls_are_told_once_cancelled_and_late) {
    struct uio_call *call = a_call();
    open_thing(FILE_LIKE, 512, "text", UIO_MODE_READ);
    call->done = count_end;
    ended = 0;
    ck_assert_int_eq(uio_read(&handle, call, 0, 0, area, 4), 0);
    ck_assert_int_eq(uio_read(&handle, call, 0, 0, area, 4), VMTP_E_INVALID);
    ck_assert_int_eq(uio_release(&handle, a_call(), 0), VMTP_E_IN_CALL);
    ck_assert_int_eq(ended, 0);
    vipc_fake_run(net.fake, VMTP_SECOND);
    ck_assert_int_eq(ended, 1);
    ck_assert_int_eq(uio_read(&handle, call, 0, 0, area, 4), 0);
    uio_call_cancel(call);
    vipc_fake_run(net.fake, VMTP_SECOND);
    ck_assert_int_eq(ended, 1);
    store->hold = 1;
    call->deadline = vipc_now(net.node) + 10 * MS;
    ck_assert_int_eq(WAIT(call, uio_read(&handle, call, 0, 0, area, 4)), (int)VMTP_USER_TIMEOUT);
    store_go_on(store);
}
END_TEST

static int lies(struct store *s, struct vipc_incoming *in) {
    const struct vmtp_message message = {.words = {in->message.words[4] + 1, 0, 0, 0}};
    (void)s;
    if ((in->message.code & 0xff) != (UIO_READ_INSTANCE & 0xff) &&
        (in->message.code & 0xff) != (UIO_WRITE_INSTANCE & 0xff))
        return 0;
    ck_assert_int_eq(vipc_reply(in, &message, NULL, 0, 0), 0);
    return 1;
}

START_TEST(answers_that_are_none) {
    open_thing(FILE_LIKE, 512, "text", UIO_MODE_READ | UIO_MODE_WRITE);
    store->hook = lies;
    ck_assert_int_eq(read_now(0, 0, 4), (int)VMTP_BAD_REPLY_SEGMENT);
    ck_assert_int_eq(write_now(0, 0, UIO_WRITE_SYNC, "x"), (int)VMTP_BAD_REPLY_SEGMENT);
    ck_assert_uint_eq(net.client.counters.malformed, 2);
}
END_TEST

/* UIO-2.3-04 */
START_TEST(instances_are_handed_on) {
    static struct uio_handle other;
    struct uio_call *call = a_call();
    open_thing(FILE_LIKE, 512, "text", UIO_MODE_READ);
    ck_assert_int_eq(uio_attach(&net.client, &other, handle.manager, handle.instance.number), 0);
    ck_assert_int_eq(WAIT(call, uio_read(&other, call, 0, 0, area, 4)), (int)UIO_NOT_READABLE); /* nothing is known yet */
    ck_assert_int_eq(WAIT(call, uio_query(&other, call, area)), 0);
    ck_assert_int_eq(WAIT(call, uio_read(&other, call, 0, 0, area, 4)), 0);
    ck_assert_mem_eq(area, "text", 4);
    uio_detach(&other);
    ck_assert_uint_eq(store_open_count(store), 1);
    ck_assert_int_eq(read_now(0, 0, 4), 0);
}
END_TEST

/* ---- contexts ---- */

static void open_context(void) {
    char name[32];
    store_add(store, "", UIO_READABLE | UIO_CONTEXT | UIO_VARIABLE_BLOCK, 16384, "");
    strcpy(store->things[0].name, "dir");
    for (unsigned i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "object-%02u", i);
        store_add(store, name, FILE_LIKE, 512, "text");
    }
    net_create(&net, &handle, "/disk/dir", UIO_MODE_READ | UIO_MODE_CONTEXT);
}

/* UIO-5.3-02 */
START_TEST(contexts_are_read_from_block_to_block) {
    static struct uio_reader reader;
    struct uio_object object;
    unsigned count = 0;
    char name[32];
    open_context();
    memset(&reader, 0, sizeof reader);
    reader.call.deadline = VMTP_NEVER;
    ck_assert_int_eq(uio_reader_begin(&reader, &handle, area, UIO_ENTRY_OCTETS - 1), VMTP_E_INVALID);
    ck_assert_int_eq(uio_reader_begin(&reader, &handle, area, UIO_ENTRY_OCTETS), 0);
    store->give_most = 300;
    while (uio_reader_next(&reader, &object)) {
        snprintf(name, sizeof name, "object-%02u", count++);
        ck_assert_uint_eq(object.name_length, strlen(name));
        ck_assert_mem_eq(object.name, name, strlen(name));
    }
    ck_assert_int_eq(reader.result, 0);
    ck_assert_uint_eq(count, 20);
    ck_assert_uint_eq(ASKED(UIO_READ_INSTANCE), 7);
    ck_assert_int_eq(uio_reader_begin(&reader, &handle, area, sizeof area), 0);
    ck_assert_int_eq(uio_reader_next(&reader, &object), 1);
    ck_assert_uint_eq(store->last.words[1], 0);
    ck_assert_uint_eq(store->last.words[2], 0);
}
END_TEST

static int no_end(struct store *s, struct vipc_incoming *in) {
    const struct vmtp_message message = {.words = {0, 0, in->message.words[2], 0}};
    (void)s;
    if ((in->message.code & 0xff) != (UIO_READ_INSTANCE & 0xff))
        return 0;
    ck_assert_int_eq(vipc_reply(in, &message, NULL, 0, 0), 0);
    return 1;
}

static int bad_list(struct store *s, struct vipc_incoming *in) {
    uint8_t octets[256];
    const struct uio_object object = {.name = "good", .name_length = 4};
    if ((in->message.code & 0xff) != (UIO_READ_INSTANCE & 0xff))
        return 0;
    (void)s;
    const uint32_t size = uio_object_encode(octets, sizeof octets, &object);
    memset(octets + size, 0xff, 40);
    const struct vmtp_message message = {.words = {size + 40, 0, 1, UIO_END}};
    ck_assert_int_eq(vipc_reply(in, &message, octets, size + 40, 0), 0);
    return 1;
}

/* UIO-3.1-03 */
START_TEST(contexts_that_are_none) {
    static struct uio_reader reader;
    struct uio_object object;
    open_context();
    memset(&reader, 0, sizeof reader);
    reader.call.deadline = VMTP_NEVER;
    ck_assert_int_eq(uio_reader_begin(&reader, &handle, area, sizeof area), 0);
    store->hook = no_end;
    ck_assert_int_eq(uio_reader_next(&reader, &object), 0);
    ck_assert_int_eq(reader.result, (int)VMTP_BAD_REPLY_SEGMENT);
    ck_assert_int_eq(uio_reader_begin(&reader, &handle, area, sizeof area), 0);
    store->hook = bad_list;
    ck_assert_int_eq(uio_reader_next(&reader, &object), 1);
    ck_assert_mem_eq(object.name, "good", 4);
    ck_assert_int_eq(uio_reader_next(&reader, &object), 0);
    ck_assert_int_eq(reader.result, 0);
    ck_assert_uint_eq(net.client.counters.malformed_lists, 1);
    store->hook = NULL;
    store->opened[0].number = 0;
    ck_assert_int_eq(uio_reader_begin(&reader, &handle, area, sizeof area), 0);
    ck_assert_int_eq(uio_reader_next(&reader, &object), 0);
    ck_assert_int_eq(reader.result, (int)UIO_STALE);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("uio client: instances");
    TCase *c = tcase_create("instances");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, reads_blocks);
    tcase_add_test(c, reads_and_writes_a_lot_at_once);
    tcase_add_test(c, asks_only_for_what_is_missing);
    tcase_add_test(c, does_not_ask_for_parts_of_what_may_differ);
    tcase_add_test(c, writes_say_what_was_taken);
    tcase_add_test(c, reads_in_sequence);
    tcase_add_test(c, looks_at_the_attributes_first);
    tcase_add_test(c, looks_at_the_attributes_before_writing);
    tcase_add_test(c, ignores_attributes_that_it_does_not_know);
    tcase_add_test(c, asks_and_changes);
    tcase_add_test(c, locks);
    tcase_add_test(c, controls);
    tcase_add_test(c, positions);
    tcase_add_test(c, what_fits_into_one_operation);
    tcase_add_test(c, writes_end_with_their_block);
    tcase_add_test(c, repeats_what_may_be_done_twice);
    tcase_add_test(c, does_not_repeat_in_sequence);
    tcase_add_test(c, an_instance_that_is_gone);
    tcase_add_test(c, a_manager_that_is_gone);
    tcase_add_test(c, a_commit_that_fails_leaves_it_open);
    tcase_add_test(c, calls_are_told_once_cancelled_and_late);
    tcase_add_test(c, answers_that_are_none);
    tcase_add_test(c, instances_are_handed_on);
    tcase_add_test(c, contexts_are_read_from_block_to_block);
    tcase_add_test(c, contexts_that_are_none);
    suite_add_tcase(suite, c);
    return run_suite(suite);
}

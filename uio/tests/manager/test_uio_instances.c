/* SPDX-License-Identifier: BSD-2-Clause */
/* Instances, their numbers, their owners and what becomes of them. */
#include "support/shelf.h"

#include <stdlib.h>

static struct shelf *shelf;
static struct asker a, b;

static void begin(void) {
    shelf = shelf_open();
    shelf_put(shelf, "file", SHELF_FILE, "hello, world");
    shelf_put(shelf, "pipe", SHELF_PIPE, "");
    asker_open(&a, shelf);
    asker_open(&b, shelf);
}

static void end(void) {
    asker_close(&a);
    asker_close(&b);
    shelf_close(shelf);
}

/* UIO-2.3-01, UIO-5.1-01, UIO-2.1-03, UIO-3.2-02, UIO-3.1-04, UIO-6.3-01 */
START_TEST(an_instance_from_creation_to_release) {
    begin();
    const struct said *s = try_create(&a, "/shelf/file", UIO_MODE_READ, 0);
    ck_assert_uint_eq(s->code, VMTP_OK);
    const uint32_t number = s->words[0];
    ck_assert_uint_ne(number, 0);
    ck_assert_uint_eq(s->instance.number, number);
    ck_assert_uint_eq(s->words[1], s->instance.attributes);
    ck_assert_uint_eq(s->words[2], 512);
    ck_assert_uint_eq(s->instance.attributes, SHELF_FILE & ~(UIO_WRITEABLE | UIO_SIZED | UIO_TRANSACTION));
    ck_assert_uint_eq(s->instance.mode, UIO_MODE_READ);
    ck_assert_uint_eq(s->instance.max_transfer, 65536);
    ck_assert_uint_eq(s->instance.last_block, 0);
    ck_assert_uint_eq(s->instance.last_octets, 12);
    ck_assert_uint_eq(s->instance.object.size, 12);
    ck_assert_uint_eq(s->instance.object.name_length, 4);
    const struct said *r = read_at(&a, number, 0, 0, 100);
    CHECK_TEXT(r, "hello, world");
    ck_assert_uint_eq(query(&a, number)->instance.number, number);
    ck_assert(query(&a, number)->call.answer.code & VMTP_DGM); /* UIO-4-04 */
    ck_assert_uint_eq(USE(shelf).instances, 1);
    ck_assert_uint_eq(release(&a, number, 0)->code, VMTP_OK);
    ck_assert_uint_eq(USE(shelf).instances, 0);
    ck_assert_uint_eq(shelf->released, 1);
    end();
}
END_TEST

/* UIO-2.3-03: nothing, something old, released twice; all operations */
START_TEST(what_is_no_instance_is_stale) {
    begin();
    const uint32_t codes[] = {UIO_READ_INSTANCE,    UIO_WRITE_INSTANCE, UIO_QUERY_INSTANCE,  UIO_MODIFY_INSTANCE,
                              UIO_RELEASE_INSTANCE, UIO_LOCK_INSTANCE,  UIO_CONTROL_INSTANCE};
    const uint32_t number = create(&a, "/shelf/file", UIO_MODE_READ);
    for (unsigned i = 0; i < 7; i++) {
        const uint32_t words[7] = {number + 1};
        check_refused(ask(&a, codes[i], words, NULL, 0, 0), UIO_STALE);
        check_refused(ask(&a, codes[i], NULL, NULL, 0, 0), UIO_STALE);
    }
    ck_assert_uint_eq(release(&a, number, 0)->code, VMTP_OK);
    check_refused(release(&a, number, 0), UIO_STALE);
    check_refused(read_at(&a, number, 0, 0, 1), UIO_STALE);
    ck_assert_uint_eq(COUNTER(shelf, stale), 16);
    end();
}
END_TEST

/* UIO-2.3-04: whoever knows the number; UIO-5.1-03: the owner is another than the client */
START_TEST(instances_are_handed_on) {
    begin();
    const struct said *s = try_create(&a, "/shelf/file", UIO_MODE_READ | UIO_MODE_WRITE, b.entity);
    const uint32_t number = s->words[0];
    ck_assert_uint_eq(s->instance.owner, b.entity);
    ck_assert_uint_eq(write_at(&b, number, 0, 0, 0, "HELLO", 5)->code, VMTP_OK);
    CHECK_TEXT(read_at(&a, number, 0, 0, 5), "HELLO");
    /* UIO-6.3-03 */
    s = modify(&b, number, UIO_MASK_OWNER, 0, a.entity);
    ck_assert_uint_eq(s->code, VMTP_OK);
    ck_assert_uint_eq(s->instance.owner, a.entity);
    ck_assert_uint_eq(USE(shelf).owners, 1);
    check_refused(modify(&b, number, UIO_MASK_OWNER, 0, 0), UIO_BAD_REQUEST);
    check_refused(modify(&b, number, UIO_MASK_OWNER, 0, VNAME_HANDLERS), UIO_BAD_REQUEST);
    check_refused(try_create(&a, "/shelf/file", UIO_MODE_READ, VNAME_HANDLERS), UIO_BAD_REQUEST);
    s = try_create(&a, "/shelf/file", UIO_MODE_READ, 0);
    ck_assert_uint_ne(s->instance.owner, 0);
    ck_assert_uint_ne(s->instance.owner, a.entity); /* the client was one of the node's */
    end();
}
END_TEST

static int compare(const void *x, const void *y) {
    const uint32_t p = *(const uint32_t *)x, q = *(const uint32_t *)y;
    return p < q ? -1 : p > q;
}

/* UIO-2.3-02 */
START_TEST(numbers_are_not_used_again_and_look_random) {
    static uint32_t seen[20000];
    begin();
    unsigned near_by = 0, ones = 0;
    for (unsigned i = 0; i < 20000; i++) {
        seen[i] = create(&a, "/shelf/file", UIO_MODE_READ);
        ck_assert_uint_ne(seen[i], 0);
        release(&a, seen[i], 0);
        near_by += i && seen[i] - seen[i - 1] + 4096 < 8192;
        ones += (unsigned)__builtin_popcount(seen[i]);
    }
    ck_assert_uint_lt(near_by, 4);
    ck_assert_uint_gt(ones, 20000 * 16 - 4000);
    ck_assert_uint_lt(ones, 20000 * 16 + 4000);
    qsort(seen, 20000, sizeof *seen, compare);
    for (unsigned i = 1; i < 20000; i++)
        ck_assert_uint_ne(seen[i], seen[i - 1]);
    end();
}
END_TEST

/* UIO-2.3-07: one client that opens 100,000 times; others are not affected */
START_TEST(one_owner_has_its_limit) {
    shelf = shelf_new();
    shelf->config.instances = 40;
    shelf->config.owner_instances = 30;
    shelf_start(shelf);
    shelf_put(shelf, "file", SHELF_FILE, "x");
    asker_open(&a, shelf);
    asker_open(&b, shelf);
    for (unsigned i = 0; i < 30; i++)
        create(&a, "/shelf/file", UIO_MODE_READ);
    for (unsigned i = 30; i < 100000; i++)
        check_refused(try_create(&a, "/shelf/file", UIO_MODE_READ, a.entity), UIO_TOO_MANY);
    ck_assert_uint_eq(shelf->opened, 30);
    ck_assert_uint_eq(COUNTER(shelf, owner_full), 99970);
    const uint32_t number = create(&b, "/shelf/file", UIO_MODE_READ);
    check_refused(modify(&b, number, UIO_MASK_OWNER, 0, a.entity), UIO_TOO_MANY);
    for (unsigned i = 1; i < 10; i++)
        create(&b, "/shelf/file", UIO_MODE_READ);
    check_refused(try_create(&b, "/shelf/file", UIO_MODE_READ, b.entity), UIO_TOO_MANY);
    ck_assert_uint_eq(COUNTER(shelf, instances_full), 1);
    release(&b, number, 0);
    create(&b, "/shelf/file", UIO_MODE_READ);
    end();
}
END_TEST

/* UIO-2.3-05, UIO-2.3-06, UIO-6.5-08: an owner whose node says that it is gone */
START_TEST(instances_of_owners_that_are_gone_end) {
    begin();
    create(&a, "/shelf/file", UIO_MODE_READ | UIO_MODE_LOCK_EXCLUSIVE);
    create(&a, "/shelf/pipe", UIO_MODE_READ);
    create(&b, "/shelf/pipe", UIO_MODE_WRITE);
    ck_assert_uint_eq(USE(shelf).owners, 2);
    shelf_run(59 * SECONDS);
    ck_assert_uint_eq(COUNTER(shelf, probes), 0);
    shelf_run(2 * SECONDS); /* both are asked, and are there */
    ck_assert_uint_eq(COUNTER(shelf, probes), 2);
    ck_assert_uint_eq(USE(shelf).instances, 3);
    shelf_run(61 * SECONDS);
    ck_assert_uint_eq(COUNTER(shelf, probes), 4);
    ck_assert_uint_eq(try_create(&b, "/shelf/file", UIO_MODE_READ | UIO_MODE_LOCK_SHARED, b.entity)->code, UIO_LOCKED);
    end();
}
END_TEST

START_TEST(an_owner_that_ends_without_a_word) {
    begin();
    const uint32_t mine = create(&b, "/shelf/pipe", UIO_MODE_WRITE);
    create(&a, "/shelf/file", UIO_MODE_READ | UIO_MODE_LOCK_EXCLUSIVE);
    create(&a, "/shelf/pipe", UIO_MODE_READ);
    asker_close(&a);
    shelf_run(90 * SECONDS);
    ck_assert_uint_eq(USE(shelf).instances, 1);
    ck_assert_uint_eq(USE(shelf).locks, 0);
    ck_assert_uint_eq(COUNTER(shelf, reclaimed), 2);
    ck_assert_uint_eq(COUNTER(shelf, owners_gone), 1);
    ck_assert_uint_eq(query(&b, mine)->code, VMTP_OK);
    end();
}
END_TEST

/* UIO-2.3-06: silence, three times, 10 s apart */
START_TEST(an_owner_that_is_silent_three_times) {
    begin();
    create(&a, "/shelf/file", UIO_MODE_READ);
    vipc_fake_partition(a.node, 1);
    shelf_run(61 * SECONDS); /* asked at 60 */
    shelf_run(15 * SECONDS); /* and at 70 */
    ck_assert_uint_eq(COUNTER(shelf, probes), 2);
    ck_assert_uint_eq(USE(shelf).instances, 1);
    vipc_fake_partition(a.node, 0); /* there again */
    shelf_run(10 * SECONDS);
    ck_assert_uint_eq(COUNTER(shelf, probes), 3);
    ck_assert_uint_eq(COUNTER(shelf, probes_missed), 2);
    shelf_run(50 * SECONDS);
    ck_assert_uint_eq(COUNTER(shelf, probes), 3); /* quiet for 60 s from then */
    vipc_fake_partition(a.node, 1);
    shelf_run(40 * SECONDS);
    ck_assert_uint_eq(USE(shelf).instances, 0);
    ck_assert_uint_eq(COUNTER(shelf, probes), 6);
    vipc_fake_partition(a.node, 0);
    end();
}
END_TEST

/* UIO-2.3-05: who does something is not asked, whoever does it with an instance of his */
START_TEST(owners_that_are_heard_are_not_asked) {
    begin();
    const uint32_t number = create(&a, "/shelf/file", UIO_MODE_READ);
    for (unsigned i = 0; i < 10; i++) {
        shelf_run(50 * SECONDS);
        query(&b, number);
    }
    ck_assert_uint_eq(COUNTER(shelf, probes), 0);
    end();
}
END_TEST

/* Many owners at once: no more Probes than places for them, and all come to their turn */
START_TEST(many_owners_end_at_once) {
    struct asker many[20];
    shelf = shelf_new();
    shelf->config.probes = 3;
    shelf_start(shelf);
    shelf_put(shelf, "file", SHELF_FILE, "x");
    asker_open(&a, shelf);
    asker_open(&b, shelf);
    for (unsigned i = 0; i < 20; i++) {
        asker_on(&many[i], a.node, shelf->entity);
        create(&many[i], "/shelf/file", UIO_MODE_READ);
    }
    vipc_fake_crash(a.node);
    shelf_run(200 * SECONDS);
    ck_assert_uint_eq(USE(shelf).instances, 0);
    ck_assert_uint_eq(COUNTER(shelf, reclaimed), 20);
    asker_close(&b);
    shelf_close(shelf);
}
END_TEST

/* UIO-4-01; what is not ours goes to the program */
START_TEST(codes_that_are_not_there) {
    begin();
    check_refused(ask(&a, VMTP_PIC | 0x000517u, NULL, NULL, 0, 0), VMTP_ERROR);
    check_refused(ask(&a, VMTP_PIC | 0x000501u, NULL, NULL, 0, 0), VMTP_ERROR);
    check_refused(ask_name(&a, VMTP_PIC | 0x010509u, 0, "/shelf/file", NULL, NULL, 0, 0), VMTP_ERROR);
    check_refused(ask_name(&a, VMTP_PIC | 0x010510u, 0, "/shelf/file", NULL, NULL, 0, 0), VMTP_ERROR);
    ck_assert_uint_eq(COUNTER(shelf, unknown_codes), 4);
    ck_assert_uint_eq(shelf->other_requests, 0);
    check_refused(ask(&a, VMTP_PIC | 0x007755u, NULL, NULL, 0, 0), VMTP_ERROR);
    check_refused(ask(&a, 0x000510u, NULL, NULL, 0, 0), VMTP_ERROR); /* private */
    ck_assert_uint_eq(shelf->other_requests, 2);
    check_refused(ask_name(&a, VMTP_PIC | 0x017755u, 0, "/shelf/file", NULL, NULL, 0, 0), VMTP_ERROR);
    ck_assert_uint_eq(shelf->other_operations, 1);
    end();
}
END_TEST

/* UIO-1-01: words that no table mentions may be anything */
START_TEST(other_words_are_not_looked_at) {
    begin();
    const uint32_t number = create(&a, "/shelf/file", UIO_MODE_READ);
    const uint32_t words[7] = {number, 1, 2, 3, 4, 5, 6};
    const struct said *s = ask(&a, UIO_QUERY_INSTANCE, words, NULL, 0, 0);
    ck_assert_uint_eq(s->code, VMTP_OK);
    for (unsigned i = 0; i < 6; i++)
        ck_assert_uint_eq(s->words[i], 0);
    end();
}
END_TEST

static void sent(struct vipc_call *call, int result) { *(int *)call->context = 1 + (result != 0); }

START_TEST(datagrams_are_not_executed) {
    begin();
    const uint32_t number = create(&a, "/shelf/file", UIO_MODE_READ);
    int done = 0;
    struct vipc_call call = {
        .message = {.server = shelf->entity, .code = UIO_RELEASE_INSTANCE | VMTP_DGM, .words = {number}},
        .deadline = VMTP_NEVER,
        .client = a.entity,
        .done = sent,
        .context = &done};
    ck_assert_int_eq(vipc_start(a.node, &call), 0);
    shelf_run(SECONDS);
    ck_assert_int_eq(done, 1);
    ck_assert_uint_eq(USE(shelf).instances, 1);
    ck_assert_uint_eq(COUNTER(shelf, odd), 1);
    end();
}
END_TEST

START_TEST(what_tools_see) {
    struct uio_manager_view view;
    begin();
    const uint32_t number = create(&a, "/shelf/file", UIO_MODE_READ | UIO_MODE_WRITE);
    read_at(&a, number, 0, 0, 5);
    write_at(&a, number, 0, 0, 0, "abc", 3);
    shelf_run(5 * SECONDS);
    ck_assert_int_eq(uio_manager_nth_instance(shelf->manager, 0, &view), 1);
    ck_assert_uint_eq(view.instance->number, number);
    ck_assert_uint_eq(view.octets_read, 5);
    ck_assert_uint_eq(view.octets_written, 3);
    ck_assert_uint_ge(vipc_now(shelf->node) - view.used, 5 * SECONDS);
    ck_assert_int_eq(uio_manager_nth_instance(shelf->manager, 1, &view), 0);
    for (unsigned i = 0; i < UIO_MANAGER_COUNTER_COUNT; i++) {
        ck_assert_uint_gt(strlen(uio_manager_counter_name(i)), 0);
        ck_assert_uint_gt(strlen(uio_manager_counter_text(i)), 0);
    }
    ck_assert_ptr_null(uio_manager_counter_name(UIO_MANAGER_COUNTER_COUNT));
    uio_manager_end_instance((struct uio_manager_instance *)(uintptr_t)view.instance);
    check_refused(query(&a, number), UIO_STALE);
    end();
}
END_TEST

START_TEST(configurations_that_cannot_be) {
    struct uio_manager_config config;
    uio_manager *m;
    char memory[8];
    uio_manager_config_init(&config);
    config.max_transfer = UIO_TRANSFER_OCTETS + 1;
    ck_assert_uint_eq(uio_manager_footprint(&config), 0);
    ck_assert_int_eq(uio_manager_create(&m, vipc_fake_node(shelf_net), &config, memory), VMTP_E_INVALID);
    uio_manager_config_init(&config);
    config.instances = 0;
    ck_assert_uint_eq(uio_manager_footprint(&config), 0);
    uio_manager_config_init(&config);
    config.size--;
    ck_assert_uint_eq(uio_manager_footprint(&config), 0);
    uio_manager_destroy(NULL);
    /* no more roots than there is room for */
    shelf = shelf_new();
    shelf->config.roots = 1;
    shelf_start(shelf);
    ck_assert_uint_eq(uio_manager_root(shelf->manager, &shelf_type, shelf), 0);
    shelf_close(shelf);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {an_instance_from_creation_to_release,
                                  what_is_no_instance_is_stale,
                                  instances_are_handed_on,
                                  numbers_are_not_used_again_and_look_random,
                                  one_owner_has_its_limit,
                                  instances_of_owners_that_are_gone_end,
                                  an_owner_that_ends_without_a_word,
                                  an_owner_that_is_silent_three_times,
                                  owners_that_are_heard_are_not_asked,
                                  many_owners_end_at_once,
                                  codes_that_are_not_there,
                                  other_words_are_not_looked_at,
                                  datagrams_are_not_executed,
                                  what_tools_see,
                                  configurations_that_cannot_be};
    TCase *tc = tcase_create("instances");
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(tc, tests[i]);
    return shelf_main(tc, "uio_instances");
}

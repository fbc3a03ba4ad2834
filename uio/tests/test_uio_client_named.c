/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations on names, as a client does them (sections 4 and 5). */
#include <errno.h>

#include "support/store.h"

static struct net net;
static struct store *store;

static void setup(void) {
    net_open(&net);
    store = net_store(&net, "/disk", 0);
    store_add(store, "hello", FILE_LIKE, 512, "hello, world\n");
    store_add(store, "dir", UIO_READABLE | UIO_CONTEXT | UIO_VARIABLE_BLOCK, 16384, "");
}

static void teardown(void) { net_close(&net); }

#define ASKED(code) (store->asked[(code)&0xff])

START_TEST(creates_and_releases) {
    static struct uio_handle handle;
    net_create(&net, &handle, "/disk/hello", UIO_MODE_READ);
    ck_assert_uint_eq(handle.manager, store->service.entity);
    ck_assert_uint_eq(handle.instance.object.size, 13);
    ck_assert_uint_eq(handle.instance.mode, UIO_MODE_READ);
    ck_assert_uint_ne(handle.instance.number, 0);
    ck_assert_uint_eq(store_open_count(store), 1);
    /* The owner stands for the program, whichever entity of it calls. */
    ck_assert_uint_eq(handle.instance.owner, net.client.owner);
    ck_assert_uint_ne(net.client.owner, 0);
    struct uio_call *call = a_call();
    ck_assert_int_eq(WAIT(call, uio_release(&handle, call, 0)), 0);
    ck_assert_uint_eq(store_open_count(store), 0);
    ck_assert_int_eq(uio_release(&handle, call, 0), VMTP_E_INVALID);
}
END_TEST

/* UIO-5.1-07 */
START_TEST(says_that_it_takes_large_messages) {
    static uint8_t room[UIO_LARGE_ROOM];
    static struct uio_handle small, large;
    struct uio_named *named = named_of("/disk/hello");
    ck_assert_int_eq(uio_named_wait(named, uio_create(&net.client, named, &small, UIO_MODE_READ, 0)), 0);
    ck_assert_uint_eq(small.instance.max_transfer, 16384);
    named = named_of("/disk/hello");
    named->room = room;
    named->room_size = sizeof room;
    ck_assert_int_eq(uio_named_wait(named, uio_create(&net.client, named, &large, UIO_MODE_READ, 0)), 0);
    ck_assert_uint_eq(large.instance.max_transfer, UIO_TRANSFER_OCTETS);
}
END_TEST

START_TEST(modes_that_are_none_are_not_sent) {
    static struct uio_handle handle;
    struct uio_named *named = named_of("/disk/hello");
    ck_assert_int_eq(uio_create(&net.client, named, &handle, UIO_MODE_CREATE, 0), (int)UIO_BAD_REQUEST);
    ck_assert_int_eq(uio_create(&net.client, named, &handle, 0x8000 | UIO_MODE_READ, 0), (int)UIO_UNSUPPORTED);
    ck_assert_uint_eq(net.client.counters.refused, 2);
    ck_assert_uint_eq(ASKED(UIO_CREATE_INSTANCE), 0);
}
END_TEST

START_TEST(queries) {
    struct uio_named *named = named_of("/disk/hello");
    ck_assert_int_eq(uio_named_wait(named, uio_query_object(&net.client, named, UIO_NOFOLLOW)), 0);
    ck_assert_uint_eq(store->last.words[2], UIO_NOFOLLOW);
    ck_assert_uint_eq(named->object.size, 13);
    ck_assert_uint_eq(named->object.name_length, 5);
    ck_assert_mem_eq(named->object.name, "hello", 5);
    named = named_of("/disk/nobody");
    ck_assert_int_eq(uio_named_wait(named, uio_query_object(&net.client, named, 0)), (int)VNAME_NOT_FOUND);
    ck_assert_int_eq(named->result, (int)VNAME_NOT_FOUND);
    named = named_of("/nowhere");
    ck_assert_int_eq(uio_named_wait(named, uio_query_object(&net.client, named, 0)), (int)VMTP_RETRANS_TIMEOUT);
    ck_assert_int_eq(named->operation.outcome, VNAME_NO_ANSWER);
}
END_TEST

START_TEST(modifies_removes_and_makes) {
    const struct uio_object object = {.permissions = 0600, .size = 5, .used = -3};
    struct uio_named *named = named_of("/disk/hello");
    ck_assert_int_eq(uio_named_wait(named, uio_modify_object(&net.client, named, UIO_MASK_SIZE, UIO_NOFOLLOW, &object)),
                     0);
    ck_assert_uint_eq(store->last.words[2], UIO_MASK_SIZE);
    ck_assert_uint_eq(store->last.words[3], UIO_NOFOLLOW);
    ck_assert_uint_eq(store->modified.permissions, 0600);
    ck_assert_int_eq(store->modified.used, -3);
    ck_assert_int_eq(uio_named_wait(named, uio_remove_object(&net.client, named, UIO_TYPE_CONTEXT)), 0);
    ck_assert_uint_eq(store->last.words[2], UIO_TYPE_CONTEXT);
    named = named_of("/disk/link");
    ck_assert_int_eq(uio_named_wait(named, uio_create_object(&net.client, named, UIO_TYPE_LINK, 0777, "else/where", 10)),
                     0);
    ck_assert_str_eq(store->target, "else/where");
    ck_assert_uint_eq(store->last.words[2], UIO_TYPE_LINK);
    ck_assert_uint_eq(store->last.words[3], 0777);
    ck_assert_uint_eq(named->object.name_length, 4);
}
END_TEST

START_TEST(targets_may_be_long) {
    static char target[UIO_TARGET_OCTETS + 1];
    struct uio_named *named = named_of("/disk/link");
    memset(target, 't', sizeof target);
    ck_assert_int_eq(uio_create_object(&net.client, named, UIO_TYPE_LINK, 0, target, sizeof target), VMTP_E_TOO_LARGE);
    ck_assert_int_eq(
        uio_named_wait(named, uio_create_object(&net.client, named, UIO_TYPE_LINK, 0, target, UIO_TARGET_OCTETS)), 0);
    ck_assert_uint_eq(store->target_length, UIO_TARGET_OCTETS);
}
END_TEST

START_TEST(asks_for_storage) {
    struct uio_named *named = named_of("/disk");
    ck_assert_int_eq(uio_named_wait(named, uio_query_storage(&net.client, named)), 0);
    ck_assert_uint_eq(named->storage.octets, 0x100000002u);
    ck_assert_uint_eq(named->storage.octets_free, 3);
    ck_assert_uint_eq(named->storage.objects_free, 4);
}
END_TEST

/* UIO-5.2-07: an absolute new name goes with the context of its prefix, and NameIndex behind that. */
START_TEST(new_names_are_resolved) {
    struct uio_named *named = named_of("/disk/hello");
    ck_assert_int_eq(uio_named_wait(named, uio_rename_object(&net.client, named, "/disk/bye", 9, UIO_RENAME_NO_REPLACE)),
                     0);
    ck_assert_uint_eq(store->last.words[2], UIO_RENAME_NO_REPLACE);
    ck_assert_uint_eq(store->new_name.context, store->record.context);
    ck_assert_uint_eq(store->new_name.index, 5);
    ck_assert_str_eq(store->new_text, "/disk/bye");
    ck_assert_int_eq(uio_named_wait(named, uio_link_object(&net.client, named, "/disk/two", 9)), 0);
    ck_assert_str_eq(store->new_text, "/disk/two");
    ck_assert_int_eq(uio_rename_object(&net.client, named, "/disk/\xff", 7, 0), (int)VNAME_INVALID);
}
END_TEST

/* UIO-5.2-07: a new name that is another manager's goes to the old one's, with what leads to the other, and is refused there. */
START_TEST(new_names_elsewhere) {
    struct store *other = net_store(&net, "/other", 0);
    struct uio_named *named = named_of("/disk/hello");
    store->refuse = UIO_RENAME_OBJECT & 0xff;
    store->refuse_code = UIO_CROSS;
    ck_assert_int_eq(uio_named_wait(named, uio_rename_object(&net.client, named, "/other/x", 8, 0)), (int)UIO_CROSS);
    ck_assert_uint_eq(other->asked[UIO_RENAME_OBJECT & 0xff], 0);
    /* It was resolved once more, came to the same, and was not sent again. */
    ck_assert_uint_eq(net.client.counters.crossed, 1);
    ck_assert_uint_eq(ASKED(UIO_RENAME_OBJECT), 1);
}
END_TEST

/* UIO-5.2-07: what the cache holds of the new name may be stale. */
START_TEST(stale_new_names_are_resolved_again) {
    struct uio_named *named = named_of("/disk/hello");
    const struct vname_record old = {
        .prefix = "/disk/sub", .prefix_length = 9, .generation = 1, .manager = 0x1234567800, .context = 9};
    ck_assert_int_eq(vname_cache_put(net.names, &old), 0);
    store->refuse = UIO_RENAME_OBJECT & 0xff;
    store->refuse_code = UIO_CROSS;
    store->refuse_times = 1;
    vname_cache_drop(net.names, "/disk", 5);
    ck_assert_int_eq(uio_named_wait(named, uio_rename_object(&net.client, named, "/disk/sub/x", 11, 0)), 0);
    ck_assert_uint_eq(net.client.counters.crossed, 1);
    ck_assert_uint_eq(store->new_name.context, store->record.context);
    ck_assert_uint_eq(store->new_name.index, 5);
}
END_TEST

/* UIO-5.2-07: NAME_STALE may mean the new name, and then asking for the old one alone would never end. */
START_TEST(stale_may_be_the_new_name) {
    struct uio_named *named = named_of("/disk/hello");
    const struct vname_record old = {
        .prefix = "/disk/sub", .prefix_length = 9, .generation = 1, .manager = 0x1234567800, .context = 9};
    ck_assert_int_eq(vname_cache_put(net.names, &old), 0);
    store->refuse = UIO_RENAME_OBJECT & 0xff;
    store->refuse_code = VNAME_STALE;
    store->refuse_times = 1;
    ck_assert_int_eq(uio_named_wait(named, uio_rename_object(&net.client, named, "/disk/sub/x", 11, 0)), 0);
    ck_assert_uint_eq(ASKED(UIO_RENAME_OBJECT), 2);
    ck_assert_uint_eq(store->new_name.context, store->record.context);
    ck_assert_uint_eq(store->new_name.index, 5);
    /* The new name came to the same as before: it was the old one then, and the Request is sent again all the same. */
    store->refuse_code = VNAME_STALE;
    store->refuse_times = 1;
    ck_assert_int_eq(uio_named_wait(named, uio_rename_object(&net.client, named, "/disk/two", 9, 0)), 0);
    ck_assert_uint_eq(ASKED(UIO_RENAME_OBJECT), 4);
}
END_TEST

/* UIO-5.2-07: a relative one goes with the context. */
START_TEST(relative_new_names) {
    static struct vname_context place;
    static struct vname_place where;
    struct uio_named *named = named_of("hello");
    memcpy(where.name, "/disk", 5);
    where.length = 5;
    memset(&place, 0, sizeof place);
    ck_assert_int_eq(vname_context_set(net.names, &place, &where), 0);
    named->from = &place;
    ck_assert_int_eq(uio_named_wait(named, uio_rename_object(&net.client, named, "bye", 3, 0)), 0);
    ck_assert_uint_eq(store->new_name.context, store->record.context);
    ck_assert_uint_eq(store->new_name.index, 0);
    ck_assert_str_eq(store->new_text, "bye");
    vname_context_clear(&place);
}
END_TEST

/* UIO-7-01: QueryObject and QueryStorage are repeated, the others are not. */
START_TEST(what_is_repeated) {
    static struct uio_handle handle;
    struct uio_named *named = named_of("/disk/hello");
    struct vipc_fake_faults faults = {.answers = 1000000, .delay = 100000, .patience = VMTP_SECOND};
    ck_assert_int_eq(uio_named_wait(named, uio_query_object(&net.client, named, 0)), 0);
    vipc_fake_set_faults(net.fake, &faults);
    named = named_of("/disk/hello");
    ck_assert_int_eq(uio_named_wait(named, uio_remove_object(&net.client, named, 0)), (int)VMTP_RETRANS_TIMEOUT);
    ck_assert_uint_eq(ASKED(UIO_REMOVE_OBJECT), 1);
    ck_assert_int_eq(uio_named_wait(named, uio_create(&net.client, named, &handle, UIO_MODE_READ, 0)),
                     (int)VMTP_RETRANS_TIMEOUT);
    ck_assert_uint_le(ASKED(UIO_CREATE_INSTANCE), 1);
    faults.answers = 0;
    vipc_fake_set_faults(net.fake, &faults);
    ck_assert_int_eq(uio_named_wait(named, uio_query_object(&net.client, named, 0)), 0);
    faults.answers = 1000000;
    vipc_fake_set_faults(net.fake, &faults);
    const unsigned before = ASKED(UIO_QUERY_STORAGE);
    named->deadline = vipc_now(net.node) + 10 * VMTP_SECOND;
    ck_assert_int_ne(uio_named_wait(named, uio_query_storage(&net.client, named)), 0);
    ck_assert_uint_gt(ASKED(UIO_QUERY_STORAGE), before);
    ck_assert_uint_ge(named->operation.repeats, 1);
}
END_TEST

START_TEST(what_is_in_the_way) {
    static struct uio_handle handle;
    struct uio_named *named = named_of("/disk/hello");
    store->refuse = UIO_CREATE_INSTANCE & 0xff;
    store->refuse_code = UIO_LOCKED;
    store->in_the_way = (struct uio_range){7, 8, 0x1234};
    ck_assert_int_eq(
        uio_named_wait(named, uio_create(&net.client, named, &handle, UIO_MODE_READ | UIO_MODE_LOCK_SHARED, 0)),
        (int)UIO_LOCKED);
    ck_assert_uint_eq(named->in_the_way.first, 7);
    ck_assert_uint_eq(named->in_the_way.owner, 0x1234);
    ck_assert_ptr_null(handle.client);
}
END_TEST

static int ended, ended_with;

static void count_end(struct uio_named *named, int result) {
    (void)named;
    ended++;
    ended_with = result;
}

START_TEST(is_told_once_and_can_be_cancelled) {
    struct uio_named *named = named_of("/disk/hello");
    named->done = count_end;
    ended = 0;
    ck_assert_int_eq(uio_query_object(&net.client, named, 0), 0);
    ck_assert_int_eq(uio_query_object(&net.client, named, 0), VMTP_E_INVALID);
    ck_assert_int_eq(ended, 0);
    vipc_fake_run(net.fake, VMTP_SECOND);
    ck_assert_int_eq(ended, 1);
    ck_assert_int_eq(ended_with, 0);
    ck_assert_int_eq(uio_query_object(&net.client, named, 0), 0);
    uio_named_cancel(named);
    vipc_fake_run(net.fake, VMTP_SECOND);
    ck_assert_int_eq(ended, 1);
    named->deadline = vipc_now(net.node) + MS;
    store->hold = 1;
    ck_assert_int_eq(uio_named_wait(named, uio_query_object(&net.client, named, 0)), (int)VMTP_USER_TIMEOUT);
}
END_TEST

static int rubbish(struct store *s, struct vipc_incoming *in) {
    (void)s;
    store_answer(in, VMTP_OK, "rubbish", 7);
    return 1;
}

START_TEST(answers_that_are_none) {
    static struct uio_handle handle;
    struct uio_named *named = named_of("/disk/hello");
    store->hook = rubbish;
    ck_assert_int_eq(uio_named_wait(named, uio_query_object(&net.client, named, 0)), (int)VMTP_BAD_REPLY_SEGMENT);
    ck_assert_int_eq(uio_named_wait(named, uio_create(&net.client, named, &handle, UIO_MODE_READ, 0)),
                     (int)VMTP_BAD_REPLY_SEGMENT);
    ck_assert_uint_eq(net.client.counters.malformed, 2);
    ck_assert_ptr_null(handle.client);
}
END_TEST

/* UIO-7-03 */
START_TEST(a_program_that_ends_releases_its_instances) {
    static struct uio_handle handles[40];
    memset(handles, 0, sizeof handles);
    for (unsigned i = 0; i < 40; i++)
        net_create(&net, &handles[i], "/disk/hello", UIO_MODE_READ);
    ck_assert_uint_eq(store_open_count(store), 40);
    ck_assert_uint_eq(uio_client_close(&net.client, vipc_now(net.node) + VMTP_SECOND), 0);
    ck_assert_uint_eq(store_open_count(store), 0);
    ck_assert_uint_eq(net.client.counters.left, 40);
    ck_assert_int_eq(uio_client_open(&net.client, net.names), 0);
}
END_TEST

/* UIO-7-03: if it can; a manager that is silent does not hold it up for ever. */
START_TEST(a_program_that_ends_does_not_wait_for_long) {
    static struct uio_handle handle;
    net_create(&net, &handle, "/disk/hello", UIO_MODE_READ);
    store_crash(store);
    const vmtp_time before = vipc_now(net.node);
    ck_assert_uint_eq(uio_client_close(&net.client, before + 100 * MS), 1);
    ck_assert_uint_le(vipc_now(net.node) - before, 101 * MS);
    ck_assert_int_eq(uio_client_open(&net.client, net.names), 0);
}
END_TEST

START_TEST(results_as_errno) {
    ck_assert_int_eq(uio_errno(0), 0);
    ck_assert_int_eq(uio_errno((int)VNAME_NOT_FOUND), ENOENT);
    ck_assert_int_eq(uio_errno((int)UIO_STALE), ESTALE);
    ck_assert_int_eq(uio_errno(VMTP_E_CANCELLED), EINTR);
    ck_assert_int_eq(uio_errno(0x7fffffff), EIO);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("uio client: names");
    TCase *c = tcase_create("names");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, creates_and_releases);
    tcase_add_test(c, says_that_it_takes_large_messages);
    tcase_add_test(c, modes_that_are_none_are_not_sent);
    tcase_add_test(c, queries);
    tcase_add_test(c, modifies_removes_and_makes);
    tcase_add_test(c, targets_may_be_long);
    tcase_add_test(c, asks_for_storage);
    tcase_add_test(c, new_names_are_resolved);
    tcase_add_test(c, new_names_elsewhere);
    tcase_add_test(c, stale_new_names_are_resolved_again);
    tcase_add_test(c, stale_may_be_the_new_name);
    tcase_add_test(c, relative_new_names);
    tcase_add_test(c, what_is_repeated);
    tcase_add_test(c, what_is_in_the_way);
    tcase_add_test(c, is_told_once_and_can_be_cancelled);
    tcase_add_test(c, answers_that_are_none);
    tcase_add_test(c, a_program_that_ends_releases_its_instances);
    tcase_add_test(c, a_program_that_ends_does_not_wait_for_long);
    tcase_add_test(c, results_as_errno);
    suite_add_tcase(suite, c);
    return run_suite(suite);
}

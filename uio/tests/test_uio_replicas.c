/* SPDX-License-Identifier: BSD-2-Clause */
/* What is written at all replicas (section 8). */
#include <vuio/replicas.h>

#include "support/store.h"

#define GROUP 0x4000000012345600u

static struct net net;
static struct store *stores[3];
static struct uio_replicas set;

static void add(unsigned i) {
    stores[i] = net_store(&net, "/disk", GROUP);
    thing_fill(store_add(stores[i], "thing", FILE_LIKE | UIO_REPLICATED, 512, ""), 1000);
}

static void setup(void) {
    net_open(&net);
    for (unsigned i = 0; i < 3; i++)
        add(i);
    memset(&set, 0, sizeof set);
    set.name = "/disk/thing";
    set.name_length = 11;
    set.deadline = VMTP_NEVER;
}

static void teardown(void) {
    uio_replicas_close(&set);
    net_close(&net);
}

static int create(uint32_t mode) { return uio_replicas_wait(&set, uio_replicas_create(&net.client, &set, mode, 0644)); }

static int write_now(const char *text) {
    return uio_replicas_wait(&set, uio_replicas_write(&set, 0, 10, 0, text, (uint32_t)strlen(text)));
}

static unsigned which_is(const struct store *store) {
    unsigned i = 0;
    while (set.replica[i].manager != store->service.entity)
        i++;
    return i;
}

#define ASKED(store, code) ((store)->asked[(code)&0xff])

/* UIO-8-02, UIO-8-05 */
START_TEST(all_of_them_are_written) {
    ck_assert_int_eq(create(UIO_MODE_WRITE), 0);
    ck_assert_uint_eq(set.count, 3);
    ck_assert_uint_eq(set.group, GROUP);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_uint_eq(stores[i]->queries, 4); /* with all others once, with the group three times */
    ck_assert_int_eq(write_now("hello"), 0);
    ck_assert_uint_eq(set.octets, 5);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_mem_eq(stores[i]->things[0].data + 10, "hello", 5);
        ck_assert_int_eq(set.replica[i].result, 0);
        ck_assert_uint_eq(stores[i]->opened[0].owner, net.client.owner);
    }
    const struct uio_object object = {.size = 12};
    ck_assert_int_eq(uio_replicas_wait(&set, uio_replicas_modify(&set, UIO_MASK_SIZE | UIO_MASK_STABLE, &object)), 0);
    ck_assert_int_eq(uio_replicas_wait(&set, uio_replicas_release(&set, 0)), 0);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_uint_eq(stores[i]->things[0].size, 12);
        ck_assert_uint_eq(store_open_count(stores[i]), 0);
    }
    ck_assert_ptr_null(set.client);
    ck_assert_int_eq(write_now("x"), VMTP_E_INVALID);
}
END_TEST

static int slow(struct store *store, struct vipc_incoming *in) {
    if ((in->message.code & 0xff) == (UIO_WRITE_INSTANCE & 0xff)) {
        ck_assert_ptr_null(store->held);
        store->held = in;
        return 1;
    }
    return 0;
}

/* UIO-8-02: not before the last of them has answered. */
START_TEST(none_is_left_out) {
    ck_assert_int_eq(create(UIO_MODE_WRITE), 0);
    stores[1]->hook = slow;
    ck_assert_int_eq(uio_replicas_write(&set, 0, 0, 0, "hello", 5), 0);
    ck_assert_int_eq(uio_replicas_write(&set, 0, 0, 0, "hello", 5), VMTP_E_INVALID);
    vipc_fake_run(net.fake, VMTP_SECOND);
    ck_assert_int_eq(set.over, 0);
    store_go_on(stores[1]);
    vipc_fake_run(net.fake, VMTP_SECOND);
    ck_assert_int_eq(set.over, 1);
    ck_assert_int_eq(set.result, 0);
}
END_TEST

/* UIO-8-03, UIO-8-06 */
START_TEST(who_has_not_done_it_is_told) {
    ck_assert_int_eq(create(UIO_MODE_WRITE), 0);
    stores[2]->refuse = UIO_WRITE_INSTANCE & 0xff;
    stores[2]->refuse_code = UIO_FAILED;
    stores[2]->refuse_times = 1;
    const unsigned bad = which_is(stores[2]);
    ck_assert_int_eq(write_now("hello"), (int)UIO_FAILED);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(set.replica[i].result, i == bad ? (int)UIO_FAILED : 0);
    ck_assert_int_eq(set.differ, (int)UIO_FAILED);
    ck_assert_int_eq(write_now("again"), (int)UIO_FAILED);
    ck_assert_uint_eq(ASKED(stores[0], UIO_WRITE_INSTANCE), 1);
    ck_assert_int_eq(uio_replicas_release(&set, 1), (int)UIO_FAILED);
    uio_replicas_give_up(&set, bad);
    ck_assert_int_eq(write_now("again"), 0);
    ck_assert_uint_eq(ASKED(stores[0], UIO_WRITE_INSTANCE), 2);
    ck_assert_uint_eq(ASKED(stores[2], UIO_WRITE_INSTANCE), 1);
    ck_assert_int_eq(uio_replicas_wait(&set, uio_replicas_release(&set, 0)), 0);
    ck_assert_uint_eq(store_open_count(stores[2]), 0);
}
END_TEST

/* UIO-8-03 */
START_TEST(a_manager_that_is_silent) {
    ck_assert_int_eq(create(UIO_MODE_WRITE), 0);
    const unsigned bad = which_is(stores[1]);
    store_crash(stores[1]);
    ck_assert_int_eq(write_now("hello"), (int)VMTP_RETRANS_TIMEOUT);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(set.replica[i].result, i == bad ? (int)VMTP_RETRANS_TIMEOUT : 0);
}
END_TEST

/* UIO-8-03: a disk that is full at one of them. */
START_TEST(different_numbers_of_octets) {
    ck_assert_int_eq(create(UIO_MODE_WRITE), 0);
    stores[0]->take_most = 3;
    ck_assert_int_eq(write_now("hello"), (int)UIO_NO_SPACE);
    ck_assert_uint_eq(set.octets, 3);
    ck_assert_uint_eq(set.replica[which_is(stores[0])].octets, 3);
    ck_assert_uint_eq(set.replica[which_is(stores[1])].octets, 5);
    ck_assert_int_eq(set.differ, (int)UIO_NO_SPACE);
}
END_TEST

/* UIO-8-03: creating is such an operation. */
START_TEST(one_that_cannot_be_opened) {
    stores[1]->refuse = UIO_CREATE_INSTANCE & 0xff;
    stores[1]->refuse_code = UIO_TOO_MANY;
    ck_assert_int_eq(create(UIO_MODE_WRITE), (int)UIO_TOO_MANY);
    ck_assert_int_eq(set.replica[which_is(stores[1])].result, (int)UIO_TOO_MANY);
    ck_assert_int_eq(write_now("hello"), (int)UIO_TOO_MANY);
    uio_replicas_give_up(&set, which_is(stores[1]));
    ck_assert_int_eq(write_now("hello"), 0);
    ck_assert_int_eq(uio_replicas_wait(&set, uio_replicas_release(&set, 0)), 0);
    for (unsigned i = 0; i < 3; i++)
        stores[i]->refuse_code = VMTP_NO_PERMISSION, stores[i]->refuse = UIO_CREATE_INSTANCE & 0xff;
    ck_assert_int_eq(create(UIO_MODE_WRITE), (int)VMTP_NO_PERMISSION);
    ck_assert_ptr_null(set.client);
}
END_TEST

/* UIO-8-03: they differ before anything is written. */
START_TEST(other_versions) {
    stores[1]->things[0].version++;
    ck_assert_int_eq(create(UIO_MODE_WRITE), (int)UIO_CHANGED);
    ck_assert_int_eq(write_now("hello"), (int)UIO_CHANGED);
    ck_assert_int_eq(uio_replicas_wait(&set, uio_replicas_release(&set, 0)), 0);
    ck_assert_int_eq(create(UIO_MODE_WRITE | UIO_MODE_TRUNCATE), 0);
}
END_TEST

/* UIO-8-05: strangers do not count, nor do those whose record says something else. */
START_TEST(who_counts) {
    stores[1]->record.group = GROUP + 0x100;
    stores[2]->record.manager = 0x99990000;
    vname_cache_put(net.names, &stores[0]->record);
    ck_assert_int_eq(create(UIO_MODE_WRITE), 0);
    ck_assert_uint_eq(set.count, 1);
    ck_assert_uint_eq(set.replica[0].manager, stores[0]->service.entity);
    ck_assert_uint_eq(net.client.counters.malformed, 6);
}
END_TEST

/* UIO-8-05: one whose answers get lost once is found all the same. */
START_TEST(answers_may_get_lost) {
    const struct vipc_fake_faults faults = {.answers = 300000, .delay = 100000, .patience = VMTP_SECOND};
    unsigned found = 0;
    vname_cache_put(net.names, &stores[0]->record);
    for (unsigned i = 0; i < 20; i++) {
        vipc_fake_set_faults(net.fake, &faults);
        ck_assert_int_eq(uio_replicas_create(&net.client, &set, UIO_MODE_WRITE, 0), 0);
        vipc_fake_run(net.fake, 600 * MS);
        found += set.count;
        uio_replicas_close(&set);
    }
    ck_assert_uint_ge(found, 56); /* of 60; with one round it would be about 48 */
}
END_TEST

START_TEST(a_manager_alone) {
    struct store *alone = net_store(&net, "/alone", 0);
    thing_fill(store_add(alone, "thing", FILE_LIKE, 512, ""), 100);
    set.name = "/alone/thing";
    set.name_length = 12;
    ck_assert_int_eq(create(UIO_MODE_WRITE), 0);
    ck_assert_uint_eq(set.count, 1);
    ck_assert_int_eq(write_now("hello"), 0);
    ck_assert_mem_eq(alone->things[0].data + 10, "hello", 5);
}
END_TEST

START_TEST(what_cannot_begin) {
    ck_assert_int_eq(uio_replicas_create(&net.client, &set, UIO_MODE_READ, 0), VMTP_E_INVALID);
    ck_assert_int_eq(uio_replicas_create(&net.client, &set, UIO_MODE_WRITE | 0x8000, 0), (int)UIO_UNSUPPORTED);
    ck_assert_int_eq(create(UIO_MODE_WRITE), 0);
    ck_assert_int_eq(uio_replicas_write(&set, UIO_SEQUENTIAL, 0, 0, "x", 1), (int)UIO_BAD_BLOCK);
    ck_assert_int_eq(set.differ, 0);
    ck_assert_int_eq(write_now("hello"), 0);
}
END_TEST

START_TEST(cancelled) {
    ck_assert_int_eq(create(UIO_MODE_WRITE), 0);
    stores[1]->hook = slow;
    ck_assert_int_eq(uio_replicas_write(&set, 0, 0, 0, "hello", 5), 0);
    vipc_fake_run(net.fake, VMTP_SECOND);
    uio_replicas_cancel(&set);
    ck_assert_int_eq(set.differ, VMTP_E_CANCELLED);
    ck_assert_int_eq(set.replica[which_is(stores[0])].result, 0);
    ck_assert_int_eq(set.replica[which_is(stores[1])].result, VMTP_E_CANCELLED);
    store_go_on(stores[1]);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("uio client: replicas that are written");
    TCase *c = tcase_create("replicas");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, all_of_them_are_written);
    tcase_add_test(c, none_is_left_out);
    tcase_add_test(c, who_has_not_done_it_is_told);
    tcase_add_test(c, a_manager_that_is_silent);
    tcase_add_test(c, different_numbers_of_octets);
    tcase_add_test(c, one_that_cannot_be_opened);
    tcase_add_test(c, other_versions);
    tcase_add_test(c, who_counts);
    tcase_add_test(c, answers_may_get_lost);
    tcase_add_test(c, a_manager_alone);
    tcase_add_test(c, what_cannot_begin);
    tcase_add_test(c, cancelled);
    suite_add_tcase(suite, c);
    return run_suite(suite);
}

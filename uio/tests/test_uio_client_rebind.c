/* SPDX-License-Identifier: BSD-2-Clause */
/* What is read of replicas goes on when a manager fails (section 8). */
#include "support/store.h"

#define GROUP 0x4000000012345600u

static struct net net;
static struct store *first, *second;
static struct uio_handle handle;
static struct uio_named again;
static uint8_t area[65536];

static void fill(struct store *store) { thing_fill(store_add(store, "thing", REPLICA_LIKE, 512, ""), 50000); }

static void setup(void) {
    net_open(&net);
    first = net_store(&net, "/disk", GROUP);
    second = net_store(&net, "/disk", GROUP);
    fill(first);
    fill(second);
    memset(&handle, 0, sizeof handle);
    memset(&again, 0, sizeof again);
    again.name = "/disk/thing";
    again.name_length = 11;
    handle.rebind = &again;
}

static void teardown(void) { net_close(&net); }

static struct store *current(void) { return handle.manager == first->service.entity ? first : second; }
static struct store *other(void) { return handle.manager == first->service.entity ? second : first; }

static int read_now(struct uio_call *call, uint64_t block) {
    memset(area, 0, sizeof area);
    return WAIT(call, uio_read(&handle, call, block, 0, area, 4096));
}

#define READ_IS_GOOD(block)                                                                                            \
    do {                                                                                                               \
        struct uio_call *good_ = a_call();                                                                             \
        ck_assert_int_eq(read_now(good_, block), 0);                                                                   \
        ck_assert_uint_eq(good_->octets, 4096);                                                                        \
        ck_assert_mem_eq(area, first->things[0].data + (block)*512, 4096);                                             \
    } while (0)

/* UIO-8-01: a manager that falls silent. */
START_TEST(goes_on_at_the_other_one) {
    net_create(&net, &handle, "/disk/thing", UIO_MODE_READ);
    struct store *left = current(), *to = other();
    ck_assert_uint_eq(handle.group, GROUP);
    ck_assert(uio_may_rebind(&handle));
    READ_IS_GOOD(0);
    store_crash(left);
    READ_IS_GOOD(8);
    ck_assert_uint_eq(handle.manager, to->service.entity);
    ck_assert_uint_eq(net.client.counters.rebound, 1);
    ck_assert_uint_eq(net.client.counters.repeats, 0);
    READ_IS_GOOD(16);
}
END_TEST

/* UIO-8-01: one that is gone, and says so; one that has forgotten the instance. */
START_TEST(goes_on_when_it_is_told) {
    net_create(&net, &handle, "/disk/thing", UIO_MODE_READ);
    current()->opened[0].number = 0;
    READ_IS_GOOD(0);
    ck_assert_uint_eq(net.client.counters.rebound, 1);
    store_exit(current());
    READ_IS_GOOD(8);
    ck_assert_uint_eq(net.client.counters.rebound, 2);
    struct uio_call *call = a_call();
    ck_assert_int_eq(WAIT(call, uio_query(&handle, call, area)), 0);
    ck_assert_int_eq(WAIT(call, uio_release(&handle, call, 0)), 0);
}
END_TEST

/* UIO-8-01 */
START_TEST(another_version_is_told) {
    net_create(&net, &handle, "/disk/thing", UIO_MODE_READ);
    struct uio_call *call = a_call();
    other()->things[0].version++;
    struct store *to = other();
    store_crash(current());
    ck_assert_int_eq(read_now(call, 0), (int)UIO_CHANGED);
    ck_assert_int_eq(handle.gone, (int)UIO_CHANGED);
    ck_assert_int_eq(read_now(call, 0), (int)UIO_CHANGED);
    vipc_fake_run(net.fake, VMTP_SECOND);
    ck_assert_uint_eq(store_open_count(to), 0); /* what was created to find out is released */
    ck_assert_uint_eq(net.client.counters.rebound_changed, 1);
    ck_assert_int_eq(uio_release(&handle, call, 0), (int)UIO_CHANGED);
}
END_TEST

/* UIO-8-01: only in the same group. */
START_TEST(strangers_do_not_count) {
    net_create(&net, &handle, "/disk/thing", UIO_MODE_READ);
    other()->record.group = GROUP + 0x100;
    struct store *to = other();
    struct uio_call *call = a_call();
    store_crash(current());
    ck_assert_int_eq(read_now(call, 0), (int)UIO_STALE);
    vipc_fake_run(net.fake, VMTP_SECOND);
    ck_assert_uint_eq(store_open_count(to), 0);
    ck_assert_uint_eq(net.client.counters.rebound_not, 1);
}
END_TEST

/* UIO-8-01: nobody is left. */
START_TEST(nobody_is_left) {
    net_create(&net, &handle, "/disk/thing", UIO_MODE_READ);
    struct uio_call *call = a_call();
    store_crash(first);
    store_crash(second);
    ck_assert_int_eq(read_now(call, 0), (int)UIO_STALE);
    ck_assert_int_eq(handle.gone, (int)UIO_STALE);
}
END_TEST

/* UIO-8-01: without a record for it, with locks, or of what is written, nothing of the kind is done. */
START_TEST(not_without_permission) {
    const struct uio_range range = {0, 0, 0};
    struct uio_call *call = a_call();
    handle.rebind = NULL;
    net_create(&net, &handle, "/disk/thing", UIO_MODE_READ);
    store_exit(current());
    ck_assert_int_eq(read_now(call, 0), (int)UIO_STALE);
    ck_assert_uint_eq(net.client.counters.rebound, 0);
    ck_assert_int_eq(uio_release(&handle, call, 0), (int)UIO_STALE);
    first->things[0].attributes |= UIO_LOCKS;
    second->things[0].attributes |= UIO_LOCKS;
    vname_cache_drop(net.names, NULL, 0);
    net_create(&net, &handle, "/disk/thing", UIO_MODE_READ);
    ck_assert(uio_may_rebind(&handle));
    ck_assert_int_eq(WAIT(call, uio_lock(&handle, call, UIO_LOCK_SHARED, 0, &range)), 0);
    ck_assert(!uio_may_rebind(&handle));
}
END_TEST

static int ended;

static void count_end(struct uio_call *call, int result) {
    ck_assert_int_eq(result, 0);
    ck_assert_uint_eq(call->octets, 512);
    ended++;
}

/* UIO-8-01: several reads under way go on together, with one new instance. */
START_TEST(all_reads_go_on) {
    static uint8_t areas[8][512];
    net_create(&net, &handle, "/disk/thing", UIO_MODE_READ);
    struct store *to = other();
    ended = 0;
    store_crash(current());
    for (unsigned i = 0; i < 8; i++) {
        struct uio_call *call = a_call();
        call->done = count_end;
        ck_assert_int_eq(uio_read(&handle, call, i, 0, areas[i], 512), 0);
    }
    vipc_fake_run(net.fake, 20 * VMTP_SECOND);
    ck_assert_int_eq(ended, 8);
    ck_assert_uint_eq(to->asked[UIO_CREATE_INSTANCE & 0xff], 1);
    for (unsigned i = 0; i < 8; i++)
        ck_assert_mem_eq(areas[i], first->things[0].data + i * 512, 512);
}
END_TEST

/* Its deadline ends a read also while it waits for another manager. */
START_TEST(deadlines_count) {
    net_create(&net, &handle, "/disk/thing", UIO_MODE_READ);
    struct uio_call *call = a_call();
    store_crash(first);
    store_crash(second);
    const vmtp_time before = vipc_now(net.node);
    call->deadline = before + 3 * VMTP_SECOND;
    ck_assert_int_eq(read_now(call, 0), (int)VMTP_USER_TIMEOUT);
    ck_assert_uint_eq(vipc_now(net.node) - before, 3 * VMTP_SECOND);
    uio_detach(&handle);
    vipc_fake_run(net.fake, 20 * VMTP_SECOND);
}
END_TEST

/* UIO-8-01, of a name that is relative. */
START_TEST(relative_names) {
    static struct vname_context place;
    static struct vname_place where;
    memset(&place, 0, sizeof place);
    memset(&where, 0, sizeof where);
    memcpy(where.name, "/disk", 5);
    where.length = 5;
    ck_assert_int_eq(vname_context_set(net.names, &place, &where), 0);
    struct uio_named *named = named_of("thing");
    named->from = &place;
    again.name = "thing";
    again.name_length = 5;
    again.from = &place;
    ck_assert_int_eq(uio_named_wait(named, uio_create(&net.client, named, &handle, UIO_MODE_READ, 0)), 0);
    ck_assert_uint_eq(handle.group, GROUP);
    store_crash(current());
    READ_IS_GOOD(0);
    ck_assert_uint_eq(net.client.counters.rebound, 1);
    uio_detach(&handle);
    vname_context_clear(&place);
}
END_TEST

/* UIO-8-02: what has replicas is not written at one of them. */
START_TEST(one_alone_is_not_written) {
    struct uio_named *named = named_of("/disk/thing");
    ck_assert_int_eq(uio_named_wait(named, uio_create(&net.client, named, &handle, UIO_MODE_WRITE | UIO_MODE_TRUNCATE, 0)),
                     (int)UIO_UNSUPPORTED);
    ck_assert_uint_eq(first->asked[UIO_CREATE_INSTANCE & 0xff] + second->asked[UIO_CREATE_INSTANCE & 0xff], 0);
    ck_assert_uint_eq(first->things[0].size, 50000);
}
END_TEST

/* UIO-8-02: also when that comes out only by the attributes. */
START_TEST(one_alone_is_not_written_by_attributes) {
    struct store *alone = net_store(&net, "/alone", 0);
    thing_fill(store_add(alone, "thing", FILE_LIKE | UIO_REPLICATED, 512, ""), 100);
    struct uio_named *named = named_of("/alone/thing");
    ck_assert_int_eq(uio_named_wait(named, uio_create(&net.client, named, &handle, UIO_MODE_WRITE, 0)),
                     (int)UIO_UNSUPPORTED);
    ck_assert_ptr_null(handle.client);
    ck_assert_uint_eq(store_open_count(alone), 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("uio client: replicas that are read");
    TCase *c = tcase_create("rebinding");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, goes_on_at_the_other_one);
    tcase_add_test(c, goes_on_when_it_is_told);
    tcase_add_test(c, another_version_is_told);
    tcase_add_test(c, strangers_do_not_count);
    tcase_add_test(c, nobody_is_left);
    tcase_add_test(c, not_without_permission);
    tcase_add_test(c, all_reads_go_on);
    tcase_add_test(c, deadlines_count);
    tcase_add_test(c, relative_names);
    tcase_add_test(c, one_alone_is_not_written);
    tcase_add_test(c, one_alone_is_not_written_by_attributes);
    suite_add_tcase(suite, c);
    return run_suite(suite);
}

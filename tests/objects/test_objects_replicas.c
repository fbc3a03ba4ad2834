/* SPDX-License-Identifier: BSD-2-Clause */
/* Two managers of files with the same directory, as a group: who reads goes on when one of them fails. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/place.h"

#define GROUP 0x4000000012345600u
#define SIZE 300000u

static struct shop shops[2];
static struct guest guest;
static struct uio_handle handle;
static struct uio_named again;
static char folders[2][64];
static uint8_t content[SIZE], area[16384], room[UIO_LARGE_ROOM];

static void put(unsigned which, const char *name, size_t size, time_t time) {
    const struct timespec times[2] = {{.tv_sec = time}, {.tv_sec = time}};
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folders[which], name);
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, content, size), (ssize_t)size);
    ck_assert_int_eq(futimens(fd, times), 0);
    close(fd);
}

static void prepare(void) {
    memset(&handle, 0, sizeof handle);
    memset(&again, 0, sizeof again);
    again.room = room;
    again.room_size = sizeof room;
    handle.rebind = &again;
}

static void begin(int rig) {
    const char *tmp = getenv("TMPDIR");
    for (uint32_t i = 0; i < SIZE; i++)
        content[i] = (uint8_t)(i * 7 + i / 251);
    place_open(rig);
    for (unsigned i = 0; i < 2; i++) {
        snprintf(folders[i], sizeof folders[i], "%s/replica-XXXXXX", tmp && strlen(tmp) < 40 ? tmp : "/tmp");
        ck_assert_ptr_nonnull(mkdtemp(folders[i]));
        put(i, "same", SIZE, 1000000000 + (time_t)i); /* times do not count */
        content[SIZE - 1] ^= (uint8_t)i;
        put(i, "other", SIZE, 1000000000);
        content[SIZE - 1] ^= (uint8_t)i;
    }
    for (unsigned i = 0; i < 2; i++)
        shop_open_replica(&shops[i], i, "/pictures", folders[i], GROUP);
    guest_open(&guest, 2);
    prepare();
}

static void open_it(const char *name) {
    again.name = name;
    again.name_length = strlen(name);
    ck_assert_int_eq(guest_create(&guest, &handle, name, UIO_MODE_READ), 0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where) {
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

static void end(void) {
    guest_close(&guest);
    for (unsigned i = 0; i < 2; i++) {
        shop_close(&shops[i]);
        ck_assert_int_eq(nftw(folders[i], remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    }
    place_close();
}

/* The one that has the instance. */
static unsigned current(void) { return handle.manager == shops[0].entity ? 0 : 1; }

static int read_now(uint64_t block, uint32_t *octets) {
    struct uio_call *call = new_call(0);
    const int result = place_wait(call, uio_read(&handle, call, block, 0, area, sizeof area));
    *octets = call->octets;
    return result;
}

enum way { CUT_OFF, ENDED, REMOVED };

static void fail_by(enum way way) {
    const unsigned which = current();
    struct uio_manager_view view;
    switch (way) {
    case CUT_OFF: place_off(which); break;
    case ENDED: shop_close(&shops[which]); break;
    default:
        ck_assert_int_eq(uio_manager_nth_instance(shops[which].manager, 0, &view), 1);
        uio_manager_end_instance((struct uio_manager_instance *)(uintptr_t)view.instance);
    }
}

static void read_all(enum way way) {
    uint32_t at = 0, octets;
    while (at < SIZE) {
        ck_assert_int_eq(read_now(at / handle.instance.block_size, &octets), 0);
        ck_assert_mem_eq(area, content + at, octets);
        at += octets;
        if (at == 8 * sizeof area)
            fail_by(way);
    }
    ck_assert_uint_eq(at, SIZE);
}

/* UIO-8-01, UIO-9.1-07: the node is gone, the program has ended, it has forgotten the instance */
START_TEST(reading_goes_on) {
    const enum way way = (enum way)(_i / PLACE_RIGS);
    begin(_i % PLACE_RIGS);
    open_it("/pictures/same");
    ck_assert_uint_eq(handle.group, GROUP);
    ck_assert_uint_eq(handle.instance.attributes & (UIO_REPLICATED | UIO_LOCKS | UIO_WRITEABLE), UIO_REPLICATED);
    ck_assert_int_eq(uio_may_rebind(&handle), 1);
    const unsigned first = current();
    read_all(way);
    ck_assert_uint_eq(guest.client.counters.rebound, 1);
    if (way != REMOVED) /* then either will do */
        ck_assert_uint_ne(current(), first);
    ck_assert_uint_eq(uio_manager_counters(shops[current()].manager)->created,
                      way == REMOVED && current() == first ? 2 : 1);
    ck_assert_int_eq(guest_release(&handle), 0);
    end();
}
END_TEST

/* UIO-7-04: the node goes while its answer, of several packet groups, is on its way */
START_TEST(cut_off_in_the_middle_of_an_answer) {
    static uint8_t large[65536];
    begin(PLACE_RIGS - 1);
    open_it("/pictures/same");
    ck_assert_uint_eq(handle.instance.max_transfer, sizeof large);
    place_faults(60000); /* so that only some of it has come */
    struct uio_call *call = new_call(0);
    ck_assert_int_eq(uio_read(&handle, call, 1, 0, large, sizeof large), 0);
    place_run((vmtp_time)_i * 40 * VMTP_MICROSECOND);
    place_off(current());
    place_faults(0);
    ck_assert_int_eq(place_wait(call, 0), 0);
    ck_assert_uint_eq(call->octets, sizeof large);
    ck_assert_mem_eq(large, content + handle.instance.block_size, sizeof large);
    end();
}
END_TEST

/* UIO-8-01, UIO-9.1-07: a copy that is none */
START_TEST(another_version) {
    uint32_t octets;
    begin(_i);
    open_it("/pictures/other");
    ck_assert_int_eq(read_now(0, &octets), 0);
    place_off(current());
    ck_assert_int_eq(read_now(1, &octets), (int)UIO_CHANGED);
    ck_assert_int_eq(read_now(0, &octets), (int)UIO_CHANGED);
    ck_assert_uint_eq(guest.client.counters.rebound_changed, 1);
    end();
}
END_TEST

/* UIO-8-01: the other one does not have it, or there is no other one any more */
START_TEST(nowhere_else) {
    uint32_t octets;
    begin(_i);
    put(0, "single", 100, 1000000000);
    put(1, "single", 100, 1000000000);
    open_it("/pictures/single");
    const unsigned other = !current();
    char path[128];
    snprintf(path, sizeof path, "%s/single", folders[other]);
    ck_assert_int_eq(unlink(path), 0);
    fail_by(ENDED);
    ck_assert_int_eq(read_now(0, &octets), (int)UIO_STALE);
    uio_detach(&handle);
    prepare();
    open_it("/pictures/same"); /* names are found at the one that is left */
    ck_assert_uint_eq(current(), other);
    place_off(other);
    ck_assert_int_eq(read_now(0, &octets), (int)UIO_STALE);
    end();
}
END_TEST

/* UIO-9.1-07, UIO-8-04 */
START_TEST(replicas_cannot_be_written) {
    struct file_manager *none;
    const struct file_config config = {.directory = "/tmp", .replica = 1};
    begin(_i);
    struct uio_handle h = {0};
    ck_assert_int_eq(guest_create(&guest, &h, "/pictures/same", UIO_MODE_WRITE), (int)UIO_UNSUPPORTED);
    ck_assert_int_eq(file_open(&none, shops[0].manager, &config), VMTP_E_INVALID);
    end();
}
END_TEST

static void add(TCase *c) {
    tcase_add_loop_test(c, reading_goes_on, 0, 3 * PLACE_RIGS);
    tcase_add_loop_test(c, cut_off_in_the_middle_of_an_answer, 0, 20);
    tcase_add_loop_test(c, another_version, 0, PLACE_RIGS);
    tcase_add_loop_test(c, nowhere_else, 0, PLACE_RIGS);
    tcase_add_loop_test(c, replicas_cannot_be_written, 0, PLACE_RIGS);
}

int main(void) { return place_main("replicas of files", add); }

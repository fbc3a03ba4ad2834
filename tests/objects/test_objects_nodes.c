/* SPDX-License-Identifier: BSD-2-Clause */
/* What a node shows of itself, used by programs of other nodes. */
#include <stdio.h>

#include "support/place.h"

static struct shop shop;
static struct guest writer, reader;
static struct uio_handle in, out;
static uint8_t area[20000];

static void begin(int rig) {
    place_open(rig);
    shop_open(&shop, 0, "/node");
    guest_open(&writer, 1);
    guest_open(&reader, 2);
}

static void end(void) {
    guest_close(&writer);
    guest_close(&reader);
    shop_close(&shop);
    place_close();
}

/* ---- a pipe ----------------------------------------------------------------------------------------------------- */

#define LONG_WAY 300000u

static uint8_t sent[LONG_WAY];
static uint32_t written;
static struct uio_call writing;

static uint32_t step_of(uint32_t at) { return 1 + at * 7 % 9001; }

static void write_on(void) {
    const uint32_t left = LONG_WAY - written, n = step_of(written) < left ? step_of(written) : left;
    memset(&writing, 0, sizeof writing);
    writing.deadline = VMTP_NEVER;
    writing.milliseconds = 2000;
    if (n)
        ck_assert_int_eq(uio_write(&out, &writing, UIO_SEQUENTIAL, 0, 0, sent + written, n), 0);
}

static void turn_writer(void) {
    if (!writing.over)
        return;
    ck_assert(writing.result == 0 || writing.result == (int)UIO_WOULD_WAIT);
    written += writing.octets;
    write_on();
}

/* UIO-9.2-02, UIO-9.2-04: from one node to another by way of a third, also where packets get lost */
START_TEST(through_a_pipe) {
    begin(_i);
    place_faults(_i ? 20000 : 0);
    for (uint32_t i = 0; i < LONG_WAY; i++)
        sent[i] = (uint8_t)(i * 7 + i / 251);
    guest_must_create(&writer, &out, "/node/pipe/long", UIO_MODE_WRITE | UIO_MODE_CREATE);
    guest_must_create(&reader, &in, "/node/pipe/long", UIO_MODE_READ);
    written = 0;
    write_on();
    for (uint32_t at = 0; at < LONG_WAY;) {
        struct uio_call *call = new_call(2000);
        ck_assert_int_eq(uio_read(&in, call, UIO_SEQUENTIAL, 0, area, 1 + at * 11 % 16000), 0);
        for (unsigned i = 0; !call->over && i < 100000; i++) {
            place_run(MS);
            turn_writer();
        }
        ck_assert(call->result == 0 || call->result == (int)UIO_WOULD_WAIT);
        ck_assert_mem_eq(area, sent + at, call->octets);
        at += call->octets;
    }
    ck_assert_int_eq(guest_release(&out), 0);
    struct uio_call *call = new_call(2000);
    ck_assert_int_eq(place_wait(call, uio_read(&in, call, UIO_SEQUENTIAL, 0, area, 100)), 0);
    ck_assert_uint_eq(call->octets, 0);
    ck_assert_uint_eq(call->flags, UIO_END);
    ck_assert_int_eq(guest_release(&in), 0);
    ck_assert_uint_eq(pipe_count(shop.pipes), 0);
    end();
}
END_TEST

/* UIO-9.2-02, UIO-9.2-03, UIO-2.3-06: a node that loses its cable frees its end */
START_TEST(a_writer_whose_node_is_gone) {
    begin(_i);
    guest_must_create(&writer, &out, "/node/pipe/p", UIO_MODE_WRITE | UIO_MODE_CREATE);
    guest_must_create(&reader, &in, "/node/pipe/p", UIO_MODE_READ);
    place_off(1);
    struct uio_call *call = NULL;
    int result = (int)UIO_WOULD_WAIT;
    for (unsigned i = 0; i < 60 && result == (int)UIO_WOULD_WAIT; i++) {
        call = new_call(5000);
        result = place_wait(call, uio_read(&in, call, UIO_SEQUENTIAL, 0, area, 100));
    }
    ck_assert_int_eq(result, 0);
    ck_assert_uint_eq(call->octets, 0);
    ck_assert_uint_eq(call->flags, UIO_END);
    ck_assert_uint_eq(uio_manager_counters(shop.manager)->owners_gone, 1);
    end();
}
END_TEST

/* ---- a log ------------------------------------------------------------------------------------------------------ */

#define RECORDS 200u

/* UIO-9.5-01: who follows a log sees every record once, in order, whatever gets lost on the way */
START_TEST(a_log_is_followed) {
    char text[64];
    begin(_i);
    place_faults(_i ? 20000 : 0);
    guest_must_create(&writer, &out, "/node/log", UIO_MODE_WRITE);
    guest_must_create(&reader, &in, "/node/log", UIO_MODE_READ);
    uint64_t block = in.instance.next_block;
    unsigned wrote = 0, seen = 0, nothing = 0;
    memset(&writing, 0, sizeof writing);
    writing.over = 1;
    while (seen < RECORDS) {
        struct uio_call *call = new_call(0);
        ck_assert_int_eq(uio_read(&in, call, block, 0, area, LOG_RECORD_OCTETS), 0);
        for (unsigned i = 0; !call->over && i < 100000; i++) {
            place_run(i % 97 == 0 ? 20 * MS : MS); /* now and then the reader waits */
            if (!writing.over || wrote == RECORDS)
                continue;
            ck_assert_int_eq(writing.result, 0);
            memset(&writing, 0, sizeof writing);
            writing.deadline = VMTP_NEVER;
            snprintf((char *)sent, 64, "record %u", wrote++);
            ck_assert_int_eq(uio_write(&out, &writing, 0, 0, 0, sent, (uint32_t)strlen((char *)sent)), 0);
        }
        ck_assert_int_eq(call->result, 0);
        block = call->block;
        if (!call->octets) {
            ck_assert_uint_eq(call->flags, UIO_END);
            nothing++;
            continue;
        }
        snprintf(text, sizeof text, "record %u", seen++);
        ck_assert_uint_eq(call->octets, strlen(text));
        ck_assert_mem_eq(area, text, call->octets);
    }
    ck_assert_uint_eq(log_next(shop.log), RECORDS);
    ck_assert_uint_le(nothing, 2);
    end();
}
END_TEST

/* ---- a clock, programs, and two nodes ------------------------------------------------------------------------------- */

/* UIO-9.3-02 */
START_TEST(a_delay_elsewhere) {
    static const uint32_t parameters[5] = {1500000};
    begin(_i);
    guest_must_create(&reader, &in, "/node/time", UIO_MODE_READ);
    const vmtp_time before = vipc_now(place.nodes[2]);
    struct uio_call *call = new_call(0);
    ck_assert_int_eq(place_wait(call, uio_control(&in, call, UIO_CLOCK_DELAY, parameters, NULL, 0, NULL, 0)), 0);
    const vmtp_time took = vipc_now(place.nodes[2]) - before;
    ck_assert_uint_ge(took, 1500 * MS);
    ck_assert_uint_le(took, 1600 * MS);
    end();
}
END_TEST

/* UIO-9.4-01, UIO-9.6-01: each node by its own prefix */
START_TEST(two_nodes) {
    static struct shop other;
    begin(_i);
    shop_open(&other, 3, "/other");
    guest_must_create(&reader, &in, "/other/pipe/p", UIO_MODE_READ | UIO_MODE_CREATE);
    guest_must_create(&writer, &out, "/node/pipe/p", UIO_MODE_WRITE | UIO_MODE_CREATE);
    ck_assert_uint_eq(in.manager, other.itself.entity);
    ck_assert_uint_eq(out.manager, shop.itself.entity);
    ck_assert_uint_eq(pipe_count(shop.pipes), 1);
    ck_assert_uint_eq(pipe_count(other.pipes), 1);
    struct uio_handle list = {0};
    guest_must_create(&reader, &list, "/other/programs", UIO_MODE_READ | UIO_MODE_CONTEXT);
    struct uio_call *call = new_call(0);
    ck_assert_int_eq(place_wait(call, uio_read(&list, call, 0, 0, area, 2048)), 0);
    struct uio_list l = uio_list_of(area, call->octets);
    struct uio_object object;
    ck_assert_int_eq(uio_list_next(&l, &object), 1);
    ck_assert_uint_eq(object.number, other.itself.entity);
    ck_assert_int_eq(uio_list_next(&l, &object), 0);
    ck_assert_int_eq(guest_release(&list), 0);
    ck_assert_int_eq(guest_create(&reader, &list, "/other/none", UIO_MODE_READ), (int)VNAME_NOT_FOUND);
    guest_close(&writer);
    guest_close(&reader);
    shop_close(&other);
    shop_close(&shop);
    place_close();
}
END_TEST

/* ---- numbers ------------------------------------------------------------------------------------------------------ */

static uint64_t numbers[16];
static unsigned number_count;

static uint64_t number_by_name(const char *name) {
    static struct uio_named named;
    memset(&named, 0, sizeof named);
    named.name = name;
    named.name_length = strlen(name);
    named.deadline = VMTP_NEVER;
    ck_assert_int_eq(uio_query_object(&reader.client, &named, 0), 0);
    for (unsigned i = 0; i < 10000 && !named.over; i++)
        place_run(MS);
    ck_assert(named.over && named.result == 0);
    return named.object.number;
}

/* Whatever tells it, its number is this one, which nothing before it has had; 0: that which they tell. */
static void check_number(const char *name, uint32_t mode, uint64_t number) {
    struct uio_handle handle = {0};
    const uint64_t told = number_by_name(name);
    ck_assert_uint_ne(told, 0);
    ck_assert_msg(!number || told == number, "%s: %llx in the list, %llx by name", name, (unsigned long long)number,
                  (unsigned long long)told);
    guest_must_create(&reader, &handle, name, mode);
    ck_assert_uint_eq(handle.instance.object.number, told);
    struct uio_call *call = new_call(0);
    ck_assert_int_eq(place_wait(call, uio_query(&handle, call, area)), 0);
    ck_assert_uint_eq(handle.instance.object.number, told);
    ck_assert_int_eq(guest_release(&handle), 0);
    for (unsigned i = 0; i < number_count; i++)
        ck_assert_msg(numbers[i] != told, "%s: another one is %llx, too", name, (unsigned long long)told);
    numbers[number_count++] = told;
}

/* Those of all that is in a context. */
static void check_list(const char *context, unsigned count) {
    static uint8_t octets[2048];
    struct uio_handle list = {0};
    struct uio_object object;
    char name[128];
    guest_must_create(&reader, &list, context, UIO_MODE_READ | UIO_MODE_CONTEXT);
    struct uio_call *call = new_call(0);
    ck_assert_int_eq(place_wait(call, uio_read(&list, call, 0, 0, octets, sizeof octets)), 0);
    struct uio_list l = uio_list_of(octets, call->octets);
    for (; uio_list_next(&l, &object); count--) {
        snprintf(name, sizeof name, "%s/%.*s", context, (int)object.name_length, object.name);
        check_number(name, UIO_MODE_READ, object.number);
    }
    ck_assert_uint_eq(count, 0);
    ck_assert_int_eq(guest_release(&list), 0);
}

/* UIO-3.1-05 */
START_TEST(numbers_of_all_kinds) {
    begin(_i);
    number_count = 0;
    guest_must_create(&reader, &in, "/node/pipe/one", UIO_MODE_READ | UIO_MODE_CREATE);
    guest_must_create(&writer, &out, "/node/pipe/two", UIO_MODE_WRITE | UIO_MODE_CREATE);
    check_number("/node", UIO_MODE_READ | UIO_MODE_CONTEXT, 0);
    check_list("/node", 4);
    check_list("/node/pipe", 2);
    check_list("/node/programs", 1);
    end();
}
END_TEST

static void add(TCase *c) {
    tcase_add_loop_test(c, numbers_of_all_kinds, 0, PLACE_RIGS);
    tcase_add_loop_test(c, through_a_pipe, 0, PLACE_RIGS);
    tcase_add_loop_test(c, a_writer_whose_node_is_gone, 0, PLACE_RIGS);
    tcase_add_loop_test(c, a_log_is_followed, 0, PLACE_RIGS);
    tcase_add_loop_test(c, a_delay_elsewhere, 0, PLACE_RIGS);
    tcase_add_loop_test(c, two_nodes, 0, PLACE_RIGS);
}

int main(void) { return place_main("objects of nodes", add); }

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * port_battery.c - see port_battery.h.
 *
 * That something does not arrive is tested without waiting for it: another packet is sent after it, and must be the first to come.
 */
#include "port_battery.h"
#include "frames.h"

#include <stdlib.h>

#define RIGS_MOST 8
#define MARKER 0xfeedu
#define PATIENCE (10 * VMTP_SECOND)

static const struct port_rig *rigs[RIGS_MOST];
static int rig_count;

static const struct port_rig *rig;
static vmtp_port *a, *b;
static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static const uint8_t group[6] = {0x09, 0x00, 0x56, 0x12, 0x34, 0x56};

/* ---- helpers ---------------------------------------------------------------------------------------------------- */

unsigned port_battery_receive(const struct port_rig *r, vmtp_port *port, struct vmtp_rx *rx, unsigned max) {
    for (;;) {
        int count = vmtp_port_recv(port, rx, max);
        ck_assert_int_ge(count, 0);
        if (count > 0)
            return (unsigned)count;
        if (r->settle && r->settle())
            continue;
        int waited = vmtp_port_wait(port, PATIENCE);
        ck_assert_msg(waited == 1, "%s: the packet did not come (%s)", r->name, vmtp_error_text(waited));
    }
}

void port_battery_expect(const struct port_rig *r, vmtp_port *port, uint32_t number) {
    struct vmtp_rx rx;
    port_battery_receive(r, port, &rx, 1);
    ck_assert_uint_eq(test_frame_number(&rx), number);
    vmtp_port_release(port);
}

void port_battery_send(vmtp_port *port, const struct vmtp_tx *tx) { ck_assert_int_eq(vmtp_port_send(port, &tx, 1), 1); }

void port_battery_send_number(vmtp_port *port, const uint8_t dst[6], uint32_t number) {
    struct vmtp_tx tx;
    test_frame_make(&tx, dst, number, NULL, 0);
    port_battery_send(port, &tx);
}

static void send_number(const uint8_t dst[6], uint32_t number) { port_battery_send_number(a, dst, number); }
static void expect(uint32_t number) { port_battery_expect(rig, b, number); }

static uint32_t largest(void) { return a->info.mtu < VMTP_MAX_PACKET ? a->info.mtu : VMTP_MAX_PACKET; }

static void open_rig(int i) {
    rig = rigs[i];
    int error = rig->open(&a, &b);
    ck_assert_msg(error == 0, "%s: cannot open: %s", rig->name, vmtp_error_text(error));
}

static void close_rig(void) { rig->close(a, b); }

/* ---- tests -------------------------------------------------------------------------------------------------------- */

START_TEST(says_what_it_is) {
    open_rig(_i);
    ck_assert_msg(!(a->info.mac[0] & 1), "a port's own address is not a multicast address");
    ck_assert_mem_ne(a->info.mac, b->info.mac, 6);
    ck_assert_uint_ge(a->info.mtu, 580);
    ck_assert_uint_eq(a->info.ethertype, VMTP_ETHERTYPE);
    ck_assert_uint_gt(strlen(a->info.name), 0);
    close_rig();
}
END_TEST

START_TEST(nothing_comes_of_nothing) {
    open_rig(_i);
    struct vmtp_rx rx;
    ck_assert_int_eq(vmtp_port_recv(b, &rx, 1), 0);
    int waited = vmtp_port_wait(b, 0);
    ck_assert_msg(waited == 0 || waited == VMTP_E_UNSUPPORTED, "wait: %d", waited);
    ck_assert_int_eq(vmtp_port_send(a, NULL, 0), 0);
    close_rig();
}
END_TEST

START_TEST(packets_arrive_in_order) {
    open_rig(_i);
    for (uint32_t n = 0; n < 100; n++)
        send_number(b->info.mac, n);
    for (uint32_t n = 0; n < 100; n++)
        expect(n);
    close_rig();
}
END_TEST

START_TEST(a_batch_arrives_in_order) {
    enum { COUNT = 100 };
    open_rig(_i);
    struct vmtp_tx *tx = calloc(COUNT, sizeof *tx);
    const struct vmtp_tx *pointers[COUNT];
    uint8_t data[600];
    test_frame_fill(data, sizeof data, 1);
    for (uint32_t n = 0; n < COUNT; n++) {
        /* small and large ones, which a port may treat differently */
        test_frame_make(&tx[n], b->info.mac, n, data, n % 3 ? 0 : 400 + n);
        pointers[n] = &tx[n];
    }
    ck_assert_int_eq(vmtp_port_send(a, pointers, COUNT), COUNT);
    free(tx);
    struct vmtp_rx rx[7];
    for (uint32_t n = 0; n < COUNT;) {
        unsigned got = port_battery_receive(rig, b, rx, 7);
        ck_assert_uint_le(got, 7);
        for (unsigned i = 0; i < got; i++, n++) {
            ck_assert_uint_eq(test_frame_number(&rx[i]), n);
            ck_assert_uint_eq(rx[i].length, VMTP_MIN_PACKET + (n % 3 ? 0 : 400 + n));
        }
        vmtp_port_release(b);
    }
    close_rig();
}
END_TEST

/* VMTP-2.1-03 */
START_TEST(slices_are_gathered) {
    open_rig(_i);
    uint8_t data[VMTP_TX_SLICES][64], want[VMTP_MIN_PACKET + sizeof data + VMTP_TX_TRAILER];
    struct vmtp_tx tx;
    for (unsigned slices = 0; slices <= VMTP_TX_SLICES; slices++) {
        test_frame_make(&tx, b->info.mac, slices, NULL, 0);
        for (unsigned s = 0; s < slices; s++) {
            test_frame_fill(data[s], sizeof data[s], s);
            tx.slices[s].octets = data[s];
            tx.slices[s].length = s * 3 % 64 + 1;
        }
        tx.slice_count = (uint8_t)slices;
        tx.trailer_octets = (uint8_t)(4 + slices % 8);
        size_t octets = vmtp_tx_gather(&tx, want);
        port_battery_send(a, &tx);
        memset(data, 0, sizeof data); /* what has been taken needs its memory no more */
        struct vmtp_rx rx;
        port_battery_receive(rig, b, &rx, 1);
        ck_assert_uint_eq(rx.length, octets);
        ck_assert_mem_eq(rx.packet, want, octets);
        ck_assert_mem_eq(rx.dst, b->info.mac, 6);
        ck_assert_mem_eq(rx.src, a->info.mac, 6);
        ck_assert_uint_eq(rx.flags & VMTP_RX_TRUNCATED, 0);
        vmtp_port_release(b);
    }
    close_rig();
}
END_TEST

/* VMTP-2.2-01 */
START_TEST(all_sizes_pass_up_to_the_mtu) {
    open_rig(_i);
    uint32_t most = largest() - VMTP_MIN_PACKET;
    const uint32_t sizes[] = {0, 1, 8, 187, 188, 189, 190, 511, 512, most - 1, most};
    uint8_t *data = malloc(most);
    test_frame_fill(data, most, 7);
    for (uint32_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct vmtp_tx tx;
        struct vmtp_rx rx;
        test_frame_make(&tx, b->info.mac, i, data, sizes[i]);
        port_battery_send(a, &tx);
        port_battery_receive(rig, b, &rx, 1);
        ck_assert_uint_eq(rx.length, VMTP_MIN_PACKET + sizes[i]);
        ck_assert_mem_eq(rx.packet + VMTP_HEADER_OCTETS, data, sizes[i]);
        ck_assert_uint_eq(rx.flags & VMTP_RX_TRUNCATED, 0);
        vmtp_port_release(b);
    }
    free(data);
    close_rig();
}
END_TEST

/* VMTP-2.2-02 */
START_TEST(more_than_the_mtu_is_refused) {
    open_rig(_i);
    size_t octets = a->info.mtu - VMTP_MIN_PACKET + 1;
    uint8_t *data = calloc(1, octets);
    struct vmtp_tx large, small;
    test_frame_make(&large, b->info.mac, 1, data, octets);
    test_frame_make(&small, b->info.mac, 2, NULL, 0);
    const struct vmtp_tx *first[] = {&large, &small}, *second[] = {&small, &large};
    ck_assert_int_eq(vmtp_port_send(a, first, 2), VMTP_E_TOO_LARGE);
    ck_assert_int_eq(vmtp_port_send(a, second, 2), 1);
    expect(2);
    send_number(b->info.mac, MARKER);
    expect(MARKER);
    free(data);
    close_rig();
}
END_TEST

START_TEST(frames_for_others_are_not_seen) {
    open_rig(_i);
    uint8_t other[6];
    memcpy(other, b->info.mac, 6);
    other[5] ^= 0x80;
    send_number(other, 1);
    send_number(b->info.mac, MARKER);
    expect(MARKER);
    close_rig();
}
END_TEST

START_TEST(broadcasts_are_seen) {
    open_rig(_i);
    send_number(broadcast, 1);
    struct vmtp_rx rx;
    port_battery_receive(rig, b, &rx, 1);
    ck_assert_uint_eq(test_frame_number(&rx), 1);
    ck_assert_mem_eq(rx.dst, broadcast, 6);
    close_rig();
}
END_TEST

START_TEST(groups_are_joined_and_left) {
    open_rig(_i);
    send_number(group, 1);
    send_number(b->info.mac, 2);
    expect(2); /* not joined */
    ck_assert_int_eq(vmtp_port_group(b, group, 1), 0);
    send_number(group, 3);
    expect(3);
    ck_assert_int_eq(vmtp_port_group(b, group, 1), 0);
    ck_assert_int_eq(vmtp_port_group(b, group, 0), 0);
    send_number(group, 4);
    expect(4); /* joined twice, left once */
    ck_assert_int_eq(vmtp_port_group(b, group, 0), 0);
    send_number(group, 5);
    send_number(b->info.mac, 6);
    expect(6); /* left */
    ck_assert_int_eq(vmtp_port_group(b, group, 0), VMTP_E_INVALID);
    ck_assert_int_eq(vmtp_port_group(b, a->info.mac, 1), VMTP_E_INVALID);
    close_rig();
}
END_TEST

START_TEST(many_groups_are_kept_apart) {
    enum { GROUPS = 40 };
    open_rig(_i);
    uint8_t mac[6] = {0x09, 0x00, 0x56, 0, 0, 0};
    for (unsigned g = 0; g < GROUPS; g++) {
        mac[5] = (uint8_t)(g * 37 % 64); /* not in ascending order */
        ck_assert_int_eq(vmtp_port_group(b, mac, 1), 0);
    }
    for (unsigned g = 0; g < GROUPS; g += 2) {
        mac[5] = (uint8_t)(g * 37 % 64);
        ck_assert_int_eq(vmtp_port_group(b, mac, 0), 0);
    }
    for (unsigned g = 0; g < GROUPS; g++) {
        mac[5] = (uint8_t)(g * 37 % 64);
        send_number(mac, g);
    }
    for (unsigned g = 1; g < GROUPS; g += 2)
        expect(g);
    send_number(b->info.mac, MARKER);
    expect(MARKER);
    close_rig();
}
END_TEST

/* VMTP-2.3-03 */
START_TEST(the_managers_group_is_joined) {
    static const uint8_t managers[6] = {0x09, 0x00, 0x56, 0x00, 0x01, 0x00};
    open_rig(_i);
    send_number(managers, 1);
    expect(1);
    close_rig();
}
END_TEST

START_TEST(own_frames_are_not_seen) {
    open_rig(_i);
    ck_assert_int_eq(vmtp_port_group(a, group, 1), 0);
    ck_assert_int_eq(vmtp_port_group(b, group, 1), 0);
    send_number(group, 1);
    send_number(broadcast, 2);
    send_number(b->info.mac, 3);
    expect(1);
    expect(2);
    expect(3);
    port_battery_send_number(b, a->info.mac, MARKER);
    port_battery_expect(rig, a, MARKER);
    close_rig();
}
END_TEST

START_TEST(a_burst_is_kept) {
    enum { BURST = 900 };
    open_rig(_i);
    for (uint32_t n = 0; n < BURST; n++)
        send_number(b->info.mac, n);
    struct vmtp_rx rx[64];
    for (uint32_t n = 0; n < BURST; vmtp_port_release(b)) {
        unsigned got = port_battery_receive(rig, b, rx, 64);
        for (unsigned i = 0; i < got; i++)
            ck_assert_uint_eq(test_frame_number(&rx[i]), n++);
    }
    struct vmtp_port_stats stats;
    vmtp_port_stats(b, &stats);
    ck_assert_uint_eq(stats.rx_dropped, 0);
    close_rig();
}
END_TEST

/* More than a receive ring holds, a few at a time: its end must be passed, with packets of two sizes. */
START_TEST(packets_go_on_for_ever) {
    open_rig(_i);
    uint8_t data[400];
    test_frame_fill(data, sizeof data, 3);
    for (uint32_t n = 0; n < 3000; n += 3) {
        struct vmtp_tx tx;
        for (uint32_t i = 0; i < 3; i++) {
            test_frame_make(&tx, b->info.mac, n + i, data, i * 200);
            port_battery_send(a, &tx);
        }
        for (uint32_t i = 0; i < 3; i++) {
            struct vmtp_rx rx;
            port_battery_receive(rig, b, &rx, 1);
            ck_assert_uint_eq(test_frame_number(&rx), n + i);
            ck_assert_uint_eq(rx.length, VMTP_MIN_PACKET + i * 200);
            vmtp_port_release(b);
        }
    }
    close_rig();
}
END_TEST

START_TEST(borrowed_packets_stay_until_release) {
    open_rig(_i);
    uint8_t data[300], want[400];
    struct vmtp_tx tx;
    test_frame_fill(data, sizeof data, 9);
    test_frame_make(&tx, b->info.mac, 1, data, sizeof data);
    size_t octets = vmtp_tx_gather(&tx, want);
    port_battery_send(a, &tx);
    struct vmtp_rx rx;
    port_battery_receive(rig, b, &rx, 1);
    for (uint32_t n = 0; n < 50; n++)
        send_number(b->info.mac, 100 + n);
    if (rig->settle)
        rig->settle();
    ck_assert_uint_eq(rx.length, octets);
    ck_assert_mem_eq(rx.packet, want, octets);
    vmtp_port_release(b);
    vmtp_port_release(b); /* once too often does nothing */
    for (uint32_t n = 0; n < 50; n++)
        expect(100 + n);
    close_rig();
}
END_TEST

START_TEST(what_passes_is_counted) {
    open_rig(_i);
    for (uint32_t n = 0; n < 10; n++)
        send_number(b->info.mac, n);
    for (uint32_t n = 0; n < 10; n++)
        expect(n);
    port_battery_send_number(b, a->info.mac, 1);
    port_battery_expect(rig, a, 1);
    struct vmtp_port_stats of_a, of_b;
    vmtp_port_stats(a, &of_a);
    vmtp_port_stats(b, &of_b);
    ck_assert_uint_eq(of_a.sent, 10);
    ck_assert_uint_eq(of_a.received, 1);
    ck_assert_uint_eq(of_b.sent, 1);
    ck_assert_uint_eq(of_b.received, 10);
    ck_assert_uint_eq(of_a.tx_refused + of_a.tx_failed + of_b.rx_dropped + of_b.rx_truncated, 0);
    close_rig();
}
END_TEST

void port_battery_add(Suite *suite, const struct port_rig *added) {
    const TTest *const tests[] = {
        says_what_it_is,
        nothing_comes_of_nothing,
        packets_arrive_in_order,
        a_batch_arrives_in_order,
        slices_are_gathered,
        all_sizes_pass_up_to_the_mtu,
        more_than_the_mtu_is_refused,
        frames_for_others_are_not_seen,
        broadcasts_are_seen,
        groups_are_joined_and_left,
        many_groups_are_kept_apart,
        the_managers_group_is_joined,
        own_frames_are_not_seen,
        a_burst_is_kept,
        packets_go_on_for_ever,
        borrowed_packets_stay_until_release,
        what_passes_is_counted,
    };
    if (rig_count == RIGS_MOST)
        abort();
    rigs[rig_count] = added;
    TCase *tc = tcase_create(added->name);
    tcase_set_timeout(tc, 300);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_loop_test(tc, tests[i], rig_count, rig_count + 1);
    suite_add_tcase(suite, tc);
    rig_count++;
}

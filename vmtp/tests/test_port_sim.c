/* SPDX-License-Identifier: BSD-2-Clause */
/* test_port_sim.c - the virtual Ethernet: the battery, and what only it can do. */
#include "support/frames.h"
#include "support/port_battery.h"

#include <stdlib.h>

#include <suite.h>

static vmtp_sim *sim;

/* ---- the battery ---------------------------------------------------------------------------------------------- */

static int open_mtu(vmtp_port **a, vmtp_port **b, uint32_t mtu) {
    sim = vmtp_sim_create(1, mtu, 0);
    int error = vmtp_sim_attach(sim, a);
    return error ? error : vmtp_sim_attach(sim, b);
}

static int open_small(vmtp_port **a, vmtp_port **b) { return open_mtu(a, b, 1500); }
static int open_large(vmtp_port **a, vmtp_port **b) { return open_mtu(a, b, 65535); }

/* Delay and jitter must not show in the battery: they keep the order. */
static int open_slow(vmtp_port **a, vmtp_port **b) {
    static const struct vmtp_sim_faults slow = {.delay = 30 * VMTP_MICROSECOND, .jitter = 500 * VMTP_MICROSECOND};
    sim = vmtp_sim_create(2, 1500, 100);
    vmtp_sim_set_faults(sim, &slow);
    int error = vmtp_sim_attach(sim, a);
    return error ? error : vmtp_sim_attach(sim, b);
}

static int settle(void) {
    vmtp_time next = vmtp_sim_next(sim);
    vmtp_sim_advance(sim, next);
    return next != VMTP_NEVER;
}

static void close_sim(vmtp_port *a, vmtp_port *b) {
    vmtp_port_close(a);
    vmtp_port_close(b);
    vmtp_sim_destroy(sim);
}

static const struct port_rig small_rig = {"sim", open_small, settle, close_sim};
static const struct port_rig large_rig = {"sim, MTU 65535", open_large, settle, close_sim};
static const struct port_rig slow_rig = {"sim, 100 Mbit/s, delay and jitter", open_slow, settle, close_sim};

/* ---- helpers ---------------------------------------------------------------------------------------------------- */

static vmtp_port *attach(void) {
    vmtp_port *port;
    ck_assert_int_eq(vmtp_sim_attach(sim, &port), 0);
    return port;
}

static void advance_all(void) {
    while (vmtp_sim_next(sim) != VMTP_NEVER)
        vmtp_sim_advance(sim, vmtp_sim_next(sim));
}

/* Takes everything out of the inbox; the numbers go to out when it is not NULL. */
static unsigned drain(vmtp_port *port, uint32_t *out) {
    struct vmtp_rx rx[16];
    unsigned count = 0;
    for (int got; (got = vmtp_port_recv(port, rx, 16)) > 0; vmtp_port_release(port))
        for (int i = 0; i < got; i++, count++)
            if (out)
                out[count] = test_frame_number(&rx[i]);
    return count;
}

static void faults(struct vmtp_sim_faults f) { vmtp_sim_set_faults(sim, &f); }

#define SENT 10000u

/* How many of SENT packets arrive. */
static unsigned arrivals(struct vmtp_sim_faults f) {
    sim = vmtp_sim_create(99, 1500, 0);
    vmtp_port *a = attach(), *b = attach();
    faults(f);
    for (uint32_t n = 0; n < SENT; n++)
        port_battery_send_number(a, b->info.mac, n);
    advance_all();
    unsigned waiting = vmtp_sim_waiting(b), count = drain(b, NULL);
    ck_assert_uint_eq(waiting, count);
    ck_assert_uint_eq(vmtp_sim_waiting(b), 0);
    vmtp_sim_destroy(sim);
    return count;
}

/* ---- determinism ------------------------------------------------------------------------------------------------ */

static uint64_t fold(uint64_t hash, const void *octets, size_t count) {
    const uint8_t *at = octets;
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ at[i]) * 0x100000001b3u;
    return hash;
}

/* Everything that can be observed of a port now, and when. */
static uint64_t observe(uint64_t hash, vmtp_port *port, uint32_t who) {
    struct vmtp_rx rx[4];
    vmtp_time now = vmtp_sim_now(sim);
    for (int got; (got = vmtp_port_recv(port, rx, 4)) > 0; vmtp_port_release(port)) {
        for (int i = 0; i < got; i++) {
            hash = fold(hash, &now, sizeof now);
            hash = fold(hash, &who, sizeof who);
            hash = fold(hash, rx[i].src, 6);
            hash = fold(hash, rx[i].packet, rx[i].length);
        }
    }
    return hash;
}

/* A busy segment with every fault; the hash of all that arrives, where and when. */
static uint64_t run(uint64_t seed, int extra_draws) {
    enum { HOSTS = 4, STEPS = 2000 };
    static const uint8_t managers[6] = {0x09, 0x00, 0x56, 0x00, 0x01, 0x00};
    uint64_t hash = 0xcbf29ce484222325u, script = 5;
    vmtp_port *host[HOSTS];
    uint8_t data[200];
    sim = vmtp_sim_create(seed, 1500, 1000);
    for (int i = 0; i < HOSTS; i++)
        host[i] = attach();
    faults((struct vmtp_sim_faults){100000, 50000, 50000, 50000, 5000, 20000, 100000});
    test_frame_fill(data, sizeof data, 1);
    for (uint32_t step = 0; step < STEPS; step++) {
        struct vmtp_tx tx;
        script = script * 6364136223846793005u + 1442695040888963407u;
        const uint8_t *to = script >> 60 ? host[(script >> 40) % HOSTS]->info.mac : managers;
        test_frame_make(&tx, to, step, data, (script >> 50) % sizeof data);
        port_battery_send(host[(script >> 33) % HOSTS], &tx);
        if (extra_draws)
            vmtp_sim_random(sim);
        if (step % 3 == 0)
            vmtp_sim_advance(sim, vmtp_sim_next(sim));
        for (uint32_t i = 0; i < HOSTS; i++)
            hash = observe(hash, host[i], i);
    }
    advance_all();
    for (uint32_t i = 0; i < HOSTS; i++)
        hash = observe(hash, host[i], i);
    vmtp_sim_destroy(sim);
    return hash;
}

START_TEST(the_same_seed_gives_the_same_run) {
    uint64_t first = run(42, 0);
    ck_assert_uint_eq(run(42, 0), first);
    ck_assert_uint_ne(run(43, 0), first);
}
END_TEST

START_TEST(random_numbers_of_the_user_leave_the_faults_alone) { ck_assert_uint_eq(run(42, 1), run(42, 0)); }
END_TEST

START_TEST(random_numbers_belong_to_the_run) {
    uint64_t first[4];
    sim = vmtp_sim_create(7, 1500, 0);
    for (int i = 0; i < 4; i++)
        first[i] = vmtp_sim_random(sim);
    vmtp_sim_destroy(sim);
    sim = vmtp_sim_create(7, 1500, 0);
    for (int i = 0; i < 4; i++)
        ck_assert_uint_eq(vmtp_sim_random(sim), first[i]);
    ck_assert_uint_ne(first[0], first[1]);
    vmtp_sim_destroy(sim);
}
END_TEST

/* ---- time ---------------------------------------------------------------------------------------------------------- */

START_TEST(time_starts_at_one_second_and_never_goes_back) {
    sim = vmtp_sim_create(1, 1500, 0);
    ck_assert_uint_eq(vmtp_sim_now(sim), VMTP_SECOND);
    ck_assert_uint_eq(vmtp_sim_next(sim), VMTP_NEVER);
    vmtp_sim_advance(sim, VMTP_NEVER);
    ck_assert_uint_eq(vmtp_sim_now(sim), VMTP_SECOND);
    vmtp_sim_advance(sim, 3 * VMTP_SECOND);
    vmtp_sim_advance(sim, 2 * VMTP_SECOND);
    ck_assert_uint_eq(vmtp_sim_now(sim), 3 * VMTP_SECOND);
    vmtp_sim_destroy(sim);
}
END_TEST

START_TEST(a_delay_is_kept_to_the_nanosecond) {
    sim = vmtp_sim_create(1, 1500, 0);
    vmtp_port *a = attach(), *b = attach();
    faults((struct vmtp_sim_faults){.delay = 12345});
    port_battery_send_number(a, b->info.mac, 1);
    ck_assert_uint_eq(vmtp_sim_next(sim), VMTP_SECOND + 12345);
    vmtp_sim_advance(sim, VMTP_SECOND + 12344);
    ck_assert_uint_eq(drain(b, NULL), 0);
    vmtp_sim_advance(sim, VMTP_SECOND + 12345);
    ck_assert_uint_eq(drain(b, NULL), 1);
    vmtp_sim_destroy(sim);
}
END_TEST

/* A packet of 68 octets occupies 106 on the wire: 8.48 us at 100 Mbit/s. */
START_TEST(the_segment_carries_one_frame_at_a_time) {
    sim = vmtp_sim_create(1, 1500, 100);
    vmtp_port *a = attach(), *b = attach(), *c = attach();
    port_battery_send_number(a, c->info.mac, 1);
    port_battery_send_number(b, c->info.mac, 2);
    ck_assert_uint_eq(vmtp_sim_next(sim), VMTP_SECOND + 8480);
    vmtp_sim_advance(sim, vmtp_sim_next(sim));
    ck_assert_uint_eq(vmtp_sim_next(sim), VMTP_SECOND + 2 * 8480);
    vmtp_sim_advance(sim, 2 * VMTP_SECOND);
    port_battery_send_number(a, c->info.mac, 3);
    ck_assert_uint_eq(vmtp_sim_next(sim), 2 * VMTP_SECOND + 8480);
    vmtp_sim_destroy(sim);
}
END_TEST

START_TEST(jitter_spreads_arrivals_and_keeps_the_order) {
    enum { COUNT = 200 };
    uint32_t numbers[COUNT];
    vmtp_time first = 0, last = 0;
    sim = vmtp_sim_create(3, 1500, 0);
    vmtp_port *a = attach(), *b = attach();
    faults((struct vmtp_sim_faults){.jitter = 1000});
    for (uint32_t n = 0; n < COUNT; n++)
        port_battery_send_number(a, b->info.mac, n);
    first = vmtp_sim_next(sim);
    advance_all();
    last = vmtp_sim_now(sim);
    ck_assert_uint_eq(drain(b, numbers), COUNT);
    for (uint32_t n = 0; n < COUNT; n++)
        ck_assert_uint_eq(numbers[n], n);
    ck_assert_uint_lt(first, last);
    ck_assert_uint_le(last, VMTP_SECOND + 1000);
    vmtp_sim_destroy(sim);
}
END_TEST

/* ---- faults: the bounds are five standard deviations wide --------------------------------------------------------- */

START_TEST(loss_takes_its_share) {
    unsigned count = arrivals((struct vmtp_sim_faults){.loss = 100000});
    ck_assert_uint_ge(count, 8850);
    ck_assert_uint_le(count, 9150);
    ck_assert_uint_eq(arrivals((struct vmtp_sim_faults){.loss = 1000000}), 0);
    ck_assert_uint_eq(arrivals((struct vmtp_sim_faults){0}), SENT);
}
END_TEST

START_TEST(duplication_adds_its_share) {
    unsigned count = arrivals((struct vmtp_sim_faults){.duplicate = 100000});
    ck_assert_uint_ge(count, 10850);
    ck_assert_uint_le(count, 11150);
    ck_assert_uint_eq(arrivals((struct vmtp_sim_faults){.duplicate = 1000000}), 2 * SENT);
}
END_TEST

START_TEST(corruption_flips_one_bit_of_some_packets) {
    sim = vmtp_sim_create(5, 1500, 0);
    vmtp_port *a = attach(), *b = attach();
    faults((struct vmtp_sim_faults){.corrupt = 100000});
    unsigned damaged = 0;
    for (uint32_t n = 0; n < 1000; n++) {
        struct vmtp_tx tx;
        struct vmtp_rx rx;
        uint8_t want[VMTP_MIN_PACKET];
        test_frame_make(&tx, b->info.mac, n, NULL, 0);
        vmtp_tx_gather(&tx, want);
        port_battery_send(a, &tx);
        advance_all();
        ck_assert_int_eq(vmtp_port_recv(b, &rx, 1), 1);
        ck_assert_uint_eq(rx.length, sizeof want);
        unsigned bits = 0;
        for (size_t i = 0; i < sizeof want; i++)
            bits += (unsigned)__builtin_popcount((unsigned)(want[i] ^ rx.packet[i]));
        ck_assert_uint_le(bits, 1);
        damaged += bits;
        vmtp_port_release(b);
    }
    ck_assert_uint_ge(damaged, 50);
    ck_assert_uint_le(damaged, 150);
    vmtp_sim_destroy(sim);
}
END_TEST

START_TEST(a_corrupt_copy_is_corrupt_for_one_receiver_only) {
    static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    sim = vmtp_sim_create(5, 1500, 0);
    vmtp_port *a = attach(), *b = attach(), *c = attach();
    faults((struct vmtp_sim_faults){.corrupt = 500000});
    unsigned differ = 0;
    for (uint32_t n = 0; n < 100; n++) {
        struct vmtp_rx x, y;
        port_battery_send_number(a, broadcast, n);
        advance_all();
        ck_assert_int_eq(vmtp_port_recv(b, &x, 1), 1);
        ck_assert_int_eq(vmtp_port_recv(c, &y, 1), 1);
        differ += memcmp(x.packet, y.packet, VMTP_MIN_PACKET) != 0;
    }
    ck_assert_uint_gt(differ, 30);
    vmtp_sim_destroy(sim);
}
END_TEST

START_TEST(receivers_lose_independently) {
    static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    sim = vmtp_sim_create(6, 1500, 0);
    vmtp_port *a = attach(), *b = attach(), *c = attach();
    faults((struct vmtp_sim_faults){.loss = 500000});
    unsigned only_one = 0;
    for (uint32_t n = 0; n < 100; n++) {
        port_battery_send_number(a, broadcast, n);
        advance_all();
        only_one += drain(b, NULL) != drain(c, NULL);
    }
    ck_assert_uint_gt(only_one, 25);
    ck_assert_uint_lt(only_one, 75);
    vmtp_sim_destroy(sim);
}
END_TEST

START_TEST(reordering_lets_later_ones_pass) {
    enum { COUNT = 1000 };
    uint32_t numbers[COUNT], late = 0;
    sim = vmtp_sim_create(8, 1500, 0);
    vmtp_port *a = attach(), *b = attach();
    faults((struct vmtp_sim_faults){.reorder = 100000, .reorder_delay = 5000});
    for (uint32_t n = 0; n < COUNT; n++) {
        port_battery_send_number(a, b->info.mac, n);
        vmtp_sim_advance(sim, vmtp_sim_now(sim) + 1000);
    }
    advance_all();
    ck_assert_uint_eq(drain(b, numbers), COUNT);
    for (uint32_t n = 1; n < COUNT; n++)
        late += numbers[n] < numbers[n - 1];
    ck_assert_uint_ge(late, 50);
    ck_assert_uint_le(late, 150);
    vmtp_sim_destroy(sim);
}
END_TEST

/* ---- topology ------------------------------------------------------------------------------------------------------ */

START_TEST(partitions_do_not_hear_each_other) {
    sim = vmtp_sim_create(1, 1500, 0);
    vmtp_port *a = attach(), *b = attach(), *c = attach();
    vmtp_sim_partition(sim, b, 1);
    vmtp_sim_partition(sim, c, 1);
    port_battery_send_number(a, b->info.mac, 1);
    port_battery_send_number(c, b->info.mac, 2);
    advance_all();
    uint32_t numbers[2];
    ck_assert_uint_eq(drain(b, numbers), 1);
    ck_assert_uint_eq(numbers[0], 2);
    vmtp_sim_partition(sim, b, 0);
    port_battery_send_number(a, b->info.mac, 3);
    advance_all();
    ck_assert_uint_eq(drain(b, numbers), 1);
    vmtp_sim_destroy(sim);
}
END_TEST

START_TEST(a_crashed_host_is_deaf_and_mute) {
    sim = vmtp_sim_create(1, 1500, 0);
    vmtp_port *a = attach(), *b = attach();
    uint32_t numbers[4];
    port_battery_send_number(a, b->info.mac, 1);
    advance_all(); /* 1 is in the inbox when the host crashes */
    vmtp_sim_set_up(sim, b, 0);
    port_battery_send_number(a, b->info.mac, 2);
    port_battery_send_number(b, a->info.mac, 3);
    advance_all();
    vmtp_sim_set_up(sim, b, 1);
    ck_assert_uint_eq(drain(b, numbers), 0);
    ck_assert_uint_eq(drain(a, numbers), 0);
    port_battery_send_number(a, b->info.mac, 4);
    advance_all();
    ck_assert_uint_eq(drain(b, numbers), 1);
    ck_assert_uint_eq(numbers[0], 4);
    struct vmtp_port_stats stats;
    vmtp_port_stats(b, &stats);
    ck_assert_uint_eq(stats.tx_failed, 1);
    vmtp_sim_destroy(sim);
}
END_TEST

struct choice {
    unsigned seen, drop;
    vmtp_time when;
    uint8_t frame[14];
    size_t length;
};

static int drop_chosen(void *context, const uint8_t *frame, size_t length, vmtp_time now) {
    struct choice *choice = context;
    memcpy(choice->frame, frame, sizeof choice->frame);
    choice->length = length;
    choice->when = now;
    return choice->seen++ == choice->drop;
}

/* VMTP-2.1-01 */
START_TEST(a_filter_drops_what_it_chooses) {
    struct choice choice = {.drop = 1};
    uint32_t numbers[3];
    sim = vmtp_sim_create(1, 1500, 0);
    vmtp_port *a = attach(), *b = attach();
    vmtp_sim_set_filter(sim, drop_chosen, &choice);
    for (uint32_t n = 0; n < 3; n++)
        port_battery_send_number(a, b->info.mac, n);
    advance_all();
    ck_assert_uint_eq(drain(b, numbers), 2);
    ck_assert_uint_eq(numbers[0], 0);
    ck_assert_uint_eq(numbers[1], 2);
    ck_assert_uint_eq(choice.length, 14 + VMTP_MIN_PACKET);
    ck_assert_mem_eq(choice.frame, b->info.mac, 6);
    ck_assert_mem_eq(choice.frame + 6, a->info.mac, 6);
    ck_assert_uint_eq(choice.frame[12] * 256u + choice.frame[13], VMTP_ETHERTYPE);
    ck_assert_uint_eq(choice.when, VMTP_SECOND);
    vmtp_sim_destroy(sim);
}
END_TEST

START_TEST(a_port_may_close_with_frames_on_their_way) {
    sim = vmtp_sim_create(1, 1500, 0);
    vmtp_port *a = attach(), *b = attach(), *c = attach();
    for (uint32_t n = 0; n < 100; n++) {
        port_battery_send_number(a, b->info.mac, n);
        port_battery_send_number(a, c->info.mac, n);
    }
    vmtp_port_close(b);
    advance_all();
    ck_assert_uint_eq(drain(c, NULL), 100);
    port_battery_send_number(a, c->info.mac, 1);
    vmtp_sim_destroy(sim); /* with frames on their way and ports open */
}
END_TEST

/* ---- bounds ----------------------------------------------------------------------------------------------------- */

START_TEST(a_segment_loses_what_it_has_no_room_for) {
    uint32_t numbers[64];
    sim = vmtp_sim_create(1, 1500, 100);
    vmtp_port *a = attach(), *b = attach();
    vmtp_sim_set_segment(sim, 10, 1060); /* ten frames of 68 + 38 octets */
    for (uint32_t n = 0; n < 64; n++)
        port_battery_send_number(a, b->info.mac, n);
    ck_assert_uint_eq(vmtp_sim_overflows(sim), 54);
    ck_assert_uint_eq(a->info.link_mbps, 100);
    vmtp_time start = vmtp_sim_now(sim);
    advance_all();
    ck_assert_uint_eq(vmtp_sim_now(sim) - start, 10u * 106u * 8u * 100u);
    ck_assert_uint_eq(drain(b, numbers), 10);
    ck_assert_uint_eq(numbers[9], 9); /* the first that came, the others were the tail */
    vmtp_sim_set_segment(sim, 0, 0);
    for (uint32_t n = 0; n < 64; n++)
        port_battery_send_number(a, b->info.mac, n);
    advance_all();
    ck_assert_uint_eq(drain(b, NULL), 64);
    vmtp_sim_destroy(sim);
}
END_TEST

START_TEST(a_slow_receiver_loses_what_it_has_no_room_for) {
    struct vmtp_port_stats stats;
    uint32_t numbers[64];
    sim = vmtp_sim_create(1, 1500, 0);
    vmtp_port *a = attach(), *b = attach();
    vmtp_sim_set_inbox(sim, b, 8, 1000);
    for (uint32_t n = 0; n < 64; n++)
        port_battery_send_number(a, b->info.mac, n);
    vmtp_time start = vmtp_sim_now(sim);
    vmtp_sim_advance(sim, start + 2500);
    ck_assert_uint_eq(drain(b, numbers), 2);
    port_battery_send_number(a, b->info.mac, 100); /* there is room for two again */
    port_battery_send_number(a, b->info.mac, 101);
    port_battery_send_number(a, b->info.mac, 102);
    vmtp_sim_advance(sim, start + 7999);
    ck_assert_uint_eq(drain(b, numbers), 5);
    advance_all();
    ck_assert_uint_eq(vmtp_sim_now(sim), start + 10000);
    ck_assert_uint_eq(drain(b, numbers), 3);
    ck_assert_uint_eq(numbers[1], 100);
    ck_assert_uint_eq(numbers[2], 101);
    vmtp_port_stats(b, &stats);
    ck_assert_uint_eq(stats.rx_dropped, 57);
    vmtp_sim_destroy(sim);
}
END_TEST

START_TEST(an_inbox_has_room_for_so_many) {
    struct vmtp_port_stats stats;
    sim = vmtp_sim_create(1, 1500, 0);
    vmtp_port *a = attach(), *b = attach();
    vmtp_sim_set_inbox(sim, b, 8, 0);
    for (uint32_t n = 0; n < 20; n++)
        port_battery_send_number(a, b->info.mac, n);
    advance_all();
    ck_assert_uint_eq(drain(b, NULL), 8);
    vmtp_port_stats(b, &stats);
    ck_assert_uint_eq(stats.rx_dropped, 12);
    vmtp_sim_set_inbox(sim, b, 0, 0);
    for (uint32_t n = 0; n < 20; n++)
        port_battery_send_number(a, b->info.mac, n);
    advance_all();
    ck_assert_uint_eq(drain(b, NULL), 20);
    vmtp_sim_destroy(sim);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("port sim");
    port_battery_add(suite, &small_rig);
    port_battery_add(suite, &large_rig);
    port_battery_add(suite, &slow_rig);
    TCase *tc = tcase_create("virtual Ethernet");
    tcase_add_test(tc, the_same_seed_gives_the_same_run);
    tcase_add_test(tc, random_numbers_of_the_user_leave_the_faults_alone);
    tcase_add_test(tc, random_numbers_belong_to_the_run);
    tcase_add_test(tc, time_starts_at_one_second_and_never_goes_back);
    tcase_add_test(tc, a_delay_is_kept_to_the_nanosecond);
    tcase_add_test(tc, the_segment_carries_one_frame_at_a_time);
    tcase_add_test(tc, jitter_spreads_arrivals_and_keeps_the_order);
    tcase_add_test(tc, loss_takes_its_share);
    tcase_add_test(tc, duplication_adds_its_share);
    tcase_add_test(tc, corruption_flips_one_bit_of_some_packets);
    tcase_add_test(tc, a_corrupt_copy_is_corrupt_for_one_receiver_only);
    tcase_add_test(tc, receivers_lose_independently);
    tcase_add_test(tc, reordering_lets_later_ones_pass);
    tcase_add_test(tc, partitions_do_not_hear_each_other);
    tcase_add_test(tc, a_crashed_host_is_deaf_and_mute);
    tcase_add_test(tc, a_filter_drops_what_it_chooses);
    tcase_add_test(tc, a_segment_loses_what_it_has_no_room_for);
    tcase_add_test(tc, a_slow_receiver_loses_what_it_has_no_room_for);
    tcase_add_test(tc, an_inbox_has_room_for_so_many);
    tcase_add_test(tc, a_port_may_close_with_frames_on_their_way);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* test_port_packet.c - packet sockets, over a virtual cable in a network of the test's own: the battery, and what only Linux can do. */
#define _GNU_SOURCE
#include "support/frames.h"
#include "support/port_battery.h"
#include "support/testnet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <suite.h>

static char complaint[300];

static int open_one(vmtp_port **out, const char *name, const struct vmtp_packet_options *options) {
    complaint[0] = 0;
    return vmtp_packet_open(out, name, options, complaint, sizeof complaint);
}

/* ---- the battery ---------------------------------------------------------------------------------------------------- */

static int open_mtu(vmtp_port **a, vmtp_port **b, uint32_t mtu) {
    testnet_fresh(mtu);
    int error = open_one(a, TESTNET_A, NULL);
    if (!error)
        error = open_one(b, TESTNET_B, NULL);
    ck_assert_msg(!error, "%s", complaint);
    return error;
}

static int open_1500(vmtp_port **a, vmtp_port **b) { return open_mtu(a, b, 1500); }
static int open_9000(vmtp_port **a, vmtp_port **b) { return open_mtu(a, b, 9000); }
static int open_65535(vmtp_port **a, vmtp_port **b) { return open_mtu(a, b, 65535); }

static void close_ports(vmtp_port *a, vmtp_port *b) {
    vmtp_port_close(a);
    vmtp_port_close(b);
}

static const struct port_rig rig = {"packet", open_1500, NULL, close_ports};
static const struct port_rig rig_9000 = {"packet, MTU 9000", open_9000, NULL, close_ports};
static const struct port_rig rig_65535 = {"packet, MTU 65535", open_65535, NULL, close_ports};

/* A capture around it must change nothing. */
static int open_captured(vmtp_port **a, vmtp_port **b) {
    vmtp_port *bare_a, *bare_b;
    open_mtu(&bare_a, &bare_b, 1500);
    int error = vmtp_pcapng_open(a, bare_a, "/dev/null", NULL, NULL);
    return error ? error : vmtp_pcapng_open(b, bare_b, "/dev/null", NULL, NULL);
}

static const struct port_rig captured_rig = {"packet, captured", open_captured, NULL, close_ports};

/* ---- what people are told ---------------------------------------------------------------------------------------------- */

static void expect_complaint(int result, int want, const char *part) {
    ck_assert_msg(result == want, "%s: %s", vmtp_error_text(result), complaint);
    ck_assert_msg(strstr(complaint, part) != NULL, "'%s' is not in: %s", part, complaint);
    ck_assert_msg(strchr(complaint, '\n') == NULL, "more than one line: %s", complaint);
}

START_TEST(a_wrong_name_is_answered_with_the_right_ones) {
    vmtp_port *port;
    testnet_fresh(1500);
    expect_complaint(open_one(&port, "vtz", NULL), VMTP_E_NO_INTERFACE, "vtz");
    expect_complaint(open_one(&port, "vtz", NULL), VMTP_E_NO_INTERFACE, TESTNET_A);
    expect_complaint(open_one(&port, "a name that is much too long", NULL), VMTP_E_NO_INTERFACE, TESTNET_B);
    expect_complaint(open_one(&port, "", NULL), VMTP_E_NO_INTERFACE, TESTNET_A);
    expect_complaint(open_one(&port, NULL, NULL), VMTP_E_NO_INTERFACE, TESTNET_A);
    ck_assert_int_eq(vmtp_packet_open(&port, "vtz", NULL, NULL, 0), VMTP_E_NO_INTERFACE);
}
END_TEST

START_TEST(the_loopback_is_no_ethernet) {
    vmtp_port *port;
    testnet_fresh(1500);
    testnet_ip("link set lo up");
    expect_complaint(open_one(&port, "lo", NULL), VMTP_E_NO_INTERFACE, "not an Ethernet");
}
END_TEST

START_TEST(an_interface_that_is_down_is_said_to_be_so) {
    vmtp_port *port;
    testnet_fresh(1500);
    testnet_ip("link set %s down", TESTNET_A);
    expect_complaint(open_one(&port, TESTNET_A, NULL), VMTP_E_DOWN, "ip link set vta up");
    expect_complaint(open_one(&port, "vtz", NULL), VMTP_E_NO_INTERFACE, "vta (down)");
}
END_TEST

static void drop_capabilities(void) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2] = {{0, 0, 0}, {0, 0, 0}};
    ck_assert_int_eq(syscall(SYS_capset, &header, none), 0);
}

START_TEST(without_privilege_the_remedy_is_told) {
    vmtp_port *port;
    testnet_fresh(1500);
    drop_capabilities();
    expect_complaint(open_one(&port, TESTNET_A, NULL), VMTP_E_PERMISSION, "sudo setcap cap_net_raw+ep /");
    expect_complaint(open_one(&port, TESTNET_A, NULL), VMTP_E_PERMISSION, "unshare -Urn");
}
END_TEST

START_TEST(impossible_options_are_refused) {
    vmtp_port *port;
    struct vmtp_packet_options options;
    testnet_fresh(1500);
    vmtp_packet_options_init(&options);
    options.ring_frames = 1000;
    expect_complaint(open_one(&port, TESTNET_A, &options), VMTP_E_INVALID, "power of two");
    vmtp_packet_options_init(&options);
    options.ethertype = 1500;
    expect_complaint(open_one(&port, TESTNET_A, &options), VMTP_E_INVALID, "EtherType");
    memset(&options, 0, sizeof options);
    expect_complaint(open_one(&port, TESTNET_A, &options), VMTP_E_INVALID, "vmtp_packet_options_init");
}
END_TEST

/* ---- descriptors from outside ------------------------------------------------------------------------------------------ */

START_TEST(a_passed_socket_needs_no_privilege) {
    vmtp_port *a, *b;
    struct vmtp_packet_options options;
    testnet_fresh(1500);
    ck_assert_int_eq(open_one(&b, TESTNET_B, NULL), 0);
    vmtp_packet_options_init(&options);
    options.fd = socket(AF_PACKET, SOCK_RAW, 0);
    ck_assert_int_ge(options.fd, 0);
    drop_capabilities();
    ck_assert_msg(open_one(&a, TESTNET_A, &options) == 0, "%s", complaint);
    ck_assert_int_eq(a->info.fd, options.fd);
    port_battery_send_number(a, b->info.mac, 1);
    port_battery_expect(&rig, b, 1);
    port_battery_send_number(b, a->info.mac, 2);
    port_battery_expect(&rig, a, 2);
    close_ports(a, b);
}
END_TEST

/* The port owns the descriptor also when it cannot be used. */
START_TEST(a_passed_descriptor_is_closed_on_failure) {
    vmtp_port *port;
    struct vmtp_packet_options options;
    testnet_fresh(1500);
    vmtp_packet_options_init(&options);
    options.fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    expect_complaint(open_one(&port, TESTNET_A, &options), VMTP_E_INVALID, "not a raw packet socket");
    ck_assert_int_eq(fcntl(options.fd, F_GETFD), -1);
    options.fd = socket(AF_PACKET, SOCK_RAW, 0);
    expect_complaint(open_one(&port, "vtz", &options), VMTP_E_NO_INTERFACE, "vtz");
    ck_assert_int_eq(fcntl(options.fd, F_GETFD), -1);
    options.fd = socket(AF_PACKET, SOCK_RAW, 0);
    options.ring_frames = 3;
    expect_complaint(open_one(&port, TESTNET_A, &options), VMTP_E_INVALID, "power of two");
    ck_assert_int_eq(fcntl(options.fd, F_GETFD), -1);
}
END_TEST

/* ---- receiving ------------------------------------------------------------------------------------------------------------ */

START_TEST(what_a_full_ring_loses_is_counted) {
    enum { COUNT = 300 };
    vmtp_port *a, *b;
    struct vmtp_packet_options options;
    testnet_fresh(1500);
    vmtp_packet_options_init(&options);
    options.ring_frames = 16;
    ck_assert_int_eq(open_one(&a, TESTNET_A, NULL), 0);
    ck_assert_int_eq(open_one(&b, TESTNET_B, &options), 0);
    for (uint32_t n = 0; n < COUNT; n++)
        port_battery_send_number(a, b->info.mac, n);
    struct vmtp_rx rx[COUNT];
    unsigned got = port_battery_receive(&rig, b, rx, COUNT);
    vmtp_port_release(b);
    ck_assert_uint_ge(got, 16);
    ck_assert_uint_lt(got, COUNT);
    struct vmtp_port_stats stats;
    vmtp_port_stats(b, &stats);
    ck_assert_uint_eq(stats.received, got);
    ck_assert_uint_eq(stats.rx_dropped, COUNT - got);
    vmtp_port_stats(b, &stats); /* asked twice, counted once */
    ck_assert_uint_eq(stats.rx_dropped, COUNT - got);
    port_battery_send_number(a, b->info.mac, COUNT);
    port_battery_expect(&rig, b, COUNT);
    close_ports(a, b);
}
END_TEST

START_TEST(the_ring_may_be_lent_whole) {
    vmtp_port *a, *b;
    struct vmtp_packet_options options;
    struct vmtp_rx rx[64];
    testnet_fresh(1500);
    vmtp_packet_options_init(&options);
    options.ring_frames = 1;
    ck_assert_int_eq(open_one(&a, TESTNET_A, NULL), 0);
    ck_assert_int_eq(open_one(&b, TESTNET_B, &options), 0);
    for (uint32_t n = 0; n < 20; n++) {
        port_battery_send_number(a, b->info.mac, n);
        port_battery_send_number(a, b->info.mac, n); /* may be lost */
        ck_assert_uint_ge(port_battery_receive(&rig, b, rx, 64), 1);
        ck_assert_uint_eq(test_frame_number(&rx[0]), n);
        vmtp_port_release(b);
    }
    close_ports(a, b);
}
END_TEST

START_TEST(what_is_too_long_for_the_ring_is_flagged) {
    vmtp_port *a, *b;
    static uint8_t data[4000];
    testnet_fresh(1500);
    ck_assert_int_eq(open_one(&b, TESTNET_B, NULL), 0);
    testnet_ip("link set %s mtu 9000", TESTNET_A);
    testnet_ip("link set %s mtu 9000", TESTNET_B);
    ck_assert_int_eq(open_one(&a, TESTNET_A, NULL), 0);
    ck_assert_uint_eq(a->info.mtu, 9000);
    struct vmtp_tx tx;
    struct vmtp_rx rx;
    test_frame_fill(data, sizeof data, 5);
    test_frame_make(&tx, b->info.mac, 1, data, sizeof data);
    port_battery_send(a, &tx);
    port_battery_receive(&rig, b, &rx, 1);
    ck_assert_uint_eq(rx.flags, VMTP_RX_TRUNCATED);
    ck_assert_uint_ge(rx.length, 1500);
    ck_assert_uint_lt(rx.length, VMTP_MIN_PACKET + sizeof data);
    ck_assert_mem_eq(rx.packet + VMTP_HEADER_OCTETS, data, rx.length - VMTP_HEADER_OCTETS);
    vmtp_port_release(b);
    struct vmtp_port_stats stats;
    vmtp_port_stats(b, &stats);
    ck_assert_uint_eq(stats.rx_truncated, 1);
    port_battery_send_number(a, b->info.mac, 2);
    port_battery_expect(&rig, b, 2);
    close_ports(a, b);
}
END_TEST

/* A ring does not keep room for what VMTP never sends; that it is too long must show. */
START_TEST(what_is_longer_than_any_vmtp_packet_looks_so) {
    vmtp_port *a, *b;
    static uint8_t data[VMTP_GROUP_OCTETS + 8];
    ck_assert_int_eq(open_65535(&a, &b), 0);
    struct vmtp_tx tx;
    struct vmtp_rx rx;
    test_frame_make(&tx, b->info.mac, 1, data, sizeof data);
    port_battery_send(a, &tx);
    port_battery_receive(&rig, b, &rx, 1);
    ck_assert_uint_gt(rx.length, VMTP_MAX_PACKET);
    close_ports(a, b);
}
END_TEST

static int raw_socket(const char *name) {
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(name)};
    int fd = socket(AF_PACKET, SOCK_RAW, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* Sends a VMTP frame, made here octet by octet, with this tag in front. */
static void send_tagged(int fd, const vmtp_port *to, uint16_t tag, uint32_t number) {
    uint8_t frame[18 + VMTP_MIN_PACKET] = {0};
    memcpy(frame, to->info.mac, 6);
    frame[6] = 2;
    frame[12] = 0x81;
    vmtp_store32(frame + 14, (uint32_t)tag << 16 | VMTP_ETHERTYPE);
    vmtp_store32(frame + 18, number);
    ck_assert_int_eq(send(fd, frame, sizeof frame, 0), sizeof frame);
}

/* VMTP-2.1-01: the frame that is ours is not one of our own making. */
START_TEST(frames_of_a_vlan_are_not_ours) {
    vmtp_port *a, *b;
    ck_assert_int_eq(open_1500(&a, &b), 0);
    int fd = raw_socket(TESTNET_A);
    send_tagged(fd, b, 5, 1);
    port_battery_send_number(a, b->info.mac, 2);
    port_battery_expect(&rig, b, 2);
    send_tagged(fd, b, 0xe000, 3); /* priority 7, no VLAN */
    port_battery_expect(&rig, b, 3);
    close(fd);
    close_ports(a, b);
}
END_TEST

/* The kernel shows us these too, as frames of the device stacked upon ours. */
START_TEST(frames_for_a_vlan_interface_are_not_ours) {
    vmtp_port *a, *b, *vlan;
    ck_assert_int_eq(open_1500(&a, &b), 0);
    if (testnet_try("link add link %s name %s.5 type vlan id 5 2>/dev/null", TESTNET_B, TESTNET_B)) {
        fprintf(stderr, "not tested here: VLAN interfaces (kernel module 8021q)\n");
        close_ports(a, b);
        return;
    }
    testnet_ip("link set %s.5 up", TESTNET_B);
    ck_assert_msg(open_one(&vlan, TESTNET_B ".5", NULL) == 0, "%s", complaint);
    int fd = raw_socket(TESTNET_A);
    send_tagged(fd, b, 5, 1);
    port_battery_expect(&rig, vlan, 1);
    port_battery_send_number(a, b->info.mac, 2);
    port_battery_expect(&rig, b, 2);
    close(fd);
    vmtp_port_close(vlan);
    close_ports(a, b);
}
END_TEST

START_TEST(promiscuous_mode_shows_nothing_of_others) {
    vmtp_port *a, *b;
    ck_assert_int_eq(open_1500(&a, &b), 0);
    testnet_ip("link set %s promisc on", TESTNET_B);
    uint8_t other[6] = {2, 0, 0, 0, 0, 9};
    port_battery_send_number(a, other, 1);
    port_battery_send_number(a, b->info.mac, 2);
    port_battery_expect(&rig, b, 2);
    close_ports(a, b);
}
END_TEST

/* VMTP-2.1-02 */
START_TEST(other_ethertypes_are_another_network) {
    vmtp_port *a, *b, *a2, *b2;
    struct vmtp_packet_options options;
    ck_assert_int_eq(open_1500(&a, &b), 0);
    vmtp_packet_options_init(&options);
    options.ethertype = 0x88b5;
    ck_assert_int_eq(open_one(&a2, TESTNET_A, &options), 0);
    ck_assert_int_eq(open_one(&b2, TESTNET_B, &options), 0);
    ck_assert_uint_eq(b2->info.ethertype, 0x88b5);
    port_battery_send_number(a, b->info.mac, 1);
    port_battery_send_number(a2, b->info.mac, 2);
    port_battery_send_number(a, b->info.mac, 3);
    port_battery_expect(&rig, b2, 2);
    port_battery_expect(&rig, b, 1);
    port_battery_expect(&rig, b, 3);
    close_ports(a2, b2);
    close_ports(a, b);
}
END_TEST

/* ---- waiting, and the interface going away ----------------------------------------------------------------------------- */

START_TEST(the_descriptor_is_readable_exactly_when_packets_wait) {
    vmtp_port *a, *b;
    ck_assert_int_eq(open_1500(&a, &b), 0);
    struct pollfd readable = {.fd = b->info.fd, .events = POLLIN};
    ck_assert_int_eq(poll(&readable, 1, 0), 0);
    port_battery_send_number(a, b->info.mac, 1);
    port_battery_send_number(a, b->info.mac, 2);
    ck_assert_int_eq(poll(&readable, 1, 10000), 1);
    port_battery_expect(&rig, b, 1);
    ck_assert_int_eq(poll(&readable, 1, 10000), 1);
    port_battery_expect(&rig, b, 2);
    ck_assert_int_eq(poll(&readable, 1, 0), 0);
    ck_assert_int_eq(vmtp_port_wait(b, 0), 0);
    ck_assert_int_eq(vmtp_port_wait(b, VMTP_MILLISECOND), 0);
    close_ports(a, b);
}
END_TEST

static void ignore(int signal_number) { (void)signal_number; }

START_TEST(a_signal_ends_the_wait) {
    vmtp_port *a, *b;
    ck_assert_int_eq(open_1500(&a, &b), 0);
    struct sigaction action = {.sa_handler = ignore};
    sigaction(SIGALRM, &action, NULL);
    /* again and again, so that one that comes before the wait does no harm */
    struct itimerval soon = {{0, 1000}, {0, 1000}};
    setitimer(ITIMER_REAL, &soon, NULL);
    ck_assert_int_eq(vmtp_port_wait(b, VMTP_NEVER), VMTP_E_CANCELLED);
    memset(&soon, 0, sizeof soon);
    setitimer(ITIMER_REAL, &soon, NULL);
    close_ports(a, b);
}
END_TEST

START_TEST(an_interface_may_go_down_and_come_back) {
    vmtp_port *a, *b;
    ck_assert_int_eq(open_1500(&a, &b), 0);
    testnet_ip("link set %s down", TESTNET_B);
    ck_assert_int_eq(vmtp_port_wait(b, VMTP_NEVER), VMTP_E_DOWN);
    struct vmtp_tx tx;
    const struct vmtp_tx *pointers[] = {&tx, &tx};
    test_frame_make(&tx, a->info.mac, 1, NULL, 0);
    ck_assert_int_eq(vmtp_port_send(b, pointers, 1), VMTP_E_DOWN);
    ck_assert_int_eq(vmtp_port_send(b, pointers, 2), VMTP_E_DOWN);
    testnet_ip("link set %s up", TESTNET_B);
    uint32_t tries = 0;
    struct vmtp_rx rx;
    do { /* the kernel takes its time to see the cable */
        ck_assert_uint_lt(tries++, 1000);
        test_frame_make(&tx, b->info.mac, 2, NULL, 0);
        port_battery_send(a, &tx);
    } while (vmtp_port_wait(b, 10 * VMTP_MILLISECOND) == 0);
    ck_assert_uint_ge(port_battery_receive(&rig, b, &rx, 1), 1);
    ck_assert_uint_eq(test_frame_number(&rx), 2);
    close_ports(a, b);
}
END_TEST

/* Somebody with an event loop of their own never calls wait: the descriptor stays readable until recv has told. */
START_TEST(recv_tells_of_it_too) {
    vmtp_port *a, *b;
    ck_assert_int_eq(open_1500(&a, &b), 0);
    testnet_ip("link set %s down", TESTNET_B);
    struct pollfd readable = {.fd = b->info.fd, .events = POLLIN};
    struct vmtp_rx rx;
    int result = 0;
    for (int turns = 0; turns < 1000 && result == 0; turns++) {
        ck_assert_int_eq(poll(&readable, 1, 0), 1);
        result = vmtp_port_recv(b, &rx, 1);
    }
    ck_assert_int_eq(result, VMTP_E_DOWN);
    ck_assert_int_eq(poll(&readable, 1, 0), 0);
    close_ports(a, b);
}
END_TEST

START_TEST(an_interface_may_vanish) {
    static const uint8_t group[6] = {0x09, 0x00, 0x56, 1, 2, 3};
    vmtp_port *a, *b;
    ck_assert_int_eq(open_1500(&a, &b), 0);
    ck_assert_int_eq(vmtp_port_group(b, group, 1), 0);
    testnet_ip("link del %s", TESTNET_B);
    ck_assert_int_eq(vmtp_port_wait(b, VMTP_NEVER), VMTP_E_DOWN);
    struct vmtp_tx tx;
    const struct vmtp_tx *pointer = &tx;
    test_frame_make(&tx, a->info.mac, 1, NULL, 0);
    ck_assert_int_eq(vmtp_port_send(b, &pointer, 1), VMTP_E_DOWN);
    ck_assert_int_eq(vmtp_port_group(b, group, 0), 0);
    ck_assert_int_eq(vmtp_port_group(b, group, 1), VMTP_E_DOWN);
    close_ports(a, b);
}
END_TEST

/* ---- sending -------------------------------------------------------------------------------------------------------------- */

START_TEST(a_lowered_mtu_is_noticed) {
    vmtp_port *a, *b;
    static uint8_t data[1200];
    ck_assert_int_eq(open_1500(&a, &b), 0);
    testnet_ip("link set %s mtu 1000", TESTNET_A);
    struct vmtp_tx tx;
    const struct vmtp_tx *pointer = &tx;
    test_frame_make(&tx, b->info.mac, 1, data, sizeof data);
    ck_assert_int_eq(vmtp_port_send(a, &pointer, 1), VMTP_E_TOO_LARGE);
    close_ports(a, b);
}
END_TEST

enum { MANY = 100 };
static struct vmtp_tx many_tx[MANY];
static const struct vmtp_tx *many[MANY];

/* Large and small packets to b, by turns. */
static void make_many(const vmtp_port *b) {
    static uint8_t data[1000];
    for (uint32_t n = 0; n < MANY; n++) {
        test_frame_make(&many_tx[n], b->info.mac, n, data, n % 2 ? sizeof data : 0);
        many[n] = &many_tx[n];
    }
}

static int set_queue(const char *what, const char *rate, unsigned octets) {
    char command[128];
    snprintf(command, sizeof command, "tc qdisc %s dev %s root tbf rate %s burst 2000 limit %u 2>/dev/null", what,
             TESTNET_A, rate, octets);
    return system(command);
}

/* Two ports, and in front of the first's cable a queue that holds so many octets and lets nearly nothing pass: to carry all that is sent it would
 * take more than five seconds. 0 when this machine has no such queues. */
static int open_slow(vmtp_port **a, vmtp_port **b, unsigned queue_octets, const struct vmtp_packet_options *options) {
    testnet_fresh(1500);
    if (set_queue("add", "80kbit", queue_octets)) {
        fprintf(stderr, "not tested here: a slow queue (tc, sch_tbf)\n");
        return 0;
    }
    ck_assert_int_eq(open_one(a, TESTNET_A, options), 0);
    ck_assert_int_eq(open_one(b, TESTNET_B, NULL), 0);
    make_many(*b);
    return 1;
}

/* Whatever was taken arrives, in order, and the rest can be sent then. */
static void send_all_in_parts(vmtp_port *a, vmtp_port *b, unsigned queue_octets) {
    int taken = vmtp_port_send(a, many, MANY);
    ck_assert_int_gt(taken, 0);
    ck_assert_int_lt(taken, MANY);
    struct vmtp_port_stats stats;
    vmtp_port_stats(a, &stats);
    ck_assert_uint_eq(stats.sent, (unsigned)taken);
    ck_assert_uint_eq(stats.tx_refused, MANY - (unsigned)taken);
    int at_once = vmtp_port_send(a, many + taken, MANY - (unsigned)taken);
    ck_assert_msg(at_once >= 0, "a lack of room is no error: %d", at_once);
    taken += at_once;
    ck_assert_int_lt(taken, MANY);
    ck_assert_int_eq(set_queue("change", "8mbit", queue_octets), 0);
    for (uint32_t n = 0; n < MANY; n++) {
        port_battery_expect(&rig, b, n);
        if (n + 1 == (uint32_t)taken && taken < MANY) {
            int more = vmtp_port_send(a, many + taken, MANY - (unsigned)taken);
            ck_assert_int_gt(more, 0);
            taken += more;
        }
    }
}

START_TEST(a_full_send_buffer_takes_a_part) {
    vmtp_port *a, *b;
    struct vmtp_packet_options options;
    vmtp_packet_options_init(&options);
    options.send_buffer = 16384;
    if (!open_slow(&a, &b, 1000000, &options))
        return;
    send_all_in_parts(a, b, 1000000);
    close_ports(a, b);
}
END_TEST

START_TEST(a_full_queue_takes_a_part) {
    vmtp_port *a, *b;
    if (!open_slow(&a, &b, 10000, NULL))
        return;
    send_all_in_parts(a, b, 10000);
    close_ports(a, b);
}
END_TEST

static TCase *own_tests(void) {
    TCase *tc = tcase_create("Linux");
    tcase_set_timeout(tc, 300);
    tcase_add_test(tc, a_wrong_name_is_answered_with_the_right_ones);
    tcase_add_test(tc, the_loopback_is_no_ethernet);
    tcase_add_test(tc, an_interface_that_is_down_is_said_to_be_so);
    tcase_add_test(tc, without_privilege_the_remedy_is_told);
    tcase_add_test(tc, impossible_options_are_refused);
    tcase_add_test(tc, a_passed_socket_needs_no_privilege);
    tcase_add_test(tc, a_passed_descriptor_is_closed_on_failure);
    tcase_add_test(tc, what_a_full_ring_loses_is_counted);
    tcase_add_test(tc, the_ring_may_be_lent_whole);
    tcase_add_test(tc, what_is_too_long_for_the_ring_is_flagged);
    tcase_add_test(tc, what_is_longer_than_any_vmtp_packet_looks_so);
    tcase_add_test(tc, frames_of_a_vlan_are_not_ours);
    tcase_add_test(tc, frames_for_a_vlan_interface_are_not_ours);
    tcase_add_test(tc, promiscuous_mode_shows_nothing_of_others);
    tcase_add_test(tc, other_ethertypes_are_another_network);
    tcase_add_test(tc, the_descriptor_is_readable_exactly_when_packets_wait);
    tcase_add_test(tc, a_signal_ends_the_wait);
    tcase_add_test(tc, an_interface_may_go_down_and_come_back);
    tcase_add_test(tc, recv_tells_of_it_too);
    tcase_add_test(tc, an_interface_may_vanish);
    tcase_add_test(tc, a_lowered_mtu_is_noticed);
    tcase_add_test(tc, a_full_send_buffer_takes_a_part);
    tcase_add_test(tc, a_full_queue_takes_a_part);
    return tc;
}

int main(void) {
    int skip = testnet_begin();
    if (skip)
        return skip;
    Suite *suite = suite_create("port packet");
    port_battery_add(suite, &rig);
    port_battery_add(suite, &captured_rig);
    port_battery_add(suite, &rig_9000);
    port_battery_add(suite, &rig_65535);
    suite_add_tcase(suite, own_tests());
    return run_suite(suite);
}

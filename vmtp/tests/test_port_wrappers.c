/* SPDX-License-Identifier: BSD-2-Clause */
/* test_port_wrappers.c - capture, trace and faults around the virtual Ethernet. */
#define _GNU_SOURCE
#include "support/frames.h"
#include "support/pcapng_reader.h"
#include "support/port_battery.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <suite.h>

static vmtp_sim *sim;
static vmtp_port *a, *b; /* a is wrapped by the tests below */

/* ---- rigs: a wrapper that does nothing must not show in the battery ---------------------------------------------------- */

static vmtp_time sim_clock(void *context) { return vmtp_sim_now(context); }

static void two_ports(vmtp_port **x, vmtp_port **y) {
    sim = vmtp_sim_create(1, 1500, 0);
    ck_assert_ptr_nonnull(sim);
    ck_assert_int_eq(vmtp_sim_attach(sim, x), 0);
    ck_assert_int_eq(vmtp_sim_attach(sim, y), 0);
}

static int open_captured(vmtp_port **x, vmtp_port **y) {
    vmtp_port *inner_x, *inner_y;
    two_ports(&inner_x, &inner_y);
    int error = vmtp_pcapng_open(x, inner_x, "/dev/null", sim_clock, sim);
    return error ? error : vmtp_pcapng_open(y, inner_y, "/dev/null", sim_clock, sim);
}

static int open_traced(vmtp_port **x, vmtp_port **y) {
    static FILE *nowhere;
    vmtp_port *inner_x, *inner_y;
    two_ports(&inner_x, &inner_y);
    nowhere = fopen("/dev/null", "w");
    int error = vmtp_trace_open(x, inner_x, nowhere, sim_clock, sim);
    return error ? error : vmtp_trace_open(y, inner_y, nowhere, sim_clock, sim);
}

static int open_faultless(vmtp_port **x, vmtp_port **y) {
    static const struct vmtp_sim_faults none;
    vmtp_port *inner_x, *inner_y;
    two_ports(&inner_x, &inner_y);
    int error = vmtp_fault_open(x, inner_x, 1, &none);
    return error ? error : vmtp_fault_open(y, inner_y, 2, &none);
}

static int settle(void) {
    vmtp_time next = vmtp_sim_next(sim);
    vmtp_sim_advance(sim, next);
    return next != VMTP_NEVER;
}

static void close_all(vmtp_port *x, vmtp_port *y) {
    vmtp_port_close(x);
    vmtp_port_close(y);
    vmtp_sim_destroy(sim);
}

static const struct port_rig captured = {"sim, captured", open_captured, settle, close_all};
static const struct port_rig traced = {"sim, traced", open_traced, settle, close_all};
static const struct port_rig faultless = {"sim, fault wrapper without faults", open_faultless, settle, close_all};

/* ---- pcapng ------------------------------------------------------------------------------------------------------------- */

static char path[] = "/tmp/vmtp-test-XXXXXX";

static void new_file(void) {
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void open_capture(void) {
    vmtp_port *inner;
    new_file();
    two_ports(&inner, &b);
    ck_assert_int_eq(vmtp_pcapng_open(&a, inner, path, sim_clock, sim), 0);
}

static void close_capture(struct pcapng_file *file) {
    close_all(a, b);
    pcapng_read(file, path);
    unlink(path);
}

/* VMTP-2.1-01 */
START_TEST(a_capture_can_be_read_back) {
    static const uint8_t managers[6] = {0x09, 0x00, 0x56, 0x00, 0x01, 0x00};
    static const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    struct pcapng_file file;
    struct vmtp_tx tx;
    uint8_t data[37], want[VMTP_MIN_PACKET + sizeof data];
    open_capture();
    uint8_t mac_a[6], mac_b[6];
    memcpy(mac_a, a->info.mac, 6);
    memcpy(mac_b, b->info.mac, 6);

    test_frame_fill(data, sizeof data, 1);
    test_frame_make(&tx, mac_b, 1, data, sizeof data); /* 105 octets: not a multiple of four */
    size_t octets = vmtp_tx_gather(&tx, want);
    port_battery_send(a, &tx);
    vmtp_sim_advance(sim, VMTP_SECOND + 77);
    port_battery_send_number(b, mac_a, 2);
    port_battery_expect(&captured, a, 2);
    port_battery_send_number(a, managers, 3);
    port_battery_send_number(a, everybody, 4);
    close_capture(&file);

    ck_assert_uint_eq(file.link_type, 1);
    ck_assert_uint_eq(file.resolution, 9);
    ck_assert_str_eq(file.interface_name, "sim:1");
    ck_assert_mem_eq(file.mac, mac_a, 6);
    ck_assert_uint_eq(file.packet_count, 4);
    const struct pcapng_packet *sent = &file.packets[0], *received = &file.packets[1];
    ck_assert_uint_eq(sent->captured, 14 + octets);
    ck_assert_uint_eq(sent->original, 14 + octets);
    ck_assert_mem_eq(sent->octets, mac_b, 6);
    ck_assert_mem_eq(sent->octets + 6, mac_a, 6);
    ck_assert_uint_eq(sent->octets[12] * 256u + sent->octets[13], VMTP_ETHERTYPE);
    ck_assert_mem_eq(sent->octets + 14, want, octets);
    ck_assert_uint_eq(sent->when, VMTP_SECOND);
    ck_assert_uint_eq(sent->flags, 2 | 1 << 2); /* outbound, unicast */
    ck_assert_str_eq(sent->comment, "");
    ck_assert_uint_eq(received->when, VMTP_SECOND + 77);
    ck_assert_uint_eq(received->flags, 1 | 1 << 2); /* inbound, unicast */
    ck_assert_mem_eq(received->octets, mac_a, 6);
    ck_assert_mem_eq(received->octets + 6, mac_b, 6);
    ck_assert_uint_eq(vmtp_load32(received->octets + 14), 2);
    ck_assert_uint_eq(file.packets[2].flags, 2 | 2 << 2); /* multicast */
    ck_assert_uint_eq(file.packets[3].flags, 2 | 3 << 2); /* broadcast */
    ck_assert_uint_eq(file.statistics_blocks, 1);
    ck_assert_uint_eq(file.received, 1);
    pcapng_forget(&file);
}
END_TEST

START_TEST(comments_go_to_the_next_packet_or_the_end) {
    struct pcapng_file file;
    open_capture();
    port_battery_send_number(a, b->info.mac, 1);
    ck_assert_int_eq(vmtp_pcapng_comment(a, "a retransmission"), 0);
    ck_assert_int_eq(vmtp_pcapng_comment(a, "seed 7"), 0);
    port_battery_send_number(a, b->info.mac, 2);
    port_battery_send_number(a, b->info.mac, 3);
    ck_assert_int_eq(vmtp_pcapng_comment(a, "verdict: pass"), 0);
    ck_assert_int_eq(vmtp_pcapng_comment(b, "not a capture"), VMTP_E_INVALID);
    close_capture(&file);
    ck_assert_uint_eq(file.packet_count, 3);
    ck_assert_str_eq(file.packets[0].comment, "");
    ck_assert_str_eq(file.packets[1].comment, "a retransmission\nseed 7");
    ck_assert_str_eq(file.packets[2].comment, "");
    ck_assert_str_eq(file.closing_comment, "verdict: pass");
    pcapng_forget(&file);
}
END_TEST

START_TEST(a_comment_too_long_for_the_format_is_refused) {
    struct pcapng_file file;
    open_capture();
    char *text = malloc(70001);
    memset(text, 'x', 70000);
    text[70000] = 0;
    ck_assert_int_eq(vmtp_pcapng_comment(a, text), VMTP_E_TOO_LARGE);
    free(text);
    ck_assert_int_eq(vmtp_pcapng_comment(a, "short"), 0);
    port_battery_send_number(a, b->info.mac, 1);
    close_capture(&file);
    ck_assert_str_eq(file.packets[0].comment, "short");
    pcapng_forget(&file);
}
END_TEST

START_TEST(refused_packets_are_not_in_the_capture) {
    static uint8_t data[2000];
    struct pcapng_file file;
    struct vmtp_tx tx;
    const struct vmtp_tx *pointer = &tx;
    open_capture();
    test_frame_make(&tx, b->info.mac, 1, data, sizeof data);
    ck_assert_int_eq(vmtp_port_send(a, &pointer, 1), VMTP_E_TOO_LARGE);
    port_battery_send_number(a, b->info.mac, 2);
    close_capture(&file);
    ck_assert_uint_eq(file.packet_count, 1);
    ck_assert_uint_eq(vmtp_load32(file.packets[0].octets + 14), 2);
    pcapng_forget(&file);
}
END_TEST

/* Somebody looks at the file while the program waits for packets. */
START_TEST(a_capture_is_complete_while_the_program_sleeps) {
    struct pcapng_file file;
    open_capture();
    port_battery_send_number(a, b->info.mac, 1);
    ck_assert_int_eq(vmtp_port_wait(a, 0), VMTP_E_UNSUPPORTED); /* as the inner port has it */
    pcapng_read(&file, path);
    ck_assert_uint_eq(file.packet_count, 1);
    pcapng_forget(&file);
    close_all(a, b);
    unlink(path);
}
END_TEST

START_TEST(a_file_that_cannot_be_written_is_told) {
    vmtp_port *inner, *out = NULL;
    two_ports(&inner, &b);
    ck_assert_int_eq(vmtp_pcapng_open(&out, inner, "/nowhere/at/all", NULL, NULL), VMTP_E_SYSTEM);
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_int_eq(vmtp_pcapng_open(&out, inner, "/dev/full", NULL, NULL), VMTP_E_SYSTEM);
    ck_assert_int_eq(errno, ENOSPC);
    ck_assert_ptr_null(out);
    close_all(inner, b); /* inner is still ours */
}
END_TEST

START_TEST(a_full_disk_ends_the_capture_not_the_port) {
    struct rlimit before, limit;
    struct vmtp_tx tx;
    const struct vmtp_tx *pointer = &tx;
    int sent = 0;
    open_capture();
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = (struct rlimit){8192, before.rlim_max};
    /* Between these two calls nothing may be asserted: libcheck writes a file too. */
    setrlimit(RLIMIT_FSIZE, &limit);
    for (uint32_t n = 0; n < 200; n++) {
        test_frame_make(&tx, b->info.mac, n, NULL, 0);
        sent += vmtp_port_send(a, &pointer, 1);
    }
    vmtp_port_wait(a, 0);
    setrlimit(RLIMIT_FSIZE, &before);
    ck_assert_int_eq(sent, 200);
    ck_assert_int_eq(vmtp_pcapng_error(a), EFBIG);
    ck_assert_int_eq(vmtp_pcapng_error(b), 0);
    for (uint32_t n = 0; n < 200; n++)
        port_battery_expect(&captured, b, n);
    close_all(a, b);
    unlink(path);
}
END_TEST

/* The end of a capture is written, or not, when its file is closed; who asks is told. */
START_TEST(a_disk_that_is_full_at_the_end_is_told) {
    struct rlimit before, limit;
    struct pcapng_file file;
    open_capture();
    ck_assert_int_eq(vmtp_pcapng_comment(a, "the end"), 0); /* goes with the statistics, the last block */
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = (struct rlimit){0, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
    int at_first = vmtp_pcapng_error(a), at_last = vmtp_pcapng_finish(a), again = vmtp_pcapng_finish(a);
    setrlimit(RLIMIT_FSIZE, &before);
    ck_assert_int_eq(at_first, 0);
    ck_assert_int_eq(at_last, EFBIG);
    ck_assert_int_eq(again, EFBIG);
    ck_assert_int_eq(vmtp_pcapng_error(a), EFBIG);
    close_all(a, b);
    pcapng_read(&file, path);
    ck_assert_uint_eq(file.packet_count, 0);
    pcapng_forget(&file);
    unlink(path);
}
END_TEST

START_TEST(a_finished_capture_is_whole_and_its_port_goes_on) {
    struct pcapng_file file;
    struct vmtp_tx tx;
    const struct vmtp_tx *pointer = &tx;
    open_capture();
    test_frame_make(&tx, b->info.mac, 1, NULL, 0);
    ck_assert_int_eq(vmtp_port_send(a, &pointer, 1), 1);
    ck_assert_int_eq(vmtp_pcapng_finish(a), 0);
    ck_assert_int_eq(vmtp_pcapng_finish(a), 0);
    ck_assert_int_eq(vmtp_pcapng_finish(b), 0); /* no capture */
    pcapng_read(&file, path);
    ck_assert_uint_eq(file.packet_count, 1);
    pcapng_forget(&file);
    test_frame_make(&tx, b->info.mac, 2, NULL, 0);
    ck_assert_int_eq(vmtp_port_send(a, &pointer, 1), 1);
    port_battery_expect(&captured, b, 1);
    port_battery_expect(&captured, b, 2);
    close_capture(&file);
    ck_assert_uint_eq(file.packet_count, 1);
    pcapng_forget(&file);
}
END_TEST

/* ---- trace ---------------------------------------------------------------------------------------------------------------- */

START_TEST(a_trace_has_a_line_for_every_packet) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    vmtp_port *inner;
    two_ports(&inner, &b);
    ck_assert_int_eq(vmtp_trace_open(&a, inner, stream, sim_clock, sim), 0);
    struct vmtp_tx tx;
    struct vmtp_header header = {.client = 0x1122334455667788u, .server = 0x0102030405060708u, .transaction = 99};
    test_frame_make(&tx, b->info.mac, 1, NULL, 0);
    vmtp_header_encode(tx.header, &header);
    vmtp_store32(tx.trailer, vmtp_checksum(tx.header, VMTP_HEADER_OCTETS));
    port_battery_send(a, &tx);
    memcpy(tx.dst, a->info.mac, 6);
    port_battery_send(b, &tx);
    tx.header[40] ^= 1; /* now the checksum is wrong */
    port_battery_send(b, &tx);
    struct vmtp_rx rx;
    port_battery_receive(&traced, a, &rx, 1);
    port_battery_receive(&traced, a, &rx, 1);
    close_all(a, b);
    fclose(stream);

    char *line = strtok(text, "\n");
    ck_assert_msg(strstr(line, "1.000000000 sim:1 > 02:56:00:00:00:02 68 octets: ") == line, "%s", line);
    ck_assert_msg(strstr(line, "1122-3344-5566-7788") != NULL, "%s", line);
    line = strtok(NULL, "\n");
    ck_assert_msg(strstr(line, "1.000000000 sim:1 < 02:56:00:00:00:02 68 octets: ") == line, "%s", line);
    ck_assert_msg(strstr(line, "1122-3344-5566-7788") != NULL, "%s", line);
    line = strtok(NULL, "\n");
    ck_assert_msg(strstr(line, "bad packet (checksum)") != NULL, "%s", line);
    ck_assert_ptr_null(strtok(NULL, "\n"));
    free(text);
}
END_TEST

/* ---- fault: the bounds are five standard deviations wide --------------------------------------------------------------------- */

#define SENT 10000u

static uint32_t numbers[3 * SENT];

static void open_fault(uint64_t seed, struct vmtp_sim_faults faults) {
    vmtp_port *inner;
    two_ports(&inner, &b);
    ck_assert_int_eq(vmtp_fault_open(&a, inner, seed, &faults), 0);
}

static unsigned drain(void) {
    struct vmtp_rx rx[16];
    unsigned count = 0;
    while (settle())
        continue;
    for (int got; (got = vmtp_port_recv(b, rx, 16)) > 0; vmtp_port_release(b))
        for (int i = 0; i < got; i++)
            numbers[count++] = test_frame_number(&rx[i]);
    return count;
}

/* What arrives of SENT packets, in numbers; how many. */
static unsigned arrivals(uint64_t seed, struct vmtp_sim_faults faults) {
    open_fault(seed, faults);
    for (uint32_t n = 0; n < SENT; n++)
        port_battery_send_number(a, b->info.mac, n);
    vmtp_port_wait(a, 0);
    unsigned count = drain();
    close_all(a, b);
    return count;
}

START_TEST(faults_lose_and_count) {
    open_fault(1, (struct vmtp_sim_faults){.loss = 200000});
    for (uint32_t n = 0; n < SENT; n++)
        port_battery_send_number(a, b->info.mac, n);
    unsigned count = drain();
    ck_assert_uint_ge(count, 7800);
    ck_assert_uint_le(count, 8200);
    struct vmtp_port_stats stats;
    vmtp_port_stats(a, &stats);
    ck_assert_uint_eq(stats.sent, SENT);
    ck_assert_uint_eq(stats.tx_failed, SENT - count);
    close_all(a, b);
    ck_assert_uint_eq(arrivals(1, (struct vmtp_sim_faults){.loss = 1000000}), 0);
}
END_TEST

START_TEST(faults_duplicate) {
    unsigned count = arrivals(2, (struct vmtp_sim_faults){.duplicate = 200000});
    ck_assert_uint_ge(count, 11800);
    ck_assert_uint_le(count, 12200);
    ck_assert_uint_eq(arrivals(2, (struct vmtp_sim_faults){.duplicate = 1000000}), 2 * SENT);
}
END_TEST

START_TEST(faults_reorder_and_lose_nothing) {
    unsigned late = 0;
    ck_assert_uint_eq(arrivals(3, (struct vmtp_sim_faults){.reorder = 200000}), SENT);
    static uint8_t seen[SENT];
    for (uint32_t n = 0; n < SENT; n++) {
        ck_assert_uint_lt(numbers[n], SENT);
        ck_assert_uint_eq(seen[numbers[n]]++, 0);
        ck_assert_uint_le(numbers[n], n + 1);
        ck_assert_uint_le(n, numbers[n] + 1); /* only the next one passes it */
        late += n > 0 && numbers[n] < numbers[n - 1];
    }
    /* One that is late itself does not let the one before it pass. */
    ck_assert_uint_ge(late, 1300);
    ck_assert_uint_le(late, 2000);
}
END_TEST

/* Nothing follows a late packet: it must not be lost by that. */
START_TEST(a_late_packet_goes_when_nothing_follows) {
    open_fault(4, (struct vmtp_sim_faults){.reorder = 1000000});
    struct vmtp_rx rx;
    port_battery_send_number(a, b->info.mac, 1);
    ck_assert_uint_eq(drain(), 0);
    vmtp_port_wait(a, 0);
    ck_assert_uint_eq(drain(), 1);
    port_battery_send_number(a, b->info.mac, 2);
    ck_assert_int_eq(vmtp_port_recv(a, &rx, 1), 0);
    ck_assert_uint_eq(drain(), 0);
    ck_assert_int_eq(vmtp_port_recv(a, &rx, 1), 0);
    ck_assert_uint_eq(drain(), 1);
    port_battery_send_number(a, b->info.mac, 3);
    vmtp_port_close(a);
    ck_assert_uint_eq(drain(), 1);
    vmtp_sim_destroy(sim);
}
END_TEST

START_TEST(a_late_packet_keeps_its_octets) {
    uint8_t data[100], want[VMTP_MIN_PACKET + sizeof data];
    open_fault(4, (struct vmtp_sim_faults){.reorder = 1000000});
    struct vmtp_tx tx;
    struct vmtp_rx rx;
    test_frame_fill(data, sizeof data, 6);
    test_frame_make(&tx, b->info.mac, 1, data, 60);
    tx.slices[1] = (struct vmtp_slice){data + 60, 40};
    tx.slice_count = 2;
    vmtp_tx_gather(&tx, want);
    port_battery_send(a, &tx);
    memset(data, 0, sizeof data);
    memset(&tx, 0, sizeof tx);
    vmtp_port_wait(a, 0);
    port_battery_receive(&faultless, b, &rx, 1);
    ck_assert_uint_eq(rx.length, sizeof want);
    ck_assert_mem_eq(rx.packet, want, sizeof want);
    close_all(a, b);
}
END_TEST

START_TEST(faults_flip_one_bit) {
    uint8_t data[50];
    unsigned in_header = 0, in_data = 0, in_trailer = 0;
    open_fault(5, (struct vmtp_sim_faults){.corrupt = 1000000});
    test_frame_fill(data, sizeof data, 2);
    for (uint32_t n = 0; n < 500; n++) {
        uint8_t want[VMTP_MIN_PACKET + sizeof data];
        struct vmtp_tx tx;
        struct vmtp_rx rx;
        test_frame_make(&tx, b->info.mac, n, data, sizeof data);
        vmtp_tx_gather(&tx, want);
        port_battery_send(a, &tx);
        port_battery_receive(&faultless, b, &rx, 1);
        ck_assert_uint_eq(rx.length, sizeof want);
        unsigned bits = 0;
        for (size_t i = 0; i < sizeof want; i++) {
            unsigned flipped = (unsigned)__builtin_popcount((unsigned)(want[i] ^ rx.packet[i]));
            bits += flipped;
            *(i < VMTP_HEADER_OCTETS ? &in_header : i < sizeof want - 4 ? &in_data : &in_trailer) += flipped;
        }
        ck_assert_uint_eq(bits, 1);
        vmtp_port_release(b);
    }
    ck_assert_uint_gt(in_header, 200);
    ck_assert_uint_gt(in_data, 150);
    ck_assert_uint_gt(in_trailer, 5);
    close_all(a, b);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_faults) {
    static const struct vmtp_sim_faults all = {.loss = 100000, .duplicate = 50000, .reorder = 50000, .corrupt = 10000};
    static uint32_t first[3 * SENT];
    unsigned count = arrivals(9, all);
    memcpy(first, numbers, sizeof first);
    ck_assert_uint_eq(arrivals(9, all), count);
    ck_assert_mem_eq(first, numbers, count * sizeof *first);
    arrivals(10, all);
    ck_assert_mem_ne(first, numbers, count * sizeof *first);
}
END_TEST

/* A packet that would be lost anyway is still checked. */
START_TEST(faults_do_not_hide_what_is_too_large) {
    static uint8_t data[2000];
    open_fault(1, (struct vmtp_sim_faults){.loss = 1000000});
    struct vmtp_tx tx;
    const struct vmtp_tx *pointer = &tx;
    test_frame_make(&tx, b->info.mac, 1, data, sizeof data);
    ck_assert_int_eq(vmtp_port_send(a, &pointer, 1), VMTP_E_TOO_LARGE);
    close_all(a, b);
}
END_TEST

static TCase *pcapng_tests(void) {
    TCase *tc = tcase_create("pcapng");
    tcase_add_test(tc, a_capture_can_be_read_back);
    tcase_add_test(tc, comments_go_to_the_next_packet_or_the_end);
    tcase_add_test(tc, a_comment_too_long_for_the_format_is_refused);
    tcase_add_test(tc, refused_packets_are_not_in_the_capture);
    tcase_add_test(tc, a_capture_is_complete_while_the_program_sleeps);
    tcase_add_test(tc, a_file_that_cannot_be_written_is_told);
    tcase_add_test(tc, a_full_disk_ends_the_capture_not_the_port);
    tcase_add_test(tc, a_disk_that_is_full_at_the_end_is_told);
    tcase_add_test(tc, a_finished_capture_is_whole_and_its_port_goes_on);
    return tc;
}

static TCase *fault_tests(void) {
    TCase *tc = tcase_create("trace and fault");
    tcase_add_test(tc, a_trace_has_a_line_for_every_packet);
    tcase_add_test(tc, faults_lose_and_count);
    tcase_add_test(tc, faults_duplicate);
    tcase_add_test(tc, faults_reorder_and_lose_nothing);
    tcase_add_test(tc, a_late_packet_goes_when_nothing_follows);
    tcase_add_test(tc, a_late_packet_keeps_its_octets);
    tcase_add_test(tc, faults_flip_one_bit);
    tcase_add_test(tc, the_same_seed_gives_the_same_faults);
    tcase_add_test(tc, faults_do_not_hide_what_is_too_large);
    return tc;
}

int main(void) {
    Suite *suite = suite_create("port wrappers");
    port_battery_add(suite, &captured);
    port_battery_add(suite, &traced);
    port_battery_add(suite, &faultless);
    suite_add_tcase(suite, pcapng_tests());
    suite_add_tcase(suite, fault_tests());
    return run_suite(suite);
}

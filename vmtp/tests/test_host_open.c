/* SPDX-License-Identifier: BSD-2-Clause */
/* vmtp_host_open and close: every mistake gets a line, every failure leaves nothing behind. */
#define _GNU_SOURCE
#include <check.h>
#include <suite.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <fcntl.h>
#include <unistd.h>

#include "support/host_net.h"
#include "support/odd_port.h"

static struct net net;
static struct odd_port odd;
static struct vmtp_host_config config;
static char error[256];

static void setup(void) {
    net_begin(&net, 4);
    net_config(&net, &config, 0);
    odd_port_init(&odd, config.port, -1);
    config.port = &odd.port;
}

static void teardown(void) { net_end(&net); }

static int open_it(void) { return net_open_with(&net, 0, &config, error, sizeof error); }

/* Fails with result and with word in its one line; the port has been closed, all memory is back. */
static void fails(int result, const char *word) {
    ck_assert_int_eq(open_it(), result);
    ck_assert_ptr_null(net.nodes[0].host);
    ck_assert_msg(strstr(error, word) != NULL, "'%s' is not in '%s'", word, error);
    ck_assert_ptr_null(strchr(error, '\n'));
    ck_assert_int_eq(net.living, 0);
}

START_TEST(opens_and_closes) {
    ck_assert_int_eq(open_it(), 0);
    ck_assert_str_eq(error, "");
    vmtp_engine *e = vmtp_host_engine(net.nodes[0].host);
    ck_assert_int_eq(vmtp_engine_ready(e), 1);
    ck_assert_uint_eq(vmtp_engine_block(e), config.engine.block);
    ck_assert_uint_eq(odd.frames, 0); /* a block of one's own: nothing to ask for */
    struct vmtp_event event;
    ck_assert_int_eq(vmtp_host_next_event(net.nodes[0].host, &event), 0);
    vmtp_host_close(net.nodes[0].host);
    net.nodes[0].host = NULL;
    ck_assert_uint_eq(odd.closed, 1);
    ck_assert_int_eq(net.living, 0);
    vmtp_host_close(NULL);
}
END_TEST

START_TEST(asks_for_identifiers) {
    vmtp_time before = vmtp_sim_now(net.sim);
    config.engine.block = 0;
    ck_assert_int_eq(open_it(), 0);
    ck_assert_uint_eq(odd.frames, 3);
    ck_assert_uint_ge(vmtp_sim_now(net.sim) - before, 150 * VMTP_MILLISECOND);
    ck_assert_uint_lt(vmtp_sim_now(net.sim) - before, 152 * VMTP_MILLISECOND);
    ck_assert_uint_ne(vmtp_host_manager(net.nodes[0].host), 0);
}
END_TEST

START_TEST(somebody_claims_every_block) {
    config.engine.block = 0;
    odd.mirror = 1;
    fails(VMTP_E_TIMEOUT, "claims every block");
    ck_assert_uint_eq(odd.closed, 1);
}
END_TEST

START_TEST(not_initialised) {
    struct vmtp_host_config empty;
    vmtp_host *host;
    memset(&empty, 0, sizeof empty);
    ck_assert_int_eq(vmtp_host_open(&host, &empty, error, sizeof error), VMTP_E_INVALID);
    ck_assert_ptr_nonnull(strstr(error, "vmtp_host_config_init"));
    ck_assert_int_eq(vmtp_host_open(&host, &empty, NULL, 0), VMTP_E_INVALID);
    vmtp_port_close(&odd.port);
}
END_TEST

/* Fields that follow the engine's lie elsewhere in another version: nothing of it is believed, and nothing closed. */
START_TEST(of_another_version) {
    const size_t sizes[] = {1, sizeof config / 2, sizeof config - 1, sizeof config + 1, SIZE_MAX};
    const int fd = eventfd(0, EFD_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        config.packet.fd = fd;
        config.size = sizes[i];
        fails(VMTP_E_INVALID, "another version");
        ck_assert_uint_eq(odd.closed, 0);
        ck_assert_int_ne(fcntl(fd, F_GETFD), -1);
    }
    close(fd);
    vmtp_port_close(&odd.port);
}
END_TEST

START_TEST(no_interface_named) {
    config.port = NULL;
    config.packet.fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    ck_assert_int_ge(config.packet.fd, 0);
    fails(VMTP_E_INVALID, "interface_name");
    ck_assert_int_eq(fcntl(config.packet.fd, F_GETFD), -1); /* it was handed over */
    vmtp_port_close(&odd.port);
}
END_TEST

START_TEST(engine_configuration_is_wrong) {
    config.engine.block = 0x123; /* the low octet must be 0 */
    fails(VMTP_E_INVALID, "engine configuration: ");
    ck_assert_uint_eq(odd.closed, 1);
}
END_TEST

START_TEST(mtu_above_the_ports) {
    config.engine.mtu = 9000;
    fails(VMTP_E_INVALID, "1500");
    ck_assert_uint_eq(odd.closed, 1);
}
END_TEST

START_TEST(no_client_entities) {
    config.call_entities = 0;
    fails(VMTP_E_INVALID, "call_entities");
}
END_TEST

START_TEST(capture_cannot_be_written) {
    config.pcapng = "/nonexistent/capture.pcapng";
    fails(VMTP_E_SYSTEM, "/nonexistent/capture.pcapng");
    ck_assert_uint_eq(odd.closed, 1);
}
END_TEST

START_TEST(capture_is_written) {
    char path[] = "/tmp/test_host_open.XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    config.pcapng = path;
    config.engine.block = 0;
    ck_assert_int_eq(open_it(), 0);
    vmtp_host_close(net.nodes[0].host);
    net.nodes[0].host = NULL;
    ck_assert_uint_eq(odd.closed, 1);
    ck_assert_int_gt(lseek(fd, 0, SEEK_END), 3 * 68); /* the probes are in it */
    close(fd);
    unlink(path);
}
END_TEST

START_TEST(interface_is_down) {
    config.engine.block = 0;
    odd_port_plan(&odd, VMTP_E_DOWN);
    fails(VMTP_E_DOWN, "down");
    ck_assert_uint_eq(odd.closed, 1);
}
END_TEST

START_TEST(every_allocation_fails_once) {
    long n = 0;
    vmtp_port_close(&odd.port);
    for (;; n++) {
        net_config(&net, &config, 0);
        odd_port_init(&odd, config.port, -1);
        config.port = &odd.port;
        net.fail_at = net.allocations + n;
        if (open_it() == 0)
            break;
        ck_assert_ptr_null(net.nodes[0].host);
        ck_assert_ptr_nonnull(strstr(error, "out of memory"));
        ck_assert_int_eq(net.living, 0);
        ck_assert_uint_eq(odd.closed, 1);
    }
    ck_assert_int_ge(n, 5);
    ck_assert_uint_eq(odd.closed, 0);
}
END_TEST

START_TEST(defaults) {
    struct vmtp_host_config c;
    vmtp_host_config_init(&c);
    ck_assert_uint_eq(c.size, sizeof c);
    ck_assert_uint_eq(c.spin, 50 * VMTP_MICROSECOND);
    ck_assert_uint_eq(c.call_entities, 64);
    ck_assert_int_eq(c.packet.fd, -1);
    ck_assert_uint_eq(c.engine.size, sizeof c.engine);
    ck_assert_uint_eq(c.engine.mtu, 0);
    ck_assert_ptr_null(c.engine.random);
}
END_TEST

/* With the real clock and a port that hears nothing. */
START_TEST(real_world) {
    vmtp_host *host;
    struct vmtp_message m = {.server = 0x42};
    struct vmtp_host_config c;
    struct odd_port silent;
    odd_port_init(&silent, NULL, -1);
    vmtp_host_config_init(&c);
    c.port = &silent.port;
    c.engine.block = 0x123400;
    ck_assert_int_eq(vmtp_host_open(&host, &c, error, sizeof error), 0);
    vmtp_time before = vmtp_host_now(host);
    int r = vmtp_host_call(host, &m, NULL, 0, NULL, 0, NULL, before + 3 * VMTP_MILLISECOND);
    ck_assert_int_eq(r, VMTP_USER_TIMEOUT);
    ck_assert_uint_ge(vmtp_host_now(host), before + 3 * VMTP_MILLISECOND);
    ck_assert_uint_gt(silent.frames, 0); /* it was looked for */
    vmtp_host_close(host);
    ck_assert_uint_eq(silent.closed, 1);
    vmtp_port_close(&odd.port);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("host open");
    TCase *tc = tcase_create("open");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, opens_and_closes);
    tcase_add_test(tc, asks_for_identifiers);
    tcase_add_test(tc, somebody_claims_every_block);
    tcase_add_test(tc, not_initialised);
    tcase_add_test(tc, of_another_version);
    tcase_add_test(tc, no_interface_named);
    tcase_add_test(tc, engine_configuration_is_wrong);
    tcase_add_test(tc, mtu_above_the_ports);
    tcase_add_test(tc, no_client_entities);
    tcase_add_test(tc, capture_cannot_be_written);
    tcase_add_test(tc, capture_is_written);
    tcase_add_test(tc, interface_is_down);
    tcase_add_test(tc, every_allocation_fails_once);
    tcase_add_test(tc, defaults);
    tcase_add_test(tc, real_world);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}

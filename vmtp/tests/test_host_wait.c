/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting in the real world: asleep on descriptors, interrupted by threads and signal handlers. */
#define _GNU_SOURCE
#include <check.h>
#include <suite.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/time.h>

#include "support/odd_port.h"

#include <vmtp/host.h>

static vmtp_host *host;
static struct odd_port silent;
static int port_fd;
static vmtp_entity entity;

static void open_host(int fd, vmtp_time spin) {
    struct vmtp_host_config config;
    char error[256];
    odd_port_init(&silent, NULL, fd);
    vmtp_host_config_init(&config);
    config.port = &silent.port;
    config.engine.block = 0x123400;
    config.spin = spin;
    ck_assert_int_eq(vmtp_host_open(&host, &config, error, sizeof error), 0);
    ck_assert_int_eq(vmtp_host_entity(host, &entity, NULL), 0);
    ck_assert_int_eq(vmtp_host_serve(host, entity, 1, 0), 0);
}

static void setup(void) {
    port_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ck_assert_int_ge(port_fd, 0);
    open_host(port_fd, 50 * VMTP_MICROSECOND);
}

static void teardown(void) { vmtp_host_close(host); }

static int receive(vmtp_time deadline) {
    struct vmtp_incoming in;
    return vmtp_host_receive(host, 0, &in, deadline);
}

static void *interrupt_later(void *argument) {
    /* No matter when: before the call, while it looks, or while it sleeps. */
    (void)argument;
    vmtp_host_interrupt(host);
    return NULL;
}

static void interrupted_by_a_thread(void) {
    for (int i = 0; i < 100; i++) {
        pthread_t thread;
        ck_assert_int_eq(pthread_create(&thread, NULL, interrupt_later, NULL), 0);
        ck_assert_int_eq(receive(VMTP_NEVER), VMTP_E_CANCELLED);
        ck_assert_int_eq(pthread_join(thread, NULL), 0);
        ck_assert_int_eq(receive(0), VMTP_E_TIMEOUT); /* once is enough */
    }
}

START_TEST(thread_interrupts) { interrupted_by_a_thread(); }
END_TEST

START_TEST(thread_interrupts_without_descriptor) {
    vmtp_host_close(host);
    open_host(-1, 50 * VMTP_MICROSECOND);
    interrupted_by_a_thread();
}
END_TEST

START_TEST(thread_interrupts_without_spinning) {
    vmtp_host_close(host);
    open_host(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), 0);
    interrupted_by_a_thread();
}
END_TEST

static void on_alarm(int number) {
    (void)number;
    vmtp_host_interrupt(host);
}

START_TEST(signal_handler_interrupts) {
    const struct itimerval soon = {.it_value.tv_usec = 2000};
    struct sigaction action = {.sa_handler = on_alarm};
    ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &soon, NULL), 0);
    ck_assert_int_eq(receive(VMTP_NEVER), VMTP_E_CANCELLED);
}
END_TEST

static volatile sig_atomic_t alarms;

static void count_alarm(int number) {
    (void)number;
    alarms++;
}

START_TEST(other_signals_do_not) {
    const struct itimerval soon = {.it_value.tv_usec = 1000, .it_interval.tv_usec = 1000};
    const struct itimerval never = {.it_value.tv_usec = 0};
    struct sigaction action = {.sa_handler = count_alarm};
    ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &soon, NULL), 0);
    vmtp_time deadline = vmtp_host_now(host) + 20 * VMTP_MILLISECOND;
    ck_assert_int_eq(receive(deadline), VMTP_E_TIMEOUT);
    ck_assert_uint_ge(vmtp_host_now(host), deadline);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &never, NULL), 0);
    ck_assert_int_gt(alarms, 0);
}
END_TEST

START_TEST(call_is_interrupted) {
    pthread_t thread;
    struct vmtp_message m = {.server = 0x42};
    char segment[16] = "lent", area[16];
    ck_assert_int_eq(pthread_create(&thread, NULL, interrupt_later, NULL), 0);
    int r = vmtp_host_call(host, &m, segment, sizeof segment, area, sizeof area, NULL, VMTP_NEVER);
    ck_assert_int_eq(r, VMTP_E_CANCELLED);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    struct vmtp_usage usage;
    vmtp_usage(vmtp_host_engine(host), &usage);
    ck_assert_uint_eq(usage.events, 0);
}
END_TEST

START_TEST(descriptor_of_the_port) { ck_assert_int_eq(vmtp_host_fd(host), port_fd); }
END_TEST

int main(void) {
    Suite *suite = suite_create("host wait");
    TCase *tc = tcase_create("wait");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, thread_interrupts);
    tcase_add_test(tc, thread_interrupts_without_descriptor);
    tcase_add_test(tc, thread_interrupts_without_spinning);
    tcase_add_test(tc, signal_handler_interrupts);
    tcase_add_test(tc, other_signals_do_not);
    tcase_add_test(tc, call_is_interrupted);
    tcase_add_test(tc, descriptor_of_the_port);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * uv_loop INTERFACE - the echo server in a libuv loop, until SIGINT or SIGTERM.
 *
 * Three handles: uv_poll_t for the host's descriptor, uv_timer_t for its deadline, uv_signal_t to end.
 */
#define _GNU_SOURCE /* uv.h needs it */
#include <signal.h>
#include <stdio.h>

#include <uv.h>

#include <vmtp/host.h>

#include "echo.h"

static vmtp_host *host;
static uv_poll_t readable;
static uv_timer_t timer;
static uv_signal_t interrupt_signal, terminate_signal;
static int failed;

static void on_timer(uv_timer_t *handle);

/* libuv counts milliseconds: late by less than one is early enough for every timer of the protocol. */
static void set_timer(void) {
    vmtp_time deadline = vmtp_host_deadline(host), now = vmtp_host_now(host);
    if (deadline == VMTP_NEVER) {
        uv_timer_stop(&timer);
        return;
    }
    vmtp_time wait = deadline > now ? deadline - now : 0;
    uv_update_time(uv_default_loop());
    uv_timer_start(&timer, on_timer, (wait + VMTP_MILLISECOND - 1) / VMTP_MILLISECOND, 0);
}

static void turn(void) {
    struct vmtp_incoming in;
    struct vmtp_event event;
    int result = vmtp_host_turn(host);
    if (result < 0) {
        fprintf(stderr, "uv_loop: %s\n", vmtp_error_text(result));
        failed = 1;
        uv_stop(uv_default_loop());
        return;
    }
    while (vmtp_host_next_request(host, 0, &in)) {
        in.message.code = VMTP_OK;
        vmtp_host_reply(host, &in, &in.message, in.segment, in.segment_size, 0);
    }
    while (vmtp_host_next_event(host, &event)) {
        /* COMPLETE of calls made with vmtp_call would be handled here: see epoll_loop.c */
    }
    set_timer();
}

static void on_timer(uv_timer_t *handle) {
    (void)handle;
    turn();
}

static void on_readable(uv_poll_t *handle, int status, int events) {
    (void)events;
    if (status < 0) /* libuv stops watching; what is wrong is said by vmtp_host_turn */
        uv_poll_start(handle, UV_READABLE, on_readable);
    turn();
}

static void on_signal(uv_signal_t *handle, int number) {
    (void)number;
    uv_stop(handle->loop);
}

static void close_handle(uv_handle_t *handle, void *argument) {
    (void)argument;
    uv_close(handle, NULL);
}

static int serve(uv_loop_t *loop) {
    vmtp_entity self;
    struct vmtp_entity_options options = {.id = ECHO_SERVER};
    int result = vmtp_host_entity(host, &self, &options);
    if (result == 0)
        result = vmtp_host_serve(host, self, 16, 16384);
    if (result < 0) {
        fprintf(stderr, "uv_loop: %s\n", vmtp_error_text(result));
        return 1;
    }
    uv_poll_init(loop, &readable, vmtp_host_fd(host));
    uv_timer_init(loop, &timer);
    uv_signal_init(loop, &interrupt_signal);
    uv_signal_init(loop, &terminate_signal);
    uv_poll_start(&readable, UV_READABLE, on_readable);
    uv_signal_start(&interrupt_signal, on_signal, SIGINT);
    uv_signal_start(&terminate_signal, on_signal, SIGTERM);
    turn();
    printf("serving\n");
    fflush(stdout);
    uv_run(loop, UV_RUN_DEFAULT);
    uv_walk(loop, close_handle, NULL);
    uv_run(loop, UV_RUN_DEFAULT);
    return failed;
}

int main(int argc, char **argv) {
    struct vmtp_host_config config;
    char error[256];
    if (argc != 2) {
        fprintf(stderr, "usage: uv_loop INTERFACE\n");
        return 2;
    }
    vmtp_host_config_init(&config);
    config.interface_name = argv[1];
    if (vmtp_host_open(&host, &config, error, sizeof error) < 0) {
        fprintf(stderr, "uv_loop: %s\n", error);
        return 1;
    }
    int result = serve(uv_default_loop());
    vmtp_host_close(host); /* after uv_poll_t is closed: it watches the host's descriptor */
    uv_loop_close(uv_default_loop());
    return result;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * epoll_loop INTERFACE          - serves the echo entity from an epoll loop of its own, until SIGINT or SIGTERM
 * epoll_loop INTERFACE ENTITY   - calls that entity three times at once and ends
 *
 * The loop has two descriptors: the host's, and a timer that is set to the host's deadline.  Nothing here blocks but epoll_wait.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <vmtp/host.h>

#include "echo.h"

#define CALLS 3

/* One call of our own: everything that is lent to the engine until its COMPLETE. */
struct call {
    vmtp_entity client;
    char request[32];
    char response[64];
};

static struct call calls[CALLS];
static int unfinished, failures;

static void start_calls(vmtp_host *host, vmtp_entity server) {
    for (unsigned i = 0; i < CALLS; i++) {
        struct call *call = &calls[i];
        int size = snprintf(call->request, sizeof call->request, "call %u", i);
        struct vmtp_request request = {.message = {.server = server, .code = ECHO_TEXT},
                                       .segment = call->request,
                                       .segment_size = (uint32_t)size,
                                       .response_area = call->response,
                                       .response_size = sizeof call->response,
                                       .deadline = vmtp_host_now(host) + 2 * VMTP_SECOND,
                                       .cookie = i};
        vmtp_handle handle;
        int result = vmtp_host_borrow_entity(host, &call->client);
        if (result == 0) {
            request.client = call->client;
            result = vmtp_call(vmtp_host_engine(host), &handle, &request, vmtp_host_now(host));
        }
        if (result == 0) {
            unfinished++;
        } else {
            fprintf(stderr, "call %u: %s\n", i, vmtp_error_text(result));
            failures++;
        }
    }
}

static void finish_call(vmtp_host *host, const struct vmtp_event *event) {
    struct call *call = &calls[event->cookie];
    if (event->result == VMTP_OK) {
        printf("%.*s\n", (int)event->segment_size, call->response);
    } else {
        const char *name = vmtp_response_code_name(event->result);
        fprintf(stderr, "%s: %s\n", call->request, name ? name : "failed");
        failures++;
    }
    vmtp_host_return_entity(host, call->client);
    unfinished--;
}

/* Everything that has happened: Requests for the entity we serve, and events. */
static void handle_all(vmtp_host *host) {
    struct vmtp_incoming in;
    struct vmtp_event event;
    while (vmtp_host_next_request(host, 0, &in)) {
        in.message.code = VMTP_OK;
        vmtp_host_reply(host, &in, &in.message, in.segment, in.segment_size, 0);
    }
    while (vmtp_host_next_event(host, &event))
        if (event.type == VMTP_EV_COMPLETE)
            finish_call(host, &event);
}

/* An absolute time on the clock that the host uses; a time that has passed fires at once; all zero disarms. */
static void set_timer(int timer, vmtp_time deadline) {
    struct itimerspec t;
    memset(&t, 0, sizeof t);
    if (deadline != VMTP_NEVER) {
        t.it_value.tv_sec = (time_t)(deadline / VMTP_SECOND);
        t.it_value.tv_nsec = (long)(deadline % VMTP_SECOND);
        if (deadline == 0)
            t.it_value.tv_nsec = 1;
    }
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &t, NULL);
}

static int run(vmtp_host *host, int poll_fd, int timer, int signals, int forever) {
    for (;;) {
        struct epoll_event ready[3];
        uint64_t expirations;
        int result = vmtp_host_turn(host);
        if (result < 0) {
            fprintf(stderr, "epoll_loop: %s\n", vmtp_error_text(result));
            return 1;
        }
        handle_all(host);
        if (!forever && !unfinished)
            return failures != 0;
        set_timer(timer, vmtp_host_deadline(host)); /* last: anything above may have changed it */
        int n = epoll_wait(poll_fd, ready, 3, -1);
        for (int i = 0; i < n; i++) {
            if (ready[i].data.fd == signals)
                return 0;
            if (ready[i].data.fd == timer && read(timer, &expirations, sizeof expirations) < 0 && errno != EAGAIN)
                return 1;
        }
    }
}

static void watch(int poll_fd, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event);
}

int main(int argc, char **argv) {
    vmtp_host *host;
    vmtp_entity entity = ECHO_SERVER;
    struct vmtp_host_config config;
    char error[256];
    if (argc < 2 || (argc > 2 && vmtp_entity_parse(&entity, argv[2]) < 0)) {
        fprintf(stderr, "usage: epoll_loop INTERFACE [ENTITY]\n");
        return 2;
    }
    vmtp_host_config_init(&config);
    config.interface_name = argv[1];
    if (vmtp_host_open(&host, &config, error, sizeof error) < 0) {
        fprintf(stderr, "epoll_loop: %s\n", error);
        return 1;
    }

    sigset_t end;
    sigemptyset(&end);
    sigaddset(&end, SIGINT);
    sigaddset(&end, SIGTERM);
    sigprocmask(SIG_BLOCK, &end, NULL);
    int poll_fd = epoll_create1(EPOLL_CLOEXEC);
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    int signals = signalfd(-1, &end, SFD_NONBLOCK | SFD_CLOEXEC);
    watch(poll_fd, vmtp_host_fd(host));
    watch(poll_fd, timer);
    watch(poll_fd, signals);

    int result = 0;
    if (argc > 2) {
        start_calls(host, entity);
    } else {
        struct vmtp_entity_options options = {.id = entity};
        result = vmtp_host_entity(host, &entity, &options);
        if (result == 0)
            result = vmtp_host_serve(host, entity, 16, 16384);
        printf(result == 0 ? "serving\n" : "not serving\n");
        fflush(stdout);
    }
    if (result == 0)
        result = run(host, poll_fd, timer, signals, argc == 2);
    vmtp_host_close(host); /* before the descriptors: it owns one of them */
    close(signals);
    close(timer);
    close(poll_fd);
    return result != 0;
}

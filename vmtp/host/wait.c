/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting for the network.
 *
 * A round trip takes a few microseconds when both ends are awake and more than fifty when they have to be woken, so waiting
 * looks at the ring for a while before it sleeps.  It yields between looks: on one core the other end cannot answer before it
 * gets the processor.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

/* Looks between two yields.  More would find some packets sooner, and cost the other end its time on a shared core. */
#define LOOKS 16
/* The same when the last yield came back at once: nobody else wants this core, and a yield costs half a microsecond
 * in which a packet is not seen. */
#define LOOKS_ALONE 768
/* A yield that takes longer has let somebody else run. */
#define ALONE (3 * VMTP_MICROSECOND / 2)
/* A port without a descriptor cannot be slept on together with an interruption, so those sleep in short pieces. */
#define PIECE VMTP_MILLISECOND

void vmtp_host_interrupt(vmtp_host *host) {
    int saved = errno;
    const uint64_t one = 1;
    atomic_store(&host->interrupted, 1);
    /* It fails only when the counter is full, and then it is readable anyway. */
    ssize_t written = write(host->wake_fd, &one, sizeof one);
    (void)written;
    errno = saved;
}

static void drain(vmtp_host *host) {
    uint64_t count;
    ssize_t n = read(host->wake_fd, &count, sizeof count);
    (void)n; /* nothing there: it was drained before */
}

int vhost_take_interrupt(vmtp_host *host) {
    if (!vhost_interrupted(host))
        return 0;
    drain(host);
    return atomic_exchange(&host->interrupted, 0);
}

static int sleep_on_descriptors(vmtp_host *host, vmtp_time duration) {
    if (host->captured)
        vmtp_port_wait(host->port, 0); /* writes down what is still in memory, lest a killed program lose it */
    struct pollfd fds[2] = {{.fd = host->port->info.fd, .events = POLLIN}, {.fd = host->wake_fd, .events = POLLIN}};
    struct timespec t = {.tv_sec = (time_t)(duration / VMTP_SECOND), .tv_nsec = (long)(duration % VMTP_SECOND)};
    /* A day is as good as for ever: the caller looks and waits again. */
    if (duration > 86400 * VMTP_SECOND)
        t = (struct timespec){.tv_sec = 86400};
    int n = ppoll(fds, 2, &t, NULL);
    if (n < 0)
        return errno == EINTR ? 0 : VMTP_E_SYSTEM;
    if (fds[0].revents & ~POLLIN) { /* the port knows what is wrong with it */
        int r = vhost_port_error(host);
        if (r < 0)
            return r;
    }
    /* An interruption that was taken note of while it was being made leaves the eventfd readable. */
    if (fds[1].revents && !vhost_interrupted(host))
        drain(host);
    return 0;
}

static int sleep_without_descriptor(vmtp_host *host, vmtp_time duration) {
    int r = vmtp_port_wait(host->port, duration < PIECE ? duration : PIECE);
    if (r == VMTP_E_UNSUPPORTED)
        sched_yield();
    return r == VMTP_E_UNSUPPORTED || r == VMTP_E_CANCELLED || r > 0 ? 0 : r;
}

static int let_time_pass(vmtp_host *host, vmtp_time limit) {
    if (host->world.idle)
        return host->world.idle(host->world.context, limit);
    vmtp_time duration = limit - host->now;
    return host->port->info.fd >= 0 ? sleep_on_descriptors(host, duration) : sleep_without_descriptor(host, duration);
}

/* Looks and yields until something came (1, or a vmtp_error), or there is another reason to stop (0). */
static int spin(vmtp_host *host, vmtp_time limit) {
    const vmtp_time end = host->now + host->spin;
    for (;;) {
        const int looks = host->alone ? LOOKS_ALONE : LOOKS;
        for (int i = 0; i < looks; i++) {
            int n = vhost_look(host);
            if (n)
                return n;
        }
        if (vhost_interrupted(host))
            return 0;
        vmtp_time before = vhost_tick(host);
        sched_yield();
        vmtp_time now = vhost_tick(host);
        host->alone = now - before < ALONE;
        if (now >= end || now >= limit)
            return 0;
    }
}

int vhost_wait(vmtp_host *host, vmtp_time until) {
    vmtp_time limit = vmtp_host_deadline(host);
    if (until < limit)
        limit = until;
    int n = 0;
    if (host->now < limit && host->spin && !host->world.idle)
        n = spin(host, limit);
    else
        n = vhost_look(host);
    if (n == 0 && host->now < limit && !vhost_interrupted(host)) {
        n = let_time_pass(host, limit);
        vhost_tick(host);
        if (n == 0)
            n = vhost_look(host);
    }
    int r = vhost_work(host);
    return n < 0 ? n : r;
}

int vhost_until(vmtp_host *host, vhost_ready ready, void *context, vmtp_time deadline) {
    int r = 0, waited = 0, result;
    for (;;) {
        if (vhost_take_interrupt(host))
            return VMTP_E_CANCELLED;
        if (ready(host, context, &result))
            return result;
        if (r < 0)
            return r;
        if (vhost_crowded(host))
            return VMTP_E_FULL;
        if (!waited)
            vhost_tick(host);
        else if (host->now >= deadline)
            return VMTP_E_TIMEOUT;
        r = vhost_wait(host, deadline);
        waited = 1;
    }
}

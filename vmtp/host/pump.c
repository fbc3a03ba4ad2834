/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets between the port and the engine. */
#include "internal.h"

/* A program that starts needs longer than this before it calls anybody, so none is overlooked. */
#define SHARE_INTERVAL (50 * VMTP_MILLISECOND)

static void look_for_others(vmtp_host *host, vmtp_time now) {
    vmtp_engine_share(host->engine, vmtp_port_shared(host->port));
    host->share_at = now + SHARE_INTERVAL;
}

int vhost_look(vmtp_host *host) {
    host->due = host->now;
    int n = vmtp_port_recv(host->port, host->rx, VHOST_BATCH);
    if (n <= 0)
        return n;
    vmtp_time now = vhost_tick(host);
    if (now >= host->share_at)
        look_for_others(host, now);
    for (int i = 0; i < n; i++)
        vmtp_input(host->engine, &host->rx[i], now);
    vmtp_port_release(host->port);
    return n;
}

static void report(vmtp_host *host, unsigned from, unsigned to, enum vmtp_tx_outcome outcome) {
    for (unsigned i = from; i < to; i++)
        vmtp_tx_result(host->engine, &host->tx[i], outcome, host->now);
}

/* Sends host->tx[0..count) and reports every one.  Returns 0 or a vmtp_error. */
static int send_batch(vmtp_host *host, unsigned count) {
    unsigned sent = 0;
    while (sent < count) {
        int n = vmtp_port_send(host->port, host->tx_pointers + sent, count - sent);
        if (n > 0) {
            report(host, sent, sent + (unsigned)n, VMTP_TX_SENT);
            sent += (unsigned)n;
        } else if (n == 0) {
            report(host, sent, count, VMTP_TX_RETRY);
            host->send_after = host->now + VHOST_SEND_PAUSE;
            return 0;
        } else if (n == VMTP_E_TOO_LARGE) {
            report(host, sent, sent + 1, VMTP_TX_LOST);
            sent++;
        } else {
            report(host, sent, count, VMTP_TX_LOST);
            return n;
        }
    }
    return 0;
}

int vhost_send(vmtp_host *host) {
    if (host->send_after) {
        if (host->now < host->send_after)
            return 0;
        host->send_after = 0;
    }
    /* What is left after this many has vmtp_deadline say "at once". */
    for (unsigned batch = 0; batch < VHOST_TURN_BATCHES; batch++) {
        unsigned count = 0;
        while (count < VHOST_BATCH && vmtp_output(host->engine, &host->tx[count], host->now) > 0)
            count++;
        int r = count ? send_batch(host, count) : 0;
        if (r < 0 || count < VHOST_BATCH || host->send_after)
            return r;
    }
    return 0;
}

int vhost_work(vmtp_host *host) {
    int r = host->fault;
    host->fault = 0;
    int sent = vhost_send(host); /* first: what goes out is what somebody waits for */
    r = r < 0 ? r : sent;
    /* A host that did not get its turn for a while has what it waits for in the port: it looks there before it says that nothing came. */
    if (vmtp_deadline(host->engine) <= host->due) {
        vmtp_expire(host->engine, host->now);
        sent = vhost_send(host);
        r = r < 0 ? r : sent;
    }
    vhost_route(host);
    if (host->invoked.first)
        vhost_invoke(host);
    if (host->companions) {
        vhost_route(host); /* a procedure may have answered a call from here, which no packet and no timer will tell */
        sent = vhost_companion_work(host);
        r = r < 0 ? r : sent;
    }
    return r;
}

vmtp_time vmtp_host_deadline(const vmtp_host *host) {
    if (host->invoked.first && vhost_invocable(host)) /* it came while others were called */
        return 0;
    vmtp_time deadline = vmtp_deadline(host->engine);
    /* While the port has no room the engine says "at once" because of what it cannot get rid of. */
    deadline = deadline < host->send_after ? host->send_after : deadline;
    vmtp_time other = host->companions ? vhost_companion_deadline(host) : VMTP_NEVER;
    return other < deadline ? other : deadline;
}

/* The descriptor may have called for this turn because of an error, which a look at the ring does not show. */
int vhost_port_error(vmtp_host *host) {
    if (host->port->info.fd < 0)
        return 0;
    int r = vmtp_port_wait(host->port, 0);
    return r < 0 && r != VMTP_E_CANCELLED && r != VMTP_E_UNSUPPORTED ? r : 0;
}

int vmtp_host_turn(vmtp_host *host) {
    vhost_tick(host);
    int looked = (int)VHOST_BATCH;
    unsigned batch = 0;
    for (; batch < VHOST_TURN_BATCHES && looked == (int)VHOST_BATCH; batch++)
        looked = vhost_look(host);
    int error = looked < 0 ? looked : 0;
    if (batch == 1 && looked == 0)
        error = vhost_port_error(host);
    int worked = vhost_work(host);
    if (error < 0 || worked < 0)
        return error < 0 ? error : worked;
    return looked == (int)VHOST_BATCH || host->kept_count || host->waiting.count || host->invoked.count ||
           vmtp_host_deadline(host) <= host->now;
}

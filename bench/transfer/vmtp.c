/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VMTP: one at a time through the blocking call, also 4 MiB as one Response; several in flight through the engine and
 * vmtp_host_turn, each from a client entity of its own.
 */
#include "../lab/vmtp.h"

#include <poll.h>
#include <sched.h>
#include <string.h>

#include "transfer.h"

#define SPIN (50 * VMTP_MICROSECOND)
#define LOOKS 16u /* between two yields */

struct caller {
    struct lab_seat *seat;
    const struct transfer_settings *settings;
    vmtp_host *host;
    vmtp_entity server;
    vmtp_entity clients[FLIGHT_MAX];
    unsigned asked, got;
    unsigned looks; /* in vain, since the last yield */
    uint8_t area[WHOLE][SEGMENT];
};

/* ---- server -------------------------------------------------------------------------------------------------- */

static int answer(vmtp_host *host, vmtp_entity entity, const uint8_t *data) {
    struct vmtp_incoming in;
    struct vmtp_event event;
    int result = vmtp_host_receive(host, entity, &in, VMTP_NEVER);
    if (result != 0)
        return result;
    struct vmtp_message message = {.code = VMTP_OK};
    uint32_t size = in.message.words[0] * SEGMENT;
    /* Lent, not copied, as a server that has its data in memory does. */
    result = vmtp_host_reply(host, &in, &message, data, size, VMTP_HOST_LEND);
    while (vmtp_host_next_event(host, &event))
        ;
    return result == VMTP_E_STALE ? 0 : result;
}

int transfer_vmtp_serve(struct lab_seat *seat) {
    static uint8_t data[WHOLE * SEGMENT];
    vmtp_host *host;
    vmtp_entity entity;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7);
    if (bench_host_open(&host, seat, WAIT_DEFAULT) != 0 || bench_host_serve(host, seat, &entity, FLIGHT_MAX) != 0)
        return -1;
    int result;
    while ((result = answer(host, entity, data)) == 0)
        ;
    return bench_host_problem(seat, "server", result);
}

/* ---- client -------------------------------------------------------------------------------------------------- */

static int fetch_one(void *context) {
    struct caller *c = context;
    struct vmtp_message message = {.server = c->server, .words = {c->settings->per_request}};
    uint32_t received = 0, size = c->settings->per_request * SEGMENT;
    int result = vmtp_host_call(c->host, &message, NULL, 0, c->area[0], size, &received, VMTP_NEVER);
    if (result != 0)
        return bench_host_problem(c->seat, "vmtp_host_call", result);
    return received == size ? 0 : lab_problem(c->seat, "%u octets instead of %u", received, size);
}

static int ask(struct caller *c, unsigned slot) {
    struct vmtp_request request = {.client = c->clients[slot],
                                   .message = {.server = c->server, .words = {1}},
                                   .response_area = c->area[slot],
                                   .response_size = SEGMENT,
                                   .response_slots = 1,
                                   .deadline = VMTP_NEVER,
                                   .cookie = slot};
    vmtp_handle handle;
    int result = vmtp_call(vmtp_host_engine(c->host), &handle, &request, vmtp_host_now(c->host));
    c->asked++;
    return result == 0 ? 0 : bench_host_problem(c->seat, "vmtp_call", result);
}

static int take(struct caller *c, const struct vmtp_event *event) {
    if (event->type != VMTP_EV_COMPLETE)
        return 0;
    if (event->result != 0 || event->segment_size != SEGMENT)
        return bench_host_problem(c->seat, "transaction", (int)event->result);
    c->got++;
    return c->asked < c->settings->unit ? ask(c, (unsigned)event->cookie) : 0;
}

/* The waiting that vmtp/host.h does by itself in its blocking calls. */
static void wait_a_while(struct caller *c, vmtp_time since) {
    if (++c->looks < LOOKS)
        return;
    c->looks = 0;
    vmtp_time now = vmtp_host_now(c->host), deadline = vmtp_host_deadline(c->host);
    if (now - since < SPIN) {
        sched_yield();
        return;
    }
    struct pollfd p = {.fd = vmtp_host_fd(c->host), .events = POLLIN};
    int milliseconds = deadline == VMTP_NEVER ? 1000
                       : deadline <= now      ? 0
                                              : (int)((deadline - now) / VMTP_MILLISECOND) + 1;
    poll(&p, 1, milliseconds);
}

static int fetch_many(void *context) {
    struct caller *c = context;
    struct vmtp_event event;
    c->asked = c->got = 0;
    for (unsigned i = 0; i < c->settings->in_flight && i < c->settings->unit; i++)
        if (ask(c, i) != 0)
            return -1;
    vmtp_time since = vmtp_host_now(c->host);
    while (c->got < c->settings->unit) {
        int result = vmtp_host_turn(c->host);
        if (result < 0)
            return bench_host_problem(c->seat, "vmtp_host_turn", result);
        unsigned before = c->got;
        while (vmtp_host_next_event(c->host, &event))
            if (take(c, &event) != 0)
                return -1;
        if (result > 0 || c->got > before)
            since = vmtp_host_now(c->host);
        else
            wait_a_while(c, since);
    }
    return 0;
}

static int borrow_clients(struct caller *c) {
    for (unsigned i = 0; i < c->settings->in_flight; i++) {
        int result = vmtp_host_borrow_entity(c->host, &c->clients[i]);
        if (result != 0)
            return bench_host_problem(c->seat, "vmtp_host_borrow_entity", result);
    }
    return 0;
}

int transfer_vmtp_measure(struct lab_seat *seat) {
    static struct caller c;
    c.seat = seat;
    c.settings = seat->settings;
    c.server = atomic_load(&seat->board->word);
    if (bench_host_open(&c.host, seat, WAIT_DEFAULT) != 0)
        return -1;
    int failed = c.settings->in_flight == 1 ? transfer_repeat(seat, fetch_one, &c)
                 : borrow_clients(&c) != 0  ? -1
                                            : transfer_repeat(seat, fetch_many, &c);
    vmtp_engine *engine = vmtp_host_engine(c.host);
    seat->board->lost = vmtp_counter(engine, VMTP_COUNT_RETRY_SENT) +
                        vmtp_counter(engine, VMTP_COUNT_REQUEST_RETRANSMITS);
    vmtp_host_close(c.host);
    return failed;
}

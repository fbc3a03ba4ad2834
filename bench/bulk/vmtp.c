/* SPDX-License-Identifier: BSD-2-Clause */
/* VMTP: each message is one Request or one Response. */
#include "../lab/vmtp.h"

#include <string.h>

#include "bulk.h"

struct caller {
    struct lab_seat *seat;
    const struct bulk_settings *settings;
    vmtp_host *host;
    vmtp_entity server;
    uint8_t area[MESSAGE];
};

static int64_t check(struct lab_seat *seat, const uint8_t *octets, uint32_t size, uint32_t number) {
    const struct bulk_settings *settings = seat->settings;
    uint64_t begin = lab_now();
    if (size != MESSAGE)
        return lab_problem(seat, "message %u has %u octets", number, size);
    if (settings->checked && !bulk_is_content(octets, number))
        return lab_problem(seat, "message %u came in spoilt", number);
    return (int64_t)(lab_now() - begin);
}

/* ---- server -------------------------------------------------------------------------------------------------- */

static int answer(vmtp_host *host, struct lab_seat *seat, struct vmtp_incoming *in) {
    const struct bulk_settings *settings = seat->settings;
    struct vmtp_message message = {.code = VMTP_OK};
    uint32_t number = in->message.words[0];
    if (settings->direction == BULK_RESPONSE)
        return vmtp_host_reply(host, in, &message, bulk_content(number), MESSAGE, VMTP_HOST_LEND);
    int64_t other = check(seat, in->segment, in->segment_size, number);
    if (other < 0)
        message.code = VMTP_USER_TIMEOUT; /* the client fails, and this problem is told */
    atomic_store(&seat->board->aside, (uint64_t)(other > 0 ? other : 0));
    return vmtp_host_reply(host, in, &message, NULL, 0, 0);
}

static void count_repeats(struct lab_seat *seat, vmtp_host *host) {
    seat->board->lost = vmtp_counter(vmtp_host_engine(host), VMTP_COUNT_BLOCKS_RETRANSMITTED);
}

int bulk_vmtp_serve(struct lab_seat *seat) {
    const struct bulk_settings *settings = seat->settings;
    vmtp_host *host;
    vmtp_entity entity;
    struct vmtp_incoming in;
    struct vmtp_event event;
    bulk_prepare();
    if (bench_host_open(&host, seat, WAIT_DEFAULT) != 0 ||
        bench_host_serve_with(host, seat, &entity, 2, settings->direction == BULK_REQUEST ? MESSAGE : 0) != 0)
        return -1;
    for (;;) {
        int result = vmtp_host_receive(host, entity, &in, VMTP_NEVER);
        if (result == 0)
            result = answer(host, seat, &in);
        while (vmtp_host_next_event(host, &event))
            ;
        if (settings->direction == BULK_RESPONSE)
            count_repeats(seat, host);
        if (result != 0 && result != VMTP_E_STALE)
            return bench_host_problem(seat, "server", result);
    }
}

/* ---- client -------------------------------------------------------------------------------------------------- */

static int64_t carry(void *context, uint32_t number) {
    struct caller *c = context;
    struct vmtp_message message = {.server = c->server, .words = {number}};
    uint32_t received = 0;
    int up = c->settings->direction == BULK_REQUEST;
    int result = up ? vmtp_host_call(c->host, &message, bulk_content(number), MESSAGE, NULL, 0, NULL, VMTP_NEVER)
                    : vmtp_host_call(c->host, &message, NULL, 0, c->area, MESSAGE, &received, VMTP_NEVER);
    if (result != 0)
        return bench_host_problem(c->seat, "vmtp_host_call", result);
    return up ? (int64_t)atomic_load(&c->seat->board->aside) : check(c->seat, c->area, received, number);
}

int bulk_vmtp_measure(struct lab_seat *seat) {
    static struct caller c;
    c.seat = seat;
    c.settings = seat->settings;
    c.server = atomic_load(&seat->board->word);
    bulk_prepare();
    memset(c.area, 1, sizeof c.area);
    if (bench_host_open(&c.host, seat, WAIT_DEFAULT) != 0)
        return -1;
    int failed = bulk_repeat(seat, carry, &c);
    if (c.settings->direction == BULK_REQUEST)
        count_repeats(seat, c.host);
    vmtp_host_close(c.host);
    return failed;
}

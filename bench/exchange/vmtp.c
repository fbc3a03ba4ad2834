/* SPDX-License-Identifier: BSD-2-Clause */
/* VMTP's null transaction: a Request and a Response without data, through the blocking calls of vmtp/host.h. */
#include "../lab/vmtp.h"

#include "exchange.h"

struct caller {
    struct lab_seat *seat;
    vmtp_host *host;
    vmtp_entity server;
};

int exchange_vmtp_serve(struct lab_seat *seat) {
    const struct exchange_settings *settings = seat->settings;
    vmtp_host *host;
    vmtp_entity entity;
    if (bench_host_open(&host, seat, settings->waiting) != 0 || bench_host_serve(host, seat, &entity, 4) != 0)
        return -1;
    for (;;) {
        struct vmtp_incoming in;
        int result = vmtp_host_receive(host, entity, &in, VMTP_NEVER);
        if (result != 0)
            return bench_host_problem(seat, "vmtp_host_receive", result);
        struct vmtp_message answer = {.code = VMTP_OK};
        result = vmtp_host_reply(host, &in, &answer, NULL, 0, 0);
        if (result != 0)
            return bench_host_problem(seat, "vmtp_host_reply", result);
    }
}

static int once(void *context) {
    struct caller *c = context;
    struct vmtp_message message = {.server = c->server};
    int result = vmtp_host_call(c->host, &message, NULL, 0, NULL, 0, NULL, VMTP_NEVER);
    return result == 0 ? 0 : bench_host_problem(c->seat, "vmtp_host_call", result);
}

int exchange_vmtp_measure(struct lab_seat *seat) {
    const struct exchange_settings *settings = seat->settings;
    struct caller c = {.seat = seat, .server = atomic_load(&seat->board->word)};
    if (bench_host_open(&c.host, seat, settings->waiting) != 0)
        return -1;
    int failed = exchange_repeat(seat, once, &c);
    vmtp_host_close(c.host);
    return failed;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The side that reads: the same file again and again, each way once in a round, so that all have the same neighbours. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vuio/stream.h>

#include "bench_uio.h"

struct reader {
    struct lab_seat *seat;
    const struct bench_uio_settings *settings;
    vmtp_host *host;
    vipc *node;
    struct shop shop; /* local */
    vmtp_entity bare;
    vname_resolver *names;
    struct uio_client client;
    struct uio_named named;
    struct uio_handle handle;
    struct uio_stream stream;
    FILE *local;
    uint64_t sum; /* of all octets: what is read has to be read really */
    uint8_t buffer[2 * BENCH_BLOCK_MOST], area[BENCH_BLOCK_MOST];
};

static int problem(struct reader *r, const char *what, int result) {
    return lab_problem(r->seat, "%s: %s", what, vipc_result_name(result));
}

/* ---- the ways ------------------------------------------------------------------------------------------------ */

static int by_bare(struct reader *r, uint64_t *sum) {
    struct vmtp_event event;
    const uint32_t block = r->settings->block;
    for (uint32_t at = 0; at < BENCH_FILE_OCTETS; at += block) {
        struct vmtp_message message = {.server = r->bare, .words = {at, block}};
        uint32_t received = 0;
        const int result = vmtp_host_call(r->host, &message, NULL, 0, r->area, block, &received, VMTP_NEVER);
        if (result || received != block)
            return problem(r, "vmtp_host_call", result);
        *sum += r->area[block - 1];
        while (vmtp_host_next_event(r->host, &event))
            continue;
    }
    return 0;
}

static int by_block(struct reader *r, uint64_t *sum) {
    const uint32_t block = r->settings->block;
    struct uio_call call;
    memset(&call, 0, sizeof call);
    call.deadline = VMTP_NEVER;
    for (uint32_t at = 0; at < BENCH_FILE_OCTETS; at += block) {
        const int result = uio_call_wait(&call, uio_read(&r->handle, &call, at / block, 0, r->area, block));
        if (result || call.octets != block)
            return problem(r, "uio_read", result);
        *sum += r->area[block - 1];
    }
    return 0;
}

/* Only the octets: the buffer is as full as after a read. */
static int by_octet(struct reader *r, uint64_t *sum) {
    const uint32_t block = r->settings->block;
    struct uio_stream s;
    memset(&s, 0, sizeof s);
    for (uint32_t at = 0; at < BENCH_FILE_OCTETS; at += block) {
        s.get = r->area;
        s.get_end = r->area + block;
        for (uint32_t i = 0; i < block; i++)
            *sum += (unsigned)uio_getc(&s);
    }
    return 0;
}

static int by_stream(struct reader *r, uint64_t *sum, int no_ahead) {
    uint32_t count = 0;
    r->stream.no_ahead = no_ahead;
    int result = uio_stream_seek(&r->stream, 0);
    for (int octet; !result && (octet = uio_getc(&r->stream)) >= 0; count++)
        *sum += (unsigned)octet;
    result = result ? result : r->stream.error;
    uio_stream_clear(&r->stream);
    return result || count != BENCH_FILE_OCTETS ? problem(r, "uio_getc", result) : 0;
}

static int by_getc(struct reader *r, uint64_t *sum) {
    uint32_t count = 0;
    rewind(r->local);
    for (int octet; (octet = getc(r->local)) != EOF; count++)
        *sum += (unsigned)octet;
    return count == BENCH_FILE_OCTETS ? 0 : lab_problem(r->seat, "the local file cannot be read");
}

static int go(struct reader *r, enum bench_uio_figure which, uint64_t *sum) {
    switch (which) {
    case FIGURE_BARE: return by_bare(r, sum);
    case FIGURE_BLOCK: return by_block(r, sum);
    case FIGURE_OCTET: return by_octet(r, sum);
    case FIGURE_STREAM: return by_stream(r, sum, 1);
    case FIGURE_AHEAD: return by_stream(r, sum, 0);
    default: return by_getc(r, sum);
    }
}

/* Those that look at each octet have to have seen the right ones. */
static int is_wrong(const struct reader *r, enum bench_uio_figure which, uint64_t sum) {
    return which >= FIGURE_STREAM && sum != r->sum;
}

static int measure(struct reader *r) {
    uint64_t *samples = r->seat->board->samples;
    for (size_t round = 0; round <= r->settings->rounds; round++) { /* the first is not counted */
        for (unsigned i = 0; i < FIGURES; i++) {
            const enum bench_uio_figure which = (enum bench_uio_figure)((i + round) % FIGURES);
            uint64_t sum = 0;
            const uint64_t before = lab_now();
            if (go(r, which, &sum) != 0)
                return -1;
            const uint64_t time = lab_now() - before;
            if (is_wrong(r, which, sum))
                return lab_problem(r->seat, "octets came in spoilt");
            if (round)
                samples[which * r->settings->rounds + round - 1] = time * 1000 / BENCH_FILE_OCTETS;
        }
    }
    r->seat->board->count = FIGURES * r->settings->rounds;
    return 0;
}

/* ---- opening ------------------------------------------------------------------------------------------------- */

static int open_local(struct reader *r) {
    r->local = tmpfile();
    if (!r->local)
        return lab_problem_errno(r->seat, "cannot make a local file");
    for (uint32_t i = 0; i < BENCH_FILE_OCTETS; i++) {
        r->sum += shop_octet(i);
        putc(shop_octet(i), r->local);
    }
    return fflush(r->local) == 0 ? 0 : lab_problem_errno(r->seat, "cannot write a local file");
}

static int open_file(struct reader *r) {
    int result = vname_open(&r->names, r->node, NULL);
    if (!result)
        result = uio_client_open(&r->client, r->names);
    r->named.name = "/bench/file";
    r->named.name_length = 11;
    r->named.deadline = vipc_now(r->node) + 5 * VMTP_SECOND;
    if (!result)
        result = uio_named_wait(&r->named, uio_create(&r->client, &r->named, &r->handle, UIO_MODE_READ, 0));
    if (!result)
        result = uio_stream_open(&r->stream, &r->handle, r->buffer, 2 * (size_t)r->settings->block);
    return result ? problem(r, "cannot open the file", result) : 0;
}

int bench_uio_measure(struct lab_seat *seat) {
    static struct reader r;
    r.seat = seat;
    r.settings = seat->settings;
    r.bare = atomic_load(&seat->board->word);
    if (bench_host_open(&r.host, seat, WAIT_DEFAULT) != 0)
        return -1;
    const int result = vipc_host_open(&r.node, r.host);
    if (result)
        return bench_host_problem(seat, "cannot open a node", result);
    if (r.settings->local) {
        if (shop_open(&r.shop, seat, r.host, r.node, r.settings->block) != 0)
            return -1;
        r.bare = r.shop.bare;
    }
    if (open_local(&r) != 0 || open_file(&r) != 0)
        return -1;
    return measure(&r);
}

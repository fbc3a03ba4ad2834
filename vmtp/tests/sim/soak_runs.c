/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * soak_runs.c - streams: calls of a client to one server that do not wait for each other.
 *
 *   a server is given the Requests of a run in order (it may give one up, which then fails);   VMTP-13.3-04
 *   calls of a run end in order, and behind one that fails all fail, but those that had their Response.
 */
#include "soak.h"

/* How far a life of a server has come in a run. */
struct progress {
    uint32_t run, life, last; /* operation */
};

#define MOST_PROGRESS 8192
static struct progress progress[MOST_PROGRESS];
static uint32_t progress_count;

static struct progress *progress_of(uint32_t run, uint32_t life) {
    for (uint32_t i = progress_count; i-- > 0;)
        if (progress[i].run == run && progress[i].life == life)
            return &progress[i];
    return NULL;
}

void soak_run_executed(const struct soak_op *op, uint32_t number, uint32_t life) {
    if (!op->in_run)
        return;
    struct progress *p = progress_of(op->run, life);
    if (p) {
        REQUIRE(p->last < number, "op %u of a run executed after op %u", number, p->last);
        SOAK_COUNT(GAPS, p->last != op->before);
        p->last = number;
        return;
    }
    REQUIRE(progress_count < MOST_PROGRESS, "more runs than there is room for");
    progress[progress_count++] = (struct progress){op->run, life, number};
}

static int failed(uint32_t result) { return result != 0 && result != VMTP_BAD_REPLY_SEGMENT; }

/* Did one before it fail?  Then that is its reason, too, unless its Response had come before, and was held back. */
int soak_run_completed(const struct soak_op *op, uint32_t number, uint32_t result) {
    const struct soak_op *before = op;
    if (!op->in_run || op->run == number)
        return 0;
    REQUIRE(soak.ops[op->before].state != SOAK_OPEN || failed(result), "op %u ended before op %u of its run", number,
            op->before);
    while (failed(result) && before != &soak.ops[op->run]) {
        before = &soak.ops[before->before];
        if (before->state == SOAK_ENDED && before->result == result)
            return 1;
    }
    return 0;
}

/* A Response may stand for earlier Requests of the run, if their server said so. */
int soak_run_batched(const struct soak_op *op, uint32_t number, const struct vmtp_event *ev) {
    uint32_t other = SOAK_WORD(ev->message.words[2]);
    if (!op->batched || other == number)
        return 0;
    if (ev->message.code & 0xffu) /* of a server whose own call has failed */
        return 1;
    REQUIRE(other > number && other < soak.op_count && soak.ops[other].in_run && soak.ops[other].run == op->run,
            "op %u: ended with a Response to op %u", number, other);
    REQUIRE(ev->segment_size == 0, "op %u: a segment of op %u", number, other);
    SOAK_COUNT(BATCHED, 1);
    return 1;
}

/* ---- the client ---- */

/* A run begins with this call. */
void soak_run_begin(struct soak_client *c, struct soak_op *op, uint32_t number) {
    c->run_left = 1 + soak_below(soak_below(4) == 0 ? 40 : 8);
    op->in_run = 1;
    op->run = number;
    SOAK_COUNT(RUNS, 1);
}

/* The next call of a run. */
void soak_run_continue(struct soak_client *c, struct soak_op *op) {
    const struct soak_op *before = &soak.ops[c->last];
    op->in_run = 1;
    op->run = before->run;
    op->before = c->last;
    op->server = before->server;
    op->datagram = 0;
    c->run_left--;
}

int soak_run_failed(const struct soak_client *c) {
    const struct soak_op *op = &soak.ops[c->last];
    for (;; op = &soak.ops[op->before]) {
        if (op->state == SOAK_ENDED && failed(op->result))
            return 1;
        if (&soak.ops[op->run] == op)
            return 0;
    }
}

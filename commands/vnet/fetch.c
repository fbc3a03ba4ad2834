/* SPDX-License-Identifier: BSD-2-Clause */
#include "fetch.h"
#include "test_protocol.h"

#include <stdlib.h>
#include <string.h>

#define TRIES 3 /* of a piece whose CRC-32 is wrong */

static int refused(struct fetch *f, uint32_t code) {
    f->size = code & VMTP_CODE_MASK;
    return FETCH_REFUSED;
}

static uint32_t code_for(const struct fetch *f, uint32_t procedure) {
    return VMTP_PIC | procedure | (f->idempotent ? VTEST_IDEMPOTENT : 0u);
}

/*
 * Reading is harmless to repeat, so a transaction that got no answer is begun again until nothing has arrived for the
 * whole timeout.
 */
static int worth_repeating(const struct fetch *f, int result) {
    if (result == VMTP_RETRANS_TIMEOUT) /* silence: whatever was said before */
        node_watch(f->node);
    return (result == VMTP_RETRANS_TIMEOUT || result == VMTP_USER_TIMEOUT) &&
           node_now(f->node) < f->progressed + f->timeout;
}

static void note_progress(struct fetch *f) {
    f->progressed = node_now(f->node);
    node_watch(f->node);
}

int fetch_stat(struct fetch *f) {
    struct node_call call = {.segment = f->name, .segment_size = (uint32_t)strlen(f->name)};
    struct node_answer answer;
    int rc;
    call.message.server = f->server;
    call.message.code = code_for(f, VMTP_TEST_FILE_STAT);
    note_progress(f);
    do {
        vmtp_time now = node_now(f->node), end = f->progressed + f->timeout;
        call.timeout = end > now ? end - now : 0;
        rc = node_call(f->node, &call, &answer);
    } while (worth_repeating(f, rc));
    if (rc != 0)
        return rc;
    if ((answer.message.code & VMTP_CODE_MASK) != VMTP_OK)
        return refused(f, answer.message.code);
    f->size = vmtp_words_get64(answer.message.words);
    f->version = vmtp_words_get64(answer.message.words + 2);
    return 0;
}

/* ---- pieces -------------------------------------------------------------------------------------------------------- */

static int ask(struct fetch *f, struct fetch_piece *p) {
    vmtp_time now = node_now(f->node);
    struct vmtp_request request = {.client = p->client,
                                   .segment = f->name,
                                   .segment_size = (uint32_t)strlen(f->name),
                                   .response_area = p->area,
                                   .response_size = FETCH_PIECE,
                                   .response_slots = 1,
                                   .deadline = f->progressed + f->timeout,
                                   .cookie = (uint64_t)(p - f->pieces)};
    request.message.server = f->server;
    request.message.code = code_for(f, VMTP_TEST_FILE_READ);
    vmtp_words_put64(request.message.words, p->offset);
    request.message.words[2] = p->length;
    return vmtp_call(f->node->engine, &p->handle, &request, now);
}

/* Asks for the next piece of the file, if there is one. */
static int ask_next(struct fetch *f, struct fetch_piece *p) {
    uint64_t rest = f->size - f->next;
    if (rest == 0)
        return 0;
    p->offset = f->next;
    p->length = rest < FETCH_PIECE ? (uint32_t)rest : FETCH_PIECE;
    p->tries = 0;
    int rc = ask(f, p);
    if (rc != 0)
        return rc;
    f->next += p->length;
    f->in_flight++;
    return 0;
}

static int check(struct fetch *f, const struct fetch_piece *p, const struct vmtp_event *event) {
    const uint32_t *words = event->message.words;
    if (event->result != 0)
        return (int)event->result;
    if ((event->message.code & VMTP_CODE_MASK) != VMTP_OK)
        return refused(f, event->message.code);
    if (vmtp_words_get64(words) != f->size || vmtp_words_get64(words + 2) != f->version ||
        event->segment_size != p->length)
        return FETCH_CHANGED;
    if (words[4] != vtest_crc32(p->area, p->length))
        return FETCH_DAMAGED;
    return 0;
}

static int arrived(struct fetch *f, struct fetch_piece *p, const struct vmtp_event *event, struct outfile *out) {
    int rc = check(f, p, event);
    p->handle = 0;
    if (worth_repeating(f, rc))
        return ask(f, p);
    if (event->result == 0)
        note_progress(f);
    if (rc == FETCH_DAMAGED) {
        f->damaged++;
        return ++p->tries < TRIES ? ask(f, p) : rc;
    }
    if (rc != 0)
        return rc;
    if (outfile_write(out, p->area, p->length, p->offset) != 0)
        return FETCH_WRITE;
    f->in_flight--;
    f->done += p->length;
    if (f->progress)
        f->progress(f->context, f->done, f->size);
    return ask_next(f, p);
}

/* ---- the whole ------------------------------------------------------------------------------------------------------ */

static int prepare(struct fetch *f) {
    f->memory = malloc((size_t)f->window * FETCH_PIECE);
    if (!f->memory)
        return VMTP_E_MEMORY;
    for (uint32_t i = 0; i < f->window; i++) {
        int rc = vmtp_host_borrow_entity(f->node->host, &f->pieces[i].client);
        if (rc != 0)
            return rc;
        f->pieces[i].area = f->memory + (size_t)i * FETCH_PIECE;
    }
    return 0;
}

int fetch_all(struct fetch *f, struct outfile *out) {
    struct vmtp_event event;
    int rc = prepare(f);
    note_progress(f);
    node_expect(f->node, FETCH_PIECE);
    for (uint32_t i = 0; i < f->window && rc == 0; i++)
        rc = ask_next(f, &f->pieces[i]);
    while (rc == 0 && f->in_flight > 0) {
        rc = node_next(f->node, &event, VMTP_NEVER);
        if (rc < 0)
            return rc;
        rc = 0;
        if (event.type != VMTP_EV_COMPLETE || event.cookie >= f->window || f->pieces[event.cookie].handle != event.handle)
            continue;
        rc = arrived(f, &f->pieces[event.cookie], &event, out);
    }
    return rc;
}

void fetch_free(struct fetch *f) {
    free(f->memory);
    f->memory = NULL;
}

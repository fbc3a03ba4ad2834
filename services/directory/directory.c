/* SPDX-License-Identifier: BSD-2-Clause */
/* directory.c - the life of a directory, and its Requests. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
#define X(name, text) #name,
    VDIR_COUNTERS(X)
#undef X
};
static const char *const texts[] = {
#define X(name, text) text,
    VDIR_COUNTERS(X)
#undef X
};

const char *vdir_counter_name(unsigned counter) { return counter < VDIR_COUNTER_COUNT ? names[counter] : ""; }
const char *vdir_counter_text(unsigned counter) { return counter < VDIR_COUNTER_COUNT ? texts[counter] : ""; }
uint64_t vdir_count(const vdir *directory, enum vdir_counter counter) { return directory->counts[counter]; }
vmtp_entity vdir_entity(const vdir *directory) { return directory->service.entity; }

/* ---- how a Request ends -------------------------------------------------------------------------------------------- */

static int is(const struct vdir_work *w, uint32_t code) { return ((w->in->message.code ^ code) & VMTP_CODE_MASK) == 0; }

static int changes(const struct vdir_work *w) { return is(w, VNAME_REGISTER) || is(w, VNAME_UNREGISTER); }

void vdir_answer(struct vdir_work *w, uint32_t code, const uint32_t words[3], const void *segment, uint32_t size) {
    struct vmtp_message message = {.code = code};
    struct vipc_incoming *in = w->in;
    if (words)
        memcpy(message.words, words, 3 * sizeof words[0]);
    uint32_t flags = changes(w) ? 0 : VIPC_REPLY_IDEMPOTENT;
    int rc = vipc_reply(in, &message, segment, size, flags);
    if (rc != 0 && rc != VMTP_E_STALE) /* no room for the answer: the client asks again, or another directory */
        vipc_discard(in);
    w->in = NULL;
}

void vdir_answer_record(struct vdir_work *w, uint32_t code, uint32_t word, const struct vname_record *record) {
    uint8_t octets[VNAME_RECORD_OCTETS];
    const uint32_t words[3] = {word, 0, 0};
    uint32_t size = vname_record_encode(octets, sizeof octets, record);
    vdir_answer(w, code, words, octets, size);
}

static void be_silent(struct vdir_work *w) {
    vipc_discard(w->in);
    w->in = NULL;
}

void vdir_ignore(struct vdir_work *w) {
    vdir_add(w, VDIR_COUNT_ignored);
    be_silent(w);
}

void vdir_refuse(struct vdir_work *w, uint32_t code) {
    if (w->in->group != 0) {
        vdir_ignore(w);
        return;
    }
    vdir_add(w, VDIR_COUNT_refused);
    vdir_answer(w, code, NULL, NULL, 0);
}

void vdir_unavailable(struct vdir_work *w) {
    vdir_add(w, VDIR_COUNT_unavailable);
    if (w->in->group != 0)
        be_silent(w);
    else
        vdir_answer(w, VNAME_UNAVAILABLE, NULL, NULL, 0);
}

/* ---- how it begins ------------------------------------------------------------------------------------------------- */

void vdir_ask_store(struct vdir_work *w) {
    w->op.context = w;
    w->op.deadline = w->deadline;
    vdir_store_start(w->directory->store, &w->op, vipc_now(w->directory->ipc));
}

static void dispatch(struct vdir_work *w) {
    int alone = w->in->group == 0;
    if (w->in->datagram)
        vdir_ignore(w);
    else if (is(w, VNAME_FIND_DIRECTORY))
        vdir_find(w);
    else if (is(w, VNAME_LOOKUP))
        vdir_lookup(w);
    else if (is(w, VNAME_LIST_REGISTERED) && alone)
        vdir_list(w);
    else if (is(w, VNAME_REGISTER) && alone)
        vdir_register(w);
    else if (is(w, VNAME_UNREGISTER) && alone)
        vdir_unregister(w);
    else
        vdir_refuse(w, VMTP_ERROR);
}

static void on_request(struct vipc_service *service, struct vipc_incoming *in) {
    vdir *d = service->context;
    struct vdir_work *w = d->works;
    while (w < d->works + d->options.depth && w->in)
        w++;
    if (w == d->works + d->options.depth) { /* the service has no more in hand than that */
        vipc_discard(in);
        return;
    }
    memset(w, 0, offsetof(struct vdir_work, list));
    w->directory = d;
    w->in = in;
    w->deadline = vipc_now(d->ipc) + d->options.patience;
    dispatch(w);
}

/* ---- its life ------------------------------------------------------------------------------------------------------ */

void vdir_options_init(struct vdir_options *options) {
    *options = (struct vdir_options){.depth = 64, .patience = 5 * VMTP_SECOND};
}

int vdir_create(vdir **out, vipc *ipc, vdir_store *store, const struct vdir_options *options) {
    *out = NULL;
    if (options->depth == 0)
        return VMTP_E_INVALID;
    vdir *d = calloc(1, sizeof *d);
    struct vdir_work *works = calloc(options->depth, sizeof *works);
    if (!d || !works) {
        free(d);
        free(works);
        return VMTP_E_MEMORY;
    }
    *d = (vdir){.ipc = ipc, .store = store, .options = *options, .works = works};
    d->service = (struct vipc_service){.entity = options->entity,
                                       .depth = options->depth,
                                       .capacity = VMTP_GROUP_OCTETS,
                                       .request = on_request,
                                       .context = d};
    int rc = vipc_serve(ipc, &d->service);
    if (rc == 0)
        rc = vipc_join(&d->service, VNAME_DIRECTORY);
    if (rc != 0) {
        vdir_destroy(d);
        return rc;
    }
    *out = d;
    return 0;
}

void vdir_destroy(vdir *d) {
    if (!d)
        return;
    for (uint32_t i = 0; i < d->options.depth; i++)
        vdir_store_cancel(&d->works[i].op);
    vipc_unserve(&d->service);
    free(d->works);
    free(d);
}

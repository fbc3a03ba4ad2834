/* SPDX-License-Identifier: BSD-2-Clause */
/* Listening to what managers announce, for watches (section 10) and for what is handed down (NAME-7.2-06). */
#include "internal.h"

/* ---- what is learned of it ---- */

static int is_release(const struct vname_record *record, uint32_t reason) {
    return reason == VNAME_REASON_RELEASED || (record->flags & VNAME_RELEASED);
}

static void learn(vname_resolver *r, const struct vname_record *record, uint32_t reason) {
    struct vn_entry *e = vn_cache_exact(&r->cache, record->prefix, record->prefix_length);
    if (is_release(record, reason)) {
        if (e && e->record.manager == record->manager)
            vn_cache_drop(&r->cache, e);
    } else if (!(e && record->group && record->group == e->record.group)) {
        r->counters.learned += !e || e->record.manager != record->manager;
        vn_cache_learn(&r->cache, record, vipc_now(r->ipc));
    }
}

static void announced(vname_resolver *r, const struct vipc_incoming *in) {
    const uint32_t reason = in->message.words[0];
    struct vname_list list = vname_list_of(in->segment, in->segment_size);
    struct vname_record record;
    if (reason == VNAME_REASON_MEET)
        return; /* said by anybody, and not to us */
    vn_watches_hear_from(r, in->client);
    while (vname_list_next(&list, &record)) {
        if (record.manager != in->client || (record.flags & VNAME_CLAIMING)) {
            r->counters.announcements_bad++;
            continue;
        }
        r->counters.announcements++;
        if (r->listens)
            learn(r, &record, reason);
        vn_watches_hear(r, &record, reason);
    }
    r->counters.announcements_bad += list.left != 0;
}

/* ---- the listener ---- */

void vn_attend_no_more(vname_resolver *r) {
    if (r->watches || r->announcing || !r->listener.ipc)
        return;
    if (r->listens)
        vipc_leave(&r->listener, VNAME_WATCHERS);
    else
        vipc_unserve(&r->listener);
}

static void requested(struct vipc_service *service, struct vipc_incoming *in) {
    vname_resolver *r = service->context;
    const uint32_t code = vn_code(&in->message);
    if (code == (VNAME_ANNOUNCE & VMTP_CODE_MASK) && in->datagram) {
        r->announcing = 1;
        announced(r, in);
        r->announcing = 0;
        vipc_discard(in);
    } else if (in->group || in->datagram) {
        vipc_discard(in);
    } else {
        const int name = code == (VNAME_QUERY & VMTP_CODE_MASK) || (code & VNAME_BY_NAME);
        const struct vmtp_message answer = {.code = name ? VNAME_STALE : VMTP_ERROR};
        vipc_reply(in, &answer, NULL, 0, VIPC_REPLY_IDEMPOTENT);
    }
    vn_attend_no_more(r);
}

static int serve(vname_resolver *r) {
    struct vipc_service *s = &r->listener;
    memset(s, 0, sizeof *s);
    s->depth = 32;
    s->capacity = VNAME_LIST_OCTETS;
    s->request = requested;
    s->context = r;
    return vipc_serve(r->ipc, s);
}

/* It is a member already, or becomes one. */
static int join(vname_resolver *r, vmtp_entity group) {
    const int result = vipc_join(&r->listener, group);
    return result == VMTP_E_EXISTS ? 0 : result;
}

int vn_attend(vname_resolver *r, int heartbeats) {
    int result = r->listener.ipc ? 0 : serve(r);
    if (!result)
        result = join(r, VNAME_HANDLERS);
    if (!result && heartbeats)
        result = join(r, VNAME_WATCHERS);
    if (result)
        vn_attend_no_more(r);
    return result;
}

int vname_listen(vname_resolver *r) {
    const int result = vn_attend(r, 0);
    r->listens |= result == 0;
    return result;
}

void vname_listen_no_more(vname_resolver *r) {
    r->listens = 0;
    vn_attend_no_more(r);
}

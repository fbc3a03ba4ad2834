/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * locate.c - the entity to host cache and the Probes that fill it (spec/vmtp.md section 4.6).
 *
 * Probes are message transactions of entities of their own, so that they abort nobody's call; there are PROBERS of them, and
 * what finds none free waits in line.
 */
#include "internal.h"

/* ---- the cache ---- */

struct host *veng_host_find(const struct vmtp_engine *e, vmtp_entity entity) {
    for (uint32_t i = *veng_map_head(e, &e->host_map, entity); i != NONE; i = host_at(e, i)->hash_next)
        if (host_at(e, i)->entity == entity)
            return host_at(e, i);
    return NULL;
}

static void list_remove(struct vmtp_engine *e, struct host *h) {
    if (h->newer != NONE)
        host_at(e, h->newer)->older = h->older;
    else
        e->host_newest = h->older;
    if (h->older != NONE)
        host_at(e, h->older)->newer = h->newer;
    else
        e->host_oldest = h->newer;
}

static void list_add(struct vmtp_engine *e, struct host *h) {
    uint32_t index = pool_index(&e->hosts, h);
    h->newer = NONE;
    h->older = e->host_newest;
    if (h->older != NONE)
        host_at(e, h->older)->newer = index;
    else
        e->host_oldest = index;
    e->host_newest = index;
}

static void host_touch(struct vmtp_engine *e, struct host *h) {
    if (e->host_newest == pool_index(&e->hosts, h))
        return;
    list_remove(e, h);
    list_add(e, h);
}

void veng_host_forget(struct vmtp_engine *e, struct host *h) {
    uint32_t *link = veng_map_head(e, &e->host_map, h->entity);
    while (host_at(e, *link) != h)
        link = &host_at(e, *link)->hash_next;
    *link = h->hash_next;
    list_remove(e, h);
    h->state = HOST_FREE;
    veng_pool_give(&e->hosts, h);
}

/* The least recently used entry that nobody waits for makes room. */
static int make_room(struct vmtp_engine *e) {
    for (uint32_t i = e->host_oldest; i != NONE; i = host_at(e, i)->newer) {
        if (host_at(e, i)->state != HOST_KNOWN)
            continue;
        COUNT(e, HOST_EVICTED);
        veng_host_forget(e, host_at(e, i));
        return 1;
    }
    return 0;
}

static struct host *host_new(struct vmtp_engine *e, vmtp_entity entity) {
    if (e->hosts.free == NONE && !make_room(e))
        return NULL;
    struct host *h = veng_pool_take(&e->hosts);
    memset(h, 0, sizeof *h);
    h->entity = entity;
    h->waiting = h->pending_next = NONE;
    uint32_t *head = veng_map_head(e, &e->host_map, entity);
    h->hash_next = *head;
    *head = pool_index(&e->hosts, h);
    list_add(e, h);
    return h;
}

struct host *veng_host_learn(struct vmtp_engine *e, vmtp_entity entity, const uint8_t mac[6]) {
    struct host *h = veng_host_find(e, entity);
    if (!h)
        h = host_new(e, entity);
    if (!h)
        return NULL;
    if (h->state == HOST_KNOWN && memcmp(h->mac, mac, 6) != 0) { /* another host: other times */
        h->no_streams = 0;
        memset(&h->rtt, 0, sizeof h->rtt);
        memset(&h->response, 0, sizeof h->response);
    }
    memcpy(h->mac, mac, 6);
    if (h->state == HOST_FREE)
        h->state = HOST_KNOWN;
    host_touch(e, h);
    return h;
}

void veng_host_hint(struct vmtp_engine *e, vmtp_entity entity, const uint8_t mac[6]) {
    const struct host *h = veng_host_find(e, entity);
    if (!h || h->state == HOST_KNOWN)
        veng_host_learn(e, entity, mac);
}

int vmtp_host_lookup(const vmtp_engine *e, vmtp_entity entity, uint8_t mac[6], vmtp_time *rtt) {
    const struct host *h = veng_host_find(e, entity);
    if (!h || h->state != HOST_KNOWN)
        return VMTP_E_NO_ENTITY;
    if (mac)
        memcpy(mac, h->mac, 6);
    if (rtt)
        *rtt = h->rtt.smoothed * VMTP_MICROSECOND;
    return 0;
}

int vmtp_host_forget(vmtp_engine *e, vmtp_entity entity) {
    struct host *h = veng_host_find(e, entity);
    if (!h || h->state != HOST_KNOWN)
        return VMTP_E_NO_ENTITY;
    veng_host_forget(e, h);
    return 0;
}

/* ---- Probes ---- */

static struct entity *free_prober(struct vmtp_engine *e) {
    for (unsigned i = 0; i < PROBERS; i++) {
        struct entity *n = entity_at(e, e->prober[i]);
        if (n->call == NONE)
            return n;
    }
    return NULL;
}

/* mac NULL: multicast.  NULL when no prober is free. */
static struct call *probe(struct vmtp_engine *e, vmtp_entity whom, const uint8_t *mac, enum call_purpose purpose,
                          uint32_t subject, vmtp_time now) {
    struct entity *n = free_prober(e);
    struct call *c = n ? veng_call_make(e, n) : NULL;
    if (!c)
        return NULL;
    uint8_t *h = c->tx.header;
    c->purpose = (uint8_t)purpose;
    c->subject = subject;
    c->server = VMTP_MANAGER_GROUP;
    c->locate = whom;
    c->group = 1;
    c->multicast = mac == NULL;
    vmtp_put_client(h, n->id);
    vmtp_put_length_word(h, e->config.domain, c->multicast ? VMTP_MPG : 0, 0);
    vmtp_put_control(h, vmtp_control(0, 0, 0, 0, 0, VMTP_REQUEST));
    vmtp_put_transaction(h, n->transaction);
    vmtp_put_server(h, VMTP_MANAGER_GROUP);
    vmtp_put_code(h, VMTP_PROBE_ENTITY);
    vmtp_put_coresident(h, whom);
    vmtp_store64(h + 44, whom);
    if (mac)
        memcpy(c->tx.mac, mac, 6);
    COUNT(e, PROBES);
    veng_call_begin(e, c, now);
    return c;
}

static void start_or_wait(struct vmtp_engine *e, struct host *h, vmtp_time now) {
    h->state = HOST_PROBING;
    if (probe(e, h->entity, NULL, FOR_HOST, pool_index(&e->hosts, h), now))
        return;
    h->state = HOST_PENDING;
    h->pending_next = NONE;
    uint32_t *end = &e->hosts_pending;
    while (*end != NONE)
        end = &host_at(e, *end)->pending_next;
    *end = pool_index(&e->hosts, h);
}

static void probes_start_pending(struct vmtp_engine *e, vmtp_time now) {
    while (e->hosts_pending != NONE && free_prober(e)) {
        struct host *h = host_at(e, e->hosts_pending);
        e->hosts_pending = h->pending_next;
        start_or_wait(e, h, now);
    }
}

int veng_locate(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    struct host *h = veng_host_find(e, c->locate);
    if (h && h->state == HOST_KNOWN) {
        COUNT(e, HOST_HITS);
        host_touch(e, h);
        c->host = pool_index(&e->hosts, h);
        c->cached = 1;
        memcpy(c->tx.mac, h->mac, 6);
        return 1;
    }
    if (!h)
        h = host_new(e, c->locate);
    if (!h)
        return VMTP_E_FULL;
    c->cached = 0;
    c->state = CALL_LOCATING;
    c->wait_next = NONE;
    uint32_t *end = &h->waiting; /* in the order they came */
    while (*end != NONE)
        end = &call_at(e, *end)->wait_next;
    *end = pool_index(&e->calls, c);
    if (h->state == HOST_FREE)
        start_or_wait(e, h, now);
    return 0;
}

static void leave_list(struct vmtp_engine *e, uint32_t *link, const struct call *c) {
    uint32_t index = pool_index(&e->calls, c);
    while (*link != NONE && *link != index)
        link = &call_at(e, *link)->wait_next;
    if (*link == index)
        *link = c->wait_next;
}

/* The Probe goes on: others may want its answer, and it will be cached. */
void veng_locate_cancel(struct vmtp_engine *e, struct call *c) {
    struct host *h = veng_host_find(e, c->locate);
    if (h)
        leave_list(e, &h->waiting, c);
    leave_list(e, &e->releasing, c);
}

int veng_probe_remote(struct vmtp_engine *e, struct remote *r, const uint8_t *mac, vmtp_time now) {
    return probe(e, r->client, mac, FOR_REMOTE, pool_index(&e->remotes, r), now) ? 0 : VMTP_E_FULL;
}

/* The Probe under way for this is not wanted any more. */
static void disown(struct vmtp_engine *e, enum call_purpose purpose, uint32_t subject) {
    for (unsigned i = 0; i < PROBERS; i++) {
        uint32_t call = entity_at(e, e->prober[i])->call;
        struct call *c = call != NONE ? call_at(e, call) : NULL;
        if (c && c->purpose == purpose && c->subject == subject)
            c->subject = NONE;
    }
}

void veng_probe_disown(struct vmtp_engine *e, const struct remote *r) {
    disown(e, FOR_REMOTE, pool_index(&e->remotes, r));
}

/* The calls that wait for h go on, or end. */
static void release_waiting(struct vmtp_engine *e, struct host *h, uint32_t result, vmtp_time now) {
    uint32_t index = pool_index(&e->hosts, h);
    e->releasing = h->waiting; /* the end of one may be that of others among them, of the same run */
    h->waiting = NONE;
    while (e->releasing != NONE) {
        struct call *w = call_at(e, e->releasing);
        e->releasing = w->wait_next;
        w->host = index;
        memcpy(w->tx.mac, h->mac, 6);
        w->state = CALL_AWAITING_RESPONSE; /* out of the waiting list */
        veng_call_located(e, w, result, now);
    }
}

/* Somebody told us before its Probe did, or before there was a prober for it. */
static void host_found(struct vmtp_engine *e, struct host *h, vmtp_time now) {
    uint32_t index = pool_index(&e->hosts, h);
    if (h->state == HOST_PENDING) {
        uint32_t *link = &e->hosts_pending;
        while (*link != index)
            link = &host_at(e, *link)->pending_next;
        *link = h->pending_next;
    } else {
        disown(e, FOR_HOST, index);
    }
    h->state = HOST_KNOWN;
    release_waiting(e, h, 0, now);
}

int vmtp_host_learn(vmtp_engine *e, vmtp_entity entity, const uint8_t mac[6], vmtp_time now) {
    if (!entity || vmtp_is_group(entity))
        return VMTP_E_INVALID;
    struct host *h = veng_host_learn(e, entity, mac);
    if (!h)
        return VMTP_E_FULL;
    if (h->state != HOST_KNOWN) /* it is being looked for: found */
        host_found(e, h, now);
    return 0;
}

static void host_answered(struct vmtp_engine *e, struct host *h, const struct call *c, uint32_t result, vmtp_time now) {
    if (result == 0) {
        h->state = HOST_KNOWN;
        memcpy(h->mac, c->first.mac, 6);
        if (c->retransmits == 0 && now > c->sent_at[0])
            rtt_sample(&h->rtt, now - c->sent_at[0]);
        host_touch(e, h);
    }
    release_waiting(e, h, result, now);
    if (result != 0 && h->waiting == NONE)
        veng_host_forget(e, h);
    else if (result != 0) /* some of them look for it once more */
        start_or_wait(e, h, now);
}

/* A Probe is over: the answer, or that there was none. */
void veng_probe_finished(struct vmtp_engine *e, struct call *c, vmtp_time now) {
    uint32_t result = c->result, subject = c->subject;
    const uint8_t *answer = c->first.header;
    if (result == 0)
        result = CODE24(vmtp_get_code(answer));
    if (result == VMTP_ENTITY_MIGRATED && c->purpose == FOR_REMOTE && subject != NONE && !c->multicast) {
        veng_call_free(e, c); /* it has left where it was: who knows where it is?  The prober is free again */
        veng_probe_remote(e, remote_at(e, subject), NULL, now);
        return;
    }
    if (c->purpose == FOR_HOST && subject != NONE)
        host_answered(e, host_at(e, subject), c, result, now);
    else if (subject != NONE)
        veng_remote_probed(e, remote_at(e, subject), result == 0, vmtp_load32(answer + 36), c->first.mac, now);
    veng_call_free(e, c);
    probes_start_pending(e, now);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* gone.c - entities that have left for another node, and who asks for them here (spec/vmtp.md section 13.11). */
#include "internal.h"

static struct gone *find(const struct vmtp_engine *e, vmtp_entity id) {
    for (uint32_t i = 0; id && i < e->gone_count; i++)
        if (e->gone[i].id == id)
            return &e->gone[i];
    return NULL;
}

int veng_gone(const struct vmtp_engine *e, vmtp_entity id, vmtp_time now) {
    const struct gone *g = find(e, id);
    return g && now < g->until;
}

void veng_gone_forget(struct vmtp_engine *e, vmtp_entity id) {
    struct gone *g = find(e, id);
    if (g)
        g->id = 0;
}

static struct gone *place_for(const struct vmtp_engine *e, vmtp_time now) {
    for (uint32_t i = 0; i < e->gone_count; i++)
        if (e->gone[i].id == 0 || e->gone[i].until <= now)
            return &e->gone[i];
    return NULL;
}

int veng_gone_full(const struct vmtp_engine *e, vmtp_time now) { return place_for(e, now) == NULL; }

void veng_gone_note(struct vmtp_engine *e, vmtp_entity id, vmtp_time now) {
    struct gone *g = place_for(e, now);
    g->id = id;
    g->until = now + e->config.timers.ts4;
}

/* ---- a client of ours that has left for another node ---- */

/* NVS(ENTITY_MIGRATED): where is it now?  It is sent the whole Response there. */
void veng_client_moved(struct vmtp_engine *e, struct remote *r, vmtp_time now) {
    struct host *h = veng_host_find(e, r->client);
    if (h && h->state == HOST_KNOWN)
        veng_host_forget(e, h);
    if (r->probing || veng_probe_remote(e, r, NULL, now) != 0)
        return; /* it will ask */
    r->probing = PROBING_MOVED;
    veng_timer_set(&e->wheel, &r->timer, now + e->config.timers.ts4);
}

/* Its forwarder asks again: the Response was lost, or has gone to where the client is remembered to have lived, and is no more. */
void veng_client_doubted(struct vmtp_engine *e, struct remote *r, vmtp_time now) {
    if (!r->probing && veng_probe_remote(e, r, NULL, now) == 0)
        r->probing = PROBING_DOUBTED;
}

void veng_client_found(struct vmtp_engine *e, struct remote *r, const uint8_t *mac, vmtp_time now) {
    struct request *q = r->request != NONE ? request_at(e, r->request) : NULL;
    veng_client_seen(e, r, mac);
    veng_host_hint(e, r->client, mac);
    veng_reply_resend(e, r, q ? q->want : NONE, 0, now);
}

void veng_client_seen(struct vmtp_engine *e, struct remote *r, const uint8_t *mac) {
    memcpy(r->mac, mac, 6);
    if (r->request != NONE)
        memcpy(request_at(e, r->request)->tx.mac, mac, 6);
}

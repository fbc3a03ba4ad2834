/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Procedures that are called with Requests.
 *
 * They run at the end of vhost_work, when everything has arrived and nothing is half done, so a procedure may use the whole host.
 * A blocking call inside one comes through here again and may call others, but not the same: no procedure has to think of
 * a second copy of itself, and procedures are nested no deeper than there are entities.
 */
#include "internal.h"

static int is_running(const vmtp_host *host, vmtp_entity entity) {
    const struct vhost_running *r = host->running;
    while (r && r->entity != entity)
        r = r->outer;
    return r != NULL;
}

static struct vhost_slot *next(const vmtp_host *host) {
    struct vhost_slot *slot = host->invoked.first;
    while (slot && is_running(host, slot->service->entity))
        slot = slot->next;
    return slot;
}

int vhost_invocable(const vmtp_host *host) { return next(host) != NULL; }

static void call(vmtp_host *host, struct vhost_slot *slot) {
    struct vhost_service *service = slot->service;
    struct vhost_running running = {host->running, service->entity};
    struct vmtp_incoming in;
    vhost_serve_hold(&host->invoked, slot, &in);
    vhost_serve_keep(service);
    host->running = &running;
    service->procedure(host, &in, service->context);
    host->running = running.outer;
    vhost_serve_let_go(host, service);
}

void vhost_invoke(vmtp_host *host) {
    struct vhost_slot *slot;
    /* As many as there are now; what comes meanwhile has to let a loop have its turn. */
    for (uint32_t left = host->invoked.count; left && (slot = next(host)) != NULL; left--)
        call(host, slot);
    vhost_route(host); /* what they did may be what somebody waits for */
}

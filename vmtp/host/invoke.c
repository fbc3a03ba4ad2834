/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Procedures that are called with Requests.
 *
 * They run at the end of vhost_work, when everything has arrived and nothing is half done, so a procedure may use the whole host.
 * A blocking call inside one comes through here again and finds the mark: no procedure runs inside another.
 */
#include "internal.h"

void vhost_invoke(vmtp_host *host) {
    if (host->invoking)
        return;
    host->invoking = 1;
    /* Those that are there now; what comes meanwhile has to let a loop have its turn. */
    for (uint32_t left = host->invoked.count; left && host->invoked.first; left--) {
        struct vhost_slot *slot = host->invoked.first;
        const struct vhost_service *service = slot->service;
        struct vmtp_incoming in;
        vhost_serve_hold(&host->invoked, slot, &in);
        service->procedure(host, &in, service->context);
    }
    host->invoking = 0;
    vhost_route(host); /* what they did may be what somebody waits for */
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Libraries that work on the host beside the program: they take their events before the program sees them, and get a turn of their own. */
#include "internal.h"

void vmtp_host_attach(vmtp_host *host, struct vmtp_companion *companion) {
    struct vmtp_companion **end = &host->companions;
    while (*end)
        end = &(*end)->next;
    companion->next = NULL;
    *end = companion;
}

void vmtp_host_detach(vmtp_host *host, struct vmtp_companion *companion) {
    struct vmtp_companion **at = &host->companions;
    vhost_route(host);
    while (*at && *at != companion)
        at = &(*at)->next;
    if (*at)
        *at = companion->next;
}

int vhost_companion_event(vmtp_host *host, const struct vmtp_event *event) {
    for (struct vmtp_companion *c = host->companions; c; c = c->next)
        if (c->event(c, event))
            return 1;
    return 0;
}

vmtp_time vhost_companion_deadline(const vmtp_host *host) {
    vmtp_time deadline = VMTP_NEVER;
    for (const struct vmtp_companion *c = host->companions; c; c = c->next)
        deadline = c->deadline < deadline ? c->deadline : deadline;
    return deadline;
}

/*
 * One that blocks comes through here again, since what it waits for may be its own business; but the stack has an end, and whatever blocks
 * at the innermost place cannot get what it waits for.
 */
int vhost_companion_work(vmtp_host *host) {
    if (vhost_companion_deadline(host) > host->now)
        return 0;
    if (host->working == VMTP_HOST_NESTED)
        return VMTP_E_FULL;
    host->working++;
    for (struct vmtp_companion *c = host->companions; c; c = c->next)
        if (c->deadline <= host->now)
            c->work(c);
    host->working--;
    vhost_route(host); /* what they did may be what somebody waits for */
    return vhost_send(host);
}

int vmtp_host_wait(vmtp_host *host, vmtp_time deadline) {
    if (vhost_take_interrupt(host))
        return VMTP_E_CANCELLED;
    if (vhost_crowded(host))
        return VMTP_E_FULL;
    const int late = vhost_tick(host) >= deadline;
    int r = vhost_wait(host, deadline);
    return r == 0 && late ? VMTP_E_TIMEOUT : r;
}

int vmtp_host_dismiss(vmtp_host *host, vmtp_entity entity) {
    int r = vmtp_entity_delete(host->engine, entity, vhost_tick(host));
    if (r < 0)
        return r;
    vhost_route(host); /* while the events still find those whom they concern */
    vhost_serve_leave(host, entity);
    return 0;
}

void vmtp_host_random(vmtp_host *host, void *out, size_t size) {
    host->engine_config.random(host->engine_config.random_context, out, size);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which event is whose.
 *
 * The engine has one queue of events; a host has several readers: the blocking call, vmtp_host_receive, the host itself, and
 * vmtp_host_next_event.  Events for the last are kept in a ring.  It must never be full while something blocks, for the event
 * that is waited for may stand behind others in the engine's queue.  So the ring has twice as many places as events can
 * happen without the application doing anything (vhost_kept_bound), and blocking calls refuse to begin (VMTP_E_FULL) when
 * more than half are taken.  A program that never looks at its events is told so instead of hanging.
 */
#include "internal.h"

uint64_t vhost_kept_bound(const struct vmtp_config *c) {
    /* Everything lent to the engine comes back once; a Request given to the application may be abandoned and its reply
     * released; entities are created and deleted once each (a pair that nobody saw is forgotten, see below), and have one signal. */
    return 16 + (uint64_t)c->max_calls + c->max_responses + 2 * ((uint64_t)c->max_requests + c->max_accepts) +
           3 * (uint64_t)c->max_entities;
}

int vhost_crowded(const vmtp_host *host) { return host->kept_count > host->kept_limit / 2; }

static void keep(vmtp_host *host, const struct vmtp_event *event) {
    uint32_t at = host->kept_first + host->kept_count;
    host->kept[at < host->kept_limit ? at : at - host->kept_limit] = *event;
    host->kept_count++;
}

/* Takes back the first event of a kind about an entity that the application has not taken notice of: 1 when there was one. */
static int forget(vmtp_host *host, enum vmtp_event_type type, vmtp_entity entity) {
    uint32_t found = 0, left = 0;
    for (uint32_t i = 0; i < host->kept_count; i++) {
        struct vmtp_event *event = &host->kept[(host->kept_first + i) % host->kept_limit];
        if (!found && event->type == type && event->entity == entity)
            found = 1;
        else
            host->kept[(host->kept_first + left++) % host->kept_limit] = *event;
    }
    host->kept_count = left;
    return (int)found;
}

static int finish_call(vmtp_host *host, const struct vmtp_event *event) {
    struct vhost_pending *call = host->call;
    while (call && call->handle != event->handle)
        call = call->outer;
    if (!call)
        return 0;
    call->outcome = *event;
    call->done = 1;
    return 1;
}

/* What cannot be received now is told to whoever works next: the members are there, but deaf. */
static int listen_to(vmtp_host *host, const struct vmtp_event *event) {
    int error = vmtp_port_group(host->port, event->source, event->number != 0);
    if (error < 0 && event->number)
        host->fault = error;
    return 1;
}

/* 1 when the event concerns the host only. */
static int is_ours(vmtp_host *host, const struct vmtp_event *event) {
    switch (event->type) {
    case VMTP_EV_READY: return 1; /* vmtp_host_open has waited for it */
    case VMTP_EV_COMPLETE:
        return finish_call(host, event) || vhost_group_event(host, event) || vhost_stream_event(host, event);
    case VMTP_EV_REQUEST: return event->resumed ? vhost_arrived(host, event) : vhost_serve_request(host, event);
    case VMTP_EV_RELEASED:
        return event->resumed ? vhost_arrival_released(host, event) : vhost_copy_released(host, event->handle);
    case VMTP_EV_ABANDONED: /* resumed: vmtp_host_import sees that nothing more is said of it */
        return event->resumed || vhost_serve_abandoned(host, event);
    case VMTP_EV_ACCEPT_RETURNED: return vhost_serve_returned(host, event);
    case VMTP_EV_ENTITY_DELETED: return forget(host, VMTP_EV_ENTITY_CREATED, event->entity); /* it came and went */
    case VMTP_EV_GROUP_RESPONSE: return vhost_serve_heard(host, event);
    case VMTP_EV_LISTEN: return listen_to(host, event);
    case VMTP_EV_SIGNAL: /* the last one counts, so that there is one place for each entity */
        forget(host, VMTP_EV_SIGNAL, event->entity);
        break;
    case VMTP_EV_RESPONSE: return vhost_group_event(host, event);
    case VMTP_EV_ENTITY_CREATED: break;
    }
    return 0;
}

void vhost_route(vmtp_host *host) {
    struct vmtp_event event;
    while (host->kept_count < host->kept_limit && vmtp_next_event(host->engine, &event) > 0)
        if (!is_ours(host, &event) && !vhost_companion_event(host, &event))
            keep(host, &event);
    if (host->idle.first)
        vhost_serve_idle(host);
}

int vmtp_host_next_event(vmtp_host *host, struct vmtp_event *event) {
    if (!host->kept_count)
        vhost_route(host);
    if (!host->kept_count)
        return 0;
    *event = host->kept[host->kept_first];
    host->kept_first = host->kept_first + 1 < host->kept_limit ? host->kept_first + 1 : 0;
    host->kept_count--;
    return 1;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "ping_group.h"
#include "rtt.h"
#include "text.h"
#include "vnet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct member {
    vmtp_entity entity;
    uint8_t mac[6];
    uint32_t code; /* of its last Response */
    struct rtt rtt;
};

struct round {
    struct node *node;
    const struct ping_group *p;
    struct member *members;
    uint32_t count, sent, extra;
    vmtp_time start;
};

static struct member *find(struct round *r, vmtp_entity entity) {
    for (uint32_t i = 0; i < r->count; i++)
        if (r->members[i].entity == entity)
            return &r->members[i];
    if (r->count == PING_MEMBERS)
        return NULL;
    r->members[r->count] = (struct member){.entity = entity};
    return &r->members[r->count++];
}

static int note(struct round *r, const struct vmtp_event *event) {
    char entity[VMTP_ENTITY_TEXT], mac[TEXT_MAC], duration[TEXT_DURATION];
    struct member *m = find(r, event->message.server);
    vmtp_time took = node_now(r->node) - r->start;
    if (!m) {
        r->extra++;
        return 0;
    }
    memcpy(m->mac, event->source, sizeof m->mac);
    m->code = event->message.code & VMTP_CODE_MASK;
    if (!r->p->quiet && !r->p->json)
        printf("%u: %s at %s: %s\n", r->sent, vmtp_entity_format(entity, m->entity), text_mac(mac, m->mac),
               text_duration(duration, took));
    return rtt_add(&m->rtt, took) == 0 ? 0 : VMTP_E_MEMORY;
}

static int collect(struct round *r, vmtp_handle handle) {
    struct vmtp_event event;
    for (;;) {
        int rc = node_next(r->node, &event, VMTP_NEVER);
        if (rc < 0)
            return rc;
        if (event.handle != handle)
            continue;
        if (event.type == VMTP_EV_COMPLETE)
            return 0;
        rc = event.type == VMTP_EV_RESPONSE ? note(r, &event) : 0;
        if (rc != 0)
            return rc;
    }
}

static int once(struct round *r) {
    struct vmtp_request request = {.client = r->node->client, .response_slots = PING_MEMBERS};
    vmtp_handle handle;
    r->start = node_now(r->node);
    request.message.server = r->p->group;
    request.message.code = r->p->code | VMTP_MRD;
    request.deadline = r->start + r->p->timeout;
    r->sent++;
    int rc = vmtp_call(r->node->engine, &handle, &request, r->start);
    if (rc == 0)
        rc = collect(r, handle);
    vnet_flush();
    return rc;
}

static int all(struct round *r) {
    vmtp_time next = node_now(r->node);
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && (r->p->count == 0 || i < r->p->count) && !node_interrupted(); i++) {
        rc = r->p->interval ? node_sleep(r->node, next) : 0;
        if (rc == 0)
            rc = once(r);
        next += r->p->interval;
    }
    return rc == VMTP_E_CANCELLED ? 0 : rc;
}

/* ---- showing ------------------------------------------------------------------------------------------------------- */

static int by_mac(const void *a, const void *b) {
    const struct member *first = a, *second = b;
    int order = memcmp(first->mac, second->mac, 6);
    return order ? order : (first->entity > second->entity) - (first->entity < second->entity);
}

static int show_json(const struct round *r, struct member *m) {
    struct rtt_summary s = rtt_summarize(&m->rtt);
    return json_line(json_pack("{s:o, s:o, s:o, s:o, s:i, s:i, s:{s:I, s:I, s:I, s:I}}", "group", json_entity(r->p->group),
                               "member", json_entity(m->entity), "mac", json_mac(m->mac), "code", json_code(m->code),
                               "sent", (int)r->sent, "answered", (int)m->rtt.count, "rtt_ns", "min", (json_int_t)s.min,
                               "median", (json_int_t)s.median, "p99", (json_int_t)s.p99, "max", (json_int_t)s.max));
}

static void show_text(const struct round *r, struct member *m) {
    char entity[VMTP_ENTITY_TEXT], mac[TEXT_MAC], min[TEXT_DURATION], median[TEXT_DURATION], code[TEXT_CODE];
    struct rtt_summary s = rtt_summarize(&m->rtt);
    printf("%-17s  %-19s  %4u/%-4u  %-10s  %-10s  %s\n", text_mac(mac, m->mac), vmtp_entity_format(entity, m->entity),
           (unsigned)m->rtt.count, r->sent, text_duration(min, s.min), text_duration(median, s.median),
           text_code(code, m->code));
}

/* Exit codes: 0 when there are members and each has answered each time. */
static int show(struct round *r) {
    char group[VMTP_ENTITY_TEXT];
    int whole = r->count > 0;
    qsort(r->members, r->count, sizeof *r->members, by_mac);
    if (!r->p->json && r->count > 0)
        printf("%-17s  %-19s  %-9s  %-10s  %-10s  %s\n", "MAC", "MEMBER", "ANSWERED", "RTT MIN", "MEDIAN", "CODE");
    for (uint32_t i = 0; i < r->count; i++) {
        if (r->p->json && show_json(r, &r->members[i]) != VNET_OK)
            return VNET_FAILED;
        if (!r->p->json)
            show_text(r, &r->members[i]);
        whole = whole && r->members[i].rtt.count == r->sent;
    }
    if (r->extra > 0)
        return vnet_fail("there are more members than %u", PING_MEMBERS);
    if (r->count == 0)
        return vnet_fail("no member of %s answered on %s within the time: has it any? (`vnet group query` lists them)",
                         vmtp_entity_format(group, r->p->group), r->node->interface_name);
    return whole ? VNET_OK : VNET_FAILED;
}

int ping_group(struct node *node, const struct ping_group *p) {
    struct round r = {.node = node, .p = p, .members = calloc(PING_MEMBERS, sizeof *r.members)};
    int rc = r.members ? all(&r) : VMTP_E_MEMORY;
    rc = rc == 0 ? show(&r) : node_explain(node, rc, p->group, p->timeout);
    for (uint32_t i = 0; i < r.count; i++)
        rtt_free(&r.members[i].rtt);
    free(r.members);
    return rc;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "oracle_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char vc_oracle_ids[] =
    "VMTP-2.1-01 VMTP-2.1-03 VMTP-2.2-02 VMTP-2.3-01 VMTP-2.3-04 VMTP-3.1-02 VMTP-3.1-03 VMTP-3.1-04 VMTP-3.1-05 "
    "VMTP-3.1-06 "
    "VMTP-3.1-07 VMTP-3.1-08 VMTP-3.2-01 VMTP-3.2-02 VMTP-3.2-03 VMTP-3.2-04 VMTP-3.4-01 VMTP-3.4-02 VMTP-3.4-04 "
    "VMTP-3.4-05 "
    "VMTP-4.1-01 VMTP-6.1-01 VMTP-6.1-02 VMTP-6.1-03 VMTP-6.1-04 VMTP-6.1-05 VMTP-6.1-06 VMTP-7.2-01 VMTP-7.2-04 "
    "VMTP-8.4-03 "
    "VMTP-8.4-04 VMTP-10.2-02 VMTP-10.2-05 VMTP-10.2-08 VMTP-10.9-01 VMTP-10.9-02 VMTP-10.9-03 VMTP-10.10-01 "
    "VMTP-10.10-02 "
    "VMTP-10.11-01 VMTP-10.11-02 VMTP-10.11-04 VMTP-10.11-05 VMTP-13.3-14 VMTP-13.3-40 VMTP-13.4-02 VMTP-13.12-03 "
    "UIO-1-01 UIO-1-02 UIO-2.1-02 UIO-2.1-03 UIO-2.2-01 UIO-2.2-03 UIO-2.3-02 UIO-3.1-03 UIO-3.1-04 UIO-3.2-01 "
    "UIO-4-03 "
    "UIO-4-04 UIO-5.1-01 UIO-5.3-01 UIO-6.1-01 UIO-6.2-07 UIO-6.3-01 UIO-6.5-06 "
    "NAME-1-01 NAME-1-02 NAME-2.1-01 NAME-2.1-05 NAME-3.3-01 NAME-3.3-04 NAME-3.3-05 NAME-4-02 NAME-4-03 NAME-4-04 "
    "NAME-4-05 NAME-5.1-07 "
    "NAME-5.2-06 NAME-6.1-01 NAME-6.1-02 NAME-8.1-01 NAME-8.2-03 NAME-8.2-04 NAME-8.2-05 NAME-8.2-06 "
    "NAME-8.5-01 NAME-8.7-01 "
    "NAME-9-08 NAME-9-17";

vc_oracle *vc_oracle_open(const struct vc_oracle_options *options) {
    vc_oracle *o = calloc(1, sizeof *o);
    if (o)
        o->options = *options;
    return o;
}

void vc_oracle_close(vc_oracle *o) { free(o); }

void vc_oracle_forget(vc_oracle *o, int logs) {
    o->logs = logs;
    memset(o->clients, 0, sizeof o->clients);
    o->client_next = 0;
}

void vc_oracle_held(vc_oracle *o, const char *id) { o->options.says(o->options.context, id, 1, NULL, NULL); }

void vc_oracle_broken(vc_oracle *o, const char *id, const char *expected, const char *format, ...) {
    char seen[300];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(seen, sizeof seen, format, arguments);
    va_end(arguments);
    o->options.says(o->options.context, id, 0, expected, seen);
}

void vc_oracle_rule(vc_oracle *o, const char *id, int ok, const char *expected, const char *what, uint64_t seen) {
    if (ok)
        vc_oracle_held(o, id);
    else
        vc_oracle_broken(o, id, expected, "%s %llu (0x%llx)", what, (unsigned long long)seen, (unsigned long long)seen);
}

int vc_oracle_multicast(const struct vc_packet *p) { return p->dst[0] & 1 || p->flags & VMTP_MPG; }

/* ---- memory --------------------------------------------------------------------------------------------------------- */

struct seen_message *vc_oracle_find(vc_oracle *o, uint64_t client, uint32_t transaction, uint8_t function,
                                    uint64_t server) {
    struct seen_message *found = NULL;
    for (unsigned i = 0; i < ORACLE_MESSAGES; i++) {
        struct seen_message *m = &o->messages[(o->message_next - 1 - i) % ORACLE_MESSAGES];
        if (!m->packets || m->client != client || m->transaction != transaction || m->function != function)
            continue;
        if (m->server == server || server == 0)
            return m;
        found = found ? found : m;
    }
    return found;
}

static struct seen_message *place(vc_oracle *o, const struct vc_packet *p) {
    struct seen_message *m = vc_oracle_find(o, p->client, p->transaction, p->function, p->server);
    if (m && m->server == p->server)
        return m;
    m = &o->messages[o->message_next++ % ORACLE_MESSAGES];
    memset(m, 0, sizeof *m);
    m->client = p->client;
    m->server = p->server;
    m->transaction = p->transaction;
    m->function = p->function;
    return m;
}

/* A retransmission, and what is asked for, may bring blocks again. */
static void disturb(vc_oracle *o, const struct vc_packet *p) {
    uint32_t operation = vc_notify(p);
    int about_response = operation == (VMTP_NOTIFY_VMTP_SERVER & VMTP_CODE_MASK);
    uint64_t client = operation ? vc_pair(p->words + (about_response ? 2 : 0)) : p->client;
    struct seen_message *m = vc_oracle_find(o, client, operation ? p->words[4] : p->transaction,
                                            about_response || !operation ? VMTP_RESPONSE : VMTP_REQUEST,
                                            about_response ? vc_pair(p->words) : 0);
    if (m)
        m->disturbed = 1;
}

/* The answer to a Probe tells where an entity is. */
static void located(vc_oracle *o, const struct vc_packet *p) {
    const struct seen_message *probe = vc_oracle_find(o, p->client, p->transaction, VMTP_REQUEST, 0);
    if (!probe || vc_code(p) != VMTP_OK || (probe->code & VMTP_CODE_MASK) != (VMTP_PROBE_ENTITY & VMTP_CODE_MASK))
        return;
    for (unsigned i = 0; i < ORACLE_MESSAGES; i++)
        if (o->messages[i].function == VMTP_REQUEST && o->messages[i].client == vc_pair(probe->words + 2))
            memcpy(o->messages[i].mac, p->src, 6);
}

static void store(vc_oracle *o, const struct vc_packet *p, vc_time time) {
    struct seen_message *m = place(o, p);
    if (m->packets && m->retransmit != p->retransmit)
        m->blocks = 0;
    m->server = p->server;
    m->code = p->code;
    memcpy(m->words, p->words, sizeof m->words);
    m->control = p->control;
    m->controls |= p->control;
    m->delivery = p->delivery;
    m->priority = p->priority;
    m->forward = p->forward;
    m->retransmit = p->retransmit;
    m->gap = p->gap;
    m->multicast = (uint8_t)(vc_oracle_multicast(p) != 0);
    m->apg |= (p->control & VMTP_APG) != 0;
    memcpy(m->mac, p->src, 6);
    m->retransmits |= (uint8_t)(1u << p->retransmit);
    m->blocks |= p->delivery;
    m->packets++;
    m->last = time;
}

/* What is a packet in all but its EtherType. */
static void mistyped(vc_oracle *o, struct vc_packet *p, const uint8_t *frame, size_t size) {
    uint16_t type = size < VC_ETHERNET ? 0 : vc_get16(frame + 12);
    if (vc_decode(p, frame, size, type) == VC_WELL && p->sum == VC_SUM_RIGHT && p->domain == VMTP_DOMAIN)
        vc_oracle_broken(o, "VMTP-2.1-01", "the EtherType of VMTP", "%04x", type);
}

void vc_oracle_distance(vc_oracle *o, vc_time round_trip) { o->round_trip = round_trip; }

void vc_oracle_frame(vc_oracle *o, const uint8_t *frame, size_t size, vc_time time, int judged) {
    static struct vc_packet p;
    enum vc_shape shape = vc_decode(&p, frame, size, o->options.ethertype);
    if (shape == VC_NOT_VMTP) {
        if (judged)
            mistyped(o, &p, frame, size);
        return;
    }
    o->now = time;
    if (judged) {
        vc_oracle_packet(o, &p, shape);
        if (shape == VC_SHORT)
            return;
        uint32_t operation = vc_notify(&p);
        if (operation)
            vc_oracle_notify(o, &p, operation);
        else if (p.function == VMTP_RESPONSE)
            vc_oracle_response(o, &p);
        else
            vc_oracle_request(o, &p);
    }
    if (shape == VC_SHORT)
        return;
    if (p.function == VMTP_REQUEST)
        disturb(o, &p);
    else if (!judged)
        located(o, &p);
    store(o, &p, time);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* What cases send. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "run.h"

uint32_t vc_random(struct vc_test *t) {
    t->run->random = t->run->random * 1664525u + 1013904223u;
    return t->run->random >> 8 ^ t->run->random << 16;
}

uint64_t vc_new_client(struct vc_test *t) { return t->run->block | t->run->next_id++; }
uint64_t vc_service(struct vc_test *t) { return t->run->service; }
uint64_t vc_manager(struct vc_test *t) { return t->run->manager; }
const uint8_t *vc_node_mac(struct vc_test *t) { return t->run->node_mac; }
const uint8_t *vc_tester_mac(struct vc_test *t) { return t->elsewhere ? t->run->other_mac : t->run->link->mac; }
uint32_t vc_mtu(struct vc_test *t) { return t->run->link->mtu; }
vc_time vc_now(struct vc_test *t) { return t->run->link->now(t->run->link); }
void vc_answer_probes(struct vc_test *t, int yes) { t->answer_probes = yes; }
void vc_other_node(struct vc_test *t, int yes) { t->elsewhere = yes; }
int vc_claims(struct vc_test *t, const char *item) {
    (void)t;
    const struct vc_item *i = vc_item(item, strlen(item));
    return i && vc_has(i);
}

uint32_t vc_several_packets(struct vc_test *t, uint32_t octets) {
    const uint32_t most = t->run->link->mtu - VC_HEADER - VC_CHECKSUM;
    if (most >= VC_SEGMENT_MAX)
        vc_skip(t, "packet groups of several packets: the MTU of the segment holds the largest one");
    return octets > most ? octets : VC_SEGMENT_MAX;
}

static struct vc_packet blank(struct vc_test *t) {
    struct vc_packet p;
    memset(&p, 0, sizeof p);
    memcpy(p.dst, vc_node_mac(t), 6);
    memcpy(p.src, vc_tester_mac(t), 6);
    p.ethertype = t->run->link->ethertype;
    p.domain = VMTP_DOMAIN;
    return p;
}

struct vc_packet vc_request_to(struct vc_test *t, uint64_t server, uint32_t code) {
    struct vc_packet p = blank(t);
    p.client = vc_new_client(t);
    p.server = server;
    p.transaction = vc_random(t) | 1;
    p.code = code | VMTP_PIC;
    return p;
}

struct vc_packet vc_request(struct vc_test *t, uint32_t code) {
    return vc_request_to(t, vc_service(t), code);
}

struct vc_packet vc_next(const struct vc_packet *request, uint32_t code) {
    struct vc_packet p = *request;
    p.transaction++;
    p.retransmit = 0;
    p.control = 0;
    p.code = code | VMTP_PIC;
    p.length = 0;
    p.delivery = 0;
    p.data_octets = 0;
    memset(p.words, 0, sizeof p.words);
    return p;
}

static void put_id(uint32_t *words, uint64_t id) {
    words[0] = (uint32_t)(id >> 32);
    words[1] = (uint32_t)id;
}

struct vc_packet vc_manage(struct vc_test *t, uint32_t code, uint64_t entity) {
    struct vc_packet p = vc_request_to(t, VMTP_MANAGER_GROUP, code);
    p.code = code;
    put_id(p.words, entity);
    return p;
}

struct vc_packet vc_manage_all(struct vc_test *t, uint32_t code, uint64_t entity) {
    struct vc_packet p = vc_manage(t, code, entity);
    vc_multicast(&p, VMTP_MANAGER_GROUP);
    return p;
}

void vc_multicast(struct vc_packet *p, uint64_t group) {
    const uint8_t mac[6] = {9, 0, 0x56, (uint8_t)(group >> 16), (uint8_t)(group >> 8), (uint8_t)group};
    memcpy(p->dst, mac, 6);
    p->flags |= VMTP_MPG;
}

struct vc_packet vc_response(const struct vc_packet *request, uint32_t code) {
    struct vc_packet p;
    memset(&p, 0, sizeof p);
    memcpy(p.dst, request->src, 6);
    memcpy(p.src, request->dst, 6);
    p.ethertype = request->ethertype;
    p.domain = VMTP_DOMAIN;
    p.client = request->client;
    p.server = request->server;
    p.transaction = request->transaction;
    p.retransmit = request->retransmit;
    p.forward = request->forward;
    p.priority = request->priority;
    p.function = VMTP_RESPONSE;
    p.code = code;
    return p;
}

/* Both Notify operations have the same Client, which does nothing else. */
static struct vc_packet notify(struct vc_test *t, uint32_t operation, uint32_t code, uint32_t delivery) {
    struct vc_packet p = blank(t);
    p.client = t->run->block | 1;
    p.server = VMTP_MANAGER_GROUP;
    p.transaction = vc_random(t);
    p.code = operation;
    p.words[5] = delivery;
    p.words[6] = code;
    return p;
}

struct vc_packet vc_nvc(struct vc_test *t, const struct vc_packet *about, uint32_t code, uint32_t delivery) {
    struct vc_packet p = notify(t, VMTP_NOTIFY_VMTP_CLIENT, code, delivery);
    put_id(p.words, about->client);
    p.words[2] = (uint32_t)(about->retransmit << 20 | about->forward << 16 | about->priority << 4 | 1);
    p.words[4] = about->transaction;
    return p;
}

struct vc_packet vc_nrc(struct vc_test *t, const struct vc_packet *about, uint32_t code, uint32_t delivery) {
    struct vc_packet p = vc_nvc(t, about, code, delivery);
    p.code = VMTP_NOTIFY_REMOTE_VMTP_CLIENT;
    return p;
}

struct vc_packet vc_nvs(struct vc_test *t, const struct vc_packet *about, uint32_t code, uint32_t delivery) {
    struct vc_packet p = notify(t, VMTP_NOTIFY_VMTP_SERVER, code, delivery);
    put_id(p.words, about->server);
    put_id(p.words + 2, about->client);
    p.words[4] = about->transaction;
    return p;
}

/* What a Probe for its Client has to tell. */
static void remember(struct vc_test *t, const struct vc_packet *p) {
    unsigned most = sizeof t->last / sizeof t->last[0], at = 0;
    if (p->function != VMTP_REQUEST || vc_notify(p))
        return;
    while (at < t->last_count && at < most && t->last[at].client != p->client)
        at++;
    if (at == t->last_count || at == most)
        at = t->last_count++ % most;
    t->last[at].client = p->client;
    t->last[at].transaction = p->transaction;
    t->last[at].code = p->code;
}

char *vc_tell(struct vc_test *t, const struct vc_packet *p, char text[VC_TEXT]) {
    unsigned most = sizeof t->last / sizeof t->last[0];
    uint32_t code = 0;
    for (unsigned i = 0; i < t->last_count && i < most; i++)
        if (t->last[i].client == p->client)
            code = t->last[i].code;
    vc_describe(p, text);
    size_t at = strlen(text);
    vc_describe_uio(p, code, text + at, VC_TEXT - at);
    return text;
}

void vc_send(struct vc_test *t, const struct vc_packet *p) {
    static uint8_t frame[VC_FRAME_MAX];
    char text[VC_TEXT];
    size_t size = vc_encode(p, frame);
    struct vc_link *link = t->run->link;
    vc_time now = link->now(link);
    if ((t->run->altered || t->run->lost) && !t->started)
        vc_broken(t, "the case has to begin with vc_start, vc_reboot or vc_as_before");
    unsigned number = vc_evidence_frame(&t->evidence, now, 1, frame, size);
    vc_evidence_moment(&t->evidence, VC_SENT, now, vc_tell(t, p, text), number);
    vc_oracle_frame(t->run->oracle, frame, size, now, 0);
    remember(t, p);
    if (link->send(link, frame, size) != 0) {
        snprintf(text, sizeof text, "a frame of %zu octets could not be sent: %s", size, strerror(errno));
        vc_broken(t, text);
    }
}

void vc_send_blocks(struct vc_test *t, const struct vc_packet *p, const uint8_t *segment, uint32_t size, uint32_t mask,
                    uint32_t last_control) {
    struct vc_packet part = *p;
    while (mask) {
        uint32_t two = mask & (~mask + 1);
        two |= (mask & ~two) & (~(mask & ~two) + 1);
        mask &= ~two;
        part.control = p->control | (mask ? 0 : last_control);
        vc_carry(&part, segment, size, two);
        vc_send(t, &part);
    }
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Declared cases: one frame, one reaction, and afterwards the node is as before. */
#include <string.h>

#define VC_NO_LINES
#include "run.h"

static const char *const base_names[] = {"nothing",
                                         "NULL to the test service",
                                         "ProbeEntity of the test service, unicast",
                                         "QueryVMTPNode, unicast",
                                         "a Response to the test service, which has asked nobody",
                                         "NVC(OK) about no transaction of the test service",
                                         "NVS(OK) about no transaction of the test service"};

static const char *const field_names[] = {"",
                                          "Client",
                                          "Server",
                                          "Version",
                                          "Domain",
                                          "packet flags",
                                          "Length",
                                          "control flags",
                                          "RetransmitCount",
                                          "ForwardCount",
                                          "gap",
                                          "Priority",
                                          "reserved bits",
                                          "function bit",
                                          "PacketDelivery",
                                          "Code",
                                          "code flags",
                                          "word 0",
                                          "word 1",
                                          "word 2",
                                          "word 3",
                                          "word 4",
                                          "word 5 (MsgDelivery)",
                                          "word 6 (SegmentSize)",
                                          "octets of segment",
                                          "checksum",
                                          "checksum",
                                          "octets behind the checksum",
                                          "octets cut off",
                                          "padding octet",
                                          "multicast",
                                          "source address"};

static void add(char *text, size_t size, const char *format, const char *name, unsigned long long value) {
    size_t at = strlen(text);
    snprintf(text + at, size - at, format, name, value);
}

void vc_single_stimulus(const struct vc_single *s, char *text, size_t size) {
    static const char *const sums[] = {"right", "absent", "wrong", "given"};
    snprintf(text, size, "%s", base_names[s->base]);
    for (unsigned i = 0; i < 8 && s->set[i].field != VC_END; i++) {
        const char *name = field_names[s->set[i].field];
        unsigned long long value = s->set[i].value;
        add(text, size, i ? "%s" : "%s", i ? ", " : " with ", 0);
        if (s->set[i].field == VC_SUM)
            add(text, size, "checksum %s", sums[value], 0);
        else if (s->set[i].field == VC_MULTICAST)
            add(text, size, "%s", value == 1 ? "multicast address and MPG" : "multicast address, MPG clear", 0);
        else if (s->set[i].field == VC_SOURCE_OWN)
            add(text, size, "%s", "the node's own address as source", 0);
        else
            add(text, size, value > 9 ? "%s 0x%llx" : "%s %llu", name, value);
    }
}

void vc_single_expected(const struct vc_single *s, char *text, size_t size) {
    switch (s->reaction) {
    case VC_SILENCE: snprintf(text, size, "silence; afterwards the node works as before"); break;
    case VC_ANSWER: snprintf(text, size, "a Response %s", vc_response_name(s->code)); break;
    case VC_SAYS_NVC: snprintf(text, size, "NotifyVmtpClient(%s)", vc_response_name(s->code)); break;
    case VC_SAYS_NVS: snprintf(text, size, "NotifyVmtpServer(%s)", vc_response_name(s->code)); break;
    }
}

static struct vc_packet base_packet(struct vc_test *t, enum vc_base base) {
    uint64_t service = vc_service(t);
    struct vc_packet p;
    switch (base) {
    case VC_BASE_PROBE:
        p = vc_manage(t, VMTP_PROBE_ENTITY, service);
        p.words[2] = p.words[0];
        p.words[3] = p.words[1];
        return p;
    case VC_BASE_QUERY: return vc_manage(t, VMTP_QUERY_VMTP_NODE, 0);
    case VC_BASE_RESPONSE:
    case VC_BASE_NVC:
    case VC_BASE_NVS:
        p = vc_request(t, 0); /* as if the service had sent it */
        p.server = p.client;
        p.client = service;
        memcpy(p.src, vc_node_mac(t), 6);
        memcpy(p.dst, vc_tester_mac(t), 6);
        if (base == VC_BASE_RESPONSE)
            return vc_response(&p, VMTP_OK);
        return base == VC_BASE_NVC ? vc_nvc(t, &p, VMTP_OK, 0) : vc_nvs(t, &p, VMTP_OK, 0);
    default: return vc_request(t, VMTP_TEST_NULL);
    }
}

static void set_segment(struct vc_packet *p, uint32_t size) {
    static uint8_t pattern[VC_SEGMENT_MAX];
    vc_pattern(pattern, size, 1);
    vc_carry(p, pattern, size, vc_all_blocks(size) & 7);
}

static void set_rest(struct vc_test *t, struct vc_packet *p, enum vc_field field, uint64_t value) {
    switch (field) {
    case VC_CODE: p->code = (uint32_t)value; break;
    case VC_CODE_FLAGS: p->code |= (uint32_t)value; break;
    case VC_SEGMENT: set_segment(p, (uint32_t)value); break;
    case VC_SUM: p->sum = (enum vc_sum)value; break;
    case VC_CHECKSUM_IS:
        p->sum = VC_SUM_GIVEN;
        p->checksum = (uint32_t)value;
        break;
    case VC_TRAILING: p->trailing = (uint32_t)value; break;
    case VC_CUT: p->cut = (uint32_t)value; break;
    case VC_PADDING: memset(p->data + p->words[6], (int)value, p->data_octets - p->words[6]); break;
    case VC_MULTICAST:
        vc_multicast(p, VMTP_MANAGER_GROUP);
        if (value == 2)
            p->flags &= (uint16_t)~VMTP_MPG;
        break;
    case VC_SOURCE_OWN: memcpy(p->src, vc_node_mac(t), 6); break;
    default: p->words[field - VC_WORD0] = (uint32_t)value; break;
    }
}

static void set(struct vc_test *t, struct vc_packet *p, enum vc_field field, uint64_t value) {
    switch (field) {
    case VC_CLIENT: p->client = value; break;
    case VC_SERVER: p->server = value; break;
    case VC_VERSION: p->version = (uint8_t)value; break;
    case VC_DOMAIN: p->domain = (uint16_t)value; break;
    case VC_FLAGS: p->flags |= (uint16_t)value; break;
    case VC_LENGTH: p->length = (uint16_t)value; break;
    case VC_CONTROL: p->control |= (uint32_t)value; break;
    case VC_RETRANSMIT: p->retransmit = (uint8_t)value; break;
    case VC_FORWARD: p->forward = (uint8_t)value; break;
    case VC_GAP: p->gap = (uint8_t)value; break;
    case VC_PRIORITY: p->priority = (uint8_t)value; break;
    case VC_RESERVED: p->reserved = (uint8_t)value; break;
    case VC_FUNCTION: p->function = (uint8_t)value; break;
    case VC_DELIVERY: p->delivery = (uint32_t)value; break;
    default: set_rest(t, p, field, value); break;
    }
}

/* The node has forgotten what it was sent: a proper Request of the same Client and Transaction is a new one. */
static void works_still(struct vc_test *t) {
    uint32_t before = vc_executed(t, VMTP_TEST_NULL);
    struct vc_packet request = vc_request(t, VMTP_TEST_NULL);
    vc_send(t, &request);
    vc_want_response(t, "VMTP-5.1-02", &request, VMTP_OK);
    vc_equal(t, "VMTP-5.1-02", "executions of NULL", before + 1u, vc_executed(t, VMTP_TEST_NULL));
}

/* A switch has taken it for where the node is now: it knows better when the node has said something, which what goes to all makes it do. */
static void speaks(struct vc_test *t) {
    struct vc_packet probe = vc_manage_all(t, VMTP_PROBE_ENTITY, vc_service(t) ? vc_service(t) : vc_manager(t));
    probe.words[2] = probe.words[0];
    probe.words[3] = probe.words[1];
    vc_send(t, &probe);
    vc_await_response(t, &probe, VC_SECOND);
}

void vc_run_single(struct vc_test *t) {
    const struct vc_single *s = &t->which->single;
    const char *ids = t->which->ids;
    struct vc_packet p = base_packet(t, s->base);
    for (unsigned i = 0; i < 8 && s->set[i].field != VC_END; i++)
        set(t, &p, s->set[i].field, s->set[i].value);
    vc_send(t, &p);
    for (unsigned i = 0; i < 8; i++)
        if (s->set[i].field == VC_SOURCE_OWN)
            speaks(t);
    switch (s->reaction) {
    case VC_SILENCE: vc_want_silence(t, ids, "answer"); break;
    case VC_ANSWER: vc_want_response(t, ids, &p, s->code); break;
    case VC_SAYS_NVC: vc_want_nvc(t, ids, &p, s->code); break;
    case VC_SAYS_NVS: vc_want_nvs(t, ids, &p, s->code); break;
    }
    if (strstr(ids, "VMTP-5.1-02"))
        works_still(t);
}

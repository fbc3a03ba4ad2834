/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets in the words of the protocol. */
#include "names.h"

#include <stdio.h>
#include <string.h>

char *vc_entity(uint64_t id, char text[20]) {
    snprintf(text, 20, "%04x-%04x-%04x-%04x", (unsigned)(id >> 48), (unsigned)(id >> 32 & 0xffff),
             (unsigned)(id >> 16 & 0xffff), (unsigned)(id & 0xffff));
    return text;
}

static const char *number(uint32_t code) {
    static char texts[8][16];
    static unsigned next;
    char *text = texts[next++ % 8];
    snprintf(text, sizeof texts[0], "0x%06x", code);
    return text;
}

#define NAME_CASE(symbol, value, word)                                                                                 \
    case value: return word;

const char *vc_response_name(uint32_t code) {
    switch (code & VMTP_CODE_MASK) {
        VMTP_RESPONSE_CODE_LIST(NAME_CASE)
    default: return number(code & VMTP_CODE_MASK);
    }
}

const char *vc_request_name(uint32_t code) {
    switch (code & VMTP_CODE_MASK) {
        VMTP_REQUEST_CODE_LIST(NAME_CASE)
    default: return number(code & VMTP_CODE_MASK);
    }
}

static void add(char text[VC_TEXT], const char *more) {
    size_t at = strlen(text);
    snprintf(text + at, VC_TEXT - at, "%s", more);
}

static void add_flags(char text[VC_TEXT], const struct vc_packet *p) {
#define PACKET_FLAG(symbol, value, word)                                                                               \
    if (p->flags & (value))                                                                                            \
        add(text, " " word);
    VMTP_PACKET_FLAG_LIST(PACKET_FLAG)
#define CONTROL_FLAG(symbol, value, word)                                                                              \
    if (p->control & (value))                                                                                          \
        add(text, " " word);
    VMTP_CONTROL_FLAG_LIST(CONTROL_FLAG)
#define CODE_FLAG(symbol, value, word)                                                                                 \
    if (p->code & (value) & ~(VMTP_PIC | VMTP_SDA))                                                                    \
        add(text, " " word);
    VMTP_CODE_FLAG_LIST(CODE_FLAG)
}

static void add_notify(char text[VC_TEXT], const struct vc_packet *p, uint32_t notify) {
    char client[20], more[120];
    int about_response = notify == (VMTP_NOTIFY_VMTP_SERVER & VMTP_CODE_MASK);
    vc_entity(vc_pair(p->words + (about_response ? 2 : 0)), client);
    snprintf(more, sizeof more, "(%s) about Transaction %u of %s, delivery %08x", vc_response_name(p->words[6]),
             p->words[4], client, p->words[5]);
    add(text, more);
}

char *vc_describe(const struct vc_packet *p, char text[VC_TEXT]) {
    char client[20], server[20], more[160];
    uint32_t notify = vc_notify(p);
    snprintf(text, VC_TEXT, "%s", p->function == VMTP_RESPONSE ? "Response " : "");
    add(text, p->function == VMTP_RESPONSE ? vc_response_name(p->code) : vc_request_name(p->code));
    if (notify) {
        add_notify(text, p, notify);
        return text;
    }
    snprintf(more, sizeof more, " Transaction %u, Client %s, Server %s", p->transaction, vc_entity(p->client, client),
             vc_entity(p->server, server));
    add(text, more);
    if (p->retransmit) {
        snprintf(more, sizeof more, ", RetransmitCount %u", p->retransmit);
        add(text, more);
    }
    if (p->code & VMTP_SDA) {
        snprintf(more, sizeof more, ", blocks %08x of %u octets", p->delivery, p->words[6]);
        add(text, more);
    }
    add_flags(text, p);
    nm_describe(p, more, sizeof more);
    add(text, more);
    if (p->sum == VC_SUM_WRONG)
        add(text, " (checksum wrong)");
    return text;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules about a packet and those before it of its transaction: sections 3.2, 6.1, 7.2, 8.4 and 10.2. */
#include <string.h>

#include "oracle_internal.h"

#define RUN_FLAGS (VMTP_NSR | VMTP_NER | VMTP_CMG | VMTP_STI)

static unsigned bits(uint32_t mask) {
    unsigned n = 0;
    for (; mask; mask &= mask - 1)
        n++;
    return n;
}

/* Packets of one transmission. */
static void same_group(vc_oracle *o, const struct vc_packet *p, const struct seen_message *m) {
    int same = p->server == m->server && p->code == m->code && memcmp(p->words, m->words, sizeof p->words) == 0 &&
               p->priority == m->priority && ((p->control ^ m->control) & ~VMTP_APG) == 0;
    if (p->retransmit != m->retransmit || p->control & RUN_FLAGS || (p->function == VMTP_RESPONSE && p->code & VMTP_DGM))
        return;
    vc_oracle_rule(o, "VMTP-6.1-05", same, "the same header in all packets of a group", "differs: code", p->code);
    int again = p->function == VMTP_RESPONSE && (p->control & VMTP_APG || p->flags & VMTP_MPG); /* by timer; to the group */
    if (!m->disturbed && p->delivery && !again)
        vc_oracle_rule(o, "VMTP-6.1-03", !(m->blocks & p->delivery), "each block in one packet", "PacketDelivery",
                       p->delivery);
}

static uint32_t highest(uint32_t mask) {
    while (mask & (mask - 1))
        mask &= mask - 1;
    return mask;
}

/* As many blocks as the MTU holds, unless it is the last packet or one that was asked for. */
static void filled(vc_oracle *o, const struct vc_packet *p, const struct seen_message *before) {
    uint32_t size = vc_segment_size(p), mtu = o->options.mtu;
    uint32_t room = mtu > VC_HEADER + VC_CHECKSUM ? (mtu - VC_HEADER - VC_CHECKSUM) / VC_BLOCK : 0;
    if (!room || !p->delivery || size > VC_SEGMENT_MAX || p->code & VMTP_MDM || (before && before->disturbed))
        return;
    if (highest(p->delivery) != highest(vc_all_blocks(size)))
        vc_oracle_rule(o, "VMTP-6.1-04", bits(p->delivery) >= room, "as many blocks as the MTU holds", "PacketDelivery",
                       p->delivery);
}

/* ---- Responses ------------------------------------------------------------------------------------------------------ */

static int stateless(uint32_t code) {
    switch (code & VMTP_CODE_MASK) {
    case VMTP_PROBE_ENTITY &VMTP_CODE_MASK:
    case VMTP_AUTH_PROBE_ENTITY &VMTP_CODE_MASK:
    case VMTP_PROBE_ENTITY_BLOCK &VMTP_CODE_MASK:
    case VMTP_QUERY_VMTP_NODE &VMTP_CODE_MASK:
    case VMTP_GET_REQUEST_FORWARDER &VMTP_CODE_MASK:
    case VMTP_QUERY_ENTITY &VMTP_CODE_MASK:
    case VMTP_QUERY_GROUP &VMTP_CODE_MASK: return 1;
    default: return 0;
    }
}

static int management(uint32_t code) {
    uint32_t number = code & VMTP_CODE_MASK;
    return number >= 0x101 && number <= 0x111;
}

static void echoes(vc_oracle *o, const struct vc_packet *p, const struct seen_message *request) {
    int onward = p->forward > request->forward; /* it was forwarded on the node itself */
    vc_oracle_rule(o, "VMTP-3.2-03", p->priority == request->priority && (onward || p->forward == request->forward),
                   "Priority and ForwardCount of the Request", "Priority", p->priority);
    int earlier = (request->packets > 1 && p->delivery) || o->now - request->last < o->round_trip;
    vc_oracle_rule(o, "VMTP-3.2-02",
                   p->retransmit == request->retransmit || (request->retransmits >> p->retransmit & 1 && earlier),
                   "RetransmitCount of the last packet of the Request", "RetransmitCount", p->retransmit);
    int right = !(p->server & VMTP_ID_GRP) &&
                (request->server & VMTP_ID_GRP || request->forward || onward || p->server == request->server);
    vc_oracle_rule(o, "VMTP-3.2-04", right, "the entity that answers in Server", "Server", p->server);
    if (!request->forward && !(p->dst[0] & 1)) {
        int back = memcmp(p->dst, request->mac, 6) == 0;
        vc_oracle_rule(o, "VMTP-8.4-03", back, "the Client's Ethernet address", "the last octet is", p->dst[5]);
        vc_oracle_rule(o, "VMTP-2.1-03", back, "the Client's Ethernet address", "the last octet is", p->dst[5]);
    }
    if (!(request->controls & RUN_FLAGS))
        vc_oracle_rule(o, "VMTP-13.3-14", !(p->control & RUN_FLAGS), "no run as Response to a single Request", "flags",
                       p->control >> 24);
}

void vc_oracle_response(vc_oracle *o, const struct vc_packet *p) {
    const struct seen_message *request = vc_oracle_find(o, p->client, p->transaction, VMTP_REQUEST, p->server);
    const struct seen_message *before = vc_oracle_find(o, p->client, p->transaction, VMTP_RESPONSE, p->server);
    vc_oracle_held(o, "VMTP-3.1-07");
    if (before && before->server == p->server)
        same_group(o, p, before);
    filled(o, p, before);
    if (!request)
        return;
    echoes(o, p, request);
    vc_oracle_names_response(o, p, request);
    int manager = management(request->code);
    if ((!before || before->server != p->server) && !(p->control & RUN_FLAGS) && request->packets)
        vc_oracle_rule(o, "VMTP-8.4-04", !(p->control & VMTP_APG), "APG clear in a first transmission", "APG", 1);
    if (request->code & VMTP_DGM)
        vc_oracle_broken(o, manager ? "VMTP-10.2-08" : "VMTP-13.4-02", "no Response to a datagram", "a Response");
    if (stateless(request->code))
        vc_oracle_rule(o, "VMTP-10.2-05", (p->code & VMTP_DGM) != 0, "DGM in the Response of a stateless procedure",
                       "DGM", 0);
    vc_oracle_objects_response(o, p, request);
}

/* ---- Requests ------------------------------------------------------------------------------------------------------- */

static struct seen_client *client_of(vc_oracle *o, uint64_t client) {
    unsigned most = o->client_next < ORACLE_CLIENTS ? o->client_next : ORACLE_CLIENTS;
    for (unsigned i = 0; i < most; i++)
        if (o->clients[i].client == client)
            return &o->clients[i];
    struct seen_client *c = &o->clients[o->client_next++ % ORACLE_CLIENTS];
    memset(c, 0, sizeof *c);
    c->client = client;
    return c;
}

/* Requests whose server is not found take a Transaction and never leave, so some may be missing. */
#define UNSENT 64u

static void numbering(vc_oracle *o, const struct vc_packet *p) {
    unsigned known = o->client_next;
    struct seen_client *c = client_of(o, p->client);
    if (known == o->client_next && c->transaction != p->transaction && !(p->control & RUN_FLAGS) && !c->sti)
        vc_oracle_rule(o, "VMTP-7.2-01", p->transaction - c->transaction <= UNSENT,
                       "the next Transaction of the Client", "steps:", p->transaction - c->transaction);
    c->transaction = p->transaction;
    c->sti = (p->control & RUN_FLAGS) != 0;
    c->other = 1;
    vc_oracle_rule(o, "VMTP-10.11-02", !c->notifier, "a Client of its own for Notify", "also sends code",
                   p->code & VMTP_CODE_MASK);
}

static void transmissions(vc_oracle *o, const struct vc_packet *p, const struct seen_message *before) {
    int alone = vc_segment_size(p) <= VC_SEGMENT_MAX; /* else other groups of the message count as well */
    if (!before) {
        if (alone)
            vc_oracle_rule(o, "VMTP-3.2-01", p->retransmit == 0, "RetransmitCount 0 in a first transmission",
                           "RetransmitCount", p->retransmit);
        if (!(p->control & (RUN_FLAGS | VMTP_NRS)) && !o->logs)
            vc_oracle_rule(o, "VMTP-7.2-04", !(p->control & VMTP_APG), "APG clear in a first transmission", "APG", 1);
        return;
    }
    unsigned steps = (p->retransmit - before->retransmit) & 7u;
    if (alone)
        vc_oracle_rule(o, "VMTP-3.2-01", steps <= 1, "RetransmitCount one more with each sending", "RetransmitCount",
                       p->retransmit);
    same_group(o, p, before);
}

static uint32_t registered_code(uint32_t code) {
    switch (code & VMTP_CODE_MASK) {
#define MANAGEMENT_CODE(symbol, value, word)                                                                           \
    case value: return (value) | VMTP_PIC | VMTP_CRE;
        VMTP_REQUEST_CODE_LIST(MANAGEMENT_CODE)
    default: return 0;
    }
}

/* A Request that is forwarded is its Client's, not the node's own. */
void vc_oracle_request(vc_oracle *o, const struct vc_packet *p) {
    const struct seen_message *before = vc_oracle_find(o, p->client, p->transaction, VMTP_REQUEST, p->server);
    if (p->forward)
        return;
    if (before && before->server == p->server && memcmp(before->mac, p->src, 6) != 0 &&
        memcmp(before->mac, p->dst, 6) == 0)
        vc_oracle_broken(o, "VMTP-3.1-07", "a Response where the Request came from", "a Request");
    else
        vc_oracle_held(o, "VMTP-3.1-07");
    if (management(p->code) && p->server == VMTP_MANAGER_GROUP)
        vc_oracle_rule(o, "VMTP-10.2-02", (p->code & ~(VMTP_MRD | VMTP_SDA)) == registered_code(p->code),
                       "the flags of the registry", "Code", p->code);
    if (p->client == VMTP_DEFAULT_BE_CLIENT || p->client == VMTP_DEFAULT_LE_CLIENT)
        return;
    numbering(o, p);
    transmissions(o, p, before);
    vc_oracle_objects_request(o, p);
    vc_oracle_names_request(o, p);
    filled(o, p, before);
}

/* ---- Notify --------------------------------------------------------------------------------------------------------- */

static void notifier(vc_oracle *o, const struct vc_packet *p) {
    struct seen_client *c = client_of(o, p->client);
    c->notifier = 1;
    vc_oracle_rule(o, "VMTP-10.11-02", !c->other, "a Client of its own for Notify",
                   "also sends other Requests: Transaction", p->transaction);
    int plain = p->server == VMTP_MANAGER_GROUP && !(p->dst[0] & 1) && !(p->flags & VMTP_MPG) &&
                p->function == VMTP_REQUEST;
    vc_oracle_rule(o, "VMTP-10.11-01", plain, "a unicast datagram to VMTP_MANAGER_GROUP", "Server", p->server);
}

/* The Request as the Client sent it, or as a forwarder passed it on. */
static const struct seen_message *noticed(vc_oracle *o, uint64_t client, uint32_t transaction, int remote,
                                          uint8_t forward) {
    const struct seen_message *other = NULL;
    for (unsigned i = 0; i < ORACLE_MESSAGES; i++) {
        const struct seen_message *m = &o->messages[(o->message_next - 1 - i) % ORACLE_MESSAGES];
        if (!m->packets || m->client != client || m->transaction != transaction || m->function != VMTP_REQUEST)
            continue;
        if (m->forward == forward)
            return m;
        if (!other && !m->forward == !remote)
            other = m;
    }
    return other ? other : vc_oracle_find(o, client, transaction, VMTP_REQUEST, 0);
}

/* A message of several packet groups, of which this one need not have come: it is called by the last (section 13.3). */
static const struct seen_message *noticed_group(vc_oracle *o, uint64_t client, uint32_t transaction, int remote,
                                                uint8_t forward) {
    const struct seen_message *m = noticed(o, client, transaction, remote, forward);
    for (uint32_t back = 1; !m && back < 256; back++) {
        m = noticed(o, client, transaction - back, remote, forward);
        if (m && !(m->code & VMTP_SDA && m->words[6] > VC_SEGMENT_MAX))
            return NULL;
    }
    return m;
}

static void about_request(vc_oracle *o, const struct vc_packet *p) {
    uint32_t code = p->words[6] & VMTP_CODE_MASK, ctrl = p->words[2];
    uint64_t client = vc_pair(p->words);
    int remote = vc_code(p) == (VMTP_NOTIFY_REMOTE_VMTP_CLIENT & VMTP_CODE_MASK);
    const struct seen_message *m = noticed_group(o, client, p->words[4], remote, ctrl >> 16 & 15);
    vc_oracle_rule(o, "VMTP-10.9-01",
                   p->code == (remote ? VMTP_NOTIFY_REMOTE_VMTP_CLIENT : VMTP_NOTIFY_VMTP_CLIENT) &&
                       (ctrl & VMTP_NRS || p->words[3] == 0),
                   "the registered Code, and recSeq 0", "Code", p->code);
    uint32_t reserved = ctrl & (VMTP_APG | VMTP_MDG | VMTP_DRT | 0xeu);
    vc_oracle_rule(o, "VMTP-10.9-03", (ctrl & 1) && !reserved, "ctrl as in a Response", "ctrl", ctrl);
    if (code == VMTP_SECURITY_NOT_SUPPORTED || code == VMTP_RETRY_ALL || code == VMTP_MSGTRANS_OVERFLOW)
        return;
    vc_oracle_rule(o, "VMTP-10.9-02", m != NULL, "Client and Transaction of a Request that came", "transact",
                   p->words[4]);
    if (!m)
        return;
    uint32_t known = (uint32_t)m->forward << 16 | (uint32_t)m->priority << 4;
    if (!(m->controls & RUN_FLAGS))
        vc_oracle_rule(o, "VMTP-10.9-03", (ctrl & 0xf00f0u) == known && m->retransmits >> (ctrl >> 20 & 7) & 1,
                       "ForwardCount, Priority and RetransmitCount of the packet", "ctrl", ctrl);
    vc_oracle_rule(o, "VMTP-10.11-04", !vc_notify(&(struct vc_packet){.code = m->code}),
                   "no Notify because of a Notify", "code", code);
    if (m->multicast && code != VMTP_OK && code != VMTP_RETRY)
        vc_oracle_broken(o, "VMTP-10.11-05", "no error about a multicast packet", "%s", vc_response_name(code));
    else if (code != VMTP_OK && code != VMTP_RETRY)
        vc_oracle_held(o, "VMTP-10.11-05");
}

static void about_response(vc_oracle *o, const struct vc_packet *p) {
    const struct seen_message *m = vc_oracle_find(o, vc_pair(p->words + 2), p->words[4], VMTP_RESPONSE,
                                                  vc_pair(p->words));
    vc_oracle_rule(o, "VMTP-10.10-01", p->code == VMTP_NOTIFY_VMTP_SERVER, "the registered Code", "Code", p->code);
    uint32_t code = p->words[6] & VMTP_CODE_MASK;
    if (code == VMTP_RETRY_ALL)
        return;
    int right = m && m->server == vc_pair(p->words);
    vc_oracle_rule(o, "VMTP-10.10-02", right, "server, client and transact of a Response that came", "transact",
                   p->words[4]);
}

void vc_oracle_notify(vc_oracle *o, const struct vc_packet *p, uint32_t operation) {
    notifier(o, p);
    if (operation == (VMTP_NOTIFY_VMTP_SERVER & VMTP_CODE_MASK))
        about_response(o, p);
    else
        about_request(o, p);
}

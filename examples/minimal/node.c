/* SPDX-License-Identifier: BSD-2-Clause */
/* The node: who gets a packet (section 5.2), identifiers (4.5), the manager (10), Notify operations. */
#include <string.h>

#include "minimal.h"

struct node node;

static const uint8_t managers_mac[6] = {9, 0, 0x56, 0, 1, 0};
static uint8_t in[PACKET_ROOM];

void drop(int row) { node.dropped[row]++; }

/* ---- sending -------------------------------------------------------------------------------------------------------- */

void request_begin(struct packet *p, unsigned number, uint64_t server, uint32_t code) {
    memset(p, 0, sizeof *p);
    put_pair(p->h + H_CLIENT, entity(number));
    put_pair(p->h + H_SERVER, server);
    p->h[H_TRANSACTION] = node.next[number]++;
    p->h[H_CODE] = code;
}

/* At once, to where the Request came from, and idempotent: nothing of it has to be remembered. */
void respond(const struct packet *request, uint64_t server, struct packet *r, uint32_t size) {
    if (request->h[H_CODE] & DGM)
        return;
    memcpy(r->mac, request->mac, 6);
    memcpy(r->h + H_CLIENT, request->h + H_CLIENT, 8);
    put_pair(r->h + H_SERVER, server);
    r->h[H_CONTROL] |= (request->h[H_CONTROL] & COUNT_AND_PRIORITY) | RESPONSE;
    r->h[H_TRANSACTION] = request->h[H_TRANSACTION];
    r->h[H_CODE] |= DGM;
    if (size) {
        r->h[H_CODE] |= SDA;
        r->h[H_SIZE] = size;
        r->h[H_DELIVERY] = packet_needs(r);
    }
    packet_send(r);
}

static int is_notify(const struct packet *p) {
    return !is_response(p) && CODE(p->h[H_CODE]) >= 0x10f && CODE(p->h[H_CODE]) <= 0x111;
}

/* Nothing is told about multicast packets, Notify operations, datagrams that do not ask, and forwarded Requests. */
static int must_be_silent(const struct packet *p) {
    if (p->multicast || is_notify(p))
        return 1;
    return !is_response(p) && (FORWARDS(p->h[H_CONTROL]) || (p->h[H_CODE] & DGM && !(p->h[H_CONTROL] & APG)));
}

void notify(const struct packet *p, uint32_t code, uint32_t delivery) {
    struct packet out;
    uint32_t *words = out.h + H_WORDS;
    if (!node.block || must_be_silent(p))
        return;
    request_begin(&out, NOTIFIER, MANAGER_GROUP, is_response(p) ? NOTIFY_SERVER : NOTIFY_CLIENT);
    memcpy(out.mac, p->mac, 6);
    if (is_response(p)) {
        memcpy(words, p->h + H_SERVER, 8);
        memcpy(words + 2, p->h + H_CLIENT, 8);
    } else {
        memcpy(words, p->h + H_CLIENT, 8);
        words[2] = (p->h[H_CONTROL] & (NRT | STI | COUNT_AND_PRIORITY)) | RESPONSE;
    }
    words[4] = p->h[H_TRANSACTION];
    words[5] = delivery;
    words[6] = code;
    packet_send(&out);
}

void refuse(const struct packet *p, int row, uint32_t code) {
    drop(row);
    notify(p, code, 0);
}

/* Of an encrypted packet only the Client can be read, and it may be a Request. */
static void refuse_encrypted(struct packet *p) {
    memset(p->h + H_CONTROL, 0, sizeof p->h - H_CONTROL * sizeof p->h[0]);
    refuse(p, 7, SECURITY_NOT_SUPPORTED);
}

/* ---- the manager ---------------------------------------------------------------------------------------------------- */

static int in_block(uint64_t id) { return ((id ^ node.block) & 0x0fffffffffffff00u) == 0; }

static int is_here(uint64_t id) { return id == TEST_SERVICE || (id > node.block && id < node.block + ENTITIES); }

static unsigned number_of(uint64_t id) { return id == TEST_SERVICE ? SERVICE : (unsigned)(id - node.block); }

/* That of the outstanding call, else of the next one. */
static uint32_t transaction_of(unsigned number) { return node.next[number] - (number == CALLER && call_outstanding()); }

/* Every node has the manager group; 0 is the node that is asked. */
static int is_coresident(const struct packet *p) {
    uint64_t id = pair(p->h + H_WORDS);
    if (CODE(p->h[H_CODE]) == CODE(PROBE_ENTITY_BLOCK) && in_block(id))
        return 1;
    return id == 0 ? !p->multicast : id == MANAGER_GROUP || is_here(id);
}

static void refuse_management(const struct packet *p, uint32_t code) {
    struct packet r = {.h[H_CODE] = code};
    drop(34);
    if (!p->multicast)
        respond(p, entity(MANAGER), &r, 0);
}

static void probe_entity(const struct packet *p) {
    uint64_t id = pair(p->h + H_WORDS + 2);
    struct packet r = {0};
    if (!is_here(id) || !is_coresident(p)) {
        refuse_management(p, NONEXISTENT_ENTITY);
    } else if (p->h[H_WORDS + 4] > 1) {
        refuse_management(p, NO_PRINCIPAL);
    } else {
        r.h[H_WORDS] = transaction_of(number_of(id));
        respond(p, entity(MANAGER), &r, 0);
    }
}

static void probe_block(const struct packet *p) {
    struct packet r = {0};
    memcpy(r.h + H_WORDS, p->h + H_WORDS, 8);
    if (in_block(pair(r.h + H_WORDS)))
        respond(p, entity(MANAGER), &r, 0);
    else
        refuse_management(p, NONEXISTENT_ENTITY);
}

static void manage(const struct packet *p) {
    switch (CODE(p->h[H_CODE])) {
    case CODE(PROBE_ENTITY): probe_entity(p); break;
    case CODE(PROBE_ENTITY_BLOCK): probe_block(p); break;
    case CODE(NOTIFY_CLIENT): call_notified(p); break;
    default:
        if (is_notify(p))
            drop(33); /* no Response of this node is ever missed, and nothing is forwarded */
        else
            refuse_management(p, VMTP_ERROR);
    }
}

/* ---- who gets it ---------------------------------------------------------------------------------------------------- */

/* A Request for the service is whole, or the last thing that its sender hears of this node about it. */
static void serve(const struct packet *p, uint64_t server) {
    static uint8_t segment[SEGMENT_ROOM];
    uint32_t size = packet_segment(p), needs = packet_needs(p);
    if (size > largest_segment()) {
        refuse(p, 24, VMTP_ERROR);
    } else if (needs && p->h[H_DELIVERY] == 0) {
        if (!(p->h[H_CONTROL] & NRT) && !(p->h[H_CODE] & DGM))
            notify(p, RETRY, 0);
    } else if (p->h[H_DELIVERY] != needs) {
        refuse(p, 24, VMTP_ERROR); /* it comes in several packets */
    } else {
        memset(segment, 0, size);
        packet_store(p, segment, size);
        service_request(p, server, segment, size);
        if (p->h[H_CODE] & DGM && p->h[H_CONTROL] & APG)
            notify(p, OK, p->h[H_DELIVERY]);
    }
}

static void take_request(const struct packet *p) {
    uint64_t server = pair(p->h + H_SERVER), client = pair(p->h + H_CLIENT);
    int manager = server == MANAGER_GROUP || server == entity(MANAGER);
    if (!manager && !is_here(server))
        refuse(p, 13, NONEXISTENT_ENTITY);
    else if (p->h[H_CODE] & CRE && !is_notify(p) && !is_coresident(p))
        refuse(p, 14, NONEXISTENT_ENTITY);
    else if (is_here(client))
        drop(15);
    else if (p->h[H_CONTROL] & (NSR | NER | CMG))
        refuse(p, 16, STREAMING_NOT_SUPPORTED);
    else if (FORWARDS(p->h[H_CONTROL]) && !is_notify(p))
        drop(26); /* where its Client lives is not known */
    else if (manager)
        manage(p);
    else if (server == TEST_SERVICE || server == entity(SERVICE))
        serve(p, server);
    else
        drop(23); /* one that never takes Requests */
}

static void take_response(struct packet *p) {
    uint64_t client = pair(p->h + H_CLIENT);
    if ((client & ~LEE) == DEFAULT_CLIENT)
        drop(30);
    else if (!is_here(client))
        refuse(p, 27, NONEXISTENT_ENTITY);
    else if (p->h[H_CONTROL] & (NSR | NER | CMG))
        refuse(p, 28, STREAMING_NOT_SUPPORTED);
    else
        call_response(p, number_of(client));
}

static void take(struct packet *p, const uint8_t *octets, size_t size) {
    int row = packet_read(p, octets, size);
    if (!node.block)
        drop(row ? row : 34);
    else if (row == 7)
        refuse_encrypted(p);
    else if (row == 10 || row == 11)
        refuse(p, row, VMTP_ERROR);
    else if (row)
        drop(row);
    else if (!is_response(p))
        take_request(p);
    else
        take_response(p);
}

/* ---- identifiers (4.5) ---------------------------------------------------------------------------------------------- */

/* Somebody has the block, or asks for the same. */
static int is_taken(const struct packet *p, uint64_t block) {
    if (CODE(p->h[H_CODE]) != (is_response(p) ? OK : CODE(PROBE_ENTITY_BLOCK)))
        return 0;
    return ((pair(p->h + H_WORDS) ^ block) & 0x0fffffffffffff00u) == 0;
}

static int ask_for(uint64_t block) {
    for (uint32_t i = 0; i < 3; i++) {
        struct packet p = {0};
        put_pair(p.h + H_CLIENT, DEFAULT_CLIENT);
        put_pair(p.h + H_SERVER, MANAGER_GROUP);
        put_pair(p.h + H_WORDS, block);
        p.h[H_CONTROL] = i << 20;
        p.h[H_CODE] = PROBE_ENTITY_BLOCK;
        memcpy(p.mac, managers_mac, 6);
        packet_send(&p);
        for (int64_t until = now() + 50000; now() < until && !link_stopped;) {
            struct packet answer = {0};
            size_t size = link_receive(in, sizeof in, answer.mac, &answer.multicast, until);
            int row = size ? packet_read(&answer, in, size) : 1;
            if (row == 0 && is_taken(&answer, block))
                return -1;
        }
    }
    return 0;
}

void node_begin(void) {
    int64_t pause = 50000;
    for (;;) {
        uint64_t block = ((uint64_t)random_word() << 32 | random_word()) & 0x0fffffffffffff00u;
        if (block == 0 || block == DEFAULT_CLIENT)
            continue;
        if (ask_for(block) == 0) {
            node.block = block;
            break;
        }
        link_pause(pause);
        pause = pause < 800000 ? 2 * pause : pause;
    }
    for (unsigned i = 0; i < ENTITIES; i++)
        node.next[i] = random_word();
}

/* ---- the loop ------------------------------------------------------------------------------------------------------- */
void node_turn(void) {
    struct packet p = {0};
    int64_t timer = call_timer();
    size_t size = link_receive(in, sizeof in, p.mac, &p.multicast, timer);
    if (size)
        take(&p, in, size);
    if (timer && timer <= now())
        call_expire();
}

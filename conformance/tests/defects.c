/* SPDX-License-Identifier: BSD-2-Clause */
/* Defects are put between the node and the wire, where they look like defects of the node. */
#define _GNU_SOURCE
#include "defects.h"

#include <limits.h>
#include <string.h>

#define VC_NO_LINES
#include "../case.h"
#include "../names.h"

#define SEEN 512u
#define GATHER (40 * VC_MILLISECOND) /* packets of so long a time come at once */
#define REQUESTS 256u

struct memory {
    struct {
        uint64_t client;
        uint32_t transaction;
        uint8_t function;
    } seen[SEEN];
    unsigned count;
    uint64_t last_client, last_server, manager; /* of the node's last Request; its manager */
    uint64_t service;                           /* as IDENTIFY tells it */
    uint32_t last_transaction, last_but_one, last_retransmit, last_control;
    vc_time now, delay;
    unsigned frames;
    uint64_t first_client;    /* see is_second */
    uint32_t last_heard;      /* Transaction of a TELL */
    int moved;                /* an entity has left */
    struct vc_packet waiting; /* a DELAY */
    struct vc_packet besides; /* what is sent besides; ethertype 0: nothing */
    struct {
        uint64_t client;
        uint32_t transaction, code, words[7];
    } requests[REQUESTS]; /* in either direction */
    unsigned request_count;
    uint64_t alone;        /* who was asked for a name last, alone */
    uint64_t names;        /* the manager of NAME_MANAGER */
    struct vc_packet beat; /* a heartbeat of the node */
    unsigned boots;
    unsigned phase; /* of what goes on in a case; 0 at its beginning */
};

/* ---- what conditions and changes are made of ----------------------------------------------------------------------- */

static int is_notify(const struct vc_packet *p, uint32_t operation) {
    return vc_notify(p) == (operation & VMTP_CODE_MASK);
}

static int stateless(const struct vc_packet *p) {
    uint32_t code = vc_code(p);
    return code == (VMTP_PROBE_ENTITY & VMTP_CODE_MASK) || p->client == VMTP_DEFAULT_BE_CLIENT ||
           p->client == VMTP_DEFAULT_LE_CLIENT;
}

/* The Response to CALL of a run: 56 octets, and 32 for each Request, with its number at 16; the first two are these. */
static int is_report_of_run(const struct vc_packet *p) {
    return p->function == VMTP_RESPONSE && p->data_octets >= 120 && p->words[2] > 1 &&
           p->words[6] == 56 + 32 * p->words[2] && vc_get32(p->data + 72) == 0 && vc_get32(p->data + 104) == 1;
}

static int stateless_response(const struct vc_packet *p) {
    return p->code & VMTP_DGM && p->data_octets == 0 && p->words[0];
}

/* Of the second of two Clients whose Responses are sent at once. */
static int is_second(const struct vc_packet *p, struct memory *m) {
    if (p->delivery == 3 && m->frames++ % 2 == 0)
        m->first_client = p->client;
    return p->client != m->first_client;
}

/* Has an entity left, or does it just now? */
static int moved(const struct vc_packet *p, struct memory *m) {
    m->moved |= p->function == VMTP_REQUEST && vc_code(p) == (VMTP_TEST_ADOPT & VMTP_CODE_MASK);
    return m->moved;
}

static uint32_t right_sum(const struct vc_packet *p) {
    static uint8_t frame[VC_FRAME_MAX];
    static struct vc_packet copy;
    copy = *p;
    copy.sum = VC_SUM_RIGHT;
    copy.trailing = 0;
    size_t size = vc_encode(&copy, frame);
    return vc_get32(frame + size - VC_CHECKSUM);
}

static void give_sum(struct vc_packet *p, uint32_t sum) {
    p->sum = VC_SUM_GIVEN;
    p->checksum = sum;
}

static uint32_t swap(uint32_t v) { return v << 24 | (v & 0xff00) << 8 | (v >> 8 & 0xff00) | v >> 24; }

static void swap_octets(struct vc_packet *p) {
    uint8_t octet = p->data[0];
    p->data[0] = p->data[3];
    p->data[3] = octet;
}

/* As if nobody had looked at the delivery bits: what is there is taken for the blocks that it could be. */
static void mend_delivery(struct vc_packet *p) {
    uint32_t size = p->code & VMTP_SDA ? p->words[6] : 0;
    if (size <= VC_SEGMENT_MAX && p->data_octets == vc_block_octets(size, p->delivery) &&
        !(p->delivery & ~vc_all_blocks(size)))
        return;
    p->code &= ~(VMTP_SDA | VMTP_MDM);
    p->delivery = 0;
    p->length = 0;
    p->data_octets = 0;
    p->sum = p->sum == VC_SUM_WRONG ? VC_SUM_WRONG : VC_SUM_RIGHT;
}

static void make_unicast(struct vc_packet *p) {
    p->flags &= (uint16_t)~VMTP_MPG;
    memcpy(p->dst, sim_node_mac, 6);
}

/* Was there a packet of this message before? */
static int again(const struct vc_packet *p, struct memory *m) {
    unsigned most = m->count < SEEN ? m->count : SEEN;
    for (unsigned i = 0; i < most; i++)
        if (m->seen[i].client == p->client && m->seen[i].transaction == p->transaction &&
            m->seen[i].function == p->function)
            return 1;
    m->seen[m->count % SEEN].client = p->client;
    m->seen[m->count % SEEN].transaction = p->transaction;
    m->seen[m->count++ % SEEN].function = p->function;
    return 0;
}

/* Has its Client had a newer one? */
static int older(const struct vc_packet *p, struct memory *m) {
    unsigned most = m->count < SEEN ? m->count : SEEN;
    for (unsigned i = 0; i < most; i++)
        if (m->seen[i].client == p->client && (int32_t)(p->transaction - m->seen[i].transaction) < 0)
            return 1;
    again(p, m);
    return 0;
}

/* Has its Client had one of another Transaction? */
static int later(const struct vc_packet *p, struct memory *m) {
    unsigned most = m->count < SEEN ? m->count : SEEN;
    for (unsigned i = 0; i < most; i++)
        if (m->seen[i].client == p->client && m->seen[i].transaction != p->transaction)
            return 1;
    again(p, m);
    return 0;
}

/* A node that did not get its block asks for the same again. */
static void ask_for_same_block(struct vc_packet *p, struct memory *m) {
    if (p->retransmit == 0 && m->last_heard < 2 && m->first_client) {
        p->words[0] = (uint32_t)(m->first_client >> 32);
        p->words[1] = (uint32_t)m->first_client;
    }
    m->first_client = vc_pair(p->words);
    m->last_heard = p->retransmit;
}

/* ---- what a node says that should not ------------------------------------------------------------------------------ */

/* From the node to whoever sent p. */
static struct vc_packet *say(struct memory *m, const struct vc_packet *p, uint64_t client, uint64_t server,
                             uint32_t code) {
    struct vc_packet *q = &m->besides;
    memset(q, 0, sizeof *q);
    memcpy(q->dst, p->src, 6);
    memcpy(q->src, sim_node_mac, 6);
    q->ethertype = VMTP_ETHERTYPE;
    q->domain = VMTP_DOMAIN;
    q->client = client;
    q->server = server;
    q->code = code;
    q->retransmit = p->retransmit;
    q->forward = p->forward;
    q->priority = p->priority;
    q->transaction = p->transaction;
    return q;
}

static void say_response(struct memory *m, const struct vc_packet *p, uint32_t code) {
    say(m, p, p->client, p->server & ~VMTP_ID_GRP, code)->function = VMTP_RESPONSE;
}

/* The node's own operation that it was told to do last is over, it says. */
static void say_end(struct memory *m, const struct vc_packet *p, uint32_t code) {
    for (unsigned i = m->request_count; i-- > 0 && i + REQUESTS >= m->request_count;)
        if (m->requests[i % REQUESTS].code == (code & VMTP_CODE_MASK)) {
            struct vc_packet *q = say(m, p, m->requests[i % REQUESTS].client, m->service, VMTP_OK);
            q->function = VMTP_RESPONSE;
            q->transaction = m->requests[i % REQUESTS].transaction;
            return;
        }
}

static void say_nvc(struct memory *m, const struct vc_packet *p, uint32_t code) {
    struct vc_packet *q = say(m, p, (m->manager & ~0xffull) | 2, VMTP_MANAGER_GROUP, VMTP_NOTIFY_VMTP_CLIENT);
    q->transaction = m->frames++;
    q->words[0] = (uint32_t)(p->client >> 32);
    q->words[1] = (uint32_t)p->client;
    q->words[2] = (uint32_t)(p->retransmit << 20 | p->forward << 16 | p->priority << 4 | 1);
    q->words[4] = p->transaction;
    q->words[6] = code;
    q->forward = q->priority = q->retransmit = 0;
}

/* A part of a Response that should be gone. */
static void say_part(struct memory *m, uint64_t client, uint32_t transaction) {
    static const uint8_t octets[VC_BLOCK];
    static struct vc_packet tester;
    memcpy(tester.src, sim_tester_mac, 6);
    tester.transaction = transaction;
    struct vc_packet *q = say(m, &tester, client, m->service, 0);
    q->function = VMTP_RESPONSE;
    vc_carry(q, octets, VC_BLOCK, 1);
}

static void say_number(struct memory *m, const struct vc_packet *p) {
    struct vc_packet from = *p;
    memcpy(from.src, p->dst, 6);
    say_nvc(m, &from, VMTP_OK);
    m->besides.words[2] |= VMTP_NRS;
    m->besides.words[3] = 1;
}

static void say_nvs(struct memory *m, const struct vc_packet *p, uint32_t code) {
    struct vc_packet *q = say(m, p, (m->manager & ~0xffull) | 2, VMTP_MANAGER_GROUP, VMTP_NOTIFY_VMTP_SERVER);
    q->transaction = m->frames++;
    q->words[0] = (uint32_t)(p->server >> 32);
    q->words[1] = (uint32_t)p->server;
    q->words[2] = (uint32_t)(p->client >> 32);
    q->words[3] = (uint32_t)p->client;
    q->words[4] = p->transaction;
    q->words[6] = code;
    q->forward = q->priority = q->retransmit = 0;
}

/* A multicast Probe. */
static void say_probe(struct memory *m, const struct vc_packet *p, uint64_t entity) {
    static const uint8_t managers[6] = {9, 0, 0x56, 0, 1, 0};
    struct vc_packet *q = say(m, p, (m->manager & ~0xffull) | 8, VMTP_MANAGER_GROUP, VMTP_PROBE_ENTITY);
    memcpy(q->dst, managers, 6);
    q->flags = VMTP_MPG;
    q->transaction = m->frames++;
    q->words[0] = q->words[2] = (uint32_t)(entity >> 32);
    q->words[1] = q->words[3] = (uint32_t)entity;
    q->forward = q->priority = q->retransmit = 0;
}

/* Were some of its blocks sent before? */
static int resent(const struct vc_packet *p) {
    static struct {
        uint64_t client;
        uint32_t transaction, blocks;
    } sent[64];
    static unsigned count;
    unsigned i = 0;
    while (i < 64 && i < count && (sent[i].client != p->client || sent[i].transaction != p->transaction))
        i++;
    if (i == 64 || i == count) {
        i = count++ % 64;
        sent[i].client = p->client;
        sent[i].transaction = p->transaction;
        sent[i].blocks = 0;
    }
    int before = (sent[i].blocks & p->delivery) != 0;
    sent[i].blocks |= p->delivery;
    return before;
}

static int last_block(const struct vc_packet *p) {
    uint32_t all = vc_segment_size(p) <= VC_SEGMENT_MAX ? vc_all_blocks(vc_segment_size(p)) : 0;
    return (p->delivery & all & ~(all >> 1)) != 0;
}

/* A Request that the node should not send. */
static void say_request(struct memory *m, const struct vc_packet *p, uint64_t client) {
    say(m, p, client, vc_get64(p->data), vc_get32(p->data + 8));
}

/* In the first block. */
static char *find_text(struct vc_packet *p, const char *text) {
    p->data[sizeof p->data - 1] = 0;
    return p->delivery & 1 ? memmem(p->data, p->data_octets, text, strlen(text)) : NULL;
}

/* The Request that this Response answers; UINT_MAX: not known. */
static unsigned request_of(const struct vc_packet *p, const struct memory *m) {
    for (unsigned i = m->request_count; i-- > 0 && i + REQUESTS >= m->request_count;)
        if (m->requests[i % REQUESTS].client == p->client && m->requests[i % REQUESTS].transaction == p->transaction)
            return i % REQUESTS;
    return UINT_MAX;
}

/* Its Code, the low 24 bits, and one of its words; 0: not known. */
static uint32_t asked(const struct vc_packet *p, const struct memory *m) {
    unsigned i = request_of(p, m);
    return i == UINT_MAX ? 0 : m->requests[i].code;
}

static uint32_t asked_word(const struct vc_packet *p, const struct memory *m, unsigned word) {
    unsigned i = request_of(p, m);
    return i == UINT_MAX ? 0 : m->requests[i].words[word];
}

/* The Code of the transaction that its Client had before. */
static uint32_t asked_before(const struct vc_packet *p, const struct memory *m) {
    static struct vc_packet before;
    before = *p;
    before.transaction--;
    return asked(&before, m);
}

static void note_request(const struct vc_packet *p, struct memory *m) {
    if (p->function != VMTP_REQUEST || asked(p, m))
        return;
    m->requests[m->request_count % REQUESTS].client = p->client;
    m->requests[m->request_count % REQUESTS].transaction = p->transaction;
    memcpy(m->requests[m->request_count % REQUESTS].words, p->words, sizeof p->words);
    m->requests[m->request_count++ % REQUESTS].code = vc_code(p);
}

/* So many Probes were sent behind two SOURCEs. */
static unsigned behind_sources(const struct memory *m) {
    unsigned found = 0, probes = 0;
    for (unsigned i = m->request_count; i-- > 0 && i + REQUESTS >= m->request_count && found < 2;) {
        uint32_t code = m->requests[i % REQUESTS].code;
        if (code == (VMTP_TEST_SOURCE & VMTP_CODE_MASK))
            found++;
        else if (code == (VMTP_PROBE_ENTITY & VMTP_CODE_MASK) && !found)
            probes++;
        else
            return 0;
    }
    return found == 2 ? probes : 0;
}

/* ---- the list ------------------------------------------------------------------------------------------------------ */

#define RESPONSE (p->function == VMTP_RESPONSE)
#define NOTIFY (vc_notify(p) != 0)
#define REQUEST (p->function == VMTP_REQUEST && !NOTIFY)
#define NVC is_notify(p, VMTP_NOTIFY_VMTP_CLIENT)
#define NVS is_notify(p, VMTP_NOTIFY_VMTP_SERVER)
#define NVR is_notify(p, VMTP_NOTIFY_REMOTE_VMTP_CLIENT)
#define TOLD(c) ((p->words[6] & VMTP_CODE_MASK) == (c))
#define CODE(c) (REQUEST && vc_code(p) == ((c)&VMTP_CODE_MASK))
#define SERVICE(c) (REQUEST && (vc_code(p) & ~0x80u) == ((c)&VMTP_CODE_MASK))
#define ANSWERS(c) (RESPONSE && vc_code(p) == (c))
#define CALLED (RESPONSE && p->code & VMTP_SDA && !(p->code & VMTP_DGM) && vc_segment_size(p) == 56)
#define CALLS (REQUEST && !stateless(p))
#define STARTED(how) (strcmp(sim_how, how) == 0)
/* Of names. */
#define ASKS(c) (p->function == VMTP_REQUEST && vc_code(p) == ((c)&VMTP_CODE_MASK))
#define ANSWERS_TO(c) (p->function == VMTP_RESPONSE && asked(p, m) == ((c)&VMTP_CODE_MASK))
#define TO ANSWERS_TO
#define CODE_IS(c) (p->function == VMTP_RESPONSE && vc_code(p) == (c))
#define REFUSED_TO(c) (ANSWERS_TO(c) && vc_code(p) != VMTP_OK)
#define SET_CODE(c) p->code = (p->code & ~VMTP_CODE_MASK) | (c)
#define IS_NAMING (nm_is_naming(p->function == VMTP_REQUEST ? p->code : asked(p, m)))
#define BY_NAME (p->function == VMTP_REQUEST && nm_is_by_name(p->code))
#define RECORD (p->data_octets >= NM_RECORD_HEAD && p->delivery & 1)
#define FLAGS vc_get16(p->data + 2)
#define SET_FLAGS(f) vc_put16(p->data + 2, (uint16_t)(f))
#define GENERATION vc_get32(p->data + 4)
#define SET_GENERATION(g) vc_put32(p->data + 4, (uint32_t)(g))
#define PREFIX_END (NM_RECORD_HEAD + vc_get16(p->data + 36) + vc_get16(p->data + 38))
#define HAS(text) (find_text(p, text) != NULL)
#define NAMED(text) (strncmp((const char *)p->data, text, strlen(text)) == 0)
#define REPLACE(text, other) memcpy(find_text(p, text), other, strlen(text))
#define DROP return SIM_DROP
#define TWICE return SIM_TWICE

#include "defects_uio.h"
#include "defects_nth.h"
#include "defects_pace.h"

#include "defects_v.h"

#define DEFECT(way, name, when, ...)                                                                                   \
    static enum sim_fate defect_##name(struct vc_packet *p, struct memory *m) {                                        \
        (void)m, (void)p;                                                                                              \
        if (when) {                                                                                                    \
            __VA_ARGS__;                                                                                               \
        }                                                                                                              \
        return SIM_PASS;                                                                                               \
    }
#define NAMES_DEFECT DEFECT
#define OBJECTS_DEFECT DEFECT
#define CLIENT_DEFECT DEFECT
#define DIRECTORY_DEFECT DEFECT
#define V_DEFECT DEFECT
#include "defects.inc"
#undef DEFECT
#undef NAMES_DEFECT
#undef OBJECTS_DEFECT
#undef CLIENT_DEFECT
#undef DIRECTORY_DEFECT
#undef V_DEFECT

/* area: beginning of the names of the cases that are to notice it; NULL: all others, against a node without names and V. */
enum way { in, out };
static const struct defect {
    const char *name;
    enum way way;
    enum sim_fate (*act)(struct vc_packet *p, struct memory *m);
    const char *area;
} defects[] = {
#define DEFECT(way, name, when, ...) {#name, way, defect_##name, NULL},
#define NAMES_DEFECT(way, name, when, ...) {#name, way, defect_##name, "names/"},
#define OBJECTS_DEFECT(way, name, when, ...) {#name, way, defect_##name, "objects/"},
#define CLIENT_DEFECT(way, name, when, ...) {#name, way, defect_##name, "client-objects/"},
#define DIRECTORY_DEFECT(way, name, when, ...) {#name, way, defect_##name, "directory/"},
#define V_DEFECT(way, name, when, ...) {#name, way, defect_##name, "v/"},
#include "defects.inc"
#undef DEFECT
#undef NAMES_DEFECT
#undef OBJECTS_DEFECT
#undef CLIENT_DEFECT
#undef DIRECTORY_DEFECT
#undef V_DEFECT
};

/* ---- on the wire --------------------------------------------------------------------------------------------------- */

static struct memory memory;
static const struct defect *chosen;

/* A Client that was changed on its way in is changed back on its way out. */
static void restore_client(struct vc_packet *p) {
    if (p->client >> 32 & 0xfffffffe)
        p->client &= ~(1ull << 31);
    if (vc_notify(p))
        p->words[1] &= ~(1u << 31);
}

static enum sim_fate spoil(uint8_t *frame, size_t *size, enum way way) {
    static struct vc_packet p;
    enum vc_shape shape = vc_decode(&p, frame, *size, VMTP_ETHERTYPE);
    enum sim_fate fate = SIM_PASS;
    if (shape == VC_NOT_VMTP || shape == VC_SHORT)
        return SIM_PASS;
    note_request(&p, &memory);
    if (way != chosen->way && !chosen->area && chosen->act != defect_executed_again && chosen->act != defect_older_taken)
        return SIM_PASS;
    if (p.sum == VC_SUM_WRONG && chosen->act != defect_checksum_ignored) /* it stays wrong, whatever is changed */
        give_sum(&p, p.checksum);
    if (way == chosen->way)
        fate = chosen->act(&p, &memory);
    else if (chosen->area)
        return SIM_PASS;
    else
        restore_client(&p);
    *size = vc_encode(&p, frame);
    return fate;
}

static enum sim_fate to_node(void *context, uint8_t *frame, size_t *size, vc_time now) {
    (void)context;
    (void)now;
    note_asked(frame, *size);
    return spoil(frame, size, in);
}

static void note(const uint8_t *frame, size_t size) {
    static struct vc_packet p;
    if (vc_decode(&p, frame, size, VMTP_ETHERTYPE) != VC_WELL)
        return;
    if (p.function == VMTP_RESPONSE && p.code & VMTP_DGM && p.server != VMTP_TEST_SERVICE && !memory.manager)
        memory.manager = p.server;
    if (p.function == VMTP_RESPONSE && p.server == VMTP_TEST_SERVICE && vc_code(&p) == VMTP_OK)
        memory.service = vc_pair(p.words);
    if (p.function == VMTP_RESPONSE && asked(&p, &memory) == (VMTP_TEST_NAME_MANAGER & VMTP_CODE_MASK) && vc_pair(p.words))
        memory.names = vc_pair(p.words);
    if (p.server == VNAME_WATCHERS)
        memory.beat = p;
    memory.boots += vc_code(&p) == (VMTP_PROBE_ENTITY_BLOCK & VMTP_CODE_MASK) && p.client == VMTP_DEFAULT_BE_CLIENT;
    if (p.function != VMTP_REQUEST || vc_notify(&p) || stateless(&p))
        return;
    if (p.transaction != memory.last_transaction)
        memory.last_but_one = memory.last_transaction;
    if (vc_code(&p) == (VNAME_QUERY & VMTP_CODE_MASK) && !(p.server & VMTP_ID_GRP))
        memory.alone = p.server;
    memory.last_client = p.client;
    memory.last_server = p.server;
    memory.last_transaction = p.transaction;
    memory.last_retransmit = p.retransmit;
    memory.last_control = p.control;
}

static enum sim_fate from_node(void *context, uint8_t *frame, size_t *size, vc_time now, vc_time *delay) {
    (void)context;
    note(frame, *size);
    note_answered(frame, *size);
    memory.now = now;
    memory.delay = 0;
    enum sim_fate fate = spoil(frame, size, out);
    *delay = memory.delay;
    return fate;
}

static const char *with_dashes(const char *name) {
    static char text[40];
    snprintf(text, sizeof text, "%s", name);
    for (char *at = text; *at; at++)
        *at = *at == '_' ? '-' : *at;
    return text;
}

static void case_begins(void) {
    memory.phase = 0;
    begin_anew();
    pace_begins();
}

static size_t besides(void *context, uint8_t *frame) {
    struct vc_packet *q = &memory.besides;
    (void)context;
    if (!q->ethertype)
        return 0;
    size_t size = vc_encode(q, frame);
    q->ethertype = 0;
    return size;
}

int defect_choose(struct sim_options *options, const char *name) {
    static const char disobeys[] = "disobeys_";
    if (defect_variant(options, name))
        return 1;
    if (strncmp(name, disobeys, sizeof disobeys - 1) == 0)
        sim_disobeys = with_dashes(name + sizeof disobeys - 1);
    for (size_t i = 0; i < sizeof defects / sizeof defects[0]; i++)
        if (strcmp(defects[i].name, name) == 0) {
            chosen = &defects[i];
            options->no_v = !chosen->area || strcmp(chosen->area, "v/") != 0;
            options->no_names = !chosen->area || !options->no_v;
            options->directory = chosen->area && strcmp(chosen->area, "directory/") == 0;
            options->wire = (struct sim_wire){
                .to_node = to_node, .from_node = from_node, .besides = besides, .begins = case_begins};
            return 1;
        }
    return 0;
}

unsigned defects_count(void) { return sizeof defects / sizeof defects[0]; }
const char *defect_name(unsigned i) { return defects[i].name; }

const char *defect_area(const char *name) {
    for (size_t i = 0; i < sizeof defects / sizeof defects[0]; i++)
        if (strcmp(defects[i].name, name) == 0)
            return defects[i].area;
    return NULL;
}

void defects_print(FILE *file) {
    for (size_t i = 0; i < sizeof defects / sizeof defects[0]; i++)
        fprintf(file, "%s%s%s\n", defects[i].name, defects[i].area ? " " : "", defects[i].area ? defects[i].area : "");
}

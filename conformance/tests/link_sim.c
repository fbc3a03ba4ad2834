/* SPDX-License-Identifier: BSD-2-Clause */
#include "link_sim.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <vmtp/engine.h>

#include "../../services/test_responder.h"

#define BLOCK 0x123456789a00ull
#define OWN_IDENTIFIER 0x0123456789abcd41ull
#define WAITING 4096u
#define LISTENED 64u

const uint8_t sim_node_mac[6] = {2, 0, 0, 0, 0, 0x0b};
const uint8_t sim_tester_mac[6] = {2, 0, 0, 0, 0, 0x0a};

struct waiting {
    vc_time due;
    uint64_t number; /* of equal ones the older goes first */
    size_t size;
    uint8_t *frame;
    int to_node;
};

/* What a start is to be like (link.h); all zero: as ever. */
struct sim_start {
    uint32_t require_checksum, shared_address, remote_management, sequences, ask_always, own_identifier, hosts, clients,
        ts2_ms;
};

struct sim {
    struct vc_link link;
    struct sim_options options;
    struct sim_start start;
    vc_time now;
    uint64_t random, number;
    struct waiting waiting[WAITING];
    unsigned count;
    void *memory;
    vmtp_engine *engine;
    vtest_service *service;
    uint8_t groups[LISTENED][6];
    unsigned group_count, received;
};

static void random_octets(void *context, void *out, size_t size) {
    struct sim *s = context;
    uint8_t *o = out;
    for (size_t i = 0; i < size; i++) {
        s->random = s->random * 6364136223846793005ull + 1442695040888963407ull;
        o[i] = (uint8_t)(s->random >> 56);
    }
}

/* ---- the cable ------------------------------------------------------------------------------------------------------ */

static void put(struct sim *s, const uint8_t *frame, size_t size, int to_node, vc_time due) {
    if (s->count == WAITING)
        return;
    struct waiting *w = &s->waiting[s->count];
    w->frame = malloc(size ? size : 1);
    if (!w->frame)
        return;
    memcpy(w->frame, frame, size);
    w->size = size;
    w->to_node = to_node;
    w->due = due;
    w->number = s->number++;
    s->count++;
}

/* The one that arrives first. */
static struct waiting *first(struct sim *s) {
    struct waiting *best = NULL;
    for (unsigned i = 0; i < s->count; i++) {
        struct waiting *w = &s->waiting[i];
        if (!best || w->due < best->due || (w->due == best->due && w->number < best->number))
            best = w;
    }
    return best;
}

static struct waiting take(struct sim *s, struct waiting *w) {
    struct waiting taken = *w;
    *w = s->waiting[--s->count];
    return taken;
}

static void put_besides(struct sim *s) {
    static uint8_t frame[VC_FRAME_MAX];
    size_t size = s->options.wire.besides ? s->options.wire.besides(s->options.wire.context, frame) : 0;
    if (size > 0)
        put(s, frame, size, 0, s->now + s->options.delay);
}

static void from_node(struct sim *s, uint8_t *frame, size_t size) {
    vc_time delay = 0;
    const struct sim_wire *wire = &s->options.wire;
    enum sim_fate fate = wire->from_node ? wire->from_node(wire->context, frame, &size, s->now, &delay) : SIM_PASS;
    for (int i = 0; i < (fate == SIM_DROP ? 0 : fate == SIM_TWICE ? 2 : 1); i++)
        put(s, frame, size, 0, s->now + s->options.delay + delay);
    put_besides(s);
}

/* ---- the node ------------------------------------------------------------------------------------------------------- */

/* As soon as there are identifiers. */
static void begin_service(struct sim *s) {
    struct vtest_options service;
    if (s->service || s->options.no_service || !vmtp_engine_ready(s->engine))
        return;
    vtest_options_init(&service);
    service.name = "the node in the simulator";
    service.id = s->start.own_identifier ? OWN_IDENTIFIER : 0;
    if (vtest_create(&s->service, s->engine, &service, s->now) != 0)
        abort();
}

/* As if it knew its block for certain (the first time), or had to ask for one. */
static void boot(struct sim *s, int ask) {
    struct vmtp_config config;
    vmtp_config_init(&config);
    memcpy(config.mac, sim_node_mac, 6);
    config.block = ask ? 0 : BLOCK;
    config.no_streams = s->options.no_streams;
    config.remote_management = s->options.remote_management || s->start.remote_management;
    config.require_checksum = s->start.require_checksum != 0;
    config.max_sequences = s->start.sequences;
    config.timers.ts5_always = s->start.ask_always != 0;
    config.max_hosts = s->start.hosts ? s->start.hosts : config.max_hosts;
    config.max_remote_clients = s->start.clients ? s->start.clients : config.max_remote_clients;
    config.timers.ts2 = s->start.ts2_ms ? s->start.ts2_ms * VMTP_MILLISECOND : config.timers.ts2;
    if (s->options.max_requests)
        config.max_requests = s->options.max_requests;
    config.random = random_octets;
    config.random_context = s;
    size_t size = (vmtp_engine_footprint(&config) + 63) / 64 * 64;
    s->group_count = 0;
    s->memory = aligned_alloc(64, size);
    if (!s->memory || vmtp_engine_create(&s->engine, &config, s->memory, size, s->now) != 0)
        abort();
    vmtp_engine_share(s->engine, s->start.shared_address != 0);
    begin_service(s);
}

static void halt(struct sim *s) {
    vtest_destroy(s->service);
    s->service = NULL;
    free(s->memory);
}

static int heard(const struct sim *s, const uint8_t *mac) {
    static const uint8_t managers[6] = {9, 0, 0x56, 0, 1, 0};
    if (memcmp(mac, sim_node_mac, 6) == 0 || memcmp(mac, managers, 6) == 0)
        return 1;
    for (unsigned i = 0; i < s->group_count; i++)
        if (memcmp(mac, s->groups[i], 6) == 0)
            return 1;
    return 0;
}

static void listen_to(struct sim *s, const uint8_t *mac, int start) {
    for (unsigned i = 0; i < s->group_count; i++)
        if (memcmp(mac, s->groups[i], 6) == 0 && !start) {
            memcpy(s->groups[i], s->groups[--s->group_count], 6);
            return;
        }
    if (start && s->group_count < LISTENED)
        memcpy(s->groups[s->group_count++], mac, 6);
}

static void to_node(struct sim *s, struct waiting *w) {
    const struct sim_wire *wire = &s->options.wire;
    static uint8_t frame[VC_FRAME_MAX];
    size_t size = w->size;
    if (s->options.reboot_every && ++s->received % s->options.reboot_every == 0) {
        halt(s);
        boot(s, 0);
    }
    memcpy(frame, w->frame, size);
    enum sim_fate fate = wire->to_node ? wire->to_node(wire->context, frame, &size, s->now) : SIM_PASS;
    put_besides(s);
    if (size < VC_ETHERNET || !heard(s, frame) || vc_get16(frame + 12) != s->link.ethertype)
        return;
    struct vmtp_rx rx = {.packet = frame + VC_ETHERNET, .length = (uint32_t)(size - VC_ETHERNET)};
    memcpy(rx.dst, frame, 6);
    memcpy(rx.src, frame + 6, 6);
    for (int i = 0; i < (fate == SIM_DROP ? 0 : fate == SIM_TWICE ? 2 : 1); i++)
        vmtp_input(s->engine, &rx, s->now);
}

static void node_sends(struct sim *s) {
    static uint8_t frame[VC_FRAME_MAX];
    struct vmtp_tx tx;
    while (vmtp_output(s->engine, &tx, s->now) > 0) {
        memcpy(frame, tx.dst, 6);
        memcpy(frame + 6, sim_node_mac, 6);
        vc_put16(frame + 12, s->link.ethertype);
        size_t size = VC_ETHERNET + vmtp_tx_gather(&tx, frame + VC_ETHERNET);
        from_node(s, frame, size);
        vmtp_tx_result(s->engine, &tx, VMTP_TX_SENT, s->now);
    }
}

/* Everything that is due at the node now. */
static void turn(struct sim *s) {
    struct vmtp_event event;
    int busy;
    vmtp_expire(s->engine, s->now);
    do {
        busy = 0;
        begin_service(s);
        if (s->service)
            vtest_expire(s->service, s->now);
        for (; vmtp_next_event(s->engine, &event); busy = 1)
            if (event.type == VMTP_EV_LISTEN)
                listen_to(s, event.source, event.number != 0);
            else if (s->service)
                vtest_event(s->service, &event, s->now);
        node_sends(s);
    } while (busy);
}

static vc_time node_deadline(const struct sim *s) {
    vc_time at = vmtp_deadline(s->engine), service = s->service ? vtest_deadline(s->service) : VMTP_NEVER;
    return at < service ? at : service;
}

/* ---- the link ------------------------------------------------------------------------------------------------------- */

static vc_time sim_now(struct vc_link *link) { return ((struct sim *)link)->now; }

static int sim_send(struct vc_link *link, const uint8_t *frame, size_t size) {
    struct sim *s = (struct sim *)link;
    put(s, frame, size, 1, s->now + s->options.delay);
    return 0;
}

/* On to what happens next, at most to until; 1 when a frame for the tester is out. */
static int step(struct sim *s, struct waiting *out, vc_time until) {
    struct waiting *w = first(s);
    vc_time next = node_deadline(s);
    if (w && w->due <= next && w->due <= until) {
        if (w->due > s->now)
            s->now = w->due;
        *out = take(s, w);
        if (!out->to_node)
            return 1;
        to_node(s, out);
        free(out->frame);
    } else {
        vc_time at = next < until ? next : until;
        if (at > s->now)
            s->now = at;
        else if (next <= s->now)
            s->now++; /* a timer that is due may want time to pass */
    }
    turn(s);
    return 0;
}

static int sim_receive(struct vc_link *link, uint8_t *frame, size_t room, vc_time *when, vc_time until) {
    struct sim *s = (struct sim *)link;
    struct waiting out;
    turn(s);
    for (;;) {
        struct waiting *w = first(s);
        if (s->now >= until && !(w && w->due <= s->now && !w->to_node))
            return 0;
        if (step(s, &out, until > s->now ? until : s->now))
            break;
    }
    size_t size = out.size < room ? out.size : room;
    memcpy(frame, out.frame, size);
    free(out.frame);
    *when = s->now;
    return (int)size;
}

/* One word of how; 0: there is no such word. */
static int set_start(struct sim_start *start, const char *word, size_t length) {
    static const struct {
        const char *word;
        size_t offset;
        uint32_t value; /* 0: it stands behind = */
    } words[] = {{"require-checksum", offsetof(struct sim_start, require_checksum), 1},
                 {"shared-address", offsetof(struct sim_start, shared_address), 1},
                 {"remote-management", offsetof(struct sim_start, remote_management), 1},
                 {"sequence-numbers", offsetof(struct sim_start, sequences), 8},
                 {"ask-always", offsetof(struct sim_start, ask_always), 1},
                 {"own-identifier", offsetof(struct sim_start, own_identifier), 1},
                 {"hosts", offsetof(struct sim_start, hosts), 0},
                 {"clients", offsetof(struct sim_start, clients), 0},
                 {"ts2", offsetof(struct sim_start, ts2_ms), 0}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t size = strlen(words[i].word);
        if (length < size || memcmp(word, words[i].word, size) != 0 ||
            (words[i].value ? length > size : word[size] != '='))
            continue;
        uint32_t value = words[i].value ? words[i].value : (uint32_t)strtoul(word + size + 1, NULL, 10);
        memcpy((char *)start + words[i].offset, &value, sizeof value);
        return 1;
    }
    return 0;
}

const char *sim_disobeys = "", *sim_how = "";

static int sim_reboot(struct vc_link *link, const char *how) {
    struct sim *s = (struct sim *)link;
    struct sim_start start = {0}, none = {0};
    for (const char *at = how; at && *at; at += strcspn(at, " "), at += *at == ' ') {
        int obeys = !*sim_disobeys || strncmp(at, sim_disobeys, strlen(sim_disobeys)) != 0;
        if (!set_start(obeys ? &start : &none, at, strcspn(at, " ")))
            return 1;
    }
    sim_how = how ? how : "";
    s->start = start;
    halt(s);
    boot(s, how == NULL);
    return 0;
}

static void sim_close(struct vc_link *link) {
    struct sim *s = (struct sim *)link;
    halt(s);
    while (s->count)
        free(s->waiting[--s->count].frame);
    free(s);
}

struct vc_link *sim_open(const struct sim_options *options) {
    struct sim *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->options = *options;
    s->random = options->seed * 2654435761u + 1;
    s->now = VC_SECOND;
    s->link = (struct vc_link){.ethertype = VMTP_ETHERTYPE,
                               .mtu = 1500,
                               .virtual_time = 1,
                               .now = sim_now,
                               .send = sim_send,
                               .receive = sim_receive,
                               .reboot = sim_reboot,
                               .close = sim_close};
    memcpy(s->link.mac, sim_tester_mac, 6);
    boot(s, 0);
    return &s->link;
}

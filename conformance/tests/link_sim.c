/* SPDX-License-Identifier: BSD-2-Clause */
#include "link_sim.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "node.h"
#include "node_names.h"

#define WAITING 4096u

const uint8_t sim_tester_mac[6] = {2, 0, 0, 0, 0, 0x0a};

struct waiting {
    vc_time due;
    uint64_t number; /* of equal ones the older goes first */
    size_t size;
    uint8_t *frame;
    int to_node;
};

struct sim {
    struct vc_link link;
    struct sim_options options;
    struct sim_start start;
    vc_time now;
    uint64_t number;
    struct waiting waiting[WAITING];
    unsigned count;
    struct sim_node *node;
    unsigned received;
};

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

static void from_node(void *context, uint8_t *frame, size_t size) {
    struct sim *s = context;
    vc_time delay = 0;
    const struct sim_wire *wire = &s->options.wire;
    enum sim_fate fate = wire->from_node ? wire->from_node(wire->context, frame, &size, s->now, &delay) : SIM_PASS;
    for (int i = 0; i < (fate == SIM_DROP ? 0 : fate == SIM_TWICE ? 2 : 1); i++)
        put(s, frame, size, 0, s->now + s->options.delay + delay);
    put_besides(s);
}

/* ---- the node ------------------------------------------------------------------------------------------------------- */

static void to_node(struct sim *s, struct waiting *w) {
    const struct sim_wire *wire = &s->options.wire;
    static uint8_t frame[VC_FRAME_MAX];
    size_t size = w->size;
    if (s->options.reboot_every && ++s->received % s->options.reboot_every == 0) {
        sim_node_halt(s->node);
        sim_node_boot(s->node, &s->start, 0);
    }
    memcpy(frame, w->frame, size);
    enum sim_fate fate = wire->to_node ? wire->to_node(wire->context, frame, &size, s->now) : SIM_PASS;
    put_besides(s);
    if (size >= VC_ETHERNET && vc_get16(frame + 12) == s->link.ethertype && fate != SIM_DROP)
        sim_node_take(s->node, frame, size, fate == SIM_TWICE ? 2 : 1);
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
    vc_time next = sim_node_deadline(s->node);
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
    sim_node_turn(s->node);
    return 0;
}

static int sim_receive(struct vc_link *link, uint8_t *frame, size_t room, vc_time *when, vc_time until) {
    struct sim *s = (struct sim *)link;
    struct waiting out;
    sim_node_turn(s->node);
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
                 {"no-streams", offsetof(struct sim_start, no_streams), 1},
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

static void sim_begins(struct vc_link *link) {
    const struct sim *s = (const struct sim *)link;
    if (s->options.wire.begins)
        s->options.wire.begins();
}

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
    sim_node_halt(s->node);
    sim_node_boot(s->node, &s->start, how == NULL);
    return 0;
}

static void sim_close(struct vc_link *link) {
    struct sim *s = (struct sim *)link;
    sim_node_close(s->node);
    while (s->count)
        free(s->waiting[--s->count].frame);
    free(s);
}

static int has_objects(const struct sim_options *o) { return !o->no_names && !o->no_service && !o->directory; }

struct vc_link *sim_open(const struct sim_options *options) {
    struct sim *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->options = *options;
    s->now = VC_SECOND;
    s->link = (struct vc_link){.ethertype = VMTP_ETHERTYPE,
                               .mtu = options->mtu ? options->mtu : 1500,
                               .virtual_time = 1,
                               .objects = has_objects(options) ? SIM_PREFIX : NULL,
                               .copy = has_objects(options) ? SIM_COPY : NULL,
                               .now = sim_now,
                               .send = sim_send,
                               .receive = sim_receive,
                               .reboot = sim_reboot,
                               .begins = sim_begins,
                               .close = sim_close};
    memcpy(s->link.mac, sim_tester_mac, 6);
    const struct sim_node_config node = {
        .options = &s->options, .ethertype = s->link.ethertype, .now = &s->now, .sent = from_node, .context = s};
    s->node = sim_node_open(&node);
    if (!s->node) {
        free(s);
        return NULL;
    }
    return &s->link;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "stage.h"

#include <stdio.h>
#include <stdlib.h>

#define ACTORS 64
#define RULES 16
#define AREAS 256

struct rule {
    unsigned left;
    const char *words;
};

static struct {
    const struct scene *scene;
    struct world world;
    struct actor actors[ACTORS];
    unsigned actor_count;
    struct rule rules[RULES];
    unsigned rule_count;
    void *areas[AREAS];
    unsigned area_count;
    vmtp_port tap, *capture; /* frames go into the capture as if the tap had received them */
    struct vmtp_rx frame;
    char *const *words;
    int *found;
    unsigned word_count, frames;
} stage;

uint8_t stage_octets[VMTP_MESSAGE_OCTETS];

void stage_check(int good, const char *what) {
    if (good)
        return;
    fprintf(stderr, "captures: %s: %s\n", stage.scene ? stage.scene->name : "", what);
    exit(1);
}

struct world *stage_world(void) {
    return &stage.world;
}
vmtp_time stage_now(void) { return world_now(&stage.world); }
void stage_pass(vmtp_time duration) { world_pass(&stage.world, duration); }
const uint8_t *mac_of(const struct node *host) { return host->port->info.mac; }

static void *area(size_t size) {
    stage_check(stage.area_count < AREAS, "more memory areas than the stage keeps");
    void *p = calloc(1, size ? size : 1);
    stage_check(p != NULL, "no memory");
    stage.areas[stage.area_count++] = p;
    return p;
}

/* ---- the capture ---------------------------------------------------------------------------------------------- */

static int tap_recv(vmtp_port *port, struct vmtp_rx *rx, unsigned max) {
    (void)port, (void)max;
    *rx = stage.frame;
    return 1;
}
static void tap_release(vmtp_port *port) { (void)port; }
static void tap_close(vmtp_port *port) { (void)port; }
static void tap_stats(const vmtp_port *port, struct vmtp_port_stats *out) {
    (void)port;
    memset(out, 0, sizeof *out);
    out->received = stage.frames;
}
static const struct vmtp_port_ops tap_ops = {
    .recv = tap_recv, .release = tap_release, .stats = tap_stats, .close = tap_close};

static vmtp_time virtual_clock(void *context) {
    (void)context;
    return stage_now();
}

/* Words separated by '&', all of them. */
static int has_words(const char *line, const char *words) {
    char one[128];
    while (*words) {
        size_t n = strcspn(words, "&");
        stage_check(n < sizeof one, "a word is too long");
        memcpy(one, words, n);
        one[n] = 0;
        if (!strstr(line, one))
            return 0;
        words += n + (words[n] == '&');
    }
    return 1;
}

static void describe(char *line, size_t size, const uint8_t *packet, uint32_t length) {
    struct vmtp_view view;
    if (vmtp_view_init(&view, packet, length) == VMTP_PACKET_OK)
        vmtp_packet_describe(line, size, &view);
    else
        snprintf(line, size, "malformed %u octets", (unsigned)length);
}

static int is_lost(const char *line) {
    for (unsigned i = 0; i < stage.rule_count; i++)
        if (stage.rules[i].left && has_words(line, stage.rules[i].words)) {
            stage.rules[i].left--;
            return 1;
        }
    return 0;
}

static int on_frame(void *context, const uint8_t *frame, size_t length, vmtp_time now) {
    struct vmtp_rx out;
    char line[1024];
    (void)context, (void)now;
    stage.frame = (struct vmtp_rx){.packet = frame + 14, .length = (uint32_t)length - 14u};
    memcpy(stage.frame.dst, frame, 6);
    memcpy(stage.frame.src, frame + 6, 6);
    describe(line, sizeof line, frame + 14, (uint32_t)length - 14u);
    int lost = is_lost(line);
    if (lost)
        vmtp_pcapng_comment(stage.capture, "lost");
    stage_check(vmtp_port_recv(stage.capture, &out, 1) == 1, "capture");
    stage.frames++;
    for (unsigned i = 0; i < stage.word_count; i++)
        stage.found[i] |= has_words(line, stage.words[i]);
    if (getenv("STAGE_TRACE"))
        fprintf(stderr, "%10.6f %s%s\n", (double)(stage_now() - VMTP_SECOND) / 1e9, line, lost ? " LOST" : "");
    return lost;
}

static void begin(const struct scene *scene, const char *directory) {
    char path[1024];
    memset(&stage.actors, 0, sizeof stage.actors);
    stage.scene = scene;
    stage.actor_count = stage.rule_count = stage.area_count = stage.frames = 0;
    world_init(&stage.world, 1045, scene->mtu);
    struct vmtp_sim_faults faults = {.delay = 20 * VMTP_MICROSECOND};
    vmtp_sim_set_faults(stage.world.sim, &faults);
    vmtp_sim_set_filter(stage.world.sim, on_frame, NULL);
    stage.tap = (vmtp_port){.ops = &tap_ops, .info = {.mtu = scene->mtu, .fd = -1, .ethertype = VMTP_ETHERTYPE}};
    snprintf(stage.tap.info.name, sizeof stage.tap.info.name, "cable");
    snprintf(path, sizeof path, "%s/%s.pcapng", directory, scene->name);
    stage_check(vmtp_pcapng_open(&stage.capture, &stage.tap, path, virtual_clock, NULL) == 0,
                "cannot write the capture");
}

unsigned stage_play(const struct scene *scene, const char *directory, char *const *words, int *found, unsigned count) {
    stage.words = words;
    stage.found = found;
    stage.word_count = count;
    for (size_t i = 0; !stage_octets[1] && i < sizeof stage_octets; i++)
        stage_octets[i] = (uint8_t)(i * 31u + (i >> 9) * 7u + (i >> 14) * 13u + 1u);
    begin(scene, directory);
    scene->play();
    stage_check(vmtp_pcapng_finish(stage.capture) == 0, "the capture is not complete");
    vmtp_port_close(stage.capture);
    world_close(&stage.world);
    while (stage.area_count)
        free(stage.areas[--stage.area_count]);
    return stage.frames;
}

void stage_lose(unsigned count, const char *words) {
    for (unsigned i = 0; i < stage.rule_count; i++)
        if (strcmp(stage.rules[i].words, words) == 0) {
            stage.rules[i].left = count;
            return;
        }
    stage_check(stage.rule_count < RULES, "more rules than the stage keeps");
    stage.rules[stage.rule_count++] = (struct rule){count, words};
}

/* ---- actors --------------------------------------------------------------------------------------------------- */

static struct actor *actor_of(const struct node *n, vmtp_entity id) {
    for (unsigned i = 0; i < stage.actor_count; i++)
        if (stage.actors[i].node == n && stage.actors[i].id == id)
            return &stage.actors[i];
    return NULL;
}

static void answer(struct actor *a, const struct vmtp_event *ev) {
    struct vmtp_reply reply = {.segment = stage_octets, .segment_size = a->reply_size, .flags = a->reply_flags};
    reply.message.code = a->reply_code;
    reply.message.words[0] = ev->message.words[0];
    if (a->reply_code & VMTP_MDM)
        reply.message.words[5] = a->reply_mask;
    if (!ev->more)
        reply.flags &= ~(uint32_t)VMTP_REPLY_BATCH;
    int result = vmtp_reply(a->node->engine, ev->handle, &reply, stage_now());
    stage_check(result == 0 || result == VMTP_E_STALE, "vmtp_reply");
}

static void forward(struct actor *a, const struct vmtp_event *ev) {
    struct vmtp_forward f;
    memset(&f, 0, sizeof f);
    f.message = ev->message;
    f.message.server = a->onward;
    f.segment = ev->segment_size ? stage_octets : NULL;
    f.segment_size = ev->segment_size;
    if (a->relay) {
        f.response_area = area(VMTP_GROUP_OCTETS);
        f.response_size = VMTP_GROUP_OCTETS;
    }
    stage_check(vmtp_forward(a->node->engine, ev->handle, &f, stage_now()) == 0, "vmtp_forward");
}

static void on_request(struct actor *a, const struct vmtp_event *ev) {
    a->requests++;
    if (a->deed != NEVER)
        stage_check(vmtp_accept(a->node->engine, a->id, ev->segment, a->capacity, ev->cookie) == 0, "vmtp_accept");
    if (!ev->handle)
        return;
    if (a->deed == ANSWER)
        answer(a, ev);
    else if (a->deed == FORWARD)
        forward(a, ev);
    else {
        stage_check(a->held_count < 64, "more Requests than an actor holds");
        a->held[a->held_count++] = *ev;
    }
}

static void on_event(struct node *n, const struct vmtp_event *ev) {
    struct actor *a = actor_of(n, ev->entity);
    if (!a)
        return;
    if (ev->type == VMTP_EV_REQUEST)
        on_request(a, ev);
    a->responses += ev->type == VMTP_EV_RESPONSE;
    if (ev->type == VMTP_EV_COMPLETE) {
        a->completed++;
        a->result = ev->result;
        a->octets = ev->segment_size;
    }
}

void stage_config(struct vmtp_config *config) { world_config(&stage.world, config); }

struct node *stage_host(const struct vmtp_config *config) {
    struct node *n = world_add(&stage.world, config);
    n->on_event = on_event;
    return n;
}

struct actor *stage_actor(struct node *host, uint32_t flags) {
    stage_check(stage.actor_count < ACTORS, "more actors than the stage has room for");
    struct actor *a = &stage.actors[stage.actor_count++];
    struct vmtp_entity_options options = {.flags = flags, .principal = 0x1045};
    a->node = host;
    stage_check(vmtp_entity_create(host->engine, &a->id, &options, stage_now()) == 0, "vmtp_entity_create");
    return a;
}

void actor_serve(struct actor *a, unsigned accepts, uint32_t capacity) {
    a->capacity = capacity;
    while (accepts--)
        stage_check(vmtp_accept(a->node->engine, a->id, area(capacity), capacity, 0) == 0, "vmtp_accept");
}

struct vmtp_request actor_request(struct actor *a, vmtp_entity server, uint32_t size, uint32_t room) {
    struct vmtp_request r;
    if (room < VMTP_GROUP_OCTETS)
        room = VMTP_GROUP_OCTETS;
    a->area = area(room);
    memset(&r, 0, sizeof r);
    r.client = a->id;
    r.message.server = server;
    r.message.code = 0x77;
    r.segment = size ? stage_octets : NULL;
    r.segment_size = size;
    r.response_area = a->area;
    r.response_size = room;
    r.deadline = VMTP_NEVER;
    return r;
}

vmtp_handle actor_call(struct actor *a, const struct vmtp_request *request) {
    vmtp_handle handle;
    stage_check(vmtp_call(a->node->engine, &handle, request, stage_now()) == 0, "vmtp_call");
    return handle;
}

void actor_calls(struct actor *a, const struct vmtp_request *request, uint32_t result) {
    unsigned before = a->completed;
    actor_call(a, request);
    for (unsigned i = 0; i < 2000 && a->completed == before; i++)
        stage_pass(10 * VMTP_MILLISECOND);
    stage_check(a->completed == before + 1, "the call does not end");
    if (a->result != result)
        fprintf(stderr, "captures: %s: result %u\n", stage.scene->name, (unsigned)a->result);
    stage_check(a->result == result, "the call ends otherwise");
    stage_check(result || memcmp(a->area, stage_octets, a->octets) == 0 || request->message.code & VMTP_PIC,
                "the Response is spoilt");
}

void actor_answer(struct actor *a) {
    for (unsigned i = 0; i < a->held_count; i++)
        answer(a, &a->held[i]);
    a->held_count = 0;
}

void actor_manages(struct actor *a, vmtp_entity manager, uint32_t code, const uint32_t words[7], uint32_t result) {
    struct vmtp_request r = actor_request(a, manager, 0, 0);
    r.message.code = code;
    memcpy(r.message.words, words, sizeof r.message.words);
    actor_calls(a, &r, result);
}

/* ---- strangers ------------------------------------------------------------------------------------------------ */

struct stranger stage_stranger(void) {
    struct stranger s;
    stage_check(vmtp_sim_attach(stage.world.sim, &s.port) == 0, "vmtp_sim_attach");
    return s;
}

void stranger_sends_octets(struct stranger *s, const uint8_t to[6], const uint8_t *octets, uint32_t length) {
    struct vmtp_tx tx;
    const struct vmtp_tx *list = &tx;
    memset(&tx, 0, sizeof tx);
    memcpy(tx.dst, to, 6);
    memcpy(tx.header, octets, VMTP_HEADER_OCTETS);
    tx.slice_count = length > VMTP_HEADER_OCTETS;
    tx.slices[0].octets = octets + VMTP_HEADER_OCTETS;
    tx.slices[0].length = length - VMTP_HEADER_OCTETS;
    stage_check(vmtp_port_send(s->port, &list, 1) == 1, "vmtp_port_send");
    stage_pass(VMTP_MILLISECOND);
}

uint32_t stranger_makes(uint8_t *octets, const struct vmtp_header *header, uint32_t size) {
    struct vmtp_header h = *header;
    uint32_t padded = (size + 7u) & ~7u;
    h.length = (uint16_t)(padded / 4u);
    vmtp_header_encode(octets, &h);
    memset(octets + VMTP_HEADER_OCTETS, 0, padded);
    memcpy(octets + VMTP_HEADER_OCTETS, stage_octets, size);
    vmtp_store32(octets + VMTP_HEADER_OCTETS + padded,
                 vmtp_checksum(octets, h.hco ? VMTP_HEADER_OCTETS : VMTP_HEADER_OCTETS + padded));
    return VMTP_HEADER_OCTETS + padded + VMTP_CHECKSUM_OCTETS;
}

void stranger_sends(struct stranger *s, const uint8_t to[6], const struct vmtp_header *h, uint32_t size) {
    static uint8_t octets[VMTP_MAX_PACKET];
    uint32_t length = stranger_makes(octets, h, size);
    stranger_sends_octets(s, to, octets, length);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_migrate_losses.c - small scenes in which entities move, again and again, each time with another frame lost: of any one frame of
 * what nodes say to each other nothing may depend (spec/vmtp.md section 13.11).
 */
#include <check.h>
#include <stdlib.h>

#include "support/world.h"
#include "wire_testing.h"

#define NODES 4
#define MOST 8 /* calls of a scene */
#define LARGE 40000u
#define STEP (100 * VMTP_MICROSECOND)
#define CLIENT 0u
#define SERVER 1u
#define FORWARDER 2u /* of scenes that have one: it leaves all Requests to the server */

struct move {
    unsigned who;
    unsigned to;     /* node */
    unsigned steps;  /* after the one before it, in STEP; the first: besides when the scene says */
    unsigned travel; /* of its way, in STEP */
};

struct scene {
    const char *name;
    unsigned calls;
    int run, idempotent;
    uint32_t request, response;
    unsigned thinking; /* of the server, in STEP */
    unsigned client, server;
    enum { CALLED, PASSED_ON, CALLED_IN_A_GROUP } way;
    unsigned forwarder; /* its node */
    struct move moves[3];
};

struct work {
    vmtp_handle handle;
    uint32_t number;
    vmtp_time due;
    int held; /* told to the program where it is now */
};

static const struct scene *scene;
static struct world w;
static vmtp_entity ids[3], group;
static unsigned at[3]; /* the nodes of client, server and forwarder; NODES: on its way */
static uint8_t data[LARGE], areas[64][LARGE], responses[MOST][LARGE], forms[4][262144];
static unsigned area, begun, ended, failed, wrong, executed[MOST];
static uint32_t results[MOST];
static uint8_t open_call[MOST];
static struct work works[MOST];
static unsigned frames, lost;
static size_t used[4];

static int lose(void *context, const uint8_t *frame, size_t length, vmtp_time now) {
    (void)context, (void)frame, (void)length, (void)now;
    return ++frames == lost;
}

static vmtp_engine *engine_of(unsigned who) { return w.nodes[at[who]].engine; }

/* ---- the client ---- */

static void ask(uint32_t number, uint32_t flags) {
    struct vmtp_request r = {.client = ids[CLIENT], .deadline = VMTP_NEVER, .cookie = number, .flags = flags};
    vmtp_handle handle;
    r.message.server = scene->way == PASSED_ON ? ids[FORWARDER] : scene->way == CALLED_IN_A_GROUP ? group : ids[SERVER];
    r.message.code = 3;
    r.message.words[2] = number;
    r.segment_size = scene->request;
    r.segment = scene->request ? data : NULL;
    r.response_area = responses[number];
    r.response_size = scene->response ? scene->response : 8;
    if (scene->run && number + 1 < scene->calls)
        r.flags |= VMTP_CALL_MORE;
    open_call[number] = 1;
    ck_assert_int_eq(vmtp_call(engine_of(CLIENT), &handle, &r, world_now(&w)), 0);
}

static void on_complete(const struct vmtp_event *ev) {
    uint32_t number = (uint32_t)ev->cookie;
    if (ev->result == VMTP_MIGRATED && !scene->run)
        return; /* it goes on there */
    open_call[number] = 0;
    results[number] = ev->result;
    ended++;
    failed += ev->result != 0;
    if (ev->result == 0)
        wrong += ev->message.words[2] != number || ev->segment_size != scene->response ||
                 memcmp(ev->segment, data, ev->segment_size) != 0;
}

static void go_on_asking(void) {
    if (at[CLIENT] == NODES)
        return;
    while (begun < scene->calls && (scene->run || ended == begun))
        ask(begun++, 0);
}

/* ---- the server ---- */

static void takes(unsigned who) {
    if (at[who] < NODES)
        ck_assert_int_eq(vmtp_accept(engine_of(who), ids[who], areas[area++ % 64], LARGE, 0), 0);
}

static void pass_on(const struct vmtp_event *ev) {
    struct vmtp_forward f = {
        .message = ev->message, .segment = ev->segment ? data : NULL, .segment_size = ev->segment_size};
    f.message.server = ids[SERVER];
    wrong += ev->resumed;
    ck_assert_int_eq(vmtp_forward(engine_of(FORWARDER), ev->handle, &f, world_now(&w)), 0);
    takes(FORWARDER);
}

static void on_request(const struct vmtp_event *ev) {
    uint32_t number = ev->message.words[2];
    struct work *x = &works[number];
    if (ev->resumed)
        wrong += x->handle != ev->cookie || !x->due;
    else {
        wrong += ev->segment_size != scene->request || memcmp(ev->segment, data, ev->segment_size) != 0;
        executed[number]++;
        x->due = world_now(&w) + scene->thinking * STEP;
        takes(SERVER);
    }
    x->handle = ev->handle;
    x->held = 1;
}

static void reply(struct work *x) {
    struct vmtp_reply r;
    memset(&r, 0, sizeof r);
    r.message.code = 5 | (scene->idempotent ? VMTP_DGM : 0);
    r.message.words[2] = (uint32_t)(x - works);
    r.segment = scene->response ? data : NULL;
    r.segment_size = scene->response;
    vmtp_reply(engine_of(SERVER), x->handle, &r, world_now(&w));
    memset(x, 0, sizeof *x);
}

static void work(void) {
    for (unsigned i = 0; i < MOST && at[SERVER] < NODES; i++)
        if (works[i].held && works[i].due <= world_now(&w))
            reply(&works[i]);
}

static void on_event(struct node *n, const struct vmtp_event *ev) {
    if (ev->type == VMTP_EV_COMPLETE)
        on_complete(ev);
    else if (ev->type == VMTP_EV_REQUEST && ev->entity == ids[FORWARDER])
        pass_on(ev);
    else if (ev->type == VMTP_EV_REQUEST)
        on_request(ev);
    for (unsigned i = 0; ev->type == VMTP_EV_ABANDONED && i < MOST; i++)
        if (works[i].handle == (ev->resumed ? ev->cookie : ev->handle) && at[SERVER] < NODES && n == &w.nodes[at[SERVER]])
            memset(&works[i], 0, sizeof works[i]);
}

/* ---- moving ---- */

static void leave(unsigned move) {
    const struct move *m = &scene->moves[move];
    world_pass(&w, 0);
    ck_assert_int_eq(
        vmtp_entity_export(engine_of(m->who), ids[m->who], forms[move], sizeof forms[0], &used[move], world_now(&w)), 0);
    at[m->who] = NODES;
    for (unsigned i = 0; m->who == SERVER && i < MOST; i++)
        works[i].held = 0;
    world_pass(&w, 0);
}

static void arrive(unsigned move) {
    const struct move *m = &scene->moves[move];
    vmtp_entity id;
    uint32_t lent;
    at[m->who] = m->to;
    ck_assert_int_eq(vmtp_entity_import(engine_of(m->who), forms[move], used[move], &id, &lent, world_now(&w)), 0);
    for (unsigned i = 0; m->who == CLIENT && !scene->run && i < begun; i++)
        if (open_call[i])
            ask(i, VMTP_CALL_RESUME);
    for (unsigned i = 0; m->who != CLIENT && i < scene->calls; i++)
        takes(m->who);
    if (scene->way == CALLED_IN_A_GROUP && m->who == SERVER)
        ck_assert_int_eq(vmtp_group_join(engine_of(SERVER), group, ids[SERVER], 0), 0);
    world_pass(&w, 0);
}

/* ---- a scene ---- */

static void build(void) {
    world_init(&w, 77, 1500);
    memset(executed, 0, sizeof executed);
    memset(works, 0, sizeof works);
    memset(open_call, 0, sizeof open_call);
    begun = ended = failed = wrong = frames = 0;
    for (unsigned i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 31 + i / 256);
    for (unsigned i = 0; i < NODES; i++) {
        struct vmtp_config config;
        world_config(&w, &config); /* small tables: there are thousands of worlds */
        config.max_remote_clients = config.max_requests = config.max_hosts = config.max_calls = 16;
        config.max_runs = 4;
        world_add(&w, &config)->on_event = on_event;
    }
    at[CLIENT] = scene->client;
    at[SERVER] = scene->server;
    at[FORWARDER] = scene->forwarder;
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(vmtp_entity_create(engine_of(i), &ids[i], NULL, world_now(&w)), 0);
    for (unsigned i = 0; i < scene->calls; i++) {
        takes(SERVER);
        takes(FORWARDER);
    }
    ck_assert_int_eq(vmtp_group_create(engine_of(SERVER), &group, ids[SERVER], 0), 0);
    struct vmtp_sim_faults faults = {.delay = STEP};
    vmtp_sim_set_faults(w.sim, &faults);
    vmtp_sim_set_filter(w.sim, lose, NULL);
}

static void nothing_is_left(void) {
    world_pass(&w, 60 * VMTP_SECOND);
    for (unsigned i = 0; i < NODES; i++) {
        struct vmtp_usage usage;
        vmtp_usage(w.nodes[i].engine, &usage);
        ck_assert_uint_eq(usage.remote_clients + usage.requests + usage.calls + usage.events + usage.runs, 0);
    }
}

/* Begins to move when so many steps have passed, and loses that frame (0: none).  Returns how many there were. */
static unsigned play(unsigned when, unsigned which) {
    unsigned move = 0, steps = 0, next = when + scene->moves[0].steps, away = 0;
    lost = which;
    build();
    while (ended < scene->calls && steps < 40000) {
        go_on_asking();
        if (!away && move < 3 && scene->moves[move].travel && steps >= next) {
            leave(move);
            away = 1;
            next = steps + scene->moves[move].travel;
        }
        if (away && steps >= next) {
            arrive(move++);
            away = 0;
            next = steps + (move < 3 ? scene->moves[move].steps : 0);
        }
        world_pass(&w, STEP);
        work();
        steps++;
    }
    unsigned was = frames;
    for (; away; away = 0)
        arrive(move);
    nothing_is_left();
    world_close(&w);
    return was;
}

/* Nobody has a forwarded Request any more that its server had acknowledged, but not been told of, when it left. */
static unsigned given_up(void) {
    unsigned count = 0;
    for (unsigned i = 0; scene->way == PASSED_ON && scene->moves[0].who == SERVER && i < scene->calls; i++)
        count += executed[i] == 0 && results[i] == VMTP_RESPONSE_DISCARDED;
    return count;
}

static int is_right(void) {
    unsigned once = given_up();
    for (unsigned i = 0; i < scene->calls; i++)
        once += executed[i] == 1 || (scene->idempotent && executed[i]);
    return once == scene->calls && ended == scene->calls && failed == given_up() && !wrong;
}

static void all_must_end_right(unsigned when) {
    unsigned count = 0;
    for (unsigned which = 0; which <= count; which++) {
        unsigned was = play(when, which);
        if (which == 0)
            count = was;
        for (unsigned i = 0; !is_right() && i < scene->calls; i++)
            fprintf(stderr, "call %u: executed %u, result %u\n", i, executed[i], (unsigned)results[i]);
        ck_assert_msg(is_right(), "%s, moved after %u steps, frame %u of %u lost: %u of %u ended, %u failed, %u wrong",
                      scene->name, when, which, count, ended, scene->calls, failed, wrong);
    }
}

static const struct scene scenes[] = {
    {"null", 2, 0, 0, 0, 0, 30, 0, 1, CALLED, 3, {{SERVER, 2, 0, 10}}},
    {"at once", 3, 0, 0, 0, 0, 0, 0, 1, CALLED, 3, {{SERVER, 2, 0, 1}}},
    {"groups", 2, 0, 0, 9000, 9000, 20, 0, 1, CALLED, 3, {{SERVER, 2, 0, 10}}},
    {"idempotent", 2, 0, 1, 3000, 5000, 10, 0, 1, CALLED, 3, {{SERVER, 2, 0, 10}}},
    {"slow", 1, 0, 0, 700, 700, 1000, 0, 1, CALLED, 3, {{SERVER, 2, 0, 1000}}},
    {"very slow", 1, 0, 0, 700, 700, 12000, 0, 1, CALLED, 3, {{SERVER, 2, 2500, 8000}}},
    {"on and on", 2, 0, 0, 3000, 3000, 20, 0, 1, CALLED, 3, {{SERVER, 2, 0, 5}, {SERVER, 3, 5, 5}}},
    {"there and back", 2, 0, 0, 3000, 3000, 20, 0, 1, CALLED, 3, {{SERVER, 2, 0, 5}, {SERVER, 1, 5, 5}}},
    {"to its client", 2, 0, 0, 3000, 3000, 20, 0, 1, CALLED, 3, {{SERVER, 0, 0, 5}}},
    {"from its client", 2, 0, 0, 3000, 3000, 20, 0, 0, CALLED, 3, {{SERVER, 2, 0, 5}}},
    {"to its client and on", 2, 0, 0, 3000, 3000, 20, 0, 1, CALLED, 3, {{SERVER, 0, 0, 5}, {SERVER, 2, 9, 5}}},
    {"client", 2, 0, 0, 3000, 3000, 20, 0, 1, CALLED, 3, {{CLIENT, 2, 0, 5}}},
    {"client to its server", 2, 0, 0, 3000, 3000, 20, 0, 1, CALLED, 3, {{CLIENT, 1, 0, 5}}},
    {"client and back", 2, 0, 0, 3000, 3000, 20, 0, 1, CALLED, 3, {{CLIENT, 2, 0, 5}, {CLIENT, 0, 5, 5}}},
    {"both", 2, 0, 0, 3000, 3000, 20, 0, 1, CALLED, 3, {{CLIENT, 2, 0, 5}, {SERVER, 3, 5, 5}}},
    {"large", 1, 0, 0, LARGE, 0, 20, 0, 1, CALLED, 3, {{SERVER, 2, 0, 5}}},
    {"large Response", 1, 0, 0, 0, LARGE, 20, 0, 1, CALLED, 3, {{SERVER, 2, 0, 5}}},
    {"large to its client", 1, 0, 0, LARGE, LARGE, 20, 0, 1, CALLED, 3, {{SERVER, 0, 0, 5}}},
    {"large from its client", 1, 0, 0, LARGE, LARGE, 20, 0, 0, CALLED, 3, {{SERVER, 2, 0, 5}}},
    {"run", 4, 1, 0, 600, 600, 12, 0, 1, CALLED, 3, {{SERVER, 2, 0, 5}}},
    {"run of groups", 3, 1, 0, 3000, 3000, 12, 0, 1, CALLED, 3, {{SERVER, 2, 0, 5}}},
    {"run, there and back", 4, 1, 0, 600, 600, 12, 0, 1, CALLED, 3, {{SERVER, 2, 0, 5}, {SERVER, 1, 5, 5}}},
    {"run, on and on", 4, 1, 0, 600, 600, 12, 0, 1, CALLED, 3, {{SERVER, 2, 0, 5}, {SERVER, 3, 5, 5}}},
    {"run, to its client", 4, 1, 0, 600, 600, 12, 0, 1, CALLED, 3, {{SERVER, 0, 0, 5}}},
    {"run, to its client and on", 4, 1, 0, 600, 600, 20, 0, 1, CALLED, 3, {{SERVER, 0, 0, 5}, {SERVER, 2, 5, 5}}},
    {"run, from its client", 4, 1, 0, 600, 600, 12, 0, 0, CALLED, 3, {{SERVER, 2, 0, 5}}},
    {"idempotent run", 4, 1, 1, 600, 3000, 12, 0, 1, CALLED, 3, {{SERVER, 2, 0, 5}}},
    {"passed on, to one that moves", 2, 0, 0, 3000, 3000, 20, 0, 1, PASSED_ON, 3, {{SERVER, 2, 0, 5}}},
    {"passed on by one that moves", 2, 0, 0, 3000, 3000, 20, 0, 1, PASSED_ON, 3, {{FORWARDER, 2, 0, 5}}},
    {"passed on, to where it came from", 2, 0, 0, 3000, 3000, 20, 0, 1, PASSED_ON, 3, {{SERVER, 3, 0, 5}}},
    {"passed on by a neighbour that moves", 2, 0, 0, 3000, 3000, 20, 0, 1, PASSED_ON, 0, {{FORWARDER, 2, 0, 5}}},
    {"passed on for one that moves", 2, 0, 0, 3000, 3000, 20, 0, 1, PASSED_ON, 3, {{CLIENT, 2, 0, 5}}},
    {"member", 2, 0, 0, 3000, 3000, 20, 0, 1, CALLED_IN_A_GROUP, 3, {{SERVER, 2, 0, 5}}},
};

/* VMTP-13.11-02 VMTP-13.11-03 VMTP-13.11-04 VMTP-13.11-05 VMTP-13.11-06 VMTP-13.11-10 VMTP-13.11-17 VMTP-13.11-18 VMTP-13.11-19 */
START_TEST(any_one_frame_may_be_lost) {
    static const unsigned whens[] = {0, 1, 2, 3, 4, 6, 8, 12, 16, 20, 24, 28, 32, 40, 50, 60};
    scene = &scenes[_i];
    for (unsigned i = 0; i < sizeof whens / sizeof whens[0]; i++)
        all_must_end_right(whens[i]);
}
END_TEST

int main(void) {
    Suite *s = suite_create("migrate_losses");
    TCase *t = tcase_create("migrate_losses");
    tcase_set_timeout(t, 300);
    tcase_add_loop_test(t, any_one_frame_may_be_lost, 0, sizeof scenes / sizeof scenes[0]);
    suite_add_tcase(s, t);
    return run_suite(s);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seeds.c - two to five managers claim one prefix at the same instant, or at random times within 600 ms, on a network that loses a tenth of
 * everything, doubles and delays.  When the dust has settled
 *
 *   exactly one of them holds it, knows that it does, and was the only one all the time;  NAME-8.1-03 NAME-8.1-06
 *   all others have been told that they do not;                                         NAME-8.1-09 NAME-8.5-04
 *   whoever asks whose the name is hears of this one, and of no other;           NAME-5.1-01 NAME-5.1-04
 *   operations by name, sent all the time by two resolvers, were executed by this one only.   NAME-8.1-07
 *
 * In a quarter of the seeds the network is in two parts at first, so that there may be two holders.  After it has come together, one of them has
 * yielded, knows that it has, and everybody agrees again.                         NAME-8.5-01 NAME-8.5-02 NAME-8.5-03
 *
 * All follows from the seed.  One that fails prints the command that runs it again; --trace tells what happened.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vnaming/client.h>
#include <vnaming/manager.h>

#include "rig.h"

#define MANAGERS 5
#define USERS 2
#define PREFIX "/storage/projects"
#define NAME PREFIX "/x"

struct claimant {
    unsigned number;
    vipc *node;
    void *memory;
    vname_manager *manager;
    struct vipc_timer begin;
    uint32_t generation;
    int claimed, holds, was_told;
};

static struct {
    const struct rig *rig;
    uint64_t seed, random;
    unsigned count;
    struct claimant claimants[MANAGERS];
    vipc *nodes[RIG_NODES];
    int divided;    /* at first */
    unsigned twice; /* there were two holders at some time */
    int trace;
    char why[256];
} world;

static uint64_t draw(void) { /* splitmix64 */
    uint64_t z = world.random += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* ---- managers ----------------------------------------------------------------------------------------------------- */

static void on_event(vname_manager *manager, const struct vname_manager_event *event) {
    struct claimant *me = vname_manager_context(manager);
    unsigned holders = 0;
    if (world.trace)
        printf("%12.6f manager %u: event %d, result %s\n", (double)vipc_now(me->node) / 1e9, me->number,
               (int)event->type, vipc_result_name(event->result));
    me->was_told = 1;
    me->holds = event->type == VNAME_MANAGER_HELD;
    for (unsigned i = 0; i < world.count; i++)
        holders += world.claimants[i].holds != 0;
    world.twice += holders > 1;
}

static void on_operation(const struct vname_manager_operation *operation) {
    const struct vmtp_message answer = {.code = VMTP_OK};
    vipc_reply(operation->in, &answer, NULL, 0, 0);
}

static void begin(struct vipc_timer *timer) {
    struct claimant *me = timer->context;
    const struct vname_manager_claim claim = {
        .prefix = PREFIX, .prefix_length = sizeof PREFIX - 1, .context = me->number, .generation = me->generation};
    if (world.trace)
        printf("%12.6f manager %u (%016" PRIx64 ") claims, knows generation %" PRIu32 "\n",
               (double)vipc_now(me->node) / 1e9, me->number, vname_manager_entity(me->manager), me->generation);
    me->claimed = vname_manager_claim(me->manager, &claim) == 0;
}

static void open_claimant(unsigned number, vmtp_time when) {
    struct claimant *me = &world.claimants[number];
    struct vname_manager_config config;
    vname_manager_config_init(&config);
    config.prefixes = 2;
    config.claims = 1;
    config.mounts = config.formers = config.heard = 4;
    config.event = on_event;
    config.operation = on_operation;
    config.context = me;
    *me = (struct claimant){.number = number, .node = world.nodes[number]};
    me->memory = malloc(vname_manager_footprint(&config));
    if (!me->memory || vname_manager_create(&me->manager, me->node, &config, me->memory) != 0)
        abort();
    me->generation = draw() % 4 == 0 ? (uint32_t)(draw() % 3) : 0;
    me->begin.fire = begin;
    me->begin.context = me;
    vipc_timer_set(me->node, &me->begin, vipc_now(me->node) + when);
}

/* ---- those who use names ------------------------------------------------------------------------------------------- */

struct user {
    vipc *node;
    vname_resolver *resolver;
    struct vname_operation operation;
    struct vipc_timer again;
    uint64_t answered; /* how often */
    vmtp_entity by;    /* always the same; 1: it was not, though the network was whole */
};
static struct user users[USERS];

static void operation_done(struct vname_operation *operation, enum vname_outcome outcome) {
    struct user *user = operation->context;
    if (outcome == VNAME_ANSWERED) {
        user->answered++;
        const int differs = user->by && user->by != operation->answer.server && !world.divided;
        user->by = differs ? 1 : operation->answer.server;
    }
    vipc_timer_set(user->node, &user->again, vipc_now(user->node) + (world.divided ? 2000 : 50) * VMTP_MILLISECOND);
}

static void operate(struct vipc_timer *timer) {
    struct user *user = timer->context;
    user->operation = (struct vname_operation){.name = NAME,
                                               .name_length = sizeof NAME - 1,
                                               .code = VMTP_PIC | 0x7701u,
                                               .flags = VNAME_REPEATABLE | (draw() % 2 ? VNAME_FRESH : 0),
                                               .deadline = vipc_now(user->node) + 5 * VMTP_SECOND,
                                               .done = operation_done,
                                               .context = user};
    if (vname_operate(user->resolver, &user->operation) != 0)
        abort();
}

static void open_user(struct user *user, vipc *node) {
    const struct vname_config config = {.prefixes = 4, .aliases = 1, .queries = 2, .answers = 4};
    *user = (struct user){.node = node, .again = {.fire = operate, .context = user}};
    if (vname_open(&user->resolver, node, &config) != 0)
        abort();
    vipc_timer_set(node, &user->again, vipc_now(node) + draw() % VMTP_SECOND);
}

static void close_user(struct user *user) {
    vipc_timer_cancel(&user->again);
    vname_cancel(&user->operation);
    vname_close(user->resolver);
}

/* ---- those who ask, without a resolver's patience ---------------------------------------------------------------------- */

struct asker {
    struct vipc_call call;
    uint8_t area[4 * VNAME_RECORD_OCTETS];
    int over;
    vmtp_entity manager; /* of the answers; 1: they differ */
};

static void on_answer(struct vipc_call *call, const struct vipc_response *response) {
    struct asker *asker = call->context;
    struct vname_record record;
    if (response->result || (response->message.code & 0xffffffu) != VMTP_OK ||
        vname_record_parse(&record, response->segment, response->segment_size) ||
        (asker->manager && asker->manager != record.manager))
        asker->manager = 1;
    else
        asker->manager = record.manager;
}

static void on_over(struct vipc_call *call, int result) {
    (void)result;
    ((struct asker *)call->context)->over = 1;
}

/* Asks until somebody answers: whose the name is; 0: nobody's, 1: several answered. */
static vmtp_entity whose(vipc *node) {
    static struct asker asker;
    for (unsigned times = 0; times < 10; times++) {
        memset(&asker, 0, sizeof asker);
        asker.call = (struct vipc_call){.message = {.server = VNAME_HANDLERS, .code = VNAME_QUERY},
                                        .segment = NAME,
                                        .segment_size = sizeof NAME - 1,
                                        .capacity = VNAME_RECORD_OCTETS,
                                        .slots = 4,
                                        .area = asker.area,
                                        .deadline = vipc_now(node) + VMTP_SECOND,
                                        .done = on_over,
                                        .response = on_answer,
                                        .context = &asker};
        if (vipc_start(node, &asker.call) != 0)
            abort();
        while (!asker.over)
            world.rig->run(100 * VMTP_MILLISECOND);
        if (asker.manager)
            break;
    }
    return asker.manager;
}

/* ---- a seed ---------------------------------------------------------------------------------------------------------- */

static int wrong(const char *what, unsigned number) {
    snprintf(world.why, sizeof world.why, "%s (%u of %u managers)", what, number, world.count);
    return 0;
}

static int judge(void) {
    unsigned holders = 0;
    vmtp_entity holder = 0;
    for (unsigned i = 0; i < world.count; i++) {
        struct claimant *c = &world.claimants[i];
        struct vname_manager_prefix view;
        const int there = vname_manager_find_prefix(c->manager, PREFIX, sizeof PREFIX - 1, &view);
        const int holds = there && view.state == VNAME_PREFIX_HELD;
        if (!c->claimed || !c->was_told || (there && !holds))
            return wrong("a claim has not come to its end", i);
        if (holds != c->holds)
            return wrong("a program was told something else than is true", i);
        holders += (unsigned)holds;
        holder = holds ? vname_manager_entity(c->manager) : holder;
    }
    if (world.twice && !world.divided)
        return wrong("two held the prefix at some time", world.twice);
    if (holders != 1)
        return wrong(holders ? "several hold the prefix" : "nobody holds the prefix", holders);
    for (unsigned i = 0; i < USERS + world.count; i++) /* managers ask, too */
        if (whose(world.nodes[i]) != holder)
            return wrong("not everybody hears of the one holder", i);
    for (unsigned i = 0; i < USERS; i++)
        if (users[i].by != holder || !users[i].answered)
            return wrong("operations were not executed by the one holder", i);
    return 1;
}

static int run_seed(void) {
    static const vmtp_time jitters[] = {0, 5 * VMTP_MILLISECOND, 25 * VMTP_MILLISECOND, 60 * VMTP_MILLISECOND};
    struct rig_faults faults = {.loss = 100000, .duplicate = 50000, .delay = 50 * VMTP_MICROSECOND};
    world.random = world.seed;
    world.twice = 0;
    world.count = 2 + (unsigned)(draw() % (MANAGERS - 1));
    faults.jitter = jitters[draw() % 4];
    const int at_once = draw() % 2 == 0;
    world.divided = draw() % 4 == 0;
    world.rig->open(world.seed, world.count + USERS, world.nodes);
    world.rig->faults(&faults);
    for (unsigned i = 0; i < world.count; i++)
        open_claimant(i, at_once ? VMTP_MILLISECOND : draw() % (600 * VMTP_MILLISECOND));
    for (unsigned i = 0; i < USERS; i++)
        open_user(&users[i], world.nodes[world.count + i]);
    for (unsigned i = 0; i < world.count + USERS; i++)
        world.rig->partition(i, world.divided ? (uint32_t)(draw() % 2) : 0);
    world.rig->run(15 * VMTP_SECOND);
    for (unsigned i = 0; i < world.count + USERS; i++)
        world.rig->partition(i, 0);
    world.rig->run(world.divided ? 200 * VMTP_SECOND : 0);
    const int good = judge();
    for (unsigned i = 0; i < USERS; i++)
        close_user(&users[i]);
    for (unsigned i = 0; i < world.count; i++) {
        vipc_timer_cancel(&world.claimants[i].begin);
        vname_manager_destroy(world.claimants[i].manager);
        free(world.claimants[i].memory);
    }
    for (unsigned i = 0; i < world.count + USERS; i++)
        vipc_close(world.nodes[i]);
    world.rig->close();
    return good;
}

static int usage(void) {
    fputs("usage: vname-seeds [--on fake|vmtp] [--first SEED] [--seeds COUNT] [--trace]\n", stderr);
    return 2;
}

int main(int argc, char **argv) {
    uint64_t first = 1, seeds = 1000;
    unsigned failed = 0;
    world.rig = &rig_fake;
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (!strcmp(argv[i], "--trace")) {
            world.trace = 1;
            continue;
        }
        if (!strcmp(argv[i], "--first"))
            first = strtoull(value, NULL, 0);
        else if (!strcmp(argv[i], "--seeds"))
            seeds = strtoull(value, NULL, 0);
        else if (!strcmp(argv[i], "--on") && !strcmp(value, "vmtp"))
            world.rig = &rig_host;
        else if (strcmp(argv[i], "--on") || strcmp(value, "fake"))
            return usage();
        i++;
    }
    for (world.seed = first; world.seed < first + seeds; world.seed++) {
        if (!run_seed()) {
            failed++;
            printf("seed %" PRIu64 ": %s\n  %s --on %s --first %" PRIu64 " --seeds 1 --trace\n", world.seed, world.why,
                   argv[0], world.rig->name, world.seed);
        }
    }
    printf("%" PRIu64 " seeds on %s: %u failed\n", seeds, world.rig->name, failed);
    return failed || !seeds;
}

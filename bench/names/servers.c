/* SPDX-License-Identifier: BSD-2-Clause */
/* Managers: they hold prefixes, are killed and started elsewhere, move, mount. */
#include "names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In the order in which they are used, the most used first. */
static const struct {
    const char *text;
    unsigned manager;
    const char *target;
} table[PREFIXES] = {
    {"/bin", 0, NULL},           {"/home/a", 1, NULL},
    {"/lib", 2, NULL},           {"/include", 3, NULL},
    {"/src", 4, NULL},           {"/home/b", 5, NULL},
    {"/home/c", 6, NULL},        {"/projects", 7, NULL},
    {"/home/d", 8, NULL},        {"/home/e", 9, NULL},
    {"/fonts", 0, NULL},         {"/man", 1, NULL},
    {"/mail", 2, NULL},          {"/print", 3, NULL},
    {"/archive", 4, NULL},       {"/news", 5, NULL},
    {"/team", 6, NULL},          {"/terminals", 7, NULL},
    {"/internet", 8, NULL},      {"/games", 9, NULL},
    {"/src/v", 6, NULL},         {"/projects/v", 1, NULL}, /* these two come during the day */
    {"/letters", 8, "/mail/in"}, {"/papers", 9, "/projects/papers"},
    {"/tools", 3, "/bin/extra"},
};

#define MOST_HELD 6u /* by one manager */

struct server {
    unsigned number, place;
    vname_manager *manager; /* NULL: it does not run */
    void *memory;
    vmtp_entity entity;
    struct vipc_timer again;
};

static struct place {
    vipc *node;
    int up;
    struct vipc_timer repaired;
} places[PLACES];

static struct server servers[MANAGERS];

enum happening { KILL, MIGRATION, MOUNT };

static struct event {
    enum happening what;
    struct vipc_timer timer;
} events[64];

/* ---- what a manager answers --------------------------------------------------------------------------------------- */

int prefix_of(const char *name, size_t length, int registered) {
    int best = -1;
    for (unsigned i = 0; i < PREFIXES; i++) {
        const struct prefix *p = &world.prefixes[i];
        const size_t size = strlen(p->text);
        if ((p->held || (registered && p->last)) && vname_matches(p->text, size, name, length) &&
            (best < 0 || size > strlen(world.prefixes[best].text)))
            best = (int)i;
    }
    return best;
}

int server_is_there(vmtp_entity manager) {
    for (unsigned i = 0; i < MANAGERS; i++)
        if (servers[i].manager && servers[i].entity == manager)
            return 1;
    return 0;
}

/* Contexts are the prefixes themselves and directories d0 to d9 in them. */
static uint32_t context_number(unsigned prefix, unsigned directory) { return prefix * 16 + directory + 1; }

uint32_t prefix_context(unsigned prefix) { return context_number(prefix, 0); }

static int on_context_name(vname_manager *manager, uint32_t context, char *name, size_t room) {
    (void)manager;
    const unsigned prefix = (context - 1) / 16, directory = (context - 1) % 16;
    if (!context || prefix >= PREFIXES)
        return -1;
    return directory ? snprintf(name, room, "%s/d%u", world.prefixes[prefix].text, directory)
                     : snprintf(name, room, "%s", world.prefixes[prefix].text);
}

/* Whether it is this manager's business, as the world is now. */
static void judge(const struct server *me, const struct vname_manager_operation *o) {
    char name[VNAME_NAME_OCTETS];
    int length = 0;
    if (!o->index && o->length && o->name[0] != '/') {
        length = on_context_name(o->manager, o->context, name, sizeof name);
        name[length++] = '/';
    }
    memcpy(name + length, o->name, o->length);
    const size_t whole = (size_t)length + o->length;
    const int prefix = prefix_of(name, whole, 0);
    if (prefix < 0 || (world.prefixes[prefix].manager != me->number &&
                       vipc_fake_now(world.net) - world.prefixes[prefix].since > VMTP_SECOND))
        count_bad(BAD_ELSEWHERE, name, whole, "the wrong manager has it");
}

static void map_context(const struct vname_manager_operation *o) {
    unsigned directory = 0;
    char name[VNAME_NAME_OCTETS];
    const int prefix = prefix_of(o->name, o->length, 0);
    if (prefix < 0 || sscanf(o->name + o->index, "/d%1u", &directory) != 1) {
        vname_manager_refuse(o->in, VNAME_NOT_CONTEXT);
        return;
    }
    const uint32_t context = context_number((unsigned)prefix, directory);
    const int length = on_context_name(o->manager, context, name, sizeof name);
    vname_manager_reply_context(o, 0, context, name, (size_t)length);
}

static int is_not_there(const struct vname_manager_operation *o) {
    for (size_t i = o->index; i + 3 <= o->length; i++)
        if (memcmp(o->name + i, "no-", 3) == 0)
            return 1;
    return 0;
}

static void on_operation(const struct vname_manager_operation *o) {
    const struct vmtp_message answer = {.code = VMTP_OK};
    judge(vname_manager_context(o->manager), o);
    if (o->code == (VNAME_MAP_CONTEXT & VMTP_CODE_MASK))
        map_context(o);
    else if (is_not_there(o))
        vname_manager_refuse(o->in, VNAME_NOT_FOUND);
    else
        vipc_reply(o->in, &answer, NULL, 0, o->code == (OPERATION_OPEN & VMTP_CODE_MASK) ? VIPC_REPLY_IDEMPOTENT : 0);
}

/* ---- beginning and end of a manager --------------------------------------------------------------------------------- */

static void set_held(unsigned prefix, int held) {
    world.prefixes[prefix].held = held;
    world.prefixes[prefix].since = vipc_fake_now(world.net);
}

static void on_event(vname_manager *manager, const struct vname_manager_event *event) {
    const struct server *me = vname_manager_context(manager);
    for (unsigned i = 0; i < PREFIXES; i++)
        if (world.prefixes[i].manager == me->number && event->prefix_length == strlen(world.prefixes[i].text) &&
            memcmp(event->prefix, world.prefixes[i].text, event->prefix_length) == 0) {
            if (event->type == VNAME_MANAGER_HELD) {
                set_held(i, 1);
                world.prefixes[i].last = me->entity;
            } else if (event->type == VNAME_MANAGER_LOST || event->type == VNAME_MANAGER_RELEASED) {
                count_bad(BAD_VISIBLE, event->prefix, event->prefix_length, "a manager has lost its prefix");
            }
        }
}

static unsigned choose_place(unsigned but) {
    for (;;) {
        const unsigned place = (unsigned)(draw() % PLACES);
        if (place != but && places[place].up)
            return place;
    }
}

static void create(struct server *s, unsigned place, vmtp_entity entity) {
    struct vname_manager_config config;
    vname_manager_config_init(&config);
    config.operation = on_operation;
    config.event = on_event;
    config.context_name = on_context_name;
    config.context = s;
    config.entity = entity;
    s->place = place;
    s->memory = malloc(vname_manager_footprint(&config));
    if (!s->memory || vname_manager_create(&s->manager, places[place].node, &config, s->memory))
        fail("a manager cannot be made");
    s->entity = vname_manager_entity(s->manager);
}

static void claim(struct server *s, unsigned prefix) {
    const struct vname_manager_claim claim = {
        .prefix = world.prefixes[prefix].text,
        .prefix_length = strlen(world.prefixes[prefix].text),
        .context = prefix_context(prefix),
        .target = world.prefixes[prefix].target,
        .target_length = world.prefixes[prefix].target ? strlen(world.prefixes[prefix].target) : 0,
        .again = 1};
    if (vname_manager_claim(s->manager, &claim))
        fail("a prefix cannot be claimed");
}

/* What it held before, and the two that it holds always. */
static void claim_all(struct server *s) {
    for (unsigned i = 0; i < PREFIXES; i++)
        if (world.prefixes[i].manager == s->number)
            claim(s, i);
}

static void start_again(struct vipc_timer *timer) {
    struct server *s = timer->context;
    create(s, choose_place(s->place), 0);
    claim_all(s);
}

/* ---- what happens to them ---------------------------------------------------------------------------------------------- */

/* Its memory, when nothing of it is on its node any more. */
static void discard(struct server *s, int destroy) {
    world.figures.announcements += vname_manager_counters(s->manager)->announcements_sent;
    if (destroy)
        vname_manager_destroy(s->manager);
    free(s->memory);
}

static void is_dead(struct server *s) {
    for (unsigned i = 0; i < PREFIXES; i++)
        if (world.prefixes[i].manager == s->number)
            set_held(i, 0);
    s->manager = NULL;
    world.figures.kills++;
    vipc_timer_set(world.clock, &s->again, vipc_fake_now(world.net) + draw_between(DOWN_LEAST, DOWN_MOST));
}

static void repaired(struct vipc_timer *timer) {
    struct place *place = timer->context;
    vipc_fake_restart(place->node);
    place->up = 1;
}

static void power_failure(unsigned place) {
    vipc_fake_crash(places[place].node);
    places[place].up = 0;
    world.figures.power_failures++;
    for (unsigned i = 0; i < MANAGERS; i++)
        if (servers[i].manager && servers[i].place == place) {
            discard(&servers[i], 0);
            is_dead(&servers[i]);
        }
    vipc_timer_set(world.clock, &places[place].repaired, vipc_fake_now(world.net) + 2 * MINUTE);
}

static void kill(struct server *s) {
    if (draw_chance(1.0 / 3)) {
        power_failure(s->place);
    } else {
        discard(s, 1);
        is_dead(s);
    }
}

/* What it knows of others below its prefixes goes with it. */
struct mounts {
    unsigned count;
    struct vname_record records[MOUNTS];
    char texts[MOUNTS][VNAME_PREFIX_OCTETS];
};

static void note_mounts(const struct server *s, struct mounts *mounts) {
    struct vname_manager_mount view;
    for (; mounts->count < MOUNTS && vname_manager_nth_mount(s->manager, mounts->count, &view); mounts->count++) {
        mounts->records[mounts->count] = view.record;
        memcpy(mounts->texts[mounts->count], view.record.prefix, view.record.prefix_length);
        mounts->records[mounts->count].prefix = mounts->texts[mounts->count];
    }
}

/* With its entity identifier, all at once. */
static void migrate(struct server *s) {
    struct vname_record records[MOST_HELD];
    char texts[MOST_HELD][VNAME_PREFIX_OCTETS], targets[MOST_HELD][VNAME_NAME_OCTETS];
    struct vname_manager_prefix view;
    unsigned count = 0;
    while (count < MOST_HELD && vname_manager_nth_prefix(s->manager, count, &view)) {
        if (view.state != VNAME_PREFIX_HELD)
            return; /* it has only just begun: another day */
        records[count] = view.record;
        memcpy(texts[count], view.record.prefix, view.record.prefix_length);
        records[count].prefix = texts[count];
        if (view.record.target_length)
            memcpy(targets[count], view.record.target, view.record.target_length);
        records[count].target = targets[count];
        count++;
    }
    struct mounts mounts = {0};
    note_mounts(s, &mounts);
    discard(s, 1);
    create(s, choose_place(s->place), s->entity);
    for (unsigned i = 0; i < count; i++)
        if (vname_manager_adopt(s->manager, &records[i]))
            fail("a manager cannot move");
    for (unsigned i = 0; i < mounts.count; i++)
        if (vname_manager_adopt_mount(s->manager, &mounts.records[i]))
            fail("a manager cannot move with what it knows");
    world.figures.migrations++;
}

static void mount(void) {
    const unsigned prefix = STANDING + (unsigned)world.figures.mounts;
    const unsigned manager = table[prefix].manager;
    world.prefixes[prefix].manager = manager;
    world.figures.mounts++;
    if (servers[manager].manager)
        claim(&servers[manager], prefix); /* else when it comes again */
}

static void happens(struct vipc_timer *timer) {
    const struct event *event = timer->context;
    struct server *s = &servers[draw() % MANAGERS];
    while (!s->manager)
        s = &servers[draw() % MANAGERS];
    switch (event->what) {
    case KILL: kill(s); break;
    case MIGRATION: migrate(s); break;
    case MOUNT: mount(); break;
    }
}

static void plan(void) {
    const double hours = (double)(world.evening - world.begin) / (double)HOUR;
    const unsigned kills = (unsigned)(hours + 0.999), migrations = (kills + 1) / 2;
    unsigned count = 0;
    for (unsigned i = 0; i < kills; i++)
        events[count++].what = KILL;
    for (unsigned i = 0; i < migrations; i++)
        events[count++].what = MIGRATION;
    for (unsigned i = 0; i < MOUNTS; i++)
        events[count++].what = MOUNT;
    for (unsigned i = 0; i < count; i++) {
        events[i].timer = (struct vipc_timer){.fire = happens, .context = &events[i]};
        vipc_timer_set(world.clock, &events[i].timer,
                       draw_between(world.begin + (world.evening - world.begin) / 10, world.evening));
    }
}

void servers_open(void) {
    for (unsigned i = 0; i < PREFIXES; i++)
        world.prefixes[i] = (struct prefix){.text = table[i].text,
                                            .target = table[i].target,
                                            .manager = i < STANDING || i >= FIRST_ALIAS ? table[i].manager : MANAGERS};
    for (unsigned i = 0; i < PLACES; i++)
        places[i] = (struct place){
            .node = vipc_fake_node(world.net), .up = 1, .repaired = {.fire = repaired, .context = &places[i]}};
    for (unsigned i = 0; i < MANAGERS; i++) {
        servers[i] = (struct server){.number = i, .again = {.fire = start_again, .context = &servers[i]}};
        create(&servers[i], i, 0);
        claim_all(&servers[i]);
    }
    plan();
}

void servers_close(void) {
    for (unsigned i = 0; i < MANAGERS; i++)
        if (servers[i].manager)
            discard(&servers[i], 1);
}

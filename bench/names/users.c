/* SPDX-License-Identifier: BSD-2-Clause */
/* Workstations: a shell each, what it starts, and the names that these look up. */
#include "names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THINKING (20 * VMTP_SECOND) /* of a user, between commands */
#define BREAK (10 * MINUTE)
#define COMMANDS_BETWEEN_BREAKS 60
#define BETWEEN_NAMES (200 * VMTP_MILLISECOND) /* of a command */
#define BETWEEN_NAMES_OF_TOOLS MINUTE          /* of an editor, a reader of mail, a window manager */
#define NAMES_OF_A_COMMAND 6                   /* on the average, and one */
#define TOOLS 3
#define BETWEEN_CHILDREN (2 * VMTP_SECOND)

#define PER_RELATIVE 0.4  /* of the names of a command */
#define PER_ALIAS 0.05    /* of the others */
#define PER_CHANGE 0.1    /* operations that must not be done twice */
#define PER_NOT_THERE 0.1 /* of names: there is nothing under it, as in a search path */
#define PER_MAKE 0.1      /* of commands: starts three more, one after the other */
#define PER_CD 0.05       /* of what a user says: another current context */
#define PER_ARGUMENT 0.3  /* of commands: the shell looks at a name itself before it starts it */
#define PER_TYPO 0.002    /* of commands: a name that is below no prefix at all */

enum role { SESSION, SHELL, COMMAND, TOOL };
enum kind { OPEN, CHANGE, NOT_THERE, TYPO, CD };

struct station;

/* A program: its own resolver, one operation at a time. */
struct program {
    enum role role;
    struct station *station;
    struct program *next, **link;
    vname_resolver *resolver;
    void *memory;
    struct vipc_timer timer;
    unsigned left, children; /* operations, programs to start */
    int argument, starting;  /* shell: has looked at an argument; looks up the program */
    enum kind kind;
    vmtp_time since;
    struct vname_operation op;
    char name[64];
    uint8_t area[VNAME_NAME_OCTETS];
};

static struct station {
    vipc *node;
    struct program *programs, *session;
    vmtp_time evening;
    struct vipc_timer boot, login;
} stations[STATIONS];

static double zipf[STANDING]; /* the sum of the probabilities up to this prefix */

static void act(struct vipc_timer *timer);

/* ---- programs begin and end ----------------------------------------------------------------------------------------------- */

/* What its parent knows comes by the environment, as text. */
static void inherit(struct program *p, const struct program *parent) {
    char names[VNAME_TEXT_OCTETS], context[VNAME_CONTEXT_OCTETS];
    if (!parent)
        return;
    const size_t known = vname_names_text(parent->resolver, names, sizeof names);
    const size_t place = vname_context_text(parent->resolver, context, sizeof context);
    vname_inherit(p->resolver, known && world.options.hand_down ? names : NULL, place ? context : NULL);
}

static struct program *start(struct station *station, enum role role, const struct program *parent) {
    struct vname_config config = {.prefixes = 64, .aliases = 4, .queries = 2, .answers = 2};
    struct program *p = calloc(1, sizeof *p);
    config.memory_size = vname_footprint(&config);
    if (!p || !(p->memory = malloc(config.memory_size)))
        fail("no memory");
    config.memory = p->memory;
    if (vname_open(&p->resolver, station->node, &config))
        fail("no resolver");
    p->role = role;
    p->station = station;
    p->timer = (struct vipc_timer){.fire = act, .context = p};
    p->next = station->programs;
    p->link = &station->programs;
    if (p->next)
        p->next->link = &p->next;
    station->programs = p;
    world.figures.programs++;
    inherit(p, parent);
    return p;
}

static void end(struct program *p) {
    count_client(p->resolver);
    vipc_timer_cancel(&p->timer);
    vname_close(p->resolver);
    *p->link = p->next;
    if (p->next)
        p->next->link = p->link;
    free(p->memory);
    free(p);
}

static void act_later(struct program *p, vmtp_time later) {
    vipc_timer_set(p->station->node, &p->timer, vipc_fake_now(world.net) + later);
}

static void start_command(const struct program *parent) {
    struct program *p = start(parent->station, COMMAND, parent);
    p->left = 1;
    while (draw_chance(1 - 1.0 / NAMES_OF_A_COMMAND) && p->left < 100)
        p->left++;
    p->children = parent->role == SHELL && draw_chance(PER_MAKE) ? 3 : 0;
    act_later(p, draw_exponential(BETWEEN_NAMES));
}

/* ---- names ----------------------------------------------------------------------------------------------------------------- */

static unsigned draw_prefix(void) {
    const double u = draw_unit();
    unsigned i = 0;
    while (i + 1 < STANDING && zipf[i] <= u)
        i++;
    return i;
}

/* A fifth of what is below /src and /projects is in v, whether it is somebody else's or not. */
static const char *part_of(unsigned prefix) {
    const char *text = world.prefixes[prefix].text;
    return (!strcmp(text, "/src") || !strcmp(text, "/projects")) && draw_chance(0.2) ? "/v" : "";
}

static void make_name(struct program *p, int relative, unsigned prefix) {
    const unsigned number = (unsigned)(draw() % 1000);
    const char *object = p->kind == NOT_THERE ? "no-such" : "file";
    if (!relative && p->kind != TYPO && p->kind != CD && !p->starting && draw_chance(PER_ALIAS)) {
        prefix = FIRST_ALIAS + number % ALIASES;
        world.figures.through_alias++;
    }
    if (p->kind == TYPO)
        snprintf(p->name, sizeof p->name, "/typo%u/%s", number, object);
    else if (relative)
        snprintf(p->name, sizeof p->name, "%s%u", p->kind == NOT_THERE ? "no-such" : "file", number);
    else if (p->kind == CD)
        snprintf(p->name, sizeof p->name, "%s/d%u", world.prefixes[prefix].text, 1 + number % 9);
    else
        snprintf(p->name, sizeof p->name, "%s%s/%s%u", world.prefixes[prefix].text, part_of(prefix), object, number);
}

static void done(struct vname_operation *op, enum vname_outcome outcome);

static void look_up(struct program *p, enum kind kind, int relative, unsigned prefix) {
    struct vname_operation *op = &p->op;
    p->kind = kind;
    relative = relative && vname_current(p->resolver)->place.length != 0;
    world.figures.relative += (uint64_t)relative;
    world.figures.changes += kind == CHANGE;
    make_name(p, relative, prefix);
    memset(op, 0, sizeof *op);
    op->name = p->name;
    op->name_length = strlen(p->name);
    op->code = kind == CD ? VNAME_MAP_CONTEXT : kind == CHANGE ? OPERATION_CHANGE : OPERATION_OPEN;
    op->flags = kind == CHANGE ? 0 : VNAME_REPEATABLE;
    op->area = p->area;
    op->capacity = sizeof p->area;
    op->deadline = VMTP_NEVER;
    op->done = done;
    op->context = p;
    p->since = vipc_fake_now(world.net);
    if (vname_operate(p->resolver, op))
        fail("a name is refused");
}

/* ---- what came of it ---------------------------------------------------------------------------------------------------------- */

static int as_expected(const struct program *p) {
    const struct vname_operation *op = &p->op;
    const uint32_t code = op->answer.code & VMTP_CODE_MASK;
    switch (p->kind) {
    case TYPO: return op->outcome == VNAME_NO_SUCH_NAME && !op->answer.server; /* says the directory */
    case NOT_THERE: return op->outcome == VNAME_NO_SUCH_NAME && op->answer.server;
    default: return op->outcome == VNAME_ANSWERED && code == VMTP_OK;
    }
}

/* Its manager died with it, or before it came: nobody knows, and nobody may do it again (NAME-7.1-05). */
static int is_unsure(const struct vname_operation *op) {
    return !(op->flags & VNAME_REPEATABLE) && op->outcome == VNAME_UNREACHABLE && op->result == VMTP_RETRANS_TIMEOUT &&
           !server_is_there(op->record.manager);
}

static void judge(const struct program *p) {
    const struct vname_operation *op = &p->op;
    world.figures.not_there += p->kind == NOT_THERE;
    world.figures.mistyped += p->kind == TYPO;
    if (is_unsure(op))
        world.figures.unsure++;
    else if (!as_expected(p))
        count_bad(BAD_VISIBLE, op->full, op->full_length, vname_outcome_words(op->outcome));
    count_operation(op, vipc_fake_now(world.net) - p->since);
}

static void shell_done(struct program *p) {
    struct vname_place place;
    if (p->kind == CD && vname_mapped(&p->op, &place))
        vname_context_set(p->resolver, vname_current(p->resolver), &place);
    if (p->argument) {
        act_later(p, draw_exponential(BETWEEN_NAMES));
        return;
    }
    if (p->starting)
        start_command(p);
    p->starting = 0;
    act_later(p, draw_chance(1.0 / COMMANDS_BETWEEN_BREAKS) ? draw_exponential(BREAK) : draw_exponential(THINKING));
}

static void done(struct vname_operation *op, enum vname_outcome outcome) {
    struct program *p = op->context;
    (void)outcome;
    judge(p);
    switch (p->role) {
    case SHELL: shell_done(p); break;
    case COMMAND: act_later(p, draw_exponential(BETWEEN_NAMES)); break;
    default: act_later(p, draw_exponential(BETWEEN_NAMES_OF_TOOLS)); break;
    }
}

/* ---- what they do -------------------------------------------------------------------------------------------------------------- */

static enum kind draw_kind(void) {
    const double u = draw_unit();
    return u < PER_CHANGE ? CHANGE : u < PER_CHANGE + PER_NOT_THERE ? NOT_THERE : OPEN;
}

static void use_a_name(struct program *p) { look_up(p, draw_kind(), draw_chance(PER_RELATIVE), draw_prefix()); }

static void goes_home(struct station *station) {
    while (station->programs)
        end(station->programs);
}

static void shell_acts(struct program *p) {
    if (p->argument) { /* and now the program */
        p->argument = 0;
        p->starting = 1;
        look_up(p, OPEN, 0, 0);
    } else if (draw_chance(PER_CD)) {
        look_up(p, CD, 0, draw_prefix());
    } else if (draw_chance(PER_TYPO)) {
        look_up(p, TYPO, 0, 0);
    } else if (draw_chance(PER_ARGUMENT)) {
        p->argument = 1;
        use_a_name(p);
    } else {
        p->starting = 1;
        look_up(p, OPEN, 0, 0);
    }
}

static void command_acts(struct program *p) {
    if (p->left) {
        p->left--;
        use_a_name(p);
    } else if (p->children) {
        p->children--;
        start_command(p);
        act_later(p, BETWEEN_CHILDREN);
    } else {
        end(p);
    }
}

static void act(struct vipc_timer *timer) {
    struct program *p = timer->context;
    if (vipc_fake_now(world.net) >= p->station->evening && p->role == SHELL)
        goes_home(p->station);
    else if (p->role == SHELL)
        shell_acts(p);
    else if (p->role == COMMAND)
        command_acts(p);
    else
        use_a_name(p);
}

/* A program that lives long keeps up with what managers announce. */
static struct program *start_to_stay(struct station *station, enum role role, const struct program *parent) {
    struct program *p = start(station, role, parent);
    if (world.options.listen && vname_listen(p->resolver))
        fail("a program cannot listen");
    return p;
}

/* The first program of a workstation knows nothing. */
static void boot(struct vipc_timer *timer) {
    struct station *station = timer->context;
    station->session = start_to_stay(station, SESSION, NULL);
    vipc_timer_set(station->node, &station->login, vipc_fake_now(world.net) + draw_between(MINUTE, 5 * MINUTE));
}

static void login(struct vipc_timer *timer) {
    struct station *station = timer->context;
    struct program *shell = start_to_stay(station, SHELL, station->session);
    act_later(shell, draw_exponential(THINKING));
    for (unsigned i = 0; i < TOOLS; i++)
        act_later(start_to_stay(station, TOOL, shell), draw_exponential(BETWEEN_NAMES_OF_TOOLS));
}

void users_open(void) {
    double sum = 0, all = 0;
    for (unsigned i = 0; i < STANDING; i++)
        all += 1.0 / (i + 1);
    for (unsigned i = 0; i < STANDING; i++)
        zipf[i] = sum += 1.0 / (i + 1) / all;
    for (unsigned i = 0; i < STATIONS; i++) {
        struct station *s = &stations[i];
        *s = (struct station){.node = vipc_fake_node(world.net),
                              .boot = {.fire = boot, .context = s},
                              .login = {.fire = login, .context = s}};
        s->evening = draw_between(world.evening - HOUR / 2, world.evening + HOUR / 2);
        vipc_timer_set(s->node, &s->boot, draw_between(world.begin, world.begin + HOUR / 2));
    }
}

void users_close(void) {
    for (unsigned i = 0; i < STATIONS; i++) {
        goes_home(&stations[i]);
        vipc_timer_cancel(&stations[i].boot);
        vipc_timer_cancel(&stations[i].login);
        world.figures.multicast_frames += vipc_fake_multicasts(stations[i].node);
    }
}

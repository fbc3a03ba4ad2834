/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * soak.h - fifty hosts on one bad segment, all from one seed, for much longer than seeds.c and with everything that goes wrong
 * among hosts: they crash, come back, lose their cable, are cut off from each other, and their entities end and begin.
 *
 * soak_main.c     arguments, one process a seed, the report
 * soak_run.c      one seed from its beginning to its end
 * soak_plan.c     what a seed is like; which calls are made
 * soak_agenda.c   what happens when
 * soak_oracle.c   what is known about every operation and every entity, and what must hold
 * soak_hosts.c    hosts with their entities; memory that is lent
 * soak_client.c   calls
 * soak_server.c   Requests and their answers
 * soak_groups.c   groups
 * soak_forward.c  Requests that servers pass on
 * soak_runs.c      streams
 * soak_migrate.c  servers that move
 * soak_faults.c   crashes, reboots, partitions
 * soak_ghosts.c   frames that come once more, long after
 */
#ifndef VMTP_TESTS_SOAK_H
#define VMTP_TESTS_SOAK_H

#include <stdio.h>
#include <stdlib.h>

#include "support/world.h"

#define SOAK_HOSTS 50
#define SOAK_CLIENTS 3 /* entities of each host */
#define SOAK_SERVERS 2
#define SOAK_SLOTS (SOAK_SERVERS + 1) /* and one from another host */
#define SOAK_GROUPS 6
#define SOAK_MOST_HOPS 17 /* servers that pass a Request on: two more than ForwardCount can tell */
#define SOAK_OPS 8192
#define SOAK_LIVES 1024

/* ---- what is counted: name, words, whether a run without any is too weak to say much ---- */

#define SOAK_COUNTS(X)                                                                                                 \
    X(CALLS, "calls", 1)                                                                                               \
    X(PLAIN, "calls, executed once", 1)                                                                                \
    X(IDEMPOTENT, "calls, idempotent", 1)                                                                              \
    X(DATAGRAMS, "datagrams", 1)                                                                                       \
    X(GROUP, "calls to groups", 1)                                                                                     \
    X(GROUP_ANSWERED, "calls to groups with several Responses", 1)                                                     \
    X(RESPONSES, "Responses of groups", 1)                                                                             \
    X(JOINED, "members that joined", 1)                                                                                \
    X(PASSED, "calls that are to be passed on", 1)                                                                     \
    X(FORWARDED, "Requests passed on", 1)                                                                              \
    X(NESTED, "Requests passed on as calls of the server", 1)                                                          \
    X(NESTED_FAILED, "of these, answered with the reason of their failure", 0)                                         \
    X(RUNS, "streams", 1)                                                                                              \
    X(STREAMED, "calls in streams", 1)                                                                                 \
    X(GAPS, "calls in streams executed without the one before", 0)                                                     \
    X(BATCHED, "calls in streams answered by a later Response", 1)                                                     \
    X(LARGE_REQUESTS, "Requests of several packet groups delivered", 1)                                                \
    X(LARGE_RESPONSES, "Responses of several packet groups delivered", 1)                                              \
    X(HUGE, "messages above 1 MiB delivered", 1)                                                                       \
    X(REFUSED, "calls refused by their server", 1)                                                                     \
    X(UNANSWERED, "calls never answered by their server", 1)                                                           \
    X(LOCAL, "calls within a host", 1)                                                                                 \
    X(BACK_TO_THE_DEAD, "calls to entities of the past", 1)                                                            \
    X(ANSWERED, "answered", 1)                                                                                         \
    X(EXECUTED, "executions", 1)                                                                                       \
    X(REDONE, "idempotent operations done again", 1)                                                                   \
    X(SECOND_LIFE, "operations done again by a server's next life", 0)                                                 \
    X(DIED, "calls that died with their host", 1)                                                                      \
    X(ABANDONED, "Requests given up before their answer", 1)                                                           \
    X(STALE, "answers that came too late, and were refused", 1)                                                        \
    X(UNEXPLAINED, "calls that timed out though nobody was gone", 0)                                                   \
    X(RUNS_LOST, "streams that timed out though nobody was gone", 0)                                                   \
    X(CRASHES, "crashes", 1)                                                                                           \
    X(REBOOTS, "reboots", 1)                                                                                           \
    X(PARTITIONS, "partitions", 1)                                                                                     \
    X(CABLES, "cables pulled", 1)                                                                                      \
    X(REPLACED, "servers replaced", 1)                                                                                 \
    X(MIGRATED, "servers migrated", 1)                                                                                 \
    X(RESUMED, "Requests that migrated with their server", 1)                                                          \
    X(GHOSTS, "frames that came again long after", 1)                                                                  \
    X(PACKETS, "packets sent", 1)                                                                                      \
    X(OCTETS, "octets carried in segments", 1)

enum soak_count {
#define SOAK_COUNT_ENUM(name, words, needed) SOAK_##name,
    SOAK_COUNTS(SOAK_COUNT_ENUM)
#undef SOAK_COUNT_ENUM
        SOAK_COUNT_COUNT
};

/* What a process tells about its seed. */
struct soak_totals {
    uint64_t counts[SOAK_COUNT_COUNT];
    uint64_t reasons[64];                  /* calls by how they ended; 63: CANCELLED */
    uint64_t counters[VMTP_COUNTER_COUNT]; /* of all engines */
};

/* ---- what is known ---- */

enum soak_state { SOAK_OPEN, SOAK_ENDED, SOAK_LOST /* with its host */ };

/* One operation that a client asks for.  Its number travels in the message. */
struct soak_op {
    vmtp_entity client, server;
    vmtp_handle handle;
    struct soak_buffer *request, *area;
    vmtp_time started, deadline, ended;
    vmtp_time followed; /* when its client began another call, or VMTP_NEVER */
    uint32_t request_size, response_size, area_size;
    uint32_t executions; /* the last of a list, or 0 */
    uint32_t executed;   /* times, by whomever */
    uint32_t result;
    uint16_t host, boot;
    uint8_t slot;
    uint8_t state;
    uint8_t idempotent, datagram, refuse, unanswered, cancelled;
    uint8_t group;
    uint8_t in_run, batched;
    uint32_t run, before;   /* its first operation; the one before it */
    uint8_t hops;           /* how many servers pass it on */
    uint32_t designations;  /* who was to execute it then */
    uint32_t slots;         /* for Responses */
    uint32_t responded;     /* so far, of a group with several slots */
    vmtp_entity *responses; /* by whom */
    uint8_t disturbed;      /* for some time its two hosts could not hear each other */
    uint32_t slow;          /* milliseconds until it is answered */
};

/* An entity from its creation to its end. */
struct soak_life {
    vmtp_entity id;
    vmtp_time from, until; /* VMTP_NEVER: it lives */
    uint32_t capacity;     /* octets of a Request that it takes; 0: a client */
    uint16_t host, boot;
    uint8_t no_streams, moved;
    uint32_t groups, ever; /* bits: a member, and has been one */
};

/* Memory lent to an engine. */
struct soak_buffer {
    struct soak_buffer *next, **link;
    vmtp_handle handle; /* a reply's */
    uint32_t size;
    uint32_t count; /* of what is lent in it; an accept's: the stay of its server */
    uint8_t octets[];
};

/* A Request that a server has not answered yet. */
struct soak_pending {
    struct soak_pending *next;
    vmtp_handle handle;
    vmtp_entity client;
    uint32_t op, life, execution, hop;
    uint8_t large, more; /* what the event says of it */
    uint8_t stale;       /* must not be taken any more */
};

struct soak_client {
    vmtp_entity id;
    unsigned open;     /* calls */
    uint32_t run_left; /* calls of its stream to come */
    uint32_t last;     /* the latest call, if it has made any */
    uint8_t called;
};

struct soak_server {
    vmtp_entity id; /* 0: none at present */
    uint32_t life;
    uint32_t capacity;
    uint8_t stable; /* its identifier comes back */
    uint8_t accepts;
    uint8_t serial;  /* takes the next Request after it has answered */
    uint32_t stay;   /* which of all stays of servers anywhere this is */
    unsigned posted; /* accepts, since it has come */
};

struct soak_host {
    struct node *node;
    struct soak_client clients[SOAK_CLIENTS];
    struct soak_server servers[SOAK_SLOTS];
    struct soak_pending *pending;
    struct soak_pending *arrivals; /* of a server that has just come */
    struct soak_buffer *lent, *replies, *forms;
    uint16_t index, boot;
    uint8_t up, ready; /* ready: it has identifiers, and entities */
    uint8_t unplugged, part;
    uint8_t no_streams; /* sends and takes no runs */
};

/* What a seed is like. */
struct soak_plan {
    struct vmtp_sim_faults faults;
    vmtp_time end;  /* no call begins after it */
    uint32_t think; /* milliseconds between the calls of a client */
    uint32_t large, slow, idempotent, datagram, refuse, unanswered, cancel, hurry; /* per cent of calls */
    uint32_t streams, bulk;                                                        /* per cent */
    uint32_t huge;                                                                 /* messages */
    uint32_t forward, group, membership;
    uint32_t crowd; /* per cent of calls that go to host 0 */
    uint32_t crashes, partitions, cables, replacements, changes, migrations;
    uint8_t scarce; /* small tables */
};

struct soak {
    uint64_t seed, prng;
    FILE *story;
    struct world world;
    struct soak_plan plan;
    struct soak_host hosts[SOAK_HOSTS];
    struct soak_op ops[SOAK_OPS];
    struct soak_life lives[SOAK_LIVES];
    uint32_t op_count, life_count, open;
    struct soak_totals totals;
};

extern struct soak soak;

/* ---- soak_run.c ---- */
void soak_run(uint64_t seed, const char *pcap, FILE *story);
/* Ends the process. */
_Noreturn void soak_fail(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));
void soak_tell(const char *format, ...) __attribute__((format(printf, 1, 2)));
#define REQUIRE(condition, ...) ((condition) ? (void)0 : soak_fail(__FILE__, __LINE__, __VA_ARGS__))
#define SOAK_COUNT(name, by) (soak.totals.counts[SOAK_##name] += (by))
static inline vmtp_time soak_now(void) { return world_now(&soak.world); }

/* ---- soak_plan.c ---- */
uint64_t soak_random(void);
uint32_t soak_below(uint32_t n);
int soak_chance(uint32_t percent);
void soak_plan_make(void);
void soak_plan_config(struct vmtp_config *config);
void soak_plan_server(struct soak_server *s);
/* What is asked for, and who is asked; before: the call of the same run before it, or NULL. */
void soak_plan_op(struct soak_op *op, const struct soak_op *before);
vmtp_entity soak_plan_target(void);
vmtp_time soak_plan_pause(void); /* until a client's next call */

/* ---- soak_agenda.c ---- */
enum soak_deed {
    SOAK_CALL,
    SOAK_NEXT,
    SOAK_CANCEL,
    SOAK_REPLY,
    SOAK_CRASH,
    SOAK_BOOT,
    SOAK_CUT,
    SOAK_HEAL,
    SOAK_UNPLUG,
    SOAK_PLUG,
    SOAK_REPLACE,
    SOAK_RETURN,
    SOAK_GHOST,
    SOAK_CHANGE,
    SOAK_MIGRATE,
    SOAK_ARRIVE
};
struct soak_item {
    vmtp_time when;
    uint64_t sequence;
    enum soak_deed deed;
    uint16_t host, boot; /* forgotten if the host has crashed since */
    uint32_t which;
    uint64_t handle;
};
void soak_agenda_add(vmtp_time when, enum soak_deed deed, const struct soak_host *h, uint32_t which, uint64_t handle);
vmtp_time soak_agenda_next(void); /* VMTP_NEVER: nothing more */
struct soak_item soak_agenda_take(void);

/* ---- soak_oracle.c ---- */
uint32_t soak_life_begin(vmtp_entity id, const struct soak_host *h, uint32_t capacity, int stable);
void soak_life_end(vmtp_entity id, const struct soak_host *h);
void soak_lives_end(const struct soak_host *h);
uint32_t soak_life_of(vmtp_entity id, const struct soak_host *h);
uint32_t soak_executed(const struct soak_host *h, const struct vmtp_event *ev); /* the operation's number */
void soak_completed(const struct soak_host *h, const struct vmtp_event *ev);
void soak_fill(uint8_t *p, uint32_t size, uint32_t op, uint32_t response);
/* whole: no octet may be missing */
void soak_check_response(const struct soak_op *op, uint32_t number, const struct vmtp_event *ev, int whole);
#define SOAK_WORD(op) ((op) ^ 0x5a5a5a5au)

/* ---- soak_hosts.c ---- */
void soak_host_boot(struct soak_host *h);
void soak_host_crash(struct soak_host *h);
void soak_host_close(struct soak_host *h);
int soak_host_rests(const struct soak_host *h); /* nothing is left of any call */
void soak_host_check(const struct soak_host *h, int closed);
struct soak_buffer *soak_lend(struct soak_buffer **list, uint32_t size);
void soak_take_back(struct soak_buffer *b); /* NULL: nothing */
void soak_take_back_replies(struct soak_host *h, vmtp_handle handle);

/* ---- soak_client.c ---- */
void soak_call(struct soak_host *h, uint32_t slot);
void soak_call_next(struct soak_host *h, uint32_t slot); /* of a stream */
void soak_cancel(struct soak_host *h, uint32_t op);
void soak_on_complete(struct soak_host *h, const struct vmtp_event *ev);

/* ---- soak_server.c ---- */
void soak_server_begin(struct soak_host *h, struct soak_server *s);
void soak_server_open(struct soak_host *h, struct soak_server *s); /* posts what it accepts with, joins groups */
void soak_server_end(struct soak_host *h, struct soak_server *s);
void soak_reply(struct soak_host *h, vmtp_handle handle);
void soak_on_request(struct soak_host *h, const struct vmtp_event *ev);
void soak_on_released(struct soak_host *h, const struct vmtp_event *ev);
void soak_on_abandoned(struct soak_host *h, const struct vmtp_event *ev);
void soak_on_accept_returned(struct soak_host *h, const struct vmtp_event *ev);

/* ---- soak_groups.c ---- */
vmtp_entity soak_group_id(uint32_t which);
void soak_group_begin(struct soak_host *h, const struct soak_server *s); /* a new server joins some */
void soak_group_change(void);                                            /* somebody joins or leaves */
int soak_group_member(uint32_t life, vmtp_entity group);                 /* is or was */
void soak_plan_group(struct soak_op *op);
void soak_on_response(struct soak_host *h, const struct vmtp_event *ev);
void soak_group_completed(const struct soak_op *op, uint32_t number, const struct vmtp_event *ev);

/* ---- soak_runs.c ---- */
void soak_run_executed(const struct soak_op *op, uint32_t number, uint32_t life);
int soak_run_completed(const struct soak_op *op, uint32_t number, uint32_t result);
int soak_run_batched(const struct soak_op *op, uint32_t number, const struct vmtp_event *ev);
void soak_run_begin(struct soak_client *c, struct soak_op *op, uint32_t number);
void soak_run_continue(struct soak_client *c, struct soak_op *op);
int soak_run_failed(const struct soak_client *c);

/* ---- soak_forward.c ---- */
int soak_forward(struct soak_host *h, const struct soak_pending *p); /* 0, or why it is still to be answered */
int soak_forward_expected(const struct soak_op *op, const struct vmtp_event *ev, uint32_t life);
vmtp_entity soak_forward_target(const struct soak_op *op, uint32_t which); /* 0: no more */

/* ---- soak_migrate.c ---- */
void soak_migrate(void);
void soak_arrive(uint64_t which);
struct soak_pending *soak_arrived(struct soak_host *h, const struct vmtp_event *ev);
void soak_on_resumed(struct soak_host *h, const struct vmtp_event *ev);
void soak_on_form_released(struct soak_host *h, const struct vmtp_event *ev);

/* ---- soak_faults.c ---- */
void soak_faults_plan(void); /* writes them on the agenda */
void soak_fault(const struct soak_item *item);
/* A call that is open, or begins: can its Requests arrive at present? */
void soak_disturb(struct soak_op *op);

/* ---- soak_ghosts.c ---- */
void soak_ghosts_begin(void);
void soak_ghosts_end(void);
void soak_ghost(uint64_t which);

#endif

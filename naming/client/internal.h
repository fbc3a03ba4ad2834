/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The resolver from inside.
 *
 *   resolver.c  memory, counters, steps
 *   cache.c     prefixes and their records
 *   query.c     questions: whose name is this?
 *   ask.c       which question comes after which
 *   meeting.c   telling two managers of each other
 *   operate.c   operations: from the cache or a question to a manager, and what its answer means
 *   context.c   places from which relative names go on
 *   hand_down.c what parents tell children
 *   listen.c    what managers announce
 *   watch.c     presence
 *   survey.c    all prefixes of a segment
 *   wait.c      functions that block
 */
#ifndef VNAMING_CLIENT_INTERNAL_H
#define VNAMING_CLIENT_INTERNAL_H

#include <string.h>

#include <vnaming/client.h>
#include <vnaming/watch.h>

/* Values of section 11. */
#define VN_QUERY_TIME (1 * VMTP_SECOND)
#define VN_LISTEN_TIME (100 * VMTP_MILLISECOND)
#define VN_FIRST_DELAY (250 * VMTP_MILLISECOND)
#define VN_LAST_DELAY (2 * VMTP_SECOND)
#define VN_DIRECTORY_SILENCE (30 * VMTP_SECOND)
#define VN_ALIAS_AGE (60 * VMTP_SECOND)
#define VN_FORWARDER_AGE (60 * VMTP_SECOND)
#define VN_NO_ROOM_DELAY (50 * VMTP_MILLISECOND) /* before what the node had no room for is sent again */
#define VN_MAX_ALIASES 8u
#define VN_MAX_MOVES 4u
#define VN_MEETINGS 4u

#define VN_NONE UINT32_MAX

/* ---- the cache ---- */

struct vn_entry {
    struct vname_record record; /* prefix is text, target one of the cache's */
    uint32_t hash, chain;       /* chain: the next of this bucket, or of the free ones */
    uint32_t newer, older;      /* by use */
    uint32_t target;            /* its place, VN_NONE: no alias */
    vmtp_time told;             /* when */
    int doubted;                /* to be asked for before it is used */
    vmtp_entity forwarder;      /* who has answered for its manager, and was asked what he has, */
    vmtp_time forwarder_asked;  /* when */
    char text[VNAME_PREFIX_OCTETS];
};

struct vn_cache {
    struct vn_entry *entries;
    uint32_t *buckets;
    char (*targets)[VNAME_NAME_OCTETS];
    uint32_t *free_targets;
    uint32_t size, bucket_mask, free, used, newest, oldest, targets_size, targets_free;
    uint64_t *evicted; /* counts */
};

void vn_cache_init(struct vn_cache *cache);
/* The entry of the longest prefix that matches, NULL: none. */
struct vn_entry *vn_cache_find(const struct vn_cache *cache, const char *name, size_t length);
struct vn_entry *vn_cache_exact(const struct vn_cache *cache, const char *prefix, size_t length);
/* Replaces what there is of this prefix.  Its record must be good; it may point into the cache.  The entry becomes the one used last. */
struct vn_entry *vn_cache_put(struct vn_cache *cache, const struct vname_record *record, vmtp_time now);
/* The same, but this is no use of it: the place in the order of uses stays, and what is new comes last and makes nothing go. */
void vn_cache_learn(struct vn_cache *cache, const struct vname_record *record, vmtp_time now);
void vn_cache_use(struct vn_cache *cache, struct vn_entry *entry);
void vn_cache_drop(struct vn_cache *cache, struct vn_entry *entry);

/* ---- questions ---- */

enum vn_stage {
    VN_IDLE,          /* a free record */
    VN_ALONE,         /* one manager, and nobody else */
    VN_GROUP,         /* the replicas of a group */
    VN_LOOKUP_FIRST,  /* the directory before the others */
    VN_MANAGER_FIRST, /* the manager that it named */
    VN_HANDLERS,
    VN_LOOKUP,
    VN_MANAGER
};

enum vn_found {
    VN_FOUND,      /* it is in the cache */
    VN_NOBODY,     /* no answer, and no directory */
    VN_INVALID,    /* the directory does not have it */
    VN_UNREACHABLE /* the directory has it, its manager is silent */
};

/* INVALID would be the end of this operation. */
int vn_operation_is_final(const struct vname_operation *op);

/* How one of them ends. */
enum vn_stage_end {
    VN_SILENT,
    VN_GOOD,
    VN_NOT_THERE /* the directory does not have the name */
};

struct vn_query {
    vname_resolver *resolver;
    struct vn_query *next; /* free ones */
    enum vn_stage stage;
    int listening;  /* there has been a good answer; nobody may join */
    int not_found;  /* the directory does not have it */
    unsigned all;   /* how often everybody was asked */
    int registered; /* it does have it */
    struct vname_waiters waiters;
    struct vipc_call call;
    struct vipc_timer timer;
    struct vname_record best; /* the answer so far, in the area */
    int own;                  /* told by its manager */
    size_t length;
    char name[VNAME_NAME_OCTETS];
    uint8_t *area;
};

/* Whom to ask. */
struct vn_question {
    const char *name;
    size_t length;
    vmtp_entity group; /* of replicas to ask first, or 0 */
    vmtp_entity alone; /* the one to ask, 0: everybody */
};

/* Puts the operation (NULL: nobody waits) among those that wait for the answer; the question may be under way already. */
void vn_inquire(vname_resolver *r, const struct vn_question *question, struct vname_operation *op);
/* Its end, whatever it was doing; it has no waiters any more. */
void vn_query_close(struct vn_query *query);
void vn_query_stage_over(struct vn_query *query, enum vn_stage_end end);

/* query.c, for ask.c */
void vn_query_send(struct vn_query *query, enum vn_stage stage, vmtp_entity to);
void vn_query_wake(struct vn_query *query, enum vn_found found);
/* 1: an answer of this record to a question about this name would be good; else counted. */
int vn_answer_is_good(vname_resolver *r, const struct vname_record *record, vmtp_entity server, const char *name,
                      size_t length);

/* ---- meetings ---- */

struct vn_meeting {
    struct vipc_call call;
    uint8_t segment[VNAME_RECORD_OCTETS];
};

void vn_introduce(vname_resolver *r, const struct vname_record *a, const struct vname_record *b);

/* ---- the resolver ---- */

struct vname_resolver {
    vipc *ipc;
    struct vname_config config;
    struct vn_cache cache;
    struct vname_counters counters;
    struct vn_query *queries, *free_queries;
    struct vname_waiters queue; /* operations for which there was no question record */
    struct vname_operation *operations;
    struct vname_context *contexts;
    struct vname_context current;
    struct vn_meeting meetings[VN_MEETINGS];
    vmtp_time directory_silent_until;
    struct vipc_service listener; /* while there are watches, or it listens */
    struct vname_watch *watches, *next_watch;
    int announcing; /* the listener has a Request in hand */
    int listens;    /* vname_listen */
    int allocated;
};

void vn_step(vname_resolver *r, enum vname_step_kind kind, const char *name, size_t length, vmtp_entity who,
             uint32_t code, const struct vname_record *record);

/* ---- operations ---- */

enum vn_state {
    VN_OP_NEW,
    VN_OP_ASKING,  /* waits for an answer, or for a question record */
    VN_OP_SENT,    /* waits for its manager */
    VN_OP_PATIENT, /* waits before it asks again */
    VN_OP_CONTEXT, /* waits for its context */
    VN_OP_END      /* is over, and will be told */
};

void vn_waiters_add(struct vname_waiters *list, struct vname_operation *op);
void vn_waiters_remove(struct vname_operation *op);
/* What it has asked for has been answered. */
void vn_operation_answered(struct vname_operation *op, enum vn_found found);
/* There is room for its question now. */
void vn_operation_asks(struct vname_operation *op);
/* Its context was mapped, or why not. */
void vn_operation_mapped(struct vname_operation *op);
void vn_operation_end(struct vname_operation *op, enum vname_outcome outcome, int result);
/* Without a word. */
void vn_operation_drop(struct vname_operation *op);
void vn_operation_patient(struct vname_operation *op);
void vn_operation_wait_until(struct vname_operation *op, vmtp_time at);

/* ---- announcements ---- */

/* The listener is there and hears announcements, or heartbeats too: 0, or what vipc_serve and vipc_join return. */
int vn_attend(vname_resolver *r, int heartbeats);
/* It is not needed as much as it was. */
void vn_attend_no_more(vname_resolver *r);
/* A record that its own manager announces; he lives. */
void vn_watches_hear(vname_resolver *r, const struct vname_record *record, uint32_t reason);
void vn_watches_hear_from(vname_resolver *r, vmtp_entity manager);

/* ---- contexts ---- */

/* The operation waits until its context is mapped. */
void vn_context_map(vname_resolver *r, struct vname_context *context, struct vname_operation *op);
/* It does not lead to this manager any more. */
void vn_context_stale(struct vname_context *context, vmtp_entity manager);

static inline uint32_t vn_code(const struct vmtp_message *message) { return message->code & VMTP_CODE_MASK; }

#endif

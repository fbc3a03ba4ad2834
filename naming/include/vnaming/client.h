/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vnaming/client.h - use names: send operations to whoever has the name.
 *
 * A resolver finds the managers of names for one program and remembers them (spec/naming.md sections 5 to 7).  An operation by name is sent with
 * vname_operate; what makes it reach its manager (the cache, multicast, aliases, managers that moved or came again elsewhere, the
 * directory) happens behind it, and its caller sees one answer.
 *
 * Event-driven, on the thread of the node (vipc/ipc.h): functions of yours are called from vipc_turn, vipc_wait and what blocks by it, never from
 * inside a function of this header, and may do anything but close the resolver.  You own struct vname_operation and struct vname_context: clear
 * them to zero, set what you need, leave members below "private" alone and keep them where they are while they are in use.
 * A resolver allocates nothing after it was opened.
 *
 * Results are those of vipc/ipc.h: 0, an error below 0 (vmtp/errors.h), or a code above 0 (vmtp/registry.h).
 */
#ifndef VNAMING_CLIENT_H
#define VNAMING_CLIENT_H

#include <vipc/ipc.h>
#include <vnaming/name.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct vname_resolver vname_resolver;
struct vname_operation;

/* ---- steps: what a resolver does, for those who want to see it ------------------------------------------------ */

/* X(name, words) */
#define VNAME_STEPS(X)                                                                                                 \
    X(BEGIN, "begins")                                                                                                 \
    X(CACHE_HIT, "cache: known")                                                                                       \
    X(CACHE_MISS, "cache: not known")                                                                                  \
    X(MULTICAST, "multicast QueryName")                                                                                \
    X(ASK_GROUP, "QueryName to the replicas")                                                                          \
    X(ASK_ALONE, "QueryName to one manager")                                                                           \
    X(ASK_DIRECTORY, "LookupName to the directory")                                                                    \
    X(JOINED, "waits for a question under way")                                                                        \
    X(ANSWER, "answer")                                                                                                \
    X(ANSWER_MORE, "another answer")                                                                                   \
    X(ANSWER_BAD, "answer ignored")                                                                                    \
    X(CONFLICT, "two managers for one prefix")                                                                         \
    X(SILENCE, "no answer")                                                                                            \
    X(DIRECTORY_RECORD, "directory: registered")                                                                       \
    X(DIRECTORY_NOT_FOUND, "directory: no such name")                                                                  \
    X(SEND, "operation sent")                                                                                          \
    X(RESPONSE, "response")                                                                                            \
    X(FORWARDED, "answered by another manager")                                                                        \
    X(ALIAS, "alias")                                                                                                  \
    X(MOVED, "moved")                                                                                                  \
    X(STALE, "stale")                                                                                                  \
    X(GONE, "manager silent")                                                                                          \
    X(PATIENCE, "asks again later")                                                                                    \
    X(MAP, "maps its context")                                                                                         \
    X(END, "ends")

enum vname_step_kind {
#define VNAME_STEP_MEMBER(name, words) VNAME_STEP_##name,
    VNAME_STEPS(VNAME_STEP_MEMBER)
#undef VNAME_STEP_MEMBER
        VNAME_STEP_KINDS
};

/* Valid for the call. */
struct vname_step {
    enum vname_step_kind kind;
    vmtp_time at;
    const char *name; /* that it is about: of the operation, as it is now, or of the question */
    size_t length;
    vmtp_entity who;                   /* asked, or answered; 0: nobody */
    uint32_t code;                     /* RESPONSE, END: ResponseCode or result; PATIENCE: milliseconds */
    const struct vname_record *record; /* or NULL */
};

VMTP_API const char *vname_step_words(enum vname_step_kind kind); /* static; "" for others */

/* ---- the resolver --------------------------------------------------------------------------------------------- */

enum vname_config_flags {
    VNAME_DIRECTORY_FIRST = 1 /* ask the directory before VNAME_HANDLERS: for large networks (NAME-9-12) */
};

struct vname_config {
    uint32_t prefixes;  /* remembered, 4 to 65536; 0: 256.  About 400 octets each */
    uint32_t aliases;   /* of them, 1 to 65536; 0: 16.  1024 octets each */
    uint32_t queries;   /* questions under way at once, 1 to 1024; further ones wait; 0: 8 */
    uint32_t answers;   /* to one question that are looked at, 2 to 12; 0: 4.  1320 octets each in every question */
    uint32_t flags;     /* enum vname_config_flags */
    vmtp_time patience; /* how long an operation that has no deadline goes on asking for a manager; 0: 30 s */
    void *memory; /* that the resolver uses until it is closed, aligned as by malloc; NULL: it gets it by malloc */
    size_t memory_size;
    /* Told of each step.  It must not call this header, and may be NULL. */
    void (*trace)(void *trace_context, const struct vname_step *step);
    void *trace_context;
};

/* Octets of memory that a resolver of this configuration (NULL: all 0) uses; 0: a member is out of its range. */
VMTP_API size_t vname_footprint(const struct vname_config *config);
/* config may be NULL and is not kept.  VMTP_E_INVALID (config), VMTP_E_MEMORY. */
VMTP_API int vname_open(vname_resolver **resolver, vipc *ipc, const struct vname_config *config);
/* Before the node is closed.  Operations end without being told of it, contexts and watches are yours again.  NULL is allowed. */
VMTP_API void vname_close(vname_resolver *resolver);
VMTP_API vipc *vname_ipc(vname_resolver *resolver);

/* X(member): all count up from 0. */
#define VNAME_CLIENT_COUNTERS(X)                                                                                       \
    X(operations) /* begun */                                                                                          \
    X(lookups)    /* of the cache for an absolute name */                                                              \
    X(hits)                                                                                                            \
    X(multicasts)          /* QueryName to VNAME_HANDLERS */                                                           \
    X(group_queries)       /* QueryName to a group of replicas */                                                      \
    X(lone_queries)        /* QueryName to one manager */                                                              \
    X(directory_queries)   /* LookupName */                                                                            \
    X(coalesced)           /* waited for a question that was under way */                                              \
    X(queued)              /* waited because too many questions were under way */                                      \
    X(answers)             /* good ones, the first of each question */                                                 \
    X(answers_more)        /* good ones that came later */                                                             \
    X(answers_malformed)   /* not good: no record, or not well-formed */                                               \
    X(answers_code)        /* not good: a code that is none of an answer */                                            \
    X(answers_not_asked)   /* not good: the prefix does not match the name */                                          \
    X(answers_longer)      /* not good: the prefix goes on behind the name */                                          \
    X(answers_length)      /* not good: word 0 is not the length of the prefix */                                      \
    X(answers_claiming)    /* not good: CLAIMING or RELEASED */                                                        \
    X(answers_not_own)     /* not good: of another manager, and not SECOND_HAND */                                     \
    X(conflicts)           /* two managers answered for one prefix */                                                  \
    X(meetings)            /* AnnounceName of reason MEET sent */                                                      \
    X(meetings_unsent)     /* no room for one, or it could not be sent */                                              \
    X(stale)               /* entries found stale: NAME_STALE, no such entity */                                       \
    X(gone)                /* entries whose manager did not answer */                                                  \
    X(repeats)             /* operations sent again */                                                                 \
    X(moved)               /* NAME_MOVED followed */                                                                   \
    X(moved_bad)           /* NAME_MOVED without a good record, or too many */                                         \
    X(aliases)             /* followed */                                                                              \
    X(aliases_bad)         /* NAME_ALIAS without an absolute name */                                                   \
    X(loops)               /* ended: too many aliases */                                                               \
    X(too_long)            /* ended: an alias made the name too long */                                                \
    X(refused)             /* names that are none; nothing was sent */                                                 \
    X(forwarded)           /* answered by another manager */                                                           \
    X(waits)               /* for a known prefix that nobody answers for */                                            \
    X(directory_silences)  /* no directory answered */                                                                 \
    X(directory_not_found) /* the directory does not know the name */                                                  \
    X(contexts_mapped)                                                                                                 \
    X(contexts_stale)                                                                                                  \
    X(evicted)           /* entries that made room */                                                                  \
    X(inherited)         /* records of V_NAMES taken */                                                                \
    X(inherited_bad)     /* records of V_NAMES that could not be read */                                               \
    X(learned)           /* records that were new, by vname_listen */                                                  \
    X(announcements)     /* records heard by the listener that counted */                                              \
    X(announcements_bad) /* and that did not: not well-formed, or not of their sender */                               \
    X(heartbeats)        /* heard of watched managers */                                                               \
    X(ended_answered)    /* operations by their end */                                                                 \
    X(ended_no_such_name)                                                                                              \
    X(ended_unreachable)                                                                                               \
    X(ended_no_answer)                                                                                                 \
    X(ended_out_of_time)                                                                                               \
    X(ended_failed)                                                                                                    \
    X(cancelled)

struct vname_counters {
#define VNAME_COUNTER_MEMBER(member) uint64_t member;
    VNAME_CLIENT_COUNTERS(VNAME_COUNTER_MEMBER)
#undef VNAME_COUNTER_MEMBER
};

/* The resolver's own, which go on counting. */
VMTP_API const struct vname_counters *vname_counters_of(const vname_resolver *resolver);

/* ---- operations ------------------------------------------------------------------------------------------------- */

/* How an operation ended. */
enum vname_outcome {
    VNAME_ANSWERED, /* answer, area: the Response, whatever its code; or VNAME_LOOP, VNAME_TOO_LONG by the resolver (answer.server is 0) */
    VNAME_NO_SUCH_NAME, /* VNAME_NOT_FOUND is in answer.code: from the manager, answer.server, or the directory (answer.server is 0) */
    VNAME_UNREACHABLE, /* there is a manager, and it does not answer.  result VMTP_RETRANS_TIMEOUT: the operation may have been done */
    VNAME_NO_ANSWER,   /* nobody answers for the name, and no directory can say whether somebody should */
    VNAME_OUT_OF_TIME, /* the deadline; result VMTP_USER_TIMEOUT: the operation may have been done */
    VNAME_FAILED /* result tells: a code (VMTP_BAD_REPLY_SEGMENT: answer is there, and received octets) or an error of this node */
};
VMTP_API const char *vname_outcome_words(enum vname_outcome outcome); /* static */

enum vname_operation_flags {
    VNAME_REPEATABLE = 1, /* the operation may be done twice: it is sent again when the manager falls silent (NAME-7.1-05) */
    VNAME_FRESH = 2,      /* ask, do not believe the cache */
    VNAME_EMPTY_NAME = 4, /* the operation takes an empty name: the context itself */
    VNAME_TELL_STALE = 8 /* NAME_STALE ends it, answered: for operations with several names.  What led to the manager has been forgotten */
};

#define VNAME_EXTRA_OCTETS 1024u

struct vname_context;

/* Operations that wait for the same.  Private. */
struct vname_waiters {
    struct vname_operation *first, *last;
};

/*
 * An operation by name.  The record and what it points to are lent from vname_operate until done is called, or vname_cancel.
 */
struct vname_operation {
    const char *name; /* absolute, or relative to from */
    size_t name_length;
    struct vname_context *from; /* NULL: the resolver's current context */
    uint32_t code;              /* VNAME_BY_NAME is set on its way */
    uint32_t words[4];          /* words 2 to 5 of the Request */
    const void *extra;          /* what the operation has behind the name in its segment */
    uint32_t extra_size;        /* above VNAME_EXTRA_OCTETS it needs work */
    void *work;                 /* NULL, or room for VNAME_NAME_OCTETS + extra_size octets */
    void *area;                 /* for the segment of the Response */
    uint32_t capacity;
    uint32_t flags;      /* enum vname_operation_flags */
    uint32_t call_flags; /* enum vipc_call_flags, but VIPC_CALL_PARTIAL */
    vmtp_time deadline;  /* absolute; VMTP_NEVER: see vname_config.patience */
    vmtp_entity client;  /* as in struct vipc_call */
    uint8_t priority;
    void (*done)(struct vname_operation *operation, enum vname_outcome outcome);
    void *context; /* yours */

    /* What came of it, from done on; until the record is used again. */
    enum vname_outcome outcome;
    int result;
    struct vmtp_message answer; /* .server: who answered */
    uint32_t received;          /* octets of area */
    const char *full;           /* the name as it was sent last, after all aliases; in this record */
    size_t full_length;
    struct vname_record record; /* of the manager that it was sent to last, or for vname_resolve; manager 0: none.  prefix lies in `full`; no target */
    uint32_t aliases, moves, repeats, questions; /* how many it took; questions: multicasts */

    /* private */
    vname_resolver *resolver; /* NULL: not under way */
    struct vname_operation *next, *previous, *next_all, *previous_all;
    struct vname_waiters *list;
    struct vipc_call call;
    struct vipc_timer timer;
    vmtp_time until, delay;
    vmtp_entity group, target;
    size_t length;
    uint8_t state, resolve_only, relative, known, registered, fresh, doubting, inside, told;
    int over;
    uint8_t segment[VNAME_NAME_OCTETS + VNAME_EXTRA_OCTETS];
    uint8_t small[VNAME_RECORD_OCTETS];
};

/*
 * Sends an operation.  0: begun, done will be called once.  VNAME_INVALID, VNAME_TOO_LONG: this is no name, nothing is sent (NAME-2.1-04).
 * VMTP_E_INVALID (it is under way, members contradict each other, other flags), VMTP_E_TOO_LARGE (extra).
 */
VMTP_API int vname_operate(vname_resolver *resolver, struct vname_operation *operation);
/* Finds the manager of an absolute name, and sends it nothing.  Set name, flags, deadline, done.  VNAME_ANSWERED: it is in record, aliases have been
 * followed.  What the cache holds may be stale, but for VNAME_FRESH. */
VMTP_API int vname_resolve(vname_resolver *resolver, struct vname_operation *operation);
/* Ends it for its caller: nothing more is told, all that was lent is back.  Its manager may still do it.  Without effect when it is not under way. */
VMTP_API void vname_cancel(struct vname_operation *operation);
/* The same two, and wait until it is over: 0 (see outcome), what they return, or what made waiting fail (VMTP_E_CANCELLED ...; the operation is
 * cancelled then).  done is not called. */
VMTP_API int vname_operate_wait(vname_resolver *resolver, struct vname_operation *operation);
VMTP_API int vname_resolve_wait(vname_resolver *resolver, struct vname_operation *operation);

/* ---- the cache ----------------------------------------------------------------------------------------------------- */

/* The record of the longest cached prefix that matches: 1 or 0.  It points into the cache, until the next call that changes it.  Counts as no use. */
VMTP_API int vname_cached(const vname_resolver *resolver, const char *name, size_t length, struct vname_record *record);
/* How many prefixes are cached; the first `room` of them, most recently used first, are stored in records (as above). */
VMTP_API uint32_t vname_cache_list(const vname_resolver *resolver, struct vname_record *records, uint32_t room);
/* Remembers a record: 0, VMTP_E_INVALID (it is not good, or CLAIMING or RELEASED). */
VMTP_API int vname_cache_put(vname_resolver *resolver, const struct vname_record *record);
/* Forgets this prefix, or (NULL) all. */
VMTP_API void vname_cache_drop(vname_resolver *resolver, const char *prefix, size_t length);

/* ---- contexts (section 6.2) ----------------------------------------------------------------------------------------- */

/* A place from which relative names go on.  Where it leads is found when it is needed, and again when that turns out stale. */
struct vname_context {
    struct vname_place place; /* to read */

    /* private */
    vname_resolver *resolver;
    struct vname_waiters waiters;
    struct vname_context *next, *previous;
    struct vname_operation map;
    uint8_t answer[VNAME_NAME_OCTETS];
};

/* Makes the context stand for a place; place->manager 0: only the name is known.  Also again, for another place.  VMTP_E_INVALID: its name is not
 * absolute or no name. */
VMTP_API int vname_context_set(vname_resolver *resolver, struct vname_context *context, const struct vname_place *place);
/* Its end: operations that wait for it end with VMTP_E_NO_ENTITY in result. */
VMTP_API void vname_context_clear(struct vname_context *context);
/* The current context; its place has length 0 until it is set. */
VMTP_API struct vname_context *vname_current(vname_resolver *resolver);
/* The place that MapContext (an operation of code VNAME_MAP_CONTEXT, with an area of VNAME_NAME_OCTETS) has found: 1, or 0: it has ended otherwise. */
VMTP_API int vname_mapped(const struct vname_operation *operation, struct vname_place *place);
/* Maps a name, which may be relative, and makes it the current context.  Waits.  0; VNAME_NOT_CONTEXT, VNAME_NOT_FOUND and other codes of the answer;
 * VMTP_RETRANS_TIMEOUT: unreachable or no answer; VMTP_USER_TIMEOUT: the deadline; VNAME_INVALID, VNAME_TOO_LONG; below 0: as vname_operate_wait. */
VMTP_API int vname_change_context(vname_resolver *resolver, const char *name, size_t length, vmtp_time deadline);

/* ---- handing down (section 7.2) --------------------------------------------------------------------------------------- */

/* Takes the records of V_NAMES and the current context of V_CONTEXT; either may be NULL.  How many records. */
VMTP_API uint32_t vname_inherit(vname_resolver *resolver, const char *names, const char *context);
/* The same from this process's environment. */
VMTP_API uint32_t vname_inherit_environment(vname_resolver *resolver);
/*
 * For programs that live long and start others: listens to what managers announce, and keeps the cache by it (NAME-7.2-06), so that children
 * are handed down where managers are now, and prefixes that this program itself has never used.  Nothing is sent for it.  It takes an entity of the node, with
 * room for 32 announcements.  Again while it listens: without effect.  0, and what vipc_serve and vipc_join return.
 */
VMTP_API int vname_listen(vname_resolver *resolver);
/* Its end; vname_close does it, too. */
VMTP_API void vname_listen_no_more(vname_resolver *resolver);
/* V_NAMES for children: the records used most recently.  As vname_text_records. */
VMTP_API size_t vname_names_text(const vname_resolver *resolver, char *text, size_t room);
/* V_CONTEXT for children, 0 if there is no current context.  As vname_text_place. */
VMTP_API size_t vname_context_text(const vname_resolver *resolver, char *text, size_t room);

#ifdef __cplusplus
}
#endif
#endif

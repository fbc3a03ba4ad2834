/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vnaming/manager.h - hold prefixes of the global name space, and answer for the names that begin with them.
 *
 * A manager is one entity (a service of vipc/ipc.h) that claims, announces and defends prefixes, answers whose a name is, knows who holds what lies
 * below its own, and hands on what is not its own; spec/naming.md sections 5, 6, 8, 9 and 10.  What the names stand for is the program's: it gives
 * a function for operations by name, and one for all other Requests to the entity.
 *
 *     struct vname_manager_config config;
 *     vname_manager_config_init(&config);
 *     config.operation = my_operation; config.request = my_request; config.event = my_event; config.context = me;
 *     memory = malloc(vname_manager_footprint(&config));
 *     vname_manager_create(&manager, ipc, &config, memory);
 *     vname_manager_claim(manager, &(struct vname_manager_claim){.prefix = "/storage", .prefix_length = 8});
 *     ... vipc_wait or vipc_turn ...: my_event is told VNAME_MANAGER_HELD some 400 ms later
 *
 * Everything happens on the thread of the node, from vipc_turn and vipc_wait; nothing here blocks, and nothing is allocated after creation.
 * Functions that the configuration names are called from inside the library.  They may call everything here but vname_manager_destroy,
 * and may block in vipc_wait.  Errors below 0 are those of vmtp/errors.h; times are nanoseconds of vipc_now.
 */
#ifndef VNAMING_MANAGER_H
#define VNAMING_MANAGER_H

#include <vipc/ipc.h>
#include <vnaming/name.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct vname_manager vname_manager;

/* ---- what the program is told -------------------------------------------------------------------------------- */

/*
 * An operation that takes a name: bit VNAME_BY_NAME and PIC in its Code.  What section 6.1 says has been looked at: the name is good, and if it is
 * absolute it is this manager's.  Names that lead into a mount, an alias or to a prefix that was handed over are not seen here.
 *
 * The program answers `in`, now or later, by vipc_reply, vipc_forward or one of the functions below, or discards it.  The structure may be copied;
 * name and extra lie in in->segment.  VNAME_MAP_CONTEXT comes this way too.
 */
struct vname_manager_operation {
    vname_manager *manager;
    struct vipc_incoming *in; /* words 2 to 5 of in->message are the operation's */
    uint32_t code;            /* the low 24 bits */
    uint32_t context; /* from which name[index..length) is to be interpreted.  Of a relative name: it may not exist, see
                                 config.context_name; then the answer is NAME_STALE */
    const char *name; /* whole */
    uint16_t length;  /* 0 only with config.takes_empty */
    uint16_t index;   /* of an absolute name: the prefix ends here, and `context` is that of the prefix */
    const void *extra; /* what the operation adds behind the name */
    uint32_t extra_size;
};

enum vname_manager_event_type {
    VNAME_MANAGER_HELD, /* a claim has succeeded, or a prefix was taken over: operations come from now on */
    VNAME_MANAGER_REFUSED, /* it has not.  result: VNAME_HELD (record: what was in the way), what the other manager or the directory
                               said, or what of vipc/ipc.h went wrong.  With claim.again it goes on, else the prefix is forgotten */
    VNAME_MANAGER_LOST, /* section 8.5: another holder (record) has won, or another owner is registered.  What was executed meanwhile is
                               yours to reconcile; contexts are served by number until you end that */
    VNAME_MANAGER_HANDED_OVER, /* record: the new manager's */
    VNAME_MANAGER_RELEASED, /* the one who covers it refused it (result: NO_PERMISSION, NAME_NO_ROOM), so it was released */
    VNAME_MANAGER_REGISTERED, /* the directory has it; record.generation is what to remember */
    VNAME_MANAGER_MOUNTED,    /* another manager (record) holds a prefix below one of ours */
    VNAME_MANAGER_UNMOUNTED   /* and now nobody is known to */
};

/* All it points to is valid during the call only. */
struct vname_manager_event {
    enum vname_manager_event_type type;
    const char *prefix;
    size_t prefix_length;
    const struct vname_record *record; /* may be NULL */
    int result;                        /* > 0: a ResponseCode; < 0: vmtp_error */
    int again;                         /* REFUSED: it will be tried again */
};

enum vname_directory_use {
    VNAME_DIRECTORY_NEVER,  /* prefixes are not registered */
    VNAME_DIRECTORY_TRY,    /* they are; when no directory answers they are held all the same, and registered later */
    VNAME_DIRECTORY_REQUIRE /* without a directory that says yes they are not held */
};

/* ---- creation ------------------------------------------------------------------------------------------------- */

struct vname_manager_config {
    size_t size;       /* set by vname_manager_config_init; another one is refused */
    uint32_t prefixes; /* held and claimed; default 16 */
    uint32_t claims;   /* of them, under way at a time, others wait; default 4 (about 12 KiB each) */
    uint32_t mounts;   /* of others below ours; default 64 (about 1.4 KiB each) */
    uint32_t formers;  /* prefixes that others have now, to say so; default 16 (1.4 KiB) */
    uint32_t heard;    /* prefixes of others whose generation is remembered; default 32 (300 octets) */
    uint32_t asks;     /* calls to other managers and the directory at a time; default 8 (3 KiB) */
    uint32_t depth;    /* Requests in hand: vipc_service; default 16 */
    uint32_t capacity; /* of their segments: vipc_service; default 16384.  An operation with more cannot be handed on to a mount */
    vmtp_entity entity;                 /* 0: chosen by the node.  Never one that had other state (NAME-3.2-01) */
    vmtp_entity group;                  /* of all replicas of this manager, which it joins; 0: there are none */
    vmtp_entity owner;                  /* section 8.1: a number that outlives restarts; 0: random */
    enum vname_directory_use directory; /* default: never */

    /* An operation by name.  NULL: all are answered NAME_NOT_FOUND. */
    void (*operation)(const struct vname_manager_operation *operation);
    /* Any other Request; it has to be ended as vipc/ipc.h says.  NULL: VMTP_ERROR. */
    void (*request)(vname_manager *manager, struct vipc_incoming *in);
    /* May be NULL. */
    void (*event)(vname_manager *manager, const struct vname_manager_event *event);
    /* The absolute name of a context, so that relative names can lead to other managers: writes it (without terminating zero) and returns its length;
     * 0: it has none; -1: there is no such context, and the operation is answered NAME_STALE.  NULL: relative names are all this manager's. */
    int (*context_name)(vname_manager *manager, uint32_t context, char *name, size_t room);
    /* Whether the operation (24 bits) takes an empty name (NAME-6.1-06).  NULL: none does. */
    int (*takes_empty)(vname_manager *manager, uint32_t code);
    /* Whether another manager may hold this prefix, below one of ours.  NULL: yes. */
    int (*allow_mount)(vname_manager *manager, const struct vname_record *record);
    /* Whether a prefix may be handed over to record->manager, whose owner is the same.  NULL: no. */
    int (*allow_hand_over)(vname_manager *manager, const struct vname_record *record);
    void *context; /* yours; see vname_manager_context */
};

#define vname_manager_config_init(config) vname_manager_config_init_sized((config), sizeof(struct vname_manager_config))
VMTP_API void vname_manager_config_init_sized(struct vname_manager_config *config, size_t size);

/* Octets of memory that a manager with this configuration takes; 0 when it is not a good one. */
VMTP_API size_t vname_manager_footprint(const struct vname_manager_config *config);
/*
 * Makes one in memory[0..footprint), aligned as malloc does, which is lent until vname_manager_destroy.  The configuration is copied.  Nothing is sent.
 * VMTP_E_INVALID, and those of vipc_serve and vipc_join (group).
 */
VMTP_API int vname_manager_create(vname_manager **manager, vipc *ipc, const struct vname_manager_config *config,
                                  void *memory);
/* Ends it without a word, as a crash would: release first, and wait until vname_manager_is_quiet.  Its entity is gone, Requests in hand
 * are over (vipc_unserve).  The node must still be there.  NULL is allowed. */
VMTP_API void vname_manager_destroy(vname_manager *manager);

VMTP_API vmtp_entity vname_manager_entity(const vname_manager *manager);
VMTP_API void *vname_manager_context(const vname_manager *manager);
VMTP_API struct vipc_service *vname_manager_service(vname_manager *manager); /* for calls in its name; borrowed */

/* ---- prefixes ------------------------------------------------------------------------------------------------- */

struct vname_manager_claim {
    const char *prefix;
    size_t prefix_length;
    uint32_t context;   /* in which the rest of names is interpreted */
    const char *target; /* of an alias: an absolute name; NULL: it is none */
    size_t target_length;
    uint32_t generation; /* highest that the program remembers of this prefix, 0: none */
    int again;           /* try again when it fails: after 1 s, and twice as long each time up to 60 s */
};

/* Begins to claim; all is copied.  VNAME_MANAGER_HELD or _REFUSED tell what came of it.
 * VMTP_E_INVALID (no prefix, or target), VMTP_E_EXISTS (it is held or claimed by this manager), VMTP_E_FULL, those of vipc_join. */
VMTP_API int vname_manager_claim(vname_manager *manager, const struct vname_manager_claim *claim);
/* The same, by having `from`, which holds the prefix for the same owner, hand it over (section 8.6). */
VMTP_API int vname_manager_take_over(vname_manager *manager, vmtp_entity from, const struct vname_manager_claim *claim);
/* Holds what this entity, under this identifier, has held elsewhere: after a migration (NAME-8.6-04).  Nothing is sent at once.  record as
 * vname_manager_nth_prefix gave it there.  Errors as of vname_manager_claim. */
VMTP_API int vname_manager_adopt(vname_manager *manager, const struct vname_record *record);
/* The same of a mount that it knew of there (vname_manager_nth_mount), so that it does not answer for it here (NAME-8.6-06); one that is permanent
 * goes by vname_manager_mount.  It is forgotten when no prefix of this manager covers it.  VMTP_E_INVALID, VMTP_E_FULL. */
VMTP_API int vname_manager_adopt_mount(vname_manager *manager, const struct vname_record *record);

enum vname_manager_release_flags {
    VNAME_MANAGER_UNREGISTER = 1 /* the directory is to forget it: it will not come back */
};
/* Gives a prefix up, or ends its claim.  Operations with it are answered NAME_STALE from now on.  To rename, claim the new
 * prefix with the same context and release the old one when the program wants.  VMTP_E_NO_ENTITY: it is not held or claimed; VMTP_E_INVALID: other flags. */
VMTP_API int vname_manager_release(vname_manager *manager, const char *prefix, size_t length, uint32_t flags);
/* 1: nothing waits to be sent or answered; a manager that has released all can be destroyed without loss. */
VMTP_API int vname_manager_is_quiet(const vname_manager *manager);
/* The link was down and is up again: announces all. */
VMTP_API void vname_manager_link_up(vname_manager *manager);

/* A mount that the operator has told of, which is not forgotten (NAME-8.3-08); copied.  An earlier one of the same prefix is replaced.
 * VMTP_E_INVALID (record), VMTP_E_FULL. */
VMTP_API int vname_manager_mount(vname_manager *manager, const struct vname_record *record);
/* Forgets a mount of either kind.  VMTP_E_NO_ENTITY. */
VMTP_API int vname_manager_unmount(vname_manager *manager, const char *prefix, size_t length);

/* ---- answering operations ---------------------------------------------------------------------------------------- */

/*
 * All of them end in: when no answer can be given (no memory), by discarding it.
 *
 * vname_manager_refuse answers with a code and nothing else; a Request that came by multicast is not answered, only ended.
 * vname_manager_reply_context answers MapContext (NAME-6.2-01): manager 0 is this one.
 * vname_manager_reply_alias answers NAME_ALIAS: the part of the name up to `end` stands for target (NAME-6.4-02), NAME_TOO_LONG if that has too many octets.
 * vname_manager_forward hands the operation to record->manager: the name goes on at `index`, which is the end of record->prefix in `name`, or in the absolute
 * name `name` that replaces a relative one, or one in which `..` led there (section 6.3); name NULL: that of the operation.  NAME_LOOP, NAME_TOO_LONG are answered as said there.
 */
VMTP_API void vname_manager_refuse(struct vipc_incoming *in, uint32_t code);
VMTP_API void vname_manager_reply_context(const struct vname_manager_operation *operation, vmtp_entity manager,
                                          uint32_t context, const char *name, size_t length);
VMTP_API void vname_manager_reply_alias(const struct vname_manager_operation *operation, const char *target,
                                        size_t target_length, size_t end);
VMTP_API void vname_manager_forward(const struct vname_manager_operation *operation, const struct vname_record *record,
                                    size_t index, const char *name, size_t length);

/* ---- looking in ---------------------------------------------------------------------------------------------------- */

enum vname_manager_state {
    VNAME_PREFIX_WAITING,     /* for other claims of this manager */
    VNAME_PREFIX_CLAIMING,    /* in its rounds */
    VNAME_PREFIX_REGISTERING, /* after them, waiting for the directory */
    VNAME_PREFIX_TAKING,      /* waiting for the one who hands it over */
    VNAME_PREFIX_BACKOFF,     /* refused, and will be tried again */
    VNAME_PREFIX_HELD,
    VNAME_PREFIX_LEAVING /* released, not yet said */
};

/* A prefix of this manager.  Pointers are valid until the manager does anything. */
struct vname_manager_prefix {
    enum vname_manager_state state;
    struct vname_record record;
    vmtp_entity coverer;     /* whose prefix covers it; 0: nobody known, or ourselves */
    uint16_t coverer_length; /* of that prefix */
    uint8_t mounted;         /* and he has said that he knows of ours */
    uint8_t round;           /* CLAIMING */
};

struct vname_manager_mount {
    struct vname_record record;
    vmtp_time heard; /* when something was heard of it */
    int permanent;
};

/* The which-th, from 0: 1, or 0 when there are no more. */
VMTP_API int vname_manager_nth_prefix(const vname_manager *manager, uint32_t which, struct vname_manager_prefix *view);
VMTP_API int vname_manager_nth_mount(const vname_manager *manager, uint32_t which, struct vname_manager_mount *view);
/* Of a prefix of this manager: 1, or 0 when there is none. */
VMTP_API int vname_manager_find_prefix(const vname_manager *manager, const char *prefix, size_t length,
                                       struct vname_manager_prefix *view);

/* clang-format off */
#define VNAME_MANAGER_COUNTERS(X) \
    X(queries, "QueryNames taken") \
    X(queries_answered, "of them, answered with a record of ours") \
    X(queries_second_hand, "of them, answered with the record of a mount") \
    X(queries_moved, "of them, answered NAME_MOVED") \
    X(queries_silent, "of them, by multicast and not ours") \
    X(lists, "ListNames answered") \
    X(watches, "WatchNames answered") \
    X(operations, "operations by name taken") \
    X(operations_stale, "of them, NAME_STALE") \
    X(operations_moved, "of them, NAME_MOVED") \
    X(operations_alias, "of them, on a prefix that is an alias") \
    X(operations_forwarded, "of them, handed on") \
    X(operations_loop, "of them, NAME_LOOP") \
    X(operations_too_long, "of them, got too long on the way") \
    X(operations_bad, "of them, parameters or name not good") \
    X(claims, "claims begun") \
    X(claim_rounds, "ClaimNames sent") \
    X(claims_held, "claims that succeeded") \
    X(claims_refused, "claims that failed") \
    X(claims_heard, "ClaimNames of others taken") \
    X(defended, "of them, for a prefix that is held here") \
    X(ties_won, "of them, for one that is claimed here, and ours beats it") \
    X(ties_lost, "of them, and it beats ours") \
    X(covered, "of them, for one that ours covers") \
    X(announcements_sent, "AnnounceNames sent") \
    X(heartbeats_sent, "of them, heartbeats") \
    X(announcements_heard, "AnnounceNames taken") \
    X(records_foreign, "records in them by somebody who is not their manager") \
    X(records_bad, "lists that ended in what is no record") \
    X(records_odd, "records that contradict the message they came in") \
    X(reasons_unknown, "AnnounceNames with an unknown reason") \
    X(meets_sent, "MeetNames sent") \
    X(meets_won, "of them, the other yielded") \
    X(meets_held_back, "not sent: one is under way, or one has just failed") \
    X(meets_heard, "MeetNames taken") \
    X(yielded, "prefixes yielded") \
    X(mounts_told, "mounts told by MountName, or ours before") \
    X(mounts_learned, "mounts learned from AnnounceName") \
    X(mounts_ended, "mounts ended by their managers") \
    X(mounts_expired, "mounts of which nothing was heard") \
    X(mounts_refused, "MountNames refused") \
    X(mounts_no_room, "mounts for which there was no room") \
    X(mount_calls, "MountNames sent") \
    X(mount_failures, "of them, without a good answer") \
    X(handed_over, "prefixes handed over") \
    X(hand_overs_refused, "HandOverNames refused") \
    X(taken_over, "prefixes taken over") \
    X(directory_calls, "calls to the directory") \
    X(directory_failures, "of them, without a good answer") \
    X(registered, "prefixes registered") \
    X(bad_requests, "Requests with a segment that is not as it should be") \
    X(unknown_codes, "Requests of interface 4 that do not exist") \
    X(silenced, "errors not answered: the Request came by multicast, or nobody waits") \
    X(answers_odd, "answers of others that were ignored") \
    X(asks_full, "calls not made: too many under way") \
    X(formers_dropped, "prefixes forgotten to be another's, to make room") \
    X(stops, "times that the program did not run for 10 s") \
    X(send_failures, "messages that the node did not take")
/* clang-format on */

struct vname_manager_counters {
#define VNAME_MANAGER_COUNTER(name, text) uint64_t name;
    VNAME_MANAGER_COUNTERS(VNAME_MANAGER_COUNTER)
#undef VNAME_MANAGER_COUNTER
};
#define VNAME_MANAGER_COUNTER_COUNT (sizeof(struct vname_manager_counters) / sizeof(uint64_t))

/* Since creation; the manager's, and always current. */
VMTP_API const struct vname_manager_counters *vname_manager_counters(const vname_manager *manager);
/* The name and the meaning of the which-th of them, NULL when there are no more.  Static. */
VMTP_API const char *vname_manager_counter_name(unsigned which);
VMTP_API const char *vname_manager_counter_text(unsigned which);
/* "held", "claiming" ...; "unknown".  Static. */
VMTP_API const char *vname_manager_state_name(enum vname_manager_state state);

#ifdef __cplusplus
}
#endif
#endif

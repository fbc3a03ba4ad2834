/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vuio/manager.h - have objects: what all managers of UIO have in common (spec/uio.md), so that a program brings only its objects.
 *
 * A uio_manager is a vname_manager (vnaming/manager.h) whose names stand for objects.  The program describes each kind of object by a table
 * of functions, struct uio_manager_type; one manager may have several kinds, each at prefixes of its own.  Done here, and never seen by the
 * program: what is wrong with a Request whatever the object is, attributes and modes, instances and their numbers, owners and what becomes of their
 * instances when they end, limits, locks, times that a client lets something wait, errors that are told later, contexts.
 *
 *     struct uio_manager_config config;
 *     uio_manager_config_init(&config);
 *     config.context = me;
 *     memory = malloc(uio_manager_footprint(&config));
 *     uio_manager_create(&manager, ipc, &config, memory);
 *     context = uio_manager_root(manager, &my_type, my_root);
 *     vname_manager_claim(uio_manager_names(manager),
 *                         &(struct vname_manager_claim){.prefix = "/storage", .prefix_length = 8, .context = context});
 *     ... vipc_wait or vipc_turn ...
 *
 * Everything happens on the thread of the node, from vipc_turn and vipc_wait; nothing here blocks, and nothing is allocated after creation.
 * Functions of a type are called from inside the library, also from inside functions of this header that finish an operation.  They may call all
 * functions of this header but uio_manager_destroy.  Errors below 0 are those of vmtp/errors.h, codes are ResponseCodes (UIO_..., VNAME_...,
 * VMTP_NO_PERMISSION), times are nanoseconds of vipc_now.
 */
#ifndef VUIO_MANAGER_H
#define VUIO_MANAGER_H

#include <vnaming/manager.h>
#include <vuio/object.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct uio_manager uio_manager;
struct uio_manager_type;

/* ---- instances ------------------------------------------------------------------------------------------------ */

/* An instance (section 2.3).  The manager's, to read; `state` is the program's. */
struct uio_manager_instance {
    uio_manager *manager;
    const struct uio_manager_type *type;
    void *root;           /* of the context by which it was named */
    void *state;          /* yours: what your open told */
    uint64_t identity[2]; /* of the object, as your open told */
    uint32_t number;      /* 0 while it is being created */
    uint32_t attributes;  /* what of those of the object the mode leaves */
    uint32_t mode;        /* UIO_MODE_... */
    uint32_t block_size;
    uint32_t max_transfer; /* for its client */
    vmtp_entity owner;
    uint64_t next_block; /* what is read next in sequence */
    int conflict;        /* a commit has found UIO_CONFLICT: it can be read, taken back and released only */
};

/* ---- operations ----------------------------------------------------------------------------------------------- */

/*
 * One thing that a function of a type is asked to do.  It is valid until it is finished, by exactly one of the functions uio_manager_finish_...
 * and uio_manager_refuse, at once or any time later, or until the type's `cancel` was called with it.  Members without a meaning for the
 * function are 0.
 */
struct uio_manager_operation {
    uio_manager *manager;
    const struct uio_manager_type *type;
    void *root;    /* as told to uio_manager_root */
    uint32_t code; /* which operation of the interface brought it: the low 24 bits of UIO_CREATE_INSTANCE ... */
    vmtp_entity client;
    void *context; /* yours, NULL at first */

    /* By name.  The rest of the name behind the prefix and slashes, which is to be interpreted in `directory` and may be empty: that itself is
     * meant.  UTF-8 without octet 0; nothing is said about components.  In the Request, as are all octets pointed to here. */
    void *directory; /* NULL: the root's; else what uio_manager_finish_map told */
    const char *name;
    uint32_t name_length;
    void *new_directory; /* rename, link: the same of the new name */
    const char *new_name;
    uint32_t new_name_length;
    uint32_t flags; /* query: UIO_NOFOLLOW; modify: UIO_NOFOLLOW; rename: UIO_RENAME_...; remove: 1 if a context may be removed; map: 0 */
    uint32_t mode;        /* open: UIO_MODE_..., CREATE only where something may be made */
    uint32_t permissions; /* open with CREATE, create */
    uint32_t type_wanted; /* create: UIO_TYPE_... */
    const char *target;   /* create: of a link */
    uint32_t target_length;

    /* modify, modify_instance: what, and to what.  mask has descriptor bits only, UIO_MASK_PERMISSIONS .. UIO_MASK_MTIME_NOW. */
    uint32_t mask;
    struct uio_object object;

    /* Of an instance, open included. */
    struct uio_manager_instance *instance;
    uint64_t block;    /* read, write: as in the Request; UIO_MANAGER_NEXT without RANDOM_ACCESS, but of contexts */
    uint64_t position; /* with RANDOM_ACCESS: block * block_size + offset; below 2^63, and so is its end */
    uint32_t count;    /* read: octets wanted; write: octets of data */
    void *buffer;      /* read: room for them, aligned to 4096, unless the type lends */
    const void *data;  /* write, control */
    int append;        /* write: behind the end, position counts for nothing */
    int stable;        /* write: it is to be on stable storage when it is finished */
    int ends_inside; /* write, without OFFSET: it ends within a block, which then ends there.  If that is not the last block of the object,
                        nor one behind it, finish with UIO_BAD_COUNT (UIO-6.2-03) */
    int may_wait; /* read, write, control: it may be finished later, which ends what the client gives it.  If not, what cannot be done
                     now is finished with UIO_WOULD_WAIT */
    uint32_t function; /* control */
    uint32_t words[7]; /* control: of the Request; set them for the Response */

    struct uio_manager_operation *next; /* yours, for a list of those that wait */
};

#define UIO_MANAGER_NEXT UINT64_MAX

enum uio_manager_release_flags {
    UIO_MANAGER_UNDO = 1 /* its creation has failed later: what open has made in the storage is to be removed again */
};

/*
 * What can be done with one kind of object.  NULL: it cannot, which is answered UIO_UNSUPPORTED.  `lends`: see read.
 *
 * What a function refuses has changed nothing (UIO-4-05).
 */
struct uio_manager_type {
    const char *name; /* for people */
    int lends;        /* read brings its own memory, but of contexts */
    int single;       /* the root itself is an object, and there are no names in it */

    /* By name. */
    void (*open)(struct uio_manager_operation
                     *op); /* finds the object, or makes it with CREATE (EXCLUSIVE: UIO_EXISTS); does not truncate it.  Ends
                                                       in uio_manager_finish_open */
    void (*query)(struct uio_manager_operation *op);   /* uio_manager_finish_object */
    void (*modify)(struct uio_manager_operation *op);  /* all of the mask, or nothing.  uio_manager_finish_object */
    void (*remove)(struct uio_manager_operation *op);  /* uio_manager_finish */
    void (*rename)(struct uio_manager_operation *op);  /* both names are of this root.  uio_manager_finish */
    void (*create)(struct uio_manager_operation *op);  /* uio_manager_finish_object */
    void (*link)(struct uio_manager_operation *op);    /* uio_manager_finish_object */
    void (*storage)(struct uio_manager_operation *op); /* uio_manager_finish_storage */
    void (*map)(struct uio_manager_operation
                    *op); /* a context with this name, which is not empty.  uio_manager_finish_map.  NULL: there is none
                                                          but the root; query tells whether the name exists */
    void (*forget)(uio_manager *manager, void *root,
                   void *directory); /* what finish_map told is not used any more.  May be NULL */

    /* Of an instance. */
    void (*read)(struct uio_manager_operation
                     *op); /* puts octets into the buffer, uio_manager_finish_read; or, if the type lends, uio_manager_finish_read_lent */
    void (*write)(struct uio_manager_operation *op);          /* uio_manager_finish_write */
    void (*query_instance)(struct uio_manager_operation *op); /* uio_manager_finish_object.  Needed */
    void (*modify_instance)(
        struct uio_manager_operation *op); /* UIO_MASK_SIZE only with SIZED; also for TRUNCATE.  uio_manager_finish */
    void (*sync)(struct uio_manager_operation *op); /* all written to stable storage, uio_manager_finish.  NULL: there is none */
    void (*commit)(struct uio_manager_operation *op); /* with TRANSACTION: UIO_CONFLICT, or all is visible and stable.  uio_manager_finish */
    void (*take_back)(struct uio_manager_operation *op); /* with TRANSACTION.  uio_manager_finish */
    void (*control)(struct uio_manager_operation *op);   /* uio_manager_finish_control */
    /*
     * The instance ends, uncommitted changes are gone; 0, or the code of an error of a write that was answered before (UIO-6.2-09).  None
     * of its operations is under way.  Needed.
     */
    uint32_t (*release)(struct uio_manager_instance *instance, uint32_t flags);
    /* Forget this operation of an instance, which is answered by others: the client's time is over, or the instance ends.  Needed by types that
     * finish reads, writes, ... later. */
    void (*cancel)(struct uio_manager_operation *op);
};

/* Refuses it, whichever it is: code is not 0. */
VMTP_API void uio_manager_refuse(struct uio_manager_operation *op, uint32_t code);
/* It is done: remove, rename, modify_instance, sync, commit, take_back. */
VMTP_API void uio_manager_finish(struct uio_manager_operation *op);

/* open has found or made it. */
struct uio_manager_opened {
    void *state; /* goes to instance->state */
    uint64_t identity[2]; /* of the object: equal for two instances of a type, of any root, if and only if they are of the same object */
    uint32_t attributes; /* that an instance of it could have, for this client: UIO_READABLE without permission to read is left out,
                              then the answer is UIO_NOT_READABLE */
    uint32_t block_size; /* 1 to the manager's max_transfer; above 16384 only clients that take large messages can use it */
    uint64_t next_block; /* where reading in sequence begins */
    int created;         /* it did not exist before */
    uint64_t last_block; /* with VARIABLE_BLOCK: section 2.1 */
    uint32_t last_octets;
    struct uio_object object; /* name and target need to be valid during the call only; size counts without VARIABLE_BLOCK */
};
VMTP_API void uio_manager_finish_open(struct uio_manager_operation *op, const struct uio_manager_opened *opened);
/* The descriptor of the object; copied. */
VMTP_API void uio_manager_finish_object(struct uio_manager_operation *op, const struct uio_object *object);
/* The same of an instance with VARIABLE_BLOCK. */
VMTP_API void uio_manager_finish_object_blocks(struct uio_manager_operation *op, const struct uio_object *object,
                                               uint64_t last_block, uint32_t last_octets);
VMTP_API void uio_manager_finish_storage(struct uio_manager_operation *op, uint64_t octets, uint64_t free_octets,
                                         uint64_t free_objects);
/*
 * map: it is a context.  identity tells whether it has been mapped before: then it has its number still, and forget is called with the new directory
 * at once.  path: the absolute name of it behind the prefix, NULL: as it was named.  The least recently used context may have to go for it.
 */
VMTP_API void uio_manager_finish_map(struct uio_manager_operation *op, const uint64_t identity[2], void *directory,
                                     const char *path, size_t length);
/* By name: the first `used` octets of op->name stand for this absolute name (NAME_ALIAS, NAME-6.4-02). */
VMTP_API void uio_manager_finish_alias(struct uio_manager_operation *op, const char *target, size_t length,
                                       uint32_t used);
/*
 * read: octets are in the buffer; at_end: nothing is behind them, or nothing now (section 6.1).  next: the block that follows; counts only without
 * RANDOM_ACCESS.
 */
VMTP_API void uio_manager_finish_read(struct uio_manager_operation *op, uint32_t octets, int at_end, uint64_t next);
/* The same from memory of the program's, which stays as it is until loan->release is called (see vipc_reply_lent), also when the answer could not
 * be sent.  loan NULL: it is copied before the function returns.  0, or < 0: nobody got it (VMTP_E_STALE: the client has gone on). */
VMTP_API int uio_manager_finish_read_lent(struct uio_manager_operation *op, const void *data, uint32_t octets,
                                          int at_end, uint64_t next, struct vipc_loan *loan);
/*
 * read of a context: what is in it, from op->block on.  next is called for one object after the other, and tells the first one at or behind *block
 * and, as *block, the place behind it; 0: there is none.  The object and its name need to be valid until the next call only.
 */
VMTP_API void uio_manager_finish_list(struct uio_manager_operation *op,
                                      int (*next)(struct uio_manager_operation *op, uint64_t *block,
                                                  struct uio_object *object));
/* write: so many octets were taken, at least 1 of count (0 for an empty block).  Where: position, or with VARIABLE_BLOCK or without RANDOM_ACCESS
 * the block. */
VMTP_API void uio_manager_finish_write(struct uio_manager_operation *op, uint32_t octets, uint64_t where);
/* control: op->words are those of the Response. */
VMTP_API void uio_manager_finish_control(struct uio_manager_operation *op, const void *segment, uint32_t size);

/* ---- creation ------------------------------------------------------------------------------------------------- */

struct uio_manager_config {
    size_t size;              /* set by uio_manager_config_init; another one is refused */
    uint32_t instances;       /* default 4096, at most 1048576 (about 300 octets each) */
    uint32_t owner_instances; /* of one owner; default 1024 */
    uint32_t locks;           /* of all instances; default 4096 */
    uint32_t owner_locks;     /* of one owner; default 1024 */
    uint32_t roots;           /* default 16 */
    uint32_t contexts;        /* mapped by MapContext; default 64 (about 1.1 KiB each) */
    uint32_t probes;          /* owners that are looked for at a time; default 8 */
    uint32_t buffers; /* for reads that are on their way; default 16.  A read that finds none free waits for one */
    uint32_t max_transfer; /* octets of a read or write, at most 4194304; default 65536.  Each buffer has as many, and so have segments of
                                  Requests: names.capacity is set to hold them */
    uint32_t waiting; /* operations that wait for data, room or a lock at a time; default half of names.depth.  More are answered as if
                                  their time were over, so that those for which they wait can come */
    /*
     * Of the naming manager: set what you want but operation, request, event, context_name, takes_empty and context, which are set here.  Default: that
     * of vname_manager_config_init, but with depth 32.
     */
    struct vname_manager_config names;
    /* As of struct vname_manager_config.  May be NULL. */
    void (*event)(uio_manager *manager, const struct vname_manager_event *event);
    /* A Request that is not of UIO.  NULL: VMTP_ERROR. */
    void (*request)(uio_manager *manager, struct vipc_incoming *in);
    /* An operation by name that is neither of UIO nor MapContext.  NULL: VMTP_ERROR. */
    void (*operation)(uio_manager *manager, const struct vname_manager_operation *operation);
    void *context; /* yours; see uio_manager_context */
};

#define uio_manager_config_init(config) uio_manager_config_init_sized((config), sizeof(struct uio_manager_config))
VMTP_API void uio_manager_config_init_sized(struct uio_manager_config *config, size_t size);

/* Octets of memory that a manager with this configuration takes; 0 when it is not a good one. */
VMTP_API size_t uio_manager_footprint(const struct uio_manager_config *config);
/*
 * Makes one in memory[0..footprint), aligned as malloc does, which is lent until uio_manager_destroy; what of it is never used need never be touched.
 * The configuration is copied.  Nothing is sent.  VMTP_E_INVALID, and those of vname_manager_create.
 */
VMTP_API int uio_manager_create(uio_manager **manager, vipc *ipc, const struct uio_manager_config *config, void *memory);
/*
 * Ends it without a word, as a crash would (release the prefixes first, and wait until the naming manager is quiet).  Operations that types have
 * in hand are cancelled and all instances released, contexts forgotten.  The memory is still lent while uio_manager_is_lent.  The node must still be
 * there.  NULL is allowed.
 */
VMTP_API void uio_manager_destroy(uio_manager *manager);
/* After uio_manager_destroy, with its memory: 1 while answers in buffers are on their way.  vipc_close ends that. */
VMTP_API int uio_manager_is_lent(const uio_manager *manager);

VMTP_API vname_manager *uio_manager_names(uio_manager *manager); /* to claim prefixes with; borrowed */
VMTP_API vipc *uio_manager_ipc(uio_manager *manager);
VMTP_API void *uio_manager_context(const uio_manager *manager);

/*
 * Objects of this type, which stays where it is, are in a context of the number returned, for vname_manager_claim; `root` goes with all operations.  0: there
 * are config.roots already.  Several prefixes may have the same context.
 */
VMTP_API uint32_t uio_manager_root(uio_manager *manager, const struct uio_manager_type *type, void *root);
/* No more: instances of it are released and contexts in it forgotten, operations under way cancelled.  Release its prefixes first. */
VMTP_API void uio_manager_unroot(uio_manager *manager, uint32_t context);

/*
 * The number of an object for its descriptor (UIO-3.1-05), for types whose objects have none that is like no other's: made of the context of its root and
 * of a number below 2^30 by which the root's objects differ.  No entity that is no group has such a number, and no inode that is to be met.
 */
static inline uint64_t uio_manager_number(uint32_t context, uint64_t number) {
    return UINT64_C(1) << 62 | (uint64_t)context << 30 | (number & 0x3fffffff);
}

/*
 * Tables: what is in one context may be of several types, so that a node has all that it has below one prefix.  uio_manager_attach gives a root a name, of
 * one component, in another root; names that begin with it are the attached one's, and none of its own that is the same is seen.  object
 * describes it in the list of that context: type, attributes, number (as its own type tells it), permissions, names and block_size count.  uio_manager_table makes a root in
 * which there is nothing but what is attached, as of uio_manager_root.
 * VMTP_E_INVALID (a context that is no root, the name, attached already, a circle), VMTP_E_EXISTS (the name is taken).
 */
VMTP_API uint32_t uio_manager_table(uio_manager *manager);
VMTP_API int uio_manager_attach(uio_manager *manager, uint32_t into, const char *name, size_t length, uint32_t context,
                                const struct uio_object *object);
/* The name is gone; instances live on.  uio_manager_unroot does it too.  Without effect when it is not attached. */
VMTP_API void uio_manager_detach(uio_manager *manager, uint32_t context);

/* An error of storage noticed after writes were answered: every instance of the object is told once, by its next SYNC, commit or release (UIO-6.2-09).
 * UIO_FAILED or UIO_NO_SPACE. */
VMTP_API void uio_manager_late_error(uio_manager *manager, const struct uio_manager_type *type,
                                     const uint64_t identity[2], uint32_t code);
/* The instances of one object: that which comes after `last`, from NULL to NULL.  `of` is any of them. */
VMTP_API struct uio_manager_instance *uio_manager_next_instance(const struct uio_manager_instance *of,
                                                                const struct uio_manager_instance *last);
/* The object has another identity from now on, which none has that is in use: its instances and locks go with it. */
VMTP_API void uio_manager_change_identity(uio_manager *manager, const struct uio_manager_type *type,
                                          const uint64_t from[2], const uint64_t to[2]);
/* Ends an instance from the manager's side, as when its owner had ended. */
VMTP_API void uio_manager_end_instance(struct uio_manager_instance *instance);

/* ---- looking in ------------------------------------------------------------------------------------------------- */

/* An instance.  Valid until the manager does anything. */
struct uio_manager_view {
    const struct uio_manager_instance *instance;
    vmtp_time created, used; /* last heard of it */
    vmtp_time heard;         /* last heard of its owner */
    uint32_t operations;     /* under way */
    uint32_t locks;
    uint64_t octets_read, octets_written;
};
/* The which-th, from 0: 1, or 0 when there are no more. */
VMTP_API int uio_manager_nth_instance(const uio_manager *manager, uint32_t which, struct uio_manager_view *view);

struct uio_manager_lock {
    const struct uio_manager_instance *instance;
    uint32_t kind;          /* UIO_LOCK_SHARED, UIO_LOCK_EXCLUSIVE */
    int waiting;            /* it has not been had yet */
    struct uio_range range; /* of octets with OFFSET, else of blocks; owner is set */
};
VMTP_API int uio_manager_nth_lock(const uio_manager *manager, uint32_t which, struct uio_manager_lock *lock);
/* How many there are just now. */
struct uio_manager_use {
    uint32_t instances, owners, locks, contexts, operations, waiting, buffers;
};
VMTP_API void uio_manager_get_use(const uio_manager *manager, struct uio_manager_use *use);

/* clang-format off */
#define UIO_MANAGER_COUNTERS(X) \
    X(operations, "Requests of UIO taken") \
    X(created, "instances created") \
    X(create_refused, "CreateInstances refused") \
    X(released, "instances released by clients") \
    X(reclaimed, "instances ended because their owner had") \
    X(instances_full, "CreateInstances refused: no more instances") \
    X(owner_full, "CreateInstances refused: no more instances for this owner") \
    X(stale, "operations on instances that do not exist") \
    X(bad_requests, "Requests that are not as UIO wants them") \
    X(unsupported, "flags, masks, modes and functions that the object does not have") \
    X(unknown_codes, "Requests of interface 5 that do not exist") \
    X(odd, "Requests of UIO that came by a group or as datagrams, not answered") \
    X(reads, "reads") \
    X(octets_read, "octets of them") \
    X(reads_chosen, "reads of which the client chose blocks") \
    X(writes, "writes") \
    X(octets_written, "octets of them") \
    X(buffers_waited, "reads that waited for a buffer") \
    X(waited, "reads and writes that waited for data or room, controls that took their time") \
    X(waits_over, "of them, until their time was over") \
    X(waits_refused, "reads, writes and locks not waited for: too many do") \
    X(cancelled, "operations cancelled because their instance ended") \
    X(locks_set, "locks set") \
    X(locks_waited, "of them, after waiting") \
    X(locks_refused, "locks that could not be had in time") \
    X(locks_full, "locks refused: no more of them") \
    X(deadlocks, "locks refused: waiting would never end") \
    X(commits, "commits done") \
    X(conflicts, "commits refused: the object was changed by others") \
    X(taken_back, "transactions taken back or dropped") \
    X(late_errors, "errors of storage noticed after a write was answered") \
    X(late_errors_told, "told to instances") \
    X(probes, "owners looked for") \
    X(probes_missed, "of them, who did not answer") \
    X(owners_gone, "owners that have ended") \
    X(contexts_mapped, "contexts mapped") \
    X(contexts_dropped, "of them, forgotten to make room") \
    X(contexts_stale, "operations in contexts that do not exist") \
    X(cross, "new names of other managers") \
    X(send_failures, "answers that the node did not take")
/* clang-format on */

struct uio_manager_counters {
#define UIO_MANAGER_COUNTER(name, text) uint64_t name;
    UIO_MANAGER_COUNTERS(UIO_MANAGER_COUNTER)
#undef UIO_MANAGER_COUNTER
};
#define UIO_MANAGER_COUNTER_COUNT (sizeof(struct uio_manager_counters) / sizeof(uint64_t))

/* Since creation; the manager's, and always current. */
VMTP_API const struct uio_manager_counters *uio_manager_counters(const uio_manager *manager);
/* The name and the meaning of the which-th of them, NULL when there are no more.  Static. */
VMTP_API const char *uio_manager_counter_name(unsigned which);
VMTP_API const char *uio_manager_counter_text(unsigned which);

#ifdef __cplusplus
}
#endif
#endif

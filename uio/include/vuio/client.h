/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vuio/client.h - use objects: open them, read, write, ask and change (spec/uio.md sections 4 to 8).
 *
 * Three records, all yours: clear them to zero, set what you need, leave members below "private" alone, and keep them where they are
 * while they are in use.  Nothing is allocated.
 *
 *   struct uio_client   the program: its resolver of names, and the entity that owns its instances
 *   struct uio_named    one operation on a name: CreateInstance, QueryObject ...
 *   struct uio_handle   one instance, once it has been created; struct uio_call is one operation on it: read, write ...
 *
 * Event-driven, on the thread of the node (vipc/ipc.h): functions that begin an operation do not wait, and `done` tells its end, from vipc_turn,
 * vipc_wait and what blocks by it, never from inside a function of this header.  done may do anything but close the client; it may use its
 * record again.  To wait instead, put uio_named_wait or uio_call_wait around the beginning:
 *
 *      result = uio_call_wait(&call, uio_read(&handle, &call, block, 0, area, sizeof area));
 *
 * Results are numbers, of the end as of the beginning:
 *   0     done; when beginning: it has begun, and its end will be told once
 *   > 0   a code (vmtp/registry.h): what the manager answered (UIO_..., VNAME_..., VMTP_NO_PERMISSION), or why there is no answer
 *         (VMTP_RETRANS_TIMEOUT: silence; VMTP_USER_TIMEOUT: the deadline; VMTP_BAD_REPLY_SEGMENT: an answer that is none ...).  When beginning:
 *         what the manager would have answered, for the attributes and numbers at hand say so; nothing has been sent.
 *   < 0   an error of this program or node (vmtp/errors.h).  When beginning, always VMTP_E_INVALID (a record is under way, closed or not set,
 *         members contradict each other), and what vipc_start or vname_operate return.
 * vipc_result_name knows all of them, uio_errno says the same in errno values.
 *
 * After VMTP_RETRANS_TIMEOUT and VMTP_USER_TIMEOUT it may have been executed or not.  What may be done twice is repeated before RETRANS_TIMEOUT is
 * told (UIO-7-01): QueryObject and QueryStorage as long as the resolver has patience; QueryInstance, and reads and writes of instances with
 * RANDOM_ACCESS, but no writes to the end, twice.
 */
#ifndef VUIO_CLIENT_H
#define VUIO_CLIENT_H

#include <vipc/ipc.h>
#include <vnaming/client.h>
#include <vuio/object.h>

#ifdef __cplusplus
extern "C" {
#endif

struct uio_client;
struct uio_named;
struct uio_handle;
struct uio_call;

/* ---- the program ------------------------------------------------------------------------------------------------ */

/* X(member): all count up from 0. */
#define UIO_CLIENT_COUNTERS(X)                                                                                         \
    X(operations)      /* begun, by name */                                                                            \
    X(calls)           /* begun, on instances */                                                                       \
    X(refused)         /* not sent, for attributes or numbers did not allow it */                                      \
    X(repeats)         /* sent again after silence */                                                                  \
    X(gone)            /* instances found to be gone */                                                                \
    X(rebound)         /* instances created again at another replica */                                                \
    X(rebound_changed) /* replicas that had another version */                                                         \
    X(rebound_not)     /* no replica could be had */                                                                   \
    X(incomplete)      /* reads whose blocks did not all come */                                                       \
    X(malformed)       /* answers that were none */                                                                    \
    X(malformed_lists) /* descriptors that ended a list before its time */                                             \
    X(crossed)         /* new names that were resolved again */                                                        \
    X(left)            /* instances released when the client was closed */                                             \
    X(left_behind)     /* instances that could not be */

struct uio_client_counters {
#define UIO_COUNTER_MEMBER(member) uint64_t member;
    UIO_CLIENT_COUNTERS(UIO_COUNTER_MEMBER)
#undef UIO_COUNTER_MEMBER
};

struct uio_client {
    vmtp_entity owner; /* in: 0, or an entity of this node that lives as long as the program; out: whose end ends its instances */

    struct uio_client_counters counters; /* to read */

    /* private */
    vname_resolver *names; /* NULL: not open */
    vipc *ipc;
    struct vipc_service entity;
    struct uio_handle *handles;
};

/*
 * Opens a client on a resolver, which is borrowed until it is closed.  Without an owner it makes an entity that takes no Requests: managers
 * ask now and then whether it exists, and when it does not end all that was created for it (UIO-2.3-05, UIO-2.3-06).
 * VMTP_E_INVALID (it is open), and what vipc_serve returns.
 */
VMTP_API int uio_client_open(struct uio_client *client, vname_resolver *names);
/*
 * Releases all instances that are still open and whose owner it is, without commit, waits until that is done or the deadline has come, and ends its entity
 * (UIO-7-03).  Handles and calls are yours again, and nothing more is told of calls; operations on names have to be over or cancelled.  Returns how
 * many instances could not be released: their managers will find out by themselves.
 */
VMTP_API unsigned uio_client_close(struct uio_client *client, vmtp_time deadline);

/* ---- operations on names (section 5) ------------------------------------------------------------------------------ */

/* Octets of `room` with which an instance can transfer more than 16384 octets at a time (UIO-5.1-07). */
#define UIO_LARGE_ROOM 16385u

/* What QueryStorage tells; 0: has no number. */
struct uio_storage {
    uint64_t octets;
    uint64_t octets_free;
    uint64_t objects_free; /* that may still be made */
};

/* An operation on a name.  The record and what it points to are lent from the beginning until done is called, or uio_named_cancel. */
struct uio_named {
    const char *name; /* absolute, or relative to from */
    size_t name_length;
    struct vname_context *from; /* NULL: the resolver's current context */
    vmtp_time deadline;         /* VMTP_NEVER: the patience of protocol and resolver */
    vmtp_entity caller;         /* as .client of struct vipc_call; 0 is good for most */
    uint8_t priority;
    void *room; /* for uio_create: NULL, or memory for the answer.  With UIO_LARGE_ROOM or more octets the manager is told that large messages
                   can be had; the buffer of the reads to come will do */
    uint32_t room_size;
    void (*done)(struct uio_named *named, int result); /* may be NULL */
    void *context;                                     /* yours */

    /* What came of it, when it is over. */
    int over;
    int result;
    struct uio_object object; /* result 0: all but remove, rename and storage.  Name and target lie in this record (uio_create: or in room) */
    struct uio_storage storage;  /* uio_query_storage */
    struct uio_range in_the_way; /* UIO_LOCKED */
    vmtp_entity manager;         /* who answered; 0: nobody */

    /* private */
    struct uio_client *client; /* NULL: not under way */
    struct uio_handle *handle;
    const char *new_name;
    size_t new_length;
    struct vname_context *new_from;
    uint32_t code, words[4];
    uint8_t stage, crossed, inner, tries;
    struct vipc_call closing;
    struct vname_operation operation; /* .outcome, .full, .record may be read when it is over */
    uint32_t extra_size;
    uint8_t extra[VNAME_NAME_OCTETS + 8];
    uint8_t work[VNAME_NAME_OCTETS + UIO_TARGET_OCTETS + 1];
    uint8_t answer[UIO_INSTANCE_OCTETS];
};

/*
 * CreateInstance: opens the object.  mode: UIO_MODE_...; permissions count with CREATE.  When it is over with 0, handle is open and
 * handle->instance says what it is and can.  The handle has to be closed, and is lent as well.
 * UIO_BAD_REQUEST, UIO_UNSUPPORTED: there is no such mode (UIO-5.1-02).
 * UIO_UNSUPPORTED at the end, with handle closed: it would be written at one of several replicas only; see vuio/replicas.h.
 * One that is cancelled, or ends by a deadline, may leave an instance at its manager for as long as its owner lives.
 */
VMTP_API int uio_create(struct uio_client *client, struct uio_named *named, struct uio_handle *handle, uint32_t mode,
                        uint32_t permissions);
/* QueryObject: what is it?  flags: 0 or UIO_NOFOLLOW. */
VMTP_API int uio_query_object(struct uio_client *client, struct uio_named *named, uint32_t flags);
/* ModifyObject: of what `object` says, that of the mask (UIO_MASK_PERMISSIONS .. UIO_MASK_MTIME_NOW) becomes true.  object is read at once. */
VMTP_API int uio_modify_object(struct uio_client *client, struct uio_named *named, uint32_t mask, uint32_t flags,
                               const struct uio_object *object);
/* RemoveObject: type UIO_TYPE_CONTEXT for contexts, 0 for all else. */
VMTP_API int uio_remove_object(struct uio_client *client, struct uio_named *named, uint32_t type);
/* RenameObject: flags 0, UIO_RENAME_NO_REPLACE or UIO_RENAME_EXCHANGE.  The new name is resolved as all names are (UIO-5.2-07); a relative one is
 * relative to named->from, too.  It is lent. */
VMTP_API int uio_rename_object(struct uio_client *client, struct uio_named *named, const char *new_name,
                               size_t new_length, uint32_t flags);
/* CreateObject: type UIO_TYPE_CONTEXT, or UIO_TYPE_LINK with a target, which is lent; VMTP_E_TOO_LARGE: above UIO_TARGET_OCTETS. */
VMTP_API int uio_create_object(struct uio_client *client, struct uio_named *named, uint32_t type, uint32_t permissions,
                               const char *target, size_t target_length);
/* LinkObject: one more name. */
VMTP_API int uio_link_object(struct uio_client *client, struct uio_named *named, const char *new_name, size_t new_length);
/* QueryStorage: how much room there is where the name is. */
VMTP_API int uio_query_storage(struct uio_client *client, struct uio_named *named);

/* Ends it for its caller: nothing more is told, all that was lent is back.  Its manager may still do it.  Without effect when it is not under way. */
VMTP_API void uio_named_cancel(struct uio_named *named);
/* Waits for the end of what has just begun: `begun` is what the beginning returned, and returned at once if it is not 0.  Else the result, or
 * what made waiting fail (VMTP_E_CANCELLED, VMTP_E_DOWN ...): then it has been cancelled. */
VMTP_API int uio_named_wait(struct uio_named *named, int begun);

/* ---- instances ------------------------------------------------------------------------------------------------------ */

struct uio_handle {
    /*
     * In, before uio_create: NULL, or a record of its own with which the instance may be created again at another manager of its group, when it
     * only reads an object with REPLICATED and RANDOM_ACCESS, has no locks, and its manager fails (UIO-8-01).  It, its name and room are lent
     * until the handle is closed; set the name as for uio_create.  Reads and queries then just take longer; UIO_CHANGED: the other
     * has another version (or other blocks), and the handle is of no use any more.
     */
    struct uio_named *rebind;

    /* To read, while it is open. */
    struct uio_instance instance; /* as its manager has told it last; without name and target */
    vmtp_entity manager;
    vmtp_entity group; /* of replicas, or 0 */
    int gone;          /* 0, or the code with which it was found to be gone: UIO_STALE, UIO_CHANGED */

    /* private */
    struct uio_client *client; /* NULL: closed */
    struct uio_handle *next, *previous;
    struct uio_call *calls;
    uint8_t rebinding, locked;
};

/* The position of a read or write that goes on where the last one ended, of instances without RANDOM_ACCESS. */
#define UIO_SEQUENTIAL UINT64_MAX

/* An operation on an instance.  The record and what it points to are lent from the beginning until done is called, or uio_call_cancel. */
struct uio_call {
    vmtp_time deadline; /* VMTP_NEVER: the patience of the protocol */
    vmtp_entity caller; /* as .client of struct vipc_call; 0 is good for most */
    uint8_t priority;
    uint32_t milliseconds; /* that the manager may wait: for something to read or for room (UIO_SEQUENTIAL), for a lock */
    void (*done)(struct uio_call *call, int result); /* may be NULL */
    void *context;                                   /* yours */

    /* What came of it, when it is over; 0 unless said otherwise. */
    int over;
    int result;
    uint32_t octets;          /* read: given; write: taken; control: of the answer's segment */
    uint64_t block;           /* read: what follows; write: where it was put */
    uint32_t offset;          /* write: where in that block */
    uint32_t flags;           /* read: UIO_END, nothing behind it */
    uint32_t kind;            /* lock */
    struct uio_range range;   /* lock: which range, or the one that is in the way (UIO_LOCKED) */
    struct uio_object object; /* query, modify: its name and target lie in the area */
    uint32_t words[7];        /* control: the answer's */
    uint32_t repeats;         /* how often it was sent again */

    /* private */
    struct uio_handle *handle; /* NULL: not under way */
    struct uio_call *next, *previous;
    struct vipc_call call;
    struct vipc_timer timer;
    uint32_t rebinds, code;
    uint8_t waiting;
    uint8_t small[96];
};

/*
 * ReadInstance: up to `octets` octets from a block on, or with OFFSET from octet `offset` of it, go to area.  The answer says in `octets` how
 * many there are (fewer than asked for, at the end or where the manager likes), and in `block` what comes next.  Without RANDOM_ACCESS, and if it is
 * no context, block is UIO_SEQUENTIAL.
 * UIO_NOT_READABLE, UIO_BAD_COUNT (octets 0 or above MaxTransfer), UIO_BAD_BLOCK (an offset without OFFSET, or not below BlockSize; a position
 * without RANDOM_ACCESS, or UIO_SEQUENTIAL with), UIO_WOULD_WAIT, UIO_STALE (it is gone; UIO-7-02) and others of section 4.
 */
VMTP_API int uio_read(struct uio_handle *handle, struct uio_call *call, uint64_t block, uint32_t offset, void *area,
                      uint32_t octets);
/*
 * WriteInstance: octets of data go into the object.  The answer says how many were taken, at least 1, and where.  flags: UIO_WRITE_APPEND (at the
 * end), UIO_WRITE_SYNC (answered when it is on stable storage).  Positions are those of reads, and not looked at where all goes to the end.
 * UIO_NOT_WRITEABLE, UIO_TOO_LARGE (above MaxTransfer, or with VARIABLE_BLOCK above BlockSize), UIO_BAD_COUNT (octets 0 without
 * VARIABLE_BLOCK, more than the rest of a block without MULTI_BLOCK), UIO_BAD_BLOCK (as above), UIO_UNSUPPORTED (flags) and others of section 4.
 */
VMTP_API int uio_write(struct uio_handle *handle, struct uio_call *call, uint64_t block, uint32_t offset,
                       uint32_t flags, const void *data, uint32_t octets);
/* QueryInstance: handle->instance becomes what it is now.  area: room for UIO_INSTANCE_OCTETS, in which the answer's name and target lie then. */
VMTP_API int uio_query(struct uio_handle *handle, struct uio_call *call, void *area);
/*
 * ModifyInstance: mask as of uio_modify_object, then object says what, else it may be NULL; or UIO_MASK_OWNER (to `owner`), UIO_MASK_STABLE,
 * UIO_MASK_COMMIT, UIO_MASK_TAKE_BACK.  handle->instance and area as with uio_query.
 * UIO_UNSUPPORTED: SIZED or TRANSACTION is missing, or an unknown bit.  UIO_NOT_WRITEABLE: a size of what is not written.
 */
VMTP_API int uio_modify(struct uio_handle *handle, struct uio_call *call, uint32_t mask,
                        const struct uio_object *object, vmtp_entity owner, void *area);
/*
 * ReleaseInstance; commit 1: and commits before.  Closes the handle when it is over: with 0, or with an error of a write that was answered
 * long ago (UIO_FAILED, UIO_NO_SPACE), or unheard.  Only a commit that fails leaves it open.  VMTP_E_IN_CALL: something else is under way on it.
 * Of an instance that is gone: the code of that, when beginning, and the handle is closed.
 */
VMTP_API int uio_release(struct uio_handle *handle, struct uio_call *call, int commit);
/* LockInstance: kind UIO_LOCK_...; unit 0: range counts blocks; 1: octets, with OFFSET.  UIO_UNSUPPORTED: no LOCKS, or octets without OFFSET;
 * UIO_BAD_COUNT: another unit, kind or range; UIO_LOCKED: call->range is in the way; UIO_DEADLOCK. */
VMTP_API int uio_lock(struct uio_handle *handle, struct uio_call *call, uint32_t kind, uint32_t unit,
                      const struct uio_range *range);
/* ControlInstance: words[0..3] become words 2 to 5 of the Request. */
VMTP_API int uio_control(struct uio_handle *handle, struct uio_call *call, uint32_t function, const uint32_t words[4],
                         const void *segment, uint32_t size, void *area, uint32_t capacity);

/* As with names. */
VMTP_API void uio_call_cancel(struct uio_call *call);
VMTP_API int uio_call_wait(struct uio_call *call, int begun);

/* Opens a handle for an instance that somebody else has created and handed on (UIO-2.3-04).  What it can is not known, so uio_query comes first. */
VMTP_API int uio_attach(struct uio_client *client, struct uio_handle *handle, vmtp_entity manager, uint32_t number);
/* Closes the handle without a word to its manager: the instance has been handed on, or is gone.  Its calls are cancelled. */
VMTP_API void uio_detach(struct uio_handle *handle);

/* Which block and offset an octet of the object has: 0, or UIO_UNSUPPORTED (no RANDOM_ACCESS, or VARIABLE_BLOCK). */
VMTP_API int uio_position(const struct uio_handle *handle, uint64_t octet, uint64_t *block, uint32_t *offset);
/*
 * Of so many octets, those that one read or write may have that begins at this offset of a block: at most MaxTransfer, and without MULTI_BLOCK the rest
 * of the block (UIO-6.1-11), which is also all of a block with VARIABLE_BLOCK.  The rest takes further ones.  What goes to the end begins at 0.
 * 0: no octets, or no such offset.
 */
VMTP_API uint32_t uio_fits(const struct uio_handle *handle, uint32_t offset, uint64_t octets);
/* 1: it only reads an object with REPLICATED and may be created again elsewhere, if handle->rebind is set. */
VMTP_API int uio_may_rebind(const struct uio_handle *handle);

/* ---- contexts (section 5.3) --------------------------------------------------------------------------------------- */

/* Tells what is in a context, one descriptor after the other.  area (UIO_ENTRY_OCTETS at least) is lent until the reader is not used any more. */
struct uio_reader {
    struct uio_call call; /* .deadline, .caller, .done ... are used for each read */

    /* To read. */
    int end;    /* all has been told, or result is not 0 */
    int result; /* of the last read */

    /* private */
    struct uio_handle *handle;
    uint8_t *area;
    uint32_t capacity;
    uint64_t block;
    int fetched;
    struct uio_list list;
};

/* Begins, or begins anew.  UIO_UNSUPPORTED: the instance is no context, VMTP_E_INVALID: capacity. */
VMTP_API int uio_reader_begin(struct uio_reader *reader, struct uio_handle *handle, void *area, uint32_t capacity);
/* The next descriptor of those that have been read: 1, or 0: uio_reader_fetch, unless end is set.  Name and target lie in the area until then. */
VMTP_API int uio_reader_take(struct uio_reader *reader, struct uio_object *object);
/* Reads more, when uio_reader_take has returned 0: as uio_read. */
VMTP_API int uio_reader_fetch(struct uio_reader *reader);
/* Both, and waits: 1, or 0 at the end; reader->result says whether that was the end of the context (0) or an error. */
VMTP_API int uio_reader_next(struct uio_reader *reader, struct uio_object *object);

/* ---- results ---------------------------------------------------------------------------------------------------------- */

/* The errno value that comes nearest to a result: 0, ENOENT, EEXIST, ESTALE, EIO ... */
VMTP_API int uio_errno(int result);

#ifdef __cplusplus
}
#endif
#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vuio/replicas.h - write an object that several managers have: at all of them, or the program learns where not (spec/uio.md section 8).
 *
 * A set is one instance at each manager of the group that has the name.  What is done with it is done with all of them at the same time, and is over with
 * 0 only when each has said so.  If not, replica[].result tells who has done it and who has not: they may differ from now on, which nobody but
 * the program can mend.  Until it has said, by uio_replicas_give_up, of whom it expects nothing any more, nothing further is done (UIO-8-06).
 *
 * Conventions and results are those of vuio/client.h.  The record (about 110 KiB) is yours: clear it to zero, set what you need, leave members
 * below "private" alone, and keep it where it is from the beginning of uio_replicas_create until it is released or closed.
 */
#ifndef VUIO_REPLICAS_H
#define VUIO_REPLICAS_H

#include <vuio/client.h>

#ifdef __cplusplus
extern "C" {
#endif

#define UIO_REPLICAS 16u /* managers of a group, at most */

struct uio_replicas;

/* One of them.  To read. */
struct uio_replica {
    vmtp_entity manager;
    struct uio_handle handle; /* its instance; closed (.client NULL): it has none */
    int given_up;             /* by uio_replicas_give_up */
    int result;               /* what it said to the last operation, as of vuio/client.h */
    uint32_t octets;          /* write: that it has taken */

    /* private */
    struct uio_replicas *set;
    uint32_t context, index;
    struct uio_call call;
    struct vipc_call create;
    uint8_t answer[UIO_INSTANCE_OCTETS];
};

struct uio_replicas {
    const char *name; /* absolute; lent while uio_replicas_create is under way */
    size_t name_length;
    vmtp_time deadline; /* of the next operation; VMTP_NEVER: the patience of protocol and resolver */
    void (*done)(struct uio_replicas *set, int result); /* may be NULL */
    void *context;                                      /* yours */

    /* To read. */
    struct uio_replica replica[UIO_REPLICAS];
    unsigned count;    /* of them */
    vmtp_entity group; /* 0: there is but one manager, and no group */
    int differ;        /* not all have done what was asked for: 0, or the result that said so */
    int over;
    int result;
    uint32_t octets; /* write: that all have taken */

    /* private */
    struct uio_client *client; /* NULL: closed */
    uint8_t stage, rounds;
    unsigned waiting;
    uint32_t code, mode, permissions;
    struct vipc_timer timer;
    struct vipc_call query;
    struct vname_operation resolve;
    uint8_t segment[VNAME_NAME_OCTETS + 8];
    uint8_t answers[UIO_REPLICAS * VNAME_RECORD_OCTETS];
};

/*
 * Finds the managers (UIO-8-05), which takes 600 ms if there is a group, and creates an instance at each.  mode has UIO_MODE_WRITE.  When this does not
 * end with 0, some may have done it: their instances are open, until uio_replicas_release or uio_replicas_close.
 * UIO_TOO_MANY: more than UIO_REPLICAS managers; nothing has been created.  UIO_CHANGED: all have, and what they have differs already in version (not
 * looked at with CREATE or TRUNCATE) or BlockSize.  VMTP_E_INVALID, VNAME_INVALID, VNAME_TOO_LONG.
 */
VMTP_API int uio_replicas_create(struct uio_client *client, struct uio_replicas *set, uint32_t mode,
                                 uint32_t permissions);
/* uio_write at each.  Managers that have taken different numbers of octets differ: UIO_NO_SPACE. */
VMTP_API int uio_replicas_write(struct uio_replicas *set, uint64_t block, uint32_t offset, uint32_t flags,
                                const void *data, uint32_t octets);
/* uio_modify of each: a size, UIO_MASK_STABLE, UIO_MASK_COMMIT ... */
VMTP_API int uio_replicas_modify(struct uio_replicas *set, uint32_t mask, const struct uio_object *object);
/* uio_release of each; without commit also when they differ.  The set is closed when this is over, unless a commit has failed somewhere. */
VMTP_API int uio_replicas_release(struct uio_replicas *set, int commit);
/* The program knows that the which-th does not have what the others have; it is asked nothing any more.  With this the set can be used again. */
VMTP_API void uio_replicas_give_up(struct uio_replicas *set, unsigned which);
/* Ends what is under way, for its caller: replicas that have not answered have VMTP_E_CANCELLED as their result, and the set differs. */
VMTP_API void uio_replicas_cancel(struct uio_replicas *set);
/* Closes all handles without a word. */
VMTP_API void uio_replicas_close(struct uio_replicas *set);
/* As uio_call_wait. */
VMTP_API int uio_replicas_wait(struct uio_replicas *set, int begun);

#ifdef __cplusplus
}
#endif
#endif

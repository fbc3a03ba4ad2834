/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mount/mount.h - what the files of this folder share: a FUSE file system on top of a client of UIO.  Names begin with mount_.
 *
 *   session.c  the session with the kernel: options, the loop, the end
 *   node.c     inodes: what the kernel knows, and the names it knows them by
 *   op.c       one operation of the kernel and what UIO is asked for it: begun, ended, errno
 *   attr.c     descriptors as attributes, asking for them, setting them
 *   name.c     looking up, making, renaming and removing names
 *   open.c     instances: made, released
 *   again.c    instances whose manager is silent, or has come back without them
 *   data.c     reading and writing
 *   transfer.c pieces of a read or write that are under way together
 *   ahead.c    what is read ahead of a program that reads in sequence
 *   behind.c   what is written behind a program's back
 *   stream.c   objects without positions: pipes, clocks, logs
 *   list.c     directories
 *   lock.c     locks
 *   fresh.c    a thread that has the kernel forget what others have changed
 *
 * One thread does everything but fresh.c, and never waits but for all its descriptors together.
 */
#ifndef VNET_MOUNT_H
#define VNET_MOUNT_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#define FUSE_USE_VERSION 314
#include <errno.h>
#include <fuse_lowlevel.h>
#include <pthread.h>
#include <string.h>
#include <vuio/client.h>

#include "../node.h"

struct mount;
struct mount_op;
struct mount_node;
struct mount_handle;

#define MOUNT_WRITE_OCTETS 1048576u /* of one write of the kernel's, at most: it makes no larger ones */
#define MOUNT_OPERATIONS 64u        /* of the kernel's under way; more wait in the kernel */
#define MOUNT_PARTS 4u              /* of one read or write that are under way together */
#define MOUNT_COUNTED 16384u        /* places for nodes by their numbers, a power of two */
#define MOUNT_DOUBTED 8u
#define MOUNT_SPARE 16u /* buffers that are kept */
#define MOUNT_PATH (VNAME_NAME_OCTETS + 1u)

/* ---- inodes: node.c ---------------------------------------------------------------------------------------------- */

/* One name of a node. */
struct mount_entry {
    struct mount_node *parent, *node; /* the parent is referenced, the node is not */
    struct mount_entry *next;         /* in its bucket */
    struct mount_entry *next_of_node;
    uint32_t hash;
    size_t length;
    char name[];
};

struct mount_node {
    uint64_t number; /* of the object at its manager */
    uint64_t inode;  /* what programs are told */
    vmtp_entity manager;
    uint16_t type;
    uint8_t counted; /* it is found by its number, too: it may have several names */
    uint32_t refs;   /* of the kernel (one), of entries below, of operations and handles */
    uint64_t lookups;
    struct mount_entry *entries; /* none: the root, or it was removed */
    struct mount_handle *handles;
    struct mount_node *next_counted;
    struct mount_node *next, *previous; /* of all */

    /* What the kernel has of its contents. */
    uint64_t version;      /* 0: nothing */
    uint64_t writes;       /* of ours, ended so far */
    uint32_t writes_going; /* of ours, under way */
    uint8_t written;       /* by us since the version was seen */
    struct mount_locker *lockers;

    /* What is written behind: behind.c. */
    struct mount_piece *pieces;
    struct mount_op *drained; /* that wait until there are none */
    uint32_t pieces_going;
};

/* What has found an instance gone, and waits for another in its place. */
struct mount_lost {
    void (*go)(struct mount_lost *lost, int error); /* there is one, or (errno) will be none */
    struct mount_lost *next;
};

/* ---- handles: open.c --------------------------------------------------------------------------------------------- */

/* A file or directory that is open. */
struct mount_handle {
    struct mount *mount;
    struct mount_node *node;
    struct mount_handle *next, *previous; /* of the node */
    struct uio_handle uio;
    uint32_t mode;
    uint32_t busy;        /* what uses it just now */
    uint32_t calls;       /* on the instance, under way */
    uint8_t opening;      /* a directory, whose instance comes late */
    int error;            /* of what was written behind, to be told */
    uint8_t keeps;        /* a lock may be lost with the instance */
    uint8_t closed;       /* by the kernel: it goes when nothing uses it */
    struct uio_call call; /* its release */
    struct mount_handle *next_to_release;
    struct vipc_timer timer;     /* the same, when there was no room for it */
    struct mount_lost *lost;     /* that wait for a new instance */
    struct mount_again *again;   /* making it */
    struct mount_ahead *ahead;   /* or NULL */
    struct mount_list *list;     /* of a directory */
    struct mount_stream *stream; /* of an object without positions */
};

/* ---- the file system ----------------------------------------------------------------------------------------------- */

struct mount_options {
    struct common_options common;
    const char *name, *directory;
    vmtp_time cache;    /* how long the kernel believes names and attributes */
    vmtp_time patience; /* how long an operation may take */
    uint8_t read_only, write_through, mine, theirs, allow_other, background;
};

struct mount {
    const struct mount_options *options;
    struct node node;
    vipc *ipc;
    vname_resolver *names;
    struct uio_client client;
    struct fuse_session *session;

    char root_name[MOUNT_PATH];
    size_t root_length;
    int mine; /* all objects belong to who mounts */
    uid_t user;
    gid_t group;

    struct mount_node *root;
    struct mount_entry **buckets;
    uint32_t bucket_count, entry_count;
    struct mount_node *counted[MOUNT_COUNTED];

    struct mount_node *nodes; /* but the root */
    struct mount_op *free_ops, *active;
    uint32_t ops;             /* under way */
    struct mount_op *waiting; /* for locks; they do not keep others from being begun */
    uint32_t waiting_count;
    struct mount_transfer *transfers;

    vmtp_entity doubted[MOUNT_DOUBTED]; /* managers that were silent, the last ones */
    uint32_t releases;                  /* of instances, under way */
    struct mount_handle *to_release, **to_release_last;
    uint64_t behind; /* octets that are on their way to be written */
    struct mount_fresh *fresh;
    int ready;    /* descriptor of who waits behind --background, or -1 */
    void *buffer; /* that the kernel's next request is read into; NULL: an operation keeps it */
    char *spare[MOUNT_SPARE];
};

/* ---- node.c ------------------------------------------------------------------------------------------------------ */

int mount_nodes_open(struct mount *m);
void mount_nodes_close(struct mount *m);
struct mount_node *mount_node_of(struct mount *m, fuse_ino_t number);
fuse_ino_t mount_number_of(const struct mount *m, const struct mount_node *node);
struct mount_node *mount_node_ref(struct mount_node *node);
void mount_node_unref(struct mount *m, struct mount_node *node);
/* The kernel has been told of it once more, or forgets it. */
void mount_node_told(struct mount_node *node);
void mount_node_forget(struct mount *m, struct mount_node *node, uint64_t lookups);
/* What has this name now: the node that it had if that is still the same object, else another.  Referenced; NULL: no memory. */
struct mount_node *mount_node_at(struct mount *m, struct mount_node *parent, const char *name,
                                 const struct uio_object *object, vmtp_entity manager);
/* The node that is known by this name, or NULL.  Not referenced. */
struct mount_node *mount_node_known(struct mount *m, const struct mount_node *parent, const char *name);
void mount_name_gone(struct mount *m, struct mount_node *parent, const char *name);
void mount_name_moved(struct mount *m, struct mount_node *parent, const char *name, struct mount_node *new_parent,
                      const char *new_name);
void mount_names_exchanged(struct mount *m, struct mount_node *parent, const char *name, struct mount_node *new_parent,
                           const char *new_name);
/* The name of UIO of a node, or (name not NULL) of what has that name in it: how many octets, or ENAMETOOLONG, ESTALE (it has none), EILSEQ
 * as numbers below 0. */
int mount_path(const struct mount *m, char path[MOUNT_PATH], const struct mount_node *node, const char *name);
/* What programs are told as its number: that of its manager, if it has one, else one made of its name. */
uint64_t mount_inode(const struct mount_node *parent, const char *name, const struct uio_object *object);
/* Is the object what the node stands for? */
int mount_node_is(const struct mount_node *node, const struct uio_object *object);

/* ---- op.c -------------------------------------------------------------------------------------------------------- */

struct mount_op {
    struct mount *m;
    fuse_req_t req;
    struct mount_op *next_free;
    struct mount_op *next_active, *previous_active;

    /* Referenced, or NULL. */
    struct mount_node *node, *parent, *new_parent;
    struct mount_handle *handle;

    struct uio_named named;
    struct uio_call call;
    int (*again)(struct mount_op *op);             /* begins it anew, after the instance was made again: 0 or errno */
    void (*then)(struct mount_op *op, int error);  /* errno */
    void (*after)(struct mount_op *op, int error); /* what then goes on with */
    uint64_t writes;                               /* of the node, when it began; UINT64_MAX: some were under way */
    vmtp_time deadline;

    char name[256], new_name[256];
    uint32_t flags, mode;
    uint8_t attempts, kept;
    struct fuse_file_info file;
    struct stat attributes;
    struct uio_object object;
    struct mount_lost lost;
    fuse_ino_t inode; /* fresh.c */
    uint64_t at;      /* data.c, list.c */
    uint32_t size, done;
    struct uio_range range; /* lock.c */
    uint64_t owner;
    struct mount_locker *locker;
    struct vipc_timer timer;
    vmtp_time delay;
    uint32_t kind;
    uint8_t sleeps, waits, interrupted, gives_back;
    int late;              /* error of what was written behind */
    const void *data;      /* to be written */
    void *taken;           /* the kernel's buffer in which they lie, or NULL */
    struct mount_op *next; /* in a list */

    /* Kept when the record is used again. */
    char path[MOUNT_PATH], new_path[MOUNT_PATH];
    char *buffer;
    size_t buffer_size;
    uint8_t area[UIO_INSTANCE_OCTETS];
    uint8_t room[UIO_LARGE_ROOM];
};

/* NULL: it has been answered with ENOMEM. */
struct mount_op *mount_op_new(struct mount *m, fuse_req_t req);
/* The same, about this inode; fi: what was opened of it, or NULL. */
struct mount_op *mount_op_on(fuse_req_t req, fuse_ino_t ino, const struct fuse_file_info *fi);
/* op->buffer with this many octets: 0, or it has been answered, and is over. */
int mount_op_buffer(struct mount_op *op, size_t size);
/* op->data are what the kernel wants written, for as long as the operation takes: 0, or it has been answered. */
int mount_op_keep(struct mount_op *op, const char *data, size_t size);
/* Buffers as large as that of a write of the kernel's; NULL: no memory. */
char *mount_buffer_get(struct mount *m);
void mount_buffer_give(struct mount *m, char *buffer);
void mount_ops_close(struct mount *m);
/* After it was answered. */
void mount_op_end(struct mount_op *op);
void mount_op_fail(struct mount_op *op, int error); /* answers and ends; error 0: success without more */
void mount_op_node(struct mount_op *op, struct mount_node *node);
void mount_op_handle(struct mount_op *op, struct mount_handle *handle);
/* What the beginning of op->named or op->call returned: its end calls op->then. */
void mount_op_named(struct mount_op *op, int begun);
/* What is said of the name of what the operation is about: path and name of op->named. */
int mount_op_path(struct mount_op *op, const struct mount_node *node, const char *name);
/* Begins something with the instance of op->handle by op->again, which returns what uio_read ... do. */
void mount_op_call(struct mount_op *op, int (*again)(struct mount_op *op));
int mount_errno(int result);
/* Of an operation on a node: a name that the kernel has is not there any more, so it has to look it up again. */
static inline int mount_or_stale(int error) { return error == ENOENT || error == ENOTDIR ? ESTALE : error; }

/* ---- attr.c ------------------------------------------------------------------------------------------------------ */

void mount_attributes(const struct mount *m, uint64_t inode, const struct uio_object *object, struct stat *st);
double mount_seconds(const struct mount *m);
/*
 * The descriptor of a node has been seen by an operation.  1: others have changed its contents, and the kernel has to forget what it has of
 * them, before it is told.
 */
int mount_seen(struct mount_op *op, struct mount_node *node, const struct uio_object *object);
void mount_op_begins(struct mount_op *op, const struct mount_node *node); /* for mount_seen */
/* Has the kernel forget contents and attributes of op->node if `stale`, and then calls `then`. */
void mount_refresh(struct mount_op *op, int stale, void (*then)(struct mount_op *op, int error));
/* Answers with op->object as attributes of op->node. */
void mount_reply_attributes(struct mount_op *op, int error);

/* ---- open.c ------------------------------------------------------------------------------------------------------ */

/* For files and directories alike. */
void mount_on_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
/* For mount_op_call. */
int mount_make_stable(struct mount_op *op);
struct mount_handle *mount_handle_new(struct mount *m, struct mount_node *node, uint32_t mode);
void mount_handle_use(struct mount_handle *handle);
void mount_handle_done(struct mount_handle *handle); /* with using it */
/* The kernel has closed it: it is released when nothing uses it. */
void mount_handle_close(struct mount_handle *handle);
/* A handle of the node that can be used for all that is asked of the instance; NULL: none. */
struct mount_handle *mount_handle_of(const struct mount_node *node, uint32_t mode);

/* ---- again.c ------------------------------------------------------------------------------------------------------- */

/* A call on the instance has begun, and has ended. */
void mount_handle_calls(struct mount_handle *handle);
void mount_handle_called(struct mount_handle *handle);
/* Of a result: the manager does not have the instance any more; nobody has answered. */
int mount_is_gone(int result);
int mount_is_silent(int result);
/* How long the first attempt may take, so that there is time for another. */
vmtp_time mount_first_deadline(const struct mount *m, vmtp_time deadline);
/* Its manager was silent when it was asked last, so it has to be found out first whether it is there. */
int mount_is_doubted(const struct mount_handle *handle);
/*
 * A call has ended by `result`, which is one of those, or (0) its manager is doubted.  lost->go is called when it can be tried again: the manager is
 * there, or another instance was made by the name of the file, if that is still the same object; or with an errno.
 */
void mount_again_cancel(struct mount_handle *handle);
void mount_handle_lost(struct mount_handle *handle, struct mount_lost *lost, int result, vmtp_time deadline);

/* ---- transfer.c, data.c, ahead.c--------------------------------------------------------------- */

/*
 * Reads or writes `size` octets at `at`, in parts.  done: result 0 and how many octets (fewer: the end, or what failed is behind them), or a
 * result of UIO, when nothing was read, or not all was written.  It is called from the loop, or at once.
 */
void mount_transfer(struct mount_handle *handle, int writing, uint64_t at, void *data, uint32_t size,
                    vmtp_time deadline, void (*done)(void *context, int result, uint32_t octets), void *context);

/* Ends all of them without a word. */
void mount_transfers_cancel(struct mount *m);
/* behind.c: writes op->data, and answers, now or when it is done. */
void mount_behind_write(struct mount_op *op);
/* Calls `then` when all that was written to op->node is at its manager. */
void mount_behind_wait(struct mount_op *op, void (*then)(struct mount_op *op, int error));
int mount_behind_error(struct mount_handle *handle); /* errno, once */
void mount_behind_free(struct mount_node *node);
/* Reads for an operation, and answers it. */
void mount_read_through(struct mount_op *op);
/* ahead.c: 1: it answers the read, now or later; 0: it was not foreseen. */
int mount_ahead_read(struct mount_op *op);
/* What was read ahead is old. */
void mount_ahead_drop(struct mount_node *node);
void mount_ahead_free(struct mount_handle *handle);

/* stream.c: makes one of an open handle, if its object has no positions: 0 or ENOMEM. */
int mount_stream_open(struct mount_handle *handle);
void mount_stream_free(struct mount_handle *handle);
void mount_stream_read(struct mount_op *op);
void mount_stream_write(struct mount_op *op);

/* ---- list.c, fresh.c --------------------------------------------------------------------------------------- */

void mount_list_free(struct mount_handle *handle);
void mount_lockers_free(struct mount_node *node);
int mount_fresh_open(struct mount *m);
void mount_fresh_close(struct mount *m);
int mount_fresh_fd(const struct mount *m);
void mount_fresh_turn(struct mount *m);
/* Has the kernel forget what it has of op->node, then calls `then`. */
void mount_fresh_forget(struct mount_op *op, void (*then)(struct mount_op *op, int error));

void mount_names_ops(struct fuse_lowlevel_ops *ops);
void mount_attr_ops(struct fuse_lowlevel_ops *ops);
void mount_open_ops(struct fuse_lowlevel_ops *ops);
void mount_data_ops(struct fuse_lowlevel_ops *ops);
void mount_list_ops(struct fuse_lowlevel_ops *ops);
void mount_lock_ops(struct fuse_lowlevel_ops *ops);

/* session.c: until it is unmounted or interrupted; an exit code. */
int mount_run(struct mount *m);
/* Then, what is still under way is ended for everybody who waits for it. */
void mount_cancel_all(struct mount *m);

static inline struct mount *mount_of(fuse_req_t req) { return fuse_req_userdata(req); }
static inline struct mount_handle *mount_handle_from(const struct fuse_file_info *fi) {
    return fi ? (struct mount_handle *)(uintptr_t)fi->fh : NULL;
}
static inline vmtp_time mount_deadline(const struct mount *m) { return vipc_now(m->ipc) + m->options->patience; }

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * file/internal.h - what the files of this folder share.  Names begin with file_.
 *
 *   manager.c    the directory, the table of functions, counters
 *   errors.c     errno as codes
 *   find.c       names to descriptors of the system, never outside
 *   describe.c   what the system knows of an object as UIO says it
 *   open.c       instances: made, ended
 *   data.c       octets of files
 *   context.c    directories: read, mapped
 *   change.c     permissions, sizes, times
 *   names.c      making, renaming, removing, linking
 *   begin.c      transactions: what they change
 *   commit.c     transactions: their end
 *   jobs.c       threads that wait for the disk
 *   replica.c    versions that are the same at all replicas
 */
#ifndef VSUITE_FILE_INTERNAL_H
#define VSUITE_FILE_INTERNAL_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_THREADS 16
#define FILE_TICK 20000000 /* nanoseconds for which a clock of files may stand still */
#define FILE_COMPONENT 256 /* with a zero octet */
#define FILE_ATTRIBUTES                                                                                                \
    (UIO_READABLE | UIO_WRITEABLE | UIO_STORAGE | UIO_RANDOM_ACCESS | UIO_OFFSET | UIO_MULTI_BLOCK | UIO_SIZED |       \
     UIO_LOCKS | UIO_TRANSACTION)
#define FILE_CONTEXT_ATTRIBUTES (UIO_READABLE | UIO_CONTEXT | UIO_VARIABLE_BLOCK | UIO_MULTI_BLOCK)

/* A directory that has a number. */
struct file_directory {
    int fd; /* O_PATH */
};

struct file_workers;
struct file_sums;

struct file_manager {
    uio_manager *manager;
    struct file_sums *sums;       /* NULL: files are not replicated */
    struct file_workers *workers; /* NULL: there are none */
    struct file_config config;
    int root; /* O_PATH */
    uint64_t device;
    uint32_t context;
    struct file_counters counters;
};

/* A place for a name: a directory and one component. */
struct file_place {
    int parent;     /* O_PATH; -1: none */
    int is_context; /* the name ends in a slash: it is, or is to be, that of a context (UIO-9.1-08) */
    char name[FILE_COMPONENT];
};

/* An instance. */
struct file_instance {
    struct file_manager *files;
    int fd; /* of the file or directory; -1: a transaction that will make it */
    int is_context;
    int written;
    /* transactions */
    int own;                 /* the copy that is written; -1: none yet */
    struct file_place place; /* where the file has its name */
    uint64_t base;           /* version when the transaction began */
    int committing;
    int copy;                              /* what will be `own`, while it is being filled; -1 */
    struct uio_manager_operation *waiting; /* that come when it is */
    uint64_t sum, sum_of;                  /* of a replica: its version, and of which state of the file */
};

/* What is now read and written. */
static inline int file_now(const struct file_instance *i) { return i->own >= 0 ? i->own : i->fd; }
static inline struct file_manager *file_of(const struct uio_manager_operation *op) { return op->root; }

/* ---- errors.c ---- */

/* Refuses it for errno. */
void file_refuse(struct uio_manager_operation *op);
/* Finishes it: result < 0: for errno. */
void file_finish(struct uio_manager_operation *op, int result);

/* ---- jobs.c ---- */

enum file_job_state { FILE_JOB_QUEUED, FILE_JOB_RUNNING, FILE_JOB_DONE };

/* Something that may wait for the disk. */
struct file_job {
    struct file_job *next;
    struct uio_manager_operation *op;
    int used; /* the node's; `state` is under the mutex */
    enum file_job_state state;
    void (*work)(struct file_job *job); /* perhaps in another thread: uses what is below, sets result and error */
    void (*over)(struct uio_manager_operation *op, struct file_job *job); /* in the node, with errno */
    struct file_instance *opening;                                        /* or NULL: it goes with the job */
    struct file_instance *copying;                                        /* or NULL: its copy goes with the job */
    int to;                                                               /* the copy */
    int stop;       /* atomic: it may end early, nobody waits for it any more */
    int fd, is_own; /* is_own: it is the job's, and shut after it */
    void *buffer;
    size_t count;
    uint64_t position;
    ssize_t result;
    int error;
};

/* Has it done, now or later, and goes on with `over`. */
void file_run(struct uio_manager_operation *op, const struct file_job *job);
void file_on_cancel(struct uio_manager_operation *op);
/* Waits until no job uses the descriptor, so that it may be shut. */
void file_wait_for(struct file_manager *f, int fd);
int file_workers_begin(struct file_manager *f);
void file_workers_end(struct file_manager *f);
/* A job: fsync of its descriptor. */
void file_job_sync(struct file_job *job);

/* ---- find.c ---- */

void file_shut(int *fd);
/* A descriptor with O_PATH for what has the name in this directory (NULL: the root); follow: also at its end.  -1 and errno, EXDEV: outside. */
int file_find(struct file_manager *f, const struct file_directory *from, const char *name, size_t length, int follow);
/* The same to be opened: `found` is closed; its object, whatever has its name by now.  -1 and errno. */
int file_reopen(int fd, int flags);
/* The directory and component where a name is, or would be.  0, or -1 and errno; place->parent is to be shut. */
int file_find_place(struct file_manager *f, const struct file_directory *from, const char *name, size_t length,
                    struct file_place *place);
/* The same for the two names of an operation. */
int file_place_of(struct uio_manager_operation *op, struct file_place *place);
int file_new_place_of(struct uio_manager_operation *op, struct file_place *place);
/* Has the place what its name says, or nothing?  0, or -1 and ENOTDIR. */
int file_is_as_named(const struct file_place *place);
/* Makes a file that was not there: open for reading and writing, with exactly these permissions. */
int file_make(const struct file_place *place, uint32_t permissions);
/* The path in /proc of a descriptor. */
struct file_path {
    char text[40];
};
struct file_path file_path_of(int fd);
/* The path of a directory behind the root; -1: it cannot be told. */
int file_path_below(struct file_manager *f, int fd, char *path, size_t room);

/* ---- describe.c ---- */

int file_stat(int fd, struct statx *st);
uint64_t file_mix(uint64_t x);
uint64_t file_version(const struct statx *st);
/* Around every change of the contents of a file, so that its version is another afterwards. */
void file_before(int fd, int64_t *changed);
void file_after(int fd, int64_t before);
/* Whether a time of change has moved; if not, where it should be. */
int file_moved(int64_t before, int64_t after, int64_t *should);
uint64_t file_number(const struct file_manager *f, const struct statx *st);
void file_identity(const struct statx *st, uint64_t identity[2]);
void file_describe(const struct file_manager *f, const struct statx *st, struct uio_object *object);
/* Answers with the descriptor of what fd is; name: its last component, may be empty. */
void file_answer_object(struct uio_manager_operation *op, int fd, const char *name, size_t length);
/* The last component of a name. */
const char *file_last(const char *name, size_t length, size_t *octets);

/* ---- open.c ---- */

/* The instance is complete, or nothing comes of it. */
void file_opened(struct uio_manager_operation *op, struct file_instance *i, int created);
void file_free_instance(struct file_instance *i);

/* ---- replica.c ---- */

int file_sums_begin(struct file_manager *f);
void file_sums_end(struct file_manager *f);
/* The version of a file of which it is known; 0: not. */
uint64_t file_sum(const struct file_manager *f, const struct statx *st);
/* file_opened, with a version. */
void file_open_replica(struct uio_manager_operation *op, struct file_instance *i);
void file_describe_replica(const struct file_instance *i, const struct statx *st, struct uio_object *object);

/* ---- functions of the type ---- */

void file_on_open(struct uio_manager_operation *op);
uint32_t file_on_release(struct uio_manager_instance *instance, uint32_t flags);
void file_on_query_instance(struct uio_manager_operation *op);
void file_on_read(struct uio_manager_operation *op);
void file_on_write(struct uio_manager_operation *op);
void file_on_sync(struct uio_manager_operation *op);
void file_read_context(struct uio_manager_operation *op);
void file_on_map(struct uio_manager_operation *op);
void file_on_forget(uio_manager *manager, void *root, void *directory);
void file_on_query(struct uio_manager_operation *op);
void file_on_storage(struct uio_manager_operation *op);
void file_on_modify(struct uio_manager_operation *op);
void file_on_modify_instance(struct uio_manager_operation *op);
void file_on_remove(struct uio_manager_operation *op);
void file_on_rename(struct uio_manager_operation *op);
void file_on_create(struct uio_manager_operation *op);
void file_on_link(struct uio_manager_operation *op);
void file_on_commit(struct uio_manager_operation *op);
void file_on_take_back(struct uio_manager_operation *op);

/* ---- begin.c, commit.c ---- */

/*
 * Before a change of a transaction: 1 when there is a copy that can be changed.  0: not yet, and the operation comes again when there is, or it has been
 * refused.  empty: all that is in the file will go.
 */
int file_is_begun(struct uio_manager_operation *op, struct file_instance *i, int empty);
/* It was cancelled, and may be one that waits for a copy. */
void file_forget_waiting(struct uio_manager_operation *op);
/* What an earlier program has left when it ended in the middle of a commit. */
void file_sweep(struct file_manager *f);
/* A file that is to be made by the commit. */
int file_begin_new(struct file_instance *i, uint32_t permissions);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Transactions (section 6.6).  What is written goes to a copy without a name, which the file system forgets when nobody has it open any more,
 * also after a crash.  The commit brings it to stable storage and gives it the name of the file, in one step; all other instances of the file
 * are then instances of the new one.
 */
#include "internal.h"

#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>

#define COPY_PIECE (1u << 20)

/* ---- the copy ------------------------------------------------------------------------------------------------- */

static int unnamed(const struct file_place *place) {
    return openat(place->parent, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

static int copy(int from, int to) {
    if (ioctl(to, FICLONE, from) == 0)
        return 0;
    off64_t in = 0, out = 0;
    for (;;) {
        const ssize_t n = copy_file_range(from, &in, to, &out, COPY_PIECE, 0);
        if (n == 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return -1;
    }
}

int file_begin(struct file_instance *i, int empty) {
    if (i->own >= 0)
        return 0;
    int own = unnamed(&i->place);
    if (own < 0 || (!empty && copy(i->fd, own) < 0)) {
        file_shut(&own);
        return -1;
    }
    i->files->counters.copies++;
    i->own = own;
    return 0;
}

int file_begin_new(struct file_instance *i, uint32_t permissions) {
    i->own = unnamed(&i->place);
    if (i->own >= 0 && fchmod(i->own, permissions & 07777) < 0)
        file_shut(&i->own);
    if (i->own < 0)
        file_shut(&i->place.parent);
    return i->own < 0 ? -1 : 0;
}

/* ---- commit --------------------------------------------------------------------------------------------------- */

/* Is the name still that of the file as it was? */
static int is_unchanged(const struct file_instance *i) {
    struct statx was, is;
    return file_stat(i->fd, &was) == 0 &&
           statx(i->place.parent, i->place.name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &is) == 0 &&
           was.stx_ino == is.stx_ino && was.stx_dev_minor == is.stx_dev_minor &&
           was.stx_dev_major == is.stx_dev_major && file_version(&is) == i->base;
}

/* The new file looks like the old one; who owns it can only be kept by those who may give files away. */
static int take_looks(const struct file_instance *i) {
    struct statx st;
    if (file_stat(i->fd, &st) < 0)
        return -1;
    if ((st.stx_uid != geteuid() || st.stx_gid != getegid()) && fchown(i->own, st.stx_uid, st.stx_gid) < 0)
        return -1;
    return fchmod(i->own, st.stx_mode & 07777);
}

static int name_it(const struct file_instance *i, const char *name) {
    const struct file_path path = file_path_of(i->own);
    return linkat(AT_FDCWD, path.text, i->place.parent, name, AT_SYMLINK_FOLLOW);
}

/* A name that nobody has, for the moment between the two steps that the system needs to replace one file by another without a name. */
static int replace(const struct file_instance *i, uio_manager *manager) {
    char name[40];
    snprintf(name, sizeof name, ".commit-%016llx", (unsigned long long)vipc_random(uio_manager_ipc(manager)));
    if (name_it(i, name) < 0)
        return -1;
    if (renameat2(i->place.parent, name, i->place.parent, i->place.name, 0) == 0)
        return 0;
    const int saved = errno;
    unlinkat(i->place.parent, name, 0);
    errno = saved;
    return -1;
}

/*
 * Everybody who has the old file open has the new one from now on, and so has the transaction.  A descriptor keeps its number, since jobs may be
 * using it.
 */
static void switch_all(struct uio_manager_instance *instance, const uint64_t identity[2]) {
    struct file_instance *mine = instance->state;
    for (struct uio_manager_instance *other = NULL; (other = uio_manager_next_instance(instance, other)) != NULL;) {
        const struct file_instance *i = other->state;
        if (other == instance || i->fd < 0)
            continue;
        int fd = file_reopen(mine->own, fcntl(i->fd, F_GETFL) & O_ACCMODE);
        if (fd >= 0)
            dup3(fd, i->fd, O_CLOEXEC);
        file_shut(&fd);
    }
    file_wait_for(mine->files, mine->fd);
    file_shut(&mine->fd);
    mine->fd = mine->own;
    mine->own = -1;
    uio_manager_change_identity(instance->manager, instance->type, instance->identity, identity);
}

static void rebase(struct file_instance *i) {
    struct statx st;
    if (i->fd >= 0 && file_stat(i->fd, &st) == 0)
        i->base = file_version(&st);
}

/* The last step: the name is on stable storage. */
static void committed(struct uio_manager_operation *op, struct file_job *job) {
    struct file_instance *i = op->instance->state;
    i->committing = 0;
    i->files->counters.commits += job->result == 0;
    file_finish(op, (int)job->result);
}

static void refuse_commit(struct uio_manager_operation *op, int conflict) {
    struct file_instance *i = op->instance->state;
    i->committing = 0;
    i->files->counters.conflicts += conflict != 0;
    if (conflict)
        uio_manager_refuse(op, UIO_CONFLICT);
    else
        file_refuse(op);
}

/* The copy is on stable storage; now the name, if it is still that of the file as it was. */
static void copy_is_stable(struct uio_manager_operation *op, struct file_job *job) {
    struct file_instance *i = op->instance->state;
    const int is_new = i->fd < 0;
    struct file_job last = {.work = file_job_sync, .over = committed, .is_own = 1};
    uint64_t identity[2];
    struct statx st;
    if (job->result < 0 || (is_new ? 0 : !is_unchanged(i))) {
        refuse_commit(op, job->result == 0);
        return;
    }
    last.fd = openat(i->place.parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (last.fd < 0 || file_stat(i->own, &st) < 0 || (is_new ? name_it(i, i->place.name) : replace(i, op->manager)) < 0) {
        const int taken = errno == EEXIST;
        file_shut(&last.fd);
        refuse_commit(op, is_new && taken);
        return;
    }
    file_identity(&st, identity);
    switch_all(op->instance, identity);
    rebase(i);
    file_run(op, &last);
}

void file_on_commit(struct uio_manager_operation *op) {
    struct file_instance *i = op->instance->state;
    const struct file_job first = {.work = file_job_sync, .over = copy_is_stable, .fd = i->own};
    if (i->committing)
        uio_manager_refuse(op, UIO_BUSY);
    else if (i->own < 0) /* nothing was changed */
        uio_manager_finish(op);
    else if (i->fd >= 0 && !is_unchanged(i))
        refuse_commit(op, 1);
    else if (i->fd >= 0 && take_looks(i) < 0)
        file_refuse(op);
    else {
        i->committing = 1;
        file_run(op, &first);
    }
}

/* A new file that was never committed is empty again, and whoever has made one of that name meanwhile is in the way as before. */
void file_on_take_back(struct uio_manager_operation *op) {
    struct file_instance *i = op->instance->state;
    int r = 0;
    if (i->committing) {
        uio_manager_refuse(op, UIO_BUSY);
        return;
    }
    file_wait_for(i->files, i->own);
    if (i->fd >= 0)
        file_shut(&i->own);
    else
        r = ftruncate(i->own, 0);
    rebase(i);
    file_finish(op, r);
}

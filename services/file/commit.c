/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Transactions (section 6.6), their end.  What was written is in a copy without a name.  The commit brings it to stable storage and gives it the name of the file, in one step; all other instances of the file
 * are then instances of the new one.
 */
#include "internal.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>

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

/*
 * The system needs two steps to replace one file by another without a name, and between them it has this one, which says by the number of the file that it
 * is one of ours: no other file will have it by accident.  It is in the directory that is served, where those are found that a program has left that ended in
 * this moment; or beside the file, where that is another file system or nothing may be made there.
 */
struct between {
    char text[32];
};

static struct between between_of(const struct statx *st) {
    struct between name;
    snprintf(name.text, sizeof name.text, ".commit-%016llx", (unsigned long long)st->stx_ino);
    return name;
}

static int replace_by_way_of(const struct file_instance *i, int directory, const char *name) {
    const struct file_path path = file_path_of(i->own);
    if (linkat(AT_FDCWD, path.text, directory, name, AT_SYMLINK_FOLLOW) < 0)
        return -1;
    if (renameat2(directory, name, i->place.parent, i->place.name, 0) == 0)
        return 0;
    const int saved = errno;
    unlinkat(directory, name, 0);
    errno = saved;
    return -1;
}

/* The lock says that there is a program which will take the name away itself. */
static int replace(const struct file_instance *i) {
    struct statx st;
    if (file_stat(i->own, &st) < 0)
        return -1;
    const struct between name = between_of(&st);
    flock(i->own, LOCK_EX | LOCK_NB);
    int r = replace_by_way_of(i, i->files->root, name.text);
    if (r < 0)
        r = replace_by_way_of(i, i->place.parent, name.text);
    flock(i->own, LOCK_UN);
    return r;
}

static void sweep_one(struct file_manager *f, const char *name) {
    int fd = openat(f->root, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct statx st;
    if (fd >= 0 && file_stat(fd, &st) == 0 && S_ISREG(st.stx_mode) && strcmp(between_of(&st).text, name) == 0 &&
        flock(fd, LOCK_EX | LOCK_NB) == 0 && unlinkat(f->root, name, 0) == 0)
        f->counters.swept++;
    file_shut(&fd);
}

void file_sweep(struct file_manager *f) {
    static const char prefix[] = ".commit-";
    const int fd = f->config.read_only ? -1 : openat(f->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;
    while (directory && (entry = readdir(directory)) != NULL)
        if (strncmp(entry->d_name, prefix, sizeof prefix - 1) == 0)
            sweep_one(f, entry->d_name);
    if (directory)
        closedir(directory);
    else if (fd >= 0)
        close(fd);
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
    if (last.fd < 0 || file_stat(i->own, &st) < 0 || (is_new ? name_it(i, i->place.name) : replace(i)) < 0) {
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
    if (i->committing || i->copy >= 0)
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
    if (i->committing || i->copy >= 0) {
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

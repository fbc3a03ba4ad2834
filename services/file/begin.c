/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Transactions (section 6.6), their beginning.  What is written goes to a copy without a name, which the file system forgets when nobody has it open any
 * more, also after a crash.  It is made before the first change, by a thread if there are some; changes that come meanwhile wait for it.
 */
#include "internal.h"

#include <linux/fs.h>
#include <sys/ioctl.h>

#define COPY_PIECE (1u << 20)

static int unnamed(const struct file_place *place) {
    return openat(place->parent, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

/* From job->fd to the copy, which is nobody else's as long as this goes on. */
static void copy_job(struct file_job *job) {
    off64_t in = 0, out = 0;
    job->result = ioctl(job->to, FICLONE, job->fd) == 0 ? 0 : 1;
    while (job->result > 0 && !__atomic_load_n(&job->stop, __ATOMIC_RELAXED)) {
        job->result = copy_file_range(job->fd, &in, job->to, &out, COPY_PIECE, 0);
        if (job->result < 0 && errno == EINTR)
            job->result = 1;
    }
    job->error = errno;
}

/* The operation once more, from its beginning. */
static void again(struct uio_manager_operation *op) {
    if (op->code == (UIO_WRITE_INSTANCE & VMTP_CODE_MASK))
        file_on_write(op);
    else
        file_on_modify_instance(op);
}

static void begun(struct file_instance *i) {
    i->files->counters.copies++;
    i->own = i->copy;
    i->copy = -1;
}

static void copied(struct uio_manager_operation *op, struct file_job *job) {
    struct file_instance *i = op->instance->state;
    struct uio_manager_operation *next, *waiting = i->waiting;
    const int good = job->result == 0, error = errno;
    i->waiting = NULL;
    if (good)
        begun(i);
    else
        file_shut(&i->copy);
    for (; op; op = next) {
        next = waiting;
        waiting = next ? next->next : NULL;
        errno = error;
        if (good)
            again(op);
        else
            file_refuse(op);
    }
}

static void wait_for_copy(struct uio_manager_operation *op, struct file_instance *i) {
    struct uio_manager_operation **at = &i->waiting;
    while (*at)
        at = &(*at)->next;
    op->next = NULL;
    *at = op;
}

void file_forget_waiting(struct uio_manager_operation *op) {
    struct file_instance *i = op->instance ? op->instance->state : NULL;
    struct uio_manager_operation **at = i ? &i->waiting : NULL;
    while (at && *at && *at != op)
        at = &(*at)->next;
    if (at && *at)
        *at = op->next;
}

int file_is_begun(struct uio_manager_operation *op, struct file_instance *i, int empty) {
    if (i->own >= 0)
        return 1;
    if (i->copy >= 0) {
        wait_for_copy(op, i);
        return 0;
    }
    i->copy = unnamed(&i->place);
    if (i->copy < 0) {
        file_refuse(op);
        return 0;
    }
    if (empty) {
        begun(i);
        return 1;
    }
    const struct file_job job = {.work = copy_job, .over = copied, .fd = i->fd, .to = i->copy, .copying = i};
    file_run(op, &job);
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

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Locks.  One of UIO belongs to an instance; one of POSIX (fcntl) to a process and a file, however often it is open, and one of flock to what is
 * open.  So a process that locks a file gets an instance for its locks alone, a locker, and flock uses the instance of what is open.  The two do not
 * hinder each other: octets above 2^62, which no file has, stand for flock.
 *
 * Who has a lock sees what others wrote before they gave theirs back: with each lock it is found out whether the file has another version, and before
 * one is given back after writing, which version is ours.
 */
#include "mount.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>

#define FLOCK_OCTET ((uint64_t)1 << 62)
#define FIRST_DELAY (5 * VMTP_MILLISECOND)
#define LAST_DELAY (200 * VMTP_MILLISECOND)

struct mount_locker {
    struct mount_locker *next; /* of the node */
    struct mount_handle *handle;
    uint64_t owner;
    pid_t process;
    uint8_t opening, open;
    struct mount_op *waiting; /* for its instance */
};

static void attempt(struct mount_op *op, int error);

static struct mount_locker *locker_of(const struct mount_node *node, uint64_t owner) {
    struct mount_locker *l = node->lockers;
    while (l && l->owner != owner)
        l = l->next;
    return l;
}

/* ---- lockers ----------------------------------------------------------------------------------------------------- */

static void drop_locker(struct mount_node *node, struct mount_locker *locker) {
    struct mount_locker **at = &node->lockers;
    while (*at != locker)
        at = &(*at)->next;
    *at = locker->next;
    mount_handle_close(locker->handle);
    free(locker);
}

static void locker_opened(struct mount_op *op, int error) {
    struct mount_locker *locker = op->locker;
    struct mount_op *waiting = locker->waiting;
    if (!error && !mount_node_is(op->node, &op->named.object))
        error = ESTALE;
    locker->opening = 0;
    locker->open = !error;
    locker->waiting = NULL;
    if (error)
        drop_locker(op->node, locker);
    attempt(op, error);
    while (waiting) {
        struct mount_op *next = waiting->next;
        attempt(waiting, error);
        waiting = next;
    }
}

/* An instance for the locks of one process. */
static void open_locker(struct mount_op *op) {
    struct mount_locker *locker = op->locker;
    locker->opening = 1;
    op->named.room = op->room;
    op->named.room_size = sizeof op->room;
    op->then = locker_opened;
    const int error = mount_op_path(op, op->node, NULL);
    if (error)
        locker_opened(op, error == ESTALE ? ENOLCK : error); /* it has no name any more */
    else
        mount_op_named(op, uio_create(&op->m->client, &op->named, &locker->handle->uio, locker->handle->mode, 0));
}

static struct mount_locker *new_locker(struct mount_op *op, const struct mount_handle *like, uint64_t owner) {
    struct mount_locker *locker = calloc(1, sizeof *locker);
    if (!locker)
        return NULL;
    locker->handle = mount_handle_new(
        op->m, op->node, (like->mode & UIO_MODE_READ ? UIO_MODE_READ : UIO_MODE_WRITE) | UIO_MODE_NO_FOLLOW);
    if (!locker->handle) {
        free(locker);
        return NULL;
    }
    locker->handle->keeps = 1;
    locker->owner = owner;
    locker->next = op->node->lockers;
    op->node->lockers = locker;
    return locker;
}

/* ---- waiting ------------------------------------------------------------------------------------------------------ */

static void leave_waiting(struct mount_op *op) {
    struct mount_op **at = &op->m->waiting;
    while (*at != op)
        at = &(*at)->next;
    *at = op->next;
    op->waits = 0;
    op->m->waiting_count--;
    vipc_timer_cancel(&op->timer);
}

static void look_again(struct vipc_timer *timer) {
    struct mount_op *op = timer->context;
    leave_waiting(op);
    attempt(op, op->interrupted ? EINTR : 0);
}

/* Somebody else here may have it now. */
static void wake(struct mount *m, const struct mount_node *node) {
    for (struct mount_op *op = m->waiting; op; op = op->next)
        if (op->node == node)
            vipc_timer_set(m->ipc, &op->timer, vipc_now(m->ipc));
}

static void interrupted(fuse_req_t req, void *data) {
    struct mount_op *op = data;
    (void)req;
    op->interrupted = 1;
    if (op->waits) /* else it is seen when what is under way is over */
        vipc_timer_set(op->m->ipc, &op->timer, vipc_now(op->m->ipc));
}

/*
 * It is asked for again, not waited for at the manager: a wait could be for ever, and would hold what calls are made of.  The first that asks
 * when it is free has it, in whichever order they came.
 */
static void wait(struct mount_op *op) {
    struct mount *m = op->m;
    op->delay = op->delay ? op->delay * 2 : FIRST_DELAY;
    if (op->delay > LAST_DELAY)
        op->delay = LAST_DELAY;
    op->next = m->waiting;
    m->waiting = op;
    op->waits = 1;
    m->waiting_count++;
    op->timer.fire = look_again;
    op->timer.context = op;
    vipc_timer_set(m->ipc, &op->timer, vipc_now(m->ipc) + (op->interrupted ? 0 : op->delay));
}

/* ---- setting ------------------------------------------------------------------------------------------------------ */

static int set(struct mount_op *op) { return uio_lock(&op->handle->uio, &op->call, op->kind, 1, &op->range); }

static int query(struct mount_op *op) { return uio_query(&op->handle->uio, &op->call, op->area); }

static void finish(struct mount_op *op, int error) {
    if (op->kind == UIO_LOCK_NONE)
        wake(op->m, op->node);
    mount_op_fail(op, error);
}

static void looked(struct mount_op *op, int error) {
    if (error)
        finish(op, error);
    else
        mount_refresh(op, mount_seen(op, op->node, &op->call.object), finish);
}

static void was_set(struct mount_op *op, int error) {
    if (error == EAGAIN && op->sleeps && op->kind != UIO_LOCK_NONE) {
        wait(op);
        return;
    }
    if (error || op->kind == UIO_LOCK_NONE) {
        finish(op, error == ENFILE ? ENOLCK : error);
        return;
    }
    mount_op_begins(op, op->node);
    op->then = looked;
    mount_op_call(op, query);
}

static void unlocked(struct mount_op *op, int error);

static void set_it(struct mount_op *op) {
    op->then = op->gives_back ? unlocked : was_set;
    mount_op_call(op, set);
}

/* Before a lock is given back: what version have our writes made? */
static void seen_before(struct mount_op *op, int error) {
    if (!error)
        (void)mount_seen(op, op->node, &op->call.object);
    set_it(op);
}

/* op->handle is set when it is a lock of flock, or the locker is open. */
static void attempt_now(struct mount_op *op, int error) {
    (void)error;
    op->deadline = mount_deadline(op->m);
    if (!op->handle)
        mount_op_handle(op, op->locker->handle);
    if (op->kind == UIO_LOCK_NONE && op->node->written && !op->node->writes_going) {
        mount_op_begins(op, op->node);
        op->then = seen_before;
        mount_op_call(op, query);
    } else {
        set_it(op);
    }
}

static void attempt(struct mount_op *op, int error) {
    if (error)
        mount_op_fail(op, error);
    else
        mount_behind_wait(op, attempt_now);
}

static int kind_of(int type) {
    return type == F_RDLCK ? (int)UIO_LOCK_SHARED : type == F_WRLCK ? (int)UIO_LOCK_EXCLUSIVE : (int)UIO_LOCK_NONE;
}

/* 0 or errno. */
static int take_range(struct mount_op *op, const struct flock *lock) {
    op->range.first = (uint64_t)lock->l_start;
    if (lock->l_start < 0 || lock->l_len < 0 || op->range.first >= FLOCK_OCTET)
        return EINVAL;
    op->range.count = FLOCK_OCTET - op->range.first;
    if (lock->l_len && (uint64_t)lock->l_len < op->range.count)
        op->range.count = (uint64_t)lock->l_len;
    return 0;
}

static struct mount_op *begin(fuse_req_t req, fuse_ino_t ino, const struct flock *lock) {
    struct mount_op *op = mount_op_on(req, ino, NULL);
    if (!op)
        return NULL;
    op->kind = (uint32_t)kind_of(lock->l_type);
    const int error = take_range(op, lock);
    if (!error)
        return op;
    mount_op_fail(op, error);
    return NULL;
}

static void on_setlk(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi, struct flock *lock, int sleep) {
    struct mount_op *op = begin(req, ino, lock);
    if (!op)
        return;
    op->sleeps = sleep != 0;
    op->locker = locker_of(op->node, fi->lock_owner);
    if (!op->locker && op->kind == UIO_LOCK_NONE) {
        mount_op_fail(op, 0);
        return;
    }
    const int is_new = !op->locker;
    if (is_new)
        op->locker = new_locker(op, mount_handle_from(fi), fi->lock_owner);
    if (!op->locker) {
        mount_op_fail(op, ENOLCK);
        return;
    }
    op->locker->process = lock->l_pid;
    if (op->sleeps)
        fuse_req_interrupt_func(req, interrupted, op);
    if (is_new) {
        open_locker(op);
    } else if (op->locker->opening) {
        op->next = op->locker->waiting;
        op->locker->waiting = op;
    } else {
        attempt(op, 0);
    }
}

static void on_flock(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi, int what) {
    struct mount_op *op = mount_op_on(req, ino, fi);
    if (!op)
        return;
    op->kind = what & LOCK_EX ? UIO_LOCK_EXCLUSIVE : what & LOCK_SH ? UIO_LOCK_SHARED : UIO_LOCK_NONE;
    op->range = (struct uio_range){.first = FLOCK_OCTET, .count = 1};
    op->sleeps = !(what & LOCK_NB);
    op->handle->keeps = op->kind != UIO_LOCK_NONE;
    if (op->sleeps)
        fuse_req_interrupt_func(req, interrupted, op);
    attempt(op, 0);
}

/* ---- asking ------------------------------------------------------------------------------------------------------- */

/* A process here, if it is one. */
static pid_t process_of(const struct mount_op *op) {
    const struct mount_locker *l = op->node->lockers;
    if (op->call.range.owner != op->m->client.owner)
        return 0;
    while (l && l == op->locker)
        l = l->next;
    return l ? l->process : 0;
}

static void asked(struct mount_op *op, int error) {
    struct flock lock = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
    if (error) {
        mount_op_fail(op, error);
        return;
    }
    if (op->call.kind != UIO_LOCK_NONE) {
        const uint64_t first = op->call.range.first, count = op->call.range.count;
        lock.l_type = op->call.kind == UIO_LOCK_SHARED ? F_RDLCK : F_WRLCK;
        lock.l_start = (off_t)first;
        lock.l_len = !count || first + count >= FLOCK_OCTET ? 0 : (off_t)count;
        lock.l_pid = process_of(op);
    }
    fuse_reply_lock(op->req, &lock);
    mount_op_end(op);
}

static void on_getlk(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi, struct flock *lock) {
    struct mount_op *op = begin(req, ino, lock);
    if (!op)
        return;
    op->kind = op->kind == UIO_LOCK_SHARED ? UIO_LOCK_ASK_SHARED : UIO_LOCK_ASK_EXCLUSIVE;
    op->locker = locker_of(op->node, fi->lock_owner);
    mount_op_handle(op, op->locker && op->locker->open ? op->locker->handle : mount_handle_from(fi));
    op->then = asked;
    mount_op_call(op, set);
}

/* ---- close -------------------------------------------------------------------------------------------------------- */

static void unlocked(struct mount_op *op, int error) {
    struct mount_locker *locker = locker_of(op->node, op->owner);
    if (locker && !locker->opening)
        drop_locker(op->node, locker);
    finish(op, op->late ? op->late : error == EIO ? 0 : error); /* gone is as good as given back */
}

/* A process that closes a file, whichever of its descriptors, has no locks of it any more. */
static void give_back(struct mount_op *op, int error) {
    struct mount_locker *locker = locker_of(op->node, op->owner);
    op->late = mount_behind_error(op->handle);
    if (!locker || !locker->open) {
        mount_op_fail(op, op->late);
        return;
    }
    mount_handle_done(op->handle);
    mount_op_handle(op, locker->handle);
    op->kind = UIO_LOCK_NONE;
    op->range = (struct uio_range){.count = FLOCK_OCTET};
    op->gives_back = 1;
    attempt(op, error);
}

static void on_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi) {
    struct mount_op *op = mount_op_on(req, ino, fi);
    if (!op)
        return;
    op->owner = fi->lock_owner;
    mount_behind_wait(op, give_back);
}

void mount_lockers_free(struct mount_node *node) {
    while (node->lockers) {
        struct mount_locker *locker = node->lockers;
        node->lockers = locker->next;
        free(locker);
    }
}

void mount_lock_ops(struct fuse_lowlevel_ops *ops) {
    ops->getlk = on_getlk;
    ops->setlk = on_setlk;
    ops->flock = on_flock;
    ops->flush = on_flush;
}

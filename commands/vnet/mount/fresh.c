/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thread that has the kernel forget what it has of a file.  It waits there for pages that are being read, which only the loop can answer, so the
 * loop itself must not ask for it.
 */
#include "mount.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct mount_fresh {
    struct fuse_session *session;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t more;
    int event; /* something is done */
    int end;
    struct mount_op *first, **last; /* to be done */
    struct mount_op *done;
};

static void *work(void *context) {
    struct mount_fresh *f = context;
    pthread_mutex_lock(&f->mutex);
    while (!f->end) {
        struct mount_op *op = f->first;
        if (!op) {
            pthread_cond_wait(&f->more, &f->mutex);
            continue;
        }
        f->first = op->next;
        if (!f->first)
            f->last = &f->first;
        pthread_mutex_unlock(&f->mutex);
        /* What the kernel does not have it need not forget. */
        (void)fuse_lowlevel_notify_inval_inode(f->session, op->inode, 0, 0);
        pthread_mutex_lock(&f->mutex);
        op->next = f->done;
        f->done = op;
        (void)!write(f->event, &(uint64_t){1}, sizeof(uint64_t));
    }
    pthread_mutex_unlock(&f->mutex);
    return NULL;
}

/* Signals are the loop's. */
static int start_thread(struct mount_fresh *f) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int error = pthread_create(&f->thread, NULL, work, f);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

int mount_fresh_open(struct mount *m) {
    struct mount_fresh *f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    f->session = m->session;
    f->last = &f->first;
    f->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&f->mutex, NULL);
    pthread_cond_init(&f->more, NULL);
    if (f->event < 0 || start_thread(f) != 0) {
        if (f->event >= 0)
            close(f->event);
        free(f);
        return -1;
    }
    m->fresh = f;
    return 0;
}

/* When the file system is unmounted nothing of it waits any more. */
void mount_fresh_close(struct mount *m) {
    struct mount_fresh *f = m->fresh;
    if (!f)
        return;
    pthread_mutex_lock(&f->mutex);
    f->end = 1;
    pthread_cond_signal(&f->more);
    pthread_mutex_unlock(&f->mutex);
    pthread_join(f->thread, NULL);
    pthread_mutex_destroy(&f->mutex);
    pthread_cond_destroy(&f->more);
    close(f->event);
    free(f);
    m->fresh = NULL;
}

int mount_fresh_fd(const struct mount *m) { return m->fresh->event; }

void mount_fresh_turn(struct mount *m) {
    struct mount_fresh *f = m->fresh;
    uint64_t count;
    if (read(f->event, &count, sizeof count) < 0)
        return;
    pthread_mutex_lock(&f->mutex);
    struct mount_op *op = f->done;
    f->done = NULL;
    pthread_mutex_unlock(&f->mutex);
    while (op) {
        struct mount_op *next = op->next;
        op->then(op, 0);
        op = next;
    }
}

void mount_fresh_forget(struct mount_op *op, void (*then)(struct mount_op *op, int error)) {
    struct mount_fresh *f = op->m->fresh;
    op->then = then;
    op->next = NULL;
    op->inode = mount_number_of(op->m, op->node);
    pthread_mutex_lock(&f->mutex);
    *f->last = op;
    f->last = &op->next;
    pthread_cond_signal(&f->more);
    pthread_mutex_unlock(&f->mutex);
}

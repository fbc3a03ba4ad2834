/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads that wait for the disk, so that the node need not: while it waits it cannot answer anybody, about anything.  A job touches its descriptor
 * and its memory and nothing else; an operation that is cancelled takes its job back first, and waits for one that is being done.
 * The node looks for those that are done by a timer, which comes often at first and less often later.
 */
#include "internal.h"

#include <pthread.h>
#include <stdlib.h>

#define JOBS 64u
#define LOOK_FIRST (50 * VMTP_MICROSECOND)
#define LOOK_LAST (2 * VMTP_MILLISECOND)

struct file_workers {
    struct file_manager *files;
    pthread_mutex_t mutex;
    pthread_cond_t wanted, done;
    pthread_t threads[FILE_THREADS];
    unsigned count;
    int stop;
    struct file_job *first, *last; /* queued */
    struct file_job jobs[JOBS];
    unsigned busy; /* the node's: jobs that are not free */
    struct vipc_timer timer;
    vmtp_time pause;
};

/* ---- in the threads ------------------------------------------------------------------------------------------- */

static void do_one(struct file_workers *w) {
    struct file_job *job = w->first;
    w->first = job->next;
    job->state = FILE_JOB_RUNNING;
    pthread_mutex_unlock(&w->mutex);
    job->work(job);
    pthread_mutex_lock(&w->mutex);
    job->state = FILE_JOB_DONE;
    pthread_cond_broadcast(&w->done);
}

static void *work(void *context) {
    struct file_workers *w = context;
    pthread_mutex_lock(&w->mutex);
    while (!w->stop)
        if (w->first)
            do_one(w);
        else
            pthread_cond_wait(&w->wanted, &w->mutex);
    pthread_mutex_unlock(&w->mutex);
    return NULL;
}

/* ---- in the node ---------------------------------------------------------------------------------------------- */

static void look_later(struct file_workers *w) {
    vipc *ipc = uio_manager_ipc(w->files->manager);
    if (w->busy)
        vipc_timer_set(ipc, &w->timer, vipc_now(ipc) + w->pause);
    else
        vipc_timer_cancel(&w->timer);
    w->pause = w->pause < LOOK_LAST ? 2 * w->pause : w->pause;
}

static void give(struct file_workers *w, struct file_job *job) {
    if (job->is_own)
        file_shut(&job->fd);
    job->used = 0;
    w->busy--;
}

static void look(struct vipc_timer *timer) {
    struct file_workers *w = timer->context;
    for (struct file_job *job = w->jobs; job < w->jobs + JOBS; job++) {
        pthread_mutex_lock(&w->mutex);
        const int is_done = job->used && job->state == FILE_JOB_DONE;
        pthread_mutex_unlock(&w->mutex);
        if (!is_done)
            continue;
        struct file_job over = *job;
        give(w, job);
        over.op->context = NULL;
        errno = over.error;
        over.over(over.op, &over);
    }
    look_later(w);
}

static struct file_job *take(struct file_workers *w) {
    if (w && w->busy < JOBS)
        for (struct file_job *job = w->jobs; job < w->jobs + JOBS; job++)
            if (!job->used) {
                w->busy++;
                return job;
            }
    return NULL;
}

void file_run(struct uio_manager_operation *op, const struct file_job *wanted) {
    struct file_workers *w = file_of(op)->workers;
    struct file_job *job = take(w);
    if (!job) { /* no threads, or too much for them */
        struct file_job here = *wanted;
        here.op = op;
        here.work(&here);
        errno = here.error;
        if (here.is_own)
            file_shut(&here.fd);
        here.over(op, &here);
        return;
    }
    *job = *wanted;
    job->used = 1;
    job->op = op;
    job->next = NULL;
    op->context = job;
    pthread_mutex_lock(&w->mutex);
    job->state = FILE_JOB_QUEUED;
    *(w->first ? &w->last->next : &w->first) = job;
    w->last = job;
    pthread_cond_signal(&w->wanted);
    pthread_mutex_unlock(&w->mutex);
    w->pause = LOOK_FIRST;
    look_later(w);
}

void file_on_cancel(struct uio_manager_operation *op) {
    struct file_workers *w = file_of(op)->workers;
    struct file_job *job = op->context;
    if (!job) {
        file_forget_waiting(op);
        return;
    }
    __atomic_store_n(&job->stop, 1, __ATOMIC_RELAXED);
    pthread_mutex_lock(&w->mutex);
    for (struct file_job **at = &w->first, *before = NULL; *at; before = *at, at = &(*at)->next)
        if (*at == job) {
            *at = job->next;
            w->last = w->last == job ? before : w->last;
            job->state = FILE_JOB_DONE;
            break;
        }
    while (job->state != FILE_JOB_DONE)
        pthread_cond_wait(&w->done, &w->mutex);
    pthread_mutex_unlock(&w->mutex);
    if (job->opening)
        file_free_instance(job->opening);
    if (job->copying)
        file_shut(&job->copying->copy);
    give(w, job);
    if (!w->busy)
        vipc_timer_cancel(&w->timer);
}

static int uses(const struct file_job *job, int fd) {
    return job->used && job->fd == fd && (job->state == FILE_JOB_QUEUED || job->state == FILE_JOB_RUNNING);
}

void file_wait_for(struct file_manager *f, int fd) {
    struct file_workers *w = f->workers;
    if (!w)
        return;
    pthread_mutex_lock(&w->mutex);
    for (struct file_job *job = w->jobs; job < w->jobs + JOBS; job++)
        while (uses(job, fd))
            pthread_cond_wait(&w->done, &w->mutex);
    pthread_mutex_unlock(&w->mutex);
}

/* ---- beginning and ending ------------------------------------------------------------------------------------- */

int file_workers_begin(struct file_manager *f) {
    const uint32_t threads = f->config.threads;
    struct file_workers *w = threads ? calloc(1, sizeof *w) : NULL;
    if (!w)
        return threads ? VMTP_E_MEMORY : 0;
    f->workers = w;
    w->files = f;
    w->timer.fire = look;
    w->timer.context = w;
    pthread_mutex_init(&w->mutex, NULL);
    pthread_cond_init(&w->wanted, NULL);
    pthread_cond_init(&w->done, NULL);
    while (w->count < threads && pthread_create(&w->threads[w->count], NULL, work, w) == 0)
        w->count++;
    return w->count == threads ? 0 : VMTP_E_SYSTEM;
}

void file_workers_end(struct file_manager *f) {
    struct file_workers *w = f->workers;
    if (!w)
        return;
    pthread_mutex_lock(&w->mutex);
    w->stop = 1;
    pthread_cond_broadcast(&w->wanted);
    pthread_mutex_unlock(&w->mutex);
    while (w->count)
        pthread_join(w->threads[--w->count], NULL);
    pthread_cond_destroy(&w->done);
    pthread_cond_destroy(&w->wanted);
    pthread_mutex_destroy(&w->mutex);
    free(w);
    f->workers = NULL;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "node_v.h"

#include <pthread.h>
#include <stdlib.h>

#include <vmtp/v.h>

#include "../../examples/v_tested/orders.h"

enum turn { OTHERS, PROCESS, OVER };

struct sim_v {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    enum turn turn;
    vmtp_host *host;
    v_kernel *kernel;
};

static void pass(struct sim_v *v, enum turn turn) {
    v->turn = turn;
    pthread_cond_broadcast(&v->changed);
}

static void *process(void *context) {
    struct sim_v *v = context;
    pthread_mutex_lock(&v->lock);
    while (v->turn != PROCESS)
        pthread_cond_wait(&v->changed, &v->lock);
    pthread_mutex_unlock(&v->lock);
    orders_serve(v->kernel);
    pthread_mutex_lock(&v->lock);
    pass(v, OVER);
    pthread_mutex_unlock(&v->lock);
    return NULL;
}

struct sim_v *sim_v_open(vmtp_host *host) {
    struct sim_v *v = calloc(1, sizeof *v);
    if (!v || v_kernel_open(&v->kernel, host) != 0)
        abort();
    v->host = host;
    pthread_mutex_init(&v->lock, NULL);
    pthread_cond_init(&v->changed, NULL);
    if (pthread_create(&v->thread, NULL, process, v) != 0)
        abort();
    return v;
}

void sim_v_turn(struct sim_v *v) {
    if (!v)
        return;
    pthread_mutex_lock(&v->lock);
    if (v->turn == OTHERS)
        pass(v, PROCESS);
    while (v->turn == PROCESS)
        pthread_cond_wait(&v->changed, &v->lock);
    pthread_mutex_unlock(&v->lock);
}

int sim_v_idle(struct sim_v *v) {
    if (!v || !pthread_equal(pthread_self(), v->thread))
        return 0;
    pthread_mutex_lock(&v->lock);
    pass(v, OTHERS);
    while (v->turn != PROCESS)
        pthread_cond_wait(&v->changed, &v->lock);
    pthread_mutex_unlock(&v->lock);
    return 1;
}

void sim_v_close(struct sim_v *v) {
    if (!v)
        return;
    vmtp_host_interrupt(v->host);
    while (v->turn != OVER)
        sim_v_turn(v);
    pthread_join(v->thread, NULL);
    v_kernel_close(v->kernel);
    pthread_mutex_destroy(&v->lock);
    pthread_cond_destroy(&v->changed);
    free(v);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replicas: several managers that have the same files, which nobody changes through them.  The version of a file is then a sum of its octets, so that
 * equal versions mean equal contents wherever they are (UIO-3.1-02); times differ from copy to copy.  It is made when a file is opened
 * that has not been, or has been changed since, by a thread if there are some, and kept here for as long as the file stays as it is.
 */
#include "internal.h"

#include <stdlib.h>

#define PLACES 4096u /* of sums that are kept; another file may take one's place */
#define PIECE (256u << 10)
#define LANES 4u

struct file_sums {
    struct {
        uint64_t file, sum;
    } places[PLACES];
};

static uint64_t rotate(uint64_t x, unsigned n) { return x << n | x >> (64 - n); }

static uint64_t step(uint64_t lane, const uint8_t *octets) {
    uint64_t x = 0;
    for (unsigned i = 0; i < 8; i++)
        x |= (uint64_t)octets[i] << 8 * i;
    return rotate(lane + x * 0xc2b2ae3d27d4eb4fu, 31) * 0x9e3779b185ebca87u;
}

/* Octets behind the end count as zero; the size is part of the sum. */
static void add(uint64_t lanes[LANES], uint8_t *octets, size_t size) {
    const size_t whole = (size + 8 * LANES - 1) & ~(size_t)(8 * LANES - 1);
    memset(octets + size, 0, whole - size);
    for (size_t at = 0; at < whole; at += 8 * LANES)
        for (unsigned i = 0; i < LANES; i++)
            lanes[i] = step(lanes[i], octets + at + 8 * i);
}

static uint64_t sum_of(const uint64_t lanes[LANES], uint64_t size) {
    uint64_t sum = size * 0x9e3779b185ebca87u;
    for (unsigned i = 0; i < LANES; i++)
        sum = file_mix(sum + rotate(lanes[i], 7 * i + 1));
    return sum ? sum : 1;
}

/* All octets of what fd is: 0, or -1 and errno. */
static int sum_file(int fd, uint64_t *sum) {
    uint64_t lanes[LANES] = {1, 2, 3, 4}, at = 0;
    uint8_t *piece = malloc(PIECE);
    size_t n = piece ? PIECE : 0;
    ssize_t r = 0;
    while (n == PIECE) {
        n = 0;
        while (n < PIECE && (r = pread(fd, piece + n, PIECE - n, (off_t)(at + n))) != 0) {
            if (r > 0)
                n += (size_t)r;
            else if (errno != EINTR)
                break;
        }
        if (r < 0)
            break;
        add(lanes, piece, n);
        at += n;
    }
    *sum = sum_of(lanes, at);
    if (!piece) {
        errno = ENOMEM;
        r = -1;
    }
    free(piece);
    return r < 0 ? -1 : 0;
}

/* ---- what is kept ----------------------------------------------------------------------------------------------- */

int file_sums_begin(struct file_manager *f) {
    f->sums = f->config.replica ? calloc(1, sizeof *f->sums) : NULL;
    return f->config.replica && !f->sums ? VMTP_E_MEMORY : 0;
}

void file_sums_end(struct file_manager *f) {
    free(f->sums);
    f->sums = NULL;
}

static uint64_t file_as_it_is(const struct statx *st) {
    uint64_t identity[2];
    file_identity(st, identity);
    return file_mix(file_version(st) + file_mix(identity[0] + file_mix(identity[1])));
}

uint64_t file_sum(const struct file_manager *f, const struct statx *st) {
    const uint64_t file = file_as_it_is(st);
    return f->sums->places[file % PLACES].file == file ? f->sums->places[file % PLACES].sum : 0;
}

/* ---- when a file is opened -------------------------------------------------------------------------------------- */

static void sum_job(struct file_job *job) {
    job->result = sum_file(job->fd, &job->position);
    job->error = errno;
}

static void summed(struct uio_manager_operation *op, struct file_job *job) {
    struct file_instance *i = job->opening;
    struct statx st;
    if (job->result < 0 || file_stat(i->fd, &st) < 0) {
        file_refuse(op);
        file_free_instance(i);
        return;
    }
    const uint64_t file = file_as_it_is(&st);
    i->sum = job->position;
    i->sum_of = file;
    i->files->sums->places[file % PLACES].file = file;
    i->files->sums->places[file % PLACES].sum = i->sum;
    file_opened(op, i, 0);
}

void file_open_replica(struct uio_manager_operation *op, struct file_instance *i) {
    const struct file_job job = {.work = sum_job, .over = summed, .fd = i->fd, .opening = i};
    struct statx st;
    if (i->is_context || file_stat(i->fd, &st) < 0) {
        file_opened(op, i, 0);
        return;
    }
    i->sum = file_sum(i->files, &st);
    i->sum_of = file_as_it_is(&st);
    if (i->sum) {
        file_opened(op, i, 0);
        return;
    }
    i->files->counters.sums++;
    file_run(op, &job);
}

void file_describe_replica(const struct file_instance *i, const struct statx *st, struct uio_object *object) {
    if (i->files->sums && !i->is_context)
        object->version = i->sum_of == file_as_it_is(st) ? i->sum : file_version(st); /* another one, whatever it is */
}

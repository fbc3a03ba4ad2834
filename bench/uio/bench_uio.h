/* SPDX-License-Identifier: BSD-2-Clause */
/* bench_uio.h - reading a file by UIO beside bare transactions of the same size. */
#ifndef BENCH_UIO_H
#define BENCH_UIO_H

#include <vipc/host.h>
#include <vuio/manager.h>

#include "../lab/lab.h"
#include "../lab/vmtp.h"

#define BENCH_FILE_OCTETS (1u << 20)
#define BENCH_BLOCK_MOST 16384u
#define BENCH_ROUNDS_MAX 200u

struct bench_uio_settings {
    uint32_t block; /* octets: of a block of the file, and of each read */
    int local;      /* the manager is in the client's process */
    size_t rounds;
};

/* What the client leaves on the board's samples, round by round: picoseconds per octet. */
enum bench_uio_figure {
    FIGURE_BARE,   /* a transaction of vmtp/host.h with as many octets in its Response */
    FIGURE_BLOCK,  /* uio_read */
    FIGURE_OCTET,  /* uio_getc, out of a buffer that is full */
    FIGURE_STREAM, /* uio_getc, with the reading of it */
    FIGURE_AHEAD,  /* the same, reading ahead */
    FIGURE_GETC,   /* getc of glibc, from a local file that is in the page cache */
    FIGURES
};

/* A manager of one file, and an entity that answers with the same octets without UIO. */
struct shop {
    vmtp_host *host;
    vipc *node;
    vmtp_entity bare;
    uio_manager *manager;
    void *memory;
    int held;
};

uint8_t shop_octet(uint32_t at);
/* -1 after lab_problem. */
int shop_open(struct shop *shop, struct lab_seat *seat, vmtp_host *host, vipc *node, uint32_t block);

int bench_uio_serve(struct lab_seat *seat);
int bench_uio_measure(struct lab_seat *seat);

#endif

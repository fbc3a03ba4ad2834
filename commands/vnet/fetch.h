/* SPDX-License-Identifier: BSD-2-Clause */
/* fetch.h - read a file of a test service, several transactions at a time. */
#ifndef VNET_FETCH_H
#define VNET_FETCH_H

#include "node.h"
#include "outfile.h"

#define FETCH_PIECE VMTP_GROUP_OCTETS
#define FETCH_WINDOW_MOST 60u

/* One transaction in flight. */
struct fetch_piece {
    vmtp_entity client;
    vmtp_handle handle; /* 0: free */
    uint64_t offset;
    uint32_t length;
    uint8_t tries;
    uint8_t *area;
};

struct fetch {
    struct node *node;
    vmtp_entity server;
    const char *name;
    vmtp_time timeout; /* without any progress */
    uint32_t window;
    uint8_t idempotent;
    void (*progress)(void *context, uint64_t done, uint64_t size);
    void *context;

    uint64_t size, version; /* of the file, from FILE_STAT */
    uint64_t next, done;
    vmtp_time progressed; /* when something arrived last */
    uint32_t in_flight, damaged;
    struct fetch_piece pieces[FETCH_WINDOW_MOST];
    uint8_t *memory;
};

enum fetch_error {
    FETCH_CHANGED = 0x1000000, /* beyond all response codes */
    FETCH_DAMAGED,
    FETCH_REFUSED, /* f->size holds the ResponseCode */
    FETCH_WRITE    /* errno */
};

/* Size and version.  0, a result of node_call, or a fetch_error. */
int fetch_stat(struct fetch *f);
/* All of it into out.  The same. */
int fetch_all(struct fetch *f, struct outfile *out);
void fetch_free(struct fetch *f);

#endif

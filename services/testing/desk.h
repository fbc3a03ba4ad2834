/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * desk.h - a UIO manager on a node of a fake network, for tests of the objects that one puts on it.
 *
 * Time is virtual.  Failures end the test.
 */
#ifndef SERVICES_TESTING_DESK_H
#define SERVICES_TESTING_DESK_H

#include <support/shelf.h>

#define RW (UIO_MODE_READ | UIO_MODE_WRITE)
#define NEXT UIO_MANAGER_NEXT

struct desk {
    vipc *node;
    struct uio_manager_config config;
    uio_manager *manager;
    void *memory;
    struct asker a, b; /* on nodes of their own */
};

/* The configuration may be changed between the two. */
void desk_prepare(struct desk *desk);
void desk_begin(struct desk *desk);
/* Claims the prefix for this context, and waits until it is held. */
void desk_claim(struct desk *desk, const char *prefix, uint32_t context);
/* Destroys the manager and looks whether anything is left. */
void desk_end(struct desk *desk);

#define DESK_COUNT(desk, name) (uio_manager_counters((desk)->manager)->name)
struct uio_manager_use desk_use(const struct desk *desk);

/* Reads and writes in sequence: how long the manager may wait. */
void read_later(struct said *said, struct asker *asker, uint32_t number, uint32_t ms, uint32_t octets);
void write_later(struct said *said, struct asker *asker, uint32_t number, uint32_t ms, const void *data, uint32_t size);
/* CreateInstance, whatever comes of it; the owner is the asker. */
const struct said *open_as(struct asker *asker, const char *name, uint32_t mode);
/* Operations by name. */
const struct said *on_name(struct asker *asker, uint32_t code, const char *name, uint32_t word2, uint32_t word3);

/* The names in a context, each followed by a space, in the order in which they are told; of reads of so many octets.  Good until the next call. */
const char *names_in(struct asker *asker, const char *context, uint32_t octets);
/* And the last descriptor with this name that names_in has seen, without its name. */
struct uio_object described(const char *name);

#endif

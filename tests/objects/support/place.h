/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * place.h - managers of objects, and programs that use them, all of them the real ones, on the nodes of a rig; in virtual time.
 *
 * Nothing here waits inside a node, so that it runs on VMTP hosts as on the network in memory.  Failures end the test.
 */
#ifndef TESTS_OBJECTS_PLACE_H
#define TESTS_OBJECTS_PLACE_H

#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <sim/rig.h>
#include <suite.h>
#include <vuio/client.h>
#include <vuio/manager.h>

#include "file/file.h"
#include "log/log.h"
#include "pipe/pipe.h"
#include "programs/programs.h"
#include "time/time_manager.h"

#define MS VMTP_MILLISECOND
#define SECONDS VMTP_SECOND
#define NOWHERE 99u  /* the side of a node that is off */
#define PLACE_RIGS 2 /* tests are loop tests: 0 in memory, 1 on VMTP */

struct place {
    const struct rig *rig;
    vipc *nodes[RIG_NODES];
};
extern struct place place;

void place_open(int rig);
void place_close(void);
void place_run(vmtp_time duration);
void place_faults(uint32_t loss); /* parts per million */
void place_off(unsigned node);

/* ---- managers ---- */

struct shop {
    unsigned node;
    struct uio_manager_config config;
    uio_manager *manager;
    vmtp_entity entity; /* also when it is closed */
    void *memory;
    struct pipe_manager *pipes;
    struct log_manager *log;
    struct time_manager *times;
    struct programs *programs;
    struct program itself;
    struct file_manager *files;
};

/* One that shows a node: time, programs, pipe and log below this prefix. */
void shop_open(struct shop *shop, unsigned node, const char *prefix);
/* One of several that show copies of a directory. */
void shop_open_replica(struct shop *shop, unsigned node, const char *prefix, const char *directory, vmtp_entity group);
/* Ends it as a crash would, and looks whether anything is left. */
void shop_close(struct shop *shop);

/* ---- programs that use them ---- */

struct guest {
    unsigned node;
    vname_resolver *names;
    struct uio_client client;
};

void guest_open(struct guest *guest, unsigned node);
void guest_close(struct guest *guest);
/* Opens a name: the result. */
int guest_create(struct guest *guest, struct uio_handle *handle, const char *name, uint32_t mode);
void guest_must_create(struct guest *guest, struct uio_handle *handle, const char *name, uint32_t mode);
/* Runs until the call that has just begun is over: its result. */
int place_wait(struct uio_call *call, int begun);
/* A call record, cleared, whose manager may wait so long. */
struct uio_call *new_call(uint32_t milliseconds);
int guest_release(struct uio_handle *handle);

int place_main(const char *name, void (*add)(TCase *));

#endif

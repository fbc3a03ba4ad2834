/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_responder.h - the test service of spec/testing.md, on an engine.
 *
 * It never blocks and has no loop of its own: give it the engine's events, and time.
 *
 *      vtest_create(&service, engine, &options, now)
 *      for each event    if (!vtest_event(service, &event, now)) ... not the service's
 *      at vtest_deadline(service)    vtest_expire(service, now)
 *
 * After either, the engine may have packets to send.
 */
#ifndef VSUITE_TEST_RESPONDER_H
#define VSUITE_TEST_RESPONDER_H

#include <vmtp/engine.h>

typedef struct vtest_service vtest_service;

struct vtest_options {
    vmtp_entity id;      /* the service's identifier; 0: one of the engine's block */
    const char *files;   /* directory for FILE_STAT and FILE_READ; NULL: none */
    const char *name;    /* of the implementation, for IDENTIFY */
    uint32_t slots;      /* Requests in hand, 4..1024, default 128; each takes 16 KiB */
    uint8_t forbid_call; /* 1: CALL, FORWARD and MIGRATE answer NO_PERMISSION */
    uint32_t accepts;    /* how much of the engine's max_accepts the service may use, from 2; default 128 */
    uint32_t large; /* how many of the slots take messages up to 4 MiB, each with so much memory, and one of each twin and of
                            the serial server; default 2; 0: none do */
    struct vipc *ipc; /* the node's, borrowed: the service is a client and a manager of names, too; NULL: it is not */
};

/* Sets the defaults. */
void vtest_options_init(struct vtest_options *options);

/*
 * Creates the service and VMTP_TEST_SERVICE beside it.  The engine must be ready.  0, an error of vmtp_entity_create,
 * VMTP_E_INVALID (slots, accepts, large), VMTP_E_MEMORY, what vname_open returns, or VMTP_E_SYSTEM with errno (the directory cannot be opened).
 */
int vtest_create(vtest_service **out, vmtp_engine *engine, const struct vtest_options *options, vmtp_time now);

/* Before options.ipc is closed; what NAME_OPERATE and the like have in hand is not answered.  Also without options.ipc. */
void vtest_close_names(vtest_service *service);

/* Only after the engine: its memory is lent. */
void vtest_destroy(vtest_service *service);

vmtp_entity vtest_entity(const vtest_service *service);

/* 1 when the event was the service's and has been dealt with, else 0. */
int vtest_event(vtest_service *service, const struct vmtp_event *event, vmtp_time now);

/* When vtest_expire has something to do; VMTP_NEVER: nothing is delayed. */
vmtp_time vtest_deadline(const vtest_service *service);
void vtest_expire(vtest_service *service, vmtp_time now);

/* 0 once somebody has deleted the service's entity (DeleteEntity from the wire). */
int vtest_alive(const vtest_service *service);

/* How often procedure (0..255) was executed since start or RESET. */
uint32_t vtest_count(const vtest_service *service, unsigned procedure);

#endif

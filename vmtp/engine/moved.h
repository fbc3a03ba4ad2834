/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * moved.h - the form of an entity between two nodes (spec/vmtp.md section 13.11).
 *
 * Octets, big-endian: a head, records of remote clients each with what it holds, a checksum.
 */
#ifndef VMTP_ENGINE_MOVED_H
#define VMTP_ENGINE_MOVED_H

#include <string.h>

#include <vmtp/engine.h>

#define MOVED_MAGIC 0x564d4947u /* VMIG */
#define MOVED_VERSION 2u
#define MOVED_TAIL 4u /* the checksum of all before it */

enum { /* the head */
       HEAD_MAGIC = 0,
       HEAD_VERSION = 4,
       HEAD_SIZE = 8, /* of all */
       HEAD_RECORDS = 12,
       HEAD_ID = 16,
       HEAD_FLAGS = 24,       /* enum vmtp_entity_flags */
       HEAD_TRANSACTION = 28, /* the last */
       HEAD_STATE = 32,       /* below */
       HEAD_RETRANSMITS = 36,
       HEAD_PROCESS = 40,
       HEAD_PRINCIPAL = 48,
       HEAD_EFFECTIVE = 56,
       HEAD_OCTETS = 64
};
#define HEAD_CALLING 1u  /* the last Transaction is a call that goes on */
#define HEAD_DATAGRAM 2u /* it was a datagram */

enum { /* a record */
       RECORD_CLIENT = 0,
       RECORD_TRANSACTION = 8,
       RECORD_STATE = 12, /* below; then forward, retransmit, priority */
       RECORD_GAP = 16,   /* then multicast, the address */
       RECORD_CODE = 24,
       RECORD_WORDS = 28,
       RECORD_ONWARD = 56,
       RECORD_HAVE = 64,    /* Responded: blocks that the Client has */
       RECORD_SEGMENT = 68, /* octets of the Response's segment behind the record, padded to 8 */
       RECORD_HANDLE = 72,  /* Processing: which it had */
       RECORD_HEADER = 80,  /* Processing: of the Request */
       RECORD_OCTETS = 144
};
enum { MOVED_IDLE = 1, MOVED_PROCESSING, MOVED_RESPONDED, MOVED_DISCARDED, MOVED_FORWARDED, MOVED_RUN, MOVED_REFUSED };

/* The record of a run has in RECORD_CODE whether its last Request had STI, in RECORD_HAVE the number of Requests behind it. */
enum {                         /* each of them, with the segment of its Response, padded to 8 */
       OF_RUN_TRANSACTION = 0, /* the last of its packet groups */
       OF_RUN_GROUPS = 4,
       OF_RUN_FLAGS = 8,
       OF_RUN_HAVE = 12, /* blocks that the Client has; of a large Response two numbers: groups it has, groups that were sent */
       OF_RUN_CODE = 16, /* of the Response */
       OF_RUN_WORDS = 20,
       OF_RUN_CONTROL = 48, /* what is sent of it at @12 */
       OF_RUN_SEGMENT = 52,
       OF_RUN_HANDLE = 56, /* as RECORD_HANDLE */
       OF_RUN_HEADER = 64,
       OF_RUN_OCTETS = 128
};
#define OF_RUN_RESPONDED 1u /* else in hand */
#define OF_RUN_MORE 2u      /* NER */
#define OF_RUN_SKIP 4u      /* STI */
#define OF_RUN_BATCHED 8u   /* a later Response stands for it */
#define OF_RUN_ANSWERED 16u /* the Response, or that one, has been sent */
#define OF_RUN_SOLICIT 32u  /* to be asked about */
#define OF_RUN_FLAGS_ALL 63u

/* Where the form is written. */
struct moved_writer {
    uint8_t *at, *end;
    uint32_t records;
    uint32_t full; /* octets that all would take */
    uint32_t base; /* octets that are still to come without segments of Responses, the tail included */
};

static inline int moved_has_room(const struct moved_writer *w, uint32_t octets) {
    return (size_t)(w->end - w->at) >= (size_t)w->base + vmtp_padded(octets);
}
static inline void moved_put_segment(struct moved_writer *w, const uint8_t *segment, uint32_t octets) {
    memset(w->at, 0, vmtp_padded(octets));
    memcpy(w->at, segment, octets);
    w->at += vmtp_padded(octets);
}

struct vmtp_engine;
struct remote;
struct entity;
/* ---- export_run.c ---- */
void veng_export_run_measure(const struct vmtp_engine *e, const struct remote *r, struct moved_writer *w);
/* The Requests behind the record at p, which is filled in but for what a run has. */
void veng_export_run(const struct vmtp_engine *e, struct moved_writer *w, uint8_t *p, const struct remote *r);
/* A run of this client here with the entity: Requests in hand. */
uint32_t veng_export_local_run_length(const struct vmtp_engine *e, const struct entity *client, vmtp_entity id);
void veng_export_local_run(const struct vmtp_engine *e, struct moved_writer *w, uint8_t *p, const struct entity *client,
                           vmtp_entity id);

/* ---- import_run.c ---- */
size_t veng_import_run_octets(const uint8_t *p, size_t left); /* of the record and all behind it, 0: it is unsound */
/* Of which tables it takes how many records, and of runs how many are to be left, see VMTP-13.3-76. */
void veng_import_run_needs(const uint8_t *p, uint32_t *requests, uint32_t *runs, uint32_t *spare);
void veng_import_run(struct vmtp_engine *e, struct remote *r, const uint8_t *p, vmtp_time now);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * moved.h - the form of an entity between two nodes (spec/vmtp.md section 13.11).
 *
 * Octets, big-endian: a head, records of remote clients each with what it holds, a checksum.
 */
#ifndef VMTP_ENGINE_MOVED_H
#define VMTP_ENGINE_MOVED_H

#define MOVED_MAGIC 0x564d4947u /* VMIG */
#define MOVED_VERSION 1u
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
enum { MOVED_IDLE = 1, MOVED_PROCESSING, MOVED_RESPONDED, MOVED_DISCARDED, MOVED_FORWARDED };

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * streaming.h - runs of Requests, and messages of several packet groups, against the engine in foreign.h.
 *
 * The engine's packets hold a whole packet group, so one packet stands for each, and so do those that are made here by default.
 */
#ifndef VMTP_TESTS_STREAMING_H
#define VMTP_TESTS_STREAMING_H

#include "calling.h"
#include "serving.h"

#define GROUP_OCTETS VMTP_GROUP_OCTETS
#define ALL_BLOCKS 0xffffffffu
/* Of the control word, in a run: */
#define FIRST VMTP_NER
#define MIDDLE (VMTP_NSR | VMTP_NER)
#define LAST VMTP_NSR
/* In the groups of one message; its last has LAST. */
#define CMG_FIRST (VMTP_NER | VMTP_CMG)
#define CMG_MIDDLE (VMTP_NSR | VMTP_NER | VMTP_CMG)
/* Octets in three groups: 32, 32 and 15 blocks. */
#define THREE 40000u
#define LAST_OF_THREE 0x7fffu

/* What large messages carry, and where the engine puts them. */
extern uint8_t stream_segment[VMTP_MESSAGE_OCTETS];
extern uint8_t stream_area[VMTP_MESSAGE_OCTETS + 16];

/* foreign_config's, with room for a packet group in each packet. */
void stream_config(struct vmtp_config *config);
/* config NULL: stream_config's. */
void stream_open(struct foreign *f, const struct vmtp_config *config);

/* ---- the engine is the server ---- */

/* Lends stream_area, to entity, for a message of so many octets. */
void stream_accept(struct foreign *f, vmtp_entity entity, uint32_t capacity);
/* A Request of the run of FOREIGN_CLIENT: no segment.  Returns what vmtp_input returned. */
int stream_ask(struct foreign *f, vmtp_entity server, uint32_t transaction, uint32_t flags);
/* So many of them from this Transaction on, delivered at once, which do not end the run. */
void stream_ask_run(struct foreign *f, vmtp_entity server, uint32_t first, unsigned count);
/* The transaction of the n-th Request that was delivered, or 0. */
uint32_t stream_delivered(const struct foreign *f, unsigned n);
/* Answers the Request with this (first) Transaction, the last one delivered of those. */
int stream_reply(struct foreign *f, uint32_t transaction, uint32_t size, uint32_t flags);

/* ---- the engine is the client ---- */

/* Begins a call of a run, with this cookie; without a segment. */
vmtp_handle stream_call(struct foreign *f, vmtp_entity client, uint64_t cookie, uint32_t flags);
/* Begins count of them, with cookies 1, 2, ...; all but the last say that more follows.  The first Transaction. */
uint32_t stream_run(struct foreign *f, vmtp_entity client, unsigned count);
/* The next packets are its Requests n to last, in order, with this RetransmitCount, and then there is silence. */
void stream_sends(struct foreign *f, uint32_t first, unsigned n, unsigned last, unsigned retransmit);
/* A Request of size octets with room for a Response of response_size.  The first Transaction. */
uint32_t stream_large_call(struct foreign *f, vmtp_entity client, uint32_t size, uint32_t response_size);
/* A Response without a segment to a Request of this client. */
struct vmtp_header stream_response(vmtp_entity client, uint32_t transaction, uint32_t flags, uint8_t pgcount);
int stream_answer(struct foreign *f, vmtp_entity client, uint32_t transaction, uint32_t flags, uint8_t pgcount);
/* Notify operations from the hand-made node. */
int stream_tell_client(struct foreign *f, vmtp_entity client, uint32_t transact, uint32_t delivery, uint32_t code);
/* The same about the n-th transmission of the Request. */
int stream_tell_about(struct foreign *f, vmtp_entity client, uint32_t transact, unsigned retransmit, uint32_t code);
int stream_tell_server(struct foreign *f, vmtp_entity server, uint32_t transact, uint32_t delivery, uint32_t code);
/* The n-th COMPLETE must have this cookie and this result. */
const struct vmtp_event *stream_ended(const struct foreign *f, unsigned n, uint64_t cookie, uint32_t result);
/* So many have come. */
void stream_ends(const struct foreign *f, unsigned count);

/* ---- messages of several packet groups, of either kind ---- */

/* The header of a Request of size octets from FOREIGN_CLIENT; of the Response to a Request whose last Transaction is this. */
struct vmtp_header stream_large_request(vmtp_entity server, uint32_t first, uint32_t size);
struct vmtp_header stream_large_response(vmtp_entity client, uint32_t transaction, uint32_t size, uint8_t pgcount);
/*
 * Gives the engine a packet of it: these blocks of that group.  NSR, NER, CMG and Transaction follow from the group; NSR and NER in message
 * mean that the run has groups of other messages before and behind it; STI in it is put into the last group.
 */
int stream_give(struct foreign *f, const struct vmtp_header *message, unsigned group, uint32_t blocks, uint32_t flags);
/* The same with data that fill the group. */
int stream_give_group(struct foreign *f, const struct vmtp_header *message, unsigned group, uint32_t flags);
/* All blocks of this group of a message of size octets. */
uint32_t stream_blocks(uint32_t size, unsigned group);

/* ---- expectations ---- */

/* The next packet: of a Request or Response, with this Transaction and exactly these flags of the control word. */
const struct packet *expect_flags(struct foreign *f, uint32_t transaction, uint32_t flags);
/* The next packet: these blocks of this group of a message that began with this Transaction. */
const struct packet *expect_group(struct foreign *f, uint32_t first, unsigned group, uint32_t blocks);

#endif

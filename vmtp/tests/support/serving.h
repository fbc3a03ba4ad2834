/* SPDX-License-Identifier: BSD-2-Clause */
/* serving.h - server entities of the engine in foreign.h: accepts posted from memory of ours, Requests answered by hand. */
#ifndef VMTP_TESTS_SERVING_H
#define VMTP_TESTS_SERVING_H

#include "foreign.h"

#define SERVING_AREAS 160

/* What replies with a segment carry, and what Requests may. */
extern uint8_t serving_segment[VMTP_GROUP_OCTETS];

/* Creates an entity (options may be NULL) that takes eight Requests of any size. */
vmtp_entity serve_entity(struct foreign *f, const struct vmtp_entity_options *options);
/* Posts more accepts for it; each has an area of its own. */
void serve_accepts(struct foreign *f, vmtp_entity entity, unsigned count, uint32_t capacity);
/* The Request delivered last, or NULL. */
const struct vmtp_event *serve_last(const struct foreign *f);
unsigned serve_count(const struct foreign *f); /* Requests delivered */
/* Answers it with size octets of serving_segment; collects what the engine sends then.  Returns what vmtp_reply returned. */
int serve_reply(struct foreign *f, const struct vmtp_event *request, uint32_t code, uint32_t size, uint32_t flags);
/* A Request without a segment from the hand-made node; returns what vmtp_input returned. */
int serve_ask(struct foreign *f, vmtp_entity client, vmtp_entity server, uint32_t transaction, uint32_t flags);
/* The same Request again: RetransmitCount 1. */
int serve_ask_again(struct foreign *f, vmtp_entity client, vmtp_entity server, uint32_t transaction, uint32_t flags);
/* One packet of a Request group: blocks of a segment of size octets of serving_segment.  flags: APG or none. */
int serve_ask_blocks(struct foreign *f, vmtp_entity client, vmtp_entity server, uint32_t transaction, uint32_t size,
                     uint32_t blocks, uint32_t flags);

#endif

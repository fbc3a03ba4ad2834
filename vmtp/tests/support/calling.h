/* SPDX-License-Identifier: BSD-2-Clause */
/* calling.h - client entities of the engine in foreign.h, whose calls the hand-made node answers packet by packet. */
#ifndef VMTP_TESTS_CALLING_H
#define VMTP_TESTS_CALLING_H

#include "foreign.h"

/* What Requests carry, what Responses carry, and where the engine puts these; the area's last octets are never its business. */
extern uint8_t calling_segment[VMTP_GROUP_OCTETS];
extern uint8_t calling_response[VMTP_GROUP_OCTETS];
extern uint8_t calling_area[VMTP_GROUP_OCTETS + 16];

/* Creates an entity; the node of FOREIGN_SERVER is known from now on.  Fills the segments. */
vmtp_entity call_entity(struct foreign *f);
/* To FOREIGN_SERVER, code 0x77, with size octets of calling_segment and room for a Response of any size. */
struct vmtp_request call_request(vmtp_entity client, uint32_t size);
/* Begins it and collects what the engine sends. */
vmtp_handle call_start(struct foreign *f, const struct vmtp_request *request);
/* Begins call_request(client, size), forgets the first transmission, and returns the header that its packets shared. */
struct vmtp_header call_sent(struct foreign *f, vmtp_entity client, uint32_t size);

/* The Response to a Request with this header: with a segment of size octets (0: none), all its blocks in PacketDelivery. */
struct vmtp_header call_response(const struct vmtp_header *request, uint32_t size);
/* Gives the engine one packet of a message: these blocks of a segment (size: as h says). */
int call_give_blocks(struct foreign *f, const struct vmtp_header *h, const uint8_t *segment, uint32_t blocks,
                     uint32_t flags);

/* The end of the only call, which must have come; or that none has. */
const struct vmtp_event *call_result(const struct foreign *f, uint32_t result);
void call_goes_on(const struct foreign *f);
/* Takes all packets that wait. */
void call_forget_packets(struct foreign *f);

#endif

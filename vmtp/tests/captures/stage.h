/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stage.h - what vmtp-captures plays its scenes on: hosts on a virtual Ethernet, of which every frame is written to a capture,
 * once, in the order and at the time of its sending, as on the cable.
 *
 * A frame that a scene loses is in the capture as well, with the comment "lost".
 */
#ifndef VMTP_TESTS_CAPTURES_STAGE_H
#define VMTP_TESTS_CAPTURES_STAGE_H

#include "support/world.h"

/* One that calls, serves, or both. */
struct actor {
    struct node *node;
    vmtp_entity id;
    enum { ANSWER, HOLD, FORWARD, NEVER } deed; /* what it does with Requests */
    uint32_t capacity;                          /* of its accepts */
    uint32_t reply_size, reply_code, reply_flags;
    uint32_t reply_mask; /* of the Response, with MDM */
    vmtp_entity onward;  /* FORWARD: to whom */
    int relay;           /* FORWARD: as a call of its own if need be */
    struct vmtp_event held[64];
    unsigned held_count;
    unsigned requests;             /* that came */
    unsigned completed, responses; /* calls that are over; Responses of group calls */
    uint32_t result, octets;       /* of the last */
    uint8_t *area;                 /* for Responses */
};

/* A host that is no engine: it sends what the scene makes, and hears nothing. */
struct stranger {
    vmtp_port *port;
};

extern uint8_t stage_octets[VMTP_MESSAGE_OCTETS]; /* what segments carry */

/* Everything here fails by ending the program with a message that names the scene. */
void stage_check(int good, const char *what);
struct world *stage_world(void);
vmtp_time stage_now(void);
void stage_pass(vmtp_time duration);
/* Defaults of the next host, to be changed. */
void stage_config(struct vmtp_config *config);
struct node *stage_host(const struct vmtp_config *config);
/*
 * The next count frames whose description (vmtp_packet_describe) has all of these words, separated by "&", are lost.  0: a rule
 * is forgotten.
 */
void stage_lose(unsigned count, const char *words);

struct actor *stage_actor(struct node *host, uint32_t flags);
/* Posts accepts for it. */
void actor_serve(struct actor *a, unsigned accepts, uint32_t capacity);
/* A Request of code 0x77, with size octets and room for a Response of any size up to 16384, or up to room if that is more. */
struct vmtp_request actor_request(struct actor *a, vmtp_entity server, uint32_t size, uint32_t room);
vmtp_handle actor_call(struct actor *a, const struct vmtp_request *request);
/* The same, and lets time pass until it is over, which must be with this result. */
void actor_calls(struct actor *a, const struct vmtp_request *request, uint32_t result);
/* What it held is answered. */
void actor_answer(struct actor *a);
/* A management procedure of the node that has the entity `about`, or of whoever answers for it. */
void actor_manages(struct actor *a, vmtp_entity manager, uint32_t code, const uint32_t words[7], uint32_t result);

struct stranger stage_stranger(void);
/* A packet of h with size octets of segment, Length and checksum as they should be. */
void stranger_sends(struct stranger *s, const uint8_t to[6], const struct vmtp_header *h, uint32_t size);
/* The octets as they are: at least the header's 64. */
void stranger_sends_octets(struct stranger *s, const uint8_t to[6], const uint8_t *octets, uint32_t length);
/* A sound packet as octets; returns their number. */
uint32_t stranger_makes(uint8_t *octets, const struct vmtp_header *h, uint32_t size);
const uint8_t *mac_of(const struct node *host);

/* ---- scenes ---- */

struct scene {
    const char *name; /* of the capture file, and in features.tsv */
    uint32_t mtu;
    void (*play)(void);
};
extern const struct scene scenes_basic[], scenes_notify[], scenes_manager[], scenes_groups[], scenes_streams[],
    scenes_forward[], scenes_malformed[];

/* Plays it into directory/name.pcapng; words[0..count): each must be in one frame's description; found[i] tells.  Returns the frames. */
unsigned stage_play(const struct scene *scene, const char *directory, char *const *words, int *found, unsigned count);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * foreign.h - one engine alone with a node that is made by hand, for tests that look at single packets.
 *
 * The test is the rest of the network: it gives the engine packets built field by field and takes what the engine sends,
 * one packet at a time, in the order of sending.  Time is virtual and moves only in foreign_pass().  After each step
 * all that the engine wants to send and to tell has been collected.
 */
#ifndef VMTP_TESTS_FOREIGN_H
#define VMTP_TESTS_FOREIGN_H

#include <vmtp/engine.h>

#define FOREIGN_PACKETS 256
#define FOREIGN_EVENTS 512

/* The engine's block and, as often needed, entities and Ethernet addresses of the hand-made nodes. */
#define FOREIGN_BLOCK 0x0000000000100000ull
#define FOREIGN_CLIENT 0x00000000000abc41ull
#define FOREIGN_OTHER_CLIENT 0x00000000000abc42ull
#define FOREIGN_SERVER 0x00000000000def41ull

extern const uint8_t foreign_engine_mac[6]; /* of the engine */
extern const uint8_t foreign_mac[6];        /* of the hand-made node, unless the test sets another */
extern const uint8_t foreign_other_mac[6];

/* A packet that the engine sent. */
struct packet {
    struct vmtp_header h;
    vmtp_time at; /* when it was pulled */
    uint8_t dst[6];
    uint32_t data_octets; /* padding included */
    const uint8_t *data;
    uint32_t octets;
    uint8_t raw[VMTP_MAX_PACKET]; /* as on the wire, for what is found by its offset */
};

struct foreign {
    vmtp_engine *engine;
    void *memory;
    vmtp_time now;
    uint64_t prng;
    int all_ones;       /* 1: what the engine draws at random is all ones */
    const uint8_t *src; /* of the packets given to the engine; foreign_mac at first */
    int multicast;      /* 1: they come by the manager group's address, with MPG */
    int stuck;          /* 1: the engine's packets stay where they are (vmtp_output is not called) */
    struct packet *sent;
    unsigned first, count; /* of sent, not taken yet */
    struct vmtp_event events[FOREIGN_EVENTS];
    unsigned event_count;
};

/* Defaults, with an Ethernet address and a block that is given.  Block 0 may be set: the engine then allocates one. */
void foreign_config(struct vmtp_config *config);
/* config NULL: foreign_config's.  random is filled in unless it is set. */
void foreign_open(struct foreign *f, const struct vmtp_config *config);
void foreign_close(struct foreign *f);

/* Gives the engine a packet with size octets of segment data (or, NULL, of zeros): Length and checksum are computed, the rest is
 * sent as it stands in h.  Returns what vmtp_input returned. */
int foreign_send(struct foreign *f, const struct vmtp_header *h, const void *data, uint32_t size);
/* The same with a packet as it stands, sound or not. */
int foreign_give(struct foreign *f, const struct vmtp_rx *rx);
/* Lets time go by, with everything that falls due on the way. */
void foreign_pass(struct foreign *f, vmtp_time duration);
/* Collects what the engine sends and tells now; needed only after calls of the engine's own functions. */
void foreign_collect(struct foreign *f);

/* The oldest packet that was sent and not taken yet, or NULL.  Valid until FOREIGN_PACKETS more have been sent. */
const struct packet *foreign_take(struct foreign *f);
unsigned foreign_waiting(const struct foreign *f);
/* Forgets packets and events. */
void foreign_forget(struct foreign *f);
const struct vmtp_event *foreign_event(const struct foreign *f, enum vmtp_event_type type, unsigned which);
unsigned foreign_event_count(const struct foreign *f, enum vmtp_event_type type);

/* Headers to begin with; change what the test is about. */
struct vmtp_header foreign_request(vmtp_entity client, vmtp_entity server, uint32_t transaction, uint32_t code);
/* A Request with a segment of size octets: SDA, SegmentSize, and all its blocks in PacketDelivery. */
struct vmtp_header foreign_segment_request(vmtp_entity client, vmtp_entity server, uint32_t transaction, uint32_t size);
/* The Response that server gives to a Request of the engine. */
struct vmtp_header foreign_response(const struct packet *request, vmtp_entity server, uint32_t code);
/* A Request to the manager group about an entity (CoResidentEntity). */
struct vmtp_header foreign_management(uint32_t transaction, uint32_t code, vmtp_entity about);
/* Notify operations to the engine, from a notifier of the hand-made node. */
struct vmtp_header foreign_notify_client(vmtp_entity client, uint32_t transact, uint32_t delivery, uint32_t code);
/* The same about what the engine has forwarded: forward is the ForwardCount that it gave the Request. */
struct vmtp_header foreign_notify_forwarder(vmtp_entity client, uint32_t transact, uint8_t forward, uint32_t delivery,
                                            uint32_t code);
struct vmtp_header foreign_notify_server(vmtp_entity server, vmtp_entity client, uint32_t transact, uint32_t delivery,
                                         uint32_t code);

/* Parameters of management packets, by octet. */
static inline uint32_t packet_32(const struct packet *p, unsigned at) { return vmtp_load32(p->raw + at); }
static inline uint64_t packet_64(const struct packet *p, unsigned at) { return vmtp_load64(p->raw + at); }
void header_set_32(struct vmtp_header *h, unsigned at, uint32_t value); /* at >= 36 */
void header_set_64(struct vmtp_header *h, unsigned at, uint64_t value);

/* What the next packet must be; these fail the test, and return the packet. */
const struct packet *expect_packet(struct foreign *f);
void expect_silence(struct foreign *f);
const struct packet *expect_response(struct foreign *f, uint32_t transaction, uint32_t code24);
const struct packet *expect_nvc(struct foreign *f, vmtp_entity client, uint32_t transact, uint32_t code);
/* The same as NotifyRemoteVmtpClient. */
const struct packet *expect_remote_nvc(struct foreign *f, vmtp_entity client, uint32_t transact, uint32_t code);
const struct packet *expect_nvs(struct foreign *f, vmtp_entity server, uint32_t transact, uint32_t code);

#endif

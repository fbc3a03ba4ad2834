/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * minimal.h - a VMTP node as small as the specification allows: a minimal server and, with MINIMAL_CLIENT, a minimal client
 * (spec/vmtp.md section 14), written from spec/ alone.  It shares nothing with the suite: all numbers are typed here.
 *
 *     link.c           frames in and out, and the time: the only file that knows the system
 *     packet.c         checksum, what may be wrong with a packet, blocks
 *     node.c           who gets a packet, the manager, Notify operations, the loop
 *     client.c         one call at a time
 *     test_service.c   the test service of spec/testing.md
 *
 * No memory is allocated.  Everything runs to its end when a packet or a timer comes.
 */
#ifndef MINIMAL_H
#define MINIMAL_H

#include <stddef.h>
#include <stdint.h>

/* ---- packets (section 3) -------------------------------------------------------------------------------------------- */

#define HEADER 64u
#define CHECKSUM 4u
#define BLOCK 512u
#define SEGMENT_MAX 16384u
#define PACKET_MAX (HEADER + SEGMENT_MAX + CHECKSUM)
/* The largest packet that there is room for. A node that never sees a link with a larger MTU than 1500 is happy with 1500. */
#ifndef PACKET_ROOM
#define PACKET_ROOM PACKET_MAX
#endif
#define SEGMENT_ROOM (PACKET_ROOM - HEADER - CHECKSUM)

/* The header is sixteen words; where in h they are. Identifiers take two. */
enum {
    H_CLIENT = 0,
    H_FLAGS = 2, /* Version, Domain, packet flags, Length */
    H_CONTROL = 3,
    H_TRANSACTION = 4,
    H_DELIVERY = 5,
    H_SERVER = 6,
    H_CODE = 8,
    H_WORDS = 9, /* seven; the first two are CoResidentEntity with CRE */
    H_MSG_DELIVERY = 14,
    H_SIZE = 15 /* SegmentSize */
};

#define DOMAIN 3u
#define HCO 0x8000u
#define EPG 0x4000u
#define MPG 0x2000u

#define APG 0x40000000u
#define NSR 0x20000000u
#define NER 0x10000000u
#define NRT 0x08000000u
#define CMG 0x02000000u
#define STI 0x01000000u
#define DRT 0x00800000u
#define RETRANSMITS(control) ((control) >> 20 & 7)
#define FORWARDS(control) ((control) >> 16 & 15)
#define COUNT_AND_PRIORITY 0x007f00f0u /* RetransmitCount, ForwardCount, Priority */
#define RESPONSE 1u                    /* the function bit */

#define DGM 0x40000000u
#define MDM 0x20000000u
#define SDA 0x10000000u
#define CRE 0x04000000u
#define CODE(word) ((word)&0x00ffffffu)

struct packet {
    uint32_t h[16];
    uint8_t mac[6];      /* from where, or to where */
    uint8_t multicast;   /* MPG, or it came to a group's address */
    const uint8_t *data; /* received: the packet's; to be sent: the whole segment, of which H_DELIVERY names the blocks */
};

enum code {
    OK,
    RETRY,
    RETRY_ALL,
    BUSY,
    NONEXISTENT_ENTITY,
    ENTITY_MIGRATED,
    VMTP_ERROR = 8,
    BAD_TRANSACTION_ID = 10,
    STREAMING_NOT_SUPPORTED = 11,
    RETRANS_TIMEOUT = 13,
    USER_TIMEOUT = 14,
    RESPONSE_DISCARDED = 15,
    SECURITY_NOT_SUPPORTED = 16,
    BAD_REPLY_SEGMENT = 17,
    NO_PRINCIPAL = 21
};

#define PROBE_ENTITY 0x05000101u
#define PROBE_ENTITY_BLOCK 0x05000103u
#define NOTIFY_CLIENT 0x4500010fu
#define NOTIFY_SERVER 0x45000110u

/* ---- entities (section 4) ------------------------------------------------------------------------------------------- */

#define MANAGER_GROUP 0x40000001e0000100u
#define DEFAULT_CLIENT 0x00000001e0000100u /* big-endian; the other has the LEE bit too */
#define LEE 0x2000000000000000u
#define GROUP_BIT 0x4000000000000000u
#define TEST_SERVICE 0x00000001e0000180u

/* The node's own, from its block on. */
enum { MANAGER = 1, NOTIFIER, SERVICE, CALLER, PROBER, ENTITIES };

struct node {
    uint64_t block;
    uint8_t mac[6];
    uint32_t mtu;
    uint32_t next[ENTITIES]; /* Transaction of each one's next Request */
    unsigned dropped[39];    /* by the rows of the table in section 5.2 */
};
extern struct node node;

static inline uint64_t pair(const uint32_t *words) { return (uint64_t)words[0] << 32 | words[1]; }
static inline void put_pair(uint32_t *words, uint64_t value) {
    words[0] = (uint32_t)(value >> 32);
    words[1] = (uint32_t)value;
}
static inline uint32_t get32(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}
static inline void put32(uint8_t *at, uint32_t value) {
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* ---- link.c --------------------------------------------------------------------------------------------------------- */

int link_open(const char *interface,
              uint16_t ethertype); /* 0, or -1 and a line on standard error; fills node.mac and .mtu */
void link_send(const uint8_t mac[6], const uint8_t *octets, size_t size);
/* Waits until a time (of now(), 0: for ever) for a packet: its size, which may be more than there is room for; 0: none. */
size_t link_receive(uint8_t *octets, size_t room, uint8_t from[6], uint8_t *multicast, int64_t until);
void link_pause(int64_t time); /* hears nothing for so many microseconds */
int64_t now(void);             /* microseconds, from some moment on */
uint32_t random_word(void);
#define LINK_GONE 2
extern volatile int link_stopped; /* not 0: somebody wants us to end, or LINK_GONE */

/* ---- packet.c ------------------------------------------------------------------------------------------------------- */

/* Takes a packet apart; 0, or the row of the table in section 5.2 that it falls under (1 to 12). */
int packet_read(struct packet *p, const uint8_t *octets, size_t size);
void packet_send(struct packet *p);              /* H_FLAGS may have HCO; the rest of that word is filled in */
uint32_t packet_segment(const struct packet *p); /* octets of the message's segment */
uint32_t packet_needs(const struct packet *p);   /* blocks of which its message consists */
uint32_t blocks_of(uint32_t size);               /* mask of all blocks of so many octets */
/* Copies the blocks that p brought to their places; blocks that lie behind room are left out. */
void packet_store(const struct packet *p, uint8_t *segment, uint32_t room);
uint32_t largest_segment(void); /* that goes into one packet */

/* ---- node.c --------------------------------------------------------------------------------------------------------- */

void node_begin(void); /* finds identifiers; takes a moment */
void node_turn(void);  /* waits for a packet or the timer, and deals with it */

static inline uint64_t entity(unsigned number) { return node.block | number; }
static inline int is_response(const struct packet *p) { return p->h[H_CONTROL] & RESPONSE; }
void request_begin(struct packet *p, unsigned number, uint64_t server, uint32_t code); /* the next one of that entity */
/* Answers as that entity. r has code, words, data and flags of the Response, size is that of its segment. */
void respond(const struct packet *request, uint64_t server, struct packet *r, uint32_t size);
/* Tells who sent p by NotifyVmtpClient or NotifyVmtpServer, unless nothing may be told about p. */
void notify(const struct packet *p, uint32_t code, uint32_t delivery);
void drop(int row);
/* Counts p under the row, and notifies. */
void refuse(const struct packet *p, int row, uint32_t code);

/* ---- client.c ------------------------------------------------------------------------------------------------------- */

struct outcome {
    uint32_t result;        /* 0: a Response came, else why not */
    const uint32_t *header; /* of the Response, as in struct packet; NULL: none came */
    const uint8_t *segment; /* octets of it, which may be less than header tells */
    uint32_t octets;
};

#ifdef MINIMAL_CLIENT
/* Begins the only call that there may be: of what request_begin made, with all but the blocks filled in.  Its data stay lent
 * until ended is called.  0, or -1: there is a call already. */
int call_begin(const struct packet *request, uint32_t room, uint32_t deadline_ms, void (*ended)(const struct outcome *));
int call_outstanding(void);
int64_t call_timer(void); /* when call_expire is due; 0: never */
void call_expire(void);
void call_response(const struct packet *p, unsigned number); /* to the entity with that number */
void call_notified(const struct packet *p);                  /* by NotifyVmtpClient */
#else
static inline int call_outstanding(void) { return 0; }
static inline int64_t call_timer(void) { return 0; }
static inline void call_expire(void) {}
static inline void call_response(const struct packet *p, unsigned number) {
    (void)p;
    (void)number;
    drop(30);
}
static inline void call_notified(const struct packet *p) {
    (void)p;
    drop(33);
}
#endif

/* ---- test_service.c, test_call.c ---------------------------------------------------------------------------------------- */

#define TEST_BAD_ARGUMENT 0x00800201u
#define TEST_NO_ROOM 0x00800202u

/* What p brought, in octets of in. */
void service_request(const struct packet *p, uint64_t server, const uint8_t *in, uint32_t size);
uint32_t service_crc(const uint8_t *octets, uint32_t size);
void service_pattern(uint8_t *octets, uint32_t size, uint32_t seed);
#ifdef MINIMAL_CLIENT
/* Is p the CALL that is being executed?  Then it has been dealt with. */
int service_calls_for(const struct packet *p);
/* 0: the Response comes later; else what is wrong. */
uint32_t service_call(const struct packet *p, uint64_t server, const uint8_t *in, uint32_t size);
#else
static inline int service_calls_for(const struct packet *p) { return p == NULL; }
static inline uint32_t service_call(const struct packet *p, uint64_t server, const uint8_t *in, uint32_t size) {
    (void)p, (void)server, (void)in, (void)size;
    return VMTP_ERROR;
}
#endif

#endif

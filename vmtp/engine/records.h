/* SPDX-License-Identifier: BSD-2-Clause */
/* records.h - the engine's records: what it knows of entities, calls, Requests, clients and nodes, and of the packet at hand. */
#ifndef VMTP_ENGINE_RECORDS_H
#define VMTP_ENGINE_RECORDS_H

#include <vmtp/engine.h>

#include "lack.h"
#include "rtt.h"
#include "run.h"
#include "timer.h"

#define NONE UINT32_MAX
#define PROBERS 32u
/* The manager, the notifier and the probers are local entities like others. */
#define OWN_ENTITIES (2u + PROBERS)
#define ID_MANAGER 1u
#define ID_NOTIFIER 2u
#define ID_FIRST_PROBER 8u
#define ID_FIRST_USER 64u
#define ID_LOW 64u /* so many left: another block is asked for */
#define ENTITY_FLAG_BITS 0xf000000000000000ull
#define ENTITY_LEE 0x2000000000000000ull
#define ENTITY_OPTIONS (VMTP_ENTITY_REDOABLE | VMTP_ENTITY_IMMUNE | VMTP_ENTITY_SIGNALS) /* what a program may choose */
#define CONTROL_DATA 192u /* segment octets in a management packet */

enum timer_kind { TIMER_CALL = 1, TIMER_LIMIT, TIMER_SLOT, TIMER_REMOTE, TIMER_ALLOCATE, TIMER_REQUEST };

/* A list of free records, threaded through their first word. */
struct pool {
    uint8_t *records;
    uint32_t stride, count, used, free;
};

/* Client or server identifiers to records, chained through the records' own hash_next. */
struct map {
    uint32_t *heads;
    uint32_t mask;
};

enum record_kind {
    KIND_NONE,
    KIND_CALL,
    KIND_REQUEST,
    KIND_CONTROL,
    KIND_SLOT,
    KIND_ACCEPT,
    KIND_ENTITY,
    KIND_SIGNAL,
    KIND_ENGINE,
    KIND_LISTENER
};

/* An event waiting for the application; embedded in the record it speaks of, so that no event can be lost for want of room. */
struct event_node {
    struct event_node *next;
    struct event_node **link; /* NULL: none waiting */
    uint8_t type;             /* enum vmtp_event_type */
    uint8_t kind;             /* of the record around it */
    uint8_t rank;             /* of a Request's priority */
};

#include "group.h"

/* Packet groups that share a clock, the most urgent first. */
struct lane {
    struct sender *head, *tail;
    struct lane *next;
    vmtp_time next_at; /* no packet before */
    uint32_t senders;  /* that wait, of one with a clock */
    uint8_t waiting;   /* in the list of those with a clock that hold something */
    uint8_t idle;      /* nothing waited since the last packet */
};

/* A packet group on its way out. */
struct sender {
    struct sender *next, *previous;
    struct lane *lane;  /* where it is queued */
    vmtp_handle handle; /* of the record around it, which every packet has as its token */
    const uint8_t *segment;
    struct run *run; /* of a message of several packet groups, else NULL */
    vmtp_time gap;   /* that the receiver asked for, nanoseconds */
    vmtp_time since; /* the first of flight was sent */
    vmtp_time epoch; /* of a run: since when there is the gap that fresh is about */
    uint32_t segment_size;
    uint32_t pending; /* blocks to be sent; unused with a run */
    uint32_t flight;  /* blocks sent since the receiver last told what it has */
    uint16_t out;     /* packets given to the application, not reported yet */
    uint8_t queued;
    uint8_t rank;   /* of its priority */
    uint16_t lossy; /* packets of it were lost; of a run: behind the group that lost some last */
    uint16_t fresh; /* of a run: groups from this one on are sent at today's gap */
    uint8_t bare;   /* a packet without data is due */
    uint8_t kind;   /* KIND_CALL or KIND_REQUEST */
    uint8_t mac[6];
    uint8_t header[VMTP_HEADER_OCTETS];
};

/* A single packet of management, or a segmentless Response sent again. */
struct control {
    uint32_t next_free;
    struct control *next;
    uint8_t state; /* 0 free, 1 queued, 2 out */
    uint8_t rank;  /* of its priority */
    uint8_t data_octets;
    uint8_t mac[6];
    uint8_t header[VMTP_HEADER_OCTETS];
    uint8_t data[CONTROL_DATA];
};

struct entity {
    uint32_t next_free;
    uint32_t hash_next;
    vmtp_entity id;
    uint32_t transaction; /* last one used */
    uint32_t call;        /* outstanding, or NONE: the oldest of them when it streams */
    uint32_t newest;      /* of these */
    uint32_t accept_head, accept_tail, accepts;
    uint32_t largest; /* capacity of any accept ever posted */
    uint32_t limit;   /* Requests it may have at a time (ModifyService), or NONE */
    uint32_t signal_argument;
    uint32_t flags;
    uint8_t role;     /* enum entity_role */
    uint8_t datagram; /* the last transaction was one: nobody can say that it is over */
    uint8_t live;
    uint8_t window;           /* packet groups that a run may have outstanding */
    uint8_t resend;           /* the oldest call was sent again by timer: those behind it may be lost as well */
    uint8_t gap_told;         /* RETRY_ALL has been said with gap */
    uint8_t serial;           /* its server does not stream */
    uint32_t gap;             /* the Transaction behind which Responses are missing */
    uint32_t unsettled;       /* calls that have ended, but a packet of theirs is out */
    vmtp_entity datagrams_to; /* the last was a datagram of a run to this server, which goes on */
    vmtp_time probe_until;    /* unknown clients are probed until then (section 8.2) */
    uint64_t process, principal, effective_principal;
    vmtp_entity signal_client;
    uint32_t resume_count; /* RetransmitCount when it left */
    uint8_t resume;        /* it came here with a call that its program may go on with */
    struct event_node event;
    struct event_node signal;
};

enum entity_role { ROLE_USER, ROLE_MANAGER, ROLE_NOTIFIER, ROLE_PROBER, ROLE_REMOTE };

struct accept {
    uint32_t next_free;
    uint32_t next;
    uint32_t capacity;
    vmtp_entity entity;
    uint8_t *area;
    uint64_t cookie;
    uint8_t returning; /* taken back: not for another Request */
    struct event_node event;
};

/* One Response being received or received. */
struct slot {
    uint32_t next_free;
    uint32_t next; /* of the same call */
    struct timer timer;
    vmtp_entity server;
    uint32_t call;
    uint32_t have, want;
    uint32_t transaction; /* of its first packet group */
    uint32_t answers;     /* which transmission of the Request: see call.retransmits */
    uint32_t size;        /* of the segment, as the server says */
    struct lack lack;
    struct run *run; /* its packet groups, when there are several */
    uint8_t *area;
    uint32_t capacity;
    uint8_t state; /* enum slot_state */
    uint8_t retries;
    uint8_t best;   /* most blocks that were ever here together */
    uint8_t asked;  /* some packet had APG */
    uint8_t told;   /* its missing blocks were asked for because a later Response was whole */
    uint8_t missed; /* packets of it were lost */
    uint8_t mac[6];
    uint8_t header[VMTP_HEADER_OCTETS];
    struct event_node event;
};

enum slot_state { SLOT_FREE, SLOT_RECEIVING, SLOT_COMPLETE };

enum call_state {
    CALL_FREE,
    CALL_WAITING, /* behind others of its run: for room in the window, or for their server to be found */
    CALL_LOCATING,
    CALL_AWAITING_RESPONSE,
    CALL_RECEIVING_RESPONSE,
    CALL_LOCAL,
    CALL_HELD, /* answered or broken off, but an earlier one of its run is not over yet */
    CALL_DONE
};

struct call {
    uint32_t next_free;
    uint32_t generation;
    struct sender tx;
    struct timer timer; /* TC1, TC2 */
    struct timer limit; /* the user's deadline */
    struct slot first;  /* the only Response of most calls */
    uint32_t slots;     /* the others */
    uint32_t slots_used, slots_max;
    uint32_t response_size;
    uint8_t *response_area;
    uint32_t entity;
    uint32_t host;      /* where in the cache the server was found, or NONE */
    uint32_t wait_next; /* waiting for the same Probe */
    uint32_t newer;     /* the next call of the same client, or NONE */
    uint32_t groups;    /* packet groups of the Request: its Transactions */
    uint32_t request;   /* local: the server's record */
    uint32_t result;
    uint32_t retransmits;       /* of the last transmission; its low three bits are RetransmitCount */
    uint32_t number, own;       /* Responses; of these, from this engine itself */
    vmtp_entity server, locate; /* whom to find for the host address; multicast: whose times count, or 0 */
    vmtp_time deadline;
    vmtp_time sent_at[8]; /* by RetransmitCount */
    uint64_t cookie;
    uint8_t asked; /* bit n: transmission n had APG */
    uint8_t state;
    uint8_t retries; /* since the server was heard */
    uint8_t busies;
    uint8_t stalls;     /* RETRY heard since the server last had a block more */
    uint32_t delivered; /* blocks that the server has had */
    uint8_t multicast, group, datagram, purpose;
    uint8_t sent;         /* at least once */
    uint8_t cached;       /* the host address came from the cache, not from a Probe of just now */
    uint8_t relocated;    /* times that it was looked for anew */
    uint8_t left_mac[6];  /* where it was sent before that */
    uint8_t absent;       /* the cached host has said NONEXISTENT_ENTITY */
    uint8_t whole;        /* the next retransmission carries all data */
    uint8_t acknowledged; /* the server has the Request and works on it */
    uint8_t partial;      /* VMTP_CALL_PARTIAL */
    uint8_t counted;      /* its receive sequence number is not known yet */
    uint8_t counted_mac[6];
    uint32_t presumed, rec_seq, send;
    uint8_t skip;       /* STI: the 255 Transactions behind it are the Response's */
    uint8_t more;       /* another Request of its run is to follow */
    uint8_t behind;     /* others of its client were open when it was made */
    uint8_t unsettled;  /* counted as such with its client */
    uint8_t resume;     /* begun at another node: the server may have it */
    uint32_t subject;   /* purpose: which host entry or remote */
    uint32_t forwarder; /* the Request that it forwards, or NONE */
    struct event_node event;
    uint32_t locals;                        /* to a group: members here that have the Request */
    uint32_t slowest_response, slowest_rtt; /* of those that answered, in microseconds */
    uint32_t redone;                        /* times that one of them was asked to do it again */
    const vmtp_entity *members;             /* each of these is to answer; NULL: any */
    uint32_t member_count, answered;        /* of them */
    uint32_t straggler;                     /* the next of them to be asked by unicast */
    uint8_t last_mac[6];                    /* the last that was */
    uint8_t owed;                           /* a member here could not take it yet */
    uint8_t aimed;                          /* what is being sent is for one node */
    uint8_t moved;                          /* its server is said to be on its way: it is worth a second search */
};

/*
 * Why a call was made: for the application, or for the engine itself.  FOR_FORWARD: it sends a Client's Request on, has no Response, and
 * is over when the next server acknowledges.
 */
enum call_purpose { FOR_USER, FOR_HOST, FOR_REMOTE, FOR_FORWARD };

enum remote_state {
    REMOTE_FREE,
    REMOTE_IDLE,
    REMOTE_RECEIVING,
    REMOTE_AWAITING_PROBE,
    REMOTE_PROCESSING,
    REMOTE_RESPONDED,
    REMOTE_DISCARDED,
    REMOTE_FORWARDED, /* request: while it is not acknowledged */
    REMOTE_REFUSED,   /* forwarded in vain: code says why */
    REMOTE_RUN        /* a run, or a message of several groups: each Request has a state of its own */
};

/* Why its client is being looked for: nothing is known of it, it has left where it was, or it may have. */
enum probing { PROBING_NOT, PROBING_UNKNOWN, PROBING_MOVED, PROBING_DOUBTED };

/* What is remembered of a remote client.  There may be a million of these: keep it within 128 octets. */
struct remote {
    uint32_t next_free;
    uint32_t hash_next;
    struct timer timer;
    vmtp_entity client;
    vmtp_entity server;
    vmtp_entity onward; /* Forwarded: to whom */
    uint32_t transaction;
    uint32_t request; /* its record while there is one, or NONE; of a run, the oldest */
    uint32_t code;    /* of the Response or the forwarded Request, for sending it again; Refused: why */
    uint32_t words[7];
    uint8_t mac[6];
    uint8_t state;
    uint8_t probing; /* enum probing */
    uint8_t forward, retransmit, priority, gap;
    uint8_t retries;
    uint8_t multicast; /* the Request was */
    uint8_t skip;      /* run: the last Request had STI */
    uint8_t gap_told;  /* run: RETRY_ALL has been said for the Request that is missing */
    uint8_t length;    /* run: its Requests */
    uint8_t idle;      /* run: times that TS4 passed in which nothing was heard */
    uint8_t next;      /* its receive sequence number was the one that its node presumes */
    uint8_t redone;    /* it was done again, since its Response was not whole */
    uint8_t moves;     /* times that its Client was looked for anew, because of one Response */
};

enum request_state {
    REQUEST_FREE,
    REQUEST_RECEIVING,
    REQUEST_COMPLETE,
    REQUEST_PROCESSING,
    REQUEST_RESPONDED,
    REQUEST_FORWARDED,
    REQUEST_OVER
};

/* A Request while it is received, processed, and answered with data that may have to be sent again. */
struct request {
    uint32_t next_free;
    uint32_t generation;
    struct sender tx;
    uint32_t remote;    /* NONE: local */
    uint32_t call;      /* local: the client's record, or NONE */
    vmtp_entity entity; /* the local one that serves */
    uint32_t accept;    /* the one it will consume, or NONE */
    uint32_t onward;    /* forwarded: the call that does it, or NONE */
    uint32_t under;     /* forwarded: whoever else waits for the end of that call, or NONE */
    uint32_t number;    /* receive sequence */
    uint32_t have, want, size;
    uint8_t state;
    uint8_t solicit; /* ask for an acknowledgment after TS5 */
    uint8_t datagram;
    uint8_t asked;    /* some packet had APG */
    uint8_t release;  /* RELEASED is owed */
    uint8_t nested;   /* forwarded as a call of the server's own: its end is answered */
    uint8_t lent;     /* by the forwarder: RELEASED is owed for that as well */
    uint8_t copy_due; /* its Response goes to the group next */
    uint8_t delayed;  /* its Response waits, with the timer */
    uint8_t again;    /* incomplete, and it came by unicast, or by multicast once more with APG */
    uint8_t source[6];
    uint8_t header[VMTP_HEADER_OCTETS]; /* of the Request */
    /* Of a run: */
    uint32_t newer;       /* the next Request of the run, or NONE */
    uint32_t transaction; /* the last of the Request's, which its Response has */
    uint32_t groups;      /* of the Request */
    struct run *run;      /* being received, when there are several */
    struct timer timer;
    uint8_t in_run;
    uint8_t skip;     /* STI: its Response may have 256 packet groups */
    uint8_t more;     /* NER: another Request of the run follows */
    uint8_t batched;  /* to be answered by a later Response */
    uint8_t answered; /* its Response has been given to the queue */
    uint8_t retries;
    uint8_t resumed; /* it came with its entity from another node */
    uint8_t told;    /* its missing blocks were asked for because a later one was whole */
    uint64_t cookie; /* the handle that it had there */
    struct lack lack;
    struct event_node event;
};

enum host_state { HOST_FREE, HOST_PENDING, HOST_PROBING, HOST_KNOWN };

/* The entity to host cache. */
struct host {
    uint32_t next_free;
    uint32_t hash_next;
    uint32_t newer, older; /* by use */
    uint32_t waiting;      /* calls */
    uint8_t state;
    uint8_t mac[6];
    uint8_t no_streams; /* it has said so */
    uint32_t pending_next;
    vmtp_entity entity;
    struct rtt rtt;      /* TC2: round trip to its manager */
    struct rtt response; /* TC1: until it answers */
};

/* How far apart packets go one way, in 1/32 packet times. */
struct rate {
    uint32_t gap;       /* between the end of one and the beginning of the next */
    uint32_t good;      /* the shortest gap that is thought to be long enough */
    uint32_t bad;       /* of those found too short the longest, 1 added: 0 when none is known */
    uint32_t base;      /* the last one at which packets came too fast, 0: there was no gap, or they never did */
    uint32_t told;      /* the one that was chosen because of that, unless a shorter one has been long enough since */
    vmtp_time patience; /* what was too short is not tried again for so long */
    vmtp_time probe_at;
    vmtp_time since;     /* the gap is what it is */
    uint32_t sent, lost; /* packets, since more were lost than chance may bring about */
    uint32_t clean;      /* whole groups at this gap */
    uint8_t stride;      /* so often it was shortened without trouble */
};

/* What is known of a node that has lost packets. */
struct pace {
    uint8_t mac[6];
    uint8_t used;
    vmtp_time touched;
    struct lane lane;
    struct rate out, in; /* what we send; what it is asked to send */
};

/* An entity that has left for another node. */
struct gone {
    vmtp_entity id; /* 0: free */
    vmtp_time until;
};

/* Receive sequence numbers of one node, in both directions. */
struct sequence {
    uint8_t mac[6];
    uint8_t used;
    uint32_t told;    /* the number of its last Request here, 0: none */
    uint32_t known;   /* of our last one there, 0: not known */
    uint32_t sends;   /* of ours, ever */
    uint32_t unknown; /* of ours that are under way and whose number is not known */
    uint64_t touched;
};

/* A block of which all identifiers have been given out, or soon will be. */
struct old_block {
    vmtp_entity block;
    vmtp_time until; /* TS4 after the last of them ended; VMTP_NEVER: that is to be found out */
};

struct allocation {
    struct timer timer;
    vmtp_entity candidate;
    uint8_t sent;
    uint8_t busy;
    uint8_t collisions;
};

struct vmtp_engine {
    struct vmtp_config config;
    uint64_t key[2]; /* of the hash */
    uint64_t prng;
    struct wheel wheel;
    struct pool entities, accepts, calls, slots, remotes, requests, controls, hosts, runs, memberships, listeners;
    struct map entity_map, remote_map, host_map, group_map;
    struct lane fast;     /* what needs no gap */
    struct lane *clocked; /* lanes with gaps that hold something, the next one due first */
    struct pace *paces, pace_others;
    uint32_t pace_mask, pace_used, paced, wished; /* entries; with a gap of ours, with one to ask for */
    int turn;                                     /* the lane without gaps was last */
    struct control *control_head, *control_tail;
    struct event_node *event_head, **event_tail;
    uint32_t events;
    uint32_t waiting[16]; /* Requests among them by rank */
    uint32_t ranks;       /* bit n: there are some of rank n */
    uint32_t host_newest, host_oldest;
    uint32_t prober[PROBERS]; /* entity indices */
    uint32_t manager, notifier;
    uint32_t hosts_pending;           /* HOST_PENDING entries waiting for a prober */
    uint32_t releasing;               /* calls that have waited for a Probe that is over */
    uint32_t next_entity, next_group; /* numbers in the current block */
    uint32_t user_calls;
    struct sequence *sequences; /* NULL: no numbers */
    uint64_t sequence_uses;
    uint32_t sequence_mask, sequence;
    int shared; /* others have our Ethernet address too */
    struct gone *gone;
    uint32_t gone_count;
    vmtp_entity block;          /* of the manager; 0: none yet */
    vmtp_entity current, spare; /* whence identifiers come; the next one, or 0 */
    struct old_block *old;
    uint32_t old_size, old_count;
    struct allocation allocation;
    struct event_node ready_event;
    uint32_t packet_time; /* ns for a packet of MTU size */
    uint32_t room;        /* segment octets in one packet */
    uint64_t counters[VMTP_COUNTER_COUNT];
};

/* A packet while input looks at it. */
struct arrival {
    struct vmtp_view view;
    const uint8_t *h; /* view.header */
    const struct vmtp_rx *rx;
    vmtp_time now;
    vmtp_entity client, server;
    uint32_t control, code, transaction;
    int multicast;
    int notify;                        /* is itself a Notify: never answered by one */
    struct group_answer *group_answer; /* members take turns: what they say is collected */
};

/* Of the segment of its message. */
static inline uint32_t arrival_size(const struct arrival *a) {
    return a->code & VMTP_SDA ? vmtp_get_segment_size(a->h) : 0;
}

#define COUNT(e, name) ((e)->counters[VMTP_COUNT_##name]++)
#define DROP(e, name) (COUNT(e, name), (int)VMTP_COUNT_##name)

_Static_assert(sizeof(struct remote) <= 128, "a million idle clients are to fit into 128 MB");

#endif

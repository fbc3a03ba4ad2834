/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vmtp/engine.h - the protocol, without the world.
 *
 * One engine is one VMTP module, V's "host" (spec/vmtp.md).  It never reads a clock, opens a descriptor, starts a
 * thread, allocates memory, or calls the application, and it draws randomness only through the function it was given:
 * the same inputs give the same outputs, always.  It lives in one block of memory that you provide.
 *
 * The loop around it is yours (or vmtp/host.h's):
 *
 *      for each packet received           vmtp_input(e, &rx, now)
 *      while vmtp_output(e, &tx, now) > 0 send tx, then vmtp_tx_result(e, &tx, SENT | RETRY | LOST, now)
 *      when vmtp_deadline(e) has come     vmtp_expire(e, now)
 *      while vmtp_next_event(e, &ev) > 0  do what the event asks for
 *
 * Time is an argument (nanoseconds, vmtp_time) and must never run backwards from call to call.
 * No function blocks.  An engine must be used by one thread at a time; different engines share nothing.
 * No function is called back, so any function may be called at any point, also between events.
 *
 * Memory you lend (request segments, response areas, reply segments, accept areas) is yours again when the event that says so
 * has been returned to you by vmtp_next_event - never earlier, and always: every lent buffer comes back exactly once,
 * also after cancellation, deletion of its entity, or errors.
 */
#ifndef VMTP_ENGINE_H
#define VMTP_ENGINE_H

#include <vmtp/errors.h>
#include <vmtp/frame.h>
#include <vmtp/message.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct vmtp_engine vmtp_engine;

/* Names one transaction, as a client or as a server, for as long as it lasts; never reused within 2^32 uses
 * of a record.  0 is none. */
typedef uint64_t vmtp_handle;

/* ---- configuration ------------------------------------------------------------------------------------ */

/* Fills size octets with randomness.  Called by vmtp_engine_create, when identifiers are allocated and when an
 * entity is created (initial Transaction).  Need not be cryptographic inside a simulation; should be otherwise. */
typedef void (*vmtp_random_fn)(void *context, void *out, size_t size);

/* Durations in nanoseconds.  Defaults and reasons: spec/vmtp.md section 9. */
struct vmtp_timers {
    vmtp_time tc1_constant;   /* TC1 = TC2 + this at most; default 200 ms */
    vmtp_time tc1_floor;      /* TC1 is never below; default 20 ms */
    vmtp_time tc2_floor;      /* TC2 before backing off; default 20 ms */
    vmtp_time tc2_ceiling;    /* TC2 doubles at each retransmission up to this; default 320 ms */
    vmtp_time tc3;            /* between packets of a Response; default 20 ms */
    vmtp_time ts1;            /* between packets of a Request; default 20 ms */
    vmtp_time ts2;            /* orphan: nothing heard from the client while processing; 0 = never; default 10 s */
    vmtp_time ts4;            /* how long a transaction is remembered; default 5 s.  Much less, and a delayed duplicate
                                may be executed again (spec/vmtp.md section 9.1) */
    vmtp_time ts5;            /* Response data unacknowledged: ask; default 250 ms; see ts5_always */
    vmtp_time probe_interval; /* between ProbeEntityBlock transmissions; default 50 ms */
    uint8_t request_retries;  /* RequestRetries; default 5 */
    uint8_t response_retries; /* ResponseRetries; default 5 */
    uint8_t ack_retries;      /* RequestAckRetries and ResponseAckRetries; default 5 */
    uint8_t block_probes;     /* R of Appendix IV.4; default 3 */
    uint8_t ts5_always;       /* 0: ask for acknowledgment only where spec/vmtp.md section 8.5 needs it; 1: always */
};

struct vmtp_config {
    size_t size; /* sizeof(struct vmtp_config), set by vmtp_config_init */

    uint8_t mac[6];     /* this host's address on the segment */
    uint16_t domain;    /* default 3 */
    uint32_t mtu;       /* Ethernet payload, 580..65535; default 1500 */
    uint32_t link_mbps; /* for interpacket gaps; default 1000 */

    /* Tables.  Each is bounded by its number; what happens at the bound is spec/vmtp.md section 11. */
    uint32_t max_entities;       /* local entities, besides those of the engine's own; default 64 */
    uint32_t max_calls;          /* message transactions as client; default 64 */
    uint32_t max_responses;      /* Responses remembered by group calls, in all; default 256 */
    uint32_t max_remote_clients; /* remote client records (one per client and server); default 1024 */
    uint32_t max_requests;       /* Requests being received, processed, or answered with data still held; default 128 */
    uint32_t max_accepts;        /* posted vmtp_accept; default 128 */
    uint32_t max_hosts;          /* entity to host cache; default 256 */
    uint32_t max_control;        /* management packets waiting to be sent; default 64 */
    uint32_t max_memberships;    /* entities here in groups, and rights of others in groups; default 128 */

    /* Identifiers.  block == 0: allocate one by ProbeEntityBlock (spec/vmtp.md section 4.5), which takes block_probes
     * times probe_interval before vmtp_engine_ready.  Otherwise: a block of 256 that is this engine's for certain;
     * its low octet must be 0, its flag bits (top four) must be 0.  Further blocks are allocated in either case, when 64
     * identifiers are left. */
    vmtp_entity block;
    uint8_t little_endian; /* LEE in the identifiers allocated here: our segments are little-endian */

    uint8_t checksum;          /* enum vmtp_checksum_mode; default VMTP_CHECKSUM_FULL */
    uint8_t remote_management; /* 1: CreateEntity and DeleteEntity are obeyed from the wire; 0: NO_PERMISSION. default 0 */
    uint8_t require_checksum; /* 1: drop packets that carry none; default 0 */

    uint8_t no_streams;    /* 1: neither streams nor takes part in runs (spec/vmtp.md section 13.3); default 0 */
    uint32_t max_migrated; /* entities that have left for other nodes, remembered for TS4; default 16 */
    uint32_t max_runs;     /* messages of more than 16384 octets being sent or received at once; default 16 */
    uint32_t max_sequences; /* nodes with which receive sequence numbers are kept (event.rec_seq); 0, the default: none are */

    struct vmtp_timers timers;

    vmtp_random_fn random; /* required */
    void *random_context;
};

enum vmtp_checksum_mode {
    VMTP_CHECKSUM_FULL = 0,
    VMTP_CHECKSUM_HEADER = 1, /* HCO on every packet */
    VMTP_CHECKSUM_NONE = 2    /* zero: rely on the Ethernet CRC */
};

/* Sets all defaults and the size.  random must be set by you, and usually mac and mtu. */
#define vmtp_config_init(config) vmtp_config_init_sized((config), sizeof(struct vmtp_config))
VMTP_API void vmtp_config_init_sized(struct vmtp_config *config, size_t size);

/* NULL when the configuration is good, else one sentence that says which member is out of its range.  Static. */
VMTP_API const char *vmtp_config_check(const struct vmtp_config *config);

/* Octets of memory an engine with this configuration needs; 0 when the configuration is not good. */
VMTP_API size_t vmtp_engine_footprint(const struct vmtp_config *config);

/*
 * vmtp_engine_create - make an engine in memory[0..size).
 *
 * memory must be aligned for max_align_t (64 is better) and stay yours untouched until you have stopped using the engine;
 * there is nothing to destroy: forget the engine and reuse the memory.  Sends nothing yet, but if block is 0, identifier
 * allocation starts with the next vmtp_output.
 * Returns 0, VMTP_E_INVALID (configuration, alignment) or VMTP_E_MEMORY (size below the footprint).
 */
VMTP_API int vmtp_engine_create(vmtp_engine **out, const struct vmtp_config *config, void *memory, size_t size,
                                vmtp_time now);

/* 1 when entities can be created and calls be made, else 0 (identifier allocation is under way).  VMTP_EV_READY
 * announces the change. */
VMTP_API int vmtp_engine_ready(const vmtp_engine *e);

/* The manager entity of this engine (0 until ready) and the block of 256 identifiers that it is of, the first of those it owns. */
VMTP_API vmtp_entity vmtp_engine_manager(const vmtp_engine *e);
VMTP_API vmtp_entity vmtp_engine_block(const vmtp_engine *e);

/* ---- entities ------------------------------------------------------------------------------------------ */

enum vmtp_entity_flags {
    VMTP_ENTITY_REDOABLE = 1, /* its operations may safely be executed twice: no Probe of unknown clients (2.5.1 case 3) */
    VMTP_ENTITY_IMMUNE = 2, /* no Request of anybody else makes it a member of a group */
    VMTP_ENTITY_SIGNALS = 4 /* others may send it signals: VMTP_EV_SIGNAL (spec/vmtp.md section 10.12) */
};

struct vmtp_entity_options {
    vmtp_entity id; /* 0: take the next of our own.  Otherwise a strictly stable identifier of yours, not a group. */
    uint32_t flags; /* enum vmtp_entity_flags */
    uint64_t process, principal, effective_principal; /* told to those who probe */
};

/*
 * Creates a local entity: a client, a server, or both.  options may be NULL.  Stores its identifier in *id.
 * An entity with an identifier of your own may have lived before a reboot, so the engine probes unknown clients for the
 * first TS4 (spec/vmtp.md section 8.2).
 * VMTP_E_NOT_READY, VMTP_E_FULL (table; or all identifiers are given out, counted as no_identifier: the next block is being allocated, so
 * try again later), VMTP_E_EXISTS (also: it has left for another node in the last TS4), VMTP_E_INVALID (an identifier of a group, of the
 * engine's own or of nobody; other flags).
 */
VMTP_API int vmtp_entity_create(vmtp_engine *e, vmtp_entity *id, const struct vmtp_entity_options *options,
                                vmtp_time now);

/*
 * Deletes it.  Its calls complete with VMTP_CANCELLED, its accepts come back (VMTP_EV_ACCEPT_RETURNED), Requests it has not
 * answered become stale, Requests that arrive get NONEXISTENT_ENTITY.  The identifier is not given out again for the life of the engine.
 * VMTP_E_NO_ENTITY.
 */
VMTP_API int vmtp_entity_delete(vmtp_engine *e, vmtp_entity id, vmtp_time now);

/* ---- groups ---------------------------------------------------------------------------------------------- */

/*
 * A group is an identifier with VMTP_ID_GRP set; Requests to it go to all its members.  Each engine knows its own members only, and
 * each lets the application decide about them: the permissions below bind those who ask by AddToGroup and RemoveFromGroup
 * (spec/vmtp.md section 13.2).  As long as a group has members here, the application must receive frames to its Ethernet
 * address: VMTP_EV_LISTEN says which.
 */
#define VMTP_GROUP_ALL 0xffu                                  /* all permissions: VMTP_GRP_MANAGER to VMTP_REM_OTHE */
#define VMTP_GROUP_BITS (VMTP_GROUP_ALL | VMTP_GRP_RESPONSES) /* what a membership may have */

/*
 * Makes a new group: an identifier of a block of this engine, stored in *group.  member, a local entity, is its first member and has all
 * permissions.  unrestricted != 0: anybody may join and be joined (VMTP_ID_UGP).
 * VMTP_E_NOT_READY, VMTP_E_NO_ENTITY, VMTP_E_FULL (max_memberships; or no identifier is left, as above).
 */
VMTP_API int vmtp_group_create(vmtp_engine *e, vmtp_entity *group, vmtp_entity member, int unrestricted);

/*
 * Makes a local entity a member of a group, whether restricted or not, with these permissions (VMTP_GRP_MANAGER, VMTP_REM_BY_SELF ...
 * of registry.h; those that vmtp_group_grant gave it before it keeps).  An entity may be in any number of groups.
 * VMTP_E_NOT_READY, VMTP_E_NO_ENTITY, VMTP_E_EXISTS (it is one already), VMTP_E_FULL, VMTP_E_INVALID (no group, or VMTP_MANAGER_GROUP;
 * other bits).
 */
VMTP_API int vmtp_group_join(vmtp_engine *e, vmtp_entity group, vmtp_entity entity, uint32_t permissions);

/* Ends a membership, whatever its permissions are, and forgets them.  Requests that the entity has been given it still answers.
 * VMTP_E_NO_ENTITY (no member). */
VMTP_API int vmtp_group_leave(vmtp_engine *e, vmtp_entity group, vmtp_entity entity);

/*
 * Lets an entity, of whatever node, change the membership of this engine's entities in a group by Requests: permissions take the place
 * of what it had, 0 is nothing.  Of a member they are its permissions.  VMTP_E_FULL, VMTP_E_INVALID (as above; or whom is 0 or a group).
 */
VMTP_API int vmtp_group_grant(vmtp_engine *e, vmtp_entity group, vmtp_entity whom, uint32_t permissions);

/* What an entity may do here in a group: 1 and *permissions if it is a member here, 0 if it has rights only, VMTP_E_NO_ENTITY if neither. */
VMTP_API int vmtp_group_permissions(const vmtp_engine *e, vmtp_entity group, vmtp_entity whom, uint32_t *permissions);

/* How many members the group has here; the first room of them are stored in list (NULL when room is 0). */
VMTP_API uint32_t vmtp_group_members(const vmtp_engine *e, vmtp_entity group, vmtp_entity *list, uint32_t room);

/* ---- client ---------------------------------------------------------------------------------------------- */

struct vmtp_request {
    vmtp_entity client;          /* a local entity with no transaction outstanding, unless it streams */
    struct vmtp_message message; /* .server: to whom.  SDA and SegmentSize are set from segment_size. */
    const void *segment;         /* lent until COMPLETE; may be NULL when segment_size is 0 */
    uint32_t segment_size;       /* 0..4194304; above 16384 only to a single entity, and without MDM */
    uint32_t response_size; /* octets that fit into one slot of response_area, at most 4194304; with more than one slot 16384 */
    void *response_area;     /* response_slots * response_size octets, lent until COMPLETE */
    uint32_t response_slots; /* 0 or 1: one Response ends the call.  More: a group call (server is a group and MRD is set):
                                    every Response is an event, and the call ends at its deadline or by vmtp_cancel */
    vmtp_time deadline;      /* absolute; VMTP_NEVER: only the retransmission limit ends it */
    uint64_t cookie;         /* comes back with every event of this call */
    uint8_t priority;        /* 4 bits as on the wire; 0 is normal */
    uint8_t gap;             /* interpacket gap asked of the server, 1/32 of a packet time; the engine asks for a longer
                                one when it has seen Responses lose packets (spec/vmtp.md section 12) */
    uint32_t control; /* control flags from VMTP_NRT (which means nothing above 16384 octets), VMTP_DRT; others are the
                                engine's */
    uint32_t flags;   /* enum vmtp_call_flags */
    const vmtp_entity *members; /* with VMTP_CALL_RELIABLE: who is to answer; member_count identifiers, lent until COMPLETE */
    uint32_t member_count;
};

/* Flags of a vmtp_request.  Numbers are kept; what this version does not name is refused (VMTP_E_INVALID). */
enum vmtp_call_flags {
    VMTP_CALL_PLAIN = 0,
    VMTP_CALL_MORE = 1, /* a run of Requests to one server: another follows this one before it is answered, see vmtp_call */
    VMTP_CALL_RESUME = 2, /* go on with the call that its entity had when it left another node, see vmtp_entity_import */
    /*
     * A Request to a group that goes on until each of members has answered, or retransmissions to those that have not are in vain, or
     * the deadline passes.  COMPLETE: number is how many of members have answered; result is 0 only if all have, else RETRANS_TIMEOUT,
     * USER_TIMEOUT or CANCELLED.  Responses are events as with several response_slots, of which there must be two at least and
     * member_count at least; others of the group may use what is left over.  Not with DGM, CRE, VMTP_CALL_MORE or VMTP_MANAGER_GROUP;
     * members are single entities, not the client itself.  Otherwise VMTP_E_INVALID.  (spec/vmtp.md section 13.1)
     */
    VMTP_CALL_RELIABLE = 4,
    VMTP_CALL_PARTIAL = 8, /* the operation is idempotent, gives the same data each time, and understands MsgDelivery: its Request
                               says MDM, with all blocks of response_area at first; of a Response that does not come whole
                               only what is missing is asked for again, and words[5] of the Response means nothing.  Without a segment, MDM, DGM,
                               VMTP_CALL_MORE, to one server, response_size 1 to 16384 (spec/vmtp.md section 13.7) */
    VMTP_CALL_HEADER_SUM = 16 /* HCO: the Request's data are not summed; wrong data are better than late data */
};

/*
 * vmtp_call - Send: start a message transaction.
 *
 * With VMTP_DGM in message.code it is a datagram: COMPLETE follows when it has been sent.  Unicast: if the server's host is not
 * cached it is found by ProbeEntity first.  Exactly one VMTP_EV_COMPLETE follows; *handle is valid until then.
 * Local servers are served without a frame.  (spec/vmtp.md section 7.2)
 *
 * Streaming: with VMTP_CALL_MORE the client may begin further calls to the same server before this one is over; the last of the
 * run is one without the flag.  The server is given their Requests in order, as many as it has room for, and their COMPLETE come in
 * order.  A call of a run that ends without a Response does so at once, and takes those behind it with it, for the same reason, but those
 * that had their Response already with that; earlier ones go on.  To a server that does not
 * stream they go one by one.  (spec/vmtp.md section 13.3)
 * VMTP_E_NOT_READY, VMTP_E_NO_ENTITY (client is not local), VMTP_E_IN_CALL, VMTP_E_FULL (max_calls; above 16384 octets max_runs),
 * VMTP_E_TOO_LARGE (segment_size, response_size), VMTP_E_INVALID (server 0, areas missing, priority above 15, flags that the application
 * may not set or that do not go with the rest, VMTP_CALL_RESUME without such a call).
 */
VMTP_API int vmtp_call(vmtp_engine *e, vmtp_handle *handle, const struct vmtp_request *request, vmtp_time now);

/*
 * Ends a call now; COMPLETE follows with result VMTP_CANCELLED (or with what had already happened).  The server is not told:
 * its Response will be answered RESPONSE_DISCARDED if it asks.  VMTP_E_STALE when it is over already, or has its Response and waits for
 * earlier ones of its run.
 */
VMTP_API int vmtp_cancel(vmtp_engine *e, vmtp_handle call, vmtp_time now);

/*
 * The Transaction of the call that entity has outstanding (of the oldest, if there are several).
 * 0; VMTP_E_NO_ENTITY; VMTP_E_STALE: it has none.
 */
VMTP_API int vmtp_outstanding(const vmtp_engine *e, vmtp_entity entity, uint32_t *transaction);

/* ---- server ---------------------------------------------------------------------------------------------- */

/*
 * vmtp_accept - AcceptMessage: entity is ready for one more Request.
 *
 * Its segment goes to area (lent; capacity 0..4194304; may be NULL when 0).  The oldest accept that is large enough is used.  It
 * comes back with VMTP_EV_REQUEST, or with VMTP_EV_ACCEPT_RETURNED when unused.  While an entity has no accept posted, its
 * Requests are answered BUSY and their clients try again, so post as many as you want queued.
 * VMTP_E_NO_ENTITY, VMTP_E_FULL (max_accepts), VMTP_E_INVALID (area missing), VMTP_E_TOO_LARGE (capacity).
 */
VMTP_API int vmtp_accept(vmtp_engine *e, vmtp_entity entity, void *area, uint32_t capacity, uint64_t cookie);

/*
 * vmtp_accept_cancel - takes back the accepts of entity that have this cookie.
 *
 * One that waits for a Request comes back with VMTP_EV_ACCEPT_RETURNED; one into which a Request is arriving, with VMTP_EV_REQUEST
 * if that becomes whole and with VMTP_EV_ACCEPT_RETURNED if not.  Requests that are there already are not touched.
 * VMTP_E_NO_ENTITY, VMTP_E_STALE (the engine has no such accept: its event has been taken).
 */
VMTP_API int vmtp_accept_cancel(vmtp_engine *e, vmtp_entity entity, uint64_t cookie);

/* Numbers are kept; what this version does not name is refused (VMTP_E_INVALID). */
enum vmtp_reply_flags {
    VMTP_REPLY_CONFIRM = 1, /* ask the client for an acknowledgment after TS5, so that the segment comes back early */
    VMTP_REPLY_BATCH = 2, /* in a run that goes on, and without a segment: send no Response; the next one of this run says OK for this
                               Request as well (PGcount) and gives its client the words of that one.  Elsewhere it means nothing */
    VMTP_REPLY_ONCE = 4, /* NRT: what of the segment gets lost is not to be asked for.  With MDM the client is given what came */
    VMTP_REPLY_HEADER_SUM = 8, /* HCO: the segment is not summed */
    VMTP_REPLY_CHOSEN = 16, /* with DGM and a segment: a Request with MDM and without a segment has in MsgDelivery the blocks that it
                               wants, and only these are sent (VMTP_CALL_PARTIAL) */
    VMTP_REPLY_GROUP = 32 /* of a Request to a group: send the Response to its other members too (VMTP_EV_GROUP_RESPONSE).  Its
                               segment must fit into one packet, else VMTP_E_TOO_LARGE; of another Request: VMTP_E_INVALID */
};

struct vmtp_reply {
    struct vmtp_message message; /* .server is ignored.  .code: VMTP_DGM makes it idempotent, VMTP_MDM as given.
                                    ResponseCode RESPONSE_DISCARDED: send nothing, and tell the client so if it asks */
    const void *segment;         /* lent until RELEASED when segment_size > 0 */
    uint32_t segment_size;       /* 0..16384, to 4194304 without MDM if event.large of the Request said so */
    uint32_t flags;              /* enum vmtp_reply_flags */
};

/*
 * vmtp_reply - Respond to the Request with this handle.
 *
 * When segment_size is 0, the handle is over with this call.  Otherwise VMTP_EV_RELEASED follows when the segment is yours again: after
 * sending if idempotent, else after acknowledgment, the client's next Request, or TS4.
 * VMTP_E_STALE when the client has gone on to another transaction or the Request has been answered, VMTP_E_TOO_LARGE, VMTP_E_FULL (more
 * than 16384 octets, and max_runs are in use, or all but one and an earlier Request of its run is not answered: try again or answer with
 * less), VMTP_E_INVALID (segment missing; CRE, MRD, PIC or a reserved bit in the code; other flags).  With any error nothing was borrowed.
 * (spec/vmtp.md section 8.4)
 */
VMTP_API int vmtp_reply(vmtp_engine *e, vmtp_handle request, const struct vmtp_reply *reply, vmtp_time now);

/*
 * vmtp_forward - Forward: another server is to answer the Request with this handle.
 *
 * The Request goes on to message.server with the same Client and Transaction, and its Response goes straight to the Client
 * (spec/vmtp.md section 13.5).  The message and the segment may be others than those that came.  The handle is over with this call,
 * but if something was lent, VMTP_EV_RELEASED with it follows when that is yours again: as soon as the next server has acknowledged the
 * Request, or the Client gave up.  If the next server cannot be had, the Client is told why; you are not.
 *
 * A Request that came by multicast or as part of a run, that was forwarded 15 times already, or that is to go on to a group, cannot go on
 * so.  It becomes a call of the entity that took it, whose Response is given to the Client: this needs response_area.
 *
 * VMTP_E_STALE as with vmtp_reply.  VMTP_E_NESTED: a call is needed and there is no response_area; the handle is as before.
 * VMTP_E_IN_CALL: a call is needed, and the entity has one outstanding.  VMTP_E_FULL (max_calls).  VMTP_E_TOO_LARGE, VMTP_E_INVALID (server 0,
 * the entity itself or one of the engine's own, segment missing, flags of the code that an onward Request cannot have: DGM and MRD).
 * With any error nothing was borrowed, and the Request is still yours to answer.
 */
struct vmtp_forward {
    struct vmtp_message message; /* .server: to whom.  SDA and SegmentSize are set from segment_size */
    const void *segment;         /* lent until RELEASED when segment_size > 0 */
    uint32_t segment_size;       /* 0..16384 */
    uint32_t response_size;      /* octets of response_area; above 16384 only what event.large allows is used */
    void *response_area;         /* NULL, or lent until RELEASED if a call is needed, else not touched */
};
VMTP_API int vmtp_forward(vmtp_engine *e, vmtp_handle request, const struct vmtp_forward *forward, vmtp_time now);

/* ---- migration (spec/vmtp.md section 13.11) ---------------------------------------------------------------- */

/*
 * vmtp_entity_export - an entity leaves this engine for another node's.
 *
 * Writes all that the protocol knows of it into buffer[0..size), octets that vmtp_entity_import takes on any machine; *used is how many.
 * How they get there is your business, and that of the application's own state.  For TS4 whoever asks for the entity here is told that it
 * has migrated.  After that call, as after vmtp_entity_delete, the entity is not here: its accepts come back, what was lent for its calls,
 * replies and forwards comes back with the usual events (packets of them may still be out; a forward's when it is acknowledged, or the
 * call of a client here that it was for is over), and its handles are stale.  Its calls complete with VMTP_MIGRATED; one that was its
 * only one, to one server, with a segment and a Response of up to 16384 octets, can be gone on with there.  Requests in hand are not
 * announced as abandoned: they go along.  Requests that you have not been told of are forgotten here, their Clients send them again.
 * Segments of Responses that may be asked for again go along as far as there is room; without room the
 * Response is discarded.  Memberships in groups and accepts do not go along, and calls that forward a Request (see
 * VMTP_E_NESTED) end: its Client is told RESPONSE_DISCARDED.
 *
 * VMTP_E_MEMORY: size is too small even without segments of Responses; *used is what all would take, and nothing has happened.
 * VMTP_E_FULL: max_migrated entities have left in the last TS4.  VMTP_E_NO_ENTITY.
 */
VMTP_API int vmtp_entity_export(vmtp_engine *e, vmtp_entity id, void *buffer, size_t size, size_t *used, vmtp_time now);

/*
 * vmtp_entity_import - an entity comes from another node.
 *
 * data[0..size) is what vmtp_entity_export wrote, unchanged.  Its identifier comes back in *id.  Requests that it had in hand are told
 * again by VMTP_EV_REQUEST with resumed set, without a segment, under new handles; cookie is the handle that the Request had before.
 * Those whose Client has asked something newer of an entity here are told by VMTP_EV_ABANDONED instead, likewise with resumed and cookie.
 * If it had a call that can be gone on with, begin that with the same vmtp_request and VMTP_CALL_RESUME: it has the Transaction that
 * it had, and its server does nothing twice.  A call without that flag leaves it behind.
 * data is lent while segments of Responses in it may be asked for: *lent times VMTP_EV_RELEASED with resumed set and this entity
 * follow; with *lent 0, or an error, data is not needed after the call.
 *
 * VMTP_E_INVALID: data is not the form of an entity, was damaged, or has an identifier that cannot live here.
 * VMTP_E_EXISTS: it is here.  VMTP_E_FULL: entities, remote client records, Requests, or records of large messages, of which one is left
 * if a large Response waits for an earlier Request of its run to be answered (see vmtp_reply).  VMTP_E_NOT_READY.
 */
VMTP_API int vmtp_entity_import(vmtp_engine *e, const void *data, size_t size, vmtp_entity *id, uint32_t *lent,
                                vmtp_time now);

/* ---- events ---------------------------------------------------------------------------------------------- */

enum vmtp_event_type {
    VMTP_EV_READY = 1, /* identifiers are allocated */
    /* A call is over.  handle, cookie; result: 0 = a Response is in message (its ResponseCode is the server's word),
     * otherwise why there is none: a code of Appendix I such as RETRANS_TIMEOUT, USER_TIMEOUT, NONEXISTENT_ENTITY, or
     * VMTP_CANCELLED, VMTP_MIGRATED.  BAD_REPLY_SEGMENT: message is valid and the first segment_size octets of its segment.
     * segment: in response_area.  Request segment and response area are yours again.
     * Group call: result 0 and number Responses were delivered, or why there was none. */
    VMTP_EV_COMPLETE,
    /* One Response of a group call.  segment is a slot of response_area and stays valid until COMPLETE. */
    VMTP_EV_RESPONSE,
    /* A Request for entity.  handle: reply to it once, unless message.code has DGM (then handle is 0).
     * cookie and segment: of the accept that it consumed, yours again. */
    VMTP_EV_REQUEST,
    /* A reply's segment, or what a vmtp_forward borrowed, is yours again.  handle: of the Request. */
    VMTP_EV_RELEASED,
    /* The client gave this Request up (it went on to another transaction, or TS2 passed) before it was answered; a reply will return VMTP_E_STALE. */
    VMTP_EV_ABANDONED,
    /* An accept comes back unused, because its entity was deleted or by vmtp_accept_cancel.  cookie, segment.  (After a Request that did not
     * become whole it is used for the next one, without an event.) */
    VMTP_EV_ACCEPT_RETURNED,
    /* CreateEntity from the wire made entity (only with remote_management). */
    VMTP_EV_ENTITY_CREATED,
    /* DeleteEntity from the wire deleted entity. */
    VMTP_EV_ENTITY_DELETED,
    /* Frames to the Ethernet address in source are wanted from now on (number 1), or not any more (number 0), because of groups
     * that have members here: see vmtp_port_group.  Of each address joins and leaves take turns, a join first. */
    VMTP_EV_LISTEN,
    /* SignalEntity from the wire, or from a client here: client has sent entity a signal, number is its argument.  Only for entities
     * created with VMTP_ENTITY_SIGNALS.  Until you have taken it further ones for the same entity are refused (BUSY). */
    VMTP_EV_SIGNAL,
    /* Another member has answered a Request to a group that entity, a member with VMTP_GRP_RESPONSES, has been given and has not
     * answered.  handle: that Request's, 0 if it has been answered since; client, transaction; message: the Response, with who answered
     * in message.server.  cookie and segment: of the accept that it consumed.  May be lost, and may come twice.  (section 13.1) */
    VMTP_EV_GROUP_RESPONSE
};

struct vmtp_event {
    enum vmtp_event_type type;
    uint32_t result;    /* COMPLETE; RESPONSE: 0, or BAD_REPLY_SEGMENT as for COMPLETE */
    vmtp_handle handle; /* COMPLETE, RESPONSE: the call.  REQUEST, RELEASED, ABANDONED, GROUP_RESPONSE: the Request */
    uint64_t cookie; /* COMPLETE, RESPONSE: of the call.  REQUEST, GROUP_RESPONSE, ACCEPT_RETURNED: of the accept; see resumed */
    vmtp_entity entity; /* the local one: COMPLETE, RESPONSE: the client; others, but READY and LISTEN: the server, or whose it is */
    vmtp_entity client;   /* REQUEST, RELEASED, ABANDONED, GROUP_RESPONSE: who asked.  SIGNAL: who sent it */
    uint32_t transaction; /* COMPLETE, RESPONSE, REQUEST, RELEASED, ABANDONED, GROUP_RESPONSE */
    uint32_t number; /* COMPLETE of a group call: Responses delivered; of a reliable one, members that answered.  LISTEN: 1 or 0.
                        SIGNAL: its argument */
    struct vmtp_message message;
    void *segment;
    uint32_t segment_size; /* octets of segment that are valid */
    uint32_t delivered;    /* mask of blocks received (all, unless MDM) */
    uint8_t source[6]; /* REQUEST, COMPLETE, RESPONSE: the host it came from; this one for local transactions.  LISTEN: a group's */
    uint8_t priority; /* REQUEST */
    uint8_t resumed; /* REQUEST, RELEASED, ABANDONED: it came with its entity from another node (vmtp_entity_import); cookie: its handle
                         there */
    uint8_t forward_count; /* REQUEST: how many servers have passed it on; source is then the last of them */
    uint8_t large;         /* REQUEST: the Response may have more than 16384 octets */
    uint32_t rec_seq; /* with max_sequences.  REQUEST: the how-many-th of those from other nodes, local ones have 0.  COMPLETE: the same
                         number of this Request at its server's node, 0 when it is not known (spec/vmtp.md section 13.10) */
    uint8_t more; /* REQUEST: another of its run follows, so VMTP_REPLY_BATCH has a meaning */
};

/* Takes the oldest event: 1, or 0 when there is none. */
VMTP_API int vmtp_next_event(vmtp_engine *e, struct vmtp_event *event);

/* ---- packets and time ------------------------------------------------------------------------------------- */

/*
 * vmtp_input - a packet has arrived.
 *
 * rx and its packet are borrowed for the call.  Returns 0 when it was used, otherwise the counter (enum vmtp_counter, > 0) under
 * which it was dropped.  Never fails: packets come from the network and are never the caller's fault.
 */
VMTP_API int vmtp_input(vmtp_engine *e, const struct vmtp_rx *rx, vmtp_time now);

/*
 * vmtp_output - the next packet to send: 1 and *tx, or 0 when there is none now.
 *
 * After a 0, vmtp_deadline says when there may be more.  Every tx must be reported with vmtp_tx_result; any number may be out at
 * once, and they may be reported in any order.  An engine that is thrown away needs no reports.
 */
VMTP_API int vmtp_output(vmtp_engine *e, struct vmtp_tx *tx, vmtp_time now);

enum vmtp_tx_outcome {
    VMTP_TX_SENT = 0,
    VMTP_TX_RETRY, /* no room below: the packet was not sent; vmtp_output will give it again, no attempt is lost */
    VMTP_TX_LOST   /* could not be sent and should not be tried again by itself; counted */
};
VMTP_API void vmtp_tx_result(vmtp_engine *e, const struct vmtp_tx *tx, enum vmtp_tx_outcome outcome, vmtp_time now);

/*
 * When vmtp_expire or vmtp_output has something to do next: absolute, VMTP_NEVER = never, a time not after now = at once.  Read it
 * again after any other call.  Calling vmtp_expire early or twice is harmless; calling it at the deadline always makes
 * progress (the deadline afterwards is later, or something was done).
 */
VMTP_API vmtp_time vmtp_deadline(const vmtp_engine *e);
VMTP_API void vmtp_expire(vmtp_engine *e, vmtp_time now);

/*
 * Tells the engine whether other VMTP modules have this Ethernet address too, so that what is not here may be there (spec/vmtp.md
 * section 2.1).  While shared is not 0, nobody is told NONEXISTENT_ENTITY.  An engine begins as not shared; vmtp/host.h sees to it.
 */
VMTP_API void vmtp_engine_share(vmtp_engine *e, int shared);

/* ---- knowing what goes on -------------------------------------------------------------------------------- */

/* Every reason for which a packet can be dropped, then what else is counted.  Append only. */
#define VMTP_COUNTERS(X)                                                                                               \
    X(NONE, "none", "")                                                                                                \
    /* dropped on arrival, before a transaction was looked for */                                                      \
    X(DROP_SHORT, "drop_short", "fewer than 68 octets")                                                                \
    X(DROP_OVERSIZED, "drop_oversized", "more than 16452 octets")                                                      \
    X(DROP_TRUNCATED, "drop_truncated", "the port's buffer was too small")                                             \
    X(DROP_VERSION, "drop_version", "Version is not 0")                                                                \
    X(DROP_DOMAIN, "drop_domain", "not our Domain")                                                                    \
    X(DROP_CHECKSUM, "drop_checksum", "checksum is wrong")                                                             \
    X(DROP_NO_CHECKSUM, "drop_no_checksum", "no checksum, and the configuration wants one")                            \
    X(DROP_LENGTH, "drop_length", "Length is odd or disagrees with the octets received")                               \
    X(DROP_DELIVERY, "drop_delivery", "PacketDelivery, SegmentSize and Length contradict each other")                  \
    X(DROP_OWN, "drop_own", "our own packet, or one of our own client, came from outside")                             \
    X(DROP_ENCRYPTED, "drop_encrypted", "EPG set: secure VMTP is not supported")                                       \
    X(DROP_CLIENT_ID, "drop_client_id", "Client is 0, a group, or a default client")                                   \
    /* Requests */                                                                                                     \
    X(DROP_NO_SERVER, "drop_no_server", "Request to an entity that is not here")                                       \
    X(DROP_NOT_CORESIDENT, "drop_not_coresident", "Request for the host of an entity that is not here")                \
    X(DROP_OLD_TRANSACTION, "drop_old_transaction", "delayed duplicate of an earlier transaction")                     \
    X(DROP_OLD_FORWARD, "drop_old_forward", "ForwardCount below the one held")                                         \
    X(DROP_DUPLICATE, "drop_duplicate", "duplicate of a Request being processed or answered")                          \
    X(DROP_DUPLICATE_BLOCK, "drop_duplicate_block", "segment blocks that were already here")                           \
    X(DROP_MISMATCH, "drop_mismatch", "packet differs from its packet group")                                          \
    X(DROP_STREAMING, "drop_streaming", "streamed Request or Response, not supported")                                 \
    X(DROP_NO_RECORD, "drop_no_record", "no remote client record or request record left")                              \
    X(DROP_NO_ACCEPT, "drop_no_accept", "server has no accept posted")                                                 \
    X(DROP_TOO_LARGE, "drop_too_large", "segment larger than any accept ever posted")                                  \
    X(DROP_CONDITIONAL, "drop_conditional", "CMD and the entity is not waiting")                                       \
    X(DROP_INCOMPLETE, "drop_incomplete", "Request given up before it was whole")                                      \
    X(DROP_AWAITING_PROBE, "drop_awaiting_probe", "Request whose client cannot be probed now, or did not answer")      \
    /* Responses */                                                                                                    \
    X(DROP_NO_CLIENT, "drop_no_client", "Response to an entity that is not here")                                      \
    X(DROP_STALE_RESPONSE, "drop_stale_response", "Response to a transaction that is over")                            \
    X(DROP_FUTURE_RESPONSE, "drop_future_response", "Response to a transaction that was never begun")                  \
    X(DROP_EXTRA_RESPONSE, "drop_extra_response", "second Response where one was wanted, or no slot left")             \
    X(DROP_WRONG_SERVER, "drop_wrong_server", "Response from an entity that was not asked")                            \
    /* management */                                                                                                   \
    X(DROP_BAD_NOTIFY, "drop_bad_notify", "Notify about a transaction that is not here")                               \
    X(DROP_MANAGEMENT, "drop_management", "management Request that must stay unanswered")                              \
    X(DROP_CONTROL_FULL, "drop_control_full", "management packet not sent: max_control")                               \
    /* not drops */                                                                                                    \
    X(PACKETS_IN, "packets_in", "packets given to vmtp_input")                                                         \
    X(PACKETS_OUT, "packets_out", "packets given by vmtp_output and sent")                                             \
    X(PACKETS_LOST, "packets_lost", "packets that the port could not send")                                            \
    X(CALLS, "calls", "message transactions begun as client")                                                          \
    X(CALLS_ANSWERED, "calls_answered", "ended with a Response")                                                       \
    X(CALLS_FAILED, "calls_failed", "ended without")                                                                   \
    X(REQUESTS, "requests", "Requests delivered to entities")                                                          \
    X(REQUESTS_REDONE, "requests_redone", "idempotent Requests delivered again")                                       \
    X(RESPONSES, "responses", "Responses given by entities")                                                           \
    X(REQUEST_RETRANSMITS, "request_retransmits", "Requests retransmitted on timeout")                                 \
    X(RESPONSE_RETRANSMITS, "response_retransmits", "Responses retransmitted")                                         \
    X(BLOCKS_RETRANSMITTED, "blocks_retransmitted", "segment blocks sent again on request")                            \
    X(RETRY_SENT, "retry_sent", "selective retransmission asked for")                                                  \
    X(NOTIFY_IN, "notify_in", "Notify operations obeyed")                                                              \
    X(NOTIFY_OUT, "notify_out", "Notify operations sent")                                                              \
    X(BUSY_SENT, "busy_sent", "Requests answered BUSY")                                                                \
    X(PROBES, "probes", "ProbeEntity sent")                                                                            \
    X(PROBES_ANSWERED, "probes_answered", "ProbeEntity answered for others")                                           \
    X(HOST_HITS, "host_hits", "server's host found in the cache")                                                      \
    X(HOST_EVICTED, "host_evicted", "cache entries that made room for others")                                         \
    X(BLOCK_COLLISIONS, "block_collisions", "identifier blocks given up because somebody has them")                    \
    X(ORPHANS, "orphans", "Requests ended by TS2")                                                                     \
    X(RESPONSES_UNACKED, "responses_unacked", "Response data discarded without acknowledgment")                        \
    X(FORWARDS, "forwards", "Requests passed on to other servers")                                                     \
    X(FORWARDS_NESTED, "forwards_nested", "of these, as calls of our own")                                             \
    X(FORWARDS_FAILED, "forwards_failed", "Requests passed on that the next server did not take")                      \
    X(DROP_NO_RUN, "drop_no_run", "message of several packet groups, and max_runs are in use")                         \
    X(DROP_OUT_OF_ORDER, "drop_out_of_order", "Request of a run whose predecessor has not come")                       \
    X(RUN_OVERFLOWS, "run_overflows", "MSGTRANS_OVERFLOW obeyed: fewer Requests of a run outstanding")                 \
    X(RESPONSES_BATCHED, "responses_batched", "Requests of a run answered by a later Response")                        \
    X(SIGNALS, "signals", "signals sent to entities here")                                                             \
    X(DROP_MIGRATED, "drop_migrated", "packet for an entity that has left for another node")                           \
    X(NO_IDENTIFIER, "no_identifier", "entities and groups not made because no identifier was left yet")

enum vmtp_counter {
#define VMTP_COUNTER_ENUM(name, word, text) VMTP_COUNT_##name,
    VMTP_COUNTERS(VMTP_COUNTER_ENUM)
#undef VMTP_COUNTER_ENUM
        VMTP_COUNTER_COUNT
};

/* The counter's value since creation; 0 for a number out of range. */
VMTP_API uint64_t vmtp_counter(const vmtp_engine *e, enum vmtp_counter which);
/* Its word ("drop_checksum") and its sentence; static memory, never NULL. */
VMTP_API const char *vmtp_counter_name(enum vmtp_counter which);
VMTP_API const char *vmtp_counter_text(enum vmtp_counter which);

/* How full the tables are. */
struct vmtp_usage {
    uint32_t entities, calls, remote_clients, requests, accepts, hosts, events, memberships, runs;
};
VMTP_API void vmtp_usage(const vmtp_engine *e, struct vmtp_usage *out);

/* What the engine does in one message transaction. */
enum vmtp_transaction_role {
    VMTP_AS_CLIENT = 1, /* a call, the engine's own Probes included */
    VMTP_AS_SERVER, /* a Request that is received, waits, is processed, or whose Response is held with its segment */
    VMTP_AS_RECORD  /* what is remembered of a remote client beyond that, so that nothing is done twice */
};

struct vmtp_transaction {
    uint8_t role;     /* enum vmtp_transaction_role */
    uint8_t host[6];  /* the other side's, as far as it is known; this one's for local transactions; otherwise zero */
    uint32_t retries; /* since the other side was heard */
    uint32_t transaction;
    vmtp_entity client, server;
    /* A word, static.  A call: "probing", "queued" (behind others of its run), "awaiting-response", "receiving-response",
     * "held" (answered, but an earlier one of its run is not), "local".  A Request or a record: "awaiting-probe",
     * "receiving-request", "waiting" (for vmtp_next_event), "processing", "forwarded", "responded", "response-discarded",
     * "refused" (forwarded in vain), "idle".  Either: "done", its last event or packet is still out. */
    const char *state;
};

/*
 * vmtp_transaction_next - the transactions that the engine knows, one after the other: 1 and *out, or 0 at the end.
 *
 * *place: 0 for the first, then as it was left.  Changes nothing.  What begins or ends between two calls may be shown or not.
 * Looks at every place of the tables once, so it takes longer for large tables; not for a fast path.
 */
VMTP_API int vmtp_transaction_next(const vmtp_engine *e, uint64_t *place, struct vmtp_transaction *out);

/* What is cached about an entity's host: 0 and what is asked for (any pointer may be NULL), or VMTP_E_NO_ENTITY.
 * rtt is the smoothed round trip in nanoseconds, 0 when not measured yet. */
VMTP_API int vmtp_host_lookup(const vmtp_engine *e, vmtp_entity entity, uint8_t mac[6], vmtp_time *rtt);
/* Puts it there, as if a Probe had found it.  0, VMTP_E_INVALID (entity 0 or a group), VMTP_E_FULL (all entries are searches under way). */
VMTP_API int vmtp_host_learn(vmtp_engine *e, vmtp_entity entity, const uint8_t mac[6], vmtp_time now);
/* Forgets it, so that the next call probes.  0, or VMTP_E_NO_ENTITY (not there, or being looked for just now). */
VMTP_API int vmtp_host_forget(vmtp_engine *e, vmtp_entity entity);

#ifdef __cplusplus
}
#endif
#endif

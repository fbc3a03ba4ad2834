/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vmtp/host.h - an engine, a port and a clock together: what most programs use.
 *
 * Two ways in, which may be mixed:
 *   plain code:   vmtp_host_call, vmtp_host_receive, vmtp_host_reply block until they are done.  They send and receive on the
 *                 calling thread; there is no other.
 *   event loops:  vmtp_host_fd and vmtp_host_deadline say when to call vmtp_host_turn; vmtp_host_next_event says what happened.
 *
 * And two ways to serve, one for each entity (RFC 1045 section 2.17):
 *   message queue:  vmtp_host_serve; Requests wait until vmtp_host_receive or vmtp_host_next_request takes them.
 *   procedure:      vmtp_host_procedure; a function of yours is called with each Request as it comes.
 * A client cannot tell them apart.
 *
 * A host is used by one thread at a time (vmtp_host_interrupt excepted).  Threads that want to talk at the same time open a host each.
 * Times are CLOCK_MONOTONIC nanoseconds; deadlines are absolute: vmtp_host_now(host) + 2 * VMTP_SECOND.
 */
#ifndef VMTP_HOST_H
#define VMTP_HOST_H

#include <vmtp/engine.h>
#include <vmtp/port.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct vmtp_host vmtp_host;

struct vmtp_host_config {
    size_t size;                /* set by vmtp_host_config_init; vmtp_host_open refuses another than its own */
    const char *interface_name; /* opened as a packet port, unless port is set */
    vmtp_port *port;            /* or: this port, owned by the host from the call of vmtp_host_open on */
    const char *pcapng;         /* not NULL: write a capture of everything to this file */
    struct vmtp_config engine;  /* mac, mtu, link_mbps and random are filled in when left zero (as init leaves them);
                                    call_entities are added to max_entities */
    struct vmtp_packet_options packet;
    vmtp_time spin;         /* how long waiting looks at the ring before it sleeps; default 50 us; 0: sleep at once */
    uint32_t call_entities; /* client entities: one for vmtp_host_call, the others can be borrowed; 1 to 16776999, default 64 */
};

/* Sets defaults (the engine's too). */
#define vmtp_host_config_init(config) vmtp_host_config_init_sized((config), sizeof(struct vmtp_host_config))
VMTP_API void vmtp_host_config_init_sized(struct vmtp_host_config *config, size_t size);

/*
 * Opens the port, makes the engine and waits until it has identifiers (about 150 ms; not at all when engine.block is set).
 * config->port and config->packet.fd are the host's from the call on: when opening fails they have been closed.  Only a
 * configuration that was never initialised, or by a program compiled with headers of another version (its size differs), is
 * left alone: VMTP_E_INVALID.
 * Errors: those of vmtp_packet_open, VMTP_E_INVALID, VMTP_E_MEMORY, VMTP_E_SYSTEM, VMTP_E_TIMEOUT (somebody on the segment
 * claims every block of identifiers).  error (may be NULL) receives one line for a person: what is wrong and what to do.
 */
VMTP_API int vmtp_host_open(vmtp_host **out, const struct vmtp_host_config *config, char *error, size_t error_size);
/* Sends nothing: peers find out on use.  Frees everything; handles and lent memory are yours at once. */
VMTP_API void vmtp_host_close(vmtp_host *host);

VMTP_API vmtp_time vmtp_host_now(const vmtp_host *host);
VMTP_API vmtp_engine *vmtp_host_engine(vmtp_host *host); /* for counters, entities, accepts; borrowed */
VMTP_API vmtp_port *vmtp_host_port(vmtp_host *host);     /* borrowed */
VMTP_API vmtp_entity vmtp_host_manager(const vmtp_host *host);

/* ---- plain code ------------------------------------------------------------------------------------------- */

/*
 * vmtp_host_call - Send: one message transaction, from an entity that the host keeps for this.
 *
 * message: in, the Request (server, code, words); out, the Response.  segment: what goes with the Request, NULL if nothing.
 * area[0..capacity): where the Response's segment goes; *received (may be NULL) becomes its size.  Both segments may have up to
 * 4194304 octets; above 16384 they travel as several packet groups, to a single entity whose node streams (else
 * STREAMING_NOT_SUPPORTED), and each that is under way takes one of engine.max_runs.  A server may send more than 16384 only if capacity
 * is more.
 * Returns 0 when a Response came (look at its code), > 0 the code of Appendix I that says why there is none
 * (RETRANS_TIMEOUT, USER_TIMEOUT when the deadline passed, NONEXISTENT_ENTITY, BAD_REPLY_SEGMENT ...), or a negative
 * vmtp_error: VMTP_E_CANCELLED (vmtp_host_interrupt), VMTP_E_DOWN, VMTP_E_SYSTEM, those of vmtp_call, and VMTP_E_FULL when all
 * client entities are lent or too many events wait for vmtp_host_next_event.  Whatever it returns, segment and area are yours.
 * A datagram (VMTP_DGM in message->code) is over when it has been sent: 0, and message is unchanged.
 * Other events that happen meanwhile are kept for vmtp_host_receive and vmtp_host_next_event.
 */
VMTP_API int vmtp_host_call(vmtp_host *host, struct vmtp_message *message, const void *segment, uint32_t segment_size,
                            void *area, uint32_t capacity, uint32_t *received, vmtp_time deadline);

/*
 * vmtp_host_transact - the same with all that a vmtp_request can say.
 *
 * request->client: an entity of yours that has no call outstanding, or 0: one that the host keeps for this.  response_slots is 0 or 1.
 * *outcome (may be NULL) becomes the VMTP_EV_COMPLETE of the call, or all zero when the call was never begun.
 * Returns what vmtp_host_call returns.
 */
VMTP_API int vmtp_host_transact(vmtp_host *host, const struct vmtp_request *request, struct vmtp_event *outcome);

/*
 * Group calls: one Request to all members of a group, and their Responses one by one.
 *
 * vmtp_host_group_call begins one.  *request: as for vmtp_host_transact, and message.server is a group; MRD is set for you.  Room is
 * made for response_slots Responses (0: 64) of up to response_size octets each; more are dropped and counted.  response_area is not
 * used.  request->segment is lent until vmtp_host_group_end.  0, those of vmtp_host_transact, VMTP_E_INVALID (no group, or a datagram),
 * VMTP_E_MEMORY.
 *
 * vmtp_host_group_next waits for the next Response.  0: it is in *response (result, message, segment ..., as of VMTP_EV_RESPONSE), and its
 * segment stays valid until vmtp_host_group_end.  VMTP_USER_TIMEOUT: the call's deadline has passed, and there are no more; another
 * code of Appendix I: the call is over for this reason, without any.  VMTP_E_TIMEOUT: none until this deadline, and the call goes on;
 * VMTP_E_CANCELLED (interrupted; or the entity was deleted, and the call is over), and what vmtp_host_receive returns.  A deadline that has
 * passed looks once.
 *
 * Reliable multicast (spec/vmtp.md section 13.1): with VMTP_CALL_RELIABLE in request->flags, request->members lists who is to answer,
 * and the call goes on until all of them have, at most until its deadline.  The list is copied, and there is room for each of
 * them at least.  Then vmtp_host_group_next ends with VMTP_E_STALE when all have answered and their Responses have been taken; with
 * VMTP_RETRANS_TIMEOUT or VMTP_USER_TIMEOUT when some have not.  vmtp_host_group_missing tells which, at any time: how many of the list
 * have not answered so far, the first room of them in list (NULL when room is 0).
 *
 * A client that is a member of the group itself, request->client, is given no copy of its Request, and hears the Responses that
 * others send to the group as well (VMTP_REPLY_GROUP) like any other.
 *
 * vmtp_host_group_end ends it, over or not, and frees everything.  Closing the host does, too.
 */
typedef struct vmtp_group_call vmtp_group_call;
VMTP_API int vmtp_host_group_call(vmtp_host *host, vmtp_group_call **call, const struct vmtp_request *request);
VMTP_API int vmtp_host_group_next(vmtp_host *host, vmtp_group_call *call, struct vmtp_event *response,
                                  vmtp_time deadline);
VMTP_API uint32_t vmtp_host_group_missing(const vmtp_group_call *call, vmtp_entity *list, uint32_t room);
VMTP_API void vmtp_host_group_end(vmtp_host *host, vmtp_group_call *call);

/*
 * Streams: Requests to one server that are sent before the earlier ones are answered (spec/vmtp.md section 13.3).  The server is given
 * them in order, and what comes of them is told in order.
 *
 * vmtp_host_stream_open prepares one: up to depth Requests may be open at a time, with segments of up to request_size octets, and Responses
 * of up to response_size (both at most 4194304; all memory is taken now).  0, VMTP_E_INVALID (no server, a group, depth 0), VMTP_E_TOO_LARGE,
 * VMTP_E_MEMORY, VMTP_E_FULL (all client entities are lent).
 *
 * vmtp_host_stream_send sends one more and does not wait.  message.server is set for you; the segment is copied.  more: another one will
 * follow before this one is answered; after one without more, all that is open has to be taken before the next can be sent.
 * 0, VMTP_E_FULL (depth Requests are open: take what came of the first), VMTP_E_IN_CALL (the last one was without more), VMTP_E_TOO_LARGE
 * (more than request_size), VMTP_E_INVALID, those of vmtp_call.
 *
 * vmtp_host_stream_next waits until the oldest open Request is over, and tells what came of it: 0 and the Response in *outcome (as of
 * VMTP_EV_COMPLETE; its segment stays valid until the next vmtp_host_stream_send or _end), or the code of Appendix I that says why there is
 * none; those behind it then end for the same reason.  VMTP_E_STALE: none is open.  VMTP_E_TIMEOUT: nothing until this deadline, and it goes
 * on.  VMTP_E_CANCELLED (interrupted, or the client entity was deleted), and what vmtp_host_receive returns.
 *
 * vmtp_host_stream_end ends it, with what is still open, and frees everything.  Closing the host does, too.
 */
typedef struct vmtp_stream vmtp_stream;
VMTP_API int vmtp_host_stream_open(vmtp_host *host, vmtp_stream **stream, vmtp_entity server, uint32_t depth,
                                   uint32_t request_size, uint32_t response_size);
VMTP_API int vmtp_host_stream_send(vmtp_host *host, vmtp_stream *stream, const struct vmtp_message *message,
                                   const void *segment, uint32_t segment_size, int more);
VMTP_API int vmtp_host_stream_next(vmtp_host *host, vmtp_stream *stream, struct vmtp_event *outcome, vmtp_time deadline);
VMTP_API void vmtp_host_stream_end(vmtp_host *host, vmtp_stream *stream);

/*
 * vmtp_host_group_query - who is in a group?  Asks all managers (QueryGroup) and collects what they answer until deadline.
 *
 * *count becomes the number of members that were told, this host's own included; the first room of them are in members.  Up to 64 nodes
 * are heard.  0 (also with a count of 0: silence is no answer, but no error either), VMTP_E_INVALID (no group; deadline
 * VMTP_NEVER), and what vmtp_host_group_call and vmtp_host_group_next return.
 * Groups are made, joined and left with vmtp_group_create, vmtp_group_join and vmtp_group_leave on vmtp_host_engine(host).
 */
VMTP_API int vmtp_host_group_query(vmtp_host *host, vmtp_entity group, vmtp_entity *members, uint32_t room,
                                   uint32_t *count, vmtp_time deadline);

/* A local entity; see vmtp_entity_create. */
VMTP_API int vmtp_host_entity(vmtp_host *host, vmtp_entity *id, const struct vmtp_entity_options *options);

/*
 * vmtp_host_serve - let entity queue up to depth Requests with segments up to capacity octets (at most 4194304).  The host owns the
 * buffers, depth times capacity octets, and posts them again; post no accepts of your own (vmtp_accept) for this entity.  May be called
 * again for more depth.
 * 0, VMTP_E_FULL (depth is more than what is left of engine.max_accepts), VMTP_E_NO_ENTITY, VMTP_E_TOO_LARGE, VMTP_E_INVALID,
 * VMTP_E_MEMORY, VMTP_E_EXISTS (it is served by a procedure).  It ends by vmtp_host_unserve, or when the entity is deleted.
 */
VMTP_API int vmtp_host_serve(vmtp_host *host, vmtp_entity entity, uint32_t depth, uint32_t capacity);

/*
 * vmtp_host_unserve - entity takes no more Requests.  It stays, and may be served again, also in the other way.
 *
 * Requests that are here already can still be received (a procedure is still called with them) and answered.  Further ones are answered
 * BUSY, so their clients try until they lose patience.
 * 0, or VMTP_E_NO_ENTITY (the host does not serve it).
 */
VMTP_API int vmtp_host_unserve(vmtp_host *host, vmtp_entity entity);

struct vmtp_incoming {
    vmtp_handle handle; /* for vmtp_host_reply; 0 for a datagram */
    vmtp_entity entity; /* at which of yours it arrived */
    vmtp_entity client;
    uint32_t transaction;
    struct vmtp_message message;
    const void *segment; /* valid until vmtp_host_reply or vmtp_host_done */
    uint32_t segment_size;
    void *buffer;          /* the host's */
    uint8_t forward_count; /* as in struct vmtp_event */
    uint8_t large;         /* the Response may have more than 16384 octets */
    uint8_t more;          /* another Request of its run follows */
    uint8_t resumed;       /* it was in hand, or waited, where its entity was before: vmtp_host_import */
    vmtp_handle former;    /* what it was called there */
};

/*
 * A procedure: called with each Request for its entity, once, in the order in which they have come.
 *
 * in is yours, and has to end some time in vmtp_host_reply or vmtp_host_done, with this structure or a copy of it: in the procedure, or
 * any time later, so several can be in hand at once.  depth bounds them: when so many wait or are in hand, further Requests are
 * answered BUSY.
 *
 * It is called on your thread, from vmtp_host_turn and from whatever blocks (vmtp_host_call, vmtp_host_receive ...), and never from
 * inside itself: until it returns, Requests for the same entity wait.  It may use the whole host: answer, start and cancel calls,
 * create, serve and delete entities (its own too), also block in a call of its own, during which procedures of other entities
 * are called.  That holds up the blocking function that it was called from: this one may then return after its deadline, and
 * vmtp_host_interrupt ends the inner one first.  It must not close the host, nor call itself through its own entity and wait for it.
 */
typedef void (*vmtp_procedure)(vmtp_host *host, struct vmtp_incoming *in, void *context);

/*
 * vmtp_host_procedure - have entity's Requests, up to depth of them at a time, with segments up to capacity octets, handled by
 * procedure.  Otherwise like vmtp_host_serve, but an entity is served in one way, and by one procedure with one context: VMTP_E_EXISTS.
 * Called again with these, it adds to what the entity takes, also with another capacity: a few of a large one, for example.
 * Programs that do not block have to call vmtp_host_turn, or nothing happens.
 */
VMTP_API int vmtp_host_procedure(vmtp_host *host, vmtp_entity entity, uint32_t depth, uint32_t capacity,
                                 vmtp_procedure procedure, void *context);

/*
 * vmtp_host_receive - the next Request for entity (0: for any that is served by a queue).  Blocks until deadline.
 * A deadline that has passed (0 for example): looks once and does not block.  A Request that its client gave up before it was
 * received here is not delivered.
 * 0, VMTP_E_TIMEOUT, VMTP_E_CANCELLED, VMTP_E_DOWN, VMTP_E_SYSTEM, VMTP_E_FULL (too many events wait for vmtp_host_next_event).
 */
VMTP_API int vmtp_host_receive(vmtp_host *host, vmtp_entity entity, struct vmtp_incoming *in, vmtp_time deadline);

/*
 * vmtp_host_reply - answer it.  Ends in's segment.  segment_size > 0: the segment is copied unless VMTP_HOST_LEND is in flags; then it is yours
 * again when VMTP_EV_RELEASED with in->handle comes out of vmtp_host_next_event.  in's own segment may be sent back, but not lent.
 * segment_size may be up to 16384, or 4194304 if in->large.  The answer is sent now; nothing blocks.
 * 0, or VMTP_E_STALE (the client went on, or in is a datagram: not an error for a server); in is over in both cases.
 * VMTP_E_TOO_LARGE, VMTP_E_FULL, VMTP_E_INVALID, VMTP_E_MEMORY: nothing was sent, in is still to be answered.
 * flags: VMTP_HOST_LEND and those of enum vmtp_reply_flags.  VMTP_REPLY_GROUP lets the other members of the group hear the Response
 * (vmtp_host_overhear).
 */
#define VMTP_HOST_LEND 0x100u
VMTP_API int vmtp_host_reply(vmtp_host *host, struct vmtp_incoming *in, const struct vmtp_message *message,
                             const void *segment, uint32_t segment_size, uint32_t flags);
/*
 * vmtp_host_forward - have another server answer it (Forward; see vmtp_forward).  Ends in's segment.
 *
 * message and segment are what that server gets; message->server is whom.  The segment, of up to 16384 octets, is copied; it may be
 * in's own.  The Response goes straight to the client, if the Request can go on as it is; else it becomes a call of the entity that
 * received it, whose Response, with a segment of up to relay octets (16384 at most), is given to the client.  relay 0: no such call.
 * 0, or VMTP_E_STALE (as with vmtp_host_reply); in is over in both cases.  With any other error it is still to be answered:
 * VMTP_E_NESTED (such a call is needed, and relay is 0), VMTP_E_IN_CALL, VMTP_E_FULL, VMTP_E_TOO_LARGE, VMTP_E_INVALID, VMTP_E_MEMORY.
 */
VMTP_API int vmtp_host_forward(vmtp_host *host, struct vmtp_incoming *in, const struct vmtp_message *message,
                               const void *segment, uint32_t segment_size, uint32_t relay);
/*
 * vmtp_host_overhear - what another member of the group has answered to this Request, and sent to the group (VMTP_REPLY_GROUP).
 *
 * For Requests to a group in which in->entity has VMTP_GRP_RESPONSES (see vmtp_group_join), until they are answered here: so a
 * member can wait for what others say, and leave out or correct its own Response.  Blocks until deadline; one that has passed looks once.
 * 0: *response (as of VMTP_EV_GROUP_RESPONSE; message.server is who answered), whose segment is valid until the next call for this
 * Request, or until that is over.  Responses may get lost, and may come twice; 64 of them wait, more are dropped.  Each needs an accept of
 * the entity on its way, so a depth of 1 hears nothing.
 * VMTP_E_STALE: in is over, or a datagram.  VMTP_E_TIMEOUT, and what vmtp_host_receive returns.
 */
VMTP_API int vmtp_host_overhear(vmtp_host *host, const struct vmtp_incoming *in, struct vmtp_event *response,
                                vmtp_time deadline);

/* Gives in's segment back without an answer (datagrams, or when the handle is kept to be answered later with vmtp_reply). */
VMTP_API void vmtp_host_done(vmtp_host *host, struct vmtp_incoming *in);

/*
 * Migration (spec/vmtp.md section 13.11): an entity leaves this host, and goes on at another one under its identifier.
 *
 * vmtp_host_export is vmtp_entity_export with what the host has of the entity: Requests that wait for vmtp_host_receive or its procedure,
 * or that you have received and not yet answered, go along with their segments.  buffer[0..size) gets octets that vmtp_host_import takes
 * on any machine, *used how many; how they get there is your business, and that of your own state.  Then the entity is not served here any
 * more; what you have received of it may still be read, and answering it says VMTP_E_STALE.  Its calls end with VMTP_MIGRATED.  Datagrams that
 * wait are lost.
 * VMTP_E_MEMORY: size is too small (0 asks); *used is what all would take, and nothing has happened.  VMTP_E_NO_ENTITY, VMTP_E_FULL (also:
 * too many events wait for vmtp_host_next_event).
 *
 * vmtp_host_import takes it in; data is yours again at once.  Serve it as before, by vmtp_host_serve or vmtp_host_procedure: the Requests
 * that came along wait already, with resumed set.  (Those that were taken there by accepts of the program's own come out of
 * vmtp_host_next_event, see vmtp_entity_import.)  A call that it had can be gone on with: vmtp_host_transact with this client and
 * VMTP_CALL_RESUME.  On the way back, when nobody has taken it in, this works as well.
 * VMTP_E_INVALID: data is not from vmtp_host_export, or was damaged.  VMTP_E_EXISTS, VMTP_E_FULL, VMTP_E_MEMORY: nothing has happened.
 */
VMTP_API int vmtp_host_export(vmtp_host *host, vmtp_entity entity, void *buffer, size_t size, size_t *used);
VMTP_API int vmtp_host_import(vmtp_host *host, const void *data, size_t size, vmtp_entity *id);

/* Makes the blocking call that is under way (or the next one) return VMTP_E_CANCELLED.  May be called from another thread or a
 * signal handler. */
VMTP_API void vmtp_host_interrupt(vmtp_host *host);

/* ---- event loops -------------------------------------------------------------------------------------------- */

/* Readable (level-triggered) when vmtp_host_turn has something to read: the port's own descriptor, so do not close or read it.
 * -1 for simulated ports.  vmtp_host_interrupt does not make it readable; it is for blocking calls only. */
VMTP_API int vmtp_host_fd(const vmtp_host *host);
/* When vmtp_host_turn must be called even if the descriptor is quiet; VMTP_NEVER: not at all. */
VMTP_API vmtp_time vmtp_host_deadline(const vmtp_host *host);
/*
 * Reads, expires, sends: a bounded amount, never blocking.  Call it when the descriptor is readable, at the deadline, and after starting anything
 * (vmtp_call, vmtp_reply ... on vmtp_host_engine).  Returns 1 when there are events, Requests, or more to do at once, 0
 * when not, VMTP_E_DOWN or VMTP_E_SYSTEM (told once for each time it happens; the host can still be used).
 */
VMTP_API int vmtp_host_turn(vmtp_host *host);
/* The next Request for entity (0: for any that is served) that a turn or a blocking call has brought: 1 or 0. */
VMTP_API int vmtp_host_next_request(vmtp_host *host, vmtp_entity entity, struct vmtp_incoming *in);
/* The next event that is not the host's own business (calls that block, streams and group calls, Requests and buffers of
 * vmtp_host_serve, copied replies): 1 or 0.  Signals that others send to an entity here (VMTP_EV_SIGNAL, for those with
 * VMTP_ENTITY_SIGNALS) come this way too: of each entity the last one that has not been taken. */
VMTP_API int vmtp_host_next_event(vmtp_host *host, struct vmtp_event *event);

/* Blocks until the host has something to do, and does it: what vmtp_host_turn does, and waiting before it.  0: a packet came, a timer was
 * due, or the deadline has come; VMTP_E_TIMEOUT: it had passed before (it has looked once); and what vmtp_host_receive returns. */
VMTP_API int vmtp_host_wait(vmtp_host *host, vmtp_time deadline);

/* ---- libraries beside the program --------------------------------------------------------------------------- */

/*
 * A companion: a library that uses the host of a program with vmtp_call, vmtp_reply and the like, without the program's help.  Events that are
 * its own never come out of vmtp_host_next_event, and it works whenever the host does: in vmtp_host_turn, and while something blocks.
 *
 * event is told of each event that is nobody else's, and says 1 if it was its own.  It only takes note: it must not use the host.
 * work is called when deadline has come (0: at once; VMTP_NEVER: not), from where procedures are called from, and may do what these may.  The
 * companion keeps deadline up to date; it may be changed at any time on the host's thread.  A work that blocks is called again from inside,
 * VMTP_HOST_NESTED times one inside the other at most: what makes the host work there returns VMTP_E_FULL.
 * The structure is lent from vmtp_host_attach until vmtp_host_detach, before which event is told of what has happened so far.  Neither
 * may be called from event, nor vmtp_host_detach from the companion's own work.
 */
#define VMTP_HOST_NESTED 64u
struct vmtp_companion {
    int (*event)(struct vmtp_companion *companion, const struct vmtp_event *event);
    void (*work)(struct vmtp_companion *companion);
    vmtp_time deadline;
    void *context;               /* yours */
    struct vmtp_companion *next; /* the host's */
};
VMTP_API void vmtp_host_attach(vmtp_host *host, struct vmtp_companion *companion);
VMTP_API void vmtp_host_detach(vmtp_host *host, struct vmtp_companion *companion);

/*
 * Deletes an entity and ends serving it, by a queue or a procedure: Requests that wait for either are dropped, those in hand are over
 * when vmtp_host_done is called with them (or vmtp_host_reply: VMTP_E_STALE).  0, or VMTP_E_NO_ENTITY.
 */
VMTP_API int vmtp_host_dismiss(vmtp_host *host, vmtp_entity entity);

/* Octets from where the engine has its randomness. */
VMTP_API void vmtp_host_random(vmtp_host *host, void *out, size_t size);

/* A client entity of the host's pool for a vmtp_call of your own; give it back when its COMPLETE has come.  VMTP_E_FULL. */
VMTP_API int vmtp_host_borrow_entity(vmtp_host *host, vmtp_entity *id);
VMTP_API void vmtp_host_return_entity(vmtp_host *host, vmtp_entity id);

#ifdef __cplusplus
}
#endif
#endif

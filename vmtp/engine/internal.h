/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * internal.h - what the engine's parts offer each other; their records are in records.h.
 *
 * Part             file          what it holds
 * configuration    config.c      defaults, ranges
 * life             engine.c      memory, time, counters read out
 *                  list.c        transactions listed
 * tables           table.c       free lists, hashing
 * times            timer.h timer.c  timers in a wheel
 *                  rtt.h         round trips
 *                  lack.h        how long what lacks of a packet group is waited for
 * local entities   entity.c      creation, deletion, accepts
 *                  withdraw.c    accepts that are taken back
 * arrival          input.c       checks of section 5.1, who gets the packet
 * client           call.c        Send, timeouts, endings                       (RFC 1045 chapter 4)
 *                  told.c        Notify to the client
 *                  response.c    Response packets
 *                  partial.c     chosen blocks of idempotent Responses
 *                  outstanding.c the calls of one client that streams, and what they do to each other
 * server           request.c     Request packets, timeouts                     (RFC 1045 chapter 5)
 *                  reply.c       Respond, Notify to the server
 *                  stream.c      runs of Requests: their order, their records  (RFC 1045 section 2.11)
 *                  batch.c       Responses of a run: their order, NotifyVmtpServer
 * large messages   run.h run.c   which packet groups are to be sent, have come (RFC 1045 section 2.14)
 * local            local.c       transactions within this engine
 * groups           group.h       what is known of entity groups                (spec/vmtp.md 13.1, 13.2)
 *                  group.c       members, listening, what programs ask for
 *                  group_manager.c  procedures of Appendix III.1
 *                  multicast.c   Requests to groups, at members and clients
 *                  reliable.c    Requests that each member is to answer
 *                  group_reply.c    how members answer
 * forwarding       forward.c     Requests that other servers answer            (RFC 1045 sections 2.9, 5.6.3)
 * migration        export.c      an entity leaves                              (spec/vmtp.md 13.11)
 *                  import.c      one comes
 *                  export_run.c import_run.c  the same of runs
 *                  gone.c        who asks for those that left; clients that left
 *                  meet.c        client and server come together, or part
 *                  moved.h       the form between nodes
 * management       manager.c     procedures of Appendix III
 *                  service.c     SignalEntity, ModifyService
 *                  notify.c      Notify operations sent
 *                  locate.c      entity to host cache, ProbeEntity
 *                  allocate.c    identifier blocks asked for
 *                  blocks.c      identifiers given out of them
 * departure        transmit.c    packet groups to packets
 *                  queue.c       which packet group is next
 *                  pace.c        rate control                                  (RFC 1045 section 2.5.6)
 *                  control.c     single packets of management
 * events           event.c
 * replay           sequence.c    receive sequence numbers                      (RFC 1045 section 2.12)
 */
#ifndef VMTP_ENGINE_INTERNAL_H
#define VMTP_ENGINE_INTERNAL_H

#include "records.h"

/* ---- table.c ---- */
void veng_pool_init(struct pool *p, void *memory, uint32_t count, size_t stride);
void *veng_pool_take(struct pool *p); /* NULL when empty; contents as left */
/* The same, all zero but for a generation, which is the word behind next_free. */
void *veng_pool_take_blank(struct pool *p);
void veng_pool_give(struct pool *p, void *record);
static inline void *pool_at(const struct pool *p, uint32_t index) { return p->records + (size_t)index * p->stride; }
/* Of a record whose type is known: dividing by what is known when this is compiled is cheap, by pool.stride it is not. */
#define pool_index(p, record) ((uint32_t)((size_t)((const uint8_t *)(record) - (p)->records) / sizeof *(record)))
uint32_t veng_map_buckets(uint32_t count);
uint32_t *veng_map_head(const struct vmtp_engine *e, const struct map *m, uint64_t key);
uint64_t veng_engine_random(struct vmtp_engine *e);

/* Of 256 identifiers, which this one is in. */
static inline vmtp_entity block_of(vmtp_entity id) { return id & ~ENTITY_FLAG_BITS & ~0xffull; }

static inline int is_default_client(vmtp_entity id) {
    return id == VMTP_DEFAULT_BE_CLIENT || id == VMTP_DEFAULT_LE_CLIENT;
}

static inline struct entity *entity_at(const struct vmtp_engine *e, uint32_t i) { return pool_at(&e->entities, i); }
static inline struct call *call_at(const struct vmtp_engine *e, uint32_t i) { return pool_at(&e->calls, i); }
static inline struct slot *slot_at(const struct vmtp_engine *e, uint32_t i) { return pool_at(&e->slots, i); }
static inline struct remote *remote_at(const struct vmtp_engine *e, uint32_t i) { return pool_at(&e->remotes, i); }
static inline struct request *request_at(const struct vmtp_engine *e, uint32_t i) { return pool_at(&e->requests, i); }
/* The Requests of a run, oldest first; each has the Transactions from request_first on. */
static inline struct request *remote_oldest(const struct vmtp_engine *e, const struct remote *r) {
    return r->request != NONE ? request_at(e, r->request) : NULL;
}
static inline struct request *request_newer(const struct vmtp_engine *e, const struct request *q) {
    return q->newer != NONE ? request_at(e, q->newer) : NULL;
}
static inline uint32_t request_first(const struct request *q) { return q->transaction - (q->groups - 1u); }
/* TC2 and TS3: from base on, twice as long with each try after the first, up to the ceiling of TC2. */
static inline vmtp_time veng_doubled(const struct vmtp_engine *e, vmtp_time base, unsigned tries) {
    vmtp_time most = e->config.timers.tc2_ceiling;
    for (unsigned i = 1; i < tries && base < most; i++)
        base *= 2;
    return base < most ? base : most;
}
static inline struct accept *accept_at(const struct vmtp_engine *e, uint32_t i) { return pool_at(&e->accepts, i); }
static inline struct host *host_at(const struct vmtp_engine *e, uint32_t i) { return pool_at(&e->hosts, i); }

/* ---- entity.c ---- */
struct entity *veng_entity_find(const struct vmtp_engine *e, vmtp_entity id);
int veng_entity_make(struct vmtp_engine *e, uint32_t *index, vmtp_entity id, enum entity_role role, vmtp_time now);
void veng_entity_remove(struct vmtp_engine *e, struct entity *n, vmtp_time now);
int veng_entity_acceptable(const struct vmtp_engine *e, vmtp_entity id); /* for an entity of a program */
void veng_entity_unmap(struct vmtp_engine *e, struct entity *n);
void veng_entity_dispose(struct vmtp_engine *e, struct entity *n, vmtp_time now); /* of one that is not found any more */
int veng_entity_next_id(struct vmtp_engine *e, vmtp_entity *id);
uint32_t veng_accept_take(struct vmtp_engine *e, struct entity *n,
                          uint32_t size); /* NONE: no accept posted is large enough */
void veng_accept_give_back(struct vmtp_engine *e, uint32_t index);
/* Is id here: a local entity, or a group with a member here?  (CoResidentEntity) */
int veng_entity_is_here(const struct vmtp_engine *e, vmtp_entity id);

/* ---- event.c ---- */
void veng_event_post(struct vmtp_engine *e, struct event_node *node, enum vmtp_event_type type, enum record_kind kind);
void veng_event_withdraw(struct vmtp_engine *e, struct event_node *node);
/* generation 32 | kind 8 | index 24 */
static inline vmtp_handle veng_handle_of(enum record_kind kind, uint32_t index, uint32_t generation) {
    return ((vmtp_handle)generation << 32) | ((vmtp_handle)kind << 24) | index;
}
struct call *veng_call_by_handle(const struct vmtp_engine *e, vmtp_handle h);
struct request *veng_request_by_handle(const struct vmtp_engine *e, vmtp_handle h);
/* The user words of a header.  Every transaction writes and reads some: without loops it takes half as long. */
static inline void veng_words_read(uint32_t words[7], const uint8_t *header) {
    const uint8_t *from = header + VMTP_AT_USER;
    words[0] = vmtp_load32(from);
    words[1] = vmtp_load32(from + 4);
    words[2] = vmtp_load32(from + 8);
    words[3] = vmtp_load32(from + 12);
    words[4] = vmtp_load32(from + 16);
    words[5] = vmtp_load32(from + 20);
    words[6] = vmtp_load32(from + 24);
}
static inline void veng_words_write(uint8_t *header, const uint32_t words[7]) {
    uint8_t *to = header + VMTP_AT_USER;
    vmtp_store32(to, words[0]);
    vmtp_store32(to + 4, words[1]);
    vmtp_store32(to + 8, words[2]);
    vmtp_store32(to + 12, words[3]);
    vmtp_store32(to + 16, words[4]);
    vmtp_store32(to + 20, words[5]);
    vmtp_store32(to + 24, words[6]);
}
/* The same message, saying of its segment what is true. */
static inline struct vmtp_message veng_message_with_segment(const struct vmtp_message *m, uint32_t size) {
    struct vmtp_message out = *m;
    if (size)
        out.code |= VMTP_SDA;
    if (out.code & VMTP_SDA)
        out.words[6] = size;
    return out;
}
static inline void veng_message_write(uint8_t *header, const struct vmtp_message *m) {
    vmtp_put_server(header, m->server);
    vmtp_put_code(header, m->code);
    veng_words_write(header, m->words);
}

/* ---- run.h: its records ---- */
static inline void veng_run_free(struct vmtp_engine *e, struct run **r) {
    if (*r)
        veng_pool_give(&e->runs, *r);
    *r = NULL;
}

/* ---- call.c ---- */
/* Serves it here, or finds c->locate and sends. */
void veng_call_start(struct vmtp_engine *e, struct call *c, vmtp_time now);
struct call *veng_call_make(struct vmtp_engine *e, struct entity *client);
struct call *veng_call_blank(struct vmtp_engine *e);                        /* of nobody yet */
void veng_call_begin(struct vmtp_engine *e, struct call *c, vmtp_time now); /* knows its host or its group: send */
void veng_call_located(struct vmtp_engine *e, struct call *c, uint32_t result, vmtp_time now);
void veng_call_transmit(struct vmtp_engine *e, struct call *c, uint32_t blocks, int ask, vmtp_time now);
void veng_call_group_sent(struct vmtp_engine *e, struct call *c, vmtp_time now);
void veng_call_hold(struct vmtp_engine *e, struct call *c, uint32_t result, vmtp_time now);
void veng_call_finish(struct vmtp_engine *e, struct call *c, uint32_t result, vmtp_time now);
void veng_call_end(struct vmtp_engine *e, struct call *c, uint32_t result, vmtp_time now);
void veng_call_settle(struct vmtp_engine *e, struct call *c,
                      vmtp_time now); /* COMPLETE once nothing of it is out any more */
void veng_call_count(struct call *c);
void veng_call_back_off(struct vmtp_engine *e, struct call *c, vmtp_time now);
void veng_call_acknowledged(struct vmtp_engine *e, struct call *c, vmtp_time now);
void veng_call_no_streams(struct vmtp_engine *e, struct call *c);
void veng_call_free(struct vmtp_engine *e, struct call *c);
void veng_call_timeout(struct vmtp_engine *e, struct call *c, vmtp_time now);
void veng_call_limit(struct vmtp_engine *e, struct call *c, vmtp_time now);
void veng_call_ask(struct vmtp_engine *e, struct call *c, vmtp_time now); /* sends it again, with APG */
void veng_call_retransmit(struct vmtp_engine *e, struct call *c, vmtp_time now);
void veng_call_elsewhere(struct vmtp_engine *e, struct call *c, vmtp_time now); /* its server is where it was no more */
uint32_t veng_call_lacks(const struct call *c, uint32_t delivery); /* blocks to be sent that delivery does not name */
vmtp_time veng_call_tc2(const struct vmtp_engine *e, const struct call *c);

struct host *veng_call_host(const struct vmtp_engine *e, const struct call *c); /* where its server is, if the cache knows */
void veng_call_forget_server(struct vmtp_engine *e, const struct call *c); /* the next call asks anew where it is */
void veng_call_relocate(struct vmtp_engine *e, struct call *c,
                        vmtp_time now); /* looks for its server, and sends all there */

/* ---- told.c ---- */
int veng_call_notified(struct vmtp_engine *e, struct arrival *a);

/* ---- outstanding.c ---- */
void veng_outstanding_add(struct vmtp_engine *e, struct entity *n, struct call *c);
/* It is over, for this reason, and those behind it go on or end too. */
void veng_outstanding_remove(struct vmtp_engine *e, struct call *c, uint32_t result, vmtp_time now);
void veng_outstanding_settled(struct vmtp_engine *e, struct call *c, vmtp_time now);
void veng_outstanding_push(struct vmtp_engine *e, struct entity *n, vmtp_time now);
/* Whose Request has, whose Response may have, this Transaction; NULL: none that is open. */
struct call *veng_outstanding_asked(const struct vmtp_engine *e, const struct entity *n, uint32_t transaction);
struct call *veng_outstanding_answered(const struct vmtp_engine *e, const struct entity *n, uint32_t transaction);
struct call *veng_outstanding_notified(const struct vmtp_engine *e, const struct entity *n, uint32_t transact,
                                       uint32_t code);
int veng_outstanding_told(struct vmtp_engine *e, struct call *c, uint32_t code, uint32_t transact, uint32_t delivery,
                          unsigned count, vmtp_time now);
/* Has the client all Responses up to this Transaction? */
int veng_outstanding_done(const struct vmtp_engine *e, const struct entity *n, uint32_t transaction);
/* The Response to c is whole, so what is missing of those before it was lost; ask: say so again.  1: there are such. */
int veng_outstanding_earlier(struct vmtp_engine *e, const struct call *c, const struct arrival *a, int ask);
/* A Response of a run is whole; ask: it wants to be acknowledged.  1: one before it is missing, which has been said. */
int veng_outstanding_response(struct vmtp_engine *e, struct call *c, const struct arrival *a, int ask);
/* A call behind it in its run has a record of a message of several packet groups. */
int veng_outstanding_behind_has_run(const struct vmtp_engine *e, const struct call *c);
uint32_t veng_call_last(const struct call *c); /* its Request's last Transaction, which the Response has */
/* The server has left, or has come here: what the client has open with it is looked for anew. */
void veng_outstanding_elsewhere(struct vmtp_engine *e, struct entity *n, vmtp_entity server, vmtp_time now);
int veng_call_among_others(const struct vmtp_engine *e, const struct call *c);
static inline int veng_call_in_run(const struct call *c) {
    return c->groups > 1u || (vmtp_get_control(c->tx.header) & (VMTP_NSR | VMTP_NER)) != 0;
}
static inline int call_is_oldest(const struct vmtp_engine *e, const struct call *c) {
    uint32_t first = c->behind ? entity_at(e, c->entity)->call : NONE;
    return first == NONE || call_at(e, first) == c;
}
/* An earlier one of its run is still open, or its end has not been told yet. */
static inline int veng_outstanding_must_hold(const struct vmtp_engine *e, const struct call *c) {
    if (c->purpose != FOR_USER)
        return 0;
    const struct entity *n = entity_at(e, c->entity);
    return n->live && (n->unsettled || !call_is_oldest(e, c));
}

/* ---- response.c ---- */
int veng_response_arrived(struct vmtp_engine *e, struct arrival *a);
/* A place for another of several Responses, or NULL when the call has or wants no more. */
struct slot *veng_slot_new(struct vmtp_engine *e, struct call *c, vmtp_entity server);
void veng_slot_timeout(struct vmtp_engine *e, struct slot *s, vmtp_time now);
void veng_slot_finish(struct vmtp_engine *e, struct slot *s,
                      vmtp_time now); /* what came of the Response is all that comes */
/* Copies the blocks of a packet, of a segment of size octets, into area; returns those that were new. */
uint32_t veng_blocks_store(uint8_t *area, uint32_t capacity, uint32_t have, uint32_t size, const struct arrival *a);
/* The same for a packet of a run; capacity is that of the whole message. */
uint32_t veng_group_store(uint8_t *area, uint32_t capacity, struct run *r, unsigned group, const struct arrival *a);
int veng_group_consistent(const uint8_t *first, const uint8_t *h);

/* ---- sequence.c: only when e->sequences ---- */
uint32_t veng_sequence_sets(uint32_t nodes);
uint32_t veng_sequence_number(struct vmtp_engine *e, struct request *q);
void veng_sequence_tell(struct vmtp_engine *e, const struct remote *r, const struct request *q);
int veng_sequence_presume(struct vmtp_engine *e, struct call *c);
void veng_sequence_told(struct vmtp_engine *e, struct call *c, uint32_t number);
void veng_sequence_over(struct vmtp_engine *e, struct call *c, int next);
void veng_notify_number(struct vmtp_engine *e, const struct remote *r, uint32_t transaction, uint32_t delivery,
                        uint32_t number);

/* ---- partial.c ---- */
int veng_partial_allowed(const struct vmtp_request *r);
void veng_partial_begin(struct call *c, uint32_t response_size);
void veng_partial_ask(struct call *c, const struct slot *s);
int veng_partial_goes_on(const struct call *c, struct slot *s, const struct arrival *a);
void veng_partial_choose(const struct request *q, struct remote *r, const struct vmtp_reply *reply);

/* ---- request.c ---- */
int veng_request_arrived(struct vmtp_engine *e, struct arrival *a);
struct remote *veng_remote_find(struct vmtp_engine *e, vmtp_entity client, vmtp_entity server);
struct remote *veng_remote_make(struct vmtp_engine *e, vmtp_entity client, vmtp_entity server);
void veng_remote_hold(struct vmtp_engine *e, struct remote *r, enum remote_state state, vmtp_time now); /* for TS4 */
void veng_remote_timeout(struct vmtp_engine *e, struct remote *r, vmtp_time now);
void veng_remote_probed(struct vmtp_engine *e, struct remote *r, int known, uint32_t transaction, const uint8_t *mac,
                        vmtp_time now);
void veng_request_drop(struct vmtp_engine *e, struct request *q,
                       vmtp_time now); /* the client went on, the entity went away ... */
struct request *veng_request_make(struct vmtp_engine *e, struct remote *r);
/* What its first packet says of it, in a run or not. */
void veng_request_begin(struct request *q, struct remote *r, const struct arrival *a, vmtp_entity entity);
void veng_request_free(struct vmtp_engine *e, struct request *q);
/*
 * Other blocks lack than the fresh ones of this packet (0: none that show anything): they are asked for if it is time.  How long they are
 * waited for, after so many retries.
 */
vmtp_time veng_request_lacks(struct vmtp_engine *e, struct request *q, const struct arrival *a, uint32_t fresh,
                             uint8_t *retries);
int veng_request_from_ourselves(const struct vmtp_engine *e, const struct arrival *a);
int veng_request_not_ours(struct vmtp_engine *e, struct arrival *a); /* by CRE or Client: which counter, or 0 */
int veng_request_for(struct vmtp_engine *e, struct arrival *a, struct entity *n);
int veng_request_streamed(struct vmtp_engine *e, struct arrival *a); /* part of a run: refused, and which counter */
int veng_request_left_behind(const struct vmtp_engine *e, const struct arrival *a);
void veng_request_supersede(struct vmtp_engine *e, const struct arrival *a);
void veng_request_supersede_older(struct vmtp_engine *e, vmtp_entity client, vmtp_time now);
void veng_request_deliver(struct vmtp_engine *e, struct request *q, struct remote *r, vmtp_time now); /* whole: an event */
int veng_request_repeated(struct vmtp_engine *e, struct arrival *a, struct entity *n, struct remote *r);
vmtp_time veng_remote_ts3(const struct vmtp_engine *e, const struct remote *r);

int veng_request_refuse(struct vmtp_engine *e, struct arrival *a, uint32_t code, enum vmtp_counter reason);
/* No accept fits: what the client is told. */
int veng_request_no_accept(struct vmtp_engine *e, struct arrival *a, const struct entity *n);
int veng_request_needs_probe(struct vmtp_engine *e, const struct entity *n, const struct arrival *a);
int veng_request_probe(struct vmtp_engine *e, struct remote *r, struct arrival *a);
/* Where the client lives, into r, a new record if fresh; 1: nobody knows. */
int veng_request_client_mac(struct vmtp_engine *e, struct remote *r, struct arrival *a, int fresh);
void veng_remote_free(struct vmtp_engine *e, struct remote *r);
void veng_remote_step_back(uint32_t *transaction, uint8_t *forward);
/* Its client sends again what is asked for, and may be asked: NRT means nothing in a message of several groups. */
static inline int veng_request_asks(const struct request *q) {
    return !q->datagram && (q->groups > 1u || !(vmtp_get_control(q->header) & VMTP_NRT));
}

/* ---- stream.c ---- */
#define VENG_RUN_REQUESTS 64u /* of one run at most: beyond that its client is to wait */
#define RUN_CONTROL (VMTP_NSR | VMTP_NER | VMTP_CMG | VMTP_STI)
int veng_stream_arrived(struct vmtp_engine *e, struct arrival *a, struct entity *n);
int veng_stream_repeated(struct vmtp_engine *e, struct arrival *a, struct remote *r); /* the last of a run, once more */
void veng_stream_unlink(struct vmtp_engine *e, struct request *q);
void veng_stream_end(struct vmtp_engine *e, struct remote *r, vmtp_time now); /* none of its Requests is wanted any more */
void veng_stream_quiet(struct vmtp_engine *e, struct remote *r, vmtp_time now); /* nothing was heard for TS4 */
void veng_stream_timeout(struct vmtp_engine *e, struct request *q, vmtp_time now);
void veng_stream_heard(struct vmtp_engine *e, struct remote *r, vmtp_time now);

/* ---- batch.c ---- */
int veng_batch_reply(struct vmtp_engine *e, struct request *q, const struct vmtp_reply *reply, vmtp_time now);
void veng_batch_sent(struct vmtp_engine *e, struct request *q, vmtp_time now);
int veng_batch_told(struct vmtp_engine *e, struct remote *r, struct arrival *a, uint32_t code, uint32_t transact,
                    uint32_t delivery);
void veng_batch_ask(struct vmtp_engine *e, struct remote *r); /* whether what was answered can be forgotten */
int veng_batch_repeat(struct vmtp_engine *e, struct remote *r, struct request *q, int ask);
void veng_batch_go_on(struct vmtp_engine *e, struct remote *r); /* sends what is to be sent next */
void veng_batch_timeout(struct vmtp_engine *e, struct request *q, vmtp_time now);

/* ---- reply.c ---- */
void veng_response_header(const struct vmtp_engine *e, const struct remote *r, uint8_t *h);
int veng_short_of_records(const struct vmtp_engine *e);
/* Octets of the longest segment that the Response may have. */
static inline uint32_t veng_reply_limit(const struct request *q) {
    return q->skip || q->remote == NONE ? VMTP_MESSAGE_OCTETS : VMTP_GROUP_OCTETS;
}
void veng_reply_group_sent(struct vmtp_engine *e, struct request *q, vmtp_time now);
void veng_reply_resend(struct vmtp_engine *e, struct remote *r, uint32_t blocks, int ask, vmtp_time now);
int veng_reply_on_its_way(const struct vmtp_engine *e, const struct remote *r);
void veng_reply_again(struct vmtp_engine *e, const struct remote *r);
void veng_reply_settle(struct vmtp_engine *e, struct request *q);
void veng_reply_forget_data(struct vmtp_engine *e, struct remote *r);
int veng_server_notified(struct vmtp_engine *e, struct arrival *a);

/* ---- local.c ---- */
int veng_local_begin(struct vmtp_engine *e, struct call *c, vmtp_time now); /* 1: it is a local transaction */
void veng_local_retry(struct vmtp_engine *e, struct call *c, vmtp_time now);
void veng_local_reply(struct vmtp_engine *e, struct request *q, const struct vmtp_reply *reply, vmtp_time now);
void veng_local_abandon(struct vmtp_engine *e, struct call *c, vmtp_time now);
/* The Request of a call, delivered to a server here; NULL: no record. */
struct request *veng_local_request(struct vmtp_engine *e, struct call *c, struct entity *n, uint32_t accept);
/* What a server here replies, as a Response that has come. */
void veng_local_fill(struct vmtp_engine *e, struct call *c, struct slot *s, vmtp_entity server,
                     const struct vmtp_reply *reply);

/* The answer to call c of a client here, given by a local entity. */
void veng_local_answer(struct vmtp_engine *e, struct call *c, vmtp_entity server, const struct vmtp_reply *reply,
                       vmtp_time now);

/* ---- export.c ---- */
/* Its program has it, here or since before it came here. */
static inline int veng_request_in_hand(const struct request *q) {
    return q->state == REQUEST_PROCESSING || (q->state == REQUEST_COMPLETE && q->resumed);
}
/* What its server knows of it is part of a run, also if it is alone. */
static inline int veng_call_moves_as_run(const struct vmtp_engine *e, const struct call *c) {
    return c->skip || veng_call_among_others(e, c);
}

/* ---- gone.c, meet.c ---- */
int veng_gone(const struct vmtp_engine *e, vmtp_entity id, vmtp_time now);
int veng_gone_full(const struct vmtp_engine *e, vmtp_time now);
void veng_gone_note(struct vmtp_engine *e, vmtp_entity id, vmtp_time now);
void veng_gone_forget(struct vmtp_engine *e, vmtp_entity id);
void veng_client_moved(struct vmtp_engine *e, struct remote *r, vmtp_time now);
void veng_client_doubted(struct vmtp_engine *e, struct remote *r, vmtp_time now);
void veng_client_found(struct vmtp_engine *e, struct remote *r, const uint8_t *mac, vmtp_time now);
void veng_client_seen(struct vmtp_engine *e, struct remote *r, const uint8_t *mac);
struct call *veng_meet_client_of(const struct vmtp_engine *e, const struct remote *r);
int veng_meet_client(struct vmtp_engine *e, struct remote *r, vmtp_time now);
int veng_meet_server(struct vmtp_engine *e, struct call *c, vmtp_time now);
void veng_part(struct vmtp_engine *e, struct call *c, vmtp_time now);

/* ---- forward.c ---- */
void veng_forward_go(struct vmtp_engine *e, struct call *c, vmtp_time now);
void veng_forward_local(struct vmtp_engine *e, struct call *c, vmtp_time now); /* c passes on to an entity here */
void veng_forward_ended(struct vmtp_engine *e, struct call *c, vmtp_time now); /* acknowledged, or why not */
/* Nothing of c is out any more.  1: c is the engine's own, and no program hears of its end. */
int veng_forward_settled(struct vmtp_engine *e, struct call *c, vmtp_time now);
void veng_forward_drop(struct vmtp_engine *e, struct request *q, vmtp_time now);
/* It is on its way to another server, and needs its forwarder no more. */
static inline int veng_forward_goes_on(const struct request *q) { return q->state == REQUEST_FORWARDED && !q->nested; }
int veng_forward_duplicate(struct vmtp_engine *e, struct arrival *a, struct remote *r);
struct call *veng_forward_call_of(struct vmtp_engine *e, const struct arrival *a, vmtp_entity client, uint32_t transact);
int veng_forward_told(struct vmtp_engine *e, struct call *c, uint32_t code, uint32_t delivery, vmtp_time now); /* 1: done */
/* A forwarded Request came back to its Client's node: is it of a call that goes on?  Its Response needs no frame. */
int veng_forward_comes_home(const struct vmtp_engine *e, const struct entity *client, const struct arrival *a);
int veng_forward_reply_home(struct vmtp_engine *e, struct request *q, const struct vmtp_reply *reply, vmtp_time now);
vmtp_entity veng_forward_forwarder_of(const struct vmtp_engine *e, vmtp_entity client); /* 0: nobody here */

/* ---- manager.c ---- */
int veng_manager_arrived(struct vmtp_engine *e, struct arrival *a);
int veng_manager_addressed(const struct vmtp_engine *e, vmtp_entity server);
/* The answer to a stateless management Request: data octets (0..CONTROL_DATA) and header filled in, or -1: stay silent. */
int veng_manager_answer(struct vmtp_engine *e, struct arrival *a, uint8_t *header, uint8_t *data);
int veng_manager_coresident(const struct vmtp_engine *e, const uint8_t *h, int multicast);
#define CODE24(code) ((code)&0x00ffffffu)

/* ---- service.c ---- */
int veng_service_procedure(uint32_t code24);
uint32_t veng_service_manage(struct vmtp_engine *e, const struct arrival *a, uint32_t words[7]); /* the code */
uint32_t veng_service_room(const struct vmtp_engine *e, const struct entity *n);

/* ---- notify.c ---- */
void veng_notify_client(struct vmtp_engine *e, const struct arrival *a, uint32_t delivery, uint32_t code);
int veng_server_gone(struct vmtp_engine *e, const struct arrival *a);
void veng_notify_server(struct vmtp_engine *e, const struct arrival *a, uint32_t delivery, uint32_t code);
void veng_notify_client_of(struct vmtp_engine *e, const struct remote *r, uint32_t transaction, uint32_t delivery,
                           uint32_t code);
/* About the Request itself: to whoever sent it, which may be a forwarder. */
void veng_notify_sender_of(struct vmtp_engine *e, const struct remote *r, const struct request *q, uint32_t transaction,
                           uint32_t delivery, uint32_t code);
void veng_notify_server_of(struct vmtp_engine *e, const struct slot *s, unsigned group, uint32_t delivery, uint32_t code);

/* ---- locate.c ---- */
struct host *veng_host_find(const struct vmtp_engine *e, vmtp_entity entity);
struct host *veng_host_learn(struct vmtp_engine *e, vmtp_entity entity, const uint8_t mac[6]);
/* The same for what nobody has asked for: a Probe under way goes on. */
void veng_host_hint(struct vmtp_engine *e, vmtp_entity entity, const uint8_t mac[6]);
void veng_host_forget(struct vmtp_engine *e, struct host *h);
int veng_locate(struct vmtp_engine *e, struct call *c, vmtp_time now); /* 1 known, 0 waiting, VMTP_E_FULL */
void veng_locate_cancel(struct vmtp_engine *e, struct call *c);
int veng_probe_remote(struct vmtp_engine *e, struct remote *r, const uint8_t *mac, vmtp_time now); /* 0 or VMTP_E_FULL */
void veng_probe_disown(struct vmtp_engine *e, const struct remote *r); /* its answer is not wanted any more */
void veng_probe_finished(struct vmtp_engine *e, struct call *c, vmtp_time now);

/* ---- allocate.c ---- */
void veng_allocate_begin(struct vmtp_engine *e, vmtp_time now);
void veng_allocate_another(struct vmtp_engine *e); /* begins with the next tick */
void veng_allocate_timeout(struct vmtp_engine *e, vmtp_time now);
void veng_allocate_done(struct vmtp_engine *e, vmtp_entity block, vmtp_time now); /* the first */
int veng_allocate_asked(const struct vmtp_engine *e,
                        const struct arrival *a); /* is it a Response to our ProbeEntityBlock? */
int veng_allocate_answered(struct vmtp_engine *e, const struct arrival *a);
void veng_allocate_rival(struct vmtp_engine *e, const struct arrival *a);

/* ---- blocks.c ---- */
/* The identifier of the current block with the next number: next_entity or next_group.  VMTP_E_FULL: none is left. */
int veng_block_next(struct vmtp_engine *e, uint32_t *number, vmtp_entity *id);
int veng_block_found(struct vmtp_engine *e, vmtp_entity block, vmtp_time now); /* 0: no room for one more old block yet */
/* The entity or group id is not here any more; VMTP_NEVER: who says so does not know the time. */
void veng_block_ended(struct vmtp_engine *e, vmtp_entity id, vmtp_time now);
/* Does this node hold, reserve or probe any identifier of the block of id? */
int veng_block_held(const struct vmtp_engine *e, vmtp_entity id);

/* ---- queue.c ---- */
void veng_send_queue(struct vmtp_engine *e, struct sender *s); /* its header, mac and gap are set */
void veng_send_unqueue(struct vmtp_engine *e, struct sender *s);
void veng_send_cancel(struct vmtp_engine *e, struct sender *s); /* and nothing of it is to be sent any more */
void veng_send_stop(struct vmtp_engine *e, struct lane *l);     /* it waits for its clock no more */
void veng_send_step(struct vmtp_engine *e, struct sender *s, uint32_t octets, vmtp_time now);
static inline int veng_send_waiting(const struct vmtp_engine *e) { return e->fast.head != NULL || e->clocked != NULL; }
static inline void veng_send_take(struct vmtp_engine *e, struct sender *s) {
    struct lane *l = s->lane;
    if (s->previous)
        s->previous->next = s->next;
    else
        l->head = s->next;
    if (s->next)
        s->next->previous = s->previous;
    else
        l->tail = s->previous;
    s->queued = 0;
    if (!l->waiting)
        return;
    l->senders--;
    if (!l->head)
        veng_send_stop(e, l);
}
/* A packet of s with so many octets of data goes now, and s is queued again if it has more. */
static inline void veng_send_spaced(struct vmtp_engine *e, struct sender *s, uint32_t octets, vmtp_time now) {
    if (s->lane != &e->fast)
        veng_send_step(e, s, octets, now);
}
/* ---- pace.c ---- */
#define VENG_PACE_WAYS 4u
uint32_t veng_pace_sets(uint32_t nodes);
void veng_pace_init(struct vmtp_engine *e, struct pace *memory, uint32_t sets);
struct lane *veng_pace_lane(struct vmtp_engine *e, const struct sender *s);
vmtp_time veng_pace_step(const struct vmtp_engine *e, struct sender *s, uint32_t octets); /* until the next packet */
/* Of what was sent last of a packet group the receiver has delivery; it has all of it. */
void veng_pace_lost(struct vmtp_engine *e, struct sender *s, uint32_t delivery, vmtp_time now);
void veng_pace_got(struct vmtp_engine *e, struct sender *s, vmtp_time now);
static inline void veng_pace_loss(struct vmtp_engine *e, struct sender *s, uint32_t delivery, vmtp_time now) {
    if (s->flight & ~delivery)
        veng_pace_lost(e, s, delivery, now);
    s->flight = 0;
}
static inline void veng_pace_whole(struct vmtp_engine *e, struct sender *s, vmtp_time now) {
    if (e->pace_used)
        veng_pace_got(e, s, now);
    s->flight = 0;
}
/* The same of a group of a run. */
void veng_pace_run_loss(struct vmtp_engine *e, struct sender *s, unsigned group, uint32_t delivery, vmtp_time now);
void veng_pace_run_whole(struct vmtp_engine *e, struct sender *s, unsigned group, unsigned end, vmtp_time now);
/* The Request asks for the gap that its server's node is to leave. */
void veng_pace_ask(const struct vmtp_engine *e, struct sender *s);
/* A Response is incomplete, and no more of it comes; or it is complete. */
void veng_pace_missed(struct vmtp_engine *e, struct slot *s, vmtp_time now);
/*
 * A client has an idempotent operation done again, since its Response was not whole; or it has all of it.  lacks: the blocks that it
 * wants, 0: it does not say.
 */
void veng_pace_redone(struct vmtp_engine *e, const struct remote *r, int whole, uint32_t lacks, vmtp_time now);
void veng_pace_arrived(struct vmtp_engine *e, const struct slot *s, vmtp_time now);
static inline void veng_pace_came(struct vmtp_engine *e, const struct slot *s, vmtp_time now) {
    if (e->pace_used && !s->missed)
        veng_pace_arrived(e, s, now);
}

/* ---- transmit.c, control.c ---- */
void veng_packet_give(struct vmtp_engine *e, struct sender *s, struct vmtp_tx *tx, vmtp_time now);
int veng_send_is_single(const struct vmtp_engine *e, const struct sender *s, uint32_t blocks); /* they fit into one packet */
int veng_send_has_more(const struct sender *s);
void veng_trailer_write(struct vmtp_engine *e, struct vmtp_tx *tx, uint32_t data_octets);
struct control *veng_control_new(struct vmtp_engine *e); /* NULL: full, counted */
void veng_control_send(struct vmtp_engine *e, struct control *c);
int veng_control_output(struct vmtp_engine *e, struct vmtp_tx *tx);
void veng_control_result(struct vmtp_engine *e, uint32_t index, enum vmtp_tx_outcome outcome);

#endif

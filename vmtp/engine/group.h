/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group.h - entity groups as a node knows them (spec/vmtp.md sections 13.1 and 13.2).
 *
 * Nobody has the list of a group's members: each node knows those of its own entities, and what rights in a group it has recorded
 * of whom.
 */
#ifndef VMTP_ENGINE_GROUP_H
#define VMTP_ENGINE_GROUP_H

#include <vmtp/engine.h>

struct arrival;
struct call;
struct host;
struct entity;
struct request;
struct remote;
struct slot;

/* An entity of this node in a group, or the rights of somebody who is no member. */
struct membership {
    uint32_t next_free;
    uint32_t hash_next; /* of the same hash, in the order they came */
    vmtp_entity group;
    vmtp_entity entity;
    uint32_t permissions;
    uint8_t member;    /* 0: rights only */
    uint8_t granted;   /* rights by our own program: kept when the last member goes */
    uint32_t listener; /* of members */
    vmtp_handle owed;  /* a call of this node that it could not take yet, or 0 */
};

/* An Ethernet address of groups, counted. */
struct listener {
    uint32_t next_free;
    uint32_t joins;
    uint8_t mac[6];
    uint8_t told; /* the program was last told to listen */
    uint8_t live;
    struct event_node event;
};

/* What the members of this node have to say about a packet. */
struct group_answer {
    uint32_t code, delivery;
    uint8_t rank; /* 0: nothing */
};

/* ---- group.c ---- */
int veng_group_valid(vmtp_entity group); /* one that programs and procedures may speak of */
/* The first or next record of a group, NULL at the end. */
struct membership *veng_group_first(const struct vmtp_engine *e, vmtp_entity group);
struct membership *veng_group_next(const struct vmtp_engine *e, const struct membership *m);
struct membership *veng_group_record(const struct vmtp_engine *e, vmtp_entity group, vmtp_entity entity);
/* The same, but members only. */
struct membership *veng_group_member(const struct vmtp_engine *e, vmtp_entity group, vmtp_entity entity);
int veng_group_is_here(const struct vmtp_engine *e, vmtp_entity group); /* has members */
int veng_group_new_id(struct vmtp_engine *e, vmtp_entity *group, int unrestricted);
int veng_group_join(struct vmtp_engine *e, vmtp_entity group, vmtp_entity entity, uint32_t permissions);
int veng_group_grant(struct vmtp_engine *e, vmtp_entity group, vmtp_entity whom, uint32_t permissions, int ours);
void veng_group_part(struct vmtp_engine *e, struct membership *m);
void veng_group_entity_gone(struct vmtp_engine *e, vmtp_entity entity);
void veng_listener_told(struct vmtp_engine *e, struct vmtp_event *ev, struct listener *l);

/* ---- group_manager.c ---- */
/* CreateGroup, AddToGroup, RemoveFromGroup: the response code; words: of the Response. */
uint32_t veng_group_manage(struct vmtp_engine *e, const struct arrival *a, uint32_t words[7]);
int veng_group_procedure(uint32_t code); /* is it one of these three? */
int veng_group_query(struct vmtp_engine *e, const struct arrival *a, uint8_t *header, uint8_t *data);

/* ---- group_reply.c ---- */
int veng_group_delays(const struct request *q, const struct remote *r);
void veng_group_delay(struct vmtp_engine *e, struct request *q,
                      vmtp_time now); /* its Response: it is queued after a while */
void veng_group_delay_over(struct vmtp_engine *e, struct request *q);
int veng_group_reply_check(const struct vmtp_engine *e, const struct request *q, const struct vmtp_reply *reply);
void veng_group_reply(struct vmtp_engine *e, struct request *q, const struct vmtp_reply *reply, vmtp_time now);
void veng_group_reply_copy(struct vmtp_engine *e, struct request *q); /* the Client's own has been sent */
void veng_group_reply_local(struct vmtp_engine *e, struct request *q, const struct vmtp_reply *reply, vmtp_time now);
int veng_group_response(struct vmtp_engine *e, const struct arrival *a); /* 1: members here were given it */
vmtp_handle veng_group_response_handle(const struct vmtp_engine *e, const struct request *response);

/* ---- reliable.c ---- */
int veng_reliable_valid(const struct vmtp_request *r);
int veng_reliable_has_room(const struct vmtp_engine *e, const struct call *c, vmtp_entity id); /* for a Response of id */
void veng_reliable_answered(struct vmtp_engine *e, struct call *c, vmtp_entity id, vmtp_time now);
int veng_reliable_next(struct vmtp_engine *e, struct call *c,
                       vmtp_time now); /* 1: another of those that are missing is asked */
void veng_reliable_timeout(struct vmtp_engine *e, struct call *c, vmtp_time now);
void veng_reliable_told(struct vmtp_engine *e, struct call *c, const uint8_t mac[6], uint32_t code);

/* ---- multicast.c ---- */
int veng_group_arrived(struct vmtp_engine *e, struct arrival *a);
void veng_group_tell(struct group_answer *t, uint32_t delivery, uint32_t code);
int veng_group_came_again(const struct arrival *a); /* a multicast retransmission that asks for acknowledgment */
void veng_group_local_gone(struct vmtp_engine *e, struct call *c, vmtp_time now);
int veng_group_begin(struct vmtp_engine *e, struct call *c, vmtp_time now); /* 1: no frame is to be sent */
void veng_group_offer_again(struct vmtp_engine *e, struct call *c);
void veng_group_local_retry(struct vmtp_engine *e, struct call *c, vmtp_time now);
int veng_group_local_reply(struct vmtp_engine *e, struct call *c, struct request *q, const struct vmtp_reply *reply,
                           vmtp_time now);
void veng_group_abandon(struct vmtp_engine *e, struct call *c, vmtp_time now);
uint32_t veng_group_control(const struct vmtp_engine *e, const struct call *c);
void veng_group_sent(struct vmtp_engine *e, struct call *c);
/* The Request, or blocks of it, to one node: without MPG. */
void veng_group_send_to(struct vmtp_engine *e, struct call *c, const uint8_t mac[6], uint32_t blocks, int ask,
                        vmtp_time now);
void veng_group_told(struct vmtp_engine *e, struct call *c, const struct arrival *a, uint32_t code, uint32_t delivery);
void veng_group_sample(struct vmtp_engine *e, struct call *c, const struct host *member);
/* An idempotent Response lacks blocks: its member does it again.  0: often enough. */
int veng_group_redo(struct vmtp_engine *e, struct call *c, struct slot *s, vmtp_time now);
int veng_group_waits(struct vmtp_engine *e, struct call *c, vmtp_time now);

#endif

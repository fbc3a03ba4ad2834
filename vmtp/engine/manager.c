/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * manager.c - the VMTP manager and its procedures (RFC 1045 Appendix III; spec/vmtp.md section 10).
 *
 * Procedures that may be repeated are answered on the spot and leave no record.  Those that create, delete, add or remove are executed at
 * most once: their Responses are remembered like those of any server.
 */
#include "internal.h"

int veng_manager_addressed(const struct vmtp_engine *e, vmtp_entity server) {
    return server == VMTP_MANAGER_GROUP || (e->block && server == entity_at(e, e->manager)->id);
}

/* Is this the manager that the CoResidentEntity of a Request means?  ProbeEntityBlock has a block there. */
int veng_manager_coresident(const struct vmtp_engine *e, const uint8_t *h, int multicast) {
    uint32_t code = vmtp_get_code(h);
    vmtp_entity near_one = vmtp_get_coresident(h);
    if (!(code & VMTP_CRE))
        return 1;
    if (CODE24(code) == CODE24(VMTP_PROBE_ENTITY_BLOCK))
        return veng_block_held(e, near_one);
    if (near_one == 0)
        return !multicast;
    return veng_entity_is_here(e, near_one);
}

/* ---- answers ---- */

static int answer_code(uint8_t *header, uint32_t code) {
    vmtp_put_code(header, code | VMTP_DGM);
    return 0;
}

/* The current transaction while there is one, or after a datagram, which nobody can call finished; else the next. */
static uint32_t told_transaction(const struct vmtp_engine *e, const struct entity *n) {
    if (n->call != NONE)
        return vmtp_get_transaction(call_at(e, n->call)->tx.header);
    return n->datagram || n->resume ? n->transaction : n->transaction + 1;
}

static int probe_entity(struct vmtp_engine *e, const struct arrival *a, uint8_t *header) {
    const struct entity *n = veng_entity_find(e, vmtp_load64(a->h + 44));
    uint32_t domain = vmtp_load32(a->h + 52);
    if (!n)
        return answer_code(header, veng_gone(e, vmtp_load64(a->h + 44), a->now) ? VMTP_ENTITY_MIGRATED
                                                                                : VMTP_NONEXISTENT_ENTITY);
    if (domain > 1)
        return answer_code(header, VMTP_NO_PRINCIPAL);
    COUNT(e, PROBES_ANSWERED);
    vmtp_store32(header + 36, told_transaction(e, n));
    vmtp_store64(header + 40, n->process);
    vmtp_store64(header + 48, n->principal);
    vmtp_store64(header + 56, n->effective_principal);
    return answer_code(header, VMTP_OK);
}

static int probe_block(struct vmtp_engine *e, const struct arrival *a, uint8_t *header) {
    vmtp_entity id = vmtp_load64(a->h + 36);
    if (!veng_block_held(e, id))
        return answer_code(header, VMTP_NONEXISTENT_ENTITY);
    vmtp_store64(header + 36, id);
    return answer_code(header, VMTP_OK);
}

static int request_forwarder(struct vmtp_engine *e, const struct arrival *a, uint8_t *header) {
    vmtp_entity id = veng_forward_forwarder_of(e, vmtp_load64(a->h + 44));
    const struct entity *n = veng_entity_find(e, id);
    if (!id)
        return answer_code(header, VMTP_NONEXISTENT_ENTITY);
    vmtp_store64(header + 36, id);
    vmtp_store64(header + 44, n ? n->principal : 0);
    vmtp_store32(header + 52, 1);
    return answer_code(header, VMTP_OK);
}

static int query_node(struct vmtp_engine *e, uint8_t *header, uint8_t *data) {
    vmtp_store32(header + 36, e->config.mtu);
    vmtp_store32(header + 40, e->config.no_streams ? 0 : 3); /* handles and issues streams; no security */
    vmtp_store32(header + 44, 1);                            /* primary authentication domain */
    vmtp_store32(header + 48, 1);                            /* entity domains */
    vmtp_store32(header + 52, 1);                            /* authentication domains */
    vmtp_store32(data, e->config.domain);
    vmtp_store32(data + 4, 1);
    answer_code(header, VMTP_OK | VMTP_SDA);
    return 8;
}

static uint32_t requests_in_hand(const struct vmtp_engine *e, vmtp_entity id) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < e->requests.count; i++)
        n += request_at(e, i)->state == REQUEST_PROCESSING && request_at(e, i)->entity == id;
    return n;
}

static int query_entity(struct vmtp_engine *e, const struct arrival *a, uint8_t *header, uint8_t *data) {
    const struct entity *n = veng_entity_find(e, vmtp_load64(a->h + 36));
    if (!n)
        return answer_code(header, VMTP_NONEXISTENT_ENTITY);
    vmtp_store64(data, n->id);
    vmtp_store32(data + 8, n->flags);
    vmtp_store32(data + 12, told_transaction(e, n));
    vmtp_store64(data + 16, n->process);
    vmtp_store64(data + 24, n->principal);
    vmtp_store64(data + 32, n->effective_principal);
    vmtp_store32(data + 40, veng_service_room(e, n));
    vmtp_store32(data + 44, requests_in_hand(e, n->id));
    vmtp_store32(data + 48, n->call != NONE);
    vmtp_store32(data + 52, 0);
    answer_code(header, VMTP_OK | VMTP_SDA);
    return 56;
}

/* ---- procedures that are executed once ---- */

static uint32_t create_entity(struct vmtp_engine *e, uint32_t words[7], vmtp_time now) {
    vmtp_entity id;
    uint32_t index;
    if (e->entities.free == NONE || veng_entity_next_id(e, &id) != 0 ||
        veng_entity_make(e, &index, id, ROLE_REMOTE, now) != 0)
        return VMTP_BUSY;
    vmtp_words_put64(words, id);
    veng_event_post(e, &entity_at(e, index)->event, VMTP_EV_ENTITY_CREATED, KIND_ENTITY);
    return VMTP_OK;
}

static uint32_t delete_entity(struct vmtp_engine *e, vmtp_entity id, vmtp_time now) {
    struct entity *n = veng_entity_find(e, id);
    if (!n)
        return VMTP_NONEXISTENT_ENTITY;
    if (n->role != ROLE_REMOTE) /* it belongs to the application */
        return VMTP_NO_PERMISSION;
    veng_entity_remove(e, n, now);
    return VMTP_OK;
}

static uint32_t execute(struct vmtp_engine *e, const struct arrival *a, uint32_t words[7]) {
    if (veng_group_procedure(CODE24(a->code)))
        return veng_group_manage(e, a, words);
    if (veng_service_procedure(CODE24(a->code)))
        return veng_service_manage(e, a, words);
    if (!e->config.remote_management) /* whoever asks: others can have a service of this host ask for them */
        return VMTP_NO_PERMISSION;
    if (CODE24(a->code) == CODE24(VMTP_CREATE_ENTITY))
        return create_entity(e, words, a->now);
    return delete_entity(e, vmtp_load64(a->h + 36), a->now);
}

static int manage(struct vmtp_engine *e, const struct arrival *a, uint8_t *header) {
    uint32_t words[7] = {0}, code = execute(e, a, words);
    vmtp_store32(header + 36, words[0]);
    vmtp_store32(header + 40, words[1]);
    vmtp_put_code(header, code);
    return 0;
}

/* ---- answering ---- */

static void begin_answer(const struct vmtp_engine *e, const struct arrival *a, uint8_t *header) {
    memset(header, 0, VMTP_HEADER_OCTETS);
    vmtp_put_client(header, a->client);
    vmtp_put_length_word(header, e->config.domain, 0, 0);
    vmtp_put_control(header, vmtp_control(0, vmtp_get_retransmit_count(a->h), vmtp_get_forward_count(a->h), 0,
                                          vmtp_get_priority(a->h), VMTP_RESPONSE));
    vmtp_put_transaction(header, a->transaction);
    vmtp_put_server(header, entity_at(e, e->manager)->id);
}

int veng_manager_answer(struct vmtp_engine *e, struct arrival *a, uint8_t *header, uint8_t *data) {
    int octets;
    begin_answer(e, a, header);
    switch (CODE24(a->code)) {
    case CODE24(VMTP_PROBE_ENTITY): octets = probe_entity(e, a, header); break;
    case CODE24(VMTP_AUTH_PROBE_ENTITY): /* of whoever is here, the same: nobody has an authenticator */
        octets = answer_code(header, veng_entity_find(e, vmtp_load64(a->h + 44)) ? VMTP_SECURITY_NOT_SUPPORTED
                                                                                 : VMTP_NONEXISTENT_ENTITY);
        break;
    case CODE24(VMTP_PROBE_ENTITY_BLOCK): octets = probe_block(e, a, header); break;
    case CODE24(VMTP_GET_REQUEST_FORWARDER): octets = request_forwarder(e, a, header); break;
    case CODE24(VMTP_QUERY_VMTP_NODE): octets = query_node(e, header, data); break;
    case CODE24(VMTP_QUERY_ENTITY): octets = query_entity(e, a, header, data); break;
    case CODE24(VMTP_QUERY_GROUP):
        octets = veng_group_query(e, a, header, data);
        if (octets < 0)
            octets = answer_code(header, VMTP_NONEXISTENT_ENTITY);
        break;
    case CODE24(VMTP_CREATE_GROUP):
    case CODE24(VMTP_ADD_TO_GROUP):
    case CODE24(VMTP_REMOVE_FROM_GROUP):
    case CODE24(VMTP_SIGNAL_ENTITY):
    case CODE24(VMTP_MODIFY_SERVICE):
    case CODE24(VMTP_CREATE_ENTITY):
    case CODE24(VMTP_DELETE_ENTITY): /* of a client here; from elsewhere once() does it */
        octets = a->multicast ? -1 : manage(e, a, header);
        break;
    default: octets = answer_code(header, VMTP_ERROR); break;
    }
    if (e->shared && CODE24(vmtp_get_code(header)) == VMTP_NONEXISTENT_ENTITY && !(a->rx->flags & VMTP_RX_LOCAL))
        return -1;
    if (a->multicast && CODE24(vmtp_get_code(header)) != VMTP_OK) /* silence, not an echo from every node */
        return -1;
    if (octets > 0)
        vmtp_put_segment_size(header, (uint32_t)octets);
    return octets;
}

static void remember(struct vmtp_engine *e, struct remote *r, const struct arrival *a) {
    memset(r->words, 0, sizeof r->words);
    r->transaction = a->transaction;
    r->forward = (uint8_t)vmtp_get_forward_count(a->h);
    r->priority = (uint8_t)vmtp_get_priority(a->h);
    r->retransmit = (uint8_t)vmtp_get_retransmit_count(a->h);
    memcpy(r->mac, a->rx->src, 6);
    veng_remote_hold(e, r, REMOTE_RESPONDED, a->now);
}

static int once(struct vmtp_engine *e, struct arrival *a) {
    vmtp_entity manager = entity_at(e, e->manager)->id;
    struct remote *r = veng_remote_find(e, a->client, manager);
    if (veng_request_left_behind(e, a))
        return DROP(e, DROP_OLD_TRANSACTION);
    if (r && r->transaction == a->transaction) {
        r->retransmit = (uint8_t)vmtp_get_retransmit_count(a->h);
        if (!(a->code & VMTP_DGM))
            veng_reply_resend(e, r, NONE, 0, a->now);
        return DROP(e, DROP_DUPLICATE);
    }
    veng_request_supersede(e, a);
    if (!r)
        r = veng_remote_make(e, a->client, manager);
    if (!r) {
        COUNT(e, BUSY_SENT);
        veng_notify_client(e, a, 0, VMTP_BUSY);
        return DROP(e, DROP_NO_RECORD);
    }
    remember(e, r, a);
    r->code = execute(e, a, r->words);
    if (!(a->code & VMTP_DGM))
        veng_reply_again(e, r); /* if there is no room now, the client asks again */
    return 0;
}

/* ---- arrival ---- */

static int answer(struct vmtp_engine *e, struct arrival *a) {
    struct control *c = veng_control_new(e);
    if (!c)
        return (int)VMTP_COUNT_DROP_CONTROL_FULL;
    int octets = veng_manager_answer(e, a, c->header, c->data);
    if (octets < 0 || (a->code & VMTP_DGM)) {
        veng_pool_give(&e->controls, c);
        return DROP(e, DROP_MANAGEMENT);
    }
    c->data_octets = (uint8_t)octets;
    memcpy(c->mac, a->rx->src, 6);
    veng_control_send(e, c);
    return 0;
}

/* It may be a block that we are asking for ourselves: we have said that it is taken, and leave it too. */
static int answer_block(struct vmtp_engine *e, struct arrival *a) {
    int result = answer(e, a);
    veng_allocate_rival(e, a);
    return result;
}

static int not_here(struct vmtp_engine *e, struct arrival *a) {
    int gone = veng_gone(e, vmtp_get_coresident(a->h), a->now);
    if (gone && a->notify && !a->multicast)
        return veng_server_gone(e, a);
    if (!a->multicast)
        veng_notify_client(e, a, 0, gone ? VMTP_ENTITY_MIGRATED : VMTP_NONEXISTENT_ENTITY);
    return DROP(e, DROP_NOT_CORESIDENT);
}

int veng_manager_arrived(struct vmtp_engine *e, struct arrival *a) {
    uint32_t code = CODE24(a->code);
    if (!e->block) {
        if (code == CODE24(VMTP_PROBE_ENTITY_BLOCK))
            veng_allocate_rival(e, a);
        return DROP(e, DROP_MANAGEMENT);
    }
    int once_only = code == CODE24(VMTP_CREATE_ENTITY) || code == CODE24(VMTP_DELETE_ENTITY) ||
                    veng_group_procedure(code) || veng_service_procedure(code);
    if ((once_only || a->notify) && is_default_client(a->client)) /* nobody in particular: there is nobody to remember */
        return DROP(e, DROP_CLIENT_ID);
    if (!veng_manager_coresident(e, a->h, a->multicast))
        return not_here(e, a);
    if (veng_request_from_ourselves(e, a))
        return DROP(e, DROP_OWN);
    if (!a->notify && vmtp_get_forward_count(a->h) > 0) { /* its Client is not where it comes from */
        veng_notify_client(e, a, 0, VMTP_ERROR);
        return DROP(e, DROP_MANAGEMENT);
    }
    int streamed = a->notify ? 0 : veng_request_streamed(e, a);
    if (streamed)
        return streamed;
    if (once_only)
        return a->multicast ? DROP(e, DROP_MANAGEMENT) : once(e, a);
    switch (code) {
    case CODE24(VMTP_NOTIFY_VMTP_CLIENT):
    case CODE24(VMTP_NOTIFY_REMOTE_VMTP_CLIENT): return veng_call_notified(e, a);
    case CODE24(VMTP_NOTIFY_VMTP_SERVER): return veng_server_notified(e, a);
    case CODE24(VMTP_PROBE_ENTITY_BLOCK): return answer_block(e, a);
    default: return answer(e, a);
    }
}

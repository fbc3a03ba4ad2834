/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which packets belong together.  A transaction is known by its Client and Transaction number, not by Ethernet addresses, but for the
 * default clients, which all nodes without an identifier share.
 */
#include "vmtp.h"

#define IDLE_SECONDS 10  /* after that a first transmission of the same number is another transaction */
#define GROUP_PATIENCE 1 /* seconds in which a packet that differs contradicts its incomplete packet group */

struct call_key {
    uint64_t client, station;
    uint32_t transaction;
};

static wmem_map_t *calls;   /* call_key to the last vmtp_call of that name */
static wmem_map_t *clients; /* entity to vmtp_client */
static uint32_t call_count;

static unsigned hash_key(const void *key) {
    const struct call_key *k = key;
    uint64_t h = (k->client ^ k->station * 3) * UINT64_C(0x9E3779B97F4A7C15) + k->transaction;
    return (unsigned)(h ^ h >> 32);
}

static gboolean same_key(const void *one, const void *other) {
    const struct call_key *a = one, *b = other;
    return a->client == b->client && a->transaction == b->transaction && a->station == b->station;
}

static uint64_t mac_number(const address *a) {
    const uint8_t *mac = a->data;
    uint64_t number = 0;
    for (int i = 0; a->type == AT_ETHER && mac && i < 6; i++)
        number = number << 8 | mac[i];
    return number;
}

static bool is_default_client(uint64_t client) {
    return client == VMTP_DEFAULT_BE_CLIENT || client == VMTP_DEFAULT_LE_CLIENT;
}

/* The station that a default client stands for; 0 for all others. */
static uint64_t station_of(const struct vmtp_packet *p, packet_info *pinfo) {
    if (!is_default_client(p->client))
        return 0;
    return mac_number(PACKET_RESPONSE(p) ? &pinfo->dl_dst : &pinfo->dl_src);
}

struct vmtp_call *track_find(uint64_t client, uint32_t transaction, uint64_t station) {
    struct call_key key = {client, station, transaction};
    return wmem_map_lookup(calls, &key);
}

bool code_is_notify(uint32_t code) {
    return code == VMTP_NOTIFY_VMTP_CLIENT || code == VMTP_NOTIFY_VMTP_SERVER || code == VMTP_NOTIFY_REMOTE_VMTP_CLIENT;
}

/* ---- new things ---------------------------------------------------------------------------------------------------- */

static struct vmtp_client *client_of(uint64_t entity) {
    struct vmtp_client *c = wmem_map_lookup(clients, &entity);
    if (c)
        return c;
    c = wmem_new0(wmem_file_scope(), struct vmtp_client);
    c->entity = entity;
    c->number = wmem_map_size(clients);
    wmem_map_insert(clients, &c->entity, c);
    return c;
}

static struct vmtp_call *new_call(const struct vmtp_packet *p, uint32_t transaction, packet_info *pinfo) {
    struct call_key *key = wmem_new(wmem_file_scope(), struct call_key);
    struct vmtp_call *call = wmem_new0(wmem_file_scope(), struct vmtp_call);
    *key = (struct call_key){p->client, station_of(p, pinfo), transaction};
    call->client = p->client;
    call->server = p->server;
    call->transaction = transaction;
    call->number = ++call_count;
    call->owner = client_of(p->client);
    wmem_map_insert(calls, key, call);
    return call;
}

static struct vmtp_hop *hop_of(struct vmtp_call *call, const struct vmtp_packet *p, packet_info *pinfo) {
    struct vmtp_hop **at = &call->hops;
    while (*at && (*at)->forward != PACKET_FORWARD(p))
        at = &(*at)->next;
    if (!*at) {
        *at = wmem_new0(wmem_file_scope(), struct vmtp_hop);
        (*at)->forward = PACKET_FORWARD(p);
        (*at)->frame = pinfo->num;
        (*at)->server = p->server;
        (*at)->code = PACKET_CODE(p);
    }
    return *at;
}

static struct vmtp_answer *answer_of(struct vmtp_call *call, const struct vmtp_packet *p, packet_info *pinfo) {
    for (struct vmtp_answer *a = call->answers; a; a = a->next)
        if (a->server == p->server)
            return a;
    struct vmtp_answer *a = wmem_new0(wmem_file_scope(), struct vmtp_answer);
    a->server = p->server;
    a->frame = pinfo->num;
    a->time = pinfo->abs_ts;
    a->code = PACKET_CODE(p);
    a->forward = PACKET_FORWARD(p);
    a->pgcount = PACKET_PGCOUNT(p);
    a->group = wmem_new0(wmem_file_scope(), struct vmtp_group);
    if (call->last_answer)
        call->last_answer->next = a;
    else
        call->answers = a;
    call->last_answer = a;
    call->answer_count++;
    return a;
}

/* ---- Requests -------------------------------------------------------------------------------------------------------- */

static double seconds_between(const nstime_t *from, const nstime_t *to) {
    nstime_t delta;
    nstime_delta(&delta, to, from);
    return nstime_to_sec(&delta);
}

/* MsgDelivery of a Request without segment may name other blocks each time (section 13.7). */
static bool same_message(const struct vmtp_call *call, const struct vmtp_packet *p) {
    bool chooses = (p->code & VMTP_MDM) && !(p->code & VMTP_SDA);
    for (int i = 0; i < VMTP_WORDS; i++)
        if (call->words[i] != p->words[i] && !(chooses && i == 5))
            return false;
    return call->server == p->server && call->code == p->code;
}

static bool is_new(const struct vmtp_call *call, const struct vmtp_packet *p, packet_info *pinfo, bool *alien) {
    *alien = false;
    if (!call)
        return true;
    if (call->frame == 0)
        return PACKET_FORWARD(p) == 0;
    if (PACKET_FORWARD(p) > 0)
        return false;
    double idle = seconds_between(&call->last_time, &pinfo->abs_ts);
    if (same_message(call, p))
        return PACKET_RETRANSMIT(p) == 0 && idle > IDLE_SECONDS;
    bool collecting = call->hops && call->hops->group.done_frame == 0 && idle < GROUP_PATIENCE;
    *alien = PACKET_RETRANSMIT(p) != 0 || collecting;
    return !*alien;
}

/* Where in its run a Request stands, and what the Client did before. */
static void place_in_run(struct vmtp_call *call, const struct vmtp_packet *p) {
    struct vmtp_call *before = NULL;
    if (p->control & VMTP_NSR) {
        before = track_find(p->client, p->transaction - 1, 0);
        if (!before)
            before = track_find(p->client, p->transaction - 256, 0);
        if (!before || before->run_position == 0)
            return;
        call->run_frame = before->run_frame;
        call->run_position = before->run_position + 1;
    } else if (PACKET_IN_RUN(p)) {
        call->run_frame = call->frame;
        call->run_position = 1;
    }
}

static struct vmtp_call *begin_call(const struct vmtp_packet *p, packet_info *pinfo) {
    struct vmtp_call *call = new_call(p, p->transaction, pinfo), *newest = call->owner->newest;
    call->code = p->code;
    memcpy(call->words, p->words, sizeof call->words);
    call->frame = pinfo->num;
    call->time = pinfo->abs_ts;
    call->multicast = p->to_group;
    place_in_run(call, p);
    for (struct vmtp_call *old = newest; old && !(p->control & VMTP_NSR) && !old->next_frame; old = NULL)
        old->next_frame = call->frame;
    call->owner->newest = call;
    return call;
}

static void track_request(const struct vmtp_packet *p, packet_info *pinfo, struct vmtp_seen *seen) {
    struct vmtp_call *call = track_find(p->client, p->transaction, station_of(p, pinfo));
    bool alien;
    if (is_new(call, p, pinfo, &alien))
        call = begin_call(p, pinfo);
    seen->call = call;
    call->last_frame = pinfo->num;
    call->last_time = pinfo->abs_ts;
    if (alien) {
        seen->verdict = VERDICT_ALIEN;
        return;
    }
    seen->hop = hop_of(call, p, pinfo);
    seen->group = &seen->hop->group;
    if (PACKET_FORWARD(p) == 0) {
        call->sent[PACKET_RETRANSMIT(p)] = pinfo->abs_ts;
        call->sent_mask |= (uint8_t)(1 << PACKET_RETRANSMIT(p));
    }
    seen->verdict = collect(seen->group, p, pinfo, seen);
    seen->hop->message = seen->group->message;
    if (seen->group->message)
        seen->group->message->call = call;
}

/* ---- Responses -------------------------------------------------------------------------------------------------------- */

/* A Response of several groups goes on behind the Transaction of its Request, into those that STI left for it. */
static struct vmtp_call *answered_call(const struct vmtp_packet *p, packet_info *pinfo) {
    struct vmtp_call *call = track_find(p->client, p->transaction, station_of(p, pinfo));
    if (call || !(p->control & VMTP_NSR) || packet_segment_size(p) <= VMTP_GROUP_OCTETS)
        return call;
    struct vmtp_message *m = client_of(p->client)->messages[1];
    if (m && p->transaction - m->first_transaction < m->count && m->size == packet_segment_size(p))
        return m->call;
    uint32_t count = (packet_segment_size(p) - 1) / VMTP_GROUP_OCTETS;
    for (uint32_t back = 1; back <= count && back < 256; back++)
        if ((call = track_find(p->client, p->transaction - back, 0)) != NULL)
            return call;
    return NULL;
}

/* A Response stands for Requests before its own (VMTP-13.3-12). */
static void cover(const struct vmtp_packet *p, packet_info *pinfo, struct vmtp_seen *seen) {
    if (PACKET_PGCOUNT(p) == 0)
        return;
    seen->covered = wmem_alloc_array(wmem_file_scope(), uint32_t, PACKET_PGCOUNT(p));
    for (uint32_t back = PACKET_PGCOUNT(p); back > 0; back--) {
        struct vmtp_call *call = track_find(p->client, p->transaction - back, 0);
        if (!call || !call->frame)
            continue;
        seen->covered[seen->covers++] = call->frame;
        if (call->answer_count == 0 && call->covered_frame == 0)
            call->covered_frame = pinfo->num;
    }
}

static void judge_answer(struct vmtp_call *call, struct vmtp_seen *seen) {
    bool several = (call->code & VMTP_MRD) && (call->server & VMTP_ID_GRP);
    if (call->frame == 0)
        return;
    if (call->next_frame && !call->run_position) {
        seen->late = true;
        seen->late_frame = call->next_frame;
    } else if (call->ended_frame) {
        seen->late = true;
        seen->late_frame = call->ended_frame;
    } else if (!several && call->answer_count > 1) {
        seen->extra = true;
    }
}

/* Which group of a Response a packet is of: of a message of several the one with its Transaction. */
static struct vmtp_group *response_group(struct vmtp_answer *a, const struct vmtp_packet *p) {
    struct vmtp_message *m = a->message;
    uint32_t index = m ? p->transaction - m->first_transaction : 0;
    if (m && index < m->count && m->groups[index])
        return m->groups[index];
    /* What is done again may have another size. */
    bool other = a->group->packets && !m && a->group->size != packet_group_size(p);
    if (other || (m && index))
        return m ? wmem_new0(wmem_file_scope(), struct vmtp_group)
                 : (a->group = wmem_new0(wmem_file_scope(), struct vmtp_group));
    return a->group;
}

static void track_response(const struct vmtp_packet *p, packet_info *pinfo, struct vmtp_seen *seen) {
    struct vmtp_call *call = answered_call(p, pinfo);
    if (!call)
        call = new_call(p, p->transaction, pinfo);
    seen->call = call;
    call->last_frame = pinfo->num;
    call->last_time = pinfo->abs_ts;
    uint32_t before = call->answer_count;
    seen->answer = answer_of(call, p, pinfo);
    seen->group = response_group(seen->answer, p);
    seen->verdict = collect(seen->group, p, pinfo, seen);
    if (seen->group->message) {
        seen->answer->message = seen->group->message;
        seen->group->message->answer = seen->answer;
        seen->group->message->call = call;
    }
    cover(p, pinfo, seen);
    if (call->answer_count > before)
        judge_answer(call, seen);
    seen->since_known = call->sent_mask >> PACKET_RETRANSMIT(p) & 1;
    if (seen->since_known)
        nstime_delta(&seen->since, &pinfo->abs_ts, &call->sent[PACKET_RETRANSMIT(p)]);
}

/* ---- all packets -------------------------------------------------------------------------------------------------------- */

struct vmtp_seen *track_packet(const struct vmtp_packet *p, packet_info *pinfo) {
    struct vmtp_seen *seen = p_get_proto_data(wmem_file_scope(), pinfo, proto_vmtp, pinfo->curr_layer_num);
    if (seen || pinfo->fd->visited || !p->sound)
        return seen;
    seen = wmem_new0(wmem_file_scope(), struct vmtp_seen);
    p_add_proto_data(wmem_file_scope(), pinfo, proto_vmtp, pinfo->curr_layer_num, seen);
    if (PACKET_RESPONSE(p))
        track_response(p, pinfo, seen);
    else
        track_request(p, pinfo, seen);
    if (!PACKET_RESPONSE(p) && code_is_notify(PACKET_CODE(p)))
        notify_track(p, pinfo, seen);
    return seen;
}

uint32_t track_clients(void) { return wmem_map_size(clients); }

static void forget(void) { call_count = 0; }

void track_register(void) {
    calls = wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), hash_key, same_key);
    clients = wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), wmem_int64_hash, g_int64_equal);
    register_cleanup_routine(forget);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which packets belong together.  A transaction is known by its Client and Transaction number, not by Ethernet addresses, but for the
 * default clients, which all nodes without an identifier share.
 */
#include "vmtp.h"

#define PART_LIMIT 256   /* packet groups of one Response, as many as the largest has */
#define OLDER_LIMIT 8    /* transactions of one number that are told from each other */
#define IDLE_SECONDS 10  /* after that a first transmission of the same number is another transaction */
#define GROUP_PATIENCE 1 /* seconds in which a packet that differs contradicts its incomplete packet group */

struct call_key {
    uint64_t client, station;
    uint32_t transaction;
};

struct answer_key {
    const struct vmtp_call *call;
    uint64_t server;
};

static wmem_map_t *calls;                /* call_key to the last vmtp_call of that name */
static wmem_map_t *answers;              /* answer_key to vmtp_answer */
static wmem_map_t *clients;              /* entity to vmtp_client */
static wmem_map_t *operations, *servers; /* RequestCode, entity to their rows in statistics, counted from 1 */
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

static unsigned hash_answer(const void *key) {
    const struct answer_key *k = key;
    uint64_t h = (k->server ^ (uintptr_t)k->call) * UINT64_C(0x9E3779B97F4A7C15);
    return (unsigned)(h ^ h >> 32);
}

static gboolean same_answer(const void *one, const void *other) {
    const struct answer_key *a = one, *b = other;
    return a->call == b->call && a->server == b->server;
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

struct vmtp_answer *track_answer(const struct vmtp_call *call, uint64_t server) {
    struct answer_key key = {call, server};
    return wmem_map_lookup(answers, &key);
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

static uint32_t row_of(wmem_map_t *rows, uint64_t what) {
    uint32_t row = GPOINTER_TO_UINT(wmem_map_lookup(rows, &what));
    if (row)
        return row - 1;
    uint64_t *key = wmem_new(wmem_file_scope(), uint64_t);
    *key = what;
    row = wmem_map_size(rows);
    wmem_map_insert(rows, key, GUINT_TO_POINTER(row + 1));
    return row;
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
    call->older = wmem_map_insert(calls, key, call);
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
    struct vmtp_answer *a = track_answer(call, p->server);
    if (a)
        return a;
    struct answer_key *key = wmem_new(wmem_file_scope(), struct answer_key);
    *key = (struct answer_key){call, p->server};
    a = wmem_new0(wmem_file_scope(), struct vmtp_answer);
    wmem_map_insert(answers, key, a);
    a->server = p->server;
    a->server_row = row_of(servers, p->server);
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

/* What was sent to another server, or with another Code, under the same number is sent again too (VMTP-8.1-02). */
static struct vmtp_call *older_call(struct vmtp_call *call, const struct vmtp_packet *p) {
    for (unsigned i = 0; call && i < OLDER_LIMIT; call = call->older, i++)
        if (call->frame && same_message(call, p))
            return call;
    return NULL;
}

/* The call that a Request is of; NULL: of a new one. */
static struct vmtp_call *requesting(const struct vmtp_packet *p, packet_info *pinfo, bool *alien) {
    struct vmtp_call *call = track_find(p->client, p->transaction, station_of(p, pinfo));
    *alien = false;
    if (!call || (call->frame == 0 && PACKET_FORWARD(p) == 0))
        return NULL;
    if (call->frame == 0 || PACKET_FORWARD(p) > 0)
        return call;
    struct vmtp_call *same = older_call(call, p);
    double idle = seconds_between(same ? &same->last_time : &call->last_time, &pinfo->abs_ts);
    if (same)
        return PACKET_RETRANSMIT(p) == 0 && idle > IDLE_SECONDS ? NULL : same;
    *alien = call->hops && call->hops->group.packets > 0 && call->hops->group.done_frame == 0 && idle < GROUP_PATIENCE;
    return *alien ? call : NULL;
}

/* Those of the run that came before what stands in front of them. */
static void place_behind(const struct vmtp_call *call) {
    struct vmtp_call *next;
    while ((next = track_find(call->client, call->transaction + 1, 0)) != NULL && next->waits) {
        next->waits = false;
        next->run_frame = call->run_frame;
        next->run_position = call->run_position + 1;
        call = next;
    }
}

/* Where in its run a Request stands, and what the Client did before. */
static void place_in_run(struct vmtp_call *call, const struct vmtp_packet *p) {
    struct vmtp_call *before = NULL;
    if (p->control & VMTP_NSR) {
        before = track_find(p->client, p->transaction - 1, 0);
        if (!before)
            before = track_find(p->client, p->transaction - 256, 0);
        call->waits = !before || before->run_position == 0;
        if (call->waits)
            return;
        call->run_frame = before->run_frame;
        call->run_position = before->run_position + 1;
    } else if (PACKET_IN_RUN(p)) {
        call->run_frame = call->frame;
        call->run_position = 1;
    } else {
        return;
    }
    place_behind(call);
}

static struct vmtp_call *begin_call(const struct vmtp_packet *p, packet_info *pinfo) {
    struct vmtp_call *call = new_call(p, p->transaction, pinfo), *newest = call->owner->newest;
    call->code = p->code;
    call->operation_row = row_of(operations, PACKET_CODE(p));
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
    bool alien;
    struct vmtp_call *call = requesting(p, pinfo, &alien);
    if (!call)
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
    struct vmtp_message *m = seen->group->message;
    if (m && (!m->call || seen->group->index + 1 == m->count))
        m->call = call;
}

/* ---- Responses -------------------------------------------------------------------------------------------------------- */

/* A Response of several groups goes on behind the Transaction of its Request, into those that STI left for it. */
static struct vmtp_call *answered_call(const struct vmtp_packet *p, packet_info *pinfo) {
    struct vmtp_call *call = track_find(p->client, p->transaction, station_of(p, pinfo)), *older = call;
    /* The same number was used with several servers, unless it was a group or another server to which it was forwarded. */
    bool others = call && call->frame && call->server != p->server && !call->multicast && PACKET_FORWARD(p) == 0;
    for (unsigned i = 0; others && older && i < OLDER_LIMIT; older = older->older, i++)
        if (older->frame && older->server == p->server)
            return older;
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

struct vmtp_group *track_part(const struct vmtp_answer *a, uint32_t transaction) {
    struct vmtp_group *part = a->parts;
    while (part && part->transaction != transaction)
        part = part->next_part;
    return part;
}

static struct vmtp_group *part_of(struct vmtp_answer *a, uint32_t transaction) {
    struct vmtp_group *part = track_part(a, transaction);
    if (part)
        return part;
    part = wmem_new0(wmem_file_scope(), struct vmtp_group);
    part->transaction = transaction;
    if (a->part_count < PART_LIMIT) {
        a->part_count++;
        part->next_part = a->parts;
        a->parts = part;
    }
    return part;
}

/* Which group of a Response a packet is of: of a message of several the one with its Transaction. */
static struct vmtp_group *response_group(struct vmtp_answer *a, const struct vmtp_packet *p) {
    if (packet_segment_size(p) > VMTP_GROUP_OCTETS)
        return part_of(a, p->transaction);
    /* What is done again may have another size. */
    if (a->group->packets && a->group->size != packet_group_size(p))
        a->group = wmem_new0(wmem_file_scope(), struct vmtp_group);
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
    answers = wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), hash_answer, same_answer);
    clients = wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), wmem_int64_hash, g_int64_equal);
    operations = wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), wmem_int64_hash, g_int64_equal);
    servers = wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), wmem_int64_hash, g_int64_equal);
    register_cleanup_routine(forget);
}

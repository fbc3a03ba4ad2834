/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Segments that come in several packets, and messages in several packet groups.  Blocks arrive in any order and more than once; of
 * each the first copy counts.  Octets are kept as they came until a group is whole, so that a header that promises a lot costs nothing.
 */
#include "vmtp.h"

static uint64_t mixed(uint64_t number, uint64_t more) {
    number = (number ^ more) * UINT64_C(0x9E3779B97F4A7C15);
    return number ^ number >> 29;
}

/* The same for frames that are the same: what the checksum covers need not be looked at. */
static uint64_t print_of(const struct vmtp_packet *p, packet_info *pinfo) {
    const uint8_t *from = pinfo->dl_src.data, *to = pinfo->dl_dst.data;
    uint64_t number = p->octets;
    for (int i = 0; pinfo->dl_src.type == AT_ETHER && pinfo->dl_dst.type == AT_ETHER && i < 6; i++)
        number = mixed(number, (uint64_t)from[i] << 8 | to[i]);
    for (int at = 0; at < VMTP_HEADER_OCTETS; at += 8)
        number = mixed(number, tvb_get_ntoh64(p->tvb, at));
    return p->whole ? mixed(number, tvb_get_ntohl(p->tvb, (int)p->octets - VMTP_CHECKSUM_OCTETS)) : number;
}

/* ---- one packet more ---------------------------------------------------------------------------------------------------- */

static struct vmtp_piece *add_piece(struct vmtp_group *g, const struct vmtp_packet *p, packet_info *pinfo) {
    struct vmtp_piece *piece = wmem_new0(wmem_file_scope(), struct vmtp_piece);
    piece->frame = pinfo->num;
    piece->mask = p->delivery;
    piece->retransmit = PACKET_RETRANSMIT(p);
    piece->print = print_of(p, pinfo);
    if (g->last)
        g->last->next = piece;
    else
        g->first = piece;
    g->last = piece;
    g->packets++;
    return piece;
}

/* The last packet that brought some of the same blocks, or of one without data the last of all. */
static const struct vmtp_piece *repeated(const struct vmtp_group *g, const struct vmtp_packet *p) {
    const struct vmtp_piece *found = NULL;
    uint32_t looked = 0;
    for (const struct vmtp_piece *q = g->first; q && looked < SEARCH_LIMIT; q = q->next, looked++)
        if (p->delivery ? (q->mask & p->delivery) != 0 : true)
            found = q;
    return found;
}

/* The same frame twice, or sent again?  What was asked for since is sent again; of Responses APG tells too. */
static bool is_copy(const struct vmtp_group *g, const struct vmtp_packet *p, packet_info *pinfo,
                    const struct vmtp_piece *earlier) {
    if (earlier->print != print_of(p, pinfo) || g->asked_frame > earlier->frame)
        return false;
    return !PACKET_RESPONSE(p) || !(p->control & VMTP_APG) || p->delivery != 0;
}

/* An idempotent Response that is made anew begins anew, but for one whose blocks were chosen (sections 7.4, 13.7). */
static bool begins_anew(const struct vmtp_group *g, const struct vmtp_packet *p) {
    uint32_t ahead = (PACKET_RETRANSMIT(p) - g->retransmit) & 7;
    return PACKET_RESPONSE(p) && (p->code & VMTP_DGM) && !(p->code & VMTP_MDM) && g->packets > 0 &&
           g->done_frame == 0 && ahead >= 1 && ahead <= 4;
}

/* ---- whole ---------------------------------------------------------------------------------------------------------------- */

static void put_blocks(uint8_t *segment, uint32_t size, const struct vmtp_piece *piece, uint32_t wanted) {
    const uint8_t *from = piece->octets;
    for (uint32_t i = 0; i < 32; i++) {
        uint32_t begin = i * VMTP_BLOCK_OCTETS;
        if (!(piece->mask >> i & 1) || begin >= size)
            continue;
        uint32_t octets = MIN(VMTP_BLOCK_OCTETS, size - begin);
        if (wanted >> i & 1)
            memcpy(segment + begin, from, octets);
        from += octets;
    }
}

static void assemble(struct vmtp_group *g) {
    g->segment = wmem_alloc0(wmem_file_scope(), MAX(g->size, 1));
    for (struct vmtp_piece *piece = g->first; piece; piece = piece->next)
        if (piece->octets) {
            put_blocks(g->segment, g->size, piece, piece->taken);
            wmem_free(wmem_file_scope(), piece->octets);
            piece->octets = NULL;
        }
}

static void assemble_message(struct vmtp_message *m) {
    m->segment = wmem_alloc0(wmem_file_scope(), m->size);
    for (uint32_t i = 0; i < m->count; i++) {
        struct vmtp_group *g = m->groups[i];
        memcpy(m->segment + (size_t)i * VMTP_GROUP_OCTETS, g->segment, g->size);
        wmem_free(wmem_file_scope(), g->segment);
        g->segment = NULL;
    }
}

static void take_blocks(struct vmtp_group *g, struct vmtp_piece *piece, const struct vmtp_packet *p) {
    uint32_t fresh = p->delivery & ~g->have;
    if (!fresh || !p->whole)
        return;
    piece->taken = fresh;
    g->have |= fresh;
    bool alone = g->packets == 1 && (g->have & g->expected) == g->expected && !g->part;
    if (!alone)
        piece->octets = tvb_memdup(wmem_file_scope(), p->tvb, VMTP_HEADER_OCTETS, blocks_octets(p->delivery, g->size));
}

static void start_over(struct vmtp_group *g) {
    for (struct vmtp_piece *piece = g->first; piece; piece = piece->next)
        if (piece->octets) {
            wmem_free(wmem_file_scope(), piece->octets);
            piece->octets = NULL;
        }
    g->have = 0;
}

static void complete(struct vmtp_group *g, packet_info *pinfo, struct vmtp_seen *seen) {
    g->done_frame = pinfo->num;
    seen->completes = true;
    if (g->packets > 1 || g->part)
        assemble(g);
    struct vmtp_message *m = g->message;
    if (m && ++m->whole == m->count) {
        m->done_frame = pinfo->num;
        seen->finishes = true;
        assemble_message(m);
    }
}

/* ---- messages of several groups ------------------------------------------------------------------------------------------ */

/* false: there is such a group already, or its flags contradict its place. */
static bool place(struct vmtp_message *m, uint32_t index, struct vmtp_group *g) {
    uint32_t wanted = MIN(VMTP_GROUP_OCTETS, m->size - index * VMTP_GROUP_OCTETS);
    if (m->groups[index] || g->size != wanted)
        return false;
    m->groups[index] = g;
    g->index = index;
    g->message = m;
    return true;
}

/* The group with this Transaction that was seen before anybody could tell where its message begins. */
static struct vmtp_group *waiting_group(const struct vmtp_packet *p, const struct vmtp_answer *answer,
                                        uint32_t transaction) {
    const struct vmtp_call *call = track_find(p->client, transaction, 0);
    const struct vmtp_answer *own = call && answer ? track_answer(call, p->server) : NULL;
    struct vmtp_group *g = answer ? track_part(answer, transaction) : call && call->hops ? &call->hops->group : NULL;
    if (!g && own)
        g = track_part(own, transaction);
    return g && g->part && g->packets > 0 && !g->message ? g : NULL;
}

/* Groups that came before, of a message that becomes known only now. */
static void adopt(struct vmtp_message *m, const struct vmtp_packet *p, const struct vmtp_answer *answer) {
    for (uint32_t i = 0; i < m->count; i++) {
        struct vmtp_group *g = waiting_group(p, answer, m->first_transaction + i);
        if (!g || g->segment_size != m->size || !place(m, i, g))
            continue;
        m->whole += g->done_frame != 0;
        if (g->frame < m->frame) {
            m->frame = g->frame;
            m->time = g->time;
        }
    }
}

static struct vmtp_message *new_message(const struct vmtp_packet *p, packet_info *pinfo,
                                        const struct vmtp_answer *answer, uint32_t first, uint32_t count) {
    struct vmtp_message *m = wmem_new0(wmem_file_scope(), struct vmtp_message);
    m->first_transaction = first;
    m->count = count;
    m->size = packet_segment_size(p);
    m->groups = wmem_alloc0_array(wmem_file_scope(), struct vmtp_group *, count);
    m->frame = pinfo->num;
    m->time = pinfo->abs_ts;
    adopt(m, p, answer);
    return m;
}

/*
 * Which message a group is part of: the first has no NSR, the last no CMG, and those between have the Transactions between.  NULL: that
 * cannot be told.
 */
static struct vmtp_message *collect_place(struct vmtp_client *client, const struct vmtp_answer *answer,
                                          const struct vmtp_packet *p, packet_info *pinfo, struct vmtp_group *g) {
    struct vmtp_message **last = &client->messages[PACKET_RESPONSE(p)], *m = *last;
    uint32_t count = (packet_segment_size(p) - 1) / VMTP_GROUP_OCTETS + 1, first;
    bool fits = m && p->transaction - m->first_transaction < m->count && m->size == packet_segment_size(p);
    if (!fits) {
        if (!(p->control & VMTP_NSR))
            first = p->transaction;
        else if (!(p->control & VMTP_CMG))
            first = p->transaction - (count - 1);
        else
            return NULL;
        m = *last = new_message(p, pinfo, answer, first, count);
    }
    return place(m, p->transaction - m->first_transaction, g) ? m : NULL;
}

/* ---- a packet ---------------------------------------------------------------------------------------------------------- */

enum verdict collect(struct vmtp_group *g, const struct vmtp_packet *p, packet_info *pinfo, struct vmtp_seen *seen) {
    const struct vmtp_piece *earlier = repeated(g, p);
    uint32_t wanted = p->code & VMTP_MDM && PACKET_HAS_SEGMENT(p) ? p->words[5] : 0xFFFFFFFF;
    enum verdict verdict = VERDICT_FIRST;
    if (g->packets == 0) {
        g->size = packet_group_size(p);
        g->retransmit = PACKET_RETRANSMIT(p);
        g->segment_size = packet_segment_size(p);
        g->part = g->segment_size > VMTP_GROUP_OCTETS;
        g->frame = pinfo->num;
        g->time = pinfo->abs_ts;
        if (g->part)
            collect_place(seen->call->owner, seen->answer, p, pinfo, g);
    } else if (g->size != packet_group_size(p)) {
        return VERDICT_ALIEN;
    }
    if (begins_anew(g, p)) {
        start_over(g);
        g->retransmit = PACKET_RETRANSMIT(p);
    }
    g->expected |= blocks_of(g->size) & wanted;
    if (earlier) {
        seen->earlier = earlier->frame;
        verdict = is_copy(g, p, pinfo, earlier) ? VERDICT_COPY : p->delivery || !g->size ? VERDICT_AGAIN : VERDICT_ASKS;
    } else if (g->packets && !PACKET_RESPONSE(p) && PACKET_RETRANSMIT(p)) {
        seen->earlier = g->first->frame; /* it was sent before, and not seen */
        verdict = VERDICT_AGAIN;
    }
    if (g->asked & p->delivery) {
        seen->asked = g->asked_frame;
        g->asked &= ~p->delivery;
    }
    struct vmtp_piece *piece = add_piece(g, p, pinfo);
    if (g->done_frame)
        return verdict;
    take_blocks(g, piece, p);
    bool asks = p->delivery == 0 && g->size > 0;
    if ((g->have & g->expected) == g->expected && !asks)
        complete(g, pinfo, seen);
    return verdict;
}

tvbuff_t *collect_segment(const struct vmtp_packet *p, packet_info *pinfo, const struct vmtp_seen *seen) {
    const struct vmtp_group *g = seen ? seen->group : NULL;
    bool alone = g && !g->message && p->whole && p->delivery && (p->delivery & g->expected) == g->expected;
    if (!g || seen->verdict == VERDICT_ALIEN || (!seen->completes && !seen->finishes && !alone))
        return NULL;
    if (g->message) {
        if (!seen->finishes)
            return NULL;
        tvbuff_t *tvb = tvb_new_child_real_data(p->tvb, g->message->segment, g->message->size, (int)g->message->size);
        add_new_data_source(pinfo, tvb, "Segment of several packet groups");
        return tvb;
    }
    if (packet_segment_size(p) > VMTP_GROUP_OCTETS)
        return NULL; /* a part of which message cannot be told */
    if (!g->segment || alone)
        return tvb_new_subset_length(p->tvb, VMTP_HEADER_OCTETS, (int)blocks_octets(p->delivery, g->size));
    tvbuff_t *tvb = tvb_new_child_real_data(p->tvb, g->segment, g->size, (int)g->size);
    add_new_data_source(pinfo, tvb, "Segment of several packets");
    return tvb;
}

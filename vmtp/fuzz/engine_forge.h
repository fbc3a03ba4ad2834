/* SPDX-License-Identifier: BSD-2-Clause */
/* engine_forge.h - packets that somebody might send, for fuzz_engine.c: of any kind, answers, and what was sent once, changed. */
#ifndef VMTP_FUZZ_ENGINE_FORGE_H
#define VMTP_FUZZ_ENGINE_FORGE_H

#include "engine_model.h"

static const uint32_t code_flags[16] = {0,
                                        0,
                                        VMTP_DGM,
                                        VMTP_MDM,
                                        VMTP_CMD,
                                        VMTP_CRE,
                                        VMTP_MRD,
                                        VMTP_SDA,
                                        VMTP_MDM | VMTP_SDA,
                                        VMTP_DGM | VMTP_MDM,
                                        VMTP_CRE | VMTP_MRD,
                                        VMTP_PIC,
                                        0x08000000u,
                                        VMTP_CMD | VMTP_DGM,
                                        VMTP_MRD | VMTP_DGM,
                                        0xff000000u};

static const uint32_t procedures[16] = {VMTP_PROBE_ENTITY,
                                        VMTP_PROBE_ENTITY_BLOCK,
                                        VMTP_QUERY_VMTP_NODE,
                                        VMTP_GET_REQUEST_FORWARDER,
                                        VMTP_CREATE_ENTITY,
                                        VMTP_DELETE_ENTITY,
                                        VMTP_QUERY_ENTITY,
                                        VMTP_CREATE_GROUP,
                                        VMTP_NOTIFY_VMTP_CLIENT,
                                        VMTP_NOTIFY_VMTP_SERVER,
                                        VMTP_NOTIFY_REMOTE_VMTP_CLIENT,
                                        VMTP_PROBE_ENTITY | VMTP_MRD,
                                        VMTP_QUERY_VMTP_NODE & ~VMTP_CRE,
                                        VMTP_PROBE_ENTITY & ~VMTP_CRE,
                                        VMTP_QUERY_ENTITY | VMTP_DGM,
                                        VMTP_CREATE_ENTITY & ~VMTP_CRE};

/* The parameters of management procedures, as words from octet 36 on. */
static void set_parameters(uint32_t words[7], uint32_t code, uint32_t who, uint32_t what) {
    vmtp_entity a = some_entity(who), b = some_entity(what);
    memset(words, 0, 7 * sizeof words[0]);
    words[0] = (uint32_t)(a >> 32);
    words[1] = (uint32_t)a;
    words[2] = (uint32_t)(b >> 32);
    words[3] = (uint32_t)b;
    if (CODE24(code) == CODE24(VMTP_PROBE_ENTITY))
        words[4] = (what >> 7) + (what >> 6);
    if (CODE24(code) < CODE24(VMTP_NOTIFY_VMTP_CLIENT))
        return;
    if (CODE24(code) != CODE24(VMTP_NOTIFY_VMTP_SERVER)) { /* control flags, and the server does not matter */
        words[2] = what << 20;
        words[3] = 0;
        b = a;
    }
    words[4] = some_transaction(what >> 4, b);
    words[5] = byte() * 0x01010101u;
    words[6] = byte() % 26u;
}

/* ---- packets that somebody might send -------------------------------------------------------------------- */

static uint32_t some_blocks(uint32_t choice, uint32_t size) {
    uint32_t all = vmtp_blocks_mask(size);
    switch (choice & 7u) {
    case 0:
    case 1: return all;
    case 2: return 0;
    case 3: return all & 1u;
    case 4: return all & ~1u;
    case 5: return all & 0x55555555u;
    case 6: return all & 0xaaaaaaaau;
    default: return all & ((uint32_t)1 << (choice >> 3));
    }
}

/* Data, Length and checksum for a header that is otherwise complete. */
static uint32_t finish_packet(uint8_t *octets, const struct my_node *n, uint32_t flags, uint32_t size, uint32_t blocks) {
    if (vmtp_get_code(octets) & VMTP_SDA)
        vmtp_put_segment_size(octets, size);
    else
        blocks = 0;
    if ((vmtp_get_code(octets) & (VMTP_SDA | VMTP_MDM)) == (VMTP_SDA | VMTP_MDM))
        blocks &= vmtp_get_msg_delivery(octets);
    uint32_t data = size > VMTP_GROUP_OCTETS ? 0 : (vmtp_blocks_octets(blocks, size) + 7u) & ~7u;
    vmtp_put_length_word(octets, n->config.domain, flags, data / 4u);
    vmtp_put_delivery(octets, data ? blocks : 0);
    memcpy(octets + VMTP_HEADER_OCTETS, pattern_at(blocks), data);
    uint32_t length = VMTP_HEADER_OCTETS + data + VMTP_CHECKSUM_OCTETS;
    mend_checksum(octets, length);
    return length;
}

static uint8_t made[VMTP_MAX_PACKET];

static const uint32_t control_flags[16] = {0,
                                           0,
                                           0,
                                           VMTP_APG,
                                           VMTP_APG,
                                           VMTP_NRT,
                                           VMTP_NRS,
                                           VMTP_NSR,
                                           VMTP_NER,
                                           VMTP_CMG,
                                           VMTP_STI,
                                           VMTP_DRT,
                                           VMTP_MDG,
                                           VMTP_NRT | VMTP_APG,
                                           VMTP_APG | VMTP_NER | VMTP_CMG,
                                           0xff800000u};

/* A sound packet of any kind. */
static void op_make(void) {
    uint32_t how = byte(), client = byte(), server = byte(), transaction = byte(), control = byte(), code = byte(),
             size = byte(), blocks = byte();
    struct my_node *n = some_node(how);
    uint8_t src[6], dst[6];
    vmtp_entity from = some_entity(client);
    memset(made, 0, VMTP_HEADER_OCTETS);
    vmtp_put_client(made, from);
    vmtp_put_server(made, some_entity(server));
    vmtp_put_transaction(made, some_transaction(transaction, from));
    vmtp_put_control(made, vmtp_control(control_flags[control & 15u], transaction >> 5, control >> 6 == 3 ? 1 : 0,
                                        size >> 6 == 3 ? 9 : 0, control >> 4 & 3u, how >> 1 & 1u));
    uint32_t words[7] = {0};
    uint32_t flags = code & 0x80 ? 0 : code_flags[code >> 3 & 15u];
    vmtp_put_code(made, code & 0x80 ? procedures[code & 15u] : flags | (code & 7u) | (size & 15u ? VMTP_SDA : 0));
    if (code & 0x80)
        set_parameters(words, procedures[code & 15u], byte(), byte());
    else if (flags & (VMTP_CRE | VMTP_MDM))
        set_parameters(words, 0, byte(), 0), words[5] = byte() * 0x01010101u;
    for (unsigned i = 0; i < 7; i++)
        vmtp_store32(made + VMTP_AT_USER + 4 * i, words[i]);
    flags = (how & 4 ? VMTP_MPG : 0) | (how >> 6 == 3 ? VMTP_EPG : 0);
    uint32_t length = finish_packet(made, n, flags, some_size(size), some_blocks(blocks, some_size(size)));
    mac_of(src, how >> 4 & 7u);
    memcpy(dst, n->config.mac, 6);
    if (how & 4)
        vmtp_group_mac(dst, vmtp_get_server(made));
    forge(n, made, length, src, dst, 0, how & 8);
}

static void answer_by_notify(const uint8_t *h, uint32_t code, uint32_t delivery) {
    int to_client = vmtp_get_function(h) == VMTP_REQUEST;
    vmtp_put_client(made, 0x600002);
    vmtp_put_server(made, VMTP_MANAGER_GROUP);
    vmtp_put_code(made, to_client ? VMTP_NOTIFY_VMTP_CLIENT : VMTP_NOTIFY_VMTP_SERVER);
    vmtp_put_transaction(made, w.packet_count);
    vmtp_store64(made + 36, to_client ? vmtp_get_client(h) : vmtp_get_server(h));
    if (to_client)
        vmtp_store32(made + 44, vmtp_get_control(h));
    else
        vmtp_store64(made + 44, vmtp_get_client(h));
    vmtp_store32(made + 52, vmtp_get_transaction(h));
    vmtp_store32(made + 56, delivery);
    vmtp_store32(made + 60, code % 26u);
}

static uint32_t answer_by_response(const uint8_t *h, const struct my_node *n, uint32_t how, uint32_t code,
                                   uint32_t shape, uint32_t blocks) {
    static const uint32_t flags[8] = {0, 0, VMTP_DGM, VMTP_DGM, VMTP_MDM, VMTP_DGM | VMTP_MDM, VMTP_CMD, VMTP_CRE};
    static const uint32_t controls[4] = {0, VMTP_NRT, VMTP_CMG, VMTP_APG};
    vmtp_entity server = vmtp_get_server(h);
    vmtp_put_client(made, vmtp_get_client(h));
    vmtp_put_server(made, how & 0x40 || vmtp_is_group(server) ? 0x600001u + (how >> 4 & 3u) : server);
    vmtp_put_transaction(made, vmtp_get_transaction(h) + (shape >> 7 ? shape >> 4 & 7u : 0));
    vmtp_put_control(made, vmtp_control(controls[how >> 2 & 3u], vmtp_get_retransmit_count(h) + (how >> 7),
                                        how >> 6 == 3, 0, vmtp_get_priority(h), VMTP_RESPONSE));
    vmtp_put_code(made, flags[code & 7u] | code >> 4 | (shape & 15u ? VMTP_SDA : 0));
    memcpy(made + VMTP_AT_USER, h + VMTP_AT_USER, 28);
    vmtp_put_msg_delivery(made, 0x0f0f0f0fu);
    return finish_packet(made, n, 0, some_size(shape), some_blocks(blocks, some_size(shape)));
}

/* What a peer could say to a packet that an engine sent. */
static void op_answer(void) {
    uint32_t which = byte(), how = byte(), code = byte(), shape = byte(), blocks = byte(), length;
    const struct packet *p = packet_back(which & 0x3fu);
    if (!p)
        return;
    struct my_node *n = &w.nodes[p->from];
    uint8_t src[6];
    memset(made, 0, VMTP_HEADER_OCTETS);
    if ((how & 1) || vmtp_get_function(p->octets) == VMTP_RESPONSE) {
        answer_by_notify(p->octets, code, shape & 1 ? some_blocks(blocks, VMTP_GROUP_OCTETS) : 0);
        length = finish_packet(made, n, 0, 0, 0);
    } else {
        length = answer_by_response(p->octets, n, how, code, shape, blocks);
    }
    memcpy(src, p->dst, 6);
    if ((src[0] & 1) || (how & 2))
        mac_of(src, 4 + (how >> 4 & 3u));
    forge(n, made, length, src, n->config.mac, 0, which >> 7);
}

/* A packet that was sent once, again, with some octets of its header changed. */
static void op_again(void) {
    uint32_t which = byte(), how = byte();
    const struct packet *p = packet_back(which & 0x3fu);
    if (!p)
        return;
    struct my_node *n = some_node(how & 1 ? p->from : p->from + 1);
    uint8_t src[6], dst[6];
    memcpy(made, p->octets, p->length);
    for (uint32_t changes = how >> 1 & 3u; changes > 0; changes--) {
        uint32_t at = byte();
        made[at % VMTP_HEADER_OCTETS] ^= (uint8_t)(at & 0x80 ? byte() : 1u << (at >> 6 & 1u));
    }
    if (!(how & 8))
        mend_checksum(made, p->length);
    mac_of(src, how & 0x10 ? how >> 5 : p->from);
    memcpy(dst, p->dst, 6);
    if (how & 1)
        memcpy(dst, n->config.mac, 6);
    forge(n, made, p->length, src, dst, which & 0x40 ? VMTP_RX_LOCAL : 0, which >> 7);
}

/* ---- of runs and messages of several groups ---------------------------------------------------------------- */

/* The same for one packet group of a larger message. */
static uint32_t finish_group(uint8_t *octets, const struct my_node *n, uint32_t flags, uint32_t size, uint32_t group,
                             uint32_t blocks) {
    uint32_t before = group * VMTP_GROUP_OCTETS, here = size > before ? size - before : 0;
    here = here < VMTP_GROUP_OCTETS ? here : VMTP_GROUP_OCTETS;
    blocks = some_blocks(blocks, here);
    if (vmtp_get_code(octets) & VMTP_SDA)
        vmtp_put_segment_size(octets, size);
    else
        blocks = 0;
    uint32_t data = (vmtp_blocks_octets(blocks, here) + 7u) & ~7u;
    vmtp_put_length_word(octets, n->config.domain, flags, data / 4u);
    vmtp_put_delivery(octets, data ? blocks : 0);
    memcpy(octets + VMTP_HEADER_OCTETS, pattern_at(blocks), data);
    mend_checksum(octets, VMTP_HEADER_OCTETS + data + VMTP_CHECKSUM_OCTETS);
    return VMTP_HEADER_OCTETS + data + VMTP_CHECKSUM_OCTETS;
}

/* What the place in its message asks for, and what the program wants otherwise. */
static uint32_t run_flags(uint32_t size, uint32_t group, uint32_t wrong) {
    uint32_t flags = wrong << 24 | (wrong & 0x80 ? VMTP_DRT : 0);
    flags ^= group ? VMTP_NSR : 0;
    return flags ^ ((group + 1u) * VMTP_GROUP_OCTETS < size ? VMTP_NER | VMTP_CMG : 0);
}

/* Any flags, any place in a run. */
static void make_of_run(uint32_t how) {
    uint32_t client = byte(), server = byte(), transaction = byte(), flags = byte(), code = byte(), size = byte(),
             group = byte(), blocks = byte(), octets = some_large_size(size);
    struct my_node *n = some_node(how >> 2);
    vmtp_entity from = some_entity(client);
    uint8_t src[6], dst[6];
    memset(made, 0, VMTP_HEADER_OCTETS);
    vmtp_put_client(made, from);
    vmtp_put_server(made, some_entity(server));
    vmtp_put_transaction(made, some_transaction(transaction, from) + (group & 15u));
    vmtp_put_control(made, vmtp_control(run_flags(octets, group & 15u, flags), transaction >> 3, how >> 4 & 1u,
                                        group >> 4, size >> 4 & 3u, how >> 5 & 1u));
    vmtp_put_code(made, (code & 0x7fu) << 25 | code >> 7 | (octets ? VMTP_SDA : 0));
    for (unsigned i = 0; i < 7; i++)
        vmtp_store32(made + VMTP_AT_USER + 4 * i, i < 5 ? 0 : 0x00ff00ffu);
    if (vmtp_get_code(made) & VMTP_CRE)
        vmtp_put_coresident(made, some_entity(byte()));
    uint32_t length = finish_group(made, n, how & 0x40 ? VMTP_MPG : 0, octets, group & 15u, blocks);
    mac_of(src, how >> 2 & 3u);
    memcpy(dst, n->config.mac, 6);
    if (how & 0x40)
        vmtp_group_mac(dst, vmtp_get_server(made));
    forge(n, made, length, src, dst, 0, how >> 7);
}

/* A Notify of any code about a packet that was sent, or a transaction near it. */
static void notify_nearby(uint32_t how) {
    uint32_t which = byte(), code = byte(), offset = byte(), blocks = byte();
    const struct packet *p = packet_back(which & 0x7fu);
    if (!p)
        return;
    struct my_node *n = &w.nodes[p->from];
    uint8_t src[6];
    memset(made, 0, VMTP_HEADER_OCTETS);
    answer_by_notify(p->octets, code, how & 4 ? 0xffffffffu : blocks * 0x01010101u);
    if (code & 0x40)
        vmtp_put_code(made, VMTP_NOTIFY_REMOTE_VMTP_CLIENT);
    else if (code & 0x80)
        vmtp_put_code(made, VMTP_NOTIFY_VMTP_SERVER + (vmtp_get_code(made) == VMTP_NOTIFY_VMTP_SERVER ? -1u : 0));
    vmtp_store32(made + 60, code % 32u);
    vmtp_store32(made + 52, vmtp_get_transaction(p->octets) + offset - 4u * (offset < 16) - (offset >= 0xf0 ? 256u : 0));
    if (how & 8) /* what it says it answers: another transmission, another ForwardCount */
        vmtp_store32(made + 44, vmtp_load32(made + 44) ^ blocks << 16);
    uint32_t length = finish_packet(made, n, 0, 0, 0);
    memcpy(src, p->dst, 6);
    if ((src[0] & 1) || (how & 0x10))
        mac_of(src, how >> 5 & 3u);
    forge(n, made, length, src, n->config.mac, 0, how >> 7);
}

/* A Response, or one group of it, to a Request that was sent or one near it. */
static void answer_nearby(uint32_t how) {
    uint32_t which = byte(), flags = byte(), code = byte(), size = byte(), group = byte(), offset = byte(),
             blocks = byte();
    uint32_t octets = some_large_size(size);
    const struct packet *p = packet_back(which & 0x7fu);
    if (!p || vmtp_get_function(p->octets) != VMTP_REQUEST)
        return;
    struct my_node *n = &w.nodes[p->from];
    vmtp_entity server = vmtp_get_server(p->octets);
    uint8_t src[6];
    memset(made, 0, VMTP_HEADER_OCTETS);
    memcpy(made + VMTP_AT_USER, p->octets + VMTP_AT_USER, 28);
    vmtp_put_client(made, vmtp_get_client(p->octets));
    vmtp_put_server(made, how & 4 ? some_entity(byte()) : vmtp_is_group(server) ? 0x600001u + (how >> 4 & 3u) : server);
    vmtp_put_transaction(made, vmtp_get_transaction(p->octets) + (group & 15u) + (offset & 15u) - (offset >> 4 & 7u));
    vmtp_put_control(made, vmtp_control(run_flags(octets, group & 15u, flags), vmtp_get_retransmit_count(p->octets), 0,
                                        group >> 4, vmtp_get_priority(p->octets), VMTP_RESPONSE));
    vmtp_put_code(made, (code & 0x7fu) << 25 | code >> 7 | (octets ? VMTP_SDA : 0));
    vmtp_put_msg_delivery(made, 0x0f0f0f0fu);
    uint32_t length = finish_group(made, n, 0, octets, group & 15u, blocks);
    memcpy(src, p->dst, 6);
    if ((src[0] & 1) || (how & 8))
        mac_of(src, 4 + (how >> 4 & 3u));
    forge(n, made, length, src, n->config.mac, 0, how >> 7);
}

/* A packet once more as if it had another place: other control flags, another Transaction. */
static void again_elsewhere(uint32_t how) {
    uint32_t which = byte(), flags = byte(), offset = byte();
    const struct packet *p = packet_back(which & 0x7fu);
    if (!p)
        return;
    struct my_node *n = some_node(how & 4 ? p->from : p->from + 1 + (how >> 3 & 1u));
    uint8_t src[6], dst[6];
    memcpy(made, p->octets, p->length);
    vmtp_put_control(made, vmtp_get_control(made) ^ flags << 24 ^ (how & 0x10 ? 1u << 16 : 0));
    vmtp_put_transaction(made, vmtp_get_transaction(made) + (offset & 0x7fu) - (offset & 0x80 ? 127u : 0));
    mend_checksum(made, p->length);
    mac_of(src, how & 0x20 ? p->from + 1 : p->from);
    memcpy(dst, how & 0x40 ? n->config.mac : p->dst, 6);
    forge(n, made, p->length, src, dst, 0, how >> 7);
}

static void op_forge(void) {
    uint32_t how = byte();
    switch (how & 3u) {
    case 0: make_of_run(how); break;
    case 1: notify_nearby(how); break;
    case 2: answer_nearby(how); break;
    default: again_elsewhere(how); break;
    }
}

#endif

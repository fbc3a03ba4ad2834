/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Identifiers for a node that has none, or has given nearly all of them out: sections 4.3 and 4.5.  The tester starts the node anew for most of
 * these cases, so they come last.
 */
#include <string.h>

#include "../case.h"

#define REBOOT "test-service full-manager reboot"
#define MS VC_MILLISECOND

/* The next ProbeEntityBlock of the node. */
static struct vc_packet *probe(struct vc_test *t, const char *id) {
    struct vc_packet *p = vc_await_code(t, VMTP_PROBE_ENTITY_BLOCK, 0, 5 * VC_SECOND);
    vc_check(t, id, p != NULL, "ProbeEntityBlock", "%s", p ? "it came" : "nothing");
    if (!p)
        vc_give_up(t, "the node does not ask for a block");
    return p;
}

static void answer(struct vc_test *t, const struct vc_packet *asked, uint64_t block) {
    struct vc_packet response = vc_response(asked, VMTP_OK | VMTP_DGM);
    memcpy(response.src, vc_tester_mac(t), 6);
    memcpy(response.dst, vc_node_mac(t), 6);
    response.server = vc_new_client(t);
    response.words[0] = (uint32_t)(block >> 32);
    response.words[1] = (uint32_t)block;
    vc_send(t, &response);
}

static void asks(struct vc_test *t) {
    struct vc_packet *probes[3];
    vc_reboot(t);
    for (unsigned i = 0; i < 3; i++) {
        probes[i] = probe(t, "VMTP-4.5-02");
        vc_equal(t, "VMTP-4.5-02", "RetransmitCount", i, probes[i]->retransmit);
        vc_equal(t, "VMTP-4.5-02", "block", vc_pair(probes[0]->words), vc_pair(probes[i]->words));
        vc_check(t, "VMTP-4.5-02", probes[i]->flags & VMTP_MPG && probes[i]->server == VMTP_MANAGER_GROUP,
                 "multicast to the managers", "otherwise");
        uint64_t client = probes[i]->client;
        vc_check(t, "VMTP-4.5-03", client == VMTP_DEFAULT_BE_CLIENT || client == VMTP_DEFAULT_LE_CLIENT,
                 "a default client", "another");
        vc_equal(t, "VMTP-4.5-03", "Transaction", 0, probes[i]->transaction);
        if (i > 0)
            vc_lasts(t, "VMTP-4.5-02", "time since the one before", VC_PROBE_INTERVAL, 1,
                     probes[i]->time - probes[i - 1]->time);
    }
    uint64_t block = vc_pair(probes[0]->words);
    vc_check(t, "VMTP-4.5-01", (block & 0xff) == 0 && block >> 60 == 0, "low octet and top four bits 0", "%llx",
             (unsigned long long)block);
    vc_check(t, "VMTP-4.2-02", block != VMTP_DEFAULT_BE_CLIENT, "another block than that of the default clients",
             "that one");
    struct vc_packet question = vc_manage(t, VMTP_QUERY_VMTP_NODE, 0);
    vc_send(t, &question);
    struct vc_packet *early = vc_await_response(t, &question, 20 * MS);
    vc_check(t, "VMTP-10.1-02", early == NULL, "no answer before there is a manager", "%s", early ? "one" : "none");
    vc_find_again(t);
    vc_equal(t, "VMTP-4.5-08", "block of the manager", block, vc_manager(t) & ~0xffull);
    vc_equal(t, "VMTP-4.5-08", "block of the service", block, vc_service(t) & ~0xffull);
}

static void taken(struct vc_test *t) {
    vc_reboot(t);
    struct vc_packet *first = probe(t, "VMTP-4.5-04"), *second;
    answer(t, first, vc_pair(first->words));
    vc_time told = vc_now(t);
    second = probe(t, "VMTP-4.5-04");
    vc_check(t, "VMTP-4.5-04", vc_pair(second->words) != vc_pair(first->words), "another block", "the same");
    vc_equal(t, "VMTP-4.5-04", "RetransmitCount", 0, second->retransmit);
    vc_check(t, "VMTP-4.5-11", second->time - told >= vc_least(VC_PROBE_INTERVAL, 1), "50 ms later at the earliest",
             "%.1f ms", (double)(second->time - told) / 1e6);
    vc_find_again(t);
    vc_equal(t, "VMTP-4.5-04", "block of the manager", vc_pair(second->words), vc_manager(t) & ~0xffull);
}

static void rival(struct vc_test *t) {
    vc_reboot(t);
    struct vc_packet *first = probe(t, "VMTP-4.5-05"), *second, other;
    other = vc_manage_all(t, VMTP_PROBE_ENTITY_BLOCK, vc_pair(first->words));
    other.client = VMTP_DEFAULT_BE_CLIENT;
    other.transaction = 0;
    vc_send(t, &other);
    do
        second = probe(t, "VMTP-4.5-05");
    while (vc_pair(second->words) == vc_pair(first->words) && second->retransmit > 0);
    vc_check(t, "VMTP-4.5-05", vc_pair(second->words) != vc_pair(first->words), "another block", "the same");
    vc_find_again(t);
}

static void about_another(struct vc_test *t) {
    vc_reboot(t);
    struct vc_packet *first = probe(t, "VMTP-4.5-06");
    answer(t, first, vc_pair(first->words) ^ 0x100);
    vc_find_again(t);
    vc_equal(t, "VMTP-4.5-06", "block of the manager", vc_pair(first->words), vc_manager(t) & ~0xffull);
}

/* ---- a node whose identifiers run short ---------------------------------------------------------------------------------- */

#define SPEND 300u /* entities come and go while a node with a block of 256 asks for another, or does not */

static uint64_t block_of(uint64_t id) { return id << 4 >> 12; }

/* One identifier more is given out, and the entity before it ends. */
static uint64_t spend(struct vc_test *t) {
    const uint32_t depth[7] = {1};
    return vc_pair(vc_must(t, VMTP_TEST_SERIAL, depth)->words);
}

static struct vc_packet *asks_again(struct vc_test *t) {
    struct vc_packet *p = NULL;
    for (unsigned i = 0; i < SPEND && !p; i++) {
        spend(t);
        p = vc_await_code(t, VMTP_PROBE_ENTITY_BLOCK, 0, 0);
    }
    if (!p)
        vc_skip(t, "further blocks of identifiers");
    return p;
}

/* The node is told that the block is taken, and then gets the next. */
static uint64_t further_block(struct vc_test *t) {
    struct vc_packet *first = asks_again(t), *next, who = vc_manage(t, VMTP_PROBE_ENTITY, first->client);
    who.words[2] = who.words[0];
    who.words[3] = who.words[1];
    vc_send(t, &who);
    vc_want_response(t, "VMTP-4.5-13", &who, VMTP_OK);
    answer(t, first, vc_pair(first->words));
    next = probe(t, "VMTP-4.5-13");
    vc_check(t, "VMTP-4.5-13", block_of(vc_pair(next->words)) != block_of(vc_pair(first->words)), "another block",
             "the same");
    vc_check(t, "VMTP-4.5-13", next->transaction != first->transaction, "another Transaction", "the same");
    for (unsigned i = 0; i < 2; i++) {
        struct vc_packet *again = probe(t, "VMTP-4.5-13");
        vc_equal(t, "VMTP-4.5-13", "block", vc_pair(next->words), vc_pair(again->words));
        vc_equal(t, "VMTP-4.5-13", "Transaction", next->transaction, again->transaction);
    }
    vc_pass(t, 2 * vc_most(VC_PROBE_INTERVAL, 1)); /* then it is the node's */
    return block_of(vc_pair(next->words));
}

static void further(struct vc_test *t) {
    uint64_t first = further_block(t), id = spend(t);
    for (unsigned i = 0; i < SPEND && block_of(id) != first; i++)
        id = spend(t);
    vc_equal(t, "VMTP-4.5-13", "block of the next entities", first, block_of(id));
    further_block(t);
    for (unsigned i = 0; i < SPEND && block_of(spend(t)) == first; i++)
        continue;
    struct vc_packet question = vc_manage(t, VMTP_PROBE_ENTITY_BLOCK, id);
    vc_send(t, &question);
    vc_want_response(t, "VMTP-4.3-04", &question, VMTP_OK);
}

const struct vc_case vc_allocate_cases[] = {
    VC_CASE("allocate/further", "VMTP-4.3-04 VMTP-4.5-13", "test-service full-manager serial near",
            "SERIAL, again and again; OK to its first ProbeEntityBlock",
            "another block, whose identifiers come next; OK about that block when it is used up", further),
    VC_TIMED("allocate/asks", "VMTP-4.2-02 VMTP-4.5-01 VMTP-4.5-02 VMTP-4.5-03 VMTP-4.5-08 VMTP-10.1-02", REBOOT,
             "nothing, after a start",
             "three ProbeEntityBlock from a default client, 50 ms apart; then identifiers of that block", asks),
    VC_CASE("allocate/taken", "VMTP-4.5-04 VMTP-4.5-11", REBOOT " near", "OK to the first ProbeEntityBlock",
            "another block, at least 50 ms later", taken),
    VC_CASE("allocate/rival", "VMTP-4.5-05", REBOOT, "ProbeEntityBlock for the same block from another address",
            "another block", rival),
    VC_CASE("allocate/about-another", "VMTP-4.5-06", REBOOT, "OK about another block", "the node keeps to its own",
            about_another),
    VC_LAST,
};

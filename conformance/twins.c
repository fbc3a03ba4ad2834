/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two stations that answer as one: of them a switch reaches whichever spoke last, so what comes is now of one and now of the other, and says
 * nothing of either.  Every manager hears what is for all of them.
 */
#include <stdio.h>
#include <string.h>

#include "run.h"

#define LISTEN (100 * VC_MILLISECOND)

struct answers {
    uint64_t entity, server; /* entity: that only one node has, or 0; server: of the first that came from the node */
    unsigned again;          /* that came from there like the first */
};

static char *address(const uint8_t mac[6], char text[20]) {
    snprintf(text, 20, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
    return text;
}

/* One that puts there to whom the Request went is wrong, but not two. */
static int is_individual(uint64_t server) { return (server ^ VMTP_MANAGER_GROUP) << 4 != 0; }

static void weigh(struct vc_test *t, struct answers *a, const struct vc_packet *p) {
    const struct vc_run *run = t->run;
    char from[20], node[20], one[20], two[20];
    address(p->src, from);
    address(run->node_mac, node);
    if (memcmp(p->src, run->link->mac, 6) == 0)
        vc_give_up(t, "another station has the tester's address %s: give one of them another", from);
    if (memcmp(p->src, run->node_mac, 6) != 0) {
        if (a->entity || p->server == run->manager)
            vc_give_up(t, "two stations answer for entity %s, %s and %s: end one of them",
                       vc_entity(a->entity ? a->entity : p->server, one), node, from);
        return;
    }
    if (!is_individual(p->server))
        return;
    if (a->server && a->server != p->server)
        vc_give_up(
            t,
            "two stations or programs answer as %s, with managers %s and %s: end one of them, or give it another "
            "address",
            node, vc_entity(a->server, one), vc_entity(p->server, two));
    a->again += a->server != 0;
    a->server = p->server;
}

/* About an entity, or 0: for all managers.  client: one of those that no case uses. */
static unsigned ask_all(struct vc_test *t, uint32_t code, uint64_t entity, const uint8_t from[6], unsigned client) {
    static uint8_t frame[VC_FRAME_MAX];
    struct vc_run *run = t->run;
    struct vc_packet request = vc_manage_all(t, code, entity ? entity : VMTP_MANAGER_GROUP), p;
    struct answers a = {.entity = entity};
    const uint64_t id = entity ? entity : VMTP_TEST_SERVICE;
    memcpy(request.src, from, 6);
    request.client = run->block | client;
    if (code == VMTP_PROBE_ENTITY) {
        request.words[2] = (uint32_t)(id >> 32);
        request.words[3] = (uint32_t)id;
    }
    vc_send(t, &request);
    vc_time when, until = vc_now(t) + LISTEN + 2 * run->round_trip;
    int size;
    while ((size = run->link->receive(run->link, frame, sizeof frame, &when, until)) > 0)
        if (vc_decode(&p, frame, (size_t)size, run->link->ethertype) == VC_WELL && p.function == VMTP_RESPONSE &&
            vc_code(&p) == VMTP_OK && p.client == request.client && p.transaction == request.transaction)
            weigh(t, &a, &p);
    return a.again;
}

void vc_find_twins(struct vc_test *t) {
    struct vc_run *run = t->run;
    const uint32_t random = run->random, next_id = run->next_id; /* cases are the same with these questions and without */
    char text[20];
    if (run->link->only)
        run->link->only(run->link, NULL);
    unsigned again = ask_all(t, VMTP_PROBE_ENTITY, run->service ? run->service : run->manager, run->link->mac, 4);
    ask_all(t, VMTP_QUERY_VMTP_NODE, 0, run->link->mac, 5);
    ask_all(t, VMTP_PROBE_ENTITY, 0, run->other_mac, 6); /* a station with the tester's address does not listen to that */
    if (run->link->only)
        run->link->only(run->link, run->node_mac);
    if (again)
        fprintf(
            stderr,
            "vconform: %s answers what goes to all twice: if it is not the node that does so, two stations have this "
            "address, or the segment has two ways to one\n",
            address(run->node_mac, text));
    run->random = random;
    run->next_id = next_id;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * soak_groups.c - groups: who is a member, calls to all members, their Responses.
 *
 *   every member answers for itself, and each once;           VMTP-13.1-02, VMTP-13.1-03
 *   nobody executes what was asked of a group he is not in.
 */
#include "soak.h"

vmtp_entity soak_group_id(uint32_t which) {
    vmtp_entity id = VMTP_ID_GRP | (which & 1 ? VMTP_ID_UGP : 0) | 0x77000000u;
    return which < 2 ? id | 0x1000 : id | (0x1000 + which); /* the first two have one Ethernet address */
}

static uint32_t number_of(vmtp_entity group) {
    for (uint32_t i = 0; i < SOAK_GROUPS; i++)
        if (soak_group_id(i) == group)
            return i;
    REQUIRE(0, "%016llx is no group of ours", (unsigned long long)group);
    return 0;
}

static void join(struct soak_host *h, const struct soak_server *s, uint32_t which) {
    REQUIRE(vmtp_group_join(h->node->engine, soak_group_id(which), s->id, 0) == 0, "join");
    soak.lives[s->life].groups |= 1u << which;
    soak.lives[s->life].ever |= 1u << which;
    SOAK_COUNT(JOINED, 1);
}

static void leave(struct soak_host *h, const struct soak_server *s, uint32_t which) {
    REQUIRE(vmtp_group_leave(h->node->engine, soak_group_id(which), s->id) == 0, "leave");
    soak.lives[s->life].groups &= ~(1u << which);
}

void soak_group_begin(struct soak_host *h, const struct soak_server *s) {
    for (uint32_t i = 0; i < SOAK_GROUPS; i++)
        if (soak_chance(soak.plan.membership))
            join(h, s, i);
}

void soak_group_change(void) {
    struct soak_host *h = &soak.hosts[soak_below(SOAK_HOSTS)];
    const struct soak_server *s = &h->servers[soak_below(SOAK_SERVERS)];
    uint32_t which = soak_below(SOAK_GROUPS);
    if (!h->up || !s->id)
        return;
    if (soak.lives[s->life].groups & 1u << which)
        leave(h, s, which);
    else
        join(h, s, which);
}

int soak_group_member(uint32_t life, vmtp_entity group) {
    return (soak.lives[life].ever >> number_of(group) & 1u) != 0;
}

void soak_plan_group(struct soak_op *op) {
    op->group = 1;
    op->server = soak_group_id(soak_below(SOAK_GROUPS));
    op->datagram = op->unanswered = 0;
    op->hops = op->hops ? 1 : 0;
    op->slots = soak_below(4) == 0 ? 1 : 1 + soak_below(32); /* 1: the first Response is enough */
    op->request_size = soak_below(3) == 0 ? soak_below(6000) : soak_below(1000);
    op->response_size = soak_below(3) == 0 ? soak_below(4000) : soak_below(500);
    op->area_size = 4096;
    if (op->slots > 1)
        op->deadline = soak_now() + (100 + soak_below(900)) * VMTP_MILLISECOND;
    op->responses = calloc(op->slots, sizeof *op->responses);
    REQUIRE(op->responses, "no memory");
}

/* One Response of several. */
void soak_on_response(struct soak_host *h, const struct vmtp_event *ev) {
    uint32_t number = (uint32_t)ev->cookie;
    struct soak_op *op = &soak.ops[number];
    vmtp_entity server = ev->message.server;
    REQUIRE(number < soak.op_count && op->state == SOAK_OPEN && op->handle == ev->handle && op->host == h->index,
            "a Response of a call that is not open");
    REQUIRE(op->group && op->responded < op->slots, "op %u: more Responses than slots", number);
    soak_tell("op %u: Response of %016llx", number, (unsigned long long)server);
    for (uint32_t i = 0; i < op->responded; i++)
        REQUIRE(op->responses[i] != server, "op %u: two Responses of one member", number);
    op->responses[op->responded++] = server;
    REQUIRE((uint8_t *)ev->segment >= op->area->octets &&
                (uint8_t *)ev->segment <= op->area->octets + (size_t)(op->slots - 1) * op->area_size,
            "op %u: a Response beside its area", number);
    soak_check_response(op, number, ev, ev->result == 0);
    SOAK_COUNT(RESPONSES, 1);
}

void soak_group_completed(const struct soak_op *op, uint32_t number, const struct vmtp_event *ev) {
    if (op->slots == 1)
        return;
    REQUIRE(ev->number == op->responded, "op %u: %u Responses, it is said, but %u came", number, ev->number,
            op->responded);
    REQUIRE((ev->result == 0) == (op->responded > 0) || ev->result == VMTP_CANCELLED, "op %u: %u Responses, and %s",
            number, op->responded, vmtp_response_code_name(ev->result));
    SOAK_COUNT(GROUP_ANSWERED, op->responded > 1);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* soak_forward.c - servers that pass a Request on to another, which answers its client; who may execute what has come so. */
#include "soak.h"

/* What has been passed on, and to whom: only that entity may execute it there. */
struct designation {
    vmtp_entity client, to;
    uint32_t hop, before;
};

static struct designation designations[SOAK_OPS * 4];
static uint32_t designation_count = 1;

static void designate(struct soak_op *op, vmtp_entity client, vmtp_entity to, uint32_t hop) {
    REQUIRE(designation_count < SOAK_OPS * 4, "more forwards than there is room for");
    designations[designation_count] = (struct designation){client, to, hop, op->designations};
    op->designations = designation_count++;
}

static int addressed(vmtp_entity to, vmtp_entity entity, uint32_t life) {
    return to & VMTP_ID_GRP ? soak_group_member(life, to) : to == entity;
}

int soak_forward_expected(const struct soak_op *op, const struct vmtp_event *ev, uint32_t life) {
    uint32_t hop = ev->message.words[4];
    if (hop == 0)
        return ev->client == op->client && addressed(op->server, ev->entity, life);
    for (uint32_t i = op->designations; i; i = designations[i].before) {
        const struct designation *d = &designations[i];
        if (d->hop == hop && d->client == ev->client && addressed(d->to, ev->entity, life))
            return 1;
    }
    return 0;
}

vmtp_entity soak_forward_target(const struct soak_op *op, uint32_t which) {
    uint32_t i = op->designations;
    while (i && which--)
        i = designations[i].before;
    return i ? designations[i].to : 0;
}

static void fill_forward(struct soak_host *h, struct vmtp_forward *f, const struct soak_pending *p) {
    const struct soak_op *op = &soak.ops[p->op];
    *f = (struct vmtp_forward){0};
    f->message.server = p->hop + 1 == op->hops && soak_below(20) == 0 ? soak_group_id(soak_below(SOAK_GROUPS))
                                                                      : soak_plan_target();
    f->message.code = 0x42u;
    f->message.words[2] = p->op;
    f->message.words[3] = ~p->op;
    f->message.words[4] = p->hop + 1;
    if (op->request_size == 0)
        return;
    struct soak_buffer *b = soak_lend(&h->replies, op->request_size);
    b->handle = p->handle;
    soak_fill(b->octets, op->request_size, p->op, 0);
    f->segment = b->octets;
    f->segment_size = op->request_size;
}

/* As a call of the server's own, if it likes. */
static int forward_nested(struct soak_host *h, struct vmtp_forward *f, const struct soak_pending *p) {
    if (soak_below(4) == 0)
        return VMTP_E_NESTED;
    struct soak_buffer *b = soak_lend(&h->replies, VMTP_GROUP_OCTETS);
    b->handle = p->handle;
    f->response_area = b->octets;
    f->response_size = VMTP_GROUP_OCTETS;
    int error = vmtp_forward(h->node->engine, p->handle, f, soak_now());
    SOAK_COUNT(NESTED, error == 0);
    return error;
}

int soak_forward(struct soak_host *h, const struct soak_pending *p) {
    struct soak_op *op = &soak.ops[p->op];
    struct vmtp_forward f;
    fill_forward(h, &f, p);
    int error = f.message.server == soak.lives[p->life].id ? VMTP_E_INVALID
                                                           : vmtp_forward(h->node->engine, p->handle, &f, soak_now());
    int nested = error == VMTP_E_NESTED;
    if (nested)
        error = forward_nested(h, &f, p);
    soak_tell("op %u is passed on to %016llx: %d", p->op, (unsigned long long)f.message.server, error);
    if (error == 0) {
        designate(op, nested ? soak.lives[p->life].id : p->client, f.message.server, p->hop + 1);
        SOAK_COUNT(FORWARDED, 1);
        return 0;
    }
    soak_take_back_replies(h, p->handle);
    REQUIRE(error == VMTP_E_STALE || error == VMTP_E_NESTED || error == VMTP_E_IN_CALL || error == VMTP_E_FULL ||
                error == VMTP_E_INVALID,
            "op %u: forward: %d", p->op, error);
    REQUIRE(!p->stale || error == VMTP_E_STALE || error == VMTP_E_INVALID, "op %u: forward of what was given up: %d",
            p->op, error);
    return error;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group_manager.c - CreateGroup, AddToGroup, RemoveFromGroup, QueryGroup (RFC 1045 III and III.1; spec/vmtp.md section 13.2).
 *
 * Nobody's word is taken for what a Client may do: it may what is recorded here (H49).
 */
#include "internal.h"

/* What the first three have in common. */
struct order {
    vmtp_entity client, group, entity;
    struct entity *n;
    uint32_t permissions;
    int local; /* the Client is an entity of this node */
};

/* The entity is one of this node's that programs have: 0, or the code that says why not. */
static uint32_t read_order(const struct vmtp_engine *e, const struct arrival *a, struct order *o) {
    o->client = a->client;
    o->group = vmtp_load64(a->h + 44);
    o->entity = vmtp_load64(a->h + 52);
    if (!o->entity)
        o->entity = vmtp_load64(a->h + 36);
    o->permissions = vmtp_load32(a->h + 60) & VMTP_GROUP_BITS;
    o->local = (a->rx->flags & VMTP_RX_LOCAL) != 0;
    o->n = veng_entity_find(e, o->entity);
    if (!o->n)
        return VMTP_NONEXISTENT_ENTITY;
    return o->n->role == ROLE_USER || o->n->role == ROLE_REMOTE ? VMTP_OK : VMTP_NO_PERMISSION;
}

/* Principals of other nodes' entities are not known here. */
static int same_principal(const struct vmtp_engine *e, const struct order *o) {
    const struct entity *c = veng_entity_find(e, o->client);
    return c && c->principal && c->principal == o->n->principal;
}

static int may_be_made_member(const struct order *o) {
    return o->client == o->entity || !(o->n->flags & VMTP_ENTITY_IMMUNE);
}

static int is_restricted(vmtp_entity group) { return !(group & VMTP_ID_UGP); }

/* Has the Client a right over the entity: over any, or over those of its principal? */
static int has_right(const struct vmtp_engine *e, const struct order *o, uint32_t rights, uint32_t any, uint32_t own) {
    return (rights & (VMTP_GRP_MANAGER | any)) || ((rights & own) && same_principal(e, o));
}

static uint32_t rights_of_client(const struct vmtp_engine *e, const struct order *o) {
    const struct membership *m = veng_group_record(e, o->group, o->client);
    return m ? m->permissions : 0;
}

/* ---- CreateGroup ---- */

/* Which identifier the group gets; without a number in it: a new one. */
static uint32_t choose_group(struct vmtp_engine *e, struct order *o) {
    if (o->group & VMTP_ID_RES)
        return VMTP_ERROR;
    if (!(o->group & ~ENTITY_FLAG_BITS))
        return veng_group_new_id(e, &o->group, !is_restricted(o->group)) ? VMTP_BUSY : VMTP_OK;
    if (!vmtp_is_group(o->group))
        return VMTP_ERROR;
    /* A restricted group that others know may have a manager, of whom nothing is known here. */
    if (!veng_group_valid(o->group) || veng_group_first(e, o->group) || (is_restricted(o->group) && !o->local))
        return VMTP_NO_PERMISSION;
    return VMTP_OK;
}

static uint32_t create(struct vmtp_engine *e, struct order *o, uint32_t words[7]) {
    int itself = o->client == o->entity;
    if (!may_be_made_member(o))
        return VMTP_NO_PERMISSION;
    if (e->memberships.count - e->memberships.used < (itself ? 1u : 2u) || e->listeners.free == NONE)
        return VMTP_BUSY;
    uint32_t code = choose_group(e, o);
    if (code != VMTP_OK)
        return code;
    veng_group_join(e, o->group, o->entity, o->permissions | (itself ? VMTP_GROUP_ALL : 0));
    if (!itself)
        veng_group_grant(e, o->group, o->client, VMTP_GROUP_ALL, 0);
    vmtp_words_put64(words, o->group);
    return VMTP_OK;
}

/* ---- AddToGroup, RemoveFromGroup ---- */

static uint32_t add(struct vmtp_engine *e, const struct order *o) {
    uint32_t rights = rights_of_client(e, o);
    if (veng_group_member(e, o->group, o->entity))
        return VMTP_OK;
    if (!may_be_made_member(o))
        return VMTP_NO_PERMISSION;
    if (is_restricted(o->group)) {
        if (!has_right(e, o, rights, VMTP_ADD_OTHE, VMTP_ADD_PRIN))
            return VMTP_NO_PERMISSION;
        if (o->permissions & VMTP_GROUP_ALL & ~rights) /* nobody gives more than he has */
            return VMTP_NO_PERMISSION;
    }
    return veng_group_join(e, o->group, o->entity, o->permissions) ? VMTP_BUSY : VMTP_OK;
}

static uint32_t drop(struct vmtp_engine *e, const struct order *o) {
    struct membership *m = veng_group_member(e, o->group, o->entity);
    if (!m)
        return VMTP_NONEXISTENT_ENTITY;
    int allowed;
    if (o->client == o->entity) {
        allowed = (m->permissions & VMTP_REM_BY_SELF) != 0;
    } else {
        allowed = (m->permissions & VMTP_REM_BY_OTHE) || ((m->permissions & VMTP_REM_BY_PRIN) && same_principal(e, o));
        if (is_restricted(o->group) && !has_right(e, o, rights_of_client(e, o), VMTP_REM_OTHE, VMTP_REM_PRIN))
            allowed = 0;
    }
    if (!allowed)
        return VMTP_NO_PERMISSION;
    veng_group_part(e, m);
    return VMTP_OK;
}

int veng_group_procedure(uint32_t code) {
    return code >= CODE24(VMTP_CREATE_GROUP) && code <= CODE24(VMTP_REMOVE_FROM_GROUP);
}

uint32_t veng_group_manage(struct vmtp_engine *e, const struct arrival *a, uint32_t words[7]) {
    struct order o;
    uint32_t procedure = CODE24(a->code), code = read_order(e, a, &o);
    if (code != VMTP_OK)
        return code;
    if (procedure == CODE24(VMTP_CREATE_GROUP))
        return create(e, &o, words);
    if (!vmtp_is_group(o.group) || (o.group & VMTP_ID_RES))
        return VMTP_ERROR;
    if (!veng_group_valid(o.group))
        return VMTP_NO_PERMISSION;
    return procedure == CODE24(VMTP_ADD_TO_GROUP) ? add(e, &o) : drop(e, &o);
}

/* ---- QueryGroup ---- */

/* The least identifier above this one among the members here, or 0. */
static vmtp_entity next_member(const struct vmtp_engine *e, vmtp_entity group, vmtp_entity after) {
    vmtp_entity best = 0;
    for (const struct membership *m = veng_group_first(e, group); m; m = veng_group_next(e, m))
        if (m->member && m->entity > after && (!best || m->entity < best))
            best = m->entity;
    return best;
}

/* A client that is told of more members than it was given asks again for those behind the last. */
int veng_group_query(struct vmtp_engine *e, const struct arrival *a, uint8_t *header, uint8_t *data) {
    vmtp_entity group = vmtp_load64(a->h + 36), after = vmtp_load64(a->h + 44);
    uint32_t count = vmtp_group_members(e, group, NULL, 0), octets = 4;
    if (group == VMTP_MANAGER_GROUP) {
        vmtp_entity manager = entity_at(e, e->manager)->id;
        count = 1;
        if (manager > after) {
            vmtp_store64(data + 4, manager);
            octets += 8;
        }
    }
    if (!count)
        return -1;
    for (; octets + 8 <= CONTROL_DATA && (after = next_member(e, group, after)) != 0; octets += 8)
        vmtp_store64(data + octets, after);
    vmtp_store32(data, count);
    vmtp_put_code(header, VMTP_OK | VMTP_SDA | VMTP_DGM);
    return (int)octets;
}

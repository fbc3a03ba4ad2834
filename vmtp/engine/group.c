/* SPDX-License-Identifier: BSD-2-Clause */
/* group.c - who of this node is in which group, and to which Ethernet addresses the node listens for that (spec/vmtp.md 13.2). */
#include "internal.h"

int veng_group_valid(vmtp_entity group) {
    return vmtp_is_group(group) && !(group & VMTP_ID_RES) && (group & ~ENTITY_FLAG_BITS) != 0 &&
           group != VMTP_MANAGER_GROUP;
}

/* ---- records ---- */

static struct membership *record_at(const struct vmtp_engine *e, uint32_t i) { return pool_at(&e->memberships, i); }

static struct membership *of_group(const struct vmtp_engine *e, uint32_t i, vmtp_entity group) {
    while (i != NONE && record_at(e, i)->group != group)
        i = record_at(e, i)->hash_next;
    return i == NONE ? NULL : record_at(e, i);
}

struct membership *veng_group_first(const struct vmtp_engine *e, vmtp_entity group) {
    return e->memberships.used ? of_group(e, *veng_map_head(e, &e->group_map, group), group) : NULL;
}

struct membership *veng_group_next(const struct vmtp_engine *e, const struct membership *m) {
    return of_group(e, m->hash_next, m->group);
}

struct membership *veng_group_record(const struct vmtp_engine *e, vmtp_entity group, vmtp_entity entity) {
    struct membership *m = veng_group_first(e, group);
    while (m && m->entity != entity)
        m = veng_group_next(e, m);
    return m;
}

struct membership *veng_group_member(const struct vmtp_engine *e, vmtp_entity group, vmtp_entity entity) {
    struct membership *m = veng_group_record(e, group, entity);
    return m && m->member ? m : NULL;
}

int veng_group_is_here(const struct vmtp_engine *e, vmtp_entity group) {
    for (const struct membership *m = veng_group_first(e, group); m; m = veng_group_next(e, m))
        if (m->member)
            return 1;
    return 0;
}

static struct membership *record_make(struct vmtp_engine *e, vmtp_entity group, vmtp_entity entity) {
    struct membership *m = veng_pool_take(&e->memberships);
    if (!m)
        return NULL;
    memset(m, 0, sizeof *m);
    m->group = group;
    m->entity = entity;
    m->hash_next = m->listener = NONE;
    uint32_t *end = veng_map_head(e, &e->group_map, group);
    while (*end != NONE)
        end = &record_at(e, *end)->hash_next;
    *end = pool_index(&e->memberships, m);
    return m;
}

static void record_free(struct vmtp_engine *e, struct membership *m) {
    uint32_t *link = veng_map_head(e, &e->group_map, m->group);
    while (record_at(e, *link) != m)
        link = &record_at(e, *link)->hash_next;
    *link = m->hash_next;
    veng_pool_give(&e->memberships, m);
}

/* ---- listening ---- */

static struct listener *listener_at(const struct vmtp_engine *e, uint32_t i) { return pool_at(&e->listeners, i); }

/* A program that has not yet been told to listen need not be told to stop. */
static void listener_changed(struct vmtp_engine *e, struct listener *l) {
    if ((l->joins > 0) != l->told) {
        veng_event_post(e, &l->event, VMTP_EV_LISTEN, KIND_LISTENER);
        return;
    }
    veng_event_withdraw(e, &l->event);
    if (l->joins == 0) {
        l->live = 0;
        veng_pool_give(&e->listeners, l);
    }
}

static struct listener *listener_of(struct vmtp_engine *e, const uint8_t mac[6]) {
    for (uint32_t i = 0; i < e->listeners.count; i++)
        if (listener_at(e, i)->live && memcmp(listener_at(e, i)->mac, mac, 6) == 0)
            return listener_at(e, i);
    struct listener *l = veng_pool_take(&e->listeners);
    if (!l)
        return NULL;
    memset(l, 0, sizeof *l);
    memcpy(l->mac, mac, 6);
    l->live = 1;
    return l;
}

static int listen(struct vmtp_engine *e, struct membership *m) {
    uint8_t mac[6];
    vmtp_group_mac(mac, m->group);
    struct listener *l = listener_of(e, mac);
    if (!l)
        return VMTP_E_FULL;
    m->listener = pool_index(&e->listeners, l);
    l->joins++;
    listener_changed(e, l);
    return 0;
}

void veng_listener_told(struct vmtp_engine *e, struct vmtp_event *ev, struct listener *l) {
    l->told = l->joins > 0;
    ev->number = l->told;
    memcpy(ev->source, l->mac, 6);
    if (!l->told) {
        l->live = 0;
        veng_pool_give(&e->listeners, l);
    }
}

/* ---- joining and leaving ---- */

int veng_group_new_id(struct vmtp_engine *e, vmtp_entity *group, int unrestricted) {
    vmtp_entity id;
    do { /* our own programs may have named one of these themselves */
        int error = veng_block_next(e, &e->next_group, &id);
        if (error)
            return error;
        id |= VMTP_ID_GRP | (unrestricted ? VMTP_ID_UGP : 0);
    } while (veng_group_first(e, id));
    *group = id;
    return 0;
}

int veng_group_join(struct vmtp_engine *e, vmtp_entity group, vmtp_entity entity, uint32_t permissions) {
    struct membership *m = veng_group_record(e, group, entity);
    int fresh = m == NULL;
    if (fresh)
        m = record_make(e, group, entity);
    if (!m)
        return VMTP_E_FULL;
    if (!m->member && listen(e, m)) {
        if (fresh)
            record_free(e, m);
        return VMTP_E_FULL;
    }
    m->member = 1;
    m->permissions |= permissions; /* rights that it has been given before it keeps */
    return 0;
}

int veng_group_grant(struct vmtp_engine *e, vmtp_entity group, vmtp_entity whom, uint32_t permissions, int ours) {
    struct membership *m = veng_group_record(e, group, whom);
    if (!m && permissions && !(m = record_make(e, group, whom)))
        return VMTP_E_FULL;
    if (!m)
        return 0;
    m->permissions = permissions;
    m->granted = (uint8_t)(ours && permissions);
    if (!m->member && !permissions)
        record_free(e, m);
    return 0;
}

/* What Requests of others have left here goes with the last member: nobody could ever take it away. */
static void forget_rights(struct vmtp_engine *e, vmtp_entity group) {
    struct membership *next;
    for (struct membership *m = veng_group_first(e, group); m; m = next) {
        next = veng_group_next(e, m);
        if (!m->granted)
            record_free(e, m);
    }
}

void veng_group_part(struct vmtp_engine *e, struct membership *m) {
    vmtp_entity group = m->group;
    struct listener *l = listener_at(e, m->listener);
    l->joins--;
    listener_changed(e, l);
    record_free(e, m);
    if (!veng_group_is_here(e, group)) {
        forget_rights(e, group);
        veng_block_ended(e, group, VMTP_NEVER);
    }
}

/* Walks all records: entities seldom end, and a list per entity would be one more thing to keep true. */
void veng_group_entity_gone(struct vmtp_engine *e, vmtp_entity entity) {
    if (!e->memberships.used)
        return;
    for (uint32_t i = 0; i <= e->group_map.mask; i++) {
        uint32_t at = e->group_map.heads[i];
        while (at != NONE) {
            struct membership *m = record_at(e, at);
            at = m->hash_next;
            if (m->entity != entity)
                continue;
            if (m->member)
                veng_group_part(e, m);
            else
                record_free(e, m);
            at = e->group_map.heads[i]; /* others may have gone with it */
        }
    }
}

/* ---- for programs ---- */

static int is_local(const struct vmtp_engine *e, vmtp_entity entity) {
    const struct entity *n = veng_entity_find(e, entity);
    return n && (n->role == ROLE_USER || n->role == ROLE_REMOTE);
}

int vmtp_group_create(vmtp_engine *e, vmtp_entity *group, vmtp_entity member, int unrestricted) {
    vmtp_entity id;
    if (!e->block)
        return VMTP_E_NOT_READY;
    if (!is_local(e, member))
        return VMTP_E_NO_ENTITY;
    if (e->memberships.free == NONE || e->listeners.free == NONE) /* before an identifier is spent on it */
        return VMTP_E_FULL;
    int error = veng_group_new_id(e, &id, unrestricted);
    if (!error)
        error = veng_group_join(e, id, member, VMTP_GROUP_ALL);
    if (!error)
        *group = id;
    return error;
}

int vmtp_group_join(vmtp_engine *e, vmtp_entity group, vmtp_entity entity, uint32_t permissions) {
    if (!e->block)
        return VMTP_E_NOT_READY;
    if (!veng_group_valid(group) || (permissions & ~(uint32_t)VMTP_GROUP_BITS))
        return VMTP_E_INVALID;
    if (!is_local(e, entity))
        return VMTP_E_NO_ENTITY;
    if (veng_group_member(e, group, entity))
        return VMTP_E_EXISTS;
    return veng_group_join(e, group, entity, permissions);
}

int vmtp_group_leave(vmtp_engine *e, vmtp_entity group, vmtp_entity entity) {
    struct membership *m = veng_group_member(e, group, entity);
    if (!m)
        return VMTP_E_NO_ENTITY;
    veng_group_part(e, m);
    return 0;
}

int vmtp_group_grant(vmtp_engine *e, vmtp_entity group, vmtp_entity whom, uint32_t permissions) {
    if (!veng_group_valid(group) || !whom || vmtp_is_group(whom) || (permissions & ~(uint32_t)VMTP_GROUP_BITS))
        return VMTP_E_INVALID;
    return veng_group_grant(e, group, whom, permissions, 1);
}

int vmtp_group_permissions(const vmtp_engine *e, vmtp_entity group, vmtp_entity whom, uint32_t *permissions) {
    const struct membership *m = veng_group_record(e, group, whom);
    if (!m)
        return VMTP_E_NO_ENTITY;
    *permissions = m->permissions;
    return m->member;
}

uint32_t vmtp_group_members(const vmtp_engine *e, vmtp_entity group, vmtp_entity *list, uint32_t room) {
    uint32_t count = 0;
    for (const struct membership *m = veng_group_first(e, group); m; m = veng_group_next(e, m)) {
        if (m->member && count < room)
            list[count] = m->entity;
        count += m->member;
    }
    return count;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is where.  Entities that are gone stay in the books, so that their node can say so. */
#include <stdlib.h>

#include "internal.h"

static struct vfake_entity **bucket(vipc_fake *net, vmtp_entity id) {
    return &net->entities[(id * 0x9E3779B97F4A7C15u) >> 56];
}

struct vfake_entity *vfake_entity_find(vipc_fake *net, vmtp_entity id) {
    struct vfake_entity *e = *bucket(net, id);
    while (e && e->id != id)
        e = e->next;
    return e;
}

struct vfake_entity *vfake_entity_make(struct vfake_node *node, vmtp_entity id) {
    vipc_fake *net = node->net;
    if (!id)
        id = 0x0fa4e00000000000u | (vmtp_entity)node->number << 32 | ++node->entities_made;
    struct vfake_entity *e = vfake_entity_find(net, id);
    if (e && e->alive)
        return NULL;
    if (!e) {
        e = vfake_new(sizeof *e);
        e->id = id;
        e->next = *bucket(net, id);
        *bucket(net, id) = e;
    }
    e->node = node;
    e->host = NULL;
    e->alive = 1;
    e->calling = 0;
    return e;
}

struct vfake_entity *vfake_entity_client(struct vfake_node *node) {
    for (unsigned i = 0; i < VFAKE_BUCKETS; i++)
        for (struct vfake_entity *e = node->net->entities[i]; e; e = e->next)
            if (e->node == node && e->alive && !e->host && !e->calling)
                return e;
    return vfake_entity_make(node, 0);
}

void vfake_groups_leave(struct vfake_entity *entity) {
    struct vfake_member **at = &entity->node->net->members;
    while (*at) {
        struct vfake_member *member = *at;
        if (member->entity != entity) {
            at = &member->next;
            continue;
        }
        *at = member->next;
        free(member);
    }
}

void vfake_entity_end(struct vfake_entity *entity) {
    vfake_groups_leave(entity);
    entity->alive = 0;
    entity->host = NULL;
}

int vfake_is_seen(const struct vfake_seen *list, vmtp_entity entity) {
    while (list && list->entity != entity)
        list = list->next;
    return list != NULL;
}

void vfake_see(struct vfake_seen **list, vmtp_entity entity) {
    if (vfake_is_seen(*list, entity))
        return;
    struct vfake_seen *seen = vfake_new(sizeof *seen);
    *seen = (struct vfake_seen){.next = *list, .entity = entity};
    *list = seen;
}

void vfake_unsee(struct vfake_seen **list) {
    while (*list) {
        struct vfake_seen *seen = *list;
        *list = seen->next;
        free(seen);
    }
}

int vfake_is_member(vipc_fake *net, vmtp_entity group, const struct vfake_entity *entity) {
    for (const struct vfake_member *m = net->members; m; m = m->next)
        if (m->group == group && m->entity == entity)
            return 1;
    return 0;
}

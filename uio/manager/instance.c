/* SPDX-License-Identifier: BSD-2-Clause */
/* Instances, by number, and the objects that they are of. */
#include "internal.h"

#include <string.h>

/* ---- numbers (UIO-2.3-02) --------------------------------------------------------------------------------------- */

static uint32_t half(uint64_t secret, uint32_t x) {
    uint64_t z = secret ^ x;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)(z >> 48);
}

/*
 * A count, enciphered: a permutation of 32 bits, so that no number comes twice before all others did (at a million instances a second that is
 * more than an hour), and who knows some does not know others.
 */
static uint32_t encipher(const uint64_t secret[4], uint32_t count) {
    uint32_t left = count >> 16, right = count & 0xffffu;
    for (unsigned round = 0; round < 8; round++) {
        const uint32_t next = left ^ half(secret[round % 4] + round * 0x9e3779b97f4a7c15u, right);
        left = right;
        right = next;
    }
    return left << 16 | right;
}

static uint32_t new_number(uio_manager *m) {
    uint32_t number;
    do
        number = encipher(m->secret, ++m->numbers);
    while (!number || vu_instance_find(m, number));
    return number;
}

/* ---- objects -------------------------------------------------------------------------------------------------- */

static struct vu_object **object_bucket(uio_manager *m, const uint64_t identity[2]) {
    const uint64_t hash = (identity[0] ^ identity[1] * 0x9e3779b97f4a7c15u) * 0x9e3779b97f4a7c15u;
    return &m->object_buckets[(hash >> 32) & m->mask];
}

struct vu_object *vu_object_find(uio_manager *m, const struct uio_manager_type *type, const uint64_t identity[2]) {
    struct vu_object *object = *object_bucket(m, identity);
    while (object && (object->type != type || !vu_same(object->identity, identity)))
        object = object->next;
    return object;
}

/* There are as many objects as instances. */
void vu_instance_use_object(struct vu_instance *instance) {
    uio_manager *m = instance->i.manager;
    struct vu_object *object = vu_object_find(m, instance->i.type, instance->i.identity);
    if (!object) {
        struct vu_object **bucket = object_bucket(m, instance->i.identity);
        object = m->objects_free;
        m->objects_free = object->next;
        memset(object, 0, sizeof *object);
        object->type = instance->i.type;
        memcpy(object->identity, instance->i.identity, sizeof object->identity);
        object->next = *bucket;
        *bucket = object;
    }
    instance->object = object;
    instance->object_next = object->instances;
    object->instances = instance;
}

static void take_out(uio_manager *m, struct vu_object *object) {
    struct vu_object **link = object_bucket(m, object->identity);
    while (*link != object)
        link = &(*link)->next;
    *link = object->next;
}

static void leave_object(struct vu_instance *instance) {
    uio_manager *m = instance->i.manager;
    struct vu_object *object = instance->object;
    struct vu_instance **at = &object->instances;
    while (*at != instance)
        at = &(*at)->object_next;
    *at = instance->object_next;
    instance->object = NULL;
    if (object->instances)
        return;
    take_out(m, object);
    object->next = m->objects_free;
    m->objects_free = object;
}

struct uio_manager_instance *uio_manager_next_instance(const struct uio_manager_instance *of,
                                                       const struct uio_manager_instance *last) {
    const struct vu_instance *from = (const struct vu_instance *)(last ? last : of);
    struct vu_instance *next = last ? from->object_next : from->object->instances;
    return next ? &next->i : NULL;
}

void uio_manager_change_identity(uio_manager *m, const struct uio_manager_type *type, const uint64_t from[2],
                                 const uint64_t to[2]) {
    struct vu_object *object = vu_object_find(m, type, from);
    const uint64_t identity[2] = {to[0], to[1]};
    if (!object || vu_object_find(m, type, identity))
        return;
    take_out(m, object);
    memcpy(object->identity, identity, sizeof identity);
    struct vu_object **bucket = object_bucket(m, identity);
    object->next = *bucket;
    *bucket = object;
    for (struct vu_instance *i = object->instances; i; i = i->object_next)
        memcpy(i->i.identity, identity, sizeof identity);
}

/* ---- errors that are told later (UIO-6.2-09) -------------------------------------------------------------------- */

void vu_object_late(struct vu_object *object, const struct vu_instance *but, uint32_t code) {
    for (struct vu_instance *i = object->instances; i; i = i->object_next)
        if (i != but)
            i->late = code;
}

uint32_t vu_instance_late(struct vu_instance *instance) {
    const uint32_t code = instance->late;
    instance->late = 0;
    instance->i.manager->counters.late_errors_told += code != 0;
    return code;
}

void uio_manager_late_error(uio_manager *m, const struct uio_manager_type *type, const uint64_t identity[2],
                            uint32_t code) {
    struct vu_object *object = vu_object_find(m, type, identity);
    m->counters.late_errors++;
    if (object)
        vu_object_late(object, NULL, code);
}

/* ---- instances -------------------------------------------------------------------------------------------------- */

void vu_instances_init(uio_manager *m) {
    for (unsigned i = 0; i < 4; i++)
        m->secret[i] = vipc_random(m->ipc);
    m->numbers = (uint32_t)vipc_random(m->ipc);
    for (uint32_t i = m->config.instances; i-- > 0;) {
        m->instances[i].next = m->instances_free;
        m->instances_free = &m->instances[i];
        m->objects[i].next = m->objects_free;
        m->objects_free = &m->objects[i];
    }
}

struct vu_instance *vu_instance_new(uio_manager *m) {
    struct vu_instance *instance = m->instances_free;
    if (!instance)
        return NULL;
    m->instances_free = instance->next;
    memset(instance, 0, sizeof *instance);
    instance->used = 1;
    instance->i.manager = m;
    m->instances_used++;
    return instance;
}

void vu_instance_free(struct vu_instance *instance) {
    uio_manager *m = instance->i.manager;
    instance->used = 0;
    instance->next = m->instances_free;
    m->instances_free = instance;
    m->instances_used--;
}

struct vu_instance *vu_instance_find(uio_manager *m, uint32_t number) {
    struct vu_instance *instance = number ? m->instance_buckets[number & m->mask] : NULL;
    while (instance && instance->i.number != number)
        instance = instance->next;
    return instance;
}

void vu_instance_enter(struct vu_instance *instance, vmtp_entity owner) {
    uio_manager *m = instance->i.manager;
    instance->i.number = new_number(m);
    struct vu_instance **bucket = &m->instance_buckets[instance->i.number & m->mask];
    instance->next = *bucket;
    *bucket = instance;
    instance->created = instance->last = vipc_now(m->ipc);
    vu_owner_add(instance, owner);
}

static void leave(struct vu_instance *instance) {
    uio_manager *m = instance->i.manager;
    struct vu_instance **at = &m->instance_buckets[instance->i.number & m->mask];
    while (*at != instance)
        at = &(*at)->next;
    *at = instance->next;
    vu_owner_remove(instance);
}

uint32_t vu_instance_end(struct vu_instance *instance, struct vu_operation *but, uint32_t flags) {
    struct vu_object *object = instance->object;
    uio_manager *m = instance->i.manager;
    vu_operations_cancel(instance, but);
    if (but) {
        but->beside_link = NULL;
        but->op.instance = NULL;
    }
    if (instance->locks)
        vu_lock_set(instance, UIO_LOCK_NONE, 0, VU_LOCK_END);
    if (instance->i.number)
        leave(instance);
    if ((instance->i.attributes & UIO_TRANSACTION) && instance->i.number)
        m->counters.taken_back += instance->dirty != 0;
    uint32_t late = vu_instance_late(instance);
    const uint32_t code = instance->i.type->release(&instance->i, flags);
    if (vu_is_storage_error(code)) {
        m->counters.late_errors++;
        m->counters.late_errors_told++;
        vu_object_late(object, instance, code);
        late = code;
    }
    vu_waiters_look(object);
    leave_object(instance);
    vu_instance_free(instance);
    return late ? late : code;
}

void uio_manager_end_instance(struct uio_manager_instance *instance) {
    vu_instance_end(vu_instance_of(instance), NULL, 0);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "rules.h"

#include <string.h>

int vdir_known_read(struct vdir_known *known, const char *prefix, size_t prefix_length, const void *octets, size_t size,
                    int registered) {
    struct vname_record r;
    if (!octets || vname_record_parse(&r, octets, size) != 0 || r.prefix_length != prefix_length ||
        memcmp(r.prefix, prefix, prefix_length) != 0 || !(r.flags & VNAME_REGISTERED) != !registered)
        return -1;
    *known = (struct vdir_known){.exists = 1, .registered = registered != 0, .record = r};
    return 0;
}

struct vname_record vdir_rule_tell(const struct vname_record *record) {
    struct vname_record told = *record;
    told.flags = (uint16_t)((record->flags & (VNAME_REGISTERED | VNAME_ALIAS_RECORD)) | VNAME_SECOND_HAND);
    return told;
}

/* At least one more than what was, unless there is no more. */
static uint32_t next_generation(const struct vdir_known *known, uint32_t asked) {
    uint32_t least = known->exists ? known->record.generation : 0;
    least += least < UINT32_MAX;
    return asked > least ? asked : least;
}

static int same_octets(const char *a, size_t a_length, const char *b, size_t b_length) {
    return a_length == b_length && (a_length == 0 || memcmp(a, b, a_length) == 0);
}

/* Of one prefix. */
static int same_record(const struct vname_record *a, const struct vname_record *b) {
    return a->flags == b->flags && a->generation == b->generation && a->manager == b->manager && a->group == b->group &&
           a->owner == b->owner && a->context == b->context &&
           same_octets(a->target, a->target_length, b->target, b->target_length);
}

void vdir_rule_register(struct vdir_verdict *v, const struct vdir_known *known, const struct vname_record *asked) {
    const struct vname_record *old = &known->record;
    memset(v, 0, sizeof *v);
    if (known->registered && old->owner != asked->owner) {
        v->code = VNAME_HELD;
        v->told = vdir_rule_tell(old);
        return;
    }
    v->code = VMTP_OK;
    v->registered = 1;
    v->stored = *asked;
    v->stored.flags = (uint16_t)((asked->flags & VNAME_ALIAS_RECORD) | VNAME_REGISTERED);
    if (known->registered && old->manager == asked->manager) /* it may have released its prefix and got it again */
        v->stored.generation = asked->generation > old->generation ? asked->generation : old->generation;
    else
        v->stored.generation = next_generation(known, asked->generation);
    v->write = !known->registered || !same_record(&v->stored, old);
    v->told = vdir_rule_tell(&v->stored);
}

void vdir_rule_unregister(struct vdir_verdict *v, const struct vdir_known *known, const struct vname_record *asked,
                          int anybody) {
    memset(v, 0, sizeof *v);
    if (!known->registered) {
        v->code = VNAME_NOT_FOUND;
        return;
    }
    if (known->record.owner != asked->owner && !anybody) {
        v->code = VMTP_NO_PERMISSION;
        return;
    }
    v->code = VMTP_OK;
    v->write = 1;
    v->stored = known->record;
    v->stored.flags &= (uint16_t)~VNAME_REGISTERED;
    v->told = vdir_rule_tell(&v->stored);
}

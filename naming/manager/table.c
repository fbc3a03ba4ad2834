/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables of records: keeping them, and finding whose a name is. */
#include "internal.h"

#include <string.h>

void vn_keep(struct vn_kept *kept, const struct vname_record *record) {
    const struct vname_record r = *record; /* it may lie in kept */
    memmove(kept->text, r.prefix, r.prefix_length);
    if (r.target_length)
        memmove(kept->text + r.prefix_length, r.target, r.target_length);
    kept->record = r;
    kept->record.prefix = kept->text;
    kept->record.target = kept->text + r.prefix_length;
}

int vn_covers(const struct vname_record *outer, const struct vname_record *inner) {
    return outer->prefix_length < inner->prefix_length &&
           vname_matches(outer->prefix, outer->prefix_length, inner->prefix, inner->prefix_length);
}

int vn_same_text(const struct vname_record *record, const char *prefix, size_t length) {
    return record->prefix_length == length && memcmp(record->prefix, prefix, length) == 0;
}

int vn_same_group(const vname_manager *m, const struct vname_record *record) {
    return m->config.group && record->group == m->config.group;
}

/* ---- prefixes ----------------------------------------------------------------------------------------------- */

static int comes_before(const struct vname_record *a, const struct vname_record *b) {
    const uint16_t shorter = a->prefix_length < b->prefix_length ? a->prefix_length : b->prefix_length;
    const int order = memcmp(a->prefix, b->prefix, shorter);
    return order ? order < 0 : a->prefix_length < b->prefix_length;
}

/* How many of the sorted ones come before it. */
static uint32_t place_of(const vname_manager *m, const struct vname_record *record) {
    uint32_t low = 0, high = m->sorted_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (comes_before(&m->sorted[middle]->kept.record, record))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void sort_in(struct vn_prefix *p) {
    vname_manager *m = p->manager;
    struct vn_prefix **at = m->sorted + place_of(m, &p->kept.record);
    memmove(at + 1, at, (size_t)(m->sorted + m->sorted_count++ - at) * sizeof *at);
    *at = p;
}

void vn_prefix_drop(struct vn_prefix *p) {
    vname_manager *m = p->manager;
    struct vn_prefix **at = m->sorted + place_of(m, &p->kept.record);
    while (*at != p) /* one that is leaving has the same prefix */
        at++;
    memmove(at, at + 1, (size_t)(m->sorted + --m->sorted_count - at) * sizeof *at);
    p->used = 0;
}

struct vn_prefix *vn_prefix_new(vname_manager *m, const struct vname_record *record) {
    for (struct vn_prefix *p = m->prefixes; p < vn_prefixes_end(m); p++) {
        if (p->used)
            continue;
        memset(p, 0, sizeof *p);
        p->manager = m;
        p->used = 1;
        p->serial = ++m->serials;
        p->early_at = p->retry_at = p->mount_at = p->register_at = VMTP_NEVER;
        p->timer.fire = vn_prefix_due;
        p->timer.context = p;
        vn_keep(&p->kept, record);
        sort_in(p);
        return p;
    }
    return NULL;
}

struct vn_prefix *vn_prefix_find(vname_manager *m, const char *prefix, size_t length) {
    for (struct vn_prefix *p = m->prefixes; p < vn_prefixes_end(m); p++)
        if (p->used && p->state != VNAME_PREFIX_LEAVING && vn_same_text(&p->kept.record, prefix, length))
            return p;
    return NULL;
}

struct vn_prefix *vn_prefix_of(vname_manager *m, const struct vname_record *record) {
    return vn_prefix_find(m, record->prefix, record->prefix_length);
}

static int longer(const struct vname_record *record, const struct vname_record *than) {
    return !than || record->prefix_length > than->prefix_length;
}

static int matches(const struct vname_record *record, const char *name, size_t length) {
    return vname_matches(record->prefix, record->prefix_length, name, length);
}

struct vn_prefix *vn_held_match(vname_manager *m, const char *name, size_t length) {
    struct vn_prefix *best = NULL;
    for (struct vn_prefix *p = m->prefixes; p < vn_prefixes_end(m); p++)
        if (vn_is_held(p) && longer(&p->kept.record, best ? &best->kept.record : NULL) &&
            matches(&p->kept.record, name, length))
            best = p;
    return best;
}

struct vn_prefix *vn_held_covering(vname_manager *m, const struct vname_record *record) {
    struct vn_prefix *best = NULL;
    for (struct vn_prefix *p = m->prefixes; p < vn_prefixes_end(m); p++)
        if (vn_is_held(p) && longer(&p->kept.record, best ? &best->kept.record : NULL) &&
            vn_covers(&p->kept.record, record))
            best = p;
    return best;
}

/* ---- mounts ------------------------------------------------------------------------------------------------- */

static int is_over(const vname_manager *m, const struct vn_mount *mount) {
    return !mount->permanent && vipc_now(m->ipc) - mount->heard >= VN_MOUNT_LIFE;
}

struct vn_mount *vn_mount_match(vname_manager *m, const char *name, size_t length) {
    struct vn_mount *best = NULL;
    for (struct vn_mount *t = m->mounts; t < vn_mounts_end(m); t++)
        if (t->used && longer(&t->kept.record, best ? &best->kept.record : NULL) &&
            matches(&t->kept.record, name, length) && !is_over(m, t))
            best = t;
    return best;
}

struct vn_mount *vn_mount_of(vname_manager *m, const struct vname_record *record) {
    for (struct vn_mount *t = m->mounts; t < vn_mounts_end(m); t++)
        if (t->used && vname_record_same_prefix(&t->kept.record, record))
            return t;
    return NULL;
}

/* What somebody only announces does not fill the table (NAME-8.3-13). */
static int may_be_announced(vname_manager *m, vmtp_entity manager) {
    uint32_t announced = 0, his = 0;
    for (const struct vn_mount *t = m->mounts; t < vn_mounts_end(m); t++) {
        const int counts = t->used && !t->permanent && !t->told && !is_over(m, t);
        announced += (uint32_t)counts;
        his += (uint32_t)(counts && t->kept.record.manager == manager);
    }
    return 2 * announced < m->config.mounts && 4 * his < m->config.mounts;
}

struct vn_mount *vn_mount_new(vname_manager *m, const struct vname_record *record, int told) {
    struct vn_mount *place = NULL, *announced = NULL;
    if (!told && !may_be_announced(m, record->manager))
        return NULL;
    for (struct vn_mount *t = m->mounts; t < vn_mounts_end(m) && !place; t++) {
        if (!t->used || is_over(m, t))
            place = t;
        else if (!t->permanent && !t->told && (!announced || t->heard < announced->heard))
            announced = t;
    }
    if (!place && told)
        place = announced;
    if (place)
        memset(place, 0, sizeof *place);
    return place;
}

/* ---- former prefixes ----------------------------------------------------------------------------------------- */

int vn_former_is_fresh(const vname_manager *m, const struct vn_former *f) {
    return vipc_now(m->ipc) - f->at < VN_MOVED_LIFE;
}

/* One that was yielded is forgotten after a while; what was handed over is sent on for as long as there is room. */
static int is_known(const vname_manager *m, const struct vn_former *f) {
    return f->used && (f->handed || vn_former_is_fresh(m, f));
}

struct vn_former *vn_former_match(vname_manager *m, const char *name, size_t length) {
    struct vn_former *best = NULL;
    for (struct vn_former *f = m->formers; f < vn_formers_end(m); f++)
        if (is_known(m, f) && longer(&f->kept.record, best ? &best->kept.record : NULL) &&
            matches(&f->kept.record, name, length))
            best = f;
    return best;
}

struct vn_former *vn_former_find(vname_manager *m, const char *prefix, size_t length) {
    for (struct vn_former *f = m->formers; f < vn_formers_end(m); f++)
        if (is_known(m, f) && vn_same_text(&f->kept.record, prefix, length))
            return f;
    return NULL;
}

void vn_former_add(vname_manager *m, const struct vname_record *now, int handed) {
    struct vn_former *place = vn_former_find(m, now->prefix, now->prefix_length);
    for (struct vn_former *f = m->formers; !place && f < vn_formers_end(m); f++)
        if (!is_known(m, f))
            place = f;
    if (!place) { /* the oldest */
        place = m->formers;
        for (struct vn_former *f = m->formers; f < vn_formers_end(m); f++)
            if (f->at < place->at)
                place = f;
        m->counters.formers_dropped++;
    }
    place->used = 1;
    place->handed = handed;
    place->at = vipc_now(m->ipc);
    vn_keep(&place->kept, now);
}

/* ---- generations of others ----------------------------------------------------------------------------------- */

void vn_heard_note(vname_manager *m, const struct vname_record *record) {
    struct vn_heard *place = m->heard, *end = m->heard + m->config.heard;
    for (struct vn_heard *h = m->heard; h < end; h++) {
        if (h->generation && h->length == record->prefix_length && memcmp(h->prefix, record->prefix, h->length) == 0) {
            if (record->generation > h->generation)
                h->generation = record->generation;
            h->at = vipc_now(m->ipc);
            return;
        }
        if (!h->generation ? place->generation != 0 : h->at < place->at && place->generation)
            place = h;
    }
    place->generation = record->generation;
    place->length = record->prefix_length;
    memcpy(place->prefix, record->prefix, record->prefix_length);
    place->at = vipc_now(m->ipc);
}

uint32_t vn_heard_generation(const vname_manager *m, const struct vname_record *record) {
    for (const struct vn_heard *h = m->heard; h < m->heard + m->config.heard; h++)
        if (h->generation && h->length == record->prefix_length && memcmp(h->prefix, record->prefix, h->length) == 0)
            return h->generation;
    return 0;
}

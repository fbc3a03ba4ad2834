/* SPDX-License-Identifier: BSD-2-Clause */
/* What parents tell children (section 7.2). */
#include <stdlib.h>

#include "internal.h"

uint32_t vname_inherit(vname_resolver *r, const char *names, const char *context) {
    struct vname_text reader;
    struct vname_record record;
    struct vname_place place;
    uint32_t count = 0;
    vname_text_begin(&reader, names);
    while (vname_text_next(&reader, &record)) {
        vn_cache_learn(&r->cache, &record, vipc_now(r->ipc)); /* the parent's last ones stand first */
        struct vn_entry *e = vn_cache_exact(&r->cache, record.prefix, record.prefix_length);
        if (e && (record.flags & VNAME_ALIAS_RECORD))
            e->doubted = 1; /* its use does not find it stale */
        count++;
    }
    r->counters.inherited += count;
    r->counters.inherited_bad += reader.skipped;
    if (vname_text_read_place(&place, context))
        vname_context_set(r, &r->current, &place);
    return count;
}

uint32_t vname_inherit_environment(vname_resolver *r) {
    return vname_inherit(r, getenv("V_NAMES"), getenv("V_CONTEXT"));
}

size_t vname_names_text(const vname_resolver *r, char *text, size_t room) {
    struct vname_record records[VNAME_TEXT_RECORDS];
    uint32_t count = 0;
    for (uint32_t i = r->cache.newest; i != VN_NONE && count < VNAME_TEXT_RECORDS; i = r->cache.entries[i].older)
        records[count++] = r->cache.entries[i].record;
    return vname_text_records(text, room, records, count);
}

size_t vname_context_text(const vname_resolver *r, char *text, size_t room) {
    return r->current.place.length ? vname_text_place(text, room, &r->current.place) : 0;
}

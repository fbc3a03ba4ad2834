/* SPDX-License-Identifier: BSD-2-Clause */
/* Creation, and the program's view. */
#include "internal.h"

#include <string.h>

/* ---- creation ------------------------------------------------------------------------------------------------- */

void vname_manager_config_init_sized(struct vname_manager_config *config, size_t size) {
    if (size < sizeof *config) {
        memset(config, 0, size);
        return;
    }
    memset(config, 0, sizeof *config);
    config->size = size;
    config->prefixes = 16;
    config->claims = 4;
    config->mounts = 64;
    config->formers = 16;
    config->heard = 32;
    config->asks = 8;
    config->depth = 16;
    config->capacity = VMTP_GROUP_OCTETS;
}

/* Where the tables lie in the memory; the last is the end. */
enum table { PREFIXES, SORTED, ROUNDS, MOUNTS, FORMERS, HEARD, ASKS, END };

static void lay_out(const struct vname_manager_config *c, size_t at[END + 1]) {
    const size_t sizes[END] = {c->prefixes * sizeof(struct vn_prefix), c->prefixes * sizeof(struct vn_prefix *),
                               c->claims * sizeof(struct vn_round),    c->mounts * sizeof(struct vn_mount),
                               c->formers * sizeof(struct vn_former),  c->heard * sizeof(struct vn_heard),
                               c->asks * sizeof(struct vn_ask)};
    const size_t unit = _Alignof(max_align_t);
    size_t end = (sizeof(struct vname_manager) + unit - 1) / unit * unit;
    for (unsigned t = 0; t < END; t++) {
        at[t] = end;
        end += (sizes[t] + unit - 1) / unit * unit;
    }
    at[END] = end;
}

#define MOST 65536u /* entries of any table */

static int is_good(const struct vname_manager_config *c) {
    const uint32_t counts[] = {c->prefixes, c->claims, c->formers, c->heard, c->asks, c->depth};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (!counts[i] || counts[i] > MOST)
            return 0;
    return c->size == sizeof *c && c->mounts <= MOST && c->capacity >= VNAME_RECORD_OCTETS &&
           c->directory <= VNAME_DIRECTORY_REQUIRE && (!c->group || vmtp_is_group(c->group)) &&
           !vmtp_is_group(c->entity);
}

size_t vname_manager_footprint(const struct vname_manager_config *config) {
    size_t at[END + 1];
    if (!is_good(config))
        return 0;
    lay_out(config, at);
    return at[END];
}

static void place_tables(vname_manager *m, uint8_t *memory) {
    size_t at[END + 1];
    lay_out(&m->config, at);
    m->prefixes = (void *)(memory + at[PREFIXES]);
    m->sorted = (void *)(memory + at[SORTED]);
    m->rounds = (void *)(memory + at[ROUNDS]);
    m->mounts = (void *)(memory + at[MOUNTS]);
    m->formers = (void *)(memory + at[FORMERS]);
    m->heard = (void *)(memory + at[HEARD]);
    m->asks = (void *)(memory + at[ASKS]);
}

int vname_manager_create(vname_manager **out, vipc *ipc, const struct vname_manager_config *config, void *memory) {
    const size_t size = vname_manager_footprint(config);
    vname_manager *m = memory;
    if (!size || !memory)
        return VMTP_E_INVALID;
    memset(memory, 0, size);
    m->ipc = ipc;
    m->config = *config;
    place_tables(m, memory);
    m->service.entity = config->entity;
    m->service.depth = config->depth;
    m->service.capacity = config->capacity;
    m->service.request = vn_request;
    m->service.context = m;
    vn_announce_init(m);
    while (!m->config.owner)
        m->config.owner = vipc_random(ipc);
    int r = vipc_serve(ipc, &m->service);
    if (r == 0 && config->group && (r = vipc_join(&m->service, config->group)) < 0)
        vipc_unserve(&m->service);
    if (r == 0)
        *out = m;
    return r;
}

void vname_manager_destroy(vname_manager *m) {
    if (!m)
        return;
    for (struct vn_prefix *p = m->prefixes; p < vn_prefixes_end(m); p++) {
        vn_round_end(p);
        vipc_timer_cancel(&p->timer);
    }
    vn_ask_cancel_all(m);
    vipc_cancel(&m->out);
    vipc_timer_cancel(&m->out_timer);
    vipc_timer_cancel(&m->tick);
    vipc_timer_cancel(&m->again);
    vipc_timer_cancel(&m->beat);
    vipc_unserve(&m->service);
}

vmtp_entity vname_manager_entity(const vname_manager *m) { return m->service.entity; }
void *vname_manager_context(const vname_manager *m) { return m->config.context; }
struct vipc_service *vname_manager_service(vname_manager *m) {
    return &m->service;
}

/* ---- inside ----------------------------------------------------------------------------------------------------- */

void vn_tell(vname_manager *m, enum vname_manager_event_type type, const struct vname_record *about,
             const struct vname_record *record, int result, int again) {
    struct vname_manager_event event = {type, about->prefix, about->prefix_length, record, result, again};
    if (m->config.event)
        m->config.event(m, &event);
}

int vn_join(vname_manager *m) {
    int r = m->joined ? 0 : vipc_join(&m->service, VNAME_HANDLERS);
    if (r < 0 || m->joined)
        return r;
    m->joined = 1;
    m->alive = vipc_now(m->ipc);
    vipc_timer_set(m->ipc, &m->tick, m->alive + VN_TICK);
    vn_again(m);
    return 0;
}

void vn_leave_if_empty(vname_manager *m) {
    for (struct vn_prefix *p = m->prefixes; p < vn_prefixes_end(m); p++)
        if (p->used)
            return;
    if (!m->joined)
        return;
    m->joined = 0;
    vipc_timer_cancel(&m->tick);
    vipc_timer_cancel(&m->again);
    (void)vipc_leave(&m->service, VNAME_HANDLERS);
}

/* ---- prefixes --------------------------------------------------------------------------------------------------- */

/* An entry for it; NULL and *error when there can be none. */
static struct vn_prefix *new_prefix(vname_manager *m, const struct vname_record *record, int *error) {
    struct vn_prefix *p = NULL;
    if (!vname_record_is_good(record))
        *error = VMTP_E_INVALID;
    else if (vn_prefix_of(m, record))
        *error = VMTP_E_EXISTS;
    else if ((*error = vn_join(m)) == 0 && !(p = vn_prefix_new(m, record)))
        *error = VMTP_E_FULL;
    if (!p)
        vn_leave_if_empty(m);
    return p;
}

/* What is claimed, as a record; its generation comes later. */
static struct vn_prefix *new_claim(vname_manager *m, const struct vname_manager_claim *claim, int *error) {
    struct vname_record r = {0};
    *error = VMTP_E_INVALID;
    if (!claim->prefix || claim->prefix_length > VNAME_PREFIX_OCTETS || claim->target_length > VNAME_NAME_OCTETS ||
        !claim->target != !claim->target_length)
        return NULL;
    r.flags = claim->target ? VNAME_ALIAS_RECORD : 0;
    r.generation = 1;
    r.manager = m->service.entity;
    r.group = m->config.group;
    r.owner = m->config.owner;
    r.context = claim->context;
    r.prefix = claim->prefix;
    r.prefix_length = (uint16_t)claim->prefix_length;
    r.target = claim->target;
    r.target_length = (uint16_t)claim->target_length;
    struct vn_prefix *p = new_prefix(m, &r, error);
    if (p) {
        p->remembered = claim->generation;
        p->again = claim->again;
    }
    return p;
}

int vname_manager_claim(vname_manager *m, const struct vname_manager_claim *claim) {
    int error;
    struct vn_prefix *p = new_claim(m, claim, &error);
    if (p) {
        p->state = VNAME_PREFIX_WAITING;
        vn_claims_start(m);
    }
    return error;
}

int vname_manager_take_over(vname_manager *m, vmtp_entity from, const struct vname_manager_claim *claim) {
    int error;
    if (!from || vmtp_is_group(from) || from == m->service.entity)
        return VMTP_E_INVALID;
    struct vn_prefix *p = new_claim(m, claim, &error);
    if (p) {
        p->state = VNAME_PREFIX_TAKING;
        p->from = from;
        p->retry_at = vipc_now(m->ipc); /* from a timer, so that nothing is told from inside this call */
        vn_arm(p);
    }
    return error;
}

int vname_manager_adopt(vname_manager *m, const struct vname_record *record) {
    int error;
    if (record->manager != m->service.entity || (record->flags & (VNAME_CLAIMING | VNAME_RELEASED)))
        return VMTP_E_INVALID;
    struct vn_prefix *p = new_prefix(m, record, &error);
    if (p) {
        p->state = VNAME_PREFIX_HELD;
        p->held_since = vipc_now(m->ipc);
        if (m->config.directory != VNAME_DIRECTORY_NEVER && !(record->flags & VNAME_REGISTERED))
            p->register_at = p->held_since;
        vn_cover_unknown(p);
        vn_arm(p);
    }
    return error;
}

int vname_manager_release(vname_manager *m, const char *prefix, size_t length, uint32_t flags) {
    struct vn_prefix *p = vn_prefix_find(m, prefix, length);
    if (flags & ~(uint32_t)VNAME_MANAGER_UNREGISTER)
        return VMTP_E_INVALID;
    if (!p)
        return VMTP_E_NO_ENTITY;
    vn_release(p, flags);
    return 0;
}

int vname_manager_is_quiet(const vname_manager *m) {
    if (m->out.ipc || m->out_timer.ipc)
        return 0;
    for (uint32_t i = 0; i < m->config.asks; i++)
        if (m->asks[i].used)
            return 0;
    for (uint32_t i = 0; i < m->config.prefixes; i++)
        if (m->prefixes[i].used && m->prefixes[i].state == VNAME_PREFIX_LEAVING)
            return 0;
    return 1;
}

void vname_manager_link_up(vname_manager *m) { vn_say_all(m, VN_SAY_HELD); }

static int add_mount(vname_manager *m, const struct vname_record *record, int permanent) {
    if (!vname_record_is_good(record) || record->manager == m->service.entity)
        return VMTP_E_INVALID;
    struct vn_mount *mount = vn_mount_of(m, record);
    if (!mount && !(mount = vn_mount_new(m, record, 1)))
        return VMTP_E_FULL;
    mount->used = mount->told = 1;
    mount->permanent = permanent;
    mount->heard = vipc_now(m->ipc);
    vn_keep(&mount->kept, record);
    return 0;
}

int vname_manager_mount(vname_manager *m, const struct vname_record *record) { return add_mount(m, record, 1); }

int vname_manager_adopt_mount(vname_manager *m, const struct vname_record *record) { return add_mount(m, record, 0); }

int vname_manager_unmount(vname_manager *m, const char *prefix, size_t length) {
    for (struct vn_mount *t = m->mounts; t < vn_mounts_end(m); t++)
        if (t->used && vn_same_text(&t->kept.record, prefix, length)) {
            t->used = 0;
            return 0;
        }
    return VMTP_E_NO_ENTITY;
}

/* ---- looking in ---------------------------------------------------------------------------------------------------- */

static void view_of(const struct vn_prefix *p, struct vname_manager_prefix *view) {
    view->state = p->state;
    view->record = p->kept.record;
    view->coverer = p->coverer;
    view->coverer_length = p->coverer_length;
    view->mounted = p->mounted && p->mounted == p->coverer;
    view->round = p->round ? (uint8_t)p->round->number : 0;
}

int vname_manager_nth_prefix(const vname_manager *m, uint32_t which, struct vname_manager_prefix *view) {
    for (uint32_t i = 0; i < m->config.prefixes; i++)
        if (m->prefixes[i].used && which-- == 0) {
            view_of(&m->prefixes[i], view);
            return 1;
        }
    return 0;
}

int vname_manager_find_prefix(const vname_manager *m, const char *prefix, size_t length,
                              struct vname_manager_prefix *view) {
    for (uint32_t i = 0; i < m->config.prefixes; i++)
        if (m->prefixes[i].used && m->prefixes[i].state != VNAME_PREFIX_LEAVING &&
            vn_same_text(&m->prefixes[i].kept.record, prefix, length)) {
            view_of(&m->prefixes[i], view);
            return 1;
        }
    return 0;
}

int vname_manager_nth_mount(const vname_manager *m, uint32_t which, struct vname_manager_mount *view) {
    for (uint32_t i = 0; i < m->config.mounts; i++)
        if (m->mounts[i].used && which-- == 0) {
            view->record = m->mounts[i].kept.record;
            view->heard = m->mounts[i].heard;
            view->permanent = m->mounts[i].permanent;
            return 1;
        }
    return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The service as a manager of names: NAME_MANAGER, NAME_CLAIM, NAME_RELEASE, NAME_STATE.  spec/testing.md section 4.18. */
#include "test_names.h"

#include <stdlib.h>

/* ---- what it is told -------------------------------------------------------------------------------------------------- */

static struct vtest_names_event *find_event(struct vtest_names *n, const char *prefix, size_t length) {
    for (unsigned i = 0; i < VTEST_EVENTS; i++)
        if (n->events[i].length == length && memcmp(n->events[i].prefix, prefix, length) == 0)
            return &n->events[i];
    return NULL;
}

static void on_event(vname_manager *manager, const struct vname_manager_event *event) {
    struct vtest_names *n = vname_manager_context(manager);
    struct vtest_names_event *e = find_event(n, event->prefix, event->prefix_length);
    if (!e) {
        e = &n->events[n->next_event++ % VTEST_EVENTS];
        *e = (struct vtest_names_event){.length = event->prefix_length};
        memcpy(e->prefix, event->prefix, event->prefix_length);
    }
    e->type = (uint32_t)event->type + 1;
    e->code = (uint32_t)event->result;
    e->count++;
    e->record_octets = event->record ? vname_record_encode(e->record, sizeof e->record, event->record) : 0;
}

static int allow_mount(vname_manager *manager, const struct vname_record *record) {
    const struct vtest_names *n = vname_manager_context(manager);
    (void)record;
    return !(n->flags & VTEST_NO_MOUNTS);
}

static int allow_hand_over(vname_manager *manager, const struct vname_record *record) {
    const struct vtest_names *n = vname_manager_context(manager);
    (void)record;
    return (n->flags & VTEST_HAND_OVER) != 0;
}

/* ---- NAME_MANAGER ----------------------------------------------------------------------------------------------------- */

void vtest_names_end_manager(struct vtest_names *n) {
    vname_manager_destroy(n->manager);
    free(n->memory);
    n->manager = NULL;
    n->memory = NULL;
    memset(n->contexts, 0, sizeof n->contexts);
    memset(n->events, 0, sizeof n->events);
}

static uint32_t make_manager(struct vtest_names *n, const uint32_t *words) {
    struct vname_manager_config config;
    vname_manager_config_init(&config);
    config.prefixes = 32;
    config.group = vmtp_words_get64(words + 2);
    config.owner = vmtp_words_get64(words + 4);
    config.directory = words[0] & VTEST_REQUIRE_DIRECTORY ? VNAME_DIRECTORY_REQUIRE
                       : words[0] & VTEST_USE_DIRECTORY   ? VNAME_DIRECTORY_TRY
                                                          : VNAME_DIRECTORY_NEVER;
    if (words[1])
        config.mounts = words[1];
    config.operation = vtest_tree_operation;
    config.event = on_event;
    config.context_name = vtest_tree_context_name;
    config.takes_empty = vtest_tree_takes_empty;
    config.allow_mount = allow_mount;
    config.allow_hand_over = allow_hand_over;
    config.context = n;
    const size_t size = vname_manager_footprint(&config);
    if (size == 0)
        return VMTP_TEST_BAD_ARGUMENT;
    n->flags = words[0];
    n->memory = malloc(size);
    const int rc = n->memory ? vname_manager_create(&n->manager, n->ipc, &config, n->memory) : VMTP_E_MEMORY;
    if (rc == 0)
        return 0;
    free(n->memory);
    n->memory = NULL;
    n->manager = NULL;
    return rc == VMTP_E_INVALID ? VMTP_TEST_BAD_ARGUMENT : VMTP_TEST_NO_ROOM;
}

void vtest_name_manager(vtest_service *s, struct vtest_work *w) {
    struct vtest_names *n = s->names;
    const uint32_t *words = w->request->message.words;
    uint32_t refusal = words[0] > VTEST_MANAGER_ALL ? VMTP_TEST_BAD_ARGUMENT : 0;
    if (!refusal && words[0] & (VTEST_ANEW | VTEST_END))
        vtest_names_end_manager(n);
    if (!refusal && words[0] & VTEST_ANEW)
        refusal = make_manager(n, words);
    if (refusal)
        vtest_refuse(w, refusal);
    else if (n->manager)
        vmtp_words_put64(w->answer.words, vname_manager_entity(n->manager));
}

/* ---- NAME_CLAIM ------------------------------------------------------------------------------------------------------- */

static uint32_t refusal_of(int rc) { return rc == VMTP_E_INVALID ? VMTP_TEST_BAD_ARGUMENT : VMTP_TEST_NO_ROOM; }

/* The operator tells of a mount. */
static uint32_t tell_mount(struct vtest_names *n, const struct vname_manager_claim *claim, vmtp_entity manager) {
    const struct vname_record record = {.generation = claim->generation ? claim->generation : 1,
                                        .manager = manager,
                                        .context = claim->context,
                                        .prefix = claim->prefix,
                                        .prefix_length = (uint16_t)claim->prefix_length};
    const int rc = vname_manager_mount(n->manager, &record);
    return rc == 0 ? 0 : refusal_of(rc);
}

static uint32_t begin_claim(struct vtest_names *n, const uint32_t *words, struct vname_manager_claim *claim) {
    const vmtp_entity other = vmtp_words_get64(words + 2);
    if (words[0] & VTEST_OPERATOR)
        return tell_mount(n, claim, other);
    if (!claim->context)
        claim->context = vtest_tree_context(n, claim->prefix, claim->prefix_length, "", 0);
    if (!claim->context)
        return VMTP_TEST_NO_ROOM;
    const int rc = words[0] & VTEST_TAKE ? vname_manager_take_over(n->manager, other, claim)
                                         : vname_manager_claim(n->manager, claim);
    return rc == 0 ? 0 : refusal_of(rc);
}

void vtest_name_claim(vtest_service *s, struct vtest_work *w) {
    struct vtest_names *n = s->names;
    const uint32_t *words = w->request->message.words, size = w->request->segment_size, length = words[4];
    uint32_t refusal = n->manager ? 0 : VMTP_TEST_NO_ROOM;
    struct vname_manager_claim claim = {
        .context = words[5], .generation = words[1], .again = (words[0] & VTEST_AGAIN) != 0};
    if (words[0] > VTEST_CLAIM_ALL || length > size || length > VNAME_PREFIX_OCTETS ||
        vname_check_prefix(vtest_names_text(w), length))
        refusal = VMTP_TEST_BAD_ARGUMENT;
    if (!refusal) {
        claim.prefix = vtest_names_text(w);
        claim.prefix_length = length;
        claim.target = size > length ? claim.prefix + length : NULL;
        claim.target_length = size - length;
        refusal = begin_claim(n, words, &claim);
    }
    if (refusal)
        vtest_refuse(w, refusal);
    else
        w->answer.words[0] = claim.context;
}

/* ---- NAME_RELEASE ----------------------------------------------------------------------------------------------------- */

static int release_all(struct vtest_names *n, uint32_t flags) {
    struct vname_manager_prefix view;
    char prefix[VNAME_PREFIX_OCTETS];
    for (uint32_t i = 0; vname_manager_nth_prefix(n->manager, i, &view);) {
        const size_t length = view.record.prefix_length;
        memcpy(prefix, view.record.prefix, length);
        if (view.state == VNAME_PREFIX_LEAVING || vname_manager_release(n->manager, prefix, length, flags) != 0)
            i++;
    }
    return 0;
}

void vtest_name_release(vtest_service *s, struct vtest_work *w) {
    struct vtest_names *n = s->names;
    const uint32_t flags = w->request->message.words[0], size = w->request->segment_size;
    if (flags > VNAME_MANAGER_UNREGISTER || size > VNAME_PREFIX_OCTETS) {
        vtest_refuse(w, VMTP_TEST_BAD_ARGUMENT);
        return;
    }
    const int rc = !n->manager ? VMTP_E_FULL
                   : size      ? vname_manager_release(n->manager, vtest_names_text(w), size, flags)
                               : release_all(n, flags);
    if (rc != 0)
        vtest_refuse(w, rc == VMTP_E_NO_ENTITY ? VMTP_NONEXISTENT_ENTITY : refusal_of(rc));
}

/* ---- NAME_STATE ------------------------------------------------------------------------------------------------------- */

static uint32_t state_word(enum vname_manager_state state) {
    switch (state) {
    case VNAME_PREFIX_WAITING:
    case VNAME_PREFIX_CLAIMING: return VMTP_TEST_STATE_CLAIMING;
    case VNAME_PREFIX_REGISTERING: return VMTP_TEST_STATE_REGISTERING;
    case VNAME_PREFIX_TAKING: return VMTP_TEST_STATE_TAKING;
    case VNAME_PREFIX_BACKOFF: return VMTP_TEST_STATE_WAITING;
    case VNAME_PREFIX_HELD: return VMTP_TEST_STATE_HELD;
    case VNAME_PREFIX_LEAVING: return VMTP_TEST_STATE_LEAVING;
    }
    return VMTP_TEST_STATE_UNKNOWN;
}

void vtest_name_state(vtest_service *s, struct vtest_work *w) {
    struct vtest_names *n = s->names;
    const char *prefix = vtest_names_text(w);
    const size_t length = w->request->segment_size;
    struct vname_manager_prefix view;
    if (length == 0 || length > VNAME_PREFIX_OCTETS || !n->manager) {
        vtest_refuse(w, n->manager ? VMTP_TEST_BAD_ARGUMENT : VMTP_TEST_NO_ROOM);
        return;
    }
    const struct vtest_names_event *e = find_event(n, prefix, length);
    if (e) {
        w->answer.words[1] = e->type;
        w->answer.words[2] = e->code;
        w->answer.words[3] = e->count;
    }
    if (vname_manager_find_prefix(n->manager, prefix, length, &view)) {
        w->answer.words[0] = state_word(view.state);
        w->segment_size = vname_record_encode(w->slot->area, VTEST_AREA, &view.record);
    } else if (e) {
        memcpy(w->slot->area, e->record, e->record_octets);
        w->segment_size = e->record_octets;
    }
    w->segment = w->slot->area;
}

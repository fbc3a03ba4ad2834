/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of counters and states. */
#include "internal.h"

static const struct {
    const char *name, *text;
} counters[] = {
#define VN_COUNTER(name, text) {#name, text},
    VNAME_MANAGER_COUNTERS(VN_COUNTER)
#undef VN_COUNTER
};

const struct vname_manager_counters *vname_manager_counters(const vname_manager *m) { return &m->counters; }

const char *vname_manager_counter_name(unsigned which) {
    return which < VNAME_MANAGER_COUNTER_COUNT ? counters[which].name : NULL;
}

const char *vname_manager_counter_text(unsigned which) {
    return which < VNAME_MANAGER_COUNTER_COUNT ? counters[which].text : NULL;
}

const char *vname_manager_state_name(enum vname_manager_state state) {
    switch (state) {
    case VNAME_PREFIX_WAITING: return "waiting";
    case VNAME_PREFIX_CLAIMING: return "claiming";
    case VNAME_PREFIX_REGISTERING: return "registering";
    case VNAME_PREFIX_TAKING: return "taking over";
    case VNAME_PREFIX_BACKOFF: return "refused";
    case VNAME_PREFIX_HELD: return "held";
    case VNAME_PREFIX_LEAVING: return "leaving";
    }
    return "unknown";
}

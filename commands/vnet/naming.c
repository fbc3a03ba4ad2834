/* SPDX-License-Identifier: BSD-2-Clause */
#include "naming.h"
#include "text.h"
#include "vnet.h"

#include <stdio.h>
#include <string.h>
#include <vipc/host.h>

static int open_resolver(struct naming *n, const struct vname_config *config) {
    int rc = vipc_host_open(&n->ipc, n->node.host);
    if (rc == 0 && config)
        rc = vname_open(&n->resolver, n->ipc, config);
    if (rc != 0)
        return vnet_fail("%s", vmtp_error_text(rc));
    if (config)
        vname_inherit_environment(n->resolver);
    return VNET_OK;
}

int naming_open(struct naming *n, const struct common_options *common, const struct vname_config *config) {
    struct vmtp_host_config host;
    vmtp_host_config_init(&host);
    return naming_open_on(n, common, config, &host);
}

int naming_open_on(struct naming *n, const struct common_options *common, const struct vname_config *config,
                   struct vmtp_host_config *host) {
    *n = (struct naming){0};
    int rc = node_open(&n->node, host, common);
    if (rc != VNET_OK)
        return rc;
    rc = open_resolver(n, config);
    return rc == VNET_OK ? rc : naming_close(n, rc);
}

int naming_close(struct naming *n, int code) {
    vname_close(n->resolver);
    vipc_close(n->ipc);
    return node_close(&n->node, code);
}

int naming_wait(struct naming *n, const int *flag, vmtp_time until) {
    struct vmtp_event event;
    for (;;) {
        const int busy = vmtp_host_turn(n->node.host);
        while (vmtp_host_next_event(n->node.host, &event))
            continue; /* nothing that is waited for here */
        if (busy < 0)
            return busy;
        if (*flag)
            return 0;
        if (node_interrupted())
            return VMTP_E_CANCELLED;
        if (node_now(&n->node) >= until)
            return VMTP_E_TIMEOUT;
        const int rc = busy ? 0 : node_wait(&n->node, -1, until);
        if (rc != 0)
            return rc;
    }
}

/* ---- records ------------------------------------------------------------------------------------------------------- */

static const struct {
    uint16_t flag;
    const char *word;
} flags[] = {{VNAME_REGISTERED, "registered"},
             {VNAME_ALIAS_RECORD, "alias"},
             {VNAME_HANDED_OVER, "moved"},
             {VNAME_SECOND_HAND, "second-hand"}};

char *naming_flags(char buf[NAMING_FLAGS], const struct vname_record *record) {
    size_t at = 0;
    buf[0] = 0;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (record->flags & flags[i].flag)
            at += (size_t)snprintf(buf + at, NAMING_FLAGS - at, " %s", flags[i].word);
    return buf;
}

json_t *naming_json(const struct vname_record *record) {
    json_t *words = json_array();
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (record->flags & flags[i].flag)
            json_array_append_new(words, json_string(flags[i].word));
    json_t *o = json_pack("{s:s%, s:o, s:I, s:I, s:o, s:o}", "prefix", record->prefix, (size_t)record->prefix_length,
                          "manager", json_entity(record->manager), "context", (json_int_t)record->context, "generation",
                          (json_int_t)record->generation, "owner", json_entity(record->owner), "flags", words);
    if (o && record->group)
        json_object_set_new(o, "group", json_entity(record->group));
    if (o && record->target_length)
        json_object_set_new(o, "target", json_stringn(record->target, record->target_length));
    return o;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* vnet up - a node with the test service. */
#include "counters.h"
#include "node.h"
#include "test_protocol.h"
#include "text.h"
#include "up_names.h"
#include "up_options.h"
#include "vnet.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct up {
    struct up_options options;
    vmtp_entity group; /* 0: none */
    struct node node;
    vtest_service *service;
    struct up_names names;
};

/* ---- what it prints ------------------------------------------------------------------------------------------------ */

static void say_ready(struct up *u) {
    const struct vmtp_port_info *port = &vmtp_host_port(u->node.host)->info;
    uint32_t mtu = u->options.engine.host.engine.mtu ? u->options.engine.host.engine.mtu : port->mtu;
    vmtp_entity manager = vmtp_host_manager(u->node.host), test = vtest_entity(u->service);
    char text[VMTP_ENTITY_TEXT], mac[TEXT_MAC];
    if (u->options.common.json) {
        json_t *o = json_pack("{s:s, s:o, s:o, s:o, s:o, s:i}", "event", "ready", "manager", json_entity(manager),
                              "test", json_entity(test), "mac", json_mac(port->mac), "interface",
                              json_text(u->node.interface_name), "mtu", (int)mtu);
        if (u->group)
            json_object_set_new(o, "group", json_entity(u->group));
        json_line(o);
        return;
    }
    printf("ready manager=%s", vmtp_entity_format(text, manager));
    printf(" test=%s mac=%s interface=%s mtu=%u", vmtp_entity_format(text, test), text_mac(mac, port->mac),
           u->node.interface_name, mtu);
    if (u->group)
        printf(" group=%s", vmtp_entity_format(text, u->group));
    putchar('\n');
    vnet_flush();
}

static void say_end(const struct up *u) {
    if (!u->options.common.json) {
        counters_print(&u->node);
        return;
    }
    json_t *o = json_pack("{s:s}", "event", "end"), *counters = counters_json(&u->node);
    json_object_update(o, counters);
    json_decref(counters);
    json_line(o);
}

static void say_entity(struct up *u, const char *what, vmtp_entity entity) {
    char text[VMTP_ENTITY_TEXT];
    if (u->options.common.json)
        json_line(json_pack("{s:s, s:o}", "event", what, "entity", json_entity(entity)));
    else
        printf("%s %s\n", what, vmtp_entity_format(text, entity));
    vnet_flush();
}

/* ---- what it does -------------------------------------------------------------------------------------------------- */

static void handle(struct up *u, const struct vmtp_event *event) {
    if (event->type == VMTP_EV_ENTITY_CREATED)
        say_entity(u, "entity-created", event->entity);
    if (event->type == VMTP_EV_ENTITY_DELETED)
        say_entity(u, "entity-deleted", event->entity);
    vtest_event(u->service, event, node_now(&u->node));
}

/* Until somebody interrupts (then 0) or something breaks. */
static int serve(struct up *u) {
    struct vmtp_event event;
    for (;;) {
        int rc = node_next(&u->node, &event, vtest_deadline(u->service));
        if (rc == VMTP_E_DOWN) {
            rc = node_await_interface(&u->node);
            up_names_link_up(&u->names);
        }
        if (rc == VMTP_E_CANCELLED)
            return 0;
        if (rc < 0)
            return rc;
        if (rc > 0)
            handle(u, &event);
        vtest_expire(u->service, node_now(&u->node));
    }
}

/* One Request and three retransmissions: enough on a segment that works. */
#define SEARCH_TIME (400 * VMTP_MILLISECOND)

/* An identifier names one entity of the segment: VNET_OK when nobody has ours. */
static int look_for_rival(struct up *u) {
    char id[VMTP_ENTITY_TEXT], mac[TEXT_MAC];
    vmtp_entity entity = u->options.service.id;
    struct node_call call = {.timeout = SEARCH_TIME};
    struct node_answer answer;
    call.message.server = VMTP_MANAGER_GROUP;
    call.message.code = VMTP_PROBE_ENTITY;
    vmtp_message_set_coresident(&call.message, entity);
    vmtp_words_put64(call.message.words + 2, entity);
    int rc = node_call(&u->node, &call, &answer);
    if (rc == VMTP_RETRANS_TIMEOUT || rc == VMTP_USER_TIMEOUT)
        return VNET_OK;
    if (rc != 0)
        return node_explain(&u->node, rc, entity, SEARCH_TIME);
    return vnet_fail("--entity %s is in use: the node at %s has it", vmtp_entity_format(id, entity),
                     text_mac(mac, answer.source));
}

static int start(struct up *u) {
    char id[VMTP_ENTITY_TEXT];
    struct vtest_options *o = &u->options.service;
    if (up_names_open(&u->names, &u->node, &u->options.names) != VNET_OK)
        return VNET_FAILED;
    o->ipc = u->names.ipc;
    if (o->id && look_for_rival(u) != VNET_OK)
        return VNET_FAILED;
    int rc = vtest_create(&u->service, u->node.engine, o, node_now(&u->node));
    if (rc == VMTP_E_SYSTEM)
        return vnet_fail("--files %s: %s", o->files, strerror(errno));
    if (rc == VMTP_E_EXISTS || rc == VMTP_E_INVALID)
        return vnet_misuse("--entity %s cannot be used here: %s", vmtp_entity_format(id, o->id), vmtp_error_text(rc));
    if (rc != 0)
        return vnet_fail("cannot start the test service: %s", vmtp_error_text(rc));
    return VNET_OK;
}

/* A group's identifier that has only flags asks for a new one. */
static int join(struct up *u) {
    char text[VMTP_ENTITY_TEXT];
    vmtp_entity test = vtest_entity(u->service);
    int rc;
    u->group = u->options.group;
    if (u->group == 0)
        return VNET_OK;
    if ((u->group & ~(VMTP_ID_GRP | VMTP_ID_UGP)) == 0) {
        rc = vmtp_group_create(u->node.engine, &u->group, test, (u->group & VMTP_ID_UGP) != 0);
        if (rc == 0)
            rc = vmtp_group_grant(u->node.engine, u->group, test, u->options.permissions);
    } else {
        rc = vmtp_group_join(u->node.engine, u->group, test, u->options.permissions);
    }
    if (rc != 0)
        return vnet_fail("cannot join the group %s: %s", vmtp_entity_format(text, u->options.group), vmtp_error_text(rc));
    return VNET_OK;
}

static int run(struct up *u) {
    int rc = start(u);
    if (rc == VNET_OK)
        rc = join(u);
    if (rc != VNET_OK)
        return rc;
    say_ready(u);
    if (vnet_flush() != 0) /* nobody will know how to reach it */
        return VNET_OK;    /* what is wrong is said at the end of main */
    rc = up_names_begin(&u->names, vtest_entity(u->service));
    if (rc != VNET_OK)
        return rc;
    rc = serve(u);
    if (rc == 0)
        up_names_release(&u->names);
    say_end(u);
    return rc == 0 ? VNET_OK : node_explain(&u->node, rc, vtest_entity(u->service), 0);
}

int up_run(const struct up_options *o) {
    struct up u = {.options = *o};
    int rc = node_open(&u.node, &u.options.engine.host, &u.options.common);
    if (rc != VNET_OK)
        return rc;
    rc = run(&u);
    if (u.service)
        vtest_close_names(u.service);
    up_names_close(&u.names);
    rc = node_close(&u.node, rc);
    vtest_destroy(u.service);
    return rc;
}

int vnet_up(int argc, char **argv) {
    struct up_options options;
    enum option_outcome outcome = up_options_parse(&options, argc, argv);
    if (outcome != OPTIONS_GO)
        return outcome == OPTIONS_DONE ? VNET_OK : VNET_USAGE;
    return up_run(&options);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* vnet group - create or join a group of entities and serve as a member; query its members by node (QueryGroup). */
#include "node.h"
#include "test_protocol.h"
#include "text.h"
#include "up_options.h"
#include "vnet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NODES_MOST 4096u
#define MEMBERS_MOST 65536u

/* Members that one manager has told. */
struct share {
    uint8_t mac[6];
    vmtp_entity manager;
    uint32_t count; /* as it says */
    uint32_t known;
    vmtp_entity *members;
};

struct group {
    struct common_options common;
    vmtp_time timeout;
    uint32_t most;
    uint8_t unrestricted;
    const char *permissions;
    const char *words[2]; /* what to do, and with which group */
    vmtp_entity id;
    uint32_t bits;
    struct node node;
    struct share *shares;
    uint32_t count, extra;
    uint32_t capacity; /* of one answer */
};

static const char usage[] = "group create|join GROUP|query GROUP -i IFACE [options]";
static const char about[] =
    "Groups of entities: a Request to a group goes to all its members, on whatever nodes.\n"
    "  create   makes a new group on a node with a test service that is its first member, and serves until SIGINT or\n"
    "           SIGTERM. When it is ready it prints what `vnet up` prints, and group=ID\n"
    "  join     the same for a group that exists: its members need not know each other\n"
    "  query    lists the members by node: asks all managers at once (QueryGroup)";
static const char after[] =
    "BITS is the sum of the permissions: 0x01 manager, 0x02 removable by itself, 0x04 by its principal, 0x08 by "
    "others,\n"
    "0x10 adds its principal's entities, 0x20 adds others, 0x40 removes its principal's, 0x80 removes others.\n"
    "Exit codes: 0 done (query: the group has members), 1 it failed, 2 wrong command line.\n"
    "Example: vnet group query 6000-0000-0000-0100 -i eth0";

/* ---- the command line ---------------------------------------------------------------------------------------------- */

static int parse_permissions(struct group *g) {
    char *end;
    errno = 0;
    unsigned long value = g->permissions ? strtoul(g->permissions, &end, 0) : g->bits;
    if (g->permissions && (*g->permissions < '0' || *g->permissions > '9' || *end || errno || value > VMTP_GROUP_BITS))
        return vnet_misuse("--permissions takes a number from 0 to 0x1ff, not \"%s\"", g->permissions);
    g->bits = (uint32_t)value;
    return VNET_OK;
}

static int is(const struct group *g, const char *what) { return strcmp(g->words[0], what) == 0; }

static int check(struct group *g, unsigned words) {
    if (words == 0)
        return vnet_misuse("say what to do: create, join or query; usage: vnet %s", usage);
    if (!is(g, "create") && !is(g, "join") && !is(g, "query"))
        return vnet_misuse("\"%s\" is none of create, join and query", g->words[0]);
    if (is(g, "create") && words > 1)
        return vnet_misuse("create makes an identifier of its own: \"%s\" is one argument too many", g->words[1]);
    if (!is(g, "create") && words < 2)
        return vnet_misuse("say which group; usage: vnet %s", usage);
    if (!is(g, "create") && (vmtp_entity_parse(&g->id, g->words[1]) != 0 || !vmtp_is_group(g->id)))
        return vnet_misuse("\"%s\" is no group; write it as 4000-0000-0000-0100 (the second highest bit is set)",
                           g->words[1]);
    if (is(g, "join") && g->id == VMTP_MANAGER_GROUP)
        return vnet_misuse("the members of %s are the managers of all nodes", g->words[1]);
    if (g->unrestricted && !is(g, "create"))
        return vnet_misuse("--unrestricted is for create: the identifier of another group says whether it is");
    if (is(g, "create"))
        g->bits = VMTP_GROUP_ALL;
    return parse_permissions(g);
}

static enum option_outcome parse(struct group *g, int argc, char **argv) {
    struct option_row common[COMMON_ROWS];
    const struct option_row rows[] = {
        {"unrestricted", 0, OPTION_FLAG, &g->unrestricted, NULL, "create: anybody may join and be joined", 0, 0},
        {"permissions", 0, OPTION_TEXT, &g->permissions, "BITS",
         "the member's in the group; default: create 0xff, join 0x02", 0, 0},
        {"timeout", 0, OPTION_DURATION, &g->timeout, "TIME", "query: how long to collect answers; default 500ms", 0, 0},
        {"most", 0, OPTION_NUMBER, &g->most, "N", "query: room for this many nodes; default 256", 1, NODES_MOST},
        {0}};
    const struct option_page page = {usage, about, after, common, rows};
    unsigned words;
    common_rows(common, &g->common);
    enum option_outcome outcome = options_parse(&page, argc, argv, g->words, 2, &words);
    if (outcome != OPTIONS_GO)
        return outcome;
    if (check(g, words) != VNET_OK || common_require_interface(&g->common) != 0)
        return OPTIONS_WRONG;
    return OPTIONS_GO;
}

/* ---- create, join --------------------------------------------------------------------------------------------------- */

static int serve(const struct group *g) {
    struct up_options up;
    up_options_init(&up);
    up.common = g->common;
    up.permissions = g->bits;
    up.group = is(g, "join") ? g->id : VMTP_ID_GRP | (g->unrestricted ? VMTP_ID_UGP : 0);
    return up_run(&up);
}

/* ---- query ----------------------------------------------------------------------------------------------------------- */

static void write_query(const struct group *g, struct vmtp_message *m, vmtp_entity server, vmtp_entity past) {
    m->server = server;
    m->code = VMTP_QUERY_GROUP;
    vmtp_message_set_coresident(m, g->id);
    vmtp_words_put64(m->words + 2, past);
}

/* The members that an answer tells; how many of them were new. */
static uint32_t read_members(struct share *s, const uint8_t *segment, uint32_t size) {
    uint32_t got = size >= 4 ? (size - 4) / 8 : 0;
    s->count = size >= 4 ? vmtp_load32(segment) : 0;
    if (s->known + got > MEMBERS_MOST)
        got = MEMBERS_MOST - s->known;
    vmtp_entity *more = got ? realloc(s->members, (s->known + got) * sizeof *more) : NULL;
    if (!more)
        return 0;
    s->members = more;
    for (uint32_t i = 0; i < got; i++)
        s->members[s->known++] = vmtp_load64(segment + 4 + 8 * (size_t)i);
    return got;
}

static void note(struct group *g, const struct vmtp_event *event) {
    if ((event->message.code & VMTP_CODE_MASK) != VMTP_OK)
        return;
    for (uint32_t i = 0; i < g->count; i++)
        if (g->shares[i].manager == event->message.server)
            return;
    if (g->count == g->most) {
        g->extra++;
        return;
    }
    struct share *s = &g->shares[g->count++];
    s->manager = event->message.server;
    memcpy(s->mac, event->source, sizeof s->mac);
    read_members(s, event->segment, event->segment_size);
}

static int collect(struct group *g, vmtp_handle handle) {
    struct vmtp_event event;
    int rc;
    while ((rc = node_next(&g->node, &event, VMTP_NEVER)) > 0) {
        if (event.handle != handle)
            continue;
        if (event.type == VMTP_EV_RESPONSE)
            note(g, &event);
        if (event.type == VMTP_EV_COMPLETE)
            return 0;
    }
    return rc;
}

static int ask_all(struct group *g, uint8_t *area) {
    vmtp_time now = node_now(&g->node);
    struct vmtp_request request = {.client = g->node.client,
                                   .response_area = area,
                                   .response_size = g->capacity,
                                   .response_slots = g->most,
                                   .deadline = now + g->timeout};
    vmtp_handle handle;
    write_query(g, &request.message, VMTP_MANAGER_GROUP, 0);
    request.message.code |= VMTP_MRD;
    int rc = vmtp_call(g->node.engine, &handle, &request, now);
    return rc == 0 ? collect(g, handle) : rc;
}

/* A manager puts into one answer what fits into a packet: the others are asked for one by one. */
static int ask_for_rest(struct group *g, struct share *s, uint8_t *area) {
    uint32_t more = s->known;
    while (s->known < s->count && more > 0) {
        struct node_call call = {.area = area, .capacity = g->capacity, .timeout = g->timeout};
        struct node_answer answer;
        write_query(g, &call.message, s->manager, s->members[s->known - 1]);
        int rc = node_call(&g->node, &call, &answer);
        if (rc != 0)
            return rc;
        uint32_t count = s->count;
        more = read_members(s, area, answer.size);
        s->count = count;
    }
    return 0;
}

static int by_mac(const void *a, const void *b) {
    return memcmp(((const struct share *)a)->mac, ((const struct share *)b)->mac, 6);
}

static int show_json(const struct group *g, const struct share *s) {
    json_t *members = json_array();
    for (uint32_t i = 0; i < s->known; i++)
        json_array_append_new(members, json_entity(s->members[i]));
    return json_line(json_pack("{s:o, s:o, s:o, s:i, s:o}", "group", json_entity(g->id), "mac", json_mac(s->mac),
                               "manager", json_entity(s->manager), "count", (int)s->count, "members", members));
}

static void show_text(const struct share *s) {
    char mac[TEXT_MAC], manager[VMTP_ENTITY_TEXT], member[VMTP_ENTITY_TEXT];
    for (uint32_t i = 0; i < s->known; i++)
        printf("%-17s  %-19s  %s\n", text_mac(mac, s->mac), vmtp_entity_format(manager, s->manager),
               vmtp_entity_format(member, s->members[i]));
}

static int show(struct group *g) {
    uint32_t members = 0;
    qsort(g->shares, g->count, sizeof *g->shares, by_mac);
    for (uint32_t i = 0; i < g->count; i++)
        members += g->shares[i].known;
    if (!g->common.json && members > 0)
        printf("%-17s  %-19s  %s\n", "MAC", "MANAGER", "MEMBER");
    for (uint32_t i = 0; i < g->count; i++) {
        if (g->common.json && g->shares[i].known > 0 && show_json(g, &g->shares[i]) != VNET_OK)
            return VNET_FAILED;
        if (!g->common.json)
            show_text(&g->shares[i]);
    }
    if (g->extra > 0)
        return vnet_fail("members are on more nodes than %u: ask again with a larger --most", g->most);
    if (members == 0)
        return vnet_fail("nobody on the segment of %s has a member of %s", g->node.interface_name, g->words[1]);
    return VNET_OK;
}

static int query(struct group *g) {
    /* One packet tells what its MTU has room for. */
    g->capacity = vmtp_room(vmtp_host_port(g->node.host)->info.mtu);
    g->shares = calloc(g->most, sizeof *g->shares);
    uint8_t *area = malloc((size_t)g->most * g->capacity);
    int rc = g->shares && area ? ask_all(g, area) : VMTP_E_MEMORY;
    for (uint32_t i = 0; i < g->count && rc == 0; i++)
        rc = ask_for_rest(g, &g->shares[i], area);
    rc = rc == 0 ? show(g) : node_explain(&g->node, rc, g->id, g->timeout);
    for (uint32_t i = 0; i < g->count; i++)
        free(g->shares[i].members);
    free(g->shares);
    free(area); /* nothing is received any more */
    return rc;
}

int vnet_group(int argc, char **argv) {
    struct group g = {.timeout = 500 * VMTP_MILLISECOND, .most = 256, .bits = VMTP_REM_BY_SELF};
    struct vmtp_host_config config;
    enum option_outcome outcome = parse(&g, argc, argv);
    if (outcome != OPTIONS_GO)
        return outcome == OPTIONS_DONE ? VNET_OK : VNET_USAGE;
    if (!is(&g, "query"))
        return serve(&g);
    vmtp_host_config_init(&config);
    config.engine.max_responses = g.most;
    int rc = node_open(&g.node, &config, &g.common);
    return rc == VNET_OK ? node_close(&g.node, query(&g)) : rc;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* vnet who - every node on the segment: QueryVMTPNode to all managers, then IDENTIFY to each node. */
#include "node.h"
#include "target.h"
#include "test_protocol.h"
#include "text.h"
#include "vnet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_OCTETS 256u /* of domains and authentication domains in one answer */
#define WHO_MOST 4096u

struct found {
    uint8_t mac[6];
    vmtp_entity manager;
    uint32_t mtu, flags, auth, domains, auth_domains;
    uint32_t list[LIST_OCTETS / 4];
    uint32_t list_length;
    struct identity test; /* service 0: none */
};

struct who {
    struct common_options common;
    vmtp_time timeout;
    uint32_t most;
    uint8_t plain;
    struct node node;
    struct found *nodes;
    uint32_t count, extra;
};

static const char usage[] = "who -i IFACE [options]";
static const char about[] =
    "Lists every VMTP node on the segment: asks all managers at once for the abilities of their node (QueryVMTPNode),\n"
    "then each node for its test service.  Flags: S serves streams, s sends streams, X serves secure transactions,\n"
    "x sends them.";
static const char after[] = "Exit codes: 0 at least one node answered, 1 none did or it failed, 2 wrong command line.\n"
                            "Example: vnet who -i eth0 --json";

static enum option_outcome parse(struct who *w, int argc, char **argv) {
    struct option_row common[COMMON_ROWS];
    const struct option_row rows[] = {
        {"timeout", 0, OPTION_DURATION, &w->timeout, "TIME",
         "how long to collect answers, and how long to ask for test services; default 500ms", 0, 0},
        {"most", 0, OPTION_NUMBER, &w->most, "N", "room for this many nodes; default 256", 1, WHO_MOST},
        {"plain", 0, OPTION_FLAG, &w->plain, NULL, "do not ask for test services", 0, 0},
        {0}};
    const struct option_page page = {usage, about, after, common, rows};
    const char *none = NULL;
    unsigned words;
    common_rows(common, &w->common);
    enum option_outcome outcome = options_parse(&page, argc, argv, &none, 0, &words);
    if (outcome != OPTIONS_GO)
        return outcome;
    return common_require_interface(&w->common) == 0 ? OPTIONS_GO : OPTIONS_WRONG;
}

/* ---- collecting ---------------------------------------------------------------------------------------------------- */

static void note(struct who *w, const struct vmtp_event *event) {
    const uint32_t *words = event->message.words;
    const uint8_t *list = event->segment;
    if ((event->message.code & VMTP_CODE_MASK) != VMTP_OK || event->message.server == vmtp_host_manager(w->node.host))
        return; /* ourselves: gone as soon as this is printed */
    for (uint32_t i = 0; i < w->count; i++)
        if (w->nodes[i].manager == event->message.server)
            return;
    if (w->count == w->most) {
        w->extra++;
        return;
    }
    struct found *f = &w->nodes[w->count++];
    *f = (struct found){.manager = event->message.server,
                        .mtu = words[0],
                        .flags = words[1],
                        .auth = words[2],
                        .domains = words[3],
                        .auth_domains = words[4]};
    memcpy(f->mac, event->source, sizeof f->mac);
    for (uint32_t i = 0; i + 4 <= event->segment_size && i + 4 <= LIST_OCTETS; i += 4)
        f->list[f->list_length++] = vmtp_load32(list + i);
}

static int collect(struct who *w, vmtp_handle handle) {
    struct vmtp_event event;
    int rc;
    while ((rc = node_next(&w->node, &event, VMTP_NEVER)) > 0) {
        if (event.handle != handle)
            continue;
        if (event.type == VMTP_EV_RESPONSE)
            note(w, &event);
        if (event.type == VMTP_EV_COMPLETE)
            return 0;
    }
    return rc;
}

static int query(struct who *w) {
    struct vmtp_request request = {.client = w->node.client, .response_size = LIST_OCTETS, .response_slots = w->most};
    vmtp_handle handle;
    vmtp_time now = node_now(&w->node);
    request.message.server = VMTP_MANAGER_GROUP;
    request.message.code = VMTP_QUERY_VMTP_NODE | VMTP_MRD;
    /* The entity asked about is the managers' group, whose members are on every node. */
    vmtp_message_set_coresident(&request.message, VMTP_MANAGER_GROUP);
    request.deadline = now + w->timeout;
    request.response_area = malloc((size_t)w->most * LIST_OCTETS);
    int rc = request.response_area ? vmtp_call(w->node.engine, &handle, &request, now) : VMTP_E_MEMORY;
    if (rc == 0)
        rc = collect(w, handle);
    free(request.response_area);
    return rc;
}

static int by_mac(const void *a, const void *b) {
    return memcmp(((const struct found *)a)->mac, ((const struct found *)b)->mac, 6);
}

/* ---- test services -------------------------------------------------------------------------------------------------- */

/* IDENTIFY under way.  Several at once: some nodes may not answer it at all, and there is one deadline for all. */
#define ASKED_AT_ONCE 60u

struct question {
    vmtp_entity client;
    vmtp_handle handle; /* 0: free */
    uint32_t number;    /* of the node */
    uint8_t area[IDENTITY_OCTETS];
};

struct questions {
    vmtp_time deadline;
    uint32_t next, open; /* the node to be asked next; under way */
    struct question each[ASKED_AT_ONCE];
};

/* Every node has VMTP_TEST_SERVICE: which is meant is said by the address that is learned before each call. */
static int ask_next(struct who *w, struct questions *all, struct question *q) {
    vmtp_time now = node_now(&w->node);
    struct vmtp_request request = {.client = q->client,
                                   .response_area = q->area,
                                   .response_size = sizeof q->area,
                                   .response_slots = 1,
                                   .deadline = all->deadline,
                                   .cookie = (uint64_t)(q - all->each)};
    q->handle = 0;
    if (all->next == w->count || now >= all->deadline)
        return 0;
    q->number = all->next++;
    request.message.server = VMTP_TEST_SERVICE;
    request.message.code = VMTP_PIC | VMTP_TEST_IDENTIFY;
    vmtp_host_learn(w->node.engine, VMTP_TEST_SERVICE, w->nodes[q->number].mac, now);
    int rc = vmtp_call(w->node.engine, &q->handle, &request, now);
    all->open += rc == 0;
    return rc;
}

static void note_service(struct found *f, const struct question *q, const struct vmtp_event *event) {
    int from_there = memcmp(f->mac, event->source, sizeof f->mac) == 0; /* a node without one makes the call find another */
    if (event->result != 0 || !from_there ||
        target_read_identity(&f->test, &event->message, q->area, event->segment_size, event->source) != 0)
        f->test.service = 0;
}

static int collect_services(struct who *w, struct questions *all) {
    struct vmtp_event event;
    int rc = 0;
    while (rc == 0 && all->open > 0) {
        rc = node_next(&w->node, &event, VMTP_NEVER); /* each call has its deadline */
        if (rc < 0)
            return rc;
        rc = 0;
        if (event.type != VMTP_EV_COMPLETE || event.cookie >= ASKED_AT_ONCE ||
            all->each[event.cookie].handle != event.handle)
            continue;
        struct question *q = &all->each[event.cookie];
        all->open--;
        note_service(&w->nodes[q->number], q, &event);
        rc = ask_next(w, all, q);
    }
    return rc;
}

static int ask_services(struct who *w) {
    struct questions *all = w->plain ? NULL : calloc(1, sizeof *all);
    int rc = all || w->plain ? 0 : VMTP_E_MEMORY;
    if (!all)
        return rc;
    all->deadline = node_now(&w->node) + w->timeout;
    for (uint32_t i = 0; i < ASKED_AT_ONCE && i < w->count && rc == 0; i++) {
        rc = vmtp_host_borrow_entity(w->node.host, &all->each[i].client);
        if (rc == 0)
            rc = ask_next(w, all, &all->each[i]);
    }
    if (rc == 0)
        rc = collect_services(w, all);
    if (rc == 0 && all->next < w->count)
        vnet_note("%u nodes could not be asked for their test service within the time: give a longer --timeout",
                  w->count - all->next);
    free(all); /* when something failed, nothing is received any more */
    return rc;
}

/* ---- showing ------------------------------------------------------------------------------------------------------- */

static json_t *json_list(const struct found *f, uint32_t from, uint32_t count) {
    json_t *list = json_array();
    for (uint32_t i = from; i < f->list_length && i - from < count; i++)
        json_array_append_new(list, json_integer(f->list[i]));
    return list;
}

static int show_json(const struct found *f) {
    json_t *o = json_pack("{s:o, s:o, s:I, s:I, s:I, s:o, s:o}", "mac", json_mac(f->mac), "manager",
                          json_entity(f->manager), "mtu", (json_int_t)f->mtu, "flags", (json_int_t)f->flags,
                          "auth_domain", (json_int_t)f->auth, "domains", json_list(f, 0, f->domains), "auth_domains",
                          json_list(f, f->domains, f->auth_domains));
    if (f->test.service) {
        json_object_set_new(o, "test_service", json_entity(f->test.service));
        json_object_set_new(o, "name", json_string(f->test.name));
    }
    return json_line(o);
}

static char *flags_text(char buf[5], uint32_t flags) {
    static const char letters[] = "SsXx";
    for (int i = 0; i < 4; i++)
        buf[i] = (flags >> i) & 1 ? letters[i] : '-';
    buf[4] = 0;
    return buf;
}

static char *domains_text(char *buf, size_t size, const struct found *f) {
    size_t at = 0;
    buf[0] = 0;
    for (uint32_t i = 0; i < f->list_length && i < f->domains && at < size; i++)
        at += (size_t)snprintf(buf + at, size - at, "%s%u", i ? "," : "", f->list[i]);
    return buf[0] ? buf : strcpy(buf, "-");
}

static void show_text(const struct who *w) {
    char mac[TEXT_MAC], manager[VMTP_ENTITY_TEXT], service[VMTP_ENTITY_TEXT], flags[5], domains[64];
    if (w->count > 0)
        printf("%-17s  %-19s  %5s  %-5s  %-7s  %-19s  %s\n", "MAC", "MANAGER", "MTU", "FLAGS", "DOMAINS",
               "TEST SERVICE", "NAME");
    for (uint32_t i = 0; i < w->count; i++) {
        const struct found *f = &w->nodes[i];
        printf("%-17s  %-19s  %5u  %-5s  %-7s  %-19s  %s\n", text_mac(mac, f->mac),
               vmtp_entity_format(manager, f->manager), f->mtu, flags_text(flags, f->flags),
               domains_text(domains, sizeof domains, f),
               f->test.service ? vmtp_entity_format(service, f->test.service) : "-", f->test.service ? f->test.name : "");
    }
}

static int show(struct who *w) {
    uint64_t unheard = w->extra + vmtp_counter(w->node.engine, VMTP_COUNT_DROP_EXTRA_RESPONSE);
    qsort(w->nodes, w->count, sizeof *w->nodes, by_mac);
    for (uint32_t i = 0; i < w->count && w->common.json; i++)
        if (show_json(&w->nodes[i]) != VNET_OK)
            return VNET_FAILED;
    if (!w->common.json)
        show_text(w);
    if (w->count == w->most && unheard > 0)
        return vnet_fail("there are more nodes than %u: ask again with a larger --most", w->most);
    if (w->count == 0)
        return vnet_fail("no node answered on %s within the time: is one up on this segment?", w->node.interface_name);
    return VNET_OK;
}

static int run(struct who *w) {
    w->nodes = calloc(w->most, sizeof *w->nodes);
    int rc = w->nodes ? query(w) : VMTP_E_MEMORY;
    if (rc == 0)
        rc = ask_services(w);
    if (rc != 0)
        return node_explain(&w->node, rc, VMTP_MANAGER_GROUP, w->timeout);
    return show(w);
}

int vnet_who(int argc, char **argv) {
    struct who w = {.timeout = 500 * VMTP_MILLISECOND, .most = 256};
    struct vmtp_host_config config;
    enum option_outcome outcome = parse(&w, argc, argv);
    if (outcome != OPTIONS_GO)
        return outcome == OPTIONS_DONE ? VNET_OK : VNET_USAGE;
    vmtp_host_config_init(&config);
    config.engine.max_responses = w.most;
    int rc = node_open(&w.node, &config, &w.common);
    if (rc != VNET_OK)
        return rc;
    rc = node_close(&w.node, run(&w));
    free(w.nodes);
    return rc;
}

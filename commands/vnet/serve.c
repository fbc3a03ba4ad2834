/* SPDX-License-Identifier: BSD-2-Clause */
/* vnet serve - a directory of this system, by names, for everybody on the segment. */
#include "claims.h"
#include "counters.h"
#include "engine_options.h"
#include "node.h"
#include "text.h"
#include "vnet.h"

#include "file/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <vipc/host.h>

#define DEPTH 64u             /* Requests in hand */
#define TRANSFER (512u << 10) /* octets in one */
#define BUFFERS 32u
#define MESSAGES 64u /* of several packet groups at a time */
#define CLIENTS 4096u

struct serve {
    struct common_options common;
    struct claims_options claims;
    struct engine_options engine;
    struct file_config config;
    uint8_t read_only;
    vmtp_entity group; /* of replicas, 0: there are none */
    struct node node;
    vipc *ipc;
    uio_manager *manager;
    void *memory;
    struct file_manager *files;
};

static const char usage[] = "serve DIR --as PREFIX -i IFACE [options]";
static const char about[] =
    "Serves a directory with all that is in it by names: the file DIR/a/b is PREFIX/a/b for everybody on the segment.\n"
    "Runs until SIGINT or SIGTERM.  When it is ready it prints\n"
    "    ready manager=ID mac=ADDRESS interface=IFACE mtu=OCTETS directory=DIR\n"
    "and as soon as it has the prefix\n"
    "    held PREFIX ...\n"
    "or refused PREFIX ..., as long as somebody else has it; and at the end what it counted.  No name leads out of "
    "the\n"
    "directory, neither by \"..\" nor by a symbolic link.  Everybody on the segment may do with the files what the "
    "user may\n"
    "who runs this, unless --read-only is given.\n"
    "Several that serve copies of the same files under the same PREFIX and --group stand in for each other: when one "
    "fails\n"
    "clients go on with another, if the file is the same there, octet for octet.";
static const char after[] = "Exit codes: 0 ended by a signal, 1 it failed, 2 wrong command line.\n"
                            "Example: vnet serve /srv/pictures --as /pictures --read-only -i eth0";

/* ---- the command line ---------------------------------------------------------------------------------------------- */

static void fit_tables(struct serve *s) {
    struct vmtp_config *e = &s->engine.host.engine;
    if (!e->max_accepts)
        e->max_accepts = DEPTH + 32;
    if (!e->max_requests)
        e->max_requests = 4 * DEPTH;
    if (e->max_runs < MESSAGES)
        e->max_runs = MESSAGES;
    if (e->max_remote_clients < CLIENTS)
        e->max_remote_clients = CLIENTS;
}

static int check(struct serve *s, unsigned words) {
    if (words == 0)
        return vnet_misuse("say which directory; usage: vnet %s", usage);
    if (s->claims.prefixes.count == 0)
        return vnet_misuse("say by which names: --as /prefix");
    if (s->group && (!vmtp_is_group(s->group) || s->group == VMTP_MANAGER_GROUP))
        return vnet_misuse(
            "--group takes a group of entities (its second highest bit is set), such as 4000-0000-0000-0100");
    if (s->group && !s->read_only)
        return vnet_misuse("--group is for what nobody changes: give --read-only too");
    fit_tables(s);
    s->config.replica = s->group != 0;
    s->claims.json = s->common.json;
    s->config.read_only = s->read_only;
    return engine_options_check(&s->engine) == 0 && claims_check(&s->claims) == 0 ? VNET_OK : VNET_USAGE;
}

static enum option_outcome parse(struct serve *s, int argc, char **argv) {
    struct option_row common[COMMON_ROWS], claims[CLAIMS_ROWS], engine[ENGINE_ROWS];
    const struct option_row rows[] = {
        {"read-only", 'r', OPTION_FLAG, &s->read_only, NULL, "let nobody change anything", 0, 0},
        {"threads", 0, OPTION_NUMBER, &s->config.threads, "N", "that wait for the disk; default 4", 0, 16},
        {"group", 0, OPTION_ENTITY, &s->group, "GROUP",
         "be one of several that serve the same files, a group such as 4000-0000-0000-0100; with --read-only", 0, 0},
        OPTION_GO_ON(claims)};
    const struct option_page page = {usage, about, after, common, rows};
    unsigned words;
    engine_options_init(&s->engine);
    engine_rows(engine, &s->engine, NULL);
    claims_rows(claims, &s->claims);
    claims[CLAIMS_ROWS - 1] = (struct option_row)OPTION_GO_ON(engine);
    common_rows(common, &s->common);
    enum option_outcome outcome = options_parse(&page, argc, argv, &s->config.directory, 1, &words);
    if (outcome != OPTIONS_GO)
        return outcome;
    return check(s, words) == VNET_OK && common_require_interface(&s->common) == 0 ? OPTIONS_GO : OPTIONS_WRONG;
}

/* ---- what it prints ------------------------------------------------------------------------------------------------ */

static void say_ready(const struct serve *s) {
    const struct vmtp_port_info *port = &vmtp_host_port(s->node.host)->info;
    const vmtp_entity manager = vname_manager_entity(uio_manager_names(s->manager));
    const uint32_t mtu = s->engine.host.engine.mtu ? s->engine.host.engine.mtu : port->mtu;
    char text[VMTP_ENTITY_TEXT], mac[TEXT_MAC];
    if (s->common.json)
        json_print(json_pack("{s:s, s:o, s:o, s:o, s:i, s:o}", "event", "ready", "manager", json_entity(manager), "mac",
                             json_mac(port->mac), "interface", json_text(s->node.interface_name), "mtu", (int)mtu,
                             "directory", json_text(s->config.directory)));
    else
        printf("ready manager=%s mac=%s interface=%s mtu=%u directory=%s\n", vmtp_entity_format(text, manager),
               text_mac(mac, port->mac), s->node.interface_name, mtu, s->config.directory);
}

/* The counters of a row of uint64_t, those that are not 0. */
static void say_counters(const struct serve *s, json_t *to, const uint64_t *values, const char *(*name)(unsigned),
                         const char *(*text)(unsigned)) {
    for (unsigned i = 0; name(i); i++) {
        if (s->common.json)
            json_object_set_new(to, name(i), json_integer((json_int_t)values[i]));
        else if (values[i])
            printf("%-22s %12llu  %s\n", name(i), (unsigned long long)values[i], text(i));
    }
}

static void say_end(const struct serve *s) {
    json_t *files = json_object(), *objects = json_object();
    say_counters(s, files, (const uint64_t *)file_counters(s->files), file_counter_name, file_counter_text);
    say_counters(s, objects, (const uint64_t *)uio_manager_counters(s->manager), uio_manager_counter_name,
                 uio_manager_counter_text);
    if (s->common.json) {
        json_t *o = json_pack("{s:s, s:o, s:o}", "event", "end", "files", files, "objects", objects);
        json_t *counters = counters_json(&s->node);
        json_object_update(o, counters);
        json_decref(counters);
        json_line(o);
        return;
    }
    counters_print(&s->node);
    json_decref(files);
    json_decref(objects);
}

static void on_event(uio_manager *manager, const struct vname_manager_event *event) {
    const struct serve *s = uio_manager_context(manager);
    claims_say(&s->claims, event);
}

/* ---- what it does -------------------------------------------------------------------------------------------------- */

/* An instance takes a descriptor or two, so there are as many as the system allows; and no more instances than that. */
static uint32_t instances(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 256;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    const rlim_t most = limit.rlim_cur > 128 ? (limit.rlim_cur - 64) / 2 : 32;
    return most < 65536 ? (uint32_t)most : 65536;
}

static int create(struct serve *s) {
    struct uio_manager_config config;
    uio_manager_config_init(&config);
    config.instances = instances();
    if (config.owner_instances < config.instances / 2) /* one owner may be all programs of a host that mounts it */
        config.owner_instances = config.instances / 2;
    config.max_transfer = TRANSFER;
    config.buffers = BUFFERS;
    config.names.depth = DEPTH;
    config.names.group = s->group;
    config.event = on_event;
    config.context = s;
    claims_configure(&config.names, &s->claims);
    s->memory = malloc(uio_manager_footprint(&config));
    return s->memory ? uio_manager_create(&s->manager, s->ipc, &config, s->memory) : VMTP_E_MEMORY;
}

static int start(struct serve *s) {
    int rc = vipc_host_open(&s->ipc, s->node.host);
    if (rc == 0)
        rc = create(s);
    if (rc == 0)
        rc = file_open(&s->files, s->manager, &s->config);
    if (rc == VMTP_E_SYSTEM)
        return vnet_fail("%s: %s", s->config.directory, strerror(errno));
    if (rc != 0)
        return vnet_fail("cannot be a manager of files: %s", vmtp_error_text(rc));
    say_ready(s);
    return vnet_flush() == 0 ? claims_begin(&s->claims, uio_manager_names(s->manager), file_context(s->files))
                             : VNET_FAILED;
}

/* Until somebody interrupts (then 0) or something breaks. */
static int work(struct serve *s) {
    struct vmtp_event event;
    for (;;) {
        int rc = node_next(&s->node, &event, VMTP_NEVER);
        if (rc == VMTP_E_DOWN) {
            rc = node_await_interface(&s->node);
            vname_manager_link_up(uio_manager_names(s->manager));
        }
        if (rc == VMTP_E_CANCELLED)
            return 0;
        if (rc < 0)
            return rc;
    }
}

static int run(struct serve *s) {
    int rc = start(s);
    if (rc != VNET_OK)
        return rc;
    rc = work(s);
    if (rc == 0)
        claims_release(&s->claims, uio_manager_names(s->manager), s->ipc);
    say_end(s);
    return rc == 0 ? VNET_OK : node_explain(&s->node, rc, vname_manager_entity(uio_manager_names(s->manager)), 0);
}

static void finish(struct serve *s) {
    file_close(s->files);
    uio_manager_destroy(s->manager);
    vipc_close(s->ipc);
    free(s->memory);
}

int vnet_serve(int argc, char **argv) {
    struct serve s = {.config.threads = 4};
    enum option_outcome outcome = parse(&s, argc, argv);
    if (outcome != OPTIONS_GO)
        return outcome == OPTIONS_DONE ? VNET_OK : VNET_USAGE;
    node_expect_bulk(&s.engine.host, &s.common);
    int rc = node_open(&s.node, &s.engine.host, &s.common);
    if (rc != VNET_OK)
        return rc;
    rc = run(&s);
    finish(&s);
    return node_close(&s.node, rc);
}

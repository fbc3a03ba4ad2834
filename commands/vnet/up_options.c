/* SPDX-License-Identifier: BSD-2-Clause */
#include "up_options.h"
#include "vnet.h"

#include <stdio.h>
#include <string.h>

static const char usage[] = "up -i IFACE [options]";
static const char about[] =
    "Runs a VMTP node with the test service on the interface until SIGINT or SIGTERM. When it is ready it prints\n"
    "    ready manager=ID test=ID mac=ADDRESS interface=IFACE mtu=OCTETS\n"
    "(and group=ID with --join), and at the end what it counted.  With --as and --alias it also claims prefixes, and "
    "prints\n"
    "    held PREFIX ..., refused PREFIX ... (it goes on trying) or lost PREFIX ...\n"
    "What is below a prefix are the files of --files.  The test service obeys everybody on the segment: it "
    "serves every file of\n"
    "--files, and makes calls for others unless --no-call is given.";
static const char after[] =
    "Timers and tables are those of the protocol; without an option they have the values meant for a LAN.\n"
    "Exit codes: 0 ended by a signal, 1 it failed, 2 wrong command line.\n"
    "Example: vnet up -i eth0 --files /srv/boot";

#define TIMER(name, member, text)                                                                                      \
    { name, 0, OPTION_DURATION, &t->member, "TIME", text, 0, 0 }
#define RETRIES(name, member, text)                                                                                    \
    { name, 0, OPTION_OCTET, &t->member, "N", text, 0, 255 }
#define TABLE(name, member, text)                                                                                      \
    { name, 0, OPTION_NUMBER, &e->member, "N", text, 1, UINT32_MAX }

static int set_checksum(struct up_options *o) {
    static const char *const modes[] = {"full", "header", "none"}; /* enum vmtp_checksum_mode */
    for (unsigned i = 0; o->checksum && i < 3; i++) {
        if (strcmp(o->checksum, modes[i]) == 0) {
            o->host.engine.checksum = (uint8_t)i;
            return 0;
        }
    }
    if (!o->checksum)
        return 0;
    vnet_misuse("--checksum takes full, header or none, not \"%s\"", o->checksum);
    return -1;
}

/* What the operator did not say follows from the number of slots: a client asks anew before its last answer is released. */
static void fit_tables(struct up_options *o) {
    struct vmtp_config *e = &o->host.engine;
    if (!e->max_accepts)
        e->max_accepts = o->service.slots + 32;
    if (!e->max_requests)
        e->max_requests = 2 * o->service.slots;
    o->service.accepts = e->max_accepts;
    e->max_accepts += up_names_depth(&o->names);
    e->max_requests += 2 * up_names_depth(&o->names);
}

/* ---- what the engine finds wrong, in the words of the command line ------------------------------------------------- */

static int is_option(const struct option_row *rows, const char *name) {
    for (; rows->name; rows++)
        if (strcmp(rows->name, name) == 0)
            return 1;
    return 0;
}

/* The option for a member of the configuration, or the word itself. */
static void translate(char out[32], const char *word, size_t length, const struct option_row *rows) {
    char name[30];
    snprintf(name, sizeof name, "%.*s", (int)length, word);
    snprintf(out, 32, "%s", name);
    if (strcmp(name, "tc1_constant") == 0 || strcmp(name, "tc2_floor") == 0)
        name[3] = 0;
    for (char *c = name; *c; c++)
        if (*c == '_')
            *c = '-';
    if (is_option(rows, name))
        snprintf(out, 32, "--%s", name);
}

static void no_random(void *context, void *out, size_t size) {
    (void)context;
    memset(out, 0, size);
}

static int check_engine(const struct up_options *o, const struct option_row *rows) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz_0123456789", prefix[] = "timers: ";
    struct vmtp_config config = o->host.engine;
    char text[256] = "", word[32];
    size_t at = 0;
    config.random = no_random; /* what node_open will fill in */
    config.mtu = config.mtu ? config.mtu : 1500;
    config.link_mbps = config.link_mbps ? config.link_mbps : 1000;
    const char *problem = vmtp_config_check(&config);
    if (!problem)
        return 0;
    if (strncmp(problem, prefix, strlen(prefix)) == 0)
        problem += strlen(prefix);
    while (*problem && at < sizeof text) {
        size_t length = strspn(problem, letters);
        if (length > 0)
            translate(word, problem, length, rows);
        else
            snprintf(word, sizeof word, "%c", *problem);
        at += (size_t)snprintf(text + at, sizeof text - at, "%s", word);
        problem += length > 0 ? length : 1;
    }
    vnet_misuse("%s", text);
    return -1;
}

static int check(struct up_options *o, const struct option_row *rows) {
    fit_tables(o);
    if (o->group && (!vmtp_is_group(o->group) || o->group == VMTP_MANAGER_GROUP)) {
        vnet_misuse("--join takes a group of entities (its second highest bit is set), such as 6000-0000-0000-0100");
        return -1;
    }
    if (o->no_spin)
        o->host.spin = 0;
    if (o->service.id && vmtp_is_group(o->service.id)) {
        vnet_misuse("--entity must not be a group (its second highest bit is set)");
        return -1;
    }
    o->names.files = o->service.files;
    o->names.json = o->common.json;
    if (set_checksum(o) != 0 || check_engine(o, rows) != 0 || up_names_check(&o->names, o->directory) != 0)
        return -1;
    return common_require_interface(&o->common);
}

void up_options_init(struct up_options *o) {
    *o = (struct up_options){.permissions = VMTP_REM_BY_SELF};
    vtest_options_init(&o->service);
    o->service.name = "vsuite " VNET_VERSION;
    vmtp_host_config_init(&o->host);
    o->host.engine.max_accepts = o->host.engine.max_requests = 0;
    fit_tables(o);
}

enum option_outcome up_options_parse(struct up_options *o, int argc, char **argv) {
    struct vmtp_timers *t = &o->host.engine.timers;
    struct vmtp_config *e = &o->host.engine;
    struct option_row common[COMMON_ROWS];
    const struct option_row rows[] = {
        {"entity", 0, OPTION_ENTITY, &o->service.id, "ID", "identifier of the test service; default: a new one", 0, 0},
        {"files", 0, OPTION_TEXT, &o->service.files, "DIR", "serve the files of this directory", 0, 0},
        {"join", 0, OPTION_ENTITY, &o->group, "GROUP", "be a member of this group of entities; default: of none", 0, 0},
        {"as", 0, OPTION_LIST, &o->names.prefixes, "PREFIX",
         "answer for the names that begin with it, such as /storage; may be repeated", 0, 0},
        {"alias", 0, OPTION_LIST, &o->names.aliases, "PREFIX=NAME",
         "let names that begin with it go on with the other; may be repeated", 0, 0},
        {"owner", 0, OPTION_ENTITY, &o->names.owner, "ID",
         "owner of these prefixes, for the directory and after a restart; default: a new one", 0, 0},
        {"directory", 0, OPTION_TEXT, &o->directory, "USE",
         "never, try or require that a directory registers the prefixes; default never", 0, 0},
        {"no-call", 0, OPTION_FLAG, &o->service.forbid_call, NULL,
         "make no calls for others (CALL, FORWARD, MIGRATE: NO_PERMISSION)", 0, 0},
        {"slots", 0, OPTION_NUMBER, &o->service.slots, "N", "Requests the test service keeps in hand; default 128", 4,
         1024},
        {"mtu", 0, OPTION_NUMBER, &e->mtu, "OCTETS", "largest packet to send; default: the interface's", 580, 65535},
        {"remote-management", 0, OPTION_FLAG, &e->remote_management, NULL, "obey CreateEntity and DeleteEntity", 0, 0},
        {"checksum", 0, OPTION_TEXT, &o->checksum, "KIND", "full, header or none; default full", 0, 0},
        {"require-checksum", 0, OPTION_FLAG, &e->require_checksum, NULL, "drop packets without checksum", 0, 0},
        {"block", 0, OPTION_ENTITY, &e->block, "ID", "256 identifiers that are surely free; default: ask", 0, 0},
        {"no-spin", 0, OPTION_FLAG, &o->no_spin, NULL, "sleep at once when nothing is to do", 0, 0},
        TIMER("tc1", tc1_constant, "TC1 is at most TC2 + this"),
        TIMER("tc1-floor", tc1_floor, "TC1 is never below"),
        TIMER("tc2", tc2_floor, "TC2, between retransmissions, at first"),
        TIMER("tc2-ceiling", tc2_ceiling, "TC2 doubles up to this"),
        TIMER("tc3", tc3, "between packets of a Response"),
        TIMER("ts1", ts1, "between packets of a Request"),
        TIMER("ts2", ts2, "give up a silent client; 0: never"),
        TIMER("ts4", ts4, "how long a transaction is remembered"),
        TIMER("ts5", ts5, "ask for acknowledgment of a Response"),
        {"ts5-always", 0, OPTION_OCTET, &t->ts5_always, "N", "0: where it is needed; 1: always", 0, 1},
        TIMER("probe-interval", probe_interval, "between probes for a block of identifiers"),
        RETRIES("request-retries", request_retries, "RequestRetries"),
        RETRIES("response-retries", response_retries, "ResponseRetries"),
        RETRIES("ack-retries", ack_retries, "RequestAckRetries, ResponseAckRetries"),
        RETRIES("block-probes", block_probes, "probes for a block of identifiers"),
        TABLE("max-entities", max_entities, "local entities"),
        TABLE("max-calls", max_calls, "calls at once"),
        TABLE("max-remote-clients", max_remote_clients, "clients remembered"),
        TABLE("max-requests", max_requests, "Requests received, processed or answered; default: 2 * slots"),
        {"max-accepts", 0, OPTION_NUMBER, &e->max_accepts, "N", "Requests that may wait; default: slots + 32",
         2 /* the service and VMTP_TEST_SERVICE */, UINT32_MAX},
        TABLE("max-hosts", max_hosts, "hosts of entities remembered"),
        TABLE("max-memberships", max_memberships, "memberships in groups, and rights in them"),
        TABLE("max-control", max_control, "management packets waiting"),
        {0}};
    const struct option_page page = {usage, about, after, common, rows};
    const char *none = NULL;
    unsigned words;
    up_options_init(o);
    e->max_accepts = e->max_requests = 0; /* see fit_tables */
    common_rows(common, &o->common);
    enum option_outcome outcome = options_parse(&page, argc, argv, &none, 0, &words);
    if (outcome != OPTIONS_GO)
        return outcome;
    return check(o, rows) == 0 ? OPTIONS_GO : OPTIONS_WRONG;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine_options.h"
#include "vnet.h"

#include <stdio.h>
#include <string.h>

#define TIMER(name, member, text)                                                                                      \
    { name, 0, OPTION_DURATION, &t->member, "TIME", text, 0, 0 }
#define RETRIES(name, member, text)                                                                                    \
    { name, 0, OPTION_OCTET, &t->member, "N", text, 0, 255 }
#define TABLE(name, member, text)                                                                                      \
    { name, 0, OPTION_NUMBER, &e->member, "N", text, 1, UINT32_MAX }

void engine_options_init(struct engine_options *o) {
    *o = (struct engine_options){0};
    vmtp_host_config_init(&o->host);
    o->host.engine.max_accepts = o->host.engine.max_requests = 0;
}

void engine_rows(struct option_row rows[ENGINE_ROWS], struct engine_options *o, const struct option_row *more) {
    struct vmtp_timers *t = &o->host.engine.timers;
    struct vmtp_config *e = &o->host.engine;
    const struct option_row all[] = {
        OPTION_SECTION("Options of the node:"),
        {"mtu", 0, OPTION_NUMBER, &e->mtu, "OCTETS", "largest packet to send; default: the interface's", 580, 65535},
        {"remote-management", 0, OPTION_FLAG, &e->remote_management, NULL, "obey CreateEntity and DeleteEntity", 0, 0},
        {"checksum", 0, OPTION_TEXT, &o->checksum, "KIND", "full, header or none; default full", 0, 0},
        {"require-checksum", 0, OPTION_FLAG, &e->require_checksum, NULL, "drop packets without checksum", 0, 0},
        {"no-streams", 0, OPTION_FLAG, &e->no_streams, NULL, "neither stream nor take part in runs", 0, 0},
        {"block", 0, OPTION_ENTITY, &e->block, "ID", "256 identifiers that are surely free; default: ask", 0, 0},
        {"no-spin", 0, OPTION_FLAG, &o->no_spin, NULL, "sleep at once when nothing is to do", 0, 0},
        OPTION_SECTION("Timers and tables of the protocol, whose defaults are meant for a LAN:"),
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
        TABLE("max-requests", max_requests, "Requests received, processed or answered; default: as the service needs"),
        {"max-accepts", 0, OPTION_NUMBER, &e->max_accepts, "N", "Requests that may wait; default: as the service needs",
         2, UINT32_MAX},
        TABLE("max-hosts", max_hosts, "hosts of entities remembered"),
        TABLE("max-memberships", max_memberships, "memberships in groups, and rights in them"),
        TABLE("max-control", max_control, "management packets waiting"),
        TABLE("max-sequences", max_sequences, "hosts with which receive sequence numbers are kept"),
        OPTION_GO_ON(more)};
    _Static_assert(sizeof all == ENGINE_ROWS * sizeof *rows, "ENGINE_ROWS");
    memcpy(rows, all, sizeof all);
}

/* ---- whether they are good ----------------------------------------------------------------------------------------- */

static int set_checksum(struct engine_options *o) {
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

static int check_engine(const struct engine_options *o, const struct option_row *rows) {
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

int engine_options_check(struct engine_options *o) {
    struct option_row rows[ENGINE_ROWS];
    engine_rows(rows, o, NULL);
    if (o->no_spin)
        o->host.spin = 0;
    return set_checksum(o) == 0 ? check_engine(o, rows) : -1;
}

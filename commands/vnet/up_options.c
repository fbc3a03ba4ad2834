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
    "Below a prefix are the files of --files, to be read (and with --change-files changed), and objects of the node: "
    "time, programs, pipe/NAME\n"
    "(made by who opens it to write) and log; see vnet ls, vnet cat.  The test service obeys everybody on the segment: "
    "it\n"
    "serves every file of --files, and makes calls for others unless --no-call is given.";
static const char after[] = "Exit codes: 0 ended by a signal, 1 it failed, 2 wrong command line.\n"
                            "Example: vnet up -i eth0 --files /srv/boot";

/* What the operator did not say follows from the number of slots: a client asks anew before its last answer is released. */
static void fit_tables(struct up_options *o) {
    struct vmtp_config *e = &o->engine.host.engine;
    if (!e->max_accepts)
        e->max_accepts = o->service.slots + 32;
    if (!e->max_requests)
        e->max_requests = 2 * o->service.slots;
    o->service.accepts = e->max_accepts;
    e->max_accepts += up_names_depth(&o->names);
    e->max_requests += 2 * up_names_depth(&o->names);
}

static int check(struct up_options *o) {
    fit_tables(o);
    if (o->group && (!vmtp_is_group(o->group) || o->group == VMTP_MANAGER_GROUP)) {
        vnet_misuse("--join takes a group of entities (its second highest bit is set), such as 6000-0000-0000-0100");
        return -1;
    }
    if (o->service.id && vmtp_is_group(o->service.id)) {
        vnet_misuse("--entity must not be a group (its second highest bit is set)");
        return -1;
    }
    o->names.objects.files = o->service.files;
    o->names.claims.json = o->common.json;
    if (engine_options_check(&o->engine) != 0 || claims_check(&o->names.claims) != 0)
        return -1;
    return common_require_interface(&o->common);
}

void up_options_init(struct up_options *o) {
    *o = (struct up_options){.permissions = VMTP_REM_BY_SELF};
    vtest_options_init(&o->service);
    o->service.name = "vsuite " VNET_VERSION;
    engine_options_init(&o->engine);
    fit_tables(o);
}

enum option_outcome up_options_parse(struct up_options *o, int argc, char **argv) {
    struct option_row common[COMMON_ROWS], claims[CLAIMS_ROWS], objects[UP_MANAGERS_ROWS], engine[ENGINE_ROWS];
    up_options_init(o);
    o->engine.host.engine.max_accepts = o->engine.host.engine.max_requests = 0; /* see fit_tables */
    claims_rows(claims, &o->names.claims);
    up_managers_rows(objects, &o->names.objects);
    claims[CLAIMS_ROWS - 1] = (struct option_row)OPTION_GO_ON(objects);
    objects[UP_MANAGERS_ROWS - 1] = (struct option_row)OPTION_GO_ON(engine);
    engine_rows(engine, &o->engine, NULL);
    const struct option_row rows[] = {
        {"entity", 0, OPTION_ENTITY, &o->service.id, "ID", "identifier of the test service; default: a new one", 0, 0},
        {"files", 0, OPTION_TEXT, &o->service.files, "DIR", "serve the files of this directory", 0, 0},
        {"join", 0, OPTION_ENTITY, &o->group, "GROUP", "be a member of this group of entities; default: of none", 0, 0},
        {"no-call", 0, OPTION_FLAG, &o->service.forbid_call, NULL,
         "make no calls for others (CALL, FORWARD, MIGRATE: NO_PERMISSION)", 0, 0},
        {"slots", 0, OPTION_NUMBER, &o->service.slots, "N", "Requests the test service keeps in hand; default 128", 4,
         1024},
        OPTION_GO_ON(claims)};
    const struct option_page page = {usage, about, after, common, rows};
    const char *none = NULL;
    unsigned words;
    common_rows(common, &o->common);
    enum option_outcome outcome = options_parse(&page, argc, argv, &none, 0, &words);
    if (outcome != OPTIONS_GO)
        return outcome;
    return check(o) == 0 ? OPTIONS_GO : OPTIONS_WRONG;
}

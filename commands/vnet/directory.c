/* SPDX-License-Identifier: BSD-2-Clause */
/* vnet directory - a node with a directory of names (spec/naming.md section 9). */
#define _DEFAULT_SOURCE /* explicit_bzero */
#include "node.h"
#include "text.h"
#include "vnet.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <vipc/host.h>

#include "directory/directory.h"

struct options {
    struct common_options common;
    const char *sqlite;
    struct vdir_etcd_options etcd;
    const char *password_file;
    struct vdir_options directory;
    vmtp_entity block;
};

struct run {
    const struct options *options;
    struct node node;
    vdir_store *store;
    vipc *ipc;
    vdir *directory;
    uint64_t not_now; /* of the store's counts, when last looked at */
    uint64_t done;
    int troubled; /* it has been said that the store cannot say anything */
};

static const char usage[] = "directory -i IFACE --sqlite FILE | --etcd URL[,URL...] [options]";
static const char about[] =
    "Runs a directory: it remembers which prefixes managers have registered, also while those are down, and says so "
    "to\n"
    "those who ask.  When it is ready it prints\n"
    "    ready directory=ID manager=ID store=NAME mac=ADDRESS interface=IFACE\n"
    "and at the end, by SIGINT or SIGTERM, what it counted.  All directories of a segment share one store: those of "
    "one\n"
    "machine a file, those of several a cluster of etcd.  What it cannot be sure of it does not say.  Beside a "
    "password,\n"
    "etcd takes only certificates without CN in their subject.";
static const char after[] =
    "Exit codes: 0 ended by a signal, 1 it failed (also when the store does not answer at the beginning), 2 wrong\n"
    "command line.\n"
    "Examples: vnet directory -i eth0 --sqlite /var/lib/vsuite/names\n"
    "          vnet directory -i eth0 --etcd http://10.0.0.1:2379,http://10.0.0.2:2379,http://10.0.0.3:2379";

/* ---- the command line ---------------------------------------------------------------------------------------------- */

static int check(const struct options *o) {
    if (!o->sqlite == !o->etcd.endpoints)
        return vnet_misuse(o->sqlite ? "--sqlite and --etcd: a directory has one store"
                                     : "say where to remember names: --sqlite FILE or --etcd URL");
    if (o->sqlite && (o->etcd.ca || o->etcd.certificate || o->etcd.key || o->etcd.user || o->password_file))
        return vnet_misuse("--etcd-ca, --etcd-cert, --etcd-key, --etcd-user and --etcd-password go with --etcd");
    if (o->directory.entity && vmtp_is_group(o->directory.entity))
        return vnet_misuse("--entity must not be a group (its second highest bit is set)");
    if (o->directory.patience == 0)
        return vnet_misuse("--patience 0 leaves the store no time");
    return VNET_OK;
}

static enum option_outcome parse(struct options *o, int argc, char **argv) {
    struct option_row common[COMMON_ROWS];
    const struct option_row rows[] = {
        {"sqlite", 0, OPTION_TEXT, &o->sqlite, "FILE", "remember in this file; made if it is not there", 0, 0},
        {"etcd", 0, OPTION_TEXT, &o->etcd.endpoints, "URLS",
         "remember in this cluster: http://HOST:PORT of its members", 0, 0},
        {"etcd-ca", 0, OPTION_TEXT, &o->etcd.ca, "FILE",
         "whose signature their certificates have; default: the system's", 0, 0},
        {"etcd-cert", 0, OPTION_TEXT, &o->etcd.certificate, "FILE", "certificate to show them", 0, 0},
        {"etcd-key", 0, OPTION_TEXT, &o->etcd.key, "FILE", "its key; default: in the same file", 0, 0},
        {"etcd-user", 0, OPTION_TEXT, &o->etcd.user, "NAME", "a user of the cluster's own", 0, 0},
        {"etcd-password", 0, OPTION_TEXT, &o->password_file, "FILE", "whose password is the first line of this file", 0,
         0},
        {"entity", 0, OPTION_ENTITY, &o->directory.entity, "ID", "identifier of the directory; default: a new one", 0, 0},
        {"patience", 0, OPTION_DURATION, &o->directory.patience, "TIME", "how long the store may take", 0, 0},
        {"requests", 0, OPTION_NUMBER, &o->directory.depth, "N", "Requests in hand at a time", 1, 4096},
        {"any-owner", 0, OPTION_FLAG, &o->directory.for_anybody, NULL,
         "obey who unregisters a prefix of another owner and says so", 0, 0},
        {"block", 0, OPTION_ENTITY, &o->block, "ID", "256 identifiers that are surely free; default: ask", 0, 0},
        {0}};
    const struct option_page page = {usage, about, after, common, rows};
    const char *none = NULL;
    unsigned words;
    vdir_options_init(&o->directory);
    common_rows(common, &o->common);
    enum option_outcome outcome = options_parse(&page, argc, argv, &none, 0, &words);
    if (outcome != OPTIONS_GO)
        return outcome;
    return check(o) == VNET_OK && common_require_interface(&o->common) == 0 ? OPTIONS_GO : OPTIONS_WRONG;
}

/* ---- what it prints ------------------------------------------------------------------------------------------------ */

static void say_ready(struct run *r) {
    const struct vmtp_port_info *port = &vmtp_host_port(r->node.host)->info;
    vmtp_entity manager = vmtp_host_manager(r->node.host), directory = vdir_entity(r->directory);
    char text[VMTP_ENTITY_TEXT], mac[TEXT_MAC];
    if (r->options->common.json) {
        json_line(json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "event", "ready", "directory", json_entity(directory),
                            "manager", json_entity(manager), "store", json_text(vdir_store_name(r->store)), "mac",
                            json_mac(port->mac), "interface", json_text(r->node.interface_name)));
        return;
    }
    printf("ready directory=%s", vmtp_entity_format(text, directory));
    printf(" manager=%s store=%s mac=%s interface=%s\n", vmtp_entity_format(text, manager), vdir_store_name(r->store),
           text_mac(mac, port->mac), r->node.interface_name);
    vnet_flush();
}

struct count {
    const char *name, *text;
    uint64_t value;
};

#define COUNTS (VDIR_COUNTER_COUNT + 5)

static void collect(const struct run *r, struct count counts[COUNTS]) {
    const struct vdir_store_counts *s = vdir_store_counts(r->store);
    const struct count of_store[] = {{"store_operations", "operations of the store", s->operations},
                                     {"store_attempts", "how often it was asked for them", s->attempts},
                                     {"store_failures", "times that it had no answer", s->failures},
                                     {"store_bad_answers", "answers, or rows in them, that make no sense", s->bad_answers},
                                     {"store_not_now", "operations that were given up", s->not_now}};
    for (unsigned i = 0; i < VDIR_COUNTER_COUNT; i++)
        counts[i] = (struct count){vdir_counter_name(i), vdir_counter_text(i), vdir_count(r->directory, i)};
    memcpy(counts + VDIR_COUNTER_COUNT, of_store, sizeof of_store);
}

static void say_end(const struct run *r) {
    struct count counts[COUNTS];
    collect(r, counts);
    json_t *object = r->options->common.json ? json_object() : NULL;
    for (unsigned i = 0; i < COUNTS; i++) {
        if (object)
            json_object_set_new(object, counts[i].name, json_integer((json_int_t)counts[i].value));
        else if (counts[i].value > 0)
            printf("%-18s %12llu  %s\n", counts[i].name, (unsigned long long)counts[i].value, counts[i].text);
    }
    if (object)
        json_line(json_pack("{s:s, s:o}", "event", "end", "counters", object));
}

/* Once when the store stops to answer, and once when it answers again. */
static void look_after_store(struct run *r) {
    const struct vdir_store_counts *counts = vdir_store_counts(r->store);
    int failed = counts->not_now != r->not_now, done = counts->done != r->done;
    r->not_now = counts->not_now;
    r->done = counts->done;
    if (!r->directory) /* at the beginning that is the end */
        return;
    if (failed && !done && !r->troubled) {
        r->troubled = 1;
        vnet_note("the store cannot say anything now: %s", vdir_store_error(r->store));
    } else if (done && !failed && r->troubled) {
        r->troubled = 0;
        vnet_note("the store answers again");
    }
}

/* ---- what it does -------------------------------------------------------------------------------------------------- */

/* Does what there is to do: 0, 1 when there is more, or an error of node_next. */
static int work(struct run *r) {
    struct vmtp_event event;
    int busy = vmtp_host_turn(r->node.host);
    if (busy == VMTP_E_DOWN)
        return node_await_interface(&r->node);
    if (busy < 0)
        return busy;
    while (vmtp_host_next_event(r->node.host, &event))
        continue; /* nothing that a directory waits for */
    vdir_store_turn(r->store, node_now(&r->node));
    look_after_store(r);
    return node_interrupted() ? VMTP_E_CANCELLED : busy;
}

/* Sleeps until there is something to do. */
static int rest(struct run *r) { return node_wait(&r->node, vdir_store_fd(r->store), vdir_store_deadline(r->store)); }

static int serve(struct run *r) {
    int rc;
    while ((rc = work(r)) >= 0)
        if (rc == 0 && (rc = rest(r)) < 0)
            break;
    return rc == VMTP_E_CANCELLED ? 0 : rc;
}

static void note_result(struct vdir_op *op, enum vdir_result result) { *(int *)op->context = 1 + (int)result; }

/* Whether the store says anything at all: VNET_OK, or another exit code after a message. */
static int try_store(struct run *r) {
    int told = 0, rc = 0;
    struct vdir_op op = {.kind = VDIR_FETCH, .done = note_result, .context = &told};
    op.deadline = node_now(&r->node) + r->options->directory.patience;
    vdir_store_start(r->store, &op, node_now(&r->node));
    while (told == 0 && rc >= 0) {
        rc = work(r);
        if (told == 0 && rc == 0)
            rc = rest(r);
    }
    vdir_store_cancel(&op);
    if (told == 1 + VDIR_DONE)
        return VNET_OK;
    if (rc < 0)
        return node_explain(&r->node, rc, 0, 0);
    return vnet_fail("%s does not answer: %s", r->options->etcd.endpoints ? "etcd" : r->options->sqlite,
                     vdir_store_error(r->store));
}

static int run(struct run *r) {
    char id[VMTP_ENTITY_TEXT];
    int rc = try_store(r);
    if (rc != VNET_OK)
        return rc;
    rc = vdir_create(&r->directory, r->ipc, r->store, &r->options->directory);
    if (rc == VMTP_E_EXISTS || rc == VMTP_E_INVALID)
        return vnet_misuse("--entity %s cannot be used here", vmtp_entity_format(id, r->options->directory.entity));
    if (rc != 0)
        return vnet_fail("cannot start the directory: %s", vmtp_error_text(rc));
    say_ready(r);
    if (vnet_flush() != 0)
        return VNET_OK; /* what is wrong is said at the end of main */
    rc = serve(r);
    say_end(r);
    return rc == 0 ? VNET_OK : node_explain(&r->node, rc, vdir_entity(r->directory), 0);
}

/* The first line of a file: 0, or -1 after a message. */
static int read_password(const char *name, char *password, size_t room) {
    FILE *file = fopen(name, "r");
    if (!file) {
        vnet_fail("--etcd-password %s: %s", name, strerror(errno));
        return -1;
    }
    if (!fgets(password, (int)room, file))
        *password = 0;
    fclose(file);
    password[strcspn(password, "\r\n")] = 0;
    if (!*password)
        vnet_fail("--etcd-password %s: there is no password in its first line", name);
    return *password ? 0 : -1;
}

static int open_store(struct run *r) {
    const struct options *o = r->options;
    struct vdir_etcd_options etcd = o->etcd;
    char error[512] = "", password[256] = "";
    if (o->password_file) {
        if (read_password(o->password_file, password, sizeof password) != 0)
            return VNET_FAILED;
        etcd.password = password;
    }
    int rc = o->sqlite ? vdir_sqlite_open(&r->store, o->sqlite, error, sizeof error)
                       : vdir_etcd_open_as(&r->store, &etcd, error, sizeof error);
    explicit_bzero(password, sizeof password);
    if (rc == 0)
        return VNET_OK;
    return o->sqlite ? vnet_fail("--sqlite: %s", error) : vnet_misuse("--etcd: %s", error);
}

static int open_node(struct run *r) {
    struct vmtp_host_config config;
    vmtp_host_config_init(&config);
    config.engine.max_accepts = r->options->directory.depth + 32;
    config.engine.max_requests = 2 * r->options->directory.depth +
                                 32; /* a client asks anew before its last answer is released */
    config.engine.block = r->options->block;
    return node_open(&r->node, &config, &r->options->common);
}

static int run_on_node(struct run *r) {
    int rc = vipc_host_open(&r->ipc, r->node.host);
    if (rc != 0)
        return vnet_fail("%s", vmtp_error_text(rc));
    rc = run(r);
    vdir_destroy(r->directory);
    vipc_close(r->ipc);
    return rc;
}

int vnet_directory(int argc, char **argv) {
    struct options options = {0};
    struct run r = {.options = &options};
    enum option_outcome outcome = parse(&options, argc, argv);
    if (outcome != OPTIONS_GO)
        return outcome == OPTIONS_DONE ? VNET_OK : VNET_USAGE;
    int rc = open_store(&r);
    if (rc == VNET_OK)
        rc = open_node(&r);
    if (rc == VNET_OK)
        rc = node_close(&r.node, run_on_node(&r));
    vdir_store_close(r.store);
    return rc;
}

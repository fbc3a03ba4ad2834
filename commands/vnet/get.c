/* SPDX-License-Identifier: BSD-2-Clause */
/* vnet get - fetch a file from a test service. */
#define _POSIX_C_SOURCE 200809L
#include "fetch.h"
#include "target.h"
#include "test_protocol.h"
#include "text.h"
#include "vnet.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct get {
    struct common_options common;
    const char *name, *from, *output;
    vmtp_time timeout;
    struct node node;
    struct fetch fetch;
    struct outfile out;
    vmtp_time started, took, shown;
    uint8_t quiet, tty;
    char hash[OUTFILE_HASH_TEXT];
};

static const char usage[] = "get FILE -i IFACE [options]";
static const char about[] =
    "Fetches FILE (its name within the directory that the other node serves: `vnet up --files DIR`) and prints\n"
    "its SHA-256.  The file appears under its final name only when it is complete.  Several transactions are in\n"
    "flight at a time.";
static const char after[] =
    "Exit codes: 0 the file is there, 1 it failed (and there is no file), 2 wrong command line.\n"
    "Example: vnet get images/boot.img -i eth0 -o /tmp/boot.img";

static int check(const struct get *g, unsigned words) {
    if (words == 0)
        return vnet_misuse("say which file; usage: vnet %s", usage);
    if (strlen(g->name) == 0 || strlen(g->name) > VTEST_NAME_MAX)
        return vnet_misuse("a file's name has 1 to %u octets", VTEST_NAME_MAX);
    if (g->name[0] == '/')
        return vnet_misuse("\"%s\": names are within the directory served, so leave the first \"/\" out", g->name);
    if (g->output && !*g->output)
        return vnet_misuse("--output wants a name");
    if (g->output && strcmp(g->output, "-") == 0)
        return vnet_misuse(
            "--output wants the name of a file: a file is checked before anybody sees it, so it cannot go to "
            "the standard output (a file called \"-\" is ./-)");
    if (target_check(g->from) != 0)
        return VNET_USAGE;
    return VNET_OK;
}

static enum option_outcome parse(struct get *g, int argc, char **argv) {
    struct option_row common[COMMON_ROWS];
    const struct option_row rows[] = {
        {"from", 0, OPTION_TEXT, &g->from, "WHO", "a test service, or the address of its node; default: any", 0, 0},
        {"output", 'o', OPTION_TEXT, &g->output, "OUT", "file or directory to write; default: FILE's last part, here",
         0, 0},
        {"window", 0, OPTION_NUMBER, &g->fetch.window, "N", "transactions in flight; default 16", 1, FETCH_WINDOW_MOST},
        {"timeout", 0, OPTION_DURATION, &g->timeout, "TIME", "give up when nothing arrives for this long; default 5s",
         0, 0},
        {"idempotent", 0, OPTION_FLAG, &g->fetch.idempotent, NULL, "ask for idempotent Responses", 0, 0},
        {"quiet", 'q', OPTION_FLAG, &g->quiet, NULL, "no progress", 0, 0},
        {0}};
    const struct option_page page = {usage, about, after, common, rows};
    unsigned words;
    common_rows(common, &g->common);
    enum option_outcome outcome = options_parse(&page, argc, argv, &g->name, 1, &words);
    if (outcome != OPTIONS_GO)
        return outcome;
    if (check(g, words) != VNET_OK || common_require_interface(&g->common) != 0)
        return OPTIONS_WRONG;
    return OPTIONS_GO;
}

/* ---- what it prints ------------------------------------------------------------------------------------------------ */

static void progress(void *context, uint64_t done, uint64_t size) {
    struct get *g = context;
    char have[TEXT_SIZE], all[TEXT_SIZE], rate[TEXT_SIZE];
    vmtp_time now = node_now(&g->node);
    if (!g->tty || (now - g->shown < 100 * VMTP_MILLISECOND && done < size))
        return;
    g->shown = now;
    double seconds = (double)(now - g->started) / 1e9;
    fprintf(stderr, "\r%3d %%  %s of %s  %s/s ", (int)(done * 100 / size), text_size(have, done), text_size(all, size),
            text_size(rate, (uint64_t)((double)done / (seconds > 0 ? seconds : 1e-9))));
}

static void clear_progress(const struct get *g) {
    if (g->tty && g->shown)
        fprintf(stderr, "\r%60s\r", "");
}

static int refused(const struct get *g) {
    char code[TEXT_CODE], server[VMTP_ENTITY_TEXT];
    vmtp_entity_format(server, g->fetch.server);
    switch (g->fetch.size) {
    case VMTP_TEST_NO_FILE:
        return vnet_fail("%s has no file \"%s\": look at what it serves (`vnet up --files`)", server, g->name);
    case VMTP_TEST_BAD_ARGUMENT:
        return vnet_fail("%s does not accept the name \"%s\": no \"..\", \".\" or empty parts", server, g->name);
    case VMTP_TEST_FILE_ERROR:
        return vnet_fail("%s cannot read \"%s\": look at its permissions there", server, g->name);
    case VMTP_ERROR: return vnet_fail("%s is no test service that serves files", server);
    default: return vnet_fail("%s refused: %s", server, text_code(code, (uint32_t)g->fetch.size));
    }
}

static int explain(struct get *g, int rc) {
    switch (rc) {
    case FETCH_REFUSED: return refused(g);
    case FETCH_CHANGED: return vnet_fail("\"%s\" was changed while it was read: try again", g->name);
    case FETCH_DAMAGED:
        return vnet_fail("\"%s\" arrived damaged three times (CRC-32 differs): is a network card broken?", g->name);
    case FETCH_WRITE: return vnet_fail("cannot write %s: %s", g->out.path, strerror(errno));
    default: return node_explain(&g->node, rc, g->fetch.server, g->timeout);
    }
}

static int summary(const struct get *g) {
    char size[TEXT_SIZE], took[TEXT_DURATION], rate[TEXT_SIZE];
    double seconds = (double)g->took / 1e9;
    uint64_t per_second = (uint64_t)((double)g->fetch.size / (seconds > 0 ? seconds : 1e-9));
    uint64_t again = vmtp_counter(g->node.engine, VMTP_COUNT_REQUEST_RETRANSMITS);
    if (g->common.json) {
        return json_line(json_pack("{s:o, s:o, s:o, s:I, s:s, s:I, s:I, s:I, s:i}", "file", json_text(g->name),
                                   "output", json_text(g->out.path), "from", json_entity(g->fetch.server), "octets",
                                   (json_int_t)g->fetch.size, "sha256", g->hash, "time_ns", (json_int_t)g->took,
                                   "octets_per_second", (json_int_t)per_second, "retransmissions", (json_int_t)again,
                                   "damaged", (int)g->fetch.damaged));
    }
    printf("%s: %s in %s, %s/s, %llu retransmissions\nsha256 %s  %s\n", g->out.path, text_size(size, g->fetch.size),
           text_duration(took, g->took), text_size(rate, per_second), (unsigned long long)again, g->hash, g->out.path);
    return VNET_OK;
}

/* ---- what it does -------------------------------------------------------------------------------------------------- */

static int transfer(struct get *g) {
    g->started = node_now(&g->node);
    int rc = fetch_all(&g->fetch, &g->out);
    g->took = node_now(&g->node) - g->started;
    clear_progress(g);
    if (rc != 0)
        return explain(g, rc);
    if (outfile_hash(&g->out, g->fetch.size, g->hash) != 0)
        return vnet_fail("cannot read %s back: %s", g->out.path, strerror(errno));
    return VNET_OK;
}

static int run(struct get *g) {
    int rc = target_find(&g->node, g->from, g->timeout, &g->fetch.server);
    if (rc != VNET_OK)
        return rc;
    rc = fetch_stat(&g->fetch);
    if (rc != 0)
        return explain(g, rc);
    rc = outfile_open(&g->out, g->output, g->name);
    if (rc == OUTFILE_SPECIAL)
        return vnet_fail("%s is not a regular file: give another name with --output", g->out.path);
    if (rc != 0)
        return vnet_fail("cannot write %s: %s", g->output ? g->output : g->name, strerror(errno));
    rc = transfer(g);
    if (rc == VNET_OK && outfile_commit(&g->out) != 0)
        rc = vnet_fail("cannot finish the file: %s", strerror(errno));
    if (rc == VNET_OK)
        rc = summary(g);
    return rc;
}

int vnet_get(int argc, char **argv) {
    struct get g = {.timeout = 5 * VMTP_SECOND, .fetch.window = 16, .out.fd = -1};
    struct vmtp_host_config config;
    enum option_outcome outcome = parse(&g, argc, argv);
    if (outcome != OPTIONS_GO)
        return outcome == OPTIONS_DONE ? VNET_OK : VNET_USAGE;
    g.tty = !g.quiet && !g.common.json && isatty(STDERR_FILENO);
    g.fetch.node = &g.node;
    g.fetch.name = g.name;
    g.fetch.timeout = g.timeout;
    g.fetch.progress = progress;
    g.fetch.context = &g;
    vmtp_host_config_init(&config);
    int rc = node_open(&g.node, &config, &g.common);
    if (rc != VNET_OK)
        return rc;
    rc = node_close(&g.node, run(&g));
    outfile_discard(&g.out);
    fetch_free(&g.fetch);
    return rc;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* vnet watch - wait for a name to appear, move and go. */
#include "naming.h"
#include "text.h"
#include "vnet.h"

#include <stdio.h>
#include <string.h>
#include <vnaming/watch.h>

struct watch {
    struct common_options common;
    const char *name;
    vmtp_time timeout; /* 0: none */
    uint8_t once;
    struct naming naming;
    struct vname_watch watch;
    int over;
    enum vname_change change;
};

static const char usage[] = "watch NAME -i IFACE [options]";
static const char about[] =
    "Tells when a name has a manager, has another one, and has none any more, until SIGINT or SIGTERM; a line each:\n"
    "    appeared NAME manager=ID prefix=PREFIX generation=N, moved NAME ..., gone NAME\n"
    "Managers announce what they come to hold; as long as somebody watches them they also send a heartbeat each "
    "second.";
static const char after[] =
    "Exit codes: 0 ended by a signal, or --once and it is there; 1 it failed, or --once and it is not there in time;\n"
    "2 wrong command line.\n"
    "Example: vnet watch /storage -i eth0 --once --timeout 30s && vnet resolve /storage/plan -i eth0";

static int check(const struct watch *w, unsigned words) {
    if (words == 0)
        return vnet_misuse("say which name; usage: vnet %s", usage);
    if (vname_check_absolute(w->name, strlen(w->name)))
        return vnet_misuse("\"%s\" is no absolute name, such as /storage/plan", w->name);
    if (w->timeout && !w->once)
        return vnet_misuse("--timeout is for --once");
    return VNET_OK;
}

static enum option_outcome parse(struct watch *w, int argc, char **argv) {
    struct option_row common[COMMON_ROWS];
    const struct option_row rows[] = {
        {"once", 0, OPTION_FLAG, &w->once, NULL, "end when it has appeared", 0, 0},
        {"timeout", 0, OPTION_DURATION, &w->timeout, "TIME", "with --once: how long to wait; default: for ever", 0, 0},
        {0}};
    const struct option_page page = {usage, about, after, common, rows};
    unsigned words;
    common_rows(common, &w->common);
    enum option_outcome outcome = options_parse(&page, argc, argv, &w->name, 1, &words);
    if (outcome != OPTIONS_GO)
        return outcome;
    return check(w, words) == VNET_OK && common_require_interface(&w->common) == 0 ? OPTIONS_GO : OPTIONS_WRONG;
}

static void say(const struct watch *w, const char *word) {
    const struct vname_record *record = &w->watch.record;
    char text[VMTP_ENTITY_TEXT];
    if (w->common.json) {
        json_t *o = json_pack("{s:s, s:s}", "event", word, "name", w->name);
        if (record->manager)
            json_object_set_new(o, "record", naming_json(record));
        json_line(o);
        return;
    }
    printf("%s %s", word, w->name);
    if (record->manager)
        printf(" manager=%s prefix=%.*s generation=%u", vmtp_entity_format(text, record->manager),
               record->prefix_length, record->prefix, record->generation);
    putchar('\n');
    vnet_flush();
}

static void changed(struct vname_watch *watch, enum vname_change change) {
    struct watch *w = watch->context;
    w->change = change;
    w->over = w->once;
    if (change != VNAME_NOT_APPEARED)
        say(w, vname_change_words(change));
}

static int run(struct watch *w) {
    char duration[TEXT_DURATION];
    w->watch = (struct vname_watch){.name = w->name,
                                    .name_length = (uint32_t)strlen(w->name),
                                    .flags = w->once ? (uint32_t)VNAME_WATCH_ONCE : 0,
                                    .deadline = w->timeout ? node_now(&w->naming.node) + w->timeout : VMTP_NEVER,
                                    .changed = changed,
                                    .context = w};
    int rc = vname_watch(w->naming.resolver, &w->watch);
    if (rc == 0)
        rc = naming_wait(&w->naming, &w->over, VMTP_NEVER);
    while (rc == VMTP_E_DOWN && (rc = node_await_interface(&w->naming.node)) == 0)
        rc = naming_wait(&w->naming, &w->over, VMTP_NEVER);
    if (rc == VMTP_E_CANCELLED && !w->once)
        return VNET_OK;
    if (rc != 0)
        return node_explain(&w->naming.node, rc, 0, 0);
    if (w->change == VNAME_NOT_APPEARED)
        return vnet_fail("%s has not appeared within %s", w->name, text_duration(duration, w->timeout));
    return VNET_OK;
}

int vnet_watch(int argc, char **argv) {
    static struct watch w;
    enum option_outcome outcome = parse(&w, argc, argv);
    if (outcome != OPTIONS_GO)
        return outcome == OPTIONS_DONE ? VNET_OK : VNET_USAGE;
    const struct vname_config config = {0};
    int rc = naming_open(&w.naming, &w.common, &config);
    return rc == VNET_OK ? naming_close(&w.naming, run(&w)) : rc;
}

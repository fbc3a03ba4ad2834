/* SPDX-License-Identifier: BSD-2-Clause */
/* vnet ls - what is in directories of others. */
#include "entry.h"
#include "text.h"
#include "vnet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MOST 256u

struct ls {
    struct remote_options options;
    const char *names[NAMES_MOST];
    unsigned count;
    uint8_t is_long, all, itself;
    struct remote remote;
    struct uio_named named;
    uint8_t room[UIO_LARGE_ROOM];
};

static const char usage[] = "ls [NAME...] -i IFACE [options]";
static const char about[] = "Lists what is in directories that others serve, or an object that is none itself.  NAME "
                            "is absolute, or relative to\n"
                            "V_CONTEXT; without one it is V_CONTEXT.  `vnet names` lists what there is to begin with.";
static const char after[] = REMOTE_EXIT_CODES "Example: vnet ls -l /projects -i eth0";

/* ---- the command line ---------------------------------------------------------------------------------------------- */

static int check(struct ls *l) {
    const char *context = getenv("V_CONTEXT");
    if (l->count == 0 && (!context || !*context))
        return vnet_misuse("say which name (`vnet names` lists what there is); usage: vnet %s", usage);
    if (l->count == 0)
        l->names[l->count++] = ".";
    if (remote_take_names(l->names, l->count) != 0)
        return VNET_USAGE;
    return remote_options_check(&l->options) == 0 ? VNET_OK : VNET_USAGE;
}

static enum option_outcome parse(struct ls *l, int argc, char **argv) {
    struct option_row common[REMOTE_ROWS];
    const struct option_row rows[] = {
        {"long", 'l', OPTION_FLAG, &l->is_long, NULL, "type, permissions, names, user, group, octets, time of change",
         0, 0},
        {"all", 'a', OPTION_FLAG, &l->all, NULL, "also what begins with a dot", 0, 0},
        {"directory", 'd', OPTION_FLAG, &l->itself, NULL, "a directory itself, not what is in it", 0, 0},
        {0}};
    const struct option_page page = {usage, about, after, common, rows};
    remote_rows(common, &l->options);
    enum option_outcome outcome = options_parse(&page, argc, argv, l->names, NAMES_MOST, &l->count);
    if (outcome != OPTIONS_GO)
        return outcome;
    return check(l) == VNET_OK ? OPTIONS_GO : OPTIONS_WRONG;
}

/* ---- what it prints ------------------------------------------------------------------------------------------------ */

static void show(const struct ls *l, const struct uio_object *object, const char *name, const char *target) {
    char clean[REMOTE_TEXT];
    if (l->options.common.json)
        json_print(entry_json(object, name, target));
    else if (l->is_long)
        entry_print_long(object, name, target);
    else
        puts(remote_text(clean, name, strlen(name)));
}

static void show_all(const struct ls *l, const struct entries *e) {
    for (size_t i = 0; i < e->count; i++)
        if (l->all || e->list[i].name[0] != '.')
            show(l, &e->list[i].object, e->list[i].name, e->list[i].target);
}

/* ---- what it does -------------------------------------------------------------------------------------------------- */

static int object_itself(struct ls *l, const char *name) {
    struct uio_named *named = &l->named;
    char target[UIO_TARGET_OCTETS + 1];
    remote_name(&l->remote, named, name);
    const int result = uio_named_wait(named, uio_query_object(&l->remote.client, named, UIO_NOFOLLOW));
    if (result != 0)
        return remote_explain(&l->remote, name, result, named);
    snprintf(target, sizeof target, "%.*s", named->object.target_length,
             named->object.target_length ? named->object.target : "");
    show(l, &named->object, name, target);
    return VNET_OK;
}

static int contents(struct ls *l, const char *name, struct uio_handle *context) {
    struct entries e = {0};
    const int result = entries_read(&l->remote, context, &e);
    remote_release(&l->remote, context);
    if (!l->options.common.json && l->count > 1)
        printf("%s%s:\n", name == l->names[0] ? "" : "\n", name);
    show_all(l, &e);
    entries_free(&e);
    return result == 0 ? VNET_OK : remote_explain(&l->remote, name, result, NULL);
}

static int one(struct ls *l, const char *name) {
    struct uio_handle handle = {0};
    if (l->itself)
        return object_itself(l, name);
    const int result = remote_create(&l->remote, &l->named, &handle, name, UIO_MODE_READ | UIO_MODE_CONTEXT, 0, l->room,
                                     sizeof l->room);
    if (result == (int)VNAME_NOT_CONTEXT)
        return object_itself(l, name);
    return result == 0 ? contents(l, name, &handle) : remote_explain(&l->remote, name, result, &l->named);
}

int vnet_ls(int argc, char **argv) {
    static struct ls l;
    enum option_outcome outcome = parse(&l, argc, argv);
    if (outcome != OPTIONS_GO)
        return outcome == OPTIONS_DONE ? VNET_OK : VNET_USAGE;
    int rc = remote_open(&l.remote, &l.options), worst = VNET_OK;
    if (rc != VNET_OK)
        return rc;
    for (unsigned i = 0; i < l.count && !node_interrupted(); i++)
        worst = (rc = one(&l, l.names[i])) != VNET_OK ? rc : worst;
    return remote_close(&l.remote, worst);
}

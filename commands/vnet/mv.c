/* SPDX-License-Identifier: BSD-2-Clause */
/* vnet mv - give objects other names. */
#include "place.h"
#include "vnet.h"

#include <stdio.h>
#include <string.h>

struct mv {
    struct remote_options options;
    const char *names[REMOTE_NAMES_MOST];
    unsigned count;
    uint8_t keep;
    struct remote remote;
    struct uio_named named;
};

static const char usage[] = "mv NAME... NEW -i IFACE [options]";
static const char about[] =
    "Gives objects other names at their manager, in one step: nobody sees both or none.  When there are several names, "
    "or NEW\n"
    "is a directory, they go into it.  What has the new name already loses it, unless --no-replace is given.";
static const char after[] = REMOTE_EXIT_CODES "Example: vnet mv /projects/draft /projects/plan -i eth0";

static enum option_outcome parse(struct mv *m, int argc, char **argv) {
    struct option_row common[REMOTE_ROWS];
    const struct option_row rows[] = {
        {"no-replace", 'n', OPTION_FLAG, &m->keep, NULL, "fail if the new name is taken", 0, 0}, {0}};
    const struct option_page page = {usage, about, after, common, rows};
    remote_rows(common, &m->options);
    return remote_parse(&page, argc, argv, &m->options, m->names, &m->count, 2);
}

static int rename_to(struct mv *m, const char *name, const char *to) {
    struct remote *r = &m->remote;
    remote_name(r, &m->named, name);
    const int result = uio_named_wait(
        &m->named, uio_rename_object(&r->client, &m->named, to, strlen(to), m->keep ? UIO_RENAME_NO_REPLACE : 0));
    return result == 0 ? VNET_OK : remote_explain(r, result == (int)UIO_EXISTS ? to : name, result, &m->named);
}

static int move(struct mv *m, const char *name, const struct place *target, int into) {
    struct place from = {(char *)(uintptr_t)name, 1};
    char last[PLACE_COMPONENT];
    if (!into)
        return rename_to(m, name, target->name);
    struct place to = place_below(target, place_last(&from, last));
    const int rc = to.name ? rename_to(m, name, to.name) : vnet_fail("out of memory");
    place_free(&to);
    return rc;
}

static int run(struct mv *m) {
    struct place target = {(char *)(uintptr_t)m->names[m->count - 1], 1};
    struct entry entry;
    int there, worst = place_look(&m->remote, &target, 1, &entry, &there);
    const int into = there && entry.object.type == UIO_TYPE_CONTEXT;
    place_forget(&entry);
    if (worst != VNET_OK)
        return worst;
    if (m->count > 2 && !into)
        return vnet_fail("%s: %s", target.name, there ? "is no directory" : "there is no such directory");
    for (unsigned i = 0; i + 1 < m->count && !node_interrupted(); i++) {
        const int rc = move(m, m->names[i], &target, into);
        worst = rc != VNET_OK ? rc : worst;
    }
    return worst;
}

int vnet_mv(int argc, char **argv) {
    static struct mv m;
    enum option_outcome outcome = parse(&m, argc, argv);
    if (outcome != OPTIONS_GO)
        return outcome == OPTIONS_DONE ? VNET_OK : VNET_USAGE;
    const int rc = remote_open(&m.remote, &m.options);
    return rc == VNET_OK ? remote_close(&m.remote, run(&m)) : rc;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* vnet rm - remove objects. */
#include "place.h"
#include "vnet.h"

#include <stdio.h>
#include <string.h>

struct rm {
    struct remote_options options;
    const char *names[REMOTE_NAMES_MOST];
    unsigned count;
    uint8_t recursive, force;
    struct remote remote;
    int stopped;
};

static const char usage[] = "rm NAME... -i IFACE [options]";
static const char about[] = "Removes objects, and with -r directories with all that is in them.  A symbolic link is "
                            "removed itself.  What is open at\n"
                            "its manager goes on living there until it is released.";
static const char after[] = REMOTE_EXIT_CODES "Example: vnet rm -r /projects/old -i eth0";

static enum option_outcome parse(struct rm *m, int argc, char **argv) {
    struct option_row common[REMOTE_ROWS];
    const struct option_row rows[] = {
        {"recursive", 'r', OPTION_FLAG, &m->recursive, NULL, "directories, with all that is in them", 0, 0},
        {"force", 'f', OPTION_FLAG, &m->force, NULL, "what is not there is no failure", 0, 0},
        {0}};
    const struct option_page page = {usage, about, after, common, rows};
    remote_rows(common, &m->options);
    return remote_parse(&page, argc, argv, &m->options, m->names, &m->count, 1);
}

static int remove_any(struct rm *m, const struct place *p, int type);

static int remove_contents(struct rm *m, const struct place *p) {
    struct entries e = {0};
    int worst = place_list(&m->remote, p, &e);
    for (size_t i = 0; i < e.count && !m->stopped; i++) {
        struct place below = place_below(p, e.list[i].name);
        const int rc = below.name ? remove_any(m, &below, e.list[i].object.type) : vnet_fail("out of memory");
        worst = rc != VNET_OK ? rc : worst;
        m->stopped |= rc == REMOTE_SILENT || rc == REMOTE_NOBODY || node_interrupted();
        place_free(&below);
    }
    entries_free(&e);
    return worst;
}

static int remove_any(struct rm *m, const struct place *p, int type) {
    if (type != UIO_TYPE_CONTEXT)
        return place_remove(&m->remote, p, 0);
    if (!m->recursive)
        return vnet_fail("%s: is a directory: -r removes it with all that is in it", p->name);
    const int rc = remove_contents(m, p);
    return rc == VNET_OK ? place_remove(&m->remote, p, 1) : rc;
}

static int one(struct rm *m, const char *name) {
    const struct place p = {(char *)(uintptr_t)name, 1};
    struct entry entry;
    int there, rc = place_look(&m->remote, &p, 0, &entry, &there);
    const int type = entry.object.type;
    place_forget(&entry);
    if (rc == VNET_OK && !there)
        return m->force ? VNET_OK : place_explain(&m->remote, &p, (int)VNAME_NOT_FOUND, NULL);
    return rc == VNET_OK ? remove_any(m, &p, type) : rc;
}

int vnet_rm(int argc, char **argv) {
    static struct rm m;
    enum option_outcome outcome = parse(&m, argc, argv);
    if (outcome != OPTIONS_GO)
        return outcome == OPTIONS_DONE ? VNET_OK : VNET_USAGE;
    int rc = remote_open(&m.remote, &m.options), worst = VNET_OK;
    if (rc != VNET_OK)
        return rc;
    for (unsigned i = 0; i < m.count && !m.stopped && !node_interrupted(); i++)
        worst = (rc = one(&m, m.names[i])) != VNET_OK ? rc : worst;
    return remote_close(&m.remote, worst);
}

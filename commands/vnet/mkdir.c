/* SPDX-License-Identifier: BSD-2-Clause */
/* vnet mkdir - make directories at managers. */
#include "place.h"
#include "vnet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct make {
    struct remote_options options;
    const char *names[REMOTE_NAMES_MOST];
    unsigned count;
    const char *mode;
    uint32_t permissions;
    uint8_t parents;
    struct remote remote;
};

static const char usage[] = "mkdir NAME... -i IFACE [options]";
static const char about[] = "Makes directories.";
static const char after[] = REMOTE_EXIT_CODES "Example: vnet mkdir -p /projects/2026/plans -i eth0";

static int take_mode(struct make *m) {
    char *end = NULL;
    const unsigned long mode = m->mode ? strtoul(m->mode, &end, 8) : 0777;
    if (m->mode && (*m->mode < '0' || *m->mode > '7' || *end || mode > 07777))
        return vnet_misuse("--mode takes permissions such as 755, not \"%s\"", m->mode);
    m->permissions = (uint32_t)mode;
    return 0;
}

static enum option_outcome parse(struct make *m, int argc, char **argv) {
    struct option_row common[REMOTE_ROWS];
    const struct option_row rows[] = {
        {"parents", 'p', OPTION_FLAG, &m->parents, NULL, "also those above it; what is there already is no failure", 0, 0},
        {"mode", 'm', OPTION_TEXT, &m->mode, "MODE", "permissions, octal; default 777", 0, 0},
        {0}};
    const struct option_page page = {usage, about, after, common, rows};
    remote_rows(common, &m->options);
    enum option_outcome outcome = remote_parse(&page, argc, argv, &m->options, m->names, &m->count, 1);
    return outcome == OPTIONS_GO && take_mode(m) != 0 ? OPTIONS_WRONG : outcome;
}

/* VNET_OK, also when there is one already and that is no failure. */
static int one(struct make *m, const char *name) {
    struct remote *r = &m->remote;
    const struct place p = {(char *)(uintptr_t)name, 1};
    struct entry entry;
    int there = 0, rc = VNET_OK;
    if (m->parents) {
        rc = place_look(r, &p, 1, &entry, &there);
        there = there && entry.object.type == UIO_TYPE_CONTEXT;
        place_forget(&entry);
    }
    return rc != VNET_OK || there ? rc : place_make_directory(r, &p, m->permissions);
}

/* Those above it, as far as they can be seen: what is above a prefix is nobody's. */
static int with_parents(struct make *m, const char *name) {
    char whole[VNAME_NAME_OCTETS + 1];
    struct vname_record record;
    int rc = VNET_OK;
    snprintf(whole, sizeof whole, "%s", name);
    struct vname_operation op = {.name = name, .name_length = strlen(name), .deadline = remote_deadline(&m->remote)};
    size_t from = 0;
    if (name[0] == '/' && vname_resolve_wait(m->remote.naming.resolver, &op) == 0 && op.outcome == VNAME_ANSWERED &&
        !op.aliases)
        from = op.record.prefix_length;
    else if (name[0] == '/' && vname_cached(m->remote.naming.resolver, name, strlen(name), &record))
        from = record.prefix_length;
    for (size_t i = from + 1; rc == VNET_OK && from && i < strlen(name); i++)
        if (name[i] == '/' && name[i - 1] != '/') {
            whole[i] = 0;
            rc = one(m, whole);
            whole[i] = '/';
        }
    return rc == VNET_OK ? one(m, name) : rc;
}

int vnet_mkdir(int argc, char **argv) {
    static struct make m;
    enum option_outcome outcome = parse(&m, argc, argv);
    if (outcome != OPTIONS_GO)
        return outcome == OPTIONS_DONE ? VNET_OK : VNET_USAGE;
    int rc = remote_open(&m.remote, &m.options), worst = VNET_OK;
    if (rc != VNET_OK)
        return rc;
    for (unsigned i = 0; i < m.count && !node_interrupted(); i++) {
        rc = m.parents ? with_parents(&m, m.names[i]) : one(&m, m.names[i]);
        worst = rc != VNET_OK ? rc : worst;
    }
    return remote_close(&m.remote, worst);
}

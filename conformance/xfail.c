/* SPDX-License-Identifier: BSD-2-Clause */
#include "xfail.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence.h"

static int read_line(struct vc_xfails *x, char *line) {
    line[strcspn(line, "\r\n")] = 0;
    size_t name = strcspn(line, " \t"), gap = strspn(line + name, " \t");
    if (name == 0 || line[0] == '#')
        return line[0] == 0 || line[0] == '#' ? 0 : -1;
    if (line[name + gap] == 0)
        return -1; /* a failure that nobody can give a reason for is not expected */
    x->list = vc_more(x->list, x->count, sizeof *x->list);
    struct vc_xfail *entry = &x->list[x->count++];
    *entry = (struct vc_xfail){.reason = vc_copy(line + name + gap)};
    line[name] = 0;
    entry->name = vc_copy(line);
    return 0;
}

int vc_xfail_read(struct vc_xfails *x, const char *path, char *error, size_t size) {
    char line[400];
    FILE *in = fopen(path, "r");
    int rc = 0;
    if (!in) {
        snprintf(error, size, "%s: %s", path, strerror(errno));
        return -1;
    }
    for (unsigned number = 1; rc == 0 && fgets(line, sizeof line, in); number++)
        if ((rc = read_line(x, line)) != 0)
            snprintf(error, size, "%s:%u: a line is a case or a rule, and the reason why it fails", path, number);
    fclose(in);
    return rc;
}

void vc_xfail_clear(struct vc_xfails *x) {
    for (unsigned i = 0; i < x->count; i++) {
        free(x->list[i].name);
        free(x->list[i].reason);
    }
    free(x->list);
    *x = (struct vc_xfails){0};
}

struct vc_xfail *vc_xfail_find(struct vc_xfails *x, const char *name) {
    for (unsigned i = 0; i < x->count; i++)
        if (strcmp(x->list[i].name, name) == 0)
            return &x->list[i];
    return NULL;
}

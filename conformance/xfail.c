/* SPDX-License-Identifier: BSD-2-Clause */
#include "xfail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence.h"
#include "lines.h"

static int read_line(void *context, char *line, char why[VC_WHY]) {
    struct vc_xfails *x = context;
    snprintf(why, VC_WHY, "a line is a case or a rule, and the reason why it fails");
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
    return vc_lines_read(path, read_line, x, error, size);
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

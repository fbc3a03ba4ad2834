/* SPDX-License-Identifier: BSD-2-Clause */
#include "xfail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lines.h"
#include "run.h"

struct search {
    const char *name;
    int found;
};

static void compare(void *context, const struct vc_case *c) {
    struct search *s = context;
    s->found |= strcmp(c->name, s->name) == 0;
}

static int exists(const char *name) {
    struct search s = {.name = name, .found = vc_rule_find(name, (unsigned)strlen(name)) != NULL};
    vc_cases_each(compare, &s);
    return s.found;
}

static int read_line(void *context, char *line, char why[VC_WHY]) {
    struct vc_xfails *x = context;
    snprintf(why, VC_WHY, "a line is a case or a rule, and the reason why it fails");
    size_t name = strcspn(line, " \t"), gap = strspn(line + name, " \t");
    if (name == 0 || line[name + gap] == 0)
        return -1; /* a failure that nobody can give a reason for is not expected */
    line[name] = 0;
    if (!exists(line)) {
        snprintf(why, VC_WHY, "no case or rule \"%.40s\" (vconform --list)", line);
        return -1;
    }
    x->list = vc_more(x->list, x->count, sizeof *x->list);
    x->list[x->count++] = (struct vc_xfail){.name = vc_copy(line), .reason = vc_copy_clean(line + name + gap)};
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

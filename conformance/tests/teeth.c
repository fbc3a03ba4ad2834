/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All defects, one after the other: which rules each breaks, and which of the places where a rule is judged (sites) it turns red.  A
 * site that no defect turns red could be left out of the suite and nobody would notice; --blind leaves one out.
 */
#define _POSIX_C_SOURCE 200809L
#include "teeth.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../run.h"
#include "defects.h"

#define AT_ONCE 4
#define LONGEST 600 /* seconds for one defect */

struct site {
    char *name; /* case, rule and label, with tabs between */
    unsigned line;
    unsigned judged;  /* 1: by the node without defect */
    unsigned defects; /* that turn it red */
    char *defect;     /* one of them, if possible one that turns nothing else of the case red */
    int alone;
};

static const char *served;
static char **wanted; /* names of defects; NULL: all */
static int wanted_count;
static struct site *sites;
static unsigned site_count;

/* Nodes without defect, by what stands in place of a defect: the node, and a directory, which has cases of its own. */
static const char *const whole[] = {"", "(directory)"};
#define WHOLE 2u

static int is_whole(const char *name) { return strcmp(name, whole[0]) == 0 || strcmp(name, whole[1]) == 0; }

/* ---- one defect, in a process of its own ----------------------------------------------------------------------------- */

static struct site *seen;
static unsigned seen_count;

static struct site *find(struct site **list, unsigned *count, const char *name, unsigned line) {
    for (unsigned i = 0; i < *count; i++)
        if ((*list)[i].line == line && strcmp((*list)[i].name, name) == 0)
            return &(*list)[i];
    *list = vc_more(*list, *count, sizeof **list);
    struct site *s = &(*list)[(*count)++];
    *s = (struct site){.name = vc_copy(name), .line = line};
    return s;
}

static int note(void *context, const struct vc_site *site, int ok) {
    char name[400];
    (void)context;
    snprintf(name, sizeof name, "%s\t%s\t%s", site->which, site->rule, site->label);
    struct site *s = find(&seen, &seen_count, name, site->line);
    s->judged = 1;
    s->defects += !ok;
    return 1;
}

static int by_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

static void tell_rules(const struct vc_run *run, FILE *out) {
    unsigned rules, count = 0;
    const struct vc_rule *list = vc_rules(&rules);
    const char **broken = calloc(rules, sizeof *broken);
    if (!broken)
        abort();
    for (unsigned i = 0; i < rules; i++)
        if (run->rules[i].broken || run->rules[i].warned)
            broken[count++] = list[i].id;
    qsort(broken, count, sizeof *broken, by_text);
    for (unsigned i = 0; i < count; i++)
        fprintf(out, "rule %s\n", broken[i]);
    free(broken);
}

/* What was red: lines "rule", and of sites those that were judged, with 1 in front if they were red. */
static void tell(const struct vc_run *run, FILE *out) {
    tell_rules(run, out);
    for (unsigned i = 0; i < seen_count; i++)
        fprintf(out, "site %d %u %s\n", seen[i].defects > 0, seen[i].line, seen[i].name);
}

static int run_one(const char *defect, FILE *out) {
    static const uint8_t nobody[6];
    char error[500], *area = (char *)defect_area(defect);
    struct sim_options options = {.seed = 1, .files = served, .delay = 20 * VC_MICROSECOND};
    struct vc_run *run = calloc(1, sizeof *run);
    alarm(LONGEST);
    if (!run || (!is_whole(defect) && !defect_choose(&options, defect)))
        return 1;
    if (strcmp(defect, whole[1]) == 0) {
        options.directory = 1;
        area = "directory/";
    }
    memcpy(run->node_mac, nobody, 6);
    memcpy(run->node_mac, sim_node_mac, 6);
    vc_run_begin(run, sim_open(&options), options.seed);
    run->site = note;
    if (vc_run_probe(run, error, sizeof error) == 0)
        vc_run_cases(run, &area, area != NULL);
    tell(run, out);
    return 0;
}

/* ---- all of them ------------------------------------------------------------------------------------------------------ */

struct child {
    pid_t pid;
    FILE *in;
    char name[80];
};

static int start(struct child *c, const char *name) {
    int ends[2];
    snprintf(c->name, sizeof c->name, "%s", name);
    fflush(stdout);
    if (pipe(ends) != 0 || (c->pid = fork()) < 0)
        return -1;
    if (c->pid == 0) {
        close(ends[0]);
        FILE *out = fdopen(ends[1], "w");
        int code = out ? run_one(name, out) : 1;
        if (out)
            fclose(out);
        _exit(code);
    }
    close(ends[1]);
    c->in = fdopen(ends[0], "r");
    return c->in ? 0 : -1;
}

/* A site is red: this defect guards it, and better if nothing else of its case is red. */
static void guard(struct site *s, const char *defect, int alone) {
    s->defects++;
    if (s->defect && (s->alone || !alone))
        return;
    free(s->defect);
    s->defect = vc_copy(defect);
    s->alone = alone;
}

static int same_case(const char *a, const char *b) {
    size_t length = strcspn(a, "\t");
    return strcspn(b, "\t") == length && memcmp(a, b, length) == 0;
}

static void take(struct child *c, char *rules, size_t size) {
    char line[600], **red = NULL;
    unsigned red_count = 0, *lines = NULL;
    rules[0] = 0;
    while (fgets(line, sizeof line, c->in)) {
        line[strcspn(line, "\n")] = 0;
        if (strncmp(line, "rule ", 5) == 0) {
            snprintf(rules + strlen(rules), size - strlen(rules), "%s%s", rules[0] ? " " : "", line + 5);
            continue;
        }
        unsigned number = (unsigned)strtoul(line + 7, NULL, 10);
        const char *name = strchr(line + 7, ' ') + 1;
        struct site *s = find(&sites, &site_count, name, number);
        s->judged |= is_whole(c->name) ? 1u : 0u;
        if (line[5] != '1')
            continue;
        red = vc_more(red, red_count, sizeof *red);
        lines = vc_more(lines, red_count, sizeof *lines);
        lines[red_count] = number;
        red[red_count++] = vc_copy(name);
    }
    for (unsigned i = 0; i < red_count; i++) {
        unsigned others = 0;
        for (unsigned j = 0; j < red_count; j++)
            others += j != i && same_case(red[i], red[j]);
        guard(find(&sites, &site_count, red[i], lines[i]), c->name, others == 0);
    }
    for (unsigned i = 0; i < red_count; i++)
        free(red[i]);
    free(red);
    free(lines);
    fclose(c->in);
}

static int finish(struct child *c, FILE *table) {
    static char rules[65536];
    int status;
    take(c, rules, sizeof rules);
    waitpid(c->pid, &status, 0);
    int no_defect = is_whole(c->name);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "FAIL: %s does not come to an end\n", *c->name ? c->name : "the whole node");
        return 1;
    }
    if (!no_defect)
        fprintf(table, "%s\t%s\n", c->name, rules);
    if (!no_defect && !rules[0])
        fprintf(stderr, "FAIL: nobody notices the defect %s\n", c->name);
    if (no_defect && rules[0])
        fprintf(stderr, "FAIL: the node without defect breaks %s\n", rules);
    return no_defect == !!rules[0];
}

static const char *defect_at(unsigned i) { return wanted ? wanted[i] : defect_name(i); }

static int run_all(FILE *table) {
    struct child children[AT_ONCE];
    unsigned running = 0, count = wanted ? (unsigned)wanted_count : defects_count(), oldest = 0;
    int failures = 0;
    for (unsigned i = 0; i < WHOLE + count; i++) {
        if (running == AT_ONCE) {
            failures += finish(&children[oldest], table);
            oldest = (oldest + 1) % AT_ONCE;
            running--;
        }
        if (start(&children[(oldest + running++) % AT_ONCE], i < WHOLE ? whole[i] : defect_at(i - WHOLE)) != 0) {
            perror("fork");
            return 1;
        }
    }
    for (; running; running--, oldest = (oldest + 1) % AT_ONCE)
        failures += finish(&children[oldest], table);
    return failures;
}

/* ---- what came of it --------------------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b) {
    const struct site *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : x->line < y->line ? -1 : x->line > y->line;
}

/* Of several with one name: which. */
static unsigned ordinal(unsigned at) {
    unsigned n = 1;
    for (; at > 0 && strcmp(sites[at].name, sites[at - 1].name) == 0; at--)
        n += sites[at - 1].judged;
    return n;
}

/* Of each case; of one with fewer than it had, some have been lost. */
static void print_counts(FILE *out) {
    for (unsigned i = 0, count = 0; i < site_count; i++) {
        count += sites[i].judged;
        if (i + 1 < site_count && same_case(sites[i].name, sites[i + 1].name))
            continue;
        if (count)
            fprintf(out, "%.*s\t%u\n", (int)strcspn(sites[i].name, "\t"), sites[i].name, count);
        count = 0;
    }
}

static void print_sites(FILE *all, FILE *unguarded) {
    unsigned judged = 0, open = 0, alone = 0;
    qsort(sites, site_count, sizeof *sites, by_name);
    for (unsigned i = 0; i < site_count; i++) {
        const struct site *s = &sites[i];
        char number[16] = "";
        if (!s->judged)
            continue;
        judged++;
        alone += s->alone != 0;
        open += s->defects == 0;
        if (ordinal(i) > 1)
            snprintf(number, sizeof number, " #%u", ordinal(i));
        fprintf(all, "%s%s\t%u\t%s%s\n", s->name, number, s->defects, s->defect ? s->defect : "-",
                s->alone ? "\tonly this site" : "");
        if (s->defects == 0)
            fprintf(unguarded, "%s%s\n", s->name, number);
    }
    fprintf(stderr,
            "%u sites: %u are the only ones of their case that a defect turns red, %u are turned red with others, "
            "%u by no defect\n",
            judged, alone, judged - alone - open, open);
}

#define TABLES 4u

int teeth(const char *directory, const char *files, char **names, int count) {
    served = files;
    wanted = count > 0 ? names : NULL;
    wanted_count = count;
    char path[TABLES][500];
    static const char *const tables[TABLES] = {"defects.tsv", "sites.tsv", "unguarded.tsv", "judgements.tsv"};
    FILE *out[TABLES];
    for (unsigned i = 0; i < TABLES; i++) {
        snprintf(path[i], sizeof path[i], "%s/%s", directory, tables[i]);
        if (!(out[i] = fopen(path[i], "w"))) {
            perror(path[i]);
            return 2;
        }
    }
    int failures = run_all(out[0]);
    print_sites(out[1], out[2]);
    print_counts(out[3]);
    for (unsigned i = 0; i < TABLES; i++)
        fclose(out[i]);
    return failures > 0;
}

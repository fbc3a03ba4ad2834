/* SPDX-License-Identifier: BSD-2-Clause */
#include "program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "files.h"
#include "report.h"

static int complain(int code, const char *text) {
    fprintf(stderr, "vconform: %s\n", text);
    return code;
}

/* Leaves out the judgements of one site: case, rule and what is judged, with tabs between. */
static int blind(void *context, const struct vc_site *site, int ok) {
    char name[400];
    (void)ok;
    snprintf(name, sizeof name, "%s\t%s\t%s", site->which, site->rule, site->label);
    return strcmp(name, context) != 0;
}

static int prepare(struct vc_run *run, const struct vc_options *o, char *error, size_t size) {
    run->repeat = o->repeat;
    run->verbose = o->verbose;
    run->progress = !o->quiet;
    run->role = o->role;
    run->profile = o->profile;
    run->report = o->report;
    run->service = o->entity;
    run->site = o->blind ? blind : NULL;
    run->site_context = (char *)o->blind;
    if (o->pics && vc_pics_read(o->pics, error, size) != 0)
        return -1;
    if (o->pixit && vc_pixit_read(o->pixit, error, size) != 0)
        return -1;
    if (o->xfail && vc_xfail_read(&run->xfails, o->xfail, error, size) != 0)
        return -1;
    if (o->report && mkdir(o->report, 0777) != 0 && errno != EEXIST) {
        snprintf(error, size, "%s: %s", o->report, strerror(errno));
        return -1;
    }
    return 0;
}

static void report(const struct vc_run *run, const struct vc_options *o) {
    if (o->json)
        vc_report_json(run, stdout);
    else if (o->tap)
        vc_report_tap(run, stdout);
    else
        vc_report_text(run, stdout);
    if (o->report && vc_report_files(run) != 0)
        perror(o->report);
}

static int go(struct vc_run *run, const struct vc_options *o) {
    char error[500];
    if (prepare(run, o, error, sizeof error) != 0)
        return complain(VC_EXIT_USAGE, error);
    if (vc_run_probe(run, error, sizeof error) != 0)
        return complain(VC_EXIT_UNDECIDED, error);
    if (run->progress)
        fprintf(stderr, "%s %s, seed %llu\n", run->peer, run->implementation, (unsigned long long)run->seed);
    if (vc_run_cases(run, o->patterns, o->pattern_count) == 0)
        return complain(VC_EXIT_USAGE, "no case is chosen (vconform --list)");
    report(run, o);
    return (int)vc_run_exit(run);
}

static int run_all(const struct vc_options *o, vc_link_opener open_link) {
    char error[500] = "out of memory";
    struct vc_run *run = calloc(1, sizeof *run);
    if (!run)
        return complain(VC_EXIT_UNDECIDED, error);
    memcpy(run->node_mac, o->mac, 6);
    struct vc_link *link = open_link(o, run->node_mac, error, sizeof error);
    if (!link) {
        free(run);
        return complain(VC_EXIT_UNDECIDED, error);
    }
    vc_run_begin(run, link, o->seed);
    int code = go(run, o);
    vc_run_end(run);
    free(run);
    return code;
}

static int make_matrix(int argc, char **argv) {
    char error[300];
    if (argc < 2)
        return complain(VC_EXIT_USAGE, "matrix wants files of results");
    if (vc_report_matrix(argv + 1, argc - 1, stdout, error, sizeof error) != 0)
        return complain(VC_EXIT_UNDECIDED, error);
    return VC_EXIT_PASS;
}

int vc_program(int argc, char **argv, vc_link_opener open_link) {
    struct vc_options o;
    if (argc > 1 && strcmp(argv[1], "check") == 0)
        return vc_check_capture(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "matrix") == 0)
        return make_matrix(argc - 1, argv + 1);
    if (argc == 3 && strcmp(argv[1], "files") == 0) {
        if (vc_files_make(argv[2]) == 0)
            return VC_EXIT_PASS;
        perror(argv[2]);
        return VC_EXIT_USAGE;
    }
    int code = vc_options_parse(&o, argc, argv);
    if (code != 0)
        return code;
    if (o.help)
        vc_usage(stdout);
    else if (o.list)
        vc_list(stdout, &o);
    else if (o.coverage)
        vc_report_coverage(stdout);
    else if (o.explain)
        return vc_explain(stdout, o.explain) ? 0 : complain(VC_EXIT_USAGE, "no such case or rule (vconform --list)");
    else
        return run_all(&o, open_link);
    return 0;
}

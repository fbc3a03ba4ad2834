/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE /* sigaction */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

#define LONGEST_PATH 400u /* of the directory: names of the files in it have 100 octets at most */

/* What cannot be written is better known before the first case than behind the last. */
static int make_directory(const char *path, char *error, size_t size) {
    char file[LONGEST_PATH + 20];
    int fd = -1;
    errno = ENAMETOOLONG;
    if (strlen(path) <= LONGEST_PATH && (mkdir(path, 0777) == 0 || errno == EEXIST)) {
        snprintf(file, sizeof file, "%s/results.json", path);
        fd = open(file, O_WRONLY | O_CREAT, 0666);
    }
    if (fd < 0)
        snprintf(error, size, "%.300s: %s", path, strerror(errno));
    return fd < 0 ? -1 : close(fd);
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
    return o->report ? make_directory(o->report, error, size) : 0;
}

/* Whoever closes a pipe has read enough. */
static int is_written(void) {
    errno = 0;
    if ((fflush(stdout) == 0 && !ferror(stdout)) || errno == EPIPE)
        return 1;
    fprintf(stderr, "vconform: standard output: %s\n", errno ? strerror(errno) : "not all was written");
    return 0;
}

/* 0, or -1 when somebody will miss something.  The files first: whoever reads standard output may go. */
static int report(const struct vc_run *run, const struct vc_options *o) {
    int bad = run->unsaved > 0;
    if (o->report && vc_report_files(run) != 0) {
        fprintf(stderr, "vconform: %s: the results could not be written: %s\n", o->report, strerror(errno));
        bad = 1;
    }
    if (o->json)
        vc_report_json(run, stdout);
    else if (o->tap)
        vc_report_tap(run, stdout);
    else
        vc_report_text(run, stdout);
    return is_written() && !bad ? 0 : -1;
}

/* Who names a place for objects wants the cases about them: a name that nobody answers for is no node without objects. */
static int has_place(const struct vc_options *o, char *error, size_t size) {
    const struct vc_item *item = vc_item("objects", strlen("objects"));
    if (!o->objects || item->found == VC_YES)
        return 1;
    snprintf(error, size, "nobody answers for the name \"%.200s\" (--objects)", o->objects);
    return 0;
}

static int go(struct vc_run *run, const struct vc_options *o) {
    char error[500];
    if (prepare(run, o, error, sizeof error) != 0)
        return complain(VC_EXIT_USAGE, error);
    if (vc_run_probe(run, error, sizeof error) != 0 || !has_place(o, error, sizeof error))
        return complain(VC_EXIT_UNDECIDED, error);
    if (run->progress)
        fprintf(stderr, "%s %s, seed %llu\n", run->peer, run->implementation, (unsigned long long)run->seed);
    if (vc_run_cases(run, o->patterns, o->pattern_count) == 0)
        return complain(VC_EXIT_USAGE, "no case is chosen (vconform --list)");
    int unreported = report(run, o) != 0;
    enum vc_exit code = vc_run_exit(run);
    return unreported && code == VC_EXIT_PASS ? VC_EXIT_UNDECIDED : (int)code;
}

static int run_all(const struct vc_options *o, vc_link_opener open_link) {
    char error[500] = "out of memory";
    int code = VC_EXIT_UNDECIDED;
    struct vc_run *run = calloc(1, sizeof *run);
    if (!run)
        return complain(code, error);
    memcpy(run->node_mac, o->mac, 6);
    struct vc_link *link = open_link(o, run->node_mac, &code, error, sizeof error);
    if (!link) {
        free(run);
        return complain(code, error);
    }
    vc_run_begin(run, link, o->seed);
    vc_stop_on_signals();
    code = go(run, o);
    vc_run_end(run);
    free(run);
    return code;
}

static int finish_output(void) { return is_written() ? VC_EXIT_PASS : VC_EXIT_UNDECIDED; }

/* A word that chooses nothing is a mistake, also when others choose something. */
static int in_vain(const struct vc_options *o) {
    const char *word = o->items || o->starts || o->timers ? NULL : vc_vain_pattern(o->patterns, o->pattern_count), *why;
    if (!word)
        return 0;
    const struct vc_rule *rule = vc_rule_find(word, (unsigned)strlen(word));
    if (rule && (why = vc_unseen(word)) != NULL)
        fprintf(stderr, "vconform: no case is about %s: %s\n", word, why);
    else if (rule)
        fprintf(stderr, "vconform: no case is about %s alone: the oracle looks for it in all\n", word);
    else
        fprintf(stderr, "vconform: \"%s\" is no case or rule, and no beginning of one (vconform --list)\n", word);
    return 1;
}

static int make_matrix(int argc, char **argv) {
    char error[300];
    if (argc < 2)
        return complain(VC_EXIT_USAGE, "matrix wants files of results (vconform --help)");
    if (vc_report_matrix(argv + 1, argc - 1, stdout, error, sizeof error) != 0)
        return complain(VC_EXIT_USAGE, error);
    return finish_output();
}

static int make_files(int argc, char **argv) {
    if (argc != 2)
        return complain(VC_EXIT_USAGE, "files wants the name of a directory (vconform --help)");
    if (vc_files_make(argv[1]) == 0)
        return VC_EXIT_PASS;
    perror(argv[1]);
    return VC_EXIT_USAGE;
}

/* What is told without a node; 1 when that was it. */
static int told(const struct vc_options *o, int *code) {
    *code = VC_EXIT_PASS;
    if (o->help)
        vc_usage(stdout);
    else if (in_vain(o))
        *code = VC_EXIT_USAGE;
    else if (o->version)
        printf("vconform %s, catalogue %08x\n", VC_SUITE_VERSION, vc_catalogue_version());
    else if (o->list)
        *code = vc_list(stdout, o) ? VC_EXIT_PASS : complain(VC_EXIT_USAGE, "no case is chosen (vconform --list)");
    else if (o->coverage)
        vc_report_coverage(stdout);
    else if (o->explain)
        *code = vc_explain(stdout, o->explain) ? VC_EXIT_PASS
                                               : complain(VC_EXIT_USAGE, "no such case or rule (vconform --list)");
    else
        return 0;
    return 1;
}

static void ignore(int number) { (void)number; }

/* What was closed must not become the number of a file; SIG_IGN would go on to commands of the operator. */
static void settle_files(void) {
    struct sigaction closed = {.sa_handler = ignore};
    int fd;
    while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd <= 2)
        continue;
    close(fd);
    sigaction(SIGPIPE, &closed, NULL);
}

int vc_program(int argc, char **argv, vc_link_opener open_link) {
    struct vc_options o;
    settle_files();
    int code, wants_help = argc == 3 && (strcmp(argv[2], "--help") == 0 || strcmp(argv[2], "-h") == 0);
    if (argc > 1 && strcmp(argv[1], "check") == 0)
        return vc_check_capture(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "matrix") == 0 && !wants_help)
        return make_matrix(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "files") == 0 && !wants_help)
        return make_files(argc - 1, argv + 1);
    if ((code = vc_options_parse(&o, argc, argv)) != 0)
        return code;
    if (!told(&o, &code))
        return run_all(&o, open_link);
    return code == VC_EXIT_PASS ? finish_output() : code;
}

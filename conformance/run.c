/* SPDX-License-Identifier: BSD-2-Clause */
/* Cases, one after the other; what is known of each rule afterwards. */
#include "run.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- choice --------------------------------------------------------------------------------------------------------- */

static int begins(const char *text, const char *pattern) { return strncmp(text, pattern, strlen(pattern)) == 0; }

static int id_chosen(const char *ids, const char *pattern) {
    for (const char *at = ids; at && *at; at += strcspn(at, " "), at += *at == ' ')
        if (begins(at, pattern))
            return 1;
    return 0;
}

int vc_chosen(const struct vc_case *c, char **patterns, int count) {
    for (int i = 0; i < count; i++)
        if (begins(c->name, patterns[i]) || id_chosen(c->ids, patterns[i]))
            return 1;
    return count == 0;
}

struct word {
    char *text;
    int found;
};

static void find_chosen(void *context, const struct vc_case *c) {
    struct word *w = context;
    w->found |= vc_chosen(c, &w->text, 1);
}

const char *vc_vain_pattern(char **patterns, int count) {
    for (int i = 0; i < count; i++) {
        struct word w = {patterns[i], 0};
        vc_cases_each(find_chosen, &w);
        if (!w.found)
            return patterns[i];
    }
    return NULL;
}

void vc_cases_each(void (*each)(void *, const struct vc_case *), void *context) {
    for (const struct vc_case *const *table = vc_tables; *table; table++)
        for (const struct vc_case *c = *table; c->name; c++)
            each(context, c);
}

struct filter {
    const char *role, *profile;
    unsigned rules, of_role, of_profile;
};

/* The test service belongs to no profile: which of its cases are for a node, its PICS alone say. */
static void weigh(void *context, const struct vc_rule *rule) {
    struct filter *f = context;
    f->rules++;
    f->of_role += !f->role || strcmp(rule->role, f->role) == 0 || strcmp(rule->role, "node") == 0 ||
                  strcmp(rule->role, "any") == 0;
    f->of_profile += begins(rule->id, "TEST-") || strstr(rule->profile, f->profile) != NULL;
}

int vc_fits(const struct vc_case *c, const char *role, const char *profile) {
    struct filter f = {.role = role, .profile = profile ? profile : "full"};
    vc_rules_each(c->ids, weigh, &f);
    return f.of_role > 0 && (strcmp(f.profile, "full") == 0 || f.of_profile == f.rules);
}

/* ---- one case ------------------------------------------------------------------------------------------------------- */

void vc_test_begin(struct vc_test *t, struct vc_run *run, const struct vc_case *which) {
    memset(t, 0, sizeof *t);
    t->run = run;
    t->which = which;
    t->answer_probes = 1;
    t->first_id = run->block | run->next_id;
    if (run->link->begins)
        run->link->begins(run->link);
}

void vc_test_end(struct vc_test *t) {
    for (unsigned i = 0; i < t->count; i++)
        free(t->inbox[i]);
    free(t->inbox);
    free(t->used);
}

/* What the oracle says belongs to the case during which it was seen. */
static struct vc_test *current;

static void oracle_says(void *context, const char *id, int ok, const char *expected, const char *seen) {
    struct vc_run *run = context;
    const struct vc_rule *rule = vc_rule_find(id, (unsigned)strlen(id));
    if (!rule)
        return;
    const struct vc_site site = {.which = "oracle", .rule = rule->id, .label = "(every packet)"};
    if (run->site && !run->site(run->site_context, &site, ok))
        return;
    if (ok) {
        run->rules[vc_rule_index(rule)].held++;
        return;
    }
    if (!current)
        return;
    char text[900];
    struct vc_check check = {.rule = rule,
                             .verdict = rule->level == VC_MUST ? VC_FAIL : VC_WARN,
                             .expected = (char *)expected,
                             .seen = (char *)seen,
                             .by_oracle = 1};
    vc_evidence_check(&current->evidence, &check);
    snprintf(text, sizeof text, "%s: expected %s; seen: %s (oracle)", rule->id, expected, seen);
    vc_evidence_moment(&current->evidence, VC_BROKEN, vc_now(current), text, 0);
    vc_worsen(current, check.verdict, text);
}

/* A case that needs it to begin anew sees to that itself: else it would begin twice. */
static int begins_node(const struct vc_case *c) { return c->needs && strstr(c->needs, "reboot"); }

static void act(struct vc_test *t) {
    current = t;
    vc_line(0);
    if (setjmp(t->end) == 0) {
        if (!begins_node(t->which))
            vc_as_before(t);
        if (t->which->run)
            t->which->run(t);
        else
            vc_run_single(t);
        vc_pass(t, 0);
    }
    if (t->context[0] && setjmp(t->end) == 0)
        vc_objects_tidy(t);
    if (t->call_count && setjmp(t->end) == 0)
        vc_hang_up(t);
    current = NULL;
}

/* Item "near": without it a case is tried all the same, and what it finds may come from the distance. */
static int is_near(const char *needs, size_t length) { return length == 4 && memcmp(needs, "near", 4) == 0; }

static int wants_near(const char *needs) {
    for (const char *at = needs; at && *at; at += strcspn(at, " "), at += *at == ' ')
        if (is_near(at, strcspn(at, " ")))
            return 1;
    return 0;
}

/* Why the case is not for this node: 1 and a line. */
static int unfit(const char *needs, char *why, size_t size) {
    for (const char *at = needs; at && *at; at += strcspn(at, " "), at += *at == ' ') {
        int without = *at == '!';
        const struct vc_item *item = vc_item(at + without, strcspn(at, " ") - (size_t)without);
        if ((item && vc_has(item) != without) || is_near(at, strcspn(at, " ")))
            continue;
        snprintf(why, size, "the node %s: %s (%s)", without ? "has" : "does not have", item ? item->name : at,
                 item ? item->text : "no such item");
        return 1;
    }
    return 0;
}

/* ---- sanity --------------------------------------------------------------------------------------------------------- */

static void sanity(struct vc_test *t) {
    vc_settle(t);
    if (t->run->service)
        vc_must(t, VMTP_TEST_NULL, NULL);
    t->done = 1;
}

static const struct vc_case sanity_case = {.name = "sanity", .ids = "", .run = sanity};

static int is_sane(struct vc_run *run) {
    struct vc_test *t = calloc(1, sizeof *t);
    if (!t)
        return 0;
    vc_test_begin(t, run, &sanity_case);
    int heard = t->stopped = vc_stopped; /* even then the node is made what it was */
    act(t);
    snprintf(run->unsound, sizeof run->unsound, "%.199s", t->why);
    int sane = t->done || (t->stopped && !heard); /* what the oracle may have to say of it is said in cases */
    vc_test_end(t);
    vc_evidence_clear(&t->evidence);
    free(t);
    return sane;
}

/* ---- results -------------------------------------------------------------------------------------------------------- */

static struct vc_result *new_result(struct vc_run *run, const struct vc_case *c) {
    run->results = vc_more(run->results, run->count, sizeof *run->results);
    struct vc_result *r = &run->results[run->count++];
    *r = (struct vc_result){.which = c};
    return r;
}

static void say(struct vc_result *r, enum vc_verdict verdict, const char *why) {
    free(r->why);
    r->verdict = verdict;
    r->why = vc_copy_clean(why);
}

#define RETRIES 3u
#define EXCUSES 10u
#define EXCUSE (5 * VC_MILLISECOND)

static int hangs_on_times(const struct vc_run *run, const struct vc_result *r) {
    return r->which->timing && run->repeat <= 1 && !run->link->virtual_time;
}

/* Too slow, and nothing else is wrong. */
static int is_slow(const struct vc_test *t) {
    unsigned bad = 0;
    for (unsigned i = 0; i < t->evidence.check_count; i++)
        bad += t->evidence.checks[i].verdict != VC_PASS;
    return bad > 0 && bad == t->slow;
}

/*
 * Several attempts count as the worst, but what fails only now and then is told as that.  A case that hangs on times, and went wrong
 * once, has been late once if it goes well two times after that; and what goes wrong while the tester does not get its turn, or only by
 * being less prompt than it should be, counts only if that does not end.
 */
static void keep(const struct vc_run *run, struct vc_result *r, struct vc_test *t) {
    int good = t->verdict < VC_WARN;
    if (hangs_on_times(run, r) && !good && (t->late > EXCUSE || is_slow(t)) && r->excused < EXCUSES) {
        r->excused++;
        vc_evidence_clear(&t->evidence);
        return;
    }
    r->attempts++;
    r->failures += t->verdict == VC_FAIL;
    r->bad += !good;
    int was_late = hangs_on_times(run, r) && good && r->attempts == RETRIES && r->bad == 1;
    if (r->attempts > 1 && t->verdict < r->verdict && !was_late) {
        vc_evidence_clear(&t->evidence);
        return;
    }
    vc_evidence_clear(&r->evidence);
    r->evidence = t->evidence;
    memset(&t->evidence, 0, sizeof t->evidence);
    say(r, t->verdict, t->why);
}

static void attempt(struct vc_run *run, struct vc_result *r) {
    struct vc_test *t = calloc(1, sizeof *t);
    if (!t) {
        say(r, VC_ERROR, "out of memory");
        r->attempts++;
        return;
    }
    vc_time start = run->link->now(run->link);
    vc_test_begin(t, run, r->which);
    act(t);
    r->duration += run->link->now(run->link) - start;
    keep(run, r, t);
    vc_test_end(t);
    free(t);
}

static void attempts(struct vc_run *run, struct vc_result *r) {
    unsigned least = run->repeat > 1 ? (unsigned)run->repeat : 1;
    while (!vc_stopped && (r->attempts < least || (hangs_on_times(run, r) && r->bad && r->attempts < RETRIES)))
        attempt(run, r);
    if (vc_stopped && r->verdict < VC_INCONC)
        say(r, VC_INCONC, VC_STOPPED);
    if (r->verdict == VC_FAIL && r->failures < r->attempts) {
        char text[500];
        snprintf(text, sizeof text, "FLAKY: failed %u of %u times; %.400s", r->failures, r->attempts, r->why);
        say(r, VC_INCONC, text);
    }
}

/* The form of a packet is what it is, wherever it came from. */
static int oracle_fails(const struct vc_result *r) {
    for (unsigned i = 0; i < r->evidence.check_count; i++)
        if (r->evidence.checks[i].by_oracle && r->evidence.checks[i].verdict == VC_FAIL)
            return 1;
    return 0;
}

/* Behind that the cases themselves do not wait long enough. */
#define FARTHEST (110 * VC_MILLISECOND)

/* A node that sends again while the answer is still on its way to it breaks no rule. */
static void allow_for_distance(const struct vc_run *run, struct vc_result *r) {
    char text[900];
    int too_far = run->round_trip > FARTHEST ||
                  (wants_near(r->which->needs) && !vc_has(vc_item("near", 4)) && !oracle_fails(r));
    if ((r->verdict != VC_WARN && r->verdict != VC_FAIL) || !too_far)
        return;
    snprintf(text, sizeof text, "the node is %.1f ms away (round trip): too far to tell, try it from nearer; %.700s",
             (double)run->round_trip / 1e6, r->why);
    say(r, VC_INCONC, text);
    r->distant = 1;
}

static void count_checks(struct vc_run *run, const struct vc_result *r) {
    for (unsigned i = 0; i < r->evidence.check_count; i++) {
        const struct vc_check *c = &r->evidence.checks[i];
        struct vc_rule_result *rule = &run->rules[vc_rule_index(c->rule)];
        rule->held += c->verdict == VC_PASS;
        rule->warned += c->verdict == VC_WARN && !r->distant;
        rule->broken += c->verdict == VC_FAIL && r->verdict != VC_INCONC;
        rule->unsure += (c->verdict == VC_FAIL && r->verdict == VC_INCONC) || (c->verdict == VC_WARN && r->distant);
    }
}

/* The timeline, with how it can be had again. */
static int save_text(const struct vc_result *r, const char *path, const char *title) {
    FILE *out = fopen(path, "w");
    if (!out)
        return -1;
    fprintf(out, "%s\n", title);
    vc_evidence_print(&r->evidence, out);
    int bad = ferror(out);
    return fclose(out) != 0 || bad ? -1 : 0;
}

static void save(struct vc_run *run, const struct vc_result *r) {
    char path[600], name[120], title[2000];
    if (!run->report || r->evidence.frame_count == 0)
        return;
    snprintf(name, sizeof name, "%s", r->which->name);
    for (char *at = name; *at; at++)
        *at = *at == '/' ? '-' : *at;
    snprintf(title, sizeof title, "%s: %s; rules %s; seed %llu, vconform %s, catalogue %08x", r->which->name,
             vc_verdict_name(r->verdict), r->which->ids, (unsigned long long)run->seed, VC_SUITE_VERSION,
             vc_catalogue_version());
    for (int text = 0; text < 2; text++) {
        snprintf(path, sizeof path, "%s/%s.%s", run->report, name, text ? "txt" : "pcapng");
        if ((text ? save_text(r, path, title) : vc_evidence_pcapng(&r->evidence, path, title)) == 0)
            continue;
        if (run->unsaved++ == 0) /* others are likely to go the same way */
            perror(path);
    }
}

/* Why all that went wrong was expected to, or NULL. */
static const char *expected_rules(struct vc_run *run, const struct vc_result *r) {
    const char *reason = NULL;
    int unexpected = 0;
    for (unsigned i = 0; i < r->evidence.check_count; i++) {
        const struct vc_check *c = &r->evidence.checks[i];
        struct vc_xfail *x = c->verdict == VC_PASS ? NULL : vc_xfail_find(&run->xfails, c->rule->id);
        if (x)
            x->failed++;
        if (c->verdict != VC_FAIL)
            continue;
        unexpected |= !x;
        reason = reason || !x ? reason : x->reason;
    }
    return unexpected ? NULL : reason;
}

static void compare_with_expectation(struct vc_run *run, struct vc_result *r) {
    struct vc_xfail *x = vc_xfail_find(&run->xfails, r->which->name);
    const char *reason = expected_rules(run, r);
    if (x) {
        x->failed += r->verdict == VC_FAIL;
        x->passed += r->verdict == VC_PASS;
    }
    if (r->verdict == VC_FAIL)
        r->known = x ? x->reason : reason;
}

int vc_is_stale(const struct vc_run *run, const struct vc_xfail *x) {
    const struct vc_rule *rule = vc_rule_find(x->name, (unsigned)strlen(x->name));
    if (x->failed > 0)
        return 0;
    return rule ? run->whole && !run->untried && run->rules[vc_rule_index(rule)].held > 0 : x->passed > 0;
}

static void show(const struct vc_run *run, const struct vc_result *r) {
    if (run->progress && isatty(2))
        fprintf(stderr, "\r%-60.60s", "");
    if (run->progress)
        fprintf(stderr, isatty(2) ? "\r%4u %s %s" : "%4u %s %s\n", run->count, vc_verdict_name(r->verdict),
                r->which->name);
    if (run->verbose)
        vc_evidence_print(&r->evidence, stderr);
}

/* ---- the run -------------------------------------------------------------------------------------------------------- */

static void run_one(struct vc_run *run, const struct vc_case *c) {
    struct vc_result *r = new_result(run, c);
    char text[300];
    if (!run->sane) {
        say(r, VC_INCONC, "the node does not answer ordinary exchanges any more");
    } else if (unfit(c->needs, text, sizeof text)) {
        say(r, VC_SKIP, text);
    } else {
        attempts(run, r);
        allow_for_distance(run, r);
        if (r->verdict >= VC_INCONC)
            run->sane = is_sane(run);
    }
    count_checks(run, r);
    compare_with_expectation(run, r);
    save(run, r);
    show(run, r);
}

struct selection {
    struct vc_run *run;
    char **patterns;
    int count;
    unsigned chosen;
};

static void select_one(void *context, const struct vc_case *c) {
    struct selection *s = context;
    if (!vc_chosen(c, s->patterns, s->count) || !vc_fits(c, s->run->role, s->run->profile))
        return;
    s->chosen++;
    if (vc_stopped) {
        s->run->untried++;
        return;
    }
    run_one(s->run, c);
}

unsigned vc_run_cases(struct vc_run *run, char **patterns, int pattern_count) {
    struct selection s = {.run = run, .patterns = patterns, .count = pattern_count};
    run->whole = pattern_count == 0;
    run->sane = is_sane(run);
    vc_cases_each(select_one, &s);
    if (run->sane)
        run->sane = is_sane(run);
    if (run->progress && isatty(2))
        fputc('\n', stderr);
    return s.chosen;
}

void vc_run_begin(struct vc_run *run, struct vc_link *link, uint64_t seed) {
    unsigned rules;
    vc_rules(&rules);
    run->link = link;
    run->seed = seed;
    run->random = (uint32_t)(seed * 2654435761u >> 3);
    run->block = (seed * 0x9e3779b97f4a7c15ull >> 36 | 1) << 32;
    run->next_id = 0x40;
    if (link->virtual_time)
        vc_timers[VC_SLACK].least = vc_timers[VC_SLACK].most = 30 * VC_MILLISECOND;
    run->quiet = link->virtual_time ? 300 * VC_MILLISECOND : 25 * VC_MILLISECOND;
    run->rules = calloc(rules, sizeof *run->rules);
    memcpy(run->other_mac, link->mac, 6);
    run->other_mac[0] |= 2;
    run->other_mac[3] ^= 0x55;
    if (!link->virtual_time) { /* one of which the node has not learned anything in a run before */
        run->other_mac[4] ^= (uint8_t)(run->block >> 40);
        run->other_mac[5] ^= (uint8_t)(run->block >> 48);
    }
    struct vc_oracle_options options = {
        .ethertype = link->ethertype, .mtu = link->mtu, .says = oracle_says, .context = run};
    run->oracle = vc_oracle_open(&options);
    if (!run->rules || !run->oracle)
        abort();
}

enum vc_verdict vc_run_verdict(const struct vc_run *run) {
    enum vc_verdict worst = VC_PASS;
    unsigned skipped = 0;
    for (unsigned i = 0; i < run->count; i++) {
        const struct vc_result *r = &run->results[i];
        skipped += r->verdict == VC_SKIP;
        if (r->verdict > worst && r->verdict != VC_SKIP && !r->known)
            worst = r->verdict;
    }
    if (skipped == run->count)
        worst = VC_SKIP; /* nothing was tried */
    for (unsigned i = 0; i < run->xfails.count; i++)
        if (vc_is_stale(run, &run->xfails.list[i]) && worst < VC_FAIL)
            worst = VC_FAIL;
    if (run->untried && worst < VC_INCONC)
        worst = VC_INCONC;
    return run->sane ? worst : worst < VC_INCONC ? VC_INCONC : worst;
}

enum vc_exit vc_run_exit(const struct vc_run *run) {
    enum vc_verdict verdict = vc_run_verdict(run);
    int failed = 0;
    for (unsigned i = 0; i < run->count; i++)
        failed |= run->results[i].verdict == VC_FAIL && !run->results[i].known;
    if (verdict == VC_FAIL || failed)
        return VC_EXIT_FAIL;
    return verdict >= VC_INCONC || verdict == VC_SKIP ? VC_EXIT_UNDECIDED : VC_EXIT_PASS;
}

void vc_run_end(struct vc_run *run) {
    for (unsigned i = 0; i < run->count; i++) {
        vc_evidence_clear(&run->results[i].evidence);
        free(run->results[i].why);
    }
    free(run->results);
    free(run->rules);
    vc_xfail_clear(&run->xfails);
    vc_oracle_close(run->oracle);
    run->link->close(run->link);
}

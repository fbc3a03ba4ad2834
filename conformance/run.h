/* SPDX-License-Identifier: BSD-2-Clause */
/* run.h - cases, one after the other, and what came of them. */
#ifndef VC_RUN_H
#define VC_RUN_H

#include <setjmp.h>

#include "case_objects.h"
#include "stop.h"
#include "xfail.h"

/* A case that was run, or a reason why not. */
struct vc_result {
    const struct vc_case *which;
    enum vc_verdict verdict;
    char *why; /* one line: the worst that was found */
    struct vc_evidence evidence;
    vc_time duration;
    unsigned attempts, failures, bad; /* bad: neither PASS nor SKIP */
    int distant;                      /* what it found may come from how far the node is away */
    unsigned excused;  /* attempts in which the tester was late, or the node busy, and nothing else was wrong */
    const char *known; /* it failed, and was expected to: the reason; or NULL */
};

/* What is known of a rule after the run. */
struct vc_rule_result {
    unsigned held, broken, warned, unsure; /* unsure: broken in a case that is FLAKY */
};

/* A place where a rule is judged.  case and rule: static; label: what is judged, in words. */
struct vc_site {
    const char *which, *rule, *label;
    unsigned line; /* of the source; 0: the oracle */
};

struct vc_run {
    int (*site)(void *context, const struct vc_site *site, int ok); /* or NULL; 0: that judgement is to be ignored */
    void *site_context;
    struct vc_link *link;
    vc_oracle *oracle;
    uint8_t node_mac[6], other_mac[6];
    uint64_t service, manager, block; /* block: of the tester's identifiers */
    uint32_t next_id, random;
    vc_time quiet;      /* how long silence is listened to */
    vc_time round_trip; /* the shortest that the probe has seen; part of what a node may add to a time */
    uint64_t prefix_manager, directory; /* of names, and 0 */
    char prefix[256];                   /* that the manager holds, or "" */
    int repeat, verbose, progress;
    int whole;                           /* nobody has named cases or rules, so all that are fit are tried */
    unsigned unsaved;                    /* files of evidence that could not be written */
    const char *report, *role, *profile; /* directory of the evidence; filters; or NULL */
    uint64_t seed;
    char implementation[80], peer[80];
    struct vc_result *results;
    unsigned count;
    unsigned untried;             /* cases that were chosen, when the run was told to end before them */
    struct vc_rule_result *rules; /* one for each of the catalogue */
    int sane;
    char unsound[200]; /* why it is not */
    int altered, lost; /* the node is not as it was before the tests; it has begun anew, and nothing is known of it */
    struct vc_name place; /* for objects of the tester; manager 0: there is none */
    struct vc_xfails xfails;
};

struct vc_test {
    struct vc_run *run;
    const struct vc_case *which;
    struct vc_evidence evidence;
    struct vc_packet **inbox;
    uint8_t *used; /* of each of the inbox: somebody has waited for it */
    unsigned count;
    jmp_buf end;
    enum vc_verdict verdict;
    char why[1000];
    uint64_t first_id; /* of this case's identifiers */
    int answer_probes, elsewhere;
    unsigned slow; /* times that what was to come soon (vc_soon) came later */
    vc_time late;  /* by how much the tester itself has been, at most */
    struct {
        uint64_t client, server;
        uint32_t transaction;
    } calls[64]; /* CALLs that have been ordered, and to whom; more are not noted */
    int call_count;
    int started;      /* the case has begun the node anew */
    vc_time starting; /* how long that took */
    int stopped;      /* it has heard that the run is to end */
    int done;         /* a sanity exchange went through */
    struct {
        uint64_t client;
        uint32_t transaction, code;
    } last[64]; /* Transactions of Clients, for Probes; the oldest makes room */
    unsigned last_count;
    char context[256]; /* of the objects of this case; empty: not made */
    uint64_t owner, first_owner,
        of_manager;  /* of what vc_create makes; of the instances that it asks, 0: that of the place */
    uint64_t talker; /* the Client of operations on objects, and its next Transaction */
    uint32_t talker_transaction;
    int tidying;
};

/* ---- the run -------------------------------------------------------------------------------------------------------- */

void vc_run_begin(struct vc_run *run, struct vc_link *link, uint64_t seed);
/* Finds the node's entities and abilities; 0, or -1: error has one line with advice. */
int vc_run_probe(struct vc_run *run, char *error, size_t size);
/* Gives up where others answer as the node, or as the tester. */
void vc_find_twins(struct vc_test *t);
/* Runs the cases that patterns (none: all) choose; returns how many that were. */
unsigned vc_run_cases(struct vc_run *run, char **patterns, int pattern_count);
enum vc_verdict vc_run_verdict(const struct vc_run *run);
enum vc_exit vc_run_exit(const struct vc_run *run);
void vc_run_end(struct vc_run *run);
/* It was expected to fail, and does not: a case that passes; a rule that was judged and held, in a run of all cases. */
int vc_is_stale(const struct vc_run *run, const struct vc_xfail *x);

/* Does one of the patterns (a name, a rule, or a beginning of either) choose the case? */
int vc_chosen(const struct vc_case *c, char **patterns, int count);
/* The first of them that chooses no case at all, or NULL. */
const char *vc_vain_pattern(char **patterns, int count);
/* Roles and profiles (NULL: all) are those of its rules: one that fits is enough for a role, a profile wants all of them. */
int vc_fits(const struct vc_case *c, const char *role, const char *profile);
/* Calls each for every case in order. */
void vc_cases_each(void (*each)(void *context, const struct vc_case *c), void *context);

/* ---- inside a case -------------------------------------------------------------------------------------------------- */

void vc_test_begin(struct vc_test *t, struct vc_run *run, const struct vc_case *which);
void vc_test_end(struct vc_test *t);
/* label: the same at each run, as expected need not be. */
int vc_judge(struct vc_test *t, const char *id, int ok, const char *label, const char *expected, const char *seen);
void vc_worsen(struct vc_test *t, enum vc_verdict verdict, const char *why);
/* Takes one frame, waiting for it until then; 0: none came. */
int vc_take(struct vc_test *t, vc_time until);
_Noreturn void vc_broken(struct vc_test *t, const char *what);
/* Puts the blocks of a packet where they belong in a segment of VC_SEGMENT_MAX octets. */
void vc_unpack(const struct vc_packet *p, uint8_t *segment);
/* What a packet says, also as a message of UIO. */
char *vc_tell(struct vc_test *t, const struct vc_packet *p, char text[VC_TEXT]);
/* Removes what the case has made in the tester's place; finds that place. */
void vc_objects_tidy(struct vc_test *t);
void vc_hang_up(struct vc_test *t); /* ends the calls of the node that go on */
void vc_find_objects(struct vc_test *t, const char *name);
void vc_run_single(struct vc_test *t);
/* In words: what a declared case sends and expects. */
void vc_single_stimulus(const struct vc_single *s, char *text, size_t size);
void vc_single_expected(const struct vc_single *s, char *text, size_t size);

#endif

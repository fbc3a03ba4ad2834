/* SPDX-License-Identifier: BSD-2-Clause */
/* What is counted, and the report. */
#include "names.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lab/options.h"

#define BOUND 0.3 /* percent */

/* ---- counting ------------------------------------------------------------------------------------------------------------- */

static void append(uint32_t **list, size_t *count, size_t *room, uint32_t value) {
    if (*count == *room) {
        *room = *room ? 2 * *room : 1u << 16;
        *list = realloc(*list, *room * sizeof **list);
        if (!*list)
            fail("no memory");
    }
    (*list)[(*count)++] = value;
}

void count_operation(const struct vname_operation *op, vmtp_time took) {
    struct figures *f = &world.figures;
    const uint32_t us = (uint32_t)(took / VMTP_MICROSECOND);
    append(&f->took, &f->took_count, &f->took_room, us);
    if (op->questions)
        append(&f->took_asking, &f->asking_count, &f->asking_room, us);
}

static void add_client(struct vname_counters *to, const struct vname_counters *from) {
#define ADD(member) to->member += from->member;
    VNAME_CLIENT_COUNTERS(ADD)
#undef ADD
}

void count_client(const vname_resolver *resolver) { add_client(&world.figures.client, vname_counters_of(resolver)); }

void count_bad(enum bad bad, const char *name, size_t length, const char *why) {
    if (world.figures.bad[bad]++ < 20)
        printf("seed %" PRIu64 ", %.3f s: %.*s: %s\n", world.options.seed,
               (double)(vipc_fake_now(world.net) - world.begin) / 1e9, (int)length, name, why);
}

void figures_add(struct figures *all, const struct figures *day) {
    add_client(&all->client, &day->client);
#define ADD(member) all->member += day->member;
    ADD(programs)
    ADD(relative)
    ADD(through_alias)
    ADD(changes)
    ADD(multicast_frames)
    ADD(announcements)
    ADD(kills)
    ADD(power_failures)
    ADD(migrations)
    ADD(mounts)
    ADD(unsure)
    ADD(not_there)
    ADD(mistyped)
    ADD(bad[BAD_VISIBLE])
    ADD(bad[BAD_ELSEWHERE])
#undef ADD
    for (size_t i = 0; i < day->took_count; i++)
        append(&all->took, &all->took_count, &all->took_room, day->took[i]);
    for (size_t i = 0; i < day->asking_count; i++)
        append(&all->took_asking, &all->asking_count, &all->asking_room, day->took_asking[i]);
}

void figures_free(struct figures *f) {
    free(f->took);
    free(f->took_asking);
}

/* Everything that a client multicasts because of a name, whatever it was about. */
static uint64_t multicasts(const struct figures *f) {
    return f->client.multicasts + f->client.group_queries + f->client.directory_queries;
}

double multicast_percent(const struct figures *f) {
    return f->client.lookups ? 100.0 * (double)multicasts(f) / (double)f->client.lookups : 100;
}

int figures_good(const struct figures *f, int with_share) {
    return (!with_share || multicast_percent(f) <= BOUND) && !f->bad[BAD_VISIBLE] && !f->bad[BAD_ELSEWHERE] &&
           f->client.lookups;
}

/* ---- the report ------------------------------------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b) {
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

struct spread {
    double p50, p99, p999, most; /* ms */
};

static struct spread spread_of(uint32_t *list, size_t count) {
    if (!count)
        return (struct spread){0};
    qsort(list, count, sizeof *list, compare);
    return (struct spread){list[count / 2] / 1e3, list[count - 1 - count / 100] / 1e3,
                           list[count - 1 - count / 1000] / 1e3, list[count - 1] / 1e3};
}

static void line(const char *what, uint64_t count) { printf("  %-52s %10" PRIu64 "\n", what, count); }

static double share(uint64_t part, uint64_t whole) { return whole ? 100.0 * (double)part / (double)whole : 0; }

static void spread_line(const char *what, uint32_t *list, size_t count) {
    const struct spread s = spread_of(list, count);
    printf("  %-44s p50 %7.2f  p99 %8.2f  p99.9 %8.2f  most %9.2f\n", what, s.p50, s.p99, s.p999, s.most);
}

static void report_what_happened(const struct figures *f) {
    puts("what happened");
    line("programs started", f->programs);
    line("operations by name", f->client.operations);
    line("  of them, relative to a current context", f->relative);
    line("  of them, through an alias", f->through_alias);
    line("  of them, not to be done twice", f->changes);
    line("  of them, about objects that are not there", f->not_there);
    line("  of them, below no prefix at all", f->mistyped);
    line("managers killed, and started again elsewhere", f->kills);
    line("  power failures among these", f->power_failures);
    line("managers migrated", f->migrations);
    line("prefixes mounted below others", f->mounts);
}

static void report_cache(const struct figures *f) {
    const struct vname_counters *c = &f->client;
    puts("caches");
    line("lookups of an absolute name", c->lookups);
    printf("  %-52s %10" PRIu64 "  %8.4f %%\n", "  hits", c->hits, share(c->hits, c->lookups));
    line("  entries found stale", c->stale);
    line("  entries whose manager was silent", c->gone);
    line("  waits for a manager that was down", c->waits);
    line("records inherited from parents", c->inherited);
    line("contexts mapped again", c->contexts_mapped);
    line("QueryName to one manager", c->lone_queries);
    line("QueryName multicast", c->multicasts);
    line("LookupName multicast, to directories", c->directory_queries);
    line("  frames of both on the wire", f->multicast_frames);
    line("AnnounceName by managers, for comparison", f->announcements);
}

void report(struct figures *f) {
    report_what_happened(f);
    report_cache(f);
    puts("times of operations, ms of virtual time");
    spread_line("all", f->took, f->took_count);
    spread_line("those that had to ask by multicast", f->took_asking, f->asking_count);
    puts("result");
    printf("  %-52s %10.4f %%  (at most %.1f %%)\n", "lookups that caused a multicast", multicast_percent(f), BOUND);
    printf("  %-52s %10.4f %%\n", "  of all operations by name", share(multicasts(f), f->client.operations));
    line("unsure: not to be done twice, and its manager died", f->unsure);
    printf("  %-52s %10" PRIu64 "    (at most 0)\n", "visible errors", f->bad[BAD_VISIBLE]);
    printf("  %-52s %10" PRIu64 "    (at most 0)\n", "executed by a manager that does not have the name",
           f->bad[BAD_ELSEWHERE]);
}

void report_line(uint64_t seed, const struct figures *f) {
    printf("seed %-6" PRIu64 " %9" PRIu64 " lookups %6" PRIu64 " multicasts %8.4f %% %3" PRIu64 " unsure %3" PRIu64
           " visible errors %3" PRIu64 " elsewhere\n",
           seed, f->client.lookups, multicasts(f), multicast_percent(f), f->unsure, f->bad[BAD_VISIBLE],
           f->bad[BAD_ELSEWHERE]);
}

int report_json(const struct figures *f) {
    const struct spread all = spread_of(f->took, f->took_count), asking = spread_of(f->took_asking, f->asking_count);
    json_t *json = json_pack(
        "{s:f, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:I, s:I, s:I, s:I, s:{s:f, s:f, s:f}, s:{s:f, s:f, s:f}}",
        "hours", world.options.hours, "seeds", (json_int_t)world.options.seeds, "programs", (json_int_t)f->programs,
        "operations", (json_int_t)f->client.operations, "lookups", (json_int_t)f->client.lookups, "hits",
        (json_int_t)f->client.hits, "kills", (json_int_t)f->kills, "migrations", (json_int_t)f->migrations,
        "multicasts", (json_int_t)multicasts(f), "percent", multicast_percent(f), "stale", (json_int_t)f->client.stale,
        "unsure", (json_int_t)f->unsure, "visible_errors", (json_int_t)f->bad[BAD_VISIBLE], "elsewhere",
        (json_int_t)f->bad[BAD_ELSEWHERE], "all_ms", "p50", all.p50, "p99", all.p99, "most", all.most, "asking_ms",
        "p50", asking.p50, "p99", asking.p99, "most", asking.most);
    return option_write_json(world.options.json, json);
}

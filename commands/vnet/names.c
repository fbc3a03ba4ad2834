/* SPDX-License-Identifier: BSD-2-Clause */
/* vnet names - the prefixes on the segment, and what a directory has registered. */
#include "naming.h"
#include "registered.h"
#include "text.h"
#include "vnet.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vnaming/survey.h>

#define SLOTS 200u /* managers that are heard; the engine remembers 256 Responses */

/* A record of its own: prefix and target lie behind it. */
struct known {
    struct vname_record record;
    char text[VNAME_PREFIX_OCTETS + VNAME_NAME_OCTETS];
};

struct names {
    struct common_options common;
    vmtp_time timeout;
    uint8_t registered;
    const char *forget;
    struct naming naming;
    struct vname_survey survey;
    struct known **list;
    size_t count, room;
    int over, result;
};

static const char usage[] = "names -i IFACE [options]";
static const char about[] =
    "Lists the prefixes that managers on the segment hold: asks all of them at once.  BELOW is the longest other "
    "prefix\n"
    "that covers one, whose manager hands on what is not his.  With --registered: what a directory has registered,\n"
    "also of managers that are down.";
static const char after[] = "Exit codes: 0 done, 1 nobody answered or it failed, 2 wrong command line.\n"
                            "Example: vnet names -i eth0 --json";

static int check(const struct names *n) {
    if (n->forget && n->registered)
        return vnet_misuse("--registered and --forget exclude each other");
    if (n->forget && vname_check_prefix(n->forget, strlen(n->forget)))
        return vnet_misuse("--forget takes a prefix such as /storage/projects, not \"%s\"", n->forget);
    if (n->timeout == 0)
        return vnet_misuse("--timeout 0 leaves nobody time to answer");
    return VNET_OK;
}

static enum option_outcome parse(struct names *n, int argc, char **argv) {
    struct option_row common[COMMON_ROWS];
    const struct option_row rows[] = {
        {"registered", 0, OPTION_FLAG, &n->registered, NULL, "list what a directory has registered", 0, 0},
        {"forget", 0, OPTION_TEXT, &n->forget, "PREFIX", "have the directory forget it: it will not come back", 0, 0},
        {"timeout", 0, OPTION_DURATION, &n->timeout, "TIME", "how long to wait for a directory", 0, 0},
        {0}};
    const struct option_page page = {usage, about, after, common, rows};
    const char *none = NULL;
    unsigned words;
    common_rows(common, &n->common);
    enum option_outcome outcome = options_parse(&page, argc, argv, &none, 0, &words);
    if (outcome != OPTIONS_GO)
        return outcome;
    return check(n) == VNET_OK && common_require_interface(&n->common) == 0 ? OPTIONS_GO : OPTIONS_WRONG;
}

/* ---- the list ------------------------------------------------------------------------------------------------------ */

static void keep(struct names *n, const struct vname_record *record) {
    struct known *k = malloc(sizeof *k);
    if (n->count == n->room) {
        struct known **larger = realloc(n->list, (n->room ? 2 * n->room : 64) * sizeof *larger);
        n->room = larger ? n->room ? 2 * n->room : 64 : n->room;
        n->list = larger ? larger : n->list;
    }
    if (!k || n->count == n->room) {
        free(k);
        n->result = VMTP_E_MEMORY;
        return;
    }
    k->record = *record;
    memcpy(k->text, record->prefix, record->prefix_length);
    if (record->target_length)
        memcpy(k->text + record->prefix_length, record->target, record->target_length);
    k->record.prefix = k->text;
    k->record.target = k->text + record->prefix_length;
    n->list[n->count++] = k;
}

static int compare(const void *a, const void *b) {
    const struct vname_record *x = &(*(struct known *const *)a)->record, *y = &(*(struct known *const *)b)->record;
    const size_t least = x->prefix_length < y->prefix_length ? x->prefix_length : y->prefix_length;
    const int order = memcmp(x->prefix, y->prefix, least);
    if (order)
        return order;
    if (x->prefix_length != y->prefix_length)
        return x->prefix_length < y->prefix_length ? -1 : 1;
    return (x->manager > y->manager) - (x->manager < y->manager);
}

/* In order; what was told twice, once. */
static void arrange(struct names *n) {
    size_t kept = 0;
    if (n->count)
        qsort(n->list, n->count, sizeof *n->list, compare);
    for (size_t i = 0; i < n->count; i++) {
        if (kept && compare(&n->list[kept - 1], &n->list[i]) == 0)
            free(n->list[i]);
        else
            n->list[kept++] = n->list[i];
    }
    n->count = kept;
}

/* The longest other prefix that covers it; NULL: none does. */
static const struct vname_record *below(const struct names *n, const struct vname_record *record) {
    const struct vname_record *best = NULL;
    for (size_t i = 0; i < n->count; i++) {
        const struct vname_record *r = &n->list[i]->record;
        if (r->prefix_length < record->prefix_length && (!best || r->prefix_length > best->prefix_length) &&
            vname_matches(r->prefix, r->prefix_length, record->prefix, record->prefix_length))
            best = r;
    }
    return best;
}

static void show_one(const struct names *n, const struct vname_record *r) {
    char manager[VMTP_ENTITY_TEXT], words[NAMING_FLAGS];
    const struct vname_record *cover = below(n, r);
    naming_flags(words, r);
    printf("%-32.*s %s %10" PRIu32 " %10" PRIu32 "  %.*s%s", r->prefix_length, r->prefix,
           vmtp_entity_format(manager, r->manager), r->context, r->generation, cover ? cover->prefix_length : 1,
           cover ? cover->prefix : "-", words);
    if (r->target_length)
        printf(" %.*s", r->target_length, r->target);
    putchar('\n');
}

static void show(const struct names *n) {
    if (n->count && !n->common.json)
        printf("%-32s %-19s %10s %10s  %s\n", "PREFIX", "MANAGER", "CONTEXT", "GENERATION", "BELOW, FLAGS");
    for (size_t i = 0; i < n->count; i++) {
        const struct vname_record *r = &n->list[i]->record, *cover = below(n, r);
        if (!n->common.json) {
            show_one(n, r);
            continue;
        }
        json_t *o = naming_json(r);
        if (o && cover)
            json_object_set_new(o, "below", json_stringn(cover->prefix, cover->prefix_length));
        json_line(o);
    }
}

static void forget_list(struct names *n) {
    for (size_t i = 0; i < n->count; i++)
        free(n->list[i]);
    free(n->list);
}

/* ---- the segment --------------------------------------------------------------------------------------------------- */

static void surveyed(struct vname_survey *survey, const struct vname_record *record) { keep(survey->context, record); }

static void survey_over(struct vname_survey *survey, int result) {
    struct names *n = survey->context;
    n->over = 1;
    n->result = n->result ? n->result : result;
}

static int survey(struct names *n) {
    n->survey = (struct vname_survey){.slots = SLOTS, .record = surveyed, .done = survey_over, .context = n};
    n->survey.area = malloc((size_t)SLOTS * VNAME_LIST_OCTETS);
    int rc = n->survey.area ? vname_survey(n->naming.ipc, &n->survey) : VMTP_E_MEMORY;
    if (rc == 0)
        rc = naming_wait(&n->naming, &n->over, VMTP_NEVER);
    vname_survey_cancel(&n->survey);
    free(n->survey.area);
    rc = rc ? rc : n->result;
    if (rc == VMTP_RETRANS_TIMEOUT)
        return vnet_fail("no manager of names answered on %s", n->naming.node.interface_name);
    if (rc != 0)
        return node_explain(&n->naming.node, rc, VNAME_HANDLERS, VNAME_SURVEY_TIME);
    arrange(n);
    show(n);
    if (n->survey.unasked || n->survey.managers >= SLOTS)
        return vnet_fail("there are more: not all managers could be asked for all that they hold");
    return VNET_OK;
}

/* ---- the directory ------------------------------------------------------------------------------------------------- */

static void listed(void *context, const struct vname_record *record) { keep(context, record); }

static int list_registered(struct names *n) {
    const int rc = registered_list(&n->naming, n->timeout, listed, n);
    if (rc != VNET_OK)
        return rc;
    if (n->result)
        return node_explain(&n->naming.node, n->result, VNAME_DIRECTORY, n->timeout);
    arrange(n);
    show(n);
    return VNET_OK;
}

static int forget(struct names *n) {
    struct vname_record record;
    const int rc = registered_forget(&n->naming, n->timeout, n->forget, &record);
    if (rc != VNET_OK)
        return rc;
    if (n->common.json)
        return json_line(json_pack("{s:s, s:s, s:I}", "event", "forgotten", "prefix", n->forget, "generation",
                                   (json_int_t)record.generation));
    printf("forgotten %s generation=%" PRIu32 "\n", n->forget, record.generation);
    return VNET_OK;
}

int vnet_names(int argc, char **argv) {
    struct names n = {.timeout = 5 * VMTP_SECOND};
    enum option_outcome outcome = parse(&n, argc, argv);
    if (outcome != OPTIONS_GO)
        return outcome == OPTIONS_DONE ? VNET_OK : VNET_USAGE;
    int rc = naming_open(&n.naming, &n.common, NULL);
    if (rc != VNET_OK)
        return rc;
    rc = naming_close(&n.naming, n.forget ? forget(&n) : n.registered ? list_registered(&n) : survey(&n));
    forget_list(&n);
    return rc;
}

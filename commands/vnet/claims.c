/* SPDX-License-Identifier: BSD-2-Clause */
#include "claims.h"
#include "text.h"
#include "vnet.h"

#include <stdio.h>
#include <string.h>

#define RELEASE_TIME VMTP_SECOND

/* ---- the command line ---------------------------------------------------------------------------------------------- */

void claims_rows(struct option_row rows[CLAIMS_ROWS], struct claims_options *o) {
    rows[0] = (struct option_row){
        "as",        0,
        OPTION_LIST, &o->prefixes,
        "PREFIX",    "answer for the names that begin with it, such as /storage; may be repeated",
        0,           0};
    rows[1] = (struct option_row){"alias",
                                  0,
                                  OPTION_LIST,
                                  &o->aliases,
                                  "PREFIX=NAME",
                                  "let names that begin with it go on with the other; may be repeated",
                                  0,
                                  0};
    rows[2] = (struct option_row){
        "owner",   0,    OPTION_ENTITY,
        &o->owner, "ID", "owner of these prefixes, for the directory and after a restart; default: a new one",
        0,         0};
    rows[3] = (struct option_row){
        "directory", 0,     OPTION_TEXT,
        &o->use,     "USE", "never, try or require that a directory registers the prefixes; default never",
        0,           0};
    rows[4] = (struct option_row){0};
}

static int check_alias(const char *text) {
    const char *target = strchr(text, '=');
    if (!target || vname_check_prefix(text, (size_t)(target - text)) ||
        vname_check_absolute(target + 1, strlen(target + 1))) {
        vnet_misuse("--alias takes a prefix and an absolute name, such as /mail=/storage/mail, not \"%s\"", text);
        return -1;
    }
    return 0;
}

static int check_use(struct claims_options *o) {
    static const char *const words[] = {"never", "try", "require"}; /* enum vname_directory_use */
    for (unsigned i = 0; o->use && i < 3; i++) {
        if (strcmp(o->use, words[i]) == 0) {
            o->directory = (enum vname_directory_use)i;
            return 0;
        }
    }
    if (!o->use)
        return 0;
    vnet_misuse("--directory takes never, try or require, not \"%s\"", o->use);
    return -1;
}

int claims_check(struct claims_options *o) {
    for (unsigned i = 0; i < o->prefixes.count; i++) {
        if (vname_check_prefix(o->prefixes.items[i], strlen(o->prefixes.items[i]))) {
            vnet_misuse("--as takes a prefix such as /storage/projects, not \"%s\"", o->prefixes.items[i]);
            return -1;
        }
    }
    for (unsigned i = 0; i < o->aliases.count; i++)
        if (check_alias(o->aliases.items[i]) != 0)
            return -1;
    return check_use(o);
}

/* ---- what is told -------------------------------------------------------------------------------------------------- */

static void say(const struct claims_options *o, const char *what, const struct vname_manager_event *event) {
    const int length = (int)event->prefix_length;
    const struct vname_record *record = event->record;
    char text[VMTP_ENTITY_TEXT], code[TEXT_CODE];
    if (o->json) {
        json_t *line = json_pack("{s:s, s:s%}", "event", what, "prefix", event->prefix, event->prefix_length);
        if (record) {
            json_object_set_new(line, "manager", json_entity(record->manager));
            json_object_set_new(line, "generation", json_integer(record->generation));
        }
        if (event->result > 0)
            json_object_set_new(line, "code", json_code((uint32_t)event->result));
        json_line(line);
        return;
    }
    printf("%s %.*s", what, length, event->prefix);
    if (record)
        printf(" manager=%s generation=%u", vmtp_entity_format(text, record->manager), record->generation);
    if (event->result > 0)
        printf(" code=%s", text_code(code, (uint32_t)event->result));
    putchar('\n');
    vnet_flush();
}

const char *claims_word(const struct vname_manager_event *event) {
    static const char *const words[] = {
        [VNAME_MANAGER_HELD] = "held",         [VNAME_MANAGER_REFUSED] = "refused",
        [VNAME_MANAGER_LOST] = "lost",         [VNAME_MANAGER_HANDED_OVER] = "handed-over",
        [VNAME_MANAGER_RELEASED] = "released", [VNAME_MANAGER_REGISTERED] = "registered",
        [VNAME_MANAGER_MOUNTED] = "mounted",   [VNAME_MANAGER_UNMOUNTED] = "unmounted"};
    return words[event->type];
}

void claims_say(const struct claims_options *o, const struct vname_manager_event *event) {
    say(o, claims_word(event), event);
}

/* ---- beginning and end --------------------------------------------------------------------------------------------- */

void claims_configure(struct vname_manager_config *config, const struct claims_options *o) {
    config->prefixes = 2 * OPTION_LIST_MOST;
    config->owner = o->owner;
    config->directory = o->directory;
}

static struct vname_manager_claim claim_of(const struct claims_options *o, unsigned which, uint32_t context) {
    struct vname_manager_claim claim = {.context = context ? context : which + 1, .again = 1};
    if (which < o->prefixes.count) {
        claim.prefix = o->prefixes.items[which];
        claim.prefix_length = strlen(claim.prefix);
        return claim;
    }
    claim.prefix = o->aliases.items[which - o->prefixes.count];
    claim.prefix_length = strcspn(claim.prefix, "=");
    claim.target = claim.prefix + claim.prefix_length + 1;
    claim.target_length = strlen(claim.target);
    return claim;
}

int claims_begin(const struct claims_options *o, vname_manager *manager, uint32_t context) {
    for (unsigned i = 0; i < o->prefixes.count + o->aliases.count; i++) {
        const struct vname_manager_claim claim = claim_of(o, i, context);
        const int rc = vname_manager_claim(manager, &claim);
        if (rc == VMTP_E_EXISTS)
            return vnet_misuse("%.*s is claimed twice", (int)claim.prefix_length, claim.prefix);
        if (rc != 0)
            return vnet_fail("cannot claim a prefix: %s", vmtp_error_text(rc));
    }
    return VNET_OK;
}

void claims_release(const struct claims_options *o, vname_manager *manager, vipc *ipc) {
    for (unsigned i = 0; i < o->prefixes.count + o->aliases.count; i++) {
        const struct vname_manager_claim claim = claim_of(o, i, 0);
        vname_manager_release(manager, claim.prefix, claim.prefix_length, 0);
    }
    const vmtp_time until = vipc_now(ipc) + RELEASE_TIME;
    while (!vname_manager_is_quiet(manager) && vipc_wait(ipc, until) == 0)
        continue;
}

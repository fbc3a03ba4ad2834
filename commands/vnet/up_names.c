/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE /* O_PATH */
#include "up_names.h"
#include "beneath.h"
#include "text.h"
#include "vnet.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vipc/host.h>

#define DEPTH 16u
#define RELEASE_TIME VMTP_SECOND

/* ---- the command line ---------------------------------------------------------------------------------------------- */

uint32_t up_names_depth(const struct up_names_options *o) { return o->prefixes.count + o->aliases.count ? DEPTH : 0; }

static int check_alias(const char *text) {
    const char *target = strchr(text, '=');
    if (!target || vname_check_prefix(text, (size_t)(target - text)) ||
        vname_check_absolute(target + 1, strlen(target + 1))) {
        vnet_misuse("--alias takes a prefix and an absolute name, such as /mail=/storage/mail, not \"%s\"", text);
        return -1;
    }
    return 0;
}

static int check_directory(struct up_names_options *o, const char *word) {
    static const char *const words[] = {"never", "try", "require"}; /* enum vname_directory_use */
    for (unsigned i = 0; word && i < 3; i++) {
        if (strcmp(word, words[i]) == 0) {
            o->directory = (enum vname_directory_use)i;
            return 0;
        }
    }
    if (!word)
        return 0;
    vnet_misuse("--directory takes never, try or require, not \"%s\"", word);
    return -1;
}

int up_names_check(struct up_names_options *o, const char *directory) {
    for (unsigned i = 0; i < o->prefixes.count; i++) {
        if (vname_check_prefix(o->prefixes.items[i], strlen(o->prefixes.items[i]))) {
            vnet_misuse("--as takes a prefix such as /storage/projects, not \"%s\"", o->prefixes.items[i]);
            return -1;
        }
    }
    for (unsigned i = 0; i < o->aliases.count; i++)
        if (check_alias(o->aliases.items[i]) != 0)
            return -1;
    return check_directory(o, directory);
}

/* ---- what it prints ------------------------------------------------------------------------------------------------ */

static void say(const struct up_names *n, const char *what, const struct vname_manager_event *event) {
    const int length = (int)event->prefix_length;
    const struct vname_record *record = event->record;
    char text[VMTP_ENTITY_TEXT], code[TEXT_CODE];
    if (n->options->json) {
        json_t *o = json_pack("{s:s, s:s%}", "event", what, "prefix", event->prefix, event->prefix_length);
        if (record) {
            json_object_set_new(o, "manager", json_entity(record->manager));
            json_object_set_new(o, "generation", json_integer(record->generation));
        }
        if (event->result > 0)
            json_object_set_new(o, "code", json_code((uint32_t)event->result));
        json_line(o);
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

static void on_event(vname_manager *manager, const struct vname_manager_event *event) {
    static const char *const words[] = {
        [VNAME_MANAGER_HELD] = "held",         [VNAME_MANAGER_REFUSED] = "refused",
        [VNAME_MANAGER_LOST] = "lost",         [VNAME_MANAGER_HANDED_OVER] = "handed-over",
        [VNAME_MANAGER_RELEASED] = "released", [VNAME_MANAGER_REGISTERED] = "registered",
        [VNAME_MANAGER_MOUNTED] = "mounted",   [VNAME_MANAGER_UNMOUNTED] = "unmounted"};
    say(vname_manager_context(manager), words[event->type], event);
}

/* ---- what it answers ----------------------------------------------------------------------------------------------- */

enum thing { NOTHING, PREFIX, OBJECT };

static enum thing find(const struct up_names *n, const char *rest, size_t length) {
    char name[VNAME_NAME_OCTETS + 1];
    if (length && *rest == '/')
        rest++, length--;
    if (!length)
        return PREFIX;
    if (n->files < 0 || !beneath_name_ok(rest, length))
        return NOTHING;
    memcpy(name, rest, length);
    name[length] = 0;
    const int fd = beneath_open(n->files, name);
    if (fd >= 0)
        close(fd);
    return fd >= 0 || errno == ENXIO ? OBJECT : NOTHING; /* a directory, say */
}

static int on_context_name(vname_manager *manager, uint32_t context, char *name, size_t room) {
    const struct up_names *n = vname_manager_context(manager);
    if (!context || context > n->options->prefixes.count)
        return -1;
    return snprintf(name, room, "%s", n->options->prefixes.items[context - 1]);
}

static void on_operation(const struct vname_manager_operation *o) {
    const struct up_names *n = vname_manager_context(o->manager);
    const enum thing thing = find(n, o->name + o->index, (size_t)(o->length - o->index));
    const int maps = o->code == (VNAME_MAP_CONTEXT & VMTP_CODE_MASK);
    char name[VNAME_PREFIX_OCTETS + 1];
    if (thing == NOTHING)
        vname_manager_refuse(o->in, VNAME_NOT_FOUND);
    else if (maps && thing == PREFIX)
        vname_manager_reply_context(o, 0, o->context, name,
                                    (size_t)on_context_name(o->manager, o->context, name, sizeof name));
    else
        vname_manager_refuse(o->in, maps ? VNAME_NOT_CONTEXT : VMTP_ERROR);
}

static int takes_empty(vname_manager *manager, uint32_t code) {
    (void)manager;
    return code == (VNAME_MAP_CONTEXT & VMTP_CODE_MASK);
}

/* ---- beginning and end --------------------------------------------------------------------------------------------- */

static int create(struct up_names *n) {
    const struct up_names_options *o = n->options;
    struct vname_manager_config config;
    vname_manager_config_init(&config);
    config.prefixes = 2 * OPTION_LIST_MOST;
    config.depth = DEPTH;
    config.owner = o->owner;
    config.directory = o->directory;
    config.operation = on_operation;
    config.event = on_event;
    config.context_name = on_context_name;
    config.takes_empty = takes_empty;
    config.context = n;
    n->memory = malloc(vname_manager_footprint(&config));
    return n->memory ? vname_manager_create(&n->manager, n->ipc, &config, n->memory) : VMTP_E_MEMORY;
}

static int claim_all(struct up_names *n) {
    const struct up_names_options *o = n->options;
    int rc = 0;
    for (unsigned i = 0; rc == 0 && i < o->prefixes.count + o->aliases.count; i++) {
        struct vname_manager_claim claim = {.context = i + 1, .again = 1};
        if (i < o->prefixes.count) {
            claim.prefix = o->prefixes.items[i];
            claim.prefix_length = strlen(claim.prefix);
        } else {
            claim.prefix = o->aliases.items[i - o->prefixes.count];
            claim.prefix_length = strcspn(claim.prefix, "=");
            claim.target = claim.prefix + claim.prefix_length + 1;
            claim.target_length = strlen(claim.target);
        }
        rc = vname_manager_claim(n->manager, &claim);
        if (rc == VMTP_E_EXISTS)
            return vnet_misuse("%.*s is claimed twice", (int)claim.prefix_length, claim.prefix);
    }
    return rc == 0 ? VNET_OK : vnet_fail("cannot claim a prefix: %s", vmtp_error_text(rc));
}

int up_names_open(struct up_names *n, struct node *node, const struct up_names_options *options) {
    *n = (struct up_names){.options = options, .node = node, .files = -1};
    if (!up_names_depth(options))
        return VNET_OK;
    if (options->files && (n->files = open(options->files, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
        return vnet_fail("--files %s: %s", options->files, strerror(errno));
    int rc = vipc_host_open(&n->ipc, node->host);
    if (rc == 0)
        rc = create(n);
    return rc == 0 ? claim_all(n) : vnet_fail("cannot be a manager of names: %s", vmtp_error_text(rc));
}

void up_names_link_up(struct up_names *n) {
    if (n->manager)
        vname_manager_link_up(n->manager);
}

void up_names_release(struct up_names *n) {
    const struct up_names_options *o = n->options;
    if (!n->manager)
        return;
    for (unsigned i = 0; i < o->prefixes.count; i++)
        vname_manager_release(n->manager, o->prefixes.items[i], strlen(o->prefixes.items[i]), 0);
    for (unsigned i = 0; i < o->aliases.count; i++)
        vname_manager_release(n->manager, o->aliases.items[i], strcspn(o->aliases.items[i], "="), 0);
    const vmtp_time until = vipc_now(n->ipc) + RELEASE_TIME;
    while (!vname_manager_is_quiet(n->manager) && vipc_wait(n->ipc, until) == 0)
        continue;
}

void up_names_close(struct up_names *n) {
    vname_manager_destroy(n->manager);
    vipc_close(n->ipc);
    free(n->memory);
    if (n->options && n->files >= 0)
        close(n->files);
    *n = (struct up_names){0};
}

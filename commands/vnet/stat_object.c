/* SPDX-License-Identifier: BSD-2-Clause */
/* vnet stat NAME - what is an object? */
#include "entry.h"
#include "text.h"
#include "vnet.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct about {
    struct remote_options options;
    const char *names[REMOTE_NAMES_MOST];
    unsigned count;
    uint8_t itself, storage;
    struct remote remote;
    struct uio_named named;
};

static const char usage[] = "stat NAME... -i IFACE [options]";
static const char about_text[] =
    "Tells what an object is: NAME begins with \"/\" or \"v:\".  Without either it is a node, "
    "see `vnet stat --help`.";
static const char after[] = REMOTE_EXIT_CODES "Example: vnet stat /projects/plan -i eth0";

int vnet_stat_is_object(int argc, char **argv) {
    const char *name;
    for (int i = 1; i < argc; i++)
        if (argv[i][0] == '/' || remote_is_name(argv[i], &name))
            return strcmp(argv[i - 1], "--pcap") != 0;
    return 0;
}

static enum option_outcome parse(struct about *a, int argc, char **argv) {
    struct option_row common[REMOTE_ROWS];
    const struct option_row rows[] = {
        {"no-follow", 'P', OPTION_FLAG, &a->itself, NULL, "a symbolic link itself, not what it leads to", 0, 0},
        {"storage", 0, OPTION_FLAG, &a->storage, NULL, "how much room there is where it is", 0, 0},
        {0}};
    const struct option_page page = {usage, about_text, after, common, rows};
    remote_rows(common, &a->options);
    return remote_parse(&page, argc, argv, &a->options, a->names, &a->count, 0);
}

static void show_attributes(uint32_t attributes) {
    static const char *const words[] = {"readable",    "writeable",      "append-only", "storage",     "random-access",
                                        "offset",      "variable-block", "multi-block", "interactive", "locks",
                                        "transaction", "replicated",     "context",     "sized",       "lines"};
    fputs("  attributes ", stdout);
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
        if (attributes & (1u << i))
            printf(" %s", words[i]);
    putchar('\n');
}

static void show(const struct about *a, const char *name, const char *target) {
    const struct uio_object *o = &a->named.object;
    char mode[ENTRY_MODE], manager[VMTP_ENTITY_TEXT], time[ENTRY_TIME], clean[REMOTE_TEXT];
    if (a->options.common.json) {
        json_t *j = entry_json(o, name, target);
        json_object_set_new(j, "manager", json_entity(a->named.manager));
        json_object_set_new(j, "attributes", json_integer(o->attributes));
        json_object_set_new(j, "block_size", json_integer(o->block_size));
        json_print(j);
        return;
    }
    printf("%s: %s", remote_text(clean, name, strlen(name)), entry_type(o->type));
    if (*target)
        printf(" -> %s", remote_text(clean, target, strlen(target)));
    printf("\n  octets      %" PRIu64 " (%" PRIu64 " of storage), blocks of %" PRIu32 "\n", o->size, o->storage,
           o->block_size);
    printf("  permissions %s, user %" PRIu32 ", group %" PRIu32 ", names %" PRIu32 "\n", entry_mode(mode, o), o->user,
           o->group, o->names);
    printf("  changed     %s\n", entry_time(time, o->changed));
    printf("  used        %s\n", entry_time(time, o->used));
    printf("  number      %" PRIu64 ", version %016" PRIx64 "\n", o->number, o->version);
    printf("  manager     %s\n", vmtp_entity_format(manager, a->named.manager));
    show_attributes(o->attributes);
}

static int show_storage(struct about *a, const char *name) {
    const struct uio_storage *s = &a->named.storage;
    char all[TEXT_SIZE], rest[TEXT_SIZE];
    remote_name(&a->remote, &a->named, name);
    const int result = uio_named_wait(&a->named, uio_query_storage(&a->remote.client, &a->named));
    if (result != 0)
        return remote_explain(&a->remote, name, result, &a->named);
    if (a->options.common.json)
        return json_print(json_pack("{s:o, s:I, s:I, s:I}", "name", json_text(name), "octets", (json_int_t)s->octets,
                                    "octets_free", (json_int_t)s->octets_free, "objects_free",
                                    (json_int_t)s->objects_free));
    printf("%s: %s of %s free, room for %" PRIu64 " objects\n", name, text_size(rest, s->octets_free),
           text_size(all, s->octets), s->objects_free);
    return VNET_OK;
}

static int one(struct about *a, const char *name) {
    char target[UIO_TARGET_OCTETS + 1];
    struct uio_named *named = &a->named;
    if (a->storage)
        return show_storage(a, name);
    remote_name(&a->remote, named, name);
    const int result = uio_named_wait(named, uio_query_object(&a->remote.client, named, a->itself ? UIO_NOFOLLOW : 0));
    if (result != 0)
        return remote_explain(&a->remote, name, result, named);
    snprintf(target, sizeof target, "%.*s", named->object.target_length,
             named->object.target_length ? named->object.target : "");
    show(a, name, target);
    return VNET_OK;
}

int vnet_stat_object(int argc, char **argv) {
    static struct about a;
    enum option_outcome outcome = parse(&a, argc, argv);
    if (outcome != OPTIONS_GO)
        return outcome == OPTIONS_DONE ? VNET_OK : VNET_USAGE;
    int rc = remote_open(&a.remote, &a.options), worst = VNET_OK;
    if (rc != VNET_OK)
        return rc;
    for (unsigned i = 0; i < a.count && !node_interrupted(); i++)
        worst = (rc = one(&a, a.names[i])) != VNET_OK ? rc : worst;
    return remote_close(&a.remote, worst);
}

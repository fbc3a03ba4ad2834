/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "entry.h"
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define READ_OCTETS (64u << 10)

/* ---- lists --------------------------------------------------------------------------------------------------------- */

static int grow(struct entries *e) {
    const size_t room = e->room ? 2 * e->room : 64;
    struct entry *larger = realloc(e->list, room * sizeof *larger);
    if (!larger)
        return -1;
    e->list = larger;
    e->room = room;
    return 0;
}

int entries_add(struct entries *e, const struct uio_object *object) {
    if (e->count == e->room && grow(e) != 0)
        return -1;
    struct entry *entry = &e->list[e->count];
    *entry = (struct entry){.object = *object};
    entry->name = strndup(object->name_length ? object->name : "", object->name_length);
    entry->target = strndup(object->target_length ? object->target : "", object->target_length);
    if (!entry->name || !entry->target) {
        free(entry->name);
        free(entry->target);
        return -1;
    }
    entry->object.name = entry->name;
    entry->object.target = entry->target;
    e->count++;
    return 0;
}

static void free_one(struct entry *entry) {
    free(entry->name);
    free(entry->target);
}

void entries_free(struct entries *e) {
    for (size_t i = 0; i < e->count; i++)
        free_one(&e->list[i]);
    free(e->list);
    *e = (struct entries){0};
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

void entries_sort(struct entries *e) {
    size_t kept = 0;
    if (e->count)
        qsort(e->list, e->count, sizeof *e->list, by_name);
    for (size_t i = 0; i < e->count; i++) {
        if (kept && strcmp(e->list[kept - 1].name, e->list[i].name) == 0)
            free_one(&e->list[i]);
        else
            e->list[kept++] = e->list[i];
    }
    e->count = kept;
}

static int is_component(const struct uio_object *o) {
    return o->name_length && !memchr(o->name, '/', o->name_length) && !memchr(o->name, 0, o->name_length) &&
           !(o->name_length == 1 && o->name[0] == '.') &&
           !(o->name_length == 2 && o->name[0] == '.' && o->name[1] == '.');
}

int entries_read(struct remote *r, struct uio_handle *context, struct entries *e) {
    static uint8_t area[READ_OCTETS];
    struct uio_reader reader;
    struct uio_object object;
    const uint32_t most = context->instance.max_transfer;
    memset(&reader, 0, sizeof reader);
    int rc = uio_reader_begin(&reader, context, area, most < sizeof area ? most : (uint32_t)sizeof area);
    for (;;) {
        reader.call.deadline = remote_deadline(r);
        if (rc != 0 || !uio_reader_next(&reader, &object))
            break;
        rc = is_component(&object) && entries_add(e, &object) != 0 ? VMTP_E_MEMORY : 0;
    }
    entries_sort(e);
    return rc ? rc : reader.result;
}

/* ---- how they are shown -------------------------------------------------------------------------------------------- */

const char *entry_type(uint16_t type) {
    static const char *const words[] = {
        [UIO_TYPE_OTHER] = "other",     [UIO_TYPE_FILE] = "file", [UIO_TYPE_CONTEXT] = "directory",
        [UIO_TYPE_LINK] = "link",       [UIO_TYPE_PIPE] = "pipe", [UIO_TYPE_DEVICE] = "device",
        [UIO_TYPE_PROGRAM] = "program", [UIO_TYPE_LOG] = "log",   [UIO_TYPE_CLOCK] = "clock"};
    return type < sizeof words / sizeof *words ? words[type] : "other";
}

char *entry_mode(char buf[ENTRY_MODE], const struct uio_object *object) {
    static const char types[] = "?-dlpcxgt", letters[] = "rwxrwxrwx";
    const uint32_t p = object->permissions;
    buf[0] = object->type < sizeof types - 1 ? types[object->type] : '?';
    for (unsigned i = 0; i < 9; i++)
        buf[1 + i] = p & (0400u >> i) ? letters[i] : '-';
    if (p & 04000)
        buf[3] = p & 0100 ? 's' : 'S';
    if (p & 02000)
        buf[6] = p & 010 ? 's' : 'S';
    if (p & 01000)
        buf[9] = p & 1 ? 't' : 'T';
    buf[10] = 0;
    return buf;
}

int64_t entry_seconds(int64_t nanoseconds) { return nanoseconds / 1000000000 - (nanoseconds % 1000000000 < 0); }

char *entry_time(char buf[ENTRY_TIME], int64_t nanoseconds) {
    struct tm tm;
    const time_t t = (time_t)entry_seconds(nanoseconds);
    if (!localtime_r(&t, &tm) || !strftime(buf, ENTRY_TIME, "%Y-%m-%d %H:%M:%S", &tm))
        snprintf(buf, ENTRY_TIME, "-");
    return buf;
}

void entry_print_long(const struct uio_object *o, const char *name, const char *target) {
    char mode[ENTRY_MODE], time[ENTRY_TIME], clean[REMOTE_TEXT];
    printf("%s %3" PRIu32 " %5" PRIu32 " %5" PRIu32 " %12" PRIu64 " %s %s", entry_mode(mode, o), o->names, o->user,
           o->group, o->size, entry_time(time, o->changed), remote_text(clean, name, strlen(name)));
    if (o->type == UIO_TYPE_LINK && *target)
        printf(" -> %s", remote_text(clean, target, strlen(target)));
    putchar('\n');
}

json_t *entry_json(const struct uio_object *o, const char *name, const char *target) {
    json_t *j = json_pack("{s:o, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "name", json_text(name),
                          "type", entry_type(o->type), "octets", (json_int_t)o->size, "storage", (json_int_t)o->storage,
                          "permissions", (json_int_t)o->permissions, "names", (json_int_t)o->names, "user",
                          (json_int_t)o->user, "group", (json_int_t)o->group, "changed_ns", (json_int_t)o->changed,
                          "used_ns", (json_int_t)o->used, "number", (json_int_t)o->number, "version",
                          (json_int_t)o->version);
    if (j && o->type == UIO_TYPE_LINK && *target)
        json_object_set_new(j, "target", json_text(target));
    return j;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* entry.h - descriptors of objects that outlive the answer they came in, and how they are shown. */
#ifndef VNET_ENTRY_H
#define VNET_ENTRY_H

#include <jansson.h>

#include "remote.h"

struct entry {
    struct uio_object object; /* name and target point to what follows */
    char *name;               /* of its own, with a zero octet; never NULL */
    char *target;             /* of a link */
};

struct entries {
    struct entry *list;
    size_t count, room;
};

/* Copies it to the end: 0, or -1 when there is no memory. */
int entries_add(struct entries *e, const struct uio_object *object);
void entries_sort(struct entries *e);
void entries_free(struct entries *e);

/*
 * All that is in a context.  What the manager tells is looked at: names that could not be those of files ("..", "a/b") are left out, and so is what is told
 * twice.  Sorted.  A result of vuio/client.h; VMTP_E_MEMORY.
 */
int entries_read(struct remote *r, struct uio_handle *context, struct entries *e);

/* One line as `ls -l` has it. */
void entry_print_long(const struct uio_object *object, const char *name, const char *target);
json_t *entry_json(const struct uio_object *object, const char *name, const char *target);
/* "file", "directory", "link" ... */
const char *entry_type(uint16_t type);
/* "drwxr-xr-x" */
#define ENTRY_MODE 11
char *entry_mode(char buf[ENTRY_MODE], const struct uio_object *object);
/* "2026-03-01 12:00:00", in local time. */
#define ENTRY_TIME 32
char *entry_time(char buf[ENTRY_TIME], int64_t nanoseconds);
/* Whole seconds of them, rounded down, of whatever somebody sent. */
int64_t entry_seconds(int64_t nanoseconds);

#endif

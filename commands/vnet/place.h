/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * place.h - a name of an object, here or at a manager, and what can be done with it there and here in the same way.
 *
 * Functions that return an exit code have said what was wrong.
 */
#ifndef VNET_PLACE_H
#define VNET_PLACE_H

#include "entry.h"

struct place {
    char *name; /* its own; NULL: none */
    int is_remote;
};

/* "v:/storage/plan" is a name of V, all else is one of this system.  VNET_OK, or another exit code after a message. */
int place_parse(struct place *p, const char *word);
/* p/component.  .name is NULL when there is no memory. */
struct place place_below(const struct place *p, const char *component);
/* The same directory with another last component. */
struct place place_beside(const struct place *p, const char *component);
void place_free(struct place *p);
/* The last component, without slashes behind it, in buf; "" when there is none. */
#define PLACE_COMPONENT 256
char *place_last(const struct place *p, char buf[PLACE_COMPONENT]);
/* 1 when b is a, or is below it, as far as their names say. */
int place_contains(const struct place *a, const struct place *b);

/* For messages: errno, and what a manager says.  Return exit codes. */
int place_errno(const struct place *p);
int place_explain(const struct remote *r, const struct place *p, int result, const struct uio_named *named);

/* What is there.  *there 0: nothing is.  `entry` has name and target of its own: place_forget. */
int place_look(struct remote *r, const struct place *p, int follow, struct entry *entry, int *there);
void place_forget(struct entry *entry);
/* All that is in a directory. */
int place_list(struct remote *r, const struct place *p, struct entries *entries);
int place_make_directory(struct remote *r, const struct place *p, uint32_t permissions);
int place_make_link(struct remote *r, const struct place *p, const char *target);
/* `to` is replaced. */
int place_rename(struct remote *r, const struct place *from, const struct place *to);
int place_remove(struct remote *r, const struct place *p, int is_directory);
/* What the mask says of permissions and times, not of a link that it leads to. */
int place_modify(struct remote *r, const struct place *p, uint32_t mask, const struct uio_object *object);

struct stat;
/* A file of this system as UIO describes it, without name. */
void place_describe(struct uio_object *object, const struct stat *st);

#endif

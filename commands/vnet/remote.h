/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * remote.h - what commands on objects share: a node with a resolver and a client of UIO, names as they are typed, and what to say when something
 * does not work.
 */
#ifndef VNET_REMOTE_H
#define VNET_REMOTE_H

#include <vuio/client.h>

#include "naming.h"

/* Further exit codes, as of `vnet resolve`. */
enum remote_exit {
    REMOTE_NO_NAME = 3, /* there is no object with this name */
    REMOTE_SILENT = 4,  /* its manager does not answer, or does not any more */
    REMOTE_NOBODY = 5   /* nobody answers for the name */
};
#define REMOTE_EXIT_CODES                                                                                              \
    "Exit codes: 0 done, 1 it failed, 2 wrong command line, 3 no such name, 4 its manager does not answer (any "       \
    "more),\n"                                                                                                         \
    "5 nobody answers for the name.\n"

/* What every command on objects takes besides the common options. */
struct remote_options {
    struct common_options common;
    vmtp_time timeout; /* how long one answer may take */
};
/* Fills rows, and has the table go on with those of the common options.  Sets defaults. */
#define REMOTE_ROWS (COMMON_ROWS + 1u)
void remote_rows(struct option_row rows[REMOTE_ROWS], struct remote_options *o);
/* After the command line was read: 0, or -1 after a message. */
int remote_options_check(struct remote_options *o);

struct remote {
    struct naming naming;
    struct uio_client client;
    const struct remote_options *options;
};

/*
 * Opens all of it; the resolver inherits V_NAMES and V_CONTEXT.  SIGINT, SIGTERM and SIGHUP end what waits, with VMTP_E_CANCELLED.
 * VNET_OK, or an exit code after a message; then nothing is open.
 */
int remote_open(struct remote *r, const struct remote_options *options);
/* Releases what is still open.  Returns code, or what node_close makes of it. */
int remote_close(struct remote *r, int code);

/* When an operation that begins now is to be over. */
vmtp_time remote_deadline(const struct remote *r);

/* 1 when a word of the command line that may be a file is a name: "v:/storage/plan".  *name becomes what follows. */
int remote_is_name(const char *word, const char **name);
/* A word that is a name, with or without "v:": 0, or -1 after a message. */
int remote_take_name(const char *word, const char **name);
/* The same of several, in place. */
int remote_take_names(const char **names, unsigned count);
#define REMOTE_NAMES_MOST 256u
/* Reads a command line of names, at least so many, and checks all of it: as options_parse, whose rows are ready and set o. */
enum option_outcome remote_parse(const struct option_page *page, int argc, char **argv, struct remote_options *o,
                                 const char *names[REMOTE_NAMES_MOST], unsigned *count, unsigned least);

/* Clears the record, and sets name and deadline.  `name` is lent as long as the record is. */
void remote_name(const struct remote *r, struct uio_named *named, const char *name);
/* Clears the record, and sets its deadline. */
void remote_call(const struct remote *r, struct uio_call *call);

/* The two most frequent operations, to their end.  Results are those of vuio/client.h.  room (NULL: none) with UIO_LARGE_ROOM octets: large
 * transfers are wanted. */
int remote_create(struct remote *r, struct uio_named *named, struct uio_handle *handle, const char *name, uint32_t mode,
                  uint32_t permissions, void *room, uint32_t room_size);
int remote_release(struct remote *r, struct uio_handle *handle);

/*
 * What a result that is not 0 means to a person.  text: what is wrong and what to do, in a line, without the name.  named: the operation by
 * name that has ended so, or NULL: it was one of an instance.  Returns an exit code.
 */
int remote_words(const struct remote *r, int result, const struct uio_named *named, char *text, size_t room);
/* The same on stderr, behind the name. */
int remote_explain(const struct remote *r, const char *name, int result, const struct uio_named *named);

/* A text of somebody else for a terminal: control characters become "?".  Returns buf. */
#define REMOTE_TEXT 1100
char *remote_text(char buf[REMOTE_TEXT], const char *text, size_t length);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * up_managers.h - the objects that vnet up shows below its prefixes, by one manager: the files of --files (read-only, unless --change-files is given), and
 * time, programs, pipe and log.
 */
#ifndef VNET_UP_MANAGERS_H
#define VNET_UP_MANAGERS_H

#include "claims.h"
#include "node.h"
#include "options.h"

#include "file/file.h"
#include "log/log.h"
#include "pipe/pipe.h"
#include "programs/programs.h"
#include "time/time_manager.h"

struct up_managers_options {
    const char *files;      /* directory, or NULL */
    const char *log;        /* file, or NULL: in memory */
    uint32_t log_kilobytes; /* 0: the log's default */
    uint8_t set_clock;      /* anybody may */
    uint8_t change_files;   /* anybody may */
};

/* Fills rows (the table's end included) with --log, --log-size, --set-clock and --change-files. */
#define UP_MANAGERS_ROWS 5
void up_managers_rows(struct option_row rows[UP_MANAGERS_ROWS], struct up_managers_options *o);

struct up_managers {
    uio_manager *manager; /* NULL: not open */
    void *memory;
    uint32_t root; /* for claims */
    struct file_manager *files;
    struct pipe_manager *pipes;
    struct time_manager *times;
    struct programs *programs;
    struct log_manager *log;
    struct program objects, service;
};

/* Requests in hand. */
#define UP_MANAGERS_DEPTH 64u
/* Members of the configuration about names, event and context are the caller's.  VNET_OK, or another exit code after a message. */
int up_managers_open(struct up_managers *m, vipc *ipc, const struct up_managers_options *o,
                     const struct uio_manager_config *config);
/* A program of this node wishes to be known; `name` lasts. */
void up_managers_show(struct up_managers *m, struct program *program, vmtp_entity entity, const char *name);
/* A line for the log, as of printf.  Harmless on one that is not open. */
__attribute__((format(printf, 2, 3))) void up_managers_note(struct up_managers *m, const char *format, ...);
void up_managers_close(struct up_managers *m);

#endif

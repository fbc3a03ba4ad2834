/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * log/internal.h - what the files of this folder share.  Names begin with log_.
 *
 *   manager.c    opening and closing, counters
 *   part.c       one file with records: begun, written, read
 *   recover.c    what is in such a file
 *   store.c      two of them, one after the other: a log
 *   objects.c    functions of the type, readers that wait
 *
 * A file: magic (8 octets), number of the first record (8), salt (8), CRC-32 of these (4), zero (4), then records.  A record: octets (4),
 * CRC-32 of salt, number, octets and data (4), number (8), data.  Big-endian.  The salt is random: without it somebody could write a record that
 * looks like several, and that would be believed when the one that it is in was not written to its end.
 */
#ifndef VSUITE_LOG_INTERNAL_H
#define VSUITE_LOG_INTERNAL_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "log.h"

#define LOG_FILE_HEAD 32u
#define LOG_HEAD 16u
#define LOG_ATTRIBUTES                                                                                                 \
    (UIO_READABLE | UIO_WRITEABLE | UIO_APPEND_ONLY | UIO_STORAGE | UIO_VARIABLE_BLOCK | UIO_INTERACTIVE |             \
     UIO_RANDOM_ACCESS)

struct log_part {
    int fd; /* -1: there is none */
    uint64_t first, salt;
    uint32_t count, room;
    uint32_t *offsets; /* of count records; what is behind the last begins at `end` */
    uint32_t end;
    int torn; /* there may be something behind the end */
};

struct log_manager {
    uio_manager *manager;
    uint64_t octets;
    char *file, *old_file, *new_file; /* NULL: in memory */
    uint32_t context;
    struct log_part now, old;
    struct uio_manager_operation *waiting; /* readers of the record that will be next */
    uint8_t record[LOG_HEAD + LOG_RECORD_OCTETS];
    struct log_counters counters;
};

static inline struct log_manager *log_of(const struct uio_manager_operation *op) { return op->root; }

/* ---- part.c: results are 0, or -1 and errno ---- */

void log_part_close(struct log_part *p);
/* Takes an empty file. */
int log_part_begin(struct log_part *p, int fd, uint64_t first, uint64_t salt);
uint32_t log_part_crc(const struct log_part *p, uint64_t number, const void *data, uint32_t octets);
/* One more record begins here. */
int log_part_note(struct log_part *p, uint32_t offset);
int log_part_append(struct log_part *p, const void *data, uint32_t octets, int stable);
/* Octets of the record with this number, which is there; with head, whatever it is. */
uint32_t log_part_octets(const struct log_part *p, uint64_t number);
/* Reads it into room for the largest, behind its head: EBADMSG if it is damaged. */
int log_part_read(const struct log_part *p, uint64_t number, uint8_t *record);

/* ---- recover.c ---- */

/* Takes a file with a log: 0, or -1 and errno: EBADMSG: it is none.  cut: away with what is behind the last record. */
int log_part_recover(struct log_part *p, int fd, int cut, struct log_counters *counters);

/* ---- store.c ---- */

int log_store_open(struct log_manager *log, const char *file);
void log_store_close(struct log_manager *log);
/* 0, or the code. */
uint32_t log_store_append(struct log_manager *log, const void *data, uint32_t octets, int stable);
/* The same for a record that is there: its octets come to log->record, behind its head. */
uint32_t log_store_read(struct log_manager *log, uint64_t number, uint32_t *octets);
uint32_t log_store_octets(const struct log_manager *log, uint64_t number);
uint32_t log_store_sync(struct log_manager *log);

/* ---- objects.c ---- */

void log_on_open(struct uio_manager_operation *op);
void log_on_query(struct uio_manager_operation *op);
void log_on_query_instance(struct uio_manager_operation *op);
void log_on_storage(struct uio_manager_operation *op);
void log_on_read(struct uio_manager_operation *op);
void log_on_write(struct uio_manager_operation *op);
void log_on_sync(struct uio_manager_operation *op);
void log_on_cancel(struct uio_manager_operation *op);
uint32_t log_on_release(struct uio_manager_instance *instance, uint32_t flags);
/* A record has been written: whoever waits for it gets it. */
void log_tell(struct log_manager *log, const void *data, uint32_t octets);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * log.h - a log as an object of UIO: records are put at its end and read by anybody, also while others write (spec/uio.md section 9.5).
 *
 *     uio_manager_create(&manager, ipc, &config, memory);
 *     log_open(&log, manager, &(struct log_config){.file = "/var/log/node.vlog"});
 *     vname_manager_claim(uio_manager_names(manager), &(struct vname_manager_claim){..., .context = log_context(log)});
 *
 * The name is that of the log itself.  Records are in FILE and FILE.1: when FILE has half of what is allowed it takes the place of FILE.1, whose
 * records are gone then, and a new one is begun (as FILE.new at first).  So at least half of the octets allowed are kept once there have been as many.  One
 * log uses the files at a time.  Without a file records are in memory and end with the log.
 *
 * A record that was answered OK is in the file: it is lost neither when the program is killed nor by a full disk.  What the machine loses when it fails
 * itself is what it had not written yet; a write with SYNC is answered when it has.  Each record has a checksum: a damaged one is answered
 * UIO_FAILED, those around it are there.  A damaged end, of a write that nobody was told of, is cut off when the log is opened.
 *
 * Everything happens on the thread of the node, which waits for the disk when a write is with SYNC and when what is read is not in the system's cache.
 */
#ifndef VSUITE_LOG_H
#define VSUITE_LOG_H

#include <vuio/manager.h>

struct log_manager;

#define LOG_RECORD_OCTETS 16384u /* of a record, at most */
#define LOG_LEAST_OCTETS 65536u  /* of config.octets */
#define LOG_MOST_OCTETS (4ull << 30)

struct log_config {
    const char *file; /* NULL: in memory */
    uint64_t octets; /* of both files, with 16 for each record and 32 for each file; 0: 16777216.  Memory is taken for a quarter of it at most, for one
                         sixteenth with records of 50 octets */
};

/*
 * Opens the log, or makes it, and makes it a root of the manager, which is borrowed.  config may be NULL.
 * VMTP_E_INVALID (octets), VMTP_E_FULL (roots), VMTP_E_MEMORY, VMTP_E_SYSTEM (errno: a file cannot be opened or made; EBUSY: another log uses it; EBADMSG: the
 * file is no log; nothing has been changed then).
 */
int log_open(struct log_manager **out, uio_manager *manager, const struct log_config *config);
/* Ends its instances.  Before uio_manager_destroy, or not at all after it: then log_free.  NULL is allowed by both. */
void log_close(struct log_manager *log);
void log_free(struct log_manager *log);
/* The number for vname_manager_claim and uio_manager_attach, and what to tell the latter. */
uint32_t log_context(const struct log_manager *log);
struct uio_object log_descriptor(const struct log_manager *log);

/* A record of the program's own: 0, UIO_TOO_LARGE, UIO_NO_SPACE, UIO_FAILED.  Readers that wait get it. */
uint32_t log_append(struct log_manager *log, const void *data, uint32_t octets);
/* The first record that is there, and the one that will be next. */
uint64_t log_first(const struct log_manager *log);
uint64_t log_next(const struct log_manager *log);

/* clang-format off */
#define LOG_COUNTERS(X) \
    X(written, "records written") \
    X(octets_written, "octets of them") \
    X(read, "records read") \
    X(dropped, "records dropped for new ones") \
    X(found, "records found when the log was opened") \
    X(cut, "octets cut off then: of a write that had not ended") \
    X(damaged, "records found damaged, then or when they were read") \
    X(syncs, "times that records were brought to stable storage") \
    X(errors, "errors of storage")
/* clang-format on */

struct log_counters {
#define LOG_COUNTER(name, text) uint64_t name;
    LOG_COUNTERS(LOG_COUNTER)
#undef LOG_COUNTER
};
#define LOG_COUNTER_COUNT (sizeof(struct log_counters) / sizeof(uint64_t))
const struct log_counters *log_counters(const struct log_manager *log);
/* NULL when there are no more.  Static. */
const char *log_counter_name(unsigned which);
const char *log_counter_text(unsigned which);

#endif

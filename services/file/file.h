/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * file.h - show one directory of this system, with what is in it, as objects of UIO (spec/uio.md section 9.1).
 *
 *     uio_manager_create(&manager, ipc, &config, memory);
 *     file_open(&files, manager, &(struct file_config){.directory = "/srv/pictures"});
 *     vname_manager_claim(uio_manager_names(manager), &(struct vname_manager_claim){..., .context = file_context(files)});
 *
 * No name leads out of the directory: every one is interpreted by the kernel from there on (openat2, RESOLVE_BENEATH, RESOLVE_NO_MAGICLINKS), and
 * what is made, renamed or removed is one component in a directory found like that.  What bears a name is looked at before it is
 * opened, so that no device and no FIFO ever is.  Needs Linux 5.10 and /proc.  Rights are those of this process: who may ask at all is not its matter.
 *
 * Data go from the system's page cache into a buffer that is lent to the network, and from a Request to the page cache: no copy in between.
 * A mapping of the file would save that one, but whoever truncates a file that is mapped has us killed by SIGBUS.
 *
 * Everything happens on the thread of the node, but waiting for the disk, if there are threads for that: reads of what is not in the cache, bringing
 * something to stable storage, and the copy that a transaction begins with.  (Writes go to the cache.)
 */
#ifndef VSUITE_FILE_H
#define VSUITE_FILE_H

#include <vuio/manager.h>

struct file_manager;

struct file_config {
    const char *directory;
    int read_only; /* what would change something is answered UIO_READ_ONLY */
    int replica; /* with read_only: other managers of this one's group (vname_manager_config) show copies of the directory.  Files are REPLICATED, and
                    the versions of instances are sums of the files' octets, for which a file is read once before it is opened */
    uint32_t block_size; /* of files and contexts; 0: 16384.  At most the manager's max_transfer */
    uint32_t threads;    /* that wait for the disk, up to 16; 0: none, and all of the node waits */
};

/*
 * Opens the directory, and makes it a root of the manager, which is borrowed.  VMTP_E_SYSTEM (errno: the directory cannot be opened; ENOSYS: no
 * openat2; a thread), VMTP_E_FULL (roots), VMTP_E_INVALID (block_size, threads, replica), VMTP_E_MEMORY.
 * An instance takes a descriptor of this process, one that was created or is a transaction up to three.
 * SIGXFSZ is ignored from now on if nobody has said otherwise: a write beyond the limit of this process is answered UIO_TOO_LARGE.
 */
int file_open(struct file_manager **out, uio_manager *manager, const struct file_config *config);
/* Ends its instances.  Before uio_manager_destroy, or not at all after it: then file_free. */
void file_close(struct file_manager *files);
/* After uio_manager_destroy, by which all instances have ended. */
void file_free(struct file_manager *files);
/* The number for vname_manager_claim. */
uint32_t file_context(const struct file_manager *files);

/* clang-format off */
#define FILE_COUNTERS(X) \
    X(opened, "files and directories opened") \
    X(outside, "names that would have led out of the directory") \
    X(not_shown, "names in directories that are not UTF-8 or too long") \
    X(reads, "reads of files") \
    X(disk_reads, "of them, that were given to a thread: not all was in the cache") \
    X(short_reads, "of them, of a file that had become shorter") \
    X(writes, "writes to files") \
    X(short_writes, "of them, for which storage had not room for all") \
    X(syncs, "times that something was brought to stable storage") \
    X(copies, "files copied for a transaction") \
    X(commits, "transactions committed") \
    X(conflicts, "of them, refused: others have changed the file") \
    X(storage_errors, "errors of storage") \
    X(swept, "files that an earlier program has left in the middle of a commit, removed") \
    X(sums, "files read through before they were opened, for a version that all replicas have")
/* clang-format on */

struct file_counters {
#define FILE_COUNTER(name, text) uint64_t name;
    FILE_COUNTERS(FILE_COUNTER)
#undef FILE_COUNTER
};
#define FILE_COUNTER_COUNT (sizeof(struct file_counters) / sizeof(uint64_t))
const struct file_counters *file_counters(const struct file_manager *files);
/* NULL when there are no more.  Static. */
const char *file_counter_name(unsigned which);
const char *file_counter_text(unsigned which);

/* With which code an errno is answered.  0 for 0. */
uint32_t file_code(int error);

#endif

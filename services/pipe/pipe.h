/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pipe.h - pipes: what some write others read, in order, through a bounded buffer (spec/uio.md section 9.2).
 *
 *     uio_manager_create(&manager, ipc, &config, memory);
 *     pipe_open(&pipes, manager, NULL);
 *     vname_manager_claim(uio_manager_names(manager), &(struct vname_manager_claim){..., .context = pipe_context(pipes)});
 *
 * A pipe is made by whoever first creates an instance of its name with CREATE, or of the context itself: then it has a name that nobody can guess,
 * which the descriptor in the answer tells, and which is in no list.  It ends with its last instance.  Any number of instances read and write it; who reads
 * waits for those who write, and who writes for room, as long as each Request says, in the order in which they came.  Operations that wait take
 * places of the manager's config.waiting: when these are taken, others are answered at once.
 *
 * Memory is allocated when a pipe is made (config.capacity octets) and given back at its end; nothing blocks.
 */
#ifndef VSUITE_PIPE_H
#define VSUITE_PIPE_H

#include <vuio/manager.h>

struct pipe_manager;

#define PIPE_WHOLE 4096u /* writes of up to so many octets are taken whole */

struct pipe_config {
    uint32_t pipes;    /* at a time; 0: 64.  At most 4096.  More are answered UIO_NO_SPACE */
    uint32_t capacity; /* octets of the buffer of each; 0: 65536.  PIPE_WHOLE to 16777216 */
};

/* Makes a context of pipes a root of the manager, which is borrowed.  config may be NULL.  VMTP_E_INVALID (config), VMTP_E_FULL (roots), VMTP_E_MEMORY. */
int pipe_open(struct pipe_manager **out, uio_manager *manager, const struct pipe_config *config);
/* Ends its instances and with them all pipes.  Before uio_manager_destroy, or not at all after it: then pipe_free.  NULL is allowed by both. */
void pipe_close(struct pipe_manager *pipes);
/* After uio_manager_destroy, by which all instances have ended. */
void pipe_free(struct pipe_manager *pipes);
/* The number for vname_manager_claim and uio_manager_attach, and what to tell the latter. */
uint32_t pipe_context(const struct pipe_manager *pipes);
struct uio_object pipe_descriptor(const struct pipe_manager *pipes);

/* How many pipes there are just now, and octets in them. */
uint32_t pipe_count(const struct pipe_manager *pipes);
uint64_t pipe_octets(const struct pipe_manager *pipes);

/* clang-format off */
#define PIPE_COUNTERS(X) \
    X(made, "pipes made") \
    X(refused, "pipes not made: there are too many, or no memory") \
    X(ended, "pipes ended") \
    X(dropped, "octets in them that nobody has read") \
    X(written, "octets written") \
    X(read, "octets read") \
    X(whole, "writes taken whole") \
    X(part, "writes of which a part was taken") \
    X(broken, "writes refused: nobody reads any more") \
    X(ends, "reads that found the end") \
    X(not_taken, "reads whose client had gone on: the next one got it")
/* clang-format on */

struct pipe_counters {
#define PIPE_COUNTER(name, text) uint64_t name;
    PIPE_COUNTERS(PIPE_COUNTER)
#undef PIPE_COUNTER
};
#define PIPE_COUNTER_COUNT (sizeof(struct pipe_counters) / sizeof(uint64_t))
const struct pipe_counters *pipe_counters(const struct pipe_manager *pipes);
/* NULL when there are no more.  Static. */
const char *pipe_counter_name(unsigned which);
const char *pipe_counter_text(unsigned which);

#endif

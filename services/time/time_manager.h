/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * time_manager.h - the clock of a node as an object of UIO: read as text, read exactly, set, waited for (spec/uio.md section 9.3).
 *
 *     uio_manager_create(&manager, ipc, &config, memory);
 *     time_manager_open(&times, manager, NULL);
 *     vname_manager_claim(uio_manager_names(manager), &(struct vname_manager_claim){..., .context = time_manager_context(times)});
 *
 * The name is that of the clock itself.  Two clocks are told: one that shows the time of day, which may be set and then jumps, in nanoseconds since 1970
 * without leap seconds (63 bits and a sign: 1677 to 2262), and one that is never set, vipc_now of the node.  Delays are measured by the second.
 *
 * Nothing blocks.  A delay takes one of config.delays and one of the manager's config.waiting.
 */
#ifndef VSUITE_TIME_MANAGER_H
#define VSUITE_TIME_MANAGER_H

#include <vuio/manager.h>

struct time_manager;

#define TIME_DELAY_MOST 60000000u /* microseconds */

struct time_config {
    int64_t (*now)(void *context); /* the time of day; NULL: the system's (CLOCK_REALTIME) */
    uint32_t (*set)(void *context,
                    int64_t time); /* sets it, `time` is not negative: 0, or the code that is answered.  NULL: VMTP_NO_PERMISSION */
    uint32_t resolution; /* nanoseconds; 0: with now NULL what the system says, else it is not known */
    uint32_t delays;     /* at a time; 0: 64.  At most 65536 */
    void *context;
};

/* A function for config.set: has the system set its clock, if it lets this process. */
uint32_t time_manager_set_system(void *context, int64_t time);

/* Makes the clock a root of the manager, which is borrowed.  config may be NULL.  VMTP_E_INVALID (delays), VMTP_E_FULL (roots), VMTP_E_MEMORY. */
int time_manager_open(struct time_manager **out, uio_manager *manager, const struct time_config *config);
/* Ends its instances, and with them all delays.  Before uio_manager_destroy, or not at all after it: then time_manager_free.  NULL is allowed by both. */
void time_manager_close(struct time_manager *times);
void time_manager_free(struct time_manager *times);
/* The number for vname_manager_claim and uio_manager_attach, and what to tell the latter. */
uint32_t time_manager_context(const struct time_manager *times);
struct uio_object time_manager_descriptor(const struct time_manager *times);

/* clang-format off */
#define TIME_COUNTERS(X) \
    X(texts, "times told as text") \
    X(reads, "times told as numbers") \
    X(sets, "times set") \
    X(sets_refused, "times not set") \
    X(delays, "delays begun") \
    X(delays_over, "of them, over") \
    X(delays_cancelled, "of them, cancelled: their instance ended") \
    X(delays_refused, "delays for which there was no room")
/* clang-format on */

struct time_counters {
#define TIME_COUNTER(name, text) uint64_t name;
    TIME_COUNTERS(TIME_COUNTER)
#undef TIME_COUNTER
};
#define TIME_COUNTER_COUNT (sizeof(struct time_counters) / sizeof(uint64_t))
const struct time_counters *time_manager_counters(const struct time_manager *times);
/* NULL when there are no more.  Static. */
const char *time_manager_counter_name(unsigned which);
const char *time_manager_counter_text(unsigned which);

#endif

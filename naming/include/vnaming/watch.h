/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vnaming/watch.h - presence: wait for a name to appear, be told when its manager is gone or has moved (spec/naming.md section 10).
 *
 * Rules of vnaming/client.h apply.  As long as there is any watch the resolver has an entity on the node that listens to announcements; it sends
 * nothing.  A manager that somebody watches multicasts one heartbeat a second for all who do.
 */
#ifndef VNAMING_WATCH_H
#define VNAMING_WATCH_H

#include <vnaming/client.h>

#ifdef __cplusplus
extern "C" {
#endif

enum vname_change {
    VNAME_APPEARED,    /* the name has a manager now */
    VNAME_HAS_MOVED,   /* it has another one than before */
    VNAME_GONE,        /* it has none any more */
    VNAME_NOT_APPEARED /* VNAME_WATCH_ONCE: the deadline has come, or the aliases lead nowhere; the watch has ended */
};
VMTP_API const char *vname_change_words(enum vname_change change); /* static */

enum vname_watch_flags {
    VNAME_WATCH_ONCE = 1 /* only until it appears: told once, and it has ended.  No heartbeats are asked for */
};

/* The record, and the name, are lent from vname_watch until vname_unwatch, or the last change of VNAME_WATCH_ONCE. */
struct vname_watch {
    const char *name; /* absolute */
    uint32_t name_length;
    uint32_t flags;     /* enum vname_watch_flags */
    vmtp_time deadline; /* VNAME_WATCH_ONCE: absolute, or VMTP_NEVER */
    /* Told once for each change, the first time when the name has appeared (also when it was there all the time). */
    void (*changed)(struct vname_watch *watch, enum vname_change change);
    void *context; /* yours */

    /* To read, from the first change on. */
    struct vname_record record; /* whose it is; manager 0: nobody's.  prefix lies in this record; no target */

    /* private */
    vname_resolver *resolver; /* NULL: not watching */
    struct vname_watch *next, *previous;
    struct vname_operation resolve;
    struct vipc_call call;
    struct vipc_timer timer;
    vmtp_time heard, prefix_heard, asked, settled, delay, again;
    uint8_t state, asking, doubted;
    int over;
    enum vname_change change;
    char prefix[VNAME_PREFIX_OCTETS];
    uint8_t area[VNAME_RECORD_OCTETS];
};

/* Begins.  0; VNAME_INVALID, VNAME_TOO_LONG: no name, or a relative one; VMTP_E_INVALID (it watches already; changed missing; other flags); and what
 * vipc_serve and vipc_join return. */
VMTP_API int vname_watch(vname_resolver *resolver, struct vname_watch *watch);
/* Its end; nothing more is told.  Without effect when it does not watch. */
VMTP_API void vname_unwatch(struct vname_watch *watch);
/* Waits until the name has appeared; the watch, cleared, is room for that, and its record says whose it is.  0; VMTP_USER_TIMEOUT: the
 * deadline; what vname_watch returns, and what makes vipc_wait fail. */
VMTP_API int vname_await(vname_resolver *resolver, struct vname_watch *watch, const char *name, size_t length,
                         vmtp_time deadline);

#ifdef __cplusplus
}
#endif
#endif

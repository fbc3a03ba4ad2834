/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * xfail.h - failures that are known: lines "CASE REASON..." or "RULE REASON..."; an entry that does not fail any more is a failure
 * (vc_is_stale in run.h), and one of a name that there is not is an error.
 */
#ifndef VC_XFAIL_H
#define VC_XFAIL_H

#include <stddef.h>

struct vc_xfail {
    char *name, *reason;
    unsigned failed, passed; /* cases of that name; checks of that rule that went wrong */
};

struct vc_xfails {
    struct vc_xfail *list;
    unsigned count;
};

/* 0, or -1: error has one line. */
int vc_xfail_read(struct vc_xfails *x, const char *path, char *error, size_t size);
void vc_xfail_clear(struct vc_xfails *x);
struct vc_xfail *vc_xfail_find(struct vc_xfails *x, const char *name);

#endif

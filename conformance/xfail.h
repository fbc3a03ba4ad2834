/* SPDX-License-Identifier: BSD-2-Clause */
/* xfail.h - failures that are known: lines "CASE REASON..." or "RULE REASON..."; an entry that does not fail is a failure. */
#ifndef VC_XFAIL_H
#define VC_XFAIL_H

#include <stddef.h>

struct vc_xfail {
    char *name, *reason;
    unsigned failed, passed; /* cases of that name or with that rule */
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

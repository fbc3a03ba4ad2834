/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pics.h - what a node claims to be able to do.
 *
 * A file has lines "item yes" or "item no"; what it leaves out is found out by asking.  What is claimed in the file and not there
 * is a failure, not a reason to skip.
 */
#ifndef VC_PICS_H
#define VC_PICS_H

#include <stddef.h>

enum vc_claim { VC_UNKNOWN, VC_NO, VC_YES };

struct vc_item {
    const char *name, *text;
    enum vc_claim claimed; /* by the file */
    enum vc_claim found;   /* by asking */
};

extern struct vc_item vc_items[];
extern const unsigned vc_item_count;

struct vc_item *vc_item(const char *name, size_t length);
/* 0, or -1: error has one line. */
int vc_pics_read(const char *path, char *error, size_t size);
int vc_has(const struct vc_item *item);
void vc_found(const char *name, int yes);

#endif

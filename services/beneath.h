/* SPDX-License-Identifier: BSD-2-Clause */
/* beneath.h - open files below a directory and never outside of it. */
#ifndef VSUITE_BENEATH_H
#define VSUITE_BENEATH_H

#include <stddef.h>

/*
 * Opens the file called name (components separated by "/", checked by beneath_name_ok) below the directory dir for reading,
 * without waiting.  Symbolic links are followed as long as they stay below; on kernels without openat2 they are refused.
 * What is no regular file is not opened, not even for a moment.  Needs /proc.
 * Returns a descriptor, or -1 with errno: EXDEV or ELOOP for what would lead outside, ENXIO for what is no regular file.
 */
int beneath_open(int dir, const char *name);

/* The way without openat2, for tests. */
int beneath_open_walk(int dir, const char *name);

/* Not empty, no zero octet, no empty component, no "." and "..". */
int beneath_name_ok(const char *name, size_t length);

#endif

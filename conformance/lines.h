/* SPDX-License-Identifier: BSD-2-Clause */
/* lines.h - files that people write, one thing a line: PICS, PIXIT, expected failures. */
#ifndef VC_LINES_H
#define VC_LINES_H

#include <stddef.h>

#define VC_LINE 400u /* octets of room for a line: what is longer is wrong */
#define VC_WHY 100u  /* octets of what is wrong with a line */

/* Takes a line without its end, which it may change: 0, or -1 with what is wrong in why.  It is spared empty lines, and those that begin with #. */
typedef int vc_line_reader(void *context, char *line, char why[VC_WHY]);

/* Reads them until one is wrong: 0, or -1 with file, line and reason in error. */
int vc_lines_read(const char *path, vc_line_reader *take, void *context, char *error, size_t size);

#endif

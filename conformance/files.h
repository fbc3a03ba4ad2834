/* SPDX-License-Identifier: BSD-2-Clause */
/* files.h - the directory that a node serves for the cases about files. */
#ifndef VC_FILES_H
#define VC_FILES_H

#define VC_FILES_PATTERN 20000u             /* octets of "pattern" */
#define VC_FILES_OUTSIDE "vconform-outside" /* beside the directory */

/* Makes it anew; 0, or -1 with errno. */
int vc_files_make(const char *directory);
void vc_files_remove(const char *directory);

#endif

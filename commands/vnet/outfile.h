/* SPDX-License-Identifier: BSD-2-Clause */
/* outfile.h - a file that appears under its name only when it is complete. */
#ifndef VNET_OUTFILE_H
#define VNET_OUTFILE_H

#include <stddef.h>
#include <stdint.h>

#define OUTFILE_HASH_TEXT 65

struct outfile {
    int fd;
    char *path;      /* final name */
    char *temporary; /* beside it */
};

#define OUTFILE_SPECIAL                                                                                                \
    1 /* f->path is no regular file, nor a link to one: a device, a FIFO ...  Renaming would replace it. */

/*
 * path may be a directory: then name (its last component) goes there.  0, -1 with errno, or OUTFILE_SPECIAL.  Whatever it
 * returns, outfile_discard frees what there is.
 */
int outfile_open(struct outfile *f, const char *path, const char *name);
/* 0, or -1 with errno. */
int outfile_write(struct outfile *f, const void *octets, size_t size, uint64_t offset);
/* SHA-256 of the first size octets as they are in the file now, in hexadecimal.  0, or -1 with errno. */
int outfile_hash(struct outfile *f, uint64_t size, char text[OUTFILE_HASH_TEXT]);
/* Gives it its name.  0, or -1 with errno (then it is gone). */
int outfile_commit(struct outfile *f);
/* Removes what is there.  Harmless after commit. */
void outfile_discard(struct outfile *f);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The directory that a node serves for the cases about files: spec/testing.md section 5.4. */
#define _POSIX_C_SOURCE 200809L
#include "files.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "packet.h"

static const char *const names[] = {"pattern", "empty", "under/pattern",         "outside",
                                    "up",      "under", ("../" VC_FILES_OUTSIDE)};

static int in(char *path, size_t size, const char *directory, const char *name) {
    return snprintf(path, size, "%s/%s", directory, name) < (int)size ? 0 : -1;
}

static int write_file(const char *directory, const char *name, uint32_t size, uint32_t seed) {
    static uint8_t octets[VC_FILES_PATTERN];
    char path[600];
    if (in(path, sizeof path, directory, name) != 0)
        return -1;
    vc_pattern(octets, size, seed);
    FILE *out = fopen(path, "wb");
    if (!out)
        return -1;
    int rc = fwrite(octets, 1, size, out) == size ? 0 : -1;
    return fclose(out) == 0 ? rc : -1;
}

static int link_to(const char *directory, const char *name, const char *target) {
    char path[600];
    return in(path, sizeof path, directory, name) == 0 ? symlink(target, path) : -1;
}

int vc_files_make(const char *directory) {
    char path[600];
    vc_files_remove(directory);
    if (mkdir(directory, 0777) != 0 || in(path, sizeof path, directory, "under") != 0 || mkdir(path, 0777) != 0)
        return -1;
    if (write_file(directory, "pattern", VC_FILES_PATTERN, 1) != 0 || write_file(directory, "empty", 0, 0) != 0 ||
        write_file(directory, "under/pattern", 100, 2) != 0 || write_file(directory, "../" VC_FILES_OUTSIDE, 100, 3) != 0)
        return -1;
    return link_to(directory, "outside", "../" VC_FILES_OUTSIDE) != 0 || link_to(directory, "up", "..") != 0 ? -1 : 0;
}

void vc_files_remove(const char *directory) {
    char path[600];
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (in(path, sizeof path, directory, names[i]) == 0)
            remove(path);
    remove(directory);
}

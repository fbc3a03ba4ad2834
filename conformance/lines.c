/* SPDX-License-Identifier: BSD-2-Clause */
#include "lines.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int vc_lines_read(const char *path, vc_line_reader *take, void *context, char *error, size_t size) {
    char line[VC_LINE], why[VC_WHY];
    FILE *in = fopen(path, "r");
    int rc = 0;
    if (!in) {
        snprintf(error, size, "%s: %s", path, strerror(errno));
        return -1;
    }
    for (unsigned number = 1; rc == 0 && fgets(line, sizeof line, in); number++)
        if ((rc = take(context, line, why)) != 0)
            snprintf(error, size, "%s:%u: %s", path, number, why);
    fclose(in);
    return rc;
}

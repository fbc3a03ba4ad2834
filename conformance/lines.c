/* SPDX-License-Identifier: BSD-2-Clause */
#include "lines.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A line without its end: 1; 0: there is none; -1: it is too long, or not text. */
static int next_line(FILE *in, char line[VC_LINE]) {
    line[VC_LINE - 2] = 0;
    if (!fgets(line, VC_LINE, in))
        return 0;
    size_t length = strcspn(line, "\n");
    if ((line[VC_LINE - 2] && line[VC_LINE - 2] != '\n') || (line[length] == 0 && !feof(in)))
        return -1;
    line[length] = 0;
    if (length > 0 && line[length - 1] == '\r')
        line[length - 1] = 0;
    return 1;
}

int vc_lines_read(const char *path, vc_line_reader *take, void *context, char *error, size_t size) {
    char line[VC_LINE], why[VC_WHY];
    FILE *in = fopen(path, "r");
    int rc = 0, more;
    if (!in) {
        snprintf(error, size, "%s: %s", path, strerror(errno));
        return -1;
    }
    for (unsigned number = 1; rc == 0 && (more = next_line(in, line)) != 0; number++) {
        snprintf(why, sizeof why, "a line of more than %u octets, or an octet 0 in it", VC_LINE - 2);
        rc = more < 0 ? -1 : line[strspn(line, " \t")] == 0 || line[0] == '#' ? 0 : take(context, line, why);
        if (rc != 0)
            snprintf(error, size, "%s:%u: %s", path, number, why);
    }
    if (rc == 0 && ferror(in)) {
        snprintf(error, size, "%s: %s", path, strerror(errno));
        rc = -1;
    }
    fclose(in);
    return rc;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int option_number(const char *text, const char *name, size_t least, size_t most, size_t *out) {
    char *end;
    errno = 0;
    unsigned long long n = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end || *text == '-' || n < least || n > most) {
        fprintf(stderr, "bench: %s %s: a number from %zu to %zu is wanted\n", name, text, least, most);
        return 0;
    }
    *out = (size_t)n;
    return 1;
}

int option_cores(const char *text, int cores[LAB_SIDES]) {
    int used = 0;
    if (sscanf(text, "%d,%d%n", &cores[LAB_CLIENT], &cores[LAB_SERVER], &used) != 2 || text[used] ||
        cores[LAB_CLIENT] < 0 || cores[LAB_SERVER] < 0) {
        fprintf(stderr, "bench: --cores %s: two core numbers are wanted, such as 0,1\n", text);
        return 0;
    }
    return 1;
}

int option_list_has(const char *list, const char *word) {
    size_t length = strlen(word);
    for (const char *at = list; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, word, length) == 0 && (at[length] == 0 || at[length] == ','))
            return 1;
    }
    return 0;
}

size_t option_list_length(const char *list) {
    size_t n = 1;
    for (const char *at = list; *at; at++)
        n += *at == ',';
    return n;
}

int option_names(const char *list, const char *(*key)(size_t), size_t count) {
    size_t known = 0;
    for (size_t i = 0; list && i < count; i++)
        known += (size_t)option_list_has(list, key(i));
    if (!list || known == option_list_length(list))
        return 1;
    fprintf(stderr, "bench: --only %s: a name is not known\n", list);
    return 0;
}

const unsigned option_mtus[OPTION_MTUS] = {1500, 9000, 65535};

int option_mtu(size_t mtu) {
    for (size_t i = 0; i < OPTION_MTUS; i++)
        if (mtu == option_mtus[i])
            return 1;
    if (mtu != 0)
        fprintf(stderr, "bench: --mtu: 1500, 9000 or 65535 is wanted\n");
    return mtu == 0;
}

int option_write_json(const char *path, json_t *json) {
    size_t flags = JSON_INDENT(2) | JSON_REAL_PRECISION(6);
    int failed = !json                    ? -1
                 : strcmp(path, "-") == 0 ? json_dumpf(json, stdout, flags)
                                          : json_dump_file(json, path, flags);
    if (failed)
        fprintf(stderr, "bench: cannot write %s: %s\n", path, errno ? strerror(errno) : "out of memory");
    else if (strcmp(path, "-") == 0)
        printf("\n");
    json_decref(json);
    return failed;
}

void option_progress(const char *format, ...) {
    if (!isatty(STDERR_FILENO))
        return;
    va_list list;
    va_start(list, format);
    fputs("\r\033[K", stderr);
    vfprintf(stderr, format, list);
    va_end(list);
}

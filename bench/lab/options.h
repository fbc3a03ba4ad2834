/* SPDX-License-Identifier: BSD-2-Clause */
/* options.h - what the measuring programs share on their command lines. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <jansson.h>
#include <stddef.h>

#include "lab.h"

/* 1, or 0 after a line on stderr that says what would be good. */
int option_number(const char *text, const char *name, size_t least, size_t most, size_t *out);
int option_cores(const char *text, int cores[LAB_SIDES]);

/* Words separated by commas. */
int option_list_has(const char *list, const char *word);
size_t option_list_length(const char *list);

/* No list, or one of keys only; 0 after a line on stderr. */
int option_names(const char *list, const char *(*key)(size_t), size_t count);

/* The sizes that are measured; 1 for one of them or 0, which means all, else 0 after a line on stderr. */
#define OPTION_MTUS 3u
extern const unsigned option_mtus[OPTION_MTUS];
int option_mtu(size_t mtu);

/* Writes and frees it; "-" is standard output.  -1 after a line on stderr. */
int option_write_json(const char *path, json_t *json);

/* Overwrites the line of progress on a terminal; nothing elsewhere. */
__attribute__((format(printf, 1, 2))) void option_progress(const char *format, ...);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz.h - what fuzz targets begin with: how libFuzzer and vmtp/fuzz/replay_main.c call them, and what must hold. */
#ifndef VSUITE_TESTS_FUZZ_H
#define VSUITE_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever the input is, also in a build without assertions. */
#define MUST(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);                             \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

#endif

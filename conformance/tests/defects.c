/* SPDX-License-Identifier: BSD-2-Clause */
#include "defects.h"

#include <string.h>

int defect_choose(struct sim_options *options, const char *name) {
    (void)options;
    return name == NULL;
}

void defects_print(FILE *out) { (void)out; }

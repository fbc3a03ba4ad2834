/* SPDX-License-Identifier: BSD-2-Clause */
#include "verdict.h"

#include <string.h>

static const char *const names[VC_VERDICTS] = {"PASS", "SKIP", "WARN", "INCONC", "FAIL", "ERROR"};

const char *vc_verdict_name(enum vc_verdict verdict) { return names[verdict]; }

int vc_verdict_parse(const char *word, enum vc_verdict *out) {
    for (unsigned i = 0; i < VC_VERDICTS; i++)
        if (strcmp(word, names[i]) == 0) {
            *out = (enum vc_verdict)i;
            return 1;
        }
    return 0;
}

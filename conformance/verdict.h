/* SPDX-License-Identifier: BSD-2-Clause */
/* verdict.h - what can be said about a case, from good to bad: the worst counts. */
#ifndef VC_VERDICT_H
#define VC_VERDICT_H

enum vc_verdict {
    VC_PASS,
    VC_SKIP,   /* the node does not claim what the case is about */
    VC_WARN,   /* a should that it does not do */
    VC_INCONC, /* what the case needs was not to be had, or it gave different results */
    VC_FAIL,
    VC_ERROR /* of this program */
};
#define VC_VERDICTS 6u

const char *vc_verdict_name(enum vc_verdict verdict);
/* 1 and *out when there is such a word. */
int vc_verdict_parse(const char *word, enum vc_verdict *out);

enum vc_exit { VC_EXIT_PASS = 0, VC_EXIT_FAIL = 1, VC_EXIT_USAGE = 2, VC_EXIT_UNDECIDED = 3 };

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* evidence.h - what happened in a case: frames, a timeline in words, and what was expected beside what was seen. */
#ifndef VC_EVIDENCE_H
#define VC_EVIDENCE_H

#include <stdio.h>

#include "catalogue.h"
#include "packet.h"
#include "verdict.h"

enum vc_moment_kind { VC_SENT, VC_SEEN, VC_NOTE, VC_HELD, VC_BROKEN };

struct vc_moment {
    enum vc_moment_kind kind;
    vc_time time;
    char *text;
    unsigned frame; /* of VC_SENT and VC_SEEN */
};

struct vc_frame {
    vc_time time;
    int sent; /* by the tester */
    size_t size;
    uint8_t *octets;
};

/* One check of one rule. */
struct vc_check {
    const struct vc_rule *rule;
    enum vc_verdict verdict;
    char *expected, *seen;
    int by_oracle;
};

struct vc_evidence {
    struct vc_moment *moments;
    struct vc_frame *frames;
    struct vc_check *checks;
    unsigned moment_count, frame_count, check_count;
};

/* They copy what they are given, texts so that all that reads them can (text.h); out of memory ends the program. */
unsigned vc_evidence_frame(struct vc_evidence *e, vc_time time, int sent, const uint8_t *octets, size_t size);
void vc_evidence_moment(struct vc_evidence *e, enum vc_moment_kind kind, vc_time time, const char *text, unsigned frame);
void vc_evidence_check(struct vc_evidence *e, const struct vc_check *check);
void vc_evidence_clear(struct vc_evidence *e);

/* The timeline, one moment a line, times from the first one on. */
void vc_evidence_print(const struct vc_evidence *e, FILE *out);
/* All frames in a pcapng file, each with what was said about it as comment; 0, or -1 with errno. */
int vc_evidence_pcapng(const struct vc_evidence *e, const char *path, const char *title);

void *vc_more(void *array, unsigned count, size_t each); /* room for one more */
char *vc_copy(const char *text);
char *vc_copy_clean(const char *text); /* (text.h) */

#endif

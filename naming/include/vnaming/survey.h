/* SPDX-License-Identifier: BSD-2-Clause */
/* vnaming/survey.h - all prefixes of a segment: asks every manager what it holds (spec/naming.md section 8.7).  Needs no resolver. */
#ifndef VNAMING_SURVEY_H
#define VNAMING_SURVEY_H

#include <vipc/ipc.h>
#include <vnaming/name.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VNAME_SURVEY_REST 64u /* managers that may have more than fits into one answer */
#define VNAME_SURVEY_TIME                                                                                              \
    VMTP_SECOND /* for answers to the multicast, and for each manager that is asked for the rest */

#define VNAME_SURVEY_REST_TIME (10 * VMTP_SECOND) /* for all that one manager has more (NAME-8.7-04) */

/* Private. */
struct vname_survey_rest {
    vmtp_entity manager;
    uint32_t skip;
    vmtp_time until; /* 0: not begun */
};

/* Lent, with its area, from vname_survey until done or vname_survey_cancel.  Clear it to zero first. */
struct vname_survey {
    void *area;     /* slots * VNAME_LIST_OCTETS octets */
    uint32_t slots; /* managers that are heard, at least 2 */
    /* A record that its own manager says it holds; valid for the call.  May be told twice when a manager changes meanwhile.  It
     * may cancel the survey, but its memory is needed until it has returned. */
    void (*record)(struct vname_survey *survey, const struct vname_record *record);
    /* It is over.  0; VMTP_RETRANS_TIMEOUT: nobody has answered; below 0: an error of this node. */
    void (*done)(struct vname_survey *survey, int result);
    void *context; /* yours */

    /* What came of it. */
    uint32_t managers; /* answered */
    uint32_t records;  /* told */
    uint32_t bad;      /* answers or records that were not good */
    uint32_t unasked;  /* managers with more, for which there was no room or time, or which did not answer */

    /* private */
    vipc *ipc; /* NULL: not under way */
    struct vipc_call call;
    uint32_t rest_count;
    struct vname_survey_rest rest[VNAME_SURVEY_REST];
    int over, result;
};

/* Begins.  0, VMTP_E_INVALID (slots, area, record, done; it is under way), and what vipc_start returns. */
VMTP_API int vname_survey(vipc *ipc, struct vname_survey *survey);
/* Nothing more is told.  Without effect when it is not under way. */
VMTP_API void vname_survey_cancel(struct vname_survey *survey);
/* Begins, and waits for its end: its result.  done is not called and need not be set. */
VMTP_API int vname_survey_wait(vipc *ipc, struct vname_survey *survey);

#ifdef __cplusplus
}
#endif
#endif

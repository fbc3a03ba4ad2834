/* SPDX-License-Identifier: BSD-2-Clause */
/* A call of a group that wants one Response: section 13.1. */
#include <string.h>

#include "../case.h"

#define CALLS "test-service client groups segments"

/* The server of that Response says no more, and the others have the Request, but not what lacks. */
static void others_know_nothing(struct vc_test *t) {
    uint8_t segment[2000];
    struct vc_call call = {.server = vc_new_group(t, 0), .deadline_ms = 4000, .response_room = 4096};
    struct vc_packet order, *request = vc_calling(t, "VMTP-13.1-33", &call, &order), *ended = NULL;
    vc_pattern(segment, sizeof segment, 5);
    vc_other_node(t, 1);
    struct vc_packet response = vc_response(request, VMTP_OK | VMTP_DGM);
    memcpy(response.src, vc_tester_mac(t), 6);
    response.server = vc_new_client(t);
    vc_send_blocks(t, &response, segment, sizeof segment, 0x03, 0);
    vc_other_node(t, 0);
    const vc_time start = vc_now(t);
    while (!(ended = vc_await_response(t, &order, 0)) && vc_now(t) - start < 3 * VC_SECOND)
        if ((request = vc_await_request(t, call.server, 5 * VC_MILLISECOND)) != NULL)
            vc_tell_client(t, request, VMTP_OK, 0);
    vc_check(t, "VMTP-13.1-33", ended && ended->words[0] == VMTP_BAD_REPLY_SEGMENT,
             "an end with BAD_REPLY_SEGMENT while others answer NVC(OK)", "%s",
             ended ? vc_response_name(ended->words[0]) : "the call goes on");
    if (!ended)
        vc_call_over(t, "VMTP-13.1-33", &order, 3 * VC_SECOND);
}

const struct vc_case vc_only_cases[] = {
    VC_CASE("only/others-know-nothing", "VMTP-13.1-33", CALLS,
            "a part of the only Response, and NVC(OK) of another node to each Request that comes again",
            "BAD_REPLY_SEGMENT after five retransmissions", others_know_nothing),
    VC_LAST,
};

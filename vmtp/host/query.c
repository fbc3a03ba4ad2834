/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is in a group: every manager knows the members of its own node (spec/vmtp.md section 13.2). */
#include "internal.h"

struct answers {
    vmtp_entity *members;
    uint32_t room, count;
};

static struct vmtp_message question(vmtp_entity to, vmtp_entity group, vmtp_entity after) {
    struct vmtp_message message = {.server = to, .code = VMTP_QUERY_GROUP};
    vmtp_message_set_coresident(&message, group);
    vmtp_words_put64(message.words + 2, after);
    return message;
}

/* Takes the identifiers of one answer: how many more there are, and *last the last of these. */
static uint32_t take(struct answers *answers, const uint8_t *segment, uint32_t size, vmtp_entity *last) {
    if (size < 12)
        return 0;
    uint32_t said = vmtp_load32(segment), told = (size - 4) / 8;
    for (uint32_t i = 0; i < told; i++) {
        *last = vmtp_load64(segment + 4 + 8 * (size_t)i);
        if (answers->count < answers->room)
            answers->members[answers->count] = *last;
        answers->count++;
    }
    return said > told ? said - told : 0;
}

/* A node with more members than fit into its answer tells those behind the last when it is asked again. */
static int take_rest(vmtp_host *host, struct answers *answers, vmtp_entity manager, vmtp_entity group, vmtp_entity last,
                     vmtp_time deadline) {
    uint8_t segment[512];
    uint32_t more = 1;
    while (more) {
        uint32_t size, before = answers->count;
        struct vmtp_message message = question(manager, group, last);
        int r = vmtp_host_call(host, &message, NULL, 0, segment, sizeof segment, &size, deadline);
        if (r < 0)
            return r;
        if (r > 0 && r != VMTP_BAD_REPLY_SEGMENT) /* it has gone meanwhile, with its members */
            return 0;
        /* The count is of all its members: no new ones in an answer means that there are no more. */
        take(answers, segment, size, &last);
        more = answers->count - before;
    }
    return 0;
}

int vmtp_host_group_query(vmtp_host *host, vmtp_entity group, vmtp_entity *members, uint32_t room, uint32_t *count,
                          vmtp_time deadline) {
    struct answers answers = {.members = members, .room = room};
    struct vmtp_request request = {
        .message = question(VMTP_MANAGER_GROUP, group, 0), .response_size = 512, .deadline = deadline};
    vmtp_group_call *call;
    struct vmtp_event response;
    *count = 0;
    if (!vmtp_is_group(group) || deadline == VMTP_NEVER)
        return VMTP_E_INVALID;
    int r = vmtp_host_group_call(host, &call, &request);
    if (r < 0)
        return r;
    while ((r = vmtp_host_group_next(host, call, &response, VMTP_NEVER)) == 0) {
        vmtp_entity last = 0;
        if ((response.message.code & VMTP_CODE_MASK) != VMTP_OK)
            continue;
        if (take(&answers, response.segment, response.segment_size, &last) > 0)
            r = take_rest(host, &answers, response.message.server, group, last, deadline);
        if (r < 0)
            break;
    }
    vmtp_host_group_end(host, call);
    *count = answers.count;
    return r < 0 ? r : 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs of Requests, and messages of several packet groups (spec/vmtp.md section 13.3). */
#include "stage.h"
#include "support/foreign.h"

static struct actor *caller, *answerer;

static void hosts(unsigned accepts, uint32_t capacity, int streams) {
    struct vmtp_config config;
    struct node *left = stage_host(NULL);
    stage_config(&config);
    config.no_streams = !streams;
    struct node *right = stage_host(&config);
    caller = stage_actor(left, 0);
    answerer = stage_actor(right, 0);
    actor_serve(answerer, accepts, capacity);
}

static void run_of(unsigned count, uint32_t size) {
    for (unsigned i = 0; i < count; i++) {
        struct vmtp_request r = actor_request(caller, answerer->id, size, 0);
        r.flags = i + 1 < count ? VMTP_CALL_MORE : 0;
        actor_call(caller, &r);
    }
    for (unsigned i = 0; i < 500 && caller->completed < count; i++)
        stage_pass(10 * VMTP_MILLISECOND);
    stage_check(caller->completed == count && caller->result == 0, "the run does not end well");
}

static void run(void) {
    hosts(8, VMTP_GROUP_OCTETS, 1);
    run_of(5, 700);
}

static void batched(void) {
    hosts(8, 0, 1);
    answerer->reply_flags = VMTP_REPLY_BATCH;
    run_of(6, 0);
}

static void gap_in_requests(void) {
    hosts(8, 0, 1);
    stage_lose(1, "Request 0x000077&NSR");
    run_of(4, 0);
}

static void gap_in_responses(void) {
    hosts(8, 0, 1);
    answerer->reply_size = 100;
    stage_lose(1, "Response OK&NER");
    run_of(4, 0);
}

static void overflow(void) {
    hosts(2, 0, 1);
    answerer->deed = HOLD;
    for (unsigned i = 0; i < 6; i++) {
        struct vmtp_request r = actor_request(caller, answerer->id, 0, 0);
        r.flags = i < 5 ? VMTP_CALL_MORE : 0;
        actor_call(caller, &r);
    }
    answerer->deed = NEVER;
    stage_pass(5 * VMTP_MILLISECOND);
    answerer->deed = ANSWER;
    actor_answer(answerer);
    actor_serve(answerer, 8, 0);
    stage_pass(3 * VMTP_SECOND);
    stage_check(caller->completed == 6 && caller->result == 0, "the run does not end well");
}

static void not_supported(void) {
    hosts(8, 0, 0);
    run_of(3, 0);
}

static void no_run_record(void) {
    hosts(2, 0, 1);
    struct stranger s = stage_stranger();
    struct vmtp_header h = foreign_request(FOREIGN_CLIENT, answerer->id, 7, 0x77);
    h.flags = VMTP_NSR | VMTP_NER;
    stranger_sends(&s, mac_of(answerer->node), &h, 0);
}

static void large_request(void) {
    hosts(1, VMTP_MESSAGE_OCTETS, 1);
    struct vmtp_request r = actor_request(caller, answerer->id, 100000, 0);
    actor_calls(caller, &r, 0);
}

static void large_response(void) {
    hosts(1, 0, 1);
    answerer->reply_size = 100000;
    struct vmtp_request r = actor_request(caller, answerer->id, 0, VMTP_MESSAGE_OCTETS);
    actor_calls(caller, &r, 0);
    stage_pass(100 * VMTP_MILLISECOND);
}

/* A gap in the midst, one that is lost again, the last packet. */
static void large_losses(void) {
    hosts(1, VMTP_MESSAGE_OCTETS, 1);
    answerer->reply_size = 600000;
    stage_lose(1, "Request 0x000077&segment 400000&blocks 0x00000030");
    stage_lose(2, "Response OK&segment 600000&blocks 0x000000c0");
    stage_lose(1, "Response OK&segment 600000&STI");
    struct vmtp_request r = actor_request(caller, answerer->id, 400000, VMTP_MESSAGE_OCTETS);
    actor_calls(caller, &r, 0);
    stage_pass(100 * VMTP_MILLISECOND);
}

static void largest(void) {
    hosts(1, 0, 1);
    answerer->reply_size = VMTP_MESSAGE_OCTETS;
    struct vmtp_request r = actor_request(caller, answerer->id, 0, VMTP_MESSAGE_OCTETS);
    actor_calls(caller, &r, 0);
    stage_pass(100 * VMTP_MILLISECOND);
}

static void large_not_supported(void) {
    hosts(1, VMTP_MESSAGE_OCTETS, 0);
    struct vmtp_request r = actor_request(caller, answerer->id, 100000, 0);
    actor_calls(caller, &r, VMTP_STREAMING_NOT_SUPPORTED);
}

const struct scene scenes_streams[] = {
    {"run", 1500, run},
    {"run-batched", 1500, batched},
    {"run-gap-requests", 1500, gap_in_requests},
    {"run-gap-responses", 1500, gap_in_responses},
    {"run-overflow", 1500, overflow},
    {"run-not-supported", 1500, not_supported},
    {"run-no-record", 1500, no_run_record},
    {"large-request", 1500, large_request},
    {"large-response", 1500, large_response},
    {"large-losses", 1500, large_losses},
    {"large-response-9000", 9000, large_response},
    {"largest-response-65535", 65535, largest},
    {"large-not-supported", 1500, large_not_supported},
    {NULL, 0, NULL},
};

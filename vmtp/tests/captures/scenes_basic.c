/* SPDX-License-Identifier: BSD-2-Clause */
/* One client, one server: message transactions, segments, loss, and the flags of a single Request. */
#include "stage.h"

static struct actor *caller, *answerer;

static void two_hosts(void) {
    struct node *left = stage_host(NULL), *right = stage_host(NULL);
    caller = stage_actor(left, 0);
    answerer = stage_actor(right, 0);
    actor_serve(answerer, 2, VMTP_GROUP_OCTETS);
}

static void call(uint32_t request, uint32_t response) {
    struct vmtp_request r = actor_request(caller, answerer->id, request, 0);
    answerer->reply_size = response;
    actor_calls(caller, &r, 0);
}

/* Every code of the registry, as the ResponseCode of a server of a program. */
static void response_codes(void) {
#define CODE(symbol, value, word) (value),
    static const uint32_t codes[] = {VMTP_RESPONSE_CODE_LIST(CODE)};
#undef CODE
    two_hosts();
    for (unsigned i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        struct vmtp_request r = actor_request(caller, answerer->id, 0, 0);
        unsigned before = caller->completed;
        if (codes[i] == VMTP_RESPONSE_DISCARDED)
            continue; /* it is a Notify: notify-client-discarded */
        answerer->reply_code = codes[i];
        actor_call(caller, &r);
        stage_pass(20 * VMTP_MILLISECOND);
        stage_check(caller->completed == before + 1, "a code is not answered");
    }
}

static void null_transaction(void) {
    two_hosts();
    call(0, 0);
    call(0, 0);
}

static void segments(void) {
    two_hosts();
    call(5, 0); /* padded */
    call(1432, 513);
    call(VMTP_GROUP_OCTETS, 0);
    call(0, VMTP_GROUP_OCTETS);
    call(VMTP_GROUP_OCTETS, VMTP_GROUP_OCTETS);
}

static void lost_request_block(void) {
    two_hosts();
    stage_lose(1, "Request 0x000077&blocks 0x00000030");
    call(8192, 0);
}

static void lost_response_block(void) {
    two_hosts();
    stage_lose(1, "Response&blocks 0x00000030");
    call(0, 8192);
}

static void lost_request(void) {
    two_hosts();
    stage_lose(8, "Request 0x000077&data 1024");
    call(8192, 0);
}

static void lost_response(void) {
    two_hosts();
    call(0, 0);
    stage_lose(1, "Response OK");
    call(0, 0);
}

static void idempotent_redone(void) {
    two_hosts();
    answerer->reply_code = VMTP_DGM;
    stage_lose(1, "Response OK&blocks 0x00000030");
    call(0, 8192);
    stage_check(answerer->requests == 2, "it was not done again");
}

static void slow_server(void) {
    two_hosts();
    answerer->deed = HOLD;
    struct vmtp_request r = actor_request(caller, answerer->id, 700, 0);
    actor_call(caller, &r);
    stage_pass(600 * VMTP_MILLISECOND);
    actor_answer(answerer);
    stage_pass(100 * VMTP_MILLISECOND);
    stage_check(caller->completed == 1 && caller->result == 0, "it was not answered");
}

static void confirmed_response(void) {
    two_hosts();
    answerer->reply_flags = VMTP_REPLY_CONFIRM;
    call(0, 700);
    stage_pass(VMTP_SECOND);
}

static void request_timeout(void) {
    two_hosts();
    call(0, 0);
    stage_lose(100, "Request 0x000077");
    struct vmtp_request r = actor_request(caller, answerer->id, 0, 0);
    actor_calls(caller, &r, VMTP_RETRANS_TIMEOUT);
}

static void datagram(void) {
    two_hosts();
    struct vmtp_request r = actor_request(caller, answerer->id, 3000, 0);
    r.message.code |= VMTP_DGM;
    actor_calls(caller, &r, 0);
    stage_pass(50 * VMTP_MILLISECOND);
    stage_check(answerer->requests == 1, "it did not come");
}

static void priority(void) {
    static const uint8_t priorities[] = {12, 8, 0, 4, 15};
    two_hosts();
    for (unsigned i = 0; i < sizeof priorities; i++) {
        struct vmtp_request r = actor_request(caller, answerer->id, 0, 0);
        r.priority = priorities[i];
        actor_calls(caller, &r, 0);
    }
}

static void gap(void) {
    two_hosts();
    struct vmtp_request r = actor_request(caller, answerer->id, 0, 0);
    r.gap = 64;
    answerer->reply_size = 8192;
    actor_calls(caller, &r, 0);
}

static void no_retransmission(void) {
    two_hosts();
    stage_lose(2, "blocks 0x0000000c");
    struct vmtp_request r = actor_request(caller, answerer->id, 4096, 0);
    r.control = VMTP_NRT;
    r.message.code |= VMTP_MDM;
    r.message.words[5] = 0xff;
    answerer->reply_flags = VMTP_REPLY_ONCE;
    answerer->reply_code = VMTP_MDM;
    answerer->reply_mask = 0xff;
    answerer->reply_size = 4096;
    actor_call(caller, &r);
    stage_pass(VMTP_SECOND);
    stage_check(caller->completed == 1 && answerer->requests == 1, "it did not come");
}

static void delivery_mask(void) {
    two_hosts();
    struct vmtp_request r = actor_request(caller, answerer->id, 4096, 0);
    r.message.code |= VMTP_MDM;
    r.message.words[5] = 0x33;
    actor_calls(caller, &r, 0);
}

static void chosen_blocks(void) {
    two_hosts();
    struct vmtp_request r = actor_request(caller, answerer->id, 0, 0);
    r.flags = VMTP_CALL_PARTIAL;
    answerer->reply_code = VMTP_DGM;
    answerer->reply_flags = VMTP_REPLY_CHOSEN;
    stage_lose(1, "Response OK&blocks 0x00000030");
    answerer->reply_size = 8192;
    actor_calls(caller, &r, 0);
}

static void header_checksum(void) {
    two_hosts();
    struct vmtp_request r = actor_request(caller, answerer->id, 700, 0);
    r.flags = VMTP_CALL_HEADER_SUM;
    answerer->reply_flags = VMTP_REPLY_HEADER_SUM;
    answerer->reply_size = 700;
    actor_calls(caller, &r, 0);
}

static void no_checksum(void) {
    struct vmtp_config config;
    stage_config(&config);
    config.checksum = VMTP_CHECKSUM_NONE;
    struct node *left = stage_host(&config);
    stage_config(&config);
    config.checksum = VMTP_CHECKSUM_NONE;
    struct node *right = stage_host(&config);
    caller = stage_actor(left, 0);
    answerer = stage_actor(right, 0);
    actor_serve(answerer, 1, VMTP_GROUP_OCTETS);
    call(700, 0);
}

static void little_endian(void) {
    struct vmtp_config config;
    stage_config(&config);
    config.little_endian = 1;
    struct node *left = stage_host(&config), *right = stage_host(NULL);
    caller = stage_actor(left, 0);
    answerer = stage_actor(right, 0);
    actor_serve(answerer, 1, VMTP_GROUP_OCTETS);
    call(100, 100);
}

static void conditional(void) {
    two_hosts();
    struct vmtp_request r = actor_request(caller, answerer->id, 0, 0);
    r.message.code |= VMTP_CMD;
    actor_calls(caller, &r, 0);
    struct actor *deaf = stage_actor(answerer->node, 0);
    r = actor_request(caller, deaf->id, 0, 0);
    r.message.code |= VMTP_CMD;
    actor_calls(caller, &r, VMTP_NOT_AWAITING_MSG);
}

/* Both number what they receive.  The second Request takes its time. */
static void receive_sequence(void) {
    struct vmtp_config config;
    struct node *host[2];
    for (unsigned i = 0; i < 2; i++) {
        stage_config(&config);
        config.max_sequences = 8;
        host[i] = stage_host(&config);
    }
    caller = stage_actor(host[0], 0);
    answerer = stage_actor(host[1], 0);
    actor_serve(answerer, 2, VMTP_GROUP_OCTETS);
    call(0, 0);
    answerer->deed = HOLD;
    struct vmtp_request r = actor_request(caller, answerer->id, 0, 0);
    actor_call(caller, &r);
    stage_pass(600 * VMTP_MILLISECOND);
    actor_answer(answerer);
    stage_pass(100 * VMTP_MILLISECOND);
}

const struct scene scenes_basic[] = {
    {"response-codes", 1500, response_codes},
    {"null-transaction", 1500, null_transaction},
    {"segments-1500", 1500, segments},
    {"segments-9000", 9000, segments},
    {"segments-65535", 65535, segments},
    {"lost-request-block", 1500, lost_request_block},
    {"lost-response-block", 1500, lost_response_block},
    {"lost-request", 1500, lost_request},
    {"lost-response", 1500, lost_response},
    {"idempotent-redone", 1500, idempotent_redone},
    {"slow-server", 1500, slow_server},
    {"confirmed-response", 1500, confirmed_response},
    {"request-timeout", 1500, request_timeout},
    {"datagram", 1500, datagram},
    {"priority", 1500, priority},
    {"gap", 1500, gap},
    {"no-retransmission", 1500, no_retransmission},
    {"delivery-mask", 1500, delivery_mask},
    {"chosen-blocks", 1500, chosen_blocks},
    {"header-checksum", 1500, header_checksum},
    {"no-checksum", 1500, no_checksum},
    {"little-endian", 1500, little_endian},
    {"conditional", 1500, conditional},
    {"receive-sequence", 1500, receive_sequence},
    {NULL, 0, NULL},
};

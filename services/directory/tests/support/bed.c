/* SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L
#include "bed.h"

#include <poll.h>
#include <string.h>

#define STEP (200 * VMTP_MICROSECOND)
#define GROUP_PATIENCE (300 * VMTP_MILLISECOND)
#define REAL_PATIENCE_MS 50 /* for an etcd that is at work, while virtual time stands */

/* ---- time ---------------------------------------------------------------------------------------------------------- */

static void turn_stores(struct bed *bed) {
    for (uint32_t i = 0; i < bed->count; i++) {
        vdir_store *store = bed->nodes[i].store;
        struct pollfd fd = {.fd = vdir_store_fd(store), .events = POLLIN};
        int busy = store->first != NULL && bed->nodes[i].odd->held == 0;
        if (fd.fd >= 0)
            poll(&fd, 1, busy && vdir_store_deadline(store) > vipc_fake_now(bed->net) ? REAL_PATIENCE_MS : 0);
        vdir_store_turn(store, vipc_fake_now(bed->net));
    }
}

static void step(struct bed *bed) {
    turn_stores(bed);
    vipc_fake_run(bed->net, STEP);
}

void bed_pass(struct bed *bed, vmtp_time duration) {
    for (vmtp_time end = vipc_fake_now(bed->net) + duration; vipc_fake_now(bed->net) < end;)
        step(bed);
}

/* ---- beginning and end --------------------------------------------------------------------------------------------- */

static void add_directory(struct bed *bed, struct bed_node *node, vdir_store *store, const struct vdir_options *options) {
    struct vdir_options usual;
    vdir_options_init(&usual);
    node->ipc = vipc_fake_node(bed->net);
    node->odd = odd_wrap(store);
    node->store = &node->odd->store;
    ck_assert_int_eq(vdir_create(&node->directory, node->ipc, node->store, options ? options : &usual), 0);
}

void bed_begin(struct bed *bed, int kind, uint32_t count, const struct vdir_options *options) {
    memset(bed, 0, sizeof *bed);
    bed->net = vipc_fake_create(1);
    bed->client = vipc_fake_node(bed->net);
    for (bed->count = 0; bed->count < count; bed->count++)
        add_directory(bed, &bed->nodes[bed->count], bed->count == 0 ? stores_open(kind) : stores_open_again(kind),
                      options);
}

void bed_end(struct bed *bed) {
    for (uint32_t i = 0; i < bed->count; i++) {
        vdir_destroy(bed->nodes[i].directory);
        vdir_store_close(bed->nodes[i].store);
    }
    vipc_fake_destroy(bed->net);
}

/* ---- questions ----------------------------------------------------------------------------------------------------- */

static uint8_t area[BED_ANSWERS * VNAME_LIST_OCTETS];

static void on_done(struct vipc_call *call, int result) {
    struct bed *bed = call->context;
    bed->result = result;
}

static void note(struct bed *bed, const struct vmtp_message *message, const void *segment, uint32_t size) {
    ck_assert_uint_lt(bed->answers, BED_ANSWERS);
    struct bed_answer *a = &bed->answer[bed->answers++];
    a->server = message->server;
    a->code = message->code & VMTP_CODE_MASK;
    a->idempotent = (message->code & VMTP_DGM) != 0;
    memcpy(a->words, message->words, sizeof a->words);
    a->size = size;
    if (size > 0)
        memcpy(a->segment, segment, size);
}

static void on_response(struct vipc_call *call, const struct vipc_response *response) {
    ck_assert_int_eq(response->result, 0);
    note(call->context, &response->message, response->segment, response->segment_size);
}

static void ask(struct bed *bed, struct vipc_call *call) {
    bed->answers = 0;
    bed->result = INT32_MIN;
    call->context = bed;
    call->done = on_done;
    call->area = area;
    call->capacity = VNAME_LIST_OCTETS;
    ck_assert_int_eq(vipc_start(bed->client, call), 0);
    while (bed->result == INT32_MIN)
        step(bed);
}

uint32_t bed_ask_node(struct bed *bed, uint32_t node, uint32_t code, uint32_t word, const void *segment, uint32_t size) {
    struct vipc_call call = {.segment = segment, .segment_size = size, .deadline = VMTP_NEVER};
    call.message.server = vdir_entity(bed->nodes[node].directory);
    call.message.code = code;
    call.message.words[0] = word;
    ask(bed, &call);
    if (bed->result != 0)
        return UINT32_MAX;
    note(bed, &call.answer, area, call.received);
    return bed->answer[0].code;
}

uint32_t bed_ask(struct bed *bed, uint32_t code, uint32_t word, const void *segment, uint32_t size) {
    return bed_ask_node(bed, 0, code, word, segment, size);
}

uint32_t bed_ask_all(struct bed *bed, uint32_t code, const void *segment, uint32_t size) {
    struct vipc_call call = {.segment = segment, .segment_size = size, .slots = BED_ANSWERS, .response = on_response};
    call.message.server = VNAME_DIRECTORY;
    call.message.code = code;
    call.deadline = vipc_fake_now(bed->net) + GROUP_PATIENCE;
    ask(bed, &call);
    return bed->answers;
}

void bed_begin_request(struct bed *bed, struct vipc_call *call, uint32_t code, const void *segment, uint32_t size) {
    bed->result = INT32_MIN;
    *call = (struct vipc_call){.segment = segment, .segment_size = size, .deadline = VMTP_NEVER};
    call->message.server = vdir_entity(bed->nodes[0].directory);
    call->message.code = code;
    call->context = bed;
    call->done = on_done;
    call->area = area;
    call->capacity = VNAME_LIST_OCTETS;
    ck_assert_int_eq(vipc_start(bed->client, call), 0);
    bed_pass(bed, 20 * VMTP_MILLISECOND);
}

/* ---- records ------------------------------------------------------------------------------------------------------- */

struct vname_record bed_name(const char *prefix, vmtp_entity manager, vmtp_entity owner, uint32_t generation) {
    return (struct vname_record){.prefix = prefix,
                                 .prefix_length = (uint16_t)strlen(prefix),
                                 .manager = manager,
                                 .owner = owner,
                                 .generation = generation};
}

struct bed_record bed_encode(const struct vname_record *record) {
    struct bed_record r;
    r.size = vname_record_encode(r.octets, sizeof r.octets, record);
    ck_assert_uint_gt(r.size, 0);
    return r;
}

uint32_t bed_register(struct bed *bed, const struct vname_record *record) {
    struct bed_record r = bed_encode(record);
    return bed_ask(bed, VNAME_REGISTER, 0, r.octets, r.size);
}

uint32_t bed_unregister(struct bed *bed, const struct vname_record *record, uint32_t word) {
    struct bed_record r = bed_encode(record);
    return bed_ask(bed, VNAME_UNREGISTER, word, r.octets, r.size);
}

uint32_t bed_lookup(struct bed *bed, const char *name) {
    return bed_ask(bed, VNAME_LOOKUP, 0, name, (uint32_t)strlen(name));
}

struct vname_record bed_told(const struct bed *bed) {
    struct vname_record record;
    ck_assert_uint_eq(vname_record_parse(&record, bed->answer[0].segment, bed->answer[0].size), 0);
    return record;
}

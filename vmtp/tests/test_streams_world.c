/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs of Requests and large messages between two engines, on networks that lose (spec/vmtp.md section 13.3). */
#include <check.h>
#include <suite.h>
#include <stdlib.h>

#include "support/world.h"

#define LARGE VMTP_MESSAGE_OCTETS

static struct world w;
static struct node *client, *server;
static vmtp_entity caller, answerer;
static uint8_t *request_octets, *response_octets, *response_area;
static uint8_t *accept_area[64];
static uint32_t accept_size, answer_size;
static uint32_t delivered[512], delivered_count, completed[512], completed_count;
static uint32_t batch_every;
static int late_reports, idempotent;
static int no_streams; /* 1: at the server, 2: at the client */
static struct vmtp_sim_faults faults;

static uint8_t octet_at(uint32_t at) { return (uint8_t)(at * 31u + (at >> 9) * 7u + (at >> 14) * 13u); }

static void check_octets(const uint8_t *p, uint32_t size) {
    for (uint32_t i = 0; i < size; i++)
        if (p[i] != octet_at(i))
            ck_abort_msg("octet %u of %u is wrong", i, size);
}

static void at_server(struct node *n, const struct vmtp_event *ev) {
    if (ev->type != VMTP_EV_REQUEST)
        return;
    check_octets(ev->segment, ev->segment_size);
    delivered[delivered_count++] = ev->message.words[2];
    ck_assert_int_eq(vmtp_accept(n->engine, answerer, ev->segment, accept_size, ev->cookie), 0);
    struct vmtp_reply reply = {.message = {.code = VMTP_OK}, .segment = response_octets, .segment_size = answer_size};
    reply.message.words[2] = ev->message.words[2];
    if (idempotent && ev->message.words[2] % 3 == 0)
        reply.message.code |= VMTP_DGM;
    if (batch_every && ev->message.words[2] % batch_every)
        reply.flags = VMTP_REPLY_BATCH;
    if (ev->handle)
        ck_assert_int_eq(vmtp_reply(n->engine, ev->handle, &reply, world_now(&w)), 0);
}

static void at_client(struct node *n, const struct vmtp_event *ev) {
    (void)n;
    if (ev->type != VMTP_EV_COMPLETE)
        return;
    ck_assert_uint_eq(ev->result, 0);
    completed[completed_count++] = (uint32_t)ev->cookie;
    ck_assert_uint_eq(ev->segment_size, answer_size);
    check_octets(ev->segment, ev->segment_size);
}

static void open_world(uint64_t seed, uint32_t mtu, uint32_t loss, unsigned accepts, uint32_t capacity) {
    world_init(&w, seed, mtu);
    struct vmtp_config config;
    world_config(&w, &config);
    config.mtu = mtu;
    config.max_requests = 64;
    config.max_calls = 400;
    config.no_streams = no_streams == 2;
    client = world_add(&w, &config);
    struct vmtp_config other;
    world_config(&w, &other);
    other.mtu = mtu;
    other.no_streams = no_streams == 1;
    server = world_add(&w, &other);
    faults.loss = loss;
    faults.delay = 20 * VMTP_MICROSECOND;
    vmtp_sim_set_faults(w.sim, &faults);
    w.late_reports = late_reports;
    ck_assert_int_eq(vmtp_entity_create(client->engine, &caller, NULL, world_now(&w)), 0);
    ck_assert_int_eq(vmtp_entity_create(server->engine, &answerer, NULL, world_now(&w)), 0);
    client->on_event = at_client;
    server->on_event = at_server;
    delivered_count = completed_count = answer_size = 0;
    accept_size = capacity;
    for (unsigned i = 0; i < accepts; i++) {
        accept_area[i] = malloc(capacity ? capacity : 1);
        ck_assert_int_eq(vmtp_accept(server->engine, answerer, accept_area[i], capacity, i), 0);
    }
    request_octets = malloc(LARGE);
    response_octets = malloc(LARGE);
    response_area = malloc(LARGE);
    for (uint32_t i = 0; i < LARGE; i++)
        request_octets[i] = response_octets[i] = octet_at(i);
}

static void close_world(void) {
    struct vmtp_usage u;
    world_pass(&w, 30 * VMTP_SECOND);
    vmtp_usage(server->engine, &u);
    ck_assert_uint_eq(u.requests, 0);
    ck_assert_uint_eq(u.remote_clients, 0);
    ck_assert_uint_eq(u.runs, 0);
    vmtp_usage(client->engine, &u);
    ck_assert_uint_eq(u.calls, 0);
    ck_assert_uint_eq(u.runs, 0);
    world_close(&w);
    for (unsigned i = 0; i < 64; i++) {
        free(accept_area[i]);
        accept_area[i] = NULL;
    }
    free(request_octets);
    free(response_octets);
    free(response_area);
}

static void begin(uint32_t number, uint32_t size, uint32_t flags) {
    vmtp_handle handle;
    struct vmtp_request r = {.client = caller,
                             .message = {.server = answerer, .code = 0x77},
                             .segment = request_octets,
                             .segment_size = size,
                             .response_area = response_area,
                             .response_size = answer_size > VMTP_GROUP_OCTETS ? LARGE : VMTP_GROUP_OCTETS,
                             .deadline = VMTP_NEVER,
                             .cookie = number,
                             .flags = flags};
    r.message.words[2] = number;
    ck_assert_int_eq(vmtp_call(client->engine, &handle, &r, world_now(&w)), 0);
}

static const uint32_t mtus[] = {1500, 9000, 65535};
static const uint32_t sizes[] = {16385, 100000, LARGE};

static void large(uint32_t request, uint32_t response, uint32_t loss) {
    open_world(7u + (unsigned)loss, mtus[loss % 3], loss, 2, LARGE);
    answer_size = response;
    begin(1, request, 0);
    world_pass(&w, 20 * VMTP_SECOND);
    ck_assert_uint_eq(delivered_count, 1);
    ck_assert_uint_eq(completed_count, 1);
    close_world();
}

START_TEST(a_large_request_arrives) { large(sizes[_i % 3], 10, _i < 3 ? 0 : 20000 + (unsigned)_i); }
END_TEST

START_TEST(a_large_response_arrives) { large(10, sizes[_i % 3], _i < 3 ? 0 : 20000 + (unsigned)_i); }
END_TEST

START_TEST(both_are_large) { large(sizes[_i % 3], sizes[(_i + 1) % 3], _i < 3 ? 0 : 100000 + (unsigned)_i); }
END_TEST

static void run_of(uint32_t count, uint32_t size, uint32_t response, uint32_t loss, uint64_t seed) {
    open_world(seed, 1500, loss, 16, VMTP_GROUP_OCTETS);
    answer_size = response;
    for (uint32_t i = 1; i <= count; i++)
        begin(i, size, i < count ? VMTP_CALL_MORE : 0);
    world_pass(&w, 60 * VMTP_SECOND);
    ck_assert_uint_eq(delivered_count, count);
    ck_assert_uint_eq(completed_count, count);
    for (uint32_t i = 0; i < count; i++) {
        ck_assert_uint_eq(delivered[i], i + 1);
        ck_assert_uint_eq(completed[i], i + 1);
    }
    close_world();
}

/* A message of so many groups either way. */
static void both(uint32_t groups, uint32_t loss) {
    large(groups * VMTP_GROUP_OCTETS - 77u, groups * VMTP_GROUP_OCTETS - 999u, loss);
}

START_TEST(a_run_is_executed_in_order) {
    run_of(50, _i & 1 ? 5000 : 0, _i & 2 ? 3000 : 0, _i & 4 ? 100000 : 0, 100 + (uint64_t)_i);
}
END_TEST

/* A server that answers only every so many Requests itself. */
START_TEST(a_run_is_answered_in_batches) {
    static const uint32_t every[] = {2, 7, 50, 1000};
    batch_every = every[_i % 4];
    run_of(300, 0, 0, _i < 4 ? 0 : 100000, 200 + (uint64_t)_i);
}
END_TEST

/* Packets are reported some time after they were sent, and some are refused at first. */
START_TEST(reports_are_late) {
    late_reports = 1;
    if (_i % 3 == 2)
        both(3, 0);
    else
        run_of(40, _i & 1 ? 5000 : 0, _i & 2 ? 3000 : 0, _i & 4 ? 100000 : 0, 300 + (uint64_t)_i);
}
END_TEST

/* Frames come twice, and in another order. */
START_TEST(frames_are_mixed) {
    faults.duplicate = 100000;
    faults.reorder = 100000;
    faults.reorder_delay = 300 * VMTP_MICROSECOND;
    if (_i % 3 == 2)
        both(2, _i & 1 ? 50000 : 0);
    else
        run_of(40, _i & 1 ? 5000 : 0, _i & 2 ? 3000 : 0, _i & 4 ? 100000 : 0, 400 + (uint64_t)_i);
}
END_TEST

/* Some Responses are idempotent. */
START_TEST(some_are_idempotent) {
    idempotent = 1;
    run_of(40, _i & 1 ? 5000 : 0, 3000, 30000, 600 + (uint64_t)_i);
}
END_TEST

/* One of the two does not stream: it goes one by one. */
START_TEST(one_does_not_stream) {
    no_streams = 1 + _i % 2;
    run_of(30, _i & 2 ? 5000 : 0, _i & 4 ? 3000 : 0, _i & 8 ? 100000 : 0, 500 + (uint64_t)_i);
}
END_TEST

int main(void) {
    Suite *s = suite_create("streams between two engines");
    TCase *t = tcase_create("large");
    tcase_set_timeout(t, 300);
    tcase_add_loop_test(t, a_large_request_arrives, 0, 6);
    tcase_add_loop_test(t, a_large_response_arrives, 0, 6);
    tcase_add_loop_test(t, both_are_large, 0, 6);
    suite_add_tcase(s, t);
    t = tcase_create("run");
    tcase_set_timeout(t, 300);
    tcase_add_loop_test(t, a_run_is_executed_in_order, 0, 32);
    tcase_add_loop_test(t, a_run_is_answered_in_batches, 0, 8);
    tcase_add_loop_test(t, reports_are_late, 0, 24);
    tcase_add_loop_test(t, frames_are_mixed, 0, 24);
    tcase_add_loop_test(t, some_are_idempotent, 0, 8);
    tcase_add_loop_test(t, one_does_not_stream, 0, 16);
    suite_add_tcase(s, t);
    return run_suite(s);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* vmtp_host_stream_open and its kin. */
#include "support/host_net.h"
#include "wire_testing.h"

static struct net net;
static struct net_node *client, *server;

static vmtp_time in_time(vmtp_time duration) { return vmtp_sim_now(net.sim) + duration; }

static void setup(void) {
    net_begin(&net, 3);
    client = net_open(&net, 0);
    server = net_open(&net, 1);
    net_serve(server, 8, 64);
    server->serve = net_echo;
}

static void teardown(void) { net_end(&net); }

static vmtp_stream *open_stream(uint32_t depth) {
    vmtp_stream *stream;
    ck_assert_int_eq(vmtp_host_stream_open(client->host, &stream, server->entity, depth, 64, 64), 0);
    return stream;
}

static int send_one(vmtp_stream *stream, uint32_t number, int more) {
    struct vmtp_message m = {.code = 0x77};
    char text[16] = {0};
    m.words[0] = number;
    text[0] = (char)('a' + number % 26);
    return vmtp_host_stream_send(client->host, stream, &m, text, 1 + number % 8, more);
}

static void expect_one(vmtp_stream *stream, uint32_t number) {
    struct vmtp_event outcome;
    ck_assert_int_eq(vmtp_host_stream_next(client->host, stream, &outcome, in_time(VMTP_SECOND)), 0);
    ck_assert_uint_eq(outcome.message.words[0], number + 1);
    ck_assert_uint_eq(outcome.segment_size, 1 + number % 8);
    ck_assert_int_eq(*(const char *)outcome.segment, (char)('a' + number % 26));
}

START_TEST(what_comes_of_them_is_told_in_order) {
    vmtp_stream *stream = open_stream(6);
    uint32_t sent = 0;
    for (uint32_t told = 0; told < 40; told++) {
        while (sent < 40 && send_one(stream, sent, sent < 39) == 0)
            sent++;
        ck_assert_uint_le(sent, told + 6);
        expect_one(stream, told);
    }
    struct vmtp_event outcome;
    ck_assert_int_eq(vmtp_host_stream_next(client->host, stream, &outcome, VMTP_NEVER), VMTP_E_STALE);
    ck_assert_uint_eq(server->served, 40);
    vmtp_host_stream_end(client->host, stream);
}
END_TEST

START_TEST(a_run_that_was_ended_is_taken_before_the_next) {
    vmtp_stream *stream = open_stream(4);
    ck_assert_int_eq(send_one(stream, 0, 1), 0);
    ck_assert_int_eq(send_one(stream, 1, 0), 0);
    ck_assert_int_eq(send_one(stream, 2, 0), VMTP_E_IN_CALL);
    expect_one(stream, 0);
    expect_one(stream, 1);
    ck_assert_int_eq(send_one(stream, 2, 0), 0);
    expect_one(stream, 2);
    vmtp_host_stream_end(client->host, stream);
}
END_TEST

START_TEST(all_end_for_one_reason) {
    vmtp_stream *stream = open_stream(4);
    struct vmtp_event outcome;
    server->serve = NULL;
    for (uint32_t i = 0; i < 4; i++)
        ck_assert_int_eq(send_one(stream, i, 1), 0);
    ck_assert_int_eq(send_one(stream, 4, 1), VMTP_E_FULL);
    ck_assert_int_eq(vmtp_host_stream_next(client->host, stream, &outcome, in_time(VMTP_SECOND)), VMTP_E_TIMEOUT);
    net_run(&net, VMTP_SECOND);
    ck_assert_int_eq(vmtp_entity_delete(vmtp_host_engine(server->host), server->entity, in_time(0)), 0);
    for (uint32_t i = 0; i < 4; i++)
        ck_assert_int_gt(vmtp_host_stream_next(client->host, stream, &outcome, in_time(20 * VMTP_SECOND)), 0);
    vmtp_host_stream_end(client->host, stream);
}
END_TEST

START_TEST(it_ends_with_requests_open) {
    vmtp_stream *stream = open_stream(4), *other = open_stream(2);
    server->serve = NULL;
    for (uint32_t i = 0; i < 4; i++)
        ck_assert_int_eq(send_one(stream, i, 1), 0);
    ck_assert_int_eq(send_one(other, 0, 1), 0);
    net_run(&net, VMTP_SECOND); /* the server's host has been found */
    vmtp_host_stream_end(client->host, stream);
    vmtp_host_stream_end(client->host, NULL);
    struct vmtp_usage usage;
    vmtp_usage(vmtp_host_engine(client->host), &usage);
    ck_assert_uint_eq(usage.calls, 1);
    /* the other goes with the host */
}
END_TEST

START_TEST(bad_arguments) {
    vmtp_stream *stream = NULL;
    vmtp_host *h = client->host;
    ck_assert_int_eq(vmtp_host_stream_open(h, &stream, 0, 1, 0, 0), VMTP_E_INVALID);
    ck_assert_int_eq(vmtp_host_stream_open(h, &stream, VMTP_MANAGER_GROUP, 1, 0, 0), VMTP_E_INVALID);
    ck_assert_int_eq(vmtp_host_stream_open(h, &stream, server->entity, 0, 0, 0), VMTP_E_INVALID);
    ck_assert_int_eq(vmtp_host_stream_open(h, &stream, server->entity, 1, VMTP_MESSAGE_OCTETS + 1, 0), VMTP_E_TOO_LARGE);
    net.fail_at = net.allocations;
    ck_assert_int_eq(vmtp_host_stream_open(h, &stream, server->entity, 1, 0, 0), VMTP_E_MEMORY);
    ck_assert_ptr_null(stream);
    stream = open_stream(1);
    struct vmtp_message m = {.code = 0x77};
    char text[65] = {0};
    ck_assert_int_eq(vmtp_host_stream_send(h, stream, &m, text, 65, 0), VMTP_E_TOO_LARGE);
    ck_assert_int_eq(vmtp_host_stream_send(h, stream, &m, NULL, 1, 0), VMTP_E_INVALID);
    vmtp_host_stream_end(h, stream);
}
END_TEST

int main(void) {
    Suite *s = suite_create("host stream");
    TCase *t = tcase_create("stream");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, what_comes_of_them_is_told_in_order);
    tcase_add_test(t, a_run_that_was_ended_is_taken_before_the_next);
    tcase_add_test(t, all_end_for_one_reason);
    tcase_add_test(t, it_ends_with_requests_open);
    tcase_add_test(t, bad_arguments);
    suite_add_tcase(s, t);
    return run_suite(s);
}

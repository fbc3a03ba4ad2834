/* SPDX-License-Identifier: BSD-2-Clause */
/* test_locate.c - how the node of an entity is found, remembered and forgotten (spec/vmtp.md section 4.6). */
#include "support/serving.h"
#include "wire_testing.h"

#define NODE 0x0000000000def001ull /* the manager of the hand-made node */

static struct foreign f;
static vmtp_entity client;

static void setup(void) {
    foreign_open(&f, NULL);
    client = serve_entity(&f, NULL);
}

static void teardown(void) { foreign_close(&f); }

static void call(vmtp_entity server) {
    struct vmtp_request request = {.client = client, .deadline = VMTP_NEVER};
    vmtp_handle handle;
    request.message.server = server;
    request.message.code = 0x42;
    ck_assert_int_eq(vmtp_call(f.engine, &handle, &request, f.now), 0);
    foreign_collect(&f);
}

static struct vmtp_header expect_probe(void) {
    const struct packet *p = expect_packet(&f);
    uint8_t group[6];
    vmtp_group_mac(group, VMTP_MANAGER_GROUP);
    ck_assert_uint_eq(p->h.code, VMTP_PROBE_ENTITY);
    ck_assert_uint_eq(p->h.server, VMTP_MANAGER_GROUP);
    ck_assert_uint_eq(p->h.mpg, 1);
    ck_assert_uint_ne(p->h.client, client);
    ck_assert_mem_eq(p->dst, group, 6);
    ck_assert_uint_eq(packet_64(p, 36), FOREIGN_SERVER);
    ck_assert_uint_eq(packet_64(p, 44), FOREIGN_SERVER);
    for (unsigned at = 52; at < 64; at += 4)
        ck_assert_uint_eq(packet_32(p, at), 0);
    return foreign_response(p, NODE, VMTP_OK | VMTP_DGM);
}

/* The Request, sent to mac; the Response that it may get. */
static struct vmtp_header expect_request(const uint8_t mac[6]) {
    const struct packet *p = expect_packet(&f);
    ck_assert_uint_eq(p->h.function, VMTP_REQUEST);
    ck_assert_uint_eq(p->h.code, 0x42);
    ck_assert_uint_eq(p->h.client, client);
    ck_assert_uint_eq(p->h.server, FOREIGN_SERVER);
    ck_assert_mem_eq(p->dst, mac, 6);
    return foreign_response(p, FOREIGN_SERVER, VMTP_OK);
}

static void give(struct vmtp_header h, const uint8_t *mac) {
    f.src = mac;
    foreign_send(&f, &h, NULL, 0);
}

/* A whole call to where the server is known to be. */
static void call_directly(const uint8_t mac[6]) {
    call(FOREIGN_SERVER);
    give(expect_request(mac), mac);
    expect_silence(&f);
}

static void learn(void) { ck_assert_int_eq(vmtp_host_learn(f.engine, FOREIGN_SERVER, foreign_mac, f.now), 0); }

static uint32_t last_result(void) {
    unsigned count = foreign_event_count(&f, VMTP_EV_COMPLETE);
    ck_assert_uint_gt(count, 0);
    return foreign_event(&f, VMTP_EV_COMPLETE, count - 1)->result;
}

/* VMTP-4.6-01 VMTP-4.6-02 VMTP-10.2-02 VMTP-10.2-03 */
START_TEST(probe_then_request) {
    call(FOREIGN_SERVER);
    struct vmtp_header answer = expect_probe();
    expect_silence(&f); /* nothing more before the answer */
    give(answer, foreign_other_mac);
    give(expect_request(foreign_other_mac), foreign_other_mac);
    ck_assert_uint_eq(last_result(), 0);
    call_directly(foreign_other_mac);
    call_directly(foreign_other_mac);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_COMPLETE), 3);
    ck_assert_uint_eq(vmtp_counter(f.engine, VMTP_COUNT_PROBES), 1);
}
END_TEST

/* VMTP-4.6-03 */
START_TEST(response_tells_where_its_server_is) {
    learn();
    call(FOREIGN_SERVER);
    give(expect_request(foreign_mac), foreign_other_mac); /* it has another interface now */
    call_directly(foreign_other_mac);
}
END_TEST

/* VMTP-4.6-03 */
START_TEST(request_tells_where_its_client_is) {
    f.src = foreign_other_mac;
    serve_ask(&f, FOREIGN_SERVER, client, 1, 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 0, 0, 0), 0);
    expect_response(&f, 1, 0);
    call_directly(foreign_other_mac);
}
END_TEST

/* VMTP-4.6-04 */
START_TEST(forwarded_requests_tell_nothing) {
    struct vmtp_header h = foreign_request(FOREIGN_SERVER, client, 7, 1);
    uint8_t mac[6];
    h.forward = 1;
    if (_i)
        learn();
    give(h, foreign_other_mac);
    if (_i) {
        ck_assert_int_eq(vmtp_host_lookup(f.engine, FOREIGN_SERVER, mac, NULL), 0);
        ck_assert_mem_eq(mac, foreign_mac, 6);
    } else {
        ck_assert_int_eq(vmtp_host_lookup(f.engine, FOREIGN_SERVER, mac, NULL), VMTP_E_NO_ENTITY);
    }
}
END_TEST

/* VMTP-4.6-05 */
START_TEST(failure_makes_it_forgotten) {
    call(FOREIGN_SERVER);
    give(expect_probe(), foreign_mac);
    uint32_t transaction = expect_request(foreign_mac).transaction;
    struct vmtp_header nobody = foreign_notify_client(client, transaction, 0, VMTP_NONEXISTENT_ENTITY);
    if (_i)
        foreign_send(&f, &nobody, NULL, 0);
    else
        foreign_pass(&f, 5 * VMTP_SECOND);
    ck_assert_uint_eq(last_result(), _i ? VMTP_NONEXISTENT_ENTITY : VMTP_RETRANS_TIMEOUT);
    while (foreign_take(&f)) {
    }
    ck_assert_int_eq(vmtp_host_lookup(f.engine, FOREIGN_SERVER, NULL, NULL), VMTP_E_NO_ENTITY);
    call(FOREIGN_SERVER);
    expect_probe();
}
END_TEST

/* VMTP-4.6-06 */
START_TEST(entity_that_has_moved_is_found_again) {
    learn();
    call(FOREIGN_SERVER);
    struct vmtp_header response = expect_request(foreign_mac);
    f.src = foreign_mac;
    struct vmtp_header nobody = foreign_notify_client(client, response.transaction, 0, VMTP_NONEXISTENT_ENTITY);
    foreign_send(&f, &nobody, NULL, 0);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_COMPLETE), 0);
    give(expect_probe(), foreign_other_mac);
    response = expect_request(foreign_other_mac);
    f.src = foreign_mac; /* VMTP-7.5-11: it says so again, late */
    ck_assert_int_eq(foreign_send(&f, &nobody, NULL, 0), VMTP_COUNT_DROP_BAD_NOTIFY);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_COMPLETE), 0);
    f.src = foreign_other_mac;
    if (_i) { /* not there either: once more was enough */
        nobody = foreign_notify_client(client, response.transaction, 0, VMTP_NONEXISTENT_ENTITY);
        foreign_send(&f, &nobody, NULL, 0);
        ck_assert_uint_eq(last_result(), VMTP_NONEXISTENT_ENTITY);
        foreign_pass(&f, VMTP_SECOND);
        expect_silence(&f);
        return;
    }
    give(response, foreign_other_mac);
    ck_assert_uint_eq(last_result(), 0);
}
END_TEST

/* VMTP-4.6-06: found by a Probe of just now, but it was there: it may have moved, and its old node forgotten that */
START_TEST(entity_that_has_acknowledged_may_have_moved) {
    call(FOREIGN_SERVER);
    give(expect_probe(), foreign_mac);
    struct vmtp_header request = expect_request(foreign_mac);
    struct vmtp_header working = foreign_notify_client(client, request.transaction, 0, VMTP_OK);
    struct vmtp_header nobody = foreign_notify_client(client, request.transaction, 0, VMTP_NONEXISTENT_ENTITY);
    foreign_send(&f, &working, NULL, 0);
    foreign_send(&f, &nobody, NULL, 0);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_COMPLETE), 0);
    give(expect_probe(), foreign_other_mac);
    give(expect_request(foreign_other_mac), foreign_other_mac);
    ck_assert_uint_eq(last_result(), 0);
}
END_TEST

/* VMTP-4.6-06: it was there when it was looked for, but that is some time ago */
START_TEST(entity_may_have_moved_before_it_is_asked_again) {
    call(FOREIGN_SERVER);
    give(expect_probe(), foreign_mac);
    expect_request(foreign_mac);
    foreign_pass(&f, 230 * VMTP_MILLISECOND);
    struct vmtp_header request = expect_request(foreign_mac);
    struct vmtp_header nobody = foreign_notify_client(client, request.transaction, 0, VMTP_NONEXISTENT_ENTITY);
    foreign_send(&f, &nobody, NULL, 0);
    give(expect_probe(), foreign_mac);
    request = expect_request(foreign_mac); /* it has come back there */
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_COMPLETE), 0);
    foreign_send(&f, &nobody, NULL, 0); /* VMTP-7.5-11: or not, after all */
    ck_assert_uint_eq(last_result(), VMTP_NONEXISTENT_ENTITY);
}
END_TEST

/* VMTP-4.6-07 */
START_TEST(nobody_knows_the_entity) {
    call(FOREIGN_SERVER);
    foreign_pass(&f, 5 * VMTP_SECOND);
    ck_assert_uint_eq(last_result(), VMTP_RETRANS_TIMEOUT);
    for (unsigned i = 0; i < 6; i++)
        ck_assert_uint_eq(expect_probe().retransmit, i);
    expect_silence(&f);
}
END_TEST

/* VMTP-4.6-07 */
START_TEST(node_that_was_remembered_has_said_so) {
    learn();
    call(FOREIGN_SERVER);
    struct vmtp_header nobody = foreign_notify_client(client, expect_request(foreign_mac).transaction, 0,
                                                      VMTP_NONEXISTENT_ENTITY);
    foreign_send(&f, &nobody, NULL, 0);
    foreign_pass(&f, 5 * VMTP_SECOND); /* and no Probe finds it */
    ck_assert_uint_eq(last_result(), VMTP_NONEXISTENT_ENTITY);
}
END_TEST

/* VMTP-4.6-08 */
START_TEST(entities_of_the_same_node_need_no_frame) {
    vmtp_entity server = serve_entity(&f, NULL);
    call(server);
    ck_assert_uint_eq(serve_count(&f), 1);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 9, 0, 0), 0);
    ck_assert_uint_eq(last_result(), 0);
    foreign_pass(&f, 10 * VMTP_SECOND);
    expect_silence(&f);
}
END_TEST

/* VMTP-12-02 */
START_TEST(no_gap_is_asked_for) {
    call(FOREIGN_SERVER);
    ck_assert_uint_eq(expect_packet(&f)->h.gap, 0); /* the Probe */
    vmtp_host_learn(f.engine, FOREIGN_SERVER + 1, foreign_mac, f.now);
    ck_assert_int_eq(vmtp_entity_create(f.engine, &client, NULL, f.now), 0);
    call(FOREIGN_SERVER + 1);
    ck_assert_uint_eq(expect_packet(&f)->h.gap, 0);
    serve_ask(&f, FOREIGN_CLIENT, 0x777, 1, 0);
    ck_assert_uint_eq(expect_packet(&f)->h.gap, 0); /* the Notify */
}
END_TEST

int main(void) {
    Suite *s = suite_create("locate");
    TCase *t = tcase_create("locate");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, probe_then_request);
    tcase_add_test(t, response_tells_where_its_server_is);
    tcase_add_test(t, request_tells_where_its_client_is);
    tcase_add_loop_test(t, forwarded_requests_tell_nothing, 0, 2);
    tcase_add_loop_test(t, failure_makes_it_forgotten, 0, 2);
    tcase_add_loop_test(t, entity_that_has_moved_is_found_again, 0, 2);
    tcase_add_test(t, entity_that_has_acknowledged_may_have_moved);
    tcase_add_test(t, entity_may_have_moved_before_it_is_asked_again);
    tcase_add_test(t, nobody_knows_the_entity);
    tcase_add_test(t, node_that_was_remembered_has_said_so);
    tcase_add_test(t, entities_of_the_same_node_need_no_frame);
    tcase_add_test(t, no_gap_is_asked_for);
    suite_add_tcase(s, t);
    return run_suite(s);
}

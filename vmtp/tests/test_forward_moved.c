/* SPDX-License-Identifier: BSD-2-Clause */
/* test_forward_moved.c - forwarded Requests whose Clients live elsewhere than it is remembered (spec/vmtp.md 13.5, 13.11). */
#include "support/calling.h"
#include "support/serving.h"
#include "wire_testing.h"

#define A FOREIGN_CLIENT
#define T 7u
#define NEXT FOREIGN_SERVER

static struct foreign f, g; /* the server's node, another one */
static vmtp_entity server;
static const uint8_t third_mac[6] = {2, 0, 0, 0, 0, 0x33}, g_mac[6] = {2, 0, 0, 0, 0, 9};

static void setup(void) {
    struct vmtp_config config;
    foreign_open(&f, NULL);
    foreign_config(&config);
    memcpy(config.mac, g_mac, 6);
    config.block = 0x200000;
    foreign_open(&g, &config);
    server = serve_entity(&f, NULL);
    ck_assert_int_eq(vmtp_host_learn(f.engine, A, foreign_mac, f.now), 0);
    ck_assert_int_eq(vmtp_host_learn(f.engine, NEXT, foreign_other_mac, f.now), 0);
}

static void teardown(void) {
    foreign_close(&f);
    foreign_close(&g);
}

static int give(struct foreign *node, const uint8_t *from, const struct vmtp_header *h) {
    node->src = from;
    int result = foreign_send(node, h, NULL, 0);
    node->src = foreign_mac;
    return result;
}

/* Of client, by somebody who has passed it on. */
static int passed(vmtp_entity client, uint32_t transaction, uint32_t flags) {
    struct vmtp_header h = foreign_request(client, server, transaction, 0x99);
    h.forward = 1;
    h.flags = flags;
    return give(&f, foreign_other_mac, &h);
}

static void moves(vmtp_entity who, struct foreign *from, struct foreign *to) {
    static uint8_t form[65536];
    size_t used;
    uint32_t lent;
    vmtp_entity id;
    ck_assert_int_eq(vmtp_entity_export(from->engine, who, form, sizeof form, &used, from->now), 0);
    foreign_collect(from);
    ck_assert_int_eq(vmtp_entity_import(to->engine, form, used, &id, &lent, to->now), 0);
    foreign_collect(to);
}

/* ---- the forwarder ---- */

/* Request T of A, with this ForwardCount, goes on to NEXT, which answers the forwarder code, and A hears nothing of that. */
static void pass_on_in_vain(unsigned forward, uint32_t code) {
    struct vmtp_forward w = {.message = {.server = NEXT, .code = 0x321}};
    struct vmtp_header told = foreign_notify_forwarder(A, T, (uint8_t)(forward + 1), 0, code);
    ck_assert_int_eq(forward ? passed(A, T, VMTP_APG) : serve_ask(&f, A, server, T, 0), 0);
    ck_assert_int_eq(vmtp_forward(f.engine, serve_last(&f)->handle, &w, f.now), 0);
    foreign_collect(&f);
    ck_assert_int_eq(give(&f, foreign_other_mac, &told), 0);
    call_forget_packets(&f);
}

/* VMTP-13.5-26 VMTP-13.5-11: the next server is not asked any more, nor is what it said forgotten while anybody asks */
START_TEST(client_that_did_not_hear_why_is_told_again) {
    static const uint32_t codes[] = {VMTP_RESPONSE_DISCARDED, VMTP_NOT_AWAITING_MSG, 0x123456};
    pass_on_in_vain(0, codes[_i]);
    for (unsigned i = 0; i < 4; i++) {
        foreign_pass(&f, 3 * VMTP_SECOND);
        ck_assert_int_eq(serve_ask_again(&f, A, server, T, VMTP_APG), VMTP_COUNT_DROP_DUPLICATE);
        expect_nvc(&f, A, T, codes[_i]);
        expect_silence(&f);
    }
    ck_assert_uint_eq(serve_count(&f), 1);
    struct vmtp_usage usage;
    foreign_pass(&f, 6 * VMTP_SECOND);
    vmtp_usage(f.engine, &usage);
    ck_assert_uint_eq(usage.remote_clients, 0);
}
END_TEST

/* VMTP-13.5-26: it may hear where the Client is not heard, since who asks it knows that */
START_TEST(forwarder_before_it_is_told_as_well) {
    pass_on_in_vain(1, VMTP_RESPONSE_DISCARDED);
    ck_assert_int_eq(passed(A, T, VMTP_APG), VMTP_COUNT_DROP_DUPLICATE);
    const struct packet *p = expect_remote_nvc(&f, A, T, VMTP_RESPONSE_DISCARDED);
    ck_assert_mem_eq(p->dst, foreign_other_mac, 6);
    ck_assert_uint_eq((packet_32(p, 44) >> 16) & 15u, 1);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.5-26 VMTP-13.5-09: also from its new node */
START_TEST(reason_goes_along) {
    pass_on_in_vain(0, VMTP_NOT_AWAITING_MSG);
    moves(server, &f, &g);
    struct vmtp_header h = foreign_management(1, VMTP_GET_REQUEST_FORWARDER, 0);
    header_set_64(&h, 44, A);
    h.client = FOREIGN_OTHER_CLIENT;
    ck_assert_int_eq(give(&g, foreign_mac, &h), 0);
    ck_assert_uint_eq(packet_64(expect_response(&g, 1, VMTP_OK), 36), server);
    serve_accepts(&g, server, 1, 0);
    ck_assert_int_eq(serve_ask_again(&g, A, server, T, VMTP_APG), VMTP_COUNT_DROP_DUPLICATE);
    expect_nvc(&g, A, T, VMTP_NOT_AWAITING_MSG);
    expect_silence(&g);
    ck_assert_uint_eq(serve_count(&g), 0);
}
END_TEST

/* ---- the next server ---- */

static void expect_answer(const uint8_t *where) { ck_assert_mem_eq(expect_response(&f, T, 5)->dst, where, 6); }

/* It looks for A, which is at the node with this address. */
static void answer_probe(const uint8_t *where) {
    const struct packet *p = expect_packet(&f);
    ck_assert_uint_eq(p->h.code, VMTP_PROBE_ENTITY);
    ck_assert_uint_eq(p->h.mpg, 1);
    ck_assert_uint_eq(packet_64(p, 44), A);
    struct vmtp_header h = foreign_response(p, 0xabc01, VMTP_OK | VMTP_DGM);
    header_set_32(&h, 36, T);
    ck_assert_int_eq(give(&f, where, &h), 0);
}

/* Answered with so many octets, where A was thought to live. */
static void answered(uint32_t size) {
    ck_assert_int_eq(passed(A, T, 0), 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 5, size, 0), 0);
    ck_assert_mem_eq(expect_response(&f, T, 5)->dst, foreign_mac, 6);
    call_forget_packets(&f);
}

/* VMTP-13.5-27 VMTP-13.5-13 */
START_TEST(forwarder_that_asks_again_has_the_client_looked_for) {
    uint32_t size = _i & 1 ? 700 : 0;
    const uint8_t *where = _i & 2 ? third_mac : foreign_mac;
    answered(size);
    ck_assert_int_eq(passed(A, T, VMTP_APG), VMTP_COUNT_DROP_DUPLICATE);
    const struct packet *p;
    unsigned probes = 0, acknowledged = 0, responses = 0;
    struct packet probe;
    while ((p = foreign_take(&f)) != NULL) {
        if (p->h.code == VMTP_PROBE_ENTITY) {
            probe = *p;
            probes++;
        }
        responses += p->h.function == VMTP_RESPONSE && memcmp(p->dst, foreign_mac, 6) == 0;
        acknowledged += p->h.code == VMTP_NOTIFY_REMOTE_VMTP_CLIENT && packet_32(p, 60) == VMTP_OK;
    }
    ck_assert_uint_eq(probes, 1);
    ck_assert_uint_eq(acknowledged, 1);
    ck_assert_uint_eq(responses, 1);
    ck_assert_uint_eq(probe.h.mpg, 1);
    struct vmtp_header h = foreign_response(&probe, 0xabc01, VMTP_OK | VMTP_DGM);
    header_set_32(&h, 36, T);
    ck_assert_int_eq(give(&f, where, &h), 0);
    if (_i & 2)
        expect_answer(third_mac); /* else it has it */
    expect_silence(&f);
    ck_assert_uint_eq(serve_count(&f), 1);
}
END_TEST

/* VMTP-13.5-27 VMTP-8.3-05: what has not been sent yet has not gone astray */
START_TEST(response_on_its_way_is_not_doubted) {
    ck_assert_int_eq(passed(A, T, 0), 0);
    f.stuck = 1;
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 5, 700, 0), 0);
    ck_assert_int_eq(passed(A, T, VMTP_APG), VMTP_COUNT_DROP_DUPLICATE);
    f.stuck = 0;
    foreign_collect(&f);
    expect_remote_nvc(&f, A, T, VMTP_OK);
    expect_answer(foreign_mac);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.5-28: it had moved long before, and the node where it was has forgotten that */
START_TEST(client_is_not_where_it_was_remembered) {
    struct vmtp_header h = foreign_notify_server(server, A, T, 0, VMTP_NONEXISTENT_ENTITY);
    answered(_i ? 700 : 0);
    ck_assert_int_eq(give(&f, foreign_mac, &h), 0);
    answer_probe(third_mac);
    expect_answer(third_mac);
    expect_silence(&f);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RELEASED), 0);
}
END_TEST

/* VMTP-8.6-02 VMTP-13.5-28: a Client that asked itself was where it asked from */
START_TEST(client_that_asked_itself_is_gone) {
    struct vmtp_header h = foreign_notify_server(server, A, T, 0, VMTP_NONEXISTENT_ENTITY);
    ck_assert_int_eq(serve_ask(&f, A, server, T, 0), 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 5, 700, 0), 0);
    call_forget_packets(&f);
    ck_assert_int_eq(give(&f, foreign_mac, &h), 0);
    expect_silence(&f);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RELEASED), 1);
}
END_TEST

/* VMTP-13.5-17 VMTP-13.11-10: its Client has come to live beside the server, and goes on there with its call */
START_TEST(client_has_come_here) {
    int before = _i & 1;
    uint32_t size = _i & 2 ? 700 : 0;
    vmtp_entity client = call_entity(&g);
    struct vmtp_header asked = call_sent(&g, client, 0);
    ck_assert_int_eq(vmtp_host_learn(f.engine, client, g_mac, f.now), 0);
    ck_assert_int_eq(passed(client, asked.transaction, 0), 0);
    if (!before) {
        ck_assert_int_eq(serve_reply(&f, serve_last(&f), 5, size, 0), 0);
        ck_assert_mem_eq(expect_response(&f, asked.transaction, 5)->dst, g_mac, 6);
    }
    moves(client, &g, &f);
    struct vmtp_request r = call_request(client, 0);
    r.flags = VMTP_CALL_RESUME;
    call_start(&f, &r);
    call_forget_packets(&f);
    if (before)
        ck_assert_int_eq(serve_reply(&f, serve_last(&f), 5, size, 0), 0);
    else
        ck_assert_int_eq(passed(client, asked.transaction, VMTP_APG), VMTP_COUNT_DROP_DUPLICATE);
    const struct vmtp_event *end = call_result(&f, 0);
    ck_assert_uint_eq(end->message.code & VMTP_CODE_MASK, 5);
    ck_assert_uint_eq(end->segment_size, size);
    ck_assert_mem_eq(calling_area, serving_segment, size);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RELEASED), size != 0);
    if (!before)
        expect_remote_nvc(&f, client, asked.transaction, VMTP_OK);
    expect_silence(&f);
    ck_assert_uint_eq(serve_count(&f), 1);
}
END_TEST

int main(void) {
    Suite *s = suite_create("forward_moved");
    TCase *t = tcase_create("forward_moved");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, client_that_did_not_hear_why_is_told_again, 0, 3);
    tcase_add_test(t, forwarder_before_it_is_told_as_well);
    tcase_add_test(t, reason_goes_along);
    tcase_add_loop_test(t, forwarder_that_asks_again_has_the_client_looked_for, 0, 4);
    tcase_add_test(t, response_on_its_way_is_not_doubted);
    tcase_add_loop_test(t, client_is_not_where_it_was_remembered, 0, 2);
    tcase_add_test(t, client_that_asked_itself_is_gone);
    tcase_add_loop_test(t, client_has_come_here, 0, 4);
    suite_add_tcase(s, t);
    return run_suite(s);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* test_forward_next.c - who gets a Request that somebody has passed on, and its Client (spec/vmtp.md section 13.5). */
#include "support/calling.h"
#include "support/serving.h"
#include "wire_testing.h"

#define A FOREIGN_CLIENT
#define MS VMTP_MILLISECOND

static struct foreign f;
static vmtp_entity server;

static void setup(void) {
    foreign_open(&f, NULL);
    server = serve_entity(&f, NULL);
    f.src = foreign_other_mac; /* the forwarder */
}

static void teardown(void) { foreign_close(&f); }

static void client_is_known(void) { ck_assert_int_eq(vmtp_host_learn(f.engine, A, foreign_mac, f.now), 0); }

static int ask_blocks(uint32_t size, uint32_t blocks, uint32_t flags) {
    struct vmtp_header h = size ? foreign_segment_request(A, server, 7, size) : foreign_request(A, server, 7, 1);
    uint32_t octets = vmtp_blocks_octets(blocks, size);
    h.forward = 2;
    h.flags = flags;
    h.delivery = blocks;
    return foreign_send(&f, &h, serving_segment, octets);
}

static const struct packet *expect_at_forwarder(uint32_t code) {
    const struct packet *p = expect_remote_nvc(&f, A, 7, code);
    ck_assert_mem_eq(p->dst, foreign_other_mac, 6);
    ck_assert_uint_eq((packet_32(p, 44) >> 16) & 15u, 2); /* ForwardCount: VMTP-13.5-19 */
    return p;
}

/* ---- the next server ---- */

/* VMTP-13.5-04 */
START_TEST(client_found_by_cache_record_or_probe) {
    if (_i == 0)
        client_is_known();
    if (_i == 1) { /* it spoke to us itself, before */
        f.src = foreign_mac;
        serve_ask(&f, A, server, 6, 0);
        ck_assert_int_eq(serve_reply(&f, serve_last(&f), 1, 0, 0), 0);
        expect_response(&f, 6, 1);
        vmtp_host_forget(f.engine, A);
        f.src = foreign_other_mac;
    }
    ck_assert_int_eq(ask_blocks(0, 0, 0), 0);
    if (_i == 2) {
        const struct packet *p = expect_packet(&f);
        ck_assert_uint_eq(p->h.code, VMTP_PROBE_ENTITY);
        ck_assert_uint_eq(p->h.mpg, 1);
        struct vmtp_header h = foreign_response(p, 0xabc01, VMTP_OK | VMTP_DGM);
        header_set_32(&h, 36, 7);
        f.src = foreign_mac;
        foreign_send(&f, &h, NULL, 0);
    }
    ck_assert_uint_eq(serve_last(&f)->transaction, 7);
    ck_assert_uint_eq(serve_last(&f)->forward_count, 2);
    ck_assert_mem_eq(serve_last(&f)->source, foreign_other_mac, 6);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 5, 0, 0), 0);
    const struct packet *p = expect_response(&f, 7, 5);
    ck_assert_mem_eq(p->dst, foreign_mac, 6);
    ck_assert_uint_eq(p->h.forward, 2);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.5-04: also where an entity may have lived before, the forwarder is not who is probed */
START_TEST(stable_entity_probes_the_client_by_multicast) {
    struct vmtp_entity_options options = {.id = FOREIGN_SERVER};
    server = serve_entity(&f, &options);
    client_is_known();
    ck_assert_int_eq(ask_blocks(0, 0, 0), 0);
    const struct packet *p = expect_packet(&f);
    ck_assert_uint_eq(p->h.code, VMTP_PROBE_ENTITY);
    ck_assert_uint_eq(p->h.mpg, 1);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.5-05 VMTP-5.2-01 */
START_TEST(forwarder_is_told_what_there_is_to_tell) {
    client_is_known();
    ck_assert_int_eq(ask_blocks(2048, 0x3, VMTP_APG), 0);
    expect_silence(&f);
    foreign_pass(&f, 21 * MS); /* TS1 */
    ck_assert_uint_eq(packet_32(expect_at_forwarder(VMTP_RETRY), 56), 0x3);
    ck_assert_int_eq(ask_blocks(2048, 0, VMTP_APG), 0); /* no data: at once */
    ck_assert_uint_eq(packet_32(expect_at_forwarder(VMTP_RETRY), 56), 0x3);
    if (_i) {
        foreign_pass(&f, 5 * VMTP_SECOND);
        const struct packet *p;
        while ((p = expect_packet(&f))->h.code == VMTP_NOTIFY_REMOTE_VMTP_CLIENT && packet_32(p, 60) == VMTP_RETRY) {
        }
        ck_assert_uint_eq(p->h.code, VMTP_NOTIFY_REMOTE_VMTP_CLIENT);
        ck_assert_uint_eq(packet_32(p, 60), VMTP_TOO_MANY_RETRIES);
        ck_assert_mem_eq(p->dst, foreign_other_mac, 6);
        expect_silence(&f);
        return;
    }
    ck_assert_int_eq(ask_blocks(2048, 0xc, 0), 0);
    ck_assert_uint_eq(packet_32(expect_at_forwarder(VMTP_OK), 56), 0xf);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.5-05 */
START_TEST(forwarder_is_told_why_not) {
    client_is_known();
    if (_i == 0)
        ck_assert_int_eq(vmtp_entity_delete(f.engine, server, f.now), 0);
    else
        for (uint32_t i = 0; i < 8; i++) /* no accepts are left */
            serve_ask(&f, FOREIGN_OTHER_CLIENT + i, server, 1, 0);
    foreign_forget(&f);
    ask_blocks(0, 0, VMTP_APG);
    expect_at_forwarder(_i ? VMTP_BUSY : VMTP_NONEXISTENT_ENTITY);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.5-13 VMTP-13.5-05 */
START_TEST(repeated_response_is_told_to_the_forwarder) {
    uint32_t size = _i ? 2048 : 0;
    client_is_known();
    ask_blocks(0, 0, VMTP_APG);
    expect_at_forwarder(VMTP_OK);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 5, size, 0), 0);
    foreign_forget(&f);
    ask_blocks(0, 0, 0);
    ck_assert_mem_eq(expect_response(&f, 7, 5)->dst, foreign_mac, 6);
    expect_silence(&f);
    ask_blocks(0, 0, VMTP_APG);
    if (_i) /* single packets are sent before groups */
        expect_at_forwarder(VMTP_OK);
    ck_assert_mem_eq(expect_response(&f, 7, 5)->dst, foreign_mac, 6);
    if (!_i)
        expect_at_forwarder(VMTP_OK);
    ck_assert_uint_eq(expect_packet(&f)->h.code, VMTP_PROBE_ENTITY); /* it may be elsewhere: VMTP-13.5-27 */
    expect_silence(&f);
    if (!_i)
        return;
    struct vmtp_header h = foreign_notify_server(server, A, 7, 0xf, VMTP_OK);
    f.src = foreign_mac; /* the client acknowledges to who answered it */
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RELEASED), 1);
    f.src = foreign_other_mac;
    ask_blocks(0, 0, VMTP_APG);
    expect_at_forwarder(VMTP_RESPONSE_DISCARDED);
    h.code = VMTP_NOTIFY_VMTP_SERVER; /* and what the Client asks it is told itself */
    header_set_32(&h, 60, VMTP_RETRY);
    f.src = foreign_mac;
    foreign_send(&f, &h, NULL, 0);
    ck_assert_mem_eq(expect_nvc(&f, A, 7, VMTP_RESPONSE_DISCARDED)->dst, foreign_mac, 6);
}
END_TEST

/* VMTP-13.5-14 */
START_TEST(response_to_a_forwarded_request_is_kept) {
    client_is_known();
    ask_blocks(0, 0, 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 5 | VMTP_DGM, 0, 0), 0);
    ck_assert_uint_eq(expect_response(&f, 7, 5)->h.code, 5);
    ask_blocks(0, 0, 0);
    expect_response(&f, 7, 5);
    ck_assert_uint_eq(serve_count(&f), 1);
}
END_TEST

/* VMTP-13.5-03 */
START_TEST(client_s_own_duplicate_is_one_though_its_count_is_lower) {
    client_is_known();
    ask_blocks(0, 0, 0);
    f.src = foreign_mac;
    ck_assert_int_eq(serve_ask_again(&f, A, server, 7, 0), VMTP_COUNT_DROP_OLD_FORWARD);
    expect_silence(&f);
    ck_assert_int_eq(serve_ask_again(&f, A, server, 7, VMTP_APG), VMTP_COUNT_DROP_DUPLICATE);
    expect_nvc(&f, A, 7, VMTP_OK);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 5, 0, 0), 0);
    expect_response(&f, 7, 5);
    serve_ask_again(&f, A, server, 7, VMTP_APG);
    expect_response(&f, 7, 5);
    expect_silence(&f);
    ck_assert_uint_eq(serve_count(&f), 1);
}
END_TEST

/* VMTP-13.5-20 */
START_TEST(manager_does_not_take_forwarded_requests) {
    struct vmtp_header h = foreign_management(7, VMTP_QUERY_VMTP_NODE, 0);
    h.forward = 2;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), VMTP_COUNT_DROP_MANAGEMENT);
    expect_at_forwarder(VMTP_ERROR);
    f.multicast = 1;
    header_set_64(&h, 36, VMTP_MANAGER_GROUP);
    foreign_send(&f, &h, NULL, 0);
    expect_silence(&f);
}
END_TEST

/* ---- the Client is here ---- */

static struct vmtp_header called(void) {
    vmtp_entity client = call_entity(&f);
    f.src = foreign_mac;
    return call_sent(&f, client, 0);
}

static struct vmtp_header came_home(const struct vmtp_header *asked) {
    struct vmtp_header h = foreign_request(asked->client, server, asked->transaction, 0x99);
    h.forward = 1;
    h.flags = VMTP_APG;
    f.src = foreign_other_mac;
    return h;
}

/* VMTP-13.5-17 VMTP-2.1-05 */
START_TEST(request_that_comes_home_is_answered_without_a_frame) {
    struct vmtp_header asked = called(), h = came_home(&asked);
    uint32_t size = _i ? 2048 : 0;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    ck_assert_uint_eq(serve_count(&f), 1);
    ck_assert_mem_eq(expect_remote_nvc(&f, asked.client, asked.transaction, VMTP_OK)->dst, foreign_other_mac, 6);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 5, size, 0), 0);
    expect_silence(&f);
    const struct vmtp_event *end = call_result(&f, 0);
    ck_assert_uint_eq(end->message.server, server);
    ck_assert_uint_eq(end->message.code & VMTP_CODE_MASK, 5);
    ck_assert_uint_eq(end->segment_size, size);
    ck_assert_mem_eq(calling_area, serving_segment, size);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RELEASED), (unsigned)_i);
    foreign_send(&f, &h, NULL, 0); /* over: it is ours, and asks for nothing that is outstanding */
    expect_silence(&f);
    ck_assert_uint_eq(serve_count(&f), 1);
    foreign_pass(&f, VMTP_SECOND);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.5-17 */
START_TEST(request_of_no_outstanding_call_does_not_come_home) {
    struct vmtp_header asked = called(), h = came_home(&asked);
    if (_i == 0)
        h.transaction--;
    else if (_i == 1)
        h.forward = 0;
    else
        h.client = server;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), VMTP_COUNT_DROP_OWN);
    ck_assert_uint_eq(serve_count(&f), 0);
    expect_silence(&f);
    call_goes_on(&f);
}
END_TEST

/* VMTP-13.5-17: the Client has gone on meanwhile */
START_TEST(late_reply_at_home_goes_nowhere) {
    struct vmtp_header asked = called(), h = came_home(&asked);
    foreign_send(&f, &h, NULL, 0);
    struct vmtp_event request = *serve_last(&f);
    f.src = foreign_mac;
    struct vmtp_header r = call_response(&asked, 0);
    ck_assert_int_eq(call_give_blocks(&f, &r, calling_response, 0, 0), 0);
    call_result(&f, 0);
    foreign_forget(&f);
    if (_i)
        ck_assert_int_eq(vmtp_entity_delete(f.engine, asked.client, f.now), 0);
    ck_assert_int_eq(serve_reply(&f, &request, 1, 1024, 0), 0);
    expect_silence(&f);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RELEASED), 1);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_COMPLETE), 0);
}
END_TEST

/* ---- the Client ---- */

/* VMTP-13.5-08 VMTP-7.4-06 */
START_TEST(client_acknowledges_to_who_answers) {
    struct vmtp_header asked = called(), h = call_response(&asked, 1024);
    h.server = FOREIGN_SERVER + 1;
    h.forward = 1;
    f.src = foreign_other_mac;
    ck_assert_int_eq(call_give_blocks(&f, &h, calling_response, 3, VMTP_APG), 0);
    call_result(&f, 0);
    const struct packet *p = expect_nvs(&f, FOREIGN_SERVER + 1, asked.transaction, VMTP_OK);
    ck_assert_mem_eq(p->dst, foreign_other_mac, 6);
    expect_silence(&f);
    uint8_t mac[6];
    ck_assert_int_eq(vmtp_host_lookup(f.engine, FOREIGN_SERVER + 1, mac, NULL), 0);
    ck_assert_mem_eq(mac, foreign_other_mac, 6);
    ck_assert_int_eq(vmtp_host_lookup(f.engine, FOREIGN_SERVER, mac, NULL), 0);
    ck_assert_mem_eq(mac, foreign_mac, 6);
}
END_TEST

/* VMTP-13.5-08: missing blocks are asked of it, too */
START_TEST(client_asks_who_answers_for_blocks) {
    struct vmtp_header asked = called(), h = call_response(&asked, 1024);
    h.server = FOREIGN_SERVER + 1;
    h.forward = 1;
    f.src = foreign_other_mac;
    ck_assert_int_eq(call_give_blocks(&f, &h, calling_response, 1, 0), 0);
    foreign_pass(&f, 22 * MS);
    const struct packet *p = expect_nvs(&f, FOREIGN_SERVER + 1, asked.transaction, VMTP_RETRY);
    ck_assert_mem_eq(p->dst, foreign_other_mac, 6);
    ck_assert_uint_eq(packet_32(p, 56), 1);
}
END_TEST

int main(void) {
    Suite *s = suite_create("forward_next");
    TCase *t = tcase_create("forward_next");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, client_found_by_cache_record_or_probe, 0, 3);
    tcase_add_test(t, stable_entity_probes_the_client_by_multicast);
    tcase_add_loop_test(t, forwarder_is_told_what_there_is_to_tell, 0, 2);
    tcase_add_loop_test(t, forwarder_is_told_why_not, 0, 2);
    tcase_add_loop_test(t, repeated_response_is_told_to_the_forwarder, 0, 2);
    tcase_add_test(t, response_to_a_forwarded_request_is_kept);
    tcase_add_test(t, client_s_own_duplicate_is_one_though_its_count_is_lower);
    tcase_add_test(t, manager_does_not_take_forwarded_requests);
    tcase_add_loop_test(t, request_that_comes_home_is_answered_without_a_frame, 0, 2);
    tcase_add_loop_test(t, request_of_no_outstanding_call_does_not_come_home, 0, 3);
    tcase_add_loop_test(t, late_reply_at_home_goes_nowhere, 0, 2);
    tcase_add_test(t, client_acknowledges_to_who_answers);
    tcase_add_test(t, client_asks_who_answers_for_blocks);
    suite_add_tcase(s, t);
    return run_suite(s);
}

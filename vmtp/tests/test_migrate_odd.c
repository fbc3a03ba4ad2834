/* SPDX-License-Identifier: BSD-2-Clause */
/* test_migrate_odd.c - entities that leave and come at odd moments, and peers that lie about them (spec/vmtp.md section 13.11). */

#include "support/calling.h"
#include "support/serving.h"
#include "wire_testing.h"

#define A FOREIGN_CLIENT
#define MS VMTP_MILLISECOND

/* Places in the form of section 13.11. */
#define FORM_FIRST 64u
#define FORM_STATE (FORM_FIRST + 12u)
#define FORM_FORWARD (FORM_FIRST + 13u)
#define FORM_CODE (FORM_FIRST + 24u)
#define FORM_ONWARD (FORM_FIRST + 56u)
#define FORWARDED 5u
#define REFUSED 7u

static struct foreign f, g; /* the old node, the new one */
static uint8_t form[65536];
static size_t used;
static vmtp_entity moved;
static uint32_t lent;

static void setup(void) {
    struct vmtp_config config;
    foreign_open(&f, NULL);
    foreign_config(&config);
    config.mac[5] = 9;
    config.block = 0x200000;
    foreign_open(&g, &config);
}

static void teardown(void) {
    foreign_close(&f);
    foreign_close(&g);
}

static void leave(struct foreign *node, vmtp_entity id) {
    ck_assert_int_eq(vmtp_entity_export(node->engine, id, form, sizeof form, &used, node->now), 0);
    foreign_collect(node);
}

static int arrive(struct foreign *node) {
    int result = vmtp_entity_import(node->engine, form, used, &moved, &lent, node->now);
    foreign_collect(node);
    return result;
}

static void nothing_is_left(struct foreign *node) {
    struct vmtp_usage usage;
    foreign_pass(node, 30 * VMTP_SECOND);
    vmtp_usage(node->engine, &usage);
    ck_assert_uint_eq(usage.remote_clients + usage.requests + usage.calls + usage.events + usage.runs, 0);
}

/* ---- leaving ---- */

/* VMTP-13.11-04 VMTP-13.3-33: one call of a run has its Response already, but a packet of the one before it is still out */
START_TEST(answered_calls_of_a_run_end_when_their_client_leaves) {
    vmtp_entity client = call_entity(&f);
    struct vmtp_request r = call_request(client, 0);
    struct vmtp_header sent[3];
    struct vmtp_tx tx[3];
    vmtp_handle handle;
    r.flags = VMTP_CALL_MORE;
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(vmtp_call(f.engine, &handle, &r, f.now), 0);
    for (unsigned i = 0; i < 3; i++) {
        uint8_t raw[VMTP_MAX_PACKET];
        ck_assert_int_eq(vmtp_output(f.engine, &tx[i], f.now), 1);
        vmtp_tx_gather(&tx[i], raw);
        vmtp_header_decode(&sent[i], raw);
    }
    for (unsigned i = 0; i < 2; i++) {
        struct vmtp_header answer = call_response(&sent[i], 0);
        answer.flags = sent[i].flags & (VMTP_NSR | VMTP_NER);
        foreign_send(&f, &answer, NULL, 0);
    }
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_COMPLETE), 0);
    leave(&f, client);
    for (unsigned i = 0; i < 3; i++)
        vmtp_tx_result(f.engine, &tx[i], VMTP_TX_SENT, f.now);
    foreign_collect(&f);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_COMPLETE), 3);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_uint_eq(foreign_event(&f, VMTP_EV_COMPLETE, i)->result, i < 2 ? 0u : VMTP_MIGRATED);
    nothing_is_left(&f);
}
END_TEST

/* VMTP-13.11-05 VMTP-13.1-03: the others of its group are not asked again */
START_TEST(member_leaves_with_a_request_of_a_client_here) {
    vmtp_entity leaving = serve_entity(&f, NULL), staying = serve_entity(&f, NULL), client = call_entity(&f);
    vmtp_entity members[2] = {leaving, staying}, group;
    struct vmtp_request r = call_request(client, 0);
    ck_assert_int_eq(vmtp_group_create(f.engine, &group, leaving, 1), 0);
    ck_assert_int_eq(vmtp_group_join(f.engine, group, staying, 0), 0);
    foreign_collect(&f);
    r.message.server = group;
    r.deadline = f.now + VMTP_SECOND;
    if (_i > 0) {
        r.message.code |= VMTP_MRD;
        r.response_slots = 2;
        r.response_size = 64;
    }
    if (_i > 1) {
        r.flags = VMTP_CALL_RELIABLE;
        r.members = members;
        r.member_count = 2;
    }
    call_start(&f, &r);
    ck_assert_uint_eq(serve_count(&f), 2);
    const struct vmtp_event *mine = foreign_event(&f, VMTP_EV_REQUEST, 1);
    ck_assert_uint_eq(mine->entity, staying);
    leave(&f, leaving);
    foreign_pass(&f, 100 * MS);
    ck_assert_uint_eq(serve_count(&f), 2);
    ck_assert_int_eq(serve_reply(&f, mine, 5, 0, 0), 0);
    foreign_pass(&f, 2 * VMTP_SECOND);
    const struct vmtp_event *end = foreign_event(&f, VMTP_EV_COMPLETE, 0);
    ck_assert_ptr_nonnull(end);
    ck_assert_uint_eq(end->result == 0, _i < 2);
    ck_assert_uint_eq(end->number, _i > 0);
    nothing_is_left(&f);
}
END_TEST

/* ---- coming ---- */

/* VMTP-13.11-12: what no Request can have been forwarded to, and how often none can have been */
START_TEST(forms_of_forwarded_requests_are_looked_at) {
    static const vmtp_entity groups[] = {VMTP_MANAGER_GROUP, VMTP_ID_GRP | 0xabcd00};
    vmtp_entity server = serve_entity(&f, NULL);
    serve_ask(&f, A, server, 7, 0);
    leave(&f, server);
    form[FORM_STATE] = FORWARDED;
    form[FORM_FORWARD] = _i == 2 ? 15 : 14;
    vmtp_store64(form + FORM_ONWARD, _i < 2 ? groups[_i] : FOREIGN_SERVER);
    vmtp_store32(form + used - 4, vmtp_checksum(form, used - 4));
    ck_assert_int_eq(arrive(&g), _i < 3 ? VMTP_E_INVALID : 0);
}
END_TEST

/* VMTP-13.11-12: why something was refused, and what says nothing of that */
START_TEST(forms_of_refused_requests_are_looked_at) {
    static const uint32_t codes[] = {VMTP_OK, VMTP_RETRY, VMTP_RETRY_ALL, VMTP_BUSY, 0x01000003, VMTP_RETRANS_TIMEOUT};
    vmtp_entity server = serve_entity(&f, NULL);
    serve_ask(&f, A, server, 7, 0);
    leave(&f, server);
    form[FORM_STATE] = REFUSED;
    vmtp_store32(form + FORM_CODE, codes[_i]);
    vmtp_store32(form + used - 4, vmtp_checksum(form, used - 4));
    ck_assert_int_eq(arrive(&g), _i < 5 ? VMTP_E_INVALID : 0);
}
END_TEST

/* VMTP-13.5-16 VMTP-13.11-12: a record that says that its entity has forwarded to itself */
START_TEST(forwarded_to_itself) {
    vmtp_entity server = serve_entity(&f, NULL);
    serve_ask(&f, A, server, 7, 0);
    leave(&f, server);
    form[FORM_STATE] = FORWARDED;
    vmtp_store64(form + FORM_ONWARD, server);
    vmtp_store32(form + used - 4, vmtp_checksum(form, used - 4));
    ck_assert_int_eq(arrive(&g), 0);
    ck_assert_int_eq(serve_ask_again(&g, A, server, 7, VMTP_APG), VMTP_COUNT_DROP_DUPLICATE);
    expect_nvc(&g, A, 7, VMTP_RESPONSE_DISCARDED);
    expect_silence(&g);
    nothing_is_left(&g);
}
END_TEST

/* Four calls come and go, so that the records of the next four are taken in another order. */
static void shuffle(void) {
    static const unsigned order[4] = {1, 0, 3, 2};
    vmtp_handle calls[4];
    for (unsigned i = 0; i < 4; i++) {
        struct vmtp_request r = call_request(call_entity(&f), 0);
        calls[i] = call_start(&f, &r);
    }
    for (unsigned i = 0; i < 4; i++) {
        ck_assert_int_eq(vmtp_cancel(f.engine, calls[order[i]], f.now), 0);
        foreign_collect(&f);
    }
}

/* VMTP-13.11-10 VMTP-7.7-01: calls of a run that wait for a Probe are for the server that has come, as soon as it takes them */
START_TEST(server_comes_to_the_client_of_a_run) {
    struct vmtp_entity_options options = {.id = FOREIGN_SERVER};
    shuffle();
    vmtp_entity client = call_entity(&f);
    unsigned ended[4] = {0};
    serve_entity(&g, &options);
    for (unsigned i = 0; i < 4; i++) {
        struct vmtp_request r = call_request(client, 0);
        r.flags = i < 3 ? VMTP_CALL_MORE : 0;
        r.cookie = i;
        call_start(&f, &r);
    }
    foreign_forget(&f);
    leave(&g, FOREIGN_SERVER);
    ck_assert_int_eq(arrive(&f), 0);
    foreign_pass(&f, 3 * VMTP_SECOND);
    call_goes_on(&f);
    serve_accepts(&f, FOREIGN_SERVER, 4, 0);
    foreign_pass(&f, VMTP_SECOND);
    ck_assert_uint_eq(serve_count(&f), 4);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_int_eq(serve_reply(&f, foreign_event(&f, VMTP_EV_REQUEST, 3 - i), 5, 0, 0), 0);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_COMPLETE), 4);
    for (unsigned i = 0; i < 4; i++) {
        ended[foreign_event(&f, VMTP_EV_COMPLETE, i)->cookie]++;
        ck_assert_uint_eq(foreign_event(&f, VMTP_EV_COMPLETE, i)->result, 0);
    }
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_eq(ended[i], 1);
    nothing_is_left(&f);
}
END_TEST

/* ---- peers that say so for ever ---- */

/* VMTP-13.11-13: the node that answers the Probe is the one that says that the server has left */
START_TEST(server_that_has_always_just_left) {
    vmtp_entity client = call_entity(&f);
    struct vmtp_request r = call_request(client, 600);
    call_start(&f, &r);
    for (unsigned moves = 0; moves < 6; moves++) {
        struct vmtp_header request = expect_packet(&f)->h;
        call_forget_packets(&f);
        call_goes_on(&f);
        struct vmtp_header told = foreign_notify_client(client, request.transaction, 0, VMTP_ENTITY_MIGRATED);
        foreign_send(&f, &told, NULL, 0);
        if (moves == 5)
            break;
        struct vmtp_header answer = foreign_response(expect_packet(&f), FOREIGN_SERVER, VMTP_OK);
        foreign_send(&f, &answer, NULL, 0);
    }
    call_result(&f, VMTP_RETRANS_TIMEOUT);
    expect_silence(&f);
    nothing_is_left(&f);
}
END_TEST

/* VMTP-13.11-21: somebody answers each Probe for the Client, and says then that it has left; every packet says it, and counts once */
START_TEST(client_that_has_always_just_left) {
    vmtp_entity server = serve_entity(&f, NULL);
    uint32_t size = _i ? 2048 : 0;
    serve_ask(&f, A, server, 7, 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 5, size, 0), 0);
    for (unsigned moves = 0; moves <= 5; moves++) {
        struct vmtp_header told = foreign_notify_server(server, A, 7, 0, VMTP_ENTITY_MIGRATED);
        call_forget_packets(&f);
        foreign_send(&f, &told, NULL, 0);
        foreign_send(&f, &told, NULL, 0);
        if (moves == 5)
            break;
        struct vmtp_header answer = foreign_response(expect_packet(&f), FOREIGN_SERVER, VMTP_OK);
        header_set_32(&answer, 36, 7);
        foreign_send(&f, &answer, NULL, 0);
        expect_response(&f, 7, 5);
    }
    expect_silence(&f);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RELEASED), _i ? 1 : 0);
    serve_ask_again(&f, A, server, 7, VMTP_APG);
    if (_i)
        expect_nvc(&f, A, 7, VMTP_RESPONSE_DISCARDED);
    else
        expect_response(&f, 7, 5);
    nothing_is_left(&f);
}
END_TEST

/* VMTP-8.1-01 VMTP-13.11-06: what becomes of that Probe does not touch what is remembered of the transaction */
START_TEST(client_is_found_when_its_response_is_settled) {
    vmtp_entity server = serve_entity(&f, NULL);
    serve_ask(&f, A, server, 7, 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 5, 2048, 0), 0);
    call_forget_packets(&f);
    struct vmtp_header told = foreign_notify_server(server, A, 7, 0, VMTP_ENTITY_MIGRATED);
    foreign_send(&f, &told, NULL, 0);
    struct vmtp_header answer = foreign_response(expect_packet(&f), FOREIGN_SERVER, VMTP_OK);
    header_set_32(&answer, 36, 7);
    if (_i < 2) {
        told = foreign_notify_server(server, A, 7, 0xf, VMTP_OK);
        foreign_send(&f, &told, NULL, 0);
    } else {
        serve_ask(&f, A, server, 8, 0);
    }
    if (_i)
        foreign_send(&f, &answer, NULL, 0);
    foreign_pass(&f, VMTP_SECOND);
    call_forget_packets(&f);
    serve_ask_again(&f, A, server, _i < 2 ? 7 : 8, VMTP_APG);
    expect_nvc(&f, A, _i < 2 ? 7 : 8, _i < 2 ? VMTP_RESPONSE_DISCARDED : VMTP_OK);
    ck_assert_uint_eq(serve_count(&f), _i < 2 ? 1 : 2);
}
END_TEST

/* ---- Responses that are on their way ---- */

/* VMTP-13.11-17: and nothing else that is said about its Responses */
START_TEST(old_node_is_asked_for_blocks) {
    static const struct {
        uint32_t code;
        int answered;
    } said[] = {{VMTP_RETRY, 1}, {VMTP_RETRY_ALL, 1}, {VMTP_BUSY, 1}, {VMTP_OK, 0}, {VMTP_RESPONSE_DISCARDED, 0}};
    vmtp_entity server = serve_entity(&f, NULL);
    serve_ask(&f, A, server, 7, 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 5, 2048, 0), 0);
    leave(&f, server);
    call_forget_packets(&f);
    struct vmtp_header told = foreign_notify_server(server, A, 7, 1, said[_i].code);
    ck_assert_int_eq(foreign_send(&f, &told, NULL, 0), VMTP_COUNT_DROP_MIGRATED);
    if (said[_i].answered)
        expect_nvc(&f, A, 7, VMTP_ENTITY_MIGRATED);
    expect_silence(&f);
    told = foreign_notify_client(server, 7, 1, said[_i].code);
    foreign_send(&f, &told, NULL, 0);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.11-18 VMTP-7.5-02: the blocks that have come are kept, and what is missing is asked for where it is now */
START_TEST(server_leaves_while_its_response_arrives) {
    vmtp_entity client = call_entity(&f);
    struct vmtp_header asked = call_sent(&f, client, 600), h = call_response(&asked, 2048);
    call_give_blocks(&f, &h, calling_response, 0x3, 0);
    struct vmtp_header told = foreign_notify_client(client, asked.transaction, 0, VMTP_ENTITY_MIGRATED);
    ck_assert_int_eq(foreign_send(&f, &told, NULL, 0), 0);
    struct vmtp_header answer = foreign_response(expect_packet(&f), FOREIGN_SERVER, VMTP_OK);
    f.src = foreign_other_mac;
    foreign_send(&f, &answer, NULL, 0);
    const struct packet *p = expect_packet(&f);
    ck_assert_mem_eq(p->dst, foreign_other_mac, 6);
    ck_assert_uint_eq(p->h.transaction, asked.transaction);
    call_give_blocks(&f, &h, calling_response, 0, VMTP_APG);
    p = expect_nvs(&f, FOREIGN_SERVER, asked.transaction, VMTP_RETRY);
    ck_assert_mem_eq(p->dst, foreign_other_mac, 6);
    ck_assert_uint_eq(packet_32(p, 56), 0x3);
    call_give_blocks(&f, &h, calling_response, 0xc, 0);
    ck_assert_mem_eq(call_result(&f, 0)->segment, calling_response, 2048);
    expect_nvs(&f, FOREIGN_SERVER, asked.transaction, VMTP_OK);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.11-20: its server has found out where it is before it has found its server */
START_TEST(response_comes_before_the_call_goes_on) {
    vmtp_entity client = call_entity(&f);
    struct vmtp_header asked = call_sent(&f, client, 100), h = call_response(&asked, 0);
    leave(&f, client);
    ck_assert_int_eq(arrive(&g), 0);
    struct vmtp_request r = call_request(client, 100);
    r.flags = VMTP_CALL_RESUME;
    call_start(&g, &r);
    ck_assert_uint_eq(expect_packet(&g)->h.code, VMTP_PROBE_ENTITY);
    call_give_blocks(&g, &h, calling_response, 0, 0);
    call_result(&g, 0);
    nothing_is_left(&g);
}
END_TEST

/* VMTP-13.11-19: it may be on its way; an entity that nobody has said to have left is looked for once */
START_TEST(who_has_left_is_looked_for_twice) {
    vmtp_entity client = call_entity(&f);
    struct vmtp_header asked = call_sent(&f, client, 0);
    struct vmtp_header told = foreign_notify_client(client, asked.transaction, 0, VMTP_ENTITY_MIGRATED);
    vmtp_time since = f.now;
    unsigned probes = 0;
    foreign_send(&f, &told, NULL, 0);
    while (!foreign_event(&f, VMTP_EV_COMPLETE, 0)) {
        foreign_pass(&f, MS);
        ck_assert_uint_le(f.now - since, 2 * VMTP_SECOND);
    }
    call_result(&f, VMTP_RETRANS_TIMEOUT);
    while (foreign_waiting(&f))
        probes += expect_packet(&f)->h.code == VMTP_PROBE_ENTITY;
    ck_assert_uint_eq(probes, 12);
    nothing_is_left(&f);
}
END_TEST

/* ---- forwarders that leave ---- */

/* VMTP-13.11-22: client and forwarder on one node; the segment is the forwarder's, and comes back when it is not needed any more */
START_TEST(call_of_a_client_here_goes_on) {
    vmtp_entity client = call_entity(&f), forwarder = serve_entity(&f, NULL);
    struct vmtp_request r = call_request(client, 0);
    struct vmtp_forward w = {
        .message = {.server = FOREIGN_SERVER, .code = 3}, .segment = serving_segment, .segment_size = 700};
    r.message.server = forwarder;
    call_start(&f, &r);
    ck_assert_int_eq(vmtp_forward(f.engine, serve_last(&f)->handle, &w, f.now), 0);
    foreign_collect(&f);
    struct vmtp_header h = expect_packet(&f)->h;
    leave(&f, forwarder);
    call_goes_on(&f);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RELEASED), 0);
    foreign_pass(&f, 300 * MS);
    ck_assert_uint_eq(expect_packet(&f)->h.server, FOREIGN_SERVER);
    h = call_response(&h, 0);
    call_give_blocks(&f, &h, calling_response, 0, 0);
    call_result(&f, 0);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RELEASED), 1);
    nothing_is_left(&f);
}
END_TEST

/* VMTP-13.11-22: the next server has not acknowledged yet; the forwarder comes back before that, or has nothing to do with it */
START_TEST(request_passed_on_goes_on) {
    vmtp_entity forwarder = serve_entity(&f, NULL);
    struct vmtp_forward w = {
        .message = {.server = FOREIGN_SERVER, .code = 3}, .segment = serving_segment, .segment_size = 700};
    vmtp_host_learn(f.engine, FOREIGN_SERVER, foreign_other_mac, f.now);
    serve_ask(&f, A, forwarder, 7, 0);
    ck_assert_int_eq(vmtp_forward(f.engine, serve_last(&f)->handle, &w, f.now), 0);
    foreign_collect(&f);
    call_forget_packets(&f);
    leave(&f, forwarder);
    if (_i)
        ck_assert_int_eq(arrive(&f), 0);
    foreign_pass(&f, 50 * MS);
    const struct packet *p = expect_packet(&f);
    ck_assert_uint_eq(p->h.server, FOREIGN_SERVER);
    ck_assert_uint_eq(p->h.client, A);
    ck_assert_uint_eq(p->data_octets, 704);
    struct vmtp_header told = foreign_notify_forwarder(A, 7, 1, 0x3, VMTP_OK);
    ck_assert_int_eq(foreign_send(&f, &told, NULL, 0), 0);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RELEASED), 1);
    call_forget_packets(&f);
    serve_ask_again(&f, A, forwarder, 7, VMTP_APG);
    expect_nvc(&f, A, 7, _i ? VMTP_OK : VMTP_ENTITY_MIGRATED);
    ck_assert_uint_eq(serve_count(&f), 1);
    nothing_is_left(&f);
}
END_TEST

/* VMTP-8.1-01: it comes back with something newer of the same Client */
START_TEST(forwarder_comes_back_with_newer) {
    vmtp_entity forwarder = serve_entity(&f, NULL);
    struct vmtp_forward w = {
        .message = {.server = FOREIGN_SERVER, .code = 3}, .segment = serving_segment, .segment_size = 700};
    vmtp_host_learn(f.engine, FOREIGN_SERVER, foreign_other_mac, f.now);
    serve_ask(&f, A, forwarder, 7, 0);
    ck_assert_int_eq(vmtp_forward(f.engine, serve_last(&f)->handle, &w, f.now), 0);
    foreign_collect(&f);
    leave(&f, forwarder);
    ck_assert_int_eq(arrive(&g), 0);
    serve_accepts(&g, forwarder, 1, 0);
    serve_ask(&g, A, forwarder, 8, 0);
    ck_assert_int_eq(serve_reply(&g, serve_last(&g), 5, 0, 0), 0);
    leave(&g, forwarder);
    call_forget_packets(&f);
    ck_assert_int_eq(arrive(&f), 0);
    serve_accepts(&f, forwarder, 1, 0);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RELEASED), 1);
    serve_ask_again(&f, A, forwarder, 8, VMTP_APG);
    expect_response(&f, 8, 5);
    ck_assert_uint_eq(serve_count(&f), 1);
    nothing_is_left(&f);
}
END_TEST

int main(void) {
    Suite *s = suite_create("migrate_odd");
    TCase *t = tcase_create("migrate_odd");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, answered_calls_of_a_run_end_when_their_client_leaves);
    tcase_add_loop_test(t, member_leaves_with_a_request_of_a_client_here, 0, 3);
    tcase_add_loop_test(t, forms_of_forwarded_requests_are_looked_at, 0, 4);
    tcase_add_loop_test(t, forms_of_refused_requests_are_looked_at, 0, 6);
    tcase_add_test(t, forwarded_to_itself);
    tcase_add_test(t, server_comes_to_the_client_of_a_run);
    tcase_add_test(t, server_that_has_always_just_left);
    tcase_add_loop_test(t, client_that_has_always_just_left, 0, 2);
    tcase_add_loop_test(t, client_is_found_when_its_response_is_settled, 0, 3);
    tcase_add_loop_test(t, old_node_is_asked_for_blocks, 0, 5);
    tcase_add_test(t, server_leaves_while_its_response_arrives);
    tcase_add_test(t, response_comes_before_the_call_goes_on);
    tcase_add_test(t, who_has_left_is_looked_for_twice);
    tcase_add_test(t, call_of_a_client_here_goes_on);
    tcase_add_loop_test(t, request_passed_on_goes_on, 0, 2);
    tcase_add_test(t, forwarder_comes_back_with_newer);
    suite_add_tcase(s, t);
    return run_suite(s);
}

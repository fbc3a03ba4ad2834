/* SPDX-License-Identifier: BSD-2-Clause */
/* test_migrate_runs.c - servers that move with runs of Requests and large messages, packet by packet (spec/vmtp.md section 13.11). */

#include "support/calling.h"
#include "support/serving.h"
#include "wire_testing.h"

#define A FOREIGN_CLIENT
#define MS VMTP_MILLISECOND
#define LARGE 40000u

static struct foreign f, g; /* the old node, the new one */
static vmtp_entity server;
static uint8_t form[262144], good[262144], large[LARGE];
static size_t used;
static uint32_t lent;

static void open_new_node(uint32_t runs) {
    struct vmtp_config config;
    foreign_config(&config);
    config.mac[5] = 9;
    config.block = 0x200000;
    config.max_runs = runs;
    foreign_open(&g, &config);
}

static void setup(void) {
    foreign_open(&f, NULL);
    open_new_node(4);
    server = serve_entity(&f, NULL);
    for (unsigned i = 0; i < LARGE; i++)
        large[i] = (uint8_t)(i * 13 + i / 512);
}

static void teardown(void) {
    foreign_close(&f);
    foreign_close(&g);
}

static int leave_with(size_t room) {
    int result = vmtp_entity_export(f.engine, server, form, room, &used, f.now);
    foreign_collect(&f);
    return result;
}

static int arrive(void) {
    vmtp_entity id;
    int result = vmtp_entity_import(g.engine, form, used, &id, &lent, g.now);
    foreign_collect(&g);
    return result;
}

static void migrate(void) {
    ck_assert_int_eq(leave_with(sizeof form), 0);
    ck_assert_int_eq(arrive(), 0);
}

static void nothing_is_left(struct foreign *node) {
    struct vmtp_usage usage;
    foreign_pass(node, 60 * VMTP_SECOND);
    vmtp_usage(node->engine, &usage);
    ck_assert_uint_eq(usage.remote_clients + usage.requests + usage.calls + usage.events + usage.runs, 0);
}

static const struct vmtp_event *request_at(const struct foreign *node, unsigned which) {
    return foreign_event(node, VMTP_EV_REQUEST, which);
}

/* A Response of a run, and what else of it. */
static const struct packet *expect_of_run(uint32_t transaction, uint32_t flags) {
    const struct packet *p = expect_response(&g, transaction, 5);
    ck_assert_uint_eq(p->h.flags & (VMTP_NSR | VMTP_NER | VMTP_CMG), flags);
    ck_assert_uint_eq(p->h.server, server);
    ck_assert_mem_eq(p->dst, foreign_mac, 6);
    return p;
}

/* VMTP-13.11-05 VMTP-13.3-04 VMTP-13.3-35: two in hand, one half here, and one behind it */
START_TEST(run_in_hand_goes_along) {
    struct vmtp_header h = foreign_segment_request(A, server, 9, 1024);
    serve_ask(&f, A, server, 7, VMTP_NER);
    serve_ask(&f, A, server, 8, VMTP_NSR | VMTP_NER);
    h.delivery = 1;
    h.flags = VMTP_NSR | VMTP_NER;
    foreign_send(&f, &h, serving_segment, 512);
    serve_ask(&f, A, server, 10, VMTP_NSR);
    ck_assert_uint_eq(serve_count(&f), 2);
    migrate();
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_ABANDONED), 0);
    ck_assert_uint_eq(serve_count(&g), 2);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_uint_eq(request_at(&g, i)->resumed, 1);
        ck_assert_uint_eq(request_at(&g, i)->more, 1);
        ck_assert_uint_eq(request_at(&g, i)->cookie, request_at(&f, i)->handle);
        ck_assert_uint_eq(request_at(&g, i)->transaction, 7 + i);
    }
    serve_accepts(&g, server, 4, 1024);
    serve_ask_again(&g, A, server, 8, VMTP_NSR | VMTP_NER | VMTP_APG);
    expect_nvc(&g, A, 8, VMTP_OK);
    h.delivery = 3;
    foreign_send(&g, &h, serving_segment, 1024);
    serve_ask(&g, A, server, 10, VMTP_NSR);
    ck_assert_uint_eq(serve_count(&g), 4);
    ck_assert_uint_eq(request_at(&g, 3)->transaction, 10);
    expect_silence(&g);
    ck_assert_int_eq(serve_reply(&g, request_at(&g, 1), 5, 0, 0), 0); /* not its turn */
    expect_silence(&g);
    ck_assert_int_eq(serve_reply(&g, request_at(&g, 0), 5, 0, 0), 0);
    expect_of_run(7, VMTP_NER);
    expect_of_run(8, VMTP_NSR | VMTP_NER);
    ck_assert_int_eq(serve_reply(&g, request_at(&g, 2), 5, 0, 0), 0);
    expect_of_run(9, VMTP_NSR | VMTP_NER);
    ck_assert_int_eq(serve_reply(&g, request_at(&g, 3), 5, 0, 0), 0);
    expect_of_run(10, VMTP_NSR);
    nothing_is_left(&f);
    nothing_is_left(&g);
}
END_TEST

/* VMTP-13.11-09 VMTP-13.3-35: one Response has been sent, one has to wait for the Request that is in hand */
START_TEST(responses_of_a_run_go_along) {
    for (unsigned i = 0; i < 3; i++)
        serve_ask(&f, A, server, 7 + i, (i ? VMTP_NSR : 0) | (i < 2 ? VMTP_NER : 0));
    ck_assert_int_eq(serve_reply(&f, request_at(&f, 0), 5, 1500, 0), 0);
    ck_assert_int_eq(serve_reply(&f, request_at(&f, 2), 5, 700, 0), 0);
    call_forget_packets(&f);
    migrate();
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RELEASED), 2);
    ck_assert_uint_eq(lent, 2);
    ck_assert_uint_eq(serve_count(&g), 1);
    expect_silence(&g);
    serve_ask_again(&g, A, server, 7, VMTP_NER | VMTP_APG);
    expect_of_run(7, VMTP_NER);
    struct vmtp_header h = foreign_notify_server(server, A, 7, 0, VMTP_RETRY);
    foreign_send(&g, &h, NULL, 0);
    foreign_pass(&g, MS);
    const struct packet *p = expect_of_run(7, VMTP_NER);
    ck_assert_mem_eq(p->data, serving_segment, p->data_octets);
    foreign_pass(&g, 10 * MS);
    call_forget_packets(&g);
    ck_assert_int_eq(serve_reply(&g, request_at(&g, 0), 5, 0, 0), 0);
    expect_of_run(8, VMTP_NSR | VMTP_NER);
    p = expect_of_run(9, VMTP_NSR);
    ck_assert_mem_eq(p->data, serving_segment, 700);
    h = foreign_notify_server(server, A, 9, 3, VMTP_OK);
    foreign_send(&g, &h, NULL, 0);
    ck_assert_uint_eq(foreign_event_count(&g, VMTP_EV_RELEASED), 2);
    ck_assert_uint_eq(foreign_event(&g, VMTP_EV_RELEASED, 0)->resumed, 1);
    nothing_is_left(&g);
}
END_TEST

/* VMTP-13.3-11: the Response of the later one stands for both */
START_TEST(batch_goes_along) {
    struct vmtp_reply reply = {.message = {.code = 5}, .flags = VMTP_REPLY_BATCH};
    for (unsigned i = 0; i < 2; i++)
        serve_ask(&f, A, server, 7 + i, i ? VMTP_NSR : VMTP_NER);
    ck_assert_int_eq(vmtp_reply(f.engine, request_at(&f, 0)->handle, &reply, f.now), 0);
    foreign_collect(&f);
    migrate();
    ck_assert_uint_eq(serve_count(&g), 1);
    expect_silence(&g);
    ck_assert_int_eq(serve_reply(&g, request_at(&g, 0), 5, 0, 0), 0);
    ck_assert_uint_eq(expect_of_run(8, VMTP_NSR)->h.gap, 1);
    nothing_is_left(&g);
}
END_TEST

/* VMTP-13.11-09 */
START_TEST(response_of_a_run_without_room_is_discarded) {
    for (unsigned i = 0; i < 2; i++)
        serve_ask(&f, A, server, 7 + i, i ? VMTP_NSR : VMTP_NER);
    for (unsigned i = 0; i < 2; i++)
        ck_assert_int_eq(serve_reply(&f, request_at(&f, i), 5, 1024, 0), 0);
    call_forget_packets(&f);
    ck_assert_int_eq(leave_with(10), VMTP_E_MEMORY);
    ck_assert_int_eq(leave_with(used - 8), 0);
    ck_assert_int_eq(arrive(), 0);
    ck_assert_uint_eq(lent, 1);
    serve_ask_again(&g, A, server, 7, VMTP_NER | VMTP_APG);
    expect_of_run(7, VMTP_NER);
    serve_ask_again(&g, A, server, 8, VMTP_NSR | VMTP_APG);
    expect_nvc(&g, A, 8, VMTP_RESPONSE_DISCARDED);
    ck_assert_uint_eq(serve_count(&g), 0);
    nothing_is_left(&g);
}
END_TEST

/* A Request whose Response may be large is answered with one of three packet groups, of which the first has arrived. */
static void answer_large(void) {
    serve_ask(&f, A, server, 7, VMTP_STI);
    struct vmtp_reply reply = {.message = {.code = 5}, .segment = large, .segment_size = LARGE};
    ck_assert_uint_eq(serve_last(&f)->large, 1);
    ck_assert_int_eq(vmtp_reply(f.engine, serve_last(&f)->handle, &reply, f.now), 0);
    foreign_collect(&f);
    struct vmtp_header told = foreign_notify_server(server, A, 7, UINT32_MAX, VMTP_OK);
    foreign_send(&f, &told, NULL, 0);
    call_forget_packets(&f);
}

/* VMTP-13.11-09 VMTP-13.3-50: it is asked about, and what is missing of it is sent from there */
START_TEST(large_response_goes_along) {
    answer_large();
    migrate();
    ck_assert_uint_eq(lent, 1);
    ck_assert_uint_eq(serve_count(&g), 0);
    foreign_pass(&g, 30 * MS);
    const struct packet *p = expect_of_run(9, VMTP_NSR);
    ck_assert_uint_eq(p->h.delivery, 0);
    ck_assert_uint_eq(p->h.flags & VMTP_APG, VMTP_APG);
    ck_assert_uint_eq(packet_32(p, 60), LARGE);
    struct vmtp_header told = foreign_notify_server(server, A, 8, 0xfffffffe, VMTP_RETRY);
    foreign_send(&g, &told, NULL, 0);
    foreign_pass(&g, 5 * MS);
    p = expect_of_run(8, VMTP_NSR | VMTP_NER | VMTP_CMG);
    ck_assert_uint_eq(p->h.delivery, 1);
    ck_assert_mem_eq(p->data, large + VMTP_GROUP_OCTETS, 512);
    told = foreign_notify_server(server, A, 9, UINT32_MAX, VMTP_OK);
    foreign_send(&g, &told, NULL, 0);
    ck_assert_uint_eq(foreign_event_count(&g, VMTP_EV_RELEASED), 1);
    nothing_is_left(&g);
}
END_TEST

/* VMTP-13.11-12: there is no record for it, and then there is */
START_TEST(large_response_finds_no_room) {
    struct vmtp_usage usage;
    answer_large();
    foreign_close(&g);
    open_new_node(1);
    ck_assert_int_eq(leave_with(sizeof form), 0);
    struct vmtp_entity_options options = {.id = FOREIGN_SERVER};
    vmtp_entity other = serve_entity(&g, &options);
    serve_accepts(&g, other, 1, LARGE);
    struct vmtp_header h = foreign_request(FOREIGN_OTHER_CLIENT, other, 3, 5);
    h.code |= VMTP_SDA;
    h.words[6] = LARGE;
    h.delivery = 1;
    h.flags = VMTP_NER | VMTP_CMG;
    g.now += 20 * VMTP_SECOND; /* nobody is asked who he is */
    ck_assert_int_eq(foreign_send(&g, &h, large, 512), 0);
    ck_assert_int_eq(arrive(), VMTP_E_FULL);
    vmtp_usage(g.engine, &usage);
    ck_assert_uint_eq(usage.requests, 1);
    ck_assert_int_eq(vmtp_entity_delete(g.engine, other, g.now), 0);
    foreign_collect(&g);
    ck_assert_int_eq(arrive(), 0);
    nothing_is_left(&g);
}
END_TEST

/* VMTP-13.3-76 VMTP-13.11-12: a large Response that waits for another leaves a record for that */
START_TEST(a_response_that_waits_leaves_a_record) {
    struct vmtp_reply reply = {.message = {.code = 5}, .segment = large, .segment_size = LARGE};
    serve_ask(&f, A, server, 7, VMTP_NER | VMTP_STI);
    serve_ask(&f, A, server, 7 + 256, VMTP_NSR | VMTP_STI);
    ck_assert_int_eq(vmtp_reply(f.engine, request_at(&f, 1)->handle, &reply, f.now), 0);
    ck_assert_int_eq(leave_with(sizeof form), 0);
    foreign_close(&g);
    open_new_node(1);
    ck_assert_int_eq(arrive(), VMTP_E_FULL);
    foreign_close(&g);
    open_new_node(2);
    ck_assert_int_eq(arrive(), 0);
    ck_assert_int_eq(vmtp_reply(g.engine, request_at(&g, 0)->handle, &reply, g.now), 0);
    foreign_collect(&g);
    expect_of_run(7, VMTP_NER | VMTP_CMG);
    nothing_is_left(&g);
}
END_TEST

/* VMTP-13.11-12: by somebody who knows how to sum */
START_TEST(altered_forms_of_runs_do_no_harm) {
    uint64_t seed = 7;
    answer_large();
    for (unsigned i = 0; i < 4; i++)
        serve_ask(&f, FOREIGN_OTHER_CLIENT, server, 7 + i, (i ? VMTP_NSR : 0) | (i < 3 ? VMTP_NER : 0));
    ck_assert_int_eq(serve_reply(&f, request_at(&f, 1), 5, 600, 0), 0);
    ck_assert_int_eq(serve_reply(&f, request_at(&f, 3), 5, 0, 0), 0);
    ck_assert_int_eq(leave_with(sizeof form), 0);
    memcpy(good, form, used);
    unsigned taken = 0;
    for (unsigned i = 0; i < 20000; i++) {
        uint32_t among = i % 2 ? (uint32_t)used - 4u : 64u + 144u + 128u;
        memcpy(form, good, used);
        for (unsigned k = 0; k < 1 + i % 3; k++)
            form[random_below(&seed, among)] = (uint8_t)(random_below(&seed, 2) ? random_below(&seed, 16)
                                                                                : random32(&seed));
        if (i % 5 == 0) /* the records at the end */
            form[used - 4u - 1u - random_below(&seed, 1500)] ^= (uint8_t)(1u << random_below(&seed, 8));
        vmtp_store32(form + used - 4, vmtp_checksum(form, used - 4));
        int result = arrive();
        ck_assert(result == 0 || result == VMTP_E_INVALID || result == VMTP_E_FULL);
        if (result == 0) {
            taken++;
            serve_ask_again(&g, A, server, 7, VMTP_STI | VMTP_APG);
            serve_ask_again(&g, FOREIGN_OTHER_CLIENT, server, 10, VMTP_NSR | VMTP_APG);
            foreign_pass(&g, 30 * MS);
            vmtp_entity_delete(g.engine, vmtp_load64(form + 16), g.now);
        }
        foreign_pass(&g, 21 * VMTP_SECOND);
        foreign_forget(&g);
    }
    ck_assert_uint_gt(taken, 1000);
    nothing_is_left(&g);
    memcpy(form, good, used);
    ck_assert_int_eq(arrive(), 0);
}
END_TEST

/* ---- clients and servers on one node ---- */

static vmtp_entity client;

/* A run of three here: the first is in hand, the second answered, the third waits to be told. */
static void ask_run(unsigned calls) {
    struct vmtp_request r = call_request(client, 0);
    vmtp_handle handle;
    r.message.server = server;
    for (unsigned i = 0; i < calls; i++) {
        r.flags = i + 1 < calls ? VMTP_CALL_MORE : 0;
        r.cookie = i;
        ck_assert_int_eq(vmtp_call(f.engine, &handle, &r, f.now), 0);
    }
    foreign_collect(&f);
}

/* VMTP-13.11-10: the server leaves its client behind; the Responses come from outside */
START_TEST(server_leaves_a_run_behind) {
    client = call_entity(&f);
    ask_run(3);
    ck_assert_uint_eq(serve_count(&f), 3);
    ck_assert_int_eq(serve_reply(&f, request_at(&f, 1), 5, 0, 0), 0);
    uint32_t first = request_at(&f, 0)->transaction;
    migrate();
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_COMPLETE), 0);
    ck_assert_uint_eq(serve_count(&g), 2);
    ck_assert_uint_eq(request_at(&g, 0)->cookie, request_at(&f, 0)->handle);
    ck_assert_uint_eq(request_at(&g, 1)->transaction, first + 2);
    const struct packet *p = expect_packet(&f);
    ck_assert_uint_eq(p->h.code, VMTP_PROBE_ENTITY);
    struct vmtp_header h = foreign_response(p, FOREIGN_SERVER, VMTP_OK);
    foreign_send(&f, &h, NULL, 0);
    for (unsigned i = 0; i < 3; i += 2) {
        p = expect_packet(&f);
        ck_assert_uint_eq(p->h.transaction, first + i);
        ck_assert_int_eq(foreign_send(&g, &p->h, NULL, 0), VMTP_COUNT_DROP_DUPLICATE);
    }
    ck_assert_int_eq(serve_reply(&g, request_at(&g, 0), 5, 0, 0), 0);
    ck_assert_int_eq(serve_reply(&g, request_at(&g, 1), 5, 0, 0), 0);
    for (unsigned i = 0; i < 3; i += 2) {
        p = expect_response(&g, first + i, 5);
        ck_assert_mem_eq(p->dst, foreign_engine_mac, 6);
        foreign_send(&f, &p->h, NULL, 0);
    }
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_uint_eq(foreign_event(&f, VMTP_EV_COMPLETE, i)->cookie, i);
        ck_assert_uint_eq(foreign_event(&f, VMTP_EV_COMPLETE, i)->result, 0);
    }
}
END_TEST

/* VMTP-13.11-10: the server comes back to its client: one is in hand, one was answered on the way, one it has never had */
START_TEST(server_comes_to_a_run) {
    client = call_entity(&f);
    ask_run(3);
    ck_assert_int_eq(serve_reply(&f, request_at(&f, 1), 5, 0, 0), 0);
    migrate();
    ck_assert_int_eq(serve_reply(&g, request_at(&g, (unsigned)_i), 5, 600, 0), 0); /* lost */
    ck_assert_int_eq(vmtp_entity_export(g.engine, server, form, sizeof form, &used, g.now), 0);
    vmtp_entity id;
    ck_assert_int_eq(vmtp_entity_import(f.engine, form, used, &id, &lent, f.now), 0);
    foreign_collect(&f);
    ck_assert_uint_eq(serve_count(&f), 4);
    ck_assert_uint_eq(request_at(&f, 3)->resumed, 1);
    ck_assert_int_eq(serve_reply(&f, request_at(&f, 3), 5, 0, 0), 0);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_uint_eq(foreign_event(&f, VMTP_EV_COMPLETE, i)->cookie, i);
        ck_assert_uint_eq(foreign_event(&f, VMTP_EV_COMPLETE, i)->result, 0);
        ck_assert_uint_eq(foreign_event(&f, VMTP_EV_COMPLETE, i)->segment_size, (int)i == 2 * _i ? 600u : 0u);
    }
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RELEASED), 1);
    nothing_is_left(&f);
}
END_TEST

int main(void) {
    Suite *s = suite_create("migrate_runs");
    TCase *t = tcase_create("migrate_runs");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 300);
    tcase_add_test(t, run_in_hand_goes_along);
    tcase_add_test(t, responses_of_a_run_go_along);
    tcase_add_test(t, batch_goes_along);
    tcase_add_test(t, response_of_a_run_without_room_is_discarded);
    tcase_add_test(t, large_response_goes_along);
    tcase_add_test(t, large_response_finds_no_room);
    tcase_add_test(t, a_response_that_waits_leaves_a_record);
    tcase_add_test(t, altered_forms_of_runs_do_no_harm);
    tcase_add_test(t, server_leaves_a_run_behind);
    tcase_add_loop_test(t, server_comes_to_a_run, 0, 2);
    suite_add_tcase(s, t);
    return run_suite(s);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The battery: services, and what they do with Requests to them alone. */
#include "battery.h"

static struct served server, other, third;
static struct asked one, two, more;

START_TEST(requests_are_answered_later_and_in_any_order) {
    serve(&server, node_b, serve_keep);
    ask(&one, node_a, server.service.entity, "one");
    battery_run(10 * VMTP_MILLISECOND);
    ask(&two, node_c, server.service.entity, "two");
    battery_run(VMTP_SECOND);
    ck_assert_uint_eq(server.kept_count, 2);
    struct vipc_incoming *a = server.kept[0], *b = server.kept[1];
    ck_assert_ptr_eq(a->service, &server.service);
    ck_assert_mem_eq(a->segment, "one", 3);
    ck_assert_mem_eq(b->segment, "two", 3);
    ck_assert_uint_ne(a->client, b->client);
    ck_assert_uint_eq(a->message.words[0], 41);
    ck_assert_uint_eq(a->message.code & VMTP_CODE_MASK, 1);
    ck_assert_uint_eq(a->group | a->datagram | a->large | a->forward_count, 0);
    ck_assert_int_eq(vipc_reply(b, &said_ok, b->segment, 3, 0), 0);
    ck_assert_int_eq(outcome(&two), 0);
    ck_assert_int_eq(one.done, 0);
    ck_assert_int_eq(vipc_reply(a, &said_ok, "late", 4, VIPC_REPLY_IDEMPOTENT), 0);
    ck_assert_int_eq(outcome(&one), 0);
    ck_assert_mem_eq(one.area, "late", 4);
}
END_TEST

START_TEST(a_busy_service_is_tried_again) {
    serve(&server, node_b, serve_keep);
    vipc_unserve(&server.service);
    server.service.entity = 0;
    server.service.depth = 1;
    ck_assert_int_eq(vipc_serve(node_b, &server.service), 0);
    ask(&one, node_a, server.service.entity, "one");
    battery_run(50 * VMTP_MILLISECOND);
    ask(&two, node_c, server.service.entity, "two");
    battery_run(3 * VMTP_SECOND);
    ck_assert_uint_eq(server.kept_count, 1);
    ck_assert_int_eq(one.done + two.done, 0);
    ck_assert_int_eq(vipc_reply(server.kept[0], &said_ok, NULL, 0, 0), 0);
    battery_run(VMTP_SECOND);
    ck_assert_uint_eq(server.kept_count, 2);
    ck_assert_int_eq(vipc_reply(server.kept[1], &said_ok, NULL, 0, 0), 0);
    ck_assert_int_eq(outcome(&one), 0);
    ck_assert_int_eq(outcome(&two), 0);
}
END_TEST

static unsigned inside, deepest;

/* Asks somebody else and waits for it, before it answers. */
static void ask_first(struct vipc_service *service, struct vipc_incoming *in) {
    struct served *served = service->context;
    struct asked *inner = &served->inner;
    served->called++;
    if (++inside > deepest)
        deepest = inside;
    inner->call = (struct vipc_call){.message = {.server = served->next, .code = 1},
                                     .segment = in->segment,
                                     .segment_size = in->segment_size,
                                     .area = inner->area,
                                     .capacity = sizeof inner->area,
                                     .deadline = VMTP_NEVER};
    ck_assert_int_eq(vipc_call_wait(service->ipc, &inner->call), 0);
    ck_assert_int_eq(vipc_reply(in, &said_ok, inner->area, inner->call.received, 0), 0);
    inside--;
}

START_TEST(a_service_blocks_and_is_not_called_meanwhile) {
    serve(&other, node_c, serve_echo);
    serve(&server, node_b, ask_first);
    server.next = other.service.entity;
    serve(&third, node_b, serve_echo); /* but this one is */
    inside = deepest = 0;
    ask(&one, node_a, server.service.entity, "one");
    ask(&two, node_a, server.service.entity, "two");
    ask(&more, node_a, third.service.entity, "three");
    ck_assert_int_eq(outcome(&one), 0);
    ck_assert_int_eq(outcome(&two), 0);
    ck_assert_int_eq(outcome(&more), 0);
    ck_assert_mem_eq(one.area, "one", 3);
    ck_assert_mem_eq(two.area, "two", 3);
    ck_assert_uint_eq(server.called, 2);
    ck_assert_uint_eq(deepest, 1);
}
END_TEST

START_TEST(a_service_ends_with_requests_in_hand) {
    serve(&server, node_b, serve_keep);
    ask(&one, node_a, server.service.entity, "one");
    ask(&two, node_b, server.service.entity, "two");
    battery_run(10 * VMTP_MILLISECOND);
    ck_assert_uint_eq(server.kept_count, 2);
    vipc_unserve(&server.service);
    ck_assert_int_eq(one.done + two.done, 0);
    ck_assert_int_eq(outcome(&one), (int)VMTP_NONEXISTENT_ENTITY);
    ck_assert_int_eq(outcome(&two), (int)VMTP_NONEXISTENT_ENTITY);
    ck_assert_int_eq(vipc_join(&server.service, VMTP_ID_GRP | 1), VMTP_E_INVALID);
    serve(&other, node_b, serve_echo);
    ck_assert_uint_ne(other.service.entity, server.service.entity);
}
END_TEST

static void end_itself(struct vipc_service *service, struct vipc_incoming *in) {
    struct served *served = service->context;
    served->called++;
    (void)in; /* over, and not answered */
    vipc_unserve(service);
    memset(service, 0xa5, sizeof *service); /* it is ours */
}

START_TEST(a_service_ends_in_its_own_function) {
    serve(&server, node_b, end_itself);
    vmtp_entity entity = server.service.entity;
    ask(&one, node_a, entity, "one");
    ask(&two, node_c, entity, "two");
    ck_assert_int_eq(outcome(&one), (int)VMTP_NONEXISTENT_ENTITY);
    outcome(&two); /* its Probe may have come too late */
    ck_assert_int_ne(two.result, 0);
    ck_assert_uint_eq(server.called, 1);
}
END_TEST

START_TEST(what_is_lent_comes_back_once) {
    char expected[64];
    memset(expected, 'x', sizeof expected);
    serve(&server, node_b, serve_lent);
    for (unsigned i = 0; i < 3; i++) { /* the last one asks on the same node */
        server.released = 0;
        ask(&one, i == 2 ? node_b : node_a, server.service.entity, "x");
        ck_assert_int_eq(outcome(&one), 0);
        ck_assert_uint_eq(one.call.received, 64);
        ck_assert_mem_eq(one.area, expected, 64);
        battery_run(30 * VMTP_SECOND);
        ck_assert_uint_eq(server.released, 1);
    }
}
END_TEST

static struct vipc_loan empty;
static unsigned empty_released;
static void empty_back(struct vipc_loan *loan) { empty_released += loan == &empty; }

START_TEST(loans_that_are_refused_do_not_come_back) {
    serve(&server, node_b, serve_keep);
    empty = (struct vipc_loan){.release = empty_back};
    ask(&one, node_a, server.service.entity, "mine");
    battery_run(10 * VMTP_MILLISECOND);
    struct vipc_incoming *in = server.kept[0];
    ck_assert_int_eq(vipc_reply_lent(in, &said_ok, in->segment, 4, 0, &empty), VMTP_E_INVALID);
    ck_assert_int_eq(vipc_reply_lent(in, &said_ok, NULL, 4, 0, &empty), VMTP_E_INVALID);
    ck_assert_int_eq(vipc_reply(in, &said_ok, NULL, 0, 1u << 31), VMTP_E_INVALID);
    ck_assert_int_eq(vipc_reply(in, &said_ok, NULL, 0, VIPC_REPLY_CHOSEN), VMTP_E_INVALID);
    ck_assert_int_eq(vipc_reply_lent(in, &said_ok, NULL, 0, 0, &empty), 0);
    ck_assert_uint_eq(empty_released, 0);
    ck_assert_int_eq(outcome(&one), 0);
    battery_run(VMTP_SECOND);
    ck_assert_uint_eq(empty_released, 1);
}
END_TEST

START_TEST(a_service_ends_with_a_loan_out) {
    serve(&server, node_b, serve_lent);
    ask(&one, node_a, server.service.entity, "x");
    for (unsigned i = 0; i < 100 && !server.called; i++)
        battery_run(10 * VMTP_MICROSECOND);
    ck_assert_uint_eq(server.called, 1);
    vipc_unserve(&server.service);
    ck_assert_uint_eq(server.released, 0); /* not from inside */
    battery_run(30 * VMTP_SECOND);
    ck_assert_uint_eq(server.released, 1);
    ck_assert_int_eq(one.done, 1);
}
END_TEST

START_TEST(a_discarded_request_has_no_answer) {
    serve(&server, node_b, serve_nothing);
    ask(&one, node_a, server.service.entity, "x");
    ck_assert_int_eq(outcome(&one), (int)VMTP_RESPONSE_DISCARDED);
    ck_assert_uint_eq(server.called, 1);
}
END_TEST

START_TEST(a_request_goes_on_to_another_server) {
    serve(&server, node_b, serve_forward);
    serve(&other, node_c, serve_keep);
    server.next = other.service.entity;
    ask(&one, node_a, server.service.entity, "on");
    battery_run(VMTP_SECOND);
    ck_assert_uint_eq(other.kept_count, 1);
    struct vipc_incoming *in = other.kept[0];
    ck_assert_uint_eq(in->forward_count, 1);
    ck_assert_uint_eq(in->message.words[0], 41);
    ck_assert_mem_eq(in->segment, "on", 2);
    vipc_unserve(&server.service); /* it has nothing to do with it any more */
    ck_assert_int_eq(vipc_reply(in, &said_ok, "done", 4, 0), 0);
    ck_assert_int_eq(outcome(&one), 0);
    ck_assert_uint_eq(one.call.answer.server, other.service.entity);
    ck_assert_mem_eq(one.area, "done", 4);
}
END_TEST

START_TEST(a_request_that_goes_on_to_nobody_ends) {
    serve(&server, node_b, serve_forward);
    serve(&other, node_c, serve_echo);
    server.next = other.service.entity;
    ask(&one, node_a, server.service.entity, "x");
    ck_assert_int_eq(outcome(&one), 0);
    vipc_unserve(&other.service);
    ask(&two, node_a, server.service.entity, "x");
    ck_assert_int_gt(outcome(&two), 0);
    ck_assert(two.result == (int)VMTP_NONEXISTENT_ENTITY || two.result == (int)VMTP_RETRANS_TIMEOUT);
}
END_TEST

START_TEST(forwarding_is_refused) {
    serve(&server, node_b, serve_keep);
    ask(&one, node_a, server.service.entity, "x");
    battery_run(10 * VMTP_MILLISECOND);
    struct vipc_incoming *in = server.kept[0];
    struct vmtp_message message = {.code = 1};
    ck_assert_int_eq(vipc_forward(in, &message, NULL, 0, 0), VMTP_E_INVALID);
    message.server = server.service.entity;
    ck_assert_int_eq(vipc_forward(in, &message, NULL, 0, 0), VMTP_E_INVALID);
    message.server = 1;
    ck_assert_int_eq(vipc_forward(in, &message, NULL, 4, 0), VMTP_E_INVALID);
    ck_assert_int_eq(vipc_forward(in, &message, "", VMTP_GROUP_OCTETS + 1, 0), VMTP_E_TOO_LARGE);
    vipc_cancel(&one.call);
    ask(&one, node_a, server.service.entity, "gone on");
    battery_run(VMTP_SECOND);
    vipc_discard(in);
    ck_assert_int_eq(vipc_reply(server.kept[1], &said_ok, NULL, 0, 0), 0);
    ck_assert_int_eq(outcome(&one), 0);
}
END_TEST

/* Two servers pass it to each other until it can go on no further as it is. */
START_TEST(a_request_goes_on_fifteen_times) {
    serve(&server, node_b, serve_keep);
    serve(&other, node_c, serve_keep);
    ask(&one, node_a, server.service.entity, "");
    struct served *has = &server;
    for (unsigned count = 0;; count++) {
        struct served *next = has == &server ? &other : &server;
        struct vmtp_message message = {.server = next->service.entity, .code = 1};
        battery_run(VMTP_SECOND);
        ck_assert_uint_eq(has->kept_count, 1);
        has->kept_count = 0;
        ck_assert_uint_eq(has->kept[0]->forward_count, count);
        if (count == 15) {
            ck_assert_int_eq(vipc_forward(has->kept[0], &message, NULL, 0, 0), VMTP_E_NESTED);
            ck_assert_int_eq(vipc_forward(has->kept[0], &message, NULL, 0, 64), 0);
            has = next;
            break;
        }
        ck_assert_int_eq(vipc_forward(has->kept[0], &message, NULL, 0, 0), 0);
        has = next;
    }
    battery_run(VMTP_SECOND);
    ck_assert_uint_eq(has->kept_count, 1);
    ck_assert_int_eq(vipc_reply(has->kept[0], &said_ok, "end", 3, 0), 0);
    ck_assert_int_eq(outcome(&one), 0);
    ck_assert_mem_eq(one.area, "end", 3);
}
END_TEST

START_TEST(an_entity_is_chosen) {
    serve(&server, node_b, serve_echo);
    vipc_unserve(&server.service);
    server.service.entity = 0x00ab00cd00ef0011u;
    ck_assert_int_eq(vipc_serve(node_b, &server.service), 0);
    ck_assert_uint_eq(server.service.entity, 0x00ab00cd00ef0011u);
    ck_assert_int_eq(vipc_serve(node_b, &server.service), VMTP_E_INVALID);
    other.service = (struct vipc_service){.entity = 0x00ab00cd00ef0011u, .depth = 1, .request = serve_echo};
    ck_assert_int_eq(vipc_serve(node_b, &other.service), VMTP_E_EXISTS);
    other.service = (struct vipc_service){.entity = VMTP_ID_GRP | 5};
    ck_assert_int_eq(vipc_serve(node_b, &other.service), VMTP_E_INVALID);
    other.service = (struct vipc_service){.depth = 1};
    ck_assert_int_eq(vipc_serve(node_b, &other.service), VMTP_E_INVALID);
    other.service = (struct vipc_service){.depth = 1, .request = serve_echo, .capacity = VMTP_MESSAGE_OCTETS + 1};
    ck_assert_int_eq(vipc_serve(node_b, &other.service), VMTP_E_TOO_LARGE);
    ck_assert_int_eq(ask_and_wait(node_a, 0x00ab00cd00ef0011u, "x"), 0);
}
END_TEST

START_TEST(an_entity_that_takes_nothing_is_busy) {
    other.service = (struct vipc_service){.depth = 0};
    ck_assert_int_eq(vipc_serve(node_b, &other.service), 0);
    ask(&one, node_a, other.service.entity, "");
    vipc_cancel(&one.call);
    one.call.deadline = vipc_now(node_a) + 5 * VMTP_SECOND;
    ck_assert_int_eq(vipc_start(node_a, &one.call), 0);
    ck_assert_int_eq(outcome(&one), (int)VMTP_USER_TIMEOUT);
}
END_TEST

static const struct ipc_rig *mine;
static void setup(void) {
    memset(&server, 0, sizeof server);
    memset(&other, 0, sizeof other);
    memset(&third, 0, sizeof third);
    memset(&one, 0, sizeof one);
    memset(&two, 0, sizeof two);
    memset(&more, 0, sizeof more);
    battery_open(mine);
}

void battery_add_services(Suite *suite, const struct ipc_rig *rig) {
    const TTest *const tests[] = {requests_are_answered_later_and_in_any_order,
                                  a_busy_service_is_tried_again,
                                  a_service_blocks_and_is_not_called_meanwhile,
                                  a_service_ends_with_requests_in_hand,
                                  a_service_ends_in_its_own_function,
                                  what_is_lent_comes_back_once,
                                  loans_that_are_refused_do_not_come_back,
                                  a_service_ends_with_a_loan_out,
                                  a_discarded_request_has_no_answer,
                                  a_request_goes_on_to_another_server,
                                  a_request_that_goes_on_to_nobody_ends,
                                  forwarding_is_refused,
                                  a_request_goes_on_fifteen_times,
                                  an_entity_is_chosen,
                                  an_entity_that_takes_nothing_is_busy};
    TCase *tc = tcase_create("services");
    mine = rig;
    tcase_add_checked_fixture(tc, setup, battery_close);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(suite, tc);
}

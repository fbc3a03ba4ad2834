/* SPDX-License-Identifier: BSD-2-Clause */
/* The battery: calls to one entity, as their callers see them. */
#include "battery.h"

#include <stdlib.h>

static struct served server, other;
static struct asked one, two;

START_TEST(a_call_is_answered) {
    serve(&server, node_b, serve_echo);
    ask(&one, node_a, server.service.entity, "hello");
    ck_assert_int_eq(outcome(&one), 0);
    ck_assert_uint_eq(one.call.answer.server, server.service.entity);
    ck_assert_uint_eq(one.call.answer.words[0], 42);
    ck_assert_uint_eq(one.call.message.words[0], 41);
    ck_assert_uint_eq(one.call.received, 5);
    ck_assert_mem_eq(one.area, "hello", 5);
    ck_assert_int_eq(ask_and_wait(node_a, server.service.entity, ""), 0);
    ck_assert_int_eq(ask_and_wait(node_b, server.service.entity, "here"), 0);
    ck_assert_uint_eq(server.called, 3);
}
END_TEST

START_TEST(the_same_record_is_started_again) {
    serve(&server, node_b, serve_echo);
    ask(&one, node_a, server.service.entity, "hello");
    ck_assert_int_eq(vipc_start(node_a, &one.call), VMTP_E_INVALID);
    ck_assert_int_eq(outcome(&one), 0);
    for (int i = 2; i < 5; i++) {
        ck_assert_int_eq(vipc_start(node_a, &one.call), 0);
        battery_run(VMTP_SECOND);
        ck_assert_int_eq(one.done, i);
        ck_assert_int_eq(one.result, 0);
    }
}
END_TEST

static void again(struct asked *asked) {
    if (asked->done < 3)
        ck_assert_int_eq(vipc_start(node_a, &asked->call), 0);
}

START_TEST(a_call_begins_in_a_function_of_one) {
    serve(&server, node_b, serve_echo);
    one.then = again;
    ask(&one, node_a, server.service.entity, "hello");
    battery_run(VMTP_SECOND);
    ck_assert_int_eq(one.done, 3);
    ck_assert_uint_eq(server.called, 3);
}
END_TEST

static void release_memory(struct asked *asked) { free(asked); }

START_TEST(a_call_is_freed_by_its_own_function) {
    serve(&server, node_b, serve_echo);
    struct asked *asked = calloc(1, sizeof *asked);
    asked->then = release_memory;
    ask(asked, node_a, server.service.entity, "hello");
    battery_run(VMTP_SECOND);
    ck_assert_uint_eq(server.called, 1);
}
END_TEST

static void cancel_two(struct asked *asked) {
    (void)asked;
    vipc_cancel(&two.call);
}

START_TEST(a_call_is_cancelled_in_the_function_of_another) {
    serve(&server, node_b, serve_echo);
    one.then = cancel_two;
    ask(&one, node_a, server.service.entity, "first");
    ask(&two, node_a, server.service.entity, "second");
    battery_run(VMTP_SECOND);
    ck_assert_int_eq(one.done, 1);
    ck_assert_int_eq(two.done, 0);
    ck_assert_ptr_null(two.call.ipc);
}
END_TEST

START_TEST(a_cancelled_call_tells_nothing) {
    serve(&server, node_b, serve_keep);
    struct asked *asked = calloc(1, sizeof *asked);
    char *text = calloc(1, 6);
    memcpy(text, "hello", 5);
    vipc_cancel(&asked->call); /* not begun */
    ask(asked, node_a, server.service.entity, text);
    battery_run(50 * VMTP_MILLISECOND);
    ck_assert_uint_eq(server.kept_count, 1);
    vipc_cancel(&asked->call);
    vipc_cancel(&asked->call);
    free(text); /* all of it is ours at once */
    free(asked);
    ask(&two, node_a, server.service.entity, "next");
    battery_run(50 * VMTP_MILLISECOND);
    ck_assert_uint_eq(server.kept_count, 2);
    vipc_reply(server.kept[0], &said_ok, NULL, 0, 0); /* nobody may be told, or only that it is stale */
    ck_assert_int_eq(vipc_reply(server.kept[1], &said_ok, NULL, 0, 0), 0);
    ck_assert_int_eq(outcome(&two), 0);
    struct asked *unsent = calloc(1, sizeof *unsent); /* before anything of it has gone out */
    ask(unsent, node_a, server.service.entity, "third");
    vipc_cancel(&unsent->call);
    free(unsent);
    battery_run(VMTP_SECOND);
}
END_TEST

START_TEST(deadlines_are_kept) {
    serve(&server, node_b, serve_keep);
    ask(&one, node_a, server.service.entity, "x");
    vipc_cancel(&one.call);
    one.call.deadline = vipc_now(node_a) + 300 * VMTP_MILLISECOND;
    ck_assert_int_eq(vipc_start(node_a, &one.call), 0);
    battery_run(290 * VMTP_MILLISECOND);
    ck_assert_int_eq(one.done, 0);
    ck_assert_int_eq(outcome(&one), (int)VMTP_USER_TIMEOUT);
    vipc_reply(server.kept[server.kept_count - 1], &said_ok, NULL, 0, 0); /* it need not know yet */
    battery_run(VMTP_SECOND);
    ck_assert_int_eq(one.done, 1);
}
END_TEST

START_TEST(an_entity_that_is_gone_is_told) {
    serve(&server, node_b, serve_echo);
    vmtp_entity gone = server.service.entity;
    ck_assert_int_eq(ask_and_wait(node_a, gone, "x"), 0);
    vipc_unserve(&server.service);
    vipc_unserve(&server.service);
    ck_assert_int_eq(ask_and_wait(node_a, gone, "x"), (int)VMTP_NONEXISTENT_ENTITY);
    /* Who does not know where it was hears nobody. */
    ck_assert_int_eq(ask_and_wait(node_b, gone, "x"), (int)VMTP_RETRANS_TIMEOUT);
    ck_assert_int_eq(ask_and_wait(node_c, gone, "x"), (int)VMTP_RETRANS_TIMEOUT);
    ck_assert_uint_eq(server.called, 1);
}
END_TEST

START_TEST(an_entity_that_never_was_ends_in_silence) {
    ck_assert_int_eq(ask_and_wait(node_a, 0x0123456789abcdefu, "x"), (int)VMTP_RETRANS_TIMEOUT);
}
END_TEST

static void answer_with_64(struct vipc_service *service, struct vipc_incoming *in) {
    char segment[64];
    (void)service;
    memset(segment, 'z', sizeof segment);
    ck_assert_int_eq(vipc_reply(in, &said_ok, segment, sizeof segment, 0), 0);
}

START_TEST(an_answer_that_does_not_fit_is_told) {
    serve(&server, node_b, answer_with_64);
    ask(&one, node_a, server.service.entity, "x");
    vipc_cancel(&one.call);
    one.call.capacity = 10;
    ck_assert_int_eq(vipc_start(node_a, &one.call), 0);
    ck_assert_int_eq(outcome(&one), (int)VMTP_BAD_REPLY_SEGMENT);
    ck_assert_uint_le(one.call.received, 10);
    ck_assert_int_eq(one.area[10], 0);
    ck_assert_uint_eq(one.call.answer.server, server.service.entity);
}
END_TEST

START_TEST(a_request_that_does_not_fit_is_refused) {
    static char text[66];
    serve(&server, node_b, serve_echo);
    memset(text, 'a', 64);
    ck_assert_int_eq(ask_and_wait(node_a, server.service.entity, text), 0);
    text[64] = 'a';
    ck_assert_int_eq(ask_and_wait(node_a, server.service.entity, text), (int)VMTP_ERROR);
    ck_assert_int_eq(ask_and_wait(node_b, server.service.entity, text), (int)VMTP_ERROR);
    ck_assert_uint_eq(server.called, 1);
}
END_TEST

static void datagram(struct asked *asked, vipc *node, vmtp_entity whom) {
    ask(asked, node, whom, "dg");
    vipc_cancel(&asked->call);
    asked->call.message.code |= VMTP_DGM;
    ck_assert_int_eq(vipc_start(node, &asked->call), 0);
}

START_TEST(datagrams_are_sent_and_done) {
    serve(&server, node_b, serve_keep);
    datagram(&one, node_a, server.service.entity);
    ck_assert_int_eq(outcome(&one), 0);
    datagram(&two, node_b, server.service.entity);
    ck_assert_int_eq(outcome(&two), 0);
    battery_run(VMTP_SECOND);
    ck_assert_uint_eq(server.kept_count, 2);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_uint_eq(server.kept[i]->datagram, 1);
        ck_assert_uint_eq(server.kept[i]->group, 0);
        ck_assert_uint_eq(server.kept[i]->segment_size, 2);
    }
    ck_assert_int_eq(vipc_reply(server.kept[0], &said_ok, NULL, 0, 0), VMTP_E_STALE);
    vipc_discard(server.kept[1]);
    battery_run(VMTP_SECOND);
    ck_assert_int_eq(one.done, 1);
}
END_TEST

#define MIB (1u << 20)

static void echo_large(struct vipc_service *service, struct vipc_incoming *in) {
    struct served *served = service->context;
    served->called++;
    if (!in->large) {
        ck_assert_int_eq(vipc_reply(in, &said_ok, in->segment, in->segment_size, 0), VMTP_E_TOO_LARGE);
        ck_assert_int_eq(vipc_reply(in, &said_ok, NULL, 0, 0), 0);
        return;
    }
    ck_assert_int_eq(vipc_reply(in, &said_ok, in->segment, in->segment_size, 0), 0);
}

START_TEST(a_mebibyte_both_ways) {
    uint8_t *out = malloc(MIB), *in = calloc(1, MIB);
    for (uint32_t i = 0; i < MIB; i++)
        out[i] = (uint8_t)(i * 2654435761u >> 24);
    server.service = (struct vipc_service){.depth = 1, .capacity = MIB, .request = echo_large, .context = &server};
    ck_assert_int_eq(vipc_serve(node_b, &server.service), 0);
    ask(&one, node_a, server.service.entity, "");
    vipc_cancel(&one.call);
    one.call.segment = out;
    one.call.segment_size = MIB;
    one.call.area = in;
    one.call.capacity = MIB;
    ck_assert_int_eq(vipc_start(node_a, &one.call), 0);
    ck_assert_int_eq(outcome(&one), 0);
    ck_assert_uint_eq(one.call.received, MIB);
    ck_assert_mem_eq(in, out, MIB);
    one.call.capacity = VMTP_GROUP_OCTETS; /* a small answer is expected */
    one.done = 0;
    ck_assert_int_eq(vipc_start(node_a, &one.call), 0);
    ck_assert_int_eq(outcome(&one), 0);
    ck_assert_uint_eq(one.call.received, 0);
    ck_assert_uint_eq(server.called, 2);
    free(out);
    free(in);
}
END_TEST

START_TEST(what_cannot_be_is_refused) {
    static char much[VMTP_GROUP_OCTETS + 1];
    struct vipc_call good = {.message = {.server = 1, .code = 1}, .deadline = VMTP_NEVER}, bad = good;
    ck_assert_int_eq(vipc_start(node_a, &bad), VMTP_E_INVALID); /* nobody to tell */
    ask(&one, node_a, 1, "x");
    vipc_cancel(&one.call);
    good = one.call;
    bad = good, bad.message.server = 0;
    ck_assert_int_eq(vipc_start(node_a, &bad), VMTP_E_INVALID);
    bad = good, bad.segment = NULL;
    ck_assert_int_eq(vipc_start(node_a, &bad), VMTP_E_INVALID);
    bad = good, bad.area = NULL;
    ck_assert_int_eq(vipc_start(node_a, &bad), VMTP_E_INVALID);
    bad = good, bad.slots = 2; /* of one entity */
    ck_assert_int_eq(vipc_start(node_a, &bad), VMTP_E_INVALID);
    bad = good, bad.segment = much, bad.segment_size = VMTP_MESSAGE_OCTETS + 1;
    ck_assert_int_eq(vipc_start(node_a, &bad), VMTP_E_TOO_LARGE);
    bad = good, bad.message.server |= VMTP_ID_GRP, bad.segment = much, bad.segment_size = sizeof much;
    ck_assert_int_eq(vipc_start(node_a, &bad), VMTP_E_TOO_LARGE);
    bad = good, bad.flags = VIPC_CALL_PARTIAL; /* with a segment */
    ck_assert_int_eq(vipc_start(node_a, &bad), VMTP_E_INVALID);
    bad = good, bad.flags = 1u << 31;
    ck_assert_int_eq(vipc_start(node_a, &bad), VMTP_E_INVALID);
    bad = good, bad.client = 0x0123456789abcdefu;
    ck_assert_int_eq(vipc_start(node_a, &bad), VMTP_E_NO_ENTITY);
    ck_assert_ptr_null(bad.ipc);
}
END_TEST

START_TEST(a_service_calls_in_its_own_name) {
    serve(&server, node_b, serve_keep);
    serve(&other, node_a, serve_echo);
    ask(&one, node_a, server.service.entity, "x");
    vipc_cancel(&one.call);
    one.call.client = other.service.entity;
    ck_assert_int_eq(vipc_start(node_a, &one.call), 0);
    two.call = one.call;
    two.call.ipc = NULL;
    ck_assert_int_eq(vipc_start(node_a, &two.call), VMTP_E_IN_CALL);
    battery_run(50 * VMTP_MILLISECOND);
    ck_assert_uint_eq(server.kept[server.kept_count - 1]->client, other.service.entity);
    vipc_unserve(&other.service);
    ck_assert_int_eq(one.done, 0); /* not from inside */
    ck_assert_int_eq(outcome(&one), VMTP_E_CANCELLED);
}
END_TEST

START_TEST(many_calls_at_once) {
    static struct asked many[40];
    serve(&server, node_b, serve_echo);
    for (unsigned i = 0; i < 40; i++)
        ask(&many[i], node_a, server.service.entity, "many");
    for (unsigned i = 0; i < 40; i++)
        ck_assert_int_eq(outcome(&many[i]), 0);
    ck_assert_uint_eq(server.called, 40);
}
END_TEST

static void answer_chosen(struct vipc_service *service, struct vipc_incoming *in) {
    static char blocks[8192];
    (void)service;
    ck_assert_uint_ne(in->message.code & VMTP_MDM, 0);
    for (unsigned i = 0; i < sizeof blocks; i++)
        blocks[i] = (char)('a' + i / 512);
    ck_assert_int_eq(vipc_reply(in, &said_ok, blocks, sizeof blocks, VIPC_REPLY_IDEMPOTENT | VIPC_REPLY_CHOSEN), 0);
}

START_TEST(an_answer_in_chosen_blocks) {
    static char area[8192];
    serve(&server, node_b, answer_chosen);
    ask(&one, node_a, server.service.entity, "");
    vipc_cancel(&one.call);
    one.call.flags = VIPC_CALL_PARTIAL;
    one.call.area = area;
    one.call.capacity = sizeof area;
    ck_assert_int_eq(vipc_start(node_a, &one.call), 0);
    ck_assert_int_eq(outcome(&one), 0);
    ck_assert_uint_eq(one.call.received, sizeof area);
    for (unsigned i = 0; i < sizeof area; i++)
        ck_assert_int_eq(area[i], 'a' + (int)i / 512);
}
END_TEST

START_TEST(a_call_blocks) {
    serve(&server, node_b, serve_echo);
    ask(&one, node_a, server.service.entity, "hello");
    vipc_cancel(&one.call);
    one.call.done = NULL;
    ck_assert_int_eq(vipc_call_wait(node_a, &one.call), 0);
    ck_assert_uint_eq(one.call.received, 5);
    ck_assert_ptr_null(one.call.done);
    vipc_unserve(&server.service);
    ck_assert_int_eq(vipc_call_wait(node_a, &one.call), (int)VMTP_NONEXISTENT_ENTITY);
    one.call.message.server = 0;
    ck_assert_int_eq(vipc_call_wait(node_a, &one.call), VMTP_E_INVALID);
}
END_TEST

START_TEST(a_call_that_blocks_is_interrupted) {
    serve(&server, node_b, serve_keep);
    ask(&one, node_a, server.service.entity, "hello");
    vipc_cancel(&one.call);
    vipc_interrupt(node_a);
    ck_assert_int_eq(vipc_call_wait(node_a, &one.call), VMTP_E_CANCELLED);
    ck_assert_ptr_null(one.call.ipc);
    one.call.deadline = vipc_now(node_a) + VMTP_SECOND;
    ck_assert_int_eq(vipc_call_wait(node_a, &one.call), (int)VMTP_USER_TIMEOUT);
    ck_assert_int_eq(one.done, 0);
}
END_TEST

static const struct ipc_rig *mine;
static void setup(void) {
    memset(&server, 0, sizeof server);
    memset(&other, 0, sizeof other);
    memset(&one, 0, sizeof one);
    memset(&two, 0, sizeof two);
    battery_open(mine);
}

/* ---- is it there ------------------------------------------------------------------------------------------------ */

static int probed, verdict;
static void on_probe(struct vipc_probe *probe, int result) {
    ck_assert_ptr_null(probe->call.ipc);
    probed++;
    verdict = result;
}

static int probe(vipc *node, vmtp_entity entity) {
    struct vipc_probe p = {.entity = entity, .done = on_probe};
    probed = 0;
    ck_assert_int_eq(vipc_probe_start(node, &p), 0);
    ck_assert_int_eq(vipc_probe_start(node, &p), VMTP_E_INVALID);
    for (int i = 0; i < 600 && !probed; i++)
        battery_run(100 * VMTP_MILLISECOND);
    ck_assert_int_eq(probed, 1);
    return verdict;
}

/* VMTP-10.3-01, VMTP-10.3-04 */
START_TEST(a_probe_tells_whether_an_entity_is_there) {
    struct served far = {0}, near_by = {0};
    serve(&far, node_b, serve_echo);
    serve(&near_by, node_a, serve_echo);
    ck_assert_int_eq(probe(node_a, far.service.entity), 0);
    ck_assert_int_eq(probe(node_a, near_by.service.entity), 0);
    ck_assert_uint_eq(far.called, 0);
    ck_assert_int_eq(ask_and_wait(node_a, far.service.entity, "hello"), 0);
    ck_assert_int_eq(probe(node_a, far.service.entity), 0);
    vipc_unserve(&far.service);
    const int gone = probe(node_a, far.service.entity);
    ck_assert(gone == (int)VMTP_NONEXISTENT_ENTITY || gone == (int)VMTP_RETRANS_TIMEOUT);
    ck_assert_int_eq(probe(node_a, 0x0123456789abcdefu & ~((vmtp_entity)1 << 62)), (int)VMTP_RETRANS_TIMEOUT);
}
END_TEST

START_TEST(a_probe_that_is_wrong_or_cancelled) {
    struct vipc_probe p = {.entity = 0, .done = on_probe};
    ck_assert_int_eq(vipc_probe_start(node_a, &p), VMTP_E_INVALID);
    p.entity = VMTP_MANAGER_GROUP;
    ck_assert_int_eq(vipc_probe_start(node_a, &p), VMTP_E_INVALID);
    vipc_probe_cancel(&p);
    p.entity = 4711;
    ck_assert_int_eq(vipc_probe_start(node_a, &p), 0);
    vipc_probe_cancel(&p);
    probed = 0;
    battery_run(60 * VMTP_SECOND);
    ck_assert_int_eq(probed, 0);
}
END_TEST

void battery_add_calls(Suite *suite, const struct ipc_rig *rig) {
    const TTest *const tests[] = {a_call_is_answered,
                                  the_same_record_is_started_again,
                                  a_call_begins_in_a_function_of_one,
                                  a_call_is_freed_by_its_own_function,
                                  a_call_is_cancelled_in_the_function_of_another,
                                  a_cancelled_call_tells_nothing,
                                  deadlines_are_kept,
                                  an_entity_that_is_gone_is_told,
                                  an_entity_that_never_was_ends_in_silence,
                                  an_answer_that_does_not_fit_is_told,
                                  a_request_that_does_not_fit_is_refused,
                                  datagrams_are_sent_and_done,
                                  a_mebibyte_both_ways,
                                  what_cannot_be_is_refused,
                                  a_service_calls_in_its_own_name,
                                  many_calls_at_once,
                                  an_answer_in_chosen_blocks,
                                  a_call_blocks,
                                  a_call_that_blocks_is_interrupted,
                                  a_probe_tells_whether_an_entity_is_there,
                                  a_probe_that_is_wrong_or_cancelled};
    TCase *tc = tcase_create("calls");
    mine = rig;
    tcase_add_checked_fixture(tc, setup, battery_close);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(suite, tc);
}

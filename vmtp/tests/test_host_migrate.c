/* SPDX-License-Identifier: BSD-2-Clause */
/* vmtp_host_export, vmtp_host_import: entities go from host to host, with the Requests that they have. */
#include <stdlib.h>

#include "support/host_net.h"
#include "wire_testing.h"

static struct net net;
static struct net_node *client, *old, *new;
static uint8_t form[65536];
static size_t used;
static const struct vmtp_message ok = {.code = VMTP_OK};

static void setup(void) {
    net_begin(&net, 3);
    client = net_open(&net, 0);
    old = net_open(&net, 1);
    new = net_open(&net, 2);
    net_serve(old, 4, 4096);
}

static void teardown(void) { net_end(&net); }

static vmtp_time now(void) { return vmtp_sim_now(net.sim); }

static void send_away(size_t size) { ck_assert_int_eq(vmtp_host_export(old->host, old->entity, form, size, &used), 0); }

static void take_in(struct net_node *node) {
    ck_assert_int_eq(vmtp_host_import(node->host, form, used, &node->entity), 0);
    ck_assert_uint_eq(node->entity, old->entity);
}

/* Three Requests come, and the first is received. */
static void bring_three(struct vmtp_incoming *first) {
    static const char *const text[3] = {"one", "number two", ""};
    for (unsigned i = 0; i < 3; i++) {
        net_start(client, old->entity, text[i], (uint32_t)strlen(text[i]), i);
        net_run(&net, VMTP_MILLISECOND);
    }
    ck_assert_int_eq(vmtp_host_next_request(old->host, 0, first), 1);
}

static void expect_three_answers(void) {
    struct vmtp_event event;
    net_run(&net, VMTP_SECOND);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_int_eq(net_event(client, &event), VMTP_EV_COMPLETE);
        ck_assert_uint_eq(event.result, 0);
        ck_assert_uint_eq(event.message.code & VMTP_CODE_MASK, VMTP_OK);
        ck_assert_uint_eq(event.message.server, old->entity);
    }
    ck_assert_int_eq(net_event(client, NULL), 0);
}

/* VMTP-13.11-05 */
START_TEST(requests_go_along_with_their_segments) {
    struct vmtp_incoming first, in;
    bring_three(&first);
    const vmtp_handle former = first.handle;
    send_away(sizeof form);
    ck_assert_int_eq(vmtp_host_reply(old->host, &first, &ok, NULL, 0, 0), VMTP_E_STALE);
    ck_assert_int_eq(vmtp_host_next_request(old->host, 0, &in), 0);
    take_in(new);
    memset(form, 0xee, sizeof form); /* it is ours again */
    ck_assert_int_eq(vmtp_host_serve(new->host, new->entity, 2, 4096), 0);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_int_eq(vmtp_host_receive(new->host, new->entity, &in, 0), 0);
        ck_assert_uint_eq(in.resumed, 1);
        ck_assert_uint_eq(in.entity, old->entity);
        if (in.segment_size == 3) {
            ck_assert_uint_eq(in.former, former);
            ck_assert_mem_eq(in.segment, "one", 3);
        } else if (in.segment_size) {
            ck_assert_uint_eq(in.segment_size, 10);
            ck_assert_mem_eq(in.segment, "number two", 10);
        } else {
            ck_assert_ptr_null(in.segment);
        }
        ck_assert_int_eq(vmtp_host_reply(new->host, &in, &ok, NULL, 0, 0), 0);
    }
    expect_three_answers();
    net_start(client, old->entity, "x", 1, 9); /* and it goes on as any other */
    net_run(&net, VMTP_SECOND);
    ck_assert_int_eq(vmtp_host_next_request(new->host, 0, &in), 1);
    ck_assert_uint_eq(in.resumed, 0);
    ck_assert_uint_eq(in.former, 0);
    vmtp_host_done(new->host, &in);
}
END_TEST

static unsigned called;

static void answer(vmtp_host *host, struct vmtp_incoming *in, void *context) {
    ck_assert_ptr_eq(context, &called);
    ck_assert_uint_eq(in->resumed, called < 3);
    called++;
    ck_assert_int_eq(vmtp_host_reply(host, in, &ok, NULL, 0, 0), 0);
}

START_TEST(a_procedure_is_called_with_them) {
    struct vmtp_incoming first;
    called = 0;
    bring_three(&first);
    send_away(sizeof form);
    vmtp_host_done(old->host, &first);
    take_in(new);
    net_run(&net, VMTP_MILLISECOND);
    ck_assert_int_eq(vmtp_host_procedure(new->host, new->entity, 2, 64, answer, &called), 0);
    expect_three_answers();
    ck_assert_uint_eq(called, 3);
}
END_TEST

/* Nobody took it: it goes on at home, with what was in hand. */
START_TEST(back_home) {
    struct vmtp_incoming first, in;
    bring_three(&first);
    send_away(sizeof form);
    take_in(old);
    ck_assert_int_eq(vmtp_host_import(old->host, form, used, &old->entity), VMTP_E_EXISTS);
    old->entity = first.entity;
    ck_assert_int_eq(vmtp_host_serve(old->host, old->entity, 4, 4096), 0);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_int_eq(vmtp_host_receive(old->host, 0, &in, 0), 0);
        ck_assert_int_eq(vmtp_host_reply(old->host, &in, &ok, NULL, 0, 0), 0);
    }
    ck_assert_int_eq(vmtp_host_reply(old->host, &first, &ok, NULL, 0, 0), VMTP_E_STALE);
    expect_three_answers();
}
END_TEST

/* And once more, before anybody looked. */
START_TEST(twice_before_anybody_looks) {
    struct vmtp_incoming first, in;
    bring_three(&first);
    send_away(sizeof form);
    take_in(new);
    ck_assert_int_eq(vmtp_host_export(new->host, new->entity, form, sizeof form, &used), 0);
    ck_assert_int_eq(vmtp_host_next_request(new->host, 0, &in), 0);
    struct net_node *third = net_open(&net, 3);
    take_in(third);
    ck_assert_int_eq(vmtp_host_serve(third->host, third->entity, 4, 4096), 0);
    while (vmtp_host_next_request(third->host, 0, &in))
        ck_assert_int_eq(vmtp_host_reply(third->host, &in, &ok, in.segment, in.segment_size, 0), 0);
    expect_three_answers();
    vmtp_host_done(old->host, &first);
}
END_TEST

START_TEST(room_is_asked_for) {
    struct vmtp_incoming first;
    size_t all;
    bring_three(&first);
    ck_assert_int_eq(vmtp_host_export(old->host, old->entity, NULL, 0, &all), VMTP_E_MEMORY);
    for (size_t size = 0; size < all; size++)
        ck_assert_int_eq(vmtp_host_export(old->host, old->entity, form, size, &used), VMTP_E_MEMORY);
    ck_assert_uint_eq(used, all);
    send_away(all);
    ck_assert_uint_eq(used, all);
    ck_assert_int_eq(vmtp_host_export(old->host, old->entity, form, sizeof form, &used), VMTP_E_NO_ENTITY);
    vmtp_host_done(old->host, &first);
}
END_TEST

/* VMTP-13.11-12 */
START_TEST(damaged_is_refused) {
    struct vmtp_incoming first;
    vmtp_entity id;
    bring_three(&first);
    send_away(sizeof form);
    vmtp_host_done(old->host, &first);
    const long living = net.living;
    for (size_t i = 0; i < used; i++) {
        form[i] ^= 0x41;
        ck_assert_int_eq(vmtp_host_import(new->host, form, used, &id), VMTP_E_INVALID);
        form[i] ^= 0x41;
        ck_assert_int_eq(vmtp_host_import(new->host, form, i, &id), VMTP_E_INVALID);
    }
    ck_assert_int_eq(vmtp_host_import(new->host, NULL, 0, &id), VMTP_E_INVALID);
    ck_assert_int_eq(net.living, living);
    take_in(new);
}
END_TEST

START_TEST(no_memory_changes_nothing) {
    struct vmtp_incoming first, in;
    int r;
    bring_three(&first);
    send_away(sizeof form);
    vmtp_host_done(old->host, &first);
    const long living = net.living;
    unsigned failures = 0;
    for (;; failures++) {
        net.fail_at = net.allocations + failures;
        r = vmtp_host_import(new->host, form, used, &new->entity);
        net.fail_at = -1;
        if (r == 0)
            break;
        ck_assert_int_eq(r, VMTP_E_MEMORY);
        ck_assert_int_eq(net.living, living);
    }
    ck_assert_uint_eq(failures, 2);
    while (vmtp_host_next_request(new->host, 0, &in))
        ck_assert_int_eq(vmtp_host_reply(new->host, &in, &ok, NULL, 0, 0), 0);
    expect_three_answers();
}
END_TEST

/* The Response's octets are the host's until nobody can ask for them.  VMTP-13.11-09 */
START_TEST(responses_are_kept) {
    static char text[4000];
    struct vmtp_incoming in;
    struct vmtp_event event;
    net_start(client, old->entity, "q", 1, 1);
    net_run(&net, VMTP_MILLISECOND);
    ck_assert_int_eq(vmtp_host_next_request(old->host, 0, &in), 1);
    memset(text, 'r', sizeof text);
    vmtp_sim_partition(net.sim, old->port, 1); /* it is not heard */
    ck_assert_int_eq(vmtp_host_reply(old->host, &in, &ok, text, sizeof text, 0), 0);
    net_run(&net, VMTP_MILLISECOND);
    send_away(sizeof form);
    ck_assert_int_eq(net_event(client, NULL), 0);
    vmtp_sim_partition(net.sim, old->port, 0);
    const long living = net.living;
    take_in(new);
    ck_assert_int_eq(net.living, living + 1);
    memset(form, 0, sizeof form);
    net_run(&net, VMTP_SECOND);
    ck_assert_int_eq(net_event(client, &event), VMTP_EV_COMPLETE);
    ck_assert_uint_eq(event.result, 0);
    ck_assert_uint_eq(event.segment_size, sizeof text);
    ck_assert_mem_eq(event.segment, text, sizeof text);
    net_run(&net, 10 * VMTP_SECOND);
    ck_assert_int_eq(net.living, living);
}
END_TEST

/* VMTP-13.11-04 */
START_TEST(its_call_goes_on) {
    struct vmtp_incoming in;
    struct vmtp_event event;
    struct vmtp_request request = {.message = {.server = old->entity}, .deadline = VMTP_NEVER};
    vmtp_handle handle;
    ck_assert_int_eq(vmtp_host_entity(client->host, &request.client, NULL), 0);
    ck_assert_int_eq(vmtp_call(vmtp_host_engine(client->host), &handle, &request, now()), 0);
    net_run(&net, VMTP_MILLISECOND);
    ck_assert_int_eq(vmtp_host_next_request(old->host, 0, &in), 1);
    ck_assert_int_eq(vmtp_host_export(client->host, request.client, form, sizeof form, &used), 0);
    ck_assert_int_eq(net_event(client, &event), VMTP_EV_COMPLETE);
    ck_assert_uint_eq(event.result, VMTP_MIGRATED);
    vmtp_entity id;
    ck_assert_int_eq(vmtp_host_import(new->host, form, used, &id), 0);
    ck_assert_uint_eq(id, request.client);
    ck_assert_int_eq(vmtp_host_reply(old->host, &in, &ok, NULL, 0, 0), 0);
    request.flags = VMTP_CALL_RESUME;
    ck_assert_int_eq(vmtp_host_transact(new->host, &request, &event), 0);
    ck_assert_uint_eq(event.message.server, old->entity);
    ck_assert_int_eq(vmtp_host_next_request(old->host, 0, &in), 0);
}
END_TEST

static void ask(vmtp_entity from, vmtp_entity server, vmtp_handle *call) {
    struct vmtp_request request = {.client = from, .message.server = server, .deadline = VMTP_NEVER};
    ck_assert_int_eq(vmtp_call(vmtp_host_engine(client->host), call, &request, now()), 0);
    net_run(&net, VMTP_MILLISECOND);
}

/* VMTP-13.11-14: its client has asked another server since, at the node to which the first one comes */
START_TEST(given_up_requests_are_not_told) {
    vmtp_entity from, arrived;
    vmtp_handle call;
    struct vmtp_incoming in;
    net_serve(new, 2, 4096);
    ck_assert_int_eq(vmtp_entity_create(vmtp_host_engine(client->host), &from, NULL, now()), 0);
    ask(from, old->entity, &call);
    ck_assert_int_eq(vmtp_cancel(vmtp_host_engine(client->host), call, now()), 0);
    ask(from, new->entity, &call);
    send_away(sizeof form);
    ck_assert_int_eq(vmtp_host_import(new->host, form, used, &arrived), 0);
    ck_assert_int_eq(vmtp_host_next_request(new->host, 0, &in), 1);
    ck_assert_uint_eq(in.entity, new->entity);
    vmtp_host_done(new->host, &in);
    ck_assert_int_eq(vmtp_host_next_request(new->host, 0, &in), 0);
    ck_assert_int_eq(net_event(new, NULL), 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("host migration");
    TCase *tc = tcase_create("migration");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, requests_go_along_with_their_segments);
    tcase_add_test(tc, a_procedure_is_called_with_them);
    tcase_add_test(tc, back_home);
    tcase_add_test(tc, twice_before_anybody_looks);
    tcase_add_test(tc, room_is_asked_for);
    tcase_add_test(tc, damaged_is_refused);
    tcase_add_test(tc, no_memory_changes_nothing);
    tcase_add_test(tc, responses_are_kept);
    tcase_add_test(tc, its_call_goes_on);
    tcase_add_test(tc, given_up_requests_are_not_told);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}

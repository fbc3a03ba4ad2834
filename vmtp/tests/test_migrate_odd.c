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
#define FORM_ONWARD (FORM_FIRST + 56u)
#define FORWARDED 5u

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

int main(void) {
    Suite *s = suite_create("migrate_odd");
    TCase *t = tcase_create("migrate_odd");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, answered_calls_of_a_run_end_when_their_client_leaves);
    tcase_add_loop_test(t, member_leaves_with_a_request_of_a_client_here, 0, 3);
    tcase_add_loop_test(t, forms_of_forwarded_requests_are_looked_at, 0, 4);
    tcase_add_test(t, forwarded_to_itself);
    tcase_add_test(t, server_that_has_always_just_left);
    suite_add_tcase(s, t);
    return run_tests(s);
}

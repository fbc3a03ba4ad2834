/* SPDX-License-Identifier: BSD-2-Clause */
/* test_groups_response.c - Responses that go to the other members too (spec/vmtp.md section 13.1). */
#include "support/calling.h"
#include "support/serving.h"
#include "wire_testing.h"

#define A FOREIGN_CLIENT
#define GROUP 0x4000000000beef01ull
#define OTHER_GROUP 0x4000000000beef02ull
#define ELSEWHERE 0x0000000000def001ull
#define T 500u

static struct foreign f;
static vmtp_entity one, two;

static void setup(void) {
    foreign_open(&f, NULL);
    one = serve_entity(&f, NULL);
    two = serve_entity(&f, NULL);
    ck_assert_int_eq(vmtp_group_join(f.engine, GROUP, one, VMTP_GRP_RESPONSES), 0);
    f.multicast = 1;
}

static void teardown(void) { foreign_close(&f); }

static int ask(uint32_t flags) {
    struct vmtp_header h = foreign_request(A, GROUP, T, 0x123);
    h.flags = flags;
    return foreign_send(&f, &h, NULL, 0);
}

static void expect_to_group(const struct packet *p, uint32_t size) {
    uint8_t mac[6];
    vmtp_group_mac(mac, GROUP);
    ck_assert_mem_eq(p->dst, mac, 6);
    ck_assert_uint_eq(p->h.mpg, 1);
    ck_assert_uint_eq(p->h.function, VMTP_RESPONSE);
    ck_assert_uint_eq(p->h.server, one);
    ck_assert_uint_eq(p->h.client, A);
    ck_assert_uint_eq(p->h.transaction, T);
    ck_assert_uint_eq(p->h.code & VMTP_CODE_MASK, 7);
    ck_assert_uint_eq(p->h.flags & VMTP_APG, 0);
    ck_assert_uint_eq(p->h.delivery, vmtp_blocks_mask(size));
    ck_assert_mem_eq(p->data, serving_segment, size);
}

/* What another member sends to the group. */
static int hear(vmtp_entity client, uint32_t transaction, uint32_t size, uint32_t blocks) {
    struct vmtp_header request = foreign_request(client, ELSEWHERE, transaction, 0x123);
    struct vmtp_header h = call_response(&request, size);
    return call_give_blocks(&f, &h, calling_response, blocks, 0);
}

static unsigned heard(void) { return foreign_event_count(&f, VMTP_EV_GROUP_RESPONSE); }

/* ---- sending ---- */

/* VMTP-13.1-15 VMTP-13.1-28 VMTP-13.1-29 */
START_TEST(response_goes_to_the_group) {
    uint32_t size = _i & 1 ? 1200 : 0;
    int member = _i & 2;
    ck_assert_int_eq(ask(member ? VMTP_MDG : 0), 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 7, size, VMTP_REPLY_GROUP), 0);
    if (!member) {
        const struct packet *p = expect_response(&f, T, 7);
        ck_assert_mem_eq(p->dst, foreign_mac, 6);
        ck_assert_uint_eq(p->h.mpg, 0);
    }
    expect_to_group(expect_packet(&f), size);
    expect_silence(&f);
    struct vmtp_header again = foreign_request(A, GROUP, T, 0x123);
    again.retransmit = 1;
    foreign_send(&f, &again, NULL, 0);
    const struct packet *p = expect_response(&f, T, 7);
    ck_assert_mem_eq(p->dst, foreign_mac, 6);
    ck_assert_uint_eq(p->h.mpg, 0);
    foreign_pass(&f, 10 * VMTP_SECOND);
    expect_silence(&f);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RELEASED), size ? 1 : 0);
}
END_TEST

/* VMTP-13.1-14 VMTP-13.1-15 */
START_TEST(group_response_with_delay) {
    ck_assert_int_eq(ask(VMTP_DRT | (_i ? VMTP_MDG : 0)), 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 7, 0, VMTP_REPLY_GROUP), 0);
    foreign_pass(&f, 101 * VMTP_MILLISECOND);
    if (!_i)
        expect_response(&f, T, 7);
    expect_to_group(expect_packet(&f), 0);
    expect_silence(&f);
}
END_TEST

START_TEST(what_no_group_response_can_be_made_of) {
    ck_assert_int_eq(ask(0), 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 7, 1433, VMTP_REPLY_GROUP), VMTP_E_TOO_LARGE);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 7, 1432, VMTP_REPLY_GROUP), 0);
    f.multicast = 0;
    serve_ask(&f, A, one, T + 1, 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 7, 0, VMTP_REPLY_GROUP), VMTP_E_INVALID);
}
END_TEST

/* VMTP-13.1-31: also if the Client is here; its own Response it gets once */
START_TEST(members_and_client_here) {
    f.multicast = 0;
    ck_assert_int_eq(vmtp_group_join(f.engine, GROUP, two, VMTP_GRP_RESPONSES), 0);
    vmtp_entity client = call_entity(&f);
    struct vmtp_request r = call_request(client, 0);
    r.message.server = GROUP;
    r.message.code |= VMTP_MRD;
    r.response_slots = 2;
    r.response_size = 2048;
    r.deadline = f.now + VMTP_SECOND;
    call_start(&f, &r);
    expect_packet(&f);
    ck_assert_int_eq(serve_reply(&f, foreign_event(&f, VMTP_EV_REQUEST, 0), 7, 600, VMTP_REPLY_GROUP), 0);
    const struct packet *p = expect_packet(&f);
    ck_assert_uint_eq(p->h.function, VMTP_RESPONSE);
    ck_assert_uint_eq(p->h.mpg, 1);
    ck_assert_uint_eq(p->h.client, client);
    expect_silence(&f);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RESPONSE), 1);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RELEASED), 1);
    ck_assert_uint_eq(heard(), 1);
    const struct vmtp_event *ev = foreign_event(&f, VMTP_EV_GROUP_RESPONSE, 0);
    ck_assert_uint_eq(ev->entity, two);
    ck_assert_uint_eq(ev->message.server, one);
    ck_assert_uint_eq(ev->segment_size, 600);
    ck_assert_mem_eq(ev->segment, serving_segment, 600);
    ck_assert_uint_eq(ev->handle, foreign_event(&f, VMTP_EV_REQUEST, 1)->handle);
}
END_TEST

/* ---- hearing ---- */

/* VMTP-13.1-30 */
START_TEST(member_hears_of_another) {
    ck_assert_int_eq(ask(0), 0);
    ck_assert_int_eq(hear(A, T, 1000, 3), 0);
    expect_silence(&f);
    ck_assert_uint_eq(heard(), 1);
    const struct vmtp_event *ev = foreign_event(&f, VMTP_EV_GROUP_RESPONSE, 0);
    ck_assert_uint_eq(ev->entity, one);
    ck_assert_uint_eq(ev->client, A);
    ck_assert_uint_eq(ev->transaction, T);
    ck_assert_uint_eq(ev->message.server, ELSEWHERE);
    ck_assert_uint_eq(ev->message.code & VMTP_CODE_MASK, 0x42);
    ck_assert_uint_eq(ev->segment_size, 1000);
    ck_assert_mem_eq(ev->segment, calling_response, 1000);
    ck_assert_uint_eq(ev->handle, serve_last(&f)->handle);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 7, 0, 0), 0); /* and answers all the same */
    expect_response(&f, T, 7);
}
END_TEST

/* VMTP-13.1-30 VMTP-13.1-32: it is for nobody else */
START_TEST(who_does_not_hear_it) {
    if (_i != 0)
        ck_assert_int_eq(ask(0), 0);
    switch (_i) {
    case 0: break; /* no Request */
    case 1: ck_assert_int_eq(serve_reply(&f, serve_last(&f), 7, 0, 0), 0); break;
    case 2: /* does not want to */
        ck_assert_int_eq(vmtp_group_leave(f.engine, GROUP, one), 0);
        ck_assert_int_eq(vmtp_group_join(f.engine, GROUP, one, 0), 0);
        break;
    case 3: /* not of that group any more */
        ck_assert_int_eq(vmtp_group_leave(f.engine, GROUP, one), 0);
        ck_assert_int_eq(vmtp_group_join(f.engine, OTHER_GROUP, one, VMTP_GRP_RESPONSES), 0);
        break;
    default: break;
    }
    call_forget_packets(&f);
    hear(_i == 4 ? A + 1 : A, _i == 5 ? T + 1 : T, 0, 0);
    if (_i == 6) {
        ck_assert_uint_eq(heard(), 1);
        f.event_count = 0;
        hear(A, T, 1000, 1); /* not whole */
    }
    ck_assert_uint_eq(heard(), 0);
    expect_silence(&f);
}
END_TEST

/* It needs an accept, like a Request. */
START_TEST(group_response_without_room) {
    vmtp_entity poor;
    ck_assert_int_eq(vmtp_entity_create(f.engine, &poor, NULL, f.now), 0);
    ck_assert_int_eq(vmtp_group_leave(f.engine, GROUP, one), 0);
    ck_assert_int_eq(vmtp_group_join(f.engine, GROUP, poor, VMTP_GRP_RESPONSES), 0);
    serve_accepts(&f, poor, 1, 100);
    ck_assert_int_eq(ask(0), 0);
    hear(A, T, 0, 0);
    ck_assert_uint_eq(heard(), 0);
    ck_assert_uint_eq(vmtp_counter(f.engine, VMTP_COUNT_DROP_NO_ACCEPT), 1);
    serve_accepts(&f, poor, 1, 100);
    ck_assert_int_eq(vmtp_entity_delete(f.engine, poor, f.now), 0);
    foreign_collect(&f);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_ACCEPT_RETURNED), 1);
}
END_TEST

/* VMTP-13.1-32 VMTP-13.1-28: a Client that is a member hears it there */
START_TEST(client_hears_it) {
    f.multicast = 0;
    vmtp_entity client = call_entity(&f);
    ck_assert_int_eq(vmtp_group_leave(f.engine, GROUP, one), 0);
    ck_assert_int_eq(vmtp_group_join(f.engine, GROUP, client, 0), 0);
    struct vmtp_request r = call_request(client, 0);
    r.message.server = GROUP;
    call_start(&f, &r);
    struct vmtp_header h = expect_packet(&f)->h, response = call_response(&h, 1000);
    ck_assert_uint_eq(h.flags & VMTP_MDG, VMTP_MDG);
    response.server = ELSEWHERE;
    f.multicast = 1;
    ck_assert_int_eq(call_give_blocks(&f, &response, calling_response, 3, VMTP_APG), 0);
    ck_assert_uint_eq(call_result(&f, 0)->message.server, ELSEWHERE);
    ck_assert_int_eq(call_give_blocks(&f, &response, calling_response, 3, VMTP_APG), VMTP_COUNT_DROP_STALE_RESPONSE);
    expect_silence(&f);
}
END_TEST

int main(void) {
    Suite *s = suite_create("groups: Responses");
    TCase *t = tcase_create("groups");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, response_goes_to_the_group, 0, 4);
    tcase_add_loop_test(t, group_response_with_delay, 0, 2);
    tcase_add_test(t, what_no_group_response_can_be_made_of);
    tcase_add_test(t, members_and_client_here);
    tcase_add_test(t, member_hears_of_another);
    tcase_add_loop_test(t, who_does_not_hear_it, 0, 7);
    tcase_add_test(t, group_response_without_room);
    tcase_add_test(t, client_hears_it);
    suite_add_tcase(s, t);
    return run_suite(s);
}

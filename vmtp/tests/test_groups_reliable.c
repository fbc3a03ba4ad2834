/* SPDX-License-Identifier: BSD-2-Clause */
/* test_groups_reliable.c - a Request to a group that each of its members is to answer (spec/vmtp.md section 13.1). */
#include "support/calling.h"
#include "support/serving.h"
#include "support/world.h"
#include "wire_testing.h"

#define GROUP 0x4000000000beef01ull
#define M1 0x0000000000def001ull
#define M2 0x0000000000def002ull
#define M3 0x0000000000def003ull
#define STRANGER 0x0000000000def004ull

static struct foreign f;
static vmtp_entity client, members[8];
static uint8_t slots[8][2048];

static void setup(void) {
    foreign_open(&f, NULL);
    client = call_entity(&f);
    members[0] = M1;
    members[1] = M2;
    members[2] = M3;
}

static void teardown(void) { foreign_close(&f); }

static struct vmtp_request request(uint32_t size, uint32_t count, uint32_t room) {
    struct vmtp_request r = call_request(client, size);
    r.message.server = GROUP;
    r.message.code |= VMTP_MRD;
    r.response_area = slots;
    r.response_size = sizeof slots[0];
    r.response_slots = room;
    r.flags = VMTP_CALL_RELIABLE;
    r.members = members;
    r.member_count = count;
    return r;
}

static struct vmtp_header sent(uint32_t size, uint32_t count, uint32_t room) {
    struct vmtp_request r = request(size, count, room);
    call_start(&f, &r);
    struct vmtp_header h = expect_packet(&f)->h;
    call_forget_packets(&f);
    return h;
}

/* Member n is at a node of its own. */
static const uint8_t *node_of(vmtp_entity member) {
    static uint8_t macs[16][6];
    uint8_t *mac = macs[member & 15u];
    memcpy(mac, "\x02\x00\x00\x00\x01", 5);
    mac[5] = (uint8_t)member;
    return mac;
}

static int answer(const struct vmtp_header *h, vmtp_entity member) {
    struct vmtp_header response = call_response(h, 0);
    response.server = member;
    f.src = node_of(member);
    return foreign_send(&f, &response, NULL, 0);
}

static void tell(const struct vmtp_header *h, vmtp_entity member, uint32_t code) {
    struct vmtp_header n = foreign_notify_client(client, h->transaction, 0, code);
    f.src = node_of(member);
    foreign_send(&f, &n, NULL, 0);
}

/* VMTP-13.1-24 */
START_TEST(ends_when_all_have_answered) {
    struct vmtp_header h = sent(0, 3, 3);
    ck_assert_int_eq(answer(&h, M2), 0);
    ck_assert_int_eq(answer(&h, M1), 0);
    call_goes_on(&f);
    ck_assert_int_eq(answer(&h, M1), VMTP_COUNT_DROP_STALE_RESPONSE);
    call_goes_on(&f);
    ck_assert_int_eq(answer(&h, M3), 0);
    ck_assert_uint_eq(call_result(&f, 0)->number, 3);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RESPONSE), 3);
    foreign_pass(&f, 10 * VMTP_SECOND);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.1-25: to all until somebody has answered, then to who has not */
START_TEST(those_that_are_missing_are_asked_again) {
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(vmtp_host_learn(f.engine, members[i], node_of(members[i]), f.now), 0);
    struct vmtp_header h = sent(3000, 3, 3);
    foreign_pass(&f, 225 * VMTP_MILLISECOND);
    ck_assert_uint_eq(foreign_waiting(&f), 3);
    ck_assert_uint_eq(expect_packet(&f)->h.mpg, 1);
    call_forget_packets(&f);
    ck_assert_int_eq(answer(&h, M2), 0);
    foreign_pass(&f, 25 * VMTP_MILLISECOND);
    ck_assert_uint_eq(foreign_waiting(&f), 2);
    for (unsigned i = 0; i < 3; i += 2) {
        const struct packet *p = expect_packet(&f);
        ck_assert_mem_eq(p->dst, node_of(members[i]), 6);
        ck_assert_uint_eq(p->h.mpg, 0);
        ck_assert_uint_eq(p->h.server, GROUP);
        ck_assert_uint_eq(p->h.flags & VMTP_APG, VMTP_APG);
        ck_assert_uint_eq(p->h.delivery, 0); /* who lacks blocks will say so */
        ck_assert_uint_eq(p->h.retransmit, 2);
    }
    tell(&h, M3, VMTP_RETRY_ALL);
    const struct packet *p = expect_packet(&f);
    ck_assert_mem_eq(p->dst, node_of(M3), 6);
    ck_assert_uint_eq(p->h.delivery, 3);
}
END_TEST

/* VMTP-13.1-25: what is not known where to find is asked with all */
START_TEST(node_that_is_not_known) {
    ck_assert_int_eq(vmtp_host_learn(f.engine, M1, node_of(M1), f.now), 0);
    struct vmtp_header h = sent(0, 3, 3);
    ck_assert_int_eq(answer(&h, M2), 0);
    foreign_pass(&f, 225 * VMTP_MILLISECOND);
    ck_assert_uint_eq(expect_packet(&f)->h.mpg, 1);
    expect_silence(&f);
    ck_assert_int_eq(answer(&h, M3), 0);
    foreign_pass(&f, 45 * VMTP_MILLISECOND);
    ck_assert_uint_eq(expect_packet(&f)->h.mpg, 0);
    call_forget_packets(&f);
    tell(&h, M1, VMTP_NONEXISTENT_ENTITY); /* it was there */
    call_goes_on(&f);
    foreign_pass(&f, 85 * VMTP_MILLISECOND);
    ck_assert_uint_eq(expect_packet(&f)->h.mpg, 1);
}
END_TEST

/* VMTP-13.1-26 VMTP-13.1-27: some are silent; or only slow */
START_TEST(members_that_do_not_answer) {
    ck_assert_int_eq(vmtp_host_learn(f.engine, M1, node_of(M1), f.now), 0);
    ck_assert_int_eq(vmtp_host_learn(f.engine, M3, node_of(M3), f.now), 0);
    struct vmtp_header h = sent(0, 3, 3);
    ck_assert_int_eq(answer(&h, M2), 0);
    for (unsigned i = 0; i < 20 && !foreign_event_count(&f, VMTP_EV_COMPLETE); i++) {
        foreign_pass(&f, 200 * VMTP_MILLISECOND);
        if (_i)
            tell(&h, M1, _i == 1 ? VMTP_OK : VMTP_BUSY);
    }
    if (_i) {
        call_goes_on(&f);
        ck_assert_int_eq(answer(&h, M3), 0);
        ck_assert_int_eq(answer(&h, M1), 0);
        ck_assert_uint_eq(call_result(&f, 0)->number, 3);
        return;
    }
    ck_assert_uint_eq(call_result(&f, VMTP_RETRANS_TIMEOUT)->number, 1);
    ck_assert_uint_eq(foreign_waiting(&f), 10); /* five times two nodes */
}
END_TEST

/* VMTP-13.1-26 */
START_TEST(deadline_and_cancel) {
    struct vmtp_request r = request(0, 3, 3);
    r.deadline = f.now + 100 * VMTP_MILLISECOND;
    vmtp_handle handle = call_start(&f, &r);
    struct vmtp_header h = expect_packet(&f)->h;
    ck_assert_int_eq(answer(&h, M2), 0);
    if (_i)
        ck_assert_int_eq(vmtp_cancel(f.engine, handle, f.now), 0);
    foreign_pass(&f, 101 * VMTP_MILLISECOND);
    ck_assert_uint_eq(call_result(&f, _i ? VMTP_CANCELLED : VMTP_USER_TIMEOUT)->number, 1);
}
END_TEST

/* Others of the group may answer too, but take no room from those that must. */
START_TEST(room_is_kept_for_those_that_count) {
    struct vmtp_header h = sent(0, 2, _i ? 3 : 2);
    ck_assert_int_eq(answer(&h, STRANGER), _i ? 0 : VMTP_COUNT_DROP_EXTRA_RESPONSE);
    ck_assert_int_eq(answer(&h, M3), VMTP_COUNT_DROP_EXTRA_RESPONSE);
    ck_assert_int_eq(answer(&h, M1), 0);
    call_goes_on(&f);
    ck_assert_int_eq(answer(&h, M2), 0);
    ck_assert_uint_eq(call_result(&f, 0)->number, 2);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RESPONSE), _i ? 3 : 2);
}
END_TEST

/* Members here count like others, and one of them that takes its time is waited for. */
START_TEST(members_here) {
    members[1] = serve_entity(&f, NULL);
    ck_assert_int_eq(vmtp_entity_create(f.engine, &members[2], NULL, f.now), 0);
    for (unsigned i = 1; i < 3; i++)
        ck_assert_int_eq(vmtp_group_join(f.engine, GROUP, members[i], 0), 0);
    struct vmtp_header h = sent(100, 3, 3);
    ck_assert_int_eq(answer(&h, M1), 0);
    ck_assert_uint_eq(serve_count(&f), 1);
    serve_accepts(&f, members[2], 1, 200);
    foreign_pass(&f, 5 * VMTP_SECOND);
    call_goes_on(&f);
    ck_assert_uint_eq(serve_count(&f), 2);
    expect_silence(&f); /* nobody elsewhere is missing */
    for (unsigned i = 0; i < 2; i++)
        ck_assert_int_eq(serve_reply(&f, foreign_event(&f, VMTP_EV_REQUEST, i), 5, 0, 0), 0);
    ck_assert_uint_eq(call_result(&f, 0)->number, 3);
}
END_TEST

START_TEST(what_is_refused) {
    struct vmtp_request r = request(0, 3, 3);
    vmtp_handle handle;
    switch (_i) {
    case 0: r.response_slots = 2; break;
    case 1: r.member_count = 0; break;
    case 2: r.members = NULL; break;
    case 3: r.message.code |= VMTP_DGM; break;
    case 4: r.message.code |= VMTP_CRE; break;
    case 5: members[1] = client; break;
    case 6: members[1] = GROUP; break;
    case 7: r.message.server = VMTP_MANAGER_GROUP; break;
    case 8: r.message.server = M1; break;
    default: r.message.code &= ~VMTP_MRD; break;
    }
    ck_assert_int_eq(vmtp_call(f.engine, &handle, &r, f.now), VMTP_E_INVALID);
}
END_TEST

/* ---- on a bad network ---- */

#define MEMBERS 20u

static struct world w;
static unsigned executed[MEMBERS + 1], responses;
static vmtp_entity everybody[MEMBERS];
static struct vmtp_event end;

static void on_event(struct node *n, const struct vmtp_event *ev) {
    struct vmtp_reply reply = {.message.code = 7};
    if (ev->type == VMTP_EV_REQUEST) {
        executed[n - w.nodes]++;
        ck_assert_int_eq(vmtp_reply(n->engine, ev->handle, &reply, world_now(n->world)), 0);
    }
    responses += ev->type == VMTP_EV_RESPONSE;
    if (ev->type == VMTP_EV_COMPLETE)
        end = *ev;
}

/* VMTP-13.1-24 VMTP-13.1-26: each executes it once; all are heard, or it is said that not all were */
START_TEST(everybody_is_reached_at_last) {
    static uint8_t areas[MEMBERS + 1][4096], segment[3000];
    struct vmtp_sim_faults faults = {.loss = 200000, .duplicate = 50000, .delay = VMTP_MILLISECOND};
    world_init(&w, (uint64_t)_i + 1, 1500);
    for (unsigned i = 0; i <= MEMBERS; i++) {
        struct node *n = world_add(&w, NULL);
        vmtp_entity id;
        n->on_event = on_event;
        ck_assert_int_eq(vmtp_entity_create(n->engine, &id, NULL, world_now(&w)), 0);
        if (!i)
            continue;
        everybody[i - 1] = id;
        ck_assert_int_eq(vmtp_group_join(n->engine, GROUP, id, 0), 0);
        ck_assert_int_eq(vmtp_accept(n->engine, id, areas[i], sizeof areas[i], 0), 0);
    }
    world_run(&w, world_now(&w));
    vmtp_sim_set_faults(w.sim, &faults);
    int dead = _i % 5 == 4;
    if (dead)
        vmtp_sim_set_up(w.sim, w.nodes[3].port, 0);
    struct vmtp_request r = {.client = vmtp_engine_block(w.nodes[0].engine) + 64,
                             .segment = segment,
                             .segment_size = sizeof segment,
                             .response_slots = MEMBERS,
                             .deadline = VMTP_NEVER,
                             .control = VMTP_DRT,
                             .flags = VMTP_CALL_RELIABLE,
                             .members = everybody,
                             .member_count = MEMBERS};
    r.message.server = GROUP;
    r.message.code = 0x123 | VMTP_MRD;
    vmtp_handle h;
    ck_assert_int_eq(vmtp_call(w.nodes[0].engine, &h, &r, world_now(&w)), 0);
    world_pass(&w, 30 * VMTP_SECOND);
    ck_assert_uint_eq(end.type, VMTP_EV_COMPLETE);
    ck_assert_uint_eq(end.result, dead ? VMTP_RETRANS_TIMEOUT : 0);
    ck_assert_uint_eq(end.number, MEMBERS - (unsigned)dead);
    ck_assert_uint_eq(responses, end.number);
    for (unsigned i = 1; i <= MEMBERS; i++)
        ck_assert_uint_eq(executed[i], dead && i == 3 ? 0 : 1);
    world_close(&w);
}
END_TEST

int main(void) {
    Suite *s = suite_create("groups: reliable");
    TCase *t = tcase_create("one"), *bad = tcase_create("bad network");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, ends_when_all_have_answered);
    tcase_add_test(t, those_that_are_missing_are_asked_again);
    tcase_add_test(t, node_that_is_not_known);
    tcase_add_loop_test(t, members_that_do_not_answer, 0, 3);
    tcase_add_loop_test(t, deadline_and_cancel, 0, 2);
    tcase_add_loop_test(t, room_is_kept_for_those_that_count, 0, 2);
    tcase_add_test(t, members_here);
    tcase_add_loop_test(t, what_is_refused, 0, 10);
    tcase_add_loop_test(bad, everybody_is_reached_at_last, 0, 10);
    suite_add_tcase(s, t);
    suite_add_tcase(s, bad);
    return run_suite(s);
}

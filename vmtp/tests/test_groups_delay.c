/* SPDX-License-Identifier: BSD-2-Clause */
/* test_groups_delay.c - answers that do not come all at once (DRT; spec/vmtp.md section 13.1). */
#include "support/serving.h"
#include "support/world.h"
#include "wire_testing.h"

#define GROUP 0x4000000000beef01ull
#define T 500u
#define MEMBERS 100u
#define INBOX 32u /* frames that the client's node can hold, and takes in a millisecond */

/* ---- one member ---- */

static struct foreign f;
static vmtp_entity member;

static void setup(void) {
    foreign_open(&f, NULL);
    member = serve_entity(&f, NULL);
    ck_assert_int_eq(vmtp_group_join(f.engine, GROUP, member, 0), 0);
    foreign_collect(&f);
    f.event_count = 0;
    f.multicast = 1;
}

static void teardown(void) { foreign_close(&f); }

static int ask(uint32_t transaction, uint32_t flags, unsigned retransmit) {
    struct vmtp_header h = foreign_request(FOREIGN_CLIENT, f.multicast ? GROUP : member, transaction, 0x123);
    h.flags = flags;
    h.retransmit = (uint8_t)retransmit;
    return foreign_send(&f, &h, NULL, 0);
}

/* VMTP-13.1-14: anything up to 100 ms, all of it alike */
START_TEST(delay_is_uniform) {
    unsigned quarters[4] = {0};
    for (unsigned i = 0; i < 100; i++) {
        foreign_forget(&f);
        serve_accepts(&f, member, 1, 64);
        ck_assert_int_eq(ask(T + i, VMTP_DRT, 0), 0);
        vmtp_time begun = f.now;
        ck_assert_int_eq(serve_reply(&f, serve_last(&f), 7, _i ? 100 : 0, 0), 0);
        foreign_pass(&f, 101 * VMTP_MILLISECOND);
        vmtp_time after = expect_response(&f, T + i, 7)->at - begun;
        ck_assert_uint_le(after, 100 * VMTP_MILLISECOND + (1u << 18)); /* a timer may be late by that */
        quarters[after / (25 * VMTP_MILLISECOND) % 4]++;
        expect_silence(&f);
    }
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_ge(quarters[i], 12);
}
END_TEST

/* VMTP-13.1-14: TC1 may be shorter */
START_TEST(delay_is_no_longer_than_half_of_tc1) {
    struct vmtp_config config;
    teardown();
    foreign_config(&config);
    config.timers.tc1_constant = 0;
    foreign_open(&f, &config);
    member = serve_entity(&f, NULL);
    ck_assert_int_eq(vmtp_group_join(f.engine, GROUP, member, 0), 0);
    f.multicast = 1;
    for (unsigned i = 0; i < 20; i++) {
        foreign_forget(&f);
        serve_accepts(&f, member, 1, 64);
        ck_assert_int_eq(ask(T + i, VMTP_DRT, 0), 0);
        ck_assert_int_eq(serve_reply(&f, serve_last(&f), 7, 0, 0), 0);
        foreign_pass(&f, 11 * VMTP_MILLISECOND);
        expect_response(&f, T + i, 7);
    }
}
END_TEST

/* VMTP-13.1-14: without DRT, and by unicast, at once */
START_TEST(no_delay_where_none_is_wanted) {
    f.multicast = _i;
    ck_assert_int_eq(ask(T, _i ? 0 : VMTP_DRT, 0), 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 7, 0, 0), 0);
    expect_response(&f, T, 7);
}
END_TEST

/* VMTP-8.3-05: a duplicate meanwhile changes nothing */
START_TEST(duplicate_while_the_response_waits) {
    ck_assert_int_eq(ask(T, VMTP_DRT, 0), 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 7 | (_i ? VMTP_DGM : 0), 0, 0), 0);
    ck_assert_int_eq(ask(T, VMTP_DRT | VMTP_APG, 1), VMTP_COUNT_DROP_DUPLICATE);
    foreign_pass(&f, 101 * VMTP_MILLISECOND);
    expect_response(&f, T, 7);
    expect_silence(&f);
    ck_assert_uint_eq(serve_count(&f), 1);
}
END_TEST

/* The client goes on, or the member ends: what waits is not sent, and its segment comes back. */
START_TEST(response_that_is_not_wanted_any_more) {
    struct vmtp_usage u;
    ck_assert_int_eq(ask(T, VMTP_DRT, 0), 0);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 7, 100, 0), 0);
    if (_i)
        ck_assert_int_eq(vmtp_entity_delete(f.engine, member, f.now), 0);
    else
        ck_assert_int_eq(ask(T + 1, 0, 0), 0);
    foreign_collect(&f);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_RELEASED), 1);
    foreign_pass(&f, 200 * VMTP_MILLISECOND);
    expect_silence(&f);
    vmtp_usage(f.engine, &u);
    ck_assert_uint_eq(u.requests, _i ? 0 : 1); /* the newer one */
}
END_TEST

/* ---- a hundred ---- */

static struct world w;
static struct vmtp_event seen[MEMBERS + 8];
static unsigned responses;

static void on_client(struct node *n, const struct vmtp_event *ev) {
    (void)n;
    if (ev->type == VMTP_EV_RESPONSE)
        seen[responses++] = *ev;
}

static void on_member(struct node *n, const struct vmtp_event *ev) {
    struct vmtp_reply reply = {.message.code = 7};
    if (ev->type == VMTP_EV_REQUEST)
        ck_assert_int_eq(vmtp_reply(n->engine, ev->handle, &reply, world_now(n->world)), 0);
}

static void fill_world(void) {
    world_init(&w, 7, 1500);
    vmtp_sim_set_segment(w.sim, 1000, 0);
    for (unsigned i = 0; i <= MEMBERS; i++) {
        struct vmtp_config config;
        world_config(&w, &config);
        config.max_entities = 1;
        config.max_remote_clients = config.max_requests = config.max_accepts = 4;
        struct node *n = world_add(&w, &config);
        n->on_event = i ? on_member : on_client;
        vmtp_entity id;
        ck_assert_int_eq(vmtp_entity_create(n->engine, &id, NULL, world_now(&w)), 0);
        if (!i)
            continue;
        ck_assert_int_eq(vmtp_group_join(n->engine, GROUP, id, 0), 0);
        ck_assert_int_eq(vmtp_accept(n->engine, id, NULL, 0, 0), 0);
        ck_assert_int_eq(vmtp_accept(n->engine, id, NULL, 0, 0), 0);
    }
    vmtp_sim_set_inbox(w.sim, w.nodes[0].port, INBOX, VMTP_MILLISECOND / INBOX);
    world_run(&w, world_now(&w));
}

/* VMTP-13.1-14 VMTP-13.1-03: one frame goes out, a hundred come back; the client's node has room for 32 at a time */
START_TEST(hundred_members_answer) {
    struct vmtp_port_stats stats;
    fill_world();
    struct node *client = &w.nodes[0];
    struct vmtp_request r = {.client = vmtp_engine_block(client->engine) + 64,
                             .response_slots = MEMBERS,
                             .deadline = world_now(&w) + VMTP_SECOND / 2,
                             .control = _i ? VMTP_DRT : 0};
    r.message.server = GROUP;
    r.message.code = 0x123 | VMTP_MRD;
    vmtp_handle h;
    ck_assert_int_eq(vmtp_call(client->engine, &h, &r, world_now(&w)), 0);
    world_pass(&w, VMTP_SECOND);
    vmtp_port_stats(client->port, &stats);
    ck_assert_uint_eq(vmtp_counter(client->engine, VMTP_COUNT_REQUEST_RETRANSMITS), 0);
    if (_i) {
        ck_assert_uint_eq(stats.rx_dropped, 0);
        ck_assert_uint_eq(responses, MEMBERS);
    } else {
        ck_assert_uint_gt(stats.rx_dropped, MEMBERS / 4);
        ck_assert_uint_eq(responses, MEMBERS - stats.rx_dropped);
    }
    for (unsigned i = 0; i < responses; i++)
        for (unsigned k = 0; k < i; k++)
            ck_assert_uint_ne(seen[i].message.server, seen[k].message.server);
    world_close(&w);
}
END_TEST

int main(void) {
    Suite *s = suite_create("groups: delay");
    TCase *t = tcase_create("one"), *many = tcase_create("hundred");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, delay_is_uniform, 0, 2);
    tcase_add_test(t, delay_is_no_longer_than_half_of_tc1);
    tcase_add_loop_test(t, no_delay_where_none_is_wanted, 0, 2);
    tcase_add_loop_test(t, duplicate_while_the_response_waits, 0, 2);
    tcase_add_loop_test(t, response_that_is_not_wanted_any_more, 0, 2);
    tcase_add_loop_test(many, hundred_members_answer, 0, 2);
    suite_add_tcase(s, t);
    suite_add_tcase(s, many);
    return run_suite(s);
}

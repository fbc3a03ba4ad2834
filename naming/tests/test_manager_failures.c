/* SPDX-License-Identifier: BSD-2-Clause */
/* A node that does not take what a manager wants to send, now and then or for ever. */
#include <stdlib.h>

#include "support/manage.h"

static struct program a, b;
static struct stranger s;

static const struct vipc_ops *real;
static struct vipc_ops failing;
static int start_fails, reply_fails, forward_fails, join_fails; /* errors; 0: none */

static int start(vipc *ipc, struct vipc_call *call) { return start_fails ? start_fails : real->start(ipc, call); }

static int reply(vipc *ipc, struct vipc_incoming *in, const struct vmtp_message *message, const void *segment,
                 uint32_t size, uint32_t flags, struct vipc_loan *loan) {
    return reply_fails ? reply_fails : real->reply(ipc, in, message, segment, size, flags, loan);
}

static int forward(vipc *ipc, struct vipc_incoming *in, const struct vmtp_message *message, const void *segment,
                   uint32_t size, uint32_t relay) {
    return forward_fails ? forward_fails : real->forward(ipc, in, message, segment, size, relay);
}

static int join(vipc *ipc, struct vipc_service *service, vmtp_entity group) {
    return join_fails ? join_fails : real->join(ipc, service, group);
}

/* p on a node that can be made to fail. */
static void failing_open(struct program *p) {
    vipc *node = vipc_fake_node(manage_net);
    real = node->ops;
    failing = *real;
    failing.start = start;
    failing.reply = reply;
    failing.forward = forward;
    failing.join = join;
    node->ops = &failing;
    start_fails = reply_fails = forward_fails = join_fails = 0;
    program_open_on(p, node);
}

/* NAME-8.1-01: a round that was not sent does not count. */
START_TEST(rounds_are_not_taken) {
    stranger_open(&s);
    failing_open(&a);
    ck_assert_int_eq(claim(&a, "/a"), 0);
    manage_run(100 * MS);
    start_fails = VMTP_E_FULL;
    manage_run(500 * MS);
    ck_assert_int_eq(state_of(&a, "/a"), VNAME_PREFIX_CLAIMING);
    start_fails = 0;
    manage_run(600 * MS);
    ck_assert_int_eq(holds(&a, "/a"), 1);
    ck_assert_uint_eq(stranger_count(&s, VNAME_CLAIM), 8);
    for (unsigned i = 0; i < 8; i++)
        ck_assert_uint_eq(stranger_saw(&s, VNAME_CLAIM, i)->words[0], i);
    /* Not for ever. */
    start_fails = VMTP_E_DOWN;
    ck_assert_int_eq(claim(&a, "/b"), 0);
    manage_run(10 * SECONDS);
    ck_assert_int_eq(state_of(&a, "/b"), -1);
    ck_assert_int_eq(told_of(&a, VNAME_MANAGER_REFUSED, 0)->result, VMTP_E_DOWN);
    ck_assert_uint_gt(COUNTER(&a, send_failures), 50);
    program_close(&a);
}
END_TEST

START_TEST(the_group_cannot_be_joined) {
    failing_open(&a);
    join_fails = VMTP_E_FULL;
    ck_assert_int_eq(claim(&a, "/a"), VMTP_E_FULL);
    ck_assert_int_eq(state_of(&a, "/a"), -1);
    join_fails = 0;
    hold(&a, "/a");
    program_close(&a);
    /* The group of replicas. */
    struct vname_manager_config config;
    vname_manager *manager;
    vname_manager_config_init(&config);
    config.group = 0x4000000000001111u;
    void *memory = malloc(vname_manager_footprint(&config));
    join_fails = VMTP_E_FULL;
    ck_assert_int_eq(vname_manager_create(&manager, a.node, &config, memory), VMTP_E_FULL);
    join_fails = 0;
    ck_assert_int_eq(vname_manager_create(&manager, a.node, &config, memory), 0);
    ck_assert_uint_eq(vname_manager_service(manager)->entity, vname_manager_entity(manager));
    vname_manager_destroy(manager);
    free(memory);
}
END_TEST

START_TEST(announcements_wait) {
    stranger_open(&s);
    failing_open(&a);
    hold(&a, "/a");
    manage_run(5 * SECONDS);
    stranger_forget(&s);
    start_fails = VMTP_E_FULL;
    release(&a, "/a");
    manage_run(SECONDS);
    ck_assert_int_eq(vname_manager_is_quiet(a.manager), 0);
    start_fails = 0;
    manage_run(SECONDS);
    ck_assert_int_eq(vname_manager_is_quiet(a.manager), 1);
    ck_assert_uint_eq(stranger_announced(&s, VNAME_REASON_RELEASED), 1);
    program_close(&a);
}
END_TEST

/* Calls to others: each is tried again in its own time. */
START_TEST(calls_are_not_taken) {
    stranger_open(&s);
    failing_open(&a);
    hold(&a, "/o/a");
    struct vname_record r = record_of("/o", s.entity, 1);
    stranger_answers(&s, VNAME_MOUNT, VMTP_OK, &r);
    start_fails = VMTP_E_FULL;
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_HELD, &r, 1);
    struct vname_record other = record_of("/o/a", s.entity, 9);
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_HELD, &other, 1);
    ck_assert_uint_eq(COUNTER(&a, mount_calls) + COUNTER(&a, meets_sent), 0);
    const struct vname_manager_claim c = {.prefix = "/t", .prefix_length = 2};
    ck_assert_int_eq(vname_manager_take_over(a.manager, s.entity, &c), 0);
    manage_run(10 * MS);
    ck_assert_int_eq(told_of(&a, VNAME_MANAGER_REFUSED, 0)->result, VMTP_E_FULL);
    start_fails = 0;
    manage_run(5 * SECONDS);
    ck_assert_int_eq(prefix_of(&a, "/o/a").mounted, 1);
    program_close(&a);
}
END_TEST

START_TEST(the_directory_cannot_be_asked) {
    stranger_open(&s);
    program_config(&a);
    a.config.directory = VNAME_DIRECTORY_REQUIRE;
    a.config.asks = 1;
    failing_open(&a);
    ck_assert_int_eq(vipc_join(&s.service, VNAME_DIRECTORY), 0);
    ck_assert_int_eq(claim(&a, "/a"), 0);
    ck_assert_int_eq(claim(&a, "/b"), 0); /* there is one place for calls */
    manage_run(3 * SECONDS);
    ck_assert_uint_eq(told_count(&a, VNAME_MANAGER_REFUSED), 2);
    ck_assert_uint_gt(COUNTER(&a, asks_full), 0);
    for (unsigned i = 0; i < 600 && stranger_count(&s, VNAME_FIND_DIRECTORY) < 2; i++) {
        if (i == 0)
            ck_assert_int_eq(claim(&a, "/c"), 0);
        manage_run(MS);
    }
    start_fails = VMTP_E_FULL;
    manage_run(3 * SECONDS);
    ck_assert_uint_eq(told_count(&a, VNAME_MANAGER_REFUSED), 3);
    ck_assert_int_eq(vname_manager_is_quiet(a.manager), 1);
    program_close(&a);
}
END_TEST

/* Answers and forwarding: the client is told that nothing comes. */
START_TEST(answers_are_not_taken) {
    stranger_open(&s);
    failing_open(&a);
    program_open(&b);
    hold(&a, "/a");
    hold(&b, "/a/b");
    manage_run(100 * MS);
    reply_fails = VMTP_E_MEMORY;
    ck_assert_int_eq(ask_name(&s, a.entity, VNAME_QUERY, "/a/x")->result, VMTP_RESPONSE_DISCARDED);
    reply_fails = 0;
    forward_fails = VMTP_E_MEMORY;
    ck_assert_int_eq(operate(&s, a.entity, 5, 2, "/a/b/x", "")->result, VMTP_RESPONSE_DISCARDED);
    forward_fails = VMTP_E_TOO_LARGE;
    ck_assert_uint_eq(operate(&s, a.entity, 5, 2, "/a/b/x", "")->code, VNAME_TOO_LONG);
    forward_fails = 0;
    ck_assert_uint_eq(operate(&s, a.entity, 5, 2, "/a/b/x", "")->from, b.entity);
    ck_assert_uint_eq(COUNTER(&a, operations_too_long), 1);
    program_close(&a);
    program_close(&b);
}
END_TEST

/* What was yielded below a prefix that is still ours, and there was no room to remember it as a mount. */
START_TEST(yielded_below_without_room) {
    stranger_open(&s);
    program_config(&a);
    a.config.mounts = 0;
    failing_open(&a);
    hold(&a, "/a");
    hold(&a, "/a/b");
    struct vname_record r = record_of("/a/b", s.entity, 9);
    ck_assert_uint_eq(ask_record(&s, a.entity, VNAME_MEET, 0, &r)->code, VMTP_OK);
    ck_assert_uint_eq(mount_of(&a, "/a/b"), 0);
    ck_assert_uint_eq(operate(&s, a.entity, 5, 2, "/a/b/x", "")->code, VNAME_MOVED);
    ck_assert_uint_eq(ask_name(&s, a.entity, VNAME_QUERY, "/a/b/x")->code, VNAME_MOVED);
    ck_assert_uint_eq(ask_group(&s, VNAME_HANDLERS, VNAME_QUERY, 0, "/a/b/x", 6)->answers, 0);
    ck_assert_int_eq(vname_manager_mount(a.manager, &r), VMTP_E_FULL);
    program_close(&a);
}
END_TEST

int main(void) {
    TCase *t = tcase_create("failures");
    tcase_add_test(t, rounds_are_not_taken);
    tcase_add_test(t, the_group_cannot_be_joined);
    tcase_add_test(t, announcements_wait);
    tcase_add_test(t, calls_are_not_taken);
    tcase_add_test(t, the_directory_cannot_be_asked);
    tcase_add_test(t, answers_are_not_taken);
    tcase_add_test(t, yielded_below_without_room);
    return manage_main(t, "manager: a node that fails");
}

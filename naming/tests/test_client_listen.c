/* SPDX-License-Identifier: BSD-2-Clause */
/* Listening to announcements, for programs that have children: NAME-7.2-06. */
#include <stdio.h>

#include "support/net.h"

#include <vnaming/watch.h>

static struct net net;

/* A manager's datagram, in its own name. */
static void announce(struct manager *m, uint32_t reason, const struct vname_record *record) {
    uint8_t segment[VNAME_RECORD_OCTETS];
    struct vipc_call call = {.message = {.server = VNAME_HANDLERS, .code = VNAME_ANNOUNCE | VMTP_DGM, .words = {reason}},
                             .segment = segment,
                             .deadline = VMTP_NEVER,
                             .client = m->service.entity};
    call.segment_size = vname_record_encode(segment, sizeof segment, record);
    ck_assert_int_eq(vipc_call_wait(m->node, &call), 0);
    vipc_fake_run(net.fake, MS);
}

static vmtp_entity cached(const char *name) {
    struct vname_record record;
    return vname_cached(net.resolver, name, strlen(name), &record) ? record.manager : 0;
}

static void open_listening(const struct vname_config *config) {
    net_open(&net, config);
    ck_assert_int_eq(vname_listen(net.resolver), 0);
}

/* NAME-7.2-06: what has never been asked for is known, and sent straight to its manager. */
START_TEST(what_is_announced_is_known) {
    open_listening(NULL);
    struct manager *m = net_manager(&net, "/a");
    announce(m, VNAME_REASON_HELD, &m->record);
    ck_assert_uint_eq(cached("/a/x"), m->service.entity);
    ck_assert_int_eq((int)operation_run(&net, "/a/x", 0), VNAME_ANSWERED);
    ck_assert_uint_eq(COUNTERS(&net)->multicasts, 0);
    ck_assert_uint_eq(COUNTERS(&net)->learned, 1);
    ck_assert_uint_eq(vipc_fake_multicasts(net.node), 0); /* nothing is sent for it */
    net_close(&net);
}
END_TEST

/* NAME-7.2-06: a manager that has come again elsewhere; children are handed down the new one. */
START_TEST(what_was_cached_is_replaced) {
    char text[VNAME_TEXT_OCTETS], expected[64];
    open_listening(NULL);
    struct manager *old = net_manager(&net, "/a");
    ck_assert_int_eq((int)operation_run(&net, "/a/x", 0), VNAME_ANSWERED);
    manager_exit(old);
    struct manager *new = net_manager(&net, "/a");
    announce(new, VNAME_REASON_HELD, &new->record);
    ck_assert_uint_eq(cached("/a/x"), new->service.entity);
    ck_assert_uint_gt(vname_names_text(net.resolver, text, sizeof text), 0);
    snprintf(expected, sizeof expected, "/a=%llx,", (unsigned long long)new->service.entity);
    ck_assert_ptr_nonnull(strstr(text, expected));
    ck_assert_int_eq((int)operation_run(&net, "/a/x", 0), VNAME_ANSWERED);
    ck_assert_uint_eq(COUNTERS(&net)->multicasts, 1);
    ck_assert_uint_eq(COUNTERS(&net)->stale, 0);
    net_close(&net);
}
END_TEST

/* NAME-7.2-06 NAME-8.2-05: releases of others, and what somebody says of somebody else, change nothing. */
START_TEST(releases_and_what_others_say) {
    open_listening(NULL);
    struct manager *a = net_manager(&net, "/a"), *b = net_manager(&net, "/b");
    announce(a, VNAME_REASON_HELD, &a->record);
    struct vname_record released = a->record;
    released.flags = VNAME_RELEASED;
    released.manager = b->service.entity;
    announce(b, VNAME_REASON_RELEASED, &released);
    ck_assert_uint_eq(cached("/a/x"), a->service.entity);
    released.manager = a->service.entity;
    announce(b, VNAME_REASON_RELEASED, &released);
    announce(b, VNAME_REASON_MEET, &b->record);
    ck_assert_uint_eq(cached("/a/x"), a->service.entity);
    ck_assert_uint_eq(cached("/b/x"), 0);
    ck_assert_uint_eq(COUNTERS(&net)->announcements_bad, 1);
    announce(a, VNAME_REASON_RELEASED, &released);
    ck_assert_uint_eq(cached("/a/x"), 0);
    net_close(&net);
}
END_TEST

/* NAME-7.2-06: a replica of the manager that is used is no news. */
START_TEST(replicas_do_not_take_turns) {
    open_listening(NULL);
    struct manager *one = net_manager(&net, "/a"), *two = net_manager(&net, "/a");
    one->record.group = two->record.group = VMTP_ID_GRP | 7;
    announce(one, VNAME_REASON_HELD, &one->record);
    announce(two, VNAME_REASON_HELD, &two->record);
    ck_assert_uint_eq(cached("/a/x"), one->service.entity);
    net_close(&net);
}
END_TEST

/* NAME-7.2-06 NAME-7.1-02: of four places three are used; what is only heard takes the one that is free, and goes first. */
START_TEST(nothing_that_is_used_makes_room) {
    const struct vname_config config = {.prefixes = 4, .aliases = 1};
    static const char *const used[] = {"/a", "/b", "/c"}, *const heard[] = {"/d", "/e"};
    open_listening(&config);
    for (unsigned i = 0; i < 3; i++) {
        net_manager(&net, used[i]);
        ck_assert_int_eq((int)operation_run(&net, used[i], 0), VNAME_ANSWERED);
    }
    for (unsigned i = 0; i < 2; i++) {
        struct manager *m = net_manager(&net, heard[i]);
        announce(m, VNAME_REASON_HELD, &m->record);
        announce(m, VNAME_REASON_HELD, &m->record);
    }
    ck_assert_uint_ne(cached("/a"), 0);
    ck_assert_uint_ne(cached("/d"), 0);
    ck_assert_uint_eq(cached("/e"), 0);
    ck_assert_uint_eq(COUNTERS(&net)->evicted, 0);
    /* What is known already stays where it is in the order of uses. */
    announce(&net.managers[0], VNAME_REASON_HELD, &net.managers[0].record);
    net_manager(&net, "/f");
    net_manager(&net, "/g");
    ck_assert_int_eq((int)operation_run(&net, "/f", 0), VNAME_ANSWERED);
    ck_assert_uint_eq(cached("/d"), 0);
    ck_assert_uint_ne(cached("/a"), 0);
    ck_assert_int_eq((int)operation_run(&net, "/g", 0), VNAME_ANSWERED);
    ck_assert_uint_eq(cached("/a"), 0);
    ck_assert_uint_ne(cached("/b"), 0);
    net_close(&net);
}
END_TEST

/* An alias that changes its target, becomes a manager's own prefix, and is an alias again; and there is one place for a target. */
START_TEST(aliases_are_learned_too) {
    const struct vname_config config = {.prefixes = 8, .aliases = 1};
    struct vname_record record;
    open_listening(&config);
    struct manager *m = net_alias(&net, "/a", "/b"), *other = net_alias(&net, "/c", "/b");
    announce(m, VNAME_REASON_HELD, &m->record);
    announce(other, VNAME_REASON_HELD, &other->record);
    ck_assert_uint_eq(cached("/c"), 0);
    ck_assert_int_eq(vname_cached(net.resolver, "/a", 2, &record), 1);
    ck_assert_mem_eq(record.target, "/b", 2);
    struct vname_record plain = m->record;
    plain.flags = 0;
    plain.target_length = 0;
    announce(m, VNAME_REASON_HELD, &plain);
    ck_assert_int_eq(vname_cached(net.resolver, "/a", 2, &record), 1);
    ck_assert_uint_eq(record.target_length, 0);
    announce(other, VNAME_REASON_HELD, &other->record);
    ck_assert_uint_eq(cached("/c"), other->service.entity);
    announce(m, VNAME_REASON_HELD, &m->record); /* takes the only target */
    ck_assert_uint_eq(cached("/a"), m->service.entity);
    ck_assert_uint_eq(cached("/c"), 0);
    net_close(&net);
}
END_TEST

/* NAME-10-04: with watches beside, and without them again. */
START_TEST(it_ends_when_it_is_told) {
    static struct vname_watch watch;
    open_listening(NULL);
    ck_assert_int_eq(vname_listen(net.resolver), 0);
    struct manager *m = net_manager(&net, "/a");
    ck_assert_int_eq(vname_await(net.resolver, &watch, "/a/x", 4, VMTP_NEVER), 0);
    struct manager *b = net_manager(&net, "/b");
    announce(b, VNAME_REASON_HELD, &b->record); /* it still listens */
    ck_assert_uint_eq(cached("/b/x"), b->service.entity);
    vname_listen_no_more(net.resolver);
    vname_listen_no_more(net.resolver);
    vname_cache_drop(net.resolver, NULL, 0);
    announce(m, VNAME_REASON_HELD, &m->record);
    ck_assert_uint_eq(cached("/a/x"), 0);
    net_close(&net);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("listening to announcements");
    TCase *tc = tcase_create("listening");
    tcase_add_test(tc, what_is_announced_is_known);
    tcase_add_test(tc, what_was_cached_is_replaced);
    tcase_add_test(tc, releases_and_what_others_say);
    tcase_add_test(tc, replicas_do_not_take_turns);
    tcase_add_test(tc, nothing_that_is_used_makes_room);
    tcase_add_test(tc, aliases_are_learned_too);
    tcase_add_test(tc, it_ends_when_it_is_told);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}

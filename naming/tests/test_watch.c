/* SPDX-License-Identifier: BSD-2-Clause */
/* Presence: section 10, as those who wait and watch see it. */
#include "support/net.h"

#include <vnaming/watch.h>

static struct net net;
static struct vname_watch watch;
static unsigned told;
static enum vname_change last_change;

static void changed(struct vname_watch *w, enum vname_change change) {
    ck_assert_ptr_eq(w, &watch);
    told++;
    last_change = change;
}

static void begin(const char *name, uint32_t flags, vmtp_time deadline) {
    memset(&watch, 0, sizeof watch);
    told = 0;
    watch.name = name;
    watch.name_length = (uint32_t)strlen(name);
    watch.flags = flags;
    watch.deadline = deadline;
    watch.changed = changed;
    ck_assert_int_eq(vname_watch(net.resolver, &watch), 0);
}

/* A manager's datagram, in its own name. */
static void announce(struct manager *m, vmtp_entity to, uint32_t reason, const struct vname_record *record) {
    uint8_t segment[VNAME_RECORD_OCTETS];
    struct vipc_call call = {.message = {.server = to, .code = VNAME_ANNOUNCE | VMTP_DGM, .words = {reason}},
                             .segment = segment,
                             .deadline = VMTP_NEVER,
                             .client = m->service.entity};
    call.segment_size = record ? vname_record_encode(segment, sizeof segment, record) : 0;
    ck_assert_int_eq(vipc_call_wait(m->node, &call), 0);
    vipc_fake_run(net.fake, MS);
}

static void sent(struct vipc_call *call, int result) {
    (void)call;
    (void)result;
}

/* Answers WatchName and then multicasts a heartbeat every second. */
static void beat(struct vipc_timer *timer) {
    struct manager *m = timer->context;
    static uint8_t segment[VNAME_RECORD_OCTETS];
    static struct vipc_call calls[16];
    static unsigned turn;
    struct vipc_call *call = &calls[turn++ % 16];
    *call = (struct vipc_call){
        .message = {.server = VNAME_WATCHERS, .code = VNAME_ANNOUNCE | VMTP_DGM, .words = {VNAME_REASON_HEARTBEAT}},
        .segment = segment,
        .deadline = VMTP_NEVER,
        .client = m->service.entity};
    call->segment_size = m->record.prefix_length ? vname_record_encode(segment, sizeof segment, &m->record) : 0;
    call->done = sent;
    vipc_start(m->node, call);
    vipc_timer_set(m->node, timer, vipc_now(m->node) + VMTP_SECOND);
}

static int heartbeats(struct manager *m, struct vipc_incoming *in) {
    if ((in->message.code & VMTP_CODE_MASK) != (VNAME_WATCH & VMTP_CODE_MASK))
        return 0;
    m->watches++;
    ck_assert_uint_eq(in->message.words[0], 120);
    manager_answer(in, VMTP_OK, 1000, NULL);
    if (!m->timer.ipc) {
        m->timer.fire = beat;
        m->timer.context = m;
        vipc_timer_set(m->node, &m->timer, vipc_now(m->node) + VMTP_SECOND);
    }
    return 1;
}

static struct manager *beating(const char *prefix) {
    struct manager *m = net_manager(&net, prefix);
    m->hook = heartbeats;
    return m;
}

/* NAME-10-01 */
START_TEST(a_name_that_is_there_appears_at_once) {
    net_open(&net, NULL);
    struct manager *m = net_manager(&net, "/a");
    ck_assert_int_eq(vname_await(net.resolver, &watch, "/a/x", 4, VMTP_NEVER), 0);
    ck_assert_uint_eq(watch.record.manager, m->service.entity);
    ck_assert_uint_eq(watch.record.prefix_length, 2);
    ck_assert_ptr_null(watch.resolver);
    ck_assert_uint_eq(m->watches, 0);
    net_close(&net);
}
END_TEST

/* NAME-10-01 NAME-8.2-05 */
START_TEST(a_name_appears_when_it_is_announced) {
    net_open(&net, NULL);
    struct manager *m = net_manager(&net, "/a"), *other = net_manager(&net, "/b");
    m->silent = 1;
    begin("/a/x", VNAME_WATCH_ONCE, VMTP_NEVER);
    vipc_fake_run(net.fake, 10 * VMTP_SECOND);
    ck_assert_uint_eq(told, 0);
    announce(other, VNAME_HANDLERS, VNAME_REASON_HELD, &other->record); /* another name */
    announce(other, VNAME_HANDLERS, VNAME_REASON_HELD, &m->record);     /* in the name of somebody else */
    announce(m, VNAME_HANDLERS, VNAME_REASON_RELEASED, &m->record);
    announce(m, VNAME_HANDLERS, VNAME_REASON_MEET, &m->record);
    m->record.flags = VNAME_CLAIMING;
    announce(m, VNAME_HANDLERS, VNAME_REASON_HELD, &m->record);
    m->record.flags = 0;
    ck_assert_uint_eq(told, 0);
    ck_assert_uint_eq(COUNTERS(&net)->announcements_bad, 2);
    announce(m, VNAME_HANDLERS, VNAME_REASON_HELD, &m->record);
    ck_assert_uint_eq(told, 1);
    ck_assert_int_eq((int)last_change, VNAME_APPEARED);
    ck_assert_uint_eq(watch.record.manager, m->service.entity);
    ck_assert_ptr_null(watch.resolver);
    ck_assert_int_eq((int)operation_run(&net, "/a/x", 0), VNAME_ANSWERED); /* and is known */
    ck_assert_uint_eq(m->operations, 1);
    net_close(&net);
}
END_TEST

/* NAME-10-01 */
START_TEST(an_absent_name_is_asked_for_less_and_less) {
    net_open(&net, NULL);
    begin("/a/x", VNAME_WATCH_ONCE, VMTP_NEVER);
    vipc_fake_run(net.fake, 10 * VMTP_SECOND);
    /* each question takes 1 s, the first one 1 s more for the directory; then 1, 2, 4 s: at 0, 3, 6 s, and at 11 s */
    ck_assert_uint_eq(COUNTERS(&net)->multicasts, 3);
    vipc_fake_run(net.fake, 590 * VMTP_SECOND);
    ck_assert_uint_ge(COUNTERS(&net)->multicasts, 12);
    ck_assert_uint_le(COUNTERS(&net)->multicasts, 16);
    const uint64_t before = COUNTERS(&net)->multicasts;
    vipc_fake_run(net.fake, 620 * VMTP_SECOND); /* one a minute */
    ck_assert_uint_ge(COUNTERS(&net)->multicasts, before + 9);
    ck_assert_uint_le(COUNTERS(&net)->multicasts, before + 11);
    ck_assert_uint_eq(told, 0);
    vname_unwatch(&watch);
    net_close(&net);
}
END_TEST

/* NAME-10-01 */
START_TEST(waiting_has_a_deadline) {
    net_open(&net, NULL);
    const vmtp_time deadline = vipc_now(net.node) + 5 * VMTP_SECOND;
    ck_assert_int_eq(vname_await(net.resolver, &watch, "/a/x", 4, deadline), VMTP_USER_TIMEOUT);
    ck_assert_uint_eq(vipc_now(net.node), deadline);
    memset(&watch, 0, sizeof watch);
    ck_assert_int_eq(vname_await(net.resolver, &watch, "relative", 8, deadline), VNAME_INVALID);
    ck_assert_int_eq(vname_await(net.resolver, &watch, "/a\xff", 3, deadline), VNAME_INVALID);
    net_close(&net);
}
END_TEST

/* NAME-10-05 NAME-10-07 */
START_TEST(heartbeats_go_on_and_nothing_is_told) {
    net_open(&net, NULL);
    struct manager *m = beating("/a");
    begin("/a/x", 0, VMTP_NEVER);
    vipc_fake_run(net.fake, 300 * VMTP_SECOND);
    ck_assert_uint_eq(told, 1);
    ck_assert_int_eq((int)last_change, VNAME_APPEARED);
    ck_assert_uint_ge(m->watches, 5); /* every 60 s */
    ck_assert_uint_le(m->watches, 6);
    ck_assert_uint_eq(m->lone_queries, 0);
    ck_assert_uint_eq(COUNTERS(&net)->multicasts, 1);
    ck_assert_uint_ge(COUNTERS(&net)->heartbeats, 295);
    vname_unwatch(&watch);
    net_close(&net);
}
END_TEST

/* NAME-10-05 NAME-10-07 */
START_TEST(a_manager_that_falls_silent_is_gone) {
    net_open(&net, NULL);
    struct manager *m = beating("/a");
    begin("/a/x", 0, VMTP_NEVER);
    vipc_fake_run(net.fake, 10 * VMTP_SECOND);
    manager_crash(m);
    vipc_fake_run(net.fake, 3 * VMTP_SECOND);
    ck_assert_uint_eq(told, 1);
    vipc_fake_run(net.fake, 4 * VMTP_SECOND);
    ck_assert_uint_eq(told, 2);
    ck_assert_int_eq((int)last_change, VNAME_GONE);
    ck_assert_uint_eq(watch.record.manager, 0);
    vipc_fake_run(net.fake, 100 * VMTP_SECOND);
    ck_assert_uint_eq(told, 2);
    struct manager *again = net_manager(&net, "/a");
    announce(again, VNAME_HANDLERS, VNAME_REASON_HELD, &again->record);
    ck_assert_uint_eq(told, 3);
    ck_assert_int_eq((int)last_change, VNAME_APPEARED);
    ck_assert_uint_eq(watch.record.manager, again->service.entity);
    vname_unwatch(&watch);
    net_close(&net);
}
END_TEST

/* NAME-10-05: heartbeats that get lost, or that somebody does not send, are no reason. */
START_TEST(a_manager_without_heartbeats_is_asked) {
    net_open(&net, NULL);
    struct manager *m = net_manager(&net, "/a");
    begin("/a/x", 0, VMTP_NEVER);
    vipc_fake_run(net.fake, 20 * VMTP_SECOND);
    ck_assert_uint_eq(told, 1);
    ck_assert_uint_ge(m->lone_queries, 4);
    ck_assert_uint_eq(COUNTERS(&net)->multicasts, 1);
    vname_unwatch(&watch);
    net_close(&net);
}
END_TEST

/* NAME-10-06 NAME-10-07 */
START_TEST(another_manager_announces_the_prefix) {
    net_open(&net, NULL);
    struct manager *m = beating("/a");
    begin("/a/x", 0, VMTP_NEVER);
    vipc_fake_run(net.fake, 10 * VMTP_SECOND);
    struct manager *other = beating("/a");
    announce(other, VNAME_HANDLERS, VNAME_REASON_HELD, &other->record);
    vipc_fake_run(net.fake, 100 * MS);
    other->silent = 1; /* a false alarm: the first one answers */
    ck_assert_uint_eq(told, 1);
    vipc_fake_run(net.fake, 2 * VMTP_SECOND);
    ck_assert_uint_eq(told, 1);
    other->silent = 0;
    m->record.prefix_length = 0;
    announce(other, VNAME_HANDLERS, VNAME_REASON_HELD, &other->record);
    vipc_fake_run(net.fake, 2 * VMTP_SECOND);
    ck_assert_uint_eq(told, 2);
    ck_assert_int_eq((int)last_change, VNAME_HAS_MOVED);
    ck_assert_uint_eq(watch.record.manager, other->service.entity);
    ck_assert_uint_eq(other->watches, 1);
    vname_unwatch(&watch);
    net_close(&net);
}
END_TEST

/* NAME-10-06 */
START_TEST(a_prefix_that_is_not_in_the_heartbeats_any_more) {
    net_open(&net, NULL);
    struct manager *m = beating("/a");
    begin("/a/x", 0, VMTP_NEVER);
    vipc_fake_run(net.fake, 10 * VMTP_SECOND);
    m->record.prefix_length = 0;
    vipc_fake_run(net.fake, 7 * VMTP_SECOND);
    ck_assert_uint_eq(told, 2);
    ck_assert_int_eq((int)last_change, VNAME_GONE);
    vname_unwatch(&watch);
    net_close(&net);
}
END_TEST

/* NAME-10-06 */
START_TEST(a_prefix_that_is_released) {
    net_open(&net, NULL);
    struct manager *m = beating("/a");
    begin("/a/x", 0, VMTP_NEVER);
    vipc_fake_run(net.fake, 10 * VMTP_SECOND);
    struct vname_record record = m->record;
    record.flags = VNAME_RELEASED;
    m->record.prefix_length = 0;
    announce(m, VNAME_HANDLERS, VNAME_REASON_RELEASED, &record);
    vipc_fake_run(net.fake, 2500 * MS);
    ck_assert_uint_eq(told, 2);
    ck_assert_int_eq((int)last_change, VNAME_GONE);
    vname_unwatch(&watch);
    net_close(&net);
}
END_TEST

/* Announcements of others do not make a watcher ask more than once a second. */
START_TEST(a_flood_of_announcements) {
    net_open(&net, NULL);
    beating("/a");
    struct manager *liar = net_manager(&net, "");
    struct vname_record record = {.prefix = "/a", .prefix_length = 2, .generation = 9, .manager = liar->service.entity};
    begin("/a/x", 0, VMTP_NEVER);
    vipc_fake_run(net.fake, 5 * VMTP_SECOND);
    const uint64_t before = COUNTERS(&net)->multicasts;
    for (unsigned i = 0; i < 1000; i++) {
        announce(liar, VNAME_HANDLERS, VNAME_REASON_HELD, &record);
        vipc_fake_run(net.fake, 4 * MS);
    }
    ck_assert_uint_le(COUNTERS(&net)->multicasts, before + 6);
    ck_assert_uint_eq(told, 1);
    vname_unwatch(&watch);
    net_close(&net);
}
END_TEST

/* NAME-3.1-02: a listener has nothing to say to a group, and is no manager. */
START_TEST(a_listener_is_silent) {
    net_open(&net, NULL);
    struct manager *m = net_manager(&net, "/a");
    begin("/b/x", 0, VMTP_NEVER);
    uint8_t area[4 * VNAME_RECORD_OCTETS];
    struct vipc_call call = {.message = {.server = VNAME_HANDLERS, .code = VNAME_QUERY},
                             .segment = "/b/x",
                             .segment_size = 4,
                             .area = area,
                             .capacity = sizeof area,
                             .deadline = vipc_now(m->node) + VMTP_SECOND};
    ck_assert_int_ne(vipc_call_wait(m->node, &call), 0);
    vname_unwatch(&watch);
    net_close(&net);
}
END_TEST

static void unwatch_in_change(struct vname_watch *w, enum vname_change change) {
    (void)change;
    told++;
    vname_unwatch(w);
    memset(w, 0, sizeof *w);
}

START_TEST(a_watch_may_end_when_it_is_told) {
    static struct vname_watch two[2];
    net_open(&net, NULL);
    struct manager *m = net_manager(&net, "/a");
    m->silent = 1;
    told = 0;
    for (unsigned i = 0; i < 2; i++) {
        memset(&two[i], 0, sizeof two[i]);
        two[i].name = "/a/x";
        two[i].name_length = 4;
        two[i].changed = unwatch_in_change;
        two[i].flags = VNAME_WATCH_ONCE << 1; /* of a later version */
        ck_assert_int_eq(vname_watch(net.resolver, &two[i]), VMTP_E_INVALID);
        two[i].flags = 0;
        ck_assert_int_eq(vname_watch(net.resolver, &two[i]), 0);
        ck_assert_int_eq(vname_watch(net.resolver, &two[i]), VMTP_E_INVALID);
    }
    announce(m, VNAME_HANDLERS, VNAME_REASON_HELD, &m->record);
    ck_assert_uint_eq(told, 2);
    announce(m, VNAME_HANDLERS, VNAME_REASON_HELD, &m->record); /* nobody listens */
    ck_assert_uint_eq(COUNTERS(&net)->announcements, 1);
    net_close(&net);
}
END_TEST

START_TEST(closed_while_watching) {
    net_open(&net, NULL);
    net_manager(&net, "/a");
    begin("/a/x", 0, VMTP_NEVER);
    vipc_fake_run(net.fake, 2 * VMTP_SECOND);
    ck_assert_uint_eq(told, 1);
    net_close(&net);
    ck_assert_ptr_null(watch.resolver);
    ck_assert_uint_eq(told, 1);
}
END_TEST

START_TEST(words) {
    for (unsigned i = 0; i <= VNAME_NOT_APPEARED; i++)
        ck_assert_uint_gt(strlen(vname_change_words((enum vname_change)i)), 3);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("presence");
    TCase *tc = tcase_create("presence");
    tcase_add_test(tc, a_name_that_is_there_appears_at_once);
    tcase_add_test(tc, a_name_appears_when_it_is_announced);
    tcase_add_test(tc, an_absent_name_is_asked_for_less_and_less);
    tcase_add_test(tc, waiting_has_a_deadline);
    tcase_add_test(tc, heartbeats_go_on_and_nothing_is_told);
    tcase_add_test(tc, a_manager_that_falls_silent_is_gone);
    tcase_add_test(tc, a_manager_without_heartbeats_is_asked);
    tcase_add_test(tc, another_manager_announces_the_prefix);
    tcase_add_test(tc, a_prefix_that_is_not_in_the_heartbeats_any_more);
    tcase_add_test(tc, a_prefix_that_is_released);
    tcase_add_test(tc, a_flood_of_announcements);
    tcase_add_test(tc, a_listener_is_silent);
    tcase_add_test(tc, a_watch_may_end_when_it_is_told);
    tcase_add_test(tc, closed_while_watching);
    tcase_add_test(tc, words);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* All prefixes of a segment: NAME-8.7-03. */
#include <stdio.h>

#include "support/net.h"

#include <vnaming/survey.h>

static struct net net;
static uint8_t area[4 * VNAME_LIST_OCTETS];
static struct vname_survey survey;
static char all[2000];

/* A manager of `count` prefixes /NAME/0, /NAME/1 ... that tells `most` of them at a time. */
struct holder {
    const char *name;
    unsigned count, most, asked, odd;
};

static int list(struct manager *m, struct vipc_incoming *in) {
    struct holder *h = m->context;
    uint8_t segment[4000];
    char prefix[32];
    uint32_t size = 0, here = 0;
    if ((in->message.code & VMTP_CODE_MASK) != (VNAME_LIST & VMTP_CODE_MASK))
        return 0;
    h->asked++;
    for (uint32_t i = in->message.words[0]; i < h->count && here < h->most; i++, here++) {
        snprintf(prefix, sizeof prefix, "/%s/%u", h->name, i);
        const struct vname_record record = {.prefix = prefix,
                                            .prefix_length = (uint16_t)strlen(prefix),
                                            .generation = 1,
                                            .manager = h->odd ? 0x999 : m->service.entity};
        size += vname_record_encode(segment + size, sizeof segment - size, &record);
    }
    const struct vmtp_message message = {.code = VMTP_OK, .words = {h->count, here}};
    vipc_reply(in, &message, segment, size, VIPC_REPLY_IDEMPOTENT);
    return 1;
}

static void note(struct vname_survey *s, const struct vname_record *record) {
    (void)s;
    strncat(all, record->prefix, record->prefix_length);
    strcat(all, " ");
}

static struct manager *holder(struct holder *h) {
    struct manager *m = net_manager(&net, "");
    m->hook = list;
    m->context = h;
    return m;
}

static int run(void) {
    memset(&survey, 0, sizeof survey);
    all[0] = '\0';
    survey.area = area;
    survey.slots = 4;
    survey.record = note;
    return vname_survey_wait(net.node, &survey);
}

/* NAME-8.7-03 */
START_TEST(everybody_is_asked_and_then_for_the_rest) {
    struct holder a = {.name = "a", .count = 2, .most = 9}, b = {.name = "b", .count = 7, .most = 3};
    net_open(&net, NULL);
    holder(&a);
    holder(&b);
    net_manager(&net, ""); /* holds nothing and is silent */
    ck_assert_int_eq(run(), 0);
    ck_assert_uint_eq(survey.managers, 2);
    ck_assert_uint_eq(survey.records, 9);
    ck_assert_uint_eq(survey.bad + survey.unasked, 0);
    ck_assert_uint_eq(a.asked, 1);
    ck_assert_uint_eq(b.asked, 3);
    for (unsigned i = 0; i < 7; i++) {
        char prefix[32];
        snprintf(prefix, sizeof prefix, "/b/%u ", i);
        ck_assert_ptr_nonnull(strstr(all, prefix));
    }
    net_close(&net);
}
END_TEST

START_TEST(nobody_is_there) {
    net_open(&net, NULL);
    ck_assert_int_eq(run(), VMTP_RETRANS_TIMEOUT);
    survey.slots = 1;
    ck_assert_int_eq(vname_survey_wait(net.node, &survey), VMTP_E_INVALID);
    net_close(&net);
}
END_TEST

START_TEST(who_speaks_of_others_or_never_ends) {
    struct holder odd = {.name = "odd", .count = 3, .most = 3, .odd = 1};
    struct holder empty = {.name = "empty", .count = 5, .most = 0}; /* has five, and tells none */
    net_open(&net, NULL);
    holder(&odd);
    holder(&empty);
    ck_assert_int_eq(run(), 0);
    ck_assert_uint_eq(survey.records, 0);
    ck_assert_uint_eq(survey.bad, 3);
    ck_assert_uint_eq(empty.asked, 1);
    net_close(&net);
}
END_TEST

static void count_only(struct vname_survey *s, const struct vname_record *record) {
    (void)s;
    (void)record;
}

/* NAME-8.7-04 */
START_TEST(a_list_without_end) {
    struct holder liar = {.name = "l", .count = UINT32_MAX, .most = 1}, a = {.name = "a", .count = 7, .most = 3};
    net_open(&net, NULL);
    holder(&a);
    holder(&liar);
    memset(&survey, 0, sizeof survey);
    survey.area = area;
    survey.slots = 4;
    survey.record = count_only;
    const vmtp_time begin = vipc_now(net.node);
    ck_assert_int_eq(vname_survey_wait(net.node, &survey), 0);
    ck_assert_uint_le(vipc_now(net.node) - begin, 12 * VMTP_SECOND);
    ck_assert_uint_eq(survey.unasked, 1);
    ck_assert_uint_eq(a.asked, 3);
    net_close(&net);
}
END_TEST

static int gone_then(struct manager *m, struct vipc_incoming *in) {
    const int taken = list(m, in);
    if (taken)
        vipc_fake_crash(m->node);
    return taken;
}

START_TEST(a_manager_that_has_more_goes) {
    struct holder a = {.name = "a", .count = 1, .most = 9}, b = {.name = "b", .count = 7, .most = 3};
    net_open(&net, NULL);
    holder(&a);
    struct manager *m = holder(&b);
    ck_assert_int_eq(run(), 0);
    ck_assert_uint_eq(survey.records, 8);
    m->hook = gone_then;
    run();
    ck_assert_uint_le(survey.records, 4);
    net_close(&net);
}
END_TEST

static void cancel(struct vname_survey *s, const struct vname_record *record) {
    (void)record;
    vname_survey_cancel(s);
}

static void never(struct vname_survey *s, int result) {
    (void)s;
    ck_abort_msg("told of a survey that was cancelled: %d", result);
}

START_TEST(cancelled_when_a_record_comes) {
    struct holder b = {.name = "b", .count = 7, .most = 3};
    net_open(&net, NULL);
    holder(&b);
    memset(&survey, 0, sizeof survey);
    survey.area = area;
    survey.slots = 4;
    survey.record = cancel;
    ck_assert_int_eq(vname_survey(net.node, &survey), VMTP_E_INVALID);
    survey.done = never;
    ck_assert_int_eq(vname_survey(net.node, &survey), 0);
    vipc_fake_run(net.fake, 5 * VMTP_SECOND);
    ck_assert_uint_eq(b.asked, 1);
    ck_assert_uint_eq(survey.records, 1);
    net_close(&net);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("survey");
    TCase *tc = tcase_create("survey");
    tcase_add_test(tc, everybody_is_asked_and_then_for_the_rest);
    tcase_add_test(tc, nobody_is_there);
    tcase_add_test(tc, who_speaks_of_others_or_never_ends);
    tcase_add_test(tc, a_manager_that_has_more_goes);
    tcase_add_test(tc, a_list_without_end);
    tcase_add_test(tc, cancelled_when_a_record_comes);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers that a client must not believe (NAME-5.2-03, NAME-5.2-04). */
#include "support/net.h"

static struct net net;

/* What a liar answers to every QueryName. */
static struct vname_record lie;
static uint32_t lie_code, lie_word;
static int lie_own; /* with itself as manager */

static int tell_lie(struct manager *m, struct vipc_incoming *in) {
    struct vname_record record = lie;
    if ((in->message.code & VMTP_CODE_MASK) != (VNAME_QUERY & VMTP_CODE_MASK))
        return 0;
    if (lie_own)
        record.manager = m->service.entity;
    manager_answer(in, lie_code, lie_word, &record);
    return 1;
}

static void lie_about(const char *prefix) {
    lie = (struct vname_record){
        .prefix = prefix, .prefix_length = (uint16_t)strlen(prefix), .generation = 9, .manager = 0x1234};
    lie_word = lie.prefix_length;
    lie_code = VMTP_OK;
    lie_own = 1;
}

/* One operation on /a/b: the liar's answer comes first, that of the manager of /a later, and counts. */
static void the_truth_wins(void) {
    net_open(&net, NULL);
    struct manager *liar = net_manager(&net, ""), *honest = net_manager(&net, "/a");
    liar->hook = tell_lie;
    honest->late = 20 * MS;
    ck_assert_int_eq((int)operation_run(&net, "/a/b", 0), VNAME_ANSWERED);
    ck_assert_uint_eq(CODE(&last), VMTP_OK);
    ck_assert_uint_eq(honest->operations, 1);
    ck_assert_uint_eq(liar->operations, 0);
    ck_assert_uint_ge(net.steps[VNAME_STEP_ANSWER_BAD], 1);
    ck_assert_uint_eq(vname_cache_list(net.resolver, NULL, 0), 1);
}

#define THE_TRUTH_WINS(counter)                                                                                        \
    do {                                                                                                               \
        the_truth_wins();                                                                                              \
        ck_assert_uint_ge(COUNTERS(&net)->counter, 1);                                                                 \
        net_close(&net);                                                                                               \
    } while (0)

/* NAME-5.2-03 NAME-5.2-04 */
START_TEST(an_answer_for_a_name_that_was_not_asked) {
    lie_about("/other");
    THE_TRUTH_WINS(answers_not_asked);
    lie_about("/a/bb");
    THE_TRUTH_WINS(answers_not_asked);
    lie_about("/a/B");
    THE_TRUTH_WINS(answers_not_asked);
}
END_TEST

/* NAME-5.2-03 */
START_TEST(an_answer_that_matches_more_than_the_name) {
    lie_about("/a/b/c");
    THE_TRUTH_WINS(answers_longer);
    lie_about("/a/b");
    lie_word = 6; /* says that it matches more than its prefix has */
    THE_TRUTH_WINS(answers_length);
    lie_about("/a/b");
    lie_word = 2;
    THE_TRUTH_WINS(answers_length);
}
END_TEST

/* NAME-5.2-03 */
START_TEST(an_answer_in_the_name_of_another) {
    lie_about("/a/b");
    lie_own = 0;
    THE_TRUTH_WINS(answers_not_own);
}
END_TEST

/* NAME-5.2-03 */
START_TEST(who_claims_or_has_released_does_not_answer) {
    lie_about("/a/b");
    lie.flags = VNAME_CLAIMING;
    THE_TRUTH_WINS(answers_claiming);
    lie.flags = VNAME_RELEASED;
    THE_TRUTH_WINS(answers_claiming);
}
END_TEST

/* NAME-5.2-04 */
START_TEST(a_record_that_is_not_well_formed) {
    lie_about("/a/../b");
    THE_TRUTH_WINS(answers_malformed);
    lie_about("/a/b");
    lie.generation = 0;
    THE_TRUTH_WINS(answers_malformed);
    lie_about("/a/b");
    lie_code = VNAME_NOT_FOUND; /* to a multicast */
    THE_TRUTH_WINS(answers_code);
}
END_TEST

static int answer_nothing(struct manager *m, struct vipc_incoming *in) {
    const struct vmtp_message ok = {.code = VMTP_OK, .words = {2}};
    (void)m;
    if ((in->message.code & VMTP_CODE_MASK) != (VNAME_QUERY & VMTP_CODE_MASK))
        return 0;
    vipc_reply(in, &ok, m->context, m->context ? 3000 : 0, VIPC_REPLY_IDEMPOTENT);
    return 1;
}

/* NAME-5.2-04: no segment, and one that is larger than any record. */
START_TEST(an_answer_without_a_record_or_with_too_much) {
    static uint8_t much[3000];
    for (unsigned large = 0; large < 2; large++) {
        net_open(&net, NULL);
        struct manager *m = net_manager(&net, "/a");
        m->hook = answer_nothing;
        m->context = large ? much : NULL;
        ck_assert_int_eq((int)operation_run(&net, "/a/b", 0), VNAME_NO_ANSWER);
        ck_assert_uint_ge(COUNTERS(&net)->answers_malformed, 1);
        net_close(&net);
    }
}
END_TEST

/* NAME-5.2-03: who knows it from somebody else says so, and is believed. */
START_TEST(a_second_hand_answer_is_good) {
    net_open(&net, NULL);
    struct manager *teller = net_manager(&net, ""), *m = net_manager(&net, "/a");
    m->silent = 1;
    teller->hook = tell_lie;
    lie_about("/a");
    lie_own = 0;
    lie.manager = m->service.entity;
    lie.flags = VNAME_SECOND_HAND;
    ck_assert_int_eq((int)operation_run(&net, "/a/b", 0), VNAME_ANSWERED);
    ck_assert_uint_eq(m->operations, 1);
    net_close(&net);
}
END_TEST

/* Every answer that there is room for is bad, and nothing but time is lost. */
START_TEST(liars_only) {
    net_open(&net, NULL);
    lie_about("/other");
    for (unsigned i = 0; i < MANAGERS; i++)
        net_manager(&net, "")->hook = tell_lie;
    ck_assert_int_eq((int)operation_run(&net, "/a/b", 0), VNAME_NO_ANSWER);
    ck_assert_uint_eq(vname_cache_list(net.resolver, NULL, 0), 0);
    net_close(&net);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("answers");
    TCase *tc = tcase_create("answers");
    tcase_add_test(tc, an_answer_for_a_name_that_was_not_asked);
    tcase_add_test(tc, an_answer_that_matches_more_than_the_name);
    tcase_add_test(tc, an_answer_in_the_name_of_another);
    tcase_add_test(tc, who_claims_or_has_released_does_not_answer);
    tcase_add_test(tc, a_record_that_is_not_well_formed);
    tcase_add_test(tc, an_answer_without_a_record_or_with_too_much);
    tcase_add_test(tc, a_second_hand_answer_is_good);
    tcase_add_test(tc, liars_only);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}

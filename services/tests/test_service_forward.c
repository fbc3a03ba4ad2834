/* SPDX-License-Identifier: BSD-2-Clause */
/* test_service_forward.c - FORWARD: chains of servers on two nodes. */
#include <check.h>
#include <suite.h>
#include <stdlib.h>

#include "support/pair.h"
#include "test_internal.h"

static struct pair p;
static vtest_service *other; /* on the tester's node */
static uint8_t segment[VMTP_GROUP_OCTETS];

static void setup(void) {
    struct vtest_options options;
    pair_begin(&p, NULL);
    vtest_options_init(&options);
    options.slots = 8;
    ck_assert_int_eq(vtest_create(&other, p.tester.engine, &options, pair_now(&p)), 0);
    p.on_tester_event = other;
}

static void teardown(void) {
    pair_end(&p);
    vtest_destroy(other);
}

static void head(uint8_t *out, vmtp_entity server, uint32_t code) {
    memset(out, 0, VTEST_CALL_HEAD);
    vmtp_store64(out + VTEST_CALL_SERVER, server);
    vmtp_store32(out + VTEST_CALL_CODE, VMTP_PIC | code);
}

static vmtp_entity entity(uint32_t number) {
    const uint32_t words[7] = {number};
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_ENTITY, words, NULL, 0), VMTP_OK);
    return vmtp_words_get64(pair_answer(&p)->message.words);
}

/* TEST-4.13-01: to a twin beside it, and to another node */
START_TEST(the_next_server_answers) {
    vmtp_entity next = _i % 2 ? vtest_entity(other) : entity(1);
    head(segment, next, VMTP_TEST_ECHO);
    vmtp_store32(segment + VTEST_CALL_WORDS, 4711);
    vtest_pattern(segment + VTEST_CALL_HEAD, 3000, 7);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_FORWARD, NULL, segment, VTEST_CALL_HEAD + (_i / 2 ? 3000 : 0)), VMTP_OK);
    const struct pair_call *a = pair_answer(&p);
    ck_assert_uint_eq(a->message.server, next);
    ck_assert_uint_eq(a->message.words[0], 4711);
    ck_assert_uint_eq(a->size, _i / 2 ? 3000 : 0);
    ck_assert_mem_eq(a->area, segment + VTEST_CALL_HEAD, a->size);
    ck_assert_uint_eq(pair_count(&p, VMTP_TEST_FORWARD), 1);
    pair_pass(&p, 30 * VMTP_SECOND);
    ck_assert_uint_eq(p.service->lent, 0);
}
END_TEST

/* TEST-4.13-01: octet 70 of MIRROR tells how many servers passed it on; the sixteenth makes a call of its own of it */
START_TEST(chains_are_built_from_nested_forwards) {
    uint32_t forwards = (uint32_t)_i;
    vmtp_entity here[4] = {entity(0), entity(1), entity(2), entity(3)}, there = vtest_entity(other);
    uint8_t *out = segment;
    for (uint32_t i = 1; i < forwards; i++, out += VTEST_CALL_HEAD)
        head(out, i % 2 ? there : here[i / 2 % 4], VMTP_TEST_FORWARD);
    head(out, forwards % 2 ? there : here[forwards / 2 % 4], VMTP_TEST_MIRROR);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_FORWARD, NULL, segment, VTEST_CALL_HEAD * forwards), VMTP_OK);
    const struct pair_call *a = pair_answer(&p);
    ck_assert_uint_eq(a->size, VTEST_MIRROR_OCTETS);
    ck_assert_uint_eq(a->area[VTEST_MIRROR_FORWARDS], forwards <= 15 ? forwards : 0);
    ck_assert_int_eq(vmtp_load64(a->area + VTEST_MIRROR_CLIENT) == a->client, forwards <= 15);
}
END_TEST

/* TEST-4.13-02 */
START_TEST(what_cannot_be_forwarded_is_refused) {
    head(segment, 0, VMTP_TEST_NULL);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_FORWARD, NULL, segment, VTEST_CALL_HEAD), VMTP_TEST_BAD_ARGUMENT);
    head(segment, vtest_entity(p.service), VMTP_TEST_NULL);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_FORWARD, NULL, segment, VTEST_CALL_HEAD), VMTP_TEST_BAD_ARGUMENT);
    head(segment, vmtp_engine_manager(p.node.engine), VMTP_TEST_NULL);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_FORWARD, NULL, segment, VTEST_CALL_HEAD), VMTP_TEST_BAD_ARGUMENT);
    head(segment, vtest_entity(other), VMTP_TEST_NULL);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_FORWARD, NULL, segment, VTEST_CALL_HEAD - 1), VMTP_TEST_BAD_ARGUMENT);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_FORWARD, NULL, NULL, 0), VMTP_TEST_BAD_ARGUMENT);
    for (uint32_t flag = 0; flag < 2; flag++) {
        head(segment, vtest_entity(other), VMTP_TEST_NULL | (flag ? VMTP_MRD : VMTP_DGM));
        ck_assert_uint_eq(pair_do(&p, VMTP_TEST_FORWARD, NULL, segment, VTEST_CALL_HEAD), VMTP_TEST_BAD_ARGUMENT);
    }
    p.service->forbid_call = 1;
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_FORWARD, NULL, segment, VTEST_CALL_HEAD), VMTP_NO_PERMISSION);
}
END_TEST

START_TEST(a_server_that_is_not_there_is_told) {
    head(segment, 0x777777, VMTP_TEST_NULL);
    struct pair_call *call = pair_start(&p, 0, 0, VMTP_PIC | VMTP_TEST_FORWARD, NULL, segment, VTEST_CALL_HEAD);
    pair_wait(&p, call);
    ck_assert_uint_ne(call->result, 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("test service: forward");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_loop_test(all, the_next_server_answers, 0, 4);
    tcase_add_loop_test(all, chains_are_built_from_nested_forwards, 1, 17);
    tcase_add_test(all, what_cannot_be_forwarded_is_refused);
    tcase_add_test(all, a_server_that_is_not_there_is_told);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* test_service_entities.c - twins, the serial server and the guarded entity of the test service; SEQUENCE, STAT, group CALLs. */
#include <check.h>
#include <suite.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/pair.h"
#include "test_internal.h"

static struct pair p;
static uint8_t segment[VMTP_GROUP_OCTETS];

static void setup(void) { pair_begin(&p, NULL); }
static void teardown(void) { pair_end(&p); }

static vmtp_entity entity(uint32_t number) {
    const uint32_t words[7] = {number};
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_ENTITY, words, NULL, 0), VMTP_OK);
    ck_assert_uint_eq(pair_answer(&p)->message.words[2], number);
    return vmtp_words_get64(pair_answer(&p)->message.words);
}

#define ASKER (&p.calls[PAIR_CLIENTS - 1])

/* A Request to another entity of the service; its ResponseCode. */
static uint32_t ask(vmtp_entity server, uint32_t code, uint32_t word) {
    const uint32_t words[7] = {word};
    pair_wait(&p, pair_start(&p, PAIR_CLIENTS - 1, server, VMTP_PIC | code, words, NULL, 0));
    ck_assert_uint_eq(ASKER->result, 0);
    return ASKER->message.code & VMTP_CODE_MASK;
}

/* ---- ENTITY -------------------------------------------------------------------------------------------------------- */

/* TEST-4.8-01, TEST-4.8-02 */
START_TEST(entities_have_identifiers_that_stay) {
    vmtp_entity seen[6];
    for (uint32_t i = 0; i < 6; i++) {
        seen[i] = entity(i);
        ck_assert_uint_eq(entity(i), seen[i]);
        for (uint32_t k = 0; k < i; k++)
            ck_assert_uint_ne(seen[k], seen[i]);
    }
    ck_assert_uint_eq(seen[0], vtest_entity(p.service));
    const uint32_t words[7] = {6};
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_ENTITY, words, NULL, 0), VMTP_TEST_BAD_ARGUMENT);
}
END_TEST

/* TEST-4.8-03, TEST-4.8-02 */
START_TEST(entities_can_be_ended) {
    const uint32_t end[7] = {1, 1}, self[7] = {0, 1}, wrong[7] = {1, 2};
    vmtp_entity id = entity(1);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_ENTITY, end, NULL, 0), VMTP_OK);
    ck_assert_uint_eq(vmtp_words_get64(pair_answer(&p)->message.words), id);
    pair_wait(&p, pair_start(&p, 5, id, VMTP_PIC | VMTP_TEST_NULL, NULL, NULL, 0));
    ck_assert_uint_ne(p.calls[5].result, 0);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_ENTITY, end, NULL, 0), VMTP_OK);
    ck_assert_uint_eq(vmtp_words_get64(pair_answer(&p)->message.words), 0);
    ck_assert_uint_ne(entity(1), id);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_ENTITY, self, NULL, 0), VMTP_TEST_BAD_ARGUMENT);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_ENTITY, wrong, NULL, 0), VMTP_TEST_BAD_ARGUMENT);
}
END_TEST

/* TEST-2.3-01, TEST-2.3-02 */
START_TEST(twins_do_what_the_service_does_and_count_for_themselves) {
    vmtp_entity twin = entity((uint32_t)_i); /* or the serial server */
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t code = i == (VMTP_TEST_DISCARD & 0xff) ? VMTP_OK : ask(twin, VMTP_TEST_NULL | i, 1);
        int there = (p.service->identity[i / 8] >> (7 - i % 8)) & 1;
        ck_assert_int_eq(there, code != VMTP_ERROR);
    }
    twin = entity((uint32_t)_i); /* SERIAL has made another one, unless it was asked of the serial server itself */
    ask(twin, VMTP_TEST_RESET, 0);
    ask(twin, VMTP_TEST_NULL, 0);
    ask(twin, VMTP_TEST_NULL, 0);
    ask(twin, VMTP_TEST_COUNT, VMTP_TEST_NULL & 0xff);
    ck_assert_uint_eq(ASKER->message.words[1], 2);
    ck_assert_uint_eq(pair_count(&p, VMTP_TEST_NULL), 0);
    ck_assert_uint_eq(ask(twin, VMTP_TEST_MIRROR, 0), VMTP_OK);
    ck_assert_uint_eq(vmtp_load64(ASKER->area + VTEST_MIRROR_SERVER), twin);
}
END_TEST

/* TEST-2.3-03 */
START_TEST(the_guarded_entity_wants_security) {
    vmtp_entity guarded = entity(VTEST_GUARDED);
    ck_assert_uint_eq(ask(guarded, VMTP_TEST_NULL, 0), VMTP_SECURITY_REQUIRED);
    ck_assert_uint_eq(ask(guarded, VMTP_TEST_SOURCE, 1000), VMTP_SECURITY_REQUIRED);
    ck_assert_uint_eq(ASKER->size, 0);
}
END_TEST

START_TEST(a_small_table_of_accepts_has_room_for_all) {
    pair_end(&p);
    pair_begin_with(&p, NULL, 7);
    for (uint32_t i = 0; i < 6; i++)
        entity(i);
    for (unsigned round = 0; round < 3; round++)
        for (uint32_t i = 0; i < 6; i++)
            ask(entity(i), VMTP_TEST_NULL, 0);
}
END_TEST

START_TEST(a_deleted_twin_is_made_anew) {
    vmtp_entity first = entity(1);
    struct vmtp_event deleted = {.type = VMTP_EV_ENTITY_DELETED, .entity = first};
    ck_assert_int_eq(vmtp_entity_delete(p.node.engine, first, pair_now(&p)), 0);
    ck_assert_int_eq(vtest_event(p.service, &deleted, pair_now(&p)), 1);
    ck_assert_int_eq(vtest_alive(p.service), 1);
    ck_assert_uint_ne(entity(1), first);
    ck_assert_uint_eq(ask(entity(1), VMTP_TEST_NULL, 0), VMTP_OK);
}
END_TEST

/* ---- the serial server --------------------------------------------------------------------------------------------- */

static vmtp_entity serial(uint32_t depth) {
    const uint32_t words[7] = {depth};
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_SERIAL, words, NULL, 0), VMTP_OK);
    return vmtp_words_get64(pair_answer(&p)->message.words);
}

static struct pair_call *delay(unsigned number, vmtp_entity server, uint32_t milliseconds) {
    const uint32_t words[7] = {milliseconds * 1000, 3000};
    return pair_start(&p, number, server, VMTP_PIC | VMTP_TEST_DELAY, words, NULL, 0);
}

static void expect_progress(uint32_t depth, uint32_t waiting, uint32_t running, uint32_t executed) {
    serial(0);
    const uint32_t *words = pair_answer(&p)->message.words;
    ck_assert_uint_eq(words[2], depth);
    ck_assert_uint_eq(words[3], waiting);
    ck_assert_uint_eq(words[4], running);
    ck_assert_uint_eq(words[5], executed);
}

/* TEST-4.10-01, TEST-4.10-03, TEST-4.10-04 */
START_TEST(the_serial_server_does_one_thing_at_a_time) {
    struct pair_call *calls[3];
    vmtp_entity before = serial(0), server = serial(3);
    ck_assert_uint_ne(before, server);
    for (unsigned i = 0; i < 3; i++) {
        calls[i] = delay(1 + i, server, 100);
        pair_pass(&p, VMTP_MILLISECOND);
    }
    ck_assert_uint_eq(vmtp_counter(p.node.engine, VMTP_COUNT_BUSY_SENT), 0);
    struct pair_call *fourth = delay(4, server, 0);
    pair_pass(&p, 10 * VMTP_MILLISECOND);
    ck_assert_uint_gt(vmtp_counter(p.node.engine, VMTP_COUNT_BUSY_SENT), 0);
    expect_progress(3, 2, 1, 1);
    for (unsigned i = 0; i < 3; i++) {
        pair_wait(&p, calls[i]);
        ck_assert_uint_ge(calls[i]->end - calls[0]->start, 100 * (i + 1) * VMTP_MILLISECOND);
    }
    pair_wait(&p, fourth);
    expect_progress(3, 0, 0, 4);
}
END_TEST

START_TEST(a_conditional_request_finds_it_not_waiting) {
    vmtp_entity server = serial(1);
    struct pair_call *slow = delay(1, server, 200);
    pair_pass(&p, VMTP_MILLISECOND);
    struct pair_call *conditional = pair_start(&p, 2, server, VMTP_PIC | VMTP_CMD | VMTP_TEST_NULL, NULL, NULL, 0);
    pair_wait(&p, conditional);
    ck_assert_uint_eq(conditional->result, VMTP_NOT_AWAITING_MSG);
    pair_wait(&p, slow);
    conditional = pair_start(&p, 2, server, VMTP_PIC | VMTP_CMD | VMTP_TEST_NULL, NULL, NULL, 0);
    pair_wait(&p, conditional);
    ck_assert_uint_eq(conditional->result, 0);
}
END_TEST

/* TEST-4.10-02 */
START_TEST(what_waits_is_executed_by_rank) {
    static const uint8_t priorities[8] = {0, 4, 5, 8, 12, 15, 0, 4};
    /* The first is under way; urgent 15, 12; important 8; normal 0; background 5, then the two 4 as they came. */
    static const unsigned expected[8] = {0, 5, 4, 3, 6, 2, 1, 7};
    struct pair_call *calls[8];
    vmtp_entity server = serial(8);
    calls[0] = delay(1, server, 100);
    pair_pass(&p, VMTP_MILLISECOND);
    for (unsigned i = 1; i < 8; i++) {
        p.priority = priorities[i];
        calls[i] = delay(1 + i, server, 100);
        pair_pass(&p, VMTP_MILLISECOND);
    }
    p.priority = 0;
    for (unsigned i = 0; i < 8; i++)
        pair_wait(&p, calls[i]);
    for (unsigned i = 1; i < 8; i++)
        ck_assert_uint_lt(calls[expected[i - 1]]->end, calls[expected[i]]->end);
}
END_TEST

/* TEST-4.10-03: what it had in hand is not answered */
START_TEST(the_serial_server_is_made_anew) {
    vmtp_entity first = serial(8);
    struct pair_call *running = delay(1, first, 1000), *waiting = delay(2, first, 1000);
    pair_pass(&p, 10 * VMTP_MILLISECOND);
    vmtp_entity second = serial(8);
    expect_progress(8, 0, 0, 0);
    ck_assert_uint_eq(ask(second, VMTP_TEST_NULL, 0), VMTP_OK);
    pair_wait(&p, running);
    pair_wait(&p, waiting);
    ck_assert_uint_ne(running->result, 0);
    ck_assert_uint_ne(waiting->result, 0);
    for (unsigned i = 0; i < 8; i++)
        delay(10 + i, second, 10);
    pair_pass(&p, VMTP_SECOND);
    expect_progress(8, 0, 0, 9);
}
END_TEST

/* TEST-4.10-03: it takes Requests before the old one's accepts have come back */
START_TEST(a_new_serial_server_is_ready_at_once) {
    struct vtest_place *place = &p.service->places[VTEST_SERIAL];
    vmtp_entity first = serial(1);
    ck_assert_uint_eq(place->posted, 1);
    vtest_place_unmake(p.service, place, pair_now(&p));
    ck_assert_uint_eq(place->posted, 0);
    ck_assert_int_eq(vtest_place_make(p.service, place, pair_now(&p)), 0);
    ck_assert_uint_ne(place->id, first);
    ck_assert_uint_eq(place->posted, 1);
    ck_assert_uint_eq(ask(place->id, VMTP_TEST_NULL, 0), VMTP_OK);
    expect_progress(1, 0, 0, 1);
    ck_assert_uint_eq(place->idle + place->open, place->slots);
}
END_TEST

START_TEST(who_gives_up_waiting_is_not_served) {
    vmtp_entity server = serial(4);
    struct pair_call *running = delay(1, server, 500), *waiting = delay(2, server, 500);
    pair_pass(&p, 10 * VMTP_MILLISECOND);
    ck_assert_int_eq(vmtp_cancel(p.tester.engine, waiting->handle, pair_now(&p)), 0);
    pair_wait(&p, waiting);
    pair_wait(&p, pair_start(&p, 2, 0, VMTP_PIC | VMTP_TEST_NULL, NULL, NULL, 0));
    pair_wait(&p, running);
    expect_progress(4, 0, 0, 1);
}
END_TEST

/* TEST-4.10-05 */
START_TEST(serial_refuses_nonsense) {
    const uint32_t nine[7] = {9};
    uint8_t slow[VTEST_CALL_HEAD] = {0};
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_SERIAL, nine, NULL, 0), VMTP_TEST_BAD_ARGUMENT);
    vmtp_entity server = serial(2);
    ck_assert_uint_eq(ask(server, VMTP_TEST_SERIAL, 2), VMTP_TEST_BAD_ARGUMENT);
    ck_assert_uint_eq(ask(server, VMTP_TEST_SERIAL, 0), VMTP_OK);
    vmtp_store64(slow, vtest_entity(p.service));
    vmtp_store32(slow + VTEST_CALL_CODE, VMTP_PIC | VMTP_TEST_DELAY);
    vmtp_store32(slow + VTEST_CALL_WORDS, 500000);
    struct pair_call *call = pair_start(&p, 1, server, VMTP_PIC | VMTP_TEST_CALL, NULL, slow, sizeof slow);
    pair_pass(&p, 10 * VMTP_MILLISECOND);
    const uint32_t two[7] = {2};
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_SERIAL, two, NULL, 0), VMTP_TEST_NO_ROOM);
    expect_progress(2, 0, 1, 3);
    pair_wait(&p, call);
    ck_assert_uint_eq(call->message.code & VMTP_CODE_MASK, VMTP_OK);
    ck_assert_uint_ne(serial(2), server);
}
END_TEST

/* ---- SEQUENCE ------------------------------------------------------------------------------------------------------ */

static void expect_order(unsigned client, uint32_t tag, uint32_t anew, uint32_t order, uint32_t before) {
    const uint32_t words[7] = {tag, anew};
    struct pair_call *call = pair_start(&p, client, 0, VMTP_PIC | VMTP_TEST_SEQUENCE, words, segment, 700);
    pair_wait(&p, call);
    ck_assert_uint_eq(call->message.code & VMTP_CODE_MASK, VMTP_OK);
    ck_assert_uint_eq(call->message.words[0], tag);
    ck_assert_uint_eq(call->message.words[1], order);
    ck_assert_uint_eq(call->message.words[2], before);
    ck_assert_uint_eq(call->message.words[3], 700);
    ck_assert_uint_eq(call->message.words[4], vtest_crc32(segment, 700));
}

/* TEST-4.9-01, TEST-4.9-02, TEST-4.9-03, TEST-4.9-04 */
START_TEST(sequence_counts_for_each_client) {
    const uint32_t wrong[7] = {0, 4};
    for (unsigned client = 1; client <= 8; client++) {
        expect_order(client, 5, 0, 1, 0);
        expect_order(client, 6, 0, 2, 5);
    }
    expect_order(1, 7, 0, 3, 6);
    expect_order(9, 1, 0, 1, 0); /* drives the second out */
    expect_order(1, 8, 0, 4, 7);
    expect_order(3, 9, 1, 1, 0);
    expect_order(2, 9, 0, 1, 0);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_SEQUENCE, wrong, NULL, 0), VMTP_TEST_BAD_ARGUMENT);
}
END_TEST

/* ---- STAT ---------------------------------------------------------------------------------------------------------- */

static const char *stat_text(uint32_t parts, uint32_t skip) {
    static char text[VMTP_GROUP_OCTETS + 1];
    const uint32_t words[7] = {parts, skip};
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_STAT, words, NULL, 0), VMTP_OK);
    memcpy(text, pair_answer(&p)->area, pair_answer(&p)->size);
    text[pair_answer(&p)->size] = 0;
    return text;
}

static uint32_t lines_of(const char *text) {
    uint32_t count = 0;
    for (; *text; text++)
        count += *text == '\n';
    return count;
}

/* TEST-4.11-01, TEST-4.11-02 */
START_TEST(stat_shows_figures_and_transactions) {
    char line[256], client[VMTP_ENTITY_TEXT], server[VMTP_ENTITY_TEXT];
    struct pair_call *slow = pair_start(&p, 3, 0, VMTP_PIC | VMTP_TEST_DELAY, (const uint32_t[7]){500000}, NULL, 0);
    pair_pass(&p, 10 * VMTP_MILLISECOND);
    const char *text = stat_text(VTEST_STAT_FIGURES, 0);
    uint32_t figures = lines_of(text);
    snprintf(line, sizeof line, "\ncounter requests %llu\n",
             (unsigned long long)vmtp_counter(p.node.engine, VMTP_COUNT_REQUESTS));
    ck_assert_ptr_nonnull(strstr(text, line));
    ck_assert_ptr_nonnull(strstr(text, "usage requests 2\n"));
    ck_assert_uint_eq(pair_answer(&p)->message.words[0], figures);
    ck_assert_uint_eq(pair_answer(&p)->message.words[1], figures);
    text = stat_text(VTEST_STAT_TRANSACTIONS, 0);
    struct vmtp_transaction t;
    uint64_t place = 0;
    ck_assert_int_eq(vmtp_transaction_next(p.tester.engine, &place, &t), 1); /* of the tester there is only this one left */
    snprintf(line, sizeof line, "server %s %s %u processing ", vmtp_entity_format(client, slow->client),
             vmtp_entity_format(server, vtest_entity(p.service)), t.transaction);
    ck_assert_ptr_nonnull(strstr(text, line));
    ck_assert_uint_eq(lines_of(text), 2); /* and the STAT itself */
    pair_wait(&p, slow);
    ck_assert_ptr_nonnull(strstr(stat_text(VTEST_STAT_RECORDS, 0), "record "));
    ck_assert_uint_gt(lines_of(stat_text(0, 0)), figures);
    ck_assert_uint_eq(lines_of(stat_text(VTEST_STAT_FIGURES, figures - 1)), 1);
    ck_assert_str_eq(stat_text(VTEST_STAT_FIGURES, figures), "");
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_STAT, (const uint32_t[7]){8}, NULL, 0), VMTP_TEST_BAD_ARGUMENT);
}
END_TEST

/* TEST-4.11-01: more than fits is asked for in pieces */
START_TEST(stat_is_read_in_pieces) {
    uint32_t total = 0, rounds = 0, all = lines_of(stat_text(VTEST_STAT_FIGURES, 0));
    for (uint32_t i = 0; i < p.service->slot_count; i++)
        p.service->slots[i].capacity = 500;
    do {
        const char *text = stat_text(VTEST_STAT_FIGURES, total);
        uint32_t shown = lines_of(text);
        ck_assert_uint_gt(shown, 0);
        ck_assert_int_eq(text[strlen(text) - 1], '\n');
        ck_assert_uint_eq(pair_answer(&p)->message.words[0], all);
        ck_assert_uint_eq(pair_answer(&p)->message.words[1], shown);
        total += shown;
        rounds++;
    } while (total < all);
    ck_assert_uint_eq(total, all);
    ck_assert_uint_ge(rounds, 3);
}
END_TEST

/* ---- CALL ---------------------------------------------------------------------------------------------------------- */

static void head(vmtp_entity server, uint32_t code, uint32_t deadline_ms, uint32_t responses) {
    memset(segment, 0, VTEST_CALL_HEAD);
    vmtp_store64(segment + VTEST_CALL_SERVER, server);
    vmtp_store32(segment + VTEST_CALL_CODE, code);
    vmtp_store32(segment + VTEST_CALL_DEADLINE, deadline_ms);
    vmtp_store32(segment + VTEST_CALL_CAPACITY, 256);
    vmtp_store32(segment + VTEST_CALL_COUNTS, responses);
}

/* TEST-4.6-05: all managers, which are those of both hosts */
START_TEST(call_reports_each_response_of_a_group) {
    head(VMTP_MANAGER_GROUP, VMTP_QUERY_VMTP_NODE | VMTP_MRD, 300, 64);
    vmtp_store64(segment + VTEST_CALL_WORDS, VMTP_MANAGER_GROUP);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_CALL, NULL, segment, VTEST_CALL_HEAD), VMTP_OK);
    const struct pair_call *a = pair_answer(&p);
    const uint8_t *r = a->area + VTEST_CALL_HEAD;
    ck_assert_uint_eq(a->message.words[0], 0);
    ck_assert_uint_eq(a->message.words[2], 2);
    ck_assert_uint_eq(a->size, VTEST_CALL_HEAD + 2 * VTEST_RESULT_OCTETS);
    int here = vmtp_load64(r + VTEST_RESULT_SERVER) == vmtp_engine_manager(p.tester.engine);
    ck_assert_uint_eq(vmtp_load64(r + VTEST_RESULT_SERVER), vmtp_engine_manager(here ? p.tester.engine : p.node.engine));
    ck_assert_uint_eq(vmtp_load64(a->area + VTEST_CALL_SERVER), vmtp_load64(r + VTEST_RESULT_SERVER));
    for (uint32_t i = 0; i < 2; i++, r += VTEST_RESULT_OCTETS) {
        ck_assert_uint_eq(vmtp_load32(r + VTEST_RESULT_RESULT), 0);
        ck_assert_uint_eq(vmtp_load32(r + VTEST_RESULT_NUMBER), i);
        ck_assert_uint_eq(vmtp_load32(r + VTEST_RESULT_SIZE), 8);
        ck_assert_uint_lt(vmtp_load32(r + VTEST_RESULT_TIME), 300000);
    }
}
END_TEST

/* TEST-4.6-05 */
START_TEST(call_reports_the_one_response_of_a_plain_call) {
    head(entity(1), VMTP_PIC | VMTP_TEST_ECHO, 0, 1);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_CALL, NULL, segment, VTEST_CALL_HEAD + 100), VMTP_OK);
    const struct pair_call *a = pair_answer(&p);
    ck_assert_uint_eq(a->message.words[2], 1);
    ck_assert_uint_eq(vmtp_load64(a->area + VTEST_CALL_HEAD + VTEST_RESULT_SERVER), entity(1));
    head(0x777777, VMTP_PIC | VMTP_TEST_ECHO, 100, 1);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_CALL, NULL, segment, VTEST_CALL_HEAD), VMTP_OK);
    ck_assert_uint_eq(a->message.words[0], VMTP_USER_TIMEOUT);
    ck_assert_uint_eq(vmtp_load32(a->area + VTEST_CALL_HEAD + VTEST_RESULT_RESULT), VMTP_USER_TIMEOUT);
}
END_TEST

/* TEST-4.6-06 */
START_TEST(group_calls_need_a_group_and_an_end) {
    head(VMTP_MANAGER_GROUP, VMTP_QUERY_VMTP_NODE | VMTP_MRD, 300, 65);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_CALL, NULL, segment, VTEST_CALL_HEAD), VMTP_TEST_BAD_ARGUMENT);
    head(VMTP_MANAGER_GROUP, VMTP_QUERY_VMTP_NODE | VMTP_MRD, 0, 2);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_CALL, NULL, segment, VTEST_CALL_HEAD), VMTP_TEST_BAD_ARGUMENT);
    head(VMTP_MANAGER_GROUP, VMTP_QUERY_VMTP_NODE, 300, 2);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_CALL, NULL, segment, VTEST_CALL_HEAD), VMTP_TEST_BAD_ARGUMENT);
    head(vtest_entity(p.service), VMTP_PIC | VMTP_TEST_NULL | VMTP_MRD, 300, 2);
    ck_assert_uint_eq(pair_do(&p, VMTP_TEST_CALL, NULL, segment, VTEST_CALL_HEAD), VMTP_TEST_BAD_ARGUMENT);
}
END_TEST

/* TEST-4.6-07 */
START_TEST(entities_of_the_service_call_too) {
    for (uint32_t i = 0; i < 4; i++) {
        const uint32_t words[7] = {0, 0, 0, 8 + i};
        head(entity(3), VMTP_PIC | VMTP_TEST_MIRROR, 0, 0);
        ck_assert_uint_eq(pair_do(&p, VMTP_TEST_CALL, words, segment, VTEST_CALL_HEAD), VMTP_OK);
        ck_assert_uint_eq(vmtp_load64(pair_answer(&p)->area + VTEST_CALL_HEAD + VTEST_MIRROR_CLIENT), entity(i));
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("test service: entities");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, entities_have_identifiers_that_stay);
    tcase_add_test(all, entities_can_be_ended);
    tcase_add_loop_test(all, twins_do_what_the_service_does_and_count_for_themselves, 1, 5);
    tcase_add_test(all, the_guarded_entity_wants_security);
    tcase_add_test(all, a_small_table_of_accepts_has_room_for_all);
    tcase_add_test(all, a_deleted_twin_is_made_anew);
    tcase_add_test(all, the_serial_server_does_one_thing_at_a_time);
    tcase_add_test(all, a_conditional_request_finds_it_not_waiting);
    tcase_add_test(all, what_waits_is_executed_by_rank);
    tcase_add_test(all, the_serial_server_is_made_anew);
    tcase_add_test(all, a_new_serial_server_is_ready_at_once);
    tcase_add_test(all, who_gives_up_waiting_is_not_served);
    tcase_add_test(all, serial_refuses_nonsense);
    tcase_add_test(all, sequence_counts_for_each_client);
    tcase_add_test(all, stat_shows_figures_and_transactions);
    tcase_add_test(all, stat_is_read_in_pieces);
    tcase_add_test(all, call_reports_each_response_of_a_group);
    tcase_add_test(all, call_reports_the_one_response_of_a_plain_call);
    tcase_add_test(all, group_calls_need_a_group_and_an_end);
    tcase_add_test(all, entities_of_the_service_call_too);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}

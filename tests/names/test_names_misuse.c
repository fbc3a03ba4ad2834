/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs that cancel, close and destroy at the worst moments.  What this finds is found by AddressSanitizer. */
#include "support/town.h"

#include <vnaming/watch.h>

static struct office office;
static struct user users[8];

static void never(struct vname_watch *watch, enum vname_change change) {
    (void)watch;
    ck_abort_msg("told: %d", (int)change);
}

/* Everything is under way when the resolver is closed: questions, operations sent, patience, contexts, watches. */
START_TEST(closed_with_all_under_way) {
    static struct vname_watch watch;
    static struct vname_context context;
    static struct vname_operation relative;
    struct vname_place place = {.name = "/later", .length = 6};
    const struct vname_config one = {.queries = 1};
    town_open(_i);
    office_open(&office, 0);
    office_hold(&office, "/a");
    office.keeps = 1;
    for (vmtp_time wait = 0; wait < 3 * SECONDS; wait += 370 * MS) {
        user_open(&users[0], 6, &one);
        vname_resolver *r = users[0].resolver;
        memset(&watch, 0, sizeof watch);
        memset(&context, 0, sizeof context);
        watch.name = "/nowhere";
        watch.name_length = 8;
        watch.changed = never;
        ck_assert_int_eq(vname_watch(r, &watch), 0);
        ck_assert_int_eq(vname_context_set(r, &context, &place), 0);
        memset(&relative, 0, sizeof relative);
        relative.name = "x";
        relative.name_length = 1;
        relative.from = &context;
        relative.code = OPERATION;
        ck_assert_int_eq(vname_operate(r, &relative), 0);
        for (unsigned i = 1; i < 8; i++) {
            users[i] = users[0];
            user_begin(&users[i], i % 3 == 1 ? "/a/x" : i % 3 == 2 ? "/nowhere/x" : "/later/x", 0, 0);
            if (i == 1)
                vname_cancel(&users[i].op);
            if (i % 3 == 2)
                users[i].op.done = NULL;
        }
        town_run(wait);
        vname_close(r);
        town_run(SECONDS);
        ck_assert_ptr_null(watch.resolver);
        ck_assert_ptr_null(context.resolver);
        office_answer(&office);
    }
    office_close(&office);
    town_close();
}
END_TEST

/* With Requests in hand, twice, and with a claim, an announcement and a take-over under way. */
START_TEST(destroyed_with_all_in_hand) {
    town_open(_i);
    for (unsigned i = 0; i < 6; i++) {
        office_config(&office);
        office.config.directory = i % 2 ? VNAME_DIRECTORY_TRY : VNAME_DIRECTORY_NEVER;
        office_open(&office, 0);
        office_hold(&office, "/a");
        office.keeps = 1;
        user_open(&users[0], 6, NULL);
        user_begin(&users[0], "/a/x", 0, 2 * SECONDS);
        town_run(SECONDS);
        ck_assert_uint_eq(office.in_hand, 1);
        office_claim(&office, "/b");
        town_run(i * 90 * MS);
        (void)vname_manager_release(office.manager, "/a", 2, i & 1);
        vname_manager_destroy(office.manager);
        vname_manager_destroy(office.manager);
        town_run(3 * SECONDS);
        free(office.memory);
        town_run(5 * SECONDS);
        ck_assert_uint_eq(users[0].ended, 1);
        user_close(&users[0]);
    }
    town_close();
}
END_TEST

/* ---- functions that end what is under way, their own and others ---- */

static unsigned told;

static void cancel_all(struct vname_operation *op, enum vname_outcome outcome) {
    (void)op;
    (void)outcome;
    told++;
    for (unsigned i = 0; i < 8; i++)
        vname_cancel(&users[i].op);
    vname_cache_drop(users[0].resolver, NULL, 0);
}

START_TEST(cancelled_by_the_first) {
    town_open(_i);
    office_open(&office, 0);
    office_hold(&office, "/a");
    user_open(&users[0], 6, NULL);
    for (unsigned i = 1; i < 8; i++)
        users[i] = users[0];
    for (unsigned i = 0; i < 8; i++) {
        user_begin(&users[i], "/a/x", 0, 0);
        users[i].op.done = cancel_all;
    }
    town_run(5 * SECONDS);
    ck_assert_uint_eq(told, 1);
    told = 0;
    for (unsigned i = 0; i < 8; i++) { /* nobody's: all end at one moment */
        user_begin(&users[i], "/nobody", 0, 0);
        users[i].op.done = cancel_all;
    }
    town_run(5 * SECONDS);
    ck_assert_uint_eq(told, 1);
    user_close(&users[0]);
    office_close(&office);
    town_close();
}
END_TEST

/* ---- announcements do not make a watcher ask ---- */

static void sent(struct vipc_call *call, int result) {
    (void)call;
    (void)result;
}

static struct vname_record alias_of(vmtp_entity manager) {
    struct vname_record record = RECORD_OF("/al", manager, 1);
    record.flags = VNAME_ALIAS_RECORD;
    record.target = "/al";
    record.target_length = 3;
    return record;
}

/* Whoever asks goes in circles. */
static void answer_alias(struct vipc_service *service, struct vipc_incoming *in) {
    const struct vmtp_message message = {.code = VMTP_OK, .words = {3}};
    const struct vname_record record = alias_of(service->entity);
    uint8_t octets[VNAME_RECORD_OCTETS];
    if (in->datagram)
        vipc_discard(in);
    else
        vipc_reply(in, &message, octets, vname_record_encode(octets, sizeof octets, &record), 0);
}

static void nothing(struct vname_watch *watch, enum vname_change change) {
    (void)watch;
    (void)change;
}

/* NAME-10-01: somebody announces an alias of itself, five hundred times a second. */
START_TEST(announced_all_the_time) {
    static struct vname_watch watch;
    struct vipc_service liar = {.depth = 8, .capacity = 4096, .request = answer_alias};
    uint8_t octets[VNAME_RECORD_OCTETS];
    town_open(_i);
    user_open(&users[0], 6, NULL);
    memset(&watch, 0, sizeof watch);
    watch.name = "/al/x";
    watch.name_length = 5;
    watch.changed = nothing;
    ck_assert_int_eq(vname_watch(users[0].resolver, &watch), 0);
    ck_assert_int_eq(vipc_serve(town.nodes[3], &liar), 0);
    ck_assert_int_eq(vipc_join(&liar, VNAME_HANDLERS), 0);
    const struct vname_record record = alias_of(liar.entity);
    for (unsigned i = 0; i < 5000; i++) {
        struct vipc_call call = {.message = {.server = VNAME_HANDLERS, .code = VNAME_ANNOUNCE | VMTP_DGM},
                                 .segment = octets,
                                 .segment_size = vname_record_encode(octets, sizeof octets, &record),
                                 .client = liar.entity,
                                 .deadline = VMTP_NEVER,
                                 .done = sent};
        ck_assert_int_eq(vipc_start(town.nodes[3], &call), 0);
        town_run(2 * MS);
    }
    ck_assert_uint_le(COUNT(&users[0], multicasts), 12 * 9);
    vname_unwatch(&watch);
    vipc_unserve(&liar);
    user_close(&users[0]);
    town_close();
}
END_TEST

static void add(TCase *tests) {
    tcase_add_loop_test(tests, closed_with_all_under_way, 0, TOWN_RIGS);
    tcase_add_loop_test(tests, destroyed_with_all_in_hand, 0, TOWN_RIGS);
    tcase_add_loop_test(tests, cancelled_by_the_first, 0, TOWN_RIGS);
    tcase_add_loop_test(tests, announced_all_the_time, 0, TOWN_RIGS);
}

int main(void) { return town_main("names misused", add); }

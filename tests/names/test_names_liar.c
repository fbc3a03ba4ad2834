/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Somebody who lies in good form (spec/naming.md appendix B).  He may win names, but he does not crash, fill or loop anybody: each operation
 * ends, after a number of messages that does not depend on him.
 */
#include <stdio.h>

#include "support/town.h"

static struct office office, other;
static struct user user;

/* Two entities of one program, which answer each Request by `say`. */
static struct liar {
    struct vipc_service service[2];
    void (*say)(unsigned who, struct vipc_incoming *in);
    unsigned asked;
    char target[64];
} liar;

static void reply(struct vipc_incoming *in, uint32_t code, uint32_t word, const struct vname_record *record) {
    const struct vmtp_message message = {.code = code, .words = {word}};
    uint8_t octets[VNAME_RECORD_OCTETS];
    const uint32_t size = record ? vname_record_encode(octets, sizeof octets, record) : 0;
    ck_assert_int_le(vipc_reply(in, &message, octets, size, VIPC_REPLY_IDEMPOTENT), 0);
}

static uint32_t code_of(const struct vipc_incoming *in) { return in->message.code & VMTP_CODE_MASK; }
static int is(const struct vipc_incoming *in, uint32_t code) { return code_of(in) == (code & VMTP_CODE_MASK); }

static void on_request(struct vipc_service *service, struct vipc_incoming *in) {
    liar.asked++;
    if (in->datagram)
        vipc_discard(in);
    else
        liar.say(service == &liar.service[1], in);
}

static void liar_open(void (*say)(unsigned, struct vipc_incoming *)) {
    memset(&liar, 0, sizeof liar);
    liar.say = say;
    for (unsigned i = 0; i < 2; i++) {
        liar.service[i].depth = 16;
        liar.service[i].capacity = VMTP_GROUP_OCTETS;
        liar.service[i].request = on_request;
        ck_assert_int_eq(vipc_serve(town.nodes[3], &liar.service[i]), 0);
    }
    ck_assert_int_eq(vipc_join(&liar.service[0], VNAME_HANDLERS), 0);
}

static void liar_close(void) {
    for (unsigned i = 0; i < 2; i++)
        vipc_unserve(&liar.service[i]);
}

static struct vname_record record_of(unsigned who, const char *prefix, uint32_t generation) {
    struct vname_record record = RECORD_OF(prefix, liar.service[who].entity, generation);
    return record;
}

/* The first component of the name asked for, as a record. */
static void claim_all(unsigned who, struct vipc_incoming *in, uint16_t flags, vmtp_entity manager) {
    char prefix[VNAME_PREFIX_OCTETS + 1] = "/a";
    const char *name = in->segment;
    uint32_t length = 1;
    while (length < in->segment_size && length < VNAME_PREFIX_OCTETS && name[length] != '/')
        length++;
    if (in->segment_size)
        memcpy(prefix, name, length);
    prefix[length] = '\0';
    struct vname_record record = record_of(who, prefix, UINT32_MAX);
    record.flags = flags;
    record.manager = manager ? manager : record.manager;
    reply(in, VMTP_OK, length, &record);
}

/* ---- NAME_MOVED from one to the other and back ----------------------------------------------------------------------- */

static void moved_circle(unsigned who, struct vipc_incoming *in) {
    const struct vname_record record = record_of(!who, "/a", 9);
    if (is(in, VNAME_QUERY))
        claim_all(who, in, 0, 0);
    else
        reply(in, VNAME_MOVED, 0, &record);
}

/* NAME-7.1-04 NAME-7.1-11 */
START_TEST(moved_in_a_circle) {
    town_open(_i);
    liar_open(moved_circle);
    user_open(&user, 6, NULL);
    ck_assert_int_eq(user_operate(&user, "/a/x", VNAME_REPEATABLE, 10 * SECONDS), VNAME_UNREACHABLE);
    ck_assert_uint_eq(user.op.moves, 4);
    ck_assert_uint_lt(liar.asked, 60);
    user_close(&user);
    liar_close();
    town_close();
}
END_TEST

/* ---- aliases in circles, of records and of answers ------------------------------------------------------------------- */

static void alias_circle(unsigned who, struct vipc_incoming *in) {
    const char *name = in->segment;
    struct vname_record record = record_of(who, in->segment_size > 1 && name[1] == 'a' ? "/a" : "/b", 1);
    record.flags = VNAME_ALIAS_RECORD;
    record.target = record.prefix[1] == 'a' ? "/b" : "/a";
    record.target_length = 2;
    reply(in, VMTP_OK, 2, &record);
}

static void alias_answers(unsigned who, struct vipc_incoming *in) {
    const struct vmtp_message message = {.code = VNAME_ALIAS};
    if (is(in, VNAME_QUERY))
        claim_all(who, in, 0, 0);
    else
        ck_assert_int_le(vipc_reply(in, &message, liar.asked % 2 ? "/a/y" : "/b/y", 4, 0), 0);
}

/* Each makes the name longer. */
static void alias_grows(unsigned who, struct vipc_incoming *in) {
    static char longer[VNAME_NAME_OCTETS];
    const struct vmtp_message message = {.code = VNAME_ALIAS};
    memset(longer, 'x', sizeof longer);
    memcpy(longer, "/a/", 3);
    if (is(in, VNAME_QUERY))
        claim_all(who, in, 0, 0);
    else
        ck_assert_int_le(vipc_reply(in, &message, longer, 300 + 100 * (liar.asked % 8), 0), 0);
}

/* NAME-6.4-03 */
START_TEST(aliases_in_circles) {
    void (*const says[])(unsigned, struct vipc_incoming *) = {alias_circle, alias_answers, alias_grows};
    for (unsigned i = 0; i < 3; i++) {
        town_open(_i);
        liar_open(says[i]);
        user_open(&user, 6, NULL);
        ck_assert_int_eq(user_operate(&user, "/a/x", 0, 10 * SECONDS), VNAME_ANSWERED);
        ck_assert_uint_eq(user.op.answer.code & VMTP_CODE_MASK, VNAME_LOOP);
        ck_assert_uint_eq(user.op.aliases, 8);
        ck_assert_uint_le(liar.asked, 24);
        user_close(&user);
        liar_close();
        town_close();
    }
}
END_TEST

/* ---- whoever asks is told: mine, or: this other's who does not know ---------------------------------------------------- */

static vmtp_entity victim;

static void all_mine(unsigned who, struct vipc_incoming *in) {
    if (is(in, VNAME_QUERY))
        claim_all(who, in, victim ? VNAME_SECOND_HAND : 0, victim);
    else
        reply(in, VNAME_STALE, 0, NULL);
}

/* NAME-7.1-11: what has just been told and is wrong is asked for ever more rarely. */
START_TEST(everything_is_mine) {
    town_open(_i);
    office_open(&office, 0);
    office_hold(&office, "/other");
    for (unsigned i = 0; i < 2; i++) {
        liar_open(all_mine);
        victim = i ? office.entity : 0;
        user_open(&user, 6, NULL);
        ck_assert_int_eq(user_operate(&user, "/a/x", VNAME_REPEATABLE, 20 * SECONDS), VNAME_UNREACHABLE);
        ck_assert_uint_le(user.op.questions, 14);
        ck_assert_uint_eq(office.executed, 0);
        user_close(&user);
        liar_close();
    }
    office_close(&office);
    town_close();
}
END_TEST

/* ---- MeetName, answered without sense ------------------------------------------------------------------------------------ */

static void meets_oddly(unsigned who, struct vipc_incoming *in) {
    struct vname_record record = record_of(who, "/m", UINT32_MAX);
    static const uint32_t codes[] = {VMTP_OK, VNAME_HELD, VNAME_STALE, VNAME_BAD_REQUEST, 0x777777};
    if (!is(in, VNAME_MEET)) {
        vipc_discard(in);
        return;
    }
    const unsigned turn = liar.asked;
    record.flags = turn % 3 ? 0 : VNAME_CLAIMING;
    record.generation = turn % 2 ? 1 : UINT32_MAX;
    record.manager += codes[turn % 5] == VNAME_HELD; /* somebody else's */
    reply(in, codes[turn % 5], 0, &record);
}

static void sent(struct vipc_call *call, int result) {
    (void)call;
    ck_assert_int_eq(result, 0);
}

/* In the name of his first entity. */
static void announce(uint32_t reason, const struct vname_record *record) {
    static uint8_t octets[VNAME_RECORD_OCTETS];
    static struct vipc_call call;
    memset(&call, 0, sizeof call);
    call.message.server = VNAME_HANDLERS;
    call.message.code = VNAME_ANNOUNCE | VMTP_DGM;
    call.message.words[0] = reason;
    call.segment = octets;
    call.segment_size = vname_record_encode(octets, sizeof octets, record);
    call.client = liar.service[0].entity;
    call.deadline = VMTP_NEVER;
    call.done = sent;
    ck_assert_int_eq(vipc_start(town.nodes[3], &call), 0);
    town_run(MS);
    ck_assert_ptr_null(call.ipc);
}

/* NAME-8.5-05 NAME-8.5-03: one MeetName in five seconds, and the prefix is not given to one who does not say himself that it is his. */
START_TEST(meetings_without_sense) {
    town_open(_i);
    office_open(&office, 0);
    office_hold(&office, "/m");
    liar_open(meets_oddly);
    for (unsigned i = 0; i < 600; i++) {
        const struct vname_record record = record_of(0, "/m", UINT32_MAX);
        announce(VNAME_REASON_HELD, &record);
        town_run(50 * MS);
    }
    ck_assert_uint_le(vname_manager_counters(office.manager)->meets_sent, 8);
    ck_assert(office_holds(&office, "/m"));
    liar_close();
    office_close(&office);
    town_close();
}
END_TEST

/* ---- mounts and former prefixes without end ------------------------------------------------------------------------------- */

static void silent(unsigned who, struct vipc_incoming *in) {
    (void)who;
    vipc_discard(in);
}

/* Announcements of a thousand prefixes below ours, and of one that covers ours: the tables are full, and what is ours goes on. */
START_TEST(tables_are_full) {
    char prefix[32];
    town_open(_i);
    office_config(&office);
    office.config.prefixes = 2;
    office.config.mounts = office.config.heard = office.config.formers = office.config.asks = 2;
    office_open(&office, 0);
    office_hold(&office, "/m/n");
    liar_open(silent);
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(prefix, sizeof prefix, "/m/n/%u", i);
        struct vname_record record = record_of(0, i % 10 ? prefix : "/m", 1 + i);
        announce(VNAME_REASON_HELD, &record);
        town_run(MS);
    }
    ck_assert_uint_ge(vname_manager_counters(office.manager)->mounts_no_room, 800);
    user_open(&user, 6, NULL);
    ck_assert_int_eq(user_operate(&user, "/m/n/x", 0, 5 * SECONDS), VNAME_ANSWERED);
    ck_assert_uint_eq(user.op.answer.server, office.entity);
    town_run(210 * SECONDS); /* NAME-8.3-06 */
    struct vname_manager_mount mount;
    ck_assert_int_eq(vname_manager_nth_mount(office.manager, 0, &mount), 0);
    office_open(&other, 1);
    office_hold(&other, "/m/n/o");
    town_run(5 * SECONDS);
    ck_assert_int_eq(vname_manager_nth_mount(office.manager, 0, &mount), 1);
    user_close(&user);
    liar_close();
    office_close(&office);
    office_close(&other);
    town_close();
}
END_TEST

static void add(TCase *tests) {
    tcase_add_loop_test(tests, moved_in_a_circle, 0, TOWN_RIGS);
    tcase_add_loop_test(tests, aliases_in_circles, 0, TOWN_RIGS);
    tcase_add_loop_test(tests, everything_is_mine, 0, TOWN_RIGS);
    tcase_add_loop_test(tests, meetings_without_sense, 0, TOWN_RIGS);
    tcase_add_loop_test(tests, tables_are_full, 0, TOWN_RIGS);
}

int main(void) { return town_main("names and a liar", add); }

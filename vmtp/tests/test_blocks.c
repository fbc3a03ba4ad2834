/* SPDX-License-Identifier: BSD-2-Clause */
/* test_blocks.c - a node asks for further blocks of identifiers, and remembers those it has used up (spec/vmtp.md 4.3, 4.5). */
#include "support/serving.h"
#include "wire_testing.h"

#define PROBES (200 * VMTP_MILLISECOND) /* in that time a block that nobody else wants has been allocated */

static struct foreign f;

static void open_with(uint8_t little_endian, uint32_t max_entities, vmtp_time ts4) {
    struct vmtp_config config;
    foreign_config(&config);
    config.little_endian = little_endian;
    config.remote_management = 1;
    config.max_entities = max_entities;
    config.timers.ts4 = ts4;
    foreign_open(&f, &config);
}

static void setup(void) { open_with(0, 64, 5 * VMTP_SECOND); }
static void teardown(void) { foreign_close(&f); }

static vmtp_entity block_of(vmtp_entity id) { return id & 0x0fffffffffffff00; }

static vmtp_entity create(void) {
    vmtp_entity id = 0;
    ck_assert_int_eq(vmtp_entity_create(f.engine, &id, NULL, f.now), 0);
    return id;
}

static void end(vmtp_entity id) { ck_assert_int_eq(vmtp_entity_delete(f.engine, id, f.now), 0); }

/* So many entities come and go; the identifier of the last. */
static vmtp_entity spend(unsigned count) {
    vmtp_entity id = 0;
    for (unsigned i = 0; i < count; i++) {
        id = create();
        end(id);
    }
    return id;
}

/* Up to where the next entity makes the engine ask for another block: 192 identifiers at first, then 255. */
static void spend_most(void) { spend(vmtp_engine_block(f.engine) == block_of(spend(1)) ? 127 : 190); }

/* Goes through the rest of the current block and into the next one, of which it returns the first identifier. */
static vmtp_entity go_on_to_the_next(void) {
    vmtp_entity before = block_of(spend(1)), id;
    while (block_of(id = spend(1)) == before)
        foreign_pass(&f, 4 * VMTP_MILLISECOND);
    foreign_forget(&f);
    return id;
}

static struct packet expect_block_probe(void) {
    const struct packet *p = expect_packet(&f);
    uint8_t group[6];
    vmtp_group_mac(group, VMTP_MANAGER_GROUP);
    ck_assert_uint_eq(p->h.function, VMTP_REQUEST);
    ck_assert_uint_eq(p->h.code, VMTP_PROBE_ENTITY_BLOCK);
    ck_assert_uint_eq(p->h.server, VMTP_MANAGER_GROUP);
    ck_assert_uint_eq(p->h.client, vmtp_engine_manager(f.engine));
    ck_assert_mem_eq(p->dst, group, 6);
    return *p;
}

/* The first Probe for a further block. */
static struct packet begin(void) {
    spend_most();
    foreign_pass(&f, VMTP_MILLISECOND);
    expect_silence(&f);
    spend(1);
    foreign_pass(&f, VMTP_MILLISECOND);
    struct packet p = expect_block_probe();
    ck_assert_uint_eq(p.h.retransmit, 0);
    expect_silence(&f);
    return p;
}

static int answer(const struct packet *probe, uint32_t transaction, vmtp_entity about, uint32_t code) {
    struct vmtp_header h = foreign_response(probe, 0x00000000000abc01, code | VMTP_DGM);
    h.transaction = transaction;
    header_set_64(&h, 36, about);
    return foreign_send(&f, &h, NULL, 0);
}

/* Does the engine object to somebody who asks for this block? */
static int is_held(vmtp_entity id) {
    struct vmtp_header h = foreign_management(0, VMTP_PROBE_ENTITY_BLOCK, id);
    h.client = VMTP_DEFAULT_BE_CLIENT;
    f.multicast = 1;
    foreign_send(&f, &h, NULL, 0);
    f.multicast = 0;
    if (foreign_waiting(&f) == 0)
        return 0;
    ck_assert_uint_eq(packet_64(expect_response(&f, 0, VMTP_OK), 36), id);
    return 1;
}

/* VMTP-4.3-01 VMTP-4.3-02 */
START_TEST(identifiers_do_not_run_out) {
    static vmtp_entity seen[3000];
    unsigned blocks = 1;
    for (unsigned i = 0; i < 3000; i++) {
        seen[i] = spend(1);
        ck_assert_int_eq(vmtp_is_group(seen[i]), 0);
        ck_assert_uint_eq(seen[i] & VMTP_ID_LEE, 0);
        blocks += i && block_of(seen[i]) != block_of(seen[i - 1]);
        for (unsigned k = 0; k < i; k++)
            if (seen[k] == seen[i])
                ck_abort_msg("%llx twice", (unsigned long long)seen[i]);
        foreign_pass(&f, 4 * VMTP_MILLISECOND);
        foreign_forget(&f);
    }
    ck_assert_uint_eq(blocks, 1 + (3000 - 192 + 254) / 255);
    ck_assert_uint_eq(vmtp_counter(f.engine, VMTP_COUNT_NO_IDENTIFIER), 0);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_READY), 0);
}
END_TEST

/* VMTP-4.5-02 VMTP-4.5-13 VMTP-4.5-08 VMTP-10.3-02 */
START_TEST(asks_as_its_manager) {
    foreign_close(&f);
    open_with(1, 64, 5 * VMTP_SECOND);
    struct packet first = begin();
    ck_assert_uint_eq(first.h.client, vmtp_engine_block(f.engine) + 1 + VMTP_ID_LEE);
    vmtp_time at = first.at;
    for (unsigned i = 1; i < 3; i++) {
        struct vmtp_header h = foreign_management(1, VMTP_PROBE_ENTITY, first.h.client);
        header_set_64(&h, 44, first.h.client);
        foreign_send(&f, &h, NULL, 0);
        ck_assert_uint_eq(packet_32(expect_response(&f, 1, VMTP_OK), 36), first.h.transaction);
        foreign_pass(&f, 52 * VMTP_MILLISECOND);
        struct packet p = expect_block_probe();
        ck_assert_uint_eq(p.h.retransmit, i);
        ck_assert_uint_eq(p.h.transaction, first.h.transaction);
        ck_assert_uint_eq(packet_64(&p, 36), packet_64(&first, 36));
        ck_assert_uint_ge(p.at - at, 50 * VMTP_MILLISECOND);
        at = p.at;
    }
    foreign_pass(&f, VMTP_SECOND);
    expect_silence(&f);
    ck_assert_uint_eq(spend(64), (packet_64(&first, 36) + 1) | VMTP_ID_LEE);
    ck_assert_uint_eq(block_of(vmtp_engine_manager(f.engine)), FOREIGN_BLOCK);
}
END_TEST

/* VMTP-4.5-04 VMTP-4.5-05 VMTP-4.5-07 VMTP-4.5-11 VMTP-4.5-13 */
START_TEST(further_block_that_is_taken) {
    struct packet first = begin();
    vmtp_entity wanted = packet_64(&first, 36);
    if (_i)
        ck_assert_int_eq(is_held(wanted | 7), 1); /* a rival, who is to choose another too */
    else
        ck_assert_int_eq(answer(&first, first.h.transaction, wanted, VMTP_OK), 0);
    foreign_pass(&f, 48 * VMTP_MILLISECOND);
    expect_silence(&f);
    foreign_pass(&f, 4 * VMTP_MILLISECOND);
    struct packet second = expect_block_probe();
    ck_assert_uint_eq(second.h.retransmit, 0);
    ck_assert_uint_eq(second.h.transaction, first.h.transaction + 1);
    ck_assert_uint_ne(packet_64(&second, 36), wanted);
    ck_assert_uint_eq(vmtp_counter(f.engine, VMTP_COUNT_BLOCK_COLLISIONS), 1);
    foreign_pass(&f, PROBES);
    ck_assert_uint_eq(block_of(spend(64)), packet_64(&second, 36));
}
END_TEST

/* VMTP-4.5-06: nor do answers to another Transaction, or late ones, count */
START_TEST(other_answers_are_ignored) {
    struct packet probe = begin();
    vmtp_entity wanted = packet_64(&probe, 36);
    ck_assert_int_eq(answer(&probe, probe.h.transaction, wanted + 0x100, VMTP_OK), VMTP_COUNT_DROP_STALE_RESPONSE);
    ck_assert_int_eq(answer(&probe, probe.h.transaction, wanted, VMTP_BUSY), VMTP_COUNT_DROP_STALE_RESPONSE);
    ck_assert_int_eq(answer(&probe, probe.h.transaction - 1, wanted, VMTP_OK), VMTP_COUNT_DROP_STALE_RESPONSE);
    probe.h.client = VMTP_DEFAULT_BE_CLIENT;
    ck_assert_int_eq(answer(&probe, 0, wanted, VMTP_OK), VMTP_COUNT_DROP_STALE_RESPONSE);
    foreign_pass(&f, PROBES);
    probe.h.client = vmtp_engine_manager(f.engine);
    ck_assert_int_eq(answer(&probe, probe.h.transaction, wanted, VMTP_OK), VMTP_COUNT_DROP_STALE_RESPONSE);
    ck_assert_uint_eq(vmtp_counter(f.engine, VMTP_COUNT_BLOCK_COLLISIONS), 0);
    ck_assert_uint_eq(block_of(spend(64)), wanted);
}
END_TEST

/* What comes of CreateEntity or CreateGroup with that member. */
static void expect_made(uint32_t code, vmtp_entity member, uint32_t result) {
    static uint32_t transaction = 100;
    struct vmtp_header h = foreign_management(++transaction, code, member);
    header_set_64(&h, 44, VMTP_ID_GRP);
    foreign_send(&f, &h, NULL, 0);
    expect_response(&f, transaction, result);
}

/* VMTP-11-02 VMTP-13.2-06: who comes before there is another block is refused, and is made later */
START_TEST(refused_while_none_is_left) {
    vmtp_entity id, group, member = create();
    for (unsigned i = 0; i < 192; i++) {
        if (i < 191)
            spend(1);
        ck_assert_int_eq(vmtp_group_create(f.engine, &group, member, 0), 0);
        ck_assert_int_eq(vmtp_group_leave(f.engine, group, member), 0);
        foreign_collect(&f);
    }
    foreign_forget(&f);
    ck_assert_int_eq(vmtp_entity_create(f.engine, &id, NULL, f.now), VMTP_E_FULL);
    ck_assert_int_eq(vmtp_group_create(f.engine, &group, member, 0), VMTP_E_FULL);
    expect_made(VMTP_CREATE_ENTITY, 0, VMTP_BUSY);
    expect_made(VMTP_CREATE_GROUP, member, VMTP_BUSY);
    ck_assert_uint_eq(vmtp_counter(f.engine, VMTP_COUNT_NO_IDENTIFIER), 4);
    foreign_pass(&f, PROBES);
    foreign_forget(&f);
    ck_assert_int_eq(vmtp_group_create(f.engine, &group, member, 0), 0);
    ck_assert_uint_ne(group & VMTP_ID_GRP, 0);
    ck_assert_uint_ne(block_of(group), FOREIGN_BLOCK);
    ck_assert_uint_eq(block_of(create()), block_of(group));
    expect_made(VMTP_CREATE_ENTITY, 0, VMTP_OK);
}
END_TEST

/* VMTP-4.3-04 VMTP-4.5-07 VMTP-4.5-09: entities or groups keep a block, and for TS4 after their end nobody else may have it */
START_TEST(used_blocks_are_held) {
    vmtp_entity member = create(), kept = 0, old = go_on_to_the_next(), other;
    if (_i) {
        ck_assert_int_eq(vmtp_group_create(f.engine, &kept, member, 0), 0);
        ck_assert_uint_eq(block_of(kept), block_of(old));
    } else {
        kept = create();
    }
    other = go_on_to_the_next();
    foreign_pass(&f, 20 * VMTP_SECOND);
    for (unsigned i = 0; i < 4; i++)
        go_on_to_the_next();
    ck_assert_int_eq(is_held(old | VMTP_ID_RAE), 1);
    ck_assert_int_eq(is_held(other), 1); /* for less than TS4 nobody has been there */
    foreign_pass(&f, 20 * VMTP_SECOND);
    if (_i)
        ck_assert_int_eq(vmtp_group_leave(f.engine, kept, member), 0);
    else
        end(kept);
    foreign_pass(&f, VMTP_SECOND);
    go_on_to_the_next();
    ck_assert_int_eq(is_held(other), 0);
    foreign_pass(&f, 2900 * VMTP_MILLISECOND - 1020 * VMTP_MILLISECOND);
    go_on_to_the_next();
    ck_assert_int_eq(is_held(old), 1);
    foreign_pass(&f, 10 * VMTP_SECOND);
    for (unsigned i = 0; i < 4; i++)
        go_on_to_the_next();
    ck_assert_int_eq(is_held(old), 0);
    ck_assert_int_eq(is_held(FOREIGN_BLOCK), 1); /* where the manager is */
    ck_assert_int_eq(is_held(spend(1)), 1);
}
END_TEST

/* VMTP-4.3-04 */
START_TEST(blocks_that_cannot_be_remembered_are_not_taken) {
    vmtp_entity id;
    unsigned made = 0;
    foreign_close(&f);
    open_with(0, 1, VMTP_SECOND * 3600);
    while (vmtp_entity_create(f.engine, &id, NULL, f.now) == 0) {
        end(id);
        if (++made % 32 == 0)
            foreign_pass(&f, PROBES);
        foreign_forget(&f);
    }
    ck_assert_uint_eq(made, 192 + 65 * 255); /* 64 in the table, and the one that is used up without it */
    foreign_pass(&f, 3400 * VMTP_SECOND);
    ck_assert_int_eq(vmtp_entity_create(f.engine, &id, NULL, f.now), VMTP_E_FULL);
    foreign_pass(&f, 300 * VMTP_SECOND);
    ck_assert_int_eq(vmtp_entity_create(f.engine, &id, NULL, f.now), 0);
}
END_TEST

/* VMTP-4.5-01: a source of randomness that gives the same for ever neither stops the engine nor gives it a block twice */
START_TEST(stuck_randomness) {
    vmtp_entity before[4] = {FOREIGN_BLOCK};
    f.all_ones = 1;
    for (unsigned i = 1; i < 4; i++) {
        before[i] = block_of(go_on_to_the_next());
        for (unsigned k = 0; k < i; k++)
            ck_assert_uint_ne(before[i], before[k]);
    }
}
END_TEST

int main(void) {
    Suite *s = suite_create("blocks");
    TCase *t = tcase_create("blocks");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, identifiers_do_not_run_out);
    tcase_add_test(t, asks_as_its_manager);
    tcase_add_loop_test(t, further_block_that_is_taken, 0, 2);
    tcase_add_test(t, other_answers_are_ignored);
    tcase_add_test(t, refused_while_none_is_left);
    tcase_add_loop_test(t, used_blocks_are_held, 0, 2);
    tcase_add_test(t, blocks_that_cannot_be_remembered_are_not_taken);
    tcase_add_test(t, stuck_randomness);
    suite_add_tcase(s, t);
    return run_suite(s);
}

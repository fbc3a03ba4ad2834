/* SPDX-License-Identifier: BSD-2-Clause */
/* test_identifiers.c - which identifiers entities get (spec/vmtp.md sections 4.1 to 4.3). */
#include "support/serving.h"
#include "wire_testing.h"

static struct foreign f;

static void setup(void) { foreign_open(&f, NULL); }
static void teardown(void) { foreign_close(&f); }

/* VMTP-4.1-01 */
START_TEST(nobody_is_called_zero) {
    struct vmtp_request request = {.deadline = VMTP_NEVER};
    struct vmtp_entity_options options = {.id = 0};
    vmtp_entity id = 0;
    vmtp_handle handle;
    ck_assert_int_eq(vmtp_entity_create(f.engine, &id, &options, f.now), 0);
    ck_assert_uint_ne(id, 0);
    ck_assert_int_eq(vmtp_accept(f.engine, 0, NULL, 0, 0), VMTP_E_NO_ENTITY);
    request.client = id;
    ck_assert_int_eq(vmtp_call(f.engine, &handle, &request, f.now), VMTP_E_INVALID);
    ck_assert_int_eq(serve_ask(&f, FOREIGN_CLIENT, 0, 1, 0), VMTP_COUNT_DROP_NO_SERVER);
    expect_nvc(&f, FOREIGN_CLIENT, 1, VMTP_NONEXISTENT_ENTITY);
}
END_TEST

static unsigned zero_draws, reserved_draws;

/* Draws of an identifier's size bring nothing, then the block of the well-known ones, then something else. */
static void unlucky_random(void *context, void *out, size_t size) {
    uint64_t value = 0x00000001e0000100;
    (void)context;
    memset(out, 7, size);
    if (size != sizeof value)
        return;
    if (zero_draws > 0) {
        zero_draws--;
        value = 0;
    } else if (reserved_draws > 0) {
        reserved_draws--;
        value |= (uint64_t)reserved_draws << 60 | reserved_draws; /* whatever its flags and low octet */
    } else {
        return;
    }
    memcpy(out, &value, sizeof value);
}

/* VMTP-4.2-02 VMTP-4.1-01 */
START_TEST(block_of_the_well_known_identifiers_is_nobodys) {
    struct vmtp_config config;
    foreign_close(&f);
    foreign_config(&config);
    config.block = 0;
    config.random = unlucky_random;
    zero_draws = _i ? 40 : 0;
    reserved_draws = 20;
    foreign_open(&f, &config);
    foreign_pass(&f, VMTP_SECOND);
    vmtp_entity block = vmtp_engine_block(f.engine);
    ck_assert_uint_ne(block, 0);
    ck_assert_uint_ne(block, 0x00000001e0000100);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_uint_eq(packet_64(expect_packet(&f), 36), block);
    expect_silence(&f);
}
END_TEST

/* VMTP-4.3-01 VMTP-4.3-02 */
START_TEST(identifiers_are_given_out_once) {
    static uint8_t seen[256];
    vmtp_entity id;
    for (unsigned made = 0; made < 192; made++) {
        ck_assert_int_eq(vmtp_entity_create(f.engine, &id, NULL, f.now), 0);
        ck_assert_uint_eq(id & ~(vmtp_entity)0xff, FOREIGN_BLOCK);
        ck_assert_uint_ne(id & 0xff, 1); /* the manager */
        ck_assert_uint_eq(seen[id & 0xff], 0);
        seen[id & 0xff] = 1;
        ck_assert_int_eq(vmtp_entity_delete(f.engine, id, f.now), 0);
        foreign_pass(&f, VMTP_SECOND);
    }
    ck_assert_int_eq(vmtp_entity_create(f.engine, &id, NULL, f.now), 0);
    ck_assert_uint_ne(id & ~(vmtp_entity)0xff, FOREIGN_BLOCK); /* test_blocks.c has the rest */
}
END_TEST

static uint64_t life;

static void random_of_this_life(void *context, void *out, size_t size) {
    uint8_t *p = out;
    (void)context;
    for (size_t i = 0; i < size; i++)
        p[i] = (uint8_t)random64(&life);
}

/* VMTP-4.3-02 */
START_TEST(another_block_after_a_restart) {
    struct vmtp_config config;
    vmtp_entity before = 0;
    foreign_config(&config);
    config.block = 0;
    config.random = random_of_this_life;
    for (unsigned i = 0; i < 10; i++) {
        foreign_close(&f);
        foreign_open(&f, &config);
        foreign_pass(&f, VMTP_SECOND);
        ck_assert_uint_eq(foreign_waiting(&f), 3); /* it asks, each time */
        vmtp_entity block = vmtp_engine_block(f.engine);
        ck_assert_uint_eq(packet_64(expect_packet(&f), 36), block);
        ck_assert_uint_ne(block, before);
        before = block;
    }
}
END_TEST

/* What it is made with goes along when it migrates, so what has no meaning is refused at once. */
START_TEST(an_entity_has_no_flags_but_those_there_are) {
    struct vmtp_entity_options options = {.flags = VMTP_ENTITY_REDOABLE | VMTP_ENTITY_IMMUNE | VMTP_ENTITY_SIGNALS};
    vmtp_entity id = 0;
    ck_assert_int_eq(vmtp_entity_create(f.engine, &id, &options, f.now), 0);
    options.flags = 8;
    ck_assert_int_eq(vmtp_entity_create(f.engine, &id, &options, f.now), VMTP_E_INVALID);
}
END_TEST

int main(void) {
    Suite *s = suite_create("identifiers");
    TCase *t = tcase_create("identifiers");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, nobody_is_called_zero);
    tcase_add_loop_test(t, block_of_the_well_known_identifiers_is_nobodys, 0, 2);
    tcase_add_test(t, identifiers_are_given_out_once);
    tcase_add_test(t, another_block_after_a_restart);
    tcase_add_test(t, an_entity_has_no_flags_but_those_there_are);
    suite_add_tcase(s, t);
    return run_suite(s);
}

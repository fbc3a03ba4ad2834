/* SPDX-License-Identifier: BSD-2-Clause */
/* test_allocate.c - a node without identifiers finds itself a block of them (spec/vmtp.md section 4.5). */
#include "support/serving.h"
#include "wire_testing.h"

static struct foreign f;

static void open_with(uint8_t little_endian, vmtp_entity block) {
    struct vmtp_config config;
    foreign_config(&config);
    config.block = block;
    config.little_endian = little_endian;
    foreign_open(&f, &config);
}

static void setup(void) { open_with(0, 0); }
static void teardown(void) { foreign_close(&f); }

static vmtp_entity expect_block_probe(void) {
    const struct packet *p = expect_packet(&f);
    uint8_t group[6];
    vmtp_group_mac(group, VMTP_MANAGER_GROUP);
    ck_assert_uint_eq(p->h.function, VMTP_REQUEST);
    ck_assert_uint_eq(p->h.code, VMTP_PROBE_ENTITY_BLOCK);
    ck_assert_uint_eq(p->h.server, VMTP_MANAGER_GROUP);
    ck_assert_uint_eq(p->h.mpg, 1);
    ck_assert_mem_eq(p->dst, group, 6);
    ck_assert_uint_eq(p->octets, VMTP_MIN_PACKET);
    for (unsigned at = 44; at < 64; at += 4)
        ck_assert_uint_eq(packet_32(p, at), 0);
    return packet_64(p, 36);
}

/* The OK of a node that has the block. */
static int taken(vmtp_entity client, vmtp_entity about, uint32_t code) {
    struct vmtp_header h = foreign_request(client, 0x00000000000abc01, 0, code | VMTP_DGM);
    h.function = VMTP_RESPONSE;
    header_set_64(&h, 36, about);
    return foreign_send(&f, &h, NULL, 0);
}

/* Another node's ProbeEntityBlock. */
static int rival(vmtp_entity about) {
    struct vmtp_header h = foreign_management(0, VMTP_PROBE_ENTITY_BLOCK, about);
    h.client = VMTP_DEFAULT_BE_CLIENT;
    f.multicast = 1;
    int result = foreign_send(&f, &h, NULL, 0);
    f.multicast = 0;
    return result;
}

/* Three Probes for one block from now on, then it is the engine's. */
static void expect_allocation(vmtp_entity candidate) {
    foreign_pass(&f, 147 * VMTP_MILLISECOND);
    ck_assert_uint_eq(expect_block_probe(), candidate);
    ck_assert_uint_eq(expect_block_probe(), candidate);
    expect_silence(&f);
    ck_assert_int_eq(vmtp_engine_ready(f.engine), 0);
    foreign_pass(&f, 7 * VMTP_MILLISECOND);
    ck_assert_int_eq(vmtp_engine_ready(f.engine), 1);
    ck_assert_uint_eq(vmtp_engine_block(f.engine), candidate);
    expect_silence(&f);
}

/* The first Probe for the next block, so long after a collision. */
static vmtp_entity expect_next_choice(vmtp_time wait) {
    expect_silence(&f);
    foreign_pass(&f, wait - VMTP_MILLISECOND);
    expect_silence(&f);
    foreign_pass(&f, 3 * VMTP_MILLISECOND);
    return expect_block_probe();
}

/* VMTP-4.5-01 VMTP-4.5-11 */
START_TEST(blocks_are_chosen_at_random) {
    vmtp_time wait = 50 * VMTP_MILLISECOND;
    vmtp_entity seen[40], high = 0, low = ~(vmtp_entity)0;
    seen[0] = expect_block_probe();
    for (unsigned i = 1; i < 40; i++) {
        taken(VMTP_DEFAULT_BE_CLIENT, seen[i - 1], VMTP_OK);
        seen[i] = expect_next_choice(wait);
        if (wait < 800 * VMTP_MILLISECOND)
            wait *= 2;
        for (unsigned k = 0; k < i; k++)
            ck_assert_uint_ne(seen[i], seen[k]);
    }
    for (unsigned i = 0; i < 40; i++) {
        ck_assert_uint_eq(seen[i] & 0xf0000000000000ff, 0);
        high |= seen[i];
        low &= seen[i];
    }
    ck_assert_uint_eq(high, 0x0fffffffffffff00); /* each bit is sometimes set */
    ck_assert_uint_eq(low, 0);                   /* and sometimes not */
}
END_TEST

/* VMTP-4.5-02 VMTP-4.5-03 VMTP-4.5-08 */
START_TEST(three_probes_and_a_wait) {
    if (_i) {
        foreign_close(&f);
        open_with(1, 0);
    }
    vmtp_time at = f.now;
    foreign_pass(&f, VMTP_SECOND);
    ck_assert_uint_eq(foreign_waiting(&f), 3);
    for (unsigned i = 0; i < 3; i++) {
        const struct packet *p = &f.sent[f.first];
        ck_assert_uint_ge(p->at - at, i ? 50 * VMTP_MILLISECOND : 0);
        ck_assert_uint_le(p->at - at, i ? 52 * VMTP_MILLISECOND : 0);
        ck_assert_uint_eq(p->h.client, _i ? VMTP_DEFAULT_LE_CLIENT : VMTP_DEFAULT_BE_CLIENT);
        ck_assert_uint_eq(p->h.transaction, 0);
        ck_assert_uint_eq(p->h.retransmit, i);
        at = p->at;
        expect_block_probe();
    }
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_READY), 1);
}
END_TEST

/* VMTP-4.5-02 */
START_TEST(waits_after_the_last_probe_too) { expect_allocation(expect_block_probe()); }
END_TEST

/* VMTP-4.5-04 */
START_TEST(block_that_is_taken) {
    vmtp_entity first = expect_block_probe();
    foreign_pass(&f, 50u * (unsigned)_i * VMTP_MILLISECOND + 48 * VMTP_MILLISECOND); /* after one, two, three Probes */
    while (foreign_take(&f)) {
    }
    taken(VMTP_DEFAULT_BE_CLIENT, first, VMTP_OK);
    vmtp_entity second = expect_next_choice(50 * VMTP_MILLISECOND);
    ck_assert_uint_ne(first, second);
    expect_allocation(second);
}
END_TEST

/* VMTP-4.5-05 */
START_TEST(block_that_another_node_wants_too) {
    vmtp_entity first = expect_block_probe();
    foreign_pass(&f, 120 * VMTP_MILLISECOND);
    while (foreign_take(&f)) {
    }
    rival(_i ? first | VMTP_ID_LEE | 0x5a : first);
    vmtp_entity second = expect_next_choice(50 * VMTP_MILLISECOND);
    ck_assert_uint_ne(first, second);
    expect_allocation(second);
    ck_assert_uint_eq(vmtp_counter(f.engine, VMTP_COUNT_BLOCK_COLLISIONS), 1);
}
END_TEST

/* VMTP-4.5-05 */
START_TEST(own_probe_coming_back_is_no_rival) {
    vmtp_entity first = expect_block_probe();
    f.src = foreign_engine_mac;
    rival(first);
    expect_silence(&f);
    expect_allocation(first);
}
END_TEST

/* VMTP-4.5-05 VMTP-4.5-07 */
START_TEST(node_with_a_manager_answers_a_rival) {
    vmtp_entity block = expect_block_probe();
    expect_allocation(block);
    rival(block);
    const struct packet *p = expect_response(&f, 0, VMTP_OK);
    ck_assert_uint_eq(p->h.client, VMTP_DEFAULT_BE_CLIENT);
    ck_assert_uint_eq(packet_64(p, 36), block);
    ck_assert_uint_eq(vmtp_engine_block(f.engine), block);
}
END_TEST

/* VMTP-4.5-06 */
START_TEST(other_answers_are_ignored) {
    vmtp_entity first = expect_block_probe();
    taken(VMTP_DEFAULT_BE_CLIENT, first + 0x100, VMTP_OK);
    taken(VMTP_DEFAULT_BE_CLIENT, 0, VMTP_OK);
    taken(VMTP_DEFAULT_LE_CLIENT, first, VMTP_OK); /* to the nodes of the other byte order */
    taken(VMTP_DEFAULT_BE_CLIENT, first, VMTP_NONEXISTENT_ENTITY);
    rival(first + 0x100);
    expect_silence(&f);
    expect_allocation(first);
    ck_assert_uint_eq(vmtp_counter(f.engine, VMTP_COUNT_BLOCK_COLLISIONS), 0);
    taken(VMTP_DEFAULT_BE_CLIENT, first, VMTP_OK); /* too late */
    foreign_pass(&f, VMTP_SECOND);
    expect_silence(&f);
    ck_assert_uint_eq(vmtp_engine_block(f.engine), first);
}
END_TEST

/* VMTP-4.5-08 */
START_TEST(nothing_else_before_there_is_a_block) {
    struct vmtp_request request = {.client = VMTP_DEFAULT_BE_CLIENT, .deadline = VMTP_NEVER};
    vmtp_entity block = expect_block_probe(), id;
    vmtp_handle handle;
    request.message.server = FOREIGN_SERVER;
    ck_assert_int_eq(vmtp_entity_create(f.engine, &id, NULL, f.now), VMTP_E_NOT_READY);
    ck_assert_int_eq(vmtp_call(f.engine, &handle, &request, f.now), VMTP_E_NOT_READY);
    serve_ask(&f, FOREIGN_CLIENT, block + 64, 1, VMTP_APG);
    expect_silence(&f);
    expect_allocation(block);
    ck_assert_int_eq(vmtp_entity_create(f.engine, &request.client, NULL, f.now), 0);
    ck_assert_int_eq(vmtp_call(f.engine, &handle, &request, f.now), 0);
    foreign_collect(&f);
    ck_assert_uint_eq(expect_packet(&f)->h.client & ~(vmtp_entity)0xff, block); /* the Probe */
    serve_ask(&f, FOREIGN_CLIENT, block + 99, 1, 0);
    ck_assert_uint_eq(expect_packet(&f)->h.client & ~(vmtp_entity)0xff, block); /* the Notify */
}
END_TEST

/* VMTP-4.5-08 VMTP-4.5-09 */
START_TEST(little_endian_node_uses_its_block_too) {
    foreign_close(&f);
    open_with(1, 0);
    vmtp_entity block = expect_block_probe(), id;
    expect_allocation(block);
    ck_assert_int_eq(vmtp_entity_create(f.engine, &id, NULL, f.now), 0);
    ck_assert_uint_eq(id & ~(vmtp_entity)0xff, block | VMTP_ID_LEE);
    rival(block | VMTP_ID_RAE);
    expect_response(&f, 0, VMTP_OK);
}
END_TEST

/* VMTP-4.5-10 */
START_TEST(block_that_is_given) {
    foreign_close(&f);
    open_with(0, FOREIGN_BLOCK);
    ck_assert_int_eq(vmtp_engine_ready(f.engine), 1);
    ck_assert_uint_eq(vmtp_engine_block(f.engine), FOREIGN_BLOCK);
    foreign_pass(&f, VMTP_SECOND);
    expect_silence(&f);
}
END_TEST

/* VMTP-4.5-12: nothing but stateless management is done for them */
START_TEST(default_clients_are_nobody) {
    static const uint32_t stateless[] = {VMTP_PROBE_ENTITY, VMTP_PROBE_ENTITY_BLOCK, VMTP_QUERY_VMTP_NODE,
                                         VMTP_QUERY_ENTITY};
    vmtp_entity from = _i ? VMTP_DEFAULT_LE_CLIENT : VMTP_DEFAULT_BE_CLIENT;
    foreign_close(&f);
    open_with(0, FOREIGN_BLOCK);
    vmtp_entity server = serve_entity(&f, NULL);
    ck_assert_int_eq(serve_ask(&f, from, server, 1, VMTP_APG), VMTP_COUNT_DROP_CLIENT_ID);
    ck_assert_int_eq(serve_ask(&f, from, server + 1, 1, VMTP_APG), VMTP_COUNT_DROP_CLIENT_ID);
    for (unsigned i = 0; i < 2; i++) {
        struct vmtp_header h = foreign_management(1, i ? VMTP_DELETE_ENTITY : VMTP_CREATE_ENTITY, server + 1);
        h.client = from;
        ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), VMTP_COUNT_DROP_CLIENT_ID);
    }
    ck_assert_int_eq(taken(from, FOREIGN_BLOCK, VMTP_OK), VMTP_COUNT_DROP_STALE_RESPONSE);
    expect_silence(&f);
    ck_assert_uint_eq(serve_count(&f), 0);
    for (unsigned i = 0; i < 4; i++) {
        struct vmtp_header h = foreign_management(1, stateless[i], server);
        header_set_64(&h, 44, server);
        h.client = from;
        ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
        ck_assert_uint_eq(expect_response(&f, 1, VMTP_OK)->h.client, from);
    }
}
END_TEST

/* VMTP-4.5-12: not even with APG, by which any other Response would be answered */
START_TEST(response_to_a_default_client_is_not_answered) {
    struct vmtp_header h = foreign_request(_i ? VMTP_DEFAULT_LE_CLIENT : VMTP_DEFAULT_BE_CLIENT, 0x00000000000abc01, 9,
                                           0);
    foreign_close(&f);
    open_with(0, FOREIGN_BLOCK);
    h.function = VMTP_RESPONSE;
    h.flags = VMTP_APG;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), VMTP_COUNT_DROP_STALE_RESPONSE);
    expect_silence(&f);
}
END_TEST

int main(void) {
    Suite *s = suite_create("allocation");
    TCase *t = tcase_create("blocks");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, blocks_are_chosen_at_random);
    tcase_add_loop_test(t, three_probes_and_a_wait, 0, 2);
    tcase_add_test(t, waits_after_the_last_probe_too);
    tcase_add_loop_test(t, block_that_is_taken, 0, 3);
    tcase_add_loop_test(t, block_that_another_node_wants_too, 0, 2);
    tcase_add_test(t, own_probe_coming_back_is_no_rival);
    tcase_add_test(t, node_with_a_manager_answers_a_rival);
    tcase_add_test(t, other_answers_are_ignored);
    tcase_add_test(t, nothing_else_before_there_is_a_block);
    tcase_add_test(t, little_endian_node_uses_its_block_too);
    tcase_add_test(t, block_that_is_given);
    tcase_add_loop_test(t, default_clients_are_nobody, 0, 2);
    tcase_add_loop_test(t, response_to_a_default_client_is_not_answered, 0, 2);
    suite_add_tcase(s, t);
    return run_suite(s);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* What somebody who is broken or lies can send: for every operation, and at random.  Nothing crashes, fills or loops, and all is counted. */
#include <stdio.h>
#include <stdlib.h>

#include "support/manage.h"

static struct program a, b;
static struct stranger s;

static const uint32_t with_record[] = {VNAME_CLAIM, VNAME_MEET, VNAME_MOUNT, VNAME_HAND_OVER};

/* Makes a record with one thing wrong. */
static uint32_t spoiled(uint8_t *octets, unsigned which) {
    struct vname_record r = record_of("/a/b", s.entity, 4);
    static const char *const bad[] = {"", "a", "/", "/a/", "/a//b", "/a/../b", "/\x01", "/\xff"};
    uint32_t size;
    if (which < 8) {
        r.prefix = bad[which];
        r.prefix_length = (uint16_t)strlen(bad[which]);
    }
    r.manager = which == 8 ? 0 : which == 9 ? VNAME_HANDLERS : r.manager;
    r.group = which == 10 ? s.entity : 0;
    r.generation = which == 11 ? 0 : 4;
    r.flags = which == 12 ? VNAME_ALIAS_RECORD : 0;
    if (which == 13) {
        r.target = "/x";
        r.target_length = 2;
    }
    if (which == 14) {
        r.flags = VNAME_ALIAS_RECORD;
        r.target = "x";
        r.target_length = 1;
    }
    size = vname_record_encode(octets, 2048, &r);
    if (which == 15)
        size -= 8;
    if (which == 16)
        size = 8;
    if (which == 17)
        size = 0;
    if (which == 18) /* more behind it */
        size += 8;
    if (which == 19)
        octets[0] = 0xff;
    if (which == 20)
        octets[36] = 0xff;
    if (which == 21)
        octets[38] = 0xff;
    return size;
}
#define SPOILED 22u

/* NAME-4-02 NAME-2.1-06 NAME-3.3-01 NAME-4-03 */
START_TEST(records_in_requests) {
    stranger_open(&s);
    program_open(&a);
    hold(&a, "/a");
    uint64_t expected = 0;
    for (unsigned o = 0; o < 4; o++)
        for (unsigned i = 0; i < SPOILED; i++) {
            static uint8_t octets[4096];
            const uint32_t size = spoiled(octets, i);
            const struct said *said = ask(&s, a.entity, with_record[o], 0, octets, size);
            ck_assert_msg(said->result == 0 && said->code == (i < 8 ? VNAME_INVALID : VNAME_BAD_REQUEST),
                          "operation %u, record %u: %s %x", o, i, vipc_result_name(said->result), said->code);
            ck_assert_uint_eq(said->size, 0); /* NAME-4-05 */
            expected++;
            ck_assert_uint_eq(ask_group(&s, VNAME_HANDLERS, with_record[o], 0, octets, size)->answers, 0);
            expected += with_record[o] == VNAME_CLAIM; /* the others are not for groups */
            ck_assert_uint_eq(COUNTER(&a, bad_requests), expected);
        }
    ck_assert_int_eq(holds(&a, "/a"), 1);
    ck_assert_uint_eq(COUNTER(&a, claims_heard), 0);
    program_close(&a);
}
END_TEST

/* NAME-3.3-02 */
START_TEST(records_in_announcements) {
    stranger_open(&s);
    program_open(&a);
    hold(&a, "/a");
    for (unsigned i = 0; i < SPOILED; i++) {
        static uint8_t octets[4096];
        const struct vname_record good = record_of("/a/good", s.entity, 1);
        const uint32_t first = vname_record_encode(octets, sizeof octets, &good);
        const uint32_t size = first + spoiled(octets + first, i);
        stranger_says(&s, a.entity, VNAME_REASON_HELD, octets, size);
        if (i < 18) /* which is a good one, and something behind it */
            ck_assert_uint_eq(mount_of(&a, "/a/b"), 0);
    }
    ck_assert_uint_eq(COUNTER(&a, announcements_heard), SPOILED);
    ck_assert_uint_ge(COUNTER(&a, records_bad), SPOILED - 3);
    /* NAME-3.3-05: none at all is no bad one. */
    const uint64_t bad = COUNTER(&a, records_bad);
    stranger_says(&s, a.entity, VNAME_REASON_HELD, NULL, 0);
    ck_assert_uint_eq(COUNTER(&a, announcements_heard), SPOILED + 1);
    ck_assert_uint_eq(COUNTER(&a, records_bad), bad);
    program_close(&a);
}
END_TEST

/* A claim without CLAIMING. */
START_TEST(contradictions) {
    stranger_open(&s);
    program_open(&a);
    hold(&a, "/a");
    struct vname_record r = record_of("/a", s.entity, 4);
    ck_assert_uint_eq(ask_record(&s, a.entity, VNAME_CLAIM, 0, &r)->code, VNAME_BAD_REQUEST);
    ck_assert_uint_eq(COUNTER(&a, records_odd), 1);
    /* In our own name. */
    r = record_of("/a", a.entity, 4);
    r.flags = VNAME_CLAIMING;
    uint8_t octets[VNAME_RECORD_OCTETS];
    ck_assert_uint_eq(
        ask_group(&s, VNAME_HANDLERS, VNAME_CLAIM, 0, octets, vname_record_encode(octets, sizeof octets, &r))->answers,
        0);
    /* To one manager alone it is answered as well. */
    r.manager = s.entity;
    ck_assert_uint_eq(ask_record(&s, a.entity, VNAME_CLAIM, 99, &r)->code, VNAME_HELD);
    ck_assert_int_eq(holds(&a, "/a"), 1);
    program_close(&a);
}
END_TEST

/* NAME-6.3-06 */
START_TEST(datagrams) {
    stranger_open(&s);
    program_open(&a);
    program_open(&b);
    hold(&a, "/a");
    hold(&b, "/a/b");
    manage_run(100 * MS);
    static const uint32_t codes[] = {VNAME_QUERY,     VNAME_CLAIM, VNAME_MEET,        VNAME_MOUNT, VNAME_LIST,
                                     VNAME_HAND_OVER, VNAME_WATCH, VNAME_MAP_CONTEXT, OPERATION,   VMTP_PIC | 0x4aa};
    struct vname_record r = record_of("/a/x", s.entity, 4);
    uint8_t octets[VNAME_RECORD_OCTETS];
    const uint32_t size = vname_record_encode(octets, sizeof octets, &r);
    for (unsigned i = 0; i < sizeof codes / sizeof *codes; i++) {
        struct vipc_call call = {.message = {.server = a.entity, .code = codes[i] | VMTP_DGM},
                                 .segment = octets,
                                 .segment_size = size,
                                 .deadline = VMTP_NEVER};
        ck_assert_int_eq(vipc_call_wait(s.node, &call), 0);
        manage_run(MS);
    }
    /* NAME-4-07: a MeetName that would win, and an AnnounceName that is a call. */
    r = record_of("/a", s.entity, 99);
    struct vipc_call meet = {.message = {.server = a.entity, .code = VNAME_MEET | VMTP_DGM},
                             .segment = octets,
                             .segment_size = vname_record_encode(octets, sizeof octets, &r),
                             .client = s.entity,
                             .deadline = VMTP_NEVER};
    ck_assert_int_eq(vipc_call_wait(s.node, &meet), 0);
    manage_run(MS);
    ck_assert_int_eq(holds(&a, "/a"), 1);
    const uint64_t heard = COUNTER(&a, announcements_heard);
    ck_assert_int_ne(ask_record(&s, a.entity, VNAME_ANNOUNCE, VNAME_REASON_HELD, &r)->result, 0);
    ck_assert_uint_eq(COUNTER(&a, announcements_heard), heard);
    const uint64_t silenced = COUNTER(&a, silenced);
    struct vipc_call call = {.message = {.server = a.entity, .code = OPERATION | VMTP_DGM, .words = {0, 2u << 16 | 6}},
                             .segment = "/a/b/c",
                             .segment_size = 6,
                             .deadline = VMTP_NEVER};
    ck_assert_int_eq(vipc_call_wait(s.node, &call), 0);
    manage_run(MS);
    ck_assert_uint_eq(COUNTER(&a, silenced), silenced + 1);
    ck_assert_uint_eq(b.operations, 0);
    program_close(&a);
    program_close(&b);
}
END_TEST

/* Any Code with any words and any segment, made from good ones. */
START_TEST(at_random) {
    static uint8_t octets[2048];
    stranger_open(&s);
    program_config(&a);
    a.config.group = 0x4000000000004242u;
    program_open(&a);
    hold(&a, "/a");
    hold(&a, "/a/b");
    a.hands_over = 1;
    for (unsigned i = 0; i < 20000; i++) {
        const uint64_t x = vipc_random(s.node);
        static const uint32_t codes[] = {VNAME_QUERY, VNAME_CLAIM,     VNAME_ANNOUNCE, VNAME_MEET,        VNAME_MOUNT,
                                         VNAME_LIST,  VNAME_HAND_OVER, VNAME_WATCH,    VNAME_MAP_CONTEXT, OPERATION};
        static const char *const prefixes[] = {"/a", "/a/b", "/a/b/c", "/b", "/a/c", "/"};
        struct vname_record r = record_of(prefixes[x % 6], (x >> 8) % 4 ? s.entity : a.entity, (uint32_t)(x >> 16) % 4);
        r.flags = (uint16_t)((x >> 12) % 8 ? 0 : x >> 32);
        r.owner = (x >> 20) % 2 ? a.config.owner : 3;
        uint32_t size = vname_record_encode(octets, sizeof octets, &r);
        if ((x >> 24) % 3 == 0)
            octets[(x >> 28) % size] ^= (uint8_t)(1u << (x >> 60) % 8);
        if ((x >> 36) % 5 == 0)
            size -= (uint32_t)(x >> 40) % size;
        struct vipc_call call = {.message = {.server = (x >> 44) % 3 ? a.entity : VNAME_HANDLERS,
                                             .code = codes[(x >> 48) % 10] | ((x >> 52) % 2 ? VMTP_DGM : 0),
                                             .words = {(uint32_t)(x >> 54) % 6, (uint32_t)(x >> 8)}},
                                 .segment = octets,
                                 .segment_size = size,
                                 .deadline = vipc_now(s.node) + 5 * MS,
                                 .client = s.entity};
        vipc_call_wait(s.node, &call);
        a.told_count = s.seen_count = 0;
        if (i % 100 == 0 && !holds(&a, "/a"))
            claim(&a, "/a");
    }
    for (unsigned i = 0; i < VNAME_MANAGER_COUNTER_COUNT; i++)
        ck_assert_ptr_nonnull(vname_manager_counter_name(i));
    program_close(&a);
}
END_TEST

START_TEST(configurations) {
    struct vname_manager_config config;
    vname_manager *manager;
    vipc *node = vipc_fake_node(manage_net);
    vname_manager_config_init(&config);
    const size_t size = vname_manager_footprint(&config);
    ck_assert_uint_gt(size, 0);
    void *memory = malloc(size);
    config.size--;
    ck_assert_uint_eq(vname_manager_footprint(&config), 0);
    ck_assert_int_eq(vname_manager_create(&manager, node, &config, memory), VMTP_E_INVALID);
    uint32_t *const counts[] = {&config.prefixes, &config.claims, &config.formers, &config.heard,
                                &config.asks,     &config.depth,  &config.capacity};
    for (unsigned i = 0; i < sizeof counts / sizeof *counts; i++) {
        vname_manager_config_init(&config);
        *counts[i] = 0;
        ck_assert_uint_eq(vname_manager_footprint(&config), 0);
        *counts[i] = UINT32_MAX;
        ck_assert_int_eq(vname_manager_footprint(&config) == 0, counts[i] != &config.capacity);
    }
    vname_manager_config_init(&config);
    config.group = 5;
    ck_assert_uint_eq(vname_manager_footprint(&config), 0);
    vname_manager_config_init(&config);
    config.entity = VNAME_HANDLERS;
    ck_assert_uint_eq(vname_manager_footprint(&config), 0);
    vname_manager_config_init(&config);
    ck_assert_int_eq(vname_manager_create(&manager, node, &config, NULL), VMTP_E_INVALID);
    ck_assert_int_eq(vname_manager_create(&manager, node, &config, memory), 0);
    /* The identifier is taken. */
    vname_manager *other;
    void *more = malloc(size);
    config.entity = vname_manager_entity(manager);
    ck_assert_int_eq(vname_manager_create(&other, node, &config, more), VMTP_E_EXISTS);
    /* NAME-3.2-01: another one has another identifier. */
    config.entity = 0;
    ck_assert_int_eq(vname_manager_create(&other, node, &config, more), 0);
    ck_assert_uint_ne(vname_manager_entity(other), vname_manager_entity(manager));
    vname_manager_destroy(manager);
    vname_manager_destroy(other);
    vname_manager_destroy(NULL);
    free(memory);
    free(more);
}
END_TEST

START_TEST(names_of_things) {
    for (unsigned i = 0; i < VNAME_MANAGER_COUNTER_COUNT; i++) {
        ck_assert_ptr_nonnull(vname_manager_counter_name(i));
        ck_assert_ptr_nonnull(vname_manager_counter_text(i));
    }
    ck_assert_ptr_null(vname_manager_counter_name(VNAME_MANAGER_COUNTER_COUNT));
    ck_assert_ptr_null(vname_manager_counter_text(VNAME_MANAGER_COUNTER_COUNT));
    for (int state = VNAME_PREFIX_WAITING; state <= VNAME_PREFIX_LEAVING; state++)
        ck_assert_str_ne(vname_manager_state_name((enum vname_manager_state)state), "unknown");
    ck_assert_str_eq(vname_manager_state_name((enum vname_manager_state)99), "unknown");
}
END_TEST

/* A program that answers each event by claiming and releasing whatever it can. */
static void busybody(vname_manager *manager, const struct vname_manager_event *event) {
    static unsigned count;
    const char *const prefixes[] = {"/a", "/a/b", "/c"};
    const char *prefix = prefixes[count++ % 3];
    const struct vname_manager_claim c = {.prefix = prefix, .prefix_length = strlen(prefix)};
    (void)event;
    if (count % 4 != 3)
        vname_manager_claim(manager, &c);
    else
        vname_manager_release(manager, prefix, strlen(prefix), 0);
}

START_TEST(events_in_which_everything_changes) {
    stranger_open(&s);
    program_config(&a);
    program_config(&b);
    a.config.event = b.config.event = busybody;
    a.config.prefixes = b.config.prefixes = 2;
    program_open(&a);
    program_open(&b);
    const struct vipc_fake_faults faults = {
        .loss = 100000, .answers = 100000, .duplicate = 100000, .delay = MS, .jitter = 30 * MS, .patience = 500 * MS};
    const struct vname_record winner = record_of("/a", s.entity, UINT32_MAX);
    vipc_fake_set_faults(manage_net, &faults);
    stranger_answers(&s, VNAME_MEET, VNAME_HELD, &winner);
    for (unsigned i = 0; i < 300; i++) {
        struct vname_record r[3] = {record_of("/a/x", s.entity, i), record_of("/a", s.entity, i / 10 + 1),
                                    record_of("/c", s.entity, 1 + i % 7)};
        r[0].generation++;
        claim(&a, "/a");
        claim(&b, "/a/b");
        stranger_announces(&s, VNAME_HANDLERS, i % 5, r, 3);
        s.seen_count = 0;
        manage_run(700 * MS);
        vipc_fake_partition(b.node, i / 20 % 2);
    }
    ck_assert_uint_gt(COUNTER(&a, yielded) + COUNTER(&b, yielded), 0);
    ck_assert_uint_gt(COUNTER(&a, claims_held), 10);
    program_close(&a);
    program_close(&b);
}
END_TEST

/* It can be ended in any state, and its node can crash. */
START_TEST(ended_in_the_middle) {
    for (unsigned i = 0; i < 200; i++) {
        stranger_open(&s);
        program_open(&a);
        program_open(&b);
        hold(&b, "/b");
        claim(&a, "/a");
        claim(&a, "/b/c");
        claim(&a, "/b");
        ask(&s, a.entity, VNAME_WATCH, 3, NULL, 0);
        manage_run(i * 5 * MS);
        struct vname_record r = record_of("/a", b.entity, 9);
        stranger_announces(&s, a.entity, VNAME_REASON_MEET, &r, 1);
        if (i % 3 == 0)
            vname_manager_release(a.manager, "/a", 2, 0);
        if (i % 2)
            program_close(&a);
        else
            vipc_fake_crash(a.node);
        manage_run(100 * MS);
        if (a.memory)
            free(a.memory);
        a.config.size = 0;
        a.memory = NULL;
        program_close(&b);
        stranger_close(&s);
    }
}
END_TEST

/* NAME-8.3-02: too many calls at a time. */
START_TEST(no_room_for_calls) {
    stranger_open(&s);
    program_config(&a);
    a.config.asks = 1;
    program_open(&a);
    const struct vname_record outer = record_of("/o", s.entity, 1);
    hold(&a, "/o/1");
    hold(&a, "/o/2");
    hold(&a, "/o/3");
    stranger_answers(&s, VNAME_MOUNT, VMTP_OK, &outer);
    stranger_announces(&s, VNAME_HANDLERS, VNAME_REASON_HELD, &outer, 1);
    manage_run(10 * SECONDS);
    ck_assert_uint_gt(COUNTER(&a, asks_full), 0);
    ck_assert_int_eq(prefix_of(&a, "/o/1").mounted + prefix_of(&a, "/o/2").mounted + prefix_of(&a, "/o/3").mounted, 3);
    program_close(&a);
}
END_TEST

/* Somebody tells of many managers of our prefixes who are not there; the program takes over a prefix all the same.  NAME-8.5-06 */
START_TEST(many_to_meet) {
    char prefix[16][16];
    struct vname_record r[16];
    const struct vname_manager_claim wanted = {.prefix = "/b", .prefix_length = 2};
    stranger_open(&s);
    program_open(&a);
    program_open(&b);
    b.hands_over = 1;
    hold(&b, "/b");
    for (unsigned i = 0; i < 12; i++) {
        snprintf(prefix[i], sizeof prefix[i], "/a%u", i);
        hold(&a, prefix[i]);
        r[i] = record_of(prefix[i], 0x1500000000000000u + i, 9);
    }
    stranger_announces(&s, a.entity, VNAME_REASON_MEET, r, 12);
    ck_assert_int_eq(vname_manager_take_over(a.manager, b.entity, &wanted), 0);
    manage_run(SECONDS);
    ck_assert_int_eq(holds(&a, "/b"), 1);
    ck_assert_uint_le(COUNTER(&a, meets_sent), 2); /* one at a time */
    program_close(&a);
    program_close(&b);
    stranger_close(&s);
}
END_TEST

int main(void) {
    TCase *t = tcase_create("odd");
    tcase_add_test(t, records_in_requests);
    tcase_add_test(t, records_in_announcements);
    tcase_add_test(t, contradictions);
    tcase_add_test(t, datagrams);
    tcase_add_test(t, at_random);
    tcase_add_test(t, configurations);
    tcase_add_test(t, names_of_things);
    tcase_add_test(t, events_in_which_everything_changes);
    tcase_add_test(t, ended_in_the_middle);
    tcase_add_test(t, no_room_for_calls);
    tcase_add_test(t, many_to_meet);
    return manage_main(t, "manager: odd peers");
}

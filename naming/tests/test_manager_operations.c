/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations by name at managers (section 6). */
#include "support/manage.h"

static struct program a, b, c;
static struct stranger s;

/* Tells p of a mount by hand. */
static void mount(struct program *p, const char *prefix, vmtp_entity manager, uint32_t context) {
    struct vname_record r = record_of(prefix, manager, 1);
    r.context = context;
    ck_assert_int_eq(vname_manager_mount(p->manager, &r), 0);
}

/* NAME-6.1-01 NAME-6.1-03 NAME-6.1-04 NAME-1-01 */
START_TEST(what_the_program_gets) {
    stranger_open(&s);
    program_open(&a);
    hold(&a, "/a");
    const struct said *said = operate(&s, a.entity, 4242, 2, "/a/x y", "more");
    ck_assert_uint_eq(said->code, VMTP_OK);
    ck_assert_uint_eq(a.operations, 1);
    ck_assert_uint_eq(a.code, OPERATION & 0xffffffu);
    ck_assert_uint_eq(a.context, 5); /* that of the prefix, whatever was said */
    ck_assert_uint_eq(a.index, 2);
    ck_assert_str_eq(a.name, "/a/x y");
    ck_assert_str_eq(a.extra, "more");
    ck_assert_uint_eq(a.words[0], 0x22);
    ck_assert_uint_eq(a.words[3], 0x55);
    /* Without an index it finds the prefix itself. */
    ck_assert_uint_eq(operate(&s, a.entity, 4242, 0, "/a/x", "")->code, VMTP_OK);
    ck_assert_uint_eq(a.index, 2);
    ck_assert_uint_eq(a.context, 5);
    /* The name of the prefix itself. */
    ck_assert_uint_eq(operate(&s, a.entity, 4242, 2, "/a", "")->code, VMTP_OK);
    ck_assert_str_eq(a.name, "/a");
    ck_assert_uint_eq(a.index, 2);
    program_close(&a);
}
END_TEST

/* NAME-6.1-03 NAME-6.1-04 */
START_TEST(prefixes_that_are_not_ours) {
    stranger_open(&s);
    program_open(&a);
    hold(&a, "/a");
    static const struct {
        const char *name;
        unsigned index;
    } stale[] = {{"/b/x", 2}, {"/b/x", 0}, {"/a/b/c", 4}, {"/ab/c", 2}, {"/a/b", 1}, {"/a/b", 3}, {"x/y", 1}};
    for (unsigned i = 0; i < sizeof stale / sizeof *stale; i++)
        ck_assert_msg(operate(&s, a.entity, 5, stale[i].index, stale[i].name, "")->code == VNAME_STALE, "%u", i);
    ck_assert_uint_eq(COUNTER(&a, operations_stale), sizeof stale / sizeof *stale);
    ck_assert_uint_eq(a.operations, 0);
    program_close(&a);
}
END_TEST

/* NAME-6.1-09 */
START_TEST(a_longer_prefix_of_our_own) {
    stranger_open(&s);
    program_open(&a);
    hold(&a, "/a");
    struct vname_manager_claim claim = {.prefix = "/a/b", .prefix_length = 4, .context = 6};
    ck_assert_int_eq(vname_manager_claim(a.manager, &claim), 0);
    manage_run(600 * MS);
    ck_assert_uint_eq(operate(&s, a.entity, 5, 2, "/a/b/c", "")->code, VMTP_OK);
    ck_assert_uint_eq(a.index, 4);
    ck_assert_uint_eq(a.context, 6);
    program_close(&a);
}
END_TEST

static const struct said *raw(struct stranger *who, vmtp_entity to, uint32_t word1, uint32_t size) {
    static uint8_t octets[2048];
    memset(octets, 'x', sizeof octets);
    memcpy(octets, "/a/", 3);
    struct vipc_call call = {.message = {.server = to, .code = OPERATION, .words = {5, word1}},
                             .segment = octets,
                             .segment_size = size,
                             .deadline = VMTP_NEVER};
    static struct said said;
    said.result = vipc_call_wait(who->node, &call);
    said.code = call.answer.code & 0xffffffu;
    return &said;
}

/* NAME-6.1-05 NAME-6.1-06 NAME-2.1-03 */
START_TEST(parameters_that_are_not_good) {
    stranger_open(&s);
    program_open(&a);
    hold(&a, "/a");
    ck_assert_uint_eq(raw(&s, a.entity, 2u << 16 | 10, 9)->code, VNAME_BAD_REQUEST);
    ck_assert_uint_eq(raw(&s, a.entity, 11u << 16 | 10, 16)->code, VNAME_BAD_REQUEST);
    ck_assert_uint_eq(raw(&s, a.entity, 0, 16)->code, VNAME_BAD_REQUEST);
    ck_assert_uint_eq(raw(&s, a.entity, 0, 0)->code, VNAME_BAD_REQUEST);
    ck_assert_uint_eq(raw(&s, a.entity, 0xffffffffu, 16)->code, VNAME_BAD_REQUEST);
    ck_assert_uint_eq(raw(&s, a.entity, 2u << 16 | 1025, 2048)->code, VNAME_TOO_LONG);
    ck_assert_uint_eq(raw(&s, a.entity, 2u << 16 | 1024, 1024)->code, VMTP_OK);
    ck_assert_uint_eq(raw(&s, a.entity, 2u << 16 | 10, 10)->code, VMTP_OK); /* without the padding */
    ck_assert_uint_eq(operate(&s, a.entity, 5, 2, "/a/\xff", "")->code, VNAME_INVALID);
    ck_assert_uint_eq(COUNTER(&a, operations_bad), 7);
    ck_assert_uint_eq(a.operations, 2);
    program_close(&a);
}
END_TEST

/* NAME-6.1-08 NAME-4-01 */
START_TEST(a_manager_without_a_program) {
    stranger_open(&s);
    program_config(&a);
    a.config.operation = NULL;
    a.config.request = NULL;
    program_open(&a);
    hold(&a, "/a");
    ck_assert_uint_eq(operate(&s, a.entity, 5, 2, "/a/x", "")->code, VNAME_NOT_FOUND);
    ck_assert_uint_eq(ask(&s, a.entity, 0x99, 0, NULL, 0)->code, VMTP_ERROR);
    ck_assert_uint_eq(ask(&s, a.entity, VMTP_PIC | 0x4fe, 0, NULL, 0)->code, VMTP_ERROR);
    program_close(&a);
}
END_TEST

/* NAME-4-01 */
START_TEST(codes_of_others) {
    stranger_open(&s);
    program_open(&a);
    hold(&a, "/a");
    ck_assert_uint_eq(ask(&s, a.entity, VMTP_PIC | 0x4fe, 0, NULL, 0)->code, VMTP_ERROR);
    ck_assert_uint_eq(COUNTER(&a, unknown_codes), 1);
    ck_assert_uint_eq(a.requests, 0);
    ck_assert_uint_eq(ask(&s, a.entity, VMTP_PIC | 0x511, 0, NULL, 0)->words[0], 4711);
    ck_assert_uint_eq(ask(&s, a.entity, 0x0400, 0, NULL, 0)->words[0], 4711); /* without PIC: the program's own */
    ck_assert_uint_eq(ask(&s, a.entity, OPERATION & 0xffffffu, 0, NULL, 0)->words[0], 4711);
    ck_assert_uint_eq(a.requests, 3);
    ck_assert_uint_eq(ask_group(&s, VNAME_HANDLERS, VMTP_PIC | 0x4fe, 0, NULL, 0)->answers, 0);
    ck_assert_uint_eq(COUNTER(&a, silenced), 1);
    program_close(&a);
}
END_TEST

static const struct said *map(vmtp_entity to, uint32_t context, unsigned index, const char *name) {
    uint8_t octets[64];
    struct vmtp_message m = {0};
    const struct vname_request request = {
        .context = context, .index = (uint16_t)index, .length = (uint16_t)strlen(name), .name = name};
    const uint32_t size = vname_request_build(&m, octets, sizeof octets, &request);
    static struct said said;
    struct vipc_call call = {.message = {.server = to, .code = VNAME_MAP_CONTEXT, .words = {m.words[0], m.words[1]}},
                             .segment = octets,
                             .segment_size = size,
                             .area = said.octets,
                             .capacity = 1024,
                             .deadline = VMTP_NEVER};
    said.result = vipc_call_wait(s.node, &call);
    said.code = call.answer.code & 0xffffffu;
    memcpy(said.words, call.answer.words, sizeof said.words);
    said.size = call.received;
    return &said;
}

/* NAME-6.2-01 NAME-6.2-02 NAME-6.1-06 NAME-3.2-03 */
START_TEST(contexts) {
    stranger_open(&s);
    program_open(&a);
    hold(&a, "/a");
    const struct said *said = map(a.entity, 5, 2, "/a/dir");
    ck_assert_uint_eq(said->code, VMTP_OK);
    ck_assert_uint_eq((vmtp_entity)said->words[0] << 32 | said->words[1], a.entity);
    ck_assert_uint_eq(said->words[2], 77);
    ck_assert_uint_eq(said->size, 6);
    ck_assert_mem_eq(said->octets, "/a/dir", 6);
    ck_assert_uint_eq(map(a.entity, 5, 2, "/a/file")->code, VNAME_NOT_CONTEXT);
    /* An empty name is the context itself, for operations that take one. */
    ck_assert_uint_eq(map(a.entity, 77, 0, "")->code, VMTP_OK);
    ck_assert_uint_eq(a.context, 77);
    ck_assert_uint_eq(operate(&s, a.entity, 77, 0, "", "")->code, VNAME_BAD_REQUEST);
    /* Relative names, and a context that does not exist. */
    ck_assert_uint_eq(operate(&s, a.entity, 77, 0, "x/y", "")->code, VMTP_OK);
    ck_assert_uint_eq(a.context, 77);
    ck_assert_uint_eq(a.index, 0);
    ck_assert_uint_eq(operate(&s, a.entity, 99, 0, "x/y", "")->code, VNAME_STALE);
    program_close(&a);
}
END_TEST

/* NAME-6.3-01 NAME-6.3-04 */
START_TEST(into_a_mount) {
    stranger_open(&s);
    program_open(&a);
    program_open(&b);
    hold(&a, "/a");
    hold(&b, "/a/b");
    manage_run(100 * MS);
    ck_assert_uint_eq(mount_of(&a, "/a/b"), b.entity);
    const struct said *said = operate(&s, a.entity, 5, 2, "/a/b/c", "more");
    ck_assert_uint_eq(said->code, VMTP_OK);
    ck_assert_uint_eq(said->from, b.entity);
    ck_assert_uint_eq(a.operations, 0);
    ck_assert_uint_eq(b.operations, 1);
    ck_assert_str_eq(b.name, "/a/b/c");
    ck_assert_uint_eq(b.index, 4);
    ck_assert_str_eq(b.extra, "more");
    ck_assert_uint_eq(b.words[0], 0x22);
    ck_assert_uint_eq(b.words[3], 0x55);
    ck_assert_uint_eq(COUNTER(&a, operations_forwarded), 1);
    /* What it looks like on the way. */
    mount(&a, "/a/s", s.entity, 1234);
    stranger_answers(&s, OPERATION, VMTP_OK, NULL);
    operate(&s, a.entity, 5, 2, "/a/s/t", "more");
    const struct seen *seen = stranger_saw(&s, OPERATION, 0);
    ck_assert_uint_eq(seen->words[0], 1234);
    ck_assert_uint_eq(seen->words[1], 4u << 16 | 6);
    ck_assert_uint_eq(seen->words[2], 0x22);
    ck_assert_uint_eq(seen->words[5], 0x55);
    ck_assert_uint_eq(seen->client != 0 && seen->client != a.entity, 1);
    ck_assert_mem_eq(seen->octets, "/a/s/t\0\0more", 12);
    program_close(&a);
    program_close(&b);
}
END_TEST

/* NAME-6.3-02 */
START_TEST(relative_names_into_a_mount) {
    stranger_open(&s);
    program_open(&a);
    hold(&a, "/a");
    mount(&a, "/a/dir/s", s.entity, 9);
    stranger_answers(&s, OPERATION, VMTP_OK, NULL);
    a.context_name = "/a/dir";
    ck_assert_uint_eq(operate(&s, a.entity, 77, 0, "s/t", "more")->code, VMTP_OK);
    const struct seen *seen = stranger_saw(&s, OPERATION, 0);
    ck_assert_ptr_nonnull(seen);
    ck_assert_uint_eq(seen->words[1], 8u << 16 | 10);
    ck_assert_mem_eq(seen->octets, "/a/dir/s/t\0\0\0\0\0\0more", 20);
    /* One that stays here. */
    ck_assert_uint_eq(operate(&s, a.entity, 77, 0, "sa/t", "")->code, VMTP_OK);
    ck_assert_uint_eq(a.operations, 1);
    /* A context that another has now is served by number. */
    mount(&a, "/a/dir", s.entity, 9);
    ck_assert_uint_eq(operate(&s, a.entity, 77, 0, "x", "")->code, VMTP_OK);
    ck_assert_uint_eq(a.operations, 2);
    /* Too long when it is absolute. */
    static char longest[1025];
    memset(longest, 'x', 1024);
    memcpy(longest, "s/", 2);
    ck_assert_uint_eq(operate(&s, a.entity, 77, 0, longest, "")->code, VNAME_TOO_LONG);
    ck_assert_uint_eq(COUNTER(&a, operations_too_long), 1);
    program_close(&a);
}
END_TEST

/* NAME-6.3-03 */
START_TEST(loops) {
    stranger_open(&s);
    program_open(&a);
    program_open(&b);
    hold(&a, "/a");
    hold(&b, "/b");
    /* Two operators who point at each other: the second does not have the prefix that it is asked for. */
    mount(&a, "/a/x", b.entity, 1);
    mount(&b, "/a/x/y", a.entity, 1);
    ck_assert_uint_eq(operate(&s, a.entity, 5, 2, "/a/x/y/z", "")->code, VNAME_STALE);
    program_close(&a);
    program_close(&b);
}
END_TEST

/* One that forwards to wherever it is told, as the program of a manager may. */
static struct vname_record next;
static size_t next_index;
static const char *next_name;

static void on_send_on(const struct vname_manager_operation *o) {
    vname_manager_forward(o, &next, next_index, next_name, next_name ? strlen(next_name) : 0);
}

/* NAME-6.3-03 NAME-6.3-02 */
START_TEST(what_the_program_forwards) {
    stranger_open(&s);
    program_config(&a);
    a.config.operation = on_send_on;
    program_open(&a);
    hold(&a, "/a");
    stranger_answers(&s, OPERATION, VMTP_OK, NULL);
    next = record_of("/a/link", s.entity, 1);
    next_index = 7;
    next_name = NULL;
    ck_assert_uint_eq(operate(&s, a.entity, 5, 2, "/a/link/x", "")->code, VMTP_OK);
    ck_assert_uint_eq(stranger_saw(&s, OPERATION, 0)->words[1], 7u << 16 | 9);
    next_index = 2; /* not beyond where it came in */
    ck_assert_uint_eq(operate(&s, a.entity, 5, 2, "/a/link/x", "")->code, VNAME_LOOP);
    next_index = 7;
    next.manager = a.entity;
    ck_assert_uint_eq(operate(&s, a.entity, 5, 2, "/a/link/x", "")->code, VNAME_LOOP);
    next.manager = s.entity;
    next_name = "/other/place/x";
    next_index = 12;
    ck_assert_uint_eq(operate(&s, a.entity, 5, 0, "rel/x", "e")->code, VMTP_OK);
    const struct seen *seen = stranger_saw(&s, OPERATION, 1);
    ck_assert_uint_eq(seen->words[1], 12u << 16 | 14);
    ck_assert_mem_eq(seen->octets, "/other/place/x\0\0e", 17);
    /* An absolute name with `..` in it that leads there. */
    ck_assert_uint_eq(operate(&s, a.entity, 5, 2, "/a/b/../../other/place/x", "e")->code, VMTP_OK);
    seen = stranger_saw(&s, OPERATION, 2);
    ck_assert_uint_eq(seen->words[1], 12u << 16 | 14);
    ck_assert_mem_eq(seen->octets, "/other/place/x\0\0e", 17);
    ck_assert_uint_eq(COUNTER(&a, operations_loop), 2);
    program_close(&a);
}
END_TEST

/* NAME-6.3-03: where VMTP allows no more. */
static void on_round(const struct vname_manager_operation *o) {
    struct program *to = vname_manager_context(o->manager) == &a ? &b : &a;
    const struct vname_record r = record_of("/x", to->entity, 1);
    /* The name gets longer and longer. */
    char name[64];
    memcpy(name, o->name, o->length);
    memcpy(name + o->length, "/x", 2);
    vname_manager_forward(o, &r, o->index + 2u, name, o->length + 2u);
}

START_TEST(round_and_round) {
    stranger_open(&s);
    program_config(&a);
    program_config(&b);
    a.config.operation = b.config.operation = on_round;
    program_open(&a);
    program_open(&b);
    char name[64] = "";
    for (unsigned i = 0; i < VNAME_PREFIX_COMPONENTS; i++) { /* both hold all of them, as replicas would */
        strcat(name, "/x");
        struct vname_record r = record_of(name, a.entity, 1);
        ck_assert_int_eq(vname_manager_adopt(a.manager, &r), 0);
        r.manager = b.entity;
        ck_assert_int_eq(vname_manager_adopt(b.manager, &r), 0);
    }
    const struct said *said = operate(&s, a.entity, 5, 2, "/x", "");
    ck_assert_uint_eq(said->code, VNAME_LOOP);
    ck_assert_uint_eq(COUNTER(&a, operations_loop) + COUNTER(&b, operations_loop), 1);
    ck_assert_uint_eq(COUNTER(&a, operations_forwarded) + COUNTER(&b, operations_forwarded), 15);
    program_close(&a);
    program_close(&b);
}
END_TEST

/* NAME-6.4-02 NAME-6.4-04 */
START_TEST(aliases_held_as_prefixes) {
    stranger_open(&s);
    program_open(&a);
    struct vname_manager_claim claim = {
        .prefix = "/bin", .prefix_length = 4, .target = "/storage/bin", .target_length = 12};
    ck_assert_int_eq(vname_manager_claim(a.manager, &claim), 0);
    manage_run(600 * MS);
    const struct said *said = ask_name(&s, a.entity, VNAME_QUERY, "/bin/ls");
    ck_assert_uint_eq(said->code, VMTP_OK);
    ck_assert_uint_eq(said->record.flags, VNAME_ALIAS_RECORD);
    ck_assert_uint_eq(said->record.target_length, 12);
    ck_assert_mem_eq(said->record.target, "/storage/bin", 12);
    said = operate(&s, a.entity, 0, 4, "/bin/ls", "");
    ck_assert_uint_eq(said->code, VNAME_ALIAS);
    ck_assert_uint_eq(said->size, 15);
    ck_assert_mem_eq(said->octets, "/storage/bin/ls", 15);
    said = operate(&s, a.entity, 0, 4, "/bin", "");
    ck_assert_uint_eq(said->size, 12);
    static char longest[1025];
    memset(longest, 'x', 1024);
    memcpy(longest, "/bin/", 5);
    ck_assert_uint_eq(operate(&s, a.entity, 0, 4, longest, "")->code, VNAME_TOO_LONG);
    ck_assert_uint_eq(COUNTER(&a, operations_alias), 3);
    ck_assert_uint_eq(a.operations, 0);
    program_close(&a);
}
END_TEST

/* NAME-5.1-05 NAME-8.5-04 */
START_TEST(on_what_it_has_yielded) {
    stranger_open(&s);
    program_open(&a);
    hold(&a, "/a");
    struct vname_record r = record_of("/a", s.entity, 50);
    ask_record(&s, a.entity, VNAME_MEET, 0, &r);
    for (unsigned index = 0; index <= 2; index += 2) {
        const struct said *said = operate(&s, a.entity, 5, index, "/a/x", "");
        ck_assert_uint_eq(said->code, VNAME_MOVED);
        ck_assert_uint_eq(said->record.manager, s.entity);
        ck_assert_uint_eq(said->record.flags, VNAME_SECOND_HAND);
    }
    ck_assert_uint_eq(operate(&s, a.entity, 5, 0, "x", "")->code, VMTP_OK); /* by number */
    manage_run(61 * SECONDS);
    ck_assert_uint_eq(operate(&s, a.entity, 5, 2, "/a/x", "")->code, VNAME_STALE);
    program_close(&a);
}
END_TEST

/* NAME-4-03 */
START_TEST(by_multicast) {
    stranger_open(&s);
    const vmtp_entity group = 0x4000000000005678u;
    program_config(&a);
    a.config.group = group;
    program_open(&a);
    program_open(&c);
    hold(&a, "/r");
    hold(&c, "/r/sub");
    uint8_t octets[64];
    struct vmtp_message m = {.code = OPERATION};
    struct vname_request request = {.index = 2, .length = 4, .name = "/r/x"};
    const uint32_t size = vname_request_build(&m, octets, sizeof octets, &request);
    uint8_t area[64];
    struct vipc_call call = {.message = {.server = group, .code = OPERATION, .words = {0, m.words[1]}},
                             .segment = octets,
                             .segment_size = size,
                             .area = area,
                             .capacity = sizeof area,
                             .deadline = vipc_now(s.node) + SECONDS};
    ck_assert_int_eq(vipc_call_wait(s.node, &call), 0);
    ck_assert_uint_eq(call.answer.code & 0xffffffu, VMTP_OK);
    ck_assert_uint_eq(a.operations, 1);
    /* An error is no answer to all. */
    request.name = "/q/x";
    call.segment_size = vname_request_build(&m, octets, sizeof octets, &request);
    call.deadline = vipc_now(s.node) + SECONDS;
    ck_assert_int_gt(vipc_call_wait(s.node, &call), 0);
    ck_assert_uint_ge(COUNTER(&a, silenced), 1);
    /* Into a mount: it goes on as a call of the manager. */
    request = (struct vname_request){.index = 2, .length = 8, .name = "/r/sub/x"};
    call.segment_size = vname_request_build(&m, octets, sizeof octets, &request);
    call.message.words[1] = m.words[1];
    call.deadline = vipc_now(s.node) + SECONDS;
    ck_assert_int_eq(vipc_call_wait(s.node, &call), 0);
    ck_assert_uint_eq(c.operations, 1);
    program_close(&a);
    program_close(&c);
}
END_TEST

int main(void) {
    TCase *t = tcase_create("operations");
    tcase_add_test(t, what_the_program_gets);
    tcase_add_test(t, prefixes_that_are_not_ours);
    tcase_add_test(t, a_longer_prefix_of_our_own);
    tcase_add_test(t, parameters_that_are_not_good);
    tcase_add_test(t, a_manager_without_a_program);
    tcase_add_test(t, codes_of_others);
    tcase_add_test(t, contexts);
    tcase_add_test(t, into_a_mount);
    tcase_add_test(t, relative_names_into_a_mount);
    tcase_add_test(t, loops);
    tcase_add_test(t, what_the_program_forwards);
    tcase_add_test(t, round_and_round);
    tcase_add_test(t, aliases_held_as_prefixes);
    tcase_add_test(t, on_what_it_has_yielded);
    tcase_add_test(t, by_multicast);
    return manage_main(t, "manager: operations by name");
}

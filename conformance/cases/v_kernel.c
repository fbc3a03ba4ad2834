/* SPDX-License-Identifier: BSD-2-Clause */
/* What the node's kernel does with segments of its processes: spec/v.md sections 2.2 and 2.3. */
#include <string.h>

#include "v.h"

#define BOTH (VMTP_V_READ | VMTP_V_WRITE)

static uint8_t memory[V_MOST];

/* A Send that gives access to so much of the pattern of seed 1, which is in memory then. */
static struct vv_send granted(struct vc_test *t, const char *id, uint32_t access, uint32_t size) {
    struct vv_send s = {.access = access, .size = size, .seed = 1, .seconds = 2};
    vc_pattern(memory, size, 1);
    vv_send(t, id, &s);
    return s;
}

/* It ends, and then its segment is what is in memory. */
static void over(struct vc_test *t, const char *id, struct vv_send *s) {
    struct vc_packet *p = vv_reply(t, id, s, 0, 0, VMTP_OK);
    vc_equal(t, id, "CRC-32 of the segment", vc_crc(memory, s->size), p->words[3]);
}

static struct vc_packet *moves(struct vc_test *t, const char *id, struct vv_send *s, uint32_t offset, uint32_t count,
                               uint32_t seed) {
    struct vc_packet operation = vv_operation(t, s, VMTP_V_MOVE_TO, offset, 0);
    vc_pattern(memory + offset, count, seed);
    return vv_operates(t, id, &operation, count, seed, VMTP_OK);
}

static void move_from(struct vc_test *t) {
    static const uint32_t ranges[][2] = {{0, 1},     {0, 512}, {777, 1000}, {3616, VC_SEGMENT_MAX},
                                         {20000, 0}, {0, 0},   {0, 1}};
    struct vv_send s = granted(t, "V-2.3-01", BOTH, 20000);
    uint64_t kernel = 0;
    for (unsigned i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        struct vc_packet *p = vv_reads(t, "V-2.3-01 V-2.3-13 V-2.2-04", &s, ranges[i][0], ranges[i][1], memory);
        if (!ranges[i][1])
            vc_check(t, "V-2.3-01", !(p->code & VMTP_SDA), "no segment", "Code %08x", p->code);
        vc_check(t, "V-2.2-01",
                 !(p->server & VMTP_ID_GRP) && p->server != s.request->client && p->server != vc_manager(t) &&
                     (!kernel || p->server == kernel),
                 "an answer of the kernel, which is an entity of its own", "%llx", (unsigned long long)p->server);
        kernel = p->server;
    }
    over(t, "V-2.3-01", &s);
}

static void move_to(struct vc_test *t) {
    struct vv_send s = granted(t, "V-2.3-02", BOTH, 20000);
    for (unsigned i = 0; i < 2; i++) {
        moves(t, "V-2.3-02 V-2.3-14", &s, 3000, VC_SEGMENT_MAX, 20 + i);
        vv_reads(t, "V-2.3-02 V-2.3-13", &s, 3000, VC_SEGMENT_MAX, memory);
        moves(t, "V-2.3-02", &s, 1, 3, 30 + i);
        vv_reads(t, "V-2.3-02 V-2.3-13", &s, 0, 8, memory);
    }
    moves(t, "V-2.3-02", &s, 20000, 0, 0);
    over(t, "V-2.3-02", &s);
}

/* As long as the transaction lasts, and of that one alone. */
static void ends(struct vc_test *t) {
    uint64_t other = vc_pair(vv_does(t, "TEST-8.1-11", vv_order(t, VMTP_TEST_V_OTHER, 1, 0, 0), VMTP_OK)->words + 1);
    struct vv_send s = granted(t, "V-2.1-01", BOTH, 1000), before = s;
    struct vc_packet operation = vv_operation(t, &s, VMTP_V_MOVE_FROM, 0, 100);
    operation.words[2]++;
    vv_operates(t, "V-2.3-04", &operation, 0, 0, VMTP_V_NO_TRANSACTION);
    operation = vv_operation(t, &s, VMTP_V_MOVE_FROM, 0, 100);
    operation.words[0] = (uint32_t)(other >> 32);
    operation.words[1] = (uint32_t)other;
    vv_operates(t, "V-2.3-04", &operation, 0, 0, VMTP_V_NO_TRANSACTION);
    vv_reads(t, "V-2.1-01", &s, 0, 100, memory);
    over(t, "V-2.1-01", &s);
    operation = vv_operation(t, &s, VMTP_V_MOVE_FROM, 0, 100);
    vv_operates(t, "V-2.1-01 V-2.3-04", &operation, 0, 0, VMTP_V_NO_TRANSACTION);
    struct vv_send next = granted(t, "V-2.3-04", BOTH, 1000);
    before.to = next.to;
    before.next = next.next;
    operation = vv_operation(t, &before, VMTP_V_MOVE_TO, 0, 0);
    vv_operates(t, "V-2.3-04", &operation, 100, 9, VMTP_V_NO_TRANSACTION);
    next.next = before.next;
    over(t, "V-2.3-04", &next);
    vv_does(t, "TEST-8.1-11", vv_order(t, VMTP_TEST_V_OTHER, 0, 0, 0), VMTP_OK);
}

/* Each is refused for the first reason that applies. */
static void refusals(struct vc_test *t) {
    static const struct {
        uint32_t access, code, word3, octets, count, said;
        const char *id;
        int stranger;
    } tries[] = {
        {BOTH, VMTP_V_MOVE_FROM, 0, 0, 100, VMTP_V_WRONG_PROCESS, "V-2.3-05", 1},
        {BOTH, VMTP_V_MOVE_TO, 0, 100, 0, VMTP_V_WRONG_PROCESS, "V-2.3-05", 1},
        {BOTH, VMTP_V_PASS_ACCESS, 0, 0, 1, VMTP_V_WRONG_PROCESS, "V-2.3-05", 1},
        {VMTP_V_WRITE, VMTP_V_MOVE_FROM, 5000, 0, 1, VMTP_V_WRONG_PROCESS, "V-2.3-03 V-2.3-05", 1},
        {VMTP_V_WRITE, VMTP_V_MOVE_FROM, 0, 0, 100, VMTP_V_NO_ACCESS, "V-2.3-06", 0},
        {VMTP_V_READ, VMTP_V_MOVE_TO, 0, 100, 0, VMTP_V_NO_ACCESS, "V-2.3-06", 0},
        {VMTP_V_READ, VMTP_V_MOVE_TO, 5000, 100, 0, VMTP_V_NO_ACCESS, "V-2.3-03 V-2.3-06", 0},
        {BOTH, VMTP_V_MOVE_FROM, 900, 0, 101, VMTP_V_OUTSIDE, "V-2.3-07", 0},
        {BOTH, VMTP_V_MOVE_FROM, 1001, 0, 0, VMTP_V_OUTSIDE, "V-2.3-07", 0},
        {BOTH, VMTP_V_MOVE_FROM, 0xffffff9c, 0, 200, VMTP_V_OUTSIDE, "V-2.3-07", 0},
        {BOTH, VMTP_V_MOVE_FROM, 0, 0, 20000, VMTP_V_OUTSIDE, "V-2.3-03 V-2.3-07", 0},
        {BOTH, VMTP_V_MOVE_TO, 901, 100, 0, VMTP_V_OUTSIDE, "V-2.3-07", 0},
        {BOTH, VMTP_V_MOVE_TO, 0xffffffb0, 100, 0, VMTP_V_OUTSIDE, "V-2.3-07", 0},
    };
    for (unsigned i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        struct vv_send s = granted(t, "V-2.3-03", tries[i].access, 1000), actor = s;
        actor.to = tries[i].stranger ? vc_new_client(t) : s.to;
        struct vc_packet operation = vv_operation(t, &actor, tries[i].code, tries[i].word3, tries[i].count), *p;
        p = vv_operates(t, tries[i].id, &operation, tries[i].octets, 50, tries[i].said);
        vc_check(t, "V-2.3-03", !(p->code & VMTP_SDA), "no segment", "Code %08x", p->code);
        operation = vv_operation(t, &actor, tries[i].code, tries[i].word3, tries[i].count);
        operation.words[2] += 7;
        vv_operates(t, "V-2.3-03 V-2.3-04", &operation, tries[i].octets, 50, VMTP_V_NO_TRANSACTION);
        over(t, "V-2.3-03", &s);
    }
}

/* More than a Response of one packet group can carry; of a Client that takes no more. */
static void too_large(struct vc_test *t) {
    struct vv_send s = granted(t, "V-2.3-08", BOTH, 40000);
    struct vc_packet operation = vv_operation(t, &s, VMTP_V_MOVE_FROM, 0, VC_SEGMENT_MAX + 1);
    vv_operates(t, "V-2.3-08", &operation, 0, 0, VMTP_V_TOO_LARGE);
    vv_reads(t, "V-2.3-08", &s, 0, VC_SEGMENT_MAX, memory);
    over(t, "V-2.3-08", &s);
}

static void holder(struct vc_test *t) {
    struct vv_send s = granted(t, "V-2.3-09", BOTH, 1000), second = s;
    second.to = vc_new_client(t);
    vv_reads(t, "V-2.3-09", &s, 0, 10, memory);
    struct vc_packet pass = vv_operation(t, &s, VMTP_V_PASS_ACCESS, (uint32_t)(second.to >> 32), (uint32_t)second.to);
    vv_operates(t, "V-2.3-10", &pass, 0, 0, VMTP_OK);
    struct vc_packet operation = vv_operation(t, &s, VMTP_V_MOVE_FROM, 0, 10);
    vv_operates(t, "V-2.3-09 V-2.3-05", &operation, 0, 0, VMTP_V_WRONG_PROCESS);
    moves(t, "V-2.3-10", &second, 100, 50, 60);
    vv_reads(t, "V-2.3-10", &second, 90, 100, memory);
    pass = vv_operation(t, &second, VMTP_V_PASS_ACCESS, (uint32_t)(s.to >> 32), (uint32_t)s.to);
    vv_operates(t, "V-2.3-10", &pass, 0, 0, VMTP_OK);
    vv_reads(t, "V-2.3-09 V-2.3-10", &s, 0, 10, memory);
    over(t, "V-2.3-10", &s);
}

static void codes(struct vc_test *t) {
    struct vv_send s = granted(t, "V-2.2-05", BOTH, 1000);
    struct vc_packet operation = vv_operation(t, &s, VMTP_PIC | VMTP_CRE | 0x303, 0, 100), *p;
    vv_operates(t, "V-2.2-05", &operation, 0, 0, VMTP_ERROR);
    operation = vv_operation(t, &s, VMTP_PIC | VMTP_CRE | 0x3ff, 0, 100);
    p = vv_operates(t, "V-2.2-05", &operation, 0, 0, VMTP_ERROR);
    vc_check(t, "V-2.2-05", !(p->code & VMTP_SDA), "no segment", "Code %08x", p->code);
    operation = vv_operation(t, &s, VMTP_V_MOVE_FROM & ~VMTP_PIC, 0, 0);
    vv_operates(t, "V-2.2-06", &operation, 0, 0, VMTP_OK);
    operation = vv_operation(t, &s, VMTP_V_MOVE_TO, 10, 0xffffffff);
    operation.words[5] = 0xffffffff;
    vc_pattern(memory + 10, 20, 70);
    vv_operates(t, "V-2.2-06", &operation, 20, 70, VMTP_OK);
    operation = vv_operation(t, &s, VMTP_V_MOVE_FROM, 990, 10);
    operation.words[5] = operation.words[6] = 0xffffffff;
    p = vv_operates(t, "V-2.2-06", &operation, 0, 0, VMTP_OK);
    vc_equal(t, "V-2.2-06", "octets", 10, vc_segment_size(p));
    over(t, "V-2.2-06", &s);
}

/* A process does one thing after the other; its kernel does not wait for it. */
static void meanwhile(struct vc_test *t) {
    struct vv_send s = granted(t, "V-2.2-04", BOTH, 1000);
    struct vc_packet waiting[3];
    for (unsigned i = 0; i < 3; i++) {
        waiting[i] = vv_order(t, VMTP_TEST_V_ECHO, 0, i, 0);
        vc_send(t, &waiting[i]);
    }
    for (unsigned i = 0; i < 3; i++)
        vv_reads(t, "V-2.2-04", &s, 100 * i, 100, memory);
    unsigned early = 0;
    for (unsigned i = 0; i < 3; i++)
        early += vc_tally(t, waiting[i].client, waiting[i].transaction, 1);
    vc_equal(t, "TEST-8.1-02", "replies before the Send has ended", 0, early);
    over(t, "V-2.2-04", &s);
    for (unsigned i = 0; i < 3; i++)
        vc_want_response(t, "TEST-8.1-02", &waiting[i], 0);
}

/* ---- messages of several packet groups ---------------------------------------------------------------------------------- */

#define LARGE 40000u

static void large(struct vc_test *t) {
    struct vv_send s = granted(t, "V-2.3-15", BOTH, 50000);
    static uint8_t octets[LARGE];
    uint64_t kernel = vv_reads(t, "V-2.3-15", &s, 0, 1, memory)->server;
    struct vc_packet operation = vv_operation(t, &s, VMTP_V_MOVE_TO, 5000, 0), group, *p = NULL, told;
    operation.server = kernel;
    vc_pattern(octets, LARGE, 80);
    for (unsigned g = 0; g < vc_groups(LARGE); g++)
        vc_send_group(t, &operation, g, octets, LARGE, vc_group_blocks(LARGE, g), 0);
    group = vc_of_run(&operation, vc_groups(LARGE) - 1, vc_groups(LARGE));
    vc_want_response(t, "V-2.3-15", &group, VMTP_OK);
    memcpy(memory + 5000, octets, LARGE);
    operation = vv_operation(t, &s, VMTP_V_MOVE_FROM, 5000, LARGE);
    operation.server = kernel;
    operation.control = VMTP_STI;
    vc_send(t, &operation);
    memset(octets, 0, sizeof octets);
    group = operation;
    for (unsigned g = 0; g < vc_groups(LARGE); g++) {
        group.transaction = operation.transaction + g;
        for (uint32_t blocks = 0; blocks != vc_group_blocks(LARGE, g); blocks |= p->delivery) {
            p = vc_want_response(t, "V-2.3-15", &group, VMTP_OK);
            for (uint32_t b = 0, at = 0; b < 32; b++)
                if (p->delivery >> b & 1 && g * VC_SEGMENT_MAX + b * VC_BLOCK < LARGE) {
                    uint32_t to = g * VC_SEGMENT_MAX + b * VC_BLOCK, n = LARGE - to < VC_BLOCK ? LARGE - to : VC_BLOCK;
                    memcpy(octets + to, p->data + at, n);
                    at += n;
                }
        }
    }
    told = vc_nvs(t, p, VMTP_OK, 0xffffffffu);
    vc_send(t, &told);
    vc_equal(t, "V-2.3-15", "CRC-32", vc_crc(memory + 5000, LARGE), vc_crc(octets, LARGE));
    over(t, "V-2.3-15", &s);
}

/* Nothing is larger than what a node with streams takes; one without says so. */
static void larger(struct vc_test *t) {
    struct vv_send s = granted(t, "V-2.3-14", BOTH, 50000);
    static uint8_t octets[LARGE];
    uint64_t kernel = vv_reads(t, "V-2.3-14", &s, 0, 1, memory)->server;
    struct vc_packet operation = vv_operation(t, &s, VMTP_V_MOVE_TO, 0, 0), group, *p;
    operation.server = kernel;
    vc_pattern(octets, LARGE, 81);
    for (unsigned g = 0; g < vc_groups(LARGE); g++)
        vc_send_group(t, &operation, g, octets, LARGE, vc_group_blocks(LARGE, g), 0);
    group = vc_of_run(&operation, vc_groups(LARGE) - 1, vc_groups(LARGE));
    p = vc_await_answer(t, &group, VC_PATIENCE);
    uint32_t code = !p ? VC_ANY : p->function == VMTP_RESPONSE ? vc_code(p) : p->words[6] & VMTP_CODE_MASK;
    vc_check(t, "V-2.3-14", code == VMTP_OK || code == VMTP_ERROR || code == VMTP_STREAMING_NOT_SUPPORTED,
             "OK, VMTP_ERROR or STREAMING_NOT_SUPPORTED", "%s", p ? vc_response_name(code) : "nothing");
    if (code == VMTP_OK)
        memcpy(memory, octets, LARGE);
    over(t, "V-2.3-14", &s);
}

const struct vc_case vc_v_kernel_cases[] = {
    VC_CASE("v/move-from", "V-2.2-01 V-2.2-04 V-2.3-01 V-2.3-13", V_NEEDS,
            "MoveFrom of several ranges, also of no octets", "the octets, from one kernel", move_from),
    VC_CASE("v/move-to", "V-2.3-02 V-2.3-13 V-2.3-14", V_NEEDS " near",
            "MoveTo of 16384 octets and of 3, and MoveFrom behind it", "they are there", move_to),
    VC_CASE("v/ends", "V-2.1-01 V-2.3-04 TEST-8.1-11", V_NEEDS,
            "MoveFrom about another Transaction or granter; after the Response", "V_NO_TRANSACTION", ends),
    VC_CASE("v/refusals", "V-2.3-03 V-2.3-04 V-2.3-05 V-2.3-06 V-2.3-07", V_NEEDS, "operations that must not be done",
            "the first code that applies, and nothing is done", refusals),
    VC_CASE("v/too-large", "V-2.3-08", V_NEEDS, "MoveFrom of 16385 octets without STI, and of 16384",
            "V_TOO_LARGE; the octets", too_large),
    VC_CASE("v/holder", "V-2.3-05 V-2.3-09 V-2.3-10", V_NEEDS, "PassAccess to another process, and back",
            "that one may use it, the other not any more", holder),
    VC_CASE("v/codes", "V-2.2-05 V-2.2-06", V_NEEDS, "Codes that there are not; operations with other flags and words",
            "VMTP_ERROR; they are done", codes),
    VC_CASE("v/meanwhile", "V-2.2-04 TEST-8.1-02", V_NEEDS, "ECHO three times while a SEND is outstanding, and MoveFrom",
            "MoveFrom is answered at once, ECHO behind the Send", meanwhile),
    VC_CASE("v/large", "V-2.3-15", V_NEEDS " streams", "MoveTo and MoveFrom of 40000 octets to the kernel itself",
            "messages of three packet groups", large),
    VC_CASE("v/larger", "V-2.3-14", V_NEEDS, "MoveTo of 40000 octets", "OK, or VMTP_ERROR or STREAMING_NOT_SUPPORTED",
            larger),
    VC_LAST,
};

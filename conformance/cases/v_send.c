/* SPDX-License-Identifier: BSD-2-Clause */
/* What the node's processes Send and reply: spec/v.md sections 1 and 2.1. */
#include <string.h>

#include "v.h"

static uint8_t pattern[V_MOST], other[V_MOST];

static void echo(struct vc_test *t) {
    struct vc_packet order = vv_order(t, 0x7fffff, 0xda1b2c, 0, 0), *p;
    for (unsigned i = 1; i < 7; i++)
        order.words[i] = 0x11111111u * (i + 8);
    vc_send(t, &order);
    p = vc_want_response(t, "V-1-01 TEST-8.1-03", &order, 0xda1b2c);
    vc_equal(t, "V-1-01 TEST-8.1-03", "Code of the message", 0x7fffff, p->words[0]);
    for (unsigned i = 1; i < 7; i++)
        vc_equal(t, "V-1-01 TEST-8.1-03", "a word", order.words[i], p->words[i]);
    order = vv_order(t, 0x3fffff, 0, 0, 0);
    vc_send(t, &order);
    vc_want_response(t, "TEST-8.1-04", &order, VMTP_ERROR);
    vv_does(t, "TEST-8.1-04", vv_order(t, VMTP_TEST_V_SINK, 0, 0, 0), 0);
}

/* What access looks like, and that the reply's segment is where it belongs. */
static void gives(struct vc_test *t) {
    struct vv_send s = {.access = VMTP_V_READ | VMTP_V_WRITE, .size = 40000, .carried = 1000, .seed = 3, .code = 0x2345};
    vv_send(t, "TEST-8.1-09", &s);
    struct vc_packet *p = s.request;
    vc_check(t, "V-1-02", !(p->code & (VMTP_PIC | VMTP_CRE | VMTP_MDM)), "no PIC, CRE and MDM", "Code %08x", p->code);
    vc_check(t, "V-2.1-01", vc_code(p) == (VMTP_V_GRANT | s.code), "bit 0x00800000 and its Code", "Code %08x", p->code);
    vc_equal(t, "V-2.1-01", "word 5", s.access | s.size, p->words[5]);
    vc_equal(t, "TEST-8.1-09", "words 0 to 4 that are not those of the order", 0,
             memcmp(p->words, s.order.words, 5 * sizeof p->words[0]) != 0);
    vc_pattern(pattern, s.size, 3);
    vc_check(t, "V-2.1-04", vc_segment_size(p) == 1000 && memcmp(p->data, pattern, 1000) == 0,
             "the first 1000 octets of the segment", "%u octets", vc_segment_size(p));
    vc_check(t, "V-2.1-08", !(p->control & VMTP_STI), "no STI", "control %08x", p->control);
    p = vv_reply(t, "V-2.1-05", &s, 500, 4, VMTP_OK);
    vc_pattern(pattern, 500, 4);
    vc_equal(t, "TEST-8.1-09", "octets", 500, p->words[2]);
    vc_equal(t, "V-2.1-05", "CRC-32 of the segment", vc_crc(pattern, s.size), p->words[3]);
    vc_equal(t, "V-2.1-05", "octets outside that have changed", 0, p->words[4]);
    struct vc_packet order = vv_order(t, VMTP_TEST_V_SEND, 0, 1, VMTP_V_READ | (V_MESSAGE + 1));
    vv_does(t, "TEST-8.1-12", order, VMTP_TEST_BAD_ARGUMENT);
}

/* A segment in the reply for which there is no access, or not so much. */
static void bad_reply(struct vc_test *t) {
    static const struct {
        uint32_t access, size, octets;
    } sends[] = {{VMTP_V_READ, 1000, 100}, {VMTP_V_WRITE, 100, 600}, {0, 0, 100}};
    for (unsigned i = 0; i < 3; i++) {
        struct vv_send s = {.access = sends[i].access, .size = sends[i].size, .seed = 5};
        vv_send(t, "V-2.1-06", &s);
        struct vc_packet *p = vv_reply(t, "V-2.1-06", &s, sends[i].octets, 6, VMTP_BAD_REPLY_SEGMENT);
        vc_pattern(pattern, s.size, 5);
        if (!(s.access & VMTP_V_WRITE))
            vc_equal(t, "V-2.1-06", "CRC-32 of the segment", vc_crc(pattern, s.size), p->words[3]);
        vc_equal(t, "V-2.1-06", "octets outside that have changed", 0, p->words[4]);
    }
}

static void without_access(struct vc_test *t) {
    struct vv_send s = {.seconds = 2};
    vv_send(t, "TEST-8.1-09", &s);
    vc_check(t, "V-2.1-02", !(s.request->code & VMTP_V_GRANT), "a Code without bit 0x00800000", "Code %08x",
             s.request->code);
    struct vc_packet operation = vv_operation(t, &s, VMTP_V_MOVE_FROM, 0, 0);
    vv_operates(t, "V-2.1-02", &operation, 0, 0, VMTP_V_NO_TRANSACTION);
    vv_reply(t, "TEST-8.1-09", &s, 0, 0, VMTP_OK);
}

static void to_group(struct vc_test *t) {
    struct vv_send s = {.to = vc_new_group(t, 0), .access = VMTP_V_READ, .size = 500, .carried = 200, .seed = 7};
    vv_send(t, "V-2.1-03", &s);
    vc_pattern(pattern, 500, 7);
    vc_check(t, "V-2.1-03", !(s.request->code & VMTP_V_GRANT), "a Code without bit 0x00800000", "Code %08x",
             s.request->code);
    vc_check(t, "V-2.1-04", vc_segment_size(s.request) == 200 && memcmp(s.request->data, pattern, 200) == 0,
             "the first 200 octets of the segment", "%u octets", vc_segment_size(s.request));
    vv_reply(t, "TEST-8.1-09", &s, 0, 0, VMTP_OK);
}

static void taken(struct vc_test *t) {
    struct vc_packet order = vv_order(t, VMTP_TEST_V_SINK, 0, 0, 0), *p;
    vv_give(&order, VMTP_V_READ | VMTP_V_WRITE, 5000);
    vc_pattern(pattern, 700, 8);
    vc_carry(&order, pattern, 700, 3);
    p = vv_does(t, "TEST-8.1-07", order, VMTP_V_READ | VMTP_V_WRITE | 5000);
    vc_equal(t, "V-2.1-04 TEST-8.1-07", "octets", 700, p->words[1]);
    vc_equal(t, "V-2.1-04 TEST-8.1-07", "CRC-32", vc_crc(pattern, 700), p->words[2]);
    order = vv_order(t, VMTP_TEST_V_SINK, 0, 0, 0);
    order.words[5] = VMTP_V_READ | 5000;
    vv_does(t, "V-2.1-02", order, 0);
}

/* With the reply, and beside it. */
static void replies(struct vc_test *t) {
    struct vc_packet order = vv_order(t, VMTP_TEST_V_REPLY, 0, 300, 9), *p;
    vv_give(&order, VMTP_V_WRITE, 1000);
    p = vv_does(t, "TEST-8.1-06", order, VMTP_OK);
    vc_pattern(pattern, 300, 9);
    vc_check(t, "TEST-8.1-06", vc_segment_size(p) == 300 && memcmp(p->data, pattern, 300) == 0,
             "300 octets of the pattern", "%u octets", vc_segment_size(p));
    vc_check(t, "V-2.1-07", !(p->code & VMTP_DGM), "a Response without DGM", "Code %08x", p->code);
    struct vv_kernel k = {.memory = other, .size = 1000};
    memset(other, 0, sizeof other);
    order = vv_order(t, VMTP_TEST_V_REPLY, 20, 300, 9);
    vv_give(&order, VMTP_V_WRITE, 1000);
    vc_send(t, &order);
    p = vv_be_kernel(t, "TEST-8.1-06", &k, &order);
    vc_check(t, "TEST-8.1-06", memcmp(other + 20, pattern, 300) == 0 && vc_segment_size(p) == 0,
             "300 octets moved to their place, and none with the reply", "%u with the reply", vc_segment_size(p));
    vc_check(t, "V-2.1-07", !(p->code & VMTP_DGM), "a Response without DGM", "Code %08x", p->code);
}

const struct vc_case vc_v_send_cases[] = {
    VC_CASE("v/echo", "V-1-01 TEST-8.1-03 TEST-8.1-04", V_NEEDS, "ECHO with all words; what is no order",
            "Code and words as they came; VMTP_ERROR", echo),
    VC_CASE("v/gives", "V-1-02 V-2.1-01 V-2.1-04 V-2.1-05 V-2.1-08 TEST-8.1-09 TEST-8.1-12", V_NEEDS,
            "SEND with access to 40000 octets, of which 1000 are carried; a Response of 500 octets",
            "bit and word 5; the 500 octets are the first of the segment", gives),
    VC_CASE("v/bad-reply", "V-2.1-06", V_NEEDS,
            "SEND with read access, write access to less, or none; a Response with a segment",
            "BAD_REPLY_SEGMENT, and nothing is written where it must not be", bad_reply),
    VC_CASE("v/without-access", "V-2.1-02 TEST-8.1-09", V_NEEDS, "SEND without access; MoveFrom", "V_NO_TRANSACTION",
            without_access),
    VC_CASE("v/to-group", "V-2.1-03 V-2.1-04 TEST-8.1-09", V_NEEDS, "SEND with read access to a group",
            "the octets that are carried, and no bit", to_group),
    VC_CASE("v/taken", "V-2.1-02 V-2.1-04 TEST-8.1-07", V_NEEDS,
            "SINK with access and 700 octets; word 5 without the bit", "access, octets and their sum; no access", taken),
    VC_CASE("v/replies", "V-2.1-07 TEST-8.1-06", V_NEEDS, "REPLY with 300 octets, to the beginning and to 20",
            "with the Response; by MoveTo; neither is idempotent", replies),
    VC_LAST,
};

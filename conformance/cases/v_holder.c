/* SPDX-License-Identifier: BSD-2-Clause */
/* What the node's processes do with access that a Send of the tester has given them: spec/v.md sections 2.2 and 2.3. */
#include <string.h>

#include "v.h"

#define SIZE 50000u
#define COUNT 40000u

static uint8_t memory[V_MOST], octets[V_MOST];

static struct vc_packet given(struct vc_test *t, uint32_t code, uint32_t word0, uint32_t word1, uint32_t word2) {
    struct vc_packet order = vv_order(t, code, word0, word1, word2);
    vv_give(&order, VMTP_V_READ | VMTP_V_WRITE, SIZE);
    vc_send(t, &order);
    return order;
}

static void check_form(struct vc_test *t, const struct vv_kernel *k, const struct vc_packet *order) {
    const struct vc_packet *p = &k->first;
    vc_check(t, "V-2.2-02",
             memcmp(p->dst, vc_tester_mac(t), 6) == 0 && p->code & VMTP_CRE && vc_pair(p->words) == order->client,
             "unicast, with CRE and the granter as CoResidentEntity", "Code %08x, %llx", p->code,
             (unsigned long long)vc_pair(p->words));
    vc_equal(t, "V-2.2-02", "word 2", order->transaction, p->words[2]);
    vc_equal(t, "V-2.2-02 V-2.2-03", "operations of another Client, granter or Transaction", 0, k->foreign);
    vc_equal(t, "V-2.3-15", "large operations that do not go to the kernel itself", 0, k->astray);
}

/* Whose the first one is; then the others, and the reply. */
static struct vc_packet *all(struct vc_test *t, struct vv_kernel *k, const struct vc_packet *order) {
    vv_answer_operation(t, "V-2.2-02", k);
    vc_equal(t, "V-2.2-03", "Client", order->server, k->first.client);
    return vv_be_kernel(t, "V-2.2-02", k, order);
}

static void moves_to(struct vc_test *t) {
    struct vv_kernel k = {.memory = memory, .size = SIZE};
    memset(memory, 0, sizeof memory);
    memset(octets, 0, sizeof octets);
    vc_pattern(octets + 777, COUNT, 5);
    struct vc_packet order = given(t, VMTP_TEST_V_MOVE_TO, 777, COUNT, 5), *p;
    p = all(t, &k, &order);
    vc_equal(t, "TEST-8.1-05", "result", VMTP_OK, p->words[0]);
    vc_equal(t, "TEST-8.1-05", "CRC-32 of the segment", vc_crc(octets, SIZE), vc_crc(memory, SIZE));
    vc_equal(t, "V-2.1-07", "DGM", 0, p->code & VMTP_DGM);
    check_form(t, &k, &order);
}

static void moves_from(struct vc_test *t) {
    struct vv_kernel k = {.memory = memory, .size = SIZE};
    vc_pattern(memory, SIZE, 6);
    struct vc_packet order = given(t, VMTP_TEST_V_MOVE_FROM, 778, COUNT, 0), *p;
    p = all(t, &k, &order);
    vc_equal(t, "TEST-8.1-05", "result", VMTP_OK, p->words[0]);
    vc_equal(t, "TEST-8.1-05", "CRC-32", vc_crc(memory + 778, COUNT), p->words[1]);
    check_form(t, &k, &order);
}

static void refused(struct vc_test *t) {
    struct vv_kernel k = {.memory = memory, .size = SIZE, .refuse = VMTP_V_WRONG_PROCESS};
    struct vc_packet order = given(t, VMTP_TEST_V_MOVE_FROM, 0, 100, 0), *p;
    p = vv_be_kernel(t, "TEST-8.1-05", &k, &order);
    vc_equal(t, "TEST-8.1-05", "result", VMTP_V_WRONG_PROCESS, p->words[0]);
    order = vv_order(t, VMTP_TEST_V_MOVE_TO, 0, V_MESSAGE + 1, 0);
    vv_give(&order, VMTP_V_WRITE, V_MESSAGE + 1);
    vv_does(t, "TEST-8.1-12", order, VMTP_TEST_BAD_ARGUMENT);
}

/* ---- Forward -------------------------------------------------------------------------------------------------------------- */

#define PASS (VMTP_V_PASS_ACCESS & VMTP_CODE_MASK)

static struct vc_packet forwarding(struct vc_test *t, uint64_t to, uint8_t forward) {
    struct vc_packet order = vv_order(t, VMTP_TEST_V_FORWARD, (uint32_t)(to >> 32), (uint32_t)to,
                                      VMTP_TEST_V_ECHO | 0x1234);
    order.words[3] = 33;
    order.words[4] = 44;
    order.forward = forward;
    vv_give(&order, VMTP_V_READ | VMTP_V_WRITE, 1000);
    vc_pattern(octets, 300, 7);
    vc_carry(&order, octets, 300, 1);
    return order;
}

static void forwards(struct vc_test *t) {
    struct vv_kernel k = {.memory = memory, .size = 1000};
    uint64_t to = vc_new_client(t);
    struct vc_packet order = forwarding(t, to, 0), *p;
    vc_send(t, &order);
    vv_answer_operation(t, "V-2.3-11", &k);
    vc_check(t, "V-2.3-11", vc_code(&k.first) == PASS && k.holder == to, "PassAccess to the new server",
             "Code %08x, to %llx", k.first.code, (unsigned long long)k.holder);
    vc_equal(t, "V-2.2-02", "granter", order.client, vc_pair(k.first.words));
    p = vc_want_request(t, "V-2.3-11 TEST-8.1-08", to, VC_PATIENCE);
    vc_check(t, "V-2.3-11", p->time > k.first.time, "the Request behind PassAccess", "before");
    vc_equal(t, "V-2.3-11", "Client", order.client, p->client);
    vc_check(t, "V-2.3-11 TEST-8.1-08", vc_code(p) == (VMTP_V_GRANT | VMTP_TEST_V_ECHO | 0x1234),
             "the bit and the new Code", "Code %08x", p->code);
    vc_equal(t, "V-2.3-11", "word 5", order.words[5], p->words[5]);
    vc_equal(t, "TEST-8.1-08", "words 0 to 4 that are others", 0, memcmp(p->words, order.words, 20) != 0);
    vc_equal(t, "TEST-8.1-08", "octets that came along", 300, vc_segment_size(p));
    vc_tell_forwarder(t, p, VMTP_OK, 0xffffffffu);
    vc_fence(t);
}

/* Forwarded as often as can be, it goes on as a call of the process. */
static void forwards_again(struct vc_test *t) {
    struct vv_kernel k = {.memory = memory, .size = 1000, .id = vc_new_client(t)};
    uint64_t to = vc_new_client(t);
    struct vc_packet order = forwarding(t, to, 15), *p, response;
    vc_send(t, &order);
    for (unsigned i = 0; !(p = vc_await_request(t, to, 10 * VC_MILLISECOND)) && i < 50; i++) {
        struct vc_packet *pass = vc_await_request(t, VMTP_V_KERNEL_GROUP, 0);
        if (!pass)
            continue;
        response = vc_response(pass, VMTP_OK);
        response.server = k.id;
        vc_send(t, &response);
    }
    if (!p)
        vc_give_up(t, "nothing is forwarded");
    vc_equal(t, "V-2.3-12", "Client", order.server, p->client);
    vc_check(t, "V-2.3-12", !(p->code & VMTP_V_GRANT), "a Code without bit 0x00800000", "Code %08x", p->code);
    vc_answer_call(t, p, VMTP_OK);
    vc_want_response(t, "TEST-8.1-08", &order, VMTP_OK);
}

const struct vc_case vc_v_holder_cases[] = {
    VC_CASE("v/moves-to", "V-2.1-07 V-2.2-02 V-2.2-03 V-2.3-15 TEST-8.1-05", V_NEEDS " near", "MOVE_TO of 40000 octets",
            "operations in order, of the process itself, and all octets", moves_to),
    VC_CASE("v/moves-from", "V-2.2-02 V-2.2-03 V-2.3-15 TEST-8.1-05", V_NEEDS, "MOVE_FROM of 40000 octets",
            "operations of the process itself, and the right octets", moves_from),
    VC_CASE("v/refused", "TEST-8.1-05 TEST-8.1-12", V_NEEDS, "MOVE_FROM, which is refused; MOVE_TO of too much",
            "the code that says why; TEST_BAD_ARGUMENT", refused),
    VC_CASE("v/forwards", "V-2.2-02 V-2.3-11 TEST-8.1-08", V_NEEDS, "FORWARD of a Send that gives access",
            "PassAccess, then the Request with bit and word 5 as they were", forwards),
    VC_CASE("v/forwards-again", "V-2.3-12 TEST-8.1-08", V_NEEDS, "FORWARD of a Send that was forwarded 15 times",
            "a Request of the process, without the bit", forwards_again),
    VC_LAST,
};

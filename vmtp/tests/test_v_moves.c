/* SPDX-License-Identifier: BSD-2-Clause */
/* test_v_moves.c - MoveTo and MoveFrom, and what a granter's kernel refuses (spec/v.md sections 2.2 and 2.3). */
#include "support/v_net.h"
#include "wire_testing.h"

#define GRANTER 0
#define HOLDER 1
#define STRANGER 2
#define SIZE 100000u

static struct v_server server;
static uint8_t memory[SIZE + 1], octets[SIZE], area[SIZE];
static void (*script)(struct v_server *me);
static uint32_t transaction; /* of the Send */

static void handle(struct v_server *me) {
    const struct v_message ok = {VMTP_OK, {0}};
    transaction = v_transaction(GRANTER);
    script(me);
    ck_assert_int_eq(v_reply(v.process[me->node], &ok, me->from), 0);
}

static void setup(void) {
    uint64_t random = 9;
    v_net_begin();
    random_octets(&random, octets, sizeof octets);
    memset(memory, 0xee, sizeof memory);
    memset(area, 0x11, sizeof area);
    v_serve(&server, HOLDER, handle);
}

static void teardown(void) { v_net_end(); }

/* The granter sends, and the holder does what the script says before it replies. */
static int send(uint32_t size, uint32_t access, void (*what)(struct v_server *me)) {
    struct v_message m = {1, {0}};
    struct v_segment s = {.memory = memory, .size = size, .access = access};
    script = what;
    return v_send(v.process[GRANTER], &m, v.pid[HOLDER], access ? &s : NULL, v_in(10 * VMTP_SECOND));
}

/* ---- operations by hand ---- */

struct hand {
    unsigned actor;
    v_pid granter, kernel;
    uint32_t code, flags, transaction, w3, w4, junk, size;
    const uint8_t *segment;
};

static struct vmtp_event answer;
static uint32_t small = 16384; /* room for the answer to MoveFrom */

/* The result, or the code of the answer; both are positive. */
static uint32_t operate(struct hand h) {
    struct vmtp_request r = {.client = v.pid[h.actor], .deadline = v_in(VMTP_SECOND)};
    r.message.server = h.kernel ? h.kernel : VMTP_V_KERNEL_GROUP;
    r.message.code = VMTP_CRE | h.flags | (h.code & VMTP_CODE_MASK);
    vmtp_message_set_coresident(&r.message, h.granter ? h.granter : v.pid[GRANTER]);
    r.message.words[2] = h.transaction;
    r.message.words[3] = h.w3;
    r.message.words[4] = h.w4;
    r.message.words[5] = h.junk;
    r.segment = h.segment;
    r.segment_size = h.size;
    r.response_area = area;
    r.response_size = h.code == VMTP_V_MOVE_FROM ? small : sizeof area;
    int result = vmtp_host_transact(v.node[h.actor]->host, &r, &answer);
    ck_assert_int_ge(result, 0);
    return result ? (uint32_t)result : answer.message.code & VMTP_CODE_MASK;
}

static uint32_t move_from(unsigned actor, uint32_t offset, uint32_t count) {
    return operate(
        (struct hand){.actor = actor, .code = VMTP_V_MOVE_FROM, .transaction = transaction, .w3 = offset, .w4 = count});
}

static uint32_t move_to(unsigned actor, uint32_t offset, uint32_t count) {
    return operate((struct hand){
        .actor = actor, .code = VMTP_V_MOVE_TO, .transaction = transaction, .w3 = offset, .segment = octets, .size = count});
}

/* ---- what works ---- */

static void copy_all(struct v_server *me) {
    v_process *p = v.process[me->node];
    ck_assert_int_eq(v_move_to(p, me->from, 0, octets, SIZE, VMTP_NEVER), 0);
    ck_assert_int_eq(v_move_from(p, me->from, area, 0, SIZE, VMTP_NEVER), 0);
    ck_assert_mem_eq(area, octets, SIZE);
    ck_assert_int_eq(v_move_from(p, me->from, area, SIZE - 5, 5, VMTP_NEVER), 0);
    ck_assert_mem_eq(area, octets + SIZE - 5, 5);
    ck_assert_int_eq(v_move_to(p, me->from, 7, octets, 3, VMTP_NEVER), 0);
    ck_assert_int_eq(v_move_to(p, me->from, SIZE, octets, 0, VMTP_NEVER), 0);
    ck_assert_int_eq(v_move_from(p, me->from, area, SIZE, 0, VMTP_NEVER), 0);
}

/* V-2.1-01 V-2.3-01 V-2.3-02 V-2.3-13 */
START_TEST(copies_of_any_size_both_ways) {
    ck_assert_int_eq(send(SIZE, V_READ | V_WRITE, copy_all), 0);
    ck_assert_mem_eq(memory + 7, octets, 3);
    ck_assert_mem_eq(memory + 10, octets + 10, SIZE - 10);
    ck_assert_uint_eq(memory[SIZE], 0xee);
    ck_assert_uint_eq(server.count, 1);
}
END_TEST

static void by_hand(struct v_server *me) {
    (void)me;
    ck_assert_uint_eq(move_from(HOLDER, 3, 16384), VMTP_OK);
    ck_assert_uint_eq(answer.message.code, VMTP_OK | VMTP_SDA);
    ck_assert_uint_eq(answer.segment_size, 16384);
    ck_assert_mem_eq(area, memory + 3, 16384);
    ck_assert_uint_eq(move_from(HOLDER, 100, 0), VMTP_OK);
    ck_assert_uint_eq(answer.message.code, VMTP_OK);
    ck_assert_uint_eq(move_to(HOLDER, 1, 16384), VMTP_OK);
    ck_assert_uint_eq(answer.message.code, VMTP_OK);
    ck_assert_mem_eq(memory + 1, octets, 16384); /* when it is answered, it is there */
    ck_assert_uint_eq(move_to(HOLDER, 1, 16384), VMTP_OK);
    ck_assert_uint_eq(move_to(HOLDER, SIZE, 0), VMTP_OK);
}

/* V-2.2-01 V-2.2-02 V-2.2-03 V-2.3-01 V-2.3-02 V-2.3-09 V-2.3-13 */
START_TEST(operations_by_hand) { ck_assert_int_eq(send(SIZE, V_READ | V_WRITE, by_hand), 0); }
END_TEST

/* ---- what is refused ---- */

static void without_right(struct v_server *me) {
    (void)me;
    int writable = memory[0] == 1;
    ck_assert_uint_eq(writable ? move_from(HOLDER, 0, 1) : move_to(HOLDER, 0, 1), VMTP_V_NO_ACCESS);
    ck_assert_uint_eq(writable ? move_to(HOLDER, 10, 1) : move_from(HOLDER, 10, 1), VMTP_OK);
    ck_assert_int_eq(writable ? v_move_from(v.process[HOLDER], me->from, area, 0, 1, VMTP_NEVER)
                              : v_move_to(v.process[HOLDER], me->from, 0, octets, 1, VMTP_NEVER),
                     VMTP_V_NO_ACCESS);
}

/* V-2.3-06 */
START_TEST(only_what_was_given) {
    memory[0] = (uint8_t)_i;
    ck_assert_int_eq(send(SIZE, _i ? V_WRITE : V_READ, without_right), 0);
    ck_assert_uint_eq(memory[0], (unsigned)_i);
}
END_TEST

static void outside(struct v_server *me) {
    static const struct {
        uint32_t offset, count;
    } bad[] = {{100, 1},        {101, 0},        {0, 101},        {99, 2},
               {UINT32_MAX, 1}, {UINT32_MAX, 2}, {2, UINT32_MAX}, {50, UINT32_MAX - 20}};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_uint_eq(move_from(HOLDER, bad[i].offset, bad[i].count), VMTP_V_OUTSIDE);
        if (bad[i].count <= 101)
            ck_assert_uint_eq(move_to(HOLDER, bad[i].offset, bad[i].count), VMTP_V_OUTSIDE);
        ck_assert_int_eq(v_move_to(v.process[HOLDER], me->from, bad[i].offset, octets, bad[i].count, VMTP_NEVER),
                         VMTP_V_OUTSIDE);
        ck_assert_int_eq(v_move_from(v.process[HOLDER], me->from, area, bad[i].offset, bad[i].count, VMTP_NEVER),
                         VMTP_V_OUTSIDE);
    }
    ck_assert_uint_eq(move_from(HOLDER, 0, 100), VMTP_OK);
}

/* V-2.3-07 */
START_TEST(nothing_outside) {
    ck_assert_int_eq(send(100, V_READ | V_WRITE, outside), 0);
    for (unsigned i = 0; i <= SIZE; i++)
        ck_assert_uint_eq(memory[i], 0xee);
}
END_TEST

static void too_large(struct v_server *me) {
    (void)me;
    ck_assert_uint_eq(move_from(HOLDER, 0, 16384), VMTP_OK);
    ck_assert_uint_eq(move_from(HOLDER, 0, 0x500000), VMTP_V_OUTSIDE);
    ck_assert_uint_eq(move_from(HOLDER, 0, SIZE), VMTP_V_TOO_LARGE);
    ck_assert_uint_eq(answer.message.code, VMTP_V_TOO_LARGE);
    small = sizeof area; /* large ones are welcome, from the kernel itself */
    struct hand h = {.actor = HOLDER,
                     .kernel = answer.message.server,
                     .code = VMTP_V_MOVE_FROM,
                     .transaction = transaction,
                     .w3 = 1,
                     .w4 = SIZE - 1};
    ck_assert_uint_eq(operate(h), VMTP_OK);
    ck_assert_mem_eq(area, memory + 1, SIZE - 1);
    h = (struct hand){.actor = HOLDER,
                      .kernel = h.kernel,
                      .code = VMTP_V_MOVE_TO,
                      .transaction = transaction,
                      .segment = octets,
                      .size = SIZE};
    ck_assert_uint_eq(operate(h), VMTP_V_NO_ACCESS);
}

/* V-2.3-08 V-2.3-14 */
START_TEST(more_than_a_response) { ck_assert_int_eq(send(SIZE, V_READ, too_large), 0); }
END_TEST

static void stranger(struct v_server *me) {
    (void)me;
    ck_assert_uint_eq(move_to(STRANGER, 0, 1), VMTP_V_WRONG_PROCESS);
    ck_assert_uint_eq(move_from(STRANGER, 0, 1), VMTP_V_WRONG_PROCESS);
    ck_assert_uint_eq(operate((struct hand){.actor = STRANGER,
                                            .code = VMTP_V_PASS_ACCESS,
                                            .transaction = transaction,
                                            .w3 = (uint32_t)(v.pid[STRANGER] >> 32),
                                            .w4 = (uint32_t)v.pid[STRANGER]}),
                      VMTP_V_WRONG_PROCESS);
    ck_assert_uint_eq(move_to(STRANGER, 0, 1), VMTP_V_WRONG_PROCESS);
    ck_assert_uint_eq(move_to(HOLDER, 0, 1), VMTP_OK);
}

/* V-2.3-05 V-2.3-09 */
START_TEST(nobody_but_the_holder) {
    ck_assert_int_eq(send(SIZE, V_READ | V_WRITE, stranger), 0);
    ck_assert_uint_eq(memory[0], octets[0]);
    ck_assert_uint_eq(memory[1], 0xee);
}
END_TEST

static void another_transaction(struct v_server *me) {
    (void)me;
    transaction--;
    ck_assert_uint_eq(move_to(HOLDER, 0, 1), VMTP_V_NO_TRANSACTION);
    transaction += 2;
    ck_assert_uint_eq(move_from(HOLDER, 0, 1), VMTP_V_NO_TRANSACTION);
    transaction--;
    ck_assert_uint_eq(
        operate((struct hand){
            .actor = HOLDER, .code = VMTP_V_MOVE_FROM, .granter = v.pid[STRANGER], .transaction = transaction, .w4 = 1}),
        VMTP_V_NO_TRANSACTION); /* it is there, and has nothing outstanding */
    ck_assert_uint_eq(
        operate((struct hand){
            .actor = HOLDER, .code = VMTP_V_MOVE_FROM, .granter = 0x4711, .transaction = transaction, .w4 = 1}),
        VMTP_RETRANS_TIMEOUT);
}

static void nothing_given(struct v_server *me) {
    ck_assert_uint_eq(move_from(HOLDER, 0, 0), VMTP_V_NO_TRANSACTION);
    ck_assert_int_eq(v_move_from(v.process[HOLDER], me->from, area, 0, 1, VMTP_NEVER), VMTP_V_NO_ACCESS);
}

/* V-2.3-04 V-2.1-02 */
START_TEST(another_send_gives_nothing) {
    ck_assert_int_eq(send(SIZE, V_READ | V_WRITE, another_transaction), 0);
    ck_assert_int_eq(send(SIZE, 0, nothing_given), 0);
    ck_assert_uint_eq(memory[0], 0xee);
}
END_TEST

static void nothing(struct v_server *me) { (void)me; }

/* V-2.1-01 V-2.3-04 */
START_TEST(over_with_the_send) {
    ck_assert_int_eq(send(SIZE, V_READ | V_WRITE, nothing), 0);
    ck_assert_uint_eq(move_to(HOLDER, 0, 1), VMTP_V_NO_TRANSACTION);
    ck_assert_int_eq(v_move_to(v.process[HOLDER], v.pid[GRANTER], 0, octets, 1, VMTP_NEVER), VMTP_E_STALE);
    ck_assert_uint_eq(memory[0], 0xee);
}
END_TEST

/* V-2.1-01 V-2.3-04 */
START_TEST(over_when_the_sender_gives_up) {
    struct v_message m = {1, {0}};
    struct v_segment s = {.memory = memory, .size = 10, .access = V_WRITE};
    v_pid from;
    v.node[HOLDER]->serve = NULL;
    ck_assert_int_eq(v_send(v.process[GRANTER], &m, v.pid[HOLDER], &s, v_in(VMTP_MILLISECOND)), VMTP_USER_TIMEOUT);
    ck_assert_int_eq(v_receive(v.process[HOLDER], &m, &from, 0), 0);
    ck_assert_int_eq(v_move_to(v.process[HOLDER], from, 0, octets, 1, VMTP_NEVER), VMTP_V_NO_TRANSACTION);
    ck_assert_uint_eq(memory[0], 0xee);
}
END_TEST

static void everything_wrong(struct v_server *me) {
    (void)me;
    uint32_t right = transaction;
    transaction = 0x12345678;
    ck_assert_uint_eq(move_to(STRANGER, 101, 5), VMTP_V_NO_TRANSACTION);
    transaction = right;
    ck_assert_uint_eq(move_to(STRANGER, 101, 5), VMTP_V_WRONG_PROCESS);
    ck_assert_uint_eq(move_to(HOLDER, 101, 5), VMTP_V_NO_ACCESS);
    ck_assert_uint_eq(move_from(HOLDER, 101, SIZE), VMTP_V_OUTSIDE);
    ck_assert_uint_eq(answer.segment_size, 0);
}

/* V-2.3-03 */
START_TEST(the_first_reason_counts) {
    ck_assert_int_eq(send(100, V_READ, everything_wrong), 0);
    ck_assert_uint_eq(memory[100], 0xee);
}
END_TEST

/* ---- kernels ---- */

static void strange_requests(struct v_server *me) {
    (void)me;
    ck_assert_uint_eq(operate((struct hand){.actor = HOLDER, .code = 0x3ff, .transaction = transaction}), VMTP_ERROR);
    ck_assert_uint_eq(operate((struct hand){.actor = HOLDER,
                                            .code = VMTP_V_MOVE_TO,
                                            .flags = VMTP_PIC,
                                            .transaction = transaction,
                                            .w4 = 4711,
                                            .junk = 12345,
                                            .segment = octets,
                                            .size = 4}),
                      VMTP_OK);
}

/* V-2.2-05 V-2.2-06 */
START_TEST(what_a_kernel_looks_at) {
    ck_assert_int_eq(send(4, V_WRITE, strange_requests), 0);
    ck_assert_mem_eq(memory, octets, 4);
}
END_TEST

static void crowd(struct v_server *me) {
    for (uint64_t i = 0; i < 20; i++) /* more than the granter's queue takes */
        net_start(v.node[STRANGER], v.pid[GRANTER], octets, 100, i);
    net_run(&v.net, 5 * VMTP_MILLISECOND);
    copy_all(me);
}

/* V-2.2-04 */
START_TEST(a_full_queue_is_no_obstacle) { ck_assert_int_eq(send(SIZE, V_READ | V_WRITE, crowd), 0); }
END_TEST

/* A process may send from inside a procedure of its host; others use its segment all the same. */
static struct v_segment inner;
static void sends_inside(vmtp_host *host, struct vmtp_incoming *in, void *context) {
    struct v_message m = {1, {0}};
    const struct vmtp_message ok = {.code = VMTP_OK};
    (void)context;
    ck_assert_int_eq(v_send(v.process[GRANTER], &m, v.pid[HOLDER], &inner, v_in(VMTP_SECOND)), 0);
    vmtp_host_reply(host, in, &ok, NULL, 0, 0);
}

/* V-2.2-04 */
START_TEST(a_send_inside_a_procedure) {
    struct vmtp_message m = {.code = 1};
    vmtp_host *host = v.node[GRANTER]->host;
    inner = (struct v_segment){.memory = memory, .size = SIZE, .access = V_READ | V_WRITE};
    script = copy_all;
    ck_assert_int_eq(vmtp_host_entity(host, &m.server, NULL), 0);
    ck_assert_int_eq(vmtp_host_procedure(host, m.server, 1, 0, sends_inside, NULL), 0);
    ck_assert_int_eq(vmtp_host_call(v.node[STRANGER]->host, &m, NULL, 0, NULL, 0, NULL, v_in(VMTP_SECOND)), 0);
    ck_assert_mem_eq(memory + 10, octets + 10, SIZE - 10);
}
END_TEST

static void page_at_offset(struct v_server *me) {
    struct v_message reply = {VMTP_OK, {0}};
    ck_assert_int_eq(v_reply_with_segment(v.process[HOLDER], &reply, me->from, 1000, octets, 40000, VMTP_NEVER), 0);
}
static void handle_page(struct v_server *me) { page_at_offset(me); }

/* ReplyWithSegment to the middle, and of more than a Response carries. */
START_TEST(reply_with_a_segment_somewhere_else) {
    v_serve(&server, HOLDER, handle_page);
    ck_assert_int_eq(send(SIZE, V_WRITE, nothing), 0);
    ck_assert_mem_eq(memory + 1000, octets, 40000);
    ck_assert_uint_eq(memory[999], 0xee);
    ck_assert_uint_eq(memory[41000], 0xee);
}
END_TEST

static void lossy(struct v_server *me) {
    struct vmtp_sim_faults faults = {.delay = 20 * VMTP_MICROSECOND, .loss = 10000, .duplicate = 5000, .reorder = 5000};
    vmtp_sim_set_faults(v.net.sim, &faults);
    copy_all(me);
}

START_TEST(on_a_bad_network) {
    ck_assert_int_eq(send(SIZE, V_READ | V_WRITE, lossy), 0);
    ck_assert_mem_eq(memory + 10, octets + 10, SIZE - 10);
}
END_TEST

/* ---- as it looks to a granter made by hand ---- */

static struct vmtp_incoming asked[8];
static unsigned asked_count;
static vmtp_entity hand_kernel;

static void answer_by_hand(vmtp_host *host, struct vmtp_incoming *in, void *context) {
    const struct vmtp_message ok = {.code = VMTP_OK};
    (void)context;
    asked[asked_count++] = *in;
    uint32_t size = in->message.code == VMTP_V_MOVE_FROM ? in->message.words[4] : 0;
    vmtp_host_reply(host, in, &ok, octets, size, 0);
}

static void use_by_hand(struct v_server *me) {
    uint32_t size;
    ck_assert_uint_eq(v_access(v.process[HOLDER], me->from, &size), V_READ | V_WRITE);
    ck_assert_uint_eq(size, 20000);
    ck_assert_uint_eq(me->message.code, 0x77);
    ck_assert_int_eq(v_move_from(v.process[HOLDER], me->from, area, 5, 17000, VMTP_NEVER), 0);
    ck_assert_mem_eq(area, octets, 16384);
    ck_assert_mem_eq(area + 16384, octets, 17000 - 16384);
    ck_assert_int_eq(v_move_to(v.process[HOLDER], me->from, 9, octets, 3, VMTP_NEVER), 0);
    transaction = 0; /* of nobody with a kernel of ours */
}

static void handle_by_hand(struct v_server *me) {
    const struct v_message ok = {VMTP_OK, {0}};
    use_by_hand(me);
    ck_assert_int_eq(v_reply(v.process[HOLDER], &ok, me->from), 0);
}

/* V-2.1-01 V-2.2-02 V-2.2-03 */
START_TEST(operations_as_they_travel) {
    struct net_node *node = net_open(&v.net, 3);
    struct vmtp_request r = {.message = {.server = v.pid[HOLDER], .code = VMTP_V_GRANT | 0x77},
                             .deadline = v_in(VMTP_SECOND)};
    struct vmtp_event outcome;
    asked_count = 0;
    ck_assert_int_eq(vmtp_host_entity(node->host, &hand_kernel, NULL), 0);
    ck_assert_int_eq(vmtp_host_procedure(node->host, hand_kernel, 4, 16384, answer_by_hand, NULL), 0);
    ck_assert_int_eq(vmtp_group_join(vmtp_host_engine(node->host), VMTP_V_KERNEL_GROUP, hand_kernel, 0), 0);
    ck_assert_int_eq(vmtp_host_entity(node->host, &r.client, NULL), 0);
    v_serve(&server, HOLDER, handle_by_hand);
    r.message.words[5] = VMTP_V_READ | VMTP_V_WRITE | 20000;
    ck_assert_int_eq(vmtp_host_transact(node->host, &r, &outcome), 0);
    ck_assert_uint_eq(asked_count, 3);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_uint_eq(asked[i].client, v.pid[HOLDER]);
        ck_assert_uint_eq(asked[i].message.server, i ? hand_kernel : VMTP_V_KERNEL_GROUP);
        ck_assert_uint_eq(vmtp_message_coresident(&asked[i].message), r.client);
        ck_assert_uint_eq(asked[i].message.words[2], outcome.transaction);
    }
    ck_assert_uint_eq(asked[0].message.code, VMTP_V_MOVE_FROM);
    ck_assert_uint_eq(asked[0].message.words[3], 5);
    ck_assert_uint_eq(asked[0].message.words[4], 16384);
    ck_assert_uint_eq(asked[1].message.words[3], 5 + 16384);
    ck_assert_uint_eq(asked[1].message.words[4], 17000 - 16384);
    ck_assert_uint_eq(asked[2].message.code, VMTP_V_MOVE_TO | VMTP_SDA);
    ck_assert_uint_eq(asked[2].message.words[3], 9);
    ck_assert_uint_eq(asked[2].segment_size, 3);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("V moves");
    TCase *tc = tcase_create("moves");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, copies_of_any_size_both_ways);
    tcase_add_test(tc, operations_by_hand);
    tcase_add_loop_test(tc, only_what_was_given, 0, 2);
    tcase_add_test(tc, nothing_outside);
    tcase_add_test(tc, more_than_a_response);
    tcase_add_test(tc, nobody_but_the_holder);
    tcase_add_test(tc, another_send_gives_nothing);
    tcase_add_test(tc, over_with_the_send);
    tcase_add_test(tc, over_when_the_sender_gives_up);
    tcase_add_test(tc, the_first_reason_counts);
    tcase_add_test(tc, what_a_kernel_looks_at);
    tcase_add_test(tc, a_full_queue_is_no_obstacle);
    tcase_add_test(tc, a_send_inside_a_procedure);
    tcase_add_test(tc, reply_with_a_segment_somewhere_else);
    tcase_add_test(tc, on_a_bad_network);
    tcase_add_test(tc, operations_as_they_travel);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}

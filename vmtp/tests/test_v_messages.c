/* SPDX-License-Identifier: BSD-2-Clause */
/* test_v_messages.c - Send, Receive, Reply, and the segments that go with them (spec/v.md sections 1 and 2.1). */
#include "support/v_net.h"
#include "wire_testing.h"

#define ME 0
#define SERVER 1

static struct v_server server;
static uint8_t memory[40000], octets[40000];

static void setup(void) {
    uint64_t random = 5;
    v_net_begin();
    random_octets(&random, octets, sizeof octets);
    memset(memory, 0xee, sizeof memory);
}

static void teardown(void) { v_net_end(); }

static int send(struct v_message *message, struct v_segment *segment) {
    return v_send(v.process[ME], message, v.pid[SERVER], segment, v_in(VMTP_SECOND));
}

static void turn_round(struct v_server *me) {
    struct v_message reply = me->message;
    reply.code = 0xabcdef;
    for (unsigned i = 0; i < 7; i++)
        reply.words[i] = ~reply.words[i];
    me->result = v_reply(v.process[me->node], &reply, me->from);
}

/* V-1-01 */
START_TEST(thirty_two_octets_each_way) {
    struct v_message m = {0x7fffff, {1, 2, 3, 4, 5, 6, 7}};
    ck_assert_uint_eq(sizeof m, 32);
    v_serve(&server, SERVER, turn_round);
    ck_assert_int_eq(send(&m, NULL), 0);
    ck_assert_uint_eq(server.from, v.pid[ME]);
    ck_assert_uint_eq(server.message.code, 0x7fffff);
    ck_assert_uint_eq(m.code, 0xabcdef);
    for (unsigned i = 0; i < 7; i++) {
        ck_assert_uint_eq(server.message.words[i], i + 1);
        ck_assert_uint_eq(m.words[i], ~(i + 1));
    }
}
END_TEST

/* ---- as it looks to a node without any of this ---- */

static struct vmtp_incoming plain;
static vmtp_entity plain_entity;

static void take_plainly(struct net_node *me) {
    struct vmtp_incoming in;
    const struct vmtp_message ok = {.code = VMTP_OK};
    while (vmtp_host_next_request(me->host, plain_entity, &in)) {
        plain = in;
        if (in.segment_size)
            memcpy(memory + 20000, in.segment, in.segment_size);
        vmtp_host_reply(me->host, &in, &ok, octets, me->served, 0); /* as many octets as the test says */
    }
}

static int send_plainly(struct v_message *m, struct v_segment *s, unsigned answer) {
    if (!plain_entity || v.node[SERVER]->serve != take_plainly) {
        ck_assert_int_eq(vmtp_host_entity(v.node[SERVER]->host, &plain_entity, NULL), 0);
        ck_assert_int_eq(vmtp_host_serve(v.node[SERVER]->host, plain_entity, 2, 16384), 0);
        v.node[SERVER]->serve = take_plainly;
    }
    v.node[SERVER]->served = answer;
    return v_send(v.process[ME], m, plain_entity, s, v_in(VMTP_SECOND));
}

/* V-1-02 V-2.1-02 */
START_TEST(without_a_segment_nothing_is_added) {
    struct v_message m = {0x123, {1, 2, 3, 4, 5, 6, 7}};
    ck_assert_int_eq(send_plainly(&m, NULL, 0), 0);
    ck_assert_uint_eq(plain.message.code, 0x123);
    for (unsigned i = 0; i < 7; i++)
        ck_assert_uint_eq(plain.message.words[i], i + 1);
    ck_assert_uint_eq(plain.segment_size, 0);
}
END_TEST

/* V-2.1-01 V-2.1-04 V-2.1-08 */
START_TEST(access_is_told_in_word_5) {
    struct v_message m = {0x123, {1, 2, 3, 4, 5, 6, 7}};
    struct v_segment s = {.memory = octets, .size = 30000, .access = V_READ, .carried = 700};
    ck_assert_int_eq(send_plainly(&m, &s, 0), 0);
    ck_assert_uint_eq(plain.message.code, 0x123 | VMTP_V_GRANT | VMTP_SDA);
    ck_assert_uint_eq(plain.message.words[4], 5);
    ck_assert_uint_eq(plain.message.words[5], 0x80000000u + 30000);
    ck_assert_uint_eq(plain.message.words[6], 700);
    ck_assert_mem_eq(memory + 20000, octets, 700);
    m = (struct v_message){0x123, {1, 2, 3, 4, 5, 6, 7}};
    s = (struct v_segment){.memory = memory, .size = 30000, .access = V_WRITE};
    ck_assert_int_eq(send_plainly(&m, &s, 0), 0);
    ck_assert_uint_eq(plain.message.code, 0x123 | VMTP_V_GRANT);
    ck_assert_uint_eq(plain.message.words[5], 0x40000000u + 30000);
    ck_assert_uint_eq(plain.large, 0);
    ck_assert_uint_eq(plain.message.words[6], 7);
}
END_TEST

/* V-2.1-05 V-2.1-06 */
START_TEST(segment_of_the_reply) {
    struct v_message m = {1, {0}};
    struct v_segment s = {.memory = memory, .size = 1000, .access = V_READ | V_WRITE};
    ck_assert_int_eq(send_plainly(&m, &s, 1000), 0);
    ck_assert_uint_eq(s.received, 1000);
    ck_assert_mem_eq(memory, octets, 1000);
    ck_assert_uint_eq(memory[1000], 0xee);

    memset(memory, 0xee, 1000);
    ck_assert_int_eq(send_plainly(&m, &s, 1001), VMTP_BAD_REPLY_SEGMENT); /* does not fit */
    ck_assert_uint_eq(memory[1000], 0xee);
    ck_assert_uint_eq(m.code, VMTP_OK);

    memset(memory, 0xee, 1000);
    m.code = 1;
    s.access = V_READ; /* was not given */
    ck_assert_int_eq(send_plainly(&m, &s, 1), VMTP_BAD_REPLY_SEGMENT);
    ck_assert_uint_eq(memory[0], 0xee);
    ck_assert_uint_eq(s.received, 0);
    m.code = 1;
    ck_assert_int_eq(send_plainly(&m, NULL, 1), VMTP_BAD_REPLY_SEGMENT);
}
END_TEST

/* ---- replies ---- */

static void reply_with_page(struct v_server *me) {
    struct v_message reply = {VMTP_OK, {7}};
    me->result = v_reply_with_segment(v.process[me->node], &reply, me->from, me->message.words[0], octets,
                                      me->message.words[1], VMTP_NEVER);
    if (me->result > 0)
        ck_assert_int_eq(v_reply(v.process[me->node], &reply, me->from), 0);
}

static int read_page(uint32_t offset, uint32_t size, struct v_segment *s) {
    struct v_message m = {1, {offset, size}};
    int r = send(&m, s);
    if (r == 0)
        ck_assert_uint_eq(m.words[0], 7);
    return r;
}

/* V-2.1-07 */
START_TEST(a_reply_is_not_idempotent) {
    struct vmtp_message m = {.server = v.pid[SERVER], .code = 1 | VMTP_V_GRANT, .words = {0, 10}};
    uint32_t size;
    m.words[5] = VMTP_V_WRITE | 10;
    v_serve(&server, SERVER, reply_with_page);
    ck_assert_int_eq(vmtp_host_call(v.node[ME]->host, &m, NULL, 0, memory, 10, &size, v_in(VMTP_SECOND)), 0);
    ck_assert_uint_eq(m.code, VMTP_OK | VMTP_SDA);
    ck_assert_mem_eq(memory, octets, 10);
}
END_TEST

/* V-2.1-05 */
START_TEST(reply_with_segment) {
    struct v_segment s = {.memory = memory, .size = 16384, .access = V_WRITE};
    v_serve(&server, SERVER, reply_with_page);
    ck_assert_int_eq(read_page(0, 16384, &s), 0);
    ck_assert_uint_eq(s.received, 16384);
    ck_assert_mem_eq(memory, octets, 16384);
    ck_assert_int_eq(read_page(0, 0, &s), 0);
    ck_assert_uint_eq(s.received, 0);
    read_page(0, 16385, &s);
    ck_assert_int_eq(server.result, VMTP_V_OUTSIDE);
    read_page(16384, 1, &s);
    ck_assert_int_eq(server.result, VMTP_V_OUTSIDE);
    read_page(UINT32_MAX, 2, &s);
    ck_assert_int_eq(server.result, VMTP_V_OUTSIDE);
    s.access = V_READ;
    read_page(0, 1, &s);
    ck_assert_int_eq(server.result, VMTP_V_NO_ACCESS);
    read_page(0, 1, NULL);
    ck_assert_int_eq(server.result, VMTP_V_NO_ACCESS);
    ck_assert_uint_eq(memory[16384], 0xee);
}
END_TEST

static void keep_waiting(struct v_server *me) { (void)me; }

START_TEST(replies_that_nobody_waits_for) {
    struct v_message m = {1, {0}};
    v_serve(&server, SERVER, keep_waiting);
    ck_assert_int_eq(v_reply(v.process[SERVER], &m, v.pid[ME]), VMTP_E_STALE);
    ck_assert_int_eq(v_send(v.process[ME], &m, v.pid[SERVER], NULL, v_in(VMTP_MILLISECOND)), VMTP_USER_TIMEOUT);
    ck_assert_uint_eq(server.count, 1);
    ck_assert_int_eq(v_send(v.process[ME], &m, v.pid[SERVER], NULL, v_in(VMTP_MILLISECOND)), VMTP_USER_TIMEOUT);
    ck_assert_uint_eq(server.count, 2); /* it takes the place of the first */
    ck_assert_int_eq(v_reply(v.process[SERVER], &m, v.pid[2]), VMTP_E_STALE);
    m.code = 0x1000000;
    ck_assert_int_eq(v_reply(v.process[SERVER], &m, v.pid[ME]), VMTP_E_INVALID);
    m.code = 0;
    ck_assert_int_eq(v_reply(v.process[SERVER], &m, v.pid[ME]), 0); /* the host cannot know that nobody listens */
    ck_assert_int_eq(v_reply(v.process[SERVER], &m, v.pid[ME]), VMTP_E_STALE);
}
END_TEST

/* Senders that give up leave places behind; no more than there are. */
START_TEST(more_senders_than_places) {
    v_process *small, *senders[20];
    struct v_process_options options = {.depth = 3, .capacity = 64};
    struct v_message m = {1, {0}};
    v_pid from;
    ck_assert_int_eq(v_process_create(&small, v.kernel[SERVER], &options), 0);
    for (unsigned i = 0; i < 20; i++) {
        ck_assert_int_eq(v_process_create(&senders[i], v.kernel[ME], NULL), i < 6 ? 0 : VMTP_E_FULL);
        if (i >= 6)
            break;
        ck_assert_int_eq(v_send(senders[i], &m, v_process_pid(small), NULL, v_in(VMTP_MILLISECOND)), VMTP_USER_TIMEOUT);
        ck_assert_int_eq(v_receive(small, &m, &from, 0), i < 3 ? 0 : VMTP_E_TIMEOUT);
    }
    v_process_destroy(small);
}
END_TEST

START_TEST(receive_what_was_carried) {
    struct v_message m = {1, {0}};
    struct v_segment s = {.memory = octets, .size = 1000, .access = V_READ, .carried = 1000};
    uint32_t size = 10;
    v_pid from;
    ck_assert_int_eq(v_receive(v.process[SERVER], &m, &from, 0), VMTP_E_TIMEOUT);
    ck_assert_int_eq(v_send(v.process[ME], &m, v.pid[SERVER], &s, v_in(VMTP_MILLISECOND)), VMTP_USER_TIMEOUT);
    ck_assert_int_eq(v_receive_with_segment(v.process[SERVER], &m, &from, memory, &size, 0), 0);
    ck_assert_uint_eq(size, 10);
    ck_assert_mem_eq(memory, octets, 10);
    ck_assert_uint_eq(memory[10], 0xee);
    ck_assert_uint_eq(v_access(v.process[SERVER], from, &size), V_READ);
    ck_assert_uint_eq(size, 1000);
    ck_assert_uint_eq(v_access(v.process[SERVER], v.pid[2], &size), 0);
    ck_assert_uint_eq(size, 0);
}
END_TEST

START_TEST(what_v_send_refuses) {
    static const struct v_segment bad[] = {
        {.memory = memory, .size = 1},
        {.memory = memory, .size = 1, .access = 1},
        {.memory = memory, .size = 0x40000000, .access = V_READ},
        {.size = 1, .access = V_READ},
        {.memory = memory, .size = 10, .access = V_READ, .carried = 11},
        {.memory = memory, .size = 20000, .access = V_READ, .carried = 16385},
        {.memory = memory, .size = 10, .access = V_WRITE, .carried = 1},
    };
    struct v_message m = {1, {0}};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct v_segment s = bad[i];
        ck_assert_int_eq(send(&m, &s), VMTP_E_INVALID);
    }
    m.code = 0x800000;
    ck_assert_int_eq(send(&m, NULL), VMTP_E_INVALID);
}
END_TEST

/* V-2.1-03 */
START_TEST(a_group_is_given_no_access) {
    struct v_message m = {1, {0}};
    struct v_segment s = {.memory = memory, .size = 1, .access = V_WRITE};
    v_pid group = 0x6000000000001200u;
    ck_assert_int_eq(v_send(v.process[ME], &m, group, &s, v_in(VMTP_SECOND)), VMTP_E_INVALID);
}
END_TEST

START_TEST(a_datagram_is_received_and_has_no_reply) {
    struct vmtp_message d = {.server = v.pid[SERVER], .code = 5 | VMTP_DGM};
    struct v_message m;
    v_pid from = 0;
    ck_assert_int_eq(vmtp_host_call(v.node[ME]->host, &d, NULL, 0, NULL, 0, NULL, v_in(VMTP_SECOND)), 0);
    net_run(&v.net, VMTP_MILLISECOND);
    ck_assert_int_eq(v_receive(v.process[SERVER], &m, &from, 0), 0);
    ck_assert_uint_eq(m.code, 5);
    ck_assert_int_eq(v_reply(v.process[SERVER], &m, from), VMTP_E_STALE);
}
END_TEST

/* Two processes of one program: no frame. */
static v_process *other;
static void serve_other(struct net_node *me) {
    struct v_message m;
    v_pid from;
    (void)me;
    while (v_receive(other, &m, &from, 0) == 0) {
        m.words[0]++;
        ck_assert_int_eq(v_reply_with_segment(other, &m, from, 5, octets, 10, VMTP_NEVER), 0);
    }
}

START_TEST(processes_of_one_host) {
    struct v_message m = {1, {41}};
    struct v_segment s = {.memory = memory, .size = 20, .access = V_WRITE};
    ck_assert_int_eq(v_process_create(&other, v.kernel[ME], NULL), 0);
    v.node[ME]->idle = serve_other;
    uint64_t frames = vmtp_counter(vmtp_host_engine(v.node[ME]->host), VMTP_COUNT_PACKETS_OUT);
    ck_assert_int_eq(v_send(v.process[ME], &m, v_process_pid(other), &s, v_in(VMTP_SECOND)), 0);
    ck_assert_uint_eq(m.words[0], 42);
    ck_assert_mem_eq(memory + 5, octets, 10);
    ck_assert_uint_eq(memory[4], 0xee);
    ck_assert_uint_eq(memory[15], 0xee);
    ck_assert_uint_eq(vmtp_counter(vmtp_host_engine(v.node[ME]->host), VMTP_COUNT_PACKETS_OUT), frames);
    v.node[ME]->idle = NULL;
}
END_TEST

START_TEST(one_kernel_for_a_host) {
    v_kernel *second;
    ck_assert_int_eq(v_kernel_open(&second, v.node[ME]->host), VMTP_E_EXISTS);
    v_kernel_close(v.kernel[ME]);
    ck_assert_int_eq(v_kernel_open(&v.kernel[ME], v.node[ME]->host), 0);
    ck_assert_ptr_eq(v_kernel_host(v.kernel[ME]), v.node[ME]->host);
    v_kernel_close(NULL);
    v_process_destroy(NULL);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("V messages");
    TCase *tc = tcase_create("messages");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, thirty_two_octets_each_way);
    tcase_add_test(tc, without_a_segment_nothing_is_added);
    tcase_add_test(tc, access_is_told_in_word_5);
    tcase_add_test(tc, segment_of_the_reply);
    tcase_add_test(tc, a_reply_is_not_idempotent);
    tcase_add_test(tc, reply_with_segment);
    tcase_add_test(tc, replies_that_nobody_waits_for);
    tcase_add_test(tc, more_senders_than_places);
    tcase_add_test(tc, receive_what_was_carried);
    tcase_add_test(tc, what_v_send_refuses);
    tcase_add_test(tc, a_group_is_given_no_access);
    tcase_add_test(tc, a_datagram_is_received_and_has_no_reply);
    tcase_add_test(tc, processes_of_one_host);
    tcase_add_test(tc, one_kernel_for_a_host);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}

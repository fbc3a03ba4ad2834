/* SPDX-License-Identifier: BSD-2-Clause */
/* Hosts in an event loop: turns, deadlines, events; ports that have no room or fail. */
#include <check.h>
#include <suite.h>
#include <stdlib.h>

#include "support/host_net.h"
#include "support/odd_port.h"

static struct net net;
static struct net_node *client, *server;
static struct odd_port odd; /* the client's */

static void setup(void) {
    struct vmtp_host_config config;
    char error[256];
    net_begin(&net, 3);
    net_config(&net, &config, 0);
    odd_port_init(&odd, config.port, -1);
    config.port = &odd.port;
    ck_assert_int_eq(net_open_with(&net, 0, &config, error, sizeof error), 0);
    client = &net.nodes[0];
    server = net_open(&net, 1);
    net_serve(server, 3, 16384);
    server->serve = net_echo;
}

static void teardown(void) {
    net_end(&net);
    ck_assert_uint_eq(odd.closed, 1);
}

static vmtp_time now(void) { return vmtp_sim_now(net.sim); }

static int call(void) {
    struct vmtp_message m = {.server = server->entity};
    return vmtp_host_call(client->host, &m, NULL, 0, NULL, 0, NULL, now() + VMTP_SECOND);
}

static uint64_t count(enum vmtp_counter which) { return vmtp_counter(vmtp_host_engine(client->host), which); }

START_TEST(nothing_to_do) {
    ck_assert_int_eq(vmtp_host_turn(client->host), 0);
    ck_assert_uint_gt(vmtp_host_deadline(client->host), now());
    ck_assert_int_eq(net_event(client, NULL), 0);
    ck_assert_int_eq(vmtp_host_fd(client->host), -1);
    ck_assert_uint_ne(vmtp_host_manager(client->host), 0);
    ck_assert_ptr_eq(vmtp_host_port(client->host), &odd.port);
}
END_TEST

START_TEST(a_started_call_makes_the_deadline_now) {
    struct vmtp_event event;
    ck_assert_int_eq(call(), 0);
    net_start(client, server->entity, NULL, 0, 5);
    ck_assert_uint_le(vmtp_host_deadline(client->host), now());
    ck_assert_int_eq(vmtp_host_turn(client->host), 0);
    ck_assert_uint_gt(vmtp_host_deadline(client->host), now());
    client->busy = 1; /* this test turns it */
    net_run(&net, VMTP_MILLISECOND);
    client->busy = 0;
    ck_assert_int_eq(vmtp_host_turn(client->host), 1);
    ck_assert_int_eq(net_event(client, &event), VMTP_EV_COMPLETE);
    ck_assert_uint_eq(event.cookie, 5);
    ck_assert_int_eq(vmtp_host_turn(client->host), 0);
}
END_TEST

START_TEST(events_of_others_survive_a_blocking_call) {
    struct vmtp_event event;
    uint64_t cookies = 0;
    net_start(client, server->entity, NULL, 0, 5);
    net_start(client, server->entity, NULL, 0, 6);
    ck_assert_int_eq(call(), 0);
    net_run(&net, VMTP_MILLISECOND);
    for (int i = 0; i < 2; i++) { /* in whatever order */
        ck_assert_int_eq(net_event(client, &event), VMTP_EV_COMPLETE);
        ck_assert_uint_eq(event.result, 0);
        cookies |= 1u << event.cookie;
    }
    ck_assert_uint_eq(cookies, 1u << 5 | 1u << 6);
    ck_assert_int_eq(net_event(client, NULL), 0);
}
END_TEST

START_TEST(no_room_in_the_port) {
    ck_assert_int_eq(call(), 0);
    odd_port_plan(&odd, 0);
    odd_port_plan(&odd, 0);
    vmtp_time before = now();
    uint64_t retransmits = count(VMTP_COUNT_REQUEST_RETRANSMITS);
    ck_assert_int_eq(call(), 0);
    /* tried again a millisecond later, twice, and no attempt of the protocol was lost */
    ck_assert_uint_ge(now() - before, 2 * VMTP_MILLISECOND);
    ck_assert_uint_lt(now() - before, 3 * VMTP_MILLISECOND);
    ck_assert_uint_eq(count(VMTP_COUNT_REQUEST_RETRANSMITS), retransmits);
    ck_assert_uint_eq(count(VMTP_COUNT_PACKETS_LOST), 0);
}
END_TEST

START_TEST(no_room_in_a_loop) {
    ck_assert_int_eq(call(), 0);
    odd_port_plan(&odd, 0);
    net_start(client, server->entity, NULL, 0, 5);
    unsigned sends = odd.sends;
    ck_assert_int_eq(vmtp_host_turn(client->host), 0);
    ck_assert_uint_eq(vmtp_host_deadline(client->host), now() + VMTP_MILLISECOND);
    ck_assert_int_eq(vmtp_host_turn(client->host), 0); /* too early: the port is left alone */
    ck_assert_uint_eq(odd.sends, sends + 1);
    net_run(&net, 2 * VMTP_MILLISECOND);
    ck_assert_int_eq(net_event(client, NULL), VMTP_EV_COMPLETE);
}
END_TEST

START_TEST(room_for_some) {
    static char segment[16384], answer[16384];
    struct vmtp_message m = {.server = server->entity};
    uint32_t received;
    ck_assert_int_eq(call(), 0);
    memset(segment, 's', sizeof segment);
    odd_port_plan(&odd, 3);
    odd_port_plan(&odd, 0);
    unsigned frames = odd.frames;
    int r = vmtp_host_call(client->host, &m, segment, sizeof segment, answer, sizeof answer, &received,
                           now() + VMTP_SECOND);
    ck_assert_int_eq(r, 0);
    ck_assert_uint_eq(received, sizeof answer);
    ck_assert_mem_eq(segment, answer, sizeof answer);
    ck_assert_uint_eq(odd.frames - frames, 16); /* 2 blocks a frame; none twice */
}
END_TEST

START_TEST(packet_that_the_port_cannot_send) {
    ck_assert_int_eq(call(), 0);
    odd_port_plan(&odd, VMTP_E_TOO_LARGE);
    ck_assert_int_eq(call(), 0); /* like a loss: the retransmission gets through */
    ck_assert_uint_eq(count(VMTP_COUNT_PACKETS_LOST), 1);
}
END_TEST

START_TEST(interface_goes_down_while_sending) {
    struct vmtp_usage usage;
    ck_assert_int_eq(call(), 0);
    odd_port_plan(&odd, VMTP_E_DOWN);
    ck_assert_int_eq(call(), VMTP_E_DOWN);
    vmtp_usage(vmtp_host_engine(client->host), &usage);
    ck_assert_uint_eq(usage.calls, 0);
    ck_assert_int_eq(call(), 0); /* up again */
}
END_TEST

static void much_later(void) {
    net.nodes[2].busy = 0;
    net_run(&net, 300 * VMTP_MILLISECOND);
}

/* Between a look and the clock the host does not run for longer than TC1, and the Response comes meanwhile: it is not asked for again. */
START_TEST(not_run_for_a_while) {
    struct net_node *late = net_open(&net, 2);
    net_serve(late, 3, 16384);
    late->serve = net_echo;
    struct vmtp_message m = {.server = late->entity};
    ck_assert_int_eq(call(), 0);
    ck_assert_int_eq(vmtp_host_call(client->host, &m, NULL, 0, NULL, 0, NULL, now() + VMTP_SECOND), 0);
    uint64_t retransmits = count(VMTP_COUNT_REQUEST_RETRANSMITS);
    client->busy = late->busy = 1;
    net_start(client, server->entity, NULL, 0, 1);
    net_start(client, late->entity, NULL, 0, 2);
    vmtp_host_turn(client->host);
    odd.received = much_later; /* when the Response of the one is taken */
    net_run(&net, VMTP_MILLISECOND);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(vmtp_host_turn(client->host), 1); /* there are events, at least */
    ck_assert(!odd.received);
    ck_assert_uint_eq(count(VMTP_COUNT_REQUEST_RETRANSMITS), retransmits);
    for (unsigned i = 1; i <= 2; i++) {
        struct vmtp_event event;
        ck_assert_int_eq(net_event(client, &event), VMTP_EV_COMPLETE);
        ck_assert_int_eq(event.result, 0);
        ck_assert_uint_eq(event.cookie, i);
    }
}
END_TEST

START_TEST(interface_goes_down_while_receiving) {
    struct vmtp_incoming in;
    ck_assert_int_eq(call(), 0);
    odd.recv_result = VMTP_E_DOWN;
    ck_assert_int_eq(call(), VMTP_E_DOWN);
    ck_assert_int_eq(vmtp_host_turn(client->host), VMTP_E_DOWN);
    ck_assert_int_eq(vmtp_host_receive(client->host, 0, &in, VMTP_NEVER), VMTP_E_DOWN);
    odd.recv_result = 0;
    ck_assert_int_eq(call(), 0);
}
END_TEST

/* A reply cannot say that the port failed: it is told by what comes next. */
START_TEST(interface_goes_down_while_replying) {
    const struct vmtp_message ok = {.code = VMTP_OK};
    struct vmtp_incoming in;
    vmtp_entity id;
    ck_assert_int_eq(vmtp_host_entity(client->host, &id, NULL), 0);
    ck_assert_int_eq(vmtp_host_serve(client->host, id, 1, 0), 0);
    net_start(server, id, NULL, 0, 1);
    net_run(&net, VMTP_MILLISECOND);
    ck_assert_int_eq(vmtp_host_next_request(client->host, id + 1, &in), 0);
    ck_assert_int_eq(vmtp_host_next_request(client->host, id, &in), 1);
    ck_assert_int_eq(vmtp_host_next_request(client->host, id, &in), 0);
    odd_port_plan(&odd, VMTP_E_DOWN);
    vmtp_host_reply(client->host, &in, &ok, NULL, 0, 0);
    ck_assert_int_eq(vmtp_host_receive(client->host, 0, &in, 0), VMTP_E_DOWN);
    ck_assert_int_eq(vmtp_host_receive(client->host, 0, &in, 0), VMTP_E_TIMEOUT);
}
END_TEST

/* A program that never takes its events is told so before it could hang. */
START_TEST(events_never_taken) {
    int r = 0;
    unsigned calls = 0;
    while (r == 0 && calls < 100000) {
        struct vmtp_request request = {
            .message = {.server = server->entity, .code = VMTP_DGM}, .deadline = VMTP_NEVER, .cookie = calls};
        vmtp_handle handle;
        ck_assert_int_eq(vmtp_host_borrow_entity(client->host, &request.client), 0);
        ck_assert_int_eq(vmtp_call(vmtp_host_engine(client->host), &handle, &request, now()), 0);
        calls++;
        r = call();
        vmtp_host_return_entity(client->host, request.client);
    }
    ck_assert_int_eq(r, VMTP_E_FULL);
    struct vmtp_incoming in;
    ck_assert_int_eq(vmtp_host_receive(client->host, 0, &in, VMTP_NEVER), VMTP_E_FULL);
    struct vmtp_event event;
    net_run(&net, VMTP_MILLISECOND);       /* a loop goes on */
    for (unsigned i = 0; i < calls; i++) { /* none is lost, in order */
        ck_assert_int_eq(net_event(client, &event), VMTP_EV_COMPLETE);
        ck_assert_uint_eq(event.cookie, i);
    }
    ck_assert_int_eq(net_event(client, NULL), 0);
    ck_assert_int_eq(call(), 0);
}
END_TEST

/* An entity of node, made from the wire by the client. */
static vmtp_entity create_remotely(struct net_node *node) {
    struct vmtp_message m = {.server = vmtp_host_manager(node->host), .code = VMTP_CREATE_ENTITY};
    ck_assert_int_eq(vmtp_host_call(client->host, &m, NULL, 0, NULL, 0, NULL, now() + VMTP_SECOND), 0);
    ck_assert_uint_eq(m.code & VMTP_CODE_MASK, VMTP_OK);
    return vmtp_message_coresident(&m); /* where the identifier is in this Response */
}

static void delete_remotely(struct net_node *node, vmtp_entity id) {
    struct vmtp_message m = {.server = vmtp_host_manager(node->host), .code = VMTP_DELETE_ENTITY};
    vmtp_message_set_coresident(&m, id);
    ck_assert_int_eq(vmtp_host_call(client->host, &m, NULL, 0, NULL, 0, NULL, now() + VMTP_SECOND), 0);
    ck_assert_uint_eq(m.code & VMTP_CODE_MASK, VMTP_OK);
}

/* Made and deleted before the application took notice: not worth an event, or a host that blocks could be filled up. */
START_TEST(entities_come_and_go) {
    struct vmtp_host_config config;
    struct vmtp_event event;
    char error[256];
    net_config(&net, &config, 2);
    config.engine.remote_management = 1;
    ck_assert_int_eq(net_open_with(&net, 2, &config, error, sizeof error), 0);
    struct net_node *node = &net.nodes[2];
    for (unsigned i = 0; i < 50; i++)
        delete_remotely(node, create_remotely(node));
    vmtp_entity kept = create_remotely(node);
    delete_remotely(node, create_remotely(node));
    ck_assert_int_eq(net_event(node, &event), VMTP_EV_ENTITY_CREATED);
    ck_assert_uint_eq(event.entity, kept);
    ck_assert_int_eq(net_event(node, NULL), 0);
    delete_remotely(node, kept);
    ck_assert_int_eq(net_event(node, &event), VMTP_EV_ENTITY_DELETED); /* its creation had been seen */
    ck_assert_uint_eq(event.entity, kept);
    ck_assert_int_eq(net_event(node, NULL), 0);
}
END_TEST

static int signal_entity(vmtp_entity whom, uint32_t argument) {
    struct vmtp_message m = {.server = VMTP_MANAGER_GROUP, .code = VMTP_SIGNAL_ENTITY};
    vmtp_message_set_coresident(&m, whom);
    m.words[2] = argument;
    int r = vmtp_host_call(client->host, &m, NULL, 0, NULL, 0, NULL, now() + VMTP_SECOND);
    ck_assert_int_eq(r, 0);
    return (int)(m.code & VMTP_CODE_MASK);
}

/* A signal is an event; one that nobody has taken gives way to the next.  VMTP-10.12-02 */
START_TEST(signals_come_as_events) {
    const struct vmtp_entity_options options = {.flags = VMTP_ENTITY_SIGNALS};
    struct vmtp_event event;
    vmtp_entity id;
    ck_assert_int_eq(vmtp_host_entity(server->host, &id, &options), 0);
    for (uint32_t i = 1; i <= 3; i++)
        ck_assert_int_eq(signal_entity(id, i), VMTP_OK);
    net_run(&net, VMTP_MILLISECOND);
    ck_assert_int_eq(net_event(server, &event), VMTP_EV_SIGNAL);
    ck_assert_uint_eq(event.entity, id);
    ck_assert_uint_eq(event.number, 3);
    ck_assert_int_eq(net_event(server, &event), 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("host loop");
    TCase *tc = tcase_create("loop");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, nothing_to_do);
    tcase_add_test(tc, a_started_call_makes_the_deadline_now);
    tcase_add_test(tc, events_of_others_survive_a_blocking_call);
    tcase_add_test(tc, not_run_for_a_while);
    tcase_add_test(tc, no_room_in_the_port);
    tcase_add_test(tc, no_room_in_a_loop);
    tcase_add_test(tc, room_for_some);
    tcase_add_test(tc, packet_that_the_port_cannot_send);
    tcase_add_test(tc, interface_goes_down_while_sending);
    tcase_add_test(tc, interface_goes_down_while_receiving);
    tcase_add_test(tc, interface_goes_down_while_replying);
    tcase_add_test(tc, events_never_taken);
    tcase_add_test(tc, entities_come_and_go);
    tcase_add_test(tc, signals_come_as_events);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}

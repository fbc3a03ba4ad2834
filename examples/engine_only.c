/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine_only - two engines in one program, joined by memcpy, in time that the program makes up.
 *
 * The engine needs nothing else: no socket, no clock, no thread.  This is the way in for other operating systems, other
 * networks, and tests.  It makes one call, prints every packet and ends with 0 when the answer is right.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vmtp/engine.h>

struct node {
    const char *name;
    uint8_t mac[6];
    void *memory;
    vmtp_engine *engine;
};

static vmtp_time now = VMTP_SECOND;

/* A real program asks its operating system; here every run shall be the same. */
static void random_octets(void *context, void *out, size_t size) {
    uint32_t *state = context;
    uint8_t *octets = out;
    for (size_t i = 0; i < size; i++) {
        *state = *state * 1664525u + 1013904223u;
        octets[i] = (uint8_t)(*state >> 24);
    }
}

static void make_node(struct node *node, const char *name, uint8_t number, uint32_t *random_state) {
    struct vmtp_config config;
    node->name = name;
    memcpy(node->mac, (uint8_t[6]){2, 0, 0, 0, 0, number}, 6);
    vmtp_config_init(&config);
    memcpy(config.mac, node->mac, 6);
    config.random = random_octets;
    config.random_context = random_state;
    size_t size = vmtp_engine_footprint(&config);
    node->memory = aligned_alloc(64, (size + 63) / 64 * 64);
    if (!node->memory || vmtp_engine_create(&node->engine, &config, node->memory, size, now) < 0)
        abort();
}

/* Carries every packet that from wants to send to to: the whole network. */
static int carry(struct node *from, struct node *to) {
    static uint8_t packet[VMTP_MAX_PACKET];
    struct vmtp_tx tx;
    int count = 0;
    while (vmtp_output(from->engine, &tx, now) > 0) {
        struct vmtp_rx rx = {.packet = packet, .length = (uint32_t)vmtp_tx_gather(&tx, packet)};
        struct vmtp_view view;
        char line[512];
        memcpy(rx.src, from->mac, 6);
        memcpy(rx.dst, tx.dst, 6);
        vmtp_view_init(&view, packet, rx.length);
        vmtp_packet_describe(line, sizeof line, &view);
        printf("%10.6f ms  %s -> %s  %s\n", (double)(now - VMTP_SECOND) / 1e6, from->name, to->name, line);
        vmtp_tx_result(from->engine, &tx, VMTP_TX_SENT, now);
        now += 5 * VMTP_MICROSECOND;
        if ((tx.dst[0] & 1) || memcmp(tx.dst, to->mac, 6) == 0)
            vmtp_input(to->engine, &rx, now);
        count++;
    }
    return count;
}

/* Lets both work until neither has a packet, then moves time to the next deadline. */
static void step(struct node *a, struct node *b) {
    int carried = carry(a, b);
    carried += carry(b, a);
    if (carried)
        return;
    vmtp_time da = vmtp_deadline(a->engine), db = vmtp_deadline(b->engine);
    vmtp_time next = da < db ? da : db;
    if (next == VMTP_NEVER)
        abort(); /* nothing would ever happen again */
    if (next > now)
        now = next;
    vmtp_expire(a->engine, now);
    vmtp_expire(b->engine, now);
}

/* The server's side of it: turn the segment round. */
static void serve(struct node *node) {
    static char answer[64];
    struct vmtp_event event;
    while (vmtp_next_event(node->engine, &event)) {
        if (event.type != VMTP_EV_REQUEST)
            continue;
        const char *question = event.segment;
        for (uint32_t i = 0; i < event.segment_size; i++)
            answer[i] = question[event.segment_size - 1 - i];
        struct vmtp_reply reply = {.message.code = VMTP_OK, .segment = answer, .segment_size = event.segment_size};
        vmtp_reply(node->engine, event.handle, &reply, now);
    }
}

/* The client's side: 1 when the call is over. */
static int finished(struct node *node, struct vmtp_event *event) {
    while (vmtp_next_event(node->engine, event))
        if (event->type == VMTP_EV_COMPLETE)
            return 1;
    return 0;
}

int main(void) {
    static char area[64], response[64];
    uint32_t random_state = 1045;
    struct node client, server;
    struct vmtp_event event;
    make_node(&client, "client", 1, &random_state);
    make_node(&server, "server", 2, &random_state);

    /* Both find identifiers that nobody else has. */
    while (!vmtp_engine_ready(client.engine) || !vmtp_engine_ready(server.engine))
        step(&client, &server);

    struct vmtp_request request = {.segment = "stressed", .segment_size = 8, .deadline = VMTP_NEVER};
    request.response_area = response;
    request.response_size = sizeof response;
    vmtp_handle handle;
    if (vmtp_entity_create(server.engine, &request.message.server, NULL, now) < 0 ||
        vmtp_entity_create(client.engine, &request.client, NULL, now) < 0 ||
        vmtp_accept(server.engine, request.message.server, area, sizeof area, 0) < 0 ||
        vmtp_call(client.engine, &handle, &request, now) < 0)
        return 1;

    while (!finished(&client, &event)) {
        step(&client, &server);
        serve(&server);
    }
    printf("%s -> %.*s\n", "stressed", (int)event.segment_size, response);
    int right = event.result == VMTP_OK && event.segment_size == 8 && memcmp(response, "desserts", 8) == 0;
    free(client.memory);
    free(server.memory);
    return right ? 0 : 1;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_null_call - two hosts joined in memory: what vmtp_host_call, vmtp_host_receive and vmtp_host_reply
 * cost without the kernel.
 *
 * One process and one thread: when the client's host looks for packets, the server gets its turn. So the
 * server's part lies inside the client's. callgrind's --toggle-collect=server_part counts the former alone;
 * with --toggle-collect=client_part besides, it counts the latter without the former. bench/instructions does
 * that.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vmtp/host.h>

#include "lab/options.h"

#define INBOX 64u

struct wire_port {
    vmtp_port port;
    struct wire_port *peer;
    struct {
        uint32_t length;
        uint8_t octets[1600];
    } inbox[INBOX];
    struct vmtp_rx rx[INBOX];
    unsigned arrived;
    void (*before_looking)(void);
};

static struct wire_port ports[2];
static vmtp_host *client, *server;
static vmtp_entity entity;
static int serving;

static _Noreturn void fail(const char *what, int result) {
    fprintf(stderr, "bench: %s: %s\n", what, result < 0 ? vmtp_error_text(result) : "unexpected");
    exit(3);
}

/* ---- the port ------------------------------------------------------------------------------------------------ */

static int wire_recv(vmtp_port *port, struct vmtp_rx *rx, unsigned max) {
    struct wire_port *p = (struct wire_port *)port;
    if (p->before_looking)
        p->before_looking();
    unsigned n = p->arrived < max ? p->arrived : max;
    memcpy(rx, p->rx, n * sizeof *rx);
    p->arrived = 0;
    return (int)n;
}

static void wire_release(vmtp_port *port) { (void)port; }

static int wire_send(vmtp_port *port, const struct vmtp_tx *const *tx, unsigned count) {
    const struct wire_port *p = (const struct wire_port *)port;
    struct wire_port *to = p->peer;
    unsigned i = 0;
    for (; i < count && to->arrived < INBOX; i++) {
        unsigned at = to->arrived++;
        uint32_t length = (uint32_t)vmtp_tx_gather(tx[i], to->inbox[at].octets);
        to->rx[at] = (struct vmtp_rx){.packet = to->inbox[at].octets, .length = length};
        memcpy(to->rx[at].dst, tx[i]->dst, 6);
        memcpy(to->rx[at].src, port->info.mac, 6);
    }
    return (int)i;
}

static int wire_wait(vmtp_port *port, vmtp_time timeout) {
    (void)port, (void)timeout;
    return VMTP_E_UNSUPPORTED;
}

static int wire_group(vmtp_port *port, const uint8_t mac[6], int join) {
    (void)port, (void)mac, (void)join;
    return 0;
}

static void wire_stats(const vmtp_port *port, struct vmtp_port_stats *out) {
    (void)port;
    memset(out, 0, sizeof *out);
}

static void wire_close(vmtp_port *port) { (void)port; }

static const struct vmtp_port_ops wire_ops = {.recv = wire_recv,
                                              .release = wire_release,
                                              .send = wire_send,
                                              .wait = wire_wait,
                                              .group = wire_group,
                                              .stats = wire_stats,
                                              .close = wire_close};

/* ---- the hosts ----------------------------------------------------------------------------------------------- */

static vmtp_host *open_host(unsigned number) {
    struct wire_port *p = &ports[number];
    struct vmtp_host_config config;
    vmtp_host *host;
    char error[160] = "";
    p->port.ops = &wire_ops;
    p->port.info = (struct vmtp_port_info){
        .mac = {2, 0, 0, 0, 0, (uint8_t)(1 + number)}, .mtu = 1500, .link_mbps = 10000, .fd = -1};
    p->peer = &ports[1 - number];
    vmtp_host_config_init(&config);
    config.port = &p->port;
    config.engine.block = (vmtp_entity)(1 + number) << 16;
    int result = vmtp_host_open(&host, &config, error, sizeof error);
    if (result != 0)
        fail(error, result);
    return host;
}

/* One Request, if there is one.  Always called through a pointer, so that it keeps its name. */
__attribute__((noinline)) static void server_part(void) {
    struct vmtp_incoming in;
    int result = vmtp_host_receive(server, entity, &in, 0);
    if (result == VMTP_E_TIMEOUT)
        return;
    struct vmtp_message answer = {.code = VMTP_OK};
    if (result == 0)
        result = vmtp_host_reply(server, &in, &answer, NULL, 0, 0);
    if (result != 0)
        fail("server", result);
}

/* The client looks again and again; the server works only when there is something for it. */
static void (*volatile serve)(void) = server_part;
static void give_turn(void) {
    if (serving || ports[1].arrived == 0)
        return;
    serving = 1;
    serve();
    serving = 0;
}

__attribute__((noinline)) static void client_part(void) {
    struct vmtp_message message = {.server = entity};
    int result = vmtp_host_call(client, &message, NULL, 0, NULL, 0, NULL, VMTP_NEVER);
    if (result != 0)
        fail("vmtp_host_call", result);
}
static void (*volatile call)(void) = client_part;

int main(int argc, char **argv) {
    size_t count = 100000;
    if (argc != 1 &&
        !(argc == 3 && strcmp(argv[1], "--count") == 0 && option_number(argv[2], "--count", 1, 100000000, &count))) {
        fprintf(stderr, "usage: bench_null_call [--count N]\n");
        return 2;
    }
    client = open_host(0);
    server = open_host(1);
    int result = vmtp_host_entity(server, &entity, NULL);
    if (result == 0)
        result = vmtp_host_serve(server, entity, 4, 0);
    if (result != 0)
        fail("vmtp_host_serve", result);
    ports[0].before_looking = give_turn;
    uint64_t begin = lab_now();
    for (size_t i = 0; i < count; i++)
        call();
    printf("%zu transactions, %.1f ns each, both sides\n", count, (double)(lab_now() - begin) / (double)count);
    vmtp_host_close(client);
    vmtp_host_close(server);
    return 0;
}

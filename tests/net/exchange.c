/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * exchange.c - packets to and fro through ports alone, without an engine: for tests of what is below it.
 *
 *   exchange echo INTERFACE                    sends every packet back, until ended; prints "ready"
 *   exchange burst INTERFACE MAC COUNT [FILE]  sends COUNT packets to MAC, counts what comes back, prints "sent N received N
 *                                              different N"; captures into FILE
 *
 * What comes back has come when a packet sent after it has, as a cable keeps the order.  One that delays some does not: each of three such packets
 * is sent a while after the one before came back, so the second pushes out what was delayed there, and the third what was on the way back.
 */
#include <vmtp/port.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARKS 3u
#define MARK_CLIENT 0x3000u /* of the packets that are sent after all others */
#define MARK_TRIES 1000u    /* it may be lost */
#define MARK_PAUSE (10 * VMTP_MILLISECOND)
/* So many are sent at once, to stay clear of what a receive ring holds while its owner is not running. */
#define WAVE 100u
#define WAVE_QUIET (20 * VMTP_MILLISECOND)
#define COUNT_MOST 100000u

static vmtp_port *open_port(const char *name) {
    char error[300];
    vmtp_port *port;
    if (vmtp_packet_open(&port, name, NULL, error, sizeof error)) {
        fprintf(stderr, "exchange: %s\n", error);
        exit(1);
    }
    return port;
}

static void send_one(vmtp_port *port, const struct vmtp_tx *tx) {
    int taken = vmtp_port_send(port, &tx, 1);
    while (taken == 0) {
        vmtp_port_wait(port, VMTP_MILLISECOND);
        taken = vmtp_port_send(port, &tx, 1);
    }
    if (taken < 0) {
        fprintf(stderr, "exchange: send: %s\n", vmtp_error_text(taken));
        exit(1);
    }
}

/* The packet as it came, back to where it came from. */
static void send_back(vmtp_port *port, const struct vmtp_rx *rx) {
    struct vmtp_tx tx = {.trailer_octets = VMTP_CHECKSUM_OCTETS, .slice_count = 1};
    if (rx->length < VMTP_MIN_PACKET)
        return;
    memcpy(tx.dst, rx->src, 6);
    memcpy(tx.header, rx->packet, VMTP_HEADER_OCTETS);
    tx.slices[0].octets = rx->packet + VMTP_HEADER_OCTETS;
    tx.slices[0].length = rx->length - VMTP_MIN_PACKET;
    memcpy(tx.trailer, rx->packet + rx->length - VMTP_CHECKSUM_OCTETS, VMTP_CHECKSUM_OCTETS);
    send_one(port, &tx);
}

static int echo(vmtp_port *port) {
    struct vmtp_rx rx[32];
    puts("ready");
    fflush(stdout);
    for (;;) {
        int count = vmtp_port_recv(port, rx, 32);
        for (int i = 0; i < count; i++)
            send_back(port, &rx[i]);
        vmtp_port_release(port);
        if (count < 0 || (count == 0 && vmtp_port_wait(port, VMTP_NEVER) < 0))
            return 1;
    }
}

/* A well-formed Request with n as its Transaction and some data. */
static void make(struct vmtp_tx *tx, const uint8_t to[6], vmtp_entity client, uint32_t n) {
    static const uint8_t data[VMTP_BLOCK_OCTETS * 2];
    uint32_t octets = n % 3 * VMTP_BLOCK_OCTETS;
    struct vmtp_header header = {
        .client = client, .server = 0x2000u, .domain = 3, .transaction = n, .length = (uint16_t)(octets / 4)};
    header.delivery = octets ? (1u << octets / VMTP_BLOCK_OCTETS) - 1 : 0;
    header.code = octets ? VMTP_SDA : 0;
    header.words[6] = octets;
    *tx = (struct vmtp_tx){.trailer_octets = VMTP_CHECKSUM_OCTETS, .slice_count = octets != 0};
    memcpy(tx->dst, to, 6);
    vmtp_header_encode(tx->header, &header);
    tx->slices[0] = (struct vmtp_slice){data, octets};
    struct vmtp_sum sum;
    vmtp_sum_init(&sum);
    vmtp_sum_add(&sum, tx->header, VMTP_HEADER_OCTETS);
    vmtp_sum_add(&sum, data, octets);
    vmtp_store32(tx->trailer, vmtp_sum_finish(&sum));
}

static uint32_t received, different, marks;

static void count_arrivals(vmtp_port *port, uint8_t *seen, uint32_t count) {
    struct vmtp_rx rx[32];
    for (int got; (got = vmtp_port_recv(port, rx, 32)) > 0; vmtp_port_release(port)) {
        for (int i = 0; i < got; i++) {
            struct vmtp_view view;
            if (vmtp_view_init(&view, rx[i].packet, rx[i].length) != VMTP_PACKET_OK ||
                vmtp_view_verify(&view, NULL) != VMTP_PACKET_OK) {
                fputs("exchange: a packet came back damaged\n", stderr);
                exit(1);
            }
            uint32_t n = vmtp_get_transaction(view.header);
            if (vmtp_get_client(view.header) == MARK_CLIENT) {
                marks |= 1u << n;
                continue;
            }
            received++;
            different += n < count && !seen[n]++;
        }
    }
}

/* Until all that is on the way has come. */
static void settle(vmtp_port *port, const uint8_t to[6], uint8_t *seen, uint32_t count) {
    for (uint32_t mark = 0; mark < MARKS; mark++)
        for (uint32_t tries = 0; tries == 0 || !(marks >> mark & 1); tries++) {
            struct vmtp_tx tx;
            if (tries == MARK_TRIES) {
                fputs("exchange: nothing comes back\n", stderr);
                exit(1);
            }
            make(&tx, to, MARK_CLIENT, mark);
            send_one(port, &tx);
            while (vmtp_port_wait(port, MARK_PAUSE) == 1)
                count_arrivals(port, seen, count);
        }
}

static int burst(vmtp_port *port, const char *mac, uint32_t count) {
    uint8_t to[6], *seen = calloc(count, 1);
    if (!seen || sscanf(mac, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", to, to + 1, to + 2, to + 3, to + 4, to + 5) != 6) {
        fprintf(stderr, "exchange: '%s' is not a MAC address\n", mac);
        return 2;
    }
    for (uint32_t n = 0; n < count; n++) {
        struct vmtp_tx tx;
        make(&tx, to, 0x1000u, n);
        send_one(port, &tx);
        count_arrivals(port, seen, count);
        while (n % WAVE == 0 && vmtp_port_wait(port, WAVE_QUIET) == 1)
            count_arrivals(port, seen, count);
    }
    settle(port, to, seen, count);
    printf("sent %u received %u different %u\n", count, received, different);
    free(seen);
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "echo") == 0) {
        vmtp_port *port = open_port(argv[2]);
        int status = echo(port);
        vmtp_port_close(port);
        return status;
    }
    unsigned long count = argc >= 5 ? strtoul(argv[4], NULL, 10) : 0;
    if (argc > 6 || count == 0 || count > COUNT_MOST || strcmp(argv[1], "burst") != 0) {
        fputs("usage: exchange echo INTERFACE | exchange burst INTERFACE MAC COUNT [FILE]\n", stderr);
        return 2;
    }
    vmtp_port *port = open_port(argv[2]);
    if (argc == 6 && vmtp_pcapng_open(&port, port, argv[5], NULL, NULL)) {
        perror(argv[5]);
        return 1;
    }
    int status = burst(port, argv[3], (uint32_t)count);
    vmtp_port_close(port);
    return status;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* pcapng_reader.h - reads back what the pcapng wrapper wrote, and checks every length on the way. */
#ifndef VMTP_TEST_PCAPNG_READER_H
#define VMTP_TEST_PCAPNG_READER_H

#include <stddef.h>
#include <stdint.h>

struct pcapng_packet {
    uint64_t when;
    uint32_t flags;
    uint32_t captured, original;
    const uint8_t *octets;
    char comment[128]; /* "" when there is none */
};

struct pcapng_file {
    uint8_t *octets;
    size_t length;
    char interface_name[64];
    uint8_t mac[6];
    uint8_t resolution; /* power of ten */
    uint16_t link_type;
    struct pcapng_packet *packets;
    size_t packet_count;
    unsigned statistics_blocks;
    uint64_t received, dropped;
    char closing_comment[128];
};

/* Fails the test when the file is not what the format asks for. */
void pcapng_read(struct pcapng_file *out, const char *path);
void pcapng_forget(struct pcapng_file *file);

#endif

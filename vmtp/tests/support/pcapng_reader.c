/* SPDX-License-Identifier: BSD-2-Clause */
#include "pcapng_reader.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct option {
    uint16_t code, length;
    const uint8_t *value;
};

static uint16_t get16(const uint8_t *p) {
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static uint32_t get32(const uint8_t *p) {
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static uint64_t get64(const uint8_t *p) {
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* The option at *at; moves on.  0 at the end of options, which must be the end of the block. */
static int next_option(struct option *out, const uint8_t **at, const uint8_t *end) {
    ck_assert_msg(end - *at >= 4, "options without an end");
    out->code = get16(*at);
    out->length = get16(*at + 2);
    out->value = *at + 4;
    *at += 4 + (out->length + 3u) / 4u * 4u;
    ck_assert_msg(*at <= end, "option %u leaves its block", out->code);
    if (out->code)
        return 1;
    ck_assert_uint_eq(out->length, 0);
    ck_assert_ptr_eq(*at, end);
    return 0;
}

static void copy_text(char *out, size_t size, const struct option *o) {
    ck_assert_uint_lt(o->length, size);
    memcpy(out, o->value, o->length);
    out[o->length] = 0;
}

static void read_section(const uint8_t *body, const uint8_t *end) {
    struct option o;
    ck_assert_uint_eq(get32(body), 0x1A2B3C4D);
    ck_assert_uint_eq(get16(body + 4), 1);
    const uint8_t *at = body + 16;
    while (next_option(&o, &at, end))
        continue;
}

static void read_interface(struct pcapng_file *f, const uint8_t *body, const uint8_t *end) {
    struct option o;
    f->link_type = get16(body);
    f->resolution = 6;
    const uint8_t *at = body + 8;
    while (next_option(&o, &at, end)) {
        if (o.code == 2)
            copy_text(f->interface_name, sizeof f->interface_name, &o);
        if (o.code == 6)
            memcpy(f->mac, o.value, 6);
        if (o.code == 9)
            f->resolution = o.value[0];
    }
}

static void read_packet(struct pcapng_file *f, const uint8_t *body, const uint8_t *end) {
    f->packets = realloc(f->packets, (f->packet_count + 1) * sizeof *f->packets);
    ck_assert_ptr_nonnull(f->packets);
    struct pcapng_packet *p = &f->packets[f->packet_count++];
    memset(p, 0, sizeof *p);
    ck_assert_uint_eq(get32(body), 0);
    p->when = ((uint64_t)get32(body + 4) << 32) | get32(body + 8);
    p->captured = get32(body + 12);
    p->original = get32(body + 16);
    p->octets = body + 20;
    ck_assert_uint_le(p->captured, (size_t)(end - p->octets));
    struct option o;
    const uint8_t *at = p->octets + (p->captured + 3u) / 4u * 4u;
    while (next_option(&o, &at, end)) {
        if (o.code == 1)
            copy_text(p->comment, sizeof p->comment, &o);
        if (o.code == 2)
            p->flags = get32(o.value);
    }
}

static void read_statistics(struct pcapng_file *f, const uint8_t *body, const uint8_t *end) {
    struct option o;
    f->statistics_blocks++;
    const uint8_t *at = body + 12;
    while (next_option(&o, &at, end)) {
        if (o.code == 1)
            copy_text(f->closing_comment, sizeof f->closing_comment, &o);
        if (o.code == 4)
            f->received = get64(o.value);
        if (o.code == 5)
            f->dropped = get64(o.value);
    }
}

static void slurp(struct pcapng_file *f, const char *path) {
    FILE *in = fopen(path, "rb");
    ck_assert_ptr_nonnull(in);
    fseek(in, 0, SEEK_END);
    f->length = (size_t)ftell(in);
    rewind(in);
    f->octets = malloc(f->length + 1);
    ck_assert_uint_eq(fread(f->octets, 1, f->length, in), f->length);
    fclose(in);
}

void pcapng_read(struct pcapng_file *f, const char *path) {
    memset(f, 0, sizeof *f);
    slurp(f, path);
    for (size_t at = 0, block = 0; at < f->length; block++) {
        ck_assert_uint_ge(f->length - at, 12);
        uint32_t type = get32(f->octets + at), length = get32(f->octets + at + 4);
        ck_assert_msg(length >= 12 && length % 4 == 0 && length <= f->length - at, "block %zu: length %u", block, length);
        ck_assert_uint_eq(get32(f->octets + at + length - 4), length);
        const uint8_t *body = f->octets + at + 8, *end = f->octets + at + length - 4;
        ck_assert_msg((block == 0) == (type == 0x0A0D0D0A) && (block == 1) == (type == 1), "block %zu has type %u",
                      block, type);
        if (block == 0)
            read_section(body, end);
        else if (block == 1)
            read_interface(f, body, end);
        else if (type == 6)
            read_packet(f, body, end);
        else if (type == 5)
            read_statistics(f, body, end);
        else
            ck_abort_msg("block type %u", type);
        at += length;
    }
}

void pcapng_forget(struct pcapng_file *f) {
    free(f->octets);
    free(f->packets);
}

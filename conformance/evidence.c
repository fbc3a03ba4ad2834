/* SPDX-License-Identifier: BSD-2-Clause */
#include "evidence.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static void *must(void *memory) {
    if (!memory) {
        fputs("vconform: out of memory\n", stderr);
        exit(VC_EXIT_UNDECIDED);
    }
    return memory;
}

/* Arrays double when they are full. */
void *vc_more(void *array, unsigned count, size_t each) {
    if (count & (count - 1))
        return array;
    return must(realloc(array, (count ? 2u * count : 1u) * each));
}

char *vc_copy(const char *text) {
    size_t size = strlen(text) + 1;
    return memcpy(must(malloc(size)), text, size);
}

char *vc_copy_clean(const char *text) { return vc_clean(vc_copy(text)); }

unsigned vc_evidence_frame(struct vc_evidence *e, vc_time time, int sent, const uint8_t *octets, size_t size) {
    e->frames = vc_more(e->frames, e->frame_count, sizeof *e->frames);
    struct vc_frame *f = &e->frames[e->frame_count];
    *f = (struct vc_frame){.time = time, .sent = sent, .size = size, .octets = must(malloc(size ? size : 1))};
    memcpy(f->octets, octets, size);
    return e->frame_count++;
}

void vc_evidence_moment(struct vc_evidence *e, enum vc_moment_kind kind, vc_time time, const char *text, unsigned frame) {
    e->moments = vc_more(e->moments, e->moment_count, sizeof *e->moments);
    e->moments[e->moment_count++] = (struct vc_moment){
        .kind = kind, .time = time, .text = vc_copy_clean(text), .frame = frame};
}

void vc_evidence_check(struct vc_evidence *e, const struct vc_check *check) {
    e->checks = vc_more(e->checks, e->check_count, sizeof *e->checks);
    struct vc_check *c = &e->checks[e->check_count++];
    *c = *check;
    c->expected = vc_copy_clean(check->expected);
    c->seen = vc_copy_clean(check->seen);
}

void vc_evidence_clear(struct vc_evidence *e) {
    for (unsigned i = 0; i < e->moment_count; i++)
        free(e->moments[i].text);
    for (unsigned i = 0; i < e->frame_count; i++)
        free(e->frames[i].octets);
    for (unsigned i = 0; i < e->check_count; i++) {
        free(e->checks[i].expected);
        free(e->checks[i].seen);
    }
    free(e->moments);
    free(e->frames);
    free(e->checks);
    memset(e, 0, sizeof *e);
}

void vc_evidence_print(const struct vc_evidence *e, FILE *out) {
    static const char *const signs[] = {"  -->", "  <--", "     ", "  ok ", "  BAD"};
    for (unsigned i = 0; i < e->moment_count; i++) {
        const struct vc_moment *m = &e->moments[i];
        double ms = (double)(m->time - e->moments[0].time) / 1e6;
        fprintf(out, "%12.3f ms %s %s\n", ms, signs[m->kind], m->text);
    }
}

/* ---- pcapng --------------------------------------------------------------------------------------------------------- */

struct block {
    uint8_t *octets;
    size_t size;
};

static void add(struct block *b, const void *octets, size_t size) {
    size_t padded = (size + 3) / 4 * 4;
    b->octets = must(realloc(b->octets, b->size + padded + 4));
    memcpy(b->octets + b->size, octets, size);
    memset(b->octets + b->size + size, 0, padded - size);
    b->size += padded;
}

static void add32(struct block *b, uint32_t value) { add(b, &value, 4); }

static void add_option(struct block *b, uint16_t code, const void *value, size_t size) {
    uint16_t head[2] = {code, (uint16_t)size};
    add(b, head, 4);
    if (size)
        add(b, value, size);
}

static void write_block(FILE *out, uint32_t type, struct block *b) {
    uint32_t length = (uint32_t)b->size + 12, head[2] = {type, length};
    fwrite(head, 4, 2, out);
    fwrite(b->octets, 1, b->size, out);
    fwrite(&length, 4, 1, out);
    free(b->octets);
    *b = (struct block){0};
}

static void write_head(FILE *out, const char *title) {
    struct block b = {0};
    const uint8_t nanoseconds = 9;
    const uint16_t version[2] = {1, 0}, ethernet[2] = {1, 0};
    add32(&b, 0x1a2b3c4du);
    add(&b, version, 4);
    add32(&b, 0xffffffffu);
    add32(&b, 0xffffffffu);
    add_option(&b, 1, title, strlen(title));
    add_option(&b, 4, "vconform", 8);
    add_option(&b, 0, NULL, 0);
    write_block(out, 0x0a0d0d0au, &b);
    add(&b, ethernet, 4);
    add32(&b, 0);
    add_option(&b, 9, &nanoseconds, 1);
    add_option(&b, 0, NULL, 0);
    write_block(out, 1, &b);
}

/* Checks are told with the frame that came before them. */
static void write_frame(const struct vc_evidence *e, unsigned number, FILE *out) {
    const struct vc_frame *f = &e->frames[number];
    struct block b = {0};
    uint32_t size = (uint32_t)f->size, direction = f->sent ? 2 : 1;
    int mine = 0;
    add32(&b, 0);
    add32(&b, (uint32_t)(f->time >> 32));
    add32(&b, (uint32_t)f->time);
    add32(&b, size);
    add32(&b, size);
    add(&b, f->octets, f->size);
    add_option(&b, 2, &direction, 4);
    for (unsigned i = 0; i < e->moment_count; i++) {
        const struct vc_moment *m = &e->moments[i];
        if (m->kind == VC_SENT || m->kind == VC_SEEN)
            mine = m->frame == number;
        if (mine)
            add_option(&b, 1, m->text, strlen(m->text));
    }
    add_option(&b, 0, NULL, 0);
    write_block(out, 6, &b);
}

int vc_evidence_pcapng(const struct vc_evidence *e, const char *path, const char *title) {
    FILE *out = fopen(path, "wb");
    if (!out)
        return -1;
    write_head(out, title);
    for (unsigned i = 0; i < e->frame_count; i++)
        write_frame(e, i, out);
    int bad = ferror(out);
    return fclose(out) != 0 || bad ? -1 : 0;
}

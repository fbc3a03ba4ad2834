/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plugin inside this program, on the libwireshark that is installed: sequences of frames of captures, altered at random, in two
 * passes as in the window.  The plugin is instrumented, and what Wireshark calls a bug of a dissector ends the program.  Its statistics
 * are open, columns are filled, and each frame is copied to an allocation of its own length, so that reading on is seen.
 *
 *   dissector-driver --frames N --seed S FILE.pcap...    altered frames, until N were dissected
 *   dissector-driver --snap FILE.pcap...                 every frame, cut off at every length
 *   dissector-driver --speed N FILE.pcap...              N frames as they are, in two passes; prints frames a second
 *
 * Files are classic pcap of Ethernet, in this machine's byte order, as dissector/tests/lib.py writes them.
 */
#include "../vmtp.h"
#include "taps.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <epan/column-info.h>
#include <epan/column.h>
#include <epan/epan.h>
#include <epan/epan_dissect.h>
#include <epan/prefs.h>
#include <epan/timestamp.h>
#include <wiretap/wtap.h>
#include <wsutil/filesystem.h>
#include <wsutil/privileges.h>
#include <wsutil/wslog.h>

void plugin_register(void);

#define FRAME_OCTETS 70000u
#define WINDOW 48u   /* frames that follow each other as in the capture, or nearly */
#define LONG 160u    /* now and then as many, so that messages of several groups are whole */
#define WINDOWS 128u /* of one sequence: to begin a new one takes Wireshark long */
#define FRAME_LIMIT 40000u
#define CUT_LIMIT 80000u /* of one sequence */

struct frame {
    uint64_t nanoseconds;
    uint32_t octets, captured;
    uint8_t *data;
};

static struct frame frames[FRAME_LIMIT];
static unsigned frame_count;
static uint64_t state;
static bool statistics; /* columns too */

static uint32_t draw(uint32_t below) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return below ? (uint32_t)((state >> 11) % below) : 0;
}

/* ---- captures ------------------------------------------------------------------------------------------------------------ */

static void read_capture(const char *path) {
    uint8_t head[24];
    uint32_t record[4];
    FILE *f = fopen(path, "rb");
    if (!f || fread(head, sizeof head, 1, f) != 1) {
        fprintf(stderr, "driver: cannot read %s\n", path);
        exit(2);
    }
    while (frame_count < FRAME_LIMIT && fread(record, sizeof record, 1, f) == 1 && record[2] <= FRAME_OCTETS) {
        struct frame *to = &frames[frame_count];
        to->nanoseconds = record[0] * UINT64_C(1000000000) + record[1];
        to->captured = record[2];
        to->octets = record[3];
        to->data = g_malloc(MAX(record[2], 1));
        if (fread(to->data, 1, record[2], f) == record[2])
            frame_count++;
    }
    fclose(f);
}

/* ---- dissection ------------------------------------------------------------------------------------------------------------ */

static const nstime_t *frame_time(struct packet_provider_data *provider _U_, uint32_t frame _U_) {
    static const nstime_t never;
    return &never;
}

static column_info columns;

static void dissect(epan_dissect_t *edt, const struct frame *f, frame_data *fd, bool again, uint32_t number) {
    wtap_rec rec;
    memset(&rec, 0, sizeof rec);
    rec.rec_type = REC_TYPE_PACKET;
    rec.rec_header.packet_header.caplen = f->captured;
    rec.rec_header.packet_header.len = f->octets;
    rec.rec_header.packet_header.pkt_encap = WTAP_ENCAP_ETHERNET;
    rec.rec_header.packet_header.pseudo_header.eth.fcs_len = 0;
    rec.presence_flags = WTAP_HAS_TS | WTAP_HAS_CAP_LEN;
    rec.ts.secs = (time_t)(f->nanoseconds / 1000000000);
    rec.ts.nsecs = (int)(f->nanoseconds % 1000000000);
    if (!again)
        frame_data_init(fd, number, &rec, 0, 0);
    uint8_t *copy = g_memdup2(f->data, MAX(f->captured, 1)); /* so that reading on is seen */
    tvbuff_t *tvb = tvb_new_real_data(copy, f->captured, (int)f->octets);
    if (statistics) {
        epan_dissect_run_with_taps(edt, WTAP_FILE_TYPE_SUBTYPE_UNKNOWN, &rec, tvb, fd, &columns);
        epan_dissect_fill_in_columns(edt, FALSE, TRUE);
        taps_frame(edt);
    } else {
        epan_dissect_run(edt, WTAP_FILE_TYPE_SUBTYPE_UNKNOWN, &rec, tvb, fd, NULL);
    }
    epan_dissect_reset(edt);
    g_free(copy);
    fd->visited = 1;
}

/* A sequence is a capture of its own: two passes, then all is forgotten. */
static void play(const struct frame *sequence, unsigned count, bool tree) {
    static const struct packet_provider_funcs provider = {.get_frame_ts = frame_time};
    frame_data *told = g_new0(frame_data, count);
    epan_t *session = epan_new(NULL, &provider);
    for (unsigned pass = 0; pass < 2; pass++) {
        epan_dissect_t *edt = epan_dissect_new(session, tree || (statistics && pass), tree);
        if (statistics)
            taps_open();
        for (unsigned i = 0; i < count; i++)
            dissect(edt, &sequence[i], &told[i], pass > 0, i + 1);
        if (statistics)
            taps_close();
        epan_dissect_free(edt);
    }
    for (unsigned i = 0; i < count; i++)
        frame_data_destroy(&told[i]);
    epan_free(session);
    g_free(told);
}

/* ---- alterations ------------------------------------------------------------------------------------------------------------ */

#define PACKET_AT 14u

static void put_sum(struct frame *f) {
    uint32_t sums[2] = {0, 0}, end = f->captured - 4;
    if (f->captured < PACKET_AT + 68 || f->captured != f->octets)
        return;
    for (uint32_t at = PACKET_AT; at + 1 < end; at += 2)
        sums[(at - PACKET_AT) / 32 & 1] += (uint32_t)f->data[at] << 8 | f->data[at + 1];
    for (int i = 0; i < 2; i++) {
        while (sums[i] >> 16)
            sums[i] = (sums[i] & 0xFFFF) + (sums[i] >> 16);
        sums[i] = sums[i] ? sums[i] : 0xFFFF;
        f->data[end + 2 * (uint32_t)i] = (uint8_t)(sums[i] >> 8);
        f->data[end + 2 * (uint32_t)i + 1] = (uint8_t)sums[i];
    }
}

static void alter_octets(struct frame *f) {
    static const uint8_t odd[] = {0, 1, 2, 7, 8, 0x7F, 0x80, 0xFE, 0xFF};
    for (unsigned n = 1 + draw(4); n > 0; n--) {
        uint32_t at = draw(4) ? PACKET_AT + draw(64) : draw(f->captured);
        if (draw(3) == 0)
            at = PACKET_AT + 64 + draw(64); /* the heads of records and descriptors */
        if (at < f->captured)
            f->data[at] = draw(2) ? odd[draw(sizeof odd)] : (uint8_t)draw(256);
    }
}

static void resize(struct frame *f) {
    uint32_t octets = draw(f->captured + 1);
    f->captured = octets;
    if (draw(2))
        f->octets = octets;
}

static void alter(struct frame *f) {
    switch (draw(8)) {
    case 0: resize(f); return;
    case 1: f->nanoseconds += (uint64_t)draw(30) * 1000000000; break;
    default: alter_octets(f);
    }
    if (draw(4))
        put_sum(f);
}

static bool same_transaction(const struct frame *one, const struct frame *other) {
    return one->captured > PACKET_AT + 68 && other->captured > PACKET_AT + 68 &&
           memcmp(one->data + PACKET_AT + 16, other->data + PACKET_AT + 16, 4) == 0;
}

/* One bit of the header, in all frames of a transaction: they still agree, on something else. */
static void alter_transaction(struct frame *sequence, unsigned count) {
    static const uint8_t places[] = {9, 10, 12, 12, 12, 13, 14, 15, 18, 19, 31, 32, 32, 33, 34, 35, 61, 62, 63};
    uint32_t at = PACKET_AT + places[draw(sizeof places)];
    uint8_t bit = (uint8_t)(1 << draw(8));
    struct frame of = sequence[draw(count)];
    of.data = g_memdup2(of.data, MAX(of.captured, 1));
    for (unsigned i = 0; i < count; i++)
        if (same_transaction(&of, &sequence[i]) && draw(16)) {
            sequence[i].data[at] ^= bit;
            put_sum(&sequence[i]);
        }
    g_free(of.data);
}

static unsigned make_window(struct frame *sequence) {
    unsigned begin = draw(frame_count), count = 2 + draw((draw(16) ? WINDOW : LONG) - 2), calm = draw(4);
    for (unsigned i = 0; i < count; i++) {
        unsigned from = draw(12) ? (begin + i) % frame_count : draw(frame_count);
        sequence[i] = frames[from];
        sequence[i].data = g_memdup2(frames[from].data, MAX(frames[from].captured, 1));
        if (draw(calm ? 3 : 40) == 0)
            alter(&sequence[i]);
    }
    for (unsigned i = draw(4); i > 0; i--)
        alter_transaction(sequence, count);
    for (unsigned i = 1; i < count; i++)
        if (draw(10) == 0) {
            struct frame swap = sequence[i];
            sequence[i] = sequence[i - 1];
            sequence[i - 1] = swap;
        }
    return count;
}

static void forget_sequence(struct frame *sequence, unsigned count) {
    for (unsigned i = 0; i < count; i++)
        g_free(sequence[i].data);
}

static void fuzz(uint64_t wanted, uint64_t seed) {
    static struct frame sequence[LONG * WINDOWS];
    uint64_t done = 0;
    for (uint64_t turn = 0; done < wanted; turn++) {
        state = (seed + turn) * UINT64_C(0x9E3779B97F4A7C15) | 1;
        unsigned count = 0;
        for (unsigned i = 0; i < WINDOWS && done + count < wanted; i++)
            count += make_window(sequence + count);
        if (getenv("DRIVER_TRACE"))
            fprintf(stderr, "seed %" PRIu64 "\n", seed + turn);
        play(sequence, count, turn % 4 != 0); /* Wireshark makes no tree when it reads a file first */
        forget_sequence(sequence, count);
        done += count;
    }
    printf("%" PRIu64 " altered frames from seed %" PRIu64 " on\n", done, seed);
}

/* ---- the other two ------------------------------------------------------------------------------------------------------------ */

static void snap(void) {
    static struct frame cuts[CUT_LIMIT];
    uint64_t done = 0;
    for (unsigned i = 0, count = 0; i < frame_count; i++) {
        for (uint32_t octets = 0; octets < frames[i].captured; octets++, count++) {
            cuts[count] = frames[i];
            cuts[count].captured = octets;
        }
        if (i + 1 == frame_count || count + frames[i + 1].captured > CUT_LIMIT) {
            play(cuts, count, true);
            done += count;
            count = 0;
        }
    }
    printf("%" PRIu64 " frames cut off\n", done);
}

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void speed(uint64_t wanted, bool tree) {
    double begin = seconds();
    uint64_t done = 0;
    for (; done < wanted; done += frame_count)
        play(frames, frame_count, tree);
    printf("%.0f frames a second in two passes%s\n", (double)done / (seconds() - begin), tree ? ", with trees" : "");
}

int main(int argc, char **argv) {
    uint64_t wanted = 0, seed = 1;
    bool cut = false, timed = false;
    int at = 1;
    for (; at < argc && argv[at][0] == '-'; at++) {
        if (strcmp(argv[at], "--snap") == 0)
            cut = true;
        else if (at + 1 < argc && strcmp(argv[at], "--seed") == 0)
            seed = strtoull(argv[++at], NULL, 10);
        else if (at + 1 < argc && (timed = strcmp(argv[at], "--speed") == 0, timed || strcmp(argv[at], "--frames") == 0))
            wanted = strtoull(argv[++at], NULL, 10);
        else
            return fprintf(stderr, "usage: dissector-driver --frames N [--seed S] | --snap | --speed N FILE...\n"), 2;
    }
    setenv("WIRESHARK_ABORT_ON_DISSECTOR_BUG", "1", 1);
    statistics = !timed;
    if (!timed && !cut)
        setenv("WIRESHARK_DEBUG_WMEM_OVERRIDE", "simple", 1); /* each allocation by itself, so that overruns are seen */
    ws_log_init(argv[0], NULL);
    init_process_policies();
    configuration_init(argv[0], NULL);
    timestamp_set_type(TS_RELATIVE);
    timestamp_set_precision(TS_PREC_FIXED_NSEC);
    timestamp_set_seconds_type(TS_SECONDS_DEFAULT);
    wtap_init(FALSE);
    plugin_register();
    if (!epan_init(NULL, NULL, FALSE))
        return fprintf(stderr, "driver: libwireshark does not begin\n"), 2;
    const e_prefs *settings = epan_load_settings();
    build_column_format_array(&columns, settings->num_cols, TRUE);
    for (; at < argc; at++)
        read_capture(argv[at]);
    if (frame_count == 0)
        return fprintf(stderr, "driver: no frames\n"), 2;
    if (cut)
        snap();
    else if (timed)
        speed(wanted, false), speed(wanted, true);
    else
        fuzz(wanted, seed);
    return 0;
}

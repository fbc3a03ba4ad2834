/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames of anybody, in a row, before the judge and in words: nothing that a node sends may end the tester.
 *
 * Input: octet 0 (bit 0: the MTU is known), then frames, each behind three octets: how it is given, and its size.  How: bit 0: it is the node's;
 * 1: Length is made that of the packet; 2: it has another EtherType.  Beyond memory errors, of which the sanitizers tell: the judge names only rules
 * that it says it knows, says what it expected and saw of each that is broken, and texts fit.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue.h"
#include "names.h"
#include "objects.h"
#include "oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);                             \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

enum { BY_NODE = 1, RIGHT_LENGTH = 2, OTHER_TYPE = 4 };

static void says(void *context, const char *id, int ok, const char *expected, const char *seen) {
    (void)context;
    MUST(vc_rule_find(id, (unsigned)strlen(id)) != NULL);
    MUST(strstr(vc_oracle_ids, id) != NULL);
    MUST(ok || (expected && seen && *expected));
}

/* As the timeline has it. */
static void tell(const uint8_t *frame, size_t size) {
    static struct vc_packet p;
    static uint32_t request_code;
    char text[VC_TEXT];
    if (vc_decode(&p, frame, size, VMTP_ETHERTYPE) == VC_NOT_VMTP)
        return;
    vc_describe(&p, text);
    size_t at = strlen(text);
    MUST(at < VC_TEXT);
    vc_describe_uio(&p, request_code, text + at, VC_TEXT - at);
    MUST(strlen(text) < VC_TEXT);
    request_code = p.code;
}

static void give(vc_oracle *oracle, unsigned how, const uint8_t *octets, size_t size, vc_time time) {
    uint8_t *frame = malloc(size ? size : 1); /* no more than there is, so that a read behind it is seen */
    MUST(frame);
    memcpy(frame, octets, size);
    if (size >= VC_ETHERNET && !(how & OTHER_TYPE))
        vc_put16(frame + 12, VMTP_ETHERTYPE);
    if (how & RIGHT_LENGTH && size >= VC_ETHERNET + VC_HEADER + VC_CHECKSUM) {
        uint32_t words = (uint32_t)(size - VC_ETHERNET - VC_HEADER - VC_CHECKSUM) / 4;
        uint8_t *at = frame + VC_ETHERNET + 8;
        vc_put32(at, (vc_get32(at) & ~0x1fffu) | (words & 0x1fffu));
    }
    vc_oracle_frame(oracle, frame, size, time, how & BY_NODE);
    tell(frame, size);
    free(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct vc_oracle_options options = {.ethertype = VMTP_ETHERTYPE, .mtu = size && data[0] & 1 ? 1500 : 0, .says = says};
    vc_oracle *oracle = vc_oracle_open(&options);
    vc_time time = 0;
    MUST(oracle);
    for (size_t at = 1; at + 3 <= size;) {
        size_t frame = vc_get16(data + at + 1), left = size - at - 3;
        frame = frame < left ? frame : left;
        give(oracle, data[at], data + at + 3, frame, time += VC_MILLISECOND);
        at += 3 + frame;
    }
    vc_oracle_close(oracle);
    return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * oracle.h - a judge of frames.
 *
 * It knows no cases and sends nothing: it is told each frame with its time, on the wire or out of a capture, and says of each rule
 * that it could apply whether it held.  What it knows of a node is what can be seen.
 */
#ifndef VC_ORACLE_H
#define VC_ORACLE_H

#include "packet.h"

typedef struct vc_oracle vc_oracle;

/* ok: the rule held.  expected and seen are NULL then. */
typedef void (*vc_oracle_says)(void *context, const char *id, int ok, const char *expected, const char *seen);

struct vc_oracle_options {
    uint16_t ethertype;
    uint32_t mtu; /* 0: nobody knows it, as of most captures; then what hangs on it is not judged */
    vc_oracle_says says;
    void *context;
};

vc_oracle *vc_oracle_open(const struct vc_oracle_options *options);
/* The node has begun anew: what its entities did before binds them no more.  logs: it asks for receive sequence numbers now. */
void vc_oracle_forget(vc_oracle *o, int logs);
/* What was sent to the node less than this before its answer came may not have been there yet.  0 as long as nobody says otherwise. */
void vc_oracle_distance(vc_oracle *o, vc_time round_trip);
void vc_oracle_close(vc_oracle *oracle);

/* judged: the frame's sender is under test. */
void vc_oracle_frame(vc_oracle *oracle, const uint8_t *frame, size_t size, vc_time time, int judged);

/* The rules that it knows, separated by spaces. */
extern const char vc_oracle_ids[];

#endif

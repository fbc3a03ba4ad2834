/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * v.h - the vocabulary of cases about the primitives of V (spec/v.md): v_tools.c.
 *
 * The node is made to use them by its V test process (spec/testing.md section 8).  The tester is the other side: processes, and
 * the kernel of their node.
 */
#ifndef VC_CASES_V_H
#define VC_CASES_V_H

#include "../case.h"

#define V_NEEDS "v-process"
#define V_MOST 65536u
#define V_MESSAGE 4194304u /* octets at most */

/* The node's V test process; the case ends when there is none. */
uint64_t vv_process(struct vc_test *t);
/* A GetPid to all, from a new Client. */
struct vc_packet vv_get_pid(struct vc_test *t, uint32_t logical_id);
/* An order to the process from a new Client; not sent yet. */
struct vc_packet vv_order(struct vc_test *t, uint32_t code, uint32_t word0, uint32_t word1, uint32_t word2);
/* It gives access to a segment of so many octets. */
void vv_give(struct vc_packet *order, uint32_t access, uint32_t size);
/* The reply with Code OK; and its word 0 is this result. */
struct vc_packet *vv_done(struct vc_test *t, const char *id, const struct vc_packet *order, uint32_t result);
/* Sends an order, and that is its result. */
struct vc_packet *vv_does(struct vc_test *t, const char *id, struct vc_packet order, uint32_t result);

/* ---- the process Sends ---------------------------------------------------------------------------------------------- */

/* A Send of the process to one of the tester's. */
struct vv_send {
    uint64_t to;                                         /* 0: a new one */
    uint32_t access, size, carried, seed, code, seconds; /* seconds 0: one */
    struct vc_packet order, *request;
    uint32_t next; /* Transaction of the next operation of to */
};
/* Has it Sent, and awaits its Request. */
void vv_send(struct vc_test *t, const char *id, struct vv_send *s);
/* Replies with a segment of the pattern of that seed, or none; the reply to the order, whose result is that. */
struct vc_packet *vv_reply(struct vc_test *t, const char *id, struct vv_send *s, uint32_t octets, uint32_t seed,
                           uint32_t result);

/* An operation of the process actor on the segment that the Send has given access to; not sent yet. */
struct vc_packet vv_operation(struct vc_test *t, struct vv_send *s, uint32_t code, uint32_t word3, uint32_t word4);
/* Sends it, with a segment of the pattern of that seed, and that is the answer. */
struct vc_packet *vv_operates(struct vc_test *t, const char *id, const struct vc_packet *operation, uint32_t octets,
                              uint32_t seed, uint32_t code);
/* MoveFrom of so many octets, answered OK with what stands there. */
struct vc_packet *vv_reads(struct vc_test *t, const char *id, struct vv_send *s, uint32_t offset, uint32_t count,
                           const uint8_t *memory);

/* ---- the process is Sent to ------------------------------------------------------------------------------------------- */

/* The tester's kernel, for one Send that gives access. */
struct vv_kernel {
    uint64_t id;     /* 0: a new one */
    uint8_t *memory; /* of the segment, and its size */
    uint32_t size;
    uint32_t refuse;             /* answers so; 0: does what it is asked to */
    struct vc_packet first;      /* the first operation */
    unsigned operations, astray; /* astray: of several packet groups, but not to the kernel itself */
    unsigned foreign;            /* those of another process or Transaction than the first */
    uint64_t holder;             /* by PassAccess */
};
/* Answers operations until the order is replied to, for at most two seconds; the reply. */
struct vc_packet *vv_be_kernel(struct vc_test *t, const char *id, struct vv_kernel *k, const struct vc_packet *order);
/* The same until one operation is answered. */
void vv_answer_operation(struct vc_test *t, const char *id, struct vv_kernel *k);

#ifndef VC_NO_LINES
#define vv_done(...) VC_AT_LINE(vv_done(__VA_ARGS__))
#define vv_does(...) VC_AT_LINE(vv_does(__VA_ARGS__))
#define vv_send(...) VC_AT_LINE(vv_send(__VA_ARGS__))
#define vv_reply(...) VC_AT_LINE(vv_reply(__VA_ARGS__))
#define vv_operates(...) VC_AT_LINE(vv_operates(__VA_ARGS__))
#define vv_reads(...) VC_AT_LINE(vv_reads(__VA_ARGS__))
#define vv_be_kernel(...) VC_AT_LINE(vv_be_kernel(__VA_ARGS__))
#define vv_answer_operation(...) VC_AT_LINE(vv_answer_operation(__VA_ARGS__))
#endif

#endif

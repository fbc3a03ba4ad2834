/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vmtp/message.h - what is said in a message transaction: identifiers, messages, times.
 *
 * Types only, nothing to link: who asks and answers by way of vipc/ipc.h needs no more of VMTP than this.
 */
#ifndef VMTP_MESSAGE_H
#define VMTP_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include <vmtp/registry.h> /* every number of spec/registry.tsv, generated */

#ifdef __cplusplus
extern "C" {
#endif

/* A 64-bit entity identifier, in host order (spec/vmtp.md section 4).  0 is no entity. */
typedef uint64_t vmtp_entity;

static inline int vmtp_is_group(vmtp_entity e) { return (e >> 62) & 1; }

/* Nanoseconds from any monotonic origin the program likes; the same origin everywhere in one program. */
typedef uint64_t vmtp_time;
#define VMTP_NEVER UINT64_MAX
#define VMTP_MICROSECOND ((vmtp_time)1000)
#define VMTP_MILLISECOND ((vmtp_time)1000000)
#define VMTP_SECOND ((vmtp_time)1000000000)

#define VMTP_BLOCK_OCTETS 512u                         /* one bit of a delivery mask */
#define VMTP_GROUP_BLOCKS 32u                          /* blocks in one packet group */
#define VMTP_GROUP_OCTETS 16384u                       /* segment octets in one packet group */
#define VMTP_MESSAGE_OCTETS (256u * VMTP_GROUP_OCTETS) /* segment octets in a message, at most */

/* RFC 1045's message control block (section 2.4), in host order. */
struct vmtp_message {
    vmtp_entity server; /* Request: to whom, or at whom it arrived.  Response: who answers. */
    uint32_t code;      /* flags VMTP_CMD .. VMTP_PIC in the high octet, RequestCode or ResponseCode below */
    uint32_t words[7];  /* octets 36..63.  [0],[1]: CoResidentEntity when CRE, else user; [2]..[4]: user;
                           [5]: MsgDelivery when MDM, else user; [6]: SegmentSize when SDA (set for you), else user */
};

/* 64 bits in two words of a message, the high word first: identifiers, positions, sizes. */
static inline uint64_t vmtp_words_get64(const uint32_t *words) { return (uint64_t)words[0] << 32 | words[1]; }
static inline void vmtp_words_put64(uint32_t *words, uint64_t value) {
    words[0] = (uint32_t)(value >> 32);
    words[1] = (uint32_t)value;
}

static inline void vmtp_message_set_coresident(struct vmtp_message *m, vmtp_entity e) { vmtp_words_put64(m->words, e); }
static inline vmtp_entity vmtp_message_coresident(const struct vmtp_message *m) { return vmtp_words_get64(m->words); }

#ifdef __cplusplus
}
#endif
#endif

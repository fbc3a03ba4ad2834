/* SPDX-License-Identifier: BSD-2-Clause */
/* rules.h - who may register what, and as what (spec/naming.md section 9): from what is stored and what is asked, what to store and answer. */
#ifndef DIRECTORY_RULES_H
#define DIRECTORY_RULES_H

#include <vnaming/name.h>

/* What is stored of a prefix. */
struct vdir_known {
    uint8_t exists; /* 0: never registered, and nothing below counts */
    uint8_t registered;
    struct vname_record record; /* of one that is not registered: its last */
};

struct vdir_verdict {
    uint32_t code; /* the ResponseCode */
    uint8_t write; /* first the record has to be stored, as registered or as not */
    uint8_t registered;
    struct vname_record stored; /* what to store.  Points to where known and asked point */
    struct vname_record told;   /* the record of the answer; none unless code is VMTP_OK or VNAME_HELD */
};

/* Reads what a store has given: 0, or -1 when no directory has written that for this prefix. */
int vdir_known_read(struct vdir_known *known, const char *prefix, size_t prefix_length, const void *octets, size_t size,
                    int registered);

void vdir_rule_register(struct vdir_verdict *verdict, const struct vdir_known *known, const struct vname_record *asked);
/* anybody: the Request says that the owner does not matter, and the operator allows that. */
void vdir_rule_unregister(struct vdir_verdict *verdict, const struct vdir_known *known,
                          const struct vname_record *asked, int anybody);

/* The record as the directory tells it. */
struct vname_record vdir_rule_tell(const struct vname_record *record);

#endif

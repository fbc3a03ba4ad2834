/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * names.h - messages of the naming protocol as numbers, legal or not.
 *
 * What packet.h is for packets: the encoder writes what it is given, the decoder reads what came and says why something is not as it should be.
 * Both are written from spec/naming.md and share nothing with the library under test.
 */
#ifndef VC_NAMES_H
#define VC_NAMES_H

#include "packet.h"

#define NM_NAME_MAX 1024u
#define NM_PREFIX_MAX 255u
#define NM_COMPONENTS 16u
#define NM_RECORD_HEAD 40u
#define NM_RECORD_MAX 2400u /* room for records that are too long */
#define NM_LOW24 0x00ffffffu

/* The record of section 3.3.  What is 0 in length, prefix_says and target_says is filled in as it should be. */
struct nm_record {
    uint16_t length, flags;
    uint32_t generation;
    uint64_t manager, group, owner;
    uint32_t context;
    uint16_t prefix_says, target_says; /* lengths as written */
    const char *prefix, *target;       /* octets; may be NULL */
    size_t prefix_length, target_length;
    uint8_t padding; /* in place of the zeros behind it */
};

/* A record with this prefix, a string. */
struct nm_record nm_record_of(const char *prefix, uint64_t manager, uint32_t generation);
/* Its octets in out (room for NM_RECORD_MAX). */
uint32_t nm_record_put(uint8_t *out, const struct nm_record *r);
/*
 * Reads the first record of a list: how many octets it takes, or 0 and *wrong says what is wrong with it.
 * prefix and target point into the octets.
 */
uint32_t nm_record_get(struct nm_record *r, const uint8_t *octets, size_t size, const char **wrong);
/* Are the octets behind prefix and target zero, and flags that are not in the table? */
int nm_record_clean(const struct nm_record *r, const uint8_t *octets);
/* Does a beat b (section 8.5)? */
int nm_beats(const struct nm_record *a, const struct nm_record *b);

/* NULL, or what breaks section 2.1. */
const char *nm_name_wrong(const char *name, size_t length);
const char *nm_prefix_wrong(const char *prefix, size_t length);
/* Section 2.2. */
int nm_matches(const char *prefix, size_t prefix_length, const char *name, size_t length);

/* Gives p a segment of one packet: a record, a name, or octets.  Of up to 1024 octets; data lie in p. */
void nm_carry(struct vc_packet *p, const void *octets, uint32_t size);
void nm_carry_record(struct vc_packet *p, const struct nm_record *r);
void nm_carry_name(struct vc_packet *p, const char *name);
/* The same with words 0 and 1 of section 6.1. */
void nm_carry_operation(struct vc_packet *p, const char *name, uint32_t context, uint32_t index);

/* Is the whole segment of the message in this one packet?  Then *octets and *size are it; a message without segment has 0 octets. */
int nm_whole(const struct vc_packet *p, const uint8_t **octets, uint32_t *size);
/* The first record of a packet's segment: 1, or 0. */
int nm_first(const struct vc_packet *p, struct nm_record *r);

/* Is the low part of a Code one of interface 4, or of an operation by name? */
int nm_is_naming(uint32_t code);
int nm_is_by_name(uint32_t code);

/* What a Request of the interface says, in words, behind what packet.h says of it; text has room for size octets. */
void nm_describe(const struct vc_packet *p, char *text, size_t size);
/* A record in words. */
char *nm_record_text(const struct nm_record *r, char text[160]);

#endif

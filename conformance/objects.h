/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * objects.h - the messages of UIO as numbers, legal or not: written from spec/uio.md sections 3 and 4, sharing nothing with the
 * library under test.
 *
 * What is put is what is given; what is got is whatever came, with a word for what is wrong with it.
 */
#ifndef VC_OBJECTS_H
#define VC_OBJECTS_H

#include "packet.h"

#define VC_OBJECT_HEAD 88u
#define VC_INSTANCE_HEAD 48u
#define VC_RANGE_OCTETS 24u
#define VC_NAME_MAX 1024u
#define VC_NEXT UINT64_MAX /* the block of sequential reads */

/* A descriptor of an object (section 3.1). */
struct vc_object {
    uint16_t length, type;
    uint32_t attributes;
    uint64_t number, size, storage;
    uint32_t permissions, names, user, group;
    int64_t changed, descriptor_changed, used;
    uint64_t version;
    uint32_t block_size;
    uint16_t name_octets, target_octets;
    const char *name, *target; /* where they lie in the segment */
    int clean;                 /* octets behind name and target are zero */
};

/* A descriptor of an instance (section 3.2). */
struct vc_instance {
    uint32_t number, attributes, block_size, last_octets;
    uint64_t last_block, next_block;
    uint32_t max_transfer, mode;
    uint64_t owner;
    struct vc_object object;
};

struct vc_range {
    uint64_t first, count, owner;
};

/* As many octets as the descriptor takes, or 0: it is not well-formed. */
uint32_t vc_get_object(struct vc_object *o, const uint8_t *octets, uint32_t size);
uint32_t vc_get_instance(struct vc_instance *i, const uint8_t *octets, uint32_t size);
uint32_t vc_get_range(struct vc_range *r, const uint8_t *octets, uint32_t size);

/* Room for VC_OBJECT_HEAD + name + target + 7; returns how many. length 0: the right one. */
uint32_t vc_put_object(uint8_t *octets, const struct vc_object *o);
/* The same, behind VC_INSTANCE_HEAD octets. */
uint32_t vc_put_instance(uint8_t *octets, const struct vc_instance *i);
/* Room for VC_RANGE_OCTETS; first and count only: 16. */
uint32_t vc_put_range(uint8_t *octets, uint64_t first, uint64_t count);
uint32_t vc_put_new_name(uint8_t *octets, uint32_t context, uint16_t index, uint16_t length, const char *name,
                         uint32_t octets_of_it);

/* Is it a Code of interface 5, and which: the last octet; VC_NO_UIO: of another interface. */
#define VC_NO_UIO 0x100u
unsigned vc_uio(uint32_t code);
/* Those by name, and those of an instance, that there are. */
int vc_uio_by_name(unsigned operation);
int vc_uio_of_instance(unsigned operation);

/* The octet behind which nothing of a by-name segment's name lies: its length rounded up to a multiple of 8. */
static inline uint32_t vc_name_room(uint32_t octets) { return (octets + 7) & ~7u; }

/* What a message of UIO says, in words behind those of vc_describe: its parameters, or what an answer (to a Request of that code) tells. */
void vc_describe_uio(const struct vc_packet *p, uint32_t request_code, char *text, size_t size);
/* " READABLE WRITEABLE ..."; returns text. */
char *vc_attributes(uint32_t attributes, char *text, size_t size);

#endif

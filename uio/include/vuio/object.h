/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vuio/object.h - what UIO says about objects and instances, as octets: make it, read it.
 *
 * Nothing here allocates, keeps anything, waits or asks the network.  Octets are big-endian and need no alignment.  Sections are those
 * of spec/uio.md, numbers (UIO_...) are in vmtp/registry.h.
 */
#ifndef VUIO_OBJECT_H
#define VUIO_OBJECT_H

#include <vmtp/export.h>
#include <vmtp/message.h>

#ifdef __cplusplus
extern "C" {
#endif

#define UIO_OBJECT_HEAD 88u          /* octets of an object descriptor before its name */
#define UIO_INSTANCE_HEAD 48u        /* octets of an instance descriptor before that of its object */
#define UIO_COMPONENT_OCTETS 255u    /* of the name in a descriptor, at most */
#define UIO_TARGET_OCTETS 4095u      /* of the target of a link, at most */
#define UIO_OBJECT_OCTETS 4440u      /* of an object descriptor, at most */
#define UIO_INSTANCE_OCTETS 4488u    /* of an instance descriptor, at most */
#define UIO_RANGE_OCTETS 24u         /* of a range in an answer; in a Request the first 16 */
#define UIO_TRANSFER_OCTETS 4194304u /* of a read or write, at most */
#define UIO_ENTRY_OCTETS 2048u       /* of a read of a context: enough for one descriptor in it (UIO-5.3-05) */

/* ---- object descriptors (section 3.1) ------------------------------------------------------------------------ */

struct uio_object {
    uint16_t type;        /* UIO_TYPE_... */
    uint32_t attributes;  /* UIO_READABLE .. UIO_LINES: what an instance can have */
    uint64_t number;      /* the same for all names of the object */
    uint64_t size;        /* octets in it */
    uint64_t storage;     /* octets of storage that it takes */
    uint32_t permissions; /* the twelve bits of POSIX */
    uint32_t names;       /* how many it has */
    uint32_t user;
    uint32_t group;
    int64_t changed;            /* its contents, nanoseconds since 1970 */
    int64_t descriptor_changed; /* contents or descriptor */
    int64_t used;
    uint64_t version; /* differs when contents differ */
    uint32_t block_size;
    uint16_t name_length;
    uint16_t target_length;
    const char *name; /* after decoding they point into the octets decoded */
    const char *target;
};

/* Octets of the descriptor when encoded, a multiple of 8. */
VMTP_API uint32_t uio_object_octets(const struct uio_object *object);
/* Writes it: its octets, or 0 when room is too small or a name too long (UIO_COMPONENT_OCTETS, UIO_TARGET_OCTETS). */
VMTP_API uint32_t uio_object_encode(void *octets, size_t room, const struct uio_object *object);
/*
 * Reads the descriptor at the beginning of octets: how many octets it takes, or 0 when it is not well-formed (UIO-3.1-03).  Name and
 * target are as long as somebody made them, which may be more than what uio_object_encode writes.
 */
VMTP_API uint32_t uio_object_decode(struct uio_object *object, const void *octets, size_t size);

/* Descriptors one after the other, as a context is read.  The first that is not well-formed ends the list. */
struct uio_list {
    const uint8_t *at;
    size_t left; /* after uio_list_next has returned 0: octets that were not well-formed */
};

static inline struct uio_list uio_list_of(const void *segment, size_t size) {
    struct uio_list list;
    list.at = (const uint8_t *)segment;
    list.left = size;
    return list;
}
/* The next one, which points into the list: 1, or 0 at the end. */
VMTP_API int uio_list_next(struct uio_list *list, struct uio_object *object);

/* ---- instance descriptors (section 3.2) ------------------------------------------------------------------------ */

struct uio_instance {
    uint32_t number;
    uint32_t attributes;
    uint32_t block_size;
    uint32_t last_octets; /* in the last block */
    uint64_t last_block;
    uint64_t next_block; /* what is read next in sequence */
    uint32_t max_transfer;
    uint32_t mode; /* UIO_MODE_... */
    vmtp_entity owner;
    struct uio_object object;
};

/* As those of objects; 0 also when the object's descriptor is not well-formed. */
VMTP_API uint32_t uio_instance_encode(void *octets, size_t room, const struct uio_instance *instance);
/* Also 0: number 0, BlockSize or MaxTransfer out of range (UIO-2.1-02, UIO-3.2-01), more octets in the last block than a block has. */
VMTP_API uint32_t uio_instance_decode(struct uio_instance *instance, const void *octets, size_t size);
/* LastBlock and LastOctets of an object with `size` octets in blocks of block_size, which is not 0 (UIO-2.1-03). */
VMTP_API void uio_instance_set_size(struct uio_instance *instance, uint64_t size, uint32_t block_size);
/* Octets in an object whose blocks all have block_size octets but for the last. */
VMTP_API uint64_t uio_instance_size(const struct uio_instance *instance);

/* ---- further parameters (section 4) ------------------------------------------------------------------------------ */

/* Which octets or blocks a lock covers. */
struct uio_range {
    uint64_t first;
    uint64_t count;    /* 0: to the end, however far that moves */
    vmtp_entity owner; /* in answers: who is in the way */
};

/* Writes all 24 octets. */
VMTP_API void uio_range_encode(uint8_t *octets, const struct uio_range *range);
/* Reads 16 or 24 octets, owner is 0 with 16.  0, or UIO_BAD_REQUEST (another size), UIO_BAD_COUNT (beyond 2^63, UIO-6.5-09). */
VMTP_API uint32_t uio_range_decode(struct uio_range *range, const void *octets, size_t size);

/* The new name of RenameObject and LinkObject. */
struct uio_new_name {
    uint32_t context;
    uint16_t index;
    uint16_t length;
    const char *name;
};

/* Octets written, or 0 when room is too small. */
VMTP_API uint32_t uio_new_name_encode(void *octets, size_t room, const struct uio_new_name *name);
/* 0, UIO_BAD_REQUEST (a length that does not fit, an index behind the end, no name), or what vname_check says of the name. */
VMTP_API uint32_t uio_new_name_decode(struct uio_new_name *name, const void *octets, size_t size);

/* Whether a mode obeys UIO-5.1-02 and has no bit that this version does not know: 0, UIO_BAD_REQUEST or UIO_UNSUPPORTED. */
VMTP_API uint32_t uio_mode_check(uint32_t mode);

#ifdef __cplusplus
}
#endif
#endif

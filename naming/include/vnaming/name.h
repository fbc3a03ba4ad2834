/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vnaming/name.h - names, records and messages of the naming protocol as octets: check them, make them, read them.
 *
 * Nothing here allocates, keeps anything, waits or asks the network.  Names and prefixes are pointers with a length; none needs a zero octet
 * behind it.  Octets of messages are big-endian and need no alignment.  Sections are those of spec/naming.md, numbers are in vmtp/registry.h.
 *
 * Functions that judge what somebody sent return 0 or the ResponseCode with which it is answered: VNAME_TOO_LONG, VNAME_INVALID,
 * VNAME_BAD_REQUEST.
 */
#ifndef VNAMING_NAME_H
#define VNAMING_NAME_H

#include <vmtp/export.h>
#include <vmtp/message.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VNAME_NAME_OCTETS 1024u     /* of a name, at most */
#define VNAME_PREFIX_OCTETS 255u    /* of a prefix, at most */
#define VNAME_PREFIX_COMPONENTS 16u /* of a prefix, at most */
#define VNAME_RECORD_HEAD 40u       /* octets of a record before its prefix */
#define VNAME_RECORD_OCTETS 1320u   /* of a record, at most */
#define VNAME_LIST_OCTETS 16384u    /* of a list of records, at most: one packet group */
#define VNAME_TEXT_RECORDS 64u      /* of V_NAMES that are looked at (section 7.2) */
#define VNAME_TEXT_OCTETS 8192u     /* the same, octets */
#define VNAME_CONTEXT_OCTETS 3100u  /* enough for any V_CONTEXT, with the terminating zero */
#define VNAME_FLAGS                                                                                                    \
    (VNAME_CLAIMING | VNAME_REGISTERED | VNAME_ALIAS_RECORD | VNAME_RELEASED | VNAME_SECOND_HAND | VNAME_HANDED_OVER)

/* ---- names (section 2) ------------------------------------------------------------------------------------- */

/* Whether the octets are well-formed UTF-8: no surrogates, nothing longer than needed, nothing above U+10FFFF.  1 or 0. */
VMTP_API int vname_is_utf8(const void *octets, size_t length);
/* Any name: 1 to 1024 octets, UTF-8, no octet 0.  0, VNAME_TOO_LONG or VNAME_INVALID. */
VMTP_API uint32_t vname_check(const char *name, size_t length);
/* The same, and it begins with a slash. */
VMTP_API uint32_t vname_check_absolute(const char *name, size_t length);
/* A prefix: a name that also obeys NAME-2.1-05.  0 or VNAME_INVALID, also when it is too long. */
VMTP_API uint32_t vname_check_prefix(const char *prefix, size_t length);
/* Whether the prefix (a good one) matches the name: it is its beginning, and ends there or before a slash.  1 or 0. */
VMTP_API int vname_matches(const char *prefix, size_t prefix_length, const char *name, size_t length);
/*
 * Replaces the first `prefix_length` octets of a name by the target of an alias, in place: name has room for 1024 octets, *length is how
 * many it has, before and after.  target must not lie in name.  0, or VNAME_TOO_LONG: nothing was changed.
 */
VMTP_API uint32_t vname_substitute(char *name, size_t *length, size_t prefix_length, const char *target,
                                   size_t target_length);

/* ---- records (section 3.3) --------------------------------------------------------------------------------- */

struct vname_record {
    uint16_t flags; /* VNAME_CLAIMING .. VNAME_HANDED_OVER */
    uint16_t prefix_length;
    uint16_t target_length;
    uint32_t generation;
    vmtp_entity manager;
    vmtp_entity group; /* 0: there are no replicas */
    vmtp_entity owner;
    uint32_t context;
    const char *prefix; /* after decoding they point into the octets decoded */
    const char *target;
};

/* Octets of the record when encoded, a multiple of 8. */
VMTP_API uint32_t vname_record_octets(const struct vname_record *record);
/* Writes it: its octets, or 0 when room is too small.  Encodes what it is given; unknown flags are left out. */
VMTP_API uint32_t vname_record_encode(void *octets, size_t room, const struct vname_record *record);
/* Whether it is well-formed (NAME-3.3-01), of a record that was put together by hand.  1 or 0. */
VMTP_API int vname_record_is_good(const struct vname_record *record);
/* Reads the record at the beginning of octets: how many octets it takes, or 0 when it is not well-formed. */
VMTP_API uint32_t vname_record_decode(struct vname_record *record, const void *octets, size_t size);
/* Reads a segment that is to be one record and nothing else: 0, VNAME_BAD_REQUEST, or VNAME_INVALID (its prefix is none, all
 * else is well-formed). */
VMTP_API uint32_t vname_record_parse(struct vname_record *record, const void *segment, size_t size);
/* Whether a beats b, two records of the same prefix (section 8.5).  1 or 0; 0 both ways only if manager, generation and REGISTERED are equal. */
VMTP_API int vname_record_beats(const struct vname_record *a, const struct vname_record *b);
/* Whether they have the same prefix. */
VMTP_API int vname_record_same_prefix(const struct vname_record *a, const struct vname_record *b);

/* A list of records, one after the other.  The first that is not well-formed ends it. */
struct vname_list {
    const uint8_t *at;
    size_t left; /* after vname_list_next has returned 0: octets that were not well-formed */
};

static inline struct vname_list vname_list_of(const void *segment, size_t size) {
    struct vname_list list;
    list.at = (const uint8_t *)segment;
    list.left = size;
    return list;
}
/* The next record, which points into the list: 1, or 0 at the end. */
VMTP_API int vname_list_next(struct vname_list *list, struct vname_record *record);

/* ---- operations by name (section 6.1) ------------------------------------------------------------------------ */

/* The parameters that every operation with a name has. */
struct vname_request {
    uint32_t context;
    uint16_t index;  /* where the part begins that is still to be interpreted */
    uint16_t length; /* of the name */
    const char *name;
    const void *extra; /* what the operation adds behind the name */
    uint32_t extra_size;
};

/* Octets of the segment. */
VMTP_API uint32_t vname_request_octets(const struct vname_request *request);
/* Writes words 0 and 1 of message, sets VNAME_BY_NAME in its code, and the segment: its octets, or 0 when room is too small. */
VMTP_API uint32_t vname_request_build(struct vmtp_message *message, void *segment, size_t room,
                                      const struct vname_request *request);
/*
 * Reads them; name and extra point into the segment.  empty_allowed: the operation takes an empty name (NAME-6.1-06).
 * 0, VNAME_BAD_REQUEST, VNAME_TOO_LONG or VNAME_INVALID.
 */
VMTP_API uint32_t vname_request_parse(struct vname_request *request, const struct vmtp_message *message,
                                      const void *segment, size_t size, int empty_allowed);

/* ---- handing down (section 7.2) ------------------------------------------------------------------------------ */

/*
 * V_NAMES: the text of count records, with a terminating zero.  Those without a place (64 records, 8192 octets, room) are left out.
 *  Returns the length without the zero; 0 if room has not even place for an empty list (2).
 */
VMTP_API size_t vname_text_records(char *text, size_t room, const struct vname_record *records, size_t count);

/* Reading V_NAMES, record by record. */
struct vname_text {
    const char *at;
    size_t left;      /* octets not looked at yet */
    uint32_t records; /* looked at, good or not */
    uint32_t skipped; /* could not be read */
    char prefix[VNAME_PREFIX_OCTETS], target[VNAME_NAME_OCTETS];
};

/* text may be NULL. */
VMTP_API void vname_text_begin(struct vname_text *reader, const char *text);
/* The next record that can be read: 1, or 0 at the end.  Its prefix and target lie in the reader, until the next call.  Owner and flags
 * but VNAME_ALIAS_RECORD are 0. */
VMTP_API int vname_text_next(struct vname_text *reader, struct vname_record *record);

/* A place from which relative names go on. */
struct vname_place {
    char name[VNAME_NAME_OCTETS]; /* absolute */
    size_t length;
    vmtp_entity manager; /* 0: where it leads is not known */
    uint32_t context;
};

/* V_CONTEXT: the text of a place, with a terminating zero; room for VNAME_CONTEXT_OCTETS is enough.  Returns the length, 0 if it does not fit. */
VMTP_API size_t vname_text_place(char *text, size_t room, const struct vname_place *place);
/* Reads it: 1, or 0 (it cannot be read, or text is NULL) and the place is unchanged. */
VMTP_API int vname_text_read_place(struct vname_place *place, const char *text);

#ifdef __cplusplus
}
#endif
#endif

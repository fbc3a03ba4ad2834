/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * case_objects.h - the vocabulary of cases about objects (UIO).
 *
 * What is told here asks the node's manager of objects one thing and waits for the answer; judging is the case's.  An answer that does not come breaks
 * the first rule of the case.  Names are those in a context of the case's own, which is made when it is first needed, in the place that the operator has
 * named (--objects), and removed with all that is in it when the case has ended.
 */
#ifndef VC_CASE_OBJECTS_H
#define VC_CASE_OBJECTS_H

#include "case.h"
#include "objects.h"

/* An answer, whole.  Good until eight more have come. */
struct vc_said {
    uint32_t code; /* the low 24 bits */
    uint32_t flags, words[7];
    uint32_t octets; /* of the segment */
    uint8_t segment[VC_SEGMENT_MAX];
    vc_time time;
};

#define VC_RW (UIO_MODE_READ | UIO_MODE_WRITE)
#define VC_NEW (VC_RW | UIO_MODE_CREATE)

/* A name of an operation, as its parameters say it. */
struct vc_name {
    uint64_t manager;
    uint32_t context;
    uint16_t index, length;
    char text[VC_NAME_MAX + 8];
};
/* That of an object in the context of this case ("": the context itself). */
struct vc_name vc_in(struct vc_test *t, const char *name);
/* An absolute name that the node has, wherever it is; its manager is looked for.  length 0: nobody answers for it. */
struct vc_name vc_absolute(struct vc_test *t, const char *name);
/* One of the node's own objects, "time", "programs", "pipe" or "log", and what is in it ("pipe/a"); the case ends when there is none. */
struct vc_name vc_of_node(struct vc_test *t, const char *name);

/* ---- asking: a Request, and what the answer says ----------------------------------------------------------------------- */

/* The Request by name: words 2 to 5; what is added is behind the name.  And of an instance. */
struct vc_packet vc_by_name(struct vc_test *t, const struct vc_name *name, uint32_t code, uint32_t word2,
                            uint32_t word3, uint64_t owner, const void *added, uint32_t size);
struct vc_packet vc_of_instance(struct vc_test *t, uint32_t code, uint32_t number, uint32_t word1, uint32_t word2,
                                uint32_t word3, uint32_t word4);
/* From a Client of its own, as what is to wait has to be: the next Request of the same Client would end it. */
void vc_by_another(struct vc_test *t, struct vc_packet *request);
/* Sends it with that segment (of one made by vc_by_name: its own, NULL), and waits. */
const struct vc_said *vc_ask(struct vc_test *t, const struct vc_packet *request, const void *segment, uint32_t size);
/* The same in two steps. */
void vc_begin(struct vc_test *t, const struct vc_packet *request, const void *segment, uint32_t size);
const struct vc_said *vc_answer(struct vc_test *t, const struct vc_packet *request, vc_time patience);
/* NULL: none came. */
const struct vc_said *vc_answer_or_none(struct vc_test *t, const struct vc_packet *request, vc_time patience);

const struct vc_said *vc_create(struct vc_test *t, const char *name, uint32_t mode);
const struct vc_said *vc_create_at(struct vc_test *t, const struct vc_name *name, uint32_t mode);
const struct vc_said *vc_on(struct vc_test *t, uint32_t code, const char *name, uint32_t word2, uint32_t word3);
const struct vc_said *vc_on_at(struct vc_test *t, uint32_t code, const struct vc_name *name, uint32_t word2,
                               uint32_t word3);
const struct vc_said *vc_rename(struct vc_test *t, const char *from, const char *to, uint32_t flags);
const struct vc_said *vc_link_name(struct vc_test *t, const char *from, const char *to);
const struct vc_said *vc_make_link(struct vc_test *t, const char *name, const char *target);
const struct vc_said *vc_modify_name(struct vc_test *t, const char *name, uint32_t mask, uint32_t flags,
                                     const struct vc_object *to);

const struct vc_said *vc_read(struct vc_test *t, uint32_t number, uint64_t block, uint32_t word3, uint32_t octets);
const struct vc_said *vc_write(struct vc_test *t, uint32_t number, uint64_t block, uint32_t word3, uint32_t flags,
                               const void *data, uint32_t size);
const struct vc_said *vc_query(struct vc_test *t, uint32_t number);
const struct vc_said *vc_modify(struct vc_test *t, uint32_t number, uint32_t mask, const struct vc_object *to);
const struct vc_said *vc_give(struct vc_test *t, uint32_t number, uint64_t owner);
const struct vc_said *vc_release(struct vc_test *t, uint32_t number, uint32_t commit);
const struct vc_said *vc_lock(struct vc_test *t, uint32_t number, uint32_t kind, uint32_t ms, uint64_t first,
                              uint64_t count);
const struct vc_said *vc_control(struct vc_test *t, uint32_t number, uint32_t function, uint32_t word2, uint32_t word3);
/* A LockInstance that may wait, which vc_answer waits for. */
struct vc_packet vc_lock_begun(struct vc_test *t, uint32_t number, uint32_t kind, uint32_t ms, uint64_t first,
                               uint64_t count);
struct vc_packet vc_read_begun(struct vc_test *t, uint32_t number, uint32_t ms, uint32_t octets);
struct vc_packet vc_write_begun(struct vc_test *t, uint32_t number, uint32_t ms, const void *data, uint32_t size);

/* ---- set-up: what fails here is INCONC ------------------------------------------------------------------------------------ */

/* The number of an instance. */
uint32_t vc_open(struct vc_test *t, const char *name, uint32_t mode);
uint32_t vc_open_at(struct vc_test *t, const struct vc_name *name, uint32_t mode);
void vc_did(struct vc_test *t, const struct vc_said *said, const char *what);
/* A file with so many octets of pattern of a seed in it. */
void vc_fill(struct vc_test *t, const char *name, uint32_t size, uint32_t seed);
/* The entity that owns what vc_create makes; the tester's node answers Probes for it. */
uint64_t vc_owner(struct vc_test *t);
void vc_owner_is(struct vc_test *t, uint64_t owner); /* from now on; 0: the first again */

/* ---- judging ------------------------------------------------------------------------------------------------------------- */

/* Ends the case if it is another one. */
void vc_want_code(struct vc_test *t, const char *ids, const struct vc_said *said, const char *what, uint32_t code);
/* Does not end it; 1: it is that code. */
int vc_code_is(struct vc_test *t, const char *ids, const struct vc_said *said, const char *what, uint32_t code);
/* An answer OK that has a descriptor; ends the case if not. */
struct vc_object vc_want_object(struct vc_test *t, const char *ids, const struct vc_said *said, const char *what);
struct vc_instance vc_want_instance(struct vc_test *t, const char *ids, const struct vc_said *said, const char *what);
/* An answer OK to a read with these octets. */
int vc_want_octets(struct vc_test *t, const char *ids, const struct vc_said *said, const char *what, const void *octets,
                   uint32_t size);
/* What a file has in it, by an instance of its own: these octets. */
int vc_holds(struct vc_test *t, const char *ids, const char *name, const void *octets, uint32_t size);

/* The descriptors of a context, read with so many octets each time: how many, at most most. */
struct vc_told {
    char name[256];
    struct vc_object object;
};
unsigned vc_list_of(struct vc_test *t, uint32_t number, uint32_t octets, struct vc_told *told, unsigned most);
const struct vc_told *vc_find_told(const struct vc_told *told, unsigned count, const char *name);

#ifndef VC_NO_LINES
#define vc_want_code(...) VC_AT_LINE(vc_want_code(__VA_ARGS__))
#define vc_code_is(...) VC_AT_LINE(vc_code_is(__VA_ARGS__))
#define vc_want_object(...) VC_AT_LINE(vc_want_object(__VA_ARGS__))
#define vc_want_instance(...) VC_AT_LINE(vc_want_instance(__VA_ARGS__))
#define vc_want_octets(...) VC_AT_LINE(vc_want_octets(__VA_ARGS__))
#define vc_holds(...) VC_AT_LINE(vc_holds(__VA_ARGS__))
#endif

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cases/names.h - the vocabulary of cases about names, on top of case.h and ../names.h.
 *
 * Of a manager under test most cases need one that claims what it is told to: NAME_MANAGER and the like (spec/testing.md section 4.18).  Each case
 * begins with a manager of its own, so that none depends on another.
 */
#ifndef VC_CASES_NAMES_H
#define VC_CASES_NAMES_H

#include "../case.h"
#include "../names.h"

#define MS VC_MILLISECOND

/* Words 0 of the test service's operations. */
enum { NM_ANEW = 1, NM_USE_DIRECTORY = 2, NM_REQUIRE = 4, NM_HAND_OVER = 8, NM_NO_MOUNTS = 16, NM_END = 32 };
enum { NM_AGAIN = 1, NM_TAKE = 2, NM_OPERATOR = 4 };
enum { NM_TWICE = 1, NM_FRESH = 2, NM_EMPTY = 4, NM_FIND = 8, NM_CURRENT = 16 };
enum { NM_NONE, NM_CLAIMS, NM_REGISTERS, NM_TAKES, NM_WAITS, NM_HELD, NM_LEAVES };
enum {
    NM_EV_HELD = 1,
    NM_EV_REFUSED,
    NM_EV_LOST,
    NM_EV_HANDED_OVER,
    NM_EV_RELEASED,
    NM_EV_REGISTERED,
    NM_EV_MOUNTED,
    NM_EV_UNMOUNTED
};

/* ---- the node's manager ----------------------------------------------------------------------------------------------- */

struct nm_manager {
    uint64_t group, owner;
    uint32_t flags, mounts;
    uint64_t entity; /* out */
};
/* A new one: m->entity. */
void nm_manager_anew(struct vc_test *t, struct nm_manager *m);
/* The same with default settings; its entity. */
uint64_t nm_manager(struct vc_test *t, uint32_t flags);

struct nm_claim {
    const char *prefix, *target;
    uint32_t flags, generation, context;
    uint64_t from;
};
/* Begins to claim; the context that the prefix will lead to. */
uint32_t nm_claim(struct vc_test *t, const struct nm_claim *c);
/* The same and holds it, after 8 rounds that nobody has answered. */
uint32_t nm_hold(struct vc_test *t, const char *prefix);
/* The same with two, claimed side by side; the context of the second. */
uint32_t nm_hold_two(struct vc_test *t, const char *first, const char *second);
/* Waits until it holds what it has begun to claim: 1; or 0, when that does not come, which for the other is the end of the case. */
int nm_claimed(struct vc_test *t, const char *prefix);
void nm_held(struct vc_test *t, const char *prefix);
void nm_release(struct vc_test *t, const char *prefix);

struct nm_state {
    uint32_t state, event, code, events;
    struct nm_record record; /* generation 0: none; lies in octets */
    uint8_t octets[NM_RECORD_MAX];
};
void nm_state(struct vc_test *t, const char *prefix, struct nm_state *s);
/* A name that no other case uses, below nothing: "/t12ab".  In room of 40. */
char *nm_new_prefix(struct vc_test *t, char *prefix);
/* A name below a prefix, of at most 50 and 40 octets. */
const char *nm_below(char name[100], const char *prefix, const char *rest);
void nm_want_state(struct vc_test *t, const char *id, const char *prefix, uint32_t state);

/* The node's manager and a prefix that it holds, for cases that leave both as they are: that of the case before, if it is still there. */
struct nm_place {
    char prefix[40];
    uint64_t manager;
    uint32_t context, length; /* length: of the prefix */
};
struct nm_place nm_place(struct vc_test *t);
/* The same; the manager. */
uint64_t nm_holding(struct vc_test *t, char prefix[40]);
/* One of the case's own, which nobody has left anything below. */
struct nm_place nm_place_anew(struct vc_test *t);

/* ---- Requests to managers and directories ------------------------------------------------------------------------------ */

/* To one entity of the node (unicast), or by multicast to a group, with MRD. */
struct vc_packet nm_to(struct vc_test *t, uint64_t entity, uint32_t code);
struct vc_packet nm_to_all(struct vc_test *t, uint64_t group, uint32_t code);
/* The next Request of that entity of the tester. */
void nm_as(struct vc_packet *p, uint64_t client);
/* Sends a record in a Request of the manager `record->manager`, with word 0: by unicast, or to a group. */
struct vc_packet nm_send_record(struct vc_test *t, uint64_t to, uint32_t code, uint32_t word0,
                                const struct nm_record *record);
/* An AnnounceName, a datagram of record->manager. */
void nm_announce(struct vc_test *t, uint32_t reason, const struct nm_record *record);
/* QueryName, to one or to a group. */
struct vc_packet nm_query(struct vc_test *t, uint64_t to, const char *name);
/* Any Request with octets of up to 1024, or of more; no segment: NULL. */
struct vc_packet nm_send(struct vc_test *t, uint64_t to, uint32_t code, const void *octets, uint32_t size);
/* There is no Response to it, whatever else comes. */
void nm_want_none(struct vc_test *t, const char *id, const struct vc_packet *request);
/* Refused: the Response has that code. */
void nm_want_code(struct vc_test *t, const char *id, const struct vc_packet *request, uint32_t code);
/* The record in the Response is of this prefix and manager. */
struct nm_record nm_want_of(struct vc_test *t, const char *id, const struct vc_packet *request, uint32_t code,
                            const char *prefix, uint64_t manager);
/* MapContext, or another operation by name, to a manager. */
struct vc_packet nm_operation(struct vc_test *t, uint64_t manager, uint32_t code, const char *name, uint32_t context,
                              uint32_t index);
/* The record of an answer; ends the case when there is none. */
struct nm_record nm_want_record(struct vc_test *t, const char *id, const struct vc_packet *p);
/* OK to a Request of the node, or another code, with a record (may be NULL). */
void nm_answer(struct vc_test *t, const struct vc_packet *request, uint64_t server, uint32_t code, uint32_t word0,
               const struct nm_record *record);

/* The next Request of the node by multicast to that group with that code, or NULL. */
struct vc_packet *nm_await(struct vc_test *t, uint64_t group, uint32_t code, vc_time patience);
/* How many of them have been seen since then: also those that a case has waited for. */
unsigned nm_seen(struct vc_test *t, uint64_t group, uint32_t code, vc_time since);

/* ---- the node's resolver ------------------------------------------------------------------------------------------------ */

/* Begins anew, with texts that may be NULL. */
void nm_resolver(struct vc_test *t, uint32_t flags, uint32_t prefixes, const char *names, const char *context);

struct nm_operate {
    const char *name;
    uint32_t flags, code, deadline_ms; /* code 0: MapContext */
};
/* Has the resolver send it; the Request to the test service. */
struct vc_packet nm_operate(struct vc_test *t, const struct nm_operate *o);
/* The same, MapContext. */
struct vc_packet nm_order(struct vc_test *t, const char *name, uint32_t flags, uint32_t deadline_ms);

/* Sends the Request again, as a client does that waits for its Response. */
void nm_remind(struct vc_test *t, struct vc_packet *request);

struct nm_outcome {
    uint32_t what, result, code, multicasts, context;
    uint64_t server, manager;
    unsigned prefix_length, aliases, moves, repeats, name_length;
    uint32_t words[7];
    char name[NM_NAME_MAX + 1];
};
enum { NM_ANSWERED, NM_NO_SUCH_NAME, NM_UNREACHABLE, NM_NO_ANSWER, NM_OUT_OF_TIME, NM_FAILED };
/* The Response to nm_operate. */
void nm_outcome(struct vc_test *t, const char *id, const struct vc_packet *request, vc_time patience,
                struct nm_outcome *o);
/* Waits for the end of an operation, which nobody judges, so that the resolver is free for the next case. */
void nm_over(struct vc_test *t, const struct vc_packet *request);
struct nm_outcome nm_want_end(struct vc_test *t, const char *id, const struct vc_packet *request, uint32_t what);

/* ---- the tester as a manager ---------------------------------------------------------------------------------------------- */

/* One, with a prefix that nobody knows yet. */
struct nm_record nm_stranger(struct vc_test *t, char prefix[40]);
/* Waits for the node's QueryName by multicast; breaks id when it does not come. */
struct vc_packet *nm_want_query(struct vc_test *t, const char *id, uint64_t group, vc_time patience);
/* Answers one with this record, of the record's manager. */
void nm_tell(struct vc_test *t, const struct vc_packet *query, const struct nm_record *record);
/* Waits for an operation by name to that manager of the tester. */
struct vc_packet *nm_want_operation(struct vc_test *t, const char *id, uint64_t manager, vc_time patience);
/* Answers MapContext. */
void nm_map(struct vc_test *t, const struct vc_packet *request, uint64_t manager, uint32_t context, const char *name);

#ifndef VC_NO_LINES
#define nm_want_none(...) VC_AT_LINE(nm_want_none(__VA_ARGS__))
#define nm_want_code(...) VC_AT_LINE(nm_want_code(__VA_ARGS__))
#define nm_want_of(...) VC_AT_LINE(nm_want_of(__VA_ARGS__))
#define nm_want_record(...) VC_AT_LINE(nm_want_record(__VA_ARGS__))
#define nm_want_state(...) VC_AT_LINE(nm_want_state(__VA_ARGS__))
#define nm_want_end(...) VC_AT_LINE(nm_want_end(__VA_ARGS__))
#define nm_outcome(...) VC_AT_LINE(nm_outcome(__VA_ARGS__))
#define nm_want_query(...) VC_AT_LINE(nm_want_query(__VA_ARGS__))
#define nm_want_operation(...) VC_AT_LINE(nm_want_operation(__VA_ARGS__))
#endif

#endif

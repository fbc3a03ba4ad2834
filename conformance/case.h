/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * case.h - the vocabulary in which cases are written.
 *
 * A case is an entry of a table: its name, the rules that it shows, what it sends and what it expects in words, and either a
 * function or (one frame, one reaction) a declaration.  A function sends and expects one thing after the other; what is
 * expected and does not come ends the case, so nothing has to be asked about afterwards.
 */
#ifndef VC_CASE_H
#define VC_CASE_H

#include "evidence.h"
#include "link.h"
#include "oracle.h"
#include "pics.h"
#include "pixit.h"

#define VC_TEST_CODE(symbol, value, word) symbol = (value),
enum vc_test_code { VMTP_TEST_CODE_LIST(VC_TEST_CODE) VC_TEST_CODES_END };

struct vc_test;

/* ---- one frame, one reaction ---------------------------------------------------------------------------------------- */

enum vc_base {
    VC_BASE_NONE,
    VC_BASE_NULL,     /* NULL to the service from a new Client */
    VC_BASE_PROBE,    /* ProbeEntity of the service, unicast to the node's manager */
    VC_BASE_QUERY,    /* QueryVMTPNode, unicast */
    VC_BASE_RESPONSE, /* a Response OK to the service, which has asked nobody */
    VC_BASE_NVC,      /* NVC(OK) to the service, about no transaction */
    VC_BASE_NVS       /* NVS(OK), the same */
};

enum vc_field {
    VC_END,
    VC_CLIENT,
    VC_SERVER,
    VC_VERSION,
    VC_DOMAIN,
    VC_FLAGS,
    VC_LENGTH,
    VC_CONTROL,
    VC_RETRANSMIT,
    VC_FORWARD,
    VC_GAP,
    VC_PRIORITY,
    VC_RESERVED,
    VC_FUNCTION,
    VC_DELIVERY,
    VC_CODE,
    VC_CODE_FLAGS, /* these besides those of the code */
    VC_WORD0,
    VC_WORD1,
    VC_WORD2,
    VC_WORD3,
    VC_WORD4,
    VC_WORD5,
    VC_WORD6,
    VC_SEGMENT, /* so many octets of pattern, all blocks that fit */
    VC_SUM,
    VC_CHECKSUM_IS,
    VC_TRAILING,
    VC_CUT,
    VC_PADDING,   /* this octet in place of the zeros behind the segment */
    VC_MULTICAST, /* to the address of VMTP_MANAGER_GROUP; 1: with MPG, 2: without */
    VC_SOURCE_OWN /* the frame's source is the node's own address */
};

enum vc_reaction { VC_SILENCE, VC_ANSWER, VC_SAYS_NVC, VC_SAYS_NVS };

struct vc_single {
    enum vc_base base;
    struct {
        enum vc_field field;
        uint64_t value;
    } set[8];
    enum vc_reaction reaction;
    uint32_t code; /* of it */
};

struct vc_case {
    const char *name;  /* "header/version" */
    const char *ids;   /* rules that it shows, separated by spaces */
    const char *needs; /* PICS items, separated by spaces, or NULL; "!item": only nodes without it */
    const char *stimulus, *expected;
    void (*run)(struct vc_test *t);
    struct vc_single single;
    int timing; /* a failure may come from a busy machine: tried again, and two of three count */
};

/* An entry of a table: a case that is a function; one whose outcome hangs on times; and the last one. */
#define VC_CASE(case_name, case_ids, case_needs, sends, awaits, function)                                              \
    { .name = case_name, .ids = case_ids, .needs = case_needs, .stimulus = sends, .expected = awaits, .run = function }
#define VC_TIMED(case_name, case_ids, case_needs, sends, awaits, function)                                             \
    {                                                                                                                  \
        .name = case_name, .ids = case_ids, .needs = case_needs, .stimulus = sends, .expected = awaits,                \
        .run = function, .timing = 1                                                                                   \
    }
#define VC_LAST                                                                                                        \
    { .name = NULL }

/* Each file of cases has one table, which ends with a case without name; cases.c lists them. */
extern const struct vc_case *const vc_tables[];

/* ---- sending -------------------------------------------------------------------------------------------------------- */

/* A new Client of the tester; the tester's node answers Probes for it. */
uint64_t vc_new_client(struct vc_test *t);
/* A packet from a new Client to the node's test service, or to another entity. */
struct vc_packet vc_request(struct vc_test *t, uint32_t code);
struct vc_packet vc_request_to(struct vc_test *t, uint64_t server, uint32_t code);
/* The next Request of the same Client. */
struct vc_packet vc_next(const struct vc_packet *request, uint32_t code);
/* A management Request, unicast to the node, about entity (CoResidentEntity). */
struct vc_packet vc_manage(struct vc_test *t, uint32_t code, uint64_t entity);
/* The same to all nodes. */
struct vc_packet vc_manage_all(struct vc_test *t, uint32_t code, uint64_t entity);
/* A Response to a Request of the node. */
struct vc_packet vc_response(const struct vc_packet *request, uint32_t code);
/* Notify operations about a packet of the node. */
struct vc_packet vc_nvc(struct vc_test *t, const struct vc_packet *about, uint32_t code, uint32_t delivery);
struct vc_packet vc_nvs(struct vc_test *t, const struct vc_packet *about, uint32_t code, uint32_t delivery);
/* NotifyRemoteVmtpClient about a Request that the node has forwarded. */
struct vc_packet vc_nrc(struct vc_test *t, const struct vc_packet *about, uint32_t code, uint32_t delivery);
void vc_multicast(struct vc_packet *p, uint64_t group);

void vc_send(struct vc_test *t, const struct vc_packet *p);
/* Sends the blocks of mask, at most two in a packet; last_control is set in the last packet. */
void vc_send_blocks(struct vc_test *t, const struct vc_packet *p, const uint8_t *segment, uint32_t size, uint32_t mask,
                    uint32_t last_control);

/* ---- runs of Requests, and messages of several packet groups ------------------------------------------------------------ */

/* Request number i of a run of n whose first one is given: its Transaction, NSR and NER. */
struct vc_packet vc_of_run(const struct vc_packet *first, unsigned i, unsigned n);
/* Sends it; returns it. */
struct vc_packet vc_send_of_run(struct vc_test *t, const struct vc_packet *first, unsigned i, unsigned n);
unsigned vc_groups(uint32_t size);
/* Bits of all blocks of a group of a message of size octets. */
uint32_t vc_group_blocks(uint32_t size, unsigned group);
/*
 * Sends blocks of a group of a message, two in a packet, with NSR, NER and CMG in their places; mask 0: a packet without data.  first has the
 * Transaction of the first group; STI of a Request goes into the last.  last_control is set in the last packet.
 */
void vc_send_group(struct vc_test *t, const struct vc_packet *first, unsigned group, const uint8_t *segment,
                   uint32_t size, uint32_t mask, uint32_t last_control);

#define VC_MOST_HELD 256u /* Requests after which a server may have no end */
#define VC_FILLERS 16u    /* runs after which it may have none */
/*
 * Sends NULLs of a run, whose Responses nobody acknowledges, until one is refused.  How many were answered: the last of them by *last and the
 * second by *second, or NULL; *refusal is what was said then.
 */
unsigned vc_fill_run(struct vc_test *t, const struct vc_packet *first, struct vc_packet **last,
                     struct vc_packet **second, struct vc_packet **refusal);
/* The same with as many runs as it takes until not even one Request finds room.  Their last Responses; how many runs; and in *two the second
 * Response of one that has more. */
unsigned vc_fill_records(struct vc_test *t, struct vc_packet *last[VC_FILLERS], struct vc_packet **two);
/* A new Request of the same Client that is not part of its run, behind this Response: it ends the run. */
void vc_leave_run(struct vc_test *t, const struct vc_packet *last);

/* ---- expecting ------------------------------------------------------------------------------------------------------ */

#define VC_ANY 0xffffffffu
#define VC_PATIENCE (2 * VC_SECOND)

/* What comes within patience; what does not come breaks the rule id, and ends the case. */
struct vc_packet *vc_want_response(struct vc_test *t, const char *id, const struct vc_packet *request, uint32_t code);
struct vc_packet *vc_want_nvc(struct vc_test *t, const char *id, const struct vc_packet *about, uint32_t code);
struct vc_packet *vc_want_nvs(struct vc_test *t, const char *id, const struct vc_packet *about, uint32_t code);
/* Refused with that code, by NVC or by a Response: both end the transaction (spec/vmtp.md section 10.2). */
void vc_want_refusal(struct vc_test *t, const char *id, const struct vc_packet *request, uint32_t code);
/* A Request of the node to an entity of the tester. */
struct vc_packet *vc_want_request(struct vc_test *t, const char *id, uint64_t server, vc_time patience);
/* Nothing comes, though the node has had the time to answer.  what: nothing of what, for the report. */
void vc_want_silence(struct vc_test *t, const char *id, const char *what);
/* No packet of that transaction comes for that long. */
void vc_want_quiet(struct vc_test *t, const char *id, const struct vc_packet *about, vc_time time);

/* The same without judgement; NULL when it does not come. */
struct vc_packet *vc_await_response(struct vc_test *t, const struct vc_packet *request, vc_time patience);
/* (The Response, or NVC to the Client about whichever of its Transactions.) */
struct vc_packet *vc_await_answer(struct vc_test *t, const struct vc_packet *request, vc_time patience);
struct vc_packet *vc_await_notify(struct vc_test *t, uint32_t operation, uint64_t client, uint32_t transact,
                                  vc_time patience);
struct vc_packet *vc_await_request(struct vc_test *t, uint64_t server, vc_time patience);
/* A Request that the node sends in the same turn as the one before: also when its turn comes late, because its system is busy. */
struct vc_packet *vc_await_at_once(struct vc_test *t, uint64_t server, vc_time pause);
struct vc_packet *vc_await_code(struct vc_test *t, uint32_t code, uint64_t coresident, vc_time patience);
/* (vc_await_code: a Request of the node with that code about that entity, 0: any.)  Lets that much time pass. */
void vc_pass(struct vc_test *t, vc_time time);
/* The same until then, which may be over. */
void vc_until(struct vc_test *t, vc_time time);
/* Milliseconds of DELAY in which silence can be listened to twice (vc_settle, vc_want_silence). */
uint32_t vc_awhile(struct vc_test *t);
/* Until the node has dealt with all that it has been sent; and until it has taken it, with no time for timers. */
void vc_settle(struct vc_test *t);
void vc_fence(struct vc_test *t);
vc_time vc_now(struct vc_test *t);

/* A Response of several packets put together: its octets in segment (room for 16384), and the blocks; the last packet. */
struct vc_packet *vc_collect(struct vc_test *t, const char *id, const struct vc_packet *request, uint8_t *segment,
                             uint32_t *blocks);
/* What has been taken so far is of an earlier case: nobody waits for it. */
void vc_forget(struct vc_test *t);
/* So many octets, or, where they would be one packet on this segment, as many as a packet group has; SKIP where that is one as well. */
uint32_t vc_several_packets(struct vc_test *t, uint32_t octets);
/* The packets of the node taken so far, from 0 on; NULL: no more. */
const struct vc_packet *vc_seen(struct vc_test *t, unsigned i);
/* Packets of the node taken so far of that transaction: Response packets (function 1) or Requests (0). */
unsigned vc_tally(struct vc_test *t, uint64_t client, uint32_t transaction, uint8_t function);

/* ---- judging -------------------------------------------------------------------------------------------------------- */

/* Returns ok. */
int vc_check(struct vc_test *t, const char *id, int ok, const char *expected, const char *seen, ...)
    __attribute__((format(printf, 5, 6)));
int vc_equal(struct vc_test *t, const char *id, const char *what, uint64_t expected, uint64_t seen);
/* So many octets are this text. */
int vc_same_text(struct vc_test *t, const char *id, const char *what, const char *text, const void *seen, size_t length);
int vc_between(struct vc_test *t, const char *id, const char *what, vc_time least, vc_time most, vc_time seen);
/* So many times that timer, as the node has it set (PIXIT). */
int vc_lasts(struct vc_test *t, const char *id, const char *what, enum vc_timer timer, unsigned times, vc_time seen);
/* What comes at once, sooner than SLACK could tell: a busy node is late, so in a VC_TIMED case too late is tried again more often. */
int vc_soon(struct vc_test *t, const char *id, const char *what, vc_time least, vc_time most, vc_time seen);
void vc_note(struct vc_test *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- preconditions: what does not work ends the case without judgement ------------------------------------------------- */

_Noreturn void vc_give_up(struct vc_test *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
_Noreturn void vc_skip(struct vc_test *t, const char *item);
/* A Request without segment to the service, and its Response OK. */
struct vc_packet *vc_must(struct vc_test *t, uint32_t code, const uint32_t words[7]);
/* The same of a Request that is made already, with a segment of so many octets. */
struct vc_packet *vc_must_answer(struct vc_test *t, struct vc_packet *request, const void *segment, uint32_t size);
/* How often the service has executed a procedure. */
uint32_t vc_executed(struct vc_test *t, uint32_t code);

/* ---- the node as client: operation CALL -------------------------------------------------------------------------------- */

struct vc_call {
    uint64_t server; /* 0: a new entity of the tester */
    uint32_t code, control, words[7], number;
    uint32_t deadline_ms, response_room, size; /* size: octets of pattern of seed 1 */
    uint32_t options;                          /* word 2 of CALL */
    uint32_t run, responses;                   /* r and a */
    const uint8_t *segment;                    /* to send in place of a pattern, of so many octets */
    uint32_t octets;
    const uint64_t *members; /* k of them */
    uint32_t member_count;
    const struct vc_packet *behind; /* the CALL before, whose Client asks again, or NULL: a new one */
};
/* Has the node call; the Request to the tester comes out of vc_want_request with call->server. */
struct vc_packet vc_have_called(struct vc_test *t, struct vc_call *call);

struct vc_outcome {
    uint32_t result, code, octets, crc, microseconds, words[7], reports, sequence;
    uint64_t server;
    const uint8_t *results; /* of several, until the case ends */
};
/* One of several Responses, in the order in which they came. */
struct vc_report {
    uint32_t result, code, number, octets, crc;
};
struct vc_report vc_report(const struct vc_outcome *outcome, unsigned i);
/* The Response to CALL, whatever it says; and what a call has brought. */
struct vc_packet *vc_call_over(struct vc_test *t, const char *id, const struct vc_packet *request, vc_time patience);
struct vc_outcome vc_called(struct vc_test *t, const char *id, const struct vc_packet *request, vc_time patience);

/* An ordinary call, which brings what it brings as size and CRC-32 only; its first Request. */
struct vc_packet *vc_calling(struct vc_test *t, const char *id, struct vc_call *call, struct vc_packet *order);
struct vc_packet *vc_again(struct vc_test *t, const char *id, const struct vc_packet *request); /* the next to that server */
void vc_answer_call(struct vc_test *t, const struct vc_packet *request, uint32_t code); /* a Response without segment */
/* Notify operations that need nothing but what is said here: NVC, NVS, NRC. */
void vc_tell_client(struct vc_test *t, const struct vc_packet *request, uint32_t code, uint32_t delivery);
void vc_tell_server(struct vc_test *t, const struct vc_packet *response, uint32_t code, uint32_t delivery);
void vc_tell_forwarder(struct vc_test *t, const struct vc_packet *request, uint32_t code, uint32_t delivery);
/* The call is over, and that is how; the second: after an answer OK. */
void vc_ends(struct vc_test *t, const char *id, const struct vc_packet *order, uint32_t code, vc_time patience);
void vc_finish(struct vc_test *t, const char *id, const struct vc_packet *order, const struct vc_packet *request);
/* A Probe of the node for that entity, and what a case answers it with when it does that by itself (vc_answer_probes). */
struct vc_packet *vc_want_probe(struct vc_test *t, const char *id, uint64_t entity);
void vc_probed(struct vc_test *t, const struct vc_packet *probe, uint32_t code, uint32_t transaction);
/* How many there have been that nobody has asked about yet. */
unsigned vc_probes(struct vc_test *t, uint64_t entity);

/* ---- the node ------------------------------------------------------------------------------------------------------- */

uint64_t vc_service(struct vc_test *t);
uint64_t vc_manager(struct vc_test *t);
const uint8_t *vc_node_mac(struct vc_test *t);
uint32_t vc_mtu(struct vc_test *t); /* of the segment, as the tester's interface has it */
const uint8_t *vc_tester_mac(struct vc_test *t);
int vc_claims(struct vc_test *t, const char *item);
/* An entity of the service by its number in ENTITY. */
uint64_t vc_service_entity(struct vc_test *t, uint32_t number);
/* A new group, and JOIN or LEAVE of an entity of the service by its number; a Request to it from a new Client. */
uint64_t vc_new_group(struct vc_test *t, int restricted);
struct vc_packet *vc_member(struct vc_test *t, uint32_t code, uint64_t group, uint32_t number, uint32_t permissions);
struct vc_packet vc_to_group(struct vc_test *t, uint64_t group, uint32_t code);
/* The same Request once more. */
struct vc_packet vc_duplicate(const struct vc_packet *request, uint32_t control);
/* 1: the tester's node answers Probes for its entities by itself (as each case begins), 0: it leaves that to the case. */
void vc_answer_probes(struct vc_test *t, int yes);
/* Packets are sent from, and Probes answered at, another address than the interface's from now on. */
void vc_other_node(struct vc_test *t, int yes);
uint32_t vc_random(struct vc_test *t);
/* Has the node begin anew; then nothing is known of it until vc_find_again. */
void vc_reboot(struct vc_test *t);
void vc_find_again(struct vc_test *t);
/* Has the node begin anew in another way (link.h, list.c); a node that cannot: SKIP. */
void vc_start(struct vc_test *t, const char *how);
/*
 * The node as it was before the tests: it begins anew if a case has had it begin in another way. Each case begins with that, but those that
 * need "reboot": they begin with vc_start or vc_reboot, or with this.
 */
void vc_as_before(struct vc_test *t);

/* Where a rule is judged is known by the line. */
void vc_line(unsigned number);
#ifndef VC_NO_LINES
#define VC_AT_LINE(call) (vc_line(__LINE__), call)
#define vc_check(...) VC_AT_LINE(vc_check(__VA_ARGS__))
#define vc_equal(...) VC_AT_LINE(vc_equal(__VA_ARGS__))
#define vc_same_text(...) VC_AT_LINE(vc_same_text(__VA_ARGS__))
#define vc_between(...) VC_AT_LINE(vc_between(__VA_ARGS__))
#define vc_soon(...) VC_AT_LINE(vc_soon(__VA_ARGS__))
#define vc_want_response(...) VC_AT_LINE(vc_want_response(__VA_ARGS__))
#define vc_want_nvc(...) VC_AT_LINE(vc_want_nvc(__VA_ARGS__))
#define vc_want_nvs(...) VC_AT_LINE(vc_want_nvs(__VA_ARGS__))
#define vc_want_refusal(...) VC_AT_LINE(vc_want_refusal(__VA_ARGS__))
#define vc_want_request(...) VC_AT_LINE(vc_want_request(__VA_ARGS__))
#define vc_want_silence(...) VC_AT_LINE(vc_want_silence(__VA_ARGS__))
#define vc_want_quiet(...) VC_AT_LINE(vc_want_quiet(__VA_ARGS__))
#define vc_want_probe(...) VC_AT_LINE(vc_want_probe(__VA_ARGS__))
#define vc_calling(...) VC_AT_LINE(vc_calling(__VA_ARGS__))
#define vc_again(...) VC_AT_LINE(vc_again(__VA_ARGS__))
#define vc_called(...) VC_AT_LINE(vc_called(__VA_ARGS__))
#define vc_ends(...) VC_AT_LINE(vc_ends(__VA_ARGS__))
#define vc_finish(...) VC_AT_LINE(vc_finish(__VA_ARGS__))
#define vc_collect(...) VC_AT_LINE(vc_collect(__VA_ARGS__))
#endif

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* pair.h - a node with the test service and a tester, on a virtual Ethernet in virtual time. */
#ifndef VSUITE_TESTS_PAIR_H
#define VSUITE_TESTS_PAIR_H

#include <vmtp/port.h>

#include "test_protocol.h"
#include "test_responder.h"

#define PAIR_CLIENTS 40

struct pair_end {
    vmtp_engine *engine;
    void *memory;
    vmtp_port *port;
    unsigned requests_out; /* Request packets sent, Notify and ProbeEntity included */
    unsigned probes_out;
    uint8_t response[VMTP_HEADER_OCTETS]; /* header of the last packet of a Response */
};

/* What became of a call of the tester. */
struct pair_call {
    vmtp_entity client;
    vmtp_handle handle;
    int done;
    uint32_t result;
    struct vmtp_message message;
    uint32_t size;
    vmtp_time start, end;
    uint8_t area[VMTP_GROUP_OCTETS];
};

struct pair {
    vmtp_sim *sim;
    struct pair_end tester, node;
    vtest_service *service;
    vtest_service *on_tester_event; /* a service on the tester's side, or NULL */
    uint8_t priority;               /* of calls that are started from now on */
    void *large; /* for the segments of Responses, when there is to be more room than in pair_call; or NULL */
    uint32_t large_size;
    struct pair_call calls[PAIR_CLIENTS];
};

/* options NULL: defaults. */
void pair_begin(struct pair *p, const struct vtest_options *options);
/* The same with a smaller table of accepts. */
void pair_begin_with(struct pair *p, const struct vtest_options *options, uint32_t max_accepts);
void pair_end(struct pair *p);
vmtp_time pair_now(const struct pair *p);

/* Starts call number (its own client entity each) to server, 0: the service. */
struct pair_call *pair_start(struct pair *p, unsigned number, vmtp_entity server, uint32_t code,
                             const uint32_t words[7], const void *segment, uint32_t size);
/* Lets things happen until the call is over (it must end within virtual minutes). */
void pair_wait(struct pair *p, struct pair_call *call);
/* Lets this much time pass. */
void pair_pass(struct pair *p, vmtp_time duration);

/* Call number 0 to the service, all in one; the answer must come. Its ResponseCode without flags. */
uint32_t pair_do(struct pair *p, uint32_t code, const uint32_t words[7], const void *segment, uint32_t size);
/* The answer of that. */
static inline const struct pair_call *pair_answer(const struct pair *p) { return &p->calls[0]; }

/* COUNT of a procedure. */
uint32_t pair_count(struct pair *p, uint32_t procedure);

#endif

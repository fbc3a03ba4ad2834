/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * defects_nth.h - defects that come once: what is answered, asked or reported as the n-th since a case began; part of defects.c.
 *
 * A case goes on from one judgement to the next only while all is well, so a node that does a thing wrong each time shows it at the first; to try the
 * later ones it has to go wrong late, as nodes do whose tables are full or whose state has changed.
 */
#ifndef VC_DEFECTS_NTH_H
#define VC_DEFECTS_NTH_H

#define TALLY 256u

struct tally {
    struct {
        uint64_t client;
        uint32_t transaction;
    } seen[TALLY];
    unsigned count;
};

static struct tally answers, asks, reports, responses, calls;

static void begin_anew(void) { answers.count = asks.count = reports.count = responses.count = calls.count = 0; }

/* From 1 on; what is sent again keeps its number.  0: too many. */
static unsigned number_in(struct tally *t, const struct vc_packet *p) {
    for (unsigned i = t->count; i-- > 0;)
        if (t->seen[i].client == p->client && t->seen[i].transaction == p->transaction)
            return i + 1;
    if (t->count == TALLY)
        return 0;
    t->seen[t->count].client = p->client;
    t->seen[t->count].transaction = p->transaction;
    return ++t->count;
}

static int of_names_or_objects(uint32_t code) { return nm_is_naming(code) || vc_uio(code) != VC_NO_UIO; }

/* Of the node: the n-th answer of its manager, of Requests of its own, of answers of its test service about those. */
static unsigned nth_answer(const struct vc_packet *p, struct memory *m) {
    uint32_t code = p->function == VMTP_RESPONSE ? asked(p, m) : 0;
    return code && of_names_or_objects(code) ? number_in(&answers, p) : 0;
}

static unsigned nth_ask(const struct vc_packet *p) {
    return p->function == VMTP_REQUEST && !p->forward && of_names_or_objects(vc_code(p)) ? number_in(&asks, p) : 0;
}

static unsigned nth_report(const struct vc_packet *p, struct memory *m) {
    uint32_t code = p->function == VMTP_RESPONSE ? asked(p, m) : 0;
    return code >= (VMTP_TEST_NAME_RESOLVER & VMTP_CODE_MASK) && code <= (VMTP_TEST_OBJECT_SET & VMTP_CODE_MASK)
               ? number_in(&reports, p)
               : 0;
}

/* Of the node: the n-th Response, but who asks where an entity is, or asks again, as set-up does, is answered; the n-th of its calls. */
static unsigned nth_response(const struct vc_packet *p, struct memory *m) {
    if (p->function != VMTP_RESPONSE || asked(p, m) == (VMTP_PROBE_ENTITY & VMTP_CODE_MASK))
        return 0;
    unsigned number = number_in(&responses, p);
    return p->retransmit ? 0 : number;
}

static unsigned nth_call(const struct vc_packet *p) {
    return p->function == VMTP_REQUEST && !vc_notify(p) && !stateless(p) ? number_in(&calls, p) : 0;
}

/* What was refused is told as done, what was done as refused. */
static void say_otherwise(struct vc_packet *p, uint32_t refusal) {
    uio_say(p, vc_code(p) == VMTP_OK ? refusal : VMTP_OK);
}

/* Words, and of a record the manager and the context. */
static void mistell(struct vc_packet *p) {
    p->words[0] ^= 5;
    for (unsigned i = 1; i < 4; i++)
        p->words[i] ^= 1;
    if (p->data_octets >= NM_RECORD_HEAD) {
        p->data[15] ^= 1;
        p->data[35] ^= 1;
    }
}

/* One defect for each n; more lines than there are answers in any case. */
#define FROM_2_TO_7(F) F(2) F(3) F(4) F(5) F(6) F(7)
#define TO_8(F) F(1) FROM_2_TO_7(F) F(8)
#define TO_9(F) TO_8(F) F(9)
#define TO_10(F) TO_9(F) F(10)
#define TO_14(F) TO_10(F) F(11) F(12) F(13) F(14)
#define TO_15(F) TO_14(F) F(15)
#define TO_16(F) TO_15(F) F(16)
#define TO_20(F) TO_16(F) F(17) F(18) F(19) F(20)
#define TO_30(F) TO_20(F) F(21) F(22) F(23) F(24) F(25) F(26) F(27) F(28) F(29) F(30)
#define TO_40(F) TO_30(F) F(31) F(32) F(33) F(34) F(35) F(36) F(37) F(38) F(39) F(40)

#endif

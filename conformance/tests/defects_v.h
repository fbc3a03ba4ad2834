/* SPDX-License-Identifier: BSD-2-Clause */
/* defects_v.h - what conditions and changes of defects_v.inc are made of; part of defects.c. */
#ifndef VC_DEFECTS_V_H
#define VC_DEFECTS_V_H

/* Codes of Sends, without the bit that gives access. */
#define V_CODE 0x7fffffu
/* A Send of the node's process; one to it; the reply to one. */
#define V_SENDS (REQUEST && ((p->code & V_CODE) == 0x77 || (p->code & V_CODE) == 0x2345))
#define V_ORDER(c) (REQUEST && (p->code & V_CODE) == (c))
#define V_TO(c) (RESPONSE && (asked(p, m) & V_CODE) == (c))
#define V_ECHOED (RESPONSE && (asked(p, m) & V_CODE) >= VMTP_TEST_V_ECHO)
#define V_RESULT(code) (V_TO(VMTP_TEST_V_SEND) && p->words[0] == (code))
/* A GetPid, and the answer to one for another logical id than that of the test process. */
#define V_LOOKS (p->function == VMTP_REQUEST && vc_code(p) == (VMTP_V_GET_PID & VMTP_CODE_MASK))
#define V_TOLD (TO(VMTP_V_GET_PID) && CODE_IS(VMTP_OK) && v_asked_word(p, m) != VMTP_TEST_V_PROCESS)
#define V_OPERATES (CODE(VMTP_V_MOVE_TO) || CODE(VMTP_V_MOVE_FROM))
#define V_READ_OCTETS (TO(VMTP_V_MOVE_FROM) && CODE_IS(VMTP_OK))
/* Each time after so many; once, that time. */
#define V_EVERY(n) (++m->frames % (n) == 0)
#define V_NTH(n) (++m->frames == (n))
#define V_SECOND V_EVERY(2)
#define V_THIRD V_EVERY(3)

/* Word 0 of the Request that this Response answers. */
static uint32_t v_asked_word(const struct vc_packet *p, const struct memory *m) {
    for (unsigned i = m->request_count; i-- > 0 && i + REQUESTS >= m->request_count;)
        if (m->requests[i % REQUESTS].client == p->client && m->requests[i % REQUESTS].transaction == p->transaction)
            return m->requests[i % REQUESTS].words[0];
    return 0;
}

/* The Request that is to be forwarded after this PassAccess. */
static void v_say_forwarded(struct memory *m, const struct vc_packet *p) {
    struct vc_packet *q = say(m, p, vc_pair(p->words), vc_pair(p->words + 3), VMTP_V_GRANT | VMTP_TEST_V_ECHO | 0x1234);
    memcpy(q->dst, p->dst, 6);
    q->transaction = p->words[2];
    q->forward = 1;
}

#endif

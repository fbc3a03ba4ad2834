/* SPDX-License-Identifier: BSD-2-Clause */
/* Logical ids: spec/v.md section 3. */
#include "v.h"

#define LOCAL 1u
#define REMOTE 2u
#define BOTH 3u
#define MS VC_MILLISECOND
enum { NOBODY, ITSELF, OTHER };

/* One that nobody else has, most likely. */
static uint32_t new_id(struct vc_test *t) { return 0x8000 | (vc_random(t) & 0x7ffe); }

static void set(struct vc_test *t, const char *id, uint32_t number, uint32_t scope, uint32_t who) {
    vv_does(t, id, vv_order(t, VMTP_TEST_V_SET_PID, number, scope, who), VMTP_OK);
}

static uint64_t other(struct vc_test *t, const char *id, uint32_t make) {
    return vc_pair(vv_does(t, id, vv_order(t, VMTP_TEST_V_OTHER, make, 0, 0), VMTP_OK)->words + 1);
}

/* Other nodes are told that pid. */
static struct vc_packet *leads(struct vc_test *t, const char *id, uint32_t number, uint64_t pid) {
    struct vc_packet ask = vv_get_pid(t, number), *p;
    vc_send(t, &ask);
    p = vc_want_response(t, id, &ask, VMTP_OK);
    vc_equal(t, id, "pid", pid, vc_pair(p->words));
    return p;
}

/* Nobody answers. */
static void leads_nowhere(struct vc_test *t, const char *id, uint32_t number) {
    struct vc_packet ask = vv_get_pid(t, number);
    vc_send(t, &ask);
    vc_want_silence(t, id, "answer to GetPid");
}

static void found(struct vc_test *t) {
    uint64_t process = vv_process(t);
    const uint32_t ids[] = {1, 65535, new_id(t)};
    leads(t, "TEST-8.1-01", VMTP_TEST_V_PROCESS, process);
    for (unsigned i = 0; i < 3; i++) {
        leads_nowhere(t, "V-3-05", ids[i]);
        set(t, "TEST-8.1-10", ids[i], i ? BOTH : REMOTE, ITSELF);
        struct vc_packet *p = leads(t, "V-3-01 V-3-02 V-3-04", ids[i], process);
        vc_check(t, "V-3-04", p->code & VMTP_DGM, "an idempotent Response", "Code %08x", p->code);
        vc_check(t, "V-3-02", !(p->server & VMTP_ID_GRP) && p->server != process, "an answer of the kernel", "%llx",
                 (unsigned long long)p->server);
        set(t, "TEST-8.1-10", ids[i], BOTH, NOBODY);
        leads_nowhere(t, "V-3-05", ids[i]);
    }
    vv_does(t, "V-3-01", vv_order(t, VMTP_TEST_V_SET_PID, 0, BOTH, ITSELF), VMTP_TEST_BAD_ARGUMENT);
    vv_does(t, "V-3-01", vv_order(t, VMTP_TEST_V_SET_PID, 65536, BOTH, ITSELF), VMTP_TEST_BAD_ARGUMENT);
}

/* Of a kernel that is asked for another logical id than that of the group. */
static void another(struct vc_test *t) {
    uint32_t number = new_id(t);
    set(t, "V-3-05", number, REMOTE, ITSELF);
    struct vc_packet ask = vv_get_pid(t, number);
    ask.words[0]++;
    vc_send(t, &ask);
    vc_want_silence(t, "V-3-05", "answer to GetPid");
    set(t, "V-3-05", number, BOTH, NOBODY);
}

static struct vc_packet *get(struct vc_test *t, const char *id, uint32_t number, uint32_t scope, uint32_t result) {
    return vv_does(t, id, vv_order(t, VMTP_TEST_V_GET_PID, number, scope, 100), result);
}

/* The process is asked for, and no node but its own. */
static void here(struct vc_test *t, const char *id, uint32_t number, uint32_t scope, uint64_t pid) {
    uint64_t told = vc_pair(get(t, id, number, scope, pid ? VMTP_OK : VMTP_NONEXISTENT_ENTITY)->words + 1);
    vc_equal(t, id, "pid", pid, told);
    struct vc_packet *p = vc_await_request(t, VMTP_V_LOGICAL_GROUP + number, 0);
    vc_check(t, "V-3-09", p == NULL, "no GetPid", "%s", p ? "one" : "none");
}

static void scopes(struct vc_test *t) {
    uint64_t process = vv_process(t);
    uint32_t number = new_id(t);
    set(t, "V-3-06", number, LOCAL, ITSELF);
    leads_nowhere(t, "V-3-06", number);
    here(t, "V-3-06", number, LOCAL, process);
    here(t, "V-3-09", number, BOTH, process);
    set(t, "V-3-06", number, REMOTE, ITSELF);
    leads(t, "V-3-06", number, process);
    here(t, "V-3-06", number, LOCAL, 0);
    set(t, "V-3-07", number, BOTH, ITSELF);
    here(t, "V-3-09", number, BOTH, process);
    uint64_t second = other(t, "TEST-8.1-11", 1);
    vc_equal(t, "TEST-8.1-11", "the other process again", second, other(t, "TEST-8.1-11", 1));
    set(t, "V-3-07", number, BOTH, OTHER);
    here(t, "V-3-07", number, LOCAL, second);
    leads(t, "V-3-07", number, second);
    vc_equal(t, "TEST-8.1-11", "no other process", 0, other(t, "TEST-8.1-11", 0));
    leads_nowhere(t, "V-3-08", number);
    here(t, "V-3-08", number, LOCAL, 0);
}

/* The tester is two other nodes. */
static void asks(struct vc_test *t) {
    uint32_t number = new_id(t);
    uint64_t pids[2] = {vc_new_client(t), vc_new_client(t)};
    for (unsigned scope = REMOTE; scope <= BOTH; scope++) {
        struct vc_packet order = vv_order(t, VMTP_TEST_V_GET_PID, number, scope, 500), *p;
        vc_send(t, &order);
        p = vc_want_request(t, scope == BOTH ? "V-3-09" : "V-3-03", VMTP_V_LOGICAL_GROUP + number, VC_PATIENCE);
        vc_check(t, "V-3-03",
                 vc_code(p) == (VMTP_V_GET_PID & VMTP_CODE_MASK) && !(p->code & VMTP_MRD) && p->words[0] == number &&
                     p->flags & VMTP_MPG,
                 "GetPid to the group, without MRD", "Code %08x, word 0 %u", p->code, p->words[0]);
        for (unsigned i = 0; i < 2; i++) {
            struct vc_packet answer = vc_response(p, VMTP_OK | VMTP_DGM);
            answer.server = vc_new_client(t);
            for (unsigned k = 0; k < 6; k++)
                answer.src[k] = vc_tester_mac(t)[k];
            answer.words[0] = (uint32_t)(pids[i] >> 32);
            answer.words[1] = (uint32_t)pids[i];
            vc_send(t, &answer);
        }
        p = vv_done(t, "TEST-8.1-10", &order, VMTP_OK);
        vc_equal(t, "V-3-03", "pid", pids[0], vc_pair(p->words + 1));
    }
}

const struct vc_case vc_v_logical_cases[] = {
    VC_CASE("v/logical-ids", "V-3-01 V-3-02 V-3-04 V-3-05 TEST-8.1-01 TEST-8.1-10", V_NEEDS,
            "SET_PID with scope remote and both, and GetPid to the group",
            "the process, from the kernel; later nothing", found),
    VC_CASE("v/another-id", "V-3-05", V_NEEDS, "GetPid for another logical id than that of the group", "no answer",
            another),
    VC_CASE("v/scopes", "V-3-06 V-3-07 V-3-08 V-3-09 TEST-8.1-11", V_NEEDS,
            "SET_PID and GET_PID with all scopes, for one process and then for another, which ends",
            "each is told to those that it is meant for, and the last one counts", scopes),
    VC_CASE("v/asks", "V-3-03 V-3-09 TEST-8.1-10", V_NEEDS, "GET_PID, and two answers", "the first one", asks),
    VC_LAST,
};

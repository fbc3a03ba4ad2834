/* SPDX-License-Identifier: BSD-2-Clause */
/* The test service as a client and as a manager of names: spec/testing.md sections 4.17 and 4.18. */
#include "names.h"

#include <string.h>

/* A Request of the service with words and a text; its ResponseCode is wanted. */
static struct vc_packet *ask(struct vc_test *t, const char *id, uint32_t code, const uint32_t words[7],
                             const char *text, uint32_t wanted) {
    struct vc_packet p = vc_request(t, code);
    memcpy(p.words, words, sizeof p.words);
    if (text)
        nm_carry(&p, text, (uint32_t)strlen(text));
    vc_send(t, &p);
    return vc_want_response(t, id, &p, wanted);
}

static void resolver(struct vc_test *t) {
    static const char handed[] = "1;/a=111,2,3";
    const uint32_t anew[7] = {NM_ANEW}, nothing[7] = {0}, too_much[7] = {8}, wild[7] = {NM_ANEW, 1u << 30};
    nm_resolver(t, 0, 0, handed, "/a/c=111,2");
    struct vc_packet *p = ask(t, "TEST-4.17-01", VMTP_TEST_NAME_RESOLVER, nothing, NULL, VMTP_OK);
    vc_check(t, "TEST-4.17-01", p->words[6] > sizeof handed && memcmp(p->data, handed, sizeof handed) == 0,
             "what it was handed down", "otherwise");
    p = ask(t, "TEST-4.17-01", VMTP_TEST_NAME_RESOLVER, anew, NULL, VMTP_OK);
    vc_check(t, "TEST-4.17-01", p->words[6] == 2 && memcmp(p->data, "1", 2) == 0, "an empty cache", "%u octets",
             p->words[6]);
    ask(t, "TEST-4.17-05", VMTP_TEST_NAME_RESOLVER, too_much, NULL, VMTP_TEST_BAD_ARGUMENT);
    ask(t, "TEST-4.17-05", VMTP_TEST_NAME_RESOLVER, wild, NULL, VMTP_TEST_BAD_ARGUMENT);
    ask(t, "TEST-4.17-05", VMTP_TEST_NAME_RESOLVER, anew, "no zero behind it", VMTP_TEST_BAD_ARGUMENT);
}

static void operate(struct vc_test *t) {
    const struct nm_operate o = {.name = "/nobody/has/this", .deadline_ms = 500};
    const uint32_t flags[7] = {32}, late[7] = {0, 0, 60001}, longer[7] = {0, 0, 0, 9}, anew[7] = {NM_ANEW},
                   more[7] = {0, VNAME_MAP_CONTEXT & NM_LOW24, 500, 2};
    struct vc_packet outstanding[4];
    struct nm_outcome out;
    nm_resolver(t, 0, 0, NULL, NULL);
    for (unsigned i = 0; i < 4; i++)
        outstanding[i] = nm_operate(t, &o);
    ask(t, "TEST-4.17-05", VMTP_TEST_NAME_OPERATE, more, "/x", VMTP_TEST_NO_ROOM);
    ask(t, "TEST-4.17-05", VMTP_TEST_NAME_RESOLVER, anew, NULL, VMTP_TEST_NO_ROOM);
    for (unsigned i = 0; i < 4; i++) {
        nm_outcome(t, "TEST-4.17-02", &outstanding[i], 2 * VC_SECOND, &out);
        vc_check(t, "TEST-4.17-02", out.what == NM_OUT_OF_TIME || out.what == NM_NO_ANSWER,
                 "no answer, or the deadline", "%u", out.what);
    }
    ask(t, "TEST-4.17-05", VMTP_TEST_NAME_OPERATE, flags, "/x", VMTP_TEST_BAD_ARGUMENT);
    ask(t, "TEST-4.17-05", VMTP_TEST_NAME_OPERATE, late, "/x", VMTP_TEST_BAD_ARGUMENT);
    ask(t, "TEST-4.17-05", VMTP_TEST_NAME_OPERATE, longer, "/x", VMTP_TEST_BAD_ARGUMENT);
}

static void watch(struct vc_test *t) {
    char prefix[40];
    const uint32_t begin[7] = {1}, tell[7] = {0}, end[7] = {2}, odd[7] = {3};
    nm_resolver(t, 0, 0, NULL, NULL);
    struct vc_packet *p = ask(t, "TEST-4.17-03", VMTP_TEST_NAME_WATCH, begin, nm_new_prefix(t, prefix), VMTP_OK);
    vc_equal(t, "TEST-4.17-03", "changes", 0, p->words[0]);
    uint64_t manager = nm_manager(t, 0);
    nm_hold(t, prefix);
    vc_pass(t, VC_SECOND);
    p = ask(t, "TEST-4.17-03", VMTP_TEST_NAME_WATCH, tell, NULL, VMTP_OK);
    vc_check(t, "TEST-4.17-03", p->words[0] == 1 && p->words[1] == 1 && vc_pair(p->words + 2) == manager,
             "one change, to the manager", "%u changes", p->words[0]);
    ask(t, "TEST-4.17-03", VMTP_TEST_NAME_WATCH, end, NULL, VMTP_OK);
    ask(t, "TEST-4.17-05", VMTP_TEST_NAME_WATCH, odd, NULL, VMTP_TEST_BAD_ARGUMENT);
    ask(t, "TEST-4.17-05", VMTP_TEST_NAME_WATCH, begin, "relative", VMTP_TEST_BAD_ARGUMENT);
}

static void survey(struct vc_test *t) {
    const uint32_t none[7] = {0};
    nm_place(t);
    struct vc_packet first = vc_request(t, VMTP_TEST_NAME_SURVEY);
    vc_send(t, &first);
    ask(t, "TEST-4.17-05", VMTP_TEST_NAME_SURVEY, none, NULL, VMTP_TEST_NO_ROOM);
    struct vc_packet *p = vc_want_response(t, "TEST-4.17-04", &first, VMTP_OK);
    vc_check(t, "TEST-4.17-04", p->words[0] >= 1 && p->words[1] >= 1, "a manager at least, and a record", "%u and %u",
             p->words[0], p->words[1]);
}

static void manager(struct vc_test *t) {
    const uint32_t none[7] = {0}, end[7] = {NM_END}, odd[7] = {64};
    uint64_t first = nm_manager(t, 0);
    vc_equal(t, "TEST-4.18-01", "manager", first,
             vc_pair(ask(t, "TEST-4.18-01", VMTP_TEST_NAME_MANAGER, none, NULL, VMTP_OK)->words));
    uint64_t second = nm_manager(t, 0);
    vc_check(t, "TEST-4.18-01", second != first && second, "another identifier", "the same");
    ask(t, "TEST-4.18-05", VMTP_TEST_NAME_MANAGER, odd, NULL, VMTP_TEST_BAD_ARGUMENT);
    vc_equal(t, "TEST-4.18-01", "manager", 0,
             vc_pair(ask(t, "TEST-4.18-01", VMTP_TEST_NAME_MANAGER, end, NULL, VMTP_OK)->words));
    const uint32_t claim[7] = {0, 0, 0, 0, 2};
    ask(t, "TEST-4.18-05", VMTP_TEST_NAME_CLAIM, claim, "/x", VMTP_TEST_NO_ROOM);
}

static void claim(struct vc_test *t) {
    char prefix[40];
    struct nm_state s;
    uint64_t entity = nm_manager(t, 0);
    const uint32_t odd[7] = {8, 0, 0, 0, 2}, all[7] = {0}, bad[7] = {0, 0, 0, 0, 3}, relative[7] = {0, 0, 0, 0, 1};
    const struct nm_claim c = {.prefix = nm_new_prefix(t, prefix)};
    uint32_t context = nm_claim(t, &c);
    nm_state(t, prefix, &s);
    vc_equal(t, "TEST-4.18-02", "state", NM_CLAIMS, s.state);
    nm_claimed(t, prefix);
    nm_state(t, prefix, &s);
    vc_equal(t, "TEST-4.18-04", "state", NM_HELD, s.state);
    vc_equal(t, "TEST-4.18-04", "event", NM_EV_HELD, s.event);
    vc_equal(t, "TEST-4.18-04", "manager", entity, s.record.manager);
    vc_equal(t, "TEST-4.18-02", "context", context, s.record.context);
    ask(t, "TEST-4.18-05", VMTP_TEST_NAME_CLAIM, odd, "/x", VMTP_TEST_BAD_ARGUMENT);
    ask(t, "TEST-4.18-05", VMTP_TEST_NAME_CLAIM, bad, "/..", VMTP_TEST_BAD_ARGUMENT);
    ask(t, "TEST-4.18-05", VMTP_TEST_NAME_CLAIM, relative, "x", VMTP_TEST_BAD_ARGUMENT);
    ask(t, "TEST-4.18-05", VMTP_TEST_NAME_RELEASE, all, "/not/there", VMTP_NONEXISTENT_ENTITY);
    ask(t, "TEST-4.18-03", VMTP_TEST_NAME_RELEASE, all, NULL, VMTP_OK);
    vc_pass(t, 100 * MS);
    nm_state(t, prefix, &s);
    vc_check(t, "TEST-4.18-03", s.state == NM_NONE || s.state == NM_LEAVES, "given up", "state %u", s.state);
}

const struct vc_case vc_names_service_cases[] = {
    VC_CASE("names/service-resolver", "TEST-4.17-01 TEST-4.17-05", "name-client", "NAME_RESOLVER",
            "what it was handed down", resolver),
    VC_CASE("names/service-operate", "TEST-4.17-02 TEST-4.17-05", "name-client",
            "NAME_OPERATE of names that nobody has", "four at once, and their ends", operate),
    VC_CASE("names/service-watch", "TEST-4.17-03 TEST-4.17-05", "name-client name-claims", "NAME_WATCH",
            "the name appears", watch),
    VC_CASE("names/service-survey", "TEST-4.17-04 TEST-4.17-05", "name-client name-claims", "NAME_SURVEY",
            "all managers", survey),
    VC_CASE("names/service-manager", "TEST-4.18-01 TEST-4.18-05", "name-claims", "NAME_MANAGER", "a manager", manager),
    VC_CASE("names/service-claim", "TEST-4.18-02 TEST-4.18-03 TEST-4.18-04 TEST-4.18-05", "name-claims",
            "NAME_CLAIM, NAME_RELEASE", "a prefix that comes and goes", claim),
    VC_LAST};

/* SPDX-License-Identifier: BSD-2-Clause */
/* Managers of names: whose a name is.  spec/naming.md sections 4 and 5.1. */
#include "names.h"

#include <string.h>

static struct vc_packet query(struct vc_test *t, uint64_t to, const char *name) {
    struct vc_packet p = to & VMTP_ID_GRP ? nm_to_all(t, to, VNAME_QUERY) : nm_to(t, to, VNAME_QUERY);
    nm_carry_name(&p, name);
    vc_send(t, &p);
    return p;
}

static void held(struct vc_test *t) {
    char prefix[40], name[60];
    uint64_t manager = nm_manager(t, 0);
    uint32_t context = nm_hold(t, nm_new_prefix(t, prefix));
    strcat(strcpy(name, prefix), "/o");
    const uint64_t to[2] = {VNAME_HANDLERS, manager};
    for (unsigned i = 0; i < 2; i++) {
        struct vc_packet q = query(t, to[i], name);
        struct vc_packet *p = vc_want_response(t, "NAME-5.1-01", &q, VMTP_OK);
        struct nm_record r = nm_want_record(t, "NAME-5.1-01", p);
        vc_equal(t, "NAME-5.1-01", "octets matched", strlen(prefix), p->words[0]);
        vc_check(t, "NAME-5.1-01", r.prefix_length == strlen(prefix) && memcmp(r.prefix, prefix, strlen(prefix)) == 0,
                 "its record", "of another prefix");
        vc_equal(t, "NAME-5.1-01", "manager", manager, r.manager);
        vc_equal(t, "NAME-5.1-01", "context", context, r.context);
    }
}

static void not_held(struct vc_test *t) {
    char prefix[40];
    uint64_t manager = nm_manager(t, 0);
    nm_hold(t, nm_new_prefix(t, prefix));
    query(t, VNAME_HANDLERS, "/somebody/else");
    vc_want_silence(t, "NAME-5.1-02", "answer about a prefix that is not held");
    struct vc_packet q = query(t, manager, "/somebody/else");
    vc_want_response(t, "NAME-5.1-03", &q, VNAME_STALE);
}

const struct vc_case vc_names_manager_cases[] = {
    VC_CASE("names/query-held", "NAME-5.1-01", "name-claims",
            "QueryName for a name below a prefix that the node holds, to all and to it",
            "OK, the prefix' length, and its record", held),
    VC_CASE("names/query-not-held", "NAME-5.1-02 NAME-5.1-03", "name-claims",
            "QueryName for another name, to all and to it", "nothing, and NAME_STALE", not_held),
    VC_LAST};

/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is there, and what it can do: asked before the first case. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "files.h"
#include "run.h"
#include "text.h"

static int known_mac(const struct vc_run *run) {
    static const uint8_t none[6];
    return memcmp(run->node_mac, none, 6) != 0;
}

static struct vc_packet *ask(struct vc_test *t, struct vc_packet *request) {
    for (unsigned i = 0; i < 3; i++) {
        request->retransmit = (uint8_t)i;
        vc_time sent = vc_now(t);
        vc_send(t, request);
        struct vc_packet *p = vc_await_response(t, request, 300 * VC_MILLISECOND);
        if (p && i == 0 && (!t->run->round_trip || p->time - sent < t->run->round_trip))
            t->run->round_trip = p->time - sent;
        if (p)
            return p;
    }
    return NULL;
}

/* Only the entity is known: its node answers a Probe to all. */
static void locate(struct vc_test *t) {
    static uint8_t frame[VC_FRAME_MAX];
    struct vc_run *run = t->run;
    struct vc_packet probe = vc_manage_all(t, VMTP_PROBE_ENTITY, run->service), answer;
    probe.words[2] = probe.words[0];
    probe.words[3] = probe.words[1];
    for (unsigned i = 0; i < 3; i++) {
        vc_time when, until = vc_now(t) + 300 * VC_MILLISECOND;
        int size;
        vc_send(t, &probe);
        while ((size = run->link->receive(run->link, frame, sizeof frame, &when, until)) > 0)
            if (vc_decode(&answer, frame, (size_t)size, run->link->ethertype) == VC_WELL &&
                answer.function == VMTP_RESPONSE && answer.client == probe.client) {
                memcpy(run->node_mac, answer.src, 6);
                return;
            }
    }
}

static void identify(struct vc_test *t) {
    struct vc_run *run = t->run;
    struct vc_packet request = vc_request_to(t, VMTP_TEST_SERVICE, VMTP_TEST_IDENTIFY);
    struct vc_packet *p = ask(t, &request);
    vc_found("test-service", p && vc_code(p) == VMTP_OK);
    if (!p || vc_code(p) != VMTP_OK)
        return;
    run->service = vc_pair(p->words);
    run->manager = vc_pair(p->words + 2);
    static const struct {
        const char *item;
        uint32_t code;
    } needs[] = {{"delay", VMTP_TEST_DELAY},
                 {"client", VMTP_TEST_CALL},
                 {"entities", VMTP_TEST_ENTITY},
                 {"serial", VMTP_TEST_SERIAL},
                 {"sequence", VMTP_TEST_SEQUENCE},
                 {"stat", VMTP_TEST_STAT},
                 {"forwarding", VMTP_TEST_FORWARD},
                 {"groups", VMTP_TEST_JOIN},
                 {"migration", VMTP_TEST_MIGRATE},
                 {"tell", VMTP_TEST_TELL},
                 {"signals", VMTP_TEST_SIGNALS},
                 {"name-claims", VMTP_TEST_NAME_CLAIM},
                 {"object-client", VMTP_TEST_OBJECT_NAME},
                 {"name-client", VMTP_TEST_NAME_OPERATE}};
    for (unsigned i = 0; i < sizeof needs / sizeof needs[0]; i++) {
        unsigned bit = needs[i].code & 0xff;
        vc_found(needs[i].item, p->data_octets >= 32 && p->data[bit / 8] & 0x80 >> bit % 8);
    }
    uint32_t size = vc_segment_size(p) < p->data_octets ? vc_segment_size(p) : p->data_octets;
    if (size > 32)
        snprintf(run->implementation, sizeof run->implementation, "%.*s", (int)(size - 32), (const char *)p->data + 32);
    vc_clean(run->implementation);
}

static void ask_service(struct vc_test *t) {
    struct vc_packet request = vc_request(t, VMTP_TEST_NULL), *p = ask(t, &request);
    vc_found("records", p && !(p->code & VMTP_DGM));
    static const uint32_t words[7] = {4096, 1, 0};
    request = vc_request(t, VMTP_TEST_SOURCE);
    memcpy(request.words, words, sizeof words);
    p = ask(t, &request);
    vc_found("segments", p && vc_code(p) == VMTP_OK);
    request = vc_request(t, VMTP_TEST_FILE_STAT);
    vc_carry(&request, (const uint8_t *)"pattern", 7, 1);
    p = ask(t, &request);
    vc_found("files", p && vc_code(p) == VMTP_OK && vc_pair(p->words) == VC_FILES_PATTERN);
    request = vc_request(t, 0x7f | VMTP_TEST_NULL); /* the control: it can refuse */
    p = ask(t, &request);
    if (p && vc_code(p) != VMTP_ERROR)
        vc_give_up(t,
                   "the test service does not refuse a procedure that there is not (it says %s): nothing that it "
                   "claims can be "
                   "believed",
                   vc_response_name(p->code));
}

static void ask_manager(struct vc_test *t) {
    struct vc_run *run = t->run;
    struct vc_packet request = vc_manage(t, VMTP_QUERY_VMTP_NODE, 0), *p = ask(t, &request);
    vc_found("full-manager", p && vc_code(p) == VMTP_OK);
    vc_found("streams", p && vc_code(p) == VMTP_OK && p->words[1] & VMTP_NODE_HANDLES_STREAMS);
    if (p)
        run->manager = p->server;
    request = vc_manage(t, VMTP_CREATE_ENTITY, 0);
    p = ask(t, &request);
    vc_found("remote-management", p && vc_code(p) == VMTP_OK);
    if (p && vc_code(p) == VMTP_OK) {
        request = vc_manage(t, VMTP_DELETE_ENTITY, vc_pair(p->words));
        ask(t, &request);
    }
}

/* Of a whole group: who answers here? */
static struct vc_packet *ask_group(struct vc_test *t, uint64_t group, uint32_t code) {
    struct vc_packet request = vc_request_to(t, group, code | VMTP_MRD), *p = NULL;
    vc_multicast(&request, group);
    for (unsigned i = 0; i < 2 && !p; i++) {
        request.retransmit = (uint8_t)i;
        vc_send(t, &request);
        p = vc_await_response(t, &request, 300 * VC_MILLISECOND);
    }
    return p;
}

/* One that has nothing to do with the test service has to hold a prefix, to be seen. */
static void ask_names(struct vc_test *t) {
    struct vc_run *run = t->run;
    struct nm_record r;
    struct vc_packet *p = ask_group(t, VNAME_HANDLERS, VNAME_LIST);
    if (p && nm_first(p, &r) && r.prefix_length < sizeof run->prefix) {
        run->prefix_manager = r.manager;
        memcpy(run->prefix, r.prefix, r.prefix_length);
        run->prefix[r.prefix_length] = 0;
    }
    vc_found("name-manager", p != NULL || vc_claims(t, "name-claims"));
    p = ask_group(t, VNAME_DIRECTORY, VNAME_FIND_DIRECTORY);
    vc_found("name-directory", p != NULL);
    if (p)
        run->directory = vc_pair(p->words);
}

/* A kernel answers at once.  The Client is one of its own, so that cases are the same with this question and without. */
static void ask_v(struct vc_test *t) {
    const uint64_t group = VMTP_V_LOGICAL_GROUP + VMTP_TEST_V_PROCESS;
    const uint32_t random = t->run->random, next_id = t->run->next_id;
    struct vc_packet request = vc_request_to(t, group, VMTP_V_GET_PID), *p = NULL;
    t->run->random = random;
    t->run->next_id = next_id;
    request.client = t->run->block | 3;
    request.words[0] = VMTP_TEST_V_PROCESS;
    vc_multicast(&request, group);
    for (unsigned i = 0; i < 2 && !p; i++) {
        request.retransmit = (uint8_t)i;
        vc_send(t, &request);
        p = vc_await_response(t, &request, 150 * VC_MILLISECOND);
    }
    vc_found("v-process", p && vc_code(p) == VMTP_OK);
}

static vc_time shortest_timer(void) {
    static const enum vc_timer timers[] = {VC_TC1, VC_TC2, VC_TC3, VC_TS1, VC_TS5};
    vc_time shortest = vc_timers[VC_TC1].least;
    for (unsigned i = 1; i < sizeof timers / sizeof timers[0]; i++)
        if (vc_timers[timers[i]].least < shortest)
            shortest = vc_timers[timers[i]].least;
    return shortest;
}

static void look(struct vc_test *t) {
    struct vc_run *run = t->run;
    if (!known_mac(run))
        locate(t);
    if (known_mac(run) && run->link->only)
        run->link->only(run->link, run->node_mac);
    if (memcmp(run->node_mac, run->link->mac, 6) == 0)
        vc_give_up(t, "%s has the tester's own address: give it another", run->service ? "the node" : "--peer");
    if (!known_mac(run))
        vc_give_up(t, "nobody answers ProbeEntity: is the node up, on this segment or VLAN, with this EtherType?");
    identify(t);
    if (run->service)
        ask_service(t);
    ask_manager(t);
    if (run->service || run->manager)
        vc_find_twins(t);
    ask_names(t);
    ask_v(t);
    if (!run->service && !run->manager)
        vc_give_up(t, "the node answers neither IDENTIFY of the test service nor QueryVMTPNode: is it up, on this "
                      "segment or VLAN, with this address and EtherType?");
    vc_found("patience", run->link->virtual_time || run->link->patience);
    vc_found("copy", run->link->copy != NULL);
    vc_found("objects", 0);
    if (run->link->objects)
        vc_find_objects(t, run->link->objects);
    vc_found("reboot", run->link->reboot && (run->link->virtual_time || run->link->reboot_command));
    vc_timers[VC_SLACK].most += run->round_trip;
    vc_oracle_distance(run->oracle, run->round_trip);
    vc_found("near", 2 * run->round_trip <= shortest_timer());
    t->done = 1;
}

/* What it takes is no time of the case. */
static int start(struct vc_test *t, const char *how) {
    struct vc_link *link = t->run->link;
    vc_time begun = vc_now(t);
    int rc = link->reboot ? link->reboot(link, how) : -1;
    t->starting += vc_now(t) - begun;
    return rc;
}

static _Noreturn void cannot_start(struct vc_test *t) {
    const char *trouble = t->run->link->trouble;
    vc_give_up(t, "the node cannot be started anew%s%s", *trouble ? ": the command of --reboot " : "", trouble);
}

void vc_reboot(struct vc_test *t) {
    t->started = 1;
    t->run->altered = 0;
    t->run->lost = 1;
    vc_oracle_forget(t->run->oracle, 0);
    if (start(t, NULL) != 0)
        cannot_start(t);
    t->run->place.manager = 0;
}

/* Executions since the service began, by which it is seen whether that was now; 0: nobody knows.  Of a simulated node it is no question. */
static uint32_t counted(struct vc_test *t) {
    struct vc_packet request = vc_request(t, VMTP_TEST_COUNT), *p;
    request.words[0] = VMTP_TEST_COUNT & 0xff;
    p = t->run->lost ? NULL : ask(t, &request);
    return p && vc_code(p) == VMTP_OK ? p->words[1] : 0;
}

void vc_start(struct vc_test *t, const char *how) {
    const int real = !t->run->link->virtual_time;
    t->started = 1;
    uint32_t before = real ? counted(t) : 0;
    int rc = start(t, how);
    t->run->altered = *how != 0;
    t->run->lost = 1;
    t->run->place.manager = 0;
    vc_oracle_forget(t->run->oracle, strstr(how, "sequence-numbers") != NULL);
    if (rc < 0)
        cannot_start(t);
    if (rc > 0)
        vc_skip(t, how);
    vc_find_again(t);
    if (before && counted(t) > before)
        vc_give_up(t, "the command of --reboot ends well, but the node has not begun anew: it counts on from %u", before);
    vc_settle(t);
    vc_forget(t); /* whatever it said when it came up */
}

void vc_as_before(struct vc_test *t) {
    if (t->run->altered)
        vc_start(t, "");
    else if (t->run->lost) {
        t->started = 1;
        vc_find_again(t);
    }
}

void vc_find_again(struct vc_test *t) {
    for (unsigned i = 0; i < 20; i++) {
        struct vc_packet request = vc_request_to(t, VMTP_TEST_SERVICE, VMTP_TEST_IDENTIFY), *p = ask(t, &request);
        if (p && vc_code(p) == VMTP_OK) {
            t->run->service = vc_pair(p->words);
            t->run->manager = vc_pair(p->words + 2);
            t->run->lost = 0;
            return;
        }
    }
    vc_give_up(t, "the node does not come back");
}

static const struct vc_case probe_case = {.name = "probe", .ids = "", .run = look};

int vc_run_probe(struct vc_run *run, char *error, size_t size) {
    struct vc_test *t = calloc(1, sizeof *t);
    snprintf(error, size, "out of memory");
    if (!t)
        return -1;
    vc_test_begin(t, run, &probe_case);
    if (setjmp(t->end) == 0)
        look(t);
    snprintf(error, size, "%s", t->why);
    int rc = t->done ? 0 : -1;
    if (run->verbose)
        vc_evidence_print(&t->evidence, stderr);
    vc_test_end(t);
    vc_evidence_clear(&t->evidence);
    free(t);
    const uint8_t *m = run->node_mac;
    snprintf(run->peer, sizeof run->peer, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
    return rc;
}

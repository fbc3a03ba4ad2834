/* SPDX-License-Identifier: BSD-2-Clause */
/* vnet migrate - a test entity goes from one node to another, and calls to it go on. */
#include "node.h"
#include "rtt.h"
#include "target.h"
#include "test_protocol.h"
#include "text.h"
#include "vnet.h"

#include <stdio.h>
#include <string.h>

#define NUMBER 3u /* of the twin that moves, as ENTITY counts */

struct migrate {
    struct common_options common;
    vmtp_time timeout, interval;
    uint32_t count;
    uint8_t keep, quiet;
    const char *words[2]; /* from, to */
    struct node node;
    vmtp_entity from, to, entity;
    uint32_t there; /* number of the entity at the end */
    uint8_t before[6], after[6];
    uint32_t sent, answered, octets;
    vmtp_time took; /* the move */
    int moved;
};

static const char usage[] = "migrate FROM TO -i IFACE [options]";
static const char about[] =
    "Makes an entity on the node of FROM, calls it, lets it move to the node of TO, and goes on calling: one of the "
    "calls\n"
    "is in hand when it moves and is answered from the new node.  Both are test services as `vnet up` prints them or\n"
    "Ethernet addresses of nodes that have one.  The entity is the third\n"
    "twin of FROM's service; at the end it is deleted.";
static const char after[] = "Exit codes: 0 it moved and every call was answered, 1 not so, 2 wrong command line.\n"
                            "Example: vnet migrate 02:00:5e:00:00:01 02:00:5e:00:00:02 -i eth0";

static enum option_outcome parse(struct migrate *m, int argc, char **argv) {
    struct option_row common[COMMON_ROWS];
    const struct option_row rows[] = {
        {"count", 'c', OPTION_NUMBER, &m->count, "N", "calls before it moves, and after; default 3", 1, 1000000},
        {"interval", 0, OPTION_DURATION, &m->interval, "TIME", "from one call to the next; default 50ms", 0, 0},
        {"timeout", 0, OPTION_DURATION, &m->timeout, "TIME", "give a call up after this; default 12s", 0, 0},
        {"keep", 0, OPTION_FLAG, &m->keep, NULL, "leave the entity where it is at the end", 0, 0},
        {"quiet", 'q', OPTION_FLAG, &m->quiet, NULL, "print the summary only", 0, 0},
        {0}};
    const struct option_page page = {usage, about, after, common, rows};
    unsigned words;
    common_rows(common, &m->common);
    enum option_outcome outcome = options_parse(&page, argc, argv, m->words, 2, &words);
    if (outcome != OPTIONS_GO)
        return outcome;
    if (words < 2)
        return vnet_misuse("say from which node and to which; usage: vnet %s", usage), OPTIONS_WRONG;
    if (target_check(m->words[0]) != 0 || target_check(m->words[1]) != 0 || common_require_interface(&m->common) != 0)
        return OPTIONS_WRONG;
    return OPTIONS_GO;
}

/* ---- asking the services ------------------------------------------------------------------------------------------- */

static int ask(struct migrate *m, vmtp_entity service, uint32_t code, const uint32_t words[4],
               struct node_answer *answer) {
    struct node_call call = {.timeout = m->timeout};
    char text[TEXT_CODE], name[VMTP_ENTITY_TEXT];
    call.message.server = service;
    call.message.code = VMTP_PIC | code;
    memcpy(call.message.words, words, 4 * sizeof *words);
    int rc = node_call(&m->node, &call, answer);
    if (rc != 0)
        return node_explain(&m->node, rc, service, m->timeout);
    uint32_t result = answer->message.code & VMTP_CODE_MASK;
    vmtp_entity_format(name, service);
    if (result == VMTP_ERROR)
        return vnet_fail("%s cannot do that: it is no test service, or one without migration", name);
    return result == VMTP_OK ? VNET_OK : vnet_fail("%s refuses: %s", name, text_code(text, result));
}

static int make_entity(struct migrate *m) {
    struct node_answer answer;
    const uint32_t words[4] = {NUMBER};
    int rc = ask(m, m->from, VMTP_TEST_ENTITY, words, &answer);
    m->entity = vmtp_words_get64(answer.message.words);
    return rc;
}

static int end_entity(struct migrate *m) {
    struct node_answer answer;
    const uint32_t words[4] = {m->moved ? m->there : NUMBER, 1};
    return m->keep ? VNET_OK : ask(m, m->moved ? m->to : m->from, VMTP_TEST_ENTITY, words, &answer);
}

/* ---- the calls ------------------------------------------------------------------------------------------------------- */

static void note(struct migrate *m, int result, const struct vmtp_event *event, vmtp_time took, const char *remark) {
    char duration[TEXT_DURATION], mac[TEXT_MAC], code[TEXT_CODE];
    int fine = result == 0 && (event->message.code & VMTP_CODE_MASK) == VMTP_OK;
    m->answered += (uint32_t)fine;
    if (m->quiet || m->common.json)
        return;
    if (fine)
        printf("%u: %s, from %s%s\n", m->sent, text_duration(duration, took), text_mac(mac, event->source), remark);
    else
        printf("%u: no answer: %s%s\n", m->sent, text_code(code, result ? (uint32_t)result : event->message.code),
               remark);
    vnet_flush();
}

static int call_some(struct migrate *m, uint8_t source[6]) {
    vmtp_time next = node_now(&m->node);
    for (uint32_t i = 0; i < m->count; i++) {
        struct node_call call = {.timeout = m->timeout};
        struct node_answer answer = {.took = 0};
        struct vmtp_event event = {.result = 0};
        int rc = node_sleep(&m->node, next);
        if (rc != 0)
            return rc;
        call.message.server = m->entity;
        call.message.code = VMTP_PIC | VMTP_TEST_NULL;
        m->sent++;
        rc = node_call(&m->node, &call, &answer);
        if (rc < 0)
            return rc;
        event.message = answer.message;
        memcpy(event.source, answer.source, sizeof event.source);
        if (rc == 0)
            memcpy(source, answer.source, 6);
        note(m, rc, &event, answer.took, "");
        next += m->interval;
    }
    return 0;
}

/* ---- the move -------------------------------------------------------------------------------------------------------- */

/* A call that takes so long is in hand when the move begins so much later. */
#define HAND_MICROSECONDS 200000u
#define HAND_LEAD (20 * VMTP_MILLISECOND)

struct both {
    vmtp_handle slow, move;
    vmtp_time start, moving;
    uint32_t result; /* of the move */
    int open;
};

static int begin_slow(struct migrate *m, struct both *c) {
    struct vmtp_request slow = {.client = m->node.client};
    c->start = node_now(&m->node);
    slow.message.server = m->entity;
    slow.message.code = VMTP_PIC | VMTP_TEST_DELAY;
    slow.message.words[0] = HAND_MICROSECONDS;
    slow.deadline = c->start + m->timeout;
    m->sent++;
    c->open++;
    return vmtp_call(m->node.engine, &c->slow, &slow, c->start);
}

static int begin_move(struct migrate *m, struct both *c) {
    struct vmtp_request move = {.deadline = 0};
    int rc = vmtp_host_borrow_entity(m->node.host, &move.client);
    c->moving = node_now(&m->node);
    move.message.server = m->from;
    move.message.code = VMTP_PIC | VMTP_TEST_MIGRATE;
    move.message.words[0] = NUMBER;
    vmtp_words_put64(move.message.words + 2, m->to);
    move.deadline = c->moving + m->timeout;
    c->open++;
    return rc == 0 ? vmtp_call(m->node.engine, &c->move, &move, c->moving) : rc;
}

static void end_move(struct migrate *m, struct both *c, const struct vmtp_event *event) {
    const uint32_t *words = event->message.words;
    char duration[TEXT_DURATION];
    uint32_t code = event->message.code & VMTP_CODE_MASK;
    c->result = event->result ? event->result : code ? code : words[2];
    m->moved = c->result == 0;
    m->octets = m->moved ? words[3] : 0;
    m->there = words[4];
    m->took = node_now(&m->node) - c->moving;
    if (m->moved && !m->quiet && !m->common.json)
        printf("it has moved: %u octets, %s\n", m->octets, text_duration(duration, m->took));
}

/* When the machine was too busy for the move to begin in time, the one that was left has answered already. */
static void end_slow(struct migrate *m, const struct both *c, const struct vmtp_event *event) {
    int early = !m->moved && memcmp(event->source, m->before, sizeof m->before) == 0;
    note(m, (int)event->result, event, node_now(&m->node) - c->start,
         early ? " (answered before it moved)" : " (in hand when it moved)");
}

static void take(struct migrate *m, struct both *c, const struct vmtp_event *event) {
    if (event->type != VMTP_EV_COMPLETE || (event->handle != c->slow && event->handle != c->move))
        return;
    c->open--;
    if (event->handle == c->slow)
        end_slow(m, c, event);
    else
        end_move(m, c, event);
}

static int move(struct migrate *m) {
    struct both c = {.slow = 0};
    struct vmtp_event event;
    char text[TEXT_CODE];
    int rc = begin_slow(m, &c);
    while (rc == 0 && (c.open > 0 || !c.move)) {
        rc = node_next(&m->node, &event, c.move ? VMTP_NEVER : c.start + HAND_LEAD);
        if (rc > 0) {
            take(m, &c, &event);
            rc = 0;
        } else if (rc == 0) {
            rc = begin_move(m, &c);
        }
    }
    if (rc == 0 && !m->moved)
        vnet_fail("it has not moved: %s", text_code(text, c.result));
    return rc;
}

/* ---- the whole -------------------------------------------------------------------------------------------------------- */

static int show(struct migrate *m) {
    char entity[VMTP_ENTITY_TEXT], first[TEXT_MAC], second[TEXT_MAC], duration[TEXT_DURATION];
    int fine = m->moved && m->answered == m->sent;
    if (m->common.json) {
        int rc = json_line(json_pack("{s:o, s:o, s:o, s:b, s:i, s:i, s:i, s:I}", "entity", json_entity(m->entity),
                                     "from", json_mac(m->before), "to", json_mac(m->after), "moved", m->moved, "sent",
                                     (int)m->sent, "answered", (int)m->answered, "octets", (int)m->octets, "took_ns",
                                     (json_int_t)m->took));
        return rc != VNET_OK ? rc : fine ? VNET_OK : VNET_FAILED;
    }
    printf("%s: %s to %s, %u octets in %s; %u calls, %u answered\n", vmtp_entity_format(entity, m->entity),
           text_mac(first, m->before), text_mac(second, m->after), m->octets, text_duration(duration, m->took), m->sent,
           m->answered);
    return fine ? VNET_OK : VNET_FAILED;
}

static int calls(struct migrate *m) {
    int rc = call_some(m, m->before);
    if (rc == 0)
        rc = move(m);
    if (rc == 0)
        rc = call_some(m, m->after);
    return rc == 0 ? VNET_OK : node_explain(&m->node, rc, m->entity, m->timeout);
}

static int run(struct migrate *m) {
    int rc = target_find(&m->node, m->words[0], m->timeout, &m->from);
    if (rc == VNET_OK)
        rc = target_find(&m->node, m->words[1], m->timeout, &m->to);
    if (rc == VNET_OK && m->from == m->to)
        return vnet_misuse("FROM and TO are the same: an entity moves to another node");
    if (rc == VNET_OK)
        rc = make_entity(m);
    if (rc != VNET_OK)
        return rc;
    rc = calls(m);
    if (rc == VNET_OK)
        rc = show(m);
    int ended = node_interrupted() ? VNET_OK : end_entity(m);
    return rc != VNET_OK ? rc : ended;
}

int vnet_migrate(int argc, char **argv) {
    struct migrate m = {.timeout = 12 * VMTP_SECOND, .interval = 50 * VMTP_MILLISECOND, .count = 3};
    struct vmtp_host_config config;
    enum option_outcome outcome = parse(&m, argc, argv);
    if (outcome != OPTIONS_GO)
        return outcome == OPTIONS_DONE ? VNET_OK : VNET_USAGE;
    vmtp_host_config_init(&config);
    int rc = node_open(&m.node, &config, &m.common);
    return rc == VNET_OK ? node_close(&m.node, run(&m)) : rc;
}

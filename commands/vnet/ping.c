/* SPDX-License-Identifier: BSD-2-Clause */
/* vnet ping - null transactions, or echoes, and how long they take. */
#include "node.h"
#include "ping_group.h"
#include "rtt.h"
#include "target.h"
#include "test_protocol.h"
#include "text.h"
#include "vnet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ping {
    struct common_options common;
    uint32_t count, size;
    vmtp_time interval, timeout;
    uint8_t quiet, idempotent;
    const char *text;
    struct node node;
    vmtp_entity entity;
    uint32_t sent, answered, busy; /* busy: not answered, but the node said something */
    struct rtt rtt;
    uint32_t room;     /* for the segment of an answer, also of one that was not asked for */
    uint8_t *out, *in; /* size octets, and room */
};

static const char usage[] = "ping ENTITY -i IFACE [options]";
static const char about[] =
    "Times message transactions with ENTITY: null ones, or with --size such that carry a segment there and back.\n"
    "ENTITY is a test service as `vnet up` prints it, the Ethernet address of a node that has one, or any entity that\n"
    "answers Requests: an answer that refuses is an answer.  Without ENTITY, any test service on the segment.\n"
    "Of a group, every member that answers within --timeout is listed with its node and its time.";
static const char after[] =
    "Exit codes: 0 every transaction was answered, 1 some were not or it failed, 2 wrong command line.\n"
    "Example: vnet ping 0123-4567-89ab-cd40 -i eth0 -c 1000 --interval 0 --quiet";

static enum option_outcome parse(struct ping *p, int argc, char **argv) {
    struct option_row common[COMMON_ROWS];
    const struct option_row rows[] = {
        {"count", 'c', OPTION_NUMBER, &p->count, "N", "how many; 0: until interrupted; default 5", 0, UINT32_MAX},
        {"interval", 0, OPTION_DURATION, &p->interval, "TIME", "from one to the next; default 200ms", 0, 0},
        {"size", 's', OPTION_NUMBER, &p->size, "OCTETS", "echo a segment of this size, 0 to 4194304; default: none", 0,
         VMTP_MESSAGE_OCTETS},
        {"timeout", 0, OPTION_DURATION, &p->timeout, "TIME",
         "give a transaction up after this; default 2s, of a group 500ms", 0, 0},
        {"idempotent", 0, OPTION_FLAG, &p->idempotent, NULL, "ask for idempotent Responses", 0, 0},
        {"quiet", 'q', OPTION_FLAG, &p->quiet, NULL, "print the summary only", 0, 0},
        {0}};
    const struct option_page page = {usage, about, after, common, rows};
    unsigned words;
    common_rows(common, &p->common);
    enum option_outcome outcome = options_parse(&page, argc, argv, &p->text, 1, &words);
    if (outcome != OPTIONS_GO)
        return outcome;
    if (p->text && vmtp_entity_parse(&p->entity, p->text) == 0 && vmtp_is_group(p->entity) && p->size > 0)
        return vnet_misuse("--size is for single entities: members of a group would all echo at once"), OPTIONS_WRONG;
    if (target_check(p->text) != 0 || common_require_interface(&p->common) != 0)
        return OPTIONS_WRONG;
    return OPTIONS_GO;
}

/* Is the answer what it should be?  Entities that are no test services refuse, which is fine for NULL. */
static int echo_wrong(const struct ping *p, const struct node_answer *a) {
    return (a->message.code & VMTP_CODE_MASK) == VMTP_OK && p->size > 0 &&
           (a->size != p->size || memcmp(p->in, p->out, p->size) != 0);
}

static int is_busy(const struct ping *p, int result) { return result == VMTP_USER_TIMEOUT && node_was_told(&p->node); }

static void show(const struct ping *p, int result, const struct node_answer *a) {
    char duration[TEXT_DURATION], code[TEXT_CODE];
    if (p->quiet || p->common.json)
        return;
    if (result != 0)
        printf("%u: no answer: %s%s\n", p->sent, text_code(code, (uint32_t)result),
               is_busy(p, result) ? " (the node says that it is busy)" : "");
    else if ((a->message.code & VMTP_CODE_MASK) != VMTP_OK)
        printf("%u: %s, refused: %s\n", p->sent, text_duration(duration, a->took), text_code(code, a->message.code));
    else
        printf("%u: %s\n", p->sent, text_duration(duration, a->took));
    vnet_flush();
}

/* One transaction: 0, or an error that ends the whole. */
static int once(struct ping *p) {
    struct node_call call = {
        .segment = p->out, .segment_size = p->size, .area = p->in, .capacity = p->room, .timeout = p->timeout};
    struct node_answer answer;
    call.message.server = p->entity;
    call.message.code = VMTP_PIC | (p->size ? VMTP_TEST_ECHO : VMTP_TEST_NULL) | (p->idempotent ? VTEST_IDEMPOTENT : 0u);
    int result = node_call(&p->node, &call, &answer);
    if (result < 0)
        return result;
    p->sent++;
    if (result == 0 && echo_wrong(p, &answer)) {
        vnet_fail("transaction %u brought other octets back than were sent", p->sent);
        return 0;
    }
    show(p, result, &answer);
    p->busy += (uint32_t)is_busy(p, result);
    if (result == 0) {
        p->answered++;
        if (rtt_add(&p->rtt, answer.took) != 0)
            return VMTP_E_MEMORY;
    }
    return 0;
}

static int all(struct ping *p) {
    vmtp_time next = node_now(&p->node);
    for (uint32_t i = 0; p->count == 0 || i < p->count; i++) {
        int rc = p->interval ? node_sleep(&p->node, next) : 0;
        if (rc == 0)
            rc = once(p);
        if (rc != 0)
            return rc == VMTP_E_CANCELLED ? 0 : rc;
        next += p->interval;
        if (node_interrupted())
            return 0;
    }
    return 0;
}

static int summary_json(const struct ping *p, const struct rtt_summary *s, uint64_t retransmitted) {
    return json_line(json_pack("{s:o, s:i, s:i, s:i, s:f, s:{s:I, s:I, s:I, s:I}, s:I}", "entity",
                               json_entity(p->entity), "sent", (int)p->sent, "answered", (int)p->answered, "size",
                               (int)p->size, "loss", p->sent ? (double)(p->sent - p->answered) / p->sent : 0.0, "rtt_ns",
                               "min", (json_int_t)s->min, "median", (json_int_t)s->median, "p99", (json_int_t)s->p99,
                               "max", (json_int_t)s->max, "retransmissions", (json_int_t)retransmitted));
}

static void summary_text(const struct ping *p, const struct rtt_summary *s, uint64_t retransmitted) {
    char min[TEXT_DURATION], median[TEXT_DURATION], p99[TEXT_DURATION];
    printf("%u sent, %u answered, %.1f %% lost, %llu retransmissions", p->sent, p->answered,
           p->sent ? 100.0 * (p->sent - p->answered) / p->sent : 0.0, (unsigned long long)retransmitted);
    if (p->answered)
        printf("; rtt min %s, median %s, p99 %s", text_duration(min, s->min), text_duration(median, s->median),
               text_duration(p99, s->p99));
    putchar('\n');
}

/* Nothing at all has come back: what may be the reason? */
static int explain_silence(const struct ping *p) {
    if (p->busy > 0)
        return vnet_fail("the node is there and says that it is busy: try again later, or with a longer --timeout");
    if (node_suspects_mtu(&p->node))
        return vnet_fail(
            "no answer with segments of %u octets: do both nodes have the same MTU? (`vnet who` shows the MTUs)",
            p->size);
    return VNET_FAILED;
}

static int run_group(struct ping *p) {
    struct ping_group group = {.group = p->entity, .count = p->count, .interval = p->interval, .quiet = p->quiet};
    group.code = VMTP_PIC | VMTP_TEST_NULL | (p->idempotent ? VTEST_IDEMPOTENT : 0u);
    group.timeout = p->timeout != VMTP_NEVER ? p->timeout : 500 * VMTP_MILLISECOND;
    group.json = p->common.json;
    return ping_group(&p->node, &group);
}

static int run(struct ping *p) {
    if (vmtp_is_group(p->entity))
        return run_group(p);
    if (p->timeout == VMTP_NEVER)
        p->timeout = 2 * VMTP_SECOND;
    int rc = target_find(&p->node, p->text, p->timeout, &p->entity);
    if (rc != VNET_OK)
        return rc;
    uint64_t before = vmtp_counter(p->node.engine, VMTP_COUNT_REQUEST_RETRANSMITS);
    p->out = malloc(p->size + 1u);
    p->room = p->size > VMTP_GROUP_OCTETS ? p->size : VMTP_GROUP_OCTETS;
    p->in = malloc(p->room);
    if (!p->out || !p->in)
        return node_explain(&p->node, VMTP_E_MEMORY, p->entity, p->timeout);
    vtest_pattern(p->out, p->size, 1);
    rc = all(p);
    if (rc != 0)
        return node_explain(&p->node, rc, p->entity, p->timeout);
    uint64_t retransmitted = vmtp_counter(p->node.engine, VMTP_COUNT_REQUEST_RETRANSMITS) - before;
    struct rtt_summary s = rtt_summarize(&p->rtt);
    if (p->common.json && summary_json(p, &s, retransmitted) != VNET_OK)
        return VNET_FAILED;
    if (!p->common.json)
        summary_text(p, &s, retransmitted);
    if (p->sent > 0 && p->answered == 0)
        return explain_silence(p);
    return p->sent > 0 && p->answered == p->sent ? VNET_OK : VNET_FAILED;
}

int vnet_ping(int argc, char **argv) {
    struct ping p = {.count = 5, .interval = 200 * VMTP_MILLISECOND, .timeout = VMTP_NEVER};
    struct vmtp_host_config config;
    enum option_outcome outcome = parse(&p, argc, argv);
    if (outcome != OPTIONS_GO)
        return outcome == OPTIONS_DONE ? VNET_OK : VNET_USAGE;
    vmtp_host_config_init(&config);
    if (vmtp_is_group(p.entity))
        config.engine.max_responses = PING_MEMBERS;
    int rc = node_open(&p.node, &config, &p.common);
    if (rc != VNET_OK)
        return rc;
    rc = node_close(&p.node, run(&p));
    rtt_free(&p.rtt);
    free(p.out); /* nothing is sent or received any more */
    free(p.in);
    return rc;
}

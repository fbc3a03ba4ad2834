/* SPDX-License-Identifier: BSD-2-Clause */
/* STAT: what the node counts and what it is doing, as lines of text.  spec/testing.md section 4.11. */
#include "test_internal.h"

#include <stdio.h>

/* The lines that are asked for, written as far as they fit. */
struct page {
    uint32_t skip;   /* lines to leave out */
    uint32_t number; /* lines so far */
    uint32_t shown;
    uint32_t at, room;
    int full;
    char *out;
};

static void add(struct page *p, const char *line, int length) {
    int wanted = p->number++ >= p->skip;
    if (!wanted || p->full || length <= 0)
        return;
    if ((uint32_t)length > p->room - p->at) {
        p->full = 1;
        return;
    }
    memcpy(p->out + p->at, line, (size_t)length);
    p->at += (uint32_t)length;
    p->shown++;
}

static void add_value(struct page *p, const char *kind, const char *name, uint64_t value) {
    char line[128];
    add(p, line, snprintf(line, sizeof line, "%s %s %llu\n", kind, name, (unsigned long long)value));
}

static void add_figures(const vtest_service *s, struct page *p) {
    struct vmtp_usage u;
    vmtp_usage(s->engine, &u);
    const struct {
        const char *name;
        uint32_t value;
    } tables[] = {{"entities", u.entities},
                  {"calls", u.calls},
                  {"remote_clients", u.remote_clients},
                  {"requests", u.requests},
                  {"accepts", u.accepts},
                  {"hosts", u.hosts},
                  {"events", u.events},
                  {"memberships", u.memberships},
                  {"runs", u.runs}};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        add_value(p, "usage", tables[i].name, tables[i].value);
    for (unsigned i = 1; i < VMTP_COUNTER_COUNT; i++)
        add_value(p, "counter", vmtp_counter_name(i), vmtp_counter(s->engine, i));
}

static void add_transaction(struct page *p, const struct vmtp_transaction *t) {
    static const char *const roles[] = {"", "client", "server", "record"};
    char line[160], client[VMTP_ENTITY_TEXT], server[VMTP_ENTITY_TEXT];
    const uint8_t *h = t->host;
    add(p, line,
        snprintf(line, sizeof line, "%s %s %s %u %s %02x:%02x:%02x:%02x:%02x:%02x %u\n", roles[t->role],
                 vmtp_entity_format(client, t->client), vmtp_entity_format(server, t->server), t->transaction, t->state,
                 h[0], h[1], h[2], h[3], h[4], h[5], t->retries));
}

static void add_transactions(const vtest_service *s, struct page *p, uint32_t parts) {
    struct vmtp_transaction t;
    uint64_t place = 0;
    while (vmtp_transaction_next(s->engine, &place, &t))
        if (parts & (t.role == VMTP_AS_RECORD ? VTEST_STAT_RECORDS : VTEST_STAT_TRANSACTIONS))
            add_transaction(p, &t);
}

void vtest_stat(vtest_service *s, struct vtest_work *w) {
    uint32_t parts = w->request->message.words[0];
    struct page page = {.skip = w->request->message.words[1],
                        .room = w->slot->capacity < VTEST_AREA ? w->slot->capacity : VTEST_AREA,
                        .out = (char *)w->slot->area};
    if (parts > VTEST_STAT_ALL) {
        vtest_refuse(w, VMTP_TEST_BAD_ARGUMENT);
        return;
    }
    if (parts == 0)
        parts = VTEST_STAT_ALL;
    if (parts & VTEST_STAT_FIGURES)
        add_figures(s, &page);
    add_transactions(s, &page, parts);
    w->answer.words[0] = page.number;
    w->answer.words[1] = page.shown;
    w->segment = page.out;
    w->segment_size = page.at;
}

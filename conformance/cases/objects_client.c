/* SPDX-License-Identifier: BSD-2-Clause */
/* Clients of objects: what spec/uio.md says of them, and sections 7 and 8.  The tester plays their managers. */
#include <stdio.h>
#include <string.h>

#include "../run.h"
#include "names.h"

#define CLIENT "object-client name-client"
#define CONTEXT 7u
#define FILE_ATTRIBUTES                                                                                                \
    (UIO_READABLE | UIO_WRITEABLE | UIO_STORAGE | UIO_RANDOM_ACCESS | UIO_OFFSET | UIO_MULTI_BLOCK | UIO_LOCKS)
#define LARGE 1u
#define REBIND 2u
#define CODE(code) ((code)&VMTP_CODE_MASK)

/* ---- a manager of the tester, and orders to the node --------------------------------------------------------------------- */

struct play {
    uint64_t a, b, group; /* managers; of one group in some cases */
    char prefix[40];
    struct vc_packet order;
};

/* The node's resolver begins anew, and knows whose the prefix is. */
static void play_begin(struct vc_test *t, struct play *p, int of_group) {
    char names[200], more[40] = "";
    memset(p, 0, sizeof *p);
    p->a = vc_new_client(t);
    p->b = vc_new_client(t);
    p->group = of_group ? VMTP_ID_GRP | vc_new_client(t) : 0;
    nm_new_prefix(t, p->prefix);
    if (of_group)
        snprintf(more, sizeof more, ",%llx", (unsigned long long)p->group);
    snprintf(names, sizeof names, "1;%s=%llx,%x,1%s", p->prefix, (unsigned long long)p->a, CONTEXT, more);
    nm_resolver(t, NM_ANEW, 0, names, NULL);
}

static void give_order(struct vc_test *t, struct play *p, uint32_t procedure, const uint32_t words[6],
                       const void *segment, uint32_t size) {
    p->order = vc_request(t, procedure);
    memcpy(p->order.words, words, 6 * sizeof *words);
    if (size)
        vc_carry(&p->order, segment, size, vc_all_blocks(size));
    vc_send(t, &p->order);
}

/* Names below the prefix; other: the new name, or NULL. */
static void order_name(struct vc_test *t, struct play *p, uint32_t code, uint32_t word2, uint32_t flags,
                       const char *name, const char *other) {
    char text[200];
    int first = snprintf(text, sizeof text, "%s/%s", p->prefix, name);
    int all = other ? first + snprintf(text + first, sizeof text - (size_t)first, "%s/%s", p->prefix, other) : first;
    const uint32_t words[6] = {CODE(code), 0, word2, 0644, flags, (uint32_t)first};
    give_order(t, p, VMTP_TEST_OBJECT_NAME, words, text, (uint32_t)all);
}

static void order_call(struct vc_test *t, struct play *p, uint32_t code, uint64_t block, uint32_t offset,
                       uint32_t count, const void *data, uint32_t size) {
    const uint32_t words[6] = {CODE(code), 0, (uint32_t)(block >> 32), (uint32_t)block, offset, count};
    give_order(t, p, VMTP_TEST_OBJECT_CALL, words, data, size);
}

/* What the order came to. */
static struct vc_said ended(struct vc_test *t, const char *ids, struct play *p, vc_time patience) {
    const struct vc_said *s = vc_answer_or_none(t, &p->order, patience);
    vc_check(t, ids, s != NULL, "an end of what the node was told to do", "%s", s ? "it came" : "none");
    if (!s)
        longjmp(t->end, 1);
    if (s->code != VMTP_OK)
        vc_give_up(t, "the test service answers %s", vc_response_name(s->code));
    return *s;
}

static void ends_with(struct vc_test *t, const char *ids, struct play *p, const char *what, uint32_t code) {
    char expected[160];
    struct vc_said s = ended(t, ids, p, 30 * VC_SECOND);
    snprintf(expected, sizeof expected, "%s ends with %s", what, vc_response_name(code));
    vc_check(t, ids, s.words[0] == code, expected, "%s", vc_response_name(s.words[0]));
}

/* Requests that have been answered, the newest last: they may come again. */
static struct {
    uint64_t client;
    uint32_t transaction;
} answered[64];
static unsigned answered_count;

static int is_answered(const struct vc_packet *p) {
    for (unsigned i = 0; i < 64 && i < answered_count; i++)
        if (answered[i].client == p->client && answered[i].transaction == p->transaction)
            return 1;
    return 0;
}

static struct vc_packet *next_request(struct vc_test *t, uint64_t manager, vc_time patience) {
    struct vc_packet *p;
    do
        p = vc_await_request(t, manager, patience);
    while (p && is_answered(p));
    return p;
}

/* The next Request to that manager, which has to be this operation. */
static struct vc_packet *wanted(struct vc_test *t, const char *ids, uint64_t manager, uint32_t code) {
    struct vc_packet *p = next_request(t, manager, 5 * VC_SECOND);
    char expected[80];
    snprintf(expected, sizeof expected, "%s", vc_request_name(code));
    if (!vc_check(t, ids, p && vc_code(p) == CODE(code), expected, "%s", p ? vc_request_name(p->code) : "nothing"))
        longjmp(t->end, 1);
    return p;
}

static void none_sent(struct vc_test *t, const char *ids, uint64_t manager, const char *what) {
    struct vc_packet *p = next_request(t, manager, 0);
    char expected[120];
    snprintf(expected, sizeof expected, "nothing sent for %s", what);
    vc_check(t, ids, p == NULL, expected, "%s", p ? vc_request_name(p->code) : "nothing");
}

static void tell(struct vc_test *t, const struct vc_packet *request, uint32_t code, const uint32_t words[4],
                 const void *segment, uint32_t size) {
    struct vc_packet answer = vc_response(request, code);
    answered[answered_count % 64].client = request->client;
    answered[answered_count++ % 64].transaction = request->transaction;
    if (words)
        memcpy(answer.words, words, 4 * sizeof *words);
    if (size)
        vc_send_blocks(t, &answer, segment, size, vc_all_blocks(size), 0);
    else
        vc_send(t, &answer);
}

/* Answers CreateInstance. */
static void tell_instance(struct vc_test *t, const struct vc_packet *request, uint32_t number, uint32_t attributes,
                          uint32_t block_size, uint64_t version) {
    uint8_t octets[VC_INSTANCE_HEAD + VC_OBJECT_HEAD];
    struct vc_instance i = {
        .number = number,
        .attributes = attributes,
        .block_size = block_size,
        .last_octets = 100,
        .max_transfer = 16384,
        .mode = request->words[2],
        .owner = vc_pair(request->words + 4),
        .object = {
            .type = UIO_TYPE_FILE, .attributes = attributes, .size = 100, .version = version, .block_size = block_size}};
    const uint32_t words[4] = {number, attributes, block_size};
    tell(t, request, VMTP_OK, words, octets, vc_put_instance(octets, &i));
}

/* Handle 0 of the node gets an instance with the number 77. */
static void open_it(struct vc_test *t, struct play *p, uint32_t mode, uint32_t attributes, uint32_t block_size,
                    uint32_t flags) {
    order_name(t, p, UIO_CREATE_INSTANCE, mode, flags, "file", NULL);
    struct vc_packet *request = vc_await_request(t, p->a, 5 * VC_SECOND);
    if (!request)
        vc_give_up(t, "the node does not open anything");
    tell_instance(t, request, 77, attributes, block_size, 9);
    const struct vc_said *s = vc_answer_or_none(t, &p->order, 5 * VC_SECOND);
    if (!s || s->code != VMTP_OK || s->words[0] != VMTP_OK)
        vc_give_up(t, "CreateInstance at the tester ends with %s", s ? vc_response_name(s->words[0]) : "nothing");
}

static uint8_t data[4096];

static const uint8_t *pattern(uint32_t size) {
    vc_pattern(data, size, 5);
    return data;
}

static void tell_read(struct vc_test *t, const struct vc_packet *request, const uint8_t *octets, uint32_t size,
                      uint64_t next) {
    const uint32_t words[4] = {size, (uint32_t)(next >> 32), (uint32_t)next, 0};
    tell(t, request, VMTP_OK | VMTP_DGM, words, octets, size);
}

/* ---- what a client looks at ------------------------------------------------------------------------------------------------ */

static void attributes(struct vc_test *t) {
    struct play p;
    play_begin(t, &p, 0);
    open_it(t, &p, UIO_MODE_READ, UIO_READABLE, 512, 0);
    order_call(t, &p, UIO_LOCK_INSTANCE, 0, 0, UIO_LOCK_SHARED, NULL, 0);
    ends_with(t, "UIO-2.2-04", &p, "a lock without LOCKS", UIO_UNSUPPORTED);
    none_sent(t, "UIO-2.2-04", p.a, "a lock without LOCKS");
    order_call(t, &p, UIO_READ_INSTANCE, 5, 0, 100, NULL, 0);
    ends_with(t, "UIO-2.2-04", &p, "a read of block 5 without RANDOM_ACCESS", UIO_BAD_BLOCK);
    none_sent(t, "UIO-2.2-04", p.a, "a read of block 5 without RANDOM_ACCESS");
    order_call(t, &p, UIO_WRITE_INSTANCE, VC_NEXT, 0, 0, "x", 1);
    ends_with(t, "UIO-2.2-04", &p, "a write without WRITEABLE", UIO_NOT_WRITEABLE);
    none_sent(t, "UIO-2.2-04", p.a, "a write without WRITEABLE");
}

static void large(struct vc_test *t) {
    struct play p;
    play_begin(t, &p, 0);
    order_name(t, &p, UIO_CREATE_INSTANCE, UIO_MODE_READ, LARGE, "file", NULL);
    struct vc_packet *request = wanted(t, "UIO-5.1-07", p.a, UIO_CREATE_INSTANCE);
    vc_check(t, "UIO-5.1-07", (request->control & VMTP_STI) != 0, "STI of a client that takes large messages", "none");
    tell(t, request, VNAME_NOT_FOUND, NULL, NULL, 0);
    ends_with(t, "UIO-5.1-07", &p, "CreateInstance", VNAME_NOT_FOUND);
}

static void new_name(struct vc_test *t) {
    struct play p;
    char other[60];
    play_begin(t, &p, 0);
    order_name(t, &p, UIO_RENAME_OBJECT, UIO_RENAME_NO_REPLACE, 0, "one", "sub/two");
    struct vc_packet *request = wanted(t, "UIO-5.2-07", p.a, UIO_RENAME_OBJECT);
    uint32_t at = vc_name_room(request->words[1] & 0xffff);
    int length = snprintf(other, sizeof other, "%s/sub/two", p.prefix);
    int there = vc_segment_size(request) == at + 8 + (uint32_t)length &&
                at + 8 + (uint32_t)length <= request->data_octets;
    const uint8_t *added = request->data + at;
    vc_check(t, "UIO-5.2-07",
             there && vc_get32(added) == CONTEXT && vc_get16(added + 4) == strlen(p.prefix) &&
                 vc_get16(added + 6) == length && memcmp(added + 8, other, (size_t)length) == 0,
             "context 7, the octets of the prefix, and the new name", "%u octets behind the name",
             vc_segment_size(request) - at);
    tell(t, request, VMTP_OK, NULL, NULL, 0);
    ends_with(t, "UIO-5.2-07", &p, "RenameObject", VMTP_OK);
}

/* 200 octets from octet 50 on, of blocks of 100. */
static void pieces(struct vc_test *t) {
    static const uint32_t expected[3][3] = {{0, 50, 50}, {1, 0, 100}, {2, 0, 50}};
    struct play p;
    play_begin(t, &p, 0);
    open_it(t, &p, VC_RW, FILE_ATTRIBUTES & ~UIO_MULTI_BLOCK, 100, 0);
    pattern(200);
    order_call(t, &p, UIO_READ_INSTANCE, 0, 50, 200, NULL, 0);
    for (unsigned i = 0, done = 0; i < 3; i++) {
        struct vc_packet *request = wanted(t, "UIO-6.1-11", p.a, UIO_READ_INSTANCE);
        const uint32_t *w = request->words;
        if (!vc_check(t, "UIO-6.1-11", w[2] == expected[i][0] && w[3] == expected[i][1] && w[4] == expected[i][2],
                      "a read within one block", "%u octets from %u of block %u", w[4], w[3], w[2]))
            return;
        tell_read(t, request, data + done, expected[i][2], expected[i][0] + (i < 2));
        done += expected[i][2];
    }
    struct vc_said s = ended(t, "UIO-6.1-11", &p, 5 * VC_SECOND);
    vc_check(t, "UIO-6.1-11", s.words[0] == VMTP_OK && s.octets == 200 && memcmp(s.segment, data, 200) == 0,
             "all 200 octets, put together", "%s, %u octets", vc_response_name(s.words[0]), s.octets);
    order_call(t, &p, UIO_WRITE_INSTANCE, 0, 50, 0, data, 200);
    for (unsigned i = 0; i < 3; i++) {
        struct vc_packet *request = wanted(t, "UIO-6.1-11", p.a, UIO_WRITE_INSTANCE);
        const uint32_t *w = request->words, words[4] = {expected[i][2], 0, expected[i][0], expected[i][1]};
        vc_check(t, "UIO-6.1-11",
                 w[2] == expected[i][0] && w[3] == expected[i][1] && vc_segment_size(request) == expected[i][2],
                 "a write within one block", "%u octets from %u of block %u", vc_segment_size(request), w[3], w[2]);
        tell(t, request, VMTP_OK, words, NULL, 0);
    }
    ends_with(t, "UIO-6.1-11", &p, "the write", VMTP_OK);
}

/* ---- section 7 ---------------------------------------------------------------------------------------------------------- */

/* How many Transactions to that manager come until the order is over, none of which is answered. */
static unsigned unanswered(struct vc_test *t, struct play *p, uint32_t *result) {
    uint64_t clients[16];
    uint32_t transactions[16];
    unsigned count = 0;
    const struct vc_said *s = NULL;
    for (unsigned rounds = 0; rounds < 3000 && !s; rounds++) {
        struct vc_packet *r = vc_await_request(t, p->a, 10 * VC_MILLISECOND);
        unsigned i = 0;
        while (r && i < count && (clients[i] != r->client || transactions[i] != r->transaction))
            i++;
        if (r && i == count && count < 16) {
            clients[count] = r->client;
            transactions[count++] = r->transaction;
        }
        s = vc_answer_or_none(t, &p->order, 0);
    }
    *result = s ? s->words[0] : VC_ANY;
    return count;
}

static void repeats(struct vc_test *t) {
    struct play p;
    uint32_t result;
    play_begin(t, &p, 0);
    open_it(t, &p, VC_RW, FILE_ATTRIBUTES, 512, 0);
    order_call(t, &p, UIO_READ_INSTANCE, 0, 0, 100, NULL, 0);
    unsigned count = unanswered(t, &p, &result);
    vc_check(t, "UIO-7-01", count > 1 && result == VMTP_RETRANS_TIMEOUT,
             "a read at a block repeated, and RETRANS_TIMEOUT at last", "%u Transactions, %s", count,
             vc_response_name(result));
    order_call(t, &p, UIO_LOCK_INSTANCE, 0, 0, UIO_LOCK_SHARED, NULL, 0);
    count = unanswered(t, &p, &result);
    vc_check(t, "UIO-7-01", count == 1 && result == VMTP_RETRANS_TIMEOUT, "a lock not repeated", "%u Transactions, %s",
             count, vc_response_name(result));
}

static void gone(struct vc_test *t) {
    struct play p;
    play_begin(t, &p, 0);
    open_it(t, &p, VC_RW, FILE_ATTRIBUTES, 512, 0);
    order_call(t, &p, UIO_READ_INSTANCE, 0, 0, 100, NULL, 0);
    struct vc_packet *request = wanted(t, "UIO-7-02", p.a, UIO_READ_INSTANCE);
    tell(t, request, UIO_STALE, NULL, NULL, 0);
    ends_with(t, "UIO-7-02", &p, "a read that is answered UIO_STALE", UIO_STALE);
    none_sent(t, "UIO-7-02", p.a, "an instance that is gone");
}

/* Of 1000 octets the second block never comes, nor may it be asked for. */
static void incomplete(struct vc_test *t) {
    struct play p;
    play_begin(t, &p, 0);
    open_it(t, &p, VC_RW, FILE_ATTRIBUTES, 512, 0);
    order_call(t, &p, UIO_READ_INSTANCE, 0, 0, 1000, NULL, 0);
    struct vc_packet *request = wanted(t, "UIO-7-04", p.a, UIO_READ_INSTANCE);
    struct vc_packet answer = vc_response(request, VMTP_OK | VMTP_DGM);
    answer.words[0] = 1000;
    answer.control = VMTP_NRT;
    vc_carry(&answer, pattern(1000), 1000, 1);
    vc_send(t, &answer);
    uint64_t client = request->client;
    uint32_t transaction = request->transaction;
    const struct vc_said *s = NULL;
    while (!s && (request = vc_await_request(t, p.a, 10 * VC_SECOND)) != NULL) {
        if (request->client == client && request->transaction == transaction) {
            vc_send(t, &answer); /* the same again */
            continue;
        }
        tell_read(t, request, pattern(1000), 1000, 1);
        s = vc_answer_or_none(t, &p.order, 2 * VC_SECOND);
    }
    if (!s)
        s = vc_answer_or_none(t, &p.order, 30 * VC_SECOND);
    int whole = s && s->octets == 1000 && memcmp(s->segment, pattern(1000), 1000) == 0;
    vc_check(t, "UIO-7-04", s && (s->words[0] != VMTP_OK || whole), "all octets, or an error", "%s, %u octets",
             s ? vc_response_name(s->words[0]) : "nothing", s ? s->octets : 0);
}

/* ---- section 8 ---------------------------------------------------------------------------------------------------------- */

/* Answers a QueryName to the group with the record of one manager. */
static void tell_record(struct vc_test *t, const struct vc_packet *query, const struct play *p, uint64_t manager) {
    uint8_t octets[120] = {0};
    uint32_t length = (uint32_t)strlen(p->prefix), size = vc_name_room(40 + length);
    vc_put16(octets, (uint16_t)size);
    vc_put32(octets + 4, 1);
    vc_put64(octets + 8, manager);
    vc_put64(octets + 16, p->group);
    vc_put32(octets + 32, CONTEXT);
    vc_put16(octets + 36, (uint16_t)length);
    memcpy(octets + 40, p->prefix, length);
    struct vc_packet answer = vc_response(query, VMTP_OK | VMTP_DGM);
    memcpy(answer.src, vc_tester_mac(t), 6);
    answer.server = manager;
    answer.words[0] = length;
    vc_carry(&answer, octets, size, vc_all_blocks(size));
    vc_send(t, &answer);
}

static struct vc_packet *group_query(struct vc_test *t, const char *ids, const struct play *p) {
    struct vc_packet *query = vc_await_request(t, p->group, 10 * VC_SECOND);
    if (!vc_check(t, ids, query && vc_code(query) == CODE(VNAME_QUERY), "QueryName to the group", "%s",
                  query ? vc_request_name(query->code) : "nothing"))
        longjmp(t->end, 1);
    return query;
}

static void rebind(struct vc_test *t, uint64_t version) {
    struct play p;
    play_begin(t, &p, 1);
    open_it(t, &p, UIO_MODE_READ,
            UIO_READABLE | UIO_STORAGE | UIO_RANDOM_ACCESS | UIO_OFFSET | UIO_MULTI_BLOCK | UIO_REPLICATED, 512, REBIND);
    order_call(t, &p, UIO_READ_INSTANCE, 3, 0, 100, NULL, 0);
    struct vc_packet *request = wanted(t, "UIO-8-01", p.a, UIO_READ_INSTANCE);
    tell(t, request, UIO_STALE, NULL, NULL, 0);
    request = vc_await_code(t, VNAME_QUERY, 0, 10 * VC_SECOND); /* of the group, or of all */
    if (!vc_check(t, "UIO-8-01", request != NULL, "a question who else has the name", "%s", request ? "it came" : "none"))
        return;
    tell_record(t, request, &p, p.b);
    request = wanted(t, "UIO-8-01", p.b, UIO_CREATE_INSTANCE);
    tell_instance(t, request, 88,
                  UIO_READABLE | UIO_STORAGE | UIO_RANDOM_ACCESS | UIO_OFFSET | UIO_MULTI_BLOCK | UIO_REPLICATED, 512,
                  version);
    if (version != 9) {
        ends_with(t, "UIO-8-01", &p, "a read of a replica with another version", UIO_CHANGED);
        return;
    }
    request = wanted(t, "UIO-8-01", p.b, UIO_READ_INSTANCE);
    vc_check(t, "UIO-8-01", request->words[0] == 88 && request->words[2] == 3 && request->words[4] == 100,
             "the same read of the new instance", "block %u of 0x%x", request->words[2], request->words[0]);
    tell_read(t, request, pattern(100), 100, 3);
    struct vc_said s = ended(t, "UIO-8-01", &p, 5 * VC_SECOND);
    vc_check(t, "UIO-8-01", s.words[0] == VMTP_OK && s.octets == 100 && memcmp(s.segment, pattern(100), 100) == 0,
             "the octets of the other manager", "%s", vc_response_name(s.words[0]));
}

static void rebound(struct vc_test *t) { rebind(t, 9); }
static void rebound_changed(struct vc_test *t) { rebind(t, 10); }

static void order_set(struct vc_test *t, struct play *p, uint32_t what, uint32_t which, const void *segment,
                      uint32_t size) {
    const uint32_t words[6] = {what, which, what == 1 ? size : 0};
    give_order(t, p, VMTP_TEST_OBJECT_SET, words, segment, size);
}

/* The set of both managers: three rounds of questions, and an instance at each. */
static void make_set(struct vc_test *t, struct play *p) {
    char name[60];
    int length = snprintf(name, sizeof name, "%s/file", p->prefix);
    order_set(t, p, 1, UIO_MODE_WRITE, name, (uint32_t)length);
    unsigned rounds = 0;
    vc_time first = 0, last = 0;
    uint32_t seen = 0;
    struct vc_packet *query = group_query(t, "UIO-8-05", p);
    for (; query; query = vc_await_request(t, p->group, 260 * VC_MILLISECOND)) {
        vc_check(t, "UIO-8-05", (query->code & VMTP_MRD) != 0, "a call with several Responses (MRD)", "none");
        rounds += rounds == 0 || query->transaction != seen;
        seen = query->transaction;
        first = first ? first : query->time;
        last = query->time;
        tell_record(t, query, p, rounds == 2 ? p->b : p->a); /* b is heard in the second round only */
    }
    vc_check(t, "UIO-8-05", rounds == 3, "three rounds", "%u", rounds);
    vc_between(t, "UIO-8-05", "from the first to the third", 390 * VC_MILLISECOND, 1000 * VC_MILLISECOND, last - first);
    struct vc_packet *one = wanted(t, "UIO-8-02", p->a, UIO_CREATE_INSTANCE),
                     *two = wanted(t, "UIO-8-02", p->b, UIO_CREATE_INSTANCE);
    tell_instance(t, one, 77, FILE_ATTRIBUTES, 512, 9);
    tell_instance(t, two, 88, FILE_ATTRIBUTES, 512, 9);
    struct vc_said s = ended(t, "UIO-8-02", p, 5 * VC_SECOND);
    vc_check(t, "UIO-8-02 UIO-8-05", s.words[0] == VMTP_OK && s.words[1] == 2, "an instance at each of two managers",
             "%s, %u members", vc_response_name(s.words[0]), s.words[1]);
}

static void written(struct vc_test *t, struct play *p, const char *ids, uint32_t at_b) {
    const uint32_t words[4] = {5, 0, 0, 0};
    order_set(t, p, 2, 0, "hello", 5);
    struct vc_packet *one = wanted(t, ids, p->a, UIO_WRITE_INSTANCE), *two = wanted(t, ids, p->b, UIO_WRITE_INSTANCE);
    tell(t, one, VMTP_OK, words, NULL, 0);
    vc_check(t, ids, !vc_answer_or_none(t, &p->order, 100 * VC_MILLISECOND), "no end before both have answered",
             "an end");
    tell(t, two, at_b, at_b ? NULL : words, NULL, 0);
}

static void set(struct vc_test *t) {
    struct play p;
    play_begin(t, &p, 1);
    make_set(t, &p);
    written(t, &p, "UIO-8-02", VMTP_OK);
    struct vc_said s = ended(t, "UIO-8-02", &p, 5 * VC_SECOND);
    vc_check(t, "UIO-8-02", s.words[0] == VMTP_OK && s.words[2] == 3, "OK of both", "%s, mask %u",
             vc_response_name(s.words[0]), s.words[2]);
    written(t, &p, "UIO-8-03", UIO_NO_SPACE);
    s = ended(t, "UIO-8-03", &p, 5 * VC_SECOND);
    unsigned done = s.words[2];
    vc_check(t, "UIO-8-03", s.words[0] != VMTP_OK && (done == 1 || done == 2), "an error, and one of them has done it",
             "%s, mask %u", vc_response_name(s.words[0]), done);
    order_set(t, &p, 2, 0, "again", 5);
    s = ended(t, "UIO-8-06", &p, 5 * VC_SECOND);
    vc_check(t, "UIO-8-06", s.words[0] != VMTP_OK, "no further write before the program has given one up", "OK");
    none_sent(t, "UIO-8-06", p.a, "a write while they differ");
    none_sent(t, "UIO-8-06", p.b, "a write while they differ");
    order_set(t, &p, 3, done == 1 ? 1 : 0, NULL, 0);
    ended(t, "UIO-8-06", &p, 5 * VC_SECOND);
    order_set(t, &p, 2, 0, "again", 5);
    const uint32_t words[4] = {5, 0, 0, 0};
    tell(t, wanted(t, "UIO-8-06", p.a, UIO_WRITE_INSTANCE), VMTP_OK, words, NULL, 0);
    ends_with(t, "UIO-8-06", &p, "a write after that", VMTP_OK);
    none_sent(t, "UIO-8-06", p.b, "the one that was given up");
    order_set(t, &p, 0, 0, NULL, 0);
    ended(t, "UIO-8-06", &p, 5 * VC_SECOND);
}

/* ---- the test service --------------------------------------------------------------------------------------------------- */

static void refused(struct vc_test *t, struct play *p, const char *what) {
    const struct vc_said *s = vc_answer_or_none(t, &p->order, 5 * VC_SECOND);
    vc_check(t, "TEST-4.19-04", s && s->code == CODE(VMTP_TEST_BAD_ARGUMENT), what, "%s",
             s ? vc_response_name(s->code) : "nothing");
}

static void service(struct vc_test *t) {
    struct play p;
    uint32_t words[6] = {CODE(UIO_QUERY_OBJECT), 4};
    play_begin(t, &p, 0);
    give_order(t, &p, VMTP_TEST_OBJECT_NAME, words, NULL, 0);
    refused(t, &p, "TEST_BAD_ARGUMENT to handle 4");
    order_call(t, &p, UIO_READ_INSTANCE, 0, 0, 10, NULL, 0);
    refused(t, &p, "TEST_BAD_ARGUMENT to a read without an instance");
    open_it(t, &p, VC_RW, FILE_ATTRIBUTES, 512, 0);
    order_name(t, &p, UIO_CREATE_INSTANCE, UIO_MODE_READ, 0, "file", NULL);
    refused(t, &p, "TEST_BAD_ARGUMENT to CreateInstance of a handle that has an instance");
    order_name(t, &p, UIO_QUERY_OBJECT, 0, 0, "other", NULL);
    tell(t, wanted(t, "TEST-4.19-01", p.a, UIO_QUERY_OBJECT), VNAME_NOT_FOUND, NULL, NULL, 0);
    ends_with(t, "TEST-4.19-01", &p, "QueryObject", VNAME_NOT_FOUND);
    order_call(t, &p, UIO_RELEASE_INSTANCE, 0, 0, 0, NULL, 0);
    tell(t, wanted(t, "TEST-4.19-02", p.a, UIO_RELEASE_INSTANCE), VMTP_OK, NULL, NULL, 0);
    ends_with(t, "TEST-4.19-02", &p, "ReleaseInstance", VMTP_OK);
    order_set(t, &p, 2, 0, "x", 1);
    refused(t, &p, "TEST_BAD_ARGUMENT to a write of no set");
    order_set(t, &p, 0, 0, NULL, 0);
    struct vc_said s = ended(t, "TEST-4.19-03", &p, 5 * VC_SECOND);
    vc_equal(t, "TEST-4.19-03", "members of no set:", 0, s.words[1]);
}

const struct vc_case vc_objects_client_cases[] = {
    VC_CASE("client-objects/service", "TEST-4.19-01 TEST-4.19-02 TEST-4.19-03 TEST-4.19-04", CLIENT,
            "orders that can be carried out, and that cannot", "they are, or TEST_BAD_ARGUMENT", service),
    VC_CASE("client-objects/attributes", "UIO-2.2-04", CLIENT, "an instance that can only be read, used for more",
            "codes of the client's own, and nothing sent", attributes),
    VC_CASE("client-objects/large", "UIO-5.1-07", CLIENT " streams", "CreateInstance for large messages",
            "STI in its Request", large),
    VC_CASE("client-objects/new-name", "UIO-5.2-07", CLIENT, "RenameObject below a prefix",
            "the new name with context and NameIndex of the prefix", new_name),
    VC_CASE("client-objects/pieces", "UIO-6.1-11", CLIENT, "a read and a write over three blocks without MULTI_BLOCK",
            "three operations, each within a block", pieces),
    VC_CASE("client-objects/repeats", "UIO-7-01", CLIENT, "silence to a read at a block, and to a lock",
            "the read in another Transaction, the lock not", repeats),
    VC_CASE("client-objects/gone", "UIO-7-02", CLIENT, "UIO_STALE to a read", "the program is told", gone),
    VC_CASE("client-objects/incomplete", "UIO-7-04", CLIENT, "the first block of a Response of two, with NRT",
            "all octets after another read, or an error", incomplete),
    VC_CASE("client-objects/rebound", "UIO-8-01", CLIENT, "UIO_STALE from one of two replicas",
            "the same read at the other", rebound),
    VC_CASE("client-objects/rebound-changed", "UIO-8-01", CLIENT, "the same, and the other has another version",
            "UIO_CHANGED", rebound_changed),
    VC_TIMED("client-objects/set", "UIO-8-02 UIO-8-03 UIO-8-05 UIO-8-06", CLIENT,
             "writes to two replicas, of which one fails",
             "three questions, a write to each, an error and who has done it, nothing more until one is given up", set),
    VC_LAST};

/* SPDX-License-Identifier: BSD-2-Clause */
/* What cases ask a manager of objects. */
#define VC_NO_LINES
#include "case_objects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"

#define PATIENCE (6 * VC_SECOND) /* a disk may be slow */

/* ---- names ---------------------------------------------------------------------------------------------------------- */

/* Who has the name, asked of all managers. */
static int look_up(struct vc_test *t, const char *text, struct vc_name *name) {
    struct vc_packet query = vc_request_to(t, VNAME_HANDLERS, VNAME_QUERY | VMTP_MRD);
    uint32_t length = (uint32_t)strlen(text);
    vc_multicast(&query, VNAME_HANDLERS);
    vc_carry(&query, (const uint8_t *)text, length, vc_all_blocks(length));
    vc_send(t, &query);
    struct vc_packet *p = vc_await_response(t, &query, 300 * VC_MILLISECOND);
    if (!p || vc_code(p) != VMTP_OK || p->data_octets < 40)
        return 0;
    name->manager = vc_get64(p->data + 8);
    name->context = vc_get32(p->data + 32);
    name->index = vc_get16(p->data + 36);
    return name->index <= length;
}

struct vc_name vc_absolute(struct vc_test *t, const char *text) {
    struct vc_name name = {0};
    if (strlen(text) > VC_NAME_MAX || !look_up(t, text, &name))
        return name;
    name.length = (uint16_t)strlen(text);
    strcpy(name.text, text);
    return name;
}

static struct vc_name below(struct vc_test *t, const char *context, const char *text) {
    struct vc_name name = t->run->place;
    int length = snprintf(name.text, sizeof name.text, "%s%s%s", context, *text ? "/" : "", text);
    if (length < 0 || length > (int)VC_NAME_MAX)
        vc_give_up(t, "a name of the case is too long");
    name.length = (uint16_t)length;
    return name;
}

/* A node that has begun anew has another manager. */
static void need_place(struct vc_test *t) {
    if (!t->run->place.manager && vc_claims(t, "objects"))
        vc_find_objects(t, t->run->link->objects);
    if (!t->run->place.manager)
        vc_skip(t, "a context for the tester (--objects NAME)");
}

/* The context of this case, made when it is first needed. */
static const char *own_context(struct vc_test *t) {
    need_place(t);
    if (t->context[0])
        return t->context;
    snprintf(t->context, sizeof t->context, "%.200s/vc-%08x-%x", t->run->place.text, (unsigned)(t->run->block >> 32),
             (unsigned)(t->first_id & 0xffffffff));
    struct vc_name name = below(t, t->context, "");
    vc_did(t, vc_on_at(t, UIO_CREATE_OBJECT, &name, UIO_TYPE_CONTEXT, 0755), "CreateObject of a context");
    return t->context;
}

struct vc_name vc_in(struct vc_test *t, const char *text) {
    return below(t, own_context(t), text);
}

struct vc_name vc_of_node(struct vc_test *t, const char *text) {
    char prefix[VC_NAME_MAX];
    need_place(t);
    snprintf(prefix, sizeof prefix, "%.*s", t->run->place.index, t->run->place.text);
    struct vc_name name = below(t, prefix, text), first = name;
    size_t head = strcspn(text, "/");
    first.length = (uint16_t)(first.length - (strlen(text) - head));
    const struct vc_said *s = vc_on_at(t, UIO_QUERY_OBJECT, &first, 0, 0);
    if (s->code == VNAME_NOT_FOUND)
        vc_skip(t, "an object of this kind");
    vc_did(t, s, "QueryObject of an object of the node");
    return name;
}

/* ---- Requests ------------------------------------------------------------------------------------------------------- */

/* One Client asks one thing after the other: a node remembers Clients for some time, and there may be not many that it can. */
static struct vc_packet next_request(struct vc_test *t, uint64_t server, uint32_t code) {
    struct vc_packet p = vc_request_to(t, server, code);
    if (!t->talker) {
        t->talker = p.client;
        t->talker_transaction = p.transaction;
    }
    p.client = t->talker;
    p.transaction = t->talker_transaction++;
    return p;
}

void vc_by_another(struct vc_test *t, struct vc_packet *request) {
    request->client = vc_new_client(t);
    request->transaction = vc_random(t) | 1;
}

static uint64_t manager(struct vc_test *t) {
    need_place(t);
    return t->run->place.manager;
}

struct vc_packet vc_by_name(struct vc_test *t, const struct vc_name *name, uint32_t code, uint32_t word2,
                            uint32_t word3, uint64_t owner, const void *added, uint32_t size) {
    uint8_t segment[2 * VC_NAME_MAX + 4096] = {0};
    struct vc_packet p = next_request(t, name->manager ? name->manager : manager(t), code);
    p.words[0] = name->context;
    p.words[1] = (uint32_t)name->index << 16 | name->length;
    p.words[2] = word2;
    p.words[3] = word3;
    p.words[4] = (uint32_t)(owner >> 32);
    p.words[5] = (uint32_t)owner;
    uint32_t octets = name->length;
    memcpy(segment, name->text, name->length < sizeof name->text ? name->length : sizeof name->text);
    if (size) {
        octets = vc_name_room(octets);
        memcpy(segment + octets, added, size);
        octets += size;
    }
    if (octets)
        vc_carry(&p, segment, octets, vc_all_blocks(octets));
    return p;
}

struct vc_packet vc_of_instance(struct vc_test *t, uint32_t code, uint32_t number, uint32_t word1, uint32_t word2,
                                uint32_t word3, uint32_t word4) {
    struct vc_packet p = next_request(t, t->of_manager ? t->of_manager : manager(t), code);
    const uint32_t words[7] = {number, word1, word2, word3, word4};
    memcpy(p.words, words, sizeof words);
    return p;
}

void vc_begin(struct vc_test *t, const struct vc_packet *request, const void *segment, uint32_t size) {
    struct vc_packet p = *request;
    if (size) {
        p.code |= VMTP_SDA;
        p.words[6] = size;
        vc_send_blocks(t, &p, segment, size, vc_all_blocks(size), 0);
    } else if (p.data_octets > 2 * VC_BLOCK) {
        uint8_t own[VC_SEGMENT_MAX];
        memcpy(own, p.data, p.data_octets);
        vc_send_blocks(t, &p, own, p.words[6], vc_all_blocks(p.words[6]), 0);
    } else {
        vc_send(t, &p);
    }
}

/* ---- answers -------------------------------------------------------------------------------------------------------- */

static struct vc_said *take_answer(struct vc_test *t, const struct vc_packet *request, struct vc_packet *p) {
    static struct vc_said saids[8];
    static unsigned next;
    struct vc_said *s = &saids[next++ % 8];
    uint32_t blocks = 0;
    memset(s, 0, offsetof(struct vc_said, segment));
    memset(s->segment, 0, sizeof s->segment);
    s->code = vc_code(p);
    s->flags = p->code & ~VMTP_CODE_MASK;
    memcpy(s->words, p->words, sizeof s->words);
    s->octets = vc_segment_size(p) <= VC_SEGMENT_MAX ? vc_segment_size(p) : VC_SEGMENT_MAX;
    s->time = p->time;
    vc_unpack(p, s->segment);
    blocks |= p->delivery;
    while (!(p->code & VMTP_MDM) && (blocks & vc_all_blocks(s->octets)) != vc_all_blocks(s->octets)) {
        p = vc_await_response(t, request, PATIENCE);
        if (!p)
            vc_give_up(t, "the rest of a Response does not come");
        vc_unpack(p, s->segment);
        blocks |= p->delivery;
    }
    return s;
}

const struct vc_said *vc_answer_or_none(struct vc_test *t, const struct vc_packet *request, vc_time patience) {
    struct vc_packet *p = vc_await_response(t, request, patience);
    return p ? take_answer(t, request, p) : NULL;
}

const struct vc_said *vc_answer(struct vc_test *t, const struct vc_packet *request, vc_time patience) {
    const struct vc_said *s = vc_answer_or_none(t, request, patience);
    if (s)
        return s;
    if (t->tidying)
        vc_give_up(t, "no answer");
    char first[40];
    snprintf(first, sizeof first, "%.*s", (int)strcspn(t->which->ids, " "), t->which->ids);
    return take_answer(t, request, vc_want_response(t, first, request, VC_ANY));
}

const struct vc_said *vc_ask(struct vc_test *t, const struct vc_packet *request, const void *segment, uint32_t size) {
    vc_begin(t, request, segment, size);
    return vc_answer(t, request, PATIENCE);
}

/* ---- operations by name --------------------------------------------------------------------------------------------- */

uint64_t vc_owner(struct vc_test *t) {
    if (!t->owner)
        t->owner = t->first_owner = vc_new_client(t);
    return t->owner;
}

void vc_owner_is(struct vc_test *t, uint64_t owner) {
    vc_owner(t);
    t->owner = owner ? owner : t->first_owner;
}

const struct vc_said *vc_create_at(struct vc_test *t, const struct vc_name *name, uint32_t mode) {
    struct vc_packet p = vc_by_name(t, name, UIO_CREATE_INSTANCE, mode, 0644, vc_owner(t), NULL, 0);
    return vc_ask(t, &p, NULL, 0);
}

const struct vc_said *vc_create(struct vc_test *t, const char *text, uint32_t mode) {
    struct vc_name name = vc_in(t, text);
    return vc_create_at(t, &name, mode);
}

const struct vc_said *vc_on_at(struct vc_test *t, uint32_t code, const struct vc_name *name, uint32_t word2,
                               uint32_t word3) {
    struct vc_packet p = vc_by_name(t, name, code, word2, word3, 0, NULL, 0);
    return vc_ask(t, &p, NULL, 0);
}

const struct vc_said *vc_on(struct vc_test *t, uint32_t code, const char *text, uint32_t word2, uint32_t word3) {
    struct vc_name name = vc_in(t, text);
    return vc_on_at(t, code, &name, word2, word3);
}

static const struct vc_said *two_names(struct vc_test *t, uint32_t code, const char *from, const char *to,
                                       uint32_t flags) {
    struct vc_name one = vc_in(t, from), two = vc_in(t, to);
    uint8_t added[8 + VC_NAME_MAX];
    uint32_t size = vc_put_new_name(added, two.context, two.index, two.length, two.text, two.length);
    struct vc_packet p = vc_by_name(t, &one, code, flags, 0, 0, added, size);
    return vc_ask(t, &p, NULL, 0);
}

const struct vc_said *vc_rename(struct vc_test *t, const char *from, const char *to, uint32_t flags) {
    return two_names(t, UIO_RENAME_OBJECT, from, to, flags);
}

const struct vc_said *vc_link_name(struct vc_test *t, const char *from, const char *to) {
    return two_names(t, UIO_LINK_OBJECT, from, to, 0);
}

const struct vc_said *vc_make_link(struct vc_test *t, const char *text, const char *target) {
    struct vc_name name = vc_in(t, text);
    struct vc_packet p = vc_by_name(t, &name, UIO_CREATE_OBJECT, UIO_TYPE_LINK, 0777, 0, target,
                                    (uint32_t)strlen(target));
    return vc_ask(t, &p, NULL, 0);
}

const struct vc_said *vc_modify_name(struct vc_test *t, const char *text, uint32_t mask, uint32_t flags,
                                     const struct vc_object *to) {
    uint8_t added[VC_OBJECT_HEAD + 8];
    struct vc_name name = vc_in(t, text);
    uint32_t size = vc_put_object(added, to);
    struct vc_packet p = vc_by_name(t, &name, UIO_MODIFY_OBJECT, mask, flags, 0, added, size);
    return vc_ask(t, &p, NULL, 0);
}

/* ---- operations of an instance ---------------------------------------------------------------------------------------- */

#define HIGH(number) (uint32_t)((number) >> 32)
#define LOW(number) (uint32_t)(number)

const struct vc_said *vc_read(struct vc_test *t, uint32_t number, uint64_t block, uint32_t word3, uint32_t octets) {
    struct vc_packet p = vc_of_instance(t, UIO_READ_INSTANCE, number, HIGH(block), LOW(block), word3, octets);
    return vc_ask(t, &p, NULL, 0);
}

const struct vc_said *vc_write(struct vc_test *t, uint32_t number, uint64_t block, uint32_t word3, uint32_t flags,
                               const void *data, uint32_t size) {
    struct vc_packet p = vc_of_instance(t, UIO_WRITE_INSTANCE, number, HIGH(block), LOW(block), word3, flags);
    return vc_ask(t, &p, data, size);
}

const struct vc_said *vc_query(struct vc_test *t, uint32_t number) {
    struct vc_packet p = vc_of_instance(t, UIO_QUERY_INSTANCE, number, 0, 0, 0, 0);
    return vc_ask(t, &p, NULL, 0);
}

const struct vc_said *vc_modify(struct vc_test *t, uint32_t number, uint32_t mask, const struct vc_object *to) {
    uint8_t octets[VC_OBJECT_HEAD];
    struct vc_packet p = vc_of_instance(t, UIO_MODIFY_INSTANCE, number, mask, 0, 0, 0);
    return vc_ask(t, &p, octets, to ? vc_put_object(octets, to) : 0);
}

const struct vc_said *vc_give(struct vc_test *t, uint32_t number, uint64_t owner) {
    struct vc_packet p = vc_of_instance(t, UIO_MODIFY_INSTANCE, number, UIO_MASK_OWNER, HIGH(owner), LOW(owner), 0);
    return vc_ask(t, &p, NULL, 0);
}

const struct vc_said *vc_release(struct vc_test *t, uint32_t number, uint32_t commit) {
    struct vc_packet p = vc_of_instance(t, UIO_RELEASE_INSTANCE, number, commit, 0, 0, 0);
    return vc_ask(t, &p, NULL, 0);
}

struct vc_packet vc_lock_begun(struct vc_test *t, uint32_t number, uint32_t kind, uint32_t ms, uint64_t first,
                               uint64_t count) {
    uint8_t range[16];
    struct vc_packet p = vc_of_instance(t, UIO_LOCK_INSTANCE, number, kind, ms, 0, 0);
    vc_by_another(t, &p);
    vc_begin(t, &p, range, vc_put_range(range, first, count));
    return p;
}

const struct vc_said *vc_lock(struct vc_test *t, uint32_t number, uint32_t kind, uint32_t ms, uint64_t first,
                              uint64_t count) {
    uint8_t range[16];
    struct vc_packet p = vc_of_instance(t, UIO_LOCK_INSTANCE, number, kind, ms, 0, 0);
    return vc_ask(t, &p, range, vc_put_range(range, first, count));
}

const struct vc_said *vc_control(struct vc_test *t, uint32_t number, uint32_t function, uint32_t word2, uint32_t word3) {
    struct vc_packet p = vc_of_instance(t, UIO_CONTROL_INSTANCE, number, function, word2, word3, 0);
    return vc_ask(t, &p, NULL, 0);
}

struct vc_packet vc_read_begun(struct vc_test *t, uint32_t number, uint32_t ms, uint32_t octets) {
    struct vc_packet p = vc_of_instance(t, UIO_READ_INSTANCE, number, HIGH(VC_NEXT), LOW(VC_NEXT), ms, octets);
    vc_by_another(t, &p);
    vc_begin(t, &p, NULL, 0);
    return p;
}

struct vc_packet vc_write_begun(struct vc_test *t, uint32_t number, uint32_t ms, const void *data, uint32_t size) {
    struct vc_packet p = vc_of_instance(t, UIO_WRITE_INSTANCE, number, HIGH(VC_NEXT), LOW(VC_NEXT), ms, 0);
    vc_by_another(t, &p);
    vc_begin(t, &p, data, size);
    return p;
}

/* ---- set-up --------------------------------------------------------------------------------------------------------- */

void vc_did(struct vc_test *t, const struct vc_said *s, const char *what) {
    if (s->code != VMTP_OK)
        vc_give_up(t, "%s is answered %s", what, vc_response_name(s->code));
}

uint32_t vc_open_at(struct vc_test *t, const struct vc_name *name, uint32_t mode) {
    const struct vc_said *s = vc_create_at(t, name, mode);
    vc_did(t, s, "CreateInstance");
    return s->words[0];
}

uint32_t vc_open(struct vc_test *t, const char *text, uint32_t mode) {
    struct vc_name name = vc_in(t, text);
    return vc_open_at(t, &name, mode);
}

void vc_fill(struct vc_test *t, const char *text, uint32_t size, uint32_t seed) {
    static uint8_t data[VC_SEGMENT_MAX];
    uint32_t number = vc_open(t, text, UIO_MODE_WRITE | UIO_MODE_CREATE);
    vc_pattern(data, size, seed);
    if (size)
        vc_did(t, vc_write(t, number, 0, 0, 0, data, size), "WriteInstance");
    vc_did(t, vc_release(t, number, 0), "ReleaseInstance");
}

/* ---- judging -------------------------------------------------------------------------------------------------------- */

int vc_code_is(struct vc_test *t, const char *ids, const struct vc_said *s, const char *what, uint32_t code) {
    char expected[160];
    snprintf(expected, sizeof expected, "%s answered %s", what, vc_response_name(code));
    return vc_check(t, ids, s->code == (code & VMTP_CODE_MASK), expected, "%s", vc_response_name(s->code));
}

void vc_want_code(struct vc_test *t, const char *ids, const struct vc_said *s, const char *what, uint32_t code) {
    if (!vc_code_is(t, ids, s, what, code))
        longjmp(t->end, 1);
}

static _Noreturn void no_descriptor(struct vc_test *t, const char *ids, const char *what) {
    vc_check(t, ids, 0, "a descriptor in the answer", "none, to %s", what);
    longjmp(t->end, 1);
}

struct vc_object vc_want_object(struct vc_test *t, const char *ids, const struct vc_said *s, const char *what) {
    struct vc_object object;
    vc_want_code(t, ids, s, what, VMTP_OK);
    if (!vc_get_object(&object, s->segment, s->octets))
        no_descriptor(t, ids, what);
    return object;
}

struct vc_instance vc_want_instance(struct vc_test *t, const char *ids, const struct vc_said *s, const char *what) {
    struct vc_instance instance;
    vc_want_code(t, ids, s, what, VMTP_OK);
    if (!vc_get_instance(&instance, s->segment, s->octets))
        no_descriptor(t, ids, what);
    return instance;
}

int vc_want_octets(struct vc_test *t, const char *ids, const struct vc_said *s, const char *what, const void *octets,
                   uint32_t size) {
    char expected[160];
    snprintf(expected, sizeof expected, "%s: these %u octets", what, size);
    vc_want_code(t, ids, s, what, VMTP_OK);
    uint32_t at = 0;
    while (at < size && at < s->octets && s->segment[at] == ((const uint8_t *)octets)[at])
        at++;
    return vc_check(t, ids, s->octets == size && at == size, expected, "%u octets, the first %u of them", s->octets, at);
}

int vc_holds(struct vc_test *t, const char *ids, const char *text, const void *octets, uint32_t size) {
    char what[120];
    uint32_t number = vc_open(t, text, UIO_MODE_READ);
    snprintf(what, sizeof what, "what \"%s\" holds", text);
    int same = vc_want_octets(t, ids, vc_read(t, number, 0, 0, VC_SEGMENT_MAX), what, octets, size);
    vc_did(t, vc_release(t, number, 0), "ReleaseInstance");
    return same;
}

/* ---- contexts ------------------------------------------------------------------------------------------------------- */

static unsigned take_told(const struct vc_said *s, struct vc_told *told, unsigned count, unsigned most) {
    struct vc_object o;
    for (uint32_t at = 0, size; at < s->octets && count < most; at += size) {
        size = vc_get_object(&o, s->segment + at, s->octets - at);
        if (!size)
            break;
        told[count].object = o;
        told[count].object.name = told[count].object.target = NULL;
        snprintf(told[count++].name, sizeof told[0].name, "%.*s", (int)o.name_octets, o.name);
    }
    return count;
}

unsigned vc_list_of(struct vc_test *t, uint32_t number, uint32_t octets, struct vc_told *told, unsigned most) {
    unsigned count = 0;
    uint64_t block = 0;
    for (unsigned reads = 0; reads < 200 && count < most; reads++) {
        const struct vc_said *s = vc_read(t, number, block, 0, octets);
        vc_did(t, s, "a read of a context");
        count = take_told(s, told, count, most);
        block = vc_pair(s->words + 1);
        if (s->words[3] & UIO_END)
            return count;
    }
    return count;
}

const struct vc_told *vc_find_told(const struct vc_told *told, unsigned count, const char *name) {
    for (unsigned i = 0; i < count; i++)
        if (strcmp(told[i].name, name) == 0)
            return &told[i];
    return NULL;
}

/* ---- tidying up ----------------------------------------------------------------------------------------------------- */

static void remove_all(struct vc_test *t, const char *context, unsigned depth) {
    static struct vc_told told[4][400];
    struct vc_name name = below(t, context, "");
    char path[VC_NAME_MAX + 1];
    const struct vc_said *s = vc_create_at(t, &name, UIO_MODE_READ | UIO_MODE_CONTEXT);
    if (s->code != VMTP_OK)
        return;
    uint32_t number = s->words[0];
    unsigned count = vc_list_of(t, number, 8192, told[depth], 400);
    vc_release(t, number, 0);
    for (unsigned i = 0; i < count; i++) {
        int is_context = told[depth][i].object.type == UIO_TYPE_CONTEXT;
        snprintf(path, sizeof path, "%.700s/%.255s", context, told[depth][i].name);
        if (is_context && depth < 3)
            remove_all(t, path, depth + 1);
        name = below(t, path, "");
        vc_on_at(t, UIO_REMOVE_OBJECT, &name, is_context ? UIO_TYPE_CONTEXT : 0, 0);
    }
}

void vc_objects_tidy(struct vc_test *t) {
    if (!t->context[0])
        return;
    t->tidying = 1;
    t->of_manager = 0;
    vc_note(t, "tidying up");
    vc_answer_probes(t, 1);
    remove_all(t, t->context, 0);
    struct vc_name name = below(t, t->context, "");
    vc_on_at(t, UIO_REMOVE_OBJECT, &name, UIO_TYPE_CONTEXT, 0);
}

/* ---- the place ------------------------------------------------------------------------------------------------------ */

/* Who has it, and whether the tester may make something in it. */
void vc_find_objects(struct vc_test *t, const char *text) {
    struct vc_run *run = t->run;
    for (unsigned i = 0; i < 6 && text && !run->place.manager; i++)
        run->place = vc_absolute(t, text);
    vc_found("objects", run->place.manager != 0);
}

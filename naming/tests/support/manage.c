/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/manage.h"

#include <stdlib.h>

#include <suite.h>

vipc_fake *manage_net;

void manage_open(uint64_t seed) {
    manage_net = vipc_fake_create(seed);
    ck_assert_ptr_nonnull(manage_net);
}

void manage_close(void) {
    vipc_fake_destroy(manage_net);
    manage_net = NULL;
}

void manage_run(vmtp_time duration) { vipc_fake_run(manage_net, duration); }

/* ---- the program of a manager ----------------------------------------------------------------------------------- */

static void on_event(vname_manager *manager, const struct vname_manager_event *event) {
    struct program *p = vname_manager_context(manager);
    struct told *t = &p->told[p->told_count];
    ck_assert_uint_lt(++p->told_count, sizeof p->told / sizeof *p->told);
    t->type = event->type;
    memcpy(t->prefix, event->prefix, event->prefix_length);
    t->prefix[event->prefix_length] = 0;
    t->manager = event->record ? event->record->manager : 0;
    t->generation = event->record ? event->record->generation : 0;
    t->result = event->result;
    t->again = event->again;
    t->at = vipc_now(p->node);
}

static void on_operation(const struct vname_manager_operation *o) {
    struct program *p = vname_manager_context(o->manager);
    struct vmtp_message answer = {.code = VMTP_OK};
    p->operations++;
    p->code = o->code;
    p->context = o->context;
    p->index = o->index;
    if (o->length)
        memcpy(p->name, o->name, o->length);
    p->name[o->length] = 0;
    const uint32_t extra = o->extra_size < sizeof p->extra ? o->extra_size : (uint32_t)sizeof p->extra - 1;
    if (extra)
        memcpy(p->extra, o->extra, extra);
    p->extra[extra] = 0;
    memcpy(p->words, o->in->message.words + 2, sizeof p->words);
    answer.words[0] = p->context;
    answer.words[1] = p->index;
    if (o->code == (VNAME_MAP_CONTEXT & 0xffffffu)) {
        if (strstr(p->name, "file"))
            vname_manager_refuse(o->in, VNAME_NOT_CONTEXT);
        else
            vname_manager_reply_context(o, 0, 77, p->name, o->length);
    } else {
        ck_assert_int_le(vipc_reply(o->in, &answer, p->name, o->length, 0), 0);
    }
}

static void on_request(vname_manager *manager, struct vipc_incoming *in) {
    struct program *p = vname_manager_context(manager);
    struct vmtp_message answer = {.code = VMTP_OK, .words = {4711}};
    p->requests++;
    ck_assert_int_le(vipc_reply(in, &answer, NULL, 0, 0), 0);
}

static int on_mount(vname_manager *manager, const struct vname_record *record) {
    (void)record;
    return !((struct program *)vname_manager_context(manager))->refuses_mounts;
}

static int on_hand_over(vname_manager *manager, const struct vname_record *record) {
    (void)record;
    return ((struct program *)vname_manager_context(manager))->hands_over;
}

static int on_context(vname_manager *manager, uint32_t context, char *name, size_t room) {
    const struct program *p = vname_manager_context(manager);
    if (context == 99)
        return -1;
    if (context != 77 || !p->context_name)
        return 0;
    ck_assert_uint_le(strlen(p->context_name), room);
    memcpy(name, p->context_name, strlen(p->context_name));
    return (int)strlen(p->context_name);
}

static int on_empty(vname_manager *manager, uint32_t code) {
    (void)manager;
    return code == (VNAME_MAP_CONTEXT & 0xffffffu);
}

void program_config(struct program *p) {
    memset(p, 0, sizeof *p);
    vname_manager_config_init(&p->config);
    p->config.operation = on_operation;
    p->config.request = on_request;
    p->config.event = on_event;
    p->config.context_name = on_context;
    p->config.takes_empty = on_empty;
    p->config.allow_mount = on_mount;
    p->config.allow_hand_over = on_hand_over;
    p->config.owner = 0x0123456789abcdefu;
    p->config.context = p;
}

void program_open_on(struct program *p, vipc *node) {
    if (!p->config.size)
        program_config(p);
    p->node = node;
    p->memory = malloc(vname_manager_footprint(&p->config));
    ck_assert_ptr_nonnull(p->memory);
    ck_assert_int_eq(vname_manager_create(&p->manager, p->node, &p->config, p->memory), 0);
    p->entity = vname_manager_entity(p->manager);
}

void program_open(struct program *p) { program_open_on(p, vipc_fake_node(manage_net)); }

void program_close(struct program *p) {
    vname_manager_destroy(p->manager);
    free(p->memory);
    p->manager = NULL;
    p->memory = NULL;
    p->config.size = 0;
}

int claim(struct program *p, const char *prefix) {
    struct vname_manager_claim c = {.prefix = prefix, .prefix_length = strlen(prefix), .context = 5};
    return vname_manager_claim(p->manager, &c);
}

void hold(struct program *p, const char *prefix) {
    ck_assert_int_eq(claim(p, prefix), 0);
    for (int i = 0; i < 60 && !holds(p, prefix); i++)
        manage_run(10 * MS);
    ck_assert_msg(holds(p, prefix), "%s is not held", prefix);
}

void release(struct program *p, const char *prefix) {
    ck_assert_int_eq(vname_manager_release(p->manager, prefix, strlen(prefix), 0), 0);
}

int state_of(const struct program *p, const char *prefix) {
    struct vname_manager_prefix view;
    return vname_manager_find_prefix(p->manager, prefix, strlen(prefix), &view) ? (int)view.state : -1;
}

int holds(const struct program *p, const char *prefix) { return state_of(p, prefix) == VNAME_PREFIX_HELD; }

struct vname_manager_prefix prefix_of(const struct program *p, const char *prefix) {
    struct vname_manager_prefix view;
    ck_assert_int_eq(vname_manager_find_prefix(p->manager, prefix, strlen(prefix), &view), 1);
    return view;
}

vmtp_entity mount_of(const struct program *p, const char *prefix) {
    struct vname_manager_mount view;
    for (uint32_t i = 0; vname_manager_nth_mount(p->manager, i, &view); i++)
        if (view.record.prefix_length == strlen(prefix) && memcmp(view.record.prefix, prefix, strlen(prefix)) == 0)
            return view.record.manager;
    return 0;
}

const struct told *told_of(const struct program *p, enum vname_manager_event_type type, unsigned which) {
    for (unsigned i = 0; i < p->told_count; i++)
        if (p->told[i].type == type && which-- == 0)
            return &p->told[i];
    return NULL;
}

unsigned told_count(const struct program *p, enum vname_manager_event_type type) {
    unsigned count = 0;
    while (told_of(p, type, count))
        count++;
    return count;
}

/* ---- the stranger ------------------------------------------------------------------------------------------------- */

static int first_record(const void *octets, uint32_t size, struct vname_record *record) {
    struct vname_list list = vname_list_of(octets, size);
    struct vname_record r;
    int count = 0;
    while (vname_list_next(&list, &r))
        if (count++ == 0)
            *record = r;
    return count;
}

static void answer(struct stranger *s, struct vipc_incoming *in, unsigned which) {
    struct vmtp_message m = {.code = s->answer[which]};
    uint8_t octets[VNAME_RECORD_OCTETS];
    uint32_t size = 0;
    memcpy(m.words, s->answer_words[which], sizeof s->answer_words[which]);
    if (s->answer_record[which].prefix)
        size = vname_record_encode(octets, sizeof octets, &s->answer_record[which]);
    ck_assert_int_le(vipc_reply(in, &m, octets, size, 0), 0);
}

static void on_stranger(struct vipc_service *service, struct vipc_incoming *in) {
    struct stranger *s = service->context;
    struct seen *seen = &s->seen[s->seen_count];
    ck_assert_uint_lt(++s->seen_count, sizeof s->seen / sizeof *s->seen);
    seen->code = in->message.code & 0xffffffu;
    seen->client = in->client;
    seen->group = in->group;
    memcpy(seen->words, in->message.words, sizeof seen->words);
    seen->size = in->segment_size < sizeof seen->octets ? in->segment_size : (uint32_t)sizeof seen->octets;
    if (seen->size)
        memcpy(seen->octets, in->segment, seen->size);
    seen->records = first_record(seen->octets, seen->size, &seen->record);
    seen->at = vipc_now(s->node);
    seen->datagram = in->datagram;
    for (unsigned i = 0; i < s->answers; i++)
        if (s->answer_code[i] == seen->code && !in->datagram) {
            answer(s, in, i);
            return;
        }
    vipc_discard(in);
}

void stranger_open(struct stranger *s) {
    memset(s, 0, sizeof *s);
    s->node = vipc_fake_node(manage_net);
    s->service.depth = 64;
    s->service.capacity = VMTP_GROUP_OCTETS;
    s->service.request = on_stranger;
    s->service.context = s;
    ck_assert_int_eq(vipc_serve(s->node, &s->service), 0);
    ck_assert_int_eq(vipc_join(&s->service, VNAME_HANDLERS), 0);
    ck_assert_int_eq(vipc_join(&s->service, VNAME_WATCHERS), 0);
    s->entity = s->service.entity;
}

void stranger_close(struct stranger *s) { vipc_unserve(&s->service); }

static unsigned place_for(struct stranger *s, uint32_t code) {
    for (unsigned i = 0; i < s->answers; i++)
        if (s->answer_code[i] == (code & 0xffffffu))
            return i;
    ck_assert_uint_lt(s->answers, sizeof s->answer / sizeof *s->answer);
    s->answer_code[s->answers] = code & 0xffffffu;
    return s->answers++;
}

void stranger_answers(struct stranger *s, uint32_t code, uint32_t word, const struct vname_record *record) {
    const unsigned i = place_for(s, code);
    s->answer[i] = word;
    memset(&s->answer_record[i], 0, sizeof s->answer_record[i]);
    memset(s->answer_words[i], 0, sizeof s->answer_words[i]);
    if (!record)
        return;
    s->answer_record[i] = *record;
    memcpy(s->answer_text[i], record->prefix, record->prefix_length);
    s->answer_record[i].prefix = s->answer_text[i];
}

void stranger_words(struct stranger *s, uint32_t code, uint32_t word0, uint32_t word1, uint32_t word2) {
    const unsigned i = place_for(s, code);
    s->answer_words[i][0] = word0;
    s->answer_words[i][1] = word1;
    s->answer_words[i][2] = word2;
}

const struct seen *stranger_saw(const struct stranger *s, uint32_t code, unsigned which) {
    for (unsigned i = 0; i < s->seen_count; i++)
        if (s->seen[i].code == (code & 0xffffffu) && which-- == 0)
            return &s->seen[i];
    return NULL;
}

unsigned stranger_count(const struct stranger *s, uint32_t code) {
    unsigned count = 0;
    while (stranger_saw(s, code, count))
        count++;
    return count;
}

unsigned stranger_announced(const struct stranger *s, uint32_t reason) {
    unsigned count = 0;
    for (unsigned i = 0; i < s->seen_count; i++)
        count += s->seen[i].code == (VNAME_ANNOUNCE & 0xffffffu) && s->seen[i].words[0] == reason;
    return count;
}

void stranger_forget(struct stranger *s) { s->seen_count = 0; }

struct vname_record record_of(const char *prefix, vmtp_entity manager, uint32_t generation) {
    return (struct vname_record){.prefix = prefix,
                                 .prefix_length = (uint16_t)strlen(prefix),
                                 .manager = manager,
                                 .generation = generation,
                                 .owner = 0x77,
                                 .context = 9};
}

static void call_done(struct vipc_call *call, int result) { *(int *)call->context = 1 + (result < 0); }

void stranger_says(struct stranger *s, vmtp_entity to, uint32_t reason, const void *octets, uint32_t size) {
    int done = 0;
    struct vipc_call call = {.message = {.server = to, .code = VNAME_ANNOUNCE | VMTP_DGM, .words = {reason}},
                             .segment = octets,
                             .segment_size = size,
                             .deadline = VMTP_NEVER,
                             .client = s->entity,
                             .done = call_done,
                             .context = &done};
    ck_assert_int_eq(vipc_start(s->node, &call), 0);
    manage_run(2 * MS);
    ck_assert_int_eq(done, 1);
}

void stranger_announces(struct stranger *s, vmtp_entity to, uint32_t reason, const struct vname_record *records,
                        unsigned count) {
    static uint8_t octets[VMTP_GROUP_OCTETS];
    uint32_t size = 0;
    for (unsigned i = 0; i < count; i++)
        size += vname_record_encode(octets + size, sizeof octets - size, &records[i]);
    stranger_says(s, to, reason, octets, size);
}

static struct said said;

static void note(const struct vmtp_message *m, const void *segment, uint32_t size) {
    said.code = m->code & 0xffffffu;
    said.idempotent = (m->code & VMTP_DGM) != 0;
    said.from = m->server;
    memcpy(said.words, m->words, sizeof said.words);
    said.size = size;
    if (size && segment != said.octets)
        memcpy(said.octets, segment, size);
    said.records = first_record(said.octets, size, &said.record);
    said.answers++;
}

static const struct said *call_one(struct stranger *s, const struct vmtp_message *message, const void *segment,
                                   uint32_t size) {
    memset(&said, 0, sizeof said);
    struct vipc_call call = {.message = *message,
                             .segment = segment,
                             .segment_size = size,
                             .area = said.octets,
                             .capacity = sizeof said.octets,
                             .client = message->code == VNAME_MEET ? s->entity : 0,
                             .deadline = vipc_now(s->node) + 30 * SECONDS};
    said.result = vipc_call_wait(s->node, &call);
    if (said.result == 0)
        note(&call.answer, said.octets, call.received);
    return &said;
}

const struct said *ask(struct stranger *s, vmtp_entity to, uint32_t code, uint32_t word0, const void *segment,
                       uint32_t size) {
    const struct vmtp_message message = {.server = to, .code = code, .words = {word0}};
    return call_one(s, &message, segment, size);
}

const struct said *ask_record(struct stranger *s, vmtp_entity to, uint32_t code, uint32_t word0,
                              const struct vname_record *record) {
    uint8_t octets[VNAME_RECORD_OCTETS];
    return ask(s, to, code, word0, octets, vname_record_encode(octets, sizeof octets, record));
}

const struct said *ask_name(struct stranger *s, vmtp_entity to, uint32_t code, const char *name) {
    return ask(s, to, code, 0, name, (uint32_t)strlen(name));
}

const struct said *operate(struct stranger *s, vmtp_entity to, uint32_t context, unsigned index, const char *name,
                           const char *extra) {
    uint8_t octets[4096];
    struct vmtp_message m = {.server = to, .code = OPERATION, .words = {0, 0, 0x22, 0x33, 0x44, 0x55}};
    const struct vname_request request = {.context = context,
                                          .index = (uint16_t)index,
                                          .length = (uint16_t)strlen(name),
                                          .name = name,
                                          .extra = extra,
                                          .extra_size = (uint32_t)strlen(extra)};
    const uint32_t size = vname_request_build(&m, octets, sizeof octets, &request);
    return call_one(s, &m, octets, size);
}

static void group_response(struct vipc_call *call, const struct vipc_response *response) {
    (void)call;
    note(&response->message, response->segment, response->segment_size);
}

const struct said *ask_group(struct stranger *s, vmtp_entity group, uint32_t code, uint32_t word0, const void *segment,
                             uint32_t size) {
    static uint8_t area[8 * VMTP_GROUP_OCTETS];
    memset(&said, 0, sizeof said);
    struct vipc_call call = {.message = {.server = group, .code = code, .words = {word0}},
                             .segment = segment,
                             .segment_size = size,
                             .area = area,
                             .capacity = VMTP_GROUP_OCTETS,
                             .slots = 8,
                             .response = group_response,
                             .deadline = vipc_now(s->node) + 200 * MS};
    said.result = vipc_call_wait(s->node, &call);
    return &said;
}

/* ---- the suite ------------------------------------------------------------------------------------------------------ */

static void open_net(void) { manage_open(1); }

int manage_main(TCase *tests, const char *name) {
    Suite *suite = suite_create(name);
    tcase_add_checked_fixture(tests, open_net, manage_close);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}

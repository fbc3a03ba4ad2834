/* SPDX-License-Identifier: BSD-2-Clause */
/* Somebody made by hand who asks. */
#define _POSIX_C_SOURCE 200809L
#include "support/shelf.h"

#include <time.h>
#include <vnaming/name.h>

void asker_on(struct asker *a, vipc *node, vmtp_entity server) {
    memset(a, 0, sizeof *a);
    a->node = node;
    a->server = server;
    ck_assert_int_eq(vipc_serve(node, &a->service), 0);
    a->entity = a->service.entity;
}

void asker_open(struct asker *a, const struct shelf *shelf) { asker_on(a, vipc_fake_node(shelf_net), shelf->entity); }

void asker_close(struct asker *a) { vipc_unserve(&a->service); }

/* ---- one Request ---------------------------------------------------------------------------------------------- */

static void over(struct vipc_call *call, int result) {
    struct said *s = call->context;
    s->done = 1;
    s->result = result;
    s->code = call->answer.code & VMTP_CODE_MASK;
    s->size = call->received;
    memcpy(s->words, call->answer.words, sizeof s->words);
    if (result || !s->size)
        return;
    uio_instance_decode(&s->instance, s->octets, s->size);
    uio_object_decode(&s->object, s->octets, s->size);
    if (s->size == UIO_RANGE_OCTETS) {
        s->range.first = vmtp_load64(s->octets);
        s->range.count = vmtp_load64(s->octets + 8);
        s->range.owner = vmtp_load64(s->octets + 16);
    }
}

void ask_later(struct said *s, struct asker *a, uint32_t code, const uint32_t words[7], const void *segment,
               uint32_t size, uint32_t flags) {
    memset(&s->call, 0, sizeof s->call);
    s->done = s->result = 0;
    s->number = 0;
    memset(&s->instance, 0, sizeof s->instance);
    memset(&s->object, 0, sizeof s->object);
    memset(&s->range, 0, sizeof s->range);
    ck_assert_uint_le(size, sizeof s->request);
    if (size)
        memcpy(s->request, segment, size);
    s->call.message.server = a->server;
    s->call.message.code = code;
    if (words)
        memcpy(s->call.message.words, words, sizeof s->call.message.words);
    s->call.segment = s->request;
    s->call.segment_size = size;
    s->call.area = s->octets;
    s->call.capacity = flags & LARGE ? sizeof s->octets : VMTP_GROUP_OCTETS;
    s->call.deadline = VMTP_NEVER;
    s->call.done = over;
    s->call.context = s;
    ck_assert_int_eq(vipc_start(a->node, &s->call), 0);
}

int is_answered(const struct said *s) { return s->done; }

#define LONG 100000u     /* ms of virtual time */
#define VERY_LONG 30000u /* ms of the real one */

/* A manager that has threads answers when they have had the processor, of which virtual time knows nothing. */
const struct said *wait_for(struct said *s) {
    const struct timespec moment = {.tv_nsec = 1000000};
    for (unsigned i = 0; i < LONG + VERY_LONG && !s->done; i++) {
        shelf_run(MS);
        if (i >= LONG)
            nanosleep(&moment, NULL);
    }
    ck_assert_int_eq(s->done, 1);
    ck_assert_int_eq(s->result, 0);
    return s;
}

const struct said *ask(struct asker *a, uint32_t code, const uint32_t words[7], const void *segment, uint32_t size,
                       uint32_t flags) {
    static struct said said;
    ask_later(&said, a, code, words, segment, size, flags);
    return wait_for(&said);
}

void check_refused(const struct said *s, uint32_t code) {
    ck_assert_uint_eq(s->code, code);
    ck_assert_uint_eq(s->size, 0);
    for (unsigned i = 0; i < 7; i++)
        ck_assert_uint_eq(s->words[i], 0);
}

void check_text(const struct said *s, const char *text, size_t size) {
    ck_assert_uint_eq(s->code, VMTP_OK);
    ck_assert_uint_eq(s->size, size);
    ck_assert_mem_eq(s->octets, text, size);
}

/* ---- by name -------------------------------------------------------------------------------------------------- */

const struct said *ask_name(struct asker *a, uint32_t code, uint32_t context, const char *name, const uint32_t words[4],
                            const void *extra, uint32_t extra_size, uint32_t flags) {
    static uint8_t segment[VMTP_GROUP_OCTETS];
    struct vmtp_message m = {.code = code};
    const char *rest = name[0] == '/' ? strchr(name + 1, '/') : name; /* a prefix has one component here */
    const struct vname_request r = {.context = context,
                                    .index = (uint16_t)(rest ? rest - name : (ptrdiff_t)strlen(name)),
                                    .length = (uint16_t)strlen(name),
                                    .name = name,
                                    .extra = extra,
                                    .extra_size = extra_size};
    const uint32_t size = vname_request_build(&m, segment, sizeof segment, &r);
    ck_assert_uint_gt(size, 0);
    if (words)
        memcpy(m.words + 2, words, 4 * sizeof *words);
    return ask(a, m.code, m.words, segment, size, flags);
}

const struct said *try_create(struct asker *a, const char *name, uint32_t mode, vmtp_entity owner) {
    const uint32_t words[4] = {mode, 0644, (uint32_t)(owner >> 32), (uint32_t)owner};
    return ask_name(a, UIO_CREATE_INSTANCE, 0, name, words, NULL, 0, LARGE);
}

uint32_t create(struct asker *a, const char *name, uint32_t mode) {
    const struct said *s = try_create(a, name, mode, a->entity);
    ck_assert_uint_eq(s->code, VMTP_OK);
    ck_assert_uint_eq(s->instance.number, s->words[0]);
    return s->words[0];
}

/* ---- of an instance ------------------------------------------------------------------------------------------- */

#define HIGH(x) (uint32_t)((x) >> 32)
#define LOW(x) (uint32_t)(x)

const struct said *read_at(struct asker *a, uint32_t number, uint64_t block, uint32_t third, uint32_t octets) {
    const uint32_t words[7] = {number, HIGH(block), LOW(block), third, octets};
    return ask(a, UIO_READ_INSTANCE, words, NULL, 0, octets > VMTP_GROUP_OCTETS ? LARGE : 0);
}

const struct said *write_at(struct asker *a, uint32_t number, uint64_t block, uint32_t third, uint32_t flags,
                            const void *data, uint32_t size) {
    const uint32_t words[7] = {number, HIGH(block), LOW(block), third, flags};
    return ask(a, UIO_WRITE_INSTANCE, words, data, size, 0);
}

const struct said *query(struct asker *a, uint32_t number) {
    const uint32_t words[7] = {number};
    return ask(a, UIO_QUERY_INSTANCE, words, NULL, 0, 0);
}

const struct said *modify(struct asker *a, uint32_t number, uint32_t mask, uint64_t size, vmtp_entity owner) {
    const uint32_t words[7] = {number, mask, HIGH(owner), LOW(owner)};
    const struct uio_object o = {.size = size, .permissions = 0600};
    uint8_t octets[UIO_OBJECT_HEAD];
    const uint32_t n = mask & 0xff ? uio_object_encode(octets, sizeof octets, &o) : 0;
    return ask(a, UIO_MODIFY_INSTANCE, words, octets, n, 0);
}

const struct said *release(struct asker *a, uint32_t number, uint32_t commit) {
    const uint32_t words[7] = {number, commit};
    return ask(a, UIO_RELEASE_INSTANCE, words, NULL, 0, 0);
}

void lock_later(struct said *s, struct asker *a, uint32_t number, uint32_t kind, uint32_t ms, uint32_t unit,
                uint64_t first, uint64_t count) {
    const uint32_t words[7] = {number, kind, ms, unit};
    uint8_t octets[UIO_RANGE_OCTETS];
    const struct uio_range range = {first, count, 0};
    uio_range_encode(octets, &range);
    ask_later(s, a, UIO_LOCK_INSTANCE, words, octets, 16, 0);
}

const struct said *lock(struct asker *a, uint32_t number, uint32_t kind, uint32_t ms, uint32_t unit, uint64_t first,
                        uint64_t count) {
    static struct said said;
    lock_later(&said, a, number, kind, ms, unit, first, count);
    return wait_for(&said);
}

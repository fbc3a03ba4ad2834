/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/store.h"

/* ---- answers ---- */

void store_answer(struct vipc_incoming *in, uint32_t code, const void *segment, uint32_t size) {
    const struct vmtp_message message = {.code = code};
    ck_assert_int_ge(vipc_reply(in, &message, segment, size, 0), VMTP_E_STALE);
}

static void answer(struct vipc_incoming *in, const uint32_t *words, const void *segment, uint32_t size, uint32_t flags) {
    struct vmtp_message message = {.code = VMTP_OK};
    memcpy(message.words, words, 6 * sizeof *words);
    ck_assert_int_ge(vipc_reply(in, &message, segment, size, flags), VMTP_E_STALE);
}

/* ---- objects ---- */

uint8_t thing_octet(uint64_t at) { return (uint8_t)(at * 7 + at / 251 + at / 65521); }

static void make_room(struct thing *t, uint64_t size) {
    t->data = realloc(t->data, (size_t)size + 1);
    ck_assert_ptr_nonnull(t->data);
    if (size > t->size)
        memset(t->data + t->size, 0, (size_t)(size - t->size));
}

void thing_fill(struct thing *t, uint64_t size) {
    make_room(t, size);
    for (uint64_t i = 0; i < size; i++)
        t->data[i] = thing_octet(i);
    t->size = size;
    t->version++;
}

void thing_append(struct thing *t, const char *text) {
    const size_t length = strlen(text);
    make_room(t, t->size + length);
    memcpy(t->data + t->size, text, length);
    t->size += length;
    t->version++;
    if (t->attributes & UIO_VARIABLE_BLOCK) {
        ck_assert_uint_lt(t->records, RECORDS);
        t->lengths[t->records++] = (uint32_t)length;
    }
}

struct thing *store_add(struct store *store, const char *name, uint32_t attributes, uint32_t block_size,
                        const char *text) {
    ck_assert_uint_lt(store->thing_count, THINGS);
    struct thing *t = &store->things[store->thing_count++];
    memset(t, 0, sizeof *t);
    strcpy(t->name, name);
    t->type = attributes & UIO_CONTEXT ? UIO_TYPE_CONTEXT : UIO_TYPE_FILE;
    t->attributes = attributes;
    t->block_size = block_size;
    t->max_transfer = attributes & UIO_MULTI_BLOCK ? UIO_TRANSFER_OCTETS : block_size;
    t->room = 64u << 20;
    t->version = 100;
    t->permissions = 0644;
    if (text && *text)
        thing_append(t, text);
    return t;
}

struct thing *store_find(struct store *store, const char *name) {
    for (unsigned i = 0; i < store->thing_count; i++)
        if (strcmp(store->things[i].name, name) == 0)
            return &store->things[i];
    return NULL;
}

static struct uio_object describe(const struct store *store, const struct thing *t) {
    return (struct uio_object){.type = t->type,
                               .attributes = t->attributes,
                               .number = (uint64_t)(t - store->things) + 1,
                               .size = t->size,
                               .permissions = t->permissions,
                               .names = 1,
                               .version = t->version,
                               .block_size = t->block_size,
                               .name = t->name,
                               .name_length = (uint16_t)strlen(t->name),
                               .target = t->target,
                               .target_length = (uint16_t)strlen(t->target)};
}

static void answer_object(const struct store *store, const struct thing *t, struct vipc_incoming *in) {
    uint8_t octets[UIO_OBJECT_OCTETS];
    const struct uio_object object = describe(store, t);
    const uint32_t words[6] = {0};
    answer(in, words, octets, uio_object_encode(octets, sizeof octets, &object), 0);
}

static struct uio_instance describe_instance(const struct store *store, const struct opened *o) {
    const struct thing *t = o->thing;
    struct uio_instance instance = {.number = o->number,
                                    .attributes = t->attributes,
                                    .block_size = t->block_size,
                                    .next_block = o->next,
                                    .max_transfer = t->max_transfer,
                                    .mode = o->mode,
                                    .owner = o->owner,
                                    .object = describe(store, t)};
    if (!o->large && instance.max_transfer > VMTP_GROUP_OCTETS)
        instance.max_transfer = VMTP_GROUP_OCTETS;
    if (!(o->mode & UIO_MODE_WRITE))
        instance.attributes &= ~(uint32_t)UIO_WRITEABLE;
    if (!(o->mode & UIO_MODE_READ))
        instance.attributes &= ~(uint32_t)UIO_READABLE;
    if (t->attributes & UIO_VARIABLE_BLOCK) {
        instance.last_block = t->records ? t->records - 1 : 0;
        instance.last_octets = t->records ? t->lengths[t->records - 1] : 0;
    } else {
        uio_instance_set_size(&instance, t->size, t->block_size);
    }
    return instance;
}

static void answer_instance(const struct store *store, const struct opened *o, struct vipc_incoming *in) {
    uint8_t octets[UIO_INSTANCE_OCTETS];
    const struct uio_instance instance = describe_instance(store, o);
    const uint32_t words[6] = {o->number, instance.attributes, instance.block_size};
    answer(in, words, octets, uio_instance_encode(octets, sizeof octets, &instance), 0);
}

/* ---- by name ---- */

static void create(struct store *store, struct vipc_incoming *in, struct thing *t, const char *name) {
    const uint32_t *words = in->message.words;
    struct opened *o = store->opened;
    if (!t && (words[2] & UIO_MODE_CREATE)) {
        t = store_add(store, name, FILE_LIKE, 512, "");
        t->permissions = words[3];
    }
    if (!t) {
        store_answer(in, VNAME_NOT_FOUND, NULL, 0);
        return;
    }
    while (o->number) {
        o++;
        ck_assert_int_lt(o - store->opened, (int)OPENED);
    }
    if (words[2] & UIO_MODE_TRUNCATE)
        t->size = t->records = 0;
    o->number = ++store->numbers * 0x1001u;
    o->thing = t;
    o->mode = words[2];
    o->owner = (vmtp_entity)words[4] << 32 | words[5];
    o->next = 0;
    o->large = in->large;
    answer_instance(store, o, in);
}

static void take_new_name(struct store *store, const struct vname_request *request) {
    ck_assert_uint_eq(uio_new_name_decode(&store->new_name, request->extra, request->extra_size), 0);
    memcpy(store->new_text, store->new_name.name, store->new_name.length);
    store->new_text[store->new_name.length] = '\0';
}

static void answer_storage(struct vipc_incoming *in) {
    const uint32_t words[6] = {1, 2, 0, 3, 0, 4};
    answer(in, words, NULL, 0, VIPC_REPLY_IDEMPOTENT);
}

static void map(struct store *store, struct vipc_incoming *in, const struct vname_request *request) {
    const uint32_t words[6] = {(uint32_t)(store->record.manager >> 32), (uint32_t)store->record.manager,
                               store->record.context};
    if (request->length)
        answer(in, words, request->name, request->length, VIPC_REPLY_IDEMPOTENT);
    else
        answer(in, words, store->record.prefix, store->record.prefix_length, VIPC_REPLY_IDEMPOTENT);
}

static int holds(const struct store *store, const char *name, size_t length) {
    return vname_matches(store->record.prefix, store->record.prefix_length, name, length);
}

static void take_extra(struct store *store, const struct vname_request *request, uint32_t code) {
    if (code == (UIO_CREATE_OBJECT & 0xff)) {
        memcpy(store->target, request->extra_size ? request->extra : "", request->extra_size);
        store->target[request->extra_size] = '\0';
        store->target_length = request->extra_size;
    }
    if (code == (UIO_MODIFY_OBJECT & 0xff))
        ck_assert_uint_ne(uio_object_decode(&store->modified, request->extra, request->extra_size), 0);
    if (code == (UIO_RENAME_OBJECT & 0xff) || code == (UIO_LINK_OBJECT & 0xff))
        take_new_name(store, request);
}

static void by_name(struct store *store, struct vipc_incoming *in, uint32_t code) {
    struct vname_request request;
    char name[VNAME_NAME_OCTETS + 1];
    ck_assert_uint_eq(vname_request_parse(&request, &in->message, in->segment, in->segment_size, 1), 0);
    if (request.length && request.name[0] == '/' && !holds(store, request.name, request.length)) {
        store_answer(in, VNAME_STALE, NULL, 0);
        return;
    }
    if ((in->message.code & VMTP_CODE_MASK) == (VNAME_MAP_CONTEXT & VMTP_CODE_MASK)) {
        map(store, in, &request);
        return;
    }
    const char *rest = request.name + request.index;
    size_t length = request.length - request.index;
    if (length && rest[0] == '/') {
        rest++;
        length--;
    }
    memcpy(name, rest, length);
    name[length] = '\0';
    struct thing *t = store_find(store, name);
    take_extra(store, &request, code);
    if (code == (UIO_CREATE_INSTANCE & 0xff))
        create(store, in, t, name);
    else if (code == (UIO_QUERY_STORAGE & 0xff))
        answer_storage(in);
    else if (code == (UIO_CREATE_OBJECT & 0xff) && !t)
        answer_object(store, store_add(store, name, UIO_READABLE, 512, ""), in);
    else if (!t)
        store_answer(in, VNAME_NOT_FOUND, NULL, 0);
    else if (code == (UIO_REMOVE_OBJECT & 0xff) || code == (UIO_RENAME_OBJECT & 0xff))
        store_answer(in, VMTP_OK, NULL, 0);
    else
        answer_object(store, t, in);
}

/* ---- reading ---- */

static void give(struct store *store, struct vipc_incoming *in, const uint8_t *data, uint64_t there, uint64_t block,
                 uint32_t flags) {
    const int partial = (in->message.code & VMTP_MDM) != 0;
    const uint32_t words[6] = {(uint32_t)there, (uint32_t)(block >> 32), (uint32_t)block, flags};
    store->chosen = partial;
    if (store->give_gaps && partial) { /* some of what was asked for got lost, and was not made good */
        in->message.words[5] &= ~store->give_gaps;
        store->give_gaps = 0;
    }
    answer(in, words, data, (uint32_t)there,
           VIPC_REPLY_IDEMPOTENT | (partial && there ? (uint32_t)VIPC_REPLY_CHOSEN : 0));
}

static void read_context(struct store *store, struct vipc_incoming *in, uint64_t block) {
    static uint8_t area[65536];
    const uint32_t most = in->message.words[4];
    uint32_t size = 0;
    unsigned i = (unsigned)block;
    for (; i < store->thing_count; i++) {
        const struct uio_object object = describe(store, &store->things[i]);
        if (store->things[i].attributes & UIO_CONTEXT)
            continue;
        if (size + uio_object_octets(&object) > most || (store->give_most && size >= store->give_most))
            break;
        size += uio_object_encode(area + size, sizeof area - size, &object);
    }
    give(store, in, area, size, i, i == store->thing_count ? UIO_END : 0);
}

static void read_record(struct store *store, struct vipc_incoming *in, struct opened *o, uint64_t block) {
    const struct thing *t = o->thing;
    uint64_t at = 0;
    if (block >= t->records) {
        give(store, in, NULL, 0, block, UIO_END);
        return;
    }
    for (uint64_t i = 0; i < block; i++)
        at += t->lengths[i];
    give(store, in, t->data + at, t->lengths[block], block + 1, block + 1 == t->records ? UIO_END : 0);
}

/* One read, one block: what has not come yet is not waited for. */
static void read_sequence(struct store *store, struct vipc_incoming *in, struct opened *o) {
    const struct thing *t = o->thing;
    if (t->attributes & UIO_VARIABLE_BLOCK) {
        if (o->next < t->records || t->ended)
            read_record(store, in, o, o->next);
        else
            store_answer(in, UIO_WOULD_WAIT, NULL, 0);
        o->next += o->next < t->records;
        return;
    }
    uint64_t there = t->size - o->next;
    if (!there && !t->ended) {
        store_answer(in, UIO_WOULD_WAIT, NULL, 0);
        return;
    }
    if (there > in->message.words[4])
        there = in->message.words[4];
    if (there > t->block_size)
        there = t->block_size;
    o->next += there;
    give(store, in, t->data + o->next - there, there, o->next, t->ended && o->next == t->size ? UIO_END : 0);
}

static void read_random(struct store *store, struct vipc_incoming *in, struct opened *o, uint64_t block) {
    const struct thing *t = o->thing;
    const uint32_t offset = in->message.words[3];
    const uint64_t at = block * t->block_size + offset;
    uint64_t there = at < t->size ? t->size - at : 0;
    uint32_t most = in->message.words[4];
    if (!(t->attributes & UIO_MULTI_BLOCK) && most > t->block_size - offset)
        most = t->block_size - offset;
    if (store->give_most && most > store->give_most)
        most = store->give_most;
    if (there > most)
        there = most;
    give(store, in, there ? t->data + at : NULL, there, (at + there) / t->block_size,
         at + there >= t->size ? UIO_END : 0);
}

static void read_it(struct store *store, struct vipc_incoming *in, struct opened *o) {
    const uint64_t block = (uint64_t)in->message.words[1] << 32 | in->message.words[2];
    if (o->thing->attributes & UIO_CONTEXT)
        read_context(store, in, block);
    else if (!(o->thing->attributes & UIO_RANDOM_ACCESS))
        read_sequence(store, in, o);
    else if (o->thing->attributes & UIO_VARIABLE_BLOCK)
        read_record(store, in, o, block);
    else
        read_random(store, in, o, block);
}

/* ---- writing ---- */

static void write_it(struct store *store, struct vipc_incoming *in, struct opened *o) {
    struct thing *t = o->thing;
    const uint32_t *words = in->message.words;
    const int random = (t->attributes & UIO_RANDOM_ACCESS) && !(t->attributes & UIO_APPEND_ONLY) &&
                       !(o->mode & UIO_MODE_APPEND) && !(words[4] & UIO_WRITE_APPEND);
    const uint64_t block = (uint64_t)words[1] << 32 | words[2];
    const uint64_t at = random ? block * t->block_size + words[3] : t->size;
    uint32_t size = in->segment_size;
    if (store->take_most && size > store->take_most)
        size = store->take_most;
    if (at >= t->room && size) {
        store_answer(in, UIO_NO_SPACE, NULL, 0);
        return;
    }
    if (size > t->room - at)
        size = (uint32_t)(t->room - at);
    if (at + size > t->size) {
        make_room(t, at + size);
        t->size = at + size;
    }
    memcpy(t->data + at, in->segment, size);
    t->version++;
    if (t->attributes & UIO_VARIABLE_BLOCK)
        t->lengths[t->records++] = size;
    const uint64_t where = t->attributes & UIO_VARIABLE_BLOCK ? t->records - 1 : at / t->block_size;
    const uint32_t answered[6] = {size, (uint32_t)(where >> 32), (uint32_t)where,
                                  t->attributes & UIO_VARIABLE_BLOCK ? 0 : (uint32_t)(at % t->block_size)};
    answer(in, answered, NULL, 0, 0);
}

/* ---- of an instance ---- */

static void modify(struct store *store, struct vipc_incoming *in, struct opened *o) {
    const uint32_t *words = in->message.words;
    if (words[1] & UIO_MASK_OWNER)
        o->owner = (vmtp_entity)words[2] << 32 | words[3];
    if (in->segment_size)
        ck_assert_uint_ne(uio_object_decode(&store->modified, in->segment, in->segment_size), 0);
    if (words[1] & UIO_MASK_SIZE) {
        make_room(o->thing, store->modified.size);
        o->thing->size = store->modified.size;
    }
    answer_instance(store, o, in);
}

static void of_instance(struct store *store, struct vipc_incoming *in, uint32_t code) {
    struct opened *o = NULL;
    for (unsigned i = 0; i < OPENED; i++)
        if (store->opened[i].number && store->opened[i].number == in->message.words[0])
            o = &store->opened[i];
    if (!o) {
        store_answer(in, UIO_STALE, NULL, 0);
        return;
    }
    switch (code) {
    case UIO_READ_INSTANCE & 0xff: read_it(store, in, o); break;
    case UIO_WRITE_INSTANCE & 0xff: write_it(store, in, o); break;
    case UIO_QUERY_INSTANCE & 0xff: answer_instance(store, o, in); break;
    case UIO_MODIFY_INSTANCE & 0xff: modify(store, in, o); break;
    case UIO_RELEASE_INSTANCE & 0xff:
        o->number = 0;
        store_answer(in, VMTP_OK, NULL, 0);
        break;
    case UIO_LOCK_INSTANCE & 0xff: {
        const uint32_t words[6] = {in->message.words[1]};
        answer(in, words, in->segment, in->segment_size, 0);
        break;
    }
    default: answer(in, in->message.words, in->segment, in->segment_size, 0);
    }
}

/* ---- Requests ---- */

static void query(struct store *store, struct vipc_incoming *in) {
    uint8_t segment[VNAME_RECORD_OCTETS];
    const uint32_t words[6] = {store->record.prefix_length};
    store->queries++;
    if (holds(store, in->segment, in->segment_size))
        answer(in, words, segment, vname_record_encode(segment, sizeof segment, &store->record), VIPC_REPLY_IDEMPOTENT);
    else if (in->group)
        vipc_discard(in);
    else
        store_answer(in, VNAME_STALE, NULL, 0);
}

static int refused(struct store *store, struct vipc_incoming *in, uint32_t code) {
    uint8_t range[UIO_RANGE_OCTETS];
    if (!store->refuse_code || store->refuse != code)
        return 0;
    if (store->refuse_after) {
        store->refuse_after--;
        return 0;
    }
    const uint32_t with = store->refuse_code;
    uio_range_encode(range, &store->in_the_way);
    if (store->refuse_times && --store->refuse_times == 0)
        store->refuse_code = 0;
    store_answer(in, with, with == UIO_LOCKED ? range : NULL, with == UIO_LOCKED ? sizeof range : 0);
    return 1;
}

static void serve(struct store *store, struct vipc_incoming *in) {
    const uint32_t code = in->message.code & 0xff;
    if (refused(store, in, code))
        return;
    if (in->message.code & VNAME_BY_NAME)
        by_name(store, in, code);
    else
        of_instance(store, in, code);
}

static void take(struct vipc_service *service, struct vipc_incoming *in) {
    struct store *store = service->context;
    const uint32_t code = in->message.code & VMTP_CODE_MASK;
    if (code == (VNAME_QUERY & VMTP_CODE_MASK)) {
        query(store, in);
        return;
    }
    if (in->group) {
        vipc_discard(in);
        return;
    }
    ck_assert_uint_lt(code & 0xff, 0x20);
    store->asked[code & 0xff]++;
    store->last = in->message;
    if (store->hook && store->hook(store, in))
        return;
    if (store->hold) {
        ck_assert_ptr_null(store->held);
        store->held = in;
        return;
    }
    serve(store, in);
}

void store_go_on(struct store *store) {
    struct vipc_incoming *in = store->held;
    ck_assert_ptr_nonnull(in);
    store->held = NULL;
    store->hold = 0;
    serve(store, in);
}

/* ---- the network ---- */

void net_open(struct net *net) {
    memset(net, 0, sizeof *net);
    net->fake = vipc_fake_create(1);
    net->node = vipc_fake_node(net->fake);
    ck_assert_int_eq(vname_open(&net->names, net->node, NULL), 0);
    ck_assert_int_eq(uio_client_open(&net->client, net->names), 0);
}

void net_close(struct net *net) {
    uio_client_close(&net->client, vipc_now(net->node) + VMTP_SECOND);
    vname_close(net->names);
    vipc_fake_destroy(net->fake);
    for (unsigned i = 0; i < net->count; i++)
        for (unsigned j = 0; j < net->stores[i].thing_count; j++)
            free(net->stores[i].things[j].data);
}

struct store *net_store(struct net *net, const char *prefix, vmtp_entity group) {
    ck_assert_uint_lt(net->count, STORES);
    struct store *store = &net->stores[net->count++];
    store->net = net;
    store->node = vipc_fake_node(net->fake);
    store->numbers = net->count * 1000;
    store->service.depth = 64;
    store->service.capacity = VMTP_MESSAGE_OCTETS;
    store->service.request = take;
    store->service.context = store;
    ck_assert_int_eq(vipc_serve(store->node, &store->service), 0);
    store->record = (struct vname_record){.prefix = prefix,
                                          .prefix_length = (uint16_t)strlen(prefix),
                                          .generation = 1,
                                          .owner = 0x5000 + net->count,
                                          .context = 0x100 * net->count,
                                          .manager = store->service.entity,
                                          .group = group};
    ck_assert_int_eq(vipc_join(&store->service, VNAME_HANDLERS), 0);
    if (group)
        ck_assert_int_eq(vipc_join(&store->service, group), 0);
    return store;
}

unsigned store_open_count(const struct store *store) {
    unsigned count = 0;
    for (unsigned i = 0; i < OPENED; i++)
        count += store->opened[i].number != 0;
    return count;
}

void store_exit(struct store *store) { vipc_unserve(&store->service); }

void store_crash(struct store *store) { vipc_fake_crash(store->node); }

/* ---- what tests use ---- */

static struct uio_named named;
static struct uio_call calls[8];
static unsigned next_call;

struct uio_named *named_of(const char *name) {
    ck_assert_ptr_null(named.client);
    memset(&named, 0, sizeof named);
    named.name = name;
    named.name_length = strlen(name);
    named.deadline = VMTP_NEVER;
    return &named;
}

struct uio_call *a_call(void) {
    struct uio_call *call = &calls[next_call++ % 8];
    ck_assert_ptr_null(call->handle);
    memset(call, 0, sizeof *call);
    call->deadline = VMTP_NEVER;
    return call;
}

void net_create(struct net *net, struct uio_handle *handle, const char *name, uint32_t mode) {
    static uint8_t room[UIO_LARGE_ROOM];
    struct uio_named *n = named_of(name);
    n->room = room;
    n->room_size = sizeof room;
    ck_assert_int_eq(uio_named_wait(n, uio_create(&net->client, n, handle, mode, 0644)), 0);
}

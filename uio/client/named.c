/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations on names.  How they reach their manager is the resolver's business; what they say is ours (section 5). */
#include "internal.h"

/* ---- beginning and ending ---- */

int vu_named_take(struct uio_client *client, struct uio_named *named, uint32_t code) {
    if (!client->names || named->client || (named->room_size && !named->room))
        return VMTP_E_INVALID;
    named->over = named->result = 0;
    named->stage = VU_NOT_BEGUN;
    named->crossed = named->tries = 0;
    named->manager = 0;
    memset(&named->object, 0, sizeof named->object);
    memset(&named->storage, 0, sizeof named->storage);
    memset(&named->in_the_way, 0, sizeof named->in_the_way);
    memset(named->words, 0, sizeof named->words);
    named->code = code;
    named->handle = NULL;
    named->new_name = NULL;
    named->operation.extra = NULL;
    named->operation.extra_size = 0;
    named->client = client;
    client->counters.operations++;
    return 0;
}

/* What it came to, as a beginning: one that has failed is not under way. */
static int begun(struct uio_named *named, int result) {
    if (result)
        named->client = NULL;
    return result;
}

void vu_named_drop(struct uio_named *named) {
    vname_cancel(&named->operation);
    named->client = NULL;
}

void uio_named_cancel(struct uio_named *named) {
    if (!named->client)
        return;
    vu_named_drop(named);
    vipc_cancel(&named->closing);
}

int uio_named_wait(struct uio_named *named, int begun_with) {
    if (begun_with || !named->client)
        return begun_with ? begun_with : named->result;
    const int result = vipc_wait_for(named->client->ipc, &named->over, VMTP_NEVER);
    uio_named_cancel(named);
    return result ? result : named->result;
}

void vu_named_end(struct uio_named *named, int result) {
    named->client = NULL;
    named->result = result;
    named->over = 1;
    if (named->done)
        named->done(named, result);
}

int vu_outcome(const struct vname_operation *operation) {
    switch (operation->outcome) {
    case VNAME_ANSWERED: return (int)vu_code(&operation->answer);
    case VNAME_NO_SUCH_NAME: return (int)VNAME_NOT_FOUND;
    case VNAME_UNREACHABLE:
    case VNAME_NO_ANSWER: return (int)VMTP_RETRANS_TIMEOUT;
    case VNAME_OUT_OF_TIME: return (int)VMTP_USER_TIMEOUT;
    case VNAME_FAILED: break;
    }
    return operation->result;
}

vmtp_entity vu_group_of(const struct uio_named *named) {
    const struct vname_operation *op = &named->operation;
    const struct vname_context *context = vu_context_of(named);
    struct vname_record record;
    if (op->record.prefix_length)
        return op->record.group;
    if (!vname_cached(named->client->names, context->place.name, context->place.length, &record) ||
        record.manager != op->record.manager)
        return 0;
    return record.group;
}

/* ---- sending ---- */

static int is_repeatable(const struct uio_named *named) {
    return named->code == UIO_QUERY_OBJECT || named->code == UIO_QUERY_STORAGE;
}

void vu_named_ask(struct uio_named *named, const char *name, size_t length, uint32_t code) {
    struct vname_operation *op = &named->operation;
    op->name = name;
    op->name_length = length;
    op->from = named->from;
    op->code = code;
    op->call_flags = 0;
    op->deadline = named->deadline;
    op->client = named->caller;
    op->priority = named->priority;
    op->done = vu_named_done;
    op->context = named;
}

int vu_named_send(struct uio_named *named) {
    struct vname_operation *op = &named->operation;
    const int roomy = named->room_size > sizeof named->answer && named->code == UIO_CREATE_INSTANCE;
    vu_named_ask(named, named->name, named->name_length, named->code);
    memcpy(op->words, named->words, sizeof op->words);
    op->work = op->extra_size > VNAME_EXTRA_OCTETS ? named->work : NULL;
    op->area = roomy ? named->room : named->answer;
    op->capacity = roomy ? named->room_size : (uint32_t)sizeof named->answer;
    op->flags = is_repeatable(named) ? VNAME_REPEATABLE : named->inner ? VNAME_FRESH : 0;
    if (named->new_name && !named->crossed)
        op->flags |= VNAME_TELL_STALE;
    named->stage = VU_SENT;
    return vname_operate(named->client->names, op);
}

/* ---- what came of it ---- */

static void let_go(struct vipc_call *call, int result) {
    struct uio_named *named = call->context;
    (void)result;
    if (named->stage == VU_CLOSING)
        vu_named_end(named, named->result);
}

int vu_named_let_go(struct uio_named *named, vmtp_entity manager, uint32_t number) {
    vipc *ipc = named->client->ipc;
    vipc_cancel(&named->closing);
    memset(&named->closing, 0, sizeof named->closing);
    named->closing.message.server = manager;
    named->closing.message.code = UIO_RELEASE_INSTANCE;
    named->closing.message.words[0] = number;
    named->closing.deadline = vipc_now(ipc) + VU_CLOSING_TIME;
    named->closing.done = let_go;
    named->closing.context = named;
    return vipc_start(ipc, &named->closing);
}

static void malformed(struct uio_named *named) {
    named->client->counters.malformed++;
    vu_named_end(named, (int)VMTP_BAD_REPLY_SEGMENT);
}

/* What is written has to be written everywhere (UIO-8-02), so not by this one alone. */
static int is_one_of_several(const struct uio_instance *instance, uint32_t mode) {
    return (mode & UIO_MODE_WRITE) && (instance->attributes & UIO_REPLICATED);
}

static void created(struct uio_named *named) {
    struct vname_operation *op = &named->operation;
    struct uio_handle *handle = named->handle;
    struct uio_instance instance;
    if (!uio_instance_decode(&instance, op->area, op->received)) {
        malformed(named);
    } else if (named->inner) {
        vu_rebound(handle, 0, &instance);
    } else if (is_one_of_several(&instance, named->words[0])) {
        named->stage = VU_CLOSING;
        named->result = (int)UIO_UNSUPPORTED;
        if (vu_named_let_go(named, op->answer.server, instance.number) < 0)
            vu_named_end(named, named->result);
    } else {
        named->object = instance.object;
        vu_handle_take(handle, &instance);
        handle->manager = op->answer.server;
        handle->group = vu_group_of(named);
        vu_handle_enter(named->client, handle);
        handle->locked = (named->words[0] & (UIO_MODE_LOCK_SHARED | UIO_MODE_LOCK_EXCLUSIVE)) != 0;
        vu_named_end(named, 0);
    }
}

static void take_storage(struct uio_named *named) {
    const uint32_t *words = named->operation.answer.words;
    named->storage.octets = vmtp_words_get64(words);
    named->storage.octets_free = vmtp_words_get64(words + 2);
    named->storage.objects_free = vmtp_words_get64(words + 4);
}

static void answered(struct uio_named *named) {
    const struct vname_operation *op = &named->operation;
    switch (named->code) {
    case UIO_CREATE_INSTANCE: created(named); return;
    case UIO_QUERY_STORAGE: take_storage(named); break;
    case UIO_REMOVE_OBJECT:
    case UIO_RENAME_OBJECT: break;
    default:
        if (!uio_object_decode(&named->object, op->area, op->received)) {
            malformed(named);
            return;
        }
    }
    vu_named_end(named, 0);
}

static void sent(struct uio_named *named, int result) {
    const struct vname_operation *op = &named->operation;
    struct uio_range range;
    named->manager = op->answer.server;
    if (result == (int)UIO_LOCKED && uio_range_decode(&range, op->area, op->received) == 0)
        named->in_the_way = range;
    if (result == 0)
        answered(named);
    else if (named->inner)
        vu_rebound(named->handle, result, NULL);
    else if (!vu_new_name_again(named, result))
        vu_named_end(named, result);
}

/* It is known who has the name: with replicas it is not written at one of them. */
static void looked(struct uio_named *named, int result) {
    if (!result && named->operation.record.group)
        result = (int)vu_not_sent(named->client, UIO_UNSUPPORTED);
    if (!result)
        result = vu_named_send(named);
    if (result)
        vu_named_end(named, result);
}

void vu_named_done(struct vname_operation *op, enum vname_outcome outcome) {
    struct uio_named *named = op->context;
    const int result = vu_outcome(op);
    (void)outcome;
    if (named->stage == VU_LOOKING)
        looked(named, result);
    else if (named->stage == VU_NEW_NAME)
        vu_new_name_resolved(named, result);
    else
        sent(named, result);
}

/* ---- the operations ---- */

/* Before anything is written: are there replicas?  Of a relative name that is seen when it has been created. */
static int look_first(struct uio_named *named) {
    struct vname_operation *op = &named->operation;
    op->name = named->name;
    op->name_length = named->name_length;
    op->from = NULL;
    op->flags = 0;
    op->deadline = named->deadline;
    op->area = NULL;
    op->capacity = 0;
    op->work = NULL;
    op->done = vu_named_done;
    op->context = named;
    named->stage = VU_LOOKING;
    return vname_resolve(named->client->names, op);
}

int uio_create(struct uio_client *client, struct uio_named *named, struct uio_handle *handle, uint32_t mode,
               uint32_t permissions) {
    const uint32_t code = uio_mode_check(mode);
    if (handle->client)
        return VMTP_E_INVALID;
    if (code)
        return client->names ? vu_not_sent(client, code) : VMTP_E_INVALID;
    const int result = vu_named_take(client, named, UIO_CREATE_INSTANCE);
    if (result)
        return result;
    named->inner = 0;
    named->handle = handle;
    named->words[0] = mode;
    named->words[1] = permissions;
    vmtp_words_put64(named->words + 2, client->owner);
    const int look = (mode & UIO_MODE_WRITE) && named->name_length && named->name[0] == '/';
    return begun(named, look ? look_first(named) : vu_named_send(named));
}

/* Those without a handle. */
static int take(struct uio_client *client, struct uio_named *named, uint32_t code, uint32_t first, uint32_t second) {
    const int result = vu_named_take(client, named, code);
    if (result)
        return result;
    named->inner = 0;
    named->words[0] = first;
    named->words[1] = second;
    return 0;
}

int uio_query_object(struct uio_client *client, struct uio_named *named, uint32_t flags) {
    const int result = take(client, named, UIO_QUERY_OBJECT, flags, 0);
    return result ? result : begun(named, vu_named_send(named));
}

int uio_modify_object(struct uio_client *client, struct uio_named *named, uint32_t mask, uint32_t flags,
                      const struct uio_object *object) {
    const int result = take(client, named, UIO_MODIFY_OBJECT, mask, flags);
    if (result)
        return result;
    struct uio_object bare = *object;
    bare.name_length = bare.target_length = 0;
    named->operation.extra = named->extra;
    named->operation.extra_size = uio_object_encode(named->extra, sizeof named->extra, &bare);
    return begun(named, vu_named_send(named));
}

int uio_remove_object(struct uio_client *client, struct uio_named *named, uint32_t type) {
    const int result = take(client, named, UIO_REMOVE_OBJECT, type, 0);
    return result ? result : begun(named, vu_named_send(named));
}

int uio_create_object(struct uio_client *client, struct uio_named *named, uint32_t type, uint32_t permissions,
                      const char *target, size_t target_length) {
    if (target_length > UIO_TARGET_OCTETS)
        return VMTP_E_TOO_LARGE;
    const int result = take(client, named, UIO_CREATE_OBJECT, type, permissions);
    if (result)
        return result;
    named->operation.extra = target;
    named->operation.extra_size = (uint32_t)target_length;
    return begun(named, vu_named_send(named));
}

int uio_query_storage(struct uio_client *client, struct uio_named *named) {
    const int result = take(client, named, UIO_QUERY_STORAGE, 0, 0);
    return result ? result : begun(named, vu_named_send(named));
}

static int with_new_name(struct uio_client *client, struct uio_named *named, uint32_t code, const char *new_name,
                         size_t new_length, uint32_t flags) {
    const uint32_t bad = vname_check(new_name, new_length);
    if (bad && client->names)
        return vu_not_sent(client, bad);
    const int result = take(client, named, code, flags, 0);
    if (result)
        return result;
    named->new_name = new_name;
    named->new_length = new_length;
    return begun(named, vu_new_name_begin(named));
}

int uio_rename_object(struct uio_client *client, struct uio_named *named, const char *new_name, size_t new_length,
                      uint32_t flags) {
    return with_new_name(client, named, UIO_RENAME_OBJECT, new_name, new_length, flags);
}

int uio_link_object(struct uio_client *client, struct uio_named *named, const char *new_name, size_t new_length) {
    return with_new_name(client, named, UIO_LINK_OBJECT, new_name, new_length, 0);
}

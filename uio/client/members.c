/* SPDX-License-Identifier: BSD-2-Clause */
/* Which managers have the object, and an instance at each (UIO-8-02, UIO-8-05). */
#include "replicas.h"

static void ask(struct uio_replicas *set);

/* ---- instances ---- */

static int created(struct uio_replica *replica) {
    struct uio_client *client = replica->set->client;
    struct uio_instance instance;
    if (!uio_instance_decode(&instance, replica->answer, replica->create.received)) {
        client->counters.malformed++;
        return (int)VMTP_BAD_REPLY_SEGMENT;
    }
    vu_handle_take(&replica->handle, &instance);
    replica->handle.manager = replica->create.answer.server;
    replica->handle.group = replica->set->group;
    vu_handle_enter(client, &replica->handle);
    return 0;
}

static void create_over(struct vipc_call *call, int result) {
    struct uio_replica *replica = call->context;
    if (result == 0 || result == (int)VMTP_BAD_REPLY_SEGMENT) {
        const uint32_t code = vu_code(&call->answer);
        if (code)
            result = (int)code;
        else if (result == 0)
            result = created(replica);
    }
    vu_set_one_over(replica, result);
}

static int create_one(struct uio_replicas *set, struct uio_replica *replica) {
    struct vipc_call *call = &replica->create;
    const struct vname_request request = {.context = replica->context,
                                          .index = (uint16_t)replica->index,
                                          .length = (uint16_t)set->resolve.full_length,
                                          .name = set->resolve.full};
    memset(call, 0, sizeof *call);
    call->message.server = replica->manager;
    call->message.code = UIO_CREATE_INSTANCE;
    call->segment = set->segment; /* the same for all */
    call->segment_size = vname_request_build(&call->message, set->segment, sizeof set->segment, &request);
    call->message.words[2] = set->mode;
    call->message.words[3] = set->permissions;
    vmtp_words_put64(call->message.words + 4, set->client->owner);
    call->area = replica->answer;
    call->capacity = sizeof replica->answer;
    call->deadline = set->deadline;
    call->done = create_over;
    call->context = replica;
    return vipc_start(set->client->ipc, call);
}

static void create_all(struct uio_replicas *set) {
    set->stage = VU_SET_CREATING;
    set->code = UIO_CREATE_INSTANCE;
    set->waiting = 0;
    for (unsigned i = 0; i < set->count; i++) {
        struct uio_replica *replica = &set->replica[i];
        replica->result = create_one(set, replica);
        set->waiting += replica->result == 0;
    }
    if (!set->waiting)
        vu_set_all_over(set);
}

/* ---- members ---- */

static void add(struct uio_replicas *set, const struct vname_record *record) {
    for (unsigned i = 0; i < set->count && i < UIO_REPLICAS; i++)
        if (set->replica[i].manager == record->manager)
            return;
    if (set->count < UIO_REPLICAS) {
        struct uio_replica *replica = &set->replica[set->count];
        memset(replica, 0, sizeof *replica);
        replica->manager = record->manager;
        replica->context = record->context;
        replica->index = record->prefix_length;
        replica->set = set;
    }
    set->count++;
}

static void answered(struct vipc_call *call, const struct vipc_response *response) {
    struct uio_replicas *set = call->context;
    const struct vname_operation *op = &set->resolve;
    struct vname_record record;
    if (vu_code(&response->message) || !vname_record_decode(&record, response->segment, response->segment_size) ||
        (record.flags & (VNAME_CLAIMING | VNAME_RELEASED | VNAME_ALIAS_RECORD)) || record.group != set->group ||
        record.manager != response->message.server || record.prefix_length != op->record.prefix_length ||
        !vname_matches(record.prefix, record.prefix_length, op->full, op->full_length))
        set->client->counters.malformed++;
    else
        add(set, &record);
}

static void members_known(struct uio_replicas *set) {
    if (set->count > UIO_REPLICAS) {
        set->count = 0;
        vu_set_end(set, (int)UIO_TOO_MANY);
        return;
    }
    create_all(set);
}

static void asked(struct vipc_call *call, int result) {
    struct uio_replicas *set = call->context;
    if (result < 0)
        vu_set_end(set, result);
    else if (++set->rounds < VU_ROUNDS)
        ask(set);
    else
        members_known(set);
}

/* One answer may get lost, three hardly; a round waits to its end, so that all have time. */
static void ask(struct uio_replicas *set) {
    struct vipc_call *call = &set->query;
    memset(call, 0, sizeof *call);
    call->message.server = set->group;
    call->message.code = VNAME_QUERY;
    call->segment = set->resolve.full;
    call->segment_size = (uint32_t)set->resolve.full_length;
    call->area = set->answers;
    call->capacity = VNAME_RECORD_OCTETS;
    call->slots = UIO_REPLICAS;
    call->flags = VIPC_CALL_DELAYED;
    call->deadline = vipc_now(set->client->ipc) + VU_ROUND_TIME;
    call->done = asked;
    call->response = answered;
    call->context = set;
    set->stage = VU_SET_ASKING;
    const int result = vipc_start(set->client->ipc, call);
    if (result)
        vu_set_end(set, result);
}

static void resolved(struct vname_operation *op, enum vname_outcome outcome) {
    struct uio_replicas *set = op->context;
    const int result = vu_outcome(op);
    (void)outcome;
    if (result) {
        vu_set_end(set, result);
        return;
    }
    set->group = op->record.group;
    add(set, &op->record);
    if (set->group)
        ask(set);
    else
        members_known(set);
}

int uio_replicas_create(struct uio_client *client, struct uio_replicas *set, uint32_t mode, uint32_t permissions) {
    struct vname_operation *op = &set->resolve;
    const uint32_t code = uio_mode_check(mode);
    if (!client->names || set->client || !(mode & UIO_MODE_WRITE))
        return VMTP_E_INVALID;
    if (code)
        return vu_not_sent(client, code);
    set->count = set->waiting = 0;
    set->group = 0;
    set->over = set->result = set->differ = 0;
    set->octets = 0;
    set->rounds = 0;
    set->mode = mode;
    set->permissions = permissions;
    op->name = set->name;
    op->name_length = set->name_length;
    op->deadline = set->deadline;
    op->done = resolved;
    op->context = set;
    const int result = vname_resolve(client->names, op);
    if (result)
        return result;
    set->stage = VU_SET_RESOLVING;
    set->client = client;
    client->counters.operations++;
    return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The new name of RenameObject and LinkObject, resolved like all names (UIO-5.2-07).
 *
 * A manager that answers UIO_CROSS or NAME_STALE may have been asked with what is not true any more: then it is resolved once again, and sent once
 * again; after UIO_CROSS only if it came to something else.
 */
#include "internal.h"

static int is_relative(const struct uio_named *named) { return named->new_name[0] != '/'; }

/* Asks: where does it lead?  Of a relative name, where does its context? */
static int ask(struct uio_named *named, uint32_t flags) {
    struct vname_operation *op = &named->operation;
    const int relative = is_relative(named);
    vu_named_ask(named, relative ? "" : named->new_name, relative ? 0 : named->new_length, VNAME_MAP_CONTEXT);
    memset(op->words, 0, sizeof op->words);
    op->extra = NULL;
    op->extra_size = 0;
    op->work = NULL;
    op->area = named->answer;
    op->capacity = sizeof named->answer;
    op->flags = relative ? VNAME_EMPTY_NAME | VNAME_REPEATABLE : flags;
    named->stage = VU_NEW_NAME;
    return relative ? vname_operate(named->client->names, op) : vname_resolve(named->client->names, op);
}

/* Writes it as it is sent: 1 if that differs from what was there. */
static int write(struct uio_named *named) {
    const struct vname_operation *op = &named->operation;
    uint8_t octets[sizeof named->extra];
    struct uio_new_name name = {.name = named->new_name, .length = (uint16_t)named->new_length};
    if (is_relative(named)) {
        name.context = vu_context_of(named)->place.context;
    } else {
        name.context = op->record.context;
        name.index = op->record.prefix_length;
        name.name = op->full;
        name.length = (uint16_t)op->full_length;
    }
    const uint32_t size = uio_new_name_encode(octets, sizeof octets, &name);
    const int differs = named->crossed != VU_CROSSED || size != named->extra_size ||
                        memcmp(octets, named->extra, size) != 0;
    memcpy(named->extra, octets, size);
    named->extra_size = size;
    named->operation.extra = named->extra;
    named->operation.extra_size = size;
    return differs;
}

int vu_new_name_begin(struct uio_named *named) {
    if (!is_relative(named) || !vu_context_of(named)->place.manager)
        return ask(named, 0);
    write(named);
    return vu_named_send(named);
}

void vu_new_name_resolved(struct uio_named *named, int result) {
    if (!result && !write(named))
        result = (int)UIO_CROSS;
    if (!result)
        result = vu_named_send(named);
    if (result)
        vu_named_end(named, result);
}

int vu_new_name_again(struct uio_named *named, int result) {
    if (!named->new_name || named->crossed || (result != (int)UIO_CROSS && result != (int)VNAME_STALE))
        return 0;
    struct uio_new_name name;
    if (uio_new_name_decode(&name, named->extra, named->extra_size) == 0 && name.index)
        vname_cache_drop(named->client->names, name.name, name.index);
    named->crossed = result == (int)UIO_CROSS ? VU_CROSSED : VU_STALE;
    named->client->counters.crossed++;
    return ask(named, VNAME_FRESH) == 0;
}

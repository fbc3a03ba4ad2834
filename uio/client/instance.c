/* SPDX-License-Identifier: BSD-2-Clause */
/* What else can be done with an instance: ask, change, release, lock, control. */
#include "internal.h"

#define OBJECT_BITS                                                                                                    \
    (UIO_MASK_PERMISSIONS | UIO_MASK_USER | UIO_MASK_GROUP | UIO_MASK_SIZE | UIO_MASK_ATIME | UIO_MASK_MTIME)
#define ALL_BITS                                                                                                       \
    (OBJECT_BITS | UIO_MASK_ATIME_NOW | UIO_MASK_MTIME_NOW | UIO_MASK_OWNER | UIO_MASK_STABLE | UIO_MASK_COMMIT |      \
     UIO_MASK_TAKE_BACK)

/* ---- asking and changing ---- */

int uio_query(struct uio_handle *handle, struct uio_call *call, void *area) {
    const int result = vu_call_prepare(handle, call, UIO_QUERY_INSTANCE);
    if (result)
        return result;
    call->call.area = area;
    call->call.capacity = UIO_INSTANCE_OCTETS;
    return vu_call_begin(handle, call);
}

static uint32_t check_modify(const struct uio_handle *handle, uint32_t mask) {
    if (mask & ~(uint32_t)ALL_BITS)
        return UIO_UNSUPPORTED;
    if ((mask & (UIO_MASK_COMMIT | UIO_MASK_TAKE_BACK)) && !vu_has(handle, UIO_TRANSACTION))
        return UIO_UNSUPPORTED;
    if ((mask & UIO_MASK_SIZE) && !vu_has(handle, UIO_WRITEABLE))
        return UIO_NOT_WRITEABLE;
    return (mask & UIO_MASK_SIZE) && !vu_has(handle, UIO_SIZED) ? UIO_UNSUPPORTED : 0;
}

int uio_modify(struct uio_handle *handle, struct uio_call *call, uint32_t mask, const struct uio_object *object,
               vmtp_entity owner, void *area) {
    const int result = vu_call_prepare(handle, call, UIO_MODIFY_INSTANCE);
    if (result)
        return result;
    if ((mask & OBJECT_BITS) && !object)
        return VMTP_E_INVALID;
    const uint32_t code = check_modify(handle, mask);
    if (code)
        return vu_not_sent(handle->client, code);
    call->call.message.words[1] = mask;
    vmtp_words_put64(call->call.message.words + 2, owner);
    if (object) {
        struct uio_object bare = *object;
        bare.name_length = bare.target_length = 0;
        call->call.segment = call->small;
        call->call.segment_size = uio_object_encode(call->small, sizeof call->small, &bare);
    }
    call->call.area = area;
    call->call.capacity = UIO_INSTANCE_OCTETS;
    return vu_call_begin(handle, call);
}

int vu_descriptor_answered(struct uio_call *call) {
    struct uio_handle *handle = call->handle;
    struct uio_instance instance;
    if (!uio_instance_decode(&instance, call->call.area, call->call.received) ||
        instance.number != call->call.message.words[0]) {
        handle->client->counters.malformed++;
        return (int)VMTP_BAD_REPLY_SEGMENT;
    }
    vu_handle_take(handle, &instance);
    call->object = instance.object;
    return 0;
}

/* ---- releasing ---- */

int uio_release(struct uio_handle *handle, struct uio_call *call, int commit) {
    if (handle->client && handle->calls)
        return VMTP_E_IN_CALL;
    const int result = vu_call_prepare(handle, call, UIO_RELEASE_INSTANCE);
    if (result > 0)
        vu_handle_leave(handle);
    if (result)
        return result;
    if (commit && !vu_has(handle, UIO_TRANSACTION))
        return vu_not_sent(handle->client, UIO_UNSUPPORTED);
    call->call.message.words[1] = commit != 0;
    return vu_call_begin(handle, call);
}

/* ---- locks ---- */

static uint32_t check_lock(const struct uio_handle *handle, uint32_t kind, uint32_t unit, const struct uio_range *range) {
    const uint64_t limit = (uint64_t)1 << 63;
    if (!vu_has(handle, UIO_LOCKS))
        return UIO_UNSUPPORTED;
    if (kind > UIO_LOCK_ASK_SHARED || unit > 1 || range->first > limit || range->count > limit - range->first)
        return UIO_BAD_COUNT;
    return unit && !vu_has(handle, UIO_OFFSET) ? UIO_UNSUPPORTED : 0;
}

int uio_lock(struct uio_handle *handle, struct uio_call *call, uint32_t kind, uint32_t unit,
             const struct uio_range *range) {
    const int result = vu_call_prepare(handle, call, UIO_LOCK_INSTANCE);
    if (result)
        return result;
    const uint32_t code = check_lock(handle, kind, unit, range);
    if (code)
        return vu_not_sent(handle->client, code);
    call->call.message.words[1] = kind;
    call->call.message.words[2] = call->milliseconds;
    call->call.message.words[3] = unit;
    uio_range_encode(call->small, range);
    call->call.segment = call->small;
    call->call.segment_size = UIO_RANGE_OCTETS - 8;
    call->call.area = call->small + UIO_RANGE_OCTETS;
    call->call.capacity = UIO_RANGE_OCTETS;
    return vu_call_begin(handle, call);
}

void vu_range_of(struct uio_call *call) {
    struct uio_range range;
    if (uio_range_decode(&range, call->call.area, call->call.received) == 0)
        call->range = range;
}

int vu_lock_answered(struct uio_call *call) {
    const uint32_t asked = call->call.message.words[1];
    call->kind = call->call.answer.words[0];
    vu_range_of(call);
    if (asked == UIO_LOCK_SHARED || asked == UIO_LOCK_EXCLUSIVE)
        call->handle->locked = 1;
    return 0;
}

/* ---- control ---- */

int uio_control(struct uio_handle *handle, struct uio_call *call, uint32_t function, const uint32_t words[4],
                const void *segment, uint32_t size, void *area, uint32_t capacity) {
    const int result = vu_call_prepare(handle, call, UIO_CONTROL_INSTANCE);
    if (result)
        return result;
    call->call.message.words[1] = function;
    memcpy(call->call.message.words + 2, words, 4 * sizeof *words);
    call->call.segment = segment;
    call->call.segment_size = size;
    call->call.area = area;
    call->call.capacity = capacity;
    return vu_call_begin(handle, call);
}

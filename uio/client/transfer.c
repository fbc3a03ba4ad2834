/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading and writing.  Attributes are looked at first (UIO-2.2-04): what the manager would refuse is not sent. */
#include "internal.h"

/* Whether the position is one: 0 or a code.  *third becomes word 3. */
static uint32_t place(const struct uio_handle *handle, const struct uio_call *call, uint64_t block, uint32_t offset,
                      uint32_t *third) {
    const int random = vu_has(handle, UIO_RANDOM_ACCESS);
    *third = offset;
    if (vu_has(handle, UIO_CONTEXT))
        return offset ? UIO_BAD_BLOCK : 0;
    if (random == (block == UIO_SEQUENTIAL))
        return UIO_BAD_BLOCK;
    if (offset && (!vu_has(handle, UIO_OFFSET) || offset >= handle->instance.block_size))
        return UIO_BAD_BLOCK;
    if (!random)
        *third = call->milliseconds;
    return 0;
}

uint32_t uio_fits(const struct uio_handle *handle, uint32_t offset, uint64_t octets) {
    const struct uio_instance *instance = &handle->instance;
    const int in_one_block = !vu_has(handle, UIO_MULTI_BLOCK) || vu_has(handle, UIO_VARIABLE_BLOCK);
    uint32_t most = instance->max_transfer;
    if (offset && offset >= instance->block_size)
        return 0;
    if (in_one_block && !vu_has(handle, UIO_CONTEXT) && most > instance->block_size - offset)
        most = instance->block_size - offset;
    return octets < most ? (uint32_t)octets : most;
}

/* ---- reading ---- */

static uint32_t check_read(const struct uio_handle *handle, const struct uio_call *call, uint64_t block,
                           uint32_t offset, uint32_t octets, uint32_t *third) {
    if (!vu_has(handle, UIO_READABLE))
        return UIO_NOT_READABLE;
    if (!octets || octets > handle->instance.max_transfer)
        return UIO_BAD_COUNT;
    return place(handle, call, block, offset, third);
}

/* Whether of an answer that comes with gaps the rest alone may be asked for (UIO-6.1-09): the blocks of both have to fit together. */
static int may_be_partial(const struct uio_handle *handle, uint32_t octets) {
    return vu_has(handle, UIO_STORAGE) && !(handle->instance.attributes & (UIO_CONTEXT | UIO_INTERACTIVE)) &&
           octets > VMTP_BLOCK_OCTETS && octets <= VMTP_GROUP_OCTETS;
}

int uio_read(struct uio_handle *handle, struct uio_call *call, uint64_t block, uint32_t offset, void *area,
             uint32_t octets) {
    uint32_t third = 0;
    const int result = vu_call_prepare(handle, call, UIO_READ_INSTANCE);
    if (result)
        return result;
    const uint32_t code = check_read(handle, call, block, offset, octets, &third);
    if (code)
        return vu_not_sent(handle->client, code);
    vmtp_words_put64(call->call.message.words + 1, block);
    call->call.message.words[3] = third;
    call->call.message.words[4] = octets;
    call->call.area = area;
    call->call.capacity = octets;
    if (may_be_partial(handle, octets))
        call->call.flags = VIPC_CALL_PARTIAL;
    return vu_call_begin(handle, call);
}

static uint32_t blocks_of(uint32_t octets) {
    const uint32_t blocks = (octets + VMTP_BLOCK_OCTETS - 1) / VMTP_BLOCK_OCTETS;
    return blocks ? UINT32_MAX >> (VMTP_GROUP_BLOCKS - blocks) : 0;
}

int vu_read_answered(struct uio_call *call) {
    const struct vipc_call *v = &call->call;
    const uint32_t *words = v->answer.words;
    struct uio_client *client = call->handle->client;
    if (words[0] != v->received || words[0] > v->message.words[4]) {
        client->counters.malformed++;
        return (int)VMTP_BAD_REPLY_SEGMENT;
    }
    if ((v->flags & VIPC_CALL_PARTIAL) && (blocks_of(words[0]) & ~v->delivered)) {
        client->counters.incomplete++;
        return (int)VMTP_RETRANS_TIMEOUT;
    }
    call->octets = words[0];
    call->block = vmtp_words_get64(words + 1);
    call->flags = words[3];
    return 0;
}

/* ---- writing ---- */

static int goes_to_the_end(const struct uio_handle *handle, uint32_t flags) {
    return vu_has(handle, UIO_APPEND_ONLY) || (handle->instance.mode & UIO_MODE_APPEND) || (flags & UIO_WRITE_APPEND);
}

/* UIO-6.2-11 */
static uint32_t check_size(const struct uio_handle *handle, uint32_t offset, uint32_t octets) {
    const struct uio_instance *instance = &handle->instance;
    const int variable = vu_has(handle, UIO_VARIABLE_BLOCK);
    if (octets > instance->max_transfer || (variable && octets > instance->block_size))
        return UIO_TOO_LARGE;
    return (!octets && !variable) || octets > uio_fits(handle, offset, octets) ? UIO_BAD_COUNT : 0;
}

static uint32_t check_write(const struct uio_handle *handle, const struct uio_call *call, uint64_t *block,
                            uint32_t *offset, uint32_t flags, uint32_t octets, uint32_t *third) {
    uint32_t code = 0;
    if (!vu_has(handle, UIO_WRITEABLE))
        return UIO_NOT_WRITEABLE;
    if (flags & ~(uint32_t)(UIO_WRITE_APPEND | UIO_WRITE_SYNC))
        return UIO_UNSUPPORTED;
    if (goes_to_the_end(handle, flags))
        *block = *offset = 0;
    else
        code = place(handle, call, *block, *offset, third);
    return code ? code : check_size(handle, *offset, octets);
}

int uio_write(struct uio_handle *handle, struct uio_call *call, uint64_t block, uint32_t offset, uint32_t flags,
              const void *data, uint32_t octets) {
    uint32_t third = 0;
    const int result = vu_call_prepare(handle, call, UIO_WRITE_INSTANCE);
    if (result)
        return result;
    const uint32_t code = check_write(handle, call, &block, &offset, flags, octets, &third);
    if (code)
        return vu_not_sent(handle->client, code);
    vmtp_words_put64(call->call.message.words + 1, block);
    call->call.message.words[3] = third;
    call->call.message.words[4] = flags;
    call->call.segment = data;
    call->call.segment_size = octets;
    return vu_call_begin(handle, call);
}

int vu_write_answered(struct uio_call *call) {
    const uint32_t *words = call->call.answer.words, asked = call->call.segment_size;
    if (words[0] > asked || (!words[0] && asked)) {
        call->handle->client->counters.malformed++;
        return (int)VMTP_BAD_REPLY_SEGMENT;
    }
    call->octets = words[0];
    call->block = vmtp_words_get64(words + 1);
    call->offset = words[3];
    return 0;
}

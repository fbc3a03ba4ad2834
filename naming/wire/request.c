/* SPDX-License-Identifier: BSD-2-Clause */
/* The common parameters of operations by name (section 6.1). */
#include <string.h>

#include <vmtp/octets.h>
#include <vnaming/name.h>

uint32_t vname_request_octets(const struct vname_request *request) {
    return vmtp_padded(request->length) + request->extra_size;
}

uint32_t vname_request_build(struct vmtp_message *message, void *segment, size_t room,
                             const struct vname_request *request) {
    uint8_t *p = segment;
    const uint32_t octets = vname_request_octets(request), filled = vmtp_padded(request->length);
    if (octets > room || octets < request->extra_size)
        return 0;
    message->code |= VNAME_BY_NAME;
    message->words[0] = request->context;
    message->words[1] = (uint32_t)request->index << 16 | request->length;
    if (request->length)
        memmove(p, request->name, request->length); /* it may lie there already */
    memset(p + request->length, 0, filled - request->length);
    if (request->extra_size)
        memmove(p + filled, request->extra, request->extra_size);
    return octets;
}

uint32_t vname_request_parse(struct vname_request *request, const struct vmtp_message *message, const void *segment,
                             size_t size, int empty_allowed) {
    const uint32_t length = message->words[1] & 0xffff, index = message->words[1] >> 16, filled = vmtp_padded(length);
    request->context = message->words[0];
    request->index = (uint16_t)index;
    request->length = (uint16_t)length;
    request->name = segment;
    request->extra = filled < size ? (const uint8_t *)segment + filled : NULL;
    request->extra_size = filled < size ? (uint32_t)(size - filled) : 0;
    if (index > length || length > size || (!length && !empty_allowed))
        return VNAME_BAD_REQUEST;
    return length ? vname_check(request->name, length) : 0;
}

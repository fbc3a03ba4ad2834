/* SPDX-License-Identifier: BSD-2-Clause */
/* Ranges, new names and modes (sections 4 and 5.1). */
#include <vmtp/octets.h>
#include <vnaming/name.h>
#include <vuio/object.h>

#define RANGE_IN_REQUEST 16u
#define NEW_NAME_HEAD 8u
#define RANGE_END ((uint64_t)1 << 63)

void uio_range_encode(uint8_t *octets, const struct uio_range *range) {
    vmtp_store64(octets, range->first);
    vmtp_store64(octets + 8, range->count);
    vmtp_store64(octets + 16, range->owner);
}

uint32_t uio_range_decode(struct uio_range *range, const void *octets, size_t size) {
    const uint8_t *p = octets;
    if (size != RANGE_IN_REQUEST && size != UIO_RANGE_OCTETS)
        return UIO_BAD_REQUEST;
    range->first = vmtp_load64(p);
    range->count = vmtp_load64(p + 8);
    range->owner = size == UIO_RANGE_OCTETS ? vmtp_load64(p + 16) : 0;
    return range->first > RANGE_END || range->count > RANGE_END - range->first ? UIO_BAD_COUNT : 0;
}

uint32_t uio_new_name_encode(void *octets, size_t room, const struct uio_new_name *name) {
    uint8_t *p = octets;
    const uint32_t length = NEW_NAME_HEAD + name->length;
    if (length > room)
        return 0;
    vmtp_store32(p, name->context);
    vmtp_store16(p + 4, name->index);
    vmtp_store16(p + 6, name->length);
    if (name->length)
        memcpy(p + NEW_NAME_HEAD, name->name, name->length);
    return length;
}

uint32_t uio_new_name_decode(struct uio_new_name *name, const void *octets, size_t size) {
    const uint8_t *p = octets;
    if (size < NEW_NAME_HEAD)
        return UIO_BAD_REQUEST;
    name->context = vmtp_load32(p);
    name->index = vmtp_load16(p + 4);
    name->length = vmtp_load16(p + 6);
    name->name = (const char *)p + NEW_NAME_HEAD;
    if (!name->length || name->index > name->length || name->length > size - NEW_NAME_HEAD)
        return UIO_BAD_REQUEST;
    return vname_check(name->name, name->length);
}

uint32_t uio_mode_check(uint32_t mode) {
    const uint32_t known = UIO_MODE_READ | UIO_MODE_WRITE | UIO_MODE_APPEND | UIO_MODE_CREATE | UIO_MODE_EXCLUSIVE |
                           UIO_MODE_TRUNCATE | UIO_MODE_CONTEXT | UIO_MODE_NO_FOLLOW | UIO_MODE_TRANSACTION |
                           UIO_MODE_LOCK_SHARED | UIO_MODE_LOCK_EXCLUSIVE | UIO_MODE_SYNC;
    const uint32_t want_write = UIO_MODE_APPEND | UIO_MODE_TRUNCATE | UIO_MODE_TRANSACTION;
    if (mode & ~known)
        return UIO_UNSUPPORTED;
    if (!(mode & (UIO_MODE_READ | UIO_MODE_WRITE)))
        return UIO_BAD_REQUEST;
    if ((mode & want_write) && !(mode & UIO_MODE_WRITE))
        return UIO_BAD_REQUEST;
    if ((mode & UIO_MODE_EXCLUSIVE) && !(mode & UIO_MODE_CREATE))
        return UIO_BAD_REQUEST;
    return (mode & UIO_MODE_LOCK_SHARED) && (mode & UIO_MODE_LOCK_EXCLUSIVE) ? UIO_BAD_REQUEST : 0;
}

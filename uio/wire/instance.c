/* SPDX-License-Identifier: BSD-2-Clause */
/* Instance descriptors (section 3.2). */
#include <vmtp/octets.h>
#include <vuio/object.h>

enum offset {
    AT_NUMBER = 0,
    AT_ATTRIBUTES = 4,
    AT_BLOCK_SIZE = 8,
    AT_LAST_OCTETS = 12,
    AT_LAST_BLOCK = 16,
    AT_NEXT_BLOCK = 24,
    AT_MAX_TRANSFER = 32,
    AT_MODE = 36,
    AT_OWNER = 40
};

uint32_t uio_instance_encode(void *octets, size_t room, const struct uio_instance *instance) {
    uint8_t *p = octets;
    if (room < UIO_INSTANCE_HEAD)
        return 0;
    const uint32_t length = uio_object_encode(p + UIO_INSTANCE_HEAD, room - UIO_INSTANCE_HEAD, &instance->object);
    if (!length)
        return 0;
    vmtp_store32(p + AT_NUMBER, instance->number);
    vmtp_store32(p + AT_ATTRIBUTES, instance->attributes);
    vmtp_store32(p + AT_BLOCK_SIZE, instance->block_size);
    vmtp_store32(p + AT_LAST_OCTETS, instance->last_octets);
    vmtp_store64(p + AT_LAST_BLOCK, instance->last_block);
    vmtp_store64(p + AT_NEXT_BLOCK, instance->next_block);
    vmtp_store32(p + AT_MAX_TRANSFER, instance->max_transfer);
    vmtp_store32(p + AT_MODE, instance->mode);
    vmtp_store64(p + AT_OWNER, instance->owner);
    return UIO_INSTANCE_HEAD + length;
}

static int is_sane(const struct uio_instance *instance) {
    return instance->number && instance->block_size && instance->block_size <= instance->max_transfer &&
           instance->max_transfer <= UIO_TRANSFER_OCTETS && instance->last_octets <= instance->block_size;
}

uint32_t uio_instance_decode(struct uio_instance *instance, const void *octets, size_t size) {
    const uint8_t *p = octets;
    if (size < UIO_INSTANCE_HEAD)
        return 0;
    instance->number = vmtp_load32(p + AT_NUMBER);
    instance->attributes = vmtp_load32(p + AT_ATTRIBUTES);
    instance->block_size = vmtp_load32(p + AT_BLOCK_SIZE);
    instance->last_octets = vmtp_load32(p + AT_LAST_OCTETS);
    instance->last_block = vmtp_load64(p + AT_LAST_BLOCK);
    instance->next_block = vmtp_load64(p + AT_NEXT_BLOCK);
    instance->max_transfer = vmtp_load32(p + AT_MAX_TRANSFER);
    instance->mode = vmtp_load32(p + AT_MODE);
    instance->owner = vmtp_load64(p + AT_OWNER);
    const uint32_t length = uio_object_decode(&instance->object, p + UIO_INSTANCE_HEAD, size - UIO_INSTANCE_HEAD);
    return length && is_sane(instance) ? UIO_INSTANCE_HEAD + length : 0;
}

void uio_instance_set_size(struct uio_instance *instance, uint64_t size, uint32_t block_size) {
    instance->block_size = block_size;
    instance->last_block = size ? (size - 1) / block_size : 0;
    instance->last_octets = (uint32_t)(size - instance->last_block * block_size);
}

uint64_t uio_instance_size(const struct uio_instance *instance) {
    return instance->last_block * instance->block_size + instance->last_octets;
}

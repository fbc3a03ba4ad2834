/* SPDX-License-Identifier: BSD-2-Clause */
/* Object descriptors, and lists of them (section 3.1). */
#include <vmtp/octets.h>
#include <vuio/object.h>

enum offset {
    AT_LENGTH = 0,
    AT_TYPE = 2,
    AT_ATTRIBUTES = 4,
    AT_NUMBER = 8,
    AT_SIZE = 16,
    AT_STORAGE = 24,
    AT_PERMISSIONS = 32,
    AT_NAMES = 36,
    AT_USER = 40,
    AT_GROUP = 44,
    AT_CHANGED = 48,
    AT_DESCRIPTOR_CHANGED = 56,
    AT_USED = 64,
    AT_VERSION = 72,
    AT_BLOCK_SIZE = 80,
    AT_NAME_LENGTH = 84,
    AT_TARGET_LENGTH = 86
};

uint32_t uio_object_octets(const struct uio_object *object) {
    return vmtp_padded(UIO_OBJECT_HEAD + object->name_length + object->target_length);
}

static void write_head(uint8_t *p, const struct uio_object *object) {
    vmtp_store16(p + AT_TYPE, object->type);
    vmtp_store32(p + AT_ATTRIBUTES, object->attributes);
    vmtp_store64(p + AT_NUMBER, object->number);
    vmtp_store64(p + AT_SIZE, object->size);
    vmtp_store64(p + AT_STORAGE, object->storage);
    vmtp_store32(p + AT_PERMISSIONS, object->permissions);
    vmtp_store32(p + AT_NAMES, object->names);
    vmtp_store32(p + AT_USER, object->user);
    vmtp_store32(p + AT_GROUP, object->group);
    vmtp_store64(p + AT_CHANGED, (uint64_t)object->changed);
    vmtp_store64(p + AT_DESCRIPTOR_CHANGED, (uint64_t)object->descriptor_changed);
    vmtp_store64(p + AT_USED, (uint64_t)object->used);
    vmtp_store64(p + AT_VERSION, object->version);
    vmtp_store32(p + AT_BLOCK_SIZE, object->block_size);
    vmtp_store16(p + AT_NAME_LENGTH, object->name_length);
    vmtp_store16(p + AT_TARGET_LENGTH, object->target_length);
}

uint32_t uio_object_encode(void *octets, size_t room, const struct uio_object *object) {
    uint8_t *p = octets;
    const uint32_t length = uio_object_octets(object);
    if (length > room || object->name_length > UIO_COMPONENT_OCTETS || object->target_length > UIO_TARGET_OCTETS)
        return 0;
    memset(p, 0, length);
    vmtp_store16(p + AT_LENGTH, (uint16_t)length);
    write_head(p, object);
    if (object->name_length)
        memcpy(p + UIO_OBJECT_HEAD, object->name, object->name_length);
    if (object->target_length)
        memcpy(p + UIO_OBJECT_HEAD + object->name_length, object->target, object->target_length);
    return length;
}

uint32_t uio_object_decode(struct uio_object *object, const void *octets, size_t size) {
    const uint8_t *p = octets;
    if (size < UIO_OBJECT_HEAD)
        return 0;
    const uint32_t length = vmtp_load16(p + AT_LENGTH);
    *object = (struct uio_object){.type = vmtp_load16(p + AT_TYPE),
                                  .attributes = vmtp_load32(p + AT_ATTRIBUTES),
                                  .number = vmtp_load64(p + AT_NUMBER),
                                  .size = vmtp_load64(p + AT_SIZE),
                                  .storage = vmtp_load64(p + AT_STORAGE),
                                  .permissions = vmtp_load32(p + AT_PERMISSIONS),
                                  .names = vmtp_load32(p + AT_NAMES),
                                  .user = vmtp_load32(p + AT_USER),
                                  .group = vmtp_load32(p + AT_GROUP),
                                  .changed = (int64_t)vmtp_load64(p + AT_CHANGED),
                                  .descriptor_changed = (int64_t)vmtp_load64(p + AT_DESCRIPTOR_CHANGED),
                                  .used = (int64_t)vmtp_load64(p + AT_USED),
                                  .version = vmtp_load64(p + AT_VERSION),
                                  .block_size = vmtp_load32(p + AT_BLOCK_SIZE),
                                  .name_length = vmtp_load16(p + AT_NAME_LENGTH),
                                  .target_length = vmtp_load16(p + AT_TARGET_LENGTH)};
    object->name = (const char *)p + UIO_OBJECT_HEAD;
    object->target = object->name + object->name_length;
    return length <= size && length == uio_object_octets(object) ? length : 0;
}

int uio_list_next(struct uio_list *list, struct uio_object *object) {
    const uint32_t length = list->left ? uio_object_decode(object, list->at, list->left) : 0;
    list->at += length;
    list->left -= length;
    return length != 0;
}

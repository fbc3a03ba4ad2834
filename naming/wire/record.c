/* SPDX-License-Identifier: BSD-2-Clause */
/* Records, and lists of them (section 3.3). */
#include <string.h>

#include <vmtp/octets.h>
#include <vnaming/name.h>

enum offset {
    AT_LENGTH = 0,
    AT_FLAGS = 2,
    AT_GENERATION = 4,
    AT_MANAGER = 8,
    AT_GROUP = 16,
    AT_OWNER = 24,
    AT_CONTEXT = 32,
    AT_PREFIX_LENGTH = 36,
    AT_TARGET_LENGTH = 38
};

uint32_t vname_record_octets(const struct vname_record *record) {
    return vmtp_padded(VNAME_RECORD_HEAD + record->prefix_length + record->target_length);
}

uint32_t vname_record_encode(void *octets, size_t room, const struct vname_record *record) {
    uint8_t *p = octets;
    const uint32_t length = vname_record_octets(record);
    if (length > room || length > UINT16_MAX)
        return 0;
    memset(p, 0, length);
    vmtp_store16(p + AT_LENGTH, (uint16_t)length);
    vmtp_store16(p + AT_FLAGS, record->flags & VNAME_FLAGS);
    vmtp_store32(p + AT_GENERATION, record->generation);
    vmtp_store64(p + AT_MANAGER, record->manager);
    vmtp_store64(p + AT_GROUP, record->group);
    vmtp_store64(p + AT_OWNER, record->owner);
    vmtp_store32(p + AT_CONTEXT, record->context);
    vmtp_store16(p + AT_PREFIX_LENGTH, record->prefix_length);
    vmtp_store16(p + AT_TARGET_LENGTH, record->target_length);
    if (record->prefix_length)
        memcpy(p + VNAME_RECORD_HEAD, record->prefix, record->prefix_length);
    if (record->target_length)
        memcpy(p + VNAME_RECORD_HEAD + record->prefix_length, record->target, record->target_length);
    return length;
}

/* All of NAME-3.3-01 but length and prefix. */
static int is_good_but_for_prefix(const struct vname_record *record) {
    if (!record->generation || !record->manager || vmtp_is_group(record->manager))
        return 0;
    if (record->group && !vmtp_is_group(record->group))
        return 0;
    return record->flags & VNAME_ALIAS_RECORD ? vname_check_absolute(record->target, record->target_length) == 0
                                              : record->target_length == 0;
}

int vname_record_is_good(const struct vname_record *record) {
    return is_good_but_for_prefix(record) && vname_check_prefix(record->prefix, record->prefix_length) == 0;
}

/* What the octets say; 0 if the lengths in them contradict each other. */
static uint32_t read_record(struct vname_record *record, const uint8_t *p, size_t size) {
    if (size < VNAME_RECORD_HEAD)
        return 0;
    const uint32_t length = vmtp_load16(p + AT_LENGTH);
    record->flags = vmtp_load16(p + AT_FLAGS) & VNAME_FLAGS;
    record->generation = vmtp_load32(p + AT_GENERATION);
    record->manager = vmtp_load64(p + AT_MANAGER);
    record->group = vmtp_load64(p + AT_GROUP);
    record->owner = vmtp_load64(p + AT_OWNER);
    record->context = vmtp_load32(p + AT_CONTEXT);
    record->prefix_length = vmtp_load16(p + AT_PREFIX_LENGTH);
    record->target_length = vmtp_load16(p + AT_TARGET_LENGTH);
    record->prefix = (const char *)p + VNAME_RECORD_HEAD;
    record->target = record->prefix + record->prefix_length;
    return length <= size && length == vname_record_octets(record) ? length : 0;
}

uint32_t vname_record_decode(struct vname_record *record, const void *octets, size_t size) {
    const uint32_t length = read_record(record, octets, size);
    return length && vname_record_is_good(record) ? length : 0;
}

uint32_t vname_record_parse(struct vname_record *record, const void *segment, size_t size) {
    const uint32_t length = read_record(record, segment, size);
    if (!length || length != size || !is_good_but_for_prefix(record))
        return VNAME_BAD_REQUEST;
    return vname_check_prefix(record->prefix, record->prefix_length);
}

int vname_record_beats(const struct vname_record *a, const struct vname_record *b) {
    const int a_registered = (a->flags & VNAME_REGISTERED) != 0, b_registered = (b->flags & VNAME_REGISTERED) != 0;
    if (a->generation != b->generation)
        return a->generation > b->generation;
    if (a_registered != b_registered)
        return a_registered;
    return a->manager < b->manager;
}

int vname_record_same_prefix(const struct vname_record *a, const struct vname_record *b) {
    return a->prefix_length == b->prefix_length && memcmp(a->prefix, b->prefix, a->prefix_length) == 0;
}

int vname_list_next(struct vname_list *list, struct vname_record *record) {
    const uint32_t length = list->left ? vname_record_decode(record, list->at, list->left) : 0;
    if (!length)
        return 0; /* an empty list may be at NULL */
    list->at += length;
    list->left -= length;
    return 1;
}

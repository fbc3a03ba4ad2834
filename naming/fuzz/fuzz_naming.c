/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names, records, parameters by name and the texts of the environment, from anybody's octets.  Beyond memory errors, which the sanitizers find, this
 * checks what must hold for every input.
 */
#include <stdlib.h>
#include <string.h>

#include <vnaming/name.h>

#include "fuzz.h"

/* What a good record promises, and that it is the same again after encoding. */
static void good_record(const struct vname_record *record) {
    uint8_t octets[VNAME_RECORD_OCTETS];
    struct vname_record again;
    MUST(vname_check_prefix(record->prefix, record->prefix_length) == 0);
    MUST(vname_matches(record->prefix, record->prefix_length, record->prefix, record->prefix_length));
    const uint32_t length = vname_record_encode(octets, sizeof octets, record);
    MUST(length && vname_record_parse(&again, octets, length) == 0);
    MUST(again.manager == record->manager && again.group == record->group && again.owner == record->owner &&
         again.flags == record->flags && again.generation == record->generation && again.context == record->context);
    MUST(vname_record_same_prefix(&again, record));
    MUST(again.target_length == record->target_length &&
         (!again.target_length || memcmp(again.target, record->target, again.target_length) == 0));
    MUST(!(vname_record_beats(&again, record) || vname_record_beats(record, &again)));
}

static void as_list(const uint8_t *data, size_t size) {
    struct vname_list list = vname_list_of(data, size);
    struct vname_record record;
    size_t octets = 0;
    while (vname_list_next(&list, &record)) {
        good_record(&record);
        octets += vname_record_octets(&record);
    }
    MUST(octets + list.left == size);
}

static void as_name(const char *name, size_t size) {
    char copy[VNAME_NAME_OCTETS];
    size_t length = size;
    const uint32_t code = vname_check(name, size);
    MUST((code == VNAME_TOO_LONG) == (size > VNAME_NAME_OCTETS));
    if (vname_check_prefix(name, size) == 0)
        MUST(code == 0 && size <= VNAME_PREFIX_OCTETS);
    if (code)
        return;
    memcpy(copy, name, size);
    const size_t cut = (uint8_t)name[0] % (size + 1);
    if (vname_substitute(copy, &length, cut, "/target", 7) == 0)
        MUST(length == size - cut + 7 && memcmp(copy + 7, name + cut, size - cut) == 0);
}

static void as_request(const uint8_t *data, size_t size) {
    struct vmtp_message message = {.code = 0x01000500}, again = message;
    struct vname_request request, same;
    uint8_t *copy;
    if (size < 9)
        return;
    message.words[0] = (uint32_t)data[0] << 24 | data[1];
    message.words[1] = (uint32_t)data[2] << 24 | (uint32_t)data[3] << 16 | (uint32_t)data[4] << 8 | data[5];
    data += 8;
    size -= 8;
    if (vname_request_parse(&request, &message, data, size, message.words[0] & 1) != 0)
        return;
    MUST(request.length <= size && request.index <= request.length && request.extra_size <= size);
    const uint32_t octets = vname_request_octets(&request);
    copy = malloc(octets ? octets : 1);
    if (!copy)
        return;
    MUST(vname_request_build(&again, copy, octets, &request) == octets);
    MUST(vname_request_parse(&same, &again, copy, octets, 1) == 0);
    MUST(same.extra_size == request.extra_size && same.index == request.index && same.context == request.context);
    MUST(memcmp(same.name, request.name, request.length) == 0);
    free(copy);
}

static void as_text(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1), written[VNAME_TEXT_OCTETS + 1];
    struct vname_text reader;
    struct vname_record record;
    struct vname_place place;
    if (!text)
        return;
    memcpy(text, data, size);
    text[size] = '\0';
    vname_text_begin(&reader, text);
    while (vname_text_next(&reader, &record)) {
        struct vname_text second;
        struct vname_record again;
        good_record(&record);
        MUST(vname_text_records(written, sizeof written, &record, 1) > 1);
        vname_text_begin(&second, written);
        MUST(vname_text_next(&second, &again) == 1 && vname_record_same_prefix(&again, &record));
        MUST(again.manager == record.manager && again.context == record.context && again.group == record.group);
        MUST(vname_text_next(&second, &again) == 0);
    }
    MUST(reader.records <= VNAME_TEXT_RECORDS);
    if (vname_text_read_place(&place, text)) {
        MUST(vname_check_absolute(place.name, place.length) == 0);
        MUST(vname_text_place(written, sizeof written, &place) > 0 && vname_text_read_place(&place, written));
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    as_list(data, size);
    as_name((const char *)data, size);
    as_request(data, size);
    as_text(data, size);
    return 0;
}

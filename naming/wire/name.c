/* SPDX-License-Identifier: BSD-2-Clause */
/* Names and prefixes: what is one, and which belongs to which (section 2). */
#include <string.h>

#include <vnaming/name.h>

/* How many octets the character at p has, 0 if it is none; the table of well-formed sequences of Unicode, chapter 3. */
static size_t character(const uint8_t *p, size_t left) {
    const uint8_t first = p[0];
    uint8_t low = 0x80, high = 0xbf; /* of the second octet */
    size_t count;
    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    count = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (first == 0xe0)
        low = 0xa0; /* else two octets would do */
    else if (first == 0xed)
        high = 0x9f; /* surrogates */
    else if (first == 0xf0)
        low = 0x90; /* three would do */
    else if (first == 0xf4)
        high = 0x8f; /* above U+10FFFF */
    if (left < count || p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < count; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return count;
}

int vname_is_utf8(const void *octets, size_t length) {
    const uint8_t *p = octets;
    for (size_t at = 0; at < length;) {
        const size_t count = character(p + at, length - at);
        if (!count)
            return 0;
        at += count;
    }
    return 1;
}

uint32_t vname_check(const char *name, size_t length) {
    if (length > VNAME_NAME_OCTETS)
        return VNAME_TOO_LONG;
    if (!length || memchr(name, 0, length) || !vname_is_utf8(name, length))
        return VNAME_INVALID;
    return 0;
}

uint32_t vname_check_absolute(const char *name, size_t length) {
    const uint32_t code = vname_check(name, length);
    return code ? code : name[0] == '/' ? 0 : VNAME_INVALID;
}

static int is_component(const char *text, size_t length) {
    if (!length || (length == 1 && text[0] == '.') || (length == 2 && text[0] == '.' && text[1] == '.'))
        return 0;
    for (size_t i = 0; i < length; i++)
        if ((uint8_t)text[i] < 32 || text[i] == 127)
            return 0;
    return 1;
}

uint32_t vname_check_prefix(const char *prefix, size_t length) {
    unsigned components = 0;
    if (!length || length > VNAME_PREFIX_OCTETS || prefix[0] != '/' || !vname_is_utf8(prefix, length))
        return VNAME_INVALID;
    for (size_t at = 0; at < length; components++) {
        const char *begin = prefix + at + 1;
        const size_t left = length - at - 1;
        const char *slash = left ? memchr(begin, '/', left) : NULL;
        const size_t octets = slash ? (size_t)(slash - begin) : left;
        if (!is_component(begin, octets))
            return VNAME_INVALID;
        at += 1 + octets;
    }
    return components <= VNAME_PREFIX_COMPONENTS ? 0 : VNAME_INVALID;
}

int vname_matches(const char *prefix, size_t prefix_length, const char *name, size_t length) {
    return prefix_length <= length && memcmp(prefix, name, prefix_length) == 0 &&
           (prefix_length == length || name[prefix_length] == '/');
}

uint32_t vname_substitute(char *name, size_t *length, size_t prefix_length, const char *target, size_t target_length) {
    const size_t rest = *length - prefix_length;
    if (target_length + rest > VNAME_NAME_OCTETS)
        return VNAME_TOO_LONG;
    memmove(name + target_length, name + prefix_length, rest);
    if (target_length)
        memcpy(name, target, target_length);
    *length = target_length + rest;
    return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "base64.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(char *text, const void *octets, size_t size) {
    const uint8_t *from = octets;
    for (; size > 0; size -= size < 3 ? size : 3, from += 3) {
        uint32_t word = (uint32_t)from[0] << 16;
        word |= size > 1 ? (uint32_t)from[1] << 8 : 0;
        word |= size > 2 ? from[2] : 0;
        *text++ = digits[word >> 18];
        *text++ = digits[word >> 12 & 63];
        *text++ = size > 1 ? digits[word >> 6 & 63] : '=';
        *text++ = size > 2 ? digits[word & 63] : '=';
        if (size < 3)
            break;
    }
    *text = 0;
}

static int digit(char c) {
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

int base64_decode(void *octets, size_t room, const char *text, size_t length) {
    uint8_t *out = octets;
    size_t padding = length >= 4 ? (size_t)(text[length - 1] == '=') + (text[length - 2] == '=') : 0;
    size_t size = length / 4 * 3 - padding, done = 0;
    uint32_t word = 0;
    if (length % 4 != 0 || size > room || size > INT_MAX || (padding == 2 && text[length - 1] != '='))
        return -1;
    for (size_t i = 0; i < length; i++) {
        int value = i >= length - padding ? 0 : digit(text[i]);
        if (value < 0)
            return -1;
        word = word << 6 | (uint32_t)value;
        for (unsigned j = 0; i % 4 == 3 && j < 3 && done < size; j++)
            out[done++] = (uint8_t)(word >> (16 - 8 * j));
    }
    return (int)size;
}

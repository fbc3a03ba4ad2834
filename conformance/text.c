/* SPDX-License-Identifier: BSD-2-Clause */
#include "text.h"

#include <string.h>

size_t vc_character(const uint8_t *p, size_t left) {
    static const struct {
        uint8_t first, last, low, high; /* lead octets, and the range of the second */
        size_t size;
    } rows[] = {{0x01, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
                {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
                {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (*p < rows[i].first || *p > rows[i].last)
            continue;
        if (rows[i].size > left || (rows[i].size > 1 && (p[1] < rows[i].low || p[1] > rows[i].high)))
            return 0;
        for (size_t k = 2; k < rows[i].size; k++)
            if ((p[k] & 0xc0) != 0x80)
                return 0;
        return rows[i].size;
    }
    return 0;
}

/* C1 is what a terminal may take for the beginning of a command; the last two of the first plane are no characters of XML. */
static int is_odd(const uint8_t *p, size_t size) {
    return p[0] < 32 || p[0] == 127 || (size == 2 && p[0] == 0xc2 && p[1] < 0xa0) ||
           (size == 3 && p[0] == 0xef && p[1] == 0xbf && p[2] >= 0xbe);
}

char *vc_clean(char *text) {
    uint8_t *to = (uint8_t *)text;
    const uint8_t *from = to;
    for (size_t left = strlen(text), size; left > 0; from += size, left -= size) {
        size_t good = vc_character(from, left);
        size = good ? good : 1;
        if (!good || is_odd(from, size)) {
            *to++ = '?';
        } else {
            memmove(to, from, size);
            to += size;
        }
    }
    *to = 0;
    return text;
}

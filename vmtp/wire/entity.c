/* SPDX-License-Identifier: BSD-2-Clause */
/* Entity identifiers as text: 0123-4567-89ab-cdef. */
#include <vmtp/wire.h>

#define DIGITS 16u

char *vmtp_entity_format(char buf[VMTP_ENTITY_TEXT], vmtp_entity e) {
    char *p = buf;
    for (unsigned i = 0; i < DIGITS; i++) {
        if (i != 0 && i % 4 == 0)
            *p++ = '-';
        *p++ = "0123456789abcdef"[(e >> (60 - 4 * i)) & 15u];
    }
    *p = '\0';
    return buf;
}

/* The locale's idea of a digit is of no interest here. */
static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/*
 * With dashes the form must be complete, four groups of four: in "1234-5678" nobody can tell which half is meant.
 * Without dashes up to sixteen digits are a plain hexadecimal number.
 */
int vmtp_entity_parse(vmtp_entity *out, const char *text) {
    vmtp_entity e = 0;
    unsigned digits = 0, dashes = 0;
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
        text += 2;
    for (; *text; text++) {
        if (*text == '-') {
            if (digits != 4 * (dashes + 1))
                return -1;
            dashes++;
            continue;
        }
        int digit = hex_digit(*text);
        if (digit < 0 || ++digits > DIGITS)
            return -1;
        e = (e << 4) | (unsigned)digit;
    }
    if (digits == 0 || (dashes != 0 && (dashes != 3 || digits != DIGITS)))
        return -1;
    *out = e;
    return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* A program that needs nothing but the leaf library. */
#include <string.h>

#include <vmtp/wire.h>

int main(void) {
    char text[VMTP_ENTITY_TEXT];
    vmtp_entity back;
    if (strcmp(vmtp_entity_format(text, 0x0123456789abcdefULL), "0123-4567-89ab-cdef") != 0)
        return 1;
    return vmtp_entity_parse(&back, text) != 0 || back != 0x0123456789abcdefULL;
}

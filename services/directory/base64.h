/* SPDX-License-Identifier: BSD-2-Clause */
/* base64.h - octets as they stand in JSON (RFC 4648 section 4). */
#ifndef DIRECTORY_BASE64_H
#define DIRECTORY_BASE64_H

#include <stddef.h>

#define BASE64_TEXT(octets) (((octets) + 2) / 3 * 4 + 1)

/* text has room for BASE64_TEXT(size). */
void base64_encode(char *text, const void *octets, size_t size);
/* -1 when text is not the base64 of anything, or of more than room octets; else how many there are. */
int base64_decode(void *octets, size_t room, const char *text, size_t length);

#endif

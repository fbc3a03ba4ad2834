/* SPDX-License-Identifier: BSD-2-Clause */
/* text.h - what somebody sent as text that terminals, TAP, XML and JSON take. */
#ifndef VC_TEXT_H
#define VC_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* Octets of the well-formed UTF-8 character at p, of which left are there; 0: there is none, or it is an octet 0. */
size_t vc_character(const uint8_t *p, size_t left);
/* Puts ? for each control character and each octet that is not UTF-8; returns text. */
char *vc_clean(char *text);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* text.h - things as people and programs read them. */
#ifndef VNET_TEXT_H
#define VNET_TEXT_H

#include <jansson.h>

#include <vmtp/frame.h>

#define TEXT_CODE 48
#define TEXT_DURATION 32
#define TEXT_MAC 18
#define TEXT_SIZE 32

/* All write to buf and return it. */
char *text_code(char buf[TEXT_CODE], uint32_t response_code); /* "BUSY", "code 0x800207" */
char *text_duration(char buf[TEXT_DURATION], vmtp_time t);    /* "12.3 us" */
char *text_mac(char buf[TEXT_MAC], const uint8_t mac[6]);
char *text_size(char buf[TEXT_SIZE], uint64_t octets); /* "16.0 MiB" */

/* 1 and mac when text is an Ethernet address such as 02:00:5e:00:00:01. */
int text_parse_mac(uint8_t mac[6], const char *text);

json_t *json_entity(vmtp_entity e);
json_t *json_mac(const uint8_t mac[6]);
json_t *json_code(uint32_t response_code);
/* Any text: octets that are not UTF-8 become U+FFFD, because JSON cannot hold them. */
json_t *json_text(const char *text);
/*
 * Prints one line, and gives the object back.  VNET_OK, or VNET_FAILED after a message when object is NULL (memory ran out).  What
 * cannot be written is said at the end of main.
 */
int json_print(json_t *object);
/* The same, at once. */
int json_line(json_t *object);

#endif

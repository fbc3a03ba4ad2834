/* SPDX-License-Identifier: BSD-2-Clause */
#include "text.h"
#include "vnet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *text_code(char buf[TEXT_CODE], uint32_t response_code) {
    const char *name = vmtp_response_code_name(response_code & VMTP_CODE_MASK);
    if (name)
        snprintf(buf, TEXT_CODE, "%s", name);
    else
        snprintf(buf, TEXT_CODE, "code 0x%06x", response_code & VMTP_CODE_MASK);
    return buf;
}

char *text_duration(char buf[TEXT_DURATION], vmtp_time t) {
    double ns = (double)t;
    if (t < 1000)
        snprintf(buf, TEXT_DURATION, "%.0f ns", ns);
    else if (t < VMTP_MILLISECOND)
        snprintf(buf, TEXT_DURATION, "%.1f us", ns / 1e3);
    else if (t < VMTP_SECOND)
        snprintf(buf, TEXT_DURATION, "%.1f ms", ns / 1e6);
    else
        snprintf(buf, TEXT_DURATION, "%.1f s", ns / 1e9);
    return buf;
}

char *text_mac(char buf[TEXT_MAC], const uint8_t mac[6]) {
    snprintf(buf, TEXT_MAC, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
    return buf;
}

char *text_size(char buf[TEXT_SIZE], uint64_t octets) {
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = (double)octets;
    int unit = -1;
    while (value >= 1024 && unit < 5)
        value /= 1024, unit++;
    if (unit < 0)
        snprintf(buf, TEXT_SIZE, "%llu octets", (unsigned long long)octets);
    else
        snprintf(buf, TEXT_SIZE, "%.1f %s", value, units[unit]);
    return buf;
}

int text_parse_mac(uint8_t mac[6], const char *text) {
    unsigned v[6];
    int end = 0;
    if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &end) != 6 || text[end])
        return 0;
    for (int i = 0; i < 6; i++)
        mac[i] = (uint8_t)v[i];
    return 1;
}

json_t *json_entity(vmtp_entity e) {
    char buf[VMTP_ENTITY_TEXT];
    return json_string(vmtp_entity_format(buf, e));
}

json_t *json_mac(const uint8_t mac[6]) {
    char buf[TEXT_MAC];
    return json_string(text_mac(buf, mac));
}

json_t *json_code(uint32_t response_code) {
    char buf[TEXT_CODE];
    return json_string(text_code(buf, response_code));
}

/* Length of the UTF-8 character at text, 0: there is none. */
static size_t character(const unsigned char *text) {
    /* What the second octet may be says which encodings are too long, surrogates, or beyond U+10FFFF (RFC 3629). */
    unsigned least = 0x80, most = 0xbf;
    size_t length = 1;
    if (text[0] < 0x80)
        return 1;
    if (text[0] >= 0xc2 && text[0] <= 0xdf)
        length = 2;
    else if (text[0] >= 0xe0 && text[0] <= 0xef)
        length = 3;
    else if (text[0] >= 0xf0 && text[0] <= 0xf4)
        length = 4;
    else
        return 0;
    least = text[0] == 0xe0 ? 0xa0 : text[0] == 0xf0 ? 0x90 : least;
    most = text[0] == 0xed ? 0x9f : text[0] == 0xf4 ? 0x8f : most;
    for (size_t i = 1; i < length; i++, least = 0x80, most = 0xbf)
        if (text[i] < least || text[i] > most)
            return 0;
    return length;
}

json_t *json_text(const char *text) {
    static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */
    const size_t size = strlen(replacement);
    char *clean = malloc(strlen(text) * size + 1), *at = clean;
    if (!clean)
        return NULL;
    while (*text) {
        size_t length = character((const unsigned char *)text);
        memcpy(at, length ? text : replacement, length ? length : size);
        at += length ? length : size;
        text += length ? length : 1;
    }
    *at = 0;
    json_t *string = json_string(clean);
    free(clean);
    return string;
}

int json_print(json_t *object) {
    char *text = object ? json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;
    json_decref(object);
    if (!text)
        return vnet_fail("cannot print JSON: out of memory");
    puts(text);
    free(text);
    return VNET_OK;
}

int json_line(json_t *object) {
    int code = json_print(object);
    vnet_flush();
    return code;
}

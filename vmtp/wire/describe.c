/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One line about a packet, such as
 *
 *   Request QueryVMTPNode tx 7 client 0123-4567-89ab-cd02 server 4000-0001-e000-0100 flags MPG CRE PIC
 *   Response OK tx 8 client ... server ... flags SDA segment 2000 blocks 0x00000003 data 1024
 *
 * snprintf would do, but a trace of every frame deserves better, and this library calls nothing but memcpy.
 */
#include <vmtp/wire.h>

/* Where the next character goes.  used counts on behind the end, as snprintf does. */
struct line {
    char *buf;
    size_t size;
    size_t used;
};

static void put_char(struct line *l, char c) {
    if (l->used + 1 < l->size)
        l->buf[l->used] = c;
    l->used++;
}

static void put_text(struct line *l, const char *text) {
    while (*text)
        put_char(l, *text++);
}

static void put_decimal(struct line *l, uint32_t value) {
    char digits[10];
    unsigned n = 0;
    do {
        digits[n++] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    while (n > 0)
        put_char(l, digits[--n]);
}

static void put_hex(struct line *l, uint32_t value, unsigned digits) {
    put_text(l, "0x");
    while (digits-- > 0)
        put_char(l, "0123456789abcdef"[(value >> (4 * digits)) & 15u]);
}

static void put_number(struct line *l, const char *label, uint32_t value) {
    put_text(l, label);
    put_decimal(l, value);
}

static void put_mask(struct line *l, const char *label, uint32_t value) {
    put_text(l, label);
    put_hex(l, value, 8);
}

static void put_entity(struct line *l, const char *label, vmtp_entity e) {
    char text[VMTP_ENTITY_TEXT];
    put_text(l, label);
    put_text(l, vmtp_entity_format(text, e));
}

static void put_flag(struct line *l, int *any, const char *word) {
    put_text(l, *any ? " " : " flags ");
    put_text(l, word);
    *any = 1;
}

#define FLAG_IF(symbol, value, word)                                                                                   \
    if (bits & (value))                                                                                                \
        put_flag(l, &any, word);

static void put_packet_flags(struct line *l, const uint8_t *h) {
    int any = 0;
    uint32_t bits = vmtp_get_packet_flags(h);
    VMTP_PACKET_FLAG_LIST(FLAG_IF)
}

/* Bits that are reserved in a Response have the names they have in a Request: what is odd should be seen. */
static void put_flags(struct line *l, const uint8_t *h) {
    int any = 0;
    uint32_t bits = vmtp_get_packet_flags(h);
    VMTP_PACKET_FLAG_LIST(FLAG_IF)
    bits = vmtp_get_control(h);
    VMTP_CONTROL_FLAG_LIST(FLAG_IF)
    bits = vmtp_get_code(h);
    VMTP_CODE_FLAG_LIST(FLAG_IF)
}

static void put_function(struct line *l, const uint8_t *h) {
    int response = vmtp_get_function(h) == VMTP_RESPONSE;
    uint32_t code = vmtp_get_code(h) & VMTP_CODE_MASK;
    const char *name = response ? vmtp_response_code_name(code) : vmtp_request_code_name(code);
    put_text(l, response ? "Response " : "Request ");
    if (name)
        put_text(l, name);
    else
        put_hex(l, code, 6);
}

static void put_counts(struct line *l, const uint8_t *h) {
    if (vmtp_get_retransmit_count(h))
        put_number(l, " retransmit ", vmtp_get_retransmit_count(h));
    if (vmtp_get_forward_count(h))
        put_number(l, " forward ", vmtp_get_forward_count(h));
    if (vmtp_get_gap(h))
        put_number(l, vmtp_get_function(h) == VMTP_RESPONSE ? " pgcount " : " gap ", vmtp_get_gap(h));
    if (vmtp_get_priority(h))
        put_number(l, " priority ", vmtp_get_priority(h));
}

static void put_segment(struct line *l, const struct vmtp_view *view) {
    const uint8_t *h = view->header;
    uint32_t code = vmtp_get_code(h);
    if (code & VMTP_SDA) {
        put_number(l, " segment ", vmtp_get_segment_size(h));
        put_mask(l, " blocks ", vmtp_get_delivery(h));
        put_number(l, " data ", view->data_octets);
    } else if (vmtp_get_delivery(h) != 0 || view->data_octets != 0) {
        put_mask(l, " blocks ", vmtp_get_delivery(h));
        put_number(l, " data ", view->data_octets);
        put_text(l, " without SDA");
    }
    if (code & VMTP_MDM)
        put_mask(l, " wanted ", vmtp_get_msg_delivery(h));
}

/* What a Notify says of another packet: RETRY about whose transaction, and which blocks are there. */
static void put_notify(struct line *l, const uint8_t *h) {
    uint32_t code24 = vmtp_get_code(h) & VMTP_CODE_MASK, code = vmtp_load32(h + 60) & VMTP_CODE_MASK;
    int to_server = code24 == (VMTP_NOTIFY_VMTP_SERVER & VMTP_CODE_MASK);
    const char *name = vmtp_response_code_name(code);
    put_text(l, " says ");
    if (name)
        put_text(l, name);
    else
        put_hex(l, code, 6);
    put_entity(l, to_server ? " to server " : " to client ", vmtp_load64(h + 36));
    if (to_server)
        put_entity(l, " of client ", vmtp_load64(h + 44));
    put_number(l, " tx ", vmtp_load32(h + 52));
    put_mask(l, " has ", vmtp_load32(h + 56));
}

static int is_notify(const uint8_t *h) {
    uint32_t code24 = vmtp_get_code(h) & VMTP_CODE_MASK;
    return vmtp_get_function(h) == VMTP_REQUEST && code24 >= (VMTP_NOTIFY_VMTP_CLIENT & VMTP_CODE_MASK) &&
           code24 <= (VMTP_NOTIFY_REMOTE_VMTP_CLIENT & VMTP_CODE_MASK);
}

static void put_packet(struct line *l, const struct vmtp_view *view) {
    const uint8_t *h = view->header;
    put_function(l, h);
    put_number(l, " tx ", vmtp_get_transaction(h));
    put_entity(l, " client ", vmtp_get_client(h));
    put_entity(l, " server ", vmtp_get_server(h));
    put_flags(l, h);
    put_counts(l, h);
    put_segment(l, view);
    if (is_notify(h))
        put_notify(l, h);
    else if (vmtp_get_function(h) == VMTP_REQUEST && (vmtp_get_code(h) & VMTP_CRE))
        put_entity(l, " coresident ", vmtp_get_coresident(h));
}

/* Behind the word at octet 8 an encrypted packet shows nothing. */
static void put_encrypted(struct line *l, const struct vmtp_view *view) {
    put_text(l, "Encrypted");
    put_entity(l, " client ", vmtp_get_client(view->header));
    put_packet_flags(l, view->header);
    put_number(l, " data ", view->data_octets);
}

int vmtp_packet_describe(char *buf, size_t size, const struct vmtp_view *view) {
    struct line l = {buf, size, 0};
    if (vmtp_get_packet_flags(view->header) & VMTP_EPG)
        put_encrypted(&l, view);
    else
        put_packet(&l, view);
    if (vmtp_get_domain(view->header) != VMTP_DOMAIN)
        put_number(&l, " domain ", vmtp_get_domain(view->header));
    if (view->checksum == 0)
        put_text(&l, " no checksum");
    if (size > 0)
        buf[l.used < size ? l.used : size - 1] = '\0';
    return (int)l.used;
}

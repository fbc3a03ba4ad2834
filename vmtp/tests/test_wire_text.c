/* SPDX-License-Identifier: BSD-2-Clause */
/* Text for people: entity identifiers in and out, names of codes, the line about a packet, errors. */
#include "wire_testing.h"

#include <vmtp/errors.h>

/* VMTP-4.4-01 */
START_TEST(entities_are_written_in_groups_of_four) {
    char buf[VMTP_ENTITY_TEXT];
    ck_assert_str_eq(vmtp_entity_format(buf, 0x0123456789abcdefu), "0123-4567-89ab-cdef");
    ck_assert_str_eq(vmtp_entity_format(buf, 0), "0000-0000-0000-0000");
    ck_assert_str_eq(vmtp_entity_format(buf, UINT64_MAX), "ffff-ffff-ffff-ffff");
    ck_assert_str_eq(vmtp_entity_format(buf, VMTP_MANAGER_GROUP), "4000-0001-e000-0100");
}
END_TEST

static const struct {
    const char *text;
    vmtp_entity entity;
} good_texts[] = {
    {"0123-4567-89ab-cdef", 0x0123456789abcdefu},
    {"0123-4567-89AB-CDEF", 0x0123456789abcdefu},
    {"0123456789abcdef", 0x0123456789abcdefu},
    {"0x0123456789AbCdEf", 0x0123456789abcdefu},
    {"0X0123-4567-89ab-cdef", 0x0123456789abcdefu},
    {"0", 0},
    {"00", 0},
    {"0x0", 0},
    {"f", 15},
    {"40000001e0000100", 0x40000001e0000100u},
    {"1e0000180", 0x1e0000180u},
    {"0x1E0000180", 0x1e0000180u},
    {"ffff-ffff-ffff-ffff", UINT64_MAX},
};

static const char *const bad_texts[] = {
    "",
    "0x",
    "0X",
    "x",
    "-",
    "g",
    " 1",
    "1 ",
    "1\n",
    "+1",
    "-1",
    "0x-1",
    "0x0x1",
    "1x0",
    "12345678901234567",
    "00000000000000000",
    "0123-4567-89ab-cde",
    "0123-4567-89ab-cdef0",
    "0123-4567-89ab-",
    "0123-4567-89ab-cdef-",
    "-0123-4567-89ab-cdef",
    "0123-4567",
    "0123-456789abcdef",
    "01234567-89ab-cdef",
    "012-34567-89ab-cdef",
    "0123--4567-89ab-cdef",
    "0123-4567-89ab-cdeg",
    "0123:4567:89ab:cdef",
    "0123-4567-89ab-cdef ",
    "\xc3\xa9",
};

/* VMTP-4.4-02 */
START_TEST(entities_are_read) {
    for (size_t i = 0; i < sizeof good_texts / sizeof *good_texts; i++) {
        vmtp_entity e = 1234567;
        ck_assert_msg(vmtp_entity_parse(&e, good_texts[i].text) == 0, "%s", good_texts[i].text);
        ck_assert_uint_eq(e, good_texts[i].entity);
    }
}
END_TEST

/* VMTP-4.4-02 */
START_TEST(what_is_not_wholly_an_entity_is_refused) {
    for (size_t i = 0; i < sizeof bad_texts / sizeof *bad_texts; i++) {
        vmtp_entity e = 1234567;
        ck_assert_msg(vmtp_entity_parse(&e, bad_texts[i]) == -1, "\"%s\"", bad_texts[i]);
        ck_assert_uint_eq(e, 1234567);
    }
}
END_TEST

START_TEST(entities_survive_text) {
    uint64_t seed = 1;
    for (int round = 0; round < 20000; round++) {
        char buf[VMTP_ENTITY_TEXT];
        vmtp_entity e = random64(&seed) >> random_below(&seed, 64), back = ~e;
        ck_assert_uint_eq(strlen(vmtp_entity_format(buf, e)), 19);
        ck_assert_int_eq(vmtp_entity_parse(&back, buf), 0);
        ck_assert_uint_eq(back, e);
    }
}
END_TEST

/* VMTP-4.1-02, VMTP-4.2-01 */
START_TEST(groups_are_recognised) {
    ck_assert(vmtp_is_group(VMTP_MANAGER_GROUP));
    ck_assert(!vmtp_is_group(VMTP_DEFAULT_BE_CLIENT));
    ck_assert(!vmtp_is_group(VMTP_DEFAULT_LE_CLIENT));
    ck_assert(!vmtp_is_group(0xbfffffffffffffffu));
}
END_TEST

/* VMTP-2.3-01 */
START_TEST(groups_have_ethernet_addresses) {
    static const uint8_t managers[6] = {0x09, 0x00, 0x56, 0x00, 0x01, 0x00};
    static const uint8_t other[6] = {0x09, 0x00, 0x56, 0xab, 0xcd, 0xef};
    uint8_t mac[6];
    vmtp_group_mac(mac, VMTP_MANAGER_GROUP);
    ck_assert_mem_eq(mac, managers, 6);
    vmtp_group_mac(mac, 0x4123456789abcdefu);
    ck_assert_mem_eq(mac, other, 6);
}
END_TEST

START_TEST(names_of_codes) {
    ck_assert_str_eq(vmtp_response_code_name(VMTP_OK), "OK");
    ck_assert_str_eq(vmtp_response_code_name(4), "NONEXISTENT_ENTITY");
    ck_assert_str_eq(vmtp_response_code_name(24), "NO_AUTHENTICATOR");
    ck_assert_ptr_null(vmtp_response_code_name(25));
    ck_assert_ptr_null(vmtp_response_code_name(0x7fffff));
    ck_assert_str_eq(vmtp_request_code_name(0x101), "ProbeEntity");
    ck_assert_str_eq(vmtp_request_code_name(0x10f), "NotifyVmtpClient");
    ck_assert_str_eq(vmtp_request_code_name(0x111), "NotifyRemoteVmtpClient");
    ck_assert_ptr_null(vmtp_request_code_name(0x100));
    ck_assert_ptr_null(vmtp_request_code_name(0));
}
END_TEST

/* VMTP-3.3-02: flags in the high octet, of whichever generation, do not matter: codes are told apart by 24 bits. */
START_TEST(names_ignore_flags) {
    ck_assert_str_eq(vmtp_request_code_name(VMTP_PROBE_ENTITY), "ProbeEntity");
    ck_assert_str_eq(vmtp_request_code_name(0x0d000108), "QueryEntity");
    ck_assert_str_eq(vmtp_response_code_name(VMTP_DGM | VMTP_SDA | VMTP_BUSY), "BUSY");
}
END_TEST

/* ---- the line about a packet ---- */

static uint8_t packet[VMTP_MIN_PACKET + 1024];

static struct vmtp_view view_of(const struct vmtp_header *fields, uint32_t data_octets, int with_checksum) {
    struct vmtp_view view;
    memset(packet, 0, sizeof packet);
    vmtp_header_encode(packet, fields);
    if (with_checksum)
        vmtp_store32(packet + 64 + data_octets, vmtp_checksum(packet, 64 + data_octets));
    ck_assert_int_eq(vmtp_view_init(&view, packet, 68 + data_octets), VMTP_PACKET_OK);
    return view;
}

static void assert_described(const struct vmtp_header *fields, uint32_t data_octets, int with_checksum,
                             const char *expected) {
    char line[400];
    struct vmtp_view view = view_of(fields, data_octets, with_checksum);
    int length = vmtp_packet_describe(line, sizeof line, &view);
    ck_assert_str_eq(line, expected);
    ck_assert_int_eq(length, (int)strlen(expected));
}

START_TEST(packets_are_described) {
    struct vmtp_header f = {.client = 0x0a11ce5eed004240u,
                            .domain = 3,
                            .transaction = 7,
                            .server = 0x0b0b5e771e579940u,
                            .code = VMTP_PIC | 0x101};
    assert_described(&f, 0, 1,
                     "Request ProbeEntity tx 7 client 0a11-ce5e-ed00-4240 server 0b0b-5e77-1e57-9940 flags PIC");
    f.code = 0xabcdef & VMTP_CODE_MASK;
    f.domain = 1;
    assert_described(&f, 0, 0,
                     "Request 0xabcdef tx 7 client 0a11-ce5e-ed00-4240 server 0b0b-5e77-1e57-9940"
                     " domain 1 no checksum");
    f.domain = 3, f.function = VMTP_RESPONSE, f.code = VMTP_SDA | VMTP_MDM | VMTP_OK;
    f.flags = VMTP_APG | VMTP_NRS, f.retransmit = 2, f.forward = 1, f.gap = 3, f.priority = 12;
    f.delivery = 3, f.words[5] = 0x0f, f.words[6] = 2000, f.length = 256;
    assert_described(&f, 1024, 1,
                     "Response OK tx 7 client 0a11-ce5e-ed00-4240 server 0b0b-5e77-1e57-9940"
                     " flags NRS APG MDM SDA retransmit 2 forward 1 pgcount 3 priority 12"
                     " segment 2000 blocks 0x00000003 data 1024 wanted 0x0000000f");
}
END_TEST

START_TEST(notifies_say_what_they_say) {
    struct vmtp_header f = {.domain = 3,
                            .server = VMTP_MANAGER_GROUP,
                            .code = VMTP_NOTIFY_VMTP_SERVER,
                            .words = {0, 0xee41u, 0, 0x6640u, 7, 0x1fu, VMTP_RETRY}};
    assert_described(
        &f, 0, 1,
        "Request NotifyVmtpServer tx 0 client 0000-0000-0000-0000 server 4000-0001-e000-0100 flags DGM CRE PIC"
        " says RETRY to server 0000-0000-0000-ee41 of client 0000-0000-0000-6640 tx 7 has 0x0000001f");
    f.words[6] = 0x123;
    f.code = VMTP_NOTIFY_REMOTE_VMTP_CLIENT;
    assert_described(
        &f, 0, 1,
        "Request NotifyRemoteVmtpClient tx 0 client 0000-0000-0000-0000 server 4000-0001-e000-0100 flags DGM PIC"
        " says 0x000123 to client 0000-0000-0000-ee41 tx 7 has 0x0000001f");
}
END_TEST

START_TEST(what_is_odd_is_shown) {
    struct vmtp_header f = {.domain = 3,
                            .transaction = 4294967295u,
                            .delivery = 1,
                            .mpg = 1,
                            .code = VMTP_CRE | 0x10f,
                            .words = {0x01020304u, 0x05060708u}};
    assert_described(&f, 0, 1,
                     "Request NotifyVmtpClient tx 4294967295 client 0000-0000-0000-0000"
                     " server 0000-0000-0000-0000 flags MPG CRE blocks 0x00000001 data 0 without SDA"
                     " says OK to client 0102-0304-0506-0708 tx 0 has 0x00000000");
}
END_TEST

/* Of an encrypted packet nothing behind octet 11 means anything. */
START_TEST(encrypted_packets_are_described) {
    struct vmtp_header f = {.client = 5, .domain = 3, .epg = 1, .transaction = 99, .code = 0x101, .length = 2};
    assert_described(&f, 8, 1, "Encrypted client 0000-0000-0000-0005 flags EPG data 8");
}
END_TEST

/* All sizes from nothing to more than enough, random packets: never a character behind the end. */
START_TEST(description_never_overflows) {
    uint64_t seed = 2;
    for (int round = 0; round < 200; round++) {
        char whole[1000], buf[402];
        struct vmtp_view view;
        random_octets(&seed, packet, VMTP_MIN_PACKET + 8);
        packet[8] &= 0x1f;
        if (round % 4)
            packet[10] &= (uint8_t)~0x40u;
        ck_assert_int_eq(vmtp_view_init(&view, packet, VMTP_MIN_PACKET + 8), VMTP_PACKET_OK);
        int needed = vmtp_packet_describe(whole, sizeof whole, &view);
        ck_assert_int_eq(needed, (int)strlen(whole));
        for (size_t size = 0; size <= 400; size++) {
            memset(buf, 0x7e, sizeof buf);
            ck_assert_int_eq(vmtp_packet_describe(buf + 1, size, &view), needed);
            ck_assert_int_eq(buf[0], 0x7e);
            ck_assert_int_eq(buf[1 + size], 0x7e);
            if (size > 0) {
                size_t kept = (size_t)needed < size ? (size_t)needed : size - 1;
                ck_assert_mem_eq(buf + 1, whole, kept);
                ck_assert_int_eq(buf[1 + kept], '\0');
            }
        }
        ck_assert_int_eq(vmtp_packet_describe(NULL, 0, &view), needed);
    }
}
END_TEST

/* ---- errors ---- */

START_TEST(errors_have_texts) {
    const int errors[] = {
        VMTP_E_OK,          VMTP_E_AGAIN,  VMTP_E_FULL,       VMTP_E_NOT_READY,    VMTP_E_TIMEOUT, VMTP_E_CANCELLED,
        VMTP_E_INVALID,     VMTP_E_STALE,  VMTP_E_NO_ENTITY,  VMTP_E_EXISTS,       VMTP_E_IN_CALL, VMTP_E_TOO_LARGE,
        VMTP_E_UNSUPPORTED, VMTP_E_SYSTEM, VMTP_E_PERMISSION, VMTP_E_NO_INTERFACE, VMTP_E_DOWN,    VMTP_E_MEMORY};
    const size_t count = sizeof errors / sizeof *errors;
    for (size_t i = 0; i < count; i++) {
        const char *text = vmtp_error_text(errors[i]);
        ck_assert_str_ne(text, "unknown error");
        ck_assert_int_ne(text[strlen(text) - 1], '.');
        for (size_t k = 0; k < i; k++)
            ck_assert_str_ne(text, vmtp_error_text(errors[k]));
    }
    ck_assert_str_eq(vmtp_error_text(1), "unknown error");
    ck_assert_str_eq(vmtp_error_text(-1000), "unknown error");
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("wire text");
    TCase *t = tcase_create("text");
    tcase_add_test(t, entities_are_written_in_groups_of_four);
    tcase_add_test(t, entities_are_read);
    tcase_add_test(t, what_is_not_wholly_an_entity_is_refused);
    tcase_add_test(t, entities_survive_text);
    tcase_add_test(t, groups_are_recognised);
    tcase_add_test(t, groups_have_ethernet_addresses);
    tcase_add_test(t, names_of_codes);
    tcase_add_test(t, names_ignore_flags);
    tcase_add_test(t, packets_are_described);
    tcase_add_test(t, notifies_say_what_they_say);
    tcase_add_test(t, what_is_odd_is_shown);
    tcase_add_test(t, encrypted_packets_are_described);
    tcase_add_test(t, description_never_overflows);
    tcase_add_test(t, errors_have_texts);
    suite_add_tcase(s, t);
    return s;
}

int main(void) { return run_suite(suite()); }

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_protocol.h - the test service of spec/testing.md as numbers: for the service and for those who use it.
 */
#ifndef VSUITE_TEST_PROTOCOL_H
#define VSUITE_TEST_PROTOCOL_H

#include <vmtp/wire.h>

/* VMTP_TEST_NULL, VMTP_TEST_ECHO ...: the low 24 bits of the Code. */
#define VTEST_CODE_ENUM(symbol, number, word) symbol = (number),
enum vtest_code { VMTP_TEST_CODE_LIST(VTEST_CODE_ENUM) VTEST_CODE_END };
#undef VTEST_CODE_ENUM

#define VTEST_INTERFACE (VMTP_TEST_NULL >> 8)
#define VTEST_IDEMPOTENT 0x80u /* in the procedure octet */
#define VTEST_VERSION 3u

#define VTEST_DELAY_MAX_US 60000000u
#define VTEST_NAME_MAX 1024u

/* Segment of the Response to MIRROR (section 4.4). */
enum vtest_mirror_offset {
    VTEST_MIRROR_CLIENT = 0,
    VTEST_MIRROR_TRANSACTION = 8,
    VTEST_MIRROR_PRIORITY = 12,
    VTEST_MIRROR_SERVER = 16,
    VTEST_MIRROR_CODE = 24,
    VTEST_MIRROR_WORDS = 28,
    VTEST_MIRROR_SIZE = 56,
    VTEST_MIRROR_CRC = 60,
    VTEST_MIRROR_SOURCE = 64,
    VTEST_MIRROR_FORWARDS = 70, /* an octet */
    VTEST_MIRROR_DELIVERED = 72,
    VTEST_MIRROR_SEQUENCE = 76,
    VTEST_MIRROR_OCTETS = 80
};

/* Head of the segments of CALL's Request and Response (section 4.6), and of FORWARD's Request (section 4.13). */
enum vtest_call_offset {
    VTEST_CALL_SERVER = 0,
    VTEST_CALL_CODE = 8,
    VTEST_CALL_CONTROL = 12, /* Response: result */
    VTEST_CALL_WORDS = 16,
    VTEST_CALL_DEADLINE = 44, /* Response: octets of the segment */
    VTEST_CALL_CAPACITY = 48, /* Response: its CRC-32 */
    VTEST_CALL_COUNTS = 52,   /* Requests of the run << 16 | Responses to report.  Response: microseconds */
    VTEST_CALL_HEAD = 56
};
/* Each Response of a call with several. */
enum vtest_result_offset {
    VTEST_RESULT_SERVER = 0,
    VTEST_RESULT_CODE = 8,
    VTEST_RESULT_RESULT = 12,
    VTEST_RESULT_NUMBER = 16,
    VTEST_RESULT_SIZE = 20,
    VTEST_RESULT_CRC = 24,
    VTEST_RESULT_TIME = 28,
    VTEST_RESULT_OCTETS = 32
};
#define VTEST_CALL_DEADLINE_MAX_MS 60000u
#define VTEST_CALL_CLIENTS 12u /* eight of its own, and the service's entities 0 to 3 */
#define VTEST_CALL_OWN_CLIENTS 8u
#define VTEST_CALL_RESULTS 64u
#define VTEST_CALL_RUN 16u

/* Word 2 of SOURCE (section 4.1). */
enum vtest_source_flag {
    VTEST_SOURCE_NRT = VMTP_TEST_FORM_NRT,
    VTEST_SOURCE_HCO = VMTP_TEST_FORM_HCO,
    VTEST_SOURCE_MDM = VMTP_TEST_FORM_MDM,
    VTEST_SOURCE_ALL = VTEST_SOURCE_NRT | VTEST_SOURCE_HCO | VTEST_SOURCE_MDM
};

/* Word 2 of CALL (section 4.6). */
enum vtest_call_flag {
    VTEST_CALL_BRIEF = VMTP_TEST_CALL_BRIEF,
    VTEST_CALL_PARTIAL = VMTP_TEST_CALL_PARTIAL,
    VTEST_CALL_HCO = VMTP_TEST_CALL_HCO,
    VTEST_CALL_RESUME = VMTP_TEST_CALL_RESUME,
    VTEST_CALL_ALL = VTEST_CALL_BRIEF | VTEST_CALL_PARTIAL | VTEST_CALL_HCO | VTEST_CALL_RESUME
};

/* Word 1 of SEQUENCE (section 4.9). */
enum vtest_sequence_flag {
    VTEST_SEQUENCE_ANEW = VMTP_TEST_SEQUENCE_ANEW,
    VTEST_SEQUENCE_BATCH = VMTP_TEST_SEQUENCE_BATCH
};

#define VTEST_TELL_MOST 512u /* octets of the segment of a Response to TELL (section 4.15) */
#define VTEST_HEARD_MOST 64u /* Responses of others that it reports */

/* Word 0 of STAT (section 4.11). */
enum vtest_stat_part {
    VTEST_STAT_FIGURES = VMTP_TEST_STAT_FIGURES,
    VTEST_STAT_TRANSACTIONS = VMTP_TEST_STAT_TRANSACTIONS,
    VTEST_STAT_RECORDS = VMTP_TEST_STAT_RECORDS,
    VTEST_STAT_ALL = VTEST_STAT_FIGURES | VTEST_STAT_TRANSACTIONS | VTEST_STAT_RECORDS
};

/* Segment of the Response to IDENTIFY (section 4.7). */
#define VTEST_IDENTIFY_SET 32u
#define VTEST_IDENTIFY_NAME_MAX 64u

/* Writes the first size octets of the pattern of seed (section 1.3). */
void vtest_pattern(void *out, size_t size, uint32_t seed);

/* CRC-32 of IEEE 802.3 (section 1.2). */
uint32_t vtest_crc32(const void *octets, size_t size);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The test service's files: spec/testing.md section 5.  The node serves the directory of section 5.4. */
#include <string.h>

#include "../case.h"
#include "../files.h"

#define FILES "test-service files"

static struct vc_packet named(struct vc_test *t, uint32_t code, const char *name, size_t length) {
    static uint8_t segment[1200];
    struct vc_packet request = vc_request(t, code);
    memset(segment, 0, sizeof segment);
    memcpy(segment, name, length);
    if (length)
        vc_carry(&request, segment, (uint32_t)length, vc_all_blocks((uint32_t)length));
    return request;
}

static void refused(struct vc_test *t, const char *id, struct vc_packet request, uint32_t code) {
    vc_send(t, &request);
    struct vc_packet *answer = vc_want_response(t, id, &request, code);
    vc_check(t, id, !(answer->code & VMTP_SDA), "no segment", "SDA");
}

static struct vc_packet *stat_of(struct vc_test *t, const char *id, const char *name) {
    struct vc_packet request = named(t, VMTP_TEST_FILE_STAT, name, strlen(name));
    vc_send(t, &request);
    return vc_want_response(t, id, &request, VMTP_OK);
}

static void stat(struct vc_test *t) {
    struct vc_packet *answer = stat_of(t, "TEST-5.2-01", "pattern"), *again;
    vc_equal(t, "TEST-5.2-01", "size", VC_FILES_PATTERN, vc_pair(answer->words));
    again = stat_of(t, "TEST-5.2-01", "pattern");
    vc_equal(t, "TEST-5.2-01", "the same version", vc_pair(answer->words + 2), vc_pair(again->words + 2));
    vc_equal(t, "TEST-5.2-01", "size of an empty file", 0, vc_pair(stat_of(t, "TEST-5.2-01", "empty")->words));
    vc_equal(t, "TEST-5.2-01", "size of one further down", 100,
             vc_pair(stat_of(t, "TEST-5.2-01", "under/pattern")->words));
}

static void names(struct vc_test *t) {
    static const char *const bad[] = {"",  "/pattern",  "pattern/", "under//pattern",
                                      ".", "./pattern", "..",       "under/../pattern"};
    static const char *const outside[] = {"outside", ("up/" VC_FILES_OUTSIDE), "nothing", "under/nothing",
                                          "pattern/under"};
    static const uint32_t codes[] = {VMTP_TEST_FILE_STAT, VMTP_TEST_FILE_READ};
    static char longest[1025];
    memset(longest, 'a', sizeof longest);
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned j = 0; j < sizeof bad / sizeof bad[0]; j++)
            refused(t, "TEST-5.1-01", named(t, codes[i], bad[j], strlen(bad[j])), VMTP_TEST_BAD_ARGUMENT);
        refused(t, "TEST-5.1-01", named(t, codes[i], "pat\0tern", 8), VMTP_TEST_BAD_ARGUMENT);
        struct vc_packet request = named(t, codes[i], longest, 1025), whole = request;
        vc_send_blocks(t, &whole, (const uint8_t *)longest, 1025, 7, 0);
        vc_want_response(t, "TEST-5.1-01", &request, VMTP_TEST_BAD_ARGUMENT);
        for (unsigned j = 0; j < sizeof outside / sizeof outside[0]; j++)
            refused(t, "TEST-5.1-02", named(t, codes[i], outside[j], strlen(outside[j])), VMTP_TEST_NO_FILE);
        refused(t, "TEST-5.1-03", named(t, codes[i], "under", 5), VMTP_TEST_NO_FILE);
    }
}

static struct vc_packet read_at(struct vc_test *t, const char *name, uint64_t offset, uint32_t length) {
    struct vc_packet request = named(t, VMTP_TEST_FILE_READ, name, strlen(name));
    request.words[0] = (uint32_t)(offset >> 32);
    request.words[1] = (uint32_t)offset;
    request.words[2] = length;
    return request;
}

static void contents(struct vc_test *t) {
    static const struct {
        uint64_t offset;
        uint32_t length, octets;
    } pieces[] = {{0, VC_SEGMENT_MAX, VC_SEGMENT_MAX},
                  {VC_SEGMENT_MAX, VC_SEGMENT_MAX, VC_FILES_PATTERN - VC_SEGMENT_MAX},
                  {3, 5, 5},
                  {VC_FILES_PATTERN - 1, 10, 1},
                  {VC_FILES_PATTERN, 10, 0},
                  {1ull << 40, 10, 0},
                  {0, 0, 0}};
    static uint8_t whole[VC_FILES_PATTERN], got[VC_SEGMENT_MAX];
    struct vc_packet *status = stat_of(t, "TEST-5.3-04", "pattern");
    vc_pattern(whole, sizeof whole, 1);
    for (unsigned i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        struct vc_packet request = read_at(t, "pattern", pieces[i].offset, pieces[i].length), *answer;
        uint32_t blocks;
        vc_send(t, &request);
        answer = vc_collect(t, "TEST-5.3-01", &request, got, &blocks);
        vc_equal(t, "TEST-5.3-01", "octets", pieces[i].octets, vc_segment_size(answer));
        int same = pieces[i].octets == 0 || memcmp(got, whole + pieces[i].offset, pieces[i].octets) == 0;
        vc_check(t, "TEST-5.3-01", same, "the octets of the file", "others");
        vc_equal(t, "TEST-5.3-03", "CRC-32", vc_crc(got, pieces[i].octets), answer->words[4]);
        vc_equal(t, "TEST-5.3-04", "size", VC_FILES_PATTERN, vc_pair(answer->words));
        vc_equal(t, "TEST-5.3-04", "version", vc_pair(status->words + 2), vc_pair(answer->words + 2));
    }
    refused(t, "TEST-5.3-02", read_at(t, "pattern", 0, VC_SEGMENT_MAX + 1), VMTP_TEST_BAD_ARGUMENT);
}

const struct vc_case vc_files_cases[] = {
    VC_CASE("files/stat", "TEST-5.2-01", FILES, "FILE_STAT of the files of section 5.4", "their sizes", stat),
    VC_CASE("files/names", "TEST-5.1-01 TEST-5.1-02 TEST-5.1-03", FILES " segments",
            "bad names, files outside, links to them, a directory", "TEST_BAD_ARGUMENT, TEST_NO_FILE", names),
    VC_CASE("files/contents", "TEST-5.3-01 TEST-5.3-02 TEST-5.3-03 TEST-5.3-04", FILES " segments",
            "FILE_READ of pieces, of the end and behind it", "the octets, size and version", contents),
    VC_LAST,
};

/* SPDX-License-Identifier: BSD-2-Clause */
/* What each kind of manager has besides: spec/uio.md section 9. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../run.h"

#define OBJECTS "objects"
#define DIRECTORY (UIO_MODE_READ | UIO_MODE_CONTEXT)
#define MS VC_MILLISECOND

static uint8_t data[VC_SEGMENT_MAX];

static const uint8_t *pattern(uint32_t size, uint32_t seed) {
    vc_pattern(data, size, seed);
    return data;
}

static void has(struct vc_test *t, const char *ids, uint32_t attributes, uint32_t wanted) {
    char expected[220], seen[220];
    vc_attributes(wanted, expected, sizeof expected);
    vc_check(t, ids, (attributes & wanted) == wanted, expected + 1, "%s", vc_attributes(attributes, seen, sizeof seen));
}

/* ---- files ------------------------------------------------------------------------------------------------------------ */

static void inside(struct vc_test *t) {
    vc_did(t, vc_make_link(t, "out", "/"), "CreateObject of a link");
    vc_did(t, vc_make_link(t, "up", "../../../../../.."), "CreateObject of a link");
    vc_code_is(t, "UIO-9.1-01", vc_on(t, UIO_QUERY_OBJECT, "../../../../../../..", 0, 0),
               "a name with more `..` than there are contexts", VMTP_NO_PERMISSION);
    vc_code_is(t, "UIO-9.1-01", vc_on(t, UIO_QUERY_OBJECT, "out", 0, 0), "a link to /", VMTP_NO_PERMISSION);
    vc_code_is(t, "UIO-9.1-01", vc_on(t, UIO_QUERY_OBJECT, "up", 0, 0), "a link that leads out by `..`",
               VMTP_NO_PERMISSION);
    vc_code_is(t, "UIO-9.1-01", vc_create(t, "out/tmp/vc-escape", VC_NEW), "CREATE behind a link to /",
               VMTP_NO_PERMISSION);
}

static void file_attributes(struct vc_test *t) {
    const uint32_t all = UIO_READABLE | UIO_WRITEABLE | UIO_STORAGE | UIO_RANDOM_ACCESS | UIO_OFFSET | UIO_MULTI_BLOCK |
                         UIO_SIZED | UIO_LOCKS;
    vc_fill(t, "file", 10, 1);
    struct vc_instance i = vc_want_instance(t, "UIO-9.1-02", vc_create(t, "file", VC_RW), "CreateInstance");
    has(t, "UIO-9.1-02", i.attributes, all);
    const struct vc_said *s = vc_create(t, "file", VC_RW | UIO_MODE_TRANSACTION);
    vc_want_code(t, "UIO-9.1-02", s, "CreateInstance with TRANSACTION", VMTP_OK);
    has(t, "UIO-9.1-02", s->words[1], UIO_TRANSACTION);
    vc_did(t, vc_link_name(t, "file", "also"), "LinkObject");
    vc_code_is(t, "UIO-9.1-02", vc_create(t, "file", VC_RW | UIO_MODE_TRANSACTION),
               "TRANSACTION of a file with two names", UIO_UNSUPPORTED);
}

static void other_objects(struct vc_test *t) {
    struct vc_told told[8];
    vc_fill(t, "file", 10, 1);
    vc_did(t, vc_make_link(t, "link", "file"), "CreateObject of a link");
    vc_code_is(t, "UIO-9.1-03", vc_create(t, "link", UIO_MODE_READ | UIO_MODE_NO_FOLLOW),
               "CreateInstance of a link with NO_FOLLOW", UIO_UNSUPPORTED);
    vc_code_is(t, "UIO-9.1-03", vc_on(t, UIO_QUERY_OBJECT, "link", UIO_NOFOLLOW, 0), "QueryObject of it", VMTP_OK);
    uint32_t number = vc_open(t, "", DIRECTORY);
    unsigned count = vc_list_of(t, number, 4096, told, 8);
    const struct vc_told *link = vc_find_told(told, count, "link");
    vc_check(t, "UIO-9.1-03", link && link->object.type == UIO_TYPE_LINK, "the link in the context", "none");
}

static void made_shorter(struct vc_test *t) {
    struct vc_object to = {.size = 40};
    vc_fill(t, "file", 100, 1);
    uint32_t reader = vc_open(t, "file", UIO_MODE_READ), writer = vc_open(t, "file", UIO_MODE_WRITE);
    vc_did(t, vc_read(t, reader, 0, 0, 10), "ReadInstance");
    vc_did(t, vc_modify(t, writer, UIO_MASK_SIZE, &to), "ModifyInstance");
    const struct vc_said *s = vc_read(t, reader, 0, 10, 90);
    vc_want_octets(t, "UIO-9.1-04", s, "a read of what is left", pattern(40, 1) + 10, 30);
    vc_equal(t, "UIO-9.1-04", "END", UIO_END, s->words[3] & UIO_END);
}

static void slash(struct vc_test *t) {
    vc_fill(t, "file", 10, 1);
    vc_did(t, vc_on(t, UIO_CREATE_OBJECT, "sub", UIO_TYPE_CONTEXT, 0755), "CreateObject of a context");
    vc_code_is(t, "UIO-9.1-08", vc_on(t, UIO_QUERY_OBJECT, "sub/", 0, 0), "a context's name with a slash", VMTP_OK);
    vc_code_is(t, "UIO-9.1-08", vc_on(t, UIO_QUERY_OBJECT, "file/", 0, 0), "a file's name with a slash",
               VNAME_NOT_CONTEXT);
    vc_code_is(t, "UIO-9.1-08", vc_create(t, "file/", UIO_MODE_READ), "CreateInstance of it", VNAME_NOT_CONTEXT);
    vc_code_is(t, "UIO-9.1-08", vc_create(t, "new/", VC_NEW), "CREATE of a file with a slash", VNAME_NOT_CONTEXT);
    vc_code_is(t, "UIO-9.1-08", vc_rename(t, "file", "other/", 0), "RenameObject of a file to one with a slash",
               VNAME_NOT_CONTEXT);
}

/* ---- copies that nobody changes ------------------------------------------------------------------------------------------- */

#define COPIES 8u

static struct vc_name in_copy(struct vc_test *t, const char *file) {
    char text[VC_NAME_MAX];
    snprintf(text, sizeof text, "%.400s%s%.255s", t->run->link->copy, *file ? "/" : "", file);
    struct vc_name name = vc_absolute(t, text);
    if (!name.manager)
        vc_give_up(t, "nobody answers for %s", text);
    t->of_manager = name.manager;
    return name;
}

/* Its files, by descriptors of its context. */
static unsigned copied_files(struct vc_test *t, struct vc_told *told) {
    struct vc_name context = in_copy(t, "");
    uint32_t list = vc_open_at(t, &context, DIRECTORY);
    unsigned all = vc_list_of(t, list, 4096, told, COPIES), count = 0;
    vc_release(t, list, 0);
    for (unsigned i = 0; i < all; i++)
        if (told[i].object.type == UIO_TYPE_FILE)
            told[count++] = told[i];
    if (count == 0)
        vc_give_up(t, "there is no file in %s", t->run->link->copy);
    return count;
}

static void read_only(struct vc_test *t) {
    static struct vc_told told[COPIES];
    uint8_t added[VC_OBJECT_HEAD + VC_NAME_MAX];
    struct vc_object to = {.permissions = 0600};
    copied_files(t, told);
    struct vc_name file = in_copy(t, told[0].name), other = in_copy(t, "vc-other");
    vc_code_is(t, "UIO-9.1-05", vc_create_at(t, &file, VC_RW), "CreateInstance to write", UIO_READ_ONLY);
    vc_code_is(t, "UIO-9.1-05", vc_create_at(t, &other, VC_NEW), "CREATE", UIO_READ_ONLY);
    vc_code_is(t, "UIO-9.1-05", vc_on_at(t, UIO_REMOVE_OBJECT, &file, 0, 0), "RemoveObject", UIO_READ_ONLY);
    vc_code_is(t, "UIO-9.1-05", vc_on_at(t, UIO_CREATE_OBJECT, &other, UIO_TYPE_CONTEXT, 0755), "CreateObject",
               UIO_READ_ONLY);
    uint32_t size = vc_put_object(added, &to);
    struct vc_packet p = vc_by_name(t, &file, UIO_MODIFY_OBJECT, UIO_MASK_PERMISSIONS, 0, 0, added, size);
    vc_code_is(t, "UIO-9.1-05", vc_ask(t, &p, NULL, 0), "ModifyObject", UIO_READ_ONLY);
    size = vc_put_new_name(added, other.context, other.index, other.length, other.text, other.length);
    p = vc_by_name(t, &file, UIO_RENAME_OBJECT, 0, 0, 0, added, size);
    vc_code_is(t, "UIO-9.1-05", vc_ask(t, &p, NULL, 0), "RenameObject", UIO_READ_ONLY);
    p = vc_by_name(t, &file, UIO_LINK_OBJECT, 0, 0, 0, added, size);
    vc_code_is(t, "UIO-9.1-05", vc_ask(t, &p, NULL, 0), "LinkObject", UIO_READ_ONLY);
    vc_code_is(t, "UIO-9.1-05", vc_create_at(t, &file, UIO_MODE_READ), "CreateInstance to read", VMTP_OK);
}

/* Equal versions mean equal octets, and the other way round. */
static void copies(struct vc_test *t) {
    static struct vc_told told[COPIES];
    static uint32_t sums[COPIES];
    uint64_t versions[COPIES];
    unsigned count = copied_files(t, told);
    for (unsigned i = 0; i < count; i++) {
        struct vc_name file = in_copy(t, told[i].name);
        struct vc_instance made = vc_want_instance(t, "UIO-9.1-07", vc_create_at(t, &file, UIO_MODE_READ),
                                                   "CreateInstance");
        if (!(made.attributes & UIO_REPLICATED))
            vc_skip(t, "files with REPLICATED there");
        vc_check(t, "UIO-9.1-07", !(made.attributes & UIO_LOCKS), "no LOCKS with REPLICATED", "LOCKS");
        vc_check(t, "UIO-8-04", !(made.attributes & UIO_WRITEABLE), "nothing that it lets anybody change", "WRITEABLE");
        vc_code_is(t, "UIO-8-04", vc_create_at(t, &file, VC_RW), "CreateInstance to write", UIO_READ_ONLY);
        const struct vc_said *s = vc_read(t, made.number, 0, 0, VC_SEGMENT_MAX);
        vc_did(t, s, "ReadInstance");
        sums[i] = vc_crc(s->segment, s->octets);
        versions[i] = made.object.version;
        for (unsigned k = 0; k < i; k++)
            vc_check(t, "UIO-9.1-07", (sums[k] == sums[i]) == (versions[k] == versions[i]),
                     "the same version of files with the same octets, and another of others", "not so");
        vc_did(t, vc_release(t, made.number, 0), "ReleaseInstance");
    }
}

/* ---- pipes ------------------------------------------------------------------------------------------------------------ */

static struct vc_name own_pipe(struct vc_test *t) {
    char text[40];
    snprintf(text, sizeof text, "pipe/vc-%08x", (unsigned)vc_random(t));
    return vc_of_node(t, text);
}

static const struct vc_said *put(struct vc_test *t, uint32_t number, const void *octets, uint32_t size) {
    return vc_write(t, number, VC_NEXT, 0, 0, octets, size);
}

static const struct vc_said *get(struct vc_test *t, uint32_t number, uint32_t octets) {
    return vc_read(t, number, VC_NEXT, 0, octets);
}

static int is_end(const struct vc_said *s) { return s->code == VMTP_OK && s->words[0] == 0 && s->words[3] & UIO_END; }

static void pipe_life(struct vc_test *t) {
    struct vc_name name = own_pipe(t);
    vc_code_is(t, "UIO-9.2-01", vc_create_at(t, &name, VC_RW), "CreateInstance of no pipe", VNAME_NOT_FOUND);
    struct vc_instance i = vc_want_instance(t, "UIO-9.2-01", vc_create_at(t, &name, VC_NEW),
                                            "CreateInstance with CREATE");
    has(t, "UIO-9.2-05", i.attributes, UIO_READABLE | UIO_WRITEABLE | UIO_MULTI_BLOCK | UIO_INTERACTIVE);
    vc_equal(t, "UIO-9.2-05", "BlockSize", 4096, i.block_size);
    vc_equal(t, "UIO-9.2-01", "type", UIO_TYPE_PIPE, i.object.type);
    vc_code_is(t, "UIO-9.2-05", put(t, i.number, "x", 1), "a write of one that reads and writes", VMTP_OK);
    vc_code_is(t, "UIO-9.2-05", get(t, i.number, 10), "its read", VMTP_OK);
    vc_code_is(t, "UIO-9.2-05", get(t, i.number, 10), "another: it still writes", UIO_WOULD_WAIT);
    vc_did(t, vc_release(t, i.number, 0), "ReleaseInstance");
    vc_code_is(t, "UIO-9.2-01", vc_on_at(t, UIO_QUERY_OBJECT, &name, 0, 0), "QueryObject after its last instance",
               VNAME_NOT_FOUND);
}

static void pipe_order(struct vc_test *t) {
    struct vc_name name = own_pipe(t);
    uint32_t writer = vc_open_at(t, &name, UIO_MODE_WRITE | UIO_MODE_CREATE);
    vc_code_is(t, "UIO-9.2-03", put(t, writer, "early", 5), "a write before a reader has come", VMTP_OK);
    uint32_t one = vc_open_at(t, &name, UIO_MODE_READ), two = vc_open_at(t, &name, UIO_MODE_READ);
    vc_want_octets(t, "UIO-9.2-02", get(t, one, 3), "the first 3 octets", "ear", 3);
    vc_want_octets(t, "UIO-9.2-02", get(t, two, 10), "the others, to another reader", "ly", 2);
    vc_did(t, put(t, writer, "last", 4), "WriteInstance");
    vc_did(t, vc_release(t, writer, 0), "ReleaseInstance");
    vc_want_octets(t, "UIO-9.2-02", get(t, one, 10), "what was left", "last", 4);
    vc_check(t, "UIO-9.2-02", is_end(get(t, one, 10)), "END when nobody writes any more", "not");
    writer = vc_open_at(t, &name, UIO_MODE_WRITE);
    vc_did(t, vc_release(t, one, 0), "ReleaseInstance");
    vc_did(t, vc_release(t, two, 0), "ReleaseInstance");
    vc_code_is(t, "UIO-9.2-03", put(t, writer, "x", 1), "a write when nobody reads any more", UIO_BROKEN);
    vc_release(t, writer, 0);
}

/* Fills a pipe: octets taken. */
static uint32_t fill(struct vc_test *t, uint32_t number) {
    uint32_t all = 0;
    const struct vc_said *s;
    pattern(4096, 1);
    while ((s = put(t, number, data, 4096))->code == VMTP_OK && all < 2u << 20)
        all += s->words[0];
    return all;
}

static void pipe_writes(struct vc_test *t) {
    struct vc_name name = own_pipe(t);
    uint32_t number = vc_open_at(t, &name, UIO_MODE_WRITE | UIO_MODE_CREATE),
             reader = vc_open_at(t, &name, UIO_MODE_READ);
    vc_did(t, put(t, number, "x", 1), "WriteInstance"); /* so that what is free at last is not a multiple of 4096 */
    uint32_t all = fill(t, number) + 1;
    vc_code_is(t, "UIO-9.2-04", put(t, number, data, 4096), "a write of 4096 octets for which there is not room",
               UIO_WOULD_WAIT);
    const struct vc_said *s = put(t, number, pattern(VC_SEGMENT_MAX, 2), VC_SEGMENT_MAX);
    vc_check(t, "UIO-9.2-04", s->code == VMTP_OK ? s->words[0] >= 1 && s->words[0] < 4096 : s->code == UIO_WOULD_WAIT,
             "of a longer one as much as there is room for", "%s, %u octets", vc_response_name(s->code), s->words[0]);
    all += s->code == VMTP_OK ? s->words[0] : 0;
    struct vc_packet waits = vc_write_begun(t, number, 5000, "waits", 5);
    vc_settle(t);
    vc_did(t, vc_release(t, reader, 0), "ReleaseInstance");
    vc_code_is(t, "UIO-9.2-03", vc_answer(t, &waits, 2 * VC_SECOND), "a write that waits when the last reader goes",
               UIO_BROKEN);
    vc_check(t, "UIO-9.2-01", all < 2u << 20, "a bounded buffer", "%u octets in it", all);
    vc_release(t, number, 0);
}

static void secret_pipe(struct vc_test *t) {
    struct vc_name context = vc_of_node(t, "pipe");
    struct vc_told told[64];
    char names[2][40] = {"", ""};
    uint32_t numbers[2];
    for (unsigned i = 0; i < 2; i++) {
        struct vc_instance made = vc_want_instance(t, "UIO-9.2-06", vc_create_at(t, &context, VC_NEW),
                                                   "CreateInstance of the context");
        vc_equal(t, "UIO-9.2-06", "type", UIO_TYPE_PIPE, made.object.type);
        snprintf(names[i], sizeof names[i], "%.*s", made.object.name_octets > 32 ? 32 : (int)made.object.name_octets,
                 made.object.name);
        numbers[i] = made.number;
    }
    vc_check(t, "UIO-9.2-06", strlen(names[0]) >= 8 && strlen(names[1]) >= 8 && strncmp(names[0], names[1], 4) != 0,
             "names that do not follow from each other", "\"%s\", \"%s\"", names[0], names[1]);
    uint32_t list = vc_open_at(t, &context, DIRECTORY);
    unsigned count = vc_list_of(t, list, 4096, told, 64);
    vc_check(t, "UIO-9.2-06", !vc_find_told(told, count, names[0]) && !vc_find_told(told, count, names[1]),
             "no word of them in the context", "a name");
    vc_release(t, list, 0);
    char text[60];
    snprintf(text, sizeof text, "pipe/%s", names[0]);
    struct vc_name name = vc_of_node(t, text);
    uint32_t reader = vc_open_at(t, &name, UIO_MODE_READ);
    vc_did(t, put(t, numbers[0], "by name", 7), "WriteInstance");
    vc_want_octets(t, "UIO-9.2-06", get(t, reader, 20), "what came by its name", "by name", 7);
    vc_release(t, reader, 0);
    vc_release(t, numbers[0], 0);
    vc_release(t, numbers[1], 0);
}

static void pipe_turns(struct vc_test *t) {
    struct vc_name name = own_pipe(t);
    uint32_t number = vc_open_at(t, &name, VC_NEW);
    struct vc_packet first = vc_read_begun(t, number, 5000, 3);
    vc_settle(t);
    struct vc_packet second = vc_read_begun(t, number, 5000, 3);
    vc_settle(t);
    vc_did(t, put(t, number, "onetwo", 6), "WriteInstance");
    vc_want_octets(t, "UIO-9.2-07", vc_answer(t, &first, 2 * VC_SECOND), "the read that came first", "one", 3);
    vc_want_octets(t, "UIO-9.2-07", vc_answer(t, &second, 2 * VC_SECOND), "the one that came second", "two", 3);
    first = vc_read_begun(t, number, 5000, 3);
    vc_settle(t);
    second = vc_read_begun(t, number, 5000, 3);
    vc_settle(t);
    struct vc_packet next = first; /* its Client goes on to something else */
    next.transaction++;
    next.code = UIO_QUERY_INSTANCE | VMTP_PIC;
    vc_did(t, vc_ask(t, &next, NULL, 0), "QueryInstance");
    vc_did(t, put(t, number, "for the second", 14), "WriteInstance");
    vc_want_octets(t, "UIO-9.2-08", vc_answer(t, &second, 2 * VC_SECOND), "the read of the one that is there", "for", 3);
    vc_release(t, number, 0);
}

static void pipe_unnamed(struct vc_test *t) {
    struct vc_name name = own_pipe(t);
    uint32_t number = vc_open_at(t, &name, VC_NEW);
    vc_want_code(t, "UIO-9.2-09", vc_on_at(t, UIO_REMOVE_OBJECT, &name, 0, 0), "RemoveObject of a pipe", VMTP_OK);
    vc_code_is(t, "UIO-9.2-09", vc_on_at(t, UIO_QUERY_OBJECT, &name, 0, 0), "QueryObject of it", VNAME_NOT_FOUND);
    vc_did(t, put(t, number, "lives", 5), "WriteInstance");
    vc_want_octets(t, "UIO-9.2-09", get(t, number, 10), "a read of its instance", "lives", 5);
    vc_release(t, number, 0);
    static uint32_t numbers[5000];
    unsigned count = 0;
    struct vc_name context = vc_of_node(t, "pipe");
    const struct vc_said *s;
    while ((s = vc_create_at(t, &context, VC_NEW))->code == VMTP_OK && count < 1000)
        numbers[count++] = s->words[0];
    vc_code_is(t, "UIO-9.2-09", s, "one pipe too many", UIO_NO_SPACE);
    while (count)
        vc_release(t, numbers[--count], 0);
}

/* ---- clocks ----------------------------------------------------------------------------------------------------------- */

static void clock_text(struct vc_test *t) {
    struct vc_name clock = vc_of_node(t, "time");
    uint32_t number = vc_open_at(t, &clock, UIO_MODE_READ);
    int year, month, day, hour, minute, second, used = 0;
    long long fraction = 0;
    int64_t nanoseconds = 0;
    char text[200];
    struct vc_said whole = *vc_read(t, number, VC_NEXT, 0, 20);
    vc_want_code(t, "UIO-9.3-01", &whole, "a read of 20 octets of a clock", VMTP_OK);
    vc_pass(t, 20 * MS);
    const struct vc_said *rest = vc_read(t, number, VC_NEXT, 0, 200);
    snprintf(text, sizeof text, "%.*s%.*s", (int)whole.octets, (const char *)whole.segment, (int)rest->octets,
             (const char *)rest->segment);
    int fields = sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%9lldZ\n%" SCNd64 "\n%n", &year, &month, &day, &hour, &minute,
                        &second, &fraction, &nanoseconds, &used);
    int right = fields == 8 && (size_t)used == strlen(text) && nanoseconds % 1000000000 == fraction &&
                nanoseconds / 1000000000 % 60 == second && nanoseconds / 60000000000 % 60 == minute;
    vc_check(t, "UIO-9.3-01", right, "a line of ISO 8601 with nine digits, and the same time in nanoseconds", "%s",
             right ? "they are there" : text);
    vc_check(t, "UIO-9.3-01", rest->words[3] & UIO_END && is_end(vc_read(t, number, VC_NEXT, 0, 200)), "once, then END",
             "not");
    vc_release(t, number, 0);
}

static void clock_control(struct vc_test *t) {
    struct vc_name clock = vc_of_node(t, "time");
    uint32_t number = vc_open_at(t, &clock, UIO_MODE_READ);
    const struct vc_said *s = vc_control(t, number, UIO_CLOCK_READ, 0, 0);
    vc_want_code(t, "UIO-9.3-02", s, "function 1 (read)", VMTP_OK);
    uint64_t then = vc_pair(s->words), steady = vc_pair(s->words + 2);
    vc_time begin = vc_now(t);
    struct vc_packet p = vc_of_instance(t, UIO_CONTROL_INSTANCE, number, UIO_CLOCK_DELAY, 200000, 0, 0);
    vc_by_another(t, &p);
    s = vc_ask(t, &p, NULL, 0);
    vc_want_code(t, "UIO-9.3-02", s, "function 3 (delay) of 200 ms", VMTP_OK);
    vc_between(t, "UIO-9.3-02", "the delay", 199 * MS, 1500 * MS, s->time - begin);
    s = vc_control(t, number, UIO_CLOCK_READ, 0, 0);
    vc_check(t, "UIO-9.3-02",
             vc_pair(s->words + 2) - steady >= 199 * MS && vc_pair(s->words + 2) - steady < 60 * VC_SECOND,
             "a steady clock that has gone on by 200 ms or more", "another");
    uint64_t now = vc_pair(s->words);
    vc_check(t, "UIO-9.3-03", (int64_t)now > 0 && (int64_t)(now - then) > -3600ll * 1000000000,
             "nanoseconds since 1970, signed", "others");
    vc_code_is(t, "UIO-9.3-02", vc_control(t, number, UIO_CLOCK_DELAY, 60000001, 0), "a delay of more than 60 s",
               UIO_BAD_COUNT);
    vc_code_is(t, "UIO-9.3-03", vc_control(t, number, UIO_CLOCK_SET, 0x80000000, 0), "setting a negative time",
               UIO_BAD_COUNT);
    s = vc_control(t, number, UIO_CLOCK_READ, 0, 0);
    s = vc_control(t, number, UIO_CLOCK_SET, s->words[0], s->words[1]);
    vc_check(t, "UIO-9.3-02", s->code == VMTP_OK || s->code == VMTP_NO_PERMISSION,
             "OK or NO_PERMISSION to setting the time that it is", "%s", vc_response_name(s->code));
    vc_release(t, number, 0);
}

static void clock_delays(struct vc_test *t) {
    struct vc_name clock = vc_of_node(t, "time");
    uint32_t number = vc_open_at(t, &clock, UIO_MODE_READ);
    struct vc_packet first = {0};
    const struct vc_said *s = NULL;
    for (unsigned i = 0; i < 300 && !s; i++) {
        struct vc_packet p = vc_of_instance(t, UIO_CONTROL_INSTANCE, number, UIO_CLOCK_DELAY, 30000000, 0, 0);
        vc_by_another(t, &p);
        vc_begin(t, &p, NULL, 0);
        if (i == 0)
            first = p;
        s = vc_answer_or_none(t, &p, i < 299 ? 5 * MS : VC_SECOND); /* of a slow node the refusals are behind */
    }
    if (!s)
        vc_give_up(t, "there is room for 300 delays");
    vc_code_is(t, "UIO-9.3-04", s, "a delay for which there is no room", UIO_WOULD_WAIT);
    vc_did(t, vc_release(t, number, 0), "ReleaseInstance");
    vc_code_is(t, "UIO-9.3-04", vc_answer(t, &first, 2 * VC_SECOND), "a delay whose instance ends", UIO_STALE);
    vc_pass(t, 50 * MS);
}

/* ---- programs ---------------------------------------------------------------------------------------------------------- */

/* The value of a line `word: value`, in a buffer; NULL: there is none. */
static const char *line_of(const struct vc_said *s, const char *word) {
    static char value[200];
    size_t length = strlen(word);
    for (uint32_t at = 0; at < s->octets;) {
        uint32_t end = at;
        while (end < s->octets && s->segment[end] != '\n')
            end++;
        if (end - at > length + 2 && memcmp(s->segment + at, word, length) == 0 && s->segment[at + length] == ':') {
            snprintf(value, sizeof value, "%.*s", (int)(end - at - length - 2),
                     (const char *)s->segment + at + length + 2);
            return value;
        }
        at = end + 1;
    }
    return NULL;
}

static int lines_are_right(const struct vc_said *s) {
    int colon = 0;
    for (uint32_t i = 0; i < s->octets; i++) {
        colon |= s->segment[i] == ':';
        if (s->segment[i] == '\n' && !colon)
            return 0;
        if (s->segment[i] == '\n')
            colon = 0;
        else if (s->segment[i] < 32)
            return 0;
    }
    return s->octets > 0 && s->segment[s->octets - 1] == '\n';
}

static void programs(struct vc_test *t) {
    struct vc_told told[32];
    char text[60], own[20];
    struct vc_name context = vc_of_node(t, "programs");
    uint32_t list = vc_open_at(t, &context, DIRECTORY);
    unsigned count = vc_list_of(t, list, 4096, told, 32);
    vc_release(t, list, 0);
    const struct vc_told *p = vc_find_told(told, count, vc_entity(context.manager, own));
    if (!vc_check(t, "UIO-9.4-01", p && p->object.type == UIO_TYPE_PROGRAM, "the manager itself among the programs",
                  "%u others", count))
        return;
    snprintf(text, sizeof text, "programs/%s", own);
    struct vc_name name = vc_of_node(t, text);
    struct vc_instance i = vc_want_instance(t, "UIO-9.4-03", vc_create_at(t, &name, UIO_MODE_READ), "CreateInstance");
    has(t, "UIO-9.4-03", i.attributes,
        UIO_READABLE | UIO_STORAGE | UIO_RANDOM_ACCESS | UIO_OFFSET | UIO_MULTI_BLOCK | UIO_LINES);
    struct vc_said s = *vc_read(t, i.number, 0, 0, 8192);
    vc_want_code(t, "UIO-9.4-01", &s, "a read of it", VMTP_OK);
    vc_check(t, "UIO-9.4-01 UIO-9.4-02", lines_are_right(&s), "lines `word: value` without octets below 32", "others");
    const char *entity = line_of(&s, "entity");
    vc_check(t, "UIO-9.4-02", entity && strcmp(entity, own) == 0, "a line entity with its identifier", "%s",
             entity ? entity : "none");
    vc_check(t, "UIO-9.4-02", line_of(&s, "name") != NULL, "a line name", "none");
    vc_pass(t, 1100 * MS); /* what it says of its age would be another now */
    vc_want_octets(t, "UIO-9.4-03", vc_read(t, i.number, 0, 0, 8192), "a read later, as when it was created", s.segment,
                   s.octets);
    vc_release(t, i.number, 0);
    vc_code_is(t, "UIO-9.4-04", vc_on_at(t, UIO_REMOVE_OBJECT, &name, 0, 0), "RemoveObject of the manager itself",
               VMTP_NO_PERMISSION);
}

/* ---- logs -------------------------------------------------------------------------------------------------------------- */

static void log_records(struct vc_test *t) {
    struct vc_name log = vc_of_node(t, "log");
    struct vc_instance i = vc_want_instance(t, "UIO-9.5-01", vc_create_at(t, &log, VC_RW), "CreateInstance");
    has(t, "UIO-9.5-01", i.attributes,
        UIO_READABLE | UIO_WRITEABLE | UIO_APPEND_ONLY | UIO_STORAGE | UIO_VARIABLE_BLOCK | UIO_INTERACTIVE |
            UIO_RANDOM_ACCESS);
    uint64_t blocks[3];
    static const uint32_t sizes[3] = {5, VC_SEGMENT_MAX, 700};
    for (unsigned k = 0; k < 3; k++) {
        const struct vc_said *s = vc_write(t, i.number, 0, 0, 0, pattern(sizes[k], k), sizes[k]);
        vc_want_code(t, "UIO-9.5-01", s, "a record", VMTP_OK);
        blocks[k] = vc_pair(s->words + 1);
        vc_check(t, "UIO-9.5-01", k == 0 || blocks[k] > blocks[k - 1], "each record in a block of its own", "not");
    }
    uint32_t reader = vc_open_at(t, &log, UIO_MODE_READ);
    for (unsigned k = 0; k < 3; k++)
        vc_want_octets(t, "UIO-9.5-01", vc_read(t, reader, blocks[k], 0, VC_SEGMENT_MAX), "that record",
                       pattern(sizes[k], k), sizes[k]);
    vc_code_is(t, "UIO-9.5-05", vc_read(t, reader, blocks[2], 0, 699), "a read of fewer octets than the record has",
               UIO_BAD_COUNT);
    vc_code_is(t, "UIO-9.5-05", vc_read(t, reader, blocks[2], 0, 700), "a read of as many", VMTP_OK);
    vc_release(t, i.number, 0);
    vc_release(t, reader, 0);
}

/* As many records as it takes for the first to be dropped; of a log that keeps more than 2 MiB nothing is said. */
static void log_bounded(struct vc_test *t) {
    struct vc_name log = vc_of_node(t, "log");
    uint32_t number = vc_open_at(t, &log, VC_RW);
    uint64_t first = 0, last = 0;
    const struct vc_said *s = NULL;
    pattern(VC_SEGMENT_MAX, 9);
    for (unsigned k = 0; k < 130; k++) {
        s = vc_write(t, number, 0, 0, 0, data, VC_SEGMENT_MAX);
        vc_did(t, s, "WriteInstance");
        last = vc_pair(s->words + 1);
        first = k == 0 ? last : first;
        s = vc_read(t, number, first, 0, VC_SEGMENT_MAX);
        if (s->code != VMTP_OK)
            break;
    }
    if (s->code == VMTP_OK)
        vc_skip(t, "a log of 2 MiB at most");
    vc_code_is(t, "UIO-9.5-02", s, "a read of a record that was dropped", UIO_BAD_BLOCK);
    struct vc_instance i = vc_want_instance(t, "UIO-9.5-02", vc_create_at(t, &log, UIO_MODE_READ), "CreateInstance");
    vc_check(t, "UIO-9.5-02", i.next_block > first && i.next_block <= last,
             "NextBlock between what was dropped and the last", "not");
    vc_code_is(t, "UIO-9.5-02", vc_read(t, i.number, i.next_block, 0, VC_SEGMENT_MAX), "a read of NextBlock", VMTP_OK);
    vc_code_is(t, "UIO-9.5-02", vc_read(t, i.number, i.next_block - 1, 0, VC_SEGMENT_MAX),
               "a read of the block before it", UIO_BAD_BLOCK);
    vc_release(t, i.number, 0);
    vc_release(t, number, 0);
}

/* What was answered is there when the node has begun anew, and what was not is there whole or not at all. */
static void log_restart(struct vc_test *t) {
    static const uint32_t sizes[3] = {1, 3000, 80};
    uint64_t blocks[3];
    vc_as_before(t);
    struct vc_name log = vc_of_node(t, "log");
    uint32_t number = vc_open_at(t, &log, VC_RW);
    for (unsigned k = 0; k < 3; k++) {
        const struct vc_said *s = vc_write(t, number, 0, 0, k == 2 ? UIO_WRITE_SYNC : 0, pattern(sizes[k], 40 + k),
                                           sizes[k]);
        vc_did(t, s, "WriteInstance");
        blocks[k] = vc_pair(s->words + 1);
    }
    struct vc_packet last = vc_of_instance(t, UIO_WRITE_INSTANCE, number, 0, 0, 0, 0);
    vc_by_another(t, &last);
    vc_begin(t, &last, pattern(500, 50), 500);
    vc_pass(t, 30 * VC_MICROSECOND); /* it may have come, and no answer */
    vc_reboot(t);
    vc_find_again(t);
    log = vc_of_node(t, "log");
    number = vc_open_at(t, &log, VC_RW);
    for (unsigned k = 0; k < 3; k++)
        vc_want_octets(t, "UIO-9.5-03", vc_read(t, number, blocks[k], 0, VC_SEGMENT_MAX),
                       "a record, after the node has begun anew", pattern(sizes[k], 40 + k), sizes[k]);
    struct vc_said unsure = *vc_read(t, number, blocks[2] + 1, 0, VC_SEGMENT_MAX);
    int none = unsure.code == VMTP_OK && unsure.octets == 0;
    int there = unsure.octets == 500 && memcmp(unsure.segment, pattern(500, 50), 500) == 0;
    const struct vc_said *s = vc_write(t, number, 0, 0, 0, "behind", 6);
    vc_did(t, s, "WriteInstance");
    uint64_t next = vc_pair(s->words + 1);
    uint32_t head = unsure.octets < 8 ? unsure.octets
                                      : 8; /* somebody else's record, of the node's beginning, begins in another way */
    int other = !none && unsure.octets != 500 && memcmp(unsure.segment, pattern(8, 50), head) != 0;
    vc_check(t, "UIO-9.5-04", none || there || other, "the record whose write was not answered, whole or not at all",
             "%u octets of it", unsure.octets);
    vc_check(t, "UIO-9.5-04", next > blocks[2] && (!none || next == blocks[2] + 1),
             "the next block behind the last that is there", "block %llu after %llu", (unsigned long long)next,
             (unsigned long long)blocks[2]);
    vc_release(t, number, 0);
}

/* ---- several kinds ------------------------------------------------------------------------------------------------------ */

static void several_kinds(struct vc_test *t) {
    static const char *const kinds[] = {"time", "programs", "pipe", "log"};
    static struct vc_told told[400];
    static const uint16_t types[] = {UIO_TYPE_CLOCK, UIO_TYPE_CONTEXT, UIO_TYPE_CONTEXT, UIO_TYPE_LOG};
    struct vc_name root = vc_of_node(t, "."), one = vc_in(t, "file"), other = vc_of_node(t, "pipe/vc-moved");
    uint8_t added[8 + VC_NAME_MAX];
    uint32_t list = vc_open_at(t, &root, DIRECTORY);
    unsigned count = vc_list_of(t, list, 8192, told, 400), there = 0;
    vc_release(t, list, 0);
    for (unsigned k = 0; k < 4; k++) {
        const struct vc_told *found = vc_find_told(told, count, kinds[k]);
        there += found && found->object.type == types[k];
    }
    vc_equal(t, "UIO-9.6-04 UIO-9.6-02", "time, programs, pipe and log in the context:", 4, there);
    unsigned twice = 0;
    for (unsigned k = 0; k < count; k++)
        for (unsigned j = 0; j < k; j++)
            twice += strcmp(told[j].name, told[k].name) == 0;
    vc_equal(t, "UIO-9.6-02", "names told twice", 0, twice);
    unsigned behind = 0; /* of those that are last */
    for (unsigned k = count >= 4 ? count - 4 : 0; k < count; k++)
        for (unsigned j = 0; j < 4; j++)
            behind += strcmp(told[k].name, kinds[j]) == 0;
    vc_equal(t, "UIO-9.6-02", "of them behind all others", 4, behind);
    struct vc_name inner = vc_of_node(t, "pipe/vc-nothing");
    vc_code_is(t, "UIO-9.6-01", vc_on_at(t, UIO_QUERY_OBJECT, &inner, 0, 0), "QueryObject of no pipe", VNAME_NOT_FOUND);
    inner = vc_of_node(t, "time/x");
    vc_code_is(t, "UIO-9.6-01", vc_on_at(t, UIO_QUERY_OBJECT, &inner, 0, 0), "QueryObject of a name in a clock",
               VNAME_NOT_CONTEXT);
    vc_fill(t, "file", 10, 1);
    uint32_t size = vc_put_new_name(added, other.context, other.index, other.length, other.text, other.length);
    struct vc_packet p = vc_by_name(t, &one, UIO_RENAME_OBJECT, 0, 0, 0, added, size);
    vc_code_is(t, "UIO-9.6-03", vc_ask(t, &p, NULL, 0), "RenameObject of a file to a name among pipes", UIO_CROSS);
    vc_code_is(t, "UIO-9.6-03", vc_on(t, UIO_QUERY_OBJECT, "file", 0, 0), "QueryObject of the file", VMTP_OK);
}

const struct vc_case vc_objects_node_cases[] = {
    VC_CASE("objects/inside", "UIO-9.1-01", OBJECTS, "names that would lead out: by `..`, by links", "NO_PERMISSION",
            inside),
    VC_CASE("objects/file-attributes", "UIO-9.1-02", OBJECTS, "CreateInstance of a file, of one with two names",
            "the attributes of files; no TRANSACTION of the other", file_attributes),
    VC_CASE("objects/other-objects", "UIO-9.1-03", OBJECTS, "CreateInstance of a link with NO_FOLLOW",
            "UIO_UNSUPPORTED; the context and QueryObject tell it", other_objects),
    VC_CASE("objects/made-shorter", "UIO-9.1-04", OBJECTS, "a file is made shorter while it is read",
            "what is left, and END", made_shorter),
    VC_CASE("objects/slash", "UIO-9.1-08", OBJECTS, "names that end in a slash", "contexts, or NAME_NOT_CONTEXT", slash),
    VC_CASE("objects/read-only", "UIO-9.1-05", "copy",
            "what would change something in a context that is served read-only", "UIO_READ_ONLY", read_only),
    VC_CASE("objects/copies", "UIO-8-04 UIO-9.1-07", "copy", "files with REPLICATED, and their versions",
            "no LOCKS, no WRITEABLE; versions that are equal as octets are", copies),
    VC_CASE("objects/pipe-life", "UIO-9.2-01 UIO-9.2-05", OBJECTS, "a pipe is made, used by one, and released",
            "its attributes; it is gone", pipe_life),
    VC_CASE("objects/pipe-order", "UIO-9.2-02 UIO-9.2-03", OBJECTS, "one writes, two read, they go one after the other",
            "each octet once, in order; END; UIO_BROKEN", pipe_order),
    VC_CASE("objects/pipe-writes", "UIO-9.2-01 UIO-9.2-03 UIO-9.2-04", OBJECTS, "writes to a full pipe",
            "whole ones or none, parts of longer ones, UIO_BROKEN", pipe_writes),
    VC_CASE("objects/secret-pipe", "UIO-9.2-06", OBJECTS, "CreateInstance with CREATE of the context of pipes, twice",
            "pipes with names that nobody can guess", secret_pipe),
    VC_CASE("objects/pipe-turns", "UIO-9.2-07 UIO-9.2-08", OBJECTS, "two reads wait; of one its Client goes on",
            "octets in the order of coming, and to the one that is there", pipe_turns),
    VC_CASE("objects/pipe-unnamed", "UIO-9.2-09", OBJECTS, "RemoveObject of a pipe in use; as many pipes as it takes",
            "its instance lives on; UIO_NO_SPACE", pipe_unnamed),
    VC_CASE("objects/clock-text", "UIO-9.3-01", OBJECTS, "a clock is read in two pieces",
            "one time in two lines, then END", clock_text),
    VC_TIMED("objects/clock-control", "UIO-9.3-02 UIO-9.3-03", OBJECTS, "functions 1 to 3 of a clock",
             "times, a delay, NO_PERMISSION or OK, UIO_BAD_COUNT", clock_control),
    VC_CASE("objects/clock-delays", "UIO-9.3-04", OBJECTS, "as many delays as there is room for, then a release",
            "UIO_WOULD_WAIT, UIO_STALE", clock_delays),
    VC_CASE("objects/programs", "UIO-9.4-01 UIO-9.4-02 UIO-9.4-03 UIO-9.4-04", OBJECTS,
            "the manager among the programs of its node",
            "its lines, as when it was opened; it does not let others end it", programs),
    VC_CASE("objects/log-records", "UIO-9.5-01 UIO-9.5-05", OBJECTS, "records of 5, 16384 and 700 octets",
            "a block each; UIO_BAD_COUNT when too few octets are asked for", log_records),
    VC_CASE("objects/log-bounded", "UIO-9.5-02", OBJECTS, "records until the first is dropped",
            "UIO_BAD_BLOCK, and NextBlock", log_bounded),
    VC_CASE("objects/log-restart", "UIO-9.5-03 UIO-9.5-04", OBJECTS " reboot", "records, then the node begins anew",
            "the same records in the same blocks, and others behind them", log_restart),
    VC_CASE("objects/several-kinds", "UIO-9.6-01 UIO-9.6-02 UIO-9.6-03 UIO-9.6-04", OBJECTS,
            "the context of a node with its clock, programs, pipes and log",
            "they are told behind the others; UIO_CROSS between them", several_kinds),
    VC_LAST};

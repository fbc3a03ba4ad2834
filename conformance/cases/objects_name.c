/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations by name, and contexts: spec/uio.md section 5. */
#include <stdio.h>
#include <string.h>

#include "../case_objects.h"

#define OBJECTS "objects"
#define DIRECTORY (UIO_MODE_READ | UIO_MODE_CONTEXT)

static uint8_t data[VC_SEGMENT_MAX];

static const uint8_t *pattern(uint32_t size, uint32_t seed) {
    vc_pattern(data, size, seed);
    return data;
}

static struct vc_object object_of(struct vc_test *t, const char *ids, const char *name) {
    return vc_want_object(t, ids, vc_on(t, UIO_QUERY_OBJECT, name, UIO_NOFOLLOW, 0), "QueryObject");
}

static void is_gone(struct vc_test *t, const char *ids, const char *name) {
    vc_code_is(t, ids, vc_on(t, UIO_QUERY_OBJECT, name, UIO_NOFOLLOW, 0),
               "QueryObject of a name that should not be there", VNAME_NOT_FOUND);
}

static void make_context(struct vc_test *t, const char *name) {
    vc_did(t, vc_on(t, UIO_CREATE_OBJECT, name, UIO_TYPE_CONTEXT, 0755), "CreateObject of a context");
}

/* ---- CreateInstance --------------------------------------------------------------------------------------------------- */

static void create(struct vc_test *t) {
    vc_fill(t, "file", 100, 1);
    const struct vc_said *s = vc_create(t, "file", VC_RW);
    struct vc_instance i = vc_want_instance(t, "UIO-5.1-01", s, "CreateInstance");
    vc_check(t, "UIO-5.1-01", i.number == s->words[0] && i.attributes == s->words[1] && i.block_size == s->words[2],
             "number, attributes and BlockSize in words 0 to 2 as in the descriptor", "others");
    vc_equal(t, "UIO-5.1-01", "mode", VC_RW, i.mode);
    vc_equal(t, "UIO-5.1-01", "type", UIO_TYPE_FILE, i.object.type);
    vc_equal(t, "UIO-5.1-01", "octets", 100, i.object.size);
    s = vc_create(t, "made", VC_NEW);
    vc_want_code(t, "UIO-5.1-01", s, "CreateInstance with CREATE", VMTP_OK);
    vc_equal(t, "UIO-5.1-01", "permissions of word 3:", 0644, object_of(t, "UIO-5.1-01", "made").permissions & 0777);
    vc_code_is(t, "UIO-5.1-01", vc_create(t, "nothing", UIO_MODE_READ), "CreateInstance of nothing", VNAME_NOT_FOUND);
}

static void bad_modes(struct vc_test *t) {
    static const struct {
        uint32_t mode;
        const char *what;
    } tries[] = {{0, "mode 0"},
                 {UIO_MODE_CREATE, "CREATE alone"},
                 {UIO_MODE_READ | UIO_MODE_TRUNCATE, "TRUNCATE without WRITE"},
                 {UIO_MODE_READ | UIO_MODE_APPEND, "APPEND without WRITE"},
                 {UIO_MODE_READ | UIO_MODE_TRANSACTION, "TRANSACTION without WRITE"},
                 {VC_RW | UIO_MODE_EXCLUSIVE, "EXCLUSIVE without CREATE"},
                 {VC_RW | UIO_MODE_LOCK_SHARED | UIO_MODE_LOCK_EXCLUSIVE, "both locks"}};
    vc_fill(t, "file", 10, 1);
    for (unsigned i = 0; i < sizeof tries / sizeof tries[0]; i++)
        vc_code_is(t, "UIO-5.1-02", vc_create(t, "file", tries[i].mode), tries[i].what, UIO_BAD_REQUEST);
    vc_code_is(t, "UIO-5.1-02", vc_create(t, "file", VC_RW | UIO_MODE_TRUNCATE | UIO_MODE_APPEND), "a good mode",
               VMTP_OK);
}

static void which(struct vc_test *t) {
    vc_fill(t, "file", 10, 1);
    make_context(t, "sub");
    vc_code_is(t, "UIO-5.1-04", vc_create(t, "file", VC_NEW | UIO_MODE_EXCLUSIVE), "EXCLUSIVE of a name that is taken",
               UIO_EXISTS);
    vc_code_is(t, "UIO-5.1-04", vc_create(t, "new", VC_NEW | UIO_MODE_EXCLUSIVE), "EXCLUSIVE of a name that is free",
               VMTP_OK);
    vc_code_is(t, "UIO-5.1-04", vc_create(t, "file", DIRECTORY), "CONTEXT of a file", VNAME_NOT_CONTEXT);
    vc_code_is(t, "UIO-5.1-04", vc_create(t, "nothing", DIRECTORY), "CONTEXT of nothing", VNAME_NOT_FOUND);
    vc_code_is(t, "UIO-5.1-04", vc_create(t, "nothing", DIRECTORY | UIO_MODE_CREATE), "CONTEXT and CREATE of nothing",
               VNAME_NOT_FOUND);
    vc_code_is(t, "UIO-5.1-04", vc_create(t, "sub", VC_RW), "a context to write", UIO_IS_CONTEXT);
    vc_code_is(t, "UIO-5.1-04", vc_create(t, "sub", DIRECTORY), "a context to read", VMTP_OK);
}

static void locked(struct vc_test *t) {
    struct vc_range range;
    vc_fill(t, "file", 100, 1);
    uint32_t first = vc_open(t, "file", VC_RW);
    vc_did(t, vc_lock(t, first, UIO_LOCK_EXCLUSIVE, 0, 2, 3), "LockInstance");
    uint64_t owner = vc_owner(t);
    vc_owner_is(t, vc_new_client(t));
    const struct vc_said *s = vc_create(t, "file", VC_RW | UIO_MODE_LOCK_SHARED);
    vc_want_code(t, "UIO-5.1-05", s, "CreateInstance with LOCK_SHARED", UIO_LOCKED);
    int there = vc_get_range(&range, s->segment, s->octets) != 0;
    vc_check(t, "UIO-5.1-05", there && range.first == 2 && range.count == 3 && range.owner == owner,
             "blocks 2 to 4 and their owner", "%llu blocks from %llu", (unsigned long long)range.count,
             (unsigned long long)range.first);
    vc_did(t, vc_lock(t, first, UIO_LOCK_NONE, 0, 0, 0), "LockInstance");
    uint32_t second = vc_open(t, "file", VC_RW | UIO_MODE_LOCK_EXCLUSIVE);
    vc_code_is(t, "UIO-5.1-05", vc_lock(t, first, UIO_LOCK_SHARED, 0, 7, 1), "a lock beside that of LOCK_EXCLUSIVE",
               UIO_LOCKED);
    vc_did(t, vc_release(t, second, 0), "ReleaseInstance");
    vc_code_is(t, "UIO-5.1-05", vc_lock(t, first, UIO_LOCK_EXCLUSIVE, 0, 0, 0),
               "a lock when only refused instances had others", VMTP_OK);
}

static void leaves_nothing(struct vc_test *t) {
    vc_fill(t, "file", 100, 1);
    struct vc_name name = vc_in(t, "new");
    vc_want_code(t, "UIO-5.1-06", vc_create(t, "new", UIO_MODE_READ | UIO_MODE_CREATE | UIO_MODE_TRUNCATE),
                 "CREATE with a bad mode", UIO_BAD_REQUEST);
    is_gone(t, "UIO-5.1-06", "new");
    struct vc_packet p = vc_by_name(t, &name, UIO_CREATE_INSTANCE, VC_NEW, 0644, VNAME_HANDLERS, NULL, 0);
    vc_want_code(t, "UIO-5.1-06", vc_ask(t, &p, NULL, 0), "CREATE with a group as owner", UIO_BAD_REQUEST);
    is_gone(t, "UIO-5.1-06", "new");
    vc_want_code(t, "UIO-5.1-06", vc_create(t, "file", VC_NEW | UIO_MODE_EXCLUSIVE | UIO_MODE_LOCK_EXCLUSIVE),
                 "EXCLUSIVE and LOCK_EXCLUSIVE of what is there", UIO_EXISTS);
    uint32_t number = vc_open(t, "file", VC_RW);
    vc_code_is(t, "UIO-5.1-06", vc_lock(t, number, UIO_LOCK_EXCLUSIVE, 0, 0, 0), "a lock after that", VMTP_OK);
}

static void behind_link(struct vc_test *t) {
    vc_did(t, vc_make_link(t, "link", "nothing"), "CreateObject of a link");
    vc_code_is(t, "UIO-5.1-08", vc_create(t, "link", VC_NEW), "CREATE behind a link to nothing", VNAME_NOT_FOUND);
    is_gone(t, "UIO-5.1-08", "nothing");
    vc_fill(t, "nothing", 10, 1);
    vc_code_is(t, "UIO-5.1-08", vc_create(t, "link", VC_NEW), "CREATE behind a link to a file", VMTP_OK);
}

/* ---- QueryObject, ModifyObject ------------------------------------------------------------------------------------------ */

static void query(struct vc_test *t) {
    struct vc_object to = {.changed = 1234567890000000000ll};
    vc_fill(t, "file", 100, 1);
    vc_did(t, vc_make_link(t, "link", "file"), "CreateObject of a link");
    struct vc_object o = vc_want_object(t, "UIO-5.2-01", vc_on(t, UIO_QUERY_OBJECT, "link", 0, 0),
                                        "QueryObject of a link");
    vc_check(t, "UIO-5.2-01", o.type == UIO_TYPE_FILE && o.size == 100, "the file that it leads to", "type %u", o.type);
    o = object_of(t, "UIO-5.2-01", "link");
    vc_check(t, "UIO-5.2-01", o.type == UIO_TYPE_LINK && o.target_octets == 4 && memcmp(o.target, "file", 4) == 0,
             "with NO_FOLLOW the link, and its target", "type %u, \"%.*s\"", o.type, (int)o.target_octets, o.target);
    vc_want_code(t, "UIO-5.2-01", vc_modify_name(t, "link", UIO_MASK_MTIME, UIO_NOFOLLOW, &to),
                 "ModifyObject with NO_FOLLOW", VMTP_OK);
    vc_check(t, "UIO-5.2-01", object_of(t, "UIO-5.2-01", "link").changed == to.changed, "the link's time is set", "not");
    vc_check(t, "UIO-5.2-01", object_of(t, "UIO-5.2-01", "file").changed != to.changed, "the file's time is as before",
             "it is set too");
}

static struct vc_object modified(struct vc_test *t, uint32_t mask, const struct vc_object *to) {
    return vc_want_object(t, "UIO-5.2-02", vc_modify_name(t, "file", mask, 0, to), "ModifyObject");
}

static void masks(struct vc_test *t) {
    const int64_t then = 1234567890123456789ll;
    struct vc_object to = {.permissions = 0604, .size = 7, .used = then, .changed = then + 1}, o;
    vc_fill(t, "file", 100, 1);
    struct vc_object was = object_of(t, "UIO-5.2-02", "file");
    o = modified(t, UIO_MASK_PERMISSIONS, &to);
    vc_check(t, "UIO-5.2-02", o.permissions == 0604 && o.size == 100, "permissions alone", "0%o, %llu octets",
             o.permissions, (unsigned long long)o.size);
    o = modified(t, UIO_MASK_SIZE, &to);
    vc_check(t, "UIO-5.2-02", o.size == 7 && o.permissions == 0604, "7 octets", "%llu octets",
             (unsigned long long)o.size);
    o = modified(t, UIO_MASK_ATIME, &to);
    vc_check(t, "UIO-5.2-02", o.used == then && o.changed != to.changed, "the time of last use alone", "another");
    o = modified(t, UIO_MASK_MTIME, &to);
    vc_check(t, "UIO-5.2-02", o.changed == to.changed && o.used == then, "the time of change", "another");
    o = modified(t, UIO_MASK_ATIME_NOW | UIO_MASK_MTIME_NOW, &to);
    vc_check(t, "UIO-5.2-02", o.changed >= was.changed && o.used >= was.changed, "both times the manager's now",
             "earlier ones");
    to.user = o.user;
    to.group = o.group;
    o = modified(t, UIO_MASK_USER | UIO_MASK_GROUP, &to);
    vc_check(t, "UIO-5.2-02", o.user == to.user && o.group == to.group, "user and group", "others");
}

/* A size cannot be set of a context, so permissions are not either. */
static void all_or_nothing(struct vc_test *t) {
    struct vc_object to = {.permissions = 0700, .size = 5};
    make_context(t, "sub");
    uint32_t before = object_of(t, "UIO-5.2-03", "sub").permissions;
    const struct vc_said *s = vc_modify_name(t, "sub", UIO_MASK_PERMISSIONS | UIO_MASK_SIZE, 0, &to);
    vc_check(t, "UIO-5.2-03", s->code != VMTP_OK, "a refusal", "OK");
    vc_equal(t, "UIO-5.2-03", "permissions as before:", before, object_of(t, "UIO-5.2-03", "sub").permissions);
    to.size = UINT64_MAX;
    vc_fill(t, "file", 10, 1);
    before = object_of(t, "UIO-5.2-03", "file").permissions;
    s = vc_modify_name(t, "file", UIO_MASK_PERMISSIONS | UIO_MASK_SIZE, 0, &to);
    vc_check(t, "UIO-5.2-03", s->code != VMTP_OK, "a refusal of 2^64 - 1 octets", "OK");
    vc_equal(t, "UIO-5.2-03", "permissions as before:", before, object_of(t, "UIO-5.2-03", "file").permissions);
}

/* ---- RemoveObject, CreateObject ------------------------------------------------------------------------------------------ */

static void removal(struct vc_test *t) {
    vc_fill(t, "file", 100, 1);
    make_context(t, "sub");
    vc_fill(t, "sub/in", 10, 1);
    uint32_t number = vc_open(t, "file", UIO_MODE_READ);
    vc_code_is(t, "UIO-5.2-04", vc_on(t, UIO_REMOVE_OBJECT, "file", UIO_TYPE_CONTEXT, 0),
               "RemoveObject of a file as a context", VNAME_NOT_CONTEXT);
    vc_code_is(t, "UIO-5.2-04", vc_on(t, UIO_REMOVE_OBJECT, "sub", 0, 0), "RemoveObject of a context without type 2",
               UIO_IS_CONTEXT);
    vc_code_is(t, "UIO-5.2-04", vc_on(t, UIO_REMOVE_OBJECT, "sub", UIO_TYPE_CONTEXT, 0),
               "RemoveObject of a full context", UIO_NOT_EMPTY);
    vc_want_code(t, "UIO-5.2-04", vc_on(t, UIO_REMOVE_OBJECT, "file", 0, 0), "RemoveObject of a file", VMTP_OK);
    is_gone(t, "UIO-5.2-04", "file");
    vc_want_octets(t, "UIO-5.2-04", vc_read(t, number, 0, 0, 100), "its instance, read", pattern(100, 1), 100);
    vc_did(t, vc_on(t, UIO_REMOVE_OBJECT, "sub/in", 0, 0), "RemoveObject");
    vc_want_code(t, "UIO-5.2-04", vc_on(t, UIO_REMOVE_OBJECT, "sub", UIO_TYPE_CONTEXT, 0),
                 "RemoveObject of an empty context", VMTP_OK);
    is_gone(t, "UIO-5.2-04", "sub");
    vc_code_is(t, "UIO-5.2-04", vc_on(t, UIO_REMOVE_OBJECT, "sub", 0, 0), "RemoveObject of nothing", VNAME_NOT_FOUND);
}

static void creation(struct vc_test *t) {
    struct vc_object o = vc_want_object(t, "UIO-5.2-08", vc_on(t, UIO_CREATE_OBJECT, "sub", UIO_TYPE_CONTEXT, 0750),
                                        "CreateObject");
    vc_check(t, "UIO-5.2-08", o.type == UIO_TYPE_CONTEXT && (o.permissions & 0777) == 0750,
             "a context with these permissions", "type %u, 0%o", o.type, o.permissions);
    o = vc_want_object(t, "UIO-5.2-08", vc_make_link(t, "link", "to/some where"), "CreateObject of a link");
    vc_check(t, "UIO-5.2-08",
             o.type == UIO_TYPE_LINK && o.target_octets == 13 && memcmp(o.target, "to/some where", 13) == 0,
             "a link with the target", "type %u", o.type);
    vc_fill(t, "file", 10, 1);
    vc_code_is(t, "UIO-5.2-08", vc_on(t, UIO_CREATE_OBJECT, "sub", UIO_TYPE_CONTEXT, 0755), "a name that a context has",
               UIO_EXISTS);
    vc_code_is(t, "UIO-5.2-08", vc_on(t, UIO_CREATE_OBJECT, "file", UIO_TYPE_CONTEXT, 0755), "a name that a file has",
               UIO_EXISTS);
    vc_code_is(t, "UIO-5.2-08", vc_make_link(t, "file", "other"), "a link with the name of a file", UIO_EXISTS);
    vc_code_is(t, "UIO-5.2-08", vc_on(t, UIO_CREATE_OBJECT, "clock", UIO_TYPE_CLOCK, 0755),
               "a type that cannot be made", UIO_UNSUPPORTED);
}

static void storage(struct vc_test *t) {
    const struct vc_said *s = vc_on(t, UIO_QUERY_STORAGE, ".", 0, 0);
    vc_want_code(t, "UIO-5.2-09", s, "QueryStorage", VMTP_OK);
    uint64_t all = vc_pair(s->words), unused = vc_pair(s->words + 2);
    vc_check(t, "UIO-5.2-09", s->octets == 0 && (all == 0 || unused <= all), "no more octets free than there are, or 0",
             "more");
}

/* ---- RenameObject, LinkObject ---------------------------------------------------------------------------------------------- */

static void renaming(struct vc_test *t) {
    vc_fill(t, "one", 10, 1);
    vc_fill(t, "two", 20, 2);
    vc_want_code(t, "UIO-5.2-05", vc_rename(t, "one", "three", 0), "RenameObject", VMTP_OK);
    is_gone(t, "UIO-5.2-05", "one");
    vc_holds(t, "UIO-5.2-05", "three", pattern(10, 1), 10);
    vc_want_code(t, "UIO-5.2-05", vc_rename(t, "three", "two", UIO_RENAME_NO_REPLACE), "RenameObject with NO_REPLACE",
                 UIO_EXISTS);
    vc_want_code(t, "UIO-5.2-05", vc_rename(t, "three", "two", UIO_RENAME_EXCHANGE), "RenameObject with EXCHANGE",
                 VMTP_OK);
    vc_holds(t, "UIO-5.2-05", "two", pattern(10, 1), 10);
    vc_holds(t, "UIO-5.2-05", "three", pattern(20, 2), 20);
    vc_want_code(t, "UIO-5.2-05", vc_rename(t, "two", "three", 0), "RenameObject to a name that is taken", VMTP_OK);
    vc_holds(t, "UIO-5.2-05", "three", pattern(10, 1), 10);
    is_gone(t, "UIO-5.2-05", "two");
}

/* With a new name that is given as it is. */
static const struct vc_said *rename_to(struct vc_test *t, uint32_t context, uint16_t index, uint16_t length,
                                       const char *text) {
    uint8_t added[8 + VC_NAME_MAX];
    struct vc_name name = vc_in(t, "file");
    uint32_t size = vc_put_new_name(added, context, index, length, text, (uint32_t)strlen(text));
    struct vc_packet p = vc_by_name(t, &name, UIO_RENAME_OBJECT, 0, 0, 0, added, size);
    return vc_ask(t, &p, NULL, 0);
}

static void new_names(struct vc_test *t) {
    vc_fill(t, "file", 10, 1);
    struct vc_name there = vc_in(t, "there");
    vc_code_is(t, "UIO-5.2-06", rename_to(t, 0, 0, 15, "/no-such-one/to"), "a new name of another manager", UIO_CROSS);
    vc_code_is(t, "UIO-5.2-06", rename_to(t, there.context, (uint16_t)(there.index + 1), there.length, there.text),
               "a NameIndex beyond the prefix", UIO_CROSS);
    vc_code_is(t, "UIO-5.2-06", rename_to(t, there.context, there.length + 1, there.length, there.text),
               "a NameIndex above NameLength", UIO_BAD_REQUEST);
    vc_code_is(t, "UIO-5.2-06", rename_to(t, there.context, 0, (uint16_t)(there.length + 9), there.text),
               "a NameLength beyond the segment", UIO_BAD_REQUEST);
    vc_code_is(t, "UIO-5.2-06", rename_to(t, 0x7fffffff, 0, 5, "there"), "a context that there is not", VNAME_STALE);
    vc_code_is(t, "UIO-5.2-06", rename_to(t, there.context, 0, 4, "\xff\xfe/x"), "a new name that is not UTF-8",
               VNAME_INVALID);
    vc_holds(t, "UIO-5.2-06", "file", pattern(10, 1), 10);
    vc_code_is(t, "UIO-5.2-06", rename_to(t, 0, 0, there.length, there.text), "a NameIndex of 0 in an absolute name",
               VMTP_OK);
    vc_holds(t, "UIO-5.2-06", "there", pattern(10, 1), 10);
}

static void links(struct vc_test *t) {
    vc_fill(t, "file", 10, 1);
    make_context(t, "sub");
    vc_did(t, vc_make_link(t, "link", "nothing"), "CreateObject of a link");
    struct vc_object o = vc_want_object(t, "UIO-5.2-10", vc_link_name(t, "file", "also"), "LinkObject");
    vc_equal(t, "UIO-5.2-10", "names", 2, o.names);
    vc_holds(t, "UIO-5.2-10", "also", pattern(10, 1), 10);
    vc_code_is(t, "UIO-5.2-10", vc_link_name(t, "sub", "other"), "LinkObject of a context", UIO_IS_CONTEXT);
    vc_code_is(t, "UIO-5.2-10", vc_link_name(t, "file", "also"), "LinkObject to a name that is taken", UIO_EXISTS);
    o = vc_want_object(t, "UIO-5.2-10", vc_link_name(t, "link", "link too"), "LinkObject of a symbolic link");
    vc_equal(t, "UIO-5.2-10", "type: the link itself,", UIO_TYPE_LINK, o.type);
}

static void over_contexts(struct vc_test *t) {
    vc_fill(t, "file", 10, 1);
    make_context(t, "empty");
    make_context(t, "full");
    make_context(t, "full/sub");
    vc_code_is(t, "UIO-5.2-11", vc_rename(t, "file", "empty", 0), "a file over a context", UIO_IS_CONTEXT);
    vc_code_is(t, "UIO-5.2-11", vc_rename(t, "empty", "file", 0), "a context over a file", VNAME_NOT_CONTEXT);
    vc_code_is(t, "UIO-5.2-11", vc_rename(t, "empty", "full", 0), "a context over one with names in it", UIO_NOT_EMPTY);
    vc_code_is(t, "UIO-5.2-11", vc_rename(t, "full", "full/sub/in", 0), "a context into itself", UIO_BAD_REQUEST);
    vc_code_is(t, "UIO-5.2-11", vc_rename(t, "file", "empty", UIO_RENAME_NO_REPLACE | UIO_RENAME_EXCHANGE),
               "flags 1 and 2", UIO_BAD_REQUEST);
    vc_code_is(t, "UIO-5.2-11", vc_rename(t, "file", "nothing", UIO_RENAME_EXCHANGE), "EXCHANGE with nothing",
               VNAME_NOT_FOUND);
    vc_code_is(t, "UIO-5.2-11", vc_rename(t, "full", "empty", 0), "a context over an empty one", VMTP_OK);
    is_gone(t, "UIO-5.2-11", "full");
}

/* ---- contexts ---------------------------------------------------------------------------------------------------------- */

static void make_files(struct vc_test *t, unsigned count, const char *form) {
    char name[60];
    for (unsigned i = 0; i < count; i++) {
        snprintf(name, sizeof name, form, i); /* NOLINT: of the cases below */
        vc_did(t, vc_make_link(t, name, "x"), "CreateObject of a link");
    }
}

static void context_read(struct vc_test *t) {
    struct vc_told told[16];
    make_context(t, "sub");
    make_files(t, 10, "sub/name %u");
    struct vc_instance i = vc_want_instance(t, "UIO-5.3-01", vc_create(t, "sub", DIRECTORY), "CreateInstance");
    uint32_t both = UIO_CONTEXT | UIO_VARIABLE_BLOCK;
    vc_equal(t, "UIO-5.3-01", "CONTEXT and VARIABLE_BLOCK:", both, i.attributes & both);
    const struct vc_said *s = vc_read(t, i.number, 0, 0, 400);
    vc_want_code(t, "UIO-5.3-01", s, "a read of 400 octets", VMTP_OK);
    unsigned whole = 0;
    uint32_t at = 0;
    struct vc_object o;
    for (uint32_t size; (size = vc_get_object(&o, s->segment + at, s->octets - at)) != 0; at += size)
        whole++;
    vc_equal(t, "UIO-5.3-01", "octets of whole descriptors:", s->octets, at);
    vc_check(t, "UIO-5.3-01", whole >= 2 && s->octets <= 400, "as many whole descriptors as fit", "%u in %u octets",
             whole, s->octets);
    vc_check(t, "UIO-5.3-02", vc_pair(s->words + 1) != 0 && !(s->words[3] & UIO_END), "the block to go on with", "none");
    vc_equal(t, "UIO-5.3-02", "descriptors, each read at the block that the one before named:", 10,
             vc_list_of(t, i.number, 400, told, 16));
    vc_equal(t, "UIO-5.3-02", "descriptors, from block 0 again:", 10, vc_list_of(t, i.number, 4096, told, 16));
}

/* While the context is read others go and come. */
static void context_changes(struct vc_test *t) {
    static struct vc_told told[80];
    make_context(t, "sub");
    make_files(t, 20, "sub/stays%u");
    make_files(t, 10, "sub/goes%u");
    uint32_t number = vc_open(t, "sub", DIRECTORY);
    unsigned count = 0, times[20] = {0};
    uint64_t block = 0;
    for (unsigned reads = 0; reads < 40; reads++) {
        char name[60];
        const struct vc_said *s = vc_read(t, number, block, 0, 500);
        vc_want_code(t, "UIO-5.3-03", s, "a read of a context", VMTP_OK);
        struct vc_object o;
        for (uint32_t at = 0, size; (size = vc_get_object(&o, s->segment + at, s->octets - at)) != 0 && count < 80;
             at += size)
            snprintf(told[count++].name, sizeof told[0].name, "%.*s", (int)o.name_octets, o.name);
        block = vc_pair(s->words + 1);
        if (s->words[3] & UIO_END)
            break;
        snprintf(name, sizeof name, "sub/goes%u", reads);
        if (reads < 10)
            vc_did(t, vc_on(t, UIO_REMOVE_OBJECT, name, 0, 0), "RemoveObject");
        snprintf(name, sizeof name, "sub/comes%u", reads);
        if (reads < 10)
            vc_did(t, vc_make_link(t, name, "x"), "CreateObject");
    }
    unsigned twice = 0, once = 0;
    for (unsigned i = 0; i < count; i++) {
        unsigned stays;
        if (sscanf(told[i].name, "stays%u", &stays) == 1 && stays < 20)
            times[stays]++;
        for (unsigned k = 0; k < i; k++)
            twice += strcmp(told[k].name, told[i].name) == 0;
    }
    for (unsigned i = 0; i < 20; i++)
        once += times[i] == 1;
    vc_equal(t, "UIO-5.3-03", "objects that stayed and were told once:", 20, once);
    vc_equal(t, "UIO-5.3-03", "objects that were told twice:", 0, twice);
}

static void context_itself(struct vc_test *t) {
    struct vc_told told[8];
    make_context(t, "sub");
    vc_fill(t, "sub/in", 10, 1);
    uint32_t number = vc_open(t, "sub", DIRECTORY);
    unsigned count = vc_list_of(t, number, 4096, told, 8);
    vc_equal(t, "UIO-5.3-04", "objects", 1, count);
    vc_check(t, "UIO-5.3-04", !vc_find_told(told, count, ".") && !vc_find_told(told, count, ".."),
             "neither itself nor the one above", "one of them");
}

static void context_small_reads(struct vc_test *t) {
    char name[300];
    make_context(t, "sub");
    snprintf(name, sizeof name, "sub/%0200u", 1u);
    vc_did(t, vc_make_link(t, name, "x"), "CreateObject of a link");
    uint32_t number = vc_open(t, "sub", DIRECTORY);
    vc_code_is(t, "UIO-5.3-05", vc_read(t, number, 0, 0, 88), "a read of 88 octets", UIO_BAD_COUNT);
    const struct vc_said *s = vc_read(t, number, 0, 0, 2048);
    vc_code_is(t, "UIO-5.3-05", s, "a read of 2048 octets", VMTP_OK);
    struct vc_object o;
    int there = vc_get_object(&o, s->segment, s->octets) != 0;
    vc_check(t, "UIO-5.3-05", there && o.name_octets == 200, "the descriptor with the name of 200 octets", "none");
}

/* Type, number and name are there; what else is there is true. */
static void context_descriptor(struct vc_test *t) {
    struct vc_told told[8];
    vc_fill(t, "file", 100, 1);
    uint32_t number = vc_open(t, "", DIRECTORY);
    unsigned count = vc_list_of(t, number, 4096, told, 8);
    const struct vc_told *found = vc_find_told(told, count, "file");
    struct vc_object o = object_of(t, "UIO-5.3-06", "file");
    vc_check(t, "UIO-5.3-06", found && found->object.type == UIO_TYPE_FILE && found->object.number == o.number,
             "type and number of the file", "others");
    vc_check(t, "UIO-5.3-06", found && (found->object.size == 0 || found->object.size == 100), "its size or 0",
             "another");
}

const struct vc_case vc_objects_name_cases[] = {
    VC_CASE("objects/create", "UIO-5.1-01", OBJECTS, "CreateInstance of what is there, of what is made, of nothing",
            "descriptors, and NAME_NOT_FOUND", create),
    VC_CASE("objects/bad-modes", "UIO-5.1-02", OBJECTS, "modes that contradict themselves", "UIO_BAD_REQUEST", bad_modes),
    VC_CASE("objects/which", "UIO-5.1-04", OBJECTS, "EXCLUSIVE and CONTEXT of what is there and what is not",
            "UIO_EXISTS, NAME_NOT_CONTEXT, NAME_NOT_FOUND, UIO_IS_CONTEXT", which),
    VC_CASE("objects/create-locked", "UIO-5.1-05", OBJECTS, "CreateInstance with a lock that another has",
            "UIO_LOCKED with the range, and no instance", locked),
    VC_CASE("objects/leaves-nothing", "UIO-5.1-06", OBJECTS, "CreateInstance that fails",
            "neither object nor lock are left", leaves_nothing),
    VC_CASE("objects/behind-link", "UIO-5.1-08", OBJECTS, "CREATE of a link to nothing",
            "NAME_NOT_FOUND, nothing is made", behind_link),
    VC_CASE("objects/query", "UIO-5.2-01", OBJECTS,
            "QueryObject and ModifyObject of a link, without and with NO_FOLLOW", "the file, the link", query),
    VC_CASE("objects/masks", "UIO-5.2-02", OBJECTS, "ModifyObject with each bit", "what it names is modified", masks),
    VC_CASE("objects/all-or-nothing", "UIO-5.2-03", OBJECTS, "permissions together with a size that cannot be",
            "a refusal, permissions as before", all_or_nothing),
    VC_CASE("objects/removal", "UIO-5.2-04", OBJECTS, "RemoveObject of files and contexts, as what they are and are not",
            "UIO_IS_CONTEXT, UIO_NOT_EMPTY, NAME_NOT_CONTEXT; instances live on", removal),
    VC_CASE("objects/renaming", "UIO-5.2-05", OBJECTS, "RenameObject to free and taken names, NO_REPLACE, EXCHANGE",
            "names lead where they should", renaming),
    VC_CASE("objects/new-names", "UIO-5.2-06", OBJECTS, "new names of others, with wrong lengths, of no context",
            "UIO_CROSS, UIO_BAD_REQUEST, NAME_STALE, NAME_INVALID", new_names),
    VC_CASE("objects/creation", "UIO-5.2-08", OBJECTS, "CreateObject of a context, a link, of taken names, of a clock",
            "descriptors; UIO_EXISTS, UIO_UNSUPPORTED", creation),
    VC_CASE("objects/storage", "UIO-5.2-09", OBJECTS, "QueryStorage", "numbers that fit together", storage),
    VC_CASE("objects/links", "UIO-5.2-10", OBJECTS, "LinkObject of a file, a context, a link, to a taken name",
            "UIO_IS_CONTEXT, UIO_EXISTS; the link itself is linked", links),
    VC_CASE("objects/over-contexts", "UIO-5.2-11", OBJECTS, "RenameObject between files, empty and full contexts",
            "UIO_IS_CONTEXT, NAME_NOT_CONTEXT, UIO_NOT_EMPTY, UIO_BAD_REQUEST", over_contexts),
    VC_CASE("objects/context-read", "UIO-5.3-01 UIO-5.3-02", OBJECTS,
            "a context of ten names is read 400 octets a time", "whole descriptors, all of them", context_read),
    VC_CASE("objects/context-changes", "UIO-5.3-03", OBJECTS, "a context is read while names come and go",
            "those that stay are told once, none twice", context_changes),
    VC_CASE("objects/context-itself", "UIO-5.3-04", OBJECTS, "a context with one name is read", "that name alone",
            context_itself),
    VC_CASE("objects/context-small-reads", "UIO-5.3-05", OBJECTS, "reads of 88 and of 2048 octets of a context",
            "UIO_BAD_COUNT; a descriptor", context_small_reads),
    VC_CASE("objects/context-descriptor", "UIO-5.3-06", OBJECTS, "a descriptor of a context beside that of QueryObject",
            "the same type and number, and nothing untrue", context_descriptor),
    VC_LAST};

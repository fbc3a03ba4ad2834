/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages, instances, descriptors: spec/uio.md sections 1 to 4. */
#include <stdio.h>
#include <string.h>

#include "../case_objects.h"

#define OBJECTS "objects"

static uint8_t data[VC_SEGMENT_MAX];

/* ---- section 1 -------------------------------------------------------------------------------------------------------- */

static uint32_t set_words(const struct vc_said *s, unsigned first) {
    uint32_t all = 0;
    for (unsigned i = first; i < 6; i++)
        all |= s->words[i];
    return all;
}

static void spare_words(struct vc_test *t) {
    vc_fill(t, "file", 100, 1);
    uint32_t number = vc_open(t, "file", UIO_MODE_READ);
    struct vc_name name = vc_in(t, "file");
    struct vc_packet p = vc_by_name(t, &name, UIO_QUERY_OBJECT, 0, 0xffffffff, 0xdeadbeef00000001, NULL, 0);
    vc_want_code(t, "UIO-1-01", vc_ask(t, &p, NULL, 0), "QueryObject with other words set", VMTP_OK);
    p = vc_of_instance(t, UIO_QUERY_INSTANCE, number, 7, 8, 9, 10);
    p.words[5] = p.words[6] = 11;
    const struct vc_said *s = vc_ask(t, &p, NULL, 0);
    vc_want_code(t, "UIO-1-01", s, "QueryInstance with other words set", VMTP_OK);
    vc_equal(t, "UIO-1-01", "words of the answer to QueryInstance:", 0, set_words(s, 0));
    p = vc_of_instance(t, UIO_READ_INSTANCE, number, 0, 0, 0, 100);
    p.words[5] = p.words[6] = 0xffffffff;
    s = vc_ask(t, &p, NULL, 0);
    vc_want_code(t, "UIO-1-01", s, "ReadInstance with other words set", VMTP_OK);
    vc_equal(t, "UIO-1-01", "words 4 and 5 of the answer to ReadInstance:", 0, set_words(s, 4));
    p = vc_of_instance(t, UIO_RELEASE_INSTANCE, number, 0, 1, 1, 1);
    s = vc_ask(t, &p, NULL, 0);
    vc_want_code(t, "UIO-1-01", s, "ReleaseInstance with other words set", VMTP_OK);
    vc_equal(t, "UIO-1-01", "words of the answer to ReleaseInstance:", 0, set_words(s, 0));
}

/* Between a name and what is added, and behind the name in a descriptor, octets are reserved. */
static void reserved_octets(struct vc_test *t) {
    struct vc_object to = {.permissions = 0640}, got;
    uint8_t segment[VC_NAME_MAX + 200] = {0};
    vc_fill(t, "fi", 10, 1);
    struct vc_name name = vc_in(t, "fi");
    if (name.length % 8 == 0)
        name = vc_in(t, "./fi");
    uint32_t room = vc_name_room(name.length);
    memcpy(segment, name.text, name.length);
    memset(segment + name.length, 0xa5, room - name.length);
    uint32_t size = room + vc_put_object(segment + room, &to);
    struct vc_packet p = vc_by_name(t, &name, UIO_MODIFY_OBJECT, UIO_MASK_PERMISSIONS, 0, 0, NULL, 0);
    vc_carry(&p, segment, size, vc_all_blocks(size));
    got = vc_want_object(t, "UIO-1-02", vc_ask(t, &p, NULL, 0),
                         "ModifyObject with octets that are not zero behind the name");
    vc_equal(t, "UIO-1-02", "permissions, most significant octet first:", 0640, got.permissions);
    vc_check(t, "UIO-1-02", got.clean, "zero octets behind the name of a descriptor", "others");
}

static void unknown_bits(struct vc_test *t) {
    struct vc_object to = {0};
    vc_fill(t, "file", 10, 1);
    vc_code_is(t, "UIO-1-03", vc_create(t, "file", UIO_MODE_READ | 0x1000), "mode 0x1001", UIO_UNSUPPORTED);
    vc_code_is(t, "UIO-1-03", vc_create(t, "file", UIO_MODE_READ | 0x80000000), "mode 0x80000001", UIO_UNSUPPORTED);
    vc_code_is(t, "UIO-1-03", vc_on(t, UIO_QUERY_OBJECT, "file", 2, 0), "QueryObject with flag 2", UIO_UNSUPPORTED);
    vc_code_is(t, "UIO-1-03", vc_modify_name(t, "file", 0x1000, 0, &to), "ModifyObject with mask 0x1000",
               UIO_UNSUPPORTED);
    vc_code_is(t, "UIO-1-03", vc_modify_name(t, "file", 0, 2, &to), "ModifyObject with flag 2", UIO_UNSUPPORTED);
    vc_code_is(t, "UIO-1-03", vc_rename(t, "file", "other", 4), "RenameObject with flag 4", UIO_UNSUPPORTED);
    uint32_t number = vc_open(t, "file", VC_RW);
    vc_code_is(t, "UIO-1-03", vc_write(t, number, 0, 0, 4, "x", 1), "WriteInstance with flag 4", UIO_UNSUPPORTED);
    vc_code_is(t, "UIO-1-03", vc_modify(t, number, 0x1000, NULL), "ModifyInstance with mask 0x1000", UIO_UNSUPPORTED);
    to.attributes = 0x80000000;
    vc_code_is(t, "UIO-1-03", vc_modify(t, number, UIO_MASK_MTIME_NOW, &to), "a descriptor with unknown attributes",
               VMTP_OK);
}

/* ---- section 2.1 ------------------------------------------------------------------------------------------------------ */

static struct vc_instance instance_of(struct vc_test *t, const char *ids, uint32_t number) {
    return vc_want_instance(t, ids, vc_query(t, number), "QueryInstance");
}

static void blocks(struct vc_test *t) {
    uint32_t number = vc_open(t, "file", VC_NEW);
    struct vc_instance i = instance_of(t, "UIO-2.1-01", number);
    uint32_t most = i.block_size < VC_SEGMENT_MAX ? i.block_size : VC_SEGMENT_MAX;
    vc_pattern(data, most, 3);
    vc_did(t, vc_write(t, number, 0, 0, 0, data, most), "WriteInstance");
    vc_did(t, vc_write(t, number, 1, 0, 0, data + 7, 100), "WriteInstance");
    const struct vc_said *s = vc_read(t, number, 0, 0, most);
    vc_want_octets(t, "UIO-2.1-01", s, "block 0", data, most);
    s = vc_read(t, number, 1, 0, most);
    vc_want_octets(t, "UIO-2.1-01", s, "block 1, the last", data + 7, 100);
    struct vc_instance after = instance_of(t, "UIO-2.1-02", number);
    vc_check(t, "UIO-2.1-02", after.block_size == i.block_size && i.block_size >= 1 && i.block_size <= 4194304,
             "the same BlockSize, 1 to 4194304", "%u, then %u", i.block_size, after.block_size);
}

static void last_block(struct vc_test *t) {
    uint32_t number = vc_open(t, "file", VC_NEW);
    struct vc_object to = {0};
    struct vc_instance i = instance_of(t, "UIO-2.1-03", number);
    vc_check(t, "UIO-2.1-03", i.last_block == 0 && i.last_octets == 0, "LastBlock 0 and LastOctets 0 of an empty file",
             "%llu and %u", (unsigned long long)i.last_block, i.last_octets);
    const struct {
        uint64_t size, block, octets;
    } tries[] = {
        {1, 0, 1}, {i.block_size, 0, i.block_size}, {i.block_size + 1ull, 1, 1}, {3ull * i.block_size, 2, i.block_size}};
    for (unsigned k = 0; k < 4; k++) {
        to.size = tries[k].size;
        i = vc_want_instance(t, "UIO-2.1-03", vc_modify(t, number, UIO_MASK_SIZE, &to), "ModifyInstance with a size");
        vc_equal(t, "UIO-2.1-03", "LastBlock", tries[k].block, i.last_block);
        vc_equal(t, "UIO-2.1-03", "LastOctets", tries[k].octets, i.last_octets);
    }
}

/* ---- section 2.2 ------------------------------------------------------------------------------------------------------ */

static void modes(struct vc_test *t) {
    static const uint32_t tried[] = {UIO_MODE_READ, UIO_MODE_WRITE, VC_RW};
    vc_fill(t, "file", 100, 1);
    vc_pattern(data, 100, 1);
    struct vc_object object = vc_want_object(t, "UIO-3.2-02", vc_on(t, UIO_QUERY_OBJECT, "file", 0, 0), "QueryObject");
    for (unsigned k = 0; k < 3; k++) {
        struct vc_instance i = vc_want_instance(t, "UIO-2.2-01", vc_create(t, "file", tried[k]), "CreateInstance");
        uint32_t both = i.attributes & (UIO_READABLE | UIO_WRITEABLE);
        uint32_t wanted = (tried[k] & UIO_MODE_READ ? UIO_READABLE : 0) | (tried[k] & UIO_MODE_WRITE ? UIO_WRITEABLE : 0);
        vc_equal(t, "UIO-2.2-01 UIO-3.2-02", "READABLE and WRITEABLE of this mode:", wanted, both);
        vc_check(t, "UIO-3.2-02", !(i.attributes & ~object.attributes), "only attributes that the object has", "others");
        vc_check(t, "UIO-3.2-02", !(i.attributes & UIO_TRANSACTION), "no TRANSACTION without the mode", "TRANSACTION");
        if (tried[k] & UIO_MODE_READ)
            vc_want_octets(t, "UIO-2.2-01", vc_read(t, i.number, 0, 0, 100), "a read", data, 100);
        if (tried[k] & UIO_MODE_WRITE)
            vc_want_code(t, "UIO-2.2-01", vc_write(t, i.number, 0, 0, 0, data, 100), "a write", VMTP_OK);
    }
}

static void not_announced(struct vc_test *t) {
    struct vc_object to = {.size = 5};
    vc_fill(t, "file", 100, 1);
    uint32_t reads = vc_open(t, "file", UIO_MODE_READ), writes = vc_open(t, "file", UIO_MODE_WRITE);
    uint32_t context = vc_open(t, "", UIO_MODE_READ | UIO_MODE_CONTEXT);
    struct vc_instance i = instance_of(t, "UIO-2.2-02", context);
    vc_code_is(t, "UIO-2.2-02", vc_read(t, writes, 0, 0, 1), "a read with mode WRITE", UIO_NOT_READABLE);
    vc_code_is(t, "UIO-2.2-02", vc_write(t, reads, 0, 0, 0, "x", 1), "a write with mode READ", UIO_NOT_WRITEABLE);
    vc_code_is(t, "UIO-2.2-02", vc_write(t, context, 0, 0, 0, "x", 1), "a write of a context", UIO_NOT_WRITEABLE);
    vc_code_is(t, "UIO-2.2-02", vc_modify(t, reads, UIO_MASK_SIZE, &to), "a size without SIZED", UIO_UNSUPPORTED);
    vc_code_is(t, "UIO-2.2-02", vc_modify(t, writes, UIO_MASK_COMMIT, NULL), "a commit without TRANSACTION",
               UIO_UNSUPPORTED);
    vc_code_is(t, "UIO-2.2-02", vc_release(t, writes, 1), "a release with commit without TRANSACTION", UIO_UNSUPPORTED);
    if (!(i.attributes & UIO_LOCKS))
        vc_code_is(t, "UIO-2.2-02", vc_lock(t, context, UIO_LOCK_SHARED, 0, 0, 0), "a lock without LOCKS",
                   UIO_UNSUPPORTED);
}

static void included(struct vc_test *t, const struct vc_instance *i) {
    uint32_t a = i->attributes;
    vc_check(t, "UIO-2.2-03", !(a & UIO_RANDOM_ACCESS) || a & UIO_STORAGE, "STORAGE where RANDOM_ACCESS is", "not");
    vc_check(t, "UIO-2.2-03", !(a & UIO_OFFSET) || a & UIO_RANDOM_ACCESS, "RANDOM_ACCESS where OFFSET is", "not");
}

static void inclusion(struct vc_test *t) {
    vc_fill(t, "file", 100, 1);
    struct vc_instance i = vc_want_instance(t, "UIO-2.2-03", vc_create(t, "file", VC_RW), "CreateInstance");
    included(t, &i);
    i = vc_want_instance(t, "UIO-2.2-03", vc_create(t, "", UIO_MODE_READ | UIO_MODE_CONTEXT), "CreateInstance");
    included(t, &i);
    vc_pattern(data, 100, 1);
    if (i.attributes & UIO_OFFSET)
        vc_want_octets(t, "UIO-2.2-03", vc_read(t, i.number, 0, 10, 20), "octets 10 to 29", data + 10, 20);
}

/* ---- section 2.3 ------------------------------------------------------------------------------------------------------ */

static void life(struct vc_test *t) {
    vc_fill(t, "file", 10, 1);
    vc_pattern(data, 10, 1);
    uint32_t number = vc_open(t, "file", UIO_MODE_READ);
    vc_pass(t, 300 * VC_MILLISECOND);
    vc_want_octets(t, "UIO-2.3-01", vc_read(t, number, 0, 0, 10), "a read later", data, 10);
    vc_want_code(t, "UIO-2.3-01", vc_release(t, number, 0), "a release", VMTP_OK);
    vc_want_code(t, "UIO-2.3-01", vc_read(t, number, 0, 0, 10), "a read after it", UIO_STALE);
}

static void numbers(struct vc_test *t) {
    uint32_t given[32];
    vc_fill(t, "file", 10, 1);
    for (unsigned i = 0; i < 32; i++) {
        given[i] = vc_open(t, "file", UIO_MODE_READ);
        vc_check(t, "UIO-2.3-02", given[i] != 0, "a number that is not 0", "0");
        vc_did(t, vc_release(t, given[i], 0), "ReleaseInstance");
        for (unsigned k = 0; k < i; k++)
            if (given[k] == given[i])
                vc_check(t, "UIO-2.3-02", 0, "another number for each instance", "one that was used before");
    }
    unsigned regular = 0;
    for (unsigned i = 2; i < 32; i++)
        regular += given[i] - given[i - 1] == given[i - 1] - given[i - 2] || given[i] - given[i - 1] + 4096 < 8192;
    vc_check(t, "UIO-2.3-02", regular == 0, "numbers that do not follow from each other", "%u of 30 do", regular);
}

static void stale(struct vc_test *t) {
    static const uint32_t codes[] = {UIO_READ_INSTANCE,  UIO_QUERY_INSTANCE,   UIO_MODIFY_INSTANCE,
                                     UIO_WRITE_INSTANCE, UIO_CONTROL_INSTANCE, UIO_RELEASE_INSTANCE,
                                     UIO_LOCK_INSTANCE};
    uint8_t range[16];
    vc_fill(t, "file", 10, 1);
    uint32_t number = vc_open(t, "file", VC_RW);
    vc_want_code(t, "UIO-2.3-03", vc_release(t, number, 0), "a release", VMTP_OK);
    for (unsigned i = 0; i < 7; i++) {
        struct vc_packet p = vc_of_instance(t, codes[i], number, 0, 0, 0, 1);
        int segment = codes[i] == UIO_WRITE_INSTANCE || codes[i] == UIO_LOCK_INSTANCE;
        vc_code_is(t, "UIO-2.3-03", vc_ask(t, &p, range, segment ? vc_put_range(range, 0, 0) : 0),
                   vc_request_name(codes[i]), UIO_STALE);
    }
    vc_code_is(t, "UIO-2.3-03", vc_query(t, 0), "QueryInstance of number 0", UIO_STALE);
    vc_code_is(t, "UIO-2.3-03", vc_query(t, number ^ 0x5a5a5a5a), "QueryInstance of a number that never was", UIO_STALE);
}

static void handed_on(struct vc_test *t) {
    vc_fill(t, "file", 10, 1);
    vc_pattern(data, 10, 1);
    uint64_t owner = vc_new_client(t);
    vc_owner_is(t, owner);
    struct vc_instance i = vc_want_instance(t, "UIO-5.1-03", vc_create(t, "file", UIO_MODE_READ), "CreateInstance");
    vc_equal(t, "UIO-5.1-03", "owner", owner, i.owner);
    struct vc_packet p = vc_of_instance(t, UIO_READ_INSTANCE, i.number, 0, 0, 0, 10);
    vc_by_another(t, &p);
    vc_want_octets(t, "UIO-2.3-04", vc_ask(t, &p, NULL, 0), "a read by neither owner nor creator", data, 10);
    p = vc_of_instance(t, UIO_RELEASE_INSTANCE, i.number, 0, 0, 0, 0);
    vc_by_another(t, &p);
    vc_want_code(t, "UIO-2.3-04", vc_ask(t, &p, NULL, 0), "a release by neither of them", VMTP_OK);
    struct vc_name name = vc_in(t, "file");
    p = vc_by_name(t, &name, UIO_CREATE_INSTANCE, UIO_MODE_READ, 0, 0, NULL, 0);
    i = vc_want_instance(t, "UIO-5.1-03", vc_ask(t, &p, NULL, 0), "CreateInstance without an owner");
    vc_equal(t, "UIO-5.1-03", "the Client as owner:", p.client, i.owner);
}

/* Some thousand instances of what takes least: of a clock if there is one. */
#define MOST 1024u

static void too_many(struct vc_test *t) {
    static uint32_t given[MOST + 1];
    struct vc_name name = vc_of_node(t, "time");
    unsigned count = 0;
    const struct vc_said *s;
    struct vc_packet p = vc_by_name(t, &name, UIO_CREATE_INSTANCE, UIO_MODE_READ, 0, vc_new_client(t), NULL, 0);
    vc_by_another(t, &p);
    while ((s = vc_ask(t, &p, NULL, 0))->code == VMTP_OK && count <= MOST) {
        given[count++] = s->words[0];
        p.transaction++;
    }
    vc_code_is(t, "UIO-2.3-07", s, "one instance of an owner too many", UIO_TOO_MANY);
    vc_owner_is(t, vc_new_client(t));
    s = vc_create_at(t, &name, UIO_MODE_READ);
    vc_code_is(t, "UIO-2.3-07", s, "an instance of another owner", VMTP_OK);
    if (s->code == VMTP_OK && count <= MOST)
        given[count++] = s->words[0];
    p = vc_of_instance(t, UIO_RELEASE_INSTANCE, 0, 0, 0, 0, 0);
    vc_by_another(t, &p);
    for (; count; p.transaction++) {
        p.words[0] = given[--count];
        vc_ask(t, &p, NULL, 0);
    }
}

/* ---- owners that end: as long as it takes ------------------------------------------------------------------------------- */

static struct vc_packet *probe_of(struct vc_test *t, uint64_t owner, vc_time patience) {
    vc_time until = vc_now(t) + patience;
    while (vc_now(t) < until) {
        struct vc_packet *p = vc_await_code(t, VMTP_PROBE_ENTITY, 0, until - vc_now(t));
        if (!p)
            return NULL;
        if (vc_pair(p->words + 2) == owner)
            return p;
    }
    return NULL;
}

/* An owner that is heard of is not looked for; one that is silent is, and found. */
static void owner_probed(struct vc_test *t) {
    vc_fill(t, "file", 10, 1);
    uint64_t owner = vc_new_client(t);
    vc_owner_is(t, owner);
    uint32_t number = vc_open(t, "file", UIO_MODE_READ);
    vc_pass(t, 30 * VC_SECOND);
    vc_did(t, vc_query(t, number), "QueryInstance");
    vc_time heard = vc_now(t);
    struct vc_packet *probe = probe_of(t, owner, 59 * VC_SECOND);
    vc_check(t, "UIO-2.3-05", !probe, "no Probe of an owner within 59 s of what was heard", "%s", probe ? "one" : "none");
    probe = probe_of(t, owner, 8 * VC_SECOND);
    if (!vc_check(t, "UIO-2.3-05", probe != NULL, "ProbeEntity of the owner after 60 s", "%s", probe ? "it came" : "none"))
        return;
    vc_between(t, "UIO-2.3-05", "silence before the Probe", 59 * VC_SECOND, 64 * VC_SECOND, probe->time - heard);
    vc_code_is(t, "UIO-2.3-05 UIO-2.3-01", vc_query(t, number), "QueryInstance of one whose owner is there", VMTP_OK);
}

/* The tester's node says of one owner that it does not exist, and nothing of another. */
static void owner_gone(struct vc_test *t) {
    vc_fill(t, "file", 10, 1);
    vc_pattern(data, 10, 1);
    uint64_t gone = vc_new_client(t), mute = vc_new_client(t);
    vc_owner_is(t, gone);
    uint32_t of_gone = vc_open(t, "file", VC_RW), second = vc_open(t, "file", UIO_MODE_READ);
    vc_did(t, vc_lock(t, of_gone, UIO_LOCK_EXCLUSIVE, 0, 0, 0), "LockInstance");
    vc_owner_is(t, mute);
    uint32_t of_mute = vc_open(t, "file", UIO_MODE_READ);
    vc_owner_is(t, vc_new_client(t));
    vc_answer_probes(t, 0);
    vc_time begin = vc_now(t);
    unsigned asked = 0;
    while (vc_now(t) - begin < 100 * VC_SECOND) {
        struct vc_packet *p = vc_await_code(t, VMTP_PROBE_ENTITY, 0, VC_SECOND);
        uint64_t about = p ? vc_pair(p->words + 2) : 0;
        if (about == gone) {
            struct vc_packet answer = vc_response(p, VMTP_NONEXISTENT_ENTITY | VMTP_DGM);
            answer.server = vc_new_client(t);
            vc_send(t, &answer);
        }
        asked += about == mute && p->retransmit == 0;
    }
    vc_answer_probes(t, 1);
    vc_code_is(t, "UIO-2.3-06", vc_query(t, of_gone), "an instance whose owner does not exist", UIO_STALE);
    vc_code_is(t, "UIO-2.3-06", vc_query(t, second), "another instance of this owner", UIO_STALE);
    vc_equal(t, "UIO-2.3-06", "Probes of an owner that does not answer:", 3, asked);
    vc_code_is(t, "UIO-2.3-06", vc_query(t, of_mute), "an instance whose owner did not answer three times", UIO_STALE);
    uint32_t other = vc_open(t, "file", VC_RW);
    vc_code_is(t, "UIO-6.5-08", vc_lock(t, other, UIO_LOCK_EXCLUSIVE, 0, 0, 0), "a lock where a dead owner had one",
               VMTP_OK);
}

/* ---- section 3 -------------------------------------------------------------------------------------------------------- */

static void versions(struct vc_test *t) {
    uint64_t seen[6];
    uint32_t number = vc_open(t, "file", VC_NEW);
    for (unsigned i = 0; i < 6; i++) {
        if (i)
            vc_did(t, vc_write(t, number, 0, 0, 0, &i, 1), "WriteInstance");
        seen[i] = instance_of(t, "UIO-3.1-02", number).object.version;
        unsigned same = 0;
        for (unsigned k = 0; k < i; k++)
            same += seen[k] == seen[i];
        vc_check(t, "UIO-3.1-02", same == 0, "a version that it did not have with other contents", "one that it had");
    }
}

static void descriptors(struct vc_test *t) {
    struct vc_told told[8];
    vc_did(t, vc_on(t, UIO_CREATE_OBJECT, "sub", UIO_TYPE_CONTEXT, 0755), "CreateObject");
    vc_fill(t, "sub/some file", 10, 1);
    struct vc_object o = vc_want_object(t, "UIO-3.1-03", vc_on(t, UIO_QUERY_OBJECT, "sub/some file", 0, 0),
                                        "QueryObject");
    vc_check(t, "UIO-3.1-04", o.name_octets == 9 && memcmp(o.name, "some file", 9) == 0, "the last component as name",
             "\"%.*s\"", (int)o.name_octets, o.name);
    uint32_t number = vc_open(t, "sub", UIO_MODE_READ | UIO_MODE_CONTEXT);
    unsigned count = vc_list_of(t, number, 4096, told, 8);
    vc_equal(t, "UIO-3.1-03", "descriptors that are well-formed:", 1, count);
    vc_check(t, "UIO-3.1-04", count == 1 && strcmp(told[0].name, "some file") == 0, "the last component in a list",
             "\"%s\"", count ? told[0].name : "");
    struct vc_instance i = vc_want_instance(t, "UIO-3.1-04", vc_create(t, "sub/some file", UIO_MODE_READ),
                                            "CreateInstance");
    vc_check(t, "UIO-3.1-04", i.object.name_octets == 0 || i.object.name_octets == 9, "its last component or none",
             "%u octets", i.object.name_octets);
}

static void object_numbers(struct vc_test *t) {
    static const char *const names[] = {"one", "two", "sub", "link"};
    struct vc_told told[8];
    uint64_t number[4];
    vc_fill(t, "one", 10, 1);
    vc_fill(t, "two", 10, 1);
    vc_did(t, vc_on(t, UIO_CREATE_OBJECT, "sub", UIO_TYPE_CONTEXT, 0755), "CreateObject");
    vc_did(t, vc_make_link(t, "link", "one"), "CreateObject of a link");
    uint32_t context = vc_open(t, "", UIO_MODE_READ | UIO_MODE_CONTEXT);
    unsigned count = vc_list_of(t, context, 4096, told, 8);
    for (unsigned i = 0; i < 4; i++) {
        number[i] =
            vc_want_object(t, "UIO-3.1-05", vc_on(t, UIO_QUERY_OBJECT, names[i], UIO_NOFOLLOW, 0), "QueryObject").number;
        const struct vc_told *in_list = vc_find_told(told, count, names[i]);
        vc_check(t, "UIO-3.1-05", in_list && in_list->object.number == number[i], "the same number in the list",
                 "another");
        unsigned same = 0;
        for (unsigned k = 0; k < i; k++)
            same += number[k] == number[i] && number[i] != 0;
        vc_check(t, "UIO-3.1-05", same == 0, "no number of another object", "one");
    }
    struct vc_instance i = vc_want_instance(t, "UIO-3.1-05", vc_create(t, "one", UIO_MODE_READ), "CreateInstance");
    vc_check(t, "UIO-3.1-05", i.object.number == number[0], "the same number in the instance's descriptor", "another");
    vc_did(t, vc_link_name(t, "one", "sub/also"), "LinkObject");
    struct vc_object also = vc_want_object(t, "UIO-3.1-05", vc_on(t, UIO_QUERY_OBJECT, "sub/also", 0, 0), "QueryObject");
    vc_check(t, "UIO-3.1-05", also.number == number[0], "the same number by its other name", "another");
}

static void transfers(struct vc_test *t) {
    vc_fill(t, "file", 10, 1);
    struct vc_instance i = vc_want_instance(t, "UIO-3.2-01", vc_create(t, "file", VC_RW), "CreateInstance");
    vc_check(t, "UIO-3.2-01", i.max_transfer >= i.block_size && i.max_transfer <= 16384,
             "MaxTransfer of BlockSize to 16384 without STI", "%u", i.max_transfer);
    struct vc_name name = vc_in(t, "file");
    struct vc_packet p = vc_by_name(t, &name, UIO_CREATE_INSTANCE, VC_RW, 0, vc_owner(t), NULL, 0);
    p.control |= VMTP_STI;
    i = vc_want_instance(t, "UIO-3.2-01", vc_ask(t, &p, NULL, 0), "CreateInstance with STI");
    vc_check(t, "UIO-3.2-01", i.max_transfer >= i.block_size && i.max_transfer <= 4194304,
             "MaxTransfer of BlockSize to 4194304", "%u", i.max_transfer);
}

/* ---- section 4 -------------------------------------------------------------------------------------------------------- */

static void unknown_codes(struct vc_test *t) {
    static const uint32_t codes[] = {0x01000517, 0x010005ff, 0x01000501, 0x01010509, 0x01010510, 0x010105ff};
    vc_fill(t, "file", 10, 1);
    struct vc_name name = vc_in(t, "file");
    for (unsigned i = 0; i < 6; i++) {
        struct vc_packet p = codes[i] & VNAME_BY_NAME ? vc_by_name(t, &name, codes[i], 0, 0, 0, NULL, 0)
                                                      : vc_of_instance(t, codes[i], 0, 0, 0, 0, 0);
        vc_code_is(t, "UIO-4-01", vc_ask(t, &p, NULL, 0), vc_request_name(codes[i]), VMTP_ERROR);
    }
}

static void short_segments(struct vc_test *t) {
    uint8_t octets[200] = {0};
    struct vc_object to = {.permissions = 0600, .length = 96};
    vc_fill(t, "file", 10, 1);
    struct vc_name name = vc_in(t, "file");
    struct vc_packet p = vc_by_name(t, &name, UIO_MODIFY_OBJECT, UIO_MASK_PERMISSIONS, 0, 0, NULL, 0);
    vc_code_is(t, "UIO-4-02", vc_ask(t, &p, NULL, 0), "ModifyObject without a descriptor", UIO_BAD_REQUEST);
    vc_put_object(octets, &to);
    p = vc_by_name(t, &name, UIO_MODIFY_OBJECT, UIO_MASK_PERMISSIONS, 0, 0, octets, 88);
    vc_code_is(t, "UIO-4-02 UIO-3.1-03", vc_ask(t, &p, NULL, 0),
               "ModifyObject with a descriptor that says it is longer", UIO_BAD_REQUEST);
    uint32_t size = vc_put_new_name(octets, name.context, 0, 60, "other", 5);
    p = vc_by_name(t, &name, UIO_RENAME_OBJECT, 0, 0, 0, octets, size);
    vc_code_is(t, "UIO-4-02", vc_ask(t, &p, NULL, 0), "RenameObject with a new name cut off", UIO_BAD_REQUEST);
    p = vc_by_name(t, &name, UIO_RENAME_OBJECT, 0, 0, 0, NULL, 0);
    vc_code_is(t, "UIO-4-02", vc_ask(t, &p, NULL, 0), "RenameObject without a new name", UIO_BAD_REQUEST);
    uint32_t number = vc_open(t, "file", VC_RW);
    p = vc_of_instance(t, UIO_LOCK_INSTANCE, number, UIO_LOCK_SHARED, 0, 0, 0);
    vc_code_is(t, "UIO-4-02", vc_ask(t, &p, octets, 8), "LockInstance with half a range", UIO_BAD_REQUEST);
    p = vc_of_instance(t, UIO_MODIFY_INSTANCE, number, UIO_MASK_SIZE, 0, 0, 0);
    vc_code_is(t, "UIO-4-02", vc_ask(t, &p, octets, 40), "ModifyInstance with half a descriptor", UIO_BAD_REQUEST);
    p = vc_by_name(t, &name, UIO_QUERY_OBJECT, 0, 0, 0, NULL, 0);
    p.words[1] += 100;
    vc_code_is(t, "UIO-4-02", vc_ask(t, &p, NULL, 0), "a NameLength beyond the segment", VNAME_BAD_REQUEST);
}

static void no_more(struct vc_test *t, const struct vc_said *s, const char *what, uint32_t code) {
    vc_want_code(t, "UIO-4-03", s, what, code);
    vc_check(t, "UIO-4-03", s->octets == 0 && set_words(s, 0) == 0 && s->words[6] == 0, "no words and no segment",
             "%u octets, word 0 %u", s->octets, s->words[0]);
}

static void errors(struct vc_test *t) {
    vc_fill(t, "file", 10, 1);
    uint32_t number = vc_open(t, "file", UIO_MODE_READ);
    no_more(t, vc_on(t, UIO_QUERY_OBJECT, "nothing", 0, 0), "QueryObject of a name that is not there", VNAME_NOT_FOUND);
    no_more(t, vc_create(t, "file", 0), "CreateInstance with mode 0", UIO_BAD_REQUEST);
    no_more(t, vc_read(t, number, 0, 0, 0), "a read of 0 octets", UIO_BAD_COUNT);
    no_more(t, vc_write(t, number, 0, 0, 0, "x", 1), "a write with mode READ", UIO_NOT_WRITEABLE);
    no_more(t, vc_query(t, number ^ 0x5a5a5a5a), "QueryInstance of no instance", UIO_STALE);
    no_more(t, vc_control(t, number, 0x1234, 0, 0), "ControlInstance of an unknown function", UIO_UNSUPPORTED);
}

static void idempotent(struct vc_test *t, const struct vc_said *s, const char *what, int yes) {
    char expected[100];
    vc_want_code(t, "UIO-4-04", s, what, VMTP_OK);
    snprintf(expected, sizeof expected, "DGM %s in the answer to %s", yes ? "set" : "clear", what);
    vc_check(t, "UIO-4-04", !(s->flags & VMTP_DGM) == !yes, expected, "%s", s->flags & VMTP_DGM ? "set" : "clear");
}

static void idempotence(struct vc_test *t) {
    vc_fill(t, "file", 10, 1);
    const struct vc_said *s = vc_create(t, "file", VC_RW);
    idempotent(t, s, "CreateInstance", 0);
    uint32_t number = s->words[0];
    idempotent(t, vc_on(t, UIO_QUERY_OBJECT, "file", 0, 0), "QueryObject", 1);
    idempotent(t, vc_on(t, UIO_QUERY_STORAGE, ".", 0, 0), "QueryStorage", 1);
    idempotent(t, vc_query(t, number), "QueryInstance", 1);
    idempotent(t, vc_read(t, number, 0, 0, 10), "ReadInstance with STORAGE", 1);
    idempotent(t, vc_write(t, number, 0, 0, 0, "x", 1), "WriteInstance", 0);
    idempotent(t, vc_modify(t, number, 0, NULL), "ModifyInstance", 0);
    idempotent(t, vc_lock(t, number, UIO_LOCK_SHARED, 0, 0, 0), "LockInstance", 0);
    idempotent(t, vc_release(t, number, 0), "ReleaseInstance", 0);
    idempotent(t, vc_rename(t, "file", "other", 0), "RenameObject", 0);
    idempotent(t, vc_on(t, UIO_REMOVE_OBJECT, "other", 0, 0), "RemoveObject", 0);
}

/* Each of them is refused for one reason, and does none of the rest. */
static void nothing_changed(struct vc_test *t) {
    struct vc_object to = {.size = 3, .permissions = 0600};
    vc_fill(t, "file", 100, 1);
    vc_fill(t, "other", 50, 2);
    vc_pattern(data, 100, 1);
    vc_want_code(t, "UIO-4-05", vc_create(t, "file", VC_NEW | UIO_MODE_EXCLUSIVE | UIO_MODE_TRUNCATE),
                 "TRUNCATE with EXCLUSIVE of what is there", UIO_EXISTS);
    vc_holds(t, "UIO-4-05", "file", data, 100);
    vc_want_code(t, "UIO-4-05", vc_create(t, "new", UIO_MODE_CREATE | UIO_MODE_READ | UIO_MODE_TRUNCATE),
                 "CREATE and TRUNCATE without WRITE", UIO_BAD_REQUEST);
    vc_want_code(t, "UIO-4-05", vc_on(t, UIO_QUERY_OBJECT, "new", 0, 0), "QueryObject of what was not made",
                 VNAME_NOT_FOUND);
    vc_want_code(t, "UIO-4-05", vc_rename(t, "file", "other", UIO_RENAME_NO_REPLACE), "RenameObject with NO_REPLACE",
                 UIO_EXISTS);
    vc_holds(t, "UIO-4-05", "file", data, 100);
    uint32_t number = vc_open(t, "file", UIO_MODE_READ);
    vc_want_code(t, "UIO-4-05", vc_modify(t, number, UIO_MASK_SIZE | UIO_MASK_PERMISSIONS, &to),
                 "a size and permissions, without SIZED", UIO_UNSUPPORTED);
    struct vc_instance i = instance_of(t, "UIO-4-05", number);
    vc_check(t, "UIO-4-05", i.object.size == 100 && i.object.permissions != 0600, "size and permissions as before",
             "%llu octets, 0%o", (unsigned long long)i.object.size, i.object.permissions);
    vc_want_code(t, "UIO-4-05", vc_rename(t, "nothing", "other", 0), "RenameObject of nothing", VNAME_NOT_FOUND);
    vc_pattern(data, 50, 2);
    vc_holds(t, "UIO-4-05", "other", data, 50);
}

const struct vc_case vc_objects_cases[] = {
    VC_CASE("objects/spare-words", "UIO-1-01", OBJECTS, "operations with words set that their tables do not mention",
            "answers as without, and zero in such words", spare_words),
    VC_CASE("objects/reserved-octets", "UIO-1-02", OBJECTS, "ModifyObject with 0xA5 between name and descriptor",
            "it is done, and the descriptor has zeros behind the name", reserved_octets),
    VC_CASE("objects/unknown-bits", "UIO-1-03", OBJECTS, "flags, mask bits and modes that are not specified",
            "UIO_UNSUPPORTED; unknown attributes are ignored", unknown_bits),
    VC_CASE("objects/blocks", "UIO-2.1-01 UIO-2.1-02", OBJECTS, "a file of a block and 100 octets is written and read",
            "both blocks, and BlockSize as before", blocks),
    VC_CASE("objects/last-block", "UIO-2.1-03", OBJECTS, "a file of 0, 1, BlockSize, BlockSize + 1 and 3 BlockSize octets",
            "LastBlock and LastOctets that fit", last_block),
    VC_CASE("objects/modes", "UIO-2.2-01 UIO-3.2-02", OBJECTS, "CreateInstance to read, to write and for both",
            "attributes of this mode, and they are true", modes),
    VC_CASE("objects/not-announced", "UIO-2.2-02", OBJECTS, "operations that attributes do not announce",
            "UIO_NOT_READABLE, UIO_NOT_WRITEABLE, UIO_UNSUPPORTED", not_announced),
    VC_CASE("objects/inclusion", "UIO-2.2-03", OBJECTS, "CreateInstance of a file and of a context",
            "STORAGE with RANDOM_ACCESS, and that with OFFSET", inclusion),
    VC_CASE("objects/life", "UIO-2.3-01", OBJECTS, "an instance is created, read later, released, and read again",
            "OK, OK, UIO_STALE", life),
    VC_CASE("objects/numbers", "UIO-2.3-02", OBJECTS, "32 instances, one after the other",
            "numbers that are not 0, differ, and do not follow from each other", numbers),
    VC_CASE("objects/stale", "UIO-2.3-03", OBJECTS, "every operation of an instance that was released", "UIO_STALE",
            stale),
    VC_CASE("objects/handed-on", "UIO-2.3-04 UIO-5.1-03", OBJECTS, "an instance is used by others than its owner",
            "OK; the owner is that of word 4-5, or the Client", handed_on),
    VC_CASE("objects/too-many", "UIO-2.3-07", OBJECTS " near", "1025 instances of one owner, one of another",
            "UIO_TOO_MANY for the last, OK for the other's", too_many),
    VC_CASE("objects/owner-probed", "UIO-2.3-05 UIO-2.3-01", OBJECTS " patience",
            "nothing for 60 s from an owner of an instance", "ProbeEntity, and the instance lives", owner_probed),
    VC_CASE("objects/owner-gone", "UIO-2.3-06 UIO-6.5-08", OBJECTS " patience",
            "NONEXISTENT_ENTITY to the Probe of one owner, silence to those of another",
            "three Probes, then their instances and locks are gone", owner_gone),
    VC_CASE("objects/versions", "UIO-3.1-02", OBJECTS, "five writes of one octet, as fast as it goes",
            "another version after each", versions),
    VC_CASE("objects/descriptors", "UIO-3.1-03 UIO-3.1-04", OBJECTS,
            "descriptors by QueryObject, of a context, of an instance", "well-formed ones, with the last component",
            descriptors),
    VC_CASE("objects/object-numbers", "UIO-3.1-05", OBJECTS, "numbers of files, a context and a link, asked in every way",
            "the same of one object, others of others", object_numbers),
    VC_CASE("objects/transfers", "UIO-3.2-01", OBJECTS, "CreateInstance without and with STI",
            "MaxTransfer within its range", transfers),
    VC_CASE("objects/unknown-codes", "UIO-4-01", OBJECTS, "Codes of interface 5 that there are not", "VMTP_ERROR",
            unknown_codes),
    VC_CASE("objects/short-segments", "UIO-4-02 UIO-3.1-03", OBJECTS, "segments shorter than their table or lengths say",
            "UIO_BAD_REQUEST; NAME_BAD_REQUEST about the name", short_segments),
    VC_CASE("objects/errors", "UIO-4-03", OBJECTS, "operations that are refused", "codes without words and segment",
            errors),
    VC_CASE("objects/idempotence", "UIO-4-04", OBJECTS, "each operation once",
            "DGM in answers to queries and reads of STORAGE", idempotence),
    VC_CASE("objects/nothing-changed", "UIO-4-05", OBJECTS, "operations that are refused for one of several reasons",
            "what they would have changed is as before", nothing_changed),
    VC_LAST};

/* SPDX-License-Identifier: BSD-2-Clause */
/* Locks and transactions: spec/uio.md sections 6.5 and 6.6. */
#include <stdio.h>
#include <string.h>

#include "../case_objects.h"

#define OBJECTS "objects"
#define MS VC_MILLISECOND
#define TRANSACTION (VC_RW | UIO_MODE_TRANSACTION)

static uint8_t data[VC_SEGMENT_MAX];

static const uint8_t *pattern(uint32_t size, uint32_t seed) {
    vc_pattern(data, size, seed);
    return data;
}

/* Two instances of one file, of two owners. */
struct two {
    uint32_t a, b;
    uint64_t of_a, of_b;
};

static struct two two_of(struct vc_test *t, const char *name) {
    struct two two = {.of_a = vc_new_client(t), .of_b = vc_new_client(t)};
    vc_owner_is(t, two.of_a);
    two.a = vc_open(t, name, VC_NEW);
    vc_owner_is(t, two.of_b);
    two.b = vc_open(t, name, VC_RW);
    vc_owner_is(t, 0);
    return two;
}

static void is_range(struct vc_test *t, const char *ids, const struct vc_said *s, uint64_t first, uint64_t count,
                     uint64_t owner) {
    struct vc_range r = {0};
    int there = vc_get_range(&r, s->segment, s->octets) != 0;
    vc_check(t, ids, there && r.first == first && r.count == count && r.owner == owner,
             "the range in the way, and its owner", "%llu from %llu", (unsigned long long)r.count,
             (unsigned long long)r.first);
}

/* ---- locks ------------------------------------------------------------------------------------------------------------ */

static void kinds(struct vc_test *t) {
    struct two f = two_of(t, "file");
    const struct vc_said *s = vc_lock(t, f.a, UIO_LOCK_EXCLUSIVE, 0, 10, 5);
    vc_want_code(t, "UIO-6.5-01", s, "an exclusive lock of blocks 10 to 14", VMTP_OK);
    vc_equal(t, "UIO-6.5-01", "kind", UIO_LOCK_EXCLUSIVE, s->words[0]);
    vc_code_is(t, "UIO-6.5-01", vc_lock(t, f.b, UIO_LOCK_SHARED, 0, 14, 1), "a lock of block 14", UIO_LOCKED);
    vc_code_is(t, "UIO-6.5-01", vc_lock(t, f.b, UIO_LOCK_SHARED, 0, 15, 1), "a lock of block 15", VMTP_OK);
    vc_want_code(t, "UIO-6.5-01", vc_lock(t, f.a, UIO_LOCK_NONE, 0, 10, 5), "no lock any more", VMTP_OK);
    vc_code_is(t, "UIO-6.5-01", vc_lock(t, f.b, UIO_LOCK_EXCLUSIVE, 0, 10, 5), "a lock there", VMTP_OK);
    uint8_t range[16];
    struct vc_packet p = vc_of_instance(t, UIO_LOCK_INSTANCE, f.a, UIO_LOCK_EXCLUSIVE, 0, 1, 0);
    s = vc_ask(t, &p, range, vc_put_range(range, 3, 4));
    vc_code_is(t, "UIO-6.5-01", s, "a lock of octets 3 to 6", VMTP_OK);
    p = vc_of_instance(t, UIO_LOCK_INSTANCE, f.b, UIO_LOCK_EXCLUSIVE, 0, 1, 0);
    vc_code_is(t, "UIO-6.5-01", vc_ask(t, &p, range, vc_put_range(range, 7, 1)), "a lock of octet 7 by another", VMTP_OK);
    p = vc_of_instance(t, UIO_LOCK_INSTANCE, f.b, UIO_LOCK_EXCLUSIVE, 0, 1, 0);
    vc_code_is(t, "UIO-6.5-01", vc_ask(t, &p, range, vc_put_range(range, 6, 1)), "a lock of octet 6 by another",
               UIO_LOCKED);
    vc_code_is(t, "UIO-6.5-01", vc_lock(t, f.b, UIO_LOCK_SHARED, 0, 0, 1), "a lock of the block that has them",
               UIO_LOCKED);
}

static void replaced(struct vc_test *t) {
    struct two f = two_of(t, "file");
    vc_did(t, vc_lock(t, f.a, UIO_LOCK_EXCLUSIVE, 0, 0, 10), "LockInstance");
    vc_want_code(t, "UIO-6.5-02", vc_lock(t, f.a, UIO_LOCK_SHARED, 0, 3, 4), "shared in the middle", VMTP_OK);
    vc_code_is(t, "UIO-6.5-02", vc_lock(t, f.b, UIO_LOCK_SHARED, 0, 3, 4), "a shared lock there by another", VMTP_OK);
    vc_code_is(t, "UIO-6.5-02", vc_lock(t, f.b, UIO_LOCK_SHARED, 0, 2, 1), "a shared lock before it", UIO_LOCKED);
    vc_code_is(t, "UIO-6.5-02", vc_lock(t, f.b, UIO_LOCK_SHARED, 0, 7, 1), "a shared lock behind it", UIO_LOCKED);
    vc_want_code(t, "UIO-6.5-02", vc_lock(t, f.a, UIO_LOCK_EXCLUSIVE, 0, 5, 20), "exclusive where another has shared",
                 UIO_LOCKED);
    vc_code_is(t, "UIO-6.5-02", vc_lock(t, f.b, UIO_LOCK_EXCLUSIVE, 0, 12, 1),
               "nothing of it was locked: a lock behind", VMTP_OK);
}

static void overlaps(struct vc_test *t) {
    struct two f = two_of(t, "file");
    vc_want_code(t, "UIO-6.5-03", vc_lock(t, f.a, UIO_LOCK_SHARED, 0, 0, 10), "a shared lock", VMTP_OK);
    vc_want_code(t, "UIO-6.5-03", vc_lock(t, f.b, UIO_LOCK_SHARED, 0, 5, 10), "a shared one that overlaps", VMTP_OK);
    vc_code_is(t, "UIO-6.5-03", vc_lock(t, f.b, UIO_LOCK_EXCLUSIVE, 0, 9, 1), "an exclusive one over another's shared",
               UIO_LOCKED);
    vc_code_is(t, "UIO-6.5-03", vc_lock(t, f.b, UIO_LOCK_EXCLUSIVE, 0, 10, 1), "an exclusive one over the own shared",
               VMTP_OK);
    vc_code_is(t, "UIO-6.5-03", vc_lock(t, f.a, UIO_LOCK_SHARED, 0, 10, 1), "a shared one over another's exclusive",
               UIO_LOCKED);
}

static void lock_waits(struct vc_test *t) {
    struct two f = two_of(t, "file");
    vc_did(t, vc_lock(t, f.a, UIO_LOCK_EXCLUSIVE, 0, 4, 2), "LockInstance");
    vc_time begin = vc_now(t);
    struct vc_packet p = vc_lock_begun(t, f.b, UIO_LOCK_SHARED, 400, 0, 10);
    const struct vc_said *s = vc_answer(t, &p, 3 * VC_SECOND);
    vc_want_code(t, "UIO-6.5-04", s, "a lock that may wait 400 ms", UIO_LOCKED);
    vc_between(t, "UIO-6.5-04", "the time that it waited", 400 * MS, 2 * VC_SECOND, s->time - begin);
    is_range(t, "UIO-6.5-04", s, 4, 2, f.of_a);
    p = vc_lock_begun(t, f.b, UIO_LOCK_SHARED, 3000, 0, 10);
    vc_settle(t);
    vc_did(t, vc_lock(t, f.a, UIO_LOCK_NONE, 0, 0, 0), "LockInstance");
    vc_want_code(t, "UIO-6.5-04", vc_answer(t, &p, 3 * VC_SECOND), "a lock that waited until it could be had", VMTP_OK);
}

static void lock_order(struct vc_test *t) {
    struct two f = two_of(t, "file");
    vc_owner_is(t, vc_new_client(t));
    uint32_t c = vc_open(t, "file", VC_RW);
    vc_did(t, vc_lock(t, f.a, UIO_LOCK_SHARED, 0, 0, 10), "LockInstance");
    struct vc_packet first = vc_lock_begun(t, f.b, UIO_LOCK_EXCLUSIVE, 3000, 0, 10);
    vc_settle(t);
    struct vc_packet second = vc_lock_begun(t, c, UIO_LOCK_SHARED, 3000, 5, 1);
    vc_settle(t);
    vc_check(t, "UIO-6.5-05", !vc_answer_or_none(t, &second, 100 * MS),
             "no lock before one that came earlier and is in its way", "a lock");
    vc_did(t, vc_lock(t, f.a, UIO_LOCK_NONE, 0, 0, 0), "LockInstance");
    vc_want_code(t, "UIO-6.5-05", vc_answer(t, &first, 2 * VC_SECOND), "the first that waits", VMTP_OK);
    vc_did(t, vc_lock(t, f.b, UIO_LOCK_NONE, 0, 0, 0), "LockInstance");
    vc_want_code(t, "UIO-6.5-05", vc_answer(t, &second, 2 * VC_SECOND), "the second that waits", VMTP_OK);
}

static void deadlock(struct vc_test *t) {
    struct two f = two_of(t, "file"), g = f;
    vc_owner_is(t, f.of_a);
    g.a = vc_open(t, "other", VC_NEW);
    vc_owner_is(t, f.of_b);
    g.b = vc_open(t, "other", VC_RW);
    vc_did(t, vc_lock(t, f.a, UIO_LOCK_EXCLUSIVE, 0, 0, 0), "LockInstance");
    vc_did(t, vc_lock(t, g.b, UIO_LOCK_EXCLUSIVE, 0, 0, 0), "LockInstance");
    struct vc_packet p = vc_lock_begun(t, f.b, UIO_LOCK_EXCLUSIVE, 3000, 0, 0);
    vc_settle(t);
    vc_want_code(t, "UIO-6.5-05", vc_lock(t, g.a, UIO_LOCK_EXCLUSIVE, 3000, 0, 0), "a wait that closes a circle",
                 UIO_DEADLOCK);
    vc_did(t, vc_lock(t, f.a, UIO_LOCK_NONE, 0, 0, 0), "LockInstance");
    vc_want_code(t, "UIO-6.5-05", vc_answer(t, &p, 2 * VC_SECOND), "the other wait", VMTP_OK);
}

static void lock_questions(struct vc_test *t) {
    struct two f = two_of(t, "file");
    const struct vc_said *s = vc_lock(t, f.a, UIO_LOCK_ASK_EXCLUSIVE, 0, 0, 10);
    vc_want_code(t, "UIO-6.5-06", s, "kind 3 where there is no lock", VMTP_OK);
    vc_equal(t, "UIO-6.5-06", "kind", UIO_LOCK_NONE, s->words[0]);
    vc_did(t, vc_lock(t, f.b, UIO_LOCK_SHARED, 0, 4, 2), "LockInstance");
    s = vc_lock(t, f.a, UIO_LOCK_ASK_EXCLUSIVE, 0, 0, 10);
    vc_want_code(t, "UIO-6.5-06", s, "kind 3 where another has a shared one", VMTP_OK);
    vc_equal(t, "UIO-6.5-06", "kind", UIO_LOCK_SHARED, s->words[0]);
    is_range(t, "UIO-6.5-06", s, 4, 2, f.of_b);
    s = vc_lock(t, f.a, UIO_LOCK_ASK_SHARED, 0, 0, 10);
    vc_equal(t, "UIO-6.5-06", "kind, of a question for a shared one", UIO_LOCK_NONE, s->words[0]);
    vc_code_is(t, "UIO-6.5-06", vc_lock(t, f.b, UIO_LOCK_EXCLUSIVE, 0, 0, 10), "a lock after questions only", VMTP_OK);
}

static void no_hindrance(struct vc_test *t) {
    struct two f = two_of(t, "file");
    vc_did(t, vc_lock(t, f.a, UIO_LOCK_EXCLUSIVE, 0, 0, 0), "LockInstance");
    vc_code_is(t, "UIO-6.5-07", vc_write(t, f.b, 0, 0, 0, pattern(100, 1), 100), "a write where another has a lock",
               VMTP_OK);
    vc_want_octets(t, "UIO-6.5-07", vc_read(t, f.b, 0, 0, 100), "a read there", data, 100);
    vc_code_is(t, "UIO-6.5-07", vc_create(t, "file", VC_RW), "CreateInstance without a lock", VMTP_OK);
    vc_code_is(t, "UIO-6.5-07", vc_create(t, "file", VC_RW | UIO_MODE_LOCK_SHARED), "CreateInstance with a lock",
               UIO_LOCKED);
    vc_did(t, vc_release(t, f.a, 0), "ReleaseInstance");
    vc_code_is(t, "UIO-6.5-08", vc_lock(t, f.b, UIO_LOCK_EXCLUSIVE, 0, 0, 0),
               "a lock after the release of the other's instance", VMTP_OK);
}

static void bad_locks(struct vc_test *t) {
    struct two f = two_of(t, "file");
    uint8_t range[16];
    vc_code_is(t, "UIO-6.5-09", vc_lock(t, f.a, 5, 0, 0, 1), "kind 5", UIO_BAD_COUNT);
    vc_code_is(t, "UIO-6.5-09", vc_lock(t, f.a, UIO_LOCK_SHARED, 0, 1ull << 63, 1), "a range from 2^63 on",
               UIO_BAD_COUNT);
    vc_code_is(t, "UIO-6.5-09", vc_lock(t, f.a, UIO_LOCK_SHARED, 0, 1, UINT64_MAX), "a range around the end of all",
               UIO_BAD_COUNT);
    struct vc_packet p = vc_of_instance(t, UIO_LOCK_INSTANCE, f.a, UIO_LOCK_SHARED, 0, 2, 0);
    vc_code_is(t, "UIO-6.5-09", vc_ask(t, &p, range, vc_put_range(range, 0, 1)), "unit 2", UIO_BAD_COUNT);
    vc_code_is(t, "UIO-6.5-09", vc_lock(t, f.b, UIO_LOCK_EXCLUSIVE, 0, 0, 0), "a lock after that", VMTP_OK);
}

/* ---- transactions ------------------------------------------------------------------------------------------------------- */

/* An instance with TRANSACTION of a file of 100 octets; the case is not for a node without. */
static uint32_t begin(struct vc_test *t) {
    vc_fill(t, "file", 100, 1);
    const struct vc_said *s = vc_create(t, "file", TRANSACTION);
    if (s->code == UIO_UNSUPPORTED)
        vc_skip(t, "files with TRANSACTION");
    vc_did(t, s, "CreateInstance with TRANSACTION");
    return s->words[0];
}

static void collected(struct vc_test *t) {
    struct vc_object to = {.size = 60};
    uint32_t number = begin(t);
    vc_did(t, vc_write(t, number, 0, 0, 0, pattern(100, 2), 100), "WriteInstance");
    vc_did(t, vc_modify(t, number, UIO_MASK_SIZE, &to), "ModifyInstance");
    vc_want_octets(t, "UIO-6.6-01", vc_read(t, number, 0, 0, 200), "its own read", data, 60);
    vc_holds(t, "UIO-6.6-01", "file", pattern(100, 1), 100);
    struct vc_instance i = vc_want_instance(t, "UIO-6.6-05", vc_query(t, number), "QueryInstance");
    vc_equal(t, "UIO-6.6-05", "octets, those of the transaction:", 60, i.object.size);
    to.permissions = 0604;
    vc_did(t, vc_modify(t, number, UIO_MASK_PERMISSIONS, &to), "ModifyInstance");
    struct vc_object o = vc_want_object(t, "UIO-6.6-05", vc_on(t, UIO_QUERY_OBJECT, "file", 0, 0), "QueryObject");
    vc_check(t, "UIO-6.6-05", o.permissions == 0604 && o.size == 100, "permissions at once, octets as before",
             "0%o, %llu octets", o.permissions, (unsigned long long)o.size);
    vc_want_code(t, "UIO-6.6-05 UIO-6.3-03", vc_modify(t, number, UIO_MASK_COMMIT, NULL), "a commit", VMTP_OK);
    vc_holds(t, "UIO-6.6-01 UIO-6.3-03", "file", pattern(60, 2), 60);
}

static void taken_back(struct vc_test *t) {
    uint32_t number = begin(t);
    vc_did(t, vc_write(t, number, 0, 0, 0, pattern(100, 2), 100), "WriteInstance");
    vc_want_code(t, "UIO-6.3-03", vc_modify(t, number, UIO_MASK_TAKE_BACK, NULL), "taking back", VMTP_OK);
    vc_want_octets(t, "UIO-6.3-03", vc_read(t, number, 0, 0, 200), "its own read after that", pattern(100, 1), 100);
    vc_did(t, vc_write(t, number, 0, 0, 0, pattern(100, 3), 100), "WriteInstance");
    vc_did(t, vc_release(t, number, 0), "ReleaseInstance");
    vc_holds(t, "UIO-6.6-04", "file", pattern(100, 1), 100);
}

static void conflict(struct vc_test *t) {
    uint32_t number = begin(t), other = vc_open(t, "file", VC_RW);
    vc_did(t, vc_write(t, number, 0, 0, 0, pattern(100, 2), 100), "WriteInstance");
    vc_did(t, vc_write(t, other, 0, 0, 0, pattern(100, 3), 100), "WriteInstance");
    vc_want_code(t, "UIO-6.4-03 UIO-6.6-03", vc_release(t, number, 1), "a release with commit after another's write",
                 UIO_CONFLICT);
    vc_code_is(t, "UIO-6.4-03", vc_query(t, number), "QueryInstance: it lives on", VMTP_OK);
    vc_holds(t, "UIO-6.6-03", "file", pattern(100, 3), 100);
    vc_want_octets(t, "UIO-6.6-03", vc_read(t, number, 0, 0, 200), "what it had written", pattern(100, 2), 100);
    vc_code_is(t, "UIO-6.6-03", vc_write(t, number, 0, 0, 0, "x", 1), "a write after that", UIO_CONFLICT);
    vc_code_is(t, "UIO-6.6-03", vc_modify(t, number, UIO_MASK_COMMIT, NULL), "another commit", UIO_CONFLICT);
    vc_code_is(t, "UIO-6.6-03", vc_modify(t, number, UIO_MASK_TAKE_BACK, NULL), "taking back", VMTP_OK);
    vc_want_octets(t, "UIO-6.6-03", vc_read(t, number, 0, 0, 200), "what is there now", pattern(100, 3), 100);
    vc_did(t, vc_write(t, number, 0, 0, 0, pattern(100, 4), 100), "WriteInstance");
    vc_code_is(t, "UIO-6.4-03", vc_release(t, number, 1), "a release with commit", VMTP_OK);
    vc_holds(t, "UIO-6.4-03", "file", pattern(100, 4), 100);
}

static void made_by_commit(struct vc_test *t) {
    const struct vc_said *s = vc_create(t, "new", TRANSACTION | UIO_MODE_CREATE);
    if (s->code == UIO_UNSUPPORTED)
        vc_skip(t, "files with TRANSACTION");
    vc_did(t, s, "CreateInstance with CREATE and TRANSACTION");
    uint32_t number = s->words[0];
    vc_did(t, vc_write(t, number, 0, 0, 0, pattern(100, 1), 100), "WriteInstance");
    vc_want_code(t, "UIO-6.6-06", vc_on(t, UIO_QUERY_OBJECT, "new", 0, 0), "QueryObject before the commit",
                 VNAME_NOT_FOUND);
    vc_want_code(t, "UIO-6.6-06", vc_modify(t, number, UIO_MASK_COMMIT, NULL), "the commit", VMTP_OK);
    vc_holds(t, "UIO-6.6-06", "new", data, 100);
    uint32_t other = vc_open(t, "new", VC_RW);
    vc_did(t, vc_lock(t, other, UIO_LOCK_EXCLUSIVE, 0, 0, 0), "LockInstance");
    vc_did(t, vc_write(t, number, 0, 0, 0, pattern(100, 2), 100), "WriteInstance");
    vc_want_code(t, "UIO-6.6-06", vc_modify(t, number, UIO_MASK_COMMIT, NULL), "another commit", VMTP_OK);
    vc_want_octets(t, "UIO-6.6-06", vc_read(t, other, 0, 0, 100), "a read of another instance", data, 100);
    vc_code_is(t, "UIO-6.6-06", vc_lock(t, number, UIO_LOCK_EXCLUSIVE, 0, 0, 0), "a lock where the other has one",
               UIO_LOCKED);
}

const struct vc_case vc_objects_lock_cases[] = {
    VC_CASE("objects/lock-kinds", "UIO-6.5-01", OBJECTS, "locks of blocks and of octets, shared, exclusive, none",
            "what they cover is locked, and nothing beside it", kinds),
    VC_CASE("objects/lock-replaced", "UIO-6.5-02", OBJECTS, "a shared lock in the middle of an exclusive one",
            "it replaces that part, and all or nothing is locked", replaced),
    VC_CASE("objects/lock-overlaps", "UIO-6.5-03", OBJECTS, "shared and exclusive locks of two instances over each other",
            "UIO_LOCKED, but for shared over shared", overlaps),
    VC_TIMED("objects/lock-waits", "UIO-6.5-04", OBJECTS, "a lock that may wait 400 ms, and one that waits for a release",
             "UIO_LOCKED with the range; OK", lock_waits),
    VC_CASE("objects/lock-order", "UIO-6.5-05", OBJECTS, "a shared lock behind an exclusive one that waits",
            "they are given in the order of coming", lock_order),
    VC_CASE("objects/deadlock", "UIO-6.5-05", OBJECTS, "two owners that wait for each other",
            "UIO_DEADLOCK for the second", deadlock),
    VC_CASE("objects/lock-questions", "UIO-6.5-06", OBJECTS, "kinds 3 and 4", "kind and range in the way, and no lock",
            lock_questions),
    VC_CASE("objects/no-hindrance", "UIO-6.5-07 UIO-6.5-08", OBJECTS,
            "reads and writes where another has a lock; his release", "they are not hindered; the lock is gone",
            no_hindrance),
    VC_CASE("objects/bad-locks", "UIO-6.5-09", OBJECTS, "kind 5, unit 2, ranges beyond 2^63", "UIO_BAD_COUNT", bad_locks),
    VC_CASE("objects/collected", "UIO-6.6-01 UIO-6.6-05 UIO-6.3-03", OBJECTS,
            "writes and a size in a transaction, then a commit", "seen by itself only, then by everybody", collected),
    VC_CASE("objects/taken-back", "UIO-6.3-03 UIO-6.6-04", OBJECTS, "writes of a transaction, taken back and released",
            "nothing of them is left", taken_back),
    VC_CASE("objects/conflict", "UIO-6.4-03 UIO-6.6-03", OBJECTS, "a commit after another's write",
            "UIO_CONFLICT, until it is taken back", conflict),
    VC_CASE("objects/made-by-commit", "UIO-6.6-06", OBJECTS, "CREATE with TRANSACTION, two commits",
            "the name with the first; instances and locks stay", made_by_commit),
    VC_LAST};

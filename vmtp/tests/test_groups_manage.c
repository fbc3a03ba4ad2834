/* SPDX-License-Identifier: BSD-2-Clause */
/* test_groups_manage.c - who is in a group, and who may change that (spec/vmtp.md sections 13.2 and 2.3). */
#include "support/calling.h"
#include "support/serving.h"
#include "wire_testing.h"

#define A FOREIGN_CLIENT
#define B FOREIGN_OTHER_CLIENT
#define RESTRICTED 0x4000000000beef01ull
#define UNRESTRICTED 0x6000000000beef02ull
#define SAME_MAC 0x4000000077beef01ull /* as RESTRICTED */
#define NOBODY 0x0000000000777777ull
#define MANAGER (FOREIGN_BLOCK + 1)

static struct foreign f;
static vmtp_entity entity, other;
static uint32_t transaction;

static void open_with(uint32_t memberships) {
    struct vmtp_config config;
    foreign_config(&config);
    config.max_memberships = memberships;
    foreign_open(&f, &config);
    entity = serve_entity(&f, NULL);
    other = serve_entity(&f, NULL);
    transaction = 100;
}

static void setup(void) { open_with(16); }
static void teardown(void) { foreign_close(&f); }

/* ---- what is asked for, and what must come of it ---- */

static struct vmtp_header order(vmtp_entity client, uint32_t code, vmtp_entity near_one, vmtp_entity group,
                                vmtp_entity whom, uint32_t permissions) {
    struct vmtp_header h = foreign_management(++transaction, code, near_one);
    h.client = client;
    header_set_64(&h, 44, group);
    header_set_64(&h, 52, whom);
    header_set_32(&h, 60, permissions);
    return h;
}

static const struct packet *expect_code(const struct vmtp_header *h, uint32_t code) {
    foreign_send(&f, h, NULL, 0);
    return expect_response(&f, h->transaction, code);
}

static vmtp_entity create(vmtp_entity client, vmtp_entity group, vmtp_entity whom, uint32_t permissions, uint32_t code) {
    struct vmtp_header h = order(client, VMTP_CREATE_GROUP, whom, group, whom, permissions);
    return packet_64(expect_code(&h, code), 36);
}

static void add(vmtp_entity client, vmtp_entity group, vmtp_entity whom, uint32_t permissions, uint32_t code) {
    struct vmtp_header h = order(client, VMTP_ADD_TO_GROUP, whom, group, whom, permissions);
    expect_code(&h, code);
}

static void drop(vmtp_entity client, vmtp_entity group, vmtp_entity whom, uint32_t code) {
    struct vmtp_header h = order(client, VMTP_REMOVE_FROM_GROUP, whom, group, whom, 0);
    expect_code(&h, code);
}

/* -1: neither a member nor rights */
static int64_t permissions_of(vmtp_entity group, vmtp_entity whom) {
    uint32_t p;
    return vmtp_group_permissions(f.engine, group, whom, &p) < 0 ? -1 : (int64_t)p;
}

static int is_member(vmtp_entity group, vmtp_entity whom) {
    uint32_t p;
    return vmtp_group_permissions(f.engine, group, whom, &p) == 1;
}

/* A LISTEN that has come since the last look: of this group's address. */
static void expect_listen(vmtp_entity group, unsigned on) {
    uint8_t mac[6];
    foreign_collect(&f);
    const struct vmtp_event *ev = foreign_event(&f, VMTP_EV_LISTEN, 0);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_LISTEN), 1);
    vmtp_group_mac(mac, group);
    ck_assert_mem_eq(ev->source, mac, 6);
    ck_assert_uint_eq(ev->number, on);
    f.event_count = 0;
}

static void expect_no_listen(void) {
    foreign_collect(&f);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_LISTEN), 0);
}

/* ---- the program's own ---- */

/* VMTP-13.2-06 VMTP-2.3-06 */
START_TEST(program_makes_a_group) {
    vmtp_entity group, second;
    ck_assert_int_eq(vmtp_group_create(f.engine, &group, entity, 0), 0);
    ck_assert_int_eq(vmtp_group_create(f.engine, &second, entity, 1), 0);
    ck_assert_uint_ne(group, second);
    ck_assert_uint_eq(group & ~0xffull, FOREIGN_BLOCK | VMTP_ID_GRP);
    ck_assert_uint_eq(second & ~0xffull, FOREIGN_BLOCK | VMTP_ID_GRP | VMTP_ID_UGP);
    ck_assert(is_member(group, entity));
    ck_assert_int_eq(permissions_of(group, entity), VMTP_GROUP_ALL);
    ck_assert_uint_eq(vmtp_group_members(f.engine, group, NULL, 0), 1);
    foreign_collect(&f);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_LISTEN), 2);
}
END_TEST

/* VMTP-2.3-06 VMTP-2.3-02: two groups, one address */
START_TEST(listening_is_counted_by_address) {
    ck_assert_int_eq(vmtp_group_join(f.engine, RESTRICTED, entity, 0), 0);
    expect_listen(RESTRICTED, 1);
    ck_assert_int_eq(vmtp_group_join(f.engine, RESTRICTED, other, 0), 0);
    ck_assert_int_eq(vmtp_group_join(f.engine, SAME_MAC, other, 0), 0);
    ck_assert_int_eq(vmtp_group_leave(f.engine, RESTRICTED, entity), 0);
    ck_assert_int_eq(vmtp_group_leave(f.engine, RESTRICTED, other), 0);
    expect_no_listen();
    ck_assert_int_eq(vmtp_group_leave(f.engine, SAME_MAC, other), 0);
    expect_listen(RESTRICTED, 0);
    ck_assert_int_eq(vmtp_group_join(f.engine, RESTRICTED, entity, 0), 0); /* and away again before anybody looks */
    ck_assert_int_eq(vmtp_group_leave(f.engine, RESTRICTED, entity), 0);
    expect_no_listen();
}
END_TEST

START_TEST(what_a_program_may_not_ask_for) {
    uint32_t p;
    ck_assert_int_eq(vmtp_group_join(f.engine, entity, other, 0), VMTP_E_INVALID);
    ck_assert_int_eq(vmtp_group_join(f.engine, VMTP_MANAGER_GROUP, other, 0), VMTP_E_INVALID);
    ck_assert_int_eq(vmtp_group_join(f.engine, RESTRICTED, other, 0x200), VMTP_E_INVALID);
    ck_assert_int_eq(vmtp_group_join(f.engine, VMTP_ID_GRP, other, 0), VMTP_E_INVALID);
    ck_assert_int_eq(vmtp_group_join(f.engine, RESTRICTED, NOBODY, 0), VMTP_E_NO_ENTITY);
    ck_assert_int_eq(vmtp_group_join(f.engine, RESTRICTED, MANAGER, 0), VMTP_E_NO_ENTITY);
    ck_assert_int_eq(vmtp_group_join(f.engine, RESTRICTED, entity, 0), 0);
    ck_assert_int_eq(vmtp_group_join(f.engine, RESTRICTED, entity, 0), VMTP_E_EXISTS);
    ck_assert_int_eq(vmtp_group_leave(f.engine, RESTRICTED, other), VMTP_E_NO_ENTITY);
    ck_assert_int_eq(vmtp_group_permissions(f.engine, RESTRICTED, other, &p), VMTP_E_NO_ENTITY);
    ck_assert_int_eq(vmtp_group_grant(f.engine, RESTRICTED, 0, 1), VMTP_E_INVALID);
    ck_assert_int_eq(vmtp_group_grant(f.engine, RESTRICTED, A, 0), 0);
    ck_assert_int_eq(permissions_of(RESTRICTED, A), -1);
}
END_TEST

START_TEST(table_has_a_bound) {
    struct vmtp_usage u;
    vmtp_entity group;
    teardown();
    open_with(3);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(vmtp_group_create(f.engine, &group, entity, 0), 0);
    ck_assert_int_eq(vmtp_group_create(f.engine, &group, entity, 0), VMTP_E_FULL);
    ck_assert_int_eq(vmtp_group_join(f.engine, RESTRICTED, entity, 0), VMTP_E_FULL);
    ck_assert_int_eq(vmtp_group_grant(f.engine, RESTRICTED, A, 1), VMTP_E_FULL);
    vmtp_usage(f.engine, &u);
    ck_assert_uint_eq(u.memberships, 3);
    ck_assert_int_eq(vmtp_group_leave(f.engine, group, entity), 0);
    foreign_collect(&f);
    ck_assert_int_eq(vmtp_group_join(f.engine, RESTRICTED, entity, 0), 0);
}
END_TEST

/* VMTP-13.2-19 */
START_TEST(entity_that_ends_leaves_its_groups) {
    ck_assert_int_eq(vmtp_group_join(f.engine, RESTRICTED, entity, 0), 0);
    ck_assert_int_eq(vmtp_group_join(f.engine, UNRESTRICTED, entity, 0), 0);
    ck_assert_int_eq(vmtp_group_join(f.engine, UNRESTRICTED, other, 0), 0);
    foreign_collect(&f);
    f.event_count = 0;
    ck_assert_int_eq(vmtp_entity_delete(f.engine, entity, f.now), 0);
    expect_listen(RESTRICTED, 0);
    ck_assert_uint_eq(vmtp_group_members(f.engine, RESTRICTED, NULL, 0), 0);
    ck_assert_uint_eq(vmtp_group_members(f.engine, UNRESTRICTED, NULL, 0), 1);
}
END_TEST

/* ---- CreateGroup ---- */

/* VMTP-13.2-01 VMTP-13.2-10 VMTP-13.2-06 */
START_TEST(create_makes_a_group_with_a_new_identifier) {
    vmtp_entity restricted = create(A, VMTP_ID_GRP, entity, VMTP_REM_BY_SELF, VMTP_OK);
    expect_listen(restricted, 1);
    ck_assert_uint_eq(restricted & ~0xffull, FOREIGN_BLOCK | VMTP_ID_GRP);
    ck_assert_uint_eq(vmtp_group_members(f.engine, restricted, NULL, 0), 1);
    ck_assert_int_eq(permissions_of(restricted, entity), VMTP_REM_BY_SELF);
    ck_assert_int_eq(permissions_of(restricted, A), VMTP_GROUP_ALL);
    ck_assert(!is_member(restricted, A));
    vmtp_entity unrestricted = create(A, VMTP_ID_UGP, entity, 0, VMTP_OK);
    ck_assert_uint_eq(unrestricted & ~0xffull, FOREIGN_BLOCK | VMTP_ID_GRP | VMTP_ID_UGP);
    ck_assert_uint_eq(create(A, UNRESTRICTED, entity, 0, VMTP_OK), UNRESTRICTED);
}
END_TEST

/* VMTP-13.2-11: a stranger does not become the manager of a group that others made */
START_TEST(create_refuses_what_is_there_or_may_be_elsewhere) {
    create(A, RESTRICTED, entity, 0, VMTP_NO_PERMISSION);
    create(A, UNRESTRICTED, entity, 0, VMTP_OK);
    create(A, UNRESTRICTED, other, 0, VMTP_NO_PERMISSION);
    create(A, VMTP_MANAGER_GROUP, entity, 0, VMTP_NO_PERMISSION);
    create(A, NOBODY, entity, 0, VMTP_ERROR);
    create(A, VMTP_ID_GRP | VMTP_ID_RES, entity, 0, VMTP_ERROR);
    create(A, VMTP_ID_GRP, MANAGER, 0, VMTP_NO_PERMISSION);
    ck_assert_uint_eq(vmtp_group_members(f.engine, RESTRICTED, NULL, 0), 0);
}
END_TEST

/* VMTP-13.2-11: our own programs name theirs as they like */
START_TEST(create_by_a_client_of_the_node_itself) {
    struct vmtp_request r = call_request(entity, 0);
    r.message.server = vmtp_engine_manager(f.engine);
    r.message.code = VMTP_CREATE_GROUP;
    vmtp_message_set_coresident(&r.message, entity);
    r.message.words[2] = (uint32_t)(RESTRICTED >> 32);
    r.message.words[3] = (uint32_t)RESTRICTED;
    call_start(&f, &r);
    ck_assert_uint_eq(call_result(&f, 0)->message.code & VMTP_CODE_MASK, VMTP_OK);
    ck_assert(is_member(RESTRICTED, entity));
    ck_assert_int_eq(permissions_of(RESTRICTED, entity), VMTP_GROUP_ALL);
    expect_silence(&f);
}
END_TEST

/* VMTP-13.2-07 */
START_TEST(group_procedures_are_executed_once) {
    struct vmtp_header h = order(A, VMTP_CREATE_GROUP, entity, VMTP_ID_GRP, entity, 0);
    vmtp_entity group = packet_64(expect_code(&h, VMTP_OK), 36);
    h.retransmit = 1;
    ck_assert_uint_eq(packet_64(expect_code(&h, VMTP_OK), 36), group);
    h = order(A, VMTP_ADD_TO_GROUP, other, group, other, VMTP_REM_BY_OTHE);
    expect_code(&h, VMTP_OK);
    struct vmtp_header late = h;
    drop(A, group, other, VMTP_OK);
    ck_assert_int_eq(foreign_send(&f, &late, NULL, 0), VMTP_COUNT_DROP_OLD_TRANSACTION);
    expect_silence(&f);
    ck_assert(!is_member(group, other));
    h = order(A, VMTP_REMOVE_FROM_GROUP, other, group, other, 0);
    expect_code(&h, VMTP_NONEXISTENT_ENTITY);
    ck_assert_int_eq(vmtp_group_join(f.engine, group, other, VMTP_REM_BY_OTHE), 0);
    expect_code(&h, VMTP_NONEXISTENT_ENTITY); /* remembered, not done again */
    ck_assert(is_member(group, other));
}
END_TEST

/* VMTP-13.2-08 VMTP-13.2-09 */
START_TEST(entity_is_named_by_either_parameter) {
    struct vmtp_header h = order(A, VMTP_ADD_TO_GROUP, entity, UNRESTRICTED, 0, 0);
    expect_code(&h, VMTP_OK);
    ck_assert(is_member(UNRESTRICTED, entity));
    h = order(A, VMTP_ADD_TO_GROUP, entity, UNRESTRICTED, other, 0);
    expect_code(&h, VMTP_OK);
    ck_assert(is_member(UNRESTRICTED, other));
    h = order(A, VMTP_ADD_TO_GROUP, 0, UNRESTRICTED, NOBODY, 0);
    expect_code(&h, VMTP_NONEXISTENT_ENTITY);
    h = order(A, VMTP_ADD_TO_GROUP, entity, UNRESTRICTED, MANAGER, 0);
    expect_code(&h, VMTP_NO_PERMISSION);
    h = order(A, VMTP_REMOVE_FROM_GROUP, entity, UNRESTRICTED, MANAGER + 1, 0);
    expect_code(&h, VMTP_NO_PERMISSION);
}
END_TEST

/* VMTP-13.2-18 */
START_TEST(no_room_and_no_group) {
    teardown();
    open_with(2);
    add(A, NOBODY, entity, 0, VMTP_ERROR);
    add(A, VMTP_MANAGER_GROUP, entity, 0, VMTP_NO_PERMISSION);
    drop(A, 0, entity, VMTP_ERROR);
    add(A, UNRESTRICTED, entity, 0, VMTP_OK);
    create(A, VMTP_ID_GRP, entity, 0, VMTP_BUSY); /* the Client's rights need a record too */
    add(A, UNRESTRICTED + 1, entity, 0, VMTP_OK);
    add(A, UNRESTRICTED, other, 0, VMTP_BUSY);
}
END_TEST

/* ---- AddToGroup ---- */

/* VMTP-13.2-03 VMTP-13.2-16 VMTP-13.2-17 */
START_TEST(anybody_may_join_an_unrestricted_group) {
    struct vmtp_entity_options shy = {.flags = VMTP_ENTITY_IMMUNE};
    vmtp_entity immune = serve_entity(&f, &shy);
    add(A, UNRESTRICTED, entity, VMTP_REM_BY_SELF, VMTP_OK);
    add(B, UNRESTRICTED, other, 0, VMTP_OK);
    add(B, UNRESTRICTED, entity, VMTP_REM_BY_OTHE, VMTP_OK); /* is one, and keeps its permissions */
    ck_assert_int_eq(permissions_of(UNRESTRICTED, entity), VMTP_REM_BY_SELF);
    ck_assert_uint_eq(vmtp_group_members(f.engine, UNRESTRICTED, NULL, 0), 2);
    add(A, UNRESTRICTED, immune, 0, VMTP_NO_PERMISSION);
    create(A, VMTP_ID_UGP, immune, 0, VMTP_NO_PERMISSION);
    ck_assert_uint_eq(vmtp_group_members(f.engine, UNRESTRICTED, NULL, 0), 2);
}
END_TEST

/* VMTP-13.2-02 VMTP-13.2-04 VMTP-13.2-12 VMTP-13.2-13 VMTP-13.2-20 VMTP-13.2-21 */
START_TEST(restricted_group_needs_permission_to_add) {
    static const struct {
        uint32_t has, gives;
        uint32_t code;
    } cases[] = {{0, 0, VMTP_NO_PERMISSION},
                 {VMTP_ADD_OTHE, 0, VMTP_OK},
                 {VMTP_GRP_MANAGER | VMTP_REM_BY_SELF, VMTP_REM_BY_SELF, VMTP_OK},
                 {VMTP_GRP_MANAGER, VMTP_REM_BY_SELF, VMTP_NO_PERMISSION},
                 {VMTP_ADD_OTHE, VMTP_ADD_OTHE, VMTP_OK},
                 {VMTP_ADD_OTHE, VMTP_ADD_OTHE | VMTP_REM_OTHE, VMTP_NO_PERMISSION},
                 {VMTP_ADD_OTHE, VMTP_GRP_RESPONSES, VMTP_OK}, /* gives no power */
                 {VMTP_ADD_PRIN, 0, VMTP_NO_PERMISSION},       /* its principal is not known here */
                 {VMTP_REM_OTHE, 0, VMTP_NO_PERMISSION}};
    ck_assert_int_eq(vmtp_group_join(f.engine, RESTRICTED, entity, 0), 0);
    ck_assert_int_eq(vmtp_group_grant(f.engine, RESTRICTED, A, cases[_i].has), 0);
    add(A, RESTRICTED, other, cases[_i].gives, cases[_i].code);
    ck_assert_int_eq(is_member(RESTRICTED, other), cases[_i].code == VMTP_OK);
    add(B, RESTRICTED, other, 0, cases[_i].code == VMTP_OK ? VMTP_OK : VMTP_NO_PERMISSION);
    foreign_pass(&f, VMTP_SECOND);
    expect_silence(&f); /* nobody is asked who they are */
}
END_TEST

/* A management Request of a client of this node: the code of its Response. */
static uint32_t own_order(vmtp_entity client, uint32_t code, vmtp_entity group, vmtp_entity whom, uint32_t permissions) {
    struct vmtp_request r = call_request(client, 0);
    r.message.server = vmtp_engine_manager(f.engine);
    r.message.code = code;
    vmtp_message_set_coresident(&r.message, whom);
    r.message.words[2] = (uint32_t)(group >> 32);
    r.message.words[3] = (uint32_t)group;
    r.message.words[6] = permissions;
    f.event_count = 0;
    call_start(&f, &r);
    return call_result(&f, 0)->message.code & VMTP_CODE_MASK;
}

/* VMTP-13.2-12 VMTP-13.2-14 VMTP-13.2-15: where both are of this node the principals are known */
START_TEST(principals) {
    struct vmtp_entity_options one = {.principal = 7}, two = {.principal = 8};
    vmtp_entity a = serve_entity(&f, &one), b = serve_entity(&f, &one), c = serve_entity(&f, &two);
    ck_assert_int_eq(vmtp_group_join(f.engine, RESTRICTED, entity, VMTP_ADD_PRIN), 0);
    ck_assert_uint_eq(own_order(entity, VMTP_ADD_TO_GROUP, RESTRICTED, other, 0), VMTP_NO_PERMISSION); /* 0 is none */
    ck_assert_int_eq(
        vmtp_group_join(f.engine, RESTRICTED, a, VMTP_ADD_PRIN | VMTP_REM_PRIN | VMTP_REM_BY_PRIN | VMTP_REM_BY_OTHE), 0);
    ck_assert_uint_eq(own_order(a, VMTP_ADD_TO_GROUP, RESTRICTED, c, 0), VMTP_NO_PERMISSION);
    ck_assert_uint_eq(own_order(a, VMTP_ADD_TO_GROUP, RESTRICTED, b, VMTP_REM_BY_PRIN), VMTP_OK);
    ck_assert_uint_eq(own_order(c, VMTP_REMOVE_FROM_GROUP, RESTRICTED, b, 0), VMTP_NO_PERMISSION);
    ck_assert_uint_eq(own_order(a, VMTP_REMOVE_FROM_GROUP, RESTRICTED, b, 0), VMTP_OK);
    ck_assert_int_eq(vmtp_group_join(f.engine, RESTRICTED, c, VMTP_REM_BY_OTHE), 0);
    ck_assert_uint_eq(own_order(a, VMTP_REMOVE_FROM_GROUP, RESTRICTED, c, 0), VMTP_NO_PERMISSION);
}
END_TEST

/* ---- RemoveFromGroup ---- */

/* VMTP-13.2-02 VMTP-13.2-14 VMTP-13.2-15 VMTP-13.2-16 */
START_TEST(removal_needs_permission_of_both) {
    static const struct {
        vmtp_entity group;
        uint32_t client, member, code;
    } cases[] = {{RESTRICTED, VMTP_REM_OTHE, VMTP_REM_BY_OTHE, VMTP_OK},
                 {RESTRICTED, VMTP_GRP_MANAGER, VMTP_REM_BY_OTHE, VMTP_OK},
                 {RESTRICTED, 0, VMTP_REM_BY_OTHE, VMTP_NO_PERMISSION},
                 {RESTRICTED, VMTP_REM_PRIN, VMTP_REM_BY_OTHE, VMTP_NO_PERMISSION},
                 {RESTRICTED, VMTP_REM_OTHE, VMTP_REM_BY_SELF, VMTP_NO_PERMISSION},
                 {RESTRICTED, VMTP_REM_OTHE, VMTP_REM_BY_PRIN, VMTP_NO_PERMISSION},
                 {UNRESTRICTED, 0, VMTP_REM_BY_OTHE, VMTP_OK},
                 {UNRESTRICTED, 0, VMTP_REM_BY_SELF, VMTP_NO_PERMISSION},
                 {UNRESTRICTED, VMTP_GRP_MANAGER, 0, VMTP_NO_PERMISSION}};
    ck_assert_int_eq(vmtp_group_join(f.engine, cases[_i].group, other, cases[_i].member), 0);
    ck_assert_int_eq(vmtp_group_grant(f.engine, cases[_i].group, A, cases[_i].client), 0);
    drop(A, cases[_i].group, other, cases[_i].code);
    ck_assert_int_eq(is_member(cases[_i].group, other), cases[_i].code != VMTP_OK);
    drop(A, cases[_i].group, entity, VMTP_NONEXISTENT_ENTITY);
}
END_TEST

/* VMTP-13.2-14 */
START_TEST(who_may_leave) {
    ck_assert_int_eq(vmtp_group_join(f.engine, RESTRICTED, entity, VMTP_REM_BY_SELF), 0);
    ck_assert_int_eq(vmtp_group_join(f.engine, RESTRICTED, other, VMTP_REM_BY_OTHE), 0);
    ck_assert_uint_eq(own_order(other, VMTP_REMOVE_FROM_GROUP, RESTRICTED, other, 0), VMTP_NO_PERMISSION);
    ck_assert_uint_eq(own_order(entity, VMTP_REMOVE_FROM_GROUP, RESTRICTED, entity, 0), VMTP_OK);
    ck_assert(!is_member(RESTRICTED, entity));
}
END_TEST

/* VMTP-13.2-19: but what our own program has granted stays */
START_TEST(rights_end_with_the_last_member) {
    vmtp_entity group = create(A, VMTP_ID_GRP, entity, VMTP_REM_BY_OTHE, VMTP_OK);
    ck_assert_int_eq(vmtp_group_grant(f.engine, group, B, VMTP_ADD_OTHE), 0);
    drop(A, group, entity, VMTP_OK);
    add(A, group, entity, 0, VMTP_NO_PERMISSION);
    add(B, group, entity, 0, VMTP_OK);
}
END_TEST

/* ---- QueryGroup ---- */

static const struct packet *query(vmtp_entity group, vmtp_entity after) {
    struct vmtp_header h = foreign_management(++transaction, VMTP_QUERY_GROUP | VMTP_MRD, group);
    header_set_64(&h, 44, after);
    foreign_send(&f, &h, NULL, 0);
    return foreign_take(&f);
}

/* VMTP-13.2-05 VMTP-13.2-07 VMTP-3.5-02 */
START_TEST(query_tells_the_members_of_this_node) {
    f.multicast = _i;
    ck_assert_int_eq(vmtp_group_join(f.engine, UNRESTRICTED, other, 0), 0);
    ck_assert_int_eq(vmtp_group_join(f.engine, UNRESTRICTED, entity, 0), 0);
    ck_assert_int_eq(vmtp_group_grant(f.engine, UNRESTRICTED, A, VMTP_GROUP_ALL), 0); /* no member */
    for (unsigned again = 0; again < 2; again++) {
        const struct packet *p = query(UNRESTRICTED, 0);
        ck_assert_ptr_nonnull(p);
        ck_assert_uint_eq(p->h.code, VMTP_OK | VMTP_SDA | VMTP_DGM);
        ck_assert_uint_eq(p->h.server, MANAGER);
        ck_assert_uint_eq(p->h.words[6], 20);
        ck_assert_uint_eq(vmtp_load32(p->data), 2);
        ck_assert_uint_eq(vmtp_load64(p->data + 4), entity); /* made first, so the smaller one */
        ck_assert_uint_eq(vmtp_load64(p->data + 12), other);
        transaction--;
    }
    ck_assert_uint_eq(vmtp_load64(query(UNRESTRICTED, entity)->data + 4), other);
    const struct packet *p = query(VMTP_MANAGER_GROUP, 0);
    ck_assert_uint_eq(vmtp_load32(p->data), 1);
    ck_assert_uint_eq(vmtp_load64(p->data + 4), MANAGER);
    p = query(RESTRICTED, 0); /* nobody here */
    ck_assert(_i ? p == NULL : packet_32(p, 60) == VMTP_NONEXISTENT_ENTITY);
}
END_TEST

/* VMTP-13.2-05: count tells of all, and after brings the rest */
START_TEST(query_of_many_members) {
    vmtp_entity ids[50], after = 0;
    unsigned found = 0, questions = 0;
    teardown();
    open_with(64);
    for (unsigned i = 0; i < 50; i++) {
        ck_assert_int_eq(vmtp_entity_create(f.engine, &ids[i], NULL, f.now), 0);
        ck_assert_int_eq(vmtp_group_join(f.engine, UNRESTRICTED, ids[i], 0), 0);
    }
    while (found < 50) {
        const struct packet *p = query(UNRESTRICTED, after);
        ck_assert_ptr_nonnull(p);
        ck_assert_uint_eq(vmtp_load32(p->data), 50);
        ck_assert_uint_ge(p->h.words[6], 12);
        for (uint32_t at = 4; at < p->h.words[6]; at += 8)
            ck_assert_uint_eq(after = vmtp_load64(p->data + at), ids[found++]);
        questions++;
    }
    ck_assert_uint_eq(questions, 3);
}
END_TEST

int main(void) {
    Suite *s = suite_create("groups: management");
    TCase *t = tcase_create("groups");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, program_makes_a_group);
    tcase_add_test(t, listening_is_counted_by_address);
    tcase_add_test(t, what_a_program_may_not_ask_for);
    tcase_add_test(t, table_has_a_bound);
    tcase_add_test(t, entity_that_ends_leaves_its_groups);
    tcase_add_test(t, create_makes_a_group_with_a_new_identifier);
    tcase_add_test(t, create_refuses_what_is_there_or_may_be_elsewhere);
    tcase_add_test(t, create_by_a_client_of_the_node_itself);
    tcase_add_test(t, group_procedures_are_executed_once);
    tcase_add_test(t, entity_is_named_by_either_parameter);
    tcase_add_test(t, no_room_and_no_group);
    tcase_add_test(t, anybody_may_join_an_unrestricted_group);
    tcase_add_loop_test(t, restricted_group_needs_permission_to_add, 0, 9);
    tcase_add_test(t, principals);
    tcase_add_loop_test(t, removal_needs_permission_of_both, 0, 9);
    tcase_add_test(t, who_may_leave);
    tcase_add_test(t, rights_end_with_the_last_member);
    tcase_add_loop_test(t, query_tells_the_members_of_this_node, 0, 2);
    tcase_add_test(t, query_of_many_members);
    suite_add_tcase(s, t);
    return run_suite(s);
}

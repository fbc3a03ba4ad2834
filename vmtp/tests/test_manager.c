/* SPDX-License-Identifier: BSD-2-Clause */
/* test_manager.c - the manager and its procedures, asked from outside (spec/vmtp.md sections 10.1 to 10.8). */
#include "support/serving.h"
#include "wire_testing.h"

#define A FOREIGN_CLIENT
#define MANAGER (FOREIGN_BLOCK + 1)
#define NOBODY 0x0000000000777777ull

static struct foreign f;
static vmtp_entity entity;

static void open_with(void (*change)(struct vmtp_config *config)) {
    struct vmtp_entity_options options = {
        .process = 0x1111222233334444, .principal = 0x5555666677778888, .effective_principal = 0x9999aaaabbbbcccc};
    struct vmtp_config config;
    foreign_config(&config);
    if (change)
        change(&config);
    foreign_open(&f, &config);
    entity = serve_entity(&f, &options);
}

static void setup(void) { open_with(NULL); }
static void teardown(void) { foreign_close(&f); }

static void reopen(void (*change)(struct vmtp_config *config)) {
    foreign_close(&f);
    open_with(change);
}

static void permit(struct vmtp_config *config) { config->remote_management = 1; }

/* A management Request with one parameter. */
static int ask(uint32_t transaction, uint32_t code, vmtp_entity about) {
    struct vmtp_header h = foreign_management(transaction, code, about);
    return foreign_send(&f, &h, NULL, 0);
}

static int probe(uint32_t transaction, vmtp_entity near_one, vmtp_entity about, uint32_t domain) {
    struct vmtp_header h = foreign_management(transaction, VMTP_PROBE_ENTITY, near_one);
    header_set_64(&h, 44, about);
    header_set_32(&h, 52, domain);
    return foreign_send(&f, &h, NULL, 0);
}

static struct vmtp_usage usage(void) {
    struct vmtp_usage u;
    vmtp_usage(f.engine, &u);
    return u;
}

/* Either form of the answer will do (section 10.2). */
static void expect_nonexistent(uint32_t transaction) {
    ck_assert_uint_eq(foreign_waiting(&f), 1);
    const struct packet *p = expect_packet(&f);
    if (p->h.function == VMTP_RESPONSE) {
        ck_assert_uint_eq(p->h.transaction, transaction);
        ck_assert_uint_eq(p->h.code & VMTP_CODE_MASK, VMTP_NONEXISTENT_ENTITY);
        return;
    }
    ck_assert_uint_eq(p->h.code, VMTP_NOTIFY_VMTP_CLIENT);
    ck_assert_uint_eq(packet_64(p, 36), A);
    ck_assert_uint_eq(packet_32(p, 52), transaction);
    ck_assert_uint_eq(packet_32(p, 60), VMTP_NONEXISTENT_ENTITY);
}

/* ---- who answers ---- */

/* VMTP-10.1-01 VMTP-10.1-03 VMTP-10.2-05 VMTP-3.2-04 */
START_TEST(manager_is_an_entity_of_its_own) {
    ck_assert_uint_eq(vmtp_engine_manager(f.engine), MANAGER);
    ask(3, VMTP_QUERY_VMTP_NODE, 0);
    ck_assert_uint_eq(expect_response(&f, 3, VMTP_OK)->h.server, MANAGER);
    struct vmtp_header h = foreign_management(4, VMTP_QUERY_VMTP_NODE, MANAGER);
    h.server = MANAGER;
    foreign_send(&f, &h, NULL, 0);
    ck_assert_uint_eq(expect_response(&f, 4, VMTP_OK)->h.server, MANAGER);
    probe(5, MANAGER, MANAGER, 0);
    expect_response(&f, 5, VMTP_OK);
    probe(6, VMTP_MANAGER_GROUP, MANAGER, 0); /* its group is here too */
    expect_response(&f, 6, VMTP_OK);
}
END_TEST

/* VMTP-10.1-07 VMTP-10.2-02 VMTP-10.5-01: so the nodes of a segment can be listed; nobody has the entity 0 */
START_TEST(every_node_has_the_manager_group) {
    f.multicast = _i;
    ask(1, VMTP_QUERY_VMTP_NODE | VMTP_MRD, VMTP_MANAGER_GROUP);
    const struct packet *p = expect_response(&f, 1, VMTP_OK);
    ck_assert_uint_eq(p->h.server, MANAGER);
    ck_assert_uint_eq(packet_32(p, 44), 1); /* authdomain */
    ask(2, VMTP_QUERY_VMTP_NODE | VMTP_MRD, 0);
    if (_i)
        expect_silence(&f);
    else
        ck_assert_uint_eq(expect_response(&f, 2, VMTP_OK)->h.server, MANAGER);
}
END_TEST

/* VMTP-10.1-02 */
START_TEST(node_without_identifiers_says_nothing) {
    static const uint32_t codes[] = {VMTP_PROBE_ENTITY,  VMTP_PROBE_ENTITY_BLOCK, VMTP_QUERY_VMTP_NODE,
                                     VMTP_CREATE_ENTITY, VMTP_DELETE_ENTITY,      VMTP_QUERY_ENTITY,
                                     0x050001ff};
    struct vmtp_config config;
    foreign_config(&config);
    config.block = 0;
    foreign_close(&f);
    foreign_open(&f, &config);
    foreign_forget(&f);
    for (unsigned i = 0; i < sizeof codes / sizeof codes[0]; i++)
        ck_assert_int_eq(ask(i + 1, codes[i], 0), VMTP_COUNT_DROP_MANAGEMENT);
    serve_ask(&f, A, NOBODY, 90, 0); /* would be NVC(NONEXISTENT_ENTITY) */
    struct vmtp_header odd = foreign_request(A, MANAGER, 91, 1);
    odd.delivery = 1; /* would be NVC(VMTP_ERROR) */
    foreign_send(&f, &odd, NULL, 0);
    expect_silence(&f);
}
END_TEST

/* VMTP-10.1-04 VMTP-10.1-05 VMTP-10.3-04 */
START_TEST(coresident_entity_chooses_the_manager) {
    f.multicast = 1;
    probe(1, entity, entity, 0);
    expect_response(&f, 1, VMTP_OK);
    ask(2, VMTP_QUERY_ENTITY, entity);
    expect_response(&f, 2, VMTP_OK);
    ask(3, VMTP_QUERY_VMTP_NODE, entity);
    expect_response(&f, 3, VMTP_OK);
    probe(4, NOBODY, NOBODY, 0);
    probe(5, NOBODY, entity, 0);
    probe(6, entity, NOBODY, 0);
    ask(7, VMTP_QUERY_ENTITY, NOBODY);
    ask(8, VMTP_QUERY_VMTP_NODE, NOBODY);
    ask(9, VMTP_DELETE_ENTITY, NOBODY);
    expect_silence(&f);
}
END_TEST

/* VMTP-10.1-05 */
START_TEST(multicast_requests_that_fail_are_not_answered) {
    f.multicast = 1;
    ask(1, VMTP_CREATE_ENTITY, entity); /* no permission */
    ask(2, VMTP_DELETE_ENTITY, entity);
    ask(3, 0x050001ff, entity); /* no such procedure */
    ask(4, VMTP_PROBE_ENTITY_BLOCK, NOBODY);
    probe(5, entity, NOBODY, 0);
    probe(6, entity, entity, 7); /* no such authentication domain */
    ask(7, VMTP_QUERY_ENTITY & ~VMTP_CRE, NOBODY);
    ask(8, VMTP_QUERY_ENTITY, NOBODY);
    expect_silence(&f);
}
END_TEST

/* VMTP-10.1-06 */
START_TEST(unicast_without_coresident_entity_is_for_this_node) {
    ask(1, VMTP_QUERY_VMTP_NODE, 0);
    expect_response(&f, 1, VMTP_OK);
    ask(2, VMTP_QUERY_VMTP_NODE & ~VMTP_CRE, NOBODY);
    expect_response(&f, 2, VMTP_OK);
    probe(3, 0, entity, 0);
    expect_response(&f, 3, VMTP_OK);
}
END_TEST

/* ---- dispatch ---- */

/* VMTP-10.2-01 */
START_TEST(flags_do_not_matter) {
    static const uint32_t flags[] = {0,
                                     VMTP_PIC,
                                     VMTP_CRE,
                                     VMTP_CRE | VMTP_PIC,
                                     VMTP_MRD | VMTP_PIC,
                                     VMTP_CMD | VMTP_CRE,
                                     0x08000000 | VMTP_CRE | VMTP_PIC,
                                     0x0d000000};
    struct vmtp_header h = foreign_management(1, 0x108 | flags[_i], entity);
    foreign_send(&f, &h, NULL, 0);
    ck_assert_uint_eq(expect_response(&f, 1, VMTP_OK)->data_octets, 56);
    h = foreign_management(2, 0x101 | flags[_i], entity);
    header_set_64(&h, 44, entity);
    foreign_send(&f, &h, NULL, 0);
    expect_response(&f, 2, VMTP_OK);
}
END_TEST

/* VMTP-10.2-04 VMTP-10.2-05 */
START_TEST(stateless_procedures_are_answered_each_time) {
    static const uint32_t codes[] = {VMTP_PROBE_ENTITY, VMTP_PROBE_ENTITY_BLOCK, VMTP_QUERY_VMTP_NODE,
                                     VMTP_QUERY_ENTITY, 0x050001fe};
    static const uint32_t transactions[] = {9, 9, 5, 0xffffffff, 9};
    f.src = foreign_other_mac;
    for (unsigned i = 0; i < 5; i++) {
        struct vmtp_header h = foreign_management(transactions[i], codes[_i], entity);
        if (_i == 0)
            header_set_64(&h, 44, entity);
        h.retransmit = (uint8_t)i;
        foreign_send(&f, &h, NULL, 0);
        const struct packet *p = expect_packet(&f);
        ck_assert_uint_eq(p->h.function, VMTP_RESPONSE);
        ck_assert_uint_eq(p->h.client, A);
        ck_assert_uint_eq(p->h.transaction, transactions[i]);
        ck_assert_uint_eq(p->h.retransmit, i);
        ck_assert_uint_eq(p->h.code & VMTP_DGM, VMTP_DGM);
        ck_assert_mem_eq(p->dst, foreign_other_mac, 6);
        expect_silence(&f);
    }
    ck_assert_uint_eq(usage().remote_clients, 0);
}
END_TEST

/* VMTP-10.2-06 */
START_TEST(entities_are_created_and_deleted_once) {
    reopen(permit);
    unsigned before = usage().entities;
    ask(1, VMTP_CREATE_ENTITY, 0);
    vmtp_entity made = packet_64(expect_response(&f, 1, VMTP_OK), 36);
    ask(1, VMTP_CREATE_ENTITY, 0);
    ck_assert_uint_eq(packet_64(expect_response(&f, 1, VMTP_OK), 36), made);
    ck_assert_uint_eq(usage().entities, before + 1);
    ask(0, VMTP_CREATE_ENTITY, 0); /* an old one */
    expect_silence(&f);
    ck_assert_uint_eq(usage().entities, before + 1);
    ask(2, VMTP_CREATE_ENTITY, 0);
    ck_assert_uint_ne(packet_64(expect_response(&f, 2, VMTP_OK), 36), made);
    ck_assert_uint_eq(usage().entities, before + 2);
    ask(3, VMTP_DELETE_ENTITY, made);
    expect_response(&f, 3, VMTP_OK);
    ck_assert_uint_eq(usage().entities, before + 1);
}
END_TEST

/* VMTP-10.2-07 VMTP-10.1-05 */
START_TEST(unknown_procedures_are_errors) {
    static const uint32_t codes[] = {0x05000100, 0x05000112, 0x050001ff, 0x000001ff};
    for (unsigned i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        ask(i + 1, codes[i], 0);
        ck_assert_uint_eq(expect_response(&f, i + 1, VMTP_ERROR)->h.server, MANAGER);
        f.multicast = 1;
        ask(i + 1, codes[i] & ~VMTP_CRE, 0);
        f.multicast = 0;
        expect_silence(&f);
    }
}
END_TEST

/* VMTP-10.2-08 */
START_TEST(datagrams_are_not_answered) {
    static const uint32_t codes[] = {VMTP_PROBE_ENTITY, VMTP_PROBE_ENTITY_BLOCK, VMTP_QUERY_VMTP_NODE, VMTP_QUERY_ENTITY};
    for (unsigned i = 0; i < sizeof codes / sizeof codes[0]; i++)
        ask(i + 1, codes[i] | VMTP_DGM, entity);
    expect_silence(&f);
}
END_TEST

/* VMTP-10.2-08 VMTP-10.2-06 */
START_TEST(datagrams_are_obeyed) {
    reopen(permit);
    for (unsigned i = 0; i < 3; i++)
        ask(1, VMTP_CREATE_ENTITY | VMTP_DGM, 0);
    expect_silence(&f);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_ENTITY_CREATED), 1);
    ask(2, VMTP_DELETE_ENTITY | VMTP_DGM, foreign_event(&f, VMTP_EV_ENTITY_CREATED, 0)->entity);
    expect_silence(&f);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_ENTITY_DELETED), 1);
}
END_TEST

/* VMTP-8.1-04 VMTP-10.2-06 */
START_TEST(create_entity_is_a_transaction_like_others) {
    reopen(permit);
    serve_ask(&f, A, entity, 7, 0);
    ask(8, VMTP_CREATE_ENTITY, 0);
    expect_response(&f, 8, VMTP_OK);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_ABANDONED), 1);
    ck_assert_int_eq(serve_ask(&f, A, entity, 7, 0), VMTP_COUNT_DROP_OLD_TRANSACTION);
    serve_ask(&f, A, entity, 9, 0);
    ck_assert_int_eq(ask(8, VMTP_CREATE_ENTITY, 0), VMTP_COUNT_DROP_OLD_TRANSACTION);
    expect_silence(&f);
}
END_TEST

/* ---- ProbeEntity ---- */

/* VMTP-10.3-01 VMTP-10.3-02 VMTP-10.2-03 */
START_TEST(probe_tells_the_state_of_an_entity) {
    struct vmtp_request request = {.client = entity, .deadline = VMTP_NEVER};
    vmtp_handle call;
    probe(1, entity, entity, (uint32_t)_i);
    const struct packet *p = expect_response(&f, 1, VMTP_OK);
    uint32_t next = packet_32(p, 36);
    ck_assert_uint_eq(packet_64(p, 40), 0x1111222233334444);
    ck_assert_uint_eq(packet_64(p, 48), 0x5555666677778888);
    ck_assert_uint_eq(packet_64(p, 56), 0x9999aaaabbbbcccc);
    ck_assert_uint_eq(p->data_octets, 0);
    request.message.server = FOREIGN_SERVER;
    ck_assert_int_eq(vmtp_host_learn(f.engine, FOREIGN_SERVER, foreign_mac, f.now), 0);
    ck_assert_int_eq(vmtp_call(f.engine, &call, &request, f.now), 0);
    foreign_collect(&f);
    p = expect_packet(&f);
    ck_assert_uint_eq(p->h.transaction, next);
    struct vmtp_header response = foreign_response(p, FOREIGN_SERVER, VMTP_OK);
    probe(2, entity, entity, 0); /* while it lasts */
    ck_assert_uint_eq(packet_32(expect_response(&f, 2, VMTP_OK), 36), next);
    foreign_send(&f, &response, NULL, 0);
    probe(3, entity, entity, 0); /* when it is over */
    ck_assert_uint_eq(packet_32(expect_response(&f, 3, VMTP_OK), 36), next + 1);
}
END_TEST

/* VMTP-10.3-03 */
START_TEST(other_authentication_domains) {
    static const uint32_t domains[] = {2, 3, 0x80000000, 0xffffffff};
    for (unsigned i = 0; i < sizeof domains / sizeof domains[0]; i++) {
        probe(i + 1, entity, entity, domains[i]);
        expect_response(&f, i + 1, VMTP_NO_PRINCIPAL);
    }
}
END_TEST

/* VMTP-10.3-04 */
START_TEST(probe_for_an_entity_that_is_not_here) {
    probe(1, NOBODY, NOBODY, 0);
    expect_nonexistent(1);
    probe(2, entity, NOBODY, 0);
    expect_nonexistent(2);
    probe(3, NOBODY, entity, 0);
    expect_nonexistent(3);
    f.multicast = 1;
    probe(4, NOBODY, NOBODY, 0);
    probe(5, entity, NOBODY, 0);
    probe(6, NOBODY, entity, 0);
    expect_silence(&f);
}
END_TEST

/* VMTP-10.3-05 */
START_TEST(what_an_entity_does_not_have_is_zero) {
    vmtp_entity plain = serve_entity(&f, NULL);
    probe(1, plain, plain, 0);
    const struct packet *p = expect_response(&f, 1, VMTP_OK);
    for (unsigned at = 40; at < 64; at += 4)
        ck_assert_uint_eq(packet_32(p, at), 0);
}
END_TEST

/* ---- ProbeEntityBlock ---- */

/* VMTP-10.4-01 VMTP-4.5-07 VMTP-4.5-09 */
START_TEST(blocks_that_are_held) {
    static const vmtp_entity in[] = {FOREIGN_BLOCK, FOREIGN_BLOCK + 0xff, FOREIGN_BLOCK | VMTP_ID_LEE,
                                     FOREIGN_BLOCK | VMTP_ID_RAE, (FOREIGN_BLOCK + 5) | VMTP_ID_GRP | 0x1000000000000000};
    static const vmtp_entity out[] = {FOREIGN_BLOCK + 0x100, FOREIGN_BLOCK - 0x100, FOREIGN_BLOCK | 0x0800000000000000,
                                      0x100};
    for (f.multicast = 0; f.multicast < 2; f.multicast++)
        for (unsigned i = 0; i < sizeof in / sizeof in[0]; i++) {
            ask(1, VMTP_PROBE_ENTITY_BLOCK, in[i]);
            ck_assert_uint_eq(packet_64(expect_response(&f, 1, VMTP_OK), 36), in[i]);
        }
    f.multicast = 1;
    for (unsigned i = 0; i < sizeof out / sizeof out[0]; i++) {
        ask(1, VMTP_PROBE_ENTITY_BLOCK, out[i]);
        expect_silence(&f);
    }
}
END_TEST

/* VMTP-10.4-01 VMTP-4.5-07 */
START_TEST(block_of_an_entity_that_brought_its_identifier) {
    struct vmtp_entity_options options = {.id = FOREIGN_SERVER};
    vmtp_entity other;
    ck_assert_int_eq(vmtp_entity_create(f.engine, &other, &options, f.now), 0);
    f.multicast = _i;
    ask(1, VMTP_PROBE_ENTITY_BLOCK, FOREIGN_SERVER & ~(vmtp_entity)0xff);
    expect_response(&f, 1, VMTP_OK);
    ck_assert_int_eq(vmtp_entity_delete(f.engine, other, f.now), 0);
    f.multicast = 1;
    ask(2, VMTP_PROBE_ENTITY_BLOCK, FOREIGN_SERVER & ~(vmtp_entity)0xff);
    expect_silence(&f);
}
END_TEST

/* VMTP-10.4-02 */
START_TEST(block_that_is_not_held) {
    static const uint32_t codes[] = {VMTP_PROBE_ENTITY_BLOCK, VMTP_PROBE_ENTITY_BLOCK & ~VMTP_CRE};
    ask(1, codes[_i], NOBODY);
    expect_nonexistent(1);
    f.multicast = 1;
    ask(2, codes[_i], NOBODY);
    expect_silence(&f);
}
END_TEST

/* VMTP-10.4-03 */
START_TEST(block_probes_are_not_filtered) {
    static const vmtp_entity clients[] = {VMTP_DEFAULT_BE_CLIENT, VMTP_DEFAULT_LE_CLIENT};
    for (unsigned i = 0; i < 6; i++) {
        struct vmtp_header h = foreign_management(0, VMTP_PROBE_ENTITY_BLOCK, FOREIGN_BLOCK);
        h.client = clients[i & 1];
        f.src = i & 2 ? foreign_mac : foreign_other_mac;
        f.multicast = 1;
        foreign_send(&f, &h, NULL, 0);
        const struct packet *p = expect_response(&f, 0, VMTP_OK);
        ck_assert_uint_eq(p->h.client, clients[i & 1]);
        ck_assert_mem_eq(p->dst, f.src, 6);
    }
}
END_TEST

/* ---- QueryVMTPNode ---- */

static void jumbo(struct vmtp_config *config) { config->mtu = 9000; }

/* VMTP-10.5-01 VMTP-10.5-02 VMTP-10.5-03 VMTP-10.5-04 VMTP-10.2-03 VMTP-3.5-02 */
START_TEST(node_tells_its_parameters) {
    if (_i & 1)
        reopen(jumbo);
    ask(1, VMTP_QUERY_VMTP_NODE, _i & 2 ? entity : 0);
    const struct packet *p = expect_response(&f, 1, VMTP_OK);
    ck_assert_uint_eq(packet_32(p, 36), _i & 1 ? 9000 : 1500);
    ck_assert_uint_eq(packet_32(p, 40), 3); /* takes and issues streams, nothing secure */
    ck_assert_uint_eq(packet_32(p, 44), 1);
    uint32_t domains = packet_32(p, 48), authentications = packet_32(p, 52);
    ck_assert_uint_eq(packet_32(p, 56), 0);
    ck_assert_uint_eq(p->h.code, VMTP_OK | VMTP_DGM | VMTP_SDA);
    ck_assert_uint_eq(p->h.words[6], 4 * (domains + authentications));
    ck_assert_uint_eq(p->data_octets, 4 * (domains + authentications));
    ck_assert_uint_eq(p->h.delivery, 1);
    ck_assert_uint_eq(domains, 1);
    ck_assert_uint_eq(vmtp_load32(p->data), VMTP_DOMAIN);
    ck_assert_uint_eq(vmtp_load32(p->data + 4), 1);
    ask(2, VMTP_QUERY_VMTP_NODE, NOBODY);
    expect_nonexistent(2);
}
END_TEST

/* ---- CreateEntity, DeleteEntity ---- */

/* VMTP-10.6-01 VMTP-10.2-03 */
START_TEST(create_entity) {
    reopen(permit);
    ask(1, VMTP_CREATE_ENTITY, _i ? entity : 0);
    const struct packet *p = expect_response(&f, 1, VMTP_OK);
    vmtp_entity made = packet_64(p, 36);
    for (unsigned at = 44; at < 64; at += 4)
        ck_assert_uint_eq(packet_32(p, at), 0);
    ck_assert_uint_eq(p->data_octets, 0);
    ck_assert_uint_eq(made & ~(vmtp_entity)0xff, FOREIGN_BLOCK);
    ck_assert_uint_ne(made, entity);
    ck_assert_uint_eq(foreign_event(&f, VMTP_EV_ENTITY_CREATED, 0)->entity, made);
    probe(2, made, made, 0);
    expect_response(&f, 2, VMTP_OK);
    serve_accepts(&f, made, 1, 0);
    ck_assert_int_eq(serve_ask(&f, FOREIGN_OTHER_CLIENT, made, 1, 0), 0);
    ck_assert_uint_eq(serve_count(&f), 1);
}
END_TEST

/* VMTP-10.6-02 */
START_TEST(remote_management_needs_permission) {
    unsigned before = usage().entities;
    ask(1, VMTP_CREATE_ENTITY, 0);
    expect_response(&f, 1, VMTP_NO_PERMISSION);
    ask(2, VMTP_DELETE_ENTITY, entity);
    expect_response(&f, 2, VMTP_NO_PERMISSION);
    ck_assert_uint_eq(usage().entities, before);
    probe(3, entity, entity, 0);
    expect_response(&f, 3, VMTP_OK);
}
END_TEST

static void permit_two(struct vmtp_config *config) {
    config->remote_management = 1;
    config->max_entities = 2;
}

/* VMTP-10.6-03 VMTP-11-04 */
START_TEST(no_room_for_another_entity) {
    reopen(permit_two); /* one is taken already */
    ask(1, VMTP_CREATE_ENTITY, 0);
    vmtp_entity made = packet_64(expect_response(&f, 1, VMTP_OK), 36);
    ask(2, VMTP_CREATE_ENTITY, 0);
    expect_response(&f, 2, VMTP_BUSY);
    ask(3, VMTP_DELETE_ENTITY, made);
    expect_response(&f, 3, VMTP_OK);
    ask(4, VMTP_CREATE_ENTITY, 0);
    ck_assert_uint_ne(packet_64(expect_response(&f, 4, VMTP_OK), 36), made);
}
END_TEST

/* VMTP-10.7-01 */
START_TEST(delete_entity) {
    reopen(permit);
    ask(1, VMTP_CREATE_ENTITY, 0);
    vmtp_entity made = packet_64(expect_response(&f, 1, VMTP_OK), 36);
    ask(2, VMTP_DELETE_ENTITY, made);
    expect_response(&f, 2, VMTP_OK);
    ck_assert_uint_eq(foreign_event(&f, VMTP_EV_ENTITY_DELETED, 0)->entity, made);
    probe(3, made, made, 0);
    expect_nonexistent(3);
    serve_ask(&f, FOREIGN_OTHER_CLIENT, made, 1, 0);
    expect_nvc(&f, FOREIGN_OTHER_CLIENT, 1, VMTP_NONEXISTENT_ENTITY);
}
END_TEST

/* VMTP-10.7-02 */
START_TEST(delete_an_entity_that_is_not_here) {
    reopen(permit);
    ask(1, VMTP_DELETE_ENTITY, NOBODY);
    expect_nonexistent(1);
}
END_TEST

static uint8_t lent[2][2048];

/* An entity with a call outstanding, a Request in hand and an accept; by the application, or made from the wire. */
static vmtp_entity busy_entity(int from_wire) {
    struct vmtp_request request = {.deadline = VMTP_NEVER, .response_area = lent[0], .response_size = 2048, .cookie = 5};
    vmtp_entity id;
    vmtp_handle call;
    if (from_wire) {
        ask(1, VMTP_CREATE_ENTITY, 0);
        id = packet_64(expect_response(&f, 1, VMTP_OK), 36);
    } else {
        ck_assert_int_eq(vmtp_entity_create(f.engine, &id, NULL, f.now), 0);
        request.client = id;
        request.message.server = FOREIGN_SERVER;
        ck_assert_int_eq(vmtp_host_learn(f.engine, FOREIGN_SERVER, foreign_mac, f.now), 0);
        ck_assert_int_eq(vmtp_call(f.engine, &call, &request, f.now), 0);
    }
    ck_assert_int_eq(vmtp_accept(f.engine, id, NULL, 0, 60), 0);
    ck_assert_int_eq(vmtp_accept(f.engine, id, lent[1], 2048, 61), 0);
    serve_ask(&f, FOREIGN_OTHER_CLIENT, id, 1, 0); /* takes the first */
    f.count = 0;
    return id;
}

/* VMTP-10.7-03 */
START_TEST(with_an_entity_ends_what_it_had) {
    reopen(permit);
    vmtp_entity id = busy_entity(_i);
    const struct vmtp_event old = *serve_last(&f);
    if (_i) {
        ask(2, VMTP_DELETE_ENTITY, id);
        expect_response(&f, 2, VMTP_OK);
    } else {
        ck_assert_int_eq(vmtp_entity_delete(f.engine, id, f.now), 0);
        foreign_collect(&f);
        const struct vmtp_event *complete = foreign_event(&f, VMTP_EV_COMPLETE, 0);
        ck_assert_ptr_nonnull(complete);
        ck_assert_uint_eq(complete->result, VMTP_CANCELLED);
        ck_assert_uint_eq(complete->cookie, 5);
    }
    const struct vmtp_event *returned = foreign_event(&f, VMTP_EV_ACCEPT_RETURNED, 0);
    ck_assert_ptr_nonnull(returned);
    ck_assert_uint_eq(returned->cookie, 61);
    ck_assert_ptr_eq(returned->segment, lent[1]);
    ck_assert_int_eq(serve_reply(&f, &old, 1, 0, 0), VMTP_E_STALE);
    foreign_pass(&f, 60 * VMTP_SECOND);
    expect_silence(&f);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_COMPLETE), _i == 0);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_ACCEPT_RETURNED), 1);
    ck_assert_uint_eq(usage().calls + usage().requests, 0);
}
END_TEST

/* VMTP-10.7-04 */
START_TEST(entities_that_the_node_needs_stay) {
    static const unsigned own[] = {1, 2, 8, 39};
    reopen(permit);
    for (unsigned i = 0; i < sizeof own / sizeof own[0]; i++) {
        ask(i + 1, VMTP_DELETE_ENTITY, FOREIGN_BLOCK + own[i]);
        expect_response(&f, i + 1, VMTP_NO_PERMISSION);
        probe(100 + i, FOREIGN_BLOCK + own[i], FOREIGN_BLOCK + own[i], 0);
        expect_response(&f, 100 + i, VMTP_OK);
    }
    ask(50, VMTP_DELETE_ENTITY, entity); /* of the application */
    expect_response(&f, 50, VMTP_NO_PERMISSION);
}
END_TEST

/* ---- QueryEntity ---- */

/* VMTP-10.8-01 VMTP-10.2-03 VMTP-3.5-02 */
START_TEST(query_entity) {
    struct vmtp_request request = {.deadline = VMTP_NEVER};
    struct vmtp_entity_options options = {
        .flags = VMTP_ENTITY_REDOABLE, .process = 0x1111, .principal = 0x2222, .effective_principal = 0x3333};
    vmtp_handle call;
    request.client = serve_entity(&f, &options);
    request.message.server = FOREIGN_SERVER;
    ck_assert_int_eq(vmtp_host_learn(f.engine, FOREIGN_SERVER, foreign_mac, f.now), 0);
    ck_assert_int_eq(vmtp_call(f.engine, &call, &request, f.now), 0);
    serve_ask(&f, FOREIGN_OTHER_CLIENT, request.client, 1, 0);
    serve_ask(&f, FOREIGN_OTHER_CLIENT + 1, request.client, 1, 0);
    uint32_t transaction = expect_packet(&f)->h.transaction;
    f.count = 0;
    ask(1, VMTP_QUERY_ENTITY, request.client);
    const struct packet *p = expect_response(&f, 1, VMTP_OK);
    ck_assert_uint_eq(p->h.code, VMTP_OK | VMTP_DGM | VMTP_SDA);
    ck_assert_uint_eq(p->h.words[6], 56);
    ck_assert_uint_eq(p->data_octets, 56);
    ck_assert_uint_eq(vmtp_load64(p->data), request.client);
    ck_assert_uint_eq(vmtp_load32(p->data + 8), 1);
    ck_assert_uint_eq(vmtp_load32(p->data + 12), transaction);
    ck_assert_uint_eq(vmtp_load64(p->data + 16), 0x1111);
    ck_assert_uint_eq(vmtp_load64(p->data + 24), 0x2222);
    ck_assert_uint_eq(vmtp_load64(p->data + 32), 0x3333);
    ck_assert_uint_eq(vmtp_load32(p->data + 40), 6);
    ck_assert_uint_eq(vmtp_load32(p->data + 44), 2);
    ck_assert_uint_eq(vmtp_load32(p->data + 48), 1);
    ck_assert_uint_eq(vmtp_load32(p->data + 52), 0);
}
END_TEST

/* VMTP-10.8-01 */
START_TEST(query_and_probe_tell_the_same_transaction) {
    probe(1, entity, entity, 0);
    uint32_t next = packet_32(expect_response(&f, 1, VMTP_OK), 36);
    ask(2, VMTP_QUERY_ENTITY, entity);
    ck_assert_uint_eq(vmtp_load32(expect_response(&f, 2, VMTP_OK)->data + 12), next);
}
END_TEST

/* VMTP-10.8-02 */
START_TEST(query_an_entity_that_is_not_here) {
    ask(1, VMTP_QUERY_ENTITY, NOBODY);
    expect_nonexistent(1);
    ask(2, VMTP_QUERY_ENTITY & ~VMTP_CRE, NOBODY);
    expect_nonexistent(2);
}
END_TEST

static void add_dispatch(TCase *t) {
    tcase_add_test(t, manager_is_an_entity_of_its_own);
    tcase_add_loop_test(t, every_node_has_the_manager_group, 0, 2);
    tcase_add_test(t, node_without_identifiers_says_nothing);
    tcase_add_test(t, coresident_entity_chooses_the_manager);
    tcase_add_test(t, multicast_requests_that_fail_are_not_answered);
    tcase_add_test(t, unicast_without_coresident_entity_is_for_this_node);
    tcase_add_loop_test(t, flags_do_not_matter, 0, 8);
    tcase_add_loop_test(t, stateless_procedures_are_answered_each_time, 0, 5);
    tcase_add_test(t, entities_are_created_and_deleted_once);
    tcase_add_test(t, unknown_procedures_are_errors);
    tcase_add_test(t, datagrams_are_not_answered);
    tcase_add_test(t, datagrams_are_obeyed);
    tcase_add_test(t, create_entity_is_a_transaction_like_others);
}

static void add_procedures(TCase *t) {
    tcase_add_loop_test(t, probe_tells_the_state_of_an_entity, 0, 2);
    tcase_add_test(t, other_authentication_domains);
    tcase_add_test(t, probe_for_an_entity_that_is_not_here);
    tcase_add_test(t, what_an_entity_does_not_have_is_zero);
    tcase_add_test(t, blocks_that_are_held);
    tcase_add_loop_test(t, block_of_an_entity_that_brought_its_identifier, 0, 2);
    tcase_add_loop_test(t, block_that_is_not_held, 0, 2);
    tcase_add_test(t, block_probes_are_not_filtered);
    tcase_add_loop_test(t, node_tells_its_parameters, 0, 4);
    tcase_add_loop_test(t, create_entity, 0, 2);
    tcase_add_test(t, remote_management_needs_permission);
    tcase_add_test(t, no_room_for_another_entity);
    tcase_add_test(t, delete_entity);
    tcase_add_test(t, delete_an_entity_that_is_not_here);
    tcase_add_loop_test(t, with_an_entity_ends_what_it_had, 0, 2);
    tcase_add_test(t, entities_that_the_node_needs_stay);
    tcase_add_test(t, query_entity);
    tcase_add_test(t, query_and_probe_tell_the_same_transaction);
    tcase_add_test(t, query_an_entity_that_is_not_here);
}

int main(void) {
    Suite *s = suite_create("manager");
    TCase *t = tcase_create("manager");
    tcase_add_checked_fixture(t, setup, teardown);
    add_dispatch(t);
    add_procedures(t);
    suite_add_tcase(s, t);
    return run_suite(s);
}

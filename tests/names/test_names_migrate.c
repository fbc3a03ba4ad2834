/* SPDX-License-Identifier: BSD-2-Clause */
/* A manager moves to another node of VMTP with its entity identifier, its prefixes and what it has in hand; its users do not notice. */
#include "support/town.h"

#include <vipc/host.h>

static struct office office, moved;
static struct user user, other;
static uint8_t luggage[1 << 20];

static void move(unsigned to) {
    struct vname_record record = office_record(&office, "/m");
    char prefix[] = "/m";
    size_t used;
    vmtp_entity id;
    record.prefix = prefix;
    const struct vname_manager_config config = office.config;
    ck_assert_int_eq(vipc_host_export(vname_manager_service(office.manager), luggage, sizeof luggage, &used), 0);
    const unsigned executed = office.executed, kept = office.in_hand;
    office_close(&office);
    ck_assert_int_eq(vipc_host_import(town.nodes[to], luggage, used, &id), 0);
    ck_assert_uint_eq(id, record.manager);
    memset(&moved, 0, sizeof moved);
    moved.config = config;
    moved.config.entity = id;
    moved.config.context = &moved;
    office_open(&moved, to);
    ck_assert_uint_eq(moved.entity, id);
    ck_assert_int_eq(vname_manager_adopt(moved.manager, &record), 0);
    moved.executed = executed - kept;
}

/* NAME-8.6-04 VMTP-13.11-04 */
START_TEST(under_load) {
    town_open(1);
    office_open(&office, 0);
    office_hold(&office, "/m");
    user_open(&user, 6, NULL);
    user_open(&other, 5, NULL);
    user_load(&user, "/m/x", MS);
    user_load(&other, "/m/y", 3 * MS);
    town_run(SECONDS);
    move(1);
    town_run(5 * SECONDS);
    user_rest(&user);
    user_rest(&other);
    ck_assert_uint_eq(user.failed + other.failed, 0);
    ck_assert_uint_gt(user.answered, 2000);
    ck_assert_uint_eq(COUNT(&user, multicasts), 1);
    ck_assert_uint_eq(COUNT(&user, stale) + COUNT(&user, gone), 0);
    ck_assert_uint_ge(moved.executed, user.answered + other.answered);
    ck_assert_uint_le(moved.executed, user.answered + other.answered + 2);
    user_close(&user);
    user_close(&other);
    office_close(&moved);
    town_close();
}
END_TEST

/* Requests in hand go along, also when they are more than the new depth.  VMTP-13.11-05 */
START_TEST(with_requests_in_hand) {
    struct user users[4];
    town_open(1);
    office_config(&office);
    office_open(&office, 0);
    office_hold(&office, "/m");
    office.keeps = 1;
    for (unsigned i = 0; i < 4; i++) {
        user_open(&users[i], 3 + i, NULL);
        user_begin(&users[i], "/m/x", 0, 0);
    }
    town_run(SECONDS);
    ck_assert_uint_eq(office.in_hand, 4);
    office.config.depth = 2;
    move(1);
    town_run(5 * SECONDS);
    for (unsigned i = 0; i < 4; i++) {
        ck_assert_uint_eq(users[i].answered, 1);
        user_close(&users[i]);
    }
    office_close(&moved);
    town_close();
}
END_TEST

/* Its memory is nobody's: what was imported and never served, or ends with Requests in hand. */
START_TEST(ended_on_the_way) {
    size_t used;
    vmtp_entity id;
    town_open(1);
    office_open(&office, 0);
    office_hold(&office, "/m");
    office.keeps = 1;
    user_open(&user, 6, NULL);
    user_begin(&user, "/m/x", 0, 0);
    town_run(SECONDS);
    ck_assert_uint_eq(office.in_hand, 1);
    struct vname_record record = office_record(&office, "/m");
    struct vipc_service *service = vname_manager_service(office.manager);
    ck_assert_int_eq(vipc_host_export(service, luggage, 8, &used), VMTP_E_MEMORY);
    ck_assert_uint_gt(used, 8);
    ck_assert_int_eq(vipc_host_export(service, luggage, sizeof luggage, &used), 0);
    size_t nothing;
    ck_assert_int_eq(vipc_host_export(service, luggage, sizeof luggage, &nothing), VMTP_E_INVALID);
    office_close(&office);
    ck_assert_int_eq(vipc_host_import(town.nodes[1], luggage, used - 8, &id), VMTP_E_INVALID);
    ck_assert_int_eq(vipc_host_import(town.nodes[1], luggage, used, &id), 0);
    memset(&moved, 0, sizeof moved);
    office_config(&moved);
    moved.keeps = 1;
    moved.config.entity = id;
    office_open(&moved, 1);
    record.prefix = "/m";
    ck_assert_int_eq(vname_manager_adopt(moved.manager, &record), 0);
    town_run(SECONDS);
    ck_assert_uint_eq(moved.in_hand, 1);
    office_close(&moved);
    town_run(10 * SECONDS);
    ck_assert_uint_eq(user.answered, 0);
    user_close(&user);
    town_close();
}
END_TEST

static void add(TCase *tests) {
    tcase_add_test(tests, under_load);
    tcase_add_test(tests, with_requests_in_hand);
    tcase_add_test(tests, ended_on_the_way);
}

int main(void) { return town_main("names migrate", add); }

/* SPDX-License-Identifier: BSD-2-Clause */
/* test_migrate_groups.c - members of groups that leave the node of a client whose Request to the group is open (13.1, 13.11). */
#include "support/calling.h"
#include "support/serving.h"
#include "wire_testing.h"

static struct foreign f, g; /* the client's node, the one where the member goes */
static vmtp_entity client, member, group;

static void setup(void) {
    struct vmtp_config config;
    foreign_open(&f, NULL);
    foreign_config(&config);
    config.mac[5] = 9;
    config.block = 0x200000;
    foreign_open(&g, &config);
    client = call_entity(&f);
    ck_assert_int_eq(vmtp_entity_create(f.engine, &member, NULL, f.now), 0);
    ck_assert_int_eq(vmtp_group_create(f.engine, &group, member, 1), 0);
    foreign_collect(&f);
}

static void teardown(void) {
    foreign_close(&f);
    foreign_close(&g);
}

static void ask(void) {
    struct vmtp_request r = call_request(client, 0);
    r.message.server = group;
    r.message.code |= VMTP_MRD;
    r.response_slots = 2;
    r.response_size = 64;
    r.deadline = f.now + 10 * VMTP_SECOND;
    call_start(&f, &r);
    call_forget_packets(&f);
}

/* It goes, joins the group there too, and hears the Request once more: how often it has it there. */
static unsigned heard_at_its_new_node(void) {
    static uint8_t form[65536];
    size_t used;
    uint32_t lent;
    vmtp_entity id;
    struct packet again;
    ck_assert_int_eq(vmtp_entity_export(f.engine, member, form, sizeof form, &used, f.now), 0);
    foreign_collect(&f);
    ck_assert_int_eq(vmtp_entity_import(g.engine, form, used, &id, &lent, g.now), 0);
    ck_assert_int_eq(vmtp_group_join(g.engine, group, member, 0), 0);
    foreign_collect(&g);
    unsigned before = serve_count(&g);
    serve_accepts(&g, member, 2, 512);
    call_forget_packets(&f);
    foreign_pass(&f, 300 * VMTP_MILLISECOND);
    again = *expect_packet(&f);
    ck_assert_uint_eq(again.h.server, group);
    g.src = foreign_engine_mac;
    g.multicast = 1;
    foreign_send(&g, &again.h, NULL, 0);
    return serve_count(&g) - before;
}

/* VMTP-13.11-23 VMTP-8.1-01: it has answered, has refused to, or has called somebody else for it */
START_TEST(what_was_done_is_not_done_again) {
    serve_accepts(&f, member, 1, 512);
    ask();
    ck_assert_uint_eq(serve_count(&f), 1);
    if (_i == 2) {
        static uint8_t area[512];
        struct vmtp_forward w = {
            .message = {.server = FOREIGN_SERVER, .code = 0x321}, .response_area = area, .response_size = sizeof area};
        ck_assert_int_eq(vmtp_forward(f.engine, serve_last(&f)->handle, &w, f.now), 0);
    } else {
        ck_assert_int_eq(serve_reply(&f, serve_last(&f), _i ? VMTP_RESPONSE_DISCARDED : 0, 0, 0), 0);
    }
    ck_assert_uint_eq(heard_at_its_new_node(), 0);
    expect_silence(&g);
}
END_TEST

/* VMTP-13.11-05: what is in hand goes along, and what it has never seen comes to it there */
START_TEST(what_was_not_done_is_done_once) {
    if (_i == 0)
        serve_accepts(&f, member, 1, 512);
    ask();
    ck_assert_uint_eq(heard_at_its_new_node(), _i ? 1 : 0);
}
END_TEST

int main(void) {
    Suite *s = suite_create("migrate_groups");
    TCase *t = tcase_create("migrate_groups");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, what_was_done_is_not_done_again, 0, 3);
    tcase_add_loop_test(t, what_was_not_done_is_done_once, 0, 2);
    suite_add_tcase(s, t);
    return run_suite(s);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* test_notify.c - Notify operations: their form, and what may never be said by one (spec/vmtp.md sections 10.9 to 10.11). */
#include "support/serving.h"
#include "wire_testing.h"

#define A FOREIGN_CLIENT
#define MANAGER (FOREIGN_BLOCK + 1)
#define NOBODY 0x0000000000777777ull

static struct foreign f;
static vmtp_entity entity;
static uint8_t area[4096];

static void setup(void) {
    foreign_open(&f, NULL);
    entity = serve_entity(&f, NULL);
}

static void teardown(void) { foreign_close(&f); }

/* A call of the entity to the hand-made server; its Request. */
static const struct packet *call(uint32_t size) {
    struct vmtp_request request = {.client = entity, .segment = serving_segment, .deadline = VMTP_NEVER};
    vmtp_handle handle;
    request.segment_size = size;
    request.message.server = FOREIGN_SERVER;
    request.response_area = area;
    request.response_size = sizeof area;
    ck_assert_int_eq(vmtp_host_learn(f.engine, FOREIGN_SERVER, foreign_mac, f.now), 0);
    ck_assert_int_eq(vmtp_call(f.engine, &handle, &request, f.now), 0);
    foreign_collect(&f);
    const struct packet *p = expect_packet(&f);
    while (foreign_take(&f)) {
    }
    return p;
}

/* What both have in common. */
static void check_form(const struct packet *p, uint32_t code) {
    ck_assert_uint_eq(p->octets, VMTP_MIN_PACKET);
    ck_assert_uint_eq(p->h.function, VMTP_REQUEST);
    ck_assert_uint_eq(p->h.code, code);
    ck_assert_uint_eq(p->h.code & (VMTP_MDM | VMTP_SDA), 0);
    ck_assert_uint_eq(p->h.code & (VMTP_DGM | VMTP_CRE | VMTP_PIC), VMTP_DGM | VMTP_CRE | VMTP_PIC);
    ck_assert_uint_eq(p->h.server, VMTP_MANAGER_GROUP);
    ck_assert_uint_eq(p->h.mpg, 0);
    ck_assert_uint_eq(p->h.delivery, 0);
}

/* ---- NotifyVmtpClient ---- */

/* VMTP-10.9-01 VMTP-10.9-02 VMTP-10.9-03 VMTP-10.9-04 VMTP-10.11-01 VMTP-10.2-02 VMTP-10.2-03 */
START_TEST(form_of_notify_client) {
    struct vmtp_header h = foreign_request(A, NOBODY, 0x89abcdef, 1);
    h.flags = VMTP_APG | VMTP_NRT | VMTP_STI | VMTP_DRT | VMTP_MDG;
    h.retransmit = 5;
    h.forward = _i ? 9 : 0;
    h.priority = 11;
    h.gap = 77;
    h.reserved = 7;
    f.src = foreign_other_mac;
    foreign_send(&f, &h, NULL, 0);
    const struct packet *p = (_i ? expect_remote_nvc : expect_nvc)(&f, A, 0x89abcdef, VMTP_NONEXISTENT_ENTITY);
    if (!_i)
        check_form(p, 0x4500010f);
    ck_assert_uint_eq(packet_32(p, 44), vmtp_control(VMTP_NRT | VMTP_STI, 5, _i ? 9 : 0, 0, 11, 1));
    ck_assert_uint_eq(packet_32(p, 48), 0);
    ck_assert_uint_eq(packet_32(p, 56), 0);
    ck_assert_mem_eq(p->dst, foreign_other_mac, 6);
    expect_silence(&f);
}
END_TEST

/* VMTP-10.9-03 VMTP-10.9-04 */
START_TEST(timed_notify_client_tells_what_is_here) {
    struct vmtp_header h = foreign_segment_request(A, entity, 7, 2048);
    h.delivery = 0x5;
    h.retransmit = 3;
    h.priority = 4;
    foreign_send(&f, &h, serving_segment, 1024);
    foreign_pass(&f, 25 * VMTP_MILLISECOND);
    const struct packet *p = expect_nvc(&f, A, 7, VMTP_RETRY);
    check_form(p, 0x4500010f);
    ck_assert_uint_eq(packet_32(p, 44), vmtp_control(0, 3, 0, 0, 4, 1));
    ck_assert_uint_eq(packet_32(p, 56), 0x5);
}
END_TEST

/* VMTP-10.9-05 VMTP-10.11-03 */
START_TEST(receiver_heeds_parameters_only) {
    static const uint32_t controls[] = {0, 1, VMTP_RESPONSE | VMTP_APG | VMTP_NRT | VMTP_MDG | VMTP_DRT | VMTP_STI,
                                        0x0f8f00ff, 0x000f00fe};
    const struct packet *p = call(0);
    struct vmtp_header h = foreign_notify_client(entity, p->h.transaction, 0, VMTP_NO_PERMISSION);
    header_set_32(&h, 44, controls[_i]);
    h.client = 0x0000000000123456 + (unsigned)_i; /* whoever it is, and whatever it counts */
    h.transaction = 0xfffffff0 + (unsigned)_i;
    h.delivery = 0;
    h.priority = 15;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    ck_assert_uint_eq(foreign_event(&f, VMTP_EV_COMPLETE, 0)->result, VMTP_NO_PERMISSION);
}
END_TEST

/* VMTP-10.11-03 */
START_TEST(nobody_sends_no_notify) {
    static const vmtp_entity nobody[] = {0, VMTP_MANAGER_GROUP, VMTP_DEFAULT_BE_CLIENT, VMTP_DEFAULT_LE_CLIENT};
    struct vmtp_header h = foreign_notify_client(entity, call(0)->h.transaction, 0, VMTP_NO_PERMISSION);
    h.client = nobody[_i];
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), VMTP_COUNT_DROP_CLIENT_ID);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_COMPLETE), 0);
    h.client = FOREIGN_CLIENT;
    ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_COMPLETE), 1);
}
END_TEST

/* VMTP-10.11-03 */
START_TEST(notifies_are_not_filtered_as_duplicates) {
    for (unsigned i = 0; i < 4; i++) { /* all with the same Client and Transaction of their own */
        struct vmtp_header h = foreign_notify_client(entity, call(0)->h.transaction, 0, VMTP_NO_PERMISSION);
        ck_assert_int_eq(foreign_send(&f, &h, NULL, 0), 0);
        ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_COMPLETE), i + 1);
    }
}
END_TEST

/* ---- NotifyVmtpServer ---- */

/* VMTP-10.10-01 VMTP-10.10-02 VMTP-10.11-01 VMTP-10.2-02 */
START_TEST(form_of_notify_server) {
    struct vmtp_header h = foreign_request(NOBODY, FOREIGN_SERVER, 0x01020304, VMTP_OK);
    h.function = VMTP_RESPONSE;
    h.priority = 3;
    h.flags = VMTP_APG;
    f.src = foreign_other_mac;
    foreign_send(&f, &h, NULL, 0);
    const struct packet *p = expect_nvs(&f, FOREIGN_SERVER, 0x01020304, VMTP_NONEXISTENT_ENTITY);
    check_form(p, 0x45000110);
    ck_assert_uint_eq(packet_64(p, 44), NOBODY);
    ck_assert_uint_eq(packet_32(p, 56), 0);
    ck_assert_mem_eq(p->dst, foreign_other_mac, 6);
    expect_silence(&f);
}
END_TEST

/* VMTP-10.10-01 VMTP-10.10-02 */
START_TEST(timed_notify_server_tells_what_is_here) {
    struct vmtp_header h = foreign_response(call(0), FOREIGN_SERVER, VMTP_OK | VMTP_SDA);
    h.words[6] = 4096;
    h.delivery = 0x81;
    foreign_send(&f, &h, serving_segment, 1024);
    foreign_pass(&f, 25 * VMTP_MILLISECOND);
    const struct packet *p = expect_nvs(&f, FOREIGN_SERVER, h.transaction, VMTP_RETRY);
    check_form(p, 0x45000110);
    ck_assert_uint_eq(packet_64(p, 44), entity);
    ck_assert_uint_eq(packet_32(p, 56), 0x81);
}
END_TEST

/* ---- both ---- */

/* VMTP-10.11-02 */
START_TEST(notifier_is_used_for_nothing_else) {
    uint32_t last = 0;
    vmtp_entity notifier = 0;
    struct vmtp_header response = foreign_request(NOBODY, FOREIGN_SERVER, 5, VMTP_OK);
    response.function = VMTP_RESPONSE;
    for (unsigned i = 0; i < 6; i++) {
        if (i & 1)
            serve_ask(&f, A, NOBODY, i, 0);
        else
            foreign_send(&f, &response, NULL, 0);
        const struct packet *p = expect_packet(&f);
        if (i > 0) {
            ck_assert_uint_eq(p->h.client, notifier);
            ck_assert_uint_eq(p->h.transaction, last + 1);
        }
        notifier = p->h.client;
        last = p->h.transaction;
    }
    ck_assert_uint_eq(notifier & ~(vmtp_entity)0xff, FOREIGN_BLOCK);
    ck_assert_uint_ne(notifier, MANAGER);
    ck_assert_uint_ne(notifier, entity);
    const struct packet *p = call(0);
    ck_assert_uint_ne(p->h.client, notifier);
    serve_ask(&f, A, NOBODY, 7, 0); /* does not disturb the call */
    ck_assert_uint_eq(expect_packet(&f)->h.transaction, last + 1);
    ck_assert_uint_eq(foreign_event_count(&f, VMTP_EV_COMPLETE), 0);
}
END_TEST

/* VMTP-10.11-04 */
START_TEST(notifies_are_never_answered) {
    static const uint32_t codes[] = {
        VMTP_NOTIFY_VMTP_CLIENT, VMTP_NOTIFY_VMTP_SERVER, VMTP_NOTIFY_REMOTE_VMTP_CLIENT, 0x10f, 0x110, 0x05000111};
    for (unsigned reason = 0; reason <= VMTP_NO_AUTHENTICATOR; reason++) {
        struct vmtp_header h = foreign_notify_client(NOBODY, 5, 0, reason);
        h.code = codes[_i];
        h.flags = reason & 1 ? VMTP_APG : 0;
        foreign_send(&f, &h, NULL, 0);
        header_set_64(&h, 36, entity);
        header_set_64(&h, 44, A); /* in NotifyVmtpServer; ctrl otherwise */
        foreign_send(&f, &h, NULL, 0);
        h.delivery = 3; /* bits without data: broken */
        foreign_send(&f, &h, NULL, 0);
        h.delivery = 0;
        h.server = MANAGER;
        foreign_send(&f, &h, NULL, 0);
        h.server = NOBODY; /* to nobody */
        foreign_send(&f, &h, NULL, 0);
        h.server = entity; /* to somebody who is no manager: a Request like any other, but nothing is said about it */
        h.transaction = reason + 2;
        h.flags |= VMTP_CMG; /* broken in another way */
        foreign_send(&f, &h, NULL, 0);
    }
    foreign_pass(&f, VMTP_SECOND);
    expect_silence(&f);
}
END_TEST

/* VMTP-10.11-05 */
START_TEST(nothing_is_said_about_multicast_errors) {
    struct vmtp_header h;
    f.multicast = 1;
    serve_ask(&f, A, NOBODY, 1, VMTP_APG); /* nobody */
    h = foreign_request(A, entity, 2, 1 | VMTP_CRE);
    header_set_64(&h, 36, NOBODY); /* not co-resident */
    foreign_send(&f, &h, NULL, 0);
    h = foreign_request(A, entity, 3, 1);
    h.delivery = 1; /* bits without data */
    foreign_send(&f, &h, NULL, 0);
    h = foreign_request(A, entity, 4, 1);
    h.flags = VMTP_NER; /* streamed */
    foreign_send(&f, &h, NULL, 0);
    h = foreign_request(NOBODY, FOREIGN_SERVER, 5, VMTP_OK);
    h.function = VMTP_RESPONSE;
    h.flags = VMTP_APG;
    foreign_send(&f, &h, NULL, 0);
    h = foreign_request(A, entity, 6, 1);
    h.epg = 1;
    foreign_send(&f, &h, NULL, 0);
    serve_ask_blocks(&f, A, entity, 7, 2048, 1, 0); /* never becomes whole */
    foreign_pass(&f, 10 * VMTP_SECOND);
    expect_silence(&f);
}
END_TEST

/* VMTP-10.11-05 */
START_TEST(multicast_to_a_busy_server_is_dropped_silently) {
    vmtp_entity id;
    ck_assert_int_eq(vmtp_entity_create(f.engine, &id, NULL, f.now), 0);
    f.multicast = 1;
    ck_assert_int_eq(serve_ask(&f, A, id, 1, VMTP_APG), VMTP_COUNT_DROP_NO_ACCEPT);
    serve_accepts(&f, id, 1, 100);
    ck_assert_int_eq(serve_ask_blocks(&f, A, id, 2, 512, 1, VMTP_APG), VMTP_COUNT_DROP_TOO_LARGE);
    expect_silence(&f);
}
END_TEST

/* VMTP-10.11-06 */
START_TEST(unknown_codes_end_a_call) {
    static const uint32_t codes[] = {25, 100, 0x00800001, 0x00ffffff};
    uint32_t transaction = call(0)->h.transaction;
    struct vmtp_header h = foreign_notify_client(entity, transaction, 0, codes[_i]);
    foreign_send(&f, &h, NULL, 0);
    const struct vmtp_event *complete = foreign_event(&f, VMTP_EV_COMPLETE, 0);
    ck_assert_ptr_nonnull(complete);
    ck_assert_uint_eq(complete->result, codes[_i]);
    foreign_pass(&f, 5 * VMTP_SECOND);
    expect_silence(&f);
}
END_TEST

/* VMTP-10.11-07 */
START_TEST(notify_client_means_nothing_to_a_server) {
    static const uint32_t codes[] = {VMTP_OK, VMTP_RETRY, VMTP_BUSY, VMTP_NONEXISTENT_ENTITY, VMTP_RESPONSE_DISCARDED};
    serve_ask(&f, A, entity, 7, 0);
    for (unsigned i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        struct vmtp_header h = foreign_notify_client(entity, 7, 0, codes[i]);
        ck_assert_int_gt(foreign_send(&f, &h, NULL, 0), 0);
        h = foreign_notify_client(A, 7, 0, codes[i]);
        ck_assert_int_gt(foreign_send(&f, &h, NULL, 0), 0);
    }
    expect_silence(&f);
    ck_assert_int_eq(serve_reply(&f, serve_last(&f), 1, 0, 0), 0);
    expect_response(&f, 7, 1);
}
END_TEST

int main(void) {
    Suite *s = suite_create("notify");
    TCase *t = tcase_create("notify");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, form_of_notify_client, 0, 2);
    tcase_add_test(t, timed_notify_client_tells_what_is_here);
    tcase_add_loop_test(t, receiver_heeds_parameters_only, 0, 5);
    tcase_add_loop_test(t, nobody_sends_no_notify, 0, 4);
    tcase_add_test(t, notifies_are_not_filtered_as_duplicates);
    tcase_add_test(t, form_of_notify_server);
    tcase_add_test(t, timed_notify_server_tells_what_is_here);
    tcase_add_test(t, notifier_is_used_for_nothing_else);
    tcase_add_loop_test(t, notifies_are_never_answered, 0, 6);
    tcase_add_test(t, nothing_is_said_about_multicast_errors);
    tcase_add_test(t, multicast_to_a_busy_server_is_dropped_silently);
    tcase_add_loop_test(t, unknown_codes_end_a_call, 0, 4);
    tcase_add_test(t, notify_client_means_nothing_to_a_server);
    suite_add_tcase(s, t);
    return run_suite(s);
}

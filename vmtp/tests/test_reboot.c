/* SPDX-License-Identifier: BSD-2-Clause */
/* test_reboot.c - a node that has forgotten everything, among others that have not (spec/vmtp.md sections 4.3, 8.2, 8.7). */
#include <check.h>
#include <stdlib.h>

#include "support/world.h"
#include "wire_testing.h"

#define STABLE 0x0000000000777741ull

static struct world w;
static struct node *here, *there; /* who lives on, who reboots */
static vmtp_entity caller;
static uint64_t draws;
static uint8_t areas[4][1024];

static void draw(void *context, void *out, size_t size) {
    uint64_t *seed = context;
    random_octets(seed, out, size);
}

/* The node begins anew, in the same memory, with a block that it has to ask for. */
static void boot(struct node *n) {
    struct vmtp_config c;
    vmtp_config_init(&c);
    memcpy(c.mac, n->port->info.mac, 6);
    c.mtu = n->port->info.mtu;
    c.random = draw;
    c.random_context = &draws;
    n->seen_count = 0;
    size_t size = vmtp_engine_footprint(&c);
    free(n->memory);
    n->memory = aligned_alloc(64, size);
    ck_assert_int_eq(vmtp_engine_create(&n->engine, &c, n->memory, size, world_now(&w)), 0);
}

static void setup(void) {
    draws = 77;
    world_init(&w, 5, 1500);
    here = world_add(&w, NULL);
    there = world_add(&w, NULL);
    boot(there);
    world_pass(&w, VMTP_SECOND);
    ck_assert(vmtp_engine_ready(there->engine));
    ck_assert_int_eq(vmtp_entity_create(here->engine, &caller, NULL, world_now(&w)), 0);
    here->seen_count = 0;
}

static void teardown(void) { world_close(&w); }

static vmtp_entity serve(struct node *n, vmtp_entity id) {
    struct vmtp_entity_options options = {.id = id};
    vmtp_entity server;
    ck_assert_int_eq(vmtp_entity_create(n->engine, &server, id ? &options : NULL, world_now(&w)), 0);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_int_eq(vmtp_accept(n->engine, server, areas[i], sizeof areas[i], i), 0);
    return server;
}

static void ask(struct node *n, vmtp_entity client, vmtp_entity server) {
    struct vmtp_request r = {.client = client, .deadline = VMTP_NEVER};
    vmtp_handle handle;
    r.message.server = server;
    r.message.code = 3;
    ck_assert_int_eq(vmtp_call(n->engine, &handle, &r, world_now(&w)), 0);
}

static void answer(struct node *n, unsigned which) {
    struct vmtp_reply reply = {.message = {.code = 1}};
    const struct vmtp_event *ev = world_event(n, VMTP_EV_REQUEST, which);
    ck_assert_ptr_nonnull(ev);
    ck_assert_int_eq(vmtp_reply(n->engine, ev->handle, &reply, world_now(&w)), 0);
}

/* VMTP-4.3-02 VMTP-5.2-01 */
START_TEST(identifiers_of_an_old_life_stay_dead) {
    vmtp_entity block = vmtp_engine_block(there->engine), old = serve(there, 0);
    ask(here, caller, old);
    world_pass(&w, VMTP_MILLISECOND);
    answer(there, 0);
    world_pass(&w, VMTP_MILLISECOND);
    ck_assert_uint_eq(world_event(here, VMTP_EV_COMPLETE, 0)->result, 0);
    boot(there);
    world_pass(&w, VMTP_SECOND);
    ck_assert(vmtp_engine_ready(there->engine));
    ck_assert_uint_ne(vmtp_engine_block(there->engine), block);
    vmtp_entity fresh = serve(there, 0);
    ck_assert_uint_ne(fresh, old);
    ask(here, caller, old); /* its node is still remembered */
    world_pass(&w, 5 * VMTP_SECOND);
    ck_assert_uint_eq(world_event(here, VMTP_EV_COMPLETE, 1)->result, VMTP_NONEXISTENT_ENTITY);
    ck_assert_uint_eq(world_event_count(there, VMTP_EV_REQUEST), 0);
}
END_TEST

/* VMTP-4.3-03 VMTP-8.2-02: a call that was under way when the node went down is probed for, and served by the new life */
START_TEST(stable_identifier_is_served_with_care) {
    serve(there, STABLE);
    ask(here, caller, STABLE);
    world_pass(&w, 10 * VMTP_MILLISECOND);
    ck_assert_uint_eq(world_event_count(there, VMTP_EV_REQUEST), 1);
    boot(there); /* with the Request in hand */
    world_pass(&w, 170 * VMTP_MILLISECOND);
    ck_assert(vmtp_engine_ready(there->engine));
    serve(there, STABLE);
    world_pass(&w, VMTP_SECOND);
    ck_assert_uint_eq(world_event_count(there, VMTP_EV_REQUEST), 1);
    ck_assert_uint_ge(vmtp_counter(there->engine, VMTP_COUNT_PROBES), 1);
    answer(there, 0);
    world_pass(&w, VMTP_MILLISECOND);
    ck_assert_uint_eq(world_event(here, VMTP_EV_COMPLETE, 0)->result, 0);
}
END_TEST

/* VMTP-8.7-03 VMTP-8.1-05: nobody waits for the answer any more */
START_TEST(orphan_ends_by_ts2) {
    vmtp_entity server = serve(here, 0), lost;
    ck_assert_int_eq(vmtp_entity_create(there->engine, &lost, NULL, world_now(&w)), 0);
    ask(there, lost, server);
    world_pass(&w, 5 * VMTP_SECOND); /* the client asks again and again */
    ck_assert_uint_eq(world_event_count(here, VMTP_EV_ABANDONED), 0);
    boot(there);
    world_pass(&w, 9 * VMTP_SECOND);
    ck_assert_uint_eq(world_event_count(here, VMTP_EV_ABANDONED), 0);
    world_pass(&w, 2 * VMTP_SECOND);
    ck_assert_uint_eq(world_event_count(here, VMTP_EV_ABANDONED), 1);
    ck_assert_uint_eq(vmtp_counter(here->engine, VMTP_COUNT_ORPHANS), 1);
    struct vmtp_reply reply = {.message = {.code = 1}};
    ck_assert_int_eq(vmtp_reply(here->engine, world_event(here, VMTP_EV_REQUEST, 0)->handle, &reply, world_now(&w)),
                     VMTP_E_STALE);
}
END_TEST

/* VMTP-7.2-02 VMTP-8.1-03: a client that comes back under its old name begins where it is not taken for its past */
START_TEST(client_of_the_same_name_is_served_again) {
    struct vmtp_entity_options options = {.id = STABLE};
    vmtp_entity server = serve(here, 0), same;
    unsigned served = 0;
    for (unsigned life = 0; life < 4; life++) {
        ck_assert_int_eq(vmtp_entity_create(there->engine, &same, &options, world_now(&w)), 0);
        ask(there, same, server);
        world_pass(&w, 10 * VMTP_MILLISECOND);
        if (world_event_count(here, VMTP_EV_REQUEST) > served) /* half of all random numbers look older: then TS4 helps */
            answer(here, served++);
        world_pass(&w, 6 * VMTP_SECOND);
        boot(there);
        world_pass(&w, VMTP_SECOND);
    }
    ck_assert_uint_eq(served, 4); /* each life began after the TS4 of the one before */
}
END_TEST

int main(void) {
    Suite *s = suite_create("reboot");
    TCase *t = tcase_create("reboot");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, identifiers_of_an_old_life_stay_dead);
    tcase_add_test(t, stable_identifier_is_served_with_care);
    tcase_add_test(t, orphan_ends_by_ts2);
    tcase_add_test(t, client_of_the_same_name_is_served_again);
    suite_add_tcase(s, t);
    return run_suite(s);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#define _XOPEN_SOURCE 700
#include "support/town.h"

#include <stdio.h>
#include <unistd.h>

#include <suite.h>

struct town town;

/* ---- the town ----------------------------------------------------------------------------------------------------- */

void town_open(int rig) {
    const struct rig_faults none = {.delay = 100 * VMTP_MICROSECOND};
    memset(&town, 0, sizeof town);
    town.rig = rig ? &rig_host : &rig_fake;
    town.rig->open(7, RIG_NODES, town.nodes);
    town.rig->faults(&none);
}

static void remove_store(void) {
    static const char *const endings[] = {"", "-wal", "-shm"};
    char file[128];
    for (unsigned i = 0; i < 3; i++) {
        snprintf(file, sizeof file, "%s/names%s", town.folder, endings[i]);
        unlink(file);
    }
    rmdir(town.folder);
}

void town_close(void) {
    vdir_destroy(town.directory);
    vdir_store_close(town.store);
    for (unsigned i = 0; i < RIG_NODES; i++)
        vipc_close(town.nodes[i]);
    town.rig->close();
    if (town.folder[0])
        remove_store();
}

void town_run(vmtp_time duration) {
    while (duration) {
        const vmtp_time part = duration < 100 * MS ? duration : 100 * MS;
        if (town.store)
            vdir_store_turn(town.store, vipc_now(town.nodes[0]));
        town.rig->run(part);
        duration -= part;
    }
}

void town_directory(unsigned node) {
    struct vdir_options options;
    char file[128], error[256] = "";
    vdir_options_init(&options);
    strcpy(town.folder, access("/dev/shm", W_OK) == 0 ? "/dev/shm/names-XXXXXX" : "/tmp/names-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(town.folder));
    snprintf(file, sizeof file, "%s/names", town.folder);
    ck_assert_msg(vdir_sqlite_open(&town.store, file, error, sizeof error) == 0, "%s", error);
    ck_assert_int_eq(vdir_create(&town.directory, town.nodes[node], town.store, &options), 0);
}

void town_off(unsigned node) { town.rig->partition(node, NOWHERE); }

void town_sides(unsigned nodes_of_side_1) {
    for (unsigned i = 0; i < RIG_NODES; i++)
        town.rig->partition(i, nodes_of_side_1 >> i & 1);
}

/* ---- managers ----------------------------------------------------------------------------------------------------- */

static void answer(struct vipc_incoming *in, uint32_t context) {
    const struct vmtp_message message = {.code = VMTP_OK, .words = {context}};
    ck_assert_int_le(vipc_reply(in, &message, NULL, 0, 0), 0);
}

static void on_operation(const struct vname_manager_operation *operation) {
    struct office *office = vname_manager_context(operation->manager);
    office->executed++;
    if (office->keeps) {
        ck_assert_uint_lt(office->in_hand, 16);
        office->hand[office->in_hand++] = operation->in;
    } else if (operation->code == (VNAME_MAP_CONTEXT & 0xffffffu)) {
        vname_manager_reply_context(operation, 0, operation->context, operation->name, operation->length);
    } else {
        answer(operation->in, operation->context);
    }
}

void office_answer(struct office *office) {
    while (office->in_hand)
        answer(office->hand[--office->in_hand], 0);
}

static void on_event(vname_manager *manager, const struct vname_manager_event *event) {
    struct office *office = vname_manager_context(manager);
    office->told[event->type]++;
    if (event->result)
        office->result = event->result;
}

static int yes(vname_manager *manager, const struct vname_record *record) {
    (void)manager;
    (void)record;
    return 1;
}

void office_config(struct office *office) {
    memset(office, 0, sizeof *office);
    vname_manager_config_init(&office->config);
    office->config.owner = 0x1234;
    office->config.operation = on_operation;
    office->config.event = on_event;
    office->config.allow_hand_over = yes;
    office->config.context = office;
}

void office_open(struct office *office, unsigned node) {
    if (!office->config.size)
        office_config(office);
    office->node = node;
    office->memory = malloc(vname_manager_footprint(&office->config));
    ck_assert_ptr_nonnull(office->memory);
    ck_assert_int_eq(vname_manager_create(&office->manager, town.nodes[node], &office->config, office->memory), 0);
    office->entity = vname_manager_entity(office->manager);
}

void office_close(struct office *office) {
    vname_manager_destroy(office->manager);
    free(office->memory);
    office->manager = NULL;
    office->memory = NULL;
}

void office_claim(struct office *office, const char *prefix) {
    const struct vname_manager_claim claim = {.prefix = prefix, .prefix_length = strlen(prefix), .context = 5};
    ck_assert_int_eq(vname_manager_claim(office->manager, &claim), 0);
}

int office_holds(const struct office *office, const char *prefix) {
    struct vname_manager_prefix view;
    return vname_manager_find_prefix(office->manager, prefix, strlen(prefix), &view) && view.state == VNAME_PREFIX_HELD;
}

void office_hold(struct office *office, const char *prefix) {
    office_claim(office, prefix);
    for (unsigned i = 0; i < 300 && !office_holds(office, prefix); i++)
        town_run(10 * MS);
    ck_assert_msg(office_holds(office, prefix), "%s is not held: %s", prefix, vipc_result_name(office->result));
}

struct vname_record office_record(const struct office *office, const char *prefix) {
    struct vname_manager_prefix view;
    ck_assert_int_eq(vname_manager_find_prefix(office->manager, prefix, strlen(prefix), &view), 1);
    return view.record;
}

/* ---- users -------------------------------------------------------------------------------------------------------- */

static void ended(struct vname_operation *op, enum vname_outcome outcome) {
    struct user *user = op->context;
    user->ended++;
    user->outcome = outcome;
    if (outcome == VNAME_ANSWERED && (op->answer.code & VMTP_CODE_MASK) == VMTP_OK)
        user->answered++;
    else
        user->failed++;
    if (user->pause)
        vipc_timer_set(town.nodes[user->node], &user->timer, vipc_now(town.nodes[user->node]) + user->pause);
}

static void again(struct vipc_timer *timer) {
    struct user *user = timer->context;
    user->op.deadline = VMTP_NEVER;
    ck_assert_int_eq(vname_operate(user->resolver, &user->op), 0);
}

void user_open(struct user *user, unsigned node, const struct vname_config *config) {
    memset(user, 0, sizeof *user);
    user->node = node;
    user->timer.fire = again;
    user->timer.context = user;
    ck_assert_int_eq(vname_open(&user->resolver, town.nodes[node], config), 0);
}

void user_close(struct user *user) {
    user_rest(user);
    vname_close(user->resolver);
}

void user_begin(struct user *user, const char *name, uint32_t flags, vmtp_time patience) {
    memset(&user->op, 0, sizeof user->op);
    user->op.name = name;
    user->op.name_length = strlen(name);
    user->op.code = OPERATION;
    user->op.area = user->area;
    user->op.capacity = sizeof user->area;
    user->op.flags = flags;
    user->op.deadline = patience ? vipc_now(town.nodes[user->node]) + patience : VMTP_NEVER;
    user->op.done = ended;
    user->op.context = user;
    ck_assert_int_eq(vname_operate(user->resolver, &user->op), 0);
}

enum vname_outcome user_operate(struct user *user, const char *name, uint32_t flags, vmtp_time patience) {
    const unsigned before = user->ended;
    user_begin(user, name, flags, patience);
    for (unsigned i = 0; i < 6000 && user->ended == before; i++)
        town_run(10 * MS);
    ck_assert_uint_eq(user->ended, before + 1);
    return user->outcome;
}

void user_load(struct user *user, const char *name, vmtp_time pause) {
    user->pause = pause;
    user_begin(user, name, 0, 0);
}

void user_rest(struct user *user) {
    user->pause = 0;
    vipc_timer_cancel(&user->timer);
    vname_cancel(&user->op);
}

/* ---- programs ----------------------------------------------------------------------------------------------------- */

int town_main(const char *name, void (*add)(TCase *)) {
    Suite *suite = suite_create(name);
    TCase *tests = tcase_create(name);
    add(tests);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}

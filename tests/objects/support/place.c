/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/place.h"

struct place place;

#define PATIENCE (400 * SECONDS)

void place_open(int rig) {
    memset(&place, 0, sizeof place);
    place.rig = rig ? &rig_host : &rig_fake;
    place.rig->open(11, RIG_NODES, place.nodes);
    place_faults(0);
}

void place_close(void) {
    for (unsigned i = 0; i < RIG_NODES; i++)
        vipc_close(place.nodes[i]);
    place.rig->close();
}

void place_run(vmtp_time duration) { place.rig->run(duration); }

void place_faults(uint32_t loss) {
    const struct rig_faults faults = {.loss = loss, .delay = 100 * VMTP_MICROSECOND};
    place.rig->faults(&faults);
}

void place_off(unsigned node) { place.rig->partition(node, NOWHERE); }

static void run_until(const int *over) {
    const vmtp_time end = vipc_now(place.nodes[0]) + PATIENCE;
    while (!*over && vipc_now(place.nodes[0]) < end)
        place_run(MS);
    ck_assert_int_ne(*over, 0);
}

/* ---- managers ----------------------------------------------------------------------------------------------------- */

static void begin(struct shop *s, unsigned node) {
    s->node = node;
    s->config.max_transfer = 65536;
    s->memory = malloc(uio_manager_footprint(&s->config));
    ck_assert_ptr_nonnull(s->memory);
    ck_assert_int_eq(uio_manager_create(&s->manager, place.nodes[node], &s->config, s->memory), 0);
    s->entity = vname_manager_entity(uio_manager_names(s->manager));
}

static void claim(struct shop *s, const char *prefix, uint32_t context) {
    const struct vname_manager_claim c = {.prefix = prefix, .prefix_length = strlen(prefix), .context = context};
    struct vname_manager_prefix view;
    ck_assert_int_eq(vname_manager_claim(uio_manager_names(s->manager), &c), 0);
    place_run(3 * SECONDS);
    ck_assert_int_eq(vname_manager_find_prefix(uio_manager_names(s->manager), prefix, strlen(prefix), &view), 1);
    ck_assert_int_eq(view.state, VNAME_PREFIX_HELD);
}

static void attach(struct shop *s, uint32_t table, const char *name, uint32_t context, const struct uio_object *object) {
    ck_assert_int_eq(uio_manager_attach(s->manager, table, name, strlen(name), context, object), 0);
}

void shop_open(struct shop *s, unsigned node, const char *prefix) {
    struct uio_object object;
    memset(s, 0, sizeof *s);
    uio_manager_config_init(&s->config);
    begin(s, node);
    const uint32_t table = uio_manager_table(s->manager);
    ck_assert_int_eq(pipe_open(&s->pipes, s->manager, &(struct pipe_config){.capacity = 16384}), 0);
    ck_assert_int_eq(log_open(&s->log, s->manager, NULL), 0);
    ck_assert_int_eq(time_manager_open(&s->times, s->manager, NULL), 0);
    ck_assert_int_eq(programs_open(&s->programs, s->manager, NULL), 0);
    attach(s, table, "pipe", pipe_context(s->pipes), (object = pipe_descriptor(s->pipes), &object));
    attach(s, table, "log", log_context(s->log), (object = log_descriptor(s->log), &object));
    attach(s, table, "time", time_manager_context(s->times), (object = time_manager_descriptor(s->times), &object));
    attach(s, table, "programs", programs_context(s->programs), (object = programs_descriptor(s->programs), &object));
    s->itself = (struct program){.entity = s->entity, .name = "shop"};
    ck_assert_int_eq(programs_add(s->programs, &s->itself), 0);
    claim(s, prefix, table);
}

void shop_open_replica(struct shop *s, unsigned node, const char *prefix, const char *directory, vmtp_entity group) {
    const struct file_config config = {.directory = directory, .read_only = 1, .replica = 1};
    memset(s, 0, sizeof *s);
    uio_manager_config_init(&s->config);
    s->config.names.group = group;
    begin(s, node);
    ck_assert_int_eq(file_open(&s->files, s->manager, &config), 0);
    claim(s, prefix, file_context(s->files));
}

void shop_close(struct shop *s) {
    struct uio_manager_use use;
    if (!s->manager)
        return;
    log_close(s->log);
    pipe_close(s->pipes);
    time_manager_close(s->times);
    programs_close(s->programs);
    file_close(s->files);
    uio_manager_destroy(s->manager);
    uio_manager_get_use(s->manager, &use);
    ck_assert_uint_eq(use.instances + use.owners + use.operations + use.waiting, 0);
    place_run(20 * SECONDS);
    ck_assert_int_eq(uio_manager_is_lent(s->manager), 0);
    free(s->memory);
    s->manager = NULL;
}

/* ---- programs that use them --------------------------------------------------------------------------------------- */

void guest_open(struct guest *g, unsigned node) {
    memset(g, 0, sizeof *g);
    g->node = node;
    ck_assert_int_eq(vname_open(&g->names, place.nodes[node], NULL), 0);
    ck_assert_int_eq(uio_client_open(&g->client, g->names), 0);
}

void guest_close(struct guest *g) {
    uio_client_close(&g->client, 0); /* it would wait */
    vname_close(g->names);
}

int guest_create(struct guest *g, struct uio_handle *handle, const char *name, uint32_t mode) {
    static struct uio_named named;
    static uint8_t room[UIO_LARGE_ROOM];
    memset(&named, 0, sizeof named);
    named.name = name;
    named.name_length = strlen(name);
    named.deadline = VMTP_NEVER;
    named.room = room;
    named.room_size = sizeof room;
    const int begun = uio_create(&g->client, &named, handle, mode, 0644);
    if (begun)
        return begun;
    run_until(&named.over);
    return named.result;
}

void guest_must_create(struct guest *g, struct uio_handle *handle, const char *name, uint32_t mode) {
    memset(handle, 0, sizeof *handle);
    const int result = guest_create(g, handle, name, mode);
    ck_assert_msg(result == 0, "%s: %s", name, vipc_result_name(result));
}

struct uio_call *new_call(uint32_t milliseconds) {
    static struct uio_call calls[4];
    static unsigned next;
    struct uio_call *call = &calls[next++ % 4];
    memset(call, 0, sizeof *call);
    call->deadline = VMTP_NEVER;
    call->milliseconds = milliseconds;
    return call;
}

int place_wait(struct uio_call *call, int begun) {
    if (begun)
        return begun;
    run_until(&call->over);
    return call->result;
}

int guest_release(struct uio_handle *handle) {
    struct uio_call *call = new_call(0);
    return place_wait(call, uio_release(handle, call, 0));
}

int place_main(const char *name, void (*add)(TCase *)) {
    Suite *suite = suite_create(name);
    TCase *tests = tcase_create(name);
    add(tests);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}

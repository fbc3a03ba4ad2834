/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a node shows of itself, pipes, a log, its clock and its programs in one table, and two clients who ask what the input says (fuzz/asking.h).
 *
 * Beyond memory errors: what pipes hold has been written and not read, a log only grows, tables stay within their bounds, and in the end nothing is left.
 */
static const char *const names[8] = {"/s/pipe/a", "/s/pipe/b", "/s/pipe",      "/s/log",
                                     "/s/time",   "/s",        "/s/programs/", "/s/programs/0000-0000-0000-0777"};
#include <fuzz/asking.h>

#include "log/log.h"
#include "pipe/pipe.h"
#include "programs/programs.h"
#include "time/time_manager.h"

#define INSTANCES 6u
#define PIPES 3u

static struct {
    uio_manager *manager;
    void *memory;
    struct pipe_manager *pipes;
    struct log_manager *log;
    struct time_manager *times;
    struct programs *programs;
    struct program program;
    uint64_t next;
} node;

static int64_t now(void *context) {
    (void)context;
    return 1795348800123456789;
}

static uint32_t set(void *context, int64_t time) {
    (void)context;
    MUST(time >= 0);
    return time % 2 ? VMTP_NO_PERMISSION : 0;
}

static uint32_t end_program(struct program *program, vmtp_entity client) {
    MUST(client);
    if (!(node.next % 2))
        return UIO_BUSY;
    programs_remove(program);
    return 0;
}

static void attach(uint32_t table, const char *name, uint32_t context, struct uio_object object) {
    MUST(uio_manager_attach(node.manager, table, name, strlen(name), context, &object) == 0);
}

static void create(vipc *ipc) {
    struct uio_manager_config config;
    uio_manager_config_init(&config);
    config.instances = INSTANCES;
    config.owner_instances = 4;
    config.contexts = 1;
    config.probes = 1;
    config.buffers = 1;
    config.max_transfer = 20000;
    config.names.depth = 6;
    node.memory = malloc(uio_manager_footprint(&config));
    MUST(node.memory && uio_manager_create(&node.manager, ipc, &config, node.memory) == 0);
}

static void begin(vipc *ipc) {
    memset(&node, 0, sizeof node);
    create(ipc);
    const uint32_t table = uio_manager_table(node.manager);
    MUST(pipe_open(&node.pipes, node.manager, &(struct pipe_config){.pipes = PIPES, .capacity = PIPE_WHOLE}) == 0);
    MUST(log_open(&node.log, node.manager, &(struct log_config){.octets = LOG_LEAST_OCTETS}) == 0);
    MUST(time_manager_open(&node.times, node.manager, &(struct time_config){.now = now, .set = set, .delays = 2}) == 0);
    MUST(programs_open(&node.programs, node.manager, NULL) == 0);
    attach(table, "pipe", pipe_context(node.pipes), pipe_descriptor(node.pipes));
    attach(table, "log", log_context(node.log), log_descriptor(node.log));
    attach(table, "time", time_manager_context(node.times), time_manager_descriptor(node.times));
    attach(table, "programs", programs_context(node.programs), programs_descriptor(node.programs));
    node.program = (struct program){.entity = 0x777, .name = "fuzz", .end = end_program};
    MUST(programs_add(node.programs, &node.program) == 0);
    contexts[0] = contexts[1] = table;
    struct vname_record r = {.prefix = "/s", .prefix_length = 2, .generation = 3, .owner = 7, .context = table};
    r.manager = vname_manager_entity(uio_manager_names(node.manager));
    MUST(vname_manager_adopt(uio_manager_names(node.manager), &r) == 0);
}

static void look(void) {
    const struct pipe_counters *p = pipe_counters(node.pipes);
    const struct time_counters *t = time_manager_counters(node.times);
    struct uio_manager_use use;
    uio_manager_get_use(node.manager, &use);
    MUST(use.instances <= INSTANCES && use.owners <= use.instances && use.waiting <= 3);
    MUST(pipe_count(node.pipes) <= PIPES && pipe_count(node.pipes) <= use.instances);
    MUST(p->made - p->ended == pipe_count(node.pipes));
    MUST(p->written - p->read - p->dropped == pipe_octets(node.pipes));
    MUST(pipe_octets(node.pipes) <= pipe_count(node.pipes) * PIPE_WHOLE);
    MUST(log_next(node.log) >= node.next && log_next(node.log) == log_counters(node.log)->written);
    MUST(log_first(node.log) == log_counters(node.log)->dropped);
    MUST(t->delays - t->delays_over - t->delays_cancelled <= 2);
    node.next = log_next(node.log);
}

static void end(void) {
    struct uio_manager_use use;
    uio_manager_destroy(node.manager);
    uio_manager_get_use(node.manager, &use);
    MUST(!use.instances && !use.operations && !use.owners && !use.waiting && !use.contexts);
    MUST(!pipe_count(node.pipes));
    pipe_free(node.pipes);
    log_free(node.log);
    time_manager_free(node.times);
    programs_free(node.programs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    vipc_fake *net = vipc_fake_create(1);
    begin(vipc_fake_node(net));
    asking_begin(net, vname_manager_entity(uio_manager_names(node.manager)));
    for (unsigned i = 0; i < 128 && size; i++) {
        const size_t used = asking_step(net, data, size);
        data += used;
        size -= used;
        look();
    }
    end();
    vipc_fake_destroy(net);
    MUST(!uio_manager_is_lent(node.manager));
    free(node.memory);
    return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* A manager with one object and a program that reads it by name, on one node of a network of its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vipc/host.h>
#include <vuio/client.h>
#include <vuio/manager.h>

static const char text[] = "found by name";
static const struct uio_object object = {.type = UIO_TYPE_FILE,
                                         .attributes = UIO_READABLE | UIO_STORAGE | UIO_RANDOM_ACCESS,
                                         .size = sizeof text,
                                         .block_size = 512,
                                         .version = 1};
static int held;

static void on_open(struct uio_manager_operation *op) {
    const struct uio_manager_opened opened = {
        .attributes = object.attributes, .block_size = object.block_size, .object = object};
    uio_manager_finish_open(op, &opened);
}

static void on_query(struct uio_manager_operation *op) { uio_manager_finish_object(op, &object); }

static void on_read(struct uio_manager_operation *op) {
    memcpy(op->buffer, text, sizeof text);
    uio_manager_finish_read(op, sizeof text, 1, 0);
}

static uint32_t on_release(struct uio_manager_instance *instance, uint32_t flags) {
    (void)instance;
    (void)flags;
    return 0;
}

static void on_event(uio_manager *manager, const struct vname_manager_event *event) {
    (void)manager;
    held = event->type == VNAME_MANAGER_HELD;
}

static int read_by_name(vname_resolver *resolver, char *area, uint32_t size) {
    struct uio_client client = {0};
    struct uio_handle handle = {0};
    struct uio_named named = {.name = "/text", .name_length = 5, .deadline = VMTP_NEVER};
    struct uio_call call = {.deadline = VMTP_NEVER};
    int r = uio_client_open(&client, resolver);
    if (r == 0)
        r = uio_named_wait(&named, uio_create(&client, &named, &handle, UIO_MODE_READ, 0));
    if (r == 0)
        r = uio_call_wait(&call, uio_read(&handle, &call, 0, 0, area, size));
    uio_client_close(&client, vipc_now(vname_ipc(resolver)) + VMTP_SECOND);
    return r;
}

static int try_it(vipc *ipc) {
    static const struct uio_manager_type type = {.name = "text",
                                                 .open = on_open,
                                                 .query = on_query,
                                                 .read = on_read,
                                                 .query_instance = on_query,
                                                 .release = on_release};
    struct uio_manager_config config;
    uio_manager *manager;
    vname_resolver *resolver;
    char area[512] = "";
    uio_manager_config_init(&config);
    config.event = on_event;
    void *memory = malloc(uio_manager_footprint(&config));
    int r = memory ? uio_manager_create(&manager, ipc, &config, memory) : VMTP_E_MEMORY;
    if (r == 0) {
        const struct vname_manager_claim claim = {
            .prefix = "/text", .prefix_length = 5, .context = uio_manager_root(manager, &type, NULL)};
        r = vname_manager_claim(uio_manager_names(manager), &claim);
        while (r == 0 && !held)
            r = vipc_wait(ipc, VMTP_NEVER);
        if (r == 0)
            r = vname_open(&resolver, ipc, NULL);
        if (r == 0) {
            r = read_by_name(resolver, area, sizeof area);
            vname_close(resolver);
        }
        uio_manager_destroy(manager);
    }
    vipc_close(ipc);
    free(memory);
    printf("%s: %s\n", vipc_result_name(r), area);
    return r != 0 || strcmp(area, text) != 0;
}

int main(void) {
    struct vmtp_host_config config;
    vmtp_host *host;
    vipc *ipc;
    char error[200] = "";
    vmtp_sim *sim = vmtp_sim_create(1, 1500, 0);
    vmtp_host_config_init(&config);
    config.engine.block = 0x100;
    if (sim == NULL || vmtp_sim_attach(sim, &config.port) != 0 ||
        vmtp_host_open(&host, &config, error, sizeof error) < 0 || vipc_host_open(&ipc, host) < 0) {
        fprintf(stderr, "no node: %s\n", error);
        return 1;
    }
    const int failed = try_it(ipc);
    vmtp_host_close(host);
    vmtp_sim_destroy(sim);
    return failed;
}

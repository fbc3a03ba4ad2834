/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * blocks.c - a manager of one file, PREFIX/file, that is read and written from any octet on, but one block of 1024 octets at a time at most.
 *
 *     net-uio-blocks INTERFACE PREFIX
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vipc/host.h>
#include <vuio/manager.h>

#define BLOCK 1024u
#define ROOM (1u << 20)
#define ATTRIBUTES (UIO_READABLE | UIO_WRITEABLE | UIO_STORAGE | UIO_RANDOM_ACCESS | UIO_OFFSET | UIO_SIZED)

static vipc *ipc;
static uint8_t octets[ROOM]; /* zero behind the end */
static uint64_t size, version = 1;

static void stop(int signal_number) {
    (void)signal_number;
    vipc_interrupt(ipc);
}

static struct uio_object describe(void) {
    return (struct uio_object){.type = UIO_TYPE_FILE,
                               .attributes = ATTRIBUTES,
                               .number = 1,
                               .size = size,
                               .storage = ROOM,
                               .permissions = 0666,
                               .names = 1,
                               .version = version,
                               .block_size = BLOCK};
}

static void resize(uint64_t to) {
    if (to < size)
        memset(octets + to, 0, size - to);
    size = to;
    version++;
}

static void on_open(struct uio_manager_operation *op) {
    if (op->name_length) {
        uio_manager_refuse(op, VNAME_NOT_CONTEXT);
        return;
    }
    if (op->mode & UIO_MODE_TRUNCATE)
        resize(0);
    const struct uio_manager_opened opened = {
        .state = octets, .identity = {1}, .attributes = ATTRIBUTES, .block_size = BLOCK, .object = describe()};
    uio_manager_finish_open(op, &opened);
}

static void on_query(struct uio_manager_operation *op) {
    const struct uio_object object = describe();
    if (op->name_length)
        uio_manager_refuse(op, VNAME_NOT_CONTEXT);
    else
        uio_manager_finish_object(op, &object);
}

static void on_query_instance(struct uio_manager_operation *op) {
    const struct uio_object object = describe();
    uio_manager_finish_object(op, &object);
}

static void on_read(struct uio_manager_operation *op) {
    const uint64_t left = op->position < size ? size - op->position : 0;
    const uint32_t n = op->count < left ? op->count : (uint32_t)left;
    memcpy(op->buffer, octets + (left ? op->position : 0), n);
    uio_manager_finish_read(op, n, n == left, 0);
}

static void on_write(struct uio_manager_operation *op) {
    const uint64_t at = op->append ? size : op->position;
    if (at > ROOM || op->count > ROOM - at) {
        uio_manager_refuse(op, UIO_NO_SPACE);
        return;
    }
    memcpy(octets + at, op->data, op->count);
    resize(size < at + op->count ? at + op->count : size);
    uio_manager_finish_write(op, op->count, at);
}

static void on_sync(struct uio_manager_operation *op) { uio_manager_finish(op); }

static void on_modify_instance(struct uio_manager_operation *op) {
    if ((op->mask & UIO_MASK_SIZE) && op->object.size > ROOM) {
        uio_manager_refuse(op, UIO_NO_SPACE);
        return;
    }
    if (op->mask & UIO_MASK_SIZE)
        resize(op->object.size);
    uio_manager_finish(op);
}

static uint32_t on_release(struct uio_manager_instance *instance, uint32_t flags) {
    (void)instance;
    (void)flags;
    return 0;
}

static const struct uio_manager_type type = {.name = "blocks",
                                             .open = on_open,
                                             .query = on_query,
                                             .read = on_read,
                                             .write = on_write,
                                             .sync = on_sync,
                                             .query_instance = on_query_instance,
                                             .modify_instance = on_modify_instance,
                                             .release = on_release};

static void on_event(uio_manager *manager, const struct vname_manager_event *event) {
    (void)manager;
    if (event->type == VNAME_MANAGER_HELD)
        printf("held %.*s\n", (int)event->prefix_length, event->prefix);
    fflush(stdout);
}

static int serve(const char *prefix) {
    static const char name[] = "file";
    const struct uio_object object = describe();
    struct uio_manager_config config;
    uio_manager *manager = NULL;
    uio_manager_config_init(&config);
    config.event = on_event;
    void *memory = malloc(uio_manager_footprint(&config));
    int result = memory ? uio_manager_create(&manager, ipc, &config, memory) : VMTP_E_MEMORY;
    if (result == 0) {
        const struct vname_manager_claim claim = {
            .prefix = prefix, .prefix_length = strlen(prefix), .context = uio_manager_table(manager), .again = 1};
        const uint32_t root = uio_manager_root(manager, &type, NULL);
        result = uio_manager_attach(manager, claim.context, name, strlen(name), root, &object);
        if (result == 0)
            result = vname_manager_claim(uio_manager_names(manager), &claim);
    }
    while (result == 0)
        result = vipc_wait(ipc, VMTP_NEVER);
    uio_manager_destroy(manager);
    vipc_close(ipc);
    free(memory);
    return result;
}

int main(int argc, char **argv) {
    vmtp_host *host;
    struct vmtp_host_config config;
    char error[256];
    if (argc != 3) {
        fprintf(stderr, "usage: net-uio-blocks INTERFACE PREFIX\n");
        return 2;
    }
    vmtp_host_config_init(&config);
    config.interface_name = argv[1];
    if (vmtp_host_open(&host, &config, error, sizeof error) < 0) {
        fprintf(stderr, "net-uio-blocks: %s\n", error);
        return 1;
    }
    int result = vipc_host_open(&ipc, host);
    if (result == 0) {
        signal(SIGINT, stop);
        signal(SIGTERM, stop);
        result = serve(argv[2]);
    }
    if (result != VMTP_E_CANCELLED)
        fprintf(stderr, "net-uio-blocks: %s\n", vmtp_error_text(result));
    vmtp_host_close(host);
    return result != VMTP_E_CANCELLED;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io_manager INTERFACE [PREFIX] - one object, a note of up to 4096 octets, which whoever knows its name can read and write: io_client.c, vnet cat.
 * Ends on SIGINT and SIGTERM.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vipc/host.h>
#include <vuio/manager.h>

#define NOTE_ATTRIBUTES (UIO_READABLE | UIO_WRITEABLE | UIO_STORAGE | UIO_RANDOM_ACCESS | UIO_OFFSET | UIO_SIZED)

struct note {
    uint8_t octets[4096];
    uint64_t size, version;
};

static vipc *ipc;

static void stop(int signal_number) {
    (void)signal_number;
    vipc_interrupt(ipc);
}

static struct uio_object describe(const struct note *note) {
    return (struct uio_object){.type = UIO_TYPE_FILE,
                               .attributes = NOTE_ATTRIBUTES,
                               .number = 1,
                               .size = note->size,
                               .storage = sizeof note->octets,
                               .permissions = 0666,
                               .names = 1,
                               .version = note->version,
                               .block_size = sizeof note->octets};
}

/* By name: the prefix itself is the note, and there is nothing below it. */
static void on_open(struct uio_manager_operation *op) {
    struct note *note = op->root;
    const struct uio_manager_opened opened = {.state = note,
                                              .identity = {1},
                                              .attributes = NOTE_ATTRIBUTES,
                                              .block_size = sizeof note->octets,
                                              .object = describe(note)};
    if (op->name_length > 0)
        uio_manager_refuse(op, VNAME_NOT_FOUND);
    else
        uio_manager_finish_open(op, &opened);
}

static void on_query(struct uio_manager_operation *op) {
    const struct uio_object object = describe(op->root);
    if (op->name_length > 0)
        uio_manager_refuse(op, VNAME_NOT_FOUND);
    else
        uio_manager_finish_object(op, &object);
}

/* Of an instance.  What the client may ask has been looked at; what does not fit is for the object to say. */
static void on_read(struct uio_manager_operation *op) {
    const struct note *note = op->instance->state;
    const uint64_t left = op->position < note->size ? note->size - op->position : 0;
    const uint32_t octets = op->count < left ? op->count : (uint32_t)left;
    memcpy(op->buffer, note->octets + (left ? op->position : 0), octets);
    uio_manager_finish_read(op, octets, octets == left, 0);
}

static void on_write(struct uio_manager_operation *op) {
    struct note *note = op->instance->state;
    if (op->position >= sizeof note->octets) {
        uio_manager_refuse(op, UIO_NO_SPACE);
        return;
    }
    const uint64_t room = sizeof note->octets - op->position;
    const uint32_t octets = op->count < room ? op->count : (uint32_t)room;
    memcpy(note->octets + op->position, op->data, octets);
    if (note->size < op->position + octets)
        note->size = op->position + octets;
    note->version++;
    uio_manager_finish_write(op, octets, op->position);
}

static void on_query_instance(struct uio_manager_operation *op) {
    const struct uio_object object = describe(op->instance->state);
    uio_manager_finish_object(op, &object);
}

static void on_modify_instance(struct uio_manager_operation *op) {
    struct note *note = op->instance->state;
    if (op->object.size > sizeof note->octets) {
        uio_manager_refuse(op, UIO_NO_SPACE);
        return;
    }
    if (op->object.size > note->size)
        memset(note->octets + note->size, 0, op->object.size - note->size);
    note->size = op->object.size;
    note->version++;
    uio_manager_finish(op);
}

static uint32_t on_release(struct uio_manager_instance *instance, uint32_t flags) {
    (void)instance;
    (void)flags;
    return 0;
}

static const struct uio_manager_type note_type = {.name = "note",
                                                  .open = on_open,
                                                  .query = on_query,
                                                  .read = on_read,
                                                  .write = on_write,
                                                  .query_instance = on_query_instance,
                                                  .modify_instance = on_modify_instance,
                                                  .release = on_release};

static void on_event(uio_manager *manager, const struct vname_manager_event *event) {
    (void)manager;
    if (event->type == VNAME_MANAGER_HELD)
        printf("holding %.*s\n", (int)event->prefix_length, event->prefix);
    else if (event->type == VNAME_MANAGER_REFUSED)
        printf("somebody else has %.*s\n", (int)event->prefix_length, event->prefix);
    fflush(stdout);
}

/* Serves until it is interrupted: an error below 0. */
static int serve(const char *prefix) {
    struct note note = {.octets = "nothing yet\n", .size = 12, .version = 1};
    uio_manager *manager = NULL;
    struct uio_manager_config config;
    uio_manager_config_init(&config);
    config.event = on_event;
    void *memory = malloc(uio_manager_footprint(&config));
    int result = memory ? uio_manager_create(&manager, ipc, &config, memory) : VMTP_E_MEMORY;
    if (result == 0) {
        const struct vname_manager_claim claim = {.prefix = prefix,
                                                  .prefix_length = strlen(prefix),
                                                  .context = uio_manager_root(manager, &note_type, &note),
                                                  .again = 1};
        result = vname_manager_claim(uio_manager_names(manager), &claim);
    }
    while (result == 0)
        result = vipc_wait(ipc, VMTP_NEVER);
    uio_manager_destroy(manager);
    vipc_close(ipc); /* what answers were lent is back */
    free(memory);
    return result;
}

int main(int argc, char **argv) {
    vmtp_host *host;
    struct vmtp_host_config config;
    char error[256];
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: io_manager INTERFACE [PREFIX]\n");
        return 2;
    }
    vmtp_host_config_init(&config);
    config.interface_name = argv[1];
    if (vmtp_host_open(&host, &config, error, sizeof error) < 0) {
        fprintf(stderr, "io_manager: %s\n", error);
        return 1;
    }
    int result = vipc_host_open(&ipc, host);
    if (result == 0) {
        signal(SIGINT, stop);
        signal(SIGTERM, stop);
        result = serve(argc > 2 ? argv[2] : "/note");
    }
    if (result != VMTP_E_CANCELLED)
        fprintf(stderr, "io_manager: %s\n", vmtp_error_text(result));
    vmtp_host_close(host);
    return result != VMTP_E_CANCELLED;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The program: an entity that stands for its life, and a tidy end. */
#include "internal.h"

#define AT_A_TIME 16u /* released together */

int uio_client_open(struct uio_client *client, vname_resolver *names) {
    if (client->names || !names)
        return VMTP_E_INVALID;
    client->ipc = vname_ipc(names);
    client->handles = NULL;
    memset(&client->counters, 0, sizeof client->counters);
    memset(&client->entity, 0, sizeof client->entity);
    if (!client->owner) {
        const int result = vipc_serve(client->ipc, &client->entity);
        if (result < 0)
            return result;
        client->owner = client->entity.entity;
    }
    client->names = names;
    return 0;
}

/* Handles that have nothing to be released: those of others, and what is gone. */
static void leave_strangers(struct uio_client *client) {
    struct uio_handle *next;
    for (struct uio_handle *handle = client->handles; handle; handle = next) {
        next = handle->next;
        while (handle->calls)
            vu_call_drop(handle->calls);
        if (handle->gone || handle->instance.owner != client->owner)
            vu_handle_leave(handle);
    }
}

static void count_end(struct uio_client *client, int result) {
    if (result == 0 || result == (int)UIO_STALE || result == (int)UIO_FAILED || result == (int)UIO_NO_SPACE)
        client->counters.left++;
    else
        client->counters.left_behind++;
}

/* Releases the first few: 1, or 0 if that does not go on. */
static int release_some(struct uio_client *client, vmtp_time deadline) {
    struct uio_call calls[AT_A_TIME];
    unsigned count = 0, released = 0;
    memset(calls, 0, sizeof calls);
    for (struct uio_handle *handle = client->handles; handle && count < AT_A_TIME; handle = handle->next) {
        calls[count].deadline = deadline;
        count += uio_release(handle, &calls[count], 0) == 0; /* else the node has no room: those that have begun first */
    }
    for (unsigned i = 0; i < count; i++) {
        uio_call_wait(&calls[i], 0);
        if (calls[i].over && calls[i].result >= 0) {
            released++;
            count_end(client, calls[i].result);
        }
    }
    return released > 0;
}

unsigned uio_client_close(struct uio_client *client, vmtp_time deadline) {
    if (!client->names)
        return 0;
    const uint64_t before = client->counters.left_behind;
    leave_strangers(client);
    while (client->handles && release_some(client, deadline))
        continue;
    while (client->handles) {
        client->counters.left_behind++;
        vu_handle_leave(client->handles);
    }
    if (client->entity.ipc) {
        vipc_unserve(&client->entity);
        client->owner = 0;
    }
    client->names = NULL;
    return (unsigned)(client->counters.left_behind - before);
}

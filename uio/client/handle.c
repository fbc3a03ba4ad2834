/* SPDX-License-Identifier: BSD-2-Clause */
/* Handles: what the program knows of its instances. */
#include "internal.h"

void vu_handle_enter(struct uio_client *client, struct uio_handle *handle) {
    handle->client = client;
    handle->calls = NULL;
    handle->gone = 0;
    handle->rebinding = handle->locked = 0;
    handle->previous = NULL;
    handle->next = client->handles;
    if (handle->next)
        handle->next->previous = handle;
    client->handles = handle;
}

void vu_handle_leave(struct uio_handle *handle) {
    while (handle->calls)
        vu_call_drop(handle->calls);
    if (handle->rebind) {
        vu_named_drop(handle->rebind);
        vipc_cancel(&handle->rebind->closing);
    }
    *(handle->previous ? &handle->previous->next : &handle->client->handles) = handle->next;
    if (handle->next)
        handle->next->previous = handle->previous;
    handle->client = NULL;
}

/* Name and target would point into memory that is somebody else's soon. */
void vu_handle_take(struct uio_handle *handle, const struct uio_instance *instance) {
    handle->instance = *instance;
    handle->instance.object.name = handle->instance.object.target = NULL;
    handle->instance.object.name_length = handle->instance.object.target_length = 0;
}

int uio_attach(struct uio_client *client, struct uio_handle *handle, vmtp_entity manager, uint32_t number) {
    if (!client->names || handle->client || !number || !manager || vmtp_is_group(manager))
        return VMTP_E_INVALID;
    memset(&handle->instance, 0, sizeof handle->instance);
    handle->instance.number = number;
    handle->manager = manager;
    handle->group = 0;
    vu_handle_enter(client, handle);
    return 0;
}

void uio_detach(struct uio_handle *handle) {
    if (handle->client)
        vu_handle_leave(handle);
}

int uio_position(const struct uio_handle *handle, uint64_t octet, uint64_t *block, uint32_t *offset) {
    if (!vu_has(handle, UIO_RANDOM_ACCESS) || vu_has(handle, UIO_VARIABLE_BLOCK))
        return (int)UIO_UNSUPPORTED;
    *block = octet / handle->instance.block_size;
    *offset = (uint32_t)(octet % handle->instance.block_size);
    return 0;
}

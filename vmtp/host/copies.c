/* SPDX-License-Identifier: BSD-2-Clause */
/* Reply segments the host keeps a copy of until the engine has done with them: a hash by the Request's handle. */
#include "internal.h"

static struct vhost_copy **bucket(vmtp_host *host, vmtp_handle handle) {
    uint64_t mixed = handle * 0x9E3779B97F4A7C15u;
    return &host->copies[(uint32_t)(mixed >> 32) & host->copies_mask];
}

struct vhost_copy *vhost_copy_make(vmtp_host *host, vmtp_handle handle, const void *segment, uint32_t size,
                                   uint32_t more) {
    struct vhost_copy *copy = host->world.allocate(host->world.context, sizeof *copy + (size_t)size + more, 0);
    if (!copy)
        return NULL;
    copy->handle = handle;
    if (size)
        memcpy(copy->octets, segment, size);
    return copy;
}

void vhost_copy_keep(vmtp_host *host, struct vhost_copy *copy) {
    struct vhost_copy **at = bucket(host, copy->handle);
    copy->next = *at;
    *at = copy;
}

int vhost_copy_released(vmtp_host *host, vmtp_handle handle) {
    for (struct vhost_copy **at = bucket(host, handle); *at; at = &(*at)->next)
        if ((*at)->handle == handle) {
            struct vhost_copy *copy = *at;
            *at = copy->next;
            vhost_release(host, copy);
            return 1;
        }
    return 0;
}

void vhost_copies_close(vmtp_host *host) {
    for (uint32_t i = 0; host->copies && i <= host->copies_mask; i++)
        while (host->copies[i]) {
            struct vhost_copy *copy = host->copies[i];
            host->copies[i] = copy->next;
            vhost_release(host, copy);
        }
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests that go on to other servers. */
#include "internal.h"

/* Lends a copy of the segment and, if the Request has to become a call, an area for the Response. */
static int forward(vmtp_host *host, const struct vmtp_incoming *in, struct vmtp_forward *f, uint32_t relay) {
    struct vhost_copy *copy = NULL;
    if (f->segment_size || relay) {
        copy = vhost_copy_make(host, in->handle, f->segment, f->segment_size, relay);
        if (!copy)
            return VMTP_E_MEMORY;
        f->segment = copy->octets;
        f->response_area = relay ? copy->octets + f->segment_size : NULL;
        f->response_size = relay;
    }
    int r = vmtp_forward(host->engine, in->handle, f, vhost_tick(host));
    if (r == 0 && copy)
        vhost_copy_keep(host, copy);
    else
        vhost_release(host, copy);
    return r;
}

int vmtp_host_forward(vmtp_host *host, struct vmtp_incoming *in, const struct vmtp_message *message,
                      const void *segment, uint32_t segment_size, uint32_t relay) {
    struct vmtp_forward first = {.message = *message, .segment = segment, .segment_size = segment_size};
    struct vmtp_forward second = first;
    if (!in->buffer || (segment_size && !segment))
        return VMTP_E_INVALID;
    if (segment_size > VMTP_GROUP_OCTETS || relay > VMTP_GROUP_OCTETS)
        return VMTP_E_TOO_LARGE;
    int r = in->handle && vhost_serve_held(host, in) ? forward(host, in, &first, 0) : VMTP_E_STALE;
    if (r == VMTP_E_NESTED && relay)
        r = forward(host, in, &second, relay);
    if (r == 0 || r == VMTP_E_STALE)
        vmtp_host_done(host, in);
    if (r == 0)
        vhost_send_now(host);
    return r;
}

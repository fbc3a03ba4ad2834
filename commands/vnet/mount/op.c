/* SPDX-License-Identifier: BSD-2-Clause */
/* One operation of the kernel, and what UIO is asked for it. */
#include "mount.h"

#include <stdlib.h>
#include <unistd.h>

/* ---- errno ------------------------------------------------------------------------------------------------------- */

/* What programs expect of a file system where uio_errno has the word for something more general. */
int mount_errno(int result) {
    switch (result) {
    case (int)VMTP_RETRANS_TIMEOUT: /* nobody answers */
    case (int)VMTP_USER_TIMEOUT: return ETIMEDOUT;
    case (int)VNAME_INVALID: return EILSEQ;
    case (int)UIO_NOT_READABLE:
    case (int)UIO_NOT_WRITEABLE: return EACCES;
    case (int)UIO_TOO_MANY: return ENFILE;
    case (int)VNAME_UNAVAILABLE: return EIO;
    case VMTP_E_FULL: return EAGAIN;
    case VMTP_E_DOWN: return EIO;
    default: return uio_errno(result);
    }
}

/* ---- records ----------------------------------------------------------------------------------------------------- */

struct mount_op *mount_op_new(struct mount *m, fuse_req_t req) {
    struct mount_op *op = m->free_ops;
    if (op)
        m->free_ops = op->next_free;
    else
        op = calloc(1, sizeof *op);
    if (!op) {
        fuse_reply_err(req, ENOMEM);
        return NULL;
    }
    memset(op, 0, offsetof(struct mount_op, path));
    op->m = m;
    op->req = req;
    op->deadline = mount_deadline(m);
    m->ops++;
    op->next_active = m->active;
    if (op->next_active)
        op->next_active->previous_active = op;
    m->active = op;
    return op;
}

int mount_op_buffer(struct mount_op *op, size_t size) {
    if (op->buffer_size < size) {
        free(op->buffer);
        op->buffer = malloc(size);
        op->buffer_size = op->buffer ? size : 0;
    }
    if (op->buffer)
        return 0;
    mount_op_fail(op, ENOMEM);
    return -1;
}

#define COPIED 16384u /* octets that are rather copied than a whole buffer kept for them */

int mount_op_keep(struct mount_op *op, const char *data, size_t size) {
    if (size > COPIED) {
        op->data = data;
        op->taken = op->m->buffer;
        op->m->buffer = NULL;
        return 0;
    }
    if (mount_op_buffer(op, size) < 0)
        return -1;
    memcpy(op->buffer, data, size);
    op->data = op->buffer;
    return 0;
}

static void give_back(struct mount_op *op) {
    if (op->taken)
        mount_buffer_give(op->m, op->taken);
}

/* What libfuse wants for a request: as many pages as the kernel sends at most, and a head. */
static size_t buffer_octets(void) {
    const size_t pages = 256 * (size_t)sysconf(_SC_PAGESIZE);
    return (pages > MOUNT_WRITE_OCTETS ? pages : MOUNT_WRITE_OCTETS) + 65536;
}

char *mount_buffer_get(struct mount *m) {
    for (unsigned i = MOUNT_SPARE; i-- > 0;)
        if (m->spare[i]) {
            char *buffer = m->spare[i];
            m->spare[i] = NULL;
            return buffer;
        }
    return malloc(buffer_octets());
}

void mount_buffer_give(struct mount *m, char *buffer) {
    for (unsigned i = 0; i < MOUNT_SPARE; i++)
        if (!m->spare[i]) {
            m->spare[i] = buffer;
            return;
        }
    free(buffer);
}

void mount_op_end(struct mount_op *op) {
    struct mount *m = op->m;
    if (op->handle)
        mount_handle_done(op->handle);
    mount_node_unref(m, op->node);
    mount_node_unref(m, op->parent);
    mount_node_unref(m, op->new_parent);
    give_back(op);
    *(op->previous_active ? &op->previous_active->next_active : &m->active) = op->next_active;
    if (op->next_active)
        op->next_active->previous_active = op->previous_active;
    m->ops--;
    op->next_free = m->free_ops;
    m->free_ops = op;
}

void mount_op_fail(struct mount_op *op, int error) {
    fuse_reply_err(op->req, error);
    mount_op_end(op);
}

void mount_op_node(struct mount_op *op, struct mount_node *node) {
    op->node = mount_node_ref(node);
    mount_op_begins(op, node);
}

void mount_op_handle(struct mount_op *op, struct mount_handle *handle) {
    op->handle = handle;
    mount_handle_use(handle);
}

struct mount_op *mount_op_on(fuse_req_t req, fuse_ino_t ino, const struct fuse_file_info *fi) {
    struct mount *m = mount_of(req);
    struct mount_op *op = mount_op_new(m, req);
    if (!op)
        return NULL;
    mount_op_node(op, mount_node_of(m, ino));
    if (fi)
        mount_op_handle(op, mount_handle_from(fi));
    return op;
}

/* ---- by name ----------------------------------------------------------------------------------------------------- */

static void named_done(struct uio_named *named, int result) {
    struct mount_op *op = named->context;
    op->then(op, mount_errno(result));
}

int mount_op_path(struct mount_op *op, const struct mount_node *node, const char *name) {
    const int length = mount_path(op->m, op->path, node, name);
    if (length < 0)
        return -length;
    op->named.name = op->path;
    op->named.name_length = (size_t)length;
    op->named.deadline = op->deadline;
    op->named.done = named_done;
    op->named.context = op;
    return 0;
}

void mount_op_named(struct mount_op *op, int begun) {
    if (begun)
        op->then(op, mount_errno(begun));
}

/* ---- of an instance ---------------------------------------------------------------------------------------------- */

static void begin_call(struct mount_op *op);

static void go_on(struct mount_lost *lost, int error) {
    struct mount_op *op = (struct mount_op *)(void *)((char *)lost - offsetof(struct mount_op, lost));
    if (error)
        op->then(op, error);
    else
        begin_call(op);
}

/* All that is asked of instances may be done twice. */
static void over(struct mount_op *op, int result) {
    if ((mount_is_gone(result) || mount_is_silent(result)) && !op->attempts++) {
        op->lost.go = go_on;
        mount_handle_lost(op->handle, &op->lost, result, op->deadline);
    } else {
        op->then(op, mount_is_gone(result) ? EIO : mount_errno(result));
    }
}

static void call_done(struct uio_call *call, int result) {
    struct mount_op *op = call->context;
    mount_handle_called(op->handle);
    over(op, result);
}

static void begin_call(struct mount_op *op) {
    op->call.deadline = op->attempts ? op->deadline : mount_first_deadline(op->m, op->deadline);
    op->call.done = call_done;
    op->call.context = op;
    const int begun = op->again(op);
    if (begun)
        over(op, begun);
    else
        mount_handle_calls(op->handle);
}

void mount_op_call(struct mount_op *op, int (*again)(struct mount_op *op)) {
    op->again = again;
    op->attempts = 0;
    op->lost.go = go_on;
    if (mount_is_doubted(op->handle))
        mount_handle_lost(op->handle, &op->lost, 0, op->deadline);
    else
        begin_call(op);
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

static void cancel_handles(const struct mount_node *node) {
    for (struct mount_handle *handle = node->handles; handle; handle = handle->next) {
        mount_again_cancel(handle);
        uio_call_cancel(&handle->call);
        vipc_timer_cancel(&handle->timer);
    }
}

void mount_cancel_all(struct mount *m) {
    mount_transfers_cancel(m);
    cancel_handles(m->root);
    for (const struct mount_node *node = m->nodes; node; node = node->next)
        cancel_handles(node);
    for (struct mount_op *op = m->active; op; op = op->next_active) {
        uio_named_cancel(&op->named);
        uio_call_cancel(&op->call);
        vipc_timer_cancel(&op->timer);
        fuse_reply_err(op->req, EIO);
    }
}

void mount_ops_close(struct mount *m) {
    while (m->active) { /* they have been answered */
        struct mount_op *op = m->active;
        m->active = op->next_active;
        give_back(op);
        op->next_free = m->free_ops;
        m->free_ops = op;
    }
    while (m->free_ops) {
        struct mount_op *op = m->free_ops;
        m->free_ops = op->next_free;
        free(op->buffer);
        free(op);
    }
    for (unsigned i = 0; i < MOUNT_SPARE; i++)
        free(m->spare[i]);
    free(m->buffer);
}

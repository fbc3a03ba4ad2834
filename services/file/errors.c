/* SPDX-License-Identifier: BSD-2-Clause */
/* errno as codes of UIO. */
#include "internal.h"

uint32_t file_code(int error) {
    switch (error) {
    case 0: return 0;
    case ENOENT:
    case ESTALE: return VNAME_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EXDEV: return VMTP_NO_PERMISSION; /* of a name: it leads outside */
    case ENOTDIR: return VNAME_NOT_CONTEXT;
    case EISDIR: return UIO_IS_CONTEXT;
    case EEXIST: return UIO_EXISTS;
    case ENOTEMPTY: return UIO_NOT_EMPTY;
    case ENAMETOOLONG: return VNAME_TOO_LONG;
    case ELOOP: return VNAME_LOOP;
    case EILSEQ: return VNAME_INVALID;
    case EROFS: return UIO_READ_ONLY;
    case ENOSPC:
    case EDQUOT: return UIO_NO_SPACE;
    case EFBIG:
    case EOVERFLOW: return UIO_TOO_LARGE;
    case EMFILE:
    case ENFILE:
    case EMLINK:
    case ENOMEM: return UIO_TOO_MANY;
    case EBUSY:
    case ETXTBSY:
    case EAGAIN: return UIO_BUSY;
    case EINVAL: return UIO_BAD_REQUEST;
    case ENXIO:
    case ENODEV:
    case EOPNOTSUPP: return UIO_UNSUPPORTED;
    default: return UIO_FAILED;
    }
}

/* A context whose directory has been removed is stale, which the client can mend. */
static int is_stale(const struct uio_manager_operation *op) {
    const struct file_directory *d = op->directory;
    struct statx st;
    return d && file_stat(d->fd, &st) == 0 && !st.stx_nlink;
}

void file_refuse(struct uio_manager_operation *op) {
    struct file_manager *f = file_of(op);
    const int error = errno;
    uint32_t code = file_code(error);
    if (!code)
        code = UIO_FAILED;
    f->counters.storage_errors += code == UIO_FAILED;
    f->counters.outside += error == EXDEV;
    if (error == ENOENT && is_stale(op))
        code = VNAME_STALE;
    uio_manager_refuse(op, code);
}

void file_finish(struct uio_manager_operation *op, int result) {
    if (result < 0)
        file_refuse(op);
    else
        uio_manager_finish(op);
}

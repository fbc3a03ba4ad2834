/* SPDX-License-Identifier: BSD-2-Clause */
/* Results as errno values, for programs that know nothing else. */
#include <errno.h>

#include "internal.h"

static const struct {
    uint32_t code;
    int number;
} codes[] = {
    {VMTP_NO_PERMISSION, EACCES},
    {VMTP_RETRANS_TIMEOUT, EHOSTUNREACH},
    {VMTP_USER_TIMEOUT, ETIMEDOUT},
    {VMTP_NONEXISTENT_ENTITY, ESTALE},
    {VMTP_BUSY, EBUSY},
    {VMTP_ERROR, EOPNOTSUPP},
    {VMTP_BAD_REPLY_SEGMENT, EPROTO},
    {VNAME_NOT_FOUND, ENOENT},
    {VNAME_INVALID, EINVAL},
    {VNAME_TOO_LONG, ENAMETOOLONG},
    {VNAME_STALE, ESTALE},
    {VNAME_LOOP, ELOOP},
    {VNAME_NOT_CONTEXT, ENOTDIR},
    {VNAME_NO_ROOM, ENFILE},
    {VNAME_UNAVAILABLE, EAGAIN},
    {VNAME_BAD_REQUEST, EINVAL},
    {UIO_STALE, ESTALE},
    {UIO_EXISTS, EEXIST},
    {UIO_NOT_EMPTY, ENOTEMPTY},
    {UIO_IS_CONTEXT, EISDIR},
    {UIO_NOT_READABLE, EBADF},
    {UIO_NOT_WRITEABLE, EBADF},
    {UIO_BAD_BLOCK, EINVAL},
    {UIO_BAD_COUNT, EINVAL},
    {UIO_NO_SPACE, ENOSPC},
    {UIO_TOO_LARGE, EFBIG},
    {UIO_LOCKED, EAGAIN},
    {UIO_DEADLOCK, EDEADLK},
    {UIO_TOO_MANY, EMFILE},
    {UIO_FAILED, EIO},
    {UIO_UNSUPPORTED, EOPNOTSUPP},
    {UIO_BROKEN, EPIPE},
    {UIO_WOULD_WAIT, EAGAIN},
    {UIO_CONFLICT, EBUSY},
    {UIO_READ_ONLY, EROFS},
    {UIO_CROSS, EXDEV},
    {UIO_BUSY, EBUSY},
    {UIO_BAD_REQUEST, EINVAL},
    {UIO_CHANGED, ESTALE},
};

static int of_error(int error) {
    switch (error) {
    case VMTP_E_AGAIN: return EAGAIN;
    case VMTP_E_FULL:
    case VMTP_E_MEMORY: return ENOMEM;
    case VMTP_E_TIMEOUT: return ETIMEDOUT;
    case VMTP_E_CANCELLED: return EINTR;
    case VMTP_E_INVALID:
    case VMTP_E_TOO_LARGE: return EINVAL;
    case VMTP_E_NO_ENTITY: return ENOENT;
    case VMTP_E_STALE: return ESTALE;
    case VMTP_E_IN_CALL: return EBUSY;
    case VMTP_E_UNSUPPORTED: return EOPNOTSUPP;
    case VMTP_E_PERMISSION: return EPERM;
    case VMTP_E_NO_INTERFACE: return ENODEV;
    case VMTP_E_DOWN: return ENETDOWN;
    default: return EIO;
    }
}

int uio_errno(int result) {
    if (result <= 0)
        return result ? of_error(result) : 0;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].code == (uint32_t)result)
            return codes[i].number;
    return EIO;
}

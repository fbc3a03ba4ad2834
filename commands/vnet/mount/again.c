/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instances whose manager is silent, or has come back without them.
 *
 * UIO-7-02 leaves it to the program what to do when an instance is gone, and the program is this one: a file that still has its name is opened again
 * under it, if it is the same object and nobody here had a lock on it.  A manager that says nothing may be slow, or may be another by now: who has
 * the name tells.
 */
#include "mount.h"

#include <stdlib.h>

struct mount_again {
    struct mount_handle *handle;
    struct uio_named named;
    int gone; /* the instance is, for certain */
    char path[MOUNT_PATH];
    uint8_t room[UIO_LARGE_ROOM];
};

int mount_is_gone(int result) { return result == (int)UIO_STALE || result == (int)VMTP_NONEXISTENT_ENTITY; }

int mount_is_silent(int result) { return result == (int)VMTP_RETRANS_TIMEOUT || result == (int)VMTP_USER_TIMEOUT; }

vmtp_time mount_first_deadline(const struct mount *m, vmtp_time deadline) {
    const vmtp_time now = vipc_now(m->ipc);
    return deadline > now ? now + (deadline - now) / 2 : deadline;
}

/* ---- doubts ------------------------------------------------------------------------------------------------------- */

static int place_of(const struct mount *m, vmtp_entity manager) {
    int i = 0;
    while (i < (int)MOUNT_DOUBTED && m->doubted[i] != manager)
        i++;
    return i < (int)MOUNT_DOUBTED ? i : -1;
}

int mount_is_doubted(const struct mount_handle *handle) {
    return !handle->uio.client || handle->uio.gone || place_of(handle->mount, handle->uio.manager) >= 0;
}

static void doubt(struct mount *m, vmtp_entity manager) {
    if (place_of(m, manager) >= 0)
        return;
    memmove(m->doubted + 1, m->doubted, sizeof m->doubted - sizeof *m->doubted);
    m->doubted[0] = manager;
}

static void trust(struct mount *m, vmtp_entity manager) {
    const int place = place_of(m, manager);
    if (place >= 0)
        m->doubted[place] = 0;
}

/* ---- again -------------------------------------------------------------------------------------------------------- */

static void over(struct mount_handle *handle, int error) {
    struct mount_lost *lost = handle->lost;
    free(handle->again);
    handle->again = NULL;
    handle->lost = NULL;
    while (lost) {
        struct mount_lost *next = lost->next;
        lost->go(lost, error);
        lost = next;
    }
    mount_handle_done(handle);
}

static int error_of(int result) { return mount_is_silent(result) ? ETIMEDOUT : EIO; }

static void created(struct uio_named *named, int result) {
    struct mount_handle *handle = named->context;
    int error = result ? error_of(result) : 0;
    if (!error && !mount_node_is(handle->node, &named->object)) {
        error = ESTALE;
        uio_detach(&handle->uio); /* its manager keeps it until this program ends */
    }
    if (!error)
        trust(handle->mount, handle->uio.manager);
    over(handle, error);
}

/* Who had a lock is not to go on as if he had it still. */
static int keeps_lock(const struct mount_handle *handle) {
    for (const struct mount_handle *other = handle->node->handles; other; other = other->next)
        if (other->keeps && (other == handle || handle->node->lockers))
            return 1;
    return 0;
}

/* All calls have ended, so nobody holds on to the old instance. */
static void make(struct mount_handle *handle) {
    struct mount_again *again = handle->again;
    uio_detach(&handle->uio);
    if (keeps_lock(handle)) {
        over(handle, EIO);
        return;
    }
    again->named.room = again->room;
    again->named.room_size = sizeof again->room;
    again->named.done = created;
    const uint32_t once = UIO_MODE_CREATE | UIO_MODE_EXCLUSIVE | UIO_MODE_TRUNCATE;
    const int begun = uio_create(&handle->mount->client, &again->named, &handle->uio, handle->mode & ~once, 0);
    if (begun)
        over(handle, error_of(begun));
}

/* Whose is the name now? */
static void found(struct uio_named *named, int result) {
    struct mount_handle *handle = named->context;
    struct mount_again *again = handle->again;
    if (result) {
        over(handle, error_of(result));
    } else if (named->manager == handle->uio.manager && !handle->uio.gone) {
        trust(handle->mount, named->manager);
        over(handle, 0);
    } else {
        again->gone = 1;
        if (!handle->calls)
            make(handle);
    }
}

static void begin(struct mount_handle *handle, vmtp_time deadline) {
    struct mount_again *again = handle->again = calloc(1, sizeof *again);
    const int gone = !handle->uio.client || handle->uio.gone;
    const int length = again ? mount_path(handle->mount, again->path, handle->node, NULL) : -1;
    mount_handle_use(handle);
    if (length < 0) { /* it has no name any more, so it is there or not */
        over(handle, gone ? EIO : 0);
        return;
    }
    again->named = (struct uio_named){
        .name = again->path, .name_length = (size_t)length, .deadline = deadline, .done = found, .context = handle};
    again->gone = gone;
    if (gone && !handle->calls) {
        make(handle);
    } else if (!gone) {
        const int begun = uio_query_object(&handle->mount->client, &again->named, UIO_NOFOLLOW);
        if (begun)
            over(handle, error_of(begun));
    }
}

void mount_handle_calls(struct mount_handle *handle) { handle->calls++; }

void mount_handle_called(struct mount_handle *handle) {
    if (!--handle->calls && handle->again && handle->again->gone)
        make(handle);
}

void mount_handle_lost(struct mount_handle *handle, struct mount_lost *lost, int result, vmtp_time deadline) {
    if (mount_is_silent(result))
        doubt(handle->mount, handle->uio.manager);
    if (!handle->again && !mount_is_doubted(handle)) { /* somebody has made it again already */
        lost->go(lost, 0);
        return;
    }
    lost->next = handle->lost;
    handle->lost = lost;
    if (!handle->again)
        begin(handle, deadline);
}

void mount_again_cancel(struct mount_handle *handle) {
    if (!handle->again)
        return;
    uio_named_cancel(&handle->again->named);
    free(handle->again);
    handle->again = NULL;
}

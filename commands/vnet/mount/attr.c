/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors as attributes: told, asked for, set. */
#include "mount.h"

#include <sys/stat.h>

/* ---- as the kernel wants them ------------------------------------------------------------------------------------ */

/* What can be read or written by UIO is a file to the kernel, which would else make a pipe or device of its own of it. */
static mode_t format_of(const struct uio_object *object) {
    switch (object->type) {
    case UIO_TYPE_CONTEXT: return S_IFDIR;
    case UIO_TYPE_LINK: return S_IFLNK;
    default: break;
    }
    if (object->type == UIO_TYPE_FILE || (object->attributes & (UIO_READABLE | UIO_WRITEABLE)))
        return S_IFREG;
    return object->type == UIO_TYPE_DEVICE ? S_IFCHR : object->type == UIO_TYPE_PIPE ? S_IFIFO : S_IFSOCK;
}

static struct timespec time_of(int64_t nanoseconds) {
    struct timespec t = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    if (t.tv_nsec < 0) {
        t.tv_nsec += 1000000000;
        t.tv_sec--;
    }
    return t;
}

/* What a manager does not know is 0 (UIO-3.1-01).  One that keeps no account of its objects at all has such that may be used. */
static int is_accounted(const struct uio_object *object) { return object->names || object->descriptor_changed; }

static mode_t permissions_of(const struct uio_object *object) {
    if (object->permissions || is_accounted(object))
        return object->permissions & 07777;
    if (object->type == UIO_TYPE_CONTEXT)
        return 0555;
    return (object->attributes & UIO_READABLE ? 0444u : 0u) | (object->attributes & UIO_WRITEABLE ? 0222u : 0u);
}

#define IO_OCTETS 65536 /* what stdio and others read and write at a time */

void mount_attributes(const struct mount *m, uint64_t inode, const struct uio_object *object, struct stat *st) {
    memset(st, 0, sizeof *st);
    st->st_ino = inode;
    st->st_mode = format_of(object) | permissions_of(object);
    st->st_nlink = is_accounted(object) ? object->names : 1;
    st->st_uid = m->mine ? m->user : object->user;
    st->st_gid = m->mine ? m->group : object->group;
    st->st_size = object->size > INT64_MAX ? INT64_MAX : (off_t)object->size;
    st->st_blocks = (blkcnt_t)((object->storage + 511) / 512);
    st->st_blksize = IO_OCTETS;
    st->st_mtim = time_of(object->changed);
    st->st_ctim = time_of(object->descriptor_changed ? object->descriptor_changed : object->changed);
    st->st_atim = time_of(object->used ? object->used : object->changed);
}

double mount_seconds(const struct mount *m) { return (double)m->options->cache / (double)VMTP_SECOND; }

/* ---- versions ---------------------------------------------------------------------------------------------------- */

void mount_op_begins(struct mount_op *op, const struct mount_node *node) {
    op->writes = node->writes_going ? UINT64_MAX : node->writes;
}

/*
 * A version that differs is of a change by others, unless we have written ourselves meanwhile.  While we do, nothing can be told from it; the first
 * one that was asked for after our last write is what has become of it.
 */
int mount_seen(struct mount_op *op, struct mount_node *node, const struct uio_object *object) {
    if (object->type != UIO_TYPE_FILE || !object->version || node->writes_going || op->writes != node->writes)
        return 0;
    const int stale = node->version && !node->written && node->version != object->version;
    node->version = object->version;
    node->written = 0;
    return stale;
}

void mount_refresh(struct mount_op *op, int stale, void (*then)(struct mount_op *op, int error)) {
    if (!stale) {
        then(op, 0);
        return;
    }
    mount_ahead_drop(op->node);
    mount_fresh_forget(op, then);
}

/* ---- getattr ----------------------------------------------------------------------------------------------------- */

static void reply(struct mount_op *op, int error) {
    if (error)
        fuse_reply_err(op->req, error);
    else
        fuse_reply_attr(op->req, &op->attributes, mount_seconds(op->m));
    mount_op_end(op);
}

void mount_reply_attributes(struct mount_op *op, int error) {
    if (error) {
        reply(op, error);
        return;
    }
    mount_attributes(op->m, op->node->inode, &op->object, &op->attributes);
    mount_refresh(op, mount_seen(op, op->node, &op->object), reply);
}

/* The name may have become that of something else, which is not what the kernel asks about. */
static void named(struct mount_op *op, int error) {
    op->object = op->named.object;
    if (!error && op->node != op->m->root && !mount_node_is(op->node, &op->object))
        error = ESTALE;
    mount_reply_attributes(op, mount_or_stale(error));
}

static void queried(struct mount_op *op, int error) {
    op->object = op->call.object;
    mount_reply_attributes(op, error);
}

static int query(struct mount_op *op) { return uio_query(&op->handle->uio, &op->call, op->area); }

static void ask(struct mount_op *op, int error) {
    struct mount_handle *handle = mount_handle_of(op->node, 0);
    (void)error;
    mount_op_begins(op, op->node);
    if (handle) {
        mount_op_handle(op, handle);
        op->then = queried;
        mount_op_call(op, query);
        return;
    }
    error = mount_op_path(op, op->node, NULL);
    op->then = named;
    if (error)
        mount_op_fail(op, error);
    else
        mount_op_named(op, uio_query_object(&op->m->client, &op->named, UIO_NOFOLLOW));
}

static void on_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi) {
    struct mount_op *op = mount_op_on(req, ino, NULL);
    (void)fi;
    if (!op)
        return;
    mount_behind_wait(op, ask);
}

/* ---- setattr ----------------------------------------------------------------------------------------------------- */

static int64_t nanoseconds(const struct timespec *t) { return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec; }

/* What is to be set, as UIO says it, in op->flags and op->object. */
static void take_wanted(struct mount_op *op, const struct stat *st, int what) {
    static const struct {
        int set;
        uint32_t mask;
    } bits[] = {{FUSE_SET_ATTR_MODE, UIO_MASK_PERMISSIONS},    {FUSE_SET_ATTR_UID, UIO_MASK_USER},
                {FUSE_SET_ATTR_GID, UIO_MASK_GROUP},           {FUSE_SET_ATTR_SIZE, UIO_MASK_SIZE},
                {FUSE_SET_ATTR_ATIME, UIO_MASK_ATIME},         {FUSE_SET_ATTR_MTIME, UIO_MASK_MTIME},
                {FUSE_SET_ATTR_ATIME_NOW, UIO_MASK_ATIME_NOW}, {FUSE_SET_ATTR_MTIME_NOW, UIO_MASK_MTIME_NOW}};
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
        if (what & bits[i].set)
            op->flags |= bits[i].mask;
    if (what & FUSE_SET_ATTR_ATIME_NOW) /* the kernel sets both bits */
        op->flags &= ~(uint32_t)UIO_MASK_ATIME;
    if (what & FUSE_SET_ATTR_MTIME_NOW)
        op->flags &= ~(uint32_t)UIO_MASK_MTIME;
    op->object.permissions = st->st_mode & 07777;
    op->object.user = st->st_uid;
    op->object.group = st->st_gid;
    op->object.size = (uint64_t)st->st_size;
    op->object.used = nanoseconds(&st->st_atim);
    op->object.changed = nanoseconds(&st->st_mtim);
}

/* Where all belongs to one, nothing can be given to others. */
static int check_owner(const struct mount *m, struct mount_op *op) {
    const int other = ((op->flags & UIO_MASK_USER) && op->object.user != m->user) ||
                      ((op->flags & UIO_MASK_GROUP) && op->object.group != m->group);
    if (!m->mine)
        return 0;
    op->flags &= ~(uint32_t)(UIO_MASK_USER | UIO_MASK_GROUP);
    return other ? EPERM : 0;
}

/* A change of the size is one of the contents, and ours. */
static void set_over(struct mount_op *op, const struct uio_object *object, int error) {
    op->object = *object;
    if (op->kept) {
        op->node->writes_going--;
        op->node->writes++;
        op->node->written = 1;
        op->writes = op->node->writes;
    }
    mount_reply_attributes(op, error == EACCES ? EPERM : error);
}

static void set_by_name(struct mount_op *op, int error) { set_over(op, &op->named.object, mount_or_stale(error)); }
static void set_by_instance(struct mount_op *op, int error) { set_over(op, &op->call.object, error); }

static int modify(struct mount_op *op) {
    return uio_modify(&op->handle->uio, &op->call, op->flags, &op->object, 0, op->area);
}

static void set(struct mount_op *op, int error) {
    const int sized = (op->flags & UIO_MASK_SIZE) != 0;
    struct mount_handle *handle = mount_handle_of(op->node, sized ? UIO_MODE_WRITE : 0);
    (void)error;
    if (sized) {
        mount_ahead_drop(op->node);
        op->node->writes_going++;
        op->kept = 1;
    }
    if (handle) {
        mount_op_handle(op, handle);
        op->then = set_by_instance;
        mount_op_call(op, modify);
        return;
    }
    op->then = set_by_name;
    error = mount_op_path(op, op->node, NULL);
    if (error)
        set_over(op, &op->object, error);
    else
        mount_op_named(op, uio_modify_object(&op->m->client, &op->named, op->flags, UIO_NOFOLLOW, &op->object));
}

static void on_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *st, int what, struct fuse_file_info *fi) {
    struct mount_op *op = mount_op_on(req, ino, NULL);
    (void)fi;
    if (!op)
        return;
    take_wanted(op, st, what);
    const int error = check_owner(op->m, op);
    if (error)
        mount_op_fail(op, error);
    else
        mount_behind_wait(op, op->flags ? set : ask);
}

/* ---- statfs ------------------------------------------------------------------------------------------------------ */

static void storage(struct mount_op *op, int error) {
    const struct uio_storage *s = &op->named.storage;
    struct statvfs v = {.f_bsize = 4096, .f_frsize = 4096, .f_namemax = UIO_COMPONENT_OCTETS};
    if (error && error != EOPNOTSUPP) {
        mount_op_fail(op, error);
        return;
    }
    v.f_blocks = s->octets / 4096;
    v.f_bfree = v.f_bavail = s->octets_free / 4096;
    v.f_ffree = v.f_favail = s->objects_free;
    v.f_files = s->objects_free;
    fuse_reply_statfs(op->req, &v);
    mount_op_end(op);
}

static void on_statfs(fuse_req_t req, fuse_ino_t ino) {
    struct mount_op *op = mount_op_on(req, ino, NULL);
    if (!op)
        return;
    op->then = storage;
    struct mount_node *root = op->m->root;
    const int error = mount_op_path(op, op->node->entries || op->node == root ? op->node : root, NULL);
    if (error)
        mount_op_fail(op, error);
    else
        mount_op_named(op, uio_query_storage(&op->m->client, &op->named));
}

void mount_attr_ops(struct fuse_lowlevel_ops *ops) {
    ops->getattr = on_getattr;
    ops->setattr = on_setattr;
    ops->statfs = on_statfs;
}

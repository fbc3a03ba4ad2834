/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * manager/internal.h - what the files of this folder share.  Names begin with vu_.  Sections are those of spec/uio.md.
 *
 *   manager.c    creation, roots, the end
 *   view.c       what tools see, counters
 *   serve.c      which Request is what
 *   operation.c  Requests in hand: asking the program, answering, waiting
 *   buffer.c     memory for reads
 *   name.c       operations by name (5.2), new names
 *   context.c    numbers of contexts, MapContext
 *   table.c      roots that have a name in another root; lists of objects
 *   create.c     CreateInstance (5.1)
 *   read.c       ReadInstance (6.1)
 *   write.c      WriteInstance, ControlInstance (6.2, 6.7)
 *   modify.c     QueryInstance, ModifyInstance, ReleaseInstance (6.3, 6.4, 6.6)
 *   instance.c   instances and their numbers; objects that several of them share; late errors
 *   owner.c      owners: limits, whether they are there still (2.3)
 *   lock.c       locks as ranges (6.5)
 *   wait.c       LockInstance, waiting for locks, deadlock
 */
#ifndef VUIO_MANAGER_INTERNAL_H
#define VUIO_MANAGER_INTERNAL_H

#include <vuio/manager.h>

#define VU_LOW24 0x00ffffffu
#define VU_INTERFACE 0x000500u
#define VU_OWNER_QUIET (60 * VMTP_SECOND)
#define VU_PROBE_PAUSE (10 * VMTP_SECOND)
#define VU_PROBE_MISSES 3u
#define VU_POSITION_END ((uint64_t)1 << 63) /* positions are below */
#define VU_LOCK_END UINT64_MAX              /* of a lock: the end, however far it moves */
#define VU_LOG_WAIT (500 * VMTP_MILLISECOND)
#define VU_PAGE 4096u
#define VU_DESCRIPTOR_MASK 0xffu

struct vu_lock {
    struct vu_lock *next; /* of its object, in order of `first`; or free */
    struct vu_instance *instance;
    uint32_t kind;
    uint64_t first, end; /* behind the last; in octets with OFFSET, else in blocks */
};

/* What several instances are of. */
struct vu_object {
    struct vu_object *next; /* in its bucket; or free */
    const struct uio_manager_type *type;
    uint64_t identity[2];
    struct vu_instance *instances;
    struct vu_lock *locks;
    struct vu_operation *waiters; /* for locks, in the order of coming */
};

struct vu_owner {
    struct vu_owner *next; /* in its bucket; or free */
    vmtp_entity entity;
    struct vu_instance *instances;
    uint32_t count, locks;
    uint32_t misses;      /* Probes without an answer, in a row */
    int missed;           /* it is in the list of those */
    int probing;          /* it is in none */
    vmtp_time heard, due; /* due: when to look for it */
    struct vu_owner *later, *earlier;
    uint64_t mark; /* of the search for circles */
};

/* Owners in the order in which they are due. */
struct vu_owners {
    struct vu_owner *first, *last;
};

struct vu_instance {
    struct uio_manager_instance i; /* first */
    struct vu_instance *next;      /* in its bucket; or free */
    int used;
    struct vu_object *object;
    struct vu_owner *owner;
    struct vu_instance *object_next, *owner_next;
    struct vu_operation *operations;
    uint32_t table; /* the root that it reads; 0: none */
    uint32_t late;  /* the code of an error that is still to be told */
    int dirty;      /* a transaction has begun */
    uint32_t locks;
    vmtp_time created, last;
    uint64_t octets_read, octets_written;
};

struct vu_buffer {
    struct vu_buffer *next; /* free */
    struct vipc_loan loan;
    uio_manager *manager;
    uint8_t *octets;
};

struct vu_probe {
    struct vipc_probe probe;
    struct vu_owner *owner; /* NULL: free */
    vmtp_time asked;
    uio_manager *manager;
};

struct vu_context {
    uint32_t number; /* 0: free */
    const struct uio_manager_type *type;
    void *root, *directory;
    uint64_t identity[2];
    uint64_t used; /* when, counted */
    int is_root;
    uint32_t parent;          /* of a root: in which it is attached; 0: in none */
    struct uio_object object; /* and what it is there */
    uint16_t length;
    char name[VNAME_NAME_OCTETS]; /* absolute; of a root: in its parent */
};

/* A Request in hand. */
struct vu_operation {
    struct uio_manager_operation op; /* first */
    struct vipc_incoming *in;        /* NULL: free */
    struct vu_operation *free;
    uint64_t serial;                       /* of this use */
    struct vname_manager_operation naming; /* by name */
    const struct vu_context *context;
    void (*then)(struct vu_operation *o,
                 uint32_t code);                /* the program has finished what it was asked; NULL: it was not asked */
    struct vu_operation *beside, **beside_link; /* of the same instance */
    int by_program;                             /* it can be cancelled there */
    int waiting;                                /* counts among those that wait */
    struct vipc_timer timer;
    struct vu_buffer *buffer;
    struct vu_operation *queued; /* for a buffer, or a lock */

    /* What the program said. */
    const struct uio_manager_opened *opened;
    const struct uio_object *object;
    int has_blocks;
    uint64_t last_block;
    uint32_t last_octets;

    /* LockInstance */
    uint32_t kind;
    uint64_t first, end, scale; /* end is not 0 */
    uint64_t serial_marked;     /* of the search that has seen it */

    uint32_t todo,
        step; /* ModifyInstance: masks of what is still to be done, and of what is being done; 0: the descriptor */
    vmtp_entity owner;         /* CreateInstance, ModifyInstance */
    uint32_t offset;           /* ReadInstance, WriteInstance */
    struct uio_new_name other; /* RenameObject, LinkObject */
};

struct uio_manager {
    vipc *ipc;
    struct uio_manager_config config;
    vname_manager *names;
    uint64_t serials;

    struct vu_operation *operations, *operations_free;
    uint32_t operations_used, waiting;
    struct vu_operation *want_buffer;

    struct vu_buffer *buffers, *buffers_free;
    uint32_t buffers_used;

    struct vu_instance *instances, *instances_free, **instance_buckets;
    uint32_t instances_used;
    uint32_t numbers; /* how many were given */
    uint64_t secret[4];
    struct vu_object *objects, *objects_free, **object_buckets;
    struct vu_owner *owners, *owners_free, **owner_buckets;
    uint32_t owners_used;
    uint32_t mask; /* of buckets */
    struct vu_owners quiet, missed;
    struct vipc_timer owner_timer;
    struct vu_probe *probes;

    struct vu_lock *locks, *locks_free;
    uint32_t locks_used;
    uint64_t marks;

    struct vu_context *contexts;
    uint32_t context_count, context_numbers;
    uint64_t context_uses;

    struct uio_manager_counters counters;
};

static inline struct vu_operation *vu_of(struct uio_manager_operation *op) { return (struct vu_operation *)op; }
static inline struct vu_instance *vu_instance_of(struct uio_manager_instance *i) { return (struct vu_instance *)i; }
static inline struct vu_operation *vu_operations_end(uio_manager *m) { return m->operations + m->config.names.depth; }
static inline struct vu_context *vu_contexts_end(uio_manager *m) { return m->contexts + m->context_count; }
static inline int vu_same(const uint64_t a[2], const uint64_t b[2]) { return a[0] == b[0] && a[1] == b[1]; }
static inline uint32_t vu_word(const struct vu_operation *o, unsigned which) { return o->in->message.words[which]; }
static inline uint64_t vu_words(const struct vu_operation *o, unsigned which) {
    return (uint64_t)vu_word(o, which) << 32 | vu_word(o, which + 1);
}

/* ---- operation.c ---- */

/* A place for the Request, which is always there: there are as many as Requests in hand. */
struct vu_operation *vu_operation_begin(uio_manager *m, struct vipc_incoming *in);
/* It works on this instance, which is told when it ends meanwhile. */
void vu_operation_attach(struct vu_operation *o, struct vu_instance *instance);
/* Asks the program; `then` is called when it has finished, perhaps before this returns.  NULL: UIO_UNSUPPORTED. */
void vu_ask(struct vu_operation *o, void (*ask)(struct uio_manager_operation *),
            void (*then)(struct vu_operation *, uint32_t));
/* The same, but the client waits no longer than this for it; 0: not at all; VMTP_NEVER: as long as it takes. */
void vu_ask_waiting(struct vu_operation *o, void (*ask)(struct uio_manager_operation *),
                    void (*then)(struct vu_operation *, uint32_t), vmtp_time patience);
/* Is there room for one more that waits?  Counts it if not. */
int vu_may_wait(uio_manager *m);
/* Answers, and the operation is over: 0, or < 0 when nobody got it. */
int vu_answer(struct vu_operation *o, const uint32_t words[4], const void *segment, uint32_t size, uint32_t flags);
void vu_answer_ok(struct vu_operation *o);
void vu_refuse(struct vu_operation *o, uint32_t code);
void vu_refuse_with(struct vu_operation *o, uint32_t code, const void *segment, uint32_t size);
void vu_bad_request(struct vu_operation *o);
void vu_unsupported(struct vu_operation *o);
/* Over, and answered by whoever calls this. */
void vu_operation_end(struct vu_operation *o);
/* Takes it away from where it is (program, queue), and answers it with this. */
void vu_operation_cancel(struct vu_operation *o, uint32_t code);
void vu_operations_cancel(struct vu_instance *instance, const struct vu_operation *but);

/* ---- buffer.c ---- */

void vu_buffers_init(uio_manager *m, uint8_t *octets);
/* Gets the operation a buffer and goes on with it, now or when there is one. */
void vu_with_buffer(struct vu_operation *o, void (*then)(struct vu_operation *, uint32_t));
void vu_buffer_drop(struct vu_operation *o);
/* It waits no more. */
void vu_buffer_forget(struct vu_operation *o);
/* Answers with what is in the buffer. */
void vu_answer_buffer(struct vu_operation *o, const uint32_t words[4], uint32_t size, uint32_t flags);

/* ---- name.c ---- */

void vu_on_name(const struct vname_manager_operation *naming);
void vu_answer_object(struct vu_operation *o);

/* ---- context.c ---- */

struct vu_context *vu_context_find(uio_manager *m, uint32_t number);
struct vu_context *vu_context_add_root(uio_manager *m, const struct uio_manager_type *type, void *root);
void vu_context_drop(uio_manager *m, struct vu_context *context);
/* The absolute name of a context: its length, 0 if it has none. */
size_t vu_context_name(uio_manager *m, const struct vu_context *context, char *name, size_t room);
int vu_naming_context_name(vname_manager *names, uint32_t number, char *name, size_t room);
void vu_on_map(struct vu_operation *o);

/* ---- table.c ---- */

/* The context in which the rest of a name is to be interpreted, past what is attached. */
const struct vu_context *vu_descend(uio_manager *m, const struct vu_context *c, const char **name, uint32_t *length);
/* The type has told this of a context, in the buffer: what is hidden by something attached goes, and that comes behind the end.  0, or the code. */
uint32_t vu_table_tell(struct vu_operation *o, uint32_t *octets, int *at_end, uint64_t *next);
/* 1: the block is one of what is attached. */
int vu_table_has(const struct vu_operation *o);
void vu_table_read(struct vu_operation *o);

/* ---- serve.c ---- */

void vu_on_request(vname_manager *names, struct vipc_incoming *in);

/* ---- create.c ---- */

void vu_on_create(struct vu_operation *o);
/* The descriptor of an instance from that of its object. */
void vu_describe(const struct vu_operation *o, const struct vu_instance *instance, struct uio_instance *described);

/* ---- read.c, write.c, modify.c ---- */

void vu_on_read(struct vu_operation *o);
void vu_read_over(struct vu_operation *o);
void vu_on_write(struct vu_operation *o);
void vu_on_control(struct vu_operation *o);
void vu_on_query_instance(struct vu_operation *o);
void vu_on_modify_instance(struct vu_operation *o);
void vu_on_release(struct vu_operation *o);

/* ---- instance.c ---- */

void vu_instances_init(uio_manager *m);
struct vu_instance *vu_instance_new(uio_manager *m); /* without a number; NULL: no more */
/* It is one from now on: has an object, an owner and a number. */
void vu_instance_enter(struct vu_instance *instance, vmtp_entity owner);
struct vu_instance *vu_instance_find(uio_manager *m, uint32_t number);
/* Its end, with all that belongs to it; returns the error that is to be told.  Operations under way but one are answered UIO_STALE. */
uint32_t vu_instance_end(struct vu_instance *instance, struct vu_operation *but, uint32_t flags);
/* It never was one: the place is free. */
void vu_instance_free(struct vu_instance *instance);
void vu_instance_use_object(struct vu_instance *instance);
/* The error that is to be told, once. */
uint32_t vu_instance_late(struct vu_instance *instance);
/* An error of storage: for all instances of the object but this one. */
void vu_object_late(struct vu_object *object, const struct vu_instance *but, uint32_t code);
struct vu_object *vu_object_find(uio_manager *m, const struct uio_manager_type *type, const uint64_t identity[2]);
static inline int vu_is_storage_error(uint32_t code) { return code == UIO_FAILED || code == UIO_NO_SPACE; }

/* ---- owner.c ---- */

struct vu_owner *vu_owner_find(uio_manager *m, vmtp_entity entity);
/* 1: it may have one more instance. */
int vu_owner_has_room(uio_manager *m, vmtp_entity entity);
void vu_owner_add(struct vu_instance *instance, vmtp_entity entity);
void vu_owner_remove(struct vu_instance *instance);
void vu_owner_heard(uio_manager *m, struct vu_owner *owner);
void vu_owners_init(uio_manager *m);
void vu_owners_end(uio_manager *m);

/* ---- lock.c ---- */

void vu_locks_init(uio_manager *m);
/* A lock of others that is in the way of this one; NULL: none is. */
struct vu_lock *vu_lock_in_the_way(const struct vu_instance *instance, uint32_t kind, uint64_t first, uint64_t end);
/* The instance has all of the range locked like this, or more strictly. */
int vu_lock_covers(const struct vu_instance *instance, uint32_t kind, uint64_t first, uint64_t end);
/* Sets it, replacing what the instance has there: 0, or UIO_TOO_MANY. */
uint32_t vu_lock_set(struct vu_instance *instance, uint32_t kind, uint64_t first, uint64_t end);

/* ---- wait.c ---- */

void vu_on_lock(struct vu_operation *o);
/* Those that wait for locks of the object have another look. */
void vu_waiters_look(struct vu_object *object);
void vu_waiter_forget(struct vu_operation *o);
/* CreateInstance with a lock: 0, UIO_TOO_MANY, or UIO_LOCKED and the range in the way. */
uint32_t vu_lock_at_create(struct vu_instance *instance, uint32_t kind, struct uio_range *range);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client from inside.
 *
 *   client.c    the program: its entity, and its end
 *   named.c     operations on names: beginning, sending, what came of them
 *   new_name.c  the second name of RenameObject and LinkObject
 *   call.c      operations on instances: sending, silence, the end
 *   transfer.c  ReadInstance, WriteInstance
 *   instance.c  the other operations on instances
 *   handle.c    handles
 *   rebind.c    the same object at another replica (section 8)
 *   members.c   replicas that are written: who they are, and an instance at each (replicas.h)
 *   replicas.c  and what is done at all of them
 *   reader.c    contexts
 *   errno.c     results as errno values
 */
#ifndef VUIO_CLIENT_INTERNAL_H
#define VUIO_CLIENT_INTERNAL_H

#include <string.h>

#include <vuio/client.h>

#define VU_REPEATS 2u                     /* after silence */
#define VU_REBINDS 4u                     /* of one call */
#define VU_CLOSING_TIME (2 * VMTP_SECOND) /* for the release of an instance that nobody wants */

static inline uint32_t vu_code(const struct vmtp_message *message) { return message->code & VMTP_CODE_MASK; }

static inline int vu_has(const struct uio_handle *handle, uint32_t attributes) {
    return (handle->instance.attributes & attributes) == attributes;
}

/* ---- operations on names ---- */

enum vu_stage {
    VU_NOT_BEGUN,
    VU_LOOKING,  /* resolves its name, to see whether there are replicas */
    VU_NEW_NAME, /* resolves its new name */
    VU_SENT,
    VU_CLOSING /* releases what it has created */
};

/* Why it is sent once again, with a new name that was resolved again. */
enum vu_crossed { VU_CROSSED = 1, VU_STALE };

/* The context that its relative names begin in. */
static inline struct vname_context *vu_context_of(const struct uio_named *named) {
    return named->from ? named->from : vname_current(named->client->names);
}
/* Takes the record for an operation. */
int vu_named_take(struct uio_client *client, struct uio_named *named, uint32_t code);
/* Fills in what every step asks of the resolver in the same way. */
void vu_named_ask(struct uio_named *named, const char *name, size_t length, uint32_t code);
/* Sends it; 0 or why not. */
int vu_named_send(struct uio_named *named);
void vu_named_end(struct uio_named *named, int result);
/* From the resolver, at any stage. */
void vu_named_done(struct vname_operation *operation, enum vname_outcome outcome);
/* One number for how it ended. */
int vu_outcome(const struct vname_operation *operation);
/* Sends ReleaseInstance for an instance that nobody will know of. */
int vu_named_let_go(struct uio_named *named, vmtp_entity manager, uint32_t number);
/* Gives the record back without a word. */
void vu_named_drop(struct uio_named *named);

/* Finds where the new name leads, and sends: 0 or why not. */
int vu_new_name_begin(struct uio_named *named);
/* It has been resolved, or not: goes on, or ends it. */
void vu_new_name_resolved(struct uio_named *named, int result);
/* The manager's result may mean that it leads elsewhere: 1 if it is resolved, and sent, again. */
int vu_new_name_again(struct uio_named *named, int result);

/* ---- handles ---- */

/* Opens it. */
void vu_handle_enter(struct uio_client *client, struct uio_handle *handle);
/* Closes it, and cancels what is under way. */
void vu_handle_leave(struct uio_handle *handle);
void vu_handle_take(struct uio_handle *handle, const struct uio_instance *instance);
/* The group of the manager that the operation was sent to last, 0: none. */
vmtp_entity vu_group_of(const struct uio_named *named);

/* ---- calls ---- */

/* Makes the record ready for an operation of this handle: 0, or why there is none. */
int vu_call_prepare(struct uio_handle *handle, struct uio_call *call, uint32_t code);
/* What was prepared and filled in begins: 0 or why not. */
int vu_call_begin(struct uio_handle *handle, struct uio_call *call);
/* The same to the manager of today, from what the node has called. */
void vu_call_again(struct uio_call *call);
void vu_call_end(struct uio_call *call, int result);
/* The same, by a timer: so that nobody is called who may close the handle just now. */
void vu_call_end_soon(struct uio_call *call, int result);
void vu_call_drop(struct uio_call *call);
/* Not sent: the code is why. */
int vu_not_sent(struct uio_client *client, uint32_t code);

/* What a good Response says: 0, or why it is none. */
int vu_read_answered(struct uio_call *call);
int vu_write_answered(struct uio_call *call);
int vu_descriptor_answered(struct uio_call *call);
int vu_lock_answered(struct uio_call *call);
void vu_range_of(struct uio_call *call);

/* ---- rebinding ---- */

int vu_can_rebind(const struct uio_handle *handle);
/* The call waits until its instance is somewhere else. */
void vu_rebind(struct uio_call *call);
void vu_rebound(struct uio_handle *handle, int result, const struct uio_instance *instance);

#endif

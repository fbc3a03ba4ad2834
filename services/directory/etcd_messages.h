/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * etcd_messages.h - what is said to etcd, and what it says: JSON, as its HTTP gateway has it (/v3/kv/txn, /v3/kv/range).
 *
 *     vsuite/names/PREFIX   the record of a prefix that is registered
 *     vsuite/gone/PREFIX    that of one that was: its generation is remembered
 *
 * where PREFIX begins with the "/" shown.  A prefix has one of the two; its version is the revisions at which both were last written.
 */
#ifndef DIRECTORY_ETCD_MESSAGES_H
#define DIRECTORY_ETCD_MESSAGES_H

#include "store.h"

/* Where op is sent to, behind the address of a member. */
const char *etcd_path(const struct vdir_op *op);
/* What is sent; free() it.  NULL: no memory. */
char *etcd_request(const struct vdir_op *op);

enum etcd_outcome { ETCD_OK, ETCD_CHANGED, ETCD_BAD };

/*
 * Reads the answer (HTTP status 200) and calls op->row.  ETCD_BAD: it is none, or makes no sense.  *bad counts entries in it that were
 * left out.
 */
enum etcd_outcome etcd_answer(struct vdir_op *op, const char *text, size_t size, uint64_t *bad);

/* The words of an answer with another status, or "". */
void etcd_complaint(char *out, size_t out_size, const char *text, size_t size);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets of replicas from inside: members.c finds the managers and makes the instances, replicas.c uses them. */
#ifndef VUIO_CLIENT_REPLICAS_H
#define VUIO_CLIENT_REPLICAS_H

#include <vuio/replicas.h>

#include "internal.h"

#define VU_ROUNDS 3u
#define VU_ROUND_TIME (200 * VMTP_MILLISECOND)

enum vu_set_stage { VU_SET_IDLE, VU_SET_RESOLVING, VU_SET_ASKING, VU_SET_CREATING, VU_SET_BUSY };

/* One of those that have begun has ended. */
void vu_set_one_over(struct uio_replica *replica, int result);
/* All of them have. */
void vu_set_all_over(struct uio_replicas *set);
void vu_set_end(struct uio_replicas *set, int result);

#endif

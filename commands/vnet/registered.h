/* SPDX-License-Identifier: BSD-2-Clause */
/* registered.h - what a directory has registered (spec/naming.md section 9), for commands. */
#ifndef VNET_REGISTERED_H
#define VNET_REGISTERED_H

#include "naming.h"

/* All that any directory of the segment has, in ascending order.  VNET_OK, or an exit code after a message. */
int registered_list(struct naming *n, vmtp_time timeout, void (*take)(void *context, const struct vname_record *record),
                    void *context);

/* Has a directory forget the prefix, whoever owns it; record: as it was, its prefix is the one given.  As above. */
int registered_forget(struct naming *n, vmtp_time timeout, const char *prefix, struct vname_record *record);

#endif

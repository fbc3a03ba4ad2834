/* SPDX-License-Identifier: BSD-2-Clause */
/* What name_manager.c and name_client.c agree on: one operation, which takes a name. */
#ifndef GREET_H
#define GREET_H

#include <vnaming/name.h>

/* Number 1 of an interface that is made up here.  VNAME_BY_NAME says that the Request carries a name. */
#define GREET (VMTP_PIC | VNAME_BY_NAME | 0xec01u)

#endif

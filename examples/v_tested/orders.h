/* SPDX-License-Identifier: BSD-2-Clause */
/* orders.h - the V test process (spec/testing.md section 8): it uses the primitives of V as messages tell it to. */
#ifndef V_TESTED_ORDERS_H
#define V_TESTED_ORDERS_H

#include <vmtp/v.h>

/* Makes the process, and does what it is told until vmtp_host_interrupt or until the host does not work any more.  Returns the
 * vmtp_error that ended it: VMTP_E_CANCELLED, or why it could not begin or go on. */
int orders_serve(v_kernel *kernel);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* A program that stands on the message transaction interface alone: nothing of VMTP is linked. */
#include <string.h>

#include <vipc/ipc.h>

static void fire(struct vipc_timer *timer) { *(int *)timer->context = 1; }

int main(void) {
    const struct vipc_ops ops = {0};
    struct vipc node = {.ops = &ops};
    int fired = 0;
    struct vipc_timer timer = {.fire = fire, .context = &fired};
    vipc_timer_set(&node, &timer, 5);
    if (vipc_timers_run(&node, 4) != 0 || vipc_timers_run(&node, 5) != 1 || !fired)
        return 1;
    return strcmp(vipc_result_name(VMTP_USER_TIMEOUT), "USER_TIMEOUT") != 0;
}

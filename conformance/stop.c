/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE /* sigaction */
#include "stop.h"

#include <stddef.h>

volatile sig_atomic_t vc_stopped;

static void on_signal(int number) {
    (void)number;
    vc_stopped = 1;
}

void vc_stop_on_signals(void) {
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction before, stop = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(signals[i], &stop, NULL);
}

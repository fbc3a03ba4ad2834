/* SPDX-License-Identifier: BSD-2-Clause */
#include "progress.h"
#include "remote.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

#define INTERVAL (100 * VMTP_MILLISECOND)

void progress_begin(struct progress *p, vmtp_time now, uint64_t from) {
    p->begun = p->shown = now;
    p->from = from;
}

void progress_show(struct progress *p, vmtp_time now, const char *name, uint64_t done, uint64_t all) {
    char have[TEXT_SIZE], of[TEXT_SIZE], rate[TEXT_SIZE], clean[REMOTE_TEXT];
    const double seconds = (double)(now - p->begun) / 1e9;
    if (!p->is_on || now - p->shown < INTERVAL)
        return;
    p->shown = now;
    p->is_shown = 1;
    text_size(rate, (uint64_t)((double)(done - p->from) / (seconds > 0 ? seconds : 1e-9)));
    remote_text(clean, name, strlen(name) < 40 ? strlen(name) : 40);
    if (all)
        fprintf(stderr, "\r\033[K%3d %%  %s of %s  %s/s  %s", (int)((double)done * 100 / (double)all),
                text_size(have, done), text_size(of, all), rate, clean);
    else
        fprintf(stderr, "\r\033[K%s  %s/s  %s", text_size(have, done), rate, clean);
}

void progress_clear(struct progress *p) {
    if (p->is_shown)
        fputs("\r\033[K", stderr);
    p->is_shown = 0;
}

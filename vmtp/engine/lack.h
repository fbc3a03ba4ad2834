/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lack.h - when what lacks of a packet group is asked for (spec/vmtp.md section 6.3).
 *
 * Blocks are sent in ascending order, so a packet with blocks behind all that lack shows that those were lost, and that nothing more is
 * on its way.  If the last packets were lost, nothing shows it but silence, much longer than any between the packets before.
 */
#ifndef VMTP_ENGINE_LACK_H
#define VMTP_ENGINE_LACK_H

#include <vmtp/frame.h>

#define LACK_AGAIN VMTP_MILLISECOND /* it is not asked for more often; and packets that others overtook come sooner */
#define LACK_SILENCE (4 * VMTP_MILLISECOND)

struct lack {
    vmtp_time last;  /* a packet came */
    vmtp_time pause; /* the longest between two of them */
    vmtp_time until; /* it is not asked for before */
};

/*
 * A packet with fresh of the wanted blocks has come, and some that are wanted lack.  How long they are waited for, at most `most`; 0:
 * they are asked for now.
 */
static inline vmtp_time lack_wait(struct lack *l, uint32_t have, uint32_t want, uint32_t fresh, vmtp_time most,
                                  vmtp_time now) {
    int first = have == fresh;
    vmtp_time pause = first ? 0 : now - l->last, wait = LACK_AGAIN;
    if (first)
        l->until = l->pause = 0;
    if (pause > l->pause)
        l->pause = pause;
    l->last = now;
    if (fresh <= (want & ~have)) {
        wait = first ? most : LACK_SILENCE + 4 * l->pause;
    } else if (!first) { /* the first may have overtaken others */
        wait = l->until > now ? l->until - now : 0;
        if (!wait)
            l->until = now + LACK_AGAIN;
    }
    return wait < most ? wait : most;
}

#endif

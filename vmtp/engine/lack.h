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

/* In microseconds, of a clock that goes round in an hour. */
struct lack {
    uint32_t last;  /* a packet came */
    uint32_t pause; /* the longest between two of them */
    uint32_t until; /* it is not asked for before; 0: never asked for */
};

/*
 * A packet with fresh of the wanted blocks has come, and some that are wanted lack.  How long they are waited for, at most `most`; 0:
 * they are asked for now.
 */
static inline vmtp_time lack_wait(struct lack *l, uint32_t have, uint32_t want, uint32_t fresh, vmtp_time most,
                                  vmtp_time now) {
    int first = have == fresh;
    uint32_t at = (uint32_t)(now / VMTP_MICROSECOND), pause = first ? 0 : at - l->last;
    int32_t early = (int32_t)(l->until - at);
    vmtp_time wait = LACK_AGAIN;
    if (first)
        l->until = l->pause = 0;
    if (pause > l->pause)
        l->pause = pause;
    l->last = at;
    if (fresh <= (want & ~have)) {
        wait = first ? most : LACK_SILENCE + 4u * (vmtp_time)l->pause * VMTP_MICROSECOND;
    } else if (!first) { /* the first may have overtaken others */
        wait = l->until && early > 0 ? (vmtp_time)early * VMTP_MICROSECOND : 0;
        if (!wait)
            l->until = (at + (uint32_t)(LACK_AGAIN / VMTP_MICROSECOND)) | 1u;
    }
    return wait < most ? wait : most;
}

#endif

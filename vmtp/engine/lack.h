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
    uint32_t last;  /* a packet came: microseconds */
    uint16_t pause; /* the longest between two of them, rounded up: in 64 of these */
    uint16_t until; /* it is not asked for before: in 16 of these, the lowest bit set; 0: never asked for */
};

/* A packet has come behind another one of its group, or of its message. */
static inline void lack_pause(struct lack *l, uint32_t at) {
    uint32_t pause = (at - l->last + 63u) / 64u;
    if (pause > l->pause)
        l->pause = pause > UINT16_MAX ? UINT16_MAX : (uint16_t)pause;
}

static inline vmtp_time lack_silence(const struct lack *l) {
    return LACK_SILENCE + l->pause * 256u * (vmtp_time)VMTP_MICROSECOND;
}

/* How long it is too early to ask again. */
static inline vmtp_time lack_early(const struct lack *l, uint32_t at) {
    uint16_t early = (uint16_t)(l->until - (at >> 4));
    int soon = l->until && early <= LACK_AGAIN / (16u * VMTP_MICROSECOND) + 2u; /* rounded up, and the lowest bit set */
    return soon ? early * 16u * (vmtp_time)VMTP_MICROSECOND : 0;
}

/* What lacks is asked for, for whatever reason. */
static inline void lack_asked(struct lack *l, vmtp_time now) {
    l->until = (uint16_t)((uint32_t)((now + LACK_AGAIN) / VMTP_MICROSECOND) >> 4) | 1u;
}

/*
 * A packet with fresh of the wanted blocks has come, and some that are wanted lack.  How long they are waited for, at most `most`; 0:
 * they are asked for now.
 */
static inline vmtp_time lack_wait(struct lack *l, uint32_t have, uint32_t want, uint32_t fresh, vmtp_time most,
                                  vmtp_time now) {
    int first = have == fresh;
    uint32_t at = (uint32_t)(now / VMTP_MICROSECOND);
    vmtp_time wait = LACK_AGAIN;
    if (first)
        l->until = l->pause = 0;
    else
        lack_pause(l, at);
    l->last = at;
    if (fresh <= (want & ~have)) {
        wait = first ? most : lack_silence(l);
    } else if (!first) { /* the first may have overtaken others */
        wait = lack_early(l, at);
        if (!wait)
            lack_asked(l, now);
    }
    return wait < most ? wait : most;
}

/* A packet of a message of several groups has come.  After how long a silence the first that lacks something is asked for. */
static inline vmtp_time lack_wait_message(struct lack *l, vmtp_time most, vmtp_time now) {
    uint32_t at = (uint32_t)(now / VMTP_MICROSECOND) | 1u;
    vmtp_time wait = most;
    if (l->last) { /* else it is the first */
        lack_pause(l, at);
        wait = lack_silence(l);
    }
    l->last = at;
    return wait < most ? wait : most;
}

#endif

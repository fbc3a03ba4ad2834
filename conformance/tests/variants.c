/* SPDX-License-Identifier: BSD-2-Clause */
/* Peers that are no wrong nodes but other ones, and peers that are hardly nodes at all. */
#include <stdlib.h>
#include <string.h>

#include "defects.h"

static uint64_t random_state = 88172645463325252ull;

static uint64_t any(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static unsigned frames;

static enum sim_fate mute(void *context, uint8_t *frame, size_t *size, vc_time now, vc_time *delay) {
    (void)context, (void)frame, (void)size, (void)now, (void)delay;
    return ++frames > 200 ? SIM_DROP : SIM_PASS;
}

/* Everything takes its time, but less than a tester may have to wait. */
static enum sim_fate late(void *context, uint8_t *frame, size_t *size, vc_time now, vc_time *delay) {
    (void)context, (void)frame, (void)size, (void)now;
    *delay = 30 * VC_MILLISECOND;
    return SIM_PASS;
}

static enum sim_fate slow(void *context, uint8_t *frame, size_t *size, vc_time now, vc_time *delay) {
    (void)context, (void)frame, (void)size, (void)now;
    *delay = 3 * VC_SECOND;
    return SIM_PASS;
}

static enum sim_fate duplicating(void *context, uint8_t *frame, size_t *size, vc_time now, vc_time *delay) {
    (void)context, (void)frame, (void)size, (void)now, (void)delay;
    return SIM_TWICE;
}

/* Some octets of some frames are anything, and so is the length. */
static enum sim_fate babbling(void *context, uint8_t *frame, size_t *size, vc_time now, vc_time *delay) {
    (void)context, (void)now, (void)delay;
    for (unsigned i = 0; i < 8; i++)
        frame[14 + any() % (*size - 14)] = (uint8_t)any();
    if (any() % 4 == 0)
        *size = 14 + any() % (*size - 14);
    return SIM_PASS;
}

static enum sim_fate losing(void *context, uint8_t *frame, size_t *size, vc_time now, vc_time *delay) {
    (void)context, (void)frame, (void)size, (void)now, (void)delay;
    return any() % 3 == 0 ? SIM_DROP : SIM_PASS;
}

/* Claims every procedure and says OK to all. */
static enum sim_fate lying(void *context, uint8_t *frame, size_t *size, vc_time now, vc_time *delay) {
    (void)context, (void)now, (void)delay;
    static struct vc_packet p;
    if (vc_decode(&p, frame, *size, VMTP_ETHERTYPE) != VC_WELL || p.function != VMTP_RESPONSE)
        return SIM_PASS;
    p.code &= ~VMTP_CODE_MASK;
    *size = vc_encode(&p, frame);
    return SIM_PASS;
}

/* Names and texts of the node are no UTF-8, and full of what means something to terminals and parsers. */
static enum sim_fate illegible(void *context, uint8_t *frame, size_t *size, vc_time now, vc_time *delay) {
    static const uint8_t octets[] = "\033[2J\nnot ok\r<&\"\xff\xc2\x9b\xe2\x82";
    static struct vc_packet p;
    (void)context, (void)now, (void)delay;
    if (vc_decode(&p, frame, *size, VMTP_ETHERTYPE) != VC_WELL || p.function != VMTP_RESPONSE || p.data_octets < 56)
        return SIM_PASS;
    memcpy(p.data + 32, octets, sizeof octets - 1);
    *size = vc_encode(&p, frame);
    return SIM_PASS;
}

/* Of some packets with data a few bits are others, under a right checksum; those without are left, since ordinary exchanges shall go on. */
static enum sim_fate spoiling(void *context, uint8_t *frame, size_t *size, vc_time now, vc_time *delay) {
    (void)context, (void)now, (void)delay;
    static struct vc_packet p;
    if (vc_decode(&p, frame, *size, VMTP_ETHERTYPE) != VC_WELL || !(p.code & VMTP_SDA) || any() % 4)
        return SIM_PASS;
    size_t octets = *size - VC_ETHERNET - VC_CHECKSUM;
    for (uint64_t i = any() % 3 + 1; i > 0; i--)
        frame[VC_ETHERNET + any() % (any() % 2 ? octets : VC_HEADER)] ^= (uint8_t)(1u << any() % 8);
    vc_put32(frame + VC_ETHERNET + octets, vc_checksum(frame + VC_ETHERNET, octets));
    return SIM_PASS;
}

static const struct {
    const char *name;
    enum sim_fate (*from_node)(void *, uint8_t *, size_t *, vc_time, vc_time *);
} peers[] = {{"mute", mute},         {"late", late},     {"slow", slow},   {"duplicating", duplicating},
             {"babbling", babbling}, {"losing", losing}, {"lying", lying}, {"illegible", illegible},
             {"spoiling", spoiling}};

int defect_variant(struct sim_options *options, const char *name) {
    if (strcmp(name, "spoiling") == 0)
        random_state ^= options->seed * 0x9e3779b97f4a7c15ull;
    options->remote_management |= strcmp(name, "permissive") == 0;
    options->no_streams |= strcmp(name, "no-streams") == 0;
    options->no_service |= strcmp(name, "no-service") == 0;
    options->directory |= strcmp(name, "directory") == 0;
    options->slow_timers |= strcmp(name, "slow-timers") == 0;
    options->mtu = strcmp(name, "jumbo") == 0 ? 9000 : strcmp(name, "narrow") == 0 ? 1092 : 0;
    if (strncmp(name, "far-", 4) == 0) /* the other end of a long way: so many milliseconds, to and fro */
        options->delay = (vc_time)strtoul(name + 4, NULL, 10) * VC_MILLISECOND / 2;
    options->fast_timers |= strcmp(name, "fast-timers") == 0;
    options->reboot_every = strcmp(name, "rebooting") == 0 ? 100 : 0;
    if (options->remote_management || options->no_streams || options->no_service || options->reboot_every ||
        options->slow_timers || options->fast_timers || options->mtu || options->directory ||
        strncmp(name, "far-", 4) == 0)
        return 1;
    for (size_t i = 0; i < sizeof peers / sizeof peers[0]; i++)
        if (strcmp(peers[i].name, name) == 0) {
            options->wire.from_node = peers[i].from_node;
            return 1;
        }
    return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * soak_ghosts.c - frames that come once more, long after: the segment of a bridged network may keep one for the lifetime of a
 * packet, a second (spec/vmtp.md section 9.1), in which hosts reboot and clients go on.
 */
#include "soak.h"

#define LIFETIME_MS 1000

struct ghost {
    uint32_t length;
    uint8_t frame[];
};

static struct node *addressee(const uint8_t mac[6]) {
    for (unsigned i = 0; i < SOAK_HOSTS; i++)
        if (memcmp(soak.hosts[i].node->port->info.mac, mac, 6) == 0)
            return soak.hosts[i].up && !soak.hosts[i].unplugged ? soak.hosts[i].node : NULL;
    return NULL;
}

static int watch(void *context, const uint8_t *frame, size_t length, vmtp_time now) {
    (void)context;
    if ((frame[0] & 1) || soak_below(100) != 0)
        return 0;
    struct ghost *g = malloc(sizeof *g + length);
    REQUIRE(g, "no memory");
    g->length = (uint32_t)length;
    memcpy(g->frame, frame, length);
    soak_agenda_add(now + (100 + soak_below(LIFETIME_MS - 100)) * VMTP_MILLISECOND, SOAK_GHOST, NULL, 0,
                    (uint64_t)(uintptr_t)g);
    return 0;
}

void soak_ghosts_begin(void) { vmtp_sim_set_filter(soak.world.sim, watch, NULL); }
void soak_ghosts_end(void) { vmtp_sim_set_filter(soak.world.sim, NULL, NULL); }

void soak_ghost(uint64_t which) {
    struct ghost *g = (struct ghost *)(uintptr_t)which;
    struct node *n = addressee(g->frame);
    if (n) {
        SOAK_COUNT(GHOSTS, 1);
        soak_tell("a frame to host %u comes once more", (unsigned)(n - soak.world.nodes));
        world_inject(n, g->frame + 14, g->length - 14, g->frame + 6, 0);
    }
    free(g);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* groups.c - the multicast addresses a port listens to: a sorted array, because it is searched once a frame. */
#include "port_internal.h"

#include <stdlib.h>

static uint64_t mac_number(const uint8_t mac[6]) {
    return ((uint64_t)mac[0] << 40) | ((uint64_t)mac[1] << 32) | vmtp_load32(mac + 2);
}

/* The place of mac, or where it belongs. */
static uint32_t find(const struct port_groups *groups, uint64_t mac) {
    uint32_t low = 0, high = groups->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (groups->list[middle].mac < mac)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int make_room(struct port_groups *groups) {
    if (groups->count < groups->room)
        return 0;
    uint32_t room = groups->room ? groups->room * 2 : 8;
    struct port_group *list = realloc(groups->list, room * sizeof *list);
    if (!list)
        return VMTP_E_MEMORY;
    groups->list = list;
    groups->room = room;
    return 0;
}

int port_groups_join(struct port_groups *groups, const uint8_t mac[6]) {
    if (!port_mac_is_multicast(mac))
        return VMTP_E_INVALID;
    uint64_t number = mac_number(mac);
    uint32_t at = find(groups, number);
    if (at < groups->count && groups->list[at].mac == number) {
        groups->list[at].joins++;
        return 0;
    }
    int error = make_room(groups);
    if (error)
        return error;
    memmove(groups->list + at + 1, groups->list + at, (groups->count - at) * sizeof *groups->list);
    groups->list[at] = (struct port_group){number, 1};
    groups->count++;
    return 1;
}

int port_groups_leave(struct port_groups *groups, const uint8_t mac[6]) {
    uint64_t number = mac_number(mac);
    uint32_t at = find(groups, number);
    if (at == groups->count || groups->list[at].mac != number)
        return VMTP_E_INVALID;
    if (--groups->list[at].joins)
        return 0;
    groups->count--;
    memmove(groups->list + at, groups->list + at + 1, (groups->count - at) * sizeof *groups->list);
    return 1;
}

int port_groups_has(const struct port_groups *groups, const uint8_t mac[6]) {
    uint64_t number = mac_number(mac);
    uint32_t at = find(groups, number);
    return at < groups->count && groups->list[at].mac == number;
}

void port_groups_free(struct port_groups *groups) {
    free(groups->list);
    *groups = (struct port_groups){0};
}

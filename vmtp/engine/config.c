/* SPDX-License-Identifier: BSD-2-Clause */
/* config.c - defaults and ranges of the configuration. */
#include "internal.h"

static void timer_defaults(struct vmtp_timers *t) {
    t->tc1_constant = 200 * VMTP_MILLISECOND;
    t->tc1_floor = 20 * VMTP_MILLISECOND;
    t->tc2_floor = 20 * VMTP_MILLISECOND;
    t->tc2_ceiling = 320 * VMTP_MILLISECOND;
    t->tc3 = 20 * VMTP_MILLISECOND;
    t->ts1 = 20 * VMTP_MILLISECOND;
    t->ts2 = 10 * VMTP_SECOND;
    t->ts4 = 5 * VMTP_SECOND;
    t->ts5 = 250 * VMTP_MILLISECOND;
    t->probe_interval = 50 * VMTP_MILLISECOND;
    t->request_retries = 5;
    t->response_retries = 5;
    t->ack_retries = 5;
    t->block_probes = 3;
}

void vmtp_config_init_sized(struct vmtp_config *config, size_t size) {
    struct vmtp_config full;
    memset(&full, 0, sizeof full);
    full.domain = VMTP_DOMAIN;
    full.mtu = 1500;
    full.link_mbps = 1000;
    full.max_entities = 64;
    full.max_calls = 64;
    full.max_responses = 256;
    full.max_remote_clients = 1024;
    full.max_requests = 128;
    full.max_accepts = 128;
    full.max_hosts = 256;
    full.max_control = 64;
    full.max_memberships = 128;
    full.max_runs = 16;
    full.max_migrated = 16;
    timer_defaults(&full.timers);
    /* Never more than the caller's structure has room for; vmtp_config_check refuses one of another version. */
    memcpy(config, &full, size < sizeof full ? size : sizeof full);
    config->size = size;
}

static const char *check_tables(const struct vmtp_config *c) {
    const uint32_t most = 16777000u; /* a handle has 24 bits for the index */
    if (c->max_entities < 1 || c->max_entities > most)
        return "max_entities must be 1 to 16777000";
    if (c->max_calls < 1 || c->max_calls > most)
        return "max_calls must be 1 to 16777000";
    if (c->max_responses > most)
        return "max_responses must be at most 16777000";
    if (c->max_remote_clients < 1 || c->max_remote_clients > most)
        return "max_remote_clients must be 1 to 16777000";
    if (c->max_requests < 1 || c->max_requests > most)
        return "max_requests must be 1 to 16777000";
    if (c->max_accepts > most)
        return "max_accepts must be at most 16777000";
    if (c->max_hosts < 1 || c->max_hosts > most)
        return "max_hosts must be 1 to 16777000";
    if (c->max_migrated > 65535)
        return "max_migrated must be at most 65535";
    if (c->max_sequences > most)
        return "max_sequences must be at most 16777000";
    if (c->max_runs > most)
        return "max_runs must be at most 16777000";
    if (c->max_control < 4 || c->max_control > most)
        return "max_control must be 4 to 16777000";
    if (c->max_memberships > most / 2)
        return "max_memberships must be at most 8388500";
    return NULL;
}

static const char *check_timers(const struct vmtp_timers *t) {
    const vmtp_time most = 86400 * VMTP_SECOND, least = VMTP_MILLISECOND;
    if (t->tc1_floor < least || t->tc1_floor > most || t->tc1_constant > most)
        return "timers: tc1_floor must be 1 ms to 1 day, tc1_constant at most 1 day";
    if (t->tc2_floor < least || t->tc2_floor > t->tc2_ceiling || t->tc2_ceiling > most)
        return "timers: tc2_floor must be 1 ms at least and not above tc2_ceiling (1 day at most)";
    if (t->tc3 < least || t->tc3 > most || t->ts1 < least || t->ts1 > most)
        return "timers: tc3 and ts1 must be 1 ms to 1 day";
    if (t->ts2 > most || t->ts4 < least || t->ts4 > most || t->ts5 < least || t->ts5 > most)
        return "timers: ts4 and ts5 must be 1 ms to 1 day, ts2 at most 1 day (0: never)";
    if (t->probe_interval < least || t->probe_interval > most)
        return "timers: probe_interval must be 1 ms to 1 day";
    if (t->block_probes < 1)
        return "timers: block_probes must be 1 at least";
    return NULL;
}

const char *vmtp_config_check(const struct vmtp_config *c) {
    if (!c || c->size != sizeof *c)
        return "config was not prepared with vmtp_config_init of this version";
    if (!c->random)
        return "random must be set: the engine has no randomness of its own";
    if (c->mtu < 580 || c->mtu > 65535)
        return "mtu must be 580 to 65535 octets (RFC 1045 section 2.13)";
    if (c->domain > 0x1fff)
        return "domain must be 0 to 8191";
    if (c->link_mbps < 1 || c->link_mbps > 1000000)
        return "link_mbps must be 1 to 1000000";
    if (c->block & (ENTITY_FLAG_BITS | 0xffu))
        return "block must have a low octet of 0 and no type flags";
    if (c->checksum > VMTP_CHECKSUM_NONE)
        return "checksum must be one of enum vmtp_checksum_mode";
    const char *problem = check_tables(c);
    return problem ? problem : check_timers(&c->timers);
}

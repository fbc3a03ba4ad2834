/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening and closing. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "internal.h"

void vmtp_host_config_init_sized(struct vmtp_host_config *config, size_t size) {
    struct vmtp_host_config d;
    memset(&d, 0, sizeof d);
    d.size = size;
    vmtp_config_init(&d.engine);
    /* Zero: as the port says. */
    d.engine.mtu = 0;
    d.engine.link_mbps = 0;
    vmtp_packet_options_init(&d.packet);
    d.spin = 50 * VMTP_MICROSECOND;
    d.call_entities = 64;
    memset(config, 0, size);
    memcpy(config, &d, size < sizeof d ? size : sizeof d);
}

/* With those of the application they must be what an engine can have. */
#define CALL_ENTITIES_MAX 16776999u

/* One line for a person. */
__attribute__((format(printf, 3, 4))) static void say(char *error, size_t size, const char *format, ...) {
    if (!error || !size)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error, size, format, arguments);
    va_end(arguments);
}

/* What is being opened. */
struct opening {
    struct vmtp_host_config config;
    const struct vhost_world *world;
    char *error;
    size_t error_size;
};

#define SAY(o, ...) say((o)->error, (o)->error_size, __VA_ARGS__)

/* The port belongs to the host from here on, whatever happens. */
static int take_port(vmtp_host *host, struct opening *o) {
    struct vmtp_host_config *c = &o->config;
    if (c->port) {
        host->port = c->port;
        return 0;
    }
    if (!c->interface_name || !*c->interface_name) {
        if (c->packet.fd >= 0)
            close(c->packet.fd);
        SAY(o, "no network interface given: set interface_name (such as \"eth0\"), or port");
        return VMTP_E_INVALID;
    }
    return vmtp_packet_open(&host->port, c->interface_name, &c->packet, o->error, o->error_size);
}

static int add_capture(vmtp_host *host, struct opening *o) {
    vmtp_port *wrapper;
    if (!o->config.pcapng)
        return 0;
    int r = vmtp_pcapng_open(&wrapper, host->port, o->config.pcapng, NULL, NULL);
    if (r == VMTP_E_SYSTEM)
        SAY(o, "cannot write the capture file %s: %s", o->config.pcapng, strerror(errno));
    else if (r < 0)
        SAY(o, "cannot write the capture file %s: %s", o->config.pcapng, vmtp_error_text(r));
    else
        host->port = wrapper;
    host->captured = r == 0;
    return r;
}

/* The engine's configuration, completed from the port. */
static int complete_engine_config(vmtp_host *host, struct opening *o) {
    static const uint8_t no_mac[6];
    const struct vmtp_port_info *info = &host->port->info;
    struct vmtp_config *c = &host->engine_config;
    *c = o->config.engine;
    if (memcmp(c->mac, no_mac, 6) == 0)
        memcpy(c->mac, info->mac, 6);
    if (!c->mtu)
        c->mtu = info->mtu;
    if (!c->link_mbps)
        c->link_mbps = info->link_mbps ? info->link_mbps : 1000;
    if (!c->random)
        c->random = vhost_random;
    if (c->mtu > info->mtu) {
        SAY(o, "engine.mtu %u is more than %s carries (%u): leave it 0 to use that", (unsigned)c->mtu, info->name,
            (unsigned)info->mtu);
        return VMTP_E_INVALID;
    }
    /* The host's own client entities come on top of the application's. */
    c->max_entities = c->max_entities <= UINT32_MAX - o->config.call_entities ? c->max_entities + o->config.call_entities
                                                                              : UINT32_MAX;
    const char *wrong = vmtp_config_check(c);
    if (wrong)
        SAY(o, "engine configuration: %s", wrong);
    return wrong ? VMTP_E_INVALID : 0;
}

static void *make_table(vmtp_host *host, uint32_t count, size_t size) {
    return count > SIZE_MAX / size ? NULL : vhost_allocate(host, count * size);
}

/* Tables of the host's own.  0 or VMTP_E_MEMORY. */
static int make_tables(vmtp_host *host, const struct opening *o) {
    const struct vmtp_config *c = &host->engine_config;
    const uint64_t kept = 2 * vhost_kept_bound(c);
    uint32_t buckets = 16;
    while (buckets < c->max_requests && buckets < 65536)
        buckets *= 2;
    if (kept > UINT32_MAX / 2)
        return VMTP_E_MEMORY;
    host->kept_limit = (uint32_t)kept;
    host->kept = make_table(host, host->kept_limit, sizeof *host->kept);
    host->copies_mask = buckets - 1;
    host->copies = make_table(host, buckets, sizeof(struct vhost_copy *));
    host->services_limit = c->max_accepts;
    host->services = make_table(host, host->services_limit, sizeof(struct vhost_service *));
    host->members_limit = o->config.call_entities;
    host->members = make_table(host, host->members_limit, sizeof *host->members);
    host->free_members = make_table(host, host->members_limit, sizeof *host->free_members);
    if (!host->kept || !host->copies || !host->services || !host->members || !host->free_members)
        return VMTP_E_MEMORY;
    for (host->free_count = 0; host->free_count < host->members_limit; host->free_count++)
        host->free_members[host->free_count] = host->members_limit - 1 - host->free_count;
    for (unsigned i = 0; i < VHOST_BATCH; i++)
        host->tx_pointers[i] = &host->tx[i];
    return 0;
}

static int make_engine(vmtp_host *host, struct opening *o) {
    const size_t size = vmtp_engine_footprint(&host->engine_config);
    host->engine_memory = size ? vhost_allocate(host, size) : NULL;
    if (!host->engine_memory || make_tables(host, o) < 0) {
        SAY(o, "out of memory: an engine of this configuration takes %zu octets", size);
        return VMTP_E_MEMORY;
    }
    int r = vmtp_engine_create(&host->engine, &host->engine_config, host->engine_memory, size, vhost_tick(host));
    if (r < 0)
        SAY(o, "the engine cannot be made: %s", vmtp_error_text(r));
    return r;
}

static int wait_for_identifiers(vmtp_host *host, struct opening *o) {
    const vmtp_time limit = host->now + VHOST_OPEN_LIMIT;
    int r = vhost_work(host);
    while (r == 0 && !vmtp_engine_ready(host->engine) && host->now < limit)
        r = vhost_wait(host, limit);
    if (r < 0)
        SAY(o, "no identifiers could be allocated on %s: %s", host->port->info.name, vmtp_error_text(r));
    else if (!vmtp_engine_ready(host->engine)) {
        SAY(o,
            "no identifiers in 5 seconds on %s: somebody there claims every block; look for a node that answers all "
            "ProbeEntityBlock, or set engine.block",
            host->port->info.name);
        r = VMTP_E_TIMEOUT;
    }
    return r;
}

static int check(const struct vmtp_host_config *config, struct opening *o) {
    /* Engine and packet options lie inside: where they begin depends on the version, so no prefix of it can be trusted. */
    if (config->size != sizeof *config) {
        SAY(o, "the host's configuration is of another version or not initialised: call vmtp_host_config_init first");
        return VMTP_E_INVALID;
    }
    o->config = *config;
    return 0;
}

static int build(vmtp_host *host, struct opening *o) {
    int r;
    if (o->config.call_entities == 0 || o->config.call_entities > CALL_ENTITIES_MAX) {
        SAY(o, "call_entities must be 1 to %u", CALL_ENTITIES_MAX);
        return VMTP_E_INVALID;
    }
    int reason = vhost_random_check();
    if (reason) {
        SAY(o, "getrandom does not work here: %s", strerror(reason));
        return VMTP_E_SYSTEM;
    }
    host->spin = o->config.spin;
    host->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (host->wake_fd < 0) {
        SAY(o, "no descriptor for waking up: %s", strerror(errno));
        return VMTP_E_SYSTEM;
    }
    if ((r = complete_engine_config(host, o)) < 0 || (r = make_engine(host, o)) < 0 || (r = add_capture(host, o)) < 0)
        return r;
    return o->world->without_identifiers ? 0 : wait_for_identifiers(host, o);
}

int vhost_open_in(vmtp_host **out, const struct vmtp_host_config *config, const struct vhost_world *world, char *error,
                  size_t error_size) {
    struct opening o = {.world = world, .error = error, .error_size = error_size};
    say(error, error_size, "%s", "");
    *out = NULL;
    int r = check(config, &o);
    if (r < 0)
        return r;
    vmtp_host *host = world->allocate(world->context, sizeof *host, 1);
    if (!host) {
        if (o.config.port)
            vmtp_port_close(o.config.port);
        else if (o.config.packet.fd >= 0)
            close(o.config.packet.fd);
        SAY(&o, "out of memory");
        return VMTP_E_MEMORY;
    }
    host->world = *world;
    host->wake_fd = -1;
    r = take_port(host, &o);
    if (r == 0)
        r = build(host, &o);
    if (r < 0) {
        vmtp_host_close(host);
        return r;
    }
    *out = host;
    return 0;
}

int vmtp_host_open(vmtp_host **out, const struct vmtp_host_config *config, char *error, size_t error_size) {
    return vhost_open_in(out, config, &vhost_real_world, error, error_size);
}

void vmtp_host_close(vmtp_host *host) {
    if (!host)
        return;
    vmtp_port_close(host->port);
    if (host->wake_fd >= 0)
        close(host->wake_fd);
    vhost_serve_close(host);
    vhost_groups_close(host);
    vhost_streams_close(host);
    vhost_copies_close(host);
    vhost_arrivals_close(host);
    vhost_release(host, host->services);
    vhost_release(host, host->copies);
    vhost_release(host, host->kept);
    vhost_release(host, host->members);
    vhost_release(host, host->free_members);
    vhost_release(host, host->engine_memory);
    vhost_release(host, host);
}

/* ---- small questions ---------------------------------------------------------------------------------------- */

vmtp_time vmtp_host_now(const vmtp_host *host) { return host->world.clock(host->world.context); }

vmtp_engine *vmtp_host_engine(vmtp_host *host) { return host->engine; }

vmtp_port *vmtp_host_port(vmtp_host *host) { return host->port; }

vmtp_entity vmtp_host_manager(const vmtp_host *host) { return vmtp_engine_manager(host->engine); }

int vmtp_host_fd(const vmtp_host *host) { return host->port->info.fd; }

int vmtp_host_entity(vmtp_host *host, vmtp_entity *id, const struct vmtp_entity_options *options) {
    return vmtp_entity_create(host->engine, id, options, vhost_tick(host));
}

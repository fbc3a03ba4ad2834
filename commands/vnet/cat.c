/* SPDX-License-Identifier: BSD-2-Clause */
/* vnet cat - what is in objects, to the standard output. */
#include "flow.h"
#include "vnet.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct cat {
    struct remote_options options;
    const char *names[REMOTE_NAMES_MOST];
    unsigned count;
    struct remote remote;
    struct uio_named named, rebind;
    uint8_t room[UIO_LARGE_ROOM], rebind_room[UIO_LARGE_ROOM];
    struct flow flow;
};

static const char usage[] = "cat NAME... -i IFACE [options]";
static const char about[] = "Writes what is in objects to the standard output, one after the other.  NAME is absolute, "
                            "or relative to V_CONTEXT.\n"
                            "What has no end (a pipe) is read until its writers have gone.  When a manager of several "
                            "that have the same fails, it\n"
                            "goes on with another.";
static const char after[] = REMOTE_EXIT_CODES "Example: vnet cat /projects/plan -i eth0";

static enum option_outcome parse(struct cat *c, int argc, char **argv) {
    struct option_row rows[REMOTE_ROWS];
    const struct option_page page = {usage, about, after, rows, NULL};
    remote_rows(rows, &c->options);
    return remote_parse(&page, argc, argv, &c->options, c->names, &c->count, 1);
}

static int put(const uint8_t *octets, size_t size) {
    while (size) {
        const ssize_t n = write(STDOUT_FILENO, octets, size);
        if (n < 0 && errno == EINTR && !node_interrupted())
            continue;
        if (n <= 0)
            return vnet_fail("cannot write to the standard output: %s", strerror(errno));
        octets += n;
        size -= (size_t)n;
    }
    return VNET_OK;
}

static int copy(struct cat *c, const char *name, struct uio_handle *handle) {
    const uint8_t *octets = NULL;
    size_t n;
    int rc = flow_read(&c->flow, &c->remote, handle, 0);
    while (rc == VNET_OK && (n = flow_next(&c->flow, &octets)) > 0)
        rc = put(octets, n);
    if (rc == VNET_OK && c->flow.result != 0)
        rc = remote_explain(&c->remote, name, c->flow.result, NULL);
    flow_close(&c->flow);
    return rc;
}

static int one(struct cat *c, const char *name) {
    struct uio_handle handle = {.rebind = &c->rebind};
    struct remote *r = &c->remote;
    remote_name(r, &c->rebind, name);
    c->rebind.room = c->rebind_room;
    c->rebind.room_size = sizeof c->rebind_room;
    int result = remote_create(r, &c->named, &handle, name, UIO_MODE_READ, 0, c->room, sizeof c->room);
    if (result != 0)
        return remote_explain(r, name, result, &c->named);
    if (handle.instance.attributes & UIO_CONTEXT) {
        remote_release(r, &handle);
        return remote_explain(r, name, (int)UIO_IS_CONTEXT, NULL);
    }
    const int rc = copy(c, name, &handle);
    if (rc == REMOTE_SILENT)
        uio_detach(&handle);
    else
        remote_release(r, &handle);
    return rc;
}

int vnet_cat(int argc, char **argv) {
    static struct cat c;
    enum option_outcome outcome = parse(&c, argc, argv);
    if (outcome != OPTIONS_GO)
        return outcome == OPTIONS_DONE ? VNET_OK : VNET_USAGE;
    int rc = remote_open(&c.remote, &c.options), worst = VNET_OK;
    if (rc != VNET_OK)
        return rc;
    for (unsigned i = 0; i < c.count && !node_interrupted(); i++)
        worst = (rc = one(&c, c.names[i])) != VNET_OK ? rc : worst;
    return remote_close(&c.remote, worst);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* vnet put - the standard input, to an object. */
#define _POSIX_C_SOURCE 200809L
#include "remote.h"
#include "vnet.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vuio/stream.h>

#define PIECE 65536u

struct put {
    struct remote_options options;
    const char *name;
    uint8_t append, sync;
    struct remote remote;
    struct uio_named named;
    struct uio_handle handle;
    uint8_t room[UIO_LARGE_ROOM], piece[PIECE];
    uint8_t *line; /* of a log: what has come of the next record */
    uint32_t line_size;
};

static const char usage[] = "put NAME -i IFACE [options]";
static const char about[] =
    "Writes the standard input to an object, until it ends.  A file is made if there is none, and has nothing else in "
    "it\n"
    "afterwards; a pipe is made, and given each piece as it comes; a log gets a record for each line.";
static const char after[] = REMOTE_EXIT_CODES "Example: vnet put /node/pipe/work -i eth0 <list";

/* ---- the command line ---------------------------------------------------------------------------------------------- */

static enum option_outcome parse(struct put *p, int argc, char **argv) {
    struct option_row common[REMOTE_ROWS];
    const struct option_row rows[] = {
        {"append", 'a', OPTION_FLAG, &p->append, NULL, "behind what is in the file", 0, 0},
        {"sync", 0, OPTION_FLAG, &p->sync, NULL, "go on only when what was written is on stable storage", 0, 0},
        {0}};
    const struct option_page page = {usage, about, after, common, rows};
    unsigned words;
    remote_rows(common, &p->options);
    enum option_outcome outcome = options_parse(&page, argc, argv, &p->name, 1, &words);
    if (outcome != OPTIONS_GO)
        return outcome;
    if (words == 0) {
        vnet_misuse("say which name; usage: vnet %s", usage);
        return OPTIONS_WRONG;
    }
    if (remote_take_name(p->name, &p->name) != 0 || remote_options_check(&p->options) != 0)
        return OPTIONS_WRONG;
    return OPTIONS_GO;
}

/* ---- the object ---------------------------------------------------------------------------------------------------- */

/* What there is decides how it is opened; what there is not is made. */
static int open_it(struct put *p) {
    uint32_t mode = UIO_MODE_WRITE | UIO_MODE_CREATE | (p->sync ? UIO_MODE_SYNC : 0);
    remote_name(&p->remote, &p->named, p->name);
    int result = uio_named_wait(&p->named, uio_query_object(&p->remote.client, &p->named, 0));
    if (result != 0 && result != (int)VNAME_NOT_FOUND)
        return remote_explain(&p->remote, p->name, result, &p->named);
    const uint32_t attributes = result == 0 ? p->named.object.attributes : 0;
    if (p->append)
        mode |= UIO_MODE_APPEND;
    else if (attributes & UIO_SIZED)
        mode |= UIO_MODE_TRUNCATE;
    result = remote_create(&p->remote, &p->named, &p->handle, p->name, mode, 0666, p->room, sizeof p->room);
    return result == 0 ? VNET_OK : remote_explain(&p->remote, p->name, result, &p->named);
}

/* ---- the standard input -------------------------------------------------------------------------------------------- */

/* Until there is something to read.  Managers ask now and then whether we are still there, and are answered meanwhile. */
static int await_input(struct put *p) {
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    struct node *node = &p->remote.naming.node;
    struct vmtp_event event;
    for (;;) {
        const int busy = vmtp_host_turn(node->host);
        while (vmtp_host_next_event(node->host, &event))
            continue; /* nothing that is waited for here */
        if (busy < 0)
            return busy;
        if (node_interrupted())
            return VMTP_E_CANCELLED;
        if (poll(&input, 1, 0) != 0)
            return 0;
        const int rc = busy ? 0 : node_wait(node, STDIN_FILENO, VMTP_NEVER);
        if (rc != 0)
            return rc;
    }
}

/* The next octets in p->piece: how many, 0: the end; -1: *code is the exit code. */
static ssize_t next_piece(struct put *p, int *code) {
    for (;;) {
        const int result = await_input(p);
        if (result != 0) {
            *code = remote_explain(&p->remote, p->name, result, NULL);
            return -1;
        }
        const ssize_t n = read(STDIN_FILENO, p->piece, sizeof p->piece);
        if (n >= 0)
            return n;
        if (errno != EINTR && errno != EAGAIN) {
            *code = vnet_fail("cannot read the standard input: %s", strerror(errno));
            return -1;
        }
    }
}

/* ---- records ------------------------------------------------------------------------------------------------------- */

static int put_record(struct put *p) {
    struct uio_call call;
    remote_call(&p->remote, &call);
    const int result = uio_call_wait(&call, uio_write(&p->handle, &call, 0, 0, 0, p->line, p->line_size));
    p->line_size = 0;
    return result == 0 ? VNET_OK : remote_explain(&p->remote, p->name, result, NULL);
}

/* Lines that are longer than a record become several. */
static int put_records(struct put *p) {
    const uint32_t most = p->handle.instance.block_size;
    int code = VNET_OK;
    ssize_t n;
    p->line = malloc(most);
    if (!p->line)
        return vnet_fail("out of memory");
    while (code == VNET_OK && (n = next_piece(p, &code)) > 0)
        for (ssize_t i = 0; code == VNET_OK && i < n; i++) {
            p->line[p->line_size++] = p->piece[i];
            if (p->piece[i] == '\n' || p->line_size == most)
                code = put_record(p);
        }
    if (code == VNET_OK && p->line_size)
        code = put_record(p);
    free(p->line);
    return code;
}

/* ---- octets -------------------------------------------------------------------------------------------------------- */

static int put_octets(struct put *p) {
    const uint32_t room = uio_stream_room(&p->handle);
    const int is_file = (p->handle.instance.attributes & UIO_RANDOM_ACCESS) != 0;
    struct uio_stream stream;
    uint8_t *buffer = malloc(room);
    int code = VNET_OK;
    ssize_t n;
    if (!buffer)
        return vnet_fail("out of memory");
    int result = uio_stream_open(&stream, &p->handle, buffer, room);
    while (result == 0 && (n = next_piece(p, &code)) > 0) {
        uio_stream_write(&stream, p->piece, (size_t)n);
        result = is_file ? stream.error : uio_stream_flush(&stream);
    }
    if (result == 0)
        result = uio_stream_close(&stream, 0);
    else
        uio_stream_close(&stream, 0);
    free(buffer);
    return result == 0 ? code : remote_explain(&p->remote, p->name, result, NULL);
}

/* ---- all of it ----------------------------------------------------------------------------------------------------- */

static int run(struct put *p) {
    int rc = open_it(p);
    if (rc != VNET_OK)
        return rc;
    rc = p->handle.instance.attributes & UIO_VARIABLE_BLOCK ? put_records(p) : put_octets(p);
    if (rc == REMOTE_SILENT)
        uio_detach(&p->handle); /* nobody would answer */
    const int result = remote_release(&p->remote, &p->handle);
    return rc == VNET_OK && result != 0 ? remote_explain(&p->remote, p->name, result, NULL) : rc;
}

int vnet_put(int argc, char **argv) {
    static struct put p;
    enum option_outcome outcome = parse(&p, argc, argv);
    if (outcome != OPTIONS_GO)
        return outcome == OPTIONS_DONE ? VNET_OK : VNET_USAGE;
    const int rc = remote_open(&p.remote, &p.options);
    return rc == VNET_OK ? remote_close(&p.remote, run(&p)) : rc;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* vnet tail - the end of an object, and what is added to it. */
#include "flow.h"
#include "vnet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE 16384u
#define LOOK_AGAIN (500 * VMTP_MILLISECOND)
#define KEPT_LEAST 65536u /* octets */

struct tail {
    struct remote_options options;
    const char *name;
    uint32_t lines;
    uint8_t follow;
    struct remote remote;
    struct uio_named named;
    struct uio_handle handle;
    uint8_t room[UIO_LARGE_ROOM], octets[PIECE];
    uint64_t at;  /* octet, or with records block, from which it goes on */
    int records;  /* blocks are records */
    int explains; /* the exit code so far */
};

static const char usage[] = "tail NAME -i IFACE [options]";
static const char about[] = "Writes the last lines of an object, or records of a log, to the standard output; with "
                            "--follow also what is added to it\n"
                            "later, until SIGINT or SIGTERM.";
static const char after[] = REMOTE_EXIT_CODES "Example: vnet tail -f /logs/today -i eth0";

static int check(struct tail *t, unsigned words) {
    if (words == 0)
        return vnet_misuse("say which name; usage: vnet %s", usage);
    if (remote_take_name(t->name, &t->name) != 0 || remote_options_check(&t->options) != 0)
        return VNET_USAGE;
    return VNET_OK;
}

static enum option_outcome parse(struct tail *t, int argc, char **argv) {
    struct option_row common[REMOTE_ROWS];
    const struct option_row rows[] = {{"lines", 'n', OPTION_NUMBER, &t->lines, "N", "lines, or records", 0, UINT32_MAX},
                                      {"follow", 'f', OPTION_FLAG, &t->follow, NULL, "also what is added later", 0, 0},
                                      {0}};
    const struct option_page page = {usage, about, after, common, rows};
    unsigned words;
    remote_rows(common, &t->options);
    enum option_outcome outcome = options_parse(&page, argc, argv, &t->name, 1, &words);
    if (outcome != OPTIONS_GO)
        return outcome;
    return check(t, words) == VNET_OK ? OPTIONS_GO : OPTIONS_WRONG;
}

static int explain(struct tail *t, int result) {
    if (result == VMTP_E_CANCELLED && t->follow)
        return VNET_OK; /* that is how it ends */
    const int code = remote_explain(&t->remote, t->name, result, NULL);
    if (code == REMOTE_SILENT)
        uio_detach(&t->handle);
    return code;
}

/* A read at a place, into octets[from..]: how many, with *ends; or -1: t->explains. */
static int64_t read_at(struct tail *t, uint64_t at, uint32_t from, uint32_t most, int *ends) {
    struct uio_call call;
    uint64_t block = at;
    uint32_t offset = 0;
    int result = t->records ? 0 : uio_position(&t->handle, at, &block, &offset);
    remote_call(&t->remote, &call);
    if (result == 0)
        result = uio_call_wait(
            &call, uio_read(&t->handle, &call, block, offset, t->octets + from, uio_fits(&t->handle, offset, most)));
    *ends = (call.flags & UIO_END) != 0;
    if (result != 0) {
        t->explains = explain(t, result);
        return -1;
    }
    if (t->records)
        t->at = call.block;
    return call.octets;
}

static int put(const uint8_t *octets, size_t size) {
    if (fwrite(octets, 1, size, stdout) != size)
        return -1;
    return 0;
}

/* All of what is there at a place, for which one read may not do: octets, or -1. */
static int64_t read_whole(struct tail *t, uint64_t at, uint32_t size) {
    uint32_t have = 0;
    int ends = 0;
    while (have < size && !ends) {
        const int64_t n = read_at(t, at + have, have, size - have, &ends);
        if (n < 0)
            return -1;
        if (n == 0)
            break; /* it has become shorter */
        have += (uint32_t)n;
    }
    return have;
}

/* ---- where the last lines begin ------------------------------------------------------------------------------------ */

/* Backwards, a piece at a time, until enough ends of lines were seen; the last octet ends no line that counts. */
static int find_lines(struct tail *t, uint64_t size) {
    uint64_t begin = size, left = t->lines;
    while (begin > 0 && left > 0) {
        const uint32_t most = begin < PIECE ? (uint32_t)begin : PIECE;
        const int64_t n = read_whole(t, begin - most, most);
        if (n < 0)
            return -1;
        begin -= most;
        for (int64_t i = n; i-- > 0;) {
            if (t->octets[i] != '\n' || begin + (uint64_t)i + 1 == size)
                continue;
            if (--left == 0) {
                t->at = begin + (uint64_t)i + 1;
                return 0;
            }
        }
    }
    t->at = t->lines ? begin : size;
    return 0;
}

static int find(struct tail *t) {
    const struct uio_instance *i = &t->handle.instance;
    if (!t->records)
        return find_lines(t, uio_instance_size(i));
    const uint64_t first = i->next_block, last = i->last_block + (i->last_octets || i->last_block ? 1 : 0);
    t->at = last > t->lines && last - t->lines > first ? last - t->lines : first;
    return 0;
}

/* ---- what is there, and what comes --------------------------------------------------------------------------------- */

/* A file that is shorter than what was read of it is a new one. */
static int look_size(struct tail *t) {
    uint8_t area[UIO_INSTANCE_OCTETS];
    struct uio_call call;
    if (t->records)
        return 0;
    remote_call(&t->remote, &call);
    const int result = uio_call_wait(&call, uio_query(&t->handle, &call, area));
    if (result != 0) {
        t->explains = explain(t, result);
        return -1;
    }
    if (uio_instance_size(&t->handle.instance) < t->at) {
        vnet_note("%s: has become shorter: from its beginning", t->name);
        t->at = 0;
    }
    return 0;
}

static int pause_a_while(struct tail *t) {
    static const int never;
    const int result = vipc_wait_for(t->remote.naming.ipc, &never, vipc_now(t->remote.naming.ipc) + LOOK_AGAIN);
    if (result == VMTP_E_TIMEOUT)
        return look_size(t);
    t->explains = explain(t, result);
    return -1;
}

static int write_from_here(struct tail *t) {
    int ends;
    for (;;) {
        const uint64_t before = t->at;
        const int64_t n = read_at(t, t->at, 0, PIECE, &ends);
        if (n < 0)
            return t->explains;
        t->at += t->records ? 0 : (uint64_t)n;
        if (put(t->octets, (size_t)n) != 0 || (n > 0 && t->follow && vnet_flush() != 0))
            return VNET_OK;           /* what is wrong is said at the end of main */
        if (t->at != before && !ends) /* a record may be empty */
            continue;
        if (!t->follow)
            return VNET_OK;
        if (pause_a_while(t) != 0)
            return t->explains;
    }
}

/* Where the last lines begin of what is here. */
static size_t last_lines(const char *octets, size_t size, uint32_t lines) {
    size_t at = size;
    while (at > 0 && lines > 0)
        if (octets[--at] == '\n' && at + 1 < size && --lines == 0)
            return at + 1;
    return at;
}

/* What has no places is read to its end, which may be far away: of that the last lines are kept, and at most as much again. */
static int read_through(struct tail *t) {
    struct flow flow;
    const uint8_t *octets;
    char *kept = NULL;
    size_t n, at, size = 0, most = KEPT_LEAST;
    int rc = flow_read(&flow, &t->remote, &t->handle, 0);
    while (rc == VNET_OK && (n = flow_next(&flow, &octets)) > 0) {
        char *larger = realloc(kept, size + n);
        if (!larger) {
            rc = vnet_fail("out of memory");
            break;
        }
        kept = larger;
        memcpy(kept + size, octets, n);
        size += n;
        if (size < most)
            continue;
        at = last_lines(kept, size, t->lines);
        size -= at;
        memmove(kept, kept + at, size);
        most = size < KEPT_LEAST / 2 ? KEPT_LEAST : 2 * size;
    }
    if (rc == VNET_OK && flow.result != 0)
        rc = explain(t, flow.result);
    at = last_lines(kept, size, t->lines);
    if (kept)
        put((const uint8_t *)kept + at, size - at);
    free(kept);
    flow_close(&flow);
    return rc;
}

static int run(struct tail *t) {
    struct remote *r = &t->remote;
    const int result = remote_create(r, &t->named, &t->handle, t->name, UIO_MODE_READ, 0, t->room, sizeof t->room);
    if (result != 0)
        return remote_explain(r, t->name, result, &t->named);
    const uint32_t attributes = t->handle.instance.attributes;
    t->records = (attributes & UIO_VARIABLE_BLOCK) != 0;
    int rc;
    if (attributes & UIO_CONTEXT)
        rc = remote_explain(r, t->name, (int)UIO_IS_CONTEXT, NULL);
    else if (!(attributes & UIO_RANDOM_ACCESS))
        rc = read_through(t);
    else
        rc = find(t) == 0 ? write_from_here(t) : t->explains;
    remote_release(r, &t->handle);
    return rc;
}

int vnet_tail(int argc, char **argv) {
    static struct tail t = {.lines = 10};
    enum option_outcome outcome = parse(&t, argc, argv);
    if (outcome != OPTIONS_GO)
        return outcome == OPTIONS_DONE ? VNET_OK : VNET_USAGE;
    const int rc = remote_open(&t.remote, &t.options);
    return rc == VNET_OK ? remote_close(&t.remote, run(&t)) : rc;
}

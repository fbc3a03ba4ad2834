/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Opening for reading may do something: wake who waits to write into a FIFO, rewind a tape, start a watchdog.  So what bears the
 * name is found first without opening it (O_PATH), and opened when it is known to be a file.
 */
#define FIND_FLAGS (O_PATH | O_CLOEXEC)
/* Not blocking: somebody may hold a lease on it. */
#define OPEN_FLAGS (O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

static int component_ok(const char *name, size_t length) {
    return length > 0 && !(length == 1 && name[0] == '.') && !(length == 2 && name[0] == '.' && name[1] == '.');
}

int beneath_name_ok(const char *name, size_t length) {
    size_t start = 0;
    if (length == 0 || memchr(name, 0, length))
        return 0;
    for (size_t at = 0; at <= length; at++) {
        if (at < length && name[at] != '/')
            continue;
        if (!component_ok(name + start, at - start))
            return 0;
        start = at + 1;
    }
    return 1;
}

static int is_file(int found) {
    struct stat st;
    if (fstat(found, &st) != 0)
        return 0;
    errno = S_ISLNK(st.st_mode) ? ELOOP : ENXIO;
    return S_ISREG(st.st_mode);
}

/* Opens what was found, and closes found. */
static int open_found(int found) {
    char path[32];
    int fd = -1;
    if (found < 0)
        return -1;
    if (is_file(found)) {
        snprintf(path, sizeof path, "/proc/self/fd/%d", found); /* this very file, whatever has its name by now */
        fd = open(path, OPEN_FLAGS);
        if (fd < 0 && errno == ENOENT) /* no /proc here, which is no fault of the name */
            errno = EIO;
    }
    int saved = errno;
    close(found);
    errno = saved;
    return fd;
}

/* Steps into one directory; closes the one it came from unless that is root. */
static int step(int root, int at, const char *component) {
    int next = openat(at, component, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int saved = errno;
    if (at != root)
        close(at);
    errno = saved;
    return next;
}

int beneath_open_walk(int dir, const char *name) {
    char component[NAME_MAX + 1];
    const char *slash;
    int at = dir;
    while ((slash = strchr(name, '/')) != NULL) {
        size_t length = (size_t)(slash - name);
        if (length > NAME_MAX) {
            errno = ENAMETOOLONG;
            break;
        }
        memcpy(component, name, length);
        component[length] = 0;
        at = step(dir, at, component);
        if (at < 0)
            return -1;
        name = slash + 1;
    }
    int found = slash ? -1 : openat(at, name, FIND_FLAGS | O_NOFOLLOW);
    int saved = errno;
    if (at != dir)
        close(at);
    errno = saved;
    return open_found(found);
}

int beneath_open(int dir, const char *name) {
    struct open_how how = {.flags = FIND_FLAGS, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    long found;
    int tries = 8; /* EAGAIN: something was renamed while the kernel looked */
    do
        found = syscall(SYS_openat2, dir, name, &how, sizeof how);
    while (found < 0 && errno == EAGAIN && --tries > 0);
    if (found < 0 && (errno == ENOSYS || errno == EPERM)) /* EPERM: a system call filter that does not know it */
        return beneath_open_walk(dir, name);
    return open_found((int)found);
}

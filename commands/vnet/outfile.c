/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(sizeof(off_t) == 8, "files above 2 GiB: define _FILE_OFFSET_BITS=64");

static int is_directory(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static const char *last_component(const char *name) {
    const char *slash = strrchr(name, '/');
    return slash ? slash + 1 : name;
}

static int is_special(const char *path) {
    struct stat st;
    if (lstat(path, &st) != 0)
        return 0; /* nothing there */
    return stat(path, &st) != 0 || !S_ISREG(st.st_mode);
}

static int make_names(struct outfile *f, const char *path, const char *name) {
    int rc;
    if (!path)
        rc = asprintf(&f->path, "%s", last_component(name));
    else if (is_directory(path))
        rc = asprintf(&f->path, "%s/%s", path, last_component(name));
    else
        rc = asprintf(&f->path, "%s", path);
    if (rc < 0) {
        f->path = NULL;
        return -1;
    }
    size_t directory = (size_t)(last_component(f->path) - f->path);
    if (asprintf(&f->temporary, "%.*s.vnet-XXXXXX", (int)directory, f->path) < 0) {
        f->temporary = NULL;
        return -1;
    }
    return 0;
}

int outfile_open(struct outfile *f, const char *path, const char *name) {
    *f = (struct outfile){.fd = -1};
    int rc = make_names(f, path, name);
    if (rc == 0 && is_directory(f->path)) {
        errno = EISDIR;
        rc = -1;
    } else if (rc == 0 && is_special(f->path)) {
        rc = OUTFILE_SPECIAL;
    } else if (rc == 0) {
        f->fd = mkostemp(f->temporary, O_CLOEXEC);
        rc = f->fd >= 0 ? 0 : -1;
    }
    if (rc == 0)
        return 0;
    int saved = errno;
    free(f->temporary); /* not made */
    f->temporary = NULL;
    errno = saved;
    return rc;
}

int outfile_write(struct outfile *f, const void *octets, size_t size, uint64_t offset) {
    const uint8_t *from = octets;
    while (size > 0) {
        ssize_t n = pwrite(f->fd, from, size, (off_t)offset);
        if (n < 0 && errno != EINTR)
            return -1;
        if (n <= 0)
            continue;
        from += n;
        size -= (size_t)n;
        offset += (uint64_t)n;
    }
    return 0;
}

static int hash_octets(struct outfile *f, uint64_t size, EVP_MD_CTX *context) {
    uint8_t buffer[65536];
    uint64_t at = 0;
    while (at < size) {
        uint64_t want = size - at < sizeof buffer ? size - at : sizeof buffer;
        ssize_t n = pread(f->fd, buffer, (size_t)want, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = EIO;
        if (n <= 0 || EVP_DigestUpdate(context, buffer, (size_t)n) != 1)
            return -1;
        at += (uint64_t)n;
    }
    return 0;
}

int outfile_hash(struct outfile *f, uint64_t size, char text[OUTFILE_HASH_TEXT]) {
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    int rc = -1;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    errno = ENOMEM;
    if (context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 && hash_octets(f, size, context) == 0 &&
        EVP_DigestFinal_ex(context, digest, &length) == 1)
        rc = 0;
    EVP_MD_CTX_free(context);
    for (unsigned i = 0; rc == 0 && i < length && i < 32; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    return rc;
}

int outfile_commit(struct outfile *f) {
    mode_t mask = umask(0);
    umask(mask);
    if (fchmod(f->fd, 0666 & ~mask) != 0 || fsync(f->fd) != 0 || rename(f->temporary, f->path) != 0) {
        int saved = errno;
        outfile_discard(f);
        errno = saved;
        return -1;
    }
    free(f->temporary);
    f->temporary = NULL;
    return 0;
}

void outfile_discard(struct outfile *f) {
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
    if (f->temporary)
        unlink(f->temporary);
    free(f->temporary);
    free(f->path);
    f->temporary = f->path = NULL;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* FILE_STAT and FILE_READ: spec/testing.md section 5.  Nothing stays open between two Requests. */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE

#include "beneath.h"
#include "test_internal.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(sizeof(off_t) == 8, "files above 2 GiB: define _FILE_OFFSET_BITS=64");

static uint32_t code_of(int error) {
    switch (error) {
    case ENOENT:
    case ENOTDIR:
    case EXDEV:
    case ELOOP:
    case ENXIO: /* no regular file */
    case ENAMETOOLONG: return VMTP_TEST_NO_FILE;
    default: return VMTP_TEST_FILE_ERROR;
    }
}

/* Opens the file that the Request names; -1 after it has put an error into the answer. */
static int open_named(vtest_service *s, struct vtest_work *w) {
    char name[VTEST_NAME_MAX + 1];
    uint32_t length = w->request->segment_size;
    if (length > VTEST_NAME_MAX || !beneath_name_ok((const char *)w->request->segment, length)) {
        vtest_refuse(w, VMTP_TEST_BAD_ARGUMENT);
        return -1;
    }
    if (s->files < 0) {
        vtest_refuse(w, VMTP_TEST_NO_FILE);
        return -1;
    }
    memcpy(name, w->request->segment, length);
    name[length] = 0;
    int fd = beneath_open(s->files, name);
    if (fd < 0)
        vtest_refuse(w, code_of(errno));
    return fd;
}

/* Size and version into the answer; 0 after it has put an error there instead. */
static int describe(int fd, struct vtest_work *w) {
    struct stat st;
    if (fstat(fd, &st) != 0) {
        vtest_refuse(w, VMTP_TEST_FILE_ERROR);
        return 0;
    }
    if (!S_ISREG(st.st_mode)) {
        vtest_refuse(w, VMTP_TEST_NO_FILE);
        return 0;
    }
    uint64_t version = (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec;
    vmtp_words_put64(w->answer.words, (uint64_t)st.st_size);
    vmtp_words_put64(w->answer.words + 2, version);
    return 1;
}

void vtest_file_stat(vtest_service *s, struct vtest_work *w) {
    int fd = open_named(s, w);
    if (fd < 0)
        return;
    describe(fd, w);
    close(fd);
}

/* length octets from offset, fewer at the end of the file; -1 on errors. */
static ssize_t read_at(int fd, uint8_t *out, size_t length, off_t offset) {
    size_t done = 0;
    while (done < length) {
        ssize_t n = pread(fd, out + done, length - done, offset + (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        done += (size_t)n;
    }
    return (ssize_t)done;
}

void vtest_file_read(vtest_service *s, struct vtest_work *w) {
    const uint32_t *words = w->request->message.words;
    uint64_t offset = vmtp_words_get64(words);
    uint32_t length = words[2];
    if (length > VTEST_AREA) {
        vtest_refuse(w, VMTP_TEST_BAD_ARGUMENT);
        return;
    }
    int fd = open_named(s, w);
    if (fd < 0)
        return;
    /* Behind the largest offset there is, every file has ended. */
    ssize_t got = 0;
    if (describe(fd, w) && offset <= (uint64_t)INT64_MAX - VTEST_AREA) {
        got = read_at(fd, w->slot->area, length, (off_t)offset);
        /* Size and version once more: a change while reading shows to whoever compares them with those of other pieces. */
        if (got < 0)
            vtest_refuse(w, VMTP_TEST_FILE_ERROR);
        else if (!describe(fd, w))
            got = 0;
    }
    close(fd);
    if (got > 0) {
        w->answer.words[4] = vtest_crc32(w->slot->area, (size_t)got);
        w->segment = w->slot->area;
        w->segment_size = (uint32_t)got;
    }
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * files.c - does a directory behave as POSIX says?
 *
 *   files DIRECTORY [SAME]   SAME: the same directory by another way, as another mount, in which changes are to be seen too
 *
 * Says what does not, and ends with 1; with 0 if all does.  For tests of mounted directories.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int failures, same = -1;

static void check(int good, int line, const char *what) {
    if (good)
        return;
    printf("line %d: %s (%s)\n", line, what, strerror(errno));
    failures++;
}
#define CHECK(good) check((good), __LINE__, #good)
/* It fails with this errno. */
#define FAILS(call, error) (errno = 0, CHECK((call) < 0), CHECK(errno == (error)))

static int new_file(const char *name, const char *text) {
    const int fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    CHECK(fd >= 0);
    if (text)
        CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    return fd;
}

static int has(int fd, const char *text) {
    char area[256];
    const ssize_t n = pread(fd, area, sizeof area, 0);
    return n == (ssize_t)strlen(text) && memcmp(area, text, (size_t)n) == 0;
}

static off_t size_of(int fd) {
    struct stat st;
    return fstat(fd, &st) == 0 ? st.st_size : -1;
}

static void make(const char *name, const char *text) { close(new_file(name, text)); }

static void making(void) {
    int fd = open("excl", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    CHECK(fd >= 0);
    CHECK(write(fd, "x", 1) == 1); /* may be written by who has made it */
    close(fd);
    struct stat st;
    CHECK(stat("excl", &st) == 0 && (st.st_mode & 07777) == 0444 && st.st_size == 1);
    FAILS(open("excl", O_WRONLY | O_CREAT | O_EXCL, 0644), EEXIST);
    FAILS(open("none", O_RDONLY), ENOENT);
    FAILS(open("excl/below", O_RDONLY), ENOTDIR);
    CHECK(mkdir("dir", 0700) == 0);
    FAILS(mkdir("dir", 0700), EEXIST);
    FAILS(open("dir", O_WRONLY), EISDIR);
    make("dir/file", NULL);
    FAILS(rmdir("dir"), ENOTEMPTY);
    FAILS(unlink("dir"), EISDIR);
    FAILS(rmdir("excl"), ENOTDIR);
    CHECK(unlink("dir/file") == 0 && rmdir("dir") == 0 && unlink("excl") == 0);
    FAILS(unlink("excl"), ENOENT);
    char name[300];
    memset(name, 'n', sizeof name);
    name[256] = 0;
    FAILS(open(name, O_WRONLY | O_CREAT, 0644), ENAMETOOLONG);
    name[255] = 0;
    make(name, "long");
    CHECK(unlink(name) == 0);
    mode_t before = umask(027);
    make("masked", NULL);
    umask(before);
    CHECK(stat("masked", &st) == 0 && (st.st_mode & 07777) == 0640);
    CHECK(unlink("masked") == 0);
}

static void contents(void) {
    int fd = new_file("contents", "hello");
    CHECK(has(fd, "hello") && size_of(fd) == 5);
    CHECK(pwrite(fd, "J", 1, 0) == 1 && has(fd, "Jello"));
    CHECK(pwrite(fd, "end", 3, 10) == 3 && size_of(fd) == 13);
    char area[16];
    CHECK(pread(fd, area, 16, 0) == 13 && memcmp(area, "Jello\0\0\0\0\0end", 13) == 0);
    CHECK(ftruncate(fd, 2) == 0 && size_of(fd) == 2 && has(fd, "Je"));
    CHECK(ftruncate(fd, 4) == 0 && pread(fd, area, 16, 0) == 4 && memcmp(area, "Je\0\0", 4) == 0);
    CHECK(truncate("contents", 1) == 0 && has(fd, "J"));
    CHECK(fsync(fd) == 0 && fdatasync(fd) == 0);
    close(fd);
    fd = open("contents", O_RDWR | O_APPEND | O_CLOEXEC);
    CHECK(write(fd, "ab", 2) == 2 && write(fd, "cd", 2) == 2 && has(fd, "Jabcd"));
    FAILS(open("contents", O_RDONLY | O_DIRECTORY), ENOTDIR);
    int other = open("contents", O_WRONLY | O_TRUNC | O_CLOEXEC);
    CHECK(size_of(fd) == 0 && has(fd, ""));
    FAILS(read(other, area, 1), EBADF);
    close(other);
    close(fd);
    CHECK(unlink("contents") == 0);
}

#define MANY 3000000u

static void large(void) {
    char *out = malloc(MANY), *in = malloc(MANY);
    for (size_t i = 0; i < MANY; i++)
        out[i] = (char)(i * 7 + i / 255);
    int fd = new_file("large", NULL);
    CHECK(pwrite(fd, out, MANY, 3) == MANY && size_of(fd) == MANY + 3);
    CHECK(pread(fd, in, MANY, 3) == MANY && memcmp(in, out, MANY) == 0);
    close(fd);
    fd = open("large", O_RDONLY | O_DIRECT | O_CLOEXEC);
    CHECK(fd >= 0);
    CHECK(pread(fd, in, MANY, 3) == MANY && memcmp(in, out, MANY) == 0);
    CHECK(pread(fd, in, 10, MANY) == 3 && pread(fd, in, 10, MANY + 3) == 0);
    close(fd);
    CHECK(unlink("large") == 0);
    free(out);
    free(in);
}

static void mapped(void) {
    int fd = new_file("mapped", NULL);
    CHECK(ftruncate(fd, 10000) == 0);
    char *map = mmap(NULL, 10000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(map != MAP_FAILED);
    if (map != MAP_FAILED) {
        memcpy(map + 5000, "mapped", 6);
        CHECK(msync(map, 10000, MS_SYNC) == 0);
        char area[6];
        CHECK(pread(fd, area, 6, 5000) == 6 && memcmp(area, "mapped", 6) == 0);
        CHECK(pwrite(fd, "M", 1, 5000) == 1 && map[5000] == 'M');
        munmap(map, 10000);
    }
    int direct = open("mapped", O_RDONLY | O_DIRECT | O_CLOEXEC);
    char area[6];
    CHECK(pread(direct, area, 6, 5000) == 6 && memcmp(area, "Mapped", 6) == 0);
    close(direct);
    close(fd);
    CHECK(unlink("mapped") == 0);
}

static void removed_while_open(void) {
    int fd = new_file("open", "text"), again = open("open", O_RDONLY | O_CLOEXEC);
    struct stat st;
    CHECK(unlink("open") == 0);
    CHECK(has(fd, "text") && has(again, "text"));
    CHECK(pwrite(fd, "more", 4, 4) == 4 && has(again, "textmore"));
    CHECK(fstat(fd, &st) == 0 && st.st_nlink == 0 && st.st_size == 8);
    CHECK(fchmod(fd, 0600) == 0 && fstat(again, &st) == 0 && (st.st_mode & 07777) == 0600);
    CHECK(ftruncate(fd, 2) == 0 && size_of(again) == 2);
    make("open", "another");
    CHECK(has(fd, "te") && fsync(fd) == 0);
    make("over", "over");
    int kept = open("open", O_RDONLY | O_CLOEXEC);
    CHECK(rename("over", "open") == 0 && has(kept, "another"));
    close(kept);
    close(fd);
    close(again);
    CHECK(unlink("open") == 0);
}

static void renaming(void) {
    struct stat st;
    make("one", "1");
    make("two", "2");
    FAILS(renameat2(AT_FDCWD, "one", AT_FDCWD, "two", RENAME_NOREPLACE), EEXIST);
    CHECK(renameat2(AT_FDCWD, "one", AT_FDCWD, "two", RENAME_EXCHANGE) == 0);
    int fd = open("one", O_RDONLY | O_CLOEXEC);
    CHECK(has(fd, "2"));
    CHECK(rename("one", "two") == 0 && has(fd, "2"));
    CHECK(stat("two", &st) == 0 && st.st_size == 1);
    FAILS(stat("one", &st), ENOENT);
    close(fd);
    CHECK(mkdir("a", 0755) == 0 && mkdir("a/b", 0755) == 0 && mkdir("c", 0755) == 0);
    make("a/b/file", "below");
    fd = open("a/b/file", O_RDWR | O_CLOEXEC);
    CHECK(rename("a", "c/d") == 0 && has(fd, "below") && pwrite(fd, "B", 1, 0) == 1);
    CHECK(stat("c/d/b/file", &st) == 0 && st.st_size == 5);
    FAILS(stat("a/b/file", &st), ENOENT);
    FAILS(rename("c", "c/d/b/c"), EINVAL);
    FAILS(rename("c/d", "two"), ENOTDIR);
    FAILS(rename("two", "c"), EISDIR);
    CHECK(mkdir("empty", 0755) == 0 && rename("c/d/b", "empty") == 0);
    CHECK(stat("empty/file", &st) == 0);
    close(fd);
    CHECK(unlink("empty/file") == 0 && rmdir("empty") == 0 && rmdir("c/d") == 0 && rmdir("c") == 0 && unlink("two") == 0);
}

static void links(void) {
    struct stat one, two;
    char area[16];
    make("file", "text");
    CHECK(stat("file", &one) == 0 && one.st_nlink == 1);
    CHECK(link("file", "again") == 0);
    CHECK(stat("file", &one) == 0 && stat("again", &two) == 0 && one.st_ino == two.st_ino && one.st_nlink == 2);
    int fd = open("again", O_RDWR | O_CLOEXEC);
    CHECK(pwrite(fd, "T", 1, 0) == 1);
    close(fd);
    fd = open("file", O_RDONLY | O_CLOEXEC);
    CHECK(has(fd, "Text"));
    close(fd);
    CHECK(chmod("file", 0600) == 0 && stat("again", &two) == 0 && (two.st_mode & 07777) == 0600);
    FAILS(link("file", "again"), EEXIST);
    CHECK(rename("file", "again") == 0 && stat("file", &one) == 0); /* nothing happens */
    CHECK(unlink("file") == 0 && stat("again", &two) == 0 && two.st_nlink == 1);
    CHECK(unlink("again") == 0);
    CHECK(symlink("nowhere", "link") == 0 && readlink("link", area, sizeof area) == 7 && !memcmp(area, "nowhere", 7));
    FAILS(stat("link", &one), ENOENT);
    CHECK(lstat("link", &one) == 0 && S_ISLNK(one.st_mode) && one.st_size == 7);
    FAILS(open("link", O_RDONLY | O_NOFOLLOW), ELOOP);
    CHECK(unlink("link") == 0);
}

static void times(void) {
    const struct timespec set[2] = {{.tv_sec = 1000000000, .tv_nsec = 123456789}, {.tv_sec = -5, .tv_nsec = 7}};
    const struct timespec omit[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = 99}};
    struct stat st;
    make("times", "x");
    CHECK(utimensat(AT_FDCWD, "times", set, 0) == 0 && stat("times", &st) == 0);
    CHECK(st.st_atim.tv_sec == 1000000000 && st.st_atim.tv_nsec == 123456789 && st.st_mtim.tv_sec == -5 &&
          st.st_mtim.tv_nsec == 7);
    CHECK(utimensat(AT_FDCWD, "times", omit, 0) == 0 && stat("times", &st) == 0);
    CHECK(st.st_atim.tv_sec == 1000000000 && st.st_mtim.tv_sec == 99);
    CHECK(utimensat(AT_FDCWD, "times", NULL, 0) == 0 && stat("times", &st) == 0 && st.st_mtim.tv_sec > 1000000000);
    CHECK(chmod("times", 06711) == 0 && stat("times", &st) == 0 && (st.st_mode & 07777) == 06711);
    CHECK(chown("times", getuid(), getgid()) == 0);
    CHECK(unlink("times") == 0);
    struct statvfs v;
    CHECK(statvfs(".", &v) == 0 && v.f_namemax == 255 && v.f_blocks > 0);
}

#define ENTRIES 1500u

/* Each name is told once, whoever comes and goes meanwhile; a position can be gone back to. */
static void directories(void) {
    char name[32], third[256] = "";
    unsigned seen = 0, odd = 0;
    long position = -1;
    CHECK(mkdir("many", 0755) == 0);
    for (unsigned i = 0; i < ENTRIES; i++) {
        snprintf(name, sizeof name, "many/entry-%u", i);
        CHECK(symlink("x", name) == 0);
    }
    DIR *dir = opendir("many");
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        if (e->d_name[0] == '.')
            continue;
        if (seen++ == 2)
            position = telldir(dir);
        else if (seen == 4)
            snprintf(third, sizeof third, "%s", e->d_name);
        odd += e->d_type != DT_LNK;
        snprintf(name, sizeof name, "many/%.20s", e->d_name);
        if (seen > 100 && seen % 3 == 0)
            CHECK(unlink(name) == 0);
    }
    CHECK(seen == ENTRIES && odd == 0);
    seekdir(dir, position);
    struct dirent *e = readdir(dir);
    CHECK(e && strcmp(e->d_name, third) == 0);
    rewinddir(dir);
    seen = 0;
    while ((e = readdir(dir)) != NULL) {
        snprintf(name, sizeof name, "many/%.20s", e->d_name);
        if (e->d_name[0] != '.' && ++seen)
            CHECK(unlink(name) == 0);
    }
    CHECK(seen > ENTRIES / 2 && seen < ENTRIES);
    CHECK(fsync(dirfd(dir)) == 0);
    closedir(dir);
    CHECK(rmdir("many") == 0);
}

#define OPEN 1100

/* Many files open at a time, of one process and one file. */
static void many_open(void) {
    struct rlimit limit;
    static int fds[OPEN];
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = limit.rlim_max;
    if (limit.rlim_max < OPEN + 100 || setrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    make("often", "text");
    int bad = 0;
    for (int i = 0; i < OPEN; i++) {
        fds[i] = open("often", O_RDONLY | O_CLOEXEC);
        bad += fds[i] < 0;
    }
    CHECK(bad == 0 && has(fds[OPEN - 1], "text"));
    for (int i = 0; i < OPEN; i++)
        close(fds[i]);
    CHECK(unlink("often") == 0);
}

/* In a process of its own: 0 when the lock could be had. */
static int other_locks(const char *name, int type, off_t start, off_t length) {
    int status = -1;
    const pid_t child = fork();
    if (child == 0) {
        struct flock lock = {.l_type = (short)type, .l_start = start, .l_len = length};
        const int fd = open(name, O_RDWR);
        _exit(fd < 0 ? 2 : fcntl(fd, F_SETLK, &lock) == 0 ? 0 : errno == EAGAIN || errno == EACCES ? 1 : 3);
    }
    CHECK(waitpid(child, &status, 0) == child);
    return WEXITSTATUS(status);
}

static int lock(int fd, int type, off_t start, off_t length) {
    struct flock l = {.l_type = (short)type, .l_start = start, .l_len = length};
    return fcntl(fd, F_SETLK, &l);
}

/* Whether it runs: not when it sleeps, or has ended. */
static int is_running(pid_t pid) {
    char name[32], line[256] = "", *end;
    snprintf(name, sizeof name, "/proc/%ld/stat", (long)pid);
    FILE *file = fopen(name, "r");
    if (file) {
        (void)!fgets(line, sizeof line, file);
        fclose(file);
    }
    return (end = strrchr(line, ')')) != NULL && end[1] && end[2] == 'R';
}

/* A process that waits for a lock of all of the file: 0 when it has got it.  It has told that it begins, and sleeps. */
static pid_t one_that_waits(const char *name) {
    int ends[2];
    char told;
    CHECK(pipe(ends) == 0);
    const pid_t child = fork();
    if (child == 0) {
        struct flock l = {.l_type = F_WRLCK};
        const int mine = open(name, O_RDWR);
        if (write(ends[1], "", 1) != 1)
            _exit(2);
        _exit(fcntl(mine, F_SETLKW, &l) == 0 ? 0 : 1);
    }
    close(ends[1]);
    CHECK(read(ends[0], &told, 1) == 1);
    close(ends[0]);
    while (is_running(child))
        sched_yield();
    return child;
}

static void locks(void) {
    int fd = new_file("locks", "text");
    CHECK(lock(fd, F_WRLCK, 10, 10) == 0);
    CHECK(other_locks("locks", F_RDLCK, 15, 1) == 1 && other_locks("locks", F_RDLCK, 20, 0) == 0);
    CHECK(lock(fd, F_UNLCK, 15, 1) == 0 && other_locks("locks", F_WRLCK, 15, 1) == 0 &&
          other_locks("locks", F_WRLCK, 14, 1) == 1 && other_locks("locks", F_WRLCK, 16, 1) == 1);
    CHECK(lock(fd, F_RDLCK, 0, 0) == 0 && other_locks("locks", F_RDLCK, 0, 0) == 0 &&
          other_locks("locks", F_WRLCK, 1000000, 1) == 1);
    close(open("locks", O_RDONLY | O_CLOEXEC)); /* ends them, so POSIX wants it */
    CHECK(other_locks("locks", F_WRLCK, 0, 0) == 0);
    CHECK(flock(fd, LOCK_EX) == 0 && lock(fd, F_WRLCK, 0, 0) == 0); /* of two kinds, that do not see each other */
    int other = open("locks", O_RDWR | O_CLOEXEC);
    FAILS(flock(other, LOCK_SH | LOCK_NB), EWOULDBLOCK);
    CHECK(flock(fd, LOCK_UN) == 0 && flock(other, LOCK_EX | LOCK_NB) == 0);
    close(other);
    /* Who waits gets it when it is given back. */
    CHECK(lock(fd, F_WRLCK, 0, 0) == 0);
    int status = -1;
    const pid_t child = one_that_waits("locks");
    CHECK(lock(fd, F_UNLCK, 0, 0) == 0);
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(fd);
    CHECK(unlink("locks") == 0);
}

/* Who waits for a lock can be killed. */
static void waits_in_vain(void) {
    int fd = new_file("vain", NULL), status = -1;
    CHECK(lock(fd, F_WRLCK, 0, 0) == 0);
    const pid_t child = one_that_waits("vain");
    kill(child, SIGKILL);
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
    close(fd);
    CHECK(unlink("vain") == 0);
}

/* ---- the same directory by another way -------------------------------------------------------------------------- */

static int there(const char *name, int flags) { return openat(same, name, flags | O_CLOEXEC, 0644); }

static void seen_by_others(void) {
    int fd = new_file("shared", "one"), other = there("shared", O_RDWR);
    CHECK(has(other, "one"));
    close(other);
    CHECK(pwrite(fd, "two and more", 12, 0) == 12 && fsync(fd) == 0);
    other = there("shared", O_RDWR); /* opened after it was written */
    CHECK(size_of(other) == 12 && has(other, "two and more"));
    CHECK(ftruncate(other, 0) == 0 && pwrite(other, "there", 5, 0) == 5);
    close(other);
    int again = open("shared", O_RDWR | O_CLOEXEC);
    CHECK(size_of(again) == 5 && has(again, "there"));
    /* Same size, and under a lock: what is in the cache is not believed. */
    other = there("shared", O_RDWR);
    CHECK(lock(other, F_WRLCK, 0, 0) == 0);
    CHECK(other_locks("shared", F_RDLCK, 0, 0) == 1);
    CHECK(pwrite(other, "THERE", 5, 0) == 5 && lock(other, F_UNLCK, 0, 0) == 0);
    CHECK(lock(fd, F_RDLCK, 0, 0) == 0 && has(fd, "THERE") && has(again, "THERE"));
    CHECK(lock(fd, F_UNLCK, 0, 0) == 0);
    close(again);
    close(fd);
    close(other);
    /* Names. */
    CHECK(unlinkat(same, "shared", 0) == 0);
    FAILS(open("shared", O_RDONLY), ENOENT);
    fd = open("shared", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    CHECK(fd >= 0);
    FAILS(there("shared", O_RDWR | O_CREAT | O_EXCL), EEXIST);
    close(fd);
    make("next", "next");
    CHECK(rename("next", "shared") == 0);
    other = there("shared", O_RDONLY);
    CHECK(has(other, "next"));
    close(other);
    CHECK(unlink("shared") == 0);
}

int main(int argc, char **argv) {
    if (argc > 2)
        same = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (argc < 2 || (argc > 2 && same < 0) || chdir(argv[1]) != 0) {
        fputs("usage: files DIRECTORY [SAME]\n", stderr);
        return 2;
    }
    making();
    contents();
    large();
    mapped();
    removed_while_open();
    renaming();
    links();
    times();
    directories();
    many_open();
    locks();
    waits_in_vain();
    if (same >= 0)
        seen_by_others();
    return failures != 0;
}

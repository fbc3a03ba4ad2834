/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * abuse.c - asks a manager of files, on a host of its own, all that nobody should ask, and looks whether the answers are those of spec/uio.md.
 *
 *     net-uio-abuse INTERFACE PREFIX DIRECTORY OPENS
 *
 * PREFIX is served read-write from DIRECTORY, in which this program makes and changes files behind the manager's back.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vipc/host.h>
#include <vuio/client.h>

#define OCTETS 100000u
#define LARGE_OCTETS (8u << 20)
#define RACES 4000u

static vmtp_host *host;
static vipc *ipc;
static vname_resolver *names;
static struct uio_client one, two; /* two programs */
static const char *prefix, *directory;
static uint8_t area[1u << 20];
static int failures;

#define EXPECT(is, wanted)                                                                                             \
    do {                                                                                                               \
        const unsigned long long is_ = (unsigned long long)(is), wanted_ = (unsigned long long)(wanted);               \
        if (is_ != wanted_) {                                                                                          \
            fprintf(stderr, "line %d: %s is %#llx, not %#llx\n", __LINE__, #is, is_, wanted_);                         \
            failures++;                                                                                                \
        }                                                                                                              \
    } while (0)

/* ---- a Request made by hand ------------------------------------------------------------------------------------- */

static struct vmtp_message said;
static uint32_t said_octets;

/* The ResponseCode; 0xffffffff: there was no Response. */
static uint32_t ask(vmtp_entity server, uint32_t code, const uint32_t words[7], const void *segment, uint32_t size) {
    struct vipc_call call = {.message = {.server = server, .code = code},
                             .segment = segment,
                             .segment_size = size,
                             .area = area,
                             .capacity = sizeof area,
                             .deadline = vipc_now(ipc) + 10 * VMTP_SECOND};
    memcpy(call.message.words, words, sizeof call.message.words);
    const int result = vipc_call_wait(ipc, &call);
    said = call.answer;
    said_octets = call.received;
    return result ? 0xffffffffu : said.code & VMTP_CODE_MASK;
}

#define CODE(name) ((name)&VMTP_CODE_MASK)
#define ASK(handle, code, segment, size, ...)                                                                          \
    ask((handle)->manager, code, (const uint32_t[7]){(handle)->instance.number, __VA_ARGS__}, segment, size)

/* ---- names and files -------------------------------------------------------------------------------------------- */

static const char *path_of(const char *name) {
    static char paths[4][1024];
    static unsigned at;
    char *path = paths[at++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", directory, name);
    return path;
}

static void make_file(const char *name, uint32_t octets) {
    FILE *f = fopen(path_of(name), "w");
    for (uint32_t i = 0; f && i < octets; i++)
        fputc((int)(i * 7 + i / 251) & 0xff, f);
    EXPECT(f && fclose(f) == 0, 1);
}

static int create(struct uio_client *client, struct uio_handle *handle, const char *name, uint32_t mode) {
    static uint8_t room[UIO_LARGE_ROOM];
    static struct uio_named named;
    char whole[1024];
    snprintf(whole, sizeof whole, "%s/%s", prefix, name);
    memset(&named, 0, sizeof named);
    named.name = whole;
    named.name_length = strlen(whole);
    named.deadline = vipc_now(ipc) + 10 * VMTP_SECOND;
    named.room = room;
    named.room_size = sizeof room;
    memset(handle, 0, sizeof *handle);
    return uio_named_wait(&named, uio_create(client, &named, handle, mode, 0644));
}

static void release(struct uio_handle *handle) {
    struct uio_call call = {.deadline = VMTP_NEVER};
    EXPECT(uio_call_wait(&call, uio_release(handle, &call, 0)), 0);
}

static int read_at(struct uio_handle *handle, uint64_t octet, uint32_t octets, struct uio_call *call) {
    uint64_t block;
    uint32_t offset;
    *call = (struct uio_call){.deadline = vipc_now(ipc) + 10 * VMTP_SECOND};
    EXPECT(uio_position(handle, octet, &block, &offset), 0);
    return uio_call_wait(call, uio_read(handle, call, block, offset, area, octets));
}

/* Others are served as ever. */
static void others_are_served(struct uio_client *client) {
    struct uio_handle handle;
    struct uio_call call;
    EXPECT(create(client, &handle, "file", UIO_MODE_READ), 0);
    EXPECT(read_at(&handle, 1000, 1, &call), 0);
    EXPECT(area[0], (1000 * 7 + 1000 / 251) & 0xff);
    release(&handle);
}

/* ---- numbers of blocks, counts, modes --------------------------------------------------------------------------- */

/* UIO-6.1-03, UIO-6.1-04 */
static void reads(void) {
    struct uio_handle h;
    EXPECT(create(&one, &h, "file", UIO_MODE_READ), 0);
    static const uint32_t past[][2] = {{0, OCTETS / 16384 + 1},  {0, 0xffffffff}, {1, 0},
                                       {0x7fffffff, 0xffffffff}, {0x80000000, 0}, {0xffffffff, 0xffffffff}};
    for (unsigned i = 0; i < sizeof past / sizeof *past; i++) {
        EXPECT(ASK(&h, UIO_READ_INSTANCE, NULL, 0, past[i][0], past[i][1], 0, 512), VMTP_OK);
        EXPECT(said_octets, 0);
        EXPECT(said.words[3], UIO_END);
    }
    EXPECT(ASK(&h, UIO_READ_INSTANCE, NULL, 0, 0, 0, 0, 0), CODE(UIO_BAD_COUNT));
    EXPECT(ASK(&h, UIO_READ_INSTANCE, NULL, 0, 0, 0, 0, 0xffffffff), CODE(UIO_BAD_COUNT));
    EXPECT(ASK(&h, UIO_READ_INSTANCE, NULL, 0, 0, 0, 0, UIO_TRANSFER_OCTETS), CODE(UIO_BAD_COUNT));
    EXPECT(ASK(&h, UIO_READ_INSTANCE, NULL, 0, 0, 0, 16384, 1), CODE(UIO_BAD_BLOCK));
    EXPECT(ASK(&h, UIO_READ_INSTANCE, NULL, 0, 0, 0, 0xffffffff, 1), CODE(UIO_BAD_BLOCK));
    EXPECT(ASK(&h, UIO_WRITE_INSTANCE, "x", 1, 0, 0, 0, 0), CODE(UIO_NOT_WRITEABLE));
    release(&h);
}

/* UIO-6.2-06, UIO-2.2-02 */
static void writes(void) {
    struct uio_handle h;
    EXPECT(create(&one, &h, "written", UIO_MODE_WRITE | UIO_MODE_CREATE), 0);
    EXPECT(ASK(&h, UIO_READ_INSTANCE, NULL, 0, 0, 0, 0, 512), CODE(UIO_NOT_READABLE));
    EXPECT(ASK(&h, UIO_WRITE_INSTANCE, NULL, 0, 0, 0, 0, 0), CODE(UIO_BAD_COUNT));
    EXPECT(ASK(&h, UIO_WRITE_INSTANCE, "x", 1, 0xffffffff, 0xffffffff, 0, 0), CODE(UIO_TOO_LARGE));
    EXPECT(ASK(&h, UIO_WRITE_INSTANCE, "x", 1, 0x7fffffff, 0xffffffff, 0, 0), CODE(UIO_TOO_LARGE));
    EXPECT(ASK(&h, UIO_WRITE_INSTANCE, "x", 1, 0, 0, 0, 0xfff0), CODE(UIO_UNSUPPORTED));
    EXPECT(ASK(&h, UIO_WRITE_INSTANCE, "x", 1, 0, 0, 99999, 0), CODE(UIO_BAD_BLOCK));
    EXPECT(ASK(&h, UIO_MODIFY_INSTANCE, NULL, 0, UIO_MASK_SIZE, 0, 0, 0), CODE(UIO_BAD_REQUEST));
    EXPECT(ASK(&h, UIO_MODIFY_INSTANCE, NULL, 0, 0x80000000, 0, 0, 0), CODE(UIO_UNSUPPORTED));
    EXPECT(ASK(&h, UIO_CONTROL_INSTANCE, NULL, 0, 77, 0, 0, 0), CODE(UIO_UNSUPPORTED));
    EXPECT(ask(h.manager, UIO_CONTROL_INSTANCE + 9, (const uint32_t[7]){h.instance.number}, NULL, 0), VMTP_ERROR);
    struct stat st;
    EXPECT(stat(path_of("written"), &st), 0);
    EXPECT(st.st_size, 0); /* UIO-4-05 */
    release(&h);
}

/* UIO-2.3-03, UIO-2.3-04 */
static void instances(void) {
    struct uio_handle h, other;
    struct uio_call call;
    EXPECT(create(&one, &h, "file", UIO_MODE_READ), 0);
    EXPECT(uio_attach(&two, &other, h.manager, h.instance.number), 0); /* another program, that was given the number */
    call = (struct uio_call){.deadline = VMTP_NEVER};
    EXPECT(uio_call_wait(&call, uio_query(&other, &call, area)), 0);
    EXPECT(read_at(&other, 0, 512, &call), 0);
    EXPECT(call.octets, 512);
    uio_detach(&other);
    static const uint32_t numbers[] = {0, 1, 0xffffffff};
    for (unsigned i = 0; i < 3; i++)
        EXPECT(ask(h.manager, UIO_READ_INSTANCE, (const uint32_t[7]){numbers[i], 0, 0, 0, 512}, NULL, 0),
               CODE(UIO_STALE));
    for (uint32_t i = 1; i < 2000; i++) /* those beside it are nobody's */
        EXPECT(ask(h.manager, UIO_QUERY_INSTANCE, (const uint32_t[7]){h.instance.number + i}, NULL, 0), CODE(UIO_STALE));
    EXPECT(ASK(&h, UIO_RELEASE_INSTANCE, NULL, 0, 0), VMTP_OK);
    EXPECT(ASK(&h, UIO_RELEASE_INSTANCE, NULL, 0, 0), CODE(UIO_STALE));
    EXPECT(ASK(&h, UIO_READ_INSTANCE, NULL, 0, 0, 0, 0, 512), CODE(UIO_STALE));
    EXPECT(read_at(&h, 0, 512, &call), UIO_STALE);
    EXPECT(h.gone, UIO_STALE);
    uio_detach(&h);
}

/* UIO-6.5-04, UIO-6.5-05, UIO-6.5-09: a lock that is never released is in the way of locks, and of nothing else */
static void locks(void) {
    struct uio_handle keeps, wants;
    struct uio_call call = {.deadline = VMTP_NEVER};
    const struct uio_range range = {.first = 10, .count = 5};
    const uint8_t beyond[16] = {0x80};
    EXPECT(create(&one, &keeps, "file", UIO_MODE_READ | UIO_MODE_WRITE), 0);
    EXPECT(create(&two, &wants, "file", UIO_MODE_READ | UIO_MODE_WRITE), 0);
    EXPECT(uio_call_wait(&call, uio_lock(&keeps, &call, UIO_LOCK_EXCLUSIVE, 1, &range)), 0);
    call = (struct uio_call){.deadline = VMTP_NEVER, .milliseconds = 50};
    EXPECT(uio_call_wait(&call, uio_lock(&wants, &call, UIO_LOCK_SHARED, 1, &range)), UIO_LOCKED);
    EXPECT(call.range.owner, one.owner);
    EXPECT(call.range.first, 10);
    EXPECT(read_at(&wants, 0, 512, &call), 0);
    EXPECT(ASK(&wants, UIO_LOCK_INSTANCE, beyond, 16, 1, 0, 0), CODE(UIO_BAD_COUNT));
    EXPECT(ASK(&wants, UIO_LOCK_INSTANCE, beyond, 3, 1, 0, 0), CODE(UIO_BAD_REQUEST));
    EXPECT(ASK(&wants, UIO_LOCK_INSTANCE, (const uint8_t[16]){0}, 16, 99, 0, 0), CODE(UIO_BAD_COUNT));
    release(&keeps); /* UIO-6.5-08 */
    call = (struct uio_call){.deadline = VMTP_NEVER};
    EXPECT(uio_call_wait(&call, uio_lock(&wants, &call, UIO_LOCK_EXCLUSIVE, 1, &range)), 0);
    release(&wants);
}

/* ---- names that lead outside ------------------------------------------------------------------------------------ */

/* UIO-9.1-01 */
static void outside(void) {
    struct uio_handle h;
    static const char *const bad[] = {"../outside/secret", "sub/../../outside/secret", "out", "outdir/secret",
                                      "absolute",          "sub/up/outside/secret"};
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        EXPECT(create(&one, &h, bad[i], UIO_MODE_READ), VMTP_NO_PERMISSION);
        uio_detach(&h);
    }
    EXPECT(create(&one, &h, "outdir/new", UIO_MODE_WRITE | UIO_MODE_CREATE), VMTP_NO_PERMISSION);
    EXPECT(create(&one, &h, "none", UIO_MODE_READ), VNAME_NOT_FOUND);
    EXPECT(create(&one, &h, "fifo", UIO_MODE_READ), UIO_UNSUPPORTED); /* UIO-9.1-03 */
}

/* A directory and a link that leads outside take turns under one name, as fast as they can. */
static pid_t swap_all_the_time(void) {
    const pid_t child = fork();
    if (child != 0)
        return child;
    for (;;) {
        if (renameat2(AT_FDCWD, path_of("swap"), AT_FDCWD, path_of("outdir"), RENAME_EXCHANGE) != 0)
            _exit(1);
    }
}

static void race(void) {
    const pid_t child = swap_all_the_time();
    unsigned inside = 0, refused = 0;
    for (unsigned i = 0; i < RACES || ((!inside || !refused) && i < 1000 * RACES); i++) {
        struct uio_handle h;
        struct uio_call call;
        const int result = create(&one, &h, "swap/secret", UIO_MODE_READ);
        if (result != 0) {
            refused++;
            EXPECT(result == (int)VMTP_NO_PERMISSION || result == (int)UIO_BUSY, 1);
            continue;
        }
        EXPECT(read_at(&h, 0, 100, &call), 0);
        EXPECT(memcmp(area, "inside", 6), 0);
        inside++;
        release(&h);
    }
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    struct stat st;
    if (lstat(path_of("outdir"), &st) == 0 && S_ISDIR(st.st_mode))
        EXPECT(renameat2(AT_FDCWD, path_of("swap"), AT_FDCWD, path_of("outdir"), RENAME_EXCHANGE), 0);
    printf("race: %u inside, %u refused\n", inside, refused);
    EXPECT(inside > 0, 1);
    EXPECT(refused > 0, 1);
}

/* ---- files that change ------------------------------------------------------------------------------------------ */

/* UIO-9.1-04 */
static void truncated(void) {
    struct uio_handle h;
    struct uio_call call;
    make_file("shrinks", LARGE_OCTETS);
    EXPECT(create(&one, &h, "shrinks", UIO_MODE_READ), 0);
    const uint32_t most = h.instance.max_transfer < sizeof area ? h.instance.max_transfer : (uint32_t)sizeof area;
    EXPECT(read_at(&h, 0, most, &call), 0);
    EXPECT(call.octets, most);
    EXPECT(truncate(path_of("shrinks"), (off_t)most + 100), 0);
    EXPECT(read_at(&h, most, most, &call), 0);
    EXPECT(call.octets, 100);
    EXPECT(call.flags & UIO_END, UIO_END);
    EXPECT(read_at(&h, 4 * (uint64_t)most, most, &call), 0);
    EXPECT(call.octets, 0);
    EXPECT(truncate(path_of("shrinks"), 0), 0);
    EXPECT(read_at(&h, 0, most, &call), 0);
    EXPECT(call.octets, 0);
    EXPECT(unlink(path_of("shrinks")), 0); /* it lives on */
    EXPECT(read_at(&h, 0, most, &call), 0);
    release(&h);
}

/* ---- too many --------------------------------------------------------------------------------------------------- */

/* UIO-2.3-07: one client opens and opens; it is told so, and others are not affected */
static void opens(unsigned count) {
    static struct uio_handle handles[4096];
    unsigned open_now = 0, refused = 0;
    for (unsigned i = 0; i < count; i++) {
        struct uio_handle *h = &handles[open_now];
        const int result = create(&one, h, "file", UIO_MODE_READ);
        if (result == 0)
            open_now++;
        else
            refused += result == (int)UIO_TOO_MANY;
        if (open_now == 4096) {
            fputs("it never says that these are too many\n", stderr);
            failures++;
            break;
        }
        if (i % 5000 == 4999)
            others_are_served(&two);
    }
    EXPECT(open_now + refused, count);
    printf("opens: %u were had, %u refused\n", open_now, refused);
    for (unsigned i = 0; i < open_now; i++)
        release(&handles[i]);
    others_are_served(&one);
}

/* ----------------------------------------------------------------------------------------------------------------- */

static int begin(const char *interface_name) {
    struct vmtp_host_config config;
    char error[256] = "";
    vmtp_host_config_init(&config);
    config.interface_name = interface_name;
    int result = vmtp_host_open(&host, &config, error, sizeof error);
    if (result == 0)
        result = vipc_host_open(&ipc, host);
    if (result == 0)
        result = vname_open(&names, ipc, NULL);
    if (result == 0)
        result = uio_client_open(&one, names);
    if (result == 0)
        result = uio_client_open(&two, names);
    if (result != 0)
        fprintf(stderr, "cannot begin: %s %s\n", vmtp_error_text(result), error);
    return result;
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fputs("usage: net-uio-abuse INTERFACE PREFIX DIRECTORY OPENS\n", stderr);
        return 2;
    }
    prefix = argv[2];
    directory = argv[3];
    if (begin(argv[1]) != 0)
        return 1;
    make_file("file", OCTETS);
    reads();
    writes();
    instances();
    locks();
    outside();
    race();
    truncated();
    opens((unsigned)strtoul(argv[4], NULL, 10));
    others_are_served(&two);
    EXPECT(uio_client_close(&one, vipc_now(ipc) + VMTP_SECOND), 0);
    EXPECT(uio_client_close(&two, vipc_now(ipc) + VMTP_SECOND), 0);
    vname_close(names);
    vipc_close(ipc);
    vmtp_host_close(host);
    return failures != 0;
}

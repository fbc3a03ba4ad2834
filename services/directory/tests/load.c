/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * load.c - a program for tests/net: a client of directories that remembers what it was promised.
 *
 *   directory-load -i IFACE load TAG SECONDS FILE     registers, repeats, moves, unregisters and looks up prefixes below /load/TAG for so
 *                                                     long, or until SIGTERM, and compares each answer with those before; then writes
 *                                                     to FILE what must be stored now
 *   directory-load -i IFACE verify TAG FILE           compares what LookupName and ListRegistered say with that
 *   directory-load -i IFACE ask WHAT [PREFIX]         one Request (find, lookup, register, unregister, list): prints the ResponseCode, or
 *                                                     "silence"; to all directories, or to one with -d
 *
 * -t MS      how long an operation may take, with all its repetitions (default 20000): the client's deadline
 * -d ENTITY  the directory; without it the client finds one, and another one when that does not answer
 *
 * Exit code 1: an operation failed, or an answer was not what it has to be.
 */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vipc/host.h>
#include <vmtp/wire.h>
#include <vnaming/name.h>

#define ATTEMPT (1500 * VMTP_MILLISECOND)
#define PREFIXES 4096u

enum state { UNUSED, REGISTERED, GONE, UNKNOWN };

struct entry {
    enum state state;
    uint32_t generation;
    vmtp_entity manager;
};

static struct client {
    vmtp_host *host;
    vipc *ipc;
    vmtp_entity directory, fixed;
    vmtp_time patience, slowest;
    const char *tag;
    uint64_t random, operations, retries, errors, wrong;
    uint32_t used;
    struct entry entries[PREFIXES];
    struct vipc_call call; /* the last one */
    uint8_t area[VNAME_LIST_OCTETS];
} c;

static volatile sig_atomic_t stopped;

static void on_signal(int number) {
    (void)number;
    stopped = 1;
}

static uint32_t pick(uint32_t below) {
    c.random = c.random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(c.random >> 33) % below;
}

/* ---- Requests ------------------------------------------------------------------------------------------------------ */

/* The result of vipc_call_wait. */
static int ask_once(vmtp_entity server, uint32_t code, const void *segment, uint32_t size, vmtp_time deadline) {
    c.call = (struct vipc_call){.segment = segment, .segment_size = size, .area = c.area, .capacity = sizeof c.area};
    c.call.message.server = server;
    c.call.message.code = code;
    c.call.deadline = deadline;
    return vipc_call_wait(c.ipc, &c.call);
}

static uint32_t answer_code(void) { return c.call.answer.code & VMTP_CODE_MASK; }

static void find(vmtp_time now) {
    if (c.fixed)
        c.directory = c.fixed;
    else if (ask_once(VNAME_DIRECTORY, VNAME_FIND_DIRECTORY, NULL, 0, now + VMTP_SECOND) == 0)
        c.directory = c.call.answer.server;
}

/* Until somebody answers who is sure: the ResponseCode, or UINT32_MAX when the time is over.  *tries: how often it was sent. */
static uint32_t ask(uint32_t code, const void *segment, uint32_t size, unsigned *tries) {
    vmtp_time begin = vipc_now(c.ipc), now = begin, took;
    uint32_t answer = UINT32_MAX;
    *tries = 0;
    c.operations++;
    for (; answer == UINT32_MAX && now < begin + c.patience; now = vipc_now(c.ipc)) {
        if (!c.directory) {
            find(now);
            continue;
        }
        ++*tries;
        int rc = ask_once(c.directory, code, segment, size, now + ATTEMPT);
        if (rc == 0 && answer_code() != VNAME_UNAVAILABLE && answer_code() != VMTP_BUSY) {
            answer = answer_code();
        } else {
            c.directory = 0;
            c.retries++;
        }
    }
    took = now - begin;
    c.slowest = took > c.slowest ? took : c.slowest;
    if (answer == UINT32_MAX)
        c.errors++;
    return answer;
}

/* ---- prefixes ------------------------------------------------------------------------------------------------------ */

static uint32_t name_of(char prefix[64], uint32_t index) {
    return (uint32_t)snprintf(prefix, 64, "/load/%s/%" PRIu32, c.tag, index);
}

static uint64_t owner(void) {
    uint64_t sum = 1;
    for (const char *p = c.tag; *p; p++)
        sum = sum * 257 + (uint8_t)*p;
    return sum;
}

static uint32_t encode(uint8_t *octets, const char *prefix, uint32_t size, vmtp_entity manager) {
    struct vname_record r = {
        .prefix = prefix, .prefix_length = (uint16_t)size, .manager = manager, .generation = 1, .owner = owner()};
    return vname_record_encode(octets, VNAME_RECORD_OCTETS, &r);
}

static void complain(const char *prefix, const char *what, uint32_t code, const struct entry *e) {
    struct vname_record told = {0};
    vname_record_decode(&told, c.area, c.call.received);
    printf("WRONG %s: %s answers 0x%06" PRIx32 " generation %" PRIu32 " manager %016" PRIx64
           ", after state %d generation %" PRIu32 " manager %016" PRIx64 "\n",
           prefix, what, code, told.generation, told.manager, (int)e->state, e->generation, e->manager);
    c.wrong++;
}

/* Whether the answer's record is the one of this entry. */
static int tells(const struct entry *e) {
    struct vname_record told;
    return vname_record_decode(&told, c.area, c.call.received) != 0 && told.generation == e->generation &&
           told.manager == e->manager && told.owner == owner();
}

static void do_register(uint32_t index, vmtp_entity manager) {
    struct entry *e = &c.entries[index], next = {REGISTERED, e->generation, manager};
    uint8_t octets[VNAME_RECORD_OCTETS];
    char prefix[64];
    unsigned tries;
    uint32_t size = name_of(prefix, index);
    if (e->state != REGISTERED || e->manager != manager)
        next.generation++;
    uint32_t code = ask(VNAME_REGISTER, octets, encode(octets, prefix, size, manager), &tries);
    if (code == UINT32_MAX) {
        e->state = UNKNOWN;
        return;
    }
    if (code != VMTP_OK || !tells(&next))
        complain(prefix, "RegisterName", code, e);
    *e = next;
}

static void do_unregister(uint32_t index) {
    struct entry *e = &c.entries[index];
    uint8_t octets[VNAME_RECORD_OCTETS];
    char prefix[64];
    unsigned tries;
    uint32_t size = name_of(prefix, index);
    uint32_t code = ask(VNAME_UNREGISTER, octets, encode(octets, prefix, size, 16), &tries);
    int was_done = code == VNAME_NOT_FOUND && (tries > 1 || e->state == GONE); /* by a Request whose answer did not come */
    if (code != UINT32_MAX && !was_done && (code != VMTP_OK || e->state != REGISTERED || !tells(e)))
        complain(prefix, "UnregisterName", code, e);
    e->state = code == UINT32_MAX ? UNKNOWN : GONE;
}

static void do_lookup(uint32_t index) {
    struct entry *e = &c.entries[index];
    char prefix[64];
    unsigned tries;
    uint32_t size = name_of(prefix, index);
    uint32_t code = ask(VNAME_LOOKUP, prefix, size, &tries);
    if (code == UINT32_MAX)
        return;
    if (code != (e->state == REGISTERED ? VMTP_OK : VNAME_NOT_FOUND) || (code == VMTP_OK && !tells(e)))
        complain(prefix, "LookupName", code, e);
}

/* ---- load ---------------------------------------------------------------------------------------------------------- */

static void step(void) {
    uint32_t what = pick(16), index = c.used > 0 ? pick(c.used) : 0;
    if ((what < 7 && c.used < PREFIXES) || c.used == 0)
        do_register(c.used++, 0x100 + pick(64));
    else if (c.entries[index].state == UNKNOWN)
        return; /* its time was over: nobody knows */
    else if (what < 9)
        do_register(index, c.entries[index].manager);
    else if (what < 11)
        do_register(index, 0x100 + pick(64));
    else if (what < 12)
        do_unregister(index);
    else
        do_lookup(index);
}

static int save(const char *name) {
    FILE *file = fopen(name, "w");
    if (!file)
        return -1;
    for (uint32_t i = 0; i < c.used; i++)
        fprintf(file, "%d %" PRIu32 " %" PRIx64 "\n", (int)c.entries[i].state, c.entries[i].generation,
                c.entries[i].manager);
    return fclose(file);
}

static int report(void) {
    printf("operations=%" PRIu64 " retries=%" PRIu64 " errors=%" PRIu64 " wrong=%" PRIu64 " prefixes=%" PRIu32
           " slowest=%" PRIu64 "ms\n",
           c.operations, c.retries, c.errors, c.wrong, c.used, c.slowest / VMTP_MILLISECOND);
    return c.errors || c.wrong || c.operations == 0;
}

static int load(unsigned seconds, const char *file) {
    vmtp_time end = vipc_now(c.ipc) + seconds * VMTP_SECOND;
    c.random = owner();
    puts("ready");
    fflush(stdout);
    while (!stopped && vipc_now(c.ipc) < end)
        step();
    if (save(file) != 0) {
        perror(file);
        return 1;
    }
    return report();
}

/* ---- verify -------------------------------------------------------------------------------------------------------- */

static int read_saved(const char *name) {
    FILE *file = fopen(name, "r");
    int state;
    if (!file)
        return -1;
    for (struct entry *e = c.entries; c.used < PREFIXES; c.used++, e++) {
        if (fscanf(file, "%d %" SCNu32 " %" SCNx64, &state, &e->generation, &e->manager) != 3)
            break;
        e->state = (enum state)state;
    }
    return fclose(file);
}

/* How many of ours are listed; -1: no answer. */
static int64_t count_listed(void) {
    char last[VNAME_PREFIX_OCTETS], begin[64];
    uint32_t size = 0, length = (uint32_t)snprintf(begin, sizeof begin, "/load/%s/", c.tag);
    int64_t count = 0;
    unsigned tries;
    do {
        struct vname_record r;
        if (ask(VNAME_LIST_REGISTERED, last, size, &tries) != VMTP_OK)
            return -1;
        struct vname_list list = vname_list_of(c.area, c.call.received);
        while (vname_list_next(&list, &r)) {
            count += r.prefix_length > length && memcmp(r.prefix, begin, length) == 0;
            memcpy(last, r.prefix, r.prefix_length);
            size = r.prefix_length;
        }
    } while (c.call.answer.words[0] == 1);
    return count;
}

static int verify(const char *file) {
    int64_t registered = 0, unknown = 0, listed;
    if (read_saved(file) != 0) {
        perror(file);
        return 1;
    }
    for (uint32_t i = 0; i < c.used; i++) {
        registered += c.entries[i].state == REGISTERED;
        unknown += c.entries[i].state == UNKNOWN;
        if (c.entries[i].state != UNKNOWN)
            do_lookup(i);
    }
    listed = count_listed();
    if (listed < registered || listed > registered + unknown) {
        printf("WRONG: %" PRId64 " prefixes listed, %" PRId64 " are registered\n", listed, registered);
        c.wrong++;
    }
    return report();
}

/* ---- ask ----------------------------------------------------------------------------------------------------------- */

static int ask_what(const char *what, const char *prefix) {
    static const struct {
        const char *word;
        uint32_t code;
    } words[] = {{"find", VNAME_FIND_DIRECTORY},
                 {"lookup", VNAME_LOOKUP},
                 {"register", VNAME_REGISTER},
                 {"unregister", VNAME_UNREGISTER},
                 {"list", VNAME_LIST_REGISTERED}};
    uint8_t octets[VNAME_RECORD_OCTETS];
    uint32_t code = 0, size = (uint32_t)strlen(prefix);
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++)
        code = strcmp(what, words[i].word) == 0 ? words[i].code : code;
    if (code == 0)
        return 2;
    const void *segment = prefix;
    if (code == VNAME_REGISTER || code == VNAME_UNREGISTER) {
        size = encode(octets, prefix, size, 16);
        segment = octets;
    }
    size = code == VNAME_FIND_DIRECTORY ? 0 : size;
    vmtp_entity server = c.fixed ? c.fixed : VNAME_DIRECTORY;
    int rc = ask_once(server, code, segment, size, vipc_now(c.ipc) + c.patience);
    if (rc == 0)
        puts(vipc_result_name((int)answer_code()));
    else
        puts(rc == VMTP_USER_TIMEOUT || rc == VMTP_RETRANS_TIMEOUT ? "silence" : vipc_result_name(rc));
    return 0;
}

/* ---- the program --------------------------------------------------------------------------------------------------- */

static int open_node(const char *interface_name) {
    struct vmtp_host_config config;
    char error[256] = "";
    vmtp_host_config_init(&config);
    config.interface_name = interface_name;
    if (vmtp_host_open(&c.host, &config, error, sizeof error) != 0 || vipc_host_open(&c.ipc, c.host) != 0) {
        fprintf(stderr, "directory-load: %s\n", error);
        return -1;
    }
    return 0;
}

static int run(int count, char **words) {
    if (count == 4 && strcmp(words[0], "load") == 0) {
        c.tag = words[1];
        return load((unsigned)atoi(words[2]), words[3]);
    }
    if (count == 3 && strcmp(words[0], "verify") == 0) {
        c.tag = words[1];
        return verify(words[2]);
    }
    if (count >= 2 && strcmp(words[0], "ask") == 0) {
        c.tag = "ask";
        return ask_what(words[1], count > 2 ? words[2] : "");
    }
    fputs("usage: directory-load -i IFACE [-t MS] [-d ENTITY] load|verify|ask ...\n", stderr);
    return 2;
}

int main(int argc, char **argv) {
    const char *interface_name = "v0";
    struct sigaction action = {.sa_handler = on_signal};
    int option, code;
    c.patience = 20 * VMTP_SECOND;
    while ((option = getopt(argc, argv, "i:t:d:")) != -1) {
        if (option == 'i')
            interface_name = optarg;
        else if (option == 't')
            c.patience = strtoull(optarg, NULL, 10) * VMTP_MILLISECOND;
        else if (option != 'd' || vmtp_entity_parse(&c.fixed, optarg) != 0)
            return 2;
    }
    sigaction(SIGTERM, &action, NULL);
    if (open_node(interface_name) != 0)
        return 1;
    code = run(argc - optind, argv + optind);
    vipc_close(c.ipc);
    vmtp_host_close(c.host);
    return code;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The objects of the node in virtual time: what vnet up shows below its prefix, with files that may be changed. */
#define _XOPEN_SOURCE 700
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../services/file/file.h"
#include "../../services/log/log.h"
#include "../../services/pipe/pipe.h"
#include "../../services/programs/programs.h"
#include "../../services/time/time_manager.h"
#include "node_names.h"

struct sim_objects {
    uio_manager *manager;
    struct file_manager *files, *copy;
    struct pipe_manager *pipes;
    struct log_manager *log;
    struct time_manager *times;
    struct programs *programs;
    struct program itself;
};

/* Of the files, the copies and the log; as long as the node may begin anew. */
static char folder[64], files[80], copies[80], records[80];

static void put_copy(const char *name, const char *text) {
    char path[120];
    snprintf(path, sizeof path, "%s/%s", copies, name);
    FILE *out = fopen(path, "w");
    if (!out || fputs(text, out) < 0 || fclose(out) != 0)
        abort();
}

static void make_folder(void) {
    if (folder[0])
        return;
    strcpy(folder, access("/dev/shm", W_OK) == 0 ? "/dev/shm/objects-XXXXXX" : "/tmp/objects-XXXXXX");
    if (!mkdtemp(folder))
        abort();
    snprintf(files, sizeof files, "%s/files", folder);
    snprintf(copies, sizeof copies, "%s/copies", folder);
    snprintf(records, sizeof records, "%s/log", folder);
    if (mkdir(files, 0777) != 0 || mkdir(copies, 0777) != 0)
        abort();
    put_copy("one", "the same in two files\n");
    put_copy("two", "the same in two files\n");
    put_copy("other", &"not the same, but as long\n"[4]);
}

static int forget_one(const char *path, const struct stat *st, int kind, struct FTW *at) {
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

void sim_objects_forget(void) {
    if (folder[0])
        nftw(folder, forget_one, 8, FTW_DEPTH | FTW_PHYS);
    folder[0] = 0;
}

/* The clock of the node, as if it had been set to the year 2001 when the simulation began. */
static int64_t clock_now(void *context) {
    return 1000000000ll * 1000000000 + (int64_t)vipc_now(uio_manager_ipc(((struct sim_objects *)context)->manager));
}

static void must(int result) {
    if (result != 0)
        abort();
}

/* A prefix of its own for the copies. */
static void claim_copy(struct sim_objects *o) {
    const struct file_config config = {.directory = copies, .read_only = 1, .replica = 1};
    struct vname_manager_claim claim = {.prefix = SIM_COPY, .prefix_length = strlen(SIM_COPY), .again = 1};
    must(file_open(&o->copy, o->manager, &config));
    claim.context = file_context(o->copy);
    must(vname_manager_claim(uio_manager_names(o->manager), &claim));
}

static void attach(struct sim_objects *o, const char *name, uint32_t context, struct uio_object object) {
    must(uio_manager_attach(o->manager, file_context(o->files), name, strlen(name), context, &object));
}

struct sim_objects *sim_objects_open(uio_manager *manager, uint32_t *root) {
    struct sim_objects *o = calloc(1, sizeof *o);
    if (!o)
        abort();
    make_folder();
    const struct file_config config = {.directory = files};
    const struct pipe_config pipes = {.capacity = 16384};
    const struct log_config log = {.file = records, .octets = LOG_LEAST_OCTETS};
    const struct time_config times = {.now = clock_now, .resolution = 1, .delays = 4, .context = o};
    o->manager = manager;
    must(file_open(&o->files, manager, &config));
    must(pipe_open(&o->pipes, manager, &pipes));
    must(log_open(&o->log, manager, &log));
    must(time_manager_open(&o->times, manager, &times));
    must(programs_open(&o->programs, manager, NULL));
    attach(o, "pipe", pipe_context(o->pipes), pipe_descriptor(o->pipes));
    attach(o, "log", log_context(o->log), log_descriptor(o->log));
    attach(o, "time", time_manager_context(o->times), time_manager_descriptor(o->times));
    attach(o, "programs", programs_context(o->programs), programs_descriptor(o->programs));
    o->itself = (struct program){.entity = vname_manager_entity(uio_manager_names(manager)), .name = "objects"};
    must(programs_add(o->programs, &o->itself));
    claim_copy(o);
    *root = file_context(o->files);
    return o;
}

void sim_objects_close(struct sim_objects *o) {
    log_close(o->log);
    pipe_close(o->pipes);
    programs_close(o->programs);
    time_manager_close(o->times);
    file_close(o->files);
    file_close(o->copy);
    free(o);
}

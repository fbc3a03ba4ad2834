/* SPDX-License-Identifier: BSD-2-Clause */
#define _XOPEN_SOURCE 700
#include "node_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../services/directory/directory.h"
#include "link_sim.h"

struct sim_names {
    vipc *ipc;
    uio_manager *manager;
    struct sim_objects *objects;
    void *memory;
    vdir *directory;
    vdir_store *store;
};

/* ---- the directory -------------------------------------------------------------------------------------------------- */

static char folder[64]; /* where it stores; as long as the node may begin anew */

static void open_directory(struct sim_names *n) {
    struct vdir_options options;
    char file[96], error[256];
    vdir_options_init(&options);
    options.for_anybody = 1;
    if (!folder[0]) {
        strcpy(folder, access("/dev/shm", W_OK) == 0 ? "/dev/shm/node-XXXXXX" : "/tmp/node-XXXXXX");
        if (!mkdtemp(folder))
            abort();
    }
    snprintf(file, sizeof file, "%s/names", folder);
    if (vdir_sqlite_open(&n->store, file, error, sizeof error) != 0 ||
        vdir_create(&n->directory, n->ipc, n->store, &options) != 0)
        abort();
}

void sim_names_forget(void) {
    static const char *const endings[] = {"", "-wal", "-shm"};
    char file[96];
    sim_objects_forget();
    if (!folder[0])
        return;
    for (unsigned i = 0; i < 3; i++) {
        snprintf(file, sizeof file, "%s/names%s", folder, endings[i]);
        unlink(file);
    }
    rmdir(folder);
    folder[0] = 0;
}

/* ---- the manager ---------------------------------------------------------------------------------------------------- */

static void open_manager(struct sim_names *n) {
    struct uio_manager_config config;
    struct vname_manager_claim claim = {.prefix = SIM_PREFIX, .prefix_length = strlen(SIM_PREFIX), .again = 1};
    uio_manager_config_init(&config);
    config.names.owner = 0x6e6f6465;
    n->memory = malloc(uio_manager_footprint(&config));
    if (!n->memory || uio_manager_create(&n->manager, n->ipc, &config, n->memory) != 0)
        abort();
    n->objects = sim_objects_open(n->manager, &claim.context);
    if (vname_manager_claim(uio_manager_names(n->manager), &claim) != 0)
        abort();
}

struct sim_names *sim_names_open(vmtp_host *host, const struct sim_options *options) {
    struct sim_names *n = calloc(1, sizeof *n);
    if (!n || vipc_host_open(&n->ipc, host) != 0)
        abort();
    if (options->directory)
        open_directory(n);
    else
        open_manager(n);
    return n;
}

vipc *sim_names_ipc(struct sim_names *n) { return n && !n->directory ? n->ipc : NULL; }

void sim_names_turn(struct sim_names *n) {
    if (n && n->store)
        vdir_store_turn(n->store, vipc_now(n->ipc));
}

void sim_names_close(struct sim_names *n) {
    if (!n)
        return;
    vdir_destroy(n->directory);
    vdir_store_close(n->store);
    if (n->manager) {
        sim_objects_close(n->objects);
        uio_manager_destroy(n->manager);
    }
    vipc_close(n->ipc);
    free(n->memory);
    free(n);
}

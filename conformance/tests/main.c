/* SPDX-License-Identifier: BSD-2-Clause */
/* vconform against our own node in virtual time.  --defect NAME spoils it; --defect list tells which there are;
   --blind SITE leaves out one judgement; --teeth DIRECTORY tries all defects. */
#define _DEFAULT_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../files.h"
#include "../program.h"
#include "defects.h"
#include "link_sim.h"
#include "teeth.h"

static char directory[] = "/tmp/vconform-sim-XXXXXX", served[sizeof directory + 8];

static void remove_files(void) {
    vc_files_remove(served);
    rmdir(directory);
}

/* Their versions come from their times, and one seed is to have one result. */
static void set_times(void) {
    static const char *const files[] = {"pattern", "empty", "under/pattern"};
    static const struct timespec then[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
    char path[sizeof served + 20];
    for (unsigned i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", served, files[i]);
        utimensat(AT_FDCWD, path, then, 0);
    }
}

/* What the node is to serve; NULL: that cannot be. */
static const char *made_files(void) {
    if (!*served && mkdtemp(directory)) {
        snprintf(served, sizeof served, "%s/served", directory);
        atexit(remove_files);
    }
    if (!*served || vc_files_make(served) != 0)
        return NULL;
    set_times();
    return served;
}

static struct vc_link *open_sim(const struct vc_options *o, uint8_t node_mac[6], int *code, char *error, size_t size) {
    struct sim_options sim = {.seed = o->seed, .files = made_files(), .delay = 20 * VC_MICROSECOND};
    if (o->defect && !defect_choose(&sim, o->defect)) {
        snprintf(error, size, "no defect %s (--defect list)", o->defect);
        *code = VC_EXIT_USAGE;
        return NULL;
    }
    memcpy(node_mac, sim_node_mac, 6);
    struct vc_link *link = sim_open(&sim);
    if (link && o->objects)
        link->objects = o->objects;
    return link;
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "--defect") == 0 && strcmp(argv[2], "list") == 0) {
        defects_print(stdout);
        return 0;
    }
    if (argc >= 3 && strcmp(argv[1], "--teeth") == 0)
        return teeth(argv[2], made_files(), argv + 3, argc - 3);
    return vc_program(argc, argv, open_sim);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The directory. */
#include "internal.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/sysmacros.h>

#define BLOCK_OCTETS 16384u

static const struct uio_manager_type type = {.name = "file",
                                             .open = file_on_open,
                                             .query = file_on_query,
                                             .modify = file_on_modify,
                                             .remove = file_on_remove,
                                             .rename = file_on_rename,
                                             .create = file_on_create,
                                             .link = file_on_link,
                                             .storage = file_on_storage,
                                             .map = file_on_map,
                                             .forget = file_on_forget,
                                             .read = file_on_read,
                                             .write = file_on_write,
                                             .query_instance = file_on_query_instance,
                                             .modify_instance = file_on_modify_instance,
                                             .sync = file_on_sync,
                                             .commit = file_on_commit,
                                             .take_back = file_on_take_back,
                                             .release = file_on_release,
                                             .cancel = file_on_cancel};

static void ignore_limit(void) {
    struct sigaction old;
    if (sigaction(SIGXFSZ, NULL, &old) == 0 && !(old.sa_flags & SA_SIGINFO) && old.sa_handler == SIG_DFL)
        signal(SIGXFSZ, SIG_IGN);
}

/* The directory, and whether names can be found in it at all. */
static int open_root(struct file_manager *f, const char *directory) {
    struct statx st;
    f->root = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (f->root < 0 || file_stat(f->root, &st) < 0)
        return -1;
    f->device = makedev(st.stx_dev_major, st.stx_dev_minor);
    int fd = file_find(f, NULL, "", 0, 0);
    const int r = fd < 0 ? -1 : 0;
    file_shut(&fd);
    return r;
}

int file_open(struct file_manager **out, uio_manager *manager, const struct file_config *config) {
    struct file_manager *f = calloc(1, sizeof *f);
    *out = NULL;
    if (!f)
        return VMTP_E_MEMORY;
    f->manager = manager;
    f->config = *config;
    f->config.directory = NULL; /* the caller's */
    if (!f->config.block_size)
        f->config.block_size = BLOCK_OCTETS;
    const int bad = f->config.block_size > UIO_TRANSFER_OCTETS || f->config.threads > FILE_THREADS ||
                    (f->config.replica && !f->config.read_only);
    int r = bad ? VMTP_E_INVALID : 0;
    f->root = -1;
    if (r == 0 && open_root(f, config->directory) < 0)
        r = VMTP_E_SYSTEM;
    if (r == 0)
        r = file_workers_begin(f);
    if (r == 0)
        r = file_sums_begin(f);
    if (r == 0) {
        f->context = uio_manager_root(manager, &type, f);
        r = f->context ? 0 : VMTP_E_FULL;
    }
    if (r < 0) {
        file_free(f);
        return r;
    }
    file_sweep(f);
    ignore_limit();
    *out = f;
    return 0;
}

void file_free(struct file_manager *f) {
    if (!f)
        return;
    file_workers_end(f);
    file_sums_end(f);
    file_shut(&f->root);
    free(f);
}

void file_close(struct file_manager *f) {
    if (!f)
        return;
    uio_manager_unroot(f->manager, f->context);
    file_free(f);
}

uint32_t file_context(const struct file_manager *f) { return f->context; }

/* ---- counters ------------------------------------------------------------------------------------------------- */

const struct file_counters *file_counters(const struct file_manager *f) { return &f->counters; }

static const struct {
    const char *name, *text;
} names[] = {
#define NAMED(name, text) {#name, text},
    FILE_COUNTERS(NAMED)
#undef NAMED
};

const char *file_counter_name(unsigned which) { return which < FILE_COUNTER_COUNT ? names[which].name : NULL; }

const char *file_counter_text(unsigned which) { return which < FILE_COUNTER_COUNT ? names[which].text : NULL; }

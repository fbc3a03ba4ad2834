/* SPDX-License-Identifier: BSD-2-Clause */
/* vnet mount - objects of V as files of this system, by FUSE. */
#include "mount/mount.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vipc/host.h>

#include "text.h"
#include "vnet.h"

static const char usage[] = "mount NAME DIR -i IFACE [options]";
static const char about[] =
    "Mounts the context NAME on DIR, so that any program uses what is in it as files.  Needs /dev/fuse; without root "
    "also\n"
    "fusermount3.  Ends when it is unmounted (fusermount3 -u DIR) or interrupted, and unmounts then.  Prints\n"
    "    mounted NAME on DIR\n"
    "when it can be used.\n"
    "What another node changes is seen when a file is opened, when a lock is had, and at the latest after --cache; "
    "what is\n"
    "written is at the manager when write returns.  An operation that nobody answers ends with ETIMEDOUT after "
    "--patience\n"
    "at most, one on a file whose manager has lost it with EIO, unless it can be opened again by its name.";
static const char after[] = "Exit codes: 0 unmounted, 1 it failed, 2 wrong command line.\n"
                            "Example: vnet mount /storage /mnt -i eth0";

/* ---- the command line --------------------------------------------------------------------------------------------- */

static int check_directory(const char *directory) {
    struct stat st;
    if (stat(directory, &st) != 0)
        return vnet_fail("%s: %s", directory, strerror(errno));
    return S_ISDIR(st.st_mode) ? VNET_OK : vnet_fail("%s: %s", directory, strerror(ENOTDIR));
}

static int check(const struct mount_options *o, unsigned words) {
    if (words < 2)
        return vnet_misuse("say which name and where; usage: vnet %s", usage);
    if (vname_check_absolute(o->name, strlen(o->name)) != 0)
        return vnet_misuse("\"%s\" is no name: it must begin with a slash, be UTF-8 and have at most %u octets",
                           o->name, VNAME_NAME_OCTETS);
    if (o->mine && o->theirs)
        return vnet_misuse("--mine and --theirs contradict each other");
    if (o->patience == 0)
        return vnet_misuse("--patience 0 leaves nobody time to answer");
    return VNET_OK;
}

static enum option_outcome parse(struct mount_options *o, int argc, char **argv) {
    struct option_row common[COMMON_ROWS];
    const struct option_row rows[] = {
        {"cache", 0, OPTION_DURATION, &o->cache, "TIME", "how long names and attributes are believed (1 s)", 0, 0},
        {"patience", 0, OPTION_DURATION, &o->patience, "TIME", "how long an operation may take (15 s)", 0, 0},
        {"read-only", 'r', OPTION_FLAG, &o->read_only, NULL, "change nothing", 0, 0},
        {"write-through", 0, OPTION_FLAG, &o->write_through, NULL, "write returns when it is at the manager", 0, 0},
        {"mine", 0, OPTION_FLAG, &o->mine, NULL, "all belongs to who mounts (without root: the default)", 0, 0},
        {"theirs", 0, OPTION_FLAG, &o->theirs, NULL, "users and groups are those the manager tells (root: the default)",
         0, 0},
        {"allow-other", 0, OPTION_FLAG, &o->allow_other, NULL, "other users may use it, as permissions say", 0, 0},
        {"background", 'b', OPTION_FLAG, &o->background, NULL, "go on behind the caller's back when it is mounted", 0, 0},
        {0}};
    const struct option_page page = {usage, about, after, common, rows};
    const char *words[2] = {NULL, NULL};
    unsigned count;
    common_rows(common, &o->common);
    enum option_outcome outcome = options_parse(&page, argc, argv, words, 2, &count);
    o->name = words[0];
    o->directory = words[1];
    if (outcome == OPTIONS_GO && (check(o, count) != VNET_OK || common_require_interface(&o->common) < 0))
        outcome = OPTIONS_WRONG;
    return outcome;
}

/* ---- the name ------------------------------------------------------------------------------------------------------ */

static int set_root(struct mount *m, const char *name, size_t length) {
    while (length > 1 && name[length - 1] == '/')
        length--;
    memcpy(m->root_name, name, length);
    m->root_name[length] = 0;
    m->root_length = length;
    return VNET_OK;
}

/* Who has it, and is it a context?  Aliases are followed once, here. */
static int find_root(struct mount *m) {
    struct mount_op *op = calloc(1, sizeof *op);
    if (!op)
        return vnet_fail("%s", strerror(ENOMEM));
    op->named = (struct uio_named){
        .name = m->options->name, .name_length = strlen(m->options->name), .deadline = mount_deadline(m)};
    const int result = uio_named_wait(&op->named, uio_query_object(&m->client, &op->named, 0));
    int code = VNET_OK;
    if (result)
        code = vnet_fail("%s: %s", m->options->name, strerror(mount_errno(result)));
    else if (op->named.object.type != UIO_TYPE_CONTEXT)
        code = vnet_fail("%s is no context", m->options->name);
    else
        code = set_root(m, op->named.operation.full, op->named.operation.full_length);
    m->root->number = op->named.object.number;
    if (op->named.object.number)
        m->root->inode = op->named.object.number;
    free(op);
    return code;
}

/* ---- the node ------------------------------------------------------------------------------------------------------ */

#define CALLS 512u
#define RUNS 128u

static int open_client(struct mount *m) {
    int rc = vipc_host_open(&m->ipc, m->node.host);
    if (rc == 0)
        rc = vname_open(&m->names, m->ipc, NULL);
    if (rc == 0) {
        vname_inherit_environment(m->names);
        rc = uio_client_open(&m->client, m->names);
    }
    return rc == 0 ? VNET_OK : vnet_fail("%s", vmtp_error_text(rc));
}

static void end_client(struct mount *m) {
    if (m->client.names)
        uio_client_close(&m->client, vipc_now(m->ipc) + 2 * VMTP_SECOND);
    mount_ops_close(m);
    mount_nodes_close(m);
    vname_close(m->names);
    vipc_close(m->ipc);
}

static int run(struct mount *m) {
    struct vmtp_host_config config;
    if (check_directory(m->options->directory) != VNET_OK)
        return VNET_FAILED;
    vmtp_host_config_init(&config);
    config.call_entities = CALLS;
    config.engine.max_calls = CALLS;
    config.engine.max_runs = RUNS;
    int code = node_open(&m->node, &config, &m->options->common);
    if (code != VNET_OK)
        return code;
    code = mount_nodes_open(m) == 0 ? open_client(m) : vnet_fail("%s", strerror(ENOMEM));
    if (code == VNET_OK)
        code = find_root(m);
    if (code == VNET_OK)
        code = mount_run(m);
    end_client(m);
    return node_close(&m->node, code);
}

/* The exit code of the process that goes on, or of this one, when that has mounted. */
static int wait_for_ready(int ready, pid_t child) {
    char octet;
    int status;
    const ssize_t n = read(ready, &octet, 1);
    if (n == 1)
        return VNET_OK;
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
        return vnet_fail("it was ended before it had mounted");
    return WEXITSTATUS(status);
}

static int run_behind(struct mount *m) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return vnet_fail("cannot make a pipe: %s", strerror(errno));
    const pid_t child = fork();
    if (child < 0)
        return vnet_fail("cannot go behind: %s", strerror(errno));
    close(ends[child == 0 ? 0 : 1]);
    if (child > 0)
        return wait_for_ready(ends[0], child);
    setsid();
    m->ready = ends[1];
    return run(m);
}

int vnet_mount(int argc, char **argv) {
    static struct mount_options options = {.cache = VMTP_SECOND, .patience = 15 * VMTP_SECOND};
    static struct mount m;
    enum option_outcome outcome = parse(&options, argc, argv);
    if (outcome != OPTIONS_GO)
        return outcome == OPTIONS_DONE ? VNET_OK : VNET_USAGE;
    m.options = &options;
    m.user = getuid();
    m.group = getgid();
    m.mine = options.mine || (m.user != 0 && !options.theirs);
    m.ready = -1;
    return options.background ? run_behind(&m) : run(&m);
}

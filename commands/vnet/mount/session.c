/* SPDX-License-Identifier: BSD-2-Clause */
/* The session with the kernel: what is agreed with it, the loop, the end. */
#include "mount.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "../text.h"
#include "../vnet.h"

/* ---- what is agreed ---------------------------------------------------------------------------------------------- */

static void want(struct fuse_conn_info *conn, unsigned bits) { conn->want |= conn->capable & bits; }

static void on_init(void *context, struct fuse_conn_info *conn) {
    (void)context;
    conn->want &= ~(unsigned)(FUSE_CAP_AUTO_INVAL_DATA | FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE |
                              FUSE_CAP_WRITEBACK_CACHE);
    want(conn, FUSE_CAP_ASYNC_READ | FUSE_CAP_ATOMIC_O_TRUNC | FUSE_CAP_EXPLICIT_INVAL_DATA | FUSE_CAP_READDIRPLUS |
                   FUSE_CAP_READDIRPLUS_AUTO | FUSE_CAP_PARALLEL_DIROPS | FUSE_CAP_POSIX_LOCKS | FUSE_CAP_FLOCK_LOCKS);
    conn->max_write = MOUNT_WRITE_OCTETS;
    conn->max_background = MOUNT_OPERATIONS;
    conn->congestion_threshold = MOUNT_OPERATIONS * 3 / 4;
    conn->time_gran = 1;
}

/* ---- the loop ---------------------------------------------------------------------------------------------------- */

#define AT_ONCE 16u /* requests of the kernel before the network is looked at again */

static int is_full(const struct mount *m) { return m->ops - m->waiting_count >= MOUNT_OPERATIONS; }

/* Requests of the kernel: how many, or -1: it is over. */
static int take_requests(struct mount *m) {
    unsigned taken = 0;
    while (taken < AT_ONCE && !is_full(m)) {
        struct fuse_buf buf = {.mem = m->buffer ? m->buffer : mount_buffer_get(m)};
        const int n = fuse_session_receive_buf(m->session, &buf);
        m->buffer = buf.mem; /* libfuse makes one where there was no memory */
        if (n == -EAGAIN || n == -EINTR)
            break;
        if (n <= 0)
            return -1;
        fuse_session_process_buf(m->session, &buf);
        taken++;
    }
    return fuse_session_exited(m->session) ? -1 : (int)taken;
}

static int watch(int epoll, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

/* While something is under way its answer is near. */
static int is_worth_spinning(const struct mount *m, vmtp_time *since) {
    const vmtp_time now = node_now(&m->node);
    if (!m->ops || !m->node.spin)
        return 0;
    if (!*since)
        *since = now;
    return now - *since < m->node.spin;
}

/* An interface that is down may come up again; until then nobody answers, and operations end by their deadlines. */
static int network_works(struct mount *m, int *down) {
    struct vmtp_event event;
    const int busy = vmtp_host_turn(m->node.host);
    while (vmtp_host_next_event(m->node.host, &event))
        continue; /* nothing that is waited for here */
    if (busy == VMTP_E_DOWN && !*down)
        vnet_note("interface %s is down", m->node.interface_name);
    *down = busy == VMTP_E_DOWN;
    return busy;
}

#define LOOK_AGAIN (100 * VMTP_MILLISECOND)

static int loop(struct mount *m, int epoll, int quiet) {
    vmtp_time since = 0;
    int down = 0;
    for (;;) {
        const int busy = network_works(m, &down);
        if (busy == VMTP_E_SYSTEM)
            return node_explain(&m->node, busy, 0, 0);
        mount_fresh_turn(m);
        const int taken = take_requests(m);
        if (taken < 0 || node_interrupted())
            return VNET_OK;
        if (busy > 0 || taken > 0) {
            since = 0;
            continue;
        }
        if (is_worth_spinning(m, &since)) {
            sched_yield();
            continue;
        }
        /* While the kernel has to wait, it need not wake us. */
        const int rc = node_wait(&m->node, is_full(m) ? quiet : epoll,
                                 down ? node_now(&m->node) + LOOK_AGAIN : VMTP_NEVER);
        if (rc != 0)
            return node_explain(&m->node, rc, 0, 0);
        since = 0;
    }
}

static int run_loop(struct mount *m) {
    const int fd = fuse_session_fd(m->session), epoll = epoll_create1(EPOLL_CLOEXEC);
    int code = VNET_FAILED;
    if (epoll < 0 || watch(epoll, fd) < 0 || watch(epoll, mount_fresh_fd(m)) < 0 ||
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0)
        vnet_fail("cannot wait for the kernel: %s", strerror(errno));
    else
        code = loop(m, epoll, mount_fresh_fd(m));
    if (epoll >= 0)
        close(epoll);
    return code;
}

/* ---- beginning and end ------------------------------------------------------------------------------------------- */

static void complain(enum fuse_log_level level, const char *format, va_list arguments) {
    char text[512];
    if (level > FUSE_LOG_ERR)
        return;
    vsnprintf(text, sizeof text, format, arguments);
    text[strcspn(text, "\n")] = 0;
    vnet_note("%s", strncmp(text, "fuse: ", 6) == 0 ? text + 6 : text);
}

/* In options a comma and a backslash have a backslash before them. */
static void add_escaped(char *to, size_t room, const char *text) {
    size_t at = strlen(to);
    for (; *text && at + 3 < room; text++) {
        if (*text == ',' || *text == '\\')
            to[at++] = '\\';
        to[at++] = *text;
    }
    to[at] = 0;
}

static struct fuse_session *new_session(struct mount *m) {
    const struct mount_options *o = m->options;
    struct fuse_lowlevel_ops ops = {.init = on_init};
    char options[2 * MOUNT_PATH + 128] = "subtype=vnet,default_permissions,fsname=", program[] = "vnet", flag[] = "-o";
    char *argv[] = {program, flag, options, NULL};
    struct fuse_args args = FUSE_ARGS_INIT(3, argv);
    mount_names_ops(&ops);
    mount_attr_ops(&ops);
    mount_open_ops(&ops);
    mount_data_ops(&ops);
    mount_list_ops(&ops);
    mount_lock_ops(&ops);
    add_escaped(options, sizeof options - 64, m->root_name);
    strcat(options, o->read_only ? ",ro" : "");
    strcat(options, o->allow_other ? ",allow_other" : "");
    fuse_set_log_func(complain);
    struct fuse_session *session = fuse_session_new(&args, &ops, sizeof ops, m);
    fuse_opt_free_args(&args);
    return session;
}

/* Who waits goes on, and nobody sees what is said from now on. */
static void go_behind(int ready) {
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    (void)!write(ready, "", 1);
    close(ready);
    for (int fd = 0; null >= 0 && fd < 3; fd++)
        dup2(null, fd);
    if (null > 2)
        close(null);
    (void)!chdir("/");
}

static void say_ready(const struct mount *m) {
    if (m->options->common.json)
        json_line(json_pack("{s:s, s:o, s:o}", "event", "mounted", "name", json_text(m->root_name), "directory",
                            json_text(m->options->directory)));
    else
        printf("mounted %s on %s\n", m->root_name, m->options->directory);
    vnet_flush();
    if (m->ready >= 0)
        go_behind(m->ready);
}

static int serve(struct mount *m) {
    if (mount_fresh_open(m) < 0)
        return vnet_fail("%s", strerror(errno));
    say_ready(m);
    return run_loop(m);
}

/* What programs were told is written, is. */
static void drain(struct mount *m) {
    const vmtp_time until = mount_deadline(m);
    while (m->behind && vipc_now(m->ipc) < until && vipc_wait(m->ipc, until) == 0)
        continue;
}

int mount_run(struct mount *m) {
    m->session = new_session(m);
    if (!m->session)
        return vnet_fail("cannot begin a session with the kernel's FUSE");
    int code = VNET_FAILED;
    if (fuse_session_mount(m->session, m->options->directory) == 0) {
        code = serve(m);
        fuse_session_exit(m->session);
        fuse_session_unmount(m->session);
        drain(m);
        mount_fresh_close(m);
        mount_cancel_all(m);
    } else {
        vnet_note("cannot mount on %s", m->options->directory);
    }
    fuse_session_destroy(m->session);
    return code;
}

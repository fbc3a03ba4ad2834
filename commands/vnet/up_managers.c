/* SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L
#include "up_managers.h"
#include "vnet.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MOST_KILOBYTES (LOG_MOST_OCTETS / 1024)
#define LEAST_KILOBYTES (LOG_LEAST_OCTETS / 1024)
#define THREADS 2u /* that wait for the disk */

void up_managers_rows(struct option_row rows[UP_MANAGERS_ROWS], struct up_managers_options *o) {
    rows[0] = (struct option_row){
        "log",   0,      OPTION_TEXT,
        &o->log, "FILE", "keep the records of PREFIX/log in FILE and FILE.1; default: in memory, as long as it runs",
        0,       0};
    rows[1] = (struct option_row){"log-size",
                                  0,
                                  OPTION_NUMBER,
                                  &o->log_kilobytes,
                                  "KB",
                                  "that the log takes at most, then the oldest records go; default 16384",
                                  LEAST_KILOBYTES,
                                  MOST_KILOBYTES};
    rows[2] = (struct option_row){"set-clock", 0,
                                  OPTION_FLAG, &o->set_clock,
                                  NULL,        "let everybody on the segment set the system's clock, if this user may",
                                  0,           0};
    rows[3] = (struct option_row){"change-files",
                                  0,
                                  OPTION_FLAG,
                                  &o->change_files,
                                  NULL,
                                  "let everybody on the segment change the files of --files below the prefixes",
                                  0,
                                  0};
    rows[4] = (struct option_row){0};
}

/* ---- programs --------------------------------------------------------------------------------------------------- */

static void describe_objects(struct program *program, struct programs_text *text) {
    const struct up_managers *m = program->context;
    const struct uio_manager_counters *c = uio_manager_counters(m->manager);
    struct uio_manager_use use;
    uio_manager_get_use(m->manager, &use);
    programs_line(text, "pid", "%ld", (long)getpid());
    programs_line(text, "instances", "%u", use.instances);
    programs_line(text, "waiting", "%u", use.waiting);
    programs_line(text, "pipes", "%u", pipe_count(m->pipes));
    programs_line(text, "records", "%llu", (unsigned long long)(log_next(m->log) - log_first(m->log)));
    programs_line(text, "operations", "%llu", (unsigned long long)c->operations);
}

void up_managers_show(struct up_managers *m, struct program *program, vmtp_entity entity, const char *name) {
    program->entity = entity;
    program->name = name;
    if (m->programs)
        programs_add(m->programs, program); /* there is room: this program has a few */
}

/* ---- the log ---------------------------------------------------------------------------------------------------- */

void up_managers_note(struct up_managers *m, const char *format, ...) {
    char line[512];
    struct timespec now = {0};
    struct tm tm;
    va_list arguments;
    if (!m->log)
        return;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    size_t n = strftime(line, sizeof line, "%Y-%m-%dT%H:%M:%S", &tm);
    n += (size_t)snprintf(line + n, sizeof line - n, ".%03ldZ ", now.tv_nsec / 1000000);
    va_start(arguments, format);
    const int more = vsnprintf(line + n, sizeof line - n - 1, format, arguments);
    va_end(arguments);
    if (more < 0)
        return;
    n += (size_t)more < sizeof line - n - 2 ? (size_t)more : sizeof line - n - 2;
    line[n++] = '\n';
    log_append(m->log, line, (uint32_t)n); /* what it cannot take it counts */
}

/* ---- beginning and end ------------------------------------------------------------------------------------------ */

static int create(struct up_managers *m, vipc *ipc, const struct uio_manager_config *config) {
    m->memory = malloc(uio_manager_footprint(config));
    return m->memory ? uio_manager_create(&m->manager, ipc, config, m->memory) : VMTP_E_MEMORY;
}

/* What the prefixes lead to, the first of all contexts: a directory, or nothing but what is attached. */
static int make_root(struct up_managers *m, const struct up_managers_options *o) {
    const struct file_config config = {.directory = o->files, .read_only = !o->change_files, .threads = THREADS};
    if (!o->files) {
        m->root = uio_manager_table(m->manager);
        return m->root ? VNET_OK : vnet_fail("cannot make a context: %s", vmtp_error_text(VMTP_E_FULL));
    }
    const int rc = file_open(&m->files, m->manager, &config);
    if (rc != 0)
        return vnet_fail("--files %s: %s", o->files, rc == VMTP_E_SYSTEM ? strerror(errno) : vmtp_error_text(rc));
    m->root = file_context(m->files);
    return VNET_OK;
}

static int open_log(struct up_managers *m, const struct up_managers_options *o) {
    const struct log_config config = {.file = o->log, .octets = (uint64_t)o->log_kilobytes * 1024};
    const int rc = log_open(&m->log, m->manager, &config);
    if (rc == VMTP_E_SYSTEM && errno == EBADMSG)
        return vnet_fail("--log %s: there is a file that is no log", o->log);
    if (rc == VMTP_E_SYSTEM && errno == EBUSY)
        return vnet_fail("--log %s: another node writes it", o->log);
    if (rc == VMTP_E_SYSTEM)
        return vnet_fail("--log %s: %s", o->log ? o->log : "in memory", strerror(errno));
    return rc == 0 ? VNET_OK : vnet_fail("cannot make a log: %s", vmtp_error_text(rc));
}

static int attach(struct up_managers *m, const char *name, uint32_t context, struct uio_object object) {
    return uio_manager_attach(m->manager, m->root, name, strlen(name), context, &object);
}

static int attach_all(struct up_managers *m) {
    int rc = attach(m, "time", time_manager_context(m->times), time_manager_descriptor(m->times));
    if (rc == 0)
        rc = attach(m, "programs", programs_context(m->programs), programs_descriptor(m->programs));
    if (rc == 0)
        rc = attach(m, "pipe", pipe_context(m->pipes), pipe_descriptor(m->pipes));
    if (rc == 0)
        rc = attach(m, "log", log_context(m->log), log_descriptor(m->log));
    return rc;
}

int up_managers_open(struct up_managers *m, vipc *ipc, const struct up_managers_options *o,
                     const struct uio_manager_config *config) {
    const struct time_config clock = {.set = o->set_clock ? time_manager_set_system : NULL};
    *m = (struct up_managers){.objects = {.describe = describe_objects, .context = m}};
    int rc = create(m, ipc, config);
    if (rc == 0 && make_root(m, o) != VNET_OK)
        return VNET_FAILED;
    if (rc == 0)
        rc = time_manager_open(&m->times, m->manager, &clock);
    if (rc == 0)
        rc = programs_open(&m->programs, m->manager, NULL);
    if (rc == 0)
        rc = pipe_open(&m->pipes, m->manager, NULL);
    if (rc == 0 && open_log(m, o) != VNET_OK)
        return VNET_FAILED;
    if (rc == 0)
        rc = attach_all(m);
    if (rc != 0)
        return vnet_fail("cannot be a manager of names: %s", vmtp_error_text(rc));
    up_managers_show(m, &m->objects, vname_manager_entity(uio_manager_names(m->manager)), "objects");
    return VNET_OK;
}

void up_managers_close(struct up_managers *m) {
    log_close(m->log);
    pipe_close(m->pipes);
    programs_close(m->programs);
    time_manager_close(m->times);
    file_close(m->files);
    uio_manager_destroy(m->manager);
}

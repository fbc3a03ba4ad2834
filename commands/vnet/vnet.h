/* SPDX-License-Identifier: BSD-2-Clause */
/* vnet.h - what every subcommand of vnet knows. */
#ifndef VNET_H
#define VNET_H

#include <stdint.h>

enum vnet_exit { VNET_OK = 0, VNET_FAILED = 1, VNET_USAGE = 2 };

/* A subcommand.  argv[0] is its name. */
struct vnet_command {
    const char *name;
    const char *summary; /* a few words, for the list of commands */
    int (*run)(int argc, char **argv);
};

int vnet_up(int argc, char **argv);
int vnet_ping(int argc, char **argv);
int vnet_probe(int argc, char **argv);
int vnet_who(int argc, char **argv);
int vnet_get(int argc, char **argv);
int vnet_trace(int argc, char **argv);
int vnet_stat(int argc, char **argv);
int vnet_group(int argc, char **argv);
int vnet_migrate(int argc, char **argv);
int vnet_directory(int argc, char **argv);
int vnet_resolve(int argc, char **argv);
int vnet_names(int argc, char **argv);
int vnet_watch(int argc, char **argv);
int vnet_mount(int argc, char **argv);
int vnet_serve(int argc, char **argv);
int vnet_ls(int argc, char **argv);
int vnet_cat(int argc, char **argv);
int vnet_put(int argc, char **argv);
int vnet_cp(int argc, char **argv);
int vnet_mv(int argc, char **argv);
int vnet_rm(int argc, char **argv);
int vnet_mkdir(int argc, char **argv);
int vnet_tail(int argc, char **argv);
/* vnet stat is also asked about objects. */
int vnet_stat_is_object(int argc, char **argv);
int vnet_stat_object(int argc, char **argv);

/* One line on stderr: "vnet ping: ...".  Return VNET_FAILED and VNET_USAGE, so that callers can return them. */
int vnet_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
int vnet_misuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One line on stderr that is no failure. */
void vnet_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes out what was printed: 0, or -1 when something of it could not be, now or before; main says so at the end. */
int vnet_flush(void);

struct sigaction;
/* Lets SIGINT, SIGTERM and SIGHUP (unless it is ignored, as by nohup) do this. */
void vnet_catch(const struct sigaction *action);

/* The subcommand that is running, for messages. */
extern const char *vnet_running;

#endif

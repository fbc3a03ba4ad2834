/* SPDX-License-Identifier: BSD-2-Clause */
/* vnet - look at and use a VMTP segment from the command line. */
#define _POSIX_C_SOURCE 200809L
#include "vnet.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *vnet_running;

static const struct vnet_command commands[] = {
    {"up", "run a node with the test service", vnet_up},
    {"ping", "time message transactions with an entity", vnet_ping},
    {"probe", "ask what is known about an entity", vnet_probe},
    {"who", "list the nodes on the segment", vnet_who},
    {"stat", "show what a node counts and is doing, or what an object is", vnet_stat},
    {"group", "make, join and look at groups of entities", vnet_group},
    {"migrate", "let a test entity move to another node while it is called", vnet_migrate},
    {"directory", "run a directory that remembers who has which names", vnet_directory},
    {"resolve", "find out whose a name is", vnet_resolve},
    {"names", "list the prefixes on the segment, and those that are registered", vnet_names},
    {"watch", "wait for a name to appear, move and go", vnet_watch},
    {"serve", "let others use a directory by names", vnet_serve},
    {"ls", "list directories that others serve", vnet_ls},
    {"cat", "write what is in objects to the standard output", vnet_cat},
    {"put", "write the standard input to an object", vnet_put},
    {"cp", "copy files and trees, from here to managers, back and between them", vnet_cp},
    {"mv", "give objects other names", vnet_mv},
    {"rm", "remove objects", vnet_rm},
    {"mkdir", "make directories at managers", vnet_mkdir},
    {"tail", "write the end of an object, and what is added to it", vnet_tail},
    {"get", "fetch a file from a node", vnet_get},
    {"mount", "let programs use objects as files of this system", vnet_mount},
    {"trace", "show VMTP packets in readable form", vnet_trace},
};
#define COMMANDS (sizeof commands / sizeof commands[0])

static void complain(const char *format, va_list arguments) {
    fflush(stdout);
    if (vnet_running)
        fprintf(stderr, "vnet %s: ", vnet_running);
    else
        fputs("vnet: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
}

int vnet_fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    complain(format, arguments);
    va_end(arguments);
    return VNET_FAILED;
}

int vnet_misuse(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    complain(format, arguments);
    va_end(arguments);
    return VNET_USAGE;
}

static int output_error; /* the first one's errno */

int vnet_flush(void) {
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    if (!output_error)
        output_error = errno;
    return -1;
}

void vnet_note(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    complain(format, arguments);
    va_end(arguments);
}

void vnet_catch(const struct sigaction *action) {
    struct sigaction before;
    sigaction(SIGINT, action, NULL);
    sigaction(SIGTERM, action, NULL);
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(SIGHUP, action, NULL);
}

static const struct vnet_command *find(const char *name) {
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static void help(void) {
    puts("usage: vnet COMMAND [options]\n\n"
         "Message transactions over raw Ethernet (VMTP): run a node, find others, fetch files.\n\n"
         "Commands:");
    for (size_t i = 0; i < COMMANDS; i++)
        printf("  %-9s %s\n", commands[i].name, commands[i].summary);
    puts("\n`vnet COMMAND --help` tells more about each.\n\n"
         "Entities are written as sixteen hexadecimal digits, 0123-4567-89ab-cdef, and durations with their unit:\n"
         "20ms, 1.5s, 50us.  The interface comes from -i or the variable VNET_INTERFACE.  Raw Ethernet needs root\n"
         "or the capability CAP_NET_RAW.\n\n"
         "Exit codes: 0 done, 1 it failed (also when an interface or a file that was named is not there), 2 the "
         "command\n"
         "line is wrong; resolve has more.");
}

static int run(const char *name, int argc, char **argv) {
    const struct vnet_command *command = find(name);
    if (!command)
        return vnet_misuse("there is no command \"%s\"; `vnet --help` lists them", name);
    vnet_running = command->name;
    return command->run(argc, argv);
}

static int help_about(const char *name) {
    char word[] = "--help";
    char *arguments[] = {NULL, word, NULL};
    const struct vnet_command *command = find(name);
    arguments[0] = command ? (char *)(uintptr_t)command->name : word;
    return run(name, 2, arguments);
}

static int say_what(void) {
    char list[512] = "";
    for (size_t i = 0, at = 0; i < COMMANDS && at < sizeof list; i++)
        at += (size_t)snprintf(list + at, sizeof list - at, "%s%s",
                               i == 0             ? ""
                               : i < COMMANDS - 1 ? ", "
                                                  : " or ",
                               commands[i].name);
    return vnet_misuse("say what to do: %s; `vnet --help` tells more", list);
}

static int act(int argc, char **argv) {
    if (argc < 2)
        return say_what();
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        if (argc > 2)
            return help_about(argv[2]);
        help();
        return VNET_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("vnet " VNET_VERSION);
        return VNET_OK;
    }
    return run(argv[1], argc - 1, argv + 1);
}

int main(int argc, char **argv) {
    int code = act(argc, argv);
    if (vnet_flush() == 0)
        return code;
    if (code == VNET_OK) /* otherwise the reason for the failure has been said */
        vnet_fail("cannot write to the standard output%s%s", output_error ? ": " : "",
                  output_error ? strerror(output_error) : "");
    return code ? code : VNET_FAILED;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* etcd.h - a real etcd with one member, for this program and its children alone: in a network namespace of its own. */
#ifndef DIRECTORY_TESTS_ETCD_H
#define DIRECTORY_TESTS_ETCD_H

#include <stddef.h>

#define ETCD_URL "http://127.0.0.1:2379"

/* Starts it, with its data below folder.  0, or -1 and why not: no such program, no namespaces. */
int etcd_run(const char *folder, char *why, size_t why_size);
/* Kills it, if it runs. */
void etcd_end(void);
/* SIGSTOP or SIGCONT to it: it is there and does not answer. */
void etcd_pause(int pause);

/* etcdctl with these arguments, of a shell: its status. */
int etcd_control(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

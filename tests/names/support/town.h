/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * town.h - managers, a directory and users of names, all of them the real ones, on the nodes of a rig; in virtual time.
 *
 * Nothing here waits inside a node, so that it runs on VMTP hosts as on the network in memory.  Failures end the test.
 */
#ifndef TESTS_NAMES_TOWN_H
#define TESTS_NAMES_TOWN_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <sim/rig.h>
#include <vnaming/client.h>
#include <vnaming/manager.h>

#include "directory/directory.h"

#define MS VMTP_MILLISECOND
#define SECONDS VMTP_SECOND
#define OPERATION (VMTP_PIC | 0x7701u)
#define NOWHERE 99u /* the side of a node that is off */

struct town {
    const struct rig *rig;
    vipc *nodes[RIG_NODES];
    vdir_store *store;
    vdir *directory;
    char folder[64];
};
extern struct town town;

/* Tests are loop tests: 0 in memory, 1 on VMTP. */
#define TOWN_RIGS 2
void town_open(int rig);
void town_close(void);
void town_run(vmtp_time duration);
/* A directory on this node; vdir_destroy is town_close's. */
void town_directory(unsigned node);
void town_off(unsigned node);
void town_sides(unsigned nodes_of_side_1); /* a bit for each */

/* ---- managers ---- */

struct office {
    unsigned node;
    struct vname_manager_config config;
    void *memory;
    vname_manager *manager;
    vmtp_entity entity;
    unsigned executed; /* operations, each answered OK with word 0 the context */
    int keeps;         /* takes the next ones in hand instead */
    struct vipc_incoming *hand[16];
    unsigned in_hand;
    unsigned told[VNAME_MANAGER_UNMOUNTED + 1]; /* events by type */
    int result;                                 /* of the last that has one */
};

/* Clear it, or take the configuration that office_config made. */
void office_config(struct office *office);
void office_open(struct office *office, unsigned node);
void office_close(struct office *office);
void office_claim(struct office *office, const char *prefix);
/* The same, and it is held soon. */
void office_hold(struct office *office, const char *prefix);
int office_holds(const struct office *office, const char *prefix);
struct vname_record office_record(const struct office *office, const char *prefix);
void office_answer(struct office *office);

/* ---- users ---- */

struct user {
    unsigned node;
    vname_resolver *resolver;
    struct vname_operation op;
    uint8_t area[2048];
    unsigned ended, answered, failed; /* of all operations */
    enum vname_outcome outcome;
    /* user_load: goes on with this name, an operation every so often. */
    struct vipc_timer timer;
    vmtp_time pause;
};

void user_open(struct user *user, unsigned node, const struct vname_config *config);
void user_close(struct user *user);
void user_begin(struct user *user, const char *name, uint32_t flags, vmtp_time patience);
/* Until it has ended. */
enum vname_outcome user_operate(struct user *user, const char *name, uint32_t flags, vmtp_time patience);
void user_load(struct user *user, const char *name, vmtp_time pause);
void user_rest(struct user *user);

#define COUNT(user, member) (vname_counters_of((user)->resolver)->member)
#define RECORD_OF(octets, manager_, generation_)                                                                       \
    ((struct vname_record){.prefix = (octets),                                                                         \
                           .prefix_length = (uint16_t)strlen(octets),                                                  \
                           .manager = (manager_),                                                                      \
                           .generation = (generation_),                                                                \
                           .owner = 0x77})

int town_main(const char *name, void (*add)(TCase *));

#endif

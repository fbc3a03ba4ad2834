/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_names.h - what the files of sections 4.17 and 4.18 of spec/testing.md share: the service as a client and as a manager of names.
 *
 *   test_names.c           opening, NAME_RESOLVER
 *   test_names_operate.c   NAME_OPERATE, NAME_WATCH, NAME_SURVEY
 *   test_names_manager.c   NAME_MANAGER, NAME_CLAIM, NAME_RELEASE, NAME_STATE
 *   test_names_tree.c      what lies below the prefixes
 */
#ifndef VSUITE_TEST_NAMES_H
#define VSUITE_TEST_NAMES_H

#include "test_internal.h"

#include <vipc/ipc.h>
#include <vnaming/client.h>
#include <vnaming/manager.h>
#include <vnaming/survey.h>
#include <vnaming/watch.h>

#define VTEST_OPERATIONS 4u    /* NAME_OPERATE at a time */
#define VTEST_OPERATE_HEAD 52u /* of the segment of its Response */
#define VTEST_CONTEXTS 64u     /* that have a number */
#define VTEST_EVENTS 32u       /* prefixes of which events are remembered */
#define VTEST_SURVEY_SLOTS 16u

/* Word 0 of NAME_RESOLVER, NAME_OPERATE, NAME_MANAGER, NAME_CLAIM. */
enum vtest_resolver_flag {
    VTEST_ANEW = VMTP_TEST_RESOLVER_ANEW, /* of NAME_MANAGER too */
    VTEST_DIRECTORY_FIRST = VMTP_TEST_RESOLVER_DIRECTORY_FIRST,
    VTEST_LISTEN = VMTP_TEST_RESOLVER_LISTEN,
    VTEST_RESOLVER_ALL = VTEST_ANEW | VTEST_DIRECTORY_FIRST | VTEST_LISTEN
};
enum vtest_operate_flag {
    VTEST_TWICE = VMTP_TEST_OPERATE_TWICE,
    VTEST_FRESH = VMTP_TEST_OPERATE_FRESH,
    VTEST_EMPTY = VMTP_TEST_OPERATE_EMPTY,
    VTEST_FIND = VMTP_TEST_OPERATE_FIND,
    VTEST_CURRENT = VMTP_TEST_OPERATE_CURRENT,
    VTEST_OPERATE_ALL = VTEST_TWICE | VTEST_FRESH | VTEST_EMPTY | VTEST_FIND | VTEST_CURRENT
};
enum vtest_manager_flag {
    VTEST_USE_DIRECTORY = VMTP_TEST_MANAGER_USE_DIRECTORY,
    VTEST_REQUIRE_DIRECTORY = VMTP_TEST_MANAGER_REQUIRE_DIRECTORY,
    VTEST_HAND_OVER = VMTP_TEST_MANAGER_HAND_OVER,
    VTEST_NO_MOUNTS = VMTP_TEST_MANAGER_NO_MOUNTS,
    VTEST_END = VMTP_TEST_MANAGER_END,
    VTEST_MANAGER_ALL = VMTP_TEST_MANAGER_ANEW | VTEST_USE_DIRECTORY | VTEST_REQUIRE_DIRECTORY | VTEST_HAND_OVER |
                        VTEST_NO_MOUNTS | VTEST_END
};
enum vtest_claim_flag {
    VTEST_AGAIN = VMTP_TEST_CLAIM_AGAIN,
    VTEST_TAKE = VMTP_TEST_CLAIM_TAKE,
    VTEST_OPERATOR = VMTP_TEST_CLAIM_OPERATOR,
    VTEST_CLAIM_ALL = VTEST_AGAIN | VTEST_TAKE | VTEST_OPERATOR
};

struct vtest_names_operation {
    vtest_service *service;
    struct vtest_slot *slot; /* NULL: free */
    int current;
    struct vname_operation op;
    uint8_t work[VNAME_NAME_OCTETS + VTEST_AREA], area[VTEST_AREA];
    char name[VNAME_NAME_OCTETS + 1];
};

struct vtest_names_context {
    uint32_t number; /* 0: free */
    char prefix[VNAME_PREFIX_OCTETS], path[VNAME_NAME_OCTETS];
    size_t prefix_length, path_length; /* path: without a slash at its ends */
};

struct vtest_names_event {
    char prefix[VNAME_PREFIX_OCTETS];
    size_t length; /* 0: free */
    uint32_t type, code, count;
    uint32_t record_octets;
    uint8_t record[VNAME_RECORD_OCTETS];
};

struct vtest_objects;

struct vtest_names {
    vtest_service *service;
    struct vtest_objects *objects; /* test_objects.c; NULL: not asked for yet */
    vipc *ipc;
    vname_resolver *resolver;
    struct vtest_names_operation operations[VTEST_OPERATIONS];
    struct vname_watch watch;
    char watched[VNAME_NAME_OCTETS];
    uint32_t changes, change;
    struct vname_survey survey;
    struct vtest_slot *survey_slot; /* NULL: none is under way */
    uint8_t *survey_area;
    vname_manager *manager; /* NULL: none */
    void *memory;
    uint32_t flags; /* of NAME_MANAGER */
    uint32_t next_context, next_event;
    struct vtest_names_context contexts[VTEST_CONTEXTS];
    struct vtest_names_event events[VTEST_EVENTS];
};

/* The Request's segment. */
static inline const char *vtest_names_text(const struct vtest_work *w) { return w->request->segment; }

/* ---- test_names_operate.c ---- */
/* Is something outstanding that the resolver works on? */
int vtest_names_busy(const struct vtest_names *n);
void vtest_names_cancel(struct vtest_names *n);

/* ---- test_names_manager.c ---- */
void vtest_names_end_manager(struct vtest_names *n);

/* ---- test_objects.c ---- */
/* All that uses the resolver as a client of objects is forgotten. */
void vtest_objects_end(struct vtest_names *n);
int vtest_objects_busy(const struct vtest_names *n);

/* ---- test_names_tree.c ---- */
void vtest_tree_operation(const struct vname_manager_operation *operation);
int vtest_tree_context_name(vname_manager *manager, uint32_t context, char *name, size_t room);
int vtest_tree_takes_empty(vname_manager *manager, uint32_t code);
/* The number of the context with this path below this prefix, made if there is none; 0: no room. */
uint32_t vtest_tree_context(struct vtest_names *n, const char *prefix, size_t prefix_length, const char *path,
                            size_t path_length);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* bed.h - directories on a made-up network, and a client that asks them. */
#ifndef DIRECTORY_TESTS_BED_H
#define DIRECTORY_TESTS_BED_H

#include <vipc/fake.h>
#include <vnaming/name.h>

#include "directory/directory.h"
#include "odd_store.h"
#include "stores.h"

#define BED_DIRECTORIES 3u
#define BED_ANSWERS 4u

struct bed_answer {
    vmtp_entity server;
    uint32_t code; /* low 24 bits */
    uint32_t words[3];
    int idempotent; /* the Response has DGM */
    uint32_t size;
    uint8_t segment[VNAME_LIST_OCTETS];
};

struct bed {
    vipc_fake *net;
    vipc *client;
    uint32_t count;
    struct bed_node {
        vipc *ipc;
        vdir_store *store; /* what the directory uses: odd */
        struct odd_store *odd;
        vdir *directory;
    } nodes[BED_DIRECTORIES];
    /* Of the last question. */
    int result;
    uint32_t answers;
    struct bed_answer answer[BED_ANSWERS];
};

/* count directories on stores of a kind, all with one content, empty at first. */
void bed_begin(struct bed *bed, int kind, uint32_t count, const struct vdir_options *options);
void bed_end(struct bed *bed);

/* One Request to the first directory, waited for: the ResponseCode of the answer, or UINT32_MAX when there was none (bed->result says why). */
uint32_t bed_ask(struct bed *bed, uint32_t code, uint32_t word, const void *segment, uint32_t size);
uint32_t bed_ask_node(struct bed *bed, uint32_t node, uint32_t code, uint32_t word, const void *segment, uint32_t size);
/* The same to the group of all: the number of answers within 300 ms. */
uint32_t bed_ask_all(struct bed *bed, uint32_t code, const void *segment, uint32_t size);

/* Begins a Request that nobody waits for, and lets 20 ms pass. */
void bed_begin_request(struct bed *bed, struct vipc_call *call, uint32_t code, const void *segment, uint32_t size);
/* Lets time pass, a step at a time, in which stores get their turns. */
void bed_pass(struct bed *bed, vmtp_time duration);

/* A record for RegisterName: its octets in `octets`, and how many they are. */
struct bed_record {
    uint8_t octets[VNAME_RECORD_OCTETS];
    uint32_t size;
};
struct vname_record bed_name(const char *prefix, vmtp_entity manager, vmtp_entity owner, uint32_t generation);
struct bed_record bed_encode(const struct vname_record *record);
uint32_t bed_register(struct bed *bed, const struct vname_record *record);
uint32_t bed_unregister(struct bed *bed, const struct vname_record *record, uint32_t word);
uint32_t bed_lookup(struct bed *bed, const char *name);
/* The record of the answer; ends the test when it is none. */
struct vname_record bed_told(const struct bed *bed);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * manage.h - managers on a fake network, and somebody made by hand who says to them what he likes.
 *
 * All is in virtual time.  Failures end the test.
 */
#ifndef VNAMING_TESTS_MANAGE_H
#define VNAMING_TESTS_MANAGE_H

#include <check.h>
#include <string.h>

#include <vipc/fake.h>
#include <vnaming/manager.h>

#define MS VMTP_MILLISECOND
#define SECONDS VMTP_SECOND

extern vipc_fake *manage_net;

void manage_open(uint64_t seed);
void manage_close(void);
void manage_run(vmtp_time duration);

/* ---- managers --------------------------------------------------------------------------------------------------- */

struct told {
    enum vname_manager_event_type type;
    char prefix[256];
    vmtp_entity manager; /* of the record; 0: there was none */
    uint32_t generation;
    int result, again;
    vmtp_time at;
};

/* A manager's program: answers operations with OK, its number in word 0, and what it was asked. */
struct program {
    vipc *node;
    vname_manager *manager;
    vmtp_entity entity;
    void *memory;
    struct told told[256];
    unsigned told_count;
    /* The last operation that came to it. */
    unsigned operations, requests;
    uint32_t code, context, index;
    char name[VNAME_NAME_OCTETS + 1], extra[64];
    uint32_t words[4];
    /* What it says to what it is asked. */
    int refuses_mounts, hands_over;
    const char *context_name; /* of context 77; NULL: it has none */
    struct vname_manager_config config;
};

/* Its configuration, to be changed before program_open. */
void program_config(struct program *p);
/* On a new node; the configuration is program_config's unless it was called before. */
void program_open(struct program *p);
void program_open_on(struct program *p, vipc *node);
void program_close(struct program *p);

int claim(struct program *p, const char *prefix);
/* Claims, and waits until it is held. */
void hold(struct program *p, const char *prefix);
void release(struct program *p, const char *prefix);
/* The state of a prefix, -1: not there. */
int state_of(const struct program *p, const char *prefix);
int holds(const struct program *p, const char *prefix);
struct vname_manager_prefix prefix_of(const struct program *p, const char *prefix);
/* Whose mount it has for this prefix; 0: none. */
vmtp_entity mount_of(const struct program *p, const char *prefix);
/* The n-th event of this type; NULL: there are not so many. */
const struct told *told_of(const struct program *p, enum vname_manager_event_type type, unsigned which);
unsigned told_count(const struct program *p, enum vname_manager_event_type type);
#define COUNTER(p, name) (vname_manager_counters((p)->manager)->name)

/* ---- somebody made by hand ----------------------------------------------------------------------------------------- */

struct seen {
    uint32_t code; /* 24 bits */
    vmtp_entity client, group;
    uint32_t words[7];
    uint8_t octets[2048];
    uint32_t size;
    int records;                /* in the segment */
    struct vname_record record; /* the first */
    vmtp_time at;
    int datagram;
};

struct stranger {
    vipc *node;
    struct vipc_service service;
    vmtp_entity entity;
    struct seen seen[2048];
    unsigned seen_count;
    /* What he answers to Requests with this code (24 bits); otherwise nothing. */
    uint32_t answer_code[4], answer[4];
    struct vname_record answer_record[4]; /* none when it has no prefix */
    uint32_t answer_words[4][3];
    char answer_text[4][256];
    unsigned answers;
};

/* A member of VNAME_HANDLERS and VNAME_WATCHERS on a node of his own. */
void stranger_open(struct stranger *s);
void stranger_close(struct stranger *s);
/* He answers `code` (VNAME_...) with this from now on; record NULL: without a segment. */
void stranger_answers(struct stranger *s, uint32_t code, uint32_t answer, const struct vname_record *record);
void stranger_words(struct stranger *s, uint32_t code, uint32_t word0, uint32_t word1, uint32_t word2);
/* What he has seen of this code since the last stranger_forget. */
const struct seen *stranger_saw(const struct stranger *s, uint32_t code, unsigned which);
unsigned stranger_count(const struct stranger *s, uint32_t code);
/* Of announcements: those with this reason. */
unsigned stranger_announced(const struct stranger *s, uint32_t reason);
void stranger_forget(struct stranger *s);
/* Multicasts, or says to one, AnnounceName with these records. */
void stranger_announces(struct stranger *s, vmtp_entity to, uint32_t reason, const struct vname_record *records,
                        unsigned count);

/* The same with any octets. */
void stranger_says(struct stranger *s, vmtp_entity to, uint32_t reason, const void *octets, uint32_t size);

struct vname_record record_of(const char *prefix, vmtp_entity manager, uint32_t generation);

/* What came of a Request. */
struct said {
    int result;
    uint32_t code; /* 24 bits */
    vmtp_entity from;
    uint32_t words[7];
    uint32_t size;
    uint8_t octets[VMTP_GROUP_OCTETS];
    int records;
    struct vname_record record; /* the first */
    unsigned answers;           /* to a group */
    int idempotent;             /* the Response has DGM */
};

/* From the stranger's node, in his name MeetName only.  Waits for what comes of it. */
const struct said *ask(struct stranger *s, vmtp_entity to, uint32_t code, uint32_t word0, const void *segment,
                       uint32_t size);
const struct said *ask_record(struct stranger *s, vmtp_entity to, uint32_t code, uint32_t word0,
                              const struct vname_record *record);
const struct said *ask_name(struct stranger *s, vmtp_entity to, uint32_t code, const char *name);
/* An operation by name, 0x55 of an interface 0x7700. */
#define OPERATION (VMTP_PIC | VNAME_BY_NAME | 0x7755u)
const struct said *operate(struct stranger *s, vmtp_entity to, uint32_t context, unsigned index, const char *name,
                           const char *extra);
/* The same to a group: the last answer, and how many there were in 200 ms. */
const struct said *ask_group(struct stranger *s, vmtp_entity group, uint32_t code, uint32_t word0, const void *segment,
                             uint32_t size);

/* Runs the suites of a program of tests. */
int manage_main(TCase *tests, const char *name);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * manager/internal.h - what the files of this folder share.  Names begin with vn_.  Sections are those of spec/naming.md.
 *
 *   manager.c    creation, the program's view
 *   counters.c   their names
 *   table.c      prefixes, mounts, former prefixes, what was heard: finding and keeping records
 *   claim.c      getting a prefix: rounds, ties, trying again (8.1)
 *   hold.c       having one: its times, losing it, releasing it (8.2, 8.4)
 *   announce.c   what is announced when (8.2, 10)
 *   hear.c       what others announce
 *   cover.c      nested prefixes, both sides (8.3)
 *   meet.c       two holders (8.5)
 *   hand.c       handing over, both sides (8.6)
 *   register.c   the directory (9)
 *   ask.c        calls to one other manager, or to the directory
 *   serve.c      which Request is what; QueryName, ListNames, WatchName
 *   operation.c  operations by name (6)
 */
#ifndef VNAMING_MANAGER_INTERNAL_H
#define VNAMING_MANAGER_INTERNAL_H

#include <vnaming/manager.h>

#define VN_ROUNDS 8u
#define VN_ROUND_LEAST (40 * VMTP_MILLISECOND)
#define VN_ROUND_RANDOM (20 * VMTP_MILLISECOND)
#define VN_CLAIM_ANSWERS 8u
#define VN_BACKOFF_FIRST VMTP_SECOND
#define VN_BACKOFF_LAST (60 * VMTP_SECOND)
#define VN_TICK (5 * VMTP_SECOND)
#define VN_STOPPED (10 * VMTP_SECOND)
#define VN_AGAIN_LEAST (50 * VMTP_SECOND)
#define VN_AGAIN_RANDOM (20 * VMTP_SECOND)
#define VN_MOUNT_LIFE (200 * VMTP_SECOND)
#define VN_MOVED_LIFE (60 * VMTP_SECOND)
#define VN_MEET_PAUSE (5 * VMTP_SECOND)
#define VN_HEARTBEAT VMTP_SECOND
#define VN_WATCH_SECONDS 3600u
#define VN_DIRECTORY_PAUSE (30 * VMTP_SECOND)
#define VN_PATIENCE (2 * VMTP_SECOND) /* with other managers */
#define VN_MEET_PATIENCE VMTP_SECOND  /* meanwhile nothing is announced */
#define VN_QUERY_PATIENCE VMTP_SECOND
#define VN_HAND_PATIENCE (5 * VMTP_SECOND)      /* their program is asked */
#define VN_FIND_PATIENCE VMTP_SECOND            /* with a directory to be found */
#define VN_DIRECTORY_PATIENCE (5 * VMTP_SECOND) /* with one that stores */
#define VN_SEND_AGAIN (100 * VMTP_MILLISECOND)
#define VN_SEND_TRIES 50u
#define VN_PAUSES 16u
#define VN_PAUSES_REPORTED 8u /* of them, for what clients report */

#define VN_LOW24 0x00ffffffu
#define VN_INTERFACE 0x000400u

/* A record that stays: its prefix and target lie behind it. */
struct vn_kept {
    struct vname_record record;
    char text[VNAME_PREFIX_OCTETS + VNAME_NAME_OCTETS];
};

/* What a prefix still has to say to everybody. */
enum vn_saying { VN_SAY_HELD = 1, VN_SAY_DEFEND = 2, VN_SAY_BEAT = 4 };

struct vn_round; /* of a claim, claim.c */

struct vn_prefix {
    vname_manager *manager;
    int used;
    enum vname_manager_state state;
    uint64_t serial; /* of this use of the entry; what outlives it compares this */
    struct vn_kept kept;
    uint32_t remembered; /* generation that the program told, or that was ours */
    int again;
    uint32_t failures;

    struct vn_round *round;
    vmtp_entity from; /* TAKING: who hands it over */

    uint32_t saying; /* enum vn_saying */
    uint32_t early;  /* announcements made after it was held */
    vmtp_time held_since, early_at, retry_at, mount_at, register_at;

    vmtp_entity coverer; /* whose prefix of coverer_length octets covers this one; 0: nobody is known */
    uint16_t coverer_length, mounted_length;
    vmtp_time coverer_heard;
    vmtp_entity mounted; /* to whom this one was told */
    uint32_t mount_failures;
    int telling; /* that is under way */
    int unasked; /* who covers it has to be asked (NAME-8.3-14) */

    struct vipc_timer timer;
};

struct vn_round {
    struct vn_prefix *prefix; /* NULL: free */
    uint32_t number, tries;
    struct vipc_call call;
    uint8_t segment[VNAME_RECORD_OCTETS];
    uint8_t answers[VN_CLAIM_ANSWERS * VNAME_RECORD_OCTETS];
};

struct vn_mount {
    int used, permanent, told; /* told: by MountName */
    vmtp_time heard;
    struct vn_kept kept;
};

/* A prefix that was ours and is another's. */
struct vn_former {
    int used, handed;
    vmtp_time at;
    struct vn_kept kept;
};

struct vn_heard {
    vmtp_time at;
    uint32_t generation; /* 0: free */
    uint16_t length;
    char prefix[VNAME_PREFIX_OCTETS];
};

/* One call to one entity, about one record. */
struct vn_ask {
    vname_manager *manager;
    int used;
    struct vn_prefix *prefix; /* about which; its serial must be the same still */
    uint64_t serial;
    vmtp_entity peer;
    uint32_t word;                                /* of the Request */
    uint32_t code;                                /* what is asked; at the directory, also while one is being found */
    int fresh;                                    /* this directory has just been found */
    void (*over)(struct vn_ask *ask, int result); /* the answer is in call.answer and area */
    struct vipc_call call;
    uint8_t segment[VNAME_RECORD_OCTETS], area[VNAME_RECORD_OCTETS];
};

enum vn_pause_state { VN_PAUSE_FREE, VN_PAUSE_WANTED, VN_PAUSE_MEETING, VN_PAUSE_OVER };

/* Whom to meet about what, and with whom not to meet again before when. */
struct vn_pause {
    enum vn_pause_state state;
    int reported; /* by a client, not by the other manager itself */
    vmtp_entity peer;
    uint64_t serial;
    vmtp_time until; /* of VN_PAUSE_OVER */
};

struct vname_manager {
    vipc *ipc;
    struct vname_manager_config config;
    struct vipc_service service;
    int joined; /* VNAME_HANDLERS */
    uint64_t serials;

    struct vn_prefix *prefixes;
    struct vn_prefix **sorted; /* those that are used, by prefix */
    uint32_t sorted_count;
    struct vn_round *rounds;
    struct vn_mount *mounts;
    struct vn_former *formers;
    struct vn_heard *heard;
    struct vn_ask *asks;
    struct vn_pause pauses[VN_PAUSES];

    struct vipc_call out; /* announcements, one at a time: they come from the manager's entity */
    int meeting;          /* MeetName does so, too */
    struct vipc_timer out_timer, tick, again, beat;
    vmtp_time alive; /* when the program was seen to run */
    vmtp_time watched_until;

    vmtp_entity directory;     /* 0: none is known */
    vmtp_time directory_quiet; /* nobody answered: not before this */

    struct vname_manager_counters counters;
    uint8_t out_octets[VNAME_LIST_OCTETS];
    uint8_t scratch[VNAME_LIST_OCTETS];
};

/* The ends of the tables. */
static inline struct vn_prefix *vn_prefixes_end(vname_manager *m) { return m->prefixes + m->config.prefixes; }
static inline struct vn_mount *vn_mounts_end(vname_manager *m) { return m->mounts + m->config.mounts; }
static inline struct vn_former *vn_formers_end(vname_manager *m) { return m->formers + m->config.formers; }
static inline struct vn_ask *vn_asks_end(vname_manager *m) { return m->asks + m->config.asks; }

/* ---- table.c ---- */

void vn_keep(struct vn_kept *kept, const struct vname_record *record);
/* Is `inner` below `outer`, and not the same? */
int vn_covers(const struct vname_record *outer, const struct vname_record *inner);
int vn_same_text(const struct vname_record *record, const char *prefix, size_t length);
/* Replicas of one manager? */
int vn_same_group(const vname_manager *m, const struct vname_record *record);

struct vn_prefix *vn_prefix_new(vname_manager *m, const struct vname_record *record);
/* It is not among those that are used any more. */
void vn_prefix_drop(struct vn_prefix *p);
/* Of that text, in any state but LEAVING. */
struct vn_prefix *vn_prefix_find(vname_manager *m, const char *prefix, size_t length);
struct vn_prefix *vn_prefix_of(vname_manager *m, const struct vname_record *record);
/* The longest that is held and matches. */
struct vn_prefix *vn_held_match(vname_manager *m, const char *name, size_t length);
/* The longest that is held and covers the record's. */
struct vn_prefix *vn_held_covering(vname_manager *m, const struct vname_record *record);
static inline int vn_is_held(const struct vn_prefix *p) { return p->used && p->state == VNAME_PREFIX_HELD; }

struct vn_mount *vn_mount_match(vname_manager *m, const char *name, size_t length);
struct vn_mount *vn_mount_of(vname_manager *m, const struct vname_record *record);
/* A place for this one; NULL: there is none.  What is `told` may take that of one that was only announced. */
struct vn_mount *vn_mount_new(vname_manager *m, const struct vname_record *record, int told);

struct vn_former *vn_former_match(vname_manager *m, const char *name, size_t length);
struct vn_former *vn_former_find(vname_manager *m, const char *prefix, size_t length);
void vn_former_add(vname_manager *m, const struct vname_record *now, int handed);
int vn_former_is_fresh(const vname_manager *m, const struct vn_former *f);

void vn_heard_note(vname_manager *m, const struct vname_record *record);
uint32_t vn_heard_generation(const vname_manager *m, const struct vname_record *record);

/* ---- manager.c ---- */

void vn_tell(vname_manager *m, enum vname_manager_event_type type, const struct vname_record *about,
             const struct vname_record *record, int result, int again);
/* Member of VNAME_HANDLERS from the first claim until nothing is left. */
int vn_join(vname_manager *m);
void vn_leave_if_empty(vname_manager *m);

/* ---- claim.c ---- */

/* Those that wait begin, as far as there is room. */
void vn_claims_start(vname_manager *m);
void vn_round_due(struct vn_prefix *p);
/* It failed: by record (NULL: by nobody's), for this reason.  The prefix may be gone afterwards. */
void vn_claim_failed(struct vn_prefix *p, const struct vname_record *by, int result);
void vn_round_end(struct vn_prefix *p);
void vn_on_claim(vname_manager *m, struct vipc_incoming *in);

/* ---- hold.c ---- */

void vn_hold(struct vn_prefix *p);
/* Sets its timer to what comes first. */
void vn_arm(struct vn_prefix *p);
void vn_prefix_due(struct vipc_timer *timer);
void vn_prefix_free(struct vn_prefix *p);
/* It is another's now: keeps what has to be known of it, and frees it. */
void vn_pass_on(struct vn_prefix *p, const struct vname_record *to, int handed);
void vn_release(struct vn_prefix *p, uint32_t flags);
vmtp_time vn_backoff(uint32_t failures);

/* ---- announce.c ---- */

void vn_say(vname_manager *m);
void vn_say_all(vname_manager *m, uint32_t what);
void vn_again(vname_manager *m);
void vn_watch(vname_manager *m, uint32_t seconds);
void vn_announce_init(vname_manager *m);
/* The program is seen to run; it may find that it did not for a while. */
void vn_alive(vname_manager *m);

/* ---- hear.c ---- */

void vn_on_announce(vname_manager *m, struct vipc_incoming *in);

/* ---- cover.c ---- */

/* Somebody holds this record, which covers p. */
void vn_covered(struct vn_prefix *p, const struct vname_record *by);
void vn_coverer_gone(struct vn_prefix *p);
/* Tells the one who covers it, if there is one to be told. */
void vn_mount_due(struct vn_prefix *p);
void vn_mount_due_all(vname_manager *m);
void vn_unmount_above(struct vn_prefix *p);
/* It is held without having been claimed: who covers it is asked soon. */
void vn_cover_unknown(struct vn_prefix *p);
void vn_on_mount(vname_manager *m, struct vipc_incoming *in);
/* Remembers a mount below ours: the record, or a code that says why not. */
uint32_t vn_mount_learn(vname_manager *m, const struct vname_record *record, int told);
void vn_mount_forget(vname_manager *m, struct vn_mount *mount);
/* Mounts and coverers of which nothing was heard, mounts that are below nothing. */
void vn_cover_sweep(vname_manager *m);
/* The program did not run for a while, and could not hear of them. */
void vn_cover_stopped(vname_manager *m, vmtp_time duration);

/* ---- meet.c ---- */

/* Soon.  reported: a client says so, not the other manager. */
void vn_meet(struct vn_prefix *p, vmtp_entity other, int reported);
/* The next one, when the manager's entity is free. */
void vn_meet_next(vname_manager *m);
void vn_on_meet(vname_manager *m, struct vipc_incoming *in);
void vn_yield(struct vn_prefix *p, const struct vname_record *winner);

/* ---- hand.c ---- */

void vn_take(struct vn_prefix *p);
void vn_on_hand_over(vname_manager *m, struct vipc_incoming *in);

/* ---- register.c ---- */

void vn_register(struct vn_prefix *p);
void vn_unregister(struct vn_prefix *p);

/* ---- ask.c ---- */

/* Asks peer (NULL when that is not possible now; over is not called).  p may be NULL. */
struct vn_ask *vn_ask(vname_manager *m, struct vn_prefix *p, vmtp_entity peer, uint32_t code, uint32_t word,
                      const struct vname_record *record, void (*over)(struct vn_ask *, int));
/* Multicasts QueryName; the first answer ends it. */
struct vn_ask *vn_ask_query(vname_manager *m, struct vn_prefix *p, const char *name, uint32_t length,
                            void (*over)(struct vn_ask *, int));
/* Asks the directory, finding one first. */
struct vn_ask *vn_ask_directory(vname_manager *m, struct vn_prefix *p, uint32_t code, const struct vname_record *record,
                                void (*over)(struct vn_ask *, int));
void vn_ask_cancel_all(vname_manager *m);
/* The prefix that it is about, NULL when that is gone. */
struct vn_prefix *vn_ask_prefix(const struct vn_ask *ask);
/* The ResponseCode when there is a Response, else why there is none. */
int vn_ask_code(const struct vn_ask *ask, int result);
/* The record in the answer, about the prefix asked for: 1 or 0. */
int vn_ask_record(const struct vn_ask *ask, struct vname_record *record);

/* ---- serve.c ---- */

void vn_request(struct vipc_service *service, struct vipc_incoming *in);
/* Answers with code, words and a segment; discards it when that cannot be done. */
void vn_answer(struct vipc_incoming *in, uint32_t code, const uint32_t words[3], const void *segment, uint32_t size,
               uint32_t flags);
/* With a record; `flags` are added to those of the record. */
void vn_answer_record(struct vipc_incoming *in, uint32_t code, uint32_t word, const struct vname_record *record,
                      uint16_t added, uint32_t flags);
void vn_refuse(vname_manager *m, struct vipc_incoming *in, uint32_t code);
/* The Request's one record: 1, or it has been refused. */
int vn_request_record(vname_manager *m, struct vipc_incoming *in, struct vname_record *record);

/* ---- operation.c ---- */

void vn_on_operation(vname_manager *m, struct vipc_incoming *in);

#endif

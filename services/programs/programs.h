/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * programs.h - the programs of a node as objects of UIO: a context with one for each entity that wishes to be known (spec/uio.md section 9.4).
 *
 *     uio_manager_create(&manager, ipc, &config, memory);
 *     programs_open(&programs, manager, NULL);
 *     programs_add(programs, &(struct program){.entity = my_entity, .name = "editor"});   (the record must last)
 *     vname_manager_claim(uio_manager_names(manager), &(struct vname_manager_claim){..., .context = programs_context(programs)});
 *
 * A program's object is called as its identifier is written (0123-4567-89ab-cdef), and read as lines: `entity` and `name`, `running` (seconds since it
 * was added), and what it says of itself.  Whoever opens it sees it as it is at that moment.  Other programs may ask it to end, by removing the
 * object, if it allows that.
 *
 * Nothing blocks.  Memory is allocated for each instance, as much as its text takes.
 */
#ifndef VSUITE_PROGRAMS_H
#define VSUITE_PROGRAMS_H

#include <vuio/manager.h>

#define PROGRAMS_TEXT 4096u /* octets of a program's lines, at most; further ones are left out and counted */

struct programs;
struct programs_text;

/* A program.  Yours: clear it to zero, set what you need, and keep it where it is until programs_remove or programs_free. */
struct program {
    vmtp_entity entity;
    const char *name; /* what it is called, for people: UTF-8 */
    /* Says more of it, line by line, by programs_line.  May be NULL. */
    void (*describe)(struct program *program, struct programs_text *text);
    /* Somebody, `client`, asks it to end: 0 when it does (it may call programs_remove for itself, or later), or the code that is answered.  NULL:
     * VMTP_NO_PERMISSION. */
    uint32_t (*end)(struct program *program, vmtp_entity client);
    void *context; /* yours */

    /* private */
    struct programs *programs; /* NULL: not added */
    struct program *next;
    uint64_t order;
    vmtp_time since;
};

struct programs_config {
    uint32_t programs; /* at a time; 0: 1024 */
};

/* Makes a context of programs a root of the manager, which is borrowed.  config may be NULL.  VMTP_E_FULL (roots), VMTP_E_MEMORY. */
int programs_open(struct programs **out, uio_manager *manager, const struct programs_config *config);
/* Ends its instances; records are yours again.  Before uio_manager_destroy, or not at all after it: then programs_free.  NULL is allowed by both. */
void programs_close(struct programs *programs);
void programs_free(struct programs *programs);
/* The number for vname_manager_claim and uio_manager_attach, and what to tell the latter. */
uint32_t programs_context(const struct programs *programs);
struct uio_object programs_descriptor(const struct programs *programs);

/* VMTP_E_INVALID (no entity, a group, no name, added already), VMTP_E_EXISTS (its entity), VMTP_E_FULL. */
int programs_add(struct programs *programs, struct program *program);
/* It has ended; instances that show it live on.  Without effect when it is not added. */
void programs_remove(struct program *program);

/* For describe: a line `word: value`, the value as of printf.  Octets of it below 32 are shown as a question mark. */
#if defined __GNUC__
__attribute__((format(printf, 3, 4)))
#endif
void programs_line(struct programs_text *text, const char *word, const char *format, ...);

/* clang-format off */
#define PROGRAMS_COUNTERS(X) \
    X(added, "programs added") \
    X(removed, "programs removed") \
    X(shown, "instances made of programs") \
    X(lines_left_out, "lines for which there was no room") \
    X(ended, "programs that were asked to end, and do") \
    X(ends_refused, "programs that were asked to end, and do not")
/* clang-format on */

struct programs_counters {
#define PROGRAMS_COUNTER(name, text) uint64_t name;
    PROGRAMS_COUNTERS(PROGRAMS_COUNTER)
#undef PROGRAMS_COUNTER
};
#define PROGRAMS_COUNTER_COUNT (sizeof(struct programs_counters) / sizeof(uint64_t))
const struct programs_counters *programs_counters(const struct programs *programs);
/* NULL when there are no more.  Static. */
const char *programs_counter_name(unsigned which);
const char *programs_counter_text(unsigned which);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs by name, and instances, each of which has a text of its own. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>
#include <vmtp/wire.h>

#define BLOCK_OCTETS 512u
#define ATTRIBUTES (UIO_READABLE | UIO_STORAGE | UIO_RANDOM_ACCESS | UIO_OFFSET | UIO_MULTI_BLOCK | UIO_LINES)
#define CONTEXT_ATTRIBUTES (UIO_READABLE | UIO_CONTEXT | UIO_VARIABLE_BLOCK | UIO_MULTI_BLOCK)

struct shown {
    struct uio_object object; /* as it was */
    char octets[];
};

static struct program *find(const struct programs *m, const char *name, size_t length) {
    char text[VMTP_ENTITY_TEXT];
    struct program *p = m->first;
    while (p && (strlen(vmtp_entity_format(text, p->entity)) != length || memcmp(text, name, length) != 0))
        p = p->next;
    return p;
}

/* Without a name. */
static struct uio_object describe(struct program *p, struct programs_text *text) {
    programs_write(text, p);
    return (struct uio_object){.type = UIO_TYPE_PROGRAM,
                               .attributes = ATTRIBUTES,
                               .number = p->entity,
                               .size = text->length,
                               .permissions = p->end ? 0644 : 0444,
                               .names = 1,
                               .version = vipc_now(uio_manager_ipc(p->programs->manager)),
                               .block_size = BLOCK_OCTETS};
}

struct uio_object programs_descriptor(const struct programs *m) {
    return (struct uio_object){.type = UIO_TYPE_CONTEXT,
                               .attributes = CONTEXT_ATTRIBUTES,
                               .number = uio_manager_number(m->context, 0),
                               .permissions = 0555,
                               .names = 1,
                               .block_size = UIO_ENTRY_OCTETS};
}

/* ---- instances ---------------------------------------------------------------------------------------------------- */

static void open_context(struct uio_manager_operation *op) {
    const struct uio_manager_opened opened = {.attributes = CONTEXT_ATTRIBUTES,
                                              .block_size = UIO_ENTRY_OCTETS,
                                              .object = programs_descriptor(programs_of(op))};
    uio_manager_finish_open(op, &opened);
}

void programs_on_open(struct uio_manager_operation *op) {
    struct programs_text text;
    if (!op->name_length) {
        open_context(op);
        return;
    }
    struct program *p = find(programs_of(op), op->name, op->name_length);
    if (!p) {
        uio_manager_refuse(op, VNAME_NOT_FOUND);
        return;
    }
    const struct uio_object object = describe(p, &text);
    struct shown *s = malloc(sizeof *s + text.length);
    if (!s) {
        uio_manager_refuse(op, UIO_TOO_MANY);
        return;
    }
    s->object = object;
    memcpy(s->octets, text.octets, text.length);
    programs_of(op)->counters.shown++;
    const struct uio_manager_opened opened = {
        .state = s, .identity = {p->entity, 1}, .attributes = ATTRIBUTES, .block_size = BLOCK_OCTETS, .object = object};
    uio_manager_finish_open(op, &opened);
}

uint32_t programs_on_release(struct uio_manager_instance *instance, uint32_t flags) {
    (void)flags;
    free(instance->state);
    return 0;
}

void programs_on_query_instance(struct uio_manager_operation *op) {
    const struct shown *s = op->instance->state;
    const struct uio_object context = programs_descriptor(programs_of(op));
    if (s)
        uio_manager_finish_object(op, &s->object);
    else
        uio_manager_finish_object_blocks(op, &context, 0, 0);
}

/* ---- reading ------------------------------------------------------------------------------------------------------ */

static int next(struct uio_manager_operation *op, uint64_t *block, struct uio_object *object) {
    static char name[VMTP_ENTITY_TEXT];
    struct programs_text text;
    struct program *p = programs_of(op)->first;
    while (p && p->order < *block)
        p = p->next;
    if (!p)
        return 0;
    *object = describe(p, &text);
    object->name = vmtp_entity_format(name, p->entity);
    object->name_length = (uint16_t)strlen(name);
    *block = p->order + 1;
    return 1;
}

void programs_on_read(struct uio_manager_operation *op) {
    const struct shown *s = op->instance->state;
    if (!s) {
        uio_manager_finish_list(op, next);
        return;
    }
    const uint64_t left = op->position < s->object.size ? s->object.size - op->position : 0;
    const uint32_t n = op->count < left ? op->count : (uint32_t)left;
    uio_manager_finish_read_lent(op, s->octets + (left ? op->position : 0), n, n == left, 0, NULL);
}

/* ---- others ------------------------------------------------------------------------------------------------------- */

void programs_on_query(struct uio_manager_operation *op) {
    struct programs_text text;
    struct program *p = find(programs_of(op), op->name, op->name_length);
    if (!p && op->name_length) {
        uio_manager_refuse(op, VNAME_NOT_FOUND);
        return;
    }
    struct uio_object object = p ? describe(p, &text) : programs_descriptor(programs_of(op));
    object.name = op->name;
    object.name_length = (uint16_t)op->name_length;
    uio_manager_finish_object(op, &object);
}

void programs_on_remove(struct uio_manager_operation *op) {
    struct programs *m = programs_of(op);
    struct program *p = find(m, op->name, op->name_length);
    uint32_t code = op->name_length ? VNAME_NOT_FOUND : VMTP_NO_PERMISSION;
    if (p && op->flags) {
        code = VNAME_NOT_CONTEXT; /* one was meant */
    } else if (p) {
        code = p->end ? p->end(p, op->client) : VMTP_NO_PERMISSION; /* the record may be gone */
        ++*(code ? &m->counters.ends_refused : &m->counters.ended);
    }
    if (code)
        uio_manager_refuse(op, code);
    else
        uio_manager_finish(op);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "testing/desk.h"

#include <stdlib.h>
#include <string.h>

void desk_prepare(struct desk *d) {
    memset(d, 0, sizeof *d);
    uio_manager_config_init(&d->config);
    d->config.context = d;
}

void desk_begin(struct desk *d) {
    const size_t octets = uio_manager_footprint(&d->config);
    d->node = vipc_fake_node(shelf_net);
    d->memory = malloc(octets);
    ck_assert_ptr_nonnull(d->memory);
    ck_assert_int_eq(uio_manager_create(&d->manager, d->node, &d->config, d->memory), 0);
    const vmtp_entity server = vname_manager_entity(uio_manager_names(d->manager));
    asker_on(&d->a, vipc_fake_node(shelf_net), server);
    asker_on(&d->b, vipc_fake_node(shelf_net), server);
}

void desk_claim(struct desk *d, const char *prefix, uint32_t context) {
    const struct vname_manager_claim claim = {.prefix = prefix, .prefix_length = strlen(prefix), .context = context};
    ck_assert_int_eq(vname_manager_claim(uio_manager_names(d->manager), &claim), 0);
    shelf_run(2 * SECONDS);
}

void desk_end(struct desk *d) {
    asker_close(&d->a);
    asker_close(&d->b);
    uio_manager_destroy(d->manager);
    const struct uio_manager_use use = desk_use(d);
    ck_assert_uint_eq(use.instances + use.owners + use.operations + use.waiting + use.contexts, 0);
    shelf_run(SECONDS);
    ck_assert_int_eq(uio_manager_is_lent(d->manager), 0);
    free(d->memory);
}

struct uio_manager_use desk_use(const struct desk *d) {
    struct uio_manager_use use;
    uio_manager_get_use(d->manager, &use);
    return use;
}

/* ---- asking --------------------------------------------------------------------------------------------------- */

void read_later(struct said *s, struct asker *a, uint32_t number, uint32_t ms, uint32_t octets) {
    const uint32_t words[7] = {number, UINT32_MAX, UINT32_MAX, ms, octets};
    ask_later(s, a, UIO_READ_INSTANCE, words, NULL, 0, octets > VMTP_GROUP_OCTETS ? LARGE : 0);
}

void write_later(struct said *s, struct asker *a, uint32_t number, uint32_t ms, const void *data, uint32_t size) {
    const uint32_t words[7] = {number, UINT32_MAX, UINT32_MAX, ms, 0};
    ask_later(s, a, UIO_WRITE_INSTANCE, words, data, size, 0);
}

const struct said *open_as(struct asker *a, const char *name, uint32_t mode) {
    return try_create(a, name, mode, a->entity);
}

const struct said *on_name(struct asker *a, uint32_t code, const char *name, uint32_t word2, uint32_t word3) {
    const uint32_t words[4] = {word2, word3, 0, 0};
    return ask_name(a, code, 0, name, words, NULL, 0, 0);
}

/* ---- lists ---------------------------------------------------------------------------------------------------- */

#define SEEN 512

static struct {
    char name[UIO_COMPONENT_OCTETS + 1];
    struct uio_object object;
} seen[SEEN];
static unsigned seen_count;

static void note(char *text, size_t room, const struct uio_object *object) {
    ck_assert_uint_lt(seen_count, SEEN);
    ck_assert_uint_lt(strlen(text) + object->name_length + 2, room);
    strncat(text, object->name, object->name_length);
    strcat(text, " ");
    memset(&seen[seen_count], 0, sizeof seen[0]);
    memcpy(seen[seen_count].name, object->name, object->name_length);
    seen[seen_count].object = *object;
    seen[seen_count++].object.name = NULL;
}

const char *names_in(struct asker *a, const char *context, uint32_t octets) {
    static char text[32768];
    const uint32_t number = create(a, context, UIO_MODE_READ | UIO_MODE_CONTEXT);
    uint64_t block = 0;
    uint32_t end = 0;
    text[0] = 0;
    seen_count = 0;
    for (unsigned reads = 0; !end; reads++) {
        ck_assert_uint_lt(reads, SEEN);
        const struct said *s = read_at(a, number, block, 0, octets);
        ck_assert_uint_eq(s->code, VMTP_OK);
        struct uio_list list = uio_list_of(s->octets, s->size);
        struct uio_object object;
        while (uio_list_next(&list, &object))
            note(text, sizeof text, &object);
        ck_assert_uint_eq(list.left, 0);
        block = (uint64_t)s->words[1] << 32 | s->words[2];
        end = s->words[3];
    }
    ck_assert_uint_eq(release(a, number, 0)->code, VMTP_OK);
    return text;
}

struct uio_object described(const char *name) {
    for (unsigned i = seen_count; i-- > 0;)
        if (!strcmp(seen[i].name, name))
            return seen[i].object;
    ck_abort_msg("no %s in the list", name);
}

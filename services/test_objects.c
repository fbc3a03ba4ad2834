/* SPDX-License-Identifier: BSD-2-Clause */
/* OBJECT_NAME and OBJECT_CALL.  spec/testing.md section 4.19. */
#include "test_objects.h"

#include <stdlib.h>

/* ---- beginning and end ------------------------------------------------------------------------------------------------- */

struct vtest_objects *vtest_objects_of(vtest_service *s) {
    struct vtest_names *n = s->names;
    if (n->objects)
        return n->objects;
    struct vtest_objects *o = calloc(1, sizeof *o);
    if (!o || uio_client_open(&o->client, n->resolver) != 0) {
        free(o);
        return NULL;
    }
    o->names = n;
    for (unsigned i = 0; i < VTEST_HANDLES; i++)
        o->handles[i].objects = o;
    n->objects = o;
    return o;
}

void vtest_objects_end(struct vtest_names *n) {
    struct vtest_objects *o = n->objects;
    if (!o)
        return;
    for (unsigned i = 0; i < VTEST_HANDLES; i++) {
        uio_named_cancel(&o->handles[i].named);
        if (o->handles[i].handle.client)
            uio_detach(&o->handles[i].handle);
    }
    uio_replicas_close(&o->set);
    uio_client_close(&o->client, 0); /* nothing is open any more, so it does not wait */
    free(o);
    n->objects = NULL;
}

int vtest_objects_busy(const struct vtest_names *n) {
    unsigned busy = n->objects && n->objects->set_slot;
    for (unsigned i = 0; n->objects && i < VTEST_HANDLES; i++)
        busy += n->objects->handles[i].slot != NULL;
    return busy > 0;
}

void vtest_objects_later(struct vtest_work *w) {
    vtest_set_state(w->slot, VTEST_CALLING);
    w->later = 1;
}

void vtest_objects_answer(struct vtest_objects *o, struct vtest_slot *slot, const struct vmtp_message *answer,
                          const void *segment, uint32_t size) {
    vtest_answer(o->names->service, slot, answer, segment, size, vipc_now(o->names->ipc));
}

static uint32_t result_word(int result) { return result < 0 ? VMTP_ERROR : (uint32_t)result; }

/* ---- OBJECT_NAME ------------------------------------------------------------------------------------------------------- */

static void put_instance(struct vmtp_message *answer, const struct vtest_handle *h) {
    if (h->handle.client) {
        answer->words[1] = h->handle.instance.number;
        answer->words[2] = h->handle.instance.attributes;
    }
}

static void named_done(struct uio_named *named, int result) {
    struct vtest_handle *h = named->context;
    struct vtest_slot *slot = h->slot;
    struct vmtp_message answer = {.words = {result_word(result)}};
    h->slot = NULL;
    put_instance(&answer, h);
    vtest_objects_answer(h->objects, slot, &answer, NULL, 0);
}

static void name_it(struct uio_named *named, char *copy, const char *name, size_t length, void *room, int large) {
    memset(named, 0, sizeof *named);
    memcpy(copy, name, length);
    named->name = copy;
    named->name_length = length;
    named->deadline = VMTP_NEVER;
    named->room = room;
    named->room_size = large ? UIO_LARGE_ROOM : UIO_INSTANCE_OCTETS;
}

static int begin_create(struct vtest_handle *h, const struct vtest_work *w) {
    const uint32_t *words = w->request->message.words;
    const int large = words[4] & VTEST_LARGE;
    memset(&h->handle, 0, sizeof h->handle);
    if (words[4] & VTEST_REBIND) {
        name_it(&h->again, h->again_name, h->named.name, h->named.name_length, h->again_room, large);
        h->handle.rebind = &h->again;
    }
    return uio_create(&h->objects->client, &h->named, &h->handle, words[2], words[3]);
}

static int begin_named(struct vtest_handle *h, const struct vtest_work *w, size_t new_length) {
    struct uio_client *client = &h->objects->client;
    const uint32_t *words = w->request->message.words;
    switch (words[0]) {
    case UIO_CREATE_INSTANCE &VMTP_CODE_MASK: return begin_create(h, w);
    case UIO_QUERY_OBJECT &VMTP_CODE_MASK: return uio_query_object(client, &h->named, words[2]);
    case UIO_REMOVE_OBJECT &VMTP_CODE_MASK: return uio_remove_object(client, &h->named, words[2]);
    case UIO_RENAME_OBJECT &VMTP_CODE_MASK:
        return uio_rename_object(client, &h->named, h->new_name, new_length, words[2]);
    case UIO_LINK_OBJECT &VMTP_CODE_MASK: return uio_link_object(client, &h->named, h->new_name, new_length);
    case UIO_QUERY_STORAGE &VMTP_CODE_MASK: return uio_query_storage(client, &h->named);
    default: return VMTP_E_UNSUPPORTED;
    }
}

/* What the library refuses before anything is sent is told as if its manager had said so. */
static void started(struct vtest_handle *h, struct vtest_work *w, int begun) {
    if (begun == 0) {
        h->slot = w->slot;
        vtest_objects_later(w);
    } else if (begun > 0) {
        w->answer.words[0] = (uint32_t)begun;
    } else {
        vtest_refuse(w, VMTP_TEST_BAD_ARGUMENT);
    }
}

static struct vtest_handle *handle_of(vtest_service *s, struct vtest_work *w) {
    const uint32_t number = w->request->message.words[1];
    struct vtest_objects *o = vtest_objects_of(s);
    if (number >= VTEST_HANDLES || !o || o->handles[number].slot) {
        vtest_refuse(w, number >= VTEST_HANDLES ? VMTP_TEST_BAD_ARGUMENT : VMTP_TEST_NO_ROOM);
        return NULL;
    }
    return &o->handles[number];
}

void vtest_object_name(vtest_service *s, struct vtest_work *w) {
    const uint32_t *words = w->request->message.words, size = w->request->segment_size;
    struct vtest_handle *h = handle_of(s, w);
    if (!h)
        return;
    const int creates = words[0] == (UIO_CREATE_INSTANCE & VMTP_CODE_MASK);
    if (words[4] > VTEST_OBJECT_ALL || words[5] > size || words[5] > VNAME_NAME_OCTETS ||
        size - words[5] > VNAME_NAME_OCTETS || (creates && h->handle.client)) {
        vtest_refuse(w, VMTP_TEST_BAD_ARGUMENT);
        return;
    }
    name_it(&h->named, h->name, size ? vtest_names_text(w) : "", words[5], h->room, words[4] & VTEST_LARGE);
    if (size > words[5])
        memcpy(h->new_name, vtest_names_text(w) + words[5], size - words[5]);
    h->named.done = named_done;
    h->named.context = h;
    started(h, w, begin_named(h, w, size - words[5]));
}

/* ---- OBJECT_CALL ------------------------------------------------------------------------------------------------------- */

static int is_read(const struct vtest_handle *h) { return h->code == (UIO_READ_INSTANCE & VMTP_CODE_MASK); }
static int is_write(const struct vtest_handle *h) { return h->code == (UIO_WRITE_INSTANCE & VMTP_CODE_MASK); }

/* The next part of what is to be read or written: as uio_read. */
static int transfer(struct vtest_handle *h) {
    const int placed = h->block != UIO_SEQUENTIAL;
    const uint32_t left = h->wanted - h->done, offset = placed ? h->offset : 0;
    const uint32_t fits = uio_fits(&h->handle, offset, left), count = fits ? fits : left;
    uint8_t *octets = (uint8_t *)h->slot->area + h->done;
    if (is_read(h))
        return uio_read(&h->handle, &h->call, h->block, offset, octets, count);
    return uio_write(&h->handle, &h->call, h->block, offset, h->flags, octets, count);
}

static void report(struct vtest_handle *h, int result) {
    struct vtest_slot *slot = h->slot;
    struct vmtp_message answer = {.words = {result_word(result)}};
    answer.words[1] = h->done;
    vmtp_words_put64(answer.words + 2, h->call.block);
    answer.words[4] = h->call.flags;
    h->slot = NULL;
    vtest_objects_answer(h->objects, slot, &answer, slot->area, is_read(h) ? h->done : 0);
}

/* Where the next part begins. */
static void advance(struct vtest_handle *h) {
    const uint32_t block_size = h->handle.instance.object.block_size;
    h->done += h->call.octets;
    if (h->block == UIO_SEQUENTIAL || !block_size)
        return;
    const uint64_t at = h->block * block_size + h->offset + h->call.octets;
    h->block = at / block_size;
    h->offset = (uint32_t)(at % block_size);
}

static void call_done(struct uio_call *call, int result) {
    struct vtest_handle *h = call->context;
    const int moves = is_read(h) || is_write(h);
    if (result == 0 && moves) {
        advance(h);
        if (call->octets && h->done < h->wanted && !(call->flags & UIO_END)) {
            result = transfer(h);
            if (result == 0)
                return;
        }
    }
    report(h, result);
}

static int begin_call(struct vtest_handle *h, const struct vtest_work *w) {
    const uint32_t count = w->request->message.words[5];
    const struct uio_range all = {0};
    switch (h->code) {
    case UIO_READ_INSTANCE &VMTP_CODE_MASK: return transfer(h);
    case UIO_WRITE_INSTANCE &VMTP_CODE_MASK: return transfer(h);
    case UIO_QUERY_INSTANCE &VMTP_CODE_MASK: return uio_query(&h->handle, &h->call, h->area);
    case UIO_RELEASE_INSTANCE &VMTP_CODE_MASK: return uio_release(&h->handle, &h->call, count != 0);
    case UIO_LOCK_INSTANCE &VMTP_CODE_MASK: return uio_lock(&h->handle, &h->call, count, 0, &all);
    default: return VMTP_E_UNSUPPORTED;
    }
}

void vtest_object_call(vtest_service *s, struct vtest_work *w) {
    const uint32_t *words = w->request->message.words, size = w->request->segment_size;
    struct vtest_handle *h = handle_of(s, w);
    if (!h)
        return;
    h->code = words[0];
    if (!h->handle.client || (is_read(h) && words[5] > VTEST_READ_MOST) || size > VTEST_READ_MOST) {
        vtest_refuse(w, VMTP_TEST_BAD_ARGUMENT);
        return;
    }
    memset(&h->call, 0, sizeof h->call);
    h->call.deadline = VMTP_NEVER;
    h->call.done = call_done;
    h->call.context = h;
    h->block = vmtp_words_get64(words + 2);
    h->offset = words[4];
    h->flags = is_write(h) ? words[5] : 0;
    h->wanted = is_read(h) ? words[5] : size;
    h->done = 0;
    h->slot = w->slot;
    const int begun = begin_call(h, w);
    h->slot = NULL;
    started(h, w, begun);
}

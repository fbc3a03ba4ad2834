/* SPDX-License-Identifier: BSD-2-Clause */
/* The service as a client of names: its resolver, and NAME_RESOLVER.  spec/testing.md section 4.17. */
#define _POSIX_C_SOURCE 200809L
#include "test_names.h"

#include <stdlib.h>

static int open_resolver(struct vtest_names *n, uint32_t flags, uint32_t prefixes) {
    const struct vname_config config = {.prefixes = prefixes,
                                        .aliases = prefixes && prefixes < 16 ? prefixes : 0,
                                        .flags = flags & VTEST_DIRECTORY_FIRST ? VNAME_DIRECTORY_FIRST : 0};
    int rc = vname_open(&n->resolver, n->ipc, &config);
    if (rc == 0 && flags & VTEST_LISTEN)
        rc = vname_listen(n->resolver);
    return rc;
}

static void close_resolver(struct vtest_names *n) {
    vtest_objects_end(n);
    vname_unwatch(&n->watch);
    vname_close(n->resolver);
    n->resolver = NULL;
}

int vtest_open_names(vtest_service *s, struct vipc *ipc) {
    struct vtest_names *n = calloc(1, sizeof *n);
    if (!n)
        return VMTP_E_MEMORY;
    n->service = s;
    n->ipc = ipc;
    n->next_context = 0x100;
    s->names = n;
    return open_resolver(n, 0, 0);
}

void vtest_close_names(vtest_service *s) {
    struct vtest_names *n = s->names;
    if (!n)
        return;
    vtest_names_cancel(n);
    vtest_names_end_manager(n);
    close_resolver(n);
    free(n->survey_area);
    free(n);
    s->names = NULL;
}

/* Both texts with a zero behind each, or -1. */
static int take_texts(struct vtest_names *n, const struct vtest_work *w) {
    static char names[VTEST_AREA + 1], context[VTEST_AREA + 1];
    const size_t size = w->request->segment_size, first = strnlen(size ? vtest_names_text(w) : "", size);
    if (size == 0)
        return 0;
    if (first == size)
        return -1;
    memcpy(names, vtest_names_text(w), first);
    names[first] = 0;
    memcpy(context, vtest_names_text(w) + first + 1, size - first - 1);
    context[size - first - 1] = 0;
    vname_inherit(n->resolver, names, context);
    return 0;
}

static uint32_t anew(struct vtest_names *n, const struct vtest_work *w, uint32_t flags, uint32_t prefixes) {
    if (vtest_names_busy(n))
        return VMTP_TEST_NO_ROOM;
    close_resolver(n);
    const int rc = open_resolver(n, flags, prefixes);
    if (rc == 0)
        return take_texts(n, w) == 0 ? 0 : VMTP_TEST_BAD_ARGUMENT;
    if (!n->resolver && open_resolver(n, 0, 0) != 0)
        abort(); /* it was there a moment ago */
    return rc == VMTP_E_INVALID ? VMTP_TEST_BAD_ARGUMENT : VMTP_TEST_NO_ROOM;
}

void vtest_name_resolver(vtest_service *s, struct vtest_work *w) {
    struct vtest_names *n = s->names;
    const uint32_t flags = w->request->message.words[0];
    char *out = (char *)w->slot->area;
    uint32_t refusal = flags > VTEST_RESOLVER_ALL ? VMTP_TEST_BAD_ARGUMENT : 0;
    if (!refusal && flags & VTEST_ANEW)
        refusal = anew(n, w, flags, w->request->message.words[1]);
    if (refusal) {
        vtest_refuse(w, refusal);
        return;
    }
    const size_t names = vname_names_text(n->resolver, out, VTEST_AREA / 2);
    out[names] = 0;
    const size_t context = vname_context_text(n->resolver, out + names + 1, VTEST_AREA / 2);
    w->segment = out;
    w->segment_size = (uint32_t)(names + 1 + context);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A directory that has all prefixes registered, with the managers that held them last.  It answers LookupName; what registering costs is not of
 * interest here.
 */
#include "names.h"

#include <string.h>

static struct vipc_service service;

static void answer(struct vipc_incoming *in, int prefix) {
    const struct prefix *p = &world.prefixes[prefix];
    const int is_alias = p->target != NULL;
    const struct vname_record record = {
        .flags = (uint16_t)(VNAME_REGISTERED | VNAME_SECOND_HAND | (is_alias ? VNAME_ALIAS_RECORD : 0)),
        .target = p->target,
        .target_length = (uint16_t)(is_alias ? strlen(p->target) : 0),
        .prefix_length = (uint16_t)strlen(p->text),
        .generation = 1,
        .manager = p->last,
        .context = prefix_context((unsigned)prefix),
        .prefix = p->text};
    const struct vmtp_message message = {.code = VMTP_OK, .words = {record.prefix_length}};
    uint8_t segment[VNAME_RECORD_OCTETS];
    vipc_reply(in, &message, segment, vname_record_encode(segment, sizeof segment, &record), VIPC_REPLY_IDEMPOTENT);
}

static void requested(struct vipc_service *s, struct vipc_incoming *in) {
    const struct vmtp_message not_found = {.code = VNAME_NOT_FOUND};
    (void)s;
    if ((in->message.code & VMTP_CODE_MASK) != (VNAME_LOOKUP & VMTP_CODE_MASK)) {
        vipc_discard(in);
        return;
    }
    const int prefix = prefix_of(in->segment, in->segment_size, 1);
    if (prefix >= 0)
        answer(in, prefix);
    else
        vipc_reply(in, &not_found, NULL, 0, VIPC_REPLY_IDEMPOTENT);
}

void directory_open(void) {
    service = (struct vipc_service){.depth = 64, .capacity = VNAME_NAME_OCTETS, .request = requested};
    if (vipc_serve(vipc_fake_node(world.net), &service) || vipc_join(&service, VNAME_DIRECTORY))
        fail("no directory");
}

void directory_close(void) { vipc_unserve(&service); }

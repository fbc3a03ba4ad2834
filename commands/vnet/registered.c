/* SPDX-License-Identifier: BSD-2-Clause */
#include "registered.h"
#include "text.h"
#include "vnet.h"

#include <string.h>

/* One question, answered before anything else goes on. */
struct question {
    struct vipc_call call;
    int over, result;
    uint8_t area[VNAME_LIST_OCTETS];
};

static void answered(struct vipc_call *call, int result) {
    struct question *q = call->context;
    q->over = 1;
    q->result = result;
}

/* VNET_OK: there is a Response; look at its code. */
static int ask(struct naming *n, struct question *q, vmtp_entity to, uint32_t code, const void *segment, size_t size,
               vmtp_time timeout) {
    q->over = 0;
    q->call = (struct vipc_call){.message = {.server = to, .code = code},
                                 .segment = segment,
                                 .segment_size = (uint32_t)size,
                                 .area = q->area,
                                 .capacity = sizeof q->area,
                                 .deadline = node_now(&n->node) + timeout,
                                 .done = answered,
                                 .context = q};
    int rc = vipc_start(n->ipc, &q->call);
    if (rc == 0)
        rc = naming_wait(n, &q->over, VMTP_NEVER);
    vipc_cancel(&q->call);
    rc = rc ? rc : q->result;
    return rc ? node_explain(&n->node, rc, to, timeout) : VNET_OK;
}

static uint32_t code_of(const struct question *q) { return q->call.answer.code & VMTP_CODE_MASK; }

static int refused(const struct question *q) {
    char directory[VMTP_ENTITY_TEXT], code[TEXT_CODE];
    return vnet_fail("the directory %s says %s", vmtp_entity_format(directory, q->call.answer.server),
                     text_code(code, code_of(q)));
}

static int find(struct naming *n, struct question *q, vmtp_time timeout, vmtp_entity *directory) {
    const int rc = ask(n, q, VNAME_DIRECTORY, VNAME_FIND_DIRECTORY, NULL, 0, timeout);
    if (rc != VNET_OK)
        return rc;
    if (code_of(q) != VMTP_OK)
        return refused(q);
    *directory = q->call.answer.server;
    return VNET_OK;
}

/* Tells the records of one answer, and where the next begins: VNET_OK, or an exit code after a message. */
static int take_page(const struct question *q, char *last, size_t *length,
                     void (*take)(void *context, const struct vname_record *record), void *context) {
    struct vname_list list = vname_list_of(q->area, q->call.received);
    struct vname_record record;
    const size_t before = *length;
    char from[VNAME_PREFIX_OCTETS];
    memcpy(from, last, before);
    while (vname_list_next(&list, &record)) {
        memcpy(last, record.prefix, record.prefix_length);
        *length = record.prefix_length;
        take(context, &record);
    }
    if (list.left)
        return vnet_fail("the directory answers with what is no record");
    if (q->call.answer.words[0] && before == *length && memcmp(from, last, before) == 0)
        return vnet_fail("the directory says that there is more, and does not tell it");
    return VNET_OK;
}

int registered_list(struct naming *n, vmtp_time timeout, void (*take)(void *context, const struct vname_record *record),
                    void *context) {
    static struct question q;
    char last[VNAME_PREFIX_OCTETS];
    size_t length = 0;
    vmtp_entity directory = 0;
    int rc = find(n, &q, timeout, &directory);
    while (rc == VNET_OK) {
        rc = ask(n, &q, directory, VNAME_LIST_REGISTERED, last, length, timeout);
        if (rc == VNET_OK && code_of(&q) != VMTP_OK)
            rc = refused(&q);
        if (rc == VNET_OK)
            rc = take_page(&q, last, &length, take, context);
        if (rc == VNET_OK && !q.call.answer.words[0])
            break;
    }
    return rc;
}

int registered_forget(struct naming *n, vmtp_time timeout, const char *prefix, struct vname_record *record) {
    static struct question q;
    uint8_t segment[VNAME_RECORD_OCTETS];
    vmtp_entity directory = 0;
    int rc = find(n, &q, timeout, &directory);
    if (rc == VNET_OK)
        rc = ask(n, &q, directory, VNAME_LOOKUP, prefix, strlen(prefix), timeout);
    if (rc != VNET_OK)
        return rc;
    if (code_of(&q) != VMTP_OK && code_of(&q) != VNAME_NOT_FOUND)
        return refused(&q);
    if (code_of(&q) == VNAME_NOT_FOUND || !vname_record_decode(record, q.area, q.call.received) ||
        record->prefix_length != strlen(prefix) || memcmp(record->prefix, prefix, record->prefix_length) != 0)
        return vnet_fail("%s is not registered", prefix);
    record->flags &= VNAME_ALIAS_RECORD;
    const uint32_t size = vname_record_encode(segment, sizeof segment, record);
    record->prefix = prefix;
    rc = ask(n, &q, directory, VNAME_UNREGISTER, segment, size, timeout);
    return rc == VNET_OK && code_of(&q) != VMTP_OK ? refused(&q) : rc;
}

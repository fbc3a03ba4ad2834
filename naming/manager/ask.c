/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls to one other manager or to the directory, each about one record. */
#include "internal.h"

#include <string.h>

static void is_over(struct vn_ask *ask, int result) {
    ask->over(ask, result);
    ask->used = 0;
}

/* A code of the naming protocol, or of VMTP, that the other side gave; else why it said nothing. */
int vn_ask_code(const struct vn_ask *ask, int result) {
    return result ? result : (int)(ask->call.answer.code & VN_LOW24);
}

struct vn_prefix *vn_ask_prefix(const struct vn_ask *ask) {
    struct vn_prefix *p = ask->prefix;
    return p && p->used && p->serial == ask->serial ? p : NULL;
}

int vn_ask_record(const struct vn_ask *ask, struct vname_record *record) {
    struct vname_record asked;
    return vname_record_parse(record, ask->area, ask->call.received) == 0 &&
           vname_record_decode(&asked, ask->segment, sizeof ask->segment) && vname_record_same_prefix(record, &asked);
}

static void done(struct vipc_call *call, int result) { is_over(call->context, result); }

static int start(struct vn_ask *ask, vmtp_entity to, uint32_t code, uint32_t size, vmtp_time patience,
                 void (*then)(struct vipc_call *, int)) {
    vname_manager *m = ask->manager;
    memset(&ask->call, 0, sizeof ask->call);
    ask->call.message.server = to;
    ask->call.message.code = code;
    ask->call.message.words[0] = ask->word;
    ask->call.client = code == VNAME_MEET ? m->service.entity : 0; /* NAME-8.5-01 */
    ask->call.segment = ask->segment;
    ask->call.segment_size = size;
    ask->call.area = ask->area;
    ask->call.capacity = sizeof ask->area;
    ask->call.deadline = vipc_now(m->ipc) + patience;
    ask->call.done = then;
    ask->call.context = ask;
    int r = vipc_start(m->ipc, &ask->call);
    if (r < 0)
        m->counters.send_failures++;
    return r;
}

/* Anybody can make a manager meet, or be covered: that leaves room for what its program wants. */
static int has_room(vname_manager *m, uint32_t code) {
    const int provoked = code == VNAME_MEET || code == VNAME_MOUNT;
    uint32_t room = 0;
    for (struct vn_ask *ask = m->asks; ask < vn_asks_end(m); ask++)
        room += !ask->used;
    return room > (provoked ? m->config.asks / 4 : 0);
}

static struct vn_ask *new_ask(vname_manager *m, struct vn_prefix *p, uint32_t code, const struct vname_record *record,
                              void (*over)(struct vn_ask *, int)) {
    for (struct vn_ask *ask = m->asks; has_room(m, code) && ask < vn_asks_end(m); ask++) {
        if (ask->used)
            continue;
        ask->manager = m;
        ask->prefix = p;
        ask->serial = p ? p->serial : 0;
        ask->peer = 0;
        ask->word = 0;
        ask->code = code;
        ask->fresh = 0;
        ask->over = over;
        memset(ask->segment, 0, sizeof ask->segment);
        vname_record_encode(ask->segment, sizeof ask->segment, record);
        return ask;
    }
    m->counters.asks_full++;
    return NULL;
}

static uint32_t record_size(const struct vn_ask *ask) {
    struct vname_record record;
    return vname_record_decode(&record, ask->segment, sizeof ask->segment);
}

/* The other's program is asked before something is handed over. */
static vmtp_time patience_with(uint32_t code) {
    return code == VNAME_HAND_OVER ? VN_HAND_PATIENCE : code == VNAME_MEET ? VN_MEET_PATIENCE : VN_PATIENCE;
}

struct vn_ask *vn_ask(vname_manager *m, struct vn_prefix *p, vmtp_entity peer, uint32_t code, uint32_t word,
                      const struct vname_record *record, void (*over)(struct vn_ask *, int)) {
    struct vn_ask *ask = new_ask(m, p, code, record, over);
    if (ask)
        ask->word = word;
    if (!ask || start(ask, peer, code, record_size(ask), patience_with(code), done) < 0)
        return NULL;
    ask->peer = peer;
    ask->used = 1;
    return ask;
}

struct vn_ask *vn_ask_query(vname_manager *m, struct vn_prefix *p, const char *name, uint32_t length,
                            void (*over)(struct vn_ask *, int)) {
    struct vn_ask *ask = new_ask(m, p, VNAME_QUERY, &p->kept.record, over);
    if (!ask)
        return NULL;
    memcpy(ask->segment, name, length);
    if (start(ask, VNAME_HANDLERS, VNAME_QUERY, length, VN_QUERY_PATIENCE, done) < 0)
        return NULL;
    ask->used = 1;
    return ask;
}

/* ---- the directory -------------------------------------------------------------------------------------------- */

static void directory_done(struct vipc_call *call, int result);

static int ask_known(struct vn_ask *ask) {
    ask->peer = ask->manager->directory;
    ask->manager->counters.directory_calls++;
    return start(ask, ask->peer, ask->code, record_size(ask), VN_DIRECTORY_PATIENCE, directory_done);
}

static void found(struct vipc_call *call, int result) {
    struct vn_ask *ask = call->context;
    vname_manager *m = ask->manager;
    const vmtp_entity e = vmtp_words_get64(call->answer.words);
    if (result == 0 && (call->answer.code & VN_LOW24) == VMTP_OK && e && !vmtp_is_group(e)) {
        m->directory = e;
        ask->fresh = 1;
        if ((result = ask_known(ask)) == 0)
            return;
    } else if (result == 0) {
        m->counters.answers_odd++;
        result = VMTP_RETRANS_TIMEOUT;
    }
    m->counters.directory_failures++;
    is_over(ask, result);
}

static int find(struct vn_ask *ask) {
    ask->manager->counters.directory_calls++;
    return start(ask, VNAME_DIRECTORY, VNAME_FIND_DIRECTORY, 0, VN_FIND_PATIENCE, found);
}

/* One that is known may be gone, and another be there. */
static void directory_done(struct vipc_call *call, int result) {
    struct vn_ask *ask = call->context;
    vname_manager *m = ask->manager;
    if (result) {
        m->counters.directory_failures++;
        if (m->directory == ask->peer)
            m->directory = 0;
        if (!ask->fresh && find(ask) == 0)
            return;
    }
    is_over(ask, result);
}

struct vn_ask *vn_ask_directory(vname_manager *m, struct vn_prefix *p, uint32_t code, const struct vname_record *record,
                                void (*over)(struct vn_ask *, int)) {
    struct vn_ask *ask = new_ask(m, p, code, record, over);
    if (!ask || (m->directory ? ask_known(ask) : find(ask)) < 0)
        return NULL;
    ask->used = 1;
    return ask;
}

void vn_ask_cancel_all(vname_manager *m) {
    for (struct vn_ask *ask = m->asks; ask < vn_asks_end(m); ask++) {
        vipc_cancel(&ask->call);
        ask->used = 0;
    }
}

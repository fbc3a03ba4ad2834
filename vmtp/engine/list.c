/* SPDX-License-Identifier: BSD-2-Clause */
/* list.c - which message transactions there are, for those who look at a node from outside. */
#include "internal.h"

static const char *call_word(const struct call *c) {
    switch (c->state) {
    case CALL_LOCATING: return "probing";
    case CALL_WAITING: return "queued";
    case CALL_AWAITING_RESPONSE: return "awaiting-response";
    case CALL_RECEIVING_RESPONSE: return "receiving-response";
    case CALL_LOCAL: return "local";
    case CALL_HELD: return "held";
    default: return "done";
    }
}

static const char *request_word(const struct vmtp_engine *e, const struct request *q) {
    if (q->remote != NONE && remote_at(e, q->remote)->state == REMOTE_AWAITING_PROBE)
        return "awaiting-probe";
    switch (q->state) {
    case REQUEST_RECEIVING: return "receiving-request";
    case REQUEST_COMPLETE: return "waiting";
    case REQUEST_PROCESSING: return "processing";
    case REQUEST_RESPONDED: return "responded";
    case REQUEST_FORWARDED: return "forwarded";
    default: return "done";
    }
}

static const char *remote_word(const struct remote *r) {
    switch (r->state) {
    case REMOTE_AWAITING_PROBE: return "awaiting-probe";
    case REMOTE_RECEIVING: return "receiving-request";
    case REMOTE_PROCESSING: return "processing";
    case REMOTE_RESPONDED: return "responded";
    case REMOTE_FORWARDED: return "forwarded";
    case REMOTE_REFUSED: return "refused";
    case REMOTE_DISCARDED: return "response-discarded";
    default: return "idle";
    }
}

static int show_call(const struct vmtp_engine *e, uint32_t index, struct vmtp_transaction *out) {
    const struct call *c = call_at(e, index);
    if (c->state == CALL_FREE)
        return 0;
    out->role = VMTP_AS_CLIENT;
    out->client = vmtp_get_client(c->tx.header);
    out->server = vmtp_get_server(c->tx.header);
    out->transaction = vmtp_get_transaction(c->tx.header);
    out->retries = c->retries;
    out->state = call_word(c);
    if (c->state != CALL_LOCATING && c->state != CALL_LOCAL)
        memcpy(out->host, c->tx.mac, sizeof out->host);
    return 1;
}

static int show_request(const struct vmtp_engine *e, uint32_t index, struct vmtp_transaction *out) {
    const struct request *q = request_at(e, index);
    if (q->state == REQUEST_FREE)
        return 0;
    out->role = VMTP_AS_SERVER;
    out->client = vmtp_get_client(q->header);
    out->server = q->entity;
    out->transaction = vmtp_get_transaction(q->header);
    out->retries = q->remote != NONE ? remote_at(e, q->remote)->retries : 0;
    out->state = request_word(e, q);
    memcpy(out->host, q->source, sizeof out->host);
    return 1;
}

/* One that has a Request has been shown by it. */
static int show_remote(const struct vmtp_engine *e, uint32_t index, struct vmtp_transaction *out) {
    const struct remote *r = remote_at(e, index);
    if (r->state == REMOTE_FREE || r->request != NONE)
        return 0;
    out->role = VMTP_AS_RECORD;
    out->client = r->client;
    out->server = r->server;
    out->transaction = r->transaction;
    out->retries = r->retries;
    out->state = remote_word(r);
    memcpy(out->host, r->mac, sizeof out->host);
    return 1;
}

int vmtp_transaction_next(const vmtp_engine *e, uint64_t *place, struct vmtp_transaction *out) {
    uint64_t requests = e->calls.count, remotes = requests + e->requests.count, end = remotes + e->remotes.count;
    int found = 0;
    while (!found && *place < end) {
        uint64_t at = (*place)++;
        memset(out, 0, sizeof *out);
        found = at < requests  ? show_call(e, (uint32_t)at, out)
                : at < remotes ? show_request(e, (uint32_t)(at - requests), out)
                               : show_remote(e, (uint32_t)(at - remotes), out);
    }
    return found;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* What NotifyVmtpClient and NotifyVmtpServer say about packets that a stranger sends. */
#include "stage.h"
#include "support/foreign.h"

static struct stranger stranger;
static struct actor *local;

static void one_host(const struct vmtp_config *config) {
    struct node *n = stage_host(config);
    local = stage_actor(n, 0);
    actor_serve(local, 2, VMTP_GROUP_OCTETS);
    stranger = stage_stranger();
}

static void send(const struct vmtp_header *h, uint32_t size) {
    stranger_sends(&stranger, mac_of(local->node), h, size);
}

static void ask(vmtp_entity server, uint32_t transaction, uint32_t flags) {
    struct vmtp_header h = foreign_request(FOREIGN_CLIENT, server, transaction, 0x77);
    h.flags = flags;
    send(&h, 0);
}

static void client_ok(void) {
    one_host(NULL);
    local->deed = HOLD;
    ask(local->id, 7, 0);
    ask(local->id, 7, VMTP_APG);
}

static void client_retry(void) {
    one_host(NULL);
    struct vmtp_header h = foreign_segment_request(FOREIGN_CLIENT, local->id, 7, 2048);
    h.delivery = 3;
    send(&h, 1024);
    stage_pass(50 * VMTP_MILLISECOND);
}

static void client_retry_all(void) {
    one_host(NULL);
    struct vmtp_header h = foreign_segment_request(FOREIGN_CLIENT, local->id, 7, 2048);
    h.delivery = 0;
    h.flags = VMTP_APG;
    send(&h, 0);
}

static void client_busy(void) {
    one_host(NULL);
    struct actor *deaf = stage_actor(local->node, 0);
    actor_serve(deaf, 1, 0);
    deaf->deed = NEVER;
    struct vmtp_header h = foreign_request(FOREIGN_CLIENT, deaf->id, 7, 0x77);
    send(&h, 0);
    h.client = FOREIGN_OTHER_CLIENT;
    send(&h, 0);
}

static void client_nonexistent(void) {
    one_host(NULL);
    ask(FOREIGN_SERVER, 7, 0);
}

static void client_discarded(void) {
    one_host(NULL);
    local->reply_size = 700;
    ask(local->id, 7, 0);
    struct vmtp_header h = foreign_notify_server(local->id, FOREIGN_CLIENT, 7, 3, VMTP_OK);
    send(&h, 0);
    ask(local->id, 7, VMTP_APG);
}

static void client_security(void) {
    one_host(NULL);
    struct vmtp_header h = foreign_request(FOREIGN_CLIENT, local->id, 7, 0x77);
    h.epg = 1;
    send(&h, 0);
}

static void client_error(void) {
    one_host(NULL);
    struct vmtp_header h = foreign_segment_request(FOREIGN_CLIENT, local->id, 7, 1024);
    h.delivery = 0xf; /* four blocks of a segment of two */
    send(&h, 1024);
}

static void client_too_many_retries(void) {
    one_host(NULL);
    struct vmtp_header h = foreign_segment_request(FOREIGN_CLIENT, local->id, 7, 2048);
    h.delivery = 3;
    send(&h, 1024);
    stage_pass(5 * VMTP_SECOND);
}

/* ---- to servers: the stranger answers, or what looks like it ---- */

static struct vmtp_header response(vmtp_entity client, uint32_t transaction) {
    struct vmtp_header h = foreign_request(client, FOREIGN_SERVER, transaction, VMTP_OK);
    h.function = VMTP_RESPONSE;
    return h;
}

static void server_nonexistent(void) {
    one_host(NULL);
    struct vmtp_header h = response(FOREIGN_CLIENT, 7);
    send(&h, 0);
}

/* A call that has lost its Request, and its Transaction. */
static uint32_t under_way(void) {
    struct actor *other = stage_actor(stage_host(NULL), 0);
    uint32_t transaction = 0;
    actor_serve(other, 1, 0);
    struct vmtp_request r = actor_request(local, other->id, 0, 0);
    actor_calls(local, &r, 0);
    stage_lose(20, "Request 0x000077");
    actor_call(local, &r);
    vmtp_outstanding(local->node->engine, local->id, &transaction);
    return transaction;
}

static void server_future(void) {
    one_host(NULL);
    struct vmtp_header h = response(local->id, under_way() + 5u);
    send(&h, 0);
}

static void server_discarded(void) {
    one_host(NULL);
    struct vmtp_header h = response(local->id, under_way() - 1u);
    h.flags = VMTP_APG;
    send(&h, 0);
}

static void server_ok_and_retry(void) {
    one_host(NULL);
    struct actor *other = stage_actor(stage_host(NULL), 0);
    actor_serve(other, 1, 0);
    other->reply_size = 2048;
    other->reply_flags = VMTP_REPLY_CONFIRM;
    stage_lose(1, "Response OK&blocks 0x0000000c");
    struct vmtp_request r = actor_request(local, other->id, 0, 0);
    actor_calls(local, &r, 0);
    stage_pass(VMTP_SECOND);
}

static void server_no_streams(void) {
    struct vmtp_config config;
    stage_config(&config);
    config.no_streams = 1;
    one_host(&config);
    struct vmtp_header h = response(local->id, 7);
    h.flags = VMTP_NER;
    send(&h, 0);
}

/* The client has no memory for another message of several packet groups. */
static void server_busy(void) {
    struct vmtp_config config;
    stage_config(&config);
    config.max_runs = 0;
    one_host(&config);
    struct actor *other = stage_actor(stage_host(NULL), 0);
    actor_serve(other, 1, 0);
    other->reply_size = 20000;
    struct vmtp_request r = actor_request(local, other->id, 0, 20000);
    r.deadline = stage_now() + 100 * VMTP_MILLISECOND;
    actor_calls(local, &r, VMTP_USER_TIMEOUT);
}

static void notify_unknown(void) {
    one_host(NULL);
    struct vmtp_header h = foreign_notify_client(local->id, 7, 0, VMTP_OK);
    send(&h, 0); /* about nothing: not answered */
    h = foreign_notify_server(local->id, FOREIGN_CLIENT, 7, 0, VMTP_RETRY);
    send(&h, 0);
}

const struct scene scenes_notify[] = {
    {"notify-client-ok", 1500, client_ok},
    {"notify-client-retry", 1500, client_retry},
    {"notify-client-nothing-held", 1500, client_retry_all},
    {"notify-client-busy", 1500, client_busy},
    {"notify-client-nonexistent", 1500, client_nonexistent},
    {"notify-client-discarded", 1500, client_discarded},
    {"notify-client-security", 1500, client_security},
    {"notify-client-error", 1500, client_error},
    {"notify-client-too-many-retries", 1500, client_too_many_retries},
    {"notify-server-nonexistent", 1500, server_nonexistent},
    {"notify-server-bad-transaction", 1500, server_future},
    {"notify-server-discarded", 1500, server_discarded},
    {"notify-server-ok-retry", 1500, server_ok_and_retry},
    {"notify-server-busy", 1500, server_busy},
    {"notify-server-no-streams", 1500, server_no_streams},
    {"notify-unknown", 1500, notify_unknown},
    {NULL, 0, NULL},
};

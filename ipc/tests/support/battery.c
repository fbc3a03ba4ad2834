/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the battery share. */
#include "battery.h"

vipc *battery_node[BATTERY_NODES];
const struct vmtp_message said_ok = {.code = VMTP_OK};
static const struct ipc_rig *rig;

void battery_open(const struct ipc_rig *chosen) {
    rig = chosen;
    rig->open(battery_node);
}

void battery_close(void) {
    for (unsigned i = 0; i < BATTERY_NODES; i++)
        vipc_close(battery_node[i]);
    rig->close();
}

void battery_run(vmtp_time duration) { rig->run(duration); }

/* ---- services ----------------------------------------------------------------------------------------------- */

void serve_echo(struct vipc_service *service, struct vipc_incoming *in) {
    struct served *served = service->context;
    struct vmtp_message answer = in->message;
    served->called++;
    answer.code = VMTP_OK;
    answer.words[0]++;
    ck_assert_int_eq(vipc_reply(in, &answer, in->segment, in->segment_size, 0), 0);
}

void serve_keep(struct vipc_service *service, struct vipc_incoming *in) {
    struct served *served = service->context;
    served->called++;
    ck_assert_uint_lt(served->kept_count, 8);
    ck_assert_ptr_null(in->context);
    served->kept[served->kept_count++] = in;
}

void serve_nothing(struct vipc_service *service, struct vipc_incoming *in) {
    struct served *served = service->context;
    served->called++;
    vipc_discard(in);
}

static void released(struct vipc_loan *loan) {
    struct served *served = loan->context;
    served->released++;
    memset(served->lent, 'y', sizeof served->lent); /* too late for the client */
}

void serve_lent(struct vipc_service *service, struct vipc_incoming *in) {
    struct served *served = service->context;
    served->called++;
    memset(served->lent, 'x', sizeof served->lent);
    served->loan = (struct vipc_loan){.release = released, .context = served};
    ck_assert_int_eq(vipc_reply_lent(in, &said_ok, served->lent, sizeof served->lent, 0, &served->loan), 0);
    ck_assert_uint_eq(served->released, 0);
}

void serve_forward(struct vipc_service *service, struct vipc_incoming *in) {
    struct served *served = service->context;
    struct vmtp_message message = in->message;
    served->called++;
    message.server = served->next;
    message.code &= VMTP_CODE_MASK;
    ck_assert_int_eq(vipc_forward(in, &message, in->segment, in->segment_size, 64), 0);
}

void serve(struct served *served, vipc *node, void (*request)(struct vipc_service *, struct vipc_incoming *)) {
    memset(served, 0, sizeof *served);
    served->service = (struct vipc_service){.depth = 4, .capacity = 64, .request = request, .context = served};
    ck_assert_int_eq(vipc_serve(node, &served->service), 0);
    ck_assert_uint_ne(served->service.entity, 0);
}

/* ---- clients ------------------------------------------------------------------------------------------------ */

static void over(struct vipc_call *call, int result) {
    struct asked *asked = call->context;
    asked->done++;
    asked->result = result;
    ck_assert_ptr_null(call->ipc);
    if (asked->then)
        asked->then(asked);
}

static void heard(struct vipc_call *call, const struct vipc_response *response) {
    struct asked *asked = call->context;
    const unsigned n = asked->responses++;
    ck_assert_uint_lt(n, 8);
    ck_assert_uint_eq(call->answers, asked->responses);
    asked->from[n] = response->message.server;
    if (response->segment_size && response->segment_size < sizeof asked->text[n])
        memcpy(asked->text[n], response->segment, response->segment_size);
}

static void prepare(struct asked *asked, vmtp_entity whom, const char *text) {
    void (*then)(struct asked *) = asked->then;
    memset(asked, 0, sizeof *asked);
    asked->then = then;
    asked->call = (struct vipc_call){.message = {.server = whom, .code = 1, .words = {41}},
                                     .segment = text,
                                     .segment_size = (uint32_t)strlen(text),
                                     .area = asked->area,
                                     .capacity = sizeof asked->area,
                                     .deadline = VMTP_NEVER,
                                     .done = over,
                                     .response = heard,
                                     .context = asked};
}

void ask(struct asked *asked, vipc *node, vmtp_entity whom, const char *text) {
    prepare(asked, whom, text);
    ck_assert_int_eq(vipc_start(node, &asked->call), 0);
    ck_assert_int_eq(asked->done, 0);
}

void ask_group(struct asked *asked, vipc *node, vmtp_entity group, const char *text, vmtp_time patience) {
    prepare(asked, group, text);
    asked->call.slots = 8;
    asked->call.capacity = 64;
    asked->call.deadline = vipc_now(node) + patience;
    ck_assert_int_eq(vipc_start(node, &asked->call), 0);
}

int outcome(struct asked *asked) {
    for (unsigned i = 0; i < 60000 && !asked->done; i++)
        battery_run(VMTP_MILLISECOND);
    ck_assert_int_eq(asked->done, 1);
    return asked->result;
}

int ask_and_wait(vipc *node, vmtp_entity whom, const char *text) {
    struct asked asked = {.then = NULL};
    ask(&asked, node, whom, text);
    int r = outcome(&asked);
    if (r == 0) {
        ck_assert_uint_eq(asked.call.received, strlen(text));
        ck_assert_mem_eq(asked.area, text, strlen(text));
        ck_assert_uint_eq(asked.call.answer.code & VMTP_CODE_MASK, VMTP_OK);
        ck_assert_uint_eq(asked.call.answer.words[0], 42);
    }
    return r;
}

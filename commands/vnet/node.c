/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "node.h"
#include "text.h"
#include "vnet.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- interruption ------------------------------------------------------------------------------------------------ */

/* A signal handler can only reach what is global. */
static volatile sig_atomic_t interrupted;
static int wake_pipe[2] = {-1, -1};

static void on_signal(int number) {
    int saved = errno;
    (void)number;
    interrupted = 1;
    if (write(wake_pipe[1], "", 1) < 0) {
        /* The pipe is full: it is readable, which is what counts. */
    }
    errno = saved;
}

static int catch_signals(void) {
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    if (pipe2(wake_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
        return vnet_fail("cannot make a pipe: %s", strerror(errno));
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    return VNET_OK;
}

int node_interrupted(void) { return interrupted != 0; }

/* ---- opening ----------------------------------------------------------------------------------------------------- */

int node_open(struct node *node, struct vmtp_host_config *config, const struct common_options *common) {
    char error[256] = "";
    int rc = catch_signals();
    if (rc != VNET_OK)
        return rc;
    config->interface_name = common->interface_name;
    config->pcapng = common->pcap;
    config->packet.ethertype = common->ethertype;
    *node = (struct node){
        .interface_name = common->interface_name, .pcap = common->pcap, .spin = config->spin, .wake = wake_pipe[0]};
    rc = vmtp_host_open(&node->host, config, error, sizeof error);
    if (rc == VMTP_E_CANCELLED || (rc != 0 && interrupted))
        return VNET_FAILED;
    if (rc == VMTP_E_INVALID)
        return vnet_misuse("%s", error[0] ? error : vmtp_error_text(rc));
    if (rc != 0)
        return vnet_fail("%s", error[0] ? error : vmtp_error_text(rc));
    node->engine = vmtp_host_engine(node->host);
    rc = vmtp_host_borrow_entity(node->host, &node->client);
    if (rc == 0)
        return VNET_OK;
    return node_close(node, vnet_fail("cannot make a client: %s", vmtp_error_text(rc)));
}

int node_close(struct node *node, int code) {
    int error = vmtp_pcapng_finish(vmtp_host_port(node->host));
    if (error)
        code = vnet_fail("the capture %s is not complete: %s", node->pcap, strerror(error));
    vmtp_host_close(node->host);
    node->host = NULL;
    return code;
}

vmtp_time node_now(const struct node *node) { return vmtp_host_now(node->host); }

/* ---- waiting ----------------------------------------------------------------------------------------------------- */

/* The caller looks and sleeps again; a time_t of 32 bits holds no more than 68 years. */
#define LONGEST_SLEEP (86400 * VMTP_SECOND)

/* Sleeps until a packet comes, somebody interrupts, or until. */
static int sleep_until(struct node *node, vmtp_time until) {
    struct pollfd fds[2] = {{.fd = vmtp_host_fd(node->host), .events = POLLIN}, {.fd = node->wake, .events = POLLIN}};
    vmtp_time deadline = vmtp_host_deadline(node->host);
    vmtp_time now = node_now(node);
    struct timespec timeout, *limit = NULL;
    if (until < deadline)
        deadline = until;
    if (deadline != VMTP_NEVER) {
        vmtp_time rest = deadline > now ? deadline - now : 0;
        if (rest > LONGEST_SLEEP)
            rest = LONGEST_SLEEP;
        timeout.tv_sec = (time_t)(rest / VMTP_SECOND);
        timeout.tv_nsec = (long)(rest % VMTP_SECOND);
        limit = &timeout;
    }
    if (ppoll(fds, 2, limit, NULL) < 0 && errno != EINTR)
        return VMTP_E_SYSTEM;
    return 0;
}

int node_next(struct node *node, struct vmtp_event *event, vmtp_time until) {
    vmtp_time quiet_since = 0; /* 0: something was going on */
    for (;;) {
        int busy = vmtp_host_turn(node->host);
        if (busy < 0)
            return busy;
        if (vmtp_host_next_event(node->host, event))
            return 1;
        if (interrupted)
            return VMTP_E_CANCELLED;
        vmtp_time now = node_now(node);
        if (now >= until)
            return 0;
        if (busy > 0) {
            quiet_since = 0;
            continue;
        }
        if (quiet_since == 0)
            quiet_since = now;
        if (now - quiet_since < node->spin) {
            sched_yield(); /* somebody else on this core may be the one we wait for */
            continue;
        }
        int rc = sleep_until(node, until);
        if (rc != 0)
            return rc;
        quiet_since = 0;
    }
}

int node_sleep(struct node *node, vmtp_time until) {
    struct vmtp_event event;
    int rc;
    while ((rc = node_next(node, &event, until)) > 0)
        continue;
    return rc;
}

/* ---- calls ------------------------------------------------------------------------------------------------------- */

static int wait_for(struct node *node, vmtp_handle handle, struct vmtp_event *event) {
    for (;;) {
        int rc = node_next(node, event, VMTP_NEVER);
        if (rc < 0)
            return rc;
        if (rc > 0 && event->type == VMTP_EV_COMPLETE && event->handle == handle)
            return 0;
    }
}

int node_call(struct node *node, const struct node_call *call, struct node_answer *answer) {
    vmtp_time start = node_now(node);
    struct vmtp_request request = {.client = node->client,
                                   .message = call->message,
                                   .segment = call->segment,
                                   .segment_size = call->segment_size,
                                   .response_area = call->area,
                                   .response_size = call->capacity,
                                   .response_slots = 1,
                                   .deadline = start + call->timeout};
    struct vmtp_event event;
    vmtp_handle handle;
    int rc = vmtp_call(node->engine, &handle, &request, start);
    if (rc == 0)
        rc = wait_for(node, handle, &event);
    if (rc != 0)
        return rc;
    answer->took = node_now(node) - start;
    answer->message = event.message;
    answer->size = event.segment_size;
    memcpy(answer->source, event.source, sizeof answer->source);
    return (int)event.result;
}

int node_explain(const struct node *node, int result, vmtp_entity entity, vmtp_time timeout) {
    char name[VMTP_ENTITY_TEXT], code[TEXT_CODE], duration[TEXT_DURATION];
    vmtp_entity_format(name, entity);
    switch (result) {
    case VMTP_RETRANS_TIMEOUT:
        return vnet_fail("no answer from %s: is its node up, and on the segment of %s?", name, node->interface_name);
    case VMTP_USER_TIMEOUT:
        return vnet_fail("no answer from %s within %s: is its node up, and on the segment of %s?", name,
                         text_duration(duration, timeout), node->interface_name);
    case VMTP_NONEXISTENT_ENTITY:
        return vnet_fail("the node is there but has no entity %s: has it been started again? (`vnet who` lists nodes)",
                         name);
    case VMTP_E_CANCELLED: return vnet_fail("interrupted");
    case VMTP_E_DOWN:
        return vnet_fail("interface %s is down or gone: `ip link set %s up`", node->interface_name, node->interface_name);
    case VMTP_E_SYSTEM: return vnet_fail("interface %s: %s", node->interface_name, strerror(errno));
    default: break;
    }
    if (result < 0)
        return vnet_fail("%s: %s", name, vmtp_error_text(result));
    return vnet_fail("no answer from %s: %s", name, text_code(code, (uint32_t)result));
}

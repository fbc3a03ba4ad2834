/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "node.h"
#include "interface.h"
#include "text.h"
#include "vnet.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- interruption ------------------------------------------------------------------------------------------------ */

/* A signal handler can only reach what is global. */
static volatile sig_atomic_t interrupted;
static int wake_pipe[2] = {-1, -1};
static vmtp_host *volatile waiting; /* NULL: it is not to be interrupted */

static void on_signal(int number) {
    int saved = errno;
    (void)number;
    interrupted = 1;
    if (waiting)
        vmtp_host_interrupt(waiting);
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
    vnet_catch(&action);
    return VNET_OK;
}

void node_interrupt_waits(struct node *node) { waiting = node->host; }

int node_interrupted(void) { return interrupted != 0; }

#define BULK_FRAMES 8192u
#define BULK_OCTETS (8u << 20)

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static int check_mtu(const struct vmtp_host_config *config, const struct common_options *common) {
    uint32_t mtu = interface_mtu(common->interface_name);
    if (mtu == 0 || config->engine.mtu <= mtu)
        return VNET_OK;
    return vnet_misuse("--mtu %u is more than %s carries, %u: leave it out to use that", config->engine.mtu,
                       common->interface_name, mtu);
}

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
    rc = check_mtu(config, common);
    if (rc != VNET_OK)
        return rc;
    rc = vmtp_host_open(&node->host, config, error, sizeof error);
    if (rc == VMTP_E_CANCELLED || (rc != 0 && interrupted))
        return VNET_FAILED;
    if (rc == VMTP_E_TIMEOUT)
        return vnet_fail(
            "no identifiers in 5 seconds on %s: somebody there claims every block; look for a node that answers "
            "all ProbeEntityBlock%s",
            common->interface_name, strcmp(vnet_running, "up") == 0 ? ", or give a free one with --block" : "");
    if (rc == VMTP_E_INVALID)
        return vnet_misuse("%s", error[0] ? error : vmtp_error_text(rc));
    if (rc != 0)
        return vnet_fail("%s", error[0] ? error : vmtp_error_text(rc));
    node->engine = vmtp_host_engine(node->host);
    node->ifindex = interface_of(vmtp_host_fd(node->host));
    rc = vmtp_host_borrow_entity(node->host, &node->client);
    if (rc == 0)
        return VNET_OK;
    return node_close(node, vnet_fail("cannot make a client: %s", vmtp_error_text(rc)));
}

void node_expect_bulk(struct vmtp_host_config *config, const struct common_options *common) {
    const uint32_t mtu = interface_mtu(common->interface_name);
    uint32_t frames = config->packet.ring_frames;
    while (mtu && frames < BULK_FRAMES && (uint64_t)frames * mtu < BULK_OCTETS)
        frames *= 2;
    config->packet.ring_frames = frames;
}

int node_close(struct node *node, int code) {
    int error = vmtp_pcapng_finish(vmtp_host_port(node->host));
    if (error)
        code = vnet_fail("the capture %s is not complete: %s", node->pcap, strerror(error));
    waiting = NULL;
    vmtp_host_close(node->host);
    node->host = NULL;
    return code;
}

vmtp_time node_now(const struct node *node) { return vmtp_host_now(node->host); }

/* ---- waiting ----------------------------------------------------------------------------------------------------- */

/* The caller looks and sleeps again; a time_t of 32 bits holds no more than 68 years. */
#define LONGEST_SLEEP (86400 * VMTP_SECOND)

int node_wait(struct node *node, int fd, vmtp_time until) {
    struct pollfd fds[3] = {{.fd = vmtp_host_fd(node->host), .events = POLLIN},
                            {.fd = node->wake, .events = POLLIN},
                            {.fd = fd, .events = POLLIN}}; /* a negative one is left out */
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
    if (ppoll(fds, 3, limit, NULL) < 0 && errno != EINTR)
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
        int rc = node_wait(node, -1, until);
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

/* How often to look whether the interface is up again. */
#define LOOK_INTERVAL_MS 100

int node_await_interface(struct node *node) {
    struct pollfd wake = {.fd = node->wake, .events = POLLIN};
    enum interface_state state = interface_state(node->ifindex);
    if (state == INTERFACE_GONE)
        return VMTP_E_DOWN;
    vnet_note("interface %s is down: waiting until it is up again", node->interface_name);
    while ((state = interface_state(node->ifindex)) == INTERFACE_DOWN) {
        poll(&wake, 1, LOOK_INTERVAL_MS);
        if (interrupted)
            return VMTP_E_CANCELLED;
    }
    if (state == INTERFACE_GONE)
        return VMTP_E_DOWN;
    vnet_note("interface %s is up again", node->interface_name);
    vmtp_host_turn(node->host); /* what it says about the time when it was down is told already */
    return 0;
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
    node_watch(node);
    node_expect(node, call->segment_size);
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

/* Every host takes packets with this much of a segment (RFC 1045 section 2.13). */
#define ALWAYS_FITS 512u

void node_watch(struct node *node) { node->notified = vmtp_counter(node->engine, VMTP_COUNT_NOTIFY_IN); }
void node_expect(struct node *node, uint32_t segment_size) { node->largest = segment_size; }
int node_was_told(const struct node *node) {
    return vmtp_counter(node->engine, VMTP_COUNT_NOTIFY_IN) != node->notified;
}
int node_suspects_mtu(const struct node *node) { return node->largest > ALWAYS_FITS; }

static int explain_silence(const struct node *node, int result, const char *name, vmtp_time timeout) {
    char duration[TEXT_DURATION], within[TEXT_DURATION + 8] = "";
    if (result == VMTP_USER_TIMEOUT)
        snprintf(within, sizeof within, " within %s", text_duration(duration, timeout));
    if (result == VMTP_USER_TIMEOUT && node_was_told(node))
        return vnet_fail("no answer from %s%s: its node is there and says that it is busy", name, within);
    if (node_suspects_mtu(node))
        return vnet_fail(
            "no answer from %s%s: is its node up on the segment of %s, and with the same MTU? (`vnet who` shows "
            "the MTUs)",
            name, within, node->interface_name);
    return vnet_fail("no answer from %s%s: is its node up, and on the segment of %s?", name, within,
                     node->interface_name);
}

int node_explain(const struct node *node, int result, vmtp_entity entity, vmtp_time timeout) {
    char name[VMTP_ENTITY_TEXT], code[TEXT_CODE];
    vmtp_entity_format(name, entity);
    switch (result) {
    case VMTP_RETRANS_TIMEOUT:
    case VMTP_USER_TIMEOUT: return explain_silence(node, result, name, timeout);
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

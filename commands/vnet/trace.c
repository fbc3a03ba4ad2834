/* SPDX-License-Identifier: BSD-2-Clause */
/* vnet trace - VMTP packets as readable lines, live or from a capture file. */
#define _GNU_SOURCE
#include "interface.h"
#include "options.h"
#include "text.h"
#include "vnet.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define ETHERNET 14u
#define VLAN_TAG 4u
#define WHOLE_FRAME 65535 /* when the MTU is not known */
#define BUFFER (16 << 20) /* octets: each packet takes as many as the longest would */
#define BATCH 256         /* packets between two looks whether somebody waits for the output */

struct trace {
    struct common_options common;
    const char *read;
    uint32_t count;
    uint8_t absolute;
    pcap_t *pcap;
    pcap_dumper_t *dump;
    uint64_t first; /* time of the first packet, in ns */
    uint8_t started;
    uint32_t shown;
    int dump_error; /* errno of the write to --pcap that failed */
};

static const char usage[] = "trace -i IFACE | -r FILE [options]";
static const char about[] = "Prints one line for each VMTP packet that passes the interface (in promiscuous mode), or "
                            "that is in a capture file.\n"
                            "Times are seconds since the first packet.";
static const char after[] = "Exit codes: 0 ended by a signal, by --count or by the end of the file, 1 it failed or "
                            "--pcap lacks packets, 2 wrong command line.\n"
                            "Example: vnet trace -r exchange.pcapng";

static enum option_outcome parse(struct trace *t, int argc, char **argv) {
    struct option_row common[COMMON_ROWS];
    const struct option_row rows[] = {
        {"read", 'r', OPTION_TEXT, &t->read, "FILE", "read a capture (pcap or pcapng) instead of an interface", 0, 0},
        {"count", 'c', OPTION_NUMBER, &t->count, "N", "end after N packets", 1, INT32_MAX},
        {"absolute", 0, OPTION_FLAG, &t->absolute, NULL, "print the time of day", 0, 0},
        {0}};
    const struct option_page page = {usage, about, after, common, rows};
    const char *none = NULL;
    unsigned words;
    common_rows(common, &t->common);
    enum option_outcome outcome = options_parse(&page, argc, argv, &none, 0, &words);
    if (outcome != OPTIONS_GO)
        return outcome;
    if (t->read && t->common.interface_name)
        return vnet_misuse("-i and -r exclude each other"), OPTIONS_WRONG;
    return t->read || common_require_interface(&t->common) == 0 ? OPTIONS_GO : OPTIONS_WRONG;
}

/* ---- opening ------------------------------------------------------------------------------------------------------- */

static int explain_activation(const struct trace *t, int rc) {
    const char *name = t->common.interface_name;
    switch (rc) {
    case PCAP_ERROR_NO_SUCH_DEVICE: return vnet_fail("no such network interface: %s (`ip link` lists them)", name);
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
        return vnet_fail(
            "capturing on %s needs root or CAP_NET_RAW: run it as root, or `setcap cap_net_raw+ep` the program", name);
    case PCAP_ERROR_IFACE_NOT_UP: return vnet_fail("interface %s is down: `ip link set %s up`", name, name);
    default: return vnet_fail("cannot capture on %s: %s", name, pcap_geterr(t->pcap));
    }
}

static int open_live(struct trace *t) {
    char error[PCAP_ERRBUF_SIZE];
    uint32_t mtu = interface_mtu(t->common.interface_name);
    t->pcap = pcap_create(t->common.interface_name, error);
    if (!t->pcap)
        return vnet_fail("cannot capture on %s: %s", t->common.interface_name, error);
    pcap_set_snaplen(t->pcap, mtu ? (int)(mtu + ETHERNET + VLAN_TAG) : WHOLE_FRAME);
    pcap_set_buffer_size(t->pcap, BUFFER);
    pcap_set_promisc(t->pcap, 1);
    pcap_set_immediate_mode(t->pcap, 1);
    pcap_set_tstamp_precision(t->pcap, PCAP_TSTAMP_PRECISION_NANO);
    int rc = pcap_activate(t->pcap);
    return rc < 0 ? explain_activation(t, rc) : VNET_OK;
}

static int open_file(struct trace *t) {
    char error[PCAP_ERRBUF_SIZE];
    t->pcap = pcap_open_offline_with_tstamp_precision(t->read, PCAP_TSTAMP_PRECISION_NANO, error);
    return t->pcap ? VNET_OK : vnet_fail("cannot read a capture from %s: %s", t->read, error);
}

/* Writes out what is buffered for --pcap: 1, or 0 when something of it could not be written, now or since the last time. */
static int flush_dump(struct trace *t) {
    errno = 0;
    if (pcap_dump_flush(t->dump) == 0 && !ferror(pcap_dump_file(t->dump)))
        return 1;
    if (!t->dump_error)
        t->dump_error = errno ? errno : EIO;
    return 0;
}

/* Without flushing; but when the buffer went out, and could not, this is the only time when errno says why. */
static void dump_packet(struct trace *t, const struct pcap_pkthdr *header, const uint8_t *frame) {
    errno = 0;
    pcap_dump((u_char *)t->dump, header, frame);
    if (!ferror(pcap_dump_file(t->dump)) || t->dump_error)
        return;
    t->dump_error = errno ? errno : EIO;
    pcap_breakloop(t->pcap);
}

static int prepare(struct trace *t) {
    struct bpf_program program;
    char filter[32];
    snprintf(filter, sizeof filter, "ether proto 0x%04x", t->common.ethertype);
    int rc = t->read ? open_file(t) : open_live(t);
    if (rc != VNET_OK)
        return rc;
    if (pcap_datalink(t->pcap) != DLT_EN10MB)
        return vnet_fail("%s is not Ethernet", t->read ? t->read : t->common.interface_name);
    if (pcap_compile(t->pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN) != 0)
        return vnet_fail("%s", pcap_geterr(t->pcap));
    rc = pcap_setfilter(t->pcap, &program);
    pcap_freecode(&program);
    if (rc != 0)
        return vnet_fail("%s", pcap_geterr(t->pcap));
    if (!t->common.pcap)
        return VNET_OK;
    t->dump = pcap_dump_open(t->pcap, t->common.pcap);
    if (!t->dump)
        return vnet_fail("cannot write %s: %s", t->common.pcap, pcap_geterr(t->pcap));
    if (!flush_dump(t))
        return vnet_fail("cannot write %s: %s", t->common.pcap, strerror(t->dump_error));
    return VNET_OK;
}

/* ---- showing ------------------------------------------------------------------------------------------------------- */

/* The text of a packet, or of what is wrong with it; *view is valid when it returns 1. */
static int describe(char *text, size_t size, const struct pcap_pkthdr *header, const uint8_t *frame,
                    struct vmtp_view *view) {
    enum vmtp_packet_fault fault;
    if (header->caplen < header->len) {
        snprintf(text, size, "only %u of %u octets were captured", header->caplen, header->len);
        return 0;
    }
    fault = vmtp_view_init(view, frame + ETHERNET, header->caplen - ETHERNET);
    if (fault != VMTP_PACKET_OK) {
        snprintf(text, size, "not acceptable: %s", vmtp_packet_fault_name(fault));
        return 0;
    }
    int length = vmtp_packet_describe(text, size, view);
    fault = vmtp_view_verify(view, NULL);
    if (fault != VMTP_PACKET_OK && length > 0 && (size_t)length < size)
        snprintf(text + length, size - (size_t)length, " [%s is wrong]", vmtp_packet_fault_name(fault));
    return 1;
}

static void json_fields(json_t *o, const struct vmtp_view *view) {
    const uint8_t *h = view->header;
    int response = vmtp_get_function(h) == VMTP_RESPONSE;
    const char *name = response ? vmtp_response_code_name(vmtp_get_code(h) & VMTP_CODE_MASK)
                                : vmtp_request_code_name(vmtp_get_code(h) & VMTP_CODE_MASK);
    json_object_set_new(o, "function", json_string(response ? "response" : "request"));
    json_object_set_new(o, "client", json_entity(vmtp_get_client(h)));
    json_object_set_new(o, "server", json_entity(vmtp_get_server(h)));
    json_object_set_new(o, "transaction", json_integer(vmtp_get_transaction(h)));
    json_object_set_new(o, "code", json_integer(vmtp_get_code(h)));
    if (name)
        json_object_set_new(o, "name", json_string(name));
    json_object_set_new(o, "control", json_integer(vmtp_get_control(h)));
    json_object_set_new(o, "retransmit", json_integer(vmtp_get_retransmit_count(h)));
    json_object_set_new(o, "delivery", json_integer(vmtp_get_delivery(h)));
    json_object_set_new(o, "data_octets", json_integer(view->data_octets));
    if (vmtp_get_code(h) & VMTP_SDA)
        json_object_set_new(o, "segment_size", json_integer(vmtp_get_segment_size(h)));
}

static void show_json(uint64_t time, const struct pcap_pkthdr *header, const uint8_t *frame, const char *text,
                      const struct vmtp_view *view) {
    json_t *o = json_pack("{s:f, s:o, s:o, s:i}", "time", (double)time / 1e9, "source", json_mac(frame + 6),
                          "destination", json_mac(frame), "octets", (int)header->len);
    if (view)
        json_fields(o, view);
    json_object_set_new(o, "text", json_string(text));
    json_print(o);
}

static void show_text(const struct trace *t, uint64_t time, const uint8_t *frame, const char *text) {
    char source[TEXT_MAC], destination[TEXT_MAC], clock[32];
    time_t seconds = (time_t)(time / 1000000000u);
    struct tm tm;
    if (t->absolute && localtime_r(&seconds, &tm))
        strftime(clock, sizeof clock, "%H:%M:%S", &tm);
    else
        snprintf(clock, sizeof clock, "%5llu", (unsigned long long)seconds);
    printf("%s.%06llu %s > %s %s\n", clock, (unsigned long long)(time % 1000000000u / 1000u),
           text_mac(source, frame + 6), text_mac(destination, frame), text);
}

static void on_packet(u_char *context, const struct pcap_pkthdr *header, const u_char *frame) {
    struct trace *t = (struct trace *)(void *)context;
    struct vmtp_view view;
    char text[512];
    uint64_t time = (uint64_t)header->ts.tv_sec * 1000000000u + (uint64_t)header->ts.tv_usec; /* ns: see precision */
    t->shown++;
    if (t->dump)
        dump_packet(t, header, frame);
    if (header->caplen < ETHERNET)
        return;
    if (!t->started)
        t->first = time, t->started = 1;
    if (!t->absolute)
        time = time > t->first ? time - t->first : 0;
    int whole = describe(text, sizeof text, header, frame, &view);
    if (t->common.json)
        show_json(time, header, frame, text, whole ? &view : NULL);
    else
        show_text(t, time, frame, text);
}

/* ---- running ------------------------------------------------------------------------------------------------------- */

/* A signal handler can only reach what is global. */
static pcap_t *running;

static void on_signal(int number) {
    (void)number;
    pcap_breakloop(running);
}

/*
 * Packets in batches: what is waiting is shown before the output is flushed, so that a burst costs few system calls and does
 * not overrun the buffer.
 */
static int show_all(struct trace *t) {
    for (;;) {
        uint32_t rest = t->count ? t->count - t->shown : BATCH;
        int n = pcap_dispatch(t->pcap, rest < BATCH ? (int)rest : BATCH, on_packet, (u_char *)t);
        if ((n < BATCH || ferror(stdout)) && vnet_flush() != 0)
            return 0; /* main says why */
        if (t->dump && !flush_dump(t))
            return 0;
        if (n < 0 || (n == 0 && t->read) || (t->count && t->shown >= t->count))
            return n;
    }
}

/* What the kernel had no room for: an exit code. */
static int tell_losses(const struct trace *t) {
    struct pcap_stat stat;
    if (t->read || pcap_stats(t->pcap, &stat) != 0 || stat.ps_drop == 0)
        return VNET_OK;
    if (t->dump)
        return vnet_fail("%u packets were lost, so the capture %s is not complete: the machine was too slow for them",
                         stat.ps_drop, t->common.pcap);
    vnet_note("%u packets were lost: the machine, or who reads the output, was too slow for them", stat.ps_drop);
    return VNET_OK;
}

static int run(struct trace *t) {
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    running = t->pcap;
    vnet_catch(&action);
    int rc = show_all(t);
    int code = tell_losses(t);
    if (t->dump_error)
        return vnet_fail("the capture %s is not complete: %s", t->common.pcap, strerror(t->dump_error));
    if (rc == PCAP_ERROR)
        return vnet_fail("%s: %s", t->read ? t->read : t->common.interface_name, pcap_geterr(t->pcap));
    return code;
}

int vnet_trace(int argc, char **argv) {
    struct trace t = {.pcap = NULL};
    enum option_outcome outcome = parse(&t, argc, argv);
    if (outcome != OPTIONS_GO)
        return outcome == OPTIONS_DONE ? VNET_OK : VNET_USAGE;
    int rc = prepare(&t);
    if (rc == VNET_OK)
        rc = run(&t);
    if (t.dump)
        pcap_dump_close(t.dump);
    if (t.pcap)
        pcap_close(t.pcap);
    return rc;
}

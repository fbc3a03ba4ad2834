/* SPDX-License-Identifier: BSD-2-Clause */
/* vconform check - the oracle over a capture. */
#define _GNU_SOURCE
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "report.h"

struct tally {
    unsigned held, broken;
};

struct check {
    struct tally *rules;
    unsigned long frame, packets, cut;
    unsigned broken, warned;
    uint16_t ethertype;
};

static void says(void *context, const char *id, int ok, const char *expected, const char *seen) {
    struct check *c = context;
    const struct vc_rule *rule = vc_rule_find(id, (unsigned)strlen(id));
    if (!rule)
        return;
    struct tally *t = &c->rules[vc_rule_index(rule)];
    t->held += ok != 0;
    t->broken += ok == 0;
    if (ok)
        return;
    c->broken += rule->level == VC_MUST;
    c->warned += rule->level != VC_MUST;
    printf("frame %lu: %s %s\n  %s\n  expected %s\n  seen     %s\n", c->frame, rule->level == VC_MUST ? "FAIL" : "WARN",
           id, rule->text, expected, seen);
}

/* Frames of a VLAN have four octets more, of one within another eight. */
static void one_frame(struct check *c, vc_oracle *oracle, const struct pcap_pkthdr *h, const uint8_t *data,
                      const struct vc_options *o) {
    static uint8_t frame[VC_FRAME_MAX];
    size_t size = h->caplen < sizeof frame ? h->caplen : sizeof frame;
    c->frame++;
    if (size < VC_ETHERNET)
        return;
    memcpy(frame, data, size);
    while (size >= VC_ETHERNET + 4 && (vc_get16(frame + 12) == 0x8100 || vc_get16(frame + 12) == 0x88a8)) {
        memmove(frame + 12, frame + 16, size - 16);
        size -= 4;
    }
    if (vc_get16(frame + 12) != c->ethertype)
        return;
    c->packets++;
    if (h->caplen < h->len || h->caplen > sizeof frame) { /* when it was captured, or here: nothing can be said */
        c->cut++;
        return;
    }
    vc_time time = (vc_time)h->ts.tv_sec * VC_SECOND + (vc_time)h->ts.tv_usec;
    vc_oracle_frame(oracle, frame, size, time, !o->mac_known || memcmp(frame + 6, o->mac, 6) == 0);
}

static int finish(const struct check *c) {
    unsigned number, judged = 0;
    vc_rules(&number);
    for (unsigned i = 0; i < number; i++)
        judged += c->rules[i].held + c->rules[i].broken > 0;
    printf("%lu frames, %lu VMTP packets, %u rules judged, %u failures, %u warnings\n", c->frame, c->packets, judged,
           c->broken, c->warned);
    if (c->cut)
        fprintf(stderr, "vconform: %lu packets were cut off when they were captured and are not judged (snap length)\n",
                c->cut);
    if (c->packets == c->cut) {
        fputs("vconform: no whole VMTP packets are in there (--ethertype?)\n", stderr);
        return VC_EXIT_UNDECIDED;
    }
    if (judged == 0) {
        fputs("vconform: none of the packets is of that peer\n", stderr);
        return VC_EXIT_UNDECIDED;
    }
    return c->broken ? VC_EXIT_FAIL : VC_EXIT_PASS;
}

static int feed(struct check *c, pcap_t *in, const struct vc_options *o) {
    struct vc_oracle_options options = {.ethertype = o->ethertype, .mtu = o->mtu, .says = says, .context = c};
    vc_oracle *oracle = vc_oracle_open(&options);
    struct pcap_pkthdr *header;
    const u_char *data;
    int rc;
    if (!oracle)
        return VC_EXIT_UNDECIDED;
    vc_oracle_forget(oracle, 1); /* whether its nodes ask for receive sequence numbers, a capture does not tell */
    while ((rc = pcap_next_ex(in, &header, &data)) == 1)
        one_frame(c, oracle, header, data, o);
    vc_oracle_close(oracle);
    int code = finish(c);
    if (rc != PCAP_ERROR)
        return code;
    fprintf(stderr, "vconform: frame %lu: %s\n", c->frame + 1, pcap_geterr(in));
    return code == VC_EXIT_PASS ? VC_EXIT_UNDECIDED : code;
}

int vc_check_capture(int argc, char **argv) {
    char error[PCAP_ERRBUF_SIZE];
    struct vc_options o;
    unsigned number;
    int code = vc_options_parse(&o, argc, argv);
    if (code != 0)
        return code;
    if (o.help) {
        vc_usage(stdout);
        return VC_EXIT_PASS;
    }
    if (o.pattern_count != 1) {
        fputs("vconform: check wants one capture file (vconform --help)\n", stderr);
        return VC_EXIT_USAGE;
    }
    pcap_t *in = pcap_open_offline_with_tstamp_precision(o.patterns[0], PCAP_TSTAMP_PRECISION_NANO, error);
    if (!in || pcap_datalink(in) != DLT_EN10MB) {
        if (in || !strstr(error, o.patterns[0]))
            fprintf(stderr, "vconform: %s: %s\n", o.patterns[0], in ? "not of an Ethernet" : error);
        else
            fprintf(stderr, "vconform: %s\n", error);
        if (in)
            pcap_close(in);
        return VC_EXIT_USAGE;
    }
    vc_rules(&number);
    struct check c = {.ethertype = o.ethertype, .rules = calloc(number, sizeof *c.rules)};
    code = c.rules ? feed(&c, in, &o) : VC_EXIT_UNDECIDED;
    free(c.rules);
    pcap_close(in);
    return code;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "program.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

void vc_usage(FILE *out) {
    fputs("usage: vconform [run] -i INTERFACE --peer MAC|--entity ID [options] [CASE|RULE...]\n"
          "       vconform check CAPTURE [--peer MAC] [--mtu N] [--ethertype N]\n"
          "       vconform matrix RESULTS.json... >matrix.html\n"
          "       vconform files DIRECTORY\n"
          "       vconform --list [items|timers|starts|CASE|RULE...] | --explain CASE|RULE | --coverage | --version\n"
          "\n"
          "Tests a VMTP node on the wire against the specification (run, which may be left out); looks for broken "
          "rules in a capture\n"
          "(check); makes one page of the results of several peers (matrix); makes what a node is to serve for cases "
          "about files (files).\n"
          "CASE and RULE may be beginnings: header/, VMTP-8.3.\n"
          "\n"
          "Whom:\n"
          "  -i, --interface IF a network interface, or that of a VLAN (eth0.5)\n"
          "  --peer MAC         the node's Ethernet address; of a capture: whose packets are judged, else all are\n"
          "  --entity ID        in place of that: an entity of the node, which is looked for\n"
          "  --vlan N           frames with the tag of that VLAN, where the system has no interface for it\n"
          "  --ethertype N      default 0x805B\n"
          "  --mtu N            of the segment of a capture; without it check does not judge what hangs on that\n"
          "What:\n"
          "  --role ROLE        only rules for: server, client, manager, directory (members are servers, resolvers "
          "clients)\n"
          "  --profile PROFILE  full (default), minimal-server, minimal-client, name-manager, name-client, "
          "name-directory,\n"
          "                     uio-manager, uio-client\n"
          "  --pics FILE        what the node claims: lines \"item yes\" or \"item no\"; --list items\n"
          "  --pixit FILE       to what its timers are set: lines \"TIMER ms\" or \"TIMER ms ms\"; --list timers\n"
          "  --xfail FILE       failures that are known: lines \"CASE reason\" or \"RULE reason\"\n"
          "  --reboot COMMAND   starts the node anew, as $VCONFORM_START says (--list starts), and ends\n"
          "  --objects NAME     a context of the node, in which objects may be made and removed, for rules of UIO\n"
          "  --copy NAME        a context of the node that is served read-only, with a file or more in it\n"
          "  --patience         also cases that take minutes, or a quiet machine\n"
          "  --seed N           of identifiers and Transactions, to have a run again; is in every report\n"
          "  --repeat N         each case so often\n"
          "What is told:\n"
          "  --report DIR       captures, timelines, TAP, JUnit, JSON and HTML into this directory\n"
          "  --json, --tap      on standard output, in place of text\n"
          "  -v, --verbose      each frame and check\n"
          "  -q, --quiet        no progress\n"
          "\n"
          "Exit: 0 pass, 1 fail, 2 usage, 3 undecided or an error of vconform.\n"
          "\n"
          "  vconform -i eth0 --peer 02:00:00:00:00:0b --report evidence\n"
          "  vconform -i eth0 --peer 02:00:00:00:00:0b header/ VMTP-8.3-03\n"
          "  vconform --explain VMTP-8.3-03\n",
          out);
}

static const char hex[] = "0123456789abcdefABCDEF";

/* Of one node: not a group's address, and not none. */
static int parse_mac(const char *text, uint8_t mac[6]) {
    uint8_t any = 0;
    for (unsigned i = 0; i < 6; i++) {
        size_t length = strspn(text, hex);
        if (length < 1 || length > 2)
            return 0;
        mac[i] = (uint8_t)strtoul(text, NULL, 16);
        any |= mac[i];
        text += length;
        if (i < 5 && *text != ':' && *text != '-')
            return 0;
        text += i < 5;
    }
    return *text == 0 && any && !(mac[0] & 1);
}

/* With or without dashes. */
static int parse_entity(const char *text, uint64_t *id) {
    char digits[17];
    size_t n = 0;
    for (; *text && n < sizeof digits - 1; text++)
        if (*text != '-')
            digits[n++] = *text;
    digits[n] = 0;
    *id = strtoull(digits, NULL, 16);
    return strspn(digits, hex) == n && *text == 0 && *id != 0;
}

static int parse_number(const char *text, uint64_t least, uint64_t most, uint64_t *out) {
    char *end;
    if (*text < '0' || *text > '9') /* strtoull takes signs and blanks */
        return 0;
    errno = 0;
    *out = strtoull(text, &end, 0);
    return *end == 0 && errno == 0 && *out >= least && *out <= most;
}

enum {
    PEER = 1000,
    ENTITY,
    ROLE,
    PROFILE,
    PICS,
    PIXIT,
    XFAIL,
    ETHERTYPE,
    MTU,
    VLAN,
    SEED,
    REPEAT,
    REPORT,
    JSON,
    TAP,
    LIST,
    EXPLAIN,
    COVERAGE,
    DEFECT,
    BLIND,
    REBOOT,
    OBJECTS,
    PATIENCE,
    COPY,
    VERSION
};

static const struct option names[] = {{"peer", 1, NULL, PEER},         {"entity", 1, NULL, ENTITY},
                                      {"role", 1, NULL, ROLE},         {"profile", 1, NULL, PROFILE},
                                      {"pics", 1, NULL, PICS},         {"pixit", 1, NULL, PIXIT},
                                      {"xfail", 1, NULL, XFAIL},       {"ethertype", 1, NULL, ETHERTYPE},
                                      {"vlan", 1, NULL, VLAN},         {"seed", 1, NULL, SEED},
                                      {"repeat", 1, NULL, REPEAT},     {"report", 1, NULL, REPORT},
                                      {"json", 0, NULL, JSON},         {"tap", 0, NULL, TAP},
                                      {"list", 0, NULL, LIST},         {"explain", 1, NULL, EXPLAIN},
                                      {"coverage", 0, NULL, COVERAGE}, {"blind", 1, NULL, BLIND},
                                      {"defect", 1, NULL, DEFECT},     {"reboot", 1, NULL, REBOOT},
                                      {"objects", 1, NULL, OBJECTS},   {"patience", 0, NULL, PATIENCE},
                                      {"copy", 1, NULL, COPY},         {"mtu", 1, NULL, MTU},
                                      {"interface", 1, NULL, 'i'},     {"verbose", 0, NULL, 'v'},
                                      {"quiet", 0, NULL, 'q'},         {"help", 0, NULL, 'h'},
                                      {"version", 0, NULL, VERSION},   {NULL, 0, NULL, 0}};

static int one_of(const char *word, const char *const *words) {
    for (; *words; words++)
        if (strcmp(word, *words) == 0)
            return 1;
    return 0;
}

/* Options with a value that can be wrong: 1 when it is right. */
static int take_value(struct vc_options *o, int option, const char *value) {
    static const char *const roles[] = {"server", "client", "manager", "directory", "node", NULL};
    static const char *const profiles[] = {"full",         "minimal-server", "minimal-client",
                                           "name-manager", "name-client",    "name-directory",
                                           "uio-manager",  "uio-client",     NULL};
    uint64_t number = 0;
    int good = 1;
    switch (option) {
    case PEER: return o->mac_known = (uint8_t)parse_mac(value, o->mac);
    case ENTITY: return parse_entity(value, &o->entity);
    case ROLE:
        o->role = strcmp(value, "member") == 0 ? "server" : strcmp(value, "resolver") == 0 ? "client" : value;
        return one_of(o->role, roles);
    case PROFILE: o->profile = value; return one_of(value, profiles);
    case ETHERTYPE:
        good = parse_number(value, 0x600, 0xffff, &number);
        o->ethertype = (uint16_t)number;
        return good;
    case VLAN:
        good = parse_number(value, 1, 4094, &number);
        o->vlan = (uint16_t)number;
        return good;
    case MTU:
        good = parse_number(value, 68, 65535, &number);
        o->mtu = (uint16_t)number;
        return good;
    case REBOOT: o->reboot = value; return *value != 0;
    case REPEAT:
        good = parse_number(value, 1, 1000, &number);
        o->repeat = (int)number;
        return good;
    default: return parse_number(value, 0, INT64_MAX, &o->seed);
    }
}

static void take_flag(struct vc_options *o, int option, char *value) {
    switch (option) {
    case 'i': o->interface_name = value; break;
    case PICS: o->pics = value; break;
    case PIXIT: o->pixit = value; break;
    case XFAIL: o->xfail = value; break;
    case REPORT: o->report = value; break;
    case EXPLAIN: o->explain = value; break;
    case BLIND: o->blind = value; break;
    case DEFECT: o->defect = value; break;
    case PATIENCE: o->patience = 1; break;
    case COPY: o->copy = value; break;
    case OBJECTS: o->objects = value; break;
    case JSON: o->json = 1; break;
    case TAP: o->tap = 1; break;
    case LIST: o->list = 1; break;
    case COVERAGE: o->coverage = 1; break;
    case VERSION: o->version = 1; break;
    case 'v': o->verbose = 1; break;
    case 'q': o->quiet = 1; break;
    default: o->help = 1; break;
    }
}

static int has_checked_value(int option) {
    return option == PEER || option == ENTITY || option == ROLE || option == PROFILE || option == ETHERTYPE ||
           option == MTU || option == VLAN || option == REPEAT || option == SEED || option == REBOOT;
}

/* Testers on one segment that begin in the same second must not have the same identifiers. */
static uint64_t any_seed(void) {
    uint32_t seed;
    return getrandom(&seed, sizeof seed, GRND_NONBLOCK) == (ssize_t)sizeof seed ? seed : (uint64_t)time(NULL);
}

int vc_options_parse(struct vc_options *o, int argc, char **argv) {
    int option;
    *o = (struct vc_options){.ethertype = VMTP_ETHERTYPE, .repeat = 1, .seed = any_seed()};
    while ((option = getopt_long(argc, argv, "i:vqh", names, NULL)) != -1) {
        if (option == '?') {
            fputs("vconform --help tells what there is\n", stderr);
            return VC_EXIT_USAGE;
        }
        if (!has_checked_value(option)) {
            take_flag(o, option, optarg);
        } else if (!take_value(o, option, optarg)) {
            fprintf(stderr, "vconform: \"%s\" is no value for %s (vconform --help)\n", optarg,
                    argv[optind - 1] == optarg ? argv[optind - 2] : argv[optind - 1]);
            return VC_EXIT_USAGE;
        }
    }
    o->patterns = argv + optind;
    o->pattern_count = argc - optind;
    if (o->pattern_count > 0 && strcmp(o->patterns[0], "run") == 0) {
        o->patterns++;
        o->pattern_count--;
    }
    if (o->json && o->tap) {
        fputs("vconform: one of --json and --tap\n", stderr);
        return VC_EXIT_USAGE;
    }
    if (o->list && o->pattern_count == 1) {
        o->items = strcmp(o->patterns[0], "items") == 0;
        o->starts = strcmp(o->patterns[0], "starts") == 0;
        o->timers = strcmp(o->patterns[0], "timers") == 0;
    }
    return 0;
}

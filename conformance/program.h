/* SPDX-License-Identifier: BSD-2-Clause */
/* program.h - vconform from its command line; the test against a simulated node differs in the link only. */
#ifndef VC_PROGRAM_H
#define VC_PROGRAM_H

#include "run.h"

struct vc_options {
    const char *interface_name, *pics, *pixit, *xfail, *report, *role, *profile;
    char *explain;
    uint8_t mac[6], mac_known;
    uint64_t entity, seed;
    uint16_t ethertype, vlan, mtu; /* mtu: of a capture; 0: not said */
    int repeat, json, tap, verbose, quiet, patience, list, items, timers, starts, coverage, help, version;
    char **patterns;
    int pattern_count;
    const char *reboot, *objects, *copy;
    const char *defect; /* of simulated nodes only */
    const char *blind;  /* a judgement to be left out, to see who notices (tests/teeth.c) */
};

/* Gives the link to the node, or NULL, a line in error, and in *code an exit code if it is not VC_EXIT_UNDECIDED. */
typedef struct vc_link *(*vc_link_opener)(const struct vc_options *options, uint8_t node_mac[6], int *code, char *error,
                                          size_t size);

int vc_program(int argc, char **argv, vc_link_opener open_link);

/* 0 (go on), or an exit code after a line on stderr. */
int vc_options_parse(struct vc_options *o, int argc, char **argv);
void vc_usage(FILE *out);

/* What --list asks for; 0: no case is chosen. */
int vc_list(FILE *out, const struct vc_options *o);
/* A rule and its cases; or all cases of which name, or that of a rule, is the beginning; 0: there is none. */
int vc_explain(FILE *out, char *name);
int vc_check_capture(int argc, char **argv);

#endif

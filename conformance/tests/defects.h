/* SPDX-License-Identifier: BSD-2-Clause */
/* defects.h - named ways in which our node can be spoilt, and the rules that this breaks. */
#ifndef VC_DEFECTS_H
#define VC_DEFECTS_H

#include <stdio.h>

#include "link_sim.h"

/* Spoils the node that is to be opened; 0: there is no such defect.  Other peers (variants.c) have names as well. */
int defect_choose(struct sim_options *options, const char *name);
int defect_variant(struct sim_options *options, const char *name);
/* Their names, one a line; defects.tsv says what each breaks. */
unsigned defects_count(void);
const char *defect_name(unsigned i);
/* The cases that are to notice it: beginning of their names; NULL: all. */
const char *defect_area(const char *name);
void defects_print(FILE *out);

#endif

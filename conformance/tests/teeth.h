/* SPDX-License-Identifier: BSD-2-Clause */
/* teeth.h - what the defects show about the suite. */
#ifndef VC_TEETH_H
#define VC_TEETH_H

/*
 * Runs all defects and writes into directory defects.tsv (the rules that each breaks), sites.tsv (for each place where a rule is judged
 * how many defects turn it red, and one of them) and unguarded.tsv (the places that none turns red).  0, 1: a defect that nobody
 * notices, 2.
 */
int teeth(const char *directory, const char *files, char **names,
          int count); /* files: to be served, or NULL; count 0: all */

#endif

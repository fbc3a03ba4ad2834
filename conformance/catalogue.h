/* SPDX-License-Identifier: BSD-2-Clause */
/* catalogue.h - the rules of spec/requirements.tsv, which the program carries with it. */
#ifndef VC_CATALOGUE_H
#define VC_CATALOGUE_H

enum vc_level { VC_MUST, VC_SHOULD, VC_MAY };

struct vc_rule {
    const char *id, *role, *profile, *scope, *text, *source, *observable;
    enum vc_level level;
};

/* All rules in the order of the file; *count how many.  They stay. */
const struct vc_rule *vc_rules(unsigned *count);
/* By identifier, of which the first length characters count; NULL: there is none. */
const struct vc_rule *vc_rule_find(const char *id, unsigned length);
unsigned vc_rule_index(const struct vc_rule *rule);
const char *vc_level_name(enum vc_level level);
/* Which edition of the specification that was: the CRC-32 of the file. */
unsigned vc_catalogue_version(void);

/* Calls each(context, rule) for each identifier in a list with spaces; returns how many are unknown. */
unsigned vc_rules_each(const char *ids, void (*each)(void *context, const struct vc_rule *rule), void *context);

#endif

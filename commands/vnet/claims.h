/* SPDX-License-Identifier: BSD-2-Clause */
/* claims.h - the prefixes that a command holds as a manager of names: asked for on the command line, claimed, told about, given back. */
#ifndef VNET_CLAIMS_H
#define VNET_CLAIMS_H

#include <vnaming/manager.h>

#include "options.h"

struct claims_options {
    struct option_list prefixes, aliases; /* aliases: PREFIX=NAME */
    vmtp_entity owner;                    /* 0: a new one */
    const char *use;                      /* of a directory, in words */
    enum vname_directory_use directory;
    uint8_t json;
};

/* Fills rows (the table's end included) with --as, --alias, --owner and --directory. */
#define CLAIMS_ROWS 5
void claims_rows(struct option_row rows[CLAIMS_ROWS], struct claims_options *o);
/* Whether all of it is good: 0, or -1 after a message.  Sets directory. */
int claims_check(struct claims_options *o);

/* Sets what the manager is to know of it. */
void claims_configure(struct vname_manager_config *config, const struct claims_options *o);
/* What has happened, in a word: "held".  Static. */
const char *claims_word(const struct vname_manager_event *event);
/* For config.event: prints it. */
void claims_say(const struct claims_options *o, const struct vname_manager_event *event);
/*
 * Begins to claim all prefixes, for names in this context (0: the first prefix is context 1, and so on), and all aliases: VNET_OK, or
 * another exit code after a message.  All is borrowed.
 */
int claims_begin(const struct claims_options *o, vname_manager *manager, uint32_t context);
/* Gives all back, and waits until that is said. */
void claims_release(const struct claims_options *o, vname_manager *manager, vipc *ipc);

#endif

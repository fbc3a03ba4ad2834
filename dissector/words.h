/* SPDX-License-Identifier: GPL-2.0-or-later */
/* words.h - parameters in the words of a message, from tables; and the fields that several protocols make of the registry alike. */
#ifndef DISSECTOR_WORDS_H
#define DISSECTOR_WORDS_H

#include "vmtp.h"

enum word_kind { WORD_PLAIN, WORD_ENTITY, WORD_BLOCKS, WORD_FLAGS };

struct vmtp_parameter {
    uint32_t code; /* RequestCode */
    bool response;
    uint8_t at, octets; /* in the header, or in a part of a segment */
    enum word_kind kind;
    const char *said; /* in Info, # being the value; NULL: not there.  ~ before it: not if it is 0 */
    int *field;
    int *ett;
    int *const *bits;
};

#define ARGUMENT(code, response, at, octets, kind, said, field, ett, bits)                                             \
    { (uint32_t)(code), response, at, octets, kind, said, &(field), ett, bits }
#define ARG_NUMBER(code, response, at, field, said) ARGUMENT(code, response, at, 4, WORD_PLAIN, said, field, NULL, NULL)
#define ARG_LONG(code, response, at, field, said) ARGUMENT(code, response, at, 8, WORD_PLAIN, said, field, NULL, NULL)
#define ARG_ENTITY(code, response, at, field, said)                                                                    \
    ARGUMENT(code, response, at, 8, WORD_ENTITY, said, field, NULL, NULL)
#define ARG_BLOCKS(code, response, at, field, said)                                                                    \
    ARGUMENT(code, response, at, 4, WORD_BLOCKS, said, field, NULL, NULL)
#define ARG_FLAGS(code, response, at, field, ett, bits, said)                                                          \
    ARGUMENT(code, response, at, 4, WORD_FLAGS, said, field, &(ett), bits)

/* The parameters of a message, into the tree of its protocol and Info. */
void words_tree_of(const struct vmtp_parameter *table, unsigned count, const struct vmtp_info *info, packet_info *pinfo,
                   proto_tree *tree);

/* The same of a part of a segment: all of a table, for those that have no code. */
void parts_tree_of(const struct vmtp_parameter *table, unsigned count, tvbuff_t *tvb, int at, packet_info *pinfo,
                   proto_tree *tree);
#define PART(at, octets, kind, said, field) ARGUMENT(0, false, at, octets, kind, said, field, NULL, NULL)

/* Whether anybody will see what is said of a message. */
bool message_shown(packet_info *pinfo, proto_tree *tree);
/* More words in Info and behind the first line of the message's protocol. */
void message_say(packet_info *pinfo, proto_tree *tree, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* The tree of a message in a protocol above. */
proto_tree *upper_tree(int protocol, int ett, const char *column, const struct vmtp_info *info, tvbuff_t *segment,
                       packet_info *pinfo, proto_tree *tree);

/* What a list of the registry becomes; UPPER_CODE where "handle" is the dissector of its operations. */
#define UPPER_CODE(symbol, value, word, filter, text) dissector_add_uint("vmtp.code", (uint32_t)(value), handle);
#define BIT_VARIABLE(symbol, value, word, filter, text) static int hf_##symbol = -1;
#define BIT_POINTER(symbol, value, word, filter, text) &hf_##symbol,

#define FIELD(variable, name, filter, type, display, strings, mask, text)                                              \
    {                                                                                                                  \
        &(variable), { name, filter, type, display, strings, mask, text, HFILL }                                       \
    }
#define BIT_FIELD(bits, prefix, variable, value, word, filter, text)                                                   \
    FIELD(variable, word, prefix filter, FT_BOOLEAN, bits, TFS(&tfs_set_notset), (uint64_t)(value), text),
#define COUNT_FIELD(variable, name, filter, type, text) FIELD(variable, name, filter, type, BASE_DEC, NULL, 0, text)
#define HEX_FIELD(variable, name, filter, type) FIELD(variable, name, filter, type, BASE_HEX, NULL, 0, NULL)
#define WHO_FIELD(variable, name, filter) FIELD(variable, name, filter, FT_BYTES, BASE_NONE, NULL, 0, NULL)
#define TEXT_FIELD(variable, name, filter) FIELD(variable, name, filter, FT_STRING, BASE_NONE, NULL, 0, NULL)
#define OCTETS_FIELD(variable, name, filter) FIELD(variable, name, filter, FT_BYTES, BASE_NONE, NULL, 0, NULL)

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Words for numbers, from spec/registry.tsv. */
#include <vmtp/wire.h>

#define NAME_CASE(symbol, value, word)                                                                                 \
    case value: return word;

const char *vmtp_response_code_name(uint32_t code24) {
    switch (code24 & VMTP_CODE_MASK) {
        VMTP_RESPONSE_CODE_LIST(NAME_CASE)
    default: return NULL;
    }
}

const char *vmtp_request_code_name(uint32_t code24) {
    switch (code24 & VMTP_CODE_MASK) {
        VMTP_REQUEST_CODE_LIST(NAME_CASE)
    default: return NULL;
    }
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words for numbers.  All of them come from spec/registry.tsv. */
#include "vmtp.h"

#define VALUE(symbol, value, word, filter, text) {(uint32_t)(value), word},
#define END                                                                                                            \
    { 0, NULL }

const value_string response_codes[] = {REGISTRY_RESPONSE_CODE(VALUE) REGISTRY_LOCAL_CODE(VALUE) END};
const value_string request_codes[] = {REGISTRY_MANAGEMENT(VALUE) REGISTRY_TEST(VALUE) REGISTRY_V(VALUE)
                                          REGISTRY_NAME(VALUE) REGISTRY_UIO(VALUE) END};
const value_string name_reasons[] = {REGISTRY_NAME_REASON(VALUE) END};
const value_string name_back_ends[] = {REGISTRY_NAME_BACK_END(VALUE) END};
const value_string test_entities[] = {REGISTRY_TEST_ENTITY(VALUE) END};
const value_string test_outcomes[] = {REGISTRY_TEST_OUTCOME(VALUE) END};
const value_string test_changes[] = {REGISTRY_TEST_CHANGE(VALUE) END};
const value_string test_states[] = {REGISTRY_TEST_NAME_STATE(VALUE) END};
const value_string test_events[] = {REGISTRY_TEST_NAME_EVENT(VALUE) END};
const value_string uio_types[] = {REGISTRY_UIO_TYPE(VALUE) END};
const value_string uio_locks[] = {REGISTRY_UIO_LOCK(VALUE) END};
const value_string uio_controls[] = {REGISTRY_UIO_CONTROL(VALUE) END};
const value_string functions[] = {{(uint32_t)VMTP_REQUEST, "Request"}, {(uint32_t)VMTP_RESPONSE, "Response"}, END};
/* The upper two bits of Priority (VMTP-13.9-01). */
const value_string priorities[] = {{0, "normal"}, {1, "background"}, {2, "important"}, {3, "urgent"}, END};

const char *printable(wmem_allocator_t *scope, const char *text) {
    char *copy = wmem_strdup(scope, text);
    for (char *at = copy; *at; at++)
        if ((unsigned char)*at < 32 || *at == 127)
            *at = '.';
    return copy;
}

const char *request_code_text(wmem_allocator_t *scope, uint32_t code) {
    const char *text = try_val_to_str(code, request_codes);
    return text ? text : wmem_strdup_printf(scope, "code 0x%06x", code);
}

const char *response_code_text(wmem_allocator_t *scope, uint32_t code) {
    const char *text = try_val_to_str(code, response_codes);
    return text ? text : wmem_strdup_printf(scope, "code 0x%06x", code);
}

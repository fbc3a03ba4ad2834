/* SPDX-License-Identifier: BSD-2-Clause */
#include "target.h"
#include "test_protocol.h"
#include "text.h"
#include "vnet.h"

#include <string.h>

/* The name comes from the network: only what is harmless on a terminal. */
static void copy_name(char out[65], const uint8_t *name, uint32_t length) {
    uint32_t n = length < 64 ? length : 64;
    for (uint32_t i = 0; i < n; i++)
        out[i] = name[i] >= 0x20 && name[i] < 0x7f ? (char)name[i] : '?';
    out[n] = 0;
}

_Static_assert(IDENTITY_OCTETS == VTEST_IDENTIFY_SET + VTEST_IDENTIFY_NAME_MAX, "room for the longest answer");

int target_read_identity(struct identity *out, const struct vmtp_message *message, const uint8_t *segment,
                         uint32_t size, const uint8_t source[6]) {
    if ((message->code & VMTP_CODE_MASK) != VMTP_OK || size < VTEST_IDENTIFY_SET)
        return VMTP_ERROR;
    out->service = vmtp_words_get64(message->words);
    out->manager = vmtp_words_get64(message->words + 2);
    out->version = message->words[4];
    memcpy(out->mac, source, sizeof out->mac);
    copy_name(out->name, segment + VTEST_IDENTIFY_SET, size - VTEST_IDENTIFY_SET);
    return out->service ? 0 : VMTP_ERROR;
}

int target_identify(struct node *node, const uint8_t mac[6], vmtp_time timeout, struct identity *out) {
    uint8_t segment[IDENTITY_OCTETS];
    struct node_call call = {.area = segment, .capacity = sizeof segment, .timeout = timeout};
    struct node_answer answer;
    call.message.server = VMTP_TEST_SERVICE;
    call.message.code = VMTP_PIC | VMTP_TEST_IDENTIFY;
    if (mac)
        vmtp_host_learn(node->engine, VMTP_TEST_SERVICE, mac, node_now(node));
    int rc = node_call(node, &call, &answer);
    vmtp_host_forget(node->engine, VMTP_TEST_SERVICE); /* it names no one node */
    if (rc != 0)
        return rc;
    if (mac && memcmp(mac, answer.source, sizeof answer.source) != 0)
        return VMTP_NONEXISTENT_ENTITY; /* that node has none, and the next Probe found another */
    return target_read_identity(out, &answer.message, segment, answer.size, answer.source);
}

int target_check(const char *text) {
    uint8_t mac[6];
    vmtp_entity entity;
    if (!text || text_parse_mac(mac, text) || (vmtp_entity_parse(&entity, text) == 0 && entity != 0))
        return 0;
    vnet_misuse(
        "\"%s\" is neither an entity such as 0123-4567-89ab-cdef nor an Ethernet address such as 02:00:00:00:00:01",
        text);
    return -1;
}

int target_find(struct node *node, const char *text, vmtp_time timeout, vmtp_entity *out) {
    struct identity who;
    uint8_t mac[6];
    int by_mac = text && text_parse_mac(mac, text);
    if (text && !by_mac)
        return vmtp_entity_parse(out, text) == 0 ? VNET_OK : VNET_USAGE;
    int rc = target_identify(node, by_mac ? mac : NULL, timeout, &who);
    if (rc == 0) {
        vmtp_host_learn(node->engine, who.service, who.mac, node_now(node));
        *out = who.service;
        return VNET_OK;
    }
    if (rc < 0)
        return node_explain(node, rc, VMTP_TEST_SERVICE, timeout);
    if (by_mac)
        return vnet_fail("no test service answers at %s: is `vnet up` running there?", text);
    return vnet_fail("no test service answers on %s: is `vnet up` running on a node of this segment?",
                     node->interface_name);
}

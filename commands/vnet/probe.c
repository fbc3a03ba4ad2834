/* SPDX-License-Identifier: BSD-2-Clause */
/* vnet probe - ProbeEntity: what the manager of an entity's host knows about it. */
#include "node.h"
#include "test_protocol.h"
#include "text.h"
#include "vnet.h"

#include <stdio.h>

struct probe {
    struct common_options common;
    vmtp_time timeout;
    const char *text;
    vmtp_entity entity;
    struct node node;
};

static const char usage[] = "probe ENTITY -i IFACE [options]";
static const char about[] =
    "Asks all VMTP managers of the segment for ENTITY (ProbeEntity); the one that has it answers with the entity's\n"
    "next or current transaction, process, principal and effective principal, and shows where it is.";
static const char after[] = "Exit codes: 0 the entity was found, 1 it was not or it failed, 2 wrong command line.\n"
                            "Example: vnet probe 0123-4567-89ab-cd40 -i eth0";

static enum option_outcome parse(struct probe *p, int argc, char **argv) {
    struct option_row common[COMMON_ROWS];
    const struct option_row rows[] = {
        {"timeout", 0, OPTION_DURATION, &p->timeout, "TIME", "give up after this; default 2s", 0, 0}, {0}};
    const struct option_page page = {usage, about, after, common, rows};
    unsigned words;
    common_rows(common, &p->common);
    enum option_outcome outcome = options_parse(&page, argc, argv, &p->text, 1, &words);
    if (outcome != OPTIONS_GO)
        return outcome;
    if (words == 0)
        return vnet_misuse("say which entity; usage: vnet %s", usage), OPTIONS_WRONG;
    if (vmtp_entity_parse(&p->entity, p->text) != 0 || p->entity == 0)
        return vnet_misuse("\"%s\" is no entity; write it as 0123-4567-89ab-cdef", p->text), OPTIONS_WRONG;
    return common_require_interface(&p->common) == 0 ? OPTIONS_GO : OPTIONS_WRONG;
}

static int show_json(const struct probe *p, const struct node_answer *a) {
    const uint32_t *w = a->message.words;
    return json_line(json_pack("{s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:I}", "entity", json_entity(p->entity), "mac",
                               json_mac(a->source), "manager", json_entity(a->message.server), "transaction",
                               (json_int_t)w[0], "process", json_entity(vmtp_words_get64(w + 1)), "principal",
                               json_entity(vmtp_words_get64(w + 3)), "effective_principal",
                               json_entity(vmtp_words_get64(w + 5)), "rtt_ns", (json_int_t)a->took));
}

static void show_text(const struct probe *p, const struct node_answer *a) {
    const uint32_t *w = a->message.words;
    char entity[VMTP_ENTITY_TEXT], manager[VMTP_ENTITY_TEXT], process[VMTP_ENTITY_TEXT], principal[VMTP_ENTITY_TEXT],
        effective[VMTP_ENTITY_TEXT], mac[TEXT_MAC], took[TEXT_DURATION];
    printf("entity              %s\nhost                %s\nmanager             %s\ntransaction         %u\n"
           "process             %s\nprincipal           %s\neffective principal %s\nanswered after      %s\n",
           vmtp_entity_format(entity, p->entity), text_mac(mac, a->source),
           vmtp_entity_format(manager, a->message.server), w[0], vmtp_entity_format(process, vmtp_words_get64(w + 1)),
           vmtp_entity_format(principal, vmtp_words_get64(w + 3)),
           vmtp_entity_format(effective, vmtp_words_get64(w + 5)), text_duration(took, a->took));
}

static int run(struct probe *p) {
    struct node_call call = {.timeout = p->timeout};
    struct node_answer answer;
    char code[TEXT_CODE];
    call.message.server = VMTP_MANAGER_GROUP;
    call.message.code = VMTP_PROBE_ENTITY;
    vmtp_message_set_coresident(&call.message, p->entity);
    vmtp_words_put64(call.message.words + 2, p->entity);
    int rc = node_call(&p->node, &call, &answer);
    if (rc == VMTP_RETRANS_TIMEOUT || rc == VMTP_USER_TIMEOUT)
        return vnet_fail("nobody on the segment of %s has %s: is its node up? (`vnet who` lists nodes)",
                         p->node.interface_name, p->text);
    if (rc != 0)
        return node_explain(&p->node, rc, p->entity, p->timeout);
    if ((answer.message.code & VMTP_CODE_MASK) != VMTP_OK)
        return vnet_fail("the probe was refused: %s", text_code(code, answer.message.code));
    if (p->common.json)
        return show_json(p, &answer);
    show_text(p, &answer);
    return VNET_OK;
}

int vnet_probe(int argc, char **argv) {
    struct probe p = {.timeout = 2 * VMTP_SECOND};
    struct vmtp_host_config config;
    enum option_outcome outcome = parse(&p, argc, argv);
    if (outcome != OPTIONS_GO)
        return outcome == OPTIONS_DONE ? VNET_OK : VNET_USAGE;
    vmtp_host_config_init(&config);
    int rc = node_open(&p.node, &config, &p.common);
    if (rc != VNET_OK)
        return rc;
    rc = node_close(&p.node, run(&p));
    return rc;
}

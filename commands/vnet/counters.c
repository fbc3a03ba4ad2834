/* SPDX-License-Identifier: BSD-2-Clause */
#include "counters.h"

#include <stdio.h>

json_t *counters_json(const struct node *node) {
    struct vmtp_port_stats port = {0};
    json_t *counters = json_object();
    vmtp_port_stats(vmtp_host_port(node->host), &port);
    for (unsigned i = 1; i < VMTP_COUNTER_COUNT; i++)
        json_object_set_new(counters, vmtp_counter_name(i), json_integer((json_int_t)vmtp_counter(node->engine, i)));
    return json_pack("{s:o, s:{s:I, s:I, s:I, s:I, s:I, s:I}}", "counters", counters, "port", "received",
                     (json_int_t)port.received, "sent", (json_int_t)port.sent, "rx_dropped",
                     (json_int_t)port.rx_dropped, "rx_truncated", (json_int_t)port.rx_truncated, "tx_refused",
                     (json_int_t)port.tx_refused, "tx_failed", (json_int_t)port.tx_failed);
}

void counters_print(const struct node *node) {
    struct vmtp_port_stats port = {0};
    vmtp_port_stats(vmtp_host_port(node->host), &port);
    for (unsigned i = 1; i < VMTP_COUNTER_COUNT; i++) {
        uint64_t value = vmtp_counter(node->engine, i);
        if (value > 0)
            printf("%-22s %12llu  %s\n", vmtp_counter_name(i), (unsigned long long)value, vmtp_counter_text(i));
    }
    if (port.rx_dropped > 0)
        printf("%-22s %12llu  %s\n", "port_rx_dropped", (unsigned long long)port.rx_dropped,
               "lost below for want of room");
    if (port.tx_failed > 0)
        printf("%-22s %12llu  %s\n", "port_tx_failed", (unsigned long long)port.tx_failed, "not sent by the interface");
}

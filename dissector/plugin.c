/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What Wireshark looks for in a plugin. */
#include "vmtp.h"

#include <epan/proto.h>

#if WIRESHARK_AT_LEAST(4, 2) && __has_include(<wsutil/plugins.h>) /* some leave it out */
#include <wsutil/plugins.h>
#endif

#define EXPORT __attribute__((visibility("default")))

EXPORT const char plugin_version[] = PLUGIN_VERSION;
EXPORT const int plugin_want_major = WIRESHARK_VERSION_MAJOR;
EXPORT const int plugin_want_minor = WIRESHARK_VERSION_MINOR;
EXPORT void plugin_register(void);
EXPORT uint32_t plugin_describe(void);

void plugin_register(void) {
    static proto_plugin protocols[] = {{proto_register_vmtp, proto_reg_handoff_vmtp},
                                       {proto_register_vnaming, proto_reg_handoff_vnaming},
                                       {proto_register_vuio, proto_reg_handoff_vuio},
                                       {proto_register_vtest, proto_reg_handoff_vtest},
                                       {proto_register_vipc, proto_reg_handoff_vipc}};
    for (unsigned i = 0; i < G_N_ELEMENTS(protocols); i++)
        proto_register_plugin(&protocols[i]);
}

/* Wireshark 4.2 and later ask what kind of plugin this is. */
uint32_t plugin_describe(void) {
#ifdef WS_PLUGIN_DESC_DISSECTOR
    return WS_PLUGIN_DESC_DISSECTOR;
#else
    return 1;
#endif
}

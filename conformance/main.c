/* SPDX-License-Identifier: BSD-2-Clause */
#include "program.h"

static struct vc_link *open_interface(const struct vc_options *o, uint8_t node_mac[6], int *code, char *error,
                                      size_t size) {
    (void)node_mac;
    *code = VC_EXIT_USAGE;
    if (o->defect) {
        snprintf(error, size, "--defect is for the node of vconform-sim");
        return NULL;
    }
    if (!o->interface_name) {
        snprintf(error, size, "-i INTERFACE is wanted (vconform --help)");
        return NULL;
    }
    if (!o->mac_known && !o->entity) {
        snprintf(error, size, "say who is to be tested: --peer MAC or --entity ID");
        return NULL;
    }
    *code = VC_EXIT_UNDECIDED;
    struct vc_link *link = vc_link_pcap(o->interface_name, o->ethertype, o->vlan, error, size);
    if (link) {
        link->reboot_command = o->reboot;
        link->objects = o->objects;
        link->copy = o->copy;
        link->patience = o->patience;
    }
    return link;
}

int main(int argc, char **argv) { return vc_program(argc, argv, open_interface); }

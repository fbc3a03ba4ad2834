/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * link.h - frames to and from the node under test.
 *
 * Cases see nothing else of the world, so the same cases run on an interface (link_pcap.c) and against a node that is part of the
 * program, in virtual time (tests/link_sim.c).
 */
#ifndef VC_LINK_H
#define VC_LINK_H

#include "packet.h"

struct vc_link {
    uint8_t mac[6]; /* the tester's */
    uint16_t ethertype;
    uint32_t mtu;
    int virtual_time;
    int patience; /* cases that take minutes are wanted */
    vc_time (*now)(struct vc_link *link);
    /* Sends one Ethernet frame; 0, or -1 with errno. */
    int (*send)(struct vc_link *link, const uint8_t *frame, size_t size);
    /*
     * The next frame that somebody else sent, waiting for it until `until` at the longest: its octets (at most room of them), 0 when
     * none came, or the run is to end (stop.h), -1 with errno.  *when is when it arrived, of the clock of now().  A frame that came
     * before `until` is never missed; there is an end even of those that come without a pause.
     */
    int (*receive)(struct vc_link *link, uint8_t *frame, size_t room, vc_time *when, vc_time until);
    /*
     * Has the node begin anew, without memory: 0; -1: cannot; 1: cannot so.  NULL: cannot.  how: words with spaces between, which the
     * operator knows from `vconform --list starts`; "": as before the tests; NULL (the word
     * "asking"): the same, and it asks for its identifiers, which the tester wants to see: it is not waited for.
     */
    int (*reboot)(struct vc_link *link, const char *how);
    char trouble[300];          /* why the last reboot could not be */
    const char *reboot_command; /* of an interface: what the operator says does that; it is told how by VCONFORM_START */
    const char *copy; /* a name: a context that is served read-only, as a copy of others; NULL: there is none */
    const char *objects; /* a name: a context of the node in which the tester may make and remove objects; NULL: there is none */
    void (*only)(struct vc_link *link,
                 const uint8_t mac[6]);   /* from now on frames of that sender only, NULL: of all; or NULL */
    void (*begins)(struct vc_link *link); /* a case, or NULL */
    void (*close)(struct vc_link *link);
};

/* Opens an interface.  vlan: frames carry the tag of that VLAN, 0: none.  NULL: error has one line that says why and what to do. */
struct vc_link *vc_link_pcap(const char *interface_name, uint16_t ethertype, unsigned vlan, char *error,
                             size_t error_size);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* One line for each failure that is common in new nodes. */
#include <stddef.h>
#include <string.h>

#include "report.h"

static const struct {
    const char *id, *text;
} advices[] = {
    {"VMTP-2.3-04",
     "MPG belongs to the frame's destination: set it when that is a group's address, and in nothing else."},
    {"VMTP-3.1-05", "Padding is part of the checksum: clear it before you sum."},
    {"VMTP-3.1-06", "Build a Response's code word from 0; do not start from that of the Request."},
    {"VMTP-3.2-02", "Keep RetransmitCount of each packet that comes, not only that of the first."},
    {"VMTP-3.2-03", "Copy Client, Transaction, Priority and ForwardCount from the Request into the Response."},
    {"VMTP-3.2-04", "Server of a Response is whoever answers, also when the Request went to a group."},
    {"VMTP-3.4-01", "The two sums are not complemented as in IP, and the sum of clusters 0, 2, 4 comes first."},
    {"VMTP-3.4-02", "Each half that is zero is sent as FFFF by itself."},
    {"VMTP-3.4-03", "Four zero octets in place of the checksum mean that there is none."},
    {"VMTP-3.4-04", "The sum covers header, data and padding, but not the checksum itself."},
    {"VMTP-3.4-06", "Verify before anything else is looked at, and drop silently."},
    {"VMTP-4.1-03", "Nobody can be told about such a packet: drop it."},
    {"VMTP-5.1-08", "Length counts 32-bit words of data; octets behind the checksum make it wrong too."},
    {"VMTP-5.1-09", "Compare PacketDelivery with SDA, SegmentSize and Length before the entity is looked for."},
    {"VMTP-5.1-10", "Ask whether the packet was multicast before any Notify is made."},
    {"VMTP-5.2-01", "A manager tells NONEXISTENT_ENTITY by NotifyVmtpClient to the source of the frame."},
    {"VMTP-6.1-02", "Bits are counted from the least significant one: block 0 is bit 0."},
    {"VMTP-6.2-03", "Server, Code and all words from octet 36 on are the same in all packets of a group."},
    {"VMTP-6.3-05", "A packet without data asks what you have: answer at once, also when that is nothing."},
    {"VMTP-6.4-01", "The acknowledgment is one NotifyVmtpClient(OK) for the group, not one a packet."},
    {"VMTP-8.1-01", "Remember Client, Transaction and Server for TS4 and answer a duplicate from memory."},
    {"VMTP-8.3-03", "Keep the Response until the Client has a newer Transaction or TS4 has passed."},
    {"VMTP-8.4-04", "APG in the first transmission of a Response costs an acknowledgment that nobody needs."},
    {"VMTP-10.1-05", "What fails in a multicast is silence: only those who can answer do."},
    {"VMTP-10.2-01", "Compare the low 24 bits of Code only."},
    {"VMTP-10.2-05", "Stateless procedures are answered with DGM, anew for each packet."},
    {"VMTP-10.9-01", "The Code of NotifyVmtpClient is 4500010F: DGM, CRE and PIC."},
    {"VMTP-10.11-02", "Give the node one entity that does nothing but Notify."},
};

const char *vc_advice(const char *id) {
    for (size_t i = 0; i < sizeof advices / sizeof advices[0]; i++)
        if (strcmp(advices[i].id, id) == 0)
            return advices[i].text;
    return NULL;
}

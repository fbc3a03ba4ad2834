#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets that come out of order, of which some are missing, or that have a number in common: what belongs together is found."""
import os
import struct
import sys

import lib
from wire import SERVER, by_name, ethernet, packet, value

GROUP = 16384
NSR, NER, CMG, MULTICAST = (value("VMTP_" + word) for word in ("NSR", "NER", "CMG", "MPG"))
OTHER = SERVER + 16
SINK, NULL = value("VMTP_TEST_SINK"), value("VMTP_TEST_NULL")


def part(index, count, size, first=100, response=False, code=SINK, octets=b""):
    """One packet group of a message, in one packet."""
    flags = (NSR if index else 0) | (CMG if index + 1 < count else 0)
    data = octets[index * GROUP:(index + 1) * GROUP] or bytes(min(GROUP, size - index * GROUP))
    return ethernet(packet(0 if response else code, segment=data, size=size, transaction=first + index, control=flags,
                           delivery=(1 << (len(data) + 511) // 512) - 1, response=response), response)


class Scene:
    """Frames, and for each what a filter must find."""

    def __init__(self, name):
        self.name, self.frames, self.wanted = name, [], []

    def add(self, octets, *filters, after=0.001):
        self.frames.append((self.frames[-1][0] + after if self.frames else 1.0, octets))
        self.wanted += [(len(self.frames), text) for text in filters]

    def check(self, shark, folder):
        capture = os.path.join(folder, self.name + ".pcap")
        lib.write_pcap(capture, self.frames)
        shark.load(capture)
        for frame, text in self.wanted:
            if frame not in [number for number, _ in shark.frames(text)]:
                yield f"{self.name}: frame {frame} is not {text}"
        for number, columns in shark.frames("_ws.malformed or _ws.unreassembled"):
            yield f"{self.name}: frame {number}: {columns}"


def beginning_last():
    scene, size = Scene("beginning-last"), 2 * GROUP + 1000
    scene.add(part(1, 3, size), "vmtp.segment.group == 1 and vmtp.segment.reassembled_in == 3 and vmtp.run.position == 2")
    scene.add(part(2, 3, size), "vmtp.segment.group == 2 and vmtp.segment.reassembled_in == 3 and vmtp.run.position == 3")
    scene.add(part(0, 3, size), "vmtp.segment.group == 0 and vmtp.segment.octets == 33768 and vmtp.segment.packets == 3",
              "not vmtp.run_unseen")
    scene.add(ethernet(packet(0, transaction=102, response=True), True), "vmtp.request_in == 1")
    return scene


def end_tells():
    scene, size = Scene("end-tells"), 3 * GROUP + 1
    scene.add(part(2, 4, size), "vmtp.segment.group == 2 and vmtp.segment.reassembled_in == 4")
    scene.add(part(1, 4, size), "vmtp.segment.group == 1")
    scene.add(part(3, 4, size), "vmtp.segment.group == 3")
    scene.add(part(0, 4, size), "vmtp.segment.octets == 49153")
    return scene


def responses_end_last():
    scene, size = Scene("responses-end-last"), 4 * GROUP
    for index in (2, 1, 3, 0):
        scene.add(part(index, 4, size, response=True), f"vmtp.segment.group == {index}")
    scene.wanted.append((4, f"vmtp.segment.octets == {size}"))
    return scene


def responses_beginning_last():
    scene, size = Scene("responses-beginning-last"), GROUP + 5
    scene.add(ethernet(packet(NULL, transaction=100, control=value("VMTP_STI"))))
    scene.add(part(1, 2, size, response=True), "vmtp.segment.group == 1 and vmtp.request_in == 1")
    scene.add(part(0, 2, size, response=True), "vmtp.segment.octets == 16389 and vmtp.request_in == 1")
    return scene


def contradiction():
    """A last group that says that more follow is not put where it would be longer than what is left."""
    scene, size = Scene("contradiction"), GROUP + 5
    scene.add(part(0, 2, size))
    data = bytes(GROUP)
    scene.add(ethernet(packet(SINK, segment=data, size=size, transaction=101, control=NSR | CMG, delivery=0xFFFFFFFF)),
              "not vmtp.segment.octets and not vmtp.segment.group")
    return scene


def two_servers():
    scene = Scene("two-servers")
    for server in (SERVER, OTHER):
        scene.add(ethernet(packet(NULL, transaction=7, server=server)), "vmtp.response_in and not vmtp.retransmission")
        scene.add(ethernet(packet(0, transaction=7, server=server, response=True), True), "not vmtp.extra_response and vmtp.time")
    scene.add(ethernet(packet(NULL, transaction=7, control=1 << 20)), "vmtp.retransmission and vmtp.call == 1 and not vmtp.rule")
    scene.add(ethernet(packet(0, transaction=7, control=1 << 20, response=True), True), "vmtp.request_in == 1 and not vmtp.extra_response")
    return scene


def not_the_same():
    """What differs in anything is no copy made by the network."""
    scene = Scene("not-the-same")
    scene.add(ethernet(packet(NULL, transaction=7)))
    scene.add(ethernet(packet(NULL, transaction=7)), "vmtp.duplicate")
    scene.add(ethernet(packet(NULL, transaction=7, control=value("VMTP_APG"))), "vmtp.retransmission and not vmtp.duplicate")
    for forward in (2, 3):
        scene.add(ethernet(packet(0, transaction=7, control=forward << 16, response=True), True), "not vmtp.duplicate")
    return scene


def lists(code, octets, words, name):
    """Four mebioctets of what a dissector lists: Wireshark takes a tree of a million items for a bug of it."""
    scene, count = Scene(name), len(octets) // GROUP
    scene.add(ethernet(packet(code, transaction=100, control=value("VMTP_STI"))))
    for index in range(count):
        flags = (NSR if index else 0) | (CMG if index + 1 < count else 0)
        scene.add(ethernet(packet(0, words, octets[index * GROUP:(index + 1) * GROUP], True, 100 + index, control=flags, size=len(octets),
                                  delivery=0xFFFFFFFF), True), after=0.00001)
    scene.wanted.append((count + 1, f"vmtp.segment.octets == {len(octets)}"))
    return scene


def record(prefix=b"/longer/"):
    head = struct.pack(">HHIQQQIHH", 40 + len(prefix), 0, 1, SERVER, 0, 5, 32, len(prefix), 0)
    return head + prefix


def long_lists():
    whole = 256 * GROUP
    yield lists(value("VMTP_QUERY_VMTP_NODE"), bytes(whole), [1500, 0, 0, whole // 4, 0], "node-domains")
    yield lists(value("VMTP_QUERY_GROUP"), bytes(whole), [], "group-members")
    records = record() * (whole // 48 + 1)
    yield lists(value("VNAME_LIST"), records[:whole], [], "name-records")
    descriptor = struct.pack(">HHI", 88, 1, 0) + bytes(80)
    yield objects((descriptor * (whole // 88 + 1))[:whole // 88 * 88])


def objects(octets):
    """A context that is read."""
    octets += bytes(-len(octets) % GROUP)
    scene = lists(value("UIO_READ_INSTANCE"), octets, [len(octets), 0, 0, 0], "objects")
    descriptor = struct.pack(">IIII", 9, value("UIO_CONTEXT"), 4096, 0) + bytes(32) + struct.pack(">HHI", 88, 2, 0) + bytes(80)
    words, name = by_name("/storage/dir", [value("UIO_MODE_READ"), 0])
    made = [(0.1, ethernet(packet(value("UIO_CREATE_INSTANCE"), words, name, transaction=9))),
            (0.2, ethernet(packet(0, [9, value("UIO_CONTEXT"), 4096], descriptor, True, 9), True))]
    read = ethernet(packet(value("UIO_READ_INSTANCE"), [9], transaction=100, control=value("VMTP_STI")))
    scene.frames = made + [(scene.frames[0][0], read)] + scene.frames[1:]
    scene.wanted = [(frame + 2, text) for frame, text in scene.wanted] + [(len(scene.frames), "vuio.object")]
    return scene


def main():
    shark, folder, bad = lib.Sharkd(), lib.scratch("order"), []
    for scene in (beginning_last(), end_tells(), responses_end_last(), responses_beginning_last(), contradiction(), two_servers(), not_the_same(),
                  *long_lists()):
        bad += scene.check(shark, folder)
    shark.close()
    sys.exit("\n".join(bad) if bad else 0)


main()

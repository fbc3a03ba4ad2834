#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Frames that were captured with their check sequence: it is that of Ethernet, and no octets too many of a packet of VMTP."""
import os
import struct
import sys
import zlib

import lib
from wire import ethernet, packet, value

NAMES = ["vmtp.rule", "vmtp.checksum.status", "eth.fcs.status", "_ws.malformed", "vmtp.segment_size", "_ws.expert.message"]


def with_sequence(frame):
    return frame + struct.pack("<I", zlib.crc32(frame))


def block(kind, body):
    body += bytes(-len(body) % 4)
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


def write_pcapng(path, frames):
    """An interface that says how long its check sequences are (option if_fcslen)."""
    with open(path, "wb") as out:
        out.write(block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))
        out.write(block(1, struct.pack("<HHI", 1, 0, 0) + struct.pack("<HHBxxx", 13, 1, 4) + bytes(4)))
        for i, frame in enumerate(frames):
            out.write(block(6, struct.pack("<IIIII", 0, 0, 1_000_000 * (i + 1), len(frame), len(frame)) + frame))


def check(what, rows, sequence):
    for number, row in enumerate(rows, 1):
        if row["vmtp.rule"] or row["_ws.malformed"] or row["_ws.expert.message"] or row["vmtp.checksum.status"] != ["1"]:
            yield f"{what}: frame {number}: {row}"
        if sequence and row["eth.fcs.status"] != ["1"]:
            yield f"{what}: frame {number}: Ethernet does not know the check sequence: {row}"


def main():
    code = value("VMTP_TEST_SINK")
    plain = [ethernet(packet(code, transaction=1)), ethernet(packet(code, segment=bytes(700), transaction=2)),
             ethernet(packet(0, response=True, transaction=2), True),
             ethernet(packet(code, transaction=3), tag=bytes.fromhex("81000005"))]
    frames = [with_sequence(frame) for frame in plain]
    folder = lib.scratch("check-sequence")
    silent, telling = os.path.join(folder, "silent.pcap"), os.path.join(folder, "telling.pcapng")
    lib.write_pcap(silent, [(float(i), frame) for i, frame in enumerate(frames)])
    write_pcapng(telling, frames)
    always = "-o", "eth.fcs:Always"
    bad = [*check("nobody says so", lib.fields(silent, NAMES), False), *check("pcapng", lib.fields(telling, NAMES), False),
           *check("preference", lib.fields(silent, NAMES, *always), False),
           *check("verified", lib.fields(silent, NAMES, *always, "-o", "eth.check_fcs:TRUE"), True),
           *check("verified, of pcapng", lib.fields(telling, NAMES, "-o", "eth.check_fcs:TRUE"), True)]
    # The sequence itself was cut off, or a part of it.
    for octets in (1, 4):
        cut = os.path.join(folder, f"cut-{octets}.pcap")
        lib.write_pcap(cut, [(1.0, frames[0])])
        with open(cut, "r+b") as file:
            file.seek(24 + 8)
            file.write(struct.pack("<I", len(frames[0]) - octets))
            file.truncate(24 + 16 + len(frames[0]) - octets)
        bad += check(f"{octets} octets cut off", lib.fields(cut, NAMES), False)
    # Other octets behind the packet are a fault.
    spoilt = os.path.join(folder, "spoilt.pcap")
    lib.write_pcap(spoilt, [(1.0, frames[0][:-1] + bytes([frames[0][-1] ^ 1])), (2.0, plain[1] + bytes(6))])
    for row in lib.fields(spoilt, NAMES):
        if row["vmtp.rule"] != ["VMTP-5.1-08"]:
            bad.append(f"octets behind the packet: {row}")
    sys.exit("\n".join(bad) if bad else 0)


main()

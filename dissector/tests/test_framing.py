#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""VMTP below tags, in SNAP, over IP, with another EtherType; checksums that nobody verifies; entities or stations as columns."""
import os
import struct
import sys

import lib
from wire import ethernet, packet, value

CODE = value("VMTP_TEST_NULL")
STATIONS = bytes.fromhex("02000000000b02000000000a")


def in_ip(payload):
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, 0, 64, 81, 0, bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2]))
    return STATIONS + bytes.fromhex("0800") + head + payload


def snap(payload):
    body = bytes.fromhex("aaaa03000000805b") + payload
    return STATIONS + struct.pack(">H", len(body)) + body


def main():
    plain = packet(CODE)
    spoilt = plain[:-1] + bytes([plain[-1] ^ 1])
    frames = [ethernet(plain), ethernet(plain, tag=bytes.fromhex("81000005")),
              ethernet(plain, tag=bytes.fromhex("88a8000681000005")), snap(plain), in_ip(plain),
              STATIONS + bytes.fromhex("88b5") + plain, ethernet(spoilt)]
    paths = ["eth:ethertype:vmtp:vtest", "eth:ethertype:vlan:ethertype:vmtp:vtest",
             "eth:ethertype:ieee8021ad:ethertype:vlan:ethertype:vmtp:vtest", "eth:llc:vmtp:vtest", "eth:ethertype:ip:vmtp:vtest", "eth:ethertype:data", "eth:ethertype:vmtp"]
    folder = lib.scratch("framing")
    capture = os.path.join(folder, "framing.pcap")
    lib.write_pcap(capture, [(100.0 * i, octets) for i, octets in enumerate(frames)])
    bad = []
    names = ["frame.protocols", "vmtp.request_code", "vmtp.checksum.status", "_ws.malformed", "_ws.col.Source"]
    for row, path in zip(lib.fields(capture, names), paths):
        if row["frame.protocols"] != [path] or row["_ws.malformed"]:
            bad.append(f"{row} instead of {path}")
    chosen = lib.fields(capture, names, "-d", "ethertype==0x88b5,vmtp")[5]
    if chosen["frame.protocols"] != ["eth:ethertype:vmtp:vtest"]:
        bad.append(f"decode as: {chosen}")
    if lib.fields(capture, names)[6]["vmtp.checksum.status"] != ["0"]:
        bad.append("a spoilt checksum is good")
    unverified = lib.fields(capture, names, "-o", "vmtp.check_checksum:FALSE")[6]
    if unverified["vmtp.checksum.status"] != ["2"]:
        bad.append(f"verification is not turned off: {unverified}")
    stations = lib.fields(capture, names, "-o", "vmtp.show_entities:FALSE")[0]
    if stations["_ws.col.Source"] != ["02:00:00:00:00:0a"]:
        bad.append(f"stations as columns: {stations}")
    if lib.fields(capture, names)[0]["_ws.col.Source"] != ["0a11-ce5e-ed00-4240"]:
        bad.append("entities are not columns")
    sys.exit("\n".join(bad) if bad else 0)


main()

# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets by the tables of spec/*.md, made by hand: nothing here knows the library or the plugin."""
import csv
import os
import struct

import lib

CLIENT, SERVER = 0x0A11CE5EED004240, 0x0B0B5E771E579940
SDA, DGM, BY_NAME = 0x10000000, 0x40000000, 0x010000


def registry():
    with open(os.path.join(lib.SOURCE, "spec", "registry.tsv"), encoding="utf-8") as table:
        return {row["symbol"]: row for row in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE)}


REGISTRY = registry()


def value(symbol):
    return int(REGISTRY[symbol]["value"], 0)


def of_kind(kind):
    return {symbol: int(row["value"], 0) for symbol, row in REGISTRY.items() if row["kind"] == kind}


def checksum(octets):
    sums = [0, 0]
    for at in range(0, len(octets), 2):
        sums[at // 32 % 2] += int.from_bytes(octets[at:at + 2], "big")
    halves = []
    for total in sums:
        while total >> 16:
            total = (total & 0xFFFF) + (total >> 16)
        halves.append(total or 0xFFFF)
    return struct.pack(">HH", *halves)


def packet(code, words=(), segment=None, response=False, transaction=1, client=CLIENT, server=SERVER, control=0, flags=0,
           delivery=None, size=None):
    """segment: the octets in this packet, which are the whole segment unless size says more."""
    words = list(words) + [0] * (7 - len(words))
    data = segment or b""
    padded = data + bytes(-len(data) % 8)
    if segment is not None:
        code |= SDA
        words[6] = len(data) if size is None else size
    if delivery is None:
        delivery = (1 << (len(data) + 511) // 512) - 1
    head = struct.pack(">QIIIIQI7I", client, 3 << 16 | flags | len(padded) // 4, control | response, transaction, delivery,
                       server, code, *words)
    return head + padded + checksum(head + padded)


def ethernet(payload, response=False, group=None, tag=b""):
    stations = [bytes.fromhex("02000000000b"), bytes.fromhex("02000000000a")]
    if response:
        stations.reverse()
    if group is not None:
        stations[0] = bytes.fromhex("090056") + (group & 0xFFFFFF).to_bytes(3, "big")
    return stations[0] + stations[1] + tag + bytes.fromhex("805b") + payload


class Conversation:
    """Frames of transactions one after the other, a millisecond apart."""

    def __init__(self):
        self.frames, self.transaction = [], 0

    def send(self, octets, after=0.001):
        self.frames.append((self.frames[-1][0] + after if self.frames else 1.0, octets))
        return len(self.frames)

    def call(self, code, words=(), segment=None, answer=0, answer_words=(), answer_segment=None):
        """A Request and its Response; returns their numbers."""
        self.transaction += 1
        request = self.send(ethernet(packet(code, words, segment, transaction=self.transaction)))
        response = self.send(ethernet(packet(answer, answer_words, answer_segment, True, self.transaction), True))
        return request, response


def long(number):
    return [number >> 32, number & 0xFFFFFFFF]


def by_name(name, words=(), extra=b"", context=32, index=8):
    """Words and segment of an operation by name."""
    text = name.encode()
    return [context, index << 16 | len(text), *words], text + (bytes(-len(text) % 8) + extra if extra else b"")


def object_descriptor(name="", target="", kind=1, attributes=0x22BB, number=4711, size=12345, permissions=0o644):
    octets = name.encode() + target.encode()
    octets += bytes(-len(octets) % 8)
    seconds = 1_700_000_000 * 10 ** 9
    return struct.pack(">HHIQQQIIIIqqqQIHH", 88 + len(octets), kind, attributes, number, size, 16384, permissions, 1, 1000, 100,
                       seconds + 1, seconds + 2, seconds + 3, 0xABCDEF, 8192, len(name.encode()), len(target.encode())) + octets


def instance_descriptor(number, attributes=0x22BB, mode=1, **others):
    return struct.pack(">IIIIQQIIQ", number, attributes, 8192, 4153, 1, 0, 16384, mode, CLIENT) + object_descriptor(**others)


def record(prefix, manager, target="", flags=0, generation=1, group=0, owner=0x5EED, context=1):
    """A record of the naming protocol."""
    octets = prefix.encode() + target.encode()
    octets += bytes(-len(octets) % 8)
    return struct.pack(">HHIQQQIHH", 40 + len(octets), flags, generation, manager, group, owner, context, len(prefix.encode()),
                       len(target.encode())) + octets

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every field of every frame of spec/vectors is in the tree, with the value that the vector tells."""
import re
import sys

import lib

# Names of vectors and of display filters, where they differ by more than the protocol's name.
ENTITIES = {"client": "vmtp.client", "server": "vmtp.server", "coresident": "vmtp.coresident_entity"}
NUMBERS = {"version": "vmtp.version", "domain": "vmtp.domain", "length": "vmtp.length",
           "retransmit": "vmtp.retransmit_count", "forward": "vmtp.forward_count", "gap": "vmtp.gap",
           "pgcount": "vmtp.pgcount", "priority": "vmtp.priority", "reserved": "vmtp.reserved",
           "transaction": "vmtp.transaction", "packet_delivery": "vmtp.packet_delivery", "code": "vmtp.code",
           "msg_delivery": "vmtp.msg_delivery", "segment_size": "vmtp.segment_size", "checksum": "vmtp.checksum"}
FLAGS = {"packet_flags": ["HCO", "EPG", "MPG"],
         "control_flags": ["NRS", "APG", "NSR", "NER", "NRT", "MDG", "CMG", "STI", "DRT"],
         "code_flags": ["CMD", "DGM", "MDM", "SDA", "RES", "CRE", "MRD", "PIC"]}
FAULTS = {"short": "VMTP-5.1-03", "oversized": "VMTP-5.1-03", "version": "VMTP-5.1-04", "length": "VMTP-5.1-08",
          "delivery": "VMTP-5.1-09"}
WORDS = [f"vmtp.word{i}" for i in range(7)]
OTHERS = ["frame.protocols", "vmtp.function", "vmtp.rule", "vmtp.checksum.status", "_ws.malformed",
          "vmtp.segment_data", "vmtp.padding"]


def flag_filter(word):
    return "vmtp.code_reserved" if word == "RES" else "vmtp." + word.lower()


def number(text):
    return int(text, 16) if text.startswith("0x") else int(text)


def check_field(name, value, row):
    if name in ENTITIES:
        return row[ENTITIES[name]] == [value.replace("-", "")]
    if name in NUMBERS:
        return [number(seen) for seen in row[NUMBERS[name]]] == [number(value)]
    if name in FLAGS:
        seen = [word for word in FLAGS[name] if row[flag_filter(word)] == ["1"]]
        return (" ".join(seen) or "-") == value
    if name == "words":
        return [row[word][0][2:] for word in WORDS] == value.split()
    if name == "function":
        return row["vmtp.function"] == [{"request": "0", "response": "1"}[value]]
    if name == "data_octets":
        shown = sum(len(part[0]) // 2 for part in (row["vmtp.segment_data"], row["vmtp.padding"]) if part)
        return shown == int(value)
    if name == "checksum_covers":
        return row["vmtp.checksum.status"] == [{"packet": "1", "header": "1", "nothing": "3"}[value]]
    if name == "fault":
        return check_fault(value, row)
    return name == "octets"


def check_fault(fault, row):
    if row["_ws.malformed"]:
        return False
    if fault == "none":
        return not set(row["vmtp.rule"]) & set(FAULTS.values()) and row["vmtp.checksum.status"] != ["0"]
    if fault == "checksum":
        return row["vmtp.checksum.status"] == ["0"]
    return FAULTS[fault] in row["vmtp.rule"]


def parameters(capture):
    """Of each frame the (offset, size, value) of everything in the tree."""
    frames = []
    for part in lib.tshark(capture, "-T", "pdml").split("<packet>")[1:]:
        found = set()
        for field in re.finditer(r'size="(\d+)" pos="(\d+)"[^>]*? value="([0-9a-f]+)"', part):
            found.add((int(field[2]), int(field[1]), field[3]))
        frames.append(found)
    return frames


def main():
    capture, every = lib.vector_capture(), list(lib.vectors())
    names = [*ENTITIES.values(), *NUMBERS.values(), *WORDS, *OTHERS,
             *(flag_filter(word) for words in FLAGS.values() for word in words)]
    rows, shown = lib.fields(capture, names), parameters(capture)
    bad, checked = [], 0
    if len(rows) != len(every):
        sys.exit(f"{len(rows)} frames of {len(every)}")
    for (vector, _, lines), row, tree in zip(every, rows, shown):
        # From 200 on they are messages of the naming protocol.
        if int(vector.split("-")[0]) >= 200:
            lines = [line for line in lines if not line.startswith("@")]
        if not any("vmtp" in path for path in row["frame.protocols"]):
            bad.append(f"{vector}: {row['frame.protocols']}")
        for line in lines:
            at = re.match(r"@(\d+)\.(\d+) (\S+) = 0x([0-9a-f]+)$", line)
            plain = re.match(r"(\w+) = (.*)$", line)
            if at and (int(at[1]) + 14, int(at[2]), at[4]) not in tree:
                bad.append(f"{vector}: nothing in the tree says {line}")
            elif plain and not check_field(plain[1], plain[2], row):
                bad.append(f"{vector}: {line} is not so in {row}")
            checked += 1
    print(f"{len(every)} frames, {checked} lines, {len(bad)} of them wrong")
    sys.exit("\n".join(bad) if bad else 0)


main()

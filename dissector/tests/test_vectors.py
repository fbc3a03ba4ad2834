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


# Where PDML tells words of the header to be when their protocol's item begins behind them: it counts from there.
SEGMENT = 14 + 64


def has(tree, at, size, value):
    return any((start, size, value) in tree for start in (at + 14, at + 14 + SEGMENT))


def parameters(capture):
    """Of each frame the (offset, size, value) of everything in the tree."""
    frames = []
    for part in lib.tshark(capture, "-T", "pdml").split("<packet>")[1:]:
        found = set()
        for field in re.finditer(r'size="(\d+)" pos="(\d+)"[^>]*? value="([0-9a-f]+)"', part):
            found.add((int(field[2]), int(field[1]), field[3]))
        frames.append(found)
    return frames


RECORD = {"prefix": "vnaming.prefix", "generation": "vnaming.generation", "manager": "vnaming.record.manager",
          "group": "vnaming.group", "owner": "vnaming.owner", "context": "vnaming.record.context",
          "target": "vnaming.target"}
NAME_FLAGS = ["CLAIMING", "REGISTERED", "ALIAS", "RELEASED", "SECOND_HAND", "MOVED"]
NAMING = ["vnaming.name", "vnaming.rest", "vnaming.context", "vnaming.name_index", "vnaming.record.length",
          *RECORD.values(), *("vnaming.flags." + flag.lower() for flag in NAME_FLAGS)]


def same_value(name, value, seen):
    if name == "owner":
        return int(seen, 16) == int(value, 16)
    return seen == value


def check_records(records, row):
    """record: lines, in order."""
    good = [dict(pair.split("=", 1) for pair in record.split()) for record in records if record != "bad"]
    if len(row["vnaming.record.length"]) != len(good) or ("bad" in records) != bool(row["vnaming.rest"]):
        return False
    targets = iter(row["vnaming.target"])
    for i, record in enumerate(good):
        flags = ",".join(flag for flag in NAME_FLAGS if row["vnaming.flags." + flag.lower()][i] == "1") or "-"
        for name, value in record.items():
            seen = flags if name == "flags" else next(targets) if name == "target" else row[RECORD[name]][i]
            if not same_value(name, value, seen):
                return False
    return True


def check_naming(lines, row):
    """Lines of a message of the naming protocol that are not so."""
    records = [line[8:] for line in lines if line.startswith("record: ")]
    if not check_records(records, row):
        yield str(records)
    for line in lines:
        if line.startswith("text: ") and row["vnaming.name"] != [line[6:]]:
            yield line
        elif line.startswith("by-name: "):
            told = dict(pair.split("=", 1) for pair in line[9:].split())
            seen = [row["vnaming.context"], row["vnaming.name_index"], row["vnaming.name"]]
            if seen != [[told["context"]], [told["index"]], [told["name"]]]:
                yield line


def main():
    capture, every = lib.vector_capture(), list(lib.vectors())
    names = [*NAMING, *ENTITIES.values(), *NUMBERS.values(), *WORDS, *OTHERS,
             *(flag_filter(word) for words in FLAGS.values() for word in words)]
    rows, shown = lib.fields(capture, names), parameters(capture)
    bad, checked = [], 0
    if len(rows) != len(every):
        sys.exit(f"{len(rows)} frames of {len(every)}")
    for (vector, _, lines), row, tree in zip(every, rows, shown):
        if not any("vmtp" in path for path in row["frame.protocols"]):
            bad.append(f"{vector}: {row['frame.protocols']}")
        for line in lines:
            at = re.match(r"@(\d+)\.(\d+) (\S+) = 0x([0-9a-f]+)$", line)
            plain = re.match(r"(\w+) = (.*)$", line)
            if at and not has(tree, int(at[1]), int(at[2]), at[4]):
                bad.append(f"{vector}: nothing in the tree says {line}")
            elif plain and not check_field(plain[1], plain[2], row):
                bad.append(f"{vector}: {line} is not so in {row}")
            checked += 1
        bad += [f"{vector}: {line} is not so in {row}" for line in check_naming(lines, row)]
    print(f"{len(every)} frames, {checked} lines, {len(bad)} of them wrong")
    sys.exit("\n".join(bad) if bad else 0)


main()

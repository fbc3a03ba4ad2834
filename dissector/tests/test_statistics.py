#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What Wireshark counts, follows and finds by the plugin, of captures that are known."""
import os
import re
import sys

import lib

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")
# capture, -z, lines that have to be there (as patterns)
WANTED = [
    ("group-several-responses", "vmtp,srt", [r"code 0x000077 +3 ", r"0000-0000-0020-0040 +1 ", r"0000-0000-0030-0040 +1 ",
                                             r"0000-0000-0040-0040 +1 "]),
    ("group-several-responses", "vmtp,tree", [r"^ ?code 0x000077 +1 ", r"^ OK +3 ", r"Service time \(ms\) +3 +0\.02 "]),
    ("group-several-responses", "conv,vmtp", [r"0000-0000-0010-0040 +<-> 6000-0000-0020-0040 +0 0 bytes +1 786 bytes",
                                              r"0000-0000-0040-0040 +<-> 0000-0000-0010-0040"]),
    ("group-several-responses", "endpoints,vmtp", [r"0000-0000-0010-0040 +4 +2832 +1 +786 +3 +2046"]),
    ("lost-request-block", "vmtp,tree", [r"^ RETRY +1 ", r"retransmission +1 "]),
    ("run-batched", "vmtp,srt", [r"code 0x000077 +1 "]),
    ("large-request", "follow,vmtp,raw,1", [r"^[0-9a-f]{199990}"]),
    ("null-transaction", "flow,any,network", [r"VMTP_MANAGER_GROUP", r"0000-0000-0020-0040"]),
    ("forward", "io,stat,1,AVG(vmtp.time)vmtp.time,COUNT(vmtp.retransmission)vmtp.retransmission", [r"<>"]),
]
# What the window offers as conversation filters, and others that documents name.
FILTERS = [("forward", "vmtp.call == 3", 1), ("run", "vmtp.run.position > 1", 4), ("lost-request", "vmtp.retransmission", 9),
           ("null-transaction", "vmtp.entity == 4000-0001-e000-0100", 1), ("null-transaction", 'vmtp.name == "VMTP_MANAGER_GROUP"', 1)]


def capture_of(name):
    return next(os.path.join(GOLDEN, file) for file in os.listdir(GOLDEN) if file.startswith(name + ".pcap"))


# Captures of which each row of the response times is looked at.
ROWS_OF = ["forward", "group-several-responses", "group-management", "run", "vectors"]


def rows(shark, name):
    """What the window makes of a row that is clicked finds the Responses that the row counts, and nothing else."""
    shark.load(capture_of(name))
    bad, seen = [], 0
    for tap in shark.ask("tap", tap0="srt:vmtp")["taps"]:
        for table in tap["tables"]:
            for row in table["r"]:
                text = f"{table['f']} == {row['idx']} and vmtp.time"
                found, seen = len(shark.frames(text)), seen + 1
                if found != row["num"]:
                    bad.append(f"{name}: {table['n']}, {row['n']}: {row['num']} calls, but {found} frames are {text}")
    return bad if seen else [f"{name}: no rows"]


def main():
    bad = []
    for name, statistic, patterns in WANTED:
        text = lib.tshark(capture_of(name), "-q", "-z", statistic)
        bad += [f"{name}, -z {statistic}: no line is {pattern} in\n{text[:2000]}" for pattern in patterns
                if not re.search(pattern, text, re.M)]
    shark = lib.Sharkd()
    for name in ROWS_OF:
        bad += rows(shark, name)
    for name, text, least in FILTERS:
        shark.load(capture_of(name))
        found = len(shark.frames(text))
        if found < least:
            bad.append(f"{name}: {found} frames are {text}")
    shark.close()
    sys.exit("\n".join(bad) if bad else 0)


main()

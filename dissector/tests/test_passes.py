#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""tshark in one pass tells nothing else than in two, but less: what comes later is not known yet."""
import os
import sys

import lib

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")
CAPTURES = ["lost-request", "large-losses", "run-batched", "run-gap-responses", "forward-lost-block", "group-several-responses",
            "idempotent-redone", "notify-server-ok-retry", "receive-sequence", "vectors"]


def flatten(tree, found):
    for name, value in tree.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                flatten(one, found)
            elif one is not None:
                found.add(f"{name}: {one}")
    return found


def frames(capture, *passes):
    told = lib.layers(capture, *passes, "-J", "vmtp vnaming vuio vtest vipc")
    return [flatten({name: tree for name, tree in layers.items() if name.startswith("v")}, set()) for layers in told]


def main():
    bad = []
    for name in CAPTURES:
        capture = next(os.path.join(GOLDEN, file) for file in os.listdir(GOLDEN) if file.startswith(name + ".pcap"))
        one, two = frames(capture), frames(capture, "-2")
        for number, (first, second) in enumerate(zip(one, two), 1):
            if first - second:
                bad.append(f"{name}: frame {number}: only in one pass: {sorted(first - second)}")
        if len(one) != len(two) or not any(second - first for first, second in zip(one, two)):
            bad.append(f"{name}: the second pass adds nothing")
    sys.exit("\n".join(bad) if bad else 0)


main()

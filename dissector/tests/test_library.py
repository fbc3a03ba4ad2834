#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures that the libraries write today are dissected without a fault, but where a scene is about one."""
import os
import sys

import lib

# Rules that scenes break on purpose.
BROKEN = {"malformed-client": ["VMTP-4.1-03"], "malformed-delivery": ["VMTP-5.1-09"], "malformed-domain": ["VMTP-5.1-05"],
          "malformed-length": ["VMTP-5.1-08"], "malformed-mismatch": ["VMTP-6.2-03"], "malformed-reserved": ["VMTP-3.1-06"],
          "malformed-short": ["VMTP-5.1-03"], "malformed-too-long": ["VMTP-5.1-03", "VMTP-5.1-08"],
          "malformed-version": ["VMTP-5.1-04"], "malformed-checksum": ["VMTP-3.4-06"],
          "notify-client-error": ["VMTP-5.1-09"], "notify-client-security": ["VMTP-13.12-03"]}


def rules(nodes):
    for node in nodes:
        text = node.get("f", "")
        if text.startswith("vmtp.rule == "):
            yield text.split('"')[1]
        elif text.startswith("vmtp.checksum.status == ") and "Bad" in node["l"]:
            yield "VMTP-3.4-06"
        yield from rules(node.get("n", []))


def check(shark, capture):
    name, bad = os.path.basename(capture).split(".")[0], []
    shark.load(capture)
    for number, columns in shark.frames("_ws.malformed or !vmtp"):
        bad.append(f"{name}: frame {number}: {columns}")
    odd = shark.frames("vmtp.rule or vmtp.checksum.status == 0")
    broken = sorted({rule for number, _ in odd for rule in rules(shark.tree(number))})
    if broken != BROKEN.get(name, []):
        bad.append(f"{name}: breaks {broken} instead of {BROKEN.get(name, [])}")
    return bad if shark.frames() else bad + [f"{name}: no frames"]


def main():
    captures = lib.library_captures()
    shark = lib.Sharkd()
    bad = [line for capture in captures for line in check(shark, capture)]
    shark.close()
    print(f"{len(captures)} captures")
    sys.exit("\n".join(bad) if bad or len(captures) < 80 else 0)


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the plugin makes of captures is what it made of them when somebody last looked: golden/NAME.json, a line for each frame.

The captures are in golden too, so that a change of the library does not look like one of the plugin; `update-golden` takes them from
the library anew, but for those of picked.tsv, which are of other tests: it says of which.
"""
import gzip
import json
import os
import sys

import lib

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")
PICKED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "picked.tsv")
LAYERS = ("vmtp", "vnaming", "vuio", "vtest", "vipc")
# Shown elsewhere in the same frame, or as long as the capture itself.
LEFT_OUT = {"vmtp.words", "vmtp.segment_data", "vmtp.padding", "vmtp.code", "vmtp.src", "vmtp.dst", "vmtp.entity", "vmtp.block",
            *(f"vmtp.word{i}" for i in range(7))}
FIRST, LAST = 24, 16  # frames of a long capture


def flatten(nodes, found):
    """Filters of all items that say something, and what is remarked on them."""
    for node in nodes:
        text = node.get("f", "")
        name, _, value = text.partition(" == ")
        if name.startswith(LAYERS) and name not in LEFT_OUT and value and value not in ("0", "0x00000000", "0x0000"):
            found.append(text[:240])
        elif text == "_ws.expert":
            found.append(node["l"][:240])
        flatten(node.get("n", []), found)


def frames(shark):
    every = []
    for number, columns in shark.frames():
        every.append((number, columns))
    if len(every) > FIRST + LAST:
        odd = {number for number, _ in shark.frames("_ws.expert")}
        told = [frame for frame in every[FIRST:-LAST] if frame[0] in odd][:LAST]
        every = every[:FIRST] + told + every[-LAST:]
    for number, columns in every:
        found = []
        for node in shark.tree(number):
            if node.get("f", "").startswith(LAYERS):
                found.append(node["l"])
                flatten(node.get("n", []), found)
        yield {"frame": number, "from": columns[2], "to": columns[3], "protocol": columns[4], "info": columns[6], "tree": found}


def text_of(every):
    return "[\n" + ",\n".join(json.dumps(frame, ensure_ascii=False) for frame in every) + "\n]\n"


def compare(name, wanted, text):
    for was, now in zip(wanted.split("\n"), text.split("\n")):
        if was == now:
            continue
        old, new = (json.loads(line.rstrip(",")) if line.startswith("{") else {} for line in (was, now))
        lost = [item for item in old.get("tree", []) if item not in new.get("tree", [])]
        more = [item for item in new.get("tree", []) if item not in old.get("tree", [])]
        columns = [f"{key}: {old.get(key)} -> {new.get(key)}" for key in old if key != "tree" and old[key] != new.get(key)]
        return [f"{name}: frame {old.get('frame')}: {columns}\n  not any more: {lost}\n  new: {more}"]
    return [] if wanted == text else [f"{name}: another number of frames"]


def check(shark, capture, update):
    name = os.path.basename(capture).split(".")[0]
    golden = os.path.join(GOLDEN, name + ".json")
    shark.load(capture)
    text = text_of(frames(shark))
    if update:
        with open(golden, "w", encoding="utf-8") as out:
            out.write(text)
        return []
    if not os.path.exists(golden):
        return [f"{name}: there is no {golden}"]
    with open(golden, encoding="utf-8") as old:
        return compare(name, old.read(), text)


def renew():
    """Captures as the library writes them now."""
    os.makedirs(GOLDEN, exist_ok=True)
    with open(PICKED, encoding="utf-8") as lines:
        picked = {line.split("\t")[0] for line in lines}
    for old in os.listdir(GOLDEN):
        if old.split(".")[0] not in picked:
            os.remove(os.path.join(GOLDEN, old))
    for capture in lib.library_captures() + [lib.vector_capture()]:
        with open(capture, "rb") as octets, open(os.path.join(GOLDEN, os.path.basename(capture) + ".gz"), "wb") as out:
            out.write(gzip.compress(octets.read(), 9, mtime=0))


def main():
    update = "--update" in sys.argv
    if "--captures" in sys.argv:
        renew()
    captures = sorted(os.path.join(GOLDEN, name) for name in os.listdir(GOLDEN) if name.endswith(".gz"))
    shark = lib.Sharkd()
    bad = [line for capture in captures for line in check(shark, capture, update)]
    shark.close()
    print(f"{len(captures)} captures")
    sys.exit("\n".join(bad[:40]) if bad or not captures else 0)


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures that the other tests leave: nothing in them is malformed, and nothing is remarked on but what captures.tsv expects.

Without arguments the programs of the build write them, into a folder each: features, seeds, soak, names, objects and the evidence of
vconform.  VSUITE_FULL=1 takes more seeds, and all tests of VMTP, naming and objects that run on simulated networks.

    test_captures.py FOLDER    looks at captures that are there already, such as those of VSUITE_CAPTURES=FOLDER ctest -L net
"""
import json
import os
import subprocess
import sys

import lib
import notes
from wire import value

BIN = os.environ["VSUITE_BIN"]
FULL = bool(os.environ.get("VSUITE_FULL"))
FORM = ("VMTP-5.1-03", "VMTP-5.1-04", "VMTP-5.1-05", "VMTP-5.1-07", "VMTP-5.1-08", "VMTP-5.1-09", "VMTP-5.1-10", "VMTP-5.1-11",
        "VMTP-4.1-03", "VMTP-3.4-06")  # a case that shows one of them sends a faulty frame
TESTS = ["test_objects_nodes"] if not FULL else None


def produce(folder, program, *arguments):
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(BIN, program)
    if not os.path.exists(path):
        print(f"left out: {program} is not in this build")
        return
    done = subprocess.run([path, *arguments], cwd=folder, env=dict(os.environ, VSUITE_CAPTURES=folder, CK_DEFAULT_TIMEOUT="300"),
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode not in (0, 77):
        sys.exit(f"{program}: {done.stderr[-2000:]}")


def tests_with_captures():
    if not FULL:
        return TESTS
    skipped = ("test_seeds",)
    return sorted(name for name in os.listdir(BIN) if name.startswith(("test_engine", "test_host", "test_objects", "test_ipc_on"))
                  and name not in skipped)


def generate(top):
    for seed in range(1, 21 if FULL else 3):
        produce(os.path.join(top, "seeds"), "vmtp-seeds", "--first", str(seed), "--seeds", "1", "--pcap", f"seed-{seed}")
    for seed in range(1, 4 if FULL else 2):
        produce(os.path.join(top, "soak"), "vmtp-soak", "--first", str(seed), "--seeds", "1", "--pcap", f"soak-{seed}")
    produce(os.path.join(top, "names"), "vname-seeds", "--on", "vmtp", "--first", "1", "--seeds", "20" if FULL else "2")
    for test in tests_with_captures():
        produce(os.path.join(top, "tests"), test)
    produce(os.path.join(top, "conform"), "vconform-sim", "-q", "--seed", "1", "--report", ".")


def captures_below(top):
    for folder, _, names in sorted(os.walk(top)):
        for name in sorted(names):
            if name.endswith((".pcap", ".pcapng")) and not (name.startswith("soak-") and not FULL and int(name.split(".")[1]) >= 5):
                path = os.path.join(folder, name)
                os.chmod(path, 0o644)
                yield path, os.path.relpath(path, top).rsplit(".pcap", 1)[0]


def refused(shark):
    """Whether the node has called a message of the capture faulty."""
    codes = (value(symbol) for symbol in ("UIO_BAD_REQUEST", "VNAME_BAD_REQUEST", "VNAME_INVALID", "VMTP_TEST_BAD_ARGUMENT", "VMTP_ERROR"))
    return bool(shark.frames(" or ".join(f"vmtp.response_code == {code}" for code in codes)))


def faulty(case):
    return any(rule in FORM for rule in case["rules"])


def documents(rules):
    """NAME, UIO and so on: the tester's messages to managers and clients may be wrong in a case about them."""
    return {rule.split("-")[0] for rule in rules}


def judge_case(shark, expected, capture, name, case, peer):
    """Faults are those of the tester, where the case is about them; the node has none."""
    allowed, broken = set(expected.allowed(name)), set()
    shark.load(capture)
    node = {number for number, _ in shark.frames(f"eth.src == {peer}")}
    for number, info, found, rules in notes.remarks(shark, notes.finding(notes.known() - notes.SEQUENCE - notes.ALWAYS)):
        names, who = {note for note, _ in found}, "node" if number in node else "tester"
        broken |= rules if number not in node else set()
        expected.see(name, names)
        above = not any(note.startswith("vmtp.") for note in names - notes.SEQUENCE - notes.ALWAYS)
        about = rules & set(case["rules"]) or faulty(case) or (above and (documents(rules) & documents(case["rules"]) or refused(shark)))
        if notes.BROKEN in names or (not names & allowed and (number in node or not about)):
            yield f"{name}: frame {number} of the {who} ({info}): {found}"
    if faulty(case) and not broken and "nothing" not in allowed:
        yield f"{name}: a frame is faulty by {case['rules']}, and nothing is remarked"


def judge_evidence(shark, expected, folder, top):
    with open(os.path.join(folder, "results.json"), encoding="utf-8") as file:
        results = json.load(file)
    cases = {case["name"].replace("/", "-"): case for case in results["cases"]}
    for capture, name in captures_below(folder):
        case = cases.get(name)
        if case and case["verdict"] != "SKIP":
            yield from judge_case(shark, expected, capture, os.path.relpath(folder, top) + "/" + name, case,
                                  results["peer"]["address"])


def main():
    given = len(sys.argv) > 1
    top = os.path.abspath(sys.argv[1]) if given else lib.scratch("left")
    if not given:
        generate(top)
    shark, expected, bad, count = lib.Sharkd(), notes.Expected(), [], 0
    for folder, _, names in os.walk(top):
        if "results.json" in names:
            bad += judge_evidence(shark, expected, folder, top)
    for capture, name in captures_below(top):
        count += 1
        if not os.path.exists(os.path.join(os.path.dirname(capture), "results.json")):
            bad += expected.judge(shark, capture, "net/" + name if given else name)
    if not given:
        for capture in lib.library_captures():
            count += 1
            bad += expected.judge(shark, capture, "features/" + os.path.basename(capture).split(".")[0])
        bad += expected.stale()
    shark.close()
    print(f"{count} captures, {len(bad)} things that were not expected")
    sys.exit("\n".join(bad[:80]) if bad or not count else 0)


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The instrumented plugin on altered sequences of frames, and on every frame cut off at every length: nothing crashes or hangs."""
import os
import subprocess
import sys

import lib

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")
DRIVER = os.environ["VSUITE_DISSECTOR_DRIVER"]
FULL = bool(os.environ.get("VSUITE_FULL"))
FRAMES = 2_000_000 if FULL else 40_000
ONE_PROCESS = 40_000
PATIENCE = 600  # seconds until a process hangs that takes ten
AT_ONCE = 500_000  # octets of frames that one process cuts off
SMALL = 1600  # octets of frames that are cut off in the short round


def plain_captures():
    folder = lib.scratch("plain")
    for name in sorted(os.listdir(GOLDEN)):
        if name.endswith(".gz"):
            path = os.path.join(folder, name.split(".")[0] + ".pcap")
            subprocess.run(["editcap", "-F", "nsecpcap", os.path.join(GOLDEN, name), path], check=True, capture_output=True)
            yield path


def frames_of(captures):
    """All frames, each once; in the short round one of each kind, of those that are not long."""
    frames = {}
    for path in captures:
        with open(path, "rb") as file:
            octets, at = file.read(), 24
        while at + 16 <= len(octets):
            length = int.from_bytes(octets[at + 8:at + 12], "little")
            frame = octets[at + 16:at + 16 + length]
            if FULL:
                frames.setdefault(frame, frame)
            elif length <= SMALL:
                frames.setdefault((length, frame[26:30], frame[46:52]), frame)  # control, code and a word
            at += 16 + length
    return list(frames.values())


def drive(*arguments):
    # Leaks are those of Wireshark's own start.
    options = dict(os.environ, ASAN_OPTIONS="detect_leaks=0:malloc_context_size=2:quarantine_size_mb=16", HOME="/nonexistent")
    done = subprocess.run([DRIVER, *arguments], env=options, capture_output=True, text=True, errors="replace", timeout=PATIENCE)
    print(done.stdout.strip(), flush=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(arguments[:4])}: status {done.returncode}\n{done.stderr[-6000:]}")


def cut_off(frames):
    cut = os.path.join(lib.scratch("cut"), "frames.pcap")
    lib.write_pcap(cut, [(float(i), frame) for i, frame in enumerate(frames)])
    drive("--snap", cut)


def main():
    captures = list(plain_captures())
    few = [path for path in captures if os.path.getsize(path) < 200_000]
    # Each sequence costs Wireshark some megabytes that it does not give back, so long rounds are many processes.
    for seed in range(1, FRAMES // ONE_PROCESS + 1):
        drive("--frames", str(ONE_PROCESS), "--seed", str(1000 * seed), *few)
    portion = []
    for frame in frames_of(captures):
        if sum(map(len, portion)) + len(frame) > AT_ONCE:
            cut_off(portion)
            portion = []
        portion.append(frame)
    cut_off(portion)


main()

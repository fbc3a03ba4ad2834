#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/tour.md says of its capture what tshark says: every filter finds as many frames, every command prints what stands below it.

--write fills the page in from what tshark says: to be read before it is committed.
"""
import os
import re
import shlex
import shutil
import sys

import lib

DOCS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "docs")
PAGE, CAPTURE = os.path.join(DOCS, "tour.md"), os.path.join(DOCS, "tour.pcap.gz")
PICTURE_OCTETS = 150_000
SHOWN, WIDTH = 14, 130  # lines of what a command prints, and of each so much
SERIES = "4.0."  # of Wireshark, whose numbers and tables the page shows


def output(command, folder):
    words = shlex.split(command)
    assert words[:3] == ["$", "tshark", "-r"], command
    words = [word.replace("FOLDER", folder) for word in words[4:]]
    return [line.rstrip() for line in lib.tshark(CAPTURE, *words).split("\n")]


def files(folder):
    return [f"{name} {os.path.getsize(os.path.join(folder, name))}" for name in sorted(os.listdir(folder))]


def printed(command):
    """What a command prints, or the files that it writes."""
    folder = lib.scratch("tour")
    os.chmod(folder, 0o777)
    lines = [line[:WIDTH].rstrip() for line in output(command, folder) if line.strip(" =-")]
    return files(folder) or lines


def rows(text):
    return re.findall(r"^\| ([^|]+) \| `([^`]+)` \| *(\d*) *\|$", text, re.M)


def blocks(text):
    """Each command of the page with the lines below it."""
    for block in re.findall(r"^```console\n(.*?)^```", text, re.M | re.S):
        parts = re.split(r"^(\$ .*)\n", block, flags=re.M)[1:]
        yield from zip(parts[::2], (part.split("\n")[:-1] for part in parts[1::2]))


def check(shark, text):
    bad, known = [], f" {SERIES}" in lib.run("tshark", "--version").split("\n")[0]
    for what, expression, count in rows(text):
        found = len(shark.frames(expression))
        if str(found) != count or not found:
            bad.append(f"{what}: {found} frames are {expression}, not {count or 'none'}")
    for command, lines in blocks(text):
        said = printed(command)
        missing = [line for line in lines if line != "..." and line not in said]
        if not said or not lines or (missing and known):
            bad.append(f"{command}: does not print {missing}")
    for picture in re.findall(r"\]\((\w+\.png)\)", text):
        if not 0 < os.path.getsize(os.path.join(DOCS, picture)) <= PICTURE_OCTETS:
            bad.append(f"{picture} is too large")
    return bad


def filled(shark, text):
    for _, expression, _ in rows(text):
        count = len(shark.frames(expression))
        text = re.sub(r"(\| `" + re.escape(expression) + r"` \|)[^|]*\|", rf"\1 {count} |", text)

    def block(match):
        out = ""
        for command in re.findall(r"^\$ .*$", match.group(1), re.M):
            said = printed(command)
            out += command + "\n" + "\n".join(said[:SHOWN] + (["..."] if len(said) > SHOWN else [])) + "\n"
        return "```console\n" + out + "```"
    return re.sub(r"^```console\n(.*?)^```", block, text, flags=re.M | re.S)


def profile_complaints():
    """The profile is read without a word, and its columns show what the page says."""
    folder = lib.scratch("config")
    shutil.copytree(os.path.join(DOCS, "..", "profile"), os.path.join(folder, "profiles"))
    os.environ["WIRESHARK_CONFIG_DIR"] = folder
    lines = lib.tshark(CAPTURE, "-2", "-C", "V", "--color", "-Y", "frame.number in {74, 265}").split("\n")
    del os.environ["WIRESHARK_CONFIG_DIR"]
    wanted = (r"49 +71 0\.0207857\d\d ReadInstance Response OK /storage/report", r"94 +\[NONEXISTENT_ENTITY\] TestNull Request")
    return [f"the profile shows no {pattern} in {line!r}" for pattern, line in zip(wanted, lines) if not re.search(pattern, line)]


def main():
    with open(PAGE, encoding="utf-8") as page:
        text = page.read()
    shark = lib.Sharkd()
    shark.load(CAPTURE)
    if "--write" in sys.argv:
        with open(PAGE, "w", encoding="utf-8") as page:
            page.write(filled(shark, text))
        bad = []
    else:
        bad = check(shark, text) + profile_complaints()
        if len(rows(text)) < 25 or len(list(blocks(text))) < 8:
            bad.append("filters or commands of the page are not found")
    shark.close()
    sys.exit("\n".join(bad) if bad else 0)


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Filters of the README and of the profile exist, and all statistics that the README names are known."""
import os
import re
import sys

import lib

HERE = os.path.dirname(os.path.abspath(__file__))


def text_of(*path):
    with open(os.path.join(HERE, "..", *path), encoding="utf-8") as file:
        return file.read()


def filters():
    for cell in re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text_of("README.md"), flags=re.S)):
        if re.match(r"(vmtp|vnaming|vuio|vipc|vtest)\.\w", cell) and "/" not in cell.split()[0] and cell not in PREFERENCES | TABLES:
            yield cell
    for line in text_of("profile", "V", "colorfilters").split("\n"):
        if line.startswith("@"):
            yield line.split("@")[2]
    for line in text_of("profile", "V", "dfilter_buttons").split("\n"):
        if line.startswith('"'):
            yield line.split('","')[2]
    for field in re.findall(r"%Cus:([^:]+):", text_of("profile", "V", "preferences")):
        yield field


PREFERENCES = {"vmtp.check_checksum", "vmtp.show_entities"}
TABLES = {"vmtp.code", "vmtp.interface", "vmtp.h"}


def shark_knows_anything():
    shark = lib.Sharkd()
    answer = shark.try_filter("vmtp.no_such_field == 1")
    shark.close()
    return answer == "OK"


def main():
    shark, bad, count = lib.Sharkd(), [], 0
    for text in filters():
        count += 1
        answer = shark.try_filter(text)
        if answer != "OK":
            bad.append(f"{text}: {answer}")
    shark.close()
    if shark_knows_anything():
        bad.append("a filter that does not exist is taken")
    known = lib.run("tshark", "-G", "currentprefs")
    bad += [f"no preference {name}" for name in PREFERENCES if name + ":" not in known]
    print(f"{count} filters")
    sys.exit("\n".join(bad) if bad or count < 40 else 0)


main()

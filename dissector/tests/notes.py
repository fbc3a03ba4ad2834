# SPDX-License-Identifier: GPL-2.0-or-later
"""What the plugin remarks on captures, beside what is to be expected of them: captures.tsv.

A line of it is a pattern of captures, the notes that they may have, and why.  Notes are the names of expert items; `sequence` is all
about packets that were lost, late, repeated or refused.  A pattern that is one name promises its notes: what does not come any more
has to leave the list.
"""
import csv
import fnmatch
import glob
import os
import re

import lib

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "captures.tsv")
SEQUENCE = {"vmtp.again", "vmtp.copy", "vmtp.asks", "vmtp.no_response", "vmtp.late_response", "vmtp.extra_response", "vmtp.missing",
            "vmtp.partial", "vmtp.unseen", "vmtp.run_unseen", "vmtp.busy", "vmtp.notify_error", "vmtp.response_error", "vuio.stale"}
# Who claims a name or a block of identifiers hopes that nobody answers; comments are remarks of whoever wrote the capture.
ALWAYS = {"vmtp.no_member", "frame.comment.expert"}
BROKEN = "_ws.malformed"


def experts(nodes, found):
    """(name, text, rule) of every remark in a tree."""
    for node in nodes:
        kind, inner = node.get("f", ""), node.get("n", [])
        if kind == "_ws.expert":
            names = [item["f"].split(" ")[0] for item in inner if not item.get("f", "_ws.expert").startswith("_ws.expert")]
            found.append((names[0] if names else "?", node["l"]))
        elif kind.startswith(BROKEN) or "Dissector bug" in node.get("l", ""):
            found.append((BROKEN, node["l"]))
        experts(inner, found)
    return found


def rules_of(nodes, found):
    for node in nodes:
        name, _, value = node.get("f", "").partition(" == ")
        if name == "vmtp.rule":
            found.add(value.strip('"'))
        rules_of(node.get("n", []), found)
    return found


def known():
    """All notes that the plugin has."""
    names = set()
    for source in glob.glob(os.path.join(lib.SOURCE, "dissector", "*.c")):
        with open(source, encoding="utf-8") as text:
            names |= set(re.findall(r'\{&ei_\w+,\s*\{"([a-z_.]+)"', text.read()))
    return names


def finding(names):
    return " or ".join([BROKEN, *sorted(names)])


def remarks(shark, text):
    """Of the frames of the capture that was loaded which a filter finds: number, what they say, remarks, and the rules they break."""
    for number, columns in shark.frames(text):
        tree = shark.tree(number)
        found = experts(tree, [])
        spoilt = {"VMTP-3.4-06"} if any(note == "vmtp.checksum.bad" for note, _ in found) else set()
        yield number, columns[6][:100], found, rules_of(tree, set()) | spoilt


class Expected:
    def __init__(self, table=TABLE):
        with open(table, encoding="utf-8") as lines:
            self.rows = list(csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t"))
        self.came = [set() for _ in self.rows]
        self.met = [False for _ in self.rows]

    def allowed(self, name):
        """Notes that a capture may have, each with the numbers of its rows."""
        notes = {}
        for i, row in enumerate(self.rows):
            if fnmatch.fnmatchcase(name, row["capture"]):
                self.met[i] = True
                for note in row["notes"].split():
                    for one in SEQUENCE if note == "sequence" else (note,):
                        notes.setdefault(one, []).append(i)
        return notes

    def see(self, name, names):
        """That a capture has some notes."""
        for note, rows in self.allowed(name).items():
            for i in rows if note in names else ():
                self.came[i].add(note)

    def judge(self, shark, capture, name):
        """What should not be there."""
        allowed = self.allowed(name)
        shark.load(capture)
        self.see(name, {note for note, rows in allowed.items() if any(self.promises(i) for i in rows) and shark.frames(note)})
        # What is wrong in a frame that was spoilt on its way is nobody's fault.
        spoilt = " and not vmtp.checksum.bad" if "vmtp.checksum.bad" in allowed else ""
        for number, info, found, _ in remarks(shark, f"({finding(known() - ALWAYS - set(allowed))}){spoilt} or {BROKEN}"):
            yield f"{name}: frame {number} ({info}): {[text for note, text in found if note not in allowed and note not in ALWAYS]}"

    def promises(self, i):
        return not set("*?[") & set(self.rows[i]["capture"])

    def stale(self):
        for i, row in enumerate(self.rows):
            missing = set(row["notes"].split()) - self.came[i] - {"sequence"}
            if self.met[i] and missing and self.promises(i):
                yield f"captures.tsv: {row['capture']} has no {' '.join(sorted(missing))} any more: {row['why']}"

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every packet flag, procedure, message, code and flag of spec/registry.tsv is in a golden capture, and the plugin finds it there.

A row that is in none fails, unless it is one of UNSEEN, each with the reason.
"""
import os
import subprocess
import sys

import lib
from wire import REGISTRY, value

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")

# Where the numbers of a kind stand.  {bit}: the name of a flag as part of a filter.
NUMBERS = {
    "name-reason": "vnaming.reason == {value} and vmtp.request_code == {VNAME_ANNOUNCE}",
    "name-back-end": "vnaming.back_end == {value}",
    "response-code": "vmtp.response_code == {value} or vmtp.notify.code == {value}",
    "uio-control": "vuio.function == {value}",
    "uio-type": "vuio.object.type == {value}",
    "uio-lock": "vuio.lock == {value}",
}
FLAGS = {
    "packet-flag": "vmtp.", "control-flag": "vmtp.", "code-flag": "vmtp.", "query-flag": "vmtp.node.", "group-permission": "vmtp.group.",
    "service-flag": "vmtp.service.", "name-flag": "vnaming.flags.", "uio-mode": "vuio.mode.", "uio-attribute": "vuio.attributes.",
    "uio-mask": "vuio.mask.", "uio-read-flag": "vuio.read_flags.", "uio-write-flag": "vuio.write_flags.",
    "uio-query-flag": "vuio.query_flags.", "uio-rename-flag": "vuio.rename_flags.",
}
MESSAGES = ("management", "name", "uio", "v")
NOTIFY = ("VMTP_NOTIFY_VMTP_CLIENT", "VMTP_NOTIFY_VMTP_SERVER", "VMTP_NOTIFY_REMOTE_VMTP_CLIENT", "VNAME_ANNOUNCE")
UNSEEN = {
    "VMTP_NODE_HANDLES_SECURE": "no node here has secure VMTP",
    "VMTP_NODE_ISSUES_SECURE": "no node here has secure VMTP",
    "VNAME_BACK_END_ETCD": "needs etcd: tests/net/directory_etcd.sh",
    "UIO_TYPE_DEVICE": "no manager here shows devices",
    "UIO_MODE_SYNC": "no test opens an object so over VMTP; test_uio.py does by hand",
}


def filters(symbol, row):
    kind, number = row["kind"], int(row["value"], 0)
    if kind in MESSAGES:
        answered = "" if symbol in NOTIFY else " and vmtp.response_in"
        yield f"vmtp.request_code == {number & 0xFFFFFF}{answered}"
    elif kind in NUMBERS:
        yield NUMBERS[kind].format(value=number, VNAME_ANNOUNCE=value("VNAME_ANNOUNCE") & 0xFFFFFF)
    elif kind in FLAGS:
        yield f"{FLAGS[kind]}{row['word'].lower().replace('-', '_')} == 1"


def one_capture():
    """All golden captures, one behind the other."""
    whole = os.path.join(lib.scratch("coverage"), "golden.pcapng")
    subprocess.run(["mergecap", "-a", "-w", whole, *sorted(os.path.join(GOLDEN, name) for name in os.listdir(GOLDEN)
                                                            if name.endswith(".gz") and "largest" not in name)], check=True)
    os.chmod(whole, 0o644)
    return whole


def main():
    shark, bad, count = lib.Sharkd(), [], 0
    shark.load(one_capture())
    for symbol, row in REGISTRY.items():
        for text in filters(symbol, row):
            count += 1
            found = shark.try_filter(text) == "OK" and bool(shark.frames(text))
            if found == (symbol in UNSEEN):
                bad.append(f"{symbol}: " + (f"is in a golden capture after all: {text}" if found else f"no golden capture has {text}"))
    shark.close()
    print(f"{count} rows of the registry, {len(bad)} of them not as they should be")
    sys.exit("\n".join(bad) if bad or not count else 0)


main()

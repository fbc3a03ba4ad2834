#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What vnet sends when a directory is served and used over a cable: all of it is understood, and the file can be had from the capture."""
import os
import subprocess
import sys

import lib

HERE = os.path.dirname(os.path.abspath(__file__))
FOUND = ["vnaming.flags.claiming == 1", "vnaming.reason == 0 and vnaming.prefix == \"/storage\"", 'vnaming.name == "/storage/file"',
         'vmtp.name == "/storage"', 'vuio.instance_name == "/storage/file" and vuio.data', 'vuio.object.name == "sub"',
         "vuio.operation == 0x010502", "vuio.operation == 0x010504", "vuio.operation == 0x010505", "vuio.operation == 0x010506",
         "vuio.operation == 0x000511", "vuio.operation == 0x000514", "vmtp.segment.packets > 50", "vmtp.time", "vnaming.all"]
NOT_FOUND = "_ws.malformed or !vmtp or vmtp.fault or vmtp.broken or vmtp.checksum.bad or vmtp.alien or " \
            "vmtp.manage.form or vnaming.bad_record or vnaming.bad_form or vuio.bad_form or vuio.stale"
LATE = "vmtp.late_response"  # a Request that was sent again, as the machine was busy, is answered twice


def main():
    folder = lib.scratch("live")
    served, capture = os.path.join(folder, "served"), os.path.join(folder, "live.pcapng")
    with open(served, "wb") as file:
        file.write(os.urandom(100_000))
    done = subprocess.run([os.path.join(HERE, "live.sh"), os.environ["VSUITE_BIN"], served, capture], timeout=600)
    if done.returncode != 0:
        sys.exit(done.returncode)
    shark = lib.Sharkd()
    shark.load(capture)
    bad = [f"no frame is {text}" for text in FOUND if not shark.frames(text)]
    bad += [f"frame {number}: {columns}" for number, columns in shark.frames(NOT_FOUND)]
    if not shark.frames("vmtp.again"):
        bad += [f"frame {number} is late: {columns}" for number, columns in shark.frames(LATE)]
    shark.close()
    out = lib.scratch("objects")
    os.chmod(out, 0o777)
    lib.tshark(capture, "-q", "--export-objects", f"vuio,{out}")
    with open(served, "rb") as was, open(os.path.join(out, "file"), "rb") as now:
        if was.read() != now.read():
            bad.append("the exported file is another")
    sys.exit("\n".join(bad) if bad else 0)


main()

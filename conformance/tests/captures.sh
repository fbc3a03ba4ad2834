#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# `vconform check` over captures of all kinds: the same verdict whatever the form, and a line about what cannot be judged.
# usage: captures.sh VCONFORM-SIM VCONFORM
set -u
sim=$1 vconform=$2
fail() { echo "FAIL: $*" >&2; exit 1; }
command -v python3 >/dev/null || { echo "SKIP: no python3" >&2; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
"$sim" -q --seed 1 --report good packets/response-sizes >/dev/null || fail "no capture of a node that is right"
"$sim" -q --seed 1 --defect padding --report bad packets/response-sizes >/dev/null

python3 - <<'END' || fail "no captures could be made"
import struct

def frames(name):
    data, at, found = open(f"{name}/packets-response-sizes.pcapng", "rb").read(), 0, []
    while at < len(data):
        kind, length = struct.unpack("<II", data[at:at + 8])
        if kind == 6:
            high, low, size = struct.unpack("<III", data[at + 12:at + 24])
            found.append((high << 32 | low, data[at + 28:at + 28 + size]))
        at += length
    return found

def pcap(order, frames, nano=False, link=1, most=65535):
    out = struct.pack(order + "IHHiIII", 0xa1b23c4d if nano else 0xa1b2c3d4, 2, 4, 0, 0, most, link)
    for time, frame in frames:
        rest = time % 10**9 // (1 if nano else 1000)
        out += struct.pack(order + "IIII", time // 10**9, rest, min(most, len(frame)), len(frame)) + frame[:most]
    return out

def pcapng(order, frames, links=(1,)):
    def block(kind, body):
        body += bytes(-len(body) % 4)
        return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)
    out = block(0x0a0d0d0a, struct.pack(order + "IHHq", 0x1a2b3c4d, 1, 0, -1))
    for link in links:
        out += block(1, struct.pack(order + "HHIHHB3xHH", link, 0, 0, 9, 1, 9, 0, 0))
    for i, (time, frame) in enumerate(frames):
        head = struct.pack(order + "IIIII", i % len(links), time >> 32, time & 0xffffffff, len(frame), len(frame))
        out += block(6, head + frame)
    return out

def tagged(frames, *tags):
    behind = b"".join(struct.pack(">HH", kind, number) for kind, number in tags)
    return [(time, frame[:12] + behind + frame[12:]) for time, frame in frames]

for name in "good", "bad":
    f = frames(name)
    made = {
        "little.pcap": pcap("<", f), "big.pcap": pcap(">", f), "little-nano.pcap": pcap("<", f, True),
        "big-nano.pcap": pcap(">", f, True), "vlan.pcap": pcap("<", tagged(f, (0x8100, 5))),
        "two-vlans.pcap": pcap("<", tagged(f, (0x88a8, 7), (0x8100, 5))), "little.pcapng": pcapng("<", f),
        "big.pcapng": pcapng(">", f), "two.pcapng": pcapng("<", f, (1, 1)),
        "among-others.pcap": pcap("<", [x for one in f for x in ((one[0], one[1][:12] + b"\x08\x00" + bytes(60)), (one[0], b"short"), one)]),
        "cut-off.pcap": pcap("<", f)[:-7], "huge.pcap": pcap("<", f) + struct.pack("<IIII", 0, 0, 0xffffffff, 0xffffffff) + bytes(99),
        "short.pcap": pcap("<", f, most=60), "raw.pcap": pcap("<", f, link=101), "two-links.pcapng": pcapng("<", f, (1, 101)),
        "empty.pcap": pcap("<", []), "head.pcap": pcap("<", [])[:20],
        "ends-early.pcapng": pcapng("<", f)[:-30], "garbage.pcap": bytes(range(256)) * 9,
    }
    for file, octets in made.items():
        open(f"{name}-{file}", "wb").write(octets)
END

# checked EXIT TEXT FILE...
checked() {
    wanted=$1 text=$2
    shift 2
    for capture in "$@"; do
        timeout 600 "$vconform" check "$capture" --peer 02:00:00:00:00:0b >out 2>&1
        code=$?
        [ $code -eq "$wanted" ] && grep -q -e "$text" out || fail "$capture: exit $code, $(tail -n 3 out)"
    done
}
whole="little.pcap big.pcap little-nano.pcap big-nano.pcap vlan.pcap two-vlans.pcap little.pcapng big.pcapng two.pcapng among-others.pcap"
for file in $whole; do
    checked 0 ' 0 failures, 0 warnings$' "good-$file"
    checked 1 'FAIL VMTP-3.1-05' "bad-$file"
done
# What was broken before the end of the file counts; without that nothing is certain.
for file in cut-off.pcap huge.pcap; do
    checked 3 "vconform: frame [0-9]*: " "good-$file"
    checked 1 'FAIL VMTP-3.1-05' "bad-$file"
done
checked 3 'cut off' good-short.pcap bad-short.pcap
checked 2 'not of an Ethernet' good-raw.pcap
checked 3 "vconform: " good-two-links.pcapng good-empty.pcap good-ends-early.pcapng
checked 2 'vconform: ' good-head.pcap good-garbage.pcap /dev/null "$work" none
"$vconform" check good-little.pcap --peer 02:00:00:00:00:77 >out 2>&1
[ $? -eq 3 ] && grep -q 'none of the packets is of that peer' out || fail "a node that is not in there passes: $(cat out)"
exit 0

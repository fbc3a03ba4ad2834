#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every message of UIO and every ResponseCode, made by hand from the tables of spec/uio.md."""
import os
import struct
import sys

import lib
from wire import Conversation, REGISTRY, by_name, instance_descriptor, long, object_descriptor, of_kind, value

FILE, DIRECTORY, PIPE = 0x5EED0001, 0x5EED0002, 0x5EED0003
TEXT = bytes(range(200)) * 20  # read in two pieces


def messages(talk):
    """Plays them; returns what has to be found: (frame, filter) each."""
    wanted = []

    def call(symbol, *rest, request="", response="", **others):
        frames = talk.call(value(symbol), *rest, **others)
        for frame, text in zip(frames, (request, response)):
            wanted.append((frame, f"vuio.operation == {value(symbol) & 0xFFFFFF}" + (" and " + text if text else "")))

    def named(symbol, name, words=(), extra=b"", **others):
        call(symbol, *by_name(name, words, extra), **others)

    named("UIO_CREATE_INSTANCE", "/storage/file", [1, 0o644, *long(0)], answer_words=[FILE, 0x22BB, 8192],
          answer_segment=instance_descriptor(FILE, name="file"), request='vuio.mode.read == 1 and vnaming.name == "/storage/file" '
          "and vuio.permissions == 0644 and vnaming.name_index == 8",
          response=f'vuio.instance == {FILE} and vuio.object.name == "file" and vuio.attributes.random_access == 1 and '
          "vuio.object.size == 12345 and vuio.max_transfer == 16384 and vuio.object.type == 1 and vuio.last_octets == 4153 and "
          'vuio.object.changed == "2023-11-14 22:13:20.000000001"')
    named("UIO_CREATE_INSTANCE", "/storage/dir", [0x41], answer_words=[DIRECTORY, 0x1041, 4096],
          answer_segment=instance_descriptor(DIRECTORY, 0x1041, kind=2, name="dir"), request="vuio.mode.context == 1",
          response="vuio.attributes.context == 1")
    named("UIO_CREATE_INSTANCE", "/storage/pipe", [0x0B, 0o600], answer_words=[PIPE, 3, 4096],
          answer_segment=instance_descriptor(PIPE, 3, kind=4, name="pipe"), request="vuio.mode.create == 1")
    named("UIO_QUERY_OBJECT", "/storage/link", [1], answer_segment=object_descriptor("link", "/elsewhere", 3),
          request="vuio.query_flags.no_follow == 1", response='vuio.object.target == "/elsewhere"')
    named("UIO_MODIFY_OBJECT", "/storage/file", [9, 0], object_descriptor(size=10), answer_segment=object_descriptor("file"),
          request="vuio.mask.permissions == 1 and vuio.mask.size == 1 and vuio.object.size == 10")
    named("UIO_REMOVE_OBJECT", "/storage/old", [2], request="vuio.type == 2")
    named("UIO_RENAME_OBJECT", "/storage/a", [2], struct.pack(">IHH", 32, 8, 10) + b"/storage/b",
          request='vuio.rename_flags.exchange == 1 and vuio.new_name == "/storage/b" and vuio.new_name.index == 8')
    named("UIO_CREATE_OBJECT", "/storage/ln", [3, 0o777], b"/target", answer_segment=object_descriptor("ln", "/target", 3),
          request='vuio.target == "/target" and vuio.type == 3')
    named("UIO_LINK_OBJECT", "/storage/file", [], struct.pack(">IHH", 32, 8, 10) + b"/storage/c",
          answer_segment=object_descriptor("c"), request='vuio.new_name == "/storage/c"', response='vuio.object.name == "c"')
    named("UIO_QUERY_STORAGE", "/storage", answer_words=[*long(10 ** 12), *long(10 ** 11), *long(77)],
          response="vuio.total == 1000000000000 and vuio.free == 100000000000 and vuio.objects == 77")
    call("UIO_READ_INSTANCE", [FILE, *long(1), 5, 2000], answer_words=[2000, *long(1), 0], answer_segment=TEXT[:1000],
         request=f'vuio.instance == {FILE} and vuio.block == 1 and vuio.offset == 5 and vuio.octets == 2000 and '
         'vuio.instance_name == "/storage/file" and vuio.created_in == 2', response='vuio.data[0:4] == 00:01:02:03')
    call("UIO_READ_INSTANCE", [DIRECTORY, *long(0), 0, 2048], answer_words=[192, *long(1), 1],
         answer_segment=object_descriptor("one") + object_descriptor("two"),
         response='vuio.object.name == "one" and vuio.object.name == "two" and vuio.read_flags.end == 1')
    call("UIO_READ_INSTANCE", [PIPE, *long(2 ** 64 - 1), 500, 100], answer=value("UIO_WOULD_WAIT"),
         request="vuio.block == 18446744073709551615")
    call("UIO_WRITE_INSTANCE", [FILE, *long(2), 0, 3], b"hello", answer_words=[5, *long(2), 0],
         request="vuio.write_flags.append == 1 and vuio.write_flags.sync == 1 and vuio.data == 68:65:6c:6c:6f",
         response="vuio.octets == 5 and vuio.block == 2")
    call("UIO_QUERY_INSTANCE", [FILE], answer_segment=instance_descriptor(FILE, name="file"), response="vuio.next_block == 0")
    call("UIO_MODIFY_INSTANCE", [FILE, 0x908, *long(0x0A11CE5EED004240)], object_descriptor(size=3),
         answer_segment=instance_descriptor(FILE, name="file"),
         request="vuio.mask.owner == 1 and vuio.mask.take_back == 1 and vuio.owner == 0a11-ce5e-ed00-4240")
    call("UIO_LOCK_INSTANCE", [FILE, 2, 100, 1], struct.pack(">QQ", 10, 5), answer_words=[2],
         answer_segment=struct.pack(">QQQ", 10, 5, 0),
         request="vuio.lock == 2 and vuio.timeout == 100 and vuio.unit == 1 and vuio.range.first == 10 and vuio.range.count == 5")
    call("UIO_LOCK_INSTANCE", [FILE, 1, 0, 1], struct.pack(">QQ", 10, 5), answer=value("UIO_LOCKED"),
         answer_segment=struct.pack(">QQQ", 0, 0, 0x0A11CE5EED004241), response="vuio.range.owner == 0a11-ce5e-ed00-4241")
    call("UIO_CONTROL_INSTANCE", [FILE, 1], answer_words=[*long(1_700_000_000 * 10 ** 9), *long(5)],
         request="vuio.function == 1", response='vuio.clock == "2023-11-14 22:13:20" and vuio.steady_clock == 5')
    call("UIO_CONTROL_INSTANCE", [FILE, 3, 1500], request="vuio.delay == 1500")
    call("UIO_RELEASE_INSTANCE", [FILE, 1], request='vuio.commit == 1 and vuio.instance_name == "/storage/file"')
    return wanted


def refusals(talk):
    wanted = []
    for symbol, code in of_kind("response-code").items():
        _, frame = talk.call(value("UIO_RELEASE_INSTANCE"), [FILE], answer=code)
        word = REGISTRY[symbol]["word"]
        wanted.append((frame, f'vmtp.response_code == {code} and vuio and frame.number == {frame}', word))
    return wanted


def export(capture):
    """What was read of an instance is exported under its name, each piece where it was."""
    folder = lib.scratch("objects")
    os.chmod(folder, 0o777)
    lib.tshark(capture, "-q", "--export-objects", f"vuio,{folder}")
    with open(os.path.join(folder, "file"), "rb") as exported:
        octets = exported.read()
    return octets == bytes(8192 + 5) + TEXT[:1000]


def main():
    capture = os.path.join(lib.scratch("uio"), "uio.pcap")
    talk = Conversation()
    wanted = messages(talk)
    codes = refusals(talk)
    lib.write_pcap(capture, talk.frames)
    shark, bad = lib.Sharkd(), []
    shark.load(capture)
    for frame, text in wanted:
        if frame not in [number for number, _ in shark.frames(text)]:
            bad.append(f"frame {frame} is not {text}")
    for frame, text, word in codes:
        found = dict(shark.frames(text))
        if frame not in found or word not in found[frame][6]:
            bad.append(f"frame {frame} does not show {word}: {found}")
    bad += [f"frame {number}: {columns}" for number, columns in shark.frames("_ws.malformed or !vuio or vuio.bad_form")]
    shark.close()
    if {value(s) & 0xFFFFFF for s in of_kind("uio")} != {int(t.split("== ")[1].split()[0]) for _, t in wanted}:
        bad.append("not all operations were played")
    if not export(capture):
        bad.append("the exported file is another")
    print(f"{len(talk.frames)} frames, {len(wanted) + len(codes)} of them looked at")
    sys.exit("\n".join(bad) if bad else 0)


main()

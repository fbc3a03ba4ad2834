#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every operation of the test service and of V kernels, made by hand from the tables of spec/testing.md and spec/v.md: what the tree
shows, what Info says, and the names that are learned."""
import os
import struct
import sys

import lib
import wire
from wire import CLIENT, SERVER, Conversation, long, of_kind, value

TWIN, GROUP, MANAGER, PROCESS = 0x0B0B5E771E579941, 0x4A11CE5EED001234, 0x0B0B5E771E579901, 0x0A11CE5EED004277
CRC, SEED = 0xCBF43926, 0x11223344
SENT = struct.pack(">QII7I", TWIN, value("VMTP_TEST_ECHO"), 0, *range(7))
TOLD = struct.pack(">QIIIIII", TWIN, 0, 0, 1, 4000, CRC, 250)
MIRROR = struct.pack(">QIIQI7III6sBBII", CLIENT, 77, 4, GROUP, value("VMTP_TEST_MIRROR"), *range(7), 700, CRC,
                     bytes.fromhex("02000000000a"), 2, 0, 0x3, 0)
OPERATED = struct.pack(">QIHHHHHxx28x", TWIN, 9, 2, 1, 0, 0, 4) + b"/a/b"
SET = bytes([0xE0]) + bytes(31)  # procedures 0 to 2

# symbol, words and segment of the Request, filter, Info, words and segment of the Response, filter, Info
TEST = [
    ("NULL", [], None, "vtest", "TestNull Request", [], None, "vtest", "TestNull Response OK"),
    ("ECHO", [1, 2], b"echo", "vtest.data == 65:63:68:6f", "TestEcho Request", [1, 2], b"echo", "vtest.data", "OK"),
    ("SINK", [], b"octets", "vtest.data", "TestSink", [6, CRC], None, f"vtest.octets == 6 and vtest.crc == {CRC}", "OK, 6 octets"),
    ("SOURCE", [500, SEED, 6], None, f"vtest.seed == {SEED} and vtest.form.hco == 1 and vtest.form.mdm == 1 and vtest.form.nrt == 0",
     "500 octets, HCO MDM", [500, SEED, CRC], bytes(500), "vtest.octets == 500 and vtest.data", "500 octets"),
    ("DELAY", [1500, 8, SEED], None, "vtest.delay == 1500", "1500 us, 8 octets", [8, SEED, CRC], bytes(8), "vtest.crc", "8 octets"),
    ("COUNT", [3], None, "vtest.procedure == 3", "procedure 3", [3, 9], None, "vtest.count == 9", "9 times"),
    ("RESET", [], None, "vtest", "TestReset Request", [], None, "vtest", "OK"),
    ("MIRROR", [], None, "vtest", "TestMirror", [], MIRROR, f"vtest.client == 0a11-ce5e-ed00-4240 and vtest.transaction == 77 and "
     "vtest.station == 02:00:00:00:00:0a and vtest.forward_count == 2 and vtest.delivered == 3 and vtest.octets == 700", "700 octets"),
    ("DISCARD", [], None, "vtest", "TestDiscard Request", None, None, None, None),
    ("CALL", [0, 0, 1, 8, 0], SENT + struct.pack(">IIHH", 250, 4000, 1, 0), "vtest.call_flags.brief == 1 and vtest.deadline == 250 "
     f"and vtest.request_code == {value('VMTP_TEST_ECHO') & 0xFFFFFF} and vtest.call.client_number == 8",
     "BRIEF, to 0b0b-5e77-1e57-9941, TestEcho, deadline 250 ms", [0, 0, 1], SENT + struct.pack(">III", 4, CRC, 250) + TOLD,
     "vtest.call.results == 1 and vtest.took == 250 and vtest.answer.number == 1", "result OK, 1 answers"),
    ("IDENTIFY", [], None, "vtest", "TestIdentify", [*long(SERVER), *long(MANAGER), 3, 4194304], SET + b"suite",
     'vtest.page == 3 and vtest.procedures == "TestNull TestEcho TestSink" and vtest.implementation == "suite" and '
     'vmtp.name == "test service" and vmtp.name == "manager"', "OK"),
    ("ENTITY", [4, 1], None, "vtest.number == 4 and vtest.end == 1", "serial, to be ended", [*long(TWIN), 4], None,
     "vtest.entity == 0b0b-5e77-1e57-9941", "0b0b-5e77-1e57-9941"),
    ("SEQUENCE", [5, 3], b"x", "vtest.sequence_flags.anew == 1 and vtest.sequence_flags.batch == 1", "tag 0x00000005, ANEW BATCH",
     [5, 2, 4, 1, CRC], None, "vtest.order == 2 and vtest.tag_before == 4", "order 2"),
    ("SERIAL", [4], None, "vtest.depth == 4", "depth 4", [*long(TWIN), 4, 2, 1, 9], None, "vtest.waiting == 2 and vtest.executed == 9",
     "waiting 2"),
    ("STAT", [3, 10], None, "vtest.parts.figures == 1 and vtest.parts.records == 0 and vtest.skip == 10", "FIGURES TRANSACTIONS",
     [2, 2], b"usage calls 3\ncounter lost 4\n", 'vtest.line == "usage calls 3" and vtest.line == "counter lost 4"', "lines: 2"),
    ("FORWARD", [], SENT + bytes(12) + b"on", f"vtest.server == 0b0b-5e77-1e57-9941 and vtest.next == 6f:6e", "TestEcho", None, None,
     None, None),
    ("FILE_STAT", [], b"a/b", 'vtest.name == "a/b"', "a/b", [*long(5000), *long(99)], None, "vtest.size == 5000 and vtest.version == 99",
     "5000 octets"),
    ("FILE_READ", [*long(512), 600], b"a/b", "vtest.offset == 512 and vtest.length == 600", "offset 512, 600 octets, a/b",
     [*long(5000), *long(99), CRC], b"read", "vtest.data == 72:65:61:64", "of 5000 octets"),
    ("JOIN", [*long(GROUP), 1, 0x101], None, "vtest.permissions.manager == 1 and vtest.permissions.takes_responses == 1", "twin 1",
     [*long(GROUP), *long(TWIN), 2], None, "vtest.members_here == 2", "members here: 2"),
    ("LEAVE", [*long(GROUP), 1], None, "vtest.group == 4a11-ce5e-ed00-1234", "twin 1", [*long(GROUP), *long(TWIN), 1], None,
     "vtest.member == 0b0b-5e77-1e57-9941", "members here: 1"),
    ("MIGRATE", [1, 2, *long(MANAGER)], None, "vtest.number == 1 and vtest.there == 2", "twin 1, to manager [9901]",
     [*long(TWIN), 0, 300, 2], None, "vtest.result == 0 and vtest.octets == 300", "result OK"),
    ("ADOPT", [2], b"form", "vtest.data", "twin 2", [*long(TWIN), 2], None, "vtest.entity", "OK"),
    ("TELL", [*long(SERVER), 100, 8, SEED], None, "vtest.who == 0b0b-5e77-1e57-9940", "others after 100 us", [8, SEED, CRC], bytes(8),
     f"vtest.seed == {SEED} and !vtest.heard", "8 octets"),
    ("TELL", [*long(TWIN), 100, 8, SEED], None, "vtest.who", "TestTell", [1], TOLD, "vtest.heard == 1 and vtest.answer", "heard 1"),
    ("SIGNALS", [0], None, "vtest.number == 0", "service", [2, 5, *long(CLIENT)], None, "vtest.signals == 2 and vtest.argument == 5",
     "2 signals"),
    ("NAME_RESOLVER", [5, 10], b"1;/a=2\0/b", 'vtest.resolver_flags.anew == 1 and vtest.resolver_flags.listen == 1 and vtest.names == "1;/a=2" '
     'and vtest.current == "/b"', "ANEW LISTEN", [], b"1\0", 'vtest.names == "1"', "OK"),
    ("NAME_OPERATE", [10, value("VNAME_MAP_CONTEXT") & 0xFFFFFF, 500, 4, 0, 7], b"/a/brest",
     'vtest.name == "/a/b" and vtest.operate_flags.fresh == 1 and vtest.deadline == 500 and vtest.data == 72:65:73:74', "FRESH FIND, MapContext",
     [0, 0, value("VNAME_NOT_FOUND"), *long(TWIN), 2], OPERATED, "vtest.outcome == 0 and vtest.aliases == 1 and vtest.context == 9 and "
     'vtest.name == "/a/b" and vtest.queries == 2', "answered, NAME_NOT_FOUND, of 0b0b-5e77-1e57-9941, 2 queries, /a/b"),
    ("NAME_MANAGER", [9, 3, *long(GROUP), *long(7)], None, "vtest.manager_flags.hand_over == 1 and vtest.mounts == 3", "ANEW HAND_OVER",
     long(TWIN), None, "vtest.manager", "0b0b-5e77-1e57-9941"),
    ("NAME_CLAIM", [3, 4, *long(TWIN), 2, 8], b"/x/y", 'vtest.prefix == "/x" and vtest.alias == "/y" and vtest.claim_flags.take == 1',
     "AGAIN TAKE", [8], None, "vtest.context == 8", "context 8"),
    ("NAME_RELEASE", [1], b"/x", 'vtest.forget == 1 and vtest.prefix == "/x"', "/x", [], None, "vtest", "OK"),
    ("NAME_STATE", [], b"/x", 'vtest.prefix == "/x"', "/x", [5, 1, 0, 2], wire.record("/x", 0x0B0B5E771E579977),
     'vtest.state == 5 and vtest.event == 1 and vnaming.prefix == "/x"', "held, event held"),
    ("NAME_WATCH", [1], b"/z", 'vtest.watch == 1 and vtest.name == "/z"', "/z", [2, 2, *long(TWIN)], None, "vtest.change == 2", "2 changes, moved"),
    ("NAME_SURVEY", [], None, "vtest", "TestNameSurvey Request", [2, 5, 1, 0], None, "vtest.managers == 2 and vtest.records == 5 and vtest.bad_records == 1",
     "managers: 2, records: 5"),
    ("OBJECT_NAME", [0x10502, 0, 0, 0, 0, 2], b"/x", "vtest", "TestObjectName Request", [0, 7, 3], None, "vtest.result == 0", "result OK"),
    ("OBJECT_CALL", [0x510, 0, 0, 0, 0, 5], None, "vtest", "TestObjectCall Request", [0, 5], b"hello", "vtest.octets == 5",
     "result OK, 5 octets"),
    ("OBJECT_SET", [1, 2, 2], b"/x", "vtest", "TestObjectSet Request", [0, 2, 3], None, "vtest.result == 0", "result OK"),
    ("COUNT_IDEMPOTENT", [3], None, "vtest.procedure == 3", "TestCountIdempotent Request, procedure 3", [3, 9], None,
     "vtest.count == 9", "9 times"),
]
CODE_OF_SEND = 0x800012
V = [
    ("MOVE_FROM", [*long(PROCESS), 1, 512, 1024], None, "vipc.granter and vipc.offset == 512 and vipc.count == 1024 and vipc.send_in == 1",
     "Send 1, offset 512, 1024 octets", [], bytes(1024), "vipc.data", "segment of 1024 octets"),
    ("MOVE_TO", [*long(PROCESS), 1, 0], b"octets", "vipc.data and vipc.send_in == 1", "segment of 6 octets", [], None, "vipc.send_in", "OK"),
    ("PASS_ACCESS", [*long(PROCESS), 1, *long(TWIN)], None, "vipc.holder == 0b0b-5e77-1e57-9941", "to 0b0b-5e77-1e57-9941", [], None,
     "vipc", "OK"),
    ("GET_PID", [17], None, "vipc.logical_id == 17", "logical id 17", long(SERVER), None,
     'vipc.pid == 0b0b-5e77-1e57-9940 and vmtp.name == "logical id 17"', "OK"),
]


def play(talk, table, prefix):
    """Returns what has to be found: (frame, filter, Info) each."""
    wanted = []
    for name, words, segment, request, said, answer_words, answer_segment, response, answered in table:
        code = value(prefix + name)
        if answer_words is None:
            talk.transaction += 1
            frames = [talk.send(wire.ethernet(wire.packet(code, words, segment, transaction=talk.transaction)))]
        else:
            frames = talk.call(code, words, segment, 0, answer_words, answer_segment)
        wanted += [(frame, *what) for frame, what in zip(frames, ((request, said), (response, answered)))]
    return wanted


def send(talk):
    """A Send that gives access, whose Client the others name as granter."""
    packets = [wire.packet(CODE_OF_SEND, [1, 2, 3, 4, 5, 0xC0000000 | 4096], transaction=1, client=PROCESS),
               wire.packet(0, [], b"reply", True, transaction=1, client=PROCESS)]
    first, last = (talk.send(wire.ethernet(octets, response)) for octets, response in zip(packets, (False, True)))
    return [(first, "vipc.access.read == 1 and vipc.access.write == 1 and vipc.access.size == 4096", "read write access to 4096 octets"),
            (last, "vipc.data", "OK")]


def check(name, talk, wanted):
    capture = os.path.join(lib.scratch("services"), name + ".pcap")
    lib.write_pcap(capture, talk.frames)
    shark, bad = lib.Sharkd(), []
    shark.load(capture)
    for frame, text, said in wanted:
        found = dict(shark.frames(text))
        if frame not in found:
            bad.append(f"{name}: frame {frame} is not {text}")
        elif said not in found[frame][6]:
            bad.append(f"{name}: frame {frame} does not say {said}: {found[frame][6]}")
    bad += [f"{name}: frame {number}: {columns}" for number, columns in shark.frames(f"_ws.malformed or !{name} or vtest.bad_form")]
    shark.close()
    return bad


def main():
    talk, kernel = Conversation(), Conversation()
    bad = check("vtest", talk, play(talk, TEST, "VMTP_TEST_"))
    sent = send(kernel)
    kernel.transaction = 1
    bad += check("vipc", kernel, sent + play(kernel, V, "VMTP_V_"))
    played = {value("VMTP_TEST_" + row[0]) for row in TEST} | {value("VMTP_V_" + row[0]) for row in V}
    missing = {s for kind in ("test", "v") for s, v in of_kind(kind).items() if v not in played and not s.endswith("_IDEMPOTENT")}
    if missing:
        bad.append(f"not played: {missing}")
    print(f"{len(talk.frames) + len(kernel.frames)} frames")
    sys.exit("\n".join(bad) if bad else 0)


main()

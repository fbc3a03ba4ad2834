# SPDX-License-Identifier: GPL-2.0-or-later
"""What tests of the plugin share: stock tshark with the plugin that was built, and captures to feed it with.

VSUITE_DISSECTOR names the folder that has 4.0/epan/vmtp.so below it, VSUITE_SOURCE the top of the project.
"""
import atexit
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile

SOURCE = os.environ["VSUITE_SOURCE"]
NOBODY = "65534"


def public_folder():
    """A folder that nobody can read wherever the project lies, with the plugin in it."""
    folder = tempfile.mkdtemp(prefix="vsuite-dissector-")
    atexit.register(shutil.rmtree, folder, True)
    os.chmod(folder, 0o755)
    shutil.copytree(os.environ["VSUITE_DISSECTOR"], os.path.join(folder, "plugins"))
    return folder


PUBLIC = public_folder()
PLUGINS = os.path.join(PUBLIC, "plugins")


def environment():
    # Nobody's own profile or plugins play a part, and strings do not depend on where the test runs.
    kept = {key: value for key, value in os.environ.items()
            if key.startswith(("ASAN_", "UBSAN_", "LSAN_", "WIRESHARK_", "G_")) or key in ("PATH", "LD_PRELOAD")}
    return dict(kept, HOME="/nonexistent", WIRESHARK_PLUGIN_DIR=PLUGINS, LC_ALL="C.UTF-8", TZ="UTC")


def command(program, *arguments):
    """Root loads no plugins of its own, so tests drop that: Wireshark looks at user and group."""
    words = [program, *arguments]
    if os.getuid() == 0 or os.getgid() == 0:
        words = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *words]
    return words


def run(program, *arguments):
    """What a program of Wireshark prints.  What it says besides, about the plugin above all, is a failure."""
    done = subprocess.run(command(program, *arguments), env=environment(), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    complaints = done.stderr.decode("utf-8", "replace").strip()
    if done.returncode != 0 or complaints:
        sys.exit(f"{program} {' '.join(arguments)}: status {done.returncode}\n{complaints}")
    return done.stdout.decode("utf-8", "replace")


LOADS = 60  # captures that one process of sharkd reads: each costs it some megabytes that it does not give back


class Sharkd:
    """One process of Wireshark for many captures: what it shows of each frame, after both passes."""

    def __init__(self):
        self.begin()

    def begin(self):
        self.loads = 0
        self.process = subprocess.Popen(command("sharkd", "-"), env=environment(), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.count = 0

    def ask(self, method, **parameters):
        self.count += 1
        request = {"jsonrpc": "2.0", "id": self.count, "method": method, "params": parameters}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"sharkd has ended: {self.process.stderr.read()}")
        answer = json.loads(answer)
        if "error" in answer:
            sys.exit(f"sharkd: {request}: {answer}")
        return answer["result"]

    def load(self, capture):
        self.loads += 1
        if self.loads > LOADS:
            self.close()
            self.begin()
        self.ask("load", file=public_copy(capture))

    def frames(self, display_filter=None):
        """Numbers and columns of the frames that a filter finds."""
        # It remembers by the filter's text what was found, also in the capture before.
        wanted = {"filter": f"({display_filter}) and frame.number != {10 ** 9 + self.count}"} if display_filter else {}
        return [(row["num"], row["c"]) for row in self.ask("frames", **wanted)]

    def try_filter(self, text):
        """OK, or what is wrong with it."""
        try:
            self.ask("check", filter=text)
            return "OK"
        except SystemExit as refusal:
            return str(refusal)

    def tree(self, frame):
        return self.ask("frame", frame=frame, proto=True)["tree"]

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()
        self.process.stderr.close()


def public_copy(capture):
    if capture.startswith(PUBLIC):
        return capture
    copy = os.path.join(PUBLIC, os.path.basename(capture))
    if not os.path.exists(copy):
        shutil.copyfile(capture, copy)
        os.chmod(copy, 0o644)
    return copy


def tshark(capture, *arguments):
    return run("tshark", "-r", public_copy(capture), "-n", *arguments)


def fields(capture, names, *arguments):
    """For each frame the list of values of each field."""
    separators = ["-E", "separator=/t", "-E", "occurrence=a", "-E", "aggregator=|"]
    wanted = [word for name in names for word in ("-e", name)]
    rows = []
    for line in tshark(capture, "-T", "fields", *separators, *wanted, *arguments).split("\n")[:-1]:
        rows.append(dict(zip(names, [cell.split("|") if cell else [] for cell in line.split("\t")])))
    return rows


def layers(capture, *arguments):
    """All that tshark tells of each frame, as JSON."""
    text = tshark(capture, "-T", "json", "--no-duplicate-keys", *arguments)
    return [frame["_source"]["layers"] for frame in json.loads(text)]


def write_pcap(path, frames, linktype=1):
    """frames: (seconds, octets) each."""
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 1 << 18, linktype))
        for seconds, octets in frames:
            whole = int(seconds)
            out.write(struct.pack("<IIII", whole, round((seconds - whole) * 1e9), len(octets), len(octets)) + octets)


def vector_octets(path):
    """The Ethernet frame of a file of spec/vectors, and its other lines."""
    octets, rest = b"", []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            line = line.rstrip("\n")
            if line.startswith("ethernet:"):
                octets += bytes.fromhex(line[9:].replace(" ", ""))
            elif line.startswith("hex:"):
                for word in line[4:].split():
                    count, _, digits = word.rpartition("*")
                    octets += bytes.fromhex(digits) * int(count or 1)
            elif line and not line.startswith("#"):
                rest.append(line)
    return octets, rest


def vectors():
    folder = os.path.join(SOURCE, "spec", "vectors")
    names = [name for name in os.listdir(folder) if name.endswith(".txt")]
    for name in sorted(names, key=lambda text: int(text.split("-")[0])):
        octets, rest = vector_octets(os.path.join(folder, name))
        yield name[:-4], octets, rest


def scratch(name):
    """An empty folder of the test."""
    folder = tempfile.mkdtemp(prefix=name + "-", dir=PUBLIC)
    os.chmod(folder, 0o755)
    return folder


def library_captures():
    """A capture of each feature of the protocols, written by the libraries' own tests."""
    folder = scratch("captures")
    programs = os.environ["VSUITE_CAPTURE_PROGRAMS"].split(":")
    features = os.path.join(SOURCE, "vmtp", "tests", "captures", "features.tsv")
    requirements = os.path.join(SOURCE, "spec", "requirements.tsv")
    subprocess.run([programs[0], features, requirements, folder], check=True, stdout=subprocess.DEVNULL)
    for program in programs[1:]:
        subprocess.run([program, folder], check=True, stdout=subprocess.DEVNULL)
    return sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith((".pcap", ".pcapng")))


def vector_capture():
    """All frames of spec/vectors, far apart, since they are no conversation."""
    capture = os.path.join(scratch("vectors"), "vectors.pcap")
    write_pcap(capture, [(float(100 * i), octets) for i, (_, octets, _) in enumerate(vectors())])
    return capture

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Results in JSON are what schema/results.schema.json says, of all kinds of runs, and what is not is refused. The validator is
# python3-jsonschema.  JUnit is XML that counts what is in it, and TAP what TAP is, also of nodes that send what is no text.
# usage: schema.sh VCONFORM-SIM VCONFORM
set -u
sim=$1
fail() { echo "FAIL: $*" >&2; exit 1; }
command -v jq >/dev/null || { echo "SKIP: no command jq" >&2; exit 77; }
for python in python3 /usr/bin/python3; do
    "$python" -c 'from jsonschema import Draft202012Validator' 2>/dev/null && break
    python=
done
[ -n "$python" ] || { echo "SKIP: no python3-jsonschema" >&2; exit 77; }
schema=$(dirname "$0")/../schema/results.schema.json
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

cat >"$work/validate.py" <<'END'
import json, sys
from jsonschema import Draft202012Validator

with open(sys.argv[1]) as file:
    schema = json.load(file)
Draft202012Validator.check_schema(schema)
bad = 0
for name in sys.argv[2:]:
    with open(name) as file:
        for error in Draft202012Validator(schema).iter_errors(json.load(file)):
            print(f"{name}: /{'/'.join(map(str, error.absolute_path))}: {error.message}"[:300])
            bad = 1
sys.exit(bad)
END
validate() { "$python" "$work/validate.py" "$schema" "$@"; }

cat >"$work/others.py" <<'END'
import re, sys
import xml.etree.ElementTree as XML

for directory in sys.argv[1:]:
    suite = XML.parse(directory + "/results.xml").getroot()
    cases = suite.findall("testcase")
    for attribute, found in [
        ("tests", len(cases)),
        ("failures", len(suite.findall("testcase/failure"))),
        ("errors", len(suite.findall("testcase/error"))),
        ("skipped", len(suite.findall("testcase/skipped"))),
    ]:
        if int(suite.get(attribute)) != found:
            sys.exit(f"{directory}: {attribute} is {suite.get(attribute)}, and there are {found}")
    properties = {p.get("name") for p in suite.findall("properties/property")}
    if properties != {"vconform", "catalogue", "peer", "implementation", "profile", "seed"}:
        sys.exit(f"{directory}: properties {properties}")
    with open(directory + "/results.tap", encoding="utf-8", newline="\n") as file:
        lines = file.read().split("\n")[:-1]
    points = [line for line in lines[2:] if not line.startswith("# ")]
    if lines[0] != "TAP version 13" or lines[1] != f"1..{len(points)}" or len(points) != len(cases):
        sys.exit(f"{directory}: TAP has {len(points)} points, JUnit {len(cases)} cases: {lines[:2]}")
    for number, line in enumerate(points, 1):
        if not re.fullmatch(rf"(not )?ok {number} - \S+( [A-Z0-9.-]+)*( # (SKIP|TODO) .+)?", line):
            sys.exit(f"{directory}: no line of TAP: {line!r}")
    for name in "results.txt", "matrix.html":
        with open(f"{directory}/{name}", encoding="utf-8", newline="\n") as file:
            odd = re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", file.read())
        if odd:
            sys.exit(f"{directory}/{name}: {odd.group()!r}")
END

# Passed, failed, undecided, skipped, expected to fail, one case only, and without a service.
"$sim" -q --seed 1 --report "$work/whole" >/dev/null
"$sim" -q --seed 1 --json --defect padding >"$work/defect.json"
"$sim" -q --seed 1 --json --defect mute >"$work/mute.json"
"$sim" -q --seed 1 --json --defect no-service >"$work/no-service.json"
"$sim" -q --seed 1 --json header/words >"$work/one.json"
printf 'VMTP-3.2-03 Priority is not kept here\nheader/words this <works>\n' >"$work/known"
"$sim" -q --seed 1 --defect priority_lost --xfail "$work/known" --report "$work/known-to-fail" header/ >/dev/null
cp "$work/known-to-fail/results.json" "$work/expected.json"
"$sim" -q --seed 1 --defect illegible --report "$work/illegible" >/dev/null 2>&1
cp "$work/illegible/results.json" "$work/illegible.json"
for profile in full minimal-server minimal-client name-manager name-client name-directory uio-manager uio-client; do
    "$sim" -q --seed 1 --json --profile $profile header/words names/ objects/ >"$work/$profile.json" 2>/dev/null
    [ -s "$work/$profile.json" ] || rm "$work/$profile.json" # it has none of these cases
done
[ -s "$work/name-manager.json" ] && [ -s "$work/uio-manager.json" ] || fail "a profile has no cases"
"$python" "$work/others.py" "$work/whole" "$work/known-to-fail" "$work/illegible" || fail "results are not what others read"
validate "$work/whole/results.json" "$work/defect.json" "$work/mute.json" "$work/no-service.json" "$work/one.json" \
    "$work/expected.json" "$work/illegible.json" "$work"/*-*.json || fail "results are not what the schema says"
jq -es '["FAIL", "INCONC", "PASS", "SKIP"] - [.[].cases[].verdict] == []' "$work"/*.json "$work/whole/results.json" >/dev/null ||
    fail "not all kinds of verdicts were there"

# The schema is no formality: each of these is refused.
for change in 'del(.seed)' '.verdict = "GOOD"' '.pics.records.found = "perhaps"' '.cases[0].checks[0].rule = 1' '.more = 1' \
    '.pixit.TC1 = [1]' '.cases[0].seconds = "2"' '.catalogue = "xyz"'; do
    jq "$change" "$work/one.json" >"$work/changed"
    validate "$work/changed" >/dev/null && fail "the schema allows $change"
done
exit 0

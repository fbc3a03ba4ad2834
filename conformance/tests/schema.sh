#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Results in JSON are what schema/results.schema.json says, of all kinds of runs, and what is not is refused. The validator is
# python3-jsonschema.
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

# Passed, failed, undecided, skipped, expected to fail, one case only, and without a service.
"$sim" -q --seed 1 --report "$work/whole" >/dev/null
"$sim" -q --seed 1 --json --defect padding >"$work/defect.json"
"$sim" -q --seed 1 --json --defect mute >"$work/mute.json"
"$sim" -q --seed 1 --json --defect no-service >"$work/no-service.json"
"$sim" -q --seed 1 --json header/words >"$work/one.json"
echo "VMTP-3.2-03 Priority is not kept here" >"$work/known"
"$sim" -q --seed 1 --json --defect priority_lost --xfail "$work/known" header/ >"$work/expected.json"
validate "$work/whole/results.json" "$work/defect.json" "$work/mute.json" "$work/no-service.json" "$work/one.json" \
    "$work/expected.json" || fail "results are not what the schema says"
jq -es '["FAIL", "INCONC", "PASS", "SKIP"] - [.[].cases[].verdict] == []' "$work"/*.json "$work/whole/results.json" >/dev/null ||
    fail "not all kinds of verdicts were there"

# The schema is no formality: each of these is refused.
for change in 'del(.seed)' '.verdict = "GOOD"' '.pics.records.found = "perhaps"' '.cases[0].checks[0].rule = 1' '.more = 1' \
    '.pixit.TC1 = [1]' '.cases[0].seconds = "2"' '.catalogue = "xyz"'; do
    jq "$change" "$work/one.json" >"$work/changed"
    validate "$work/changed" >/dev/null && fail "the schema allows $change"
done
exit 0

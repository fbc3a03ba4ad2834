#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every case passes on our node in virtual time, with any seed, and every rule that a case declares is judged in it.
# usage: whole.sh VCONFORM-SIM VCONFORM
set -u
sim=$1
fail() { echo "FAIL: $*" >&2; exit 1; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
command -v jq >/dev/null || { echo "SKIP: no command jq" >&2; exit 77; }

# The node as ever, and one that is a directory of names.
for seed in 1 2 3 "4 --defect directory directory/" "5 --defect directory directory/"; do
    "$sim" -q --json --seed $seed >"$work/json" || { "$sim" -q --seed $seed; fail "seed $seed"; }
    mv "$work/json" "$work/${seed%% *}.json"
    jq -e '.sane and .verdict == "PASS"' "$work/${seed%% *}.json" >/dev/null || fail "seed $seed: verdict"
    jq -r '.cases[] | select(.verdict == "PASS") | . as $c | ([.checks[].rule]) as $judged | .rules[] |
        select(. as $r | $judged | index($r) | not) | "\($c.name) declares \(.) and does not judge it"' \
        "$work/${seed%% *}.json" >"$work/unjudged"
    [ ! -s "$work/unjudged" ] || fail "$(cat "$work/unjudged")"
done
# The times of files, which are their versions, are those of the disk.
same() { jq 'del(.cases[].seconds)' | sed 's/0x1[0-9a-f]\{15\}/a version/g'; }
same <"$work/1.json" >"$work/first"
"$sim" -q --seed 1 --json | same | cmp - "$work/first" || fail "one seed, two results"
exit 0

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Other nodes than ours, and peers that are hardly nodes: no hang, no error of vconform, no failure that is none; and what is expected to fail.
# usage: peers.sh VCONFORM-SIM VCONFORM
set -u
sim=$1 vconform=$2
fail() { echo "FAIL: $*" >&2; exit 1; }
command -v jq >/dev/null || { echo "SKIP: no command jq" >&2; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# against PEER EXIT...: runs all cases; the exit code must be one of these.
against() {
    peer=$1
    shift
    timeout 600 "$sim" -q --seed 1 --defect "$peer" --json >"$work/$peer.json" 2>"$work/$peer.err"
    code=$?
    case " $* " in
    *" $code "*) ;;
    *) fail "$peer: exit $code, not one of $*: $(head -n 3 "$work/$peer.err")" ;;
    esac
    [ ! -s "$work/$peer.json" ] || jq -e '[.cases[] | select(.verdict == "ERROR")] == []' "$work/$peer.json" >/dev/null ||
        fail "$peer: an error of vconform: $(jq -r '.cases[] | select(.verdict == "ERROR") | "\(.name): \(.why)"' "$work/$peer.json")"
}

# Nodes that are right, but allow more, or less.
against permissive 0
against no-streams 0
against no-service 0
against late 3 # it takes 30 ms for each answer
against far-9 0
against far-100 3 # 50 ms to the node, and 50 back
against far-200 3
for peer in late far-100 far-200; do
    jq -e '[.cases[] | select(.verdict == "FAIL" or .verdict == "WARN")] == []' "$work/$peer.json" >/dev/null || fail "$peer: its distance is taken for a failure"
    jq -e '[.cases[] | select(.verdict == "PASS")] | length > 550' "$work/$peer.json" >/dev/null || fail "$peer: too little can be told from there"
    jq -e '[.cases[] | select(.why and (.why | test("too far to tell")))] | length > 20' "$work/$peer.json" >/dev/null || fail "$peer: nothing about its distance"
done
"$sim" -q --seed 1 --defect far-100 migrate/left client/silence >"$work/out" || fail "far-100: $(cat "$work/out")"
echo "near yes" >"$work/pics"
"$sim" -q --seed 1 --defect far-100 --pics "$work/pics" client/acknowledged >/dev/null
[ $? -eq 1 ] || fail "who says that a node is near is not believed"
against narrow 0
against jumbo 0
jq -e '.rules."VMTP-5.2-06" == "PASS"' "$work/no-streams.json" >/dev/null || fail "a node that does not stream was not asked"
jq -e '[.cases[] | select(.verdict == "PASS")] | length > 3' "$work/no-service.json" >/dev/null || fail "nothing is tried without a test service"

# Peers that are not.
against mute 1 3
against slow 3
against duplicating 1 3
against babbling 1 3
against losing 1 3
against rebooting 1 3
against lying 3
against spoiling 1 3
jq -e '.sane == false' "$work/mute.json" >/dev/null || fail "a peer that has fallen silent counts as sane"

# Failures that are expected, one that is not, and one that does not come.
echo "VMTP-3.2-03 Priority is not kept here" >"$work/known"
"$sim" -q --seed 1 --defect priority_lost --xfail "$work/known" >"$work/out" || fail "expected failures: $(tail -n 3 "$work/out")"
"$sim" -q --seed 1 --defect forward_lost --xfail "$work/known" header/ >"$work/out" || fail "header/ has no failure: $(tail -n 3 "$work/out")"
echo "header/words this works" >"$work/known"
"$sim" -q --seed 1 --xfail "$work/known" header/words >"$work/out"
[ $? -eq 1 ] || fail "an unexpected pass is no failure"
grep -q "UNEXPECTED PASS header/words" "$work/out" || fail "an unexpected pass is not told"
refused() {
    "$sim" -q "$@" >/dev/null 2>"$work/err"
    [ $? -eq 2 ] && [ -s "$work/err" ] || fail "$*: taken: $(cat "$work/err")"
}
echo "header/words" >"$work/known"
refused --xfail "$work/known"
echo "header/wrods its name is another" >"$work/known"
refused --xfail "$work/known"
# One of a rule is stale when all cases have been tried, and only then; whoever reads a report is told.
echo "VMTP-3.4-02 this works" >"$work/known"
"$sim" -q --seed 1 --xfail "$work/known" header/ >"$work/out" || fail "a rule counts as passed before all cases were tried"
"$sim" -q --seed 1 --xfail "$work/known" --report "$work/stale" >"$work/out"
[ $? -eq 1 ] && grep -q "UNEXPECTED PASS VMTP-3.4-02" "$work/out" || fail "a rule passes that was expected to fail: $(tail -n 3 "$work/out")"
grep -q '^not ok [0-9]* - expected/VMTP-3.4-02' "$work/stale/results.tap" || fail "TAP does not tell of an unexpected pass"
grep -q 'failures="1".*skipped' "$work/stale/results.xml" || fail "JUnit does not tell of an unexpected pass"
jq -e '.expected == [{name: "VMTP-3.4-02", reason: "this works", failed: false, stale: true}]' "$work/stale/results.json" >/dev/null ||
    fail "JSON does not tell of an unexpected pass"

# What is no value, no file, or no line.
refused --pics "$work"
refused --pics "$work/no-such-file"
printf 'records yes\n# %0400d\n' 1 >"$work/long"
refused --pics "$work/long"
refused --seed -1 header/words
refused --seed 18446744073709551616 header/words
refused no-such-case
refused --list no-such-case
"$vconform" --peer 02:00:00:00:00:0b 2>/dev/null
[ $? -eq 2 ] || fail "no interface is no misuse"
"$vconform" -i lo --peer 02:00:00:00:00:0b --defect padding 2>/dev/null
[ $? -eq 2 ] || fail "vconform takes --defect"
"$vconform" matrix "$work/no-such-file" >/dev/null 2>&1
[ $? -eq 2 ] || fail "a matrix of nothing"

# What cannot be written is not passed.
"$sim" -q --json header/words >/dev/full 2>/dev/null
[ $? -eq 3 ] || fail "standard output is full, and that is no error"
for name in results.json header-words.pcapng header-words.txt; do
    mkdir -p "$work/unwritten/$name"
    "$sim" -q --report "$work/unwritten" header/words >/dev/null 2>&1
    code=$?
    [ $code -eq 3 ] || [ "$code $name" = "2 results.json" ] || fail "$name cannot be written, and that is no error" # that one is tried first
    rm -r "$work/unwritten"
done
"$sim" -q --report "$work/unwritten" header/words >/dev/null || fail "--report into a directory that is there"
grep -q '; seed ' "$work/unwritten/header-words.txt" || fail "the timeline does not say of which seed it is"
"$sim" -q --objects /no/such/place objects/ >/dev/null 2>"$work/err"
[ $? -eq 3 ] && grep -q 'nobody answers for the name "/no/such/place"' "$work/err" || fail "--objects that nobody has: $(cat "$work/err")"

# What is claimed and not there is a failure; what is denied is not tried.
echo "streams yes" >"$work/pics"
"$sim" -q --seed 1 --defect no-streams --pics "$work/pics" stream/ >/dev/null
[ $? -eq 1 ] || fail "a claim that is not true is no failure"
echo "streams no" >"$work/pics"
"$sim" -q --seed 1 --pics "$work/pics" --json stream/in-order | jq -e '.cases[0].verdict == "SKIP"' >/dev/null || fail "a claim is not heeded"

# To what timers are set: a node that is slower than the defaults fails, and passes as soon as it is known.
printf 'TC1 360 370\nTC3 100\nTS1 150\nTS4 9000\nTS5 600\nPROBE 300\n' >"$work/pixit"
against slow-timers 1
jq -e '.rules | [."VMTP-9.1-02", ."VMTP-9.1-05", ."VMTP-8.7-01", ."VMTP-8.6-04"] == ["FAIL", "FAIL", "FAIL", "FAIL"]' \
    "$work/slow-timers.json" >/dev/null || fail "slow timers are not noticed"
"$sim" -q --seed 1 --defect slow-timers --pixit "$work/pixit" >"$work/out" || fail "slow timers that are known: $(grep -A 3 ^FAIL "$work/out")"
printf 'TC1 110 120\nTC2 10\nTC3 10\nTS1 10\nTS4 2000\nTS5 120\nPROBE 25\n' >"$work/pixit"
"$sim" -q --seed 1 --defect fast-timers --pixit "$work/pixit" >"$work/out" || fail "fast timers that are known: $(grep -A 3 ^FAIL "$work/out")"
for line in "TC9 5" "TC1" "TC1 30 20" "TC1 x" "TC1 -1" "TC1 5s" "TC1 5 6 7" "TC1 5 6x" "TC1 1,5"; do
    echo "$line" >"$work/pixit"
    "$sim" -q --pixit "$work/pixit" 2>"$work/err"
    [ $? -eq 2 ] && grep -q "pixit:1: " "$work/err" || fail "PIXIT \"$line\" is taken"
done
"$sim" --list timers | grep -q '^TC3 ' || fail "--list timers"

# Profiles, in a run and in a list.
"$sim" --list --profile minimal-client client/ | grep -q '^client/silence ' || fail "--profile minimal-client: no client/silence"
"$sim" --list --profile minimal-client | grep -q '^client/known-address ' && fail "a minimal client need not remember addresses"
"$sim" --list --profile minimal-server | grep -q '^client/silence ' && fail "a minimal server is no client"
"$sim" -q --seed 1 --profile minimal-server --json >"$work/minimal.json" || fail "our node is no minimal server"
[ "$(jq '.cases | length' "$work/minimal.json")" -eq "$("$sim" --list --profile minimal-server | grep -vc '^(')" ] ||
    fail "--profile chooses otherwise in a list than in a run"

# Words about it.
"$sim" --list | grep -q '^header/words ' || fail "--list"
"$sim" --explain VMTP-8.3-03 | grep -q 'sends    ECHO twice' || fail "--explain of a rule"
"$sim" --explain header/version-1 | grep -q 'Version 1' || fail "--explain of a case"
[ "$("$sim" --explain header/ | grep -c '^header/')" -eq "$("$sim" --list header/ | wc -l)" ] || fail "--explain of a beginning"
[ "$("$sim" --explain VMTP-8.3-03 | grep -c 'A duplicate of an answered Request')" -eq 1 ] || fail "--explain tells a rule again and again"
"$sim" --explain VMTP-2.1-02 | grep -q 'Not seen from the wire: ' || fail "--explain of a rule that cannot be seen"
"$sim" --explain no-such-thing 2>/dev/null
[ $? -eq 2 ] || fail "--explain of nothing"
"$sim" --version | grep -q '^vconform .*, catalogue [0-9a-f]\{8\}$' || fail "--version"
for what in check matrix files; do
    "$vconform" $what --help | grep -q '^usage: vconform' || fail "$what --help"
done
"$sim" --coverage | tail -n 1 | grep -q '^[0-9]* rules: ' || fail "--coverage"
"$sim" -q --seed 1 --tap header/words | grep -q '^ok 1 - header/words' || fail "--tap"

# Evidence, and the same oracle over it.
"$sim" -q --seed 1 --report "$work/good" >/dev/null || fail "--report"
for capture in "$work"/good/*.pcapng; do
    for mtu in "" "--mtu 1500"; do # without, what hangs on it is not judged
        "$vconform" check "$capture" --peer 02:00:00:00:00:0b $mtu >"$work/out" && grep -q ' 0 failures, 0 warnings$' "$work/out" ||
            fail "check $capture $mtu: $(cat "$work/out")"
    done
done
"$vconform" check "$work/good/packets-response-sizes.pcapng" --peer 02:00:00:00:00:0b --mtu 9000 | grep -q 'WARN VMTP-6.1-04' ||
    fail "check does not heed the MTU"
"$vconform" check "$work/good/header-words.pcapng" --peer 02:00:00:00:00:0c >/dev/null 2>"$work/err"
[ $? -eq 3 ] && grep -q 'none of the packets is of that peer' "$work/err" || fail "check of nobody passes"
"$sim" -q --seed 1 --defect padding --report "$work/bad" >/dev/null
"$vconform" check "$work/bad/packets-response-sizes.pcapng" --peer 02:00:00:00:00:0b >"$work/out"
[ $? -eq 1 ] || fail "check finds nothing wrong with padding"
grep -q 'FAIL VMTP-3.1-05' "$work/out" || fail "check: $(cat "$work/out")"
"$vconform" matrix "$work"/*/results.json >"$work/matrix.html" || fail "matrix"
grep -q '<td class="v FAIL">FAIL</td>' "$work/matrix.html" || fail "the matrix shows no failure"
grep -q '<div class="why">.*<code>packets/response-sizes</code>: expected zero octets as padding' "$work/matrix.html" ||
    fail "the matrix does not say why"
grep -q '>VMTP-3.1</th>.*<td>Layout</td>' "$work/matrix.html" || fail "the matrix has no headings"
[ "$(grep -c '^<tr class="rule' "$work/matrix.html")" -eq "$(jq -s '[.[].rules | keys[]] | unique | length' "$work"/*/results.json)" ] ||
    fail "the matrix leaves rules out"
exit 0

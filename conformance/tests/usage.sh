#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What people get wrong: values, words, files and combinations that make no sense are refused before anything is tried, and what could
# not be written is no success.
# usage: usage.sh VCONFORM-SIM VCONFORM
set -u
sim=$1 vconform=$2
fail() { echo "FAIL: $*" >&2; exit 1; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# refused TEXT ARGUMENT...: usage, and TEXT says why.
refused() {
    text=$1
    shift
    "$sim" -q "$@" >"$work/out" 2>"$work/err"
    code=$?
    [ $code -eq 2 ] || fail "$*: exit $code"
    grep -q -e "$text" "$work/err" || fail "$*: '$text' is not said: $(cat "$work/err")"
    [ -s "$work/out" ] && fail "$*: something was tried: $(cat "$work/out")"
    return 0
}

for seed in -1 +1 " 5" "" five 5x 18446744073709551615 99999999999999999999; do refused 'no value for --seed' --seed "$seed" header/words; done
for times in 0 -1 1001 -18446744073709551615 many ""; do refused 'no value for --repeat' --repeat "$times" header/words; done
for mac in 02 02:00:00:00:00 02:00:00:00:00:0b: 02:00:00:00:00:0b:00 02:00:00:00:00:1234 " 2:0:0:0:0:b" 0x:0x:0x:0x:0x:0x \
    ff:ff:ff:ff:ff:ff 09:00:56:00:01:00 00:00:00:00:00:00 gg:00:00:00:00:0b; do
    refused 'no value for --peer' --peer "$mac" header/words
done
for entity in 0 - -1 +5 zz "" 0123-4567-89ab-cdef-1 0x12; do
    [ "$entity" = -1 ] && continue # dashes are allowed
    refused 'no value for --entity' --entity "$entity" header/words
done
for role in "" peer SERVER; do refused 'no value for --role' --role "$role" header/words; done
refused 'no value for' --profile=minimal header/words
refused 'no value for' --vlan 4095 header/words
refused 'no value for --reboot' --reboot '' header/words
refused 'no value for' --ethertype 0x5ff header/words
refused 'one of --json and --tap' --json --tap header/words
refused 'vconform --help' --no-such-option
"$sim" -q --seed 9223372036854775807 header/words | grep -q 'seed 9223372036854775807$' || fail "the greatest seed"
"$sim" -q --seed 1 --repeat 1000 header/words | grep -q '1 cases: 1 PASS' || fail "a thousand times"

# Words that choose nothing, also beside others that do.
refused '"nonsense" is no case or rule' header/words nonsense
refused '"VMTP-99" is no case or rule' VMTP-99
refused '"items" is no case' --list header/ items
refused 'the oracle looks for it' VMTP-3.1-07
refused 'no case is about VMTP-4.4-01: ' VMTP-4.4-01
refused 'no case is chosen' --profile minimal-server client/silence
refused 'no such case or rule' --explain no-such-thing

# Files.
for option in --pics --pixit --xfail; do
    refused 'No such file' $option "$work/none" header/words
    refused 'directory' $option "$work" header/words
    printf '%0500d x\n' 0 >"$work/long"
    refused 'long:1: a line of more than' $option "$work/long" header/words
    head -c 2000 /dev/urandom >"$work/garbage"
    refused 'garbage' $option "$work/garbage" header/words
done
for line in "recorde yes" "records" "records maybe" "records yes no"; do
    echo "$line" >"$work/pics"
    refused 'pics:1: ' --pics "$work/pics" header/words
done
echo "server/duplicat it is known" >"$work/known"
refused 'no case or rule "server/duplicat"' --xfail "$work/known" header/words

# Reports that cannot be written.
: >"$work/file"
for directory in "$work/none/deep" "$work/file" /dev/null /proc "$work/$(printf '%0300d' 0)" "$work/$(printf '%0200d/' 1 2 3)"; do
    refused . --report "$directory" header/words
done
if [ -w /dev/full ]; then
    for arguments in "-q header/words" "--list" "--coverage" "--explain header/words"; do
        "$sim" $arguments >/dev/full 2>"$work/err"
        [ $? -eq 3 ] && grep -q 'standard output' "$work/err" || fail "$arguments: a full disk is no error"
    done
fi
# Whoever reads standard output goes away, or there is none: files are there, and the verdict counts.
{ "$sim" -q --seed 1 --report "$work/piped" --json header/; echo $? >"$work/code"; } | head -c 1 >"$work/out"
[ "$(cat "$work/code")" = 0 ] || fail "| head: exit $(cat "$work/code")"
[ -s "$work/piped/matrix.html" ] || fail "| head: no reports"
"$sim" -q --seed 1 --report "$work/closed" header/words >&- 2>&- <&- || fail "without any standard files: exit $?"
[ -s "$work/closed/matrix.html" ] || fail "without standard output: no reports"

# Without what it takes.
for arguments in "" "run" "-q header/words" "-i lo" "-i lo header/words" "check" "check a b" "matrix" "files" "files a b"; do
    "$vconform" $arguments >"$work/out" 2>"$work/err"
    code=$?
    [ $code -eq 2 ] && [ -s "$work/err" ] || fail "vconform $arguments: exit $code"
done

# Results that are none, or want to be more than results.
"$sim" -q --seed 1 --json header/words >"$work/one.json"
for text in '' '[]' '{}' '{"rules": 1}' '{"rules": {' "$(printf '%03000d' 0 | tr 0 '[')"; do
    printf '%s' "$text" >"$work/bad.json"
    "$vconform" matrix "$work/one.json" "$work/bad.json" >"$work/out" 2>"$work/err"
    [ $? -eq 2 ] && [ ! -s "$work/out" ] && grep -q bad.json "$work/err" || fail "matrix takes $text"
done
echo '{"rules": {"VMTP-3.1-09": "FAIL", "VMTP-2.1-01": "<script>", "VMTP-2.2-02": 7}, "verdict": "<b>", "peer": {"implementation": "<i>"}, "profile": "<u>", "cases":
[{"name": "<b>", "checks": [{"rule": "VMTP-3.1-09", "verdict": "FAIL", "expected": "<p>", "seen": 3}, 7]}, null]}' >"$work/odd.json"
"$vconform" matrix "$work/odd.json" >"$work/out" || fail "matrix: results with little in them"
grep -q '<script>\|<b><b>\|<i></i>\|<code><b>' "$work/out" && fail "what is in a file of results gets into the page as it is"
exit 0

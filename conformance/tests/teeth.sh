#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The suite bites: our node with one defect at a time breaks exactly the rules that defects.tsv names.
# usage: teeth.sh VCONFORM-SIM [VCONFORM]        --write in place of the second makes the table anew, to be read before it is believed
set -u
sim=$1
table=$(dirname "$0")/defects.tsv
command -v jq >/dev/null || { echo "SKIP: no command jq" >&2; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

broken() {
    timeout 60 "$sim" -q --seed 1 --json --defect "$1" 2>"$work/err" >"$work/json"
    jq -r '[.rules | to_entries[] | select(.value == "FAIL" or .value == "WARN") | .key] | join(" ")' "$work/json" 2>/dev/null
}

"$sim" --defect list >"$work/names"
while read -r name; do
    printf '%s\t%s\n' "$name" "$(broken "$name")"
done <"$work/names" >"$work/table"
if [ "${2:-}" = --write ]; then
    cp "$work/table" "$table"
    exit 0
fi
[ "$(wc -l <"$work/table")" -ge 80 ] || { echo "FAIL: fewer than 80 defects" >&2; exit 1; }
if grep -P '\t$' "$work/table" >&2; then
    echo "FAIL: nobody notices these defects" >&2
    exit 1
fi
diff -u "$table" "$work/table" >&2 || { echo "FAIL: other rules are broken than the table says (teeth.sh SIM --write)" >&2; exit 1; }
exit 0

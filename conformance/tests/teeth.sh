#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The suite bites: our node with one defect at a time breaks exactly the rules that defects.tsv names.  Which defects turn which judgement red
# is printed with --sites.
# usage: teeth.sh VCONFORM-SIM [VCONFORM]        --write in place of the second makes the table anew, to be read before it is believed
set -u
sim=$1
here=$(dirname "$0")
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

"$sim" --teeth "$work" || { echo "FAIL: the table of defects" >&2; exit 1; }
if [ "${2:-}" = --sites ]; then
    cat "$work/sites.tsv"
    exit 0
fi
if [ "${2:-}" = --write ]; then
    cp "$work/defects.tsv" "$here/"
    exit 0
fi
[ "$(wc -l <"$work/defects.tsv")" -ge 140 ] || { echo "FAIL: fewer than 140 defects" >&2; exit 1; }
diff -u "$here/defects.tsv" "$work/defects.tsv" >&2 ||
    { echo "FAIL: other rules are broken than the table says (teeth.sh SIM --write)" >&2; exit 1; }
exit 0

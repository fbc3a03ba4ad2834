#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The suite bites: our node with one defect at a time breaks exactly the rules that defects.tsv names, and no judgement of a case is one that
# no defect turns red, but for those of unguarded.tsv, of which there may only become fewer.  A case makes as many judgements as judgements.tsv
# says, or more: so one that is switched off is missed, and one that cannot fail any more is as well.
# usage: teeth.sh VCONFORM-SIM [VCONFORM]
# It ends with a table of the judgements (conformance/README.md).
#   in place of the second: --sites prints for each judgement which defects turn it red; --write makes the tables anew, to be read before they
#   are believed
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
LC_ALL=C sort "$work/unguarded.tsv" >"$work/open"
# For each group of cases: how many judgements they make, how many of these a defect turns red, of these how many alone in their case, and how
# many none.
table() {
    awk -F '\t' '
        { split($1, name, "/"); n[name[1]]++; red[name[1]] += $4 > 0; alone[name[1]] += $6 != "" }
        END { for (g in n) printf "%-16s %10d %10d %10d %10d\n", g, n[g], red[g], alone[g], n[g] - red[g] }' "$work/sites.tsv" | LC_ALL=C sort
}
tell() {
    printf '%-16s %10s %10s %10s %10s\n' cases judgements 'turned red' alone 'by no one'
    table
    table | awk '{ for (i = 2; i <= 5; i++) sum[i] += $i }
        END { printf "%-16s %10d %10d %10d %10d\n", "all", sum[2], sum[3], sum[4], sum[5] }'
}
if [ "${2:-}" = --write ]; then
    cp "$work/defects.tsv" "$here/"
    cp "$work/open" "$here/unguarded.tsv"
    cp "$work/judgements.tsv" "$here/"
    tell
    exit 0
fi
[ "$(wc -l <"$work/defects.tsv")" -ge 300 ] || { echo "FAIL: fewer than 300 defects" >&2; exit 1; }
diff -u "$here/defects.tsv" "$work/defects.tsv" >&2 ||
    { echo "FAIL: other rules are broken than the table says (teeth.sh SIM --write)" >&2; exit 1; }
LC_ALL=C comm -13 "$here/unguarded.tsv" "$work/open" >"$work/more"
if [ -s "$work/more" ]; then
    cat "$work/more" >&2
    echo "FAIL: no defect turns these judgements red: add defects that do" >&2
    exit 1
fi
awk -F'\t' 'NR == FNR { now[$1] = $2; next }
    now[$1] < $2 { print $1 ": " now[$1] + 0 " judgements, not " $2; lost = 1 }
    END { exit lost }' "$work/judgements.tsv" "$here/judgements.tsv" >&2 ||
    { echo "FAIL: judgements are gone (teeth.sh SIM --write, if they were to go)" >&2; exit 1; }
tell
exit 0

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Does tools/check-requirements see what it is for?  A tiny project without a fault passes; then one fault after the other
# is planted in a copy of it, and each must be named.

set -u
here=$(cd "$(dirname "$0")" && pwd)
check=$here/../check-requirements
work=$(mktemp -d "${TMPDIR:-/tmp}/test-requirements.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
# Identifiers are put together here, so that this file does not cite rules of the real project.
P=VMTP
tab=$(printf '\t')
failures=0

row() { printf '%s\tmust\tnode\tfull\t%s\t%s\t3.2\t%s\t\n' "$1" "$2" "$3" "$4"; }

make_project() {
    rm -rf "$work/p"
    mkdir -p "$work/p/spec" "$work/p/a/tests" "$work/p/a/src"
    {
        printf 'id\tlevel\trole\tprofile\tscope\trule\tsource\tobservable\ttests\n'
        row $P-1.1-01 core 'One is one.' 'wire: word'
        row $P-1.1-02 core 'Two is a rather long sentence.' 'none: internal'
        row $P-2-01 later 'Three comes later.' wire
    } >"$work/p/spec/requirements.tsv"
    {
        echo '# A text'
        echo "- **[$P-1.1-01]** One is one."
        echo "- **[$P-1.1-02]** Two is a rather"
        echo '  long sentence.'
        echo
        echo "- **[$P-2-01]** Three comes later."
    } >"$work/p/spec/vmtp.md"
    echo "/* $P-1.1-01 */" >"$work/p/a/tests/test_one.c"
    echo "/* $P-1.1-02, $P-2-01 */" >"$work/p/a/src/one.c"
}

# expect STATUS PATTERN NAME [options]: runs the check on the project and compares.
expect() {
    status=$1 pattern=$2 name=$3
    shift 3
    output=$("$check" --root "$work/p" "$@" 2>&1)
    got=$?
    if [ "$got" -eq "$status" ] && printf '%s\n' "$output" | grep -q -e "$pattern"; then
        echo "ok: $name"
    else
        echo "FAILED: $name: exit $got instead of $status, or no line with \"$pattern\" in:"
        printf '%s\n' "$output" | sed 's/^/    /'
        failures=$((failures + 1))
    fi
}

edit() { # FILE SED-EXPRESSION
    sed "$2" "$work/p/$1" >"$work/new" && mv "$work/new" "$work/p/$1"
}

make_project
expect 0 'core observable *1 rules, *1 cited' 'a project without fault passes'

make_project
edit spec/requirements.tsv 2p
expect 1 "$P-1.1-01 is in line 2 already" 'an identifier twice'

make_project
edit spec/requirements.tsv "s/^$P-2-01/$P-2-1/"
expect 1 'is not an identifier' 'a malformed identifier'

make_project
edit spec/requirements.tsv 's/must/shall/'
expect 1 'level "shall"' 'an unknown level'

make_project
edit spec/requirements.tsv "2s/$tab\$//"
expect 1 '8 columns instead of 9' 'a column missing'

make_project
edit spec/vmtp.md "/$P-2-01/d"
expect 1 "$P-2-01 is in requirements.tsv but no rule" 'a rule missing in the text'

make_project
echo "- **[$P-2-02]** Four." >>"$work/p/spec/vmtp.md"
expect 1 "$P-2-02 is a rule but not in requirements.tsv" 'a rule missing in the table'

make_project
edit spec/vmtp.md 's/long sentence/short sentence/'
expect 1 "$P-1.1-02 reads differently" 'a sentence that differs, in its second line'

make_project
echo "/* $P-9.9-99 */" >>"$work/p/a/src/one.c"
expect 1 "a/src/one.c:2: there is no rule $P-9.9-99" 'a citation of no rule'

make_project
echo "# see ($P-9.9-98)" >"$work/p/a/run"
expect 1 "there is no rule $P-9.9-98" 'a citation of no rule in a script'

make_project
mv "$work/p/a/tests/test_one.c" "$work/p/a/src/"
expect 1 "$P-1.1-01 One is one" 'a core rule that only the source cites'
expect 0 "$P-1.1-01 One is one" 'the same with --report' --report

make_project
expect 0 '' 'writing coverage' --write-coverage "$work/coverage.tsv"
if ! grep -q "^$P-1.1-01${tab}a/tests/test_one.c\$" "$work/coverage.tsv"; then
    echo 'FAILED: the coverage table does not name the test'
    failures=$((failures + 1))
fi

expect 2 usage 'an unknown option' --no-such-option

[ "$failures" -eq 0 ] || { echo "$failures failed"; exit 1; }

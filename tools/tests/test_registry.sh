#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Does cmake/registry.cmake make a header that a compiler takes, leave it alone when nothing changed, and refuse a table with a
# mistake by name and line?  Needs cmake and a C compiler ($CC or cc).

set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/test-registry.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
tab=$(printf '\t')
failures=0

fail() { echo "FAILED: $1"; failures=$((failures + 1)); }

generate() { # TABLE HEADER
    cmake -DREGISTRY_TSV="$1" -DREGISTRY_HEADER="$2" -P "$root/cmake/registry.cmake" >"$work/log" 2>&1
}

header=$work/vmtp/registry.h
generate "$root/spec/registry.tsv" "$header" || { cat "$work/log"; fail 'the table of the project'; }
cat >"$work/one.c" <<'TEXT'
#include <vmtp/registry.h>
#define VALUE(symbol, value, word) value,
#define IS(symbol, value, word) _Static_assert((symbol) == (value), word);
const unsigned values[] = {VMTP_RESPONSE_CODE_LIST(VALUE) VMTP_REQUEST_CODE_LIST(VALUE)};
VMTP_RESPONSE_CODE_LIST(IS)
VMTP_CONTROL_FLAG_LIST(IS)
VMTP_ENTITY_LIST(IS)
_Static_assert(VMTP_MANAGER_GROUP == 0x40000001E0000100ULL, "width of entities");
TEXT
"${CC:-cc}" -std=c11 -Wall -Wextra -Werror -I "$work" -c "$work/one.c" -o "$work/one.o" || fail 'the header compiles'

touch -t 200001010000 "$header"
touch -t 200101010000 "$work/then"
generate "$root/spec/registry.tsv" "$header"
[ -z "$(find "$header" -newer "$work/then")" ] || fail 'the header stays as it is when nothing changed'

refused() { # NAME PATTERN SED-EXPRESSION
    sed "$3" "$root/spec/registry.tsv" >"$work/bad.tsv"
    if generate "$work/bad.tsv" "$work/bad.h"; then
        fail "$1: taken"
    elif ! tr '\n' ' ' <"$work/log" | tr -s ' ' | grep -q -e "$2"; then
        cat "$work/log"
        fail "$1: no word about \"$2\""
    fi
}
refused 'a symbol twice' 'VMTP_EPG is here twice' "s/^VMTP_HCO$tab/VMTP_EPG$tab/"
refused 'a number twice' 'taken by another response-code' "s/^VMTP_BUSY${tab}response-code${tab}3$tab/VMTP_BUSY${tab}response-code${tab}2$tab/"
refused 'an unknown kind' 'unknown kind "manager"' "s/${tab}management$tab/${tab}manager$tab/"
refused 'no number' '"805B" is not a number' 's/0x805B/805B/'
refused 'a column missing' '5 columns' "2s/${tab}[^${tab}]*\$//"
refused 'a character that CMake would trip over' 'have no place' '2s/EtherType of/EtherType; of/'

[ "$failures" -eq 0 ] || exit 1
echo ok

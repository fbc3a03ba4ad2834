#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The example in V's style: found by its logical id, it gives pages, takes pages, and moves a whole file.
. "$(dirname "$0")/lib.sh"
net_begin "$@"
bin=${VSUITE_BIN:-$1}
net_pair

ask() { net_in left "$bin/example_v_pages" v0 "$@"; }

for name in v_page_server v_pages; do # without arguments: how they are called
    "$bin/example_$name" 2>"$net_tmp/usage"
    [ $? -eq 2 ] && grep -q "^usage: $name INTERFACE" "$net_tmp/usage" || net_fail "$name without arguments: $(cat "$net_tmp/usage")"
done

ask load 2>"$net_tmp/nobody" && net_fail "a file from nobody"
grep -q 'no page server: ' "$net_tmp/nobody" || net_fail "v_pages says: $(cat "$net_tmp/nobody")"

dd if=/dev/urandom of="$net_tmp/file" bs=1000 count=1234 2>/dev/null
cp "$net_tmp/file" "$net_tmp/original"
net_start right "$bin/example_v_page_server" v0 "$net_tmp/file" >"$net_tmp/server" 2>&1
net_await "$net_tmp/server" '^serving'

ask load >"$net_tmp/loaded" || net_fail "load"
cmp "$net_tmp/original" "$net_tmp/loaded" || net_fail "load brings another file"
ask read 3 >"$net_tmp/page" || net_fail "read"
dd if="$net_tmp/original" bs=1024 skip=3 count=1 2>/dev/null | cmp - "$net_tmp/page" || net_fail "read brings another page"
ask read 5000 2>"$net_tmp/none" && net_fail "a page behind the end"
grep -q 'no such page' "$net_tmp/none" || net_fail "v_pages says: $(cat "$net_tmp/none")"
ask write 2 "some text" || net_fail "write"
[ "$(ask read 2 | head -c 9)" = "some text" ] || net_fail "what was written is not there"
[ "$(wc -c <"$net_tmp/file")" -eq 1234000 ] || net_fail "the file has another size"

net_stop $net_pid || net_fail "the server ends with $?"
exit 0

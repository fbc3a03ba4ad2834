#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# vconform against `vnet up` over a cable: every case passes or does not concern the node, and the reports are there.
. "$(dirname "$0")/lib.sh"
net_begin "$@"
net_need jq
net_need timeout
bin=${VSUITE_BIN:-$1}

net_pair
cd "$net_tmp" || exit 1
net_start right "$bin/vnet" up -i v0 >node 2>&1
node=$net_pid
net_await node ready
net_in left timeout 300 "$bin/vconform" -i v0 --peer "$net_right" --report evidence -q >out 2>&1
code=$?
[ $code -eq 0 ] || net_fail "vconform says $code: $(tail -n 40 out)"
cat out

for file in results.txt results.tap results.xml results.json matrix.html; do
    [ -s evidence/$file ] || net_fail "no $file"
done
jq -e '.verdict == "PASS" and .sane and (.cases | length > 50) and ([.cases[] | select(.verdict == "FAIL")] == [])' \
    evidence/results.json >/dev/null || net_fail "results.json says something else"

# The same oracle over what was captured.
"$bin/vconform" check evidence/header-words.pcapng --peer "$net_right" >check || net_fail "check: $(cat check)"
grep -q ' 0 failures' check || net_fail "check: $(cat check)"

# Nothing that has to be chosen, no interface, nobody there.
net_in left "$bin/vconform" -i v0 --peer "$net_right" -q no-such-case 2>/dev/null
[ $? -eq 2 ] || net_fail "no case is chosen, and that is no error"
net_in left "$bin/vconform" -i nowhere0 --peer "$net_right" -q 2>/dev/null
[ $? -eq 3 ] || net_fail "there is no such interface, and that is no error"
kill $node
wait $node
net_in left timeout 60 "$bin/vconform" -i v0 --peer "$net_right" -q header/ >/dev/null 2>err
[ $? -eq 3 ] || net_fail "nobody is there, and that is no error: $(cat err)"
exit 0

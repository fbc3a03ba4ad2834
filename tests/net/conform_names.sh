#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# vconform against `vnet up --as` and `vnet directory` over a cable: managers, resolvers and directories of names.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/support/conform.sh"
net_begin "$@"
net_need jq
net_need timeout
bin=${VSUITE_BIN:-$1}

# tests REPORT CASES: all of them pass, but for those that take minutes or another node.
tests() {
    net_in left timeout 300 "$bin/vconform" -i v0 --peer "$net_right" --report "$1" -q "$2" >out 2>&1
    code=$?
    [ $code -eq 0 ] || net_fail "vconform says $code about $2: $(conform_said out)"
    tail -n 1 out
    jq -e '[.cases[] | select(.verdict == "SKIP" and (.why | test("patience|reboot") | not))] == []' "$1/results.json" >/dev/null ||
        net_fail "cases are left out: $(jq -c '[.cases[] | select(.verdict == "SKIP") | [.name, .why]]' "$1/results.json")"
}

net_pair
cd "$net_tmp" || exit 1
net_start right "$bin/vnet" up -i v0 --as /node >node 2>&1
node=$net_pid
net_await node held
tests names names/
kill $node
wait $node

net_start right "$bin/vnet" directory -i v0 --sqlite store >node 2>&1
node=$net_pid
net_await node ready
tests directory directory/
kill $node
wait $node
exit 0

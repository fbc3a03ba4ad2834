#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The nodes of examples/minimal, which share nothing with the suite: vconform passes what their profiles name, and they and our node
# understand each other in both directions.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/support/conform.sh"
conform_begin "$@"

net_pair
cd "$net_tmp" || exit 1
conform_pixit

# judged NAME PROFILE: every case of the profile passes, or is about what the node has not and need not have.
judged() {
    net_start right "$bin/$1" v0 >"$1.out" 2>"$1.err"
    node=$net_pid
    net_await "$1.out" '^serving'
    net_in left timeout 300 "$bin/vconform" -i v0 --peer "$net_right" --pixit pixit --profile "$2" --report "$2" -q >"$2.out" 2>&1 ||
        net_fail "$1, $2: $(conform_said "$2.out")"
    tail -n 1 "$2.out"
    jq -r '.cases[] | select(.verdict == "SKIP") | .why' "$2/results.json" | sort | uniq -c | sort -rn
    jq -e '[.cases[] | select(.verdict != "PASS" and .verdict != "SKIP")] == []' "$2/results.json" >/dev/null || net_fail "$2: not only PASS and SKIP"
}

judged example_minimal_server minimal-server
net_stop $node || net_fail "the server ends with $?: $(cat example_minimal_server.err)"
grep -q '^row 9: ' example_minimal_server.err || net_fail "it counts no wrong checksums: $(cat example_minimal_server.err)"
[ "$(jq '[.cases[] | select(.verdict == "PASS")] | length' minimal-server/results.json)" -ge 90 ] || net_fail "too little was tried"

judged example_minimal minimal-client
[ "$(jq '[.cases[] | select(.verdict == "PASS") | select(.name | startswith("client/"))] | length' minimal-client/results.json)" -ge 25 ] ||
    net_fail "too little was tried of the client"

# Our node asks it.
entity=$(sed -n 's/^serving as //p' example_minimal.out)
net_in left "$bin/vnet" ping -i v0 -c 5 "$entity" >ping 2>&1 || net_fail "ping: $(cat ping)"
net_in left "$bin/vnet" probe -i v0 "$entity" >probe 2>&1 || net_fail "probe: $(cat probe)"
cat ping probe
net_stop $node || net_fail "the node ends with $?"

# It asks our node: Request and Response of one packet, a call of an entity that nobody has, and what our node saw of it.
net_start right "$bin/vnet" up -i v0 >up 2>&1
node=$net_pid
net_await up ready
entity=$(sed -n "s/.* test=\([0-9a-f-]*\) .*/\1/p" up)
answer=$(net_in left timeout 20 "$bin/example_minimal" v0 "$entity") || net_fail "it cannot ask our node: $answer"
[ "$answer" = 'result 0, "hello"' ] || net_fail "our node answers $answer"
answer=$(net_in left timeout 20 "$bin/example_minimal" v0 0bad-0000-1234-5600) && net_fail "an answer from nobody: $answer"
[ "$answer" = 'result 13, ""' ] || net_fail "nobody: $answer"
kill $node
exit 0

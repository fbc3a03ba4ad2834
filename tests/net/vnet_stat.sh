#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# stat: the live figures of a node, as text, as JSON, again and again.
. "$(dirname "$0")/lib.sh"
net_begin "$@"
net_need jq
vnet=${VSUITE_BIN:-$1}/vnet

net_pair
cd "$net_tmp" || exit 1
net_start right "$vnet" up -i v0 >up
up=$net_pid
net_await up ready
test=$(sed -n 's/.* test=\([^ ]*\) .*/\1/p' up)
net_in left "$vnet" ping "$test" -i v0 -c 7 --interval 0 -q >/dev/null || net_fail "ping"

# The transaction that asks is among those shown, at its client's host.
net_in left "$vnet" stat $net_right -i v0 >stat 2>err || net_fail "stat: $(cat err)"
grep -q "^server .* $test .* processing  *$net_left  0$" stat || net_fail "no transaction: $(cat stat)"
grep -q '^in use: entities [1-9]' stat || net_fail "no tables: $(cat stat)"
grep -q '^requests  *[0-9]*  Requests delivered to entities$' stat || net_fail "no counters: $(cat stat)"
! grep -q drop_checksum stat || net_fail "a counter that is 0: $(cat stat)"
net_in left "$vnet" stat -i v0 --zeros | grep -q '^drop_checksum  *0 ' || net_fail "no counter that is 0 with --zeros"

net_in left "$vnet" stat "$test" -i v0 --records --json >json || net_fail "stat --json"
jq -e --arg test "$test" --arg mac $net_left '.entity == $test and .counters.requests >= 9 and .counters.drop_checksum == 0 and
    .usage.entities > 0 and .usage.requests == 1 and
    (.transactions | map(select(.side == "server" and .server == $test and .state == "processing" and .host == $mac)) | length) == 1 and
    (.transactions | map(select(.side == "record")) | length) > 0' json >/dev/null || net_fail "stat --json: $(cat json)"

net_in left "$vnet" stat "$test" -i v0 --watch 20ms --count 3 --json >json || net_fail "stat --watch"
[ "$(jq -s 'length' json)" -eq 3 ] || net_fail "not three looks: $(cat json)"
jq -se '.[2].counters.requests == .[1].counters.requests + 1' json >/dev/null || net_fail "a look is one Request: $(cat json)"
net_in left "$vnet" stat "$test" -i v0 --watch 20ms --count 2 >stat || net_fail "stat --watch"
[ "$(grep -c '^requests  *+  *1 ' stat)" -eq 1 ] || net_fail "what was added is not shown: $(cat stat)"

# Until interrupted
net_start left "$vnet" stat "$test" -i v0 --watch 10ms >stat
net_await stat '^requests  *+  *1 '
net_stop $net_pid || net_fail "an interrupted stat ends with $?"

# Somebody else than a test service
manager=$(sed -n 's/.* manager=\([^ ]*\) .*/\1/p' up)
net_in left "$vnet" stat "$manager" -i v0 >out 2>err && net_fail "stat of a manager"
[ "$(wc -l <err)" -eq 1 ] && grep -q 'no test service' err || net_fail "stat of a manager: $(cat err)"
net_stop $up || net_fail "up ends with $?"

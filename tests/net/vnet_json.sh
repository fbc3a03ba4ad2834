#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# --json: one object a line from every command, with the members that programs rely on.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/support/patience.sh"
net_begin "$@"
net_need jq
vnet=${VSUITE_BIN:-$1}/vnet

net_pair
cd "$net_tmp" || exit 1
mkdir files
echo hello >files/hello
net_start right "$vnet" up -i v0 --json --files files --remote-management --ts4 6s --max-requests 100 >up
up=$net_pid
net_await up ready
test=$(jq -r 'select(.event == "ready").test' up)
manager=$(jq -r 'select(.event == "ready").manager' up)

# satisfies FILTER FILE
satisfies() { jq -e --arg test "$test" --arg manager "$manager" --arg mac $net_right "$1" "$2" >/dev/null; }
# holds FILTER COMMAND...: its one line of output satisfies the filter
holds() {
    filter=$1
    shift
    net_in left "$vnet" "$@" -i v0 --json >out 2>err || net_fail "vnet $*: $(cat err)"
    satisfies "$filter" out || net_fail "vnet $*: not $filter: $(cat out)"
    [ ! -s err ] || net_fail "vnet $* prints on stderr: $(cat err)"
}
filter='.mac == $mac and .manager == $manager and .mtu == 1500 and .flags == 3 and .domains == [3] and .test_service == $test'
patient who 'satisfies "$filter" who' net_in left "$vnet" who -i v0 --json || net_fail "vnet who: not $filter: $(cat who who.err)"
[ ! -s who.err ] || net_fail "vnet who prints on stderr: $(cat who.err)"
holds '.entity == $test and .mac == $mac and .manager == $manager and (.transaction | type) == "number"' probe "$test"
holds '.entity == $test and .sent == 4 and .answered == 4 and .loss == 0 and .rtt_ns.min > 0 and
    .rtt_ns.min <= .rtt_ns.median and .rtt_ns.median <= .rtt_ns.p99' ping "$test" -c 4 --interval 0
holds '.octets == 6 and .output == "hello" and .from == $test and .damaged == 0 and
    .sha256 == "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"' get hello
net_stop $up || net_fail "up ends with $?"
jq -e 'select(.event == "end") | .counters.requests > 5 and .counters.drop_checksum == 0 and .port.received > 5' up >/dev/null ||
    net_fail "the end of up: $(tail -n 1 up)"

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Messages of 4 MiB there and back, at three MTUs: over a cable, by way of a relay, and by way of one that loses frames.
# vnet ping compares what comes back with what it sent.
. "$(dirname "$0")/lib.sh"
net_begin "$@"
bin=${VSUITE_BIN:-$1}
vnet=$bin/vnet

# echo_large HOW COUNT
echo_large() {
    net_start right "$vnet" up -i v0 >"$net_tmp/up"
    up=$net_pid
    net_await "$net_tmp/up" '^ready '
    test=$(sed -n 's/^ready .* test=\([^ ]*\) .*/\1/p' "$net_tmp/up")
    net_in left "$vnet" ping "$test" -i v0 -c "$2" --interval 0 -q --size 4194304 --timeout 60s >"$net_tmp/ping" 2>&1 ||
        net_fail "$1: $(cat "$net_tmp/ping")"
    net_stop $up || net_fail "$1: up ends with $?"
    rm "$net_tmp/up"
}

hosts_go() {
    for host in left middle right; do
        ip netns del $host 2>/dev/null
    done
}

for mtu in 1500 9000 65535; do
    net_pair $mtu
    echo_large "cable, MTU $mtu" 3
    hosts_go
    net_relayed $mtu
    for loss in 0 1; do
        net_start middle "$bin/net-relay" --loss $loss --seed $mtu l0 r0 >"$net_tmp/relay"
        relay=$net_pid
        net_await "$net_tmp/relay" ready
        echo_large "relay, MTU $mtu, $loss % lost" $((3 + 5 * loss))
        net_stop $relay || net_fail "the relay ends with $?"
        lost=$(sed -n 's/^carried [0-9]* lost \([0-9]*\) .*/\1/p' "$net_tmp/relay")
        [ $loss -eq 0 ] || [ "$lost" -gt 0 ] || net_fail "the relay lost nothing: $(cat "$net_tmp/relay")"
        rm "$net_tmp/relay"
    done
    hosts_go
done

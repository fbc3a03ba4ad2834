#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# who: many nodes without test services are no reason to wait for each of them.
. "$(dirname "$0")/lib.sh"
net_begin "$@"
net_need timeout
vnet=${VSUITE_BIN:-$1}/vnet

net_pair
cd "$net_tmp" || exit 1
# Nodes that have no test service, and nobody who has one: all are asked at once, so it takes no longer for many.
nodes=
for n in 1 2 3 4 5 6 7 8; do
    net_start right "$vnet" ping 0123-4567-89ab-cd00 -i v0 -c 0 --interval 10s --timeout 100ms -q >/dev/null 2>&1
    nodes="$nodes $net_pid"
done
tries=0
until [ "$(net_in left "$vnet" who -i v0 --plain | wc -l)" -eq 9 ]; do
    tries=$((tries + 1))
    [ $tries -lt 50 ] || net_fail "eight nodes are not there: $(net_in left "$vnet" who -i v0 --plain)"
done
net_in left timeout 15 "$vnet" who -i v0 --timeout 2s >who 2>err || net_fail "who of nodes without a test service: $? $(cat err)"
[ "$(grep -c ' - ' who)" -eq 8 ] || net_fail "who shows: $(cat who)"
for node in $nodes; do
    kill $node
    wait $node
done
exit 0

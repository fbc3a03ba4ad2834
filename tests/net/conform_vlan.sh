#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# vconform through a VLAN: on interfaces of the VLAN where the kernel has them, and with tags of its own, which a switch takes off in front
# of the node.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/support/conform.sh"
conform_begin "$@"
cases="header/ manager/probe service/ packets/response-sizes client/plain client/response-sizes"

net_relayed
cd "$net_tmp" || exit 1
conform_pixit

net_start right "$bin/vnet" up -i v0 >node 2>&1
node=$net_pid
net_await node ready
net_start middle "$bin/net-vlan_port" l0 r0 5 >port 2>&1
port=$net_pid
net_await port ready

net_in left timeout 250 "$bin/vconform" -i v0 --vlan 5 --peer "$net_right" --pixit pixit --report tagged -q $cases >out 2>&1 ||
    net_fail "with tags: $(conform_said out)"
tail -n 1 out
jq -e '.verdict == "PASS" and ([.cases[] | select(.verdict == "PASS")] | length > 60)' tagged/results.json >/dev/null ||
    net_fail "with tags: too little was tried"
"$bin/vconform" check tagged/header-words.pcapng --peer "$net_right" >check || net_fail "check: $(cat check)"

# Without a tag, and with another one, nothing gets through.
for vlan in "" "--vlan 6"; do
    net_in left timeout 60 "$bin/vconform" -i v0 $vlan --peer "$net_right" -q header/words >out 2>&1
    [ $? -eq 3 ] || net_fail "vconform $vlan reaches the node: $(cat out)"
done
for vlan in 0 4095 five; do
    net_in left "$bin/vconform" -i v0 --vlan $vlan --peer "$net_right" -q header/words >out 2>&1
    [ $? -eq 2 ] || net_fail "--vlan $vlan is taken: $(cat out)"
done
net_stop $port
grep -q '^carried [1-9][0-9]*, refused [1-9]' port || net_fail "the switch says $(cat port)"
net_stop $node

if ! net_in left ip link add link v0 name v0.5 type vlan id 5 2>/dev/null; then
    echo "the kernel has no interfaces of VLANs: those were not tried"
    exit 0
fi
net_host direct
net_cable left w0 02:00:00:00:00:03 direct w0 02:00:00:00:00:04 1500
for host in left direct; do
    net_in $host ip link add link w0 name w0.5 type vlan id 5
    net_in $host ip link set w0.5 up
done
net_start direct "$bin/vnet" up -i w0.5 >node 2>&1
node=$net_pid
net_await node ready
net_in left timeout 250 "$bin/vconform" -i w0.5 --peer 02:00:00:00:00:04 --pixit pixit -q $cases >out 2>&1 || net_fail "on interfaces of a VLAN: $(conform_said out)"
tail -n 1 out
net_stop $node
exit 0

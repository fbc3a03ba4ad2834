#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# VMTP-2.1-02: another EtherType, if the operator wants one; nodes with different ones do not hear each other.
. "$(dirname "$0")/lib.sh"
net_begin "$@"
vnet=${VSUITE_BIN:-$1}/vnet

net_pair
cd "$net_tmp" || exit 1
net_start right "$vnet" up -i v0 --ethertype 0x88b5 >up
up=$net_pid
net_await up '^ready '
test=$(sed -n 's/^ready .* test=\([^ ]*\) .*/\1/p' up)

net_in left "$vnet" ping "$test" -i v0 -c 1 -q --timeout 200ms >out 2>&1 && net_fail "ping with the usual EtherType: $(cat out)"
for type in 0x88b5 88B5; do
    net_in left "$vnet" ping "$test" -i v0 -c 3 -q --ethertype $type --pcap ping.pcapng >out || net_fail "ping with $type: $(cat out)"
done
again=$(sed -n 's/^3 sent.* \([0-9]*\) retransmissions.*/\1/p' out) # of a client that had to wait for the processor
[ "$("$vnet" trace -r ping.pcapng --ethertype 0x88b5 | grep -c TestNull)" -eq $((3 + again)) ] || net_fail "trace shows not all of the capture"
[ -z "$("$vnet" trace -r ping.pcapng)" ] || net_fail "trace shows frames of another EtherType"
kill -INT $up
wait $up || net_fail "up ends with $?"

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Wireshark reads what the pcapng wrapper wrote: every packet, with its EtherType, direction and time.
. "$(dirname "$0")/lib.sh"
net_begin "$@"
net_need tshark
bin=${VSUITE_BIN:-$1}
file=$net_tmp/burst.pcapng

net_pair
net_start right "$bin/net-exchange" echo v0 >"$net_tmp/echo"
net_await "$net_tmp/echo" ready
before=$(date +%s)
net_in left "$bin/net-exchange" burst v0 $net_right 50 "$file" >"$net_tmp/burst" || net_fail "burst"
grep -qx 'sent 50 received 50 different 50' "$net_tmp/burst" || net_fail "$(cat "$net_tmp/burst")"

fields() { # without those that are sent last, from an entity of their own
    tshark -r "$file" -Y "($1) && !(frame[14:8] == 00:00:00:00:00:00:30:00)" -T fields -e frame.number 2>"$net_tmp/tshark" | wc -l
}
[ "$(fields frame)" -eq 100 ] || net_fail "tshark sees $(fields frame) of 100 frames; $(cat "$net_tmp/tshark")"
[ "$(fields 'eth.type == 0x805b')" -eq 100 ] || net_fail "EtherType"
[ "$(fields "eth.src == $net_left && eth.dst == $net_right && frame.packet_flags_direction == 2")" -eq 50 ] || net_fail "sent frames"
[ "$(fields "eth.dst == $net_left && eth.src == $net_right && frame.packet_flags_direction == 1")" -eq 50 ] || net_fail "received frames"
[ "$(fields 'frame.len == 82')" -eq 34 ] || net_fail "lengths"
tshark -r "$file" -T fields -e frame.time_epoch 2>/dev/null | awk -v before="$before" -v now="$(date +%s)" '
    $1 < before - 1 || $1 > now + 1 { exit 1 } END { exit NR < 100 }' || net_fail "times are not of today"
! tshark -r "$file" -V 2>&1 | grep -i 'malformed\|damaged\|corrupt' || net_fail "tshark complains"

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The bad cable carries everything when it is told to be good, and spoils its share when not.
. "$(dirname "$0")/lib.sh"
net_begin "$@"
bin=${VSUITE_BIN:-$1}

net_relayed
net_start right "$bin/net-exchange" echo v0 >"$net_tmp/echo"
net_await "$net_tmp/echo" ready

# try RELAY-OPTIONS: 1000 packets through the relay; sets received and different
try() {
    net_start middle "$bin/net-relay" "$@" l0 r0 >"$net_tmp/relay"
    net_await "$net_tmp/relay" ready
    net_in left "$bin/net-exchange" burst v0 $net_right 1000 >"$net_tmp/burst" || net_fail "burst"
    net_stop "$net_pid" || net_fail "relay ended with an error"
    rm "$net_tmp/relay"
    read -r _ _ _ received _ different <"$net_tmp/burst"
}

try
[ "$received" -eq 1000 ] && [ "$different" -eq 1000 ] || net_fail "good cable: $(cat "$net_tmp/burst")"
# 10 % each way: 810 expected, five standard deviations are 62
try --loss 10 --seed 7
[ "$different" -ge 748 ] && [ "$different" -le 872 ] && [ "$received" -eq "$different" ] || net_fail "loss: $(cat "$net_tmp/burst")"
# 10 % each way: 1210 expected
try --duplicate 10 --seed 7
[ "$received" -ge 1130 ] && [ "$received" -le 1290 ] && [ "$different" -eq 1000 ] || net_fail "duplication: $(cat "$net_tmp/burst")"
try --delay 50 2000 --seed 7
[ "$received" -eq 1000 ] && [ "$different" -eq 1000 ] || net_fail "delay: $(cat "$net_tmp/burst")"

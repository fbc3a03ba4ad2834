#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A capture that does not fit on its disk: the command does its work, and says at the end what is wrong with the capture.
. "$(dirname "$0")/lib.sh"
net_begin "$@"
vnet=${VSUITE_BIN:-$1}/vnet

net_pair
cd "$net_tmp" || exit 1
mkdir small && mount -t tmpfs -o size=16k tmpfs small || net_fail "cannot mount a small file system"
net_start right "$vnet" up -i v0 --pcap whole.pcapng >up
up=$net_pid
net_await up '^ready '
test=$(sed -n 's/^ready .* test=\([^ ]*\) .*/\1/p' up)

# complains COMMAND...: it fails with one line on stderr, which names the capture and the reason
complains() {
    rm -f small/*
    net_in left "$vnet" "$@" >out 2>err
    got=$?
    [ $got -eq 1 ] || net_fail "vnet $*: exit code $got instead of 1: $(cat err)"
    [ "$(wc -l <err)" -eq 1 ] && grep -q 'small/capture.*: No space left on device' err || net_fail "vnet $*: $(cat err)"
}
complains ping "$test" -i v0 -c 20 --interval 0 --size 1400 --pcap small/capture
grep -q '20 answer' out || net_fail "ping did not go on: $(cat out)"
kill -INT $up
wait $up || net_fail "up with room for its capture ends with $?"

# Too late to notice before the end: what is left in a buffer finds no room.
rm -f small/*
net_start right "$vnet" up -i v0 --pcap small/capture >up 2>up.err
up=$net_pid
net_await up '^ready '
head -c 20000 /dev/zero >small/fill 2>/dev/null
test=$(sed -n 's/^ready .* test=\([^ ]*\) .*/\1/p' up)
net_in left "$vnet" ping "$test" -i v0 -c 5 --interval 0 --size 1400 -q >out || net_fail "a node without room for its capture"
kill -INT $up
wait $up
[ $? -eq 1 ] && [ "$(wc -l <up.err)" -eq 1 ] && grep -q 'small/capture.*: No space left' up.err || net_fail "up: $(cat up.err)"

complains trace -r whole.pcapng --pcap small/capture
complains trace -r whole.pcapng --pcap small/capture --json
net_in left "$vnet" trace -r whole.pcapng --pcap /dev/full 2>err
[ $? -eq 1 ] && grep -q 'cannot write /dev/full: No space left' err || net_fail "trace --pcap /dev/full: $(cat err)"
"$vnet" trace -r whole.pcapng -c 3 --pcap small/capture >out || net_fail "trace of three packets"

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What is on the cable, counted by a listener that is not ours: a null transaction is two frames, 8 KiB 1 + 8, 16 KiB 1 + 16
# at MTU 1500, and nothing is sent before or after that is not needed.
. "$(dirname "$0")/lib.sh"
net_begin "$@"
net_need tcpdump
vnet=${VSUITE_BIN:-$1}/vnet
[ -x "$vnet" ] || net_fail "no $vnet"
net_pair 1500
mkdir $net_tmp/files
head -c 8192 /dev/zero >$net_tmp/files/eight
head -c 16384 /dev/zero >$net_tmp/files/sixteen

net_start left "$vnet" up -i v0 --files $net_tmp/files >$net_tmp/up
net_await $net_tmp/up ready
entity=$(sed -n 's/.*test=\([0-9a-f-]*\).*/\1/p' $net_tmp/up)

# Everything on the cable, whatever its type, until the listener is stopped.
listen() {
    net_start right tcpdump --immediate-mode -Z root -i v0 -U -w $net_tmp/cable.pcap 2>$net_tmp/listener
    listener=$net_pid
    net_await $net_tmp/listener listening
}

# Waits until the listener has written all that was on the cable before now: it has when it has written a last frame, to nobody.
net_last=02:00:00:00:00:99
await_last() {
    net_start right "${vnet%/*}/net-exchange" burst v0 $net_last 1 >/dev/null 2>&1
    net_tries=0
    until tcpdump -r $net_tmp/cable.pcap ether dst $net_last 2>/dev/null | grep -q .; do
        net_tries=$((net_tries + 1))
        [ $net_tries -lt 3000 ] || net_fail "the listener hears nothing: $(cat $net_tmp/listener)"
        sleep 0.01
    done
    kill $net_pid
    wait $net_pid 2>/dev/null
}

# The frames of the transactions themselves: finding identifiers and the node is counted apart.
count() {
    await_last
    net_stop $listener
    tcpdump -r $net_tmp/cable.pcap -w $net_tmp/heard.pcap not ether dst $net_last 2>/dev/null
    tcpdump -r $net_tmp/heard.pcap -e -n 2>/dev/null | grep '^[0-9]' >$net_tmp/lines
    all=$(wc -l <$net_tmp/lines)
    "$vnet" trace -r $net_tmp/heard.pcap >$net_tmp/trace
    management=$(grep -c 'Probe\|client [0-9a-f-]*08 server' $net_tmp/trace)
    others=$(grep -vc '0x805b' $net_tmp/lines)
}

# measure COMMAND...: counts the frames of a command, during which no timer ran out because the machine was busy with something else
measure() {
    times=0
    while
        listen
        "$@" >/dev/null || net_fail "$*: exit code $?"
        count
        grep -v Probe $net_tmp/trace | grep -q ' retransmit '
    do
        times=$((times + 1))
        [ $times -lt 20 ] || net_fail "$*: each time something is sent twice: $(cat $net_tmp/trace)"
    done
}

expect() { # what, frames
    [ "$others" = 0 ] || net_fail "$1: $others frames that are not VMTP: $(grep -v 0x805b $net_tmp/lines)"
    [ $((all - management)) = "$2" ] || {
        cat $net_tmp/trace
        net_fail "$1: $((all - management)) frames, not $2"
    }
    echo "$1: $2 frames"
}

measure net_in right "$vnet" ping "$entity" -i v0 -c 1
expect "null transaction" 2
for what in "eight 9" "sixteen 17"; do
    set -- $what
    measure net_in right "$vnet" get "$1" --from "$entity" -i v0 -q -o $net_tmp/out
    # One null-sized transaction (FILE_STAT: 2 frames), then the read.
    expect "get $1, with its stat" $(($2 + 2))
done

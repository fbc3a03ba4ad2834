#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Directories on one file are killed again and again while clients register: nothing that was acknowledged is lost.   NAME-9-01
# Two directories share the file; usually one of them is killed, and both in every fourth round.
. "$(dirname "$0")/lib.sh"
net_begin "$@"
bin=${VSUITE_BIN:-$1}
rounds=25
[ -z "$VSUITE_FULL" ] || rounds=1000
net_bridged server one two
file=$net_tmp/names
cd "$net_tmp" || exit 1

up() { # number
    : >"out$1"
    net_start server "$bin/vnet" directory -i v0 --sqlite "$file" --patience 1s >"out$1" 2>>"err$1"
    eval "node$1=$net_pid"
}
down() {
    eval "kill -9 \$node$1" || net_fail "directory $1 had gone: $(cat "err$1")"
    eval "wait \$node$1" 2>/dev/null
    : # what killed it is no failure
}

up 0 && up 1
net_await out0 '^ready ' err0 && net_await out1 '^ready ' err1
for client in one two; do
    net_start $client "$bin/directory-load" -i v0 -t 60000 load $client 3600 $client.state >$client.out 2>&1
    eval "$client=$net_pid"
    net_await $client.out '^ready'
done
round=0
while [ $round -lt $rounds ]; do
    victim=$((round % 2))
    # Some time for Registers to be anywhere: none, or up to a third of a second.
    sleep "0.$(printf %03d $((round * 7919 % 331)))"
    down $victim
    [ $((round % 4)) -ne 3 ] || { down $((1 - victim)) && up $((1 - victim)); }
    up $victim
    net_await "out$victim" '^ready ' "err$victim"
    round=$((round + 1))
done
for client in one two; do
    eval "net_stop \$$client" || net_fail "the client on $client: $(cat $client.out)"
    grep -q '^operations=.* errors=0 wrong=0 ' $client.out || net_fail "the client on $client: $(cat $client.out)"
    [ "$(sed -n 's/.*prefixes=\([0-9]*\).*/\1/p' $client.out)" -gt $((rounds / 2)) ] || net_fail "no load: $(cat $client.out)"
done

# What the file holds now, told by those who are up, and by one that is started anew.
down 0
down 1
up 0
net_await out0 '^ready ' err0
directory=$(sed -n 's/^ready directory=\([^ ]*\) .*/\1/p' out0)
for client in one two; do
    net_in $client "$bin/directory-load" -i v0 -d "$directory" verify $client $client.state >verify ||
        net_fail "after $rounds kills: $(cat verify)"
done
grep -hv 'the store ' err0 err1 && net_fail "the directories complain"
net_stop "$node0" || net_fail "the directory ends with $?: $(cat err0)"
grep -q '^lookup ' out0 || net_fail "it has counted nothing: $(cat out0)"
echo "$rounds rounds: $(tail -n 1 one.out), $(tail -n 1 two.out)"

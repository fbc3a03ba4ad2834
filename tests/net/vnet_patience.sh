#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Silence: what get does until its timeout has passed, and what is said about why there is no answer.
. "$(dirname "$0")/lib.sh"
net_begin "$@"
vnet=${VSUITE_BIN:-$1}/vnet

net_pair
cd "$net_tmp" || exit 1
mkdir files
truncate -s 400000000 files/large
net_start right "$vnet" up -i v0 --files files >up 2>&1
up=$net_pid
net_await up '^ready '
test=$(sed -n 's/^ready .* test=\([^ ]*\) .*/\1/p' up)
here() { net_in left env VNET_INTERFACE=v0 "$vnet" "$@"; }

# silence TIMEOUT: a get is under way, and its node stands still.  A busy machine may look too late: then once more.
silence() {
    times=0
    while :; do
        net_start left "$vnet" get large -i v0 --from "$test" --quiet --window 1 --timeout "$1" >get 2>&1
        get=$net_pid
        tries=0
        until [ -e large ] || ls -A | grep -q vnet-; do
            tries=$((tries + 1))
            [ $tries -lt 1000 ] || net_fail "get does not begin: $(cat get)"
            sleep 0.01
        done
        kill -STOP $up
        [ -z "$(find . -maxdepth 1 -name '.vnet-*' -size -200M)" ] || break # half of it cannot come any more
        times=$((times + 1))
        [ $times -lt 20 ] || net_fail "too late $times times"
        kill -CONT $up
        wait $get || net_fail "get ends with $?: $(cat get)"
        rm large
    done
}

# A node that says nothing for 1.5 seconds, longer than all retransmissions of a transaction take, does not end a get.
silence 20s
sleep 1.5
kill -CONT $up
wait $get || net_fail "get ends with $? after a pause: $(cat get)"
cmp -s large files/large || net_fail "get brought other octets"
rm large

# It ends when nothing has come for --timeout.
silence 1200ms
wait $get
[ $? -eq 1 ] && [ "$(wc -l <get)" -eq 1 ] && grep -q "no answer from $test within 1.2 s" get || net_fail "get of a node that stopped: $(cat get)"
ls -A | grep -q vnet- && net_fail "a temporary file was left"
kill -CONT $up

# An entity that accepts nothing: the client of the node's own, which comes before its test service.
last=$(printf %s "$test" | tail -c 2)
client=${test%??}$(printf %02x $((0x$last - 1)))
here ping "$client" -c 1 --timeout 600ms >ping 2>err && net_fail "an answer from an entity that accepts nothing"
grep -q '1: no answer: USER_TIMEOUT (the node says that it is busy)' ping || net_fail "ping of a busy entity: $(cat ping err)"
grep -q 'the node is there and says that it is busy' err || net_fail "ping of a busy entity: $(cat err)"
here get large --from "$client" --timeout 600ms 2>err && net_fail "a file from an entity that accepts nothing"
grep -q "no answer from $client within .*: its node is there and says that it is busy" err || net_fail "get from a busy entity: $(cat err)"

# Two nodes want one identifier.
rival=0123-4567-89ab-cd00
net_start right "$vnet" up -i v0 --entity $rival >rival 2>&1
holder=$net_pid
net_await rival '^ready .*test=0123-4567-89ab-cd00'
here up --entity $rival >out 2>err
[ $? -eq 1 ] && [ ! -s out ] && [ "$(wc -l <err)" -eq 1 ] && grep -q "$rival is in use: the node at $net_right has it" err ||
    net_fail "an identifier that is in use: $(cat err)"
net_stop $holder || net_fail "up with an identifier ends with $?"
net_start left "$vnet" up -i v0 --entity $rival >rival 2>&1
net_await rival '^ready .*test=0123-4567-89ab-cd00'
net_stop $net_pid

# Unequal MTUs: small packets pass, large ones do not.
net_in right ip link set v0 mtu 1000
here ping "$test" -c 1 -q >ping 2>&1 || net_fail "ping without a segment: $(cat ping)"
here ping "$test" -c 1 -q --size 8000 >ping 2>err && net_fail "large packets pass"
grep -q 'same MTU' err || net_fail "ping with large packets: $(cat err)"
net_in right ip link set v0 mtu 1500
net_in left ip link set v0 mtu 1000
here get large --from "$test" --timeout 1s --quiet >out 2>err && net_fail "large packets pass"
grep -q 'same MTU' err || net_fail "get with large packets: $(cat err)"
net_stop $up || net_fail "up ends with $?"

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# More packets than a reader takes: trace shows every packet of a burst, and says when it had no room for some.
. "$(dirname "$0")/lib.sh"
net_begin "$@"
net_need mkfifo
vnet=${VSUITE_BIN:-$1}/vnet

net_pair
cd "$net_tmp" || exit 1
net_start right "$vnet" up -i v0 >up 2>&1
up=$net_pid
net_await up '^ready '
test=$(sed -n 's/^ready .* test=\([^ ]*\) .*/\1/p' up)

# listens FILE: ping until a trace shows something
listens() {
    tries=0
    until grep -q 'Response OK' "$1"; do
        net_in left "$vnet" ping "$test" -i v0 -c 1 -q >ping || net_fail "ping"
        tries=$((tries + 1))
        [ $tries -lt 500 ] || net_fail "the trace shows nothing: $(cat "$1")"
        sleep 0.01
    done
}

# About 5000 packets while it cannot run: all of them wait in its buffer.
net_start right "$vnet" trace -i v0 --pcap live.pcap >live 2>err
trace=$net_pid
listens live
kill -STOP $trace
net_in left "$vnet" ping "$test" -i v0 -c 150 --interval 0 --size 16384 -q --timeout 10s --pcap burst.pcapng >ping ||
    net_fail "ping: $(cat ping)"
kill -CONT $trace
last=$("$vnet" trace -r burst.pcapng | grep -c 'TestEcho')
tries=0
until [ "$(grep -c TestEcho live)" -ge "$last" ]; do
    tries=$((tries + 1))
    [ $tries -lt 1000 ] || net_fail "of $last packets only $(grep -c TestEcho live) are shown"
    sleep 0.01
done
kill -INT $trace
wait $trace || net_fail "trace ends with $?: $(cat err)"
[ ! -s err ] || net_fail "trace of what fits into its buffer: $(cat err)"
[ "$("$vnet" trace -r live.pcap | grep -c TestEcho)" -ge "$last" ] || net_fail "--pcap lacks packets"

# Many more than it has room for.
for capture in "" "--pcap lost.pcap"; do
    rm -f live
    net_start right "$vnet" trace -i v0 $capture >live 2>err
    trace=$net_pid
    listens live
    kill -STOP $trace
    net_in left "$vnet" ping "$test" -i v0 -c 1000 --interval 0 --size 16384 -q --timeout 10s >ping || net_fail "ping: $(cat ping)"
    kill -CONT $trace
    kill -INT $trace
    wait $trace
    code=$?
    grep -q '^vnet trace: [1-9][0-9]* packets were lost' err && [ "$(wc -l <err)" -eq 1 ] || net_fail "losses: $(cat err)"
    expected=0
    [ "$capture" ] && expected=1
    [ $code -eq $expected ] || net_fail "trace $capture ends with $code"
done
net_stop $up || net_fail "up ends with $?"

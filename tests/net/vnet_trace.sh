#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Nothing unneeded is sent: packets of transactions counted in captures, and read back by vnet trace and tshark.
. "$(dirname "$0")/lib.sh"
net_begin "$@"
vnet=${VSUITE_BIN:-$1}/vnet

net_pair
cd "$net_tmp" || exit 1
net_start right "$vnet" up -i v0 --pcap up.pcapng >up
up=$net_pid
net_await up '^ready '
test=$(sed -n 's/^ready .* test=\([^ ]*\) .*/\1/p' up)
net_start right "$vnet" trace -i v0 --pcap live.pcap >live 2>&1
trace=$net_pid
tries=0
until grep -q 'Response OK' live; do # it listens when it shows something
    net_in left "$vnet" ping "$test" -i v0 -c 1 -q >ping || net_fail "ping"
    tries=$((tries + 1))
    [ $tries -lt 500 ] || net_fail "the live trace shows nothing: $(cat live)"
    sleep 0.01
done

# transactions SIZE COUNT: how many test Requests and Responses of how many packets
transactions() {
    for try in $(seq 50); do # a machine that stops for 20 ms makes a client ask again
        net_in left "$vnet" ping "$test" -i v0 -c "$2" --interval 0 --size "$1" -q --timeout 10s --pcap ping.pcapng >ping ||
            net_fail "ping --size $1"
        grep -q ' 0 retransmissions' ping && break
        [ "$try" -lt 50 ] || net_fail "there are always retransmissions: $(cat ping)"
    done
    "$vnet" trace -r ping.pcapng --json >packets
    requests=$(grep -c '"function":"request".*"name":"Test' packets)
    responses=$(grep -c "\"function\":\"response\",\"client\":\"[^\"]*\",\"server\":\"$test\"" packets)
}
transactions 0 10
[ "$requests" -eq 10 ] && [ "$responses" -eq 10 ] || net_fail "null: $requests and $responses packets for 10 transactions"
transactions 8192 5
[ "$requests" -eq 40 ] && [ "$responses" -eq 40 ] || net_fail "8 KiB echo: $requests and $responses packets for 5 transactions"
transactions 16384 5
[ "$requests" -eq 80 ] && [ "$responses" -eq 80 ] || net_fail "16 KiB echo: $requests and $responses packets for 5 transactions"

"$vnet" trace -r ping.pcapng >text || net_fail "trace -r"
grep -q "^ *0\.000000 .* > 09:00:56:00:01:00 " text || net_fail "trace prints: $(head -n 3 text)"
grep -q 'Request TestEcho' text && grep -q 'Response OK' text || net_fail "trace prints: $(head -n 20 text)"
[ "$("$vnet" trace -r ping.pcapng -c 3 | wc -l)" -eq 3 ] || net_fail "trace --count"

kill -INT $trace $up
wait $trace || net_fail "trace ends with $?"
wait $up || net_fail "up ends with $?"
"$vnet" trace -r live.pcap >again || net_fail "trace of what trace wrote"
cmp -s live again || net_fail "the live trace and that of its capture differ"
grep -q 'Request TestNull' live || net_fail "the live trace has no null transaction"
"$vnet" trace -r up.pcapng >text || net_fail "trace of what up wrote"
[ "$(wc -l <text)" -ge 270 ] || net_fail "the capture of up has only $(wc -l <text) packets"

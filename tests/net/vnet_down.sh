#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A node outlives its interface being down, more than once, and ends when the interface is gone.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/support/patience.sh"
net_begin "$@"
vnet=${VSUITE_BIN:-$1}/vnet

net_pair
cd "$net_tmp" || exit 1
net_start right "$vnet" up -i v0 >up 2>err
up=$net_pid
net_await up '^ready '
test=$(sed -n 's/^ready .* test=\([^ ]*\) .*/\1/p' up)

# await_count N TEXT: stderr has N lines with TEXT
await_count() {
    tries=0
    while [ "$(grep -c "$2" err)" -ne "$1" ]; do
        tries=$((tries + 1))
        [ $tries -lt 1000 ] || net_fail "not $1 times \"$2\": $(cat err)"
        sleep 0.01
    done
}
for n in 1 2 3; do
    net_in right ip link set v0 down
    await_count $n 'interface v0 is down: waiting'
    net_in right ip link set v0 up
    await_count $n 'interface v0 is up again'
    net_up right v0
    net_up left v0
    net_in left "$vnet" ping "$test" -i v0 -c 20 --interval 0 -q >ping 2>&1 || net_fail "ping: $(cat ping)"
    patient who 'grep -q "$test" who' net_in left "$vnet" who -i v0 || net_fail "who: $(cat who who.err)" # multicast too
done
[ "$(wc -l <err)" -eq 6 ] || net_fail "not once each: $(cat err)"

# A signal ends the waiting.
net_in right ip link set v0 down
await_count 4 'interface v0 is down: waiting'
net_stop $up || net_fail "up ends with $? while it waits"
grep -q '^requests  *[0-9]' up || net_fail "up prints no counters: $(cat up)"

net_in right ip link set v0 up
net_up right v0
net_start right "$vnet" up -i v0 >up 2>err
up=$net_pid
net_await up '^ready '
net_in right ip link delete v0
wait $up
[ $? -eq 1 ] && grep -q 'interface v0 is down or gone' err || net_fail "up without its interface: $(cat err)"

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# vconform behind a switch, which sends on what is for an address to wherever that has spoken last: one node passes, and where two stations answer
# as one, or as the tester, it says so, and tries nothing.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/support/conform.sh"
conform_begin "$@"

net_bridged left right third
cd "$net_tmp" || exit 1
echo "TS4 1500" >pixit

# node HOST OPTION...
node() {
    host=$1
    shift
    net_start $host "$bin/vnet" up -i v0 --ts4 1500ms "$@" >$host 2>&1
    net_await $host ready
}

# says EXIT TEXT OPTION...
says() {
    wanted=$1 text=$2
    shift 2
    net_in left timeout 100 "$bin/vconform" -i v0 --pixit pixit -q "$@" >out 2>err
    code=$?
    [ $code -eq "$wanted" ] || net_fail "$*: exit $code: $(conform_said out) $(cat err)"
    grep -q "$text" out err || net_fail "$*: it does not say '$text': $(conform_said out) $(cat err)"
    [ ! -s err ] || [ "$(wc -l <err)" -eq 1 ] || net_fail "$*: it takes more than a line: $(cat err)"
    [ $code -eq 0 ] || [ ! -s out ] || net_fail "$*: something was tried: $(conform_said out)"
}

entity=0123-4567-89ab-cd41
node right --entity $entity
right=$net_pid
says 0 '[1-9] PASS' --peer "$net_right" header/ manager/
says 3 "peer has the tester's own address" --peer "$net_left" header/

# Another node beside it is nobody's business, as long as it does not say that it is the same, or the tester.
node third
third=$net_pid
says 0 '[1-9] PASS' --peer "$net_right" header/
net_stop $third
net_in third ip link set v0 address "$net_left"
node third
third=$net_pid
says 3 "another station has the tester's address $net_left" --peer "$net_right" header/
net_stop $third
net_in third ip link set v0 address "$net_right"
node third
third=$net_pid
says 3 "two stations or programs answer as $net_right, with managers " --peer "$net_right" header/
says 3 "two stations or programs answer as $net_right, with managers " --entity $entity header/
net_stop $third

# A node looks whether somebody else has its identifier: here the cable was out then.
net_in third ip link set v0 address 02:00:00:00:00:03
net_in switch ip link set p3 down
node third --entity $entity
net_in switch ip link set p3 up
net_up third v0
until net_in switch ip -d -o link show p3 | grep -q "state forwarding"; do sleep 0.01; done
says 3 "two stations answer for entity $entity, $net_right and 02:00:00:00:00:03" --peer "$net_right" header/
net_stop $net_pid
net_stop $right
exit 0

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# vconform behind a switch, which sends on what is for an address to wherever that has spoken last: one node passes, and where two stations answer
# as one, or as the tester, it says so, and tries nothing.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/support/conform.sh"
conform_begin "$@"

net_bridged left right third
cd "$net_tmp" || exit 1
conform_pixit "TS4 1500"

# node HOST OPTION...
node() {
    host=$1
    shift
    net_start $host "$bin/vnet" up -i v0 --ts4 1500ms "$@" >$host 2>&1
    net_await $host ready
}

# says EXIT TEXT OPTION...: in one line, and nothing is tried unless all is well
says() {
    conform_says "$@"
    [ ! -s err ] || [ "$(wc -l <err)" -eq 1 ] || net_fail "$*: it takes more than a line: $(cat err)"
    [ "$1" -eq 0 ] || [ ! -s out ] || net_fail "$*: something was tried: $(conform_said out)"
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
net_forwards 3
says 3 "two stations answer for entity $entity, $net_right and 02:00:00:00:00:03" --peer "$net_right" header/
net_stop $net_pid
net_stop $right
exit 0

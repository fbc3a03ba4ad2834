#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A node is killed, or the interface goes away, in the middle of each command: it ends by itself, says why, and leaves nothing behind.
. "$(dirname "$0")/lib.sh"
net_begin "$@"
vnet=${VSUITE_BIN:-$1}/vnet

cd "$net_tmp" || exit 1
mkdir files
truncate -s 400000000 files/large

# cable: two hosts, and a node on the right one that serves files
cable() {
    ip netns del left 2>/dev/null
    ip netns del right 2>/dev/null
    net_pair
    net_start right "$vnet" up -i v0 --files files >up 2>&1
    up=$net_pid
    net_await up '^ready '
    test=$(sed -n 's/^ready .* test=\([^ ]*\) .*/\1/p' up)
}

# begun COMMAND: until it is under way
begun() {
    case $1 in
    ping) net_await out '^3: ' err ;;
    stat) net_await out . err ;;
    *)
        tries=0
        until [ -e large ] || ls -A | grep -q "vnet-\|captured"; do
            tries=$((tries + 1))
            [ $tries -lt 1000 ] || net_fail "vnet $1 does not begin: $(cat out err)"
            sleep 0.01
        done
        ;;
    esac
}
# late COMMAND: it is over, or so far that it may need the node no more
late() {
    case $1 in
    ping) grep -q '^20: ' out ;;
    get) [ -z "$(find . -maxdepth 1 -name '.vnet-*' -size -200M)" ] ;;
    *) false ;;
    esac
}

# ends BREAK COMMAND ARGUMENTS...: begins a command, breaks when it is under way, and looks how it ends
ends() {
    break=$1 times=0
    shift
    # Once it is under way the node stands still.  A busy machine may look too late: then once more.
    while rm -f out err; do
        net_start left timeout 30 "$vnet" "$@" -i v0 >out 2>err </dev/null
        command=$net_pid
        begun "$1"
        kill -STOP $up
        late "$1" || break
        times=$((times + 1))
        [ $times -lt 20 ] || net_fail "vnet $*: too late $times times"
        kill -CONT $up
        wait $command || net_fail "vnet $* ended early: $(cat out err)"
        rm -f large
    done
    case $break in
    node) kill -KILL $up ;;
    cable) net_in left ip link delete v0 ;;
    esac
    wait $command
    got=$?
    [ $break = node ] && wait $up 2>/dev/null
    [ $got -eq 1 ] || net_fail "vnet $*, $break broken: exit code $got: $(cat out err)"
    [ "$(wc -l <err)" -le 2 ] || net_fail "vnet $*, $break broken: more than two lines: $(cat err)"
    [ -s err ] || grep -q "no answer" out || net_fail "vnet $*, $break broken: no reason: $(cat out)"
    ls -A | grep -q vnet- && net_fail "vnet $*, $break broken: a temporary file was left"
    [ $break = node ] || kill -KILL $up 2>/dev/null
    wait $up 2>/dev/null
    return 0
}

for break in node cable; do
    cable
    ends $break ping "$test" -c 20 --interval 100ms --timeout 200ms
    cable
    ends $break get large --from "$test" --window 1 --timeout 1s --quiet
    cable
    ends $break stat "$test" --watch 10ms --timeout 1s
done
# Nobody is needed for these, but the interface is.
cable
ends cable trace --pcap captured

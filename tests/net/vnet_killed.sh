#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A node is killed, or the interface goes away, in the middle of each command: it ends by itself, says why, and leaves nothing behind.
. "$(dirname "$0")/lib.sh"
net_begin "$@"
vnet=${VSUITE_BIN:-$1}/vnet

cd "$net_tmp" || exit 1
mkdir files
head -c 400000000 /dev/zero >files/large

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

# ends BREAK FILE TEXT ARGUMENTS...: begins a command, waits for TEXT in FILE (or a file of that name), breaks, and looks how it ends
ends() {
    break=$1 file=$2 text=$3
    shift 3
    rm -f out err
    net_start left timeout 30 "$vnet" "$@" -i v0 >out 2>err </dev/null
    command=$net_pid
    if [ "$file" = here ]; then
        until ls -A | grep -q "$text"; do
            kill -0 $command 2>/dev/null || net_fail "vnet $* ended early: $(cat out err)"
        done
    else
        net_await "$file" "$text"
    fi
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
    ends $break out '^3: ' ping "$test" -c 20 --interval 100ms --timeout 200ms
    cable
    ends $break here vnet- get large --from "$test" --window 1 --timeout 1s --quiet
    cable
    ends $break out . stat "$test" --watch 10ms --timeout 300ms
done
# Nobody is needed for these, but the interface is.
cable
ends cable here captured trace --pcap captured

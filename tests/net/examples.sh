#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The examples: each server is asked by each client, ends on a signal, and says so when its interface goes down.
. "$(dirname "$0")/lib.sh"
net_begin "$@"
bin=${VSUITE_BIN:-$1}
entity=0000-0000-ec40-0100
net_pair

servers="server epoll_loop"
[ -x "$bin/example_uv_loop" ] && servers="$servers uv_loop"
for name in $servers client; do # without an interface: how they are called
    "$bin/example_$name" 2>"$net_tmp/usage"
    [ $? -eq 2 ] && grep -q "^usage: $name INTERFACE" "$net_tmp/usage" || net_fail "$name without arguments: $(cat "$net_tmp/usage")"
done
for name in $servers; do
    net_start right "$bin/example_$name" v0 >"$net_tmp/$name" 2>&1
    net_await "$net_tmp/$name" '^serving'

    answer=$(net_in left "$bin/example_client" v0) || net_fail "client, asking $name"
    [ "$answer" = hello ] || net_fail "$name answers '$answer'"
    answer=$(net_in left "$bin/example_client" v0 $entity "some text") || net_fail "client with a text, asking $name"
    [ "$answer" = "some text" ] || net_fail "$name answers '$answer'"
    answer=$(net_in left "$bin/example_epoll_loop" v0 $entity | sort | tr '\n' ' ') || net_fail "epoll_loop, asking $name"
    [ "$answer" = "call 0 call 1 call 2 " ] || net_fail "$name answers '$answer' to epoll_loop"

    net_stop $net_pid || net_fail "$name ends with $?"

    net_start right "$bin/example_$name" v0 >"$net_tmp/$name.down" 2>&1
    net_await "$net_tmp/$name.down" '^serving'
    net_in right ip link set v0 down
    net_await "$net_tmp/$name.down" 'down or gone'
    wait $net_pid && net_fail "$name ends with 0 though its interface is down"
    net_in right ip link set v0 up
    net_up right v0
    net_up left v0
done

net_in left "$bin/example_client" v0 2>"$net_tmp/nobody" && net_fail "an answer from nobody"
grep -q 'no answer: RETRANS_TIMEOUT' "$net_tmp/nobody" || net_fail "client says: $(cat "$net_tmp/nobody")"
net_in left "$bin/example_client" v9 2>"$net_tmp/v9" && net_fail "an interface that is not there"
grep -q "'v9'" "$net_tmp/v9" || net_fail "client says: $(cat "$net_tmp/v9")"
exit 0

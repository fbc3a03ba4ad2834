#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The examples of names: a manager, a client that knows a name, and a manager that takes over.
. "$(dirname "$0")/lib.sh"
net_begin "$@"
bin=${VSUITE_BIN:-$1}
net_pair
cd "$net_tmp" || exit 1
unset V_NAMES V_CONTEXT

for name in name_manager name_client; do
    "$bin/example_$name" 2>usage
    [ $? -eq 2 ] && grep -q "^usage: $name INTERFACE" usage || net_fail "$name without arguments: $(cat usage)"
done
net_in left "$bin/example_name_client" v0 /greetings/Bob 2>err && net_fail "an answer from nobody"
grep -q '/greetings/Bob: nobody answers' err || net_fail "name_client says: $(cat err)"
for round in 1 2; do
    net_start right "$bin/example_name_manager" v0 >manager 2>&1
    net_await manager '^holding /greetings'
    answers=$(net_in left "$bin/example_name_client" v0 /greetings/Bob "/greetings/you all" | tr '\n' ' ') || net_fail "round $round"
    [ "$answers" = "hello Bob hello you all " ] || net_fail "round $round: $answers"
    net_in left "$bin/example_name_client" v0 /greetings 2>err && net_fail "it greets nobody"
    grep -q '/greetings: no such name' err || net_fail "name_client says: $(cat err)"
    net_stop $net_pid || net_fail "name_manager ends with $?: $(cat manager)"
done
net_start right "$bin/example_name_manager" v0 /a/b >manager 2>&1
net_await manager '^holding /a/b'
[ "$(net_in left "$bin/example_name_client" v0 /a/b/c)" = "hello c" ] || net_fail "another prefix"
net_stop $net_pid || net_fail "name_manager ends with $?: $(cat manager)"

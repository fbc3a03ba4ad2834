#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# migrate: an entity goes from one host to another while a third one calls it.
. "$(dirname "$0")/lib.sh"
net_begin "$@"
net_need jq
vnet=${VSUITE_BIN:-$1}/vnet

net_bridged one two three
cd "$net_tmp" || exit 1
from=02:00:00:00:00:01
to=02:00:00:00:00:02
net_start one "$vnet" up -i v0 >first
first=$net_pid
net_start two "$vnet" up -i v0 >second
second=$net_pid
net_await first ready
net_await second ready

# A busy machine may begin the move so late that the call in hand is answered before: then once more.
times=0
until net_in three "$vnet" migrate $from $to -i v0 -c 2 --interval 1ms >out 2>err || net_fail "migrate: $(cat out err)"
    ! grep -q "^3: .*, from $from (answered before it moved)\$" out; do
    times=$((times + 1))
    [ $times -lt 20 ] || net_fail "too late $times times"
done
[ "$(grep -c "^[12]: .*, from $from\$" out)" -eq 2 ] || net_fail "calls before: $(cat out)"
grep -q "^3: .*, from $to (in hand when it moved)\$" out || net_fail "the call in hand: $(cat out)"
[ "$(grep -c "^[45]: .*, from $to\$" out)" -eq 2 ] || net_fail "calls after: $(cat out)"
tail -n 1 out | grep -q ": $from to $to, [1-9][0-9]* octets in .*; 5 calls, 5 answered\$" || net_fail "summary: $(cat out)"
[ ! -s err ] || net_fail "migrate prints on stderr: $(cat err)"

# Again, and back: the entities are gone, so there is room.
for round in 1 2 3; do
    net_in three "$vnet" migrate $to $from -i v0 -c 1 --interval 1ms --json >out 2>err || net_fail "migrate --json: $(cat out err)"
    jq -e --arg from $to --arg to $from '.moved and .from == $from and .to == $to and .sent == 3 and .answered == 3 and
        .octets > 0 and .took_ns > 0' out >/dev/null || net_fail "migrate --json: $(cat out)"
done

# Who falls asleep in the middle, so that the call in hand is answered before the move has begun, goes on.
: >out
net_start three "$vnet" migrate $from $to -i v0 -c 2 --interval 1ms >out 2>err
until grep -q '^2: ' out; do :; done
kill -STOP $net_pid
sleep 0.3
kill -CONT $net_pid
wait $net_pid || net_fail "migrate that slept ends with $?: $(cat out err)"
tail -n 1 out | grep -q '; 5 calls, 5 answered$' || net_fail "migrate that slept: $(cat out err)"
grep -q "^3: .*, from $from (answered before it moved)\$" out || grep -q "^3: .*, from $to (in hand when it moved)\$" out ||
    net_fail "migrate that slept: $(cat out)"

# What cannot be is said.
net_in three "$vnet" migrate $from $from -i v0 >out 2>err
[ $? -eq 2 ] && grep -q 'the same' err && [ "$(wc -l <err)" -eq 1 ] || net_fail "migrate to the same node: $(cat out err)"
net_in three "$vnet" migrate $from 02:00:00:00:00:09 -i v0 --timeout 300ms >out 2>err && net_fail "migrate to nowhere"
grep -q 'no test service answers at 02:00:00:00:00:09' err || net_fail "migrate to nowhere: $(cat err)"
net_stop $second
net_stop $first

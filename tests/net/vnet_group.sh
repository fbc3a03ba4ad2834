#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# group: made on one host, joined on another, seen by all; and the interfaces hear the group's Ethernet address as long as it has
# members there.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/support/patience.sh"
net_begin "$@"
net_need jq
vnet=${VSUITE_BIN:-$1}/vnet

net_bridged one two three
cd "$net_tmp" || exit 1
net_start one "$vnet" group create -i v0 --unrestricted --json >first
first=$net_pid
net_await first ready
group=$(jq -r 'select(.event == "ready").group' first)
a=$(jq -r 'select(.event == "ready").test' first)
net_start two "$vnet" group join "$group" -i v0 --permissions 0x0a >second
second=$net_pid
net_await second ready
b=$(sed -n 's/.* test=\([^ ]*\) .*/\1/p' second)
grep -q " group=$group\$" second || net_fail "join prints: $(cat second)"
net_start three "$vnet" up -i v0 >third
third=$net_pid
net_await third ready

# The Ethernet address of a group: 09:00:56 and its low bits (spec/vmtp.md section 2.3).
mac=$(echo "$group" | tr -d - | sed 's/.*\(......\)$/\1/')
heard() {
    net_in "$1" cat /proc/net/dev_mcast | awk '$2 == "v0" { print $5 }' | sort
}
for host in one two; do
    heard $host | grep -qi "^0900" || net_fail "$host hears no group: $(heard $host)"
    [ "$(heard $host)" != "$(heard three)" ] || net_fail "$host hears what three hears: $(heard $host)"
done
[ "$(heard one)" = "$(heard two)" ] || net_fail "members hear different addresses: $(heard one), $(heard two)"
heard one | grep -q "$mac\$" || net_fail "$group is not heard: $(heard one)"

patient query '[ "$(wc -l <query)" -eq 3 ]' net_in three "$vnet" group query "$group" -i v0 && grep -q "^02:00:00:00:00:01 .* $a\$" query && grep -q "^02:00:00:00:00:02 .* $b\$" query ||
    net_fail "query shows: $(cat query query.err)"
patient query '[ "$(wc -l <query)" -eq 2 ]' net_in three "$vnet" group query "$group" -i v0 --json || net_fail "query --json: $(cat query)"
jq -se --arg group "$group" --arg a "$a" --arg b "$b" 'length == 2 and all(.[]; .group == $group and .count == 1) and
    .[0].members == [$a] and .[1].members == [$b]' query >/dev/null || net_fail "query --json: $(cat query)"

# Every member answers with its own name, and whoever is no member does not.
patient ping '[ "$(wc -l <ping)" -ge 9 ]' net_in three "$vnet" ping "$group" -i v0 -c 3 --interval 0 || net_fail "ping: $(cat ping ping.err)"
[ "$(grep -c "^[123]: $a at 02:00:00:00:00:01: " ping)" -eq 3 ] && [ "$(grep -c "^[123]: $b at 02:00:00:00:00:02: " ping)" -eq 3 ] &&
    grep -q "^02:00:00:00:00:01 .*$a  *3/3 .* OK\$" ping && grep -q "^02:00:00:00:00:02 .*$b  *3/3 .* OK\$" ping &&
    [ "$(wc -l <ping)" -eq 9 ] || net_fail "ping of a group: $(cat ping)"
patient ping '[ "$(wc -l <ping)" -ge 2 ]' net_in three "$vnet" ping "$group" -i v0 -c 2 --interval 0 --json || net_fail "ping --json: $(cat ping)"
jq -se --arg group "$group" --arg a "$a" --arg b "$b" 'length == 2 and all(.[]; .group == $group and .sent == 2 and .answered == 2 and
    .code == "OK" and .rtt_ns.min > 0 and .rtt_ns.min <= .rtt_ns.max) and .[0].member == $a and .[1].member == $b and
    .[1].mac == "02:00:00:00:00:02"' ping >/dev/null || net_fail "ping --json: $(cat ping)"

# A member that goes is forgotten with its address.
before=$(heard two | wc -l)
net_stop $second || net_fail "join ends with $?"
[ "$(heard two | wc -l)" -lt "$before" ] || net_fail "two goes on to hear the group: $(heard two)"
net_in three "$vnet" group query "$group" -i v0 | grep -q "$b" && net_fail "two is still a member"
net_stop $first
net_in three "$vnet" ping "$group" -i v0 -c 1 --timeout 200ms >ping 2>err && net_fail "ping of a group without members"
grep -q "no member of $group answered on v0" err && [ "$(wc -l <err)" -eq 1 ] || net_fail "ping: $(cat err)"
net_in three "$vnet" group query "$group" -i v0 --timeout 200ms >query 2>err && net_fail "query of a group without members"
grep -q "nobody on the segment of v0 has a member of $group" err && [ ! -s query ] || net_fail "query: $(cat query err)"
net_stop $third

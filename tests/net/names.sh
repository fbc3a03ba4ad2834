#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Names on three nodes: claim, resolve, a second claim, nested prefixes, a manager killed and started elsewhere, a directory that tells invalid
# names from unreachable managers, presence.
. "$(dirname "$0")/lib.sh"
net_begin "$@"
net_need jq
vnet=${VSUITE_BIN:-$1}/vnet
net_bridged one two three
cd "$net_tmp" || exit 1
unset V_NAMES V_CONTEXT
mkdir files files/sub
echo plan >files/plan

up() { # host, file for what it says, options
    net_on_up=$1 says=$2
    shift 2
    : >"$says"
    net_start "$net_on_up" "$vnet" up -i v0 --no-spin "$@" >"$says" 2>"$says.err"
}
held() { sed -n "s|^held $2 manager=\\([^ ]*\\) .*|\\1|p" "$1"; }
# resolve CODE WORDS NAME [OPTIONS]: exit code and the beginning of the last line
resolve() {
    code=$1 words=$2
    shift 2
    net_in three "$vnet" resolve "$@" -i v0 >out 2>err
    got=$?
    [ $got -eq "$code" ] && tail -n 1 out | grep -q "^$words" || net_fail "resolve $*: $got, not $code $words: $(cat out err)"
}
# surveyed LINES OPTIONS: names, which waits a second for managers. Who had to wait longer for the processor is missing: then once more.
surveyed() {
    lines=$1 times=0
    shift
    until net_in three "$vnet" names -i v0 "$@" >names 2>err && [ "$(wc -l <names)" -ge "$lines" ]; do
        times=$((times + 1))
        [ $times -lt 10 ] || net_fail "names $*: $(cat names err)"
    done
}
traced() { grep -q -- "$1" out || net_fail "the trace does not say $1: $(cat out)"; }
plain() { echo "$1" | tr -d -; }

# A manager with files, and an alias.
up one one.up --as /storage --alias /mail=/storage --files files
one=$net_pid
net_await one.up '^held /mail' && net_await one.up '^held /storage '
manager=$(held one.up /storage)
[ -n "$manager" ] || net_fail "up does not say what it holds: $(cat one.up)"
resolve 0 "found /storage manager=$manager prefix=/storage context=1 generation=1 is=context\$" /storage
resolve 0 "found /storage/plan manager=$manager prefix=/storage .* is=object\$" /storage/plan --trace
traced 'multicast QueryName' && traced " answer  .*manager=$manager" && traced 'operation sent' && traced ' response .*NAME_NOT_CONTEXT'
resolve 3 "invalid /storage/none manager=$manager\$" /storage/none
resolve 0 'found /storage/../plan .* is=NO_PERMISSION' /storage/../plan
resolve 0 "found /storage/plan manager=$manager" /mail/plan --trace
traced ' alias .*/mail is /storage'
resolve 5 'no-answer /nobody/x$' /nobody/x
net_in three "$vnet" resolve plan -i v0 >out 2>err
[ $? -eq 2 ] && grep -q 'is relative' err || net_fail "a relative name: $(cat out err)"

# What a program is handed down.
V_NAMES="1;/storage=$(plain "$manager"),1,1" V_CONTEXT="/storage=$(plain "$manager"),1"
export V_NAMES V_CONTEXT
resolve 0 "found /storage/plan manager=$manager" /storage/plan --trace
traced 'cache: known'
! grep -q multicast out || net_fail "it asks for what it knows: $(cat out)"
resolve 0 "found plan manager=$manager" plan
resolve 0 "found /storage/plan manager=$manager" /storage/plan --trace --fresh
traced 'multicast QueryName'

# A prefix below another: its coverer hands on what is not his.  A second claim is refused.
up two two.up --as /storage/sub --as /storage
two=$net_pid
net_await two.up '^held /storage/sub'
net_await two.up "^refused /storage manager=$manager "
sub=$(held two.up /storage/sub)
net_await one.up '^mounted /storage/sub '
resolve 0 "found /storage/sub manager=$sub" /storage/sub --trace
traced 'answered by another manager'
surveyed 4
awk -v a="$manager" -v b="$sub" '$1 == "/storage" && $2 == a && $5 == "-" { x++ } $1 == "/storage/sub" && $2 == b && $5 == "/storage" { x++ }
    $1 == "/mail" && $2 == a && /alias \/storage$/ { x++ } END { exit !(x == 3 && NR == 4) }' names || net_fail "names says: $(cat names)"
surveyed 3 --json
jq -se --arg a "$manager" --arg b "$sub" 'length == 3 and (.[0] | .prefix == "/mail" and .target == "/storage" and .flags == ["alias"]) and
    (.[1] | .prefix == "/storage" and .manager == $a and .context == 1 and .generation == 1) and (.[2] | .manager == $b and .below == "/storage")' \
    names >/dev/null || net_fail "names --json says: $(cat names)"

# Somebody watches while the manager is killed, and the one who was refused takes its place.
net_start three "$vnet" watch /storage -i v0 >watch 2>&1
watch=$net_pid
net_await watch "^appeared /storage manager=$manager prefix=/storage "
kill -9 "$one"
wait "$one" 2>/dev/null
net_await two.up '^held /storage '
again=$(held two.up /storage)
[ "$again" = "$sub" ] || net_fail "another manager: $(cat two.up)"
resolve 0 "found /storage manager=$again prefix=/storage " /storage --trace # V_NAMES still says the old one
traced 'cache: known' && traced 'manager silent\|stale' && traced 'multicast QueryName'
tries=0
until grep -q "^[a-z]* /storage manager=$again " watch; do
    tries=$((tries + 1))
    [ $tries -lt 1500 ] || net_fail "watch says: $(cat watch)"
    sleep 0.01
done
net_stop "$watch" || net_fail "watch ends with $?: $(cat watch)"

# Elsewhere again, with JSON.
kill -9 "$two"
wait "$two" 2>/dev/null
up one one.up --as /storage --json --files files
one=$net_pid
net_await one.up '"held"'
json=$(jq -r 'select(.event == "held" and .prefix == "/storage") | .manager' one.up)
net_in three "$vnet" resolve /storage/plan -i v0 --json --trace >out || net_fail "resolve --json: $(cat out)"
jq -se --arg m "$json" 'any(.[]; .event == "step" and .step == "multicast QueryName") and
    (.[-1] | .event == "end" and .verdict == "found" and .manager == $m and .is == "object" and .record.prefix == "/storage" and .multicasts == 1)' \
    out >/dev/null || net_fail "resolve --json says: $(cat out)"
net_in three "$vnet" watch /storage -i v0 --once --json >out || net_fail "watch --once: $(cat out)"
jq -e --arg m "$json" '.event == "appeared" and .name == "/storage" and .record.manager == $m' out >/dev/null || net_fail "watch: $(cat out)"
net_in three "$vnet" watch /nobody -i v0 --once --timeout 1500ms >out 2>err && net_fail "nobody has appeared"
grep -q '/nobody has not appeared within 1.5 s' err || net_fail "watch says: $(cat err)"
net_stop "$one" || net_fail "up ends with $?: $(cat one.up.err)"
unset V_NAMES V_CONTEXT
resolve 5 'no-answer /storage/plan' /storage/plan # it said goodbye, and there is no directory

# A directory tells what should be there.
net_start three "$vnet" directory -i v0 --sqlite names.db >directory 2>&1
directory=$net_pid
net_await directory '^ready '
up two two.up --as /reg --directory require --owner 0000-0000-0000-0777
two=$net_pid
net_await two.up '^held /reg '
manager=$(held two.up /reg)
asked() { net_in one "$vnet" names -i v0 "$@" >out 2>err || net_fail "names $*: $(cat out err)"; }
asked --registered --json
jq -se --arg m "$manager" 'length == 1 and (.[0] | .prefix == "/reg" and .manager == $m and .owner == "0000-0000-0000-0777" and
    (.flags | index("registered")))' out >/dev/null || net_fail "registered: $(cat out)"
net_in one "$vnet" resolve /reg -i v0 --directory-first --trace >out || net_fail "resolve --directory-first: $(cat out)"
traced 'directory: registered'
up one one.up --as /reg --directory require # another owner
rival=$net_pid
net_await one.up '^refused /reg '
net_stop "$rival" || net_fail "up ends with $?"
kill -9 "$two"
wait "$two" 2>/dev/null
for patience in 4s 20s; do # all of it passes; the directory is asked meanwhile
    net_in one "$vnet" resolve /reg/x -i v0 --timeout $patience --trace >out 2>&1
    code=$?
    [ $code -eq 5 ] || break
done
[ $code -eq 4 ] && tail -n 1 out | grep -q '^unreachable /reg/x' || net_fail "a registered manager that is down: $(cat out)"
net_in one "$vnet" resolve /none/x -i v0 >out 2>&1
[ $? -eq 3 ] && grep -q '^invalid /none/x$' out || net_fail "a name that nobody has registered: $(cat out)"
asked --forget /reg
grep -q '^forgotten /reg generation=1$' out || net_fail "forget: $(cat out)"
net_in one "$vnet" names -i v0 --forget /reg >out 2>&1 && net_fail "it forgets twice"
grep -q '/reg is not registered' out || net_fail "forget says: $(cat out)"
net_in one "$vnet" resolve /reg/x -i v0 >out 2>&1
[ $? -eq 3 ] || net_fail "a prefix that was forgotten: $(cat out)"
net_stop "$directory" || net_fail "the directory ends with $?"
net_in one "$vnet" names -i v0 >out 2>err && net_fail "names of nobody"
grep -q 'no manager of names answered' err || net_fail "names says: $(cat err)"
exit 0

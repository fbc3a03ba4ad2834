#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# UIO-9.6-04: the objects that every node of vnet up shows below its prefix: time, programs, log, with files beside them; the log after the node was killed.
. "$(dirname "$0")/lib.sh"
net_begin "$@"
net_need jq
vnet=${VSUITE_BIN:-$1}/vnet
net_pair
cd "$net_tmp" || exit 1
unset V_NAMES V_CONTEXT
mkdir -p docs/sub
echo "the plan" >docs/plan
echo "not to be seen" >docs/time

up() { # file for what it says, options
    says=$1
    shift
    : >"$says"
    net_start left "$vnet" up -i v0 --no-spin "$@" >"$says" 2>"$says.err"
}

# gives CODE TEXT COMMAND...: exit code, and one line on stderr with TEXT
gives() {
    code=$1 text=$2
    shift 2
    net_in right "$vnet" "$@" -i v0 >out 2>err </dev/null
    got=$?
    [ $got -eq "$code" ] || net_fail "vnet $*: exit code $got instead of $code: $(cat out err)"
    [ -z "$text" ] || grep -q -- "$text" err || net_fail "vnet $*: no \"$text\": $(cat err)"
}

up says --as /node --log node.vlog
node=$net_pid
net_await says '^held /node '
test=$(sed -n 's/^ready .* test=\([^ ]*\) .*/\1/p' says)
objects=$(sed -n 's/^held .* manager=\([^ ]*\) .*/\1/p' says)

gives 0 '' ls /node
printf 'log\npipe\nprograms\ntime\n' | cmp -s - out || net_fail "ls: $(cat out)"
gives 0 '' ls /node --json
jq -se 'map({(.name): .type}) | add == {log: "log", pipe: "directory", programs: "directory", time: "clock"}' out >/dev/null ||
    net_fail "ls --json: $(cat out)"
cp out says.list
# UIO-3.1-05: each has a number of its own, by whatever way it is asked for.
for name in log pipe programs time; do
    listed=$(grep "\"name\": *\"$name\"" says.list | sed 's/.*"number": *\([0-9]*\).*/\1/')
    gives 0 '' stat "/node/$name" --json
    [ -n "$listed" ] && grep -q "\"number\": *$listed[,}]" out || net_fail "$name is $listed in the list: $(cat out)"
    echo "$listed"
done >numbers
[ "$(sort -u numbers | wc -l)" -eq 4 ] || net_fail "two have one number: $(cat says.list)"

# The clock: two lines, of the time that it is.
before=$(date +%s)
gives 0 '' cat /node/time
after=$(date +%s)
grep -q "^$(date -u +%Y)-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]\{9\}Z\$" out || net_fail "time: $(cat out)"
seconds=$(sed -n 's/^\([0-9]*\)[0-9]\{9\}$/\1/p' out)
[ "$(wc -l <out)" -eq 2 ] && [ "$seconds" -ge "$before" ] && [ "$seconds" -le "$after" ] || net_fail "time: $(cat out)"

# The programs.
gives 0 '' ls /node/programs
printf '%s\n' "$test" "$objects" | sort | cmp -s - out || net_fail "ls programs: $(cat out)"
gives 0 '' cat "/node/programs/$objects"
grep -q "^entity: $objects\$" out && grep -q '^name: objects$' out && grep -q '^pid: [0-9]' out || net_fail "program: $(cat out)"
gives 0 '' cat "/node/programs/$test"
grep -q '^name: test service$' out || net_fail "program: $(cat out)"
gives 3 'there is no such name' cat /node/programs/0000-0000-0000-0001

# The log, over a kill: what was read is there still, and what happens then comes behind it.
gives 0 '' cat /node/log
cp out first
[ "$(wc -l <first)" -eq 2 ] && grep -q 'Z up$' first && grep -q 'Z held /node$' first || net_fail "log: $(cat first)"
seq 200 >lines
net_in right "$vnet" put /node/log -i v0 <lines 2>err || net_fail "put: $(cat err)"
cat lines >>first
kill -9 "$node"
wait "$node" 2>/dev/null
up says --as /node --log node.vlog --files docs
node=$net_pid
net_await says '^held /node '
gives 0 '' cat /node/log
head -n 202 out | cmp -s - first && [ "$(wc -l <out)" -eq 204 ] || net_fail "log after the kill: $(cat out)"
# Another node cannot have the same log.
net_in right "$vnet" up -i v0 --as /other --log node.vlog >out 2>err && net_fail "two nodes write one log"
grep -q 'node.vlog: another node writes it' err || net_fail "two nodes: $(cat err)"
echo 'no log at all, but something of forty octets' >strange
net_in right "$vnet" up -i v0 --as /other --log strange >out 2>err && net_fail "a file that is no log is one"
grep -q 'strange: there is a file that is no log' err || net_fail "no log: $(cat err)"

# With files beside: they are to be read only, and one that is called like an object of the node is not seen.
gives 0 '' ls /node
printf 'log\npipe\nplan\nprograms\nsub\ntime\n' | cmp -s - out || net_fail "ls with files: $(cat out)"
gives 0 '' cat /node/plan
grep -q '^the plan$' out || net_fail "a file: $(cat out)"
gives 0 '' cat /node/time
grep -q 'Z$' out || net_fail "time hidden: $(cat out)"
net_in right "$vnet" resolve /node/plan -i v0 >out || net_fail "resolve: $(cat out)"
grep -q 'is=object' out || net_fail "resolve: $(cat out)"
net_in right "$vnet" resolve /node/pipe -i v0 >out || net_fail "resolve: $(cat out)"
grep -q 'is=context' out || net_fail "resolve: $(cat out)"
net_stop "$node" || net_fail "up ends with $?: $(cat says.err)"
exit 0

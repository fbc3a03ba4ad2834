#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A pipe and a log of one host, used by two others.
. "$(dirname "$0")/lib.sh"
net_begin "$@"
vnet=${VSUITE_BIN:-$1}/vnet
net_bridged one two three
cd "$net_tmp" || exit 1
unset V_NAMES V_CONTEXT

: >says
net_start one "$vnet" up -i v0 --no-spin --as /node >says 2>err.up
node=$net_pid
net_await says '^held /node '

# put NAME on host two, with what is written to descriptor 3 as its input.  Nobody else may have that open: it would not end.
mkfifo words
begin_put() {
    net_start two sh -c 'exec "$0" put "$1" -i v0 <words' "$vnet" "$1" >put.out 2>put.err
    writer=$net_pid
    exec 3>words
}
await_name() { # until it can be seen
    tries=0
    until net_in three "$vnet" ls /node/pipe -i v0 2>/dev/null 3>&- | grep -q "^$1\$"; do
        tries=$((tries + 1))
        [ $tries -lt 1000 ] || net_fail "no pipe $1: $(cat put.err)"
        sleep 0.01
    done
}

# A pipe: what one writes the other reads, as it comes, until the first has gone.
begin_put /node/pipe/talk
await_name talk
net_start three "$vnet" cat /node/pipe/talk -i v0 >heard 2>cat.err 3>&-
reader=$net_pid
echo 'the first line' >&3
net_await heard '^the first line$'
echo 'the second line' >&3
net_await heard '^the second line$'
exec 3>&-
wait "$writer" || net_fail "put ends with $?: $(cat put.err)"
wait "$reader" || net_fail "cat ends with $?: $(cat cat.err)"
[ "$(wc -l <heard)" -eq 2 ] || net_fail "heard: $(cat heard)"
net_in three "$vnet" ls /node/pipe -i v0 >out && [ ! -s out ] || net_fail "a pipe is left: $(cat out)"

# Much of it.
head -c 3000001 /dev/urandom >large
begin_put /node/pipe/large
await_name large
net_start three "$vnet" cat /node/pipe/large -i v0 >copy 2>cat.err 3>&-
reader=$net_pid
cat large >&3
exec 3>&-
wait "$writer" || net_fail "put ends with $?: $(cat put.err)"
wait "$reader" || net_fail "cat ends with $?: $(cat cat.err)"
cmp large copy || net_fail "the copy is another"

# The end of it, of which no more is kept than that and as much again.
begin_put /node/pipe/much
await_name much
net_start three "$vnet" tail -n 2 /node/pipe/much -i v0 >heard 2>cat.err 3>&-
reader=$net_pid
seq 1000000 1800000 >&3
exec 3>&-
wait "$writer" || net_fail "put ends with $?: $(cat put.err)"
wait "$reader" || net_fail "tail ends with $?: $(cat cat.err)"
[ "$(cat heard)" = "$(printf '1799999\n1800000')" ] || net_fail "the end of the pipe: $(cat heard)"

# The reader goes away.
begin_put /node/pipe/broken
await_name broken
net_start three "$vnet" cat /node/pipe/broken -i v0 >heard 2>/dev/null 3>&-
reader=$net_pid
echo hello >&3
net_await heard hello
kill "$reader"
wait "$reader" # which tells the manager that it goes
echo 'does anybody hear me' >&3
wait "$writer"
[ $? -eq 1 ] && grep -q 'nobody is left who reads it' put.err || net_fail "put without a reader: $(cat put.err)"
exec 3>&-

# The log: followed by one while another writes it.
net_start three "$vnet" tail -n 1 -f /node/log -i v0 >heard 2>cat.err 3>&-
follower=$net_pid
net_await heard 'held /node$'
begin_put /node/log
echo 'a line for the log' >&3
net_await heard '^a line for the log$'
echo >&3
seq 300 >&3
exec 3>&-
wait "$writer" || net_fail "put ends with $?: $(cat put.err)"
net_await heard '^300$'
net_stop "$follower" || net_fail "tail -f ends with $?: $(cat cat.err)"
{ echo 'a line for the log'; echo; seq 300; } >expected
tail -n 302 heard | cmp -s - expected || net_fail "the log, followed: $(cat heard)"
net_in two "$vnet" cat /node/log -i v0 >out || net_fail "cat of the log"
tail -n 302 out | cmp -s - expected || net_fail "the log: $(cat out)"
net_in two "$vnet" tail -n 3 /node/log -i v0 >out || net_fail "tail of the log"
printf '298\n299\n300\n' | cmp -s - out || net_fail "the end of the log: $(cat out)"

# What cannot be.
gives() {
    code=$1 text=$2
    shift 2
    echo x | net_in two "$vnet" "$@" -i v0 >out 2>err
    got=$?
    [ $got -eq "$code" ] && grep -q -- "$text" err || net_fail "vnet $*: exit code $got: $(cat out err)"
}
gives 1 'cannot be written' put /node/time
gives 1 'is a directory' put /node
gives 3 'there is no such name' put /node/none
gives 5 'nobody on the segment' put /nobody/x
gives 2 'say which name' put
net_stop "$node" || net_fail "up ends with $?: $(cat err.up)"
exit 0

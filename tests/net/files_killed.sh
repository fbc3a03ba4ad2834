#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A manager is killed while a large file is copied from it or to it: the copy fails and says so, nothing that is not whole has the file's name, and a
# second copy goes on where the first one was.  With replicas it just goes on.      UIO-7-02 UIO-7-04 UIO-8-01 UIO-8-04 UIO-9.1-07
. "$(dirname "$0")/lib.sh"
net_begin "$@"
vnet=${VSUITE_BIN:-$1}/vnet
net_bridged one two three
cd "$net_tmp" || exit 1
unset V_NAMES V_CONTEXT
size=48 rounds=1
[ -z "$VSUITE_FULL" ] || size=100 rounds=5
mkdir served again here
head -c ${size}m /dev/urandom >served/large

serve() { # file for what it says, host, options
    says=$1 on=$2
    shift 2
    : >"$says"
    net_start "$on" "$vnet" serve "$@" -i v0 >"$says" 2>"$says.err"
}
# begin ARGUMENTS...: a copy in the background
begin() {
    net_start three timeout 60 "$vnet" cp "$@" --timeout 5s -i v0 >out 2>err </dev/null
    copy=$net_pid
}
# caught DIRECTORY SERVERS: once something of the file is there the servers stand still.  Whether it is less than half: then the rest cannot
# come before they go on.
caught() {
    until [ -e "$1/large" ] || [ -n "$(find "$1" -name '.large*.part' -size +1024k)" ]; do
        kill -0 "$copy" 2>/dev/null || [ -e "$1/large" ] || net_fail "nothing comes: $(cat err)"
    done
    kill -STOP $2
    [ ! -e "$1/large" ] && [ -n "$(find "$1" -name '.large*.part' -size -$((size / 2))M)" ]
}
# begin_some DIRECTORY SERVERS ARGUMENTS...: a copy that is under way and stays so, as its servers stand still.  A busy machine may look too
# late: then once more.
begin_some() {
    into=$1 servers=$2 times=0
    shift 2
    begin "$@"
    until caught $into "$servers"; do
        times=$((times + 1))
        [ $times -lt 20 ] || net_fail "too late $times times: more than half is there"
        kill -CONT $servers
        wait "$copy" || net_fail "too late: $? $(cat err)"
        rm $into/large
        begin "$@"
    done
}
# cut_off PID
cut_off() {
    kill -9 "$1"
    wait "$1" 2>/dev/null
}
# cut_off_reader: of the two that serve, the one that has the file open. The other goes on
cut_off_reader() {
    if ls -l /proc/$one/fd | grep -q large; then victim=$one left=$two; else victim=$two left=$one; fi
    cut_off $victim
    kill -CONT $left
}
# failed NAME: it said that its manager is silent, and where what has come is
failed() {
    wait "$copy"
    got=$?
    [ $got -eq 4 ] && head -n 1 err | grep -q "^vnet cp: $1: its manager does not answer any more" && [ "$(wc -l <err)" -le 2 ] ||
        net_fail "killed: exit code $got: $(cat err)"
    grep -q -- 'of .* are in .*\.part; --resume goes on' err || net_fail "killed: $(cat err)"
}
# finish ARGUMENTS...: the second one
finish() {
    net_in three timeout 60 "$vnet" cp "$@" --resume --checksum --json -i v0 >out 2>err || net_fail "resume: $(cat err)"
    resumed=$(sed 's/.*"resumed_at":\([0-9]*\).*/\1/' out)
    [ "$resumed" -gt 0 ] && grep -q "\"octets\":$((size * 1048576)),.*\"sha256\":\"$(sha256sum <served/large | cut -d' ' -f1)\"" out ||
        net_fail "resume: $(cat out)"
}

for round in $(seq $rounds); do
    # From it.
    serve says one served --as /served
    server=$net_pid
    net_await says '^held /served '
    begin_some here $server v:/served/large here
    cut_off $server
    failed /served/large
    [ ! -e here/large ] || net_fail "a file that is not whole has its name"
    serve says one served --as /served
    server=$net_pid
    net_await says '^held /served '
    finish v:/served/large here
    cmp served/large here/large || net_fail "what was resumed differs"
    net_stop $server || net_fail "serve ends with $?"

    # To it.
    serve says two again --as /again
    server=$net_pid
    net_await says '^held /again '
    begin_some again $server here/large v:/again
    cut_off $server
    failed /again/large
    [ ! -e again/large ] || net_fail "a file that is not whole has its name"
    serve says two again --as /again
    server=$net_pid
    net_await says '^held /again '
    # What has come is more than what can be under way, or there is nothing to be gone on with.
    if [ "$(find again -name '.large*.part' -size +2048k)" ]; then finish here/large v:/again; else net_in three "$vnet" cp here/large v:/again -i v0; fi
    cmp served/large again/large || net_fail "what was resumed there differs"
    net_stop $server || net_fail "serve ends with $?"
    find . -name '*.part' | grep . && net_fail "parts are left"

    # Interrupted: the same, without delay.
    serve says one served --as /served
    server=$net_pid
    net_await says '^held /served '
    rm here/large
    begin_some here $server v:/served/large here
    kill -INT $copy
    kill -CONT $server
    wait $copy
    [ $? -eq 1 ] && grep -q 'interrupted$' err && [ ! -e here/large ] || net_fail "interrupted: $(cat out err)"
    finish v:/served/large here
    cmp served/large here/large || net_fail "what was resumed after an interruption differs"
    # The file has become another one: what has come of the old one is of no use.
    rm here/large
    begin_some here $server v:/served/large here
    cut_off $server
    failed /served/large
    echo more >>served/large
    serve says one served --as /served
    server=$net_pid
    net_await says '^held /served '
    net_in three "$vnet" cp --resume --json v:/served/large here -i v0 >out 2>err || net_fail "another version: $(cat err)"
    grep -q '"resumed_at":0,' out || net_fail "it goes on with another version: $(cat out)"
    cmp served/large here/large || net_fail "another version differs"
    rm -f here/.large*.part here/large
    head -c ${size}m served/large >served/l && mv served/l served/large
    net_stop $server || net_fail "serve ends with $?"

    # Two that have the same.
    rm again/large
    cp served/large again/large
    serve first one served --as /both --read-only --group 4000-0000-0000-0100
    one=$net_pid
    serve second two again --as /both --read-only --group 4000-0000-0000-0100
    two=$net_pid
    net_await first '^held /both ' && net_await second '^held /both '
    begin_some here "$one $two" v:/both/large here
    cut_off_reader
    wait "$copy" || net_fail "with a replica: $? $(cat err)"
    [ ! -s err ] || net_fail "with a replica: $(cat err)"
    cmp served/large here/large || net_fail "with a replica: it differs"
    net_in three "$vnet" cp v:/both/large v:/both/x -i v0 >out 2>err && net_fail "replicas are written"
    net_stop $left || net_fail "serve ends with $?"

    # Two that do not have the same any more.
    rm here/large
    serve first one served --as /both --read-only --group 4000-0000-0000-0100
    one=$net_pid
    [ "$(head -c 1 again/large)" = x ] && other=y || other=x
    printf $other | dd of=again/large bs=1 conv=notrunc 2>/dev/null
    serve second two again --as /both --read-only --group 4000-0000-0000-0100
    two=$net_pid
    net_await first '^held /both ' && net_await second '^held /both '
    begin_some here "$one $two" v:/both/large here
    cut_off_reader
    wait "$copy"
    [ $? -eq 1 ] && grep -q 'another version' err && [ ! -e here/large ] || net_fail "replicas that differ: $(cat out err)"
    rm -f here/.large*.part again/large
    net_stop $left || net_fail "serve ends with $?"
done
exit 0

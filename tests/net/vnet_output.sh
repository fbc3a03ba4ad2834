#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Where output goes: what is no file is not replaced by one, and what cannot be written is said.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/support/patience.sh"
net_begin "$@"
net_need mkfifo
net_need jq
vnet=${VSUITE_BIN:-$1}/vnet

net_pair
cd "$net_tmp" || exit 1
mkdir files
echo hello >files/hello
odd=$(printf 'caf\351-\355\240\200') # Latin-1, and a surrogate: no UTF-8
cp files/hello "files/$odd"
net_start right "$vnet" up -i v0 --files files --remote-management >up
up=$net_pid
net_await up '^ready '
here() { net_in left env VNET_INTERFACE=v0 "$vnet" "$@"; }

# Devices, FIFOs and links to them stay what they are.
mkfifo fifo
mknod null c 1 3 2>/dev/null || ln -s /dev/null null
ln -s fifo link
ln -s nowhere dangling
for target in fifo null link dangling; do
    before=$(stat -c '%F %i' $target)
    here get hello -o $target >out 2>err && net_fail "get -o $target succeeds"
    [ "$(wc -l <err)" -eq 1 ] && grep -q "$target is not a regular file" err || net_fail "get -o $target: $(cat err)"
    [ "$(stat -c '%F %i' $target)" = "$before" ] || net_fail "$target is now $(stat -c %F $target)"
done
echo old >file
ln -s file regular
here get hello -o regular >out 2>err && grep -q hello regular || net_fail "get over a link to a file: $(cat err)"
here get hello -o - >out 2>err
[ $? -eq 2 ] && [ ! -s out ] && [ ! -e ./- ] && grep -q 'standard output' err || net_fail "get -o -: $(cat err)"

# JSON of names that are not UTF-8
here get "$odd" --json >out 2>err || net_fail "get of a name in Latin-1: $(cat err)"
jq -e --arg name 'caf�-���' '.file == $name and .output == $name and .octets == 6' out >/dev/null || net_fail "JSON: $(cat out)"
[ -e "$odd" ] || net_fail "the file has another name"

# Nothing is printed in vain.
for command in "who" "who --json" "get hello" "ping -c 1" "--help" "--version" "help get" "who --help"; do
    here $command >/dev/full 2>err
    code=$?
    if grep -q 'no node answered' err; then # the machine is busy
        here $command --timeout 10s >/dev/full 2>err
        code=$?
    fi
    [ $code -eq 1 ] && [ "$(wc -l <err)" -eq 1 ] && grep -q 'cannot write to the standard output: No space left' err ||
        net_fail "$command >/dev/full: $(cat err)"
done
net_in left timeout 20 "$vnet" up -i v0 >/dev/full 2>err
[ $? -eq 1 ] && [ "$(wc -l <err)" -eq 1 ] && grep -q 'cannot write' err || net_fail "up >/dev/full: $(cat err)"

# SIGHUP ends it as SIGTERM does, but not under nohup.
kill -HUP $up
wait $up || net_fail "up ends with $? on SIGHUP"
grep -q '^requests  *[0-9]' up || net_fail "up prints no counters on SIGHUP: $(cat up)"
(
    trap '' HUP
    net_start right "$vnet" up -i v0 >up.nohup
    echo $net_pid >nohup.pid
    wait $net_pid
) &
waiter=$!
net_await up.nohup '^ready ' && net_await nohup.pid '^[0-9]'
kill -HUP "$(cat nohup.pid)"
patient out true here who || net_fail "up under nohup has gone: $(cat out.err)"
kill "$(cat nohup.pid)"
wait $waiter
net_start right "$vnet" trace -i v0 >trace
trace=$net_pid
tries=0
until [ -s trace ]; do # it listens when it shows something
    here who --timeout 50ms >out 2>&1
    tries=$((tries + 1))
    [ $tries -lt 500 ] || net_fail "trace shows nothing"
done
kill -HUP $trace
wait $trace || net_fail "trace ends with $? on SIGHUP"

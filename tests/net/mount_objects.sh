#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Objects that are no files, at a mounted context: the clock, programs, a log, pipes, with the programs of every day.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/support/mount.sh"
mount_begin "$@"
net_need python3
mount_cable
net_start left "$vnet" up --as /storage -i v0 --no-spin >served 2>served.err
serve=$net_pid
net_await served '^held /storage '
mount_at "$mnt"
clock=$mnt/time; [ "$(within 60 find "$mnt" 2>said | grep -c "/time$")" = 1 ] && [ ! -s said ] || net_fail "no clock: $(cat said) $(find "$mnt")"
within 60 cat "$clock" >now || net_fail "the clock cannot be read"
head -n 1 now | grep -q '^20[0-9-]*T[0-9:]*\.[0-9]\{9\}Z\?$' && [ "$(wc -l <now)" = 2 ] || net_fail "the clock says: $(cat now)"
within 60 ls "$mnt/programs" >programs && [ -s programs ] || net_fail "no programs"
within 60 cat "$mnt/programs/$(head -n 1 programs)" | grep -q '^[a-z]*: ' || net_fail "a program says nothing"

# The number that the list tells is that of the object (UIO-3.1-05).
within 60 python3 -c 'import os, sys
for e in os.scandir(sys.argv[1]): print(e.name, e.inode())' "$mnt" | sort >listed
(cd "$mnt" && within 60 stat -c '%n %i' log pipe programs time) >asked || net_fail "no numbers"
cmp listed asked || net_fail "numbers: $(cat listed asked)"
[ "$(cut -d' ' -f2 asked | sort -u | wc -l)" = 4 ] || net_fail "two have one number: $(cat asked)"

# A log: each line that is appended is a record.
within 60 sh -c 'echo one >>"$1"; echo two >>"$1"; printf three >>"$1"' - "$mnt/log" || net_fail "the log cannot be written"
within 60 cat "$mnt/log" >log || net_fail "the log cannot be read"
grep -q one log && grep -q two log && grep -q three log || net_fail "the log says: $(cat log)"

# A pipe: who reads waits, gets everything in order, and then the end.
head -c 1000000 /dev/urandom >octets
{ within 300 cat octets >"$mnt/pipe/one" || echo "cannot write" >said; } &
writer=$!
net_tries=0
until [ -e "$mnt/pipe/one" ]; do
    net_tries=$((net_tries + 1))
    [ $net_tries -lt 6000 ] || net_fail "the pipe does not appear: $(cat said)"
    sleep 0.01
done
within 300 cat "$mnt/pipe/one" >came || net_fail "the pipe cannot be read"
wait $writer
cmp octets came || net_fail "something else came out of the pipe: $(cat said 2>&1)"

# Who waits for nothing can be interrupted.
exec 6>"$mnt/pipe/two"
cat "$mnt/pipe/two" >came 5<&- 6<&- &
reader=$!
echo text >&6
net_await came text
kill -INT $reader
kill -TERM $reader
within 60 tail --pid=$reader -f /dev/null
exec 6>&-
net_tries=0
until fusermount3 -u "$mnt" 2>said; do
    net_tries=$((net_tries + 1))
    [ $net_tries -lt 3000 ] || net_fail "cannot be unmounted: $(cat said)"
    sleep 0.02
done
wait "$mount" || net_fail "vnet mount ends with $?: $(cat "$mnt.err")"
exit 0

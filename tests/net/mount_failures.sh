#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A manager that is killed in the middle of what programs do at a mounted directory: each of them gets an error in time, none hangs; the manager
# comes back, and what still has a name goes on; a file with a lock does not.  Ends: fusermount3 -u, a signal, a manager that is gone.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/support/mount.sh"
mount_begin "$@"
mount_cable
mount_serve
mount_at "$mnt" --patience 3s --cache 100ms
one=$mount

error_of() { # EXPECTED COMMAND...: fails with this errno in words, without hanging
    expected=$1
    shift
    within 60 "$@" >said 2>&1 && net_fail "$* has worked: $(cat said)"
    grep -q "$expected" said || net_fail "$*: not $expected: $(cat said)"
}
again() { # COMMAND...: works after a while
    tries=0
    until within 60 "$@" >said 2>&1; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || net_fail "$*: $(cat said)"
        sleep 0.1
    done
}

head -c 8388608 /dev/urandom >"$store/file"
echo first >"$store/kept"
echo first >"$store/locked"
exec 5<"$mnt/kept" 6<>"$mnt/locked" 7<"$mnt/file" 8>"$mnt/appended"
flock -n 6 || net_fail "no lock"
echo gone >"$mnt/gone"
exec 9<"$mnt/gone"
rm "$mnt/gone"
[ "$(within 60 cat <&9)" = gone ] || net_fail "a file that was removed cannot be read"

# Readers and writers, as many as one likes, and then nobody answers.
pids=
for i in 1 2 3 4; do
    (while dd if="$mnt/file" of=/dev/null bs=64k iflag=direct; do :; done 2>"reader.$i") &
    pids="$pids $!"
    (while dd if="$store/file" of="$mnt/copy.$i" bs=64k; do :; done 2>"writer.$i") &
    pids="$pids $!"
done
(while ls -lR "$mnt" && touch "$mnt/new" && mv "$mnt/new" "$mnt/old" && rm "$mnt/old"; do :; done >/dev/null 2>names) &
pids="$pids $!"
net_tries=0
until [ -s "$store/copy.4" ]; do
    net_tries=$((net_tries + 1))
    [ $net_tries -lt 6000 ] || net_fail "nobody writes"
    sleep 0.01
done
kill -9 "$serve"
wait "$serve" 2>/dev/null
for pid in $pids; do
    within 120 tail --pid="$pid" -f /dev/null
done
for said in reader.1 reader.2 reader.3 reader.4 writer.1 writer.2 writer.3 writer.4 names; do
    grep -q 'Connection timed out\|Input/output error\|Stale file handle\|No such file' $said || net_fail "$said: $(cat $said)"
done
error_of 'Connection timed out' stat "$mnt/kept"
error_of 'Connection timed out' mkdir "$mnt/new"
error_of 'Connection timed out' df "$mnt"

# It is back, under the same name, and has none of the instances.
mount_serve
again ls "$mnt"
[ "$(within 60 cat <&5)" = first ] || net_fail "an open file cannot be read any more"
cmp - "$store/file" <&7 || net_fail "an open file is another"
echo more >&8 || net_fail "an open file cannot be written any more"
exec 8>&-
[ "$(cat "$store/appended")" = more ] || net_fail "what was written is not there"
error_of 'Input/output error' dd bs=5 count=1 status=none conv=notrunc iflag=direct <&6
exec 6>&-
again flock -n "$mnt/locked" cat "$mnt/locked"
exec 5<&- 7<&- 9<&-
echo again >"$mnt/again" && [ "$(cat "$store/again")" = again ] || net_fail "nothing can be written any more"

# What another makes of a name is something else to who has it open.
exec 5<"$mnt/kept"
kill -9 "$serve"
wait "$serve" 2>/dev/null
echo second >"$store/other" && mv "$store/other" "$store/kept"
mount_serve
again ls "$mnt"
error_of 'Stale file handle\|Input/output error' dd bs=5 count=1 status=none iflag=direct <&5
exec 5<&-
[ "$(cat "$mnt/kept")" = second ] || net_fail "the new file is not seen"

# An interface that goes down and comes up again.
net_in right ip link set v0 down
error_of 'Connection timed out\|Input/output error' stat "$mnt/again"
net_in right ip link set v0 up
again stat "$mnt/again"
grep -q 'v0 is down' "$mnt.err" || net_fail "it does not say that the interface is down"
: >"$mnt.err"
mount_end "$mnt" $one

# A signal, with a file open: programs are told, and the end is clean.
mount_at "$mnt" --patience 3s
exec 5<"$mnt/again" 6>"$mnt/behind"
head -c 3000000 "$store/file" >&6 || net_fail "cannot write"
net_stop "$mount" || net_fail "ended by a signal with $?: $(cat "$mnt.err")"
! mountpoint -q "$mnt" || net_fail "it is still mounted"
within 60 cat <&5 >said 2>&1 && net_fail "a file of nothing can be read"
exec 5<&- 6>&-
head -c 3000000 "$store/file" | cmp - "$store/behind" || net_fail "what was written before the signal is not there"

# While its manager is gone it can be unmounted, too.
mount_at "$mnt" --patience 3s
kill -9 "$serve"
wait "$serve" 2>/dev/null
error_of 'Connection timed out' stat "$mnt/again"
mount_end "$mnt" "$mount"

# A full disk: whoever writes is told, at the latest when he closes.
mkdir small && mount -t tmpfs -o size=2m tmpfs small || net_fail "no small disk"
large=$store store=$net_tmp/small
await_room() {
    net_tries=0
    until [ "$(stat -f -c %a small)" -gt 200 ]; do
        net_tries=$((net_tries + 1))
        [ $net_tries -lt 6000 ] || net_fail "what was removed is still there: $(df small)"
        sleep 0.01
    done
}
mount_serve
for option in --cache=1s --write-through; do
    mount_at "$mnt" $option
    error_of 'No space left on device' dd if="$large/file" of="$mnt/full" bs=64k
    error_of 'No space left on device' dd if="$large/file" of="$mnt/full" bs=4k conv=fsync
    rm "$mnt/full"
    await_room # until the last one that had it open is released, which nobody waits for
    head -c 100000 "$large/file" >"$mnt/fits" || net_fail "what fits cannot be written"
    cmp "$store/fits" <(head -c 100000 "$large/file") || net_fail "what fits differs"
    mount_end "$mnt" "$mount"
done

# Nothing to mount.
net_in right "$vnet" mount /nobody "$mnt" -i v0 --patience 2s >said 2>&1 && net_fail "it mounts what nobody has"
grep -q '/nobody: ' said || net_fail "it says: $(cat said)"
! mountpoint -q "$mnt" || net_fail "it is mounted"
exit 0

#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A file whose manager takes and gives one block at a time (UIO-6.1-11): vnet put, cat and tail, and programs at a mounted context.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/support/mount.sh"
mount_begin "$@"
mount_cable
net_start left "$VSUITE_BIN/net-uio-blocks" v0 /storage >held 2>held.err
net_await held '^held /storage'

at_right() { net_in right timeout 60 "$vnet" "$@" -i v0; }
seq 1 4000 >octets
at_right put /storage/file <octets || net_fail "it cannot be written"
at_right cat /storage/file | cmp - octets || net_fail "something else was written"
for lines in 3 300 5000; do
    tail -n $lines octets >wanted
    at_right tail -n $lines /storage/file | cmp - wanted || net_fail "the last $lines lines are others"
done

mount_at "$mnt"
file=$mnt/file
within 60 cmp "$file" octets || net_fail "something else is read at a mounted context"
within 60 dd if="$file" bs=1500 iflag=direct status=none | cmp - octets || net_fail "something else is read past the cache"
# Over the ends of blocks, written behind and at once.
for how in fsync sync; do
    head -c 8248 /dev/urandom >octets
    within 60 truncate -s 0 "$file" || net_fail "it cannot be made shorter"
    at=0
    for n in 2648 600 5000; do
        flags=conv=notrunc,fsync
        [ $how = fsync ] || flags="oflag=sync conv=notrunc"
        # shellcheck disable=SC2086
        tail -c +$((at + 1)) octets | head -c $n |
            within 60 dd of="$file" bs=$n count=1 iflag=fullblock seek=$at oflag=seek_bytes $flags status=none ||
            net_fail "$n octets at $at cannot be written ($how)"
        at=$((at + n))
    done
    at_right cat /storage/file | cmp - octets || net_fail "something else has been written ($how)"
done
mount_end "$mnt" "$mount"
exit 0

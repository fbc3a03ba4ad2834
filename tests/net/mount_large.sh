#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A large file goes to a mounted directory and comes back, with 1 % of the frames lost.  VSUITE_FULL=1: 1 GiB.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/support/mount.sh"
mount_begin "$@"
net_need openssl
mount_cable
mib=32
[ -z "$VSUITE_FULL" ] || mib=1024
# On disk: a full run has more than memory may hold.
disk=$(mktemp -d "${TMPDIR:-/tmp}/vsuite-large-XXXXXX") || net_fail "no room for files"
trap 'rm -rf "$disk"' EXIT
store=$disk
octets() { openssl enc -aes-128-ctr -nosalt -K 000102030405060708090a0b0c0d0e0f -iv 0 -in /dev/zero 2>/dev/null | head -c $((mib << 20)); }
sum=$(octets | sha256sum)
mount_serve
mount_at "$mnt"

octets | within 1800 dd of="$mnt/large" bs=1M iflag=fullblock conv=fsync 2>said || net_fail "dd: $(cat said)"
[ "$(stat -c %s "$store/large")" = $((mib << 20)) ] || net_fail "$(stat -c %s "$store/large") octets have arrived"
[ "$(sha256sum <"$store/large")" = "$sum" ] || net_fail "what arrived differs"
mount_end "$mnt" "$mount"
mount_at "$mnt" # knows nothing of it
[ "$(within 1800 dd if="$mnt/large" bs=1M 2>said | sha256sum)" = "$sum" ] || net_fail "what was read differs: $(cat said)"
[ "$(within 1800 dd if="$mnt/large" bs=64k iflag=direct 2>said | sha256sum)" = "$sum" ] || net_fail "what was read past the cache differs"

# Pieces in the middle, of odd sizes.
for at in 1 511 512 4095 65535 65537 1048575 20000001; do
    [ "$(within 300 dd if="$mnt/large" bs=1 skip=$at count=3 status=none | sha256sum)" = "$(dd if="$store/large" bs=1 skip=$at count=3 status=none | sha256sum)" ] ||
        net_fail "three octets at $at differ"
    printf 'abc' | within 300 dd of="$mnt/large" bs=1 seek=$at conv=notrunc status=none || net_fail "cannot write at $at"
done
cmp "$mnt/large" "$store/large" || net_fail "after writing in the middle they differ"
# A hole, and a file made shorter and longer.
within 300 truncate -s 100 "$mnt/large" && within 300 truncate -s 200000 "$mnt/large" || net_fail "truncate"
cmp "$mnt/large" "$store/large" && [ "$(tail -c +101 "$mnt/large" | tr -d '\0' | wc -c)" = 0 ] || net_fail "there is something where nothing should be"
mount_end "$mnt" "$mount"
exit 0

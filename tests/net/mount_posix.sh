#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A mounted directory behaves as POSIX says (files.c), a second mount of it sees what the first does, and reading only is reading only.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/support/mount.sh"
mount_begin "$@"
mount_cable
mkdir mine
within 60 "$VSUITE_BIN/net-files" mine mine >said 2>&1 || net_skip "a local directory does not either: $(cat said)"
mount_serve
mount_at "$mnt"
one=$mount
mount_at "$mnt.two"
two=$mount
[ -z "$VSUITE_FULL" ] || rounds=5
for _ in $(seq ${rounds:-1}); do
    within 600 "$VSUITE_BIN/net-files" "$mnt" "$mnt.two" >said 2>&1 || net_fail "$(cat said)"
done
mount_end "$mnt" $one
mount_at "$mnt" --write-through
one=$mount
within 600 "$VSUITE_BIN/net-files" "$mnt" "$mnt.two" >said 2>&1 || net_fail "$(cat said)"
[ -z "$(ls -A "$store")" ] || net_fail "left: $(ls -A "$store")"
within 60 mkfifo "$mnt/pipe" 2>said && net_fail "a pipe of this system is made there"
grep -q 'Operation not permitted' said || net_fail "mkfifo: $(cat said)"
within 60 touch "$mnt"/$'\xff\xfe' 2>said && net_fail "a name that is no UTF-8 is taken"
grep -q 'Invalid or incomplete multibyte' said || net_fail "touch: $(cat said)"
deep=$mnt
for _ in 1 2 3 4 5 6; do # names have 1024 octets at most
    deep=$deep/$(printf '%0200d' 0)
    within 60 mkdir "$deep" 2>said || break
done
grep -q 'File name too long' said || net_fail "mkdir: $(cat said)"
rm -r "$mnt"/0*
mount_end "$mnt" $one
mount_end "$mnt.two" $two

# Reading only, wherever that is said.
echo text >"$store/file"
reads_only() {
    [ "$(cat "$mnt/file")" = text ] || net_fail "cannot be read"
    for what in "touch $mnt/new" "rm $mnt/file" "mkdir $mnt/dir" "truncate -s 0 $mnt/file" "chmod 600 $mnt/file" "mv $mnt/file $mnt/other"; do
        within 60 $what >said 2>&1 && net_fail "$what works"
        grep -q 'Read-only file system' said || net_fail "$what: $(cat said)"
    done
}
mount_at "$mnt" --read-only
reads_only
mount_end "$mnt" "$mount"
net_stop "$serve"
mount_serve --read-only
mount_at "$mnt" --json
jq -e --arg d "$mnt" '.event == "mounted" and .name == "/storage" and .directory == $d' "$mnt.out" >/dev/null || net_fail "--json: $(cat "$mnt.out")"
reads_only
mount_end "$mnt" "$mount"

# A context below the prefix; behind the caller's back; everything mine.
net_stop "$serve"
mkdir -p "$store/sub/below"
echo deep >"$store/sub/below/deep"
chown 1234:1234 "$store/sub/below/deep" 2>/dev/null || echo "owners cannot be told apart here" >&2
mount_serve
net_in right "$vnet" mount /storage/sub/ "$mnt" -i v0 --background --mine >said 2>&1 </dev/null || net_fail "--background: $(cat said)"
grep -q "^mounted /storage/sub on " said || net_fail "--background says: $(cat said)"
[ "$(cat "$mnt/below/deep")" = deep ] && [ "$(stat -c %u "$mnt/below/deep")" = "$(id -u)" ] || net_fail "$(ls -l "$mnt/below")"
fusermount3 -u "$mnt" || net_fail "cannot be unmounted"
net_in right "$vnet" mount /storage/sub/below/deep "$mnt" -i v0 >said 2>&1 && net_fail "a file can be mounted"
grep -q 'is no context' said || net_fail "it says: $(cat said)"
exit 0

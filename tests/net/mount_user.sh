#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Without root: a user who may send packets (CAP_NET_RAW) mounts by fusermount3; and all of it in a user namespace, where the user is root.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/support/mount.sh"
here=$(cd "$(dirname "$0")" && pwd)
net_need setpriv

# Reads and writes as somebody, and ends both ways.
is_good() { # DIR PID WHO...
    dir=$1 pid=$2
    shift 2
    net_tries=0
    "$@" sh -c 'echo text >"$1/new" && [ "$(cat "$1/new")" = text ] && chmod 600 "$1/new" && mv "$1/new" "$1/old" && ln -s old "$1/link" && ls -l "$1" >/dev/null' - "$dir" ||
        net_fail "cannot be used: $dir"
    [ "$("$@" stat -c %u:%g "$dir/old")" = "$("$@" id -u):$("$@" id -g)" ] || net_fail "it belongs to $("$@" stat -c %u:%g "$dir/old")"
    "$@" fusermount3 -u "$dir" || net_fail "cannot be unmounted by its user"
    wait "$pid" || net_fail "vnet mount ends with $?: $(cat "$dir.err")"
    ! mountpoint -q "$dir" || net_fail "$dir is still mounted"
}

if [ -n "$VSUITE_AS_USER" ]; then # the second part, again from the beginning, as a user
    mount_begin "$@"
    [ "$(awk 'NR == 1 { print $3 }' /proc/self/uid_map)" = 1 ] || net_fail "this is no user namespace"
    net_pair
    mount_serve
    mount_at "$mnt"
    is_good "$mnt" "$mount" env
    mount_at "$mnt"
    net_stop "$mount" || net_fail "ended by a signal with $?: $(cat "$mnt.err")"
    ! mountpoint -q "$mnt" || net_fail "it is still mounted"
    echo "in a user namespace: good"
    exit 0
fi

mount_begin "$@"
id -u nobody >/dev/null 2>&1 || net_skip "no user nobody"
user="setpriv --reuid=$(id -u nobody) --regid=$(id -g nobody) --clear-groups"
$user true 2>/dev/null || net_skip "cannot become another user"
# Elsewhere everybody may open /dev/fuse; here it is so for this test alone.
mkdir dev && mount -t tmpfs -o mode=755 tmpfs dev && mknod -m 666 dev/fuse c 10 229 && mount --bind dev/fuse /dev/fuse ||
    net_skip "cannot make /dev/fuse for everybody"
chmod 755 "$net_tmp"
# Where this lies another user may not look; and /run is another one in the second part.
copy=$(mktemp -d "${TMPDIR:-/tmp}/vsuite-user-XXXXXX") || net_fail "no room for a copy"
trap 'rm -rf "$copy"' EXIT
mkdir "$copy/bin" "$copy/net" "$copy/net/support"
cp "$vnet" "$copy/bin" && cp "$here/lib.sh" "$here/mount_user.sh" "$copy/net" && cp "$here/support/mount.sh" "$copy/net/support" || net_fail "cannot copy"
chmod -R a+rX "$copy"
vnet=$copy/bin/vnet
$user test -x "$vnet" || net_skip "another user may not look into ${TMPDIR:-/tmp}"
net_pair
mount_serve

mkdir "$mnt.user" && chown "$(id -u nobody):$(id -g nobody)" "$mnt.user"
: >"$mnt.user.out"
net_start right $user --inh-caps=+net_raw --ambient-caps=+net_raw "$vnet" mount /storage "$mnt.user" -i v0 >"$mnt.user.out" 2>"$mnt.user.err"
mount=$net_pid
net_tries=0
until grep -q mounted "$mnt.user.out"; do
    kill -0 "$mount" 2>/dev/null || net_fail "a user cannot mount: $(cat "$mnt.user.err")"
    net_tries=$((net_tries + 1))
    [ $net_tries -lt 6000 ] || net_fail "a user's mount does not come"
    sleep 0.01
done
ls "$mnt.user" >/dev/null 2>&1 && net_fail "others may look in, without --allow-other"
is_good "$mnt.user" "$mount" $user
[ "$(stat -c %u "$store/old")" = 0 ] || net_fail "at the manager it belongs to $(stat -c %u "$store/old")"

unshare -U true 2>/dev/null && $user unshare -U -r true 2>/dev/null || net_skip "no user namespaces for users"
NET_INSIDE='' VSUITE_AS_USER=1 VSUITE_BIN="$copy/bin" $user "$copy/net/mount_user.sh" "$copy/bin" || net_fail "in a user namespace: $?"
exit 0

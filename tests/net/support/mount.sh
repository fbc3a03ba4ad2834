# SPDX-License-Identifier: BSD-2-Clause
# mount.sh - a directory that is served at one host and mounted at another, for tests.  Source it behind lib.sh.
#
#   mount_begin "$@"         namespaces, programs, and what must be there
#   mount_cable              hosts left and right, and between them a relay that loses 1 % of the frames
#   mount_serve [OPTION...]  serves $store as /storage at left; $serve is its process
#   mount_at DIR [OPTION...] mounts /storage on DIR at right; $mount is its process
#   mount_end DIR PID        fusermount3 -u, which has to end the process well
#   within SECONDS COMMAND   a bound against hanging only
#
# Everything is in namespaces of the script's own: mounts and processes are gone when it ends, however it ends.

mount_begin() {
    net_begin "$@"
    vnet=$VSUITE_BIN/vnet
    net_need fusermount3
    [ -c /dev/fuse ] && (: <>/dev/fuse) 2>/dev/null || net_skip "/dev/fuse cannot be opened"
    cd "$net_tmp" || exit 1
    unset V_NAMES V_CONTEXT
    export HOME=$net_tmp LC_ALL=C
    store=$net_tmp/store mnt=$net_tmp/mnt
    mkdir "$store" "$mnt"
}

mount_cable() {
    net_relayed
    net_start middle "$VSUITE_BIN/net-relay" --loss 1 --seed "${SEED:-1}" l0 r0 >relay 2>&1
    net_await relay '^ready'
}

# What the script has open in a mounted directory is not theirs.
mount_serve() {
    : >served
    net_start left "$vnet" serve "$store" --as /storage -i v0 "$@" >served 2>served.err 5<&- 6<&- 7<&- 8<&- 9<&-
    serve=$net_pid
    net_await served '^held /storage'
}

mount_at() {
    mount_dir=$1
    shift
    mkdir -p "$mount_dir"
    mount_said=$mount_dir.out
    : >"$mount_said"
    net_start right "$vnet" mount /storage "$mount_dir" -i v0 "$@" >"$mount_said" 2>"$mount_dir.err" 5<&- 6<&- 7<&- 8<&- 9<&-
    mount=$net_pid
    net_await "$mount_said" mounted
}

mount_end() {
    fusermount3 -u "$1" || net_fail "cannot be unmounted: $1"
    wait "$2" || net_fail "vnet mount ends with $?: $(cat "$1.err")"
    ! mountpoint -q "$1" || net_fail "$1 is still mounted"
    [ ! -s "$1.err" ] || net_fail "vnet mount says: $(cat "$1.err")"
}

within() {
    timeout -k 5 "$@"
    mount_status=$?
    [ $mount_status -ne 124 ] && [ $mount_status -ne 137 ] || net_fail "it hangs: $*"
    return $mount_status
}

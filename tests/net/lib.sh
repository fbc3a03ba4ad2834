# SPDX-License-Identifier: BSD-2-Clause
# lib.sh - hosts and cables for tests.  Source it, then call net_begin "$@" first.
#
# Everything is made in namespaces of the script's own (network, mount, process), as root or through a user namespace. So names
# collide with nobody's, and hosts, processes and temporary files are gone when the script ends, however it ends.
#
#   net_begin "$@"            enters the namespaces (runs the script again inside) or exits 77
#   net_pair [MTU]            hosts "left" and "right", joined by a cable; the interface is called v0 in both
#   net_relayed [MTU]         the same with a host "middle" between them, interfaces l0 and r0, that must run a relay
#   net_bridged HOST...       hosts joined by a switch (an Ethernet bridge), with MAC 02:00:00:00:00:01 and so on, interface v0
#   net_in HOST COMMAND...    runs a command on a host
#   net_start HOST COMMAND... the same in the background; $net_pid is its process
#   net_stop PID              ends it (SIGTERM), and returns its status
#   net_await FILE TEXT [LOG] waits until a line with TEXT is in FILE; when none comes for a minute, tells what is in both files
#   net_forwards N            waits until port N of the switch forwards
#   net_need COMMAND          exits 77 when there is no such command
#   net_fail TEXT, net_skip TEXT
#
# $net_tmp is a directory in memory.  $net_left and $net_right are the MAC addresses.

net_left=02:00:00:00:00:01
net_right=02:00:00:00:00:02

net_skip() {
    echo "SKIP: $*" >&2
    exit 77
}

net_fail() {
    echo "FAIL: $*" >&2
    exit 1
}

net_need() {
    command -v "$1" >/dev/null || net_skip "no command $1"
}

net_begin() {
    VSUITE_BIN=${VSUITE_BIN:-$1} # scripts go to other directories, so it must be a whole path
    VSUITE_BIN=$(cd "${VSUITE_BIN:-/nowhere}" 2>/dev/null && pwd) || net_fail "say where the programs are: $0 build/debug/bin"
    export VSUITE_BIN
    net_need ip
    net_need unshare
    net_need nsenter
    if [ -z "$NET_INSIDE" ]; then
        for how in "-m -n -p --mount-proc" "-U -r -m -n -p --mount-proc"; do
            if unshare $how --fork sh -c 'mount -t tmpfs tmpfs /run && ip link add v0 type veth peer name v1' 2>/dev/null; then
                NET_INSIDE=1 exec unshare $how --fork --kill-child "$0" "$@"
            fi
        done
        net_skip "no network namespaces: needs root or user namespaces, and a kernel with veth"
    fi
    net_tmp=/run/tmp
    mount -t tmpfs tmpfs /run && mkdir /run/netns $net_tmp || net_fail "cannot mount a file system in memory"
    trap 'exit 1' INT TERM HUP
}

net_in() {
    net_on=$1
    shift
    nsenter --net="/run/netns/$net_on" "$@"
}

net_start() {
    net_on=$1
    shift
    nsenter --net="/run/netns/$net_on" "$@" &
    net_pid=$!
}

net_stop() {
    kill "$1" && wait "$1"
}

net_host() {
    ip netns add "$1" || net_fail "cannot make host $1"
    # Otherwise the kernel sends frames of its own.
    net_in "$1" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6' 2>/dev/null
    net_in "$1" ip link set lo up
}

# net_cable HOST NAME MAC HOST NAME MAC MTU
net_cable() {
    ip link add "$2" netns "$1" address "$3" mtu "$7" type veth peer name "$5" netns "$4" address "$6" mtu "$7" ||
        net_fail "cannot make a cable"
    net_in "$1" ip link set "$2" up
    net_in "$4" ip link set "$5" up
    net_up "$1" "$2"
    net_up "$4" "$5"
}

# A new cable swallows frames until the kernel has noticed that both ends are up.
net_up() {
    net_tries=0
    while ! net_in "$1" ip -o link show "$2" | grep -q 'state UP'; do
        net_tries=$((net_tries + 1))
        [ $net_tries -lt 6000 ] || net_fail "$2 of $1 does not come up"
        sleep 0.01
    done
}

# With VSUITE_CAPTURES in the environment what goes over the cable is left there, the first frames of it.
net_capture() {
    [ -n "$VSUITE_CAPTURES" ] && command -v tcpdump >/dev/null || return 0
    net_in "$1" tcpdump --immediate-mode -U -Z root -i "$2" -c 4000 -w "$net_tmp/captured" ether proto 0x805b 2>/dev/null &
    trap 'cp $net_tmp/captured "$VSUITE_CAPTURES/$(basename "$0" .sh).pcap"' EXIT
}

net_pair() {
    net_host left
    net_host right
    net_cable left v0 $net_left right v0 $net_right "${1:-1500}"
    net_capture right v0
}

net_relayed() {
    net_host left
    net_host middle
    net_host right
    net_cable left v0 $net_left middle l0 02:00:00:00:01:01 "${1:-1500}"
    net_cable right v0 $net_right middle r0 02:00:00:00:01:02 "${1:-1500}"
}

net_bridged() {
    net_host switch
    net_in switch ip link add br0 type bridge 2>/dev/null || net_skip "the kernel has no bridge"
    net_in switch ip link set br0 type bridge stp_state 0 mcast_snooping 0
    net_in switch ip link set br0 up
    net_number=0
    for net_name in "$@"; do
        net_number=$((net_number + 1))
        net_host "$net_name"
        net_cable "$net_name" v0 02:00:00:00:00:0$net_number switch p$net_number 02:00:00:00:01:0$net_number 1500
        net_in switch ip link set p$net_number master br0
    done
    net_capture "$1" v0
    for net_port in $(seq $net_number); do
        net_forwards $net_port
    done
}

net_forwards() {
    net_tries=0
    while ! net_in switch ip -d -o link show p$1 | grep -q 'state forwarding'; do
        net_tries=$((net_tries + 1))
        [ $net_tries -lt 6000 ] || net_fail "port $1 of the switch does not forward"
        sleep 0.01
    done
}

net_await() {
    net_tries=0
    while ! grep -q "$2" "$1" 2>/dev/null; do
        net_tries=$((net_tries + 1))
        [ $net_tries -lt 6000 ] || net_fail "'$2' does not appear in $1: $(tail -n 5 "$1" ${3:+"$3"} 2>&1)"
        sleep 0.01
    done
}

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Directories on a real cluster of etcd, three members on hosts of their own.  Members are killed and started again, one at a time,
# while clients register: nothing that was acknowledged is lost, and clients see no error.      NAME-9-01, NAME-9-10
# Without a majority directories are silent, or say that they cannot say.                       NAME-9-09
. "$(dirname "$0")/lib.sh"
net_begin "$@"
net_need etcd
net_need etcdctl
bin=${VSUITE_BIN:-$1}
rounds=3
[ -z "$VSUITE_FULL" ] || rounds=100
net_bridged m1 m2 m3 c1 c2
cd "$net_tmp" || exit 1
export ETCDCTL_API=3 no_proxy='*'

peers=m1=http://10.9.0.1:2380,m2=http://10.9.0.2:2380,m3=http://10.9.0.3:2380
all=http://10.9.0.1:2379,http://10.9.0.2:2379,http://10.9.0.3:2379
for number in 1 2 3 4; do
    host=m$number
    [ $number -lt 4 ] || host=c1
    net_in $host ip address add 10.9.0.$number/24 dev v0 || net_skip "no IP in namespaces"
done

member_up() { # number
    net_start "m$1" etcd --name "m$1" --data-dir "$net_tmp/data$1" --initial-cluster $peers --initial-cluster-token vsuite \
        --initial-cluster-state new --listen-peer-urls "http://10.9.0.$1:2380" --initial-advertise-peer-urls "http://10.9.0.$1:2380" \
        --listen-client-urls "http://10.9.0.$1:2379" --advertise-client-urls "http://10.9.0.$1:2379" >>"etcd$1" 2>&1
    eval "member$1=$net_pid"
}
member_down() {
    eval "kill -9 \$member$1" || net_fail "member $1 had gone: $(tail -n 5 "etcd$1")"
    eval "wait \$member$1" 2>/dev/null
    :
}
healthy() { # number: it answers, so it has found a leader
    net_tries=0
    until net_in "m$1" etcdctl --endpoints "http://10.9.0.$1:2379" --command-timeout=2s endpoint health >/dev/null 2>&1; do
        net_tries=$((net_tries + 1))
        [ $net_tries -lt 300 ] || net_fail "member $1 of etcd does not get healthy: $(tail -n 5 "etcd$1")"
        sleep 0.1
    done
}
leader() {
    net_in c1 etcdctl --endpoints $all --command-timeout=2s endpoint status 2>/dev/null |
        awk -F ', ' '$5 == "true" { print $1 }' | sed 's/.*10\.9\.0\.\([123]\).*/\1/' | head -n 1
}
ask() { # host, arguments: what is answered, however late
    ask_on=$1
    shift
    net_in "$ask_on" "$bin/directory-load" -i v0 -t 30000 "$@"
}
is_silent() { # host, arguments: nothing is answered for longer than a directory waits for its store
    ask_on=$1
    shift
    [ "$(net_in "$ask_on" "$bin/directory-load" -i v0 -t 2500 "$@")" = silence ]
}
gets() { # host, arguments: OK, if not at once, as a client with a deadline has it; and nothing else
    net_tries=0
    until said=$(ask "$@") && [ "$said" = OK ]; do
        net_tries=$((net_tries + 1))
        case $said in silence | NAME_UNAVAILABLE) ;; *) net_fail "$*: $said" ;; esac
        [ $net_tries -lt 20 ] || net_fail "$*: $said; $(cat err1 err2 err3)"
    done
}
directory_of() { sed -n 's/^ready directory=\([^ ]*\) .*/\1/p' "out$1"; }
verify() { # after what, directories
    verify_after=$1
    shift
    for number in "$@"; do
        for client in c1 c2; do
            net_in $client "$bin/directory-load" -i v0 -d "$(directory_of $number)" verify $client $client.state >verify ||
                net_fail "$verify_after, directory $number: $(cat verify)"
        done
    done
}

for number in 1 2 3; do
    member_up $number
done
for number in 1 2 3; do
    healthy $number
done
# Each prefers the member on its own host.
for number in 1 2 3; do
    net_start m$number "$bin/vnet" directory -i v0 --patience 1500ms --etcd "http://10.9.0.$number:2379,$all" >out$number 2>err$number
    eval "node$number=$net_pid"
    net_await out$number '^ready '
done

# ---- members die under load

for client in c1 c2; do
    net_start $client "$bin/directory-load" -i v0 -t 60000 load $client 3600 $client.state >$client.out 2>&1
    eval "$client=$net_pid"
    net_await $client.out '^ready'
done
round=0
while [ $round -lt $rounds ]; do
    victim=$((round % 3 + 1))
    [ $((round % 2)) -ne 0 ] || victim=$(leader) # that is the one whose death is noticed
    sleep 0.$((round * 37 % 9))
    member_down "${victim:-1}"
    sleep 1.5
    healthy $((${victim:-1} % 3 + 1)) # what remains has elected a leader
    member_up "${victim:-1}"
    healthy "${victim:-1}"
    round=$((round + 1))
done
for client in c1 c2; do
    eval "net_stop \$$client" || net_fail "the client on $client: $(cat $client.out) $(cat err1 err2 err3)"
    grep -q '^operations=.* errors=0 wrong=0 ' $client.out || net_fail "the client on $client: $(cat $client.out)"
    [ "$(sed -n 's/.*prefixes=\([0-9]*\).*/\1/p' $client.out)" -gt $((rounds * 5)) ] || net_fail "no load: $(cat $client.out)"
done
verify "after $rounds kills" 1 2 3
gets c1 -d "$(directory_of 1)" ask find

# ---- one side of a cut has no majority

name=$(awk '$1 == 1 { print NR - 1; exit }' c1.state)
net_in switch ip link add br1 type bridge
net_in switch ip link set br1 type bridge stp_state 0 mcast_snooping 0
net_in switch ip link set br1 up
net_in switch ip link set p1 master br1 && net_in switch ip link set p5 master br1 # m1 and c2
net_forwards 1 && net_forwards 5
for what in find lookup register unregister; do
    said=$(ask c2 -d "$(directory_of 1)" ask $what /cut)
    [ "$said" = NAME_UNAVAILABLE ] || net_fail "$what of a directory without majority: $said"
done
is_silent c2 ask find || net_fail "a directory without majority says that it can serve"
is_silent c2 ask lookup "/load/c1/$name" || net_fail "a directory without majority answers multicast"
gets c1 ask lookup "/load/c1/$name" # the majority goes on
gets c1 -d "$(directory_of 2)" ask register /cut
grep -q 'the store cannot say anything now' err1 || net_fail "directory 1 says nothing about its store: $(cat err1)"
net_in switch ip link set p1 master br0 && net_in switch ip link set p5 master br0
net_forwards 1 && net_forwards 5
healthy 1
gets c2 -d "$(directory_of 1)" ask lookup /cut # what was registered meanwhile
grep -q 'the store answers again' err1 || net_fail "directory 1 does not say that its store is back: $(cat err1)"

# ---- two of three are gone

member_down 2
member_down 3
[ "$(ask c1 -d "$(directory_of 3)" ask lookup "/load/c1/$name")" = NAME_UNAVAILABLE ] || net_fail "a directory on one member is sure"
is_silent c1 ask lookup "/load/c1/$name" || net_fail "directories on one member of three answer"
member_up 2
member_up 3
healthy 2
verify "after the loss of two members" 2
for number in 1 2 3; do
    eval "net_stop \$node$number" || net_fail "directory $number ends with $?: $(cat err$number)"
done
echo "$rounds kills: $(tail -n 1 c1.out), $(tail -n 1 c2.out)"

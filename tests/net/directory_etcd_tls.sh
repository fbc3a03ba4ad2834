#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A directory on a real etcd that wants a certificate of its client and a password, and shows a certificate itself: all made here.
# What is wrong or missing is refused; a token that etcd has forgotten is asked for again.
. "$(dirname "$0")/lib.sh"
net_begin "$@"
net_need etcd
net_need etcdctl
net_need openssl
bin=${VSUITE_BIN:-$1}
net_bridged m1 c1
cd "$net_tmp" || exit 1
export ETCDCTL_API=3 no_proxy='*'
net_in m1 ip address add 10.9.0.1/24 dev v0 || net_skip "no IP in namespaces"

# ---- certificates: an authority, another one, a member, a client

authority() { # name
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" -keyout "$1.key" -out "$1.pem" \
        2>openssl.log || net_fail "openssl: $(cat openssl.log)"
}
certificate() { # name, authority.  Without CN: etcd takes no certificate with one beside a password
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/O=$1" -keyout "$1.key" -out "$1.csr" 2>openssl.log &&
        echo 'subjectAltName=IP:10.9.0.1' >extensions &&
        openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days 2 -extfile extensions -out "$1.pem" \
            2>openssl.log || net_fail "openssl: $(cat openssl.log)"
}
authority authority
authority stranger
certificate member authority
certificate client authority
certificate impostor stranger
cat client.pem client.key >both.pem
echo 'pass word"\' >password
echo wrong >wrong
: >empty

# ---- the member

url=https://10.9.0.1:2379
member_up() {
    net_start m1 etcd --data-dir "$net_tmp/data" --listen-client-urls $url --advertise-client-urls $url \
        --listen-peer-urls http://10.9.0.1:2380 --client-cert-auth --trusted-ca-file authority.pem \
        --cert-file member.pem --key-file member.key >>etcd.log 2>&1
    member=$net_pid
}
control() {
    net_in m1 etcdctl --endpoints $url --cacert authority.pem --cert client.pem --key client.key --command-timeout=30s "$@" >control 2>&1
}
healthy() { # arguments of etcdctl
    net_tries=0
    until control --command-timeout=5s "$@" endpoint health; do
        net_tries=$((net_tries + 1))
        [ $net_tries -lt 300 ] || net_fail "etcd does not get healthy: $(cat control) $(tail -n 5 etcd.log)"
        sleep 0.1
    done
}
member_up
healthy
as_root='--user root:root'
control user add root:root && control user grant-role root root && control role add names &&
    control role grant-permission names --prefix=true readwrite vsuite/ && control user add "vsuite:$(cat password)" &&
    control user grant-role vsuite names && control auth enable || net_fail "etcd: $(cat control)"

# ---- the directory

directory() { # options: the directory of what is not right ends
    said=$(net_in m1 timeout 60 "$bin/vnet" directory -i v0 --patience 1s --etcd $url "$@" 2>&1)
    status=$?
}
is_refused() { # a word of the reason, options
    why=$1
    shift
    directory "$@"
    [ $status -eq 1 ] || [ $status -eq 2 ] || net_fail "$*: $status: $said"
    case $said in *"$why"*) ;; *) net_fail "$*: $said" ;; esac
}
with="--etcd-ca authority.pem --etcd-cert client.pem --etcd-key client.key"
is_refused 'password' $with --etcd-user vsuite
is_refused 'user' $with --etcd-password password
is_refused 'no password' $with --etcd-user vsuite --etcd-password empty
is_refused 'nowhere' $with --etcd-user vsuite --etcd-password nowhere
is_refused 'nowhere' --etcd-ca nowhere
is_refused 'key' --etcd-ca authority.pem --etcd-key client.key
is_refused 'does not answer' --etcd-cert client.pem --etcd-key client.key                     # no authority of this system's
is_refused 'does not answer' --etcd-ca stranger.pem --etcd-cert client.pem --etcd-key client.key # not that of the member
is_refused 'does not answer' --etcd-ca authority.pem                                          # no certificate of ours
is_refused 'does not answer' --etcd-ca authority.pem --etcd-cert impostor.pem --etcd-key impostor.key
is_refused '10.9.0.1' $with                                                                   # no user
is_refused 'invalid user' $with --etcd-user vsuite --etcd-password wrong --patience 30s       # that it says itself, at leisure
is_refused 'https' --etcd http://10.9.0.1:2379 $with

net_start m1 "$bin/vnet" directory -i v0 --patience 20s --etcd $url --etcd-ca authority.pem --etcd-cert both.pem \
    --etcd-user vsuite --etcd-password password >out 2>err
node=$net_pid
net_await out '^ready '
id=$(sed -n 's/^ready directory=\([^ ]*\) .*/\1/p' out)
gets() { # arguments: OK within a few tries
    net_tries=0
    until said=$(net_in c1 "$bin/directory-load" -i v0 -t 30000 -d "$id" ask "$@") && [ "$said" = OK ]; do
        net_tries=$((net_tries + 1))
        [ $net_tries -lt 10 ] || net_fail "$*: $said; $(cat err)"
    done
}
gets register /a
gets lookup /a
control $as_root get --prefix vsuite/ --keys-only && grep -q vsuite/names/a control || net_fail "etcd has no /a: $(cat control)"

# Its tokens are gone with it, and all are old when a user is changed.
kill -9 $member
wait $member 2>/dev/null
member_up
healthy $as_root
gets lookup /a
gets register /b
control $as_root user add other:other || net_fail "etcd: $(cat control)"
gets register /c
grep -q 'pass word' out err etcd.log && net_fail "the password is written somewhere"
net_stop $node || net_fail "the directory ends with $?: $(cat err)"
echo "registered 3 prefixes, 13 ways to be refused"

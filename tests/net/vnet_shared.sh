#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Several programs of one host on one interface, so at one Ethernet address: none answers for what the others have.      VMTP-2.1-06
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/support/patience.sh"
net_begin "$@"
vnet=${VSUITE_BIN:-$1}/vnet
net_pair
mkdir "$net_tmp/files" && cd "$net_tmp" || exit 1
head -c 60000000 /dev/urandom >files/sixty

net_start right "$vnet" up -i v0 --files files >one
one=$net_pid
net_start right "$vnet" up -i v0 --files files >two
two=$net_pid
net_start left "$vnet" up -i v0 >three # whom those on the right can find
three=$net_pid
net_await one '^ready ' && net_await two '^ready ' && net_await three '^ready ' || net_fail "the nodes are not up"
test_of() { sed -n 's/^ready .* test=\([^ ]*\) .*/\1/p' "$1"; }
# heard HOST ENTITY: it answers a program that comes and goes, and nobody else does.  A node that fetches or is fetched from may be too busy for some.
heard() {
    net_in "$1" "$vnet" ping "$2" -i v0 -c 20 --interval 0 >ping 2>&1
    grep -q '^[0-9]*: [0-9.]* [mu]*s$' ping && ! grep -v '^[0-9]*: [0-9.]* [mu]*s$\|^[0-9]*: no answer: [A-Z]*_TIMEOUT\|^20 sent, ' ping >odd ||
        net_fail "ping on the $1: $(cat ping)"
}
# turn: a program comes and goes at each address
turn() {
    heard right "$(test_of three)"
    heard left "$entity"
}
for node in one two; do
    entity=$(test_of $node)
    turns=0 times=0
    # As long as it is fetched; when that was over before the first turn was, once more.
    until [ $turns -gt 0 ]; do
        times=$((times + 1))
        [ $times -le 20 ] || net_fail "get was too fast $times times"
        rm -f code
        net_start left sh -c '"$0" get sixty -i v0 --from "$1" -q -o got; echo $? >code' "$vnet" "$entity"
        get=$net_pid
        while turn && [ ! -s code ]; do
            turns=$((turns + 1))
        done
        wait "$get"
        [ "$(cat code)" = 0 ] || net_fail "get from node $node failed beside other programs"
        cmp got files/sixty || net_fail "what was fetched differs"
    done
    patient who '[ "$(wc -l <who)" -eq 2 ]' net_in right "$vnet" who -i v0 --plain || net_fail "who on the right: $(cat who who.err)"
done
net_stop "$one" && net_stop "$two" && net_stop "$three" || net_fail "the nodes did not end well"

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Several programs of one host on one interface, so at one Ethernet address: none answers for what the others have.      VMTP-2.1-06
. "$(dirname "$0")/lib.sh"
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
for node in one two; do
    entity=$(sed -n 's/^ready .* test=\([^ ]*\) .*/\1/p' $node)
    # While it is fetched, programs come and go at both addresses.
    net_start left "$vnet" get sixty -i v0 --from "$entity" -q -o got
    get=$net_pid
    for turn in 1 2 3; do
        net_in right "$vnet" who -i v0 >/dev/null || net_fail "who on the right"
        net_in left "$vnet" ping "$entity" -i v0 -c 20 --interval 0 -q >ping || net_fail "ping beside get: $(cat ping)"
    done
    wait "$get" || net_fail "get from node $node failed beside other programs"
    cmp got files/sixty || net_fail "what was fetched differs"
done
net_stop "$one" && net_stop "$two" && net_stop "$three" || net_fail "the nodes did not end well"

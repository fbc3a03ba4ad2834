#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A bad cable: the file arrives whole, and every transaction is answered.
. "$(dirname "$0")/lib.sh"
net_begin "$@"
bin=${VSUITE_BIN:-$1}
vnet=$bin/vnet

net_relayed
cd "$net_tmp" || exit 1
net_start middle "$bin/net-relay" --loss 3 --duplicate 2 --delay 2 1000 --seed 11 l0 r0 >relay
relay=$net_pid
net_await relay ready
mkdir files
head -c 2000000 /dev/urandom >files/data
net_start right "$vnet" up -i v0 --files files >up
up=$net_pid
net_await up '^ready '
test=$(sed -n 's/^ready .* test=\([^ ]*\) .*/\1/p' up)

net_in left "$vnet" ping "$test" -i v0 -c 200 --interval 0 -q --timeout 30s >ping 2>&1 || net_fail "ping: $(cat ping)"
net_in left "$vnet" ping "$test" -i v0 -c 20 --interval 0 -q --size 5000 --timeout 30s >ping 2>&1 || net_fail "ping: $(cat ping)"
for how in "" --idempotent; do
    net_in left "$vnet" get data -i v0 --from "$test" -o got $how --timeout 30s >get 2>&1 || net_fail "get $how: $(cat get)"
    cmp -s got files/data || net_fail "get $how brought other octets"
done
net_stop $up || net_fail "up ends with $?"

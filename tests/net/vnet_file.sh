#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A file crosses: up, who, probe, ping and get between two hosts.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/support/patience.sh"
net_begin "$@"
net_need sha256sum
vnet=${VSUITE_BIN:-$1}/vnet

net_pair
files=$net_tmp/files
mkdir -p "$files/sub"
head -c 16777216 /dev/urandom >"$files/big"
: >"$files/empty"
echo hello >"$files/sub/small"
echo secret >"$net_tmp/outside"
ln -s ../outside "$files/link"

net_start right "$vnet" up -i v0 --files "$files" --pcap "$net_tmp/up.pcapng" >"$net_tmp/up" 2>&1
up=$net_pid
net_await "$net_tmp/up" '^ready '
test=$(sed -n 's/^ready .* test=\([^ ]*\) .*/\1/p' "$net_tmp/up")
manager=$(sed -n 's/^ready manager=\([^ ]*\) .*/\1/p' "$net_tmp/up")
grep -q "mac=$net_right interface=v0 mtu=1500\$" "$net_tmp/up" || net_fail "ready line: $(cat "$net_tmp/up")"

here() { net_in left env VNET_INTERFACE=v0 "$vnet" "$@"; }
cd "$net_tmp" || exit 1

patient who 'grep -q "$test" who' here who || net_fail "who: $(cat who who.err)"
grep -q "^$net_right  $manager  *1500  Ss--  *3  *$test  vsuite" who || net_fail "who shows: $(cat who)"
[ "$(wc -l <who)" -eq 2 ] || net_fail "who shows more than one node: $(cat who)"

here probe "$test" >probe || net_fail "probe"
grep -q "^host  *$net_right\$" probe || net_fail "probe shows: $(cat probe)"
here probe "$manager" >probe || net_fail "probe of a manager"
grep -q "^entity  *$manager\$" probe || net_fail "probe of a manager shows: $(cat probe)"

for target in "$test" $net_right ""; do # by entity, by address, any
    here ping $target -c 20 --interval 0 -q >ping || net_fail "ping $target"
    grep -q '^20 sent, 20 answered, 0.0 % lost' ping || net_fail "ping $target: $(cat ping)"
done
here ping "$test" -c 3 --interval 1ms --size 16384 >ping || net_fail "ping with a segment"
here ping "$test" -c 2 --interval 1ms --size 4194304 --timeout 10s >/dev/null || net_fail "ping with a segment of 4 MiB"
[ "$(wc -l <ping)" -eq 4 ] || net_fail "ping prints: $(cat ping)"
here ping "$manager" -c 2 --interval 0 >ping || net_fail "ping of a manager: an answer that refuses is an answer"
grep -q '2: .* refused: VMTP_ERROR' ping || net_fail "ping of a manager: $(cat ping)"

same() { [ "$(sha256sum <"$1")" = "$(sha256sum <"$2")" ] || net_fail "$2 differs from $1"; }
here get big -o got >get || net_fail "get"
same "$files/big" got
grep -q "^sha256 $(sha256sum <"$files/big" | cut -d ' ' -f 1)  got\$" get || net_fail "get prints: $(cat get)"
here get big --from "$test" --idempotent --window 60 >/dev/null || net_fail "get --idempotent"
same "$files/big" big
mkdir into
here get sub/small --from $net_right --output into --window 1 >/dev/null || net_fail "get into a directory"
same "$files/sub/small" into/small
here get empty --quiet >/dev/null || net_fail "get of an empty file"
same "$files/empty" empty
ls -A . into | grep -q vnet- && net_fail "a temporary file was left"
[ "$(stat -c %a got)" = "$(umask | awk '{ print 666 - $1 }')" ] || net_fail "mode of the file: $(stat -c %a got)"

# What cannot be fetched: exit code 1, one line, no file.
refused() {
    here get "$1" --from "$test" -o none >out 2>err && net_fail "get $1 succeeds"
    [ $? -eq 1 ] && [ ! -e none ] && [ "$(wc -l <err)" -eq 1 ] && grep -q "$2" err || net_fail "get $1: $(cat err)"
}
refused missing 'has no file "missing"'
refused link 'has no file "link"'
refused sub 'has no file "sub"'
refused sub/../big 'does not accept the name'
here get big -o "$net_tmp/no/such/directory/x" 2>err && net_fail "get into nowhere succeeds"
grep -q 'cannot write .*: No such file or directory' err || net_fail "get into nowhere: $(cat err)"
here ping 0123-4567-89ab-cdef -c 1 --timeout 300ms >out 2>err && net_fail "ping of nobody succeeds"
here probe 0123-4567-89ab-cdef --timeout 300ms >out 2>err && net_fail "probe of nobody succeeds"
grep -q 'nobody on the segment of v0 has 0123-4567-89ab-cdef' err || net_fail "probe of nobody: $(cat err)"

# An interrupted get leaves nothing.
truncate -s 1T "$files/endless"
net_start left "$vnet" get endless -i v0 --window 1 --quiet >out 2>err
get=$net_pid
tries=0
while ! ls -A | grep -q vnet-; do
    tries=$((tries + 1))
    [ $tries -lt 1000 ] || net_fail "get does not begin: $(cat err)"
    sleep 0.01
done
kill -INT $get
wait $get
[ $? -eq 1 ] && grep -q interrupted err || net_fail "interrupted get: $(cat err)"
[ ! -e endless ] && ! ls -A | grep -q vnet- || net_fail "an interrupted get leaves something"

net_stop $up || net_fail "up ends with $?: $(cat up)"
grep -q '^requests  *[0-9]' up || net_fail "up prints no counters: $(cat up)"
here get big -o late --timeout 300ms 2>err && net_fail "get without a node succeeds"
grep -q 'no test service answers on v0' err || net_fail "get without a node: $(cat err)"
here who --timeout 100ms 2>err && net_fail "who without a node succeeds"
grep -q 'no node answered on v0' err || net_fail "who without a node: $(cat err)"

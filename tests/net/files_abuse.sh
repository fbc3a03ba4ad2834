#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A manager of files is asked what nobody should ask: it answers as it should, loses and leaks nothing, and others are served as ever.
. "$(dirname "$0")/lib.sh"
net_begin "$@"
vnet=${VSUITE_BIN:-$1}/vnet
net_pair
cd "$net_tmp" || exit 1
unset V_NAMES V_CONTEXT
opens=20000
[ -z "$VSUITE_FULL" ] || opens=100000
mkdir -p served/sub served/swap outside
echo outside >outside/secret
echo inside >served/swap/secret
ln -s ../outside/secret served/out
ln -s "$net_tmp/outside/secret" served/absolute
ln -s ../outside served/outdir
ln -s ../.. served/sub/up
mkfifo served/fifo
# With so many descriptors it has 2048 instances, of which one owner may have 1024.
net_start left sh -c 'ulimit -n 4160; exec "$0" "$@"' "$vnet" serve served --as /served -i v0 >says 2>says.err
server=$net_pid
net_await says '^held /served '
descriptors() { ls /proc/$server/fd | wc -l; }
before=$(descriptors)
net_in right timeout 200 "${VSUITE_BIN:-$1}/net-uio-abuse" v0 /served "$net_tmp/served" $opens >out 2>err ||
    net_fail "$(tail -n 5 err) $(cat out)"
grep -q '^opens: 1024 were had' out || net_fail "opens: $(cat out)"
[ "$(descriptors)" -le "$before" ] || net_fail "descriptors leak: $before before, $(descriptors) now"
[ "$(cat outside/secret)" = outside ] && [ "$(ls outside)" = secret ] || net_fail "something happened outside: $(ls outside)"
net_in right "$vnet" cat /served/file -i v0 | cmp -s - served/file || net_fail "the file is another one now"
net_stop $server || net_fail "serve ends with $?: $(cat says.err)"
awk '$1 == "created" { c = $2 } $1 == "released" { r = $2 } END { exit !(c > 1024 && c == r) }' says || net_fail "instances leak: $(cat says)"
[ ! -s says.err ] || net_fail "serve says: $(cat says.err)"

# A full disk: what was there stays, what was said to be written is, and there is room again when something goes.
mkdir small
mount -t tmpfs -o size=2m tmpfs small || net_fail "cannot mount a small file system"
head -c 1000000 /dev/urandom >small/old
cp small/old old
net_start left "$vnet" serve small --as /small -i v0 >says 2>says.err
server=$net_pid
net_await says '^held /small '
head -c 3000000 /dev/urandom >new
net_in right "$vnet" cp new v:/small/new -i v0 2>err
[ $? -eq 1 ] && grep -q 'no space left there' err || net_fail "a full disk: $(cat err)"
cmp -s old small/old || net_fail "a full disk has changed another file"
net_in right "$vnet" mkdir /small/dir -i v0 2>/dev/null
net_in right "$vnet" rm -f /small/old -i v0 || net_fail "nothing can be removed from a full disk"
net_in right "$vnet" ls -a /small -i v0 >out || net_fail "ls of a full disk"
for part in $(grep '\.part$' out); do net_in right "$vnet" rm "/small/$part" -i v0 || net_fail "rm $part"; done
net_in right "$vnet" cp --checksum old v:/small/again -i v0 >/dev/null || net_fail "there is no room again"
cmp -s old small/again || net_fail "what was written differs"
net_stop $server || net_fail "serve ends with $?: $(cat says.err)"

# As many descriptors as the system gives: who opens more is told so, and the manager goes on.
net_start left sh -c 'ulimit -n 200; exec "$0" "$@"' "$vnet" serve served --as /served -i v0 >says 2>says.err
server=$net_pid
net_await says '^held /served '
net_in right timeout 200 "${VSUITE_BIN:-$1}/net-uio-abuse" v0 /served "$net_tmp/served" 300 >out 2>err
[ "$(sed -n 's/^opens: \([0-9]*\) were had, .*/\1/p' out)" -lt 200 ] || net_fail "opens: $(cat out err)"
net_in right "$vnet" cat /served/file -i v0 | cmp -s - served/file || net_fail "out of descriptors it does not go on"
net_stop $server || net_fail "serve ends with $?: $(cat says.err)"
exit 0

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# vnet directory: one clear line for every wrong argument and for a store that is none; --json; what it says at the end.
. "$(dirname "$0")/lib.sh"
net_begin "$@"
net_need jq
bin=${VSUITE_BIN:-$1}
net_pair
cd "$net_tmp" || exit 1

fails() { # exit code, words, arguments
    want=$1 words=$2
    shift 2
    net_in left "$bin/vnet" directory "$@" >out 2>err
    got=$?
    [ $got -eq "$want" ] && [ ! -s out ] && [ "$(wc -l <err)" -eq 1 ] && grep -q "^vnet directory: .*$words" err ||
        net_fail "directory $* ends with $got: $(cat out err)"
}
echo 'a text, and nothing else; long enough that nobody takes it for an empty file ................................' >text
fails 2 'say where' -i v0
fails 2 'one store' -i v0 --sqlite names --etcd http://127.0.0.1:2379
fails 2 'on which network interface' --sqlite names
fails 2 'unknown option' -i v0 --sqlite names --mysql x
fails 2 'argument too many' -i v0 --sqlite names more
fails 2 'must not be a group' -i v0 --sqlite names --entity 6000-0000-0000-0100
fails 2 'takes a number' -i v0 --sqlite names --requests 0
fails 2 'leaves the store no time' -i v0 --sqlite names --patience 0
fails 2 'no address' -i v0 --etcd 127.0.0.1:2379
fails 2 'no address' -i v0 --etcd http://127.0.0.1:2379,
fails 1 'No such file or directory' -i v0 --sqlite /nowhere/names
fails 1 'file is not a database' -i v0 --sqlite text
fails 1 "no network interface 'v9'" -i v9 --sqlite names
fails 1 'etcd does not answer: http://127.0.0.1:1: .*[Cc]onnect' -i v0 --patience 300ms --etcd http://127.0.0.1:1
fails 1 'etcd does not answer: ' -i v0 --patience 300ms --etcd http://nobody.invalid:2379

net_start left "$bin/vnet" directory -i v0 --sqlite names --json --entity 0000-1234-0000-0010 >out 2>err
directory=$net_pid
net_await out ready
jq -e 'select(.event == "ready") | .directory == "0000-1234-0000-0010" and .store == "names" and .interface == "v0"' out >/dev/null ||
    net_fail "ready: $(cat out)"
ask() { net_in right "$bin/directory-load" -i v0 -t 30000 "$@"; }
[ "$(ask ask find)" = OK ] && [ "$(ask ask lookup /a)" = NAME_NOT_FOUND ] || net_fail "it is not found"
[ "$(ask -d 0000-1234-0000-0010 ask register /a)" = OK ] && [ "$(ask ask lookup /a/b)" = OK ] || net_fail "it does not register"
[ "$(ask -d 0000-1234-0000-0010 ask unregister /a)" = OK ] && [ "$(ask ask lookup /a/b)" = NAME_NOT_FOUND ] || net_fail "unregister"
[ "$(ask -d 0000-1234-0000-0010 ask register a)" = NAME_INVALID ] || net_fail "it registers what is no prefix"
net_stop $directory || net_fail "it ends with $?: $(cat err)"
[ ! -s err ] || net_fail "it says: $(cat err)"
# What only reads is done once more for whoever asks again, as one does who has waited long.
jq -se '.[-1].event == "end" and (.[-1].counters | .registered == 1 and .unregistered == 1 and .lookup >= 1 and .not_found >= 2 and
    .refused == 1 and .find >= 1 and .bad_rows == 0 and .store_not_now == 0)' out >/dev/null || net_fail "end: $(tail -n 1 out)"

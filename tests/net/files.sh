#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A directory served by one host, listed and read by another.
. "$(dirname "$0")/lib.sh"
net_begin "$@"
net_need jq
vnet=${VSUITE_BIN:-$1}/vnet
net_pair
cd "$net_tmp" || exit 1
unset V_NAMES V_CONTEXT
mkdir -p docs/sub docs/empty
echo "the plan" >docs/plan
printf 'a\nb\n' >docs/sub/list
ln -s plan docs/link
ln -s /etc/passwd docs/out
: >docs/.hidden
: >docs/nothing
touch "docs/$(printf 'odd\033name')"
head -c 20000001 /dev/urandom >docs/large

serve() { # file for what it says, directory, options
    says=$1
    shift
    : >"$says"
    net_start left "$vnet" serve "$@" -i v0 >"$says" 2>"$says.err"
}
serve says docs --as /docs --as /also
server=$net_pid
net_await says '^held /docs ' && net_await says '^held /also '
grep -q '^ready manager=.* mac=02:00:00:00:00:01 interface=v0 mtu=1500 directory=docs$' says || net_fail "ready: $(cat says)"

# gives CODE TEXT COMMAND...: exit code, and one line on stderr with TEXT
gives() {
    code=$1 text=$2
    shift 2
    net_in right "$vnet" "$@" -i v0 >out 2>err </dev/null
    got=$?
    [ $got -eq "$code" ] || net_fail "vnet $*: exit code $got instead of $code: $(cat out err)"
    [ -z "$text" ] || { [ "$(wc -l <err)" -eq 1 ] && grep -q -- "$text" err; } || net_fail "vnet $*: no \"$text\": $(cat err)"
    [ -n "$text" ] || [ ! -s err ] || net_fail "vnet $*: $(cat err)"
}

gives 0 '' ls /docs
printf 'empty\nlarge\nlink\nnothing\nodd?name\nout\nplan\nsub\n' | cmp -s - out || net_fail "ls: $(cat out)"
gives 0 '' ls -a /docs/
grep -q '^.hidden$' out || net_fail "ls -a: $(cat out)"
gives 0 '' ls /also/sub v:/docs/empty
printf '/also/sub:\nlist\n\n/docs/empty:\n' | cmp -s - out || net_fail "ls of two: $(cat out)"
gives 0 '' ls -l /docs
awk '$1 == "-rw-r--r--" && $5 == 9 && $8 == "plan" { n++ } $1 ~ /^d/ && $8 == "sub" { n++ } $1 ~ /^l/ && $8 == "link" && $10 == "plan" { n++ }
    END { exit !(n == 3) }' out || net_fail "ls -l: $(cat out)"
gives 0 '' ls -ld /docs /docs/plan
[ "$(wc -l <out)" -eq 2 ] || net_fail "ls -ld: $(cat out)"
gives 0 '' ls /docs --json
jq -se 'length == 8 and any(.[]; .name == "large" and .type == "file" and .octets == 20000001) and
    any(.[]; .name == "link" and .type == "link" and .target == "plan")' out >/dev/null || net_fail "ls --json: $(cat out)"
gives 3 '/docs/none: there is no such name' ls /docs/none
gives 5 '/nobody/x: nobody on the segment of v0' ls /nobody/x
gives 2 'say which name' ls

gives 0 '' cat /docs/plan /docs/link /also/sub/list
printf 'the plan\nthe plan\na\nb\n' | cmp -s - out || net_fail "cat: $(cat out)"
gives 0 '' cat /docs/large
cmp -s out docs/large || net_fail "cat of a large file differs"
gives 0 '' cat /docs/nothing
[ ! -s out ] || net_fail "cat of an empty file: $(cat out)"
gives 1 '/docs/sub: is a directory' cat /docs/sub
gives 1 '/docs/out: not allowed' cat /docs/out
gives 1 '/docs/../plan: not allowed' cat /docs/../plan
gives 3 '/docs/none: there is no such name' cat /docs/none
net_in right "$vnet" cat /docs/none /docs/plan -i v0 >out 2>err
[ $? -eq 3 ] && grep -q 'the plan' out || net_fail "cat stops at what is not there: $(cat out err)"
net_in right "$vnet" cat /docs/large -i v0 >/dev/full 2>err
[ $? -eq 1 ] && grep -q 'standard output: No space' err || net_fail "cat to a full device: $(cat err)"

# A second manager of the same prefix waits; and what a server counts.
net_start right "$vnet" serve docs/sub --as /docs -i v0 >second 2>second.err
second=$net_pid
net_await second '^refused /docs '
net_stop "$server" || net_fail "serve ends with $?: $(cat says says.err)"
grep -q '^opened  *[0-9]' says && grep -q '^reads  *[0-9]' says || net_fail "serve counts nothing: $(cat says)"
net_await second '^held /docs '
net_in left "$vnet" cat /docs/list -i v0 >out 2>err || net_fail "the second: $(cat err)"
printf 'a\nb\n' | cmp -s - out || net_fail "the second says: $(cat out)"

# Killed while somebody reads.
net_stop "$second" || net_fail "serve ends with $?: $(cat second second.err)"
serve says docs --as /docs --read-only --json
server=$net_pid
net_await says '"held"'
jq -se '.[0].event == "ready" and .[1].event == "held" and .[1].prefix == "/docs"' says >/dev/null || net_fail "serve --json: $(cat says)"
mkfifo pipe
exec 3<>pipe
net_start right timeout 60 "$vnet" cat /docs/large -i v0 >&3 2>err
reader=$net_pid
head -c 1 <&3 >/dev/null # it has begun, and cannot end: nobody reads the rest
kill -9 "$server"
wait "$server" 2>/dev/null
cat <&3 >/dev/null &
drain=$!
wait "$reader"
got=$?
kill "$drain"
exec 3>&-
[ $got -eq 4 ] && grep -q '/docs/large: its manager does not answer any more' err || net_fail "a manager that is killed: exit code $got: $(cat err)"
gives 5 '/docs/plan: nobody' cat /docs/plan

# The command line
gives 2 'say which directory' serve --as /x
gives 2 'say by which names' serve docs
gives 2 '--as takes a prefix' serve docs --as x
gives 2 'one argument too many' serve docs more --as /x
gives 2 'unknown option "-rz"' serve docs -rz
gives 1 'nowhere: No such file' serve nowhere --as /x
gives 2 'say which name' cat
gives 2 'leaves nobody time' cat /docs/plan --timeout 0
exit 0

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Files and trees are copied from host to host, renamed, removed, looked at and followed.
. "$(dirname "$0")/lib.sh"
net_begin "$@"
net_need jq
vnet=${VSUITE_BIN:-$1}/vnet
net_bridged left middle right
cd "$net_tmp" || exit 1
unset V_NAMES V_CONTEXT
umask 022
mkdir -p docs/tree/a/b docs/tree/empty other locked here
echo "the plan" >docs/plan
head -c 3000001 /dev/urandom >docs/large
: >docs/nothing
seq 40 >docs/lines
echo one >docs/tree/one
echo two >docs/tree/a/two
echo three >docs/tree/a/b/three
chmod 640 docs/tree/one
chmod 750 docs/tree/a/b
ln -s a/two docs/tree/link
mkfifo docs/tree/fifo
touch -d '2020-02-02 02:02:02.123456789' docs/tree/one docs/tree/a

serve() { # file for what it says, host, directory, options
    says=$1 on=$2
    shift 2
    : >"$says"
    net_start "$on" "$vnet" serve "$@" -i v0 >"$says" 2>"$says.err"
}
serve one left docs --as /docs
serve two middle other --as /other
serve three left docs --as /fixed --read-only
net_await one '^held /docs ' && net_await two '^held /other ' && net_await three '^held /fixed '

gives() { # exit code, text in the first of at most two lines on stderr (or none), command
    code=$1 text=$2
    shift 2
    net_in right "$vnet" "$@" -i v0 >out 2>err </dev/null
    got=$?
    [ $got -eq "$code" ] || net_fail "vnet $*: exit code $got instead of $code: $(cat out err)"
    [ -z "$text" ] || { [ "$(wc -l <err)" -le 2 ] && head -n 1 err | grep -q -- "$text"; } || net_fail "vnet $*: no \"$text\": $(cat err)"
    [ -n "$text" ] || [ ! -s err ] || net_fail "vnet $*: $(cat err)"
}
same() { cmp -s "$1" "$2" || net_fail "$1 and $2 differ"; }
parts() { find . -name '*.part' | grep . && net_fail "parts are left: $(find . -name '*.part')"; }

# From there to here, back, and from manager to manager.
gives 0 '' cp v:/docs/large here
same docs/large here/large
gives 0 '' cp v:/docs/plan v:/docs/nothing here/
same docs/plan here/plan && same docs/nothing here/nothing
gives 0 '' cp here/large v:/docs/back -v
same docs/large docs/back
grep -q 'here/large -> /docs/back: 2.9 MiB in ' out || net_fail "cp -v: $(cat out)"
gives 0 '' cp v:/docs/large v:/other
same docs/large other/large
gives 0 '' cp v:/docs/plan here/large # what was there is replaced
same docs/plan here/large
gives 0 '' cp v:/docs/large here/sum --checksum
[ "$(cat out)" = "sha256 $(sha256sum <docs/large | cut -d' ' -f1)  here/sum" ] || net_fail "cp --checksum: $(cat out)"
gives 0 '' cp here/sum v:/other/sum --checksum --json
jq -e --arg s "$(sha256sum <docs/large | cut -d' ' -f1)" '.from == "here/sum" and .to == "/other/sum" and .octets == 3000001 and .sha256 == $s' \
    out >/dev/null || net_fail "cp --json: $(cat out)"
same here/sum other/sum
parts

# Trees.
gives 1 '/docs/tree: is a directory: -r' cp v:/docs/tree here
net_in right "$vnet" cp -rp v:/docs/tree here -i v0 >out 2>err
[ $? -eq 1 ] && [ "$(cat err)" = "vnet cp: /docs/tree/fifo: is no file (pipe): left out" ] || net_fail "cp -rp: $(cat err)"
rm docs/tree/fifo
diff -r docs/tree here/tree || net_fail "cp -rp: trees differ"
[ "$(readlink here/tree/link)" = a/two ] || net_fail "cp -r: the link"
for f in one a a/b; do
    [ "$(stat -c '%a %y' docs/tree/$f)" = "$(stat -c '%a %y' here/tree/$f)" ] || net_fail "cp -p: $f: $(stat -c '%a %y' here/tree/$f)"
done
gives 0 '' cp -rp here/tree v:/other/tree
diff -r docs/tree other/tree || net_fail "cp -rp back: trees differ"
for f in one a a/b; do
    [ "$(stat -c '%a %y' docs/tree/$f)" = "$(stat -c '%a %y' other/tree/$f)" ] || net_fail "cp -p back: $f: $(stat -c '%a %y' other/tree/$f)"
done
gives 0 '' cp -r v:/docs/tree v:/other/tree # once more, into it
diff -r docs/tree other/tree/tree || net_fail "cp -r into a directory that is there"
gives 1 'cannot be copied into itself' cp -r v:/docs/tree v:/docs/tree/a
parts

# What does not work is said, and nothing is left of it.
gives 3 '/docs/none: there is no such name' cp v:/docs/none here
gives 3 'here/none: No such file' cp here/none v:/docs/x
gives 5 '/nobody/x: nobody' cp v:/nobody/x here
gives 1 '/docs/plan: is the same file' cp v:/docs/plan v:/docs/plan
gives 1 '/fixed/x: it is served read-only' cp here/plan v:/fixed/x
gives 1 'there is no such directory' cp v:/docs/plan v:/docs/lines here/none/
gives 1 'here/plan: is no directory' cp v:/docs/plan v:/docs/lines here/plan
mkdir here/plan2 here/plan2/plan
gives 1 'here/plan2/plan: is a directory, and /docs/plan is none' cp v:/docs/plan here/plan2
gives 2 'nothing of it is a name of V' cp a b
gives 2 'say what to copy' cp v:/docs/plan
gives 2 'is no name' cp v: here
mount -t tmpfs -o size=1m tmpfs locked || net_fail "cannot mount a small file system"
gives 1 'locked/large: No space left' cp v:/docs/large locked
[ -z "$(find locked -name large)" ] || net_fail "a file that is not whole has its name"
serve four left locked --as /small
small=$net_pid
net_await four '^held /small '
rm -f locked/.*.part
net_in right "$vnet" cp here/sum v:/small/sum -i v0 2>err
[ $? -eq 1 ] && grep -q '/small/sum: no space left there' err && grep -q -- '--resume goes on' err || net_fail "no space there: $(cat err)"
[ ! -e locked/sum ] || net_fail "a file that is not whole has its name"
# What is said to be there is what the manager has taken, not what was handed to it.
rm -f locked/.*.part
head -c $(($(stat -f -c '%a * %S' locked) - 8192)) /dev/zero >locked/rest
head -c 20000 here/sum >here/some
gives 1 '/small/some: no space left there' cp here/some v:/small/some
grep -q '8.0 KiB of 19.5 KiB are in .*; --resume goes on' err || net_fail "what is there: $(cat err)"
[ "$(stat -c %s locked/.some.*.part)" = 8192 ] || net_fail "a part: $(ls -la locked)"
rm locked/rest
gives 0 '' cp --resume here/some v:/small/some
cmp here/some locked/some || net_fail "what was gone on with differs"
rm here/some
net_stop $small || net_fail "serve ends with $?"
rm -f locked/.*.part
parts

# Other names, directories, removing.
gives 0 '' mkdir /docs/new
gives 1 '/docs/new: there is such a name already' mkdir /docs/new
gives 0 '' mkdir -p /docs/new /docs/deep/er/est -m 700
[ "$(stat -c %a docs/deep/er/est)" = 700 ] || net_fail "mkdir -m: $(stat -c %a docs/deep/er/est)"
gives 3 '/docs/no/no: there is no such name' mkdir /docs/no/no
gives 0 '' mv /docs/back /docs/forth
[ -e docs/forth ] && [ ! -e docs/back ] || net_fail "mv"
gives 0 '' mv /docs/forth /docs/nothing v:/docs/new
[ -e docs/new/forth ] && [ -e docs/new/nothing ] || net_fail "mv into a directory"
gives 1 '/docs/plan: there is such a name already' mv -n /docs/lines /docs/plan
gives 1 'belong to different managers or storages: copy instead' mv /docs/lines /other/lines
gives 1 '/docs/new: is a directory: -r' rm /docs/new
gives 0 '' rm /docs/new/forth
gives 0 '' rm -r /docs/new /docs/deep
[ ! -e docs/new ] && [ ! -e docs/deep ] || net_fail "rm -r"
gives 3 '/docs/new: there is no such name' rm /docs/new
gives 0 '' rm -f /docs/new
gives 1 '/fixed/plan: it is served read-only' rm /fixed/plan

# What is it?
gives 0 '' stat /docs/plan
grep -q '^/docs/plan: file$' out && grep -q 'octets      9 ' out && grep -q 'permissions -rw-r--r--' out && grep -q 'manager     ....-' out &&
    grep -q 'attributes  readable writeable storage random-access' out || net_fail "stat: $(cat out)"
gives 0 '' stat v:/docs/plan --json
jq -e '.name == "/docs/plan" and .type == "file" and .octets == 9 and .block_size == 16384' out >/dev/null || net_fail "stat --json: $(cat out)"
gives 0 '' stat --storage /docs
grep -q '^/docs: .* of .* free, room for [0-9]* objects$' out || net_fail "stat --storage: $(cat out)"
gives 3 '/docs/none: there is no such name' stat /docs/none

# The end of it.
gives 0 '' tail /docs/lines
seq 31 40 | cmp -s - out || net_fail "tail: $(cat out)"
gives 0 '' tail -n 3 /docs/lines
seq 38 40 | cmp -s - out || net_fail "tail -n 3: $(cat out)"
gives 0 '' tail -n 100 /docs/lines
same docs/lines out
: >followed
net_start right "$vnet" tail -f -n 1 /docs/lines -i v0 >followed 2>followed.err
follower=$net_pid
net_await followed '^40$'
echo 41 >>docs/lines
net_await followed '^41$'
printf 'again\n' >docs/lines
net_await followed '^again$'
grep -q 'has become shorter' followed.err || net_fail "tail -f: $(cat followed.err)"
net_stop $follower || net_fail "tail -f ends with $?: $(cat followed.err)"
[ "$(cat followed)" = "$(printf '40\n41\nagain')" ] || net_fail "tail -f: $(cat followed)"
exit 0

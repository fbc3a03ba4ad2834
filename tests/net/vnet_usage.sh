#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What a person gets for a wrong command line: one clear line and exit code 2; and for a machine that is not ready: the same and 1.
. "$(dirname "$0")/lib.sh"
net_begin "$@"
vnet=${VSUITE_BIN:-$1}/vnet
unset VNET_INTERFACE

net_pair
cd "$net_tmp" || exit 1

# gives CODE TEXT ARGUMENTS...: exit code, and one line on stderr that holds TEXT
gives() {
    code=$1 text=$2
    shift 2
    net_in left "$vnet" "$@" >out 2>err </dev/null
    got=$?
    [ $got -eq "$code" ] || net_fail "vnet $*: exit code $got instead of $code: $(cat err)"
    [ "$(wc -l <err)" -eq 1 ] || net_fail "vnet $*: not one line: $(cat err)"
    grep -q -- "$text" err || net_fail "vnet $*: \"$text\" is not in: $(cat err)"
    [ ! -s out ] || net_fail "vnet $*: prints on stdout: $(cat out)"
}

gives 2 'say what to do'
gives 2 'no command "fly"' fly
gives 2 'no command "fly"' help fly
for command in up ping who get probe stat group migrate resolve names watch serve ls cat cp mv rm mkdir tail mount trace; do
    net_in left "$vnet" $command --help >help 2>err || net_fail "$command --help"
    grep -q "^usage: vnet $command" help && grep -q '^Options:' help && grep -q -- '--json' help && grep -q -- '--pcap' help &&
        grep -q -- '--ethertype TYPE .* default 0x805b$' help && grep -q '^Exit codes: 0 ' help && grep -q '^Example: ' help || net_fail "$command --help: $(cat help)"
    [ ! -s err ] || net_fail "$command --help prints on stderr"
    net_in left "$vnet" help $command | cmp -s - help || net_fail "help $command differs from $command --help"
    grep -q "^  $command " <<EOT || net_fail "--help does not name $command"
$("$vnet" --help)
EOT
    gives 2 'unknown option "--frobnicate"' $command --frobnicate
    gives 2 'interface wants IFACE' $command -i
    gives 2 '--json takes no value' $command --json=yes
done
"$vnet" --version | grep -q '^vnet [0-9]' || net_fail "--version"

entity=0123-4567-89ab-cdef
gives 2 'say on which network interface' up
gives 2 'say on which network interface' ping $entity
gives 2 'say on which network interface' trace
gives 2 'say which entity' probe -i v0
gives 2 'is no entity' probe hello -i v0
gives 2 'is no entity' probe 0 -i v0
gives 2 'neither an entity' ping hello -i v0
gives 2 'neither an entity' get file --from 12:34 -i v0
gives 2 'say which file' get -i v0
gives 2 'say what to do: create, join or query' group -i v0
gives 2 'none of create, join and query' group fly -i v0
gives 2 'say which group' group join -i v0
gives 2 'is no group' group query $entity -i v0
gives 2 'one argument too many' group create 4000-0000-0000-0100 -i v0
gives 2 '--unrestricted is for create' group join 4000-0000-0000-0100 -i v0 --unrestricted
gives 2 '--permissions takes a number from 0 to 0x1ff' group create -i v0 --permissions 0x200
gives 2 '--permissions takes a number from 0 to 0x1ff' group create -i v0 --permissions all
gives 2 '--join takes a group' up -i v0 --join $entity
gives 2 '--size is for single entities' ping 4000-0000-0000-0100 -i v0 --size 5
gives 2 'say from which node' migrate $entity -i v0
gives 2 'neither an entity' migrate $entity hello -i v0
gives 2 'neither an entity' stat hello -i v0
gives 2 '--count is for --watch' stat -i v0 --count 3
gives 2 'leave the first "/" out' get /etc/passwd -i v0
gives 2 '--as takes a prefix' up -i v0 --as storage
gives 2 '--as takes a prefix' up -i v0 --as /a --as /b/../c
gives 2 '--alias takes a prefix and an absolute name' up -i v0 --alias /a
gives 2 '--alias takes a prefix and an absolute name' up -i v0 --alias /a=b
gives 2 '--directory takes never, try or require' up -i v0 --directory maybe
gives 2 'say which name' resolve -i v0
gives 2 'is no name' resolve '' -i v0
gives 2 'leaves nobody time' resolve /a -i v0 --timeout 0
gives 2 'one argument too many' resolve /a /b -i v0
gives 2 'is no absolute name' watch a -i v0
gives 2 '--timeout is for --once' watch /a -i v0 --timeout 1s
gives 2 'say which name and where' mount /a -i v0
gives 2 'is no name' mount a "$net_tmp" -i v0
gives 2 'contradict each other' mount /a "$net_tmp" -i v0 --mine --theirs
gives 2 'leaves nobody time' mount /a "$net_tmp" -i v0 --patience 0
gives 2 'exclude each other' names -i v0 --registered --forget /a
gives 2 '--forget takes a prefix' names -i v0 --forget a
gives 2 'one argument too many' get one two -i v0
gives 2 'one argument too many' who one -i v0
gives 2 '--count takes a number from 0 to 4294967295, not "x"' ping $entity -i v0 -c x
gives 2 '--count takes a number' ping $entity -i v0 -c -5
gives 2 '--size takes a number from 0 to 4194304, not "4194305"' ping $entity -i v0 --size 4194305
gives 2 '--interval takes a duration with its unit' ping $entity -i v0 --interval 5
gives 2 '--interval takes a duration with its unit' ping $entity -i v0 --interval=-1s
gives 2 '--timeout takes a duration with its unit' ping $entity -i v0 --timeout 0x10s
gives 2 '--timeout takes a duration with its unit' ping $entity -i v0 --timeout 1e3ms
gives 2 '--ts4 takes a duration' up -i v0 --ts4 5parsecs
gives 2 '--checksum takes full, header or none' up -i v0 --checksum some
gives 2 '--entity must not be a group' up -i v0 --entity 4000-0000-0000-0100
gives 2 '--window takes a number from 1 to 60' get file -i v0 --window 0
gives 2 '--max-accepts takes a number from 2' up -i v0 --max-accepts 1
gives 2 '--mtu 65535 is more than v0 carries, 1500' up -i v0 --mtu 65535
gives 2 '^vnet up: --max-control must be 4' up -i v0 --max-control 3
gives 2 '^vnet up: --tc2 must be 1 ms at least and not above --tc2-ceiling' up -i v0 --tc2 10s
gives 2 '^vnet up: --tc1-floor must be .*, --tc1 at most' up -i v0 --tc1 25h
gives 2 '^vnet up: --block must have' up -i v0 --block 0123-4567-89ab-cdef
gives 2 '--output wants the name of a file' get file -i v0 -o -
for type in 0 0x5ff 5ff 0x10000 0x 0xzz -1 '' 'arp' '0x88b5 '; do
    gives 2 '--ethertype takes an EtherType from 0x0600 to 0xffff, such as 0x88b5, not ' who -i v0 --ethertype "$type"
done
gives 2 'exclude each other' trace -i v0 -r file

# The machine
for command in "up" "ping $entity" "probe $entity" who stat "group create" "migrate $entity $entity" "resolve /a" names "watch /a" "get file" "mount /a /tmp" trace; do
    gives 1 'nosuch' $command -i nosuch
done
gives 1 'Ethernet' who -i lo
gives 1 'cannot read a capture from none' trace -r none
gives 1 '/dev/full\|No space left' trace -i v0 --pcap /dev/full/x
gives 1 '--files /nowhere: No such file' up -i v0 --files /nowhere
gives 1 '/nowhere: No such file' mount /a /nowhere -i v0
gives 1 'No such file or directory' who -i v0 --pcap /no/such/directory/x.pcapng

# Without CAP_NET_RAW
net_need setpriv
setpriv --bounding-set=-all --inh-caps=-all true 2>/dev/null || net_skip "setpriv cannot drop capabilities here"
for command in up "ping $entity" who trace; do
    net_in left setpriv --bounding-set=-all --inh-caps=-all "$vnet" $command -i v0 >out 2>err </dev/null
    [ $? -eq 1 ] && [ "$(wc -l <err)" -eq 1 ] && grep -q CAP_NET_RAW err || net_fail "$command without CAP_NET_RAW: $(cat err)"
done
net_in left ip link set v0 down
gives 1 'down' who -i v0

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# All of vconform against `vnet up` over a cable, in one run: every case passes or does not concern the node, and the reports are there.
# Then what takes another node of ours: a directory, copies, the default of TS4.  (V: conform_v.sh.)
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/support/conform.sh"
conform_begin "$@"

# tests REPORT OPTIONS AND CASES...: nothing goes wrong
tests() {
    report=$1
    shift
    net_in left timeout 1000 "$bin/vconform" -i v0 --peer "$net_right" --report "$report" -q "$@" >out 2>&1
    code=$?
    [ $code -eq 0 ] || net_fail "vconform says $code about $report: $(conform_said out)"
    echo "$report: $(tail -n 1 out)"
}

net_pair
cd "$net_tmp" || exit 1
# What waits for TS4 shall not take long (the default is tried below).
conform_pixit "TS4 1500"
# The node, started as $VCONFORM_START says (vconform --list starts).
cat >start <<'END'
#!/bin/sh
for file in node.pid other.pid; do
    [ -s $file ] && kill "$(cat $file)" && while kill -0 "$(cat $file)" 2>/dev/null; do sleep 0.01; done
    : >$file
done
options="--as /node --files $PWD/served --change-files --log records --log-size 64 --ts4 1500ms" wait=1
: >other
for word in $VCONFORM_START; do
    case $word in
    asking) wait=0 ;;
    require-checksum | remote-management | no-streams) options="$options --$word" ;;
    shared-address) nsenter --net=/run/netns/right "$bin/vnet" up -i v0 >other 2>&1 & echo $! >other.pid ;; # the same address
    sequence-numbers) options="$options --max-sequences 8" ;;
    ask-always) options="$options --ts5-always 1" ;;
    own-identifier) options="$options --entity 0123-4567-89ab-cd41" ;;
    hosts=*) options="$options --max-hosts ${word#*=}" ;;
    clients=*) options="$options --max-remote-clients ${word#*=}" ;;
    ts2=*) options="$options --ts2 ${word#*=}ms" ;;
    *) exit 77 ;;
    esac
done
while [ -s other.pid ] && ! grep -q ready other; do sleep 0.01; done
: >node
nsenter --net=/run/netns/right "$bin/vnet" up -i v0 $options >node 2>&1 &
echo $! >node.pid
tries=0
until [ $wait = 0 ] || grep -q ready node; do
    tries=$((tries + 1))
    [ $tries -lt 6000 ] || exit 1
    sleep 0.01
done
END
chmod +x start
export bin
mkdir served
"$bin/vconform" files "$net_tmp/served" || net_fail "no files to serve"
./start || net_fail "the node does not start: $(cat node)"
net_await node held
tests evidence --pixit pixit --objects /node --reboot "$net_tmp/start"
[ -z "$(ls served | grep '^vc-')" ] || net_fail "vconform has not tidied up: $(ls served)"
jq -r '.cases[] | select(.verdict == "SKIP") | .why' evidence/results.json | sed 's/^\(the node [^:]*: [^ ]*\) .*/\1/' | sort -u >skipped
cat >expected <<'END'
the node does not have: copy
the node does not have: name-directory
the node does not have: patience
the node does not have: remote-management
the node does not have: v-process
the node has: records
the node has: streams
END
diff expected skipped || net_fail "other cases are left out than should be"

for file in results.txt results.tap results.xml results.json matrix.html; do
    [ -s evidence/$file ] || net_fail "no $file"
done
jq -e '.verdict == "PASS" and .sane and (.cases | length > 600) and ([.cases[] | select(.verdict == "FAIL")] == [])' \
    evidence/results.json >/dev/null || net_fail "results.json says something else"

# The same oracle over what was captured.
"$bin/vconform" check evidence/header-words.pcapng --peer "$net_right" >check || net_fail "check: $(cat check)"
grep -q ' 0 failures' check || net_fail "check: $(cat check)"

# Nothing that has to be chosen, no interface, nobody there.
net_in left "$bin/vconform" -i v0 --peer "$net_right" -q no-such-case 2>/dev/null
[ $? -eq 2 ] || net_fail "no case is chosen, and that is no error"
net_in left "$bin/vconform" -i nowhere0 --peer "$net_right" -q 2>/dev/null
[ $? -eq 3 ] || net_fail "there is no such interface, and that is no error"
kill "$(cat node.pid)"
while kill -0 "$(cat node.pid)" 2>/dev/null; do sleep 0.01; done
net_in left timeout 60 "$bin/vconform" -i v0 --peer "$net_right" -q header/ >/dev/null 2>err
[ $? -eq 3 ] || net_fail "nobody is there, and that is no error: $(cat err)"

# A directory of names.
net_start right "$bin/vnet" directory -i v0 --sqlite store >node 2>&1
node=$net_pid
net_await node ready
conform_pixit
tests directory --pixit pixit directory/
jq -e '[.cases[] | select(.verdict != "PASS" and .name != "directory/survives")] == []' directory/results.json >/dev/null || net_fail "directory: $(cat out)"
net_stop $node || net_fail "the directory ends with $?"

# TS4 as it is where nobody says otherwise.
net_start right "$bin/vnet" up -i v0 >node 2>&1
node=$net_pid
net_await node ready
tests default --pixit pixit server/remembered
net_stop $node || net_fail "the node ends with $?"

# Copies that nobody changes, of a node without test service.
mkdir copies
echo "the same in two files" | tee copies/one >copies/two
echo "not the same" >copies/other
net_start right "$bin/vnet" serve copies --as /copy --read-only --group 4000-0000-0000-0100 -i v0 >serving 2>&1
node=$net_pid
net_await serving held
tests copies-seen --pixit pixit --copy /copy objects/read-only objects/copies
jq -e '[.cases[] | select(.verdict != "PASS")] == []' copies-seen/results.json >/dev/null || net_fail "copies: $(cat out)"
net_stop $node || net_fail "the node of the copies ends with $?"
exit 0

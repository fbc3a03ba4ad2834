#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# vconform where something is wrong that is not the node, or with peers that no node is: it ends, says what it is, blames no node for it, and
# what has been found out is not lost.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/support/conform.sh"
conform_begin "$@"

net_pair
cd "$net_tmp" || exit 1
conform_pixit "TS4 1500"
net_start right "$bin/vnet" up -i v0 --ts4 1500ms >node 2>&1
node=$net_pid
net_await node ready

# strange WHAT...: a stranger at the right, who is at it when this returns
strange() {
    net_start right "$bin/net-strangers" v0 "$@" >strange 2>&1
    net_await strange ready
}

# It is told to end.
nsenter --net=/run/netns/left "$bin/vconform" -i v0 --peer "$net_right" --pixit pixit --report stopped -q server/ client/ group/ >out 2>err &
tester=$!
net_await stopped/server-duplicate-processing.txt .
kill "$tester"
wait "$tester"
code=$?
[ $code -eq 3 ] || net_fail "told to end, it ends with $code: $(cat err)"
grep -q 'vconform was told to end; [1-9][0-9]* cases were not tried' out || net_fail "nothing about its end: $(cat out)"
jq -e '.verdict == "INCONC" and .sane and .untried > 0 and (.cases | length > 0) and ([.cases[] | select(.verdict == "FAIL")] == [])' \
    stopped/results.json >/dev/null || net_fail "results.json says something else"
for file in results.txt results.tap results.xml matrix.html; do
    [ -s stopped/$file ] || net_fail "no $file"
done
grep -q 'told to end before [1-9]' stopped/matrix.html || net_fail "nothing about its end in the matrix"

# There is no room for the reports.
mkdir small && mount -t tmpfs -o size=64k tmpfs small || net_fail "cannot mount a small file system"
conform_says 3 'small/r: the results could not be written: No space left' --peer "$net_right" --report small/r header/
umount small
net_in left sh -c "'$bin/vconform' -i v0 --peer $net_right -q header/words >/dev/full" 2>err
[ $? -eq 3 ] && grep -q 'standard output: No space left' err || net_fail "a full disk behind standard output: $(cat err)"

# Somebody who never stops, where the node's address is not known yet, and as the node.
strange flood 02:99:00:00:00:09 100000
conform_says 3 'nobody answers ProbeEntity' --entity 0123-0000-0000-0001 header/
net_stop $net_pid
strange flood "$net_right" 100000
conform_says 3 . --peer "$net_right" header/
net_stop $net_pid

# What the node says in a VLAN is not for us.
strange tagged "$net_right" 100000
conform_says 0 '4 PASS' --peer "$net_right" header/short header/version-1 header/domain-0
net_stop $net_pid

# An interface that is taken down, while most of the cases are still to be tried, or too small.
(net_await down/server-duplicate-processing.txt . && net_in left ip link set v0 down) &
taker=$!
conform_says 3 'the interface does not work any more' --peer "$net_right" --report down server/ client/ group/
wait $taker || net_fail "it has not been taken down"
grep -q '^FAIL ' out && net_fail "the node is blamed for it: $(conform_said out)"
conform_says 3 'up' --peer "$net_right" header/
net_in left ip link set v0 mtu 1000 up
net_up left v0
conform_says 3 'MTU' --peer "$net_right" header/
net_in left ip link set v0 mtu 1500

# A command that starts the node anew, and does not end, or fails; and one that leaves behind what holds the files that it was given.
cat pixit >impatient
echo "REBOOT 400" >>impatient
conform_says 3 'anew: the command of --reboot has not ended after 0.4 s, and was ended: what is to stay belongs in the background' \
    --peer "$net_right" --pixit impatient --reboot 'sleep 1000 & echo $! >endless; echo $$ >>endless; wait' order/numbers
for process in $(cat endless); do
    tries=0
    while kill -0 "$process" 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -lt 500 ] || net_fail "a command that does not end goes on: $(ps -ef)"
        sleep 0.01
    done
done
conform_says 3 'anew: the command of --reboot ends with 5; it says: no such ? bench$' \
    --peer "$net_right" --reboot 'printf "ssh\nno such \033 bench\n\n"; exit 5' order/numbers
conform_says 3 'anew: the command of --reboot was ended by signal 9$' --peer "$net_right" --reboot 'kill -9 $$' order/numbers
conform_says 3 "has not begun anew: it counts on from" --peer "$net_right" --reboot true order/numbers
net_stop $node
cat >start <<END
#!/bin/sh
echo "this is no JSON"
sleep 1000 &
echo \$! >>held
[ ! -s node.pid ] || { kill "\$(cat node.pid)" && while kill -0 "\$(cat node.pid)" 2>/dev/null; do sleep 0.01; done; }
: >node
nsenter --net=/run/netns/right "$bin/vnet" up -i v0 --ts4 1500ms --max-sequences 8 >node 2>&1 &
echo \$! >node.pid
until grep -q ready node; do sleep 0.01; done
END
chmod +x start
./start >/dev/null
net_in left timeout 100 "$bin/vconform" -i v0 --peer "$net_right" --pixit pixit -q --json --reboot ./start order/numbers 2>err | cat >out
grep . err && net_fail "of a command that succeeds more is heard than it has to say"
jq -e '.verdict == "PASS"' out >/dev/null || net_fail "what the command prints or leaves behind is in the way: $(cat out)"
[ "$(wc -l <held)" -ge 3 ] || net_fail "the command was not run"
kill $(cat held) && kill "$(cat node.pid)"

# Lies.
strange lie
liar=$net_pid
net_in left timeout 250 "$bin/vconform" -i v0 --peer "$net_right" --report lies header/ packets/ names/ >out 2>err
code=$?
[ $code -eq 1 ] || [ $code -eq 3 ] || net_fail "with somebody who lies it ends with $code: $(tail -n 5 err)"
LC_ALL=C grep -q "$(printf '\033')" out err lies/results.* && net_fail "what the peer says gets to the terminal"
net_stop $liar

# The smallest node, when its interface is taken away.
net_start right "$bin/example_minimal" v0 >minimal 2>&1
node=$net_pid
net_await minimal '^serving'
net_in right ip link set v0 down
net_in right ip link set v0 up
net_up right v0
net_up left v0
conform_says 0 '1 PASS' --peer "$net_right" header/words
net_in right ip link del v0
wait $node
[ $? -eq 1 ] || net_fail "the minimal node goes on without an interface"
grep -q 'the interface is gone' minimal || net_fail "it says $(cat minimal)"
exit 0

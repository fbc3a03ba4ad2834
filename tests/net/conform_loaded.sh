#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# vconform several times in a row on a busy machine, each time with other identifiers: every case comes to the same each time, and fails never.
# 2 runs of some cases, or with VSUITE_FULL 20 of all. As many programs as there are processors do nothing but count beside them.
. "$(dirname "$0")/lib.sh"
net_begin "$@"
net_need jq
net_need timeout
bin=${VSUITE_BIN:-$1}
runs=2 cases='header/ packets/ server/ client/' least=60 nice=10
[ -z "${VSUITE_FULL:-}" ] || runs=20 cases= least=250 nice=0

net_pair
cd "$net_tmp" || exit 1
net_start right "$bin/vnet" up -i v0 >node 2>&1
node=$net_pid
net_await node ready

burners=
for processor in $(seq "$(nproc)"); do
    # Ends by itself, whatever becomes of this script.
    (ulimit -t $((60 * runs)) && exec nice -n "${VSUITE_BURN_NICE:-$nice}" sh -c 'while :; do :; done') &
    burners="$burners $!"
done

echo "SLACK 400" >pixit # of what happens late; what comes too early is judged as strictly as ever
run=1
while [ $run -le $runs ]; do
    net_in left timeout 300 "$bin/vconform" -i v0 --peer "$net_right" --pixit pixit --seed $run --json -q $cases >$run.json 2>$run.err
    code=$?
    jq -r '.cases[] | "\(.name) \(.verdict)"' $run.json >$run.verdicts
    jq -r '.rules | to_entries[] | "\(.key) \(.value)"' $run.json >$run.rules
    [ $code -eq 0 ] || net_fail "run $run: exit $code: $(cat $run.err; jq -r '.cases[] | select(.verdict != "PASS" and .verdict != "SKIP") | "\(.name): \(.verdict): \(.why)"' $run.json)"
    for what in verdicts rules; do
        diff 1.$what $run.$what >difference || net_fail "run $run comes to other $what than run 1: $(cat difference)"
    done
    run=$((run + 1))
done
kill $burners
net_stop $node || net_fail "the node ends with $?"
tried=$(jq '[.cases[] | select(.verdict == "PASS")] | length' 1.json)
[ "$tried" -ge $least ] || net_fail "only $tried cases were tried"
again=$(jq -s '[.[].cases[] | select(.attempts > 1)] | length' [0-9]*.json)
echo "$runs runs of $(wc -l <1.verdicts) cases, $tried of them PASS and the others SKIP each time; $again were tried again for their times"
exit 0

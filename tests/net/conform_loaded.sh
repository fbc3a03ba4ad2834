#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# vconform several times in a row on a busy machine, each time with other identifiers: every case comes to the same each time, and fails never.
# 2 runs of some cases, or with VSUITE_FULL 20 of all: those of names and objects beside those of VMTP, at a node of their own. As many
# programs as there are processors do nothing but count meanwhile. Each run begins a node anew.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/support/conform.sh"
conform_begin "$@"
runs=2 cases='header/ packets/ server/ client/' least=60 nice=10
[ -z "${VSUITE_FULL:-}" ] || runs=20 cases= least=250 nice=0

cd "$net_tmp" || exit 1
mkdir files
# What happens late; what comes too early is judged as strictly as ever. What waits for TS4 shall not take long.
printf 'SLACK 400\nTS4 1500\n' >pixit

burners=
for processor in $(seq "$(nproc)"); do
    # Ends by itself, whatever becomes of this script, but not before the last run does.
    (ulimit -t $((240 * runs)) && exec nice -n "${VSUITE_BURN_NICE:-$nice}" sh -c 'while :; do :; done') &
    burners="$burners $!"
done

# several PART NODE-OPTIONS CASES...: runs one after the other over a cable of their own
several() {
    part=$1 options=$2
    shift 2
    net_host $part-left
    net_host $part-right
    net_cable $part-left v0 $net_left $part-right v0 $net_right 1500
    run=1
    while [ $run -le $runs ]; do
        net_start $part-right "$bin/vnet" up -i v0 --ts4 1500ms $options >$part.node 2>&1
        node=$net_pid
        net_await $part.node "$([ -z "$options" ] && echo ready || echo held)"
        this=$part.$run
        net_in $part-left timeout 500 "$bin/vconform" -i v0 --peer "$net_right" --pixit pixit --seed $run --json -q "$@" >$this.json 2>$this.err
        code=$?
        jq -r '.cases[] | "\(.name) \(.verdict)"' $this.json >$this.verdicts
        jq -r '.rules | to_entries[] | "\(.key) \(.value)"' $this.json >$this.rules
        [ $code -eq 0 ] || net_fail "$part, run $run: exit $code: $(cat $this.err; jq -r '.cases[] | select(.verdict != "PASS" and .verdict != "SKIP") | "\(.name): \(.verdict): \(.why)"' $this.json)"
        for what in verdicts rules; do
            diff $part.1.$what $this.$what >$part.difference || net_fail "$part, run $run comes to other $what than run 1: $(cat $part.difference)"
        done
        net_stop $node || net_fail "$part: the node ends with $?"
        run=$((run + 1))
    done
    tried=$(jq '[.cases[] | select(.verdict == "PASS")] | length' $part.1.json)
    again=$(jq -s '[.[].cases[] | select(.attempts > 1)] | length' $part.[0-9]*.json)
    echo "$part: $runs runs of $(wc -l <$part.1.verdicts) cases, $tried of them PASS and the others SKIP each time; $again were tried again for their times"
}

others=
if [ -n "${VSUITE_FULL:-}" ]; then
    several names "--as /node --files files --change-files --log records --log-size 64" --objects /node names/ objects/ client-objects/ &
    others=$!
fi
several vmtp "" $cases
[ "$tried" -ge $least ] || net_fail "only $tried cases were tried"
[ -z "$others" ] || wait $others || net_fail "names and objects: see above"
kill $burners || net_fail "the load was over before the runs were"
exit 0

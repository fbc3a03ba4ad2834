#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# vconform's cases about V against the V test process over a cable.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/support/conform.sh"
conform_begin "$@"

net_pair
"$bin/example_v_tested" 2>"$net_tmp/usage"
[ $? -eq 2 ] && grep -q '^usage: v_tested INTERFACE' "$net_tmp/usage" || net_fail "without arguments: $(cat "$net_tmp/usage")"
net_start right "$bin/example_v_tested" v0 >"$net_tmp/process" 2>&1
process=$net_pid
net_await "$net_tmp/process" '^ready'
cd "$net_tmp" || exit 1
conform_pixit
net_in left timeout 250 "$bin/vconform" -i v0 --peer "$net_right" --pixit pixit --report evidence -q v/ >out 2>&1
code=$?
[ $code -eq 0 ] || net_fail "vconform says $code: $(conform_said out)"
cat out
jq -e '.sane and (.cases | length > 20) and ([.cases[] | select(.verdict != "PASS")] == [])' evidence/results.json >/dev/null ||
    net_fail "some are not PASS: $(cat out)"
net_stop $process || net_fail "the process ends with $?"
exit 0

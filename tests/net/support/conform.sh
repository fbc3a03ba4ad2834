# SPDX-License-Identifier: BSD-2-Clause
# conform.sh - runs of vconform, for tests.  Source it behind lib.sh.
#
#   conform_begin "$@"       net_begin, and what all of them need; $bin is where the programs are
#   conform_pixit LINE...    in the directory where one is: the file "pixit", for --pixit
#   conform_says EXIT TEXT OPTION...   where these are, runs vconform on host left, which ends with this code and says that in "out" or "err" (all of
#                            it, TEXT is a pattern)
#   conform_said FILE        of what a run has printed: what did not pass, and the sum; cases that were left out are many

conform_begin() {
    net_begin "$@"
    net_need jq
    net_need timeout
    bin=${VSUITE_BIN:-$1}
}

# Other tests keep the machine busy, so things happen late; what comes too early is judged as strictly as ever.
conform_pixit() {
    printf '%s\n' 'SLACK 400' "$@" >pixit
}

conform_said() {
    grep -A 3 -E '^(WARN|INCONC|FAIL|ERROR) ' "$1"
    tail -n 1 "$1"
}

conform_says() {
    conform_wanted=$1 conform_text=$2
    shift 2
    net_in left timeout 250 "$bin/vconform" -i v0 --pixit pixit -q "$@" >out 2>err
    conform_code=$?
    [ $conform_code -eq "$conform_wanted" ] || net_fail "$*: exit $conform_code: $(conform_said out) $(cat err)"
    grep -q "$conform_text" out err || net_fail "$*: it does not say '$conform_text': $(conform_said out) $(cat err)"
}

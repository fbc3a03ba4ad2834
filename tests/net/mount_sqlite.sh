#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# SQLite in a mounted directory, with 1 % of the frames lost: one writer and several readers at the same mount, then writers at two mounts, then
# a writer that is killed.  Readers see whole transactions only.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/support/mount.sh"
mount_begin "$@"
net_need sqlite3
mount_cable
mount_serve
mount_at "$mnt"
one=$mount
mount_at "$mnt.two"
two=$mount

rounds=15
[ -z "$VSUITE_FULL" ] || rounds=150
sql() { # file, words
    within 300 sqlite3 -batch -cmd '.timeout 200000' "$@"
}
is_whole() {
    [ "$(sql "$1" 'pragma integrity_check')" = ok ] || net_fail "$1: $(sql "$1" 'pragma integrity_check')"
}

# Each transaction inserts two rows, so that whoever counts an odd number has seen half of one.
sql "$mnt/db" "create table t(a integer primary key, b text); create index i on t(b)" || net_fail "create"
insert() { sql "$1" "begin immediate; insert into t(b) values('x' || random()); insert into t(b) values('y' || random()); commit"; }
reader() {
    for _ in $(seq $rounds); do
        count=$(sql "$1" "select count(*) from t") || { echo "cannot read"; return 1; }
        [ $((count % 2)) -eq 0 ] || { echo "half a transaction: $count"; return 1; }
        [ "$count" -ge "${last:-0}" ] || { echo "going back from $last to $count"; return 1; }
        last=$count
    done
}
writer() {
    for _ in $(seq $rounds); do
        insert "$1" || { echo "cannot write"; return 1; }
    done
}
together() { # commands, each "reader FILE" or "writer FILE"
    pids=
    for what in "$@"; do
        $what >"said.${pids// /-}" 2>&1 &
        pids="$pids $!"
    done
    for pid in $pids; do
        wait "$pid" || net_fail "$(cat said.*)"
    done
}

together "writer $mnt/db" "reader $mnt/db" "reader $mnt/db" "reader $mnt/db"
is_whole "$mnt/db"
[ "$(sql "$mnt/db" 'select count(*) from t')" = $((2 * rounds)) ] || net_fail "rows are missing"

together "writer $mnt/db" "writer $mnt.two/db" "reader $mnt/db" "reader $mnt.two/db"
is_whole "$mnt/db"
is_whole "$mnt.two/db"
for file in "$mnt/db" "$mnt.two/db" "$store/db"; do
    [ "$(sql "$file" 'select count(*) from t')" = $((6 * rounds)) ] || net_fail "$file: rows are missing"
done

# A connection that stays open sees what the other mount has written since.
coproc keeps { exec sqlite3 -batch -cmd '.timeout 200000' "$mnt.two/db"; }
echo 'select count(*) from t;' >&"${keeps[1]}"
read -r -t 300 before <&"${keeps[0]}" || net_fail "the open connection says nothing"
insert "$mnt/db" || net_fail "cannot write"
echo 'select count(*) from t;' >&"${keeps[1]}"
read -r -t 300 after <&"${keeps[0]}" || net_fail "the open connection says nothing"
[ "$after" = $((before + 2)) ] || net_fail "the open connection has seen $before and then $after"
eval "exec ${keeps[1]}>&-"
wait "$keeps_PID" 2>/dev/null

# A writer that is killed in the middle of a transaction: what it had begun is rolled back by the next one, at the other mount.
before=$(sql "$mnt/db" 'select count(*) from t')
mkfifo orders
sqlite3 -batch -cmd 'pragma cache_spill=1; pragma cache_size=1' "$mnt/db" <orders >said.killed 2>&1 &
killed=$!
exec 7>orders
echo "begin exclusive; insert into t(b) select randomblob(2000) from (with recursive n(x) as (select 1 union all select x+1 from n where x<200) select x from n); select 'half';" >&7
net_await said.killed half
kill -9 $killed
wait $killed 2>/dev/null
exec 7>&-
[ "$(sql "$mnt.two/db" 'select count(*) from t')" = "$before" ] || net_fail "half a transaction is left"
is_whole "$mnt.two/db"
insert "$mnt/db" || net_fail "cannot write behind the killed one"

mount_end "$mnt" $one
mount_end "$mnt.two" $two
exit 0

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The examples of objects: a manager with a note, and a client that reads and writes it by name.
. "$(dirname "$0")/lib.sh"
net_begin "$@"
bin=${VSUITE_BIN:-$1}
net_pair
cd "$net_tmp" || exit 1
unset V_NAMES V_CONTEXT

for name in io_manager io_client; do
    "$bin/example_$name" 2>usage
    [ $? -eq 2 ] && grep -q "^usage: $name INTERFACE" usage || net_fail "$name without arguments: $(cat usage)"
done
note() { net_in left "$bin/example_io_client" v0 "$@" 2>err; }
is() { # what the note should be
    now=$(note /note) || net_fail "it cannot be read: $(cat err)"
    [ "$now" = "$1" ] || net_fail "the note is '$now', not '$1'"
}

net_start right "$bin/example_io_manager" v0 >manager 2>&1
net_await manager '^holding /note'
is "nothing yet"
note /note "the first line that somebody wrote" || net_fail "it cannot be written: $(cat err)"
is "the first line that somebody wrote"
note /note "short" || net_fail "it cannot be written again: $(cat err)"
is short
note /note/below && net_fail "something is below the note"
grep -q '/note/below: No such file or directory' err || net_fail "io_client says: $(cat err)"
note /note "$(head -c 5000 /dev/zero | tr '\0' x)" && net_fail "more than it holds was written"
grep -q 'No space left on device' err || net_fail "io_client says: $(cat err)"
net_stop $net_pid || net_fail "io_manager ends with $?: $(cat manager)"
note /note && net_fail "an answer from nobody"
exit 0

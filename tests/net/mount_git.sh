#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# git works in a mounted directory, with 1 % of the frames lost: init, commit, branch, merge, gc, clone, fsck.  VSUITE_FULL=1: a larger tree.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/support/mount.sh"
mount_begin "$@"
net_need git
mount_cable
mount_serve
mount_at "$mnt"

export GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
tree=/usr/include/linux/netfilter
[ -z "$VSUITE_FULL" ] || tree=/usr/include/linux
[ -d $tree ] || net_skip "no $tree"
g() { within 600 git "$@" >said 2>&1 || net_fail "git $*: $(tail -n 5 said)"; }

cd "$mnt" || exit 1
g init -q -b main one
cd one || exit 1
cp -r $tree tree
g add .
g commit -q -m first
g fsck --strict
g checkout -q -b side
echo side >side.txt
g add side.txt
g commit -q -m side
g checkout -q main
[ ! -e side.txt ] || net_fail "a file of the other branch is still there"
for i in 1 2 3 4 5; do
    echo "$i" >>count.txt
    g add count.txt
    g commit -q -m "count $i"
done
g merge -q --no-edit side
g gc -q
g fsck --strict --full
[ -z "$(git status --porcelain)" ] || net_fail "status: $(git status --porcelain)"
[ "$(git rev-list --count HEAD)" = 8 ] || net_fail "commits: $(git rev-list --count HEAD)"
cd "$mnt" || exit 1
g clone -q --no-local one two
g -C two fsck --strict --full
[ -z "$(git -C two status --porcelain)" ] || net_fail "the clone's status: $(git -C two status --porcelain)"
[ "$(git -C two rev-parse HEAD)" = "$(git -C one rev-parse HEAD)" ] || net_fail "the clone is at another commit"
diff -r $tree two/tree >differs || net_fail "the clone differs: $(head -n 5 differs)"

# A lock of git's keeps others out.
: >one/.git/index.lock
within 60 git -C one add . >said 2>&1 && net_fail "git ignores its lock"
grep -q index.lock said || net_fail "git says: $(cat said)"
rm one/.git/index.lock

# Seen from the side of the manager it is the same, and whole.
cd "$net_tmp" || exit 1
g -c safe.directory='*' -C "$store/two" fsck --strict --full
mount_end "$mnt" "$mount"
exit 0

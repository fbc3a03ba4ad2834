#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A tree of files is copied to a mounted directory and back, with 1 % of the frames lost: cp, tar with modes, times and links, a C project.
# VSUITE_FULL=1: all of /usr/include.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/support/mount.sh"
mount_begin "$@"
mount_cable
mount_serve
mount_at "$mnt"

tree=/usr/include/linux
[ -z "$VSUITE_FULL" ] || tree=/usr/include
[ -d $tree ] || net_skip "no $tree"

within 900 cp -r $tree "$mnt/tree" || net_fail "cp -r"
diff -r --no-dereference $tree "$store/tree" >differs || net_fail "what arrived differs: $(head -n 5 differs)"
within 900 cp -r "$mnt/tree" back || net_fail "cp -r back"
diff -r --no-dereference $tree back >differs || net_fail "what came back differs: $(head -n 5 differs)"
within 900 diff -r --no-dereference $tree "$mnt/tree" >differs || net_fail "what is seen differs: $(head -n 5 differs)"

# Modes, times, symbolic and hard links by tar.
mkdir from from/sub from/empty
echo one >from/one
ln from/one from/sub/again
ln -s ../one from/sub/link
ln -s nowhere from/dangling
echo secret >from/closed
chmod 0600 from/closed
echo run >from/run
chmod 4755 from/run
touch -d '2001-02-03 04:05:06.123456789' from/one
touch -h -d '1999-01-01 00:00:00' from/dangling
chmod 0751 from/sub
touch -d '2010-10-10 10:10:10' from/sub
look() { (cd "$1" && find . -mindepth 1 -printf '%p %y %m %n %s %T+ %l\n' | sed -E 's/^(\.[^ ]*) d ([0-7]+) [0-9]+ [0-9]+ /\1 d \2 /' | sort); }
tar -C from --format=posix -cf from.tar . || net_fail "tar"
mkdir "$mnt/unpacked"
within 300 tar -C "$mnt/unpacked" -xpf from.tar || net_fail "tar -x"
look from >looks && look "$store/unpacked" >looks.store && look "$mnt/unpacked" >looks.mnt
diff looks looks.store || net_fail "tar has unpacked something else"
diff looks looks.mnt || net_fail "what is seen is something else"
within 300 tar -C "$mnt/unpacked" --format=posix -cf again.tar . || net_fail "tar -c"
mkdir again && tar -C again -xpf again.tar && look again | diff looks - || net_fail "tar has packed something else"

# A C project.
net_need cc
net_need make
mkdir "$mnt/project"
for i in $(seq 20); do
    printf '#include "all.h"\nint f%d(int x) { return x + %d; }\n' "$i" "$i" >"$mnt/project/f$i.c"
    echo "int f$i(int x);"
done >"$mnt/project/all.h"
{
    printf '#include <stdio.h>\n#include "all.h"\nint main(void) { int x = 0;\n'
    for i in $(seq 20); do echo "x = f$i(x);"; done
    printf 'printf("%%d\\n", x); return 0; }\n'
} >"$mnt/project/main.c"
cat >"$mnt/project/Makefile" <<'MAKE'
objects := $(patsubst %.c,%.o,$(wildcard *.c))
program: library.a main.o ; cc -o $@ main.o library.a
library.a: $(filter-out main.o,$(objects)) ; ar rcs $@ $^
%.o: %.c all.h ; cc -O -c -o $@ $<
clean: ; rm -f *.o *.a program
MAKE
within 600 make -s -j 2 -C "$mnt/project" >made 2>&1 || net_fail "make: $(cat made)"
[ "$("$mnt/project/program")" = 210 ] || net_fail "the program says $("$mnt/project/program")"
within 300 make -s -C "$mnt/project" >made 2>&1 && [ ! -s made ] || net_fail "make makes it again: $(cat made)"
within 300 make -s -C "$mnt/project" clean && [ ! -e "$store/project/program" ] || net_fail "make clean"

within 900 rm -r "$mnt/tree" "$mnt/unpacked" "$mnt/project" || net_fail "rm -r"
[ -z "$(ls -A "$store")" ] || net_fail "left: $(ls -A "$store")"
mount_end "$mnt" "$mount"
exit 0

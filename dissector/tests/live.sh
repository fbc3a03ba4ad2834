#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A directory is served from one host and used from another; CAPTURE is all that went over the cable.
# usage: live.sh BIN FILE CAPTURE      FILE is served as /storage/file
. "$VSUITE_SOURCE/tests/net/lib.sh"
net_begin "$@"
vnet=$VSUITE_BIN/vnet
net_pair
mkdir -p "$net_tmp/served/sub"
cp "$2" "$net_tmp/served/file"
net_start right "$vnet" serve "$net_tmp/served" --as /storage -i v0 --pcap "$net_tmp/capture" >"$net_tmp/serve" 2>&1
serve=$net_pid
net_await "$net_tmp/serve" '^held /storage'
here() { net_in left env VNET_INTERFACE=v0 "$vnet" "$@" >/dev/null || net_fail "vnet $*"; }
here ls /storage
here stat /storage/file
here cp v:/storage/file "$net_tmp/copy"
here cp "$2" v:/storage/new
here mkdir /storage/dir
here mv /storage/new /storage/dir/moved
here rm /storage/dir/moved
here names
net_stop "$serve"
cat "$net_tmp/capture" >"$3"

#!/bin/bash
# Chunks that are nothing but zeros are never asked for, sent or written: not by the client, not on any link, not through a node that
# has no room. What follows them comes all the same, and all of it is whole.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
start_master -debug=9
start_slave 0 master -store=6m -debug=9
start_slave 1 slave0 -debug=9
start_slave 2 slave0 -debug=9
wait_up 3
sum() {
	run timeout "$(limit 100)" "$GPROC" -f="$1" e "$2" /bin/sh -c 'cksum <$0; stat -c %b $0' "/tmp/xproc$1"
}
# pieces COMMAND...: runs it; $pieces is how many pieces of contents the master and each slave got for it.
pieces() {
	local log before=()
	for log in master slave0 slave1 slave2; do before+=("$(grep -c ': DATA, ' "$T/$log.log")"); done
	"$@"
	pieces=
	for log in master slave0 slave1 slave2; do
		pieces="$pieces $(($(grep -c ': DATA, ' "$T/$log.log") - before[0]))"
		before=("${before[@]:1}")
	done
}
echo small >/tmp/small
sum /tmp/small 0:1,0:2 # sh, cksum and stat are there
is "a small file comes" "$status$err" 0

truncate -s 200M /tmp/sp
pieces sum /tmp/sp 0:1
is "200 MB of zeros come whole" "$status$err $(echo $out)" "0 $(cksum </tmp/sp) 0"
# A node that has no room for the size asks for the list again.
read -r master first second third <<<"$pieces"
ok "by their list, of two pieces, and the manifest, on every hop:$pieces" test "$master" -eq 3 -a "$first" -le 7 -a "$second" -le 5 -a "$third" -eq 0
pieces sum /tmp/sp 0:2
is "a node without room for them has kept them" "$status$err $(echo $out)$pieces" "0 $(cksum </tmp/sp) 0 0 0 0 3"

truncate -s 1000 /tmp/few
pieces sum /tmp/few 0:1
is "few zeros are a list, too" "$status$err $(echo $out)$pieces" "0 $(cksum </tmp/few) 0 2 2 2 0"

# Contents between zeros: at neither end, at an odd place, in neighbouring chunks.
head -c 200000 /dev/urandom >/tmp/some
truncate -s 90000777 /tmp/gaps
for at in 70000 30000000 89000000; do dd if=/tmp/some of=/tmp/gaps bs=100K seek="$at" oflag=seek_bytes conv=notrunc status=none; done
pieces sum /tmp/gaps 0:1,0:2
is "contents between zeros come" "$status$err $(grep -c "$(cksum </tmp/gaps)" <<<"$out")" "0 2"
read -r master first second third <<<"$pieces"
ok "and none of the zeros:$pieces" test "$master" -le 20 -a "$first" -le 40 -a "$second" -le 20 -a "$third" -le 20

# More than node 0 has room for, among zeros that are far more than its window.
truncate -s 150000777 /tmp/wide
for at in 0 2 3 70 90 91 140; do
	head -c 2000000 /dev/urandom | dd of=/tmp/wide bs=100K seek="${at}000100" oflag=seek_bytes conv=notrunc status=none
done
pieces sum /tmp/wide 0:1,0:2
is "so they do where there is no room" "$status$err $(grep -c "$(cksum </tmp/wide)" <<<"$out")" "0 2"
chunks=$((7 * 32 + 4))
read -r master first second third <<<"$pieces"
ok "without the zeros:$pieces" test "$master" -le "$chunks" -a "$first" -le $((2 * chunks)) -a "$second" -le "$chunks" -a "$third" -le "$chunks"
done_testing

#!/bin/bash
# A file that is mostly holes takes no more memory on its way than what it holds, and has its holes on the node; names of one file that
# are sent together are one file there.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
start_master -store=32m
start_slave 0 master -store=32m
start_slave 1 slave0 -store=32m
start_slave 2 master -store=32m -p=false -binRoot=/tmp/kept
wait_up 3
truncate -s 200M /tmp/sparse
printf end | dd of=/tmp/sparse bs=1 seek=100000000 conv=notrunc 2>/dev/null
sum=$(cksum </tmp/sparse)
run timeout "$(limit 100)" "$GPROC" -f=/tmp/sparse e 0,0:1 /bin/sh -c 'cksum <$0; stat -c "%s %b" $0' /tmp/xproc/tmp/sparse
is "200 MB of holes have room where there are 32" "$status$err" 0
is "they arrive whole" "$(printf '%s\n' "$out" | grep -cx "$sum")" 2
blocks=$(printf '%s\n' "$out" | awk '$1 == 209715200 { print $2 }' | sort -n | tail -n 1)
ok "and are holes: ${blocks:-no} blocks" test "${blocks:-9999}" -le 256
run timeout "$(limit 100)" "$GPROC" -binRoot=/tmp/kept -f=/tmp/sparse e 2 /bin/sh -c 'cksum <$0; stat -c %b $0' /tmp/kept/tmp/sparse
is "so they are where files stay" "$status$err$(printf '%s\n' "$out" | head -n 1)" "0$sum"
ok "holes there, too" test "$(printf '%s\n' "$out" | tail -n 1)" -le 256
# With contents in the holes it is another file.
head -c 40000000 /dev/urandom >/tmp/full
run timeout "$(limit 100)" "$GPROC" -f=/tmp/full e 0:1 /bin/true
is "what has no holes is refused" "$status" 126

mkdir -p /tmp/names/sub
head -c 3000000 /dev/urandom >/tmp/names/b
ln /tmp/names/b /tmp/names/a
ln /tmp/names/b /tmp/names/sub/c
cp -p /tmp/names/b /tmp/names/other
for target in "0 /tmp/xproc" "2 /tmp/kept" "2 /tmp/kept"; do
	read -r node root <<<"$target"
	run "$GPROC" -binRoot="$root" -f=/tmp/names e "$node" /bin/sh -c 'cd $0 && stat -c "%n %h" a b other sub/c; echo more >>a; cmp a sub/c && echo same; cmp -s a other || echo another' "$root/tmp/names"
	is "names of one file are one file: $root" "$status$err $(echo $out)" "0 a 3 b 3 other 1 sub/c 3 same another"
done
done_testing

#!/bin/bash
# What a job may do with large files of -f is the same whether they are copied or shown from the store, and nothing of it lasts: as root's
# and a user's job, with every view, where files stay, in a container, without root.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
users alice
MB=1048576
D=/tmp/data
mkdir $D $D/dir
head -c $((2 * MB)) /dev/urandom >$D/file
for name in away moved cut longer mode time linked replaced dir/in; do cp $D/file $D/$name; done
head -c $((2 * MB)) /dev/urandom >$D/one
ln $D/one $D/two
truncate -s 8M $D/holes
printf end >>$D/holes
touch -d @1000000000 $D/*
chmod 640 $D/mode
chown -R 1001:1001 $D
sum=$(cksum <$D/file) ones=$(cksum <$D/one) hole=$(cksum <$D/holes)

# Does all of it in $1, and says what it sees.
cat >$D/do <<'S'
cd "$1" || exit
sums() { for file; do echo "$file" $(cksum <"$file"); done; }
sums file away moved cut longer mode time linked replaced dir/in one two holes
stat -c '%n %s %a %Y' file mode one holes
stat -c '%n %h' one
[ "$(stat -c %b holes)" -le 256 ] && echo holes are holes
[ -O file ] && [ -O mode ] && echo they are ours
rm away; [ -e away ] || echo away is gone
mv moved somewhere && sums somewhere
truncate -s 5 cut && stat -c '%n %s' cut
echo more >>longer && stat -c '%n %s' longer
chmod 600 mode && stat -c '%n %s %a' mode
touch -c -d @1200000000 time && stat -c '%n %s %Y' time
ln linked other && echo x >>other && cmp linked other && stat -c '%n %s %h' linked
cp file new && mv new replaced && sums replaced
mv dir turned && sums turned/in && rm -r turned && mkdir dir && ls -A dir
echo x >>one && cmp one two && stat -c '%n %s %h' two
printf x | dd of=holes bs=1 seek=4194304 conv=notrunc 2>/dev/null && stat -c '%n %s' holes
[ "$(stat -c %b holes)" -le 512 ] && echo and stay so
exec 6<file && echo x >>file && cksum <file
ls
S
chown 1001 $D/do

# wanted: what that prints everywhere.
wanted() {
	for name in file away moved cut longer mode time linked replaced dir/in; do echo $name $sum; done
	printf '%s\n' "one $ones" "two $ones" "holes $hole" "file $((2 * MB)) 644 1000000000" "mode $((2 * MB)) 640 1000000000" \
		"one $((2 * MB)) 644 1000000000" "holes $((8 * MB + 3)) 644 1000000000" "one 2" "holes are holes" "they are ours" "away is gone" \
		"somewhere $sum" "cut 5" "longer $((2 * MB + 5))" "mode $((2 * MB)) 600" "time $((2 * MB)) 1200000000" "linked $((2 * MB + 2)) 2" \
		"replaced $sum" "turned/in $sum" "two $((2 * MB + 2)) 2" "holes $((8 * MB + 3))" "and stay so"
	{ cat $D/file; echo x; } | cksum
	printf '%s\n' cut dir do file holes linked longer mode one other replaced somewhere time two
}
wanted >"$T/wanted"

# changes NAME ROOT COMMAND...: twice, for the first must leave nothing to the second.
changes() {
	local name=$1 root=$2 time
	shift 2
	for time in "" " once more"; do
		run "$@" /bin/sh "$root$D/do" "$root$D"
		is "$name$time" "$status$err" 0
		printf '%s\n' "$out" >"$T/out"
		is "$name$time: all is as wanted" "$(diff "$T/wanted" "$T/out")" ""
		[ "$root" != /tmp/kept ] || rm -rf /tmp/kept/tmp
	done
}

start_master -users=alice
start_slave 0 master
start_slave 1 master -binRoot=/tmp/kept -p=false
contained=
container='unshare -U -m --map-users=0,0,2000 --map-groups=0,0,2000'
! $container true 2>/dev/null || contained=1
[ -z "$contained" ] || $container "$GPROC" -key=/etc/gproc/key -myParent=127.0.0.1 -myId=2 -myAddress=127.0.1.3 s >"$T/slave2.log" 2>&1 &
wait_up $((2 + contained))
for view in merged all none; do
	changes "a user's job, -view=$view" /tmp/xproc alice "$GPROC" -view=$view -f=$D e 0
done
changes "with -localbin" /tmp/xproc alice "$GPROC" -localbin -f=$D e 0
changes "root's job" /tmp/xproc "$GPROC" -f=$D e 0
changes "where files stay" /tmp/kept "$GPROC" -binRoot=/tmp/kept -f=$D e 1
if [ -n "$contained" ]; then
	like "a container's root has no such overlay, and says so" "$("$GPROC" i)" '^`- 2 .*: large files of -f are copied'
	changes "in a container" /tmp/xproc "$GPROC" -f=$D e 2
else
	skip "in a container" "$no_user_namespaces"
fi

# A job that nobody waits for has its files as long as it runs.
hold
run alice "$GPROC" -detach -f=$D e 0 /bin/sh -c 'cd /tmp/xproc/tmp/data; flock -s /tmp/held true; cksum <file; echo x >>file; cksum <file' 4>&-
is "a detached job starts" "$status" 0
job=$(alice "$GPROC" ps | awk 'NR == 2 { print $1 }')
release
run alice "$GPROC" attach "$job"
is "and has the file when its client is long gone" "$status$err $out" "0 $sum
$(sed -n '/^[0-9]/p' "$T/wanted")"
end_tree

if user_namespaces; then
	as_alice='setpriv --reuid=1001 --regid=1001 --clear-groups env HOME=/tmp/alice'
	$as_alice "$GPROC" m >"$T/master.log" 2>&1 &
	MASTER=$!
	until alice "$GPROC" i >/dev/null 2>&1; do kill -0 "$MASTER" || break; done
	$as_alice "$GPROC" s >"$T/slave.log" 2>&1 &
	alice "$GPROC" i -wait=1 -timeout="$LIMIT_UP" >"$T/nodes" 2>&1
	unlike "without root there is such an overlay, too" "$(cat "$T/nodes")" "are copied"
	changes "without root" /tmp/xproc alice "$GPROC" -f=$D e 1
	end_tree
else
	skip "without root" "$no_user_namespaces"
fi
done_testing

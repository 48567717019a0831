#!/bin/sh
# A large file of -f is the store's until it is written, and the same memory for all users' jobs: no way to write leads there, not through
# mappings, descriptors, attributes or a user namespace, and only a job's own copy changes.
. tests/lib.sh
built scribbler
enter_namespaces "$@"
users alice bob
cp "$scribbler" /tmp/scribbler
start_master -users=alice,bob
start_slave 0 master
wait_up 1
mkdir /tmp/data
head -c 4000000 /dev/urandom >/tmp/data/file
sum=$(cksum </tmp/data/file)

# contents PID: what all that the store of that daemon has is, and which inodes, owners and times.
contents() {
	(cd "$(store_of "$1")/blob" && find . -type f -size +1000k -printf '%i %u %T@ ' -exec cksum {} +)
}

hold
mkfifo "$T/bob.up"
(
	exec 4>&-
	bob "$GPROC" -f=/tmp/data/file e 0 /bin/sh -c 'cd /tmp/xproc/tmp/data; cksum <file; flock -s /tmp/held true; cksum <file' >"$T/bob.up"
) &
exec 5<"$T/bob.up"
read -r line <&5
is "bob's job has read it" "$line" "$sum"
for user in alice root; do
	case $user in root) by=env ;; *) by=$user ;; esac
	run $by "$GPROC" -f=/tmp/data/file e 0 /bin/sh -c 'cksum </tmp/xproc/tmp/data/file'
	is "$user's job reads it" "$status$err$out" "0$sum"
	before=$(contents "$(pid_of_slave 0)")
	run $by "$GPROC" -localbin -f=/tmp/data/file e 0 /tmp/scribbler /tmp/xproc/tmp/data/file
	tried=$out
	is "$user's tries all ways" "$status $(printf '%s\n' "$out" | grep -cE '^(ptrace|open_by_handle_at|an overlay over it|writing|punching a hole): ')" "0 5"
	is "the store's is as it was" "$(contents "$(pid_of_slave 0)")" "$before"
	for way in 'mprotect, shared: Permission denied' '/proc/self/mem, shared: Input/output error' 'process_vm_writev, shared: Bad address' \
		'ptrace: Input/output error' 'write to what is open to be read: Bad file descriptor' 'writing: went' 'an overlay over it: went' \
		'what was mapped before has the old bytes'; do
		like "$user: $way" "$tried" "^$way\$"
	done
	[ $user = root ] || for way in 'open_by_handle_at: ' '/proc/self/map_files, shared: Operation not permitted' 'chown to root: Operation not permitted' \
		'umount of binRoot: Invalid argument' 'remount: Operation not permitted' 'trusted.overlay.redirect: Operation not permitted' \
		'trusted.overlay.metacopy: Operation not permitted' 'trusted.overlay.origin: Operation not permitted'; do
		like "$user: $way" "$tried" "^$way"
		unlike "$user: it does not go" "$tried" "^${way%%:*}: went"
	done
	run $by "$GPROC" -f=/tmp/data/file e 0 /bin/sh -c 'cksum </tmp/xproc/tmp/data/file'
	is "$user's next job sees the original" "$status$err$out" "0$sum"
done
release
read -r line <&5
is "and bob's that was there" "$line" "$sum"
wait $!

# Without root, in a user namespace, all is one user's: there it is what the next job sees that counts.
kill -INT "$MASTER"
wait
if user_namespaces; then
	as_alice='setpriv --reuid=1001 --regid=1001 --clear-groups env HOME=/tmp/alice'
	cd /tmp/alice || exit 1
	$as_alice "$GPROC" m >"$T/master.log" 2>&1 &
	MASTER=$!
	until alice "$GPROC" i >/dev/null 2>&1; do kill -0 "$MASTER" || break; done
	$as_alice "$GPROC" s >"$T/slave.log" 2>&1 &
	alice "$GPROC" i -wait=1 -timeout="$LIMIT_UP" >/dev/null
	for time in once "once more"; do
		run alice "$GPROC" -f=/tmp/data/file e 1 /bin/sh -c 'cksum </tmp/xproc/tmp/data/file'
		is "without root it is there $time" "$status$err$out" "0$sum"
		run alice "$GPROC" -localbin -f=/tmp/data/file e 1 /tmp/scribbler /tmp/xproc/tmp/data/file
		is "all ways are tried $time" "$status $(printf '%s\n' "$out" | grep -c '^writing: went')" "0 1"
	done
	run alice "$GPROC" -f=/tmp/data/file e 1 /bin/sh -c 'cksum </tmp/xproc/tmp/data/file'
	is "and it is as it was" "$status$err$out" "0$sum"
	end_tree
else
	skip "without root" "$no_user_namespaces"
fi
done_testing

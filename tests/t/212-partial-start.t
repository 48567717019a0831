#!/bin/bash
# One node that can't, of many: its kernel or its container lacks something, its machine is another, the program is not there, or not for
# this user. It makes do as documented, or fails alone with its reason; the others run.
TEST_SHELL=bash
. tests/lib.sh
enter_namespaces "$@"
built denied

# start_apart NUMBER PREPARE [COMMAND...]: a node in a mount namespace of its own, after PREPARE has been done in it, run through COMMAND.
start_apart() {
	local number=$1 prepare=$2
	shift 2
	unshare -u -m sh -c 'number=$0 prepare=$1; shift
		echo "slave$number" >/proc/sys/kernel/hostname
		eval "$prepare"
		exec "$@"' "$number" "$prepare" "$@" "$GPROC" -myParent=master -myId="hostname hostbase" -myAddress=hostname s \
		>"$T/slave$number.log" 2>&1 &
	eval "SLAVE_$number=$!"
}

# start_contained NUMBER LIMIT: one in a user namespace where all users are, that may have so many mount namespaces; where there can be
# none, one as any other.
start_contained() {
	[ -n "$contained" ] || { start_apart "$1" ''; return; }
	mkfifo "$T/in.$1" "$T/mapped.$1"
	start_apart "$1" '' unshare -U sh -c 'echo >"$0"; read -r line <"$1"; shift; exec "$@"' "$T/in.$1" "$T/mapped.$1" \
		sh -c 'echo "$0" >/proc/sys/user/max_mnt_namespaces; exec "$@"' "$2"
	read -r line <"$T/in.$1"
	eval "echo 0 0 65536 >/proc/\$SLAVE_$1/uid_map; echo 0 0 65536 >/proc/\$SLAVE_$1/gid_map"
	echo >"$T/mapped.$1"
}

# fails NAME NODE STATUS REGEX COUNT COMMAND...: the command ends with that status, and with that of the one node, told so; the
# others, so many, print "fine".
fails() {
	local name=$1 node=$2 want=$3 regex=$4 count=$5
	shift 5
	run timeout "$(limit 60)" "$@"
	is "$name: status" "$status" "$want"
	like "$name: it is told" "$err" "^gproc: could not start: $node: $regex"
	is "$name: it alone" "$(printf '%s\n' "$err" | grep -Ec 'could not start|gproc: lost:')" 1
	is "$name: the others run" "$(printf '%s\n' "$out" | grep -cx fine)" "$count"
}

mkdir "$T/bin" "$T/dir"
printf '#!/bin/sh\necho fine\n' >"$T/bin/prog"
chmod 755 "$T" "$T/bin" "$T/bin/prog"
start_master -users=1000
contained=$(user_namespaces && echo yes)

# ---- what the kernel, or a container's rules, refuse ----
start_slave 0 master
start_apart 1 '' "$denied" unshare 1
start_apart 2 '' "$denied" mount_setattr 1
start_apart 3 '' "$denied" open_tree 38
start_apart 4 '' "$denied" move_mount 1
start_apart 5 '' "$denied" mount 1
start_apart 6 '' "$denied" fsopen 38
start_apart 7 '' "$denied" setns 1
start_apart 8 '' "$denied" pidfd_open,close_range 38
start_contained 9 0
wait_up 10
nodes=$("$GPROC" i)
limited() {
	like "$3" "$nodes" "slave$1 .*$2"
}
limited 1 'no mount namespace \(Operation not permitted\): no view, files go into binRoot itself and stay' "no unshare"
limited 2 'no mount namespace \(mount_setattr: Operation not permitted\)' "no mount_setattr"
limited 3 'no mount namespace \(open_tree: ' "no open_tree"
limited 4 'no mount namespace \(move_mount: ' "no move_mount"
limited 5 'no mount namespace \(' "no mount"
limited 6 'no overlay file system: directories are merged entry by entry' "no fsopen"
if [ -n "$contained" ]; then
	limited 9 'no mount namespace \(the limits in /proc/sys/user ' "a limit on namespaces"
else
	skip "a limit on namespaces" "$no_user_namespaces"
fi
# Many of them place files in the same directory at once.
for i in 1 2 3; do
	head -c 300000 /dev/urandom >"$T/data"
	run timeout "$(limit 60)" "$GPROC" -f="$T/data" e . /bin/sh -c 'cmp "$0" "$1" && [ -n "$(/bin/date)" ] && echo fine' "$T/data" "/tmp/xproc$T/data"
	is "they make do, round $i" "$status$err $(printf '%s\n' "$out" | grep -cx fine)" "0 10"
done
run "$GPROC" -timeout="$(span 3000)" e . /bin/sh -c 'trap "" INT TERM HUP; sleep 1000 & sleep 1000'
is "what runs there can be ended" "$status" 124
until_true none_called sleep
is "and nothing is left" "$(pgrep -cx sleep)" 0

# ---- one fails alone ----
start_contained 10 1
start_apart 11 'mount -t tmpfs -o noexec,mode=1777 gproc-test /tmp' "$denied" unshare 1
start_apart 12 'ulimit -f 8192'
start_apart 13 '' setarch i686
mkdir /tmp/user
cp /etc/gproc/key /tmp/user/key
chown -R 1000 /tmp/user
start_apart 14 '' setpriv --reuid=1000 --regid=1000 --clear-groups sh -c 'exec "$@" -binRoot=/tmp/user/bin -key=/tmp/user/key' sh
wait_up 15
cd / || exit 1
if [ -n "$contained" ]; then
	fails "no more namespaces" 10 255 'no mount namespace: the limits in /proc/sys/user allow no more' 1 "$GPROC" e 0,10 /bin/echo fine
else
	skip "no more namespaces" "$no_user_namespaces"
fi
fails "no execution there" 11 126 '/bin/echo: the file system that it lies on is mounted noexec; .*-binRoot' 1 "$GPROC" e 0,11 /bin/echo fine
head -c 12000000 /dev/urandom >"$T/large"
fails "no large files" 12 255 "node 12: can't write to the store: File too large" 1 "$GPROC" -f="$T/large" e 0,12 /bin/echo fine
run "$GPROC" e 12 /bin/echo fine
is "but small ones, and that its limit is lower is told" "$status$out $err" \
	"0fine gproc: node 12: your limits are beyond what may be had there, which is lower: file size"
run sh -c 'ulimit -f 8192; exec "$@"' sh "$GPROC" e 12 /bin/echo fine
is "which is no matter for a caller with that limit" "$status$out$err" 0fine
mkdir "$T/roots"
ln -s / "$T/roots/x86_64"
fails "nothing for its machine" 13 126 'nothing was sent for its machine, i686' 1 "$GPROC" -r="$T/roots/%m" e 0,13 /bin/echo fine
run "$GPROC" -r="$T/roots/%m" e 13 /bin/echo fine
is "for none of them" "$status" 127
fails "no root there" 14 255 'gproc runs without root on this node: it can run jobs of user 1000 only, not of 0' 1 "$GPROC" e 0,14 /bin/echo fine
run setpriv --reuid=1000 --regid=1000 --clear-groups "$GPROC" e 0,14 /bin/echo fine
is "but that user's" "$status $(printf '%s\n' "$out" | grep -cx fine)" "0 2"

# An ELF header of an arm64 program, and nothing behind it.
{
	printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\267\0\1\0\0\0\0\0\100\0\0\0\0\0\0\0\0\0\0\0\0\0'
	printf '\0\0\0\0\0\0\0\0\0\0\0\0\100\0\070\0\0\0\100\0\0\0\0\0'
} >"$T/arm"
chmod 755 "$T/arm"
run "$GPROC" e 0,1,6 "$T/arm"
is "sent to another machine: status" "$status" 126
like "sent to another machine: told" "$err" "^gproc: nodes 0-1,6 are x86_64, $T/arm is for aarch64: "

# ---- the node's own program ----
prog=$T/bin/prog
cp "$prog" "$T/plain"
chmod 644 "$T/plain"
cp "$prog" "$T/private"
chmod 700 "$T/private"
printf '#!/nowhere/sh\necho fine\n' >"$T/lost"
chmod 755 "$T/lost"
printf 'echo fine' >"$T/text"
chmod 755 "$T/text"
start_apart 15 "mount --bind '$T/arm' '$prog'"
start_apart 16 "mount --bind '$T/plain' '$prog'"
start_apart 17 "mount --bind '$T/private' '$prog'"
start_apart 18 "mount --bind '$T/lost' '$prog'"
start_apart 19 "mount -t tmpfs gproc-test '$T/bin'"
start_apart 20 "mount --bind '$T/bin' '$T/bin'; mount -o remount,bind,noexec '$T/bin'"
start_apart 21 "mount -t tmpfs -o mode=700 gproc-test '$T/dir'"
wait_up 22
fails "another machine's" 15 126 "$prog: not a program that this node can run" 2 "$GPROC" -localbin e 0,1,15 "$prog"
fails "not to be executed" 16 126 "$prog: Permission denied" 2 "$GPROC" -localbin e 0,1,16 "$prog"
fails "not by this user" 17 126 "$prog: Permission denied" 2 \
	setpriv --reuid=1000 --regid=1000 --clear-groups "$GPROC" -localbin e 0,1,17 "$prog"
fails "without its interpreter" 18 126 "$prog: its interpreter .* is not there" 2 "$GPROC" -localbin e 0,1,18 "$prog"
fails "not there" 19 127 "$prog: No such file" 2 "$GPROC" -localbin e 0,1,19 "$prog"
fails "mounted noexec" 20 126 "$prog: the file system that it lies on is mounted noexec" 2 "$GPROC" -localbin e 0,1,20 "$prog"
cd "$T/dir" || exit 1
fails "no way into the working directory" 21 255 "can't enter the working directory $T/dir: Permission denied" 2 \
	setpriv --reuid=1000 --regid=1000 --clear-groups "$GPROC" -localbin e 0,1,21 "$prog"
cd "$REPO" || exit 1
run sh -c 'ulimit -f 8192; exec "$@"' sh "$GPROC" e 0-9,11-13,15-21 /bin/true
like "all are free, but for what 11 can't" "$err" '^gproc: could not start: 11: '
is "with no other line" "$(printf '%s\n' "$err" | wc -l)" 1
end_tree
done_testing

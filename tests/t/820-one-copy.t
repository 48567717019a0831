#!/bin/sh
# A large file of -f that jobs only read takes a node's memory once, however many jobs of however many users read it; who writes to it
# has a copy of their own from then on, of which nobody else sees anything.
. tests/lib.sh
enter_namespaces "$@"
users alice bob
start_master -users=alice,bob
start_slave 0 master -store=600M
start_slave 1 master -store=100M
# On node 2 the kernel refuses one more overlay over /opt, so that it merges entry by entry. What follows on /opt no node sees.
nodes=2
mkdir /tmp/none
mount -t tmpfs gproc-test /opt
if mount -t overlay -o lowerdir=/opt:/tmp/none gproc-test /opt && mount -t overlay -o lowerdir=/opt:/tmp/none gproc-test /opt; then
	start_slave 2 master -store=300M
	nodes=3
fi
wait_up $nodes
mount -t tmpfs gproc-test /opt
MB=1048576
unlike "the nodes have such overlays" "$("$GPROC" i)" 'are copied'

# held: KiB of memory that the file systems of node 0's store have given out, its users' rooms among them.
held() {
	held_store=$(store_of "$(pid_of_slave 0)")
	stat -f -c '%b %f %S' "$held_store/." "$held_store"/room/* 2>/dev/null | awk '{ all += ($1 - $2) * $3 } END { print all / 1024 }'
}
# within NAME GOT FROM TO: MiB.
within() {
	ok "$1: $2 KiB" test "$2" -ge $(($3 * 1024)) -a "$2" -le $(($4 * 1024))
}
# contents NUMBER: what all contents in that store are, and which inodes.
contents() {
	(cd "$(store_of "$(pid_of_slave "$1")")/blob" && find . -type f -size +1000k -printf '%i ' -exec cksum {} +)
}

mkdir /tmp/data
head -c $((64 * MB)) /dev/urandom >/tmp/data/file
sum=$(cksum </tmp/data/file)

# reader USER: a job that has read the file, and reads it once more when it is released.
reader() {
	mkfifo "$T/$1.up"
	(
		exec 4>&-
		"$1" "$GPROC" -f=/tmp/data e 0 /bin/sh -c 'cd /tmp/xproc/tmp/data; cksum <file; flock -s /tmp/held true; cksum <file' \
			>"$T/$1.up" 2>"$T/$1.err"
	) &
	readers="${readers:-} $!"
}
hold
reader alice
exec 5<"$T/alice.up"
read -r line <&5
is "alice's job reads it" "$line" "$sum"
within "64 MiB that are only read take 64 and a bit" "$(held)" 64 68
reader bob
exec 6<"$T/bob.up"
read -r line <&6
is "and bob's" "$line" "$sum"
within "for both together" "$(held)" 64 70
before=$(contents 0)

# A third job writes while the two stand still.
run alice "$GPROC" -f=/tmp/data e 0 /bin/sh -c 'cd /tmp/xproc/tmp/data; exec 5<file; echo more >>file; cksum <file; stat -f -c "%b %f %S" .'
more=$({ cat /tmp/data/file; echo more; } | cksum)
is "what alice adds is in her job's file" "$status$err$(printf '%s\n' "$out" | head -n 1)" "0$more"
within "which is her own now" "$(printf '%s\n' "$out" | awk 'NR == 2 { print ($1 - $2) * $3 / 1024 }')" 64 66
is "the store's is as it was" "$(contents 0)" "$before"
run bob "$GPROC" -f=/tmp/data e 0 /bin/sh -c 'cksum </tmp/xproc/tmp/data/file'
is "bob's next job sees the original" "$status$err$out" "0$sum"
run alice "$GPROC" -f=/tmp/data e 0 /bin/sh -c 'cksum </tmp/xproc/tmp/data/file'
is "so does hers" "$status$err$out" "0$sum"
release
read -r line <&5
is "and the one that had read it" "$line" "$sum"
read -r line <&6
is "and bob's" "$line" "$sum"
exec 5<&- 6<&-
for reader in $readers; do wait "$reader" || fact 1 "a reader ends well"; done

# Two places of the same contents, and one in a directory that is merged with the node's, are the same memory, too.
cp /tmp/data/file /tmp/data/again
cp -r /tmp/data /opt/
ok "the nodes have no such file of their own" test ! -e "/proc/$(pid_of_slave 0)/root/opt/data"
hold
mkfifo "$T/three"
(
	exec 4>&-
	alice "$GPROC" -f=/tmp/data -f=/opt/data e 0 /bin/sh -c 'cksum </opt/data/file; flock -s /tmp/held true' \
		>"$T/three"
) &
exec 5<"$T/three"
read -r line <&5
is "in a merged directory it is there" "$line" "$sum"
within "and three of them take as much as one" "$(held)" 64 70
release
wait $!
exec 5<&-
if [ "$nodes" = 3 ]; then
	run alice "$GPROC" -f=/opt/data e 2 /bin/sh -c 'stat -f -c %T /opt; cksum </opt/data/file; cksum </tmp/xproc/opt/data/file'
	is "merged entry by entry, too" "$err$out" "tmpfs
$sum
$sum"
else
	skip "merged entry by entry, too" "no overlay over overlays"
fi

# Where there is room for one and not for two.
head -c $((40 * MB)) /dev/urandom >/tmp/data/file
rm /tmp/data/again
sum=$(cksum </tmp/data/file)
run alice "$GPROC" -f=/tmp/data e 1 /bin/sh -c 'cksum </tmp/xproc/tmp/data/file'
is "40 MiB can be read where 50 are to be had" "$status$err$out" "0$sum"
before=$(contents 1)
run alice "$GPROC" -f=/tmp/data e 1 /bin/sh -c 'cd /tmp/xproc/tmp/data; (echo more >>file); cksum <file; : >file && stat -c %s file'
like "opened for writing it has no room" "$err" 'cannot create file: No space left on device'
is "and can be read on, or emptied" "$status$out" "0$sum
0"
is "the node has it still, and is not sent it anew" "$(contents 1)" "$before"
end_tree
done_testing

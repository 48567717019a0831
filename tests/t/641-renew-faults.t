#!/bin/sh
# renew, where something is wrong: a full disk, a place where nothing may be run, another machine, a newer gproc that never comes back, a node
# that dies, users and nodes that are not root's.
. tests/lib.sh
built impostor denied
enter_namespaces "$@"
users alice
OWN_COPIES=1
cd / || exit 1
newer=$T/newer
sed 's/0\.1\.0/0.1.1/g' "$GPROC" >"$newer"
chmod 755 "$newer"

# versions: of all nodes that are up.
versions() {
	"$GPROC" "$@" -json i | sed -n 's/.*"node":"\([^"]*\)".*"state":"up".*"version":"\([^"]*\)".*/\1=\2/p' | LC_ALL=C sort -t = -k 1,1 | tr '\n' ' '
}

start_master
mkdir -p "$T/copies/0" "$T/copies/1"
mount -t tmpfs -o size=1m gproc-test "$T/copies/0" # room for one
mount -t tmpfs -o size=9m gproc-test "$T/copies/1"
start_slave 0 master
start_slave 1 master
mkdir "$T/copies/2"
cp "$GPROC" "$T/copies/2/gproc"
unshare -u setarch i686 setsid "$T/copies/2/gproc" -myParent=master -myId=2 -myAddress=127.0.1.3 >"$T/slave2.log" 2>&1 &
SLAVE_2=$!
unshare -u "$denied" memfd_create 1 setsid "$T/copies/2/gproc" -myParent=master -myId=3 -myAddress=127.0.1.4 >"$T/slave3.log" 2>&1 &
SLAVE_3=$!
start_slave 4 slave1
wait_up 5
head -c 400000 /dev/zero >"$T/copies/0/filler"
nsenter -t "$SLAVE_1" -m mount -o remount,noexec "$T/copies/1"
run "$newer" renew ...
is "what can be renewed is" "$status $(echo "$out" | LC_ALL=C sort | tr '\n' ' ')" "1 renewed 0: 0.1.1 renewed 1: 0.1.1 renewed 1:4: 0.1.1 "
like "a disk has no room: it runs from memory" "$err" '^gproc: renewed: 0: it runs from memory .*: No space left on device$'
is "and nothing of it stays on the disk" "$(ls -A "$T/copies/0" | tr '\n' ' ')$(cmp "$GPROC" "$T/copies/0/gproc")" "filler gproc "
like "nothing may be run at its place: that is in the log" "$(cat "$T/slave1.log")" "can't run .*/copies/1/gproc: Permission denied"
like "another machine" "$err" '^gproc: not renewed: 2: it is i686, the gproc for x86_64: -r=ROOT/%m takes each its own$'
like "a kernel without files in memory" "$err" "^gproc: not renewed: 3: the newer one can't be tried: Operation not permitted$"
is "those go on as they were" "$(versions)" "0=0.1.1 1=0.1.1 1:4=0.1.1 2=0.1.0 3=0.1.0 "

# What passes its trial and never comes back: one node is lost to it.
run "$newer" -r="$impostor" -timeout="$(span 5000)" renew 1,1:4
is "one that does not come back" "$status $out" "1 "
is "is named, and no other follows it" "$err" "gproc: not renewed: 1: left alone, for 1:4 is not well with it
gproc: not back: 1:4"
is "those go on" "$(versions)" "0=0.1.1 1=0.1.1 2=0.1.0 3=0.1.0 "
kill -9 "$SLAVE_4"
start_slave 4 slave1
wait_up 5

# A node that dies before it goes; a client that does.
hold
start_job 0,1:4 2 'echo started; flock -s /tmp/held true; echo ended'
"$newer" -timeout="$(span 8000)" renew 0 >"$T/renew.out" 2>&1 4>&- &
renewing=$!
until "$GPROC" -json i | grep -q '"node":"0".*"jobs":1'; do kill -0 $renewing || break; done
kill -9 "$SLAVE_0"
wait $renewing
like "a node that dies is named" "$? $(cat "$T/renew.out")" '^1 gproc: not (renewed: 0: the connection was closed|back: 0)$'
"$newer" -x=0 renew 1:4 >"$T/renew.out" 2>&1 4>&- &
renewing=$!
wait_log "$T/master.log" 'renews 1:4$'
kill -INT $renewing
kill -9 $renewing
release
end_job
rm "$T/copies/0/filler"
start_slave 0 master
wait_up 5
run "$GPROC" e 1:4 /bin/echo works
is "a client that goes takes its order along, or the node has gone by it" "$status $out" "0 works"
end_tree
umount "$T/copies/0" "$T/copies/1"

# Nodes and masters that are not root's.
if user_namespaces; then
	mkdir -p /tmp/alice/bin
	cp "$GPROC" /tmp/alice/bin/gproc
	chown -R 1001:1001 /tmp/alice
	setpriv --reuid=1001 --regid=1001 --clear-groups "$GPROC" -defaultMasterUDS=/tmp/alice/g -myAddress=127.0.0.1 -key=none m >"$T/alice.log" 2>&1 &
	MASTER=$!
	setpriv --reuid=1001 --regid=1001 --clear-groups /tmp/alice/bin/gproc -key=none -myParent=127.0.0.1 -myId=1 -myAddress=127.0.1.1 -binRoot=/tmp/alice/xproc >"$T/one.log" 2>&1 &
	mkdir /tmp/roots
	cp "$GPROC" /tmp/roots/gproc
	/tmp/roots/gproc -key=none -myParent=127.0.0.1 -myId=2 -myAddress=127.0.1.2 >"$T/two.log" 2>&1 &
	until_true alice "$GPROC" -defaultMasterUDS=/tmp/alice/g i -wait=2 >/dev/null 2>&1
	cp "$newer" /tmp/newer
	run alice /tmp/newer -defaultMasterUDS=/tmp/alice/g renew ...
	is "a user renews their own nodes" "$status $out" "1 renewed 1: 0.1.1"
	is "but none that has more rights" "$err" "gproc: not renewed: 2: it runs as user 0, and the order is user 1001's"
	is "in their own place" "$(cmp "$newer" /tmp/alice/bin/gproc)" ""
	run alice "$GPROC" -defaultMasterUDS=/tmp/alice/g e 1 /bin/echo works
	is "jobs run there" "$status $out$err" "0 works"
	end_tree
else
	skip "nodes of users" "$no_user_namespaces"
fi
done_testing

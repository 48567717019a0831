#!/bin/sh
# Who may launch, as whom it runs, and whose jobs are whose: with real users, on real nodes.
. tests/lib.sh
enter_namespaces "$@"
command -v setpriv >/dev/null || skip_all "no setpriv"
{
	echo 'root:x:0:0::/root:/bin/sh'
	echo 'alice:x:1001:1001::/tmp/alice:/bin/sh'
	echo 'bob:x:1002:1002::/tmp/bob:/bin/sh'
	echo 'carol:x:1003:1003::/tmp/carol:/bin/sh'
} >/etc/passwd
{
	echo 'root:x:0:'
	echo 'alice:x:1001:'
	echo 'bob:x:1002:'
	echo 'carol:x:1003:'
	echo 'staff:x:2000:bob'
	echo 'extra:x:2001:alice'
} >/etc/group
id_of() { getent_line=$(grep "^$1:" /etc/passwd) && getent_line=${getent_line#*:*:} && echo "${getent_line%%:*}"; }
# as USER COMMAND...: with all of that user's groups, in a home of theirs.
as() {
	as_id=$(id_of "$1")
	shift
	as_groups=$as_id
	[ "$as_id" != 1001 ] || as_groups=1001,2001
	[ "$as_id" != 1002 ] || as_groups=1002,2000
	setpriv --reuid="$as_id" --regid="$as_id" --groups="$as_groups" --inh-caps=-all --bounding-set=-all env HOME=/tmp "$@"
}
cd / || exit 1

start_master
start_flat 2
run as alice "$GPROC" e . /bin/true
is "by default nobody but root may launch" "$status$out" 255
like "and is told so" "$err" 'user 1001 may not use this master'
run as alice "$GPROC" i
is "but everybody may look" "$status$err" 0
kill -INT "$MASTER"
wait

start_master -users=alice,1002
start_flat 3
run as alice "$GPROC" e . /usr/bin/id -u
is "-users opens it" "$status$err $(printf '%s\n' "$out" | sort -u)" "0 1001"
run as alice "$GPROC" e 0 /bin/sh -c 'grep -E "^(Uid|Gid|Groups|CapPrm|CapEff|NoNewPrivs)" /proc/self/status | tr -s "\t " " " | tr "\n" ";"'
is "a job has its user's ids, groups and no capability" "$out$err" \
	"Uid: 1001 1001 1001 1001;Gid: 1001 1001 1001 1001;Groups: 1001 2001 ;CapPrm: 0000000000000000;CapEff: 0000000000000000;NoNewPrivs: 1;"
run as carol "$GPROC" e . /bin/true
is "but not to others" "$status" 255

# What is shipped is nobody's way up.
cp /usr/bin/id "$T/id"
chown alice "$T/id"
chmod 4755 "$T/id"
cp "$T/id" /tmp/suid
chown 0:0 /tmp/suid
chmod 6755 /tmp/suid
run as alice "$GPROC" e 0 /tmp/suid -u
is "a root's setuid program, shipped, gives nothing" "$status$out" 01001
like "which is told" "$err" '^gproc: /tmp/suid gives rights here, but not where it is sent'
# Nor are the node's own setuid programs, beside what was shipped; where nothing was, they work as they do on the node.
for dir in /opt /usr/local/sbin; do
	mount -t tmpfs -o mode=755 gproc-test "$dir"
	cp /usr/bin/id "$dir/own-id"
	chmod 4755 "$dir/own-id"
done
start_slave 9 master
wait_up 4
run as alice "$GPROC" e 9 /bin/sh -c '/opt/own-id -u; /usr/local/sbin/own-id -u'
is "the node's own setuid programs are ordinary ones beside what was shipped" "$status$err $(echo $out)" "0 1001 1001"
run as alice "$GPROC" -localbin e 9 /bin/sh -c '/opt/own-id -u; /usr/local/sbin/own-id -u'
is "and are what they are there where nothing was" "$status$err $(echo $out)" "0 0 0"
run as alice "$GPROC" e 0 /bin/sh -c 'awk "\$2 == \"/tmp/xproc\" || \$2 == \"/usr\" || \$2 == \"/\" { print \$2, \$4 }" /proc/self/mounts'
unlike "no mount of a job's allows setuid or devices" "$(printf '%s\n' "$out" | grep -v nosuid.*nodev | grep xproc)" .
run as alice "$GPROC" e 0 /bin/sh -c 'mknod /tmp/xproc/dev-null c 1 3 2>&1; test ! -c /tmp/xproc/dev-null'
is "it makes no device" "$status" 0

# Files are read with the user's rights.
echo secret >/tmp/secret
chmod 600 /tmp/secret
run as alice "$GPROC" -f=/tmp/secret e 0 /bin/cat /tmp/xproc/tmp/secret
is "a file that a user can't read is not sent" "$status$out" 255
like "and why" "$err" '/tmp/secret.*[Pp]ermission'

# Jobs are all people's to see, and their owner's and root's to end.
hold
as alice "$GPROC" -detach e 0-2 /bin/sh -c 'exec flock -s /tmp/held sleep 1000' >"$T/job" 2>"$T/job.err"
job=$(cat "$T/job")
like "a detached job has a name" "$job" '^[0-9]+\.[0-9a-f]{8}$'
run as bob "$GPROC" ps
like "another user sees it" "$out" "^$job .*alice"
run as bob "$GPROC" kill "$job" KILL
is "but can't end it" "$status" 255
like "and is told whose it is" "$err" "user 1001's"
run as carol "$GPROC" kill "$job" KILL
is "nor who may not even launch" "$status" 255
run as alice "$GPROC" ps
like "it runs" "$out" "^$job "
run as alice "$GPROC" kill "$job" KILL
is "its owner can" "$status$err" 0
until ! "$GPROC" ps | grep -q "^$job "; do kill -0 "$MASTER" || break; done
as alice "$GPROC" -detach e 0-2 /bin/sh -c 'exec flock -s /tmp/held sleep 1000' >"$T/job" 2>"$T/job.err"
run "$GPROC" kill "$(cat "$T/job")" KILL
is "and root can" "$status$err" 0
release
run as bob "$GPROC" halt 0
is "halting nodes is root's" "$status" 255
kill -INT "$MASTER"
wait

# With -p=false what is placed stays, each user's in a directory of their own.
start_master -users=alice,bob
start_slave 0 master -p=false -binRoot=/tmp/stays
wait_up 1
mkdir -p /tmp/tools/lib
cp /bin/true /tmp/tools/lib/prog
run as alice sh -c 'cd /tmp/tools/lib && exec "$@"' sh "$GPROC" -binRoot=/tmp/stays e . /bin/true
is "a user's working directory stays with -p=false" "$status$err $(stat -c %u /tmp/stays.users/1001/tmp/tools/lib)" "0 1001"
run as bob "$GPROC" -binRoot=/tmp/stays e . /tmp/tools/lib/prog
is "another's program meets nothing of hers" "$status$err $(stat -c %u /tmp/stays.users/1002/tmp/tools/lib/prog)" "0 1002"
run as alice "$GPROC" -binRoot=/tmp/stays e . /tmp/tools/lib/prog
is "hers is there, too" "$status$err" 0
kill -INT "$MASTER"
wait

# Whoever squats on the socket gets nothing, and a root who starts a master is told who is there.
mkfifo "$T/pid"
as alice sh -c 'echo $$; exec "$0" -key=none -myAddress=127.0.0.1 m 2>/tmp/false.log' "$GPROC" >"$T/pid" &
read -r false <"$T/pid"
until [ -S /tmp/g ]; do kill -0 "$false" || break; done
run as bob "$GPROC" e . /bin/true
is "a client talks to no master of another user" "$status" 255
like "and says whose it is" "$err" 'run by user 1001'
run "$GPROC" e . /bin/true
is "not root's either" "$status" 255
run "$GPROC" -myAddress=127.0.0.2 m
is "root's master does not start there" "$status" 255
like "and says who is there" "$err" '/tmp/g: a process [0-9]+ of user 1001 listens there'
kill -KILL "$false"
wait
ok "what is left is a stale socket of hers" test -S /tmp/g
start_master
run "$GPROC" i
is "which root's master replaces" "$status" 0
kill -INT "$MASTER"
wait
touch /tmp/precious
ln -s /tmp/precious /tmp/g
chown -h 1001 /tmp/g
run "$GPROC" -myAddress=127.0.0.1 m
is "a link is not followed" "$status$(stat -c %F%s /tmp/precious)" "255regular empty file0"
like "but told" "$err" '/tmp/g: something is there already that is no socket, and belongs to user 1001'
rm /tmp/g

# binRoot is no place of a stranger's.
rmdir /tmp/xproc 2>/dev/null
as alice mkdir /tmp/xproc
run "$GPROC" -key=none s
is "a binRoot that another user made is refused" "$status" 255
like "with whose it is" "$err" '/tmp/xproc.*user 1001'
as alice rmdir /tmp/xproc
as alice ln -s /etc /tmp/xproc
run "$GPROC" -key=none s
is "and so is a link of theirs" "$status" 255
rm /tmp/xproc
done_testing

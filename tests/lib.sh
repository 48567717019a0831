# Helpers of the test scripts: facts in TAP, namespaces of the test's own, trees of real nodes. Sourced: . tests/lib.sh
# A script begins with `. tests/lib.sh`, perhaps `enter_namespaces "$@"`, and ends with `done_testing`.

REPO=${REPO:-$PWD}
GPROC=${GPROC:-$REPO/gproc}
tap_count=0 tap_failed=0
set -u

# ---- time ----
# A test waits for the thing itself: nothing in it may depend on how fast the machine is. Two kinds of times are written down all the same,
# for a machine that starts 250 processes in a second; on a slower one both grow with UNIT, the seconds that it takes for that (tests/pace;
# measured once for a whole run). No other number of seconds stands in a test.

UNIT=${UNIT:-$("$REPO/tests/pace")}
export UNIT

# limit SECONDS: for timeout, and with an s behind it for -timeout: how long a wait may last that only a fault makes endless.
limit() {
	echo $(($1 * UNIT))
}

# span MILLISECONDS: for -heartbeat, -grace and their like, and a -timeout that is to end something: what the daemons are given.
span() {
	echo $(($1 * UNIT))ms
}

# now: the milliseconds since the machine started are in $now, whatever happens to the clock and without a process being started.
now() {
	read -r now _ </proc/uptime
	now=${now%.*}${now#*.}0
}

PATIENCE=${PATIENCE:-$(limit 120)}

# until_true COMMAND...: for no longer than anybody would wait; 1 when it never is.
until_true() {
	local end now
	now
	end=$((now + PATIENCE * 1000))
	until "$@"; do now; [ "$now" -lt $end ] || return 1; done
}

LIMIT_UP=${LIMIT_UP:-$(limit 120)s} # a tree that is not up by then never will be

# again_with WORDS: what the command that repeats a failed run begins with, such as SEED=7.
again_with() {
	mkdir -p "$REPO/build/again/tests/t"
	echo "$* " >"$REPO/build/again/tests/t/${0##*/}"
}

# ---- facts ----

# Shows a text as diagnostics.
diag() {
	printf '%s\n' "$1" | sed 's/^/# /'
}

# What was got, as far as somebody will read it.
got() {
	diag "     got: $(printf '%s\n' "$1" | head -n 60 | cut -c 1-500)"
}

# fact STATUS NAME: one line of TAP.
fact() {
	tap_count=$((tap_count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tap_count - $2"
	else
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_count - $2"
	fi
	return "$1"
}

# todo NAME COMMAND...: should return 0, and does not yet: shown by the runner, but no failure.
todo() {
	todo_name=$1
	shift
	tap_count=$((tap_count + 1))
	if "$@"; then echo "ok $tap_count - $todo_name # TODO"; else echo "not ok $tap_count - $todo_name # TODO"; fi
}

# ok NAME COMMAND...: the command returns 0.
ok() {
	ok_name=$1
	shift
	if "$@"; then fact 0 "$ok_name"; else fact 1 "$ok_name" || diag "returned non-zero: $*"; fi
}

# is NAME GOT WANTED
is() {
	[ "$2" = "$3" ] && fact 0 "$1" && return
	fact 1 "$1" || got "$2"
	diag "expected: $3"
}

# like NAME GOT REGEX: some line of it matches (grep -E).
like() {
	printf '%s\n' "$2" | grep -Eq -e "$3" && fact 0 "$1" && return
	fact 1 "$1" || got "$2"
	diag "expected: $3"
}

# unlike NAME GOT REGEX: no line does.
unlike() {
	printf '%s\n' "$2" | grep -Eq -e "$3" || { fact 0 "$1"; return; }
	fact 1 "$1" || got "$2"
	diag "  not expected: $3"
}

# run COMMAND...: keeps $out, $err and $status.
run() {
	status=0
	out=$("$@" 2>"$T/err" </dev/null) || status=$?
	err=$(cat "$T/err")
}

# skip NAME REASON: a fact that can't be had on this machine.
skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

# as UID COMMAND...: with that user's and group's rights, and no others.
as() {
	as_id=$1
	shift
	setpriv --reuid="$as_id" --regid="$as_id" --clear-groups --inh-caps=-all --bounding-set=-all env HOME="${as_home:-/tmp}" "$@"
}
alice() { as_home=/tmp/alice as 1001 "$@"; }
bob() { as_home=/tmp/bob as 1002 "$@"; }

# users NAME...: this machine's users, in fresh namespaces: alice is 1001, the next 1002, each with a directory /tmp/NAME. None: ids alone.
users() {
	command -v setpriv >/dev/null || skip_all "no setpriv"
	[ $# -eq 0 ] || echo 'root:x:0:0::/root:/bin/sh' >/etc/passwd
	users_id=1000
	for users_name in "$@"; do
		users_id=$((users_id + 1))
		echo "$users_name:x:$users_id:$users_id::/tmp/$users_name:/bin/sh" >>/etc/passwd
		mkdir -p "/tmp/$users_name"
		chown "$users_id:$users_id" "/tmp/$users_name"
	done
}

# built TOOL...: the tools of tests/tools that the script needs, each in a variable of its name; skips all without them.
built() {
	for built_tool in "$@"; do
		[ -x "$REPO/build/tools/$built_tool" ] || skip_all "build/tools/$built_tool is not built"
		eval "$built_tool=\$REPO/build/tools/$built_tool"
	done
}

# Nodes without root have their mounts in user namespaces.
user_namespaces() {
	setpriv --reuid=65534 --regid=65534 --clear-groups unshare -U true 2>/dev/null
}
no_user_namespaces="no user namespace can be made here, as in a chroot"

done_testing() {
	echo "1..$tap_count"
	[ "$tap_failed" = 0 ] || show_logs
	exit $((tap_failed > 0))
}

# A failure is easier to read with what the daemons said.
show_logs() {
	for log in "$T"/*.log; do
		[ ! -s "$log" ] || diag "$(echo "$log:"; head -n 60 "$log")"
	done
}

# ---- a place of its own ----

# $T is the script's scratch directory, gone when it ends.
scratch() {
	T=$(mktemp -d "${TMPDIR:-/tmp}/gproc-test.XXXXXX")
	trap 'rm -rf "$T"' EXIT
	trap 'exit 1' INT TERM HUP
	export XDG_CACHE_HOME="$T/cache" # of a script without namespaces
}

# Runs the script once more as the first process of fresh mount, pid, network, uts and ipc namespaces: whatever it
# starts, mounts or writes to /tmp, /etc or /run ends with it.
enter_namespaces() {
	if [ -z "${GPROC_TEST_INSIDE:-}" ]; then
		enter_why=$("$REPO/contrib/apart" true 2>&1) || skip_all "no namespaces: $enter_why"
		rm -rf "$T"
		trap - EXIT
		export GPROC_TEST_INSIDE=1 REPO
		exec "$REPO/contrib/apart" "${TEST_SHELL:-sh}" "$REPO/${0#"$REPO"/}" "$@"
	fi
	unset GPROC_TEST_INSIDE
	settle
}

settle() {
	rm -rf "$T"
	settle_from=$REPO
	. "$REPO/tests/places.sh"
	private_places
	case $GPROC in "$settle_from"/*) GPROC=$REPO/${GPROC#"$settle_from"/} ;; esac
	mkdir /tmp/.etc /tmp/.etc/upper /tmp/.etc/work
	mount -t overlay -o lowerdir=/etc,upperdir=/tmp/.etc/upper,workdir=/tmp/.etc/work gproc-test /etc 2>/dev/null || {
		cp -a /etc /tmp/.etc/copy
		mount --bind /tmp/.etc/copy /etc
	}
	rm -rf /etc/gproc
	scratch
	unset XDG_CACHE_HOME
	chmod 755 "$T"
	{ echo 127.0.0.1 localhost master; host_lines 1024; } >/etc/hosts
	printf 'hosts: files\n' >/etc/nsswitch.conf
	: >/etc/resolv.conf
	echo master >/proc/sys/kernel/hostname
}

# A root directory of the script's own, with the machine's directories in it: others can be made beside them.
own_root() {
	mkdir /run/root
	mount -t tmpfs -o mode=755 gproc-test /run/root
	for own_entry in /*; do
		if [ -L "$own_entry" ]; then
			cp -a "$own_entry" /run/root/
		elif [ -d "$own_entry" ]; then
			mkdir "/run/root$own_entry"
			[ "$own_entry" = /run ] || mount --rbind "$own_entry" "/run/root$own_entry"
		fi
	done
	mkdir /run/root/.old
	cd /run/root || exit 1
	pivot_root . .old
	umount -l /.old
	rmdir /.old
	mount -t tmpfs gproc-test /run
	cd "$REPO" || exit 1
}

# Address lines of slave0, slave1 ...: all on this machine's loopback.
host_lines() {
	awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) printf "127.0.%d.%d slave%d\n", 1 + i / 250, 1 + i % 250, i }'
}

# ---- nodes ----

# start_master [switches]: returns when it takes commands.
start_master() {
	setsid "$GPROC" -myAddress=127.0.0.1 "$@" m >"$T/master.log" 2>&1 &
	MASTER=$!
	until "$GPROC" i >/dev/null 2>&1; do
		kill -0 "$MASTER" 2>/dev/null || { fact 1 "the master starts"; return 1; }
	done
}

# start_slave NUMBER PARENT [switches]: a node named slaveNUMBER, in a UTS namespace of its own. Its pid is in $SLAVE. As on a machine of
# its own each has a session, among which a kernel shares out its processors, and with OWN_COPIES a file, whose processes it lets fork
# and end one by one only.
start_slave() {
	start_number=$1 start_parent=$2 start_gproc=$GPROC
	shift 2
	if [ -n "${OWN_COPIES:-}" ]; then
		start_gproc=$T/copies/$start_number/gproc
		mkdir -p "${start_gproc%/*}"
		cp "$GPROC" "$start_gproc"
	fi
	unshare -u sh -c 'echo "$0" >/proc/sys/kernel/hostname; exec setsid "$@"' "slave$start_number" "$start_gproc" \
		-myParent="$start_parent" -myId="hostname hostbase" -myAddress=hostname "$@" >"$T/slave$start_number.log" 2>&1 &
	SLAVE=$!
	eval "SLAVE_$start_number=$SLAVE"
}

# start_bare NUMBER PREPARE [switches]: a node whose root is a tmpfs that holds gproc, a key and empty /proc, /dev and /tmp,
# as on an initramfs; PREPARE is shell text that adds to it, run in it. Its pid is in $SLAVE.
start_bare() {
	start_number=$1 start_prepare=$2
	shift 2
	unshare -u -m sh -c '
		number=$0 gproc=$1 prepare=$2
		shift 2
		echo "slave$number" >/proc/sys/kernel/hostname
		mount -t tmpfs -o mode=755 gproc-test /media
		cd /media || exit
		mkdir proc dev tmp
		chmod 1777 tmp
		cp "$gproc" gproc
		cp /etc/gproc/key key
		eval "$prepare"
		mount --move . /
		exec chroot . /gproc -key=/key "$@"' \
		"$start_number" "$GPROC" "$start_prepare" -myParent=127.0.0.1 -myId="$start_number" \
		-myAddress="127.0.1.$((start_number + 1))" "$@" >"$T/slave$start_number.log" 2>&1 &
	SLAVE=$!
	eval "SLAVE_$start_number=$SLAVE"
}

# odd_tree DIRECTORY: a tree of names, modes, times, holes and links that a copy can get wrong.
odd_tree() {
	mkdir -p "$1/deep/er" "$1/empty"
	(
		cd "$1" || exit 1
		printf one >one
		: >none
		head -c 3000000 /dev/urandom >big
		ln one same
		ln -s one to-one
		ln -s /nowhere dangling
		printf x >"$(printf 'new\nline')"
		printf x >'a,b:c%n'
		printf x >.hidden
		printf x >"$(printf '\377\376')"
		printf x >"$(printf '%0255d' 7)"
		printf x >-dash
		truncate -s 8M hole
		printf end >>hole
		chmod 640 big
		touch -h -d @1000000001.5 to-one
		touch -d @1000000000.123456789 one big deep
		chmod 555 deep/er
	)
}

# pid_of_slave NUMBER
pid_of_slave() {
	eval "echo \$SLAVE_$1"
}

# wait_up COUNT: returns when so many nodes are up.
wait_up() {
	"$GPROC" i -wait="$1" -timeout="$LIMIT_UP" >/dev/null && return
	fact 1 "$1 nodes come up"
}

# wait_down COUNT: returns when the master knows of so many that are down; a launch or wait_up right after a death may come before that.
wait_down() {
	until_true counts_down "$1" && return
	fact 1 "$1 nodes are known to be down"
}
counts_down() {
	"$GPROC" i | head -n 1 | grep -q ", $1 down"
}

# start_flat N: slave0 to slave(N-1), all below the master.
start_flat() {
	start_i=0
	while [ "$start_i" -lt "$1" ]; do
		start_slave "$start_i" master
		start_i=$((start_i + 1))
	done
	wait_up "$1"
}

# start_tree N FIRST: N nodes; the first ones are below the master, the others below slave(number % FIRST), as in the README.
start_tree() {
	start_i=0
	while [ "$start_i" -lt "$1" ]; do
		if [ "$start_i" -lt "$2" ]; then
			start_slave "$start_i" master
		else
			start_slave "$start_i" "slave hostname hostbase $2 % strcat"
		fi
		start_i=$((start_i + 1))
	done
	wait_up "$1"
}

# start_deep: 14 nodes on three levels, each above two: 0 and 1; 2 to 5; 6 to 13.
start_deep() {
	start_i=0
	while [ "$start_i" -lt 14 ]; do
		if [ "$start_i" -lt 2 ]; then start_slave "$start_i" master; else start_slave "$start_i" "slave$((start_i / 2 - 1))"; fi
		start_i=$((start_i + 1))
	done
	wait_up 14
}

# deep_parent NUMBER, deep_path NUMBER: where start_deep has it.
deep_parent() {
	if [ "$1" -lt 2 ]; then echo master; else echo "slave$(($1 / 2 - 1))"; fi
}
deep_path() {
	if [ "$1" -lt 2 ]; then echo "$1"; else echo "$(deep_path $(($1 / 2 - 1))):$1"; fi
}

# at_depth DEPTH: two of those nodes side by side: their paths are $one and $two, and $both.
at_depth() {
	case $1 in
	1) one=0 two=1 both=0-1 ;;
	2) one=0:2 two=0:3 both=0:2-3 ;;
	3) one=0:2:6 two=0:2:7 both=0:2:6-7 ;;
	esac
}

# What jobs print whose every line counts: the node, a number from 1 to 3000, and a mark without which the line was cut.
NUMBERED="awk 'BEGIN { for (i = 1; i <= 3000; i++) print ENVIRON[\"GPROC_NODE\"], i, \".\" }'"

# torn FILE NODES: says where of such lines some are missing or come twice; of these nodes all should be there.
torn() {
	awk -v want="$2" 'NF < 3 { next } $2 != ++n[$1] { bad = bad " " $1 ":" $2 } END {
		count = split(want, node, " ")
		for (i = 1; i <= count; i++) if (n[node[i]] != 3000) bad = bad " " node[i] "=" n[node[i]] + 0
		print bad
	}' "$1"
}

# moment: some time, up to half a second on a quiet machine (bash only).
moment() {
	moment_left=$((RANDOM * 3))
	while [ $moment_left -gt 0 ]; do moment_left=$((moment_left - 1)); done
}

# start_job NODES COUNT SCRIPT: runs a shell script on nodes, and returns when COUNT of them have written their first line.
# The client's pid is in $CLIENT, what came in $T/job.out and $T/job.err. As at a terminal, it does not ignore SIGINT: what a shell
# without job control runs in the background does.
start_job() {
	rm -f "$T/job.fifo"
	mkfifo "$T/job.fifo"
	env --default-signal=INT,QUIT "$GPROC" e "$1" /bin/sh -c "$3" >"$T/job.fifo" 2>"$T/job.err" 4>&- &
	CLIENT=$!
	exec 3<"$T/job.fifo"
	: >"$T/job.out"
	job_lines=0
	while [ "$job_lines" -lt "$2" ] && IFS= read -r job_line <&3; do
		printf '%s\n' "$job_line" >>"$T/job.out"
		job_lines=$((job_lines + 1))
	done
}

# end_job: reads the rest and waits for the client; its status is in $status.
end_job() {
	cat <&3 >>"$T/job.out"
	exec 3<&-
	status=0
	wait "$CLIENT" || status=$?
	out=$(cat "$T/job.out") err=$(cat "$T/job.err")
}

# wait_log FILE REGEX: returns when a line of a growing file matches. What writes it may just have been started, and the file not be there.
wait_log() {
	until_true test -e "$1"
	rm -f "$T/tail"
	mkfifo "$T/tail"
	tail -n +1 -f "$1" >"$T/tail" 4>&- &
	log_tail=$!
	timeout "$PATIENCE" grep -E -q -m 1 -e "$2" <"$T/tail"
	log_status=$?
	kill "$log_tail" 2>/dev/null
	wait "$log_tail" 2>/dev/null
	return $log_status
}

# hold: jobs that run `flock -s /tmp/held true` stand still there until release.
hold() {
	exec 4>/tmp/held
	flock 4
}
release() {
	exec 4>&-
}

# Machines of their own: host NAME runs a command in uts, network and mount namespaces, with /tmp and /run of its own and eth0 on a
# bridge where every name of /etc/hosts has its address. Its pid is in $HOST and in the variable HOST_NAME.
start_network() {
	ip link add br0 type bridge
	ip addr add 10.9.255.254/16 dev br0
	ip link set br0 up
	{
		echo 127.0.0.1 localhost
		echo 10.9.254.1 master
		host_lines 1024 | sed 's/^127.0/10.9/'
	} >/etc/hosts
}

host() {
	host_name=$1
	host_address=$(awk -v name="$1" '$2 == name { print $1 }' /etc/hosts)
	shift
	rm -f "$T/ready" "$T/go"
	mkfifo "$T/ready" "$T/go"
	unshare -u -n -m sh -c '
		name=$0 ready=$1 go=$2 address=$3
		shift 3
		echo "$name" >/proc/sys/kernel/hostname
		exec 3>"$ready"
		echo >&3
		read -r line <"$go"
		ip link set lo up
		ip addr add "$address/16" dev eth0
		ip link set eth0 up
		mount -t tmpfs -o mode=1777 gproc-test /tmp
		mount -t tmpfs gproc-test /run
		echo >&3
		exec 3>&-
		exec setsid "$@"' "$host_name" "$T/ready" "$T/go" "$host_address" "$@" >"$T/$host_name.log" 2>&1 9<&- &
	HOST=$!
	eval "HOST_$host_name=$HOST"
	exec 9<"$T/ready"
	read -r host_line <&9
	ip link add "v$HOST" type veth peer name eth0 netns "$HOST"
	ip link set "v$HOST" master br0 up
	echo >"$T/go"
	read -r host_line <&9
	exec 9<&-
}

# start_hosts N: such machines for a master, whose pid is in $MASTER, and N nodes: 0 and 1 below it, the others below slave(number % 2).
start_hosts() {
	start_network
	"$GPROC" keygen 2>/dev/null
	host master "$GPROC" m
	MASTER=$HOST
	until on master "$GPROC" i >/dev/null 2>&1; do kill -0 "$MASTER" || break; done
	start_i=0
	while [ "$start_i" -lt "$1" ]; do
		start_above=master
		[ "$start_i" -lt 2 ] || start_above="slave hostname hostbase 2 % strcat"
		host "slave$start_i" "$GPROC" -myParent="$start_above" -myId="hostname hostbase" -myAddress=hostname
		start_i=$((start_i + 1))
	done
	up_on master "$1"
}

# on NAME COMMAND...: runs a command on such a machine.
on() {
	eval "on_pid=\$HOST_$1"
	shift
	nsenter -t "$on_pid" -u -n -m -r --wdns="$REPO" "$@"
}

# up_on NAME COUNT: as wait_up, asked on the master NAME.
up_on() {
	on "$1" "$GPROC" i -wait="$2" -timeout="$LIMIT_UP" >/dev/null && fact 0 "$2 nodes come up" && return
	fact 1 "$2 nodes come up"
}

# sent_by PID: bytes that the machine of that process has sent over its cable.
sent_by() {
	awk -v name="v$1:" '$1 == name { print $2 }' /proc/net/dev
}

# Processes called gproc that are not zombies, in this pid namespace.
gprocs_left() {
	for proc in /proc/[0-9]*; do
		read -r left_line 2>/dev/null <"$proc/stat" || continue
		case $left_line in *"(gproc) Z"*) ;; *"(gproc) "*) echo "${proc#/proc/}" ;; esac
	done
}

# store_of PID: the directory of a daemon's store, to which no path leads but its descriptor.
store_of() {
	for store_fd in "/proc/$1/fd"/*; do
		[ ! -d "$store_fd/part" ] || { echo "$store_fd"; return; }
	done
	return 1
}

# no_rooms PID: a daemon has nothing any more of what its users' jobs wrote: that goes some ticks after the last one's end.
no_rooms() {
	no_rooms_in=$(store_of "$1")/room
	[ -d "$no_rooms_in" ] && [ -z "$(ls -A "$no_rooms_in")" ]
}

# none_called NAME: no process in this pid namespace is.
none_called() {
	! pgrep -x "$1" >/dev/null
}

# no_job: the list of jobs is empty.
no_job() {
	[ "$("$GPROC" ps | wc -l)" = 1 ]
}

# Mounts that gproc made and this mount namespace sees.
mounts_left() {
	grep -E 'gproc|xproc' /proc/self/mounts | grep -v '^gproc-test ' || :
}

no_gproc() {
	[ -z "$(gprocs_left)" ]
}

# end_tree [PID]: Ctrl-C at the master ends every daemon, and all that they have made is gone. The keeper of a daemon that was killed
# goes by itself, which nobody waits for (113 holds the others to leaving nothing behind them).
end_tree() {
	kill -INT "${1:-$MASTER}"
	wait
	until_true no_gproc
	is "no process is left" "$(gprocs_left)" ""
	is "no mount is left" "$(mounts_left)" ""
}

scratch

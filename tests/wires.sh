# Machines whose cables have a rate, and whose bytes are counted: . tests/wires.sh behind tests/lib.sh.

# shape NAME RATE: so much goes each way over that machine's cable (as tc has it: 100mbit); "none": as much as can.
shape() {
	eval "shape_pid=\$HOST_$1"
	if [ "$2" = none ]; then
		tc qdisc del dev "v$shape_pid" root 2>/dev/null
		nsenter -t "$shape_pid" -n tc qdisc del dev eth0 root 2>/dev/null
		return
	fi
	tc qdisc replace dev "v$shape_pid" root tbf rate "$2" burst 128kb latency 100ms
	nsenter -t "$shape_pid" -n tc qdisc replace dev eth0 root tbf rate "$2" burst 128kb latency 100ms
}

# Cables of machines that are gone: the kernel takes its time with them, and until then one answers for the next machine of its address that
# nobody listens there.
unplug_dead() {
	ip -o link show type veth | sed -n 's/^[0-9]*: v\([0-9]*\)@.*/\1/p' | while read -r cabled_pid; do
		kill -0 "$cabled_pid" 2>/dev/null || ip link del "v$cabled_pid" 2>/dev/null
	done
}

# start_cabled RATE SWITCHES NODE:PARENT...: a master and slaves on machines of their own, each below the one named (m: the master, or a
# number), with cables of that rate; SWITCHES, words or none, are given to all, those of $CABLED_MASTER to
# the master.
start_cabled() {
	cabled_rate=$1 cabled_switch=$2
	shift 2
	[ -e /etc/hosts.wires ] || { start_network; : >/etc/hosts.wires; }
	unplug_dead
	case $cabled_switch in *-key=*) ;; *) [ -e /etc/gproc/key ] || "$GPROC" keygen 2>/dev/null ;; esac
	host master "$GPROC" $cabled_switch ${CABLED_MASTER:-} m
	MASTER=$HOST CABLED=master
	until on master "$GPROC" i >/dev/null 2>&1; do kill -0 "$MASTER" || break; done
	for cabled in "$@"; do
		cabled_above=slave${cabled#*:}
		[ "$cabled_above" != slavem ] || cabled_above=master
		host "slave${cabled%:*}" "$GPROC" $cabled_switch -myParent="$cabled_above" -myId="hostname hostbase" -myAddress=hostname s
		CABLED="$CABLED slave${cabled%:*}"
	done
	up_on master $#
	for cabled in $CABLED; do shape "$cabled" "$cabled_rate"; done
}

# flat N, eights N: the words for start_cabled of N nodes below the master; of N below the master with N below each of them.
flat() {
	awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) printf " %d:m", i }'
}
eights() {
	awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) { printf " %d:m", i; for (k = 0; k < n; k++) printf " %d:%d", n + i * n + k, i } }'
}

# Bytes that went out of a machine and came to it, in $out_NAME and $in_NAME: since the last count_wires.
count_wires() {
	for cabled in $CABLED; do
		eval "cabled_pid=\$HOST_$cabled"
		eval "$(awk -v dev="v$cabled_pid:" -v name="$cabled" '$1 == dev {
			printf "out_%s=$((%s - ${was_out_%s:-0})) was_out_%s=%s in_%s=$((%s - ${was_in_%s:-0})) was_in_%s=%s",
				name, $2, name, name, $2, name, $10, name, name, $10 }' /proc/net/dev)"
	done
}

# busiest: the largest of what count_wires found, and whose it is.
busiest() {
	for cabled in $CABLED; do
		eval "echo \"\$out_$cabled out of $cabled\"; echo \"\$in_$cabled to $cabled\""
	done | sort -rn | head -n 1
}

# fresh NAME BYTES: a file of new random bytes on the master's machine, /tmp/NAME there; its cksum is in $fresh_sum.
fresh() {
	head -c "$2" /dev/urandom >"/proc/$MASTER/root/tmp/$1"
	fresh_sum=$(cksum <"/proc/$MASTER/root/tmp/$1")
}

# bring NAME NODES: the file /tmp/NAME of the master's machine to all these nodes; how long that took is in $took (ms).
bring() {
	now
	took=$now
	run on master "$GPROC" -localbin -f="/tmp/$1" e "$2" /bin/sh -c "cksum </tmp/xproc/tmp/$1"
	now
	took=$((now - took))
}

# all_have COUNT: what came of that is the same file on so many nodes.
all_have() {
	is "$1 nodes have all of it" "$status $(printf '%s\n' "$out" | sort | uniq -c | sed 's/^ *//')" "0 $1 $fresh_sum"
}

# wires_at_most BYTES WHAT: no wire carried more than 1.3 times that, and what a launch takes beside.
wires_at_most() {
	count_wires
	wires_busiest=$(busiest)
	ok "$2: no wire carried more than 1.3 times $1 bytes ($wires_busiest)" test "${wires_busiest%% *}" -le $(($1 * 13 / 10 + 200000))
}

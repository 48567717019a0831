# shellcheck shell=bash
# For scripts that run gproc init as PID 1 of namespaces with real interfaces, and busybox's DHCP client and server. Sourced after lib.sh and
# enter_namespaces.
busybox=/bin/busybox
[ -x $busybox ] && $busybox --list | grep -qx udhcpd && $busybox --list | grep -qx udhcpc || skip_all "no /bin/busybox with udhcpc and udhcpd"
trap 'for pid in $NODE $SERVERS; do kill -KILL "$pid" 2>/dev/null; done; rm -rf "$T"' EXIT
SERVERS='' NODE=''
sysctl -qw net.ipv4.conf.all.arp_ignore=1 # each cable answers for its own address alone

# node WORDS: a machine with eth0 and eth1, cables w0 and w1 on this side, which are in where CABLES has their number.
node() {
	[ -z "$NODE" ] || end_node
	echo "$1" >"$T/cmdline"
	rm -f "$T/ready" "$T/go"
	mkfifo "$T/ready" "$T/go"
	: >"$T/console"
	unshare -p -m -u -n --fork sh -c '
		echo >"$1/ready"
		read -r line <"$1/go"
		mount -t proc proc /proc
		mount -t sysfs sysfs /sys
		mount -t tmpfs tmpfs /etc/gproc
		mount --bind "$1/cmdline" /proc/cmdline
		exec "$0" init' "$GPROC" "$T" >"$T/console" 2>&1 &
	NODE=$!
	read -r line <"$T/ready"
	for i in 0 1; do
		ip link add "w$i" type veth peer name "eth$i" netns "$NODE"
		case " $CABLES " in *" $i "*) ip link set "w$i" up ;; esac
		ip addr add "10.7.$i.1/24" dev "w$i"
	done
	echo >"$T/go"
}

# PID 1's own pid here, whose death ends its namespaces and what they hold.
end_node() {
	for pid in $(pgrep -P "$NODE"); do kill -KILL "$pid"; done
	wait "$NODE" 2>/dev/null
	ip link del w0 2>/dev/null
	ip link del w1 2>/dev/null
	for pid in $SERVERS; do kill "$pid" 2>/dev/null; done
	SERVERS=
}

in_node() {
	nsenter -t "$(pgrep -P "$NODE")" -n -u -m -r --wdns=/ "$@"
}

# serve CABLE SWITCHES-OF-UDHCPD...: leases 10.7.CABLE.9
serve() {
	cable=$1
	shift
	{
		printf 'start 10.7.%s.9\nend 10.7.%s.9\ninterface w%s\nlease_file %s/leases%s\npidfile %s/udhcpd%s.pid\n' "$cable" "$cable" "$cable" "$T" "$cable" "$T" "$cable"
		printf '%s\n' "$@"
	} >"$T/udhcpd$cable"
	: >"$T/leases$cable"
	$busybox udhcpd -f "$T/udhcpd$cable" >>"$T/udhcpd.log" 2>&1 &
	SERVERS="$SERVERS $!"
}

says() {
	wait_log "$T/console" "$2"
	fact $? "$1" || diag "$(cat "$T/console")"
}

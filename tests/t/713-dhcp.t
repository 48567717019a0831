#!/bin/sh
# ip=dhcp: address, name server and name come from a real DHCP server; a node whose server comes late waits for it.
. tests/cluster.sh
need_kernel x86_64
busybox=$(command -v busybox) && busybox --list | grep -qx udhcpd || skip_all "no busybox with udhcpd"
enter_namespaces "$@"
start_cluster 1 --no-wait --build "-busybox $busybox" --append "ip=dhcp hostname=node1"
wait_for "$GPROC_CLUSTER/node1.console" 'no DHCP server answers on eth0'
is "a node without an answer says so" "$?" 0

cat >"$T/udhcpd" <<END
start 10.66.0.2
end 10.66.0.2
interface cluster
lease_file $T/leases
pidfile $T/udhcpd.pid
option subnet 255.255.0.0
option router 10.66.0.1
option dns 10.66.0.1
option domain example.org
END
: >"$T/leases"
nsenter --net="/proc/$(cat "$GPROC_CLUSTER/network.pid")/ns/net" "$busybox" udhcpd -f "$T/udhcpd" >"$T/udhcpd.log" 2>&1 &
wait_for "$GPROC_CLUSTER/node1.console" 'eth0 has address 10.66.0.2, netmask 255.255.0.0'
is "and takes the lease that comes late" "$?" 0
run g i -wait=1 -timeout=${LIMIT_WAIT}s
is "the node joins" "$status" 0
cd / || exit
run g -localbin e 1 busybox cat /etc/resolv.conf
is "with the lease's name server" "$status$out" "0search example.org
nameserver 10.66.0.1"
run g -localbin e 1 busybox ip route
like "and its router" "$out" '^default via 10.66.0.1 dev eth0'
cd "$REPO" || exit
ramdisk/cluster stop
done_testing
